"""Settings of the operator: read with a fallback, checked before they are kept, never lost between two users."""

from __future__ import annotations

from typing import Any

import pytest

from app import models as m
from app.access import acting_as, unscoped
from app.actor import Actor
from app.clock import today
from app.errors import Forbidden, Invalid, NotFound
from app.extensions import db
from app.services.mailing import letters
from app.services.portal import settings
from app.services.portal.settings import SETTINGS
from tests.services import makers as mk


@pytest.fixture
def operator(session: Any) -> Actor:
    return mk.make_actor("operator")


def stored(key: str) -> str:
    with unscoped("tests"):
        value = db.session.scalar(db.select(m.Setting.value).where(m.Setting.key == key))
    assert value is not None
    return value


def spoil(key: str, value: str) -> None:
    """Write a value past every check."""
    with unscoped("tests"):
        db.session.get(m.Setting, key).value = value  # type: ignore[union-attr]
        db.session.commit()


def test_every_setting_can_be_read(operator: Actor) -> None:
    assert list(settings.values()) == [key for key, _title, _value in SETTINGS]
    for key in settings.BOUNDS:
        read = settings.numbers if "," in settings.FIRST[key] else settings.number
        assert read(key) or settings.FIRST[key] == "0"
    assert settings.mask("voucher_number_mask") == "63-{year}-{number:06d}"
    assert settings.text("portal_name") == "Кадры в образовании"


@pytest.mark.parametrize("value", ["", "много", "-1", "337", "٤٨", "48.5"])
def test_what_cannot_be_read_falls_back(operator: Actor, value: str) -> None:
    spoil("offer_hours", value)
    assert settings.number("offer_hours") == 48


def test_change_is_kept_and_written_down(operator: Actor) -> None:
    with acting_as(operator):
        assert settings.change("offer_hours", " 24 ").value == "24"
        with mk.nothing_changes():
            settings.change("offer_hours", "24")
    assert (stored("offer_hours"), settings.number("offer_hours")) == ("24", 24)
    entries = mk.journal("setting.updated")
    assert [list(entry.changes.values()) for entry in entries] == [[["48", "24"]]]
    assert entries[0].user_name == operator.name


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("offer_hours", "337", "от 0 до 336"),
        ("offer_hours", "два", "целое число"),
        ("attendance_percent", "101", "от 0 до 100"),
        ("minimum_warning_days", "0", "от 1 до 60"),
        ("voucher_reminder_days", "90; 30", "целое число"),
        ("voucher_reminder_days", ",", "через запятую"),
        ("voucher_reminder_days", "90, 0", "от 1 до 365"),
        ("voucher_number_mask", "63-{year}", "Вид номера"),
        ("voucher_number_mask", "{number}", "Вид номера"),
        ("voucher_number_mask", "{year}-{number.__class__}", "Вид номера"),
        ("voucher_number_mask", "x" * 30 + "{year}{number}", "Вид номера"),
        ("portal_name", "   ", "не может быть пустым"),
        ("portal_name", "я" * 501, "длиннее 500"),
    ],
)
def test_value_that_cannot_be_used_is_refused(operator: Actor, key: str, value: str, words: str) -> None:
    with acting_as(operator), mk.nothing_changes(), pytest.raises(Invalid) as caught:
        settings.change(key, value)
    assert words in caught.value.fields[key][0]


def test_the_journal_tells_a_mask_by_an_example(operator: Actor) -> None:
    with acting_as(operator):
        settings.change("voucher_number_mask", "СО/{number:04d}-{year}")
    year = today().year
    (change,) = mk.journal("setting.updated")[-1].changes.values()
    assert change == [
        f"63-{year}-000001 (год, порядковый номер из 6\xa0цифр)",
        f"СО/0001-{year} (порядковый номер из 4\xa0цифр, год)",
    ]


def test_several_are_changed_all_or_none(operator: Actor) -> None:
    typed = {"offer_hours": ("48", "24"), "attendance_percent": ("75", "200"), "change_days": ("10", "нет")}
    with acting_as(operator):
        with mk.nothing_changes(), pytest.raises(Invalid) as caught:
            settings.change_many(typed)
        assert set(caught.value.fields) == {"attendance_percent", "change_days"}
        changed = settings.change_many({**typed, "attendance_percent": ("75", "80"), "change_days": ("10", "10")})
    assert [row.key for row in changed] == ["offer_hours", "attendance_percent"]
    assert (stored("offer_hours"), stored("attendance_percent"), stored("change_days")) == ("24", "80", "10")
    assert len(mk.journal("setting.updated")) == 2


def test_another_users_change_is_not_lost(operator: Actor) -> None:
    other = mk.make_actor("operator")
    with acting_as(other):
        settings.change_many({"offer_hours": ("48", "12")})
    with acting_as(operator):
        with mk.nothing_changes(), pytest.raises(Invalid) as caught:
            settings.change_many({"offer_hours": ("48", "24")})
        assert "«12»" in caught.value.fields["offer_hours"][0]
        # what was left as shown takes nothing back; the same value twice is no quarrel
        settings.change_many({"offer_hours": ("48", "48"), "change_days": ("10", "9")})
        with mk.nothing_changes():
            settings.change_many({"offer_hours": ("48", "12")})
        assert stored("offer_hours") == "12"
        settings.change_many({"offer_hours": ("12", "24")})
    assert (stored("offer_hours"), stored("change_days")) == ("24", "9")


@pytest.mark.parametrize("role", ["ministry", "admin", "worker"])
def test_others_change_nothing(session: Any, role: str) -> None:
    with acting_as(mk.make_actor(role)), mk.nothing_changes(), pytest.raises(Forbidden):
        settings.change("offer_hours", "24")


def test_unknown_and_empty_are_refused(operator: Actor) -> None:
    with acting_as(operator), mk.nothing_changes():
        with pytest.raises(NotFound):
            settings.change("secret_key", "x")
        with pytest.raises(Invalid):
            settings.change_many({})


def test_setting_that_the_table_lacks_is_put_into_it(operator: Actor) -> None:
    with unscoped("tests"):
        db.session.delete(db.session.get(m.Setting, "offer_hours"))
        db.session.commit()
    assert settings.number("offer_hours") == 48
    with acting_as(operator):
        settings.change("offer_hours", "24")
    assert stored("offer_hours") == "24"


def test_letters_carry_the_names_of_the_settings(operator: Actor) -> None:
    person = mk.make_person(mk.make_organization())
    with acting_as(operator):
        settings.change_many({"portal_name": (None, "Учителя <области>"), "operator_name": (None, "Центр {развития}")})
        letters.tell(person.employee, "sign_in_opened")
        db.session.commit()
    letter = mk.rows(m.Letter)[0]
    assert "Портал «Учителя <области>». Оператор — Центр {развития}." in letter.body
    assert "<b>Учителя &lt;области&gt;</b>" in letter.html
