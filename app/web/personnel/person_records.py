"""Records of a person (places of work, diplomas, attestations, courses, former names) as a part of the person's card."""

from __future__ import annotations

from typing import Any

from app import addresses
from app.web.frame.pages import Button
from app.web.frame.parts import Part
from app.web.personnel.change_view import may_correct, propose_href
from app.web.personnel.own_card import is_own_cabinet

#: table → tab of the card that shows its rows
_TABS = {
    "employment": "work",
    "qualification": "education",
    "attestation": "attestation",
    "training": "training",
    "former_name": "education",
}


class OfPerson(Part):
    """Forms lead back to the card's tab; the owner proposes another text of the record."""

    def home_of(self, row: Any) -> str:
        """The person's card."""
        if self.table == "training" and is_own_cabinet(row.employee):
            return addresses.MY_DOCUMENTS
        return addresses.card("employee", row.employee_id, tab=_TABS[self.table])

    def buttons(self, row: Any) -> list[Button]:
        """Another text, proposed by the owner of a place of work, a diploma or an attestation."""
        return [Button("Предложить исправление", propose_href(self.table, row.id))] if may_correct(row) else []
