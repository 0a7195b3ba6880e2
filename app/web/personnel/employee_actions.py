"""Actions on a card besides editing: correction, move, dismissal, merge; and «Подтвердить актуальность» for a page of cards."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any, cast

from flask import flash, redirect, request
from flask_appbuilder import expose
from flask_wtf import FlaskForm
from wtforms import StringField
from wtforms.validators import InputRequired, Length

from app import addresses
from app import models as m
from app.access import current_actor, get_writable
from app.clock import today
from app.errors import Invalid
from app.extensions import db
from app.russian import count
from app.services.personnel.cards import people
from app.services.personnel.cards.correctable import CARD
from app.web.frame.answers import answer_form, attempt_each
from app.web.frame.forms import REQUIRED, CodesField, RuDateField
from app.web.frame.guards import guarded
from app.web.frame.pages import Button, FormPage, Link, Section
from app.web.frame.parts import Part
from app.web.frame.typed import row_id
from app.web.personnel.change_view import SURNAME_FIELDS, may_propose
from app.web.personnel.merge_view import merge_buttons
from app.web.personnel.own_card import is_own_cabinet
from app.web.personnel.people_columns import place_name

ACTUAL, CONFIRM = "Подтвердить актуальность", "confirm_actual"
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


class Proceedings(Part):
    """What happens to a person of a card: a correction is proposed, a move begun, the person dismissed, two cards joined."""

    def buttons(self, person: m.Employee) -> list[Button]:
        """What its owner proposes, what the responsible does, what the operator joins."""
        actor, found = current_actor(), []
        is_own = actor.employee_id == person.id
        if may_propose(person, CARD) and not is_own_cabinet(person):
            found.append(Button("Предложить исправление", addresses.at("change_request", "propose")))
        may_end = is_own or actor.places("school") or actor.can("employee:edit")
        works = bool(may_end) and people.works_here(person.id)
        if works and actor.can("transfer:add") and (is_own or actor.places("school")):
            label = "Перейти в другую организацию" if is_own else "Перевести в другую организацию"
            found.append(Button(label, addresses.at("transfer", "start", person.id)))
        if works and actor.can("employee:edit"):
            found.append(Button("Уволить", addresses.at("employee", "dismiss", person.id)))
        return [*found, *merge_buttons(person)]

    @expose("/dismiss/<int:pk>", methods=["GET", "POST"])
    @guarded("edit")
    def dismiss(self, pk: int) -> Any:
        """Dismiss a person from one or several places of work."""
        person = get_writable(db.session, m.Employee, pk, "employee:edit")
        places, back = people.own_live_employments(pk), addresses.card("employee", pk, tab="work")
        boxes = [(str(e.id), f"{e.position}, {place_name(e)}, {e.kind.label}") for e in places]
        form: Any = type("Dismissal", (DismissalForm,), {"places": CodesField("Места работы", choices=boxes)})()
        if not form.is_submitted():
            form.ended_on.data = today()
            form.places.data = [str(places[0].id)] if len(places) == 1 else []

        def dismiss() -> str:
            chosen = [number for typed in form.places.data or () if (number := row_id(typed)) is not None]
            people.dismiss_from(pk, chosen, on=cast(dt.date, form.ended_on.data), reason=form.reason.data or "")
            flash("Увольнение отмечено. Работник получит извещение.", "success")
            return back

        def page() -> FormPage:
            return FormPage(
                f"Увольнение: {person.full_name}",
                form,
                [Section("", ["places", "ended_on", "reason"])],
                submit="Уволить",
                cancel_href=back,
                crumbs=[*self.crumbs(), Link(person.full_name, back)],
                note="Карточка останется у вас ещё 90 дней. Если человек переходит в другую организацию области, оформите "
                "переход: чек и записи на курсы перейдут вместе с ним.",
                problems=[] if places else ["Действующих мест работы в вашей организации у этого человека нет."],
            )

        return answer_form(form, dismiss, page)


class Topicality(Part):
    """«Подтвердить актуальность»: of the chosen cards, of a page of the list at once."""

    def bulk_actions(self) -> Sequence[Button]:
        """Confirming the chosen cards."""
        return [Button(ACTUAL, CONFIRM, post=True)] if current_actor().can("employee:confirm_actual") else []

    def done_words(self, name: str) -> str:
        """What was done, where no state tells it."""
        return "Актуальность подтверждена" if name == CONFIRM else ""

    @expose("/actual/", methods=["POST"])
    @guarded("confirm_actual")
    def confirm_page(self) -> Any:
        """Confirm every card of a page of the list at once: those that the user saw, by their ids in the address."""
        typed = [pk for pk in request.args.get("ids", "").split("-") if pk]
        if not typed:
            raise Invalid("На странице не было карточек, подтверждать нечего. Откройте список работников.")
        _confirm(self.view.chosen(typed))
        return redirect(addresses.listing("employee", attention="not_actual"))


def page_button(ids: Sequence[int]) -> list[Button]:
    """One button that confirms the page that is shown."""
    if not ids:
        return []
    words = count(len(ids), "карточка", "карточки", "карточек")
    href = addresses.at("employee", "actual", "", ids="-".join(str(pk) for pk in ids))
    ask = f"Подтвердить, что сведения на этой странице верны: {words}?"
    return [Button(ACTUAL, href, post=True, confirm=ask)]


def _confirm(rows: Sequence[m.Employee]) -> None:
    """Confirm the cards of a page; each is refused or confirmed by itself."""
    answers = attempt_each([row.id for row in rows], people.confirm_actual)
    refusals = [refusal.message for refusal in answers if refusal]
    if done := len(rows) - len(refusals):
        flash(f"Актуальность подтверждена: {count(done, 'карточка', 'карточки', 'карточек')}.", "success")
    for sentence in sorted(set(refusals))[:3]:
        flash(sentence, "danger")
