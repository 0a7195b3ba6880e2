"""Structured log: one event per line, with the id of the request and of the user.

The log holds no personal data: callers pass ids, never names, query strings or bodies; should a key that carries such
data slip in, :func:`drop_personal_data` removes it.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterable

import structlog
from structlog.types import EventDict, Processor, WrappedLogger

PERSONAL_KEYS = frozenset({"query_string", "query", "url", "body", "form", "args", "headers", "cookies", "password"})
# Libraries that repeat what our own lines say, or print addresses with their queries.
QUIET_LOGGERS = {
    "werkzeug": logging.WARNING,
    "alembic": logging.WARNING,
    "procrastinate": logging.WARNING,
    "flask_appbuilder": logging.WARNING,
    "flask_appbuilder.models.filters": logging.ERROR,  # a line for each column it does not search
}


def drop_personal_data(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Remove the keys in which personal data usually arrives."""
    for key in PERSONAL_KEYS & event.keys():
        del event[key]
    return event


def configure_logging(*, json: bool, level: str = "INFO") -> None:
    """Send structlog and the standard log to stderr: JSON lines, or readable lines for a person at a terminal.

    ``level`` is a name of the ``logging`` module; ValueError for an unknown one. A repeated call replaces the set-up.
    """
    shared = _shared_processors()
    renderer: Processor
    if json:
        renderer = structlog.processors.JSONRenderer(ensure_ascii=False)
    else:
        renderer = structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    _replace_root_handler(shared, _renderers(renderer, json=json), level)


def bind_request(request_id: str, user_id: int | None = None) -> None:
    """Put the request's id, and the user's id when somebody is signed in, on every following line of this context."""
    structlog.contextvars.bind_contextvars(request_id=request_id)
    if user_id is not None:
        structlog.contextvars.bind_contextvars(user_id=user_id)


def clear() -> None:
    """Forget what :func:`bind_request` bound; call at the end of each request and job."""
    structlog.contextvars.clear_contextvars()


def _shared_processors() -> list[Processor]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.stdlib.ExtraAdder(),  # what the standard log carries in ``extra``
        drop_personal_data,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
    ]


def _renderers(renderer: Processor, *, json: bool) -> list[Processor]:
    # The readable renderer prints tracebacks itself; JSON needs them as text.
    tracebacks: list[Processor] = [structlog.processors.format_exc_info] if json else []
    return [structlog.stdlib.ProcessorFormatter.remove_processors_meta, *tracebacks, renderer]


def _replace_root_handler(shared: Iterable[Processor], renderers: Iterable[Processor], level: str) -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.set_name("portal")
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(foreign_pre_chain=list(shared), processors=list(renderers))
    )
    root = logging.getLogger()
    root.handlers = [other for other in root.handlers if other.get_name() != "portal"] + [handler]
    root.setLevel(level.upper())
    for name, quiet in QUIET_LOGGERS.items():
        logging.getLogger(name).setLevel(quiet)
