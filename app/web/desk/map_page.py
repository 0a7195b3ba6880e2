"""The schematic map of the start page: the territories as tiles by the rule of ``services.desk.region_map``, the table behind them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from textwrap import wrap

from app.russian import count, number, percent
from app.services.desk import figure_people as people
from app.services.desk import region_map
from app.services.desk.statistics import Staff
from app.web.desk import charts
from app.web.frame.pages import Column, MapTile, RegionMap

#: five tints by the share in per cent: up to 19, 20–39, …
_STEP = 20
SCALE = ("до 20", "20–39", "40–59", "60–79", "80 и выше, %")
#: characters of a name that fit a line of a tile
_LINE = 14
#: units of a tile: its width, the height of a line, and of the figure with the words below it
WIDTH, LINE, FOOT = 152, 20, 66
_KINDS = (people.TRAINED, people.UNTRAINED, "не обучены")


def map_of(
    figures: Sequence[Staff],
    names: Mapping[int, str],
    *,
    target: int,
    own: bool,
    grown: Mapping[int, str] | None = None,
) -> RegionMap | None:
    """Draw the territories (key → name) with the share of the trained; ``own``: the user sees the figures of some only.

    ``grown``: key → how the number of the trained has changed, in words.
    """
    figures = [replace(f, name=names.get(f.key, f.name)) for f in figures]
    known = {f.key: f for f in figures}
    titles = {**names, **{f.key: f.name for f in figures}}
    grid = region_map.arranged(titles)
    if not grid.cells:
        return None
    tiles = [
        _with_change(_tile(titles[key], cell, known.get(key), own), (grown or {}).get(key, ""))
        for key, cell in grid.cells.items()
    ]
    tiles.sort(key=lambda tile: (tile.row, tile.column))
    lines = max(len(tile.lines) for tile in tiles)
    ranked = charts.by_share(figures, "trained")
    heads = ("Работников", "Обучены", "Не обучены", "Доля")
    return RegionMap(
        "Обучены за три года по территориям",
        f"Схема: {count(len(tiles), 'территория', 'территории', 'территорий')}. Те же показатели в таблице под схемой.",
        grid.columns * WIDTH,
        grid.rows * (LINE * (lines + any(tile.change for tile in tiles)) + FOOT),
        tiles,
        SCALE,
        _note(charts.against(figures, target), own=own, opens=any(tile.href for tile in tiles)),
        [Column("place", charts.TERRITORY), *(Column(head, head, number=True) for head in heads)],
        [charts.share_row(f, some, charts.TERRITORY, _KINDS) for f, some in ranked],
        charts.ORDER if len(ranked) > 1 else "",
    )


def _note(compared: str, *, own: bool, opens: bool) -> str:
    drawn = "Территории стоят по сторонам света в их названиях; размер плитки ничего не значит."
    seen = "Показатели — только вашей территории." if own else ""
    opened = "Плитка открывает тех, кто не обучен." if opens else ""
    return " ".join(filter(None, [compared, seen, opened, drawn]))


def _with_change(tile: MapTile, grown: str) -> MapTile:
    """A tile whose figure is told, with the change of the number of the trained."""
    if not grown or not tile.tint:
        return tile
    return replace(tile, change=f"обучено {grown}", spoken=f"{tile.spoken}; обученных {grown}")


def _tile(name: str, cell: tuple[int, int], f: Staff | None, own: bool) -> MapTile:
    lines = _lines(name)
    if f is None:
        words = "" if own else "нет работников"
        return MapTile(*cell, lines, "", words, 0, f"{name}: {words or 'показателей вам не видно'}")
    rest = charts.rest_of(f.trained, f.people)
    if rest is None or not f.people:
        return MapTile(*cell, lines, "—", "не показано", 0, f"{name}: не показано, иначе можно узнать отдельных людей")
    share = percent(f.trained or 0, f.people)
    tint = min(int(share.split()[0]) // _STEP, len(SCALE) - 1) + 1
    detail, what, found = f"не обучены {number(rest)}", people.UNTRAINED, rest
    if not rest:
        detail, what, found = f"обучены все {number(f.people)}", people.WORKERS, f.people
    spoken = f"{name}: обучены {share}, {detail} из {number(f.people)}" if rest else f"{name}: {detail}"
    href = charts.href_of(what, f.key, charts.TERRITORY, found)
    return MapTile(*cell, lines, share, detail, tint, spoken, href)


def _lines(name: str) -> list[str]:
    """A name in lines of a tile, whole: long words part after their hyphen, the longest are squeezed by the template."""
    return wrap(name, _LINE, break_long_words=False)
