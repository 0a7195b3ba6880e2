"""Sending of queued letters through the configured SMTP server; the state of each letter stays visible (guard 6).

Letters to one address leave in the order in which they were written: one that could not leave delays the later ones. A
failed attempt is followed by a growing pause; after the last attempt the letter is given up and the operator gets a
notice.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import logging
import smtplib
import ssl
from email.header import Header
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import format_datetime

from sqlalchemy import func, or_, select
from sqlalchemy.orm import aliased

from app import addresses
from app import models as m
from app.clock import now
from app.errors import Conflict
from app.extensions import configured, db
from app.services.mailing import letter_templates, letters
from app.services.portal import transitions
from app.statuses import LetterStatus
from app.unit_of_work import technical_write, use_case
from config import Settings

log = logging.getLogger("portal.mail")

#: name of the file that a letter about dates brings along
CALENDAR_FILE = "course.ics"
#: letters taken by one sweep
BATCH = 200
#: pauses after the first, second, … failed attempt, in minutes; the letter is given up when they have run out
PAUSES = (1, 2, 5, 10, 20, 30, 60, 120, 240, 480)
#: the mail server's pause before it answers at all, seconds
_TIMEOUT = 20
_UNREACHABLE = "Почтовый сервер не отвечает."
_BREAKS = (OSError, smtplib.SMTPException, ValueError)
#: faults of the letter, not of the server: others may be tried
_OWN_FAULTS = (smtplib.SMTPRecipientsRefused, smtplib.SMTPDataError, ValueError)


def send(letter_id: int) -> bool:
    """Send a queued letter, after the earlier ones to the same address and before the later.

    What the server refuses stays in the queue until its next attempt, or becomes «Не отправлено»; nothing is raised.
    Returns False when the fault is the server's, so that it makes no sense to try the letters to others now.
    """
    if not _settings().mail_enabled:
        return True
    found = db.session.scalars(select(m.Letter.recipient).where(m.Letter.id == letter_id)).one_or_none()
    db.session.rollback()
    if found is None:
        return True
    for _ in range(BATCH):
        went_on = _send_first(found)
        if went_on is not None:
            return went_on
    return True


@technical_write
def _send_first(recipient: str) -> bool | None:
    """Try the first letter that waits for an address; None: it has left or is given up, so the next one may be tried.

    The address is locked meanwhile: two workers neither send a letter twice nor overtake each other. True: nothing waits.
    What has left keeps no secrets of its links.
    """
    db.session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"letters to {recipient}", 0))))
    waiting = select(m.Letter).where(m.Letter.recipient == recipient, m.Letter.status == LetterStatus.QUEUED)
    statement = waiting.order_by(m.Letter.id).limit(1).with_for_update().execution_options(populate_existing=True)
    letter = db.session.scalars(statement).one_or_none()
    if letter is None or (letter.next_attempt_at is not None and letter.next_attempt_at > now()):
        return True
    letter.attempts += 1
    try:
        _deliver(letter)
    except _BREAKS as error:
        return _put_off(letter, error)
    letter.body = letter_templates.without_secrets(letter.body)
    letter.html = letter_templates.without_secrets(letter.html or "") or None
    transitions.follow(m.Letter, letter.id, "send", sent_at=now(), last_error=None, next_attempt_at=None)
    return None


def _put_off(letter: m.Letter, error: Exception) -> bool | None:
    """Write down why a letter has not left and when it is tried again; without a next time it is given up."""
    code = _code_of(error)
    log.warning("letter not sent", extra={"letter": letter.id, "error": type(error).__name__, "smtp_code": code})
    own_fault = isinstance(error, _OWN_FAULTS)
    permanent = own_fault and not 400 <= code < 500
    if not permanent and letter.attempts <= len(PAUSES):
        letter.next_attempt_at = now() + dt.timedelta(minutes=PAUSES[letter.attempts - 1])
        letter.last_error = _words_of(error)
        return own_fault
    transitions.follow(m.Letter, letter.id, "fail", last_error=_words_of(error), next_attempt_at=None)
    letters.note_operators(
        transitions.letter_of(m.Letter, "fail"), href=addresses.listing("letter", status=LetterStatus.FAILED)
    )
    return None


def _code_of(error: Exception) -> int:
    """Code of the server's answer; 0 when it did not answer."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return next((int(code) for code, _text in error.recipients.values()), 0)
    return error.smtp_code if isinstance(error, smtplib.SMTPResponseException) else 0


def _words_of(error: Exception) -> str:
    """The reason for the operator, in words."""
    code = _code_of(error)
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return f"Почтовый сервер не принял адрес получателя (код {code})."
    if isinstance(error, smtplib.SMTPSenderRefused):
        return f"Почтовый сервер не принял адрес отправителя (код {code}). Проверьте SMTP_FROM."
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return f"Почтовый сервер не принял имя или пароль (код {code}). Проверьте SMTP_USER и SMTP_PASSWORD."
    if isinstance(error, ValueError) and not isinstance(error, OSError):
        return "Письмо составлено с ошибкой: адрес или тема не подходят для почты."
    if isinstance(error, ssl.SSLError):
        return "Защищённое соединение с почтовым сервером не установлено. Проверьте SMTP_TLS и сертификат сервера."
    return f"Почтовый сервер отказал (код {code})." if code else _UNREACHABLE


