"""Handing documents over to their owners: the facts of the journal of issuance (письмо Минобрнауки № АК-316/06)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from sqlalchemy import select, update

from app import models as m
from app.access import get_visible, get_writable
from app.audit import record
from app.clock import today
from app.errors import Conflict, Invalid
from app.extensions import db
from app.russian import format_date
from app.statuses import CertificateStatus, Handing
from app.unit_of_work import use_case

_LONGEST = 255


@use_case
def hand_over(
    certificate_id: int, handing: Handing, *, handed_on: dt.date | None = None, handed_to: str | None = None
) -> m.Certificate:
    """Write down how, when and to whom a live document was handed over; a later mark corrects an earlier one.

    ``handed_to``: name of who came by proxy. Raises Conflict for a document that is not live, Invalid for a wrong date
    or a proxy without a name.
    """
    row = get_writable(db.session, m.Certificate, certificate_id, "certificate:hand")
    if row.status != CertificateStatus.ISSUED:
        raise Conflict(f"Вручить можно только действующий документ, а № {row.number} — «{row.status.label}».")
    _mark([row], handing, handed_on or today(), handed_to)
    db.session.refresh(row)
    return row


def waiting_in(group_id: int) -> Sequence[m.Certificate]:
    """Return the live documents of a group that are not handed over yet, by kind and number."""
    get_visible(db.session, m.TrainingGroup, group_id, "certificate:hand")
    statement = (
        select(m.Certificate)
        .join(m.Enrolment, m.Enrolment.id == m.Certificate.enrolment_id)
        .where(
            m.Enrolment.group_id == group_id,
            m.Certificate.status == CertificateStatus.ISSUED,
            m.Certificate.handed_on.is_(None),
        )
        .order_by(m.Certificate.kind, m.Certificate.year, m.Certificate.sequence)
    )
    return list(db.session.scalars(statement))


@use_case
def hand_over_group(group_id: int, handing: Handing, *, handed_on: dt.date | None = None) -> int:
    """Mark all documents of a group that were not handed over yet; return how many. By proxy each is marked on its own."""
    if handing == Handing.PROXY:
        sentence = "По доверенности отметьте каждый документ отдельно: у каждого своё доверенное лицо."
        raise Invalid(sentence, fields={"handing": [sentence]})
    rows = waiting_in(group_id)
    _mark(rows, handing, handed_on or today(), None)
    return len(rows)


def _mark(rows: Sequence[m.Certificate], handing: Handing, handed_on: dt.date, handed_to: str | None) -> None:
    name = " ".join((handed_to or "").split())[:_LONGEST] if handing == Handing.PROXY else ""
    _insist(rows, handing, handed_on, name)
    columns = {"handing": handing, "handed_on": handed_on, "handed_to": name or None}
    live = m.Certificate.status == CertificateStatus.ISSUED
    statement = update(m.Certificate).where(m.Certificate.id.in_([row.id for row in rows]), live).values(**columns)
    marked = db.session.execute(
        statement.returning(m.Certificate.id).execution_options(synchronize_session=False)
    ).all()
    if len(marked) != len(rows):
        raise Conflict("Пока вы отмечали вручение, один из документов изменился. Обновите страницу и повторите.")
    words = f"{handing.label}, {format_date(handed_on)}" + (f", {name}" if name else "")
    for row in rows:
        record("certificate.handed", row, {"Вручение": ("", words)})


def _insist(rows: Sequence[m.Certificate], handing: Handing, handed_on: dt.date, name: str) -> None:
    if handing == Handing.PROXY and not name:
        sentence = "Укажите фамилию, имя и отчество того, кто получил документ по доверенности."
        raise Invalid(sentence, fields={"handed_to": [sentence]})
    first = max((row.issued_on for row in rows), default=handed_on)
    if not first <= handed_on <= today():
        sentence = f"Дата вручения — от даты выдачи документа ({format_date(first)}) до сегодняшнего дня."
        raise Invalid(sentence, fields={"handed_on": [sentence]})
