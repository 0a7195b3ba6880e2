"""What every page shows around its content: the user, the portal's name, the menu; areas add theirs by context processors."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from flask import Flask, current_app, g
from flask_login import current_user
from markupsafe import Markup

from app import addresses
from app.access import find_actor
from app.russian import bound, quoted, stopped
from app.web.frame import menu


def install(app: Flask) -> None:
    """Give the templates what the layout needs."""
    version = _static_version(Path(app.static_folder or ""))
    app.config["STATIC_VERSION"] = version
    app.jinja_env.filters.update(quoted=quoted, stopped=_stopped, bound=_bound)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True

    @app.context_processor
    def _layout() -> dict[str, Any]:
        actor = find_actor()
        signed_in = is_signed_in()
        return {
            "portal_name": "Кадры в образовании",
            "is_authenticated": signed_in,
            # asked for by the pages that show it: an error page has none, and must not fail of what the menu counts
            "menu": menu.work_menu if signed_in else list,
            "own_pages": menu.own_pages if signed_in else list,
            "places": menu.places if signed_in else list,
            "trail": menu.trail,
            "ask_access_href": addresses.at("access", "request"),
            "looks_as": actor.name if actor and actor.viewer_id is not None else "",
            "user_id": actor.user_id if actor else None,
            "user_name": actor.name if signed_in and actor else "",
            "user_called": _called(actor.name) if signed_in and actor else "",
            "user_letters": _letters(actor.name) if signed_in and actor else "",
            "user_roles": _roles() if signed_in else "",
            "demo_database": current_app.config["PORTAL"].demo,
            "static_version": version,
        }


def is_signed_in() -> bool:
    """Whether the page is shown to a user; an error before anybody acts (a stale page, too large a file) is not."""
    actor = find_actor()
    if actor is None or actor.user_id is None:
        return False
    return bool(g.get("database_is_away") or (current_user and current_user.is_authenticated))


def _bound(title: object) -> str:
    """A title whose short words and numbers stay with what follows; ready markup stays as it is."""
    return title if isinstance(title, Markup) else bound(str(title))


def _stopped(text: object) -> str:
    """Words of a page with one full stop at the end of a sentence; ready markup stays as it is."""
    return text if isinstance(text, Markup) else stopped(str(text))


def _roles() -> str:
    actor = find_actor()
    assert actor is not None
    return f"{actor.role_titles} · {actor.place}" if actor.place else actor.role_titles


def _called(name: str) -> str:
    """A name as people are called: first name, last name."""
    return " ".join(reversed(name.split()[:2]))


def _letters(name: str) -> str:
    """The two letters that stand for a user."""
    return "".join(word[0] for word in _called(name).split())


def _static_version(folder: Path) -> str:
    """Fingerprint of the static files, so that browsers keep them until they change."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            digest.update(path.name.encode() + str(path.stat().st_size).encode() + path.read_bytes())
    return digest.hexdigest()[:10]
