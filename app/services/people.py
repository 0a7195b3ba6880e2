"""People: the staff card, hiring and dismissal, confirmation of the place of work, search for an import."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, cast

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import joinedload, selectinload

from app import models as m
from app.access import current_actor, get_visible, get_writable, unscoped
from app.clock import today
from app.errors import Conflict, Invalid
from app.extensions import db
from app.russian import age, format_date, seniority
from app.services import records, transitions
from app.statuses import ConfirmationStatus, EmploymentKind, EnrolmentStatus
from app.unit_of_work import use_case

# --- the card --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingLine:
    """One course of a person's history, taken on the portal (``enrolment``) or outside it (``training``)."""

    title: str
    institution: str
    hours: int
    started_on: dt.date | None
    ended_on: dt.date
    document_number: str | None
    confirmed: bool
    enrolment: m.Enrolment | None = None
    training: m.Training | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CardCounts:
    """How many records of each kind a card has; ``trained`` are the courses taken on the portal."""

    employments: int
    qualifications: int
    attestations: int
    outside: int
    trained: int
    vouchers: int
    enrolments: int
    certificates: int


class CardData:
    """A staff card that the actor sees; each list is read when it is first asked for, so a tab costs only its own.

    Ages and seniority are full years, None when unknown.
    """

    def __init__(self, person: m.Employee) -> None:
        day = today()
        self.person = person
        self.age = _years(age, person.birth_date, day)
        self.teaching_years = _years(seniority, person.teaching_since, day)
        self.working_years = _years(seniority, person.working_since, day)

    @cached_property
    def counts(self) -> CardCounts:
        """The number of records of each kind, by one statement."""
        e = m.Enrolment
        kinds = {
            "employments": _number(m.Employment, self.person.id),
            "qualifications": _number(m.Qualification, self.person.id),
            "attestations": _number(m.Attestation, self.person.id),
            "outside": _number(m.Training, self.person.id),
            "trained": _number(e, self.person.id).where(e.status == EnrolmentStatus.TRAINED),
            "vouchers": _number(m.Voucher, self.person.id),
            "enrolments": _number(e, self.person.id),
            "certificates": _number(m.Certificate, self.person.id),
        }
        row = db.session.execute(select(*(number.scalar_subquery().label(kind) for kind, number in kinds.items())))
        return CardCounts(**row.one()._mapping)

    @cached_property
    def employments(self) -> Sequence[m.Employment]:
        """Places of work, the live ones first."""
        found = _list(m.Employment, self.person.id, m.Employment.started_on.desc(), *_EMPLOYMENT)
        return sorted(found, key=lambda e: e.ended_on is not None)

    @property
    def position_years(self) -> int | None:
        """Seniority in the position held now."""
        day = today()
        return _years(seniority, _in_position_since(self.employments, day), day)

    @cached_property
    def former_names(self) -> Sequence[m.FormerName]:
        """Former surnames, the latest first."""
        return _list(m.FormerName, self.person.id, m.FormerName.until.desc())

    @cached_property
    def qualifications(self) -> Sequence[m.Qualification]:
        """Diplomas, the latest first."""
        return _list(m.Qualification, self.person.id, m.Qualification.year.desc(), joinedload(m.Qualification.level))

    @cached_property
    def attestations(self) -> Sequence[m.Attestation]:
        """Attestations, the latest first."""
        return _list(m.Attestation, self.person.id, m.Attestation.valid_from.desc(), *_ATTESTATION)

    @cached_property
    def trainings(self) -> Sequence[TrainingLine]:
        """Courses taken on the portal and outside it, the latest first."""
        outside = _list(m.Training, self.person.id, m.Training.ended_on.desc())
        return _history(self.enrolments, self.certificates, outside)

    @cached_property
    def applications(self) -> Sequence[m.VoucherApplication]:
        """Applications for чеки, the latest first."""
        return _list(m.VoucherApplication, self.person.id, m.VoucherApplication.id.desc())

    @cached_property
    def vouchers(self) -> Sequence[m.Voucher]:
        """Чеки with their blocks, the latest first."""
        return _list(m.Voucher, self.person.id, m.Voucher.issued_on.desc(), selectinload(m.Voucher.blocks))

    @cached_property
    def enrolments(self) -> Sequence[m.Enrolment]:
        """Enrolments, the latest first."""
        return _list(m.Enrolment, self.person.id, m.Enrolment.id.desc(), *_ENROLMENT)

    @cached_property
    def certificates(self) -> Sequence[m.Certificate]:
        """Documents on training, the latest first."""
        organizer = joinedload(m.Certificate.organizer)
        return _list(m.Certificate, self.person.id, m.Certificate.issued_on.desc(), organizer)

    @property
    def main(self) -> m.Employment | None:
        """The live main place of work, else any live one."""
        live = [e for e in self.employments if e.ended_on is None or e.ended_on >= today()]
        return next((e for e in live if e.kind == EmploymentKind.MAIN), live[0] if live else None)

    @cached_property
    def enrolment_of_block(self) -> Mapping[int, m.Enrolment]:
        """Block id → the latest enrolment that it pays or paid for."""
        return {e.block_id: e for e in reversed(self.enrolments) if e.block_id is not None}


