"""Long work of users («Мои задания»): ordered in a request, done by a worker in the name of the user who ordered it.

The order and its job are written in one transaction. The work is one transaction too, and it ends with a compare-and-swap
of the order's status: work that was cancelled meanwhile is rolled back whole. Progress is written by separate short
transactions, so that the user sees it.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import logging
import secrets
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import func, select, update

from app import addresses
from app import models as m
from app.access import acting_as, current_actor, unscoped
from app.actor import Actor
from app.clock import now
from app.errors import Conflict, Forbidden, NotFound, PortalError, Unavailable
from app.extensions import db, session_of_its_own
from app.russian import quoted
from app.services.mailing import letters
from app.services.portal import transitions
from app.services.portal.files import STRAY_AFTER, files_root
from app.services.portal.who_acts import load_account
from app.statuses import JobStatus
from app.unit_of_work import technical_write, use_case

log = logging.getLogger("portal.background")
Item = TypeVar("Item")

LIVE = (JobStatus.QUEUED, JobStatus.RUNNING)
#: the file of a result is kept so long
RESULT_DAYS = 7
#: orders of one user that wait or run
MOST_WAITING = 10
#: work that took longer ends with a letter: the user may have left the page
LONG_SECONDS = 60
#: progress is written no more often
TELL_SECONDS = 0.5
#: an order younger than that is not taken for a lost one
LOST_AFTER = dt.timedelta(minutes=1)

_MISSING = "Такого задания нет или оно вам не видно."
_BROKEN = "Задание не выполнено из-за ошибки портала, ничего не записано. Закажите его снова или напишите в поддержку."
_LOST = "Задание прервалось при остановке портала, ничего не записано. Закажите его снова."
_CLOSED = "Учётная запись закрыта, поэтому задание не выполнено."

#: called with the id of each new order and of its user inside the transaction; the job module puts its ``defer`` here
on_submitted: list[Callable[[int, int], None]] = []


class Stopped(Exception):
    """The work goes on no longer: the user has cancelled it, or another worker has ended it."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the work came to: a sentence for the user; ``name`` and ``content_type`` of its file, when it made one."""

    message: str
    name: str = ""
    content_type: str = ""


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be done: values of an order's row that do not change while it is worked on."""

    id: int
    user_id: int
    kind: str
    title: str
    total: int
    parameters: Mapping[str, Any]
    permission: str
    address: str | None
    request_id: str | None
    ordered_at: dt.datetime
    #: the roles, each with its place, in which it was ordered: its file is bound to them too
    made_in: Sequence[str] = ()


class Work:
    """A piece of work as its kind sees it: what was ordered, how to tell the progress, where to put the file."""

    def __init__(self, order: Order) -> None:
        self.order, self.parameters = order, order.parameters
        self.path: Path | None = None
        self._next = time.monotonic() + TELL_SECONDS

    def tell(self, done: int) -> None:
        """Tell how much is done, at most twice a second; raises Stopped once the user has cancelled the work."""
        if time.monotonic() < self._next:
            return
        # the progress is committed by a session of its own: that of the work stays one transaction
        with session_of_its_own():
            _write_progress(self.order.id, done)
        self._next = time.monotonic() + TELL_SECONDS

    def counted(self, items: Iterable[Item]) -> Iterator[Item]:
        """Pass the items on and tell how many."""
        for number, item in enumerate(items, 1):
            yield item
            self.tell(number)

    def new_file(self, suffix: str) -> Path:
        """Return where the result's file is to be written; it is removed if the work does not end well."""
        folder = _folder()
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.path = folder / f"{secrets.token_hex(16)}{suffix}"
        return self.path

    def discard(self) -> None:
        """Remove the file of work that came to nothing."""
        if self.path is not None:
            self.path.unlink(missing_ok=True)


@dataclass(frozen=True, slots=True)
class Kind:
    """``run`` does the work; ``changes_data`` says that it may not run during a технологический перерыв."""

    run: Callable[[Work], Outcome]
    changes_data: bool


#: code of a kind of work → how it is done; filled by the modules that know how
KINDS: dict[str, Kind] = {}


# --- ordering --------------------------------------------------------------------------------------------------------


@technical_write
def submit(kind: str, title: str, parameters: Mapping[str, Any], *, total: int, permission: str) -> int:
    """Order work of ``total`` steps that needs ``permission``; return the order's id.

    The same work that still waits or runs is not ordered twice. Raises Forbidden, Conflict when too much waits.
    """
    actor = current_actor()
    actor.require(permission)
    waiting = [job for job in own_jobs() if job.status in LIVE]
    for job in waiting:
        if job.kind == kind and job.parameters["given"] == dict(parameters):
            return job.id
    if len(waiting) >= MOST_WAITING:
        raise Conflict("У вас уже много невыполненных заданий. Дождитесь их или отмените лишние в «Моих заданиях».")
    whence = {"permission": permission, "address": actor.address, "request_id": actor.request_id}
    job = m.BackgroundJob(
        user_id=_user_id(),
        made_in=sorted(actor.role_marks(permission)),
        kind=kind,
        title=title[:255],
        total=total,
        parameters={"given": dict(parameters), **whence},
    )
    db.session.add(job)
    db.session.flush()
    for told in on_submitted:
        told(job.id, job.user_id)
    return job.id


