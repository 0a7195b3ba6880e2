"""Blanks (бланки) of strict accounting: a range is received, the lowest number is taken, a misprint gets another (guard 4).

Practice of the letter of Минобрнауки of 21.02.2014 № АК-316/06: every blank has a series and a number and is accounted
for.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, and_, func, select, text

from app import models as m
from app.access import current_actor, get_writable
from app.audit import record
from app.clock import now, today
from app.errors import Conflict, Forbidden, Invalid, NotFound
from app.extensions import db
from app.labels import label_of
from app.rules.document import ON_BLANKS
from app.russian import count, format_date, number
from app.services.paper.printing.certificate_snapshot import on_blank
from app.services.portal import records, transitions
from app.statuses import BlankStatus, CertificateKind, CertificateStatus
from app.unit_of_work import use_case

#: blanks of one receipt
MOST_RECEIVED = 10_000
#: digits of a number that the range can count with
_DIGITS = 18
#: Latin letters that look like Cyrillic ones: «AB» typed on another keyboard is the same series
_LOOK_ALIKES = str.maketrans("ABCEHKMOPTXY", "АВСЕНКМОРТХУ")
_REASON_LENGTH = 1000
_FORMS = ("бланк", "бланка", "бланков")


# --- receipt ---------------------------------------------------------------------------------------------------------


@use_case
def receive(
    organizer_id: int,
    *,
    kind: CertificateKind,
    series: str,
    first: str,
    last: str,
    received_on: dt.date,
    document: str | None = None,
) -> m.BlankReceipt:
    """Put a range of blanks into the stock, both numbers as printed («000101» – «000200»).

    Raises Invalid by field, Forbidden for another's organizer, Conflict naming the first blank that is known already;
    then none is received.
    """
    current_actor().require("blank_receipt:add")
    if kind not in ON_BLANKS:
        _refuse("kind", "Справки печатаются на обычной бумаге: бланки для них не принимаются.")
    first, last = first.strip(), last.strip()
    values = {
        "organizer_id": organizer_id,
        "kind": kind,
        "series": tidy_series(series),
        "first": first,
        "last": last,
        "quantity": _quantity(first, last),
        "received_on": _not_later(received_on, "received_on"),
        "document": document,
        "created_by_id": current_actor().user_id,
    }
    receipt = records.insert_row(m.BlankReceipt, values)
    records.stay_inside(receipt, "add")
    _insert_range(receipt)
    return receipt


def tidy_series(series: str) -> str:
    """Return a series as it is stored: capitals, single spaces, Latin look-alikes as Cyrillic letters."""
    tidy = " ".join(series.upper().split())
    alike = tidy.translate(_LOOK_ALIKES)
    return tidy if re.search("[A-Z]", alike) else alike


def _quantity(first: str, last: str) -> int:
    """Number of blanks of a range; raises Invalid beside the field that is wrong."""
    for field, typed in (("first", first), ("last", last)):
        if not (typed.isascii() and typed.isdecimal() and len(typed) <= _DIGITS):
            _refuse(field, f"Номер бланка — до {_DIGITS} цифр с нулями впереди, как напечатано: 000101.")
    if len(first) != len(last):
        _refuse("last", "В номерах разное число цифр. Запишите оба, как напечатано, с нулями впереди.")
    quantity = int(last) - int(first) + 1
    if quantity < 1:
        _refuse("last", "Последний номер меньше первого. Поменяйте их местами.")
    if quantity > MOST_RECEIVED:
        _refuse(
            "last",
            f"В диапазоне {count(quantity, *_FORMS)}, а за один раз можно принять не больше {number(MOST_RECEIVED)}. "
            "Разделите его на несколько поступлений.",
        )
    return quantity


def _not_later(day: dt.date, field: str) -> dt.date:
    if day > today():
        _refuse(field, "Эта дата ещё не наступила. Укажите сегодняшнюю или прошедшую.")
    return day


def _refuse(field: str, sentence: str) -> None:
    raise Invalid(sentence, fields={field: [sentence]})


def _insert_range(receipt: m.BlankReceipt) -> None:
    """Insert all blanks of a receipt by one statement: it skips what is known, so its row count tells (guard 4)."""
    statement = text(
        "INSERT INTO blank (organizer_id, kind, series, number, receipt_id, changed_at)"
        " SELECT :organizer, :kind, :series, lpad(n::text, :length, '0'), :receipt, :now"
        " FROM generate_series(CAST(:first AS bigint), CAST(:last AS bigint)) n ORDER BY n"
        " ON CONFLICT (organizer_id, series, number) DO NOTHING"
    )
    values = {
        "organizer": receipt.organizer_id,
        "kind": receipt.kind.value,
        "series": receipt.series,
        "length": len(receipt.first),
        "receipt": receipt.id,
        "now": now(),
        "first": int(receipt.first),
        "last": int(receipt.last),
    }
    inserted: Any = db.session.execute(statement, values)
    if inserted.rowcount != receipt.quantity:
        raise Conflict(_known_already(receipt))


def _known_already(receipt: m.BlankReceipt) -> str:
    statement = (
        select(m.Blank)
        .where(
            m.Blank.organizer_id == receipt.organizer_id,
            m.Blank.series == receipt.series,
            m.Blank.number.between(receipt.first, receipt.last),
            func.length(m.Blank.number) == len(receipt.first),
            m.Blank.receipt_id.is_distinct_from(receipt.id),
        )
        .order_by(m.Blank.number)
        .limit(1)
    )
    blank = db.session.scalars(statement).one()
    came = f"поступление от {format_date(blank.receipt.received_on)}" if blank.receipt else "принят раньше"
    return f"Бланк {blank} уже есть ({came}). Ничего не принято: сверьте серию и номера с накладной."


# --- taking ----------------------------------------------------------------------------------------------------------


def hold_blanks(
    organizer_id: int, kind: CertificateKind, *, quantity: int, series: str | None = None
) -> Sequence[m.Blank]:
    """Keep the lowest numbers in the stock for this transaction and return them in order; none is used yet.

    Rows that another transaction keeps are passed over, so nobody waits and no number is given twice. For callers inside
    a transaction that has asked its right; a blank not used by its end is free again. Raises Conflict when too few are left.
    """
    statement = (
        select(m.Blank)
        .where(*_in_stock(organizer_id, kind, series))
        .order_by(m.Blank.series, func.length(m.Blank.number), m.Blank.number)
        .limit(quantity)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    )
    found = list(db.session.scalars(statement))
    if len(found) < quantity:
        raise Conflict(_too_few(len(found), quantity, kind, series))
    return found


def take_blanks(
    organizer_id: int, kind: CertificateKind, *, quantity: int, series: str | None = None
) -> Sequence[m.Blank]:
    """Use the lowest numbers in the stock, as ``hold_blanks`` finds them; all or none."""
    found = hold_blanks(organizer_id, kind, quantity=quantity, series=series)
    return [transitions.follow(m.Blank, blank.id, "use") for blank in found]


def take_for(organizer_id: int, kind: CertificateKind, *, quantity: int, series: str) -> Sequence[m.Blank | None]:
    """Use blanks of a series for so many documents, or return as many None for plain paper (an empty series)."""
    if not series or not quantity:
        return [None] * quantity
    return take_blanks(organizer_id, kind, quantity=quantity, series=series)


def stock_by_series(organizer_id: int, kind: CertificateKind) -> list[tuple[str, int]]:
    """Return (series, how many lie in the stock) of an organizer's blanks for one kind of document."""
    blank = m.Blank
    statement = select(blank.series, func.count()).where(*_in_stock(organizer_id, kind, None))
    found = db.session.execute(statement.group_by(blank.series).order_by(blank.series))
    return [(series, int(number)) for series, number in found]


