"""Directories as plain values, and the search among their names and synonyms for the words of a school."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Generic, TypeVar

from app.identifiers import suggest
from app.russian import quoted
from app.text import name_key


@dataclass(frozen=True, slots=True)
class Entry:
    """A row of a directory and what users may write for it; an organization's short name is among the synonyms."""

    id: int
    name: str
    synonyms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PositionEntry(Entry):
    """A position; some mean nothing without a subject (учитель, преподаватель)."""

    subject_required: bool = False


class NotFound(ValueError):
    """No entry, or several, under the written name; `str()` of it is a Russian sentence."""


E = TypeVar("E", bound=Entry)
#: texts for which the nearest names are looked for
MOST_ADVICE = 300


class Lookup(Generic[E]):
    """Finds entries by name or synonym in any case, with look-alikes, blanks and quotation marks put right.

    `what` names the directory in messages: «Должность», `missing` agrees with it: «не найдена». Answers are
    remembered, because the nearest names are dear to find and a school repeats its mistake in every row.
    """

    def __init__(self, what: str, missing: str, entries: Iterable[E], *, where: str = "в справочнике") -> None:
        self._what = what
        self._missing = f"{missing} {where}"
        self._entries = tuple(entries)
        self._by_key = self._index(name_key)
        self._refusals: dict[str, str] = {}
        self._found: dict[str, E] = {}

    @cached_property
    def _by_stems(self) -> dict[str, dict[int, E]]:
        return self._index(stems)

    def _index(self, key: Callable[[str], str]) -> dict[str, dict[int, E]]:
        index: dict[str, dict[int, E]] = {}
        for entry in self._entries:
            for spelling in (entry.name, *entry.synonyms):
                index.setdefault(key(spelling), {})[entry.id] = entry
        return index

    def find(self, text: str) -> E:
        """The entry of that name; an exact name goes before a synonym of another entry. Raises `NotFound`."""
        if text in self._found:
            return self._found[text]
        entry = self._found[text] = self._find(text)
        return entry

    def _find(self, text: str) -> E:
        key = name_key(text)
        found = self._by_key.get(key, {})
        if len(found) > 1:
            named = [entry for entry in found.values() if name_key(entry.name) == key]
            if len(named) != 1:
                raise NotFound(self._several(text, found.values()))
            return named[0]
        if not found:
            raise NotFound(self._refusal(text))
        return next(iter(found.values()))

    def find_all(self, text: str) -> list[E]:
        """All entries under a name, none when unknown."""
        return list(self._by_key.get(name_key(text), {}).values())

    def find_inflected(self, text: str) -> E | None:
        """The entry whose name is `text` in another case («математики» → «Математика»), None when not exactly one."""
        found = self._by_stems.get(stems(text), {})
        return next(iter(found.values())) if len(found) == 1 else None

    def find_beginning(self, text: str) -> tuple[E, str] | None:
        """The entry with the longest name that begins the text, and the rest: «учитель математики» → «математики»."""
        words = " ".join(text.split()).split(" ")
        for count in range(len(words) - 1, 0, -1):
            found = self._by_key.get(name_key(" ".join(words[:count])), {})
            if len(found) == 1:
                return next(iter(found.values())), " ".join(words[count:])
        return None

    def _several(self, text: str, found: Iterable[E]) -> str:
        names = ", ".join(quoted(entry.name) for entry in found)
        return (
            f"{self._what} {quoted(shorten(text))}: так называются несколько записей: {names}. Впишите полное название"
        )

    def _refusal(self, text: str) -> str:
        key = name_key(text)
        if key not in self._refusals:
            # a file in which nothing is right would keep the reader busy for hours
            near = self._nearest(text) if len(self._refusals) < MOST_ADVICE else ""
            advice = f"Возможно, вы имели в виду: {near}" if near else "Впишите название так, как в справочнике"
            self._refusals[key] = f"{self._what} {quoted(shorten(text))} {self._missing}. {advice}"
        return self._refusals[key]

    def _nearest(self, text: str) -> str:
        """Nearest names; an entry that is near by its synonym is shown by its name."""
        names = {spelling: entry.name for entry in self._entries for spelling in (entry.name, *entry.synonyms)}
        near = dict.fromkeys(names[spelling] for spelling in suggest(text[:200], names, limit=6))
        return ", ".join(quoted(name) for name in list(near)[:3])


def shorten(text: str) -> str:
    """A user's text for a message: one line, not longer than 80 characters."""
    line = " ".join(text.split())
    return line if len(line) <= 80 else f"{line[:79]}…"


