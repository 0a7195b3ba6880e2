"""Whether a person may enrol in a group: the days of enrolment, seats and quotas, the block that pays, other courses."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace

from app.rules.decision import ALLOWED, Decision, first_refusal, refuse
from app.rules.suitability import Targets, Workplace, suits
from app.russian import count, format_date, period, quoted
from app.statuses import BlockKind, BlockStatus, GroupStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """A group with what matters of its program; ``block`` is the kind of block that pays, None = none needed."""

    number: str
    title: str
    status: GroupStatus
    enrol_from: dt.date
    enrol_until: dt.date
    starts_on: dt.date
    ends_on: dt.date
    hours: int
    block: BlockKind | None
    targets: Targets = field(default_factory=Targets)


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockFacts:
    """A block of a person's чек; ``valid_until`` is the чек's, ``voucher_active`` its state.

    ``after``: title of the required block that has to be chosen before this one, see ``in_order``.
    """

    id: int
    title: str
    kind: BlockKind
    hours_min: int
    hours_max: int
    status: BlockStatus
    voucher_active: bool
    valid_until: dt.date
    required: bool = False
    after: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BusyPeriod:
    """Dates of a group in which the person is already enrolled."""

    group: str
    title: str
    starts_on: dt.date
    ends_on: dt.date


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """The one quota of a group that counts for the people of a workplace; ``whose``: «организации „Школа № 1“»."""

    id: int
    whose: str
    seats: int
    taken: int

    @property
    def free(self) -> int:
        """Seats that its people may still take, if the group has them."""
        return self.seats - self.taken


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """The seats of a group for the people of one workplace; without a quota all of them."""

    capacity: int
    taken: int
    quota: Quota | None = None

    @property
    def free(self) -> int:
        """The seats that are left for these people: the group's, and no more than their quota leaves."""
        free = self.capacity - self.taken
        return free if self.quota is None else min(free, self.quota.free)

    @property
    def limit(self) -> Quota | None:
        """The quota, where it leaves fewer seats than the group has."""
        return self.quota if self.quota is not None and self.quota.free < self.capacity - self.taken else None


def may_enrol(
    course: Course,
    workplace: Workplace,
    *,
    on: dt.date,
    room: Room,
    blocks: Collection[BlockFacts],
    busy: Collection[BusyPeriod],
) -> Decision:
    """Decide on an enrolment made ``on`` a day; without a seat for this workplace it ``waits``.

    ``blocks`` are those among which one may pay: the chosen one, or all of the person's.
    """
    decision = first_refusal(
        is_enrolment_open(course, on=on),
        suits(course.targets, workplace),
        has_paying_block(course, blocks),
        is_free_of_clashes(course, busy),
    )
    seat = has_seat(room)
    if not decision.allowed or seat.allowed:
        return decision
    return Decision(True, f"{seat.reason} Можно встать в лист ожидания.", waits=True)


def has_seat(room: Room) -> Decision:
    """Decide whether the group has a seat for the people of this workplace."""
    lacks = lacking_seats(room)
    return refuse(lacks[0]) if lacks else ALLOWED


def lacking_seats(room: Room) -> list[str]:
    """Say what takes the seats away: the group is full, the quota is full, both; empty when there is a seat."""
    found = []
    if room.taken >= room.capacity:
        found.append(f"Свободных мест нет: занято {room.taken} из {room.capacity}.")
    if room.quota is not None and room.quota.free <= 0:
        found.append(f"Места по квоте {room.quota.whose} заняты: {room.quota.taken} из {room.quota.seats}.")
    return found


def is_enrolment_open(course: Course, *, on: dt.date) -> Decision:
    """Decide whether people may enrol on this day."""
    if course.status != GroupStatus.OPEN:
        return refuse(
            f"В группу {course.number} записаться нельзя: её состояние — «{course.status.label}». "
            "Выберите другую группу."
        )
    if on < course.enrol_from:
        return refuse(f"Запись в группу {course.number} начнётся {format_date(course.enrol_from)}.")
    if on > course.enrol_until:
        return refuse(
            f"Запись в группу {course.number} закончилась {format_date(course.enrol_until)}. Выберите другую группу."
        )
    if on >= course.starts_on:
        return refuse(
            f"Занятия группы {course.number} начались {format_date(course.starts_on)}. Выберите другую группу."
        )
    return ALLOWED


