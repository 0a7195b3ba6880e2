"""What prevents a merge of two cards: things of which a person has only one; each sentence says what to do first."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import aliased

from app import models as m
from app.conditions import in_force, live_enrolment
from app.extensions import db
from app.russian import format_date
from app.statuses import (
    APPLICATION_LIVE,
    PLAN_HELD,
    TRANSFER_LIVE,
    ChangeStatus,
    EmploymentKind,
    UnmetStatus,
    WithdrawalStatus,
)

Check = Callable[[int, int], str]


def collisions(kept_id: int, gone_id: int) -> list[str]:
    """Return the sentences of what must be settled before two cards become one; empty: nothing."""
    found = (check(kept_id, gone_id) for check in _CHECKS)
    return [sentence for sentence in found if sentence]


def _both(model: Any, pair: tuple[int, int], *conditions: Any) -> bool:
    """Whether each of the two has such a row."""
    statement = select(func.count(model.employee_id.distinct())).where(model.employee_id.in_(pair), *conditions)
    return (db.session.scalar(statement) or 0) == 2


def _accounts(*pair: int) -> str:
    if not _both(m.Account, pair):  # type: ignore[arg-type]
        return ""
    return "У обеих карточек есть учётная запись. Попросите администратора отвязать лишнюю: в ней нужно очистить поле «Работник»."


def _vouchers(*pair: int) -> str:
    if not _both(m.Voucher, pair, in_force()):  # type: ignore[arg-type]
        return ""
    return "У обеих карточек есть действующий чек. Сначала аннулируйте один из них с причиной."


def _applications(*pair: int) -> str:
    if not _both(m.VoucherApplication, pair, m.VoucherApplication.status.in_(APPLICATION_LIVE)):  # type: ignore[arg-type]
        return ""
    return "По обеим карточкам поданы заявки на чек. Сначала рассмотрите или отзовите одну из них."


def _changes(*pair: int) -> str:
    if not _both(m.ChangeRequest, pair, m.ChangeRequest.status == ChangeStatus.PROPOSED):  # type: ignore[arg-type]
        return ""
    return "По обеим карточкам ждут исправления. Сначала внесите или отклоните одно из них."


def _transfers(_kept_id: int, gone_id: int) -> str:
    row = m.Transfer
    found = db.session.scalar(select(row.id).where(row.employee_id == gone_id, row.status.in_(TRANSFER_LIVE)).limit(1))
    return "По присоединяемой карточке оформляется переход. Сначала завершите его." if found else ""


def _withdrawals(kept_id: int, gone_id: int) -> str:
    row = m.ConsentWithdrawal
    statement = select(row.id).where(row.employee_id.in_((kept_id, gone_id)), row.status == WithdrawalStatus.OPEN)
    found = db.session.scalar(statement.limit(1))
    return "Человек отозвал согласие на обработку данных. Сначала обработайте отзыв." if found else ""


def _groups(kept_id: int, gone_id: int) -> str:
    mine, other = aliased(m.Enrolment), aliased(m.Enrolment)
    statement = (
        select(m.TrainingGroup.number)
        .join(mine, mine.group_id == m.TrainingGroup.id)
        .join(other, other.group_id == m.TrainingGroup.id)
        .where(mine.employee_id == kept_id, other.employee_id == gone_id)
        .where(live_enrolment(mine), live_enrolment(other))
        .limit(1)
    )
    number = db.session.scalar(statement)
    return f"Обе карточки записаны в группу {number}. Сначала отзовите одну из записей." if number else ""


def _plans(kept_id: int, gone_id: int) -> str:
    """Wishes of one plan for the same program, or with the same priority: a person has one of each."""
    mine, other = aliased(m.PlanItem), aliased(m.PlanItem)
    clash = or_(mine.offer_id == other.offer_id, mine.priority == other.priority)
    same = and_(mine.campaign_id == other.campaign_id, clash)
    statement = select(mine.id).join(other, same).where(mine.employee_id == kept_id, other.employee_id == gone_id)
    found = db.session.scalar(statement.where(mine.status.in_(PLAN_HELD), other.status.in_(PLAN_HELD)).limit(1))
    return "Обе карточки выбрали программы на один год. Сначала отзовите заявки в план одной из них." if found else ""


def _unmet(kept_id: int, gone_id: int) -> str:
    mine, other = aliased(m.UnmetWish), aliased(m.UnmetWish)
    statement = (
        select(mine.id)
        .join(other, mine.campaign_id == other.campaign_id)
        .where(mine.employee_id == kept_id, other.employee_id == gone_id)
        .where(mine.status != UnmetStatus.WITHDRAWN, other.status != UnmetStatus.WITHDRAWN)
    )
    found = db.session.scalar(statement.limit(1))
    return "Обе карточки написали, чего нет в плане на один год. Сначала отзовите одно из пожеланий." if found else ""


def _main_places(kept_id: int, gone_id: int) -> str:
    """The person has one main place at a time; two cards of one school usually have one each."""
    mine, other = aliased(m.Employment), aliased(m.Employment)
    overlap = and_(
        or_(mine.ended_on.is_(None), mine.ended_on >= other.started_on),
        or_(other.ended_on.is_(None), other.ended_on >= mine.started_on),
    )
    main = EmploymentKind.MAIN
    statement = (
        select(mine, other)
        .join(other, overlap)
        .where(mine.employee_id == kept_id, other.employee_id == gone_id, mine.kind == main, other.kind == main)
        .limit(1)
    )
    pair = db.session.execute(statement).tuples().first()
    if pair is None:
        return ""
    mine_words, other_words = (
        f"{e.organization.short_name} {f'с {format_date(e.begun_on)}' if e.begun_on else '(дата приёма не указана)'}"
        for e in pair
    )
    return (
        f"В обеих карточках есть основное место работы в одно время: {mine_words} и {other_words}. Сначала удалите лишнее "
        "место работы, закройте его датой увольнения или укажите совместительство."
    )


_CHECKS: tuple[Check, ...] = (
    _accounts,
    _vouchers,
    _applications,
    _changes,
    _transfers,
    _withdrawals,
    _groups,
    _plans,
    _unmet,
    _main_places,
)
