"""Where each territory stands on the schematic map: one rule over the names of the territories, no coordinates.

The rule. The cells are a grid, three columns wide (two for four territories and fewer). A territory whose name begins a word with
a side of the world («Северо-Западное», «Южное», «Центральное») wishes the cell of that side; the others wish the middle. Those
of two sides choose first, then those of one, then the middle, then those without a side, each by name; who finds the wished
cell taken takes the nearest free one (of equally near ones the upper, then the left). So the map depends on the rows of the
directory only: a territory that is added, renamed or closed moves by the same rule.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass

from app.text import sort_key

#: wider grids have tiles too narrow for a name on a phone
MOST_COLUMNS = 3
_SIDES = (("север", 0, -1), ("юж", 0, 1), ("юго", 0, 1), ("запад", -1, 0), ("восто", 1, 0), ("централь", 0, 0))


@dataclass(frozen=True, slots=True)
class Grid:
    """How many cells there are, and the cell (column, row; from 0) of each territory by its key."""

    columns: int
    rows: int
    cells: Mapping[int, tuple[int, int]]


def arranged(names: Mapping[int, str]) -> Grid:
    """Arrange territories (key → name); the same names give the same map in whatever order they come."""
    if not names:
        return Grid(0, 0, {})
    columns = min(MOST_COLUMNS, math.ceil(math.sqrt(len(names))))
    rows = math.ceil(len(names) / columns)
    free = {(column, row) for column in range(columns) for row in range(rows)}
    cells: dict[int, tuple[int, int]] = {}
    for key in sorted(names, key=lambda k: (_turn(names[k]), sort_key(names[k]), k)):
        east, south = _side(names[key]) or (0, 0)
        wished = ((columns - 1) * (1 + east) / 2, (rows - 1) * (1 + south) / 2)
        cells[key] = min(free, key=lambda cell: (math.dist(cell, wished), cell[1], cell[0]))
        free.remove(cells[key])
    return Grid(columns, rows, cells)


def _side(name: str) -> tuple[int, int] | None:
    """The side of the world that a name tells: (to the east, to the south), each from -1 to 1; None: it tells none."""
    found = [(east, south) for root, east, south in _SIDES if re.search(rf"\b{root}", name.lower())]
    return (sum(east for east, _ in found), sum(south for _, south in found)) if found else None


def _turn(name: str) -> int:
    """When a territory chooses its cell: the more exactly its name tells the place, the earlier."""
    side = _side(name)
    return 3 if side is None else 2 - abs(side[0]) - abs(side[1])
