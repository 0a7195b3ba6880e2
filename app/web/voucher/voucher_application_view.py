"""Pages of applications for a voucher (чек): before the form is sent, why not and from which day; the term of the decision."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import and_, select

from app import addresses
from app import models as m
from app.access import current_actor
from app.conditions import in_force, is_late, is_waiting
from app.rules.decision import Decision
from app.russian import format_date, no_later
from app.services.voucher import voucher_eligibility, vouchers
from app.statuses import APPLICATION_LIVE
from app.web.frame.listing import ListColumn
from app.web.frame.pages import Button, CardPage, Cell, FormPage
from app.web.frame.scoped_view import ScopedModelView
from app.web.personnel.own_choices import self_as_employee, working


def _due(row: m.VoucherApplication) -> Cell:
    if row.due_on is None:
        return Cell("")
    late = is_late(row)
    return Cell(format_date(row.due_on), "просрочено" if late else "", tone="bad" if late else "", number=True)


DUE = ListColumn("due_on", "Срок решения", lambda row: row.due_on, _due, (m.VoucherApplication.due_on,), number=True)


class VoucherApplicationPages(ScopedModelView):
    """Pages of the applications' view."""

    def create(self, values: dict[str, Any]) -> Any:
        """Apply for a чек."""
        return vouchers.apply(values["employee"].id, note=values.get("on_behalf_note"))

    def suggested(self, field: str, target: type[Any]) -> Any:
        """People who work, have no чек that is in force and no application that is not decided."""
        if field != "employee":
            return None
        voucher, application = m.Voucher.__table__, m.VoucherApplication.__table__
        held = select(voucher.c.id).where(voucher.c.employee_id == target.id, in_force(rows=voucher))
        waiting = application.c.status.in_(APPLICATION_LIVE)
        asked = select(application.c.id).where(application.c.employee_id == target.id, waiting)
        return and_(working(), ~held.exists(), ~asked.exists())

    def prefill(self) -> dict[str, Any]:
        """A worker applies for himself or herself."""
        return {**self_as_employee(self), **super().prefill()}

    def form_sections(self, row: Any) -> Sequence[tuple[str, Sequence[str]]]:
        """Only the responsible person writes down with whom the application is agreed."""
        own = current_actor().roles == {"worker"}
        return (("", ("employee",)),) if own else super().form_sections(row)

    def card_sections(self) -> Sequence[tuple[str, Sequence[str]]]:
        """What was asked, by whom, what was decided."""
        return [
            (
                "Заявка",
                ("employee", "employment", "rule", "status", "submitted_at", "due_on", "decided_at", "on_behalf_note"),
            )
        ]

    def card_page(self, row: m.VoucherApplication) -> CardPage:
        """The head says until when the decision is due, or that it is late."""
        page = super().card_page(row)
        if not is_waiting(row) or row.due_on is None or page.status is None:
            return page
        day = format_date(row.due_on)
        words = f"просрочено: срок решения был {day}" if is_late(row) else f"срок решения — {day} до 23:59"
        return replace(page, status=replace(page.status, detail=words))

    def _page(self, form: Any, title: str, problems: list[str], found: Any, row: Any) -> FormPage:
        """Before the form is sent it says whether it will be refused, and from which day it will not.

        What would be refused has no button: another person may be chosen in an empty form.
        """
        page = super()._page(form, title, problems, found, row)
        if row is not None:
            return page
        # many people at once have a page of their own
        page = replace(page, submit="Подать заявку", more="")
        person = form.employee.data
        decision = voucher_eligibility.eligibility(person.id) if person is not None else None
        if decision is None:
            return page
        if not decision.allowed:
            page = replace(page, submit="", instead=_instead(self))
        return page if problems else replace(page, note=_chance(decision))

    def added_words(self, row: m.VoucherApplication) -> str:
        """Until when the decision comes."""
        return f"Заявка подана. Решение будет {no_later(row.due_on)}." if row.due_on else "Заявка подана."


def _instead(view: ScopedModelView) -> Button | None:
    if current_actor().roles == {"worker"}:
        return None
    return Button("Выбрать другого работника", addresses.form(view.table))


def _chance(decision: Decision) -> str:
    if not decision.allowed:
        return f"Сейчас подать заявку нельзя. {decision.reason}"
    return "Подать заявку можно: должность, место работы и прежние чеки проверены. Решение придёт письмом."
