"""Words of letters: templates that the operator edits, their check on saving, and the letter made of them.

A template may hold plain words and fields ``{{ имя }}``, nothing else: no conditions, loops, filters or attributes, so that
it can neither fail on a value nor reach anything. One that fails all the same (its field is gone) never stops the action:
the standard words are used, and the caller is told.
"""

from __future__ import annotations

import difflib
import functools
import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from flask import current_app
from jinja2 import StrictUndefined, Template, TemplateError, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup, escape
from sqlalchemy import select

from app import audit
from app import models as m
from app.access import get_writable, unscoped
from app.clock import today
from app.extensions import db
from app.russian import format_date
from app.services.mailing import letter_html
from app.services.mailing.letter_kinds import GENERAL, KINDS, Kind, greeting
from app.services.portal import records, settings
from app.unit_of_work import use_case

log = logging.getLogger("portal.letters")

CLOSING = "Портал «{portal}». Оператор — {operator}. Письмо отправлено автоматически, отвечать на него не нужно."
_ONLY_FIELDS = "В шаблоне можно писать слова и поля вида {{ имя }}; условия, циклы и вычисления не допускаются."
SUBJECT_LENGTH = 255
#: a link's secret (``links.issue``) is 43 such characters
_SECRET = re.compile(r"[A-Za-z0-9_-]{40,}")

_plain = ImmutableSandboxedEnvironment(undefined=StrictUndefined, autoescape=False)
_markup = ImmutableSandboxedEnvironment(undefined=StrictUndefined, autoescape=True)


@dataclass(frozen=True, slots=True)
class Given:
    """What the writer of a letter gives: its own subject and text, the recipient's name, the page, further values."""

    subject: str
    text: str
    name: str = ""
    #: path on the portal, or a whole address of it
    href: str | None = None
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Composed:
    """A letter ready to be queued; ``broken``: the operator's template failed and the standard words were used."""

    subject: str
    body: str
    html: str
    broken: bool = False


@dataclass(frozen=True, slots=True)
class Words:
    """Subject, text and HTML of a template; without HTML it is made of the text."""

    subject: str
    body: str
    html: str | None = None


def standard(kind: Kind) -> Words:
    """The words that a kind of letters starts with."""
    return Words(kind.subject, kind.body)


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
    """Make a letter: the operator's words, else the standard ones, else those that the action gave."""
    kind = KINDS.get(code, KINDS[GENERAL])
    template = find(kind.code)
    values = values_of(kind, given)
    if template is not None:
        try:
            return made(Words(template.subject, template.body, template.html), values)
        except TemplateError as error:
            log.error("letter template fails", extra={"template": code, "error": type(error).__name__})
    broken = template is not None and bool(problems_of(kind, template))
    return _standard(kind, given, values, broken=broken)


def _standard(kind: Kind, given: Given, values: Mapping[str, str], *, broken: bool) -> Composed:
    try:
        found = made(standard(kind), values)
    except TemplateError:  # the action gave no value of a field: its own words say everything
        found = made(standard(KINDS[GENERAL]), values)
    return Composed(found.subject, found.body, found.html, broken)


def values_of(kind: Kind, given: Given) -> dict[str, str]:
    """Field → value for a letter; fields that the kind does not know are passed over.

    A text that greets by itself keeps its greeting, once.
    """
    first, _, rest = given.text.partition("\n\n")
    greeted = first.startswith("Здравствуйте") and bool(rest)
    common = {
        "приветствие": first if greeted else greeting(given.name),
        "имя": given.name,
        "тема": given.subject,
        "текст": rest if greeted else given.text,
        "ссылка": absolute(given.href),
        "портал": settings.text("portal_name"),
        "дата": format_date(today()),
    }
    own = {name: str(value) for name, value in given.values.items() if name in kind.fields and value is not None}
    own["ссылка"] = absolute(own.get("ссылка")) or common["ссылка"]
    return {**common, **own}


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
    return str(current_app.config["PORTAL"].public_url)


def made(words: Words, values: Mapping[str, str]) -> Composed:
    """Put values into words; raises TemplateError."""
    subject = " ".join(_compiled(words.subject).render(values).split())[:SUBJECT_LENGTH]
    text = _compiled(words.body).render(values).strip()
    inner = _compiled(words.html, markup=True).render(_in_lines(values)) if words.html else ""
    return finished(subject, text, inner=inner, href=values.get("ссылка", ""))


def finished(subject: str, text: str, *, inner: str = "", href: str = "") -> Composed:
    """Add to the words what every letter has: the link, the closing line, the frame of the HTML."""
    markup = inner or letter_html.from_text(text, portal_url())
    portal = settings.text("portal_name")
    closing = CLOSING.replace("{portal}", portal).replace("{operator}", settings.text("operator_name"))
    page = letter_html.frame(subject, markup, portal=portal, closing=closing, href=href)
    link = f"\n\nОткрыть на портале: {href}" if href and href not in text else ""
    return Composed(subject, f"{text}{link}\n\n{closing}", page)


def _in_lines(values: Mapping[str, str]) -> dict[str, Markup]:
    """The values safe in HTML, with their line breaks."""
    return {name: escape(value).replace("\n", Markup("<br>\n")) for name, value in values.items()}


@functools.lru_cache(maxsize=256)
def _compiled(source: str, *, markup: bool = False) -> Template:
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
    return f"Поля «{name}» у этого письма нет. {advice}"


def problems_of(kind: Kind, words: Words | m.LetterTemplate) -> dict[str, list[str]]:
    """Field of the form → what is wrong with it; empty when the template can be used."""
    portal = portal_url()
    found: dict[str, list[str]] = {}
    for name in ("subject", "body", "html"):
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
    for name in ("body", "html"):
        if values.get(name):  # a browser sends line breaks of its own
            values[name] = values[name].replace("\r\n", "\n").strip() or None
    words = Words(*(values.get(name, getattr(row, name)) or "" for name in ("subject", "body", "html")))
    for name, sentences in problems_of(kind, words).items():
        errors.setdefault(name, []).extend(sentences)


# --- what the operator does ------------------------------------------------------------------------------------------


@use_case
def restore(template_id: int) -> m.LetterTemplate:
    """Put the standard words back (permission ``letter_template:edit``)."""
    row = get_writable(db.session, m.LetterTemplate, template_id, "letter_template:edit")
    words = standard(KINDS.get(row.code, KINDS[GENERAL]))
    row.subject, row.body, row.html = words.subject, words.body, words.html
    changes = audit.changes_of(row)
    if changes:
        audit.record("letter_template.updated", row, changes)
    return row


def example(kind: Kind) -> Given:
    """A made-up letter of a kind, of the examples of its fields."""
    values = {name: sample for name, (_meaning, sample) in kind.own.items()}
    shown = {name: sample for name, (_meaning, sample) in kind.fields.items()}
    return Given(shown["тема"], shown["текст"], shown["имя"], shown["ссылка"], values)


def preview(template: m.LetterTemplate, given: Given) -> Composed:
    """The letter that this template makes of these values."""
    kind = KINDS.get(template.code, KINDS[GENERAL])
    values = values_of(kind, given)
    try:
        return made(Words(template.subject, template.body, template.html), values)
    except TemplateError:
        return _standard(kind, given, values, broken=True)
