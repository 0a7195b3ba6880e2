"""Pages of the import of a staff list: upload, what its columns mean, preview, application, undo."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import urlencode

from flask import flash, redirect, render_template, request, send_file, url_for
from flask_appbuilder import expose
from flask_wtf import FlaskForm
from flask_wtf.file import FileField, FileRequired

from app import models as m
from app.errors import Conflict, Forbidden, Invalid, NotFound, PortalError
from app.exchange import staff_check, staff_headings, staff_import, staff_marks, uploads
from app.exchange.columns import LEFT_ASIDE
from app.exchange.sample import build_sample
from app.russian import quoted
from app.services.portal import background
from app.statuses import ImportStatus
from app.web.desk.task_view import Task, task_of
from app.web.frame.guards import guarded
from app.web.frame.pages import Button, Cell, Column, Filter, FormPage, Link, ListPage, Option, Row, Section
from app.web.frame.scoped_view import ScopedModelView

#: rows of a preview on one page
PREVIEW_ROWS = 100
#: page numbers around the current one
_NEAR_PAGES = 2


class ImportForm(FlaskForm):
    """The staff list."""

    file = FileField(
        "Файл со списком работников",
        [FileRequired("Выберите файл.")],
        description="Книга Excel (.xlsx) с заголовками столбцов; порядок столбцов любой, списков на листах может быть "
        "несколько.",
        render_kw={"accept": ".xlsx"},
    )


@dataclass(frozen=True, slots=True)
class ColumnChoice:
    """A titled column of the list on the page of columns: ``name`` of its control, its field and its first values."""

    name: str
    letter: str
    title: str
    field: str
    samples: str


class ImportPages(ScopedModelView):
    """The import's part of the employees' view."""

    @expose("/import/", methods=["GET", "POST"])
    @guarded("import")
    def import_upload(self) -> Any:
        """Upload a staff list; what is wrong with the file is said beside the field."""
        form, problems = ImportForm(), []
        if form.validate_on_submit():
            file = form.file.data
            try:
                batch = staff_import.upload((file.filename or "список.xlsx")[-255:], file.read())
            except (Invalid, Conflict) as refusal:
                problems = [refusal.message]
            else:
                return redirect(_first_page(batch))
        page = FormPage(
            title="Загрузка списка работников",
            form=form,
            sections=[Section("", ["file"])],
            submit="Проверить файл",
            cancel_href=url_for("EmployeeView.list"),
            crumbs=[*self.crumbs(), Link("Загрузка из Excel", current=True)],
            note="Сначала портал покажет, что изменится. До кнопки «Применить» ничего не записывается.",
            files=True,
            problems=problems,
        )
        links = [
            Link("Скачать пустую форму", url_for("EmployeeView.import_sample")),
            Link("Скачать пример списка", url_for("static", filename="examples/staff-list.xlsx")),
            Link("Прошлые загрузки", url_for("ImportBatchView.list")),
        ]
        return render_template("import_upload.html", page=page, links=links), 422 if form.is_submitted() else 200

    @expose("/import/sample")
    @guarded("import")
    def import_sample(self) -> Any:
        """Empty form of the list with the portal's columns."""
        return workbook(build_sample(choices=staff_check.sample_choices()), "Список работников.xlsx")

    @expose("/import/<int:pk>")
    @guarded("import")
    def import_preview(self, pk: int) -> Any:
        """What the list would change (or has changed), row by row."""
        batch = staff_import.load(pk)
        waits = batch.status is ImportStatus.PREVIEWED and not staff_import.state_of(batch)
        return render_template(
            "import_preview.html",
            page=preview_page(batch, STAFF, crumbs=_crumbs(batch)[:2], buttons=_buttons(batch)),
            summary=[] if staff_import.state_of(batch) else staff_import.summary_of(batch),
            status=Cell(batch.status.label, tone=batch.status.tone),
            state=staff_import.state_of(batch) if batch.status is ImportStatus.PREVIEWED else "",
            problem=batch.summary.get("problem", ""),
            notices=staff_import.notices_of(batch),
            task=task_of_batch(batch),
            state_href=url_for("TaskView.state"),
            columns_href=url_for("EmployeeView.import_columns", pk=pk),
            again_href=url_for("EmployeeView.import_explain", pk=pk),
            apply_href=url_for("EmployeeView.import_apply", pk=pk) if waits else "",
            only_valid_confirm=bool(batch.summary.get("error")),
        )

    @expose("/import/<int:pk>/columns")
    @guarded("import")
    def import_columns(self, pk: int) -> Any:
        """Which field each column of the list means."""
        batch = staff_import.load(pk)
        choices = [
            ColumnChoice(f"c{number}", h.letter, h.title, h.field or LEFT_ASIDE, ", ".join(h.samples))
            for number, h in enumerate(staff_import.headings_of(batch))
        ]
        return render_template(
            "import_columns.html",
            title="Что значат столбцы",
            page=Crumbs(_crumbs(batch)),
            file_name=batch.file_name,
            choices=choices,
            fields=((LEFT_ASIDE, "— не загружать —"), *staff_headings.FIELDS),
            problem=batch.summary.get("problem", ""),
            post_href=url_for("EmployeeView.import_explain", pk=pk),
            back_href=url_for("EmployeeView.import_preview", pk=pk),
        )

    @expose("/import/<int:pk>/explain", methods=["POST"])
    @guarded("import")
    def import_explain(self, pk: int) -> Any:
        """Take what the columns mean, remember it and read the file again."""
        batch = staff_import.load(pk)
        titles = [heading.title for heading in staff_import.headings_of(batch)]
        chosen = {title: request.form[f"c{n}"] for n, title in enumerate(titles) if f"c{n}" in request.form}
        back = url_for("EmployeeView.import_columns", pk=pk)
        return done_or_refused(lambda: _first_page(staff_import.explain_columns(pk, chosen)), back=back)

    @expose("/import/<int:pk>/apply", methods=["POST"])
    @guarded("import")
    def import_apply(self, pk: int) -> Any:
        """Write the list to the cards: a short one at once, a long one as the user's task."""
        skip_errors = request.form.get("only_valid") == "1"
        try:
            if staff_import.total_of(staff_import.load(pk)) > staff_import.AT_ONCE:
                staff_import.order(pk, skip_errors=skip_errors)
                flash("Список большой, портал применяет его как задание: здесь видно, сколько готово.", "info")
                return redirect(url_for("TaskView.index"))
            counts = staff_import.apply(pk, skip_errors=skip_errors)
        except NotFound:
            raise
        except (Conflict, Invalid) as refusal:
            flash(refusal.message, "danger")
            return redirect(url_for("EmployeeView.import_preview", pk=pk))
        done = f"Создано: {counts.created}. Обновлено: {counts.updated}. Без изменений: {counts.unchanged}."
        flash(f"{done} Пропущено с ошибками: {counts.skipped}.", "success")
        return redirect(url_for("EmployeeView.list"))

    @expose("/import/<int:pk>/cancel", methods=["POST"])
    @guarded("import")
    def import_cancel(self, pk: int) -> Any:
        """Give up a list that is not applied."""

        def cancel() -> str:
            staff_import.cancel(pk)
            flash("Загрузка отменена, в карточки ничего не записано.", "success")
            return url_for("EmployeeView.import_upload")

        return done_or_refused(cancel, back=url_for("EmployeeView.import_preview", pk=pk))

    @expose("/import/<int:pk>/undo", methods=["POST"])
    @guarded("import")
    def import_undo(self, pk: int) -> Any:
        """Take an applied list back, if nothing has changed since."""

        def undo() -> str:
            if staff_import.total_of(staff_import.load(pk)) > staff_import.AT_ONCE:
                staff_import.order_undo(pk)
                flash("Список большой, портал отменяет его как задание: здесь видно, сколько готово.", "info")
                return url_for("TaskView.index")
            flash(f"Загрузка отменена: {staff_import.undo(pk)}.", "success")
            return url_for("EmployeeView.import_preview", pk=pk)

        return done_or_refused(undo, back=url_for("EmployeeView.import_preview", pk=pk))

    @expose("/import/<int:pk>/marked", methods=["POST"])
    @guarded("import")
    def import_marked(self, pk: int) -> Any:
        """The same file with comments in the wrong cells; of a long list as the user's task."""

        def marked() -> Any:
            if staff_marks.is_long(staff_import.load(pk)):
                staff_marks.order_marked(pk)
                flash("Файл большой, портал готовит его как задание: скачать его можно будет здесь.", "info")
                return url_for("TaskView.index")
            name, data = staff_marks.marked_file(pk)
            return workbook(data, name)

        return done_or_refused(marked, back=url_for("EmployeeView.import_preview", pk=pk))


