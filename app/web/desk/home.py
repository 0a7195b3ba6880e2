"""Start page of a role, health, and the public checks of a document and of a voucher (чек)."""

from __future__ import annotations

from typing import Any

from flask import jsonify, render_template, request
from flask_appbuilder import BaseView, expose
from flask_wtf import FlaskForm
from wtforms import StringField
from wtforms.validators import InputRequired, Length

from app.access import current_actor
from app.errors import NotFound
from app.extensions import limiter
from app.jobs import health as jobs_health
from app.russian import format_date
from app.services.paper.issuing import document_check
from app.services.paper.issuing.document_check import CheckFacts
from app.services.voucher import voucher_check
from app.web.desk.start_pages import start_page
from app.web.frame.forms import REQUIRED, RuDateField
from app.web.frame.guards import signed_in
from app.web.frame.pages import Block, CardPage, Cell, FormPage, Pair, Section
from app.web.voucher.voucher_list_columns import BLOCK_TONES


class CheckForm(FlaskForm):
    """What is printed on a document whose code is not at hand."""

    class Meta:
        """Nothing is changed by a search, and its address may be kept."""

        csrf = False

    number = StringField(
        "Регистрационный номер", [InputRequired(REQUIRED), Length(max=40)], description="Целиком, например 0001/2026."
    )
    issued_on = RuDateField("Дата выдачи", [InputRequired(REQUIRED)], offers_today=False, past=True)


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

    @expose("/verify/")
    @limiter.limit("10 per minute")
    def check(self) -> Any:
        """Public check by number and date: numbers can be guessed, so it tells initials only and answers less often."""
        asked = "number" in request.args or "issued_on" in request.args
        form = CheckForm(request.args)
        found, problems = [], []
        if asked and form.validate():
            try:
                found = list(document_check.find_by_number(form.number.data or "", form.issued_on.data))
            except NotFound as refusal:
                problems = [refusal.message]
        if request.accept_mimetypes.best == "application/json":
            return jsonify(documents=[facts.for_machines for facts in found]), 200 if found or not asked else 404
        page = FormPage(
            "Проверка документа", form, [Section("", ["number", "issued_on"])], submit="Проверить", problems=problems
        )
        status = 404 if problems else 422 if form.errors else 200
        return render_template("verify_form.html", page=page, found=[_check_page(facts) for facts in found]), status

    @expose("/verify/<string:code>")
    @limiter.limit("60 per minute")
    def verify(self, code: str) -> Any:
        """Public check of a document by the code of its QR: all that is printed; no СНИЛС, no birth date."""
        facts = document_check.facts_for_check(code)
        if request.accept_mimetypes.best == "application/json":
            return jsonify(facts.for_machines)
        return render_template("verify.html", page=_check_page(facts))

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
        parts = [Cell(title, status.label, tone=BLOCK_TONES[status]) for title, status in facts.blocks]
        page = CardPage(
            "Проверка чека",
            status=Cell(f"Чек {facts.state}", tone=facts.status.tone),
            blocks=[Block("Именной образовательный чек", pairs=[Pair(a, Cell(b)) for a, b in known], parts=parts)],
        )
        return render_template("verify.html", page=page)


def _check_page(facts: CheckFacts) -> CardPage:
    pairs = [Pair(label, Cell(value)) for label, value in facts.pairs]
    status = Cell(facts.status.label, detail=facts.detail, tone=facts.tone)
    return CardPage("Проверка документа", status=status, blocks=[Block(facts.title, pairs=pairs)])
