"""Every kind of letters, one by one: the operator's words reach the mailbox, and no fact becomes markup or a template."""

from __future__ import annotations

import re
from html import unescape
from html.parser import HTMLParser
from typing import Any

import pytest
from flask import Flask

from app import models as m
from app.access import acting_as
from app.jobs import run_worker
from app.services.mailing import letter_templates, letters
from app.services.mailing.audience import Audience
from app.services.mailing.kinds.base import Kind
from app.services.mailing.letter_kinds import KINDS
from app.services.mailing.letter_templates import Given
from app.services.portal import records
from app.unit_of_work import use_case
from tests.mailbox import Mailbox
from tests.services import makers as mk

pytestmark = pytest.mark.usefixtures("session")

EVIL = '<a href=http://evil.example>{name}</a><script>"x"</script> {{{{ 7*7 }}}} {{% if x %}} &amp; \N{RIGHT-TO-LEFT OVERRIDE}'
PAGE = "/notices/"


class _Reader(HTMLParser):
    """Tags, link addresses and visible words of a letter."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.links: list[str] = []
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value or "" for name, value in attrs if name == "href"]

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def read(html: str) -> _Reader:
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader


def flat(text: str) -> str:
    return re.sub(r"\s+", " ", text)


@pytest.mark.parametrize("kind", KINDS.values(), ids=list(KINDS))
def test_what_is_typed_as_a_fact_is_neither_markup_nor_a_template(kind: Kind) -> None:
    """The same words stand in text and in HTML, and the HTML has the tags of the frame only."""
    facts = {name: EVIL.format(name=name) for name in kind.own}
    sample = letter_templates.example(kind)
    evil = letter_templates.compose(kind.code, Given(EVIL.format(name="имя"), PAGE, facts))
    tame = letter_templates.compose(kind.code, sample)
    page = read(evil.html)
    plain = f"{evil.subject}\n{evil.body}"
    assert "script" not in page.tags
    # what the frame has of its own, the same for good facts
    assert set(page.tags) == set(read(tame.html).tags)
    assert page.tags.count("a") == read(tame.html).tags.count("a")
    assert all(link.startswith("http://127.0.0.1:8080/") for link in page.links)
    assert "49" not in evil.subject + evil.body
    # each fact that the standard words name stands in both, letter for letter
    shown = flat(" ".join(page.words))
    for value in facts.values():
        assert (flat(value).strip() in flat(plain)) == (flat(value).strip() in shown)
    assert "{{ 7*7 }}" in shown
    assert "{{ 7*7 }}" in plain


@pytest.mark.parametrize("kind", KINDS.values(), ids=list(KINDS))
def test_text_and_html_say_the_same(kind: Kind) -> None:
    letter = letter_templates.compose(kind.code, letter_templates.example(kind))
    page = read(letter.html)
    shown = flat(" ".join(page.words))
    for line in letter.body.splitlines():
        if ": http" in line:
            words, _, address = line.rpartition(": ")
            assert words in shown
            assert address in page.links
        else:
            head, colon, words = line.partition(": ")
            parts = (head, words) if colon and head in {"Что", "Когда", "Где", "Кто действует дальше"} else (line,)
            assert [part for part in parts if flat(part).strip() not in shown] == []
    assert page.tags.count("h1") == 1
    assert flat(letter.subject) in shown
    assert unescape(letter.notice).strip()
    assert "Здравствуйте" not in letter.notice


def _send(kind: Kind, person: mk.Person) -> None:
    """Through the door that the kind is for."""
    facts = {name: fact.example for name, fact in kind.own.items()}
    if not kind.noticed:
        letters.post(person.employee.email or "", kind.code, facts=facts, href=PAGE, name="Анна Ивановна")
    elif kind.mailed:
        letters.tell(person.employee, kind.code, facts=facts, href=PAGE)
    else:
        assert person.actor.user_id is not None
        letters.note(Audience((person.actor.user_id,), "worker:"), kind.code, facts=facts, href=PAGE)


def test_the_operators_words_of_each_kind_reach_the_mailbox(app: Flask, session: Any, mailbox: Mailbox) -> None:
    """Subject, text, button are written anew with every fact of the kind; SMTP and the cabinet receive these words."""
    operator, world = mk.make_actor("operator"), mk.make_world()
    for kind in KINDS.values():
        row = mk.rows(m.LetterTemplate, m.LetterTemplate.code == kind.code)[0]
        named = "; ".join(f"{name} = {{{{ {name} }}}}" for name in kind.own)
        with acting_as(operator):
            words = {
                "subject": f"Тема {kind.code}",
                "body": f"Слова оператора о {kind.code}. {named}",
                "button": "Жмите",
            }
            records.update(row, words)
        with acting_as(mk.SYSTEM):
            use_case(_send)(kind, world.worker)
    run_worker(app, once=True)
    got = {str(letter["Subject"]): letter for letter in mailbox.letters}
    notices = [notice.text for notice in mk.rows(m.Notice)]
    for kind in KINDS.values():
        facts = "; ".join(f"{name} = {fact.example}" for name, fact in kind.own.items())
        words = flat(f"Слова оператора о {kind.code}. {facts}").strip()
        if kind.mailed:
            letter = got[f"Тема {kind.code}"]
            plain, html = letter.get_body(("plain",)), letter.get_body(("html",))
            assert plain is not None
            assert html is not None
            assert words in flat(plain.get_content())
            assert f"Жмите: http://127.0.0.1:8080{PAGE}" in plain.get_content()
            assert words in flat(" ".join(read(html.get_content()).words))
        if kind.noticed:
            assert words[:900] in [flat(text)[: len(words[:900])] for text in notices]
