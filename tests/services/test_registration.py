"""From the form to the confirmed card: one cabinet a person, and nobody learns about anybody (order § 2.2–2.7)."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import update
from werkzeug.security import check_password_hash

from app import models as m
from app import statuses as st
from app.access import acting_as
from app.clock import now, today
from app.errors import Conflict, Forbidden, Invalid, NotFound
from app.services.access import access_requests, links, own_registration, registration_check, registrations
from app.services.personnel.consents import consent_texts
from app.services.portal import calendar, captcha, files, who_acts
from tests.concurrency.clients import refused, run_at_once, succeeded
from tests.services import makers as mk
from tests.services.scans import pdf

PASSWORD = "Дождь-стучит-по-крыше"
S = st.RegistrationStatus


@pytest.fixture(autouse=True)
def _quick_captcha(app: Any) -> Iterator[None]:
    app.config["CAPTCHA_SECONDS"] = 0
    yield
    del app.config["CAPTCHA_SECONDS"]


@pytest.fixture
def school(session: Any) -> Any:
    return mk.make_organization()


def typed(school: Any, **over: Any) -> dict[str, Any]:
    values = {
        "last_name": "ёлкина",
        "first_name": "Мария",
        "patronymic": "Петровна",
        "birth_date": dt.date(1985, 3, 12),
        "snils": mk.next_snils(),
        "email": "Elkina@Example.org",
        "phone": "8 (927) 123-45-67",
        "organization_id": school.id,
        "position_id": mk.make_position().id,
    }
    return values | over


def ids_of_texts(*purposes: str) -> list[int]:
    return [text.id for text in consent_texts.current_texts() if text.purpose in (purposes or consent_texts.PURPOSES)]


def sign_up(values: dict[str, Any], *, texts: list[int] | None = None, password: str = PASSWORD) -> None:
    """Fill the form as a stranger."""
    with acting_as(who_acts.ANONYMOUS):
        registrations.register(
            values,
            subject_ids=[mk.make_subject().id],
            text_ids=ids_of_texts() if texts is None else texts,
            password=password,
            token=captcha.ask().token,
        )


def letters_to(address: str) -> list[m.Letter]:
    return mk.rows(m.Letter, m.Letter.recipient == address)


def secret_in(letter: m.Letter) -> str:
    found = re.search(r"/register/confirm/([\w-]{40,})", letter.body)
    assert found is not None
    return found[1]


def answer_letter(address: str) -> m.Registration:
    with acting_as(who_acts.ANONYMOUS):
        return registrations.confirm_email(secret_in(letters_to(address)[-1]))


def pending(school: Any, **over: Any) -> m.Registration:
    values = typed(school, **over)
    sign_up(values)
    return answer_letter(values["email"].lower())


def as_person(row: m.Registration) -> Any:
    account = who_acts.load_account(row.user_id or 0)
    assert account is not None
    return acting_as(account.actor)


# --- the form --------------------------------------------------------------------------------------------------------


def test_a_form_leaves_one_row_one_letter_and_no_account(school: Any) -> None:
    sign_up(typed(school))
    (row,) = mk.rows(m.Registration)
    assert (row.status, row.last_name, row.email, row.phone) == (
        S.EMAIL,
        "Ёлкина",
        "elkina@example.org",
        "+79271234567",
    )
    assert check_password_hash(row.password_hash or "", PASSWORD)
    assert [given["text_id"] for given in row.consents] == ids_of_texts()
    (letter,) = letters_to("elkina@example.org")
    assert letter.template == "registration_link"
    assert mk.rows(m.Account) == []
    entries = mk.journal("registration.created")
    assert [(e.object_label, e.changes) for e in entries] == [(f"регистрация № {row.id}", {})]


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("birth_date", dt.date(2019, 5, 1), "возраст"),
        ("birth_date", dt.date(1890, 5, 1), "возраст"),
        ("birth_date", None, "Заполните"),
        ("snils", "123-456-789 01", "СНИЛС"),
        ("email", "мария", "почт"),
        ("phone", "", "телефон"),
        ("phone", "123", "номер"),
        ("last_name", "", "Заполните"),
        ("first_name", "Masha", "имя"),
        ("organization", None, "Заполните"),
        ("position", 2_000_000, "должности"),
        ("organization", 2_000_000, "организации"),
    ],
)
def test_a_wrong_value_is_named_beside_its_field(school: Any, field: str, value: Any, words: str) -> None:
    key = f"{field}_id" if field in ("organization", "position") else field
    values = typed(school, **{key: value})
    mk.make_subject()
    with mk.nothing_changes(), pytest.raises(Invalid) as refusal:
        sign_up(values)
    assert list(refusal.value.fields) == [field]
    assert words.lower() in refusal.value.fields[field][0].lower()


def test_a_closed_organization_is_refused(school: Any) -> None:
    mk.change(school, closed_on=today())
    with pytest.raises(Invalid) as refusal:
        sign_up(typed(school))
    assert "organization" in refusal.value.fields
    assert mk.rows(m.Registration) == []


@pytest.mark.parametrize("password", ["короткий", "Пароль2026!", "Ёлкина-Мария-1985"])
def test_a_weak_password_is_refused(school: Any, password: str) -> None:
    values = typed(school)
    mk.make_subject()
    with mk.nothing_changes(), pytest.raises(Invalid) as refusal:
        sign_up(values, password=password)
    assert "new" in refusal.value.fields


def test_the_required_consent_cannot_be_left_out_the_others_can(school: Any) -> None:
    values = typed(school)
    mk.make_subject()
    with mk.nothing_changes(), pytest.raises(Invalid) as refusal:
        sign_up(values, texts=ids_of_texts("surveys", "news"))
    assert list(refusal.value.fields) == ["processing"]
    sign_up(values, texts=ids_of_texts("processing"))
    assert len(mk.rows(m.Registration)) == 1


def test_an_answered_question_is_used_once(school: Any) -> None:
    token = captcha.ask().token
    first, second = typed(school), typed(school, email="other@example.org")
    for values in (first, second):
        try:
            with acting_as(who_acts.ANONYMOUS):
                registrations.register(values, subject_ids=(), text_ids=ids_of_texts(), password=PASSWORD, token=token)
        except Invalid as refusal:
            assert values is second and "captcha" in refusal.fields
    assert [row.email for row in mk.rows(m.Registration)] == ["elkina@example.org"]


# --- who is known already --------------------------------------------------------------------------------------------


def test_a_known_person_gets_the_letter_at_the_address_on_record(school: Any) -> None:
    person = mk.make_person(school, email="card@example.org")
    account = mk.rows(m.Account, m.Account.employee_id == person.employee.id)[0]
    sign_up(typed(school, snils=person.employee.snils))
    assert mk.rows(m.Registration) == []
    assert letters_to("elkina@example.org") == []
    (letter,) = letters_to(account.email)
    assert letter.subject == "Вы уже зарегистрированы"
    assert "Забыли пароль" in letter.body
    assert person.employee.last_name not in letter.body


def test_the_address_of_another_account_gets_the_letter_there(school: Any) -> None:
    account = mk.make_account()
    sign_up(typed(school, email=account.email.upper()))
    assert mk.rows(m.Registration) == []
    assert [letter.subject for letter in letters_to(account.email)] == ["Вы уже зарегистрированы"]


def test_a_second_registration_while_the_first_waits_goes_to_the_first_address(school: Any) -> None:
    first = pending(school)
    sign_up(typed(school, snils=first.snils, email="second@example.org"))
    assert letters_to("second@example.org") == []
    assert letters_to(first.email)[-1].subject == "Вы уже зарегистрированы"


def test_a_card_without_an_account_is_registered_as_anybody(school: Any) -> None:
    person = mk.make_employee()
    sign_up(typed(school, snils=person.snils))
    assert len(mk.rows(m.Registration)) == 1


def test_one_address_gets_few_letters_an_hour(school: Any) -> None:
    for _ in range(registrations.MOST_LETTERS + 2):
        sign_up(typed(school))
    assert len(letters_to("elkina@example.org")) == registrations.MOST_LETTERS


# --- the letter is answered ------------------------------------------------------------------------------------------


def test_the_answered_letter_makes_the_account_and_the_term(school: Any) -> None:
    row = pending(school)
    row = mk.fetch(m.Registration, row.id)
    assert (row.status, row.due_on) == (S.PENDING, calendar.due_date(today(), 5))
    assert row.password_hash is None
    account = mk.fetch(m.Account, row.user_id or 0)
    assert (account.username, account.active, account.employee_id) == ("elkina@example.org", True, None)
    assert check_password_hash(account.password, PASSWORD)
    assert [(a.role, a.organization_id) for a in mk.rows(m.Assignment)] == [("worker", None)]
    assert letters_to(row.email)[-1].subject == "Заявка на регистрацию принята"
    assert all("scrypt" not in str(entry.changes) for entry in mk.rows(m.AuditEntry))
    with as_person(row):
        own = own_registration.find_open()
        assert own is not None and own.id == row.id


def test_a_link_works_once(school: Any) -> None:
    row = pending(school)
    secret = secret_in(letters_to(row.email)[0])
    with mk.nothing_changes(), pytest.raises(NotFound):
        registrations.confirm_email(secret)


def test_an_altered_or_expired_link_does_nothing(school: Any, session: Any) -> None:
    sign_up(typed(school))
    secret = secret_in(letters_to("elkina@example.org")[0])
    with mk.nothing_changes(), pytest.raises(NotFound):
        registrations.confirm_email(secret[:-1] + ("A" if secret[-1] != "A" else "B"))
    session.execute(update(m.OneTimeLink.__table__).values(expires_at=now() - dt.timedelta(minutes=1)))  # type: ignore[arg-type]
    session.commit()
    with mk.nothing_changes(), pytest.raises(NotFound):
        registrations.confirm_email(secret)


def test_a_link_of_another_purpose_is_no_link_here(school: Any, session: Any) -> None:
    sign_up(typed(school))
    (row,) = mk.rows(m.Registration)
    other = links.issue("recovery", hours=1, registration_id=row.id)
    session.commit()
    with mk.nothing_changes(), pytest.raises(NotFound):
        registrations.confirm_email(other)


def test_of_two_at_one_moment_one_wins_and_the_other_gets_a_sentence(app: Any, school: Any) -> None:
    first = typed(school)
    sign_up(first)
    for n in range(4):
        sign_up(first | {"email": f"second{n}@example.org"})
    secrets = [secret_in(letter) for letter in mk.rows(m.Letter)]
    calls = [(who_acts.ANONYMOUS, lambda s=secret: registrations.confirm_email(s)) for secret in secrets]
    results = run_at_once(app, calls)
    assert (len(succeeded(results)), len(refused(results))) == (1, 4)
    assert all(isinstance(error, Conflict) and "уже идёт" in error.message for error in refused(results))
    assert [row.status for row in mk.rows(m.Registration)].count(S.PENDING) == 1
    assert len(mk.rows(m.Account)) == 1


def test_without_the_lock_the_index_still_lets_one_win(app: Any, school: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The guard switched off: the partial unique index is the last net."""
    first = typed(school)
    for n in range(4):
        sign_up(first | {"email": f"second{n}@example.org"})
    monkeypatch.setattr(registrations, "one_at_a_time", lambda _snils: None)
    monkeypatch.setattr(registrations, "known_address", lambda _snils, _email: None)
    secrets = [secret_in(letter) for letter in mk.rows(m.Letter)]
    results = run_at_once(
        app, [(who_acts.ANONYMOUS, lambda s=secret: registrations.confirm_email(s)) for secret in secrets]
    )
    assert (len(succeeded(results)), len(refused(results))) == (1, 3)
    assert {error.message for error in refused(results)} == {
        "Регистрация с таким СНИЛС уже подана и ждёт решения оператора."
    }


