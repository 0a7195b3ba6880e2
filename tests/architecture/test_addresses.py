"""Every address that the code, a page or a letter names leads to a page that exists."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence

import pytest
from flask import Flask
from werkzeug.exceptions import MethodNotAllowed, NotFound
from werkzeug.routing import RequestRedirect

from app import addresses
from tests.architecture.sources import ROOT, nodes, sources

TEMPLATES = {str(p.relative_to(ROOT)): p.read_text("utf-8") for p in sorted((ROOT / "app/templates").rglob("*.html"))}
#: function → the parts of the address that its positional arguments are
SHAPES = {
    "card": lambda table, pk: (table, "show", pk),
    "listing": lambda table: (table, "list", ""),
    "form": lambda table: (table, "add"),
    "act": lambda table, pk, action: (table, "act", pk, action),
    "at": lambda *parts: parts,
}


def _calls() -> Iterator[tuple[str, ast.Call]]:
    for path, tree in sources().items():
        for node in nodes(tree):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and isinstance(node.func.value, ast.Name)
                and node.func.value.id == "addresses"
                and node.func.attr in SHAPES
            ):
                yield path, node


#: what a call computes: any part of an address
_ANY = "*"


def _named() -> list[tuple[str, list[str]]]:
    """(file and line, parts of the address) of each call that names its table."""
    found = []
    for path, call in _calls():
        parts = [arg.value if isinstance(arg, ast.Constant) else _ANY for arg in call.args]
        if isinstance(call.args[0], ast.Constant):
            shape = SHAPES[call.func.attr]  # type: ignore[attr-defined]
            found.append((f"{path}:{call.lineno}", list(shape(*parts))))
    return found


def _fits(rule: str, parts: Sequence[str]) -> bool:
    """Whether an address of these parts may be answered by a rule: a constant stands where the rule has it, or is its text."""
    places = rule.split("/")[1:]
    if len(places) != len(parts):
        return False
    return all(
        part in (_ANY, place) or (place.startswith("<") and (part.isdecimal() or not place.startswith("<int:")))
        for part, place in zip(parts, places, strict=True)
    )


def _leads_somewhere(app: Flask, address: str) -> bool:
    routes = app.url_map.bind("")
    try:
        routes.match(address, method="GET")
    except MethodNotAllowed:
        return True
    except (NotFound, RequestRedirect):
        return False
    return True


def test_every_address_in_the_code_exists(app: Flask) -> None:
    """Of what a call names, and of the pages that have a name of their own; a redirect would be a lost slash."""
    named = _named()
    assert len(named) > 300
    rules = [rule.rule for rule in app.url_map.iter_rules()]
    assert [where for where, parts in named if not any(_fits(rule, parts) for rule in rules)] == []
    own = {name: value for name, value in vars(addresses).items() if name.isupper() and not name.startswith("_")}
    assert len(own) > 20
    assert [name for name, address in own.items() if not _leads_somewhere(app, address)] == []


def test_every_endpoint_in_a_template_exists(app: Flask) -> None:
    """Templates name the few pages that every page leads to."""
    named = {
        (path, name) for path, text in TEMPLATES.items() for name in re.findall(r"url_for\(\s*['\"]([^'\"]+)", text)
    }
    assert len(named) > 20
    assert [pair for pair in sorted(named) if pair[1] not in app.view_functions] == []


@pytest.mark.parametrize("address", ["/training_group/show/1", "/tasks/"])
def test_a_missing_page_would_be_seen(app: Flask, address: str) -> None:
    """The check tells a page from none, and an address from the same without its slash."""
    assert _leads_somewhere(app, address)
    assert not _leads_somewhere(app, address.replace("show", "shown").replace("tasks/", "tasks"))


def test_addresses_are_built_in_one_place(app: Flask) -> None:
    """Nobody writes a path of the portal as text but ``addresses`` and the handler that answers it."""
    first = {rule.rule.split("/")[1] for rule in app.url_map.iter_rules()} - {"", "static", "<path:filename>"}
    written = [
        f"{path}:{node.lineno} {node.value}"
        for path, tree in sources().items()
        if path != "app/addresses.py" and not path.startswith("app/demo/")
        for node in _texts(tree)
        if re.fullmatch(r"/[a-z_-]+/.*", node.value) and node.value.split("/")[1] in first
    ]
    assert written == []


def _texts(tree: ast.AST) -> Iterator[ast.Constant]:
    """Texts of a module except those that declare a handler's own address."""
    declared: set[int] = set()
    for node in nodes(tree):
        is_route = isinstance(node, ast.Call) and getattr(node.func, "id", "") == "expose"
        is_base = isinstance(node, ast.Assign) and any(getattr(t, "id", "") == "route_base" for t in node.targets)
        if is_route or is_base:
            declared |= {id(inner) for inner in ast.walk(node)}
    for node in nodes(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in declared:
            yield node
