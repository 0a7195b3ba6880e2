"""The folder, the database and the application that the benchmarks share; everything is kept for the next run."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from flask import Flask

from app.embedded_postgres import EmbeddedPostgres
from config import Settings

FOLDER = Path(os.environ.get("BENCHMARK_DIR") or Path(tempfile.gettempdir()) / "kadry-benchmarks")
LOGIN = "operator"


@contextmanager
def server() -> Iterator[EmbeddedPostgres]:
    """The embedded PostgreSQL, fast and fragile for both sides alike."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with EmbeddedPostgres(FOLDER / "postgres" / "data", durable=False) as running:
        yield running


def make_app(url: str) -> Flask:
    """The portal on the database at ``url``."""
    from app import create_app

    environment = {
        "DATABASE_URL": url,
        "INSTANCE_DIR": str(FOLDER / "instance"),
        "SECRET_KEY": "benchmark-secret-key-that-is-long-enough-0123456789",
        "ENVIRONMENT": "test",
    }
    return create_app(Settings.from_environment(environment))


def session_cookie(app: Flask, account: Any = None) -> str:
    """The cookie of a browser in which an account (the operator's unless given) has signed in."""
    from app.services.access import sessions
    from app.services.access.accounts import find_account

    with app.app_context():
        signed_in = sessions.start(account or find_account(LOGIN), hours=12)
    serializer = app.session_interface.get_signing_serializer(app)  # type: ignore[attr-defined]
    value = serializer.dumps({"_user_id": signed_in.get_id(), "_fresh": True})
    return f"{app.config['SESSION_COOKIE_NAME']}={value}"
