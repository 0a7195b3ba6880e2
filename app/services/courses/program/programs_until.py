"""Planning of the next year: the last day on which programs are entered for it in time (order § 3.3).

The day is that of the year's campaign, else the day of every year in the settings; only this module reads it.
"""

from __future__ import annotations

import datetime as dt

from sqlalchemy import select

from app import models as m
from app.clock import today
from app.extensions import db
from app.russian import day_and_month
from app.services.portal import settings

_SETTING = "programs_until"


def last_day(year: int) -> dt.date:
    """Return the last day on which programs of ``year`` are entered in time: it lies in the year before."""
    campaign = m.PlanCampaign.__table__
    own: dt.date | None = db.session.scalar(select(campaign.c.programs_until).where(campaign.c.year == year))
    if own is not None:
        return own
    day, month = settings.day_of_year(_SETTING)
    return dt.date(year - 1, month, day)


def is_late(year: int) -> bool:
    """Whether a program of ``year`` that is entered today comes after the last day of the year before."""
    return year > today().year and today() > last_day(year)


def late_words(year: int | None = None) -> str:
    """«внесена после 1 ноября»: the mark of a late program of ``year`` (the next one)."""
    return f"внесена после {_day(year)}"


def hint() -> str:
    """What the form of a program says beside its year."""
    return f"Программы для планирования следующего года вносят не позднее {_day(None)}."


def _day(year: int | None) -> str:
    return day_and_month(last_day(year or today().year + 1))
