"""The answer of a page to a form or a button: it is done and leads on, or it is refused in words and the typed text stays."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from flask import flash, redirect, render_template, request
from werkzeug.wrappers import Response

from app.errors import Forbidden, NotFound, PortalError
from app.extensions import db
from app.web.frame.pages import FormPage

T = TypeVar("T")


def attempt(act: Callable[[], T]) -> T | PortalError:
    """Return what ``act`` returns, or the refusal for the page to tell; nothing is left half done then.

    A row out of sight or a right that is lacking is a page of its own (404, 403): it passes.
    """
    try:
        return act()
    except (NotFound, Forbidden):
        raise
    except PortalError as refusal:
        db.session.rollback()
        return refusal


def attempt_each(keys: Iterable[T], act: Callable[[T], Any]) -> list[PortalError | None]:
    """Do ``act`` with each key; return what each was refused with: one that is refused, or gone, keeps none of the others."""
    found: list[PortalError | None] = []
    for key in keys:
        try:
            act(key)
            found.append(None)
        except PortalError as refusal:
            found.append(refusal)
    return found


def answer_act(act: Callable[[], str | Response | None], back: str) -> Response:
    """Answer of a button: ``act`` does one thing, says it, and returns what follows (None: ``back``); a refusal leads back."""
    done = attempt(act)
    if isinstance(done, PortalError):
        flash(done.message, "danger")
        return _follow(back)
    return _follow(done or back)


def answer_form(
    form: Any,
    save: Callable[[], str | Response],
    page: Callable[[], FormPage],
    *,
    template: str = "form.html",
    above: bool = False,
    **shown: Any,
) -> Any:
    """Answer of a form: ``save`` what was sent and go where it says; else the page, with what is wrong beside the fields.

    ``page`` is asked after a refusal, so it reads what is stored now; ``shown`` goes to the template beside it. With ``above`` a
    refusal is one sentence above the form, whatever field is at fault.
    """
    problems: Sequence[str] = ()
    if form.validate_on_submit():
        done = attempt(save)
        if not isinstance(done, PortalError):
            return _follow(done)
        problems = [done.message] if above else attach(form, done)
    built = page()
    return show_form(replace(built, problems=[*problems, *built.problems]), template, **shown)


def show_form(page: FormPage, template: str = "form.html", **shown: Any) -> Any:
    """A form's page; one that was sent and stays is answered 422."""
    return render_template(template, page=page, **shown), 422 if request.method == "POST" else 200


def attach(form: Any, refusal: PortalError) -> list[str]:
    """Put a refusal's sentences beside their fields; return those that belong to no field."""
    fields = getattr(refusal, "fields", None) or {}
    rest = []
    for name, sentences in fields.items():
        if name in form:
            form[name].errors = [*form[name].errors, *sentences]
        else:
            rest += sentences
    return rest if fields else [refusal.message]


def _follow(target: str | Response) -> Response:
    return target if isinstance(target, Response) else redirect(target)
