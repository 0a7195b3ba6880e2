"""What many tests begin with is made once a day and database, and put back by one statement and from memory."""

from __future__ import annotations

import datetime as dt
import pickle
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

from sqlalchemy import Connection, text

from app import models as m
from app.clock import today
from app.extensions import db

Build = Callable[[], Any]

_COLUMNS = (
    "SELECT string_agg(quote_ident(attname), ', ') FROM pg_attribute WHERE attrelid = CAST(:table AS regclass)"
    " AND attnum > 0 AND NOT attisdropped AND attgenerated = ''"
)


@dataclass(frozen=True)
class _Kept:
    """A schema with the rows, the tables that they are of, and the built objects."""

    schema: str
    tables: frozenset[str]
    objects: bytes


_kept: dict[tuple[str, Build, dt.date], _Kept] = {}


def prepared(build: Build) -> Any:
    """What ``build`` makes and returns (rows, or a dataclass of rows), put into the database and the session.

    It is built anew where the test has already written to its tables, and in a database that notes no writes (the demo).
    """
    key = (str(db.engine.url), build, today())
    with db.engine.begin() as connection:
        touched = _touched(connection)
        if key in _kept and touched is not None and not touched & _kept[key].tables:
            connection.execute(text(f"SELECT {_kept[key].schema}.put()"))
            found = pickle.loads(_kept[key].objects)
            db.session.add_all(_rows_of(found))
            return found
    built = build()
    if touched == frozenset() and key not in _kept:
        _kept[key] = _keep(f"prepared_{len(_kept)}", built)
    return built


def _touched(connection: Connection) -> frozenset[str] | None:
    if connection.scalar(text("SELECT to_regclass('pristine.touched')")) is None:
        return None
    return frozenset(connection.scalars(text("SELECT DISTINCT name FROM pristine.touched")))


def _keep(schema: str, built: Any) -> _Kept:
    """Copy what the tables hold beside the reference rows; a built row must not be a changed reference row."""
    with db.engine.begin() as connection:
        tables = _touched(connection) or frozenset()
        connection.execute(text(f"CREATE SCHEMA {schema}"))
        lines = []
        for table in sorted(tables):
            columns = connection.scalar(text(_COLUMNS), {"table": f'public."{table}"'})
            rows = f'SELECT {columns} FROM public."{table}"'
            if connection.scalar(text("SELECT to_regclass(:name)"), {"name": f'pristine."{table}"'}) is not None:
                reference = f'SELECT {columns} FROM pristine."{table}"'
                assert connection.scalar(text(f"SELECT count(*) FROM ({reference} EXCEPT {rows}) x")) == 0, table
                rows = f"{rows} EXCEPT {reference}"
            connection.execute(text(f'CREATE TABLE {schema}."{table}" AS {rows}'))
            lines.append(f'INSERT INTO public."{table}" ({columns}) SELECT {columns} FROM {schema}."{table}";')
            lines.append(f"INSERT INTO pristine.touched VALUES ('{table}');")
        # the rows stand already checked, and the triggers have done their work when they were built
        connection.exec_driver_sql(
            f"CREATE FUNCTION {schema}.put() RETURNS void LANGUAGE plpgsql SET session_replication_role = replica"
            f" AS $$ BEGIN {' '.join(lines)} END $$"
        )
    return _Kept(schema, tables, pickle.dumps(built))


def _rows_of(found: Any) -> Iterator[m.Base]:
    if isinstance(found, m.Base):
        yield found
    elif is_dataclass(found):
        for field in fields(found):
            yield from _rows_of(getattr(found, field.name))
