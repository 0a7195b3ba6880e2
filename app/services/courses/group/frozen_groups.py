"""Papers and outcomes that followed from a group, and the facts that they freeze: read here only, for services and pages."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import ColumnElement, distinct, func, or_, select

from app import models as m
from app.access import current_actor, unscoped
from app.audit import record
from app.errors import Conflict, Invalid
from app.extensions import db
from app.rules import frozen as rules
from app.rules.decision import Decision
from app.rules.frozen import Consequences
from app.services.portal import records
from app.statuses import OUTCOMES, FrdoBatchStatus, GroupStatus, RegistryStatus

#: registries that left the organizer
HANDED = (RegistryStatus.SENT, RegistryStatus.ACCEPTED)
REASON_LENGTH = 1000
_OVER = (GroupStatus.COMPLETED, GroupStatus.CANCELLED)
_ASKED = "Укажите причину исправления: она останется в истории."


def consequences_of(group: m.TrainingGroup) -> Consequences:
    """Count what followed from a group that the caller has loaded; one statement."""
    row, order, paper = m.Enrolment, m.TrainingOrder, m.Certificate
    papers = select(paper.id).join(row, row.id == paper.enrolment_id).where(row.group_id == group.id)
    numbers = {
        "orders": select(func.count()).select_from(order).where(order.group_id == group.id),
        "outcomes": select(func.count()).select_from(row).where(row.group_id == group.id, row.status.in_(OUTCOMES)),
        "documents": select(func.count()).select_from(papers.subquery()),
        "registries": _registries(group, HANDED),
        "accepted": _registries(group, (RegistryStatus.ACCEPTED,)),
        "batches": select(func.count(distinct(m.FrdoRow.batch_id)))
        .join(m.FrdoBatch, m.FrdoBatch.id == m.FrdoRow.batch_id)
        .where(m.FrdoRow.certificate_id.in_(papers), m.FrdoBatch.status != FrdoBatchStatus.CANCELLED),
    }
    with unscoped("what followed from a group: only numbers"), db.session.no_autoflush:
        found = db.session.execute(select(*(part.scalar_subquery().label(name) for name, part in numbers.items())))
        return Consequences(number=group.number, status=group.status, **found.one()._mapping)


def _registries(group: m.TrainingGroup, statuses: tuple[RegistryStatus, ...]) -> Any:
    return select(func.count()).select_from(m.Registry).where(reports(group), m.Registry.status.in_(statuses))


def reports(group: m.TrainingGroup) -> ColumnElement[bool]:
    """Condition of the registries that report somebody of a group."""
    row, enrolment = m.RegistryRow, m.Enrolment
    held = (
        select(row.registry_id)
        .join(enrolment, enrolment.id == row.enrolment_id)
        .where(enrolment.group_id == group.id, row.registry_id == m.Registry.id)
    )
    return held.exists()


@records.kept(m.TrainingGroup)
def why_kept(group: m.TrainingGroup) -> str:
    """Say why a group is not changed by editing, and what to do; empty when it may be edited."""
    return rules.why_kept(consequences_of(group))


def free_among(group_ids: Collection[int]) -> set[int]:
    """Return those of the groups from which nothing followed yet; for pages of many groups, ``why_kept`` decides.

    Documents, registries and batches follow from outcomes, so orders and outcomes tell.
    """
    group, row, order = m.TrainingGroup, m.Enrolment.__table__, m.TrainingOrder.__table__
    followed = (
        select(order.c.id).where(order.c.group_id == group.id).exists(),
        select(row.c.id).where(row.c.group_id == group.id, row.c.status.in_(OUTCOMES)).exists(),
    )
    statement = select(group.id).where(group.id.in_(group_ids), group.status.not_in(_OVER), ~or_(*followed))
    return set(db.session.scalars(statement))


def may_correct(group: m.TrainingGroup) -> Decision:
    """Decide whether the acting user may correct a group from which something followed."""
    return rules.may_correct(consequences_of(group), is_operator="operator" in current_actor().roles)


def insist_correctable(group: m.TrainingGroup) -> None:
    """Raise Conflict when it is another's to correct the group now."""
    decision = may_correct(group)
    if not decision:
        raise Conflict(decision.reason)


def checked_reason(why: str | None) -> str:
    """Return the reason of a correction; raises Invalid by the field ``why``."""
    text = (why or "").strip()
    sentence = _ASKED if not text else ""
    if len(text) > REASON_LENGTH:
        sentence = f"Причина длиннее {REASON_LENGTH} знаков. Сократите её."
    if sentence:
        raise Invalid(sentence, fields={"why": [sentence]})
    return text


def insist_editable(group: m.TrainingGroup, why: str | None) -> None:
    """Let a part of a locked group be changed: freely while nothing followed from it, else for the reason ``why``, journalled.

    Raises Conflict with what keeps it when no reason is given or when it is another's to correct, Invalid by ``why``.
    """
    sentence = why_kept(group)
    if not sentence:
        return
    if not why:
        raise Conflict(sentence)
    insist_correctable(group)
    note(group, checked_reason(why))


def note(row: Any, why: str) -> None:
    """Journal the reason of a correction of a row."""
    record(f"{row.__tablename__}.corrected", row, {"Причина исправления": ("", why)})


def why_not_cancel(group: m.TrainingGroup) -> str:
    """Say why a group may not be cancelled any more; empty when it may, or when its state says so already."""
    return "" if group.status in _OVER else rules.may_cancel(consequences_of(group)).reason
