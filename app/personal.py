"""What happens to personal data, declared once: a mark on each column and each table of a person, read by every service.

The mark of a person's table says what happens to its rows when the consent is withdrawn (152-ФЗ, ст. 21, ч. 5): they are
deleted, or they stay for a reason that the law gives. In rows that stay, and in rows of others that may name the person,
each column with words is marked with what happens to its value. ``tests/architecture/test_personal.py`` refuses a column
without a mark.

The person may get a copy of these rows (ст. 14, ч. 7): every column is exported unless its table says what is left out
(``Export``). So a new column is exported by default, and leaving a column out is a decision written in the model.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Literal

from sqlalchemy import Column, Enum, MetaData, String, Table
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

_KEY = "personal"
_UNSHOWN = "unshown"

#: why something stays
PAPERS = "273-ФЗ, ст. 60, 98: выданный документ действителен, сведения о нём хранятся и передаются в ФИС ФРДО"
MONEY = "402-ФЗ, ст. 29 и п. 3.1 Порядка: отчётность об обучении за счёт бюджета; имени в записях нет"
PROOF = "152-ФЗ, ст. 9, ч. 3: оператор доказывает, что согласие было получено"
JOURNAL = "152-ФЗ, ст. 19: учёт действий с персональными данными; остаётся, что и когда изменили, без имени и значений"
ACCOUNT = "на неё ссылается журнал; имени, почты и пароля в ней нет, войти по ней нельзя"
#: why something is not given to the person
SIGN_IN = "отпечаток секрета входа: о человеке не говорит, а попав в чужие руки, помог бы войти за него"
WORK = "работа ответственного: в ней данные других людей"
#: words of the portal itself, not of a person
TECHNICAL = "служебное значение портала: код, состояние, отпечаток или номер, о человеке не говорит"

Anonymise = Literal["empty", "replace", "mentions", "keep"]


class Rows(StrEnum):
    """What becomes of a person's rows of a table."""

    DELETE = "delete"
    KEEP = "keep"


@dataclass(frozen=True, slots=True)
class Mark:
    """What becomes of a column's value; the fields are the arguments of ``personal``."""

    anonymise: Anonymise
    why: str = ""
    merge: bool = False
    propose: bool = False
    mask: str = ""
    secret: bool = False


@dataclass(frozen=True, slots=True)
class Export:
    """What of a table the person is given in «Выгрузка моих данных».

    ``without``: columns that are no data of the person: names of others, values that the portal alone uses. ``refused``: why
    nothing of the table is given.
    """

    without: tuple[str, ...] = ()
    refused: str = ""


WHOLE = Export()


@dataclass(frozen=True, slots=True)
class TableMark:
    """What becomes of a person's rows; ``through``: the keys by which a row is a person's, when not all keys of people are."""

    rows: Rows
    title: str
    why: str = ""
    through: tuple[str, ...] = ()
    export: Export = WHOLE


def personal(
    anonymise: Anonymise,
    *,
    why: str = "",
    merge: bool = False,
    propose: bool = False,
    mask: str = "",
    secret: bool = False,
) -> dict[str, Any]:
    """Mark a column (its ``info``).

    ``anonymise``: «empty» (the default of the column, else nothing), «replace» (the nameless name), «mentions» (only the words
    that name the person go: in texts about many), «keep» with the reason ``why``. ``merge``: one of two cards' values is chosen.
    ``propose``: the person may propose another value. ``mask``: the kind of number (``shown.KINDS``)
    of which lists, search, exports and the journal show the end alone. ``secret``: the journal
    never holds it.
    """
    if (anonymise == "keep") != bool(why):
        raise ValueError("what stays needs a reason, and only that")
    return {_KEY: Mark(anonymise, why, merge, propose, mask, secret)}


def kept(why: str = TECHNICAL) -> dict[str, Any]:
    """Mark a column that stays."""
    return personal("keep", why=why)


def unshown() -> dict[str, Any]:
    """Mark a code by which the portal knows a row: no page, no file and no journal shows it."""
    return {_UNSHOWN: True}


