"""Verdicts on planning: a program that was offered late, and what a person wants to learn and nobody offers."""

from __future__ import annotations

from sqlalchemy import func, select

from app import addresses
from app import models as m
from app.clock import local, today
from app.extensions import db
from app.labels import months_words
from app.russian import count, format_date
from app.services.desk.verdict import Line, Verdict, card_of, place_words
from app.services.planning import campaigns, planners, wishes
from app.statuses import OfferStatus, ProgramStatus, UnmetStatus

#: offers that a case names
_NAMED = 3


def of_offer(row: m.PlanOffer) -> Verdict:
    """A late offer: how late, whether people can still choose it, whether its program is published, what it brings."""
    campaign, program = row.campaign, row.program
    taking = campaign.closes_on >= today() and not campaigns.is_over(campaign)
    published = program.status == ProgramStatus.PUBLISHED
    lines = [
        Line(
            None,
            f"Предложена {format_date(local(row.created_at).date())}, срок был {format_date(campaign.programs_until)}",
            "п. 3.3 Порядка: после срока — с согласия оператора",
        ),
        Line(
            taking,
            "Люди успеют её выбрать" if taking else "Выбор курсов уже окончен: принять нельзя",
            f"выбирают по {format_date(campaign.closes_on)}",
            card_of("plan_campaign", campaign.id),
        ),
        Line(
            published or None,
            "Программа опубликована" if published else "Программа ещё не опубликована",
            "" if published else "люди увидят её после публикации",
            card_of("program", program.id),
        ),
        Line(
            True,
            f"{count(row.seats, 'место', 'места', 'мест')}, в группе от {row.minimum} до {row.capacity}",
            months_words(row.months),
            card_of("plan_offer", row.id),
        ),
    ]
    others = _offers_of(row)
    if others:
        lines.append(Line(True, f"У организатора в этом плане уже {count(others, *_PROGRAMS)}"))
    return Verdict(lines)


_PROGRAMS = ("программа", "программы", "программ")


def _offers_of(row: m.PlanOffer) -> int:
    offer = m.PlanOffer
    own = (offer.campaign_id == row.campaign_id, offer.organizer_id == row.organizer_id)
    return db.session.scalar(select(func.count()).where(*own, offer.status == OfferStatus.OFFERED)) or 0


def of_unmet(row: m.UnmetWish) -> Verdict:
    """Words that wait for an answer: whole, who wrote them, what is offered and suits, how many others wrote."""
    ids, campaign = [row.employee_id], row.campaign
    items = planners.held_items(campaign.id, ids)
    found, _places = planners.planners_of(campaign, ids, items)
    fitting = [s for s in wishes.suggestions(campaign, found[row.employee_id]) if s.decision.allowed]
    titles = "; ".join(s.offer.title for s in fitting[:_NAMED])
    rest = f" и ещё {len(fitting) - _NAMED}" if len(fitting) > _NAMED else ""
    u = m.UnmetWish
    live = (u.campaign_id == campaign.id, u.id != row.id, u.status != UnmetStatus.WITHDRAWN)
    others = db.session.scalar(select(func.count()).where(*live)) or 0
    return Verdict(
        [
            Line(None, row.words, f"план на {campaign.year} год", card_of("unmet_wish", row.id)),
            Line(True, place_words(row.employment), "", card_of("employee", row.employee_id)),
            Line(
                True if fitting else None,
                f"По правилам подходит: {titles}{rest}" if fitting else "Из предложенного ничего не подходит",
                count(len(fitting), *_PROGRAMS) if fitting else "пожелание учтут как спрос",
                addresses.listing("plan_offer", campaign=campaign.id),
            ),
            Line(True, f"Других пожеланий к этому плану: {others}", "", addresses.listing("unmet_wish")),
        ]
    )
