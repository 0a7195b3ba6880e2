"""How far a group has come, from its first enrolment to ФИС ФРДО, in numbers."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, exists, func, select

from app import models as m
from app.access import unscoped
from app.clock import now, today
from app.extensions import db
from app.rules.group_stages import Progress
from app.services.courses.group import attendance, results
from app.statuses import (
    FINAL_DOCUMENTS,
    OUTCOMES,
    WITHOUT_OUTCOME,
    CertificateStatus,
    EnrolmentStatus,
    FrdoBatchStatus,
)

#: what a button of the group writes in its journal when it printed documents of listeners
PRINTED, PRINTED_FACT = "training_group.printed", "Напечатано"
_LATE_FOR_OUTCOME = (EnrolmentStatus.CONFIRMED, *OUTCOMES)


def progress_of(group: m.TrainingGroup) -> Progress:
    """Count what is done and what is left of a group that the caller has loaded for who sees all its people; one statement."""
    parts = {**_people(group), **_meetings(group), **_papers(group)}
    with unscoped("how far a group has come: only numbers, for who sees all its people"):
        found = db.session.execute(select(*(part.label(name) for name, part in parts.items()))).one()._mapping
    return Progress(
        status=group.status,
        today=today(),
        starts_on=group.starts_on,
        ends_on=group.ends_on,
        enrol_until=group.enrol_until,
        capacity=group.capacity,
        minimum=group.minimum,
        taken=group.taken,
        **{**found, "printed": bool(found["printed"])},
    )


def _people(group: m.TrainingGroup) -> dict[str, ColumnElement[Any]]:
    row, status = m.Enrolment, m.Enrolment.status

    def number(*conditions: ColumnElement[bool]) -> ScalarSelect[Any]:
        return select(func.count()).select_from(row).where(row.group_id == group.id, *conditions).scalar_subquery()

    return {
        "to_agree": number(status == EnrolmentStatus.APPLIED),
        "to_confirm": number(status == EnrolmentStatus.AGREED),
        "listeners": number(status.in_(_LATE_FOR_OUTCOME)),
        "without_order": number(status.in_(attendance.LISTENERS), row.enrolment_order_id.is_(None)),
        "undecided": number(status.in_(WITHOUT_OUTCOME)),
        "to_expel": number(results.expellable(), row.expulsion_order_id.is_(None)),
        "due": number(status == EnrolmentStatus.TRAINED),
    }


def _meetings(group: m.TrainingGroup) -> dict[str, ColumnElement[Any]]:
    meeting = m.GroupMeeting
    of_group = select(func.count()).select_from(meeting).where(meeting.group_id == group.id)
    return {
        "meetings": of_group.scalar_subquery(),
        "begun_meetings": of_group.where(meeting.starts_at <= now()).scalar_subquery(),
        "over": of_group.where(meeting.ends_at <= now()).scalar_subquery(),
        "marks": attendance.unmarked_of(group.id),
    }


def _papers(group: m.TrainingGroup) -> dict[str, ColumnElement[Any]]:
    paper, batch, line = m.Certificate, m.FrdoBatch, m.FrdoRow

    def issued(value: ColumnElement[Any], *conditions: ColumnElement[bool]) -> ScalarSelect[Any]:
        found = select(value).select_from(paper).join(m.Enrolment, m.Enrolment.id == paper.enrolment_id)
        in_force = (paper.status == CertificateStatus.ISSUED, paper.kind.in_(FINAL_DOCUMENTS))
        return found.where(m.Enrolment.group_id == group.id, *in_force, *conditions).scalar_subquery()

    def in_batch(*statuses: FrdoBatchStatus) -> ColumnElement[bool]:
        lines = select(line.id).join(batch, batch.id == line.batch_id)
        return exists(lines.where(line.certificate_id == paper.id, batch.status.in_(statuses)))

    formed = issued(func.max(paper.id), in_batch(FrdoBatchStatus.FORMED))
    newest = select(func.max(line.batch_id)).join(batch, batch.id == line.batch_id)
    unreported = ~in_batch(FrdoBatchStatus.FORMED, FrdoBatchStatus.SENT, FrdoBatchStatus.ANSWERED)
    return {
        "issued": issued(func.count()),
        "outdated": issued(func.count(), paper.outdated.is_not(None)),
        "unhanded": issued(func.count(), paper.handed_on.is_(None)),
        "in_file": issued(func.count(), in_batch(FrdoBatchStatus.FORMED)),
        "sent": issued(func.count(), in_batch(FrdoBatchStatus.SENT, FrdoBatchStatus.ANSWERED)),
        "batch_id": newest.where(
            line.certificate_id == formed, batch.status == FrdoBatchStatus.FORMED
        ).scalar_subquery(),
        "issued_from": issued(func.min(paper.issued_on), unreported),
        "issued_until": issued(func.max(paper.issued_on), unreported),
        "printed": _printings(group, since=issued(func.max(paper.created_at))),
    }


def _printings(group: m.TrainingGroup, *, since: ScalarSelect[Any]) -> ScalarSelect[Any]:
    entry = m.AuditEntry
    of_group = (entry.object_table == "training_group", entry.object_id == group.id, entry.action == PRINTED)
    found = select(func.count()).select_from(entry).where(*of_group, entry.at >= since)
    return found.where(entry.changes.has_key(PRINTED_FACT)).scalar_subquery()
