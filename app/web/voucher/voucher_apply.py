"""Applications for a voucher (чек) for many people at once: before it is done, who may have one; then the result by person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import flash, make_response, redirect, render_template, request
from flask_appbuilder import expose
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import TextAreaField
from wtforms.validators import InputRequired, Length

from app import addresses
from app.access import current_actor
from app.errors import Invalid, NotFound
from app.russian import count, no_later
from app.services.voucher import vouchers
from app.services.voucher.voucher_eligibility import Chance, chances
from app.services.voucher.vouchers import MOST, ApplyResult
from app.web.frame.answers import answer_form
from app.web.frame.guards import guarded
from app.web.frame.pages import Block, Button, Cell, Column, FormPage, Link, Row
from app.web.frame.parts import Part

APPLY = "apply"
LABEL = "Подать заявки на чек"


class NoteForm(FlaskForm):
    """One note on the agreement for all."""

    note = TextAreaField(
        "Согласие работников и руководителя",
        [InputRequired("Впишите, с кем и когда согласовано."), Length(max=1000)],
        description="С кем и когда согласовано: заявку за работника подают по согласованию с ним и с руководителем "
        "(п. 3.4 Порядка). Запись попадёт в каждую заявку.",
    )


@dataclass(frozen=True, slots=True)
class ApplyPage(FormPage):
    """The chosen people, and the form while something can be done."""

    tone: str = "info"
    buttons: Sequence[Button] = ()


def open_for(employee_id: int) -> Response:
    """The page for one person."""
    return redirect(addresses.at("employee", "apply", "", ids=employee_id))


class VoucherApply(Part):
    """Applications for a чек for the chosen people."""

    def bulk_actions(self) -> Sequence[Button]:
        """Applying for them."""
        return [Button(LABEL, APPLY, post=True)] if current_actor().can("employee:apply") else []

    def order_many(self, name: str, rows: Sequence[Any]) -> Response | None:
        """The chosen people are shown first, each with the rule's answer."""
        if name != APPLY:
            return None
        if len(rows) > MOST:
            flash(
                f"За один раз можно подать не больше {MOST} заявок, а выбрано {len(rows)}. Сузьте отбор.",
                "warning",
            )
            return redirect(addresses.listing("employee"))
        return redirect(addresses.at("employee", "apply", "", ids="-".join(str(row.id) for row in rows)))

    @expose("/apply/", methods=["GET", "POST"])
    @guarded("apply")
    def apply_vouchers(self) -> Any:
        """Show whether each of the chosen people may have an application; by POST apply for them."""
        ids, form, template = _ids(request.args.get("ids", "")), NoteForm(), "voucher_apply.html"

        def apply() -> Response:
            results = vouchers.apply_many(ids, note=form.note.data)
            return make_response(render_template(template, page=_result(results)))

        return answer_form(form, apply, lambda: _preview(chances(ids), form), template=template)


def _ids(typed: str) -> list[int]:
    parts = [part for part in typed.split("-") if part]
    if any(not (part.isascii() and part.isdecimal() and len(part) < 10) for part in parts):
        raise NotFound("Одного из выбранных людей нет или он вам не виден. Ничего не выполнено.")
    if len(parts) > MOST:
        raise Invalid(f"За один раз можно подать не больше {MOST} заявок. Выберите меньше людей.")
    return [int(part) for part in parts]


def _crumbs() -> list[Link]:
    return [Link("Работники", addresses.listing("employee")), Link(LABEL, current=True)]


def _person(employee_id: int, name: str) -> Cell:
    return Cell(name, href=addresses.card("employee", employee_id))


# --- before ----------------------------------------------------------------------------------------------------------


def _preview(found: Sequence[Chance], form: NoteForm) -> ApplyPage:
    allowed = sum(chance.decision.allowed for chance in found)
    heads = [Column(head, head) for head in ("Работник", "Место работы", "Можно ли подать")]
    rows = [
        Row(
            chance.employee_id,
            "",
            [_person(chance.employee_id, chance.name), Cell(chance.place or "—"), _answer(chance)],
        )
        for chance in found
    ]
    return ApplyPage(
        LABEL,
        form if allowed else None,
        (),
        blocks=[
            Block("Выбранные работники", columns=heads, rows=rows, empty="Отметьте работников в списке «Работники».")
        ],
        note=_told(allowed, len(found) - allowed),
        tone="info" if allowed or not found else "wait",
        submit=f"Подать {count(allowed, 'заявку', 'заявки', 'заявок')}",
        cancel_href=addresses.listing("employee"),
        buttons=() if allowed else (Button("К списку работников", addresses.listing("employee")),),
        crumbs=_crumbs(),
    )


def _answer(chance: Chance) -> Cell:
    if chance.decision.allowed:
        return Cell("Можно", tone="ok")
    return Cell("Нельзя", chance.decision.reason, tone="grey")


def _told(allowed: int, refused: int) -> str:
    if not allowed and not refused:
        return ""
    if not allowed:
        return "Ни за кого из выбранных заявку сейчас подать нельзя: причина написана в строке."
    return f"Можно подать заявок: {allowed}." + (f" Нельзя: {refused}, причина написана в строке." if refused else "")


# --- after -----------------------------------------------------------------------------------------------------------


def _result(results: Sequence[ApplyResult]) -> ApplyPage:
    done = sum(result.application is not None for result in results)
    heads = [Column(head, head) for head in ("Работник", "Итог")]
    rows = [
        Row(result.employee_id, "", [_person(result.employee_id, result.name), _outcome(result)]) for result in results
    ]
    return ApplyPage(
        "Заявки на чек поданы" if done else "Заявки не поданы",
        None,
        (),
        blocks=[Block("Итог по каждому", columns=heads, rows=rows)],
        note=f"Подано заявок: {done} из {len(results)}.",
        tone="ok" if done else "bad",
        buttons=(
            Button("К списку работников", addresses.listing("employee")),
            Button("Заявки на чек", addresses.listing("voucher_application"), main=True),
        ),
        crumbs=_crumbs(),
    )


def _outcome(result: ApplyResult) -> Cell:
    row = result.application
    if row is None:
        return Cell("Не подана", result.refusal, tone="bad")
    until = f"решение — {no_later(row.due_on)}" if row.due_on else ""
    return Cell("Подана", until, addresses.card("voucher_application", row.id), "ok")
