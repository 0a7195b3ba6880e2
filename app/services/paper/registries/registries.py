"""Registry of the trained (реестр обученных) from an organizer to the ministry: formed, sent, accepted or returned (п. 3.3 Порядка).

The caller makes the sheet (``Sheet``): services know no file formats. A sent registry stays as it was: its file is
stored.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from sqlalchemy import CursorResult, and_, func, select, update

from app import addresses, audit
from app import models as m
from app.access import current_actor, get_visible, get_writable, unscoped
from app.clock import now, today
from app.errors import Conflict, Invalid, NotFound
from app.extensions import db
from app.services.mailing import letters
from app.services.paper.corrections import after_sending
from app.services.paper.registries import registry_people
from app.services.paper.registries.registry_people import Others
from app.services.personnel.employers import responsible
from app.services.portal import files, given_out, transitions
from app.services.portal.files import files_root
from app.statuses import EnrolmentStatus, RegistryStatus
from app.unit_of_work import use_case

#: rows of a registry that is signed on paper; more are handed over by shorter periods
MOST_ROWS = 5000
#: folder of the kept sheets
FOLDER = "registries"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

#: a registry whose rows are written → its sheet
Sheet = Callable[[m.Registry], bytes]

#: a registry that may still be made anew
_OPEN = (RegistryStatus.FORMED, RegistryStatus.RETURNED)


@use_case
def form(organizer_id: int, since: dt.date, until: dt.date, *, sheet: Sheet) -> m.Registry:
    """Make the registry of those whose training ended within the days, with its file; return its row.

    Raises NotFound and Forbidden for another's organizer, Invalid for impossible days, Conflict when nobody was trained,
    when there are too many rows to sign, or when the period has its registry already.
    """
    organizer = get_writable(db.session, m.Organization, organizer_id, "registry:add")
    if not organizer.is_organizer:
        raise Invalid("Реестр формирует организатор курсов.", fields={"organizer": ["Выберите организатора курсов."]})
    _check_days(since, until)
    _order_clicks(organizer_id)
    _refuse_second(organizer_id, since, until)
    return _formed(organizer_id, since, until, sheet)


@use_case
def correct(registry_id: int, *, sheet: Sheet) -> m.Registry:
    """Make the corrected registry: only those of a handed one whose facts changed afterwards; return its row.

    Raises NotFound and Forbidden for another's registry, Conflict when it was not handed over, when nothing has changed, or when
    a corrected one waits to be sent.
    """
    source = get_writable(db.session, m.Registry, registry_id, "registry:add")
    _order_clicks(source.organizer_id)
    if source.status not in registry_people.HANDED:
        raise Conflict("Исправленный реестр делают к направленному. Этот сформируйте заново и направьте.")
    waiting = select(m.Registry.id).where(m.Registry.corrects_id == source.id, m.Registry.status.in_(_OPEN))
    found = db.session.scalars(waiting.limit(1)).one_or_none()
    if found is not None:
        raise Conflict(f"Исправленный реестр уже есть: № {found}. Сформируйте его заново, если что-то изменилось ещё.")
    if not source.amended_rows:
        raise Conflict("В этом реестре ничего не изменилось: исправлять нечего.")
    return _formed(source.organizer_id, source.period_from, source.period_to, sheet, corrects=source.id)


def _order_clicks(organizer_id: int) -> None:
    """Lock the organizer's row: of two registries that are formed or sent at once the second sees whom the first reports."""
    db.session.execute(select(m.Organization.id).where(m.Organization.id == organizer_id).with_for_update())


def _formed(
    organizer_id: int, since: dt.date, until: dt.date, sheet: Sheet, *, corrects: int | None = None
) -> m.Registry:
    row = m.Registry(
        organizer_id=organizer_id,
        period_from=since,
        period_to=until,
        rows_count=0,
        corrects_id=corrects,
        created_by_id=current_actor().user_id,
    )
    db.session.add(row)
    db.session.flush()
    row.rows_count = _write_people(row)
    row.file_id = _keep(row, sheet(row)).id
    audit.record("registry.created", row)
    return row


