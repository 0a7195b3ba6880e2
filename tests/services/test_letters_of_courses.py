"""Order § 3.5: the person is told of every change of the own чек, enrolment and group, by a letter with a link to its page.

Each case takes one action through its service and reads the letter in the table: to whom, its subject, words and page.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import delete

from app import models as m
from app import statuses as st
from app.access import acting_as
from app.actor import Actor
from app.clock import today
from app.errors import PortalError
from app.extensions import db
from app.jobs import run_worker
from app.russian import period
from app.services.courses.enrolment import course_reminders, enrolments
from app.services.courses.group import groups
from app.services.mailing import digest, letters
from app.services.mailing.audience import Audience
from app.services.paper.issuing import certificates
from app.services.voucher import vouchers
from app.unit_of_work import use_case
from tests.mailbox import Mailbox
from tests.services import makers as mk

E, G = st.EnrolmentStatus, st.GroupStatus
REASON = "Причина решения записана здесь."


@pytest.fixture
def world(session: Any) -> mk.World:
    return mk.make_world()


def as_(actor: Actor, action: Callable[..., Any], *args: Any, **options: Any) -> Any:
    with acting_as(actor):
        return action(*args, **options)


@dataclass(frozen=True)
class Told:
    """What the letter must say; ``href`` is the page, with the row's id for ``{id}``."""

    subject: str
    words: tuple[str, ...]
    href: str
    template: str


# --- чек -------------------------------------------------------------------------------------------------------------


def _applied(world: mk.World) -> tuple[mk.Person, Any]:
    person = world.more_people(1, voucher=False)[0]
    return person, as_(person.actor, vouchers.apply, person.employee.id)


def _approve(world: mk.World) -> tuple[mk.Person, Any]:
    person, row = _applied(world)
    return person, as_(world.operator, vouchers.approve, row.id)


def _return(world: mk.World) -> tuple[mk.Person, Any]:
    person, row = _applied(world)
    return person, as_(world.operator, vouchers.return_, row.id, REASON)


def _reject_application(world: mk.World) -> tuple[mk.Person, Any]:
    person, row = _applied(world)
    return person, as_(world.operator, vouchers.reject, row.id, REASON)


def _annul(world: mk.World) -> tuple[mk.Person, Any]:
    return world.worker, as_(world.operator, vouchers.annul, world.voucher.id, REASON)


def _expire(world: mk.World) -> tuple[mk.Person, Any]:
    mk.change(world.voucher, issued_on=today() - 9 * mk.DAY, valid_until=today() - mk.DAY)
    as_(mk.SYSTEM, vouchers.expire_due)
    return world.worker, world.voucher


# --- enrolment -------------------------------------------------------------------------------------------------------


def _enrol(world: mk.World) -> tuple[mk.Person, Any]:
    person = world.worker
    return person, as_(person.actor, enrolments.enrol, person.employee.id, world.group.id)


def _enrol_by_the_school(world: mk.World) -> tuple[mk.Person, Any]:
    return world.worker, as_(world.responsible, enrolments.enrol, world.worker.employee.id, world.group.id)


def _forget_letters() -> None:
    """Only the letters of the last step are asked."""
    for table in (m.Letter, m.Notice):
        db.session.execute(delete(table).execution_options(synchronize_session=False))
    db.session.commit()


def _wait(world: mk.World) -> tuple[mk.Person, Any]:
    for person in world.more_people(2):
        as_(person.actor, enrolments.enrol, person.employee.id, world.group.id)
    return _enrol(world)


def _seat_becomes_free(world: mk.World) -> tuple[mk.Person, Any]:
    """The first of the waiting list is offered the seat, or gets it, by the operator's setting."""
    person, row = _wait(world)
    first = mk.rows(m.Enrolment, m.Enrolment.group_id == world.group.id)[0]
    as_(world.organizer_actor, enrolments.reject, first.id, REASON)
    return person, row


def _agree(world: mk.World) -> tuple[mk.Person, Any]:
    person, row = _enrol(world)
    _forget_letters()
    return person, as_(world.responsible, enrolments.agree, row.id)


def _confirm(world: mk.World) -> tuple[mk.Person, Any]:
    person, row = _agree(world)
    return person, as_(world.organizer_actor, enrolments.confirm, row.id)


