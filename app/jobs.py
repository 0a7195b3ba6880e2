"""Work outside requests: the Procrastinate application and its tasks; each task calls one service.

A job deferred inside a use case joins its transaction: a rollback removes it, a commit makes it visible to the workers.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from typing import Any

import procrastinate
from flask import Flask, current_app
from procrastinate.contrib.sqlalchemy import SQLAlchemyPsycopg2Connector
from procrastinate.jobs import Status
from procrastinate.manager import JobManager
from procrastinate.periodic import PeriodicRegistry
from procrastinate.types import TimeDeltaParams
from sqlalchemy import text

from app.access import acting_as, unscoped
from app.clock import now
from app.documents.office import office_sandbox
from app.documents.office.pdf import find_office
from app.documents.registries import ALL as REGISTRIES
from app.exchange.engine import kept_batch, uploads
from app.extensions import db
from app.services.access import failures, registrations, sessions
from app.services.courses.enrolment import course_reminders, enrolments, waiting_list
from app.services.courses.group import group_jobs
from app.services.courses.program import program_files
from app.services.desk import figure_counts, queue_letter, taken_cases
from app.services.identity import withdrawals
from app.services.mailing import digest, letters, mail
from app.services.paper.registries import registries, registry_schedule
from app.services.personnel.employers import reminders
from app.services.planning import approval_letters, campaigns, control, leavers, plan_letters, plan_results
from app.services.portal import figures, files, undo
from app.services.portal.who_acts import SYSTEM
from app.services.tasks import background, daily
from app.services.voucher import voucher_reminders, vouchers

log = logging.getLogger("portal.jobs")

_connector = SQLAlchemyPsycopg2Connector()
jobs = procrastinate.App(connector=_connector, import_paths=["app.jobs"])
#: defers on the session's connection also inside a worker, which reads its queue through a connector of its own
_queue = JobManager(_connector)

#: a worker silent for longer is considered dead
HEARTBEAT_SECONDS, DEAD_AFTER_SECONDS = 5, 30
#: jobs that one worker does at a time, so that letters do not wait for long work
CONCURRENCY = 3
#: long work is tried again so many times after an error or the death of its worker, after a pause
RETRIES, RETRY_SECONDS = 2, 30
#: its worker is dead when silent for longer; a worker busy with a large file may be silent for a while
STALLED_SECONDS = 60


def open_jobs() -> None:
    """Let jobs be deferred through the application's database and letters wake a worker."""
    jobs.open(db.engine)
    if _wake not in letters.on_queued:
        letters.on_queued.append(_wake)
    if _begin not in background.on_submitted:
        background.on_submitted.append(_begin)
    if _tell_approved not in approval_letters.on_more:
        approval_letters.on_more.append(_tell_approved)
        plan_results.on_approved.append(_tell_approved)
        control.on_reminded.append(_tell_reminded)


def _wake(letter_id: int) -> None:
    """Defer the sending of a letter in the transaction that wrote it; one of a decision that may be undone until it may not."""
    waits = None if undo.letters_leave_at() is None else TimeDeltaParams(seconds=undo.accepted_seconds() + 1)
    _defer(send_letter.configure(connection=db.session.connection(), schedule_in=waits), letter_id=letter_id)


def _begin(job_id: int, user_id: int) -> None:
    """Defer long work in the transaction that ordered it; one user's orders are done one after the other."""
    _defer(do_work.configure(connection=db.session.connection(), lock=f"work-of-{user_id}"), job_id=job_id)


def _tell_approved(result_id: int, stage: str = approval_letters.ORGANIZERS, after: int = 0) -> None:
    """Defer the next letters of an approved plan in the transaction that approved it, or wrote the letters before them."""
    _defer(plan_approved.configure(connection=db.session.connection()), result_id=result_id, stage=stage, after=after)


def _tell_reminded(campaign_id: int, kind: str, after: int) -> None:
    """Defer the next letters to schools whose people have chosen nothing, in the transaction that decided on them."""
    _defer(plan_reminded.configure(connection=db.session.connection()), campaign_id=campaign_id, kind=kind, after=after)


def _defer(deferrer: Any, **arguments: Any) -> None:
    deferrer.job_manager = _queue
    deferrer.defer(**arguments)


@contextmanager
def _portal() -> Iterator[None]:
    """A context of the task's own, in which the portal acts: several tasks run at once, each with its session."""
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    with app.app_context(), acting_as(SYSTEM):
        yield


@jobs.task(name="send_letter", retry=procrastinate.RetryStrategy(max_attempts=5, exponential_wait=30))
def send_letter(letter_id: int) -> None:
    """Send one letter; a letter already sent is left alone."""
    with _portal(), unscoped("outgoing mail"):
        mail.send(letter_id)


