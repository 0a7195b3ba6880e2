"""Start page of a role, health, and the public check of a document."""

from __future__ import annotations

from typing import Any

from flask import jsonify, render_template, request
from flask_appbuilder import BaseView, expose
from sqlalchemy import func, select

from app import models as m
from app import statuses as st
from app.access import Actor, current_actor
from app.clock import today
from app.extensions import db, limiter
from app.jobs import health as jobs_health
from app.russian import format_date
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


def _count(model: type[m.Base], *conditions: Any) -> int:
    return int(db.session.scalar(select(func.count()).select_from(model).where(*conditions)) or 0)


def _tiles(actor: Actor) -> list[Tile]:
    """What waits for this user's decision, by what they may do."""
    tiles = []
    if actor.can("voucher_application:approve"):
        waiting = m.VoucherApplication.status == st.ApplicationStatus.SUBMITTED
        late = _count(m.VoucherApplication, waiting, m.VoucherApplication.due_on <= today())
        href = "/voucher_application/list/?status=submitted&order=due_on"
        due = f"сегодня или раньше нужно решить: {late}" if late else ""
        tiles.append(Tile(_count(m.VoucherApplication, waiting), "заявки на чек ждут решения", href, due))
    if actor.can("employment:confirm"):
        href = "/employment/list/?status=unconfirmed"
        number = _count(m.Employment, m.Employment.status == "unconfirmed", m.Employment.ended_on.is_(None))
        tiles.append(Tile(number, "места работы ждут подтверждения", href))
    if actor.can("program:publish"):
        tiles.append(
            Tile(
                _count(m.Program, m.Program.status == "submitted"),
                "программы ждут публикации",
                "/program/list/?status=submitted",
            )
        )
    if actor.can("enrolment:agree"):
        href = "/enrolment/list/?status=applied"
        tiles.append(Tile(_count(m.Enrolment, m.Enrolment.status == "applied"), "записи ждут согласования", href))
    if actor.can("enrolment:confirm"):
        href = "/enrolment/list/?status=agreed"
        tiles.append(Tile(_count(m.Enrolment, m.Enrolment.status == "agreed"), "записи ждут подтверждения", href))
    if actor.can("letter:resend"):
        tiles.append(
            Tile(_count(m.Letter, m.Letter.status == "failed"), "письма не отправлены", "/letter/list/?status=failed")
        )
    return tiles + _totals_tiles(actor)


def _totals_tiles(actor: Actor) -> list[Tile]:
    """Figures of the user's own rows."""
    tiles = []
    if actor.can("employee:list"):
        tiles.append(Tile(_count(m.Employee), "работников", "/employee/list/"))
    if actor.can("training_group:list") and "worker" not in actor.roles:
        href = "/training_group/list/?status=open"
        tiles.append(
            Tile(_count(m.TrainingGroup, m.TrainingGroup.status == "open"), "группы, в которые идёт запись", href)
        )
    if actor.can("ab_user:list") and "admin" in actor.roles:
        tiles.append(Tile(_count(m.Account), "пользователей", "/ab_user/list/"))
    return tiles


def _totals() -> Block:
    """Aggregates for the observer: numbers without a single row (п. 1.5 Порядка: other bodies, by agreement)."""
    from app.services.statistics import totals

    return Block(
        "Обучение работников образования", pairs=[Pair(label, Cell(str(n), number=True)) for label, n in totals()]
    )
