"""Pages of employees: the staff card with tabs, and the import of a staff list with its preview."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any

from flask import flash, jsonify, redirect, render_template, request, send_file, url_for
from flask_appbuilder import expose
from flask_appbuilder.forms import DynamicForm
from flask_appbuilder.models.sqla.interface import SQLAInterface
from flask_wtf import FlaskForm
from flask_wtf.file import FileField, FileRequired

from app import models as m
from app.access import current_actor
from app.errors import Conflict, Invalid, NotFound
from app.exchange import staff_import
from app.exchange.sample import build_sample
from app.services import people, vouchers
from app.statuses import EmploymentKind
from app.web import columns as c
from app.web import employee_card
from app.web.forms import PortalModelConverter, form_values
from app.web.guards import guarded
from app.web.lookups import Lookup
from app.web.pages import Button, CardPage, Cell, Column, FormPage, Link, ListPage, Row, Section
from app.web.scoped_view import ScopedModelView

_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_TONES = {
    "create": ("создать", "ok"),
    "update": ("обновить", "go"),
    "unchanged": ("без изменений", "grey"),
    "error": ("ошибка", "bad"),
}
#: rows of a preview on one page
_PREVIEW_ROWS = 200


class ImportForm(FlaskForm):
    """The staff list."""

    file = FileField(
        "Файл со списком работников",
        [FileRequired("Выберите файл.")],
        description="Книга Excel (.xlsx) с заголовками столбцов; порядок столбцов любой.",
        render_kw={"accept": ".xlsx"},
    )


class EmployeeLookup(Lookup):
    """Filters of the list of employees by what their places of work point to."""

    _TARGETS = {"organization": m.Organization, "position": m.Position}

    def target(self, name: str) -> type[Any]:
        """Model that the field or filter points to."""
        return self._TARGETS.get(name) or super().target(name)


_PLACE = ("organization", "position", "subjects", "kind", "started_on")


class _PlaceLookup(Lookup):
    """Choices of the fields of a place of work inside the form of a new person."""

    def url(self, name: str) -> str:
        """Address of the search."""
        return url_for("EmployeeView.find_place", field=name)


class _PlaceFields:
    """What the converter asks of a view, for the fields of a place of work."""

    hints: Mapping[str, str] = {}
    required_columns: Sequence[str] = ()
    datamodel = SQLAInterface(m.Employment)

    def __init__(self) -> None:
        self.lookup = _PlaceLookup(self, m.Employment, {"organization": "employment:add"})

    @staticmethod
    def choosable(field: str, _target: type[Any]) -> Any:
        """The responsible person chooses among the own organization and its units."""
        return c.own_organizations() if field == "organization" else None


class EmployeePages(ScopedModelView):
    """Pages of the employees' view."""

    include_route_methods = ScopedModelView.include_route_methods | {
        "import_upload", "import_preview", "import_apply", "import_sample", "find_place",
    }  # fmt: skip

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.lookup = EmployeeLookup(self, m.Employee, {})

    # --- card

    def card_page(self, row: m.Employee) -> CardPage:
        """The staff card: the chosen tab, and the journal beside it."""
        tab = request.args.get("tab", "overview")
        data = people.card(row.id)
        place = data.main
        status = Cell(place.status.label, tone=place.status.tone) if place else Cell("Не работает", tone="grey")
        return CardPage(
            title=row.full_name,
            crumbs=self.crumbs(),
            status=status,
            buttons=self.card_buttons(row),
            tabs=employee_card.tabs(data, tab if tab in dict(employee_card.TABS) else "overview"),
            blocks=employee_card.blocks(data, tab),
            aside=[self.history_block(row)],
        )

    def extra_buttons(self, row: m.Employee) -> list[Button]:
        """What is most often done from a card."""
        actor, buttons = current_actor(), []
        if actor.can("enrolment:add"):
            buttons.append(Button("Записать на курс", url_for("EnrolmentView.add", employee=row.id)))
        if actor.can("voucher_application:add") and vouchers.may_apply(row.id):
            buttons.append(Button("Подать заявку на чек", url_for("VoucherApplicationView.add", employee=row.id)))
        return buttons

    def list_buttons(self) -> list[Button]:
        """The import stands beside «Добавить работника»."""
        if not current_actor().can("employee:import"):
            return []
        return [Button("Загрузить из Excel", url_for("EmployeeView.import_upload"))]

    def _init_forms(self) -> None:
        """A new person comes with the first place of work: a card without one is seen by no school."""
        super()._init_forms()
        places = _PlaceFields()
        self.places = places
        person = PortalModelConverter(self).fields(self.form_columns)
        place = PortalModelConverter(places).fields(_PLACE)
        self.add_form = type("HireForm", (DynamicForm,), {**person, **place})
        self.add_sections = (*self.sections[:1], ("Место работы", _PLACE), *self.sections[1:])

    def create_from(self, form: Any) -> Any:
        """Create the person together with the first place of work."""
        place = form_values(form, _PLACE, m.Employment)
        employment = people.hire(
            self.values(form),
            organization_id=place["organization"].id,
            position_id=place["position"].id,
            started_on=place["started_on"],
            subjects=place["subjects"],
            kind=place["kind"] or EmploymentKind.MAIN,
        )
        return employment.employee

    @expose("/place/find/<string:field>")
    @guarded("add")
    def find_place(self, field: str) -> Any:
        """Choices of the place of work in the form of a new person."""
        if field not in ("organization", "position", "subjects"):
            raise NotFound("Такого поля нет.")
        return jsonify(self.places.lookup.find(field, request.args.get("q", "")[:100]))

    # --- import

    @expose("/import/", methods=["GET", "POST"])
    @guarded("import")
    def import_upload(self) -> Any:
        """Upload a staff list; what is wrong with the file is said beside the field."""
        form, problems = ImportForm(), []
        if form.validate_on_submit():
            upload = form.file.data
            try:
                batch = staff_import.preview((upload.filename or "список.xlsx")[-255:], upload.read())
            except (Invalid, Conflict) as refusal:
                problems = [refusal.message]
            else:
                return redirect(url_for("EmployeeView.import_preview", pk=batch.id))
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
        ]
        return render_template("import_upload.html", page=page, links=links), 422 if form.is_submitted() else 200

    @expose("/import/sample")
    @guarded("import")
    def import_sample(self) -> Any:
        """Empty form of the list with the portal's columns."""
        return send_file(
            io.BytesIO(build_sample()), as_attachment=True, download_name="Список работников.xlsx", mimetype=_XLSX
        )

    @expose("/import/<int:pk>")
    @guarded("import")
    def import_preview(self, pk: int) -> Any:
        """What the list would change, row by row."""
        batch = staff_import.load(pk)
        rows = staff_import.rows_of(batch)
        chosen = request.args.get("kind", "")
        page = _preview_page(batch, [r for r in rows if chosen not in _TONES or r.action == chosen], chosen)
        waiting = batch.status == "previewed"
        apply_href = url_for("EmployeeView.import_apply", pk=pk) if waiting else ""
        return render_template(
            "import_preview.html",
            page=page,
            summary=staff_import.summary_of(batch),
            kinds=[Link(words, _preview_url(pk, code), code == chosen) for code, (words, _tone) in _TONES.items()],
            notices=staff_import.notices_of(batch),
            apply_href=apply_href,
            only_valid_confirm=any(r.action == "error" for r in rows),
        )

    @expose("/import/<int:pk>/apply", methods=["POST"])
    @guarded("import")
    def import_apply(self, pk: int) -> Any:
        """Write the list to the cards: a short one at once, a long one as the user's task."""
        skip_errors = request.form.get("only_valid") == "1"
        try:
            if len(staff_import.load(pk).rows) > staff_import.AT_ONCE:
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


