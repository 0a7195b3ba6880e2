"""The list of a view: searched, filtered, sorted, paged; the user's choice of columns and page size; counts of its filters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import flash, jsonify, redirect, render_template, request
from flask_appbuilder import expose

from app import addresses
from app.access import current_actor
from app.errors import Conflict, Invalid
from app.russian import quoted
from app.services.portal import list_settings
from app.web.frame.action_pages import BULK_LIMIT, ActionPages
from app.web.frame.guards import guarded
from app.web.frame.list_paging import Total, links, rows_behind, rows_of, total_of
from app.web.frame.list_query import PAGE_SIZES, ListQuery
from app.web.frame.pages import Button, ListPage, Option
from app.web.frame.search import HINTS, marks


class ListPages(ActionPages):
    """Routes ``list`` and ``counts``; by POST ``save_query``, ``forget_query`` and ``choose_look``, all about own rows."""

    @expose("/list/")
    @guarded("list")
    def list(self) -> Any:
        """Rows of the user's scope: searched, filtered, sorted, paged."""
        return render_template("list.html", page=self.list_page())

    @expose("/counts/<string:field>")
    @guarded("list")
    def counts(self, field: str) -> Any:
        """How many rows each option of a filter would find under the other conditions, as JSON; 0 is left out."""
        return jsonify(counts=self.listing.option_counts(self.listing.read(), field))

    def list_page(self) -> ListPage:
        """Build the list's page from the request."""
        listing, query = self.listing, self.listing.read()
        total, rows, goes_on = self._read(query)
        found = marks(self.datamodel.obj, rows, query.search) if query.search else {}
        first = (query.page - 1) * query.page_size + 1
        actions = self.bulk_actions()
        columns, text = listing.visible_columns(), query.text()
        buttons = self._list_buttons()
        return ListPage(
            title=self.words.plural,
            total=total.number,
            exact_href="" if total.exact else listing.url(query, exact="yes"),
            columns=listing.head(query, columns),
            rows=[listing.row(r, columns, found.get(r.id, "")) for r in rows],
            search=query.search,
            search_hint=HINTS.get(self.table, "Поиск"),
            filters=listing.shown_filters(query),
            page=query.page,
            pages=links(listing, query, total, rows, goes_on=goes_on),
            first=first if rows and not query.behind else 0,
            last=first + len(rows) - 1 if rows else 0,
            page_size=query.page_size,
            buttons=buttons,
            actions=actions,
            action_url=addresses.at(self.table, "act", "") if actions else "",
            export_href=self._export_href(query),
            reset_href=addresses.listing(self.table),
            empty=self.empty if not query.narrows else "По этому отбору ничего не найдено.",
            advice="" if rows else _advice(query, buttons),
            keep=[(k, str(v)) for k, v in query.parameters().items() if k in ("order", "size")],
            query=text,
            saved=self._saved(text),
            save_url=addresses.at(self.table, "saved", ""),
            forget_url=addresses.at(self.table, "saved", "delete"),
            choices=[Option(c.name, c.label, c in columns) for c in listing.columns],
            sizes=[Option(str(n), str(n), n == query.page_size) for n in PAGE_SIZES],
            look_url=addresses.at(self.table, "look", ""),
            changed=columns != listing.usual_columns(),
            most=BULK_LIMIT,
        )

    def _read(self, query: ListQuery) -> tuple[Total, Sequence[Any], bool]:
        """The number of rows, those of the asked page (of one that is not there the nearest), whether rows follow behind it."""
        total = total_of(self.listing, query)
        if query.behind:
            rows, goes_on = rows_behind(self.listing, query)
            if rows:
                return total, rows, goes_on
        query.behind, query.page = 0, min(query.page, max(1, -(-total.number // query.page_size)))
        return total, rows_of(self.listing, query, total) if total.number else [], False

    def _saved(self, text: str) -> Sequence[Option]:
        path = addresses.listing(self.table)
        return [Option(str(s.id), s.title, s.query == text, f"{path}?{s.query}") for s in self.listing.settings().saved]

    def _list_buttons(self) -> Sequence[Button]:
        buttons = list(self.list_buttons())
        if self.sections and current_actor().can(f"{self.table}:add") and self.words.add:
            buttons.append(Button(self.words.add, addresses.form(self.table), main=True))
        return buttons

    def _export_href(self, query: Any) -> str:
        if not current_actor().can(f"{self.table}:export"):
            return ""
        return addresses.at(self.table, "export", "", **query.parameters())

    # --- what the user keeps and chooses

    @expose("/saved/", methods=["POST"])
    @guarded("list")
    def save_query(self) -> Any:
        """Keep the posted query under a name; the same name again replaces it."""
        title, query = request.form.get("title", ""), self._posted_query()
        if not title.strip():
            raise Invalid("Напишите название отбора, чтобы потом найти его в «Моих отборах».")
        try:
            list_settings.save_query(self.table, title, query.text())
        except (Invalid, Conflict) as refusal:
            flash(refusal.message, "danger")
        else:
            flash(f"Отбор «{' '.join(title.split())}» сохранён. Он открывается кнопкой «Мои отборы».", "success")
        return redirect(self.listing.url(query))

    @expose("/saved/delete", methods=["POST"])
    @guarded("list")
    def forget_query(self) -> Any:
        """Delete an own saved query."""
        pk, query = request.form.get("id", ""), self._posted_query()
        if not pk.isdecimal():
            raise Invalid("Не указано, какой отбор удалить.")
        title = list_settings.forget_query(self.table, int(pk[:10]))
        flash(f"Отбор {quoted(title)} удалён.", "success")
        return redirect(self.listing.url(query))

    @expose("/look/", methods=["POST"])
    @guarded("list")
    def choose_look(self) -> Any:
        """Remember the columns or the page size of the list; the query stays, the page is the first again."""
        query, size = self._posted_query(), request.form.get("size", "")
        if size:
            if size not in map(str, PAGE_SIZES):
                raise Invalid(f"На странице может быть строк: {', '.join(map(str, PAGE_SIZES))}.")
            list_settings.choose_page_size(self.table, int(size))
        else:
            list_settings.choose_columns(self.table, self._posted_columns())
        query.page_size = query.usual_size  # no size in the address: the chosen one
        return redirect(self.listing.url(query))

    def _posted_query(self) -> ListQuery:
        """The list's query that a form carries; its text is read anew, so that the address is always the list's own."""
        query = self.listing.read(request.form.get("query", ""))
        query.page = 1
        return query

    def _posted_columns(self) -> Sequence[str]:
        """Columns to remember: none means as declared, which is also what the usual ones are."""
        if "reset" in request.form:
            return ()
        ticked = set(request.form.getlist("column"))
        names = [c.name for c in self.listing.columns]
        known = [name for n, name in enumerate(names) if n == 0 or name in ticked]
        if not ticked & set(names):
            raise Invalid("Отметьте хотя бы один столбец.")
        return known if known != [c.name for c in self.listing.usual_columns()] else ()


def _advice(query: ListQuery, buttons: Sequence[Button]) -> str:
    """What to do about an empty list."""
    if query.search:
        words = (
            "Проверьте, нет ли опечатки: достаточно первых букв фамилии или названия, номер можно набрать без пробелов."
        )
        return f"{words} Если отобрано лишнее, сбросьте отборы." if query.chosen else words
    if query.chosen:
        return "Уберите один из отборов крестиком, выберите в нём другое или сбросьте все сразу."
    main = next((b.label for b in buttons if b.main), "")
    return f"Начните с кнопки «{main}»." if main else "Записи появятся здесь сами, когда будет что показать."
