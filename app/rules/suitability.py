"""Whether a program suits a person: type of organization, position, subject."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from app.rules.decision import ALLOWED, Decision, first_refusal, refuse
from app.russian import quoted
from app.text import sort_key


@dataclass(frozen=True, slots=True, kw_only=True)
class Targets:
    """People whom a program is for, by names of the directories; an empty set means «for all»."""

    organization_types: frozenset[str] = frozenset()
    positions: frozenset[str] = frozenset()
    subjects: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Workplace:
    """A place of work, by names of the directories; the organization tells which quota of a group counts (0: none)."""

    organization_type: str
    position: str
    subjects: frozenset[str] = frozenset()
    organization_id: int = 0


def suits(targets: Targets, workplace: Workplace) -> Decision:
    """Decide whether a program is meant for this type of organization × position × subject (Порядок, п. 1.3, 3.5)."""
    return first_refusal(
        _within("работников организаций типа", targets.organization_types, {workplace.organization_type}),
        _within("должностей", targets.positions, {workplace.position}),
        _within("тех, кто ведёт предметы", targets.subjects, workplace.subjects),
    )


def _within(what: str, wanted: frozenset[str], own: Collection[str]) -> Decision:
    if not wanted or wanted & set(own):
        return ALLOWED
    has = f"а у работника — {_listed(own)}" if own else "а у работника не указано ничего подходящего"
    return refuse(f"Программа предназначена для {what}: {_listed(wanted)}, {has}. Выберите другую программу.")


def _listed(names: Iterable[str], limit: int = 5) -> str:
    ordered = sorted(names, key=sort_key)
    rest = len(ordered) - limit
    shown = ", ".join(quoted(name) for name in ordered[:limit])
    return f"{shown} и ещё {rest}" if rest > 0 else shown
