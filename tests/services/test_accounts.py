"""Signing in with lockout and the second step; recovery by a letter; closing and opening the entrance."""

from __future__ import annotations

import datetime as dt
import re
import time
from dataclasses import replace
from typing import Any

import pyotp
import pytest
from sqlalchemy import text
from werkzeug.security import check_password_hash

from app import models as m
from app.access import acting_as
from app.clock import now, today
from app.errors import Conflict, Forbidden, Invalid, NotFound
from app.services.access import accounts, failures, passwords, recovery, second_factor, sessions, sign_in
from tests.services.makers import (
    change,
    fetch,
    journal,
    make_account,
    make_actor,
    make_employee,
    make_organization,
    make_person,
    nothing_changes,
    rows,
    save,
)  # fmt: skip
from tests.statements import recorded
from tests.waiting import until

PASSWORD = "кот бежал по лесу 1"
ATTEMPT = sign_in.Attempt(3, 15, "192.0.2.7", "Firefox 130, Linux")


def make_user(**values: Any) -> Any:
    return change(make_account(), password=passwords.hashed(PASSWORD), **values)


def failed(user: Any) -> dict[str, int]:
    """Place → failures counted for the login of an account."""
    found = rows(m.SignInFailure, m.SignInFailure.login == failures.hash_of(user.username))
    return {row.source: row.failures for row in found}


