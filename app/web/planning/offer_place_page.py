"""«Программы на год»: what an organizer has put up for the planned year, what lacks, and many put up at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from flask import flash, render_template, request
from flask_appbuilder import expose
from werkzeug.wrappers import Response

from app import addresses
from app import models as m
from app.access import current_actor
from app.errors import NotFound
from app.labels import months_words
from app.russian import count, format_date, quoted
from app.services.planning import campaigns, offer_place
from app.services.planning.offer_place import Missing, OfferPlace, PutUp
from app.statuses import ProgramStatus
from app.web.frame.answers import answer_act
from app.web.frame.guards import guarded
from app.web.frame.pages import Button, Cell, Column, Link, Row
from app.web.frame.parts import Part
from app.web.frame.typed import row_id

_DAYS = ("день", "дня", "дней")
#: from so many days before the last one the countdown warns
_SOON = 14
#: refusals that are told
_TOLD = 5


@dataclass(frozen=True, slots=True)
class MissingRow:
    """A program that may be ticked: what would be put up, in words."""

    pk: int
    code: str
    title: str
    sizes: str
    href: str


@dataclass(frozen=True, slots=True)
class MissingList:
    """Programs of one kind that lack, with the button that puts up the ticked ones; without an address each has its own link."""

    id: str
    title: str
    note: str
    rows: Sequence[MissingRow]
    button: str = ""
    post_url: str = ""


@dataclass(frozen=True, slots=True)
class PlacePage:
    """The organizer's year; ``countdown`` says how long programs are taken."""

    title: str
    crumbs: Sequence[Link]
    countdown: Cell
    buttons: Sequence[Button]
    columns: Sequence[Column]
    rows: Sequence[Row]
    lists: Sequence[MissingList]
    #: how many of the rows people may choose, or wait for the operator
    live: int


class OfferYear(Part):
    """Page ``year`` of the offers: an organizer's own place; the list leads to it."""

    def list_buttons(self) -> Sequence[Button]:
        """«Программы на 2027 год», for those who put programs up."""
        taking = campaigns.taking_offers() if current_actor().can("plan_offer:add") else []
        return [
            Button(f"Что предложено на {row.year} год", addresses.at("plan_offer", "year", row.id), main=True)
            for row in taking[:1]
        ]

    @expose("/year/<int:pk>")
    @guarded("add")
    def year(self, pk: int) -> Any:
        """What is put up for a year, what lacks, how long there is time."""
        campaign = _campaign(pk)
        place = offer_place.place_of(campaign, current_actor().places("organizer"))
        return render_template("plan_place.html", page=_page(place, self.crumbs()))

    @expose("/put_up_former/<int:pk>", methods=["POST"])
    @guarded("add")
    def put_up_former(self, pk: int) -> Response:
        """Put up again what stood in the last plan."""
        return _put_up(pk, offer_place.put_up_former)

    @expose("/put_up_current/<int:pk>", methods=["POST"])
    @guarded("add")
    def put_up_current(self, pk: int) -> Response:
        """Put up programs of this year."""
        return _put_up(pk, offer_place.put_up_current)


def _campaign(pk: int) -> m.PlanCampaign:
    found = next((row for row in campaigns.taking_offers() if row.id == pk), None)
    if found is None:
        raise NotFound("Такого плана нет, или программы в него уже не предлагают.")
    return found


def _put_up(pk: int, service: Callable[[int, Iterable[int]], list[PutUp]]) -> Response:
    _campaign(pk)
    ids = [number for value in request.form.getlist("rowid") if (number := row_id(value)) is not None]

    def act() -> None:
        done = service(pk, ids)
        put_up = [one for one in done if one.offer is not None]
        copied = [one for one in done if one.offer is None and not one.refusal]
        if put_up:
            late = " Предложено после срока: программы войдут в план, когда их примет оператор."
            flash(
                f"Предложено программ: {len(put_up)}.{late if put_up[0].offer and put_up[0].offer.late else ''}",
                "success",
            )
        if copied:
            flash(f"Скопировано программ: {len(copied)}. Укажите их месяцы и места, и они войдут в план.", "success")
        for one in [one for one in done if one.refusal][:_TOLD]:
            flash(f"Не предложено — {quoted(one.title)}: {one.refusal}", "danger")

    return answer_act(act, addresses.at("plan_offer", "year", pk))


