"""Sentences of a preview about the file as a whole: hidden parts that were read, parts that were not read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from app.exchange.columns import Header
from app.exchange.guard import column_letter
from app.exchange.reader import Row, Sheet
from app.russian import quoted

#: numbers of rows that a sentence names
_NAMED = 20


def notices_of_choice(sheets: Sequence[Sheet], read: Sheet, header: Header) -> list[str]:
    """What of a book was not read: columns without a known title, further sheets."""
    notices = []
    if unknown := [f"{letter} {quoted(title)}" for letter, title in header.unknown]:
        notices.append(f"Столбцы не распознаны и не загружены: {', '.join(unknown)}.")
    others = [quoted(sheet.name) for sheet in sheets if sheet is not read and sheet.rows and not sheet.is_hidden]
    if others:
        notices.append(f"Прочитан лист {quoted(read.name)}; другие листы не читаются: {', '.join(others)}.")
    return notices


def notices_of_reading(sheet: Sheet, rows: Sequence[Row], columns: Iterable[int], *, where: str = "") -> list[str]:
    """What is worth knowing of the way a list was read: ``rows`` and ``columns`` are those that were; ``where``: « на листе …»."""
    notices = []
    if hidden := [row.number for row in rows if row.number in sheet.hidden_rows]:
        notices.append(
            f"Скрытые строки{where} (фильтром или вручную) тоже прочитаны: {listed(hidden)}. Если они лишние, удалите их из "
            "файла и загрузите его снова."
        )
    if letters := [column_letter(place) for place in sorted(columns) if place in sheet.hidden_columns]:
        notices.append(f"Скрытые столбцы{where} тоже прочитаны: {', '.join(letters)}.")
    if any(row.is_1904 for row in rows[:1]):
        notices.append(
            f"Даты{where} отсчитаны от 1904 года, как принято в Excel для Mac: портал это учёл. Проверьте даты."
        )
    return notices


def skipped_rows(numbers: Sequence[int]) -> list[str]:
    """Which filled rows hold no person: a total, a signature, a header repeated."""
    if not numbers:
        return []
    if len(numbers) == 1:
        return [f"Строка {numbers[0]} пропущена: в ней нет работника."]
    return [f"Строки {listed(numbers)} пропущены: в них нет работников (всего таких строк {len(numbers)})."]


def listed(numbers: Sequence[int]) -> str:
    """«3, 5, 8», of many the first and how many more."""
    shown, rest = ", ".join(map(str, numbers[:_NAMED])), len(numbers) - _NAMED
    return f"{shown} и ещё {rest}" if rest > 0 else shown
