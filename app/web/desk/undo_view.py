"""«Отменить»: what the user has just decided is taken back, each row by itself."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, request
from flask_appbuilder import BaseView, expose
from flask_appbuilder.utils.base import get_safe_redirect

from app import addresses
from app.errors import PortalError
from app.russian import number
from app.services.portal import undo
from app.web.frame.answers import attempt, attempt_each
from app.web.frame.guards import signed_in


class UndoView(BaseView):
    """One address, by POST: the name of the press that is undone, and the page to come back to."""

    route_base = "/undo"
    default_view = "undo"
    class_permission_name = "undo"

    @expose("/", methods=["POST"])
    @signed_in
    def undo(self) -> Any:
        """Undo the decisions of one press; what cannot be undone any more is named."""
        back = redirect(get_safe_redirect(request.form.get("back") or addresses.HOME))
        found = attempt(lambda: undo.decisions_of(request.form.get("batch", "")[:40]))
        if isinstance(found, PortalError):
            flash(found.message, "danger")
            return back
        names = dict(found)
        answers = attempt_each(names, undo.undo)
        refused = [(name, why) for name, why in zip(names.values(), answers, strict=True) if why is not None]
        done = len(names) - len(refused)
        if done == 1 and len(names) == 1:
            flash(f"Решение отменено: {next(iter(names.values()))}.", "success")
        elif done:
            flash(f"Решения отменены: {number(done)}.", "success")
        for name, why in refused[:10]:
            flash(f"{name}: {why.message}", "danger")
        if len(refused) > 10:
            flash(f"И ещё {len(refused) - 10} с отказом.", "danger")
        return back