# --- the operator's decision -----------------------------------------------------------------------------------------


def test_confirmation_makes_card_place_account_and_consents(school: Any) -> None:
    row, operator = pending(school), mk.make_actor("operator")
    with acting_as(operator):
        registrations.confirm(row.id)
    row = mk.fetch(m.Registration, row.id)
    assert (row.status, row.decided_by_id, row.consents) == (S.CONFIRMED, operator.user_id, [])
    person = mk.fetch(m.Employee, row.employee_id or 0)
    assert (person.snils, person.email, person.phone) == (row.snils, "elkina@example.org", "+79271234567")
    (place,) = mk.rows(m.Employment)
    assert (place.kind, place.status) == (st.EmploymentKind.MAIN, st.ConfirmationStatus.CONFIRMED)
    assert [s.name for s in place.subjects] == ["Математика"]
    assert mk.fetch(m.Account, row.user_id or 0).employee_id == person.id
    given = mk.rows(m.Consent)
    assert sorted(c.text_id for c in given) == sorted(ids_of_texts())
    assert {c.given_how for c in given} == {"self"}
    assert letters_to(row.email)[-1].subject == "Регистрация подтверждена"


def test_confirmation_joins_the_card_of_the_school_and_its_place(school: Any) -> None:
    card = mk.make_employee(
        last_name="Ёлкина", first_name="Мария", patronymic="Петровна", birth_date=dt.date(1985, 3, 12)
    )
    mk.change(card, phone=None, email="school@example.org")
    place = mk.make_employment(card, school, status=st.ConfirmationStatus.UNCONFIRMED)
    row = pending(school, snils=card.snils)
    with acting_as(mk.make_actor("operator")):
        registrations.confirm(row.id)
    assert mk.fetch(m.Registration, row.id).employee_id == card.id
    assert [p.id for p in mk.rows(m.Employment)] == [place.id]
    assert mk.fetch(m.Employment, place.id).status == st.ConfirmationStatus.CONFIRMED
    joined = mk.fetch(m.Employee, card.id)
    assert (joined.phone, joined.email) == ("+79271234567", "school@example.org")


