"""«Вход и безопасность»: the user's sign-ins, the second factor, «выйти везде»; recovery of access and the first password by a link."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import Any

from flask import current_app, flash, redirect, render_template, request
from flask_appbuilder import BaseView, expose
from flask_login import current_user
from flask_wtf import FlaskForm
from wtforms import PasswordField, StringField
from wtforms.validators import InputRequired, Length

from app import addresses
from app.access import current_actor
from app.acts import action_label
from app.clock import local
from app.documents.qr import qr_png
from app.errors import Conflict, PortalError
from app.extensions import limiter
from app.russian import count, format_datetime
from app.services.access import alarms, passwords, recovery, second_factor, sessions, sign_in
from app.web.access.entrance import leave
from app.web.frame.answers import answer_form, attach, attempt, show_form
from app.web.frame.guards import signed_in
from app.web.frame.pages import Block, Button, CardPage, Cell, Column, FormPage, Link, Row, Section

_TITLE = "Вход и безопасность"
_SENT = (
    "Если такая учётная запись есть, на её почту отправлена ссылка. Она действует 2 часа. Письма нет — проверьте папку "
    "«Спам» и введённые данные. Если в портале нет вашей почты, обратитесь к ответственному в своей организации."
)


class RecoveryForm(FlaskForm):
    """The user who has forgotten the password."""

    who = StringField(
        "Логин, электронная почта или СНИЛС",
        [InputRequired("Введите логин, почту или СНИЛС."), Length(max=320)],
        render_kw={"autocomplete": "username", "autofocus": True},
    )


class NewPasswordForm(FlaskForm):
    """The first or the forgotten password, twice."""

    new = PasswordField(
        "Новый пароль",
        [InputRequired("Введите пароль."), Length(max=passwords.MAX_LENGTH)],
        render_kw={"autocomplete": "new-password", "autofocus": True},
    )
    again = PasswordField(
        "Новый пароль ещё раз", [InputRequired("Повторите пароль.")], render_kw={"autocomplete": "new-password"}
    )


class SetupForm(FlaskForm):
    """The first code, which shows that the application is set up."""

    code = StringField(
        "Код из приложения",
        [InputRequired("Введите код."), Length(max=40)],
        description="Шесть цифр, которые показывает приложение.",
        render_kw={"autocomplete": "one-time-code", "inputmode": "numeric"},
    )


class RenewForm(SetupForm):
    """A code before new recovery codes are shown."""

    code = StringField(
        "Код",
        [InputRequired("Введите код."), Length(max=40)],
        description="Шесть цифр из приложения или запасной код.",
        render_kw={"autocomplete": "one-time-code"},
    )


class SwitchOffForm(FlaskForm):
    """What is asked before the second factor is switched off."""

    password = PasswordField(
        "Пароль", [InputRequired("Введите пароль.")], render_kw={"autocomplete": "current-password"}
    )
    code = StringField(
        "Код из приложения",
        [InputRequired("Введите код."), Length(max=40)],
        description="Шесть цифр. Нет телефона — введите запасной код.",
        render_kw={"autocomplete": "one-time-code"},
    )


#: step of the second factor's page → what it asks
_STEPS = {"begin": FlaskForm, "confirm": SetupForm, "codes": RenewForm, "off": SwitchOffForm}


class OwnAccountView(BaseView):
    """Pages about the user's account."""

    route_base = "/account"
    default_view = "index"

    @expose("/", methods=["GET", "POST"])
    @signed_in
    def index(self) -> Any:
        """Own sign-ins and what may be done; POST ``everywhere`` ends every session, this one too."""
        if request.method == "POST" and request.form.get("everywhere"):
            sessions.end_all(current_user.id)
            alarms.sessions_ended(current_user.id)
            leave()
            flash("Вы вышли на всех устройствах. Чтобы продолжить, войдите снова.", "success")
            return redirect(addresses.SIGN_IN)
        everywhere = addresses.ACCOUNT
        return render_template("account.html", page=_own_page(), everywhere=everywhere), _status()

    @expose("/second-factor/", methods=["GET", "POST"])
    @signed_in
    @limiter.limit("20 per minute", methods=["POST"])
    def second_factor(self) -> Any:
        """Set the second factor up, switch it off, renew the recovery codes: by ``step`` of the posted form."""
        step = request.form.get("step", "")
        form: Any = _STEPS[step]() if step in _STEPS else None
        problems: list[str] = []
        if form is not None and form.validate():
            done = attempt(lambda: self._take(step, form))
            if not isinstance(done, PortalError):
                return done
            if isinstance(done, Conflict):
                flash(done.message, "warning")
                return redirect(addresses.at("account", "second-factor", ""))
            problems = attach(form, done)
        return self._factor_page({step: form}, problems), _status()

    def _take(self, step: str, form: Any) -> Any:
        user_id, code = current_user.id, form.code.data or "" if "code" in form else ""
        if step == "begin":
            second_factor.set_up(user_id)
            return redirect(addresses.at("account", "second-factor", ""))
        if step == "confirm":
            return self._codes_page(second_factor.turn_on(user_id, code), "Второй шаг включён")
        if step == "codes":
            return self._codes_page(second_factor.renew_codes(user_id, code), "Новые запасные коды")
        second_factor.turn_off(user_id, password=form.password.data or "", code=code, required=_must_have())
        flash("Второй шаг входа отключён.", "success")
        return redirect(addresses.ACCOUNT)

    @staticmethod
    def _codes_page(codes: list[str], title: str) -> str:
        page = CardPage(title, crumbs=_crumbs())
        return render_template("second_factor_codes.html", page=page, codes=codes, back=addresses.ACCOUNT)

    @staticmethod
    def _factor_page(sent: Mapping[str, Any], problems: Sequence[str]) -> str:
        user_id, is_on = current_user.id, current_user.second_factor
        setup = None if is_on else second_factor.find_setup(user_id)
        picture = base64.b64encode(qr_png(setup.uri)).decode() if setup else ""
        return render_template(
            "second_factor.html",
            page=CardPage("Второй шаг входа", crumbs=_crumbs()),
            is_on=is_on,
            setup=setup,
            picture=f"data:image/png;base64,{picture}",
            form=sent.get("codes") or RenewForm(formdata=None),
            setting=sent.get("confirm") or SetupForm(formdata=None),
            off=sent.get("off") or SwitchOffForm(formdata=None),
            problems=problems,
            left=second_factor.left_codes(user_id) if is_on else 0,
            required=_must_have(),
        )


