"""«Мои задания»: the user's long work with its progress, cancellation and results."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import flash, jsonify, redirect, render_template, send_file
from flask_appbuilder import BaseView, expose

from app import addresses
from app.access import current_actor
from app.errors import PortalError
from app.services.personnel.trainings.training_archive import ARCHIVE
from app.services.tasks import background
from app.web.frame.answers import attempt
from app.web.frame.guards import signed_in
from app.web.frame.task_words import Task, progress_words, task_of


@dataclass(frozen=True, slots=True)
class TasksPage:
    """The page: tasks newest first."""

    title: str
    tasks: list[Task]
    state_href: str
    keep_days: int = background.RESULT_DAYS
    crumbs: tuple[Any, ...] = ()


def orders_work() -> bool:
    """Whether the acting user may order anything long: only then the page is in the menu."""
    return any(
        permission.endswith((":export", ":import", ":print")) or permission == ARCHIVE
        for permission in current_actor().permissions
    )


class TaskView(BaseView):
    """Own tasks only: everybody else's answer as missing ones."""

    route_base = "/tasks"
    default_view = "index"

    @expose("/")
    @signed_in
    def index(self) -> Any:
        """The tasks, newest first."""
        page = TasksPage("Мои задания", _tasks(), addresses.at("tasks", "state"))
        return render_template("tasks.html", page=page)

    @expose("/state")
    @signed_in
    def state(self) -> Any:
        """How far each task is, as JSON: the page asks while something runs."""
        jobs = background.own_jobs()
        return jsonify(
            tasks=[
                {"id": j.id, "status": j.status.value, "done": j.done, "total": j.total, "words": progress_words(j)}
                for j in jobs
            ]
        )

    @expose("/<int:pk>/cancel", methods=["POST"])
    @signed_in
    def cancel(self, pk: int) -> Any:
        """Stop a task: nothing of it is written."""
        done = attempt(lambda: background.cancel(pk))
        if isinstance(done, PortalError):
            flash(done.message, "warning")
        else:
            flash("Задание отменено, ничего не записано.", "success")
        return redirect(addresses.TASKS)

    @expose("/<int:pk>/file")
    @signed_in
    def file(self, pk: int) -> Any:
        """The result's file."""
        stored, path = background.open_result(pk)
        return send_file(path, as_attachment=True, download_name=stored.name, mimetype=stored.content_type)


def _tasks() -> list[Task]:
    jobs = background.own_jobs()
    files = background.files_of(jobs)
    return [task_of(job, files.get(job.file_id or 0)) for job in jobs]
