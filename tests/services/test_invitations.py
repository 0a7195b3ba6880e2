"""Accounts that a school makes for its people: by a letter, by a sheet; what it may not touch stays as it is."""

from __future__ import annotations

import io
from typing import Any

import pytest
from docx import Document
from sqlalchemy import select, text
from werkzeug.security import check_password_hash

from app import models as m
from app.access import acting_as
from app.clock import today
from app.documents.papers.access_sheet import build_access_sheet
from app.errors import Conflict, Forbidden, Invalid, NotFound
from app.extensions import db
from app.services.access import accounts, invitations, recovery, sign_in
from app.services.personnel.consents import consent_texts, consents
from app.services.portal import who_acts
from app.services.tasks import background
from app.web.personnel import invitation_pages
from tests.services.makers import (
    DAY,
    change,
    fetch,
    journal,
    make_account,
    make_actor,
    make_employee,
    make_employment,
    make_organization,
    nothing_changes,
    rows,
    save,
)  # fmt: skip
from tests.services.scans import pdf
from tests.services.test_accounts import ATTEMPT, secret_in

NEW = "кот бежал по лесу 1"


@pytest.fixture
def school(session: Any) -> Any:
    return make_organization()


@pytest.fixture
def responsible(school: Any) -> Any:
    return make_actor("school", school)


def hire(school: Any, **over: Any) -> Any:
    person = make_employee(**over)
    make_employment(person, school)
    return person


def account_of(person: Any) -> Any:
    found = rows(m.Account, m.Account.employee_id == person.id)
    return found[0] if found else None


def test_an_invited_person_sets_the_password_and_enters(school: Any, responsible: Any) -> None:
    person = hire(school)
    with acting_as(responsible):
        user = invitations.invite(person.id)
    assert (user.username, user.email, user.employee_id) == (person.email, person.email, person.id)
    roles = rows(m.Assignment, m.Assignment.user_id == user.id)
    assert [(a.role, a.organization_id, a.valid_to) for a in roles] == [("worker", None, None)]
    (letter,) = rows(m.Letter)
    assert letter.recipient == person.email
    for typed in ("", "no such account", "None"):
        with pytest.raises(Invalid):
            sign_in.sign_in(user.username, typed, ATTEMPT)
    recovery.set_by_link("invitation", secret_in(letter), NEW)
    account = sign_in.sign_in(user.username, NEW, ATTEMPT)
    assert (account.actor.roles, account.must_change_password) == (frozenset({"worker"}), False)
    with nothing_changes(), pytest.raises(NotFound):
        recovery.set_by_link("invitation", secret_in(letter), "и ещё один пароль 3")
    assert [e.user_id for e in journal("ab_user.invited")] == [responsible.user_id]
    with acting_as(responsible), nothing_changes(), pytest.raises(Conflict, match="уже входит"):
        invitations.invite(person.id)


def test_an_invitation_is_sent_again_to_the_mended_address(school: Any, responsible: Any) -> None:
    person = hire(school, email="wrong@example.org")
    with acting_as(responsible):
        first = invitations.invite(person.id)
    change(person, email="right@example.org")
    with acting_as(responsible):
        second = invitations.invite(person.id)
    letters = rows(m.Letter)
    assert (first.id, [x.recipient for x in letters]) == (second.id, ["wrong@example.org", "right@example.org"])
    assert (second.username, second.email) == ("right@example.org",) * 2
    with pytest.raises(NotFound):
        recovery.owner_of("invitation", secret_in(letters[0]))
    assert recovery.owner_of("invitation", secret_in(letters[1])).login == "right@example.org"
    assert len(rows(m.Account, m.Account.employee_id == person.id)) == 1


def test_without_an_address_or_with_a_taken_one_nothing_is_sent(school: Any, responsible: Any) -> None:
    other = make_account()
    nobody, taken = hire(school, email=None), hire(school, email=other.email.upper())
    for person, words in ((nobody, "нет электронной почты"), (taken, "уже занят")):
        with acting_as(responsible), nothing_changes(), pytest.raises(Conflict, match=words):
            invitations.invite(person.id)


