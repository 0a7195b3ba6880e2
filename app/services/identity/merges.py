"""Two cards of one person joined by the operator: the rows that would move, the collisions, the move and its undoing.

The removed card's row is stored in the journal of merges, so that the merge can be undone while nothing that it touched
has changed since. Rows that point to both a person and a place of work move in one statement: their double keys are
checked at its end.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, cast

from sqlalchemy import Column, Table, and_, delete, func, insert, literal, or_, select, update
from sqlalchemy.orm import aliased

from app import models as m
from app import personal, shown
from app.access import current_actor, get_writable
from app.audit import record, words
from app.clock import now
from app.errors import Conflict, Invalid
from app.extensions import db
from app.labels import THINGS, label_of
from app.services.identity.merge_collisions import collisions
from app.services.personnel.cards import surnames
from app.services.portal import records, transitions
from app.services.voucher.vouchers import end_run_out
from app.unit_of_work import use_case

#: fields of the card of which one value is chosen
FIELDS = personal.fields(cast(Table, m.Employee.__table__), "merge")
_TWINS = 100
#: what the journal says of looking, not of changing
_LOOKING = ("%.viewed", "%.exported", "%.printed")


@dataclass(frozen=True, slots=True)
class Twins:
    """Two cards that look like one person, and why."""

    first: m.Employee
    second: m.Employee
    why: str


@dataclass(frozen=True, slots=True)
class FieldChoice:
    """A field of both cards in words; ``differs``: the operator chooses, else one value is as good or the only one."""

    name: str
    label: str
    kept: str
    gone: str
    differs: bool
    #: the value taken unless the operator says otherwise: «kept» or «gone»
    default: str


@dataclass(frozen=True, slots=True)
class Preview:
    """What a merge would do: fields to choose, rows that move (words → number), what must be settled first."""

    kept: m.Employee
    gone: m.Employee
    fields: Sequence[FieldChoice]
    moves: Mapping[str, int]
    collisions: Sequence[str]


# --- finding ---------------------------------------------------------------------------------------------------------


def list_twins() -> list[Twins]:
    """Pairs of cards with one name, and one birth date or none; two different СНИЛС with different dates are two people."""
    current_actor().require("employee_merge:list")
    first, second = aliased(m.Employee), aliased(m.Employee)
    same_day = first.birth_date == second.birth_date
    unknown_day = or_(first.birth_date.is_(None), second.birth_date.is_(None))
    no_snils = or_(first.snils.is_(None), second.snils.is_(None))
    statement = (
        select(first, second)
        .join(second, and_(first.sort == second.sort, first.id < second.id))
        .where(or_(same_day, and_(unknown_day, no_snils)))
        .where(first.anonymized_at.is_(None), second.anonymized_at.is_(None))
        .order_by(same_day.desc().nulls_last(), first.sort, first.id, second.id)
        .limit(_TWINS)
    )
    return [Twins(a, b, _why(a, b)) for a, b in db.session.execute(statement).tuples()]


def _why(a: m.Employee, b: m.Employee) -> str:
    born = "одна дата рождения" if a.birth_date == b.birth_date else "дата рождения указана в одной карточке"
    if a.snils and b.snils:
        return f"{born}, но разные СНИЛС: проверьте, один ли это человек"
    return f"{born}, СНИЛС указан не в обеих"


def preview(kept_id: int, gone_id: int) -> Preview:
    """Say what a merge would do; raises NotFound, Invalid for one and the same card."""
    current_actor().require("employee_merge:add")
    kept, gone = _pair(kept_id, gone_id)
    fields = [_choice(name, kept, gone) for name in FIELDS]
    moves: dict[str, int] = {}
    for table, column in pointing():
        number = db.session.scalar(select(func.count()).select_from(table).where(column == gone.id)) or 0
        if number:
            title = THINGS[table.name].plural if table.name in THINGS else TITLES.get(table.name, table.name)
            moves[title] = moves.get(title, 0) + number
    return Preview(kept, gone, fields, moves, collisions(kept.id, gone.id))


#: tables without words of their own
TITLES = {
    "notice": "Извещения",
    "consent": "Согласия",
    "consent_withdrawal": "Отзывы согласий",
    "registration": "Регистрации",
    "survey_response": "Ответы на опросы",
    "change_request": "Исправления",
    "transfer": "Переходы",
    "employee_merge": "Прежние объединения",
}


def _pair(kept_id: int, gone_id: int) -> tuple[m.Employee, m.Employee]:
    if kept_id == gone_id:
        raise Invalid("Выберите две разные карточки.")
    kept = get_writable(db.session, m.Employee, kept_id, "employee:edit")
    gone = get_writable(db.session, m.Employee, gone_id, "employee:edit")
    if kept.anonymized_at or gone.anonymized_at:
        raise Conflict("Карточка обезличена по отзыву согласия: объединять её нельзя.")
    return kept, gone


def _choice(name: str, kept: m.Employee, gone: m.Employee) -> FieldChoice:
    mine, other = getattr(kept, name), getattr(gone, name)
    differs = mine != other and mine not in (None, "") and other not in (None, "")
    default = "gone" if mine in (None, "") and other not in (None, "") else "kept"
    label = label_of("employee", name)
    return FieldChoice(name, label, _shown(name, mine), _shown(name, other), differs, default)


def _shown(name: str, value: Any) -> str:
    """A value for the comparison: the operator compares whole numbers."""
    write = shown.writer_of(name)
    return write(value) if write is not None and value else words(value, name) or "—"


def pointing() -> Iterator[tuple[Table, Column[Any]]]:
    """Tables with a column that points to a person, in the order of the schema."""
    target = m.Employee.__table__
    for table in m.Base.metadata.sorted_tables:
        for constraint in table.foreign_key_constraints:
            for key in constraint.elements:
                if key.column.table is target and key.column.name == "id":
                    yield table, key.parent


# --- merging ---------------------------------------------------------------------------------------------------------


@use_case
def merge(kept_id: int, gone_id: int, *, chosen: Mapping[str, str]) -> m.EmployeeMerge:
    """Make two cards one: everything of ``gone_id`` goes to ``kept_id``, each field as ``chosen`` («kept» or «gone»).

    Raises Conflict, with the sentence of what to do first, when the two collide; NotFound, Invalid.
    """
    current_actor().require("employee_merge:add")
    table: Any = m.Employee.__table__
    both = select(table.c.id).where(table.c.id.in_([kept_id, gone_id])).order_by(table.c.id).with_for_update()
    db.session.execute(both)
    kept, gone = _pair(kept_id, gone_id)
    end_run_out((kept.id, gone.id))
    found = collisions(kept.id, gone.id)
    if found:
        raise Conflict(" ".join(found))
    values = _values(kept, gone, chosen)
    before, other = {name: _plain(getattr(kept, name)) for name in values}, gone.last_name
    snapshot = {c.name: _plain(getattr(gone, c.name)) for c in table.columns if c.computed is None}
    label = str(gone)
    closed = _close_double_consents(kept.id, gone.id)
    moved = _move_all(gone.id, kept.id)
    db.session.expunge(gone)
    db.session.execute(delete(table).where(table.c.id == gone_id))
    with surnames.changing(misprint=True):
        records.update(kept, values)
    added = _keep_other_surname(kept, other)
    row = m.EmployeeMerge(kept_id=kept.id, gone_id=gone_id, gone=snapshot, created_by_id=current_actor().user_id)
    row.moved = {"rows": moved, "before": before, "closed": closed, "former_name": added}
    db.session.add(row)
    db.session.flush()
    record("employee_merge.created", row, {"Карточка": (f"№ {gone_id}, {label}", f"№ {kept.id}, {kept}")})
    record("employee.merged", kept, {"Присоединена карточка": ("", f"№ {gone_id}, {label}")})
    row.moved = {**row.moved, "version": kept.version, "entry": _last_entry()}
    db.session.flush()
    return row


def _values(kept: m.Employee, gone: m.Employee, chosen: Mapping[str, str]) -> dict[str, Any]:
    """Fields that the kept card takes from the other one."""
    taken = {}
    for name in FIELDS:
        side = chosen.get(name) or _choice(name, kept, gone).default
        if side == "gone" and getattr(gone, name) != getattr(kept, name):
            taken[name] = getattr(gone, name)
    return taken


def _plain(value: Any) -> Any:
    """A column's value for JSON."""
    if isinstance(value, Enum):
        return value.value
    return value.isoformat() if isinstance(value, dt.date) else value