def send_waiting() -> int:
    """Send what waits and is due, oldest first; returns the number of addresses tried.

    A server that does not answer is asked once: the other letters keep their attempts for the next sweep.
    """
    if not _settings().mail_enabled:
        return 0
    earlier = aliased(m.Letter)
    first = (
        ~select(earlier.id)
        .where(earlier.recipient == m.Letter.recipient, earlier.status == LetterStatus.QUEUED, earlier.id < m.Letter.id)
        .exists()
    )
    due = or_(m.Letter.next_attempt_at.is_(None), m.Letter.next_attempt_at <= now())
    statement = select(m.Letter.id).where(m.Letter.status == LetterStatus.QUEUED, due, first)
    ids = list(db.session.scalars(statement.order_by(m.Letter.id).limit(BATCH)))
    db.session.rollback()
    for tried, letter_id in enumerate(ids, start=1):
        if not send(letter_id):
            return tried
    return len(ids)


# --- the message -----------------------------------------------------------------------------------------------------


def _settings() -> Settings:
    settings: Settings = configured()
    return settings


def _connect(settings: Settings) -> smtplib.SMTP:
    """Connect to the mail server; with TLS its certificate is checked."""
    context = ssl.create_default_context()
    if settings.smtp_tls == "ssl":
        return smtplib.SMTP_SSL(settings.smtp_host, settings.smtp_port, timeout=_TIMEOUT, context=context)
    server = smtplib.SMTP(settings.smtp_host, settings.smtp_port, timeout=_TIMEOUT)
    if settings.smtp_tls == "starttls":
        server.starttls(context=context)
    return server


class _SubjectsWhole(EmailPolicy):
    """Subjects are folded by ``email.header``: the newer folding of Python 3.11 loses blanks between long foreign words."""

    def fold(self, name: str, value: str) -> str:
        """Write one header, in as many lines as it needs."""
        if name.lower() != "subject" or str(value).isascii():
            return str(super().fold(name, value))
        return f"{name}: {Header(str(value), 'utf-8', header_name=name).encode(linesep=self.linesep)}{self.linesep}"

    def fold_binary(self, name: str, value: str) -> bytes:
        """The same as bytes."""
        if name.lower() != "subject" or str(value).isascii():
            return bytes(super().fold_binary(name, value))
        return self.fold(name, value).encode("ascii")


_POLICY = _SubjectsWhole()


def message_of(letter: m.Letter, settings: Settings) -> EmailMessage:
    """The letter as it leaves: text, HTML beside it, the file of a calendar. The same bytes at every attempt.

    Its Message-ID does not change either: when a worker dies after the server took the letter, the repetition is known
    to be one. In the mode «redirect» it goes to the one address, with the true one in a header.
    """
    message = EmailMessage(_POLICY)
    redirected = settings.mail_mode == "redirect"
    message["Subject"], message["From"] = letter.subject, settings.smtp_from_address
    message["To"] = settings.mail_redirect_to if redirected else letter.recipient
    if redirected:
        message["X-Original-To"] = letter.recipient
    message["Date"] = format_datetime(letter.created_at)
    message["Message-ID"] = _message_id(letter, settings.smtp_from_address)
    message["Auto-Submitted"] = "auto-generated"
    # base64: no line is too long and no byte too high for any server on the way
    message.set_content(letter.body, cte="base64")
    if letter.html:
        message.add_alternative(letter.html, subtype="html", cte="base64")
    if letter.calendar:
        # the parts are given as bytes: line breaks of a calendar are its own
        message.add_attachment(letter.calendar.encode(), "text", "calendar", filename=CALENDAR_FILE, cte="base64")
        (*_texts, attached) = message.iter_attachments()
        attached.set_param("charset", "utf-8")
        attached.set_param("method", "PUBLISH")
    return message


def _message_id(letter: m.Letter, sender: str) -> str:
    mark = hashlib.sha256(f"{letter.id} {letter.created_at.timestamp()} {letter.recipient}".encode()).hexdigest()[:24]
    return f"<{letter.id}.{mark}@{sender.rpartition('@')[2] or 'localhost'}>"


def _deliver(letter: m.Letter) -> None:
    settings = _settings()
    message = message_of(letter, settings)
    with _connect(settings) as server:
        if settings.smtp_user:
            server.login(settings.smtp_user, settings.smtp_password)
        server.send_message(message)


# --- the operator's buttons ------------------------------------------------------------------------------------------


@transitions.performs(m.Letter, "resend")
@use_case
def resend(letter_id: int) -> m.Letter:
    """Queue a letter again, with all its attempts before it (the operator's button)."""
    letter = transitions.move(m.Letter, letter_id, "resend", attempts=0, last_error=None, next_attempt_at=None)
    for told in letters.on_queued:
        told(letter_id)
    return letter


@transitions.performs(m.Letter, "abort")
@use_case
def abort(letter_id: int) -> m.Letter:
    """Do not send a letter that has not left."""
    letter = transitions.move(m.Letter, letter_id, "abort", next_attempt_at=None)
    if letter.sent_at is not None:
        raise Conflict("Письмо уже отправлено.")
    return letter


def mode_note() -> str:
    """What the operator must know of an installation that does not send as usual; empty for one that does."""
    settings = _settings()
    if settings.mail_mode == "off":
        return (
            "Письма не отправляются: испытательная установка (настройка MAIL_MODE). Они только копятся в этом списке."
        )
    if not settings.smtp_host:
        return (
            "Письма не отправляются: почтовый сервер не задан (настройка SMTP_HOST). Они только копятся в этом списке."
        )
    if settings.mail_mode == "redirect":
        return (
            f"Испытательная установка: все письма уходят на один адрес {settings.mail_redirect_to}, а не получателям."
        )
    return ""
