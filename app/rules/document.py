"""Which document on training may be issued, and with which date."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol, TypeVar

from app.rules.decision import ALLOWED, Decision, first_refusal, refuse
from app.russian import format_date
from app.statuses import FINAL_DOCUMENTS, UNSUCCESSFUL, CertificateKind, CertificateStatus, EnrolmentStatus, ProgramKind

#: document on qualification that a kind of program ends with (273-ФЗ ст. 60 ч. 10)
DOCUMENT_OF: dict[ProgramKind, CertificateKind] = {
    ProgramKind.ADVANCED: CertificateKind.CERTIFICATE,
    ProgramKind.RETRAINING: CertificateKind.DIPLOMA,
}
#: documents for which blanks are kept; a справка is printed on plain paper
ON_BLANKS: tuple[CertificateKind, ...] = tuple(DOCUMENT_OF.values())
#: what stands before the organizer's number: each kind counts for itself, so its numbers must differ from those of the others
NUMBER_PREFIX: dict[CertificateKind, str] = {
    CertificateKind.CERTIFICATE: "",
    CertificateKind.DIPLOMA: "Д-",
    CertificateKind.TRAINING_NOTE: "С-",
    CertificateKind.STUDY_PERIOD_NOTE: "СП-",
}


class _Paper(Protocol):
    kind: CertificateKind
    status: CertificateStatus


P = TypeVar("P", bound=_Paper)


def main_document(papers: Iterable[P]) -> P | None:
    """Return the document on qualification in force, None without one: a справка, however late, does not take its place."""
    return next((it for it in papers if it.status == CertificateStatus.ISSUED and it.kind in FINAL_DOCUMENTS), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """A listener's end of a course."""

    status: EnrolmentStatus
    program_kind: ProgramKind
    ends_on: dt.date


def may_issue_certificate(outcome: Outcome, kind: CertificateKind, *, issued_on: dt.date, on: dt.date) -> Decision:
    """Decide on a document dated ``issued_on``; ``on`` is the day of the decision (273-ФЗ ст. 60 ч. 3, 10, 12)."""
    return first_refusal(kind_fits(outcome, kind), _date_fits(outcome, issued_on, on))


def kind_fits(outcome: Outcome, kind: CertificateKind) -> Decision:
    """Decide whether a listener with this outcome has a document of this kind at all, whatever its day."""
    if kind == CertificateKind.STUDY_PERIOD_NOTE:
        if outcome.status in UNSUCCESSFUL:
            return ALLOWED
        return refuse(
            "Справка о периоде обучения выдаётся тем, кто не прошёл итоговую аттестацию или отчислен. "
            f"Состояние этой записи — «{outcome.status.label}»."
        )
    if outcome.status != EnrolmentStatus.TRAINED:
        return refuse(
            "Документ выдаётся тем, кто обучен и прошёл итоговую аттестацию, а состояние этой записи — "
            f"«{outcome.status.label}». Сначала внесите итог обучения."
        )
    if kind not in (DOCUMENT_OF[outcome.program_kind], CertificateKind.TRAINING_NOTE):
        right = DOCUMENT_OF[outcome.program_kind].label
        return refuse(f"Программа «{outcome.program_kind.label}» заканчивается другим документом: {right}.")
    return ALLOWED


def _date_fits(outcome: Outcome, issued_on: dt.date, on: dt.date) -> Decision:
    if issued_on < outcome.ends_on:
        return refuse(
            f"Дата выдачи не может быть раньше окончания занятий: они заканчиваются {format_date(outcome.ends_on)}."
        )
    if issued_on > on:
        return refuse(f"Дата выдачи не может быть позже сегодняшней: сегодня {format_date(on)}.")
    return ALLOWED