def _in_stock(organizer_id: int, kind: CertificateKind, series: str | None) -> list[Any]:
    conditions = [
        m.Blank.organizer_id == organizer_id,
        m.Blank.kind == kind,
        m.Blank.status == BlankStatus.STOCK,
    ]
    return [*conditions, m.Blank.series == series] if series else conditions


def _too_few(left: int, wanted: int, kind: CertificateKind, series: str | None) -> str:
    which = f"Бланков серии {series}" if series else f"Бланков «{kind.label}»"
    return (
        f"{which} осталось {left}, нужно {wanted}: не хватает {wanted - left}. Ничего не выдано. "
        "Примите новые бланки или выдайте документы меньшему числу людей."
    )


def of_annulled() -> ColumnElement[bool]:
    """Condition of the blanks whose document was annulled: they lie among the used ones until they are written off."""
    paper: Any = m.Certificate.__table__
    annulled = select(paper.c.blank_id).where(paper.c.status == CertificateStatus.ANNULLED, paper.c.blank_id > 0)
    return and_(m.Blank.status == BlankStatus.USED, m.Blank.id.in_(annulled))


def without_act() -> ColumnElement[bool]:
    """Condition of the spoiled blanks that stand in no act yet."""
    return and_(m.Blank.status == BlankStatus.SPOILED, m.Blank.act_id.is_(None))


