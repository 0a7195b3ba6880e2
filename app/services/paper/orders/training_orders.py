"""Orders (приказы) of an organizer about the listeners of a group: enrolment and expulsion (order § 3.3).

An order is issued once and never changes: the snapshot holds every printed word. A mistaken order is followed by another,
which names the order that it replaces. An order of enrolment is flagged when its people have left and no order of
expulsion names them yet.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import or_, select, update
from sqlalchemy.orm import joinedload

from app import models as m
from app.access import current_actor, get_writable
from app.audit import record
from app.clock import today
from app.errors import Conflict, Invalid, NotFound
from app.extensions import db
from app.russian import as_signed, format_date
from app.services.courses.enrolment import seats
from app.services.courses.group import results
from app.services.courses.group.attendance import LISTENERS
from app.services.paper.printing import template_files
from app.services.personnel.cards.declension import declined
from app.statuses import ENROLMENT_ENDED, FORMED, OUTCOMES, EnrolmentStatus, OrderKind, ProgramKind
from app.unit_of_work import use_case

#: version of the snapshot's keys, as ``documents.papers.training_order`` reads them
SNAPSHOT_VERSION = 1
NUMBER_LENGTH = 40
BASIS_LENGTH = 1000

#: the words of the flag of an order whose people left since
FLAG = "изменено после издания"
#: what ends it
NEXT_STEP = "Кто-то из зачисленных выбыл. Издайте приказ об отчислении: в нём уже отмечены те, кого ещё не назвал ни один приказ."
_COLUMN = {OrderKind.ENROLMENT: "enrolment_order_id", OrderKind.EXPULSION: "expulsion_order_id"}
_E = EnrolmentStatus
#: the kind of a program as papers name it, in the genitive
PROGRAM_KIND = {
    ProgramKind.ADVANCED: "повышения квалификации",
    ProgramKind.RETRAINING: "профессиональной переподготовки",
}
#: why people are expelled, in the order of the paper
_GROUNDS = {
    _E.TRAINED: "в связи с завершением обучения и успешным прохождением итоговой аттестации",
    _E.FAILED: "как не прошедших итоговую аттестацию",
    _E.NO_SHOW: "как не приступивших к обучению",
    _E.EXPELLED: "до завершения обучения",
    _E.WITHDRAWN: "в связи с отзывом записи на обучение",
    _E.REJECTED: "в связи с отменой записи на обучение",
}
#: of whom the reason is printed beside the name
_REASONED = (_E.EXPELLED, _E.REJECTED)
#: who was enrolled by an order and learns no more, so that the order says what is no longer so; completion is its due end
LEFT = ENROLMENT_ENDED | {_E.EXPELLED}


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderFacts:
    """What a person types for an order; ``enrolment_ids``: the people named in it."""

    number: str
    ordered_on: dt.date
    basis: str | None = None
    enrolment_ids: Collection[int] = ()


def candidates(group_id: int, kind: OrderKind) -> list[m.Enrolment]:
    """Return the listeners of a group whom an order may name, by name; those of an earlier order too."""
    row = m.Enrolment
    named = row.status.in_(LISTENERS) if kind == OrderKind.ENROLMENT else results.expellable()
    statement = (
        select(row)
        .join(m.Employee, m.Employee.id == row.employee_id)
        .where(row.group_id == group_id, named)
        .order_by(m.Employee.sort, row.id)
        .options(
            joinedload(row.employee),
            joinedload(row.employment).joinedload(m.Employment.position),
            joinedload(row.employment).joinedload(m.Employment.organization),
            joinedload(row.enrolment_order),
            joinedload(row.expulsion_order),
        )
        .execution_options(populate_existing=True)
    )
    return list(db.session.scalars(statement))


def left_after(orders: Collection[m.TrainingOrder]) -> dict[int, list[m.Enrolment]]:
    """Return, by orders of enrolment in force, those whom they enrolled and who left since, by name; for who sees the orders.

    Those whom an order of expulsion names too: ``expulsion_order`` tells which.
    """
    row = m.Enrolment
    ids = [order.id for order in orders if order.kind == OrderKind.ENROLMENT]
    if not ids:
        return {}
    statement = (
        select(row)
        .join(m.Employee, m.Employee.id == row.employee_id)
        .where(row.enrolment_order_id.in_(ids), row.status.in_(LEFT))
        .order_by(m.Employee.sort, row.id)
        .options(joinedload(row.employee), joinedload(row.expulsion_order))
        .execution_options(populate_existing=True)
    )
    found: dict[int, list[m.Enrolment]] = {}
    for enrolment in db.session.scalars(statement):
        found.setdefault(enrolment.enrolment_order_id or 0, []).append(enrolment)
    return found


def open_changes(left: Sequence[m.Enrolment]) -> str:
    """Name those who left and whom no order of expulsion names: «Абрамова М. С. — отозвана»; empty when all is in order."""
    return ", ".join(
        f"{row.employee.short_name} — {row.status.label.lower()}" for row in left if row.expulsion_order_id is None
    )


def order_of(row: m.Enrolment, kind: OrderKind) -> m.TrainingOrder | None:
    """Return the order of a kind that names a listener, the latest one."""
    return row.enrolment_order if kind == OrderKind.ENROLMENT else row.expulsion_order


def differing(group: m.TrainingGroup) -> list[tuple[m.TrainingOrder, str]]:
    """Return the orders in force that say what was corrected since, with what differs in words: another follows each.

    An order is in force for the listeners whose latest of its kind it is.
    """
    row, order = m.Enrolment, m.TrainingOrder
    statement = (
        select(order, row)
        .join(row, or_(row.enrolment_order_id == order.id, row.expulsion_order_id == order.id))
        .where(order.group_id == group.id)
        .order_by(order.ordered_on, order.id, row.id)
        .execution_options(populate_existing=True)
    )
    named: dict[int, tuple[m.TrainingOrder, list[m.Enrolment]]] = {}
    for found, enrolment in db.session.execute(statement):
        named.setdefault(found.id, (found, []))[1].append(enrolment)
    compared = [(found, "; ".join(_differences(found, group, people))) for found, people in named.values()]
    return [(found, words) for found, words in compared if words]


def _differences(order: m.TrainingOrder, group: m.TrainingGroup, people: Sequence[m.Enrolment]) -> list[str]:
    printed = order.snapshot
    facts = {"номер группы": ("group", group.number)}
    facts |= {
        "начало занятий": ("starts_on", group.starts_on.isoformat()),
        "окончание занятий": ("ends_on", group.ends_on.isoformat()),
    }
    found = [label for label, (key, now) in facts.items() if printed.get(key, now) != now]
    if order.kind == OrderKind.EXPULSION:
        grounds = {
            person["enrolment"]: part["ground"]
            for part in printed["parts"]
            for person in part["people"]
            if "enrolment" in person
        }
        moved = [row for row in people if grounds.get(row.id, _GROUNDS.get(row.status)) != _GROUNDS.get(row.status)]
        if moved:
            found.append(f"итог обучения: {', '.join(row.employee.short_name for row in moved)}")
    return found


def orders_of(group_id: int) -> list[m.TrainingOrder]:
    """Return the orders of a group that the actor sees, by their day."""
    order = m.TrainingOrder
    statement = select(order).where(order.group_id == group_id).order_by(order.ordered_on, order.id)
    return list(db.session.scalars(statement))


@use_case
def issue(
    group_id: int,
    kind: OrderKind,
    facts: OrderFacts,
    *,
    template_of: Callable[[int], bytes] = lambda _organizer_id: b"",
) -> m.TrainingOrder:
    """Issue an order about listeners of a group and write it into their enrolments.

    ``template_of`` gives the file by which an organizer's order is printed now: it is kept, a reprint looks the same.
    Raises Conflict for a group in another state, NotFound for a listener who is not of the group, Invalid with ``fields`` number,
    ordered_on, basis and people for what is typed wrongly.
    """
    get_writable(db.session, m.TrainingGroup, group_id, "training_order:add")
    group = seats.lock_group(group_id)
    _insist_in_work(group, kind)
    people = _chosen(group_id, kind, facts.enrolment_ids)
    number = _checked(group, kind, facts, people)
    order = m.TrainingOrder(
        group_id=group.id,
        organizer_id=group.organizer_id,
        kind=kind,
        number=number,
        year=facts.ordered_on.year,
        ordered_on=facts.ordered_on,
        basis=(facts.basis or "").strip() or None,
        snapshot={},
        created_by_id=current_actor().user_id,
    )
    template = template_of(group.organizer_id)
    version = template_files.keep(template) if template else ""
    order.snapshot = {**snapshot_of(order, group, kind, people), "template_version": version}
    db.session.add(order)
    db.session.flush()
    _write_into(order, kind, people)
    return order


def may_issue(group: m.TrainingGroup, kind: OrderKind, *, left: bool) -> bool:
    """Whether a group's state lets an order be issued; ``left``: somebody left whom an order has enrolled.

    Such a person is expelled whatever became of the group: it may have been cancelled, or be open again.
    """
    return group.status in FORMED or (kind == OrderKind.EXPULSION and left)


def _insist_in_work(group: m.TrainingGroup, kind: OrderKind) -> None:
    left = select(m.Enrolment.id).where(m.Enrolment.group_id == group.id, results.expellable()).limit(1)
    if not may_issue(group, kind, left=db.session.scalar(left) is not None):
        raise Conflict(
            f"Приказ издают, когда запись закрыта, а состояние группы {group.number} — «{group.status.label}»."
        )


def _chosen(group_id: int, kind: OrderKind, ids: Collection[int]) -> list[m.Enrolment]:
    """Return the listeners named in the form, by name; raises NotFound for one that the order may not name."""
    known = candidates(group_id, kind)
    if not set(ids) <= {row.id for row in known}:
        raise NotFound(
            "Кого-то из отмеченных в группе уже нет или итог ещё не внесён. Откройте страницу приказа заново."
        )
    return [row for row in known if row.id in set(ids)]


def _checked(group: m.TrainingGroup, kind: OrderKind, facts: OrderFacts, people: Sequence[m.Enrolment]) -> str:
    """Return the number; raises Invalid for everything that is wrong, field by field."""
    number = " ".join(facts.number.split())
    wrong = {
        "number": _wrong_number(group, number, facts.ordered_on.year),
        "ordered_on": _wrong_day(group, kind, facts.ordered_on, people),
        "basis": "" if len(facts.basis or "") <= BASIS_LENGTH else f"Основание длиннее {BASIS_LENGTH} знаков.",
        "people": _wrong_people(kind, people),
    }
    problems = {name: [sentence] for name, sentence in wrong.items() if sentence}
    if problems:
        raise Invalid("Приказ не издан: исправьте указанное.", fields=problems)
    missing = [
        words
        for words, value in (
            ("населённый пункт", group.organizer.city),
            ("фамилия, имя, отчество руководителя", group.organizer.head_name),
        )
        if not value
    ]
    if missing:
        raise Invalid(f"Для приказа не хватает сведений в карточке организации: {', '.join(missing)}. Впишите их.")
    return number


def _wrong_number(group: m.TrainingGroup, number: str, year: int) -> str:
    if not number:
        return "Укажите номер приказа."
    if len(number) > NUMBER_LENGTH:
        return f"Номер длиннее {NUMBER_LENGTH} знаков. Сократите его."
    order = m.TrainingOrder
    same = select(order.id).where(order.organizer_id == group.organizer_id, order.year == year, order.number == number)
    if db.session.scalar(same.limit(1)) is not None:
        return f"Приказ № {number} в {year} году у организации уже есть. Укажите другой номер."
    return ""


def _wrong_day(group: m.TrainingGroup, kind: OrderKind, day: dt.date, people: Sequence[m.Enrolment]) -> str:
    if day > today():
        return f"Дата приказа не может быть позже сегодняшней: сегодня {format_date(today())}."
    if kind == OrderKind.ENROLMENT:
        if day < group.enrol_from:
            return (
                f"Приказ о зачислении не может быть раньше начала записи: она началась {format_date(group.enrol_from)}."
            )
        return ""
    results = [row.result_on for row in people if row.result_on]
    enrolled = [row.enrolment_order.ordered_on for row in people if row.enrolment_order]
    # who left before the first day is expelled before it
    begun = [group.starts_on] if any(row.status in OUTCOMES for row in people) else []
    earliest = max([*begun, *results, *enrolled], default=day)
    if day < earliest:
        return (
            "Приказ об отчислении не может быть раньше итога обучения и приказа о зачислении тех, кто в нём назван: "
            f"самая ранняя дата — {format_date(earliest)}."
        )
    return ""


def _wrong_people(kind: OrderKind, people: Sequence[m.Enrolment]) -> str:
    if not people:
        return "Отметьте хотя бы одного слушателя."
    without = [row.employee.short_name for row in people if row.enrolment_order_id is None]
    if kind == OrderKind.EXPULSION and without:
        return f"Сначала издайте приказ о зачислении: в нём ещё нет слушателей — {', '.join(without)}."
    return ""


def _write_into(order: m.TrainingOrder, kind: OrderKind, people: Sequence[m.Enrolment]) -> None:
    words = {"Группа": ("", order.group.number), "Слушателей": ("", str(len(people)))}
    record("training_order.issued", order, {"Дата приказа": ("", format_date(order.ordered_on)), **words})
    ids = [row.id for row in people]
    statement = update(m.Enrolment).where(m.Enrolment.id.in_(ids)).values({_COLUMN[kind]: order.id})
    db.session.execute(statement.execution_options(synchronize_session=False))
    for row in people:
        before = order_of(row, kind)
        named = (f"№ {before.number}" if before else "", f"№ {order.number}")
        record("enrolment.ordered", row, {f"Приказ {kind.label}": named})


# --- the snapshot ----------------------------------------------------------------------------------------------------


def snapshot_of(
    order: m.TrainingOrder, group: m.TrainingGroup, kind: OrderKind, people: Sequence[m.Enrolment]
) -> dict[str, Any]:
    """Return every printed fact as JSON values; names are declined here, so that a reprint years later is the same."""
    organizer, program = group.organizer, group.program
    replaced = {o.id: o for row in people if (o := order_of(row, kind)) is not None}
    return {
        "version": SNAPSHOT_VERSION,
        "kind": kind.value,
        "number": order.number,
        "ordered_on": order.ordered_on.isoformat(),
        "organization": organizer.full_name,
        "city": organizer.city or "",
        "program": program.title,
        "program_kind": PROGRAM_KIND[program.kind],
        "hours": program.hours,
        "form": program.form.label,
        "group": group.number,
        "starts_on": group.starts_on.isoformat(),
        "ends_on": group.ends_on.isoformat(),
        "basis": order.basis or "",
        "replaces": [f"№ {o.number} от {format_date(o.ordered_on)}" for _id, o in sorted(replaced.items())],
        "head_title": organizer.head_position or "Руководитель",
        "head_name": as_signed(organizer.head_name),
        "parts": _parts(kind, people),
    }


def _parts(kind: OrderKind, people: Sequence[m.Enrolment]) -> list[dict[str, Any]]:
    """Return the paragraphs of an order with their people: one of enrolment, one of expulsion for each ground."""
    if kind == OrderKind.ENROLMENT:
        return [{"ground": "", "people": [_person(row) for row in people]}]
    parts = []
    for status, ground in _GROUNDS.items():
        named = [_person(row) for row in people if row.status == status]
        if named:
            parts.append({"ground": ground, "people": named})
    return parts


def _person(row: m.Enrolment) -> dict[str, Any]:
    person, place = row.employee, row.employment
    organization = place.organization.short_name if place and place.organization else ""
    return {
        # not printed: by it a later correction of the outcome finds the orders that say another one
        "enrolment": row.id,
        "name": declined(person, "accusative"),
        "place": ", ".join(filter(None, (place.position.name if place else "", organization))),
        "reason": (row.reason_text or "") if row.status in _REASONED else "",
    }
