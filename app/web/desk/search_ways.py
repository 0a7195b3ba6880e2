"""Sections of the menu, actions, what is the user's own, and articles of the guide: found by their words and by words that mean the same."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from flask import current_app, request

from app import addresses
from app.actor import Actor
from app.documents.guide import guide
from app.permissions import ROLES
from app.text import sort_key
from app.text.synonyms import SHORTEST, meanings
from app.web.access.appearance import chosen
from app.web.desk.answers_found import Found
from app.web.desk.help import passage_href

#: articles of the guide in one answer
ARTICLES = 3
_THEMES = {"dark": "Тёмная тема", "light": "Светлая тема", "system": "Тема как в системе"}


def words_of(folded: str) -> list[str]:
    """Words without the signs around them."""
    return re.findall(r"\w[\w-]*", folded)


def begin_words(beginnings: Sequence[str], text: str) -> bool:
    """Whether every beginning begins some word of the folded text."""
    words = words_of(text)
    return all(any(word.startswith(beginning) for word in words) for beginning in beginnings)


def ways(actor: Actor, folded: str, most: int) -> list[Found]:
    """Sections and actions whose words begin as typed; then those whose section does; then those that mean what was typed."""
    words = words_of(folded)
    if not words:
        return []
    own, sections = [*_actions(actor), *_own(actor)], _sections(actor)
    tests: tuple[tuple[list[Found], Callable[[Found], bool]], ...] = (
        ([*own, *sections], lambda way: begin_words(words, sort_key(way.text))),
        (sections, lambda way: begin_words(words, sort_key(way.detail))),
        ([*own, *sections], _means(folded)),
    )
    found: list[Found] = []
    for offered, fits in tests:
        found += [way for way in offered if way not in found and fits(way)]
    return found[:most]


def _means(folded: str) -> Callable[[Found], bool]:
    wanted = [meanings(stem) for stem in guide.stems(folded)]

    def fits(way: Found) -> bool:
        words = words_of(sort_key(f"{way.text} {way.detail}"))
        return bool(wanted) and all(any(word.startswith(starts) for word in words) for starts in wanted)

    return fits


def _sections(actor: Actor) -> list[Found]:
    """Entries of the menu, then the lists that have no entry of their own; what waits in them is not counted here."""
    shown = [Found("Главная", "", addresses.HOME)]
    for entry in current_app.appbuilder.menu.get_list():  # type: ignore[attr-defined]
        if entry.baseview is not None and entry.should_render():
            shown.append(Found(str(entry.label), "", entry.get_url()))
        inside = [child for child in entry.childs if child.should_render()]
        shown += [Found(str(child.label), str(entry.label), child.get_url()) for child in inside]
    known = {way.href for way in shown}
    lists = [(view.words.plural, addresses.listing(view.table)) for view in _views() if actor.can(f"{view.table}:list")]
    return shown + [Found(label, "", href) for label, href in lists if href not in known]


def _actions(actor: Actor) -> list[Found]:
    """Forms of new records that the user may open."""
    found = []
    for view in _views():
        if view.sections and view.words.add and actor.can(f"{view.table}:add"):
            found.append(Found(view.words.add, "", addresses.form(view.table)))
    if actor.can("employee:import"):
        found.append(Found("Загрузить работников из Excel", "", addresses.at("employee", "import", "")))
    return found


def _views() -> list[Any]:
    return [v for v in current_app.appbuilder.baseviews if getattr(v, "table", "")]  # type: ignore[attr-defined]


def _own(actor: Actor) -> list[Found]:
    """What belongs to the user: entrance, look, help, the way out; whoever looks with another's eyes has only the last two."""
    beside = [
        Found("Справка", "руководство пользователя", addresses.HELP),
        Found("Выйти", "закончить работу на портале", addresses.SIGN_OUT, post={}),
    ]
    if actor.viewer_id is not None:
        return beside
    return [
        Found("Вход и безопасность", "пароль, второй фактор, сеансы", addresses.ACCOUNT),
        Found("Сменить пароль", "", addresses.at("password", "")),
        Found("Вид и тема", "версия для слабовидящих, размер текста, цвета", addresses.APPEARANCE),
        *_themes(),
        *beside,
    ]


def _themes() -> list[Found]:
    """Themes other than the present one; the colours of the version for poor eyes have none."""
    look = chosen(request.cookies)
    if "colours" in look:
        return []
    now = look.get("theme", "system")
    return [
        Found(label, "оформление портала", addresses.APPEARANCE, post={**look, "theme": theme})
        for theme, label in _THEMES.items()
        if theme != now
    ]


def articles(actor: Actor, typed: str, *, nothing_else: bool) -> list[Found]:
    """Sections of the guide about what was typed; where other things were found, only those whose heading says it."""
    if len(sort_key(typed)) < SHORTEST:
        return []
    others = frozenset(ROLES) - actor.roles
    passages = [p for p in guide.search(typed) if p.in_heading or nothing_else]
    # the pages of the user's own roles and those for all stand first
    passages.sort(key=lambda passage: passage.page in others)
    return [Found(p.heading.title, f"Справка · {p.title}", passage_href(p, typed)) for p in passages[:ARTICLES]]
