"""Rows of the printed «Реестр обученных»: those of the declared registry, for one group or for a registry of an organizer."""

from __future__ import annotations

import datetime as dt
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

from sqlalchemy import select

from app import models as m
from app.clock import today
from app.documents.registries import registry_parts as p
from app.documents.registries.declared import Asked
from app.documents.registries.reading import read_rows
from app.documents.registries.registry import RegistryHeader, TrainedRow, trained_registry
from app.documents.registries.trained import TRAINED
from app.russian import stopped
from app.services.paper.registries import registry_people

_DATES = ("birth_date", "starts_on", "ends_on", "issued_on")
_FIELDS = tuple(name for name in TrainedRow.__dataclass_fields__)


def sheet_of_group(group: m.TrainingGroup) -> tuple[bytes, int]:
    """Return the registry of a group as an Excel file, and how many people are in it."""
    rows, header = registry_of_group(group)
    return _sheet(rows, header), len(rows)


def sheet_of_registry(registry: m.Registry) -> bytes:
    """Return the registry of an organizer as it is printed and signed; it is kept, and journalled when somebody takes it."""
    return _sheet(*registry_of_people(registry))


def _sheet(rows: list[TrainedRow], header: RegistryHeader) -> bytes:
    with tempfile.TemporaryDirectory(prefix="portal-registry-") as folder:
        path = Path(folder) / "registry.xlsx"
        trained_registry(path, rows, header=header)
        return path.read_bytes()


def registry_of_group(group: m.TrainingGroup) -> tuple[list[TrainedRow], RegistryHeader]:
    """Return the trained of a group by name, with the header of the organizer's registry (order § 3.3)."""
    asked = Asked(registry=TRAINED, chosen={"group": group.id}, columns=_FIELDS)
    rows = [_row(asked, values) for values in read_rows(asked, permission="training_group:registry")]
    return rows, _header(group.organizer, group.starts_on, group.ends_on)


def registry_of_people(registry: m.Registry) -> tuple[list[TrainedRow], RegistryHeader]:
    """Return the people of a registry by name, with its header and the notes that stand under the table."""
    own = m.RegistryRow.__table__
    people = select(own.c.enrolment_id).where(own.c.registry_id == registry.id)
    asked = Asked(registry=TRAINED, columns=_FIELDS, only=p.enrolment.c.id.in_(people))
    rows = [_row(asked, values) for values in read_rows(asked, permission="registry:add")]
    header = _header(registry.organizer, registry.period_from, registry.period_to)
    if registry.corrects_id is not None:
        header = replace(header, title=f"Исправленный реестр обученных (к реестру № {registry.corrects_id})")
    return rows, replace(header, notes=_notes(registry))


def _notes(registry: m.Registry) -> tuple[str, ...]:
    told, struck = registry_people.left_out(registry), registry_people.struck(registry)
    notes = []
    if told.total:
        numbers = ", ".join(f"№ {pk}" for pk in told.registries)
        notes.append(f"Не включены, уже переданы в реестрах {numbers}: {_names(told)}.")
    if struck.total:
        notes.append(f"Исключить из реестра № {registry.corrects_id}: {_names(struck)}.")
    return tuple(map(stopped, notes))


def _names(others: registry_people.Others) -> str:
    more = others.total - len(others.shown)
    return "; ".join(it.words for it in others.shown) + (f" и ещё {more}" if more else "")


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
