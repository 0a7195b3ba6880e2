"""Addresses of the portal's pages, for every button, redirect, letter and notice.

The portal is at the root of its host, so the address of a page is its path. ``tests/architecture/test_addresses.py``
checks for every call in the code that the page exists.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, urlencode

HOME = "/"
ACCESS = "/access/"
ACCOUNT = "/account/"
APPEARANCE = "/appearance/"
CALENDAR = "/calendar/"
CATALOGUE = "/catalogue/"
CHECK = "/check/"
CONSENTS = "/consents/"
COURSES = "/courses/"
HELP = "/help/"
LESSONS = "/lessons/"
MY_CARD = "/my-card/"
MY_COURSES = "/my-courses/"
MY_DATA = "/my-data/"
MY_DOCUMENTS = "/my-documents/"
#: ... and of the applications for a чек
MY_APPLICATIONS = "/my-applications/"
NOTICES = "/notices/"
PLAN = "/plan/"
PLAN_PEOPLE = "/plan_people/"
QUALITY = "/quality/"
QUEUE = "/queue/"
RECOVERY = "/recovery/"
REGISTER = "/register/"
REGISTRIES = "/registries/"
SEARCH = "/search/"
SETTINGS = "/settings/"
SETUP = "/setup/"
SIGN_IN = "/login/"
SIGN_OUT = "/logout/"
TASKS = "/tasks/"
VERIFY = "/verify/"

#: signs that may stand in a query as they are
_SAFE = "!$'()*,/:;?@"


def at(*parts: str | int | None, **query: Any) -> str:
    """Address by its parts: ``at("training_group", "attendance", 5, part=1)``; an empty last part ends it with a slash."""
    return with_query("/" + "/".join(quote(str(part), safe="@:") for part in parts), **query)


def card(table: str, pk: int | None, /, **query: Any) -> str:
    """The card of a row."""
    return at(table, "show", pk, **query)


def case(table: str, pk: int | None, /) -> str:
    """The desk of the user who decides, with a row opened."""
    return with_query(QUEUE, case=f"{table}-{pk}")


def listing(table: str, /, **query: Any) -> str:
    """The list of a table, narrowed by its filters."""
    return at(table, "list", "", **query)


def form(table: str, /, **query: Any) -> str:
    """The form of a new row, with what it starts with."""
    return at(table, "add", **query)


def act(table: str, pk: int, action: str, /) -> str:
    """Where an action on a row is posted."""
    return at(table, "act", pk, action)


def with_query(path: str, /, **query: Any) -> str:
    """An address with what it asks; what is None is not asked."""
    given = {name: value for name, value in query.items() if value is not None}
    return f"{path}?{urlencode(given, doseq=True, safe=_SAFE)}" if given else path
