"""Work outside requests: the Procrastinate application and its tasks; each task calls one service.

A job deferred inside a use case joins its transaction: a rollback removes it, a commit makes it visible to the workers.
"""

from __future__ import annotations

import logging
import socket
import threading
from typing import Any

import procrastinate
from flask import Flask
from procrastinate.contrib.sqlalchemy import SQLAlchemyPsycopg2Connector
from sqlalchemy import text

from app.access import acting_as, unscoped
from app.extensions import db
from app.services import enrolments, letters, mail, vouchers
from app.services.accounts import SYSTEM

log = logging.getLogger("portal.jobs")

jobs = procrastinate.App(connector=SQLAlchemyPsycopg2Connector(), import_paths=["app.jobs"])

#: a worker silent for longer is considered dead
HEARTBEAT_SECONDS, DEAD_AFTER_SECONDS = 5, 30


def open_jobs() -> None:
    """Let jobs be deferred through the application's database and letters wake a worker."""
    jobs.open(db.engine)
    if _wake not in letters.on_queued:
        letters.on_queued.append(_wake)


def _wake(letter_id: int) -> None:
    """Defer the sending of a letter in the transaction that wrote it."""
    send_letter.configure(connection=db.session.connection()).defer(letter_id=letter_id)


@jobs.task(name="send_letter", retry=procrastinate.RetryStrategy(max_attempts=5, exponential_wait=30))
def send_letter(letter_id: int) -> None:
    """Send one letter; a letter already sent is left alone."""
    with acting_as(SYSTEM), unscoped("outgoing mail"):
        mail.send(letter_id)


@jobs.periodic(cron="* * * * *")
@jobs.task(name="sweep", queueing_lock="sweep")
def sweep(timestamp: int) -> None:
    """Send the letters whose job was lost with a killed worker."""
    with acting_as(SYSTEM), unscoped("outgoing mail"):
        mail.send_waiting()


@jobs.periodic(cron="15 0 * * *")
@jobs.task(name="nightly", queueing_lock="nightly")
def nightly(timestamp: int) -> None:
    """Expire the чеки whose term has ended, and check guard 1: seats taken against enrolments."""
    with acting_as(SYSTEM), unscoped("nightly work"):
        vouchers.expire_due()
        differing = enrolments.recount()
    if differing:
        log.error("groups whose seats differ from their enrolments", extra={"groups": differing})


def run_worker(app: Flask, *, once: bool = False) -> None:
    """Work until stopped (or until the queue is empty); beats for /health meanwhile."""
    url = db.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    name = f"{socket.gethostname()}-{threading.get_native_id()}"
    connector = procrastinate.PsycopgConnector(conninfo=url)
    stop = threading.Event()
    beats = threading.Thread(target=_beat, args=(app, name, stop), daemon=True)
    beats.start()
    try:
        with jobs.replace_connector(connector) as worker:
            worker.run_worker(name=name, wait=not once, delete_jobs="successful", install_signal_handlers=not once)
    finally:
        stop.set()
        beats.join(timeout=HEARTBEAT_SECONDS)


def _beat(app: Flask, name: str, stop: threading.Event) -> None:
    with app.app_context():
        while True:
            try:
                _write_beat(name)
            except Exception:
                log.warning("heartbeat failed", exc_info=True)
            if stop.wait(HEARTBEAT_SECONDS):
                return


def _write_beat(name: str) -> None:
    with db.engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO worker_heartbeat (name, seen_at) VALUES (:name, now())"
                " ON CONFLICT (name) DO UPDATE SET seen_at = now()"
            ),
            {"name": name},
        )
        connection.execute(text("DELETE FROM worker_heartbeat WHERE seen_at < now() - interval '1 day'"))


def health() -> dict[str, Any]:
    """Return the state of the database and of the workers; raises nothing."""
    try:
        with db.engine.connect() as connection:
            alive = connection.execute(
                text("SELECT count(*) FROM worker_heartbeat WHERE seen_at > now() - make_interval(secs => :s)"),
                {"s": DEAD_AFTER_SECONDS},
            ).scalar_one()
    except Exception:
        log.warning("health: database unreachable")
        return {"status": "down", "database": "down", "worker": "unknown"}
    worker = "ok" if alive else "down"
    return {"status": "ok" if alive else "down", "database": "ok", "worker": worker}
