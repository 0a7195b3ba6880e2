"""A question that people answer and programs rarely do: words only, read aloud well, no pictures and no outside service.

The question follows from a signed random mark, so nothing is stored before the answer; an answered mark is spent once, in
the transaction of what it allows. Further checks: a field that only programs fill in, the least time that a person needs,
and a proof of work that the browser's script does for the mark (``has_worked``); without the proof the form is accepted
less often.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import random
import secrets
from dataclasses import dataclass
from typing import cast

from itsdangerous import BadSignature, URLSafeTimedSerializer
from sqlalchemy import Table, delete
from sqlalchemy.dialects.postgresql import insert

from app import models as m
from app.access import unscoped
from app.clock import now
from app.errors import Invalid
from app.extensions import configured, db, option
from app.text import cleaned, sort_key

PURPOSE = "captcha"
#: a form is not filled faster by a person, and is not left open longer
LEAST_SECONDS, MOST_SECONDS = 3, 2 * 60 * 60
#: 65 thousand hashes on the average: a few seconds of one browser, beside the filling in of the form
WORK_BITS = 16

_NUMBERS = (
    "ноль один два три четыре пять шесть семь восемь девять десять одиннадцать двенадцать тринадцать четырнадцать "
    "пятнадцать шестнадцать семнадцать восемнадцать"
).split()
_WORDS = "школа урок книга парта тетрадь доска звонок класс глобус карандаш линейка дневник".split()
_PLACES = ("первое", "второе", "третье", "последнее")

_STALE = "Вопрос устарел: страница открыта слишком давно. Ответьте на новый."
_WRONG = "Ответ не подходит. Ответьте на новый вопрос, числом или словом."
_HASTY = "Форма отправлена слишком быстро. Подождите несколько секунд и отправьте её снова."


@dataclass(frozen=True, slots=True)
class Question:
    """A question in words and the signed mark that goes with its answer."""

    text: str
    token: str


def ask() -> Question:
    """Return a new question."""
    return shown(_signer().dumps(secrets.token_urlsafe(12)))


def shown(token: str) -> Question:
    """Return the question of a mark again, or a new one when the mark is spoilt or too old."""
    try:
        return Question(_question(_signer().loads(token, max_age=MOST_SECONDS))[0], token)
    except BadSignature:
        return ask()


def check(token: str, answer: str, *, trap: str = "") -> None:
    """Raise Invalid (field ``captcha``) unless a person seems to have answered; ``trap``: the field that people leave empty."""
    signer = _signer()
    try:
        mark, asked_at = signer.loads(token, max_age=MOST_SECONDS, return_timestamp=True)
    except BadSignature:
        raise _refusal(_STALE) from None
    if now() - asked_at < dt.timedelta(seconds=option("CAPTCHA_SECONDS", LEAST_SECONDS)):
        raise _refusal(_HASTY)
    if trap or not _same(answer, _question(mark)[1]):
        raise _refusal(_WRONG)


def has_worked(token: str, nonce: str) -> bool:
    """Whether a browser has done the work for a question's mark: a number with which the hash begins with ``WORK_BITS`` zeros."""
    if not nonce.isdecimal() or len(nonce) > 12:
        return False
    digest = hashlib.sha256(f"{token}:{nonce}".encode()).digest()
    return int.from_bytes(digest[:4]) < 1 << (32 - WORK_BITS)


def spend(token: str) -> None:
    """Use a checked answer up, inside the transaction of what it allows; raises Invalid for one used before."""
    link = cast(Table, m.OneTimeLink.__table__)
    expires_at = now() + dt.timedelta(seconds=MOST_SECONDS)
    values = {"purpose": PURPOSE, "sha256": _hash(token), "expires_at": expires_at, "used_at": now()}
    statement = insert(link).values(values).on_conflict_do_nothing().returning(link.c.id)
    if db.session.execute(statement).one_or_none() is None:
        raise _refusal(_STALE)


def forget_old() -> None:
    """Delete the marks of answers that are too old to be used again (the nightly work)."""
    link = m.OneTimeLink
    with unscoped("spent answers are nobody's rows"):
        db.session.execute(delete(link).where(link.purpose == PURPOSE, link.expires_at < now()))


def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(configured().secret_key, salt="captcha")


def _refusal(sentence: str) -> Invalid:
    return Invalid(sentence, fields={"captcha": [sentence]})


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _question(mark: str) -> tuple[str, str]:
    """Question and answer of a mark; without the key nobody tells one from the other."""
    key = configured().secret_key
    chance = random.Random(hmac.new(key.encode(), mark.encode(), hashlib.sha256).digest())  # noqa: S311
    kind = chance.randrange(3)
    if kind == 0:
        a, b = chance.randint(1, 9), chance.randint(1, 9)
        return f"Сколько будет {_NUMBERS[a]} плюс {_NUMBERS[b]}?", _NUMBERS[a + b]
    if kind == 1:
        a, b = sorted(chance.sample(range(1, 10), 2))
        return f"Сколько будет {_NUMBERS[b]} минус {_NUMBERS[a]}?", _NUMBERS[b - a]
    row, place = chance.sample(_WORDS, 4), chance.randrange(4)
    return f"Какое слово {_PLACES[place]} в ряду: {', '.join(row)}?", row[place]


def _same(typed: str, answer: str) -> bool:
    words = sort_key(cleaned(typed)).strip('.!»«"')
    if words.isdecimal() and len(words) < 4 and int(words) < len(_NUMBERS):
        words = _NUMBERS[int(words)]
    return hmac.compare_digest(words.encode(), answer.encode())
