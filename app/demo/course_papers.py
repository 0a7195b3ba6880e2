"""Training in the demo groups: attendance marks of the running groups, orders of enrolment and expulsion."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from random import Random

from app import models as m
from app.clock import local
from app.demo.courses import Group
from app.demo.enrolments import Enrolments
from app.demo.places import Place
from app.demo.rows import Row, Rows, moment
from app.demo.staff import Worker
from app.services.courses.group.attendance import LISTENERS
from app.services.paper.orders.training_orders import snapshot_of
from app.statuses import OUTCOMES, AttendanceMark, EnrolmentStatus, GroupStatus, OrderKind
from app.text import sort_key

_MARKS = ((AttendanceMark.PRESENT, 90), (AttendanceMark.ABSENT, 6), (AttendanceMark.EXCUSED, 4))
_BASIS = {
    OrderKind.ENROLMENT: "заявления слушателей и подтверждённые записи на курс",
    OrderKind.EXPULSION: "протокол итоговой аттестации",
}
_STATUSES = {OrderKind.ENROLMENT: frozenset(LISTENERS), OrderKind.EXPULSION: frozenset(OUTCOMES)}
_COLUMN = {OrderKind.ENROLMENT: "enrolment_order_id", OrderKind.EXPULSION: "expulsion_order_id"}

Listener = tuple[Worker, Row]


class CoursePapers:
    """Adds marks and orders with a stream of its own, so that the rest of the demo stays as it is."""

    def __init__(self, rows: Rows, rng: Random, organizers: Sequence[Place], today: dt.date) -> None:
        self._rows = rows
        self._rng = rng
        self._organizers = {place.id: place for place in organizers}
        self._today = today
        self._numbers: Counter[tuple[int, int]] = Counter()

    def add_all(self, groups: Sequence[Group], enrolments: Enrolments) -> None:
        """Add the marks of the meetings that are past, and the orders; each organizer's latest group still waits for its own."""
        for row in self._rows.all(m.Enrolment):
            row |= {"enrolment_order_id": None, "expulsion_order_id": None}
        of_group = enrolments.of_group
        running = [group for group in groups if group.status == GroupStatus.RUNNING]
        completed = [group for group in groups if group.status == GroupStatus.COMPLETED]
        self._mark({group.row["id"]: of_group[group.row["id"]] for group in running})
        # in the order of days, as a clerk numbers them
        papers = [(g.dates[0], g, OrderKind.ENROLMENT) for g in [*completed, *self._but_latest(running)]]
        papers += [(g.dates[1], g, OrderKind.EXPULSION) for g in self._but_latest(completed)]
        for day, group, kind in sorted(papers, key=lambda it: (it[0], it[1].row["id"], it[2])):
            self._order(group, of_group[group.row["id"]], kind, min(day, self._today))

    @staticmethod
    def _but_latest(groups: Sequence[Group]) -> list[Group]:
        latest = {group.row["organizer_id"]: group.row["id"] for group in groups}
        return [group for group in groups if group.row["id"] not in latest.values()]

    def _mark(self, listeners: dict[int, list[Listener]]) -> None:
        codes, shares = [mark for mark, _ in _MARKS], [share for _, share in _MARKS]
        for meeting in self._rows.all(m.GroupMeeting):
            if meeting["group_id"] in listeners and local(meeting["starts_at"]).date() < self._today:
                for _worker, row in listeners[meeting["group_id"]]:
                    if row["status"] == EnrolmentStatus.CONFIRMED:
                        mark = self._rng.choices(codes, shares)[0]
                        self._rows.add(m.Attendance, meeting_id=meeting["id"], enrolment_id=row["id"], mark=mark)

    def _order(self, group: Group, listeners: Sequence[Listener], kind: OrderKind, day: dt.date) -> None:
        named = sorted((it for it in listeners if it[1]["status"] in _STATUSES[kind]), key=_by_name)
        if not named:
            return
        organizer = self._organizers[group.row["organizer_id"]]
        self._numbers[organizer.id, day.year] += 1
        values = {
            "group_id": group.row["id"],
            "organizer_id": organizer.id,
            "kind": kind,
            "number": f"{self._numbers[organizer.id, day.year]}-К",
            "year": day.year,
            "ordered_on": day,
            "basis": _BASIS[kind],
        }
        card = m.TrainingGroup(
            **group.row, organizer=m.Organization(**organizer.row), program=m.Program(**group.course.row)
        )
        snapshot = snapshot_of(m.TrainingOrder(**values), card, kind, [_enrolment(*it) for it in named])
        order = self._rows.add(m.TrainingOrder, **values, snapshot=snapshot, created_at=moment(day, 11))
        for _worker, row in named:
            row[_COLUMN[kind]] = order["id"]


def _enrolment(worker: Worker, row: Row) -> m.Enrolment:
    """The enrolment as the snapshot reads it, in memory only."""
    place = m.Employment(
        position=m.Position(name=worker.position.name),
        organization=m.Organization(short_name=worker.place.row["short_name"]),
    )
    return m.Enrolment(
        employee=m.Employee(**worker.card), employment=place, status=row["status"], reason_text=row["reason_text"]
    )


def _by_name(it: Listener) -> tuple[str, int]:
    card = it[0].card
    name = f"{card['last_name']} {card['first_name']} {card['patronymic'] or ''}"
    return sort_key(name), card["id"]
