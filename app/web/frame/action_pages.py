"""Actions of the status table on one record and on many."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, cast

from flask import flash, redirect, request
from flask_appbuilder import expose
from sqlalchemy import select
from werkzeug.wrappers import Response

from app import addresses
from app.access import current_actor, get_writable
from app.acts import act_label
from app.errors import Invalid, NotFound
from app.extensions import db
from app.russian import capitalized, count, number
from app.services.portal import refusal_reasons, undo
from app.statuses import actions_of
from app.web.frame import reasons
from app.web.frame.answers import answer_act, attempt_each
from app.web.frame.card_pages import CardPages
from app.web.frame.guards import signed_in
from app.web.frame.pages import Button
from app.web.frame.typed import row_id
from app.web.frame.undoing import tell_done

#: a bulk action touches at most this many rows at once
BULK_LIMIT = 500
#: of refusals, how many different reasons are told, and how many names beside each
_REASONS_TOLD, _NAMES_TOLD = 5, 10
#: words of what was done that «не» may be put before
_NEGATED = re.compile("[А-ЯЁ][а-яё]+[нт]о")


class ActionPages(CardPages):
    """Routes ``act`` and ``act_many``: by POST, on visible rows only."""

    def bulk_actions(self) -> Sequence[Button]:
        """Actions of the status table that may be done on many rows, and those of the parts."""
        actor = current_actor()
        edges = actions_of(self.table)
        own = [
            self._button(edges[name], name)
            for name in self.services
            if name in edges and actor.can(f"{self.table}:{name}")
        ]
        return [*own, *(button for part in self.joined for button in part.bulk_actions())]

    @expose("/act/<int:pk>/<string:name>", methods=["POST"])
    @signed_in
    def act(self, pk: int, name: str) -> Any:
        """Do one action on one row."""
        self._require_action(name)
        row = get_writable(db.session, self.datamodel.obj, pk, f"{self.table}:{name}")
        back = self.href_of(row) or addresses.listing(self.table)

        batch, title = undo.new_batch(), self.card_title(row)

        def act() -> Response | None:
            result = undo.take(self.datamodel.obj, pk, name, lambda: self._call(name, pk), batch=batch, label=title)
            if isinstance(result, Response):
                return result
            tell_done(batch, self._outcome_words(name, result))
            return None

        return answer_act(act, back)

    @expose("/act/", methods=["POST"])
    @signed_in
    def act_many(self) -> Any:
        """Do one action on the chosen rows: all must be visible, each succeeds or is refused with its own sentence.

        With ``all`` the rows are those of the posted query, if they are still as many as the user ``seen``.
        """
        name = request.form.get("action", "")
        self._require_action(name)
        query = self.listing.read(request.form.get("query", ""))
        back = redirect(self.listing.url(query))
        if request.form.get("all") == "1":
            rows, problem = self._found(query)
        else:
            typed = request.form.getlist("rowid")
            rows = self.chosen(typed)
            problem = "" if typed else "Сначала отметьте нужные строки."
        if problem:
            flash(problem, "warning")
            return back
        ordered = self.order_many(name, rows)
        if ordered is not None:
            return ordered
        batch, titles = undo.new_batch(), {row.id: self.card_title(row) for row in rows}
        model = self.datamodel.obj
        answers = attempt_each(
            titles,
            lambda pk: undo.take(model, pk, name, lambda: self._call(name, pk), batch=batch, label=titles[pk]),
        )
        refusals = [(title, it.message) for title, it in zip(titles.values(), answers, strict=True) if it]
        done = len(rows) - len(refusals)
        words = self._many_words(name)
        if done:
            tell_done(batch, f"{words}: {number(done)}.")
        if refusals:
            flash(not_done(words, refusals), "danger")
        return back

    def order_many(self, name: str, rows: Sequence[Any]) -> Response | None:
        """Order an action on many rows as background work and say where to look; None: it is done now, row by row."""
        answers = (part.order_many(name, rows) for part in self.joined)
        return next((answer for answer in answers if answer is not None), None)

    def _found(self, query: Any) -> tuple[Sequence[Any], str]:
        """All rows of a query, found anew, and why they may not be acted upon; one of both is empty."""
        ids, seen = self.listing.ids(query, BULK_LIMIT + 1), request.form.get("seen", "")
        if not ids:
            return (), "По этому отбору больше ничего не найдено, поэтому ничего не выполнено."
        if len(ids) > BULK_LIMIT:
            return (), (
                f"По отбору найдено больше {BULK_LIMIT} строк, а за один раз можно отметить не больше {BULK_LIMIT}. "
                "Ничего не выполнено. Сузьте отбор или отмечайте строки по страницам."
            )
        if seen != str(len(ids)):
            words = count(len(ids), "строка", "строки", "строк")
            return (), (
                f"Пока вы смотрели на список, он изменился: теперь по отбору найдено {words}, а вы видели другое число. "
                "Ничего не выполнено. Просмотрите список и выберите снова."
            )
        return self.chosen([str(pk) for pk in ids]), ""

    def chosen(self, typed: Sequence[str]) -> Sequence[Any]:
        """Rows of these ids, all of them visible; raises NotFound when one is not, Invalid when they are too many."""
        ids = sorted({pk for value in typed if (pk := row_id(value)) is not None})
        if len(ids) > BULK_LIMIT:
            raise Invalid(f"За один раз можно отметить не больше {BULK_LIMIT} строк.")
        model = self.datamodel.obj
        rows = db.session.scalars(select(model).where(model.id.in_(ids)).order_by(model.id)).all()
        if len(rows) != len(ids) or len(set(typed)) != len(ids):
            raise NotFound("Одной из отмеченных строк нет или она вам не видна. Ничего не выполнено.")
        return cast("Sequence[Any]", rows)

    def _require_action(self, name: str) -> None:
        if any(part.allows(name) for part in self.joined):
            return
        if name not in self.services:
            raise NotFound("Такого действия нет.")
        current_actor().require(f"{self.table}:{name}")

    def _call(self, name: str, pk: int) -> Any:
        edge = actions_of(self.table).get(name)
        if edge is not None and edge.reason:
            return self.services[name](pk, **refusal_reasons.arguments(self.datamodel.obj, *reasons.posted()))
        return self.services[name](pk)

    def _outcome_words(self, name: str, result: Any) -> str:
        """What one action came to: the word of its button; the new state says who acts next."""
        if undo.is_undoable(self.table, name):
            return f"{act_label(self.table, name)}."
        label = getattr(getattr(result, "status", None), "label", "")
        return (
            f"Готово. Состояние: «{label}»." if label else f"Готово: {self.done_words(name) or 'действие выполнено'}."
        )

    def _many_words(self, name: str) -> str:
        """«Приглашение отправлено», «Подтверждено»: the journal's words where the page has none."""
        done = self.done_words(name) or (act_label(self.table, name) if name in actions_of(self.table) else "Готово")
        return capitalized(done)

    def done_words(self, name: str) -> str:
        """What an action has done, in words; empty where its button has to say it."""
        return next((words for part in self.joined if (words := part.done_words(name))), "")


def not_done(done: str, refusals: Sequence[tuple[str, str]]) -> str:
    """What was not done of many, why, and to whom: «Не подтверждено: 2 — Иванова А. П., Котов И. И.: место работы закончилось.»

    ``refusals`` are titles of rows with the sentence of each; rows with one sentence stand together.
    """
    reasons: dict[str, list[str]] = {}
    for title, sentence in refusals:
        reasons.setdefault(sentence, []).append(title)
    said = [f"{_named(titles)}: {sentence}" for sentence, titles in list(reasons.items())[:_REASONS_TOLD]]
    left = len(reasons) - len(said)
    more = f" И другие причины: {left}." if left else ""
    negation = f"Не {done[:1].lower()}{done[1:]}" if _NEGATED.fullmatch(done) else "Не выполнено"
    return f"{negation}: {len(refusals)} — {' '.join(said)}{more}"


def _named(titles: Sequence[str]) -> str:
    rest = len(titles) - _NAMES_TOLD
    return f"{', '.join(titles[:_NAMES_TOLD])}{f' и ещё {rest}' if rest > 0 else ''}"
