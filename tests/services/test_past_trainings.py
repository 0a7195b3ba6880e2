"""Trainings outside the portal: told with a scan, confirmed by somebody else, counted only then; no other school knows of them."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from app import models as m
from app import statuses as st
from app.access import acting_as
from app.actor import Actor
from app.clock import now, today
from app.errors import Conflict, Forbidden, Invalid, NotFound
from app.services.desk import figure_counts, queue, queue_decisions, statistics
from app.services.desk.queue import Asked
from app.services.desk.queue_decisions import CONFIRM, REFUSE
from app.services.personnel.cards import card
from app.services.personnel.trainings import past_trainings
from app.services.portal import files, records
from app.services.portal.files import Scan
from tests.services import makers as mk
from tests.services.scans import image, pdf

S, From = st.TrainingStatus, st.TrainingSource


@pytest.fixture
def world(session: Any) -> mk.World:
    return mk.make_world()


@pytest.fixture
def responsible(world: mk.World) -> Actor:
    """The responsible of the school with an assignment, so that there is somebody to be told."""
    mk.save(
        m.Assignment(
            user_id=world.responsible.user_id, role="school", organization_id=world.school.id, valid_from=today()
        )
    )
    return world.responsible


def facts(person: Any, **over: Any) -> dict[str, Any]:
    values = {
        "employee": person,
        "title": "Современный урок",
        "kind": st.ProgramKind.ADVANCED,
        "institution": "Институт развития образования",
        "hours": 72,
        "started_on": today() - 60 * mk.DAY,
        "ended_on": today() - 40 * mk.DAY,
        "document_kind": st.PastDocument.CERTIFICATE,
        "document_number": "63-000451",
        "issued_on": today() - 39 * mk.DAY,
    }
    return values | over


def add(actor: Actor, person: Any, data: bytes | None = None, **over: Any) -> m.Training:
    with acting_as(actor):
        return past_trainings.add(facts(person, **over), Scan("Удостоверение.pdf", pdf() if data is None else data))


def confirm(actor: Actor, row: m.Training) -> m.Training:
    with acting_as(actor):
        return past_trainings.confirm(row.id)


def reject(actor: Actor, row: m.Training, reason: str = "На скане другой номер") -> m.Training:
    with acting_as(actor):
        return past_trainings.reject(row.id, reason)


def change(actor: Actor, row: m.Training, scan: bytes | None = None, **over: Any) -> m.Training:
    with acting_as(actor):
        return past_trainings.change(row, over, Scan("скан.png", scan) if scan else None)


def told_to(actor: Actor) -> list[str]:
    own = m.Notice.user_id == actor.user_id
    return [notice.text for notice in mk.rows(m.Notice, own)]


# --- telling ---------------------------------------------------------------------------------------------------------


def test_a_worker_tells_of_an_own_course_and_the_responsible_hears_of_it(world: mk.World, responsible: Actor) -> None:
    row = add(world.worker.actor, world.worker.employee)
    assert (row.status, row.source, row.entered_by_id) == (S.PENDING, From.WORKER, world.worker.actor.user_id)
    assert row.submitted_at is not None
    file = mk.fetch(m.StoredFile, row.scan_id)
    assert (file.name, file.object_table, file.object_id) == ("Удостоверение.pdf", "training", row.id)
    (text,) = told_to(responsible)
    assert "добавляет пройденный курс «Современный урок»" in text
    (entry,) = mk.journal("training.created")
    assert "entered_by_id" not in entry.changes
    assert entry.changes["Откуда сведения"] == ["", "внесено вручную работником"]
    (entry,) = mk.journal("training.attached")
    assert entry.changes == {"Скан документа": ["", "Удостоверение.pdf"]}


def test_what_the_responsible_tells_waits_for_the_operator(world: mk.World, responsible: Actor) -> None:
    row = add(responsible, world.worker.employee)
    assert (row.status, row.source) == (S.PENDING, From.STAFF)
    assert told_to(responsible) == []


def test_nobody_tells_of_another_s_people(world: mk.World) -> None:
    for actor in (world.worker.actor, world.responsible):
        with mk.nothing_changes(), pytest.raises((Invalid, Forbidden)):
            add(actor, world.other_worker.employee)
    for actor in (world.organizer_actor, mk.make_actor("ministry"), mk.make_actor("observer")):
        with mk.nothing_changes(), pytest.raises(Forbidden):
            add(actor, world.worker.employee)


@pytest.mark.parametrize(
    ("field", "words", "over"),
    [
        ("ended_on", "с 01.01.2010", {"started_on": None, "issued_on": None, "ended_on": dt.date(2009, 12, 31)}),
        ("ended_on", "в будущем", {"issued_on": None, "ended_on": today() + mk.DAY}),
        ("started_on", "позже, чем закончилось", {"started_on": today() - 39 * mk.DAY}),
        ("issued_on", "в будущем", {"issued_on": today() + mk.DAY}),
        ("issued_on", "раньше, чем закончилось", {"issued_on": today() - 41 * mk.DAY}),
        ("hours", "от 16 до 5000", {"hours": 15}),
        ("hours", "от 250 до 5000", {"kind": st.ProgramKind.RETRAINING, "document_kind": st.PastDocument.DIPLOMA, "hours": 249}),
        ("document_kind", "Диплом выдают за переподготовку", {"document_kind": st.PastDocument.DIPLOMA}),
        ("document_number", "номер документа", {"document_number": " "}),
    ],
)  # fmt: skip
def test_what_does_not_fit_together_is_said_beside_its_field(
    world: mk.World, field: str, words: str, over: dict[str, Any]
) -> None:
    with mk.nothing_changes(), pytest.raises(Invalid) as refusal:
        add(world.worker.actor, world.worker.employee, **over)
    assert list(refusal.value.fields) == [field]
    assert words in refusal.value.fields[field][0]


def test_the_limits_themselves_are_taken(world: mk.World) -> None:
    first = dt.date(2010, 1, 1)
    row = add(world.worker.actor, world.worker.employee, started_on=first, ended_on=first, issued_on=first, hours=16)
    assert row.ended_on == first
    today_ = add(world.worker.actor, world.worker.employee, ended_on=today(), issued_on=today())
    assert today_.issued_on == today()


def test_what_is_no_scan_leaves_nothing(world: mk.World) -> None:
    with mk.nothing_changes(), pytest.raises(Invalid, match="Это не скан") as refusal:
        add(world.worker.actor, world.worker.employee, data=b"<html></html>")
    assert "scan" in refusal.value.fields


def test_one_course_is_told_once_however_it_is_typed(world: mk.World, responsible: Actor) -> None:
    row = add(world.worker.actor, world.worker.employee)
    with mk.nothing_changes(), pytest.raises(Invalid) as refusal:
        add(responsible, world.worker.employee, title="  «современный  УРОК»")
    assert "уже записано в карточке" in refusal.value.fields["title"][0]
    reject(responsible, row)
    assert add(responsible, world.worker.employee).id != row.id


def test_a_course_of_the_portal_is_not_told_again(world: mk.World) -> None:
    group = mk.make_past_group(world.program)
    mk.make_enrolment(world.worker, group, status=st.EnrolmentStatus.TRAINED, result_on=group.ends_on)
    dates = {"started_on": None, "ended_on": group.ends_on, "issued_on": None}
    with mk.nothing_changes(), pytest.raises(Invalid) as refusal:
        add(world.worker.actor, world.worker.employee, title=world.program.title, **dates)
    assert "пройден в портале" in refusal.value.fields["title"][0]


# --- who decides -----------------------------------------------------------------------------------------------------


def test_the_responsible_confirms_what_the_worker_told(world: mk.World, responsible: Actor) -> None:
    row = confirm(responsible, add(world.worker.actor, world.worker.employee))
    assert (row.status, row.decided_by_id) == (S.CONFIRMED, responsible.user_id)
    assert row.decided_at is not None
    (notice,) = mk.rows(m.Notice, m.Notice.employee_id == world.worker.employee.id)
    assert "подтверждён" in notice.text


def test_the_operator_confirms_what_the_responsible_told(world: mk.World, responsible: Actor) -> None:
    row = add(responsible, world.worker.employee)
    second = mk.make_actor("school", world.school)
    for actor in (responsible, second):
        with mk.nothing_changes(), pytest.raises(Conflict, match=r"внесли|решение по нему принимает оператор"):
            confirm(actor, row)
    assert confirm(world.operator, row).status == S.CONFIRMED


def test_nobody_confirms_what_they_told_or_their_own_course(world: mk.World) -> None:
    row = add(world.operator, world.worker.employee)
    with mk.nothing_changes(), pytest.raises(Conflict, match="внесли или исправили вы"):
        confirm(world.operator, row)
    assert confirm(mk.make_actor("operator"), row).status == S.CONFIRMED
    person = mk.make_employee()
    mk.make_employment(person, world.school)
    both = mk.make_actor("school", world.school, employee=person)
    own = mk.save(
        m.Training(
            employee_id=person.id, title="Курс", institution="СГУ", hours=36, ended_on=today(), source=From.WORKER
        )
    )
    with mk.nothing_changes(), pytest.raises(Conflict, match="Это ваше обучение"):
        confirm(both, own)


def test_who_corrects_it_does_not_confirm_it(world: mk.World, responsible: Actor) -> None:
    row = change(world.operator, add(responsible, world.worker.employee), hours=36)
    with mk.nothing_changes(), pytest.raises(Conflict, match="внесли или исправили вы"):
        confirm(world.operator, row)


def test_the_worker_and_strangers_decide_nothing(world: mk.World) -> None:
    row = add(world.worker.actor, world.worker.employee)
    refusals: list[tuple[Actor, type[Exception]]] = [
        (world.worker.actor, Forbidden),
        (world.other_responsible, NotFound),
        (world.other_worker.actor, NotFound),
        (world.organizer_actor, NotFound),
        (mk.make_actor("ministry"), Forbidden),
        (mk.make_actor("territory", territory=mk.fetch(m.Territory, world.school.territory_id)), Forbidden),
        (mk.make_actor("territory", territory=mk.make_territory()), NotFound),
    ]
    for actor, refusal in refusals:
        for decide in (confirm, reject):
            with mk.nothing_changes(), pytest.raises(refusal):
                decide(actor, row)


def test_without_a_scan_there_is_nothing_to_confirm(world: mk.World, responsible: Actor) -> None:
    row = mk.save(m.Training(employee_id=world.worker.employee.id, title="Курс", institution="СГУ", hours=36,
                             ended_on=today() - mk.DAY, document_number="7", document_kind=st.PastDocument.OTHER))  # fmt: skip
    with mk.nothing_changes(), pytest.raises(Conflict, match="Скана документа нет"):
        confirm(world.operator, row)
    row = change(responsible, row, image("PNG"))
    assert (row.submitted_at is not None, row.scan.name) == (True, "скан.png")
    assert confirm(world.operator, row).status == S.CONFIRMED


def test_a_second_click_changes_nothing(world: mk.World, responsible: Actor) -> None:
    row = confirm(responsible, add(world.worker.actor, world.worker.employee))
    with mk.nothing_changes():
        assert confirm(responsible, row).status == S.CONFIRMED


# --- refusal and correction ------------------------------------------------------------------------------------------


def test_a_refusal_needs_a_reason_and_the_person_mends(world: mk.World, responsible: Actor) -> None:
    row = add(world.worker.actor, world.worker.employee)
    with mk.nothing_changes(), pytest.raises(Invalid):
        reject(responsible, row, "  ")
    row = reject(responsible, row)
    assert (row.status, row.reason_text) == (S.REJECTED, "На скане другой номер")
    (notice,) = mk.rows(m.Notice, m.Notice.employee_id == world.worker.employee.id)
    assert "На скане другой номер" in notice.text
    old = row.scan_id
    row = change(world.worker.actor, row, image("JPEG"), document_number="63-000452")
    assert (row.status, row.reason_text, row.decided_by_id) == (S.PENDING, None, None)
    assert mk.fetch(m.StoredFile, old).expires_at <= now()
    assert len(told_to(responsible)) == 2
    assert confirm(responsible, row).document_number == "63-000452"


def test_the_responsible_does_not_rewrite_what_the_worker_told(world: mk.World, responsible: Actor) -> None:
    row = add(world.worker.actor, world.worker.employee)
    with mk.nothing_changes(), pytest.raises(Conflict, match="внёс работник"):
        change(responsible, row, hours=144)
    with acting_as(responsible), mk.nothing_changes(), pytest.raises(Conflict, match="внёс работник"):
        records.delete(row)


def test_the_worker_does_not_touch_what_the_responsible_told(world: mk.World, responsible: Actor) -> None:
    row = add(responsible, world.worker.employee)
    with mk.nothing_changes(), pytest.raises(Forbidden):
        change(world.worker.actor, row, hours=144)
    with acting_as(world.worker.actor), mk.nothing_changes(), pytest.raises(Forbidden):
        records.delete(row)


def test_what_is_confirmed_stays_until_the_operator_takes_it_back(world: mk.World, responsible: Actor) -> None:
    row = confirm(responsible, add(world.worker.actor, world.worker.employee))
    for actor in (world.worker.actor, responsible, world.operator):
        with mk.nothing_changes(), pytest.raises(Conflict):
            change(actor, row, hours=144)
    with mk.nothing_changes(), pytest.raises(Conflict, match="снимает оператор"):
        reject(responsible, row)
    assert reject(world.operator, row, "Документ не подтверждён институтом").status == S.REJECTED
    assert trained(world) == 0


def test_a_deleted_training_takes_its_scan_along(world: mk.World) -> None:
    row = add(world.worker.actor, world.worker.employee)
    scan = row.scan_id
    with acting_as(world.worker.actor):
        records.delete(row)
    assert mk.rows(m.Training) == []
    assert mk.fetch(m.StoredFile, scan).expires_at <= now()


# --- the scan --------------------------------------------------------------------------------------------------------


def test_the_scan_is_read_by_those_who_compare_it_only(world: mk.World, responsible: Actor) -> None:
    row = add(world.worker.actor, world.worker.employee)
    for actor in (world.worker.actor, responsible, world.operator):
        with acting_as(actor):
            assert files.open_scan(row.scan_id)[0].name == "Удостоверение.pdf"
    territory = mk.fetch(m.Territory, world.school.territory_id)
    strangers = (world.other_responsible, world.other_worker.actor, world.organizer_actor, mk.make_actor("ministry"))
    for actor in (*strangers, mk.make_actor("territory", territory=territory)):
        with acting_as(actor), pytest.raises(NotFound):
            files.open_scan(row.scan_id)


# --- coverage, card, queue -------------------------------------------------------------------------------------------


def trained(world: mk.World) -> int | None:
    figure_counts.recount()
    return next(row.trained for row in statistics.Stored().staff_by_organization() if row.key == world.school.id)


def test_only_a_confirmed_training_covers(world: mk.World, responsible: Actor) -> None:
    row = add(world.worker.actor, world.worker.employee)
    assert trained(world) == 0
    confirm(responsible, row)
    assert trained(world) == 1


def test_a_confirmed_training_of_long_ago_does_not_cover(world: mk.World, responsible: Actor) -> None:
    ended = today() - 4 * 365 * mk.DAY
    dates = {"started_on": None, "ended_on": ended, "issued_on": ended}
    confirm(responsible, add(world.worker.actor, world.worker.employee, **dates))
    assert trained(world) == 0


def test_the_card_says_what_was_told_by_whom(world: mk.World) -> None:
    row = add(world.worker.actor, world.worker.employee)
    with acting_as(world.worker.actor):
        (line,) = card.card(world.worker.employee.id).trainings
    assert (line.training.id, line.training.source.label) == (row.id, "внесено вручную работником")


def test_no_document_of_the_portal_comes_of_it(world: mk.World, responsible: Actor) -> None:
    confirm(responsible, add(world.worker.actor, world.worker.employee))
    assert (mk.rows(m.Certificate), mk.rows(m.FrdoRow), mk.rows(m.Registry)) == ([], [], [])


def test_the_queue_holds_what_the_operator_is_to_compare(world: mk.World, responsible: Actor) -> None:
    add(world.worker.actor, world.worker.employee)  # the responsible's turn
    add(world.operator, world.worker.employee, title="Свой")  # entered by the operator
    row = add(responsible, world.worker.employee, title="Второй курс")
    with acting_as(world.operator):
        ((found,), more) = queue.page(Asked(kind="training"), size=10)
        assert (found.pk, found.place, more) == (row.id, world.school.short_name, False)
        assert "Второй курс · 72 ч" in found.what
        (outcome,) = queue_decisions.decide(CONFIRM, [("training", row.id)])
        assert outcome.sentence == ""
        assert queue.page(Asked(kind="training"), size=10) == ([], False)
    assert mk.fetch(m.Training, row.id).status == S.CONFIRMED


def test_the_queue_refuses_with_a_reason_that_the_responsible_reads(world: mk.World, responsible: Actor) -> None:
    row = add(responsible, world.worker.employee)
    with acting_as(world.operator):
        queue_decisions.decide(REFUSE, [("training", row.id)], reason="Скан не читается")
    (text,) = told_to(responsible)
    assert "Скан не читается" in text
