"""What a person may correct: the card, places of work, diplomas, attestations; and the values as a correction stores them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, cast

from sqlalchemy import Date, Integer, inspect
from sqlalchemy import Enum as EnumType

from app import models as m
from app import personal, shown
from app.access import unscoped
from app.audit import words
from app.extensions import db

CARD = "employee"
PLACE = "employment"
#: what a correction keeps: a text, or the ids of several rows of a directory
Kept = str | list[str] | None
_GONE = "удалено из справочника"


@dataclass(frozen=True, slots=True)
class Subject:
    """A kind of rows that a person corrects: its model, the fields, and those without which a new row makes no sense."""

    model: type[Any]
    #: «новая запись об образовании» (empty: only existing ones are corrected), and what one is called before its number
    new: str
    title: str
    fields: Sequence[str]
    required: Sequence[str] = ()

    @property
    def table(self) -> str:
        """Name of the table."""
        return str(self.model.__tablename__)


def _marked(model: type[Any]) -> tuple[str, ...]:
    """Attributes whose columns are marked ``propose``: for a key its relation, for a table of links the list that it makes."""
    mapper = inspect(model)
    relations = {column.name: r.key for r in mapper.relationships if r.secondary is None for column in r.local_columns}
    links = [r.key for r in mapper.relationships if r.secondary is not None and personal.fields(r.secondary, "propose")]
    own = personal.fields(cast(Any, mapper.local_table), "propose")
    return (*(relations.get(name, name) for name in own), *links)


#: table → what of it is corrected
SUBJECTS: Mapping[str, Subject] = {
    CARD: Subject(m.Employee, "карточка", "карточка", _marked(m.Employee)),
    # a new place of work is a hiring or a move, never a correction
    PLACE: Subject(m.Employment, "", "место работы", _marked(m.Employment)),
    "qualification": Subject(
        m.Qualification,
        "новая запись об образовании",
        "запись об образовании",
        ("level", "institution", "speciality", "qualification_name", "year", "series", "number", "last_name"),
        ("level",),
    ),
    "attestation": Subject(
        m.Attestation,
        "новая запись об аттестации",
        "запись об аттестации",
        ("kind", "position", "subject", "valid_from", "valid_until", "decision_date", "order_number", "order_date"),
        ("kind", "valid_from"),
    ),
}


def stored(value: Any) -> Kept:
    """A field's value as the JSON of the correction keeps it; a row of a directory by its id, several by their sorted ids."""
    if value is None or value in ("", []):
        return None
    if isinstance(value, list):
        return [str(pk) for pk in sorted(row.id for row in value)]
    if isinstance(value, m.Base):
        return str(cast(Any, value).id)
    if isinstance(value, Enum):
        return str(value.value)
    return value.isoformat() if isinstance(value, dt.date) else str(value)


def read(subject: Subject, name: str, text: Kept) -> Any:
    """The field's value behind what is stored; a row of a directory that is gone is None, in a list it is missing."""
    mapper = inspect(subject.model)
    if name in mapper.relationships:
        relation = mapper.relationships[name]
        ids = [int(pk) for pk in ([text] if isinstance(text, str) else text or ())]
        with unscoped("the words of a directory's row in a correction"):
            rows = [row for pk in ids if (row := db.session.get(relation.mapper.class_, pk)) is not None]
        return rows if relation.uselist else next(iter(rows), None)
    if text is None or isinstance(text, list):
        return None
    kind = mapper.columns[name].type
    if isinstance(kind, Date):
        return dt.date.fromisoformat(text)
    if isinstance(kind, Integer):
        return int(text)
    return kind.enum_class(text) if isinstance(kind, EnumType) and kind.enum_class else text


def in_words(subject: Subject, name: str, text: Kept) -> str:
    """A stored value as the comparison shows it."""
    writer = shown.writer_of(name)
    if isinstance(text, str) and writer is not None:
        return writer(text)
    value = read(subject, name, text)
    if stored(value) == text:
        return words(value) or "не указано"
    return ", ".join(filter(None, (words(value), _GONE)))
