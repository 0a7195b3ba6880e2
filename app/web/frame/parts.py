"""Parts: pages beside a generated view, with all that they add to its card and its list.

A view names its parts (``parts = (GroupSchedule, GroupQuotas)``); a part knows nothing of the others. Its handlers are
served under the view's address and name, and their permissions are checked on the view's object; its buttons and blocks
follow in the order of the parts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from werkzeug.wrappers import Response

from app.web.frame.pages import Block, Button, Link

if TYPE_CHECKING:
    from app.web.frame.scoped_view import ScopedModelView


class Part:
    """One part of one view; what a part does not add, it leaves as it stands here."""

    #: business actions on one row, by name: see ``ViewBase.services``
    services: Mapping[str, Callable[..., Any]] = {}
    #: in which tab its blocks stand, on a card that has tabs
    tab = ""

    def __init__(self, view: ScopedModelView) -> None:
        self.view = view
        self.table = view.table
        self.class_permission_name = view.table

    def set_up(self) -> None:
        """Build what needs the view's forms and columns; called once, after the view's own are there."""

    # --- what it adds

    def lead(self, _row: Any) -> Sequence[Block]:
        """Blocks above those of the card."""
        return ()

    def blocks(self, _row: Any) -> Sequence[Block]:
        """Blocks below those of the card."""
        return ()

    def buttons(self, _row: Any) -> Sequence[Button]:
        """Buttons of the card."""
        return ()

    def list_buttons(self) -> Sequence[Button]:
        """Buttons of the list."""
        return ()

    def bulk_actions(self) -> Sequence[Button]:
        """Actions on the chosen rows of the list; ``href`` is the action's name."""
        return ()

    def home_of(self, _row: Any) -> str:
        """Page of what a row of the view belongs to; empty where the part does not know."""
        return ""

    def allows(self, _name: str) -> bool:
        """Whether the action is this part's and may be done; raises Forbidden when it may not."""
        return False

    def order_many(self, _name: str, _rows: Sequence[Any]) -> Response | None:
        """Do an action of this part on all chosen rows at once; None: row by row, by ``services``."""
        return None

    def done_words(self, _name: str) -> str:
        """What an action of this part has done, in words; empty where its button has to say it."""
        return ""

    # --- what it asks of its view

    def may(self, row: Any, verb: str) -> bool:
        """Whether the user may do ``verb`` on this visible row."""
        return self.view.may(row, verb)

    def crumbs(self, row: Any = None, here: str = "") -> Sequence[Link]:
        """Way back: see ``CardPages.crumbs``."""
        return self.view.crumbs(row, here)


def handlers_of(owner: object) -> dict[str, Callable[..., Any]]:
    """Name → handler of the routes that a view or a part of ours defines; those that FAB defines are not served."""
    found = {name: getattr(owner, name) for name in dir(type(owner)) if hasattr(getattr(type(owner), name), "_urls")}
    return {name: handler for name, handler in found.items() if handler.__module__.startswith("app.")}
