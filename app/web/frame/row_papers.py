"""Downloads: the paper of one row as a Word file or as PDF, for every view whose rows have a paper."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask_appbuilder import expose

from app import addresses
from app.access import current_actor, get_visible
from app.documents.doors import RowPaper
from app.documents.office.pdf import find_office
from app.extensions import db
from app.web.frame.downloads import download_of
from app.web.frame.guards import signed_in
from app.web.frame.pages import Button
from app.web.frame.parts import Part
from app.web.frame.pdf_tasks import MAKERS, as_pdf


class RowPapers(Part):
    """Part of a view: prints ``paper`` of a row; PDF is offered only where LibreOffice is installed."""

    paper: RowPaper

    def set_up(self) -> None:
        """Let tasks make the paper too."""
        MAKERS[self.paper.code] = self.paper.give_ordered

    def offers(self, _row: Any) -> bool:
        """Whether the card offers the paper; by default to all who see the card."""
        return True

    def buttons(self, row: Any) -> Sequence[Button]:
        """PDF first, then the file of Word."""
        if not self.offers(row):
            return []
        buttons = [Button("Скачать для Word", addresses.at(self.table, "print", row.id, "docx"))]
        if find_office():
            pdf = addresses.at(self.table, "print", row.id, "pdf")
            buttons.insert(0, Button("Печать в PDF", pdf, main=True))
        return buttons

    @expose("/print/<int:pk>/docx")
    @signed_in
    def print_docx(self, pk: int) -> Any:
        """The paper as DOCX."""
        row = self._row(pk)
        return download_of(self.paper.give(row), f"{self.paper.name(row)}.docx")

    @expose("/print/<int:pk>/pdf")
    @signed_in
    def print_pdf(self, pk: int) -> Any:
        """The paper as PDF."""
        row = self._row(pk)
        self.paper.insist(row)
        return as_pdf(self.paper.code, {"id": row.id}, title=self.paper.name(row), permission=self.paper.permission)

    def _row(self, pk: int) -> Any:
        """The row for a user with the right; 403 without the right, whatever the row."""
        current_actor().require(self.paper.permission)
        return get_visible(db.session, self.paper.model, pk, self.paper.permission)