def _move_all(source: int, target: int, only: Mapping[str, Sequence[int]] | None = None) -> dict[str, list[int]]:
    """Point rows of one person to another by one statement; returns table → ids. ``only``: these ids of each table."""
    parts: dict[str, Any] = {}
    for table, column in pointing():
        statement = update(table).where(column == source).values({column: target})
        if only is not None:
            if not only.get(table.name):
                continue
            statement = statement.where(table.c.id.in_(only[table.name]))
        parts[table.name] = statement.returning(table.c.id).cte(f"moved_{table.name}")
    if not parts:
        return {}
    counts = [
        select(literal(name).label("name"), part.c.id.label("id")).select_from(part) for name, part in parts.items()
    ]
    found: dict[str, list[int]] = {}
    for name, pk in db.session.execute(counts[0].union_all(*counts[1:])):
        found.setdefault(name, []).append(pk)
    db.session.expire_all()
    return found


def _close_double_consents(kept_id: int, gone_id: int) -> list[int]:
    """Of two live consents to one text the moved one ends: one is enough, and the database allows one."""
    mine, text = m.Consent.__table__, m.Consent.__table__.c
    same = select(text.text_id).where(text.employee_id == kept_id, text.withdrawn_at.is_(None))
    statement = (
        update(cast(Table, mine))
        .where(text.employee_id == gone_id, text.withdrawn_at.is_(None), text.text_id.in_(same))
        .values(withdrawn_at=now())
        .returning(text.id)
    )
    return list(db.session.scalars(statement))


