"""Charts of the start pages: figures of ``services.desk.statistics`` turned into bars, words and the table behind them.

Each figure opens the list of what it counts. Bars of places stand in one order, said below them: where the figure is the
least comes first, and places whose numbers are hidden come last.
"""

from __future__ import annotations

import datetime as dt
from calendar import monthrange
from collections.abc import Sequence
from typing import Any

from app import addresses
from app.access import current_actor
from app.russian import NBSP, count, format_date, number, percent
from app.services.desk import figure_people as people
from app.services.desk.figure_people import Figure
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
_HIDDEN = f"менее {FEWEST_SHOWN}"
#: the one order of places, in words
ORDER = "Сначала — где меньше."
TERRITORY, ORGANIZATION = "Территория", "Организация"
_PLACES = {TERRITORY: people.TERRITORY, ORGANIZATION: people.ORGANIZATION}
_ONCE = "Работник считается один раз, по основному месту работы."


def vouchers_by_month(numbers: Sequence[Number], before: Sequence[Number], year: int, *, until: int) -> Chart:
    """Чеки issued in the months of a year beside the year ``before``; months after ``until`` are still ahead and stay empty."""
    texts = [told(n) for n in numbers]
    top = max(n or 0 for n in (*numbers, *before)) or 1
    columns = all(len(text) <= _COLUMN_FIGURES for text, n in zip(texts, numbers, strict=True) if n is not None)
    kind = "columns" if columns else "bars"
    names = MONTHS if columns else FULL_MONTHS
    bars, rows = [], []
    for month, (name, text, then) in enumerate(zip(names, texts, before, strict=True), start=1):
        href = _issued_in(year, month) if month <= until else ""
        words = f"{text}, год назад {told(then)}" if kind == "bars" else text
        shown_words = words if month <= until else ""
        bars.append(Bar(name, shown_words, (numbers[month - 1] or 0) / top, href=href, before=(then or 0) / top))
        past = told(then), _issued_in(year - 1, month)
        rows.append(_row(month, FULL_MONTHS[month - 1], (text if month <= until else "—", href), past))
    some = any(numbers) or any(before) or None in (*numbers, *before)
    return Chart(
        f"Чеки, выданные в {year} году",
        _summary(list(zip(FULL_MONTHS, texts, strict=True))[:until], total=_sum(numbers)),
        kind,
        bars if some else [],
        _heads("Месяц", str(year), str(year - 1)),
        rows,
        _compared(numbers[:until], before[:until], year, until),
    )


def _compared(numbers: Sequence[Number], before: Sequence[Number], year: int, until: int) -> str:
    """This year beside the same months of the year before, in words."""
    now, then = _sum(numbers), _sum(before)
    months = "за январь" if until == 1 else f"за январь – {FULL_MONTHS[until - 1]}"
    pale = f"Бледные столбцы — {year - 1} год."
    if now is None or then is None:
        return pale
    return f"Всего {months} — {number(now)}, год назад — {number(then)}. {pale}"


def _issued_in(year: int, month: int) -> str:
    """The list of the чеки issued in a month, for those who may see it."""
    if not current_actor().can("voucher:list"):
        return ""
    first, last = dt.date(year, month, 1), dt.date(year, month, monthrange(year, month)[1])
    days = {"issued_on_from": format_date(first), "issued_on_to": format_date(last)}
    return addresses.listing("voucher", attention="not_replaced", **days)


