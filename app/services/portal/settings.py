"""What the operator may change without a programmer: the table ``setting``, read by key, checked before it is stored.

First values and titles are in ``first_rows.SETTINGS``; a value that cannot be read falls back to the first one, so that a
wrong row never stops the work.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from functools import partial

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from app import models as m
from app.access import current_actor, unscoped
from app.audit import write
from app.clock import ZONE, today
from app.errors import Invalid, NotFound
from app.extensions import db
from app.number_masks import SHAPES, mask_in_words, read_example, write_example
from app.russian import quoted
from app.services.portal import numbers as numbers_
from app.unit_of_work import use_case

#: key, title on screen, first value of what the operator may change without a programmer
SETTINGS = (
    ("portal_name", "Название портала", "Кадры в образовании"),
    ("ministry_name", "Наименование министерства", "министерство образования Самарской области"),
    (
        "operator_name",
        "Наименование оператора АИС",
        "ГБУ ДПО СО «Региональный центр развития трудовых ресурсов»",
    ),
    ("voucher_number_mask", "Вид номера чека", "63-{year}-{number:06d}"),
    ("voucher_reminder_days", "За сколько дней напоминать об окончании чека", "90, 30"),
    ("offer_hours", "Сколько часов держать место, предложенное из листа ожидания (0 — занимать сразу)", "48"),
    ("minimum_warning_days", "За сколько дней до начала предупреждать о недоборе группы", "5"),
    ("attendance_percent", "Посещаемость для допуска к итоговой аттестации, %", "75"),
    ("change_days", "Срок внесения изменений в карточку, рабочих дней", "10"),
    ("programs_until", "По какое число (день и месяц) вносят программы следующего года", "01.11"),
    ("one_time_days", "Срок действия одноразового пароля, дней", "14"),
    ("trained_target", "Цель: доля обученных за три года, % (0 — цели нет)", "0"),
    ("frdo_export_days", "Срок передачи сведений в ФИС ФРДО, дней", "60"),
)
FIRST: Mapping[str, str] = {key: value for key, _title, value in SETTINGS}
TITLES: Mapping[str, str] = {key: title for key, title, _value in SETTINGS}
#: settings that hold the mask of a number
MASKS = frozenset({"voucher_number_mask"})
_LENGTH = 500
_KEY = "settings"


def text(key: str) -> str:
    """Return a setting as it stands, its first value where the table has none."""
    return _stored().get(key) or FIRST[key]


def _stored() -> dict[str, str]:
    """All rows of the table, read once per transaction: a hundred letters ask for the portal's name."""
    session = db.session()
    known, stored = session.info.get(_KEY, (None, {}))
    if known is None or known is not session.get_transaction():
        with unscoped("settings are the same for everybody"):
            stored = {row.key: row.value for row in session.execute(select(m.Setting.key, m.Setting.value))}
        session.info[_KEY] = (session.get_transaction(), stored)
    return dict(stored)


def number(key: str) -> int:
    """Return a setting that is a whole number; its first value where what stands there is none or out of its bounds."""
    return number_stored(key, text(key))


def number_stored(key: str, stored: str | None) -> int:
    """The same for a value that a wider statement has read from the table."""
    try:
        return _number(stored or FIRST[key], *BOUNDS[key])
    except Invalid:
        return int(FIRST[key])


def numbers(key: str) -> tuple[int, ...]:
    """Return a setting that lists whole numbers, the greatest first."""
    try:
        return _numbers(text(key), *BOUNDS[key])
    except Invalid:
        return _numbers(FIRST[key], *BOUNDS[key])


def day_of_year(key: str) -> tuple[int, int]:
    """Return a setting that is a day and a month; its first value where what stands there is none."""
    try:
        return _day_of_year(text(key))
    except Invalid:
        return _day_of_year(FIRST[key])


def mask(key: str) -> str:
    """Return a setting that is the mask of a number; its first value where what stands there cannot be used."""
    value = text(key)
    try:
        _CHECKS[key](value)
    except Invalid:
        return FIRST[key]
    return value


def in_words(key: str, value: str) -> str:
    """Return a setting's value as people read it: the mask of a number by its example and its parts."""
    return mask_in_words(value, today().year) if key in MASKS else value


def values() -> dict[str, str]:
    """Return all settings as people type them, by key in the order of the page; a missing row shows its first value."""
    stored = _stored()
    return {key: _written(key, stored.get(key) or first) for key, first in FIRST.items()}


def _written(key: str, value: str) -> str:
    return write_example(value, today().year) if key in MASKS else value


# --- changing --------------------------------------------------------------------------------------------------------


@use_case
def change(key: str, value: str) -> m.Setting:
    """Change a setting; raises Forbidden, NotFound for an unknown key, Invalid for a value that cannot be used."""
    return change_many({key: (None, value)})[0]


