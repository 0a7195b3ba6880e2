"""Programs of the organizers: from the draft to the published list (order § 3.3, 4)."""

from __future__ import annotations

from typing import Any

from app import models as m
from app.access import current_actor
from app.errors import Conflict
from app.extensions import db
from app.services import records, transitions
from app.unit_of_work import use_case


@use_case
def submit(program_id: int) -> m.Program:
    """Send a program to the operator for publication."""
    return transitions.move(m.Program, program_id, "submit")


@use_case
def publish(program_id: int) -> m.Program:
    """Publish a submitted program."""
    return transitions.move(m.Program, program_id, "publish")


@use_case
def return_(program_id: int, reason: str) -> m.Program:
    """Send a program back to its organizer with a reason."""
    return transitions.move(m.Program, program_id, "return", reason=reason)


@use_case
def archive(program_id: int) -> m.Program:
    """Take a program out of the list; its groups go on."""
    return transitions.move(m.Program, program_id, "archive")


@records.checks(m.Program)
def _own_organizer(values: dict[str, Any], row: Any, errors: records.Fields) -> None:
    """A new program of a user of one organizer belongs to it, without asking."""
    if row is None and values.get("organizer") is None and values.get("organizer_id") is None:
        own = {i for grant in current_actor().grants if grant.role == "organizer" for i in grant.organization_ids}
        if len(own) == 1:
            values["organizer_id"] = own.pop()


@records.checks(m.Program)
def _organizer_runs_courses(values: dict[str, Any], row: Any, errors: records.Fields) -> None:
    organizer = values.get("organizer")
    if organizer is None and values.get("organizer_id") is not None:
        organizer = db.session.get(m.Organization, values["organizer_id"])
    if organizer is not None and not organizer.is_organizer:
        errors.setdefault("organizer", []).append(
            f"«{organizer}» не проводит курсы. Отметьте это в карточке организации или выберите другую."
        )


@records.checks(m.Program)
def _published_stays(values: dict[str, Any], row: Any, errors: records.Fields) -> None:
    """What people chose and groups run by is not changed under them; the operator mends mistakes."""
    if row is None or row.status not in ("published", "archived") or "operator" in current_actor().roles:
        return
    raise Conflict(
        f"Программа «{row.title}» опубликована, её меняет только оператор. Чтобы изменить условия, внесите новую программу."
    )


def insist_published(program: m.Program) -> None:
    """Raise Conflict unless people may be enrolled for the program."""
    if program.status != "published":
        raise Conflict(
            f"Программа «{program.title}» не опубликована: её состояние — «{program.status.label}». "
            "Сначала отправьте её на публикацию."
        )
