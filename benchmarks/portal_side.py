"""The portal's side of ``lists.py``."""

from __future__ import annotations

import sys
from collections.abc import Callable

from sqlalchemy import event

from app.extensions import db
from benchmarks.workbench import make_app, session_cookie
from benchmarks.wsgi_side import LAST, PERSON, SEARCH, serve

PAGES = {
    "list": "/employee/list/",
    "last": f"/employee/list/?page={LAST}",
    "search": f"/employee/list/?q={SEARCH}",
    "card": f"/employee/show/{PERSON}",
    "edit": f"/employee/edit/{PERSON}",
}


def main(url: str) -> None:
    """Serve the portal's pages."""
    app = make_app(url)
    with app.app_context():
        counter = _count_statements()
    serve(app, PAGES, session_cookie(app), counter)


def _count_statements() -> Callable[[], int]:
    seen = 0

    @event.listens_for(db.engine, "before_cursor_execute")
    def _see(*_arguments: object) -> None:
        nonlocal seen
        seen += 1

    return lambda: seen


if __name__ == "__main__":
    main(sys.argv[1])
