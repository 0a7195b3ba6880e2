"""What the operator may change without a programmer: the table ``setting``, read by key, checked before it is kept.

First values and titles stand in ``reference.SETTINGS``; a value that cannot be read falls back to the first one, so that a
wrong row never stops the work.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from sqlalchemy import select

from app import models as m
from app.access import current_actor, unscoped
from app.audit import write
from app.errors import Invalid, NotFound
from app.extensions import db
from app.services import numbers as numbers_
from app.services.reference import SETTINGS
from app.unit_of_work import use_case

FIRST: Mapping[str, str] = {key: value for key, _title, value in SETTINGS}
_LENGTH = 500


def text(key: str) -> str:
    """Return a setting as it stands, its first value where the table has none."""
    with unscoped("settings are the same for everybody"):
        value = db.session.scalar(select(m.Setting.value).where(m.Setting.key == key))
    return value if value else FIRST[key]


def number(key: str) -> int:
    """Return a setting that is a whole number; its first value where what stands there is none or out of its bounds."""
    try:
        return _number(text(key), *BOUNDS[key])
    except Invalid:
        return int(FIRST[key])


def numbers(key: str) -> tuple[int, ...]:
    """Return a setting that lists whole numbers, the greatest first."""
    try:
        return _numbers(text(key), *BOUNDS[key])
    except Invalid:
        return _numbers(FIRST[key], *BOUNDS[key])


@use_case
def change(key: str, value: str) -> m.Setting:
    """Change a setting; raises Forbidden, NotFound for an unknown key, Invalid for a value that cannot be used."""
    current_actor().require("setting:edit")
    value = value.strip()
    row: m.Setting | None = db.session.get(m.Setting, key, with_for_update=True)
    if row is None or key not in FIRST:
        raise NotFound("Такой настройки нет.")
    _check(key, value)
    if value != row.value:
        write("setting.updated", "setting", None, row.title, {row.title: (row.value, value)})
        row.value = value
    return row


# --- what may stand in each ------------------------------------------------------------------------------------------

#: key → least and greatest number
BOUNDS: Mapping[str, tuple[int, int]] = {
    "change_days": (1, 99),
    "frdo_export_days": (1, 365),
    "voucher_reminder_days": (1, 365),
    "offer_hours": (0, 336),
    "minimum_warning_days": (1, 60),
    "attendance_percent": (0, 100),
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


def _mask(value: str) -> None:
    fields = ("year", "number")
    numbers_.insist_mask(value, required=fields, allowed=fields, example="63-{year}-{number:06d}")


def _check_number(key: str, value: str) -> None:
    _number(value, *BOUNDS[key])


def _check_numbers(key: str, value: str) -> None:
    _numbers(value, *BOUNDS[key])


_CHECKS: Mapping[str, Callable[[str], None]] = {
    **{key: partial(_check_number, key) for key in BOUNDS},
    "voucher_reminder_days": partial(_check_numbers, "voucher_reminder_days"),
    "voucher_number_mask": _mask,
}


def _check(key: str, value: str) -> None:
    if not value or len(value) > _LENGTH:
        raise Invalid(
            f"Значение не может быть пустым или длиннее {_LENGTH} знаков.", fields={key: ["Введите значение."]}
        )
    try:
        if key in _CHECKS:
            _CHECKS[key](value)
    except Invalid as error:
        raise Invalid(error.message, fields={key: [error.message]}) from error