def code_of(user: Any, *, step: int = 0) -> str:
    """The code that the telephone shows ``step`` codes later."""
    application = pyotp.TOTP(second_factor._secret_of(fetch(m.Account, user.id)))
    return str(application.generate_otp(int(time.time()) // 30 + step))


def with_factor(user: Any) -> list[str]:
    """Switch the second factor on; the code of the step before is used up."""
    second_factor.set_up(user.id)
    return second_factor.turn_on(user.id, code_of(user, step=-1))


# --- signing in ------------------------------------------------------------------------------------------------------


def test_a_sign_in_is_journalled_with_its_browser(session: Any) -> None:
    user = make_user()
    with pytest.raises(Invalid):
        sign_in.sign_in(user.username, "wrong", ATTEMPT)
    account = sign_in.sign_in(user.username.upper(), PASSWORD, ATTEMPT)
    assert (account.id, account.second_factor) == (user.id, False)
    entry = sign_in.recent_entries(user.id)[0]
    assert (entry.action, entry.address, entry.browser) == ("ab_user.signed_in", "192.0.2.7", "Firefox 130, Linux")
    assert failed(user) == {}


@pytest.mark.parametrize("password", [None, ""])
def test_an_account_without_a_password_lets_nobody_in(session: Any, password: str | None) -> None:
    user = change(make_account(), password=password)
    for typed in ("", "no such account", "x"):
        with pytest.raises(Invalid):
            sign_in.sign_in(user.username, typed, ATTEMPT)


def test_every_refusal_says_the_same(session: Any) -> None:
    user, off = make_user(), make_user(active=False)
    said = set()
    for login, password in ((user.username, "x"), (off.username, PASSWORD), ("nobody", PASSWORD)):
        with pytest.raises(Invalid) as refusal:
            sign_in.sign_in(login, password, ATTEMPT)
        said.add(refusal.value.message)
    assert len(said) == 1
    assert journal("ab_user.signed_in") == []


def test_failures_close_the_account_for_a_while(session: Any) -> None:
    user = make_user()
    for _ in range(3):
        with pytest.raises(Invalid):
            sign_in.sign_in(user.username, "wrong", ATTEMPT)
    assert len(journal("ab_user.locked")) == 1
    with nothing_changes(), pytest.raises(Invalid):
        sign_in.sign_in(user.username, PASSWORD, ATTEMPT)


def test_every_refusal_costs_the_same_work(session: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """One hash is computed and the same rows are written, whether the login exists, is closed, or the password is wrong."""
    known, shut, closed = make_user(), make_user(), make_user(locked_until=accounts.CLOSED)
    for _ in range(3):
        with pytest.raises(Invalid):
            sign_in.sign_in(shut.username, "wrong", ATTEMPT)
    hashed: list[str] = []

    def counting(stored: str, password: str) -> bool:
        hashed.append(stored)
        return check_password_hash(stored, password)

    monkeypatch.setattr(passwords, "check_password_hash", counting)
    work = []
    for login in (known.username, "nobody at all", shut.username, closed.username):
        hashed.clear()
        with recorded() as statements, pytest.raises(Invalid):
            sign_in.sign_in(login, "wrong", ATTEMPT)
        work.append((len(hashed), [statement.split()[0] for statement in statements]))
    assert {number for number, _ in work} == {1}
    assert len({tuple(statements) for _, statements in work}) == 1, work
    assert all(re.match("scrypt:|pbkdf2:", stored) for stored in hashed)


def test_each_closing_is_twice_as_long_and_only_for_that_address(session: Any) -> None:
    user, terms = make_user(), []
    for _ in range(3):
        for _ in range(3):
            with pytest.raises(Invalid):
                sign_in.sign_in(user.username, "wrong", ATTEMPT)
        row = next(r for r in rows(m.SignInFailure) if r.source == "address:192.0.2.7")
        terms.append(round((row.closed_until - now()).total_seconds() / 60))
        session.execute(
            text("UPDATE sign_in_failure SET closed_until = :past"), {"past": now() - dt.timedelta(seconds=1)}
        )
        session.commit()
    assert terms == [15, 30, 60]
    elsewhere = replace(ATTEMPT, address="198.51.100.1")
    assert sign_in.sign_in(user.username, PASSWORD, elsewhere).id == user.id


def test_many_addresses_together_close_it_for_strangers_but_not_for_a_known_device(session: Any) -> None:
    user = make_user()
    for number in range(30):
        with pytest.raises(Invalid):
            sign_in.sign_in(user.username, "wrong", replace(ATTEMPT, address=f"198.51.100.{number}"))
    with pytest.raises(Invalid):
        sign_in.sign_in(user.username, PASSWORD, replace(ATTEMPT, address="203.0.113.1"))
    device = replace(ATTEMPT, device="known", known=frozenset({failures.hash_of(user.username)}))
    assert sign_in.sign_in(user.username, PASSWORD, device).id == user.id


def test_one_closed_address_does_not_close_the_others(session: Any) -> None:
    user = make_user()
    for _ in range(40):
        with pytest.raises(Invalid):
            sign_in.sign_in(user.username, "wrong", ATTEMPT)
    assert failed(user)[failures.ELSEWHERE] == 3
    assert sign_in.sign_in(user.username, PASSWORD, replace(ATTEMPT, address="203.0.113.1")).id == user.id


def test_who_may_open_the_entrance_opens_it_everywhere(session: Any) -> None:
    user = make_user()
    for _ in range(3):
        with pytest.raises(Invalid):
            sign_in.sign_in(user.username, "wrong", ATTEMPT)
    with acting_as(make_actor("admin")):
        accounts.unlock(user.id)
        with nothing_changes(), pytest.raises(Conflict, match="не закрыт"):
            accounts.unlock(user.id)
    assert sign_in.sign_in(user.username, PASSWORD, ATTEMPT).id == user.id


def test_a_one_time_password_ends_after_its_days(session: Any) -> None:
    user = make_user()
    with acting_as(make_actor("admin")):
        password = accounts.reset_password(user.id)
    until = fetch(m.Account, user.id).one_time_until
    assert round((until - now()).total_seconds() / 86400) == 14
    assert sign_in.sign_in(user.username, password, ATTEMPT).must_change_password
    change(fetch(m.Account, user.id), one_time_until=now() - dt.timedelta(seconds=1))
    with pytest.raises(Invalid, match="больше не действует"):
        sign_in.sign_in(user.username, password, ATTEMPT)
    with pytest.raises(Invalid, match="Неверный логин или пароль"):
        sign_in.sign_in(user.username, "wrong", ATTEMPT)
    assert len(journal("ab_user.signed_in")) == 1
    accounts.change_password(user.id, old=password, new="совсем другой пароль 2")
    assert fetch(m.Account, user.id).one_time_until is None


# --- the second step -------------------------------------------------------------------------------------------------


def test_the_password_alone_signs_nobody_in_and_forgives_no_failure(session: Any) -> None:
    """Who knows the password may not try codes without end by entering it again and again."""
    user = make_user()
    with_factor(user)
    account = sign_in.sign_in(user.username, PASSWORD, ATTEMPT)
    assert account.second_factor
    assert journal("ab_user.signed_in") == []
    for number in (1, 2):
        with pytest.raises(Invalid):
            sign_in.confirm(account.get_id(), "000000", ATTEMPT)
        assert sign_in.sign_in(user.username, PASSWORD, ATTEMPT).id == user.id
        assert failed(user) == {"address:192.0.2.7": number, failures.ELSEWHERE: number}
    with pytest.raises(Conflict, match="Вход закрыт на 15"):
        sign_in.confirm(account.get_id(), "000000", ATTEMPT)
    with nothing_changes(), pytest.raises(Conflict):
        sign_in.confirm(account.get_id(), code_of(user), ATTEMPT)


def test_a_code_works_once(session: Any) -> None:
    user = make_user()
    with_factor(user)
    account = sign_in.sign_in(user.username, PASSWORD, ATTEMPT)
    code = code_of(user)
    assert sign_in.confirm(account.get_id(), f" {code[:3]} {code[3:]} ", ATTEMPT).id == user.id
    assert len(journal("ab_user.signed_in")) == 1
    with pytest.raises(Invalid, match="Код не подошёл"):
        sign_in.confirm(account.get_id(), code, ATTEMPT)


@pytest.mark.parametrize(("step", "taken"), [(-2, False), (0, True), (1, True), (3, False)])
def test_clocks_may_differ_by_one_step(session: Any, step: int, *, taken: bool) -> None:
    user = make_user()
    with_factor(user)
    change(user, totp_step=0)
    account = sign_in.sign_in(user.username, PASSWORD, ATTEMPT)
    code = code_of(user, step=step)
    if taken:
        assert sign_in.confirm(account.get_id(), code, ATTEMPT).id == user.id
    else:
        with pytest.raises(Invalid):
            sign_in.confirm(account.get_id(), code, ATTEMPT)


def test_a_recovery_code_works_once_and_tells_the_owner(session: Any) -> None:
    user = make_user()
    codes = with_factor(user)
    account = sign_in.sign_in(user.username, PASSWORD, ATTEMPT)
    assert sign_in.confirm(account.get_id(), codes[0].lower().replace("-", " "), ATTEMPT).id == user.id
    assert second_factor.left_codes(user.id) == 9
    with pytest.raises(Invalid):
        sign_in.confirm(account.get_id(), codes[0], ATTEMPT)
    subjects = [letter.subject for letter in rows(m.Letter, m.Letter.user_id == user.id)]
    assert subjects == ["Второй шаг входа включён", "Использован запасной код"]


def test_a_sign_in_between_the_steps_ends_with_the_sessions(session: Any) -> None:
    user = make_user()
    with_factor(user)
    account = sign_in.sign_in(user.username, PASSWORD, ATTEMPT)
    sessions.end_all(user.id)
    with nothing_changes(), pytest.raises(Conflict, match="Войдите заново"):
        sign_in.confirm(account.get_id(), code_of(user), ATTEMPT)


# --- recovery --------------------------------------------------------------------------------------------------------


def secret_in(letter: Any) -> str:
    found = re.search(r"/(?:recovery|invitation)/(\S+)", letter.body)
    assert found
    return found[1]


def ask(typed: str) -> list[Any]:
    """Ask for recovery; the letters that exist afterwards."""
    recovery.ask(typed, address="192.0.2.7")
    return rows(m.Letter)


@pytest.mark.parametrize("how", ["login", "email", "snils"])
def test_access_is_recovered_by_login_email_and_snils(session: Any, how: str) -> None:
    person = make_employee()
    user = change(make_account(person), password=passwords.hashed(PASSWORD), locked_until=None)
    typed = {"login": user.username.upper(), "email": f" {user.email} ", "snils": person.snils}[how]
    epoch = user.session_epoch
    (letter,) = ask(typed)
    assert (letter.recipient, letter.user_id) == (user.email, user.id)
    secret = secret_in(letter)
    assert recovery.owner_of("recovery", secret) == recovery.Owner(user.full_name, user.username)
    with nothing_changes(), pytest.raises(Invalid):
        recovery.set_by_link("recovery", secret, PASSWORD)  # the same as now: the link stays alive
    recovery.set_by_link("recovery", secret, "совсем другой пароль 2")
    now = fetch(m.Account, user.id)
    assert check_password_hash(now.password, "совсем другой пароль 2")
    assert now.session_epoch == epoch + 1
    assert [x.subject for x in rows(m.Letter)] == ["Восстановление доступа", "Пароль сменён"]
    assert journal("ab_user.password_changed")[0].user_id == user.id
    with nothing_changes(), pytest.raises(NotFound):
        recovery.set_by_link("recovery", secret, "и ещё один пароль 3")
    assert secret not in str([(e.changes, e.object_label) for e in rows(m.AuditEntry)])


def test_unknown_and_closed_accounts_get_no_letter_and_the_same_time(session: Any) -> None:
    known, off, closed = make_user(), make_user(active=False), make_user(locked_until=accounts.CLOSED)
    nobody = change(make_user(), email=None)
    letters = len(ask(known.username))
    for login in (off.username, closed.username, nobody.username, "there-is-nobody-like-this", "' OR 1=1 --\x00"):
        assert len(ask(login)) == letters == 1


def test_an_answer_takes_the_same_time_for_known_and_unknown_accounts(session: Any) -> None:
    known = make_user()

    def spent(login: str) -> float:
        began = time.monotonic()
        ask(login)
        return time.monotonic() - began

    def are_alike() -> bool:
        times = [spent(login) for login in (known.username, "there-is-nobody-like-this")]
        assert min(times) >= recovery.ANSWER_SECONDS
        return max(times) - min(times) < recovery.ANSWER_SECONDS / 2

    until(are_alike)  # other work may hold up one of the two


def test_a_mailbox_is_not_flooded_and_only_the_newest_link_works(session: Any) -> None:
    user = make_user()
    for _ in range(recovery.MOST_LETTERS + 2):
        letters = ask(user.username)
    assert len(letters) == recovery.MOST_LETTERS
    with pytest.raises(NotFound):
        recovery.owner_of("recovery", secret_in(letters[0]))
    assert recovery.owner_of("recovery", secret_in(letters[-1])).login == user.username
    for wrong in ("", "x", secret_in(letters[-1])[:-1]):
        with pytest.raises(NotFound):
            recovery.owner_of("recovery", wrong)
    with pytest.raises(NotFound):  # a link opens only what it was sent for
        recovery.owner_of("invitation", secret_in(letters[-1]))


def test_a_link_dies_after_its_hours_and_with_the_account(session: Any) -> None:
    user = make_user()
    secret = secret_in(ask(user.username)[-1])
    change(user, locked_until=accounts.CLOSED)
    with pytest.raises(NotFound, match="закрыт"):
        recovery.set_by_link("recovery", secret, "совсем другой пароль 2")
    change(user, locked_until=None)
    assert recovery.owner_of("recovery", secret).login == user.username
    change(rows(m.OneTimeLink)[0], expires_at=now() - dt.timedelta(seconds=1))
    with nothing_changes(), pytest.raises(NotFound):
        recovery.set_by_link("recovery", secret, "совсем другой пароль 2")


# --- closing and opening the entrance --------------------------------------------------------------------------------


def grant(person: Any, role: str = "worker", **place: Any) -> Any:
    return save(m.Assignment(user_id=person.actor.user_id, role=role, valid_from=today(), **place))


def test_a_school_closes_and_opens_the_entrance_of_its_people(session: Any) -> None:
    school = make_organization()
    person, actor = make_person(school), make_actor("school", school)
    grant(person)
    with acting_as(actor):
        accounts.lock(person.actor.user_id)
        with pytest.raises(Conflict):
            accounts.lock(person.actor.user_id)
    user = fetch(m.Account, person.actor.user_id)
    assert accounts.is_closed(user)
    assert user.session_epoch == 2
    with acting_as(actor):
        accounts.unlock(user.id)
    assert fetch(m.Account, user.id).locked_until is None
    assert [x.subject for x in rows(m.Letter)] == ["Вход в портал закрыт", "Вход в портал открыт"]
    assert [e.user_id for e in (*journal("ab_user.closed"), *journal("ab_user.opened"))] == [actor.user_id] * 2


@pytest.mark.parametrize("role", ["school", "organizer", "operator", "admin"])
def test_a_school_touches_no_account_with_another_role(session: Any, role: str) -> None:
    school = make_organization()
    person, actor = make_person(school), make_actor("school", school)
    grant(person)
    grant(person, role, **({"organization_id": school.id} if role in ("school", "organizer") else {}))
    change(fetch(m.Account, person.actor.user_id), locked_until=accounts.CLOSED)
    for action in (accounts.lock, accounts.unlock, accounts.reset_password, second_factor.reset):
        with acting_as(actor), nothing_changes(), pytest.raises(Forbidden):
            action(person.actor.user_id)


def test_foreign_accounts_are_missing_and_the_own_stays_open(session: Any) -> None:
    school, other = make_organization(), make_organization()
    stranger, actor = make_person(other), make_actor("school", school)
    with acting_as(actor), nothing_changes():
        for pk, error in ((stranger.actor.user_id, NotFound), (2_000_000_000, NotFound), (actor.user_id, Forbidden)):
            with pytest.raises(error):
                accounts.lock(pk)
    operator = make_actor("operator")
    boss = make_account()
    save(m.Assignment(user_id=boss.id, role="admin", valid_from=today()))
    with acting_as(operator), nothing_changes():
        with pytest.raises(Forbidden):
            accounts.lock(boss.id)
        with pytest.raises(Conflict, match="самому себе"):
            accounts.lock(operator.user_id)


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36", "Chrome 130, Windows"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0", "Firefox 130, Linux"),
        ("Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/126.0 YaBrowser/24.7 Mobile Safari/537.36", "Яндекс Браузер 24, Android"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605 Version/17.5 Mobile Safari/604.1", "Safari 17, iPhone"),
        ("curl/8.5.0", "неизвестный браузер"),
        ("", ""),
    ],
)  # fmt: skip
def test_a_browser_in_words(agent: str, words: str) -> None:
    assert sign_in.browser_words(agent) == words
