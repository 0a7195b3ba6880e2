"""The card of a record: its values, actions and journal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import g, render_template
from flask_appbuilder import expose
from sqlalchemy import func, select

from app import addresses, audit
from app import models as m
from app.access import current_actor, get_visible, write_scope
from app.acts import action_label, changes_in_words
from app.clock import local
from app.conditions import state_of
from app.extensions import db
from app.labels import in_words, label_of
from app.permissions import roles_with
from app.russian import capitalized, format_datetime
from app.services.portal import records, ways
from app.statuses import TRANSITIONS, Edge, find_edge
from app.web.frame import menu, reasons
from app.web.frame.guards import guarded
from app.web.frame.listing import show_value, state_cell
from app.web.frame.pages import Block, Button, CardPage, Cell, Link, Pair
from app.web.frame.view_base import ViewBase


class CardPages(ViewBase):
    """Route ``show`` and what cards are made of."""

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
        return CardPage(
            title=self.card_title(row),
            crumbs=self.crumbs(),
            status=state_cell(row) if getattr(row, "status", None) is not None else None,
            buttons=self.card_buttons(row),
            blocks=self.all_blocks(row),
            aside=[self.history_block(row)],
            note=getattr(row, "reason_text", None) or "",
        )

    def all_blocks(self, row: Any) -> Sequence[Block]:
        """Blocks of the card between those of its parts."""
        lead = [block for part in self.joined for block in part.lead(row)]
        own = [*self.way_blocks(row), *self.blocks(row)]
        return [*lead, *own, *(block for part in self.joined for block in part.blocks(row))]

    def way_blocks(self, row: Any) -> list[Block]:
        """The way of an application: what was done, whose turn it is, what follows; nothing for rows that have none."""
        if not ways.has_way(row):
            return []
        way = ways.way_of(row, own=self.is_own(row))
        return [Block(way.title, way=way)]

    def is_own(self, row: Any) -> bool:
        """Whether the row is about the acting user."""
        actor = current_actor()
        owner, user = getattr(row, "employee_id", None), getattr(row, "user_id", None)
        return (owner is not None and owner == actor.employee_id) or (user is not None and user == actor.user_id)

    def card_title(self, row: Any) -> str:
        """Title of a record's page."""
        text = str(row)
        return capitalized(text)

    def crumbs(self, row: Any = None, here: str = "") -> Sequence[Link]:
        """Way back to the list, for those who may see it, and to the card of ``row``; ``here`` names the page itself.

        A user whose menu is places goes back to the place.
        """
        over = menu.place_over(type(self).__name__)
        found = [over] if over is not None else []
        if over is None and current_actor().can(f"{self.table}:list"):
            found.append(Link(self.words.plural, addresses.listing(self.table)))
        if row is not None:
            found.append(Link(self.card_title(row), self.href_of(row)))
        return [*found, Link(here, current=True)] if here else found

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
            Cell(action_label(e.action), f"{format_datetime(local(e.at))} · {e.user_name}{_changes(e)}")
            for e in entries
        ]
        return Block("История", events=events, empty="Изменений пока нет.")

    def card_buttons(self, row: Any) -> Sequence[Button]:
        """Buttons of a card: allowed actions of its status, further ones, change, delete."""
        buttons = [*self.action_buttons(row), *self.extra_buttons(row)]
        if self.sections and self.may(row, "edit") and not self.why_kept(row):
            buttons.append(Button("Изменить", addresses.at(self.table, "edit", row.id), main=not buttons))
        if self.may(row, "delete"):
            href = addresses.at(self.table, "delete", row.id)
            buttons.append(Button("Удалить", href, post=True, danger=True, confirm=f"Удалить: {row}?"))
        return buttons

    def why_kept(self, row: Any) -> str:
        """Why the form of a row does not open now; empty when it does."""
        return records.why_kept(row)

    def action_buttons(self, row: Any) -> Sequence[Button]:
        """Buttons of the status table that this user may press on this row now."""
        status = getattr(row, "status", None)
        edges = [e for e in actions_of_row(self.table, status) if e.action in self.services]
        if edges and (shown := state_of(row)) != status:
            # what a job is about to write down: only what is possible before and after it
            edges = [e for e in edges if find_edge(self.table, shown, e.action)]
        found: list[Button] = []
        for edge in edges:
            if self.may(row, edge.action):
                found.append(self._button(edge, addresses.act(self.table, row.id, edge.action), main=not found))
        return found

    def _button(self, edge: Edge, href: str, *, main: bool = False) -> Button:
        # what ends well («Завершить обучение») is no danger; what asks before it is done may not be taken back
        tone = edge.target.tone
        danger = tone == "bad" or (tone == "grey" and bool(edge.confirm or edge.reason))
        return Button(
            edge.button,
            href,
            main=main and not danger,
            post=True,
            danger=danger,
            confirm=edge.confirm,
            ask=edge.ask if edge.reason else "",
            reasons=reasons.options(self.table, edge.action) if edge.reason else (),
        )

    def may(self, row: Any, verb: str) -> bool:
        """Whether the user may do ``verb`` on this visible row; «certificate:issue» asks for the right of another object."""
        actor, permission = current_actor(), verb if ":" in verb else f"{self.table}:{verb}"
        if not actor.can(permission):
            return False
        # rights of the same roles reach the same rows: a card with ten buttons asks once
        asked: dict[Any, bool] = g.setdefault("may", {})
        key = (actor.user_id, self.table, row.id, actor.roles & roles_with(permission))
        if key not in asked:
            asked[key] = self._reaches(row, permission)
        return asked[key]

    def _reaches(self, row: Any, permission: str) -> bool:
        expression = write_scope(current_actor(), self.table, permission)
        if expression is None:
            return True
        model = self.datamodel.obj
        return bool(db.session.scalar(select(func.count()).select_from(model).where(model.id == row.id, expression)))


def _changes(entry: m.AuditEntry) -> str:
    told = changes_in_words(entry.action, entry.changes)
    return f" · {told}" if told else ""


def actions_of_row(table: str, status: Any) -> list[Edge]:
    """Edges with a button that leave ``status``."""
    return [e for e in TRANSITIONS.get(table, ()) if e.source == status and not e.automatic]