def _reject(world: mk.World) -> tuple[mk.Person, Any]:
    person, row = _enrol(world)
    return person, as_(world.organizer_actor, enrolments.reject, row.id, REASON)


def _withdraw_by_the_school(world: mk.World) -> tuple[mk.Person, Any]:
    person, row = _enrol(world)
    _forget_letters()
    return person, as_(world.responsible, enrolments.withdraw, row.id)


# --- group -----------------------------------------------------------------------------------------------------------


def _seated(world: mk.World) -> tuple[mk.Person, Any]:
    mk.make_enrolment(world.worker, world.group, status=E.CONFIRMED, block=mk.blocks_of(world.voucher)[0])
    return world.worker, world.group


def _move(world: mk.World) -> tuple[mk.Person, Any]:
    person, group = _seated(world)
    dates = {"starts_on": group.starts_on + 7 * mk.DAY, "ends_on": group.ends_on + 7 * mk.DAY}
    return person, as_(world.organizer_actor, groups.update, group.id, dates).group


def _close(world: mk.World) -> tuple[mk.Person, Any]:
    person, group = _seated(world)
    return person, as_(world.organizer_actor, groups.close, group.id)


def _running(world: mk.World, *, status: st.GroupStatus, enrolled: st.EnrolmentStatus) -> tuple[mk.Person, Any]:
    group = mk.make_past_group(world.program, status=status)
    block = mk.blocks_of(world.voucher)[0]
    mk.make_enrolment(world.worker, group, status=enrolled, block=block if enrolled in st.BLOCK_HOLDING else None)
    return world.worker, group


def _start(world: mk.World) -> tuple[mk.Person, Any]:
    person, group = _running(world, status=G.CLOSED, enrolled=E.CONFIRMED)
    return person, as_(world.organizer_actor, groups.start, group.id)


def _complete(world: mk.World) -> tuple[mk.Person, Any]:
    person, group = _running(world, status=G.RUNNING, enrolled=E.TRAINED)
    return person, as_(world.organizer_actor, groups.complete, group.id)


def _outcome(outcome: st.EnrolmentStatus, reason: str | None) -> Callable[[mk.World], tuple[mk.Person, Any]]:
    def act(world: mk.World) -> tuple[mk.Person, Any]:
        person, group = _running(world, status=G.RUNNING, enrolled=E.CONFIRMED)
        row = mk.rows(m.Enrolment, m.Enrolment.group_id == group.id)[0]
        mk.change(mk.blocks_of(world.voucher)[0], status=st.BlockStatus.RESERVED)
        # the second click writes no second letter
        for _click in range(2):
            as_(
                world.organizer_actor, enrolments.record_result, row.id, outcome, result_on=group.ends_on, reason=reason
            )
        assert len(mk.rows(m.Letter)) == 1
        return person, row

    return act


def _cancel(world: mk.World) -> tuple[mk.Person, Any]:
    person, group = _seated(world)
    as_(world.organizer_actor, groups.cancel, group.id, REASON)
    return person, mk.rows(m.Enrolment, m.Enrolment.group_id == group.id)[0]


def _starts_tomorrow(world: mk.World) -> tuple[mk.Person, Any]:
    person, group = _seated(world)
    mk.change(group, starts_on=today() + mk.DAY, enrol_until=today() + mk.DAY)
    as_(mk.SYSTEM, course_reminders.remind)
    return person, mk.rows(m.Enrolment, m.Enrolment.group_id == group.id)[0]


