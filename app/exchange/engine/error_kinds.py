"""Kinds of errors and warnings of a list: a sentence without the address of its cell and the words of its row."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from app.exchange.engine.list_plan import RowPlan

#: «I12, » before a sentence about a cell
ADDRESS = re.compile(r"^([A-Z]{1,3})(\d+), ")
#: kinds offered as filters
_MOST_KINDS = 40


@dataclass(frozen=True, slots=True)
class Kind:
    """Errors (or warnings) of one kind: ``code`` names it in an address, ``rows`` is how many rows have it."""

    code: str
    words: str
    is_error: bool
    rows: int


class Tally:
    """Counts what the rows do and the kinds of what is wrong in them; ``titles`` are those of the list's columns."""

    def __init__(self, titles: Collection[str]) -> None:
        self._titles = titles
        self._actions: Counter[str] = Counter()
        self._kinds: Counter[tuple[bool, str]] = Counter()

    def add(self, plan: RowPlan[Any]) -> list[str]:
        """Count a decided row; return the codes of its kinds, for the filter of the preview."""
        self._actions[plan.action] += 1
        kinds = {(True, kind_words(sentence, self._titles)) for sentence in plan.problems}
        kinds |= {(False, kind_words(sentence, self._titles)) for sentence in plan.warnings}
        self._kinds.update(kinds)
        return sorted(_code(words, is_error=is_error) for is_error, words in kinds)

    def rows(self, action: str) -> int:
        """How many rows do that."""
        return self._actions[action]

    def kinds(self) -> list[list[Any]]:
        """The kinds as JSON: code, words, is it an error, how many rows; errors first, the most frequent first."""
        order = sorted(self._kinds.items(), key=lambda item: (not item[0][0], -item[1], item[0][1]))
        return [[_code(words, is_error=error), words, error, rows] for (error, words), rows in order[:_MOST_KINDS]]


def kind_words(sentence: str, titles: Collection[str]) -> str:
    """A sentence about a cell without its address and what is this row's own: «Должность: Должность «…» не найдена»."""
    bare = ADDRESS.sub("", sentence)
    title, colon, message = bare.partition(": ")
    prefix = f"{title}: " if colon and title in titles else ""
    common = re.sub(r"«[^»]*»|„[^“]*“|\d[\d. ]*\d|\d", "…", message if prefix else bare)
    common = re.sub(r"\s*\([^)]*\)", "", common)
    parts = re.split(r"[:;] |\. ", common, maxsplit=2)
    # «Дата рождения …: работнику … лет» says nothing without its second part
    bare = common[: len(parts[0]) + 2 + len(parts[1])] if parts[0].endswith("…") and len(parts) > 1 else parts[0]
    return prefix + bare[:120]


def _code(words: str, *, is_error: bool) -> str:
    return hashlib.sha256(f"{is_error}{words}".encode()).hexdigest()[:8]
