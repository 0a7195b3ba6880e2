"""The door of all typed text: parameters of addresses and fields of forms come in one normal form.

The text is composed (й is one character), without characters that no one sees and without control characters, the zero
byte among them, which PostgreSQL refuses. Blanks stay as typed: a field or a service that stores a line cleans them
(``app.text``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from flask import Request
from werkzeug.datastructures import ImmutableMultiDict
from werkzeug.datastructures.structures import iter_multi_items

from app.text import visible


def row_id(typed: str) -> int | None:
    """The number of a row that an address or a form names; None for anything that cannot be one."""
    return int(typed) if typed.isascii() and typed.isdecimal() and len(typed) < 10 else None


class TypedValues(ImmutableMultiDict[str, Any]):
    """Parameters by name; texts are cleaned, uploaded files are left alone."""

    def __init__(self, mapping: Mapping[str, Any] | Iterable[tuple[str, Any]] | None = None) -> None:
        pairs = iter_multi_items(mapping) if mapping is not None else ()
        super().__init__([(name, visible(value) if isinstance(value, str) else value) for name, value in pairs])


class TypedRequest(Request):
    """Flask's request whose ``args``, ``form`` and ``values`` are ``TypedValues``."""

    parameter_storage_class = TypedValues
