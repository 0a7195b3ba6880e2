"""Pages of the import of чеки issued before the portal: upload, preview, application, undo."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_appbuilder import expose
from flask_wtf import FlaskForm
from flask_wtf.file import FileField, FileRequired

from app import models as m
from app.access import current_actor
from app.errors import Conflict, Invalid
from app.exchange import staff_batch, uploads, voucher_import, voucher_undo
from app.statuses import ImportStatus
from app.web.guards import guarded
from app.web.import_view import Preview, done_or_refused, preview_page, task_of_batch, workbook
from app.web.pages import Button, Cell, FormPage, Link, Section
from app.web.scoped_view import ScopedModelView

_TITLE = "Загрузка чеков прошлых лет"
_VOUCHERS = Preview("VoucherView.import_preview", "Владелец чека")
_LONG = "Список большой, портал выполнит это как задание: здесь видно, сколько готово."


class VoucherFileForm(FlaskForm):
    """The list of чеки."""

    file = FileField(
        "Файл со списком чеков",
        [FileRequired("Выберите файл.")],
        description="Книга Excel (.xlsx) с заголовками столбцов как в образце; порядок столбцов любой, до 20 000 строк.",
        render_kw={"accept": ".xlsx"},
    )


class VoucherImportPages(ScopedModelView):
    """The import's part of the чеки's view."""

    include_route_methods = ScopedModelView.include_route_methods | {
        "import_upload", "import_sample", "import_preview", "import_check", "import_apply", "import_cancel", "import_undo",
        "import_marked",
    }  # fmt: skip

    def list_buttons(self) -> Sequence[Button]:
        """Loading the чеки of former years, for the operator."""
        if not current_actor().can(voucher_import.PERMISSION):
            return ()
        return (Button("Загрузить из Excel", url_for("VoucherView.import_upload")),)

    @expose("/import/", methods=["GET", "POST"])
    @guarded("import")
    def import_upload(self) -> Any:
        """Upload a list; what is wrong with the file is said beside the field."""
        form, problems = VoucherFileForm(), []
        if form.validate_on_submit():
            file = form.file.data
            try:
                batch = voucher_import.upload((file.filename or "чеки.xlsx")[-255:], file.read())
            except (Invalid, Conflict) as refusal:
                problems = [refusal.message]
            else:
                return redirect(_preview_of(batch.id))
        page = FormPage(
            title=_TITLE,
            form=form,
            sections=[Section("", ["file"])],
            submit="Проверить файл",
            cancel_href=url_for("VoucherView.list"),
            crumbs=[*self.crumbs(), Link(_TITLE, current=True)],
            note="Загружаются чеки, выданные с 2010 года. Сначала портал покажет, что будет записано и где ошибки.",
            files=True,
            problems=problems,
        )
        links = [
            Link("Скачать образец", url_for("VoucherView.import_sample")),
            Link("Прошлые загрузки", url_for("ImportBatchView.list")),
        ]
        return render_template("import_upload.html", page=page, links=links), 422 if form.is_submitted() else 200

    @expose("/import/sample")
    @guarded("import")
    def import_sample(self) -> Any:
        """The form of the list with an example."""
        return workbook(voucher_import.sample(), "Чеки прошлых лет.xlsx")

    @expose("/import/<int:pk>")
    @guarded("import")
    def import_preview(self, pk: int) -> Any:
        """What the list would write (or has written), row by row."""
        batch = voucher_import.load(pk)
        state = staff_batch.state_of(batch)
        is_open = batch.status is ImportStatus.PREVIEWED
        crumbs = [*self.crumbs(), Link(_TITLE, url_for("VoucherView.import_upload"))]
        return render_template(
            "import_preview.html",
            page=preview_page(batch, _VOUCHERS, crumbs=crumbs, buttons=_buttons(batch)),
            summary=[] if state else [item for item in staff_batch.summary_of(batch) if item[0] != "обновить"],
            status=Cell(batch.status.label, tone=batch.status.tone),
            state=state if is_open else "",
            problem="",
            notices=staff_batch.notices_of(batch),
            task=task_of_batch(batch),
            state_href=url_for("TaskView.state"),
            columns_href="",
            again_href=url_for("VoucherView.import_check", pk=pk),
            apply_href=url_for("VoucherView.import_apply", pk=pk) if is_open and not state else "",
            only_valid_confirm=bool(batch.summary.get("error")),
        )

    @expose("/import/<int:pk>/check", methods=["POST"])
    @guarded("import")
    def import_check(self, pk: int) -> Any:
        """Order the check of a long list again."""
        return done_or_refused(lambda: _preview_of(voucher_import.check_again(pk).id), back=_preview_of(pk))

    @expose("/import/<int:pk>/apply", methods=["POST"])
    @guarded("import")
    def import_apply(self, pk: int) -> Any:
        """Write the чеки: a short list at once, a long one as the user's task."""
        skip_errors = request.form.get("only_valid") == "1"

        def apply() -> str:
            if staff_batch.total_of(voucher_import.load(pk)) > voucher_import.AT_ONCE:
                voucher_import.order(pk, skip_errors=skip_errors)
                return _as_task()
            flash(f"Чеки загружены: {voucher_import.apply(pk, skip_errors=skip_errors)}.", "success")
            return _preview_of(pk)

        return done_or_refused(apply, back=_preview_of(pk))

    @expose("/import/<int:pk>/cancel", methods=["POST"])
    @guarded("import")
    def import_cancel(self, pk: int) -> Any:
        """Give up a list that is not applied."""

        def cancel() -> str:
            voucher_import.cancel(pk)
            flash("Загрузка отменена, ничего не записано.", "success")
            return url_for("VoucherView.import_upload")

        return done_or_refused(cancel, back=_preview_of(pk))

    @expose("/import/<int:pk>/undo", methods=["POST"])
    @guarded("import")
    def import_undo(self, pk: int) -> Any:
        """Take an applied list back, if nothing has happened to its чеки since."""

        def undo() -> str:
            if staff_batch.total_of(voucher_import.load(pk)) > voucher_import.AT_ONCE:
                voucher_undo.order_undo(pk)
                return _as_task()
            flash(f"Загрузка отменена: удалено {voucher_undo.removed_words(voucher_undo.undo(pk))}.", "success")
            return _preview_of(pk)

        return done_or_refused(undo, back=_preview_of(pk))

    @expose("/import/<int:pk>/marked", methods=["POST"])
    @guarded("import")
    def import_marked(self, pk: int) -> Any:
        """The same file with comments in the wrong cells; of a long list as the user's task."""

        def marked() -> Any:
            if staff_batch.total_of(voucher_import.load(pk)) > voucher_import.CHECKED_AT_ONCE:
                voucher_undo.order_marked(pk)
                return _as_task()
            name, data = voucher_undo.marked_file(pk)
            return workbook(data, name)

        return done_or_refused(marked, back=_preview_of(pk))


def _preview_of(pk: int) -> str:
    return url_for("VoucherView.import_preview", pk=pk)


def _as_task() -> str:
    flash(_LONG, "info")
    return url_for("TaskView.index")


def _buttons(batch: m.ImportBatch) -> list[Button]:
    buttons, is_ready = [], not staff_batch.state_of(batch)
    if is_ready and staff_batch.kinds_of(batch) and uploads.is_kept(batch):
        href = url_for("VoucherView.import_marked", pk=batch.id)
        buttons.append(Button("Скачать файл с пометками", href, post=True))
    if batch.status is ImportStatus.PREVIEWED:
        ask = "Отказаться от этой загрузки? Пока ничего не записано."
        href = url_for("VoucherView.import_cancel", pk=batch.id)
        buttons.append(Button("Отказаться", href, post=True, confirm=ask))
    if batch.status is ImportStatus.APPLIED:
        ask = "Отменить загрузку? Загруженные ею чеки удалятся."
        href = url_for("VoucherView.import_undo", pk=batch.id)
        buttons.append(Button("Отменить загрузку", href, post=True, confirm=ask, danger=True))
    return buttons
