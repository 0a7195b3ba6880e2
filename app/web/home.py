"""Start page of a role, health, and the public check of a document."""

from __future__ import annotations

from typing import Any

from flask import jsonify, render_template, request
from flask_appbuilder import BaseView, expose
from sqlalchemy import func, select

from app import models as m
from app.access import Actor, current_actor
from app.clock import today
from app.extensions import db, limiter
from app.jobs import health as jobs_health
from app.russian import format_date, plural
from app.services import certificates
from app.web.guards import signed_in
from app.web.pages import Block, CardPage, Cell, Pair, StartPage, Tile
from app.web.worker_home import worker_blocks


class HomeView(BaseView):
    """The start page: what waits for the user, each figure opening the list it counts."""

    route_base = ""
    default_view = "index"

    @expose("/")
    @signed_in
    def index(self) -> Any:
        """Start page of the signed-in user."""
        actor = current_actor()
        tiles = [tile for tile in _tiles(actor) if tile.number or tile.due]
        blocks: list[Block] = []
        if "worker" in actor.roles and actor.employee_id:
            blocks += worker_blocks(actor.employee_id)
        if "observer" in actor.roles:
            blocks.append(_totals())
        note = "" if tiles or blocks else "Сейчас ничего не ждёт вашего решения."
        return render_template("start.html", page=StartPage("Главная", tiles, blocks, note))

    @expose("/health")
    @limiter.exempt
    def health(self) -> Any:
        """State of the portal for watchers: 200 or 503."""
        state = jobs_health()
        if state["status"] == "ok":
            return jsonify(status="ok"), 200
        return jsonify(state), 503

    @expose("/verify/<string:code>")
    @limiter.limit("60 per minute")
    def verify(self, code: str) -> Any:
        """Public check of a document by the code of its QR: no СНИЛС, no birth date."""
        facts = certificates.facts_for_check(code)
        pairs = [Pair(label, Cell(_shown(value))) for label, value in facts.pairs]
        status = Cell(facts.status.label, tone=facts.status.tone)
        page = CardPage("Проверка документа", status=status, blocks=[Block(facts.title, pairs=pairs)])
        if request.accept_mimetypes.best == "application/json":
            return jsonify({"status": facts.status.value, **{label: _shown(v) for label, v in facts.pairs}})
        return render_template("verify.html", page=page)


def _shown(value: Any) -> str:
    return format_date(value) if hasattr(value, "isoformat") else str(value)


def _count(model: type[Any], *conditions: Any) -> int:
    return int(db.session.scalar(select(func.count()).select_from(model).where(*conditions)) or 0)


def _tile(number: int, forms: tuple[str, str, str], href: str, due: str = "") -> Tile:
    return Tile(number, plural(number, *forms), href, due)


def _waiting(model: type[Any], status: str, *conditions: Any) -> int:
    return _count(model, model.status == status, *conditions)


def _tiles(actor: Actor) -> list[Tile]:
    """What waits for this user's decision, by what they may do; then figures of the own rows."""
    tiles = []
    if actor.can("voucher_application:approve"):
        number = _waiting(m.VoucherApplication, "submitted")
        late = _waiting(m.VoucherApplication, "submitted", m.VoucherApplication.due_on <= today())
        href = "/voucher_application/list/?status=submitted&order=due_on"
        forms = ("заявка на чек ждёт решения", "заявки на чек ждут решения", "заявок на чек ждут решения")
        tiles.append(_tile(number, forms, href, f"сегодня или раньше нужно решить: {late}" if late else ""))
    if actor.can("employment:confirm"):
        number = _waiting(m.Employment, "unconfirmed", m.Employment.ended_on.is_(None))
        forms = ("место работы ждёт подтверждения", "места работы ждут подтверждения", "мест работы ждут подтверждения")
        tiles.append(_tile(number, forms, "/employment/list/?status=unconfirmed"))
    if actor.can("program:publish"):
        forms = ("программа ждёт публикации", "программы ждут публикации", "программ ждут публикации")
        tiles.append(_tile(_waiting(m.Program, "submitted"), forms, "/program/list/?status=submitted"))
    if actor.can("enrolment:agree"):
        forms = ("запись ждёт согласования", "записи ждут согласования", "записей ждут согласования")
        tiles.append(_tile(_waiting(m.Enrolment, "applied"), forms, "/enrolment/list/?status=applied"))
    if actor.can("enrolment:confirm"):
        forms = ("запись ждёт подтверждения", "записи ждут подтверждения", "записей ждут подтверждения")
        tiles.append(_tile(_waiting(m.Enrolment, "agreed"), forms, "/enrolment/list/?status=agreed"))
    if actor.can("letter:resend"):
        forms = ("письмо не отправлено", "письма не отправлены", "писем не отправлены")
        tiles.append(_tile(_waiting(m.Letter, "failed"), forms, "/letter/list/?status=failed"))
    return tiles + _own_figures(actor)


def _own_figures(actor: Actor) -> list[Tile]:
    """Figures of the rows that the user works with."""
    tiles = []
    if actor.can("employee:list"):
        tiles.append(_tile(_count(m.Employee), ("работник", "работника", "работников"), "/employee/list/"))
    if actor.can("training_group:list") and "worker" not in actor.roles:
        forms = ("группа с открытой записью", "группы с открытой записью", "групп с открытой записью")
        tiles.append(_tile(_waiting(m.TrainingGroup, "open"), forms, "/training_group/list/?status=open"))
    if actor.can("ab_user:list") and "admin" in actor.roles:
        tiles.append(_tile(_count(m.Account), ("пользователь", "пользователя", "пользователей"), "/ab_user/list/"))
    return tiles


def _totals() -> Block:
    """Aggregates for the observer: numbers without a single row (п. 1.5 Порядка: other bodies, by agreement)."""
    from app.services.statistics import totals

    return Block(
        "Обучение работников образования", pairs=[Pair(label, Cell(str(n), number=True)) for label, n in totals()]
    )