def _preview_url(pk: int, kind: str, page: int = 1) -> str:
    return url_for("EmployeeView.import_preview", pk=pk, kind=kind or None, page=page if page > 1 else None)


def _preview_page(batch: m.ImportBatch, rows: list[staff_import.PreviewRow], kind: str) -> ListPage:
    last = max(1, -(-len(rows) // _PREVIEW_ROWS))
    typed = request.args.get("page", "1")
    number = min(int(typed), last) if typed.isdecimal() and 0 < len(typed) < 7 and int(typed) else 1
    first = (number - 1) * _PREVIEW_ROWS
    pages = [Link(str(n), _preview_url(batch.id, kind, n), n == number) for n in range(1, last + 1)]
    heads = [Column(h, h) for h in ("Строка", "Работник", "Что будет сделано", "Подробности")]
    shown = []
    for r in rows[first : first + _PREVIEW_ROWS]:
        words, tone = _TONES[r.action]
        detail = "; ".join([*r.problems, *r.changes]) or "—"
        cells = [
            Cell(str(r.number), number=True),
            Cell(r.label),
            Cell(words, tone=tone),
            Cell(detail, "; ".join(r.warnings)),
        ]
        shown.append(Row(r.number, "", cells))
    return ListPage(
        title=f"Предпросмотр: {batch.file_name}",
        total=len(rows),
        columns=heads,
        rows=shown,
        search="",
        search_hint="",
        filters=(),
        page=number,
        pages=pages if last > 1 else (),
        first=first + 1 if rows else 0,
        last=first + len(shown),
        page_size=_PREVIEW_ROWS,
        crumbs=[
            Link("Работники", url_for("EmployeeView.list")),
            Link("Загрузка из Excel", url_for("EmployeeView.import_upload")),
        ],
    )
