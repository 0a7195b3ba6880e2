"""Errors of the domain: each knows its HTTP status and carries one Russian sentence for the user.

Nothing here knows Flask: services raise these, the web layer turns them into pages, commands print them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar


class PortalError(Exception):
    """Base of all errors that a user may see; ``message`` says what happened, why, and what to do next."""

    status: ClassVar[int] = 500
    title: ClassVar[str] = "Ошибка портала"

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class NotFound(PortalError):
    """No such row, or a row outside the user's scope: both answer alike."""

    status = 404
    title = "Не найдено"


class Forbidden(PortalError):
    """The row is visible, the action is not allowed to this user."""

    status = 403
    title = "Нет доступа"


class Conflict(PortalError):
    """The state has changed meanwhile, or a guard refuses the action."""

    status = 409
    title = "Действие сейчас невозможно"


class Invalid(PortalError):
    """The input is wrong; ``fields`` maps a field's name to its sentences (empty: no field is at fault)."""

    status = 422
    title = "Проверьте введённые данные"

    def __init__(self, message: str, fields: Mapping[str, Sequence[str]] | None = None) -> None:
        super().__init__(message)
        self.fields: dict[str, list[str]] = {name: list(texts) for name, texts in (fields or {}).items()}


class Unavailable(PortalError):
    """A part that the portal needs (database, worker, LibreOffice) does not answer."""

    status = 503
    title = "Портал временно недоступен"
