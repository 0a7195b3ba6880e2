"""Sending of queued letters through the configured SMTP server; the state of each letter stays visible (guard 6)."""

from __future__ import annotations

import smtplib
import ssl
from email.message import EmailMessage
from email.utils import make_msgid

from flask import current_app
from sqlalchemy import select

from app import models as m
from app.clock import now
from app.errors import Conflict
from app.extensions import db
from app.services import transitions
from app.statuses import LetterStatus
from app.unit_of_work import technical_write, use_case

#: letters taken by one sweep
BATCH = 200


@technical_write
def send(letter_id: int) -> None:
    """Send one queued letter; the row is locked meanwhile, so two workers never send it twice.

    A letter that the server refuses becomes «Не отправлено» with a short reason; nothing is raised for it.
    """
    statement = select(m.Letter).where(m.Letter.id == letter_id).with_for_update(skip_locked=True)
    letter = db.session.scalars(statement).one_or_none()
    if letter is None or letter.status is not LetterStatus.QUEUED or not current_app.config["PORTAL"].mail_enabled:
        return
    letter.attempts += 1
    try:
        _deliver(letter)
    except (OSError, smtplib.SMTPException) as error:
        transitions.follow(m.Letter, letter.id, "fail", last_error=type(error).__name__[:255])
        return
    transitions.follow(m.Letter, letter.id, "send", sent_at=now(), last_error=None)


def send_waiting() -> int:
    """Send what still waits, oldest first; returns the number of letters tried."""
    if not current_app.config["PORTAL"].mail_enabled:
        return 0
    statement = select(m.Letter.id).where(m.Letter.status == LetterStatus.QUEUED).order_by(m.Letter.id).limit(BATCH)
    ids = list(db.session.scalars(statement))
    db.session.rollback()
    for letter_id in ids:
        send(letter_id)
    return len(ids)


def _connect(host: str, port: int, tls: str) -> smtplib.SMTP:
    """Connect to the mail server; with TLS its certificate is checked."""
    context = ssl.create_default_context()
    if tls == "ssl":
        return smtplib.SMTP_SSL(host, port, timeout=20, context=context)
    server = smtplib.SMTP(host, port, timeout=20)
    if tls == "starttls":
        server.starttls(context=context)
    return server


def _deliver(letter: m.Letter) -> None:
    settings = current_app.config["PORTAL"]
    message = EmailMessage()
    message["Subject"], message["From"], message["To"] = letter.subject, settings.smtp_from_address, letter.recipient
    message["Message-ID"] = make_msgid(str(letter.id), settings.smtp_from_address.rpartition("@")[2] or "localhost")
    message.set_content(letter.body)
    with _connect(settings.smtp_host, settings.smtp_port, settings.smtp_tls) as server:
        if settings.smtp_user:
            server.login(settings.smtp_user, settings.smtp_password)
        server.send_message(message)


@use_case
def resend(letter_id: int) -> m.Letter:
    """Queue a letter again (the operator's button)."""
    letter = transitions.move(m.Letter, letter_id, "resend")
    from app.services import letters

    for told in letters.on_queued:
        told(letter_id)
    return letter


@use_case
def abort(letter_id: int) -> m.Letter:
    """Do not send a letter that has not left."""
    letter = transitions.move(m.Letter, letter_id, "abort")
    if letter.sent_at is not None:
        raise Conflict("Письмо уже отправлено.")
    return letter
