"""Verdicts on work, training and cards: a place of work, a transfer, a program, a training outside the portal, a correction."""

from __future__ import annotations

from sqlalchemy import select

from app import models as m
from app import shown
from app.conditions import is_employed
from app.extensions import db
from app.russian import format_date
from app.services.courses.program import program_checks
from app.services.desk.verdict import Difference, Line, Verdict, card_of, consent_of, place_words, twins_of
from app.services.personnel.cards import changes
from app.services.personnel.trainings import past_trainings

# --- work ------------------------------------------------------------------------------------------------------------


def of_employment(row: m.Employment) -> Verdict:
    """A place of work: organization, position, what else the person does."""
    person, place = row.employee, row.organization
    e = m.Employment
    others = [
        one
        for one in db.session.scalars(
            select(e).where(e.employee_id == person.id, e.id != row.id).order_by(e.kind, e.id)
        )
        if is_employed(one)
    ]
    same = next((one for one in others if one.organization_id == row.organization_id), None)
    lines = [
        Line(
            place.closed_on is None,
            "Организация работает" if place.closed_on is None else "Организация закрыта",
            place.short_name,
            card_of("organization", place.id),
        ),
        Line(True, f"Должность — {row.position}", row.position.kind.label),
        Line(
            True if row.start_known else None,
            f"Принят с {format_date(row.started_on)}" if row.start_known else "День приёма не указан",
            row.kind.label,
            card_of("employment", row.id),
        ),
        Line(
            bool(person.snils) or None,
            "СНИЛС в карточке есть" if person.snils else "В карточке нет СНИЛС",
            shown.end("snils", person.snils) if person.snils else "без него не выдать чек",
            card_of("employee", person.id),
        ),
    ]
    if same is not None:
        lines.append(
            Line(None, "В этой организации уже есть место работы", place_words(same), card_of("employment", same.id))
        )
    elif others:
        lines.append(
            Line(None, "Есть другое место работы", place_words(others[0]), card_of("employment", others[0].id))
        )
    else:
        lines.append(Line(True, "Других мест работы нет"))
    return Verdict([*lines, twins_of(person), consent_of(person)])


def of_transfer(row: m.Transfer) -> Verdict:
    """A transfer: both organizations, and whether the days fit."""
    old = db.session.get(m.Employment, row.employment_id)
    person = row.employee
    released = row.released_on is not None
    fits = row.released_on is not None and row.released_on < row.starts_on
    lines = [
        Line(
            released,
            "Прежняя организация согласна" if released else "Согласия прежней организации нет",
            f"последний день — {format_date(row.released_on)}" if row.released_on else "",
        ),
        Line(
            fits,
            "Даты не пересекаются" if fits else "Даты пересекаются",
            f"приём с {format_date(row.starts_on)}",
            card_of("transfer", row.id),
        ),
        Line(
            row.organization.closed_on is None,
            "Новая организация работает" if row.organization.closed_on is None else "Новая организация закрыта",
            row.organization.short_name,
            card_of("organization", row.organization_id),
        ),
        twins_of(person),
    ]
    was = [(old.organization.short_name, str(old.position), old.kind.label)] if old is not None else [("", "", "")]
    rows = [
        Difference("Организация", was[0][0], row.organization.short_name),
        Difference("Должность", was[0][1], str(row.position)),
        Difference("Вид", was[0][2], was[0][2]),
    ]
    return Verdict(lines, rows)


# --- courses ---------------------------------------------------------------------------------------------------------


def of_program(row: m.Program) -> Verdict:
    """A program: what hinders its publication, the edition that it replaces."""
    found = program_checks.problems(row)
    lines = [Line(False, "Не по правилу", problem) for problem in found] or [
        Line(True, "Правилам чека и ФИС ФРДО соответствует")
    ]
    p = m.Program
    former = db.session.scalars(
        select(p)
        .where(p.organizer_id == row.organizer_id, p.code == row.code, p.year == row.year, p.edition < row.edition)
        .order_by(p.edition.desc())
        .limit(1)
    ).one_or_none()
    if former is not None:
        lines.append(
            Line(
                None,
                f"Заменит редакцию {former.edition}",
                "она уйдёт в архив, группы без слушателей перейдут",
                card_of("program", former.id),
            )
        )
    if row.late:
        lines.append(Line(None, "Внесена после срока планирования"))
    lines.append(
        Line(
            True,
            f"{row.kind.label.capitalize()}, {row.hours} ч",
            f"{row.organizer.short_name}, {row.year} год",
            card_of("program", row.id),
        )
    )
    if former is None:
        return Verdict(lines)
    return Verdict(
        lines,
        [
            Difference("Название", former.title, row.title),
            Difference("Часы", str(former.hours), str(row.hours)),
            Difference("Форма", former.form.label, row.form.label),
        ],
    )


def of_training(row: m.Training) -> Verdict:
    """A training outside the portal: its scan, whether it is known already."""
    why = past_trainings.hindrance(row, "confirm")
    same = past_trainings.known([row.employee_id], besides=row.id).get(
        past_trainings.key_of(row.employee_id, row.title, row.ended_on)
    )
    when = (
        f"{format_date(row.started_on)} – {format_date(row.ended_on)}" if row.started_on else format_date(row.ended_on)
    )
    lines = [
        Line(
            row.scan_id is not None,
            "Скан документа приложен" if row.scan_id else "Скана документа нет",
            row.document_number or "",
        ),
        Line(not why, "Подтвердить можно" if not why else "Подтвердить нельзя", why),
        Line(
            same is None,
            "Такого обучения в карточке ещё нет" if same is None else "Повтор",
            same or "",
            card_of("employee", row.employee_id),
        ),
        Line(True, f"{row.hours} ч, {row.institution}", when),
        twins_of(row.employee),
    ]
    return Verdict(lines, scans=[row.scan] if row.scan else [])


def of_withdrawal(row: m.ConsentWithdrawal) -> Verdict:
    """A withdrawn consent: decided on its own page only."""
    return Verdict(
        [
            Line(
                None,
                "Данные обезличиваются навсегда",
                "посмотрите карточку и решите на её странице",
                card_of("consent_withdrawal", row.id),
            )
        ]
    )


# --- cards -----------------------------------------------------------------------------------------------------------


def of_correction(row: m.ChangeRequest) -> Verdict:
    """A correction of a card: by what it is proved, what the card holds now, who else may decide it."""
    fields, decide = changes.lines(row), card_of("change_request", row.id)
    stale = ", ".join(line.label.lower() for line in fields if line.stale)
    lines = [
        Line(
            row.scan_id is not None or None,
            "Документ приложен" if row.scan_id else "Документ не приложен",
            row.comment or "",
        ),
        Line(
            not stale,
            "Карточка с тех пор не менялась" if not stale else "Карточку с тех пор изменили",
            f"{stale}: решите по полям на странице исправления" if stale else changes.about(row),
            decide if stale else card_of("employee", row.employee_id),
        ),
    ]
    if any(line.field == "last_name" for line in fields):
        told = "по какую дату была прежняя и на каком основании, можно указать на странице исправления"
        lines.append(Line(None, "Меняется фамилия", told, decide))
    deciders = changes.deciders_of(row)
    lines.append(
        Line(
            None if deciders else True,
            "Решить может и организация" if deciders else "Кроме оператора, решить некому",
            ", ".join(deciders) or "ответственного работника в организации нет",
        )
    )
    compared = [Difference(line.label, line.now, line.becomes) for line in fields]
    return Verdict([*lines, twins_of(row.employee)], compared, [row.scan] if row.scan else [])