def test_a_card_without_snils_is_found_by_name_and_birth_date_and_needs_the_word(school: Any) -> None:
    card = mk.make_employee(
        snils=None, last_name="Елкина", first_name="Мария", patronymic="Петровна", birth_date=dt.date(1985, 3, 12)
    )
    row, operator = pending(school), mk.make_actor("operator")
    with acting_as(operator):
        match = registration_check.find_match(mk.fetch(m.Registration, row.id))
        assert match is not None and match.by_name and match.employee.id == card.id
        with mk.nothing_changes(), pytest.raises(Conflict):
            registrations.confirm(row.id)
        registrations.confirm(row.id, join=True)
    assert mk.fetch(m.Employee, card.id).snils == row.snils
    assert len(mk.rows(m.Employee)) == 1


def test_another_person_of_the_same_name_gets_an_own_card(school: Any) -> None:
    mk.make_employee(
        snils=None, last_name="Ёлкина", first_name="Мария", patronymic="Петровна", birth_date=dt.date(1985, 3, 12)
    )
    row = pending(school)
    with acting_as(mk.make_actor("operator")):
        registrations.confirm(row.id, join=False)
    assert len(mk.rows(m.Employee)) == 2


def test_a_differing_name_is_shown_and_needs_the_word(school: Any) -> None:
    card = mk.make_employee(
        last_name="Соснина", first_name="Мария", patronymic="Петровна", birth_date=dt.date(1985, 3, 12)
    )
    row, operator = pending(school, snils=card.snils), mk.make_actor("operator")
    with acting_as(operator):
        with mk.nothing_changes(), pytest.raises(Conflict, match="Соснина"):
            registrations.confirm(row.id)
        with mk.nothing_changes(), pytest.raises(Conflict, match="второй карточки"):
            registrations.confirm(row.id, join=False)
        registrations.confirm(row.id, join=True)
    assert mk.fetch(m.Employee, card.id).last_name == "Соснина"
    assert mk.fetch(m.Account, row.user_id or 0).last_name == "Соснина"