@dataclass(frozen=True, slots=True)
class Crumbs:
    """A page that has only a way back."""

    crumbs: Sequence[Link]


def done_or_refused(action: Callable[[], Any], *, back: str) -> Any:
    """Do it and go where it says; a refusal is said on the page ``back``, from which it was asked."""
    try:
        found = action()
    except (NotFound, Forbidden):
        raise
    except PortalError as refusal:
        flash(refusal.message, "danger")
        found = back
    return redirect(found) if isinstance(found, str) else found


def _first_page(batch: m.ImportBatch) -> str:
    """Where an uploaded list is looked at first."""
    view = "import_columns" if staff_import.state_of(batch) == "columns" else "import_preview"
    return url_for(f"EmployeeView.{view}", pk=batch.id)


def workbook(data: bytes, name: str) -> Any:
    """An XLSX file to download."""
    return send_file(io.BytesIO(data), as_attachment=True, download_name=name, mimetype=uploads.XLSX)


def _crumbs(batch: m.ImportBatch) -> list[Link]:
    return [
        Link("Работники", url_for("EmployeeView.list")),
        Link("Загрузка из Excel", url_for("EmployeeView.import_upload")),
        Link(batch.file_name, url_for("EmployeeView.import_preview", pk=batch.id)),
    ]


