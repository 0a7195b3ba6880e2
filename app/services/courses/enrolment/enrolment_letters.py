"""Letters about an enrolment to the person, and notices for the digest to the responsible and the organizer."""

from __future__ import annotations

from collections.abc import Sequence

from app import addresses
from app import models as m
from app.access import unscoped
from app.clock import local
from app.russian import count, format_date, format_datetime
from app.services.courses.enrolment import course_events
from app.services.mailing import letter_kinds, letters
from app.services.personnel.employers import responsible
from app.services.portal import transitions
from app.statuses import EnrolmentStatus


def tell(row: m.Enrolment, group: m.TrainingGroup, kind: str, **facts: str | None) -> None:
    """Write to the person about the enrolment, by the letter of this kind."""
    letters.tell(row.employee, kind, about=row, facts={**letter_kinds.group_facts(group), **facts})


def tell_of(row: m.Enrolment, group: m.TrainingGroup, action: str, **facts: str | None) -> None:
    """Write to the person what was done to the enrolment, by the letter of the edge."""
    tell(row, group, transitions.letter_of(m.Enrolment, action), **facts)


def tell_enrolled(row: m.Enrolment, group: m.TrainingGroup) -> None:
    """Tell the person of a new enrolment, with a seat or in the waiting list."""
    if row.status == EnrolmentStatus.WAITING:
        tell(row, group, "enrolment_waiting")
    else:
        tell(row, group, "enrolment_made", **next_of(row, group))


def next_of(row: m.Enrolment, group: m.TrainingGroup) -> dict[str, str]:
    """Facts about the side that acts next on an enrolment: the organization, the organizer, or the person, on a day; the others empty."""
    status = row.status
    with unscoped("the names of those who decide on an enrolment are told to its person"):
        agrees = row.employment.organization.short_name if status == EnrolmentStatus.APPLIED else ""
        confirms = group.organizer.short_name if status == EnrolmentStatus.AGREED else ""
    comes = format_date(group.starts_on) if status == EnrolmentStatus.CONFIRMED else ""
    return {"согласует": agrees, "подтвердит": confirms, "первый_день": comes}


def tell_confirmed(row: m.Enrolment, group: m.TrainingGroup) -> None:
    """Tell the person that the seat is certain; the dates go along as a file for the calendar."""
    first = course_events.first_words(course_events.first_meeting(group.id))
    facts = {**letter_kinds.group_facts(group), "первое_занятие": first}
    kind = transitions.letter_of(m.Enrolment, "confirm")
    letters.tell(row.employee, kind, about=row, facts=facts, calendar=course_events.file_of(row))


def tell_moved_up(row: m.Enrolment, group: m.TrainingGroup) -> None:
    """Tell the person that the seat that became free is theirs, or is kept for them until a moment."""
    if row.offer_until is None:
        tell_of(row, group, "promote", **next_of(row, group))
        return
    until = format_datetime(local(row.offer_until))
    tell_of(row, group, "offer", держится_до=until)
    note_responsible(row, "offered_for_school", group, держится_до=until)


def tell_let_pass(row: m.Enrolment, group: m.TrainingGroup) -> None:
    """Tell the person that an offered seat was not taken in time."""
    if row.status == EnrolmentStatus.WAITING:
        tell_of(row, group, "let_pass")
    else:
        tell(row, group, "enrolment_closed", причина=row.reason_text)


def freed_words(block: m.VoucherBlock | None) -> str:
    """Name of a block that has become free; empty for none."""
    return block.title.lower() if block is not None else ""


# --- notices for the digest ------------------------------------------------------------------------------------------


def note_new(rows: Sequence[m.Enrolment], group: m.TrainingGroup) -> None:
    """Note the enrolments that wait for somebody: to agree for the responsible, to confirm for the organizer."""
    by_place: dict[int, list[m.Enrolment]] = {}
    for row in rows:
        if row.status == EnrolmentStatus.APPLIED:
            by_place.setdefault(row.employment.organization_id, []).append(row)
    for organization_id, found in sorted(by_place.items()):
        told = responsible.of_organization(organization_id)
        letters.note(told, "to_agree", facts=_facts(found, group), href=_href(found, group))
    agreed = [row for row in rows if row.status == EnrolmentStatus.AGREED]
    if agreed:
        note_organizer(agreed, group, "to_confirm")


def note_organizer(rows: Sequence[m.Enrolment], group: m.TrainingGroup, kind: str) -> None:
    """Note to the organizer's staff what became of enrolments in their group."""
    told = responsible.of_organizer(group.organizer_id)
    letters.note(told, kind, facts=_facts(rows, group), href=_href(rows, group))


def note_responsible(row: m.Enrolment, kind: str, group: m.TrainingGroup, **facts: str) -> None:
    """Note to the responsible of the person's organization what happened to the person."""
    told = responsible.of_organization(row.employment.organization_id)
    letters.note(told, kind, facts={**_facts([row], group), **facts}, href=_href([row], group))


def _facts(rows: Sequence[m.Enrolment], group: m.TrainingGroup) -> dict[str, str]:
    return {"кто": _who(rows), "группа": group.number, "программа": group.program.title}


def _who(rows: Sequence[m.Enrolment]) -> str:
    if len(rows) == 1:
        return str(rows[0].employee.short_name)
    return count(len(rows), "человек", "человека", "человек")


def _href(rows: Sequence[m.Enrolment], group: m.TrainingGroup) -> str:
    if len(rows) == 1:
        return addresses.card("enrolment", rows[0].id)
    return addresses.listing("enrolment", group=group.id, status=rows[0].status.value)
