"""Life of a request: its id, headers, and Russian pages for every error. ``web.access.acting`` finds the acting user."""

from __future__ import annotations

import logging
import uuid
from typing import Any

from flask import Flask, current_app, g, render_template, request
from flask_login import AnonymousUserMixin, current_user
from flask_talisman import Talisman
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DBAPIError
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from app.access import find_actor
from app.errors import PortalError, Unavailable
from app.logs import clear
from app.unit_of_work import is_away, roll_back, translate_database_error
from app.web.frame.guards import needs_sign_in, sign_in_redirect

log = logging.getLogger("portal")

CONTENT_SECURITY_POLICY = {
    "default-src": "'self'",
    "img-src": "'self' data:",
    "object-src": "'none'",
    "base-uri": "'none'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
}

#: status → (title, what happened and what to do next)
ERROR_WORDS = {
    400: (
        "Запрос не понят",
        "Страница устарела или адрес набран с ошибкой. Вернитесь назад, обновите страницу и повторите.",
    ),
    403: ("Нет доступа", "У вас нет права на это действие. Если оно нужно для работы, запросите доступ у оператора."),
    404: ("Не найдено", "Такой страницы или записи нет, или она вам не видна. Проверьте адрес."),
    405: ("Так сделать нельзя", "Это действие выполняется кнопкой на странице. Вернитесь назад и нажмите кнопку."),
    409: ("Данные изменились", "Пока вы работали, запись изменилась. Откройте её заново и повторите."),
    413: ("Файл слишком большой", "Загружайте файлы не больше 10 МБ."),
    422: ("Проверьте введённые данные", "Вернитесь назад, исправьте их и отправьте снова."),
    429: ("Слишком много попыток", "Подождите минуту и попробуйте снова."),
    500: (
        "Ошибка портала",
        "Мы уже знаем о ней по номеру ниже. Ничего не сохранено. Повторите позже или напишите в поддержку.",
    ),
    503: ("Портал временно недоступен", "Повторите через минуту."),
}


def install(app: Flask) -> None:
    """Bind the life cycle to the application."""
    settings = app.config["PORTAL"]
    Talisman(
        app,
        force_https=False,  # the proxy before the portal redirects; /health must answer over plain HTTP
        strict_transport_security=settings.cookie_secure,
        session_cookie_secure=settings.cookie_secure,
        session_cookie_samesite="Lax",
        content_security_policy=CONTENT_SECURITY_POLICY,
        referrer_policy="same-origin",
        frame_options="DENY",
    )
    app.before_request(_begin)
    app.teardown_request(_end)
    app.after_request(_stamp)
    app.after_request(_hold_static)
    app.register_error_handler(PortalError, _portal_error)
    app.register_error_handler(CSRFError, _csrf_error)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(DBAPIError, _database_error)
    app.register_error_handler(Exception, _unexpected)


def _begin() -> None:
    g.request_id = uuid.uuid4().hex[:12]


def _hold_static(response: Response) -> Response:
    """Read a static file whole: Flask-Compress wraps the stream of a file and leaves the file open."""
    if request.endpoint == "static" and response.direct_passthrough:
        response.direct_passthrough = False
        response.get_data()
        response.close()
    return response


def _end(_error: BaseException | None) -> None:
    clear()


def _stamp(response: Response) -> Response:
    response.headers["X-Request-Id"] = g.get("request_id", "")
    if request.endpoint != "static":
        response.headers["Cache-Control"] = "no-store"
        log.info(
            "request", extra={"method": request.method, "endpoint": request.endpoint, "status": response.status_code}
        )
    return response


#: after so many seconds a browser may ask again
RETRY_SECONDS = 10
#: what a user meets in the middle of work, who needs the menu to go on
_WITH_MENU = frozenset({403, 404})

Page = tuple[str, int] | tuple[str, int, dict[str, str]]


def _page(status: int, title: str, message: str) -> Page:
    words = {
        "code": status,
        "title": title,
        "message": message,
        "request_id": g.get("request_id", ""),
    }
    if status == Unavailable.status:
        return _away_page(words)
    if status in _WITH_MENU and find_actor() is not None and current_user.is_authenticated:
        try:
            return render_template("error.html", layout="base.html", ask_access=True, **words), status
        except Exception as error:
            roll_back()
            log.warning("an error page without its menu", exc_info=error)
    return render_template("error.html", layout="public.html", **words), status


def _away_page(words: dict[str, Any]) -> Page:
    """The page that asks nothing of the database, which may be what is missing; the menu of a user who is known by now."""
    g.database_is_away = True
    actor = find_actor()
    layout = "base.html" if actor is not None and actor.user_id is not None else "public.html"
    if "_login_user" not in g:  # Flask-Login gives every template its user, and would load it
        g._login_user = AnonymousUserMixin()
    headers = {"Retry-After": str(RETRY_SECONDS)}
    if request.method == "GET":
        headers["Refresh"] = str(RETRY_SECONDS)
    return render_template("error.html", layout=layout, **words), Unavailable.status, headers


def _portal_error(error: PortalError) -> Page:
    return _page(error.status, ERROR_WORDS[error.status][0], error.message)


def _csrf_error(_error: CSRFError) -> Any:
    # with the session its token is gone too: who must sign in anyway is sent there, and back to the form
    if not current_user.is_authenticated and needs_sign_in(current_app.view_functions.get(request.endpoint or "")):
        return sign_in_redirect()
    return _page(
        400, "Страница устарела", "Страница была открыта слишком долго. Вернитесь назад, обновите её и повторите."
    )


def _http_error(error: HTTPException) -> Any:
    status = error.code or 500
    if status < 400:
        return error
    title, message = ERROR_WORDS.get(status, ERROR_WORDS[500])
    return _page(status, title, message)


def _database_error(error: DBAPIError) -> Page:
    roll_back()
    translated = translate_database_error(error)
    if translated is None:
        return _unexpected(error)
    log.warning("database refused", exc_info=error)
    return _portal_error(translated)


def _unexpected(error: Exception) -> Page:
    roll_back()
    if is_away(error):
        return _portal_error(translate_database_error(error) or Unavailable(ERROR_WORDS[503][1]))
    log.error("unexpected error", exc_info=error)
    return _page(500, *ERROR_WORDS[500])
