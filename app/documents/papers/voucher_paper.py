"""The printed voucher (чек): the facts of its rows on the day of printing, in the words in which they are printed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from app import addresses
from app import models as m
from app.clock import today
from app.documents.papers.certificate import NAME_LENGTHS, size_step
from app.documents.qr import qr_png
from app.documents.templates.in_force import print_paper
from app.errors import Conflict
from app.russian import NBSP, capitalized, format_date, long_date, quoted
from app.services.portal import settings
from app.services.voucher.voucher_story import BlockStory, VoucherStory
from app.statuses import BlockStatus, VoucherStatus

#: an annulled or a replaced чек gives no right: its paper would mislead
_PRINTED = frozenset({VoucherStatus.ACTIVE, VoucherStatus.USED, VoucherStatus.EXPIRED})


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockLine:
    """A block on the paper: ``detail`` is what it is or was spent on."""

    title: str
    hours: str
    state: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VoucherPaper:
    """Everything that the paper says; texts are printed as they are, empty where unknown."""

    number: str
    ministry: str
    operator: str
    last_name: str
    given_names: str
    snils: str
    place: str
    rule: str
    issued_on: dt.date
    valid_until: dt.date
    in_place_of: str
    state: str
    blocks: Sequence[BlockLine]
    printed_on: dt.date
    check_url: str


def may_print(status: VoucherStatus) -> bool:
    """Whether a чек in this status has a paper."""
    return status in _PRINTED


def insist_printed(row: m.Voucher) -> None:
    """Raise Conflict for a чек whose paper would mislead."""
    if not may_print(row.status):
        raise Conflict(
            f"Чек № {row.number} не печатается: его состояние — «{row.status.label}». Если он заменён, откройте и "
            "напечатайте новый."
        )


def paper_of(story: VoucherStory, *, check_base: str) -> VoucherPaper:
    """Return the facts of the paper; ``check_base`` is the address before ``/verify/voucher/<code>``."""
    row, person = story.voucher, story.voucher.employee
    place = ", ".join(filter(None, (story.position, story.organization)))
    return VoucherPaper(
        number=row.number,
        ministry=settings.text("ministry_name"),
        operator=settings.text("operator_name"),
        last_name=person.last_name,
        given_names=" ".join(filter(None, (person.first_name, person.patronymic))),
        snils=story.snils,
        place=place,
        rule=row.rule.title,
        issued_on=row.issued_on,
        valid_until=row.valid_until,
        in_place_of=story.former.number if story.former else "",
        state=story.state.label,
        blocks=[_line(block) for block in story.blocks],
        printed_on=today(),
        check_url=f"{check_base}{addresses.at('verify', 'voucher', row.check_code)}",
    )


def _line(block: BlockStory) -> BlockLine:
    course, detail = block.course, "можно выбрать программу" if block.status == BlockStatus.FREE else ""
    if course is not None:
        days = f"{NBSP}–{NBSP}".join(format_date(day) for day in (course.starts_on, course.ends_on) if day)
        document = f"документ №{NBSP}{course.certificate}" if course.certificate else ""
        detail = ", ".join(filter(None, (quoted(course.program), course.organizer, days, document)))
    return BlockLine(title=block.title, hours=block.hours, state=block.status.label, detail=detail)


def voucher_context(paper: VoucherPaper) -> dict[str, Any]:
    """Return the plain values that the template prints."""
    return {
        "ministry": capitalized(paper.ministry),
        "operator": paper.operator,
        "number": paper.number.replace(" ", NBSP),
        "last_name": paper.last_name,
        "given_names": paper.given_names,
        "name_length": size_step(max(len(paper.last_name), len(paper.given_names)), NAME_LENGTHS),
        "snils": paper.snils.replace(" ", NBSP),
        "place": paper.place,
        "rule": quoted(paper.rule),
        "issued_on": long_date(paper.issued_on),
        "valid_until": long_date(paper.valid_until),
        "in_place_of": paper.in_place_of,
        "state": paper.state.lower(),
        "blocks": [
            {"title": line.title, "hours": line.hours, "state": line.state, "detail": line.detail}
            for line in paper.blocks
        ],
        "printed_on": long_date(paper.printed_on),
        "check_url": paper.check_url,
    }


def render_voucher(paper: VoucherPaper) -> bytes:
    """Return the DOCX of a чек; raises Invalid when a fact is missing."""
    return print_paper("voucher", voucher_context(paper), organizer_id=None, picture=qr_png(paper.check_url))
