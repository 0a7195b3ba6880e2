"""«Регистрация в АИС»: public steps that work without scripts, and the answer to the letter (order § 2.2).

Between the steps the session's cookie holds only ids: of the consents, of the organization, of the position. Data that
identify the person come with the last step and are stored nowhere until they are right.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import current_app, flash, jsonify, redirect, render_template, request, session
from flask_appbuilder import BaseView, expose
from flask_login import current_user
from flask_wtf import FlaskForm
from limits import parse
from werkzeug.wrappers import Response

from app import addresses
from app.errors import Invalid, NotFound, PortalError
from app.extensions import limiter
from app.services.access import registrations
from app.services.access.passwords import refuse_different
from app.services.personnel.consents import consent_texts
from app.services.portal import captcha
from app.web.access import registration_forms as forms
from app.web.frame.answers import attach, attempt, show_form
from app.web.frame.pages import Block, Button, CardPage, FormPage, Section, Tab
from app.web.frame.preview import preview
from app.web.frame.typed import row_id

KEPT = "registration"
#: step → its words; the order is that of the form
STEPS = ("Согласия", "Где вы работаете", "Должность", "О себе")
#: what search engines and messengers say of the first step
_ABOUT = "Личный кабинет работника образования: Именной образовательный чек, запись на курсы, документы об обучении."
_ADDRESSES = (addresses.REGISTER, *(addresses.at("register", step, "") for step in ("organization", "work", "person")))


def rate() -> str:
    """How often one address may send a step."""
    return str(current_app.config.get("REGISTER_RATE", "30 per minute"))


def search_rate() -> str:
    """How often one address may search in the public directories."""
    return str(current_app.config.get("REGISTER_SEARCH_RATE", "120 per minute"))


class RegisterView(BaseView):
    """Steps of the registration and the page of the letter's link; for strangers only."""

    route_base = "/register"
    default_view = "index"

    @expose("/", methods=["GET", "POST"])
    @limiter.limit(rate, methods=["POST"])
    def index(self) -> Any:
        """First step: a consent per purpose, each with its text and an unchecked box."""
        if current_user.is_authenticated:
            return _already()
        texts, problem = consent_texts.current_texts(), ""
        chosen = _numbers(request.form.getlist("consent"))
        if request.method == "POST":
            found = attempt(lambda: consent_texts.chosen_texts(chosen))
            if not isinstance(found, Invalid):
                _keep(texts=chosen)
                return redirect(addresses.at("register", "organization", ""))
            problem = next(iter(found.fields.values()))[0]
        words = {"texts": texts, "chosen": chosen, "problem": problem, "steps": _steps(0)}
        words["preview"] = preview("Регистрация работника образования", _ABOUT, addresses.REGISTER)
        return render_template("register_consents.html", page=CardPage(_title(0)), **words), 422 if problem else 200

    @expose("/organization/", methods=["GET", "POST"])
    @limiter.limit(rate, methods=["POST"])
    def organization(self) -> Any:
        """Second step: the organization, found by its name; the territory follows from it."""
        back = _missing(1)
        if back is not None:
            return back
        form = forms.OrganizationFields(data=_chosen("organization"))
        if form.validate_on_submit():
            _keep(organization=form.organization.data.id)
            return redirect(addresses.at("register", "work", ""))
        return _step(1, form, [Section("", ["organization"])])

    @expose("/work/", methods=["GET", "POST"])
    @limiter.limit(rate, methods=["POST"])
    def work(self) -> Any:
        """Third step: position and subjects in the chosen organization, whose territory is named."""
        back = _missing(2)
        if back is not None:
            return back
        form = forms.PositionFields(data=_chosen("position", "subjects"))
        if form.validate_on_submit():
            _keep(position=form.position.data.id, subjects=[row.id for row in form.subjects.data or ()])
            return redirect(addresses.at("register", "person", ""))
        where = forms.where(_kept()["organization"])
        return _step(2, form, [Section("", ["position", "subjects"])], note=where)

    @expose("/person/", methods=["GET", "POST"])
    @limiter.limit(rate, methods=["POST"])
    def person(self) -> Any:
        """Last step: who registers, the password, the question; then the same answer for everybody."""
        back = _missing(3)
        if back is not None:
            return back
        form, problems = forms.PersonForm(), []
        if form.is_submitted() and not (problems := _send(form)) and not form.errors:
            session.pop(KEPT, None)
            return redirect(addresses.at("register", "sent", ""))
        _ask(form)
        sections = [
            Section("Кто вы", ["last_name", "first_name", "patronymic", "birth_date", "snils", "phone"]),
            Section("Вход в портал", ["email", "new", "again"]),
            Section("Проверка", ["captcha"]),
        ]
        return _step(3, form, sections, problems, trap=True)

    @expose("/sent/")
    def sent(self) -> Any:
        """The same words for everybody: only the letter tells a person that the portal knows the person already."""
        note = (
            "Мы отправили письмо. Откройте в нём ссылку в течение 48 часов и нажмите «Подтвердить»: после этого заявка попадёт "
            "к оператору. Если вы уже зарегистрированы, письмо пришло на адрес, который портал знает, и в нём сказано, как войти."
        )
        more = (
            "Письма нет? Проверьте папку «Спам» и правильно ли набран адрес: ничто не мешает заполнить форму ещё раз. Если "
            "письмо не приходит, обратитесь к ответственному в вашей организации."
        )
        page = CardPage(
            "Проверьте почту",
            blocks=[Block("Если письма нет", empty=more)],
            buttons=[Button("На страницу входа", addresses.SIGN_IN)],
            note=note,
        )
        return render_template("message.html", page=page)

    @expose("/find/<string:field>")
    @limiter.limit(search_rate)
    def find(self, field: str) -> Any:
        """Names of active organizations, positions and subjects, as JSON; nothing else of them."""
        if field not in forms.DIRECTORIES:
            raise NotFound("Такого поля нет.")
        return jsonify(forms.find(field, request.args.get("q", "")[:100]))

    @expose("/confirm/<string:secret>", methods=["GET", "POST"])
    @limiter.limit(rate)
    def confirm(self, secret: str) -> Any:
        """The letter's link: opening it changes nothing (mail programs open links too), the button confirms."""
        if request.method == "POST":
            registrations.confirm_email(secret)
            flash(
                "Адрес почты подтверждён, заявка передана оператору. Войдите: логин — ваша почта, пароль — тот, что вы "
                "задали.",
                "success",
            )
            return redirect(addresses.SIGN_IN)
        row = registrations.look(secret)
        page = CardPage(
            "Подтверждение адреса почты",
            note=f"Адрес {row.email} указан при регистрации в портале. Нажмите «Подтвердить», и заявка попадёт к оператору.",
            buttons=[
                Button("Подтвердить", addresses.at("register", "confirm", secret), main=True, post=True),
            ],
        )
        return render_template("message.html", page=page)


