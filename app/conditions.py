"""What «works», «waits» and «is late» mean: each is defined here, once, as SQL and for a loaded row.

Lists filter by these conditions, tiles and papers count by them, services refuse by them, so all of them agree. The
functions that return SQL take a mapped class (then the scope of the acting user applies) or a plain table.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from sqlalchemy import (
    ColumnElement,
    Date,
    DateTime,
    FromClause,
    Integer,
    and_,
    bindparam,
    case,
    cast,
    literal,
    not_,
    or_,
)

from app import models as m
from app.clock import now, today
from app.statuses import (
    ENROLMENT_ENDED,
    FILLING,
    TRANSFER_LIVE,
    AccessRequestStatus,
    ApplicationStatus,
    BlockStatus,
    CampaignStatus,
    ChangeStatus,
    ConfirmationStatus,
    EmploymentKind,
    EnrolmentStatus,
    GroupStatus,
    LabelledEnum,
    OfferStatus,
    ProgramStatus,
    RegistrationStatus,
    UnmetStatus,
    VoucherStatus,
    WithdrawalStatus,
)

Expression = ColumnElement[bool]
#: a mapped class, or a table or an alias of one
Rows = Any
#: the day on which a statement is run, whenever it was built
TODAY: Any = bindparam("portal_today", callable_=today, type_=Date)
#: ... and the moment
NOW: Any = bindparam("portal_now", callable_=now, type_=DateTime(timezone=True))


class Place(Protocol):
    """A place of work at hand: stored, planned by an import, or of a statement's row."""

    @property
    def kind(self) -> EmploymentKind:
        """Main or secondary."""

    @property
    def started_on(self) -> dt.date:
        """First working day."""

    @property
    def ended_on(self) -> dt.date | None:
        """Last working day; None: no end is known."""


P = TypeVar("P", bound=Place)


def columns_of(rows: Rows) -> Any:
    """Return what the columns of ``rows`` are read from."""
    return rows.c if isinstance(rows, FromClause) else rows


def _day(on: dt.date | None) -> Any:
    return TODAY if on is None else on


# --- places of work --------------------------------------------------------------------------------------------------


def employed(on: dt.date | None = None, place: Rows = m.Employment) -> Expression:
    """A place of work that is not over on a day (today): its last day is a working day (ТК РФ ст. 84.1).

    A fixed-term contract and a transfer that is released have an end in advance: until then the person works. A place
    that begins later counts: it holds the person already. See ``at_work``.
    """
    ended_on = columns_of(place).ended_on
    return or_(ended_on.is_(None), ended_on >= _day(on))


def at_work(on: dt.date | None = None, place: Rows = m.Employment) -> Expression:
    """A place of work that has begun and is not over on a day (today): what gives a right, and what counts a person."""
    return and_(columns_of(place).started_on <= _day(on), employed(on, place))


def is_employed(place: Place, on: dt.date | None = None) -> bool:
    """``employed`` of a place at hand."""
    return place.ended_on is None or place.ended_on >= (on or today())


def is_at_work(place: Place, on: dt.date | None = None) -> bool:
    """``at_work`` of a place at hand."""
    return place.started_on <= (on or today()) and is_employed(place, on)


def main_place(places: Iterable[P], on: dt.date | None = None) -> P | None:
    """Return the main one of the places of work that are not over on a day (today), else the first of them."""
    live = [place for place in places if is_employed(place, on)]
    return next((place for place in live if place.kind == EmploymentKind.MAIN), live[0] if live else None)


# --- enrolments ------------------------------------------------------------------------------------------------------


def live_enrolment(rows: Rows = m.Enrolment) -> Expression:
    """An enrolment that was neither refused nor withdrawn: the person waits, learns, or has learned."""
    live: Expression = columns_of(rows).status.not_in(sorted(ENROLMENT_ENDED))
    return live


def takes_enrolments(on: dt.date | None = None, rows: Rows = m.TrainingGroup) -> Expression:
    """A group into which people may enrol on a day (today); ``rules.enrolment.is_enrolment_open`` says it in words."""
    group = columns_of(rows)
    term = and_(group.enrol_from <= _day(on), group.enrol_until >= _day(on), group.starts_on > _day(on))
    return and_(group.status == GroupStatus.OPEN, term)


# --- чеки and roles: their term decides, whatever the night has written down ------------------------------------------


