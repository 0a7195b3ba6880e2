"""Invitation of the people of the plan: whom, once, and what the organizer learns."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import delete

from app import models as m
from app import statuses as st
from app.access import acting_as
from app.errors import Conflict, Forbidden, NotFound
from app.extensions import db
from app.services.courses.enrolment import course_invitations
from app.services.personnel.consents import consent_texts, consents
from tests.services import makers as mk

E, P = st.EnrolmentStatus, st.PlanItemStatus


@pytest.fixture
def world(session: Any) -> mk.World:
    return mk.make_world(capacity=5)


def invite(world: mk.World, group: Any = None) -> int:
    with acting_as(world.organizer_actor):
        return course_invitations.invite((group or world.group).id)


def agree_to_news(*people: mk.Person) -> None:
    """Let the people agree to «новости, приглашения на курсы и мероприятия»."""
    text = next(text for text in consent_texts.current_texts() if text.purpose == consents.NEWS)
    for person in people:
        with acting_as(person.actor):
            consents.give(text.id)
    db.session.execute(delete(m.Letter))
    db.session.execute(delete(m.Notice))
    db.session.commit()


def told() -> set[str]:
    return {letter.recipient for letter in mk.rows(m.Letter, m.Letter.template == "course_invitation")}


def test_planned_people_are_invited_once_with_a_link_to_the_form(world: mk.World) -> None:
    agreed, included, proposed, declined = world.more_people(4)
    mk.change(world.program, status=st.ProgramStatus.ARCHIVED)
    edition = mk.make_program(world.organizer, code=world.program.code, edition=2)
    mk.make_plan_item(agreed, world.program, status=P.AGREED)
    mk.make_plan_item(included, edition, status=P.INCLUDED)
    mk.make_plan_item(proposed, world.program, status=P.PROPOSED)
    mk.make_plan_item(declined, world.program, status=P.DECLINED)
    agree_to_news(agreed, included, proposed, declined)
    assert invite(world) == 2
    assert told() == {agreed.employee.email, included.employee.email}
    (notice,) = mk.rows(m.Notice, m.Notice.employee_id == agreed.employee.id)
    assert notice.href == f"/enrolment/join?group={world.group.id}"
    assert mk.journal("training_group.invited")[0].changes == {"Приглашено": ["", "2"]}
    with mk.nothing_changes():
        assert invite(world) == 0


def test_without_the_consent_an_invitation_is_a_notice_only(world: mk.World) -> None:
    """The consent's own text names invitations to courses: who did not give it, or took it back, gets no such letter."""
    gave, took_back, never = world.more_people(3)
    for person in (gave, took_back, never):
        mk.make_plan_item(person, world.program, status=P.INCLUDED)
    agree_to_news(gave, took_back)
    with acting_as(took_back.actor):
        consents.withdraw(consents.NEWS)
    assert invite(world) == 3
    assert told() == {gave.employee.email}
    for person in (gave, took_back, never):
        assert mk.rows(
            m.Notice,
            m.Notice.href == f"/enrolment/join?group={world.group.id}",
            m.Notice.employee_id == person.employee.id,
        )


def test_another_group_invites_anew(world: mk.World) -> None:
    mk.make_plan_item(world.worker, world.program, status=P.AGREED)
    agree_to_news(world.worker)
    assert invite(world) == 1
    assert invite(world, mk.make_group(world.program)) == 1
    assert len(mk.rows(m.Letter)) == 2


@pytest.mark.parametrize("status", [E.WAITING, E.APPLIED, E.CONFIRMED, E.TRAINED])
def test_enrolled_and_trained_are_not_invited(world: mk.World, status: st.EnrolmentStatus) -> None:
    mk.make_plan_item(world.worker, world.program, status=P.AGREED)
    mk.make_enrolment(world.worker, mk.make_group(world.program), status=status)
    with mk.nothing_changes():
        assert invite(world) == 0


def test_withdrawn_and_foreign_programs(world: mk.World) -> None:
    (other,) = world.more_people(1)
    mk.make_plan_item(world.worker, world.program, status=P.AGREED)
    mk.make_enrolment(world.worker, world.group, status=E.WITHDRAWN)
    same_code = mk.make_program(mk.make_organization(is_organizer=True), code=world.program.code)
    mk.make_plan_item(other, same_code, status=P.AGREED)
    agree_to_news(world.worker, other)
    assert invite(world) == 1
    assert told() == {world.worker.employee.email}


def test_closed_group_invites_nobody(world: mk.World) -> None:
    mk.make_plan_item(world.worker, world.program, status=P.AGREED)
    mk.change(world.group, status=st.GroupStatus.CLOSED)
    with mk.nothing_changes(), pytest.raises(Conflict, match="записаться нельзя"):
        invite(world)


def test_only_the_groups_organizer_invites(world: mk.World) -> None:
    mk.make_plan_item(world.worker, world.program, status=P.AGREED)
    for actor in (world.other_organizer, world.responsible, world.worker.actor, world.operator):
        with acting_as(actor), mk.nothing_changes(), pytest.raises((Forbidden, NotFound)):
            course_invitations.invite(world.group.id)
