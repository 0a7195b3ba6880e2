"""Facts of a document on training, the snapshot of these facts, and the words in which they are printed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Self

from app import russian
from app.documents.docx.print_look import WHOLE_PAGE, PrintLook
from app.documents.docx.stamp import WORDS, stamped
from app.documents.qr import qr_png
from app.documents.templates.templates import render_docx
from app.errors import Invalid
from app.russian import capitalized
from app.statuses import CertificateKind, CertificateStatus, EnrolmentStatus, ProgramKind, Sex

#: Lengths in characters from which a text is printed in the middle and in the small size, so that it keeps its page.
PROGRAM_LENGTHS = (95, 175)
ORGANIZATION_LENGTHS = (110, 190)
NAME_LENGTHS = (22, 34)
QUALIFICATION_LENGTHS = (60, 140)
SNAPSHOT_VERSION = 2
#: versions that can still be printed: what they do not know has a default
READABLE_VERSIONS = frozenset({1, SNAPSHOT_VERSION})
_DATES = ("issued_on", "starts_on", "ends_on")
_PROGRAM_WORDS = {
    ProgramKind.ADVANCED: "повышения квалификации",
    ProgramKind.RETRAINING: "профессиональной переподготовки",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateFacts:
    """Everything that one удостоверение, диплом or справка says (письмо Минобрнауки от 21.02.2014 № АК-316/06).

    ``organization`` is the full name; ``head_name`` and ``secretary`` are written as signed («М. П. Иванова»), without
    a secretary the line stays to be filled by hand; ``blank`` is the series and number of the blank, empty for plain
    paper; ``full_name_dative`` overrides the declined name («Ивановой Марии Петровне»), empty to decline it here.
    ``decided_on`` and ``protocol`` are the commission's decision or the day of leaving, ``outcome`` how the course ended.
    """

    kind: CertificateKind
    number: str
    issued_on: dt.date
    last_name: str
    first_name: str
    patronymic: str
    sex: Sex
    organization: str
    city: str
    program: str
    hours: int
    starts_on: dt.date
    ends_on: dt.date
    head_name: str
    head_title: str = "Руководитель"
    secretary: str = ""
    check_url: str
    blank: str = ""
    full_name_dative: str = ""
    program_kind: ProgramKind = ProgramKind.ADVANCED
    qualification: str = ""
    decided_on: dt.date | None = None
    protocol: str = ""
    outcome: EnrolmentStatus = EnrolmentStatus.TRAINED
    duplicate: bool = False

    def to_snapshot(self) -> dict[str, str | int | None]:
        """Return the facts as JSON values; the dative name is kept as printed, so a reprint years later is the same."""
        values: dict[str, str | int | None] = {"version": SNAPSHOT_VERSION}
        for field in fields(self):
            value = getattr(self, field.name)
            values[field.name] = value.isoformat() if isinstance(value, dt.date) else _plain(value)
        values["full_name_dative"] = dative_name(self)
        return values

    @classmethod
    def from_snapshot(cls, values: Mapping[str, Any]) -> Self:
        """Return the facts of a snapshot; raises Invalid when it is damaged or was written by another version."""
        if values.get("version") not in READABLE_VERSIONS:
            raise Invalid("Снимок документа записан другой версией портала. Обновите портал и повторите печать.")
        known = {field.name: values[field.name] for field in fields(cls) if field.name in values}
        try:
            for name in _DATES:
                known[name] = dt.date.fromisoformat(known[name])
            if known.get("decided_on"):
                known["decided_on"] = dt.date.fromisoformat(known["decided_on"])
            for name, codes in _CODED.items():
                if name in known:
                    known[name] = codes._value2member_map_[known[name]]
            return cls(**known)
        except (LookupError, TypeError, ValueError) as error:
            raise Invalid("Снимок документа повреждён, напечатать его нельзя. Сообщите оператору портала.") from error


#: facts kept by their codes
_CODED = {"kind": CertificateKind, "sex": Sex, "program_kind": ProgramKind, "outcome": EnrolmentStatus}


def _plain(value: str | int | None) -> str | int | None:
    """Return a bare str for an enum member, anything else as it is."""
    return str(value) if isinstance(value, str) else value


def dative_name(facts: CertificateFacts) -> str:
    """Return the full name in the dative case: the one given, else declined by the rules of Russian."""
    sex: russian.Sex = "female" if facts.sex == Sex.FEMALE else "male"
    return facts.full_name_dative or russian.decline_name(
        facts.last_name, facts.first_name, facts.patronymic, case="dative", sex=sex
    )


def certificate_context(facts: CertificateFacts) -> dict[str, Any]:
    """Return the plain values that the templates of all papers print; raises Invalid when the dates contradict."""
    if facts.ends_on < facts.starts_on:
        raise Invalid("Обучение закончилось раньше, чем началось. Исправьте даты учебной группы и повторите печать.")
    given_names = f"{facts.first_name} {facts.patronymic}".strip()
    female = facts.sex == Sex.FEMALE
    return {
        "organization": facts.organization,
        "organization_heading": capitalized(facts.organization),
        "organization_length": size_step(len(facts.organization), ORGANIZATION_LENGTHS),
        "city": facts.city,
        "number": facts.number,
        "blank": facts.blank,
        "issued_on": russian.long_date(facts.issued_on),
        "last_name": facts.last_name,
        "given_names": given_names,
        "name_length": size_step(max(len(facts.last_name), len(given_names)), NAME_LENGTHS),
        "full_name_dative": dative_name(facts),
        "passed": "прошла" if female else "прошёл",
        "studied": "обучалась" if female else "обучался",
        "pronoun": "она" if female else "он",
        "period": russian.period(facts.starts_on, facts.ends_on),
        "program": russian.quoted(facts.program),
        "program_length": size_step(len(facts.program), PROGRAM_LENGTHS),
        "program_kind": _PROGRAM_WORDS[facts.program_kind],
        "hours": hours_in_genitive(facts.hours),
        "hours_count": russian.count(facts.hours, "час", "часа", "часов"),
        "qualification": russian.quoted(facts.qualification),
        "qualification_length": size_step(len(facts.qualification), QUALIFICATION_LENGTHS),
        "decided_on": russian.long_date(facts.decided_on) if facts.decided_on else "",
        "protocol": facts.protocol,
        "outcome": outcome_words(facts),
        "duplicate": facts.duplicate,
        "head_title": facts.head_title or "Руководитель",
        "head_name": facts.head_name,
        "secretary": facts.secretary,
        "check_url": facts.check_url,
    }


def outcome_words(facts: CertificateFacts) -> str:
    """Return how the course ended for a listener who has only studied for a time («Отчислена 10 февраля 2026 г.»), else nothing."""
    female, day = facts.sex == Sex.FEMALE, russian.long_date(facts.decided_on) if facts.decided_on else ""
    if facts.outcome == EnrolmentStatus.EXPELLED:
        return " ".join(filter(None, ("Отчислена" if female else "Отчислен", day))).removesuffix(".") + "."
    if facts.outcome == EnrolmentStatus.FAILED:
        return f"Итоговую аттестацию не {'прошла' if female else 'прошёл'}."
    return ""


def size_step(length: int, limits: tuple[int, int]) -> int:
    """Return 0, 1 or 2: the normal, the middle or the small size for a text of this length."""
    return sum(length > limit for limit in limits)


def hours_in_genitive(hours: int) -> str:
    """Return «72 часов», «21 часа», the words after «в объёме»; empty for no hours, which the manifest then refuses."""
    if hours <= 0:
        return ""
    one = hours % 10 == 1 and hours % 100 != 11
    return f"{hours}\u00a0{'часа' if one else 'часов'}"


def render_certificate(
    facts: CertificateFacts,
    *,
    template: bytes | None = None,
    look: PrintLook = WHOLE_PAGE,
    status: CertificateStatus = CertificateStatus.ISSUED,
) -> bytes:
    """Return the DOCX of a document by ``template``, else by the portal's own; one not in force says so across each page.

    Raises Invalid when a fact is missing or its kind has no template.
    """
    picture = qr_png(facts.check_url)
    paper = render_docx(facts.kind.value, certificate_context(facts), picture=picture, template=template, look=look)
    return stamped(paper, WORDS[status]) if status in WORDS else paper
