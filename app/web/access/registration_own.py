"""The registration of a signed-in person without a card: its state on the start page, its correction, its end."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request
from flask_appbuilder import BaseView, expose

from app import addresses, shown
from app.access import current_actor
from app.extensions import limiter
from app.services.access import own_registration
from app.services.access.own_registration import NONE_OPEN, find_open, may_correct
from app.services.portal import ways
from app.statuses import RegistrationStatus
from app.web.access import registration_forms as forms
from app.web.access.entrance import leave
from app.web.access.registration import rate
from app.web.frame.answers import answer_act, answer_form
from app.web.frame.guards import signed_in
from app.web.frame.pages import Block, Button, CardPage, Cell, FormPage, Pair, Section

_FIELDS = ("last_name", "first_name", "patronymic", "birth_date", "snils", "phone")


class OwnRegistrationView(BaseView):
    """«Моя регистрация»: correct and send again, or withdraw the consent."""

    route_base = "/register/mine"
    default_view = "index"

    @expose("/", methods=["GET", "POST"])
    @limiter.limit(rate, methods=["POST"])
    @signed_in
    def index(self) -> Any:
        """Form of a returned or refused registration; a waiting one is shown only."""
        row = find_open()
        if request.method == "POST" and not may_correct(row):
            flash("Исправлять нечего: заявки на регистрацию нет или она на проверке.", "warning")
            return redirect(addresses.HOME)
        if row is None:
            return render_template("message.html", page=CardPage("Моя регистрация", note=NONE_OPEN))
        if not may_correct(row):
            page = CardPage("Моя регистрация", status=_state(row), blocks=registration_blocks())
            return render_template("message.html", page=page)
        form, note = (
            forms.OwnForm(data=_stored(row)),
            f"Причина оператора: {row.reason_text}" if row.reason_text else "",
        )

        def resubmit() -> str:
            _resubmit(form)
            flash("Заявка отправлена оператору снова.", "success")
            return addresses.HOME

        form_page = FormPage(
            "Исправление заявки на регистрацию",
            form,
            [Section("О себе", _FIELDS), Section("Место работы", ["organization", "position", "subjects"])],
            submit="Отправить снова",
            cancel_href=addresses.HOME,
            note=note,
        )
        return answer_form(form, resubmit, lambda: form_page)

    @expose("/abandon/", methods=["GET"])
    @signed_in
    def abandon(self) -> Any:
        """What happens when the consent is withdrawn before there is a card."""
        if not _is_newcomer():
            return render_template("message.html", page=CardPage("Отзыв согласия", note=NONE_OPEN))
        page = CardPage(
            "Отзыв согласия",
            note="Если отозвать согласие на обработку персональных данных, заявка и всё, что вы ввели, будут удалены, а вход "
            "закрыт. Вернуть заявку нельзя, но зарегистрироваться можно будет снова.",
            buttons=[
                Button(
                    "Отозвать согласие и удалить заявку",
                    addresses.at("register", "mine", "remove", ""),
                    post=True,
                    danger=True,
                ),
                Button("Оставить как есть", addresses.HOME),
            ],
        )
        return render_template("message.html", page=page)

    @expose("/remove/", methods=["POST"])
    @signed_in
    def remove(self) -> Any:
        """Withdraw the consent: everything typed goes."""

        def abandon() -> str:
            own_registration.abandon()
            leave()
            flash("Согласие отозвано, заявка и введённые данные удалены.", "success")
            return addresses.SIGN_IN

        return answer_act(abandon, addresses.HOME)


def _stored(row: Any) -> dict[str, Any]:
    """Values of the form; the organization is one that the person does not see by the row scope yet."""
    chosen = {name: forms.rows(name, ids=[getattr(row, f"{name}_id")]) for name in ("organization", "position")}
    found = {name: rows[0] if rows else None for name, rows in chosen.items()}
    return {name: getattr(row, name) for name in _FIELDS} | found | {"subjects": list(row.subjects)}


def _is_newcomer() -> bool:
    return find_open() is not None


def _resubmit(form: forms.OwnForm) -> None:
    values = {name: form[name].data for name in _FIELDS}
    values |= {"organization_id": form.organization.data.id, "position_id": form.position.data.id}
    own_registration.resubmit(values, subject_ids=[row.id for row in form.subjects.data or ()])


def _state(row: Any) -> Cell:
    return Cell(row.status.label, tone=row.status.tone)


_WHEN_CONFIRMED = "Как только оператор подтвердит место работы, здесь откроется личный кабинет: чек, курсы, документы."


def registration_blocks() -> list[Block]:
    """Block of the start page for a person who has no card yet; nothing for who never registered."""
    row = find_open() if current_actor().roles == {"worker"} else None
    if row is None:
        return []
    place = next(iter(forms.rows("organization", ids=[row.organization_id])), None)
    position = next(iter(forms.rows("position", ids=[row.position_id])), None)
    pairs = [
        Pair("Состояние", _state(row)),
        Pair("Кто", Cell(row.full_name, f"СНИЛС {shown.end('snils', row.snils)}")),
        Pair("Место работы", Cell(str(place or "—"), str(position or ""))),
    ]
    if row.reason_text:
        pairs.append(Pair("Причина", Cell(row.reason_text)))
    buttons = [Button("Отозвать согласие", addresses.at("register", "mine", "abandon", ""))]
    if may_correct(row):
        words = "Исправить и отправить снова" if row.status == RegistrationStatus.RETURNED else "Подать заявку снова"
        buttons.append(Button(words, addresses.at("register", "mine", ""), main=True))
    titles = {
        RegistrationStatus.PENDING: "Регистрация на проверке",
        RegistrationStatus.RETURNED: "Регистрация возвращена",
    }
    notes = {
        RegistrationStatus.RETURNED: "Исправьте сведения и отправьте заявку снова: вводить всё заново не нужно.",
        RegistrationStatus.REJECTED: "Логин и пароль остаются. Если причина устранена, исправьте сведения и подайте заявку снова.",
    }
    note = notes.get(row.status, _WHEN_CONFIRMED)
    title, way = titles.get(row.status, "Заявка на регистрацию отклонена"), ways.way_of(row, own=True)
    return [Block(title, pairs=pairs, buttons=buttons, note=note, way=way)]
