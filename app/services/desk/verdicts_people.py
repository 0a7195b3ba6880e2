"""Verdicts on what people ask for: a чек, an account, a role."""

from __future__ import annotations

from sqlalchemy import select

from app import models as m
from app import shown
from app.clock import local, today
from app.conditions import is_employed
from app.extensions import db
from app.permissions import ROLES
from app.russian import format_date
from app.services.access import access_requests, registration_check, roles
from app.services.desk.verdict import Difference, Line, Verdict, card_of, consent_of, place_words, twins_of
from app.services.personnel.cards import people
from app.services.voucher import voucher_eligibility
from app.statuses import ConfirmationStatus, RegistrationStatus, VoucherStatus

# --- чек -------------------------------------------------------------------------------------------------------------

_VOUCHER = {
    "position": ("Должность даёт право на чек", "Должность не даёт права на чек"),
    "ownership": ("Организация даёт право на чек", "Организация не даёт права на чек"),
    "snils": ("СНИЛС в карточке есть", "В карточке нет СНИЛС"),
    "workplace": ("Место работы подтверждено", "Место работы не подтверждено"),
    "application": ("Других заявок нет", "Есть ещё одна заявка"),
    "voucher": ("Действующего чека нет", "Прежний чек ещё действует"),
    "period": ("Период после прежнего чека прошёл", "Период после прежнего чека не прошёл"),
}


def of_application(row: m.VoucherApplication) -> Verdict:
    """An application for a чек: the conditions of its own rule, the former чеки."""
    place, person = row.employment, row.employee
    v = m.Voucher
    issued = (v.employee_id == person.id, v.status != VoucherStatus.ANNULLED)
    former = db.session.scalars(select(v).where(*issued).order_by(v.issued_on.desc(), v.id.desc()).limit(3)).all()
    last = former[0] if former else None
    until = f"№ {last.number}, действует по {format_date(last.valid_until)}" if last else "чеков раньше не было"
    last_href = card_of("voucher", last.id) if last else ""
    work = card_of("employment", place.id)
    sources = {
        "position": (f"{place.position}, {place.position.kind.label}", work),
        "ownership": (
            f"{place.organization.short_name}, {place.organization.ownership.label}",
            card_of("organization", place.organization_id),
        ),
        "snils": (shown.end("snils", person.snils) if person.snils else "", card_of("employee", person.id)),
        "workplace": (
            format_date(local(place.changed_at).date())
            if place.status == ConfirmationStatus.CONFIRMED
            else "правило его не требует",
            work,
        ),
        "application": ("", ""),
        "voucher": (until, last_href),
        "period": (until, last_href),
    }
    lines = []
    for key, decision in voucher_eligibility.conditions_of(row).items():
        words, href = sources[key]
        lines.append(
            Line(decision.allowed, _VOUCHER[key][not decision.allowed], words if decision else decision.reason, href)
        )
    if row.on_behalf_note:
        lines.append(Line(True, "Заявка согласована с работником", row.on_behalf_note))
    gone = [] if is_employed(place) else [Line(None, "Работник уволен с этого места", place_words(place), work)]
    older = [
        Line(
            True,
            f"Чек № {one.number}",
            f"{one.status.label.lower()}, по {format_date(one.valid_until)}",
            card_of("voucher", one.id),
        )
        for one in former[1:]
    ]
    return Verdict([*lines, *gone, twins_of(person), consent_of(person), *older])


# --- registration, access --------------------------------------------------------------------------------------------


