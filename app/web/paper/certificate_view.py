"""Pages of certificates (удостоверения): the card with its chain, printing from the snapshot stored at issue, duplicate, handing over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from flask import flash, request
from flask_appbuilder import expose
from flask_wtf import FlaskForm
from wtforms import SelectField, StringField
from wtforms.validators import InputRequired, Length, Optional

from app import addresses, audit
from app import models as m
from app.access import get_writable
from app.clock import today
from app.documents.doors import CERTIFICATE
from app.documents.office.pdf import MISSING, find_office
from app.documents.papers.certificate import CertificateFacts
from app.documents.templates.in_force import issue_options
from app.extensions import db
from app.services.paper.blanks import blanks
from app.services.paper.issuing import certificates, duplicates, handing
from app.services.portal import refusal_reasons
from app.statuses import CertificateStatus, DuplicateGround, Handing
from app.web.frame import reasons
from app.web.frame.answers import answer_form
from app.web.frame.forms import RuDateField
from app.web.frame.guards import guarded
from app.web.frame.pages import Block, Button, Cell, Column, FormPage, Pair, Row, Section
from app.web.frame.row_papers import RowPapers
from app.web.frame.scoped_view import ScopedModelView
from app.web.paper.issue_pages import series_choices
from app.web.paper.printing_pages import BulkPrinting


class DuplicateForm(FlaskForm):
    """Why a document is issued anew."""

    ground = SelectField(
        "Основание",
        [InputRequired("Выберите основание.")],
        choices=[("", "— выберите —"), *((g.value, g.label) for g in DuplicateGround)],
        description="При обмене печатаются нынешние фамилия, имя и отчество, при утрате и порче — прежние.",
    )
    issued_on = RuDateField("Дата выдачи", [InputRequired("Укажите дату выдачи.")])
    series = SelectField("На чём печатать")


class HandingForm(FlaskForm):
    """How a document came to its owner."""

    handing = SelectField("Как вручён", choices=[(h.value, h.label) for h in Handing])
    handed_on = RuDateField("Дата вручения", [InputRequired("Укажите дату вручения.")])
    handed_to = StringField(
        "Доверенное лицо",
        [Optional(), Length(max=255)],
        description="Фамилия, имя, отчество полностью; только при вручении по доверенности.",
    )


class CertificatePaper(RowPapers):
    """Part of the certificates' view: the document on paper."""

    paper = CERTIFICATE

    def offers(self, row: m.Certificate) -> bool:
        """To users who may print it."""
        return self.may(row, "print")


