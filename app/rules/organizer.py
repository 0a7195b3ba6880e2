"""Which organizers may run a program: laws that leave programs of some kinds to some of them, from a day on.

273-ФЗ as in force since 01.09.2025: only state and municipal organizations and those of a closed list may run additional
professional education for teaching by основные общеобразовательные программы (kindergarten and school). Each law is data.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from app.rules.decision import ALLOWED, Decision, refuse
from app.russian import format_date
from app.statuses import Ownership, PositionKind, ProgramKind
from app.text import sort_key


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganizerTerms:
    """A law: which programs it is about, whose organizers may run them, and which others; an empty set means «all».

    ``listed``: ids of the organizations of its closed list on the day of the decision.
    """

    title: str
    basis: str
    valid_from: dt.date
    valid_to: dt.date | None = None
    program_kinds: frozenset[ProgramKind] = frozenset()
    position_kinds: frozenset[PositionKind] = frozenset()
    organization_types: frozenset[str] = frozenset()
    ownerships: frozenset[Ownership] = frozenset()
    listed: frozenset[int] = frozenset()

    def in_force(self, on: dt.date) -> bool:
        """Whether the law is in force on a day, its first and its last day included."""
        return self.valid_from <= on and (self.valid_to is None or on <= self.valid_to)


@dataclass(frozen=True, slots=True, kw_only=True)
class Organizer:
    """The organizer of a program; ``ids``: its id, and that of the organization it is a unit of."""

    name: str
    ownership: Ownership
    ids: frozenset[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """What a program is and for whom: kinds of the positions and types of the organizations it names, none: for all."""

    kind: ProgramKind
    position_kinds: frozenset[PositionKind] = frozenset()
    organization_types: frozenset[str] = frozenset()


def concerns(terms: OrganizerTerms, course: Course) -> bool:
    """Whether a law is about a program: by its kind, and because people whom the law means may attend it."""
    return (
        _meet(terms.program_kinds, {course.kind})
        and _meet(terms.position_kinds, course.position_kinds)
        and _meet(terms.organization_types, course.organization_types)
    )


def is_entitled(organizer: Organizer, terms: OrganizerTerms) -> bool:
    """Whether an organizer may run the programs that a law is about: by its ownership, or as one of the closed list."""
    return organizer.ownership in terms.ownerships or bool(organizer.ids & terms.listed)


def may_run(organizer: Organizer, course: Course, terms: OrganizerTerms, *, on: dt.date) -> Decision:
    """Decide whether an organizer may run a program on a day."""
    if not terms.in_force(on) or not concerns(terms, course) or is_entitled(organizer, terms):
        return ALLOWED
    return refuse(
        f"{organizer.name}: форма собственности — {organizer.ownership.label}. {in_words(terms)} "
        "Если программа не для них, назовите в ней другие должности или типы организаций. Если организация есть в перечне "
        "закона, обратитесь к Оператору АИС: он внесёт её в справочник «Организаторы из перечня»."
    )


def in_words(terms: OrganizerTerms) -> str:
    """Say what a law demands, by which law, and which programs the portal counts as such."""
    return f"{in_short(terms)} Основание: {terms.basis}. Портал относит сюда {_which(terms)}."


def in_short(terms: OrganizerTerms) -> str:
    """Say what a law demands: whose organizers, from which day."""
    until = f" по {format_date(terms.valid_to)}" if terms.valid_to else ""
    owners = _quoted(kind.label for kind in Ownership if kind in terms.ownerships)
    return (
        f"{terms.title}: с {format_date(terms.valid_from)}{until} такие программы проводят только организации с формой "
        f"собственности {owners} и организации из перечня закона."
    )


def _which(terms: OrganizerTerms) -> str:
    """The programs that a law is about, as the portal tells them apart."""
    kinds = _quoted(kind.label for kind in ProgramKind if kind in terms.program_kinds)
    positions = _quoted(kind.label for kind in PositionKind if kind in terms.position_kinds)
    types = _quoted(sorted(terms.organization_types, key=sort_key))
    parts = [f"программы вида {kinds}" if kinds else "все программы"]
    if positions:
        parts.append(f"на которые можно записать работника с должностью вида {positions}")
    if types:
        parts.append(
            f"из организации типа {types}" if positions else f"на которые можно записать из организации типа {types}"
        )
    return " ".join([parts[0] + ("," if len(parts) > 1 else ""), *parts[1:]])


def _quoted(words: Iterable[str]) -> str:
    return ", ".join(f"«{word}»" for word in words)


def _meet(wanted: Collection[str], own: Collection[str]) -> bool:
    """Whether two sets share something; an empty one means «all»."""
    return not wanted or not own or not set(wanted).isdisjoint(own)