@use_case
def renew(registry_id: int, *, sheet: Sheet) -> m.Registry:
    """Make the file of a registry anew from the records of today, before it is sent or after it was returned."""
    row = get_writable(db.session, m.Registry, registry_id, "registry:renew")
    _order_clicks(row.organizer_id)
    before, old = row.rows_count, row.file_id
    rows = _write_people(row)
    file = _keep(row, sheet(row))
    statement = update(m.Registry).where(m.Registry.id == row.id, m.Registry.status.in_(_OPEN))
    changed = statement.values(file_id=file.id, rows_count=rows).execution_options(synchronize_session=False)
    if cast("CursorResult[Any]", db.session.execute(changed)).rowcount != 1:
        raise Conflict(
            "Реестр уже направлен, поэтому его файл не меняется. Если нужна другая редакция, дождитесь решения."
        )
    with unscoped("the former file of a registry that the actor may change"):
        files.let_expire(old, at=now())
    db.session.refresh(row)
    audit.record("registry.renewed", row, {"Обучено": (str(before), str(rows))})
    return row


@transitions.performs(m.Registry, "send")
@use_case
def send(registry_id: int) -> m.Registry:
    """Hand the registry over to the ministry and tell its workers; a corrected one ends the flags of what it corrects.

    Raises Conflict without a file, and when another registry has told of its people since it was formed.
    """
    row = get_writable(db.session, m.Registry, registry_id, "registry:send")
    if row.file_id is None:
        raise Conflict("У реестра нет файла. Нажмите «Сформировать заново» и направьте его снова.")
    _order_clicks(row.organizer_id)
    _refuse_told_twice(row)
    row = transitions.move(m.Registry, registry_id, "send", sent_at=now(), decided_at=None, decided_by_id=None)
    if row.corrects_id is not None:
        after_sending.settle_people(row.corrects_id, until=_file_of(row).created_at)
    letters.tell_users(
        responsible.of_role("ministry"), transitions.letter_of(m.Registry, "send"), about=row, href=_href(row)
    )
    return row


@transitions.performs(m.Registry, "accept")
@use_case
def accept(registry_id: int) -> m.Registry:
    """Accept the registry; the organizer is told."""
    row = _decide(registry_id, "accept")
    letters.tell_users(
        responsible.of_organizer(row.organizer_id),
        transitions.letter_of(m.Registry, "accept"),
        about=row,
        href=_href(row),
    )
    return row


@transitions.performs(m.Registry, "return")
@use_case
def return_(registry_id: int, reason: str) -> m.Registry:
    """Return the registry with a reason; the organizer is told what to mend."""
    row = _decide(registry_id, "return", reason)
    letters.tell_users(
        responsible.of_organizer(row.organizer_id),
        transitions.letter_of(m.Registry, "return"),
        about=row,
        href=_href(row),
    )
    return row


def take_file(registry_id: int) -> tuple[m.Registry, m.StoredFile, Path]:
    """Return the kept sheet of a registry for who takes it; raises NotFound when it has none, as for a hidden registry."""
    row = get_visible(db.session, m.Registry, registry_id, "registry:show")
    file = _file_of(row) if row.file_id is not None else None
    path = files_root() / file.path if file else None
    if file is None or path is None or not path.is_file():
        raise NotFound("У этого реестра нет файла. Организатор может сформировать его заново.")
    given_out.exported(row, {"Строк": str(row.rows_count)})
    return row, file, path


def _file_of(row: m.Registry) -> Any:
    with unscoped("the file of a registry that the actor sees"):
        return db.session.get(m.StoredFile, row.file_id)


def _check_days(since: dt.date, until: dt.date) -> None:
    if since > until:
        sentence = "Начало периода позже его конца."
        raise Invalid(sentence, fields={"period_to": [sentence]})
    if until > today():
        sentence = "Период ещё не закончился: реестр составляют по прошедшие дни."
        raise Invalid(sentence, fields={"period_to": [sentence]})


def _refuse_second(organizer_id: int, since: dt.date, until: dt.date) -> None:
    row = m.Registry
    same = select(row.id).where(row.organizer_id == organizer_id, row.period_from == since, row.period_to == until)
    same = same.where(row.corrects_id.is_(None))
    found = db.session.scalars(same.limit(1)).one_or_none()
    if found is not None:
        raise Conflict(f"За этот период уже есть реестр № {found}. Откройте его: до отправки он формируется заново.")


def _refuse_told_twice(row: m.Registry) -> None:
    told = registry_people.reported_twice(row)
    if told.total:
        raise Conflict(
            f"Уже переданы в других реестрах ({_numbers(told)}): {_first(told)}. Нажмите «Сформировать заново»: портал "
            "исключит их, и реестр можно будет направить."
        )


