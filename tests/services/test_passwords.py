"""The rule of passwords: each refusal with its reason, and the history of five."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from werkzeug.security import check_password_hash

from app import models as m
from app.errors import Invalid
from app.services.access import accounts, passwords
from tests.services.makers import change, fetch, journal, make_account, nothing_changes, rows

GOOD = ["кот бежал по лесу", "Korova 57 letit", "длинный-Пароль-про-рыб", "x9!Lm2#qRz"]


@pytest.mark.parametrize("password", GOOD)
def test_a_good_password_is_taken(password: str) -> None:
    assert passwords.problem_of(password, own=["petrova.ai", "Петрова", "Анна", None, "petrova@example.org"]) == ""


@pytest.mark.parametrize(
    ("password", "reason"),
    [
        ("Короткий1", "не меньше 10"),
        ("толькобуквыодинаковые", "буквы вместе с цифрами"),
        ("1234567890", "буквы вместе с цифрами"),
        ("qwertyuiop1", "легко подобрать"),
        ("Password2026!", "легко подобрать"),
        ("Учительница1", "легко подобрать"),
        ("exbntkmybwf1", "легко подобрать"),  # «учительница» in the Latin layout
        ("йцукенгшщз12", "легко подобрать"),
        ("Ааааа-аааа-1", "легко подобрать"),
        ("Петрова-Анна-57", "ваш логин"),
        ("gtnhjdf-lkbyyfz", "ваш логин"),  # «петрова» in the Latin layout
        ("x" * 100 + "Y1" * 60, "длиннее"),
    ],
)
def test_a_bad_password_is_refused_with_the_reason(password: str, reason: str) -> None:
    assert reason in passwords.problem_of(password, own=["tester", "Петрова", "Анна"])


def test_the_portal_by_itself_takes_a_slow_hash(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(app.config, "FAB_PASSWORD_HASH_METHOD")
    with app.app_context():
        stored = passwords.hashed(GOOD[0])
        assert stored.startswith("scrypt:32768:8:1$")
        assert passwords.fits(stored, GOOD[0])


def test_the_rule_needs_no_account() -> None:
    """A registration checks the password before there is an account."""
    accounts.check_new_password(GOOD[0])
    with pytest.raises(Invalid) as refusal:
        accounts.check_new_password("мой секретный адрес 1", own=["секретный@example.org"])
    assert list(refusal.value.fields) == ["new"]


def give(user: Any, password: str) -> None:
    accounts.change_password(user.id, old=give.last, new=password)  # type: ignore[attr-defined]
    give.last = password  # type: ignore[attr-defined]


def test_the_last_five_are_not_taken_again(session: Any) -> None:
    user = make_account()
    change(user, password=passwords.hashed("самый первый раз 1"))
    give.last = "самый первый раз 1"  # type: ignore[attr-defined]
    with nothing_changes(), pytest.raises(Invalid, match="уже использовали"):
        accounts.change_password(user.id, old=give.last, new=give.last)  # type: ignore[attr-defined]
    for number in range(2, 6):
        give(user, f"кот бежал по лесу {number}")
    history = rows(m.PasswordHistory, m.PasswordHistory.user_id == user.id)
    assert len(history) == passwords.KEPT
    assert not any("кот" in row.password_hash for row in history)
    for used in ("самый первый раз 1", "кот бежал по лесу 3"):
        with nothing_changes(), pytest.raises(Invalid, match="уже использовали"):
            accounts.change_password(user.id, old=give.last, new=used)  # type: ignore[attr-defined]
    give(user, "кот бежал по лесу 6")
    give(user, "самый первый раз 1")
    assert len(rows(m.PasswordHistory, m.PasswordHistory.user_id == user.id)) == passwords.KEPT
    now = fetch(m.Account, user.id)
    assert check_password_hash(now.password, "самый первый раз 1")
    assert now.session_epoch == 7
    assert len(journal("ab_user.password_changed")) == 6
    letters = rows(m.Letter, m.Letter.user_id == user.id)
    assert {letter.subject for letter in letters} == {"Пароль сменён"}
    assert not any("кот" in letter.body or "первый раз" in letter.body for letter in letters)


def test_the_old_password_is_asked(session: Any) -> None:
    user = make_account()
    with nothing_changes(), pytest.raises(Invalid, match="Прежний пароль"):
        accounts.change_password(user.id, old="", new=GOOD[0])


def test_a_one_time_password_is_readable_on_paper(session: Any) -> None:
    made = {passwords.give_one_time(make_account()) for _ in range(5)}
    assert len(made) == 5
    assert all(len(p) == 11 and not set(p) & set("0Oo1lI") for p in made)
