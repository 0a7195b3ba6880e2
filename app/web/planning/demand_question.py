"""What an address of the heat map asks, checked: the plan, the filters, whose wishes, the chosen cell."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from app import addresses
from app import models as m
from app.errors import NotFound
from app.extensions import db
from app.labels import MONTHS as MONTH_NAMES
from app.services.planning import campaigns, demand, reach
from app.services.planning.demand import Asked
from app.services.planning.heat import ANY, BLOCK, PROGRAM, SUBJECT
from app.services.planning.reach import Reach
from app.statuses import BlockKind, PositionKind
from app.web.frame.typed import row_id

FULL_MONTHS = tuple(MONTH_NAMES.values())
VIEWS = ((PROGRAM, "Программы"), (SUBJECT, "Предметы"), (BLOCK, "Блоки чека"))
FILTERS = ("territory", "type", "kind", "subject", "block")
#: of the chosen cell: all rows, the whole year
ALL, YEAR = "all", "y"
_CELL = re.compile(r"(all|none|invariant|variable|-?\d{1,9})\.(1[0-2]|[0-9]|y)")


@dataclass(frozen=True, slots=True)
class Question:
    """What an address asks, checked; ``cell``: key of the row and the month whose wishes are looked at."""

    campaign: m.PlanCampaign
    asked: Asked
    reach: Reach
    by: str
    cell: tuple[str, str] | None
    query: Mapping[str, str] = field(default_factory=dict)

    def href(self, **changes: Any) -> str:
        """This page with other answers; None leaves one out."""
        return addresses.at("plan", "demand", "", **{**self.query, **changes})


def read(args: Mapping[str, str]) -> Question | None:
    """Read an address; None where there is no plan at all. Raises NotFound for what does not exist or is out of sight."""
    campaign = find_campaign(args.get("year", ""))
    own = args.get("side") == "offers"
    if campaign is None:
        return None
    limits = reach.reach_of(own_offers=own)
    by = args.get("rows", PROGRAM)
    if by not in dict(VIEWS):
        raise NotFound("Такого вида нет. Выберите программы, предметы или блоки.")
    asked = Asked(
        campaign_id=campaign.id,
        territory_id=row_id(args.get("territory", "")),
        organization_id=row_id(args.get("organization", "")),
        type_id=row_id(args.get("type", "")),
        kind=_one_of(PositionKind, args.get("kind", "")),
        subject_id=_subject(args.get("subject", "")),
        block=_one_of(BlockKind, args.get("block", "")),
    )
    demand.insist_visible(asked, limits)
    names = ("year", "rows", "side", *FILTERS, "organization", "cell", "all")
    query = {name: args[name] for name in names if args.get(name)}
    return Question(campaign, asked, limits, by, _cell(args.get("cell", "")), query)


def find_campaign(year: str) -> m.PlanCampaign | None:
    """The plan of the typed year, without one the plan that concerns people now; raises NotFound for a year without a plan."""
    if not year:
        return campaigns.current()
    found = campaigns.of_year(int(year)) if re.fullmatch(r"20\d\d", year) else None
    if found is None:
        raise NotFound("Плана на этот год нет.")
    return found


def _one_of(kind: Any, typed: str) -> Any:
    if not typed:
        return None
    try:
        return kind(typed)
    except ValueError:
        raise NotFound("Такого отбора нет. Откройте страницу заново.") from None


def _subject(typed: str) -> int | None:
    return int(typed) if re.fullmatch(r"-1|\d{1,9}", typed) else None


def _cell(typed: str) -> tuple[str, str] | None:
    found = _CELL.fullmatch(typed)
    return (found[1], found[2]) if found else None


def name_of(model: Any, pk: int) -> str:
    """Name of a row of a directory; raises NotFound."""
    row = db.session.get(model, pk)
    if row is None:
        raise NotFound("Такого отбора нет. Откройте страницу заново.")
    return str(row)


def month_words(month: int) -> str:
    """A column of the map in words."""
    return "любой месяц" if month == ANY else FULL_MONTHS[month - 1]
