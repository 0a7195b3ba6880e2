"""Import of a staff list about people whom the portal knows already: the own ones, and those of other schools."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from app import models as m
from app import statuses as st
from app.access import acting_as
from app.actor import Actor
from app.clock import today
from app.errors import Conflict, NotFound
from app.exchange.engine import kept_rows
from app.exchange.engine.list_plan import AppliedCounts
from app.exchange.staff.staff_import import STAFF
from app.exchange.staff.staff_plan import ELSEWHERE
from app.exchange.staff.staff_row import years_before
from tests.services import makers as mk
from tests.services.staff_lists import (
    DAY,
    UNIT,
    Cast,
    actions,
    apply,
    bring_in,
    cast,
    only,
    person,
    preview,
    stored_person,
    stored_place,
    subject_names,
)

__all__ = ["cast"]

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