@jobs.periodic(cron="* * * * *")
@jobs.task(name="sweep", queueing_lock="sweep")
def sweep(timestamp: int) -> None:
    """Send the letters whose job was lost with a killed worker."""
    with _portal(), unscoped("outgoing mail"):
        mail.send_waiting()


@jobs.task(
    name="do_work",
    pass_context=True,
    retry=procrastinate.RetryStrategy(max_attempts=RETRIES, wait=RETRY_SECONDS),
)
def do_work(context: procrastinate.JobContext, job_id: int) -> None:
    """Do what a user ordered; a refusal, a cancellation and the last error end the order, not the worker."""
    with _portal():
        background.run(job_id, last=context.job.attempts >= RETRIES)


@jobs.periodic(cron="* * * * *")
@jobs.task(name="take_up", queueing_lock="take_up", pass_context=True)
async def take_up(context: procrastinate.JobContext, timestamp: int) -> None:
    """Take up the long work of killed workers: again from the start, and after its retries it is reported as failed."""
    manager = context.app.job_manager
    for job in await manager.get_stalled_jobs(task_name=do_work.name, seconds_since_heartbeat=STALLED_SECONDS):
        if job.attempts < RETRIES:
            await manager.retry_job(job)
        else:
            await manager.finish_job(job, status=Status.FAILED, delete_job=False)
    await asyncio.to_thread(_close_lost)


def _close_lost() -> None:
    alive = text(
        "SELECT (args->>'job_id')::int FROM procrastinate_jobs WHERE task_name = :task AND status IN ('todo', 'doing')"
    )
    with _portal():
        background.close_lost(set(db.session.scalars(alive, {"task": do_work.name})))


@jobs.periodic(cron="*/5 * * * *")
@jobs.task(name="waiting_lists", queueing_lock="waiting_lists")
def waiting_lists(timestamp: int) -> None:
    """Pass the offers whose term is over, give free seats to people who fit by now; each group in its own transaction."""
    with _portal():
        waiting_list.pass_offers()
        waiting_list.tend()


def _check_seats() -> None:
    """Guard 1: seats taken against enrolments; what differs is a fault to be looked into."""
    if differing := enrolments.recount():
        log.error("groups and quotas whose seats differ from their enrolments", extra={"groups": differing})


#: code → part of the nightly work, in this order: first what people wait for, then what is cleared away
NIGHTLY: Mapping[str, Callable[[], object]] = {
    "vouchers_expire": vouchers.expire_due,
    "vouchers_remind": voucher_reminders.remind,
    "terms_remind": reminders.remind,
    "plan_leavers": leavers.follow_leavers,
    "results_remove": background.remove_old_files,
    "registrations_forget": registrations.forget_unanswered,
    "sessions_forget": sessions.forget_old,
    "failures_forget": failures.forget_old,
    "consents_forget": withdrawals.forget_nightly,
    "uploads_remove": uploads.remove_old,
    "files_remove": files.remove_old,
    "program_files_remove": program_files.remove_unused,
    "registry_files_remove": lambda: files.remove_old(registries.FOLDER),
    "imports_forget": kept_batch.forget_old,
    "decisions_forget": undo.forget_old,
    "cases_forget": taken_cases.forget_old,
    "figures_day": figure_counts.note_day,
    "seats_check": _check_seats,
}


@jobs.periodic(cron="15 * * * *")
@jobs.task(name="nightly", queueing_lock="nightly")
def nightly(timestamp: int) -> None:
    """Do what every day asks for, soon after local midnight; what a pause or an error has kept back, the next hour does."""
    with _portal(), unscoped("nightly work"):
        failed = daily.run(NIGHTLY)
    if failed:
        raise RuntimeError(f"nightly work that failed and is tried again in an hour: {', '.join(failed)}")


@jobs.periodic(cron="*/15 * * * *")
@jobs.task(name="groups", queueing_lock="groups")
def groups(timestamp: int) -> None:
    """Close and start the groups whose day has come, warn of those with too few people; each within a quarter of an hour."""
    with _portal():
        group_jobs.tick()


@jobs.periodic(cron="*/5 * * * *")
@jobs.task(name="figures", queueing_lock="figures")
def count_figures(timestamp: int) -> None:
    """Count the figures of the start pages anew, in a large region less often (``figures.BUSY_SHARE``)."""
    with _portal():
        if figures.is_due():
            figure_counts.recount()


@jobs.periodic(cron="*/5 * * * *")
@jobs.task(name="plan_days", queueing_lock="plan_days")
def plan_days(timestamp: int) -> None:
    """Begin and end the choice of courses for the next year; whether wishes are taken is asked of the days, to the minute."""
    with _portal():
        campaigns.tick()


@jobs.task(name="plan_approved", retry=procrastinate.RetryStrategy(max_attempts=5, exponential_wait=30))
def plan_approved(result_id: int, stage: str, after: int) -> None:
    """Tell the next of those whom an approved plan concerns; what was told is told once."""
    with _portal():
        approval_letters.tell_next(result_id, stage, after)


