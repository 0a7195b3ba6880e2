"""A verdict: the lines that speak for and against a decision, each with its source, and what several kinds have in common."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import or_, select

from app import addresses
from app import models as m
from app.access import current_actor
from app.extensions import db
from app.services.personnel.consents import consents


@dataclass(frozen=True, slots=True)
class Line:
    """One condition: ``ok`` holds, is broken, or None: a remark that hinders nothing; ``source`` says by what, with a link."""

    ok: bool | None
    text: str
    source: str = ""
    href: str = ""


@dataclass(frozen=True, slots=True)
class Difference:
    """A value of the card and of what is decided; equal ones stand beside for comparison."""

    label: str
    card: str
    asked: str

    @property
    def differs(self) -> bool:
        """Whether the eye should stop here."""
        return self.card != self.asked


@dataclass(frozen=True, slots=True)
class Verdict:
    """Everything that a person needs to decide one row."""

    lines: Sequence[Line]
    differences: Sequence[Difference] = ()
    scans: Sequence[m.StoredFile] = ()

    @property
    def broken(self) -> int:
        """How many conditions do not hold."""
        return sum(line.ok is False for line in self.lines)


def card_of(table: str, pk: int | None) -> str:
    """Address of a card that the actor may open, else nothing."""
    return addresses.card(table, pk) if pk is not None and current_actor().can(f"{table}:show") else ""


# --- what several kinds have in common -------------------------------------------------------------------------------


def twins_of(person: m.Employee) -> Line:
    """Other cards with this name and birth date, among the people that the actor sees."""
    e = m.Employee
    same = [e.sort == person.sort, e.id != person.id, e.anonymized_at.is_(None)]
    if person.birth_date is not None:
        same.append(or_(e.birth_date == person.birth_date, e.birth_date.is_(None)))
    other = db.session.scalars(select(e).where(*same).order_by(e.id).limit(1)).one_or_none()
    if other is None:
        return Line(True, "Двойников нет", "карточка с этими ФИО и датой рождения одна")
    return Line(None, "Есть карточка с теми же ФИО", "проверьте, не двойник ли это", card_of("employee", other.id))


def consent_of(person: m.Employee) -> Line:
    """Whether the person has agreed to the processing of data."""
    if consents.is_missing(person.id):
        return Line(None, "Согласия на обработку данных нет", "решению не мешает", card_of("employee", person.id))
    return Line(True, "Согласие на обработку данных есть", "", card_of("employee", person.id))


def place_words(place: m.Employment) -> str:
    """«учитель, Школа № 1»."""
    return f"{place.position}, {place.organization.short_name}"
