"""What has consequences is frozen; a mistake is corrected with a reason, and block, document, order and person follow."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from app import models as m
from app import statuses as st
from app.access import acting_as
from app.clock import today
from app.errors import Conflict, Forbidden, Invalid, NotFound
from app.russian import format_date
from app.services.courses.enrolment import enrolments
from app.services.courses.group import attendance, group_quotas, group_schedule, groups, results
from app.services.courses.group.group_quotas import NewQuota
from app.services.paper.corrections import corrections, result_corrections
from app.services.paper.corrections.result_corrections import Result
from app.services.paper.issuing import certificates, duplicates
from app.services.paper.orders import training_orders
from app.services.paper.orders.training_orders import OrderFacts
from app.services.portal import records
from tests.services import makers as mk
from tests.services.course_rows import Course, make_course, make_marks

E, G, C, B = st.EnrolmentStatus, st.GroupStatus, st.CertificateStatus, st.BlockStatus
DAY = mk.DAY
WHY = "Даты внесены по старому плану"


@pytest.fixture
def course(session: Any) -> Course:
    """A running group of three; nobody has an outcome yet."""
    return make_course()


def train(course: Course, number: int = 0, **facts: Any) -> Any:
    with acting_as(course.world.organizer_actor):
        row = enrolments.record_result(course.rows[number].id, E.TRAINED, final_mark="4", protocol_number="7", **facts)
        return certificates.issue(row.id)


def order(course: Course, kind: st.OrderKind, number: str) -> Any:
    with acting_as(course.world.organizer_actor):
        ids = [row.id for row in training_orders.candidates(course.group.id, kind)]
        return training_orders.issue(
            course.group.id, kind, OrderFacts(number=number, ordered_on=today(), enrolment_ids=ids)
        )


def complete(course: Course) -> Any:
    """Everybody trained, the first with a document, the group completed."""
    paper = train(course)
    with acting_as(course.world.organizer_actor):
        for row in course.rows[1:]:
            enrolments.record_result(row.id, E.TRAINED)
        groups.complete(course.group.id)
    return paper


def accept_registry(course: Course) -> Any:
    days = {"period_from": course.group.ends_on - 9 * DAY, "period_to": course.group.ends_on}
    status = st.RegistryStatus.ACCEPTED
    row = mk.save(m.Registry(organizer_id=course.world.organizer.id, rows_count=3, status=status, **days))
    for enrolment in course.rows:
        mk.save(m.RegistryRow(registry_id=row.id, enrolment_id=enrolment.id))
    return row


def stored(row: Any) -> Any:
    return mk.fetch(type(row), row.id)


# --- frozen whatever the door ----------------------------------------------------------------------------------------


def _order(course: Course) -> None:
    order(course, st.OrderKind.ENROLMENT, "1-к")


def _outcome(course: Course) -> None:
    with acting_as(course.world.organizer_actor):
        enrolments.record_result(course.rows[0].id, E.NO_SHOW)


CONSEQUENCES = {"order": _order, "outcome": _outcome, "document": train, "completed": complete}


@pytest.mark.parametrize("name", CONSEQUENCES)
def test_a_group_from_which_something_followed_is_not_edited(course: Course, name: str) -> None:
    CONSEQUENCES[name](course)
    group, world = stored(course.group), course.world
    new = {"starts_on": group.starts_on - 4 * DAY, "ends_on": group.ends_on - 4 * DAY}
    meeting = group_schedule.Line(day=group.starts_on, starts=dt.time(9), ends=dt.time(12))
    quota = NewQuota(seats=1, organization_id=world.school.id)
    for actor in (world.organizer_actor, world.operator):
        with acting_as(actor), mk.nothing_changes():
            for change in (
                lambda: groups.update(group.id, new),
                lambda: groups.update(group.id, {"curator": "Другой"}),
                lambda: records.update(group, new),
                lambda: group_schedule.save(group.id, [meeting]),
                lambda: group_quotas.save(group.id, {}, new=quota),
            ):
                with pytest.raises(Conflict) as caught:
                    change()
                assert "больше не меняются" in caught.value.message or "Квоты" in caught.value.message


def test_the_refusal_says_what_there_is_and_what_to_do(course: Course) -> None:
    complete(course)
    with acting_as(course.world.organizer_actor), pytest.raises(Conflict) as caught:
        groups.update(course.group.id, {"curator": "Другой"})
    number = course.group.number
    assert caught.value.message == (
        f"Группа {number}: состояние — «Завершена». По группе {number} уже есть: 3\xa0итога обучения, 1\xa0документ об "
        "обучении. Поэтому её сведения больше не меняются. Ошибку исправляют действием «Исправить сведения группы»: с причиной "
        "и с тем, что из этого следует."
    )


def test_marks_of_whoever_has_an_outcome_are_kept_and_those_of_others_are_set(course: Course) -> None:
    _outcome(course)
    decided, other = ((course.meetings[0].id, row.id) for row in course.rows[:2])
    mark = st.AttendanceMark.PRESENT
    with acting_as(course.world.organizer_actor):
        with mk.nothing_changes(), pytest.raises(Conflict, match="больше не меняются"):
            attendance.save(course.group.id, {decided: mark}, shown={})
        assert attendance.save(course.group.id, {other: mark}, shown={}) == 1
        assert attendance.save(course.group.id, {decided: mark}, shown={}, why="Ошиблись строкой") == 1
    assert mk.journal("training_group.corrected")[-1].changes == {"Причина исправления": ["", "Ошиблись строкой"]}


def test_marks_of_a_completed_group_change_with_a_reason_only(course: Course) -> None:
    make_marks(course.meetings[0], course.rows)
    complete(course)
    place = (course.meetings[0].id, course.rows[0].id)
    shown = {place: st.AttendanceMark.PRESENT}
    with acting_as(course.world.organizer_actor):
        with mk.nothing_changes(), pytest.raises(Conflict, match="больше не меняются"):
            attendance.save(course.group.id, {place: st.AttendanceMark.ABSENT}, shown=shown)
        attendance.save(course.group.id, {place: st.AttendanceMark.ABSENT}, shown=shown, why="Ошибка журнала")
    assert [x.mark for x in mk.rows(m.Attendance, m.Attendance.enrolment_id == place[1])] == [st.AttendanceMark.ABSENT]


def test_after_the_registry_is_accepted_the_operator_corrects_marks_with_a_reason(course: Course) -> None:
    """As results: the organizer's until then, the operator's after; the journal tells who and why."""
    for meeting in course.meetings:
        make_marks(meeting, course.rows)
    complete(course)
    accept_registry(course)
    row = course.rows[0]
    wanted = {(meeting.id, row.id): st.AttendanceMark.ABSENT for meeting in course.meetings}
    shown = dict.fromkeys(wanted, st.AttendanceMark.PRESENT)
    organizer, operator = course.world.organizer_actor, course.world.operator
    with acting_as(organizer), mk.nothing_changes(), pytest.raises(Conflict, match="исправляет оператор"):
        attendance.save(course.group.id, wanted, shown=shown, why="Ошибка журнала")
    with acting_as(operator):
        with mk.nothing_changes(), pytest.raises(Conflict, match="больше не меняются"):
            attendance.save(course.group.id, wanted, shown=shown)
        assert attendance.contradicted(course.group) == []
        assert attendance.save(course.group.id, wanted, shown=shown, why="Ошибка журнала") == 2
    assert mk.journal("training_group.corrected")[-1].changes == {"Причина исправления": ["", "Ошибка журнала"]}
    (entry,) = mk.journal("enrolment.attended")
    assert (entry.user_id, entry.object_id) == (operator.user_id, row.id)
    # no paper prints a mark, the outcome may have to follow
    assert mk.rows(m.RegistryRow, m.RegistryRow.amended_at.is_not(None)) == []
    for actor in (organizer, operator):
        with acting_as(actor):
            ((found, why),) = attendance.contradicted(course.group)
        assert (found.id, why) == (row.id, "Не посещено ни одного занятия.")
    with acting_as(operator):
        result_corrections.correct(
            row.id, Result(outcome=E.NO_SHOW, result_on=row.result_on or today()), why="По журналу"
        )
        assert attendance.contradicted(course.group) == []


def test_the_operator_marks_nothing_that_is_still_the_organizers_work(course: Course) -> None:
    _outcome(course)
    decided, other = ((course.meetings[0].id, row.id) for row in course.rows[:2])
    mark = st.AttendanceMark.PRESENT
    with acting_as(course.world.operator):
        with mk.nothing_changes(), pytest.raises(Conflict, match="посещаемость отмечает организатор"):
            attendance.save(course.group.id, {other: mark, decided: mark}, shown={}, why="Ошиблись строкой")
        assert attendance.save(course.group.id, {decided: mark}, shown={}, why="Ошиблись строкой") == 1
        # never began, and was there
        ((_row, why),) = attendance.contradicted(course.group)
    assert why.startswith("Посещено 5,3 из 10,6 академического часа, а не приступил")


def test_a_schedule_is_corrected_with_a_reason(course: Course) -> None:
    complete(course)
    meeting = course.meetings[0]
    line = group_schedule.line_of(meeting)
    moved = group_schedule.Line(id=line.id, day=line.day + DAY, starts=dt.time(9), ends=dt.time(12), topic="Практикум")
    with acting_as(course.world.organizer_actor):
        group_schedule.save(course.group.id, [moved], why=WHY)
    assert group_schedule.line_of(stored(meeting)).topic == "Практикум"
    assert mk.journal("training_group.corrected")[-1].changes == {"Причина исправления": ["", WHY]}


# --- a group is corrected --------------------------------------------------------------------------------------------


def days_of(group: Any) -> tuple[dt.date, dt.date]:
    """First and last day of a group as the database holds them now."""
    found = stored(group)
    return found.starts_on, found.ends_on


def correct(course: Course, actor: Any = None, why: str = WHY, **values: Any) -> Any:
    with acting_as(actor or course.world.organizer_actor):
        return corrections.correct(course.group.id, values, why=why)


def shifted(course: Course, days: int = -1) -> dict[str, Any]:
    return {"starts_on": course.group.starts_on + days * DAY, "ends_on": course.group.ends_on + days * DAY}


def test_a_correction_changes_the_dates_marks_the_document_and_tells_everybody(course: Course) -> None:
    paper = complete(course)
    before, (starts_on, ends_on) = len(mk.rows(m.Letter)), days_of(course.group)
    done = correct(course, **shifted(course))
    assert days_of(course.group) == (starts_on - DAY, ends_on - DAY)
    was, now, ended, ends = map(format_date, (starts_on, starts_on - DAY, ends_on, ends_on - DAY))
    words = f"начало занятий: {was} → {now}; окончание занятий: {ended} → {ends}"
    assert (stored(paper).outdated, stored(paper).status) == (words, C.ISSUED)
    assert [found.id for found in done.documents.to_replace] == [paper.id]
    assert (done.told, done.meetings) == (3, 2)
    letters = mk.rows(m.Letter)[before:]
    assert sum("сведения о курсе исправлены" in letter.subject for letter in letters) == 3
    assert all(WHY in letter.body for letter in letters)
    own = next(letter for letter in letters if letter.recipient == course.rows[0].employee.email)
    assert f"Документ нужно заменить: № {paper.number}" in own.body
    assert [e.changes for e in mk.journal("training_group.corrected")][-1] == {"Причина исправления": ["", WHY]}


def test_the_replacement_prints_the_corrected_dates_and_the_mark_is_gone(course: Course) -> None:
    paper = complete(course)
    correct(course, **shifted(course))
    with acting_as(course.world.organizer_actor):
        made = duplicates.issue_duplicate(paper.id, st.DuplicateGround.EXCHANGED)
    group = stored(course.group)
    assert (made.snapshot["starts_on"], made.snapshot["ends_on"]) == (
        group.starts_on.isoformat(),
        group.ends_on.isoformat(),
    )
    assert (made.outdated, stored(paper).status) == (None, C.REPLACED)


def test_a_document_is_not_to_be_replaced_once_the_correction_is_taken_back(course: Course) -> None:
    paper = complete(course)
    starts_on, ends_on = days_of(course.group)
    correct(course, **shifted(course))
    correct(course, why="Верны были прежние", starts_on=starts_on, ends_on=ends_on)
    assert stored(paper).outdated is None


def test_a_correction_of_the_curator_touches_no_document(course: Course) -> None:
    paper = complete(course)
    before = len(mk.rows(m.Letter))
    done = correct(course, curator="Котова И. И.")
    assert (stored(course.group).curator, stored(paper).outdated, done.told) == ("Котова И. И.", None, 0)
    assert len(mk.rows(m.Letter)) == before


@pytest.mark.parametrize(
    ("values", "why", "field"),
    [
        ({"ends_on": 1}, WHY, "ends_on"),
        ({"starts_on": 0}, WHY, "starts_on"),
        ({"starts_on": -5, "ends_on": -2}, " ", "why"),
        ({"starts_on": -5, "ends_on": -2}, "х" * 1001, "why"),
    ],
)
def test_an_impossible_correction_changes_nothing(course: Course, values: Any, why: str, field: str) -> None:
    complete(course)
    dates = {name: today() + days * DAY for name, days in values.items()}
    with mk.nothing_changes(), pytest.raises(Invalid) as caught:
        correct(course, why=why, **dates)
    assert field in caught.value.fields


def test_nobody_is_assessed_before_the_first_day(course: Course) -> None:
    train(course, result_on=course.group.starts_on + DAY)
    with mk.nothing_changes(), pytest.raises(Invalid) as caught:
        correct(course, starts_on=course.group.starts_on + 2 * DAY)
    (sentence,) = caught.value.fields["starts_on"]
    assert sentence.startswith("У 1\xa0слушателя итоговая аттестация была раньше этого дня.")


def test_the_organizer_corrects_until_the_registry_is_accepted_then_the_operator(course: Course) -> None:
    complete(course)
    registry = accept_registry(course)
    with mk.nothing_changes(), pytest.raises(Conflict, match="исправляет оператор"):
        correct(course, **shifted(course))
    starts_on, ends_on = days_of(course.group)
    correct(course, course.world.operator, **shifted(course))
    assert days_of(course.group) == (starts_on - DAY, ends_on - DAY)
    flagged = mk.rows(m.RegistryRow, m.RegistryRow.registry_id == registry.id)
    assert [row.amended_why for row in flagged] == [WHY] * 3


def test_others_do_not_correct(course: Course) -> None:
    complete(course)
    for actor, error in ((course.world.other_organizer, NotFound), (course.world.responsible, Forbidden)):
        with mk.nothing_changes(), pytest.raises(error):
            correct(course, actor, curator="Другой")


def test_a_group_without_consequences_is_edited_and_not_corrected(course: Course) -> None:
    with mk.nothing_changes(), pytest.raises(Conflict, match="обычным изменением"):
        correct(course, curator="Другой")
    with acting_as(course.world.organizer_actor):
        groups.update(course.group.id, {"curator": "Котова И. И."})
    assert stored(course.group).curator == "Котова И. И."


def test_what_was_issued_is_listed_before(course: Course) -> None:
    order(course, st.OrderKind.ENROLMENT, "1-к")
    paper = complete(course)
    accept_registry(course)
    with acting_as(course.world.organizer_actor):
        titles = [item.title for item in corrections.left_of(stored(course.group))]
    assert titles[0] == "Приказ о зачислении № 1-к"
    assert titles[1] == f"Удостоверение о повышении квалификации № {paper.number}"
    assert titles[2].startswith("Реестр обученных № ")


def test_all_documents_that_print_what_was_corrected_are_replaced_at_once(course: Course) -> None:
    papers = [complete(course)]
    with acting_as(course.world.organizer_actor):
        papers += [certificates.issue(row.id) for row in course.rows[1:]]
    correct(course, **shifted(course))
    before = len(mk.rows(m.Letter))
    with acting_as(course.world.organizer_actor):
        made = duplicates.replace_outdated(course.group.id)
        again = duplicates.replace_outdated(course.group.id)
        left = duplicates.outdated_of(stored(course.group))
    assert {row.original_id for row in made} == {paper.id for paper in papers}
    assert {row.snapshot["ends_on"] for row in made} == {stored(course.group).ends_on.isoformat()}
    assert [stored(paper).status for paper in papers] == [C.REPLACED] * 3
    assert (again, left) == ([], [])
    told = mk.rows(m.Letter)[before:]
    assert sorted(letter.subject for letter in told) == sorted(
        f"Выдан дубликат документа об обучении № {row.number}" for row in made
    )


def test_all_documents_are_replaced_or_none(course: Course) -> None:
    complete(course)
    with acting_as(course.world.organizer_actor):
        for row in course.rows[1:]:
            certificates.issue(row.id)
    correct(course, **shifted(course))
    mk.save(m.Blank(organizer_id=course.world.organizer.id, series="ПК", number="000007"))
    with acting_as(course.world.organizer_actor):
        with mk.nothing_changes(), pytest.raises(Conflict, match="осталось 1, нужно 3"):
            duplicates.replace_outdated(course.group.id, series="ПК")
        with mk.nothing_changes(), pytest.raises(Invalid, match="не может быть позже"):
            duplicates.replace_outdated(course.group.id, issued_on=today() + DAY)
    with acting_as(course.world.other_organizer), mk.nothing_changes(), pytest.raises(NotFound):
        duplicates.replace_outdated(course.group.id)
    with acting_as(course.world.responsible), mk.nothing_changes(), pytest.raises(Forbidden):
        duplicates.replace_outdated(course.group.id)


def test_many_documents_are_one_line_of_what_was_issued(course: Course) -> None:
    group = mk.make_past_group(course.world.program, capacity=10)
    rows = [
        mk.make_enrolment(mk.make_person(course.world.school), group, status=E.TRAINED, result_on=group.ends_on)
        for _ in range(6)
    ]
    with acting_as(course.world.organizer_actor):
        papers = [certificates.issue(row.id) for row in rows]
        (only,) = corrections.left_of(stored(group))
    assert only.title == "Удостоверение о повышении квалификации: 6\u00a0документов"
    assert only.detail == f"№ {papers[0].number} … № {papers[-1].number}"


def test_an_order_that_says_other_dates_is_named_until_another_follows(course: Course) -> None:
    first = order(course, st.OrderKind.ENROLMENT, "1-к")
    complete(course)
    correct(course, **shifted(course))
    with acting_as(course.world.organizer_actor):
        assert training_orders.differing(stored(course.group)) == [(first, "начало занятий; окончание занятий")]
    order(course, st.OrderKind.ENROLMENT, "2-к")
    with acting_as(course.world.organizer_actor):
        assert training_orders.differing(stored(course.group)) == []


# --- a result is corrected -------------------------------------------------------------------------------------------


def result(row: Any, **over: Any) -> Result:
    row = stored(row)
    facts = {name: getattr(row, name) for name in ("result_on", "final_form", "final_mark", "protocol_number")}
    return Result(**{"outcome": row.status, "reason": row.reason_text, **facts, **over})


def correct_result(course: Course, number: int = 0, actor: Any = None, why: str = "Опечатка", **over: Any) -> Any:
    row = course.rows[number]
    with acting_as(actor or course.world.organizer_actor):
        return result_corrections.correct(row.id, result(row, **over), why=why)


GONE: dict[str, Any] = {"final_form": None, "final_mark": None, "protocol_number": None}


def test_a_mark_and_a_protocol_are_mended(course: Course) -> None:
    paper = train(course)
    before = len(mk.rows(m.Letter))
    correct_result(course, final_mark="5", protocol_number="8")
    row = stored(course.rows[0])
    assert (row.status, row.final_mark, row.protocol_number) == (E.TRAINED, "5", "8")
    # an удостоверение prints neither
    assert (stored(paper).status, stored(paper).outdated) == (C.ISSUED, None)
    (letter,) = mk.rows(m.Letter)[before:]
    assert "Результат: 4 → 5" in letter.body and "Причина исправления: Опечатка" in letter.body
    (entry,) = mk.journal("enrolment.updated")
    assert entry.changes == {"Результат": ["4", "5"], "Номер протокола": ["7", "8"]}
    assert mk.journal("enrolment.corrected")[-1].changes == {"Причина исправления": ["", "Опечатка"]}


@pytest.mark.parametrize(
    ("outcome", "facts"),
    [(E.FAILED, {"reason": "Не сдала"}), (E.NO_SHOW, GONE), (E.EXPELLED, {"reason": "По заявлению", **GONE})],
)
def test_who_was_not_trained_after_all_loses_the_document_and_gets_the_block_back(
    course: Course, outcome: st.EnrolmentStatus, facts: dict[str, Any]
) -> None:
    paper = train(course)
    done = correct_result(course, outcome=outcome, **facts)
    row, paper = stored(course.rows[0]), stored(paper)
    assert (row.status, row.reason_text) == (outcome, facts.get("reason"))
    assert course.blocks()[0] == B.FREE
    assert paper.status == C.ANNULLED
    assert f"Итог обучения исправлен: «{outcome.label}». Опечатка" == paper.reason_text
    assert [found.id for found in done.documents.annulled] == [paper.id]
    assert enrolments.recount() == 0


@pytest.mark.parametrize("outcome", [E.FAILED, E.NO_SHOW, E.EXPELLED])
def test_who_was_trained_after_all_spends_the_block(course: Course, outcome: st.EnrolmentStatus) -> None:
    with acting_as(course.world.organizer_actor):
        reason = "Причина" if outcome != E.NO_SHOW else None
        enrolments.record_result(course.rows[0].id, outcome, reason=reason)
    assert course.blocks()[0] == B.FREE
    correct_result(course, outcome=E.TRAINED, reason=None, final_mark="5", protocol_number="7")
    row = stored(course.rows[0])
    assert (row.status, row.reason_text, row.final_mark) == (E.TRAINED, None, "5")
    assert course.blocks()[0] == B.USED
    with acting_as(course.world.organizer_actor):
        assert certificates.issue(row.id).status == C.ISSUED


def test_a_used_voucher_is_active_again(course: Course) -> None:
    voucher = mk.fetch(m.Voucher, mk.fetch(m.VoucherBlock, course.rows[0].block_id).voucher_id)
    for block in mk.blocks_of(voucher)[1:]:
        mk.change(block, status=B.USED)
    train(course)
    assert stored(voucher).status == st.VoucherStatus.USED
    correct_result(course, outcome=E.NO_SHOW, **GONE)
    assert (stored(voucher).status, course.blocks()[0]) == (st.VoucherStatus.ACTIVE, B.FREE)


def test_a_block_given_back_after_the_end_of_its_voucher_lapses_and_pays_again(course: Course) -> None:
    block = mk.fetch(m.VoucherBlock, course.rows[0].block_id)
    train(course)
    ended = {"issued_on": today() - 900 * DAY, "valid_until": today() - DAY, "status": st.VoucherStatus.EXPIRED}
    mk.change(mk.fetch(m.Voucher, block.voucher_id), **ended)
    done = correct_result(course, outcome=E.FAILED, reason="Не сдала")
    assert course.blocks()[0] == B.LAPSED
    assert "срок чека прошёл, блок сгорел" in done.block
    correct_result(course, outcome=E.TRAINED, reason=None)
    assert course.blocks()[0] == B.USED


def test_a_block_spent_elsewhere_meanwhile_is_not_spent_twice(course: Course) -> None:
    with acting_as(course.world.organizer_actor):
        enrolments.record_result(course.rows[0].id, E.FAILED, reason="Не сдала")
    block = mk.fetch(m.VoucherBlock, course.rows[0].block_id)
    other = mk.make_group(course.world.program)
    person = mk.Person(course.rows[0].employee, course.rows[0].employment, course.world.worker.actor)
    mk.make_enrolment(person, other, status=E.CONFIRMED, block=block)
    done = correct_result(course, outcome=E.TRAINED, reason=None)
    row = stored(course.rows[0])
    assert (row.status, row.block_id, stored(block).status) == (E.TRAINED, None, B.RESERVED)
    assert "чеком не оплачен" in done.block


def test_a_correction_without_a_difference_or_a_reason_changes_nothing(course: Course) -> None:
    train(course)
    with mk.nothing_changes(), pytest.raises(Invalid, match="ничего не изменили"):
        correct_result(course)
    with mk.nothing_changes(), pytest.raises(Invalid) as caught:
        correct_result(course, why=" ", final_mark="5")
    assert list(caught.value.fields) == ["why"]
    with mk.nothing_changes(), pytest.raises(Invalid) as caught:
        correct_result(course, outcome=E.FAILED)
    assert list(caught.value.fields) == ["reason"]
    with mk.nothing_changes(), pytest.raises(Invalid) as caught:
        correct_result(course, outcome=E.NO_SHOW, result_on=today() + DAY)
    assert set(caught.value.fields) == {"final_mark", "protocol_number", "result_on"}


def test_a_result_is_the_organizers_until_the_registry_is_accepted(course: Course) -> None:
    complete(course)
    accept_registry(course)
    with mk.nothing_changes(), pytest.raises(Conflict, match="исправляет оператор"):
        correct_result(course, final_mark="5")
    for actor, error in ((course.world.other_organizer, NotFound), (course.world.responsible, Forbidden)):
        with mk.nothing_changes(), pytest.raises(error):
            correct_result(course, actor=actor, final_mark="5")
    correct_result(course, actor=course.world.operator, final_mark="5")
    assert stored(course.rows[0]).final_mark == "5"


def test_entering_another_result_over_an_entered_one_is_refused_in_words(course: Course) -> None:
    train(course)
    with acting_as(course.world.organizer_actor):
        with mk.nothing_changes():
            enrolments.record_result(course.rows[0].id, E.TRAINED, final_mark="4", protocol_number="7")
        for outcome, facts in ((E.TRAINED, {"final_mark": "5"}), (E.FAILED, {"reason": "Не сдала"})):
            with mk.nothing_changes(), pytest.raises(Conflict, match="нажмите «Исправить итог»"):
                enrolments.record_result(course.rows[0].id, outcome, **facts)


def test_an_order_of_expulsion_with_another_outcome_is_named(course: Course) -> None:
    complete(course)
    order(course, st.OrderKind.ENROLMENT, "1-к")
    second = order(course, st.OrderKind.EXPULSION, "2-к")
    correct_result(course, outcome=E.FAILED, reason="Не сдала")
    name = course.rows[0].employee.short_name
    with acting_as(course.world.organizer_actor):
        assert training_orders.differing(stored(course.group)) == [(second, f"итог обучения: {name}")]


# --- a retake --------------------------------------------------------------------------------------------------------


def fail(course: Course) -> Any:
    with acting_as(course.world.organizer_actor):
        return enrolments.record_result(course.rows[0].id, E.FAILED, protocol_number="7", reason="Не сдала")


def retake(course: Course, actor: Any = None, **over: Any) -> Any:
    facts = {"result_on": today(), "final_form": "зачёт", "final_mark": "зачтено", "protocol_number": "9", **over}
    with acting_as(actor or course.world.organizer_actor):
        return result_corrections.retake(course.rows[0].id, **facts)


@pytest.mark.parametrize("status", [G.RUNNING, G.COMPLETED])
def test_a_retake_trains_with_its_own_date_protocol_and_letter(course: Course, status: st.GroupStatus) -> None:
    fail(course)
    with acting_as(course.world.organizer_actor):
        note = certificates.issue(course.rows[0].id, kind=st.CertificateKind.STUDY_PERIOD_NOTE)
    mk.change(course.group, status=status)
    before = len(mk.rows(m.Letter))
    retake(course)
    row = stored(course.rows[0])
    assert (row.status, row.result_on, row.final_mark, row.protocol_number) == (E.TRAINED, today(), "зачтено", "9")
    assert (row.reason_text, course.blocks()[0], stored(note).status) == (None, B.USED, C.ISSUED)
    (letter,) = mk.rows(m.Letter)[before:]
    assert letter.subject == f"Повторная аттестация в группе {course.group.number} пройдена"
    (entry,) = mk.journal("enrolment.retake")
    assert entry.changes["Номер протокола"] == ["7", "9"]
    with acting_as(course.world.organizer_actor):
        assert certificates.issue(row.id).status == C.ISSUED


def test_a_retake_is_not_before_the_first_attempt_nor_of_another_outcome(course: Course) -> None:
    fail(course)
    with mk.nothing_changes(), pytest.raises(Invalid) as caught:
        retake(course, result_on=today() - DAY)
    assert list(caught.value.fields) == ["result_on"]
    with mk.nothing_changes(), pytest.raises(NotFound):
        retake(course, course.world.other_organizer)
    for actor in (course.world.operator, course.world.responsible):
        with mk.nothing_changes(), pytest.raises(Forbidden):
            retake(course, actor)
    retake(course)
    with mk.nothing_changes(), pytest.raises(Conflict, match="Исправить итог"):
        retake(course)


def test_results_of_a_table_are_not_entered_over_others(course: Course) -> None:
    train(course)
    rows = {course.rows[0].id: results.Outcome(outcome=E.FAILED, reason="Не сдала")}
    with acting_as(course.world.organizer_actor), mk.nothing_changes(), pytest.raises(Invalid):
        results.record_many(course.group.id, rows, results.Assessment(result_on=today()))
