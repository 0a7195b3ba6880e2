"""How pages are put together: a view is the generated one and one page class, the rest joins as parts; answers are given in one place."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from flask import Flask

from app import views
from app.statuses import actions_of
from app.web.frame.scoped_view import ScopedModelView

_WEB = Path(__file__).parents[2] / "app" / "web"
VIEWS = [kind for kind in vars(views).values() if isinstance(kind, type) and kind.__module__ == views.__name__]


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.__name__)
def test_a_view_inherits_one_page_class_at_most(view: type) -> None:
    """Pages beside it are parts: what a card shows is read in the order of ``parts``, not of the inheritance."""
    assert issubclass(view, ScopedModelView)
    above = [kind.__name__ for kind in view.__mro__[1 : view.__mro__.index(ScopedModelView)]]
    assert len(above) <= 1, f"{view.__name__} inherits {', '.join(above)}: make parts of them"


#: actions of the status table that ask for more than a reason: each has a page of its own beside the card
WITH_PAGES = {
    "transfer": {"release", "accept"},
    "training_group": {"reopen"},
    "plan_campaign": {"reopen"},
    "enrolment": {"record_trained", "record_failed", "record_no_show", "expel"},
}


def test_every_button_of_an_edge_does_something(app: Flask) -> None:
    """An edge with a button is performed by a service, by the view itself or on a page; nothing else performs one."""
    shown = {view.table: set(view.services) for view in app.appbuilder.baseviews if hasattr(view, "services")}  # type: ignore[attr-defined]
    wanted = {table: set(actions_of(table)) - WITH_PAGES.get(table, set()) for table in shown}
    assert {table: actions - shown[table] for table, actions in wanted.items() if actions - shown[table]} == {}


def test_refusals_are_answered_in_one_place() -> None:
    """A page asks ``frame.answers``; a handler of its own would forget to undo what was begun, or to pass 404 and 403 on."""
    found = []
    for path in sorted(_WEB.rglob("*.py")):
        where = path.relative_to(_WEB).as_posix()
        caught = {
            name.id
            for node in ast.walk(ast.parse(path.read_text()))
            if isinstance(node, ast.ExceptHandler) and node.type is not None
            for name in ast.walk(node.type)
            if isinstance(name, ast.Name)
        }
        refusals = caught & {"PortalError", "Forbidden"}
        found += [f"{where}: {name}" for name in sorted(refusals) if where != "frame/answers.py"]
    assert not found
