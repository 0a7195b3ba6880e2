"""What the page «План школы» shows: its filters, a row of each person with the wishes, the buttons."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import request

from app import addresses
from app.access import current_actor
from app.documents.office.pdf import find_office
from app.labels import MONTHS, in_month, months_words
from app.russian import format_date
from app.services.planning import school_plan
from app.services.planning.away import Away
from app.services.planning.school_plan import SILENT, WAITING, Asked, Line, SchoolPlan, Wish
from app.statuses import CampaignStatus
from app.web.frame.pages import Button, CardPage, Cell, Link, Option, Tab
from app.web.frame.typed import row_id
from app.web.planning.own_plan_page import Chip, OfferCard, offer_card

TITLE = "План школы"


@dataclass(frozen=True, slots=True)
class WishLine:
    """A wish in a row: its program with months, its state, the button of its refusal."""

    pk: int
    title: str
    when: str
    state: Cell
    href: str
    note: str
    decline: Button | None


@dataclass(frozen=True, slots=True)
class PersonLine:
    """A row of the table; ``choose``: where a program is chosen for the person."""

    pk: int
    name: str
    href: str
    place: str
    wishes: Sequence[WishLine]
    said: str
    choose: str
    ticks: bool


@dataclass(frozen=True, slots=True)
class OpenedPerson:
    """The person for whom a program is being chosen."""

    pk: int
    name: str
    best: Sequence[OfferCard]
    rest: Sequence[OfferCard]
    found: int
    close: str


@dataclass(frozen=True, slots=True)
class PeoplePage:
    """The page with everything that narrows it."""

    title: str
    crumbs: Sequence[Link]
    buttons: Sequence[Button]
    lead: Cell
    warnings: Sequence[str]
    tabs: Sequence[Tab]
    state: str
    typed: str
    choices: Sequence[tuple[str, str, Sequence[Option]]]
    rows: Sequence[PersonLine]
    total: int
    pages: Sequence[Link]
    opened: OpenedPerson | None
    offers: Sequence[Option]
    months: Sequence[Chip]
    editable: bool
    agrees: bool
    query: str


# --- what is asked ---------------------------------------------------------------------------------------------------

_NAMES = ("state", "organization", "subject", "position", "q")


def asked_of_address() -> Asked:
    """Return what the address asks for."""
    given = {name: row_id(request.args.get(name, "")) for name in ("organization", "subject", "position")}
    state = request.args.get("state", "")
    return Asked(
        state=state if state in (SILENT, WAITING) else "",
        typed=request.args.get("q", "").strip(),
        page=row_id(request.args.get("page", "")) or 1,
        **given,
    )


def _href(asked: Asked, **over: Any) -> str:
    """The table with the same filters but for some."""
    values: dict[str, Any] = {
        "state": asked.state or None,
        "organization": asked.organization,
        "subject": asked.subject,
        "position": asked.position,
        "q": asked.typed or None,
    }
    return addresses.with_query(addresses.PLAN_PEOPLE, **{**values, **over})


def find_page() -> CardPage:
    """Return the page on which a user of the whole region names an organization."""
    return CardPage(TITLE, crumbs=[Link(TITLE, current=True)])


def found_organizations() -> list[Link]:
    """Return the organizations that the typed words find."""
    typed = request.args.get("school", "").strip()
    if not typed:
        return []
    return [
        Link(name, addresses.with_query(addresses.PLAN_PEOPLE, organization=pk))
        for pk, name in school_plan.find_organizations(typed)
    ]


# --- what is shown ---------------------------------------------------------------------------------------------------


def page_of(plan: SchoolPlan, asked: Asked) -> PeoplePage:
    """Return the page of a table."""
    one = plan.organizations[0][1] if len(plan.organizations) == 1 else ""
    query = _href(asked, page=plan.page if plan.page > 1 else None).partition("?")[2]
    return PeoplePage(
        title=f"План на {plan.campaign.year} год" + (f": {one}" if one else ""),
        crumbs=[Link(TITLE, current=True)],
        buttons=_buttons(plan, asked, query),
        lead=_lead(plan),
        warnings=[_away_words(away, named=len(plan.organizations) > 1) for away in plan.away],
        tabs=_tabs(plan, asked),
        state=asked.state,
        typed=asked.typed,
        choices=_choices(plan, asked),
        rows=[_row(line, asked, query) for line in plan.lines],
        total=plan.total,
        pages=[
            Link(str(n), "" if n == plan.page else _href(asked, page=n), n == plan.page)
            for n in range(1, plan.pages + 1)
        ],
        opened=_opened(plan, asked),
        offers=[_option(offer) for offer in plan.choosable],
        months=[Chip(int(number), name, chosen=False) for number, name in MONTHS.items()],
        editable=plan.editable,
        agrees=any(wish.decides for line in plan.lines for wish in line.wishes),
        query=query,
    )


def _buttons(plan: SchoolPlan, asked: Asked, query: str) -> list[Button]:
    found = []
    if plan.editable and current_actor().can("plan_item:import"):
        found.append(Button("Загрузить из Excel", addresses.at("plan_item", "import", "")))
    here = [pk for pk, _name in plan.organizations if asked.organization in (None, pk)]
    if len(here) == 1:
        of: dict[str, Any] = {"of": here[0], "query": query or None}
        found.append(Button("План для Word", addresses.at("plan_people", "paper", **of), post=True))
        if find_office():
            found.append(Button("План в PDF", addresses.at("plan_people", "paper", **of, **{"as": "pdf"}), post=True))
    return found


def _lead(plan: SchoolPlan) -> Cell:
    campaign, silent = plan.campaign, plan.counts.silent
    if not plan.taking.allowed:
        return Cell(plan.taking.reason, tone="ok" if campaign.status == CampaignStatus.APPROVED else "info")
    left = f"Выбирают по {format_date(campaign.closes_on)} включительно."
    if not silent:
        return Cell(f"{left} Выбрали все.", tone="ok")
    return Cell(f"{left} Ничего не выбрали: {silent} из {plan.counts.people}.", tone="wait")


def _away_words(away: Away, *, named: bool) -> str:
    where = f"{away.organization}. " if named else ""
    teachers = f"{away.away} из {away.teachers} учителей"
    return f"{where}{away.subject}: {in_month(away.month)} учатся {teachers} — больше трети."


def _tabs(plan: SchoolPlan, asked: Asked) -> list[Tab]:
    counts = plan.counts
    given = (
        ("", "Все", counts.people),
        (SILENT, "Никого не выбрал", counts.silent),
        (WAITING, "Ждут согласия", counts.waiting),
    )
    return [
        Tab(label, _href(asked, state=state or None), number, asked.state == state) for state, label, number in given
    ]


def _choices(plan: SchoolPlan, asked: Asked) -> list[tuple[str, str, Sequence[Option]]]:
    given: list[tuple[str, str, Sequence[tuple[int, str]], int | None]] = [
        ("subject", "Предмет", plan.subjects, asked.subject),
        ("position", "Должность", plan.positions, asked.position),
    ]
    if len(plan.organizations) > 1:
        given.insert(0, ("organization", "Организация", plan.organizations, asked.organization))
    return [
        (name, label, [Option(str(pk), text, chosen=pk == chosen) for pk, text in rows])
        for name, label, rows, chosen in given
        if rows
    ]


def _row(line: Line, asked: Asked, query: str) -> PersonLine:
    place = "; ".join(f"{it.position.name}, {it.organization.short_name}" for it in line.places)
    room = line.editable
    return PersonLine(
        pk=line.employee_id,
        name=line.name,
        href=addresses.card("employee", line.employee_id),
        place=place,
        wishes=[_wish(wish, query) for wish in line.wishes],
        said=line.said,
        choose=_href(asked, person=line.employee_id) if room else "",
        ticks=line.editable or any(wish.decides for wish in line.wishes),
    )


def _wish(wish: Wish, query: str) -> WishLine:
    row = wish.row
    when = MONTHS[str(row.month)] if row.month else months_words(row.months or wish.offer.months)
    href = addresses.at("plan_people", "decline", item=row.id, query=query or None)
    decline = Button("Отклонить", href, post=True, danger=True, ask="Причина") if wish.decides else None
    return WishLine(
        pk=row.id,
        title=wish.offer.title,
        when=when,
        state=Cell(row.status.label, tone=row.status.tone),
        href=addresses.card("plan_item", row.id),
        note=wish.note,
        decline=decline,
    )


def _opened(plan: SchoolPlan, asked: Asked) -> OpenedPerson | None:
    pk = row_id(request.args.get("person", ""))
    if pk is None or not plan.editable:
        return None
    found = school_plan.opened(plan.campaign, pk)
    return OpenedPerson(
        pk=pk,
        name=found.name,
        best=[offer_card(one) for one in found.suiting.best],
        rest=[offer_card(one) for one in found.suiting.rest if one.decision.allowed],
        found=found.suiting.found,
        close=_href(asked),
    )


def _option(offer: Any) -> Option:
    return Option(str(offer.id), f"{offer.title} — {offer.hours} ч, {months_words(offer.months)}, {offer.organizer}")