def _keep_other_surname(kept: m.Employee, other: str) -> int | None:
    """The surname that the kept card does not bear stays among the former ones; diplomas may carry it."""
    if not surnames.is_change(other, kept.last_name):
        return None
    row = records.insert_row(
        m.FormerName, {"employee_id": kept.id, "last_name": other, "reason": "Объединение карточек"}
    )
    return row.id


def _last_entry() -> int:
    return db.session.scalar(select(func.max(m.AuditEntry.id))) or 0


# --- undoing ---------------------------------------------------------------------------------------------------------


@use_case
def undo(pk: int) -> m.EmployeeMerge:
    """Take a merge back: the removed card returns with its rows, the kept one gets its former values.

    Raises Conflict when it was undone, or when the card or a moved row has changed since.
    """
    row = get_writable(db.session, m.EmployeeMerge, pk, "employee_merge:undo")
    swap = update(m.EmployeeMerge).where(m.EmployeeMerge.id == pk, m.EmployeeMerge.undone_at.is_(None))
    done = db.session.execute(swap.values(undone_at=now()).execution_options(synchronize_session=False))
    if cast(Any, done).rowcount != 1:
        raise Conflict("Это объединение уже отменено.")
    kept = transitions.read_fresh(m.Employee, row.kept_id)
    if kept.anonymized_at:
        raise Conflict("Карточка обезличена по отзыву согласия: сведений для отмены объединения больше нет.")
    _refuse_if_changed(row, kept)
    moved = row.moved
    if moved["former_name"] is not None:
        db.session.execute(delete(m.FormerName).where(m.FormerName.id == moved["former_name"]))
    with surnames.changing(misprint=True):
        records.update(kept, {name: _value(name, value) for name, value in moved["before"].items()})
    db.session.execute(insert(cast(Table, m.Employee.__table__)).values(**_row(row.gone)))
    _move_all(row.kept_id, row.gone_id, moved["rows"])
    if moved["closed"]:
        db.session.execute(update(m.Consent).where(m.Consent.id.in_(moved["closed"])).values(withdrawn_at=None))
    record("employee_merge.undone", row)
    record("employee.merge_undone", kept, {"Возвращена карточка": (f"№ {row.gone_id}", "")})
    db.session.refresh(row)
    return row


def _refuse_if_changed(row: m.EmployeeMerge, kept: m.Employee) -> None:
    rows: Mapping[str, Sequence[int]] = row.moved["rows"]
    entry = m.AuditEntry
    about = [and_(entry.object_table == table, entry.object_id.in_(ids)) for table, ids in rows.items()]
    about.append(and_(entry.object_table == "employee", entry.object_id == row.kept_id))
    changed = select(entry.id).where(entry.id > row.moved["entry"], or_(*about))
    for pattern in _LOOKING:
        changed = changed.where(entry.action.not_like(pattern))
    later = db.session.scalar(changed.limit(1))
    if later is not None or kept.version != row.moved["version"] or _new_at_moved_places(rows):
        raise Conflict(
            "После объединения карточку или присоединённые к ней записи уже изменили, поэтому отменить его нельзя. "
            "Заведите вторую карточку и перенесите записи вручную."
        )


def _new_at_moved_places(rows: Mapping[str, Sequence[int]]) -> bool:
    """Whether somebody has since applied or enrolled from a place of work that came with the other card."""
    places = list(rows.get("employment", ()))
    for model in (m.Enrolment, m.VoucherApplication, m.PlanItem, m.UnmetWish, m.Transfer):
        table = cast(Table, model.__table__)
        known = list(rows.get(table.name, ()))
        statement = select(table.c.id).where(table.c.employment_id.in_(places), table.c.id.not_in(known))
        if places and db.session.scalar(statement.limit(1)) is not None:
            return True
    return False


def _value(name: str, value: Any) -> Any:
    """A column's value out of JSON."""
    kind = m.Employee.__table__.c[name].type
    if value is None:
        return None
    enum = getattr(kind, "enum_class", None)
    if enum is not None:
        return enum(value)
    python = kind.python_type
    if python is dt.datetime:
        return dt.datetime.fromisoformat(value)
    return dt.date.fromisoformat(value) if python is dt.date else value


def _row(stored: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _value(name, value) for name, value in stored.items()}
