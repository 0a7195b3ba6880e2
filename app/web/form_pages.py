"""Forms of a record: addition, change, deletion; what was typed is never lost."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask_appbuilder import expose
from sqlalchemy import select

from app.access import get_writable
from app.errors import Forbidden, Invalid, NotFound, PortalError
from app.extensions import db
from app.services import records
from app.web.card_pages import CardPages
from app.web.forms import form_values
from app.web.guards import guarded
from app.web.pages import FormPage, Section


class FormPages(CardPages):
    """Routes ``add``, ``edit`` and ``delete``."""

    @expose("/add", methods=["GET", "POST"])
    @guarded("add")
    def add(self) -> Any:
        """Form of a new record; what was typed stays when it is refused."""
        if not self.sections:
            abort(404)
        form = self.add_form(request.form) if request.method == "POST" else self.add_form(data=self.prefill())
        return self._answer(form, self.words.add, lambda: self.create_from(form), "Сохранено.")

    @expose("/edit/<int:pk>", methods=["GET", "POST"])
    @guarded("edit")
    def edit(self, pk: int) -> Any:
        """Form of a record; a change made meanwhile by another user is refused, not overwritten."""
        if not self.sections:
            abort(404)
        row = get_writable(db.session, self.datamodel.obj, pk, f"{self.table}:edit")
        form = self.edit_form(request.form, obj=row) if request.method == "POST" else self.edit_form(obj=row)
        title = f"Изменение: {row}"
        return self._answer(form, title, lambda: self._update(row, form), "Изменения сохранены.", row)

    def _update(self, row: Any, form: Any) -> Any:
        posted = request.form.get("version", "")
        if hasattr(row, "version") and posted != str(row.version):
            raise Invalid(
                "Пока вы работали с формой, запись изменил другой пользователь. Ваши значения остались в полях ниже: "
                "сверьте их с карточкой и сохраните ещё раз."
            )
        return self.update(row, self.values(form))

    def values(self, form: Any) -> dict[str, Any]:
        """Values of a validated form."""
        return form_values(form, self.form_columns, self.datamodel.obj)

    def _answer(self, form: Any, title: str, save: Callable[[], Any], done: str, row: Any = None) -> Any:
        problems: list[str] = []
        if request.method == "POST" and form.validate():
            try:
                with db.session.no_autoflush:
                    saved = save()
            except (NotFound, Forbidden):
                raise
            except PortalError as refusal:
                db.session.rollback()
                problems = attach(form, refusal)
            else:
                flash(done, "success")
                return redirect(self.after_save(saved))
        page = FormPage(
            title=title,
            form=form,
            sections=[Section(t, f) for t, f in self.form_sections(row)],
            cancel_href=self._cancel(row),
            crumbs=self.crumbs(),
            problems=problems,
            version=self._version(row),
        )
        return render_template("form.html", page=page), 422 if request.method == "POST" else 200

    def form_sections(self, row: Any) -> Sequence[tuple[str, Sequence[str]]]:
        """Sections of the form of ``row``, None for a new record."""
        return self.sections if row is not None else self.add_sections or self.sections

    def _version(self, row: Any) -> str:
        if row is None or not hasattr(row, "version"):
            return ""
        model = self.datamodel.obj
        return str(db.session.scalar(select(model.version).where(model.id == row.id)))

    def _cancel(self, row: Any) -> str:
        return self.href_of(row) if row is not None and self.has_card else url_for(f"{self.endpoint}.list")

    @expose("/delete/<int:pk>", methods=["POST"])
    @guarded("delete")
    def delete(self, pk: int) -> Any:
        """Delete a record; one in use answers with a sentence that names what uses it."""
        row = get_writable(db.session, self.datamodel.obj, pk, f"{self.table}:delete")
        back = url_for(f"{self.endpoint}.list")
        try:
            records.delete(row)
        except (NotFound, Forbidden):
            raise
        except PortalError as refusal:
            flash(refusal.message, "danger")
            return redirect(self.href_of(row) or back)
        flash(f"Удалено: {row}.", "success")
        return redirect(self.after_delete(row))

    def after_delete(self, _row: Any) -> str:
        """Where to go after a deletion."""
        return url_for(f"{self.endpoint}.list")


def attach(form: Any, refusal: PortalError) -> list[str]:
    """Put a refusal's sentences beside their fields; return those that belong to no field."""
    fields = getattr(refusal, "fields", None) or {}
    rest = []
    for name, sentences in fields.items():
        if name in form:
            form[name].errors = [*form[name].errors, *sentences]
        else:
            rest += sentences
    return rest if fields else [refusal.message]
