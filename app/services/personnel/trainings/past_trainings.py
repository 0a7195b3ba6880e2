"""Trainings outside the portal, since 2010: entered by hand with a scan or by a list, confirmed by another user (order § 1.4, 2.8).

They are history: a confirmed one counts for coverage (``coverage.covers``). No document is issued on them, so no registry
and no file for ФИС ФРДО holds them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import ARRAY, Integer, and_, any_, literal, select, true

from app import addresses
from app import models as m
from app.access import current_actor, get_writable
from app.audit import record
from app.clock import now, today
from app.errors import Conflict
from app.extensions import db
from app.labels import label_of
from app.rules import past_training as rules
from app.services.mailing import letters
from app.services.personnel.cards import changes
from app.services.personnel.employers import responsible
from app.services.portal import files, records, transitions
from app.services.portal.files import Scan
from app.services.portal.who_acts import load_account
from app.statuses import EnrolmentStatus, TrainingSource, TrainingStatus
from app.text import name_key
from app.unit_of_work import use_case

#: working days in which a scan is looked at: as long as for any other change of a card (order § 2.8)
TERM_DAYS = changes.TERM_DAYS
#: person, name of the course as it is compared, its last day
Key = tuple[int, str, dt.date]


# --- who decides what ------------------------------------------------------------------------------------------------


def hindrance(row: m.Training, action: str) -> str:
    """Why the actor may not confirm, reject, edit or delete a row that the right allows; empty: nothing hinders."""
    who = _confirmer(row)
    if action == "confirm":
        return rules.may_confirm_training(row.source, who, has_scan=row.scan_id is not None).reason
    if action in ("edit", "delete"):
        return rules.may_change_training(row.source, row.status, who).reason
    if row.status == TrainingStatus.CONFIRMED and not who.is_operator:
        return "Подтверждение снимает оператор."
    return rules.may_decide_training(row.source, who).reason


def _confirmer(row: m.Training) -> rules.Confirmer:
    actor = current_actor()
    return rules.Confirmer(
        enters=actor.user_id is not None and row.entered_by_id == actor.user_id,
        owns=actor.employee_id is not None and row.employee_id == actor.employee_id,
        is_operator="operator" in actor.roles,
    )


def _require(row: m.Training, action: str) -> None:
    if reason := hindrance(row, action):
        raise Conflict(reason)


def waits_for_operator(table: Any) -> Any:
    """Condition: the scan is there and the operator is to look at it."""
    return and_(_is_open(table), table.c.source != TrainingSource.WORKER)


def waits_for_school(table: Any) -> Any:
    """Condition: the scan is there and the responsible is to look at it."""
    employee_id = current_actor().employee_id
    foreign = table.c.employee_id != employee_id if employee_id is not None else true()
    return and_(_is_open(table), table.c.source == TrainingSource.WORKER, foreign)


def _is_open(table: Any) -> Any:
    user_id = current_actor().user_id
    foreign = table.c.entered_by_id.is_distinct_from(user_id) if user_id is not None else true()
    return and_(table.c.status == TrainingStatus.PENDING, table.c.submitted_at.is_not(None), foreign)


def lacks_scan(table: Any) -> Any:
    """Condition: nobody can confirm it before its scan is there."""
    return and_(table.c.status == TrainingStatus.PENDING, table.c.scan_id.is_(None))


# --- telling ---------------------------------------------------------------------------------------------------------


@use_case
def add(values: Mapping[str, Any], scan: Scan) -> m.Training:
    """Write a training of an own person, or of oneself, with the scan of its document.

    Raises Invalid by field (``scan`` too), also for one that is known already; Forbidden outside the actor's people.
    """
    row = records.create(m.Training, {**values, "source": _source()})
    row.entered_by_id = current_actor().user_id
    _attach(row, scan)
    _tell(row)
    return row


@use_case
def change(row: m.Training, values: Mapping[str, Any], scan: Scan | None = None) -> m.Training:
    """Correct a training that is not confirmed, or put its scan to it; one that was rejected waits for a decision again.

    Raises Invalid by field, NotFound, Forbidden, Conflict for one that the actor may not change.
    """
    row = get_writable(db.session, m.Training, row.id, "training:edit")
    _require(row, "edit")
    source = _source() if row.source == TrainingSource.WORKER else row.source
    if any(getattr(row, name) != value for name, value in values.items()):
        row = records.update(row, {**values, "source": source})
        row.entered_by_id = current_actor().user_id
        db.session.flush()
    if scan is not None:
        _attach(row, scan)
    if row.status == TrainingStatus.REJECTED:
        waits: dict[str, Any] = {
            "submitted_at": now() if row.scan_id else None,
            "decided_at": None,
            "decided_by_id": None,
        }
        row = transitions.follow(m.Training, row.id, "resubmit", **waits)
        _tell(row)
    return row


def _source() -> TrainingSource:
    return TrainingSource.STAFF if current_actor().can("training:confirm") else TrainingSource.WORKER


def _attach(row: m.Training, scan: Scan) -> None:
    former = row.scan.name if row.scan is not None else ""
    files.let_expire(row.scan_id, at=now())
    file = files.keep_scan(scan.name, scan.data, table=m.Training.__tablename__)
    file.object_id = row.id
    row.scan, row.submitted_at = file, now()
    db.session.flush()
    record("training.attached", row, {label_of("training", "scan"): (former, file.name)})


def _tell(row: m.Training) -> None:
    """The responsible learns of what a worker told; the operator finds the rest in the queue."""
    if row.source != TrainingSource.WORKER:
        return
    for organization_id in changes.employers(row.employee_id):
        told = responsible.of_organization(organization_id, but=row.employee_id)
        letters.tell_users(told, "training_added", about=row, href=_href(row))


@records.kept(m.Training)
def _why_stays(row: m.Training) -> str:
    return hindrance(row, "edit")


@records.checks(m.Training)
def _check(values: dict[str, Any], row: Any, errors: records.Fields) -> None:
    """Dates, hours and the document fit together, and the course is not known already."""

    def told(name: str) -> Any:
        return values[name] if name in values else getattr(row, name, None)

    person = told("employee")
    if not told("document_number") and "document_number" in values:
        errors.setdefault("document_number", []).append("Укажите номер документа.")
    needed = (told("kind"), told("hours"), told("ended_on"))
    if person is None or not told("title") or None in needed:
        return
    kind, hours, ended_on = needed
    facts = rules.PastTraining(kind, hours, told("started_on"), ended_on, told("document_kind"), told("issued_on"))
    for name, fault in rules.faults_of_training(facts, on=today()).items():
        errors.setdefault(name, []).append(f"{fault}.")
    _lock_person(person.id)
    found = known([person.id], besides=row.id if row is not None else None)
    if same := found.get(key_of(person.id, told("title"), ended_on)):
        errors.setdefault("title", []).append(f"{same}.")


def _lock_person(employee_id: int) -> None:
    """Two clicks of one moment wait here, so that the second finds the row of the first."""
    table: Any = m.Employee.__table__
    db.session.execute(select(table.c.id).where(table.c.id == employee_id).with_for_update(key_share=True))


def key_of(employee_id: int, title: str, ended_on: dt.date) -> Key:
    """Return what two records of one training have in common, however its name is typed."""
    return employee_id, name_key(title), ended_on


def known(employee_ids: Collection[int], *, besides: int | None = None) -> dict[Key, str]:
    """Return what is known of people's courses: key → a sentence without a full stop; two statements for any number.

    What was rejected does not count, nor the row ``besides``.
    """
    people = any_(literal(sorted(employee_ids), ARRAY(Integer)))
    t, e = m.Training, m.Enrolment
    outside = select(t.employee_id, t.title, t.ended_on).where(
        t.employee_id == people, t.status != TrainingStatus.REJECTED, t.id.is_distinct_from(besides)
    )
    program, group = m.Program.__table__, m.TrainingGroup.__table__
    own = (
        select(e.employee_id, program.c.title, group.c.ends_on)
        .join(group, group.c.id == e.group_id)
        .join(program, program.c.id == group.c.program_id)
        .where(e.employee_id == people, e.status == EnrolmentStatus.TRAINED)
    )
    found = {key_of(*row): "Это обучение уже записано в карточке" for row in db.session.execute(outside)}
    return found | {key_of(*row): "Этот курс пройден в портале и записан сам" for row in db.session.execute(own)}


# --- deciding --------------------------------------------------------------------------------------------------------


@transitions.performs(m.Training, "confirm")
@use_case
def confirm(pk: int) -> m.Training:
    """Confirm a training whose scan has been looked at; from now on it counts for coverage.

    Raises NotFound, Forbidden; Conflict for what the actor entered, what is another's to decide, and without a scan.
    """
    row = get_writable(db.session, m.Training, pk, "training:confirm")
    if row.status == TrainingStatus.CONFIRMED:
        return row
    _require(row, "confirm")
    row = transitions.move(m.Training, pk, "confirm", **_decided())
    if row.source == TrainingSource.WORKER:
        letters.tell(row.employee, transitions.letter_of(m.Training, "confirm"), about=row, href=_href(row))
    return row


@transitions.performs(m.Training, "reject")
@use_case
def reject(pk: int, reason: str) -> m.Training:
    """Reject a training with a reason, or take back its confirmation (the operator); who entered it may correct it.

    Raises NotFound, Forbidden, Invalid without a reason; Conflict for what is another's to decide.
    """
    row = get_writable(db.session, m.Training, pk, "training:reject")
    if row.status == TrainingStatus.REJECTED:
        return row
    _require(row, "reject")
    row = transitions.move(m.Training, pk, "reject", reason=reason, **_decided())
    if row.source == TrainingSource.WORKER:
        letters.tell(row.employee, transitions.letter_of(m.Training, "reject"), about=row, href=_href(row))
    elif row.entered_by_id is not None:
        author = load_account(row.entered_by_id)
        roles = author.actor.role_marks("training:import") if author is not None else ()
        letters.tell_user(
            row.entered_by_id, transitions.letter_of(m.Training, "reject"), about=row, href=_href(row), made_in=roles
        )
    return row


def _decided() -> dict[str, Any]:
    return {"decided_at": now(), "decided_by_id": current_actor().user_id}


def _href(row: m.Training) -> str:
    return addresses.card("training", row.id)


@records.before_delete(m.Training)
def _before_delete(row: m.Training) -> None:
    """What may not be changed may not be deleted; the scan goes with the night."""
    _require(row, "delete")
    files.let_expire(row.scan_id, at=now())
