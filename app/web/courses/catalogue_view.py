"""«Каталог курсов»: the list for everybody signed in, its calendar, the public list, and the page of a group for both."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from flask import Response, current_app, jsonify, redirect, render_template, request
from flask_appbuilder import BaseView, expose
from flask_login import current_user

from app import addresses
from app import models as m
from app.access import current_actor
from app.errors import NotFound
from app.extensions import limiter
from app.russian import count, format_date
from app.services.courses.enrolment import catalogue, public_courses
from app.services.courses.enrolment.catalogue import PAGE, Start
from app.services.courses.enrolment.catalogue_sql import Seeker
from app.web.courses import catalogue_cards, catalogue_filters, months
from app.web.courses.catalogue_filters import Query, number
from app.web.courses.months import Entry, MonthPage
from app.web.frame.guards import signed_in
from app.web.frame.lookups import LIMIT, detail_of
from app.web.frame.pages import Button, CardPage, Filter, Link
from app.web.frame.preview import preview
from app.web.frame.search import match

TITLE = "Каталог курсов"
_CALENDAR = "Календарь курсов"
CALENDAR_TYPE = "text/calendar; charset=utf-8"
_HINT = "Слова из названия, организатор, место"


@dataclass(frozen=True, slots=True, kw_only=True)
class CataloguePage:
    """The catalogue with its search, filters and cards."""

    title: str
    total: int
    cards: Sequence[catalogue_cards.OfferCard]
    search: str
    filters: Sequence[Filter]
    pages: Sequence[Link]
    first: int
    last: int
    reset_href: str
    buttons: Sequence[Button] = ()
    crumbs: Sequence[Link] = ()
    note: str = ""
    keep: Sequence[tuple[str, str]] = ()
    search_hint: str = _HINT


@dataclass(frozen=True, slots=True)
class Whom:
    """The person for whom courses are looked for; ``chooses``: the user may name a person of the user's organization."""

    seeker: Seeker | None = None
    chooses: bool = False

    @property
    def parameters(self) -> dict[str, Any]:
        """What the addresses carry on: the person, when it is another one."""
        return {"employee": str(self.seeker.employee_id)} if self.seeker is not None and self.seeker.name else {}

    def filters(self) -> list[Filter]:
        """The box in which the person is named."""
        if not self.chooses:
            return []
        name = self.seeker.name if self.seeker is not None else ""
        box: dict[str, Any] = {"value": self.parameters.get("employee", ""), "value_label": name}
        return [Filter("employee", "Для кого подобрать", "lookup", lookup_url=addresses.at("catalogue", "find"), **box)]


class CatalogueView(BaseView):
    """For everybody signed in: open groups and programs are public, the sentences are about the user's people."""

    route_base = "/catalogue"
    default_view = "index"

    @expose("/")
    @signed_in
    def index(self) -> Any:
        """Groups and programs, the most suitable first."""
        query, whom = catalogue_filters.read(request.args), whom_of(request.args)
        href = _address(addresses.at("catalogue", "calendar", ""), query, whom)
        page = _page(addresses.CATALOGUE, query, whom, buttons=[Button("Календарь", href)])
        return render_template("catalogue.html", page=page)

    @expose("/calendar/")
    @signed_in
    def calendar(self) -> Any:
        """The same groups on the days on which they start, month by month."""
        query, whom = catalogue_filters.read(request.args), whom_of(request.args)
        return render_template("catalogue_calendar.html", page=_month_page(query, whom))

    @expose("/find")
    @signed_in
    def find(self) -> Any:
        """People for whom the user may choose a course, as the combobox reads them; nobody for a user who may enrol nobody."""
        rows = catalogue.people(match(m.Employee, request.args.get("q", "")[:100]), limit=LIMIT + 1)
        found = [{"id": row.id, "text": str(row), "detail": detail_of(row)} for row in rows[:LIMIT]]
        return jsonify(results=found, more=len(rows) > LIMIT)


def rate() -> str:
    """How often one address may ask the public pages."""
    return str(current_app.config.get("COURSES_RATE", "120 per minute"))


class PublicCatalogueView(BaseView):
    """For strangers: what organizers publish, without a word about a person."""

    route_base = "/courses"
    default_view = "index"

    @expose("/")
    @limiter.limit(rate)
    def index(self) -> Any:
        """Open groups; a signed-in user is led to the catalogue inside."""
        query = catalogue_filters.read(request.args)
        if current_user.is_authenticated:
            return redirect(_address(addresses.CATALOGUE, query, Whom()))
        note = "Чтобы увидеть, какие курсы подходят вам, и записаться, войдите в портал."
        page = _page(addresses.COURSES, query, Whom(), buttons=[_sign_in("Войти")], note=note)
        seen = preview(TITLE, "Открытые курсы для педагогов региона: даты, места, свободные места.", addresses.COURSES)
        return render_template("catalogue.html", page=page, preview=seen)

    @expose("/<int:pk>")
    @limiter.limit(rate)
    def show(self, pk: int) -> Any:
        """An open group with its program, schedule and free seats; inside the portal also why it suits."""
        inside = current_user.is_authenticated
        whom = whom_of(request.args) if inside else Whom()
        offer = catalogue.open_group(pk, whom.seeker)
        details = catalogue.details(pk)
        blocks, aside = catalogue_cards.group_blocks(offer, details)
        list_href = addresses.with_query(addresses.CATALOGUE, **whom.parameters) if inside else addresses.COURSES
        page = CardPage(
            offer.title,
            crumbs=[Link(TITLE, list_href), Link(offer.title, current=True)],
            status=catalogue_cards.seats(offer.group),
            buttons=catalogue_cards.buttons(offer, whom.seeker) if inside else [_sign_in("Войдите, чтобы записаться")],
            blocks=blocks,
            aside=aside,
        )
        reason = catalogue_cards.reason(offer, whom.seeker)
        seen = preview(offer.title, catalogue_cards.words(offer, details), addresses.at("courses", pk))
        calendar = addresses.at("courses", f"{pk}.ics")
        shown = {"reason": reason, "list_href": list_href, "preview": seen, "calendar_href": calendar}
        return render_template("catalogue_group.html", page=page, **shown)

    @expose("/<int:pk>.ics")
    @limiter.limit(rate)
    def calendar(self, pk: int) -> Response:
        """The dates of an open group for the calendar of a telephone or a mail program."""
        offer = catalogue.open_group(pk, None)
        answer = Response(public_courses.calendar_file(offer, catalogue.details(pk)), content_type=CALENDAR_TYPE)
        answer.headers["Content-Disposition"] = f'attachment; filename="course-{pk}.ics"'
        return answer


