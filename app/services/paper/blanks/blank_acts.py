"""Write-off acts (акты списания): a commission writes off several spoiled blanks (бланки) by one paper with a number."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from typing import Any, cast

from sqlalchemy import CursorResult, select, update

from app import models as m
from app.access import current_actor, write_scope
from app.clock import today
from app.errors import Conflict, Invalid, NotFound
from app.extensions import db
from app.services.paper.blanks import blanks
from app.services.portal import numbers, records, transitions
from app.statuses import BlankStatus
from app.unit_of_work import use_case

#: blanks of one act
MOST_IN_ACT = 500


@use_case
def write_off(
    blank_ids: Collection[int], *, acted_on: dt.date, reason: str, commission: str | None = None
) -> m.BlankAct:
    """Make an act of chosen blanks; those that still lie in the stock are spoiled by it, with its reason.

    ``commission`` holds a member a line, the chairman first. The number follows the organizer's last one of the year. Raises
    NotFound when one of the blanks is not the actor's, Conflict when one is in use or in another act, Invalid by field.
    """
    current_actor().require("blank_act:add")
    chosen = _chosen(blank_ids)
    _insist(chosen)
    _check(acted_on, reason)
    organizer_id = chosen[0].organizer_id
    values = {
        "organizer_id": organizer_id,
        "number": str(numbers.next_number("blank_act", acted_on.year, organizer_id=organizer_id)),
        "year": acted_on.year,
        "acted_on": acted_on,
        "reason": reason,
        "commission": _lines(commission),
        "created_by_id": current_actor().user_id,
    }
    act = records.insert_row(m.BlankAct, values)
    records.stay_inside(act, "add")
    for blank in chosen:
        if blank.status != BlankStatus.SPOILED:
            transitions.follow(m.Blank, blank.id, "spoil", reason=reason)
    _enter(act, [blank.id for blank in chosen])
    return act


def unlisted(organizer_ids: Collection[int]) -> Sequence[m.Blank]:
    """Spoiled blanks that stand in no act yet, those of the first organizer that has some."""
    statement = (
        select(m.Blank)
        .where(m.Blank.organizer_id.in_(organizer_ids), m.Blank.status == BlankStatus.SPOILED, m.Blank.act_id.is_(None))
        .order_by(m.Blank.organizer_id, m.Blank.series, m.Blank.number)
        .limit(MOST_IN_ACT)
    )
    found = list(db.session.scalars(statement))
    return [blank for blank in found if blank.organizer_id == found[0].organizer_id]


def last_commission(organizer_id: int) -> str | None:
    """The commission of the organizer's last act: it is seldom another."""
    statement = select(m.BlankAct.commission).where(m.BlankAct.organizer_id == organizer_id)
    found: str | None = db.session.scalar(statement.order_by(m.BlankAct.id.desc()).limit(1))
    return found


def _chosen(blank_ids: Collection[int]) -> Sequence[m.Blank]:
    """Lock the blanks and read them in the order of the act; all must be rows that the actor may write off."""
    wanted = sorted(set(blank_ids))
    if not wanted:
        raise Invalid("Не выбрано ни одного бланка. Отметьте бланки в списке и нажмите «Составить акт».")
    if len(wanted) > MOST_IN_ACT:
        raise Invalid(
            f"В один акт входит не больше {MOST_IN_ACT} бланков. Отметьте меньше и составьте несколько актов."
        )
    blanks.lock(wanted)
    statement = select(m.Blank).where(m.Blank.id.in_(wanted)).execution_options(populate_existing=True)
    own = write_scope(current_actor(), "blank", "blank:spoil")
    statement = statement if own is None else statement.where(own)
    found = list(db.session.scalars(statement.order_by(m.Blank.series, m.Blank.number)))
    if len(found) != len(wanted):
        raise NotFound("Одного из бланков нет или он вам не виден. Ничего не выполнено.")
    return found


def _insist(chosen: Sequence[m.Blank]) -> None:
    if len({blank.organizer_id for blank in chosen}) > 1:
        raise Invalid("Акт составляет одна организация, а отмечены бланки разных. Составьте акты по отдельности.")
    listed = next((blank for blank in chosen if blank.act_id is not None), None)
    if listed is not None:
        raise Conflict(f"Бланк {listed} уже списан ({listed.act}). Снимите с него отметку.")
    blanks.insist_not_in_use([blank.id for blank in chosen])


def _check(acted_on: dt.date, reason: str) -> None:
    errors = {}
    if acted_on > today():
        errors["acted_on"] = ["Дата акта ещё не наступила. Укажите сегодняшнюю или прошедшую."]
    if not reason.strip():
        errors["reason"] = ["Укажите, почему бланки списываются: причина печатается в акте."]
    if errors:
        raise Invalid("Проверьте поля, отмеченные ниже.", fields=errors)


def _lines(commission: str | None) -> str | None:
    lines = (" ".join(line.split()) for line in (commission or "").splitlines())
    return "\n".join(line for line in lines if line) or None


def _enter(act: m.BlankAct, blank_ids: Sequence[int]) -> None:
    """Put the blanks into the act; the write decides whether none of them stands in another one."""
    statement = (
        update(m.Blank)
        .where(m.Blank.id.in_(blank_ids), m.Blank.act_id.is_(None), m.Blank.status == BlankStatus.SPOILED)
        .values(act_id=act.id)
        .execution_options(synchronize_session=False)
    )
    result = cast("CursorResult[Any]", db.session.execute(statement))
    if result.rowcount != len(blank_ids):
        raise Conflict("Пока вы составляли акт, один из бланков уже списали. Обновите список и отметьте бланки заново.")
    db.session.expire_all()
