"""Start page of a role, health, and the public checks of a document and of a voucher (чек)."""

from __future__ import annotations

import re
from typing import Any

from flask import jsonify, redirect, render_template, request
from flask_appbuilder import BaseView, expose
from flask_login import current_user

from app import addresses
from app.access import current_actor
from app.errors import NotFound
from app.extensions import limiter
from app.jobs import health as jobs_health
from app.russian import format_date
from app.services.paper.issuing import document_check
from app.services.paper.issuing.document_check import CheckFacts
from app.services.voucher import voucher_check
from app.text import cleaned
from app.web.desk.front_page import CheckForm, front
from app.web.desk.start_pages import start_page
from app.web.frame.pages import Block, CardPage, Cell, FormPage, Pair, Section
from app.web.frame.preview import preview
from app.web.voucher.voucher_list_columns import BLOCK_TONES

#: a code is longer than any number, and has no fraction
_CODE = re.compile(r"[\w-]{16,32}")
#: what search engines and messengers say of the check
_ABOUT = (
    "Подлинность удостоверений и дипломов о повышении квалификации и переподготовке: по номеру и дате или по коду QR."
)


class HomeView(BaseView):
    """The start page: what waits for the user, each figure opening the list it counts."""

    route_base = ""
    default_view = "index"

    @expose("/")
    def index(self) -> Any:
        """Start page of the signed-in user; a stranger finds courses, the check of a document and the entrance."""
        if not current_user.is_authenticated:
            return front()
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
        page_of_code = _address_of_code(form.number.data or "")
        if page_of_code:
            return redirect(page_of_code)
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
        shown = {
            "found": [_check_page(facts) for facts in found],
            "preview": preview(page.title, _ABOUT, addresses.VERIFY),
        }
        return render_template("verify_form.html", page=page, **shown), status

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


def _address_of_code(typed: str) -> str:
    """Where a code is checked that was typed in place of the number, alone or as the printed address; empty for a number."""
    text = cleaned(typed).rstrip("/")
    _, is_address, end = text.rpartition(addresses.VERIFY)
    if is_address:
        return addresses.at("verify", *end.split("/"))
    return addresses.at("verify", text) if _CODE.fullmatch(text) and not text.isdecimal() else ""


def _check_page(facts: CheckFacts) -> CardPage:
    pairs = [Pair(label, Cell(value)) for label, value in facts.pairs]
    status = Cell(facts.status.label, detail=facts.detail, tone=facts.tone)
    return CardPage("Проверка документа", status=status, blocks=[Block(facts.title, pairs=pairs)])
