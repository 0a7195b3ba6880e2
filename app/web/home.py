"""Start page of a role, health, and the public checks of a document and of a чек."""

from __future__ import annotations

from typing import Any

from flask import jsonify, render_template, request
from flask_appbuilder import BaseView, expose

from app.access import current_actor
from app.extensions import limiter
from app.jobs import health as jobs_health
from app.russian import format_date
from app.services import certificates, voucher_check
from app.web import columns as c
from app.web.guards import signed_in
from app.web.pages import Block, CardPage, Cell, Pair
from app.web.start_pages import start_page


class HomeView(BaseView):
    """The start page: what waits for the user, each figure opening the list it counts."""

    route_base = ""
    default_view = "index"

    @expose("/")
    @signed_in
    def index(self) -> Any:
        """Start page of the signed-in user."""
        return render_template("start.html", page=start_page(current_actor()))

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

    @expose("/verify/voucher/<string:code>")
    @limiter.limit("60 per minute")
    def verify_voucher(self, code: str) -> Any:
        """Public check of a чек by the code of its QR: initials only, no СНИЛС, no birth date."""
        facts = voucher_check.facts_for_check(code)
        known = (
            ("Номер", facts.number),
            ("Кому выдан", facts.initials),
            ("Правило", facts.rule),
            ("Действует по", format_date(facts.valid_until)),
        )
        blocks = [(title, status.label.lower()) for title, status in facts.blocks]
        if request.accept_mimetypes.best == "application/json":
            found = {"status": facts.status.value, "Состояние": facts.state, **dict(known), "Блоки": dict(blocks)}
            return jsonify(found)
        parts = [Cell(title, status.label, tone=c.BLOCK_TONES[status]) for title, status in facts.blocks]
        page = CardPage(
            "Проверка чека",
            status=Cell(f"Чек {facts.state}", tone=facts.status.tone),
            blocks=[Block("Именной образовательный чек", pairs=[Pair(a, Cell(b)) for a, b in known], parts=parts)],
        )
        return render_template("verify.html", page=page)


def _shown(value: Any) -> str:
    return format_date(value) if hasattr(value, "isoformat") else str(value)
