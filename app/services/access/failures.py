"""Failures of signing in: counted for a login *and* the place of the attempt, so that nobody locks another user out.

A place is an address, or a device that has signed in with this login before: failures from elsewhere do not lock it. All
unknown places together are also counted, with a limit ten times as high, against guessing from many addresses. An unknown
login is counted like a known one: neither the answer nor the work for it tells them apart.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import ipaddress
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Table, case, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert

from app import models as m
from app.clock import now
from app.extensions import db
from app.text import cleaned

_row: Table = m.SignInFailure.__table__  # type: ignore[assignment]
#: all places from which nobody has signed in with this login
ELSEWHERE = "elsewhere"
PATIENCE = 10
#: each closing of a place is twice as long as the one before, up to
LONGEST = dt.timedelta(hours=24)
#: counted no longer than that after the last attempt
KEEP = dt.timedelta(days=2)


@dataclass(frozen=True, slots=True)
class Attempt:
    """The place of an attempt, how many failures (one after another) close the entrance there, and for how long at first."""

    attempts: int
    lock_minutes: int
    address: str | None = None
    browser: str = ""
    #: the device's mark, and the logins (``hash_of``) with which it has signed in before
    device: str = ""
    known: frozenset[str] = field(default=frozenset())


def hash_of(login: str) -> str:
    """What is stored of a typed login: a hash, because it may be a password in the wrong field."""
    return hashlib.sha256(cleaned(login).lower().encode()).hexdigest()


def _places(login: str, attempt: Attempt) -> list[tuple[str, int]]:
    """Place → failures that close it; in one order, so that two attempts at once wait for one another."""
    if attempt.device and login in attempt.known:
        return [(f"device:{attempt.device}"[:80], attempt.attempts)]
    return [(f"address:{_network(attempt.address)}", attempt.attempts), (ELSEWHERE, attempt.attempts * PATIENCE)]


def _network(address: str | None) -> str:
    """An address, or the network of one household: within it IPv6 addresses cost nothing."""
    try:
        parsed = ipaddress.ip_address(address or "")
    except ValueError:
        return (address or "")[:60]
    return str(ipaddress.ip_network((parsed, 64), strict=False)) if parsed.version == 6 else str(parsed)


def take(login: str, attempt: Attempt) -> bool:
    """Count an attempt before it is known how it ends; returns whether the entrance is open from there.

    The rows stay locked until the transaction ends: many attempts at once are no more than one after another.
    """
    is_open = True
    for place, _limit in _places(login, attempt):
        # an attempt from where it is closed costs the same and counts nowhere: one place does not close all the others
        counted = int(is_open)
        statement = insert(_row).values(login=login, source=place, failures=counted, closings=0, seen_at=now())
        is_shut = _row.c.closed_until > now()
        kept = {
            "failures": case((is_shut, _row.c.failures), else_=_row.c.failures + counted),
            "seen_at": case((is_shut, _row.c.seen_at), else_=now() if counted else _row.c.seen_at),
        }
        statement = statement.on_conflict_do_update(index_elements=["login", "source"], set_=kept)
        until = db.session.execute(statement.returning(_row.c.closed_until)).scalar_one()
        is_open = is_open and (until is None or until <= now())
    return is_open


def give_back(login: str, attempt: Attempt) -> None:
    """The attempt was neither a success nor a failure: a right password that waits for its code."""
    places = [place for place, _limit in _places(login, attempt)]
    less = func.greatest(_row.c.failures - 1, 0)
    db.session.execute(update(_row).where(_row.c.login == login, _row.c.source.in_(places)).values(failures=less))


def close_if_many(login: str, attempt: Attempt) -> bool:
    """After a failure: close the places that have had too many, each time for longer; returns whether one was closed."""
    closed = False
    for place, limit in _places(login, attempt):
        same = (_row.c.login == login) & (_row.c.source == place) & (_row.c.failures >= limit)
        closings = db.session.execute(select(_row.c.closings).where(same)).scalar_one_or_none()
        if closings is None:
            continue
        minutes = dt.timedelta(minutes=attempt.lock_minutes)
        term = minutes if place == ELSEWHERE else min(minutes * 2 ** min(closings, 12), max(LONGEST, minutes))
        values: dict[str, Any] = {"failures": 0, "closings": closings + 1, "closed_until": now() + term}
        db.session.execute(update(_row).where(_row.c.login == login, _row.c.source == place).values(values))
        closed = True
    return closed


def forgive(login: str, attempt: Attempt) -> None:
    """A success: what was counted from there is forgotten."""
    places = [place for place, _limit in _places(login, attempt)]
    db.session.execute(delete(_row).where(_row.c.login == login, _row.c.source.in_(places)))


def forget(username: str) -> None:
    """Open the entrance everywhere: its owner has proved himself by a letter, or a responsible person answers for him."""
    db.session.execute(delete(_row).where(_row.c.login == hash_of(username)))


def closed_until(username: str) -> dt.datetime | None:
    """Until when the entrance is closed from some place, None when it is closed from nowhere."""
    latest = select(func.max(_row.c.closed_until)).where(_row.c.login == hash_of(username), _row.c.closed_until > now())
    found: dt.datetime | None = db.session.execute(latest).scalar_one_or_none()
    return found


def is_closed_somewhere(username: Any) -> Any:
    """The same as a condition of SQL over a column of logins."""
    key = func.encode(func.sha256(func.convert_to(func.lower(username), "UTF8")), "hex")
    return select(_row.c.login).where(_row.c.login == key, _row.c.closed_until > now()).exists()


def forget_old() -> None:
    """Delete what was counted long ago (the nightly work)."""
    db.session.execute(delete(_row).where(_row.c.seen_at < now() - KEEP))
