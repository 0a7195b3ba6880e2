"""The declaration of a kind of lists: its columns, how a row is read, planned and written, and the words of its pages.

``ListImport`` does all the rest; a new kind of lists is a subclass of it with these methods.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any, Generic, TypeVar, cast

from app import models as m
from app.exchange.columns import Column
from app.exchange.engine.kept_values import from_json
from app.exchange.engine.list_plan import AppliedCounts, P, SourceRow, UndoneCounts, V
from app.exchange.engine.list_sheet import ReadList
from app.exchange.reader import Sheet
from app.russian import count

#: hears how many rows are done
Told = Callable[[int], None]
G = TypeVar("G")


class ListKind(Generic[V, P, G]):
    """One kind of lists.

    ``V``: values of a row, ``P``: its plan, ``G``: the ground, directories that rows are both read by and planned against.
    """

    #: kind of the batches, the right to load them, and the key under which two lists are applied one after the other
    kind: str
    permission: str
    lock: int
    columns: Sequence[Column]
    #: dataclass of what a row says
    values: type[Any]
    #: how its tasks name the list («Список чеков»), what it writes («чек», «чека», «чеков»), whether it changes what is there
    named: str
    noun: tuple[str, str, str]
    updates = False
    counted = "загружено — {created}, уже были — {unchanged}, пропущено с ошибками — {skipped}"

    # --- rows

    def sample(self) -> bytes:
        """The empty form of the list with an invented example; raises Forbidden."""
        raise NotImplementedError

    def ground(self, meaning: Mapping[str, str]) -> G:
        """Read the directories, if any; ``meaning``: what the user said of the columns of this list, title → field."""
        return cast(G, None)

    def read(self, sheets: Sequence[Sheet], ground: G, told: Told) -> ReadList[V]:
        """Read the list out of a workbook; raises `FileRejected`, `ColumnsMissing` where the user may be asked."""
        raise NotImplementedError

    def values_of(self, kept: Mapping[str, Any] | None) -> V:
        """The values of a row out of JSONB, as far as its cells could be read."""
        return cast(V, from_json(self.values, kept or {}))

    def plan(self, rows: Sequence[SourceRow[V]], ground: G, letters: Mapping[str, str], *, locks: bool) -> Iterator[P]:
        """Plan the rows in their order; what an earlier row writes counts for the later ones.

        A fixed number of statements; ``locks``: what is read of it is to be written in this transaction.
        """
        raise NotImplementedError

    def store(self, plans: Sequence[P], written: dict[str, Any]) -> None:
        """Write what some rows create or change, note in ``written`` what undoes it, and ``objects`` in the plans."""
        raise NotImplementedError

    def take_back(self, batch: m.ImportBatch, told: Told) -> UndoneCounts:
        """Remove what was written, past the scope; raises Conflict with what has changed since."""
        raise NotImplementedError

    # --- words

    def words_of(self, counts: AppliedCounts) -> str:
        """«загружено — 3, уже были — 1, …»."""
        return self.counted.format(**asdict(counts))

    def undone_words(self, counts: UndoneCounts) -> str:
        """«удалено 12 чеков»."""
        return f"удалено {count(counts.deleted, *self.noun)}"

    def undone_changes(self, counts: UndoneCounts) -> dict[str, tuple[str, str]]:
        """The same for the journal."""
        return {f"Удалено {self.noun[2]}": ("", str(counts.deleted))}

    def task(self, work: str) -> str:
        """Code of a task: ``check``, ``import``, ``undo`` or ``marks``."""
        return f"{self.kind}_{work}"
