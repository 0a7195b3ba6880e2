"""Papers of the demo's people: diplomas, categories, courses taken elsewhere, former surnames."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import replace
from random import Random

from app import models as m
from app.demo import sample
from app.demo.catalog import programs
from app.demo.names import (
    RUSSIAN_SURNAMES,
    UNIVERSITIES,
    DemoQualification,
    attestation_order,
    feminine_surname,
    qualification,
)
from app.demo.places import Directories, some_day
from app.demo.rows import Row, Rows, moment
from app.demo.staff import Worker
from app.rules.decision import last_day_of
from app.statuses import PastDocument, PositionKind, Sex, TrainingSource, TrainingStatus

_DAY = dt.timedelta(days=1)
#: decisions from this day on have no end (приказ Минпросвещения России от 24.03.2023 № 196)
INDEFINITE_SINCE = dt.date(2023, 9, 1)
_TERM_MONTHS = 60
_VOCATIONAL = {"Воспитатель": 0.55, "Музыкальный руководитель": 0.4, "Мастер производственного обучения": 0.6}
_VOCATIONAL_USUALLY = 0.15
_SECOND_DIPLOMA, _FORMER_SURNAME, _COURSE_ELSEWHERE = 0.22, 0.05, 0.4
_HOURS = (16, 24, 36, 36, 72, 72, 108, 144)
#: kind of attestation and its share among those who have taught two years
_CATEGORIES = (("highest", 28), ("first", 34), ("compliance", 24), ("", 14))
_SPECIAL = ("methodist", "mentor")


class PersonalRecords:
    """Adds what belongs to a card."""

    def __init__(self, rows: Rows, directories: Directories, rng: Random, today: dt.date) -> None:
        self._rows = rows
        self._directories = directories
        self._rng = rng
        self._today = today
        self._courses = [(program.title, program.hours) for program in programs()]
        self._listed = {it.snils: it for it in sample.PEOPLE}

    def add_all(self, workers: Iterable[Worker]) -> None:
        """Add the records of everybody."""
        for worker in workers:
            self._add_diplomas(worker)
            if worker.card["teaching_since"] is not None:
                self._add_attestations(worker)
            if self._rng.random() < _COURSE_ELSEWHERE:
                self._add_training(worker)

    # --- diplomas ---

    def _add_diplomas(self, worker: Worker) -> None:
        listed = self._listed.get(worker.card["snils"] or "")
        if listed is not None:
            self._add_listed_diploma(worker, listed)
            return
        rng, card = self._rng, worker.card
        share = _VOCATIONAL.get(worker.position.name, _VOCATIONAL_USUALLY)
        since = card["teaching_since"] or card["working_since"]
        latest = min(max(since.year, card["birth_date"].year + 19), self._today.year - 1)
        main = qualification(
            rng, birth_year=card["birth_date"].year, latest_year=latest, vocational=rng.random() < share
        )
        maiden = self._add_former_surname(worker, main.year)
        self._add_diploma(worker, main, is_main=True, last_name=maiden)
        year = main.year + rng.randint(3, 12)
        if rng.random() < _SECOND_DIPLOMA and year < self._today.year:
            second = qualification(rng, birth_year=year - 40, latest_year=year)
            self._add_diploma(worker, replace(second, year=year), is_main=False, last_name=None)

    def _add_diploma(self, worker: Worker, it: DemoQualification, *, is_main: bool, last_name: str | None) -> None:
        self._rows.add(
            m.Qualification,
            employee_id=worker.id,
            level_id=self._directories.levels[it.level],
            institution=it.institution,
            speciality=it.speciality,
            qualification_name=it.qualification,
            series=it.series,
            number=it.number,
            year=it.year,
            last_name=last_name,
            is_pedagogical=it.is_pedagogical,
            is_main=is_main,
        )

    def _add_listed_diploma(self, worker: Worker, it: sample.ListedPerson) -> None:
        """Add the diploma as the sample staff list names it: level, series and number only."""
        self._rows.add(
            m.Qualification,
            employee_id=worker.id,
            level_id=self._directories.levels[it.level],
            institution=None,
            speciality=None,
            qualification_name=None,
            series=it.series,
            number=it.number,
            year=None,
            last_name=None,
            is_pedagogical=True,
            is_main=True,
        )

    def _add_former_surname(self, worker: Worker, year: int) -> str | None:
        """Some women changed the surname after the diploma, which keeps the former one."""
        rng, card = self._rng, worker.card
        if worker.role or card["sex"] != Sex.FEMALE or rng.random() >= _FORMER_SURNAME:
            return None
        former = feminine_surname(rng.choice(RUSSIAN_SURNAMES))
        until = min(dt.date(year, 1, 1) + rng.randint(400, 3000) * _DAY, self._today - 200 * _DAY)
        self._rows.add(m.FormerName, employee_id=worker.id, last_name=former, until=until, reason="Вступление в брак")
        return former

    # --- categories ---

    def _add_attestations(self, worker: Worker) -> None:
        """Add the category or соответствие; it takes two years of teaching to come to it."""
        rng = self._rng
        first, last = worker.card["teaching_since"] + 2 * 365 * _DAY, self._today - 25 * _DAY
        first = max(first, self._today - 9 * 365 * _DAY)
        if first > last or worker.position.kind != PositionKind.TEACHING:
            return
        kind = rng.choices([name for name, _ in _CATEGORIES], [share for _, share in _CATEGORIES])[0]
        if not kind:
            return
        if kind == "compliance":
            first = max(first, min(worker.employment["started_on"] + 2 * 365 * _DAY, last))
        decision = some_day(rng, first, last)
        self._add_attestation(worker, kind, decision)
        if kind == "highest" and decision >= INDEFINITE_SINCE and rng.random() < 0.05:
            self._add_attestation(worker, rng.choice(_SPECIAL), some_day(rng, decision, last))

    def _add_attestation(self, worker: Worker, kind: str, decision: dt.date) -> Row:
        by_employer = kind == "compliance"
        order = attestation_order(self._rng, decision, by_employer=by_employer)
        is_old = not by_employer and decision < INDEFINITE_SINCE
        subject = min(worker.subjects) if worker.subjects else None
        return self._rows.add(
            m.Attestation,
            employee_id=worker.id,
            kind_id=self._directories.attestation_kinds[f"{kind}_until_2023" if is_old else kind],
            position_id=worker.position.id,
            subject_id=self._directories.subjects[subject] if subject else None,
            decision_date=decision,
            order_number=order.number,
            order_date=order.day,
            valid_from=decision,
            valid_until=last_day_of(decision, _TERM_MONTHS) if is_old or by_employer else None,
        )

    # --- courses elsewhere ---

    def _add_training(self, worker: Worker) -> None:
        rng = self._rng
        since = worker.card["teaching_since"] or worker.card["working_since"]
        first, last = max(since, dt.date(2010, 1, 15)), self._today - 120 * _DAY
        if first > last:
            return
        ended_on = some_day(rng, first, last)
        issued_on = ended_on + rng.randint(0, 5) * _DAY
        row = self._rows.add(
            m.Training,
            employee_id=worker.id,
            title=rng.choice(self._courses)[0],
            institution=rng.choice(UNIVERSITIES),
            city="Самара",
            hours=rng.choice(_HOURS),
            started_on=ended_on - rng.randint(4, 30) * _DAY,
            ended_on=ended_on,
            document_number=f"{rng.randrange(10, 9999)}",
            issued_on=issued_on,
            document_kind=PastDocument.CERTIFICATE,
            created_at=moment(issued_on),
        )
        row.update(_told(rng.random(), moment(issued_on + 5 * _DAY)))


def _told(share: float, decided_at: dt.datetime) -> Row:
    """The state of a course taken elsewhere: most are confirmed, most of the others have no scan yet."""
    if share < 0.6:
        return {
            "status": TrainingStatus.CONFIRMED,
            "source": TrainingSource.STAFF,
            "decided_at": decided_at,
            "reason_text": None,
        }
    if share < 0.65:
        reason = "На скане другой номер документа."
        return {
            "status": TrainingStatus.REJECTED,
            "source": TrainingSource.WORKER,
            "decided_at": decided_at,
            "reason_text": reason,
        }
    source = TrainingSource.LIST if share < 0.9 else TrainingSource.STAFF
    return {"status": TrainingStatus.PENDING, "source": source, "decided_at": None, "reason_text": None}