def test_a_card_with_an_account_cannot_be_joined(school: Any) -> None:
    row = pending(school)
    person = mk.make_person(school, snils=row.snils)
    operator = mk.make_actor("operator")
    with acting_as(operator), mk.nothing_changes(), pytest.raises(Conflict, match="уже есть учётная запись"):
        registrations.confirm(row.id, join=True)
    assert mk.fetch(m.Employee, person.employee.id).phone is None


def test_a_main_place_elsewhere_makes_this_one_secondary(school: Any) -> None:
    card = mk.make_employee(
        last_name="Ёлкина", first_name="Мария", patronymic="Петровна", birth_date=dt.date(1985, 3, 12)
    )
    mk.make_employment(card, mk.make_organization())
    row = pending(school, snils=card.snils)
    with acting_as(mk.make_actor("operator")):
        with pytest.raises(Conflict, match="Место работы"):
            registrations.confirm(row.id)
        registrations.confirm(row.id, join=True)
    assert [p.kind for p in mk.rows(m.Employment)] == [st.EmploymentKind.MAIN, st.EmploymentKind.SECONDARY]


def test_two_operators_at_once_make_one_card(app: Any, school: Any) -> None:
    row = pending(school)
    operators = [mk.make_actor("operator") for _ in range(4)]
    results = run_at_once(app, [(actor, lambda: registrations.confirm(row.id)) for actor in operators])
    assert len(succeeded(results)) >= 1
    assert (len(mk.rows(m.Employee)), len(mk.rows(m.Employment))) == (1, 1)
    assert len([x for x in letters_to(row.email) if x.subject == "Регистрация подтверждена"]) == 1


