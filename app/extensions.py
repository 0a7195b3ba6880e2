"""The Flask extensions, created once and bound to the application in ``create_app``; nobody else creates them."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any, cast

from flask import current_app
from flask_appbuilder import Model
from flask_appbuilder.models.sqla.base import SQLA
from flask_compress import Compress
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_migrate import Migrate
from flask_wtf import CSRFProtect

from config import Settings

db = SQLA(metadata=Model.metadata, session_options={"expire_on_commit": False})
migrate = Migrate()
csrf = CSRFProtect()
compress = Compress()
limiter = Limiter(key_func=get_remote_address, headers_enabled=True)


def configured() -> Settings:
    """Return the settings of the running portal, for those who know no HTTP."""
    return cast(Settings, current_app.config["PORTAL"])


def option(name: str, otherwise: Any) -> Any:
    """Return a value of Flask's own configuration that tests change, or ``otherwise``."""
    return current_app.config.get(name, otherwise)


def session_of_its_own() -> AbstractContextManager[Any]:
    """Open a block whose ``db.session`` is another one, which commits beside that of the work around it."""
    return cast(AbstractContextManager[Any], current_app._get_current_object().app_context())  # type: ignore[attr-defined]
