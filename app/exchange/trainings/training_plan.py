"""What a list of trainings outside the portal would write: each row against the people and their stored trainings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from app.exchange.engine.list_people import People, PersonPlan, RowPlanner, load_people
from app.exchange.engine.list_plan import SourceRow
from app.exchange.trainings.training_columns import BY_NAME
from app.exchange.trainings.training_list import TrainingValues
from app.russian import format_date, quoted
from app.services.personnel.trainings import past_trainings

_ABSENT = "Работника с таким СНИЛС среди ваших нет: проверьте номер или сначала заведите его карточку"

TrainingPlan = PersonPlan[TrainingValues]


@dataclass(slots=True)
class Known:
    """What the portal knows of the people of a list; ``rows``: the trainings of the file's earlier rows."""

    people: People
    courses: Mapping[past_trainings.Key, str]
    rows: dict[past_trainings.Key, int] = field(default_factory=dict)
    papers: dict[tuple[int, str], int] = field(default_factory=dict)


def load_known(listed: Iterable[TrainingValues]) -> Known:
    """Read all that the rows are checked against; as many statements for 20,000 rows as for one."""
    people = load_people(listed)
    return Known(people, past_trainings.known(people.ids))


def plan_rows(
    rows: Iterable[SourceRow[TrainingValues]], known: Known, letters: Mapping[str, str]
) -> Iterator[TrainingPlan]:
    """Plan the rows in the order of the file; what an earlier row writes counts for the later ones."""
    for source in rows:
        plan = TrainingPlan(source)
        _Planner(plan, letters).decide(source.values, known)
        yield plan


class _Planner(RowPlanner[TrainingPlan]):
    columns = BY_NAME

    def decide(self, values: TrainingValues, known: Known) -> None:
        """Fill the plan; a row with a wrong cell is checked as far as the others tell, and not written."""
        plan, number = self._plan, self._plan.source.number
        if not self._find_person(known.people, absent=_ABSENT) or values.title is None or values.ended_on is None:
            return
        key = past_trainings.key_of(plan.employee_id, values.title, values.ended_on)
        if key in known.rows:
            self._problem("title", f"Это обучение уже стоит в строке {known.rows[key]}")
            return
        if plan.problems or values.document_number is None:
            return
        if key in known.courses:
            plan.changes.append(known.courses[key][:1].lower() + known.courses[key][1:])
            return
        paper = (plan.employee_id, values.document_number)
        if paper in known.papers:
            self._warn("document_number", f"Такой же номер документа у работника стоит в строке {known.papers[paper]}")
        plan.creates = True
        plan.changes.append(
            f"{quoted(values.title)}, {values.hours} ч, закончено {format_date(values.ended_on)}: будет ждать скана и подтверждения"
        )
        known.rows[key], known.papers[paper] = number, number
