"""Batches of the demo for ФИС ФРДО: documents issued long ago are in the registry, those of the last weeks still wait."""

from __future__ import annotations

import datetime as dt
from itertools import groupby

from sqlalchemy import insert, select

from app import models as m
from app.access import acting_as
from app.demo.rows import moment
from app.documents.frdo.frdo_columns import FrdoFacts, Lists, frdo_values
from app.documents.frdo.frdo_export import lists_of
from app.documents.frdo.frdo_source import facts_of_period
from app.extensions import db
from app.services.portal.numbers import next_number
from app.services.portal.who_acts import SYSTEM
from app.statuses import FrdoAnswer, FrdoBatchStatus

#: documents younger than that are not exported yet: some are past the term of 60 days, some near it
_YOUNGEST_DAYS = 75
_FIRST = dt.date(2010, 1, 1)


def add_frdo_batches(today: dt.date) -> None:
    """Put the old documents of every organizer into one batch a year, taken by the registry."""
    last = today - dt.timedelta(days=_YOUNGEST_DAYS)
    organizer = m.Organization
    with acting_as(SYSTEM):
        lists = lists_of(None)
        ids = select(organizer.id).where(organizer.is_organizer).order_by(organizer.id)
        for organizer_id in db.session.scalars(ids).all():
            found = [facts for portion in facts_of_period(organizer_id, _FIRST, last) for facts in portion]
            for year, papers in groupby(found, lambda facts: facts.issued_on.year):
                _add(organizer_id, year, list(papers), lists, min(dt.date(year, 12, 31), last))


def _add(organizer_id: int, year: int, papers: list[FrdoFacts], lists: Lists, last: dt.date) -> None:
    batch = m.FrdoBatch(
        organizer_id=organizer_id,
        year=year,
        number=next_number("frdo_batch", year, organizer_id=organizer_id),
        period_from=dt.date(year, 1, 1),
        period_to=last,
        rows_count=len(papers),
        status=FrdoBatchStatus.ANSWERED,
        created_at=moment(last),
        changed_at=moment(last),
    )
    db.session.add(batch)
    db.session.flush()
    rows = [
        {
            "batch_id": batch.id,
            "certificate_id": facts.certificate_id,
            "row_number": number,
            "values": frdo_values(facts, lists),
            "answer": FrdoAnswer.ACCEPTED,
        }
        for number, facts in enumerate(papers, 1)
    ]
    db.session.execute(insert(m.FrdoRow), rows)