def test_a_sheet_gives_a_login_and_a_password_for_one_time(school: Any, responsible: Any) -> None:
    person = hire(school, email=None, last_name="Щукина-Жёлтая", first_name="Юлия", patronymic="Эдуардовна")
    with acting_as(responsible):
        access = invitations.give_access(person.id)
    assert (access.name, access.workplace) == (person.full_name, school.short_name)
    assert access.login == "shchukinazheltaya.ye"
    user = account_of(person)
    assert user.email is None
    assert check_password_hash(user.password, access.password)
    account = sign_in.sign_in(access.login, access.password, ATTEMPT)
    assert account.must_change_password
    accounts.change_password(user.id, old=access.password, new=NEW)
    assert not sign_in.sign_in(access.login, NEW, ATTEMPT).must_change_password
    assert rows(m.Letter) == []
    everything = str([(e.changes, e.object_label) for e in rows(m.AuditEntry)])
    assert access.password not in everything
    with acting_as(responsible):  # forgotten: there is no e-mail to recover it by
        again = invitations.give_access(person.id)
    assert (again.login, again.password != access.password) == (access.login, True)


def test_namesakes_get_different_logins(school: Any, responsible: Any) -> None:
    names = {"email": None, "last_name": "Ёлкина", "first_name": "Анна", "patronymic": None}
    with acting_as(responsible):
        logins = [invitations.give_access(hire(school, **names).id).login for _ in range(3)]
    assert logins == ["elkina.a", "elkina.a2", "elkina.a3"]


def test_an_account_with_an_address_in_use_gets_no_new_password(school: Any, responsible: Any) -> None:
    person = hire(school)
    user = change(make_account(person), login_count=3)
    save(m.Assignment(user_id=user.id, role="worker", valid_from=today()))
    with acting_as(responsible), nothing_changes(), pytest.raises(Conflict, match="восстановит сам"):
        invitations.give_access(person.id)


@pytest.mark.parametrize("role", ["operator", "admin", "ministry"])
def test_an_account_with_another_role_is_not_the_schools_to_invite(school: Any, responsible: Any, role: str) -> None:
    person = hire(school)
    user = make_account(person)
    for code in ("worker", role):
        save(m.Assignment(user_id=user.id, role=code, valid_from=today() + DAY))
    for action in (invitations.invite, invitations.give_access):
        with acting_as(responsible), nothing_changes(), pytest.raises(Forbidden):
            action(person.id)


def test_own_foreign_and_dismissed_people(school: Any, responsible: Any) -> None:
    foreign, gone = hire(make_organization()), make_employee()
    make_employment(gone, school, ended_on=today() - DAY)
    me = hire(school)
    change(fetch(m.Account, responsible.user_id), employee_id=me.id)
    cases = ((foreign, NotFound), (gone, Conflict), (me, Forbidden))
    for person, error in cases:
        for action in (invitations.invite, invitations.give_access):
            with acting_as(responsible), nothing_changes(), pytest.raises(error):
                action(person.id)
    for role in ("worker", "territory", "ministry", "organizer", "observer", "admin"):
        with acting_as(make_actor(role)), nothing_changes(), pytest.raises((NotFound, Forbidden)):
            invitations.invite(foreign.id)


def test_a_closed_account_is_opened_first(school: Any, responsible: Any) -> None:
    person = hire(school)
    with acting_as(responsible):
        user = invitations.invite(person.id)
        save(m.Assignment(user_id=user.id, role="worker", valid_from=today(), valid_to=today()))
        accounts.lock(user.id)
        for action in (invitations.invite, invitations.give_access):
            with nothing_changes(), pytest.raises(Conflict, match="Вход закрыт"):
                action(person.id)


def test_a_school_does_not_see_the_roles_of_its_people(school: Any, responsible: Any) -> None:
    person = hire(school)
    user = make_account(person)
    save(m.Assignment(user_id=user.id, role="ministry", valid_from=today()))
    with acting_as(responsible):
        assert db.session.scalars(select(m.Account.id).where(m.Account.id == user.id)).all() == [user.id]
        assert db.session.scalars(select(m.Assignment).where(m.Assignment.user_id == user.id)).all() == []


# --- many at once ----------------------------------------------------------------------------------------------------


def order(actor: Any, people: list[Any], *, paper: bool) -> Any:
    with acting_as(actor):
        return background.submit(
            invitation_pages.INVITE, "Листы", {"ids": [p.id for p in people], "paper": paper},
            total=len(people), permission="employee:access_sheet",
        )  # fmt: skip