@pytest.mark.parametrize("role", ["worker", "school", "ministry", "admin", "organizer"])
def test_nobody_but_the_operator_decides(school: Any, role: str) -> None:
    row = pending(school)
    actor = mk.make_actor(role, school) if role in ("school", "organizer") else mk.make_actor(role)
    with acting_as(actor), mk.nothing_changes():
        for decide in (
            registrations.confirm,
            lambda pk: registrations.reject(pk, "нет"),
            lambda pk: registrations.return_(pk, "нет"),
        ):
            with pytest.raises((NotFound, Forbidden)):
                decide(row.id)


# --- back and again --------------------------------------------------------------------------------------------------


def test_a_returned_registration_is_corrected_and_comes_back_with_a_new_term(school: Any) -> None:
    row = pending(school)
    with acting_as(mk.make_actor("operator")):
        with mk.nothing_changes(), pytest.raises(Invalid):
            registrations.return_(row.id, " ")
        registrations.return_(row.id, "Проверьте должность")
    returned = mk.fetch(m.Registration, row.id)
    assert (returned.status, returned.reason_text, returned.due_on) == (S.RETURNED, "Проверьте должность", None)
    assert "Проверьте должность" in letters_to(row.email)[-1].body
    other = mk.make_position("Методист", kind=st.PositionKind.TEACHING)
    with as_person(row):
        values = typed(school, snils=row.snils, last_name="Соснина", email="foreign@example.org", position_id=other.id)
        own_registration.resubmit(values, subject_ids=())
    again = mk.fetch(m.Registration, row.id)
    assert (again.status, again.last_name, again.position_id, again.email) == (
        S.PENDING, "Соснина", other.id, "elkina@example.org",
    )  # fmt: skip
    assert again.due_on == calendar.due_date(today(), 5)
    assert mk.fetch(m.Account, row.user_id or 0).last_name == "Соснина"


