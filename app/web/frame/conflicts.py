"""Two users in one form: the value of each field when the form was opened, the value now, and the typed value.

A form carries fingerprints of its fields as they were shown (``stamp``), and short values themselves, so that they can be
chosen again. When the form comes back, a field whose stored value no longer fits its fingerprint was changed by another user
meanwhile; this works in tables without a version column too.
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from sqlalchemy import Boolean, String, inspect
from werkzeug.datastructures import MultiDict

from app import audit
from app import models as m
from app.access import current_actor
from app.audit import words
from app.clock import ZONE, local, now
from app.errors import Invalid
from app.labels import codes_of, in_words, label_of
from app.russian import format_date, format_datetime
from app.services.portal.records import read_value
from app.web.frame.forms import form_values, writer_of
from app.web.frame.pages import MINE, THEIRS, WAS, Difference

EMPTY = "пусто"
UNKNOWN = "неизвестно: журнал об этом изменении не говорит"
_UNCHOSEN = "Выберите, чьё значение сохранить."
_CHANGED_AGAIN = "Значение изменили ещё раз: выберите заново."
_EDITED = "Вы изменили своё значение, а отмечено другое: выберите ещё раз."
#: so many characters of a value are carried by a form
_CARRIED = 200


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


def sent_form(value: Any) -> list[str]:
    """What the control of a field sends for a value."""
    if isinstance(value, list | tuple):
        texts = [text for item in value for text in sent_form(item)]
        # texts one a line, chosen rows each by itself
        return texts if all(hasattr(item, "id") for item in value) else ["\n".join(texts)]
    if hasattr(value, "id"):
        return [str(value.id)]
    if isinstance(value, bool):
        return ["y"] if value else []
    if isinstance(value, Enum):
        return [str(value.value)]
    if isinstance(value, dt.date):
        return [format_date(value)]
    return [""] if value is None else [str(value)]


def _packed(value: Any) -> str:
    """A value as a form sends it, for a stamp; nothing for one that is too long to be carried along."""
    text = "\0".join(sent_form(value))
    return "." + base64.urlsafe_b64encode(text.encode()).decode() if len(text) <= _CARRIED else ""


def _unpacked(text: str) -> str | None:
    try:
        return base64.urlsafe_b64decode(text).decode()
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return None


def stamp(row: Any, names: Iterable[str]) -> str:
    """Return the moment, the fingerprints and the short values of a row's fields, for a hidden input.

    «1764000000000 title:0a1b2c3d.0L_RgNC40LzQtdGA …»
    """
    fields = [(name, getattr(row, name)) for name in names]
    marks = [f"{name}:{_fingerprint(type(row), name, value)}{_packed(value)}" for name, value in fields]
    return " ".join([str(int(now().timestamp() * 1000)), *marks])


@dataclass(frozen=True, slots=True)
class Opened:
    """What a form says of the moment when it was opened; all empty for a form that says nothing."""

    at: dt.datetime | None
    marks: Mapping[str, str]
    #: field → what its control held, where the form carries it
    values: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @classmethod
    def read(cls, text: str) -> Opened:
        """Read what ``stamp`` wrote; anything else counts as nothing."""
        moment, *marks = text.split() or [""]
        if not moment.isdecimal() or len(moment) > 14:
            return cls(None, {})
        told = [(name, *rest.partition(".")) for name, _, rest in (mark.partition(":") for mark in marks) if rest]
        packed = {name: _unpacked(text) for name, _mark, dot, text in told if dot}
        return cls(
            dt.datetime.fromtimestamp(int(moment) / 1000, ZONE),
            {name: mark for name, mark, _dot, _text in told},
            {name: text.split("\0") if text else [] for name, text in packed.items() if text is not None},
        )


@dataclass(frozen=True, slots=True)
class Choices:
    """What the page of differences asked (field → fingerprints of both values) and what was answered."""

    offered: Mapping[str, str]
    chosen: Mapping[str, str]

    @classmethod
    def read(cls, posted: Mapping[str, str]) -> Choices:
        """Read what the page of differences sent; a form that is no such page has asked nothing."""
        marks = (mark.split(":", 1) for mark in posted.get("offered", "").split() if ":" in mark)
        offered = dict(marks)
        return cls(offered, {name: posted.get(f"choice-{name}", "") for name in offered})

    def problem(self, name: str, mark: str) -> str:
        """Why the answer about a field does not count; empty where it does."""
        offered, _, typed = self.offered[name].partition(".")
        stored_now, _, typed_now = mark.partition(".")
        choice = self.chosen[name]
        if offered != stored_now:
            return _CHANGED_AGAIN
        if choice in (THEIRS, WAS) and typed != typed_now:
            return _EDITED
        return "" if choice in (MINE, THEIRS, WAS) else _UNCHOSEN


def differences(
    row: Any, form: Any, names: Sequence[str], opened: Opened, choices: Choices | None = None
) -> list[Difference]:
    """Return the fields that another user changed since the form was opened and that differ from what was typed."""
    model = type(row)
    typed = form_values(form, names, model)
    found = []
    entries = None
    for name in names:
        stored = getattr(row, name)
        mark = opened.marks.get(name)
        if canonical(model, name, typed[name]) == canonical(model, name, stored):
            continue
        if mark == _fingerprint(model, name, stored):
            continue
        entries = audit.history(row.__tablename__, row.id) if entries is None else entries
        label = label_of(row.__tablename__, name)
        about = [entry for entry in entries if label in entry.changes]
        found.append(_difference(row, name, typed[name], about, opened, choices))
    return found


def _difference(
    row: Any, name: str, typed: Any, about: Sequence[m.AuditEntry], opened: Opened, choices: Choices | None
) -> Difference:
    stored, model = getattr(row, name), type(row)
    mark = f"{_fingerprint(model, name, stored)}.{_fingerprint(model, name, typed)}"
    is_asked = choices is not None and name in choices.offered
    problem = choices.problem(name, mark) if choices is not None and is_asked else ""
    merged = opened.marks.get(name) == _fingerprint(model, name, typed)
    is_settled = is_asked and not problem
    latest = (_since(row, name, about, opened) if opened.at is not None else about)[:1]
    return Difference(
        field=name,
        label=label_of(row.__tablename__, name),
        stored=shown(row, name, stored),
        before=_before(row, name, typed, about, opened),
        by=_by(latest[0]) if latest else "",
        merged=merged,
        mark=mark,
        choice=choices.chosen[name] if choices is not None and is_settled else THEIRS if merged else "",
        is_settled=is_settled,
        problem=problem,
        # a field that the user left alone holds it anyway
        can_return=name in opened.values and not merged,
    )


def _since(row: Any, name: str, about: Sequence[m.AuditEntry], opened: Opened) -> Sequence[m.AuditEntry]:
    """Entries about a field since the form was opened, the newest first.

    A change that began before and ended after bears the earlier moment: the newest entry is it when it led to what is stored.
    """
    label = label_of(row.__tablename__, name)
    since = [entry for entry in about if opened.at is not None and entry.at >= opened.at]
    if since or not about or name not in opened.marks or isinstance(getattr(row, name), list):
        return since
    stored = words(in_words(row.__tablename__, name, getattr(row, name)), name)
    return about[:1] if about[0].changes[label][1] == stored else []


def _before(row: Any, name: str, typed: Any, about: Sequence[m.AuditEntry], opened: Opened) -> str:
    """What a field held when the form was opened, in words; a СНИЛС as the journal has it.

    A value that fits the field's fingerprint is it for certain; else the journal tells it.
    """
    label, mark = label_of(row.__tablename__, name), opened.marks.get(name)
    told = [text for entry in about for text in entry.changes[label]]
    kind = getattr(inspect(type(row)).columns.get(name), "type", None)
    codes = codes_of(row.__tablename__, name)
    known = [True, False] if isinstance(kind, Boolean) else list(getattr(kind, "enum_class", None) or codes)
    for value in (typed, None, *known, *(told if isinstance(kind, String) else ())):
        if mark is not None and mark == _fingerprint(type(row), name, value):
            return _written(row, name, value)
    since = _since(row, name, about, opened)
    if not since:
        return UNKNOWN
    if isinstance(getattr(row, name), list) and name in inspect(type(row)).relationships:
        return _undone(getattr(row, name), [entry.changes[label] for entry in since])
    return _written(row, name, since[-1].changes[label][0])


def _undone(items: Sequence[Any], changes: Iterable[Sequence[str]]) -> str:
    """Links to several rows before changes of which the journal has only what went and what came; the newest first."""
    names = [words(item) for item in items]
    for went, came in changes:
        names = [name for name in names if f", {name}, " not in f", {came}, "] + ([went] if went else [])
    return ", ".join(names) or EMPTY


def _written(row: Any, name: str, value: Any) -> str:
    """``shown``, but a value that the journal hides in part is hidden here too."""
    normal, sentences = read_value(type(row), name, value) if isinstance(value, str) else (value, [])
    if value and not sentences and words(normal, name) != words(normal):
        return words(normal, name)
    return shown(row, name, value)


def _by(entry: m.AuditEntry) -> str:
    who = "вы в другом окне" if entry.user_id == current_actor().user_id else entry.user_name
    return f"{who}, {format_datetime(local(entry.at))}"


def shown(row: Any, name: str, value: Any) -> str:
    """Return a field's value in words, a СНИЛС whole: it stands in the form anyway."""
    if value in (None, "", []):
        return EMPTY
    write = writer_of(row.__tablename__, name)
    if write is not None:
        normal, sentences = read_value(type(row), name, value)
        return str(value) if sentences else write(normal)
    return words(in_words(row.__tablename__, name, value)) or EMPTY


def take_chosen(row: Any, form: Any, found: Iterable[Difference], opened: Opened) -> None:
    """Put the values that the user chose into the fields: the other one's, or those of before.

    Raises Invalid by field for a former value that can no longer be chosen.
    """
    for item in found:
        if item.choice == WAS:
            _return_to(form, item.field, opened)
        if item.choice == THEIRS:
            field = form[item.field]
            stored = getattr(row, item.field)
            # a copy: the row's own list would change while it is saved
            field.process(None, list(stored) if isinstance(stored, list) else stored)
            field.raw_data = None
            field.typed = None


def _return_to(form: Any, name: str, opened: Opened) -> None:
    field_ = form[name]
    field_.process(MultiDict((name, text) for text in opened.values.get(name, ())))
    if name not in opened.values or not field_.validate(form):
        sentence = "То, что было, сохранить уже нельзя. Выберите другое значение."
        raise Invalid(sentence, fields={name: [*map(str, field_.errors)] or [sentence]})
