"""Two users in one form: what each field held when the form was opened, what it holds now, and what was typed here.

A form carries fingerprints of its fields as they were shown (``stamp``). When it comes back, a field whose stored value no
longer fits its fingerprint was changed by somebody else meanwhile, also in tables without a version column.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from app import audit
from app import models as m
from app.access import current_actor
from app.audit import words
from app.clock import ZONE, local, now
from app.labels import in_words, label_of
from app.russian import format_datetime
from app.services.portal.records import read_value
from app.web.frame.forms import form_values, writer_of
from app.web.frame.pages import Difference


def canonical(model: type[Any], name: str, value: Any) -> str:
    """Return a field's value as a text that is equal for equal values, however they were typed."""
    if isinstance(value, list | tuple):
        return ",".join(sorted(canonical(model, name, item) for item in value))
    if hasattr(value, "id"):
        return f"#{value.id}"
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, str):
        return " ".join(str(read_value(model, name, value)[0] or "").split())
    return "" if value is None else str(value)


def _fingerprint(model: type[Any], name: str, value: Any) -> str:
    return hashlib.blake2s(canonical(model, name, value).encode(), digest_size=4).hexdigest()


def stamp(row: Any, names: Iterable[str]) -> str:
    """Return the moment and the fingerprints of a row's fields, for a hidden input: «1764000000000 title:0a1b2c3d …»."""
    marks = [f"{name}:{_fingerprint(type(row), name, getattr(row, name))}" for name in names]
    return " ".join([str(int(now().timestamp() * 1000)), *marks])


@dataclass(frozen=True, slots=True)
class Opened:
    """What a form says of the moment when it was opened; both empty for a form that says nothing."""

    at: dt.datetime | None
    marks: Mapping[str, str]

    @classmethod
    def read(cls, text: str) -> Opened:
        """Read what ``stamp`` wrote; anything else counts as nothing."""
        moment, *marks = text.split() or [""]
        if not moment.isdecimal() or len(moment) > 14:
            return cls(None, {})
        return cls(
            dt.datetime.fromtimestamp(int(moment) / 1000, ZONE),
            dict(mark.split(":", 1) for mark in marks if ":" in mark),
        )


def differences(row: Any, form: Any, names: Sequence[str], opened: Opened) -> list[Difference]:
    """Return the fields that another user changed since the form was opened and that differ from what was typed."""
    typed = form_values(form, names, type(row))
    found = []
    entries = None
    for name in names:
        stored = getattr(row, name)
        is_same = canonical(type(row), name, typed[name]) == canonical(type(row), name, stored)
        mark = opened.marks.get(name)
        if is_same or mark == _fingerprint(type(row), name, stored):
            continue
        entries = audit.history(row.__tablename__, row.id) if entries is None else entries
        merged = mark is not None and mark == _fingerprint(type(row), name, typed[name])
        found.append(_difference(row, name, typed[name], merged=merged, entries=entries, opened=opened))
    return found


def _difference(
    row: Any, name: str, typed: Any, *, merged: bool, entries: Sequence[m.AuditEntry], opened: Opened
) -> Difference:
    label = label_of(row.__tablename__, name)
    about = [entry for entry in entries if label in entry.changes]
    since = [entry for entry in about if opened.at is not None and entry.at >= opened.at]
    # the journal hides a СНИЛС but for its end, which would make two different ones look alike
    before = since[-1].changes[label][0] or "пусто" if since and writer_of(row.__tablename__, name) is None else ""
    latest = (since if opened.at is not None else about)[:1]
    return Difference(
        field=name,
        label=label,
        stored=shown(row, name, getattr(row, name)),
        typed=shown(row, name, typed),
        # who did not change a field typed what stood there when the form was opened
        before=shown(row, name, typed) if merged else before,
        by=_by(latest[0]) if latest else "",
        merged=merged,
    )


def _by(entry: m.AuditEntry) -> str:
    who = "вы в другом окне" if entry.user_id == current_actor().user_id else entry.user_name
    return f"{who}, {format_datetime(local(entry.at))}"


def shown(row: Any, name: str, value: Any) -> str:
    """Return a field's value in words, a СНИЛС whole: it stands in the form anyway."""
    if value in (None, "", []):
        return "пусто"
    write = writer_of(row.__tablename__, name)
    if write is not None:
        normal, sentences = read_value(type(row), name, value)
        return str(value) if sentences else write(normal)
    return words(in_words(row.__tablename__, name, value)) or "пусто"


def take_theirs(row: Any, form: Any, found: Iterable[Difference]) -> None:
    """Put the stored values into the fields that only the other user changed: nobody's change is lost by saving."""
    for item in found:
        if item.merged:
            field = form[item.field]
            field.process(None, getattr(row, item.field))
            field.raw_data = None
            field.typed = None
