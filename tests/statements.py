"""Record the SQL statements of a block: how many there are, and whether any of them writes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import Engine

_WRITE = re.compile(
    r"\s*(?:INSERT|UPDATE|DELETE|TRUNCATE|MERGE|WITH\b.*\b(?:INSERT INTO|UPDATE|DELETE FROM)\b)",
    re.IGNORECASE | re.DOTALL,
)


class Statements(list[str]):
    """Texts of the statements in their order."""

    def __init__(self) -> None:
        super().__init__()
        #: the statements that change rows
        self.writes: list[str] = []

    def note(self, statement: str) -> None:
        """Add one statement."""
        self.append(statement)
        if _WRITE.match(statement):
            self.writes.append(statement)


@contextmanager
def recorded() -> Iterator[Statements]:
    """Collect the statements that any engine of this process executes inside the block."""
    found = Statements()

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        found.note(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(Engine, "before_cursor_execute", note)
