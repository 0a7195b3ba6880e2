"""Trainings outside the portal: which facts may be entered, and which user decides on them (order § 1.4, 2.8)."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from app.rules.decision import ALLOWED, Decision, refuse
from app.statuses import PastDocument, ProgramKind, TrainingSource, TrainingStatus

#: чеки and trainings of the region are accounted for since then (order § 1.4)
FIRST_YEAR = 2010
#: least hours (приказ № 499 of 01.07.2013, п. 12)
LEAST_HOURS = {ProgramKind.ADVANCED: 16, ProgramKind.RETRAINING: 250}
MOST_HOURS = 5000


@dataclass(frozen=True, slots=True)
class PastTraining:
    """What was entered about a training outside the portal; None: nothing, or a value that cannot be read."""

    kind: ProgramKind | None
    hours: int | None
    started_on: dt.date | None
    ended_on: dt.date | None
    document_kind: PastDocument | None
    issued_on: dt.date | None


def faults_of_training(told: PastTraining, *, on: dt.date) -> dict[str, str]:
    """Return field → what is wrong with it, without a full stop: of the form and of the list from Excel alike."""
    found: dict[str, str] = {}
    if told.kind is not None and told.hours is not None:
        least = LEAST_HOURS[told.kind]
        if not least <= told.hours <= MOST_HOURS:
            found["hours"] = f"Для вида «{told.kind.label}» часов бывает от {least} до {MOST_HOURS}"
    found |= _faults_of_days(told, on)
    diploma = told.document_kind == PastDocument.DIPLOMA
    if (
        told.document_kind is not None
        and told.kind is not None
        and diploma != (told.kind == ProgramKind.RETRAINING)
        and (told.document_kind != PastDocument.OTHER)
    ):
        found["document_kind"] = "Диплом выдают за переподготовку, удостоверение и свидетельство — за курсы"
    return found


def _faults_of_days(told: PastTraining, on: dt.date) -> dict[str, str]:
    found: dict[str, str] = {}
    started, ended, issued = told.started_on, told.ended_on, told.issued_on
    if ended is not None and ended.year < FIRST_YEAR:
        found["ended_on"] = f"Вносится обучение, законченное с 01.01.{FIRST_YEAR}"
    elif ended is not None and ended > on:
        found["ended_on"] = "Дата окончания в будущем: вносится обучение, которое уже закончено"
    if started is not None and ended is not None and started > ended:
        found["started_on"] = "Обучение началось позже, чем закончилось: проверьте обе даты"
    if issued is not None and issued > on:
        found["issued_on"] = "Дата выдачи документа в будущем"
    elif issued is not None and ended is not None and issued < ended:
        found["issued_on"] = "Документ выдан раньше, чем закончилось обучение"
    return found


@dataclass(frozen=True, slots=True)
class Confirmer:
    """The user who decides on a training outside the portal: ``enters``: wrote its facts; ``owns``: was trained."""

    enters: bool
    owns: bool
    is_operator: bool


def may_decide_training(source: TrainingSource, who: Confirmer) -> Decision:
    """The responsible decides on what the worker entered, the operator on all the rest; no user on the user's training."""
    if who.enters:
        return refuse("Это обучение внесли или исправили вы: решение по нему принимает другой человек.")
    if who.owns:
        return refuse("Это ваше обучение: решение по нему принимает другой человек.")
    if source != TrainingSource.WORKER and not who.is_operator:
        return refuse("Это обучение внёс ответственный: решение по нему принимает оператор.")
    return ALLOWED


def may_confirm_training(source: TrainingSource, who: Confirmer, *, has_scan: bool) -> Decision:
    """As ``may_decide_training``, and the document has been looked at."""
    decided = may_decide_training(source, who)
    if decided and not has_scan:
        return refuse("Скана документа нет, сверить не с чем. Приложите скан или отклоните обучение с причиной.")
    return decided


def may_change_training(source: TrainingSource, status: TrainingStatus, who: Confirmer) -> Decision:
    """Facts are changed until they are confirmed; those of the worker only by the worker."""
    if status == TrainingStatus.CONFIRMED:
        return refuse("Подтверждённое обучение не меняют. Если в нём ошибка, попросите оператора снять подтверждение.")
    if source == TrainingSource.WORKER and not who.owns:
        return refuse("Это обучение внёс работник. Подтвердите его или отклоните с причиной: исправит он сам.")
    return ALLOWED