@use_case
def change_many(typed: Mapping[str, tuple[str | None, str]]) -> list[m.Setting]:
    """Change settings at once: key → (value that was shown or None, value typed). Returns the rows of those typed anew.

    What was left as shown is not written, so that it never takes back what another has changed meanwhile. Raises Forbidden,
    NotFound for an unknown key, Invalid with the sentence of every wrong field: a value that cannot be used, or one that
    another user has changed since it was shown. Then nothing is changed.
    """
    current_actor().require("setting:edit")
    if not typed:
        raise Invalid("В запросе нет ни одной настройки. Откройте страницу «Настройки» заново и повторите.")
    rows = _locked(typed)
    errors: dict[str, list[str]] = {}
    changed = []
    for key in typed:
        before, value = typed[key][0], _read(key, typed[key][1])
        shown = None if before is None else _read(key, before)
        if value == shown:
            continue
        problem = _problem(key, value) or _meanwhile(rows[key], shown, value)
        if problem:
            errors[key] = [problem]
        changed.append((rows[key], value))
    if errors:
        raise Invalid(next(iter(errors.values()))[0], fields=errors)
    for row, value in changed:
        _store(row, value)
    return [row for row, _value in changed]


def _read(key: str, text: str) -> str:
    """A typed value as it is stored: the mask of a number by its example."""
    value = text.strip()
    return read_example(value, today().year, SHAPES[key].allowed) if key in MASKS else value


def _locked(keys: Mapping[str, object]) -> dict[str, m.Setting]:
    """The rows, locked by rising key and read as they are now; a setting that the table lacks is put into it."""
    if unknown := set(keys) - set(TITLES):
        raise NotFound(f"Такой настройки нет: {', '.join(sorted(unknown))}.")
    db.session.execute(
        insert(m.Setting)
        .values([{"key": key, "title": TITLES[key], "value": FIRST[key]} for key in sorted(keys)])
        .on_conflict_do_nothing()
    )
    statement = select(m.Setting).where(m.Setting.key.in_(keys)).order_by(m.Setting.key).with_for_update()
    return {row.key: row for row in db.session.scalars(statement.execution_options(populate_existing=True))}


def _meanwhile(row: m.Setting, shown: str | None, value: str) -> str:
    """What another user has changed since the form was opened; equal changes of both are no quarrel."""
    if shown is None or row.value in (shown, value):
        return ""
    return f"Пока вы работали, здесь уже записали {quoted(in_words(row.key, row.value))}. Если верно то, что ввели вы, сохраните ещё раз."


def _store(row: m.Setting, value: str) -> None:
    if value != row.value:
        before, after = in_words(row.key, row.value), in_words(row.key, value)
        title = TITLES[row.key]
        write("setting.updated", "setting", None, title, {title: (before, after)})
        row.value = value
        db.session.flush()
        db.session().info.pop(_KEY, None)


# --- what may stand in each ------------------------------------------------------------------------------------------

#: key → least and greatest number
BOUNDS: Mapping[str, tuple[int, int]] = {
    "change_days": (1, 99),
    "frdo_export_days": (1, 365),
    "voucher_reminder_days": (1, 365),
    "offer_hours": (0, 336),
    "minimum_warning_days": (1, 60),
    "attendance_percent": (0, 100),
    "trained_target": (0, 100),
    "one_time_days": (1, 90),
}


def _number(value: str, least: int, most: int) -> int:
    if value.isdecimal() and len(value) < 10 and least <= int(value) <= most:
        return int(value)
    raise Invalid(f"Введите целое число от {least} до {most}.")


def _numbers(value: str, least: int, most: int) -> tuple[int, ...]:
    parts = [part.strip() for part in value.split(",") if part.strip()]
    if not parts:
        raise Invalid(f"Введите через запятую целые числа от {least} до {most}, например: 90, 30.")
    return tuple(sorted({_number(part, least, most) for part in parts}, reverse=True))


def _day_of_year(value: str) -> tuple[int, int]:
    """A day that every year has: 29 February is none."""
    try:
        found = dt.datetime.strptime(f"{value.strip()}.2001", "%d.%m.%Y").replace(tzinfo=ZONE)
    except ValueError:
        raise Invalid("Введите день и месяц через точку, например: 01.11.") from None
    return found.day, found.month


def _check_day(value: str) -> None:
    _day_of_year(value)


def _mask(value: str) -> None:
    numbers_.insist_mask(value, "voucher_number_mask")


def _check_number(key: str, value: str) -> None:
    _number(value, *BOUNDS[key])


def _check_numbers(key: str, value: str) -> None:
    _numbers(value, *BOUNDS[key])


_CHECKS: Mapping[str, Callable[[str], None]] = {
    **{key: partial(_check_number, key) for key in BOUNDS},
    "voucher_reminder_days": partial(_check_numbers, "voucher_reminder_days"),
    "voucher_number_mask": _mask,
    "programs_until": _check_day,
}


def _problem(key: str, value: str) -> str:
    """Why a value cannot be used, or nothing."""
    if not value or len(value) > _LENGTH:
        return f"Поле не может быть пустым или длиннее {_LENGTH} знаков."
    try:
        if key in _CHECKS:
            _CHECKS[key](value)
    except Invalid as error:
        return error.message
    return ""
