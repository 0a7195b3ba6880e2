"""The WSGI application ``app.wsgi:app`` for web servers, ``flask`` commands and job workers.

Settings come from the environment. Without ``DATABASE_URL`` the process joins the embedded server, or
starts it for as long as it lives.
"""

from __future__ import annotations

import atexit
import os
import sys
from dataclasses import replace

from flask import Flask

from app import create_app
from app.embedded_postgres import EmbeddedPostgres
from app.errors import PortalError
from app.logs import configure_logging
from config import ConfigError, Settings


def _settings_with_database() -> Settings:
    settings = Settings.from_environment(os.environ)
    if settings.database_url is not None:
        return settings
    server = EmbeddedPostgres(settings.database_dir)
    atexit.register(server.stop)
    return replace(settings, database_url=server.start())


def _build() -> Flask:
    """Create the application; a wrong setting or a missing database ends the process with one plain sentence."""
    try:
        settings = _settings_with_database()
        configure_logging(json=not sys.stderr.isatty(), level=settings.log_level)
        return create_app(settings)
    except (ConfigError, PortalError) as error:
        sys.stderr.write(f"{error}\n")
        raise SystemExit(2) from None


app = _build()
