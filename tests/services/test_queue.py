"""The queue: one order over all kinds, pages without gaps, decisions one by one, one letter a morning."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest

from app import jobs
from app import models as m
from app import statuses as st
from app.access import acting_as
from app.actor import Actor
from app.clock import ZONE, today
from app.errors import Conflict, Forbidden, Invalid, NotFound
from app.extensions import db
from app.services.desk import queue, queue_decisions, queue_letter
from app.services.desk.queue import Asked
from app.services.desk.queue_decisions import CONFIRM, GIVE_BACK, REFUSE
from app.services.desk.queue_sources import BY_CODE, SOURCES
from app.services.mailing import letters
from app.services.personnel.cards import people
from app.services.portal import calendar
from tests.concurrency.clients import run_at_once
from tests.services import makers as mk
from tests.statements import recorded
from tests.waiting import in_the_morning

R = st.RegistrationStatus


@pytest.fixture(autouse=True)
def _working_day(session: Any) -> Iterator[None]:
    """Today is a working day, on whatever day the tests run."""
    mk.get_or_make(m.WorkdayCorrection, {"day": today()}, is_working=True, reason="Проверка")
    yield


@pytest.fixture
def world(session: Any) -> mk.World:
    return mk.make_world()


def workday(shift: int) -> dt.date:
    """The day that lies ``shift`` working days from today."""
    found, book = today(), calendar.working_calendar()
    while book.working_days_between(today(), found) != shift or not book.is_workday(found):
        found += mk.DAY if shift >= 0 else -mk.DAY
    return found


def registration(school: Any, due: dt.date, **over: Any) -> m.Registration:
    account = mk.make_account()
    values = {
        "last_name": "Ёлкина",
        "first_name": "Мария",
        "birth_date": dt.date(1985, 3, 12),
        "snils": mk.next_snils(),
        "email": account.email,
        "organization_id": school.id,
        "position_id": mk.make_position().id,
        "status": R.PENDING,
        "due_on": due,
        "user_id": account.id,
    }
    return mk.save(m.Registration(**(values | over)))


def application(person: mk.Person, due: dt.date) -> m.VoucherApplication:
    values = {"employee_id": person.employee.id, "employment_id": person.employment.id, "rule_id": mk.make_rule().id}
    return mk.save(m.VoucherApplication(**values, status=st.ApplicationStatus.SUBMITTED, due_on=due))


def transfer(person: mk.Person, to: Any, due: dt.date) -> m.Transfer:
    row = m.Transfer(
        employee_id=person.employee.id,
        person_name=person.employee.full_name,
        employment_id=person.employment.id,
        from_organization_id=person.employment.organization_id,
        organization_id=to.id,
        position_id=person.employment.position_id,
        starts_on=today() + 2 * mk.DAY,
        released_on=today(),
        status=st.TransferStatus.ACCEPTED,
        due_on=due,
    )
    return mk.save(row)


def place_waiting(school: Any, came: dt.date) -> m.Employment:
    moment = dt.datetime.combine(came, dt.time(12, int(mk.next_snils()[-4:-2]) % 60), tzinfo=ZONE)
    waits = {"status": st.ConfirmationStatus.UNCONFIRMED, "changed_at": moment}
    return mk.make_person(school, employment=waits).employment


def everything(asked: Asked = Asked(), *, size: int = 3) -> list[queue.Waiting]:  # noqa: B008 - a frozen value
    """All pages one after the other, each asked by the key that an address would carry."""
    rows, after = [], None
    for _ in range(100):
        found, more = queue.page(Asked(asked.kind, asked.territory, asked.state, asked.words, after), size=size)
        rows += found
        if not more:
            return rows
        assert len(found) == size
        after = queue.read_key(str(found[-1].key))
        assert after == found[-1].key
    raise AssertionError("the pages never end")


def codes(rows: list[queue.Waiting]) -> list[tuple[str, int]]:
    return [(row.source.code, row.pk) for row in rows]


@pytest.fixture
def full(world: mk.World) -> list[Any]:
    """Rows of every kind, several of them due on one day."""
    rows: list[Any] = []
    for shift in (-2, 0, 0, 1, 5):
        due = workday(shift)
        rows += [registration(world.school, due), application(mk.make_person(world.school), due)]
        rows.append(transfer(mk.make_person(world.school), world.organizer, due))
    rows += [place_waiting(world.school, workday(shift)) for shift in (-9, -7, -5, -5, -4, 0)]
    for shift in (-8, -5, 0):
        came = dt.datetime.combine(workday(shift), dt.time(9, 30), tzinfo=ZONE)
        rows.append(mk.make_program(world.organizer, status=st.ProgramStatus.SUBMITTED, submitted_at=came))
    person = mk.make_person(world.school)
    due = workday(1)
    rows.append(mk.save(m.ConsentWithdrawal(employee_id=person.employee.id, person_name="Иванова А. И.", due_on=due)))
    return rows


# --- order, pages, filters -------------------------------------------------------------------------------------------


def test_pages_hold_every_row_once_the_nearest_deadline_first(world: mk.World, full: list[Any]) -> None:
    with acting_as(world.operator):
        whole, more = queue.page(Asked(), size=100)
        assert not more
        assert {(type(row).__tablename__, row.id) for row in full} == set(codes(whole))
        assert [row.due for row in whole] == sorted(row.due for row in whole)
        for size in (1, 2, 3, 7):
            assert codes(everything(size=size)) == codes(whole)


def test_a_row_says_who_where_and_how_long(world: mk.World) -> None:
    row = registration(world.school, workday(-2))
    place = place_waiting(world.school, workday(-3))
    with acting_as(world.operator):
        late, rule = queue.page(Asked(), size=10)[0]
    assert (late.who, late.place, late.due) == ("Ёлкина Мария", world.school.short_name, row.due_on)
    assert (late.state.code, late.left, late.href) == ("overdue", -2, f"/registration/show/{row.id}")
    assert "Учитель" in late.what
    assert (rule.pk, rule.due, rule.left) == (place.id, calendar.due_date(workday(-3), 5), 2)
    assert rule.state.code == "soon"


def test_filters_narrow_and_join(world: mk.World, full: list[Any]) -> None:
    other = mk.make_organization()
    there = registration(other, workday(0), last_name="Тихонова")
    with acting_as(world.operator):
        whole = everything(size=50)
        for source in SOURCES:
            found = everything(Asked(kind=source.code))
            assert codes(found) == [pair for pair in codes(whole) if pair[0] == source.code]
        by_state = {s.code: everything(Asked(state=s.code)) for s in queue.states()}
        assert sorted(pair for rows in by_state.values() for pair in codes(rows)) == sorted(codes(whole))
        assert {row.state.code for rows in by_state.values() for row in rows} == set(by_state)
        assert all(row.state.code == code for code, rows in by_state.items() for row in rows)
        assert codes(everything(Asked(territory=other.territory_id))) == [("registration", there.id)]
        assert codes(everything(Asked(words="тихон:*"))) == [("registration", there.id)]
        assert everything(Asked(words="тихон:*", kind="transfer")) == []
        assert queue.count_up_to(Asked()) == len(whole)
        assert queue.count_up_to(Asked(state="today", kind="registration")) == 3
        assert queue.count_up_to(Asked(kind="registration"), most=1) == 2
        urgent = {item.source.code: (item.overdue, item.today) for item in queue.urgent()}
        late = {c: sum(r.source.code == c for r in by_state["overdue"]) for c, _ in urgent.items()}
        assert {c: n for c, (n, _) in urgent.items()} == late
        assert sum(n for _, n in urgent.values()) == len(by_state["today"])


def test_what_does_not_wait_is_not_there(world: mk.World) -> None:
    for status in (R.EMAIL, R.CONFIRMED, R.RETURNED, R.REJECTED):
        registration(world.school, workday(0), status=status)
    mk.change(place_waiting(world.school, workday(0)), ended_on=today() - mk.DAY)
    with acting_as(world.operator):
        assert queue.page(Asked(), size=10) == ([], False)
        assert queue.urgent() == []


@pytest.mark.parametrize("typed", ["", "x", "2026-11-24~registration~~", "2026-99-24~registration~~1", "2026-11-24~nothing~~1",
    "2026-11-24~employment~~1", "2026-11-24~employment~2026-11-20T10:00:00~1", "2026-11-24~registration~~1~2"])  # fmt: skip
def test_an_altered_key_is_none(typed: str) -> None:
    assert queue.read_key(typed) is None


def test_a_page_is_one_statement_however_many_rows(world: mk.World, full: list[Any]) -> None:
    with acting_as(world.operator):
        calendar.working_calendar()
        with recorded() as statements:
            rows, _ = queue.page(Asked(), size=50)
            queue.count_up_to(Asked())
        assert len(rows) == len(full)
        assert len(statements) == 2, "\n\n".join(statements)


def test_a_changed_place_of_work_gets_a_new_term(world: mk.World) -> None:
    """The term runs from the day when the confirmation was taken off, not from the day of the hiring."""
    place = mk.change(world.worker.employment, changed_at=dt.datetime(2020, 1, 1, tzinfo=ZONE))
    with acting_as(world.operator):
        people.unconfirm(place.id, reason="Сверить должность")
        (row,), _ = queue.page(Asked(kind="employment"), size=5)
    assert (row.pk, row.due) == (place.id, calendar.due_date(today(), 5))


# --- who ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", ["worker", "school", "organizer", "territory", "ministry", "observer", "admin"])
def test_only_who_decides_has_a_queue(world: mk.World, full: list[Any], role: str) -> None:
    """By the roles of the portal a territorial body decides none of these: it sees none."""
    territory = mk.fetch(m.Territory, world.school.territory_id) if role == "territory" else None
    places = [world.school] if role in ("school", "organizer") else []
    actor = mk.make_actor(role, *places, territory=territory)
    assert not actor.can("queue:list")
    with mk.nothing_changes(), acting_as(actor):
        assert queue.page(Asked(), size=10) == ([], False)
        assert (queue.count_up_to(Asked()), queue.urgent()) == (0, [])
        for row in full:
            with pytest.raises(Forbidden):
                queue_decisions.decide(CONFIRM, [(type(row).__tablename__, row.id)])


# --- decisions -------------------------------------------------------------------------------------------------------


def decide(actor: Actor, action: str, *rows: Any, reason: str = "") -> list[queue_decisions.Outcome]:
    with acting_as(actor):
        return queue_decisions.decide(action, [(type(row).__tablename__, row.id) for row in rows], reason=reason)


def status_of(row: Any) -> Any:
    return mk.fetch(type(row), row.id).status


def test_many_are_confirmed_each_for_itself(world: mk.World) -> None:
    """Kinds mixed; the one whose card differs is refused by name, the others are done."""
    known = mk.make_employee(last_name="Берёзкин", first_name="Пётр", patronymic=None)
    good = registration(world.school, workday(0))
    doubtful = registration(world.school, workday(0), last_name="Берёзкина", snils=known.snils)
    place, move = place_waiting(world.school, today()), transfer(mk.make_person(world.school), world.organizer, today())
    outcomes = decide(world.operator, CONFIRM, good, doubtful, place, move)
    assert [(o.pk, bool(o.sentence)) for o in outcomes] == [
        (good.id, False), (doubtful.id, True), (place.id, False), (move.id, False)
    ]  # fmt: skip
    assert outcomes[1].who == "Берёзкина Мария"
    assert "отличается от заявки" in outcomes[1].sentence
    assert [status_of(row) for row in (good, doubtful, place, move)] == [
        R.CONFIRMED, R.PENDING, st.ConfirmationStatus.CONFIRMED, st.TransferStatus.CONFIRMED
    ]  # fmt: skip
    with acting_as(world.operator):
        assert codes(everything()) == [("registration", doubtful.id)]


def test_giving_back_tells_the_person_why(world: mk.World) -> None:
    row, other = registration(world.school, workday(0)), application(mk.make_person(world.school), workday(0))
    outcomes = decide(world.operator, GIVE_BACK, row, other, reason=" Укажите отчество ")
    assert [o.sentence for o in outcomes] == ["", ""]
    assert (status_of(row), status_of(other)) == (R.RETURNED, st.ApplicationStatus.RETURNED)
    bodies = [letter.body for letter in mk.rows(m.Letter)]
    assert len(bodies) == 2
    assert all("Укажите отчество" in body for body in bodies)


def test_refusing_a_transfer_tells_the_person_why(world: mk.World) -> None:
    person = mk.make_person(world.school)
    row = transfer(person, world.organizer, today())
    (outcome,) = decide(world.operator, REFUSE, row, reason="Нет приказа")
    assert (outcome.sentence, status_of(row)) == ("", st.TransferStatus.DECLINED)
    told = mk.rows(m.Letter, m.Letter.recipient == person.employee.email)
    assert ["Нет приказа" in letter.body for letter in told] == [True]


def test_what_a_kind_has_not_is_said_and_nothing_changes(world: mk.World) -> None:
    move = transfer(mk.make_person(world.school), world.organizer, today())
    person = mk.make_person(world.school)
    task = mk.save(m.ConsentWithdrawal(employee_id=person.employee.id, person_name="Иванова", due_on=today()))
    with mk.nothing_changes():
        assert "вернуть на доработку нельзя" in decide(world.operator, GIVE_BACK, move, reason="Нет")[0].sentence
        assert "подтвердить отсюда нельзя" in decide(world.operator, CONFIRM, task)[0].sentence


def test_bad_choices_decide_nothing(world: mk.World) -> None:
    row = registration(world.school, workday(0))
    pick = ("registration", row.id)
    cases: list[tuple[type[Exception], str, list[tuple[str, int]], str]] = [
        (NotFound, CONFIRM, [pick, ("registration", 2_000_000_000)], ""),
        (NotFound, CONFIRM, [pick, ("nothing", 1)], ""),
        (NotFound, "delete", [pick], ""),
        (Invalid, CONFIRM, [], ""),
        (Invalid, GIVE_BACK, [pick], "  "),
        (Invalid, CONFIRM, [("registration", n) for n in range(queue_decisions.MOST + 1)], ""),
    ]
    with mk.nothing_changes(), acting_as(world.operator):
        for error, action, picks, reason in cases:
            with pytest.raises(error):
                queue_decisions.decide(action, picks, reason=reason)


# --- two operators ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["registration", "transfer", "employment", "voucher_application"])
@pytest.mark.parametrize("actions", [(CONFIRM, CONFIRM), (CONFIRM, REFUSE)], ids=["same", "opposite"])
def test_of_two_operators_one_decides_and_the_other_reads_why(
    app: Any, world: mk.World, kind: str, actions: tuple[str, str]
) -> None:
    makers = {
        "registration": lambda: registration(world.school, workday(0)),
        "transfer": lambda: transfer(mk.make_person(world.school), world.organizer, workday(0)),
        "employment": lambda: place_waiting(world.school, today()),
        "voucher_application": lambda: application(mk.make_person(world.school), workday(0)),
    }
    if BY_CODE[kind].refuse is None:
        actions = (CONFIRM, CONFIRM)
    operators = [world.operator, mk.make_actor("operator")]
    for _ in range(3):
        row = makers[kind]()
        before = len(mk.rows(m.Letter))
        calls = [
            (actor, partial(queue_decisions.decide, action, [(kind, row.id)], reason="Нет приказа"))
            for actor, action in zip(operators, actions, strict=True)
        ]
        sentences = [found[0].sentence for found in run_at_once(app, calls)]
        assert sorted(map(bool, sentences)) == [False, True], sentences
        assert re.search("уже|состояние .+ — «", "".join(sentences)), sentences
        winner = operators[sentences.index("")]
        db.session.rollback()
        now_ = mk.fetch(BY_CODE[kind].model, row.id)
        assert getattr(now_, "decided_by_id", winner.user_id) == winner.user_id
        told = [letter.body for letter in mk.rows(m.Letter)][before:]
        assert len(told) == 1, told


def test_a_click_twice_of_one_operator_is_no_refusal(world: mk.World) -> None:
    row = registration(world.school, workday(0))
    assert [o.sentence for o in decide(world.operator, CONFIRM, row)] == [""]
    with mk.nothing_changes():
        assert [o.sentence for o in decide(world.operator, CONFIRM, row)] == [""]
    (late,) = decide(mk.make_actor("operator"), CONFIRM, row)
    assert "Решение уже принято: Тестова Ольга" in late.sentence


# --- the morning letter ----------------------------------------------------------------------------------------------


@pytest.fixture
def operators(world: mk.World) -> list[Any]:
    """Two operators with assignments, one whose role has ended."""
    accounts = [mk.make_account() for _ in range(3)]
    for account, until in zip(accounts, (None, None, today() - mk.DAY), strict=True):
        values = {"valid_from": today() - 9 * mk.DAY, "valid_to": until}
        mk.save(m.Assignment(user_id=account.id, role="operator", **values))
    return accounts[:2]


def summaries() -> list[m.Letter]:
    return mk.rows(m.Letter, m.Letter.template == "queue_summary")


def test_one_letter_a_day_to_each_who_decides(world: mk.World, operators: list[Any]) -> None:
    for shift in (-3, -1, 0, 1):
        registration(world.school, workday(shift))
    application(mk.make_person(world.school), workday(0))
    assert queue_letter.remind() == 2
    assert queue_letter.remind() == 0
    sent = summaries()
    assert sorted(letter.user_id for letter in sent) == sorted(account.id for account in operators)
    assert "Просрочено: 2 (регистрация — 2)." in sent[0].body
    assert "Срок сегодня: 2 (регистрация — 1; заявка на чек — 1)." in sent[0].body
    assert "4 записи" in sent[0].subject
    assert "Ёлкина" not in sent[0].body


def test_who_refused_the_letter_has_the_notice_once(world: mk.World, operators: list[Any]) -> None:
    registration(world.school, workday(0))
    mk.save(m.LetterRefusal(user_id=operators[0].id, template="queue_summary"))
    assert (queue_letter.remind(), queue_letter.remind()) == (2, 0)
    assert [letter.user_id for letter in summaries()] == [operators[1].id]
    assert len(mk.rows(m.Notice, m.Notice.user_id == operators[0].id)) == 1


def test_nothing_urgent_and_days_off_send_nothing(world: mk.World, operators: list[Any]) -> None:
    registration(world.school, workday(1))
    assert queue_letter.remind() == 0
    registration(world.school, workday(0))
    mk.change(mk.rows(m.WorkdayCorrection, m.WorkdayCorrection.day == today())[0], is_working=False)
    with mk.nothing_changes():
        assert queue_letter.remind() == 0


def test_a_killed_run_leaves_nothing_and_the_next_one_tells_all(
    world: mk.World, operators: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The worker dies after the first letter: nothing of it stays, so nobody is told twice and nobody is left out."""
    registration(world.school, workday(0))
    written: list[int] = []

    def die(letter_id: int) -> None:
        written.append(letter_id)
        if len(written) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(letters, "on_queued", [die])
    with mk.nothing_changes(), pytest.raises(KeyboardInterrupt):
        queue_letter.remind()
    db.session.rollback()
    monkeypatch.setattr(letters, "on_queued", [])
    assert len(written) == 2
    assert queue_letter.remind() == 2
    assert len(summaries()) == 2


def test_the_job_of_every_hour_tells_once_a_day(world: mk.World, operators: list[Any]) -> None:
    registration(world.school, workday(0))
    with in_the_morning():
        for hour in range(3):
            jobs.morning(hour)
    assert len(summaries()) == 2


def test_two_runs_at_once_tell_once(app: Any, world: mk.World, operators: list[Any]) -> None:
    registration(world.school, workday(0))
    told = run_at_once(app, [(mk.SYSTEM, queue_letter.remind) for _ in range(4)])
    assert sorted(told) == [0, 0, 0, 2]
    assert len(summaries()) == 2


def test_the_refusal_is_an_error_of_the_portal(world: mk.World) -> None:
    """What ``decide`` turns into a sentence are the portal's refusals only: a programmer's mistake stays an error."""
    with acting_as(world.operator), pytest.raises(Conflict):
        queue_decisions._insist_edge(GIVE_BACK, BY_CODE["employment"])
