"""The list of a view: searched, filtered, sorted, paged; the user's choice of columns and page size; counts of its filters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from flask import flash, jsonify, redirect, render_template, request
from flask_appbuilder import expose

from app import addresses
from app.access import current_actor
from app.errors import Conflict, Invalid
from app.russian import count, number, quoted
from app.services.portal import list_settings
from app.web.frame import list_paging, tabs
from app.web.frame.action_pages import BULK_LIMIT, ActionPages
from app.web.frame.facets import AT_ONCE, facets_of
from app.web.frame.guards import guarded
from app.web.frame.list_filters import counts_url, shown_filters
from app.web.frame.list_look import choices, fitting, posted_columns, with_folds, with_widths, without_same
from app.web.frame.list_paging import Total, links, rows_behind, rows_of, totals_of
from app.web.frame.list_query import ALL, PAGE_SIZES, ListQuery
from app.web.frame.listing import ListColumn
from app.web.frame.pages import Button, Column, Filter, ListPage, Option, Row
from app.web.frame.search import HINTS, marks

#: answer of the switch «Плотно / Свободно»
ROOMY = "roomy"


class ListPages(ActionPages):
    """Routes ``list`` and ``counts``; by POST ``save_query``, ``forget_query`` and ``choose_look``, all about own rows."""

    @expose("/list/")
    @guarded("list")
    def list(self) -> Any:
        """Rows of the user's scope: searched, filtered, sorted, paged."""
        return render_template("list.html", page=self.list_page())

    @expose("/counts/")
    @guarded("list")
    def counts(self) -> Any:
        """How many rows each choice of every filter would find under the other conditions, as JSON; 0 is left out."""
        query = self.listing.read()
        total = totals_of(self.listing, query)[query.tab or ALL]
        found = facets_of(self.listing, query, _most(total))
        return jsonify(counts=found.counts, values=found.values, most=list_paging.COUNTED)

    def list_page(self) -> ListPage:
        """Build the list's page from the request."""
        listing, query = self.listing, self.listing.read()
        # in the tab that the list opened with by itself nobody chose to seek: a search from there looks everywhere
        keep, asked = [("tab", query.tab)] if query.tab else [], replace(query)
        totals, rows, goes_on = self._read(query)
        total, first = totals[query.tab or ALL], (query.page - 1) * query.page_size + 1
        columns, text, settings = listing.visible_columns(), query.text(), listing.settings()
        actions, buttons = self._fitting_actions(rows), self._list_buttons()
        filters, address = self._shown_filters(asked, totals[asked.tab or ALL])
        shown = self._rows(query, rows, columns, actions)
        heads, shown, same = self._table(listing.head(query, columns), shown, is_whole=total.number <= len(rows))
        return ListPage(
            title=self.words.plural,
            total=total.number,
            exact_href="" if total.exact else listing.url(query, exact="yes"),
            tabs=tabs.shown(listing, query, totals),
            columns=heads,
            rows=shown,
            same=same,
            roomy=settings.roomy,
            search=query.search,
            search_hint=HINTS.get(self.table, "Поиск"),
            filters=filters,
            counts_url=address,
            page=query.page,
            pages=links(listing, query, total, rows, goes_on=goes_on),
            first=first if rows and not query.behind else 0,
            last=first + len(rows) - 1 if rows else 0,
            page_size=query.page_size,
            buttons=buttons,
            actions=actions,
            action_url=addresses.at(self.table, "act", "") if actions else "",
            export_href=self._export_href(query),
            reset_href=addresses.listing(self.table, tab=query.tab or None),
            empty=self._empty_words(query),
            advice="" if rows else _advice(query, totals, buttons),
            keep=[(k, str(v)) for k, v in query.parameters().items() if k in ("order", "size")] + keep,
            query=text,
            saved=self._saved(text),
            save_url=addresses.at(self.table, "saved", ""),
            forget_url=addresses.at(self.table, "saved", "delete"),
            choices=choices(listing, columns),
            sizes=[Option(str(n), str(n), n == query.page_size) for n in PAGE_SIZES],
            look_url=addresses.at(self.table, "look", ""),
            changed=columns != listing.usual_columns(),
            most=BULK_LIMIT,
        )

    def _read(self, query: ListQuery) -> tuple[dict[str, Total], Sequence[Any], bool]:
        """The numbers of rows by tab, those of the asked page (of one that is not there the nearest), whether rows follow behind.

        An address that asks nothing opens the first tab while it has rows, else «Все».
        """
        totals = totals_of(self.listing, query)
        if not query.tab and self.listing.tabs():
            first = next(iter(totals))
            query.tab = first if totals[first].number else ALL
        total = totals[query.tab or ALL]
        if query.behind:
            rows, goes_on = rows_behind(self.listing, query, total)
            if rows:
                return totals, rows, goes_on
        query.behind, query.page = 0, min(query.page, max(1, -(-total.number // query.page_size)))
        return totals, rows_of(self.listing, query, total) if total.number else [], False

    def _table(
        self, heads: Sequence[Column], rows: Sequence[Row], *, is_whole: bool
    ) -> tuple[Sequence[Column], Sequence[Row], str]:
        """Heads and rows without the columns that say one thing, and what that is; rows of one line have columns of set widths and places."""
        settings = self.listing.settings()
        heads, rows, same = without_same(heads, rows, chosen=bool(settings.columns), whole=is_whole)
        return heads if settings.roomy or not rows else with_folds(with_widths(heads, rows), rows), rows, same

    def _shown_filters(self, query: ListQuery, total: Total) -> tuple[Sequence[Filter], str]:
        """The filters, with their numbers where few rows are found; else where the numbers are asked."""
        listing, says = self.listing, total.exact and total.number <= AT_ONCE
        facets = facets_of(listing, query, total.number) if says else None
        return shown_filters(listing, query, facets), "" if says else counts_url(listing, query)

    def _rows(
        self, query: ListQuery, rows: Sequence[Any], columns: Sequence[ListColumn], actions: Sequence[Button]
    ) -> Sequence[Row]:
        found = marks(self.datamodel.obj, rows, query.search) if query.search else {}
        names = [action.href for action in actions]
        shown = [self.listing.row(row, columns, found.get(row.id, "")) for row in rows]
        return [replace(it, acts=fitting(names, row)) for it, row in zip(shown, rows, strict=True)] if names else shown

    def _fitting_actions(self, rows: Sequence[Any]) -> Sequence[Button]:
        """Actions on many rows that at least one of the shown rows can take."""
        actions = self.bulk_actions() if rows else ()
        able = {name for row in rows for name in fitting([action.href for action in actions], row)}
        return [action for action in actions if action.href in able]

    def _empty_words(self, query: ListQuery) -> str:
        tab = self.listing.tab_of(query.tab)
        if tab is not None and tab.condition is not None:
            return f"Во вкладке {quoted(tab.label)} {'по этому отбору ' if query.narrows else ''}ничего нет."
        return "По этому отбору ничего не найдено." if query.narrows else self.empty

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
            flash(f"Отбор {quoted(' '.join(title.split()))} сохранён. Он открывается кнопкой «Мои отборы».", "success")
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
        """Remember the columns or the page size of the list, or how high rows are; the query stays, the page is the first again."""
        query, size = self._posted_query(), request.form.get("size", "")
        if size:
            if size not in map(str, PAGE_SIZES):
                raise Invalid(f"На странице может быть строк: {', '.join(map(str, PAGE_SIZES))}.")
            list_settings.choose_page_size(self.table, int(size))
        elif "density" in request.form:
            list_settings.choose_density(self.table, roomy=request.form["density"] == ROOMY)
        else:
            list_settings.choose_columns(self.table, posted_columns(self.listing, request.form))
        query.page_size = query.usual_size  # no size in the address: the chosen one
        return redirect(self.listing.url(query))

    def _posted_query(self) -> ListQuery:
        """The list's query that a form carries; its text is read anew, so that the address is always the list's own."""
        query = self.listing.read(request.form.get("query", ""))
        query.page = 1
        return query


def _advice(query: ListQuery, totals: Mapping[str, Total], buttons: Sequence[Button]) -> str:
    """What to do about an empty list: what is sought may stand in another tab."""
    if query.tab not in ("", ALL) and totals[ALL].number:
        return f"Загляните во вкладку «Все»: там {_rows_in_words(totals[ALL])}."
    if query.search:
        words = (
            "Проверьте, нет ли опечатки: достаточно первых букв фамилии или названия, номер можно набрать без пробелов."
        )
        return f"{words} Если отобрано лишнее, сбросьте отборы." if query.chosen else words
    if query.chosen:
        return "Уберите один из отборов крестиком, выберите в нём другое или сбросьте все сразу."
    main = next((b.label for b in buttons if b.main), "")
    return f"Начните с кнопки «{main}»." if main else "Записи появятся здесь сами, когда будет что показать."


def _most(total: Total) -> int:
    return total.number if total.exact else total.number + 1


def _rows_in_words(total: Total) -> str:
    return (
        count(total.number, "запись", "записи", "записей") if total.exact else f"больше {number(total.number)} записей"
    )
