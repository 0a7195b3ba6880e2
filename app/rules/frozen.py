"""Facts of a group that are frozen because something followed from them, and the roles that may correct them (order § 3.3).

An order, an outcome, a document, a registry (реестр) and a batch for ФИС ФРДО say what the group was when they were made.
The facts that they say are not edited: they are corrected, with a reason and with everything that follows.
"""

from __future__ import annotations

from dataclasses import dataclass

from app.rules.decision import ALLOWED, Decision, refuse
from app.russian import count
from app.statuses import GroupStatus

#: states in which a group is over
_OVER = (GroupStatus.COMPLETED, GroupStatus.CANCELLED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Consequences:
    """How much followed from a group; ``registries`` were sent or accepted, ``accepted`` of them accepted."""

    number: str
    status: GroupStatus
    orders: int = 0
    outcomes: int = 0
    documents: int = 0
    registries: int = 0
    accepted: int = 0
    batches: int = 0

    @property
    def words(self) -> list[str]:
        """What there is, for a sentence: «2 приказа», «25 итогов обучения»."""
        counted = (
            (self.orders, ("приказ", "приказа", "приказов")),
            (self.outcomes, ("итог обучения", "итога обучения", "итогов обучения")),
            (self.documents, ("документ об обучении", "документа об обучении", "документов об обучении")),
            (self.registries, ("направленный реестр", "направленных реестра", "направленных реестров")),
            (self.batches, ("пакет для ФИС ФРДО", "пакета для ФИС ФРДО", "пакетов для ФИС ФРДО")),
        )
        return [count(number, *forms) for number, forms in counted if number]

    @property
    def any(self) -> bool:
        """Whether anything followed from the group."""
        return bool(self.words)


def why_kept(facts: Consequences) -> str:
    """Say why a group is not changed by editing, and what to do; empty when it may be edited."""
    state = f"Группа {facts.number}: состояние — «{facts.status.label}»." if facts.status in _OVER else ""
    listed = f"По группе {facts.number} уже есть: {', '.join(facts.words)}." if facts.any else ""
    if not state and not listed:
        return ""
    advice = (
        "Ошибку исправляют действием «Исправить сведения группы»: с причиной и с тем, что из этого следует."
        if facts.any or facts.status == GroupStatus.COMPLETED
        else ""
    )
    return " ".join(filter(None, (state, listed, "Поэтому её сведения больше не меняются.", advice)))


def may_correct(facts: Consequences, *, is_operator: bool) -> Decision:
    """Whether facts with consequences may be corrected: by the organizer until the registry is accepted, by the operator after it."""
    if facts.accepted and not is_operator:
        return refuse(
            "Министерство уже приняло реестр обученных с этой группой, поэтому её сведения исправляет оператор. "
            "Сообщите ему, что и почему нужно исправить."
        )
    return ALLOWED


def may_cancel(facts: Consequences) -> Decision:
    """Decide on a cancellation: a group in which somebody has an outcome took place."""
    if not facts.outcomes and not facts.documents:
        return ALLOWED
    return refuse(
        f"Отменить группу {facts.number} нельзя, обучение в ней состоялось: уже есть {', '.join(facts.words)}. Внесите итоги "
        "остальным слушателям или отклоните их записи и нажмите «Завершить обучение»."
    )
