"""Final assessment of a whole group: the proposed outcomes, and the outcomes of many listeners in one transaction (order § 3.3)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, func, or_, select

from app import models as m
from app.access import get_writable
from app.errors import Conflict, Forbidden, Invalid, NotFound, PortalError
from app.extensions import db
from app.rules.outcome import Proposal, propose_outcome
from app.services.courses.enrolment import enrolments, seats
from app.services.courses.group import attendance
from app.services.voucher import voucher_blocks
from app.statuses import (
    ASSESSED,
    ENROLMENT_ENDED,
    FINAL_DOCUMENTS,
    OUTCOMES,
    UNSUCCESSFUL,
    WITHOUT_OUTCOME,
    CertificateStatus,
    EnrolmentStatus,
)
from app.unit_of_work import use_case

#: forms of the final assessment that are suggested (приказ Минобрнауки № 266, п. 16 leaves the choice to the organizer)
FINAL_FORMS = (
    "зачёт",
    "экзамен",
    "тестирование",
    "собеседование",
    "защита проекта",
    "защита итоговой работы",
    "защита портфолио",
)
TEXT_LENGTH = 120
REASON_LENGTH = 1000


@dataclass(frozen=True, slots=True)
class Expected:
    """A listener without an outcome and what the attendance proposes."""

    enrolment: m.Enrolment
    proposal: Proposal


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """What is the same for everybody: day, form and protocol of the final assessment."""

    result_on: dt.date | None = None
    final_form: str | None = None
    protocol_number: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What is entered for one listener; a row without an outcome is not entered."""

    outcome: EnrolmentStatus | None
    mark: str | None = None
    reason: str | None = None


def expected_of(group: m.TrainingGroup) -> list[Expected]:
    """Return the listeners of a group who have no outcome yet, by name, each with the proposal."""
    journal = attendance.journal_of(group.id)
    facts, percent = attendance.attended_of(journal), attendance.least_percent(group.organizer)
    waiting = [row for row in journal.listeners if row.status == EnrolmentStatus.CONFIRMED]
    return [Expected(row, propose_outcome(facts[row.id], percent)) for row in waiting]


@use_case
def record_many(group_id: int, rows: Mapping[int, Outcome], common: Assessment) -> int:
    """Enter the outcomes of many listeners: all of them, or nothing when one is refused. Return how many were entered.

    ``rows`` is enrolment → outcome. Raises Conflict unless the group is running; NotFound for an enrolment of another group;
    Invalid whose ``fields`` are those of ``common``, «outcome-<enrolment>», «mark-<enrolment>» and «reason-<enrolment>».
    An outcome that is already entered just so is left as it is.
    """
    get_writable(db.session, m.TrainingGroup, group_id, "enrolment:result")
    group = seats.lock_group(group_id)
    enrolments.insist_running(group)
    listeners = {row.id: row for row in attendance.listeners_of(group_id)}
    if not rows.keys() <= listeners.keys():
        raise NotFound("В этой группе нет такого слушателя. Откройте страницу итогов группы заново.")
    filled = {pk: row for pk, row in rows.items() if row.outcome is not None}
    if not filled:
        raise Invalid("Ни у кого не выбран итог. Выберите итог хотя бы у одного слушателя.")
    _insist_written(filled, listeners)
    fresh = {pk: row for pk, row in filled.items() if not _is_entered(listeners[pk], row, common)}
    _lock_blocks([listeners[pk] for pk in fresh])
    problems: dict[str, list[str]] = {}
    for pk in sorted(fresh):
        _note(problems, pk, listeners[pk], _enter(listeners[pk], fresh[pk], common))
    _refuse(problems)
    return len(fresh)


def _insist_written(filled: Mapping[int, Outcome], listeners: Mapping[int, m.Enrolment]) -> None:
    problems: dict[str, list[str]] = {}
    for pk, row in filled.items():
        name = listeners[pk].employee.short_name
        if row.outcome not in OUTCOMES:
            problems[f"outcome-{pk}"] = [f"{name}: такого итога нет, выберите его из списка."]
        elif row.outcome in UNSUCCESSFUL and not (row.reason or "").strip():
            problems[f"reason-{pk}"] = [f"{name}: укажите причину, её увидит слушатель."]
        if row.mark and row.outcome not in ASSESSED:
            problems[f"mark-{pk}"] = [f"{name}: оценку ставят тем, кто был на итоговой аттестации. Сотрите её."]
        if len(row.mark or "") > TEXT_LENGTH:
            problems[f"mark-{pk}"] = [f"{name}: результат длиннее {TEXT_LENGTH} знаков. Сократите его."]
        if len(row.reason or "") > REASON_LENGTH:
            problems[f"reason-{pk}"] = [f"{name}: причина длиннее {REASON_LENGTH} знаков. Сократите её."]
    _refuse(problems)


