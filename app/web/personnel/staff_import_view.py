"""Pages of the import of a staff list: those of all lists, and the page where the user explains columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import render_template, request, url_for
from flask_appbuilder import expose

from app import addresses
from app import models as m
from app.exchange.columns import LEFT_ASIDE
from app.exchange.engine.kept_batch import headings_of, state_of
from app.exchange.staff import staff_headings
from app.exchange.staff.staff_import import STAFF
from app.web.frame.answers import answer_act
from app.web.frame.guards import guarded
from app.web.frame.pages import Link
from app.web.personnel.list_import_view import ListImportPages, ListWords


@dataclass(frozen=True, slots=True)
class ColumnsPage:
    """The page of columns: its title and the way to it."""

    title: str
    crumbs: Sequence[Link]


@dataclass(frozen=True, slots=True)
class ColumnChoice:
    """A titled column of the list on the page of columns: ``name`` of its control, its field and its first values."""

    name: str
    letter: str
    title: str
    field: str
    samples: str


class StaffImportPages(ListImportPages):
    """The import in the employees' view."""

    lists = STAFF
    list_words = ListWords(
        title="Загрузка списка работников",
        crumb="Загрузка из Excel",
        note="Сначала портал покажет, что изменится. До кнопки «Применить» ничего не записывается.",
        sample="Список работников.xlsx",
        whose="Работник",
        applied="Создано: {created}. Обновлено: {updated}. Без изменений: {unchanged}. Пропущено с ошибками: {skipped}.",
        undo="Созданные ею карточки удалятся, в изменённые вернутся прежние сведения.",
        label="Файл со списком работников",
        about_file="Книга Excel (.xlsx) с заголовками столбцов; порядок столбцов любой, списков на листах может быть несколько.",
        sample_link="Скачать пустую форму",
        give_up="В карточки ничего не записано.",
        given_up="Загрузка отменена, в карточки ничего не записано.",
        long={
            "apply": "Список большой, портал применяет его как задание: здесь видно, сколько готово.",
            "undo": "Список большой, портал отменяет его как задание: здесь видно, сколько готово.",
            "marked": "Файл большой, портал готовит его как задание: скачать его можно будет здесь.",
        },
    )

    def example_links(self) -> Sequence[Link]:
        """A list as a school writes it."""
        return [Link("Скачать пример списка", url_for("static", filename="examples/staff-list.xlsx"))]

    def first_page(self, batch: m.ImportBatch) -> str:
        """What is not understood is asked at once."""
        return self.page_href(batch.id, *(("columns",) if state_of(batch) == "columns" else ()))

    def applied_page(self, batch_id: int) -> str:
        """The employees themselves."""
        return addresses.listing(self.table)

    @expose("/import/<int:pk>/columns")
    @guarded("import")
    def import_columns(self, pk: int) -> Any:
        """Which field each column of the list means."""
        batch, back = self.lists.load(pk), self.page_href(pk)
        choices = [
            ColumnChoice(f"c{number}", h.letter, h.title, h.field or LEFT_ASIDE, ", ".join(h.samples))
            for number, h in enumerate(headings_of(batch))
        ]
        upload = Link("Загрузка из Excel", self.page_href())
        return render_template(
            "import_columns.html",
            page=ColumnsPage("Что значат столбцы", [*self.crumbs(), upload, Link(batch.file_name, back)]),
            file_name=batch.file_name,
            choices=choices,
            fields=((LEFT_ASIDE, "— не загружать —"), *staff_headings.FIELDS),
            problem=batch.summary.get("problem", ""),
            post_href=self.page_href(pk, "explain"),
            back_href=back,
        )

    @expose("/import/<int:pk>/explain", methods=["POST"])
    @guarded("import")
    def import_explain(self, pk: int) -> Any:
        """Take what the columns mean, remember it and read the file again."""
        titles = [heading.title for heading in headings_of(self.lists.load(pk))]
        chosen = {title: request.form[f"c{n}"] for n, title in enumerate(titles) if f"c{n}" in request.form}
        back = self.page_href(pk, "columns")
        return answer_act(lambda: self.first_page(STAFF.explain_columns(pk, chosen)), back)