def card(employee_id: int) -> CardData:
    """Return the staff card; a fixed number of statements, whatever the number of rows. Raises NotFound, Forbidden."""
    return CardData(get_visible(db.session, m.Employee, employee_id, "employee:show"))


def _number(model: Any, employee_id: int) -> Select[int]:
    """Statement that counts a person's rows; the session's scope reaches into subqueries."""
    return select(func.count()).select_from(model).where(model.employee_id == employee_id)


_EMPLOYMENT = (
    joinedload(m.Employment.organization),
    joinedload(m.Employment.position),
    selectinload(m.Employment.subjects),
)
_ATTESTATION = (joinedload(m.Attestation.kind), joinedload(m.Attestation.position), joinedload(m.Attestation.subject))
_ENROLMENT = (
    joinedload(m.Enrolment.group).joinedload(m.TrainingGroup.program),
    joinedload(m.Enrolment.group).joinedload(m.TrainingGroup.organizer),
    joinedload(m.Enrolment.block),
)


def _list(model: Any, employee_id: int, order: Any, *options: Any) -> list[Any]:
    statement = select(model).where(model.employee_id == employee_id).order_by(order, model.id).options(*options)
    return list(db.session.scalars(statement))


def _years(count: Any, since: dt.date | None, day: dt.date) -> int | None:
    return None if since is None or since > day else cast(int, count(since, day))


def _in_position_since(employments: Sequence[m.Employment], day: dt.date) -> dt.date | None:
    live = [e for e in employments if e.ended_on is None or e.ended_on >= day]
    main = [e for e in live if e.kind == EmploymentKind.MAIN] or live
    return (main[0].position_since or main[0].started_on) if main else None


def _history(
    enrolments: Sequence[m.Enrolment], certificates: Sequence[m.Certificate], outside: Sequence[m.Training]
) -> list[TrainingLine]:
    """Courses trained on the portal and outside it, the newest first."""
    numbers = {c.enrolment_id: c.number for c in reversed(certificates)}
    own = [_own_line(e, numbers.get(e.id)) for e in enrolments if e.status == EnrolmentStatus.TRAINED and e.group]
    lines = own + [_outside_line(t) for t in outside]
    return sorted(lines, key=lambda line: line.ended_on, reverse=True)


def _own_line(enrolment: m.Enrolment, number: str | None) -> TrainingLine:
    group = enrolment.group
    return TrainingLine(
        title=group.program.title,
        institution=group.organizer.short_name,
        hours=group.program.hours,
        started_on=group.starts_on,
        ended_on=group.ends_on,
        document_number=number,
        confirmed=True,
        enrolment=enrolment,
    )


def _outside_line(training: m.Training) -> TrainingLine:
    return TrainingLine(
        title=training.title,
        institution=training.institution,
        hours=training.hours,
        started_on=training.started_on,
        ended_on=training.ended_on,
        document_number=training.document_number,
        confirmed=training.confirmed,
        training=training,
    )


# --- places of work --------------------------------------------------------------------------------------------------


def live_employments(employee_id: int, *, on: dt.date) -> list[m.Employment]:
    """Return the person's places of work on a day, the main one first.

    Who acts for another person as a school's responsible sees only the places in the own organizations.
    """
    statement = (
        select(m.Employment)
        .where(
            m.Employment.employee_id == employee_id,
            m.Employment.started_on <= on,
            or_(m.Employment.ended_on.is_(None), m.Employment.ended_on >= on),
        )
        .options(*_EMPLOYMENT, joinedload(m.Employment.organization).joinedload(m.Organization.type))
        .order_by(m.Employment.kind, m.Employment.id)
    )
    found = list(db.session.scalars(statement))
    own = _own_organizations(employee_id)
    return found if own is None else [e for e in found if e.organization_id in own]


def _own_organizations(employee_id: int) -> frozenset[int] | None:
    """Organizations for which the actor may speak for this person; None = any (the person, the operator)."""
    actor = current_actor()
    if actor.employee_id == employee_id or "operator" in actor.roles:
        return None
    return frozenset(i for grant in actor.grants if grant.role == "school" for i in grant.organization_ids)


def choose_employment(employee_id: int, employment_id: int | None, *, on: dt.date) -> list[m.Employment]:
    """Return the places of work to try, best first: the one asked for, else all live ones; raises Invalid for none."""
    found = live_employments(employee_id, on=on)
    if employment_id is not None:
        found = [e for e in found if e.id == employment_id]
    if not found:
        raise Invalid(
            "Нет места работы, от которого можно подать заявку. Проверьте в карточке, что работник сейчас работает "
            "в вашей организации, и добавьте место работы, если его нет."
        )
    return found


