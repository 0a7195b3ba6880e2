"""The table of transitions is consistent with the models, the permissions and itself."""

from __future__ import annotations

from typing import Any

import pytest

from app import models as m
from app import statuses as st
from app.labels import THINGS
from app.permissions import ROLES, roles_with

EDGES = [(table, edge) for table, edges in st.TRANSITIONS.items() for edge in edges]
TABLES = list(st.TRANSITIONS)


def enum_of(table: str) -> type[st.LabelledEnum]:
    column: Any = m.Base.metadata.tables[table].columns["status"]
    found: type[st.LabelledEnum] = column.type.enum_class
    return found


def start_of(table: str) -> str:
    return str(m.Base.metadata.tables[table].columns["status"].server_default.arg)  # type: ignore[union-attr]


@pytest.mark.parametrize("table", TABLES)
def test_edges_use_the_statuses_of_the_table(table: str) -> None:
    kinds = {type(status) for edge in st.TRANSITIONS[table] for status in (edge.source, edge.target)}
    assert kinds == {enum_of(table)}


@pytest.mark.parametrize("table", TABLES)
def test_an_action_leads_one_way_from_a_status(table: str) -> None:
    starts = [(edge.source, edge.action) for edge in st.TRANSITIONS[table]]
    assert len(starts) == len(set(starts))


@pytest.mark.parametrize("table", TABLES)
def test_no_edge_stays_where_it_is(table: str) -> None:
    assert [edge for edge in st.TRANSITIONS[table] if edge.source == edge.target] == []


@pytest.mark.parametrize("table", sorted({t for t in TABLES if t != "survey"}))
def test_every_status_is_reached_from_the_first(table: str) -> None:
    # a full group is joined by the waiting list, what is offered after its day begins late
    also = {"enrolment": {"waiting"}, "plan_offer": {"late"}}
    reached = {start_of(table)} | also.get(table, set())
    for _ in enum_of(table):
        reached |= {edge.target.value for edge in st.TRANSITIONS[table] if edge.source.value in reached}
    assert reached == {status.value for status in enum_of(table)}


@pytest.mark.parametrize(("table", "edge"), EDGES, ids=lambda value: getattr(value, "action", value))
def test_what_has_a_button_is_somebodys_right(table: str, edge: st.Edge) -> None:
    if table in THINGS and not edge.automatic:
        assert roles_with(f"{table}:{edge.action}")


@pytest.mark.parametrize(("table", "edge"), EDGES, ids=lambda value: getattr(value, "action", value))
def test_an_edge_carries_its_words_and_its_roles(table: str, edge: st.Edge) -> None:
    """Button, journal, roles and letter are those of the action, from whatever status it starts."""
    assert edge.done
    assert edge.by <= set(ROLES)
    assert roles_with(f"{table}:{edge.action}") == edge.by
    first = st.edge_of(table, edge.action)
    assert first is not None
    common = ("target", "button", "done", "by", "reason", "confirm", "letter")
    assert {name: getattr(edge, name) for name in common} == {name: getattr(first, name) for name in common}


@pytest.mark.parametrize(("table", "edge"), EDGES, ids=lambda value: getattr(value, "action", value))
def test_refusals_ask_for_a_reason(table: str, edge: st.Edge) -> None:
    if edge.action in {"reject", "return", "annul", "cancel", "decline", "revoke", "spoil", "unconfirm", "expel"}:
        assert edge.reason


def test_find_edge_knows_only_what_is_written() -> None:
    edge = st.find_edge("voucher_application", "submitted", "approve")
    assert edge is not None
    assert edge.target == st.ApplicationStatus.APPROVED
    assert st.find_edge("voucher_application", "draft", "approve") is None
    assert st.find_edge("voucher_application", "submitted", "fly") is None


def test_actions_come_in_the_order_of_buttons_without_automatic_ones() -> None:
    assert list(st.actions_of("voucher_application")) == ["submit", "approve", "return", "reject", "withdraw"]
    assert st.actions_of("voucher_block") == {}
    assert st.actions_of("position") == {}


def test_sets_of_the_guards_agree() -> None:
    assert st.BLOCK_HOLDING < st.SEAT_HOLDING
    assert frozenset() == st.SEAT_HOLDING & st.ENROLMENT_ENDED
    assert st.SEAT_HOLDING | st.ENROLMENT_ENDED | {st.EnrolmentStatus.WAITING} == frozenset(st.EnrolmentStatus)


def test_every_status_has_words_and_a_tone() -> None:
    for table in TABLES:
        for status in enum_of(table):
            assert status.label
            assert status.tone in {"ok", "go", "wait", "bad", "grey"}


def test_the_answer_to_a_button_repeats_its_word() -> None:
    """«Подтвердить» is answered «Подтверждено», never «Одобрено»: one word for an act, wherever it is shown."""
    from app.acts import act_label

    for table, edges in st.TRANSITIONS.items():
        for edge in edges:
            asked, told = stems(edge.button), stems(act_label(table, edge.action))
            assert edge.automatic or asked & told, (table, edge.button, act_label(table, edge.action))


def stems(words: str) -> set[str]:
    found = {word.strip("«».,")[:4].lower() for word in words.split() if len(word) > 3}
    return {{"верн": "возв"}.get(stem, stem) for stem in found}  # вернуть — возвращено: one word with two stems


def test_what_is_asked_of_an_edge_that_is_none() -> None:
    assert st.edge_of("voucher_application", "fly") is None
    assert st.edge_of("position", "approve") is None


def test_every_action_has_words_for_the_journal() -> None:
    from app.acts import action_label

    for table, edges in st.TRANSITIONS.items():
        for edge in edges:
            words = action_label(f"{table}.{edge.action}")
            assert not any("a" <= letter <= "z" for letter in words.lower().split(":")[0]), (table, edge.action, words)
