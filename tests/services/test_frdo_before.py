"""What ФИС ФРДО would refuse is said before the papers are issued, and those who keep the cards are asked to mend them."""

from __future__ import annotations

from typing import Any

import pytest

from app import models as m
from app import statuses as st
from app.access import acting_as
from app.documents.frdo import frdo_before
from app.errors import Conflict, NotFound
from app.services.paper.issuing import certificates, mend_requests
from tests.services import makers as mk
from tests.services.test_frdo import give_diploma
from tests.services.test_frdo import world as world  # a fixture
from tests.services.test_registries import account_of

E = st.EnrolmentStatus
FIELD = "/employee/edit/1#birth_date"


def listeners(world: mk.World, number: int, **over: Any) -> tuple[Any, list[mk.Person]]:
    group = mk.make_past_group(world.program, capacity=number)
    people = list(world.more_people(number, voucher=False))
    for person in people:
        mk.make_enrolment(person, group, **({"status": E.TRAINED} | over))
    return group, people


def lacks(world: mk.World, group: Any) -> list[frdo_before.Lack]:
    with acting_as(world.organizer_actor):
        return frdo_before.lacks_of(mk.fetch(m.TrainingGroup, group.id))


def test_the_missing_diploma_and_birth_date_are_named_with_their_cards(world: mk.World) -> None:
    group, (whole, without, undated) = listeners(world, 3)
    for person in (whole, undated):
        give_diploma(person.employee)
    mk.change(undated.employee, birth_date=None)
    with mk.nothing_changes():
        found = {it.employee_id: it for it in lacks(world, group)}
    assert set(found) == {without.employee.id, undated.employee.id}
    said = [fault.sentence for fault in found[without.employee.id].faults]
    assert "Не указано высшее или среднее профессиональное образование: внесите диплом об образовании." in said
    assert {(fault.card, fault.card_id) for fault in found[without.employee.id].faults} == {
        ("employee", without.employee.id)
    }
    assert [fault.sentence for fault in found[undated.employee.id].faults] == ["Не указана дата рождения."]


def test_it_is_said_while_they_study_and_not_of_whom_has_a_document(world: mk.World) -> None:
    group, (person,) = listeners(world, 1, status=E.CONFIRMED)
    assert [it.employee_id for it in lacks(world, group)] == [person.employee.id]
    enrolment = mk.rows(m.Enrolment, m.Enrolment.group_id == group.id)[0]
    mk.change(enrolment, status=E.TRAINED)
    with acting_as(world.organizer_actor):
        certificates.issue(enrolment.id)
    assert lacks(world, group) == []


def test_the_responsible_are_asked_once_a_day(world: mk.World) -> None:
    group, (person,) = listeners(world, 1)
    school = mk.rows(m.Employment, m.Employment.employee_id == person.employee.id)[0].organization_id
    account = account_of("school", organization_id=school)
    other = account_of("school", organization_id=mk.make_organization().id)
    wanted = {school: [mend_requests.Asked(person.employee.id, "Иванова М. П.", ["Не указан номер диплома."], FIELD)]}
    with acting_as(world.organizer_actor):
        assert mend_requests.ask(group.id, wanted) == 1
        with mk.nothing_changes(), pytest.raises(Conflict, match="Сегодня по этой группе уже просили"):
            mend_requests.ask(group.id, wanted)
    (letter,) = mk.rows(m.Letter, m.Letter.user_id == account.id)
    assert "Иванова М. П.: Не указан номер диплома." in letter.body
    assert letter.body.count(FIELD) == 2, "in its line and under the button"
    assert [it.href for it in mk.rows(m.Notice, m.Notice.user_id == account.id)] == [FIELD]
    assert mk.rows(m.Letter, m.Letter.user_id == other.id) == []
    assert len(mk.journal(mend_requests.ACTION)) == 1
    with acting_as(world.other_organizer), mk.nothing_changes(), pytest.raises(NotFound):
        mend_requests.ask(group.id, wanted)


def test_without_a_responsible_nobody_is_asked(world: mk.World) -> None:
    group, (person,) = listeners(world, 1)
    wanted = {
        mk.make_organization().id: [mend_requests.Asked(person.employee.id, "Иванова М. П.", ["Не указан."], FIELD)]
    }
    with acting_as(world.organizer_actor), mk.nothing_changes(), pytest.raises(Conflict, match="нет ответственного"):
        mend_requests.ask(group.id, wanted)
