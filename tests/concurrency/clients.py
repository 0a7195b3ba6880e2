"""Real threads with real commits: every client has its own context, session and connection; all start at once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from flask import Flask
from sqlalchemy import text

from app.access import acting_as
from app.actor import Actor
from app.errors import PortalError
from app.extensions import db
from tests.waiting import PATIENCE

Call = Callable[[], Any]


class _Meeting:
    """Where the clients of a run wait for each other, each once."""

    def __init__(self, clients: int) -> None:
        self.barrier = threading.Barrier(clients)
        self.here: set[int] = set()

    def wait(self) -> None:
        """Wait for all; when somebody is kept from coming, go on."""
        if threading.get_ident() not in self.here:
            self.here.add(threading.get_ident())
            with suppress(threading.BrokenBarrierError):
                self.barrier.wait(PATIENCE)


_meeting = _Meeting(1)


def meet() -> None:
    """Wait for the other clients of the run: what each read before is older than what any of them writes after it."""
    _meeting.wait()


def arrived() -> int:
    """How many clients wait at the meeting."""
    return _meeting.barrier.n_waiting


def run_at_once(app: Flask, calls: Sequence[tuple[Actor, Call]]) -> list[Any]:
    """Run each call as its actor in a thread of its own; return what each gave, in order: a value or its PortalError.

    Any other exception is raised here: a client never dies of a deadlock or of a driver's error.
    """
    global _meeting
    barrier, _meeting = threading.Barrier(len(calls)), _Meeting(len(calls))
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
