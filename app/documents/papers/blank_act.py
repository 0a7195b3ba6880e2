"""The act that writes off spoiled blanks (акт списания испорченных бланков): its facts as plain values for the template."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from app import models as m
from app import russian
from app.documents.templates.in_force import print_paper
from app.russian import capitalized


def render_blank_act(act: m.BlankAct, blanks: Sequence[m.Blank]) -> bytes:
    """Return the DOCX of an act with its blanks in their order; raises Invalid when a printed fact is missing."""
    return print_paper("blank_act", blank_act_context(act, blanks), organizer_id=act.organizer_id)


def blank_act_context(act: m.BlankAct, blanks: Sequence[m.Blank]) -> dict[str, Any]:
    """Return the values of the template: the organization, the commission, a row per blank, how many there are."""
    organizer = act.organizer
    return {
        "organization_heading": capitalized(organizer.full_name),
        "city": organizer.city or "",
        "head_title": organizer.head_position or "Руководитель",
        "head_name": russian.as_signed(organizer.head_name),
        "number": act.number,
        "acted_on": russian.long_date(act.acted_on),
        "reason": _inside(act.reason.rstrip(" .")),
        "members": _members((act.commission or "").splitlines()),
        "rows": [
            {
                "n": str(place),
                "kind": blank.kind.label,
                "series": blank.series,
                "number": blank.number,
                "reason": blank.reason_text or act.reason,
            }
            for place, blank in enumerate(blanks, start=1)
        ],
        "total": russian.count(len(blanks), "бланк", "бланка", "бланков"),
    }


def _members(lines: Sequence[str]) -> list[dict[str, str]]:
    """Members of the commission: «методист, Петрова А. И.» is the post and the name; the first one is the chairman."""
    found = []
    for place, line in enumerate(lines):
        post, _, name = line.rpartition(",")
        found.append(
            {
                "role": "Член комиссии" if place else "Председатель комиссии",
                "post": post.strip(),
                "name": name.strip().replace(". ", ".\u00a0"),
                "end": "," if place == len(lines) - 1 else ";",
            }
        )
    return found


def _inside(sentence: str) -> str:
    """A sentence as it goes on after a colon; an abbreviation keeps its capitals."""
    return sentence if sentence[1:2].isupper() else sentence[:1].lower() + sentence[1:]
