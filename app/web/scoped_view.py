"""``ScopedModelView``: the one base of all generated views. It closes, once, every hole of stock FAB.

FAB generates the routes, permissions and forms from the model; this base answers them: rows only within the acting user's
scope (the session adds it), rights and rows of one role together, actions by POST on visible rows only, pages of bounded
size, no state kept between requests, every write through ``services.records`` (one transaction with its journal entry),
and a Russian sentence for each refusal. A view itself is 8–15 lines of declarations.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

from flask import abort, flash, jsonify, redirect, render_template, request, send_file, url_for
from flask_appbuilder import ModelView, expose
from sqlalchemy import func, select
from werkzeug.wrappers import Response

from app import audit
from app.access import current_actor, get_visible, get_writable, write_scope
from app.clock import local, now
from app.documents.spreadsheet import Kind, SheetColumn, write_sheet
from app.errors import Forbidden, Invalid, NotFound, PortalError
from app.extensions import db
from app.labels import action_label, in_words, label_of, thing
from app.russian import count, format_datetime
from app.services import records
from app.statuses import TRANSITIONS, Edge, actions_of
from app.unit_of_work import technical_write
from app.web.forms import PortalModelConverter, form_values
from app.web.guards import guarded, signed_in
from app.web.listing import Listing, show_value
from app.web.lookups import Lookup
from app.web.pages import Block, Button, CardPage, Cell, FormPage, Link, ListPage, Pair, Section
from app.web.search import HINTS

#: a bulk action touches at most this many rows at once
BULK_LIMIT = 500

Service = Callable[..., Any]


class ScopedModelView(ModelView):
    """Generated list, card, forms, deletion, actions and export of one table; see the module."""

    #: filters of the list: names of columns or relations, or ``ListFilter``
    filters: Sequence[Any] = ()
    #: relations that the cells read, loaded by one statement each
    load: Sequence[str] = ()
    base_order_by: Sequence[Any] = ()
    #: (title, fields) of the forms; fields are columns or relations of the model
    sections: Sequence[tuple[str, Sequence[str]]] = ()
    #: sections of the form of a new record, where they differ
    add_sections: Sequence[tuple[str, Sequence[str]]] = ()
    hints: Mapping[str, str] = {}
    required_columns: Sequence[str] = ()
    #: field → permission whose rows may be chosen in it
    limited: Mapping[str, str] = {}
    #: action of ``statuses`` → service called with the row's id (and ``reason`` when the edge asks for one)
    services: Mapping[str, Service] = {}
    #: without a card the list's rows lead nowhere
    has_card = True
    empty = "Здесь пока ничего нет."

    include_route_methods = {
        "list", "show", "add", "edit", "delete", "export", "find", "act", "act_many",
    }  # fmt: skip

    # --- set-up by FAB -----------------------------------------------------------------------------------------------

    def __init__(self, **kwargs: Any) -> None:
        model = self.datamodel.obj
        self.table: str = model.__tablename__
        self.words = thing(self.table)
        self.class_permission_name = self.table
        self.route_base = f"/{self.table}"
        self.lookup = Lookup(self, model, dict(self.limited))
        super().__init__(**kwargs)

    def _init_properties(self) -> None:
        """Skip FAB's guessing of columns, filters and titles: everything is declared."""
        self.listing = Listing(self)
        self.related_views: Sequence[Any] = []
        self._related_views: Sequence[Any] = []

    def _init_titles(self) -> None:
        self.list_title = self.title = self.words.plural

    def _init_forms(self) -> None:
        """Generate the forms from the model."""
        names = [name for _, fields in self.sections for name in fields]
        self.form_columns = names
        self.add_form = self.edit_form = PortalModelConverter(self).create_form(names)

    def _init_vars(self) -> None:
        """FAB's widgets are not used."""

    # --- hooks of the views ------------------------------------------------------------------------------------------

    def base_conditions(self) -> Sequence[Any]:
        """Conditions that always narrow the list (not a security boundary: that is the scope)."""
        return ()

    def choosable(self, _field: str, _target: type[Any]) -> Any:
        """Condition on the rows offered in a field, or None."""
        return None

    def href_of(self, row: Any) -> str:
        """Where a row of the list leads."""
        return url_for(f"{self.endpoint}.show", pk=row.id) if self.has_card else ""

    def prefill(self) -> dict[str, Any]:
        """Values with which an empty form starts: relations named in the address, when they may be chosen."""
        found: dict[str, Any] = {}
        for name in self.form_columns:
            typed = request.args.get(name, "")
            if typed.isdecimal() and len(typed) < 10 and name in self.lookup_names:
                rows = self.lookup.choose(name, [int(typed)])
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

    def after_save(self, row: Any) -> str:
        """Where to go after a form is saved."""
        return self.href_of(row) or url_for(f"{self.endpoint}.list")

    def extra_buttons(self, _row: Any) -> Sequence[Button]:
        """Further buttons of a card."""
        return ()

    def list_buttons(self) -> Sequence[Button]:
        """Further buttons of the list."""
        return ()

    def blocks(self, row: Any) -> Sequence[Block]:
        """Blocks of the card: by default the form's sections as labelled values."""
        return [self.pairs_block(row, title, fields) for title, fields in self.card_sections()]

    def card_sections(self) -> Sequence[tuple[str, Sequence[str]]]:
        """Sections of the default card."""
        return self.sections or [("", [c.name for c in self.listing.columns])]

    # --- list --------------------------------------------------------------------------------------------------------

    @expose("/list/")
    @guarded("list")
    def list(self) -> Any:
        """Rows of the user's scope: searched, filtered, sorted, paged."""
        return render_template("list.html", page=self.list_page())

    def list_page(self) -> ListPage:
        """Build the list's page from the request."""
        listing, query = self.listing, self.listing.read()
        total = listing.count(query)
        query.page = min(query.page, max(1, -(-total // query.page_size)))
        rows = listing.fetch(query, total) if total else []
        first = (query.page - 1) * query.page_size + 1
        actions = self.bulk_actions()
        return ListPage(
            title=self.words.plural,
            total=total,
            columns=listing.head(query),
            rows=[listing.row(r) for r in rows],
            search=query.search,
            search_hint=HINTS.get(self.table, "Поиск"),
            filters=listing.shown_filters(query),
            page=query.page,
            pages=listing.pages(query, total),
            first=first if rows else 0,
            last=first + len(rows) - 1 if rows else 0,
            page_size=query.page_size,
            buttons=self._list_buttons(),
            actions=actions,
            action_url=url_for(f"{self.endpoint}.act_many") if actions else "",
            export_href=self._export_href(query),
            reset_href=url_for(f"{self.endpoint}.list"),
            empty=self.empty if not (query.search or query.chosen) else "По этому отбору ничего не найдено.",
            keep=[(k, str(v)) for k, v in query.parameters().items() if k in ("order", "size")],
        )

    def _list_buttons(self) -> Sequence[Button]:
        buttons = list(self.list_buttons())
        if self.sections and current_actor().can(f"{self.table}:add") and self.words.add:
            buttons.append(Button(self.words.add, url_for(f"{self.endpoint}.add"), main=True))
        return buttons

    def _export_href(self, query: Any) -> str:
        if not current_actor().can(f"{self.table}:export"):
            return ""
        return url_for(f"{self.endpoint}.export", **query.parameters())

    # --- card --------------------------------------------------------------------------------------------------------

    @expose("/show/<int:pk>")
    @guarded("show")
    def show(self, pk: int) -> Any:
        """Card of a record with its actions and journal."""
        row = self.visible(pk)
        return render_template("card.html", page=self.card_page(row))

    def visible(self, pk: int, verb: str = "show") -> Any:
        """Load a record of the scope or raise NotFound."""
        return get_visible(db.session, self.datamodel.obj, pk, f"{self.table}:{verb}")

    def card_page(self, row: Any) -> CardPage:
        """Build the card's page."""
        status = getattr(row, "status", None)
        return CardPage(
            title=self.card_title(row),
            crumbs=self.crumbs(),
            status=Cell(status.label, tone=status.tone) if status is not None else None,
            buttons=self.card_buttons(row),
            blocks=self.blocks(row),
            aside=[self.history_block(row)],
            note=getattr(row, "reason_text", None) or "",
        )

    def card_title(self, row: Any) -> str:
        """Title of a record's page."""
        text = str(row)
        return text[:1].upper() + text[1:]

    def crumbs(self) -> Sequence[Link]:
        """Way back to the list, for those who may see it."""
        if not current_actor().can(f"{self.table}:list"):
            return []
        return [Link(self.words.plural, url_for(f"{self.endpoint}.list"))]

    def pairs_block(self, row: Any, title: str, fields: Sequence[str]) -> Block:
        """Labelled values of a record."""
        pairs = [Pair(label_of(self.table, n), self._value_cell(row, n)) for n in fields]
        return Block(title or "Основное", pairs=pairs)

    @staticmethod
    def _value_cell(row: Any, name: str) -> Cell:
        value = in_words(row.__tablename__, name, getattr(row, name))
        cell = show_value(list(value) if isinstance(value, list) else value, name)
        return cell if cell.text else Cell("—")

    def history_block(self, row: Any) -> Block:
        """Journal of a record, newest first."""
        entries = audit.history(self.table, row.id, limit=15)
        events = [
            Cell(action_label(e.action), f"{format_datetime(local(e.at))} · {e.user_name}{_changes(e.changes)}")
            for e in entries
        ]
        return Block("История", events=events, empty="Изменений пока нет.")

    def card_buttons(self, row: Any) -> Sequence[Button]:
        """Buttons of a card: allowed actions of its status, further ones, change, delete."""
        buttons = [*self.action_buttons(row), *self.extra_buttons(row)]
        if self.sections and self.may(row, "edit"):
            buttons.append(Button("Изменить", url_for(f"{self.endpoint}.edit", pk=row.id), main=not buttons))
        if self.may(row, "delete"):
            href = url_for(f"{self.endpoint}.delete", pk=row.id)
            buttons.append(Button("Удалить", href, post=True, danger=True, confirm=f"Удалить: {row}?"))
        return buttons

    def action_buttons(self, row: Any) -> Sequence[Button]:
        """Buttons of the status table that this user may press on this row now."""
        status = getattr(row, "status", None)
        edges = [e for e in actions_of_row(self.table, status) if e.action in self.services]
        found: list[Button] = []
        for edge in edges:
            if self.may(row, edge.action):
                found.append(
                    self._button(edge, url_for(f"{self.endpoint}.act", pk=row.id, name=edge.action), main=not found)
                )
        return found

    @staticmethod
    def _button(edge: Edge, href: str, *, main: bool = False) -> Button:
        ask = "Причина" if edge.reason else ""
        danger = edge.target.tone in ("bad", "grey")
        return Button(
            edge.button, href, main=main and not danger, post=True, danger=danger, confirm=edge.confirm, ask=ask
        )

    def may(self, row: Any, verb: str) -> bool:
        """Whether the user may do ``verb`` on this visible row."""
        actor, permission = current_actor(), f"{self.table}:{verb}"
        if not actor.can(permission):
            return False
        expression = write_scope(actor, self.table, permission)
        if expression is None:
            return True
        model = self.datamodel.obj
        return bool(db.session.scalar(select(func.count()).select_from(model).where(model.id == row.id, expression)))

    # --- forms -------------------------------------------------------------------------------------------------------

    @expose("/add", methods=["GET", "POST"])
    @guarded("add")
    def add(self) -> Any:
        """Form of a new record; what was typed stays when it is refused."""
        if not self.sections:
            abort(404)
        form = self.add_form(request.form) if request.method == "POST" else self.add_form(data=self.prefill())
        return self._answer(form, self.words.add, lambda: self.create_from(form), "Сохранено.")

    @expose("/edit/<int:pk>", methods=["GET", "POST"])
    @guarded("edit")
    def edit(self, pk: int) -> Any:
        """Form of a record; a change made meanwhile by another user is refused, not overwritten."""
        if not self.sections:
            abort(404)
        row = get_writable(db.session, self.datamodel.obj, pk, f"{self.table}:edit")
        form = self.edit_form(request.form, obj=row) if request.method == "POST" else self.edit_form(obj=row)
        title = f"Изменение: {row}"
        return self._answer(form, title, lambda: self._update(row, form), "Изменения сохранены.", row)

    def _update(self, row: Any, form: Any) -> Any:
        posted = request.form.get("version", "")
        if hasattr(row, "version") and posted != str(row.version):
            raise Invalid(
                "Пока вы работали с формой, запись изменил другой пользователь. Ваши значения остались в полях ниже: "
                "сверьте их с карточкой и сохраните ещё раз."
            )
        return self.update(row, self.values(form))

    def values(self, form: Any) -> dict[str, Any]:
        """Values of a validated form."""
        return form_values(form, self.form_columns, self.datamodel.obj)

    def _answer(self, form: Any, title: str, save: Callable[[], Any], done: str, row: Any = None) -> Any:
        problems: list[str] = []
        if request.method == "POST" and form.validate():
            try:
                with db.session.no_autoflush:
                    saved = save()
            except (NotFound, Forbidden):
                raise
            except PortalError as refusal:
                db.session.rollback()
                problems = attach(form, refusal)
            else:
                flash(done, "success")
                return redirect(self.after_save(saved))
        page = FormPage(
            title=title,
            form=form,
            sections=[Section(t, f) for t, f in self.form_sections(row)],
            cancel_href=self._cancel(row),
            crumbs=self.crumbs(),
            problems=problems,
            version=self._version(row),
        )
        return render_template("form.html", page=page), 422 if request.method == "POST" else 200

    def form_sections(self, row: Any) -> Sequence[tuple[str, Sequence[str]]]:
        """Sections of the form of ``row``, None for a new record."""
        return self.sections if row is not None else self.add_sections or self.sections

    def _version(self, row: Any) -> str:
        if row is None or not hasattr(row, "version"):
            return ""
        model = self.datamodel.obj
        return str(db.session.scalar(select(model.version).where(model.id == row.id)))

    def _cancel(self, row: Any) -> str:
        return self.href_of(row) if row is not None and self.has_card else url_for(f"{self.endpoint}.list")

    @expose("/delete/<int:pk>", methods=["POST"])
    @guarded("delete")
    def delete(self, pk: int) -> Any:
        """Delete a record; one in use answers with a sentence that names what uses it."""
        row = get_writable(db.session, self.datamodel.obj, pk, f"{self.table}:delete")
        back = url_for(f"{self.endpoint}.list")
        try:
            records.delete(row)
        except (NotFound, Forbidden):
            raise
        except PortalError as refusal:
            flash(refusal.message, "danger")
            return redirect(self.href_of(row) or back)
        flash(f"Удалено: {row}.", "success")
        return redirect(self.after_delete(row))

    def after_delete(self, _row: Any) -> str:
        """Where to go after a deletion."""
        return url_for(f"{self.endpoint}.list")

    # --- actions -----------------------------------------------------------------------------------------------------

    def bulk_actions(self) -> Sequence[Button]:
        """Actions of the status table that may be done on many rows."""
        actor = current_actor()
        edges = actions_of(self.table)
        return [
            self._button(edges[name], name)
            for name in self.services
            if name in edges and actor.can(f"{self.table}:{name}")
        ]

    @expose("/act/<int:pk>/<string:name>", methods=["POST"])
    @signed_in
    def act(self, pk: int, name: str) -> Any:
        """Do one action on one row."""
        self._require_action(name)
        row = get_writable(db.session, self.datamodel.obj, pk, f"{self.table}:{name}")
        try:
            result = self._call(name, row.id)
        except (NotFound, Forbidden):
            raise
        except PortalError as refusal:
            flash(refusal.message, "danger")
        else:
            if isinstance(result, Response):
                return result
            flash(f"Готово: {self._action_words(name)}.", "success")
        return redirect(self.href_of(row) or url_for(f"{self.endpoint}.list"))

    @expose("/act/", methods=["POST"])
    @signed_in
    def act_many(self) -> Any:
        """Do one action on the chosen rows: all must be visible, each succeeds or is refused with its own sentence."""
        name = request.form.get("action", "")
        self._require_action(name)
        typed = request.form.getlist("rowid")
        back = redirect(url_for(f"{self.endpoint}.list"))
        if not typed:
            flash("Отметьте строки, над которыми нужно выполнить действие.", "info")
            return back
        rows = self._chosen(typed)
        refusals = []
        for row in rows:
            label = self.card_title(row)
            try:
                self._call(name, row.id)
            except PortalError as refusal:
                refusals.append(f"{label}: {refusal.message}")
        done = len(rows) - len(refusals)
        if done:
            flash(f"{self._action_words(name)}: {count(done, 'запись', 'записи', 'записей')}.", "success")
        for sentence in refusals[:10]:
            flash(sentence, "danger")
        if len(refusals) > 10:
            flash(f"И ещё {len(refusals) - 10} с отказом.", "danger")
        return back

    def _chosen(self, typed: Sequence[str]) -> Sequence[Any]:
        ids = sorted({int(v) for v in typed if v.isdecimal() and len(v) < 10})
        if len(ids) > BULK_LIMIT:
            raise Invalid(f"За один раз можно обработать не больше {BULK_LIMIT} записей.")
        model = self.datamodel.obj
        rows = db.session.scalars(select(model).where(model.id.in_(ids)).order_by(model.id)).all()
        if len(rows) != len(ids) or len(set(typed)) != len(ids):
            raise NotFound("Одной из отмеченных записей нет или она вам не видна. Ничего не выполнено.")
        return cast("Sequence[Any]", rows)

    def _require_action(self, name: str) -> None:
        if name not in self.services:
            raise NotFound("Такого действия нет.")
        current_actor().require(f"{self.table}:{name}")

    def _call(self, name: str, pk: int) -> Any:
        edge = actions_of(self.table).get(name)
        if edge is not None and edge.reason:
            return self.services[name](pk, reason=_reason())
        return self.services[name](pk)

    def _action_words(self, name: str) -> str:
        edge = actions_of(self.table).get(name)
        return edge.button if edge else "действие выполнено"

    # --- lookups and export ------------------------------------------------------------------------------------------

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
        return jsonify(self.lookup.find(field, request.args.get("q", "")[:100]))

    @expose("/export/")
    @guarded("export")
    def export(self) -> Any:
        """The list as it is seen (scope, filters, order, columns) as an Excel file; written to the journal."""
        query = self.listing.read()
        total = self.listing.count(query)
        filters = self.listing.described(query)
        self._journal_export(total, filters)
        path = Path(tempfile.mkdtemp(prefix="portal-export-")) / "list.xlsx"
        try:
            self._write(path, query, total, filters)
            name = f"{self.words.plural} {now():%d.%m.%Y}.xlsx"
            # the open file outlives its name, so nothing stays on the disk when the download breaks off
            return send_file(path.open("rb"), as_attachment=True, download_name=name, mimetype=_XLSX)
        finally:
            path.unlink(missing_ok=True)
            path.parent.rmdir()

    def _write(self, path: Path, query: Any, total: int, filters: str) -> None:
        columns = self.listing.columns
        notes = [
            f"Выгрузил: {current_actor().name}",
            f"Когда: {format_datetime(now())}",
            f"Отборы: {filters}",
        ]
        rows = ([_exported(c, row) for c in columns] for row in self.listing.iterate(query))
        heads = [SheetColumn(c.label, self._sheet_kind(c), 28) for c in columns]
        write_sheet(path, title=self.words.plural, columns=heads, rows=rows, notes=notes)

    def _sheet_kind(self, column: Any) -> Kind:
        mapped = self.listing.mapper.columns.get(column.name)
        kind = mapped.type.python_type.__name__ if mapped is not None and column.name != "changes" else "str"
        kinds: dict[str, Kind] = {"int": "int", "date": "date", "datetime": "datetime"}
        return kinds.get(kind, "text")

    @technical_write
    def _journal_export(self, total: int, filters: str) -> None:
        audit.write(
            f"{self.table}.exported",
            self.table,
            None,
            self.words.plural,
            {"Строк": ("", str(total)), "Отборы": ("", filters)},
        )


_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def _exported(column: Any, row: Any) -> Any:
    value = column.value(row)
    if column.name.endswith("snils"):
        return audit.words(value, "snils")
    if isinstance(value, int | float) or hasattr(value, "isoformat"):
        return audit.words(value) if isinstance(value, bool) else value
    return audit.words(value)


def _changes(changes: Mapping[str, Sequence[str]]) -> str:
    parts = [f"{label}: {before or 'пусто'} → {after or 'пусто'}" for label, (before, after) in changes.items()]
    return f" · {'; '.join(parts)}" if parts else ""


def actions_of_row(table: str, status: Any) -> list[Edge]:
    """Edges with a button that leave ``status``."""
    return [e for e in TRANSITIONS.get(table, ()) if e.source == status and not e.automatic]


def attach(form: Any, refusal: PortalError) -> list[str]:
    """Put a refusal's sentences beside their fields; return those that belong to no field."""
    fields = getattr(refusal, "fields", None) or {}
    rest = []
    for name, sentences in fields.items():
        if name in form:
            form[name].errors = [*form[name].errors, *sentences]
        else:
            rest += sentences
    return rest if fields else [refusal.message]


def _reason() -> str:
    """The typed reason: without scripts a page sends the boxes of all its actions, one of them filled."""
    typed = (text.strip() for text in request.form.getlist("reason"))
    return next((text for text in typed if text), "")[:1000]
