"""Notices of a user's cabinet, and which kinds of letters the user does not want by e-mail (п. 1.9 Порядка)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, delete, func, insert, select, update

from app import models as m
from app.access import current_actor
from app.clock import now
from app.errors import NotFound
from app.extensions import db
from app.services.mailing.letter_kinds import KINDS, Kind
from app.unit_of_work import use_case

PAGE = 25


@dataclass(frozen=True, slots=True)
class Choice:
    """A kind of letters on the page «Какие письма получать»."""

    kind: Kind
    required: bool
    wanted: bool


def number(*, unread: bool = False) -> Select[Any]:
    """The statement that counts the acting user's notices."""
    statement = select(func.count()).select_from(m.Notice)
    return statement.where(m.Notice.read_at.is_(None)) if unread else statement


def count(*, unread: bool = False) -> int:
    """Number of the acting user's notices."""
    return int(db.session.execute(number(unread=unread)).scalar_one())


def newest(*, limit: int = PAGE, skip: int = 0) -> Sequence[m.Notice]:
    """The acting user's notices, newest first."""
    statement = select(m.Notice).order_by(m.Notice.id.desc()).limit(limit).offset(skip)
    return list(db.session.scalars(statement))


@use_case
def mark_read(notice_id: int) -> m.Notice:
    """Mark an own notice as read; raises NotFound for another's."""
    statement = select(m.Notice).where(m.Notice.id == notice_id)
    found: m.Notice | None = db.session.scalars(statement).one_or_none()
    if found is None:
        raise NotFound("Такого извещения нет или оно вам не видно.")
    if found.read_at is None:
        found.read_at = now()
        db.session.flush()
    return found


@use_case
def mark_all_read() -> None:
    """Mark all own notices as read."""
    statement = update(m.Notice).where(m.Notice.read_at.is_(None)).values(read_at=now())
    db.session.execute(statement.execution_options(synchronize_session=False))


def choices() -> list[Choice]:
    """Kinds of letters that the acting user may get, in the order of the list of kinds."""
    actor = current_actor()
    refused = set(db.session.scalars(select(m.LetterRefusal.template)))
    required = set(db.session.scalars(select(m.LetterTemplate.code).where(m.LetterTemplate.required)))
    return [
        Choice(kind, must := kind.required or kind.code in required, must or kind.code not in refused)
        for kind in KINDS.values()
        if not kind.roles or kind.roles & actor.roles
    ]


@use_case
def choose(wanted: Collection[str]) -> None:
    """Keep which kinds the acting user wants by e-mail; required ones always come."""
    user_id = current_actor().user_id
    if user_id is None:
        raise NotFound("Настройки писем есть только у пользователя портала.")
    offered = choices()
    refused = [c.kind.code for c in offered if not c.required and c.kind.code not in wanted]
    db.session.execute(
        delete(m.LetterRefusal)
        .where(m.LetterRefusal.template.in_([c.kind.code for c in offered]))
        .execution_options(synchronize_session=False)
    )
    if refused:
        db.session.execute(insert(m.LetterRefusal), [{"user_id": user_id, "template": code} for code in refused])
