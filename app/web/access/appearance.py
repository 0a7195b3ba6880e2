"""«Версия для слабовидящих» (ГОСТ Р 52872-2019) and the theme: chosen on one page, stored in a cookie, applied by the server.

No account is needed. The choice becomes ``data-…`` attributes of ``<html>``, from which the stylesheet takes its tokens.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from flask import Flask, current_app, flash, redirect, render_template, request
from flask_appbuilder import BaseView, expose

from app import addresses
from app.extensions import limiter
from app.web.frame.pages import CardPage, Link, Option

TITLE = "Вид и тема"
COOKIE = "appearance"
KEPT = dt.timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Choice:
    """A question of the panel: its attribute, its words, its answers (the first is the usual one and is not kept)."""

    name: str
    label: str
    options: Mapping[str, str]

    @property
    def usual(self) -> str:
        """The answer of those who never opened the panel."""
        return next(iter(self.options))

    def shown(self, look: Mapping[str, str]) -> list[Option]:
        """The answers with the one that holds now."""
        return [Option(value, label, value == look.get(self.name, self.usual)) for value, label in self.options.items()]


CHOICES: tuple[Choice, ...] = (
    Choice("size", "Размер текста", {"100": "обычный, 100 %", "150": "крупный, 150 %", "200": "очень крупный, 200 %"}),
    Choice(
        "colours",
        "Цвета",
        {
            "usual": "обычные",
            "white": "чёрным по белому",
            "black": "белым по чёрному",
            "blue": "тёмно-синим по голубому",
        },
    ),
    Choice("spacing", "Расстояние между буквами", {"usual": "обычное", "wide": "увеличенное"}),
    Choice("font", "Шрифт", {"sans": "без засечек", "serif": "с засечками"}),
    Choice("pictures", "Изображения", {"on": "показывать", "off": "не показывать"}),
    Choice("theme", "Тема при обычных цветах", {"system": "как в системе", "light": "светлая", "dark": "тёмная"}),
)


def chosen(cookies: Mapping[str, str]) -> dict[str, str]:
    """What differs from the usual look, by the cookie; anything unknown in it is passed over."""
    return _known(dict(parse_qsl(cookies.get(COOKIE, "")[:300])))


def _known(answers: Mapping[str, str]) -> dict[str, str]:
    found = {c.name: answers.get(c.name, c.usual) for c in CHOICES}
    return {c.name: found[c.name] for c in CHOICES if found[c.name] in c.options and found[c.name] != c.usual}


def colour_scheme(look: Mapping[str, str]) -> str:
    """What the browser is told of the page's colours before the stylesheet comes."""
    if "colours" in look:
        return "dark" if look["colours"] == "black" else "light"
    return look.get("theme", "light dark")


def install(app: Flask) -> None:
    """Give the templates the chosen look, and what the head of a page links to."""

    @app.context_processor
    def _look() -> dict[str, Any]:
        look = chosen(request.cookies)
        return {
            "look": look,
            "colour_scheme": colour_scheme(look),
            "appearance_href": addresses.APPEARANCE,
            "logout_url": addresses.SIGN_OUT,
            "account_url": addresses.ACCOUNT,
        }


class AppearanceView(BaseView):
    """The panel; open to everybody, because people who cannot read the sign-in page need it first."""

    route_base = "/appearance"
    default_view = "panel"

    @expose("/", methods=["GET", "POST"])
    @limiter.limit("60 per minute", methods=["POST"])
    def panel(self) -> Any:
        """Show the panel; a POST keeps the answers and returns to where one was."""
        if request.method == "POST":
            return self._keep()
        look = chosen(request.cookies)
        return render_template(
            "appearance.html",
            page=CardPage(TITLE, crumbs=[Link(TITLE, current=True)]),
            choices=[(choice, choice.shown(look)) for choice in CHOICES],
            back=_inside(request.referrer or ""),
        )

    @staticmethod
    def _keep() -> Any:
        look = {} if request.form.get("usual") else _known(request.form)
        response = redirect(_inside(request.form.get("back") or request.referrer or ""))
        if look:
            secure = bool(current_app.config["SESSION_COOKIE_SECURE"])
            response.set_cookie(
                COOKIE, urlencode(look), max_age=KEPT, secure=secure, httponly=True, samesite="Lax", path="/"
            )
        else:
            response.delete_cookie(COOKIE, path="/")
        flash("Вид портала изменён. Он сохранён в этом браузере на год.", "success")
        return response


def _inside(address: str) -> str:
    """Path of an address of the portal itself; anything else leads to the start page."""
    parts = urlsplit(address)
    foreign = parts.netloc and parts.netloc != request.host
    if foreign or not parts.path.startswith("/") or parts.path.startswith(("//", "/\\")):
        return addresses.HOME
    if parts.path.startswith(addresses.APPEARANCE):
        return addresses.HOME
    return parts.path + (f"?{parts.query}" if parts.query else "")
