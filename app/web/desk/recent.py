"""What the user opened lately: the browser remembers kinds and ids, the names are read anew, by the rights of now.

Why no name is left in the browser: ``docs/decisions/0025-recent-without-names.md``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

#: so many are remembered by the browser and read at once
MOST = 8
#: a kind and an id, as ``search.js`` sends them: «employee-15»
_ENTRY = re.compile(r"([a-z_]{1,40})-([1-9]\d{0,8})")


def remembered(text: str) -> dict[str, list[int]]:
    """Kind → ids of what the browser remembers; anything else in the text is passed over."""
    found: dict[str, list[int]] = {}
    for kind, pk in _entries(text):
        found.setdefault(kind, []).append(pk)
    return found


def place_of(text: str) -> dict[tuple[str, int], int]:
    """(kind, id) → its place, the latest first."""
    return {entry: at for at, entry in reversed(list(enumerate(_entries(text))))}


def _entries(text: str) -> Iterator[tuple[str, int]]:
    for entry in text[:1000].split(",")[:MOST]:
        if (read := _ENTRY.fullmatch(entry)) is not None:
            yield read[1], int(read[2])
