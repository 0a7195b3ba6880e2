"""What a person may correct: the own card, diplomas and attestations; their values as a correction keeps and shows them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, cast

from sqlalchemy import Date, Integer, Table, inspect
from sqlalchemy import Enum as EnumType

from app import models as m
from app import personal
from app.access import unscoped
from app.audit import words
from app.extensions import db
from app.identifiers import format_phone, format_snils

CARD = "employee"


@dataclass(frozen=True, slots=True)
class Subject:
    """A kind of rows that a person corrects: its model, the fields, and those without which a new row makes no sense."""

    model: type[Any]
    #: «новая запись об образовании», and what an existing one is called before its number
    new: str
    title: str
    fields: Sequence[str]
    required: Sequence[str] = ()

    @property
    def table(self) -> str:
        """Name of the table."""
        return str(self.model.__tablename__)


#: table → what of it is corrected
SUBJECTS: Mapping[str, Subject] = {
    CARD: Subject(m.Employee, "карточка", "карточка", personal.fields(cast(Table, m.Employee.__table__), "propose")),
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


def stored(value: Any) -> str | None:
    """A field's value as the JSON of the correction keeps it; a row of a directory by its id."""
    if value is None or value == "":
        return None
    if isinstance(value, m.Base):
        return str(cast(Any, value).id)
    if isinstance(value, Enum):
        return str(value.value)
    return value.isoformat() if isinstance(value, dt.date) else str(value)


def read(subject: Subject, name: str, text: str | None) -> Any:
    """The field's value behind the stored text; a row of a directory that is gone is None."""
    if text is None:
        return None
    mapper = inspect(subject.model)
    if name in mapper.relationships:
        with unscoped("the words of a directory's row in a correction"):
            return db.session.get(mapper.relationships[name].mapper.class_, int(text))
    kind = mapper.columns[name].type
    if isinstance(kind, Date):
        return dt.date.fromisoformat(text)
    if isinstance(kind, Integer):
        return int(text)
    return kind.enum_class(text) if isinstance(kind, EnumType) and kind.enum_class else text


def in_words(subject: Subject, name: str, text: str | None) -> str:
    """A stored value as the comparison shows it."""
    writer = {"snils": format_snils, "phone": format_phone}.get(name)
    if text is not None and writer is not None:
        return writer(text)
    return words(read(subject, name, text)) or "не указано"
