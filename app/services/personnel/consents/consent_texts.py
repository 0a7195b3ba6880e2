"""Texts of consents: one per purpose, versioned, never changed once written (152-ФЗ, ст. 9)."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import select

from app import audit
from app import models as m
from app.access import current_actor, unscoped
from app.clock import today
from app.errors import Invalid, NotFound
from app.extensions import db
from app.russian import format_date, quoted
from app.unit_of_work import use_case

PROCESSING, SURVEYS, NEWS = "processing", "surveys", "news"
#: purpose → words, in the order in which they are asked
PURPOSES: Mapping[str, str] = {
    PROCESSING: "Обработка персональных данных",
    SURVEYS: "Участие в опросах",
    NEWS: "Новости и приглашения",
}
#: without it there is no cabinet (152-ФЗ, ст. 6); the others are refused freely
REQUIRED = frozenset({PROCESSING})

#: so many lines are read before the whole text is opened
SUMMARY_LINES = 5


def text_hash(body: str) -> str:
    """Fingerprint of a text: proves later what exactly was read."""
    return hashlib.sha256(body.encode()).hexdigest()


def current_texts(on: dt.date | None = None) -> list[m.ConsentText]:
    """Return the version in force of each purpose, the required one first; anybody may read them."""
    text = m.ConsentText
    statement = (
        select(text)
        .where(text.valid_from <= (on or today()), text.purpose.in_(PURPOSES))
        .distinct(text.purpose)
        .order_by(text.purpose, text.number.desc())
    )
    with unscoped("texts of consents are public"):
        found = {row.purpose: row for row in db.session.scalars(statement)}
    return [found[purpose] for purpose in PURPOSES if purpose in found]


@use_case
def add_version(values: Mapping[str, Any]) -> m.ConsentText:
    """Add a version of a purpose's text (``purpose``, ``title``, ``summary``, ``body``, ``valid_from``); earlier ones stay.

    Raises Invalid for an unknown purpose, an empty text, a day in the past, or a text equal to the last one.
    """
    current_actor().require("consent_text:add")
    purpose, body = str(values.get("purpose") or ""), _tidy(str(values.get("body") or ""))
    summary = [line.strip() for line in _tidy(str(values.get("summary") or "")).split("\n") if line.strip()]
    title, since = " ".join(str(values.get("title") or "").split()), values.get("valid_from") or today()
    last = _last_version(purpose)
    _check_version(purpose, title, body, since, last)
    _check_summary(summary)
    row = m.ConsentText(
        purpose=purpose,
        number=(last.number if last else 0) + 1,
        title=title,
        summary="\n".join(summary) or None,
        body=body,
        required=purpose in REQUIRED,
        sha256=text_hash(body),
        valid_from=since,
    )
    db.session.add(row)
    db.session.flush()
    audit.record(
        "consent_text.created", row, {"Отпечаток текста": ("", row.sha256), "Действует с": ("", format_date(since))}
    )
    return row


def _tidy(body: str) -> str:
    lines = (line.rstrip() for line in body.replace("\r\n", "\n").split("\n"))
    return "\n".join(lines).strip()


def _last_version(purpose: str) -> m.ConsentText | None:
    text = m.ConsentText
    statement = select(text).where(text.purpose == purpose).order_by(text.number.desc()).limit(1).with_for_update()
    found: m.ConsentText | None = db.session.scalars(statement).one_or_none()
    return found


def _check_version(purpose: str, title: str, body: str, since: dt.date, last: m.ConsentText | None) -> None:
    fields: dict[str, list[str]] = {}
    if purpose not in PURPOSES:
        fields["purpose"] = ["Выберите цель из списка."]
    if not title:
        fields["title"] = ["Заполните название."]
    if len(body) < 200:
        fields["body"] = [
            "Текст согласия слишком короткий: назовите оператора, цель, перечень данных, срок и порядок отзыва."
        ]
    elif last is not None and last.sha256 == text_hash(body):
        fields["body"] = [f"Текст не отличается от версии {last.number}: новая версия не нужна."]
    if since < today():
        fields["valid_from"] = [
            "Новая версия не может действовать задним числом: укажите сегодняшний или будущий день."
        ]
    elif last is not None and since < last.valid_from:
        fields["valid_from"] = [
            f"Версия {last.number} действует с {format_date(last.valid_from)}: укажите не более ранний день."
        ]
    if fields:
        raise Invalid("Проверьте поля, отмеченные ниже.", fields=fields)


def _check_summary(lines: Collection[str]) -> None:
    if len(lines) > SUMMARY_LINES:
        sentence = f"Строк {len(lines)}, а коротко — это не больше {SUMMARY_LINES}. Остальное скажет сам текст."
        raise Invalid("Проверьте поля, отмеченные ниже.", fields={"summary": [sentence]})


def chosen_texts(text_ids: Collection[int]) -> list[m.ConsentText]:
    """Return the texts in force among ``text_ids``; raises Invalid without a required one or with a stale one."""
    texts = current_texts()
    if set(text_ids) - {text.id for text in texts}:
        sentence = "Текст согласия обновился. Прочитайте новую версию и отметьте согласие ещё раз."
        raise Invalid(sentence, fields={"consents": [sentence]})
    missing = [text for text in texts if text.required and text.id not in text_ids]
    if missing:
        sentence = f"Без согласия {quoted(missing[0].title)} личный кабинет открыть нельзя. Прочитайте его и отметьте."
        raise Invalid(sentence, fields={missing[0].purpose: [sentence]})
    return [text for text in texts if text.id in text_ids]


def find_text(text_id: int) -> m.ConsentText:
    """Return a version of a text, also an old one, for a person who gave a consent by it; raises NotFound."""
    statement = select(m.ConsentText).where(m.ConsentText.id == text_id)
    with unscoped("texts of consents are public"):
        text: m.ConsentText | None = db.session.scalars(statement).one_or_none()
    if text is None:
        raise NotFound("Такого текста согласия нет.")
    return text
