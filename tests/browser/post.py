"""A real mail server on a loopback port, and the portal that sends its letters there."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path

from flask import Flask

from app.jobs import run_worker
from tests.browser.conftest import find_browser, served
from tests.conftest import build, make_settings
from tests.mailbox import Mailbox, mail_server


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
        for letter, recipients in zip(self.box.letters, self.box.envelopes, strict=True):
            assert recipients == [letter["To"]], "a letter goes to the address that it names, and to no other"

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
    """The portal on a copy of the demo region behind its web server, with a mail server that takes its letters at once."""
    from app.extensions import db

    find_browser()
    with mail_server() as box:
        app = build(make_settings(url, folder, demo=True, undo_seconds=0, **box.settings))
        with served(app) as address:
            yield Post(app, address, box)
        with app.app_context():
            db.engine.dispose()
