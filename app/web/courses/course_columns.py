"""Columns and filters of the lists of programs, groups and enrolments."""

from __future__ import annotations

from app import models as m
from app.russian import count, format_date
from app.services.desk import matters
from app.services.desk.matters import STARTING_DAYS
from app.statuses import FILLING, EnrolmentStatus, GroupStatus, ProgramStatus
from app.web.frame.attention import Matter, matter_filter, matter_tab
from app.web.frame.listing import ListColumn
from app.web.frame.pages import Cell
from app.web.frame.tabs import of_states


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
    Matter("no_results", "обучение окончено, нет итогов", matters.without_results),
    Matter("taking_place", "идёт запись или обучение", matters.taking_place),
)
ENROLMENT_ATTENTION = matter_filter(
    Matter("agree", "согласовать от своей организации", matters.to_agree, "enrolment:agree"),
    Matter("on_course", "учатся сейчас", matters.on_course),
    Matter("no_document", "обучены, документ не выдан", matters.without_document),
)

_E, _G, _P = EnrolmentStatus, GroupStatus, ProgramStatus
ENROLMENT_TABS = (
    matter_tab(ENROLMENT_ATTENTION, "agree", "Согласовать", right="enrolment:agree"),
    of_states("confirm", "Подтвердить", m.Enrolment, _E.AGREED, right="enrolment:confirm"),
    of_states("under_way", "Ждут решения", m.Enrolment, _E.APPLIED, _E.AGREED),
    of_states("waiting", "Лист ожидания", m.Enrolment, _E.WAITING, _E.OFFERED),
    of_states("confirmed", "Записаны", m.Enrolment, _E.CONFIRMED),
    of_states("trained", "Обучены", m.Enrolment, _E.TRAINED),
    of_states("gone", "Отказы и отзывы", m.Enrolment, _E.REJECTED, _E.WITHDRAWN),
)
GROUP_TABS = (
    matter_tab(GROUP_ATTENTION, "no_results", "Ждут итогов", hot=True, right="training_group:edit"),
    of_states("open", "Идёт запись", m.TrainingGroup, _G.OPEN, _G.CLOSED),
    of_states("running", "Идёт обучение", m.TrainingGroup, _G.RUNNING),
    of_states("draft", "Черновики", m.TrainingGroup, _G.DRAFT, right="training_group:edit"),
    of_states("completed", "Завершены", m.TrainingGroup, _G.COMPLETED),
    of_states("cancelled", "Отменены", m.TrainingGroup, _G.CANCELLED),
)
PROGRAM_TABS = (
    of_states("waiting", "Ждут публикации", m.Program, _P.SUBMITTED),
    of_states("returned", "Исправить", m.Program, _P.RETURNED, right="program:edit"),
    of_states("draft", "Черновики", m.Program, _P.DRAFT, right="program:edit"),
    of_states("published", "Опубликованы", m.Program, _P.PUBLISHED),
    of_states("archived", "В архиве", m.Program, _P.ARCHIVED),
)
