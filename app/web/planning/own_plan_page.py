"""«Мой план обучения»: a worker chooses courses for the next year, sets months and order, or says that nothing suits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import flash, render_template, request
from flask_appbuilder import BaseView, expose
from werkzeug.wrappers import Response

from app import addresses
from app.access import current_actor, find_actor
from app.errors import Invalid
from app.labels import MONTHS, months_words
from app.rules.planning import YearBlock
from app.russian import count, format_date, quoted
from app.services.planning import own_plan, unmet, wishes
from app.services.planning.own_plan import Chosen, OwnPlan
from app.services.planning.wishes import Suggestion
from app.statuses import PLAN_LIVE, CampaignStatus, PlanItemStatus, UnmetStatus
from app.web.frame.answers import answer_act
from app.web.frame.guards import signed_in
from app.web.frame.pages import CardPage, Cell, Link
from app.web.frame.typed import row_id

TITLE = "Мой план"
_HOURS = ("час", "часа", "часов")
_NO_CARD = "К вашей учётной записи карточка работника не привязана: плана обучения здесь нет."
_NO_PLAN = "План на следующий год ещё не начат. Когда он начнётся, вам придёт письмо."


@dataclass(frozen=True, slots=True)
class Chip:
    """A month that may be ticked."""

    value: int
    label: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class WishCard:
    """A chosen program; ``months`` are chips while they may be changed, ``when`` says them in words."""

    pk: int
    title: str
    about: str
    state: Cell
    when: str
    reason: str = ""
    note: str = ""
    months: Sequence[Chip] = ()
    up: int | None = None
    down: int | None = None
    withdrawable: bool = False


@dataclass(frozen=True, slots=True)
class OfferCard:
    """A program that suits; ``refusal``: why it cannot be chosen."""

    offer_id: int
    title: str
    about: str
    refusal: str = ""


@dataclass(frozen=True, slots=True)
class OwnPlanPage:
    """The page of a person's year."""

    title: str
    crumbs: Sequence[Link]
    lead: Cell
    wishes: Sequence[WishCard]
    ended: Sequence[WishCard]
    blocks: Sequence[Cell]
    missing: str
    learnt: Sequence[Cell]
    best: Sequence[OfferCard]
    rest: Sequence[OfferCard]
    more: str
    typed: str
    taking: bool
    full: str
    words: str
    answer: str
    answered: bool


def has_plan() -> bool:
    """Whether the user has a plan of the own (for the menu)."""
    actor = find_actor()
    return actor is not None and "worker" in actor.roles and actor.employee_id is not None


class OwnPlanView(BaseView):
    """The plan of the user; every act is one button and leads back to the page."""

    route_base = addresses.PLAN.rstrip("/")
    default_view = "index"

    @expose("/")
    @signed_in
    def index(self) -> Any:
        """What is chosen, what suits, what will pay."""
        employee_id, typed = current_actor().employee_id, request.args.get("q", "").strip()
        plan = own_plan.of_person(employee_id, typed=typed) if employee_id is not None else None
        if plan is None:
            note = _NO_CARD if employee_id is None else _NO_PLAN
            return render_template("card.html", page=CardPage(TITLE, crumbs=[Link(TITLE, current=True)], note=note))
        return render_template("plan_own.html", page=_page(plan, typed))

    @expose("/choose", methods=["POST"])
    @signed_in
    def choose(self) -> Response:
        """Choose a program; its months and place in the order are set afterwards."""

        def act() -> None:
            row = wishes.propose(own_plan.own_employee_id(), _typed_id("offer"))
            ends = "" if row.status != PlanItemStatus.PROPOSED else " Её согласует ваша организация."
            flash(f"Выбрано.{ends}", "success")

        return _answer(act)

    @expose("/months", methods=["POST"])
    @signed_in
    def months(self) -> Response:
        """Set the months that suit; none: any of the offer's."""

        def act() -> None:
            row = _own(_typed_id("item"))
            wishes.change(row.pk, months=typed_months(), priority=row.priority)
            flash("Месяцы сохранены.", "success")

        return _answer(act)

    @expose("/order", methods=["POST"])
    @signed_in
    def order(self) -> Response:
        """Change places with a neighbour."""

        def act() -> None:
            row = _own(_typed_id("item"))
            wishes.change(row.pk, months=row.months, priority=_typed_id("priority"))

        return _answer(act)

    @expose("/withdraw", methods=["POST"])
    @signed_in
    def withdraw(self) -> Response:
        """Take a wish back."""

        def act() -> None:
            wishes.withdraw(_own(_typed_id("item")).pk)
            flash("Отозвано. Пока идёт выбор, программу можно выбрать снова.", "success")

        return _answer(act)

    @expose("/nothing", methods=["POST"])
    @signed_in
    def nothing(self) -> Response:
        """Say in words what nobody offers; or take the words back."""

        def act() -> None:
            employee_id = own_plan.own_employee_id()
            if request.form.get("take_back"):
                unmet.take_back(employee_id)
                flash("Пожелание отозвано.", "success")
                return
            unmet.say_now(employee_id, request.form.get("words", ""))
            flash("Записано. Пожелание увидит оператор, оно учтётся как спрос.", "success")

        return _answer(act)


@dataclass(frozen=True, slots=True)
class _Own:
    pk: int
    months: Sequence[int]
    priority: int


