"""Wishes for the next year as rows: for whoever looks for one, agrees or declines."""

from __future__ import annotations

from collections.abc import Sequence

from app.exchange.plan.plan_import import PLANS
from app.web.frame.parts import Part
from app.web.frame.scoped_view import ScopedModelView
from app.web.personnel.list_import_view import ListImportPages, ListWords


class WishLists(ListImportPages):
    """Lists of wishes that a school has gathered in Excel."""

    lists = PLANS
    list_words = ListWords(
        title="Загрузка заявок в план",
        note="Что выбрали работники на следующий год: человек, шифр программы, удобные месяцы, очередь. Сначала портал "
        "покажет, что будет записано и где ошибки; правила и последний день — те же, что при выборе на странице.",
        sample="Заявки в план.xlsx",
        whose="Работник",
        applied="Заявки загружены: {counts}.",
        undo="Загруженные ею заявки будут отозваны.",
    )


class WishPages(ScopedModelView):
    """The list and the card of wishes."""

    parts: Sequence[type[Part]] = (WishLists,)
    empty = "Заявок в план нет."


class UnmetPages(ScopedModelView):
    """«Мне ничего не подходит»: the words and their answer."""

    empty = "Никто не написал, что ему ничего не подходит."
