"""Who learns of an enrolment: letters to the person, notices for the digest to the responsible and the organizer."""

from __future__ import annotations

from collections.abc import Sequence

from app import models as m
from app.clock import local
from app.russian import count, format_datetime, period
from app.services.mailing import letter_kinds, letters
from app.services.personnel import responsible
from app.statuses import EnrolmentStatus

_LIST = "/enrolment/list/?group={}&status={}"


def named(group: m.TrainingGroup) -> str:
    """«Г-1 «Программа», занятия — с 3 по 14 февраля 2025 г., место — Самара»."""
    dates = period(group.starts_on, group.ends_on)
    return f"{group.number} «{group.program.title}», занятия — {dates}, место — {group.place}"


def tell(row: m.Enrolment, group: m.TrainingGroup, text: str, subject: str) -> None:
    """Write to the person about the enrolment."""
    letters.notify_employee(row.employee, text, subject=subject, about=row, values=letter_kinds.group_facts(group))


def tell_enrolled(row: m.Enrolment, group: m.TrainingGroup) -> None:
    """Tell the person of a new enrolment, with a seat or in the waiting list."""
    waiting = row.status == EnrolmentStatus.WAITING
    what = "Мест пока нет, вы в листе ожидания группы" if waiting else "Принята запись в группу"
    tell(row, group, f"{what} {named(group)}. Состояние: «{row.status.label}».", f"Запись в группу {group.number}")


def tell_moved_up(row: m.Enrolment, group: m.TrainingGroup) -> None:
    """Tell the person that the seat that became free is theirs, or is kept for them until a moment."""
    came = f"В группе {named(group)}, освободилось место, и очередь в листе ожидания дошла до вас."
    subject = f"Освободилось место в группе {group.number}"
    if row.offer_until is None:
        tell(row, group, f"{came} Состояние записи: «{row.status.label}».", subject)
        return
    until = format_datetime(local(row.offer_until))
    advice = (
        f"Место держится за вами до {until}. Откройте запись и нажмите «Занять предложенное место». Если место не нужно, "
        "отзовите запись. После этого срока место предложат следующему."
    )
    tell(row, group, f"{came} {advice}", subject)
    note_responsible(row, f"предложено место в группе {group.number}, оно держится до {until}")


def tell_let_pass(row: m.Enrolment, group: m.TrainingGroup) -> None:
    """Tell the person that an offered seat was not taken in time."""
    text = f"Предложенное место в группе {named(group)}, не занято в срок и передано дальше."
    if row.status == EnrolmentStatus.WAITING:
        text += " Вы остались в листе ожидания. Если и следующее предложение не будет занято, запись закроется."
    else:
        text += f" {row.reason_text}"
    tell(row, group, text, f"Место в группе {group.number} не занято в срок")


_OUTCOMES = {
    EnrolmentStatus.FAILED: "Итоговая аттестация не пройдена",
    EnrolmentStatus.NO_SHOW: "Организатор отметил, что вы не приступили к занятиям",
    EnrolmentStatus.EXPELLED: "Вы отчислены",
}
_ERROR = "Если это ошибка, сразу сообщите организатору курса."
#: who has not passed the final assessment may ask for it (273-ФЗ, ст. 60, ч. 12); who never came has nothing to certify
_NOTE = "Организатор может выдать вам справку о периоде обучения: обратитесь к нему."


def tell_result(row: m.Enrolment, group: m.TrainingGroup, *, freed: bool) -> None:
    """Tell the person of an unsuccessful outcome, and whether the block is ``freed``; success is told by the document."""
    if row.status not in _OUTCOMES:
        return
    parts = [f"{_OUTCOMES[row.status]}: группа {named(group)}."]
    if row.reason_text:
        parts.append(f"Причина: {row.reason_text}")
    if freed:
        parts.append("Блок чека, который оплачивал курс, снова свободен.")
    parts.append(_ERROR if row.status == EnrolmentStatus.NO_SHOW else _NOTE)
    subject = f"Итог обучения в группе {group.number}: {row.status.label[0].lower()}{row.status.label[1:]}"
    tell(row, group, "\n\n".join(parts), subject)


def tell_corrected(
    row: m.Enrolment, group: m.TrainingGroup, changes: Sequence[str], why: str, more: Sequence[str]
) -> None:
    """Tell the person what of the own result was corrected and why; ``more``: what follows for the чек and the documents."""
    parts = [f"Результат обучения исправлен: группа {named(group)}.", *changes, f"Причина исправления: {why}", *more]
    tell(row, group, "\n\n".join(parts), f"Исправлен результат обучения в группе {group.number}")


def tell_retaken(row: m.Enrolment, group: m.TrainingGroup, more: Sequence[str]) -> None:
    """Tell the person that the final assessment was passed at the second attempt."""
    passed = f"Повторная итоговая аттестация пройдена: группа {named(group)}. Состояние записи: «{row.status.label}»."
    parts = [passed, *more, "Документ об обучении выдаст организатор курса."]
    tell(row, group, "\n\n".join(parts), f"Повторная аттестация в группе {group.number} пройдена")


# --- notices for the digest ------------------------------------------------------------------------------------------


def note_new(rows: Sequence[m.Enrolment], group: m.TrainingGroup) -> None:
    """Note the enrolments that wait for somebody: to agree for the responsible, to confirm for the organizer."""
    by_place: dict[int, list[m.Enrolment]] = {}
    for row in rows:
        if row.status == EnrolmentStatus.APPLIED:
            by_place.setdefault(row.employment.organization_id, []).append(row)
    for organization_id, found in sorted(by_place.items()):
        text = f"Согласуйте запись на курс: {_who(found)}, группа {group.number} «{group.program.title}»."
        letters.note(responsible.of_organization(organization_id), text, href=_href(found, group))
    agreed = [row for row in rows if row.status == EnrolmentStatus.AGREED]
    if agreed:
        note_organizer(agreed, group, "Подтвердите запись на курс")


def note_organizer(rows: Sequence[m.Enrolment], group: m.TrainingGroup, what: str) -> None:
    """Note to the organizer's staff what became of enrolments in their group."""
    text = f"{what}: {_who(rows)}, группа {group.number} «{group.program.title}»."
    letters.note(responsible.of_organizer(group.organizer_id), text, href=_href(rows, group))


def note_responsible(row: m.Enrolment, what: str) -> None:
    """Note to the responsible of the person's organization what happened to the person."""
    text = f"{row.employee.short_name}: {what}."
    letters.note(
        responsible.of_organization(row.employment.organization_id), text, href=letter_kinds.href_of(row) or ""
    )


def _who(rows: Sequence[m.Enrolment]) -> str:
    if len(rows) == 1:
        return str(rows[0].employee.short_name)
    return count(len(rows), "человек", "человека", "человек")


def _href(rows: Sequence[m.Enrolment], group: m.TrainingGroup) -> str:
    if len(rows) == 1:
        return f"/enrolment/show/{rows[0].id}"
    return _LIST.format(group.id, rows[0].status.value)