def _is_entered(stored: m.Enrolment, row: Outcome, common: Assessment) -> bool:
    """Whether the same has been entered before: the same click twice is no mistake."""
    same = stored.status == row.outcome and stored.final_mark == (row.mark or None)
    return same and common.result_on in (None, stored.result_on)


def _lock_blocks(rows: Sequence[m.Enrolment]) -> None:
    """Lock the blocks of all by rising id before the first enrolment: the order of locks is the same everywhere."""
    ids = [row.block_id for row in rows if row.block_id is not None]
    if ids:
        voucher_blocks.lock_blocks(m.VoucherBlock.id.in_(ids))


def _enter(stored: m.Enrolment, row: Outcome, common: Assessment) -> PortalError | None:
    """Enter one outcome; return the refusal, so that all refusals are told at once before everything is rolled back."""
    assert row.outcome is not None
    if stored.status in OUTCOMES:
        return Conflict(f"уже внесён итог «{stored.status.label}».")
    assessed = row.outcome in ASSESSED
    try:
        enrolments.record_result(
            stored.id,
            row.outcome,
            result_on=common.result_on,
            final_form=common.final_form if assessed else None,
            final_mark=row.mark or None,
            protocol_number=common.protocol_number if assessed else None,
            reason=row.reason or None,
        )
    except (NotFound, Forbidden):
        raise
    except PortalError as refusal:
        return refusal
    return None


def _note(problems: dict[str, list[str]], pk: int, row: m.Enrolment, refusal: PortalError | None) -> None:
    """Put a refusal beside its field: a common one is told once, the others with the name of the person."""
    if refusal is None:
        return
    name = row.employee.short_name
    fields = refusal.fields if isinstance(refusal, Invalid) else {}
    if "result_on" in fields:
        problems["result_on"] = fields["result_on"]
    elif "reason" in fields:
        problems[f"reason-{pk}"] = [f"{name}: {text}" for text in fields["reason"]]
    else:
        problems[f"outcome-{pk}"] = [f"{name}: {refusal.message}"]


def _refuse(problems: Mapping[str, list[str]]) -> None:
    if problems:
        number = len({field.rpartition("-")[2] for field in problems if "-" in field})
        who = f" Неверно заполнено строк: {number}." if number else ""
        raise Invalid(f"Ничего не записано.{who} Исправьте указанное и сохраните снова.", fields=problems)


# --- what is missing -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """How many listeners of a group lack what the end of the course needs."""

    marks: int
    outcome: int
    enrolment_order: int
    expulsion_order: int
    document: int


def missing_of(group: m.TrainingGroup) -> Missing:
    """Return what is still to be done for a group that the caller has loaded within the actor's scope; one statement."""
    row, paper = m.Enrolment, m.Certificate
    main = paper.kind.in_(FINAL_DOCUMENTS)
    issued = exists().where(paper.enrolment_id == row.id, paper.status == CertificateStatus.ISSUED, main)

    def number(*conditions: Any) -> Any:
        return func.count().filter(*conditions)

    found = db.session.execute(
        select(
            attendance.unmarked_of(group.id),
            number(row.status.in_(WITHOUT_OUTCOME)),
            number(row.status.in_(attendance.LISTENERS), row.enrolment_order_id.is_(None)),
            number(expellable(), row.expulsion_order_id.is_(None)),
            number(row.status == EnrolmentStatus.TRAINED, ~issued),
        )
        .select_from(row)
        .where(row.group_id == group.id)
    ).one()
    marks, outcome, enrolment_order, expulsion_order, document = map(int, found)
    return Missing(
        marks=marks,
        outcome=outcome,
        enrolment_order=enrolment_order,
        expulsion_order=expulsion_order,
        document=document,
    )


def expellable() -> ColumnElement[bool]:
    """Condition of the enrolments that an order of expulsion may name: with an outcome, or ended after an order of enrolment."""
    row = m.Enrolment
    return or_(row.status.in_(OUTCOMES), and_(row.status.in_(ENROLMENT_ENDED), row.enrolment_order_id.is_not(None)))
