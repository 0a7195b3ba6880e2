"""Generic records: values checked by field, rows kept inside the scope, use named before deleting, journal."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from app import models as m
from app.access import acting_as
from app.clock import today
from app.errors import Conflict, Forbidden, Invalid, NotFound
from app.services.portal import records
from app.statuses import MunicipalityKind, PositionKind
from tests.services import makers as mk


@pytest.fixture
def operator(session: Any) -> Any:
    with acting_as(mk.make_actor("operator")) as actor:
        yield actor


def new_person(**over: Any) -> dict[str, Any]:
    values = {
        "snils": "112-233-445 95",
        "last_name": " ПЕТРОВ ",
        "first_name": "Иван",
        "patronymic": "",
        "birth_date": dt.date(1980, 1, 1),
        "phone": "8 (927) 123-45-67",
        "email": "Petrov@Example.ORG",
    }
    return values | over


def test_create_normalises_values_and_writes_the_journal(operator: Any) -> None:
    row = records.create(m.Employee, new_person())
    stored = mk.fetch(m.Employee, row.id)
    assert (stored.snils, stored.last_name, stored.patronymic) == ("11223344595", "Петров", None)
    assert (stored.phone, stored.email) == ("+79271234567", "petrov@example.org")
    changes = mk.journal("employee.created")[0].changes
    assert changes["Фамилия"] == ["", "Петров"]
    assert changes["СНИЛС"] == ["", "***-***-445 95"]


def test_create_takes_relations(operator: Any) -> None:
    person, school = mk.make_employee(), mk.make_organization()
    maths = mk.make_subject()
    values = {"employee": person, "organization": school, "position": mk.make_position(), "subjects": [maths]}
    row = records.create(m.Employment, {**values, "started_on": dt.date(2020, 9, 1)})
    assert (row.employee_id, row.organization_id, [s.id for s in row.subjects]) == (person.id, school.id, [maths.id])
    assert mk.journal("employment.created")[0].changes["Предметы"] == ["", "Математика"]


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"snils": "112-233-445 96"}, "snils"),
        ({"snils": "123"}, "snils"),
        ({"last_name": "Petrov"}, "last_name"),
        ({"last_name": ""}, "last_name"),
        ({"first_name": None}, "first_name"),
        ({"phone": "12"}, "phone"),
        ({"email": "без собаки"}, "email"),
        ({"birth_date": dt.date(1900, 1, 1)}, "birth_date"),
        ({"birth_date": dt.date(2020, 1, 1)}, "birth_date"),
        ({"teaching_since": dt.date(1066, 1, 1)}, "teaching_since"),
        ({"degree": "я" * 256}, "degree"),
        ({"last_name": "=1+1"}, "last_name"),
    ],
)
def test_create_with_a_wrong_value_names_the_field_and_changes_nothing(
    operator: Any, values: dict[str, Any], field: str
) -> None:
    with mk.nothing_changes(), pytest.raises(Invalid) as caught:
        records.create(m.Employee, new_person(**values))
    assert list(caught.value.fields) == [field]
    assert all(sentence.endswith(".") for sentence in caught.value.fields[field])


def test_create_shows_all_wrong_fields_at_once(operator: Any) -> None:
    with pytest.raises(Invalid) as caught:
        records.create(m.Employee, new_person(snils="1", email="x", first_name=" "))
    assert sorted(caught.value.fields) == ["email", "first_name", "snils"]


@pytest.mark.parametrize("age", [16, 100])
def test_birth_date_at_the_bounds_is_accepted(operator: Any, age: int) -> None:
    born = today().replace(year=today().year - age, day=1)
    assert records.create(m.Employee, new_person(birth_date=born)).birth_date == born


@pytest.mark.parametrize("name", ["status", "id", "version", "nonsense"])
def test_create_refuses_attributes_that_no_form_sets(operator: Any, name: str) -> None:
    with mk.nothing_changes(), pytest.raises(ValueError, match=name):
        records.create(m.Program, {name: 1})


def test_create_of_a_second_person_with_the_same_snils_is_refused(operator: Any) -> None:
    records.create(m.Employee, new_person())
    with mk.nothing_changes(), pytest.raises(Conflict, match="Этот СНИЛС записать сюда нельзя"):
        records.create(m.Employee, new_person(last_name="Сидоров"))


def test_create_without_the_right_is_forbidden(session: Any) -> None:
    with acting_as(mk.make_actor("ministry")), mk.nothing_changes(), pytest.raises(Forbidden):
        records.create(m.Employee, new_person())


def test_create_outside_the_own_organization_is_forbidden(session: Any) -> None:
    own, other = mk.make_organization(), mk.make_organization(is_organizer=True)
    person = mk.make_person(own)
    values = {"employee_id": person.employee.id, "position_id": mk.make_position().id, "kind": "secondary"}
    values["started_on"] = dt.date(2021, 9, 1)
    with acting_as(mk.make_actor("school", own)):
        with mk.nothing_changes(), pytest.raises(Forbidden, match="за пределы вашей организации"):
            records.create(m.Employment, {**values, "organization_id": other.id})
        assert records.create(m.Employment, {**values, "organization_id": own.id}).organization_id == own.id


def test_reference_to_a_person_of_another_school_is_refused(session: Any) -> None:
    own = mk.make_organization()
    stranger, position = mk.make_person(mk.make_organization()).employee, mk.make_position()
    place = {"organization": own, "position": position, "started_on": dt.date(2021, 9, 1), "kind": "secondary"}
    with acting_as(mk.make_actor("school", own)):
        for reference in ({"employee": stranger}, {"employee_id": stranger.id}):
            with mk.nothing_changes(), pytest.raises(Invalid) as caught:
                records.create(m.Employment, {**place, **reference})
            assert list(caught.value.fields) == ["employee"]


def test_list_of_references_is_checked_too(session: Any) -> None:
    organizer = mk.make_organization(is_organizer=True)
    gone = mk.make_position("Удалённая должность")
    program = mk.make_program(organizer)
    with acting_as(mk.make_actor("operator")):
        records.delete(gone)
        with mk.nothing_changes(), pytest.raises(Invalid) as caught:
            records.update(program, {"positions": [gone]})
    assert list(caught.value.fields) == ["positions"]


# --- changing --------------------------------------------------------------------------------------------------------


def test_update_writes_before_and_after(operator: Any) -> None:
    person = mk.make_employee(last_name="Иванова")
    records.update(mk.fetch(m.Employee, person.id), {"last_name": "Петрова"})
    assert mk.fetch(m.Employee, person.id).last_name == "Петрова"
    assert mk.journal("employee.updated")[0].changes == {"Фамилия": ["Иванова", "Петрова"]}


def test_update_with_the_same_values_leaves_no_journal(operator: Any) -> None:
    person = mk.make_employee(last_name="Иванова")
    records.update(mk.fetch(m.Employee, person.id), {"last_name": "Иванова"})
    assert mk.journal("employee.updated") == []


def test_update_of_a_form_opened_before_anothers_change_is_refused(operator: Any) -> None:
    person = mk.make_employee()
    opened = person.version
    records.update(person, {"last_name": "Первая"}, version=opened)
    with mk.nothing_changes(), pytest.raises(Conflict, match="изменил другой пользователь"):
        records.update(person, {"last_name": "Вторая"}, version=opened)


def test_update_out_of_the_own_organization_is_forbidden(session: Any) -> None:
    own, other = mk.make_organization(), mk.make_organization(is_organizer=True)
    place = mk.make_person(own).employment
    with acting_as(mk.make_actor("school", own)), mk.nothing_changes(), pytest.raises(Forbidden):
        records.update(place, {"organization_id": other.id})


def test_update_of_a_foreign_row_is_not_found(session: Any) -> None:
    person = mk.make_person(mk.make_organization()).employee
    with acting_as(mk.make_actor("school", mk.make_organization())), mk.nothing_changes(), pytest.raises(NotFound):
        records.update(person, {"last_name": "Чужая"})


@pytest.mark.parametrize("levels", [0, 1, 2])
def test_organization_may_not_come_under_itself(operator: Any, levels: int) -> None:
    top = mk.make_organization()
    bottom = top
    for _ in range(levels):
        bottom = mk.make_organization(parent=bottom)
    with mk.nothing_changes(), pytest.raises(Invalid) as caught:
        records.update(top, {"parent": bottom})
    assert list(caught.value.fields) == ["parent"]


def test_organization_may_come_under_another(operator: Any) -> None:
    top, unit = mk.make_organization(), mk.make_organization()
    assert records.update(unit, {"parent": top}).parent_id == top.id


def test_organizations_phone_may_name_an_extension(operator: Any) -> None:
    row = records.update(mk.make_organization(), {"phone": "8 (846) 123-45-67, доб. 5"})
    assert row.phone == "8 (846) 123-45-67, доб. 5"


@pytest.mark.parametrize("values", [{"inn": "1234567890"}, {"kpp": "12"}, {"ogrn": "1027700132196"}])
def test_identifiers_of_an_organization_are_checked(operator: Any, values: dict[str, str]) -> None:
    school = mk.make_organization()
    with mk.nothing_changes(), pytest.raises(Invalid) as caught:
        records.update(school, values)
    assert list(caught.value.fields) == list(values)


# --- deleting --------------------------------------------------------------------------------------------------------


def test_delete_removes_an_unused_row_and_tells_the_journal(operator: Any) -> None:
    position = mk.make_position("Лишняя должность", kind=PositionKind.OTHER)
    records.delete(position)
    assert mk.fetch(m.Position, position.id) is None
    assert mk.journal("position.deleted")[0].object_label == "Лишняя должность"


def test_delete_of_a_used_row_names_what_uses_it(operator: Any) -> None:
    position = mk.make_position("Особая должность")
    school, organizer = mk.make_organization(), mk.make_organization(is_organizer=True)
    for _ in range(2):
        mk.make_person(school, position=position)
    program = mk.make_program(organizer)
    records.update(program, {"positions": [position]})
    with mk.nothing_changes(), pytest.raises(Conflict) as caught:
        records.delete(position)
    assert "«Особая должность»" in caught.value.message
    assert "места работы (2)" in caught.value.message
    assert "программы (1)" in caught.value.message


def test_delete_takes_the_rows_own_links_along(operator: Any) -> None:
    kind = MunicipalityKind.DISTRICT
    place = records.create(m.Municipality, {"name": "Лишний район", "kind": kind, "territories": [mk.make_territory()]})
    records.delete(place)
    assert mk.fetch(m.Municipality, place.id) is None


def test_delete_without_the_right_is_forbidden(session: Any) -> None:
    position = mk.make_position("Чья-то должность")
    with acting_as(mk.make_actor("ministry")), mk.nothing_changes(), pytest.raises(Forbidden):
        records.delete(position)


def test_a_group_of_a_program_belongs_to_its_organizer(session: Any) -> None:
    organizer = mk.make_organization(is_organizer=True)
    program, day = mk.make_program(organizer), today()
    values = {"program": program, "number": "5", "place": "Самара", "capacity": 5, "starts_on": day, "ends_on": day}
    with acting_as(mk.make_actor("organizer", organizer)):
        row = records.create(m.TrainingGroup, {**values, "enrol_from": day, "enrol_until": day})
    assert (row.organizer_id, row.status) == (organizer.id, "draft")
