"""People of the demo: cards and places of work, with dates that agree with each other."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass, field
from random import Random

from app import models as m
from app.demo import sample
from app.demo.jobs import DEPUTY, TEACHER, Job, pick_job, sex_of, staff_sizes
from app.demo.names import DemoPerson, PersonGenerator
from app.demo.places import HOME_SCHOOL, DemoPosition, Directories, Place, some_day, working_day
from app.demo.rows import Row, Rows, moment
from app.statuses import ConfirmationStatus, EmploymentKind, Ownership, PositionKind, Sex

_DAY = dt.timedelta(days=1)
_YEAR_DAYS = 365
_ELIGIBLE_OWNERSHIPS = frozenset({Ownership.REGIONAL, Ownership.MUNICIPAL})
#: places of work without a confirmation have waited for it less than so many days
_WAITING_DAYS = 9
_UNCONFIRMED, _DISMISSED, _SECOND_JOB, _FORMER_JOB, _NO_SNILS, _NO_EMAIL = 0.06, 0.025, 0.08, 0.35, 0.005, 0.15
_AWARDS = (
    "Почётная грамота министерства просвещения Российской Федерации",
    "Почётный работник общего образования Российской Федерации",
    "Благодарность министерства образования Самарской области",
)
_ACTIVITIES = {PositionKind.HEAD: "Управленческая", PositionKind.DEPUTY: "Управленческая", PositionKind.OTHER: "Иная"}
#: the youngest age at which one begins to teach, and the span of it
_FIRST_TEACHING_AGE = (20, 25)


@dataclass(eq=False, slots=True)
class Worker:
    """A person with the live main place of work; ``busy`` and ``courses`` fill up while groups are filled."""

    card: Row
    employment: Row
    place: Place
    position: DemoPosition
    subjects: frozenset[str]
    role: str = ""
    vouchers: list[Row] = field(default_factory=list)
    busy: list[tuple[dt.date, dt.date]] = field(default_factory=list)
    courses: set[str] = field(default_factory=set)
    may_apply: bool = True

    @property
    def id(self) -> int:
        """Id of the employee."""
        return int(self.card["id"])

    @property
    def works(self) -> bool:
        """Whether the person has not left."""
        return self.employment["ended_on"] is None

    @property
    def is_entitled(self) -> bool:
        """Whether a чек may be given: eligible position and owner, confirmed place of work, СНИЛС known."""
        return (
            self.position.eligible
            and self.place.ownership in _ELIGIBLE_OWNERSHIPS
            and self.employment["status"] == ConfirmationStatus.CONFIRMED
            and self.card["snils"] is not None
        )


@dataclass(frozen=True, slots=True)
class Career:
    """Days of a working life in their order."""

    working_since: dt.date
    teaching_since: dt.date
    hired_on: dt.date
    position_since: dt.date


@dataclass(frozen=True, slots=True)
class Hiring:
    """A person to be put in a job: the person, the job, and what the cast of the demo accounts needs fixed."""

    person: DemoPerson
    job: Job
    role: str = ""


class Staff:
    """Makes the people of all places."""

    def __init__(
        self, rows: Rows, directories: Directories, rng: Random, people: PersonGenerator, today: dt.date
    ) -> None:
        self._rows = rows
        self._directories = directories
        self._rng = rng
        self._people = people
        self._today = today
        self._near: dict[str, list[Place]] = defaultdict(list)
        self.workers: list[Worker] = []

    def hire_all(self, places: list[Place], total: int) -> list[Worker]:
        """Fill every place: the head, the cast, then people as the type of the organization needs them."""
        for place in places:
            self._near[place.territory].append(place)
        for place, size in zip(places, staff_sizes(self._rng, places, total), strict=True):
            listed = [it for it in sample.PEOPLE if it.place == place.name]
            hirings = self._hirings(place, size - len(listed))
            self.workers.extend(self._hire(place, hiring) for hiring in hirings)
            self.workers.extend(self._hire_listed(place, it) for it in listed)
        return self.workers

    # --- whom ---

    def _hirings(self, place: Place, size: int) -> list[Hiring]:
        head = place.person or self._people.person(ages=(34, 66))
        cast = [self._cast(it) for it in CAST if it.place == place.name]
        rest = size - 1 - len(cast)
        return [Hiring(head, Job(place.head_position)), *cast, *(self._anybody(place) for _ in range(rest))]

    def _anybody(self, place: Place) -> Hiring:
        job = pick_job(self._rng, place.type_code)
        return Hiring(self._people.person(sex=sex_of(self._rng, job)), job)

    def _cast(self, it: Member) -> Hiring:
        invented = self._people.person(sex=it.sex, ages=it.ages)
        last, first, patronymic = it.name.split()
        person = DemoPerson(
            last=last,
            first=first,
            patronymic=patronymic,
            sex=it.sex,
            birth_date=invented.birth_date,
            snils=invented.snils,
            phone=invented.phone,
            email=f"{it.role}@example.org",
        )
        return Hiring(person, it.job, it.role)

    # --- the card and the place of work ---

    def _hire(self, place: Place, hiring: Hiring) -> Worker:
        person, is_cast, rng = hiring.person, bool(hiring.role), self._rng
        position = self._directories.positions[hiring.job.position]
        career = self._career(person.birth_date, settled=is_cast)
        card = self._add_card(person, career, position, complete=is_cast)
        ended_on = None if is_cast or position.kind == PositionKind.HEAD else self._day_of_leaving(career)
        employment = self._add_employment(
            card,
            place,
            hiring.job,
            started_on=career.hired_on,
            position_since=career.position_since,
            ended_on=ended_on,
            confirmed=is_cast or ended_on is not None or rng.random() > _UNCONFIRMED,
        )
        worker = Worker(card, employment, place, position, frozenset(hiring.job.subjects), hiring.role)
        if not is_cast:
            self._add_other_places(worker, career)
        return worker

    def _day_of_leaving(self, career: Career) -> dt.date | None:
        """Some have left within the last months."""
        if self._rng.random() >= _DISMISSED:
            return None
        return some_day(self._rng, max(career.position_since, self._today - 300 * _DAY), self._today - _DAY)

    def _hire_listed(self, place: Place, it: sample.ListedPerson) -> Worker:
        """Put a person of the sample staff list into the school, as the list has it or as it was before."""
        since = sample.years_before(self._today, it.position_years)
        teaching = sample.years_before(self._today, it.teaching_years)
        card = self._add_card(it.person(), Career(teaching, teaching, since, since), None, complete=True)
        card |= {"email": it.email, "phone": it.phone}
        job = Job(it.position, it.subjects)
        employment = self._add_employment(
            card, place, job, started_on=since, position_since=since, ended_on=None, confirmed=True
        )
        position = self._directories.positions[it.position]
        return Worker(card, employment, place, position, frozenset(it.subjects), sample.ROLE)

    def _add_card(self, person: DemoPerson, career: Career, position: DemoPosition | None, *, complete: bool) -> Row:
        rng = self._rng
        teaches = position is None or position.kind != PositionKind.OTHER
        created = some_day(rng, self._today - 900 * _DAY, self._today - 30 * _DAY)
        return self._rows.add(
            m.Employee,
            snils=person.snils if complete or rng.random() > _NO_SNILS else None,
            last_name=person.last,
            first_name=person.first,
            patronymic=person.patronymic,
            birth_date=person.birth_date,
            sex=person.sex,
            email=person.email if complete or rng.random() > _NO_EMAIL else None,
            phone=person.phone,
            teaching_since=career.teaching_since if teaches else None,
            working_since=career.working_since,
            degree="кандидат педагогических наук" if rng.random() < 0.006 else None,
            awards=rng.choice(_AWARDS) if rng.random() < 0.05 else None,
            confirmed_actual_at=moment(some_day(rng, created, self._today - _DAY)),
            created_at=moment(created),
            updated_at=moment(created),
        )

    def _add_employment(
        self,
        card: Row,
        place: Place,
        job: Job,
        *,
        started_on: dt.date,
        position_since: dt.date,
        ended_on: dt.date | None,
        confirmed: bool,
        kind: EmploymentKind = EmploymentKind.MAIN,
    ) -> Row:
        position = self._directories.positions[job.position]
        row = self._rows.add(
            m.Employment,
            employee_id=card["id"],
            organization_id=place.id,
            position_id=position.id,
            kind=kind,
            activity=_ACTIVITIES.get(position.kind, "Педагогическая"),
            started_on=started_on,
            position_since=position_since,
            ended_on=ended_on,
            status=ConfirmationStatus.CONFIRMED if confirmed else ConfirmationStatus.UNCONFIRMED,
            created_at=card["created_at"],
            changed_at=card["created_at"] if confirmed else moment(self._today - card["id"] % _WAITING_DAYS * _DAY, 9),
        )
        for name in job.subjects:
            self._rows.link(m.employment_subject, employment_id=row["id"], subject_id=self._directories.subjects[name])
        return row

    def _add_other_places(self, worker: Worker, career: Career) -> None:
        """Add a former place of work and a second one for some; both in the same territory, so that no scope widens."""
        if career.hired_on - career.teaching_since > 2 * _YEAR_DAYS * _DAY and self._rng.random() < _FORMER_JOB:
            self._add_former_place(worker, career)
        if worker.works and self._rng.random() < _SECOND_JOB:
            self._add_second_place(worker, career)

    def _add_former_place(self, worker: Worker, career: Career) -> None:
        place = self._rng.choice(self._near[worker.place.territory])
        self._add_employment(
            worker.card,
            place,
            pick_job(self._rng, place.type_code),
            started_on=career.teaching_since,
            position_since=career.teaching_since,
            ended_on=career.hired_on - self._rng.randint(1, 40) * _DAY,
            confirmed=True,
        )

    def _add_second_place(self, worker: Worker, career: Career) -> None:
        near = [it for it in self._near[worker.place.territory] if it.municipality == worker.place.municipality]
        place = self._rng.choice(near)
        since = some_day(self._rng, career.hired_on, self._today - 20 * _DAY)
        self._add_employment(
            worker.card,
            place,
            pick_job(self._rng, place.type_code),
            started_on=since,
            position_since=since,
            ended_on=None,
            confirmed=self._rng.random() > _UNCONFIRMED,
            kind=EmploymentKind.SECONDARY,
        )

    # --- days ---

    def _career(self, birth: dt.date, *, settled: bool) -> Career:
        """Return the days of a working life: work ≤ teaching ≤ hiring ≤ position ≤ lately."""
        rng, lately = self._rng, self._today - 45 * _DAY
        adult = birth + 18 * _YEAR_DAYS * _DAY + 5 * _DAY
        first_age = rng.randint(*_FIRST_TEACHING_AGE)
        teaching = min(_school_year(birth.year + first_age), lately - rng.randint(0, 30) * _DAY)
        working = max(adult, teaching - rng.choice((0, 0, 0, 1, 2, 3)) * _YEAR_DAYS * _DAY)
        served = rng.expovariate(1 / (9 * _YEAR_DAYS)) + (4 * _YEAR_DAYS if settled else 0)
        hired = self._hiring_day(max(teaching, self._today - int(served) * _DAY))
        hired = min(max(hired, teaching), lately)
        position_since = hired if rng.random() < 0.75 else some_day(rng, hired, lately)
        return Career(min(working, teaching), teaching, hired, position_since)

    def _hiring_day(self, day: dt.date) -> dt.date:
        """Most are hired for the beginning of a school year, on a working day."""
        if self._rng.random() < 0.7:
            day = _school_year(day.year) - self._rng.randint(0, 15) * _DAY
        return working_day(day, self._directories.calendar)


def _school_year(year: int) -> dt.date:
    return dt.date(year, 9, 1)


@dataclass(frozen=True, slots=True)
class Member:
    """A person behind a demo account, or one whom the accounts meet."""

    role: str
    name: str
    sex: Sex
    place: str
    job: Job
    ages: tuple[int, int] = (34, 52)


SECOND_SCHOOL = "ГБОУ СОШ № 31 г. Новокуйбышевска"
#: a teacher of the home school who has no чек and may apply for one
APPLICANT = "applicant"
CAST = (
    Member("school", "Ершова Наталья Ивановна", Sex.FEMALE, HOME_SCHOOL, Job(DEPUTY)),
    Member("worker", "Кузнецова Ольга Сергеевна", Sex.FEMALE, HOME_SCHOOL, Job(TEACHER, ("Математика",))),
    Member(APPLICANT, "Лебедев Андрей Николаевич", Sex.MALE, HOME_SCHOOL, Job(TEACHER, ("Физика",))),
    Member("school2", "Громова Светлана Юрьевна", Sex.FEMALE, SECOND_SCHOOL, Job(DEPUTY)),
    Member(
        "worker2",
        "Мельникова Ирина Викторовна",
        Sex.FEMALE,
        SECOND_SCHOOL,
        Job(TEACHER, ("Русский язык", "Литература")),
    ),
)
