"""Saved registries sent on their days: each is ordered as the work of its owner, and a letter leads to the result."""

from __future__ import annotations

import datetime as dt
import logging
from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import CursorResult, select, update

from app import addresses
from app import models as m
from app.access import acting_as, unscoped
from app.actor import Actor
from app.clock import today
from app.errors import PortalError
from app.extensions import db
from app.russian import count
from app.services.mailing import letters
from app.services.paper.registries.saved_registries import next_day
from app.services.portal.who_acts import load_account
from app.services.tasks import background
from app.statuses import Schedule
from app.unit_of_work import use_case

log = logging.getLogger("portal.registries")

#: kind of the background work that makes a registry
REGISTRY = "registry"
#: page of a saved registry
HREF = addresses.REGISTRIES


@dataclass(frozen=True, slots=True)
class Due:
    """A saved registry whose day has come."""

    id: int
    user_id: int
    code: str
    title: str
    parameters: dict[str, str]
    schedule: Schedule
    next_on: dt.date


def send_due(permissions: dict[str, str]) -> int:
    """Order every saved registry whose day has come, each in its own transaction; return how many were ordered.

    ``permissions`` maps a registry's code to its right. A row's next day moves by a compare-and-swap, so a second run, or two
    at once, send nothing twice. One that cannot be ordered now is tried again by the next run and does not stop the others.
    """
    sent = 0
    for due in _due():
        try:
            sent += _send(due, permissions.get(due.code, ""))
        except PortalError as refusal:
            log.warning("a saved registry was not sent", extra={"registry": due.id, "reason": refusal.message})
    return sent


def _due() -> list[Due]:
    row = m.SavedRegistry
    columns = (row.id, row.user_id, row.code, row.title, row.parameters, row.schedule, row.next_on)
    with unscoped("saved registries of all users are sent by the portal"):
        found = db.session.execute(select(*columns).where(row.next_on <= today()).order_by(row.id)).all()
    return [Due(*values) for values in found]


@use_case
def _send(due: Due, permission: str) -> bool:
    account = load_account(due.user_id)
    able = account is not None and account.active and permission in account.actor.permissions
    schedule = due.schedule if able else Schedule.NEVER
    row = m.SavedRegistry
    moved = update(row).where(row.id == due.id, row.next_on == due.next_on, row.schedule == due.schedule)
    moved = moved.values(next_on=next_day(schedule, today()), schedule=schedule)
    with unscoped("saved registries of all users are sent by the portal"):
        result = cast("CursorResult[Any]", db.session.execute(moved.execution_options(synchronize_session=False)))
    if result.rowcount != 1:
        return False
    if not able or account is None:
        _tell_ended(due, active=account is not None and account.active)
        return False
    _order(due, account.actor, permission)
    return True


def _order(due: Due, owner: Actor, permission: str) -> None:
    given = {"asked": due.parameters, "as": "xlsx", "scheduled": due.title, "day": due.next_on.isoformat()}
    with acting_as(owner):
        background.submit(REGISTRY, f"Реестр по расписанию: {due.title}", given, total=0, permission=permission)


def _tell_ended(due: Due, *, active: bool) -> None:
    if active:
        letters.tell_user(due.user_id, "registry_stopped", facts={"реестр": due.title}, href=HREF)


def tell_ready(order: background.Order, title: str, message: str) -> None:
    """Write to the owner that the registry is ready: a link to «Мои задания», no data of people in the letter."""
    facts = {"реестр": title, "итог": message, "файл_хранится": count(background.RESULT_DAYS, "день", "дня", "дней")}
    letters.tell_user(order.user_id, "registry_ready", facts=facts, href=addresses.TASKS, made_in=order.made_in)
