"""Import of a staff list: the preview writes no card, the application writes all or nothing, once, and no more than it may."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from app import models as m
from app import statuses as st
from app.access import acting_as
from app.actor import Actor
from app.clock import today
from app.errors import Conflict, Forbidden, Invalid, NotFound
from app.exchange.engine import kept_batch, kept_rows
from app.exchange.engine.kept_rows import PreviewRow
from app.exchange.engine.list_plan import AppliedCounts
from app.exchange.sample import build_sample
from app.exchange.staff.staff_columns import SAMPLE_COLUMNS
from app.exchange.staff.staff_import import STAFF
from app.exchange.staff.staff_plan import ELSEWHERE
from app.exchange.staff.staff_row import years_before
from app.extensions import db
from app.identifiers import format_snils
from app.services.personnel import people
from app.services.portal import records
from tests.concurrency.clients import refused, run_at_once, succeeded
from tests.services import makers as mk

SAMPLE = Path(__file__).parents[2] / "app" / "static" / "examples" / "staff-list.xlsx"
SCHOOL = "ГБОУ СОШ с. Верхние Сосны"
UNIT = "СП «Детский сад „Росинка“» ГБОУ СОШ с. Верхние Сосны"
SAMPLE_ROWS, SAMPLE_ERRORS = 65, {6, 7, 29, 30, 37, 51}
DAY = mk.DAY


@dataclass(frozen=True)
class Cast:
    """A school with a unit and its responsible person; a foreign school with its own."""

    school: Any
    unit: Any
    actor: Actor
    other_school: Any
    other_actor: Actor
    operator: Actor


@pytest.fixture
def cast(session: Any) -> Cast:
    school = mk.make_organization(short_name=SCHOOL, full_name="ГБОУ средняя школа села Верхние Сосны")
    unit = mk.make_organization(short_name=UNIT, full_name=UNIT, parent=school)
    other = mk.make_organization(short_name="ГБОУ СОШ № 7")
    return Cast(
        school,
        unit,
        mk.make_actor("school", school, unit),
        other,
        mk.make_actor("school", other),
        mk.make_actor("operator"),
    )


def person(**over: Any) -> dict[str, Any]:
    """Cells of one row as a school writes them."""
    cells = {
        "organization": SCHOOL,
        "last_name": "Примерова",
        "first_name": "Мария",
        "patronymic": "Ивановна",
        "birth_date": dt.date(1985, 3, 14),
        "sex": "Ж",
        "snils": "112-233-445 95",
        "position": "Учитель",
        "subjects": "История; Обществознание",
        "education_level": "Высшее",
        "diploma_series": "ВСА",
        "diploma_number": "0012345",
        "teaching_years": 12,
        "position_years": 8,
        "email": "primerova@example.org",
        "phone": "+7 (927) 000-00-00",
    }
    return cells | over


def crowd(number: int) -> list[dict[str, Any]]:
    """People who differ in everything that tells people apart."""
    births = (dt.date(1970, 1, 1) + 100 * n * DAY for n in range(number))
    return [person(snils=format_snils(mk.next_snils()), birth_date=birth) for birth in births]


def preview(actor: Actor, *people: dict[str, Any]) -> m.ImportBatch:
    with acting_as(actor):
        return STAFF.preview("список.xlsx", build_sample(people))


def apply(actor: Actor, batch: m.ImportBatch, *, skip_errors: bool = False) -> AppliedCounts:
    with acting_as(actor):
        return STAFF.apply(batch.id, skip_errors=skip_errors)


def bring_in(actor: Actor, *people: dict[str, Any]) -> AppliedCounts:
    return apply(actor, preview(actor, *people))


def actions(batch: m.ImportBatch) -> list[str]:
    return [row.action for row in kept_rows.rows_of(batch)]


def only(batch: m.ImportBatch) -> PreviewRow:
    (row,) = kept_rows.rows_of(batch)
    return row


def stored_person(**over: Any) -> Any:
    """A card that says what `person` says, besides what is given."""
    values = {
        "last_name": "Примерова",
        "first_name": "Мария",
        "patronymic": "Ивановна",
        "birth_date": dt.date(1985, 3, 14),
        "sex": st.Sex.FEMALE,
        "snils": "11223344595",
        "email": "primerova@example.org",
        "phone": "+79270000000",
        "teaching_since": years_before(today(), 12),
    }
    return mk.make_employee(**(values | over))


def stored_place(employee: Any, organization: Any, **over: Any) -> Any:
    names = ("История", "Обществознание")
    values = {"position_since": years_before(today(), 8), "subjects": [mk.make_subject(name) for name in names]}
    return mk.make_employment(employee, organization, **(values | over))


def subject_names(employment_id: int) -> list[str]:
    return [subject.name for subject in mk.fetch(m.Employment, employment_id).subjects]


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
            STAFF.preview("список.xlsx", build_sample([person()], columns=columns))


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


# --- people already known --------------------------------------------------------------------------------------------


def test_second_import_changes_nothing_even_a_day_later(cast: Cast) -> None:
    bring_in(cast.actor, person())
    card, place = mk.rows(m.Employee)[0], mk.rows(m.Employment)[0]
    card.teaching_since -= 20 * DAY
    place.position_since -= 20 * DAY
    mk.save(card)
    mk.save(place)
    before = mk.database_state()
    batch = preview(cast.actor, person())
    assert actions(batch) == ["unchanged"]
    assert apply(cast.actor, batch) == AppliedCounts(0, 0, 1, 0)
    after = mk.database_state()
    assert {name for name in after if after[name] != before[name]} == {"import_batch", "stored_file", "audit_entry"}


def test_changed_values_are_shown_and_written(cast: Cast) -> None:
    card = stored_person(phone="+79271111111", teaching_since=years_before(today(), 10))
    place = stored_place(card, cast.school)
    batch = preview(cast.actor, person(position="Методист", subjects=None, education_level=None))
    assert only(batch).changes == [
        "Телефон: +79271111111 → +79270000000",
        f"Педагогический стаж с: {years_before(today(), 10):%d.%m.%Y} → {years_before(today(), 12):%d.%m.%Y}",
        "Должность: Учитель → Методист",
        "Предметы: История, Обществознание → не указано",
        "Подтверждение: снимется, оператор проверит место работы заново",
    ]
    assert apply(cast.actor, batch) == AppliedCounts(0, 1, 0, 0)
    assert mk.fetch(m.Employee, card.id).phone == "+79270000000"
    stored = mk.fetch(m.Employment, place.id)
    assert (stored.position.name, stored.subjects, stored.status) == ("Методист", [], st.ConfirmationStatus.UNCONFIRMED)
    (entry,) = mk.journal("employment.updated")
    assert entry.changes["Должность"] == ["Учитель", "Методист"]
    assert len(mk.journal("employment.unconfirm")) == 1


def test_operator_changes_a_confirmed_place_and_it_stays_confirmed(cast: Cast) -> None:
    place = stored_place(stored_person(), cast.school)
    bring_in(cast.operator, person(position="Методист", subjects=None))
    stored = mk.fetch(m.Employment, place.id)
    assert (stored.position.name, stored.status) == ("Методист", st.ConfirmationStatus.CONFIRMED)


def test_empty_cells_erase_nothing(cast: Cast) -> None:
    card = stored_person()
    place = stored_place(card, cast.school, activity="Педагогическая")
    empty = ("email", "phone", "patronymic", "subjects", "teaching_years", "position_years", "education_level",
             "diploma_series", "diploma_number")  # fmt: skip
    assert actions(preview(cast.actor, person(**dict.fromkeys(empty)))) == ["unchanged"]
    bring_in(cast.actor, person(**dict.fromkeys(empty)))
    stored = mk.fetch(m.Employee, card.id)
    assert (stored.email, stored.phone, stored.patronymic) == ("primerova@example.org", "+79270000000", "Ивановна")
    assert mk.fetch(m.Employment, place.id).activity == "Педагогическая"
    assert subject_names(place.id) == ["История", "Обществознание"]


def test_person_without_snils_is_found_by_name_and_birth_date_whatever_the_case(cast: Cast) -> None:
    card = stored_person(snils=None, last_name="Щёголева")
    stored_place(card, cast.school)
    batch = preview(
        cast.actor, person(last_name="ЩЕГОЛЕВА", education_level=None, diploma_series=None, diploma_number=None)
    )
    assert only(batch).changes == ["СНИЛС: не указано → ***-***-445 95"]
    apply(cast.actor, batch)
    assert [(row.id, row.snils, row.last_name) for row in mk.rows(m.Employee)] == [(card.id, "11223344595", "Щёголева")]


def test_same_name_with_another_snils_is_another_person(cast: Cast) -> None:
    stored_place(stored_person(snils="08765430300"), cast.school)
    assert actions(preview(cast.actor, person())) == ["create"]


def test_namesakes_born_on_one_day_need_a_snils(cast: Cast) -> None:
    for _ in range(2):
        stored_place(stored_person(snils=None), cast.school)
    row = only(preview(cast.actor, person(snils=None)))
    assert row.problems == ["Работников с такими ФИО и датой рождения несколько: укажите СНИЛС"]


def test_surname_may_change_but_not_the_whole_person(cast: Cast) -> None:
    card = stored_person()
    stored_place(card, cast.school)
    married = only(preview(cast.actor, person(last_name="Образцова")))
    assert (married.action, married.changes[0]) == ("update", "Фамилия: Примерова → Образцова")
    other = only(preview(cast.actor, person(last_name="Ткач", first_name="Анна")))
    assert other.action == "error"
    assert other.problems == [
        "Этот СНИЛС уже записан за другим работником: Примерова Мария Ивановна. Проверьте СНИЛС, ФИО и дату рождения"
    ]


def test_general_word_of_education_keeps_a_more_exact_level(cast: Cast) -> None:
    card = stored_person()
    stored_place(card, cast.school)
    (bachelor,) = mk.rows(m.EducationLevel, m.EducationLevel.code == "bachelor")
    mk.save(m.Qualification(employee_id=card.id, level_id=bachelor.id, series="ВСА", number="0012345"))
    assert actions(preview(cast.actor, person(education_level="Высшее"))) == ["unchanged"]
    changed = only(preview(cast.actor, person(education_level="Магистратура")))
    assert changed.changes == ["Уровень образования: Высшее — бакалавриат → Высшее — магистратура"]


def test_several_places_in_the_organization_are_matched_by_position(cast: Cast) -> None:
    card = stored_person()
    main = stored_place(card, cast.school)
    aside = stored_place(
        card,
        cast.school,
        position=mk.make_position("Педагог-организатор"),
        kind=st.EmploymentKind.SECONDARY,
        subjects=[],
    )
    file = person(position="Педагог-организатор", subjects="История", education_level=None, position_years=3)
    assert bring_in(cast.actor, file | {"diploma_series": None, "diploma_number": None}).updated == 1
    assert subject_names(aside.id) == ["История"]
    assert mk.fetch(m.Employment, aside.id).position_since == years_before(today(), 3)
    assert mk.fetch(m.Employment, main.id).position_since == years_before(today(), 8)


def test_second_row_never_takes_over_the_place_of_a_wrong_first_row(cast: Cast) -> None:
    main = stored_place(stored_person(), cast.school)
    batch = preview(cast.actor, person(phone="12"), person(position="Педагог-организатор", subjects=None))
    assert actions(batch) == ["error", "update"]
    apply(cast.actor, batch, skip_errors=True)
    assert mk.fetch(m.Employment, main.id).position.name == "Учитель"
    assert [row.kind for row in mk.rows(m.Employment)] == [st.EmploymentKind.MAIN, st.EmploymentKind.SECONDARY]


def test_known_main_place_named_by_the_file_makes_the_other_one_secondary(cast: Cast) -> None:
    stored_place(stored_person(), cast.unit, position=mk.make_position("Воспитатель"), subjects=[])
    batch = preview(cast.actor, person(), person(organization=UNIT, position="Воспитатель", subjects=None))
    assert actions(batch) == ["update", "unchanged"]
    apply(cast.actor, batch)
    assert [(row.kind, row.organization_id) for row in mk.rows(m.Employment)] == [
        (st.EmploymentKind.MAIN, cast.unit.id),
        (st.EmploymentKind.SECONDARY, cast.school.id),
    ]


def test_main_place_in_the_own_unit_stops_the_row_and_is_named(cast: Cast) -> None:
    stored_place(stored_person(), cast.unit)
    row = only(preview(cast.actor, person()))
    assert row.action == "error"
    assert row.problems[0].startswith(
        "Основное место работы работника — «СП „Детский сад «Росинка»“ ГБОУ СОШ с. Верхние Сосны»"
    )


def test_person_who_left_is_hired_again_after_the_former_place(cast: Cast) -> None:
    ended_on = today() - 30 * DAY
    stored_place(stored_person(), cast.school, ended_on=ended_on)
    bring_in(cast.actor, person())
    assert [row.started_on for row in mk.rows(m.Employment)] == [dt.date(2015, 9, 1), ended_on + DAY]


# --- people of other schools -----------------------------------------------------------------------------------------


def secrets_of(card: Any) -> list[str]:
    return [card.last_name, card.first_name, card.email, card.phone, "ГБОУ СОШ № 7", card.snils[-2:]]


def test_snils_of_a_worker_of_another_school_says_only_that(cast: Cast) -> None:
    card = stored_person(last_name="Тайнова", first_name="Варвара", email="secret@example.org", phone="+79279999977")
    stored_place(card, cast.other_school)
    batch = preview(cast.actor, person(snils="112-233-445 95"), person(snils="087-654-303 00", last_name="Ткач"))
    wrong, right = kept_rows.rows_of(batch)
    assert (wrong.action, right.action, wrong.changes, wrong.warnings) == ("error", "create", [], [])
    (sentence,) = wrong.problems
    assert sentence.startswith("Эту строку портал принять не может: проверьте СНИЛС, ФИО и дату рождения.")
    assert not [secret for secret in secrets_of(card) if secret in sentence]
    apply(cast.actor, batch, skip_errors=True)
    assert mk.fetch(m.Employee, card.id).last_name == "Тайнова"
    assert len(mk.rows(m.Employment, m.Employment.employee_id == card.id)) == 1


LEFT = pytest.mark.parametrize("left", [True, False], ids=["left long ago", "works there"])


@LEFT
@pytest.mark.parametrize(
    "card",
    [
        {},
        {"last_name": "Тайнова"},
        {"last_name": "Тайнова", "first_name": "Варвара"},
        {"birth_date": dt.date(1970, 1, 1)},
    ],
    ids=["the same", "another surname", "another name", "another birth date"],
)
def test_a_number_that_is_not_seen_is_refused_by_one_sentence(cast: Cast, card: dict[str, Any], left: bool) -> None:
    """What is known of a person elsewhere, and whether it agrees, is told by no word of the preview."""
    stranger = stored_person(email="secret@example.org", phone="+79279999977", **card)
    stored_place(stranger, cast.other_school, ended_on=today() - 400 * DAY if left else None)
    batch = preview(cast.actor, person())
    row = only(batch)
    assert (row.action, row.changes, row.problems, row.warnings) == ("error", [], [ELSEWHERE], [])
    with mk.nothing_changes(), pytest.raises(Conflict, match="нет ни одной верной строки"):
        apply(cast.actor, batch, skip_errors=True)


@LEFT
@pytest.mark.parametrize(
    ("stored", "typed"), [("11223344595", None), (None, "112-233-445 95"), (None, None)],
    ids=["no number typed", "no number stored", "no number at all"],
)  # fmt: skip
def test_a_namesake_elsewhere_changes_no_word(cast: Cast, stored: str | None, typed: str | None, left: bool) -> None:
    """The list is answered as before there was anybody; whether the two are one person is the operator's to find."""
    unknown = only(preview(cast.actor, person(snils=typed)))
    stranger = stored_person(snils=stored, email="secret@example.org")
    stored_place(stranger, cast.other_school, ended_on=today() - 400 * DAY if left else None)
    batch = preview(cast.actor, person(snils=typed))
    assert only(batch) == unknown
    assert unknown.action == "create"
    assert apply(cast.actor, batch).created == 1
    assert mk.fetch(m.Employee, stranger.id).email == "secret@example.org"
    assert len(mk.rows(m.Employment, m.Employment.employee_id == stranger.id)) == 1
    assert len(mk.rows(m.Employee)) == 2