class CertificatePages(ScopedModelView):
    """The card with the chain of a document, its duplicate, its handing over."""

    parts = (CertificatePaper, BulkPrinting)

    def blocks(self, row: m.Certificate) -> Sequence[Block]:
        """What is printed, and where anybody may check it."""
        facts = CertificateFacts.from_snapshot(row.snapshot)
        person = " ".join(filter(None, (facts.last_name, facts.first_name, facts.patronymic)))
        values = (
            ("Вид документа", row.kind.label),
            ("Номер", row.number),
            ("Дата выдачи", audit.words(row.issued_on)),
            ("Кому", person),
            ("Программа", facts.program),
            ("Часы", str(facts.hours)),
            ("Обучение", f"{audit.words(facts.starts_on)} – {audit.words(facts.ends_on)}"),
            ("Организация", facts.organization),
            ("Бланк", str(row.blank) if row.blank else "обычная бумага"),
        )
        check = Pair("Проверка по коду", Cell("открыть страницу проверки", href=addresses.at("verify", row.check_code)))
        handed = Pair("Вручение", Cell(_handed(row)))
        pairs = [*(Pair(label, Cell(text)) for label, text in values), handed, check]
        # who may print and gets no PDF is told why
        note = MISSING if self.may(row, "print") and not find_office() else ""
        main = Block("Документ", pairs=pairs, note=note)
        return [*_outdated(row), main, *_chain(row)]

    def action_buttons(self, row: m.Certificate) -> Sequence[Button]:
        """The user who annuls a document also decides on its blank; when the document was handed over, only after it is back."""
        buttons = super().action_buttons(row)
        href = addresses.act("certificate", row.id, "annul")
        if row.blank is None or all(button.href != href for button in buttons) or not blanks.may_spoil(row.blank):
            return buttons
        handed = row.handed_on is not None
        words = (
            f"Бланк {row.blank} вернули: списать как испорченный"
            if handed
            else f"Списать бланк {row.blank} как испорченный"
        )
        return [replace(b, also=words, also_ticked=not handed) if b.href == href else b for b in buttons]

    def _call(self, name: str, pk: int) -> Any:
        if name != "annul":
            return super()._call(name, pk)
        reason = refusal_reasons.arguments(m.Certificate, *reasons.posted())
        return certificates.annul(pk, **reason, spoil_blank=request.form.get("also") == "1")

    def extra_buttons(self, row: m.Certificate) -> Sequence[Button]:
        """Handing over and a duplicate of a live document, then printing."""
        buttons = []
        if row.status == CertificateStatus.ISSUED:
            verbs = (("hand", "Отметить вручение"), ("duplicate", "Выдать дубликат"))
            rights = {"hand": "hand", "duplicate": "replace"}
            buttons = [
                Button(label, addresses.at("certificate", verb, row.id))
                for verb, label in verbs
                if self.may(row, rights[verb])
            ]
        return [*buttons, *super().extra_buttons(row)]

    @expose("/duplicate/<int:pk>", methods=["GET", "POST"])
    @guarded("replace")
    def duplicate(self, pk: int) -> Any:
        """Issue a duplicate in place of a document."""
        row = get_writable(db.session, m.Certificate, pk, "certificate:replace")
        ground = DuplicateGround.EXCHANGED.value if row.outdated else None
        form = DuplicateForm(data={"issued_on": today(), "ground": ground})
        form.series.choices = series_choices(row.organizer_id, row.kind)

        def save() -> str:
            options = {"issued_on": form.issued_on.data, "series": form.series.data or "", **issue_options()}
            made = duplicates.issue_duplicate(pk, DuplicateGround.of(form.ground.data or ""), **options)
            flash(f"Выдан дубликат № {made.number}. Прежний документ больше не действует.", "success")
            return addresses.card("certificate", made.id)

        note = "Дубликат получит свой номер и слово «ДУБЛИКАТ», прежний документ станет заменённым."
        if row.outdated:
            note = f"Сведения исправлены: {row.outdated}. В новом документе будут исправленные. {note}"
        return answer_form(form, save, lambda: _form_page(row, f"Дубликат: {row}", form, "Выдать дубликат", note))

    @expose("/hand/<int:pk>", methods=["GET", "POST"])
    @guarded("hand")
    def hand(self, pk: int) -> Any:
        """Mark how, when and to whom the document was handed over."""
        row = get_writable(db.session, m.Certificate, pk, "certificate:hand")
        kept = {"handing": (row.handing or Handing.PERSON).value, "handed_to": row.handed_to}
        form = HandingForm(data={**kept, "handed_on": row.handed_on or today()})

        def save() -> str:
            how, day, who = Handing.of(form.handing.data or ""), form.handed_on.data, form.handed_to.data
            handing.hand_over(pk, how, handed_on=day, handed_to=who)
            flash("Вручение отмечено.", "success")
            return addresses.card("certificate", pk)

        return answer_form(form, save, lambda: _form_page(row, f"Вручение: {row}", form, "Отметить вручение"))


def _form_page(row: m.Certificate, title: str, form: FlaskForm, submit: str, note: str = "") -> FormPage:
    fields = [field.name for field in form if field.name != "csrf_token"]
    back = addresses.card("certificate", row.id)
    return FormPage(title, form, [Section("", fields)], submit=submit, cancel_href=back, note=note)


def _outdated(row: m.Certificate) -> list[Block]:
    """What a valid document prints and what was corrected since."""
    if not row.outdated or row.status != CertificateStatus.ISSUED:
        return []
    note = f"После выдачи сведения исправлены: {row.outdated}. Организатор выдаст новый документ взамен этого."
    return [Block("Документ нужно заменить", note=note, tone="wait")]


def _handed(row: m.Certificate) -> str:
    if row.handing is None or row.handed_on is None:
        return "не отмечено"
    return ", ".join(filter(None, (row.handing.label, audit.words(row.handed_on), row.handed_to)))


def _ground(row: m.Certificate) -> str:
    if row.original_id is None:
        return "первый документ"
    return row.ground.label if row.ground else "не указано"


def _chain(row: m.Certificate) -> list[Block]:
    """The original and everything issued in its place, for a document that has such relatives."""
    chain = duplicates.chain_of(row)
    if len(chain) == 1:
        return []
    rows = [
        Row(
            item.id,
            addresses.card("certificate", item.id),
            [
                Cell(f"№ {item.number}", detail="этот документ" if item.id == row.id else ""),
                Cell(audit.words(item.issued_on)),
                Cell(_ground(item)),
                Cell(item.status.label, tone=item.status.tone),
            ],
        )
        for item in chain
    ]
    heads = [Column(name, name) for name in ("Документ", "Выдан", "Основание", "Состояние")]
    return [Block("Документ и его замены", columns=heads, rows=rows)]
