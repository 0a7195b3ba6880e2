"""Quotas of a group: the most seats that the people of one territory or organization may take; without a quota no limit.

Quotas are declared here. They are taken together with the seats, under the same lock of the group.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import CursorResult, select, update

from app import models as m
from app.access import get_writable, unscoped
from app.audit import record
from app.errors import Conflict, Invalid, NotFound
from app.extensions import db
from app.services.courses.enrolment import course_facts, seats, waiting_list
from app.services.courses.group import frozen_groups
from app.statuses import SEAT_HOLDING, GroupStatus
from app.unit_of_work import use_case

#: quotas are declared until the training starts
CHANGED_IN = (GroupStatus.DRAFT, GroupStatus.OPEN, GroupStatus.CLOSED)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewQuota:
    """A quota to be declared, for exactly one of the two places."""

    seats: int
    territory_id: int | None = None
    organization_id: int | None = None


def quotas_of(group_id: int) -> list[m.GroupQuota]:
    """Return the quotas of a group, as the database holds them now."""
    statement = select(m.GroupQuota).where(m.GroupQuota.group_id == group_id).order_by(m.GroupQuota.id)
    return list(db.session.scalars(statement.execution_options(populate_existing=True)))


def named(group_id: int) -> list[tuple[m.GroupQuota, str]]:
    """Return the quotas of a group that the actor sees, with their places: names are public, the places' rows are not."""
    quota = m.GroupQuota
    statement = (
        select(quota, m.Territory.short_name, m.Organization.short_name)
        .outerjoin(m.Territory, m.Territory.id == quota.territory_id)
        .outerjoin(m.Organization, m.Organization.id == quota.organization_id)
        .where(quota.group_id == group_id)
        .order_by(quota.id)
        .execution_options(populate_existing=True)
    )
    with unscoped("the names of the places of a group's quotas"):
        found = db.session.execute(statement).all()
    return [(row, territory or organization) for row, territory, organization in found]


@use_case
def save(
    group_id: int,
    sizes: Mapping[int, int],
    *,
    removed: Collection[int] = (),
    new: NewQuota | None = None,
    why: str | None = None,
) -> m.TrainingGroup:
    """Change the quotas of a group by id, remove some, declare one; the waiting list moves up where it may now.

    Raises Invalid under ``seats-<id>`` or ``seats`` for fewer seats than are taken or more than the group has, Conflict once
    the training has started. ``why``: the reason, without which quotas are kept once something followed from the group.
    """
    get_writable(db.session, m.TrainingGroup, group_id, "training_group:edit")
    group = seats.lock_group(group_id)
    if group.status not in CHANGED_IN:
        raise Conflict(f"Квоты не изменить: состояние группы {group.number} — «{group.status.label}».")
    frozen_groups.insist_editable(group, why)
    known = {row.id: row for row in quotas_of(group_id)}
    if (set(sizes) | set(removed)) - set(known):
        raise NotFound("Одной из квот в этой группе нет: возможно, её уже удалили. Откройте страницу заново.")
    names = {row.id: name for row, name in named(group_id)}
    changes: dict[str, tuple[str, str]] = {}
    for pk in sorted(set(removed)):
        changes[_label(names[pk])] = (str(known[pk].seats), "")
        _remove(known[pk])
    for pk in sorted(set(sizes) - set(removed)):
        if sizes[pk] != known[pk].seats:
            changes[_label(names[pk])] = (str(known[pk].seats), str(sizes[pk]))
            _resize(group, pk, sizes[pk])
    if new is not None:
        row = _declare(group, new)
        changes[_label(next(name for declared, name in named(group_id) if declared.id == row.id))] = (
            "",
            str(row.seats),
        )
    if changes:
        record("training_group.updated", group, changes)
        waiting_list.move_up(group)
    return group


def _label(name: str) -> str:
    return f"Квота: {name}"


def _insist_size(group: m.TrainingGroup, number: int, field: str) -> None:
    if not 1 <= number <= group.capacity:
        sentence = f"Квота — от 1 до {group.capacity}: столько мест в группе. Чтобы снять ограничение, удалите квоту."
        raise Invalid(sentence, fields={field: [sentence]})


def _resize(group: m.TrainingGroup, quota_id: int, number: int) -> None:
    """The write decides: a seat of the quota taken meanwhile is never cut off."""
    _insist_size(group, number, f"seats-{quota_id}")
    quota = m.GroupQuota
    statement = update(quota).where(quota.id == quota_id, quota.taken <= number).values(seats=number)
    result = cast("CursorResult[Any]", db.session.execute(statement.execution_options(synchronize_session=False)))
    if result.rowcount != 1:
        sentence = "По этой квоте уже занято больше мест. Меньше занятых сделать нельзя."
        raise Invalid(sentence, fields={f"seats-{quota_id}": [sentence]})


def _remove(row: m.GroupQuota) -> None:
    """People who were counted in the quota keep their seats."""
    enrolment = m.Enrolment
    statement = update(enrolment).where(enrolment.quota_id == row.id).values(quota_id=None)
    db.session.execute(statement.execution_options(synchronize_session=False))
    db.session.delete(row)
    db.session.flush()


def _declare(group: m.TrainingGroup, new: NewQuota) -> m.GroupQuota:
    """Insert a quota; people of the place who are in the group already and in no other quota are counted in it."""
    _insist_size(group, new.seats, "seats")
    if (new.territory_id is None) == (new.organization_id is None):
        sentence = "Выберите для квоты что-то одно: территорию или организацию."
        raise Invalid(sentence, fields={"territory": [sentence]})
    row = m.GroupQuota(
        group_id=group.id, territory_id=new.territory_id, organization_id=new.organization_id, seats=new.seats
    )
    db.session.add(row)
    db.session.flush()
    inside = _inside(row)
    if len(inside) > new.seats:
        sentence = f"Из них в группе уже занято мест: {len(inside)}. Квота не может быть меньше."
        raise Invalid(sentence, fields={"seats": [sentence]})
    row.taken = len(inside)
    enrolment = m.Enrolment
    statement = update(enrolment).where(enrolment.id.in_(inside)).values(quota_id=row.id)
    db.session.execute(statement.execution_options(synchronize_session=False))
    db.session.flush()
    return row


def _inside(row: m.GroupQuota) -> list[int]:
    """Ids of the enrolments with a seat and in no quota yet whose people a new quota counts, by the rule of ``seats``."""
    statement = (
        select(m.Enrolment.id, m.Employment.organization_id)
        .join(m.Employment, m.Employment.id == m.Enrolment.employment_id)
        .where(m.Enrolment.group_id == row.group_id, m.Enrolment.status.in_(SEAT_HOLDING))
        .where(m.Enrolment.quota_id.is_(None))
        .order_by(m.Enrolment.id)
    )
    with unscoped("who of a group's people is counted in its new quota"):
        found = db.session.execute(statement).tuples().all()
    counts = course_facts.quotas_of(row.group_id, {place for _pk, place in found})
    return [pk for pk, place in found if place in counts and counts[place].id == row.id]
