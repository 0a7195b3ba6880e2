"""What a search of the top bar answers with: plain values for its dialog and its page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Act:
    """What can be done with an answer at once: its words and where they lead."""

    text: str
    href: str


@dataclass(frozen=True, slots=True)
class Found:
    """One answer: what it is, what tells it from its namesakes, where it leads; ``post``: it is sent with these fields."""

    text: str
    detail: str
    href: str
    acts: Sequence[Act] = ()
    post: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class FoundGroup:
    """Answers of one kind; ``more_href`` is the list with the same search when there may be more of them."""

    title: str
    items: Sequence[Found]
    more_href: str = ""
