"""Tables that the search of the top bar reads: what is walked, what is shown of a row, whose words find it too."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import load_only, selectinload

from app import models as m
from app import shown
from app.actor import Actor
from app.conditions import state_of
from app.russian import capitalized, format_date


@dataclass(frozen=True)
class Kind:
    """A table that is searched: ``start`` is the column walked from what was typed, ``parent`` whose words find it too.

    ``right``: the permission that finds its rows.
    """

    model: type[Any]
    title: str
    start: str
    columns: tuple[str, ...]
    text: Callable[[Any], str]
    detail: Callable[[Any], str]
    #: shorter words are not looked up in the vector: their lists of rows are too long
    shortest: int = 1
    parent: str = ""
    key: str = ""
    #: relation whose name stands beside the number, and its columns
    naming: str = ""
    named: tuple[str, ...] = ()
    #: condition that narrows the scope to what is found at once, or None
    near: Callable[[Actor], Any] = lambda _actor: None
    right: str = "list"

    @property
    def table(self) -> str:
        """Name of the table."""
        return self.model.__tablename__  # type: ignore[no-any-return]


def _person(row: m.Employee) -> str:
    born = format_date(row.birth_date) if row.birth_date else ""
    return " · ".join(filter(None, [born, shown.end("snils", row.snils)]))


def _own_territory(actor: Actor) -> Any:
    """A territorial body finds its own organizations and the organizers.

    It also sees the other employers of its people, but to tell them all places of work in the region must be read.
    """
    if actor.roles != {"territory"}:
        return None
    territories = {pk for grant in actor.grants for pk in grant.territory_ids}
    return m.Organization.territory_id.in_(territories) | m.Organization.is_organizer


_NAMES = ("last_name", "first_name", "patronymic")

KINDS: tuple[Kind, ...] = (
    Kind(
        m.Employee,
        "Работники",
        "sort",
        ("last_name", "first_name", "patronymic", "birth_date", "snils", "sort"),
        str,
        _person,
        shortest=3,
    ),
    Kind(
        m.Organization,
        "Организации",
        "sort",
        ("short_name", "inn", "city", "sort"),
        str,
        lambda row: " · ".join(filter(None, [f"ИНН {row.inn}" if row.inn else "", row.city or ""])),
        near=_own_territory,
    ),
    Kind(
        m.Program,
        "Программы",
        "sort",
        ("title", "code", "hours", "status", "sort"),
        lambda row: str(row.title),
        lambda row: f"{row.code} · {row.hours} ч · {row.status.label}",
    ),
    Kind(
        m.TrainingGroup,
        "Группы",
        "number",
        ("number", "starts_on", "enrol_until", "status", "program_id"),
        lambda row: f"Группа {row.number}",
        lambda row: f"{row.program.title} · с {format_date(row.starts_on)} · {state_of(row).label}",
        parent="program",
        key="program_id",
        naming="program",
        named=("title",),
    ),
    Kind(
        m.Voucher,
        "Чеки",
        "number",
        ("number", "valid_until", "status", "employee_id"),
        lambda row: f"Чек № {row.number}",
        lambda row: f"{row.employee} · {state_of(row).label} · по {format_date(row.valid_until)}",
        parent="employee",
        key="employee_id",
        naming="employee",
        named=_NAMES,
    ),
    Kind(
        m.Certificate,
        "Документы об обучении",
        "number",
        ("number", "kind", "issued_on", "status", "employee_id"),
        lambda row: capitalized(str(row)),
        lambda row: f"{row.employee} · {format_date(row.issued_on)} · {row.status.label}",
        parent="employee",
        key="employee_id",
        naming="employee",
        named=_NAMES,
    ),
    # for who keeps the accounts: others find the people
    Kind(
        m.Account,
        "Пользователи",
        "",
        ("last_name", "first_name", "patronymic", "username"),
        str,
        lambda row: str(row.username),
        right="edit",
    ),
)
BY_TABLE = {kind.table: kind for kind in KINDS}


def named(kind: Kind) -> Select[Any]:
    """Rows with the naming columns of their parent."""
    relation = getattr(kind.model, kind.naming)
    target = relation.property.mapper.class_
    names = load_only(*(getattr(target, name) for name in kind.named), raiseload=True)
    return select(kind.model).options(load_only(kind.model.id), selectinload(relation).options(names))
