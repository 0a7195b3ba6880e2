"""Papers that left the portal and no longer match its data: marked «изменено после отправки», the organizer notified once.

A row of a batch for ФИС ФРДО or of a registry is *amended* when its facts change after it was written, and *settled* when
a later sent batch (registry) reports the change. Amended rows that are not settled are the batch's flag.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, func, select, update

from app import addresses
from app import models as m
from app.access import unscoped
from app.clock import now
from app.extensions import db
from app.russian import count, period
from app.services.mailing import letters
from app.services.personnel.employers import responsible
from app.statuses import FrdoAnswer, FrdoBatchStatus, RegistryStatus

#: the words of the flag, as they stand on pages and in lists
FLAG = "изменено после отправки"
_WHY_LENGTH = 1000
#: lists of the letter about what left the portal
_LISTS = ("не_отправлены", "пакеты", "реестры")


@dataclass(frozen=True, slots=True)
class _Left:
    """What left the portal: whose it is, how it is called, its page; ``accepted``: the other side has taken it."""

    organizer_id: int
    title: str
    href: str
    accepted: bool
    rows: int
    #: the fact of the letter among whose papers it is listed
    listed: str


def changed(enrolment_ids: Collection[int], why: str) -> None:
    """Mark what left the portal about these enrolments: their facts are other ones now.

    Batches for ФИС ФРДО (formed, sent or answered) and registries (sent or accepted) show the flag with ``why``; their
    organizer gets one letter for all of them, operators a notice where a paper had been accepted. A paper that is flagged
    already only gets further rows: nobody is told twice. Joins the caller's transaction.
    """
    if enrolment_ids:
        papers = select(m.Certificate.__table__.c.id).where(m.Certificate.enrolment_id.in_(enrolment_ids))
        _flag(papers, enrolment_ids, why)


def document_changed(certificate_id: int, why: str) -> None:
    """Mark the batches that hold a document: it was replaced by another one."""
    _flag([certificate_id], (), why)


def _flag(certificates: Any, enrolment_ids: Collection[int], why: str) -> None:
    with unscoped("whoever changes facts marks the papers of every owner that tell of them"):
        flagged = _mark_batches(certificates, why)
        if enrolment_ids:
            flagged += _mark_registries(enrolment_ids, why)
    _tell(flagged, why)


# --- marking ---------------------------------------------------------------------------------------------------------


def open_rows(row: Any) -> ColumnElement[bool]:
    """Condition of the amended rows (``FrdoRow`` or ``RegistryRow``) that no later paper tells of."""
    return and_(row.amended_at.is_not(None), row.settled_at.is_(None))


def amended(paper: Any) -> ColumnElement[bool]:
    """Condition of the papers (``FrdoBatch`` or ``Registry``) that carry the flag."""
    row: Any = m.FrdoRow.__table__ if paper is m.FrdoBatch else m.RegistryRow.__table__
    parent = row.c.batch_id if paper is m.FrdoBatch else row.c.registry_id
    condition: ColumnElement[bool] = paper.id.in_(
        select(parent).where(row.c.amended_at.is_not(None), row.c.settled_at.is_(None))
    )
    return condition


def _mark_batches(certificates: Any, why: str) -> list[_Left]:
    row, batch = m.FrdoRow.__table__, m.FrdoBatch.__table__
    latest = (
        select(func.max(row.c.id))
        .join(batch, batch.c.id == row.c.batch_id)
        .where(row.c.certificate_id.in_(certificates), batch.c.status != FrdoBatchStatus.CANCELLED)
        .group_by(row.c.certificate_id)
    )
    # the registry never took a rejected row, and of a replaced document the row of its successor is the one to change
    marked = (row.c.id.in_(latest), row.c.answer != FrdoAnswer.REJECTED, ~_successor_exported(row.c.certificate_id))
    fresh = _fresh(m.FrdoRow, m.FrdoRow.batch_id, marked)
    _mark(m.FrdoRow, marked, why)
    return [_batch_left(found, rows) for found, rows in _load(m.FrdoBatch, fresh)]


def _successor_exported(certificate_id: Any) -> ColumnElement[bool]:
    later, row, batch = m.Certificate.__table__.alias(), m.FrdoRow.__table__.alias(), m.FrdoBatch.__table__.alias()
    return exists(
        select(row.c.id)
        .join(later, later.c.id == row.c.certificate_id)
        .join(batch, batch.c.id == row.c.batch_id)
        .where(later.c.original_id == certificate_id, batch.c.status != FrdoBatchStatus.CANCELLED)
    )


def _mark_registries(enrolment_ids: Collection[int], why: str) -> list[_Left]:
    row, registry = m.RegistryRow.__table__, m.Registry.__table__
    handed = registry.c.status.in_([RegistryStatus.SENT, RegistryStatus.ACCEPTED])
    latest = (
        select(func.max(row.c.id))
        .join(registry, registry.c.id == row.c.registry_id)
        .where(row.c.enrolment_id.in_(enrolment_ids), handed)
        .group_by(row.c.enrolment_id)
    )
    marked = (row.c.id.in_(latest),)
    fresh = _fresh(m.RegistryRow, m.RegistryRow.registry_id, marked)
    _mark(m.RegistryRow, marked, why)
    return [_registry_left(found, rows) for found, rows in _load(m.Registry, fresh)]


def _fresh(model: Any, parent: Any, marked: Sequence[Any]) -> dict[int, int]:
    """Papers that get their first flag now → how many of their rows are marked."""
    other = model.__table__.alias()
    flagged = exists().where(
        other.c[parent.key] == parent, other.c.amended_at.is_not(None), other.c.settled_at.is_(None)
    )
    statement = select(parent, func.count()).where(*marked, ~flagged).group_by(parent).order_by(parent)
    return dict(db.session.execute(statement).tuples().all())


def _mark(model: Any, marked: Sequence[Any], why: str) -> None:
    values = {"amended_at": now(), "amended_why": why[:_WHY_LENGTH], "settled_at": None}
    statement = update(model).where(*marked).values(values)
    db.session.execute(statement.execution_options(synchronize_session=False))


def _load(model: Any, fresh: dict[int, int]) -> Iterable[tuple[Any, int]]:
    if not fresh:
        return []
    found = db.session.scalars(select(model).where(model.id.in_(fresh)).order_by(model.id)).all()
    return [(row, fresh[row.id]) for row in found]


def _batch_left(batch: m.FrdoBatch, rows: int) -> _Left:
    formed = batch.status is FrdoBatchStatus.FORMED
    return _Left(
        batch.organizer_id,
        f"{batch} для ФИС ФРДО",
        addresses.card("frdo_batch", batch.id),
        batch.status is FrdoBatchStatus.ANSWERED,
        rows,
        "не_отправлены" if formed else "пакеты",
    )


def _registry_left(registry: m.Registry, rows: int) -> _Left:
    return _Left(
        registry.organizer_id,
        f"{registry} ({period(registry.period_from, registry.period_to)})",
        addresses.card("registry", registry.id),
        registry.status is RegistryStatus.ACCEPTED,
        rows,
        "реестры",
    )


# --- settling --------------------------------------------------------------------------------------------------------


def settle_documents(batch: m.FrdoBatch) -> None:
    """End the flags of which a batch that is sent now tells: changes of its documents, and of those they replaced.

    What changed after the batch was formed is not in it and stays open.
    """
    row, paper = m.FrdoRow.__table__, m.Certificate.__table__
    told = select(row.c.certificate_id.label("id")).where(row.c.batch_id == batch.id).cte("told", recursive=True)
    told = told.union(select(paper.c.original_id).join(told, told.c.id == paper.c.id).where(paper.c.original_id > 0))
    settled = (
        m.FrdoRow.batch_id != batch.id,
        m.FrdoRow.certificate_id.in_(select(told.c.id)),
        m.FrdoRow.amended_at <= batch.created_at,
    )
    _settle(m.FrdoRow, settled)


def forget_batch(batch: m.FrdoBatch) -> None:
    """End the flags of a cancelled batch: it never left, and its documents are exported anew."""
    _settle(m.FrdoRow, (m.FrdoRow.batch_id == batch.id,))


def settle_people(registry_id: int, *, until: dt.datetime) -> None:
    """End the flags of a registry whose changes up to a moment a corrected one tells of."""
    _settle(m.RegistryRow, (m.RegistryRow.registry_id == registry_id, m.RegistryRow.amended_at <= until))


def _settle(row: Any, which: Sequence[Any]) -> None:
    statement = update(row).where(*which, open_rows(row)).values(settled_at=now())
    with unscoped("papers of one organizer that tell of each other's changes"):
        db.session.execute(statement.execution_options(synchronize_session=False))


# --- telling ---------------------------------------------------------------------------------------------------------


def _tell(flagged: Sequence[_Left], why: str) -> None:
    for organizer_id in sorted({left.organizer_id for left in flagged}):
        own = [left for left in flagged if left.organizer_id == organizer_id]
        lists = {name: _named(left for left in own if left.listed == name) for name in _LISTS}
        facts = {"что": own[0].title, "причина": why.rstrip("."), **lists}
        letters.tell_users(responsible.of_organizer(organizer_id), "sent_changed", facts=facts, href=own[0].href)
    for left in flagged:
        if left.accepted:
            facts = {"что": left.title, "записей": _records(left), "причина": why.rstrip(".")}
            letters.note_operators("accepted_changed", facts=facts, href=left.href)


def _records(left: _Left) -> str:
    return count(left.rows, "запись", "записи", "записей")


def _named(papers: Iterable[_Left]) -> str:
    return ", ".join(f"{left.title}: {_records(left)}" for left in papers)
