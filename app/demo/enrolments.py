"""Enrolments of the demo: people in groups, each with a seat and a block that agree."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from random import Random

from app import models as m
from app.demo.courses import FOR_SCHOOL, FULL, WORKER_TRAINED, Group, random_day
from app.demo.places import HOME_SCHOOL, NORTH_WEST, VOLGA
from app.demo.rows import Row, Rows, moment
from app.demo.staff import APPLICANT, SECOND_SCHOOL, Worker
from app.demo.vouchers import Ledger
from app.rules.suitability import Workplace, suits
from app.statuses import (
    BLOCK_HOLDING,
    SEAT_HOLDING,
    BlockStatus,
    EmployerAgreement,
    EnrolmentStatus,
    GroupStatus,
)

_DAY = dt.timedelta(days=1)
_E = EnrolmentStatus
#: organizer → territories whose people it teaches; the accounts of the second and the third share nobody
_REACH = {0: (NORTH_WEST, VOLGA), 1: (VOLGA,), 2: (NORTH_WEST,)}
#: state of a group → states of its enrolments and their shares
_STATES: dict[GroupStatus, tuple[tuple[EnrolmentStatus, int], ...]] = {
    GroupStatus.COMPLETED: (
        (_E.TRAINED, 86), (_E.FAILED, 3), (_E.NO_SHOW, 3), (_E.EXPELLED, 2), (_E.WITHDRAWN, 4), (_E.REJECTED, 2),
    ),
    GroupStatus.RUNNING: ((_E.CONFIRMED, 93), (_E.WITHDRAWN, 4), (_E.REJECTED, 3)),
    GroupStatus.CLOSED: ((_E.CONFIRMED, 80), (_E.AGREED, 12), (_E.WITHDRAWN, 5), (_E.REJECTED, 3)),
    GroupStatus.OPEN: ((_E.CONFIRMED, 32), (_E.AGREED, 30), (_E.APPLIED, 30), (_E.WITHDRAWN, 5), (_E.REJECTED, 3)),
    GroupStatus.CANCELLED: ((_E.REJECTED, 85), (_E.WITHDRAWN, 15)),
}  # fmt: skip
#: how full a group is, as shares of its seats
_FILLING = {
    GroupStatus.COMPLETED: (0.6, 1.0), GroupStatus.RUNNING: (0.6, 1.0), GroupStatus.CLOSED: (0.6, 0.95),
    GroupStatus.OPEN: (0.2, 0.75), GroupStatus.CANCELLED: (0.1, 0.25),
}  # fmt: skip
_WAITING = 3
#: how likely those who have begun to use their чек come before others
_COMES_AGAIN = 0.5
_REASONS = {
    _E.FAILED: "Итоговая аттестация не пройдена: работа не представлена в срок.",
    _E.EXPELLED: "Пропущено более половины занятий.",
    _E.REJECTED: "Руководитель организации не согласовал обучение в эти сроки. Выберите другую группу.",
}
_CANCELLED = "Группа отменена организатором: Не набрано наименьшее число слушателей."
_MARKS = ("зачтено", "хорошо", "отлично")


class Enrolments:
    """Fills groups in the order of their first days, so that a block is free when it is chosen."""

    def __init__(self, rows: Rows, rng: Random, ledger: Ledger, workers: list[Worker], today: dt.date) -> None:
        self._rows = rows
        self._rng = rng
        self._ledger = ledger
        self._today = today
        self._workers = [worker for worker in workers if worker.works and worker.is_entitled]
        self.of_group: dict[int, list[tuple[Worker, Row]]] = {}

    def fill(self, groups: list[Group]) -> None:
        """Enrol people in every group but the drafts."""
        for group in groups:
            if group.status != GroupStatus.DRAFT:
                self._fill(group)

    def _fill(self, group: Group) -> None:
        row = group.row
        low, high = (1.0, 1.0) if group.purpose == FULL else _FILLING[group.status]
        wanted = max(round(row["capacity"] * self._rng.uniform(low, high)), 1)
        enrolled: list[tuple[Worker, Row]] = []
        self.of_group[row["id"]] = enrolled
        for worker in self._candidates(group):
            if row["taken"] >= wanted or (group.status == GroupStatus.CANCELLED and len(enrolled) >= wanted):
                break
            # the last seat of a full group has just become free: it is offered to the first of the waiting list
            is_last = group.purpose == FULL and row["taken"] == wanted - 1
            added = self._enrol(worker, group, _E.OFFERED if is_last else self._pick_state(group, worker))
            if added is not None:
                enrolled.append((worker, added))
        if group.purpose == FULL and row["taken"] == row["capacity"]:
            self._queue(group, {worker.id for worker, _ in enrolled})

    def _queue(self, group: Group, inside: set[int]) -> None:
        """Put some more people on the waiting list: they hold no seat and no block."""
        free = (worker for worker in self._candidates(group) if worker.id not in inside)
        number = 0
        for worker in free:
            if number == _WAITING:
                break
            number += self._enrol(worker, group, _E.WAITING) is not None

    # --- who ---

    def _candidates(self, group: Group) -> Iterator[Worker]:
        """Suitable people in a random order, those that the purpose asks for before all others."""
        reach = _REACH[group.course.organizer]
        near = [worker for worker in self._workers if worker.place.territory in reach]
        self._rng.shuffle(near)
        eager = {worker.id for worker in near if worker.courses and self._rng.random() < _COMES_AGAIN}
        near.sort(key=lambda worker: (_turn(group, worker), worker.id not in eager))
        return (worker for worker in near if self._may_come(worker, group))

    def _may_come(self, worker: Worker, group: Group) -> bool:
        first, last = group.dates
        place = Workplace(
            organization_type=worker.place.type_name, position=worker.position.name, subjects=worker.subjects
        )
        clash = any(start <= last and first <= end for start, end in worker.busy)
        known = group.course.source.code in worker.courses
        hired = worker.employment["started_on"] < group.row["enrol_from"]
        wanted = _wanted(group, worker)
        return wanted and hired and not clash and not known and suits(group.course.targets, place).allowed

    def _pick_state(self, group: Group, worker: Worker) -> EnrolmentStatus:
        if group.purpose == WORKER_TRAINED and worker.role:
            return _E.TRAINED
        if group.purpose == FOR_SCHOOL and worker.place.name in _SCHOOLS:
            return self._rng.choice((_E.APPLIED, _E.AGREED, _E.APPLIED))
        states = _STATES[group.status]
        state = self._rng.choices([s for s, _ in states], [share for _, share in states])[0]
        automatic = worker.place.row["employer_agreement"] == EmployerAgreement.AUTOMATIC
        return _E.AGREED if state == _E.APPLIED and automatic else state

    # --- the enrolment ---

    def _enrol(self, worker: Worker, group: Group, state: EnrolmentStatus) -> Row | None:
        """Add an enrolment with the block that pays for it; None when nothing can pay."""
        on, row, program = random_day(self._rng, group, self._today), group.row, group.course.row
        block = self._ledger.block_or_new(
            worker, program["block"], hours=program["hours"], on=on, ends_on=row["ends_on"]
        )
        if block is None:
            return None
        if state in BLOCK_HOLDING:
            block["status"] = BlockStatus.USED if state == _E.TRAINED else BlockStatus.RESERVED
        if state in SEAT_HOLDING:
            row["taken"] += 1
            worker.busy.append(group.dates)
        if state not in (_E.REJECTED, _E.WITHDRAWN):
            worker.courses.add(group.course.source.code)
        return self._add(worker, group, state, on=on, block_id=None if state == _E.WAITING else block["id"])

    def _add(self, worker: Worker, group: Group, state: EnrolmentStatus, *, on: dt.date, block_id: int | None) -> Row:
        ended = state in (_E.TRAINED, _E.FAILED)
        changed = group.row["ends_on"] if ended else min(on + 2 * _DAY, self._today)
        reason = _CANCELLED if state == _E.REJECTED and group.status == GroupStatus.CANCELLED else _REASONS.get(state)
        has_result = state in (_E.TRAINED, _E.FAILED, _E.NO_SHOW, _E.EXPELLED)
        mark = self._rng.choice(_MARKS) if state == _E.TRAINED else None
        created_at = moment(on, 12, self._rng.randrange(60))
        return self._rows.add(
            m.Enrolment,
            employee_id=worker.id,
            group_id=group.row["id"],
            employment_id=worker.employment["id"],
            block_id=block_id,
            status=state,
            reason_text=reason,
            result_on=group.row["ends_on"] if has_result else None,
            final_form=_final_form(group) if ended else None,
            final_mark=mark,
            protocol_number=f"{group.row['number'].split('-')[0].lstrip('0')}-ИА" if ended else None,
            created_by_id=None,
            created_at=created_at,
            queued_at=created_at,
            offer_until=moment(self._today + 2 * _DAY, 18) if state == _E.OFFERED else None,
            changed_at=moment(changed, 15),
        )


_SCHOOLS = frozenset({HOME_SCHOOL, SECOND_SCHOOL})
#: people of the demo accounts, in the order in which a group that they need takes them
_WORKERS = frozenset({"worker", "worker2"})


def _turn(group: Group, worker: Worker) -> int:
    if group.purpose == WORKER_TRAINED:
        return worker.role not in _WORKERS
    return group.purpose == FOR_SCHOOL and worker.place.name not in _SCHOOLS


def _wanted(group: Group, worker: Worker) -> bool:
    """Keep the cast for the groups made for it: its чек has a free block then, and an open group is left to choose."""
    if worker.role in _WORKERS:
        return group.purpose == WORKER_TRAINED
    return worker.role != APPLICANT


def _final_form(group: Group) -> str:
    return str(group.course.source.annotation.rpartition("Итоговая аттестация: ")[2].rstrip("."))[:120]