_CASES: dict[str, tuple[Callable[[mk.World], tuple[mk.Person, Any]], Told, Any]] = {
    "application approved": (
        _approve,
        Told("Выдан Именной образовательный чек № ", ("одобрена", "действует по"), "/catalogue/", "application_approved"),
        (),
    ),
    "application returned": (
        _return,
        Told("Заявка на Именной образовательный чек возвращена", (REASON, "подайте её снова"), "/voucher_application/show/{id}", "application_returned"),
        (),
    ),
    "application rejected": (
        _reject_application,
        Told("В выдаче Именного образовательного чека отказано", (REASON,), "/voucher_application/show/{id}", "application_rejected"),
        (),
    ),
    "чек annulled": (_annul, Told("Чек № ", ("аннулирован", REASON), "/voucher/show/{id}", "voucher_annulled"), ()),
    "чек expired": (_expire, Told("", ("{number}",), "/voucher/show/{id}", "voucher_expired"), ()),
    "enrolled": (
        _enrol,
        Told("Запись в группу {group}", ("{program}", "Ждёт согласования организации"), "/enrolment/show/{id}", "enrolment_made"),
        (),
    ),
    "enrolled by the school": (
        _enrol_by_the_school,
        Told("Запись в группу {group}", ("Ждёт подтверждения организатора",), "/enrolment/show/{id}", "enrolment_made"),
        (),
    ),
    "waiting": (
        _wait,
        Told("Запись в группу {group}", ("листе ожидания",), "/enrolment/show/{id}", "enrolment_waiting"),
        (),
    ),
    "promoted or offered": (
        _seat_becomes_free,
        Told("", ("{group}", "освободилось место"), "/enrolment/show/{id}", "enrolment_offered"),
        (),
    ),
    "agreed": (_agree, Told("", ("{group}",), "/enrolment/show/{id}", "enrolment_agreed"), ()),
    "confirmed": (
        _confirm,
        Told("Вы записаны в группу {group}", ("подтвердил", "{program}"), "/enrolment/show/{id}", "enrolment_confirmed"),
        (),
    ),
    "refused": (
        _reject,
        Told("Запись в группу {group} отклонена", (REASON,), "/enrolment/show/{id}", "enrolment_rejected"),
        (),
    ),
    "withdrawn by the school": (
        _withdraw_by_the_school,
        Told("", ("{group}",), "/enrolment/show/{id}", "enrolment_withdrawn"),
        (),
    ),
    "group moved": (_move, Told("", ("{group}",), "/training_group/show/{id}", "group_changed"), ()),
    "group closed": (
        _close,
        Told("Группа {group}: запись закрыта", ("Запись закрыта",), "/training_group/show/{id}", "group_closed"),
        (),
    ),
    "training started": (
        _start,
        Told("Группа {group}: обучение началось", ("Обучение началось",), "/training_group/show/{id}", "group_running"),
        (),
    ),
    "not attested": (
        _outcome(E.FAILED, REASON),
        Told("Итог обучения в группе {group}: не аттестован", ("{program}", REASON, "Блок чека снова свободен: ", "справку о периоде обучения"), "/enrolment/show/{id}", "result_failed"),
        (),
    ),
    "did not come": (
        _outcome(E.NO_SHOW, None),
        Told("Итог обучения в группе {group}: не приступил", ("не приступили к занятиям", "снова свободен", "сообщите организатору"), "/enrolment/show/{id}", "result_no_show"),
        (),
    ),
    "expelled": (
        _outcome(E.EXPELLED, REASON),
        Told("Итог обучения в группе {group}: отчислен", ("Вы отчислены", REASON, "справку о периоде обучения"), "/enrolment/show/{id}", "result_expelled"),
        (),
    ),
    "training completed": (
        _complete,
        Told("Группа {group}: обучение завершено", ("Обучение завершено",), "/training_group/show/{id}", "group_completed"),
        (),
    ),
    "group cancelled": (
        _cancel,
        Told("Запись в группу {group} отклонена", ("отменена организатором", REASON), "/enrolment/show/{id}", "enrolment_rejected"),
        (),
    ),
    "starts tomorrow": (
        _starts_tomorrow,
        Told("Завтра начинаются занятия: группа {group}", ("{program}", "Место: "), "/enrolment/show/{id}", "group_starts"),
        (),
    ),
}  # fmt: skip


@pytest.mark.parametrize(
    ("act", "told"),
    [pytest.param(act, told, id=name, marks=marks) for name, (act, told, marks) in _CASES.items()],
)
def test_a_change_tells_the_person(world: mk.World, act: Callable[..., Any], told: Told) -> None:
    person, row = act(world)
    group = getattr(row, "group", row)
    values = {
        "group": getattr(group, "number", ""),
        "program": world.program.title,
        "number": getattr(row, "number", ""),
        "id": row.id,
    }
    mine = mk.rows(m.Letter, m.Letter.recipient == person.employee.email)
    assert mine, "no letter to the person"
    last = mine[-1]
    assert last.subject.startswith(told.subject.format(**values))
    assert [w for w in told.words if w.format(**values).lower() not in last.body.lower()] == []
    assert told.href.format(**values) in (last.html or "")
    assert last.user_id == person.actor.user_id
    assert last.template == told.template or not told.template
    notices = mk.rows(m.Notice, m.Notice.employee_id == person.employee.id)
    assert notices[-1].href == told.href.format(**values)
    assert mk.rows(m.Letter, m.Letter.recipient == world.other_worker.employee.email) == []