@use_case
def hire(
    person: Mapping[str, Any],
    *,
    organization_id: int,
    position_id: int,
    started_on: dt.date,
    **employment: Any,
) -> m.Employment:
    """Add a place of work to a person, creating the card when there is none yet (order § 2.6, 3.4).

    ``person`` holds the card's values; a person already known by СНИЛС, else by name and birth date, keeps the card as
    it is. Raises Invalid by field, Conflict when several cards match or the person works elsewhere (else anybody could
    open a stranger's card by typing a СНИЛС), Forbidden outside the own organizations.
    """
    actor = current_actor()
    actor.require("employment:add")
    values = records.check(m.Employee, person, None)
    found = find_matching(
        values.get("snils"),
        values["last_name"],
        values["first_name"],
        values.get("patronymic"),
        values.get("birth_date"),
    )
    if len(found) > 1:
        raise Conflict("Таких работников несколько. Укажите СНИЛС, чтобы добавить место работы нужному.")
    employee_id = _own_card(found[0]) if found else _new_card(values)
    place = {"employee_id": employee_id, "organization_id": organization_id, "position_id": position_id}
    row = records.insert_row(m.Employment, {**employment, **place, "started_on": started_on})
    records.stay_inside(row, "add")
    return row


def _own_card(employee_id: int) -> int:
    """The card found, when the actor sees it; a stranger's card is not given away."""
    if db.session.scalar(select(m.Employee.id).where(m.Employee.id == employee_id)) is None:
        raise Conflict(
            "Этот работник уже есть в портале и числится в другой организации. Перевод оформляет оператор: напишите ему."
        )
    return employee_id


def _new_card(values: Mapping[str, Any]) -> int:
    current_actor().require("employee:add")
    return records.insert_row(m.Employee, values).id


@use_case
def dismiss(employment_id: int, *, on: dt.date) -> m.Employment:
    """End a place of work ``on`` a day; raises Invalid before its beginning, Conflict when it has ended."""
    row = get_writable(db.session, m.Employment, employment_id, "employment:edit")
    if row.ended_on is not None:
        raise Conflict(f"Это место работы уже закрыто {format_date(row.ended_on)}.")
    if on < row.started_on:
        sentence = f"Дата увольнения раньше даты приёма — {format_date(row.started_on)}."
        raise Invalid(sentence, fields={"ended_on": [sentence]})
    return records.update(row, {"ended_on": on})


@use_case
def confirm_workplace(employment_id: int) -> m.Employment:
    """Confirm a place of work (order § 2.7)."""
    return transitions.move(m.Employment, employment_id, "confirm")


@use_case
def unconfirm(employment_id: int, reason: str) -> m.Employment:
    """Take the confirmation back, with a reason."""
    return transitions.move(m.Employment, employment_id, "unconfirm", reason=reason)


#: what the operator has confirmed; a change of any of them needs a new confirmation, because a чек rests on it
_CONFIRMED = frozenset(
    {"employee_id", "organization_id", "position_id", "kind", "employee", "organization", "position"}
)


@records.after_save(m.Employment)
def _confirm_again(row: m.Employment, touched: frozenset[str]) -> None:
    changed_by_operator = "employment:confirm" in current_actor().permissions
    if row.status == ConfirmationStatus.CONFIRMED and touched & _CONFIRMED and not changed_by_operator:
        transitions.follow(m.Employment, row.id, "unconfirm", reason="Изменены сведения о месте работы.")


def warnings_of(employment: m.Employment) -> list[str]:
    """Return what is worth mending in a place of work, though it does not stop anything."""
    if employment.position.subject_required and not employment.subjects:
        return [f"Для должности «{employment.position}» укажите предмет: по нему подбираются программы."]
    return []


# --- search for an import --------------------------------------------------------------------------------------------


def find_matching(
    snils: str | None, last_name: str, first_name: str, patronymic: str | None, birth_date: dt.date | None
) -> list[int]:
    """Return ids of the cards of this person: by СНИЛС, else by full name (ё = е, any case) and birth date.

    A card with another СНИЛС is another person. Looks outside the row scope, so that nobody is entered twice; only ids
    leave.
    """
    with unscoped("is the person already known: only ids"):
        if snils:
            found = list(db.session.scalars(select(m.Employee.id).where(m.Employee.snils == snils)))
            if found:
                return found
        if birth_date is None:
            return []
        key = " ".join((last_name, first_name, patronymic or "")).lower().replace("ё", "е")
        same = select(m.Employee.id).where(m.Employee.sort == key, m.Employee.birth_date == birth_date)
        if snils:
            same = same.where(m.Employee.snils.is_(None))
        return list(db.session.scalars(same.order_by(m.Employee.id)))
