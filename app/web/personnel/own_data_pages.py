"""«Выгрузить мои данные»: the file of a user's data, and the one that the operator makes for a person at a written request."""

from __future__ import annotations

from typing import Any

from flask import request
from flask_appbuilder import BaseView, expose

from app import addresses
from app import models as m
from app.access import current_actor
from app.clock import now
from app.documents.file_names import safe_name
from app.documents.sheets.own_data_book import write_own_data
from app.services.identity import own_data
from app.web.access.account_pages import take_button
from app.web.frame.answers import answer_act
from app.web.frame.downloads import download_written
from app.web.frame.export_pages import XLSX
from app.web.frame.guards import signed_in
from app.web.frame.pages import Button
from app.web.frame.parts import Part

GIVE = "Выдать сведения по запросу"


class OwnDataView(BaseView):
    """One address for everybody's own data: whose they are is not asked but known."""

    route_base = "/my-data"
    default_view = "index"

    @expose("/")
    @signed_in
    def index(self) -> Any:
        """The file of the own data."""
        return _file(own_data.take_own())


class GivenData(Part):
    """A person's data: for the person, and for the operator at a written request."""

    def buttons(self, person: m.Employee) -> list[Button]:
        """For the card's owner, or for the operator who was asked in writing."""
        actor = current_actor()
        if actor.employee_id == person.id:
            return [take_button()]
        if not actor.can(own_data.GIVE):
            return []
        ask = "Дата и номер письменного запроса"
        return [Button(GIVE, addresses.at("employee", "data", person.id), post=True, ask=ask)]

    @expose("/data/<int:pk>", methods=["POST"])
    @signed_in
    def give_data(self, pk: int) -> Any:
        """The file of a person's data, for the operator; a card that is not seen is not there."""
        why = request.form.get("reason", "")[:255]
        return answer_act(lambda: _file(own_data.give(pk, request=why)), addresses.card("employee", pk))


def _file(given: own_data.OwnData) -> Any:
    name = f"{safe_name(f'Сведения, {given.name}')} {now():%d.%m.%Y}.xlsx"
    return download_written(name, XLSX, lambda path: write_own_data(path, given, at=now()))
