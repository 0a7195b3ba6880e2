"""Rows of the printed «Реестр обученных»: those of the declared registry, for one group or for a period of an organizer."""

from __future__ import annotations

import datetime as dt
from typing import Any

from app import models as m
from app.clock import today
from app.documents.registries.declared import Asked
from app.documents.registries.reading import read_rows
from app.documents.registries.trained import TRAINED
from app.documents.registry import RegistryHeader, TrainedRow

_DATES = ("birth_date", "starts_on", "ends_on", "issued_on")
_FIELDS = tuple(name for name in TrainedRow.__dataclass_fields__)


def registry_of_group(group: m.TrainingGroup) -> tuple[list[TrainedRow], RegistryHeader]:
    """Return the trained of a group by name, with the header of the organizer's registry (order § 3.3)."""
    asked = Asked(registry=TRAINED, chosen={"group": group.id}, columns=_FIELDS)
    rows = [_row(asked, values) for values in read_rows(asked, permission="training_group:registry")]
    return rows, _header(group.organizer, group.starts_on, group.ends_on)


def registry_of_period(
    organizer: m.Organization, since: dt.date, until: dt.date, *, most: int
) -> tuple[list[TrainedRow], RegistryHeader]:
    """Return those whose training at the organizer ended within the days, at most ``most`` + 1 of them, and the header."""
    asked = Asked(registry=TRAINED, since=since, until=until, chosen={"organizer": organizer.id}, columns=_FIELDS)
    rows = [_row(asked, values) for values in read_rows(asked, limit=most + 1, permission="registry:add")]
    return rows, _header(organizer, since, until)


def _row(asked: Asked, values: Any) -> TrainedRow:
    names = [column.name for column in asked.registry.chosen_columns(asked.columns)]
    found: dict[str, Any] = {n: v if v is not None or n in _DATES else "" for n, v in zip(names, values, strict=True)}
    return TrainedRow(**found)


def _header(organizer: m.Organization, since: dt.date, until: dt.date) -> RegistryHeader:
    return RegistryHeader(
        organization=organizer.full_name,
        starts_on=since,
        ends_on=until,
        head_title=organizer.head_position or "Руководитель",
        head_name=organizer.head_name or "",
        formed_on=today(),
    )
