"""Charts of the start pages: figures of ``services.desk.statistics`` turned into bars, words and the table behind them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from app import addresses
from app.access import current_actor
from app.russian import count, number, percent
from app.services.desk.statistics import FEWEST_SHOWN, Number, Seats, Staff, Trained
from app.text import sort_key
from app.web.frame.pages import Bar, Cell, Chart, Column, Row

MONTHS = ("янв", "фев", "мар", "апр", "май", "июн", "июл", "авг", "сен", "окт", "ноя", "дек")
FULL_MONTHS = (
    "январь", "февраль", "март", "апрель", "май", "июнь", "июль", "август", "сентябрь", "октябрь", "ноябрь", "декабрь",
)  # fmt: skip
#: more bars are no picture any more; the table holds the rest
MOST_BARS = 10
#: rows of a table behind a chart
MOST_ROWS = 100
#: figures longer than this do not fit above a column
_COLUMN_FIGURES = 5
#: characters of a label and its value that fit one line of a chart (the width of a phone)
_LINE = 52
_HIDDEN = f"менее {FEWEST_SHOWN}"


def vouchers_by_month(numbers: Sequence[Number], year: int, *, until: int) -> Chart:
    """Чеки issued in the months of a year; those after the month ``until`` are still ahead and stay empty."""
    texts = [_told(n) for n in numbers]
    top = max(n or 0 for n in numbers) or 1
    columns = all(len(text) <= _COLUMN_FIGURES for text, n in zip(texts, numbers, strict=True) if n is not None)
    names = MONTHS if columns else FULL_MONTHS
    bars = [
        Bar(name, text if month <= until else "", (n or 0) / top)
        for month, (name, text, n) in enumerate(zip(names, texts, numbers, strict=True), start=1)
    ]
    told = list(zip(FULL_MONTHS, texts, strict=True))[:until]
    return Chart(
        f"Чеки, выданные в {year} году",
        _summary(told, total=_sum(numbers)),
        "columns" if columns else "bars",
        bars if any(numbers) or None in numbers else [],
        _heads("Месяц", "Выдано чеков"),
        [_row(place, name, text) for place, (name, text) in enumerate(told)],
    )


def trained(figures: Sequence[Trained], year: int, *, by: str) -> Chart:
    """People trained in a year, by place; the most first."""
    known = sorted(figures, key=lambda f: (-(f.people or 0), sort_key(f.name)))
    top = max((f.people or 0 for f in known), default=0) or 1
    texts = [(f, _told(f.people)) for f in known]
    return Chart(
        f"Обучено в {year} году",
        _summary([(f.name, text) for f, text in texts], total=_sum([f.people for f in known])),
        "bars",
        [_bar(f.name, text, (f.people or 0) / top) for f, text in texts[:MOST_BARS]],
        _heads(by, "Обучено, чел."),
        [_row(f.key, f.name, text, href=_people_of(f.key, by)) for f, text in texts[:MOST_ROWS]],
        _cut(len(texts)),
        "В этом году обученных пока нет.",
    )


def trained_share(figures: Sequence[Staff], *, by: str) -> Chart:
    """Share of the staff trained within three years; where it is lowest first."""
    rows = _by_share(figures, "trained")
    return _share_chart(
        "Обучены за последние три года",
        rows,
        _heads(by, "Работников", "Обучены", "Доля"),
        by,
        "Работник считается один раз, по основному месту работы. Учтены курсы портала и внесённое в карточку обучение.",
    )


def voucher_share(figures: Sequence[Staff], *, by: str) -> Chart:
    """Share of the staff with a valid чек; where it is lowest first."""
    rows = _by_share(figures, "with_voucher")
    return _share_chart(
        "Работники с действующим чеком",
        rows,
        _heads(by, "Работников", "С чеком", "Доля"),
        by,
        "Работник считается один раз, по основному месту работы.",
    )


def seats(figures: Sequence[Seats]) -> Chart:
    """Seats taken against seats offered, by organizer."""
    known = sorted(figures, key=lambda f: (-f.capacity, sort_key(f.name)))
    top = max((f.capacity for f in known), default=0) or 1
    texts = [(f, f"{number(f.taken)} из {number(f.capacity)}") for f in known]
    return Chart(
        "Места в группах организаторов",
        _summary([(f.name, text) for f, text in texts]),
        "bars",
        [_bar(f.name, text, f.taken / top, f.capacity / top) for f, text in texts[:MOST_BARS]],
        _heads("Организатор", "Занято", "Всего мест", "Доля"),
        [
            _row(f.key, f.name, number(f.taken), number(f.capacity), _percent(f.taken, f.capacity))
            for f, _ in texts[:MOST_ROWS]
        ],
        _cut(len(texts), "Группы, в которые идёт запись, с закрытой записью и те, что учатся."),
        "Сейчас нет групп, в которые идёт запись или которые учатся.",
    )


# --- pieces ----------------------------------------------------------------------------------------------------------


def _by_share(figures: Sequence[Staff], what: str) -> list[tuple[Staff, Number]]:
    """Places with the number of people whose share is shown; those whose numbers are hidden stand last."""
    found = [(f, getattr(f, what)) for f in figures]

    def place(pair: tuple[Staff, Number]) -> tuple[bool, float, str]:
        figure, some = pair
        hidden = not figure.people or some is None
        return hidden, 0.0 if hidden else (some or 0) / (figure.people or 1), figure.name

    return sorted(found, key=place)


def _share_chart(
    title: str, pairs: Sequence[tuple[Staff, Number]], heads: Sequence[Column], by: str, note: str
) -> Chart:
    lines = [(f, some, _percent(some, f.people)) for f, some in pairs]
    return Chart(
        title,
        _summary([(f.name, share) for f, _, share in lines]),
        "bars",
        [_share_bar(f, some, share) for f, some, share in lines[:MOST_BARS]],
        heads,
        [
            _row(f.key, f.name, _told(f.people), _told(some), share, href=_people_of(f.key, by))
            for f, some, share in lines[:MOST_ROWS]
        ],
        _cut(len(lines), note),
    )


def _share_bar(figure: Staff, some: Number, share: str) -> Bar:
    words = f"{_told(some)} из {_told(figure.people)}"
    if some is None or not figure.people:
        return _bar(figure.name, words, 0.0, 1.0)
    return _bar(figure.name, f"{share} · {words}", some / figure.people, 1.0)


def _told(value: Number) -> str:
    return _HIDDEN if value is None else number(value)


def _percent(some: Number, whole: Number) -> str:
    """Whole per cent; none when one of the numbers is hidden."""
    return "не показана" if some is None or whole is None else percent(some, whole)


def _sum(numbers: Sequence[Number]) -> int | None:
    return None if None in numbers else sum(n or 0 for n in numbers)


def _summary(told: Sequence[tuple[str, str]], *, total: int | None = None) -> str:
    """The figures in one sentence, the first of them only when there are many."""
    if not told:
        return "Данных пока нет."
    words = "; ".join(f"{name}: {text}" for name, text in told[:12])
    rest = f"; и ещё {len(told) - 12}, они в таблице" if len(told) > 12 else ""
    return words + rest + (f". Всего {number(total)}." if total is not None else ".")


def _cut(found: int, note: str = "") -> str:
    """Say what the picture and the table leave out."""
    words = []
    if found > MOST_BARS:
        words.append(f"На диаграмме {MOST_BARS} из {count(found, 'строки', 'строк', 'строк')}.")
    if found > MOST_ROWS:
        words.append(f"В таблице первые {MOST_ROWS}.")
    return " ".join([*words, note]).strip()


def _bar(name: str, text: str, part: float, whole: float = 0.0) -> Bar:
    room = _LINE - len(text) - 2
    label = name if len(name) <= room else f"{name[: room - 1].rstrip()}…"
    return Bar(label, text, part, whole)


def _heads(first: str, *others: str) -> list[Column]:
    return [Column(first, first), *(Column(name, name, number=True) for name in others)]


def _row(pk: int, name: str, *texts: str, href: str = "") -> Row:
    return Row(pk, href, [Cell(name), *(Cell(text, number=True) for text in texts)])


def _people_of(key: Any, by: str) -> str:
    """The list of an organization's people, for those who may see it."""
    if by != "Организация" or not current_actor().can("employee:list"):
        return ""
    return addresses.listing("employee", attention="works", organization=key)
