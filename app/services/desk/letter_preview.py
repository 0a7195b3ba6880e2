"""The preview of a letter template, filled with the facts of the newest row of its sort."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import select

from app import models as m
from app.extensions import db
from app.russian import format_date
from app.services.access import access_requests
from app.services.courses.enrolment import enrolment_letters
from app.services.mailing import letter_kinds, letter_templates
from app.services.mailing.letter_kinds import Kind
from app.services.mailing.letter_templates import Given
from app.services.portal import ways

#: beginning of a kind's code → the row whose facts a letter of it tells; the more exact first
_ROWS: tuple[tuple[str, Any], ...] = (
    ("application_approved", m.Voucher),
    ("application_", m.VoucherApplication),
    ("voucher_", m.Voucher),
    ("certificate_", m.Certificate),
    ("enrolment_", m.Enrolment),
    ("offer_", m.Enrolment),
    ("result_", m.Enrolment),
    ("group_", m.Enrolment),
    ("schedule_", m.Enrolment),
    ("course_", m.Enrolment),
    ("program_", m.Program),
    ("registry_ready", None),
    ("registry_stopped", None),
    ("registry_", m.Registry),
    ("training_", m.Training),
    ("transfer_", m.Transfer),
    ("change_", m.ChangeRequest),
    ("access_ended", None),
    ("access_", m.AccessRequest),
    ("role_given", None),
    ("role_", m.AccessRequest),
    ("registration_known", None),
    ("registration_removed", None),
    ("registration_", m.Registration),
)


@dataclass(frozen=True, slots=True)
class Tried:
    """What a template is tried with: the facts, whose they are (a card, an account, a registration), the row that tells them.

    ``made_up``: facts that stand as examples, because the row does not tell them: a letter keeps its words and not its facts.
    """

    given: Given
    person: m.Employee | m.Account | m.Registration | None
    row: Any
    made_up: tuple[str, ...]


def tried(kind: Kind, person: m.Employee | None = None) -> Tried:
    """What a letter of this kind would say to ``person``; without one, about the newest row of its sort.

    That is the row of which the newest letter of the kind told, where a letter names its row.
    """
    sample = letter_templates.example(kind)
    row = _newest(kind, person)
    facts = _facts(kind, row)
    whose = person or _owner_of(row)
    if whose is not None and "работник" in kind.own:
        facts = {**facts, "работник": whose.full_name}
    name = " ".join(filter(None, (whose.first_name, whose.patronymic))) if whose is not None else sample.name
    way = ways.way_of(row, own=True) if ways.has_way(row) and not kind.roles else None
    href = letter_kinds.href_of(row) or sample.href
    given = replace(sample, name=name, href=href, facts={**sample.facts, **facts}, way=way)
    return Tried(given, whose, row, tuple(name for name in kind.own if name not in facts))


def _owner_of(row: Any) -> Any:
    return row if isinstance(row, m.Registration) else getattr(row, "employee", None) or getattr(row, "user", None)


def _facts(kind: Kind, row: Any) -> dict[str, str]:
    """Facts of the kind that its row tells, of an enrolment also its group's."""
    group = row.group if isinstance(row, m.Enrolment) else row if isinstance(row, m.TrainingGroup) else None
    facts = letter_kinds.facts_of(row)
    if group is not None:
        starts, until = format_date(group.starts_on), format_date(group.enrol_until)
        days = {"начало": starts, "первый_день": starts, "запись_по": until, "наименьшее": str(group.minimum)}
        facts = {**days, **facts, **letter_kinds.group_facts(group)}
    if isinstance(row, m.Enrolment) and "согласует" in kind.own:
        facts = {**facts, **enrolment_letters.next_of(row, row.group)}
    if isinstance(row, m.AccessRequest):
        facts = {**facts, **_of_request(row)}
    if getattr(row, "due_on", None) is not None:
        facts = {"срок": format_date(row.due_on), **facts}
    return {name: value for name, value in facts.items() if name in kind.own}


def _of_request(row: m.AccessRequest) -> dict[str, str]:
    days = {"первый_день": row.valid_from, "последний_день": row.valid_to}
    told = {name: format_date(day) for name, day in days.items() if day is not None}
    return {"доступ": access_requests.title_of(row), "пользователь": row.user.full_name, **told}


def _newest(kind: Kind, person: m.Employee | None) -> Any:
    model = next((model for beginning, model in _ROWS if kind.code.startswith(beginning)), None)
    if model is None:
        return None
    statement = select(model).order_by(model.id.desc()).limit(1)
    if person is not None:
        whose = getattr(model, "employee_id", None)
        return db.session.scalars(statement.where(whose == person.id)).one_or_none() if whose is not None else None
    return _of_newest_letter(kind) or db.session.scalars(statement).one_or_none()


def _of_newest_letter(kind: Kind) -> Any:
    """The row of which the newest letter of a kind told; None where there is no such letter, or its row is gone."""
    letter = m.Letter
    statement = select(letter.object_table, letter.object_id).where(
        letter.template == kind.code, letter.object_id.is_not(None)
    )
    found = db.session.execute(statement.order_by(letter.id.desc()).limit(1)).one_or_none()
    told = {model.__tablename__: model for _beginning, model in _ROWS if model is not None}
    told[m.TrainingGroup.__tablename__] = m.TrainingGroup
    if found is None or found.object_table not in told:
        return None
    model = told[found.object_table]
    return db.session.scalars(select(model).where(model.id == found.object_id)).one_or_none()