def _user_id() -> int:
    user_id = current_actor().user_id
    if user_id is None:
        raise Forbidden("Задания доступны только пользователям, которые вошли в портал.")
    return user_id


# --- what the user sees of them --------------------------------------------------------------------------------------


def own_jobs(*, limit: int = 50) -> Sequence[m.BackgroundJob]:
    """Return the user's own orders, newest first."""
    statement = select(m.BackgroundJob).where(m.BackgroundJob.user_id == _user_id())
    newest = statement.order_by(m.BackgroundJob.id.desc()).limit(limit)
    return list(db.session.scalars(newest.execution_options(populate_existing=True)))


def own_job(job_id: int) -> m.BackgroundJob:
    """Return one of the user's own orders; raises NotFound for everybody else's."""
    if not 0 < job_id < 2**31:
        raise NotFound(_MISSING)
    statement = select(m.BackgroundJob).where(m.BackgroundJob.id == job_id, m.BackgroundJob.user_id == _user_id())
    job: m.BackgroundJob | None
    job = db.session.scalars(statement.execution_options(populate_existing=True)).one_or_none()
    if job is None:
        raise NotFound(_MISSING)
    return job


def status_of(job_id: int) -> JobStatus:
    """Return the status of the user's own work as it is now; raises NotFound for everybody else's."""
    statement = select(m.BackgroundJob.status).where(
        m.BackgroundJob.id == job_id, m.BackgroundJob.user_id == _user_id()
    )
    status: JobStatus | None = db.session.scalar(statement)
    if status is None:
        raise NotFound(_MISSING)
    return status


@technical_write
def cancel(job_id: int) -> None:
    """Stop the user's own work: what waits is not begun, what runs writes nothing. Raises NotFound, Conflict when ended."""
    job = own_job(job_id)
    if job.status not in LIVE:
        raise Conflict(f"Отменять нечего: задание {quoted(job.title)} уже закончено.")
    transitions.follow(m.BackgroundJob, job.id, "stop", finished_at=now())


def files_of(jobs: Iterable[m.BackgroundJob]) -> dict[int, m.StoredFile]:
    """Return id → file of the results that are still kept."""
    ids = [job.file_id for job in jobs if job.file_id is not None]
    if not ids:
        return {}
    statement = select(m.StoredFile).where(m.StoredFile.id.in_(ids), m.StoredFile.expires_at > now())
    return {file.id: file for file in db.session.scalars(statement)}


def open_result(job_id: int) -> tuple[m.StoredFile, Path]:
    """Return the result's file of the user's own work and where it lies; raises NotFound, Forbidden without the right."""
    job = own_job(job_id)
    current_actor().require(job.parameters["permission"])
    file = files_of([job]).get(job.file_id or 0)
    path = files_root() / file.path if file else None
    if file is None or path is None or not path.is_file():
        raise NotFound(f"Файла нет: результаты хранятся {RESULT_DAYS} дней. Если он ещё нужен, закажите его снова.")
    return file, path


# --- the work --------------------------------------------------------------------------------------------------------


def run(job_id: int, *, last: bool) -> None:
    """Do what was ordered, from the start; an order that has ended is left alone.

    A refusal ends it with a sentence. Raises every other error, so that the work is tried again, unless it is the ``last`` time.
    """
    order = _take(job_id)
    if order is None:
        return
    work = Work(order)
    try:
        _do(work)
    except Stopped:
        work.discard()
    except Exception as error:
        work.discard()
        refused = isinstance(error, PortalError) and not isinstance(error, Unavailable)
        if not refused and not last:
            raise
        if not isinstance(error, PortalError):
            log.error("background work failed", exc_info=error, extra={"job": job_id, "kind": order.kind})
        give_up(order.id, error.message if isinstance(error, PortalError) else _BROKEN)


@technical_write
def _take(job_id: int) -> Order | None:
    with unscoped("work is begun by the portal, for its user"):
        statement = select(m.BackgroundJob).where(m.BackgroundJob.id == job_id).with_for_update()
        job = db.session.scalars(statement.execution_options(populate_existing=True)).one_or_none()
        if job is None or job.status not in LIVE:
            return None
        begun = {**job.parameters, "started_at": now().isoformat()}
        db.session.execute(update(m.BackgroundJob).where(m.BackgroundJob.id == job_id).values(parameters=begun, done=0))
    if job.status is JobStatus.QUEUED:
        transitions.follow(m.BackgroundJob, job_id, "run")
    given = job.parameters
    return Order(
        job.id,
        job.user_id,
        job.kind,
        job.title,
        job.total,
        given["given"],
        given["permission"],
        given["address"],
        given["request_id"],
        job.created_at,
        job.made_in,
    )


