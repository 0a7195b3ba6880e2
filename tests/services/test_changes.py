"""Corrections of the own card: proposed, compared, written or declined; the surname that was; reminders of the term."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from app import models as m
from app import statuses as st
from app.access import acting_as, get_visible
from app.clock import today
from app.errors import Conflict, Forbidden, Invalid, NotFound
from app.extensions import db
from app.services.personnel.cards import changes, people, surnames
from app.services.personnel.employers import reminders
from app.services.portal import calendar, records
from tests.services import makers as mk
from tests.services.scans import pdf

S = st.ChangeStatus


@pytest.fixture
def world(session: Any) -> mk.World:
    return mk.make_world()


def propose(world: mk.World, comment: str | None = None, **values: Any) -> m.ChangeRequest:
    with acting_as(world.worker.actor):
        return changes.propose(values, comment=comment)


def card(world: mk.World) -> Any:
    return mk.fetch(m.Employee, world.worker.employee.id)


def holder(role: str, **place: Any) -> Any:
    """An account with an assignment, as those who are told."""
    account = mk.make_account()
    mk.save(m.Assignment(user_id=account.id, role=role, valid_from=today() - mk.DAY, **place))
    return account


def letters_to(account: Any) -> list[m.Letter]:
    return mk.rows(m.Letter, m.Letter.user_id == account.id)


# --- proposing -------------------------------------------------------------------------------------------------------


def test_a_proposal_keeps_what_was_and_what_becomes_and_tells_the_responsible(world: mk.World) -> None:
    told = holder("school", organization_id=world.school.id)
    foreign = holder("school", organization_id=world.other_worker.employment.organization_id)
    row = propose(world, phone="8 (927) 123-45-67", degree="кандидат наук", email=world.worker.employee.email)
    assert row.changes == {"phone": [None, "+79271234567"], "degree": [None, "кандидат наук"]}
    assert row.due_on == calendar.due_date(today(), 10)
    assert card(world).phone is None
    assert [letter.template for letter in letters_to(told)] == ["change_proposed"]
    assert letters_to(foreign) == []
    assert len(mk.journal("change_request.created")) == 1


def test_a_unit_is_answered_for_by_the_school_above(world: mk.World) -> None:
    told = holder("school", organization_id=world.school.id)
    unit = mk.make_organization(parent=world.school)
    mk.change(world.worker.employment, organization_id=unit.id)
    propose(world, degree="доцент")
    assert len(letters_to(told)) == 1


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"birth_date": dt.date(2019, 1, 1)}, "birth_date"),
        ({"phone": "12"}, "phone"),
        ({"email": "нет"}, "email"),
        ({"last_name": "Ivanov1"}, "last_name"),
        ({"snils": "123-456-789 01"}, "snils"),
    ],
)
def test_values_are_checked_as_in_the_form_of_the_card(world: mk.World, values: Any, field: str) -> None:
    with mk.nothing_changes(), pytest.raises(Invalid) as refusal:
        propose(world, **values)
    assert list(refusal.value.fields) == [field]


def test_nothing_changed_and_a_second_proposal_are_refused(world: mk.World) -> None:
    with mk.nothing_changes(), pytest.raises(Invalid):
        propose(world, first_name=world.worker.employee.first_name)
    propose(world, degree="доцент")
    with mk.nothing_changes(), pytest.raises(Conflict):
        propose(world, degree="профессор")


def test_a_correction_of_another_record_need_not_wait(world: mk.World) -> None:
    first = propose(world, degree="доцент")
    place = world.worker.employment
    other = mk.make_position("Методист")
    with acting_as(world.worker.actor):
        second = changes.propose({"position": other}, table="employment", row_id=place.id, comment="Приказ № 4")
        assert changes.find_live(world.worker.employee.id) == first
        assert changes.live_of(world.worker.employee.id) == [first, second]
        with mk.nothing_changes(), pytest.raises(Conflict, match="ещё не рассмотрено"):
            changes.propose({"position": other}, table="employment", row_id=place.id, comment="Приказ № 4")
    with acting_as(world.responsible):
        changes.accept(second.id)
    with acting_as(world.worker.actor):
        assert changes.live_of(world.worker.employee.id) == [first]


def test_fields_that_are_not_the_persons_are_a_programmers_mistake(world: mk.World) -> None:
    with mk.nothing_changes(), pytest.raises(ValueError, match="confirmed_actual_at"):
        propose(world, confirmed_actual_at=None)


def test_a_user_without_a_card_has_nothing_to_correct(world: mk.World) -> None:
    nobody = mk.make_actor("worker")
    with mk.nothing_changes(), acting_as(nobody), pytest.raises(NotFound):
        changes.propose({"degree": "доцент"})


# --- deciding --------------------------------------------------------------------------------------------------------


def test_accepted_values_are_written_under_the_responsible_name_and_the_person_is_told(world: mk.World) -> None:
    row = propose(world, phone="+79271234567", sex=st.Sex.MALE, teaching_since=dt.date(2001, 9, 1))
    with acting_as(world.responsible):
        changes.accept(row.id)
    person = card(world)
    assert (person.phone, person.sex, person.teaching_since) == ("+79271234567", st.Sex.MALE, dt.date(2001, 9, 1))
    entry = mk.journal("employee.updated")[-1]
    assert (entry.user_id, entry.object_id) == (world.responsible.user_id, person.id)
    assert mk.fetch(m.ChangeRequest, row.id).status == S.ACCEPTED
    letter = mk.rows(m.Letter)[-1]
    assert (letter.recipient, letter.template) == (person.email, "change_accepted")
    assert "телефон" in letter.body


def test_only_the_chosen_fields_are_written(world: mk.World) -> None:
    row = propose(world, phone="+79271234567", degree="доцент")
    with acting_as(world.responsible):
        with mk.nothing_changes(), pytest.raises(Invalid, match="почему не вносится: телефон"):
            changes.accept(row.id, fields=["degree"])
        decided = changes.accept(row.id, fields=["degree"], reason="Номер не отвечает")
        shown = [(line.field, line.accepted) for line in changes.lines(decided)]
    assert (card(world).phone, card(world).degree) == (None, "доцент")
    assert (decided.status, decided.reason_text, decided.accepted) == (S.PARTLY, "Номер не отвечает", ["degree"])
    assert shown == [("phone", False), ("degree", True)]
    letter = mk.rows(m.Letter)[-1]
    assert letter.subject == "Исправление карточки внесено частично"
    assert "Внесено: учёная степень, звание. Не внесено: телефон. Причина: Номер не отвечает" in letter.body
    (entry,) = mk.journal("change_request.written")
    assert entry.changes == {"Внесено": ["", "Учёная степень, звание"], "Не внесено": ["", "Телефон"]}
    (moved,) = mk.journal("change_request.accept_partly")
    assert moved.changes["Состояние"] == ["Ждёт подтверждения", "Внесено частично"]


def test_no_chosen_field_is_refused(world: mk.World) -> None:
    row = propose(world, degree="доцент")
    with mk.nothing_changes(), acting_as(world.responsible), pytest.raises(Invalid):
        changes.accept(row.id, fields=[])


def test_a_field_changed_meanwhile_is_a_conflict_and_nothing_is_written(world: mk.World) -> None:
    row = propose(world, degree="доцент", phone="+79271234567")
    mk.change(world.worker.employee, degree="профессор")
    with mk.nothing_changes(), acting_as(world.responsible), pytest.raises(Conflict, match="Учёная степень"):
        changes.accept(row.id)
    with acting_as(world.responsible):
        assert [line.field for line in changes.lines(mk.fetch(m.ChangeRequest, row.id)) if line.stale] == ["degree"]
        changes.accept(row.id, fields=["phone"], reason="Степень уже другая")
    assert (card(world).degree, card(world).phone) == ("профессор", "+79271234567")


def test_declined_with_a_reason_that_reaches_the_person(world: mk.World) -> None:
    row = propose(world, degree="доцент")
    with mk.nothing_changes(), acting_as(world.responsible), pytest.raises(Invalid):
        changes.decline(row.id, reason=" ")
    with acting_as(world.responsible):
        changes.decline(row.id, reason="Нет аттестата")
    assert (card(world).degree, mk.fetch(m.ChangeRequest, row.id).status) == (None, S.DECLINED)
    assert "Нет аттестата" in mk.rows(m.Letter)[-1].body


def test_another_school_and_another_worker_find_nothing(world: mk.World) -> None:
    row = propose(world, degree="доцент")
    for actor in (world.other_responsible, world.other_worker.actor, world.organizer_actor):
        for act in (
            lambda: changes.accept(row.id),
            lambda: changes.decline(row.id, reason="x"),
            lambda: changes.withdraw(row.id),
        ):
            with mk.nothing_changes(), acting_as(actor), pytest.raises((NotFound, Forbidden)):
                act()


def test_only_who_proposed_withdraws_and_the_worker_decides_nothing(world: mk.World) -> None:
    row = propose(world, degree="доцент")
    with mk.nothing_changes(), acting_as(world.responsible), pytest.raises(Forbidden):
        changes.withdraw(row.id)
    with mk.nothing_changes(), acting_as(world.worker.actor), pytest.raises(Forbidden):
        changes.accept(row.id)
    with acting_as(world.worker.actor):
        assert changes.withdraw(row.id).status == S.WITHDRAWN


def test_decided_twice_the_second_is_refused(world: mk.World) -> None:
    row = propose(world, degree="доцент")
    with acting_as(world.responsible):
        changes.accept(row.id)
    with mk.nothing_changes(), acting_as(world.responsible), pytest.raises(Conflict):
        changes.decline(row.id, reason="поздно")


# --- surname ---------------------------------------------------------------------------------------------------------


def former(world: mk.World) -> list[tuple[str, dt.date | None, str | None]]:
    found = mk.rows(m.FormerName, m.FormerName.employee_id == world.worker.employee.id)
    return [(n.last_name, n.until, n.reason) for n in found]


def test_an_accepted_surname_keeps_the_former_with_day_and_ground(world: mk.World) -> None:
    was = world.worker.employee.last_name
    row = propose(world, comment="Свидетельство о браке", last_name="Соколова")
    day = today() - 3 * mk.DAY
    with acting_as(world.responsible):
        changes.accept(row.id, surname=surnames.Surname(day, "Приказ № 5"))
    assert (card(world).last_name, former(world)) == ("Соколова", [(was, day, "Приказ № 5")])


def test_the_responsible_who_edits_keeps_it_too_unless_it_is_a_misprint(world: mk.World) -> None:
    was = world.worker.employee.last_name
    with acting_as(world.responsible):
        people.update_card(card(world), {"last_name": "Соколова"}, surnames.Surname(misprint=True))
        assert former(world) == []
        records.update(card(world), {"last_name": "Орлова"})
    assert former(world) == [("Соколова", today(), None)]
    assert was not in [name for name, _, _ in former(world)]


def test_spelling_and_return_on_the_same_day_leave_no_former_surname(world: mk.World) -> None:
    mk.change(world.worker.employee, last_name="Семенова")
    mk.rows(m.FormerName)
    with acting_as(world.responsible):
        before = former(world)
        records.update(card(world), {"last_name": "Семёнова"})
        assert former(world) == before
        records.update(card(world), {"last_name": "Орлова"})
        assert len(former(world)) == len(before) + 1
        records.update(card(world), {"last_name": "Семёнова"})
    assert former(world) == before


def test_a_change_of_surname_in_the_future_is_refused(world: mk.World) -> None:
    with mk.nothing_changes(), acting_as(world.responsible), pytest.raises(Invalid) as refusal:
        people.update_card(card(world), {"last_name": "Соколова"}, surnames.Surname(today() + mk.DAY))
    assert list(refusal.value.fields) == ["surname_until"]


# --- reminders -------------------------------------------------------------------------------------------------------


def test_the_school_is_reminded_before_the_term_and_the_territory_after_it(world: mk.World) -> None:
    school = holder("school", organization_id=world.school.id)
    territory = holder("territory", territory_id=world.school.territory_id)
    elsewhere = holder("territory", territory_id=mk.make_territory().id)
    row = propose(world, degree="доцент")
    start = len(letters_to(school))
    with acting_as(mk.SYSTEM):
        assert reminders.remind() == 0
        mk.change(row, due_on=calendar.due_date(today(), 2))
        assert reminders.remind() == 1
        assert reminders.remind() == 0
    assert "Заканчивается срок" in letters_to(school)[start].subject
    mk.change(row, due_on=today() - mk.DAY)
    with acting_as(mk.SYSTEM):
        assert reminders.remind() == 1
    assert world.school.short_name in letters_to(territory)[0].body
    assert letters_to(elsewhere) == []


# --- diplomas and attestations -----------------------------------------------------------------------------------------


def make_level(code: str, name: str) -> Any:
    return mk.get_or_make(m.EducationLevel, {"code": code}, name=name)


def test_a_diploma_of_the_own_is_corrected_in_part(world: mk.World) -> None:
    level = make_level("high", "Высшее образование, специалитет")
    diploma = mk.save(m.Qualification(employee_id=world.worker.employee.id, level_id=level.id, number="100", year=1999))
    with acting_as(world.worker.actor):
        row = changes.propose(
            {"level": level, "number": "200", "year": 2001, "institution": "СамГУ"},
            table="qualification",
            row_id=diploma.id,
            scan=("диплом.pdf", pdf()),
        )
    assert row.changes == {"number": ["100", "200"], "year": ["1999", "2001"], "institution": [None, "СамГУ"]}
    (file,) = mk.rows(m.StoredFile)
    assert (file.object_table, file.object_id, row.scan_id) == ("change_request", row.id, file.id)
    with acting_as(world.responsible):
        compared = {line.field: (line.was, line.becomes, line.now) for line in changes.lines(row)}
        assert compared["number"] == ("100", "200", "100")
        changes.accept(row.id, fields=["number", "institution"], reason="В дипломе 1999 год")
    diploma = mk.fetch(m.Qualification, diploma.id)
    assert (diploma.number, diploma.institution, diploma.year) == ("200", "СамГУ", 1999)
    assert mk.fetch(m.ChangeRequest, row.id).status == S.PARTLY


def test_a_new_attestation_is_proposed_and_becomes_a_record_of_the_card(world: mk.World) -> None:
    kind = mk.get_or_make(m.AttestationKind, {"code": "highest"}, name="Высшая категория")
    with acting_as(world.worker.actor):
        with mk.nothing_changes(), pytest.raises(Invalid) as refusal:
            changes.propose({"kind": None, "valid_from": today()}, table="attestation")
        assert list(refusal.value.fields) == ["kind"]
        row = changes.propose({"kind": kind, "valid_from": today(), "order_number": "5-р"}, table="attestation")
    with acting_as(world.responsible):
        with mk.nothing_changes(), pytest.raises(Invalid, match="«Вид аттестации»"):
            changes.accept(row.id, fields=["order_number"], reason="Нет вида")
        changes.accept(row.id)
    (made,) = mk.rows(m.Attestation)
    assert (made.employee_id, made.kind_id, made.valid_from) == (world.worker.employee.id, kind.id, today())
    assert mk.fetch(m.ChangeRequest, row.id).status == S.ACCEPTED


def test_anothers_diploma_and_a_deleted_one_are_not_corrected(world: mk.World) -> None:
    level = make_level("high", "Высшее образование, специалитет")
    foreign = mk.save(m.Qualification(employee_id=world.other_worker.employee.id, level_id=level.id))
    own = mk.save(m.Qualification(employee_id=world.worker.employee.id, level_id=level.id))
    with acting_as(world.worker.actor):
        with mk.nothing_changes(), pytest.raises(NotFound):
            changes.propose({"number": "1"}, table="qualification", row_id=foreign.id)
        row = changes.propose({"number": "1"}, table="qualification", row_id=own.id)
    with acting_as(world.operator):
        records.delete(mk.fetch(m.Qualification, own.id))
    with acting_as(world.responsible), mk.nothing_changes(), pytest.raises(Conflict):
        changes.accept(row.id)


# --- places of work ----------------------------------------------------------------------------------------------------


def propose_place(world: mk.World, comment: str = "Приказ № 12", **values: Any) -> m.ChangeRequest:
    with acting_as(world.worker.actor):
        return changes.propose(values, table="employment", row_id=world.worker.employment.id, comment=comment)


def place(world: mk.World) -> Any:
    return mk.fetch(m.Employment, world.worker.employment.id)


def second_place(world: mk.World, **over: Any) -> Any:
    """Another place of work of the worker, in the other school."""
    secondary = {"kind": st.EmploymentKind.SECONDARY, **over}
    return mk.make_employment(world.worker.employee, world.other_worker.employment.organization, **secondary)


def test_the_marks_name_what_of_a_place_of_work_is_corrected() -> None:
    assert changes.SUBJECTS["employment"].fields == ("position", "position_since", "subjects")


def test_a_place_of_work_is_proposed_to_its_organization_alone(world: mk.World) -> None:
    second_place(world)
    told = holder("school", organization_id=world.school.id)
    foreign = holder("school", organization_id=world.other_worker.employment.organization_id)
    head, physics = mk.make_position("Методист"), mk.make_subject("Физика")
    row = propose_place(world, position=head, subjects=[physics], position_since=None)
    was, school = world.worker.employment, str(world.school.id)
    assert row.changes == {
        "position": [str(was.position_id), str(head.id)],
        "subjects": [None, [str(physics.id)]],
        "organization": [school, school],
    }
    assert place(world).position_id == was.position_id
    (letter,) = letters_to(told)
    assert letter.template == "change_proposed"
    assert f"место работы: Учитель, {world.school.short_name}" in letter.body
    assert "должность, предметы" in letter.body
    assert letters_to(foreign) == []


def test_an_accepted_position_waits_for_the_operator_again_and_is_in_the_journal(world: mk.World) -> None:
    head, physics, day = mk.make_position("Методист"), mk.make_subject("Физика"), dt.date(2026, 9, 1)
    row = propose_place(world, position=head, subjects=[physics], position_since=day)
    with acting_as(world.responsible):
        compared = {line.field: (line.was, line.becomes) for line in changes.lines(row)}
        assert compared == {
            "position": ("Учитель", "Методист"),
            "position_since": ("не указано", "01.09.2026"),
            "subjects": ("не указано", "Физика"),
        }
        assert changes.accept(row.id).status == S.ACCEPTED
    written = place(world)
    assert (written.position_id, written.position_since, written.status) == (
        head.id,
        day,
        st.ConfirmationStatus.UNCONFIRMED,
    )
    assert [subject.name for subject in written.subjects] == ["Физика"]
    (entry,) = mk.journal("employment.updated")
    assert (entry.user_id, entry.object_id) == (world.responsible.user_id, written.id)
    assert entry.changes["Должность"] == ["Учитель", "Методист"]
    assert mk.rows(m.Letter)[-1].template == "change_accepted"


def test_subjects_alone_leave_a_place_confirmed_and_a_part_is_written_with_a_reason(world: mk.World) -> None:
    row = propose_place(
        world, position=mk.make_position("Методист"), subjects=[mk.make_subject("Физика"), mk.make_subject()]
    )
    with acting_as(world.responsible):
        with mk.nothing_changes(), pytest.raises(Invalid, match="почему не вносится: должность"):
            changes.accept(row.id, fields=["subjects"])
        decided = changes.accept(row.id, fields=["subjects"], reason="Приказа о переводе нет")
    written = place(world)
    assert (decided.status, decided.accepted) == (S.PARTLY, ["subjects"])
    assert (written.position_id, written.status) == (
        world.worker.employment.position_id,
        st.ConfirmationStatus.CONFIRMED,
    )
    assert [subject.name for subject in written.subjects] == ["Математика", "Физика"]
    assert "Не внесено: должность. Причина: Приказа о переводе нет" in mk.rows(m.Letter)[-1].body


def test_a_declined_place_stays_and_the_person_reads_why(world: mk.World) -> None:
    row = propose_place(world, subjects=[mk.make_subject("Физика")])
    with acting_as(world.responsible):
        changes.decline(row.id, reason="Физику ведёт другой учитель")
    assert (place(world).subjects, mk.fetch(m.ChangeRequest, row.id).status) == ([], S.DECLINED)
    assert "Физику ведёт другой учитель" in mk.rows(m.Letter)[-1].body


def test_the_persons_other_employer_finds_no_correction_of_this_place_and_no_scan(world: mk.World) -> None:
    second_place(world)
    with acting_as(world.worker.actor):
        row = changes.propose(
            {"subjects": [mk.make_subject("Физика")]},
            table="employment",
            row_id=world.worker.employment.id,
            comment="Приказ № 12",
            scan=("приказ.pdf", pdf()),
        )
    scan_id = row.scan_id
    with acting_as(world.responsible):
        assert get_visible(db.session, m.StoredFile, scan_id, "change_request:show").name == "приказ.pdf"
    with acting_as(world.other_responsible):
        db.session.expire_all()
        assert get_visible(db.session, m.Employee, world.worker.employee.id, "employee:show")
        for model, pk in ((m.ChangeRequest, row.id), (m.StoredFile, scan_id)):
            with pytest.raises(NotFound):
                get_visible(db.session, model, pk, "change_request:show")
        with mk.nothing_changes(), pytest.raises(NotFound):
            changes.accept(row.id)
        with mk.nothing_changes(), pytest.raises(NotFound):
            changes.decline(row.id, reason="x")


def test_a_place_that_is_over_or_moved_meanwhile_is_refused_and_can_be_declined(world: mk.World) -> None:
    row = propose_place(world, subjects=[mk.make_subject("Физика")])
    mk.change(world.worker.employment, ended_on=today() - mk.DAY)
    with mk.nothing_changes(), acting_as(world.responsible), pytest.raises(Conflict, match="закрыто"):
        changes.accept(row.id)
    mk.change(world.worker.employment, ended_on=None, organization_id=mk.make_organization().id)
    with mk.nothing_changes(), acting_as(world.operator), pytest.raises(Conflict, match="в другой организации"):
        changes.accept(row.id)
    with acting_as(world.operator):
        changes.decline(row.id, reason="Место работы перенесено")
    assert place(world).subjects == []


def test_what_is_over_anothers_new_or_without_words_is_not_proposed(world: mk.World) -> None:
    ended = second_place(world, ended_on=today() - mk.DAY)
    physics = mk.make_subject("Физика")
    for pk, refusal in ((ended.id, Conflict), (world.other_worker.employment.id, NotFound), (None, NotFound)):
        with mk.nothing_changes(), acting_as(world.worker.actor), pytest.raises(refusal):
            changes.propose({"subjects": [physics]}, table="employment", row_id=pk, comment="Приказ № 12")
    with mk.nothing_changes(), pytest.raises(Invalid) as wrong:
        propose_place(world, comment=" ", subjects=[physics])
    assert list(wrong.value.fields) == ["comment"]


def test_a_subject_that_left_the_directory_is_not_dropped_in_silence(world: mk.World) -> None:
    extra = mk.make_subject("Ритмика")
    row = propose_place(world, subjects=[extra, mk.make_subject("Физика")])
    with acting_as(world.operator):
        records.delete(mk.fetch(m.Subject, extra.id))
    with acting_as(world.responsible):
        (line,) = changes.lines(mk.fetch(m.ChangeRequest, row.id))
        assert line.becomes == "Физика, удалено из справочника"
        with mk.nothing_changes(), pytest.raises(Conflict, match="нет в справочнике"):
            changes.accept(row.id)


def test_only_the_school_of_the_place_is_reminded(world: mk.World) -> None:
    second_place(world)
    school = holder("school", organization_id=world.school.id)
    other = holder("school", organization_id=world.other_worker.employment.organization_id)
    row = propose_place(world, subjects=[mk.make_subject("Физика")])
    mk.change(row, due_on=calendar.due_date(today(), 2))
    with acting_as(mk.SYSTEM):
        assert reminders.remind() == 1
    assert "Заканчивается срок" in letters_to(school)[-1].subject
    assert letters_to(other) == []
