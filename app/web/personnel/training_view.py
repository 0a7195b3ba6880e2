"""Trainings outside the portal: the form with its scan, the card with the facts for the decision, the decision itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask_wtf.file import FileRequired

from app import addresses
from app import models as m
from app.access import current_actor
from app.exchange.trainings.training_import import TRAININGS
from app.extensions import db
from app.services.personnel.trainings import past_trainings
from app.services.portal.files import Scan
from app.web.frame.pages import Block, Cell, Pair
from app.web.frame.parts import Part
from app.web.frame.scans import scan_field, sent_scan
from app.web.frame.scoped_view import ScopedModelView
from app.web.personnel.list_import_view import ListImportPages, ListWords
from app.web.personnel.person_records import OfPerson

_SCAN = "Скан документа"
_ABOUT_SCAN = "PDF, JPEG или PNG, не больше 10 МБ. Скан увидят работник, ответственный его организации и оператор."
#: what the row's own circumstances may hinder
_DECIDED = frozenset({"confirm", "reject", "edit", "delete"})


def _scan() -> Scan | None:
    sent = sent_scan()
    return Scan(*sent) if sent else None


class TrainingLists(ListImportPages):
    """Lists of trainings of former years."""

    lists = TRAININGS
    list_words = ListWords(
        title="Загрузка обучения прошлых лет",
        note="Загружается обучение вне портала, законченное с 2010 года. Оно засчитается, когда к нему приложат скан "
        "документа и оператор его подтвердит. Сначала портал покажет, что будет записано и где ошибки.",
        sample="Обучение прошлых лет.xlsx",
        whose="Работник",
        applied="Обучение загружено: {counts}.",
        undo="Загруженное ею обучение удалится из карточек.",
    )


class TrainingPages(ScopedModelView):
    """The part of the trainings' view that is not generated."""

    parts: Sequence[type[Part]] = (TrainingLists, OfPerson)
    has_files = True
    limited = {"employee": "training:add"}
    empty = "Пройденных курсов пока нет. Добавьте первый или загрузите список из Excel."

    def _init_forms(self) -> None:
        """A new training comes with the scan of its document; later the scan may be put to it or replaced."""
        super()._init_forms()
        first = scan_field(_SCAN, FileRequired("Выберите файл."), about=_ABOUT_SCAN)
        self.add_form = type("PastTrainingForm", (self.add_form,), {"scan": first})
        later = scan_field(_SCAN, about=f"Выберите файл, чтобы приложить или заменить скан. {_ABOUT_SCAN}")
        self.edit_form = type("PastTrainingEditForm", (self.edit_form,), {"scan": later})

    def form_sections(self, row: Any) -> Sequence[tuple[str, Sequence[str]]]:
        """The scan stands with the facts of its document."""
        *first, (title, fields) = super().form_sections(row)
        return [*first, (title, [*fields, "scan"])]

    def _shown_fields(self, row: Any) -> list[str]:
        return [name for name in super()._shown_fields(row) if name != "scan"]

    def prefill(self) -> dict[str, Any]:
        """A user who may enter only the user's courses need not choose the person."""
        found = super().prefill()
        actor = current_actor()
        if "employee" not in found and actor.employee_id is not None and not actor.can("training:confirm"):
            found["employee"] = db.session.get(m.Employee, actor.employee_id)
        return found

    def create_from(self, form: Any) -> Any:
        """Write the training with its scan."""
        scan = _scan()
        assert scan is not None, "the form requires it"
        return past_trainings.add(self.values(form), scan)

    def update(self, row: Any, values: dict[str, Any]) -> Any:
        """Correct the training, with another scan where one is chosen."""
        return past_trainings.change(row, values, _scan())

    def may(self, row: m.Training, verb: str) -> bool:
        """Beside the right: whether it is this user's turn, and whether there is a scan."""
        hindered = verb in _DECIDED and past_trainings.hindrance(row, verb)
        return not hindered and super().may(row, verb)

    def blocks(self, row: m.Training) -> Sequence[Block]:
        """The training, its document with the scan to compare, and where the facts are from."""
        course, paper = self.card_sections()
        scan = Cell(row.scan.name, href=addresses.at("access", "file", row.scan_id)) if row.scan else Cell("нет")
        document = self.pairs_block(row, *paper)
        told = self.pairs_block(row, "Подтверждение", ("source", "created_at", "submitted_at", "decided_at"))
        waits = row.status.tone == "wait" and current_actor().can("training:confirm")
        return [
            self.pairs_block(row, *course),
            Block(document.title, pairs=[*document.pairs, Pair("Скан", scan)]),
            Block(told.title, pairs=told.pairs, note=past_trainings.hindrance(row, "confirm") if waits else ""),
        ]
