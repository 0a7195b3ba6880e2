"""The normal forms in the database: equal to those of ``app.text``, unique keys, searches, orders, papers, sign-in."""

from __future__ import annotations

import random
import unicodedata
from typing import Any

import pytest
from sqlalchemy import func, literal_column, select, text

from app import models as m
from app import statuses as st
from app import text as forms
from app.access import acting_as, unscoped
from app.errors import Invalid
from app.extensions import db
from app.services.access import passwords
from app.services.access.sign_in import Attempt, sign_in
from app.services.paper.issuing import certificates, document_check
from app.services.personnel.cards.declension import declined, heads_in_genitive
from app.services.personnel.cards.former_surnames import former_surnames_found
from app.services.portal import records
from app.text.sql import code_sql, key_sql
from app.web.frame.search import match
from tests.services import makers as mk

_SIGNS = "аАбёЁеЕйЙ сСcCкKxX-–—№/.,;:()«»\"'’ 01" + "\u00a0\u00ad\u200b\t"


@pytest.fixture
def world(session: Any) -> mk.World:
    return mk.make_world()


def _samples(number: int) -> list[str]:
    chance = random.Random(5)
    return ["".join(chance.choices(_SIGNS, k=chance.randrange(24))) for _ in range(number)]


@pytest.mark.parametrize(("form", "sql"), [(forms.name_key, key_sql), (forms.code, code_sql)])
def test_the_database_and_the_code_have_the_same_forms(session: Any, form: Any, sql: Any) -> None:
    samples = [sample for sample in _samples(400) if not (form is forms.code and sample.lstrip()[:1].lower() == "n")]
    values = text("SELECT s FROM unnest(CAST(:samples AS text[])) WITH ORDINALITY AS t(s, n) ORDER BY n")
    statement = select(literal_column(sql("s"))).select_from(values.columns(literal_column("s")).subquery("t"))
    found = db.session.scalars(statement, {"samples": samples}).all()
    assert list(found) == [form(sample) for sample in samples]


def test_stored_keys_are_those_of_the_code(session: Any) -> None:
    with unscoped("test"):
        rows = db.session.execute(select(m.Position.name, m.Position.name_key)).all()
    assert len(rows) > 30
    assert [key for _, key in rows] == [forms.name_key(name) for name, _ in rows]


# --- one name, one row -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("twin", ["учитель", "Учитeль", " УЧИТЕЛЬ ", "Учи\u00adтель"])
def test_a_second_spelling_of_a_position_is_refused_by_name(world: mk.World, twin: str) -> None:
    values = {"name": twin, "kind": st.PositionKind.TEACHING}
    with acting_as(world.operator), pytest.raises(Invalid) as refused:
        records.create(m.Position, values)
    assert refused.value.fields == {"name": ["Такая запись уже есть: «Учитель». Второй раз её заводить не нужно."]}
    with unscoped("test"):
        assert db.session.scalar(select(func.count()).where(m.Position.name_key == "учитель")) == 1


def test_a_synonym_belongs_to_one_position(world: mk.World) -> None:
    values = {"name": "Наставник молодёжи", "kind": st.PositionKind.TEACHING, "synonyms": ["учитель"]}
    with acting_as(world.operator), pytest.raises(Invalid) as refused:
        records.create(m.Position, values)
    assert refused.value.fields == {"synonyms": ["Так уже называются другие записи: «учитель» — это «Учитель»."]}


def test_the_own_name_may_be_respelled(world: mk.World) -> None:
    with acting_as(world.operator):
        row = records.create(m.Subject, {"name": "елочное дело"})
        records.update(row, {"name": "Ёлочное дело"})
        assert row.name == "Ёлочное дело"


def test_organizations_of_one_municipality_differ_in_their_names(world: mk.World) -> None:
    school = world.school
    names = ("type_id", "territory_id", "municipality_id", "ownership")
    values = {name: getattr(school, name) for name in names} | {"full_name": "Другая школа", "inn": None}
    with acting_as(world.operator), pytest.raises(Invalid) as refused:
        records.create(m.Organization, {**values, "short_name": school.short_name.upper()})
    assert list(refused.value.fields or ()) == ["short_name"]
    unit = {**values, "short_name": school.short_name, "parent_id": school.id}
    with acting_as(world.operator):
        assert records.create(m.Organization, unit).id  # a unit may be called as its head


def test_typed_texts_are_stored_in_one_form(world: mk.World) -> None:
    typed = unicodedata.normalize("NFD", " Музейное \u200b дело  и\u00a0йога ")
    with acting_as(world.operator):
        row = records.create(m.Subject, {"name": typed, "synonyms": [" Музей\u00adное "]})
    assert (row.name, row.synonyms) == ("Музейное дело и йога", ["Музейное"])