def in_force(on: dt.date | None = None, rows: Rows = m.Voucher) -> Expression:
    """A чек that may be spent on a day (today): its last day counts; the status follows only when the night has ended it."""
    return and_(columns_of(rows).status == VoucherStatus.ACTIVE, columns_of(rows).valid_until >= _day(on))


def is_in_force(voucher: m.Voucher, on: dt.date | None = None) -> bool:
    """``in_force`` of a чек at hand."""
    return voucher.status == VoucherStatus.ACTIVE and not is_past(voucher.valid_until, on)


def run_out(on: dt.date | None = None, rows: Rows = m.Voucher) -> Expression:
    """A чек whose last day has passed while its status still says that it is in force."""
    return and_(columns_of(rows).status == VoucherStatus.ACTIVE, columns_of(rows).valid_until < _day(on))


def has_run_out(voucher: m.Voucher, on: dt.date | None = None) -> bool:
    """``run_out`` of a чек at hand."""
    return voucher.status == VoucherStatus.ACTIVE and is_past(voucher.valid_until, on)


def is_held(role: m.Assignment, on: dt.date | None = None) -> bool:
    """``held`` of a role at hand."""
    return role.valid_from <= (on or today()) and not is_past(role.valid_to, on)


def held(on: dt.date | None = None, rows: Rows = m.Assignment) -> Expression:
    """A role that is held on a day (today): its first and its last day count."""
    role = columns_of(rows)
    return and_(role.valid_from <= _day(on), or_(role.valid_to.is_(None), role.valid_to >= _day(on)))


# --- states that time changes, whenever a job writes them down -------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Overtaken:
    """Rows whose day or hour has come while no job has moved them yet: what they are by then, as SQL and at hand."""

    state: LabelledEnum
    rows: Callable[[Rows], Expression]
    row: Callable[[Any], bool]


def _has_begun(rows: Rows) -> Expression:
    group = columns_of(rows)
    return and_(group.status.in_(sorted(FILLING)), group.starts_on <= TODAY)


def _enrolment_is_over(rows: Rows) -> Expression:
    group = columns_of(rows)
    return and_(group.status == GroupStatus.OPEN, group.enrol_until < TODAY, group.starts_on > TODAY)


def _offer_is_over(rows: Rows) -> Expression:
    row = columns_of(rows)
    return and_(row.status == EnrolmentStatus.OFFERED, row.offer_until <= NOW)


def _is_chosen_from(row: m.PlanCampaign) -> bool:
    return row.status == CampaignStatus.PREPARING and row.opens_on <= today() <= row.closes_on


_NOT_CLOSED = frozenset({CampaignStatus.PREPARING, CampaignStatus.OPEN})


def _choice_begins(rows: Rows) -> Expression:
    plan = columns_of(rows)
    return and_(plan.status == CampaignStatus.PREPARING, plan.opens_on <= TODAY, plan.closes_on >= TODAY)


def _choice_is_over(rows: Rows) -> Expression:
    plan = columns_of(rows)
    return and_(plan.status.in_(sorted(_NOT_CLOSED)), plan.closes_on < TODAY)


#: table → what its jobs will write down: the days of a plan, the end of a чек, the closing and the start of a group, an offer that passes
OVERTAKEN: Mapping[str, tuple[Overtaken, ...]] = {
    "voucher": (Overtaken(VoucherStatus.EXPIRED, lambda rows: run_out(rows=rows), has_run_out),),
    "training_group": (
        Overtaken(GroupStatus.RUNNING, _has_begun, lambda row: row.status in FILLING and row.starts_on <= today()),
        Overtaken(
            GroupStatus.CLOSED,
            _enrolment_is_over,
            lambda row: row.status == GroupStatus.OPEN and row.enrol_until < today() < row.starts_on,
        ),
    ),
    "enrolment": (
        Overtaken(
            EnrolmentStatus.WAITING,
            _offer_is_over,
            lambda row: row.status == EnrolmentStatus.OFFERED and row.offer_until <= now(),
        ),
    ),
    "plan_campaign": (
        Overtaken(CampaignStatus.OPEN, _choice_begins, _is_chosen_from),
        Overtaken(
            CampaignStatus.CLOSED,
            _choice_is_over,
            lambda row: row.status in _NOT_CLOSED and row.closes_on < today(),
        ),
    ),
}


def state(rows: Rows) -> Any:
    """The status of rows as the clock has it: what lists, papers and figures show, filter, count and sort by."""
    status = columns_of(rows).status
    moved = [(it.rows(rows), literal(it.state, status.type)) for it in OVERTAKEN.get(_table_of(rows), ())]
    return case(*moved, else_=status) if moved else status