def task_of_batch(batch: m.ImportBatch) -> Task | None:
    """The user's newest task about the batch while it runs, or that failed to check it."""
    for job in background.own_jobs():
        if job.parameters.get("given", {}).get("batch") == batch.id:
            is_of_use = job.status in background.LIVE or staff_import.state_of(batch) == "waiting"
            return task_of(job) if is_of_use else None
    return None


# --- preview ---------------------------------------------------------------------------------------------------------


def _buttons(batch: m.ImportBatch) -> list[Button]:
    buttons, is_ready = [], not staff_import.state_of(batch)
    is_kept = uploads.is_kept(batch)
    if is_ready and is_kept and staff_import.kinds_of(batch):
        href = url_for("EmployeeView.import_marked", pk=batch.id)
        buttons.append(Button("Скачать файл с пометками", href, post=True))
    if batch.status is ImportStatus.PREVIEWED:
        if is_kept and staff_import.headings_of(batch):
            buttons.append(Button("Столбцы", url_for("EmployeeView.import_columns", pk=batch.id)))
        ask = "Отказаться от этой загрузки? В карточки ничего не записано."
        href = url_for("EmployeeView.import_cancel", pk=batch.id)
        buttons.append(Button("Отказаться", href, post=True, confirm=ask))
    if batch.status is ImportStatus.APPLIED:
        ask = "Отменить загрузку? Созданные ею карточки удалятся, в изменённые вернутся прежние сведения."
        href = url_for("EmployeeView.import_undo", pk=batch.id)
        buttons.append(Button("Отменить загрузку", href, post=True, confirm=ask, danger=True))
    return buttons


