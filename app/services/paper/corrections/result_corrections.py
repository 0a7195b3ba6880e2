"""Corrections of results: a mistake is corrected with a reason, a retake is a new fact (order § 3.3).

Block, documents, registries and batches for ФИС ФРДО follow in the same transaction. The organizer corrects a mistake
until the registry with the group is accepted, then the operator does.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from app import models as m
from app.access import get_writable
from app.audit import record, words
from app.clock import now
from app.errors import Conflict, Invalid
from app.extensions import db
from app.labels import label_of
from app.russian import capitalized, format_date
from app.services.courses.enrolment import enrolment_letters, enrolments, seats
from app.services.courses.group import frozen_groups
from app.services.courses.group.results import TEXT_LENGTH
from app.services.paper.corrections import outdated
from app.services.paper.corrections.outdated import Followed
from app.services.personnel.cards import people
from app.services.portal import transitions
from app.services.voucher import voucher_blocks
from app.statuses import ASSESSED, OUTCOMES, UNSUCCESSFUL, BlockStatus, CertificateKind, EnrolmentStatus
from app.unit_of_work import use_case

#: fact of the letter about the block → what the page says of it
_FATES = {
    "занятый_блок": "{}: использован на этот курс.",
    "блок": "{}: снова свободен.",
    "сгоревший_блок": "{}: срок чека прошёл, блок сгорел.",
    "неоплаченный_блок": "{}: уже потрачен на другой курс, поэтому этот курс чеком не оплачен.",
}
_FACTS = ("result_on", "final_form", "final_mark", "protocol_number")


@dataclass(frozen=True, slots=True)
class _Fate:
    """What became of the block of the чек: the fact that names it in the letter, its title; empty where none was touched."""

    fact: str = ""
    title: str = ""

    @property
    def words(self) -> str:
        """For the page; empty where nothing happened."""
        return _FATES[self.fact].format(capitalized(self.title)) if self.fact else ""

    @property
    def facts(self) -> dict[str, str]:
        """For the letter."""
        return {fact: self.title.lower() if fact == self.fact else "" for fact in _FATES}


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """A result as it should be; ``reason``: why a listener was not attested or was expelled."""

    outcome: EnrolmentStatus
    result_on: dt.date
    final_form: str | None = None
    final_mark: str | None = None
    protocol_number: str | None = None
    reason: str | None = None

    @property
    def facts(self) -> dict[str, Any]:
        """Column → value."""
        return {name: getattr(self, name) or None for name in _FACTS}


@dataclass(frozen=True, slots=True)
class Corrected:
    """A corrected enrolment, what became of its documents and of the block of the чек, in words."""

    enrolment: m.Enrolment
    documents: Followed
    block: str = ""


@use_case
def correct(enrolment_id: int, result: Result, *, why: str) -> Corrected:
    """Replace a result that was entered by mistake.

    Raises Invalid by the fields of ``Result`` and ``why``, Conflict for a listener without a result, when nothing differs, or
    when it is another's to correct; NotFound, Forbidden.
    """
    row, group = _locked(enrolment_id, "enrolment:correct")
    if row.status not in OUTCOMES:
        raise Conflict(f"Исправлять нечего: итог ещё не внесён, состояние записи — «{row.status.label}».")
    frozen_groups.insist_correctable(group)
    _check(group, result)
    why = frozen_groups.checked_reason(why)
    changes = _changes(row, result)
    if not changes:
        raise Invalid("Вы ничего не изменили. Исправьте то, что внесено неверно, или нажмите «Отмена».")
    block, paid = _follow_block(row, group, result.outcome)
    row = _write(row, result, changes, paid)
    frozen_groups.note(row, why)
    documents = outdated.follow([row.id], why)
    told = [
        f"{label}: {before or 'не указано'} → {after or 'не указано'}" for label, (before, after) in changes.items()
    ]
    enrolment_letters.tell(
        row, group, "result_corrected", изменения="; ".join(told), причина=why, **_more(block, documents)
    )
    return Corrected(row, documents, block.words)


@use_case
def retake(
    enrolment_id: int,
    *,
    result_on: dt.date,
    final_form: str | None = None,
    final_mark: str | None = None,
    protocol_number: str | None = None,
) -> Corrected:
    """Enter that a listener has passed the final assessment at a later attempt.

    The first attempt stays in the journal. Raises Invalid by field, Conflict unless the listener was not attested.
    """
    row, group = _locked(enrolment_id, "enrolment:retake")
    if row.status != EnrolmentStatus.FAILED:
        raise Conflict(
            "Повторную аттестацию проходит тот, кто не аттестован, а состояние этой записи — "
            f"«{row.status.label}». Ошибку во внесённом итоге исправляют действием «Исправить итог»."
        )
    result = Result(
        outcome=EnrolmentStatus.TRAINED,
        result_on=result_on,
        final_form=final_form,
        final_mark=final_mark,
        protocol_number=protocol_number,
    )
    _check(group, result)
    if row.result_on is not None and result_on < row.result_on:
        sentence = f"Повторная аттестация не может быть раньше первой: она была {format_date(row.result_on)}."
        raise Invalid(sentence, fields={"result_on": [sentence]})
    block, paid = _follow_block(row, group, EnrolmentStatus.TRAINED)
    row = transitions.follow(m.Enrolment, row.id, "retake", **result.facts, **paid)
    # the справка of the period says what was true on its day
    why = f"Повторная итоговая аттестация пройдена {format_date(result_on)}."
    documents = outdated.follow([row.id], why, keep=[CertificateKind.STUDY_PERIOD_NOTE])
    enrolment_letters.tell_of(row, group, "retake", **_more(block, documents))
    return Corrected(row, documents, block.words)


def _locked(enrolment_id: int, permission: str) -> tuple[m.Enrolment, m.TrainingGroup]:
    """Locks: group, person; the blocks and the enrolment follow."""
    row = get_writable(db.session, m.Enrolment, enrolment_id, permission)
    group = seats.lock_group(row.group_id)
    people.lock_person(row.employee_id)
    return transitions.read_fresh(m.Enrolment, enrolment_id), group


def _check(group: m.TrainingGroup, result: Result) -> None:
    problems: dict[str, list[str]] = {}
    if result.outcome not in OUTCOMES:
        problems["outcome"] = ["Такого итога нет, выберите его из списка."]
    if result.outcome in UNSUCCESSFUL and not (result.reason or "").strip():
        problems["reason"] = ["Укажите, почему слушатель не аттестован или отчислен: причину увидит он сам."]
    if result.outcome not in ASSESSED:
        for name in ("final_form", "final_mark", "protocol_number"):
            if getattr(result, name):
                problems[name] = ["Это указывают тем, кто был на итоговой аттестации. Сотрите."]
    for name in ("final_form", "final_mark", "protocol_number"):
        if len(getattr(result, name) or "") > TEXT_LENGTH:
            problems[name] = [f"Не больше {TEXT_LENGTH} знаков. Сократите."]
    try:
        enrolments.checked_date(group, result.result_on)
    except Invalid as refusal:
        problems |= refusal.fields
    if problems:
        raise Invalid("Проверьте поля, отмеченные ниже.", fields=problems)


def _changes(row: m.Enrolment, result: Result) -> dict[str, tuple[str, str]]:
    """Label → (before, after) of what differs."""
    wanted = {"status": result.outcome, **result.facts, "reason_text": _reason(result)}
    found = {}
    for name, value in wanted.items():
        before, after = words(getattr(row, name), name), words(value, name)
        if before != after:
            found[label_of("enrolment", name)] = (before, after)
    return found


def _reason(result: Result) -> str | None:
    return (result.reason or "").strip() or None if result.outcome in UNSUCCESSFUL else None


def _write(row: m.Enrolment, result: Result, changes: dict[str, tuple[str, str]], paid: dict[str, Any]) -> m.Enrolment:
    if row.status != result.outcome:
        action = f"correct_{result.outcome.value}"
        return transitions.follow(m.Enrolment, row.id, action, reason=_reason(result), **result.facts, **paid)
    for name, value in {**result.facts, "reason_text": _reason(result)}.items():
        setattr(row, name, value)
    row.changed_at = now()
    db.session.flush()
    record("enrolment.updated", row, changes)
    return row


def _follow_block(row: m.Enrolment, group: m.TrainingGroup, outcome: EnrolmentStatus) -> tuple[_Fate, dict[str, Any]]:
    """Spend a block for who was trained after all, give back that of who was not; before the outcome is written.

    Returns what became of it, and the column of the enrolment that changes with the outcome.
    """
    if (row.status == EnrolmentStatus.TRAINED) == (outcome == EnrolmentStatus.TRAINED) or group.program.block is None:
        return _Fate(), {}
    if outcome == EnrolmentStatus.TRAINED:
        block = voucher_blocks.pay_late(row, group)
        if block is None:
            return _Fate("неоплаченный_блок", group.program.block.label), {"block_id": None}
        return _Fate("занятый_блок", block.title), {"block_id": block.id}
    block = voucher_blocks.lock_block(row.block_id)
    voucher_blocks.give_back_block(block)
    if block is None:
        return _Fate(), {}
    is_free = transitions.read_fresh(m.VoucherBlock, block.id).status == BlockStatus.FREE
    return _Fate("блок" if is_free else "сгоревший_блок", block.title), {}


def _more(block: _Fate, documents: Followed) -> dict[str, str]:
    """Facts of the letter: what follows for the person."""
    return {**block.facts, "к_замене": ", ".join(f"№ {paper.number}" for paper in documents.to_replace)}
