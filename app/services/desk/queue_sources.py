"""Kinds of rows that wait for a decision, declared as data: table, condition, deadline, and the services that decide."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sqlalchemy import and_, case, func, literal, select

from app import models as m
from app.actor import Actor
from app.clock import ZONE
from app.conditions import employed, waits
from app.permissions import ROLES
from app.services.access import access_requests, registration_check, registrations
from app.services.courses.program import programs
from app.services.personnel.cards import changes, people
from app.services.personnel.cards.former_surnames import people_found
from app.services.personnel.moves import transfers
from app.services.personnel.trainings import past_trainings
from app.services.portal import calendar
from app.services.voucher import vouchers
from app.statuses import TransferStatus
from app.text.sql import sort_key

Service = Callable[..., Any]
ORGANIZATION = m.Organization.__table__
#: working days in which a submitted program is decided: the order names none, so as long as for the other applications
PROGRAM_DAYS = 5
_employee = m.Employee.__table__
_account = m.Account.__table__


@dataclass(frozen=True)
class Source:
    """One kind of rows that wait. ``due``: the column of the deadline; without it ``days`` working days after ``came``.

    ``right``: the permission without which the kind is not shown. ``confirm``, ``give_back`` and ``refuse`` are the services
    that decide, called with the row's id (the latter two with ``reason`` too); a kind without them is decided on its own page.
    """

    code: str
    title: str
    right: str
    model: type[m.Base]
    waits: Callable[[Any], Any]
    came: Callable[[Any], Any]
    who: Callable[[Any], Any]
    what: Callable[[Any], Any]
    joins: Callable[[Any], Sequence[tuple[Any, Any]]]
    matches: Callable[[Any, Any], Any]
    due: Callable[[Any], Any] | None = None
    days: int = 0
    has_place: bool = True
    confirm: Service | None = None
    give_back: Service | None = None
    refuse: Service | None = None

    @cached_property
    def table(self) -> Any:
        """The source's table."""
        return self.model.__table__

    @property
    def order(self) -> Any:
        """The column by which the rows follow one another: that of the deadline, or of the coming."""
        return self.due(self.table) if self.due else self.came(self.table)

    def since(self, day: dt.date) -> Any:
        """Condition: the deadline is on ``day`` or later."""
        if self.due:
            return self.due(self.table) >= day
        first = day
        while self.due_of(first - dt.timedelta(days=1)) >= day:
            first -= dt.timedelta(days=1)
        return self.came(self.table) >= dt.datetime.combine(first, dt.time.min, tzinfo=ZONE)

    def due_of(self, day: dt.date) -> dt.date:
        """Deadline of a row that came on ``day``, by the rule."""
        return calendar.due_date(day, self.days)


def _query(words: str) -> Any:
    return func.to_tsquery("simple", words)


def _name(table: Any) -> Any:
    return func.concat_ws(" ", table.c.last_name, table.c.first_name, table.c.patronymic)


def _day(column: Any) -> Any:
    return func.to_char(column, "DD.MM.YYYY")


def _post(table: Any) -> tuple[Any, Any]:
    post = m.Position.__table__
    return post, post.c.id == table.c.position_id


def _place(table: Any) -> tuple[Any, Any]:
    return ORGANIZATION, ORGANIZATION.c.id == table.c.organization_id


def _card(table: Any) -> tuple[Any, Any]:
    return _employee, _employee.c.id == table.c.employee_id


def _main_place(table: Any) -> Any:
    """One live place of work of the row's person, the main one first."""
    place = m.Employment.__table__.alias("place")
    return (
        select(place.c.id)
        .where(place.c.employee_id == table.c.employee_id, employed(place=place))
        .order_by(place.c.kind, place.c.id)
        .limit(1)
        .scalar_subquery()
        .correlate(table)
    )


def _with_term(table: Any) -> Any:
    return and_(waits(table), table.c.due_on.is_not(None))


_left = ORGANIZATION.alias("left_organization")
_job = m.Employment.__table__.alias("job")
_POST = m.Position.__table__.c.name
_CORRECTED = {
    "employee": "сведения о человеке",
    "employment": "место работы",
    "qualification": "образование",
    "attestation": "аттестация",
}
_ROLE_TITLES = {code: role.title for code, role in ROLES.items()}
_by_card = lambda _t, words: people_found(_employee.c, words)  # noqa: E731

