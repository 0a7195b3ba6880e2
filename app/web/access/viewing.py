"""«Смотреть как …» in a web session: whose eyes the request has, and the pages that are nobody else's to see."""

from __future__ import annotations

from flask import request
from flask_login import current_user

from app.access import acting_as
from app.actor import Actor
from app.errors import Forbidden
from app.services.access import looking_as

#: handlers that stay the looker's own: the end of looking, the end of the session
OWN = frozenset({"AccessView.end_view", "SignInView.logout", "static"})
#: the entrance of the account, its one-time passwords and links, the secret address of its calendar, the files of its tasks
_CLOSED_VIEWS = frozenset(
    {"OwnAccountView", "OwnDataView", "SignInView", "RecoveryView", "RegisterView", "CalendarView"}
)
_CLOSED = frozenset({"TaskView.file", "AccessView.file"})


def eyes(own: Actor) -> Actor:
    """Return who acts in this request: the user looked at, else ``own``."""
    if current_user.viewed_id is None or request.endpoint in OWN:
        return own
    found = looking_as.eyes_of(own, current_user.viewed_id)
    if found is None:
        with acting_as(own):
            looking_as.end(current_user)
        return own
    return found


def refuse_private(actor: Actor) -> None:
    """Raise Forbidden where a looker has nothing to look at."""
    endpoint = request.endpoint or ""
    if actor.viewer_id is not None and (endpoint in _CLOSED or endpoint.split(".")[0] in _CLOSED_VIEWS):
        raise Forbidden(
            f"Вы смотрите портал глазами другого пользователя ({actor.name}), а эта страница — только его: вход, пароль, "
            "файлы. Закончите просмотр кнопкой вверху страницы."
        )
