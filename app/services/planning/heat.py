"""The heat map «Спрос и места» as plain values: demand against seats by rows and months, with margins that add up.

A wish stands in one cell: the month in which the person is to be trained, else the first month that suits the person and has the
program; a wish without months stands under «любой месяц» (``ANY``). So the cells add up to the wishes there are. The seats of an
offer are for a year; a month has its even share of them, and the shares add up to the seats.

Where figures are hidden (``hide``), the numbers under five are put out before anything is summed: every sum is made of
told numbers only, so no difference of two figures, on this page or on another with other rows, tells a hidden one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.russian import number
from app.statuses import BlockKind

#: the column of wishes that any month suits
ANY = 0
MONTHS = (*range(1, 13), ANY)
#: a number of people under this is not told to those who see no people
FEWEST = 5
PROGRAM, SUBJECT, BLOCK = "program", "subject", "block"
#: demand as a share of the seats, in per cent, where the next tint begins
_STEPS = (60, 85, 101, 126)
SCALE = ("до 60 %", "60–84", "85–100", "101–125", "больше 125")
EMPTY = "·"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedOffer:
    """An offer as the map asks; ``subject``: key and name (0: for all, -1: for several)."""

    id: int
    title: str
    organizer_id: int
    organizer: str
    seats: int
    months: tuple[int, ...]
    block: BlockKind | None
    subject: tuple[int, str]

    def seats_in(self, month: int) -> int:
        """The seats of a month; together they are those of the year."""
        if month not in self.months:
            return 0
        each, rest = divmod(self.seats, len(self.months))
        return each + (self.months.index(month) < rest)


@dataclass(frozen=True, slots=True)
class HeatCell:
    """Demand and seats; ``hidden``: how many figures under five are left out of the demand; ``is_any``: of the last column."""

    demand: int
    seats: int
    hidden: int = 0
    is_any: bool = False

    @property
    def wanted(self) -> str:
        """The demand in figures: «86»; where figures are left out «80+», and where nothing else is there what it is less than."""
        if not self.hidden:
            return number(self.demand)
        return f"{number(self.demand)}+" if self.demand else f"< {(FEWEST - 1) * self.hidden + 1}"

    @property
    def text(self) -> str:
        """«86/50»; what nobody asks for and nobody offers is a dot."""
        if not (self.demand or self.seats or self.hidden):
            return EMPTY
        return f"{self.wanted}/{number(self.seats)}" if self.seats else self.wanted

    @property
    def tint(self) -> int:
        """1 to 5 by the share of the seats that is asked for; 0 without demand, without a month, and where it is not told."""
        if self.hidden or self.is_any or not self.demand:
            return 0
        if not self.seats:
            return len(_STEPS) + 1
        return 1 + sum(100 * self.demand >= step * self.seats for step in _STEPS)


@dataclass(frozen=True, slots=True)
class HeatRow:
    """A row of the map; ``lacking`` seats of each column, in the order of ``MONTHS``."""

    key: str
    title: str
    detail: str
    cells: tuple[HeatCell, ...]
    total: HeatCell
    lacking: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Heat:
    """The map: rows, those that lack most seats first, the margin below them."""

    rows: Sequence[HeatRow]
    total: HeatRow


#: (offer, month or ``ANY``) → number of wishes
Counted = Mapping[tuple[int, int], int]


def heat_of(offers: Sequence[PlannedOffer], counted: Counted, *, by: str = PROGRAM, hide: bool = False) -> Heat:
    """Lay the wishes out by rows and months."""
    of_offers = [_row(str(it.id), it.title, it.organizer, [it], counted, hide) for it in offers]
    rows = of_offers
    if by != PROGRAM:
        groups: dict[tuple[str, str], list[HeatRow]] = {}
        for it, row in zip(offers, of_offers, strict=True):
            groups.setdefault(key_of(it, by), []).append(row)
        rows = [summed(key, title, "", under) for (key, title), under in groups.items()]
    rows = sorted(rows, key=lambda row: (-sum(row.lacking), -row.total.demand, row.title, row.key))
    return Heat(rows, summed("", "Всего", "", of_offers))


def key_of(offer: PlannedOffer, by: str) -> tuple[str, str]:
    """The row in which an offer stands: its key in addresses and its title."""
    if by == SUBJECT:
        return str(offer.subject[0]), offer.subject[1]
    if by == BLOCK:
        return (offer.block.value, offer.block.label) if offer.block else ("none", "Без чека")
    return str(offer.id), offer.title


def summed(key: str, title: str, detail: str, rows: Sequence[HeatRow]) -> HeatRow:
    """One row of several: each cell and each number of lacking seats is the sum of theirs."""
    columns = list(zip(*(row.cells for row in rows), strict=True)) or [()] * len(MONTHS)
    lacks = list(zip(*(row.lacking for row in rows), strict=True)) or [()] * len(MONTHS)
    cells = tuple(_sum(column) for column in columns)
    return HeatRow(key, title, detail, cells, _sum(cells), tuple(sum(lack) for lack in lacks))


def _row(key: str, title: str, detail: str, offers: Sequence[PlannedOffer], counted: Counted, hide: bool) -> HeatRow:
    (offer,) = offers
    cells = tuple(_cell(counted.get((offer.id, month), 0), offer, month, hide) for month in MONTHS)
    return HeatRow(key, title, detail, cells, _sum(cells), _lacking(cells))


def _cell(demand: int, offer: PlannedOffer, month: int, hide: bool) -> HeatCell:
    seats, is_any = offer.seats_in(month), month == ANY
    if hide and 0 < demand < FEWEST:
        return HeatCell(0, seats, hidden=1, is_any=is_any)
    return HeatCell(demand, seats, is_any=is_any)


def _sum(cells: Sequence[HeatCell]) -> HeatCell:
    return HeatCell(
        sum(cell.demand for cell in cells),
        sum(cell.seats for cell in cells),
        sum(cell.hidden for cell in cells),
        is_any=bool(cells) and all(cell.is_any for cell in cells),
    )


def _lacking(cells: Sequence[HeatCell]) -> tuple[int, ...]:
    """Seats that an offer lacks in each month; whom any month suits takes the seats that are free in the others."""
    of_months = [max(0, cell.demand - cell.seats) for cell in cells[:-1]]
    free = sum(max(0, cell.seats - cell.demand) for cell in cells[:-1])
    return (*of_months, max(0, cells[-1].demand - free))