# --- spoiling --------------------------------------------------------------------------------------------------------


def may_spoil(blank: m.Blank) -> bool:
    """Return whether the actor may write off a blank."""
    try:
        get_writable(db.session, m.Blank, blank.id, "blank:spoil")
    except (NotFound, Forbidden):
        return False
    return True


@transitions.performs(m.Blank, "spoil")
@use_case
def spoil(blank_id: int, reason: str) -> m.Blank:
    """Take a blank out of use: from the stock, or that of a document that is no longer valid.

    Raises Conflict for the blank of a valid document: that gets another blank or is annulled first.
    """
    get_writable(db.session, m.Blank, blank_id, "blank:spoil")
    lock([blank_id])
    insist_not_in_use([blank_id])
    return transitions.move(m.Blank, blank_id, "spoil", reason=reason)


def spoil_annulled(blank_id: int, reason: str) -> None:
    """Write off the blank of a document that the caller has annulled in the same transaction."""
    get_writable(db.session, m.Blank, blank_id, "blank:spoil")
    transitions.follow(m.Blank, blank_id, "spoil", reason=reason[:_REASON_LENGTH])


def lock(blank_ids: Sequence[int]) -> None:
    """Lock blanks by ascending id, so that none of them is taken until the transaction ends."""
    db.session.execute(select(m.Blank.id).where(m.Blank.id.in_(blank_ids)).order_by(m.Blank.id).with_for_update())


def insist_not_in_use(blank_ids: Sequence[int]) -> None:
    """Raise Conflict when a valid document is printed on one of the locked blanks."""
    statement = select(m.Certificate).where(
        m.Certificate.blank_id.in_(blank_ids), m.Certificate.status == CertificateStatus.ISSUED
    )
    paper = db.session.scalars(statement.order_by(m.Certificate.blank_id).limit(1)).one_or_none()
    if paper is not None:
        raise Conflict(
            f"На бланке {paper.blank} напечатан действительный документ № {paper.number}. Напечатайте его на другом "
            "бланке или аннулируйте, а потом спишите бланк."
        )


@use_case
def replace_spoiled(certificate_id: int, *, spoiled_id: int, reason: str, series: str | None = None) -> m.Certificate:
    """Write off the misprinted blank of a document and give the document the next one; its number stays.

    Only while the document was never handed over: what its owner holds in hand names the blank and is not changed. A second
    click (the blank is spoiled already) changes nothing. Raises Conflict when the document may not be printed anew or the
    blanks ran out, Invalid without a reason.
    """
    get_writable(db.session, m.Certificate, certificate_id, "certificate:issue")
    get_writable(db.session, m.Blank, spoiled_id, "blank:spoil")
    paper = _locked(certificate_id)
    spoiled = transitions.read_fresh(m.Blank, spoiled_id)
    if paper.blank_id != spoiled_id:
        if spoiled.status == BlankStatus.SPOILED:
            return paper
        raise Conflict(f"Документ № {paper.number} напечатан не на бланке {spoiled}. Обновите страницу.")
    _insist_replaceable(paper)
    fresh = hold_blanks(paper.organizer_id, spoiled.kind, quantity=1, series=series)[0]
    transitions.follow(m.Blank, spoiled_id, "spoil", reason=reason, spoiled_for_id=paper.enrolment_id)
    transitions.follow(m.Blank, fresh.id, "use")
    paper.blank_id, paper.snapshot = fresh.id, on_blank(paper.snapshot, fresh)
    db.session.flush()
    record("certificate.blank_replaced", paper, {label_of("certificate", "blank"): (str(spoiled), str(fresh))})
    return paper


def _locked(certificate_id: int) -> m.Certificate:
    statement = select(m.Certificate).where(m.Certificate.id == certificate_id).with_for_update()
    found: m.Certificate = db.session.scalars(statement.execution_options(populate_existing=True)).one()
    return found


def _insist_replaceable(paper: m.Certificate) -> None:
    if paper.status != CertificateStatus.ISSUED:
        raise Conflict(
            f"Документ № {paper.number} уже не действует ({paper.status.label.lower()}), печатать его заново незачем. "
            "Бланк можно списать."
        )
    if paper.handed_on is not None:
        raise Conflict(
            f"Документ № {paper.number} вручён {format_date(paper.handed_on)}: на нём назван прежний бланк. Выдайте "
            "дубликат, он будет на новом бланке."
        )
