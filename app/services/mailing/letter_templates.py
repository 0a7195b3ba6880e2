"""Words of letters: templates that the operator edits, their check on saving, and the letter made from a template.

A template may hold plain words and fields ``{{ имя }}``, nothing else: no conditions, loops, filters or attributes, so
that it can neither fail on a value nor reach anything. A template that fails all the same (its field is gone) never stops
the action: the standard words are used, and the caller learns of it. Words that the operator has not edited are not
stored: they are the standard ones of the present version.
"""

from __future__ import annotations

import difflib
import functools
import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from jinja2 import StrictUndefined, Template, TemplateError, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup, escape
from sqlalchemy import select

from app import addresses, audit
from app import models as m
from app.access import get_writable, unscoped
from app.clock import today
from app.extensions import configured, db
from app.russian import format_date, quoted, stopped
from app.services.mailing import letter_html
from app.services.mailing.kinds.base import COMMON, THEN
from app.services.mailing.letter_kinds import KINDS, Kind, greeting
from app.services.portal import records, settings
from app.services.portal.ways import Way
from app.unit_of_work import use_case

log = logging.getLogger("portal.letters")

CLOSING = "Портал {portal}. Оператор — {operator}. Письмо отправлено автоматически, отвечать на него не нужно."
_ONLY_FIELDS = "В шаблоне можно писать слова и поля вида {{ имя }}; условия, циклы и вычисления не допускаются."
SUBJECT_LENGTH = 255
#: words of a template that the operator edits
EDITED = ("subject", "body", "html", "button")
#: page where a user chooses which letters come
_CHOOSE = addresses.at("notices", "letters")
_FIELD = re.compile(r"\{\{\s*(\w+)\s*\}\}")
_BETWEEN_QUOTES = re.compile(r"«\{\{\s*(\w+)\s*\}\}»")
_MANY_BREAKS = re.compile(r"\n\s*\n")
#: a link's secret (``links.issue``) is 43 such characters
_SECRET = re.compile(r"[A-Za-z0-9_-]{40,}")

_plain = ImmutableSandboxedEnvironment(undefined=StrictUndefined, autoescape=False)
_markup = ImmutableSandboxedEnvironment(undefined=StrictUndefined, autoescape=True)
for _environment in (_plain, _markup):
    _environment.filters["quoted"] = quoted


@dataclass(frozen=True, slots=True)
class Given:
    """What a letter is about: the recipient's name, the page, the facts of its kind (fact → value, None is empty)."""

    name: str = ""
    #: path on the portal, or a whole address of it
    href: str | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    #: the way of the application that the letter is about
    way: Way | None = None


@dataclass(frozen=True, slots=True)
class Composed:
    """A letter ready to be queued; ``broken``: the operator's template failed and the standard words were used.

    ``notice`` is its text without the greeting, for the cabinet.
    """

    subject: str
    body: str
    html: str
    notice: str = ""
    broken: bool = False


@dataclass(frozen=True, slots=True)
class Words:
    """Subject, text, HTML of the text and label of the button; without HTML it is made of the text."""

    subject: str
    body: str
    html: str | None = None
    button: str = ""


def standard(kind: Kind) -> Words:
    """The words that a kind of letters starts with."""
    return Words(kind.subject, kind.body, button=kind.button)


def words_of(kind: Kind, template: m.LetterTemplate | None) -> Words:
    """The operator's words; each that was not edited is the standard one as it is now."""
    if template is None:
        return standard(kind)
    return Words(
        template.subject or kind.subject, template.body or kind.body, template.html, template.button or kind.button
    )


def is_edited(template: m.LetterTemplate) -> bool:
    """Whether any of the words is the operator's."""
    return bool(template.subject or template.body or template.html or template.button)


def find(code: str) -> m.LetterTemplate | None:
    """Return the operator's template of a kind, None where there is none."""
    with unscoped("the words of letters are the same for everybody"):
        statement = select(m.LetterTemplate).where(m.LetterTemplate.code == code)
        found: m.LetterTemplate | None = db.session.scalars(statement).one_or_none()
    return found


def is_required(code: str, template: m.LetterTemplate | None = None) -> bool:
    """Whether letters of this kind cannot be refused: by the order, or because the operator says so."""
    return KINDS[code].required or bool(template and template.required)


