"""Orders of enrolment and expulsion: whom they name, numbers and days, what a mistaken one is followed by."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from app import models as m
from app import statuses as st
from app.access import acting_as
from app.clock import today
from app.errors import Conflict, Forbidden, Invalid, NotFound
from app.services.courses.enrolment import enrolments
from app.services.courses.group import groups, results
from app.services.paper.orders import group_facts, training_orders
from app.services.paper.orders.training_orders import OrderFacts
from app.statuses import OrderKind
from tests.services import makers as mk
from tests.services.course_rows import Course, make_course, make_listeners, make_marks

E, G = st.EnrolmentStatus, st.GroupStatus


@pytest.fixture
def course(session: Any) -> Course:
    return make_course()


def facts(course: Course, number: str = "5-к", **over: Any) -> OrderFacts:
    values = {"number": number, "ordered_on": today(), "enrolment_ids": [row.id for row in course.rows]}
    return OrderFacts(**{**values, **over})


def enrol(course: Course, number: str = "5-к", **over: Any) -> m.TrainingOrder:
    with acting_as(course.world.organizer_actor):
        return training_orders.issue(course.group.id, OrderKind.ENROLMENT, facts(course, number, **over))


def refused(course: Course, kind: OrderKind = OrderKind.ENROLMENT, **over: Any) -> dict[str, list[str]]:
    with acting_as(course.world.organizer_actor), mk.nothing_changes(), pytest.raises(Invalid) as caught:
        training_orders.issue(course.group.id, kind, facts(course, **over))
    return caught.value.fields


def test_order_of_enrolment_names_the_listeners_and_is_written_into_their_enrolments(course: Course) -> None:
    order = enrol(course, basis="заявления слушателей")
    assert [mk.fetch(m.Enrolment, row.id).enrolment_order_id for row in course.rows] == [order.id] * 3
    snapshot = mk.fetch(m.TrainingOrder, order.id).snapshot
    (part,) = snapshot["parts"]
    assert [person["name"] for person in part["people"]] == [
        "Андрееву Анну Ивановну",
        "Бндрееву Анну Ивановну",
        "Вндрееву Анну Ивановну",
    ]
    assert part["people"][0]["place"] == f"Учитель, {course.world.school.short_name}"
    assert (snapshot["number"], snapshot["hours"], snapshot["group"]) == ("5-к", 18, course.group.number)
    assert (snapshot["head_name"], snapshot["basis"]) == ("М.\u00a0П.\u00a0Иванова", "заявления слушателей")
    (entry,) = mk.journal("training_order.issued")
    assert entry.changes["Слушателей"] == ["", "3"]
    assert len(mk.journal("enrolment.ordered")) == 3


def test_order_of_expulsion_has_a_point_for_each_ground(course: Course) -> None:
    enrol(course)
    with acting_as(course.world.organizer_actor):
        enrolments.record_result(course.rows[0].id, E.TRAINED)
        enrolments.record_result(course.rows[1].id, E.EXPELLED, reason="Пропущены занятия")
        enrolments.record_result(course.rows[2].id, E.NO_SHOW)
        order = training_orders.issue(course.group.id, OrderKind.EXPULSION, facts(course, "6-к"))
    parts = [(part["ground"], [p["reason"] for p in part["people"]]) for part in order.snapshot["parts"]]
    assert parts == [
        ("в связи с завершением обучения и успешным прохождением итоговой аттестации", [""]),
        ("как не приступивших к обучению", [""]),
        ("до завершения обучения", ["Пропущены занятия"]),
    ]
    assert [mk.fetch(m.Enrolment, row.id).expulsion_order_id for row in course.rows] == [order.id] * 3


def test_who_has_no_outcome_is_not_expelled(course: Course) -> None:
    enrol(course)
    with acting_as(course.world.organizer_actor), mk.nothing_changes(), pytest.raises(NotFound):
        training_orders.issue(course.group.id, OrderKind.EXPULSION, facts(course, "6-к"))


def test_who_was_not_enrolled_by_an_order_is_not_expelled_by_one(course: Course) -> None:
    with acting_as(course.world.organizer_actor):
        enrolments.record_result(course.rows[0].id, E.TRAINED)
    fields = refused(course, OrderKind.EXPULSION, enrolment_ids=[course.rows[0].id])
    assert "Сначала издайте приказ о зачислении" in fields["people"][0]


def test_a_mistaken_order_is_followed_by_another_that_says_so(course: Course) -> None:
    first = enrol(course)
    kept = dict(mk.fetch(m.TrainingOrder, first.id).snapshot)
    second = enrol(course, "6-к", enrolment_ids=[course.rows[0].id])
    assert mk.fetch(m.TrainingOrder, first.id).snapshot == kept
    assert second.snapshot["replaces"] == [f"№ 5-к от {today():%d.%m.%Y}"]
    found = [mk.fetch(m.Enrolment, row.id).enrolment_order_id for row in course.rows]
    assert found == [second.id, first.id, first.id]


def test_a_number_is_used_once_a_year(course: Course) -> None:
    enrol(course)
    assert "уже есть" in refused(course, number=" 5-к ")["number"][0]
    enrol(course, ordered_on=course.group.enrol_from, number="6-к")


def test_another_organizer_has_its_own_numbers(session: Any) -> None:
    first, second = make_course(), make_course()
    assert enrol(first).number == enrol(second).number == "5-к"


@pytest.mark.parametrize(
    ("over", "field"),
    [
        ({"number": "  "}, "number"),
        ({"number": "9" * 41}, "number"),
        ({"basis": "о" * 1001}, "basis"),
        ({"enrolment_ids": []}, "people"),
        ({"ordered_on": today() + mk.DAY}, "ordered_on"),
        ({"ordered_on": dt.date(2001, 1, 1)}, "ordered_on"),
    ],
)
def test_wrong_input_is_named_by_field_and_changes_nothing(course: Course, over: dict[str, Any], field: str) -> None:
    assert list(refused(course, **over)) == [field]


def test_expulsion_is_not_earlier_than_the_outcome(course: Course) -> None:
    enrol(course, ordered_on=course.group.starts_on)
    with acting_as(course.world.organizer_actor):
        enrolments.record_result(course.rows[0].id, E.TRAINED, result_on=today())
    ids = [course.rows[0].id]
    fields = refused(course, OrderKind.EXPULSION, number="6", ordered_on=today() - mk.DAY, enrolment_ids=ids)
    assert f"{today():%d.%m.%Y}" in fields["ordered_on"][0]


def test_an_organization_without_its_head_signs_no_order(course: Course) -> None:
    mk.change(course.world.organizer, head_name=None)
    assert refused(course) == {}


@pytest.mark.parametrize("status", [G.DRAFT, G.OPEN, G.CANCELLED])
def test_orders_are_for_groups_whose_enrolment_is_closed(session: Any, status: st.GroupStatus) -> None:
    course = make_course(status=status)
    with acting_as(course.world.organizer_actor), mk.nothing_changes(), pytest.raises(Conflict):
        training_orders.issue(course.group.id, OrderKind.ENROLMENT, facts(course))


def test_a_listener_of_another_group_is_not_found(course: Course) -> None:
    other = mk.make_past_group(course.world.program)
    foreign = make_listeners(course.world, other, 1)[0]
    ids = [course.rows[0].id, foreign.id]
    with acting_as(course.world.organizer_actor), mk.nothing_changes(), pytest.raises(NotFound):
        training_orders.issue(course.group.id, OrderKind.ENROLMENT, facts(course, enrolment_ids=ids))


def test_only_the_own_organizer_issues_orders(course: Course) -> None:
    with acting_as(course.world.other_organizer), mk.nothing_changes(), pytest.raises(NotFound):
        training_orders.issue(course.group.id, OrderKind.ENROLMENT, facts(course))
    for actor in (course.world.responsible, course.world.operator):
        with acting_as(actor), mk.nothing_changes(), pytest.raises(Forbidden):
            training_orders.issue(course.group.id, OrderKind.ENROLMENT, facts(course))


def test_orders_are_seen_by_their_organizer_and_the_operator_only(course: Course) -> None:
    order = enrol(course)
    seen = {}
    world = course.world
    for actor in (world.organizer_actor, world.operator, world.other_organizer, world.responsible, world.worker.actor):
        with acting_as(actor):
            seen[actor.user_id] = [row.id for row in training_orders.orders_of(course.group.id)]
    assert list(seen.values()) == [[order.id], [order.id], [], [], []]


def test_the_papers_of_the_group_have_its_orders_and_its_journal(course: Course) -> None:
    enrol(course)
    make_marks(course.meetings[0], course.rows[:1])
    with acting_as(course.world.organizer_actor):
        facts = group_facts.facts_of_group(course.group.id)
    assert [(order.kind, order.snapshot["number"]) for order in facts.orders] == [(OrderKind.ENROLMENT, "5-к")]
    assert [row.id for row in facts.journal.listeners] == [row.id for row in course.rows]
    assert list(facts.journal.marks) == [(course.meetings[0].id, course.rows[0].id)]
    assert [meeting.id for meeting in facts.journal.meetings] == [meeting.id for meeting in course.meetings]


# --- who left after the order ----------------------------------------------------------------------------------------


def flagged(course: Course, *orders: m.TrainingOrder) -> dict[int, str]:
    """Order → who left since and is named in no order of expulsion."""
    with acting_as(course.world.organizer_actor):
        left = training_orders.left_after(orders)
        return {pk: training_orders.open_changes(people) for pk, people in left.items()}


def test_an_order_says_who_left_since_until_an_order_of_expulsion_names_them(course: Course) -> None:
    """Refused, withdrawn or expelled: each for the own ground; who was trained has not left."""
    order = enrol(course)
    assert flagged(course, order) == {}
    first, second, third = course.rows
    with acting_as(course.world.organizer_actor):
        enrolments.record_result(first.id, E.TRAINED)
        enrolments.reject(second.id, "Не представил документы")
        enrolments.record_result(third.id, E.EXPELLED, reason="Пропущены занятия")
    names = [mk.fetch(m.Employee, row.employee_id).short_name for row in (second, third)]
    assert flagged(course, order) == {order.id: f"{names[0]} — отклонена, {names[1]} — отчислен"}
    with acting_as(course.world.organizer_actor):
        assert results.missing_of(course.group).expulsion_order == 3
        paper = training_orders.issue(course.group.id, OrderKind.EXPULSION, facts(course, "6-к"))
        assert results.missing_of(course.group).expulsion_order == 0
    parts = {part["ground"]: [p["reason"] for p in part["people"]] for part in paper.snapshot["parts"]}
    assert parts["в связи с отменой записи на обучение"] == ["Не представил документы"]
    assert parts["до завершения обучения"] == ["Пропущены занятия"]
    assert flagged(course, order, paper) == {order.id: ""}
    with acting_as(course.world.organizer_actor):
        assert [row.id for row in training_orders.left_after([order])[order.id]] == [second.id, third.id]


def test_who_withdraws_before_the_first_day_is_expelled_before_it(session: Any) -> None:
    first = today() + 3 * mk.DAY
    course = make_course(status=G.CLOSED, starts_on=first, ends_on=first + mk.DAY, meetings=0)
    order = enrol(course)
    with acting_as(course.world.responsible):
        enrolments.withdraw(course.rows[0].id)
    assert "отозвана" in flagged(course, order)[order.id]
    with acting_as(course.world.organizer_actor):
        ids = [course.rows[0].id]
        paper = training_orders.issue(course.group.id, OrderKind.EXPULSION, facts(course, "6-к", enrolment_ids=ids))
    assert paper.snapshot["parts"][0]["ground"] == "в связи с отзывом записи на обучение"
    assert flagged(course, order) == {order.id: ""}


def test_the_people_of_a_cancelled_group_are_expelled_by_an_order(session: Any) -> None:
    course = make_course(status=G.CLOSED, starts_on=today() + 3 * mk.DAY, ends_on=today() + 4 * mk.DAY, meetings=0)
    order = enrol(course)
    with acting_as(course.world.organizer_actor):
        groups.cancel(course.group.id, "Нет аудитории")
        assert flagged(course, order)[order.id].count("отклонена") == 3
        training_orders.issue(course.group.id, OrderKind.EXPULSION, facts(course, "6-к"))
    assert flagged(course, order) == {order.id: ""}


def test_who_left_before_any_order_is_named_in_none(course: Course) -> None:
    with acting_as(course.world.organizer_actor):
        enrolments.reject(course.rows[0].id, "Ошибка")
    order = enrol(course, enrolment_ids=[row.id for row in course.rows[1:]])
    assert flagged(course, order) == {}
    with acting_as(course.world.organizer_actor), mk.nothing_changes(), pytest.raises(NotFound):
        ids = [course.rows[0].id]
        training_orders.issue(course.group.id, OrderKind.EXPULSION, facts(course, "6-к", enrolment_ids=ids))
