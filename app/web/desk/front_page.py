"""The front page of a stranger: find a course, see the next ones, check a document, sign in, register."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import render_template
from flask_wtf import FlaskForm
from wtforms import StringField
from wtforms.validators import InputRequired, Length, StopValidation

from app import addresses
from app.clock import today
from app.extensions import limiter
from app.russian import capitalized, count, in_month, period
from app.services.courses.enrolment import public_courses
from app.services.courses.enrolment.catalogue import Offer
from app.web.courses import catalogue_cards, catalogue_filters
from app.web.courses.catalogue_view import rate
from app.web.courses.months import Month
from app.web.frame.forms import REQUIRED, RuDateField
from app.web.frame.pages import Cell, Tab
from app.web.frame.preview import preview

TITLE = "Курсы для педагогов региона"
LEAD = (
    "Найдите программу, запишитесь и получите документ. Курсы, которые оплачивает Именной образовательный чек, для вас "
    "бесплатны."
)
#: courses that the page names; the others are in the catalogue
MOST = 5


def _beside_a_number(_form: Any, field: Any) -> None:
    """The date is asked for beside a number; a code needs none, so no mark says that the field is always required."""
    if not (field.raw_data and field.raw_data[0].strip()):
        raise StopValidation(REQUIRED)


class CheckForm(FlaskForm):
    """What is printed on a document: its number and date, or the code below the QR."""

    class Meta:
        """Nothing is changed by a search, and its address may be kept."""

        csrf = False

    number = StringField(
        "Регистрационный номер или код",
        [InputRequired(REQUIRED), Length(max=200)],
        description="Номер целиком, например 0001/2026. Код напечатан под QR; к нему дата не нужна.",
    )
    issued_on = RuDateField(
        "Дата выдачи", [_beside_a_number], offers_today=False, past=True, description="Нужна, если вы ввели номер."
    )


@dataclass(frozen=True, slots=True)
class Course:
    """One of the next courses: ``facts`` in one line, the free seats beside them."""

    title: str
    href: str
    facts: str
    seats: Cell


@dataclass(frozen=True, slots=True, kw_only=True)
class FrontPage:
    """``topics``: narrowed catalogues, each with the number of its groups; ``total``: of all open groups."""

    title: str
    lead: str
    topics: Sequence[Tab]
    courses: Sequence[Course]
    total: int
    form: CheckForm


@limiter.limit(rate)
def front() -> Any:
    """The page, as seldom for one address as the other public pages."""
    offers, (topics, total) = public_courses.soonest(MOST), _topics()
    page = FrontPage(
        title=TITLE,
        lead=LEAD,
        topics=topics,
        courses=[_course(offer) for offer in offers],
        total=total,
        form=CheckForm(formdata=None),
    )
    return render_template("front.html", page=page, preview=preview(TITLE, LEAD, addresses.HOME))


def _course(offer: Offer) -> Course:
    assert offer.group is not None
    when = period(offer.group.starts_on, offer.group.ends_on)
    facts = (count(offer.hours, "час", "часа", "часов"), when, catalogue_cards.form(offer), offer.group.place)
    seats = capitalized(catalogue_cards.seats_left(offer.group.room))
    href = catalogue_cards.group_href(offer.group.id, None)
    return Course(offer.title, href, " · ".join(filter(None, facts)), Cell(seats, tone="ok"))


def _topics() -> tuple[list[Tab], int]:
    """Narrowed catalogues that find something, and how many open groups there are; each link finds as many as it says."""
    next_month = Month(today().year, today().month).next
    days = {"starts_from": f"{next_month.first:%d.%m.%Y}", "starts_to": f"{next_month.last:%d.%m.%Y}"}
    asked: tuple[tuple[str, dict[str, str]], ...] = (
        ("Все", {}),
        ("Есть места", {"free": "1"}),
        (f"Начинаются {in_month(next_month.first)}", days),
        ("Дистанционно", {"distance": "1"}),
    )
    queries = [catalogue_filters.read(given) for _, given in asked]
    totals = public_courses.totals([query.asked for query in queries])
    tabs = [
        Tab(label, addresses.COURSES + query.text(), number)
        for (label, _), query, number in zip(asked, queries, totals, strict=True)
    ]
    return [tab for tab in tabs[1:] if tab.count], totals[0]
