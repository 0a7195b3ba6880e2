"""Daily work: each part is done once a day, whenever the portal can; a part that could not be done is done later that day.

The job runs every hour. A part that maintenance (технологический перерыв), an error or a worker's death has stopped is
done by the next hour; a part that fails does not stop the others.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from app import models as m
from app.clock import today
from app.errors import Unavailable
from app.extensions import db
from app.unit_of_work import technical_write

log = logging.getLogger("portal.jobs")


def run(parts: Mapping[str, Callable[[], object]]) -> list[str]:
    """Do the parts that are not done today, in their order; return the names of those that failed.

    Each is a transaction (or several) of its own, and has to bear being done again: it is marked after it has ended. During
    a технологический перерыв nothing is done and nothing is marked.
    """
    done, failed = _done(), []
    for name, part in parts.items():
        if name in done:
            continue
        try:
            part()
        except Unavailable as pause:
            log.info("daily work waits", extra={"part": name, "why": pause.message})
            break
        except Exception:
            log.exception("daily work failed", extra={"part": name})
            db.session.rollback()
            failed.append(name)
        else:
            _mark(name)
    return failed


def _done() -> set[str]:
    done = m.DailyWork.__table__
    return set(db.session.scalars(select(done.c.name).where(done.c.done_on >= today())))


@technical_write
def _mark(name: str) -> None:
    row = insert(m.DailyWork).values(name=name, done_on=today())
    db.session.execute(row.on_conflict_do_update(index_elements=["name"], set_={"done_on": row.excluded.done_on}))
