"""Duplicates and handing over: the chain, its facts, refusals, other organizers."""

from __future__ import annotations

from typing import Any

import pytest

from app import models as m
from app import statuses as st
from app.access import acting_as
from app.clock import today
from app.errors import Conflict, Forbidden, Invalid, NotFound
from app.services.paper.issuing import certificates, duplicates, handing
from app.services.paper.issuing.certificates import Printing
from tests.services import makers as mk

G, H, S = st.DuplicateGround, st.Handing, st.CertificateStatus


@pytest.fixture
def world(session: Any) -> mk.World:
    return mk.make_world()


@pytest.fixture
def original(world: mk.World) -> Any:
    group = mk.make_past_group(world.program, capacity=10)
    enrolment = mk.make_enrolment(world.worker, group, status=st.EnrolmentStatus.TRAINED)
    with acting_as(world.organizer_actor):
        return certificates.issue(enrolment.id)


def duplicate(world: mk.World, row: Any, ground: Any = G.LOST, **options: Any) -> Any:
    with acting_as(world.organizer_actor):
        return duplicates.issue_duplicate(row.id, ground, **options)


# --- duplicates ------------------------------------------------------------------------------------------------------


def test_a_duplicate_has_its_own_number_and_replaces_the_original(world: mk.World, original: Any) -> None:
    made = duplicate(world, original, printing=Printing(check_base="https://kadry.example.org"))
    assert (made.sequence, made.original_id, made.ground, made.status) == (2, original.id, G.LOST, S.ISSUED)
    assert made.snapshot["duplicate"] is True
    assert made.snapshot["number"] == made.number != original.number
    assert made.snapshot["check_url"] == f"https://kadry.example.org/verify/{made.check_code}"
    assert made.check_code != original.check_code
    before = mk.fetch(m.Certificate, original.id)
    assert (before.status, before.snapshot["duplicate"]) == (S.REPLACED, False)
    letter = mk.rows(m.Letter)[-1]
    assert letter.subject == f"Выдан дубликат документа об обучении № {made.number}"
    assert f"взамен № {original.number}" in letter.body
    assert len(mk.journal("certificate.duplicated")) == 1


@pytest.mark.parametrize(("ground", "name"), [(G.LOST, "Старова"), (G.DAMAGED, "Старова"), (G.EXCHANGED, "Новикова")])
def test_only_an_exchange_takes_the_new_surname(world: mk.World, ground: Any, name: str) -> None:
    person = mk.make_person(world.school, last_name="Старова")
    group = mk.make_past_group(world.program)
    enrolment = mk.make_enrolment(person, group, status=st.EnrolmentStatus.TRAINED)
    with acting_as(world.organizer_actor):
        row = certificates.issue(enrolment.id)
    mk.change(person.employee, last_name="Новикова")
    mk.change(world.program, title="Другое название")
    mk.change(world.organizer, head_name="Новый Пётр Ильич")
    made = duplicate(world, row, ground)
    assert made.snapshot["last_name"] == name
    assert made.snapshot["full_name_dative"].startswith("Старовой" if name == "Старова" else "Новиковой")
    for fact in ("program", "hours", "starts_on", "ends_on", "organization"):
        assert made.snapshot[fact] == row.snapshot[fact]
    assert made.snapshot["head_name"].endswith("Новый")


def test_the_second_click_returns_the_same_duplicate(world: mk.World, original: Any) -> None:
    made = duplicate(world, original)
    with mk.nothing_changes():
        assert duplicate(world, original).id == made.id


def test_a_lost_duplicate_is_replaced_from_its_own_card(world: mk.World, original: Any) -> None:
    second = duplicate(world, original)
    with mk.nothing_changes(), pytest.raises(Conflict, match=f"уже заменён: выдан № {second.number}"):
        duplicate(world, original, G.DAMAGED)
    third = duplicate(world, second, G.DAMAGED)
    with acting_as(world.organizer_actor):
        for row in (original, second, third):
            chain = duplicates.chain_of(mk.fetch(m.Certificate, row.id))
            assert [item.id for item in chain] == [original.id, second.id, third.id]


def test_an_annulled_document_gets_no_duplicate(world: mk.World, original: Any) -> None:
    with acting_as(world.organizer_actor):
        certificates.annul(original.id, "Ошибка")
    with mk.nothing_changes(), pytest.raises(Conflict, match="«Аннулирован»"):
        duplicate(world, original)