def test_a_refused_person_may_apply_again(school: Any) -> None:
    row = pending(school)
    with acting_as(mk.make_actor("operator")):
        registrations.reject(row.id, "Организация не подтвердила")
    assert mk.fetch(m.Registration, row.id).status == S.REJECTED
    with as_person(row):
        again = own_registration.resubmit(typed(school, snils=row.snils), subject_ids=())
    assert again.id != row.id
    assert [r.status for r in mk.rows(m.Registration)] == [S.REJECTED, S.PENDING]


def test_a_waiting_registration_is_not_corrected(school: Any) -> None:
    row = pending(school)
    values = typed(school, snils=row.snils)
    with as_person(row), mk.nothing_changes(), pytest.raises(Conflict):
        own_registration.resubmit(values, subject_ids=())


def test_the_correction_cannot_take_the_snils_of_a_known_person(school: Any) -> None:
    row, other = pending(school), mk.make_person(school)
    with acting_as(mk.make_actor("operator")):
        registrations.return_(row.id, "Проверьте СНИЛС")
    values = typed(school, snils=other.employee.snils)
    with as_person(row), mk.nothing_changes(), pytest.raises(Conflict):
        own_registration.resubmit(values, subject_ids=())


def test_abandoning_deletes_what_was_typed(school: Any) -> None:
    row = pending(school)
    with as_person(row):
        own_registration.abandon()
    assert mk.rows(m.Registration) == []
    account = mk.fetch(m.Account, row.user_id or 0)
    assert (account.active, account.email, account.password, account.last_name) == (False, None, None, "Обезличено")
    assert letters_to(row.email)[-1].subject == "Заявка на регистрацию удалена"


def test_a_confirmed_registration_stops_nothing_and_an_open_one_does(school: Any) -> None:
    row, operator = pending(school), mk.make_actor("operator")

    def ask() -> m.AccessRequest:
        order = files.Scan("Приказ.pdf", pdf())
        return access_requests.submit(f"school:{school.id}", order, details="Приказ № 7", valid_from=today())

    with as_person(row), mk.nothing_changes(), pytest.raises(Conflict, match="дождитесь подтверждения"):
        ask()
    with acting_as(operator):
        registrations.confirm(row.id)
    with as_person(row):
        assert own_registration.find_open() is None
        asked = ask()
        assert (asked.status, asked.organization_id) == (st.AccessRequestStatus.SUBMITTED, school.id)
        with mk.nothing_changes(), pytest.raises(NotFound, match="или она подтверждена"):
            own_registration.abandon()
        with mk.nothing_changes(), pytest.raises(NotFound, match="или она подтверждена"):
            own_registration.resubmit(typed(school), subject_ids=())


@pytest.mark.parametrize("decide", [registrations.return_, registrations.reject])
def test_a_returned_or_refused_registration_is_open_still(school: Any, decide: Any) -> None:
    row = pending(school)
    with acting_as(mk.make_actor("operator")):
        decide(row.id, "Уточните место работы")
    with as_person(row):
        found = own_registration.find_open()
        assert found is not None and found.id == row.id
        with mk.nothing_changes(), pytest.raises(Conflict, match="дождитесь подтверждения"):
            access_requests.submit(
                "observer:0", files.Scan("Приказ.pdf", pdf()), details="Приказ № 7", valid_from=today()
            )


def test_unanswered_registrations_are_forgotten(school: Any, session: Any) -> None:
    sign_up(typed(school))
    assert registrations.forget_unanswered() == 0
    late = now() - dt.timedelta(days=registrations.FORGET_DAYS, minutes=1)
    session.execute(update(m.Registration).values(created_at=late))
    session.commit()
    assert registrations.forget_unanswered() == 1
    assert mk.rows(m.Registration) == mk.rows(m.OneTimeLink, m.OneTimeLink.purpose == "registration") == []
    assert letters_to("elkina@example.org") == []
