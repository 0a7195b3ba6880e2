"""Record the SQL statements of a block: how many there are, and whether any of them writes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import Engine

_WRITES = ("INSERT", "UPDATE", "DELETE", "TRUNCATE", "MERGE")


class Statements(list[str]):
    """Texts of the statements in their order."""

    @property
    def writes(self) -> list[str]:
        """The statements that change rows, also those inside a CTE."""
        return [s for s in self if any(word in s.upper().replace("FOR UPDATE", "").split() for word in _WRITES)]


@contextmanager
def recorded() -> Iterator[Statements]:
    """Collect the statements that any engine of this process executes inside the block."""
    found = Statements()

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        found.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(Engine, "before_cursor_execute", note)