@pytest.mark.parametrize(("days", "words"), [(-1, "раньше самого документа"), (1, "позже сегодняшней")])
def test_the_day_of_a_duplicate_lies_between(world: mk.World, original: Any, days: int, words: str) -> None:
    with mk.nothing_changes(), pytest.raises(Invalid, match=words):
        duplicate(world, original, issued_on=today() + days * mk.DAY)


def test_a_duplicate_takes_a_blank_of_the_series(world: mk.World, original: Any) -> None:
    with mk.nothing_changes(), pytest.raises(Conflict, match="не хватает"):
        duplicate(world, original, series="ПК")
    mk.save(m.Blank(organizer_id=world.organizer.id, series="ПК", number="000007"))
    assert duplicate(world, original, series="ПК").snapshot["blank"] == "ПК 000007"


def test_others_may_not_replace(world: mk.World, original: Any) -> None:
    with acting_as(world.other_organizer), mk.nothing_changes(), pytest.raises(NotFound):
        duplicates.issue_duplicate(original.id, G.LOST)
    for actor in (world.worker.actor, world.responsible):
        with acting_as(actor), mk.nothing_changes(), pytest.raises(Forbidden):
            duplicates.issue_duplicate(original.id, G.LOST)


# --- handing over ----------------------------------------------------------------------------------------------------


def hand(world: mk.World, row: Any, how: Any, **facts: Any) -> Any:
    with acting_as(world.organizer_actor):
        return handing.hand_over(row.id, how, **facts)


def test_handing_over_by_proxy_keeps_the_name(world: mk.World, original: Any) -> None:
    row = hand(world, original, H.PROXY, handed_to="  Петров  Пётр Петрович ")
    assert (row.handing, row.handed_on, row.handed_to) == (H.PROXY, today(), "Петров Пётр Петрович")
    (entry,) = mk.journal("certificate.handed")
    assert "Петров Пётр Петрович" in entry.changes["Вручение"][1]
    corrected = hand(world, original, H.PERSON, handed_to="лишнее")
    assert (corrected.handing, corrected.handed_to) == (H.PERSON, None)


def test_a_proxy_without_a_name_and_wrong_days_are_refused(world: mk.World, original: Any) -> None:
    with mk.nothing_changes(), pytest.raises(Invalid, match="по доверенности"):
        hand(world, original, H.PROXY, handed_to=" ")
    for day in (today() - mk.DAY, today() + mk.DAY):
        with mk.nothing_changes(), pytest.raises(Invalid, match="Дата вручения"):
            hand(world, original, H.PERSON, handed_on=day)


def test_only_a_live_document_is_handed_over(world: mk.World, original: Any) -> None:
    duplicate(world, original)
    with mk.nothing_changes(), pytest.raises(Conflict, match="«Заменён»"):
        hand(world, original, H.PERSON)


def test_a_group_is_handed_over_at_once_but_for_what_was_before(world: mk.World, original: Any) -> None:
    group_id = original.enrolment.group_id
    (person,) = world.more_people(1)
    enrolment = mk.make_enrolment(person, mk.fetch(m.TrainingGroup, group_id), status=st.EnrolmentStatus.TRAINED)
    with acting_as(world.organizer_actor):
        other = certificates.issue(enrolment.id)
        handing.hand_over(original.id, H.POST)
        with mk.nothing_changes(), pytest.raises(Invalid, match="каждый документ отдельно"):
            handing.hand_over_group(group_id, H.PROXY)
        assert handing.hand_over_group(group_id, H.PERSON) == 1
        assert handing.hand_over_group(group_id, H.PERSON) == 0
    assert mk.fetch(m.Certificate, other.id).handing == H.PERSON
    assert mk.fetch(m.Certificate, original.id).handing == H.POST


def test_others_may_not_hand_over(world: mk.World, original: Any) -> None:
    group_id = mk.fetch(m.Enrolment, original.enrolment_id).group_id
    with acting_as(world.other_organizer), mk.nothing_changes():
        with pytest.raises(NotFound):
            handing.hand_over(original.id, H.PERSON)
        with pytest.raises(NotFound):
            handing.hand_over_group(group_id, H.PERSON)
    with acting_as(world.worker.actor), mk.nothing_changes(), pytest.raises(Forbidden):
        handing.hand_over(original.id, H.PERSON)
