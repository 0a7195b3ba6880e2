"""Enrolment of oneself from the catalogue in one click; a page asks only where something is to be chosen or went wrong."""

from __future__ import annotations

from functools import cache
from typing import Any

from flask import flash, redirect, request
from flask_appbuilder import expose
from flask_wtf import FlaskForm
from wtforms import HiddenField, RadioField
from wtforms.validators import InputRequired

from app import addresses
from app import models as m
from app.access import current_actor, get_visible
from app.extensions import db
from app.russian import period, quoted
from app.services.courses.enrolment import enrolment_check, enrolments
from app.services.courses.enrolment.enrolment_check import Chance
from app.services.portal import ways
from app.statuses import EnrolmentStatus
from app.web.frame.answers import answer_form, show_form
from app.web.frame.guards import guarded
from app.web.frame.pages import Button, FormPage, Link, Section
from app.web.frame.parts import Part
from app.web.frame.typed import row_id

ENROL, WAIT = "Записаться", "Встать в лист ожидания"
_CATALOGUE = "Каталог курсов"


def join_href(group_id: int) -> str:
    """Where the button of a course enrols the acting user."""
    return addresses.at("enrolment", "join", group=group_id)


def join_button(group_id: int, *, waits: bool = False) -> Button:
    """The button that enrols at once; ``waits``: the group is full, so it is the waiting list that is joined."""
    href = addresses.at("enrolment", "join", group=group_id, wait="1" if waits else None)
    return Button(WAIT if waits else ENROL, href, main=True, post=True)


class JoinForm(FlaskForm):
    """What has to be chosen by a person who works in several places; whether the waiting list will do."""

    place = RadioField("С какого места работы", [InputRequired("Выберите место работы.")], coerce=int)
    wait = HiddenField()


class OwnEnrolment(Part):
    """The acting user's own enrolment."""

    @expose("/join", methods=["GET", "POST"])
    @guarded("add")
    def join(self) -> Any:
        """Enrol the acting user in the group ``?group=``; ``wait``: also into the waiting list."""
        pk, own = row_id(request.args.get("group", "")), current_actor().employee_id
        group = cache(lambda: _group(pk))
        chances = cache(lambda: _chances(own, group()))
        form = JoinForm(data={"wait": request.args.get("wait", "")})
        # a click of a person with one place of work is decided once, by the enrolment itself
        asks = request.method == "GET" or (own is not None and enrolment_check.works_in_several(own))
        form.place.choices = [(it.place_id, it.place) for it in chances() if it.allowed] if asks else []
        if len(form.place.choices) < 2:
            del form.place

        def enrol() -> str:
            assert own is not None
            assert pk is not None
            place = form.place.data if "place" in form else None
            row = enrolments.enrol(own, pk, employment_id=place, wait=bool(form.wait.data))
            flash(_done(row), "success")
            return addresses.card("enrolment", row.id)

        def page() -> FormPage:
            may = [it for it in chances() if it.allowed]
            waits = bool(may) and all(it.waits for it in may)
            form.wait.data = "1" if waits else ""
            return _page(form, group(), chances(), waits=waits, own=own)

        if pk is None or own is None:
            return show_form(page())
        same = enrolment_check.find_live([own], pk).get(own) if request.method == "GET" else None
        if same is not None:
            return redirect(addresses.card("enrolment", same.id))
        return answer_form(form, enrol, page)


def _group(pk: int | None) -> m.TrainingGroup | None:
    return get_visible(db.session, m.TrainingGroup, pk, "training_group:show") if pk is not None else None


def _chances(own: int | None, group: m.TrainingGroup | None) -> list[Chance]:
    return enrolment_check.chances_of(own, group) if own is not None and group is not None else []


def _done(row: m.Enrolment) -> str:
    """What was done, who acts next, and where it is taken back."""
    title = quoted(row.group.program.title)
    head = f"Вы в листе ожидания: {title}." if row.status == EnrolmentStatus.WAITING else f"Вы записаны: {title}."
    return f"{head} {ways.way_of(row, own=True).sentence} Передумали? Нажмите «Отозвать запись» на этой странице."


def _page(
    form: JoinForm, group: m.TrainingGroup | None, chances: list[Chance], *, waits: bool, own: int | None
) -> FormPage:
    may = any(it.allowed for it in chances)
    return FormPage(
        "Запись на курс",
        form,
        [Section("", ["place"])] if "place" in form else [],
        submit=(WAIT if waits else ENROL) if may else "",
        instead=None if may else Button("Выбрать другой курс", addresses.CATALOGUE, main=True),
        cancel_href=addresses.at("courses", group.id) if group is not None and may else "",
        crumbs=[Link(_CATALOGUE, addresses.CATALOGUE)],
        note=_note(group, chances, own),
    )


def _note(group: m.TrainingGroup | None, chances: list[Chance], own: int | None) -> str:
    if own is None:
        return "К вашей учётной записи карточка работника не привязана: записать вас на курс портал не может."
    if group is None:
        return "Выберите курс в каталоге: кнопка «Записаться» стоит у каждого, который вам подходит."
    course = f"{quoted(group.program.title)}, {period(group.starts_on, group.ends_on)}, {group.place}."
    return f"{course} {chances[0].reason}" if chances else course