def is_shown(column: Column[Any]) -> bool:
    """Whether people may read a column: all but the codes of the portal's own."""
    return not column.info.get(_UNSHOWN, False)


def without(*columns: str) -> Export:
    """What is given of a table, less these columns."""
    return Export(columns)


def not_given(why: str) -> Export:
    """Nothing of a table is given, and why."""
    return Export(refused=why)


def rows_go(title: str, *through: str, export: Export = WHOLE) -> dict[str, Any]:
    """Mark a table whose rows of a person are deleted (the ``info`` of its arguments); ``title`` names them in the report."""
    return {_KEY: TableMark(Rows.DELETE, title, through=through, export=export)}


def rows_stay(title: str, why: str, *through: str, export: Export = WHOLE) -> dict[str, Any]:
    """Mark a table whose rows of a person stay, and why; the columns say what becomes of their words."""
    return {_KEY: TableMark(Rows.KEEP, title, why, through, export)}


# --- reading the marks -----------------------------------------------------------------------------------------------


def mark_of(column: Column[Any]) -> Mark | None:
    """Return a column's mark."""
    found: Mark | None = column.info.get(_KEY)
    return found


def table_mark(table: Table) -> TableMark | None:
    """Return a table's mark."""
    found: TableMark | None = table.info.get(_KEY)
    return found


def marked_tables(metadata: MetaData) -> Iterator[tuple[Table, TableMark]]:
    """Tables of people with their marks, those that are pointed at first."""
    for table in metadata.sorted_tables:
        mark = table_mark(table)
        if mark is not None:
            yield table, mark


def fields(table: Table, use: Literal["merge", "propose", "secret"]) -> tuple[str, ...]:
    """Names of a table's columns that are marked for a use, in the order of the table."""
    marks = ((column.name, mark_of(column)) for column in table.columns)
    return tuple(name for name, mark in marks if mark is not None and getattr(mark, use))


def exported(table: Table) -> tuple[Column[Any], ...]:
    """Columns of a table whose values the person is given, in the order of the table; none of a table that is refused.

    No table needs to say that its key, its owner, what the database computes, what a row is bound to, secrets and keys of other
    users stay out.
    """
    mark = table_mark(table)
    if mark is None or mark.export.refused:
        return ()
    owners = {key.name for key in owner_keys(table)}
    return tuple(c for c in table.columns if c.name not in owners | {*mark.export.without} and _is_told(c))


#: columns that say nothing about the person wherever they stand
_PORTALS_OWN = frozenset({"id", "version", "made_in"})


def _is_told(column: Column[Any]) -> bool:
    mark = mark_of(column)
    of_users = any(key.column.table.name == "ab_user" for key in column.foreign_keys)
    is_secret = mark is not None and mark.secret
    is_own = column.name in _PORTALS_OWN or column.computed is not None or not is_shown(column)
    return not (is_own or of_users or is_secret)


def holds_words(column: Column[Any]) -> bool:
    """Whether a column can hold words of a person: texts, lists of them and JSON, but no keys, codes and computed values."""
    kind = column.type.item_type if isinstance(column.type, ARRAY) else column.type
    is_text = isinstance(kind, String | JSONB) and not isinstance(kind, Enum)
    return is_text and not column.primary_key and not column.foreign_keys and column.computed is None


def owner_keys(table: Table) -> list[Column[Any]]:
    """Keys by which a row belongs to a person: to the card or to the account, not to who decided or made it."""
    mark = table_mark(table)
    if mark is not None and mark.through:
        return [table.columns[name] for name in mark.through]
    return list(_keys_of_people(table))


def _keys_of_people(table: Table) -> Iterator[Column[Any]]:
    for constraint in table.foreign_key_constraints:
        for key in constraint.elements:
            if key.column.table.name not in ("employee", "ab_user") or key.column.name != "id":
                continue
            if not key.parent.name.endswith(("_by_id", "_by_fk")):
                yield key.parent


def is_of_people(table: Table) -> bool:
    """Whether a table's rows belong to people, so that it needs a mark; of the framework's own tables only the accounts."""
    if table.name in ("employee", "ab_user"):
        return True
    return not table.name.startswith("ab_") and next(_keys_of_people(table), None) is not None
