"""Every column of a person says what becomes of it (152-ФЗ): a new one cannot be forgotten."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import Table

from app import models as m
from app.personal import Rows, exported, holds_words, is_of_people, mark_of, owner_keys, personal, table_mark
from app.services.identity import merges, own_data
from app.services.personnel.cards import changes

TABLES = dict(m.Base.metadata.tables)
#: everything in them is about the person, dates and numbers too
WHOLE = ("employee", "ab_user")


def advice(table: Table, column: str = "") -> str:
    """What the author of a new column or table is to do."""
    if not column:
        return (
            f"Table {table.name} holds rows of people. Say in its __table_args__ what becomes of them when a person withdraws the"
            ' consent: {"info": rows_go("Что это")} or {"info": rows_stay("Что это", why)} (app/personal.py).'
        )
    return (
        f"Column {table.name}.{column} can hold personal data. Say what becomes of it when a person is made nameless:"
        ' mapped_column(..., info=personal("empty")), or "replace", "mentions", kept(why) (app/personal.py).'
    )


@pytest.mark.parametrize("name", [name for name, table in TABLES.items() if is_of_people(table)])
def test_a_table_of_people_says_what_becomes_of_the_rows(name: str) -> None:
    table = TABLES[name]
    mark = table_mark(table)
    assert mark is not None, advice(table)
    assert owner_keys(table), f"by which key is a row of {name} a person's?"
    assert (mark.rows == Rows.KEEP) == bool(mark.why)


@pytest.mark.parametrize("name", [name for name, table in TABLES.items() if table_mark(table) is not None])
def test_a_column_of_a_person_says_what_becomes_of_it(name: str) -> None:
    table = TABLES[name]
    mark = table_mark(table)
    if mark is None or mark.rows == Rows.DELETE:
        return
    for column in table.columns:
        own = name in WHOLE and not (column.primary_key or column.foreign_keys or column.computed is not None)
        if own or holds_words(column):
            assert mark_of(column) is not None, advice(table, column.name)


def test_what_is_emptied_can_be_empty() -> None:
    for table in TABLES.values():
        for column in table.columns:
            mark = mark_of(column)
            if mark is not None and mark.anonymise == "empty" and not column.nullable:
                assert column.default is not None or not holds_words(column) or column.server_default is not None, (
                    column
                )


def test_what_stays_has_a_reason_and_only_that() -> None:
    for wrong in ({"anonymise": "keep"}, {"anonymise": "empty", "why": "закон"}):
        with pytest.raises(ValueError, match="reason"):
            personal(**wrong)  # type: ignore[arg-type]


def test_the_services_read_the_marks() -> None:
    assert merges.FIELDS == (
        "snils", "last_name", "first_name", "patronymic", "birth_date", "sex", "citizenship", "email", "phone", "name_genitive",
        "name_dative", "name_accusative", "teaching_since", "working_since", "degree", "awards",
    )  # fmt: skip
    assert set(changes.FIELDS) == set(merges.FIELDS) - {
        "citizenship",
        "name_genitive",
        "name_dative",
        "name_accusative",
    }


# --- «Выгрузка моих данных» ------------------------------------------------------------------------------------------

GIVEN = [name for name, table in TABLES.items() if (mark := table_mark(table)) and not mark.export.refused]
#: why a column of a person is not given, whatever its table says
OF_THE_PORTAL = {"id", "version", "made_in"}


@pytest.mark.parametrize("name", GIVEN)
def test_every_exported_column_has_its_own_russian_heading(name: str) -> None:
    titles = [field.title for field in own_data.fields_of(m.mapped_classes()[name])]
    assert titles, f"nothing of {name} is given: say why by not_given()"
    assert len(set(titles)) == len(titles)
    assert not [title for title in titles if re.search("[a-z_]", title)]


@pytest.mark.parametrize("name", [name for name, table in TABLES.items() if table_mark(table) is not None])
def test_what_is_not_given_has_its_reason(name: str) -> None:
    """A new column is in the file by itself; only the table's mark, or what the column is, can keep it out."""
    table, mark = TABLES[name], table_mark(TABLES[name])
    assert mark is not None
    if mark.export.refused:
        assert exported(table) == ()
        return
    left_out = {column.name: column for column in table.columns if column not in exported(table)}
    named, owners = set(mark.export.without), {key.name for key in owner_keys(table)}
    assert named <= left_out.keys(), "a column that is not in the table, or is left out anyway"
    for column_name in left_out.keys() - named - owners - OF_THE_PORTAL:
        column = left_out[column_name]
        mark_here = mark_of(column)
        of_users = any(key.column.table.name == "ab_user" for key in column.foreign_keys)
        assert of_users or column.computed is not None or (mark_here is not None and mark_here.secret), column


def test_secrets_are_given_to_nobody() -> None:
    given = {f"{name}.{column.name}" for name in GIVEN for column in exported(TABLES[name])}
    secrets = {f"{n}.{c.name}" for n, table in TABLES.items() for c in table.columns if (k := mark_of(c)) and k.secret}
    assert secrets and not secrets & given
    assert not [name for name in given if "password" in name or "sha256" in name or "token" in name]
