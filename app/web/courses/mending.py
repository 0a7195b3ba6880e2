"""Facts that a listener's card lacks for the document: where they are entered, and the block that says so on an enrolment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from app import addresses
from app import models as m
from app.access import current_actor
from app.documents.frdo import frdo_before
from app.documents.frdo.frdo_before import Lack
from app.documents.frdo.frdo_check import Fault
from app.documents.frdo.frdo_columns import COLUMNS
from app.services.courses.group import attendance
from app.services.paper.issuing.mend_requests import Asked
from app.statuses import EnrolmentStatus
from app.web.frame.pages import Block, Button, Cell
from app.web.frame.parts import Part

#: cards that the organization of a listener keeps
OF_PERSON = ("employee", "qualification")
#: column of ФИС ФРДО → field of the card's form
_FIELDS: Mapping[int, str] = {
    15: "level", 16: "last_name", 17: "series", 18: "number",
    22: "last_name", 23: "first_name", 24: "patronymic", 25: "birth_date", 26: "sex", 27: "snils", 31: "citizenship",
}  # fmt: skip
_OF_DIPLOMA = range(15, 19)
_NUMBERS = {column.title: column.number for column in COLUMNS}
_ASK = "Написать ответственным организаций, каких сведений не хватает в карточках их работников?"


def field_href(fault: Fault) -> str:
    """The field in which a fault is mended: of the card's form, or the form of a new diploma where there is none."""
    number = _NUMBERS[fault.column]
    anchor = f"#{_FIELDS[number]}" if number in _FIELDS else ""
    if fault.card == "employee" and number in _OF_DIPLOMA:
        return f"{addresses.form('qualification', employee=fault.card_id)}{anchor}"
    return f"{addresses.at(fault.card, 'edit', fault.card_id)}{anchor}"


def lacks_of(group: m.TrainingGroup) -> list[Lack]:
    """What the cards of listeners lack for their documents, for who issues these."""
    if not current_actor().can("certificate:issue") or not attendance.keeps_journal(group):
        return []
    return [lack for lack in frdo_before.lacks_of(group) if of_card(lack)]


def of_card(lack: Lack | None) -> list[str]:
    """The sentences about the cards that the organization of the person keeps."""
    return list(dict.fromkeys(fault.sentence for fault in lack.faults if fault.card in OF_PERSON)) if lack else []


def asked_of(lacks: Sequence[Lack]) -> dict[int, list[Asked]]:
    """Organization → what it is asked to mend, each with the field of the first fault."""
    wanted: dict[int, list[Asked]] = {}
    for lack in lacks:
        faults = [fault for fault in lack.faults if fault.card in OF_PERSON]
        if faults and lack.organization_id is not None:
            asked = Asked(lack.employee_id, lack.name, of_card(lack), field_href(faults[0]))
            wanted.setdefault(lack.organization_id, []).append(asked)
    return wanted


def ask_button(group: m.TrainingGroup, back: str | None = None) -> Button:
    """«Попросить исправить»; ``back``: it stands on the group's page."""
    href = addresses.at("training_group", "mend", group.id, back=back)
    return Button("Попросить исправить", href, post=True, confirm=_ASK)


class EnrolmentLacks(Part):
    """On the card of an enrolment: what the person's card lacks for the document, while there is time to mend it."""

    def lead(self, row: m.Enrolment) -> list[Block]:
        """For who will issue the document."""
        if row.status not in (EnrolmentStatus.AGREED, EnrolmentStatus.CONFIRMED):
            return []
        found = next((lack for lack in lacks_of(row.group) if lack.enrolment_id == row.id), None)
        if found is None:
            return []
        return [
            Block(
                "Не хватает сведений для документа",
                events=[Cell(sentence, tone="wait") for sentence in of_card(found)],
                buttons=[ask_button(row.group, back="people")],
                note="Исправляет организация, где человек работает.",
                tone="wait",
            )
        ]