def trained(figures: Sequence[Trained], year: int, *, by: str, before: Sequence[Trained] = ()) -> Chart:
    """People trained in a year, by place; beside them the whole year before, where it is told."""
    known = sorted(figures, key=lambda f: (f.people is None, f.people or 0, sort_key(f.name)))
    past = {f.key: f.people for f in before}
    top = max((f.people or 0 for f in known), default=0) or 1
    texts = [(f, told(f.people)) for f in known]
    heads = _heads(by, f"Обучено в {year}", *([f"В {year - 1}"] if before else []))
    whole = f"Всего {number(total)}" if (total := _sum([f.people for f in known])) is not None else ""
    then = _sum([f.people for f in before]) if before else None
    compared = f"{whole}, за весь {year - 1} год — {number(then)}." if whole and then is not None else ""
    return Chart(
        f"Обучено в {year} году",
        _summary([(f.name, text) for f, text in texts], total=_sum([f.people for f in known])),
        "bars",
        [
            Bar(
                f.name,
                f"{text}, в {year - 1} — {told(past.get(f.key, 0))}" if before else text,
                (f.people or 0) / top,
                href=href_of(people.LEARNED, f.key, by, f.people, year),
            )
            for f, text in texts[:MOST_BARS]
        ]
        if any(f.people != 0 for f in known)
        else [],
        heads,
        [
            _row(
                f.key,
                f.name,
                (text, href_of(people.LEARNED, f.key, by, f.people, year)),
                *(
                    [(told(past.get(f.key, 0)), href_of(people.LEARNED, f.key, by, past.get(f.key, 0), year - 1))]
                    if before
                    else []
                ),
            )
            for f, text in texts[:MOST_ROWS]
        ],
        _note(len(texts), compared),
        "В этом году обученных пока нет.",
    )


def trained_share(figures: Sequence[Staff], *, by: str, target: int = 0) -> Chart:
    """Share of the staff trained within three years; the figures open those who were not."""
    return _share_chart(
        "Обучены за последние три года",
        by_share(figures, "trained"),
        _heads(by, "Работников", "Обучены", "Не обучены", "Доля"),
        by,
        (people.TRAINED, people.UNTRAINED, "не обучены"),
        " ".join(
            filter(None, [against(figures, target), _ONCE, "Учтены курсы портала и внесённое в карточку обучение."])
        ),
    )


def voucher_share(figures: Sequence[Staff], *, by: str) -> Chart:
    """Share of the staff with a valid чек; the figures open those who have none."""
    return _share_chart(
        "Работники с действующим чеком",
        by_share(figures, "with_voucher"),
        _heads(by, "Работников", "С чеком", "Без чека", "Доля"),
        by,
        (people.VOUCHER, people.NO_VOUCHER, "без чека"),
        _ONCE,
    )


def seats(figures: Sequence[Seats]) -> Chart:
    """Seats taken against seats offered, by organizer; the figures open the groups."""
    known = sorted(figures, key=lambda f: (f.taken / f.capacity if f.capacity else 0.0, sort_key(f.name)))
    rows = [(f, f"{number(f.taken)} из {number(f.capacity)}", _groups_of(f.key)) for f in known]
    return Chart(
        "Места в группах организаторов",
        _summary([(f.name, text) for f, text, _ in rows]),
        "bars",
        [
            Bar(f.name, f"{_percent(f.taken, f.capacity)} · {text}", f.taken / (f.capacity or 1), 1.0, href)
            for f, text, href in rows[:MOST_BARS]
        ],
        _heads("Организатор", "Занято", "Всего мест", "Доля"),
        [
            Row(
                f.key,
                "",
                [
                    Cell(f.name, href=href),
                    *(
                        Cell(text, number=True)
                        for text in (number(f.taken), number(f.capacity), _percent(f.taken, f.capacity))
                    ),
                ],
            )
            for f, _, href in rows[:MOST_ROWS]
        ],
        _note(len(rows), "Группы, в которые идёт запись, с закрытой записью и те, что учатся."),
        "Сейчас нет групп, в которые идёт запись или которые учатся.",
    )


# --- pieces, some of them of the map too -----------------------------------------------------------------------------


def by_share(figures: Sequence[Staff], what: str) -> list[tuple[Staff, Number]]:
    """Places with the number of people whose share is shown, the least share first; hidden numbers stand last."""
    found = [(f, getattr(f, what)) for f in figures]

    def place(pair: tuple[Staff, Number]) -> tuple[bool, float, str]:
        figure, some = pair
        hidden = not figure.people or some is None
        return hidden, 0.0 if hidden else (some or 0) / (figure.people or 1), sort_key(figure.name)

    return sorted(found, key=place)


def against(figures: Sequence[Staff], target: int) -> str:
    """The share of all places beside the target, where there is one and all numbers are told."""
    whole, some = _sum([f.people for f in figures]), _sum([f.trained for f in figures])
    if not target or not whole or some is None:
        return ""
    return f"Всего обучены {percent(some, whole)} при цели {target}{NBSP}%."


