"""Letters have one door: a service names a kind and gives facts; the words are the kind's, and no kind or fact is idle."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from app.models import mapped_classes
from app.services.mailing.kinds.base import Kind
from app.services.mailing.letter_kinds import KINDS
from app.statuses import TRANSITIONS
from tests.architecture.sources import ROOT, nodes, sources

MAILING = "app/services/mailing/"
#: the doors, with the place of the kind among the arguments
DOORS = {"tell": 1, "tell_user": 1, "tell_users": 1, "post": 1, "note": 1, "note_operators": 0}
_SENTENCE = re.compile(r"[а-яё]{2,}.*[.!?…](\s|$)", re.IGNORECASE | re.DOTALL)
#: functions that hand facts on to a door
_HANDS_ON = re.compile(r"_?(tell|note|post)(_|$)")


def door_calls() -> list[tuple[str, str, ast.Call]]:
    """Module, door and call of everything that writes a letter, outside the package of letters."""
    return [
        (path, node.func.attr, node)
        for path, tree in sources().items()
        if re.search(r"from app\.services\.mailing import .*\bletters\b", ast.unparse(tree))
        for node in nodes(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id == "letters"
    ]


def constants(tree: ast.AST) -> set[str]:
    """String constants of a tree."""
    return {n.value for n in nodes(tree) if isinstance(n, ast.Constant) and isinstance(n.value, str)}


def test_letters_leave_by_the_doors_only() -> None:
    found = door_calls()
    assert len(found) > 40
    used = {(path, name) for path, name, _call in found if not path.startswith(MAILING)}
    assert {name for _path, name in used} <= set(DOORS)
    # the rows of letters and notices are written nowhere else
    writers = {
        path
        for path, tree in sources().items()
        for node in nodes(tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("insert", "m.Letter", "m.Notice")
        and any(ast.unparse(n) in ("m.Letter", "m.Notice") for n in (node.func, *node.args))
    }  # fmt: skip
    assert {path for path in writers if not path.startswith("app/demo/")} == {f"{MAILING}letters.py"}


def test_a_service_gives_no_sentence() -> None:
    """What a door, or a function that hands facts on to one, is given: a kind, a number, a name, never a sentence."""
    wrong = []
    for path, tree in sources().items():
        if not path.startswith("app/services/") or path.startswith(f"{MAILING}kinds/"):
            continue
        for node in nodes(tree):
            if not isinstance(node, ast.Call):
                continue
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if not _HANDS_ON.match(name):
                continue
            given = [*node.args, *(keyword.value for keyword in node.keywords)]
            wrong += [f"{path}: {text}" for value in given for text in constants(value) if _SENTENCE.search(text)]
    assert wrong == []


#: letter → table and action of the edge that names it
_BY_EDGE = {edge.letter: (table, edge.action) for table, edges in TRANSITIONS.items() for edge in edges if edge.letter}


_MODELS = {table: model.__name__ for table, model in mapped_classes().items()}
#: where kinds are declared, and shown to the operator
_DECLARES = re.compile(r"mailing/kinds/|/letter_preview\.py|/letter_kinds\.py|app/statuses\.py")


def test_a_letter_of_an_edge_is_a_kind_and_is_named_nowhere_else() -> None:
    """A service asks for the kind by the action (``transitions.letter_of``)."""
    assert set(_BY_EDGE) - set(KINDS) == set()
    found = {path: constants(tree) & set(_BY_EDGE) for path, tree in sources().items() if not _DECLARES.search(path)}
    assert {path: named for path, named in found.items() if named} == {}


def test_the_letter_that_a_service_asks_of_an_edge_is_there() -> None:
    tables = {name: table for table, name in _MODELS.items()}
    asked = [
        (tables[call.args[0].attr], call.args[1].value)
        for tree in sources().values()
        for call in nodes(tree)
        if isinstance(call, ast.Call) and ast.unparse(call.func) == "transitions.letter_of"
        and isinstance(call.args[0], ast.Attribute) and isinstance(call.args[1], ast.Constant)
    ]  # fmt: skip
    assert len(asked) > 20
    assert [found for found in asked if found not in _BY_EDGE.values()] == []


@cache
def _named(path: str) -> set[str]:
    return constants(sources()[path])


@cache
def _text(path: str) -> str:
    return (ROOT / path).read_text("utf-8")


@cache
def _tells(path: str) -> bool:
    """Whether a module asks an edge for its letter, or hands facts on to a door."""
    called = (node.func for node in nodes(sources()[path]) if isinstance(node, ast.Call))
    names = {func.attr if isinstance(func, ast.Attribute) else getattr(func, "id", "") for func in called}
    return any(name == "letter_of" or _HANDS_ON.match(name) for name in names)


def _writes(path: str, kind: str) -> bool:
    """Whether a module names a kind, or the action whose edge names it and tells of it."""
    table, action = _BY_EDGE.get(kind, ("", ""))
    told = bool(table) and action in _named(path) and _tells(path) and f"m.{_MODELS[table]}" in _text(path)
    return kind in _named(path) or told


@pytest.mark.parametrize("kind", KINDS.values(), ids=list(KINDS))
def test_each_kind_is_written_by_some_service_that_gives_its_facts(kind: Kind) -> None:
    """A fact is given where the kind is named, or told by the row itself (``letter_kinds``)."""
    modules = {
        path: tree for path, tree in sources().items() if not _DECLARES.search(path) and _writes(path, kind.code)
    }
    assert modules, "no service writes this letter"
    given = set(_named(f"{MAILING}letter_kinds.py"))
    for path, tree in modules.items():
        given |= _named(path)
        given |= {n.arg for n in nodes(tree) if isinstance(n, ast.keyword) and n.arg}
    # a few words of a letter are gathered by a neighbour
    for path in (
        "app/services/courses/enrolment/enrolment_letters.py",
        "app/services/personnel/moves/transfer_letters.py",
    ):
        if any(Path(path).stem in _text(module) for module in modules):
            given |= _named(path)
    assert [fact for fact in kind.own if fact not in given] == []


@pytest.mark.parametrize("kind", KINDS.values(), ids=list(KINDS))
def test_each_kind_has_words_of_its_own(kind: Kind) -> None:
    """Not a frame around what the action says: the standard words name no «тема» and no «текст»."""
    words = " ".join((kind.subject, kind.text, kind.what, kind.when, kind.where, kind.then))
    named = set(re.findall(r"\{\{ (\w+) \}\}", f"{words} {kind.button}"))
    assert named <= {*kind.own, "портал"}
    assert re.search(r"[а-яё]{3,}", kind.subject + kind.text, re.IGNORECASE)
    assert len(kind.code) <= 40


#: before a fact, in words: «до {{ срок }}»
_UNTIL = re.compile(r"\b[Дд]о\s+\{\{ (\w+) \}\}(?! включительно)")
_DAY, _HOUR = re.compile(r"\b\d{1,2}\.\d{1,2}\.\d{4}\b"), re.compile(r"\d{1,2}:\d{2}")


@pytest.mark.parametrize("kind", KINDS.values(), ids=list(KINDS))
def test_a_last_day_is_included_in_words(kind: Kind) -> None:
    """«До 05.12» may mean without that day: a day to act is «не позже», a state holds «по»; «до» stands before an hour."""
    words = "\n".join((kind.subject, kind.text, kind.what, kind.when, kind.where, kind.then))
    named = _UNTIL.findall(words)
    days = [
        name for name in named if _DAY.search(kind.fields[name].example) and not _HOUR.search(kind.fields[name].example)
    ]
    assert days == []
    assert not re.search(r"\b[Дд]о этого дня", words)


@pytest.mark.parametrize("kind", KINDS.values(), ids=list(KINDS))
def test_a_period_does_not_follow_a_preposition(kind: Kind) -> None:
    """A fact that begins with «с» cannot stand after «за»: «за с 1 по 31 августа»."""
    words = "\n".join((kind.subject, kind.text, kind.what, kind.when, kind.where, kind.then))
    named = re.findall(r"\b(?:[Зз]а|[Вв]|[Сс]|[Пп]о)\s+\{\{ (\w+) \}\}", words)
    assert [name for name in named if kind.fields[name].example.startswith(("с ", "со "))] == []
