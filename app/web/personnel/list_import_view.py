"""Pages of the import of a list from Excel: upload, preview, application, undo, the file with comments."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from flask import flash, render_template, request, send_file
from flask_appbuilder import expose
from flask_wtf import FlaskForm
from flask_wtf.file import FileField, FileRequired
from werkzeug.wrappers import Response

from app import addresses
from app import models as m
from app.access import current_actor
from app.errors import PortalError, Unavailable
from app.exchange.engine import kept_batch, uploads
from app.exchange.engine.list_import import ListImport
from app.services.tasks import background
from app.statuses import ImportStatus
from app.web.frame.answers import answer_act, answer_form, attempt
from app.web.frame.guards import guarded
from app.web.frame.pages import Button, Cell, FormPage, Link, Section
from app.web.frame.parts import Part
from app.web.frame.task_words import Task, task_of
from app.web.personnel.import_preview import preview_page

_LONG = "Список большой, портал выполнит это как задание: здесь видно, сколько готово."


@dataclass(frozen=True, slots=True)
class ListWords:
    """What the pages of one kind of lists say: ``whose`` heads the column of people, ``undo`` tells what an undo does.

    ``applied`` may name the ``counts`` in the words of the list or each of them; ``long`` is said when a task does the work.
    """

    title: str
    note: str
    sample: str
    whose: str
    applied: str
    undo: str
    crumb: str = ""
    label: str = "Файл со списком"
    about_file: str = (
        "Книга Excel (.xlsx) с заголовками столбцов как в образце; порядок столбцов любой, до 20 000 строк."
    )
    sample_link: str = "Скачать образец"
    give_up: str = "Пока ничего не записано."
    given_up: str = "Загрузка отменена, ничего не записано."
    long: Mapping[str, str] = field(default_factory=lambda: dict.fromkeys(("apply", "undo", "marked"), _LONG))


class ListImportPages(Part):
    """The import in the view of what the lists write; the right is ``import`` on the view's table."""

    lists: ListImport[Any, Any, Any]
    list_words: ListWords

    # --- seams

    def example_links(self) -> Sequence[Link]:
        """Further links beside the empty form."""
        return ()

    def first_page(self, batch: m.ImportBatch) -> str:
        """Where an uploaded list is looked at first."""
        return self.page_href(batch.id)

    def applied_page(self, batch_id: int) -> str:
        """What follows the application of a short list."""
        return self.page_href(batch_id)

    # --- pages

    def list_buttons(self) -> Sequence[Button]:
        """Loading a list, for those who may."""
        if not current_actor().can(self.lists.permission):
            return ()
        return (Button("Загрузить из Excel", self.page_href()),)

    def page_href(self, *parts: str | int) -> str:
        """Address of a page of the import: of a list by its id and step, of the first page by nothing."""
        return addresses.at(self.table, "import", *(parts or ("",)))

    @expose("/import/", methods=["GET", "POST"])
    @guarded("import")
    def import_upload(self) -> Any:
        """Upload a list; what is wrong with the file is said beside the field."""
        words = self.list_words
        form = _file_form(words)

        def save() -> str:
            file = form.file.data
            return self.first_page(self.lists.upload((file.filename or "список.xlsx")[-255:], file.read()))

        def page() -> FormPage:
            return FormPage(
                title=words.title,
                form=form,
                sections=[Section("", ["file"])],
                submit="Проверить файл",
                cancel_href=addresses.listing(self.table),
                crumbs=self.crumbs(here=words.crumb or words.title),
                note=words.note,
                files=True,
            )

        links = [
            Link(words.sample_link, self.page_href("sample")),
            *self.example_links(),
            Link("Прошлые загрузки", addresses.listing("import_batch")),
        ]
        return answer_form(form, save, page, template="import_upload.html", links=links)

    @expose("/import/sample")
    @guarded("import")
    def import_sample(self) -> Any:
        """The empty form of the list."""
        return _workbook(self.lists.sample(), self.list_words.sample)

    @expose("/import/<int:pk>")
    @guarded("import")
    def import_preview(self, pk: int) -> Any:
        """What the list would write (or has written), row by row."""
        batch = self.lists.load(pk)
        state, is_open = kept_batch.state_of(batch), batch.status is ImportStatus.PREVIEWED
        crumbs = [*self.crumbs(), Link("Загрузка из Excel", self.page_href())]
        href, whose = self.page_href(pk), self.list_words.whose
        never = "" if self.lists.updates else kept_batch.ACTIONS["update"][0]
        return render_template(
            "import_preview.html",
            page=preview_page(batch, href, whose, crumbs=crumbs, buttons=self._buttons(batch)),
            summary=[] if state else [item for item in kept_batch.summary_of(batch) if item[0] != never],
            status=Cell(batch.status.label, tone=batch.status.tone),
            state=state if is_open else "",
            problem=batch.summary.get("problem", ""),
            notices=kept_batch.notices_of(batch),
            task=_task_of_batch(batch),
            state_href=addresses.at("tasks", "state"),
            columns_href=self.page_href(pk, "columns") if state == "columns" else "",
            again_href=self.page_href(pk, "check"),
            apply_href=self.page_href(pk, "apply") if is_open and not state else "",
            only_valid_confirm=bool(batch.summary.get("error")),
        )

    @expose("/import/<int:pk>/check", methods=["POST"])
    @guarded("import")
    def import_check(self, pk: int) -> Any:
        """Order the check of a long list again."""
        return self._act(pk, lambda: self.page_href(self.lists.check_again(pk).id))

    @expose("/import/<int:pk>/apply", methods=["POST"])
    @guarded("import")
    def import_apply(self, pk: int) -> Any:
        """Write the list: a short one at once, a long one as the user's task."""
        skip_errors = request.form.get("only_valid") == "1"

        def apply() -> str:
            if kept_batch.total_of(self.lists.load(pk)) > self.lists.at_once:
                self.lists.order(pk, skip_errors=skip_errors)
                return self._as_task("apply")
            counts = self.lists.apply(pk, skip_errors=skip_errors)
            flash(self.list_words.applied.format(counts=self.lists.words_of(counts), **asdict(counts)), "success")
            return self.applied_page(pk)

        done = attempt(apply)
        if isinstance(done, Unavailable):
            raise done  # during a технологический перерыв the page of the break is the answer

        def follow() -> str:
            if isinstance(done, PortalError):
                raise done
            return done

        return self._act(pk, follow)

    @expose("/import/<int:pk>/cancel", methods=["POST"])
    @guarded("import")
    def import_cancel(self, pk: int) -> Any:
        """Give up a list that is not applied."""

        def cancel() -> str:
            self.lists.cancel(pk)
            flash(self.list_words.given_up, "success")
            return self.page_href()

        return self._act(pk, cancel)

    @expose("/import/<int:pk>/undo", methods=["POST"])
    @guarded("import")
    def import_undo(self, pk: int) -> Any:
        """Take an applied list back, if nothing has happened to what it wrote."""

        def undo() -> str:
            if kept_batch.total_of(self.lists.load(pk)) > self.lists.at_once:
                self.lists.order_undo(pk)
                return self._as_task("undo")
            flash(f"Загрузка отменена: {self.lists.undone_words(self.lists.undo(pk))}.", "success")
            return self.page_href(pk)

        return self._act(pk, undo)

    @expose("/import/<int:pk>/marked", methods=["POST"])
    @guarded("import")
    def import_marked(self, pk: int) -> Any:
        """The same file with comments in the wrong cells; of a long list as the user's task."""

        def marked() -> str | Response:
            if kept_batch.total_of(self.lists.load(pk)) > self.lists.checked_at_once:
                self.lists.order_marked(pk)
                return self._as_task("marked")
            name, data = self.lists.marked_file(pk)
            return _workbook(data, name)

        return self._act(pk, marked)

    # --- their parts

    def _act(self, pk: int, act: Any) -> Response:
        return answer_act(act, self.page_href(pk))

    def _as_task(self, work: str) -> str:
        flash(self.list_words.long[work], "info")
        return addresses.TASKS

    def _buttons(self, batch: m.ImportBatch) -> list[Button]:
        buttons, words, is_kept = [], self.list_words, uploads.is_kept(batch)
        if is_kept and not kept_batch.state_of(batch) and kept_batch.kinds_of(batch):
            buttons.append(Button("Скачать файл с пометками", self.page_href(batch.id, "marked"), post=True))
        if batch.status is ImportStatus.PREVIEWED:
            if is_kept and kept_batch.headings_of(batch):
                buttons.append(Button("Столбцы", self.page_href(batch.id, "columns")))
            ask = f"Отказаться от этой загрузки? {words.give_up}"
            buttons.append(Button("Отказаться", self.page_href(batch.id, "cancel"), post=True, confirm=ask))
        if batch.status is ImportStatus.APPLIED:
            ask = f"Отменить загрузку? {words.undo}"
            href = self.page_href(batch.id, "undo")
            buttons.append(Button("Отменить загрузку", href, post=True, confirm=ask, danger=True))
        return buttons


def _file_form(words: ListWords) -> Any:
    required, kind = [FileRequired("Выберите файл.")], {"accept": ".xlsx"}
    file = FileField(words.label, required, description=words.about_file, render_kw=kind)
    return type("ListFileForm", (FlaskForm,), {"file": file})()


def _workbook(data: bytes, name: str) -> Response:
    return send_file(io.BytesIO(data), as_attachment=True, download_name=name, mimetype=uploads.XLSX)


def _task_of_batch(batch: m.ImportBatch) -> Task | None:
    """The user's newest task about the batch while it runs, or that failed to check it."""
    for job in background.own_jobs():
        if job.parameters.get("given", {}).get("batch") == batch.id:
            is_of_use = job.status in background.LIVE or kept_batch.state_of(batch) == "waiting"
            return task_of(job) if is_of_use else None
    return None