def told(value: Number) -> str:
    """A number of people in words; a hidden one says so."""
    return _HIDDEN if value is None else number(value)


def rest_of(some: Number, whole: Number) -> Number:
    """The others of a place; hidden when one of the numbers is."""
    return None if some is None or whole is None else whole - some


def href_of(what: str, key: int, by: str, found: Number, year: int | None = None) -> str:
    """The list of the people whom a figure counts, for those who may see it; nothing for none."""
    if not found or by not in _PLACES or not current_actor().can("employee:list"):
        return ""
    return addresses.listing("employee", figure=Figure(what, _PLACES[by], key, year).code)


def _groups_of(key: int) -> str:
    if not current_actor().can("training_group:list"):
        return ""
    return addresses.listing("training_group", attention="taking_place", organizer=str(key))


def _share_chart(
    title: str,
    pairs: Sequence[tuple[Staff, Number]],
    heads: Sequence[Column],
    by: str,
    kinds: tuple[str, str, str],
    note: str,
) -> Chart:
    return Chart(
        title,
        _summary([(f.name, _percent(some, f.people)) for f, some in pairs]),
        "bars",
        [_share_bar(f, some, by, kinds) for f, some in pairs[:MOST_BARS]],
        heads,
        [share_row(f, some, by, kinds) for f, some in pairs[:MOST_ROWS]],
        _note(len(pairs), note),
    )


def share_row(f: Staff, some: Number, by: str, kinds: tuple[str, str, str]) -> Row:
    """People of a place, some of them, the others, and the share; each number opens its people."""
    rest = rest_of(some, f.people)
    return _row(
        f.key,
        f.name,
        (_or_hidden(f.people), href_of(people.WORKERS, f.key, by, f.people)),
        (_or_hidden(some), href_of(kinds[0], f.key, by, some)),
        (_or_hidden(rest), href_of(kinds[1], f.key, by, rest)),
        (_percent(some, f.people), ""),
    )


def _share_bar(f: Staff, some: Number, by: str, kinds: tuple[str, str, str]) -> Bar:
    rest = rest_of(some, f.people)
    if rest is None or not f.people:
        return Bar(f.name, "не показано" if rest is None else "работников нет", 0.0, 1.0)
    words = f"{percent(some or 0, f.people)} · {kinds[2]} {number(rest)} из {number(f.people)}"
    return Bar(f.name, words, (some or 0) / f.people, 1.0, href_of(kinds[1], f.key, by, rest))


def _or_hidden(value: Number) -> str:
    """A number of a share; a hidden one may be any: some are hidden so that the small ones cannot be told from the total."""
    return "не показано" if value is None else number(value)


def _percent(some: Number, whole: Number) -> str:
    """Whole per cent; none when one of the numbers is hidden."""
    return "не показана" if some is None or whole is None else percent(some, whole)


def _sum(numbers: Sequence[Number]) -> int | None:
    return None if None in numbers else sum(n or 0 for n in numbers)


def _summary(words: Sequence[tuple[str, str]], *, total: int | None = None) -> str:
    """The figures in one sentence, the first of them only when there are many."""
    if not words:
        return "Данных пока нет."
    first = "; ".join(f"{name}: {text}" for name, text in words[:12])
    rest = f"; и ещё {len(words) - 12}, они в таблице" if len(words) > 12 else ""
    return first + rest + (f". Всего {number(total)}." if total is not None else ".")


def _note(found: int, note: str = "") -> str:
    """Say the order, and what the picture and the table leave out."""
    words = [ORDER] if found > 1 else []
    if found > MOST_BARS:
        words.append(f"На диаграмме {MOST_BARS} из {count(found, 'строки', 'строк', 'строк')}.")
    if found > MOST_ROWS:
        words.append(f"В таблице первые {MOST_ROWS}.")
    return " ".join([*words, note]).strip()


def _heads(first: str, *others: str) -> list[Column]:
    return [Column(first, first), *(Column(name, name, number=True) for name in others)]


def _row(pk: int, name: str, *texts: tuple[str, Any]) -> Row:
    return Row(pk, "", [Cell(name), *(Cell(text, href=href, number=True) for text, href in texts)])
