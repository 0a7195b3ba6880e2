"""The declarations of a view, how FAB sets it up, and the hooks that views override."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from flask import jsonify, request
from flask_appbuilder import ModelView, expose

from app import addresses
from app.access import current_actor
from app.errors import Forbidden, NotFound
from app.labels import thing
from app.services.portal import records, transitions
from app.statuses import actions_of
from app.web.frame.forms import FieldSource, PortalModelConverter
from app.web.frame.guards import signed_in
from app.web.frame.listing import Listing
from app.web.frame.lookups import Lookup
from app.web.frame.pages import Block, Button
from app.web.frame.parts import Part, handlers_of
from app.web.frame.tabs import Tab
from app.web.frame.typed import row_id

if TYPE_CHECKING:
    from app.web.frame.scoped_view import ScopedModelView

Service = Callable[..., Any]


class ViewBase(FieldSource, ModelView):
    """Declarations, set-up and hooks; the pages are added by the classes built on it."""

    #: filters of the list: names of columns or relations, or ``ListFilter``
    filters: Sequence[Any] = ()
    #: ready tabs of the list, the first of which it opens with: see ``tabs.py``
    tabs: Sequence[Tab] = ()
    #: relations that the cells read, loaded by one statement each
    load: Sequence[str] = ()
    base_order_by: Sequence[Any] = ()
    #: (title, fields) of the forms; fields are columns or relations of the model
    sections: Sequence[tuple[str, Sequence[str]]] = ()
    #: sections of the form of a new record, where they differ
    add_sections: Sequence[tuple[str, Sequence[str]]] = ()
    #: fields that «Сохранить и добавить ещё» carries over into the next form
    keep: Sequence[str] = ()
    #: field → permission whose rows may be chosen in it
    limited: Mapping[str, str] = {}
    #: action → service called with the row's id, besides those that perform the edges of the table (``transitions.performs``)
    services: Mapping[str, Service] = {}
    #: without a card the list's rows lead nowhere
    has_card = True
    empty = "Здесь пока ничего нет."
    #: pages that stand beside the generated ones, in the order of their buttons and blocks
    parts: Sequence[type[Part]] = ()

    # --- set-up by FAB -----------------------------------------------------------------------------------------------

    def __init__(self, **kwargs: Any) -> None:
        model = self.datamodel.obj
        self.table: str = model.__tablename__
        self.words = thing(self.table)
        self.class_permission_name = self.table
        self.route_base = f"/{self.table}"
        self.lookup = Lookup(self, model, dict(self.limited))
        self.include_route_methods = set(handlers_of(self))
        own = {**transitions.performers_of(self.table), **self.services}
        self.services = {name: own[name] for name in (*filter(own.get, actions_of(self.table)), *own)}
        self.joined = [kind(cast("ScopedModelView", self)) for kind in self.parts]
        for part in self.joined:
            self._join(part)
        super().__init__(**kwargs)
        for part in self.joined:
            part.set_up()

    def _join(self, part: Part) -> None:
        """Serve a part's handlers as the view's own."""
        found = handlers_of(part)
        taken = self.include_route_methods & set(found)
        if taken:
            raise TypeError(f"{type(self).__name__}: {', '.join(sorted(taken))} is defined twice")
        self.include_route_methods |= set(found)
        self.services = {**self.services, **part.services}
        for name, handler in found.items():
            setattr(self, name, handler)

    def _init_properties(self) -> None:
        """Skip FAB's guessing of columns, filters and titles: everything is declared."""
        self.listing = Listing(self)
        self.related_views: Sequence[Any] = []
        self._related_views: Sequence[Any] = []

    def _init_forms(self) -> None:
        """Generate the forms from the model."""
        names = [name for _, fields in self.sections for name in fields]
        self.form_columns = names
        self.add_form = self.edit_form = PortalModelConverter(self).create_form(names)

    # --- hooks of the views ------------------------------------------------------------------------------------------

    def base_conditions(self) -> Sequence[Any]:
        """Conditions that always narrow the list (not a security boundary: that is the scope)."""
        return ()

    def choosable(self, _field: str, _target: type[Any]) -> Any:
        """Condition on the rows offered in a field of the form, or None; filters are offered all (``Lookup.whole``)."""
        return None

    def href_of(self, row: Any) -> str:
        """Where a row of the list leads."""
        # every row of a list asks it, and the framework's way to an address costs ten times as much
        return f"/{self.table}/show/{row.id}" if self.has_card else ""

    def prefill(self) -> dict[str, Any]:
        """Values with which an empty form starts: relations named in the address, when they may be chosen."""
        found: dict[str, Any] = {}
        for name in self.form_columns:
            pk = row_id(request.args.get(name, ""))
            if pk is not None and name in self.lookup_names:
                rows = self.lookup.choose(name, [pk])
                found[name] = rows[0] if rows else None
        return found

    @property
    def lookup_names(self) -> set[str]:
        """Fields that are relations."""
        return set(self.form_columns) & set(self.listing.mapper.relationships.keys())

    def create_from(self, form: Any) -> Any:
        """Create a record of a validated form."""
        return self.create(self.values(form))

    def create(self, values: dict[str, Any]) -> Any:
        """Create a record; views with a business action of their own call it here."""
        return records.create(self.datamodel.obj, values)

    def update(self, row: Any, values: dict[str, Any]) -> Any:
        """Change a record."""
        return records.update(row, values)

    def home_of(self, row: Any) -> str:
        """Page of what a row belongs to, to which its form and its deletion lead; empty: the row belongs to nothing."""
        return next((home for part in self.joined if (home := part.home_of(row))), "")

    def after_save(self, row: Any) -> str:
        """Where to go after a form is saved."""
        return self.home_of(row) or self.href_of(row) or addresses.listing(self.table)

    def instead_of_edit(self, _row: Any) -> Sequence[Button]:
        """What may be done with a row whose form does not open: a new edition, a correction."""
        return ()

    def extra_buttons(self, row: Any) -> Sequence[Button]:
        """Further buttons of a card: those of its parts."""
        return [button for part in self.joined for button in part.buttons(row)]

    def list_buttons(self) -> Sequence[Button]:
        """Further buttons of the list: those of its parts."""
        return [button for part in self.joined for button in part.list_buttons()]

    def blocks(self, row: Any) -> Sequence[Block]:
        """Blocks of the card itself: by default the form's sections as labelled values."""
        return [self.pairs_block(row, title, fields) for title, fields in self.card_sections()]

    def card_sections(self) -> Sequence[tuple[str, Sequence[str]]]:
        """Sections of the default card."""
        return self.sections or [("", [c.name for c in self.listing.columns])]

    @expose("/find/<string:field>")
    @signed_in
    def find(self, field: str) -> Any:
        """Rows for a field's combobox, as JSON, within the scope."""
        actor = current_actor()
        if not any(actor.can(f"{self.table}:{verb}") for verb in ("list", "add", "edit")):
            raise Forbidden("У вас нет права на этот раздел.")
        known = self.lookup_names | {f.name for f in self.listing.filters if f.kind == "lookup"}
        if field not in known:
            raise NotFound("Такого поля нет.")
        lookup = self.lookup.whole() if "whole" in request.args else self.lookup
        return jsonify(lookup.find(field, request.args.get("q", "")[:100]))
