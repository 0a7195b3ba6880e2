"""FAB's security with the portal's decisions: rights from ``permissions``, accounts from ``services.access.accounts``."""

from __future__ import annotations

import time
from typing import Any

from flask import current_app, flash, redirect, request, session
from flask_appbuilder import AppBuilder, BaseView, expose
from flask_appbuilder.security.sqla.manager import SecurityManager
from flask_appbuilder.utils.base import get_safe_redirect
from flask_login import current_user
from flask_wtf import FlaskForm
from wtforms import PasswordField, StringField
from wtforms.validators import InputRequired, Length

from app import addresses
from app.access import find_actor
from app.errors import Conflict, PortalError
from app.extensions import limiter
from app.models import Account
from app.services.access import accounts, passwords, sign_in
from app.services.portal import who_acts
from app.web.access import entrance
from app.web.access.entrance import enter, leave
from app.web.frame.answers import answer_form, attempt
from app.web.frame.guards import signed_in
from app.web.frame.pages import FormPage, Link, Section

#: between the right password and the code
SECOND_STEP_SECONDS = 300
_PENDING = "second_step"


class PortalSecurityManager(SecurityManager):
    """Rights come from one table in code, so no permission query is ever made; FAB's own security views stay off."""

    user_model = Account

    def has_access(self, permission_name: str, view_name: str) -> bool:
        """FAB's question «may the current user?» answered from ``permissions``."""
        actor = find_actor()
        return actor is not None and actor.can(f"{view_name}:{permission_name.removeprefix('can_')}")

    def load_user(self, pk: str) -> Any:
        """Account of the web session, with its roles and places; one statement."""
        return who_acts.load_signed_in(pk)

    def create_limiter(self, app: Any) -> Any:
        """One limiter for the whole portal."""
        return limiter

    def register_views(self) -> None:
        """Only the sign-in page: FAB's user, role and password views and its REST API are not served."""
        from app.web.access.account_pages import OwnAccountView, RecoveryView

        self.auth_view = self.appbuilder.add_view_no_menu(SignInView())
        self.appbuilder.add_view_no_menu(OwnAccountView())
        self.appbuilder.add_view_no_menu(RecoveryView())


class PortalAppBuilder(AppBuilder):
    """FAB without the endpoints that the portal does not use (language switch, back button, menu and OpenAPI)."""

    def _add_admin_views(self) -> None:
        self._indexview = self.add_view_no_menu(self.indexview)
        self.sm.register_views()

    def _add_global_static(self) -> None:
        """FAB's Bootstrap files are not served."""


class SignInForm(FlaskForm):
    """Login and password."""

    login = StringField(
        "Логин",
        [InputRequired("Введите логин."), Length(max=128)],
        # 149-ФЗ ст. 8 ч. 10 (406-ФЗ): accounts of an owner in Russia, no entrance by foreign services
        description="Адрес электронной почты, с которым вы регистрировались, или логин, который вам выдали. Учётную запись ведёт "
        "сам портал, войти через другие сайты нельзя.",
        render_kw={"autocomplete": "username", "autofocus": True},
    )
    password = PasswordField(
        "Пароль", [InputRequired("Введите пароль."), Length(max=200)], render_kw={"autocomplete": "current-password"}
    )


class PasswordForm(FlaskForm):
    """Own password: the old one and the new one twice."""

    old = PasswordField(
        "Прежний пароль", [InputRequired("Введите прежний пароль.")], render_kw={"autocomplete": "current-password"}
    )
    new = PasswordField(
        "Новый пароль",
        [InputRequired("Введите новый пароль."), Length(max=200)],
        render_kw={"autocomplete": "new-password"},
    )
    again = PasswordField(
        "Новый пароль ещё раз", [InputRequired("Повторите новый пароль.")], render_kw={"autocomplete": "new-password"}
    )


class CodeForm(FlaskForm):
    """The second step: a code of the application, or a recovery code."""

    code = StringField(
        "Код из приложения",
        [InputRequired("Введите код."), Length(max=40)],
        description="Шесть цифр. Нет телефона — введите запасной код.",
        render_kw={"autocomplete": "one-time-code", "autofocus": True, "inputmode": "text"},
    )


def _whose() -> str:
    """The old password is guessed no more often by one account, from wherever."""
    return f"password {current_user.id if current_user.is_authenticated else request.remote_addr}"


