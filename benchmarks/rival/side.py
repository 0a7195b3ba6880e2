"""The rival's side of ``lists.py``."""

from __future__ import annotations

import os
from typing import Any

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "benchmarks.rival.settings"
django.setup()

from django.conf import settings  # noqa: E402
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY, get_user_model  # noqa: E402
from django.contrib.sessions.backends.signed_cookies import SessionStore  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.db import connection  # noqa: E402

from benchmarks.wsgi_side import LAST, PERSON, SEARCH, serve  # noqa: E402

PAGES = {
    "list": "/admin/rival/employee/",
    "last": f"/admin/rival/employee/?p={LAST}",
    "search": f"/admin/rival/employee/?q={SEARCH}",
    "card": f"/admin/rival/employeecard/{PERSON}/change/",
    "edit": f"/admin/rival/employee/{PERSON}/change/",
}


def cookie() -> str:
    """The cookie of a browser signed in as a superuser."""
    users = get_user_model().objects
    user = users.filter(username="operator").first() or users.create_superuser("operator", "", "benchmark")
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    return f"{settings.SESSION_COOKIE_NAME}={session.session_key}"


def main() -> None:
    """Serve the rival's pages."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE SCHEMA IF NOT EXISTS django")
    call_command("migrate", verbosity=0)
    seen = 0

    def count(execute: Any, *arguments: Any) -> Any:
        nonlocal seen
        seen += 1
        return execute(*arguments)

    with connection.execute_wrapper(count):
        serve(get_wsgi_application(), PAGES, cookie(), lambda: seen)


if __name__ == "__main__":
    main()
