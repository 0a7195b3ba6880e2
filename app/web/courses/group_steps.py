"""The way of a group on its page: the six stages, each leading to where it is worked on, and the button of the next step."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from app import addresses
from app import models as m
from app.access import current_actor
from app.documents.office.pdf import find_office
from app.rules.document import DOCUMENT_OF
from app.rules.group_stages import Act, NextStep, Progress, Stage, next_step, stages_of
from app.services.courses.group import attendance
from app.services.paper.issuing import group_progress
from app.services.paper.orders.training_orders import may_issue
from app.statuses import OrderKind
from app.web.courses.order_pages import HANDLERS
from app.web.frame.pages import Button


@dataclass(frozen=True, slots=True)
class StageLink:
    """A stage of the way: ``state`` is done, now or later."""

    title: str
    figure: str
    lacks: str
    href: str
    state: str


@dataclass(frozen=True, slots=True)
class Way:
    """The stages, what is next in words, the button of it, and the numbers behind."""

    stages: Sequence[StageLink]
    words: str
    detail: str
    button: Button | None
    progress: Progress


def way_of(group: m.TrainingGroup, buttons: Sequence[Button]) -> Way | None:
    """The way of a group for those who see all its people; its button is one of the card's, or leads on from there."""
    if not (attendance.keeps_journal(group) or current_actor().roles & {"operator", "ministry"}):
        return None
    progress = group_progress.progress_of(group)
    step = next_step(progress)
    stages = [
        StageLink(
            it.stage.value,
            it.figure,
            it.lacks,
            _stage_href(group, it.stage),
            "now" if it.is_now else "done" if it.is_done else "later",
        )
        for it in stages_of(progress)
    ]
    return Way(stages, step.words, step.detail, _button(group, step, progress, buttons), progress)


def tab_href(group: m.TrainingGroup, tab: str) -> str:
    """A tab of the group's page."""
    return addresses.card("training_group", group.id, tab=tab)


def _stage_href(group: m.TrainingGroup, stage: Stage) -> str:
    tabs = {Stage.TRAINING: "schedule", Stage.PAPERS: "papers", Stage.FRDO: "papers", Stage.ENROLLING: "papers"}
    return tab_href(group, tabs.get(stage, "people"))


# --- the button ------------------------------------------------------------------------------------------------------

_LABELS: Mapping[Act, str] = {
    Act.CONFIRM: "Подтвердить записи",
    Act.ENROLMENT_ORDER: "Приказ о зачислении",
    Act.SCHEDULE: "Составить расписание",
    Act.MARK: "Отметить посещаемость",
    Act.JOURNAL: "Открыть журнал",
    Act.RESULTS: "Внести итоги",
    Act.EXPULSION_ORDER: "Приказ об отчислении",
    Act.ISSUE: "Выдать документы",
    Act.REPLACE: "Заменить документы",
    Act.PRINT: "Распечатать",
    Act.FORM_FRDO: "Проверить для ФИС ФРДО",
    Act.SEND_FRDO: "Отправить в ФИС ФРДО",
    Act.HAND: "Отметить вручение",
}


def _button(group: m.TrainingGroup, step: NextStep, progress: Progress, buttons: Sequence[Button]) -> Button | None:
    href = _hrefs(group, progress).get(step.act, "")
    known = next((button for button in buttons if button.href == href), None)
    own = _OWN.get(step.act)
    if known is None and not (own and own(group)):
        return None
    label = _LABELS.get(step.act) or (known.label if known else "")
    words = (
        f"{label}: {step.number}" if step.number and step.act != Act.PRINT else f"{label} {step.number or ''}".strip()
    )
    found = known or Button(label, href, post=step.act in (Act.CONFIRM, Act.PRINT))
    return replace(found, label=words, main=True)


def _hrefs(group: m.TrainingGroup, progress: Progress) -> dict[Act, str]:
    def at(page: str, *rest: str | int, **query: str) -> str:
        return addresses.at("training_group", page, group.id, *rest, **query)

    acts = {Act.OPEN: "open", Act.INVITE: "invite", Act.CLOSE: "close", Act.START: "start", Act.COMPLETE: "complete"}
    pages = {
        Act.CONFIRM: "confirm_all",
        Act.ENROLMENT_ORDER: HANDLERS[OrderKind.ENROLMENT],
        Act.EXPULSION_ORDER: HANDLERS[OrderKind.EXPULSION],
        Act.SCHEDULE: "schedule",
        Act.MARK: "attendance",
        Act.JOURNAL: "attendance",
        Act.RESULTS: "results",
        Act.ISSUE: "issue",
        Act.REPLACE: "replace",
        Act.HAND: "hand",
    }
    form = "pdf" if find_office() else "docx"
    return {
        **{act: addresses.act("training_group", group.id, name) for act, name in acts.items()},
        **{act: at(page) for act, page in pages.items()},
        Act.PRINT: at("papers", "order", kind=DOCUMENT_OF[group.program.kind].value, form=form),
        Act.FORM_FRDO: addresses.at(
            "frdo_batch",
            "check",
            "",
            organizer=group.organizer_id,
            since=progress.issued_from and progress.issued_from.isoformat(),
            until=progress.issued_until and progress.issued_until.isoformat(),
        ),
        Act.SEND_FRDO: addresses.card("frdo_batch", progress.batch_id),
    }


def _may(permission: str) -> Callable[[m.TrainingGroup], bool]:
    return lambda group: attendance.keeps_journal(group) and current_actor().can(permission)


def _may_order(kind: OrderKind) -> Callable[[m.TrainingGroup], bool]:
    may = _may("training_order:add")
    return lambda group: may(group) and may_issue(group, kind, left=False)


#: steps that no button of the card leads to, and who may take them
_OWN: Mapping[Act, Callable[[m.TrainingGroup], bool]] = {
    Act.CONFIRM: _may("enrolment:confirm"),
    Act.ENROLMENT_ORDER: _may_order(OrderKind.ENROLMENT),
    Act.EXPULSION_ORDER: _may_order(OrderKind.EXPULSION),
    Act.SCHEDULE: _may("training_group:edit"),
    Act.REPLACE: _may("certificate:replace"),
    Act.PRINT: _may("certificate:print"),
    Act.FORM_FRDO: _may("frdo_batch:add"),
    Act.SEND_FRDO: _may("frdo_batch:add"),
}