@dataclass(frozen=True)
class Directories:
    """The directories that a staff list refers to. `organizations` holds only those the user may write to.

    `inns`: ИНН → organizations under it, the head first; `municipalities`: organization → name of its municipality;
    `is_own`: the organizations are the user's own ones, not the whole region's.
    """

    positions: Sequence[PositionEntry]
    subjects: Sequence[Entry]
    education_levels: Sequence[Entry]
    organizations: Sequence[Entry]
    inns: Mapping[str, Sequence[Entry]] = field(default_factory=dict)
    municipalities: Mapping[int, str] = field(default_factory=dict)
    is_own: bool = False

    @cached_property
    def position(self) -> Lookup[PositionEntry]:
        """Search among the positions."""
        return Lookup("Должность", "не найдена", self.positions)

    @cached_property
    def subject(self) -> Lookup[Entry]:
        """Search among the subjects."""
        return Lookup("Предмет", "не найден", self.subjects)

    @cached_property
    def education_level(self) -> Lookup[Entry]:
        """Search among the levels of education."""
        return Lookup("Уровень образования", "не найден", self.education_levels)

    @cached_property
    def organization(self) -> Lookup[Entry]:
        """Search among the organizations."""
        where = "среди ваших организаций" if self.is_own else "в справочнике"
        return Lookup("Организация", "не найдена", self.organizations, where=where)

    @property
    def only_organization(self) -> Entry | None:
        """The user's one organization: a list of it may leave the column out."""
        return self.organizations[0] if self.is_own and len(self.organizations) == 1 else None

    def find_organization(self, text: str, municipality: str | None = None) -> Entry:
        """The organization of that name; of several the one in the municipality. Raises `NotFound`."""
        found = self.organization.find_all(text)
        if len(found) > 1 and municipality:
            key = name_key(municipality)
            near = [entry for entry in found if _is_part(key, name_key(self.municipalities.get(entry.id, "")))]
            if len(near) == 1:
                return near[0]
        return self.organization.find(text)

    def find_by_inn(self, inn: str, text: str | None) -> Entry:
        """The organization under an ИНН; a name, when given, chooses among the head and its units. Raises `NotFound`."""
        found = self.inns.get(inn, ())
        if not found:
            where = "среди ваших организаций" if self.is_own else "в справочнике"
            raise NotFound(f"Организации с ИНН {inn} нет {where}")
        if text is None:
            return found[0]
        named = [entry for entry in self.organization.find_all(text) if entry in found]
        if len(named) != 1:
            names = ", ".join(quoted(entry.name) for entry in found[:3])
            raise NotFound(f"С ИНН {inn} нет организации {quoted(shorten(text))}; под этим ИНН записаны: {names}")
        return named[0]


def _is_part(one: str, other: str) -> bool:
    return bool(one and other) and (one in other or other in one)


# --- words in cases --------------------------------------------------------------------------------------------------

# Endings of nouns and adjectives in the cases that titles of posts use («учитель русского языка и литературы»).
_ENDING = re.compile(r"(?:ого|его|ому|ему|ыми|ими|ами|ями|ых|их|ым|им|ой|ей|ов|ев|ам|ям|ах|ях|[аеиоуыэюяйь]+)$")
_SHORTEST_STEM = 3


def stems(text: str) -> str:
    """Words of a text without their endings; equal for a name and its other cases."""
    return " ".join(_stem(word) for word in re.findall(r"\w+", name_key(text)))


def _stem(word: str) -> str:
    """Cut endings off until none is left, so that «основ» and «основы» meet."""
    while (shorter := _ENDING.sub("", word)) != word and len(shorter) >= _SHORTEST_STEM:
        word = shorter
    return word


def split_list(text: str) -> list[str]:
    """Parts between «;» and «,» outside brackets: «История; Иностранный язык (английский, немецкий)»."""
    parts = re.split(r"[;,](?![^()]*\))", text)
    return [part for part in (" ".join(part.split()) for part in parts) if part]


def subjects_of_title(text: str, lookup: Lookup[Entry]) -> list[Entry] | None:
    """Subjects named in a post's title («русского языка и литературы», «физике»); None when any part is unknown."""
    whole = text.removeprefix("по ").strip()
    if not whole:
        return None
    if found := lookup.find_inflected(whole):
        return [found]
    parts = [lookup.find_inflected(part) for part in re.split(r"\s*[,;]\s*|\s+и\s+", whole)]
    known = [part for part in parts if part is not None]
    return known if len(known) == len(parts) else None