def _filters(batch: m.ImportBatch, asked: Mapping[str, str]) -> list[Filter]:
    """What is done, and which kind of error or warning; each option says how many rows it finds."""
    actions = [
        Option(code, f"{words} · {batch.summary.get(code, 0)}", code == asked["kind"])
        for code, (words, _tone) in staff_import.ACTIONS.items()
    ]
    kinds = [
        Option(kind.code, f"{kind.words} · {kind.rows}" if kind.is_error else f"замечание: {kind.words} · {kind.rows}",
               kind.code == asked["problem"])
        for kind in staff_import.kinds_of(batch)
    ]  # fmt: skip
    found = [Filter("kind", "Что будет сделано", "choice", actions, asked["kind"])]
    if kinds:
        found.append(Filter("problem", "Вид ошибки", "choice", kinds, asked["problem"]))
    return found


def _asked(batch: m.ImportBatch) -> dict[str, str]:
    kind, problem = request.args.get("kind", ""), request.args.get("problem", "")
    known = {found.code for found in staff_import.kinds_of(batch)}
    return {
        "kind": kind if kind in staff_import.ACTIONS else "",
        "problem": problem if problem in known else "",
        "q": request.args.get("q", "").strip()[:100],
    }


@dataclass(frozen=True, slots=True)
class Preview:
    """What the previews of several kinds of lists differ in: the view with the page, and whose rows they are."""

    endpoint: str
    whose: str


STAFF = Preview("EmployeeView.import_preview", "Работник")


def preview_page(
    batch: m.ImportBatch, preview: Preview, *, crumbs: Sequence[Link], buttons: Sequence[Button]
) -> ListPage:
    """The rows of a batch: searched, filtered by what is done and by kinds of errors, paged."""
    asked = _asked(batch)
    typed = request.args.get("page", "1")
    number = int(typed) if typed.isdecimal() and 0 < len(typed) < 6 and int(typed) else 1
    find = partial(staff_import.page_of, batch, action=asked["kind"], kind=asked["problem"], search=asked["q"])
    first = (number - 1) * PREVIEW_ROWS
    rows, total = find(first=first, most=PREVIEW_ROWS)
    if not rows and number > 1:
        number, first = 1, 0
        rows, total = find(first=first, most=PREVIEW_ROWS)
    return ListPage(
        title=f"Предпросмотр: {batch.file_name}" if batch.status is ImportStatus.PREVIEWED else batch.file_name,
        total=total,
        columns=[Column(h, h) for h in ("Строка", preview.whose, "Что будет сделано", "Подробности")],
        rows=[_row(row) for row in rows],
        search=asked["q"],
        search_hint="Фамилия или номер строки",
        filters=_filters(batch, asked),
        page=number,
        pages=_pages(url_for(preview.endpoint, pk=batch.id), asked, number, total=total),
        first=first + 1 if rows else 0,
        last=first + len(rows),
        page_size=PREVIEW_ROWS,
        crumbs=[*crumbs, Link(batch.file_name, current=True)],
        buttons=buttons,
        reset_href=url_for(preview.endpoint, pk=batch.id),
        empty="Таких строк нет." if any(asked.values()) else "Строк нет.",
    )


def _row(row: staff_import.PreviewRow) -> Row:
    words, tone = staff_import.ACTIONS[row.action]
    detail = ";\n".join([*row.problems, *row.changes]) or "—"
    return Row(
        row.number,
        "",
        [
            Cell(str(row.number), f"лист {quoted(row.sheet)}" if row.sheet else "", number=True),
            Cell(row.label),
            Cell(words, tone=tone),
            Cell(detail, "; ".join(row.warnings)),
        ],
    )


def _pages(href: str, asked: Mapping[str, str], number: int, *, total: int) -> list[Link]:
    """The first, the last and those around the current one; a gap between them is «…»."""
    last = max(1, -(-total // PREVIEW_ROWS))
    if last == 1:
        return []
    near = {1, last, *range(max(1, number - _NEAR_PAGES), min(last, number + _NEAR_PAGES) + 1)}
    links: list[Link] = []
    before = 0
    for n in sorted(near):
        if n != before + 1:
            links.append(Link("…"))
        before = n
        given = {name: value for name, value in asked.items() if value}
        links.append(Link(str(n), f"{href}?{urlencode({'page': n, **given})}", n == number))
    return links
