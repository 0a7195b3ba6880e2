"""What organizers put up for a year: the list, the card, the form."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import and_, exists
from sqlalchemy.orm import aliased

from app import models as m
from app.access import current_actor
from app.labels import label_of, months_words
from app.services.planning import campaigns, offers
from app.statuses import ProgramStatus
from app.web.frame.forms import CodesField
from app.web.frame.listing import ListColumn
from app.web.frame.pages import Block, Button, Cell, Pair
from app.web.frame.scoped_view import ScopedModelView

MONTHS = ListColumn(
    "months",
    label_of("plan_offer", "months"),
    lambda row: months_words(row.months),
    lambda row: Cell(months_words(row.months)),
)
OFFERED = ListColumn(
    "status",
    label_of("plan_offer", "status"),
    lambda row: row.status.label,
    lambda row: Cell(row.status.label, "предложена после срока" if row.late else "", tone=row.status.tone),
    (m.PlanOffer.status,),
)


class OfferPages(ScopedModelView):
    """The list, the card and the form of offers."""

    empty = "Программ на этот год ещё не предложили."

    def _init_forms(self) -> None:
        """The program is chosen once: a form that changes an offer has its sizes, months and places."""
        super()._init_forms()
        name = "municipality_ids"
        field: Any = CodesField(label_of(self.table, name), listed=offers.municipalities, description=self.hints[name])
        self.add_form.municipality_ids = field
        self.edit_form = type("OfferForm", (self.add_form,), {"campaign": None, "program": None})

    def form_sections(self, row: Any) -> Sequence[tuple[str, Sequence[str]]]:
        """All of a new offer; of a stored one all but the program."""
        return self.sections if row is None else self.sections[1:]

    def _list_buttons(self) -> Sequence[Button]:
        """An organizer's place for the year comes first: there the same form stands beside what lacks."""
        first = {button.href for button in self.list_buttons()}
        found = super()._list_buttons()
        return [replace(button, main=button.href in first) for button in found] if first else found

    def choosable(self, field: str, target: type[Any]) -> Any:
        """Plans that still take programs; own programs of their years, the edition in force first of all."""
        taking = campaigns.taking_offers()
        if field == "campaign":
            return target.id.in_([row.id for row in taking])
        if field != "program":
            return None
        p, other, offer = m.Program, aliased(m.Program), m.PlanOffer
        same = and_(other.organizer_id == p.organizer_id, other.code == p.code, other.year == p.year)
        newer = exists().where(same, other.status == ProgramStatus.PUBLISHED, other.id != p.id)
        # one flat subquery: of one within another only the inner tables would be the outer query's
        put_up = exists().where(
            offer.organizer_id == p.organizer_id,
            offer.code == p.code,
            offer.campaign_id == m.PlanCampaign.id,
            m.PlanCampaign.year == p.year,
        )
        return and_(
            p.organizer_id.in_(current_actor().places("organizer")),
            p.year.in_([row.year for row in taking]),
            p.status != ProgramStatus.ARCHIVED,
            ~newer,
            ~put_up,
        )

    def prefill(self) -> dict[str, Any]:
        """The nearest plan, a group of the usual size."""
        given = super().prefill()
        taking = campaigns.taking_offers()
        program = given.get("program")
        plan = next((row for row in taking if program is not None and row.year == program.year), None)
        sizes = {"minimum": offers.MINIMUM, "capacity": offers.CAPACITY, "seats": offers.CAPACITY}
        return {**sizes, "campaign": plan or next(iter(taking), None), **given}

    def added_words(self, row: m.PlanOffer) -> str:
        """Whether people see it at once."""
        if row.late:
            return "Предложено после срока: программа войдёт в план, когда её примет оператор."
        if row.program.status != ProgramStatus.PUBLISHED:
            return "Предложено. Люди увидят программу, когда оператор её опубликует."
        return "Предложено."

    def card_title(self, row: m.PlanOffer) -> str:
        """The program and the year."""
        return f"{row.program.title} — план на {row.campaign.year} год"

    def blocks(self, row: m.PlanOffer) -> Sequence[Block]:
        """The program with its state, the sizes, when and where."""
        what = self.pairs_block(row, "Программа", ("campaign", "program", "code", "organizer"))
        state = Pair("Программа", Cell(row.program.status.label, tone=row.program.status.tone))
        late = [Pair("Предложена", Cell("после срока", tone="wait"))] if row.late else []
        sizes = self.pairs_block(row, "Места", ("seats", "minimum", "capacity"))
        places = ", ".join(offers.municipality_names(row.municipality_ids))
        where = Pair(
            label_of(self.table, "municipality_ids"), Cell(places or "по адресу организатора или дистанционно")
        )
        note = self.pairs_block(row, "", ("note",)).pairs if row.note else ()
        months = Pair(label_of(self.table, "months"), Cell(months_words(row.months)))
        return [
            Block(what.title, pairs=[*what.pairs, state, *late]),
            sizes,
            Block("Когда и где", pairs=[months, where, *note]),
        ]
