"""Acts: several blanks at once, numbers of a year, what is refused; the balance of a period adds up."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest

from app import models as m
from app import statuses as st
from app.access import acting_as
from app.clock import ZONE, today
from app.documents.papers.blank_act import blank_act_context
from app.errors import Conflict, Forbidden, Invalid, NotFound
from app.services.paper.blanks import blank_acts, blanks
from app.services.paper.blanks.blank_balance import Balance, balance
from app.services.paper.issuing import certificates
from app.services.paper.orders import group_facts
from tests.services import makers as mk
from tests.services.test_blanks import B, K, issued_on_blank, numbers, receive
from tests.statements import recorded


@pytest.fixture
def world(session: Any) -> mk.World:
    return mk.make_world()


def write_off(world: mk.World, *chosen: m.Blank, **over: Any) -> m.BlankAct:
    values = {"acted_on": today(), "reason": "Испорчены при печати.", "commission": None, **over}
    with acting_as(values.pop("actor", world.organizer_actor)):
        return blank_acts.write_off([blank.id for blank in chosen], **values)


def test_an_act_takes_spoiled_ones_and_spoils_those_of_the_stock(world: mk.World) -> None:
    receive(world, "000101", "000104")
    first, second, third, _ = mk.rows(m.Blank)
    mk.change(first, status=B.SPOILED, reason_text="Залит чаем")
    act = write_off(world, third, first, second, commission=" методист,  Ёлкина А. А.\n\nбухгалтер, Петров И. С. ")
    assert (act.number, act.year, act.acted_on) == ("1", today().year, today())
    assert act.commission == "методист, Ёлкина А. А.\nбухгалтер, Петров И. С."
    listed = mk.rows(m.Blank, m.Blank.act_id == act.id)
    assert [(str(b), b.status, b.reason_text) for b in listed] == [
        ("АБ 000101", B.SPOILED, "Залит чаем"),
        ("АБ 000102", B.SPOILED, "Испорчены при печати."),
        ("АБ 000103", B.SPOILED, "Испорчены при печати."),
    ]
    assert numbers(B.STOCK) == ["АБ 000104"]
    assert (len(mk.journal("blank_act.created")), len(mk.journal("blank.spoil"))) == (1, 2)


def test_acts_are_numbered_by_organizer_and_year(world: mk.World) -> None:
    receive(world, "000101", "000103")
    last_year = dt.date(today().year - 1, 12, 30)
    days = (today(), today(), last_year)
    acts = [write_off(world, blank, acted_on=day) for blank, day in zip(mk.rows(m.Blank), days, strict=True)]
    other = mk.save(m.Blank(organizer_id=world.other_organizer.grants[0].organization_ids[0], series="А", number="1"))
    acts.append(write_off(world, other, actor=world.other_organizer))
    years = (today().year, today().year, last_year.year, today().year)
    assert [(a.number, a.year) for a in acts] == list(zip(("1", "2", "1", "1"), years, strict=True))


def test_a_blank_stands_in_one_act(world: mk.World) -> None:
    receive(world, "000101", "000102")
    first, second = mk.rows(m.Blank)
    write_off(world, first)
    with mk.nothing_changes(), pytest.raises(Conflict, match=r"Бланк АБ 000101 уже списан \(акт № 1\)"):
        write_off(world, first, second)


def test_the_blank_of_a_valid_document_is_not_written_off(world: mk.World) -> None:
    receive(world, "000101", "000102")
    first, second = mk.rows(m.Blank)
    issued_on_blank(world, first)
    with mk.nothing_changes(), pytest.raises(Conflict, match="действительный документ"):
        write_off(world, first, second)


def test_wrong_values_of_an_act_are_refused_beside_their_fields(world: mk.World) -> None:
    receive(world, "000101", "000101")
    blank = mk.rows(m.Blank)[0]
    with mk.nothing_changes(), pytest.raises(Invalid) as refused:
        write_off(world, blank, acted_on=today() + mk.DAY, reason=" ")
    assert set(refused.value.fields) == {"acted_on", "reason"}
    with mk.nothing_changes(), pytest.raises(Invalid, match="Не выбрано ни одного"):
        write_off(world)
    with mk.nothing_changes(), acting_as(world.organizer_actor), pytest.raises(Invalid, match="не больше 500"):
        blank_acts.write_off(range(1, 502), acted_on=today(), reason="x")


def test_one_foreign_blank_refuses_the_whole_act(world: mk.World) -> None:
    receive(world, "000101", "000101")
    own = mk.rows(m.Blank)[0]
    other = mk.save(m.Blank(organizer_id=world.other_organizer.grants[0].organization_ids[0], series="А", number="1"))
    with mk.nothing_changes(), pytest.raises(NotFound):
        write_off(world, own, other)
    for actor in (world.operator, world.responsible):
        with mk.nothing_changes(), pytest.raises(Forbidden):
            write_off(world, own, actor=actor)


def test_blanks_of_two_own_organizers_need_two_acts(world: mk.World) -> None:
    second = mk.make_organization(is_organizer=True)
    both = mk.make_actor("organizer", world.organizer, second)
    receive(world, "000101", "000101")
    other = mk.save(m.Blank(organizer_id=second.id, series="А", number="1"))
    with mk.nothing_changes(), pytest.raises(Invalid, match="отмечены бланки разных"):
        write_off(world, mk.rows(m.Blank)[0], other, actor=both)


def test_the_operators_eyes_do_not_widen_an_organizers_hands(world: mk.World) -> None:
    receive(world, "000101", "000101")
    foreign = replace(world.other_organizer, grants=(*world.other_organizer.grants, *world.operator.grants))
    with mk.nothing_changes(), pytest.raises(NotFound):
        write_off(world, mk.rows(m.Blank)[0], actor=foreign)


def test_what_waits_for_an_act_is_offered_with_the_last_commission(world: mk.World) -> None:
    receive(world, "000101", "000103")
    first, second, third = mk.rows(m.Blank)
    write_off(world, first, commission="методист, Ёлкина А. А.")
    with acting_as(world.organizer_actor):
        blanks.spoil(third.id, "Смят")
        assert [b.id for b in blank_acts.unlisted([world.organizer.id])] == [third.id]
        assert blank_acts.last_commission(world.organizer.id) == "методист, Ёлкина А. А."
    with acting_as(world.other_organizer):
        assert blank_acts.unlisted([world.organizer.id]) == []
        assert blank_acts.last_commission(world.organizer.id) is None
    assert second.status == B.STOCK


def test_the_paper_names_chairman_members_and_each_reason(world: mk.World) -> None:
    receive(world, "000101", "000101")
    act = write_off(world, *mk.rows(m.Blank), commission="проректор, Крылова Н. В.\nПетров И. С.")
    context = blank_act_context(act, mk.rows(m.Blank))
    assert [(p["role"], p["post"], p["name"], p["end"]) for p in context["members"]] == [
        ("Председатель комиссии", "проректор", "Крылова Н.\u00a0В.", ";"),
        ("Член комиссии", "", "Петров И.\u00a0С.", ","),
    ]
    assert (context["reason"], context["total"]) == ("испорчены при печати", "1\u00a0бланк")


# --- the balance -----------------------------------------------------------------------------------------------------


def line(actor: Any, since: dt.date, until: dt.date) -> Balance:
    with acting_as(actor):
        (found,) = balance(since, until)
    assert found.opening + found.received - found.used - found.spoiled == found.closing
    return found


def at(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(23, 59), ZONE)


def figures(found: Balance) -> tuple[int, ...]:
    return (found.opening, found.received, found.used, found.spoiled, found.spoiled_later, found.closing)


def test_the_balance_of_each_period_adds_up(world: mk.World) -> None:
    january, march = dt.date(2026, 1, 31), dt.date(2026, 3, 1)
    receive(world, "001", "010", received_on=dt.date(2026, 1, 10))
    first, second, third, fourth, *_ = mk.rows(m.Blank)
    mk.change(first, status=B.USED, changed_at=at(january))
    mk.change(second, status=B.SPOILED, changed_at=at(january))
    mk.change(third, status=B.SPOILED, changed_at=at(march))
    # used in January, annulled and written off in March
    paper = issued_on_blank(world, fourth)
    mk.change(paper, created_at=at(january), status=st.CertificateStatus.ANNULLED)
    mk.change(fourth, status=B.SPOILED, changed_at=at(march))
    actor, start = world.organizer_actor, dt.date(2026, 1, 1)
    assert figures(line(actor, start, january)) == (0, 10, 2, 1, 0, 7)
    assert figures(line(actor, january + mk.DAY, march - mk.DAY)) == (7, 0, 0, 0, 0, 7)
    assert figures(line(actor, march, march)) == (7, 0, 0, 1, 1, 6)
    assert figures(line(actor, start, march)) == (0, 10, 1, 3, 0, 6)


def test_the_balance_names_every_own_series_and_no_foreign_one(world: mk.World) -> None:
    receive(world, "01", "03")
    receive(world, "01", "02", series="ВГ", kind=K.DIPLOMA)
    other = mk.fetch(m.Organization, world.other_organizer.grants[0].organization_ids[0])
    receive(world, "01", "09", organizer=other, actor=world.other_organizer)
    with acting_as(world.organizer_actor):
        own = [(b.organizer, b.kind, b.series, b.closing) for b in balance(today(), today())]
    name = world.organizer.short_name
    assert own == [(name, K.CERTIFICATE, "АБ", 3), (name, K.DIPLOMA, "ВГ", 2)]
    with acting_as(world.operator):
        assert {b.organizer for b in balance(today(), today())} == {name, other.short_name}
        assert balance(dt.date(2020, 1, 1), dt.date(2020, 12, 31)) == []


def test_the_balance_is_one_statement_however_many_series(world: mk.World) -> None:
    counted = []
    for series in ("АА", "ББ", "ВВ"):
        receive(world, "01", "02", series=series)
        with acting_as(world.organizer_actor), recorded() as statements:
            balance(today(), today())
        counted.append(len(statements))
    assert counted == [1, 1, 1]


def test_a_period_the_wrong_way_round_and_a_stranger_are_refused(world: mk.World) -> None:
    with acting_as(world.organizer_actor), pytest.raises(Invalid, match="раньше начала"):
        balance(today(), today() - mk.DAY)
    with acting_as(world.responsible), pytest.raises(Forbidden):
        balance(today(), today())


# --- the acts of a group ---------------------------------------------------------------------------------------------


def facts_of(world: mk.World, paper: m.Certificate) -> group_facts.GroupFacts:
    with acting_as(world.organizer_actor):
        return group_facts.facts_of_group(paper.enrolment.group_id)


def test_a_group_knows_its_spoiled_blanks_and_their_acts(world: mk.World) -> None:
    receive(world, "000101", "000110")
    stock = mk.rows(m.Blank)
    misprinted, annulled, foreign = (issued_on_blank(world, stock[n]) for n in range(3))
    assert (facts_of(world, misprinted).acts, facts_of(world, misprinted).unlisted) == ((), ())
    with acting_as(world.organizer_actor):
        blanks.replace_spoiled(misprinted.id, spoiled_id=stock[0].id, reason="Смазана печать")
        certificates.annul(annulled.id, "Ошибка")
        blanks.spoil(stock[1].id, "Документ аннулирован")
    assert facts_of(world, misprinted).unlisted == ("АБ 000101",)
    assert facts_of(world, annulled).unlisted == ("АБ 000102",)
    act = write_off(world, *(mk.fetch(m.Blank, stock[n].id) for n in (0, 1)))
    for paper in (misprinted, annulled):
        facts = facts_of(world, paper)
        assert (facts.unlisted, [item.act.id for item in facts.acts]) == ((), [act.id])
        # an act is printed whole, blanks of the organizer's other groups too
        assert [str(blank) for blank in facts.acts[0].blanks] == ["АБ 000101", "АБ 000102"]
    assert (facts_of(world, foreign).acts, facts_of(world, foreign).unlisted) == ((), ())


def test_another_organizer_sees_neither_the_group_nor_its_acts(world: mk.World) -> None:
    receive(world, "000101", "000102")
    paper = issued_on_blank(world, mk.rows(m.Blank)[0])
    group_id = paper.enrolment.group_id
    with acting_as(world.other_organizer), mk.nothing_changes(), pytest.raises(NotFound):
        group_facts.facts_of_group(group_id)
