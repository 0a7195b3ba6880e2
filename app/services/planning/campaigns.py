"""Campaigns of planning: their days and rules, and the states that follow from the days (order § 3.3–3.5).

Whether wishes are taken is asked of the days (``rules.planning.takes_wishes``), so that the minute is the same for the
screen, an import and a job that is late; the state follows by ``tick``. A wish holds its campaign ``FOR SHARE``, the change
of a state waits for it: nothing is written after the end.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import select

from app import models as m
from app.access import get_writable, unscoped
from app.clock import today
from app.errors import Conflict, Invalid
from app.extensions import db
from app.rules.decision import Decision, add_months
from app.rules.planning import Term, takes_wishes
from app.russian import format_date
from app.services.courses.program import programs_until
from app.services.portal import records, transitions
from app.statuses import CampaignStatus
from app.unit_of_work import use_case

#: states in which nothing is chosen any more
_OVER = (CampaignStatus.CLOSED, CampaignStatus.APPROVED)
#: (month, day) of the year before: the choice of the order (§ 3.4, 3.5), for the first campaign of a portal
_ORDER_OPENS, _ORDER_CLOSES = (11, 1), (12, 1)


def term_of(campaign: m.PlanCampaign) -> Term:
    """Return what the rules ask of a campaign."""
    return Term(
        year=campaign.year,
        opens_on=campaign.opens_on,
        closes_on=campaign.closes_on,
        status=campaign.status,
        wishes_most=campaign.wishes_most,
    )


def is_taking(campaign: m.PlanCampaign) -> Decision:
    """Whether people choose today, and if not, why."""
    return takes_wishes(term_of(campaign), on=today())


def current() -> m.PlanCampaign | None:
    """Return the campaign that concerns people now: the one that is open or comes next, else the last one; None without any."""
    campaign = m.PlanCampaign
    rows: list[m.PlanCampaign] = list(db.session.scalars(select(campaign).order_by(campaign.opens_on.desc()).limit(3)))
    ahead = [row for row in rows if row.closes_on >= today() and row.status != CampaignStatus.APPROVED]
    return ahead[-1] if ahead else next(iter(rows), None)


def of_year(year: int) -> m.PlanCampaign | None:
    """Return the campaign of a year."""
    found: m.PlanCampaign | None = db.session.scalar(select(m.PlanCampaign).where(m.PlanCampaign.year == year))
    return found


def taking_offers() -> list[m.PlanCampaign]:
    """Return the campaigns into which a program may still be put up, the nearest first: until the choice is over (§ 3.3)."""
    campaign = m.PlanCampaign
    statement = select(campaign).where(campaign.closes_on >= today(), campaign.status.not_in(_OVER))
    return list(db.session.scalars(statement.order_by(campaign.closes_on)))


def is_over(campaign: m.PlanCampaign) -> bool:
    """Whether people choose no more: by the state or, before the job has seen it, by the day."""
    return campaign.status in _OVER or campaign.closes_on < today()


def may_agree(campaign: m.PlanCampaign) -> bool:
    """Whether wishes are still agreed and declined: also after the choice, until the plan is approved."""
    return bool(campaign.status != CampaignStatus.APPROVED)


def before(campaign: m.PlanCampaign) -> m.PlanCampaign | None:
    """Return the campaign of the year before, None where there is none."""
    found: m.PlanCampaign | None = db.session.scalars(
        select(m.PlanCampaign).where(m.PlanCampaign.year == campaign.year - 1)
    ).one_or_none()
    return found


def next_values() -> dict[str, Any]:
    """Return what the form of a new campaign starts with: the last one's rules and days, as many years later; else the order's."""
    last: m.PlanCampaign | None = db.session.scalars(
        select(m.PlanCampaign).order_by(m.PlanCampaign.year.desc()).limit(1)
    ).one_or_none()
    year = max(today().year, last.year if last is not None else 0) + 1
    if last is None:
        opens, closes = (dt.date(year - 1, *day) for day in (_ORDER_OPENS, _ORDER_CLOSES))
        until = min(programs_until.last_day(year), opens)
        return {"year": year, "programs_until": until, "opens_on": opens, "closes_on": closes}
    later = 12 * (year - last.year)
    days = {name: add_months(getattr(last, name), later) for name in ("programs_until", "opens_on", "closes_on")}
    return {"year": year, **days, "wishes_most": last.wishes_most, "needs_agreement": last.needs_agreement}


def lock_for_wish(campaign_id: int) -> m.PlanCampaign:
    """Hold the campaign while a wish is written, so that its end waits; raises Conflict when no wishes are taken."""
    campaign: m.PlanCampaign = db.session.scalars(
        select(m.PlanCampaign)
        .where(m.PlanCampaign.id == campaign_id)
        .with_for_update(read=True)
        .execution_options(populate_existing=True)
    ).one()
    decision = is_taking(campaign)
    if not decision.allowed:
        raise Conflict(decision.reason)
    return campaign


# --- states ----------------------------------------------------------------------------------------------------------


def tick() -> int:
    """Open and close the campaigns whose day has come; each in its own transaction. Returns how many changed."""
    return sum(_follow_days(pk) for pk in db.session.scalars(select(m.PlanCampaign.id).order_by(m.PlanCampaign.id)))


@use_case
def _follow_days(campaign_id: int) -> int:
    changed = 0
    with unscoped("campaigns follow their days"):
        campaign = transitions.read_fresh(m.PlanCampaign, campaign_id)
        if campaign.status == CampaignStatus.PREPARING and campaign.opens_on <= today():
            campaign = transitions.follow(m.PlanCampaign, campaign_id, "open")
            changed += 1
        if campaign.status == CampaignStatus.OPEN and campaign.closes_on < today():
            transitions.follow(m.PlanCampaign, campaign_id, "close")
            changed += 1
    return changed


@transitions.performs(m.PlanCampaign, "close")
@use_case
def close(campaign_id: int) -> m.PlanCampaign:
    """End the choice before its last day."""
    return transitions.move(m.PlanCampaign, campaign_id, "close")


@use_case
def reopen(campaign_id: int, *, until: dt.date, reason: str) -> m.PlanCampaign:
    """Take wishes again up to a later day, with a reason; raises Invalid for a day that is over or lies in the planned year."""
    campaign = get_writable(db.session, m.PlanCampaign, campaign_id, "plan_campaign:reopen")
    sentence = ""
    if until < today():
        sentence = f"Продлить можно до дня не раньше сегодняшнего: {format_date(today())} или позже."
    elif until >= dt.date(campaign.year, 1, 1):
        sentence = f"Выбор курсов на {campaign.year} год заканчивают до начала этого года."
    if sentence:
        raise Invalid(sentence, fields={"until": [sentence]})
    # the day is over, and the job of the next minutes has not written it down yet
    if campaign.status == CampaignStatus.OPEN and campaign.closes_on < today():
        transitions.follow(m.PlanCampaign, campaign_id, "close")
    return transitions.move(m.PlanCampaign, campaign_id, "reopen", reason=reason, closes_on=until)


# --- values of the form ----------------------------------------------------------------------------------------------


@records.kept(m.PlanCampaign)
def why_not_change(campaign: m.PlanCampaign) -> str:
    """Return why a campaign's days and rules are not changed any more; empty while they may be."""
    if not is_over(campaign):
        return ""
    return f"Выбор курсов на {campaign.year} год окончен, поэтому его сроки и правила не меняются. Продлевают его с причиной."


