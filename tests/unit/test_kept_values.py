"""The rows of an uploaded list between the upload and its application: as JSON and back."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

import pytest

from app.exchange.engine.kept_values import from_json, to_json


class Colour(Enum):
    RED = "red"


@dataclass(frozen=True)
class Place:
    position: str
    since: dt.date | None = None


@dataclass(frozen=True)
class Row:
    name: str
    hours: int | None
    born: dt.date | None = None
    colour: Colour = Colour.RED
    places: Mapping[str, Place] = field(default_factory=dict)
    subjects: tuple[str, ...] = ()
    place: Place | None = None


ROWS = {
    "all": Row(
        "Ёлкина",
        16,
        dt.date(2000, 2, 29),
        Colour.RED,
        {"основное": Place("учитель", dt.date(2026, 9, 1))},
        ("Химия", "Физика"),
        Place("методист"),
    ),
    "nothing": Row("", None),
    "zero is said": Row("", 0),
}


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
def test_a_row_comes_back_as_it_was(row: Row) -> None:
    assert from_json(Row, json.loads(json.dumps(to_json(row)))) == row


def test_only_what_is_said_is_kept() -> None:
    assert to_json(Row("Ёлкина", None, dt.date(2000, 2, 29))) == {
        "name": "Ёлкина",
        "born": "2000-02-29",
        "colour": "red",
        "places": {},
        "subjects": [],
    }


@pytest.mark.parametrize("kept", [{"name": "Ёлкина"}, {"name": "Ёлкина", "hours": None}, {"name": "Ёлкина", "gone": 1}])
def test_rows_kept_before_a_field_came_or_went_are_read(kept: dict[str, Any]) -> None:
    assert from_json(Row, kept) == Row("Ёлкина", None)


@pytest.mark.parametrize(("kind", "found"), [(dt.date, "29.02.2000"), (Colour, "blue")])
def test_what_no_version_has_written_is_refused(kind: type[Any], found: str) -> None:
    with pytest.raises(ValueError, match=r"blue|isoformat"):
        from_json(kind, found)