def of_registration(row: m.Registration) -> Verdict:
    """A registration: the card that it joins, and what differs."""
    came = f"{row.email}, {format_date(local(row.email_confirmed_at).date())}" if row.email_confirmed_at else row.email
    lines = [
        Line(
            row.email_confirmed_at is not None,
            "Почта подтверждена" if row.email_confirmed_at else "Почта не подтверждена",
            came,
        ),
        Line(
            row.organization.closed_on is None,
            "Организация работает" if row.organization.closed_on is None else "Организация закрыта",
            row.organization.short_name,
            card_of("organization", row.organization_id),
        ),
        Line(
            True if row.consents else None, "Согласия даны" if row.consents else "Согласий нет", _counted_consents(row)
        ),
    ]
    cards = people.find_matching(row.snils, row.last_name, row.first_name, row.patronymic, row.birth_date)
    if len(cards) > 1:
        several = Line(
            False, "Карточек с этими данными несколько", "сначала объедините их", card_of("employee", cards[0])
        )
        return Verdict([*lines, several])
    if row.employee_id is not None:
        return Verdict([*lines, Line(True, "Карточка работника", row.full_name, card_of("employee", row.employee_id))])
    match = registration_check.find_match(row) if row.status == RegistrationStatus.PENDING else None
    if match is None:
        return Verdict([*lines, Line(True, "Карточки ещё нет: она будет заведена", shown.end("snils", row.snils))])
    return Verdict([*lines, _match_line(row, match)], _compared(row, match))


def _match_line(row: m.Registration, match: registration_check.Match) -> Line:
    """What the card found says; where the operator's word is needed, the link leads to the page that asks for it."""
    href = card_of("employee", match.employee.id)
    if match.login:
        return Line(
            False, "У этого работника уже есть учётная запись", f"логин «{match.login}»: верните или отклоните", href
        )
    how = "по ФИО и дате рождения, СНИЛС в карточке нет" if match.by_name else "по СНИЛС"
    found = f"{match.employee.full_name}, найдена {how}"
    if match.needs_word:
        decide = card_of("registration", row.id)
        return Line(False, "Карточка отличается: решите на странице заявки, один ли это человек", found, decide)
    return Line(True, "Карточка есть и совпадает", found, href)


def _counted_consents(row: m.Registration) -> str:
    return f"текстов: {len(row.consents)}" if row.consents else "их спросят при первом входе"


def _compared(row: m.Registration, match: registration_check.Match) -> list[Difference]:
    """What differs first; then what is equal, so that the eye compares like with like."""
    different = [Difference(*item) for item in match.differences]
    names = {item.label for item in different}
    person = match.employee
    equal = [
        Difference("ФИО", person.full_name, row.full_name),
        Difference(
            "Дата рождения", format_date(person.birth_date) if person.birth_date else "", format_date(row.birth_date)
        ),
        Difference("СНИЛС", shown.end("snils", person.snils) if person.snils else "", shown.end("snils", row.snils)),
    ]
    return [
        *different,
        *(item for item in equal if item.label not in names and not (item.label == "ФИО" and different)),
    ]


def of_access(row: m.AccessRequest) -> Verdict:
    """A request for a role: its ground, its order, the roles held already."""
    user, day = row.user, today()
    lines = [
        Line(True, f"Просит: {ROLES[row.role].title.lower()}", str(row.organization or row.territory or "вся область"))
    ]
    refusal = access_requests.why_not_grant(row, user)
    lines.append(
        Line(
            not refusal,
            "Основание в силе" if not refusal else "Основания нет",
            refusal or _ground(row),
            card_of("ab_user", user.id),
        )
    )
    lines.append(
        Line(
            True if row.document_id else None,
            "Документ приложен" if row.document_id else "Документ не приложен",
            row.document_details or "",
        )
    )
    held = [a for a in access_requests.roles_of(user.id) if a.valid_from <= day]
    words = ", ".join(access_requests.title_of(a) for a in held if a.role != "worker")
    lines.append(
        Line(
            True if not words else None,
            "Других ролей нет" if not words else "Роли уже есть",
            words,
            card_of("ab_user", user.id),
        )
    )
    if row.role in roles.POWERFUL:
        lines.append(Line(None, "Роль видит данные всей области", "об этом узнают все операторы"))
    return Verdict(lines, scans=[row.document] if row.document else [])


def _ground(row: m.AccessRequest) -> str:
    since = format_date(row.valid_from) if row.valid_from else "дня решения"
    return f"с {since}" + (f" по {format_date(row.valid_to)}" if row.valid_to else ", без срока")
