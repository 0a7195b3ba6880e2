"""Who may choose what for the next year, and when (order § 3.3–3.5): the campaign's days, the program, the чек of that year."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import permutations

from app.rules.decision import ALLOWED, Decision, add_months, first_refusal, refuse
from app.rules.suitability import Targets, Workplace, suits
from app.russian import format_date, quoted
from app.statuses import BlockKind, CampaignStatus

#: a program is not planned again before the period of a чек has passed
AGAIN_AFTER_MONTHS = 36
MONTHS = range(1, 13)
_MOST = {1: "одной программы", 2: "двух программ", 3: "трёх программ"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """The days of a campaign, both included, and its state."""

    year: int
    opens_on: dt.date
    closes_on: dt.date
    status: CampaignStatus
    wishes_most: int = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class YearBlock:
    """A block that can pay in the planned year: free in the чек that lasts into it, or of the next чек."""

    title: str
    kind: BlockKind
    hours_min: int
    hours_max: int
    required: bool = False

    def pays_for(self, block: BlockKind, hours: int) -> bool:
        """Whether it pays for a program of this kind and length."""
        return self.kind == block and self.hours_min <= hours <= self.hours_max


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is offered, as the rules ask; ``taken_back``: the sentence why it can no longer be chosen."""

    offer_id: int
    organizer_id: int
    code: str
    title: str
    hours: int
    block: BlockKind | None
    months: frozenset[int]
    targets: Targets
    taken_back: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Planner:
    """A person who plans: places of work, what is chosen already, the чек of the year, what was learnt lately.

    ``trained``: (organizer, code of the program) → last day of the course.
    """

    places: Sequence[Workplace]
    chosen: Sequence[Wanted] = ()
    blocks: Sequence[YearBlock] = ()
    trained: Mapping[tuple[int, str], dt.date] | None = None


def takes_wishes(term: Term, *, on: dt.date) -> Decision:
    """Decide whether people choose today: from the first minute of the first day to the last one of the last (§ 3.4, 3.5)."""
    plan = f"план на {term.year} год"
    if term.status == CampaignStatus.APPROVED:
        return refuse(f"{plan.capitalize()} утверждён: заявок в него больше не принимают.")
    if on < term.opens_on:
        return refuse(f"Выбор курсов на {term.year} год начнётся {format_date(term.opens_on)}.")
    if on > term.closes_on or term.status == CampaignStatus.CLOSED:
        return refuse(f"Выбор курсов на {term.year} год закончился {format_date(min(term.closes_on, on))}.")
    return ALLOWED


def may_wish(wanted: Wanted, planner: Planner, term: Term, *, months: Collection[int] = (), on: dt.date) -> Decision:
    """Decide on a new wish made ``on`` a day for some months of the year (none: any)."""
    return first_refusal(
        takes_wishes(term, on=on),
        refuse(wanted.taken_back) if wanted.taken_back else ALLOWED,
        _is_new(wanted, planner),
        _has_room(planner, term),
        suits_any(wanted, planner),
        _not_learnt_lately(wanted, planner, term),
        _is_paid(wanted, planner, term),
        has_month(wanted, months),
    )


def suits_any(wanted: Wanted, planner: Planner) -> Decision:
    """Decide whether the program is meant for one of the places of work."""
    if not planner.places:
        return refuse("Нет места работы, от которого можно выбрать курс. Добавьте место работы в карточку.")
    decisions = [suits(wanted.targets, place) for place in planner.places]
    return next((decision for decision in decisions if decision.allowed), decisions[0])


def has_month(wanted: Wanted, months: Collection[int]) -> Decision:
    """Decide whether one of the acceptable months is a month of the offer; none: any."""
    if any(month not in MONTHS for month in months):
        return refuse("Месяц — число от 1 до 12.")
    if not months or wanted.months & set(months):
        return ALLOWED
    return refuse(f"В эти месяцы программу {quoted(wanted.title)} не проводят. Отметьте месяцы, в которые она есть.")


def _is_new(wanted: Wanted, planner: Planner) -> Decision:
    if any(wanted.offer_id == other.offer_id for other in planner.chosen):
        return refuse(f"Программа {quoted(wanted.title)} уже выбрана.")
    return ALLOWED


def _has_room(planner: Planner, term: Term) -> Decision:
    if len(planner.chosen) < term.wishes_most:
        return ALLOWED
    return refuse(
        f"На год можно выбрать не больше {_MOST[term.wishes_most]}. Отзовите одну из выбранных, чтобы взять другую."
    )


def _not_learnt_lately(wanted: Wanted, planner: Planner, term: Term) -> Decision:
    ended = (planner.trained or {}).get((wanted.organizer_id, wanted.code))
    if ended is None or add_months(ended, AGAIN_AFTER_MONTHS) <= dt.date(term.year, 12, 31):
        return ALLOWED
    return refuse(
        f"По программе {quoted(wanted.title)} обучение уже пройдено {format_date(ended)}: снова — через три года. "
        "Выберите другую."
    )


def _is_paid(wanted: Wanted, planner: Planner, term: Term) -> Decision:
    if wanted.block is None or can_pay([*planner.chosen, wanted], planner.blocks):
        return ALLOWED
    needed = f"Программу оплачивает {wanted.block.label} чека"
    if not planner.blocks:
        return refuse(f"{needed}, а чека в {term.year} году не будет: прежний кончится, новый ещё не положен.")
    if not any(block.pays_for(wanted.block, wanted.hours) for block in planner.blocks):
        return refuse(
            f"{needed}, а в {term.year} году свободного блока на столько часов нет. Выберите другую программу."
        )
    return refuse(f"{needed}, а он понадобится для уже выбранной программы. Отзовите её или выберите другую.")


def can_pay(chosen: Sequence[Wanted], blocks: Sequence[YearBlock]) -> bool:
    """Whether each chosen program that needs a block gets one of its own; there are three of them at most."""
    needing = [(wanted.block, wanted.hours) for wanted in chosen if wanted.block is not None]
    if len(needing) > len(blocks):
        return False
    return any(
        all(block.pays_for(kind, hours) for (kind, hours), block in zip(needing, order, strict=True))
        for order in permutations(blocks, len(needing))
    )


def misses_required(chosen: Sequence[Wanted], blocks: Sequence[YearBlock]) -> YearBlock | None:
    """Return the required block for which nothing is chosen yet: while it is free, the others pay for no enrolment."""
    for block in blocks:
        if block.required and not any(w.block and block.pays_for(w.block, w.hours) for w in chosen):
            return block
    return None