def _sign_in(label: str) -> Button:
    back = request.full_path.rstrip("?")
    return Button(label, addresses.with_query(addresses.SIGN_IN, next=back), main=True)


# --- for whom --------------------------------------------------------------------------------------------------------


def whom_of(arguments: Mapping[str, str]) -> Whom:
    """Return the person of the address, else the user; raises NotFound for a person who is not one's own."""
    chooses = "school" in current_actor().roles
    typed = arguments.get("employee", "")
    pk = number(typed)
    if typed and pk is None:
        raise NotFound("Такого работника нет, или он вам не виден.")
    words = arguments.get("employee_text", "")[:100]
    if pk is None and words and chooses:
        # without scripts only the words come; they are enough when they fit one person
        found = catalogue.people(match(m.Employee, words), limit=2)
        pk = found[0].id if len(found) == 1 else None
    return Whom(catalogue.own_seeker() if pk is None else catalogue.seeker_of(pk), chooses)


# --- pages -----------------------------------------------------------------------------------------------------------


def _address(path: str, query: Query, whom: Whom, **changes: Any) -> str:
    return path + query.text(**whom.parameters, **changes)


def _page(path: str, query: Query, whom: Whom, *, buttons: Sequence[Button], note: str = "") -> CataloguePage:
    asked = number(request.args.get("page", "")) or 1
    offers, current, total = catalogue.page(query.asked, whom.seeker, number=asked)
    first = (current - 1) * PAGE + 1
    return CataloguePage(
        title=TITLE,
        total=total,
        cards=[catalogue_cards.card(offer, whom.seeker) for offer in offers],
        search=query.typed.get("q", ""),
        filters=[*whom.filters(), *catalogue_filters.filters(query, personal=whom.seeker is not None)],
        pages=_pages(lambda n: _address(path, query, whom, page=n), current, -(-total // PAGE)),
        first=first if offers else 0,
        last=first + len(offers) - 1 if offers else 0,
        reset_href=addresses.with_query(path, **whom.parameters) if query.typed else "",
        buttons=buttons,
        note=note,
    )


def _pages(href: Any, current: int, last: int) -> list[Link]:
    """Links to the first, the near and the last pages; a gap is an empty link."""
    near = sorted({1, last, *range(max(1, current - 2), min(last, current + 2) + 1)})
    links: list[Link] = []
    for previous, page in zip([0, *near], near, strict=False):
        links += [Link("…")] if page - previous > 1 else []
        links.append(Link(str(page), href(page), page == current))
    return links if last > 1 else []


def _month_page(query: Query, whom: Whom) -> MonthPage:
    month = months.read(request.args.get("month", ""))
    found = catalogue.starts(query.asked, whom.seeker, month.first, month.last)
    entries = {day: _entries(day, groups, total, query, whom) for day, (groups, total) in found.items()}
    path = addresses.at("catalogue", "calendar", "")
    buttons = [Button("Список", _address(addresses.CATALOGUE, query, whom))]
    if current_actor().employee_id is not None:
        buttons.append(Button("Мои курсы", addresses.with_query(addresses.CALENDAR, month=month.value)))
    return MonthPage(
        title=_CALENDAR,
        month=month,
        days=months.days(month, entries),
        **months.links(path, month, {**query.typed, **whom.parameters}),
        empty="В этом месяце по этому отбору занятия не начинаются.",
        search=query.typed.get("q", ""),
        search_hint=_HINT,
        filters=[*whom.filters(), *catalogue_filters.filters(query, personal=whom.seeker is not None, calendar=True)],
        keep=[("month", month.value)],
        buttons=buttons,
        crumbs=[
            Link(TITLE, addresses.with_query(addresses.CATALOGUE, **whom.parameters)),
            Link(_CALENDAR, current=True),
        ],
        reset_href=f"{path}?{urlencode({**whom.parameters, 'month': month.value})}" if query.typed else "",
    )


def _entries(day: dt.date, groups: Sequence[Start], total: int, query: Query, whom: Whom) -> list[Entry]:
    found = [
        Entry(
            group.title,
            catalogue_cards.group_href(group.group_id, whom.seeker),
            "подходит" if group.allowed else "",
            "ok" if group.allowed else "",
        )
        for group in groups
    ]
    if total > len(found):
        only = {"starts_from": format_date(day), "starts_to": format_date(day)}
        rest = count(total - len(found), "группа", "группы", "групп")
        found.append(Entry(f"и ещё {rest}", _address(addresses.CATALOGUE, query, whom, **only)))
    return found