def test_success_is_told_by_the_document_and_a_refused_outcome_writes_nothing(world: mk.World) -> None:
    _person, group = _running(world, status=G.RUNNING, enrolled=E.CONFIRMED)
    row = mk.rows(m.Enrolment, m.Enrolment.group_id == group.id)[0]
    as_(world.organizer_actor, enrolments.record_result, row.id, E.TRAINED, result_on=group.ends_on)
    assert mk.rows(m.Letter) == []
    with mk.nothing_changes(), pytest.raises(PortalError):
        as_(world.organizer_actor, enrolments.record_result, row.id, E.FAILED, result_on=group.ends_on, reason=REASON)


def test_the_own_withdrawal_and_the_own_application_write_nothing_to_strangers(world: mk.World) -> None:
    person, row = _enrol(world)
    before = len(mk.rows(m.Letter))
    as_(person.actor, enrolments.withdraw, row.id)
    others = [x for x in mk.rows(m.Letter)[before:] if x.recipient != person.employee.email]
    assert [x for x in others if x.user_id is None] == []


def test_a_refused_action_writes_no_letter(world: mk.World) -> None:
    """Another organizer's click, another school's: nothing changes, nobody is told."""
    _person, row = _enrol(world)
    for actor, action in ((world.other_organizer, enrolments.confirm), (world.other_responsible, enrolments.agree)):
        with mk.nothing_changes(), pytest.raises(Exception, match="не видна"):
            as_(actor, action, row.id)


# --- through a real SMTP server --------------------------------------------------------------------------------------


@use_case
def _note(user_id: int) -> None:
    facts = {"кто": "Иванова А. П.", "группа": "1", "программа": "Чтение"}
    letters.note(Audience((user_id,), "observer:"), "to_agree", facts=facts, href="/enrolment/list/?attention=agree")


def test_the_main_chain_reaches_the_mailbox(app: Flask, world: mk.World, mailbox: Mailbox) -> None:
    """Application → чек → enrolment → agreement → confirmation → reminder → result → document; the school's digest."""
    person, voucher = _approve(world)
    group = mk.make_group(world.program, starts_on=today() + mk.DAY, ends_on=today() + 3 * mk.DAY, enrol_until=today())
    dates = " ".join(period(group.starts_on, group.ends_on).split())
    row = as_(person.actor, enrolments.enrol, person.employee.id, group.id)
    assert world.responsible.user_id is not None
    mk.save(m.Assignment(user_id=world.responsible.user_id, role="observer", valid_from=today() - mk.DAY))
    as_(world.responsible, _note, world.responsible.user_id)
    as_(world.responsible, enrolments.agree, row.id)
    as_(world.organizer_actor, enrolments.confirm, row.id)
    course_reminders.remind()
    digest.send()
    day = today()
    mk.change(group, starts_on=day - mk.DAY, ends_on=day, enrol_until=day - mk.DAY, status=G.CLOSED)
    as_(world.organizer_actor, groups.start, group.id)
    as_(world.organizer_actor, enrolments.record_result, row.id, E.TRAINED)
    certificate = as_(world.organizer_actor, certificates.issue, row.id)
    run_worker(app, once=True)

    got = [(x["To"], str(x["Subject"])) for x in mailbox.letters]
    mine = [subject for to, subject in got if to == person.employee.email]
    expected = [
        f"Выдан Именной образовательный чек № {voucher.number}",
        f"Запись в группу {group.number}",
        f"Вы записаны в группу {group.number}: занятия {dates}",
        f"Завтра начинаются занятия: группа {group.number}",
        f"Группа {group.number}: обучение началось",
        f"Выдан документ об обучении № {certificate.number}",
    ]
    assert [subject for subject in mine if subject in expected] == expected
    school = mk.fetch(m.Account, world.responsible.user_id)
    assert [subject for to, subject in got if to == school.email and subject.startswith("Сводка за ")]
    assert [to for to, _subject in got if to == world.other_worker.employee.email] == []
    text = mailbox.letters[1].get_body(("plain",))
    assert text is not None
    assert voucher.number in text.get_content()
    assert {x.status for x in mk.rows(m.Letter)} == {st.LetterStatus.SENT}