# --- what is shown ---------------------------------------------------------------------------------------------------


def _page(place: OfferPlace, crumbs: Sequence[Link]) -> PlacePage:
    year = place.campaign.year
    return PlacePage(
        title=f"Программы на {year} год",
        crumbs=[*crumbs, Link(f"Программы на {year} год", current=True)],
        countdown=_countdown(place),
        buttons=[Button("Предложить программу", addresses.form("plan_offer", campaign=place.campaign.id), main=True)],
        columns=[
            Column("program", "Программа"),
            Column("months", "Месяцы"),
            Column("seats", "Мест за год", number=True),
            Column("status", "Состояние"),
        ],
        rows=[_row(row) for row in place.offers],
        lists=[found for found in _lists(place) if found.rows],
        live=sum(map(offer_place.is_live, place.offers)),
    )


def _countdown(place: OfferPlace) -> Cell:
    campaign, left = place.campaign, place.days_left
    day = format_date(campaign.programs_until)
    lacks = f" Ещё не предложено: {place.lacking}." if place.lacking else " Предложено всё."
    if left < 0:
        return Cell(f"Срок прошёл {day}: новая программа войдёт в план с согласия оператора.{lacks}", tone="bad")
    if left == 0:
        return Cell(f"Сегодня, {day}, последний день, когда программы вносят в срок.{lacks}", tone="wait")
    tone = "wait" if left <= _SOON and place.lacking else "info"
    return Cell(f"До {day} включительно — {count(left, *_DAYS)}.{lacks}", tone=tone)


def _row(row: m.PlanOffer) -> Row:
    published = row.program.status == ProgramStatus.PUBLISHED
    live = offer_place.is_live(row)
    seen = "" if published or not live else f"люди не видят: {row.program.status.label.lower()}"
    detail = seen or ("после срока" if row.late else "")
    tone = "wait" if seen else row.status.tone
    cells = [
        Cell(row.program.title, row.code),
        Cell(months_words(row.months)),
        Cell(str(row.seats), f"по {row.minimum}–{row.capacity}", number=True),
        Cell(row.status.label, detail, tone=tone),
    ]
    return Row(row.id, addresses.card("plan_offer", row.id), cells)


def _lists(place: OfferPlace) -> list[MissingList]:
    campaign = place.campaign
    unpublished = [
        MissingRow(
            row.program_id,
            row.code,
            row.program.title,
            row.program.status.label,
            addresses.card("program", row.program_id),
        )
        for row in place.unpublished
    ]
    last = campaign.year - 1
    return [
        MissingList(
            "former",
            f"Были в плане на {last} год",
            "Месяцы, места и города — как в прошлом плане; потом их можно изменить.",
            [_missing(one, "") for one in place.former],
            f"Скопировать из плана на {last} год",
            addresses.at("plan_offer", "put_up_former", campaign.id),
        ),
        MissingList(
            "current",
            f"Программы {last} года, которых нет в плане",
            "Месяцы и места — по группам этого года. Без групп программа только копируется: месяцы укажете сами.",
            [_missing(one, "") for one in place.current],
            f"Предложить на {campaign.year} год",
            addresses.at("plan_offer", "put_up_current", campaign.id),
        ),
        MissingList(
            "own",
            f"Программы на {campaign.year} год без месяцев и мест",
            "Программа внесена, но в план не предложена: её никто не выберет.",
            [_missing(p, addresses.form("plan_offer", campaign=campaign.id, program=p.id)) for p in place.own],
        ),
        MissingList(
            "unpublished",
            "Предложены, но не опубликованы",
            "Люди увидят их после публикации. Отправьте программы оператору.",
            unpublished,
        ),
    ]


def _missing(one: Missing, href: str) -> MissingRow:
    sizes = f"{months_words(one.sizes.months)}; мест {one.sizes.seats}" if one.sizes else ""
    return MissingRow(one.id, one.code, one.title, sizes, href)