def test_the_own_person_is_found_beside_a_namesake_elsewhere(cast: Cast) -> None:
    own = stored_person(snils=None)
    stored_place(own, cast.school)
    stored_place(stored_person(snils=None), cast.other_school)
    row = only(preview(cast.actor, person(snils=None)))
    assert (row.action, row.problems) == ("update", [])


def test_person_hired_elsewhere_after_the_preview_is_not_taken(cast: Cast) -> None:
    batch = preview(cast.actor, person())
    stored_place(stored_person(), cast.other_school)
    with mk.nothing_changes(), pytest.raises(Conflict, match="нет ни одной верной строки"):
        apply(cast.actor, batch, skip_errors=True)


def test_batch_of_another_school_does_not_exist(cast: Cast) -> None:
    batch = preview(cast.actor, person())
    with mk.nothing_changes():
        with acting_as(cast.other_actor), pytest.raises(NotFound):
            STAFF.load(batch.id)
        with pytest.raises(NotFound):
            apply(cast.other_actor, batch)
    with acting_as(cast.actor):
        assert STAFF.load(batch.id).id == batch.id


def test_right_that_ended_after_the_preview_is_checked_again(cast: Cast) -> None:
    batch = preview(cast.actor, person())
    moved = Actor(cast.actor.user_id, cast.actor.name, grants=cast.other_actor.grants)
    # with the role its lists are left behind
    with mk.nothing_changes(), pytest.raises(NotFound):
        apply(moved, batch)


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
    assert str(AppliedCounts(1, 2, 3, 4)) == ("создано — 1, обновлено — 2, без изменений — 3, пропущено с ошибками — 4")
