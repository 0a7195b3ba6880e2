"""The values of a row as JSON and back, by the types of their dataclass: days, codes of enums, tuples, values within values."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints


def to_json(value: Any) -> Any:
    """The value for JSONB; what is not said is left out of a dataclass."""
    if is_dataclass(value):
        said = ((each.name, getattr(value, each.name)) for each in fields(value))
        return {name: to_json(found) for name, found in said if found is not None}
    if isinstance(value, Mapping):
        return {key: to_json(found) for key, found in value.items()}
    if isinstance(value, tuple):
        return [to_json(found) for found in value]
    if isinstance(value, dt.date):
        return value.isoformat()
    return value.value if isinstance(value, Enum) else value


def from_json(kind: Any, found: Any) -> Any:
    """The value of a type out of JSONB: the default of what is not said, else None."""
    if found is None:
        return None
    if get_origin(kind) is Mapping:
        return {key: from_json(get_args(kind)[1], value) for key, value in found.items()}
    if get_origin(kind) is tuple:
        return tuple(found)
    if not isinstance(kind, type):
        return found
    if is_dataclass(kind):
        return kind(
            **{name: from_json(of, found.get(name)) for name, of, left in _fields(kind) if name in found or not left}
        )
    if issubclass(kind, dt.date):
        return kind.fromisoformat(found)
    return kind(found) if issubclass(kind, Enum) else found


@cache
def _fields(kind: type[Any]) -> list[tuple[str, Any, bool]]:
    """Name, type without «or nothing», and whether it may be left out, of each field."""
    hints = get_type_hints(kind)
    return [(each.name, _bare(hints[each.name]), _has_default(each)) for each in fields(kind)]


def _bare(kind: Any) -> Any:
    if get_origin(kind) not in (Union, UnionType):
        return kind
    (one,) = (of for of in get_args(kind) if of is not NoneType)
    return one


def _has_default(each: Field[Any]) -> bool:
    return each.default is not MISSING or each.default_factory is not MISSING
