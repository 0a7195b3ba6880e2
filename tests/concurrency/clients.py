"""Real threads with real commits: every client has its own context, session and connection; all start at once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from flask import Flask
from sqlalchemy import text

from app.access import acting_as
from app.actor import Actor
from app.errors import PortalError
from app.extensions import db

Call = Callable[[], Any]


def run_at_once(app: Flask, calls: Sequence[tuple[Actor, Call]]) -> list[Any]:
    """Run each call as its actor in a thread of its own; return what each gave, in order: a value or its PortalError.

    Any other exception is raised here: a client never dies of a deadlock or of a driver's error.
    """
    barrier = threading.Barrier(len(calls))
    results: list[Any] = [None] * len(calls)

    def client(index: int, actor: Actor, call: Call) -> None:
        with app.app_context(), acting_as(actor):
            barrier.wait()
            try:
                results[index] = call()
            except Exception as error:
                results[index] = error
            finally:
                db.session.remove()

    threads = [threading.Thread(target=client, args=(n, actor, call)) for n, (actor, call) in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for result in results:
        if isinstance(result, Exception) and not isinstance(result, PortalError):
            raise result
    return results


def succeeded(results: Sequence[Any]) -> list[Any]:
    """Results that are no refusals."""
    return [result for result in results if not isinstance(result, PortalError)]


def refused(results: Sequence[Any]) -> list[PortalError]:
    """Refusals among the results."""
    return [result for result in results if isinstance(result, PortalError)]


@contextmanager
def without_index(name: str) -> Iterator[None]:
    """Take a unique index away, to show what a guard above it prevents; the rows that break it go with the block."""
    with db.engine.begin() as connection:
        found = connection.execute(
            text("SELECT indexdef, tablename FROM pg_indexes WHERE indexname = :name"), {"name": name}
        ).one()
        connection.execute(text(f"DROP INDEX {name}"))
    try:
        yield
    finally:
        db.session.rollback()
        with db.engine.begin() as connection:
            connection.execute(text(f"DELETE FROM {found.tablename}"))
            connection.execute(text(found.indexdef))
