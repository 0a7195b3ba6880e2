"""The normal forms of ``app.text`` in SQL: for generated columns, conditions and orders.

Each function takes a column (or the name of a generated column) and gives what the function of the same name in ``app.text``
gives for the column's value; ``tests/services/test_text_forms.py`` compares them.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Computed, and_, false, func, true

from app import text


def quoted(value: str) -> str:
    """A text as a literal of SQL."""
    return "'" + value.replace("'", "''") + "'"


def key_sql(column: str) -> str:
    """The SQL of ``text.name_key`` of a column; it is immutable, so that a generated column may hold it."""
    signs = quoted(text.TIGHT_SIGNS)
    folded = f"translate(lower(normalize({column})), {quoted(text.KEY_FROM)}, {quoted(text.KEY_TO)})"
    collapsed = f"regexp_replace({folded}, ' +', ' ', 'g')"
    return f"btrim(regexp_replace({collapsed}, {signs}, '\\1', 'g'), {quoted(text.ENDS)})"


def key_of(column: str) -> Computed:
    """Generated column that holds the key of another one: what makes it unique and sorts it."""
    return Computed(key_sql(column), persisted=True)


def code_sql(column: str) -> str:
    """The SQL of ``text.code`` of a stored number: numbers are stored without «№»."""
    folded = f"translate(lower(normalize({column})), {quoted(text.CODE_FROM)}, {quoted(text.CODE_TO)})"
    return f"btrim({folded}, {quoted(text.CODE_ENDS)})"


def sort_key(column: Any) -> Any:
    """The order of people for a text column."""
    return func.translate(func.lower(column), text.SORT_FROM, text.SORT_TO)


def holds_words(columns: list[Any], typed: str) -> ColumnElement[bool]:
    """Condition: every word typed stands somewhere in the columns; signs alone match nothing."""
    found = [word.lstrip("-") for word in text.words(typed)]
    if not found or not columns:
        return false() if text.cleaned(typed) else true()
    joined = func.concat_ws(" ", *(sort_key(column) for column in columns))
    return and_(*(joined.contains(word, autoescape=True) for word in found[:10]))
