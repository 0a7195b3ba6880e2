"""The ways around every page: the menu by work, the page «Настройка», the user's own pages, the way to a page.

All of them are made of what FAB has registered, in the order of registration, each entry shown by its own condition.
``views.py`` says where an entry stands: ``Arrangement``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from flask import current_app, g, request

from app import addresses
from app.access import current_actor
from app.web.frame.pages import Link, MenuItem, MenuSection

KEY = "arrangement"
HOME, SETUP, MORE = "Главная", "Настройка", "Ещё"


@dataclass(frozen=True, slots=True)
class Place:
    """A place of the bar at the bottom of a phone: a registered view by its name, the one word there, the icon.

    ``covers``: other views by their names whose pages belong to the place.
    """

    view: str
    word: str
    icon: str
    covers: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Arrangement:
    """Which sections of the registered views stand elsewhere than in the menu."""

    #: the section of the user's own pages: in the menu of the user's name
    own: str = ""
    #: section of «Настройка» → name of a registered view → what it is for, in one sentence
    setup: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    #: section → its title for the acting user, where the roles call it differently
    titles: Mapping[str, Callable[[], str]] = field(default_factory=dict)
    #: role → its places between «Главная» and «Ещё», the first role that the user has decides; "": anybody's
    places: Mapping[str, Sequence[Place]] = field(default_factory=dict)
    #: role whose menu is its places on a wide screen too; the rest of its pages stands under «Ещё», without lists of rows
    short: str = ""


@dataclass(frozen=True, slots=True)
class SetupEntry:
    """A line of «Настройка»."""

    label: str
    href: str
    sentence: str


@dataclass(frozen=True, slots=True)
class SetupGroup:
    """Lines of «Настройка» under one heading."""

    title: str
    entries: list[SetupEntry]


def _arrangement() -> Arrangement:
    found: Arrangement = current_app.extensions[KEY]
    return found


def _categories() -> Iterator[Any]:
    yield from current_app.appbuilder.menu.get_list()  # type: ignore[attr-defined]


def menu() -> list[MenuSection]:
    """Every entry that the user has, wherever it stands; nothing is counted."""
    return [MenuSection(title, items) for title, items in _sections(_categories(), counted=False)]


def work_menu() -> list[MenuSection]:
    """The side menu: what is not the user's own and not of «Настройка», which is one entry, the last."""
    arrangement = _arrangement()
    if _is_short():
        return _short_menu()
    elsewhere = {arrangement.own, *arrangement.setup}
    here = [category for category in _categories() if category.name not in elsewhere]
    (_, single), *sections = _sections(here, counted=True)
    setup = [item for item in single if item.href == addresses.SETUP]
    near = {place.href for place in places()}
    home, *rest = [item for item in single if item not in setup]
    # an own page that is one of the five places of a phone is near on a wide screen too
    first = MenuSection("", [home, *(item for item in own_pages() if item.href in near), *rest])
    last = [MenuSection("", setup)] if setup else []
    return [first, *(MenuSection(title, items) for title, items in sections), *last]


def _is_short() -> bool:
    return current_actor().roles == {_arrangement().short}


def _short_menu() -> list[MenuSection]:
    """The places, then what is no list of rows and not in the menu of the user's name."""
    near = places()
    own = _arrangement().own
    entries = [child for category in _categories() if category.name != own for child in (category, *category.childs)]
    pages = [entry for entry in entries if entry.baseview is not None and not hasattr(entry.baseview, "listing")]
    rest = [_item(entry, counted=True) for entry in pages if entry.should_render()]
    return [
        MenuSection("", [replace(item, icon="") for item in near]),
        MenuSection(MORE, [item for item in rest if item.href not in {place.href for place in near}]),
    ]


def place_over(view: str) -> Link | None:
    """The place to which the pages of a view belong, for a role whose menu is its places; None for the others."""
    if not _is_short():
        return None
    found = next((place for place in _places_of_role() if view in place.covers), None)
    entry = _entries().get(found.view) if found is not None else None
    return Link(str(entry.label), entry.get_url()) if entry is not None and entry.should_render() else None


