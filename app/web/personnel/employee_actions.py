"""What is done from a card besides editing it: correction, move, dismissal, merge; and the topicality of a page of cards."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any, cast

from flask import flash, redirect, render_template, url_for
from flask_wtf import FlaskForm
from wtforms import StringField
from wtforms.validators import InputRequired, Length

from app import models as m
from app.access import current_actor
from app.clock import today
from app.errors import Forbidden, NotFound, PortalError
from app.russian import count
from app.services.personnel import people
from app.services.personnel.correctable import CARD
from app.web.frame.answers import attach
from app.web.frame.forms import REQUIRED, CodesField, RuDateField
from app.web.frame.pages import Button, FormPage, Link, Section
from app.web.personnel.change_view import SURNAME_FIELDS, may_propose
from app.web.personnel.merge_view import merge_buttons
from app.web.personnel.people_columns import place_name

ACTUAL = "Подтвердить актуальность"
SURNAME_SECTION = ("Если меняется фамилия", SURNAME_FIELDS)


class DismissalForm(FlaskForm):
    """From which day, on which ground; the boxes of the person's places are put before them."""

    places: CodesField
    ended_on = RuDateField("Последний рабочий день", [InputRequired(REQUIRED)])
    reason = StringField(
        "Основание",
        [InputRequired(REQUIRED), Length(max=255)],
        render_kw={"placeholder": "Приказ № … от …"},
    )


def buttons_of(person: m.Employee) -> list[Button]:
    """Buttons of a card: what its owner proposes, what the responsible does, what the operator joins."""
    actor, found = current_actor(), []
    is_own = actor.employee_id == person.id
    if may_propose(person, CARD):
        found.append(Button("Предложить исправление", url_for("ChangeRequestView.propose")))
    places = (
        people.own_live_employments(person.id) if is_own or actor.places("school") or actor.can("employee:edit") else []
    )
    if places and actor.can("transfer:add") and (is_own or actor.places("school")):
        label = "Перейти в другую организацию" if is_own else "Перевести в другую организацию"
        found.append(Button(label, url_for("TransferView.start", pk=person.id)))
    if places and actor.can("employee:edit"):
        found.append(Button("Уволить", url_for("EmployeeView.dismiss", pk=person.id)))
    return [*found, *merge_buttons(person)]


def dismissal_page(person: m.Employee) -> Any:
    """The form of dismissal and its answer."""
    places, problems = people.own_live_employments(person.id), []
    boxes = [(str(e.id), f"{e.position}, {place_name(e)}, {e.kind.label}") for e in places]
    form = type("Dismissal", (DismissalForm,), {"places": CodesField("Места работы", choices=boxes)})()
    back = url_for("EmployeeView.show", pk=person.id, tab="work")
    if not places:
        problems = ["Действующих мест работы в вашей организации у этого человека нет."]
    if not form.is_submitted():
        form.ended_on.data = today()
        form.places.data = [str(places[0].id)] if len(places) == 1 else []
    elif form.validate():
        try:
            chosen = [int(pk) for pk in form.places.data or () if pk.isdecimal()]
            people.dismiss_from(person.id, chosen, on=cast(dt.date, form.ended_on.data), reason=form.reason.data or "")
        except (NotFound, Forbidden):
            raise
        except PortalError as refusal:
            problems = attach(form, refusal)
        else:
            flash("Увольнение отмечено. Работник получит извещение.", "success")
            return redirect(back)
    page = FormPage(
        f"Увольнение: {person.full_name}",
        form,
        [Section("", ["places", "ended_on", "reason"])],
        submit="Уволить",
        cancel_href=back,
        crumbs=[Link("Работники", url_for("EmployeeView.list")), Link(person.full_name, back)],
        note="Карточка останется у вас ещё 90 дней. Если человек переходит в другую организацию области, оформите переход: "
        "чек и записи на курсы перейдут вместе с ним.",
        problems=problems,
    )
    return render_template("form.html", page=page), 422 if form.is_submitted() else 200


def page_button(ids: Sequence[int]) -> list[Button]:
    """One button that confirms the page that is shown."""
    if not ids:
        return []
    words = count(len(ids), "карточка", "карточки", "карточек")
    href = url_for("EmployeeView.confirm_page", ids="-".join(str(pk) for pk in ids))
    ask = f"Подтвердить, что сведения на этой странице верны: {words}?"
    return [Button(ACTUAL, href, post=True, confirm=ask)]


def confirm_shown(rows: Sequence[m.Employee]) -> None:
    """Confirm the cards of a page; each is refused or confirmed by itself."""
    done, refusals = 0, []
    for row in rows:
        try:
            people.confirm_actual(row.id)
            done += 1
        except PortalError as refusal:
            refusals.append(refusal.message)
    if done:
        flash(f"Актуальность подтверждена: {count(done, 'карточка', 'карточки', 'карточек')}.", "success")
    for sentence in sorted(set(refusals))[:3]:
        flash(sentence, "danger")