class SignInView(BaseView):
    """Sign-in, sign-out and the user's password."""

    route_base = ""
    default_view = "login"

    @expose("/login/", methods=["GET", "POST"])
    @limiter.limit(lambda: current_app.config["SIGN_IN_RATE"], methods=["POST"])
    def login(self) -> Any:
        """Sign in; the refusal never says whether the login exists."""
        target = get_safe_redirect(request.args.get("next") or addresses.HOME)
        if current_user.is_authenticated:
            return redirect(target)
        form = SignInForm()

        def enter_by_password() -> Any:
            login = form.login.data or ""
            return self._go_on(sign_in.sign_in(login, form.password.data or "", entrance.attempt()), target, login)

        page = FormPage("Вход в портал", form, [Section("", ["login", "password"])], submit="Войти")
        links = [
            Link("Забыли пароль?", addresses.RECOVERY),
            Link("Регистрация в АИС", addresses.REGISTER),
            Link("Каталог курсов", addresses.COURSES),
            Link("Проверить документ об обучении", addresses.VERIFY),
        ]
        shown = {"links": links, "hints": current_app.config["SIGN_IN_HINTS"]}
        return answer_form(form, enter_by_password, lambda: page, template="login.html", above=True, **shown)

    @staticmethod
    def _go_on(account: who_acts.SignedIn, target: str, login: str) -> Any:
        """Begin the session, or ask for the code first: until then the browser is signed in to nothing."""
        if not account.second_factor:
            enter(account, login=login)
            return redirect(target)
        session.clear()
        session[_PENDING] = {"id": account.get_id(), "at": int(time.time()), "login": login}
        session.permanent = True
        return redirect(addresses.at("login", "code", "", next=target))

    @expose("/login/code/", methods=["GET", "POST"])
    @limiter.limit(lambda: current_app.config["SIGN_IN_RATE"], methods=["POST"])
    def code(self) -> Any:
        """The second step of signing in, within five minutes after the password."""
        target = get_safe_redirect(request.args.get("next") or addresses.HOME)
        if current_user.is_authenticated:
            return redirect(target)
        pending = session.get(_PENDING) or {}
        if time.time() - pending.get("at", 0) > SECOND_STEP_SECONDS:
            return self._again("Время на ввод кода вышло. Введите логин и пароль снова.", target)
        form = CodeForm()

        def enter_by_code() -> Any:
            account = attempt(lambda: sign_in.confirm(pending["id"], form.code.data or "", entrance.attempt()))
            if isinstance(account, Conflict):
                return self._again(account.message, target)
            if isinstance(account, PortalError):
                raise account
            enter(account, login=pending["login"])
            return redirect(target)

        note = "Пароль принят. Откройте приложение с кодами на телефоне."
        page = FormPage(
            "Второй шаг входа", form, [Section("", ["code"])], submit="Войти", note=note,
            cancel_href=addresses.SIGN_IN,
        )  # fmt: skip
        return answer_form(form, enter_by_code, lambda: page, template="login.html", above=True)

    @staticmethod
    def _again(sentence: str, target: str) -> Any:
        session.pop(_PENDING, None)
        flash(sentence, "warning")
        return redirect(addresses.with_query(addresses.SIGN_IN, next=target))

    @expose("/logout/", methods=["POST"])
    def logout(self) -> Any:
        """Sign out of this browser."""
        leave()
        return redirect(addresses.SIGN_IN)

    @expose("/password/", methods=["GET", "POST"])
    @limiter.limit(lambda: current_app.config["PASSWORD_RATE"], methods=["POST"], key_func=_whose)
    @signed_in
    def password(self) -> Any:
        """Change the user's password; the other sessions end."""
        form = PasswordForm()

        def change() -> str:
            passwords.refuse_different(form.new.data or "", form.again.data or "")
            accounts.change_password(current_user.id, old=form.old.data or "", new=form.new.data or "")
            renewed = who_acts.load_account(current_user.id)
            assert renewed is not None
            enter(renewed)
            flash("Пароль сменён. На других устройствах вход нужно выполнить заново.", "success")
            return addresses.HOME

        page = FormPage(
            "Смена пароля",
            form,
            [Section("", ["old", "new", "again"])],
            submit="Сменить пароль",
            note=passwords.NOTE,
            cancel_href="" if current_user.must_change_password else addresses.ACCOUNT,
        )
        return answer_form(form, change, lambda: page, above=True)
