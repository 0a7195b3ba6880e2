"""Pages of certificates: the card with printing, DOCX and PDF from the snapshot kept at issue."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

from flask import send_file, url_for
from flask_appbuilder import expose

from app import audit
from app import models as m
from app.documents.certificate import CertificateFacts, render_certificate
from app.documents.pdf import find_office, to_pdf
from app.unit_of_work import technical_write
from app.web.guards import guarded
from app.web.pages import Block, Button, Cell, Pair
from app.web.printing_pages import BulkPrinting

_DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


class CertificatePrinting(BulkPrinting):
    """Pages of the certificates' view; a reprint years later gives the same paper, because only the snapshot is read."""

    include_route_methods = BulkPrinting.include_route_methods | {"print_docx", "print_pdf"}

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
        check = Pair(
            "Проверка по коду", Cell("открыть страницу проверки", href=url_for("HomeView.verify", code=row.check_code))
        )
        return [Block("Документ", pairs=[*(Pair(label, Cell(text)) for label, text in values), check])]

    def extra_buttons(self, row: m.Certificate) -> Sequence[Button]:
        """Print buttons; PDF only where LibreOffice is installed."""
        if not self.may(row, "print"):
            return []
        buttons = [Button("Скачать для Word", url_for("CertificateView.print_docx", pk=row.id))]
        if find_office():
            buttons.insert(0, Button("Печать в PDF", url_for("CertificateView.print_pdf", pk=row.id), main=True))
        return buttons

    @expose("/print/<int:pk>/docx")
    @guarded("print")
    def print_docx(self, pk: int) -> Any:
        """The document as DOCX."""
        row = self.visible(pk, "print")
        paper = _paper(row)
        return send_file(io.BytesIO(paper), as_attachment=True, download_name=f"{_name(row)}.docx", mimetype=_DOCX)

    @expose("/print/<int:pk>/pdf")
    @guarded("print")
    def print_pdf(self, pk: int) -> Any:
        """The document as PDF."""
        row = self.visible(pk, "print")
        paper = to_pdf(_paper(row))
        return send_file(
            io.BytesIO(paper), as_attachment=True, download_name=f"{_name(row)}.pdf", mimetype="application/pdf"
        )


def _paper(row: m.Certificate) -> bytes:
    """Render the snapshot and journal the printing."""
    paper = render_certificate(CertificateFacts.from_snapshot(row.snapshot))
    _journal(row)
    return paper


@technical_write
def _journal(row: m.Certificate) -> None:
    audit.record("certificate.printed", row)


def _name(row: m.Certificate) -> str:
    number = row.number.replace("/", "-")
    return f"{row.kind.label.capitalize()} {number}"
