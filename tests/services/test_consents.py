"""Consents: one text a purpose, versions that stay, withdrawal at once, the card made nameless (152-ФЗ, ст. 9, 21)."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from sqlalchemy import select, text, update

from app import models as m
from app import statuses as st
from app.access import acting_as
from app.clock import today
from app.errors import Conflict, Forbidden, Invalid, NotFound
from app.services.identity import anonymise, withdrawals
from app.services.paper.issuing import certificates
from app.services.personnel.consents import consent_texts, consents
from app.services.portal import who_acts
from tests.concurrency.clients import run_at_once, succeeded
from tests.services import makers as mk
from tests.services.prepared import prepared
from tests.services.scans import pdf

pytestmark = pytest.mark.usefixtures("session")

BODY = "Я даю согласие на обработку моих персональных данных. " * 8


@pytest.fixture
def person(session: Any) -> mk.Person:
    return mk.make_person(mk.make_organization())


def text_of(purpose: str) -> m.ConsentText:
    return next(text for text in consent_texts.current_texts() if text.purpose == purpose)


def give_all(person: mk.Person) -> None:
    with acting_as(person.actor):
        for purpose in consent_texts.PURPOSES:
            consents.give(text_of(purpose).id)


def account_of(person: mk.Person) -> m.Account:
    return mk.fetch(m.Account, person.actor.user_id or 0)  # type: ignore[no-any-return]


# --- texts -----------------------------------------------------------------------------------------------------------


def test_the_first_texts_are_one_a_purpose_with_the_hash_of_their_words() -> None:
    texts = consent_texts.current_texts()
    assert [(t.purpose, t.number, t.required) for t in texts] == [
        ("processing", 1, True), ("surveys", 1, False), ("news", 1, False),
    ]  # fmt: skip
    assert all(t.sha256 == consent_texts.text_hash(t.body) and "отозвать" in t.body for t in texts)


def test_a_new_version_takes_the_place_of_the_old_one_which_stays() -> None:
    old = text_of("news")
    with acting_as(mk.make_actor("operator")):
        new = consent_texts.add_version({"purpose": "news", "title": "Новости", "body": BODY, "valid_from": today()})
    assert (new.number, new.required, new.sha256) == (2, False, consent_texts.text_hash(BODY.strip()))
    assert text_of("news").id == new.id
    assert mk.fetch(m.ConsentText, old.id).body == old.body


def test_a_version_of_a_later_day_waits() -> None:
    with acting_as(mk.make_actor("operator")):
        consent_texts.add_version(
            {"purpose": "news", "title": "Новости", "body": BODY, "valid_from": today() + dt.timedelta(days=3)}
        )
    assert text_of("news").number == 1


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"purpose": "other"}, "purpose"),
        ({"title": " "}, "title"),
        ({"body": "коротко"}, "body"),
        ({"valid_from": dt.date(2020, 1, 1)}, "valid_from"),
    ],
)
def test_a_wrong_version_is_refused(change: dict[str, Any], field: str) -> None:
    values = {"purpose": "news", "title": "Новости", "body": BODY, "valid_from": today()} | change
    operator = mk.make_actor("operator")
    with acting_as(operator), mk.nothing_changes(), pytest.raises(Invalid) as refusal:
        consent_texts.add_version(values)
    assert list(refusal.value.fields) == [field]


def test_the_same_words_are_no_new_version() -> None:
    operator, body = mk.make_actor("operator"), text_of("news").body
    with acting_as(operator), mk.nothing_changes(), pytest.raises(Invalid):
        consent_texts.add_version({"purpose": "news", "title": "Новости", "body": body, "valid_from": today()})


@pytest.mark.parametrize("role", ["worker", "ministry", "admin"])
def test_only_the_operator_writes_texts(role: str) -> None:
    actor = mk.make_actor(role)
    with acting_as(actor), mk.nothing_changes(), pytest.raises(Forbidden):
        consent_texts.add_version({"purpose": "news", "title": "Новости", "body": BODY, "valid_from": today()})


# --- giving and withdrawing ------------------------------------------------------------------------------------------


def test_a_consent_is_given_withdrawn_and_given_again(person: mk.Person) -> None:
    assert not consents.has(person.employee.id, "news")
    with acting_as(person.actor):
        consents.give(text_of("news").id)
        consents.give(text_of("news").id)
    assert consents.has(person.employee.id, "news") and not consents.has(person.employee.id, "surveys")
    assert len(mk.rows(m.Consent)) == 1
    with acting_as(person.actor):
        consents.withdraw("news")
        consents.withdraw("news")
        assert not consents.has(person.employee.id, "news")
        consents.give(text_of("news").id)
    assert consents.has(person.employee.id, "news")
    assert [c.withdrawn_at is None for c in mk.rows(m.Consent)] == [False, True]
    assert len(mk.rows(m.Letter)) == 3
    assert [len(mk.journal(f"consent.{verb}")) for verb in ("given", "withdrawn")] == [2, 1]


def test_the_mailing_reaches_only_those_who_agreed(person: mk.Person, session: Any) -> None:
    mk.make_person(mk.make_organization())
    with acting_as(person.actor):
        consents.give(text_of("news").id)
    found = session.scalars(select(m.Employee.id).where(m.Employee.id.in_(consents.with_consent("news")))).all()
    assert found == [person.employee.id]


def test_a_consent_by_an_old_version_stays_in_force_and_is_renewed_by_the_person(person: mk.Person) -> None:
    give_all(person)
    with acting_as(mk.make_actor("operator")):
        new = consent_texts.add_version({"purpose": "news", "title": "Новости", "body": BODY, "valid_from": today()})
    assert consents.has(person.employee.id, "news")
    with acting_as(person.actor):
        assert [s.is_older for s in consents.own()] == [False, False, True]
        consents.give(new.id)
        standing = consents.own()[2]
    assert standing.live is not None and standing.live.text_id == new.id
    assert len([c for c in mk.rows(m.Consent) if c.withdrawn_at is None]) == 3


def test_an_old_version_cannot_be_given(person: mk.Person) -> None:
    old = text_of("news")
    with acting_as(mk.make_actor("operator")):
        consent_texts.add_version({"purpose": "news", "title": "Новости", "body": BODY, "valid_from": today()})
    with acting_as(person.actor), mk.nothing_changes(), pytest.raises(Conflict):
        consents.give(old.id)


def test_the_required_one_is_not_withdrawn_by_the_way(person: mk.Person) -> None:
    give_all(person)
    with acting_as(person.actor), mk.nothing_changes():
        with pytest.raises(Conflict):
            consents.withdraw("processing")
        with pytest.raises(NotFound):
            consents.withdraw("nothing")


def test_who_has_no_card_has_no_consents(session: Any) -> None:
    text, operator = text_of("news"), mk.make_actor("operator")
    with acting_as(operator), mk.nothing_changes():
        for action in (lambda: consents.give(text.id), consents.own, consents.close_cabinet):
            with pytest.raises(NotFound):
                action()


# --- the cabinet is closed -------------------------------------------------------------------------------------------


def test_withdrawing_the_required_consent_closes_the_cabinet_and_sets_the_task(person: mk.Person) -> None:
    give_all(person)
    epoch = account_of(person).session_epoch
    with acting_as(person.actor):
        task = consents.close_cabinet()
    assert (task.status, task.due_on) == (st.WithdrawalStatus.OPEN, today() + dt.timedelta(days=30))
    account = account_of(person)
    assert (account.active, account.session_epoch > epoch) == (False, True)
    assert who_acts.load_signed_in(f"{account.id}.{account.session_epoch}") is None
    assert all(c.withdrawn_at is not None for c in mk.rows(m.Consent))
    letter = mk.rows(m.Letter)[-1]
    assert letter.subject == "Согласие отозвано, личный кабинет закрыт"
    assert f"{task.due_on:%d.%m.%Y}" in letter.body


def test_a_double_click_makes_one_task(app: Any, person: mk.Person) -> None:
    results = run_at_once(app, [(person.actor, consents.close_cabinet)] * 4)
    assert len({row.id for row in succeeded(results)}) == 1
    assert len(mk.rows(m.ConsentWithdrawal)) == 1


# --- made nameless ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", ["worker", "school", "ministry", "admin"])
def test_only_the_operator_finishes(person: mk.Person, role: str) -> None:
    with acting_as(person.actor):
        task = consents.close_cabinet()
    actor = mk.make_actor("school", mk.make_organization()) if role == "school" else mk.make_actor(role)
    with acting_as(actor), mk.nothing_changes(), pytest.raises((NotFound, Forbidden)):
        withdrawals.finish(task.id)


def rich_world() -> mk.World:
    """A worker with a document, a live enrolment, a чек and every kind of record."""
    world: mk.World = prepared(_make_rich_world)
    return world


def _make_rich_world() -> mk.World:
    world = mk.make_world()
    person = world.worker
    past = mk.make_past_group(world.program, capacity=3)
    trained = mk.make_enrolment(person, past, status=st.EnrolmentStatus.TRAINED)
    with acting_as(world.organizer_actor):
        certificates.issue(trained.id)
    block = mk.blocks_of(world.voucher)[0]
    mk.make_enrolment(person, world.group, status=st.EnrolmentStatus.AGREED, block=block)
    level = mk.rows(m.EducationLevel)[0]
    mk.save(m.Qualification(employee_id=person.employee.id, level_id=level.id, last_name="Девичья", number="12345"))
    mk.save(m.FormerName(employee_id=person.employee.id, last_name="Девичья"))
    mk.save(m.Notice(employee_id=person.employee.id, text="Извещение"))
    mk.make_employment(
        person.employee, mk.make_organization(), kind=st.EmploymentKind.SECONDARY, activity="Приметная деятельность"
    )
    mk.save(m.EmployeeMerge(kept_id=person.employee.id, gone_id=1, gone={"last_name": "Копия"}, moved={}))
    return world


def test_finishing_empties_the_card_and_keeps_what_the_law_asks(session: Any) -> None:
    world = rich_world()
    person, last_name, snils = world.worker, world.worker.employee.last_name, world.worker.employee.snils
    seats_before = mk.fetch(m.TrainingGroup, world.group.id).taken
    give_all(person)
    with acting_as(person.actor):
        task = consents.close_cabinet()
    with acting_as(world.operator):
        withdrawals.finish(task.id)
    card = mk.fetch(m.Employee, person.employee.id)
    assert card.full_name == f"Обезличено № {card.id}"
    empty = "snils birth_date sex email phone name_genitive name_dative name_accusative patronymic".split()
    assert [getattr(card, name) for name in empty] == [None] * len(empty)
    assert card.anonymized_at is not None
    for model in (m.Qualification, m.FormerName, m.Attestation, m.Training, m.Notice):
        assert mk.rows(model, model.employee_id == card.id) == []
    assert mk.rows(m.EmployeeMerge)[0].gone == {}
    account = account_of(person)
    assert (account.active, account.email, account.password, account.full_name) == (False, None, None, card.full_name)
    (certificate,) = mk.rows(m.Certificate)
    assert certificate.status == st.CertificateStatus.ISSUED
    assert certificate.snapshot["last_name"] == last_name
    assert certificate.snapshot["owner"]["snils"] == snils
    assert certificate.snapshot["owner"]["diploma_number"] == "12345"
    assert [e.status for e in mk.rows(m.Enrolment)] == [st.EnrolmentStatus.TRAINED, st.EnrolmentStatus.REJECTED]
    assert mk.fetch(m.TrainingGroup, world.group.id).taken == seats_before - 1
    assert mk.rows(m.Voucher)[0].status == st.VoucherStatus.ANNULLED
    (place,) = mk.rows(m.Employment, m.Employment.employee_id == card.id)
    assert place.ended_on == today()


def test_the_report_names_what_was_kept_and_why(session: Any) -> None:
    world = rich_world()
    with acting_as(world.worker.actor):
        task = consents.close_cabinet()
    with acting_as(world.operator):
        withdrawals.finish(task.id)
    task = mk.fetch(m.ConsentWithdrawal, task.id)
    assert (task.status, task.person_name) == (st.WithdrawalStatus.DONE, f"Обезличено № {world.worker.employee.id}")
    kept = {what: (number, why) for what, number, why in task.report["kept"]}
    assert kept["Выданные документы об обучении с их данными"][0] == 1
    assert "ФРДО" in kept["Выданные документы об обучении с их данными"][1]
    assert kept["Записи на курсы"][0] == 2
    removed = dict(task.report["removed"])
    assert removed["Документы об образовании"] == 1 and removed["Прежние фамилии"] == 1


def test_no_word_of_the_person_is_left_outside_documents_and_journal(session: Any) -> None:
    world = rich_world()
    person = world.worker.employee
    words = ("Незабудкина", "nezabudkina", "79270000001", person.snils)
    mk.change(person, last_name="Незабудкина", phone="+79270000001", email="nezabudkina@example.org")
    with acting_as(world.worker.actor):
        task = consents.close_cabinet()
    session.execute(update(m.Letter).values(status="sent"))
    session.commit()
    with acting_as(world.operator):
        withdrawals.finish(task.id)
    session.execute(update(m.Letter).values(status="sent"))
    session.commit()
    anonymise.forget_letters()
    session.commit()
    left = []
    for name, table in m.Base.metadata.tables.items():
        statement = f'SELECT count(*) FROM "{name}" t WHERE ' + " OR ".join(f"t::text ILIKE '%{w}%'" for w in words)
        if session.scalar(text(statement)) and name not in ("certificate", "audit_entry"):
            left.append(str(table))
    assert left == []


def test_finished_twice_is_refused(person: mk.Person) -> None:
    with acting_as(person.actor):
        task = consents.close_cabinet()
    operator = mk.make_actor("operator")
    with acting_as(operator):
        withdrawals.finish(task.id)
        with mk.nothing_changes(), pytest.raises(Conflict):
            withdrawals.finish(task.id)


def test_who_is_being_trained_is_expelled_and_the_seat_stays_taken(session: Any) -> None:
    world = mk.make_world()
    running = mk.make_past_group(world.program, capacity=3, ends_on=today() + 5 * mk.DAY)
    row = mk.make_enrolment(world.worker, running, status=st.EnrolmentStatus.CONFIRMED)
    with acting_as(world.worker.actor):
        task = consents.close_cabinet()
    with acting_as(world.operator):
        withdrawals.finish(task.id)
    assert mk.fetch(m.Enrolment, row.id).status == st.EnrolmentStatus.EXPELLED
    assert mk.fetch(m.TrainingGroup, running.id).taken == 1


# --- on paper --------------------------------------------------------------------------------------------------------


def test_the_responsible_writes_down_a_paper_consent_of_an_own_person(session: Any) -> None:
    world = mk.make_world()
    with acting_as(world.responsible):
        made = consents.record_paper(world.worker.employee.id, ["processing", "news"], name="a.pdf", data=pdf())
    (file,) = mk.rows(m.StoredFile)
    assert (file.object_table, file.owner_id) == ("consent", world.responsible.user_id)
    assert [(c.given_how, c.scan_id) for c in mk.rows(m.Consent)] == [("paper", file.id)] * 2
    assert len(made) == 2
    assert consents.has(world.worker.employee.id, "processing")
    assert mk.rows(m.Letter)[-1].subject == "Внесено согласие на бумаге"


def test_a_stranger_writes_down_nothing(session: Any) -> None:
    world = mk.make_world()
    target = world.worker.employee.id
    for actor in (world.other_responsible, world.worker.actor, world.organizer_actor):
        with acting_as(actor), mk.nothing_changes(), pytest.raises((NotFound, Forbidden)):
            consents.record_paper(target, ["processing"], name="a.pdf", data=pdf())
