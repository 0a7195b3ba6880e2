"""«Извещения» of the cabinet, and «Какие письма получать» (п. 1.9 Порядка)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from flask import flash, render_template, request
from flask_appbuilder import BaseView, expose
from werkzeug.wrappers import Response

from app import addresses
from app import models as m
from app.clock import local
from app.russian import format_datetime
from app.services.mailing import notices
from app.services.mailing.letter_templates import absolute, portal_url
from app.web.frame.answers import answer_act
from app.web.frame.guards import signed_in
from app.web.frame.pages import CardPage, Link


@dataclass(frozen=True, slots=True)
class Told:
    """A notice as the page shows it; ``href`` is empty when it leads nowhere."""

    pk: int
    text: str
    when: str
    href: str
    unread: bool


class NoticeView(BaseView):
    """Own notices only: everybody else's answer as missing ones."""

    route_base = "/notices"
    default_view = "index"

    def count(self) -> int | None:
        """Unread notices, for the menu; none: nothing is shown."""
        if "unread" not in request.environ:
            request.environ["unread"] = notices.count(unread=True)
        return request.environ["unread"] or None

    @expose("/")
    @signed_in
    def index(self) -> Any:
        """Notices, newest first, by pages."""
        total = notices.count()
        last = max(1, -(-total // notices.PAGE))
        number = min(_number(request.args.get("page", "")), last)
        shown = [told(n) for n in notices.newest(skip=(number - 1) * notices.PAGE)]
        return render_template(
            "notices.html",
            page=CardPage("Извещения", crumbs=[Link("Извещения", current=True)]),
            notices=shown,
            unread=self.count() or 0,
            newer=addresses.with_query(addresses.NOTICES, page=number - 1) if number > 1 else "",
            older=addresses.with_query(addresses.NOTICES, page=number + 1) if number < last else "",
        )

    @expose("/<int:pk>/open", methods=["POST"])
    @signed_in
    def open(self, pk: int) -> Response:
        """Mark a notice as read and go where it leads."""

        def read() -> str:
            leads = href_of(notices.mark_read(pk))
            return "" if request.form.get("stay") == "1" else leads

        return answer_act(read, addresses.NOTICES)

    @expose("/read", methods=["POST"])
    @signed_in
    def read_all(self) -> Response:
        """Mark all notices as read."""

        def read() -> None:
            notices.mark_all_read()
            flash("Все извещения отмечены прочитанными.", "success")

        return answer_act(read, addresses.NOTICES)

    @expose("/letters", methods=["GET", "POST"])
    @signed_in
    def letters(self) -> Any:
        """Which kinds of letters come by e-mail; the notice in the cabinet stays in any case."""

        def choose() -> None:
            notices.choose(request.form.getlist("wanted"))
            flash("Выбор писем сохранён. Извещения на портале остаются в любом случае.", "success")

        if request.method == "POST":
            return answer_act(choose, addresses.at("notices", "letters"))
        title = "Какие письма получать"
        crumbs = [Link("Извещения", addresses.NOTICES), Link(title, current=True)]
        return render_template("notice_letters.html", page=CardPage(title, crumbs=crumbs), groups=_groups())


def _groups() -> list[tuple[str, list[notices.Choice]]]:
    return [(title, list(found)) for title, found in groupby(notices.choices(), lambda choice: choice.kind.group)]


def _number(typed: str) -> int:
    return max(1, int(typed)) if typed.isascii() and typed.isdecimal() and len(typed) < 7 else 1


def href_of(notice: m.Notice) -> str:
    """Where a notice leads, on this portal; nothing for an address of anything else."""
    whole = absolute(notice.href)
    return request.script_root + whole.removeprefix(portal_url()) if whole else ""


def told(notice: m.Notice) -> Told:
    """A notice for the page."""
    when = format_datetime(local(notice.created_at))
    return Told(notice.id, notice.text, when, href_of(notice), notice.read_at is None)


def newest(limit: int) -> Sequence[Told]:
    """The newest notices, for the start page."""
    return [told(n) for n in notices.newest(limit=limit)]
