"""A real SMTP server on the loopback that keeps what it takes."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller


class Mailbox:
    """What the server took; ``answers`` is what it says of a recipient, ``verdict`` of a whole letter."""

    def __init__(self, port: int) -> None:
        #: settings of the portal that lead its letters here
        self.settings: dict[str, Any] = {
            "smtp_host": "127.0.0.1",
            "smtp_port": port,
            "smtp_from_address": "portal@example.org",
        }
        self.letters: list[EmailMessage] = []
        self.envelopes: list[list[str]] = []
        self.raw: list[bytes] = []
        self.answers: dict[str, str] = {}
        self.verdict = "250 OK"
        self.calls = 0

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:
        """Take or refuse a recipient."""
        self.calls += 1
        answer = self.answers.get(address, "250 OK")
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        """Keep a letter, or refuse it."""
        if not self.verdict.startswith("250"):
            return self.verdict
        letter = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(letter, EmailMessage)
        self.letters.append(letter)
        self.raw.append(envelope.content)
        self.envelopes.append(envelope.rcpt_tos)
        return self.verdict

    @property
    def got(self) -> list[tuple[str, str]]:
        """Recipient and subject of each letter."""
        return [(letter["To"], letter["Subject"]) for letter in self.letters]


@contextmanager
def mail_server() -> Iterator[Mailbox]:
    """Serve a mailbox on a free port."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    box = Mailbox(port)
    server = Controller(box, hostname="127.0.0.1", port=port)
    server.start()
    try:
        yield box
    finally:
        server.stop()
