"""Whether a person may apply for a voucher (Именной образовательный чек), and from which day (order § 1.3–1.4)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass

from app.rules.decision import ALLOWED, Decision, add_months, first_refusal, months_in_words, refuse
from app.russian import format_date, quoted
from app.statuses import Ownership, PositionKind


@dataclass(frozen=True, slots=True, kw_only=True)
class VoucherTerms:
    """What a version of the voucher rule demands."""

    period_months: int
    requires_confirmed_workplace: bool
    position_kinds: Collection[str]
    ownerships: Collection[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Applicant:
    """What is known of a person and of the place of work that the application rests on."""

    snils: str | None
    position: str
    position_kind: PositionKind
    position_eligible: bool
    organization: str
    ownership: Ownership
    workplace_confirmed: bool
    live_application: bool = False
    active_voucher: str | None = None
    active_until: dt.date | None = None
    last_issued_on: dt.date | None = None


def may_apply_for_voucher(applicant: Applicant, terms: VoucherTerms, *, on: dt.date) -> Decision:
    """Decide on an application for a чек made ``on`` a day (приказ № 52-од, п. 1.1–1.2; Порядок, п. 2.7, 3.5)."""
    return first_refusal(*conditions_for_voucher(applicant, terms, on=on).values())


def conditions_for_voucher(applicant: Applicant, terms: VoucherTerms, *, on: dt.date) -> dict[str, Decision]:
    """Return every condition by itself, in the order in which they are told: what the person who decides sees line by line."""
    return {
        "position": _has_position(applicant, terms),
        "ownership": _has_organization(applicant, terms),
        "snils": _has_snils(applicant),
        "workplace": _has_confirmed_place(applicant, terms),
        "application": _has_no_other_application(applicant),
        "voucher": _has_no_other_voucher(applicant, terms),
        "period": _period_is_over(applicant.last_issued_on, terms.period_months, on),
    }


def _has_position(applicant: Applicant, terms: VoucherTerms) -> Decision:
    if not applicant.position_eligible or applicant.position_kind not in terms.position_kinds:
        return refuse(
            f"Чек положен педагогическим работникам и руководителям, а должность {quoted(applicant.position)} "
            "к ним не относится. Если должность в карточке указана неверно, исправьте её."
        )
    return ALLOWED


def _has_organization(applicant: Applicant, terms: VoucherTerms) -> Decision:
    if applicant.ownership not in terms.ownerships:
        return refuse(
            f"Чек положен работникам государственных организаций области и муниципальных организаций, а организация "
            f"{quoted(applicant.organization)} — {applicant.ownership.label}. "
            "Если место работы указано неверно, исправьте его."
        )
    return ALLOWED


def _has_snils(applicant: Applicant) -> Decision:
    if not applicant.snils:
        return refuse("В карточке нет СНИЛС, без него чек не выдаётся. Впишите СНИЛС в карточку работника.")
    return ALLOWED


def _has_confirmed_place(applicant: Applicant, terms: VoucherTerms) -> Decision:
    if terms.requires_confirmed_workplace and not applicant.workplace_confirmed:
        return refuse(
            f"Место работы {quoted(f'{applicant.position}, {applicant.organization}')} ещё не подтверждено. Чек выдаётся, когда "
            "Оператор АИС подтвердит его в карточке работника."
        )
    return ALLOWED


def _has_no_other_application(applicant: Applicant) -> Decision:
    if applicant.live_application:
        return refuse("Заявка на чек уже подана и ещё не рассмотрена. Дождитесь решения или отзовите её.")
    return ALLOWED


def _has_no_other_voucher(applicant: Applicant, terms: VoucherTerms) -> Decision:
    if applicant.active_voucher:
        return refuse(
            f"Уже есть действующий чек № {applicant.active_voucher}. "
            f"Новый можно получить с {format_date(_next_day(applicant, terms))}, когда закончится срок действующего."
        )
    return ALLOWED


def _next_day(applicant: Applicant, terms: VoucherTerms) -> dt.date:
    """The first day after the term of the active чек on which the period since the last one is over too."""
    assert applicant.active_until is not None
    after = applicant.active_until + dt.timedelta(days=1)
    issued_on = applicant.last_issued_on
    return max(after, add_months(issued_on, terms.period_months)) if issued_on else after


def _period_is_over(last_issued_on: dt.date | None, period_months: int, on: dt.date) -> Decision:
    if last_issued_on is None or on >= add_months(last_issued_on, period_months):
        return ALLOWED
    return refuse(
        f"Новый чек можно получить с {format_date(add_months(last_issued_on, period_months))}: "
        f"предыдущий выдан {format_date(last_issued_on)}, период {months_in_words(period_months)}."
    )
