"""«Мой календарь»: the days of the user's courses, and the address of their feed for a telephone or a mail program."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from flask import Response, current_app, flash, redirect, render_template, request
from flask_appbuilder import BaseView, expose

from app import addresses
from app.access import current_actor, find_actor
from app.errors import Conflict, Unavailable
from app.extensions import limiter
from app.services.desk import own_calendar
from app.services.mailing.ical import Event, calendar
from app.services.mailing.letter_templates import portal_url
from app.web.courses import months
from app.web.courses.months import Entry, MonthPage
from app.web.frame.guards import signed_in
from app.web.frame.pages import Button, Link

TITLE = "Мой календарь"
_DAY = dt.timedelta(days=1)


def has_courses() -> bool:
    """Whether the user is a person who may be taught (for the menu)."""
    actor = find_actor()
    return actor is not None and actor.employee_id is not None


def rate() -> str:
    """How often one address may ask for feeds."""
    return str(current_app.config.get("CALENDAR_RATE", "60 per minute"))


class CalendarView(BaseView):
    """The user's calendar; the feed is open to anybody who knows its address."""

    route_base = "/calendar"
    default_view = "index"

    @expose("/")
    @signed_in
    def index(self) -> Any:
        """A month of the user's courses, and the address of the feed."""
        ahead = own_calendar.nearest()
        month = months.month_of(request.args.get("month", ""), [event.first for event in ahead])
        path = addresses.CALENDAR
        page = MonthPage(
            title=TITLE,
            month=month,
            days=months.days(month, _entries(own_calendar.own_events(month.first, month.last))),
            **months.links(path, month, {}),
            empty="В этом месяце у вас нет занятий.",
            agenda=months.agenda((event.first, _entry(event)) for event in ahead),
            buttons=[Button("Каталог курсов", addresses.CATALOGUE)],
            crumbs=[Link(TITLE, current=True)],
        )
        token = own_calendar.link_token() if has_courses() else None
        # the whole address: it is copied into another program
        address = f"{portal_url()}{addresses.at('calendar', f'{token}.ics')}" if token else ""
        return render_template("own_calendar.html", page=page, address=address, may_have=has_courses())

    @expose("/link", methods=["POST"])
    @limiter.limit("20 per minute", key_func=lambda: str(current_actor().user_id))
    @signed_in
    def link(self) -> Any:
        """Make the address of the feed, or another one."""
        had = bool(own_calendar.link_token())
        try:
            own_calendar.change_link()
        except (Conflict, Unavailable) as refusal:
            flash(refusal.message, "danger")
        else:
            words = "Ссылка сменилась: прежняя больше не действует." if had else "Ссылка создана."
            flash(f"{words} Добавьте её в календарь телефона или почтовой программы.", "success")
        return redirect(addresses.CALENDAR)

    @expose("/<string:token>.ics")
    @limiter.limit(rate)
    def feed(self, token: str) -> Response:
        """The feed by its secret address; 404 for a former one and for a closed account."""
        name, events = own_calendar.feed(token)
        answer = Response(calendar(name, events), content_type="text/calendar; charset=utf-8")
        answer.headers["Content-Disposition"] = 'inline; filename="courses.ics"'
        return answer


def _entries(events: Sequence[Event]) -> dict[dt.date, list[Entry]]:
    """The events of each of their days."""
    found: dict[dt.date, list[Entry]] = {}
    for event in events:
        entry = _entry(event)
        for n in range((event.last - event.first).days + 1):
            found.setdefault(event.first + n * _DAY, []).append(entry)
    return found


def _entry(event: Event) -> Entry:
    href = addresses.card("enrolment", event.enrolment_id)
    at = f"{event.starts_at:%H:%M}–{event.ends_at:%H:%M}" if event.starts_at and event.ends_at else ""
    detail = ", ".join(filter(None, (at, event.place, event.status.label.lower())))
    text = f"{event.title}: {event.topic}" if event.topic else event.title
    return Entry(text, href, detail, event.status.tone)
