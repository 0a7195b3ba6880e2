"""Letters leave after the commit through a real SMTP server, by a real worker, in order, and are never lost (guard 6)."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from app import models as m
from app.access import acting_as
from app.clock import now, today
from app.jobs import run_worker
from app.services.mailing import letter_html, letters, mail
from app.services.mailing.letter_templates import Composed
from app.statuses import LetterStatus
from app.unit_of_work import use_case
from config import ConfigError, Settings
from tests.mailbox import Mailbox
from tests.services.makers import SYSTEM, fetch, make_account, rows, save
from tests.services.makers import change as change_row

ANNA, OLGA = "ivanova@example.org", "petrova@example.org"


def settings(app: Flask, **changes: Any) -> None:
    app.config["PORTAL"] = replace(app.config["PORTAL"], **changes)


@use_case
def _write(to: str = ANNA, subject: str = "Чек одобрен", body: str = "", *, fail: bool = False) -> int:
    words = body or "Здравствуйте, Мария Петровна!\n\nЧек выдан."
    letter_id = letters.write(to, Composed(subject, words, letter_html.from_text(words, "")), None)
    if fail:
        raise RuntimeError("the action failed after writing the letter")
    return letter_id


def write(*args: str) -> int:
    with acting_as(SYSTEM):
        return _write(*args)


def work(app: Flask) -> None:
    run_worker(app, once=True)


def sweep() -> int:
    with acting_as(SYSTEM):
        return mail.send_waiting()


def let_pass(minutes: int) -> None:
    """The clock moves on for what waits in the queue."""
    for letter in rows(m.Letter):
        if letter.next_attempt_at is not None:
            change_row(letter, next_attempt_at=letter.next_attempt_at - dt.timedelta(minutes=minutes))


def _letter(letter_id: int) -> m.Letter:
    return fetch(m.Letter, letter_id)  # type: ignore[no-any-return]


@pytest.fixture
def operator(session: Any) -> m.Account:
    account: m.Account = make_account()
    save(m.Assignment(user_id=account.id, role="operator", basis="Приказ", valid_from=today()))
    return account


# --- leaving ---------------------------------------------------------------------------------------------------------


def test_a_worker_sends_the_letter_once_in_russian(app: Flask, session: Any, mailbox: Mailbox) -> None:
    letter_id = write()
    assert mailbox.letters == []
    assert _letter(letter_id).status == LetterStatus.QUEUED

    work(app)
    work(app)

    assert mailbox.got == [(ANNA, "Чек одобрен")]
    sent = _letter(letter_id)
    assert (sent.status, sent.attempts) == (LetterStatus.SENT, 1)
    assert sent.sent_at is not None


def test_a_letter_is_text_with_html_beside_it(app: Flask, session: Any, mailbox: Mailbox) -> None:
    letter_id = write(ANNA, "Очень длинная тема письма о записи на курс повышения квалификации «Современный урок»")
    work(app)
    (letter,) = mailbox.letters
    assert letter.get_content_type() == "multipart/alternative"
    plain, html = letter.get_body(("plain",)), letter.get_body(("html",))
    assert plain is not None
    assert html is not None
    assert plain.get_content().splitlines() == ["Здравствуйте, Мария Петровна!", "", "Чек выдан."]
    markup = html.get_content()
    assert "<p>Чек выдан.</p>" in markup
    assert "<img" not in markup
    assert "<style" not in markup
    # the subject is encoded, in lines that every server takes
    assert mailbox.raw[0].decode("ascii")
    assert max(len(line) for line in mailbox.raw[0].split(b"\r\n\r\n")[0].split(b"\r\n")) <= 100
    assert letter["Subject"].endswith("«Современный урок»")
    assert letter["From"] == "portal@example.org"
    assert parsedate_to_datetime(letter["Date"]) == _letter(letter_id).created_at.replace(microsecond=0)


def test_long_subjects_lose_no_blank(app: Flask) -> None:
    """Python 3.11 drops blanks where it folds long foreign words; what is sent is read back by a parser of its own (A07)."""
    words = "Государственная политика в образовании: приоритеты и задачи учителя начальных классов Самарской области".split()
    subjects = [f"Программа опубликована: «{' '.join(words[n % 7 :][: 3 + n % 9])}», часть {n}" for n in range(250)]
    subjects += [f"Документ об обучении № ПК-2026/{n:04d} аннулирован" for n in range(250)]
    subjects += ["Короткая", "Plain only", "№ " * 80, "слово" * 40, "«»–— №№ ёж", "a " * 60 + "конец"]
    for number, subject in enumerate(subjects, 1):
        letter = m.Letter(id=number, recipient=ANNA, subject=" ".join(subject.split()), body="Текст.", created_at=now())
        sent = mail.message_of(letter, app.config["PORTAL"]).as_bytes()
        header = message_from_bytes(sent)["Subject"]
        assert str(make_header(decode_header(header))) == letter.subject
        assert message_from_bytes(sent, policy=policy.default)["Subject"] == letter.subject
        assert max(map(len, sent.split(b"\n\n")[0].split(b"\n"))) <= 78


def test_a_calendar_goes_along_as_a_file(app: Flask, session: Any, mailbox: Mailbox) -> None:
    ics = "BEGIN:VCALENDAR\r\nX-WR-CALNAME:Курсы\r\nEND:VCALENDAR\r\n"
    with acting_as(SYSTEM):
        use_case(letters.write)(ANNA, Composed("Тема", "Текст", "<p>Текст</p>"), None, calendar=ics)
    work(app)
    (letter,) = mailbox.letters
    (attached,) = letter.iter_attachments()
    assert (attached.get_content_type(), attached.get_filename()) == ("text/calendar", "course.ics")
    assert attached.get_param("method") == "PUBLISH"
    assert attached.get_content() == ics
    assert letter.get_body(("plain",)).get_content().strip() == "Текст"
    assert letter.get_body(("html",)).get_content().strip() == "<p>Текст</p>"


def test_a_rolled_back_action_sends_nothing(app: Flask, session: Any, mailbox: Mailbox) -> None:
    with acting_as(SYSTEM), pytest.raises(RuntimeError):
        _write(fail=True)

    work(app)

    assert mailbox.letters == []
    assert rows(m.Letter) == []


def test_the_sweep_sends_what_a_killed_worker_left(app: Flask, session: Any, mailbox: Mailbox) -> None:
    letter_id = write()
    session.execute(text("DELETE FROM procrastinate_jobs"))
    session.commit()

    assert sweep() == 1

    assert _letter(letter_id).status == LetterStatus.SENT
    assert len(mailbox.letters) == 1


def test_a_letter_sent_twice_by_a_killed_worker_is_known_by_its_message_id(
    app: Flask, session: Any, mailbox: Mailbox
) -> None:
    """The server had taken the letter, the worker died before it could write that down."""
    letter_id = write()
    write(OLGA)
    sweep()
    change_row(_letter(letter_id), status=LetterStatus.QUEUED, sent_at=None)
    sweep()
    first, other, again = mailbox.raw[0], mailbox.raw[1], mailbox.raw[2]
    ids = [letter["Message-ID"] for letter in mailbox.letters]
    assert ids[0] == ids[2] != ids[1]
    assert ids[0].endswith("@example.org>")
    assert _without_boundary(first) == _without_boundary(again) != _without_boundary(other)


def _without_boundary(raw: bytes) -> list[bytes]:
    return [line for line in raw.split(b"\r\n") if b"===============" not in line]


def test_secrets_of_links_do_not_stay_in_what_was_sent(app: Flask, session: Any, mailbox: Mailbox) -> None:
    secret = "k3" + "Ab_-" * 10 + "z"
    letter_id = write(ANNA, "Вход", f"Откройте {app.config['PORTAL'].public_url}/recover/{secret}")
    assert secret in _letter(letter_id).body
    work(app)
    plain = mailbox.letters[0].get_body(("plain",))
    assert plain is not None
    assert secret in plain.get_content()
    sent = _letter(letter_id)
    assert secret not in sent.body + (sent.html or "")
    assert "/recover/•••" in sent.body
    assert [entry.action for entry in rows(m.AuditEntry) if secret in str(entry.changes)] == []
    assert [entry.action for entry in rows(m.AuditEntry)] == ["letter.send"]


# --- a server that does not take them --------------------------------------------------------------------------------


def test_without_a_server_letters_wait_with_growing_pauses_and_leave_in_order(
    app: Flask, session: Any, mailbox: Mailbox, operator: m.Account
) -> None:
    """The mail server is down for an hour: nothing is lost, the order of each address is kept, nobody is told in vain."""
    working = app.config["PORTAL"]
    settings(app, smtp_port=1)
    first = write(ANNA, "1")
    pauses = []
    spent = 0
    while spent < 60:
        work(app)
        sweep()
        waiting = _letter(first)
        assert (waiting.status, waiting.last_error) == (LetterStatus.QUEUED, "Почтовый сервер не отвечает.")
        assert waiting.next_attempt_at is not None
        pauses.append(round((waiting.next_attempt_at - now()).total_seconds() / 60))
        spent += pauses[-1]
        if len(pauses) == 2:
            write(ANNA, "2")
            write(OLGA, "3")
        let_pass(pauses[-1])
    write(ANNA, "4")
    assert pauses == sorted(pauses)
    assert pauses[0] < pauses[-1]

    app.config["PORTAL"] = working
    let_pass(60)
    work(app)
    sweep()

    assert [subject for to, subject in mailbox.got if to == ANNA] == ["1", "2", "4"]
    assert [subject for to, subject in mailbox.got if to == OLGA] == ["3"]
    assert {letter.status for letter in rows(m.Letter)} == {LetterStatus.SENT}
    assert rows(m.Notice) == []


def test_a_server_that_does_not_answer_is_asked_once_a_sweep(app: Flask, session: Any, mailbox: Mailbox) -> None:
    ids = [write(f"person{n}@example.org") for n in range(3)]
    session.execute(text("DELETE FROM procrastinate_jobs"))
    session.commit()
    settings(app, smtp_port=1)
    assert sweep() == 1
    assert [_letter(pk).attempts for pk in ids] == [1, 0, 0]


def test_a_server_that_puts_off_holds_only_that_address(app: Flask, session: Any, mailbox: Mailbox) -> None:
    mailbox.answers[ANNA] = "451 Try again later"
    held, after, other = write(ANNA, "1"), write(ANNA, "2"), write(OLGA, "3")
    work(app)
    assert mailbox.got == [(OLGA, "3")]
    assert [_letter(pk).status for pk in (held, after, other)] == ["queued", "queued", "sent"]
    assert _letter(held).last_error == "Почтовый сервер не принял адрес получателя (код 451)."
    assert (_letter(held).attempts, _letter(after).attempts) == (1, 0)
    mailbox.answers.clear()
    assert sweep() == 0
    let_pass(5)
    sweep()
    assert mailbox.got == [(OLGA, "3"), (ANNA, "1"), (ANNA, "2")]


def test_an_address_that_does_not_exist_is_given_up_at_once(
    app: Flask, session: Any, mailbox: Mailbox, operator: m.Account
) -> None:
    mailbox.answers[ANNA] = "550 No such user"
    lost, other = write(ANNA, "1"), write(OLGA, "2")
    work(app)
    assert [_letter(pk).status for pk in (lost, other)] == ["failed", "sent"]
    assert _letter(lost).attempts == 1
    (notice,) = rows(m.Notice)
    assert (notice.user_id, notice.employee_id, notice.href) == (operator.id, None, "/letter/list/?status=failed")
    # the next one says nothing new while the first is unread
    write(ANNA, "3")
    work(app)
    assert len(rows(m.Notice)) == 1


def test_a_letter_is_given_up_after_the_last_attempt(
    app: Flask, session: Any, mailbox: Mailbox, operator: m.Account
) -> None:
    mailbox.verdict = "452 Mailbox full"
    letter_id = write()
    for attempt in range(1, len(mail.PAUSES) + 2):
        assert _letter(letter_id).status == LetterStatus.QUEUED
        sweep()
        let_pass(1000)
        assert _letter(letter_id).attempts == attempt
    assert _letter(letter_id).status == LetterStatus.FAILED
    assert [n.user_id for n in rows(m.Notice)] == [operator.id]

    mailbox.verdict = "250 OK"
    with acting_as(SYSTEM):
        mail.resend(letter_id)
    queued = _letter(letter_id)
    assert (queued.status, queued.attempts, queued.last_error, queued.next_attempt_at) == ("queued", 0, None, None)
    work(app)
    assert _letter(letter_id).status == LetterStatus.SENT
    assert len(mailbox.letters) == 1


def test_an_aborted_letter_does_not_hold_the_later_ones(app: Flask, session: Any, mailbox: Mailbox) -> None:
    mailbox.answers[ANNA] = "451 Try again later"
    first = write(ANNA, "1")
    work(app)
    mailbox.answers.clear()
    with acting_as(SYSTEM):
        mail.abort(first)
    write(ANNA, "2")
    work(app)
    assert mailbox.got == [(ANNA, "2")]
    assert _letter(first).status == LetterStatus.ABORTED


def test_a_letter_that_cannot_be_written_does_not_stop_the_others(app: Flask, session: Any, mailbox: Mailbox) -> None:
    bad, good = write("нет\nтакого", "1"), write(OLGA, "2")
    work(app)
    assert [_letter(pk).status for pk in (bad, good)] == ["failed", "sent"]
    assert _letter(bad).last_error == "Письмо составлено с ошибкой: адрес или тема не подходят для почты."


# --- test installations ----------------------------------------------------------------------------------------------


def test_a_test_installation_sends_nothing(app: Flask, session: Any, mailbox: Mailbox) -> None:
    settings(app, mail_mode="off")
    letter_id = write()
    work(app)
    assert (sweep(), mailbox.calls) == (0, 0)
    assert (_letter(letter_id).status, _letter(letter_id).attempts) == (LetterStatus.QUEUED, 0)
    assert mail.mode_note().startswith("Письма не отправляются: испытательная установка")


def test_a_test_installation_sends_everything_to_one_address(app: Flask, session: Any, mailbox: Mailbox) -> None:
    settings(app, mail_mode="redirect", mail_redirect_to="test@example.org")
    letter_id = write()
    work(app)
    assert (mailbox.envelopes, mailbox.got) == ([["test@example.org"]], [("test@example.org", "Чек одобрен")])
    assert mailbox.letters[0]["X-Original-To"] == ANNA
    assert _letter(letter_id).recipient == ANNA
    assert "test@example.org" in mail.mode_note()


def test_a_test_installation_needs_an_address_to_send_to(tmp_path: Path) -> None:
    environment = {"INSTANCE_DIR": str(tmp_path), "MAIL_MODE": "redirect"}
    with pytest.raises(ConfigError, match="MAIL_REDIRECT_TO"):
        Settings.from_environment(environment)
    assert Settings.from_environment({**environment, "MAIL_REDIRECT_TO": "a@x.test"}).mail_redirect_to == "a@x.test"
    with pytest.raises(ConfigError, match="MAIL_MODE"):
        Settings.from_environment({"INSTANCE_DIR": str(tmp_path), "MAIL_MODE": "нет"})


def test_a_usual_installation_says_nothing_and_one_without_a_server_does(app: Flask, mailbox: Mailbox) -> None:
    with app.app_context():
        assert mail.mode_note() == ""
        settings(app, smtp_host="")
        assert "SMTP_HOST" in mail.mode_note()
