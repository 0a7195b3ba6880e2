"""Pages of blanks (бланки): the stock, receipts, another blank for a misprint, the balance and its report."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from flask import flash, redirect, render_template, request
from flask_appbuilder import expose

from app import addresses
from app import models as m
from app.access import current_actor, get_writable
from app.clock import now, read_date, today
from app.documents import doors
from app.documents.sheets.spreadsheet import SheetColumn
from app.errors import Conflict, Invalid
from app.extensions import db
from app.rules.document import ON_BLANKS
from app.russian import RussianDateError, format_date, format_datetime, number
from app.services.paper.blanks import blanks
from app.services.paper.blanks.blank_balance import Balance, balance
from app.statuses import BlankStatus, CertificateStatus
from app.web.frame.answers import answer_act
from app.web.frame.downloads import download_written
from app.web.frame.export_pages import XLSX
from app.web.frame.guards import guarded
from app.web.frame.listing import ListColumn
from app.web.frame.pages import Block, Button, CardPage, Cell, Column, Pair, Row
from app.web.frame.parts import Part
from app.web.frame.scoped_view import ScopedModelView
from app.web.paper.blank_act_view import LONGEST_CHOICE, write_ids
from app.web.personnel.own_choices import own_organizer, own_organizers

#: bulk action that takes the chosen blanks to the form of an act
ACT = "act"


def _document(row: m.Blank) -> Cell:
    paper = row.certificate
    if paper is None:
        return Cell("—")
    return Cell(f"№ {paper.number}", paper.status.label, href=addresses.card("certificate", paper.id))


BLANK = ListColumn("number", "Бланк", str, lambda r: Cell(str(r), r.kind.label), (m.Blank.series, m.Blank.number))
DOCUMENT = ListColumn("certificate", "Документ", lambda r: r.certificate.number if r.certificate else "", _document)
RANGE = ListColumn("range", "Серия и номера", str, lambda r: Cell(str(r), r.kind.label), (m.BlankReceipt.series,))


class BlankChoice(Part):
    """Part of the blanks' view: chosen blanks go into an act."""

    def bulk_actions(self) -> Sequence[Button]:
        """Write the chosen ones off by an act."""
        return [Button("Составить акт", ACT, post=True)] if current_actor().can("blank_act:add") else []

    def allows(self, name: str) -> bool:
        """An act is made of chosen blanks only, not of one by its card."""
        if name != ACT or request.endpoint != "BlankView.act_many":
            return False
        current_actor().require("blank_act:add")
        return True

    def order_many(self, name: str, rows: Sequence[Any]) -> Any:
        """Take the chosen blanks to the form of the act."""
        if name != ACT:
            return None
        chosen = write_ids(row.id for row in rows)
        if len(chosen) > LONGEST_CHOICE:
            flash("Отмечено слишком много бланков вразбивку. Отметьте меньше и составьте несколько актов.", "warning")
            return redirect(addresses.listing("blank"))
        return redirect(addresses.form("blank_act", blanks=chosen))


class BlankPages(ScopedModelView):
    """The list of blanks, the card of one, another blank for its document; the balance."""

    parts = (BlankChoice,)
    empty = "Бланков пока нет: они появляются, когда принято поступление."

    def list_buttons(self) -> Sequence[Button]:
        """To the balance; a range is received in its own form."""
        buttons = [Button("Остатки бланков", addresses.at("blank", "balance", ""))]
        if current_actor().can("blank_receipt:add"):
            buttons.append(Button("Принять бланки", addresses.form("blank_receipt"), main=True))
        return buttons

    def card_title(self, row: m.Blank) -> str:
        """«Бланк ПК 000101»."""
        return f"Бланк {row}"

    def blocks(self, row: m.Blank) -> Sequence[Block]:
        """What the blank is, where it came from, what became of it."""
        block = self.pairs_block(row, "Бланк", ("kind", "series", "number", "organizer", "changed_at"))
        links = [
            Pair("Документ", _document(row)),
            Pair("Поступление", _link(row.receipt)),
            Pair("Акт списания", _link(row.act)),
        ]
        return [Block(block.title, pairs=[*block.pairs, *links])]

    def extra_buttons(self, row: m.Blank) -> Sequence[Button]:
        """A misprinted document that is not handed over yet gets another blank."""
        paper = row.certificate
        printable = paper is not None and paper.status == CertificateStatus.ISSUED and paper.handed_on is None
        if not (printable and row.status == BlankStatus.USED and self.may(row, "spoil")):
            return []
        href = addresses.at("blank", "replace", row.id)
        return [Button("Напечатать на другом бланке", href, post=True, danger=True, ask="Чем испорчен бланк")]

    def action_buttons(self, row: m.Blank) -> Sequence[Button]:
        """A blank under a valid document is not simply written off."""
        paper = row.certificate
        valid = paper is not None and paper.status == CertificateStatus.ISSUED
        return [] if valid else super().action_buttons(row)

    @expose("/replace/<int:pk>", methods=["POST"])
    @guarded("spoil")
    def replace(self, pk: int) -> Any:
        """Write off a misprinted blank and give its document the next one."""
        row = get_writable(db.session, m.Blank, pk, "blank:spoil")

        def replace() -> str:
            if row.certificate is None:
                raise Conflict(f"На бланке {row} документа нет. Обновите страницу: возможно, он уже на другом бланке.")
            reason = request.form.get("reason", "").strip()[:1000]
            paper = blanks.replace_spoiled(row.certificate.id, spoiled_id=row.id, reason=reason)
            words = f"Документ № {paper.number} теперь на бланке {paper.blank}: напечатайте его."
            flash(f"Бланк {row} списан. {words}", "success")
            return addresses.card("certificate", paper.id)

        return answer_act(replace, self.href_of(row))

    # --- the balance

    @expose("/balance/")
    @guarded("list")
    def balance(self) -> Any:
        """Balance of every series for a period."""
        since, until, problem = _period()
        lines: Sequence[Balance] = []
        if not problem:
            try:
                lines = balance(since, until)
            except Invalid as refusal:
                problem = refusal.message
        href = addresses.at("blank", "balance", "file", since=format_date(since), until=format_date(until))
        return render_template(
            "blank_balance.html",
            page=CardPage("Остатки бланков", self.crumbs(), blocks=[_balance_block(lines, since, until)]),
            typed=(request.args.get("since") or format_date(since), request.args.get("until") or format_date(until)),
            problem=problem,
            action=addresses.at("blank", "balance", ""),
            export_href=href if current_actor().can("blank:export") and lines else "",
        )

    @expose("/balance/file")
    @guarded("export")
    def balance_file(self) -> Any:
        """The balance as an Excel file; written to the journal."""
        since, until, problem = _period()
        if problem:
            raise Invalid(problem)
        lines = balance(since, until)
        words = f"с {format_date(since)} по {format_date(until)}"
        name = f"Остатки бланков {format_date(since)}–{format_date(until)}.xlsx"
        return download_written(
            name,
            XLSX,
            lambda path: doors.table(
                path,
                of=(self.table, self.words.plural),
                title="Остатки бланков",
                columns=_SHEET,
                rows=([line.organizer, line.kind.label, line.series, *_figures(line)] for line in lines),
                filters=f"остатки {words}",
                notes=[f"Период: {words}", f"Выгрузил: {current_actor().name}", f"Когда: {format_datetime(now())}"],
            ),
        )


