"""A real mail server on a loopback port, and the portal that sends its letters there."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from flask import Flask

from app.jobs import run_worker
from tests.browser.conftest import find_browser, served
from tests.conftest import build, make_settings


@dataclass
class Mailbox:
    """Keeps what the mail server took."""

    letters: list[EmailMessage] = field(default_factory=list)

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        letter = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(letter, EmailMessage)
        assert envelope.rcpt_tos == [letter["To"]], "a letter goes to the address that it names, and to no other"
        self.letters.append(letter)
        return "250 OK"


@dataclass
class Post:
    """The portal's application, its address, and the mailbox of everybody it writes to."""

    app: Flask
    address: str
    box: Mailbox

    def newest(self, recipient: str) -> str:
        """Let the worker send what waits; the text of the newest letter to an address."""
        self.deliver()
        found = [letter for letter in self.box.letters if letter["To"] == recipient]
        assert found, f"no letter to {recipient}"
        return text_of(found[-1])

    def deliver(self) -> None:
        """Let the worker do what waits in its queue: the letters leave."""
        self.work(lambda: run_worker(self.app, once=True))

    def work(self, *jobs: Callable[[], object]) -> None:
        """Do jobs of the worker now, one after the other, whatever their hour; an error of one fails the test."""
        errors: list[Exception] = []

        def run() -> None:
            try:
                with self.app.app_context():
                    for job in jobs:
                        job()
            except Exception as error:
                errors.append(error)

        # in a thread of its own: the browser's event loop runs in this one
        worker = threading.Thread(target=run)
        worker.start()
        worker.join()
        assert not errors, errors


def text_of(letter: EmailMessage) -> str:
    """Subject and plain text of a letter, its hard spaces as plain ones."""
    body = letter.get_body(("plain",))
    assert body is not None
    return f"{letter['Subject']}\n{body.get_content()}".replace("\N{NO-BREAK SPACE}", " ")


@contextmanager
def posted(url: str, folder: Path) -> Iterator[Post]:
    """The portal on a copy of the demo region behind its web server, with a mail server that takes its letters."""
    from app.extensions import db

    find_browser()
    box = Mailbox()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    mail = Controller(box, hostname="127.0.0.1", port=port)
    mail.start()
    changes = {"smtp_host": "127.0.0.1", "smtp_port": port, "smtp_from_address": "portal@example.org"}
    app = build(make_settings(url, folder, demo=True, **changes))
    with served(app) as address:
        yield Post(app, address, box)
    with app.app_context():
        db.engine.dispose()
    mail.stop()
