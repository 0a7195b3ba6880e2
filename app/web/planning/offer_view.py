"""What organizers put up for a year: the list, the card, the form."""

from __future__ import annotations

from app.web.frame.scoped_view import ScopedModelView


class OfferPages(ScopedModelView):
    """The list and the card of offers."""

    empty = "Программ на этот год ещё не предложили."