@jobs.task(name="plan_reminded", retry=procrastinate.RetryStrategy(max_attempts=5, exponential_wait=30))
def plan_reminded(campaign_id: int, kind: str, after: int) -> None:
    """Write to the next schools whose people have chosen nothing."""
    with _portal():
        control.tell_next(campaign_id, kind, after)


def is_between(first: int, last: int) -> bool:
    """Whether it is one of the hours ``first``–``last`` where the portal is: the clock of cron knows UTC only."""
    return first <= now().hour <= last


@jobs.periodic(cron="0 * * * *")
@jobs.task(name="morning", queueing_lock="morning")
def morning(timestamp: int) -> None:
    """Tell those who decide what is late and due today; asked every hour of the working day, told once a day.

    The first run tells; when its worker was killed before the letters were written, the next hour does.
    """
    if not is_between(8, 17):
        return
    with _portal():
        queue_letter.remind()
        registry_schedule.send_due({code: item.permission for code, item in REGISTRIES.items()})


@jobs.periodic(cron="10 * * * *")
@jobs.task(name="digests", queueing_lock="digests")
def digests(timestamp: int) -> None:
    """Send what came without a letter of its own as one letter a day; asked every hour, like ``morning``."""
    if not is_between(8, 17):
        return
    with _portal():
        digest.send()


@jobs.periodic(cron="20 * * * *")
@jobs.task(name="courses_tomorrow", queueing_lock="courses_tomorrow")
def courses_tomorrow(timestamp: int) -> None:
    """Remind the listeners of the groups that start tomorrow; the later runs find who got a seat meanwhile."""
    if not is_between(8, 20):
        return
    with _portal():
        course_reminders.remind()


@jobs.periodic(cron="30 * * * *")
@jobs.task(name="plan_letters", queueing_lock="plan_letters")
def send_plan_letters(timestamp: int) -> None:
    """Tell of the days of planning; apart from the other morning letters, for on its first day the whole region is told."""
    if not is_between(8, 17):
        return
    with _portal():
        plan_letters.remind()


def run_worker(app: Flask, *, once: bool = False) -> None:
    """Work until stopped, or ``once``: until the queue is empty, which the clock adds nothing to; beats for /health meanwhile."""
    if find_office() is not None and not once:
        log.info("LibreOffice: %s", office_sandbox.level())
    url = db.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    name = f"{socket.gethostname()}-{threading.get_native_id()}"
    connector = procrastinate.PsycopgConnector(conninfo=url)
    stop = threading.Event()
    beats = threading.Thread(target=_beat, args=(app, name, stop), daemon=True)
    beats.start()
    try:
        with jobs.replace_connector(connector) as worker, _clockless() if once else nullcontext():
            worker.run_worker(
                name=name,
                wait=not once,
                # one at a time empties the queue: a job that waits for its user's other one is not missed
                concurrency=1 if once else CONCURRENCY,
                delete_jobs="successful",
                install_signal_handlers=not once,
                stalled_worker_timeout=STALLED_SECONDS,
            )
    finally:
        stop.set()
        beats.join(timeout=HEARTBEAT_SECONDS)


@contextmanager
def _clockless() -> Iterator[None]:
    """A worker that begins within minutes after an hour would also do what the hour asks for: nobody ordered it here."""
    kept, jobs.periodic_registry = jobs.periodic_registry, PeriodicRegistry()  # type: ignore[no-untyped-call]
    try:
        yield
    finally:
        jobs.periodic_registry = kept


def _beat(app: Flask, name: str, stop: threading.Event) -> None:
    with app.app_context():
        while True:
            try:
                _write_beat(name)
            except Exception:
                log.warning("heartbeat failed", exc_info=True)
            if stop.wait(HEARTBEAT_SECONDS):
                return


def _write_beat(name: str) -> None:
    with db.engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO worker_heartbeat (name, seen_at) VALUES (:name, now())"
                " ON CONFLICT (name) DO UPDATE SET seen_at = now()"
            ),
            {"name": name},
        )
        connection.execute(text("DELETE FROM worker_heartbeat WHERE seen_at < now() - interval '1 day'"))


def health() -> dict[str, Any]:
    """Return the state of the database and of the workers; raises nothing."""
    try:
        with db.engine.connect() as connection:
            alive = connection.execute(
                text("SELECT count(*) FROM worker_heartbeat WHERE seen_at > now() - make_interval(secs => :s)"),
                {"s": DEAD_AFTER_SECONDS},
            ).scalar_one()
    except Exception:
        log.warning("health: database unreachable")
        return {"status": "down", "database": "down", "worker": "unknown"}
    worker = "ok" if alive else "down"
    return {"status": "ok" if alive else "down", "database": "ok", "worker": worker}