_FIGURES = (
    "На начало",
    "Поступило",
    "Использовано",
    "Испорчено",
    "Остаток на конец",
    "Списано из использованных ранее",
)
_SHEET = [
    SheetColumn("Организатор", width=40),
    SheetColumn("Вид документа", width=40),
    SheetColumn("Серия"),
    *(SheetColumn(title, "int", total=True) for title in _FIGURES),
]


def _figures(line: Balance) -> tuple[int, ...]:
    return line.opening, line.received, line.used, line.spoiled, line.closing, line.spoiled_later


def _balance_block(lines: Sequence[Balance], since: dt.date, until: dt.date) -> Block:
    heads = [Column("series", "Серия"), *(Column(title, title, number=True) for title in _FIGURES)]
    whole = current_actor().roles & {"operator"}
    rows = [
        Row(
            place,
            "",
            [Cell(line.series, _whose(line, bool(whole))), *(Cell(number(n), number=True) for n in _figures(line))],
        )
        for place, line in enumerate(lines)
    ]
    title = f"С {format_date(since)} по {format_date(until)}"
    return Block(title, columns=heads, rows=rows, empty="За этот период бланков не было.")


def _whose(line: Balance, named: bool) -> str:
    return f"{line.kind.label}, {line.organizer}" if named else line.kind.label


def _period() -> tuple[dt.date, dt.date, str]:
    """The asked days, by default from the year's beginning to today, and what is wrong with them."""
    day, problem = today(), ""
    found = [day.replace(month=1, day=1), day]
    for place, name in enumerate(("since", "until")):
        typed = request.args.get(name, "").strip()
        try:
            found[place] = read_date(typed) if typed else found[place]
        except RussianDateError as error:
            problem = str(error)
    return found[0], found[1], problem


class ReceiptPages(ScopedModelView):
    """Receipts: the form takes a range, the card says what is left of it."""

    limited = {"organizer": "blank_receipt:add"}
    keep = ("organizer", "kind", "series", "received_on", "document")
    offered = {"kind": ON_BLANKS}
    empty = "Поступлений пока нет."

    def choosable(self, field: str, target: type[Any]) -> Any:
        """Blanks are received by the own organization."""
        return own_organizers() if field == "organizer" and target is m.Organization else None

    def prefill(self) -> dict[str, Any]:
        """The own organization, today."""
        return {**own_organizer(self), "received_on": today(), **super().prefill()}

    def create(self, values: dict[str, Any]) -> Any:
        """Put the range into the stock."""
        organizer = values.pop("organizer")
        return blanks.receive(organizer.id, **values)

    def card_title(self, row: m.BlankReceipt) -> str:
        """«Поступление ПК 000101–000200»."""
        return f"Поступление {row}"

    def card_sections(self) -> Sequence[tuple[str, Sequence[str]]]:
        """The range and its document."""
        fields = ("organizer", "kind", "series", "first", "last", "quantity", "received_on", "document", "created_at")
        return [("Поступление", fields)]


def _link(row: Any) -> Cell:
    return Cell(str(row), href=addresses.card(row.__tablename__, row.id)) if row is not None else Cell("—")
