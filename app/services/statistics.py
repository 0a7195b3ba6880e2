"""Aggregates: numbers without rows, for those who may not see people (roles of the design: observer)."""

from __future__ import annotations

from sqlalchemy import text

from app.access import current_actor
from app.errors import Forbidden
from app.extensions import db

_TOTALS = """
SELECT 'Организаций' AS label, count(*) AS n FROM organization WHERE closed_on IS NULL
UNION ALL SELECT 'Работников', count(*) FROM employee
UNION ALL SELECT 'Действующих чеков', count(*) FROM voucher WHERE status = 'active'
UNION ALL SELECT 'Опубликованных программ', count(*) FROM program WHERE status = 'published'
UNION ALL SELECT 'Групп, в которые идёт запись', count(*) FROM training_group WHERE status = 'open'
UNION ALL SELECT 'Обучено за три года', count(*) FROM enrolment
  WHERE status = 'trained' AND result_on > current_date - interval '36 months'
"""


def totals() -> list[tuple[str, int]]:
    """Return label → number for the whole region; raises Forbidden without ``statistics:show``."""
    if not current_actor().can("statistics:show"):
        raise Forbidden("Сводные показатели вам недоступны.")
    return [(row.label, row.n) for row in db.session.execute(text(_TOTALS))]
