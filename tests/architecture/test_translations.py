"""Nothing English surfaces from the libraries: FAB through our catalogue, WTForms through its own and our messages."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

import flask_appbuilder
import flask_wtf
import pytest
import wtforms
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import read_mo
from flask import Flask
from flask_babel import force_locale, gettext
from werkzeug.datastructures import MultiDict
from wtforms import IntegerField, SelectField
from wtforms.validators import InputRequired

from scripts.compile_translations import TRANSLATIONS, read_catalogue

CATALOGUE = TRANSLATIONS / "ru" / "LC_MESSAGES" / "messages.po"
SOURCES = [("**.py", "python"), ("**/templates/**.html", "jinja2.ext:babel_extract")]
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%[sd]|\{\w*\}")
LATIN = re.compile(r"[A-Za-z]")
APP = Path(__file__).parents[2] / "app"

#: what WTForms or Flask-WTF says in English or with Latin words, and what of ours keeps it from the screen:
#: the name that no file of ours may use without reading this test
UNSPOKEN = {
    "Invalid IP address.": "IPAddress",
    "Invalid Mac address.": "MacAddress",
    "Invalid URL.": "URL",
    "Invalid UUID.": "UUID",
    "This field cannot be edited.": "ReadOnly",
    "Choices cannot be None.": "choices=None",
    "'%(value)s' are not valid choices for this field.": "SelectMultipleField",
    "File does not have an approved extension: {extensions}": "FileAllowed",
    "File does not have an approved extension.": "FileAllowed",
    "Invalid CSRF Token.": "wtforms.csrf",
    "CSRF token missing.": "wtforms.csrf",
    "CSRF failed.": "wtforms.csrf",
    "CSRF token expired.": "wtforms.csrf",
}


def messages_of(package: str, *keywords: str) -> set[tuple[str, ...]]:
    """Every message that a library's code and templates hand to gettext: (message,) or (singular, plural)."""
    found = extract_from_dir(
        str(Path(package).parent),
        SOURCES,
        keywords={**dict.fromkeys(keywords), "ngettext": (1, 2)},  # type: ignore[arg-type]
    )
    return {(message,) if isinstance(message, str) else tuple(message) for _, _, message, _, _ in found}


def english(texts: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Of (message, translation) those whose translation holds a Latin letter outside placeholders."""
    return {message: text for message, text in texts if LATIN.search(PLACEHOLDER.sub("", text))}


@pytest.fixture(scope="module")
def fab_messages() -> set[str]:
    found = messages_of(flask_appbuilder.__file__, "_", "__", "gettext", "lazy_gettext")
    assert len(found) > 100, "the scan has lost the sources"
    assert {len(message) for message in found} == {1}, "FAB has plurals now"
    return {message for (message,) in found}


def test_everything_that_fab_says_is_russian(app: Flask, fab_messages: set[str]) -> None:
    with app.test_request_context("/"), force_locale("ru"):
        shown = [(message, gettext(message)) for message in sorted(fab_messages)]
    assert english(shown) == {}


def test_without_our_catalogue_fab_speaks_english(app: Flask, fab_messages: set[str]) -> None:
    """The set-up of the test above: the catalogue is what makes it pass."""
    folder = Path(flask_appbuilder.__file__).parent / "translations" / "ru" / "LC_MESSAGES" / "messages.mo"
    with folder.open("rb") as file:
        known = {m.id: m.string for m in read_mo(file) if m.string}
    assert len(english((m, known.get(m, m)) for m in fab_messages)) > 20


def test_catalogue_has_no_message_that_fab_no_longer_says(fab_messages: set[str]) -> None:
    ours = {message.id for message in read_catalogue(CATALOGUE) if message.id}
    assert ours - fab_messages == set()


def test_catalogue_is_finished() -> None:
    messages = [m for m in read_catalogue(CATALOGUE) if m.id]
    assert [m.id for m in messages if m.fuzzy or not m.string] == []
    assert [m.id for m in messages if list(m.check())] == []


def test_compiled_catalogue_is_up_to_date() -> None:
    with CATALOGUE.with_suffix(".mo").open("rb") as file:
        compiled = {m.id: m.string for m in read_mo(file) if m.id}
    assert compiled == {m.id: m.string for m in read_catalogue(CATALOGUE) if m.id}


def test_portal_finds_the_folder_of_its_catalogue(app: Flask) -> None:
    folders = app.config["BABEL_TRANSLATION_DIRECTORIES"].split(";")
    assert folders[-1] == str(TRANSLATIONS), "the last folder wins"


def test_what_wtforms_cannot_say_in_russian_is_known(app: Flask) -> None:
    """WTForms reads its own catalogue alone, ours is not consulted; a new gap must be closed like the known ones."""
    messages = messages_of(wtforms.__file__, "gettext") | messages_of(flask_wtf.__file__, "gettext")
    with app.test_request_context("/"), force_locale("ru"):
        say = flask_wtf.FlaskForm.Meta().get_translations(None)
        shown = [(m[-1], say.ngettext(*m, 5) if len(m) == 2 else say.gettext(*m)) for m in messages]
    assert set(english(shown)) == set(UNSPOKEN)


@pytest.mark.parametrize("name", sorted(set(UNSPOKEN.values())))
def test_no_form_uses_what_wtforms_says_in_english(name: str) -> None:
    word = re.compile(rf"\b{re.escape(name)}\b")
    users = [str(path.relative_to(APP)) for path in APP.rglob("*.py") if _speaks(path.read_text("utf-8"), word)]
    assert users == []


def _speaks(text: str, word: re.Pattern[str]) -> bool:
    """Whether a module that builds forms names something of WTForms."""
    return "wtforms" in text and any(
        word.search(line) for line in text.splitlines() if not line.lstrip().startswith("#")
    )


class Sheet(flask_wtf.FlaskForm):
    number = IntegerField("Число", [InputRequired()])
    whole = IntegerField("Целое")
    one = SelectField("Одно", choices=[("a", "а")])


def test_common_refusals_of_forms_are_russian(app: Flask) -> None:
    """The words that the portal does take from WTForms."""
    with app.test_request_context("/", method="POST"), force_locale("ru"):
        form = Sheet(MultiDict({"whole": "x", "one": "b"}), meta={"csrf": False})
        assert not form.validate()
        said = [sentence for field in form for sentence in field.errors]
    assert len(said) == 3
    assert english((sentence, sentence) for sentence in said) == {}
