"""Pages of write-off acts (акты): made of the blanks (бланки) chosen in the list, printed as DOCX and PDF."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Sequence
from typing import Any

from flask import request
from sqlalchemy import select
from wtforms import TextAreaField
from wtforms.validators import Length, Optional

from app import addresses
from app import models as m
from app.access import current_actor
from app.clock import today
from app.documents.doors import BLANK_ACT, blanks_of
from app.errors import NotFound
from app.extensions import db
from app.labels import label_of
from app.russian import count, format_date
from app.services.paper.blanks import blank_acts
from app.web.frame.listing import ListColumn
from app.web.frame.pages import Block, Cell, Column, FormPage, Row
from app.web.frame.row_papers import RowPapers
from app.web.frame.scoped_view import ScopedModelView

#: the choice of blanks as it goes in the address
LONGEST_CHOICE = 2500
_FORMS = ("бланк", "бланка", "бланков")
ACT_NUMBER = ListColumn(
    "number",
    "Акт",
    lambda r: f"{r.number}/{r.year}",
    lambda r: Cell(f"№ {r.number}", f"{r.year} год"),
    (m.BlankAct.year, m.BlankAct.id),
)


class ActPaper(RowPapers):
    """Part of the acts' view: the act on paper."""

    paper = BLANK_ACT


class ActPages(ScopedModelView):
    """Acts: made of chosen blanks, printed as DOCX and PDF."""

    parts = (ActPaper,)
    empty = "Актов пока нет. Отметьте бланки в списке и нажмите «Составить акт»."

    def _init_forms(self) -> None:
        """The commission is written in lines."""
        super()._init_forms()
        self.add_form.commission = TextAreaField(
            label_of(self.table, "commission"),
            [Optional(), Length(max=1000, message="Не больше 1000 знаков.")],
            description=self.hints["commission"],
        )

    def prefill(self) -> dict[str, Any]:
        """Today; the commission of the last act."""
        chosen = self._asked()
        commission = blank_acts.last_commission(chosen[0].organizer_id) if chosen else None
        return {"acted_on": today(), "commission": commission}

    def create(self, values: dict[str, Any]) -> Any:
        """Write off the blanks that the address names."""
        return blank_acts.write_off(
            [blank.id for blank in self._asked()],
            acted_on=values["acted_on"],
            reason=values["reason"] or "",
            commission=values["commission"],
        )

    def _page(self, *args: Any, **kwargs: Any) -> FormPage:
        """Say which blanks go into the act; one act after another is no work to be hurried."""
        return dataclasses.replace(super()._page(*args, **kwargs), note=_named(self._asked()), more="")

    @staticmethod
    def _asked() -> Sequence[m.Blank]:
        """Blanks named in the address, all of them visible; without any the spoiled ones that stand in no act."""
        typed = request.args.get("blanks", "")
        if not typed:
            own = current_actor().places("organizer")
            return blank_acts.unlisted(own)
        ids = read_ids(typed)
        rows = db.session.scalars(select(m.Blank).where(m.Blank.id.in_(ids)).order_by(m.Blank.series, m.Blank.number))
        found = list(rows)
        if len(found) != len(ids):
            raise NotFound("Одного из бланков нет или он вам не виден. Ничего не выполнено.")
        return found

    def card_title(self, row: m.BlankAct) -> str:
        """«Акт № 3 от 04.03.2026»."""
        return f"Акт № {row.number} от {format_date(row.acted_on)}"

    def blocks(self, row: m.BlankAct) -> Sequence[Block]:
        """The act, then its blanks."""
        main = self.pairs_block(row, "Акт", ("number", "acted_on", "organizer", "reason", "commission"))
        rows = [
            Row(
                b.id,
                addresses.card("blank", b.id),
                [Cell(str(b)), Cell(b.kind.label), Cell(b.reason_text or row.reason)],
            )
            for b in blanks_of(row)
        ]
        heads = [Column(h, h) for h in ("Бланк", "Документ", "Причина")]
        return [main, Block(f"Списано: {count(len(rows), *_FORMS)}", columns=heads, rows=rows)]


def _named(chosen: Sequence[m.Blank]) -> str:
    if not chosen:
        return "Испорченных бланков без акта нет. Отметьте бланки в списке и нажмите «Составить акт»."
    names = ", ".join(str(blank) for blank in chosen[:10])
    more = f" и ещё {len(chosen) - 10}" if len(chosen) > 10 else ""
    return f"В акте {count(len(chosen), *_FORMS)}: {names}{more}."


# --- a choice of rows in an address ----------------------------------------------------------------------------------


def write_ids(ids: Iterable[int]) -> str:
    """Write ids in short: «1-25.30»."""
    parts: list[list[int]] = []
    for pk in sorted(ids):
        if parts and parts[-1][1] == pk - 1:
            parts[-1][1] = pk
        else:
            parts.append([pk, pk])
    return ".".join(str(a) if a == b else f"{a}-{b}" for a, b in parts)


def read_ids(typed: str) -> set[int]:
    """Read what ``write_ids`` wrote, at most an act's worth; raises NotFound for anything else."""
    found: set[int] = set()
    for part in typed[:LONGEST_CHOICE].split("."):
        if not re.fullmatch(r"[0-9]{1,9}(-[0-9]{1,9})?", part):
            raise NotFound("Таких бланков нет. Отметьте бланки в списке заново.")
        first, _, last = part.partition("-")
        span = range(int(first), int(last or first) + 1)
        if len(span) + len(found) > blank_acts.MOST_IN_ACT:
            raise NotFound(f"В один акт входит не больше {blank_acts.MOST_IN_ACT} бланков. Отметьте меньше.")
        found.update(span)
    return found
