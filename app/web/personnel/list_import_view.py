"""Pages of the import of a list about people with cards (чеки, trainings of former years): upload, preview, application, undo."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_appbuilder import expose
from flask_wtf import FlaskForm
from flask_wtf.file import FileField, FileRequired

from app import models as m
from app.access import current_actor
from app.errors import Conflict, Invalid
from app.exchange import staff_batch, uploads
from app.exchange.engine.list_import import ListImport
from app.statuses import ImportStatus
from app.web.frame.guards import guarded
from app.web.frame.pages import Button, Cell, FormPage, Link, Section
from app.web.frame.scoped_view import ScopedModelView
from app.web.personnel.import_view import Preview, done_or_refused, preview_page, task_of_batch, workbook

_LONG = "Список большой, портал выполнит это как задание: здесь видно, сколько готово."


class ListFileForm(FlaskForm):
    """The list."""

    file = FileField(
        "Файл со списком",
        [FileRequired("Выберите файл.")],
        description="Книга Excel (.xlsx) с заголовками столбцов как в образце; порядок столбцов любой, до 20 000 строк.",
        render_kw={"accept": ".xlsx"},
    )


@dataclass(frozen=True, slots=True)
class ListWords:
    """What the pages of one kind of lists say: ``whose`` heads the column of people, ``done`` begins «… загружены»."""

    title: str
    note: str
    sample: str
    whose: str
    done: str
    undo: str


class ListImportPages(ScopedModelView):
    """The import's part of the view of what the lists write; the right is ``import`` on the view's table."""

    lists: ListImport[Any, Any, Any]
    list_words: ListWords

    def list_buttons(self) -> Sequence[Button]:
        """Loading a list, for those who may."""
        if not current_actor().can(self.lists.permission):
            return ()
        return (Button("Загрузить из Excel", self._page_href("upload")),)

    def _page_href(self, name: str, **values: Any) -> str:
        return url_for(f"{self.endpoint}.import_{name}", **values)

    @expose("/import/", methods=["GET", "POST"])
    @guarded("import")
    def import_upload(self) -> Any:
        """Upload a list; what is wrong with the file is said beside the field."""
        words = self.list_words
        form, problems = ListFileForm(), []
        if form.validate_on_submit():
            file = form.file.data
            try:
                batch = self.lists.upload((file.filename or "список.xlsx")[-255:], file.read())
            except (Invalid, Conflict) as refusal:
                problems = [refusal.message]
            else:
                return redirect(self._page_href("preview", pk=batch.id))
        page = FormPage(
            title=words.title,
            form=form,
            sections=[Section("", ["file"])],
            submit="Проверить файл",
            cancel_href=url_for(f"{self.endpoint}.list"),
            crumbs=[*self.crumbs(), Link(words.title, current=True)],
            note=f"{words.note} Сначала портал покажет, что будет записано и где ошибки.",
            files=True,
            problems=problems,
        )
        links = [
            Link("Скачать образец", self._page_href("sample")),
            Link("Прошлые загрузки", url_for("ImportBatchView.list")),
        ]
        return render_template("import_upload.html", page=page, links=links), 422 if form.is_submitted() else 200

    @expose("/import/sample")
    @guarded("import")
    def import_sample(self) -> Any:
        """The form of the list with an example."""
        return workbook(self.lists.sample(), self.list_words.sample)

    @expose("/import/<int:pk>")
    @guarded("import")
    def import_preview(self, pk: int) -> Any:
        """What the list would write (or has written), row by row."""
        batch = self.lists.load(pk)
        state = staff_batch.state_of(batch)
        is_open = batch.status is ImportStatus.PREVIEWED
        crumbs = [*self.crumbs(), Link("Загрузка из Excel", self._page_href("upload"))]
        preview = Preview(f"{self.endpoint}.import_preview", self.list_words.whose)
        return render_template(
            "import_preview.html",
            page=preview_page(batch, preview, crumbs=crumbs, buttons=self._import_buttons(batch)),
            summary=[] if state else [item for item in staff_batch.summary_of(batch) if item[0] != "обновить"],
            status=Cell(batch.status.label, tone=batch.status.tone),
            state=state if is_open else "",
            problem="",
            notices=staff_batch.notices_of(batch),
            task=task_of_batch(batch),
            state_href=url_for("TaskView.state"),
            columns_href="",
            again_href=self._page_href("check", pk=pk),
            apply_href=self._page_href("apply", pk=pk) if is_open and not state else "",
            only_valid_confirm=bool(batch.summary.get("error")),
        )

    @expose("/import/<int:pk>/check", methods=["POST"])
    @guarded("import")
    def import_check(self, pk: int) -> Any:
        """Order the check of a long list again."""
        back = self._page_href("preview", pk=pk)
        return done_or_refused(lambda: self._page_href("preview", pk=self.lists.check_again(pk).id), back=back)

    @expose("/import/<int:pk>/apply", methods=["POST"])
    @guarded("import")
    def import_apply(self, pk: int) -> Any:
        """Write the list: a short one at once, a long one as the user's task."""
        skip_errors, back = request.form.get("only_valid") == "1", self._page_href("preview", pk=pk)

        def apply() -> str:
            if staff_batch.total_of(self.lists.load(pk)) > self.lists.at_once:
                self.lists.order(pk, skip_errors=skip_errors)
                return _as_task()
            flash(f"{self.list_words.done}: {self.lists.apply(pk, skip_errors=skip_errors)}.", "success")
            return back

        return done_or_refused(apply, back=back)

    @expose("/import/<int:pk>/cancel", methods=["POST"])
    @guarded("import")
    def import_cancel(self, pk: int) -> Any:
        """Give up a list that is not applied."""

        def cancel() -> str:
            self.lists.cancel(pk)
            flash("Загрузка отменена, ничего не записано.", "success")
            return self._page_href("upload")

        return done_or_refused(cancel, back=self._page_href("preview", pk=pk))

    @expose("/import/<int:pk>/undo", methods=["POST"])
    @guarded("import")
    def import_undo(self, pk: int) -> Any:
        """Take an applied list back, if nothing has happened to what it wrote."""
        back = self._page_href("preview", pk=pk)

        def undo() -> str:
            if staff_batch.total_of(self.lists.load(pk)) > self.lists.at_once:
                self.lists.order_undo(pk)
                return _as_task()
            flash(f"Загрузка отменена: удалено {self.lists.counted(self.lists.undo(pk))}.", "success")
            return back

        return done_or_refused(undo, back=back)

    @expose("/import/<int:pk>/marked", methods=["POST"])
    @guarded("import")
    def import_marked(self, pk: int) -> Any:
        """The same file with comments in the wrong cells; of a long list as the user's task."""

        def marked() -> Any:
            if staff_batch.total_of(self.lists.load(pk)) > self.lists.checked_at_once:
                self.lists.order_marked(pk)
                return _as_task()
            name, data = self.lists.marked_file(pk)
            return workbook(data, name)

        return done_or_refused(marked, back=self._page_href("preview", pk=pk))

    def _import_buttons(self, batch: m.ImportBatch) -> list[Button]:
        buttons, is_ready = [], not staff_batch.state_of(batch)
        if is_ready and staff_batch.kinds_of(batch) and uploads.is_kept(batch):
            buttons.append(Button("Скачать файл с пометками", self._page_href("marked", pk=batch.id), post=True))
        if batch.status is ImportStatus.PREVIEWED:
            ask = "Отказаться от этой загрузки? Пока ничего не записано."
            buttons.append(Button("Отказаться", self._page_href("cancel", pk=batch.id), post=True, confirm=ask))
        if batch.status is ImportStatus.APPLIED:
            ask = f"Отменить загрузку? {self.list_words.undo}"
            href = self._page_href("undo", pk=batch.id)
            buttons.append(Button("Отменить загрузку", href, post=True, confirm=ask, danger=True))
        return buttons


def _as_task() -> str:
    flash(_LONG, "info")
    return url_for("TaskView.index")