def _write_people(row: m.Registry) -> int:
    """Write whom the registry reports; raises Conflict for nobody, and for more than can be signed."""
    rows = registry_people.write_rows(row)
    if rows > MOST_ROWS:
        raise Conflict(f"В реестре больше {MOST_ROWS} записей. Сформируйте его за более короткие периоды.")
    if rows or row.corrects_id is not None:
        return rows
    told = registry_people.left_out(row)
    if told.total:
        raise Conflict(
            f"Все, кто обучен за этот период, уже переданы в других реестрах ({_numbers(told)}): {_first(told)}. "
            "Каждого передают один раз."
        )
    raise Conflict("За этот период никто не обучен: реестр был бы пустым. Проверьте даты и внесённые итоги.")


def _numbers(told: Others) -> str:
    return ", ".join(f"№ {pk}" for pk in told.registries)


def _first(told: Others) -> str:
    more = f" и ещё {told.total - 3}" if told.total > 3 else ""
    return "; ".join(it.words for it in told.shown[:3]) + more


def _keep(row: m.Registry, content: bytes) -> m.StoredFile:
    name = f"Реестр обученных {row.period_from:%d.%m.%Y}–{row.period_to:%d.%m.%Y}.xlsx"
    return files.keep(
        content, folder=FOLDER, suffix=".xlsx", name=name, content_type=XLSX, table="registry", object_id=row.id
    )


def _decide(registry_id: int, action: str, reason: str | None = None) -> m.Registry:
    decided = {"decided_at": now(), "decided_by_id": current_actor().user_id}
    return transitions.move(m.Registry, registry_id, action, reason=reason, **decided)


def _href(row: m.Registry) -> str:
    return addresses.card("registry", row.id)


# --- who has sent ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Sent:
    """An organizer and a period: how many were trained, how many stand in its registries, the state of the latest one."""

    organizer_id: int
    name: str
    trained: int
    reported: int
    status: RegistryStatus | None


def overview(since: dt.date, until: dt.date) -> list[Sent]:
    """Return every organizer that works or trained somebody in the period, those who have sent nothing first."""
    current_actor().require("registry:overview")
    if since > until:
        raise Invalid("Начало периода позже его конца. Поменяйте даты местами.")
    place: Any = m.Organization.__table__
    trained, reported, latest = _trained(since, until), _reported(since, until), _latest(since, until)
    sums = (func.coalesce(trained.c.n, 0), func.coalesce(reported.c.n, 0))
    statement = (
        select(place.c.id, place.c.short_name, *sums, latest.c.status)
        .outerjoin(trained, trained.c.organizer_id == place.c.id)
        .outerjoin(reported, reported.c.organizer_id == place.c.id)
        .outerjoin(latest, latest.c.organizer_id == place.c.id)
        .where(place.c.is_organizer, (place.c.closed_on.is_(None)) | (trained.c.n > 0))
        .order_by(func.coalesce(reported.c.n, 0) > 0, sums[0].desc(), place.c.sort, place.c.id)
    )
    return [Sent(*values) for values in db.session.execute(statement)]


def _trained(since: dt.date, until: dt.date) -> Any:
    group: Any = m.TrainingGroup.__table__
    row: Any = m.Enrolment.__table__
    return (
        select(group.c.organizer_id, func.count().label("n"))
        .select_from(row.join(group, group.c.id == row.c.group_id))
        .where(row.c.status == EnrolmentStatus.TRAINED, group.c.ends_on.between(since, until))
        .group_by(group.c.organizer_id)
        .subquery("trained")
    )


def _within(table: Any, since: dt.date, until: dt.date) -> Any:
    return and_(table.c.period_from >= since, table.c.period_to <= until)


def _reported(since: dt.date, until: dt.date) -> Any:
    table: Any = m.Registry.__table__
    handed = table.c.status.in_([RegistryStatus.SENT, RegistryStatus.ACCEPTED])
    return (
        select(table.c.organizer_id, func.sum(table.c.rows_count).label("n"))
        .where(handed, table.c.corrects_id.is_(None), _within(table, since, until))
        .group_by(table.c.organizer_id)
        .subquery("reported")
    )


def _latest(since: dt.date, until: dt.date) -> Any:
    table: Any = m.Registry.__table__
    return (
        select(table.c.organizer_id, table.c.status)
        .where(table.c.corrects_id.is_(None), _within(table, since, until))
        .distinct(table.c.organizer_id)
        .order_by(table.c.organizer_id, table.c.id.desc())
        .subquery("latest")
    )
