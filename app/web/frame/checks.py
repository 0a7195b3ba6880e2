"""Checks of a form's values while the user fills the form: the answer is the sentence that saving would give."""

from __future__ import annotations

from typing import Any

from flask import current_app, jsonify, request
from flask_appbuilder import BaseView, expose
from flask_login import current_user
from sqlalchemy import Date, inspect

from app.clock import read_date, today
from app.errors import Invalid
from app.extensions import limiter
from app.number_masks import SHAPES, read_example, why_not, write_example
from app.russian import RussianDateError, format_date
from app.services.portal.records import read_value
from app.text import cleaned
from app.web.frame.forms import LONG_AGO, preview_of, writer_of
from app.web.frame.guards import signed_in

_LONGEST = 300


def _user() -> str:
    return str(current_user.id if current_user.is_authenticated else request.remote_addr)


class CheckView(BaseView):
    """One value of one field, without a look at the database. By POST: a СНИЛС does not belong into addresses and logs."""

    route_base = "/check"
    default_view = "value"

    @expose("/", methods=["POST"])
    @limiter.limit("120 per minute", key_func=_user)
    @signed_in
    def value(self) -> Any:
        """JSON with the sentence about the value, empty when it is right, and the value as people write it."""
        table, _, column = request.form.get("field", "").partition("/")
        typed = request.form.get("value", "")[:_LONGEST]
        if column in SHAPES:
            return jsonify(_mask_told(column, typed))
        model = _models().get(table)
        if model is None or column not in inspect(model).columns:
            raise Invalid("Такого поля нет.")
        sentence, shown = check(model, column, typed)
        return jsonify(error=sentence, value=shown)


def _mask_told(name: str, typed: str) -> dict[str, str]:
    """What is wrong with an example of a mask, the example as it was understood, and the numbers after it."""
    year = today().year
    mask = read_example(cleaned(typed), year, SHAPES[name].allowed)
    sentence = why_not(mask, name, year) if mask else ""
    if sentence or not mask:
        return {"error": f"{sentence}." if sentence else "", "value": typed, "preview": ""}
    return {"error": "", "value": write_example(mask, year), "preview": preview_of(typed, name)}


def check(model: type[Any], column: str, typed: str) -> tuple[str, str]:
    """Return what is wrong with the text typed into a column's field (empty: nothing), and how people write the value."""
    if not cleaned(typed):
        return "", ""
    value: Any = typed
    is_date = isinstance(inspect(model).columns[column].type, Date)
    if is_date:
        try:
            value = read_date(typed, past=column in LONG_AGO)
        except RussianDateError as error:
            return f"{error}.", typed
    stored, sentences = read_value(model, column, value)
    if sentences:
        return " ".join(sentences), typed
    if is_date:
        return "", format_date(stored)
    return "", (writer_of(model.__tablename__, column) or str)(stored) if stored is not None else ""


def _models() -> dict[str, type[Any]]:
    """Tables that have pages: some of their forms are made by hand."""
    views = current_app.appbuilder.baseviews  # type: ignore[attr-defined]
    return {view.table: view.datamodel.obj for view in views if hasattr(view, "datamodel")}