def own_pages() -> list[MenuItem]:
    """The user's own pages, for the menu of the user's name."""
    own = [category for category in _categories() if category.name == _arrangement().own]
    return [_item(child, counted=False) for category in own for child in category.childs if child.should_render()]


def places() -> list[MenuItem]:
    """The places of the user's role in the bar at the bottom of a phone, «Главная» first; «Ещё» is the menu."""
    entries = _entries()
    found = [MenuItem(HOME, addresses.HOME, _at_home(), icon="home")]
    for place in _places_of_role():
        entry = entries[place.view]
        if entry.should_render():
            here = _is_here(entry) or request.blueprint in place.covers
            found.append(MenuItem(place.word, entry.get_url(), here, icon=place.icon))
    return found


def _entries() -> dict[str, Any]:
    return {child.name: child for category in _categories() for child in (category, *category.childs)}


def _places_of_role() -> Sequence[Place]:
    every, roles = _arrangement().places, current_actor().roles
    return every.get(next((role for role in every if role in roles), ""), ())


def setup_groups() -> list[SetupGroup]:
    """«Настройка» as the user has it: every view whose rows the user may list."""
    setup = _arrangement().setup
    found = []
    for category in _categories():
        sentences = setup.get(category.name, {})
        entries = [
            SetupEntry(str(child.label), child.get_url(), sentences[child.name])
            for child in category.childs
            if sentences and child.should_render()
        ]
        if entries:
            found.append(SetupGroup(str(category.label), entries))
    return found


def has_setup() -> bool:
    """Whether anything of «Настройка» is the user's."""
    setup = _arrangement().setup
    return any(
        child.should_render() for category in _categories() if category.name in setup for child in category.childs
    )


def _sections(categories: Iterable[Any], *, counted: bool) -> list[tuple[str, list[MenuItem]]]:
    """Title and entries of each section that has any; the first, without a title, is of the pages in no section."""
    single = [MenuItem(HOME, addresses.HOME, _at_home())]
    sections = [("", single)]
    titles = _arrangement().titles
    for category in categories:
        if category.baseview is not None and category.should_render():
            single.append(_item(category, counted=counted))
        items = [_item(child, counted=counted) for child in category.childs if child.should_render()]
        if items:
            title = titles[category.name]() if category.name in titles else str(category.label)
            sections.append((title, items))
    return sections


def _item(entry: Any, *, counted: bool) -> MenuItem:
    """An entry; one that counts what waits says so, unless nothing may be asked of the database."""
    view, href = entry.baseview, entry.get_url()
    counts = counted and hasattr(view, "count") and not g.get("database_is_away")
    waits = view.count() if counts else None
    most = getattr(view, "most", waits) or 0
    more = waits is not None and waits > most
    inside = href == addresses.SETUP and _in_setup()
    return MenuItem(
        str(entry.label), href, _is_here(entry), most if more else waits, hot=bool(waits), more=more, inside=inside
    )


def _is_here(entry: Any) -> bool:
    """Whether the page is the entry's; a view whose address only leads on says where it leads."""
    view = entry.baseview
    return bool(view.is_here() if hasattr(view, "is_here") else request.blueprint == view.endpoint)


def _in_setup() -> bool:
    """Whether the page belongs to a view of «Настройка»."""
    return any(request.blueprint in views for views in _arrangement().setup.values())


def _at_home() -> bool:
    home: str = current_app.appbuilder.get_url_for_index  # type: ignore[attr-defined]
    return request.script_root + request.path == home


def trail(page: Any = None) -> list[Link]:
    """The way to a page from the start page, whole: what the page says of it, then the page itself."""
    if _at_home():
        return []
    setup = [Link(SETUP, addresses.SETUP)] if _in_setup() and has_setup() else []
    way = [Link(HOME, addresses.HOME), *setup]
    if page is None:
        return way
    crumbs = list(getattr(page, "crumbs", ()))
    named = any(crumb.current for crumb in crumbs)
    return [*way, *crumbs, *([] if named else [Link(page.title, current=True)])]