def _do(work: Work) -> None:
    """The work and its end as one transaction of the user who ordered it, with the rights and the rows of this moment."""
    kind = KINDS[work.order.kind]

    def whole() -> None:
        current_actor().require(work.order.permission)
        _finish(work, kind.run(work))

    with acting_as(_orderer(work.order)):
        (use_case(whole) if kind.changes_data else technical_write(whole))()


def _orderer(order: Order) -> Actor:
    account = load_account(order.user_id)
    if account is None or not account.active:
        raise Forbidden(_CLOSED)
    return replace(account.actor, address=order.address, request_id=order.request_id)


def _finish(work: Work, outcome: Outcome) -> None:
    order = work.order
    if transitions.read_fresh(m.BackgroundJob, order.id).status is not JobStatus.RUNNING:
        raise Stopped
    file_id = _keep(work.path, outcome, order) if work.path else None
    message = outcome.message[:1000]
    transitions.follow(
        m.BackgroundJob, order.id, "finish", message=message, done=order.total, finished_at=now(), file_id=file_id
    )
    _tell_if_long(order, transitions.letter_of(m.BackgroundJob, "finish"), outcome.message)


@technical_write
def _write_progress(job_id: int, done: int) -> None:
    table = m.BackgroundJob
    statement = update(table).where(table.id == job_id, table.status == JobStatus.RUNNING).returning(table.id)
    told = statement.values(done=func.least(done, table.total)).execution_options(synchronize_session=False)
    if db.session.execute(told).one_or_none() is None:
        raise Stopped


@technical_write
def give_up(job_id: int, message: str) -> None:
    """Report work as failed, with a sentence for its user; what has ended is left alone."""
    with unscoped("work that failed is closed by the portal"):
        statement = select(m.BackgroundJob).where(m.BackgroundJob.id == job_id).with_for_update()
        job = db.session.scalars(statement.execution_options(populate_existing=True)).one_or_none()
    if job is None or job.status not in LIVE:
        return
    transitions.follow(m.BackgroundJob, job.id, "break", message=message[:1000], finished_at=now())
    if message != _CLOSED:
        _tell_if_long(job, transitions.letter_of(m.BackgroundJob, "break"), message)


def _tell_if_long(job: Order | m.BackgroundJob, kind: str, message: str) -> None:
    ordered_at = job.ordered_at if isinstance(job, Order) else job.created_at
    if (now() - ordered_at).total_seconds() > LONG_SECONDS:
        facts = {"задание": job.title, "итог": message}
        letters.tell_user(job.user_id, kind, facts=facts, href=addresses.TASKS, made_in=job.made_in)


def close_lost(alive: Collection[int]) -> int:
    """Report as failed the work that waits or runs without a job (``alive``: orders with one); return how many."""
    with unscoped("work whose job is lost is found by the portal"):
        table = m.BackgroundJob
        statement = select(table.id).where(table.status.in_(LIVE), table.created_at < now() - LOST_AFTER)
        lost = [pk for pk in db.session.scalars(statement) if pk not in alive]
    for pk in lost:
        give_up(pk, _LOST)
    return len(lost)


# --- files -----------------------------------------------------------------------------------------------------------


def _folder() -> Path:
    return files_root() / "tasks"


def _keep(path: Path, outcome: Outcome, order: Order) -> int:
    with path.open("rb") as content:
        digest = hashlib.file_digest(content, "sha256").hexdigest()
    file = m.StoredFile(
        name=outcome.name[-255:],
        content_type=outcome.content_type,
        size=path.stat().st_size,
        sha256=digest,
        path=path.relative_to(files_root()).as_posix(),
        object_table=m.BackgroundJob.__tablename__,
        object_id=order.id,
        owner_id=order.user_id,
        made_in=list(order.made_in),
        expires_at=now() + dt.timedelta(days=RESULT_DAYS),
    )
    db.session.add(file)
    db.session.flush()
    return file.id


def remove_old_files() -> int:
    """Remove the files of results kept long enough, and those that belong to no order; their rows stay. Return how many."""
    files = {f"tasks/{path.name}": path for path in _folder().glob("*")}
    with unscoped("files past their term are removed by the portal"):
        statement = select(m.StoredFile.path).where(m.StoredFile.path.in_(files), m.StoredFile.expires_at > now())
        kept = set(db.session.scalars(statement))
        named = set(db.session.scalars(select(m.StoredFile.path).where(m.StoredFile.path.in_(files))))
    # a file without a row may be one that is being written now
    fresh = time.time() - STRAY_AFTER.total_seconds()
    old = [path for name, path in files.items() if name not in kept]
    old = [path for path in old if f"tasks/{path.name}" in named or path.stat().st_mtime < fresh]
    for path in old:
        path.unlink(missing_ok=True)
    return len(old)
