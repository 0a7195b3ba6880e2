"""A list of trainings outside the portal: rows of its sheet → plain values; every error names its cell. Pure, as all lists."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from app.exchange.engine.list_sheet import Fault, Layout, Parsed, ReadList, read_list
from app.exchange.reader import Sheet
from app.exchange.trainings.training_columns import BY_NAME, COLUMNS, FULL_NAME, SNILS, TITLES
from app.rules.past_training import PastTraining, faults_of_training
from app.statuses import PastDocument, ProgramKind


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
