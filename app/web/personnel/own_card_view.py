"""«Моя карточка»: the way from the menu to the user's card."""

from __future__ import annotations

from typing import Any

from flask import redirect, render_template, request
from flask_appbuilder import BaseView, expose

from app import addresses
from app.access import current_actor
from app.web.frame.guards import signed_in
from app.web.frame.pages import CardPage


def has_card() -> bool:
    """Whether the acting user has a card that the user may open: only then the page is in the menu."""
    actor = current_actor()
    return actor.employee_id is not None and actor.can("employee:show")


class OwnCardView(BaseView):
    """One address for everybody's own card."""

    route_base = "/my-card"
    default_view = "index"

    def is_here(self) -> bool:
        """Whether the page is the own card, for the menu."""
        return request.path == addresses.card("employee", current_actor().employee_id)

    @expose("/")
    @signed_in
    def index(self) -> Any:
        """To the own card."""
        if not has_card():
            note = "К вашей учётной записи карточка работника не привязана."
            return render_template("message.html", page=CardPage("Моя карточка", note=note))
        return redirect(addresses.card("employee", current_actor().employee_id))
