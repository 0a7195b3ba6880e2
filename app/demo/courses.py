"""Programs and groups of the demo: every state, with dates that agree with it on the day of the build."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from app import models as m
from app.demo.catalog import DemoProgram, programs
from app.demo.places import Directories, Place, some_day, working_day
from app.demo.plan_days import plan_days
from app.demo.rows import Row, Rows, moment
from app.rules.suitability import Targets
from app.statuses import BlockKind, GroupStatus, ProgramKind, ProgramStatus, StudyForm

_DAY = dt.timedelta(days=1)
#: shares of the organizers, in the order of the catalog
_GROUPS_OF_ORGANIZERS = (0.4, 0.28, 0.32)
_GROUPS = {
    GroupStatus.COMPLETED: 34, GroupStatus.RUNNING: 10, GroupStatus.CLOSED: 8, GroupStatus.OPEN: 20,
    GroupStatus.DRAFT: 5, GroupStatus.CANCELLED: 3,
}  # fmt: skip
#: statuses of the programs of the coming year, which no group has yet; the others are published
_COMING = (ProgramStatus.DRAFT,) * 3 + (ProgramStatus.SUBMITTED,) * 3 + (ProgramStatus.RETURNED,) * 2
_RETURNED = "Уточните планируемые результаты: не указано, какие профессиональные дефициты закрывает программа."
_CANCELLED = "Не набрано наименьшее число слушателей."
#: how many years back the programs for everybody have older versions
_ARCHIVE_YEARS = (2, 1)
#: seats of the groups that the demo shows full, with a waiting list
_FEW_SEATS = 8
_MODULES = ("Нормативные и теоретические основы", "Практикум", "Итоговая аттестация")
_HOURS_A_DAY = 6
_CURATORS = ("Андреева Т. В.", "Белова И. С.", "Гордеева Н. П.", "Демидова Л. А.", "Комлева О. Ю.")
_TOPICS = ("Вводное занятие", "Лекция и разбор случаев", "Практическое занятие", "Работа в группах", "Итоговое занятие")


@dataclass(eq=False, slots=True)
class Course:
    """A program with what matching asks of it; ``organizer`` is the index of the catalog."""

    row: Row
    organizer: int
    source: DemoProgram
    targets: Targets

    @property
    def is_for_all(self) -> bool:
        """Whether everybody may take it."""
        return self.targets == Targets()


@dataclass(eq=False, slots=True)
class Group:
    """A group with its program; ``purpose`` says what the demo accounts need it for."""

    row: Row
    course: Course
    purpose: str = ""

    @property
    def status(self) -> GroupStatus:
        """State of the group."""
        status: GroupStatus = self.row["status"]
        return status

    @property
    def dates(self) -> tuple[dt.date, dt.date]:
        """First and last day of the training."""
        return self.row["starts_on"], self.row["ends_on"]


#: purposes: suits the demo teacher, was passed by the demo teacher, holds people of the demo school, has no free seat
FOR_WORKER, WORKER_TRAINED, FOR_SCHOOL, FULL = "for worker", "worker trained", "for school", "full"


class Courses:
    """Makes programs and groups of the three organizers."""

    def __init__(
        self, rows: Rows, directories: Directories, rng: Random, organizers: Sequence[Place], today: dt.date
    ) -> None:
        self._rows = rows
        self._directories = directories
        self._rng = rng
        self._organizers = organizers
        self._today = today
        self._numbers = [0] * len(organizers)
        self._sent = 0
        self.courses: list[Course] = []
        self.groups: list[Group] = []

    # --- programs ---

    def add_programs(self) -> None:
        """Add the catalog: published for this year, some of the next year in preparation, older versions archived."""
        catalog = programs()
        coming = dict(zip(self._rng.sample(_ordinary(catalog), len(_COMING)), _COMING, strict=True))
        for number, source in enumerate(catalog):
            previous = None
            for age in _ARCHIVE_YEARS if _is_long_lived(source) else ():
                previous = self._add_program(source, ProgramStatus.ARCHIVED, self._today.year - age, previous)
            status = coming.get(number, ProgramStatus.PUBLISHED)
            year = self._today.year + (status != ProgramStatus.PUBLISHED)
            self._add_program(source, status, year, previous)

    def _add_program(self, source: DemoProgram, status: ProgramStatus, year: int, previous: int | None) -> int:
        place = self._organizers[source.organizer]
        row = self._rows.add(
            m.Program,
            organizer_id=place.id,
            code=source.code,
            title=source.title,
            kind=ProgramKind.ADVANCED,
            year=year,
            hours=source.hours,
            form=source.form,
            distance=source.distance,
            block=source.block,
            annotation=source.annotation,
            authors=self._rng.choice(_CURATORS),
            area="Образование",
            specialities_group="Образование и педагогические науки",
            funding="Региональный бюджет",
            status=status,
            reason_text=_RETURNED if status == ProgramStatus.RETURNED else None,
            previous_id=previous,
            edition=1,
            **self._sending(status),
        )
        self._add_targets(row["id"], source)
        self._add_modules(row["id"], source.hours)
        self.courses.append(Course(row, source.organizer, source, self._targets(source)))
        return int(row["id"])

    def _sending(self, status: ProgramStatus) -> dict[str, Any]:
        """When a program of the coming year was sent to the operator, and whether that was after the last day of planning."""
        if status not in (ProgramStatus.SUBMITTED, ProgramStatus.RETURNED):
            return {"submitted_at": None, "late": False}
        self._sent += 1
        day = self._today - 2 * self._sent * _DAY
        return {"submitted_at": moment(day, 10, 30), "late": day > plan_days(self._today)[0]}

    def add_edition(self) -> None:
        """Give a program whose groups have begun a second edition; the groups keep the first one."""
        for number in sorted(range(len(self.courses)), key=lambda n: -self.courses[n].organizer):
            former = self.courses[number]
            states = {group.status for group in self.groups if group.course is former}
            if former.row["status"] != ProgramStatus.PUBLISHED or not states or states - _BEGUN:
                continue
            former.row["status"] = ProgramStatus.ARCHIVED
            values = {**former.row, "edition": 2, "status": ProgramStatus.PUBLISHED, "previous_id": former.row["id"]}
            del values["id"]
            row = self._rows.add(m.Program, **values)
            self._add_targets(row["id"], former.source)
            self._add_modules(row["id"], former.source.hours)
            self.courses[number] = Course(row, former.organizer, former.source, former.targets)
            return

    def _targets(self, source: DemoProgram) -> Targets:
        names = self._directories.type_names
        types = frozenset(names[code] for code in source.types)
        return Targets(
            organization_types=types, positions=frozenset(source.positions), subjects=frozenset(source.subjects)
        )

    def _add_targets(self, program_id: int, source: DemoProgram) -> None:
        it = self._directories
        for code in source.types:
            self._rows.link(m.program_organization_type, program_id=program_id, organization_type_id=it.types[code])
        for name in source.positions:
            self._rows.link(m.program_position, program_id=program_id, position_id=it.positions[name].id)
        for name in source.subjects:
            self._rows.link(m.program_subject, program_id=program_id, subject_id=it.subjects[name])

    def _add_modules(self, program_id: int, hours: int) -> None:
        parts = (hours // 3, hours - hours // 3 - 2, 2)
        for ordering, (title, part) in enumerate(zip(_MODULES, parts, strict=True), start=1):
            self._rows.add(m.ProgramModule, program_id=program_id, title=title, hours=part, ordering=ordering)

    # --- groups ---

    def add_groups(self) -> list[Group]:
        """Add the groups in the order of their first days: those that the cast needs, then as many as usual."""
        wanted: list[tuple[int, GroupStatus, str]] = list(_FOR_CAST)
        for status, number in _GROUPS.items():
            rest = number - sum(state == status for _, state, _ in _FOR_CAST)
            wanted += [(self._pick_organizer(), status, "") for _ in range(rest)]
        planned = [
            (self._dates(status, days=_LONGEST), organizer, status, purpose) for organizer, status, purpose in wanted
        ]
        for dates, organizer, status, purpose in sorted(planned, key=lambda it: it[0]):
            self.groups.append(
                self._add_group(dates[0], self._pick_course(organizer, dates[0], purpose), status, purpose)
            )
        return sorted(self.groups, key=lambda group: (group.dates, group.row["id"]))

    def _pick_organizer(self) -> int:
        return self._rng.choices(range(len(self._organizers)), _GROUPS_OF_ORGANIZERS)[0]

    def _dates(self, status: GroupStatus, *, days: int) -> tuple[dt.date, int]:
        """Return the first day of a group in this state, and a tie-breaker that keeps the order certain."""
        rng, today = self._rng, self._today
        offset = {
            GroupStatus.COMPLETED: -rng.randint(days + 8, 600),
            GroupStatus.RUNNING: -rng.randint(0, 7),
            GroupStatus.CLOSED: rng.randint(2, 9),
            GroupStatus.OPEN: rng.randint(16, 40),
            GroupStatus.DRAFT: rng.randint(45, 110),
            GroupStatus.CANCELLED: rng.randint(-60, 20),
        }[status]
        return today + offset * _DAY, rng.randrange(10**6)

    def _pick_course(self, organizer: int, starts_on: dt.date, purpose: str) -> Course:
        """Return a program of the organizer for the group's year, else for this year."""
        own = [course for course in self.courses if course.organizer == organizer]
        of_year = [c for c in own if c.row["year"] == starts_on.year and c.row["status"] in _TAUGHT]
        choice = of_year or [c for c in own if c.row["status"] == ProgramStatus.PUBLISHED]
        fitting = [course for course in choice if _FITS[purpose](course)]
        return self._rng.choice(fitting)

    def _add_group(self, starts_on: dt.date, course: Course, status: GroupStatus, purpose: str) -> Group:
        rng, organizer = self._rng, course.organizer
        self._numbers[organizer] += 1
        starts_on, ends_on = self._training_days(starts_on, course, status)
        enrol_from, enrol_until = self._enrolment_days(starts_on, status)
        capacity = _FEW_SEATS if purpose == FULL else rng.randint(18, 30)
        row = self._rows.add(
            m.TrainingGroup,
            program_id=course.row["id"],
            organizer_id=course.row["organizer_id"],
            number=f"{self._numbers[organizer]:03d}-{starts_on.year % 100:02d}",
            starts_on=starts_on,
            ends_on=ends_on,
            enrol_from=enrol_from,
            enrol_until=enrol_until,
            place=self._place(course),
            municipality_id=None if course.source.distance else self._organizers[organizer].row["municipality_id"],
            schedule=_schedule(course),
            audience=course.source.annotation.split(". ")[0].removeprefix("Программа ").capitalize(),
            curator=rng.choice(_CURATORS),
            capacity=capacity,
            minimum=min(10, capacity),
            taken=0,
            status=status,
            reason_text=_CANCELLED if status == GroupStatus.CANCELLED else None,
            created_at=moment(min(enrol_from, self._today) - rng.randint(3, 30) * _DAY),
        )
        self._add_meetings(row, course)
        if status == GroupStatus.DRAFT:
            # nobody is in it yet, so nobody is counted
            territory_id = self._organizers[organizer].row["territory_id"]
            self._rows.add(m.GroupQuota, group_id=row["id"], territory_id=territory_id, seats=capacity // 2, taken=0)
        return Group(row, course, purpose)

    def _training_days(self, starts_on: dt.date, course: Course, status: GroupStatus) -> tuple[dt.date, dt.date]:
        # A running group never loses today: its first day moves back, the others' forward.
        running, calendar = status == GroupStatus.RUNNING, self._directories.calendar
        if not calendar.is_workday(starts_on):
            starts_on = working_day(starts_on, calendar) if running else self._next_day(starts_on)
        days = -(-course.source.hours // _HOURS_A_DAY) * (1 if course.source.form == StudyForm.FULL_TIME else 3)
        ends_on = starts_on
        for _ in range(days - 1):
            ends_on = self._next_day(ends_on)
        while running and ends_on < self._today:
            ends_on = self._next_day(ends_on)
        return starts_on, ends_on

    def _next_day(self, day: dt.date) -> dt.date:
        return self._directories.calendar.add_working_days(day, 1)

    def _enrolment_days(self, starts_on: dt.date, status: GroupStatus) -> tuple[dt.date, dt.date]:
        rng, today = self._rng, self._today
        if status == GroupStatus.OPEN:
            return today - rng.randint(10, 25) * _DAY, starts_on - rng.randint(3, 8) * _DAY
        until = min(starts_on - rng.randint(4, 8) * _DAY, today - _DAY) if status in _STARTED else starts_on - 5 * _DAY
        return until - rng.randint(20, 40) * _DAY, until

    def _place(self, course: Course) -> str:
        if course.source.distance:
            return "Дистанционно, на площадке организатора"
        # the organizer's address without the postcode and the region
        return str(self._organizers[course.organizer].row["address"].split(", ", 2)[-1])

    def _add_meetings(self, row: Row, course: Course) -> None:
        """Add a meeting on every study day of a full-time group."""
        if course.source.form != StudyForm.FULL_TIME:
            return
        day, number = row["starts_on"], 0
        while day <= row["ends_on"]:
            topic = _TOPICS[-1] if day == row["ends_on"] else _TOPICS[min(number, len(_TOPICS) - 2)]
            self._rows.add(
                m.GroupMeeting,
                group_id=row["id"],
                starts_at=moment(day, 9),
                ends_at=moment(day, 14, 30),
                topic=topic,
                place=row["place"],
                teacher=row["curator"],
            )
            day, number = self._next_day(day), number + 1


_TAUGHT = frozenset({ProgramStatus.PUBLISHED, ProgramStatus.ARCHIVED})
_BEGUN = frozenset({GroupStatus.COMPLETED, GroupStatus.RUNNING, GroupStatus.CANCELLED})
_STARTED = frozenset({GroupStatus.COMPLETED, GroupStatus.RUNNING, GroupStatus.CLOSED})
#: more days than any group of the catalog lasts, days off and the January holidays included
_LONGEST = 42
_FOR_CAST = (
    (2, GroupStatus.OPEN, FOR_WORKER),
    (2, GroupStatus.COMPLETED, WORKER_TRAINED),
    (2, GroupStatus.OPEN, FOR_SCHOOL),
    (1, GroupStatus.COMPLETED, WORKER_TRAINED),
    (1, GroupStatus.OPEN, FOR_SCHOOL),
    (0, GroupStatus.OPEN, FULL),
    (1, GroupStatus.OPEN, FULL),
    (2, GroupStatus.CLOSED, FULL),
)
_FITS: dict[str, Any] = {
    "": lambda course: True,
    FOR_WORKER: lambda course: "Математика" in course.targets.subjects,
    WORKER_TRAINED: lambda course: course.is_for_all and course.row["block"] == BlockKind.INVARIANT,
    FOR_SCHOOL: lambda course: course.is_for_all and course.row["block"] == BlockKind.VARIABLE,
    FULL: lambda course: course.is_for_all,
}


def _is_long_lived(source: DemoProgram) -> bool:
    return not (source.types or source.positions or source.subjects)


def _ordinary(catalog: Sequence[DemoProgram]) -> list[int]:
    """Numbers of the programs that the cast does not need."""
    needed = frozenset({"Математика"})
    return [n for n, it in enumerate(catalog) if not _is_long_lived(it) and not needed & set(it.subjects)]


def _schedule(course: Course) -> str:
    if course.source.form == StudyForm.FULL_TIME:
        return "Ежедневно, кроме субботы и воскресенья, с 9:00 до 14:30"
    return "Два дня в неделю с 14:00, остальное время — самостоятельная работа"


def random_day(rng: Random, group: Group, today: dt.date) -> dt.date:
    """Return a day on which people enrolled in a group, not later than today."""
    return some_day(rng, group.row["enrol_from"], min(group.row["enrol_until"], today))
