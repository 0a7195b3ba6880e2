"""The words of an order (приказ) of enrolment or expulsion, printed from the snapshot stored at issue."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from app.documents.papers.certificate import hours_in_genitive
from app.documents.templates.in_force import print_kept
from app.errors import Invalid
from app.russian import capitalized, count, long_date, period, quoted, unbroken
from app.services.paper.orders.training_orders import SNAPSHOT_VERSION
from app.statuses import OrderKind

#: kind of an order → code of its template in the manifest
TEMPLATE = {OrderKind.ENROLMENT: "order_enrolment", OrderKind.EXPULSION: "order_expulsion"}
_DAMAGED = "Снимок приказа повреждён, напечатать его нельзя. Сообщите оператору портала."


def template_of(snapshot: Mapping[str, Any]) -> str:
    """Return the code of the template of a snapshot; raises Invalid when it is damaged or was written by another version."""
    if snapshot.get("version") != SNAPSHOT_VERSION:
        raise Invalid("Снимок приказа записан другой версией портала. Обновите портал и повторите печать.")
    kind = next((kind for kind in OrderKind if kind.value == snapshot.get("kind")), None)
    if kind is None:
        raise Invalid(_DAMAGED)
    return TEMPLATE[kind]


def order_context(snapshot: Mapping[str, Any]) -> dict[str, Any]:
    """Return the plain values that the templates print; raises Invalid for a damaged snapshot."""
    try:
        organization, dates = str(snapshot["organization"]), (_day(snapshot["starts_on"]), _day(snapshot["ends_on"]))
        return {
            "organization_heading": capitalized(organization),
            "city": snapshot["city"],
            "number": snapshot["number"],
            "ordered_on": long_date(_day(snapshot["ordered_on"])),
            "program": quoted(snapshot["program"]),
            "program_kind": snapshot["program_kind"],
            "hours": hours_in_genitive(snapshot["hours"]),
            "hours_nominative": count(snapshot["hours"], "час", "часа", "часов"),
            "form": snapshot["form"],
            "group": unbroken(snapshot["group"]),
            "period": period(*dates),
            "basis": snapshot["basis"].rstrip("."),
            "replaces": ", ".join(snapshot["replaces"]),
            "head_title": snapshot["head_title"],
            "head_name": snapshot["head_name"],
            "parts": [_part(number, part) for number, part in enumerate(snapshot["parts"], 1)],
            "last_number": len(snapshot["parts"]) + 1,
            "replaces_number": len(snapshot["parts"]) + 2,
        }
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        raise Invalid(_DAMAGED) from error


def _part(number: int, part: Mapping[str, Any]) -> dict[str, Any]:
    people = [
        {"number": place, "name": person["name"], "place": person["place"], "reason": person["reason"].rstrip(".")}
        for place, person in enumerate(part["people"], 1)
    ]
    return {"number": number, "ground": part["ground"], "people": people}


def _day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


def template_version(snapshot: Mapping[str, Any]) -> str:
    """Return the SHA-256 of the template of the day of issue; empty for an order issued before it was kept."""
    return str(snapshot.get("template_version") or "")


def render_order(snapshot: Mapping[str, Any], *, organizer_id: int) -> bytes:
    """Return the DOCX of an order by the template kept with it; the same snapshot gives the same bytes."""
    version = template_version(snapshot)
    return print_kept(template_of(snapshot), order_context(snapshot), version=version, organizer_id=organizer_id)