# --- searches --------------------------------------------------------------------------------------------------------


def _found(model: Any, typed: str) -> list[str]:
    with unscoped("test"):
        return [str(row) for row in db.session.scalars(select(model).where(match(model, typed)).order_by(model.id))]


def test_directories_know_no_difference_between_ё_and_е(world: mk.World) -> None:
    assert _found(m.Municipality, "Жигулевск") == _found(m.Municipality, "жигулёвск") != []
    assert _found(m.Municipality, unicodedata.normalize("NFD", "Жигулёвск")) == _found(m.Municipality, "Жигулевск")


@pytest.mark.parametrize("typed", ["%", "_", "😀", "—", "'", "\u00ad", "\\"])
@pytest.mark.parametrize("model", [m.Employee, m.Subject, m.Enrolment, m.Letter, m.Certificate, m.Organization])
def test_signs_alone_find_nobody(world: mk.World, model: Any, typed: str) -> None:
    if forms.cleaned(typed):
        assert _found(model, typed) == []


def test_a_person_is_found_by_a_former_surname(world: mk.World) -> None:
    person = world.worker.employee
    db.session.add(m.FormerName(employee_id=person.id, last_name="Ёжикова"))
    db.session.flush()
    assert _found(m.Employee, "ежикова") == [person.full_name]
    assert _found(m.Employee, f"{person.first_name} Ёжи") == [person.full_name]
    assert _found(m.Employee, "ежикова Нетакого") == []
    with unscoped("test"):
        assert former_surnames_found([person], "ежи") == {person.id: "Ёжикова"}
        assert former_surnames_found([person], person.last_name) == {}


# --- papers and sign-in ----------------------------------------------------------------------------------------------


def test_a_paper_is_checked_as_it_is_copied(world: mk.World) -> None:
    enrolment = mk.make_enrolment(world.worker, mk.make_past_group(world.program), status=st.EnrolmentStatus.TRAINED)
    with acting_as(world.organizer_actor):
        row = certificates.issue(enrolment.id)
    for typed in (row.check_code.upper(), f" {row.check_code}.", f"https://kadry.example/verify/{row.check_code}"):
        assert document_check.facts_for_check(typed).number == row.number
    for typed in (f"№ {row.number}.", row.number.lower(), row.number.replace("/", " / ")):
        assert [f.number for f in document_check.find_by_number(typed, row.issued_on)] == [row.number]


def test_a_code_of_mixed_case_is_found_in_any(world: mk.World) -> None:
    enrolment = mk.make_enrolment(world.worker, mk.make_past_group(world.program), status=st.EnrolmentStatus.TRAINED)
    with acting_as(world.organizer_actor):
        row = certificates.issue(enrolment.id)
    with unscoped("test"):
        row.check_code = "Ab-cD_1234567890AbcDef"
        db.session.flush()
    assert document_check.facts_for_check("AB-CD_1234567890ABCDEF").number == row.number


def test_login_and_password_are_read_in_one_form(world: mk.World) -> None:
    with unscoped("test"):
        account = db.session.scalars(select(m.Account).where(m.Account.id == world.worker.actor.user_id)).one()
        account.username = "йога@example.org"
        passwords.set_password(account, "синий слой 7")
        db.session.flush()
    typed = [unicodedata.normalize("NFD", value) for value in (" Йога@example.org", "синий слой 7")]
    assert sign_in(*typed, Attempt(5, 15)).id == account.id


# --- names in cases --------------------------------------------------------------------------------------------------


def test_names_declined_by_hand_stand_in_the_papers(world: mk.World) -> None:
    person = world.worker.employee
    assert declined(person, "accusative") != "Заяца Ивана"
    with acting_as(world.operator):
        names = {"name_genitive": "Заяца  Ивана", "name_dative": "Заяцу Ивану", "name_accusative": "Заяца Ивана"}
        records.update(person, names)
    assert [declined(person, case) for case in ("genitive", "dative", "accusative")] == [
        "Заяца Ивана", "Заяцу Ивану", "Заяца Ивана"
    ]  # fmt: skip


def test_a_head_signs_in_the_genitive_of_the_own_card(world: mk.World) -> None:
    person, school = world.worker.employee, world.school
    with unscoped("test"):
        school.head_name, person.name_genitive = person.full_name.replace("ё", "е"), "Заяца Ивана"
        db.session.flush()
        assert heads_in_genitive([school]) == {school.id: "Заяца Ивана"}
        school.head_name = "Другой Человек"
        assert heads_in_genitive([school]) == {}