def _status() -> int:
    return 422 if request.method == "POST" else 200


def _must_have() -> bool:
    return second_factor.is_required(current_actor().roles)


def _crumbs() -> list[Link]:
    return [Link(_TITLE, addresses.ACCOUNT)]


def _own_page() -> CardPage:
    user_id = current_user.id
    password = Block(
        "Пароль",
        note="Меняйте пароль, если его мог узнать кто-то ещё. На других устройствах вход нужно будет выполнить заново.",
        buttons=[Button("Сменить пароль", addresses.at("password", ""))],
    )
    rows = [
        Row(n, "", [
            Cell(action_label(entry.action).partition(":")[0]),
            Cell(format_datetime(local(entry.at))),
            Cell(entry.browser or "—"),
            Cell(entry.address or "—"),
        ])
        for n, entry in enumerate(sign_in.recent_entries(user_id))
    ]  # fmt: skip
    columns = [Column(title, title) for title in ("Событие", "Когда", "Браузер", "Адрес")]
    entries = Block(
        "Последние входы",
        columns=columns,
        rows=rows,
        empty="Входов пока нет.",
        note="Заметили вход, которого не было? Смените пароль: все прежние сеансы завершатся.",
    )
    blocks = [password, _factor_block(user_id), entries, _own_data_block()]
    return CardPage(_TITLE, crumbs=[Link(_TITLE, current=True)], blocks=blocks)


def _own_data_block() -> Block:
    """The part of «Вход и безопасность» for everybody, with a card or without."""
    note = (
        "Файл Excel со всем, что портал хранит о вас: по листу на каждый вид записей (152-ФЗ, статья 14). В журнале останется "
        "отметка о том, что вы его получили."
    )
    return Block("Мои данные", note=note, buttons=[take_button()])


def take_button() -> Button:
    """The button by which a person downloads the person's data."""
    return Button("Выгрузить мои данные", addresses.MY_DATA)


def _factor_block(user_id: int) -> Block:
    href = addresses.at("account", "second-factor", "")
    if current_user.second_factor:
        left = count(second_factor.left_codes(user_id), "запасной код", "запасных кода", "запасных кодов")
        note = f"Включён: после пароля нужен код из приложения на телефоне. Осталось: {left}."
        return Block("Второй шаг входа", note=note, buttons=[Button("Настроить", href)])
    note = (
        "Не включён. С ним чужой человек не войдёт, даже если узнает пароль: понадобится ещё код с вашего телефона."
        + (" Для вашей роли он обязателен." if _must_have() else "")
    )
    return Block("Второй шаг входа", note=note, buttons=[Button("Включить", href)])


class RecoveryView(BaseView):
    """«Забыли пароль?» and the pages behind links of letters; open to strangers."""

    route_base = ""
    default_view = "ask"

    @expose("/recovery/", methods=["GET", "POST"])
    @limiter.limit(lambda: current_app.config["RECOVERY_RATE"], methods=["POST"])
    def ask(self) -> Any:
        """Ask for the letter; the answer is the same for everybody."""
        form = RecoveryForm()
        if form.validate_on_submit():
            recovery.ask(form.who.data or "", address=request.remote_addr)
            flash(_SENT, "info")
            return redirect(addresses.SIGN_IN)
        page = FormPage(
            "Восстановление доступа",
            form,
            [Section("", ["who"])],
            submit="Отправить ссылку",
            cancel_href=addresses.SIGN_IN,
            note="На почту вашей учётной записи придёт ссылка, по которой вы зададите новый пароль.",
        )
        return show_form(page, "login.html")

    @expose("/recovery/<string:secret>", methods=["GET", "POST"])
    @limiter.limit(lambda: current_app.config["SIGN_IN_RATE"])
    def recover(self, secret: str) -> Any:
        """Set a new password by the link of a letter."""
        return self._set(recovery.RECOVERY, secret, "Новый пароль")

    @expose("/invitation/<string:secret>", methods=["GET", "POST"])
    @limiter.limit(lambda: current_app.config["SIGN_IN_RATE"])
    def accept(self, secret: str) -> Any:
        """Set the first password by the link of an invitation."""
        return self._set(recovery.INVITATION, secret, "Добро пожаловать")

    @staticmethod
    def _set(purpose: str, secret: str, title: str) -> Any:
        """GET shows the form and uses nothing up: mail scanners open links too."""
        owner = recovery.owner_of(purpose, secret)
        form = NewPasswordForm()

        def set_password() -> str:
            passwords.refuse_different(form.new.data or "", form.again.data or "")
            recovery.set_by_link(purpose, secret, form.new.data or "")
            leave()
            flash(f"Пароль задан. Войдите: ваш логин {owner.login}.", "success")
            return addresses.SIGN_IN

        note = f"{owner.name}, логин {owner.login}. {passwords.NOTE}"
        page = FormPage(title, form, [Section("", ["new", "again"])], submit="Задать пароль", note=note)
        return answer_form(form, set_password, lambda: page, template="login.html")
