"""The portal that sends its letters to a real mail server on a loopback port: the fixture ``post``."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from email.message import EmailMessage

from flask import Flask

from app.jobs import run_worker
from tests.mailbox import Mailbox


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