#: in the order in which kinds of one deadline follow one another
SOURCES: tuple[Source, ...] = (
    Source(
        code="registration",
        title="Регистрация",
        right="registration:confirm",
        model=m.Registration,
        waits=_with_term,
        came=lambda t: func.coalesce(t.c.email_confirmed_at, t.c.created_at),
        due=lambda t: t.c.due_on,
        who=_name,
        what=lambda t: func.concat_ws(" · ", _POST, func.concat("род. ", _day(t.c.birth_date))),
        joins=lambda t: (_place(t), _post(t)),
        matches=lambda t, words: t.c.words.op("@@")(_query(words)),
        confirm=registration_check.confirm,
        give_back=registrations.return_,
        refuse=registrations.reject,
    ),
    Source(
        code="transfer",
        title="Переход",
        right="transfer:confirm",
        model=m.Transfer,
        waits=lambda t: and_(_with_term(t), t.c.status == TransferStatus.ACCEPTED),
        came=lambda t: t.c.created_at,
        due=lambda t: t.c.due_on,
        who=lambda t: t.c.person_name,
        what=lambda t: func.concat("с ", _day(t.c.starts_on), ", прежнее место — ", _left.c.short_name),
        joins=lambda t: (_place(t), _card(t), (_left, _left.c.id == t.c.from_organization_id)),
        matches=_by_card,
        confirm=transfers.confirm,
        refuse=transfers.decline,
    ),
    Source(
        code="employment",
        title="Место работы",
        right="employment:confirm",
        model=m.Employment,
        waits=waits,
        came=lambda t: t.c.changed_at,
        days=5,
        who=lambda _t: _name(_employee),
        what=lambda t: func.concat_ws(" · ", _POST, case((t.c.start_known, func.concat("с ", _day(t.c.started_on))))),
        joins=lambda t: (_place(t), _card(t), _post(t)),
        matches=_by_card,
        confirm=people.confirm_workplace,
    ),
    Source(
        code="access_request",
        title="Доступ",
        right="access_request:grant",
        model=m.AccessRequest,
        waits=_with_term,
        came=lambda t: t.c.created_at,
        due=lambda t: t.c.due_on,
        who=lambda _t: _name(_account),
        what=lambda t: func.concat_ws(" · ", case(_ROLE_TITLES, value=t.c.role), t.c.document_details),
        joins=lambda t: (_place(t), (_account, _account.c.id == t.c.user_id)),
        # few rows: the name of an account has no index of words
        matches=lambda _t, words: func.to_tsvector("simple", sort_key(_name(_account))).op("@@")(_query(words)),
        confirm=access_requests.grant,
        refuse=access_requests.reject,
    ),
    Source(
        code="voucher_application",
        title="Заявка на чек",
        right="voucher_application:approve",
        model=m.VoucherApplication,
        waits=_with_term,
        came=lambda t: func.coalesce(t.c.submitted_at, t.c.created_at),
        due=lambda t: t.c.due_on,
        who=lambda _t: _name(_employee),
        what=lambda _t: _POST,
        joins=lambda t: (
            _card(t),
            (_job, _job.c.id == t.c.employment_id),
            _place(_job),
            _post(_job),
        ),
        matches=_by_card,
        confirm=vouchers.approve,
        give_back=vouchers.return_,
        refuse=vouchers.reject,
    ),
    Source(
        code="program",
        title="Программа",
        right="program:publish",
        model=m.Program,
        waits=lambda t: and_(waits(t), t.c.submitted_at.is_not(None)),
        came=lambda t: t.c.submitted_at,
        days=PROGRAM_DAYS,
        who=lambda t: t.c.title,
        what=lambda t: func.concat_ws(
            " · ",
            func.concat("на ", t.c.year, " год"),
            func.concat(t.c.hours, " ч"),
            case((t.c.edition > 1, func.concat("редакция ", t.c.edition))),
            case((t.c.late, "внесена после срока")),
        ),
        joins=lambda t: ((ORGANIZATION, ORGANIZATION.c.id == t.c.organizer_id),),
        matches=lambda t, words: t.c.search.op("@@")(_query(words)),
        confirm=programs.publish,
        give_back=programs.return_,
    ),
    Source(
        code="training",
        title="Обучение вне портала",
        right="training:confirm",
        model=m.Training,
        waits=past_trainings.waits_for_operator,
        came=lambda t: t.c.submitted_at,
        days=past_trainings.TERM_DAYS,
        who=lambda _t: _name(_employee),
        what=lambda t: func.concat_ws(
            " · ", t.c.title, func.concat(t.c.hours, " ч"), func.concat("закончено ", _day(t.c.ended_on))
        ),
        joins=lambda t: (_card(t), (_job, _job.c.id == _main_place(t)), _place(_job)),
        matches=_by_card,
        confirm=past_trainings.confirm,
        refuse=past_trainings.reject,
    ),
    Source(
        code="change_request",
        title="Исправление карточки",
        right="change_request:accept",
        model=m.ChangeRequest,
        waits=_with_term,
        came=lambda t: t.c.created_at,
        due=lambda t: t.c.due_on,
        who=lambda _t: _name(_employee),
        what=lambda t: case(_CORRECTED, value=t.c.subject_table),
        joins=lambda t: (_card(t), (_job, _job.c.id == _main_place(t)), _place(_job)),
        matches=_by_card,
        confirm=changes.accept,
        refuse=changes.decline,
    ),
    Source(
        code="consent_withdrawal",
        title="Отзыв согласия",
        right="consent_withdrawal:finish",
        model=m.ConsentWithdrawal,
        waits=_with_term,
        came=lambda t: t.c.created_at,
        due=lambda t: t.c.due_on,
        who=lambda t: t.c.person_name,
        what=lambda _t: literal("обезличить в течение 30 дней"),
        joins=lambda t: (_card(t),),
        matches=_by_card,
        has_place=False,
    ),
)
BY_CODE: Mapping[str, Source] = {source.code: source for source in SOURCES}


def sources_of(actor: Actor) -> list[Source]:
    """Kinds that the actor decides."""
    return [source for source in SOURCES if actor.can(source.right)]