def in_state(value: str, rows: Rows) -> Expression:
    """``state`` equals a value, in a form that the index of the stored status serves."""
    status, moved = columns_of(rows).status, OVERTAKEN.get(_table_of(rows), ())
    stored = and_(status == value, *(not_(it.rows(rows)) for it in moved))
    return or_(stored, *(it.rows(rows) for it in moved if it.state == value))


def state_of(row: Any) -> Any:
    """``state`` of a row at hand."""
    moved = OVERTAKEN.get(row.__tablename__, ())
    return next((it.state for it in moved if it.row(row)), row.status)


def block_state(block: m.VoucherBlock, voucher: m.Voucher) -> BlockStatus:
    """The status of a block as the clock has it: what is free when its чек ends is lost."""
    is_lost = block.status == BlockStatus.FREE and has_run_out(voucher)
    return BlockStatus.LAPSED if is_lost else block.status


def block_in_state(value: BlockStatus, block: Rows, voucher: Rows) -> Expression:
    """``block_state`` equals a value, for a block of the чек beside it."""
    stored, lost = columns_of(block).status, and_(columns_of(block).status == BlockStatus.FREE, run_out(rows=voucher))
    if value == BlockStatus.LAPSED:
        return or_(stored == value, lost)
    return and_(stored == value, not_(lost))


# --- what waits for a decision, and what is late ---------------------------------------------------------------------

#: table → in which statuses its row waits for somebody's decision
WAITING: Mapping[str, frozenset[Any]] = {
    "registration": frozenset({RegistrationStatus.PENDING}),
    "transfer": TRANSFER_LIVE,
    "employment": frozenset({ConfirmationStatus.UNCONFIRMED}),
    "access_request": frozenset({AccessRequestStatus.SUBMITTED}),
    "voucher_application": frozenset({ApplicationStatus.SUBMITTED}),
    "program": frozenset({ProgramStatus.SUBMITTED}),
    "change_request": frozenset({ChangeStatus.PROPOSED}),
    "consent_withdrawal": frozenset({WithdrawalStatus.OPEN}),
    "plan_offer": frozenset({OfferStatus.LATE}),
    "unmet_wish": frozenset({UnmetStatus.WAITING}),
}


def _table_of(rows: Rows) -> str:
    table: Any = rows if isinstance(rows, FromClause) else rows.__table__
    return str(getattr(table, "element", table).name)


def waits(rows: Rows) -> Expression:
    """A row that waits for a decision; a place of work that is over needs none any more."""
    name = _table_of(rows)
    asked: Expression = columns_of(rows).status.in_(sorted(WAITING[name]))
    return and_(asked, employed(place=rows)) if name == "employment" else asked


def decided_by(organizations: Any, rows: Rows = m.ChangeRequest) -> Expression:
    """A correction that these organizations (ids or a subselect) decide.

    One about a place of work is for the organization of that place alone, one about the card for any employer.
    """
    asked = cast(columns_of(rows).changes[("organization", "0")].astext, Integer)
    return or_(asked.is_(None), asked.in_(organizations))


def late(rows: Rows, on: dt.date | None = None) -> Expression:
    """A row that still waits after its last day: a term ends with it, at 23:59:59 local time (order § 4; ГК РФ ст. 194)."""
    return and_(waits(rows), columns_of(rows).due_on < _day(on))


def is_waiting(row: Any) -> bool:
    """``waits`` of a row at hand."""
    asked = row.status in WAITING[row.__tablename__]
    return asked and (row.__tablename__ != "employment" or is_employed(row))


def is_past(due_on: dt.date | None, on: dt.date | None = None) -> bool:
    """Whether a term is over on a day (today)."""
    return due_on is not None and due_on < (on or today())


def is_late(row: Any, on: dt.date | None = None) -> bool:
    """``late`` of a row at hand."""
    return is_waiting(row) and is_past(row.due_on, on)


#: code → (words, condition) of the choices by the term of a decision, in every list that has them
DUE: Mapping[str, tuple[str, Callable[[Rows], Expression]]] = {
    "overdue": ("срок решения прошёл", late),
    "today": ("срок решения сегодня", lambda rows: and_(waits(rows), columns_of(rows).due_on == TODAY)),
    "later": (
        "срок решения позже",
        lambda rows: and_(waits(rows), or_(columns_of(rows).due_on.is_(None), columns_of(rows).due_on > TODAY)),
    ),
}
