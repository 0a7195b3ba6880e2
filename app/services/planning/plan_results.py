"""«Результаты планирования»: totals and tables of a plan, and what the ministry approved of them (order § 3.1, 3.5).

An approval stores the figures as they are then, with a number; nothing of it changes afterwards. What happens later is approved
as a numbered change with its reason, which stores the figures anew.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import func, select, text

from app import models as m
from app.access import current_actor, get_visible
from app.audit import record
from app.errors import Conflict, Invalid
from app.extensions import db
from app.labels import MONTHS
from app.russian import capitalized
from app.services.planning import demand
from app.services.planning.demand import Asked
from app.services.planning.heat import ANY, PlannedOffer
from app.services.planning.reach import Reach
from app.services.portal import transitions
from app.statuses import PLAN_HELD, CampaignStatus, PlanItemStatus, PositionKind, UnmetStatus
from app.text import sort_key
from app.unit_of_work import use_case

TERRITORY, ORGANIZER, PROGRAM, BLOCK, KIND, MONTH = "territory", "organizer", "program", "block", "kind", "month"
#: the six tables in their order: code → title, head of the first column
TABLES = {
    TERRITORY: ("По территориям", "Территория"),
    ORGANIZER: ("По организаторам", "Организатор"),
    PROGRAM: ("По программам", "Программа"),
    BLOCK: ("По блокам чека", "Блок чека"),
    KIND: ("По категориям должностей", "Категория должности"),
    MONTH: ("По месяцам", "Месяц"),
}
_MONTHS = ("Любой месяц", *(capitalized(name) for name in MONTHS.values()))
_WHOLE = Reach(is_whole=True)
_REASON_LENGTH = 1000

_item, _employment, _position = m.PlanItem.__table__, m.Employment.__table__, m.Position.__table__
_organization, _territory, _unmet = m.Organization.__table__, m.Territory.__table__, m.UnmetWish.__table__

#: called with the id of an approved plan inside the transaction; the job module puts its ``defer`` here
on_approved: list[Callable[[int], None]] = []


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a table: wishes, those of them in the plan, seats (None: the table has none)."""

    key: str
    title: str
    wishes: int
    included: int
    seats: int | None = None


@dataclass(frozen=True, slots=True)
class Results:
    """The figures of a plan; ``left_out``: what is not in the plan, in words, and how much of it."""

    wishes: int
    people: int
    included: int
    included_people: int
    seats: int
    offers: int
    organizers: int
    tables: Mapping[str, Sequence[Line]]
    left_out: Sequence[tuple[str, int]]

    def stored(self) -> dict[str, Any]:
        """As a snapshot keeps them."""
        return {**asdict(self), "left_out": [list(pair) for pair in self.left_out]}


def of_snapshot(stored: Mapping[str, Any]) -> Results:
    """Return the figures that a snapshot keeps."""
    tables = {code: [Line(**line) for line in lines] for code, lines in stored["tables"].items()}
    left_out = [(words, number) for words, number in stored["left_out"]]
    return Results(**{**stored, "tables": tables, "left_out": left_out})


# --- counting --------------------------------------------------------------------------------------------------------


def count_of(campaign: m.PlanCampaign) -> Results:
    """Count a plan as it is now; all numbers of wishes come from one statement, so that they agree."""
    offers = demand.offers_of(Asked(campaign_id=campaign.id), _WHOLE)
    counted = _counted(campaign.id)
    whole = counted.get("whole", {}).get(None, _Numbers())
    by_offer = counted.get(PROGRAM, {})
    return Results(
        wishes=whole.wishes,
        people=whole.people,
        included=whole.included,
        included_people=whole.included_people,
        seats=sum(offer.seats for offer in offers),
        offers=len(offers),
        organizers=len({offer.organizer_id for offer in offers}),
        tables={
            TERRITORY: _territories(counted.get(TERRITORY, {})),
            ORGANIZER: _of_offers(offers, by_offer, lambda it: (str(it.organizer_id), it.organizer)),
            PROGRAM: _of_offers(offers, by_offer, lambda it: (str(it.id), f"{it.title} ({it.organizer})")),
            BLOCK: _of_offers(offers, by_offer, _block_of),
            KIND: [
                Line(kind.value, kind.label, found.wishes, found.included)
                for kind in PositionKind
                if (found := counted.get(KIND, {}).get(kind)) is not None and found.wishes
            ],
            MONTH: _by_month(offers, counted.get(MONTH, {})),
        },
        left_out=_left_out(counted.get("status", {}), _unmet_of(campaign.id)),
    )


