"""What is typed into a page: one form of text at the door, dates as people write them, former surnames with a mark."""

from __future__ import annotations

import datetime as dt
import unicodedata
from typing import Any

import pytest
import time_machine
from flask import Flask, request
from werkzeug.datastructures import MultiDict
from wtforms import Form

from app import models as m
from app.clock import ZONE, today
from app.russian import format_date
from app.web.frame.checks import check
from app.web.frame.forms import LONG_AGO, PortalModelConverter, RuDateField


def test_parameters_and_fields_come_in_one_form(app: Flask) -> None:
    typed = unicodedata.normalize("NFD", "Йо\u00adга\x00\u200b ")
    with app.test_request_context("/", method="POST", query_string={"q": typed}, data={"name": [typed, "а\u2066б"]}):
        assert (request.args["q"], request.form.getlist("name")) == ("Йога ", ["Йога ", "аб"])


class _Days(Form):
    day = RuDateField("День")
    born = RuDateField("Дата рождения", past=True)


@pytest.mark.parametrize(
    ("typed", "day", "born"),
    [
        ("12.03.1980", dt.date(1980, 3, 12), dt.date(1980, 3, 12)),
        ("12.03.80", dt.date(1980, 3, 12), dt.date(1980, 3, 12)),
        ("12 марта 1980", dt.date(1980, 3, 12), dt.date(1980, 3, 12)),
        ("1 сентября 45 г.", dt.date(2045, 9, 1), dt.date(1945, 9, 1)),
        ("01/09/27", dt.date(2027, 9, 1), dt.date(1927, 9, 1)),
    ],
)
def test_a_form_reads_days_as_the_lists_do(app: Flask, typed: str, day: dt.date, born: dt.date) -> None:
    with time_machine.travel(dt.datetime(2026, 11, 27, 10, tzinfo=ZONE)):
        form = _Days(MultiDict({"day": typed, "born": typed}))
        assert form.validate()
    assert (form.day.data, form.born.data) == (day, born)


@pytest.mark.parametrize(
    ("typed", "days"),
    [
        ("сегодня", 0),
        ("Завтра", 1),
        ("вчера", -1),
        ("послезавтра", 2),
        ("+3", 3),
        ("+ 10 дней", 10),
        ("-1", -1),
        ("−7", -7),
    ],
)
def test_a_day_is_counted_from_today(app: Flask, typed: str, days: int) -> None:
    """In a form and in the answer that the page asks while it is filled."""
    form = _Days(MultiDict({"day": typed}))
    assert form.validate()
    assert form.day.data == today() + dt.timedelta(days=days)
    assert check(m.TrainingGroup, "starts_on", typed) == ("", format_date(today() + dt.timedelta(days=days)))


@pytest.mark.parametrize("typed", ["через неделю", "+", "+3000", "3", "сегодня вечером", "+-3"])
def test_what_cannot_be_counted_is_no_day(app: Flask, typed: str) -> None:
    form = _Days(MultiDict({"day": typed}))
    assert not form.validate()
    assert "дд.мм.гггг" in str(form.day.errors[0])


def test_what_is_no_day_is_said_and_stays_as_typed(app: Flask) -> None:
    form = _Days(MultiDict({"day": "31.02.80", "born": "12 мартобря 80"}))
    assert not form.validate()
    assert form.day.errors == ["Даты 31.02.1980 не существует."]
    assert form.born._value() == "12 мартобря 80"


@pytest.mark.parametrize("name", sorted(LONG_AGO))
def test_days_of_long_ago_lie_in_the_past(app: Flask, name: str) -> None:
    """In the field that the model makes and in the answer that the page asks while it is filled."""
    model: Any = m.Organization if name == "licence_date" else m.Employee
    view = next(view for view in app.appbuilder.baseviews if getattr(view, "table", "") == model.__tablename__)  # type: ignore[attr-defined]
    field = PortalModelConverter(view).fields([name])[name]
    assert field.kwargs["past"] is True
    assert check(model, name, "12 марта 45") == ("", "12.03.1945")


def test_a_day_ahead_is_read_ahead() -> None:
    assert check(m.TrainingGroup, "starts_on", "1 сентября 27") == ("", "01.09.2027")
