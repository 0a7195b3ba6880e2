"""What a staff list would change: for each row «создать», «обновить», «без изменений» or an error, without a statement.

The preview and the application run the same plan, each on the database of that moment. Choices made here:

- The card's data come from the person's first row; a further row only speaks about its place of work.
- An empty cell never erases anything; subjects are replaced together with the position.
- A new place of work begins on the day that follows from «Стаж в должности», but not before the former main place ended.
  Without it the day is unknown and stays so (``start_known``): the portal counts the place from today.
- A length of service changes a stored date only when its number of full years differs today.
- A main place of work in another organization stops the row: a transfer is done by hand. Outside the acting user's
  organizations nothing is said about that place.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from app import models as m
from app.errors import Invalid
from app.exchange.engine.list_plan import RowPlan, SourceRow
from app.exchange.staff.staff_compare import (
    Changes,
    all_new,
    card_values,
    changes_between,
    different,
    diploma_of,
    has_served,
    is_other_person,
    new_card,
    new_card_values,
    other_person,
    sentences,
)
from app.exchange.staff.staff_known import Person, Place, Reach, Reference, Register
from app.exchange.staff.staff_row import StaffValues
from app.labels import label_of
from app.russian import full_name, guess_sex, quoted
from app.services.portal import records
from app.statuses import ConfirmationStatus, EmploymentKind
from app.text import sort_key

DAY = dt.timedelta(days=1)

#: the same silence as ``people.NOT_TAKEN``: a list does not tell who exists elsewhere
ELSEWHERE = (
    "Эту строку портал принять не может: проверьте СНИЛС, ФИО и дату рождения. Если работник приходит из другой организации "
    "области, оформите приём в разделе «Переходы» и загрузите файл снова; если всё верно, обратитесь к оператору"
)
SEVERAL_PEOPLE = "Работников с такими ФИО и датой рождения несколько: укажите СНИЛС"
SEVERAL_PLACES = (
    "В этой организации у работника несколько мест работы, и ни одно не на этой должности: "
    "измените нужное в карточке или исправьте должность в файле"
)
OUT_OF_REACH = "Организация закрыта или больше не входит в ваши: загрузите файл снова"
STALE_DIRECTORY = "Пока список ждал применения, изменился справочник: загрузите файл снова"
NO_LEVEL = "Уровень образования не указан, поэтому сведения о дипломе не записываются"


@dataclass(slots=True, eq=False)
class Write:
    """One object to be inserted (`row` is None) or changed: its values, and the changes in Russian words."""

    model: type[m.Employee] | type[m.Employment] | type[m.Qualification]
    row: Any
    values: dict[str, Any]
    changes: Changes
    label: str
    subject_ids: tuple[int, ...] | None = None
    unconfirms: bool = False
    former_subject_ids: frozenset[int] = frozenset()
    #: known once stored
    object_id: int | None = None


@dataclass(slots=True, eq=False)
class StaffPlan(RowPlan[StaffValues | None]):
    """What is done about a row: who it is about, which place of work, and what is written of them."""

    person: Person | None = None
    place: Place | None = None


def plan_rows(
    rows: Sequence[SourceRow[StaffValues | None]],
    register: Register,
    *,
    reference: Reference,
    reach: Reach,
    today: dt.date,
) -> Iterator[StaffPlan]:
    """Plan the rows in the order of the file; a person found in it twice is planned once.

    Each plan is complete when it is given out and needed no more for those that follow.
    """
    planner = _Planner(register, reference, reach, today)
    plans = [StaffPlan(row) for row in rows]
    readable = [(plan, row.values) for plan, row in zip(plans, rows, strict=True) if row.values]
    for plan, values in readable:
        planner.find_person(plan, values)
    for plan, values in readable:
        planner.claim_place(plan, values)
    for plan in plans:
        if plan.source.values:
            planner.decide(plan, plan.source.values)
        yield plan


class _Planner:
    """Three passes over the rows: who, which stored place of work, what changes."""

    def __init__(self, register: Register, reference: Reference, reach: Reach, today: dt.date) -> None:
        self._register = register
        self._reference = reference
        self._reach = reach
        self._today = today

    # --- who ---

    def find_person(self, plan: StaffPlan, values: StaffValues) -> None:
        if problem := self._stale(values):
            plan.problems.append(problem)
            return
        found = self._register.resolve(values)
        if len(found) > 1:
            plan.problems.append(SEVERAL_PEOPLE)
            return
        person = found[0]
        if not person.editable:
            # whatever of the card agrees with the row or differs: of who is not seen nothing is told
            plan.problems.append(ELSEWHERE)
            return
        plan.person = person
        person.named.add(values.organization_id)
        if person.first_number is None:
            person.first_number = plan.source.number
        elif not values.is_second_employment:
            plan.problems.append(f"Этот работник уже указан в строке {person.first_number}: удалите лишнюю строку")

    def _stale(self, values: StaffValues) -> str | None:
        """Ids of the file against the directories: between preview and application both may change."""
        names = self._reference
        if values.organization_id not in names.organizations or values.organization_id not in self._reach:
            return OUT_OF_REACH
        is_level_known = values.education_level_id is None or values.education_level_id in names.levels
        is_known = values.position_id in names.positions and set(values.subject_ids) <= names.subjects.keys()
        return None if is_known and is_level_known else STALE_DIRECTORY

    # --- which place ---

    def claim_place(self, plan: StaffPlan, values: StaffValues) -> None:
        """Rows that name organization and position exactly come first, so that no other row takes their place."""
        if plan.person is None or plan.problems:
            return
        exact = [
            place
            for place in plan.person.live_in(values.organization_id, self._today)
            if place.position_id == values.position_id
        ]
        if exact:
            plan.place = exact[0]
            plan.place.claimed = True

    def _take_place(self, plan: StaffPlan, person: Person, values: StaffValues) -> None:
        """The stored place whose position the row changes. A second place of work never takes over another one."""
        if plan.place or values.is_second_employment:
            return
        free = person.live_in(values.organization_id, self._today)
        if len(free) > 1 and free[0].kind != EmploymentKind.MAIN:
            plan.problems.append(SEVERAL_PLACES)
        elif free:
            plan.place = free[0]
            plan.place.claimed = True

    # --- what ---

    def decide(self, plan: StaffPlan, values: StaffValues) -> None:
        person = plan.person
        if person is None or plan.problems:
            return
        if person.row and is_other_person(person.row, values):
            plan.problems.append(other_person(person.row))
        else:
            self._take_place(plan, person, values)
        if not plan.problems:
            self._describe(plan, person, values)
        if not plan.problems:
            self._employ(plan, person, values)
        if not plan.problems:
            person.described = True
        else:
            plan.writes.clear()
            plan.changes.clear()

    def _describe(self, plan: StaffPlan, person: Person, values: StaffValues) -> None:
        """Card and diploma, by the person's first row."""
        if person.described:
            return
        try:
            self._write_card(plan, person, values)
        except Invalid as error:
            by_field = error.fields.items()
            plan.problems += [f"{label_of('employee', name)}: {text}" for name, texts in by_field for text in texts]
            return
        self._write_diploma(plan, person, values)

    def _write_card(self, plan: StaffPlan, person: Person, values: StaffValues) -> None:
        card = person.row
        label = full_name(values.last_name, values.first_name, values.patronymic)
        if card is None:
            found = records.check(m.Employee, new_card_values(values), None)
            plan.creates = True
            plan.writes.append(Write(m.Employee, None, found, all_new("employee", found), label))
            plan.changes.append(new_card(values))
            return
        wanted = {name: value for name, value in card_values(values).items() if value is not None}
        if values.teaching_years is not None and has_served(card.teaching_since, values.teaching_years, self._today):
            del wanted["teaching_since"]
        if card.sex is not None and values.sex == guess_sex(card.last_name, card.first_name, card.patronymic):
            del wanted["sex"]  # perhaps only guessed by the name: no reason to doubt what is stored
        changed = records.check(m.Employee, different(card, wanted), card)
        if changed:
            changes = changes_between("employee", card, changed)
            plan.writes.append(Write(m.Employee, card, changed, changes, str(card)))
            plan.changes += sentences(changes)

    def _write_diploma(self, plan: StaffPlan, person: Person, values: StaffValues) -> None:
        names = {"level_id": self._reference.levels}
        wanted = {
            "level_id": values.education_level_id,
            "series": values.diploma_series,
            "number": values.diploma_number,
        }
        given = {name: value for name, value in wanted.items() if value is not None}
        row = diploma_of(person, values.diploma_number)
        if row is None:
            self._add_diploma(plan, wanted)
            return
        if row.level_id in self._reference.general_levels.get(values.education_level_id or 0, ()):
            del given["level_id"]
        if changed := different(row, given):
            changes = changes_between("qualification", row, changed, names)
            level = self._reference.levels[changed.get("level_id", row.level_id)]
            label = f"{level}, {row.institution or 'учебное заведение не указано'}"
            plan.writes.append(Write(m.Qualification, row, changed, changes, label))
            plan.changes += sentences(changes)

    def _add_diploma(self, plan: StaffPlan, wanted: dict[str, Any]) -> None:
        if wanted["level_id"] is None:
            if wanted["series"] or wanted["number"]:
                plan.warnings.append(NO_LEVEL)
            return
        changes = all_new("qualification", wanted, {"level_id": self._reference.levels})
        level = self._reference.levels[wanted["level_id"]]
        label = f"{level}, учебное заведение не указано"
        plan.writes.append(Write(m.Qualification, None, wanted, changes, label))
        if not plan.creates:
            diploma = " ".join(filter(None, ("диплом", wanted["series"], wanted["number"])))
            plan.changes.append(f"Образование: добавится {quoted(level)}, {diploma}".removesuffix(", диплом"))

    # --- place of work ---

    def _employ(self, plan: StaffPlan, person: Person, values: StaffValues) -> None:
        if plan.place and plan.place.row:
            self._change_place(plan, plan.place, plan.place.row, values)
            return
        main = person.live_main(self._today)
        kind = EmploymentKind.SECONDARY if values.is_second_employment else EmploymentKind.MAIN
        if main and main.organization_id not in self._reach:
            plan.problems.append(ELSEWHERE)
            return
        if main and kind == EmploymentKind.MAIN:
            if main.organization_id not in person.named:
                plan.problems.append(self._transfer(main))
                return
            kind = EmploymentKind.SECONDARY  # the file itself says that the person works there as well
        self._add_place(plan, person, values, kind=kind)

    def _transfer(self, main: Place) -> str:
        name = self._reference.organizations.get(main.organization_id, "другая организация")
        return (
            f"Основное место работы работника — {quoted(name)}. Если он переведён, укажите в карточке дату увольнения; "
            "если совмещает, добавьте место работы в карточке. Затем загрузите файл снова"
        )

    def _add_place(self, plan: StaffPlan, person: Person, values: StaffValues, *, kind: EmploymentKind) -> None:
        started_on = self._beginning(person, values, kind)
        place = Place(None, values.organization_id, values.position_id, kind, started_on, claimed=True)
        person.places.append(place)
        plan.place = place
        found = {
            "organization_id": values.organization_id,
            "position_id": values.position_id,
            "kind": kind,
            "activity": values.activity,
            "started_on": started_on,
            "start_known": values.position_since is not None,
            "position_since": values.position_since,
        }
        names = {"organization_id": self._reference.organizations, "position_id": self._reference.positions}
        changes = dict(all_new("employment", found, names))
        if values.subject_ids:
            changes[label_of("employment", "subjects")] = ("", self._subject_names(values.subject_ids))
        label = f"{names['position_id'][values.position_id]}, {names['organization_id'][values.organization_id]}"
        plan.writes.append(Write(m.Employment, None, found, changes, label, values.subject_ids))
        aside = " (совместительство)" if kind == EmploymentKind.SECONDARY else ""
        plan.changes.append(f"Место работы: добавится {quoted(label)}{aside}")

    def _beginning(self, person: Person, values: StaffValues, kind: EmploymentKind) -> dt.date:
        since = values.position_since or self._today
        if kind == EmploymentKind.SECONDARY:
            return since
        ended = [p.ended_on + DAY for p in person.places if p.kind == EmploymentKind.MAIN and p.ended_on]
        return max([since, *ended])

    def _change_place(self, plan: StaffPlan, place: Place, row: m.Employment, values: StaffValues) -> None:
        is_moved = row.position_id != values.position_id
        wanted = {
            "position_id": values.position_id,
            "activity": values.activity,
            "position_since": self._position_since(row, values, is_moved=is_moved),
        }
        changed = different(row, {name: value for name, value in wanted.items() if value is not None})
        names = {"position_id": self._reference.positions}
        changes = dict(changes_between("employment", row, changed, names))
        subject_ids = None
        if set(values.subject_ids) != place.subject_ids and (values.subject_ids or is_moved):
            subject_ids = values.subject_ids
            before, after = self._subject_names(place.subject_ids), self._subject_names(subject_ids)
            changes[label_of("employment", "subjects")] = (before, after)
        if not changes:
            return
        label = f"{names['position_id'][values.position_id]}, {self._reference.organizations[row.organization_id]}"
        unconfirms = is_moved and row.status == ConfirmationStatus.CONFIRMED and not self._reach.confirms
        plan.writes.append(
            Write(m.Employment, row, changed, changes, label, subject_ids, unconfirms, place.subject_ids)
        )
        plan.changes += sentences(changes)
        if unconfirms:
            plan.changes.append("Подтверждение: снимется, оператор проверит место работы заново")

    def _position_since(self, row: m.Employment, values: StaffValues, *, is_moved: bool) -> dt.date | None:
        """None when the stored date stays; a changed position without a length of service began today."""
        if values.position_years is None:
            return self._today if is_moved else None
        is_same = has_served(row.position_since or row.begun_on, values.position_years, self._today)
        return None if is_same else values.position_since

    def _subject_names(self, ids: Any) -> str:
        return ", ".join(sorted((self._reference.subjects[pk] for pk in ids), key=sort_key))
