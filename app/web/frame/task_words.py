"""A user's long work as pages show it: its state and progress, and what the user may do with it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from app import addresses
from app import models as m
from app.clock import local, now
from app.russian import count, format_datetime, number, percent
from app.services.tasks import background
from app.statuses import JobStatus
from app.web.frame.pages import Cell

#: the remaining time is guessed once this much has passed
_GUESS_AFTER = 2.0


@dataclass(frozen=True, slots=True)
class Task:
    """A piece of work as the page shows it; empty addresses: there is nothing to press."""

    pk: int
    title: str
    status: Cell
    #: code of the status: the page is read anew when it changes
    code: str
    when: str
    done: int
    total: int
    progress: str
    message: str
    running: bool
    cancel_href: str = ""
    file_href: str = ""
    file_words: str = ""
    file_gone: bool = False


def task_of(job: m.BackgroundJob, file: m.StoredFile | None = None) -> Task:
    """A piece of work as pages show it."""
    live = job.status in background.LIVE
    return Task(
        pk=job.id,
        title=job.title,
        status=Cell(job.status.label, tone=job.status.tone),
        code=job.status.value,
        when=_when(job),
        done=job.done,
        total=job.total,
        progress=progress_words(job),
        message=job.message or "",
        running=live,
        cancel_href=addresses.at("tasks", job.id, "cancel") if live else "",
        file_href=addresses.at("tasks", job.id, "file") if file else "",
        file_words=_file_words(file) if file else "",
        file_gone=job.file_id is not None and file is None,
    )


def _when(job: m.BackgroundJob) -> str:
    ordered = f"Заказано {format_datetime(local(job.created_at))}"
    if job.finished_at is None:
        return ordered
    return f"{ordered}, закончено {format_datetime(local(job.finished_at))}"


def _file_words(file: m.StoredFile) -> str:
    size = f"{number(max(1, file.size >> 10))} КБ" if file.size < 1 << 20 else f"{file.size / (1 << 20):.1f} МБ"
    assert file.expires_at is not None
    return f"{size.replace('.', ',')}, хранится до {format_datetime(local(file.expires_at))}"


def progress_words(job: m.BackgroundJob) -> str:
    """«1 200 из 5 000 · 24 % · осталось около 2 минут»; empty for what has ended."""
    if job.status is JobStatus.QUEUED:
        return "Ждёт своей очереди"
    if job.status is not JobStatus.RUNNING:
        return ""
    if not job.done:
        return "Готовим данные"
    parts = [f"{number(job.done)} из {number(job.total)}", percent(job.done, job.total), _remaining(job)]
    return " · ".join(part for part in parts if part)


def _remaining(job: m.BackgroundJob) -> str:
    started = dt.datetime.fromisoformat(job.parameters["started_at"])
    passed = (now() - started).total_seconds()
    if passed < _GUESS_AFTER:
        return ""
    if job.done >= job.total:
        return "завершаем"
    left = passed / job.done * (job.total - job.done)
    if left < 55:
        return f"осталось около {count(max(5, 5 * round(left / 5)), 'секунды', 'секунд', 'секунд')}"
    return f"осталось около {count(round(left / 60) or 1, 'минуты', 'минут', 'минут')}"
