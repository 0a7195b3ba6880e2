"""Pages of employees: the staff card with tabs, and the form of a new person with the first place of work."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from flask import jsonify, request
from flask_appbuilder import expose
from flask_appbuilder.forms import DynamicForm
from flask_appbuilder.models.sqla.interface import SQLAInterface

from app import addresses
from app import models as m
from app.access import current_actor
from app.errors import NotFound
from app.services.personnel.cards import people
from app.statuses import EmploymentKind
from app.web.frame.forms import FieldSource, PortalModelConverter, form_values
from app.web.frame.guards import guarded
from app.web.frame.lookups import Lookup
from app.web.frame.pages import Button, CardPage, Cell, ListPage
from app.web.frame.scoped_view import ScopedModelView
from app.web.personnel import employee_card
from app.web.personnel.change_view import SURNAME_FIELDS, surname_fields, surname_of, waiting_block
from app.web.personnel.employee_actions import SURNAME_SECTION, page_button
from app.web.personnel.invitation_pages import account_blocks
from app.web.personnel.own_card import is_own_cabinet, own_card_page
from app.web.personnel.own_choices import own_organizations


class EmployeeLookup(Lookup):
    """Filters of the list of employees by what their places of work point to."""

    _TARGETS = {"organization": m.Organization, "position": m.Position}

    def target(self, name: str) -> type[Any]:
        """Model that the field or filter points to."""
        return self._TARGETS.get(name) or super().target(name)


_PLACE = ("organization", "position", "subjects", "kind", "started_on")


class _PlaceLookup(Lookup):
    """Choices of the fields of a place of work inside the form of a new person."""

    def url(self, name: str) -> str:
        """Address of the search."""
        return addresses.at("employee", "place", "find", name)


class _PlaceFields(FieldSource):
    """The fields of a place of work."""

    datamodel = SQLAInterface(m.Employment)

    def __init__(self) -> None:
        self.lookup = _PlaceLookup(self, m.Employment, {"organization": "employment:add"})

    @staticmethod
    def choosable(field: str, _target: type[Any]) -> Any:
        """The responsible person chooses among the own organization and its units."""
        return own_organizations() if field == "organization" else None


class EmployeePages(ScopedModelView):
    """The list, the card and the forms of employees."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.lookup = EmployeeLookup(self, m.Employee, {})

    # --- card

    def card_page(self, row: m.Employee) -> CardPage:
        """The staff card: the chosen tab, and the journal beside it."""
        tab = request.args.get("tab", "overview")
        data = people.CardData(row)
        place = data.main
        status = Cell(place.status.label, tone=place.status.tone) if place else Cell("Не работает", tone="grey")
        if is_own_cabinet(row):
            return own_card_page(data, status, self.card_buttons(row))
        return CardPage(
            title=row.full_name,
            crumbs=self.crumbs(),
            status=status,
            buttons=self.card_buttons(row),
            tabs=employee_card.tabs(data, tab if tab in dict(employee_card.TABS) else "overview"),
            blocks=employee_card.blocks(data, tab),
            aside=[
                *(waiting_block(row) if tab == "overview" else ()),
                *(account_blocks(row) if tab == "overview" else ()),
                self.history_block(row),
            ],
        )

    def extra_buttons(self, row: m.Employee) -> list[Button]:
        """What is most often done from a card."""
        actor, buttons = current_actor(), []
        if is_own_cabinet(row):
            return list(super().extra_buttons(row))
        if actor.can("enrolment:add"):
            buttons.append(Button("Записать на курс", addresses.form("enrolment", employee=row.id)))
        if actor.can("voucher_application:add") and employee_card.may_apply(row.id):
            buttons.append(Button("Подать заявку на чек", addresses.form("voucher_application", employee=row.id)))
        return [*buttons, *super().extra_buttons(row)]

    def _init_forms(self) -> None:
        """A new person comes with the first place of work: a card without one is seen by no school."""
        super()._init_forms()
        self.edit_form = type("CardForm", (self.edit_form,), surname_fields())
        places = _PlaceFields()
        self.places = places
        person = PortalModelConverter(self).fields(self.form_columns)
        place = PortalModelConverter(places).fields(_PLACE)
        self.add_form = type("HireForm", (DynamicForm,), {**person, **place})
        self.add_sections = (*self.sections[:1], ("Место работы", _PLACE), *self.sections[1:])

    def create_from(self, form: Any) -> Any:
        """Create the person together with the first place of work."""
        place = form_values(form, _PLACE, m.Employment)
        employment = people.hire(
            self.values(form),
            organization_id=place["organization"].id,
            position_id=place["position"].id,
            started_on=place["started_on"],
            subjects=place["subjects"],
            kind=place["kind"] or EmploymentKind.MAIN,
        )
        return employment.employee

    @expose("/place/find/<string:field>")
    @guarded("add")
    def find_place(self, field: str) -> Any:
        """Choices of the place of work in the form of a new person."""
        if field not in ("organization", "position", "subjects"):
            raise NotFound("Такого поля нет.")
        return jsonify(self.places.lookup.find(field, request.args.get("q", "")[:100]))

    # --- change of surname, topicality

    def form_sections(self, row: Any) -> Sequence[tuple[str, Sequence[str]]]:
        """The form of an existing card asks about a changed surname too."""
        found = super().form_sections(row)
        return found if row is None else [found[0], SURNAME_SECTION, *found[1:]]

    def _shown_fields(self, row: Any) -> list[str]:
        return [name for name in super()._shown_fields(row) if name not in SURNAME_FIELDS]

    def update(self, row: m.Employee, values: dict[str, Any]) -> Any:
        """Change the card; a former surname is kept with its day and ground."""
        return people.update_card(row, values, surname_of(self.edit_form(request.form)))

    def list_page(self) -> ListPage:
        """Where cards wait to be confirmed, one button confirms the page that is shown."""
        page = super().list_page()
        if request.args.get("attention") != "not_actual" or not current_actor().can("employee:confirm_actual"):
            return page
        return replace(page, buttons=[*page.buttons, *page_button([row.pk for row in page.rows])])
