"""«Возможные дубли»: pairs of cards that look like one person, their comparison, the merge and its undoing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import flash, render_template, request
from flask_appbuilder import expose
from sqlalchemy import select

from app import addresses, shown
from app import models as m
from app.access import current_actor
from app.errors import Invalid
from app.extensions import db
from app.labels import THINGS
from app.russian import format_date
from app.services.identity import merges
from app.web.frame.answers import answer_act
from app.web.frame.guards import guarded
from app.web.frame.listing import ListColumn
from app.web.frame.pages import Block, Button, CardPage, Cell, Column, Link, Pair, Row
from app.web.frame.scoped_view import ScopedModelView
from app.web.frame.search import match
from app.web.frame.typed import row_id

#: people found for a comparison by hand
_OFFERED = 10


def _gone_name(row: m.EmployeeMerge) -> str:
    names = (row.gone.get(name) for name in ("last_name", "first_name", "patronymic"))
    return " ".join(str(name) for name in names if name)


GONE = ListColumn("gone", "Присоединённая карточка", _gone_name, lambda r: Cell(_gone_name(r), f"№ {r.gone_id}"))
KEPT = ListColumn("kept", "Оставленная карточка", lambda r: str(r.kept), lambda r: Cell(str(r.kept), f"№ {r.kept_id}"))


class MergePages(ScopedModelView):
    """Done merges as a list and cards; twins, comparison and merge as pages of their own."""

    services = {"undo": merges.undo}

    def list_buttons(self) -> Sequence[Button]:
        """To the pairs that may be one person."""
        return [Button("Возможные дубли", addresses.at("employee_merge", "twins", ""), main=True)]

    def done_words(self, name: str) -> str:
        """What was done, where no state tells it."""
        return "объединение отменено" if name == "undo" else super().done_words(name)

    def extra_buttons(self, row: m.EmployeeMerge) -> Sequence[Button]:
        """A merge may be undone while nothing has changed since."""
        if row.undone_at is not None or not self.may(row, "undo"):
            return []
        ask = (
            "Отменить объединение? Вторая карточка вернётся со всеми записями. Это возможно, пока их никто не изменил."
        )
        href = addresses.act("employee_merge", row.id, "undo")
        return [Button("Отменить объединение", href, post=True, danger=True, confirm=ask)]

    def card_title(self, row: m.EmployeeMerge) -> str:
        """The person whose cards were joined."""
        return f"Объединение: {_gone_name(row)}"

    def blocks(self, row: m.EmployeeMerge) -> Sequence[Block]:
        """Both cards, when, and what moved."""
        kept = Cell(str(row.kept), f"№ {row.kept_id}", href=addresses.card("employee", row.kept_id))
        pairs = [
            Pair("Оставлена карточка", kept),
            Pair("Присоединена карточка", Cell(_gone_name(row), f"№ {row.gone_id}")),
            Pair("Когда", self._value_cell(row, "created_at")),
            Pair("Отменено", self._value_cell(row, "undone_at")),
        ]
        moved = [
            Row(n, "", [Cell(_title(table)), Cell(str(len(ids)), number=True)])
            for n, (table, ids) in enumerate(sorted(row.moved.get("rows", {}).items()))
        ]
        heads = [Column("what", "Записи"), Column("number", "Сколько", number=True)]
        return [
            Block("Объединение", pairs=pairs),
            Block("Что перешло", columns=heads, rows=moved, empty="Других записей у карточки не было."),
        ]

    # --- finding and comparing

    @expose("/twins/")
    @guarded("list")
    def twins(self) -> Any:
        """Pairs that look like one person; any card is found by words for a comparison by hand."""
        typed, first = request.args.get("q", "").strip()[:100], _number("first")
        chosen = _card(first) if first else None
        blocks = [_found_block(_found(typed), chosen)] if typed else []
        blocks.append(_pairs_block(merges.list_twins()))
        return render_template(
            "merge.html",
            page=CardPage(title="Возможные дубли", crumbs=self.crumbs(), blocks=blocks),
            typed=typed,
            first=chosen,
            detail=_detail,
            action=addresses.at("employee_merge", "twins", ""),
        )

    @expose("/compare/")
    @guarded("add")
    def compare(self) -> Any:
        """Two cards side by side: what would move, what collides, which value of each field stays."""
        kept, gone = _number("kept"), _number("gone")
        if not kept or not gone:
            return self.twins()
        shown = merges.preview(kept, gone)
        page = CardPage(
            title=f"Объединение: {shown.kept.full_name}",
            crumbs=[*self.crumbs(), Link("Возможные дубли", addresses.at("employee_merge", "twins", ""))],
            buttons=[Button("Поменять местами", addresses.at("employee_merge", "compare", "", kept=gone, gone=kept))],
        )
        href = addresses.at("employee_merge", "merge", "", kept=kept, gone=gone)
        return render_template("merge_preview.html", page=page, shown=shown, merge_href=href, detail=_detail)

    @expose("/merge/", methods=["POST"])
    @guarded("add")
    def merge(self) -> Any:
        """Make the two cards one."""
        kept, gone = _number("kept"), _number("gone")
        if not kept or not gone:
            raise Invalid("Выберите две карточки, которые нужно объединить.")
        chosen = {
            name: side for name in merges.FIELDS if (side := request.form.get(f"take_{name}", "")) in ("kept", "gone")
        }

        def merge() -> str:
            row = merges.merge(kept, gone, chosen=chosen)
            flash(
                "Карточки объединены. Пока ничего не изменено, объединение можно отменить на этой странице.", "success"
            )
            return addresses.card("employee_merge", row.id)

        return answer_act(merge, addresses.at("employee_merge", "compare", "", kept=kept, gone=gone))


def _title(table: str) -> str:
    return THINGS[table].plural if table in THINGS else merges.TITLES.get(table, table)


def _number(name: str) -> int:
    return row_id(request.args.get(name, "")) or 0


def _card(pk: int) -> m.Employee | None:
    found: m.Employee | None = db.session.scalars(select(m.Employee).where(m.Employee.id == pk)).one_or_none()
    return found


def _found(typed: str) -> list[m.Employee]:
    statement = select(m.Employee).where(match(m.Employee, typed), m.Employee.anonymized_at.is_(None))
    return list(db.session.scalars(statement.order_by(m.Employee.sort, m.Employee.id).limit(_OFFERED)))


def _detail(person: m.Employee) -> str:
    born = format_date(person.birth_date) if person.birth_date else "дата рождения не указана"
    snils = shown.end("snils", person.snils, empty="без СНИЛС")
    return f"№ {person.id} · {born} · {snils}"


def _found_block(found: Sequence[m.Employee], first: m.Employee | None) -> Block:
    """People of the typed words: the first one is chosen, then the one to compare it with."""
    rows = []
    for person in found:
        if first is None:
            href = addresses.at("employee_merge", "twins", "", first=person.id, q=person.last_name)
        elif person.id != first.id:
            href = addresses.at("employee_merge", "compare", "", kept=first.id, gone=person.id)
        else:
            continue
        rows.append(Row(person.id, href, [Cell(person.full_name), Cell(_detail(person))]))
    heads = [Column("name", "Работник"), Column("detail", "Карточка")]
    return Block("Найдено", columns=heads, rows=rows, empty="Других карточек по этим словам не найдено.")


def _pairs_block(found: Sequence[merges.Twins]) -> Block:
    rows = [
        Row(
            n,
            addresses.at("employee_merge", "compare", "", kept=pair.first.id, gone=pair.second.id),
            [Cell(pair.first.full_name, _detail(pair.first)), Cell(_detail(pair.second)), Cell(pair.why)],
        )
        for n, pair in enumerate(found)
    ]
    heads = [Column("first", "Первая карточка"), Column("second", "Вторая карточка"), Column("why", "Что совпало")]
    return Block("Пары карточек", columns=heads, rows=rows, empty="Похожих карточек не найдено.")


def merge_buttons(person: m.Employee) -> list[Button]:
    """On a card: to the comparison with another one."""
    if not current_actor().can("employee_merge:add"):
        return []
    return [
        Button("Объединить с другой", addresses.at("employee_merge", "twins", "", first=person.id, q=person.last_name))
    ]
