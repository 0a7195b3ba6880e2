"""Laws that leave some programs to some organizers: read from their table, applied to a program, checked when an operator edits them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, select

from app import models as m
from app.access import current_actor, unscoped
from app.clock import today
from app.errors import Conflict
from app.extensions import db
from app.rules import organizer as rule
from app.services.portal import records
from app.statuses import Ownership, PositionKind, ProgramKind

_NOT_EMPTY = {
    "program_kinds": "Отметьте хотя бы один вид программ.",
    "ownerships": "Отметьте хотя бы одну форму собственности: иначе такие программы проводили бы только организации из перечня.",
}


def why_not(program: m.Program, *, on: dt.date) -> list[str]:
    """Return why its organizer may not run a program on a day, a sentence for each law; nothing when it may."""
    course, organizer = _course(program), _organizer(program.organizer)
    decisions = [rule.may_run(organizer, course, terms, on=on) for terms in in_force(on)]
    return [decision.reason for decision in decisions if not decision]


def day_of(program: m.Program) -> dt.date:
    """The first day on which a program can be taught: today, of a later year its first day."""
    return max(today(), dt.date(program.year, 1, 1))


def insist_may_run(program: m.Program, *, on: dt.date) -> None:
    """Raise Conflict when its organizer may not run a program on a day."""
    found = why_not(program, on=on)
    if found:
        raise Conflict(" ".join(found))


def in_force(on: dt.date) -> list[rule.OrganizerTerms]:
    """Return the laws in force on a day, the oldest first, each with the organizations of its closed list on that day."""
    return [terms for terms in _not_ended(on) if terms.in_force(on)]


def _not_ended(on: dt.date) -> list[rule.OrganizerTerms]:
    """The laws in force on a day and those that come, with their closed lists on that day or on their first; one statement."""
    law, kind, link = m.OrganizerRule, m.OrganizationType, m.organizer_rule_organization_type
    excepted, then = m.OrganizerException, func.greatest(on, m.OrganizerRule.valid_from)
    types = select(func.array_agg(kind.short_name)).join(link, link.c.organization_type_id == kind.id)
    listed = select(func.array_agg(excepted.organization_id)).where(
        excepted.rule_id == law.id, excepted.valid_from <= then, _lasts(excepted, then)
    )
    statement = (
        select(
            law,
            types.where(link.c.organizer_rule_id == law.id).scalar_subquery(),
            listed.scalar_subquery(),
        )
        .where(_lasts(law, on))
        .order_by(law.valid_from, law.id)
    )
    with unscoped("laws for organizers are the same for everybody"):
        return [_terms(*found) for found in db.session.execute(statement).tuples()]


def _lasts(model: type[Any], on: Any) -> Any:
    return model.valid_to.is_(None) | (model.valid_to >= on)


def _terms(row: m.OrganizerRule, types: list[str] | None, listed: list[int] | None) -> rule.OrganizerTerms:
    return rule.OrganizerTerms(
        title=row.title,
        basis=row.basis,
        valid_from=row.valid_from,
        valid_to=row.valid_to,
        program_kinds=frozenset(kind for kind in ProgramKind if kind in row.program_kinds),
        position_kinds=frozenset(kind for kind in PositionKind if kind in row.position_kinds),
        organization_types=frozenset(types or ()),
        ownerships=frozenset(kind for kind in Ownership if kind in row.ownerships),
        listed=frozenset(listed or ()),
    )


def _course(program: m.Program) -> rule.Course:
    return rule.Course(
        kind=program.kind,
        position_kinds=frozenset(position.kind for position in program.positions),
        organization_types=frozenset(map(str, program.organization_types)),
    )


def _organizer(row: m.Organization) -> rule.Organizer:
    ids = frozenset(filter(None, (row.id, row.parent_id)))
    return rule.Organizer(name=row.short_name, ownership=row.ownership, ids=ids)


# --- in words, before a program is typed -----------------------------------------------------------------------------


def hint() -> str:
    """What the form of a program says the operator beside its kind: the laws in force and those that come.

    Empty when there are none, and for an organizer: ``warnings`` says what it may not run, the rest does not concern it.
    """
    if "operator" not in current_actor().roles:
        return ""
    return " ".join(map(rule.in_short, _not_ended(today())))


def warnings(organizer_ids: Sequence[int]) -> list[str]:
    """What the laws forbid the organizers, for the top of the form of a program; nothing when they may run all."""
    place = m.Organization
    statement = select(place).where(place.id.in_(organizer_ids)).order_by(place.sort)
    rows = db.session.scalars(statement).all()
    laws = _not_ended(today()) if rows else []
    return [
        f"{row.short_name}: форма собственности — {row.ownership.label}. {rule.in_words(terms)}"
        for row in rows
        for terms in laws
        if not rule.is_entitled(_organizer(row), terms)
    ]


# --- values of the forms ---------------------------------------------------------------------------------------------


@records.checks(m.OrganizerRule)
def _says_something(values: dict[str, Any], row: Any, errors: records.Fields) -> None:
    for name, sentence in _NOT_EMPTY.items():
        if (row is None or name in values) and not values.get(name):
            errors.setdefault(name, []).append(sentence)


@records.checks(m.OrganizerRule)
@records.checks(m.OrganizerException)
def _ends_after_it_begins(values: dict[str, Any], row: Any, errors: records.Fields) -> None:
    since = values.get("valid_from", getattr(row, "valid_from", None))
    until = values.get("valid_to", getattr(row, "valid_to", None))
    if since is not None and until is not None and until < since:
        errors.setdefault("valid_to", []).append("Последний день раньше первого.")
