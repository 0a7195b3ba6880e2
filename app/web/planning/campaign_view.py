"""Campaigns of planning: days, rules, territories' quotas, the state that follows from the days."""

from __future__ import annotations

from app.web.frame.scoped_view import ScopedModelView


class CampaignPages(ScopedModelView):
    """The list and the card of campaigns."""

    empty = "Планов пока нет. Начните план на следующий год: организаторы предложат программы, люди выберут."
