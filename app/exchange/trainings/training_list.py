"""A list of trainings outside the portal: rows of its sheet → plain values, every error by its cell. Pure, as all lists."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.exchange.engine.list_sheet import Fault, Layout, Parsed, ReadList, read_list
from app.exchange.reader import Sheet
from app.exchange.trainings.training_columns import BY_NAME, COLUMNS, FULL_NAME, SNILS, TITLES
from app.rules.past_training import PastTraining, faults_of_training
from app.statuses import PastDocument, ProgramKind

_TEXTS = ("snils", "title", "institution", "city", "hours", "document_number")
_DAYS = ("started_on", "ended_on", "issued_on")


@dataclass(frozen=True, slots=True)
class TrainingValues:
    """What the list says of one training; None is what is left empty or is wrong."""

    snils: str | None
    name: tuple[str, str, str] | None
    title: str | None
    kind: ProgramKind | None
    institution: str | None
    city: str | None
    hours: int | None
    started_on: dt.date | None
    ended_on: dt.date | None
    document_kind: PastDocument
    document_number: str | None
    issued_on: dt.date | None

    def as_json(self) -> dict[str, Any]:
        """The values for JSONB."""
        days = {name: day.isoformat() if (day := getattr(self, name)) else None for name in _DAYS}
        codes = {"kind": self.kind.value if self.kind else None, "document_kind": self.document_kind.value}
        name = list(self.name) if self.name else None
        return {**{name: getattr(self, name) for name in _TEXTS}, **days, **codes, "name": name}

    @classmethod
    def from_json(cls, found: Mapping[str, Any]) -> TrainingValues:
        """The values out of JSONB."""
        days = {name: dt.date.fromisoformat(day) if (day := found.get(name)) else None for name in _DAYS}
        read: dict[str, Any] = {
            "name": tuple(found["name"]) if found.get("name") else None,
            "kind": ProgramKind.of(found["kind"]) if found.get("kind") else None,
            "document_kind": PastDocument.of(found.get("document_kind") or PastDocument.CERTIFICATE),
        }
        return cls(**{**{name: found.get(name) for name in _TEXTS}, **days, **read})


def parse_training_list(
    sheets: Sequence[Sheet], *, today: dt.date, told: Callable[[int], None] = lambda _rows: None
) -> ReadList[TrainingValues]:
    """Find the list among the sheets and read it; raises `FileRejected` when it is not there."""

    def check(parsed: Parsed, fault: Fault) -> None:
        names = ("kind", "hours", "started_on", "ended_on", "document_kind", "issued_on")
        facts = PastTraining(**{name: parsed[name] for name in names})
        for name, sentence in faults_of_training(facts, on=today).items():
            fault(BY_NAME[name], sentence)

    return read_list(sheets, Layout(COLUMNS, TITLES, SNILS, FULL_NAME, "с обучением", check, _values), told=told)


def _values(parsed: Parsed) -> TrainingValues:
    is_diploma = parsed["kind"] == ProgramKind.RETRAINING
    usual = PastDocument.DIPLOMA if is_diploma else PastDocument.CERTIFICATE
    facts = {name: value for name, value in parsed.items() if name != FULL_NAME.name}
    named = {"name": parsed[FULL_NAME.name], "document_kind": parsed["document_kind"] or usual}
    return TrainingValues(**{**facts, **named})
