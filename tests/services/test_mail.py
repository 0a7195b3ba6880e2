"""Letters leave after the commit through a real SMTP server, by a real worker, and are never lost (guard 6)."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from dataclasses import replace
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from flask import Flask
from sqlalchemy import text

from app import models as m
from app.access import acting_as
from app.jobs import run_worker
from app.services import letters, mail
from app.statuses import LetterStatus
from app.unit_of_work import use_case
from tests.services.makers import SYSTEM, fetch, rows


class Mailbox:
    """Keeps what the server took."""

    def __init__(self) -> None:
        self.letters: list[EmailMessage] = []

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        letter = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(letter, EmailMessage)
        self.letters.append(letter)
        return "250 OK"


@pytest.fixture
def mailbox(app: Flask) -> Iterator[Mailbox]:
    """A running SMTP server that the application is set to use."""
    box = Mailbox()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    server = Controller(box, hostname="127.0.0.1", port=port)
    server.start()
    old = app.config["PORTAL"]
    app.config["PORTAL"] = replace(old, smtp_host="127.0.0.1", smtp_port=port, smtp_from_address="portal@example.org")
    yield box
    app.config["PORTAL"] = old
    server.stop()


@use_case
def _write(*, fail: bool = False) -> int:
    letter_id = letters.queue("ivanova@example.org", "Чек одобрен", "Здравствуйте, Мария Петровна!\n\nЧек выдан.")
    if fail:
        raise RuntimeError("the action failed after writing the letter")
    return letter_id


def _letter(letter_id: int) -> m.Letter:
    return fetch(m.Letter, letter_id)  # type: ignore[no-any-return]


def test_a_worker_sends_the_letter_once_in_russian(app: Flask, session: Any, mailbox: Mailbox) -> None:
    with acting_as(SYSTEM):
        letter_id = _write()
    assert mailbox.letters == []
    assert _letter(letter_id).status == LetterStatus.QUEUED

    run_worker(app, once=True)
    run_worker(app, once=True)

    assert [(x["To"], x["Subject"]) for x in mailbox.letters] == [("ivanova@example.org", "Чек одобрен")]
    assert mailbox.letters[0].get_content().splitlines() == "Здравствуйте, Мария Петровна!\n\nЧек выдан.".splitlines()
    sent = _letter(letter_id)
    assert (sent.status, sent.attempts) == (LetterStatus.SENT, 1)
    assert sent.sent_at is not None


def test_a_rolled_back_action_sends_nothing(app: Flask, session: Any, mailbox: Mailbox) -> None:
    with acting_as(SYSTEM), pytest.raises(RuntimeError):
        _write(fail=True)

    run_worker(app, once=True)

    assert mailbox.letters == []
    assert rows(m.Letter) == []


def test_a_letter_without_a_server_is_kept_and_sent_again_by_the_operator(
    app: Flask, session: Any, mailbox: Mailbox
) -> None:
    working = app.config["PORTAL"]
    app.config["PORTAL"] = replace(working, smtp_port=1)
    with acting_as(SYSTEM):
        letter_id = _write()
    run_worker(app, once=True)
    failed = _letter(letter_id)
    assert (failed.status, failed.last_error) == (LetterStatus.FAILED, "ConnectionRefusedError")

    app.config["PORTAL"] = working
    with acting_as(SYSTEM):
        mail.resend(letter_id)
    run_worker(app, once=True)

    assert _letter(letter_id).status == LetterStatus.SENT
    assert len(mailbox.letters) == 1


def test_the_sweep_sends_what_a_killed_worker_left(app: Flask, session: Any, mailbox: Mailbox) -> None:
    with acting_as(SYSTEM):
        letter_id = _write()
    session.execute(text("DELETE FROM procrastinate_jobs"))
    session.commit()

    with acting_as(SYSTEM):
        assert mail.send_waiting() == 1

    assert _letter(letter_id).status == LetterStatus.SENT
    assert len(mailbox.letters) == 1