@records.checks(m.PlanCampaign)
def _dates_in_order(values: dict[str, Any], row: Any, errors: records.Fields) -> None:
    """Programs first, then the choice, and all of it before the year."""

    def value(name: str) -> Any:
        return values.get(name, getattr(row, name, None))

    year, until, opens, closes = (value(name) for name in ("year", "programs_until", "opens_on", "closes_on"))
    if year is not None and not today().year <= year <= today().year + 2:
        errors.setdefault("year", []).append(f"Планируют ближайшие годы: с {today().year} по {today().year + 2}.")
        return
    if None in (year, until, opens, closes):
        return
    if until > opens:
        errors.setdefault("programs_until", []).append("Программы вносят не позже дня, с которого их выбирают.")
    if opens > closes:
        errors.setdefault("closes_on", []).append("Выбор заканчивается не раньше, чем начинается.")
    if closes >= dt.date(year, 1, 1):
        errors.setdefault("closes_on", []).append(f"Выбор заканчивают до начала {year} года.")
    if row is not None and row.opens_on <= today() and opens != row.opens_on:
        errors.setdefault("opens_on", []).append("Выбор уже начался: день начала не меняется.")
    if closes < today() and (row is None or closes != row.closes_on):
        errors.setdefault("closes_on", []).append(
            "Этот день уже прошёл. Чтобы закончить сегодня, нажмите «Закончить выбор раньше»."
        )
    if row is not None and year != row.year and _is_used(row):
        errors.setdefault("year", []).append("В этот план уже предложены программы: год не меняется.")


@records.checks(m.PlanCampaign)
def _wishes_are_few(values: dict[str, Any], row: Any, errors: records.Fields) -> None:
    most = values.get("wishes_most")
    if most is not None and not 1 <= most <= 3:
        errors.setdefault("wishes_most", []).append("От одной до трёх программ на человека.")


@records.before_delete(m.PlanCampaign)
def _only_unused(row: m.PlanCampaign) -> None:
    """Raise Conflict for a campaign that organizers or people have already used."""
    if _is_used(row):
        raise Conflict(f"В план на {row.year} год уже предложены программы, поэтому удалить его нельзя.")


def _is_used(campaign: m.PlanCampaign) -> bool:
    with unscoped("whether a campaign is used at all"):
        used = select(m.PlanOffer.id).where(m.PlanOffer.campaign_id == campaign.id).limit(1)
        return db.session.scalar(used) is not None
