"""«Мне ничего не подходит»: what a person wants to learn and nobody offers; the operator answers, the words count as demand."""

from __future__ import annotations

from sqlalchemy import select

from app import addresses
from app import models as m
from app.access import current_actor, get_writable
from app.audit import record
from app.clock import now, today
from app.errors import Conflict, Invalid
from app.extensions import db
from app.services.mailing import letters
from app.services.personnel.cards import people
from app.services.planning import campaigns
from app.services.portal import transitions
from app.statuses import UnmetStatus
from app.text import cleaned, cleaned_lines
from app.unit_of_work import use_case

_MOST = 1000


@use_case
def say(employee_id: int, campaign_id: int, words: str) -> m.UnmetWish:
    """Write down what a person wants to learn; said again before the answer, the words replace the former ones.

    Raises Invalid for no words or too many, Conflict when the choice is over.
    """
    get_writable(db.session, m.Employee, employee_id, "unmet_wish:add")
    text = cleaned(words)
    if not text:
        raise Invalid("Напишите, чему вы хотите научиться.", fields={"words": ["Напишите, чему вы хотите научиться."]})
    if len(text) > _MOST:
        sentence = f"Слишком длинно: не больше {_MOST} знаков."
        raise Invalid(sentence, fields={"words": [sentence]})
    campaign = campaigns.lock_for_wish(campaign_id)
    people.lock_person(employee_id)
    row = _live(employee_id, campaign.id)
    if row is not None and row.status == UnmetStatus.WAITING:
        row.words = text
        record("unmet_wish.updated", row)
        return row
    if row is not None:
        raise Invalid("На ваше пожелание уже ответили. Напишите в план на следующий год.")
    place = people.choose_employment(employee_id, None, on=today())[0]
    row = m.UnmetWish(
        campaign_id=campaign.id,
        employee_id=employee_id,
        employment_id=place.id,
        words=text,
        created_by_id=current_actor().user_id,
    )
    db.session.add(row)
    db.session.flush()
    record("unmet_wish.created", row)
    return row


@use_case
def say_now(employee_id: int, words: str) -> m.UnmetWish:
    """``say`` in the campaign that concerns people now; raises Conflict while there is none."""
    campaign = campaigns.current()
    if campaign is None:
        raise Conflict("План на следующий год ещё не начат: написать в него пока нельзя.")
    return say(employee_id, campaign.id, words)


@use_case
def take_back(employee_id: int) -> m.UnmetWish:
    """Take back the words of a person in the current campaign; raises Conflict when there are none."""
    campaign = campaigns.current()
    row = _live(employee_id, campaign.id) if campaign is not None else None
    if row is None:
        raise Conflict("Пожелания нет: отзывать нечего.")
    return withdraw(row.id)


def _live(employee_id: int, campaign_id: int) -> m.UnmetWish | None:
    row = m.UnmetWish
    found: m.UnmetWish | None = db.session.scalars(
        select(row).where(
            row.employee_id == employee_id, row.campaign_id == campaign_id, row.status != UnmetStatus.WITHDRAWN
        )
    ).one_or_none()
    return found


@transitions.performs(m.UnmetWish, "withdraw")
@use_case
def withdraw(wish_id: int) -> m.UnmetWish:
    """Take the words back before they are answered."""
    return transitions.move(m.UnmetWish, wish_id, "withdraw")


@transitions.performs(m.UnmetWish, "answer")
@use_case
def answer(wish_id: int, reason: str) -> m.UnmetWish:
    """Answer the person in words: what is offered elsewhere, or that the wish goes to the organizers; raises Invalid for none."""
    text = cleaned_lines(reason)
    moment, user_id = now(), current_actor().user_id
    row = transitions.move(
        m.UnmetWish, wish_id, "answer", reason=text, answer=text, decided_at=moment, decided_by_id=user_id
    )
    letters.tell(
        row.employee,
        transitions.letter_of(m.UnmetWish, "answer"),
        facts={"год": str(row.campaign.year), "ответ": text},
        href=addresses.PLAN,
    )
    return row
