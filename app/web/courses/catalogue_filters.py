"""The query of the catalogue's address, and the filters that its page shows; the same for the pages inside and the public one."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from app.clock import read_date
from app.russian import RussianDateError
from app.services.courses.enrolment import catalogue
from app.services.courses.enrolment.catalogue_sql import NO_BLOCK, Asked
from app.statuses import BlockKind, StudyForm
from app.text import cleaned
from app.web.frame.pages import Filter, Option
from app.web.frame.search import query_words

#: GET parameters, in the order of the filters
NAMES = (
    "q", "suits", "free", "starts_from", "starts_to", "municipality", "place", "form", "distance", "hours_from",
    "hours_to", "block", "organizer", "programs",
)  # fmt: skip
#: those that only ask what a calendar of open groups cannot show
_NOT_IN_CALENDAR = frozenset({"programs", "starts_from", "starts_to"})
_LONGEST = 100
_YES = "1"


@dataclass(frozen=True, slots=True)
class Query:
    """The typed parameters, what they ask, and what is wrong with them by filter."""

    typed: Mapping[str, str]
    asked: Asked
    errors: Mapping[str, str] = field(default_factory=dict)

    def text(self, **changes: Any) -> str:
        """The parameters as the end of an address, with ``changes`` (empty removes one)."""
        pairs = {name: value for name, value in {**self.typed, **changes}.items() if value not in ("", None)}
        return f"?{urlencode(pairs)}" if pairs else ""


def read(arguments: Mapping[str, str]) -> Query:
    """Read the query from GET parameters; what cannot be understood asks for nothing and is told beside its filter."""
    given = {name: cleaned(arguments.get(name, ""))[:_LONGEST] for name in NAMES}
    typed = {name: value for name, value in given.items() if value}
    errors: dict[str, str] = {}
    first, last = (_date(typed, name, errors) for name in ("starts_from", "starts_to"))
    least, most = (_hours(typed, name, errors) for name in ("hours_from", "hours_to"))
    block = typed.get("block")
    asked = Asked(
        words=_words(typed.get("q", "")),
        number=typed.get("q", ""),
        place=_words(typed.get("place", "")),
        starts_from=first,
        starts_to=last,
        municipality_id=number(typed.get("municipality", "")),
        form=StudyForm.of(typed["form"]) if typed.get("form") in set(StudyForm) else None,
        distance={_YES: True, "0": False}.get(typed.get("distance", "")),
        hours_from=least,
        hours_to=most,
        block=NO_BLOCK if block == NO_BLOCK else BlockKind.of(block) if block in set(BlockKind) else None,
        organizer_id=number(typed.get("organizer", "")),
        only_free=typed.get("free") == _YES,
        only_suitable=typed.get("suits") == _YES,
        with_programs=typed.get("programs") == _YES,
    )
    return Query(typed, asked, errors)


def number(typed: str) -> int | None:
    """Read an id; None for anything else."""
    return int(typed) if typed.isascii() and typed.isdecimal() and len(typed) < 10 else None


def _words(typed: str) -> tuple[str, ...]:
    """Terms of the words; signs alone are a term that nothing fits."""
    return tuple(query_words(typed).split(" & ")) if typed else ()


def _date(typed: Mapping[str, str], name: str, errors: dict[str, str]) -> dt.date | None:
    if name not in typed:
        return None
    try:
        return read_date(typed[name])
    except RussianDateError as error:
        errors["starts"] = f"{error}."
        return None


def _hours(typed: Mapping[str, str], name: str, errors: dict[str, str]) -> int | None:
    if name not in typed:
        return None
    if typed[name].isascii() and typed[name].isdecimal() and len(typed[name]) < 6:
        return int(typed[name])
    errors["hours"] = "Введите целое число часов, например 36."
    return None


# --- what is shown ---------------------------------------------------------------------------------------------------


def filters(query: Query, *, personal: bool, calendar: bool = False) -> list[Filter]:
    """Filters with what is chosen in them; ``personal``: somebody is looked for, so «подходит» means something."""
    municipalities, organizers = catalogue.choices()
    typed = query.typed

    def choice(name: str, label: str, options: Sequence[tuple[Any, str]]) -> Filter:
        shown = [Option(str(value), words, typed.get(name) == str(value)) for value, words in options]
        return Filter(name, label, "choice", shown, typed.get(name, "") if any(o.chosen for o in shown) else "")

    def pair(name: str, label: str, kind: str) -> Filter:
        ends: dict[str, Any] = {"value": typed.get(f"{name}_from", ""), "value_to": typed.get(f"{name}_to", "")}
        return Filter(name, label, kind, error=query.errors.get(name, ""), **ends)

    blocks = [*((kind.value, kind.label) for kind in BlockKind), (NO_BLOCK, "без чека")]
    found = [
        *([choice("suits", "Подходит", [(_YES, "только подходящие")])] if personal else []),
        choice("free", "Места", [(_YES, "есть свободные")]),
        pair("starts", "Начало занятий", "dates"),
        choice("municipality", "Муниципалитет", municipalities),
        Filter("place", "Место занятий", "text", value=typed.get("place", "")),
        choice("form", "Форма обучения", [(form.value, form.label) for form in StudyForm]),
        choice("distance", "Дистанционно", [(_YES, "да"), ("0", "нет")]),
        pair("hours", "Часов", "numbers"),
        choice("block", "Блок чека", blocks),
        choice("organizer", "Организатор", organizers),
        choice("programs", "Программы без групп", [(_YES, "показать")]),
    ]
    return [f for f in found if not (calendar and {f.name, f"{f.name}_from"} & _NOT_IN_CALENDAR)]
