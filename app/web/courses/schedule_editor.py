"""The table editor of a schedule: the typed rows, read and written without scripts."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from app.clock import read_date
from app.russian import RussianDateError, format_date
from app.services.courses.group.group_schedule import MOST, Line

TEXTS = ("topic", "place", "teacher")
#: empty rows under the schedule, and how many more a press of the button gives
SPARE = 3
_TIME = re.compile(r"(\d{1,2})(?:[:.\- ]?(\d{2}))?")
_UNFINISHED = "Заполните день, начало и окончание занятия или очистите строку."
_EMPTIED = "Заполните день, начало и окончание или отметьте «Убрать»."


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """A row as it stands on the page; ``errors`` are shown under it."""

    id: str = ""
    day: str = ""
    starts: str = ""
    ends: str = ""
    topic: str = ""
    place: str = ""
    teacher: str = ""
    removed: bool = False
    errors: Sequence[str] = field(default=())

    @property
    def is_empty(self) -> bool:
        """Whether nothing was typed in it."""
        return not any((self.id, self.day, self.starts, self.ends, self.topic, self.place, self.teacher))


def typed_of(line: Line) -> Typed:
    """A line as the editor shows it."""
    return Typed(
        id=str(line.id or ""),
        day=format_date(line.day),
        starts=f"{line.starts:%H:%M}",
        ends=f"{line.ends:%H:%M}",
        topic=line.topic or "",
        place=line.place or "",
        teacher=line.teacher or "",
    )


def read_rows(form: Mapping[str, str]) -> list[Typed]:
    """Rows of a posted page, empty ones included."""
    number = form.get("rows", "")
    total = min(int(number), MOST + 100) if number.isdecimal() and len(number) < 5 else 0
    names = ("id", "day", "starts", "ends", *TEXTS)
    return [
        Typed(**{name: form.get(f"{name}-{n}", "").strip() for name in names}, removed=bool(form.get(f"removed-{n}")))
        for n in range(total)
    ]


def with_spare(rows: Iterable[Typed], spare: int = SPARE) -> list[Typed]:
    """Rows without the empty ones between, then empty ones to type in."""
    return [*(row for row in rows if not row.is_empty), *(Typed() for _ in range(spare))]


def copied(rows: Sequence[Typed], index: int, last: dt.date) -> list[Typed]:
    """Rows with a copy of one below it, on the next day while the group lasts."""
    row = replace(rows[index], id="", removed=False, errors=())
    try:
        day = read_date(row.day) + dt.timedelta(days=1)
    except RussianDateError:
        return [*rows[: index + 1], row, *rows[index + 1 :]]
    return [*rows[: index + 1], replace(row, day=format_date(day)) if day <= last else row, *rows[index + 1 :]]


def read_time(text: str) -> dt.time | None:
    """Read «9:00», «09.00», «0900» or «9»; None for anything else."""
    found = _TIME.fullmatch(text.strip())
    if found is None or int(found[1]) > 23 or int(found[2] or 0) > 59:
        return None
    return dt.time(int(found[1]), int(found[2] or 0))


def read_line(row: Typed) -> tuple[Line | None, list[str]]:
    """The meeting that a row means, or what is wrong with it."""
    if not (row.day and row.starts and row.ends):
        return None, [_EMPTIED if row.id else _UNFINISHED]
    errors, day = [], None
    try:
        day = read_date(row.day)
    except RussianDateError as error:
        errors.append(f"{error}.")
    starts, ends = read_time(row.starts), read_time(row.ends)
    if starts is None or ends is None:
        errors.append("Время пишется чч:мм, например 09:00.")
    if day is None or starts is None or ends is None:
        return None, errors
    pk = int(row.id) if row.id.isdecimal() and len(row.id) < 10 else None
    topic, place, teacher = (value or None for value in (row.topic, row.place, row.teacher))
    return Line(id=pk, day=day, starts=starts, ends=ends, topic=topic, place=place, teacher=teacher), []
