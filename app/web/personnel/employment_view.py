"""The form and the card of a place of work: an unknown first day is empty, and stays unknown until somebody types it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from wtforms.validators import Optional

from app import models as m
from app.labels import label_of
from app.web.frame.forms import RuDateField
from app.web.frame.pages import Cell
from app.web.frame.parts import Part
from app.web.frame.scoped_view import ScopedModelView
from app.web.personnel.person_records import OfPerson

_STARTED = "started_on"
UNKNOWN = "неизвестно"
_HINT = "День приёма портал не знает. Впишите его, если знаете: пустое поле так и останется неизвестным."


class _UnknownStart:
    """What a form of a stored place of work shows of its first day; that a known one is not emptied, its service says."""

    started_on: RuDateField

    def process(self, formdata: Any = None, obj: m.Employment | None = None, **more: Any) -> None:
        """Fill the fields; the day since which the portal counts the place is not the one that somebody has told."""
        super().process(formdata, obj, **more)  # type: ignore[misc]
        field = self.started_on
        if obj is None or obj.begun_on is not None:
            field.flags.required = True
            return
        field.description = _HINT
        field.render_kw = {**(field.render_kw or {}), "placeholder": f"{UNKNOWN}, дд.мм.гггг"}
        if not field.raw_data:
            field.data = None


class EmploymentPages(ScopedModelView):
    """Pages of the view of places of work."""

    parts: Sequence[type[Part]] = (OfPerson,)

    def _init_forms(self) -> None:
        """A new place of work has its first day; of a stored one it may be unknown."""
        super()._init_forms()
        field = RuDateField(label_of(self.table, _STARTED), [Optional()])
        self.edit_form = type("EmploymentForm", (_UnknownStart, self.add_form), {_STARTED: field})

    @staticmethod
    def _value_cell(row: Any, name: str) -> Cell:
        if name == _STARTED and row.begun_on is None:
            return Cell(UNKNOWN)
        return ScopedModelView._value_cell(row, name)