def in_order(blocks: Iterable[BlockFacts]) -> list[BlockFacts]:
    """Return the blocks of one чек with what each has to wait for: while a required one is free, the others pay nothing.

    A block that is reserved or spent is chosen. Among those that may pay the first in the order of the rule does.
    """
    found = list(blocks)
    first = next((block.title for block in found if block.required and block.status == BlockStatus.FREE), "")
    return [replace(block, after="" if block.required else first) for block in found]


def is_open(block: BlockFacts) -> bool:
    """Whether a block may be spent on any course at all: free, of an active чек, its turn has come."""
    return block.status == BlockStatus.FREE and block.voucher_active and not block.after


def pays_for(block: BlockFacts, course: Course) -> bool:
    """Whether a block may pay: open, of a чек that covers the start, of the right kind and hours."""
    return (
        is_open(block)
        and block.kind == course.block
        and block.hours_min <= course.hours <= block.hours_max
        and course.starts_on <= block.valid_until
    )


def has_paying_block(course: Course, blocks: Collection[BlockFacts]) -> Decision:
    """Decide whether one of the blocks pays for the course; a course without a kind of block needs none."""
    if course.block is None or any(pays_for(block, course) for block in blocks):
        return ALLOWED
    return refuse(_why_no_block_pays(course, [b for b in blocks if b.voucher_active]))


def _why_no_block_pays(course: Course, active: Collection[BlockFacts]) -> str:
    assert course.block is not None
    needed = f"Программу оплачивает {course.block.label} чека"
    right = [block for block in active if block.kind == course.block]
    free = [block for block in right if block.status == BlockStatus.FREE]
    if not active:
        return f"{needed}, а действующего чека нет. Сначала подайте заявку на чек."
    if not right:
        return f"{needed}, а в чеке такого блока нет. Выберите другую программу."
    if not free:
        return f"{needed}, а свободных блоков этого вида не осталось. Выберите другую программу."
    fitting = [block for block in free if block.hours_min <= course.hours <= block.hours_max]
    if not fitting:
        ranges = ", ".join(f"{b.hours_min}–{b.hours_max}" for b in free)
        hours = count(course.hours, "час", "часа", "часов")
        return f"Программа длится {hours}, а свободный блок чека оплачивает {ranges}. Выберите другую программу."
    waiting = [block for block in fitting if block.after]
    if len(waiting) == len(fitting):
        return (
            f"{needed}, а обязательный блок {quoted(waiting[0].after)} ещё свободен: его выбирают первым. Сначала запишитесь на "
            "курс, который он оплачивает."
        )
    until = format_date(max(block.valid_until for block in fitting))
    starts = format_date(course.starts_on)
    return f"Чек действует по {until}, а занятия начнутся позже — {starts}. Выберите другую группу."


def why_suits(course: Course, workplace: Workplace, blocks: Collection[BlockFacts], *, own: bool) -> str:
    """Say why a course may be taken, in the order in which ``may_enrol`` asks; ``own``: told to the person.

    Only for a course that ``suits`` the workplace and that has a paying block.
    """
    targets = course.targets
    asked = [
        (bool(targets.organization_types), "ваш тип организации", "тип организации"),
        (bool(targets.positions), "ваша должность", "должность"),
        (bool(targets.subjects), "ваш предмет", "предмет"),
    ]
    named = [words for narrows, *words in asked if narrows]
    if not named:
        whom = "программа для всех"
    else:
        parts = [first if own and n == 0 else plain for n, (first, plain) in enumerate(named)]
        whom = " и ".join(filter(None, (", ".join(parts[:-1]), parts[-1]))) + ("" if own else " работника")
    paying = next((block for block in blocks if pays_for(block, course)), None)
    paid = f"оплачивает {_uncapitalized(paying.title)}" if paying is not None else "чек не нужен"
    return f"Подходит: {whom}; {paid}."


def _uncapitalized(title: str) -> str:
    """Start a title with a small letter, unless it starts with an abbreviation: «ИКТ-блок»."""
    return title if title[1:2].isupper() else title[:1].lower() + title[1:]


def is_free_of_clashes(course: Course, busy: Collection[BusyPeriod]) -> Decision:
    """Decide whether the course's dates overlap those of another group of the person."""
    for other in busy:
        if course.starts_on <= other.ends_on and other.starts_on <= course.ends_on:
            return refuse(
                f"Даты пересекаются с группой {other.group} {quoted(other.title)}, в которую работник уже записан "
                f"({period(other.starts_on, other.ends_on)}). Выберите другую группу или отзовите прежнюю запись."
            )
    return ALLOWED