def compose(code: str, given: Given) -> Composed:
    """Make a letter: of the operator's words, else of the standard ones."""
    kind = KINDS[code]
    template = find(kind.code)
    broken = template is not None and is_edited(template) and bool(problems_of(kind, words_of(kind, template)))
    if broken:
        log.error("letter template fails", extra={"template": code})
    return _made(kind, standard(kind) if broken else words_of(kind, template), given, broken=broken)


def preview(template: m.LetterTemplate, given: Given) -> Composed:
    """The letter that this template makes of these values."""
    kind = KINDS[template.code]
    words = words_of(kind, template)
    broken = bool(problems_of(kind, words))
    return _made(kind, standard(kind) if broken else words, given, broken=broken)


def _made(kind: Kind, words: Words, given: Given, *, broken: bool = False) -> Composed:
    """Put the facts into words: the subject, the text with its greeting, the block of facts, the button with its link."""
    values = values_of(kind, given)
    subject = _subject(words.subject, values)
    text = _filled(words.body, kind, values) or _filled(kind.body, kind, values)
    block = _block(kind, values, given.way)
    steps = given.way.steps if given.way is not None else ()
    portal = portal_url()
    inner = _markup_of(words.html, kind, values) if words.html else letter_html.from_text(text, portal)
    href, name = values["ссылка"], values["портал"]
    label = " ".join(_compiled(words.button).render(values).split()) or kind.button
    closing = stopped(CLOSING.format(portal=quoted(name), operator=settings.text("operator_name")))
    choose = "" if kind.required else f"{portal}{_CHOOSE}"
    page = letter_html.frame(
        letter_html.Parts(
            headline=subject, inner=inner, portal=name, closing=closing, block=block, steps=steps, button=label,
            href=href, choose=choose,
        )
    )  # fmt: skip
    parts = [
        text,
        "\n".join(_fact(head, line) for head, line in block),
        "\n".join(f"{step.mark} {step.line}" for step in steps),
        f"{label}: {href}" if href else "",
        closing + (f"\n{letter_html.CHOOSE}: {choose}" if choose else ""),
    ]
    notice = _filled(words.body, kind, {**values, "приветствие": ""}) or text
    return Composed(subject, "\n\n".join(filter(None, parts)), page, notice, broken)


def _block(kind: Kind, values: Mapping[str, str], way: Way | None) -> list[tuple[str, str]]:
    """Heads and lines of the block of facts; who acts next is what the page of the application says, while it goes on."""
    lines = {head: line for head, source in kind.block if (line := _filled(source, kind, values))}
    if way is not None and way.sentence:
        lines[THEN] = way.sentence
    return list(lines.items())


def _fact(head: str, words: str) -> str:
    """A line of the block; words with a colon or lines of their own stand below their head."""
    return f"{head}\n{words}" if ": " in words or "\n" in words else f"{head}: {words}"


def _subject(source: str, values: Mapping[str, str]) -> str:
    """One line, cut to the length of the column."""
    return " ".join(stopped(_compiled(source).render(values)).split())[:SUBJECT_LENGTH]


def _filled(source: str, kind: Kind, values: Mapping[str, str]) -> str:
    """Words with the facts in them; a line that names an optional fact without a value is left out."""
    empty = _empty(kind, values)
    lines = [line for line in source.split("\n") if not empty.intersection(_FIELD.findall(line))]
    return _MANY_BREAKS.sub("\n\n", stopped(_compiled("\n".join(lines)).render(values))).strip()


def _empty(kind: Kind, values: Mapping[str, str]) -> set[str]:
    """Optional facts without a value."""
    return {name for name, fact in kind.own.items() if fact.optional and not values[name]}


def _markup_of(source: str, kind: Kind, values: Mapping[str, str]) -> str:
    """The operator's HTML with the facts in it, safe and with their line breaks.

    As in the text, a line, paragraph or point that names an optional fact without a value is left out, where its tags are its
    own.
    """
    empty = _empty(kind, values)
    pieces = letter_html.pieces(source)
    source = "".join(
        piece for piece in pieces if not empty.intersection(_FIELD.findall(piece)) or letter_html.is_torn(piece)
    )
    safe = {name: escape(value).replace("\n", Markup("<br>\n")) for name, value in values.items()}
    return stopped(_compiled(source, markup=True).render(safe))


def values_of(kind: Kind, given: Given) -> dict[str, str]:
    """Field → value for a letter, of every field that its words may name.

    «тема» and «текст» are the standard words, so that an operator may add to them without writing them anew.
    """
    facts = {name: str(given.facts.get(name) or "").strip() for name in kind.own}
    values = {
        **facts,
        "приветствие": greeting(given.name),
        "имя": given.name,
        "ссылка": absolute(given.href),
        "портал": settings.text("portal_name"),
        "дата": format_date(today()),
    }
    return {**values, "тема": _subject(kind.subject, values), "текст": _filled(kind.text, kind, values)}


