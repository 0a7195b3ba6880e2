"""People in a registry: one training is reported once (п. 3.3 Порядка), a change is reported by a corrected registry."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, delete, exists, func, insert, literal, select

from app import models as m
from app.access import unscoped
from app.extensions import db
from app.russian import full_name, initials
from app.statuses import EnrolmentStatus, RegistryStatus

#: names that a page and a sheet list; more are only counted
MOST_NAMED = 50
#: a registry with the ministry, or taken by it
HANDED = (RegistryStatus.SENT, RegistryStatus.ACCEPTED)

_row: Any = m.RegistryRow.__table__
_registry: Any = m.Registry.__table__
_enrolment: Any = m.Enrolment.__table__
_group: Any = m.TrainingGroup.__table__
_person: Any = m.Employee.__table__


@dataclass(frozen=True, slots=True)
class Named:
    """A person whom a registry does not report; ``registry_id``: the registry that reported this training."""

    enrolment_id: int
    surname: str
    name: str
    group: str
    registry_id: int | None = None

    @property
    def words(self) -> str:
        """«Иванова И. И., группа ПК-1»."""
        return f"{self.surname}, группа {self.group}"


@dataclass(frozen=True, slots=True)
class Others:
    """People of whom a registry does not tell: the first of them by name, and how many they are."""

    shown: tuple[Named, ...]
    total: int

    @property
    def registries(self) -> tuple[int, ...]:
        """The registries that reported them."""
        return tuple(sorted({it.registry_id for it in self.shown if it.registry_id is not None}))


def write_rows(registry: m.Registry) -> int:
    """Write the people whom a registry reports, in place of those written before; return how many trained people it then has.

    An ordinary one: the trained of its days whom no handed registry reports. A corrected one: those of its source whose facts
    changed after it was handed over; who is no longer trained among them is struck (``struck``).
    """
    chosen = _changed_of(registry.corrects_id) if registry.corrects_id else _unreported(registry)
    with unscoped("people of a registry that the actor forms"):
        db.session.execute(delete(m.RegistryRow).where(m.RegistryRow.registry_id == registry.id))
        target = [m.RegistryRow.registry_id, m.RegistryRow.enrolment_id]
        source = select(literal(registry.id), chosen.c.id)
        db.session.execute(insert(m.RegistryRow).from_select(target, source))
        return int(db.session.execute(_trained_rows(registry.id)).scalar_one())


def left_out(registry: m.Registry) -> Others:
    """People trained in the days of an ordinary registry of whom another handed one has told."""
    if registry.corrects_id is not None:
        return Others((), 0)
    told = _told_elsewhere(registry)
    own = exists().where(_row.c.registry_id == registry.id, _row.c.enrolment_id == _enrolment.c.id)
    return _named(_trained(registry), told, ~own, told.is_not(None))


def struck(registry: m.Registry) -> Others:
    """People of a corrected registry who are no longer counted as trained."""
    if registry.corrects_id is None:
        return Others((), 0)
    own = exists().where(_row.c.registry_id == registry.id, _row.c.enrolment_id == _enrolment.c.id)
    return _named(own, literal(None), _enrolment.c.status != EnrolmentStatus.TRAINED)


def reported_twice(registry: m.Registry) -> Others:
    """People of an ordinary registry of whom another one has told since it was formed."""
    if registry.corrects_id is not None:
        return Others((), 0)
    told = _told_elsewhere(registry)
    own = exists().where(_row.c.registry_id == registry.id, _row.c.enrolment_id == _enrolment.c.id)
    return _named(own, told, told.is_not(None))


# --- SQL -------------------------------------------------------------------------------------------------------------


def _trained(registry: m.Registry) -> Any:
    return and_(
        _enrolment.c.status == EnrolmentStatus.TRAINED,
        _group.c.organizer_id == registry.organizer_id,
        _group.c.ends_on.between(registry.period_from, registry.period_to),
    )


def _told_elsewhere(registry: m.Registry) -> Any:
    """The handed registry, another than this one, that reports an enrolment; NULL when there is none."""
    found = (
        select(func.min(_registry.c.id))
        .join(_row, _row.c.registry_id == _registry.c.id)
        .where(
            _row.c.enrolment_id == _enrolment.c.id,
            _registry.c.id != registry.id,
            _registry.c.status.in_(HANDED),
        )
    )
    return found.correlate(_enrolment).scalar_subquery()


def _unreported(registry: m.Registry) -> Any:
    joined = _enrolment.join(_group, _group.c.id == _enrolment.c.group_id)
    told = _told_elsewhere(registry)
    return select(_enrolment.c.id).select_from(joined).where(_trained(registry), told.is_(None)).subquery()


def _changed_of(registry_id: int) -> Any:
    still_open = (_row.c.amended_at.is_not(None), _row.c.settled_at.is_(None))
    return select(_row.c.enrolment_id.label("id")).where(_row.c.registry_id == registry_id, *still_open).subquery()


def _trained_rows(registry_id: int) -> Any:
    joined = _row.join(_enrolment, _enrolment.c.id == _row.c.enrolment_id)
    trained = (_row.c.registry_id == registry_id, _enrolment.c.status == EnrolmentStatus.TRAINED)
    return select(func.count()).select_from(joined).where(*trained)


def _named(first: Any, registry: Any, *others: Any) -> Others:
    """Enrolments that satisfy the conditions, the first of them by name; ``registry`` is the one to be named beside each."""
    joined = _enrolment.join(_group, _group.c.id == _enrolment.c.group_id).join(
        _person, _person.c.id == _enrolment.c.employee_id
    )
    names = (_person.c.last_name, _person.c.first_name, _person.c.patronymic)
    total = func.count().over()
    statement = (
        select(_enrolment.c.id, *names, _group.c.number, registry.label("registry"), total)
        .select_from(joined)
        .where(first, *others)
        .order_by(_person.c.sort, _enrolment.c.id)
        .limit(MOST_NAMED)
    )
    found = db.session.execute(statement).all()
    shown = tuple(Named(pk, initials(*name), full_name(*name), group, told) for pk, *name, group, told, _total in found)
    return Others(shown, int(found[0][-1]) if found else 0)
