"""The portal «Кадры в образовании». ``create_app`` is the only place where the parts are put together."""

from __future__ import annotations

import datetime as dt
import gc
from pathlib import Path
from typing import Any

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from config import Settings

ROOT = Path(__file__).resolve().parent.parent


def create_app(settings: Settings) -> Flask:
    """Return the WSGI application for ``settings``; the database must be reachable and migrated."""
    from app import access, services
    from app.extensions import compress, csrf, db, limiter, migrate
    from app.web.access import acting, appearance
    from app.web.desk import help as user_guide
    from app.web.frame import layout, requests, typed

    services.load()
    app = Flask(__name__)
    app.request_class = typed.TypedRequest
    app.config.from_mapping(_flask_config(settings))
    app.config["PORTAL"] = settings
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    db.init_app(app)
    migrate.init_app(app, db, directory=str(ROOT / "migrations"))
    limiter.init_app(app)
    compress.init_app(app)
    with app.app_context():
        access.install(db.session)
        requests.install(app)
        acting.install(app)
        csrf.init_app(app)  # after the request has its id and actor, so that a refusal is a whole page
        layout.install(app)
        appearance.install(app)
        user_guide.install(app)
        _register_views(app)
        _open_jobs()
    app.config["SIGN_IN_HINTS"] = _demo_hints
    _register_commands(app)
    _spare_the_collector()
    return app


def _spare_the_collector() -> None:
    """Take what a start has made out of the garbage collector's sight: it lives as long as the process.

    A full collection would else look at all of it in the middle of somebody's request, and in each forked part copy its pages.
    A page makes some ten thousand objects and few circles of them: the collector need not look after each 700.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


def _demo_hints() -> dict[str, Any]:
    """Demo logins for the sign-in page; only a demo database has the mark."""
    from app.cli import DEMO_LOGINS, DEMO_PASSWORD, is_demo

    return {"demo_logins": DEMO_LOGINS, "demo_password": DEMO_PASSWORD} if is_demo() else {}


def _flask_config(settings: Settings) -> dict[str, Any]:
    return {
        "SECRET_KEY": settings.secret_key,
        "SQLALCHEMY_DATABASE_URI": settings.database_url,
        "SQLALCHEMY_ENGINE_OPTIONS": {
            "pool_pre_ping": True,
            "pool_size": settings.web_threads,
            "max_overflow": 4,
            # values of statements, which are people's data, stay out of errors and so out of logs
            "hide_parameters": True,
        },
        "MAX_CONTENT_LENGTH": settings.max_upload_mb << 20,
        "MAX_FORM_PARTS": 5000,
        "PERMANENT_SESSION_LIFETIME": dt.timedelta(minutes=settings.session_idle_minutes),
        # over HTTPS no neighbour on another name or path can set or overwrite a cookie with this prefix (RFC 6265bis)
        "SESSION_COOKIE_NAME": "__Host-session" if settings.cookie_secure else "session",
        "SESSION_COOKIE_PATH": "/",
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_SECURE": settings.cookie_secure,
        "WTF_CSRF_TIME_LIMIT": None,
        "RATELIMIT_STORAGE_URI": settings.rate_limit_storage,
        "SIGN_IN_RATE": "30 per minute",
        "RECOVERY_RATE": "10 per minute",
        "PASSWORD_RATE": "10 per hour",
        "LANGUAGES": {"ru": {"flag": "ru", "name": "Русский"}},
        "BABEL_DEFAULT_LOCALE": "ru",
        "BABEL_TRANSLATION_DIRECTORIES": str(ROOT / "translations"),
        "APP_NAME": "Кадры в образовании",
        "FAB_CREATE_DB": False,
        "FAB_UPDATE_PERMS": False,
        "FAB_ALLOW_GET_UNSAFE_MUTATIONS": False,
        "SEND_FILE_MAX_AGE_DEFAULT": dt.timedelta(days=30),
        "TEMPLATES_AUTO_RELOAD": False,
        # pages and scripts; a guess of the CSRF token by the packed length (BREACH) needs requests from other sites to
        # carry the cookie, which SameSite=Lax refuses
        "COMPRESS_MIMETYPES": ["text/html", "text/css", "text/javascript", "application/json", "image/svg+xml"],
        "COMPRESS_ALGORITHM": ["br", "gzip"],
        "COMPRESS_LEVEL": 5,
    }


def _register_views(app: Flask) -> None:
    from app.extensions import db
    from app.menu_places import register
    from app.web.access.security import PortalAppBuilder, PortalSecurityManager
    from app.web.desk.home import HomeView

    builder = PortalAppBuilder(update_perms=False, indexview=HomeView, security_manager_class=PortalSecurityManager)
    builder.init_app(app, db.session)
    register(builder)


def _open_jobs() -> None:
    from app import jobs

    jobs.open_jobs()


def _register_commands(app: Flask) -> None:
    from app.cli import portal

    app.cli.add_command(portal)
