"""Typical reasons of refusals and returns: the operator's directory, joined with the typed reason (order § 3.5)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from app import models as m
from app.errors import Invalid
from app.extensions import db

#: table of what is decided → subject of the directory
SUBJECTS: Mapping[str, str] = {
    "voucher_application": "voucher",
    "enrolment": "enrolment",
    "registration": "registration",
    "access_request": "access",
}
#: actions for which the directory is offered; an annulment or a revocation has reasons of its own
ACTIONS = frozenset({"reject", "return"})
_COLUMN = "refusal_reason_id"


@dataclass(frozen=True, slots=True)
class Typical:
    """A typical reason: its id, the table whose decisions it explains, its words."""

    id: int
    table: str
    text: str


def listed(tables: Collection[str]) -> list[Typical]:
    """Return the typical reasons of some tables, those of one table together; one statement, none without a subject."""
    by_subject = {SUBJECTS[table]: table for table in tables if table in SUBJECTS}
    if not by_subject:
        return []
    reason = m.RefusalReason
    statement = select(reason.id, reason.subject, reason.text).where(reason.subject.in_(by_subject))
    found = [Typical(pk, by_subject[subject], text) for pk, subject, text in db.session.execute(statement)]
    order = list(SUBJECTS)
    return sorted(found, key=lambda item: (order.index(item.table), item.text))


def written(table: str, typed: str, typical_id: int | None) -> str:
    """Return the whole reason: the typical words, then what was typed; raises Invalid for another table's reason."""
    if typical_id is None:
        return typed.strip()
    found = next((item for item in listed([table]) if item.id == typical_id), None)
    if found is None:
        sentence = "Эта причина из справочника — для других решений. Выберите другую или впишите свою."
        raise Invalid(sentence, fields={"reason": [sentence]})
    return f"{found.text} {typed.strip()}".strip()


def arguments(model: type[m.Base], typed: str, typical_id: int | None) -> dict[str, Any]:
    """Return what a service of ``model`` takes as its reason.

    Where the table keeps the typical reason for the statistics its service takes the id too, elsewhere the words alone.
    """
    if _COLUMN in model.__table__.columns:
        return {"reason": typed, _COLUMN: typical_id}
    return {"reason": written(model.__tablename__, typed, typical_id)}
