"""The table of a program's modules as a form: its rows as the user typed them, without scripts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from werkzeug.datastructures import MultiDict

from app.services.courses.program.program_modules import MOST, Module
from app.web.frame.pages import Link

#: empty rows below those that are filled in
_EMPTY = 3


@dataclass(frozen=True, slots=True)
class ModulesPage:
    """The form of the modules; ``opened`` is the mark of those that it began with."""

    title: str
    rows: Sequence[Module]
    hours: int
    opened: str
    problems: Sequence[str]
    cancel_href: str
    crumbs: Sequence[Link]

    @property
    def total(self) -> int:
        """Hours of the rows whose hours are a number."""
        return sum(int(row.hours) for row in self.rows if row.hours.isdecimal() and len(row.hours) < 6)

    @property
    def rest(self) -> str:
        """How the sum stands to the program's hours, in words."""
        left = self.hours - self.total
        if left == 0:
            return "все часы распределены"
        return f"осталось распределить {left}\N{NO-BREAK SPACE}ч" if left > 0 else f"лишние {-left}\N{NO-BREAK SPACE}ч"


def read_rows(form: MultiDict[str, str]) -> list[Module]:
    """Rows of a posted table, in their order."""
    titles, hours = form.getlist("title"), form.getlist("hours")
    pairs = zip(titles, hours, strict=False)
    return [Module(title[:1000].replace("\x00", ""), typed[:20].replace("\x00", "")) for title, typed in pairs][
        : MOST + 1
    ]


def shown_rows(rows: Sequence[Module], form: MultiDict[str, str]) -> list[Module]:
    """Rows to show: without the one that was dropped, with empty ones at the end."""
    dropped = form.get("drop", "")
    kept = [row for number, row in enumerate(rows, start=1) if str(number) != dropped]
    while kept and not (kept[-1].title.strip() or kept[-1].hours.strip()):
        kept.pop()
    more = _EMPTY * 2 if "more" in form else _EMPTY
    return [*kept, *[Module()] * more][: max(MOST, len(kept))]