@dataclass(frozen=True, slots=True)
class _Numbers:
    """One group of the statement: all rows, live wishes, those in the plan; the people of both, of the whole plan."""

    rows: int = 0
    wishes: int = 0
    included: int = 0
    people: int = 0
    included_people: int = 0


def _counted(campaign_id: int) -> dict[str, dict[Any, _Numbers]]:
    """Name of a grouping → its key → numbers."""
    rows = (
        select(
            _organization.c.territory_id.label(TERRITORY),
            _position.c.kind.label(KIND),
            _item.c.offer_id.label(PROGRAM),
            demand.MONTH_OF_WISH.label(MONTH),
            _item.c.status.label("status"),
        )
        .join(_employment, _employment.c.id == _item.c.employment_id)
        .join(_organization, _organization.c.id == _employment.c.organization_id)
        .join(_position, _position.c.id == _employment.c.position_id)
        .where(_item.c.campaign_id == campaign_id)
        .subquery("rows")
    )
    names = (TERRITORY, KIND, PROGRAM, MONTH, "status")
    keys = [rows.c[name] for name in names]
    live, included = rows.c.status.in_(PLAN_HELD), rows.c.status == PlanItemStatus.INCLUDED
    statement = select(
        func.grouping(*keys),
        *keys,
        func.count(),
        func.count().filter(live),
        func.count().filter(included),
        # the same for every group, counted once: within the groups they would be sorted anew for each
        _people(campaign_id, _item.c.status.in_(PLAN_HELD)),
        _people(campaign_id, _item.c.status == PlanItemStatus.INCLUDED),
    ).group_by(func.grouping_sets(*keys, text("()")))
    found: dict[str, dict[Any, _Numbers]] = {}
    for mask, *rest in db.session.execute(statement):
        group, numbers = _group_of(mask, names, rest)
        found.setdefault(group[0], {})[group[1]] = numbers
    return found


def _people(campaign_id: int, condition: Any) -> Any:
    found = select(func.count(_item.c.employee_id.distinct())).where(_item.c.campaign_id == campaign_id, condition)
    return found.scalar_subquery()


def _group_of(mask: int, names: Sequence[str], rest: Sequence[Any]) -> tuple[tuple[str, Any], _Numbers]:
    """A bit of ``mask`` is 0 for the column by which the row is grouped; the last column has the lowest bit."""
    numbers = _Numbers(*rest[len(names) :])
    for place, name in enumerate(names):
        if not mask >> (len(names) - 1 - place) & 1:
            return (name, rest[place]), numbers
    return ("whole", None), numbers


def _territories(counted: Mapping[int, _Numbers]) -> list[Line]:
    names = dict(map(tuple, db.session.execute(select(_territory.c.id, _territory.c.short_name))))
    found = [Line(str(pk), names[pk], it.wishes, it.included) for pk, it in counted.items() if it.wishes]
    return sorted(found, key=lambda line: sort_key(line.title))


def _of_offers(
    offers: Sequence[PlannedOffer], counted: Mapping[int, _Numbers], name: Callable[[PlannedOffer], tuple[str, str]]
) -> list[Line]:
    """Sum the offers under their names; with the seats."""
    found: dict[tuple[str, str], list[int]] = {}
    for offer in offers:
        sums, it = found.setdefault(name(offer), [0, 0, 0]), counted.get(offer.id, _Numbers())
        sums[0] += it.wishes
        sums[1] += it.included
        sums[2] += offer.seats
    lines = [Line(key, title, *sums) for (key, title), sums in found.items()]
    return sorted(lines, key=lambda line: (sort_key(line.title), line.key))


def _block_of(offer: PlannedOffer) -> tuple[str, str]:
    return (offer.block.value, offer.block.label.capitalize()) if offer.block else ("none", "Без чека")