@pytest.fixture
def real(session: Any, school: Any) -> Any:
    """A responsible person whose roles are in the database: the work acts with those."""
    user = make_account()
    save(m.Assignment(user_id=user.id, role="school", organization_id=school.id, valid_from=today()))
    account = who_acts.load_account(user.id)
    assert account is not None
    return account.actor


def test_sheets_of_many_people_are_one_file(school: Any, real: Any, app: Any) -> None:
    people = [hire(school, email=None, last_name=name) for name in ("Белова", "Волкова", "Гусева")]
    foreign = hire(make_organization(), email=None)
    pk = order(real, [*people, foreign], paper=True)
    background.run(pk, last=True)
    job = fetch(m.BackgroundJob, pk)
    assert (job.status.value, job.message) == (
        "done", "Листов с паролями: 3. Отказано: 1. Один из выбранных людей у вас больше не работает.",
    )  # fmt: skip
    with acting_as(real):
        _stored, path = background.open_result(pk)
    words = [cell.text for row in Document(path).tables[0].rows for cell in row.cells]
    assert [next(p.last_name for p in people if p.last_name in text) for text in words] == [
        "Белова",
        "Волкова",
        "Гусева",
    ]
    for person, slip in zip(people, words, strict=True):
        password = slip.split("Одноразовый пароль: ", 1)[1].split("\n", 1)[0]
        assert check_password_hash(account_of(person).password, password)
    assert account_of(foreign) is None


def test_many_invitations_are_work_too(school: Any, real: Any) -> None:
    people = [hire(school) for _ in range(3)] + [hire(school, email=None)]
    pk = order(real, people, paper=False)
    background.run(pk, last=True)
    job = fetch(m.BackgroundJob, pk)
    assert job.message.startswith("Приглашений отправлено: 3. Отказано: 1. В карточке нет электронной почты")
    assert job.file_id is None
    assert len(rows(m.Letter)) == 3


def test_a_slip_names_all_that_is_needed() -> None:
    slip = invitations.Access("Белова Анна", "Школа № 5", "belova.a", "abcde-fghjk")
    document = Document(io.BytesIO(build_access_sheet([slip] * 12, "https://kadry.example.ru")))
    rows_ = document.tables[0].rows
    assert len(rows_) == 12
    for part in ("Белова Анна", "Школа № 5", "belova.a", "abcde-fghjk", "https://kadry.example.ru", "до первого входа"):
        assert part in rows_[0].cells[0].text
    assert all("w:cantSplit" in row._tr.xml for row in rows_)


def test_one_person_has_one_account_whoever_is_first(session: Any, school: Any, responsible: Any) -> None:
    person = hire(school)
    with acting_as(responsible):
        invitations.invite(person.id)
        invitations.invite(person.id)
    count = session.execute(text("SELECT count(*) FROM ab_user WHERE employee_id = :p"), {"p": person.id}).scalar_one()
    assert count == 1


def test_the_consent_is_asked_of_who_has_given_none_also_on_paper(school: Any, responsible: Any) -> None:
    asked, on_paper = hire(school), hire(school)
    with acting_as(responsible):
        consents.record_paper(on_paper.id, ["processing"], name="a.pdf", data=pdf())
        first, second = invitations.invite(asked.id), invitations.invite(on_paper.id)
    assert (first.must_consent, second.must_consent) == (True, False)
    with acting_as(who_acts.load_account(first.id).actor):  # type: ignore[union-attr]
        text = consent_texts.current_texts()[0]
        consents.give(text.id)
    assert not account_of(asked).must_consent
    late = hire(school)
    with acting_as(responsible):
        invitations.invite(late.id)
        consents.record_paper(late.id, ["processing"], name="a.pdf", data=pdf())
    assert not account_of(late).must_consent


def test_who_gave_no_consent_ends_the_processing_and_is_told_so(school: Any, responsible: Any) -> None:
    person = hire(school)
    with acting_as(responsible):
        user = invitations.invite(person.id)
    with acting_as(who_acts.load_account(user.id).actor):  # type: ignore[union-attr]
        consents.close_cabinet()
    letter = rows(m.Letter)[-1]
    assert letter.subject == "Обработка данных прекращается, личный кабинет закрыт"
    assert "Вы не дали согласия" in letter.body and "отозвали" not in letter.body
