"""The rival's side of ``pages.py``: Django admin in the dress of django-unfold, static files by whitenoise."""

from __future__ import annotations

import os

os.environ["RIVAL_THEME"] = "unfold"

from django.core.management import call_command
from django.core.wsgi import get_wsgi_application
from django.db import connection

from benchmarks.http_side import serve
from benchmarks.rival.side import cookie

if __name__ == "__main__":
    with connection.cursor() as cursor:
        cursor.execute("CREATE SCHEMA IF NOT EXISTS django")
    call_command("migrate", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    serve(get_wsgi_application(), cookie())
