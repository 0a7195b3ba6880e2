"""Planning of the demo: the choice for the next year in its last days, last year's plan with the groups that came of it."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from random import Random

from app import models as m
from app.demo.courses import Course
from app.demo.plan_days import plan_days
from app.demo.rows import Row, Rows, moment
from app.demo.staff import Worker
from app.rules.suitability import Workplace, suits
from app.statuses import (
    SEAT_HOLDING,
    CampaignStatus,
    OfferStatus,
    PlanItemStatus,
    ProgramStatus,
    UnmetStatus,
)

_DAY = dt.timedelta(days=1)
#: how many of the people have chosen, how many programs each
_CHOOSING, _NUMBERS = 0.86, ((1, 50), (2, 35), (3, 15))
_STATES = (
    (PlanItemStatus.AGREED, 52), (PlanItemStatus.PROPOSED, 38), (PlanItemStatus.DECLINED, 6),
    (PlanItemStatus.WITHDRAWN, 4),
)  # fmt: skip
_DECLINED = "Обучение в эти сроки не согласовано руководителем организации."
_TAUGHT_IN = (1, 2, 3, 4, 5, 6, 8, 9, 10, 11)
#: shares of the programs that stand apart: not put up, put up late
_NOT_OFFERED, _LATE = 0.12, 2
_UNMET = (
    "Робототехника для начальной школы, очно, в Самаре",
    "Работа с детьми с расстройствами аутистического спектра: практика, а не лекции",
    "Курс для учителей родного языка (мордовского)",
    "Школьный театр: режиссура и сценическая речь",
    "Подготовка экспертов ЕГЭ по информатике",
    "Первая помощь с отработкой на тренажёрах",
    "Медиация и разбор конфликтов в классе",
    "Шахматы в младших классах",
)
_ANSWER = "Передали организаторам: программа появится осенью. Пока выберите близкую из предложенных."
#: of last year's plan: how many more were planned than enrolled, how many declined
_NOT_ENROLLED, _TURNED_DOWN = 0.12, 0.05


def add_plan(rows: Rows, rng: Random, workers: Sequence[Worker], courses: Sequence[Course], today: dt.date) -> None:
    """Add both campaigns with their offers, wishes and words."""
    _add_last_year(rows, rng, workers, today)
    until, opens, closes = plan_days(today)
    campaign = rows.add(
        m.PlanCampaign,
        year=today.year + 1,
        programs_until=until,
        opens_on=opens,
        closes_on=closes,
        wishes_most=3,
        needs_agreement=True,
        status=CampaignStatus.OPEN,
        created_at=moment(opens - 45 * _DAY),
    )
    offers = _add_offers(rows, rng, campaign, workers, courses, today)
    _add_wishes(rows, rng, campaign, workers, offers, today)


# --- the year that is planned ----------------------------------------------------------------------------------------


def _add_offers(
    rows: Rows,
    rng: Random,
    campaign: Row,
    workers: Sequence[Worker],
    courses: Sequence[Course],
    today: dt.date,
) -> list[tuple[Course, Row]]:
    """Put up most of the published programs; return those that people may choose."""
    towns = sorted({int(w.place.row["municipality_id"]) for w in workers if w.place.row["municipality_id"]})
    published = [course for course in courses if course.row["status"] == ProgramStatus.PUBLISHED]
    named = [course for course in published if course.is_for_all or rng.random() >= _NOT_OFFERED]
    late = rng.sample([course for course in named if not course.is_for_all], _LATE + 2)
    states = dict(
        zip(map(id, late), (OfferStatus.LATE,) * _LATE + (OfferStatus.DECLINED, OfferStatus.WITHDRAWN), strict=True)
    )
    found = []
    for course in named:
        status = states.get(id(course), OfferStatus.OFFERED)
        offer = _add_offer(rows, rng, campaign, course, towns, status, today)
        if status == OfferStatus.OFFERED:
            found.append((course, offer))
    return found


_REASONS = {
    OfferStatus.DECLINED: "Такая же программа уже предложена другим организатором.",
    OfferStatus.WITHDRAWN: "Преподаватель программы уходит в отпуск.",
}


def _add_offer(
    rows: Rows, rng: Random, campaign: Row, course: Course, towns: Sequence[int], status: OfferStatus, today: dt.date
) -> Row:
    late = status in (OfferStatus.LATE, OfferStatus.DECLINED)
    day = today - rng.randint(0, 2) * _DAY if late else campaign["programs_until"] - rng.randint(1, 20) * _DAY
    wide = 4 if course.is_for_all else 1
    return rows.add(
        m.PlanOffer,
        campaign_id=campaign["id"],
        organizer_id=course.row["organizer_id"],
        code=course.row["code"],
        program_id=course.row["id"],
        seats=25 * rng.randint(2, 6) * wide,
        minimum=15,
        capacity=25,
        months=sorted(rng.sample(_TAUGHT_IN, rng.randint(2, 7))),
        municipality_ids=[]
        if course.source.distance
        else sorted(rng.sample(towns, min(rng.randint(1, 4), len(towns)))),
        note=None,
        late=late,
        status=status,
        reason_text=_REASONS.get(status),
        created_at=moment(day, 11),
    )


def _add_wishes(
    rows: Rows,
    rng: Random,
    campaign: Row,
    workers: Sequence[Worker],
    offers: Sequence[tuple[Course, Row]],
    today: dt.date,
) -> None:
    words = 0
    fitting = _Fitting(offers)
    for worker in workers:
        if not worker.works or worker.employment["started_on"] > today:
            continue
        # the people of the accounts are to choose by themselves: each has one wish and words taken back
        own = bool(worker.role)
        if not own and rng.random() >= _CHOOSING:
            if words < len(_UNMET) * 2 and rng.random() < 0.1:
                _add_unmet(rows, campaign, worker, words, today)
                words += 1
            continue
        number = 1 if own else rng.choices([n for n, _ in _NUMBERS], [share for _, share in _NUMBERS])[0]
        for priority, (course, offer) in enumerate(fitting.some(rng, worker, number), start=1):
            status = PlanItemStatus.PROPOSED if own else _state(rng)
            _add_item(rows, rng, campaign, worker, course, offer, priority, status, today)
        if own:
            _add_unmet(rows, campaign, worker, -1, today)


class _Fitting:
    """Programs meant for a place of work; people of one sort share the answer."""

    def __init__(self, offers: Sequence[tuple[Course, Row]]) -> None:
        self._offers = offers
        self._known: dict[Workplace, list[tuple[Course, Row]]] = {}

    def some(self, rng: Random, worker: Worker, number: int) -> list[tuple[Course, Row]]:
        """Some programs that the person has not passed yet, each paid by another block; what is meant for few comes first."""
        place = _workplace(worker)
        if place not in self._known:
            self._known[place] = [pair for pair in self._offers if suits(pair[0].targets, place).allowed]
        fresh = [pair for pair in self._known[place] if pair[0].source.code not in worker.courses]
        rng.shuffle(fresh)
        fresh.sort(key=lambda pair: pair[0].is_for_all and rng.random() < 0.5)
        found: list[tuple[Course, Row]] = []
        for pair in fresh:
            block = pair[0].row["block"]
            if len(found) < number and (block is None or all(block != course.row["block"] for course, _ in found)):
                found.append(pair)
        return found


def _workplace(worker: Worker) -> Workplace:
    return Workplace(organization_type=worker.place.type_name, position=worker.position.name, subjects=worker.subjects)


def _state(rng: Random) -> PlanItemStatus:
    return rng.choices([state for state, _ in _STATES], [share for _, share in _STATES])[0]


def _add_item(
    rows: Rows,
    rng: Random,
    campaign: Row,
    worker: Worker,
    course: Course,
    offer: Row,
    priority: int,
    status: PlanItemStatus,
    today: dt.date,
) -> None:
    first, last = campaign["opens_on"], min(today, campaign["closes_on"])
    months = sorted(rng.sample(offer["months"], rng.randint(0, min(3, len(offer["months"])))))
    rows.add(
        m.PlanItem,
        **_of(campaign, worker, offer),
        program_id=course.row["id"],
        block=course.row["block"],
        months=months,
        month=None,
        priority=priority,
        status=status,
        reason_text=_DECLINED if status == PlanItemStatus.DECLINED else None,
        group_id=None,
        created_at=moment(first + rng.randint(0, max((last - first).days, 0)) * _DAY, 13),
    )


def _of(campaign: Row, worker: Worker, offer: Row) -> Row:
    return {
        "campaign_id": campaign["id"],
        "employee_id": worker.id,
        "employment_id": worker.employment["id"],
        "offer_id": offer["id"],
    }


def _add_unmet(rows: Rows, campaign: Row, worker: Worker, number: int, today: dt.date) -> None:
    """Words of a person; below zero: taken back. Of the others every third is answered."""
    status = UnmetStatus.WITHDRAWN if number < 0 else UnmetStatus.ANSWERED if number % 3 == 2 else UnmetStatus.WAITING
    rows.add(
        m.UnmetWish,
        campaign_id=campaign["id"],
        employee_id=worker.id,
        employment_id=worker.employment["id"],
        words=_UNMET[number % len(_UNMET)],
        answer=_ANSWER if status == UnmetStatus.ANSWERED else None,
        status=status,
        decided_at=moment(today, 9) if status == UnmetStatus.ANSWERED else None,
        created_at=moment(max(today - max(number, 0) % 3 * _DAY, campaign["opens_on"]), 8),
    )


# --- the year that was planned before --------------------------------------------------------------------------------


def _add_last_year(rows: Rows, rng: Random, workers: Sequence[Worker], today: dt.date) -> None:
    """Add the approved plan of this year: offers as its groups are, wishes included in them, most of them enrolled."""
    year = today.year
    opens, closes = dt.date(year - 1, 11, 1), dt.date(year - 1, 12, 1)
    campaign = rows.add(
        m.PlanCampaign,
        year=year,
        programs_until=opens,
        opens_on=opens,
        closes_on=closes,
        wishes_most=3,
        needs_agreement=True,
        status=CampaignStatus.APPROVED,
        created_at=moment(opens - 45 * _DAY),
    )
    programs = {row["id"]: row for row in rows.all(m.Program)}
    groups = {row["id"]: row for row in rows.all(m.TrainingGroup) if row["starts_on"].year == year}
    offers = _offers_of_groups(rows, campaign, groups, programs)
    enrolled: dict[int, list[Row]] = defaultdict(list)
    for row in rows.all(m.Enrolment):
        if row["group_id"] in groups and row["status"] in SEAT_HOLDING:
            enrolled[row["group_id"]].append(row)
    held: dict[int, set[int]] = defaultdict(set)
    for group_id, group in groups.items():
        program = programs[group["program_id"]]
        offer = offers[program["organizer_id"], program["code"]]
        for place, status in _planned(rng, enrolled[group_id], workers):
            person, known = place["employee_id"], held[place["employee_id"]]
            if offer["id"] in known or len(known) == 3:
                continue
            known.add(offer["id"])
            included = status == PlanItemStatus.INCLUDED
            rows.add(
                m.PlanItem,
                campaign_id=campaign["id"],
                employee_id=person,
                employment_id=place["employment_id"],
                offer_id=offer["id"],
                program_id=program["id"],
                block=program["block"],
                months=[group["starts_on"].month],
                month=group["starts_on"].month if included else None,
                priority=len(known),
                status=status,
                reason_text=None if included else _DECLINED,
                group_id=group_id if included else None,
                created_at=moment(opens + rng.randint(0, 29) * _DAY, 12),
            )


def _planned(
    rng: Random, enrolled: Sequence[Row], workers: Sequence[Worker]
) -> Iterator[tuple[Mapping[str, int], PlanItemStatus]]:
    """Whom a group was planned for: those who came, some who never enrolled, some who were turned down."""
    yield from ((row, PlanItemStatus.INCLUDED) for row in enrolled)
    inside = {row["employee_id"] for row in enrolled}
    for share, status in ((_NOT_ENROLLED, PlanItemStatus.INCLUDED), (_TURNED_DOWN, PlanItemStatus.DECLINED)):
        for worker in rng.sample(workers, min(round(len(enrolled) * share), len(workers))):
            if worker.works and worker.id not in inside:
                inside.add(worker.id)
                yield {"employee_id": worker.id, "employment_id": worker.employment["id"]}, status


def _offers_of_groups(
    rows: Rows, campaign: Row, groups: Mapping[int, Row], programs: Mapping[int, Row]
) -> dict[tuple[int, str], Row]:
    """Programs that had groups in the year, with their months and seats."""
    found: dict[tuple[int, str], Row] = {}
    for group in groups.values():
        program = programs[group["program_id"]]
        key = program["organizer_id"], program["code"]
        offer = found.get(key) or rows.add(
            m.PlanOffer,
            campaign_id=campaign["id"],
            organizer_id=program["organizer_id"],
            code=program["code"],
            program_id=program["id"],
            seats=0,
            minimum=10,
            capacity=0,
            months=[],
            municipality_ids=[],
            note=None,
            late=False,
            status=OfferStatus.OFFERED,
            reason_text=None,
            created_at=moment(campaign["programs_until"] - 10 * _DAY, 11),
        )
        found[key] = offer
        offer["seats"] += group["capacity"]
        offer["capacity"] = max(offer["capacity"], group["capacity"])
        offer["minimum"] = min(offer["minimum"], group["capacity"])
        offer["months"] = sorted({*offer["months"], group["starts_on"].month})
        town = group["municipality_id"]
        offer["municipality_ids"] = sorted({*offer["municipality_ids"], *([town] if town else [])})
    return found
