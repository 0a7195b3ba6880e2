"""Columns and filters of the lists of programs, groups and enrolments."""

from __future__ import annotations

from app import models as m
from app.russian import count, format_date
from app.services.desk import matters
from app.services.desk.matters import STARTING_DAYS
from app.statuses import FILLING
from app.web.frame.attention import Matter, matter_filter
from app.web.frame.listing import ListColumn
from app.web.frame.pages import Cell


def _program(row: m.Program) -> Cell:
    edition = f" · редакция {row.edition}" if row.edition > 1 else ""
    return Cell(row.title, f"шифр {row.code}{edition}")


PROGRAM = ListColumn("title", "Программа", lambda p: p.title, _program, (m.Program.sort,))
GROUP = ListColumn(
    "number",
    "Группа",
    lambda g: f"{g.number}, {g.program.title if g.program else ''}",
    lambda g: Cell(f"№ {g.number}", g.program.title if g.program else ""),
    (m.TrainingGroup.number,),
)
GROUP_DATES = ListColumn(
    "starts_on",
    "Занятия",
    lambda g: f"{format_date(g.starts_on)} – {format_date(g.ends_on)}",
    lambda g: Cell(f"{format_date(g.starts_on)} – {format_date(g.ends_on)}", f"запись по {format_date(g.enrol_until)}"),
    (m.TrainingGroup.starts_on,),
)


def _fill(group: m.TrainingGroup) -> str:
    """What the seats of a group lack: people up to the minimum before the training, else free ones."""
    lacks = group.minimum - group.taken
    if lacks > 0 and group.status in FILLING:
        return f"до минимума не хватает {count(lacks, 'слушателя', 'слушателей', 'слушателей')}"
    return "мест нет" if group.taken >= group.capacity else f"свободно {group.capacity - group.taken}"


SEATS = ListColumn(
    "taken",
    "Места",
    lambda g: f"{g.taken} из {g.capacity}",
    lambda g: Cell(f"{g.taken} из {g.capacity}", _fill(g)),
    (m.TrainingGroup.taken,),
)


def _enrolment_group(row: m.Enrolment) -> Cell:
    group = row.group
    return Cell(group.program.title, f"группа {group.number}, с {format_date(group.starts_on)}") if group else Cell("—")


ENROLMENT_GROUP = ListColumn(
    "group", "Курс", lambda e: f"{e.group.program.title}, группа {e.group.number}" if e.group else "", _enrolment_group
)


GROUP_ATTENTION = matter_filter(
    Matter("soon", f"начало в ближайшие {STARTING_DAYS} дней", matters.starts_soon),
    Matter(
        "below_minimum",
        f"начало в ближайшие {STARTING_DAYS} дней, не набран минимум",
        matters.below_minimum,
        "training_group:edit",
    ),
    Matter("no_results", "обучение окончено, нет результатов", matters.without_results),
    Matter("taking_place", "идёт запись или обучение", matters.taking_place),
)
ENROLMENT_ATTENTION = matter_filter(
    Matter("agree", "согласовать от своей организации", matters.to_agree, "enrolment:agree"),
    Matter("on_course", "учатся сейчас", matters.on_course),
    Matter("no_document", "обучены, документ не выдан", matters.without_document),
)
