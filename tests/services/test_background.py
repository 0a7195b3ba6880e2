"""Long work by a real worker: its progress, whole or nothing, in the name of whoever ordered it, and never lost."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, current_app
from sqlalchemy import func, insert, select, text

from app import models as m
from app.access import acting_as, current_actor
from app.actor import Actor
from app.clock import now, today
from app.errors import Conflict, Forbidden, Invalid, NotFound
from app.exchange.staff.staff_import import STAFF
from app.exchange.staff.staff_sample import build_staff_sample
from app.extensions import db
from app.identifiers import format_snils
from app.jobs import jobs, run_worker
from app.services.mailing import letters
from app.services.portal import files
from app.services.portal.who_acts import load_account
from app.services.tasks import background
from app.services.tasks.background import Kind, Outcome, Work
from app.statuses import JobStatus
from tests.services import makers as mk
from tests.services.staff_lists import SCHOOL, person
from tests.waiting import written_now

ROWS, RIGHT = 40, "employee:export"


@pytest.fixture
def fast(monkeypatch: pytest.MonkeyPatch) -> None:
    """Progress is written at every step, not twice a second."""
    monkeypatch.setattr(background, "TELL_SECONDS", 0)


@pytest.fixture
def school(session: Any) -> Any:
    return mk.make_organization(short_name=SCHOOL, full_name="ГБОУ средняя школа села Верхние Сосны")


@pytest.fixture
def actor(school: Any) -> Actor:
    """The school's responsible person, as the roles in the database make it."""
    return account_in(school)


def account_in(school: Any) -> Actor:
    account = mk.make_account()
    mk.save(
        m.Assignment(user_id=account.id, role="school", organization_id=school.id, basis="Приказ", valid_from=today())
    )
    found = load_account(account.id)
    db.session.rollback()
    assert found is not None
    return found.actor


@dataclass
class Steps:
    """A kind of work that writes a row at every step; what happens between the steps is said by the test."""

    between: Any = lambda _n: None
    acted: Any = None
    runs: int = 0

    def __call__(self, work: Work) -> Outcome:
        self.runs += 1
        self.acted = current_actor()
        path = work.new_file(".txt")
        path.write_text("начато", "utf-8")
        for n in work.counted(range(work.order.total)):
            db.session.execute(insert(m.Notice).values(employee_id=work.parameters["employee"], text=f"шаг {n}"))
            self.between(n)
        path.write_text("готово", "utf-8")
        return Outcome("Сделано шагов: 40.", "итог.txt", "text/plain")


@pytest.fixture
def steps(fast: None) -> Iterator[Steps]:
    found = Steps()
    background.KINDS["steps"] = Kind(found, changes_data=True)
    yield found
    del background.KINDS["steps"]


@pytest.fixture
def employee(school: Any) -> Any:
    return mk.make_employee()


def order(actor: Actor, employee: Any, *, permission: str = RIGHT, **more: Any) -> int:
    with acting_as(actor):
        parameters = {"employee": employee.id, **more}
        return background.submit("steps", "Пробное задание", parameters, total=ROWS, permission=permission)


def job(pk: int) -> Any:
    db.session.rollback()
    return mk.fetch(m.BackgroundJob, pk)


def notices() -> int:
    # the work's own rows; a letter to the user who ordered it leaves a notice of that user
    return len(mk.rows(m.Notice, m.Notice.employee_id.is_not(None)))


def folder() -> Path:
    return files.files_root() / "tasks"


def left_files() -> set[str]:
    return {path.name for path in folder().glob("*")}


@pytest.fixture(autouse=True)
def _no_old_files(app: Flask) -> Iterator[None]:
    with app.app_context():
        for path in folder().glob("*"):
            path.unlink()
    yield


def in_another_session(actor: Actor, action: Any) -> None:
    """What the user does meanwhile, in a request of its own."""
    with current_app._get_current_object().app_context(), acting_as(actor):  # type: ignore[attr-defined]
        action()


