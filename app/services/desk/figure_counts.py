"""What the stored figures count: workers, чеки, the trained, by place; and the job that counts them, the quality of data too."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import Select, Subquery, and_, extract, func, literal, select, union_all

from app import models as m
from app.access import unscoped
from app.clock import today
from app.conditions import at_work, employed, in_force
from app.row_rules import FORMER_EMPLOYEE_DAYS
from app.services.desk import matters
from app.services.desk.figure_people import LEARNED, TRAINED, VOUCHER, WORKERS
from app.services.desk.statistics import IN_FORCE, ISSUED
from app.services.personnel.cards import coverage, quality
from app.services.portal import figure_history, figures
from app.statuses import EnrolmentStatus

_employment, _voucher = m.Employment.__table__, m.Voucher.__table__
_organization, _enrolment = m.Organization.__table__, m.Enrolment.__table__


def recount() -> None:
    """Count all figures anew; one transaction, so that they are of one moment."""
    with unscoped("the region's figures"):
        figures.store(union_all(*counted(), *quality.counted()))


def note_day() -> None:
    """Keep today's point of what the start pages tell the change of, by region and territory."""
    figure_history.note_day((figures.REGION, figures.TERRITORY), (WORKERS, VOUCHER, TRAINED, IN_FORCE))


def counted() -> list[Select[Any]]:
    """The figures of this module as statements (level, place, code, number)."""
    return [_staff(), _trained(), *_issued(), _in_force()]


def _staff() -> Select[Any]:
    """Workers by their main place of work, those with a чек in force, those trained within three years."""
    worker, held = workers(), _held()
    level, place, grouping = figures.by_levels(_organization.c.id, _organization.c.territory_id)
    trained = coverage.trained_lately().subquery("trained")
    found = (
        select(
            level.label("level"),
            place.label("place"),
            func.count().label(WORKERS),
            func.count(held.c.person).label(VOUCHER),
            func.count(trained.c.person).label(TRAINED),
        )
        .select_from(worker)
        .join(_organization, _organization.c.id == worker.c.organization)
        .outerjoin(held, held.c.person == worker.c.person)
        .outerjoin(trained, trained.c.person == worker.c.person)
        .group_by(grouping)
        .subquery("staff")
    )
    return figures.by_rows(found, (WORKERS, VOUCHER, TRAINED))


def _held() -> Subquery:
    return select(_voucher.c.employee_id.label("person")).where(in_force(rows=_voucher)).distinct().subquery("held")


def workers() -> Subquery:
    """«Работники»: everybody who works today, once, with the organization of the main place of work, else of the first one.

    The one definition of the number of workers: whatever is summed up by place is summed from here.
    """
    place = _employment
    return (
        select(place.c.employee_id.label("person"), place.c.organization_id.label("organization"))
        .where(at_work(place=place))
        .distinct(place.c.employee_id)
        .order_by(place.c.employee_id, place.c.kind, place.c.id)
        .subquery("workers")
    )


def _trained() -> Select[Any]:
    """People who completed a course of the portal in this year and in the last, by the place that they were sent from."""
    level, place, grouping = figures.by_levels(_organization.c.id, _organization.c.territory_id)
    year = extract("year", _enrolment.c.result_on)
    return (
        select(
            level.label("level"),
            place.label("place"),
            func.concat(LEARNED, year).label("code"),
            func.count(_enrolment.c.employee_id.distinct()).label("number"),
        )
        .join(_employment, _employment.c.id == _enrolment.c.employment_id)
        .join(_organization, _organization.c.id == _employment.c.organization_id)
        .where(_enrolment.c.status == EnrolmentStatus.TRAINED, _of_two_years(_enrolment.c.result_on))
        .group_by(grouping, year)
    )


def _of_two_years(day: Any) -> Any:
    year = today().year
    return day.between(dt.date(year - 1, 1, 1), dt.date(year, 12, 31))


def _issued() -> list[Select[Any]]:
    """Чеки issued in the months of two years, whatever became of them: of the region, and of each territory's people.

    One that was replaced is told by the чек in its place, which keeps its day of issue (``matters.not_replaced``). A чек
    counts in the territories whose staff may see it: where its owner works or worked lately, as in the list behind the figure.
    """
    lately = today() - dt.timedelta(days=FORMER_EMPLOYEE_DAYS)
    month = func.concat(ISSUED, func.to_char(_voucher.c.issued_on, "YYYYMM"))
    issued = and_(_of_two_years(_voucher.c.issued_on), matters.not_replaced(_voucher))
    of_region = select(
        literal(figures.REGION).label("level"),
        literal(0).label("place"),
        month.label("code"),
        func.count().label("number"),
    )
    of_territory = (
        select(
            literal(figures.TERRITORY).label("level"),
            _organization.c.territory_id.label("place"),
            month.label("code"),
            func.count(_voucher.c.id.distinct()).label("number"),
        )
        .join(_employment, _employment.c.employee_id == _voucher.c.employee_id)
        .join(_organization, _organization.c.id == _employment.c.organization_id)
        .where(employed(lately, _employment))
    )
    return [
        of_region.where(issued).group_by(month),
        of_territory.where(issued).group_by(_organization.c.territory_id, month),
    ]


def _in_force() -> Select[Any]:
    number = select(func.count()).where(in_force(rows=_voucher)).scalar_subquery()
    return select(literal(figures.REGION), literal(0), literal(IN_FORCE), number)
