"""The people behind a figure of the start pages: the list that a chart or a tile of the map opens is narrowed by the same rule.

A figure has a code that stands in addresses: what is counted, then the territory or the organization, as in ``untrained-t5``
or ``learned2026-o7``.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from typing import Any

from sqlalchemy import exists, select, tuple_

from app import models as m
from app.conditions import at_work, in_force
from app.extensions import db
from app.services.personnel.cards import coverage
from app.services.planning import control
from app.services.portal import figures
from app.statuses import EnrolmentStatus

WORKERS, TRAINED, UNTRAINED, VOUCHER, NO_VOUCHER = figures.WORKERS, "trained", "untrained", "voucher", "novoucher"
LEARNED, SILENT = "learned", control.SILENT
TERRITORY, ORGANIZATION = "t", "o"
_WORDS = {
    WORKERS: "работают сейчас",
    TRAINED: f"обучены за {coverage.TRAINING_YEARS} года",
    UNTRAINED: f"не обучены за {coverage.TRAINING_YEARS} года",
    VOUCHER: "с действующим чеком",
    NO_VOUCHER: "без действующего чека",
    LEARNED: "обучены в {} году",
    SILENT: "ничего не выбрали в план",
}
_CODE = re.compile(r"([a-z]+)(20\d\d)?-([to])([1-9]\d{0,8})")

_organization, _territory, _voucher = m.Organization.__table__, m.Territory.__table__, m.Voucher.__table__
_employment = m.Employment.__table__


@dataclass(frozen=True, slots=True)
class Figure:
    """What is counted, in which territory (``t``) or organization (``o``); ``year`` for the trained of a year only."""

    what: str
    place: str
    key: int
    year: int | None = None

    @property
    def code(self) -> str:
        """The figure in an address."""
        return f"{self.what}{self.year or ''}-{self.place}{self.key}"

    @property
    def words(self) -> str:
        """What is counted, without the place."""
        return _WORDS[self.what].format(self.year)


def find_figure(code: str) -> Figure | None:
    """Read a code from an address; None for anything that is none."""
    found = _CODE.fullmatch(code)
    if found is None or found[1] not in _WORDS or (found[2] is None) is (found[1] == LEARNED):
        return None
    return Figure(found[1], found[3], int(found[4]), int(found[2]) if found[2] else None)


def in_words(figure: Figure) -> str:
    """The figure with the name of its place."""
    table = _territory if figure.place == TERRITORY else _organization
    name = db.session.scalar(select(table.c.short_name).where(table.c.id == figure.key))
    return f"{figure.words}, {name}" if name else figure.words


def people(figure: Figure) -> Any:
    """Condition on ``Employee``: the people that the figure counts."""
    person = m.Employee.id
    if figure.what == LEARNED:
        return person.in_(_learned(figure))
    of_place = person.in_(_workers(figure))
    if figure.what == WORKERS:
        return of_place
    if figure.what == SILENT:
        return of_place & control.is_silent(person)
    if figure.what in (TRAINED, UNTRAINED):
        of_training = coverage.is_trained if figure.what == TRAINED else coverage.is_untrained
        return of_place & of_training(person)
    with_voucher = exists().where(_voucher.c.employee_id == person, in_force(rows=_voucher))
    return of_place & (~with_voucher if figure.what == NO_VOUCHER else with_voucher)


def _at(figure: Figure) -> Any:
    if figure.place == ORGANIZATION:
        return _organization.c.id == figure.key
    return _organization.c.territory_id == figure.key


def _workers(figure: Figure) -> Any:
    """People whose main place of work today, else the first one, is there: ``figure_counts.workers``, asked from the place.

    Only the places of work of the territory or the organization are read, not those of the whole region.
    """
    # the other place may be outside the actor's scope: the figure knows it, so the list behind it does
    place, other = m.Employment, _employment.alias("other")
    before = tuple_(other.c.kind, other.c.id) < tuple_(place.kind, place.id)
    earlier = select(other.c.id).where(other.c.employee_id == place.employee_id, at_work(place=other), before)
    return (
        select(place.employee_id)
        .join(_organization, _organization.c.id == place.organization_id)
        .where(at_work(), _at(figure), ~earlier.exists())
    )


def _learned(figure: Figure) -> Any:
    """People who completed a course of the portal in the year, sent from there."""
    year = figure.year or 0
    return (
        select(m.Enrolment.employee_id)
        .join(_employment, _employment.c.id == m.Enrolment.employment_id)
        .join(_organization, _organization.c.id == _employment.c.organization_id)
        .where(
            m.Enrolment.status == EnrolmentStatus.TRAINED,
            m.Enrolment.result_on.between(dt.date(year, 1, 1), dt.date(year, 12, 31)),
            _at(figure),
        )
    )