def _own(pk: int) -> _Own:
    """A wish of the acting user's own person; another's is refused as if there were none."""
    row = wishes.own(own_plan.own_employee_id(), pk)
    return _Own(row.id, list(row.months), row.priority)


def _answer(act: Any) -> Response:
    return answer_act(act, addresses.PLAN)


def _typed_id(name: str) -> int:
    found = row_id(request.form.get(name, ""))
    if found is None:
        raise Invalid("Нажмите кнопку у программы на этой странице.")
    return found


def typed_months() -> list[int]:
    """The ticked months."""
    return [number for value in request.form.getlist("months") if (number := row_id(value)) is not None]


# --- what is shown ---------------------------------------------------------------------------------------------------


def _page(plan: OwnPlan, typed: str) -> OwnPlanPage:
    year, taking = plan.campaign.year, plan.taking.allowed
    title = f"План обучения на {year} год"
    said = plan.unmet
    return OwnPlanPage(
        title=title,
        crumbs=[Link(TITLE, current=True)],
        lead=_lead(plan),
        wishes=[wish_card(one, taking=taking) for one in plan.chosen],
        ended=[wish_card(one, taking=False) for one in plan.ended],
        blocks=[block_cell(block) for block in plan.blocks],
        missing=missing_words(plan.missing) if taking else "",
        learnt=[Cell(one.title, f"{count(one.hours, *_HOURS)}, {format_date(one.ended_on)}") for one in plan.learnt],
        best=[offer_card(one) for one in plan.suiting.best],
        rest=[offer_card(one) for one in plan.suiting.rest],
        more=_more(plan, typed),
        typed=typed,
        taking=taking,
        full="" if plan.has_room else _full(plan),
        words=said.words if said is not None else "",
        answer=(said.answer or "") if said is not None else "",
        answered=said is not None and said.status == UnmetStatus.ANSWERED,
    )


def _lead(plan: OwnPlan) -> Cell:
    campaign = plan.campaign
    if plan.taking.allowed:
        text = f"Выберите до {count(campaign.wishes_most, 'программы', 'программ', 'программ')} по {format_date(campaign.closes_on)} включительно."
        return Cell(text, tone="info")
    if campaign.status == CampaignStatus.APPROVED:
        return Cell(f"План на {campaign.year} год утверждён. Здесь видно, что из выбранного в него вошло.", tone="ok")
    ends = " Здесь видно, что вы выбрали и что решено." if plan.chosen or plan.ended else ""
    return Cell(f"{plan.taking.reason}{ends}", tone="info")


def _full(plan: OwnPlan) -> str:
    chosen = count(len(plan.chosen), "программа", "программы", "программ")
    return f"Выбрано {chosen} — больше нельзя. Чтобы взять другую, отзовите одну из выбранных."


def _more(plan: OwnPlan, typed: str) -> str:
    found, shown = plan.suiting.found, len(plan.suiting.rest)
    if typed and not found:
        return (
            "По этим словам ничего подходящего не предложено. Проверьте слова или напишите ниже, чему хотите научиться."
        )
    return f"Показаны первые {shown} из {found}. Уточните поиск." if found > shown else ""


def wish_card(one: Chosen, *, taking: bool) -> WishCard:
    """A wish as its owner sees it."""
    row, offer = one.row, one.offer
    changes = taking and row.status in PLAN_LIVE
    chips = [Chip(month, MONTHS[str(month)], month in row.months) for month in offer.months] if changes else []
    return WishCard(
        pk=row.id,
        title=offer.title,
        about=f"{count(offer.hours, *_HOURS)}, {offer.organizer}",
        state=Cell(row.status.label, tone=row.status.tone),
        when=_when(one),
        reason=row.reason_text or "",
        note=one.note,
        months=chips,
        up=one.up if changes else None,
        down=one.down if changes else None,
        withdrawable=changes,
    )


def _when(one: Chosen) -> str:
    row = one.row
    if row.month is not None:
        return f"Месяц обучения — {MONTHS[str(row.month)]}"
    if row.months:
        return f"Удобно: {months_words(row.months)}"
    return f"Удобно в любой месяц программы: {months_words(one.offer.months)}"


def offer_card(one: Suggestion) -> OfferCard:
    """A program that suits."""
    offer = one.offer
    paid = f", {offer.wanted.block.label}" if offer.wanted.block else ", без чека"
    about = f"{count(offer.hours, *_HOURS)}{paid}, {months_words(offer.months)}. {offer.organizer}"
    return OfferCard(offer.id, offer.title, about, "" if one.decision.allowed else one.decision.reason)


def block_cell(block: YearBlock) -> Cell:
    """A block that can pay in the year."""
    hours = f"{block.hours_min}–{block.hours_max}" if block.hours_min != block.hours_max else str(block.hours_max)
    return Cell(block.title, f"{hours} ч{', обязательный' if block.required else ''}", tone="ok")


def missing_words(block: YearBlock | None) -> str:
    """What is said while nothing is chosen for the required block."""
    if block is None:
        return ""
    return (
        f"Для обязательного блока {quoted(block.title)} ещё ничего не выбрано. "
        "Пока он свободен, другие блоки чека не оплатят ни одного курса: выберите сначала программу для него."
    )
