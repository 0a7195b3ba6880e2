"""Balance of blanks (бланки) by series for a period: stock at the start, received, used, spoiled, stock at the end."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

from sqlalchemy import ColumnElement, Date, and_, case, cast, func, or_, select

from app import models as m
from app.access import current_actor
from app.clock import ZONE
from app.errors import Invalid
from app.extensions import db
from app.statuses import BlankStatus, CertificateKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """Numbers of blanks of one series: opening + received − used − spoiled = closing.

    ``spoiled_later`` are those used before the period and written off in it: they left the stock earlier.
    """

    organizer: str
    kind: CertificateKind
    series: str
    opening: int
    received: int
    used: int
    spoiled: int
    spoiled_later: int
    closing: int


def balance(since: dt.date, until: dt.date) -> Sequence[Balance]:
    """Return the balance of every series that the actor sees, one statement whatever their number.

    Both days included. Raises Forbidden without ``blank:list``, Invalid when the days stand the wrong way round.
    """
    current_actor().require("blank:list")
    if until < since:
        sentence = "Конец периода раньше начала. Поменяйте даты местами."
        raise Invalid(sentence, fields={"until": [sentence]})
    named = (m.Organization.short_name.label("organizer"), m.Blank.kind, m.Blank.series)
    counted = [func.count().filter(condition).label(name) for name, condition in _conditions(since, until).items()]
    statement = (
        select(*named, *counted)
        .select_from(m.Blank)
        .join(m.Organization, m.Organization.id == m.Blank.organizer_id)
        .outerjoin(m.BlankReceipt, m.BlankReceipt.id == m.Blank.receipt_id)
        .outerjoin(m.Certificate, m.Certificate.blank_id == m.Blank.id)
        .group_by(m.Organization.id, *named)
        .order_by(m.Organization.sort, *named[1:])
    )
    found = [Balance(**row._mapping) for row in db.session.execute(statement)]
    return [line for line in found if any(getattr(line, f.name) for f in fields(line)[3:])]


def _conditions(since: dt.date, until: dt.date) -> dict[str, ColumnElement[bool]]:
    """Figure → which blanks it counts; every blank came once, left the stock at most once, was spoiled at most once."""
    came: Any = m.BlankReceipt.received_on  # empty: it was there before receipts were kept
    changed = _day(m.Blank.changed_at)
    spoiled = case((m.Blank.status == BlankStatus.SPOILED, changed))
    left = case(
        (m.Blank.status == BlankStatus.USED, changed),
        (m.Blank.status == BlankStatus.SPOILED, func.coalesce(_day(m.Certificate.created_at), changed)),
    )
    spoiled_by_now = func.coalesce(spoiled <= until, False)
    return {
        "opening": and_(or_(came.is_(None), came < since), or_(left.is_(None), left >= since)),
        "received": came.between(since, until),
        "used": and_(left.between(since, until), ~spoiled_by_now),
        "spoiled": and_(left.between(since, until), spoiled_by_now),
        "spoiled_later": and_(left < since, spoiled.between(since, until)),
        "closing": and_(or_(came.is_(None), came <= until), or_(left.is_(None), left > until)),
    }


def _day(moment: Any) -> Any:
    """The local day of a moment."""
    return cast(func.timezone(str(ZONE), moment), Date)
