"""Import of a staff list: the preview writes no card, the application writes all or nothing, once, and no more than it may."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from app import models as m
from app import statuses as st
from app.access import acting_as
from app.actor import Actor
from app.clock import today
from app.countries import COUNTRIES
from app.errors import Conflict, Forbidden, Invalid, NotFound
from app.exchange.engine import kept_batch, kept_rows
from app.exchange.engine.list_plan import AppliedCounts
from app.exchange.staff.staff_columns import CITIZENSHIP, SAMPLE_COLUMNS
from app.exchange.staff.staff_import import STAFF
from app.exchange.staff.staff_row import years_before
from app.exchange.staff.staff_sample import build_staff_sample
from app.extensions import db
from app.services.personnel.cards import people
from app.services.portal import records
from tests.concurrency.clients import refused, run_at_once, succeeded
from tests.services import makers as mk
from tests.services.staff_lists import (
    DAY,
    SCHOOL,
    UNIT,
    Cast,
    actions,
    apply,
    bring_in,
    cast,
    crowd,
    only,
    person,
    preview,
    stored_person,
    stored_place,
    subject_names,
)

__all__ = ["cast"]

SAMPLE = Path(__file__).parents[2] / "app" / "static" / "examples" / "staff-list.xlsx"
SAMPLE_ROWS, SAMPLE_ERRORS = 65, {6, 7, 29, 30, 37, 51}


@contextmanager
def only_the_batch_changes() -> Iterator[None]:
    """Assert that the block writes the batch with its file and its journal entry, and nothing else."""
    before = mk.database_state()
    yield
    after = mk.database_state()
    assert {name for name in after if after[name] != before[name]} == {"import_batch", "stored_file", "audit_entry"}
    assert after["audit_entry"][0] == before["audit_entry"][0] + 1


# --- the file --------------------------------------------------------------------------------------------------------


def test_preview_of_the_sample_writes_only_the_batch(cast: Cast) -> None:
    with acting_as(cast.actor), only_the_batch_changes():
        batch = STAFF.preview("staff-list.xlsx", SAMPLE.read_bytes())
    assert kept_batch.summary_of(batch) == [
        ("создать", SAMPLE_ROWS - len(SAMPLE_ERRORS), "ok"),
        ("обновить", 0, "go"),
        ("без изменений", 0, "grey"),
        ("ошибка", len(SAMPLE_ERRORS), "bad"),
    ]
    wrong = {row.number: row.problems for row in kept_rows.rows_of(batch) if row.action == "error"}
    assert set(wrong) == SAMPLE_ERRORS
    assert wrong[6] == ["F6, Дата рождения: Даты 31.02.1980 не существует"]
    (entry,) = mk.journal("import_batch.created")
    assert (entry.user_id, entry.object_id) == (cast.actor.user_id, batch.id)


def test_sample_is_applied_once_and_then_changes_nothing(cast: Cast) -> None:
    with acting_as(cast.actor):
        first = STAFF.preview("staff-list.xlsx", SAMPLE.read_bytes())
        counts = STAFF.apply(first.id, skip_errors=True)
        again = STAFF.preview("staff-list.xlsx", SAMPLE.read_bytes())
    right = SAMPLE_ROWS - len(SAMPLE_ERRORS)
    assert counts == AppliedCounts(right, 0, 0, len(SAMPLE_ERRORS))
    assert (len(mk.rows(m.Employee)), len(mk.rows(m.Employment)), len(mk.rows(m.Qualification))) == (right,) * 3
    assert len(mk.journal("employee.created")) == right
    assert {row.action for row in kept_rows.rows_of(again)} == {"unchanged", "error"}


def test_operator_may_import_for_any_organization(cast: Cast) -> None:
    bring_in(cast.operator, person(), person(organization="ГБОУ СОШ № 7", snils="087-654-303 00", last_name="Ткач"))
    assert [row.organization_id for row in mk.rows(m.Employment)] == [cast.school.id, cast.other_school.id]


def test_organization_of_another_school_is_unknown_to_the_file(cast: Cast) -> None:
    row = only(preview(cast.actor, person(organization="ГБОУ СОШ № 7")))
    assert row.action == "error"
    assert "Организация «ГБОУ СОШ № 7» не найдена среди ваших организаций" in row.problems[0]


def test_file_that_cannot_be_taken_is_refused_with_its_sentence(cast: Cast) -> None:
    with acting_as(cast.actor), mk.nothing_changes():
        with pytest.raises(Invalid, match="Это не книга Excel в формате XLSX, а документ PDF"):
            STAFF.preview("список.pdf", b"%PDF-1.7")
        with pytest.raises(Invalid, match="нет обязательных столбцов"):
            columns = [c for c in SAMPLE_COLUMNS if c.name not in ("position", "organization")]
            STAFF.preview("список.xlsx", build_staff_sample([person()], columns=columns))


def test_import_without_the_right_is_forbidden(cast: Cast) -> None:
    batch = preview(cast.actor, person())
    for actor in (mk.make_actor("territory"), mk.make_actor("ministry"), mk.make_actor("admin")):
        with mk.nothing_changes():
            with pytest.raises(Forbidden):
                preview(actor, person())
            with pytest.raises((Forbidden, NotFound)):
                apply(actor, batch)


# --- new people ------------------------------------------------------------------------------------------------------


def test_new_person_gets_card_place_of_work_diploma_and_journal(cast: Cast) -> None:
    batch = preview(cast.actor, person())
    assert only(batch).changes == [
        "Карточка: дата рождения 14.03.1985, СНИЛС 112-233-445 95", f"Место работы: добавится «Учитель, {SCHOOL}»"
    ]  # fmt: skip
    assert apply(cast.actor, batch) == AppliedCounts(1, 0, 0, 0)
    (card,), (place,), (diploma,) = mk.rows(m.Employee), mk.rows(m.Employment), mk.rows(m.Qualification)
    assert (card.full_name, card.snils, card.phone) == ("Примерова Мария Ивановна", "11223344595", "+79270000000")
    assert card.teaching_since == years_before(today(), 12)
    assert (place.employee_id, place.organization_id, place.position.name) == (card.id, cast.school.id, "Учитель")
    assert place.started_on == place.position_since == years_before(today(), 8)
    assert (place.kind, place.status) == (st.EmploymentKind.MAIN, st.ConfirmationStatus.UNCONFIRMED)
    assert subject_names(place.id) == ["История", "Обществознание"]
    assert (diploma.employee_id, diploma.level.code, diploma.series, diploma.number) == (
        card.id, "higher", "ВСА", "0012345",
    )  # fmt: skip
    (entry,) = mk.journal("employment.created")
    assert entry.changes["Предметы"] == ["", "История, Обществознание"]
    assert entry.object_id == place.id
    (entry,) = mk.journal("employee.created")
    assert (entry.object_id, entry.user_id, entry.changes["СНИЛС"]) == (
        card.id,
        cast.actor.user_id,
        ["", "***-***-445 95"],
    )


def test_citizenship_is_read_by_name_and_by_code(cast: Cast) -> None:
    """The card holds the code; the user reads the country; a list without the column is of citizens of Russia."""
    columns = (*SAMPLE_COLUMNS, CITIZENSHIP)
    bring_in(cast.actor, person())
    (card,) = mk.rows(m.Employee)
    assert card.citizenship == "643"
    for typed, code, country in (("Республика Казахстан", "398", "Казахстан"), ("112", "112", "Беларусь")):
        before = mk.rows(m.Employee)[0].citizenship
        with acting_as(cast.actor):
            batch = STAFF.preview("список.xlsx", build_staff_sample([person(citizenship=typed)], columns=columns))
            assert only(batch).changes == [f"Гражданство: {COUNTRIES[before]} → {country}"]
            STAFF.apply(batch.id, skip_errors=False)
        assert mk.rows(m.Employee)[0].citizenship == code
    assert mk.journal("employee.updated")[-1].changes["Гражданство"] == ["Казахстан", "Беларусь"]
    with acting_as(cast.actor):
        wrong = STAFF.preview("список.xlsx", build_staff_sample([person(citizenship="Марс")], columns=columns))
    assert "Такой страны нет" in only(wrong).problems[0]


def test_unknown_beginning_of_work_stays_unknown(cast: Cast) -> None:
    """The portal counts the place from today, but says of no day that work began on it."""
    bring_in(cast.actor, person(position_years=None, teaching_years=None))
    (place,) = mk.rows(m.Employment)
    assert (place.started_on, place.begun_on, place.position_since) == (today(), None, None)
    with acting_as(cast.actor):
        assert people.card(place.employee_id).position_years is None
        records.update(place, {"started_on": today() - 400 * DAY})
        assert people.card(place.employee_id).position_years == 1
    assert place.begun_on == today() - 400 * DAY


def test_diploma_without_a_level_is_said_and_not_stored(cast: Cast) -> None:
    batch = preview(cast.actor, person(education_level=None))
    assert only(batch).warnings == ["Уровень образования не указан, поэтому сведения о дипломе не записываются"]
    apply(cast.actor, batch)
    assert mk.rows(m.Qualification) == []


def test_two_rows_of_one_new_person_make_one_card_with_two_places(cast: Cast) -> None:
    second = person(organization=UNIT, position="Воспитатель", subjects=None)
    batch = preview(cast.actor, person(), second)
    assert actions(batch) == ["create", "update"]
    assert kept_rows.rows_of(batch)[1].changes == [
        "Место работы: добавится «Воспитатель, СП „Детский сад «Росинка»“ ГБОУ СОШ с. Верхние Сосны» (совместительство)"
    ]
    apply(cast.actor, batch)
    assert len(mk.rows(m.Employee)) == 1
    assert [(row.kind, row.organization_id) for row in mk.rows(m.Employment)] == [
        (st.EmploymentKind.MAIN, cast.school.id),
        (st.EmploymentKind.SECONDARY, cast.unit.id),
    ]
    assert actions(preview(cast.actor, person(), second)) == ["unchanged", "unchanged"]
    assert actions(preview(cast.actor, second, person())) == ["unchanged", "unchanged"]


def test_same_row_twice_is_an_error_of_the_second(cast: Cast) -> None:
    batch = preview(cast.actor, person(), person())
    assert actions(batch) == ["create", "error"]
    assert apply(cast.actor, batch, skip_errors=True) == AppliedCounts(1, 0, 0, 1)
    assert len(mk.rows(m.Employment)) == 1


# --- application -----------------------------------------------------------------------------------------------------


def test_errors_refuse_the_whole_list_unless_skipped(cast: Cast) -> None:
    batch = preview(cast.actor, *crowd(2), person(birth_date="31.02.1980"))
    with mk.nothing_changes(), pytest.raises(Conflict, match=r"строка 4 — F4, Дата рождения: Даты 31\.02\.1980"):
        apply(cast.actor, batch)
    assert apply(cast.actor, batch, skip_errors=True) == AppliedCounts(2, 0, 0, 1)
    assert len(mk.rows(m.Employee)) == 2


def test_applied_list_is_refused_and_keeps_no_personal_data(cast: Cast) -> None:
    batch = preview(cast.actor, person())
    apply(cast.actor, batch)
    with mk.nothing_changes(), pytest.raises(Conflict, match="уже применён"):
        apply(cast.actor, batch)
    stored = mk.fetch(m.ImportBatch, batch.id)
    assert stored.status == st.ImportStatus.APPLIED
    assert stored.applied_at is not None
    assert not any("values" in row for row in stored.rows)
    assert actions(stored) == ["create"]


def test_cancelled_list_is_refused(cast: Cast) -> None:
    batch = preview(cast.actor, person())
    batch.status = st.ImportStatus.CANCELLED
    mk.save(batch)
    with mk.nothing_changes(), pytest.raises(Conflict, match="отменена"):
        apply(cast.actor, batch)


def test_double_click_applies_once(cast: Cast, app: Any) -> None:
    batch_id = preview(cast.actor, *crowd(3)).id
    results = run_at_once(app, [(cast.actor, lambda: STAFF.apply(batch_id, skip_errors=False))] * 4)
    assert succeeded(results) == [AppliedCounts(3, 0, 0, 0)]
    assert {type(refusal) for refusal in refused(results)} == {Conflict}
    assert (len(mk.rows(m.Employee)), len(mk.journal("import_batch.imported"))) == (3, 1)


def test_two_lists_with_the_same_new_person_make_one_card(cast: Cast) -> None:
    first, second = preview(cast.actor, person(snils=None)), preview(cast.actor, person(snils=None))
    apply(cast.actor, first)
    assert apply(cast.actor, second) == AppliedCounts(0, 0, 1, 0)
    assert len(mk.rows(m.Employee)) == 1


def statements_of(actor: Actor, people: list[dict[str, Any]]) -> tuple[int, int]:
    """Number of SQL statements of the preview and of the application."""
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        seen.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        batch = preview(actor, *people)
        read = len(seen)
        apply(actor, batch)
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
    return read, len(seen) - read


def test_number_of_statements_does_not_grow_with_the_list(cast: Cast) -> None:
    few, many = statements_of(cast.actor, crowd(3)), statements_of(cast.actor, crowd(60))
    assert few == many
    assert max(few) < 30


# --- terminal --------------------------------------------------------------------------------------------------------


def test_description_names_totals_errors_and_changes(cast: Cast) -> None:
    stored_place(stored_person(phone="+79271111111"), cast.school)
    wrong = person(snils="112-233-445 96", last_name="Ткач")
    batch = preview(cast.actor, person(education_level=None, diploma_series=None, diploma_number=None), wrong)
    assert kept_rows.describe(batch) == [
        "Файл «список.xlsx»: создать — 0, обновить — 1, без изменений — 0, ошибка — 1.",
        "Строка 2, Примерова Мария Ивановна — обновить: Телефон: +79271111111 → +79270000000.",
        "Строка 3, Ткач Мария Ивановна — ошибка: H3, СНИЛС: Контрольное число СНИЛС не сходится: проверьте цифры.",
    ]
    assert STAFF.words_of(AppliedCounts(1, 2, 3, 4)) == (
        "создано — 1, обновлено — 2, без изменений — 3, пропущено с ошибками — 4"
    )
