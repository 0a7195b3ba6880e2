"""A list about people with cards (vouchers, trainings): the person of a row by СНИЛС and name, problems by their cells."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from sqlalchemy import ARRAY, Integer, any_, literal, select

from app import models as m
from app.errors import Conflict
from app.exchange.columns import Column
from app.exchange.engine.list_plan import RowPlan, V
from app.extensions import db
from app.russian import full_name
from app.text import name_key

#: entries of the journal that a refusal names
_NAMED = 3


class OfPerson(Protocol):
    """What a row says of its person, as far as its cells could be read: what is wrong in one of them is None."""

    @property
    def snils(self) -> str | None:
        """The person of the row."""

    @property
    def name(self) -> tuple[str, str, str] | None:
        """Surname, first name, patronymic (may be empty)."""


@dataclass(slots=True, eq=False)
class PersonPlan(RowPlan[V]):
    """What is done about a row whose person is found."""

    employee_id: int = 0


@dataclass(frozen=True, slots=True)
class People:
    """The cards of the people of a list that the actor sees, by СНИЛС, and their former surnames."""

    by_snils: Mapping[str, Any]
    surnames: Mapping[int, set[str]]

    @property
    def ids(self) -> list[int]:
        """Ids of the cards."""
        return sorted(row.id for row in self.by_snils.values())


def load_people(listed: Iterable[OfPerson]) -> People:
    """Read the cards of a list's people; as many statements for 20,000 rows as for one."""
    person = m.Employee
    columns = (person.id, person.snils, person.last_name, person.first_name, person.patronymic)
    wanted = sorted({values.snils for values in listed if values.snils})
    people = db.session.execute(select(*columns).where(person.snils == any_of(wanted, person.snils.type)))
    found = {row.snils: row for row in people}
    return People(found, _surnames([row.id for row in found.values()]))


def any_of(values: Iterable[int | str], kind: Any = Integer) -> Any:
    """The values as one parameter to compare a column with, however many they are."""
    return any_(literal(list(values), ARRAY(kind)))


def _surnames(ids: Sequence[int]) -> dict[int, set[str]]:
    former, found = m.FormerName, defaultdict(set)
    for row in db.session.execute(
        select(former.employee_id, former.last_name).where(former.employee_id == any_of(ids))
    ):
        found[row.employee_id].add(name_key(row.last_name))
    return found


def _is_named(person: Any, name: tuple[str, str, str], former: Iterable[str]) -> bool:
    """Whether a card is of somebody with this name, or with a former surname of the card."""
    last, first, patronymic = name
    given = name_key(f"{person.first_name} {person.patronymic or ''}")
    return name_key(f"{first} {patronymic}") == given and name_key(last) in {name_key(person.last_name), *former}


PP = TypeVar("PP", bound=PersonPlan[Any])


class RowPlanner(Generic[PP]):
    """Decides about one row; every problem names its cell."""

    columns: Mapping[str, Column]

    def __init__(self, plan: PP, letters: Mapping[str, str]) -> None:
        self._plan, self._letters = plan, letters

    def _problem(self, name: str, message: str) -> None:
        self._plan.problems.append(self._sentence(self.columns[name], message))

    def _warn(self, name: str, message: str) -> None:
        self._plan.warnings.append(self._sentence(self.columns[name], message))

    def _sentence(self, column: Column, message: str) -> str:
        letter = self._letters.get(column.name, "")
        where = f"{letter}{self._plan.source.number}, " if letter else ""
        return f"{where}{column.title}: {message}"

    def _find_person(self, people: People, *, absent: str) -> bool:
        """Put the person's id into the plan, or a problem: ``absent`` when there is no such card among the visible ones."""
        values = self._plan.source.values
        if values.snils is None:
            return False
        person = people.by_snils.get(values.snils)
        if person is None:
            self._problem("snils", absent)
            return False
        if values.name is not None and not _is_named(person, values.name, people.surnames.get(person.id, ())):
            name = full_name(person.last_name, person.first_name, person.patronymic)
            self._problem("full_name", f"По этому СНИЛС в портале записан другой человек: {name}")
            return False
        self._plan.employee_id = person.id
        return True


def refuse_touched(batch: m.ImportBatch, whole: bool, about: Any) -> None:
    """Raise Conflict when the journal tells something of ``about`` since the list was applied, or not all is there."""
    entry, written = m.AuditEntry, batch.written
    # lists applied by earlier versions kept only the place before them
    since = written["entries"][0] if "entries" in written else written["entry"]
    statement = select(entry.object_label).where(entry.id > since, about).order_by(entry.id).limit(_NAMED)
    named = list(db.session.scalars(statement))
    if named or not whole:
        raise Conflict(
            "Загрузку уже нельзя отменить: после неё изменилось то, что она записала "
            f"({'; '.join(named) or 'часть удалена'}). Исправьте эти записи по одной."
        )
