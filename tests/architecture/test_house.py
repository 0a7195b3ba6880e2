"""Figures of the house that may not get worse (``scripts/figures.py`` prints them all); copies of a decision: ``test_one_place``."""

from __future__ import annotations

import pytest

from scripts import figures

#: lines of a function, its docstring included: 95 of 100 are shorter than the first, all than the second
FUNCTION_P95, FUNCTION_MAX = 22, 50
#: lines of a file, 95 of 100 are shorter; tables and states stand in one file each by the customer's wish
FILE_P95 = 350


def test_functions_are_short() -> None:
    """The longest are named when one is too long."""
    lengths = figures.function_lengths()
    assert len(lengths) > 3000
    assert {name: length for name, length in lengths.items() if length > FUNCTION_MAX} == {}
    assert figures.percentile(list(lengths.values()), 0.95) <= FUNCTION_P95


def test_files_are_short() -> None:
    """A room that gets crowded is divided."""
    measured = [lines for name, lines in figures.file_lengths().items() if name not in figures.LONG_BY_NATURE]
    assert figures.percentile(measured, 0.95) <= FILE_P95


@pytest.mark.parametrize("folder", figures.AREAS)
def test_areas_never_know_each_other_both_ways(folder: str) -> None:
    """The contracts of import-linter say which way; this says it for areas that no contract names yet."""
    assert figures.two_way_pairs(folder) == {}
