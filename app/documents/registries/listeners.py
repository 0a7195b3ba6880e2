"""«Список группы»: the listeners of a group, or of all groups of a period, with the state of each enrolment."""

from __future__ import annotations

from app.conditions import state
from app.documents.registries import registry_parts as p
from app.documents.registries.declared import Column, Filter, Registry, in_words
from app.statuses import EnrolmentStatus

LISTENERS = Registry(
    code="listeners",
    title="Список группы",
    about="Слушатели выбранной группы или всех групп периода с состоянием записи. Период — по первому дню занятий.",
    table=p.enrolment,
    permission="enrolment:export",
    source=p.ENROLMENTS,
    columns=(
        p.NUMBER,
        p.NAME,
        p.BIRTH,
        p.SNILS,
        p.SCHOOL,
        p.POSITION,
        p.TERRITORY,
        p.GROUP,
        p.PROGRAM,
        p.PERIOD,
        p.VOUCHER,
        p.BLOCK,
        Column(name="status", title="Состояние записи", expression=in_words(state(p.enrolment)), width=26),
        Column(name="created_at", title="Записан", expression=p.enrolment.c.created_at, kind="datetime", width=17),
        p.ORGANIZER,
    ),
    filters=(
        p.BY_GROUP,
        Filter(name="status", label="Состояние", expression=state(p.enrolment), states=EnrolmentStatus),
        p.BY_ORGANIZER,
        p.BY_TERRITORY,
        p.BY_SCHOOL,
    ),
    period=p.group.c.starts_on,
    period_label="Занятия начинаются",
    order=(p.group.c.number, p.person.c.sort, p.enrolment.c.id),
    people=p.enrolment.c.employee_id,
)