def take_up(app: Flask) -> None:
    """The minute's look for lost work, by the worker."""
    db.session.execute(text("DELETE FROM procrastinate_jobs WHERE task_name = 'take_up'"))
    db.session.commit()
    jobs.tasks["take_up"].configure(connection=db.session.connection()).defer(timestamp=0)
    db.session.commit()
    run_worker(app, once=True)
    # what was taken up is due by the test's clock; the database, which hands it out, has its own
    db.session.execute(text("UPDATE procrastinate_jobs SET scheduled_at = NULL WHERE status = 'todo'"))
    db.session.commit()
    run_worker(app, once=True)


def waiting_jobs(status: str = "todo") -> int:
    db.session.rollback()
    statement = "SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'do_work' AND status = :status"
    return int(db.session.execute(text(statement), {"status": status}).scalar_one())


# --- the ordinary course ---------------------------------------------------------------------------------------------


def test_work_is_done_by_a_worker_in_the_name_of_its_user(
    app: Flask, actor: Actor, employee: Any, steps: Steps
) -> None:
    seen: list[tuple[int, int, Any]] = []

    def look(_n: int) -> None:
        in_another_session(
            actor, lambda: seen.append((background.own_job(pk).done, notices(), background.own_job(pk).status))
        )

    steps.between = look
    pk = order(actor, employee)
    assert (job(pk).status, job(pk).done, steps.runs) == (JobStatus.QUEUED, 0, 0)

    run_worker(app, once=True)

    ended = job(pk)
    assert (ended.status, ended.done, ended.total, ended.message) == (JobStatus.DONE, ROWS, ROWS, "Сделано шагов: 40.")
    assert ended.finished_at is not None
    assert (steps.acted.user_id, steps.acted.grants) == (actor.user_id, actor.grants)
    # others see the progress at once, and of what is written nothing until the end
    assert [done for done, _, _ in seen] == list(range(ROWS))
    assert {written for _, written, _ in seen} == {0}
    assert {status for _, _, status in seen} == {JobStatus.RUNNING}
    assert notices() == ROWS
    with acting_as(actor):
        file, path = background.open_result(pk)
        assert (file.name, file.content_type, file.owner_id) == ("итог.txt", "text/plain", actor.user_id)
        assert path.read_text("utf-8") == "готово"
        assert file.size == path.stat().st_size
    assert waiting_jobs() == 0
    assert [entry.user_name for entry in mk.journal("background_job.finish")] == [actor.name]


def test_progress_is_written_at_most_twice_a_second(
    app: Flask, actor: Actor, employee: Any, steps: Steps, monkeypatch: Any
) -> None:
    monkeypatch.setattr(background, "TELL_SECONDS", 0.5)
    written: list[int] = []
    original = background._write_progress
    monkeypatch.setattr(background, "_write_progress", lambda pk, done: (written.append(done), original(pk, done)))
    order(actor, employee)
    run_worker(app, once=True)
    assert steps.runs == 1
    assert len(written) <= 2


def test_an_order_rolled_back_leaves_no_job(app: Flask, actor: Actor, employee: Any, steps: Steps) -> None:
    def told(_pk: int, _user: int) -> None:
        raise RuntimeError("the action failed after the order")

    background.on_submitted.append(told)
    try:
        with pytest.raises(RuntimeError):
            order(actor, employee)
    finally:
        background.on_submitted.remove(told)
    assert (mk.rows(m.BackgroundJob), waiting_jobs()) == ([], 0)


def test_the_same_work_is_not_ordered_twice_while_it_waits(
    app: Flask, actor: Actor, employee: Any, steps: Steps
) -> None:
    first = order(actor, employee)
    assert order(actor, employee) == first
    assert order(actor, employee, other=1) != first
    run_worker(app, once=True)
    assert order(actor, employee) != first


def test_a_user_cannot_fill_the_queue(app: Flask, actor: Actor, employee: Any, steps: Steps) -> None:
    for n in range(background.MOST_WAITING):
        order(actor, employee, n=n)
    with mk.nothing_changes(), pytest.raises(Conflict, match="много невыполненных"):
        order(actor, employee, n=-1)