def absolute(href: str | None) -> str:
    """Whole address of a page of the portal; an address of anything else becomes empty: letters link nowhere else."""
    portal = portal_url()
    if not href or href == portal or href.startswith(f"{portal}/"):
        return href or ""
    if href.startswith("/") and not href.startswith(("//", "/\\")):
        return portal + href
    log.error("a letter was given a foreign address")
    return ""


def portal_url() -> str:
    """Address of the portal in letters."""
    return str(configured().public_url)


@functools.lru_cache(maxsize=256)
def _compiled(source: str, *, markup: bool = False) -> Template:
    # a fact between «ёлочки» may hold such marks itself
    source = _BETWEEN_QUOTES.sub(r"{{ \1|quoted }}", source)
    return (_markup if markup else _plain).from_string(source)


def without_secrets(text: str) -> str:
    """The words of a letter without the secrets of its one-time links: those who read the list must not use them."""
    return _SECRET.sub("•••", text)


# --- the check on saving ---------------------------------------------------------------------------------------------


def field_problems(source: str, kind: Kind) -> list[str]:
    """Sentences about everything in a template's words that is neither plain nor a known field."""
    try:
        tree = _plain.parse(source)
    except TemplateError as error:
        line = getattr(error, "lineno", 1)
        return [f"Строка {line}: поле записано неверно. Нужны две скобки с каждой стороны: {{{{ имя }}}}."]
    parts = [part for node in tree.body for part in (node.nodes if isinstance(node, nodes.Output) else [node])]
    unknown = [part.name for part in parts if isinstance(part, nodes.Name) and part.name not in kind.fields]
    foreign = any(not isinstance(part, nodes.TemplateData | nodes.Name) for part in parts)
    return [_unknown(name, kind) for name in dict.fromkeys(unknown)] + ([_ONLY_FIELDS] if foreign else [])


def _unknown(name: str, kind: Kind) -> str:
    near = difflib.get_close_matches(name, kind.fields, n=1)
    advice = f"Возможно, нужно «{near[0]}»." if near else "Список полей — на странице шаблона."
    return f"Поля {quoted(name)} у этого письма нет. {advice}"


def problems_of(kind: Kind, words: Words) -> dict[str, list[str]]:
    """Field of the form → what is wrong with it; empty when the template can be used."""
    portal = portal_url()
    found: dict[str, list[str]] = {}
    for name in EDITED:
        source = getattr(words, name) or ""
        sentences = field_problems(source, kind)
        if name == "html":
            sentences += letter_html.problems(source, portal)
        sentences += [f"Ссылка «{a}» ведёт не на портал." for a in letter_html.foreign_links(source, portal)]
        if sentences:
            found[name] = list(dict.fromkeys(sentences))
    return found


@records.checks(m.LetterTemplate)
def _check(values: dict[str, Any], row: Any, errors: records.Fields) -> None:
    """A template is saved only when every letter can be made of it."""
    kind = KINDS.get(row.code) if row is not None else None
    if kind is None:
        return
    for name in EDITED:
        if name in values:  # a browser sends line breaks of its own
            words = (values[name] or "").replace("\r\n", "\n").strip()
            # the standard words are not kept: who has not changed them gets the better ones of a later version
            values[name] = words if words and words != getattr(standard(kind), name) else None
    found = Words(*(values.get(name, getattr(row, name)) or "" for name in EDITED))
    for name, sentences in problems_of(kind, found).items():
        errors.setdefault(name, []).extend(sentences)


# --- what the operator does ------------------------------------------------------------------------------------------


@use_case
def restore(template_id: int) -> m.LetterTemplate:
    """Put the standard words back (permission ``letter_template:edit``)."""
    row = get_writable(db.session, m.LetterTemplate, template_id, "letter_template:edit")
    row.subject = row.body = row.html = row.button = None
    changes = audit.changes_of(row)
    if changes:
        audit.record("letter_template.updated", row, changes)
    return row


def example(kind: Kind) -> Given:
    """A made-up letter of a kind, of the examples of its facts."""
    facts = {name: fact.example for name, fact in kind.own.items()}
    return Given(COMMON["имя"].example, COMMON["ссылка"].example, facts)
