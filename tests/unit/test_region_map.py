"""The rule by which territories stand on the map: sides of the world in their names, then the middle; one for each cell."""

from __future__ import annotations

import random

import pytest

from app.services.portal.region_map import MOST_COLUMNS, arranged

COMPASS = {
    1: "Северо-Западное управление", 2: "Северное управление", 3: "Северо-Восточное управление",
    4: "Западное управление", 5: "Центральное управление", 6: "Восточное управление",
    7: "Юго-Западное управление", 8: "Южное управление", 9: "Юго-Восточное управление",
}  # fmt: skip


def test_sides_of_the_world_take_their_cells() -> None:
    grid = arranged(COMPASS)
    assert (grid.columns, grid.rows) == (3, 3)
    assert grid.cells == {key: ((key - 1) % 3, (key - 1) // 3) for key in COMPASS}


def test_a_name_without_a_side_takes_the_free_cell_nearest_to_the_middle() -> None:
    named = {key: name for key, name in COMPASS.items() if key != 4}
    assert arranged({**named, 20: "Кинельское управление"}).cells[20] == (0, 1)


@pytest.mark.parametrize("number", [0, 1, 2, 4, 5, 15, 40])
def test_each_territory_has_a_cell_of_its_own(number: int) -> None:
    """The order in which the rows come changes nothing."""
    names = {key: f"Округ {key}" for key in range(1, number + 1)}
    grid = arranged(names)
    assert len(set(grid.cells.values())) == number
    assert all(0 <= x < grid.columns <= MOST_COLUMNS and 0 <= y < grid.rows for x, y in grid.cells.values())
    assert grid.columns * grid.rows < number + MOST_COLUMNS
    shuffled = list(names.items())
    random.Random(1).shuffle(shuffled)
    assert arranged(dict(shuffled)).cells == grid.cells


def test_equal_names_and_strange_ones() -> None:
    grid = arranged({1: "Южное", 2: "Южное", 3: "", 4: "юг" * 40})
    assert len(set(grid.cells.values())) == 4
