"""Batches for ФИС ФРДО: numbers, rows as they were exported, the registry's answers, the term, the official blank (273-ФЗ ст. 98).

What a row says is known to ``documents.frdo_columns``; here a row is a document's id with forty texts.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from app import models as m
from app.access import current_actor, get_visible, get_writable, unscoped
from app.audit import record, write
from app.clock import now, today
from app.errors import Conflict, Invalid
from app.extensions import db
from app.russian import count
from app.services.paper.corrections import after_sending
from app.services.portal import numbers, settings, transitions
from app.statuses import FINAL_DOCUMENTS, CertificateStatus, FrdoAction, FrdoAnswer, FrdoBatchStatus
from app.unit_of_work import use_case

#: the right to form batches; it is held for the own organizations
RIGHT = "frdo_batch:add"
#: so many days before the term a document is told of
SOON_DAYS = 14
#: rows written by one statement
_PORTION = 1000
#: most answers of one form
MOST_ANSWERS = 200
_LONGEST_ANSWER = 1000
#: kinds of documents that the registry takes

Values = Sequence[str]


def organizers() -> list[m.Organization]:
    """Organizers for which the acting user forms batches, by name."""
    ids = current_actor().places("organizer")
    organization = m.Organization
    statement = select(organization).where(organization.id.in_(ids), organization.is_organizer)
    return list(db.session.scalars(statement.order_by(organization.sort, organization.id)))


def own_organizer(organizer_id: int) -> m.Organization:
    """Return an organizer for which the acting user forms batches; raises NotFound, Forbidden."""
    return get_writable(db.session, m.Organization, organizer_id, RIGHT)


def check_period(start: dt.date, end: dt.date) -> None:
    """Raise Invalid unless the days are a period of one calendar year that has begun."""
    sentence = ""
    if end < start:
        sentence = "Последний день раньше первого."
    elif start.year != end.year:
        sentence = "Файл формируется за один календарный год: выберите дни одного года."
    elif start > today():
        sentence = "Этот период ещё не начался."
    if sentence:
        raise Invalid(sentence, fields={"until": [sentence]})


# --- what has been exported ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Exported:
    """The latest batch that holds a document: its state, what was written, what the registry answered."""

    batch_id: int
    batch: str
    status: FrdoBatchStatus
    answer: FrdoAnswer
    values: Values

    def waits(self, *, changed: bool) -> bool:
        """Whether the document is not exported again: it is in a batch, was not rejected, has not changed since it was sent."""
        if self.status is FrdoBatchStatus.FORMED:
            return True
        return self.answer is not FrdoAnswer.REJECTED and not changed


def exported(certificate_ids: Collection[int]) -> dict[int, Exported]:
    """Document → the latest batch that holds it; cancelled batches do not count."""
    row, batch = m.FrdoRow, m.FrdoBatch
    statement = (
        select(row.certificate_id, batch.id, batch.number, batch.year, batch.status, row.answer, row.values)
        .join(batch, batch.id == row.batch_id)
        .where(row.certificate_id.in_(certificate_ids), batch.status != FrdoBatchStatus.CANCELLED)
        .order_by(row.certificate_id, row.id)
    )
    return {
        certificate_id: Exported(pk, f"№ {number} за {year} год", status, answer, values)
        for certificate_id, pk, number, year, status, answer, values in db.session.execute(statement)
    }


# --- forming ---------------------------------------------------------------------------------------------------------


def take_number(organizer_id: int, year: int) -> int:
    """Return the number of the organizer's next batch of the year.

    The counter stays locked until the transaction ends: of two batches formed at once the second sees the first's rows.
    """
    return numbers.next_number("frdo_batch", year, organizer_id=organizer_id)


class NewBatch:
    """A batch that is being written, a portion of rows by one statement; inside the transaction that took its number."""

    def __init__(
        self, organizer_id: int, period: tuple[dt.date, dt.date], *, number: int, corrects: int | None = None
    ) -> None:
        self.row = m.FrdoBatch(
            organizer_id=organizer_id,
            year=period[0].year,
            number=number,
            period_from=period[0],
            period_to=period[1],
            rows_count=0,
            corrects_id=corrects,
            created_by_id=current_actor().user_id,
        )
        db.session.add(self.row)
        db.session.flush()
        self._portion: list[dict[str, Any]] = []
        self._written = 0

    def add(self, certificate_id: int, values: Values, action: FrdoAction = FrdoAction.ADD) -> int:
        """Add a document with its forty texts; return how many there are."""
        self._written += 1
        self._portion.append(
            {
                "batch_id": self.row.id,
                "certificate_id": certificate_id,
                "row_number": self._written,
                "values": list(values),
                "action": action,
            }
        )
        if len(self._portion) == _PORTION:
            self._write()
        return self._written

    def finish(self) -> m.FrdoBatch:
        """Write what is left and the journal."""
        self._write()
        self.row.rows_count = self._written
        record("frdo_batch.created", self.row, {"Документов": ("", str(self._written))})
        return self.row

    def _write(self) -> None:
        if self._portion:
            db.session.execute(insert(m.FrdoRow), self._portion)
            self._portion = []


# --- after forming ---------------------------------------------------------------------------------------------------


@transitions.performs(m.FrdoBatch, "send")
@use_case
def send(batch_id: int) -> m.FrdoBatch:
    """Note that the file was uploaded to the registry: it tells of what had changed in batches sent before."""
    batch = transitions.move(m.FrdoBatch, batch_id, "send")
    after_sending.settle_documents(batch)
    return batch


@transitions.performs(m.FrdoBatch, "cancel")
@use_case
def cancel(batch_id: int, reason: str) -> m.FrdoBatch:
    """Give up a batch that was not sent; its documents may be exported again, its number is not used again."""
    batch = transitions.move(m.FrdoBatch, batch_id, "cancel", reason=reason)
    after_sending.forget_batch(batch)
    return batch


@use_case
def record_answers(batch_id: int, answers: Mapping[int, tuple[FrdoAnswer, str]]) -> m.FrdoBatch:
    """Write what the registry answered to rows (id of the row → answer, its words); the last answer closes the batch.

    Raises Conflict before the batch is sent, Invalid for a refusal without words and for rows of another batch.
    """
    batch = _awaiting_answers(batch_id)
    if not answers or len(answers) > MOST_ANSWERS:
        raise Invalid("Выберите ответ ФИС ФРДО хотя бы для одного документа.")
    statement = select(m.FrdoRow).where(m.FrdoRow.batch_id == batch_id, m.FrdoRow.id.in_(answers))
    rows = db.session.scalars(statement.order_by(m.FrdoRow.id).with_for_update()).all()
    if len(rows) != len(answers):
        raise Invalid("Одного из документов в этом пакете нет. Обновите страницу и повторите.")
    for row in rows:
        answer, words = answers[row.id]
        words = " ".join(words.split())[:_LONGEST_ANSWER]
        if answer is FrdoAnswer.REJECTED and not words:
            raise Invalid("Впишите, почему ФИС ФРДО отклонила документ: по этим словам его исправят.")
        row.answer, row.answer_text = answer, words if answer is FrdoAnswer.REJECTED else None
    db.session.flush()
    return _close(batch, len(rows))


@use_case
def accept_all(batch_id: int) -> m.FrdoBatch:
    """Write that the registry took every row that has no answer yet; raises Conflict when there is none."""
    batch = _awaiting_answers(batch_id)
    counted = answers_of(batch_id).none
    if not counted:
        raise Conflict("На все документы пакета ответ уже записан.")
    accepted = update(m.FrdoRow).where(m.FrdoRow.batch_id == batch_id, m.FrdoRow.answer == FrdoAnswer.NONE)
    db.session.execute(accepted.values(answer=FrdoAnswer.ACCEPTED).execution_options(synchronize_session=False))
    return _close(batch, counted)


def _awaiting_answers(batch_id: int) -> m.FrdoBatch:
    batch = get_writable(db.session, m.FrdoBatch, batch_id, "frdo_batch:answer")
    statement = select(m.FrdoBatch).where(m.FrdoBatch.id == batch_id).with_for_update()
    db.session.execute(statement.execution_options(populate_existing=True))
    if batch.status not in (FrdoBatchStatus.SENT, FrdoBatchStatus.ANSWERED):
        raise Conflict("Сначала отметьте, что файл отправлен в ФИС ФРДО: ответ бывает только на отправленный файл.")
    return batch


def _close(batch: m.FrdoBatch, number: int) -> m.FrdoBatch:
    """Journal the answers; the batch is answered when no row waits."""
    record("frdo_batch.answered", batch, {"Ответов": ("", str(number))})
    if batch.status is FrdoBatchStatus.SENT and not answers_of(batch.id).none:
        return transitions.follow(m.FrdoBatch, batch.id, "answer")
    return batch


@dataclass(frozen=True, slots=True)
class Answers:
    """How many rows of a batch have which answer."""

    none: int
    accepted: int
    rejected: int


def answers_of(batch_id: int) -> Answers:
    """Count the answers of a batch."""
    row = m.FrdoRow
    statement = select(row.answer, func.count()).where(row.batch_id == batch_id).group_by(row.answer)
    found: dict[FrdoAnswer, int] = dict(db.session.execute(statement).tuples().all())
    return Answers(*(found.get(answer, 0) for answer in (FrdoAnswer.NONE, FrdoAnswer.ACCEPTED, FrdoAnswer.REJECTED)))


def counts_by_action(batch_id: int) -> Counter[FrdoAction]:
    """Count the documents of a batch by what the registry is to do with them."""
    row = m.FrdoRow
    statement = select(row.action, func.count()).where(row.batch_id == batch_id).group_by(row.action)
    return Counter(dict(db.session.execute(statement).tuples().all()))


# --- the term --------------------------------------------------------------------------------------------------------


def _not_exported() -> ColumnElement[bool]:
    """Valid documents that are in no sent batch, or were rejected there."""
    paper, row, batch = m.Certificate, m.FrdoRow.__table__, m.FrdoBatch.__table__
    sent = (
        select(row.c.id)
        .join(batch, batch.c.id == row.c.batch_id)
        .where(
            row.c.certificate_id == paper.id,
            row.c.answer != FrdoAnswer.REJECTED,
            batch.c.status.in_([FrdoBatchStatus.SENT, FrdoBatchStatus.ANSWERED]),
        )
    )
    return and_(paper.status == CertificateStatus.ISSUED, paper.kind.in_(FINAL_DOCUMENTS), ~sent.exists())


def past_term() -> ColumnElement[bool]:
    """Condition of the documents that should have been sent already."""
    term = dt.timedelta(days=settings.number("frdo_export_days"))
    return and_(_not_exported(), m.Certificate.issued_on < today() - term)


def near_term() -> ColumnElement[bool]:
    """Condition of the documents whose term ends in the next days."""
    last = today() - dt.timedelta(days=settings.number("frdo_export_days"))
    return and_(_not_exported(), m.Certificate.issued_on.between(last, last + dt.timedelta(days=SOON_DAYS)))


# --- the official blank ----------------------------------------------------------------------------------------------


@use_case
def keep_template(organizer_id: int, *, file_name: str, data: bytes, lists: Mapping[str, Any]) -> None:
    """Keep the checked blank of an organizer in place of the former one; ``lists`` as ``template_of`` gives them back."""
    organizer = own_organizer(organizer_id)
    values = {
        "file_name": file_name[-255:],
        "data": data,
        "sha256": hashlib.sha256(data).hexdigest(),
        "lists": dict(lists),
        "uploaded_by_id": current_actor().user_id,
        "uploaded_at": now(),
    }
    statement = upsert(m.FrdoTemplate).values(organizer_id=organizer_id, **values)
    db.session.execute(statement.on_conflict_do_update(index_elements=[m.FrdoTemplate.organizer_id], set_=values))
    write("frdo_template.blank_kept", "organization", organizer_id, str(organizer), {"Файл": ("", file_name[-255:])})


def template_of(organizer_id: int) -> m.FrdoTemplate | None:
    """Return the organizer's blank, or None; the caller has loaded the organizer or one of its batches in the actor's scope."""
    with unscoped("the blank of ФИС ФРДО of an organizer whose batch the actor sees"):
        found: m.FrdoTemplate | None = db.session.get(m.FrdoTemplate, organizer_id, populate_existing=True)
        return found


def directory_lists() -> dict[str, list[str]]:
    """Allowed values by the code of their list, as the operator keeps them."""
    reference = m.FrdoReference
    statement = select(reference.list_code, reference.value).where(reference.active)
    found: dict[str, list[str]] = {}
    for code, value in db.session.execute(statement.order_by(reference.list_code, reference.ordering, reference.id)):
        found.setdefault(code, []).append(value)
    return found


# --- reading ---------------------------------------------------------------------------------------------------------


def visible_batch(batch_id: int, permission: str) -> m.FrdoBatch:
    """Return a batch that the acting user sees by ``permission``; raises NotFound, Forbidden."""
    return get_visible(db.session, m.FrdoBatch, batch_id, permission)


def rows_in_words(number: int) -> str:
    """«3 документа»."""
    return count(number, "документ", "документа", "документов")
