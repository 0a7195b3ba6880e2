"""The morning letter to the users who decide: what is late and what must be decided today, once a day (order § 2.7)."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Sequence

from sqlalchemy import or_, select, text

from app import addresses
from app import models as m
from app.access import acting_as, unscoped
from app.clock import ZONE, today
from app.conditions import held
from app.extensions import db
from app.permissions import roles_with
from app.russian import count, format_date
from app.services.desk import queue
from app.services.desk.queue_sources import SOURCES
from app.services.mailing import letters
from app.services.portal import calendar, who_acts
from app.unit_of_work import use_case

HREF = addresses.with_query(addresses.QUEUE, state="overdue")
HREF_TODAY = addresses.with_query(addresses.QUEUE, state="today")
TEMPLATE = "queue_summary"


@use_case
def remind() -> int:
    """Tell each user who decides what is late or due today; nobody twice a day. Returns how many were told.

    All letters of the day are one transaction behind one lock: a run that is killed leaves none, the next one sends them all,
    and of two runs at once the second finds everybody told. On a day off nobody decides, so nobody is told.
    """
    if not calendar.working_calendar().is_workday(today()):
        return 0
    _one_at_a_time()
    return sum(_tell(user_id) for user_id in _deciders())


def _one_at_a_time() -> None:
    number = int.from_bytes(hashlib.sha256(b"morning letter of the queue").digest()[:8], signed=True)
    db.session.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": number})


def _deciders() -> list[int]:
    """Active accounts that hold today a role with the right to decide one of the kinds, and were not told yet."""
    role, account, day = m.Assignment, m.Account, today()
    roles = {role for source in SOURCES for role in roles_with(source.right)}
    begins = dt.datetime.combine(day, dt.time.min, tzinfo=ZONE)
    told = select(m.Notice.id).where(
        or_(m.Notice.user_id == account.id, m.Notice.employee_id == account.employee_id),
        m.Notice.href.in_([HREF, HREF_TODAY]),
        m.Notice.created_at >= begins,
    )
    live = (role.role.in_(roles), held())
    statement = select(account.id).join(role, role.user_id == account.id).where(*live, account.active.is_(True))
    with unscoped("who decides: only ids"):
        return list(db.session.scalars(statement.where(~told.exists()).distinct().order_by(account.id)))


def _tell(user_id: int) -> bool:
    account = who_acts.load_account(user_id)
    if account is None:
        return False
    with acting_as(account.actor):
        found = queue.urgent()
    if not found:
        return False
    late = [(item.source.title, item.overdue) for item in found if item.overdue]
    now_ = [(item.source.title, item.today) for item in found if item.today]
    number = sum(n for _, n in late) + sum(n for _, n in now_)
    facts = {
        "день": format_date(today()),
        "записей": count(number, "запись", "записи", "записей"),
        "просрочено": _counted(late),
        "сегодня": _counted(now_),
    }
    letters.tell_user(
        user_id, TEMPLATE, facts=facts, href=HREF if late else HREF_TODAY, made_in=account.actor.role_marks()
    )
    return True


def _counted(numbers: Sequence[tuple[str, int]]) -> str:
    """«3 (заявки на чек — 2; регистрации — 1)», empty for nothing."""
    by_kind = "; ".join(f"{title.lower()} — {number}" for title, number in numbers)
    return f"{sum(n for _, n in numbers)} ({by_kind})" if numbers else ""
