"""Fields of the forms of a move: a person may go to any organization of the region; only the user's organizations may hire."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from flask_appbuilder.forms import DynamicForm
from flask_appbuilder.models.sqla.interface import SQLAInterface
from flask_wtf import FlaskForm
from wtforms import StringField
from wtforms.validators import InputRequired, Length

from app import addresses
from app import models as m
from app.errors import Invalid
from app.identifiers import IdentifierError, parse_person_name
from app.services.personnel.moves.transfer_letters import find_places
from app.web.frame.forms import REQUIRED, FieldSource, RuDateField
from app.web.frame.lookups import LIMIT, Lookup
from app.web.frame.search import match
from app.web.personnel.own_choices import own_organizations


class _PlaceLookup(Lookup):
    """Choices of a move: any organization of the region by its name (``everywhere``), or only the user's."""

    def __init__(self, view: Any, *, everywhere: bool) -> None:
        super().__init__(view, m.Transfer, {})
        self.everywhere = everywhere

    def url(self, name: str) -> str:
        """Address of the search."""
        return addresses.at("transfer", "place", "find", name, own=None if self.everywhere else 1)

    def is_small(self, name: str) -> bool:
        """Nothing is listed whole."""
        return False

    def choose(self, name: str, ids: Any) -> list[Any]:
        """Chosen rows."""
        if name == "organization" and self.everywhere:
            return find_places(m.Organization.id.in_(list(ids)), limit=LIMIT)
        return super().choose(name, ids)

    def rows(self, name: str, typed: str) -> list[Any]:
        """First rows that match what was typed."""
        if name == "organization" and self.everywhere:
            words = match(m.Organization, typed) if typed.strip() else m.Organization.id > 0
            return find_places(words, limit=LIMIT + 1)
        return super().rows(name, typed)

    def find(self, name: str, typed: str) -> dict[str, Any]:
        """The same as the page's combobox reads them; an organization outside the scope tells its name only."""
        if name != "organization" or not self.everywhere:
            return super().find(name, typed)
        rows = self.rows(name, typed)
        return {
            "results": [{"id": r.id, "text": str(r), "detail": ""} for r in rows[:LIMIT]],
            "more": len(rows) > LIMIT,
        }


class PlaceFields(FieldSource):
    """The fields of a place of work to be."""

    hints: Mapping[str, str] = {"organization": "Начните вводить название: ищем по всей области."}
    datamodel = SQLAInterface(m.Transfer)

    def __init__(self, *, everywhere: bool) -> None:
        self.lookup = _PlaceLookup(self, everywhere=everywhere)
        if not everywhere:
            self.hints = {}

    def choosable(self, field: str, _target: type[Any]) -> Any:
        """The organization that hires is one of the user's."""
        return own_organizations() if field == "organization" and not self.lookup.everywhere else None


def make_form(title: str, fields: Mapping[str, Any]) -> type[DynamicForm]:
    """A form class of these fields."""
    return type(title, (DynamicForm,), dict(fields))


class ReleaseForm(FlaskForm):
    """The last working day of a person who leaves."""

    released_on = RuDateField("Последний рабочий день", [InputRequired(REQUIRED)])


def person_fields() -> dict[str, Any]:
    """The person whom an organization wants to hire."""
    mask = {"data-mask": "snils", "inputmode": "numeric", "placeholder": "000-000-000 00"}
    text = [InputRequired(REQUIRED), Length(max=100)]
    return {
        "last_name": StringField("Фамилия", text),
        "first_name": StringField("Имя", text),
        "patronymic": StringField("Отчество", [Length(max=100)]),
        "snils": StringField("СНИЛС", [InputRequired(REQUIRED), Length(max=25)], render_kw=mask),
        "birth_date": RuDateField("Дата рождения", [InputRequired(REQUIRED)], offers_today=False, past=True),
    }


def typed_name(form: Any) -> str:
    """The person's name as typed, put in order; raises Invalid by field."""
    parts, wrong = [], {}
    for name, kind in (("last_name", "фамилия"), ("first_name", "имя"), ("patronymic", "отчество")):
        typed = (form[name].data or "").strip()
        if not typed and name == "patronymic":
            continue
        try:
            parts.append(parse_person_name(typed, kind=cast(Any, kind)))
        except IdentifierError as error:
            wrong[name] = [f"{error}."]
    if wrong:
        raise Invalid("Проверьте поля, отмеченные ниже.", fields=wrong)
    return " ".join(parts)