def _by_month(offers: Sequence[PlannedOffer], counted: Mapping[int, _Numbers]) -> list[Line]:
    found = []
    for month in (*range(1, 13), ANY):
        it, seats = counted.get(month, _Numbers()), sum(offer.seats_in(month) for offer in offers)
        if it.wishes or seats:
            found.append(Line(str(month), _MONTHS[month], it.wishes, it.included, seats))
    return found


def _unmet_of(campaign_id: int) -> int:
    statement = select(func.count()).select_from(_unmet)
    live = (_unmet.c.campaign_id == campaign_id, _unmet.c.status != UnmetStatus.WITHDRAWN)
    return db.session.scalar(statement.where(*live)) or 0


def _left_out(statuses: Mapping[Any, _Numbers], unmet: int) -> list[tuple[str, int]]:
    def rows(status: PlanItemStatus) -> int:
        return statuses.get(status, _Numbers()).rows

    return [
        ("Согласованы, но в группы не вошли", rows(PlanItemStatus.AGREED)),
        ("Ждут согласования организации", rows(PlanItemStatus.PROPOSED)),
        ("Отклонены", rows(PlanItemStatus.DECLINED)),
        ("Отозваны теми, кто их подал", rows(PlanItemStatus.WITHDRAWN)),
        ("Написали, что ничего не подходит", unmet),
    ]


# --- approving -------------------------------------------------------------------------------------------------------


@transitions.performs(m.PlanCampaign, "approve")
@use_case
def approve(campaign_id: int) -> m.PlanCampaign:
    """Approve a closed plan: its figures are stored with a number and told to those whom they concern."""
    campaign = transitions.move(m.PlanCampaign, campaign_id, "approve")
    row = _write(campaign, number=0, reason=None)
    for tell in on_approved:
        tell(row.id)
    return campaign


@use_case
def approve_change(campaign_id: int, reason: str) -> m.PlanResult:
    """Approve what has changed since the last approval as a numbered change; raises Invalid without a reason, Conflict for none."""
    current_actor().require("plan_result:correct")
    get_visible(db.session, m.PlanCampaign, campaign_id, "plan_campaign:show")
    # one change after another: the number is the next one
    campaign: m.PlanCampaign = db.session.scalars(
        select(m.PlanCampaign).where(m.PlanCampaign.id == campaign_id).with_for_update()
    ).one()
    if campaign.status != CampaignStatus.APPROVED:
        raise Conflict("План ещё не утверждён: сначала утвердите его, изменения бывают потом.")
    words = reason.strip()
    if not words or len(words) > _REASON_LENGTH:
        sentence = f"Напишите причину изменения: до {_REASON_LENGTH} знаков."
        raise Invalid(sentence, fields={"reason": [sentence]})
    last = approved(campaign.id)[-1]
    if count_of(campaign).stored() == last.snapshot:
        raise Conflict("С последнего утверждения в плане ничего не изменилось, утверждать нечего.")
    return _write(campaign, number=last.number + 1, reason=words)


def _write(campaign: m.PlanCampaign, *, number: int, reason: str | None) -> m.PlanResult:
    row = m.PlanResult(
        campaign=campaign,
        number=number,
        reason_text=reason,
        snapshot=count_of(campaign).stored(),
        approved_by_id=current_actor().user_id,
    )
    db.session.add(row)
    db.session.flush()
    record("plan_result.created", row, {"Номер": ("", row.number_text)})
    return row


def approved(campaign_id: int) -> list[m.PlanResult]:
    """Return the approved plan and its changes, by number."""
    result = m.PlanResult
    statement = select(result).where(result.campaign_id == campaign_id).order_by(result.number)
    return list(db.session.scalars(statement))


def differences(before: Results, after: Results) -> Iterable[tuple[str, int, int]]:
    """Yield the totals that differ: words, before, after."""
    for words, name in (
        ("Заявок", "wishes"), ("Включено в план", "included"), ("Человек в плане", "included_people"),
        ("Мест", "seats"), ("Программ", "offers"),
    ):  # fmt: skip
        pair = getattr(before, name), getattr(after, name)
        if pair[0] != pair[1]:
            yield (words, *pair)
