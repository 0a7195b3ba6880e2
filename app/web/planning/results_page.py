"""The figures of a plan as blocks and as the schematic map: for the page of the results and for an approved plan."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from app import addresses
from app.documents.papers.plan_paper import totals_of
from app.russian import count, number, percent
from app.services.planning.plan_results import MONTH, PROGRAM, TABLES, TERRITORY, Line, Results, differences
from app.services.portal import region_map
from app.web.frame.pages import Block, Cell, Column, MapTile, Pair, RegionMap, Row
from app.web.frame.tiles import FOOT, LINE, WIDTH, lines_of

#: rows of a table on the page; the papers hold all of them
MOST_ROWS = 100
_STEP = 20
_SCALE = ("до 20", "20–39", "40–59", "60–79", "80 и больше, % заявок включено")
#: address of the wishes behind a line: code of the table, key of the line → href
Behind = Callable[[str, str], str]


def behind_of(year: int) -> Behind:
    """Lines of territories, programs and months open the heat map there."""

    def href(code: str, key: str) -> str:
        if code == TERRITORY:
            return addresses.at("plan", "demand", "", year=year, territory=key, cell="all.y")
        if code == PROGRAM:
            return addresses.at("plan", "demand", "", year=year, cell=f"{key}.y")
        if code == MONTH:
            return addresses.at("plan", "demand", "", year=year, cell=f"all.{key}")
        return ""

    return href


def totals_block(results: Results) -> Block:
    """The totals."""
    return Block("Итоги", pairs=[Pair(words, Cell(value)) for words, value in totals_of(results)])


def blocks_of(results: Results, behind: Behind | None = None, *, without: str = "") -> list[Block]:
    """The six tables, then what is not in the plan; ``without``: the table that the map has already."""
    found = [_table(code, results.tables[code], behind) for code in TABLES if code != without]
    rows = [
        Row(n, "", [Cell(words), Cell(number(value), number=True)]) for n, (words, value) in enumerate(results.left_out)
    ]
    columns = [Column("why", "Почему"), Column("number", "Заявок", number=True)]
    return [*found, Block("Что в план не вошло", columns=columns, rows=rows)]


def _table(code: str, lines: Sequence[Line], behind: Behind | None) -> Block:
    title, first = TABLES[code]
    has_seats = any(line.seats is not None for line in lines)
    heads = ("Заявок", "Включено", "Мест")[: 2 + has_seats]
    columns = [
        Column("title", first),
        *(Column(head, head, number=True) for head in heads),
    ]
    shown = lines if len(lines) <= MOST_ROWS else sorted(lines, key=lambda line: -line.wishes)[:MOST_ROWS]
    rows = [Row(n, behind(code, line.key) if behind else "", _cells(line, has_seats)) for n, line in enumerate(shown)]
    note = f"Первые {MOST_ROWS} из {number(len(lines))}; все — в Excel." if len(lines) > MOST_ROWS else ""
    return Block(title, columns=columns, rows=rows, empty="Заявок нет.", note=note)


def _cells(line: Line, has_seats: bool) -> list[Cell]:
    figures = (line.wishes, line.included, line.seats or 0)[: 2 + has_seats]
    return [Cell(line.title), *(Cell(number(n), number=True) for n in figures)]


def changes_block(before: Results, after: Results) -> Block:
    """What a change changed in the totals."""
    rows = [
        Row(n, "", [Cell(words), Cell(number(was), number=True), Cell(number(now), number=True)])
        for n, (words, was, now) in enumerate(differences(before, after))
    ]
    columns = [Column("what", "Показатель"), Column("was", "Было", number=True), Column("now", "Стало", number=True)]
    return Block("Что изменилось", columns=columns, rows=rows, empty="Итоги прежние, изменилось распределение.")


def map_of(results: Results, behind: Behind) -> RegionMap | None:
    """The territories with their wishes, tinted by the share of them that is in the plan."""
    known = {int(line.key): line for line in results.tables[TERRITORY]}
    grid = region_map.arranged({pk: line.title for pk, line in known.items()})
    if not grid.cells:
        return None
    tiles = [_tile(known[pk], cell, behind(TERRITORY, str(pk))) for pk, cell in grid.cells.items()]
    tiles.sort(key=lambda tile: (tile.row, tile.column))
    lines = max(len(tile.lines) for tile in tiles)
    heads = ("Заявок", "Включено")
    columns = [Column("place", "Территория"), *(Column(head, head, number=True) for head in heads)]
    ranked = sorted(known.values(), key=lambda line: (-line.wishes, line.title))
    return RegionMap(
        "Заявки по территориям",
        f"Схема: {count(len(tiles), 'территория', 'территории', 'территорий')}. Те же показатели в таблице под схемой.",
        grid.columns * WIDTH,
        grid.rows * (LINE * lines + FOOT),
        tiles,
        _SCALE,
        "Плитка открывает спрос и места территории. Размер плитки ничего не значит.",
        columns,
        [Row(int(line.key), behind(TERRITORY, line.key), _cells(line, has_seats=False)) for line in ranked],
        "Сначала — где заявок больше." if len(ranked) > 1 else "",
    )


def _tile(line: Line, cell: tuple[int, int], href: str) -> MapTile:
    share = percent(line.included, line.wishes)
    tint = min(100 * line.included // line.wishes // _STEP, len(_SCALE) - 1) + 1
    spoken = (
        f"{line.title}: {count(line.wishes, 'заявка', 'заявки', 'заявок')}, включено {number(line.included)} ({share})"
    )
    return MapTile(
        *cell, lines_of(line.title), number(line.wishes), f"в плане {number(line.included)}", tint, spoken, href
    )
