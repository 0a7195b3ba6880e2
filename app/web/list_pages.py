"""The list of a view: searched, filtered, sorted, paged."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import render_template, url_for
from flask_appbuilder import expose

from app.access import current_actor
from app.web.action_pages import ActionPages
from app.web.guards import guarded
from app.web.pages import Button, ListPage
from app.web.search import HINTS


class ListPages(ActionPages):
    """Route ``list``."""

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
