"""«Исправить сведения группы»: a mistake in a group that papers followed from, with the reason and the follow-up.

Issued and sent papers are listed before saving; after it documents are marked for replacement, registries and batches for
ФИС ФРДО flagged, and the listeners notified. An order never changes: another order follows one that differs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select

from app import addresses
from app import models as m
from app.access import get_writable, unscoped
from app.clock import today
from app.errors import Conflict, Invalid
from app.extensions import db
from app.russian import count, format_date, period
from app.services.courses.enrolment import seats
from app.services.courses.group import frozen_groups, group_changes
from app.services.mailing import letters
from app.services.paper.corrections import outdated
from app.services.paper.corrections.outdated import Followed
from app.services.portal import records
from app.statuses import OUTCOMES, CertificateKind, FrdoBatchStatus, GroupStatus
from app.unit_of_work import use_case

#: what may be mended: the program, its hours and its edition are chosen anew with another group
FIELDS = (
    "number", "audience", "curator", "starts_on", "ends_on", "municipality", "place", "schedule", "enrol_from", "enrol_until",
    "capacity", "minimum",
)  # fmt: skip
#: documents are named one by one up to so many
_FEW = 5
_PRINTED = ("number", "starts_on", "ends_on", "place")


@dataclass(frozen=True, slots=True, kw_only=True)
class Corrected:
    """A corrected group: what became of the documents, how many people were told and how many meetings moved."""

    group: m.TrainingGroup
    documents: Followed
    told: int = 0
    meetings: int = 0


@use_case
def correct(group_id: int, values: Mapping[str, Any], *, why: str) -> Corrected:
    """Change what was entered wrongly in a group from which something followed.

    ``values``: some of ``FIELDS``. Raises Invalid by field, also ``why``; Conflict for a group that is simply edited, when
    nothing differs, or when it is another's to correct; NotFound, Forbidden.
    """
    get_writable(db.session, m.TrainingGroup, group_id, "training_group:correct")
    group = seats.lock_group(group_id)
    if not frozen_groups.why_kept(group):
        raise Conflict("Из сведений этой группы ещё ничего не следует: исправьте их обычным изменением.")
    frozen_groups.insist_correctable(group)
    why = frozen_groups.checked_reason(why)
    before, was = group_changes.terms_of(group), {name: getattr(group, name) for name in FIELDS}
    if all(values.get(name, was[name]) == was[name] for name in FIELDS):
        raise Invalid("Вы ничего не изменили. Исправьте то, что внесено неверно, или нажмите «Отмена».")
    group = records.update(group, {name: values[name] for name in FIELDS if name in values}, verb="correct")
    _insist_possible(group)
    frozen_groups.note(group, why)
    followed = group_changes.follow(group, before)
    if all(getattr(group, name) == was[name] for name in _PRINTED):
        return Corrected(group=group, documents=Followed(), told=followed.told, meetings=followed.meetings)
    documents = outdated.follow(_decided(group), why)
    told = followed.told + _tell(group, before, why, documents)
    return Corrected(group=group, documents=documents, told=told, meetings=followed.meetings)


def _insist_possible(group: m.TrainingGroup) -> None:
    """What is over cannot end in the future, and nobody was assessed before the first day."""
    problems: dict[str, list[str]] = {}
    if group.status == GroupStatus.COMPLETED and group.ends_on > today():
        problems["ends_on"] = ["Обучение завершено, поэтому занятия не могут закончиться позже сегодняшнего дня."]
    row = m.Enrolment
    early = select(func.count()).where(
        row.group_id == group.id, row.status.in_(OUTCOMES), row.result_on < group.starts_on
    )
    with unscoped("the outcomes of a group that is corrected: only a number"):
        number = int(db.session.scalar(early) or 0)
    if number:
        people = count(number, "слушателя", "слушателей", "слушателей")
        problems["starts_on"] = [
            f"У {people} итоговая аттестация была раньше этого дня. Сначала исправьте дату в итогах этих людей."
        ]
    if problems:
        raise Invalid("Проверьте поля, отмеченные ниже.", fields=problems)


def _decided(group: m.TrainingGroup) -> list[int]:
    row = m.Enrolment
    with unscoped("the listeners of a group that is corrected"):
        return list(db.session.scalars(select(row.id).where(row.group_id == group.id, row.status.in_(OUTCOMES))))


def _tell(group: m.TrainingGroup, before: group_changes.Terms, why: str, documents: Followed) -> int:
    """Tell the listeners with an outcome; those who still learn are told by ``group_changes.follow``."""
    row = m.Enrolment
    statement = (
        select(row)
        .where(row.group_id == group.id, row.status.in_(OUTCOMES))
        .order_by(row.id)
        .execution_options(populate_existing=True)
    )
    papers: dict[int, list[str]] = {}
    for paper in documents.to_replace:
        papers.setdefault(paper.enrolment_id, []).append(paper.number)
    facts = {
        "прежние_занятия": period(before.starts_on, before.ends_on),
        "прежнее_место": before.place,
        "причина": why,
    }
    with unscoped("the listeners of a corrected group are told"):
        rows = list(db.session.scalars(statement))
        for found in rows:
            numbers = ", ".join(f"№ {number}" for number in papers.get(found.id, ()))
            letters.tell(found.employee, "group_corrected", about=group, facts={**facts, "к_замене": numbers})
    return len(rows)


# --- what was issued or sent ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """Something that says what the group was: its name, its state, its page, and what becomes of it."""

    title: str
    detail: str
    href: str
    then: str


def left_of(group: m.TrainingGroup, enrolment: m.Enrolment | None = None) -> list[Left]:
    """Return the orders, documents, registries and batches that say something of a group, or of one of its listeners.

    For those who may correct it.
    """
    ids = [enrolment.id] if enrolment is not None else _all(group)
    return [*_orders(group, enrolment), *_documents(ids), *_registries(group), *_batches(ids)]


def _all(group: m.TrainingGroup) -> list[int]:
    with unscoped("the listeners of a group that is corrected"):
        return list(db.session.scalars(select(m.Enrolment.id).where(m.Enrolment.group_id == group.id)))


def _orders(group: m.TrainingGroup, enrolment: m.Enrolment | None) -> list[Left]:
    order = m.TrainingOrder
    statement = select(order).where(order.group_id == group.id)
    if enrolment is not None:
        statement = statement.where(order.id.in_([enrolment.enrolment_order_id, enrolment.expulsion_order_id]))
    rows = db.session.scalars(statement.order_by(order.ordered_on, order.id))
    return [
        Left(
            title=f"Приказ {row.kind.label} № {row.number}",
            detail=format_date(row.ordered_on),
            href=addresses.card("training_order", row.id),
            then="Не меняется: если в нём станет неверно, издайте новый взамен",
        )
        for row in rows
    ]


def _documents(enrolment_ids: list[int]) -> list[Left]:
    """Each document by name while they are few, else one line for all of a kind."""
    papers = outdated.live_of(enrolment_ids)
    then = "Если изменится напечатанное, нужно будет заменить; если права на документ не станет, портал его аннулирует"
    if len(papers) <= _FEW:
        return [
            Left(
                title=f"{paper.kind.label.capitalize()} № {paper.number}",
                detail=f"{paper.employee.short_name}, {format_date(paper.issued_on)}",
                href=addresses.card("certificate", paper.id),
                then=then,
            )
            for paper in papers
        ]
    found = []
    for kind in (kind for kind in CertificateKind if any(paper.kind == kind for paper in papers)):
        same = sorted((paper for paper in papers if paper.kind == kind), key=lambda paper: (paper.year, paper.sequence))
        numbers = f"№ {same[0].number}" if len(same) == 1 else f"№ {same[0].number} … № {same[-1].number}"
        people = count(len(same), "документ", "документа", "документов")
        found.append(Left(title=f"{kind.label.capitalize()}: {people}", detail=numbers, href="", then=then))
    return found


def _registries(group: m.TrainingGroup) -> list[Left]:
    registry = m.Registry
    rows = db.session.scalars(
        select(registry)
        .where(frozen_groups.reports(group), registry.status.in_(frozen_groups.HANDED))
        .order_by(registry.id)
    )
    return [
        Left(
            title=f"Реестр обученных № {row.id} ({period(row.period_from, row.period_to)})",
            detail=row.status.label,
            href=addresses.card("registry", row.id),
            then="Получит отметку «изменено после отправки», понадобится исправленный реестр",
        )
        for row in rows
    ]


def _batches(enrolment_ids: list[int]) -> list[Left]:
    batch, row, paper = m.FrdoBatch, m.FrdoRow, m.Certificate
    held = select(row.batch_id).join(paper, paper.id == row.certificate_id).where(paper.enrolment_id.in_(enrolment_ids))
    rows = db.session.scalars(
        select(batch).where(batch.id.in_(held), batch.status != FrdoBatchStatus.CANCELLED).order_by(batch.id)
    )
    return [
        Left(
            title=f"Пакет для ФИС ФРДО № {found.number} за {found.year} год",
            detail=found.status.label,
            href=addresses.card("frdo_batch", found.id),
            then="Получит отметку «изменено после отправки», понадобится исправляющий пакет",
        )
        for found in rows
    ]
