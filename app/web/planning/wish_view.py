"""Wishes for the next year as rows: for whoever looks for one, agrees or declines."""

from __future__ import annotations

from app.web.frame.scoped_view import ScopedModelView


class WishPages(ScopedModelView):
    """The list and the card of wishes."""

    empty = "Заявок в план нет."


class UnmetPages(ScopedModelView):
    """«Мне ничего не подходит»: the words and their answer."""

    empty = "Никто не написал, что ему ничего не подходит."
