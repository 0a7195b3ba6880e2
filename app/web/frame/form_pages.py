"""Forms of a record: addition, change, deletion; the typed text is never lost."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from flask import abort, flash, redirect, render_template, request
from flask_appbuilder import expose
from markupsafe import Markup
from sqlalchemy import select
from werkzeug.datastructures import CombinedMultiDict
from wtforms import FileField

from app import addresses
from app.access import get_writable
from app.errors import Conflict, PortalError
from app.extensions import db
from app.services.portal import records
from app.web.frame.answers import answer_act, attach, attempt, show_form
from app.web.frame.card_pages import CardPages
from app.web.frame.conflicts import Choices, Opened, differences, stamp, take_chosen
from app.web.frame.forms import form_values
from app.web.frame.guards import guarded
from app.web.frame.pages import Block, Button, CardPage, Difference, FormPage, Section

#: value of the second button of a new record's form
MORE = "add"
CHANGED_MEANWHILE = "Пока вы работали с формой, запись изменил другой пользователь."


class ChangedMeanwhile(Conflict):
    """Another user changed fields of the form since it was opened; ``found`` says which."""

    def __init__(self, found: Sequence[Difference]) -> None:
        super().__init__(CHANGED_MEANWHILE)
        self.found = found


class FormPages(CardPages):
    """Routes ``add``, ``edit`` and ``delete``."""

    #: the forms take a file
    has_files = False

    def _posted(self) -> Any:
        return CombinedMultiDict([request.files, request.form]) if self.has_files else request.form

    @expose("/add", methods=["GET", "POST"])
    @guarded("add")
    def add(self) -> Any:
        """Form of a new record; what was typed stays when it is refused."""
        if not self.sections:
            abort(404)
        form = self.add_form(self._posted()) if request.method == "POST" else self._empty_form()
        return self._answer(form, self.words.add, lambda: self.create_from(form))

    @expose("/edit/<int:pk>", methods=["GET", "POST"])
    @guarded("edit")
    def edit(self, pk: int) -> Any:
        """Form of a record; what another user changed meanwhile is shown beside what was typed, not overwritten."""
        if not self.sections:
            abort(404)
        row = get_writable(db.session, self.datamodel.obj, pk, f"{self.table}:edit")
        kept = self.why_kept(row) if request.method == "GET" else ""
        if kept:
            return self.kept_page(row, f"Изменить нельзя: {row}", kept, self.instead_of_edit(row))
        if request.method == "POST":
            row = self._held(row)
        kind = self.form_of(row)
        form = kind(self._posted(), obj=row) if request.method == "POST" else kind(obj=row)
        title = f"Изменение: {row}"
        return self._answer(form, title, lambda: self._update(row, form), "Изменения сохранены.", row)

    def kept_page(self, row: Any, title: str, why: str, buttons: Sequence[Button] = ()) -> Any:
        """Answer of a form that does not open, before anything is typed: why, and what may be done instead."""
        card = [Button("К карточке", self.href_of(row))] if self.has_card else []
        page = CardPage(title=title, crumbs=self.crumbs(), note=why, buttons=[*buttons, *card])
        return render_template("message.html", page=page), Conflict.status

    def card_form(
        self,
        row: Any,
        form: Any,
        *,
        title: str,
        submit: str,
        sections: Sequence[Section] = (),
        note: str = "",
        blocks: Sequence[Block] = (),
    ) -> FormPage:
        """Page of a form about one row, reached from its card; without ``sections`` all fields stand in their order."""
        shown = [field.name for field in form if field.type != "CSRFTokenField"]
        return FormPage(
            title,
            form,
            sections or [Section("", shown)],
            submit=submit,
            cancel_href=self.href_of(row),
            crumbs=self.crumbs(row),
            note=note,
            blocks=blocks,
            files=any(isinstance(field, FileField) for field in form),
        )

    def form_of(self, _row: Any) -> Any:
        """Class of the form that changes a row; one of fewer fields leaves the others as they are."""
        return self.edit_form

    def _held(self, row: Any) -> Any:
        """Keep others from changing the row until the end of the transaction.

        A version column alone would not do: between its comparison and the reading of the service another may save.
        """
        model = self.datamodel.obj
        db.session.execute(select(model.id).where(model.id == row.id).with_for_update())
        return get_writable(db.session, model, row.id, f"{self.table}:edit")

    def _empty_form(self) -> Any:
        """Form of a new record: what the view fills in, then what the address carries over from the last record."""
        form = self.add_form(data=self.prefill())
        for name in self.keep:
            if name in request.args and name in form:
                form[name].process(request.args)
                form[name].process_errors = []
        return form

    def _update(self, row: Any, form: Any) -> Any:
        posted = request.form.get("version", "")
        if not hasattr(row, "version") or posted != str(row.version):
            self._refuse_if_changed(row, form)
        return self.update(row, self.values(form))

    def _refuse_if_changed(self, row: Any, form: Any) -> None:
        names = self._shown_fields(row)
        opened = Opened.read(request.form.get("opened", ""))
        # a form that says nothing of its moment is refused only where a version proves the change
        if opened.marks or hasattr(row, "version"):
            found = differences(row, form, names, opened, Choices.read(request.form))
            if not all(item.is_settled for item in found):
                raise ChangedMeanwhile(found)
            take_chosen(row, form, found, opened)

    def values(self, form: Any) -> dict[str, Any]:
        """Values of a validated form."""
        return form_values(form, [name for name in self.form_columns if name in form], self.datamodel.obj)

    def _answer(self, form: Any, title: str, save: Callable[[], Any], done: str = "", row: Any = None) -> Any:
        problems: list[str] = []
        found: Sequence[Difference] = ()
        if request.method == "POST" and form.validate():
            with db.session.no_autoflush:
                saved = attempt(save)
            if not isinstance(saved, PortalError):
                return redirect(self._after(saved, form, done, is_new=row is None))
            found = self._meanwhile(saved, row, form)
            problems = [CHANGED_MEANWHILE] if found else attach(form, saved)
        return show_form(self._page(form, title, problems, found, row))

    def _meanwhile(self, refusal: PortalError, row: Any, form: Any) -> Sequence[Difference]:
        """What another user changed: found before the save, or by the version column at its very moment."""
        if isinstance(refusal, ChangedMeanwhile):
            return refusal.found
        if row is None or not isinstance(refusal, Conflict):
            return ()
        opened = Opened.read(request.form.get("opened", ""))
        if not opened.marks:
            return ()
        found = differences(row, form, self._shown_fields(row), opened, Choices.read(request.form))
        return () if all(item.is_settled for item in found) else found

    def _page(self, form: Any, title: str, problems: list[str], found: Sequence[Difference], row: Any) -> FormPage:
        # a refused form still speaks of the moment when it was opened
        is_old = request.method == "POST"
        opened = "" if row is None else stamp(row, self._shown_fields(row))
        apart = {item.field for item in found}
        sections = [
            Section(title, [name for name in names if name not in apart]) for title, names in self.form_sections(row)
        ]
        return FormPage(
            title=title,
            form=form,
            sections=[section for section in sections if section.fields],
            submit="Сохранить выбранное" if found else "Сохранить",
            cancel_href=self._cancel(row),
            crumbs=self.crumbs(row),
            problems=problems,
            files=self.has_files,
            version=request.form.get("version", "") if is_old else self._version(row),
            opened=request.form.get("opened", "") if is_old else opened,
            differences=found,
            reload_href="" if row is None else addresses.at(self.table, "edit", row.id),
            more=MORE if row is None else "",
            is_new=row is None,
        )

    def _after(self, saved: Any, form: Any, done: str, *, is_new: bool) -> str:
        """Say what was saved; returns where to go."""
        target = self.after_save(saved)
        if not is_new or request.form.get("then") != MORE:
            flash(done or self.added_words(saved), "success")
            return target
        href = self.href_of(saved)
        name = Markup('<a href="{}">{}</a>').format(href, saved) if href else Markup("{}").format(saved)
        flash(Markup("Сохранено: {}. Заполните следующую запись.").format(name), "success")
        return addresses.form(self.table, **self._kept(form))

    def added_words(self, _row: Any) -> str:
        """What is said after a new record is saved."""
        return "Сохранено."

    def _kept(self, form: Any) -> dict[str, Any]:
        """Field → value of what the next record starts with: what the address named, and what the view keeps."""
        names = [*self.keep, *(name for name in request.args if name in self.lookup_names and name not in self.keep)]
        values = {name: form[name]._value() if hasattr(form[name], "_value") else form[name].data for name in names}
        return {name: value for name, value in values.items() if value}

    def form_sections(self, row: Any) -> Sequence[tuple[str, Sequence[str]]]:
        """Sections of the form of ``row``, None for a new record."""
        return self.sections if row is not None else self.add_sections or self.sections

    def _shown_fields(self, row: Any) -> list[str]:
        return [name for _title, fields in self.form_sections(row) for name in fields]

    @staticmethod
    def _version(row: Any) -> str:
        return "" if row is None or not hasattr(row, "version") else str(row.version)

    def _cancel(self, row: Any) -> str:
        return self.href_of(row) if row is not None and self.has_card else addresses.listing(self.table)

    @expose("/delete/<int:pk>", methods=["POST"])
    @guarded("delete")
    def delete(self, pk: int) -> Any:
        """Delete a record; one in use answers with a sentence that names what uses it."""
        row = get_writable(db.session, self.datamodel.obj, pk, f"{self.table}:delete")
        back = addresses.listing(self.table)
        card, name = self.href_of(row), str(row)

        def delete() -> str:
            records.delete(row)
            flash(f"Удалено: {name}.", "success")
            return self.after_delete(row)

        return answer_act(delete, card or back)

    def after_delete(self, row: Any) -> str:
        """Where to go after a deletion."""
        return self.home_of(row) or addresses.listing(self.table)
