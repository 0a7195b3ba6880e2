"""Facts of a course for the rules: its dates, seats and quotas, the people it is for, and when a person is busy."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Any

from sqlalchemy import select

from app import models as m
from app.access import unscoped
from app.extensions import db
from app.rules.decision import Decision, refuse
from app.rules.enrolment import BusyPeriod, Course, Quota, Room, is_free_of_clashes
from app.rules.suitability import Targets, Workplace
from app.russian import quoted
from app.services.courses.enrolment import quota_sql
from app.statuses import LISTENING


def quotas_of(group_id: int, organization_ids: Collection[int]) -> dict[int, Quota]:
    """Return organization → the quota of a group that counts for its people; without one there is no limit."""
    return {place: quota for (_group, place), quota in quotas_of_many([group_id], organization_ids).items()}


def quotas_of_many(group_ids: Collection[int], organization_ids: Collection[int]) -> dict[tuple[int, int], Quota]:
    """Return group and organization → the quota that counts there, by one statement."""
    if not group_ids or not organization_ids:
        return {}
    rows = db.session.execute(quota_sql.named(), {"groups": list(group_ids), "places": list(organization_ids)})
    return {
        (row.group_id, row.place): Quota(id=row.quota_id, whose=_whose(row), seats=row.seats, taken=row.taken)
        for row in rows
    }


def _whose(row: Any) -> str:
    return (
        f"организации {quoted(str(row.organization))}"
        if row.organization is not None
        else f"территории {quoted(str(row.territory))}"
    )


def room_of(group: m.TrainingGroup, organization_id: int) -> Room:
    """Return the seats of a group for the people of an organization; exact while the group is locked."""
    quota = quotas_of(group.id, [organization_id]).get(organization_id)
    return Room(capacity=group.capacity, taken=group.taken, quota=quota)


def course_of(group: m.TrainingGroup) -> Course:
    """Return what the rules ask of a group."""
    return replace(dates_of(group), targets=targets_of(group.program))


def dates_of(group: m.TrainingGroup) -> Course:
    """Return a group for the rules of blocks and dates, which do not ask whom the program is for."""
    program = group.program
    return Course(
        number=group.number,
        title=program.title,
        status=group.status,
        enrol_from=group.enrol_from,
        enrol_until=group.enrol_until,
        starts_on=group.starts_on,
        ends_on=group.ends_on,
        hours=program.hours,
        block=program.block,
    )


def targets_of(program: m.Program) -> Targets:
    """Return whom a program is for."""
    return Targets(
        organization_types=frozenset(t.short_name for t in program.organization_types),
        positions=frozenset(p.name for p in program.positions),
        subjects=frozenset(s.name for s in program.subjects),
    )


def workplace_of(employment: m.Employment) -> Workplace:
    """Return what the rules ask of a place of work."""
    return Workplace(
        organization_type=employment.organization.type.short_name,
        position=employment.position.name,
        subjects=frozenset(s.name for s in employment.subjects),
        organization_id=employment.organization_id,
    )


def busy_of(employee_id: int, *, but: int | None = None) -> list[BusyPeriod]:
    """Return the dates of the groups in which the person holds a seat and has no outcome yet, one of them left out."""
    return busy_of_many([employee_id], but=but)[employee_id]


def busy_of_many(employee_ids: Collection[int], *, but: int | None = None) -> dict[int, list[BusyPeriod]]:
    """Return person → dates as ``busy_of`` does, by one statement; ``but`` is an enrolment that does not count."""
    group, row = m.TrainingGroup, m.Enrolment
    statement = (
        select(row.employee_id, group.number, m.Program.title, group.starts_on, group.ends_on)
        .join(row, row.group_id == group.id)
        .join(m.Program, m.Program.id == group.program_id)
        .where(row.employee_id.in_(employee_ids), row.status.in_(LISTENING), row.id != (but or 0))
        .order_by(group.starts_on, group.id)
    )
    found: dict[int, list[BusyPeriod]] = {pk: [] for pk in employee_ids}
    for pk, number, title, starts_on, ends_on in db.session.execute(statement):
        found[pk].append(BusyPeriod(group=number, title=title, starts_on=starts_on, ends_on=ends_on))
    return found


def is_free(employee_id: int, course: Course, *, but: int | None = None) -> Decision:
    """Decide whether the person is free on the course's dates; a group that the actor may not see is not named."""
    with unscoped("whether a person is busy: yes or no"):
        decision = is_free_of_clashes(course, busy_of(employee_id, but=but))
    if decision.allowed:
        return decision
    shown = is_free_of_clashes(course, busy_of(employee_id, but=but))
    return refuse(shown.reason or "На эти даты работник уже записан в другую группу. Выберите другие даты.")
