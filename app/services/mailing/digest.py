"""The digest: notices in a user's cabinet that had no letter come as one letter a day (order § 1.9).

``letters.note`` flags the notices; ``send`` clears the flags in the transaction that writes the letter, so a killed
worker neither loses the letter nor sends it twice. A notice that the user has read on the portal meanwhile is not sent.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, or_, select, update

from app import addresses
from app import models as m
from app.access import unscoped
from app.clock import ZONE, today
from app.extensions import db
from app.labels import THINGS
from app.russian import count, format_date
from app.services.mailing import letters
from app.services.mailing.letter_templates import absolute
from app.services.portal.who_acts import load_account
from app.statuses import EnrolmentStatus
from app.unit_of_work import use_case

TEMPLATE = "digest"
#: notices of one page that are quoted; the rest are counted
QUOTED = 5
#: beginning of a notice's address → heading of its part of the letter, the more exact first
PAGES = (
    (addresses.listing("enrolment", attention="agree"), "Записи, которые ждут согласования"),
    (addresses.listing("enrolment", status=EnrolmentStatus.APPLIED), "Записи, которые ждут согласования"),
    (addresses.listing("enrolment", status=EnrolmentStatus.AGREED), "Записи, которые ждут подтверждения"),
    (addresses.listing("enrolment", status=EnrolmentStatus.OFFERED), "Предложенные места"),
)
_OTHER = "Прочее"


def send() -> int:
    """Send each user with flagged notices one letter about them, nobody twice a day; return how many were sent."""
    return sum(_send_to(user_id) for user_id in _waiting())


def _waiting() -> list[int]:
    """Accounts that have flagged notices."""
    a, n = m.Account, m.Notice
    flagged = select(n.user_id, n.employee_id).where(n.in_digest).distinct().subquery()
    whose = or_(a.id == flagged.c.user_id, a.employee_id == flagged.c.employee_id)
    with unscoped("whose notices wait for the digest: only ids"):
        return list(db.session.scalars(select(a.id).join(flagged, whose).distinct().order_by(a.id)))


@use_case
def _send_to(user_id: int) -> bool:
    """Write one user's letter and take the flags off, or neither; two workers at once come one after the other."""
    db.session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"digest of {user_id}", 0))))
    if _was_sent_today(user_id):
        return False
    account = load_account(user_id)
    held = account.actor.role_marks() if account is not None else frozenset()
    # what was told in a role that is over is not told any more
    taken = [row for row in _take(user_id) if row.read_at is None and held.issuperset(row.made_in)]
    found = [(row.href or "", row.text) for row in taken]
    if not found:
        return False
    body = "\n\n".join(_part(title, page) for title, page in _by_page(found))
    told = count(len(found), "извещение", "извещения", "извещений")
    pages = {href for href, _words in found}
    href = pages.pop() if len(pages) == 1 else addresses.NOTICES
    facts = {"день": format_date(today()), "извещений": told, "перечень": body}
    roles = {mark for row in taken for mark in row.made_in}
    return letters.tell_user(user_id, TEMPLATE, facts=facts, href=href, made_in=roles)


def _was_sent_today(user_id: int) -> bool:
    letter, begins = m.Letter, dt.datetime.combine(today(), dt.time.min, tzinfo=ZONE)
    sent = select(letter.id).where(letter.user_id == user_id, letter.template == TEMPLATE, letter.created_at >= begins)
    with unscoped("was the digest sent today: yes or no"):
        return db.session.scalar(sent.limit(1)) is not None


def _take(user_id: int) -> Sequence[Any]:
    """Take the flags off a user's notices, by age; the write decides which they are."""
    n = m.Notice
    employee_id = select(m.Account.employee_id).where(m.Account.id == user_id).scalar_subquery()
    statement = (
        update(n)
        .where(n.in_digest, or_(n.user_id == user_id, n.employee_id == employee_id))
        .values(in_digest=False)
        .returning(n.id, n.text, n.href, n.read_at, n.made_in)
        .execution_options(synchronize_session=False)
    )
    with unscoped("the notices of one user become a letter"):
        rows = db.session.execute(statement).all()
    return sorted(rows, key=lambda row: row.id)


def _by_page(found: Sequence[tuple[str, str]]) -> list[tuple[str, list[tuple[str, str]]]]:
    """Heading → notices (address, text), in the order of the headings' names, «Прочее» last."""
    pages: dict[str, list[tuple[str, str]]] = {}
    for href, words in found:
        pages.setdefault(_heading(href), []).append((href, words))
    return sorted(pages.items(), key=lambda page: (page[0] == _OTHER, page[0]))


def _heading(href: str) -> str:
    exact = next((title for beginning, title in PAGES if href.startswith(beginning)), None)
    table = href.removeprefix("/").partition("/")[0]
    return exact or (THINGS[table].plural if table in THINGS else _OTHER)


def _part(title: str, notices: Sequence[tuple[str, str]]) -> str:
    """One page's part: its heading with the number, the first notices, where the page is."""
    lines = [f"{title}: {len(notices)}", *(f"— {words}" for _href, words in notices[:QUOTED])]
    rest = len(notices) - QUOTED
    if rest > 0:
        lines.append(f"— и ещё {count(rest, 'извещение', 'извещения', 'извещений')}")
    addresses = {href for href, _words in notices}
    address = absolute(addresses.pop()) if len(addresses) == 1 else ""
    return "\n".join([*lines, address] if address else lines)