# --- steps -----------------------------------------------------------------------------------------------------------


def _title(step: int) -> str:
    return f"Регистрация в АИС: {STEPS[step][:1].lower()}{STEPS[step][1:]}"


def _step(
    step: int,
    form: FlaskForm,
    sections: Sequence[Section],
    problems: Sequence[str] = (),
    *,
    note: str = "",
    trap: bool = False,
) -> Any:
    page = FormPage(
        _title(step),
        form,
        sections,
        submit="Зарегистрироваться" if step == len(STEPS) - 1 else "Дальше",
        cancel_href=_ADDRESSES[step - 1],
        problems=problems,
        note=note,
        is_new=True,
    )
    return show_form(page, "register.html", steps=_steps(step), trap=trap)


def _steps(step: int) -> list[Tab]:
    """All steps; those that are done can be opened again."""
    return [
        Tab(words, address if n < step else "", current=n == step)
        for n, (words, address) in enumerate(zip(STEPS, _ADDRESSES, strict=True))
    ]


def _already() -> Response:
    flash("Вы уже вошли в портал: регистрация не нужна.", "info")
    return redirect(addresses.HOME)


def _kept() -> dict[str, Any]:
    found = session.get(KEPT)
    return found if isinstance(found, dict) else {}


def _keep(**values: Any) -> None:
    session[KEPT] = {**_kept(), **values}


def _missing(step: int) -> Response | None:
    """Back to the first step that is not done yet."""
    if current_user.is_authenticated:
        return _already()
    for number, needed in enumerate(("texts", "organization", "position")[:step]):
        if needed not in _kept():
            return redirect(_ADDRESSES[number])
    return None


def _chosen(*names: str) -> dict[str, Any]:
    """Rows chosen in an earlier visit of the step, as far as they still may be chosen."""
    kept, found = _kept(), {}
    for name in names:
        ids = kept.get(name) or ()
        rows = forms.rows(name, ids=[ids] if isinstance(ids, int) else ids) if ids else []
        found[name] = rows if name == "subjects" else next(iter(rows), None)
    return found


def _numbers(texts: Sequence[str]) -> list[int]:
    return [number for text in texts if (number := row_id(text)) is not None]


# --- the last step ---------------------------------------------------------------------------------------------------


def _send(form: forms.PersonForm) -> list[str]:
    """Register; return what is wrong beside no field. What is wrong is said all at once."""
    if not form.validate():
        return []
    kept, problems = _kept(), []
    fields = ("last_name", "first_name", "patronymic", "birth_date", "snils", "phone", "email")
    values = {name: form[name].data for name in fields}
    values |= {"organization_id": kept["organization"], "position_id": kept["position"]}
    subjects, token = kept.get("subjects", []), form.token.data or ""
    trap = request.form.get("website", "")
    checks: tuple[Any, ...] = (
        lambda: refuse_different(form.new.data or "", form.again.data or ""),
        lambda: captcha.check(token, form.captcha.data or "", trap=trap),
        lambda: _refuse_flood(token, form.work.data or ""),
        lambda: registrations.checked_values(values, subjects),
    )
    for check in checks:
        refusal = attempt(check)
        problems += attach(form, refusal) if isinstance(refusal, PortalError) else []
    if form.errors or problems:
        return problems
    given: dict[str, Any] = {"text_ids": kept["texts"], "password": form.new.data or "", "token": token}
    done = attempt(lambda: registrations.register(values, subject_ids=subjects, **given))
    return attach(form, done) if isinstance(done, PortalError) else []


def _refuse_flood(token: str, nonce: str) -> None:
    """Without the browser's proof of work one address is heard less often; raises Invalid beside the question."""
    rate_ = parse(current_app.config.get("NO_WORK_RATE", "10 per hour"))
    if captcha.has_worked(token, nonce) or limiter.limiter.hit(
        rate_, "registration without work", request.remote_addr or ""
    ):
        return
    sentence = (
        "С этого адреса пришло слишком много форм без проверки браузером. Включите в браузере сценарии (JavaScript) и "
        "обновите страницу или повторите через час."
    )
    raise Invalid(sentence, fields={"captcha": [sentence]})


def _ask(form: forms.PersonForm) -> None:
    """The question of the form: the same after another mistake, a new one after a wrong answer."""
    question = captcha.ask() if form.captcha.errors or not form.token.data else captcha.shown(form.token.data)
    if question.token != form.token.data:
        form.token.data, form.captcha.data, form.work.data = question.token, "", ""
        form.token.raw_data = form.captcha.raw_data = form.work.raw_data = None
    form.captcha.label.text = question.text
