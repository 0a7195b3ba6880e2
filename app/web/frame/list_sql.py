"""Pieces of the statements of lists: conditions and options of filters, orders, and which related rows are loaded."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import Boolean, Enum, Select, String, inspect, select
from sqlalchemy.orm import Load
from sqlalchemy.sql.elements import UnaryExpression
from sqlalchemy.sql.operators import desc_op

from app.audit import words
from app.clock import ZONE
from app.extensions import db
from app.text import sort_key as by_people
from app.text.sql import sort_key
from app.web.frame.typed import row_id

Choices = Callable[[], Sequence[tuple[str, str]]]


def between(attribute: Any, first: dt.date | None, last: dt.date | None, *, moments: bool = False) -> Any:
    """Condition «from … to …», both days included; for moments by the local day."""
    low: Any = first
    high: Any = last + dt.timedelta(days=1) if last else None
    if moments:
        low, high = (dt.datetime.combine(d, dt.time(), ZONE) if d else None for d in (low, high))
    if low and high:
        return (attribute >= low) & (attribute < high)
    return attribute >= low if low else attribute < high


def eager(
    model: type[Any],
    path: str,
    *,
    naming: Mapping[str, tuple[str, ...]] | None = None,
    joined: Callable[[str], bool] = lambda _table: False,
) -> Any:
    """Loader option for a dotted path of relations; of the tables in ``naming`` only those columns are loaded.

    Each step costs one statement; a step to one row of a table for which ``joined`` is true costs none.
    """
    option, start = None, model
    for part in path.split("."):
        relation, attribute = inspect(model).relationships[part], getattr(model, part)
        model = relation.mapper.class_
        table = model.__tablename__
        way = "selectinload" if relation.uselist or not joined(table) else "joinedload"
        option = getattr(Load(start) if option is None else option, way)(attribute)
        if naming and table in naming:
            option = option.load_only(*(getattr(model, c) for c in naming[table]))
    return option


def split(order: Any) -> tuple[Any, bool]:
    """Split ``column`` or ``column.desc()`` into the column and whether it is descending."""
    if isinstance(order, UnaryExpression) and order.modifier is desc_op:
        return order.element, True
    return order, False


#: texts that are codes: their own order is served by an index, and letters in them are no words
_CODES = frozenset({"number", "code", "snils", "inn", "kpp", "ogrn", "oktmo", "phone", "email", "series", "list_code"})


def order_of_column(model: type[Any], name: str) -> Any:
    """What a list is sorted by for a column: texts as people sort them (ё beside е, any case), the rest as it is."""
    attribute, kind = getattr(model, name), inspect(model).columns[name].type
    if isinstance(kind, String) and not isinstance(kind, Enum) and name not in _CODES:
        return getattr(model, f"{name}_key", None) or sort_key(attribute)
    return attribute


def directed(attribute: Any, descending: bool, backwards: bool) -> Any:
    """Order by an attribute; empty values last, so first when read backwards."""
    order = attribute.asc() if descending == backwards else attribute.desc()
    if not descending or not getattr(getattr(attribute, "expression", None), "nullable", True):
        return order  # PostgreSQL's own place of empty values, the one that an index serves
    return order.nulls_first() if backwards else order.nulls_last()


def typed(value: str, kind: Any) -> Any:
    """Value of a text parameter in the column's type."""
    if kind.python_type is int:
        return row_id(value) or -1
    return value


def option_of(value: Any) -> str:
    """Text of a column's value as the option of a filter."""
    if isinstance(value, bool):
        return "1" if value else "0"
    return str(getattr(value, "value", value))


def choice(attribute: Any, kind: Any, coded: Mapping[str, str]) -> tuple[Callable[[Any, Any], Any], Choices]:
    """Condition and options of a plain column: an enumeration, a flag, codes with words, or the values that are there."""
    if isinstance(kind, Enum):
        members = [(m.value, m.label) for m in kind.enum_class]  # type: ignore[union-attr]
        codes = {value for value, _ in members}
        return lambda v, _t: attribute == v if v in codes else None, lambda: members
    if isinstance(kind, Boolean):
        return lambda v, _t: attribute.is_(v == "1") if v in ("0", "1") else None, lambda: (("1", "да"), ("0", "нет"))
    if coded:
        return lambda v, _t: attribute == v, lambda: list(coded.items())
    values = select(attribute).distinct()
    return lambda v, _t: attribute == typed(v, kind), lambda: distinct(values)


def distinct(statement: Select[Any]) -> list[tuple[str, str]]:
    """Options of the values that a statement finds."""
    found = [(str(v), words(v)) for v in db.session.scalars(statement) if v is not None]
    return sorted(found, key=lambda option: by_people(option[1]))
