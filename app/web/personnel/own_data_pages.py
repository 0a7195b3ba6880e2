"""«Выгрузить мои данные»: the file of the own data, and the one that the operator makes for a person at a written request."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from flask import flash, redirect, request, send_file, url_for
from flask_appbuilder import BaseView, expose

from app import models as m
from app.access import current_actor
from app.clock import now
from app.documents.file_names import safe_name
from app.documents.own_data import write_own_data
from app.errors import Invalid
from app.services.personnel import own_data
from app.web.frame.export_pages import XLSX
from app.web.frame.guards import signed_in
from app.web.frame.pages import Block, Button
from app.web.frame.scoped_view import ScopedModelView

TAKE, GIVE = "Выгрузить мои данные", "Выдать сведения по запросу"


def own_data_block() -> Block:
    """The part of «Вход и безопасность» for everybody, with a card or without."""
    note = (
        "Файл Excel со всем, что портал хранит о вас: по листу на каждый вид записей (152-ФЗ, статья 14). В журнале останется "
        "отметка о том, что вы его получили."
    )
    return Block("Мои данные", note=note, buttons=[take_button()])


def take_button() -> Button:
    """The button for the person."""
    return Button(TAKE, url_for("OwnDataView.index"))


def data_buttons(person: m.Employee) -> list[Button]:
    """The button of a card: for its owner, or for the operator who was asked in writing."""
    actor = current_actor()
    if actor.employee_id == person.id:
        return [take_button()]
    if not actor.can(own_data.GIVE):
        return []
    ask = "Дата и номер письменного запроса"
    return [Button(GIVE, url_for("EmployeeView.give_data", pk=person.id), post=True, ask=ask)]


class OwnDataView(BaseView):
    """One address for everybody's own data: whose they are is not asked but known."""

    route_base = "/my-data"
    default_view = "index"

    @expose("/")
    @signed_in
    def index(self) -> Any:
        """The file of the own data."""
        return _file(own_data.take_own())


class GivenDataPages(ScopedModelView):
    """The part of the employees' view that gives a person's data at a written request."""

    @expose("/data/<int:pk>", methods=["POST"])
    @signed_in
    def give_data(self, pk: int) -> Any:
        """The file of a person's data, for the operator; a card that is not seen is not there."""
        try:
            given = own_data.give(pk, request=request.form.get("reason", "")[:255])
        except Invalid as refusal:
            flash(refusal.message, "danger")
            return redirect(url_for("EmployeeView.show", pk=pk))
        return _file(given)


def _file(given: own_data.OwnData) -> Any:
    with tempfile.TemporaryDirectory(prefix="portal-own-data-") as folder:
        path = Path(folder) / "data.xlsx"
        write_own_data(path, given, at=now())
        # the open file outlives its name, so nothing stays on the disk when the download breaks off
        name = f"{safe_name(f'Сведения, {given.name}')} {now():%d.%m.%Y}.xlsx"
        return send_file(path.open("rb"), as_attachment=True, download_name=name, mimetype=XLSX)
