"""Blanks: receipt of a range, taking the lowest numbers, spoiling, another blank for a misprint."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from app import models as m
from app import statuses as st
from app.access import acting_as
from app.clock import today
from app.documents.papers.certificate import CertificateFacts
from app.errors import Conflict, Forbidden, Invalid, NotFound, PortalError
from app.services.paper.blanks import blanks
from app.services.paper.issuing import certificates
from app.services.paper.printing import certificate_snapshot
from app.unit_of_work import use_case
from tests.services import makers as mk
from tests.statements import recorded

B, E, K = st.BlankStatus, st.EnrolmentStatus, st.CertificateKind


@pytest.fixture
def world(session: Any) -> mk.World:
    return mk.make_world()


def receive(world: mk.World, first: str = "000101", last: str = "000105", **over: Any) -> m.BlankReceipt:
    values = {"kind": K.CERTIFICATE, "series": "АБ", "received_on": today(), "document": "Накладная № 7", **over}
    organizer = values.pop("organizer", world.organizer)
    with acting_as(values.pop("actor", world.organizer_actor)):
        return blanks.receive(organizer.id, first=first, last=last, **values)


@use_case
def take(world: mk.World, quantity: int, **over: Any) -> Sequence[m.Blank]:
    """What an issuing service does inside its transaction."""
    with acting_as(world.organizer_actor):
        return blanks.take_blanks(world.organizer.id, over.pop("kind", K.CERTIFICATE), quantity=quantity, **over)


def issued_on_blank(world: mk.World, blank: m.Blank, **over: Any) -> m.Certificate:
    group = mk.make_past_group(world.program, capacity=10)
    enrolment = mk.make_enrolment(mk.make_person(world.school), group, status=E.TRAINED)
    with acting_as(world.organizer_actor):
        paper = certificates.issue(enrolment.id, blank_id=blank.id)
    return mk.change(paper, **over) if over else paper


def numbers(*statuses: B) -> list[str]:
    return [str(b) for b in mk.rows(m.Blank) if b.status in statuses]


# --- receipt ---------------------------------------------------------------------------------------------------------


def test_a_received_range_lies_in_the_stock_with_its_zeros(world: mk.World) -> None:
    receipt = receive(world, "000098", "000101")
    assert [b.number for b in mk.rows(m.Blank)] == ["000098", "000099", "000100", "000101"]
    assert {(b.organizer_id, b.kind, b.series, b.status, b.receipt_id) for b in mk.rows(m.Blank)} == {
        (world.organizer.id, K.CERTIFICATE, "АБ", B.STOCK, receipt.id)
    }
    assert (receipt.quantity, receipt.document, receipt.created_by_id) == (
        4,
        "Накладная № 7",
        world.organizer_actor.user_id,
    )
    assert len(mk.journal("blank_receipt.created")) == 1


@pytest.mark.parametrize("kind", [K.TRAINING_NOTE, K.STUDY_PERIOD_NOTE])
def test_blanks_for_notes_are_refused(world: mk.World, kind: K) -> None:
    with pytest.raises(Invalid, match="Справки печатаются на обычной бумаге") as refused:
        receive(world, kind=kind)
    assert "kind" in refused.value.fields
    assert mk.rows(m.Blank) == [] and mk.rows(m.BlankReceipt) == []


def test_ten_thousand_blanks_are_one_statement(world: mk.World) -> None:
    with recorded() as few:
        receive(world, "01", "03")
    with recorded() as many:
        receive(world, "00001", "10000", series="ВГ")
    assert len(many) == len(few)
    assert len(mk.rows(m.Blank, m.Blank.series == "ВГ")) == 10_000


@pytest.mark.parametrize(
    ("first", "last", "field", "sentence"),
    [
        ("0001", "10001", "last", "разное число цифр"),
        ("00001", "10001", "last", "не больше 10\u00a0000"),
        ("0005", "0004", "last", "меньше первого"),
        ("№ 1", "0004", "first", "Номер бланка — до 18 цифр"),
        ("", "0004", "first", "Номер бланка"),
        ("0" * 19, "1" * 19, "first", "до 18 цифр"),
        ("²", "³", "first", "Номер бланка"),
    ],
)
def test_a_wrong_range_is_refused_beside_its_field(
    world: mk.World, first: str, last: str, field: str, sentence: str
) -> None:
    with mk.nothing_changes(), pytest.raises(Invalid) as refused:
        receive(world, first, last)
    assert sentence in refused.value.fields[field][0]


def test_blanks_of_tomorrow_are_not_received(world: mk.World) -> None:
    with mk.nothing_changes(), pytest.raises(Invalid) as refused:
        receive(world, received_on=today() + mk.DAY)
    assert "ещё не наступила" in refused.value.fields["received_on"][0]


def test_an_overlapping_range_names_the_first_known_blank_and_writes_nothing(world: mk.World) -> None:
    receive(world, "000103", "000105")
    with mk.nothing_changes(), pytest.raises(Conflict) as refused:
        receive(world, "000101", "000110")
    assert f"Бланк АБ 000103 уже есть (поступление от {today():%d.%m.%Y})" in refused.value.message


def test_a_series_typed_on_a_latin_keyboard_is_the_same(world: mk.World) -> None:
    receive(world)
    with pytest.raises(Conflict, match="АБ 000101 уже есть"):
        receive(world, series=" aб ")
    assert (blanks.tidy_series("пк  63"), blanks.tidy_series("AB"), blanks.tidy_series("ZX")) == ("ПК 63", "АВ", "ZX")


def test_another_organizer_or_series_may_have_the_same_numbers(world: mk.World) -> None:
    receive(world)
    receive(world, series="ВГ")
    other = mk.fetch(m.Organization, world.other_organizer.grants[0].organization_ids[0])
    receive(world, organizer=other, actor=world.other_organizer)
    assert len(mk.rows(m.Blank)) == 15


def test_nobody_receives_blanks_for_another_organizer(world: mk.World) -> None:
    for actor in (world.other_organizer, world.responsible, world.worker.actor, world.operator):
        with mk.nothing_changes(), pytest.raises(Forbidden):
            receive(world, actor=actor)


# --- taking ----------------------------------------------------------------------------------------------------------


def test_the_lowest_numbers_of_the_kind_are_taken_in_order(world: mk.World) -> None:
    receive(world, "0000009", "0000011")
    receive(world, "98", "99")
    receive(world, "000001", "000002", kind=K.DIPLOMA, series="АА")
    assert [str(b) for b in take(world, 3)] == ["АБ 98", "АБ 99", "АБ 0000009"]
    assert numbers(B.USED) == ["АБ 0000009", "АБ 98", "АБ 99"]
    assert len(mk.journal("blank.use")) == 3


def test_a_named_series_is_taken_from(world: mk.World) -> None:
    receive(world)
    receive(world, series="ВГ")
    assert [str(b) for b in take(world, 2, series="ВГ")] == ["ВГ 000101", "ВГ 000102"]


def test_spoiled_and_foreign_blanks_are_never_taken(world: mk.World) -> None:
    receive(world, "000101", "000102")
    mk.change(mk.rows(m.Blank)[0], status=B.SPOILED)
    mk.save(m.Blank(organizer_id=world.other_organizer.grants[0].organization_ids[0], series="АБ", number="000001"))
    assert [str(b) for b in take(world, 1)] == ["АБ 000102"]
    with mk.nothing_changes(), pytest.raises(Conflict):
        take(world, 1)


def test_a_group_for_which_the_blanks_do_not_suffice_gets_none(world: mk.World) -> None:
    receive(world, "000101", "000112")
    with mk.nothing_changes(), pytest.raises(Conflict) as refused:
        take(world, 25, series="АБ")
    assert refused.value.message.startswith("Бланков серии АБ осталось 12, нужно 25: не хватает 13. Ничего не выдано.")
    with pytest.raises(Conflict, match=r"Бланков «диплом .*» осталось 0, нужно 1"):
        take(world, 1, kind=K.DIPLOMA)


def test_held_blanks_that_are_not_used_stay_in_the_stock(world: mk.World) -> None:
    receive(world, "000101", "000103")

    @use_case
    def issue_to_one_of_three() -> str:
        held = blanks.hold_blanks(world.organizer.id, K.CERTIFICATE, quantity=3)
        return str(certificates._use_blank(held[0].id, world.organizer.id))

    with acting_as(world.organizer_actor):
        assert issue_to_one_of_three() == "АБ 000101"
        assert blanks.stock_by_series(world.organizer.id, K.CERTIFICATE) == [("АБ", 2)]
    assert numbers(B.STOCK) == ["АБ 000102", "АБ 000103"]


def test_blanks_are_looked_for_by_one_statement_however_many(world: mk.World) -> None:
    receive(world, "000101", "000110")
    found = []
    for quantity in (1, 9):
        with acting_as(world.organizer_actor), recorded() as statements:
            blanks.hold_blanks(world.organizer.id, K.CERTIFICATE, quantity=quantity)
        found.append(len(statements))
    assert found == [1, 1]


def test_another_organizers_stock_is_out_of_reach(world: mk.World) -> None:
    receive(world)
    with acting_as(world.other_organizer), mk.nothing_changes(), pytest.raises(Conflict, match="осталось 0"):
        blanks.take_blanks(world.organizer.id, K.CERTIFICATE, quantity=1)


# --- spoiling --------------------------------------------------------------------------------------------------------


def test_a_blank_of_the_stock_is_spoiled_with_its_reason(world: mk.World) -> None:
    receive(world, "000101", "000102")
    first = mk.rows(m.Blank)[0]
    received_at = first.changed_at
    with acting_as(world.organizer_actor):
        blanks.spoil(first.id, "Залит чаем")
    now = mk.fetch(m.Blank, first.id)
    assert (now.status, now.reason_text) == (B.SPOILED, "Залит чаем")
    assert now.changed_at > received_at
    assert len(mk.journal("blank.spoil")) == 1


def test_a_blank_is_not_spoiled_without_a_reason_or_twice(world: mk.World) -> None:
    receive(world, "000101", "000101")
    blank = mk.rows(m.Blank)[0]
    with acting_as(world.organizer_actor):
        with mk.nothing_changes(), pytest.raises(Invalid):
            blanks.spoil(blank.id, "  ")
        blanks.spoil(blank.id, "Залит чаем")
        with mk.nothing_changes(), pytest.raises(Conflict):
            blanks.spoil(blank.id, "Снова")


def test_the_blank_of_a_valid_document_is_not_spoiled(world: mk.World) -> None:
    receive(world, "000101", "000101")
    blank = mk.rows(m.Blank)[0]
    paper = issued_on_blank(world, blank)
    with acting_as(world.organizer_actor), mk.nothing_changes(), pytest.raises(Conflict) as refused:
        blanks.spoil(blank.id, "Испорчен")
    assert f"действительный документ № {paper.number}" in refused.value.message


def test_a_document_is_annulled_and_its_blank_written_off_at_once(world: mk.World) -> None:
    receive(world)
    (blank,) = mk.rows(m.Blank)[:1]
    paper = issued_on_blank(world, blank)
    with acting_as(world.organizer_actor):
        certificates.annul(paper.id, "Ошибка", spoil_blank=True)
    found = mk.fetch(m.Blank, blank.id)
    assert (found.status, found.reason_text) == (B.SPOILED, f"Документ № {paper.number} аннулирован: Ошибка")
    kept = mk.fetch(m.Certificate, paper.id)
    assert (kept.status, kept.blank_id) == (st.CertificateStatus.ANNULLED, blank.id)
    assert len(mk.journal("blank.spoil")) == 1


def test_whoever_keeps_no_blanks_annuls_without_writing_off(world: mk.World) -> None:
    """The blanks lie with the organizer: the operator does not say what became of one."""
    receive(world)
    (blank,) = mk.rows(m.Blank)[:1]
    paper = issued_on_blank(world, blank)
    with acting_as(world.operator):
        with mk.nothing_changes(), pytest.raises(Forbidden):
            certificates.annul(paper.id, "Ошибка", spoil_blank=True)
        certificates.annul(paper.id, "Ошибка")
    assert mk.fetch(m.Blank, blank.id).status == B.USED


def test_a_document_on_plain_paper_is_annulled_whatever_the_box_says(world: mk.World) -> None:
    enrolment = mk.make_enrolment(world.worker, mk.make_past_group(world.program), status=E.TRAINED)
    with acting_as(world.organizer_actor):
        paper = certificates.issue(enrolment.id)
        assert certificates.annul(paper.id, "Ошибка", spoil_blank=True).status == st.CertificateStatus.ANNULLED


def test_the_blank_of_an_annulled_document_is_spoiled_and_stays_named_in_it(world: mk.World) -> None:
    receive(world, "000101", "000101")
    blank = mk.rows(m.Blank)[0]
    paper = issued_on_blank(world, blank)
    with acting_as(world.organizer_actor):
        certificates.annul(paper.id, "Ошибка")
        blanks.spoil(blank.id, "Документ аннулирован")
    assert mk.fetch(m.Blank, blank.id).status == B.SPOILED
    assert mk.fetch(m.Certificate, paper.id).snapshot["blank"] == "АБ 000101"


def test_only_its_organizer_spoils_a_blank(world: mk.World) -> None:
    receive(world, "000101", "000101")
    blank = mk.rows(m.Blank)[0]
    refusals: list[tuple[Any, type[PortalError]]] = [(world.other_organizer, NotFound), (world.operator, Forbidden)]
    refusals.append((world.responsible, NotFound))
    for actor, error in refusals:
        with acting_as(actor), mk.nothing_changes(), pytest.raises(error):
            blanks.spoil(blank.id, "Чужой")


# --- another blank ---------------------------------------------------------------------------------------------------


def replace(world: mk.World, paper: m.Certificate, **over: Any) -> m.Certificate:
    values = {"spoiled_id": paper.blank_id, "reason": "Смазана печать", **over}
    with acting_as(values.pop("actor", world.organizer_actor)):
        return blanks.replace_spoiled(paper.id, **values)


def misprint(world: mk.World, **over: Any) -> m.Certificate:
    receive(world, "000101", "000103")
    return issued_on_blank(world, mk.rows(m.Blank)[0], **over)


def test_a_misprinted_document_gets_the_next_blank_and_keeps_its_number(world: mk.World) -> None:
    paper = misprint(world)
    before, number = dict(paper.snapshot), paper.number
    replace(world, paper)
    now = mk.fetch(m.Certificate, paper.id)
    assert (str(now.blank), now.number, now.status) == ("АБ 000102", number, st.CertificateStatus.ISSUED)
    assert now.snapshot == {**before, "blank": "АБ 000102"}
    assert now.snapshot["version"] == certificate_snapshot.VERSION
    facts = CertificateFacts.from_snapshot(now.snapshot)
    assert (facts.blank, facts.number, facts.check_url) == ("АБ 000102", number, before["check_url"])
    (spoiled,) = mk.rows(m.Blank, m.Blank.status == B.SPOILED)
    assert spoiled.spoiled_for_id == paper.enrolment_id
    assert (numbers(B.SPOILED), numbers(B.USED)) == (["АБ 000101"], ["АБ 000102"])
    assert [e.changes for e in mk.journal("certificate.blank_replaced")] == [{"Бланк": ["АБ 000101", "АБ 000102"]}]


def test_the_same_click_twice_spoils_one_blank(world: mk.World) -> None:
    paper = misprint(world)
    spoiled = paper.blank_id
    replace(world, paper)
    with mk.nothing_changes():
        again = replace(world, paper, spoiled_id=spoiled)
    assert str(mk.fetch(m.Certificate, again.id).blank) == "АБ 000102"


def test_a_document_is_not_on_a_blank_that_it_never_had(world: mk.World) -> None:
    paper = misprint(world)
    with mk.nothing_changes(), pytest.raises(Conflict, match="напечатан не на бланке АБ 000103"):
        replace(world, paper, spoiled_id=mk.rows(m.Blank)[2].id)


def test_a_handed_document_keeps_its_blank(world: mk.World) -> None:
    paper = misprint(world, handed_on=today(), handing=st.Handing.PERSON)
    with mk.nothing_changes(), pytest.raises(Conflict, match=r"вручён .* Выдайте дубликат"):
        replace(world, paper)


def test_a_document_that_is_not_valid_gets_no_other_blank(world: mk.World) -> None:
    paper = misprint(world, status=st.CertificateStatus.ANNULLED)
    with mk.nothing_changes(), pytest.raises(Conflict, match="уже не действует"):
        replace(world, paper)


def test_without_blanks_or_reason_the_misprint_stays(world: mk.World) -> None:
    paper = misprint(world)
    with mk.nothing_changes(), pytest.raises(Invalid):
        replace(world, paper, reason="")
    with mk.nothing_changes(), pytest.raises(Conflict, match="серии ВГ осталось 0"):
        replace(world, paper, series="ВГ")


def test_only_its_organizer_prints_a_document_anew(world: mk.World) -> None:
    paper = misprint(world)
    for actor, error in ((world.other_organizer, NotFound), (world.operator, Forbidden)):
        with mk.nothing_changes(), pytest.raises(error):
            replace(world, paper, actor=actor)