def test_work_that_the_user_has_no_right_to_is_not_ordered(actor: Actor, employee: Any, steps: Steps) -> None:
    with mk.nothing_changes(), pytest.raises(Forbidden):
        order(actor, employee, permission="audit_entry:export")


# --- cancellation ----------------------------------------------------------------------------------------------------


def test_cancelled_in_the_middle_leaves_nothing(app: Flask, actor: Actor, employee: Any, steps: Steps) -> None:
    def cancel(n: int) -> None:
        if n == ROWS // 2:
            in_another_session(actor, lambda: background.cancel(pk))

    steps.between = cancel
    pk = order(actor, employee)
    run_worker(app, once=True)

    ended = job(pk)
    assert (ended.status, ended.done, ended.file_id) == (JobStatus.CANCELLED, ROWS // 2, None)
    assert (notices(), left_files(), mk.rows(m.StoredFile), waiting_jobs()) == (0, set(), [], 0)


def test_cancelled_at_the_last_step_leaves_nothing(
    app: Flask, actor: Actor, employee: Any, steps: Steps, monkeypatch: Any
) -> None:
    """No progress is told any more: the end itself finds the cancellation."""
    monkeypatch.setattr(background, "TELL_SECONDS", 60)
    steps.between = lambda n: n == ROWS - 1 and in_another_session(actor, lambda: background.cancel(pk))
    pk = order(actor, employee)
    run_worker(app, once=True)
    assert job(pk).status is JobStatus.CANCELLED
    assert (notices(), left_files()) == (0, set())


def test_cancelled_before_it_begins_is_never_begun(app: Flask, actor: Actor, employee: Any, steps: Steps) -> None:
    pk = order(actor, employee)
    with acting_as(actor):
        background.cancel(pk)
    run_worker(app, once=True)
    assert (job(pk).status, steps.runs, waiting_jobs()) == (JobStatus.CANCELLED, 0, 0)


def test_what_has_ended_cannot_be_cancelled(app: Flask, actor: Actor, employee: Any, steps: Steps) -> None:
    pk = order(actor, employee)
    run_worker(app, once=True)
    with acting_as(actor), mk.nothing_changes(), pytest.raises(Conflict, match="уже закончено"):
        background.cancel(pk)


def test_nobody_else_sees_or_cancels(app: Flask, school: Any, actor: Actor, employee: Any, steps: Steps) -> None:
    pk = order(actor, employee)
    run_worker(app, once=True)
    for other in (account_in(school), mk.make_actor("operator"), mk.make_actor("admin")):
        with acting_as(other), mk.nothing_changes():
            assert list(background.own_jobs()) == []
            for action in (background.own_job, background.cancel, background.open_result):
                with pytest.raises(NotFound):
                    action(pk)


# --- refusals, errors, killed workers --------------------------------------------------------------------------------


def test_a_closed_account_gets_nothing_done(app: Flask, actor: Actor, employee: Any, steps: Steps) -> None:
    pk = order(actor, employee)
    mk.change(mk.fetch(m.Account, actor.user_id or 0), active=False)
    run_worker(app, once=True)
    assert (job(pk).status, steps.runs) == (JobStatus.FAILED, 0)
    assert "Учётная запись закрыта" in job(pk).message


def test_a_right_lost_meanwhile_is_asked_again(app: Flask, actor: Actor, employee: Any, steps: Steps) -> None:
    waiting, done = order(actor, employee, n=1), order(actor, employee, n=2)
    with acting_as(actor):
        background.cancel(waiting)
    run_worker(app, once=True)
    assert job(done).status is JobStatus.DONE
    late = order(actor, employee, n=3)
    mk.change(mk.rows(m.Assignment, m.Assignment.user_id == actor.user_id)[0], role="observer", organization_id=None)
    run_worker(app, once=True)
    assert (job(late).status, steps.runs) == (JobStatus.FAILED, 1)
    assert "нет права" in job(late).message
    found = load_account(actor.user_id or 0)
    assert found is not None
    # what was made in a role that is gone is not there any more
    with acting_as(found.actor), pytest.raises(NotFound):
        background.open_result(done)


def test_a_refusal_is_the_tasks_result_and_is_not_tried_again(
    app: Flask, actor: Actor, employee: Any, steps: Steps
) -> None:
    def refuse(n: int) -> None:
        if n == 3:
            raise Invalid("В списке больше строк, чем помещается на листе.")

    steps.between = refuse
    pk = order(actor, employee)
    run_worker(app, once=True)
    assert (job(pk).status, job(pk).message) == (JobStatus.FAILED, "В списке больше строк, чем помещается на листе.")
    assert (notices(), left_files(), steps.runs, waiting_jobs()) == (0, set(), 1, 0)


@pytest.mark.usefixtures("real_clock")  # the queue compares the hour of the next try with its server's clock
def test_an_error_is_tried_again_from_the_start_and_reported_in_the_end(
    app: Flask, actor: Actor, employee: Any, steps: Steps
) -> None:
    def fail(n: int) -> None:
        if n == 3:
            raise RuntimeError("secret details")

    steps.between = fail
    pk = order(actor, employee)
    for run in range(1, 4):
        run_worker(app, once=True)
        assert (steps.runs, notices(), left_files()) == (run, 0, set())
        assert job(pk).status is (JobStatus.FAILED if run == 3 else JobStatus.RUNNING)
        db.session.execute(text("UPDATE procrastinate_jobs SET scheduled_at = NULL"))
        db.session.commit()
    assert job(pk).message.startswith("Задание не выполнено из-за ошибки портала")
    assert waiting_jobs() == 0


def test_an_error_that_passes_is_forgotten(app: Flask, actor: Actor, employee: Any, steps: Steps) -> None:
    def fail_once(n: int) -> None:
        if steps.runs == 1 and n == 30:
            raise RuntimeError("passing")

    steps.between = fail_once
    pk = order(actor, employee)
    run_worker(app, once=True)
    db.session.execute(text("UPDATE procrastinate_jobs SET scheduled_at = NULL"))
    db.session.commit()
    run_worker(app, once=True)
    assert (job(pk).status, notices(), len(left_files())) == (JobStatus.DONE, ROWS, 1)


def _kill(pk: int, *, attempts: int = 0) -> None:
    """What a worker killed in the middle leaves: its job as being done, the order as running."""
    parameters = {**job(pk).parameters, "started_at": now().isoformat()}
    mk.change(
        job(pk), status=JobStatus.RUNNING, done=17, parameters=parameters, created_at=now() - dt.timedelta(hours=1)
    )
    statement = (
        "UPDATE procrastinate_jobs SET status = 'doing', worker_id = NULL, attempts = :n WHERE task_name = 'do_work'"
    )
    db.session.execute(text(statement), {"n": attempts})
    db.session.commit()


def test_the_work_of_a_killed_worker_is_done_by_another_from_the_start(
    app: Flask, actor: Actor, employee: Any, steps: Steps
) -> None:
    seen: list[int] = []
    steps.between = lambda _n: in_another_session(actor, lambda: seen.append(background.own_job(pk).done))
    pk = order(actor, employee)
    _kill(pk)
    assert (job(pk).status, job(pk).done, steps.runs) == (JobStatus.RUNNING, 17, 0)

    take_up(app)

    assert (job(pk).status, notices(), steps.runs) == (JobStatus.DONE, ROWS, 1)
    assert seen[0] == 0
    assert waiting_jobs() == waiting_jobs("doing") == 0


def test_work_that_kills_its_workers_is_reported_as_failed(
    app: Flask, actor: Actor, employee: Any, steps: Steps
) -> None:
    pk = order(actor, employee)
    _kill(pk, attempts=2)
    take_up(app)
    assert (job(pk).status, steps.runs, notices()) == (JobStatus.FAILED, 0, 0)
    assert "прервалось" in job(pk).message
    assert waiting_jobs() == waiting_jobs("doing") == 0


def test_work_whose_job_is_gone_is_reported_and_living_work_is_left_alone(
    app: Flask, actor: Actor, employee: Any, steps: Steps
) -> None:
    lost, fresh = order(actor, employee, n=1), order(actor, employee, n=2)
    db.session.execute(text("DELETE FROM procrastinate_jobs"))
    db.session.commit()
    mk.change(job(lost), created_at=now() - dt.timedelta(minutes=2))
    alive = order(actor, employee, n=3)
    mk.change(job(alive), created_at=now() - dt.timedelta(minutes=2))
    assert background.close_lost({alive}) == 1
    assert [job(pk).status for pk in (lost, fresh, alive)] == [JobStatus.FAILED, JobStatus.QUEUED, JobStatus.QUEUED]


def test_two_workers_with_one_order_write_once(app: Flask, actor: Actor, employee: Any, steps: Steps) -> None:
    """A worker taken for dead may still be alive: whoever ends second writes nothing."""

    def again(n: int) -> None:
        if steps.runs == 1 and n == ROWS - 1:
            with current_app._get_current_object().app_context(), acting_as(mk.SYSTEM):  # type: ignore[attr-defined]
                background.run(pk, last=False)

    steps.between = again
    pk = order(actor, employee)
    run_worker(app, once=True)
    assert (job(pk).status, steps.runs, notices()) == (JobStatus.DONE, 2, ROWS)
    assert (len(left_files()), len(mk.rows(m.StoredFile))) == (1, 1)


def test_nothing_is_changed_during_a_break_of_the_portal(app: Flask, actor: Actor, employee: Any, steps: Steps) -> None:
    pk = order(actor, employee)
    hour = dt.timedelta(hours=1)
    mk.save(
        m.MaintenanceWindow(starts_at=now() - hour, ends_at=now() + hour, announcement="Обновление", status="active")
    )
    for _ in range(3):
        run_worker(app, once=True)
        db.session.execute(text("UPDATE procrastinate_jobs SET scheduled_at = NULL"))
        db.session.commit()
    assert (job(pk).status, steps.runs, notices()) == (JobStatus.FAILED, 0, 0)
    assert "технологический перерыв" in job(pk).message


# --- the word at the end, the files ----------------------------------------------------------------------------------


def test_a_letter_follows_only_what_took_long(app: Flask, actor: Actor, employee: Any, steps: Steps) -> None:
    order(actor, employee, n=1)
    run_worker(app, once=True)
    assert mk.rows(m.Letter) == []

    old = order(actor, employee, n=2)
    mk.change(job(old), created_at=now() - dt.timedelta(seconds=61))
    queued: list[int] = []
    letters.on_queued.append(queued.append)
    try:
        run_worker(app, once=True)
    finally:
        letters.on_queued.remove(queued.append)
    (letter,) = mk.rows(m.Letter)
    assert (letter.user_id, letter.subject) == (actor.user_id, "Пробное задание")
    assert letter.recipient == mk.fetch(m.Account, actor.user_id or 0).email
    assert "Готово. Сделано шагов: 40." in letter.body
    assert "Мои задания" in letter.body
    # the letter's own job was deferred inside the worker, in the same transaction
    assert queued == [letter.id]


def test_who_is_an_employee_finds_a_notice_too(app: Flask, school: Any, steps: Steps, employee: Any) -> None:
    account = mk.make_account(employee)
    mk.save(
        m.Assignment(user_id=account.id, role="school", organization_id=school.id, basis="Приказ", valid_from=today())
    )
    found = load_account(account.id)
    assert found is not None
    pk = order(found.actor, employee)
    mk.change(job(pk), created_at=now() - dt.timedelta(minutes=5))
    run_worker(app, once=True)
    assert [n.href for n in mk.rows(m.Notice) if not n.text.startswith("шаг")] == ["/tasks/"]


def test_files_are_removed_in_time_and_their_rows_stay(app: Flask, actor: Actor, employee: Any, steps: Steps) -> None:
    old, fresh = order(actor, employee, n=1), order(actor, employee, n=2)
    run_worker(app, once=True)
    stray, partial = folder() / "stray.xlsx", folder() / "partial.xlsx"
    for path in (stray, partial):
        path.write_bytes(b"x")
    written_now(folder())
    before = (now() - dt.timedelta(days=2)).timestamp()
    os.utime(stray, (before, before))
    mk.change(mk.fetch(m.StoredFile, job(old).file_id), expires_at=now() - dt.timedelta(seconds=1))

    with acting_as(mk.SYSTEM):
        assert background.remove_old_files() == 2

    with acting_as(actor):
        _, kept = background.open_result(fresh)
        with pytest.raises(NotFound, match="хранятся 7 дней"):
            background.open_result(old)
    assert left_files() == {kept.name, partial.name}
    assert len(mk.rows(m.StoredFile)) == len(mk.rows(m.BackgroundJob)) == 2


# --- import ----------------------------------------------------------------------------------------------------------


def crowd(number: int) -> list[dict[str, Any]]:
    births = (dt.date(1970, 1, 1) + dt.timedelta(days=3 * n) for n in range(number))
    return [person(snils=format_snils(mk.next_snils()), birth_date=birth) for birth in births]


def long_list(actor: Actor, number: int) -> m.ImportBatch:
    with acting_as(actor):
        return STAFF.preview("список.xlsx", build_staff_sample(crowd(number)))


def test_a_long_list_is_applied_as_a_task(app: Flask, actor: Actor, fast: None, monkeypatch: Any) -> None:
    told: list[int] = []
    original = background._write_progress
    monkeypatch.setattr(background, "_write_progress", lambda pk, done: (told.append(done), original(pk, done)))
    batch = long_list(actor, 450)
    with acting_as(actor):
        pk = STAFF.order(batch.id, skip_errors=False)
        assert STAFF.order(batch.id, skip_errors=False) == pk
    assert mk.rows(m.Employee) == []

    run_worker(app, once=True)

    assert (job(pk).status, job(pk).done) == (JobStatus.DONE, 450)
    assert job(pk).message == (
        "Список применён: создано — 450, обновлено — 0, без изменений — 0, пропущено с ошибками — 0."
    )
    assert told == [200, 400, 450]
    assert db.session.scalar(select(func.count()).select_from(m.Employment.__table__)) == 450
    assert {e.user_id for e in mk.journal("employee.created")} == {actor.user_id}
    with acting_as(actor), pytest.raises(Conflict, match="уже применён"):
        STAFF.order(batch.id, skip_errors=False)


def test_a_list_cancelled_in_the_middle_is_not_applied_at_all(
    app: Flask, actor: Actor, fast: None, monkeypatch: Any
) -> None:
    original = background._write_progress

    def then_cancelled(pk: int, done: int) -> None:
        original(pk, done)
        background.cancel(pk)

    monkeypatch.setattr(background, "_write_progress", then_cancelled)
    batch = long_list(actor, 450)
    with acting_as(actor):
        pk = STAFF.order(batch.id, skip_errors=False)
    before = mk.database_state()
    run_worker(app, once=True)
    after = mk.database_state()
    changed = {name for name in after if after[name] != before[name]} - {"worker_heartbeat", "daily_work"}
    assert changed == {"background_job", "audit_entry"}
    assert (job(pk).status, job(pk).done) == (JobStatus.CANCELLED, 200)
    assert mk.fetch(m.ImportBatch, batch.id).status == "previewed"


def test_a_list_with_errors_is_refused_before_it_is_ordered(actor: Actor) -> None:
    people = crowd(3)
    people[1]["birth_date"] = "31.02.1980"
    with acting_as(actor):
        batch = STAFF.preview("список.xlsx", build_staff_sample(people))
        with mk.nothing_changes(), pytest.raises(Conflict, match="строка"):
            STAFF.order(batch.id, skip_errors=False)
        assert STAFF.order(batch.id, skip_errors=True)
