"""A masked number is shown by its end alone wherever it is shown to many: every way out reads the mark of the column."""

from __future__ import annotations

import ast
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from app import audit, shown
from app import models as m
from app.actor import Actor, Grant
from app.permissions import ROLES, all_permissions
from app.services.portal.records import reader_of
from app.web.frame.export_pages import _exported
from app.web.frame.forms import writer_of
from app.web.frame.listing import ListColumn, show_value
from tests.architecture.sources import nodes, sources

APP = Path(__file__).resolve().parents[2] / "app"
WHOLE, HIDDEN = {"snils": "11223344595"}, {"snils": "***-***-445 95"}
WRITTEN = {"snils": "112-233-445 95"}
#: where a whole number stands by the form of the paper, or in the list that its own school has just typed
BY_FORM = {"identifiers.py", "shown.py", "documents/frdo/frdo_columns.py", "exchange/staff/staff_compare.py"}
COLUMNS = sorted(shown.masked_columns())


def test_every_column_with_such_a_number_has_the_mask() -> None:
    named = {(t.name, c.name) for t in m.Base.metadata.tables.values() for c in t.columns if c.name in shown.KINDS}
    assert named == set(COLUMNS)
    assert COLUMNS == [("employee", "snils"), ("registration", "snils")]


@pytest.mark.parametrize(("table", "column"), COLUMNS)
def test_the_ways_out_read_the_mark(table: str, column: str) -> None:
    value, hidden = WHOLE[column], HIDDEN[column]
    assert shown.end(column, value) == hidden
    # list, also by a path from another table, and what the page sorts and filters by
    assert show_value(value, column).text == show_value(value, f"{table}.{column}").text == hidden
    # Excel
    for name in (column, f"{table}.{column}"):
        listed = ListColumn(name, "СНИЛС", lambda _row, value=value: value, show_value)  # type: ignore[misc]
        assert _exported(listed, SimpleNamespace()) == hidden
    # journal
    assert audit.words(value, column) == hidden
    # what is typed is read, and written whole in the form that changes it
    read, write = reader_of(table, column), writer_of(table, column)
    assert read is not None and write is not None
    assert (read(WRITTEN[column]), write(value)) == (value, WRITTEN[column])


@pytest.mark.parametrize(("table", "column"), COLUMNS)
def test_on_a_card_it_is_whole_for_who_keeps_it_and_for_the_person(table: str, column: str) -> None:
    def told(actor: Actor) -> str:
        return shown.on_card(actor, table, column, WHOLE[column], owner_id=7)

    right = shown.KEEPERS[table]
    assert right in all_permissions()
    for code, role in ROLES.items():
        keeps = right in role.permissions
        assert told(Actor(1, "Кто-то", grants=(Grant(code),))) == (WRITTEN if keeps else HIDDEN)[column], code
    assert told(Actor(1, "Сам", employee_id=7, grants=(Grant("worker"),))) == WRITTEN[column]
    assert told(Actor(1, "Коллега", employee_id=8, grants=(Grant("worker"),))) == HIDDEN[column]


def _named(tree: ast.AST) -> set[str]:
    return {alias.name for node in nodes(tree) if isinstance(node, ast.ImportFrom) for alias in node.names}


def test_nobody_writes_or_hides_such_a_number_past_the_marks() -> None:
    found: dict[str, Any] = {}
    for path, tree in sources().items():
        names = _named(tree) & {"mask_snils", "format_snils"}
        if names and path.removeprefix("app/") not in BY_FORM:
            found[path] = names
    assert not found
    templates = [p for p in APP.rglob("*.html") if ".snils" in p.read_text(encoding="utf-8")]
    assert not templates
