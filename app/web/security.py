"""FAB's security with the portal's decisions: rights from ``permissions``, accounts from ``services.accounts``."""

from __future__ import annotations

from typing import Any

from flask import current_app, flash, redirect, render_template, request, session, url_for
from flask_appbuilder import AppBuilder, BaseView, expose
from flask_appbuilder.security.sqla.manager import SecurityManager
from flask_appbuilder.utils.base import get_safe_redirect
from flask_login import current_user, login_user, logout_user
from flask_wtf import FlaskForm
from wtforms import PasswordField, StringField
from wtforms.validators import InputRequired, Length

from app.access import find_actor, unscoped
from app.errors import Invalid
from app.extensions import limiter
from app.models import Account
from app.services import accounts
from app.web.guards import signed_in
from app.web.pages import FormPage, Section


class PortalSecurityManager(SecurityManager):
    """Rights come from one table in code, so no permission query is ever made; FAB's own security views stay off."""

    user_model = Account

    def has_access(self, permission_name: str, view_name: str) -> bool:
        """FAB's question «may the current user?» answered from ``permissions``."""
        actor = find_actor()
        return actor is not None and actor.can(f"{view_name}:{permission_name.removeprefix('can_')}")

    def get_user_menu_access(self, menu_names: list[str] | None = None) -> set[str]:
        """FAB's menu is not drawn; ours asks the same table (``web.layout``)."""
        return set()

    def load_user(self, pk: str) -> Any:
        """Account of the web session, with its roles and places; one statement."""
        return accounts.load_signed_in(pk)

    def create_limiter(self, app: Any) -> Any:
        """One limiter for the whole portal."""
        return limiter

    def register_views(self) -> None:
        """Only the sign-in page: FAB's user, role and password views and its REST API are not served."""
        self.auth_view = self.appbuilder.add_view_no_menu(SignInView())


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


class SignInView(BaseView):
    """Sign-in, sign-out and the own password."""

    route_base = ""
    default_view = "login"

    @expose("/login/", methods=["GET", "POST"])
    @limiter.limit(lambda: current_app.config["SIGN_IN_RATE"], methods=["POST"])
    def login(self) -> Any:
        """Sign in; the refusal never says whether the login exists."""
        target = get_safe_redirect(request.args.get("next") or url_for("HomeView.index"))
        if current_user.is_authenticated:
            return redirect(target)
        form, problems = SignInForm(), []
        if form.validate_on_submit():
            try:
                account = self._sign_in(form)
            except Invalid as refusal:
                problems = [refusal.message]
            else:
                login_user(account)
                session.permanent = True
                return redirect(target)
        page = FormPage("Вход в портал", form, [Section("", ["login", "password"])], submit="Войти", problems=problems)
        return render_template(
            "login.html", page=page, **current_app.config["SIGN_IN_HINTS"]()
        ), 422 if form.is_submitted() else 200

    @staticmethod
    def _sign_in(form: SignInForm) -> accounts.SignedIn:
        settings = current_app.config["PORTAL"]
        return accounts.sign_in(
            form.login.data or "",
            form.password.data or "",
            attempts=settings.login_attempts,
            lock_minutes=settings.login_lock_minutes,
            address=request.remote_addr,
        )

    @expose("/logout/", methods=["POST"])
    def logout(self) -> Any:
        """Sign out of this browser."""
        logout_user()
        return redirect(url_for("SignInView.login"))

    @expose("/password/", methods=["GET", "POST"])
    @signed_in
    def password(self) -> Any:
        """Change the own password; the other sessions end."""
        form, problems = PasswordForm(), []
        if form.validate_on_submit():
            try:
                self._change(form)
            except Invalid as refusal:
                problems = [refusal.message]
            else:
                login_user(accounts.load_account(current_user.id))
                flash("Пароль изменён. На других устройствах вход нужно выполнить заново.", "success")
                return redirect(url_for("HomeView.index"))
        page = FormPage(
            "Смена пароля", form, [Section("", ["old", "new", "again"])], submit="Сменить пароль", problems=problems
        )
        return render_template("form.html", page=page), 422 if form.is_submitted() else 200

    @staticmethod
    def _change(form: PasswordForm) -> None:
        if form.new.data != form.again.data:
            raise Invalid("Новые пароли не совпадают: введите одно и то же дважды.")
        with unscoped("own password"):
            accounts.change_password(current_user.id, old=form.old.data or "", new=form.new.data or "")
