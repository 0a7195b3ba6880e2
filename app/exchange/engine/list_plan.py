"""What a list would do, row by row: the row as it was read, its plan, and how many rows are created, updated or wrong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, Literal, TypeVar

from app.errors import Conflict
from app.exchange.columns import CellError
from app.russian import count

Action = Literal["create", "update", "unchanged", "error"]
#: rows with errors that a refusal names
_NAMED_ROWS = 3


#: what a row says, as a dataclass of plain values
V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class ReadRow(Generic[V]):
    """A row that was read; ``wrong``: the columns of its errors, of which ``values`` tells nothing.

    ``label`` names whom the row is about as the sheet does; ``sheet`` is named only when the file holds several lists.
    """

    number: int
    label: str
    values: V
    errors: tuple[CellError, ...] = ()
    warnings: tuple[CellError, ...] = ()
    wrong: frozenset[str] = frozenset()
    sheet: str = ""


@dataclass(frozen=True, slots=True)
class SourceRow(Generic[V]):
    """The same with its errors in words, as it is kept."""

    number: int
    label: str
    values: V
    problems: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    wrong: frozenset[str] = frozenset()
    sheet: str = ""


@dataclass(slots=True, eq=False)
class RowPlan(Generic[V]):
    """What is done about a row.

    ``writes``: the objects that are written, where a kind plans them one by one; they are let go once the row is kept.
    ``objects``: table and id of what the row is about, known once stored.
    """

    source: SourceRow[V]
    creates: bool = False
    writes: list[Any] = field(default_factory=list)
    changes: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    objects: list[tuple[str, int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        """What was wrong in the file stays wrong."""
        self.problems += self.source.problems
        self.warnings += self.source.warnings

    @property
    def action(self) -> Action:
        """An error beats all; a row that writes nothing changes nothing."""
        if self.problems:
            return "error"
        if self.creates:
            return "create"
        return "update" if self.writes else "unchanged"


P = TypeVar("P", bound=RowPlan[Any])


@dataclass(frozen=True, slots=True)
class AppliedCounts:
    """How many rows of the file did what; ``skipped`` are those with errors."""

    created: int
    updated: int
    unchanged: int
    skipped: int


@dataclass(frozen=True, slots=True)
class UndoneCounts:
    """How many objects were deleted and how many got their former values."""

    deleted: int
    restored: int = 0


class Refused:
    """Hears the problems of all rows and says at the end whether the list may be applied."""

    def __init__(self, *, skip_errors: bool) -> None:
        self._skip = skip_errors
        self._named: list[str] = []
        self._wrong = self._all = 0

    def add(self, row: int, problems: Sequence[str]) -> None:
        """Hear of a row."""
        self._all += 1
        if problems:
            self._wrong += 1
            if len(self._named) < _NAMED_ROWS:
                self._named.append(f"строка {row} — {problems[0]}")

    def end(self) -> None:
        """Raise Conflict when nothing, or not everything, can be applied."""
        if self._wrong and self._wrong == self._all:
            raise Conflict(
                "В списке нет ни одной верной строки, применять нечего. Исправьте файл и загрузите его снова."
            )
        if not self._wrong or self._skip:
            return
        rest = self._wrong - len(self._named)
        more = f"; и ещё {count(rest, 'строка', 'строки', 'строк')}" if rest > 0 else ""
        raise Conflict(
            f"В списке есть ошибки: {'; '.join(self._named)}{more}. Исправьте файл и загрузите его снова или отметьте, "
            "что строки с ошибками нужно пропустить."
        )
