"""What has one place stays there, read from the syntax tree: transactions, statuses, extensions, guards of handlers."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from flask import Flask

from app.cli import portal
from config import describe_settings

ROOT = Path(__file__).resolve().parents[2]
SOURCES = {str(p.relative_to(ROOT)): ast.parse(p.read_text("utf-8")) for p in sorted((ROOT / "app").rglob("*.py"))}
DOCUMENTS = "\n".join(p.read_text("utf-8") for p in [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))])

#: handlers that strangers may call: sign-in, sign-out, state of the portal, check of a document, help, look of the page,
#: open groups, a calendar by its secret address
PUBLIC = {
    "SignInView.login", "SignInView.logout", "HomeView.health", "HomeView.verify", "HomeView.verify_voucher", "HomeView.check",
    "SignInView.code", "RecoveryView.ask", "RecoveryView.recover", "RecoveryView.accept",
    "RegisterView.index", "RegisterView.territory", "RegisterView.work", "RegisterView.person", "RegisterView.sent",
    "RegisterView.find", "RegisterView.confirm",
    "HelpView.index", "HelpView.topic", "HelpView.screen", "HelpView.export", "AppearanceView.panel",
    "PublicCatalogueView.index", "PublicCatalogueView.show", "CalendarView.feed",
}  # fmt: skip


def _calls(name: str) -> Iterator[tuple[str, ast.Call]]:
    for path, tree in SOURCES.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == name:
                yield path, node


def test_transactions_end_in_one_place() -> None:
    """Commands commit reference rows and roles; the worker's sign of life is a statement of its own."""
    assert {path for path, _ in _calls("commit")} == {"app/unit_of_work.py", "app/cli.py"}
    assert {path for path, _ in _calls("begin")} <= {"app/jobs.py"}
    # a part that may be refused inside an action that goes on
    assert {path for path, _ in _calls("begin_nested")} == {
        "app/services/enrolment/enrolments.py",
        "app/services/voucher/vouchers.py",
    }


def _moves_a_status(node: ast.AST) -> bool:
    if isinstance(node, ast.Assign | ast.AugAssign | ast.AnnAssign):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        return any(isinstance(t, ast.Attribute) and t.attr == "status" for t in targets)
    if not isinstance(node, ast.Call):
        return False
    if isinstance(node.func, ast.Attribute) and node.func.attr == "values":
        return any(keyword.arg == "status" for keyword in node.keywords)
    if isinstance(node.func, ast.Name) and node.func.id == "setattr":
        return isinstance(node.args[1], ast.Constant) and node.args[1].value == "status"
    return False


def test_statuses_move_in_one_place() -> None:
    """Seats take blocks by a conditional UPDATE; a batch of an import is closed by itself under its row lock."""
    movers = {path for path, tree in SOURCES.items() if any(_moves_a_status(node) for node in ast.walk(tree))}
    allowed = {"app/services/portal/transitions.py", "app/services/enrolment/seats.py", "app/exchange/staff_import.py"}
    allowed |= {"app/exchange/list_import.py"}
    assert movers - allowed == {path for path in movers if path.startswith("app/demo/")}
    assert "app/services/portal/transitions.py" in movers
    literals = {
        path
        for path, tree in SOURCES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
        and re.search(r"\bUPDATE\b.*\bSET\b.*\bstatus\s*=", node.value, re.DOTALL)
    }  # fmt: skip
    assert {path for path in literals if not path.startswith("app/demo/")} <= {"app/services/enrolment/seats.py"}


def test_extensions_are_created_in_one_place() -> None:
    names = {"SQLA", "Limiter", "CSRFProtect", "Migrate"}
    makers = {
        path
        for path, tree in SOURCES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names
    }
    assert makers == {"app/extensions.py"}


def test_every_handler_is_guarded(app: Flask) -> None:
    """A handler without a guard would answer strangers; the public ones are named."""
    open_handlers = set()
    for view in app.appbuilder.baseviews:
        for name in dir(type(view)):
            handler = getattr(type(view), name, None)
            if not getattr(handler, "_urls", None) or f"{type(view).__name__}.{name}" not in app.view_functions:
                continue
            guarded = hasattr(handler, "signed_in") or hasattr(handler, "_permission_name")
            open_handlers |= set() if guarded else {f"{type(view).__name__}.{name}"}
    assert open_handlers == PUBLIC


def test_the_framework_serves_nothing_of_its_own(app: Flask) -> None:
    """No REST API, no user, role or password views, no download by file name (H10–H13)."""
    rules = {rule.rule for rule in app.url_map.iter_rules()}
    assert {
        rule for rule in rules if re.match(r"/(api|users|roles|lang|back|download|swagger|registeruser)", rule)
    } == set()
    assert set(app.extensions["csrf"]._exempt_views) | set(app.extensions["csrf"]._exempt_blueprints) == set()


def test_every_setting_and_command_is_described() -> None:
    assert [name for name, _, _ in describe_settings() if not re.search(rf"\b{name}\b", DOCUMENTS)] == []
    assert [name for name in portal.commands if not re.search(rf"portal {name}\b", DOCUMENTS)] == []
