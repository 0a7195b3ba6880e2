"""Measures of the schematic map that ``charts.html`` draws: tiles and the names on them."""

from __future__ import annotations

from textwrap import wrap

#: characters of a name that fit a line of a tile
_LINE = 14
#: units of a tile: its width, the height of a line, and of the figure with the words below it
WIDTH, LINE, FOOT = 152, 20, 66


def lines_of(name: str) -> list[str]:
    """A name in lines of a tile, whole: long words part after their hyphen, the longest are squeezed by the template."""
    return wrap(name, _LINE, break_long_words=False)
