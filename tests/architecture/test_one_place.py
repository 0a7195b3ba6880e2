"""What has one place stays there, read from the syntax tree: transactions, statuses, extensions, guards of handlers."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path

from flask import Flask
from sqlalchemy import Date

from app import acts, personal, statuses
from app.labels import label_of
from app.models import Base
from app.services.desk.queue_sources import SOURCES as SOURCES_OF_QUEUE
from app.services.portal.twins import NAMED
from app.web.frame.scoped_view import ScopedModelView
from app.web.frame.typed import TypedValues
from config import describe_settings
from tests.architecture.sources import ROOT, nodes, sources, texts

DOCUMENTS = "\n".join(p.read_text("utf-8") for p in [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))])

#: handlers that strangers may call: sign-in, sign-out, state of the portal, check of a document, help, look of the page,
#: open groups, a calendar by its secret address
PUBLIC = {
    "SignInView.login", "SignInView.logout", "HomeView.health", "HomeView.verify", "HomeView.verify_voucher", "HomeView.check",
    "SignInView.code", "RecoveryView.ask", "RecoveryView.recover", "RecoveryView.accept",
    "RegisterView.index", "RegisterView.organization", "RegisterView.work", "RegisterView.person", "RegisterView.sent",
    "RegisterView.find", "RegisterView.confirm",
    "HelpView.index", "HelpView.topic", "HelpView.screen", "HelpView.export", "AppearanceView.panel",
    "PublicCatalogueView.index", "PublicCatalogueView.show", "PublicCatalogueView.calendar", "CalendarView.feed",
    "HomeView.index", "PublicFilesView.robots", "PublicFilesView.sitemap", "PublicFilesView.icon",
}  # fmt: skip


def _calls(name: str) -> Iterator[tuple[str, ast.Call]]:
    for path, tree in sources().items():
        for node in nodes(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == name:
                yield path, node


def test_transactions_end_in_one_place() -> None:
    """Commands commit reference rows and roles; the worker's sign of life is a statement of its own."""
    assert {path for path, _ in _calls("commit")} == {"app/unit_of_work.py", "app/cli.py"}
    assert {path for path, _ in _calls("begin")} <= {"app/jobs.py"}
    # a part that may be refused inside an action that goes on
    assert {path for path, _ in _calls("begin_nested")} == {
        "app/services/courses/enrolment/enrolments.py",
        "app/services/voucher/vouchers.py",
    }


#: pages that still write themselves to the journal what leaves the portal
_STILL_JOURNALLING = {
    "app/web/courses/attendance_pages.py", "app/web/courses/group_view.py", "app/web/courses/order_view.py",
    "app/web/courses/result_pages.py", "app/web/frame/export_pages.py", "app/web/paper/blank_act_view.py",
    "app/web/paper/certificate_view.py", "app/web/paper/registry_row_view.py", "app/web/paper/registry_view.py",
    "app/web/voucher/voucher_view.py",
}  # fmt: skip


def _decorated(*names: str) -> set[str]:
    return {
        path
        for path, tree in sources().items()
        for node in nodes(tree)
        if isinstance(node, ast.FunctionDef)
        for decorator in node.decorator_list
        if isinstance(decorator, ast.Name) and decorator.id in names
    }


def test_actions_stand_in_services() -> None:
    """A door that is no page (a job, a command) would not find them, and a page would speak before the commit."""
    assert {path for path in _decorated("use_case") if path.startswith(("app/web/", "app/views.py"))} == set()
    assert {path for path in _decorated("technical_write") if path.startswith("app/web/")} <= _STILL_JOURNALLING


def test_only_pages_speak_to_the_user() -> None:
    """What is said in an action would be said of something that the commit may still refuse."""
    speaking = {
        path
        for path, tree in sources().items()
        for node in nodes(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "flask" and any(x.name == "flash" for x in node.names)
    }
    assert {path for path in speaking if not path.startswith(("app/web/", "app/views.py"))} == set()
    assert speaking & _decorated("use_case") == set()


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
    """A batch of an import is closed by itself under its row lock."""
    movers = {path for path, tree in sources().items() if any(_moves_a_status(node) for node in nodes(tree))}
    allowed = {
        "app/services/portal/transitions.py",
        "app/exchange/engine/list_import.py",
    }
    assert movers - allowed == {path for path in movers if path.startswith("app/demo/")}
    assert "app/services/portal/transitions.py" in movers
    literals = {
        path
        for path, tree in sources().items()
        for node in nodes(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
        and re.search(r"\bUPDATE\b.*\bSET\b.*\bstatus\s*=", node.value, re.DOTALL)
    }  # fmt: skip
    assert {path for path in literals if not path.startswith("app/demo/")} == set()


# --- one rule for a decision: ``app/conditions.py``, the sets of ``app/statuses.py``, ``Actor.places`` ------------------

_RULES = "app/conditions.py"
_NAMED_SETS = {
    name: frozenset((type(member).__name__, member.name) for member in found)
    for name, found in vars(statuses).items()
    if isinstance(found, frozenset) and len(found) > 1 and all(isinstance(x, statuses.LabelledEnum) for x in found)
}


def _found(test: Callable[[ast.AST], bool], *but: str) -> list[str]:
    """Where in the code ``test`` is true of a node, outside the files that may."""
    return [
        f"{path}:{node.lineno}"
        for path, tree in sources().items()
        if not path.startswith(but)
        for node in nodes(tree)
        if isinstance(node, ast.expr | ast.comprehension) and test(node)
    ]  # fmt: skip


def _reads(node: ast.AST, column: str) -> bool:
    return isinstance(node, ast.Attribute) and node.attr == column


def _asks_for_an_end(node: ast.AST) -> bool:
    """``x.ended_on.is_(None)``, or ``x.ended_on is None or x.ended_on >= …`` of a row at hand."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in ("is_", "is_not"):
        return _reads(node.func.value, "ended_on")
    parts = node.values if isinstance(node, ast.BoolOp) and isinstance(node.op, ast.Or) else []
    return len([p for p in parts if isinstance(p, ast.Compare) and _reads(p.left, "ended_on")]) > 1


def test_works_now_is_asked_in_one_place() -> None:
    """An end in advance is no end: who asks for ``ended_on IS NULL`` loses those with a fixed term."""
    # two places of work of one person are compared with each other, not with a day
    assert _found(_asks_for_an_end, _RULES, "app/services/identity/merge_collisions.py") == []


def test_places_of_a_role_are_asked_of_the_actor() -> None:
    def over_grants(node: ast.AST) -> bool:
        return isinstance(node, ast.comprehension) and _reads(node.iter, "grants") and bool(
            [x for x in node.ifs if isinstance(x, ast.Compare) and _reads(x.left, "role")]
        )  # fmt: skip

    comprehensions = [
        f"{path}:{inner.iter.lineno}"
        for path, tree in sources().items()
        if path != "app/actor.py"
        for node in nodes(tree)
        if isinstance(node, ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp)
        for inner in node.generators
        if over_grants(inner)
    ]
    assert comprehensions == []


def test_named_sets_of_statuses_are_not_written_out() -> None:
    def is_named(node: ast.AST) -> bool:
        if not isinstance(node, ast.Tuple | ast.List | ast.Set) or len(node.elts) < 2:
            return False
        names = frozenset(
            (x.value.id, x.attr) for x in node.elts if isinstance(x, ast.Attribute) and isinstance(x.value, ast.Name)
        )
        return names in _NAMED_SETS.values()

    # the demo region deals statuses out in its own order
    assert _found(is_named, "app/statuses.py", "app/demo/") == []


def test_statuses_are_members_of_their_enumeration() -> None:
    """A status as a bare word is not found when it is renamed."""

    def words(node: ast.AST) -> bool:
        if isinstance(node, ast.Tuple | ast.List | ast.Set):
            return bool(node.elts) and all(words(x) for x in node.elts)
        return isinstance(node, ast.Constant) and isinstance(node.value, str)

    def of_status(node: ast.AST) -> bool:
        if isinstance(node, ast.Compare) and _reads(node.left, "status"):
            return any(words(x) for x in node.comparators)
        called = node.func if isinstance(node, ast.Call) else None
        is_among = isinstance(called, ast.Attribute) and called.attr in ("in_", "not_in")
        return is_among and _reads(called.value, "status") and any(words(x) for x in node.args)  # type: ignore[union-attr]

    # of the queue of jobs, which is not the portal's table
    found = [place for place in _found(of_status) if not place.startswith("app/services/desk/statistics.py")]
    assert found == []


def test_permissions_of_changes_are_those_of_the_edges() -> None:
    """The table of rights names what changes no status; who may change one is said by the edge."""
    tree = sources()["app/permissions.py"]
    named = {n.value for n in nodes(tree) if isinstance(n, ast.Constant) and isinstance(n.value, str)}
    changes = {f"{table}:{edge.action}" for table, edges in statuses.TRANSITIONS.items() for edge in edges}
    assert named & changes == set()


def test_words_of_changes_are_those_of_the_edges() -> None:
    """What an act has done, for the journal and the answer, is written at the edge only."""
    named = {key.partition(".")[2] or key for key in (*acts._WORDS, *acts._WORDS_OF)}
    taken = {edge.action for edges in statuses.TRANSITIONS.values() for edge in edges}
    assert named & taken <= {"cancel"}  # of an import, whose batch is closed under its row lock


def test_what_waits_in_the_queue_is_decided_by_an_edge() -> None:
    """Who acts next is who may take an edge that leaves the status; the queue asks for that right."""
    assert [s.right for s in SOURCES_OF_QUEUE if statuses.edge_of(*s.right.split(":")) is None] == []


def test_late_is_decided_in_one_place() -> None:
    def compares_a_term(node: ast.AST) -> bool:
        if not isinstance(node, ast.Compare) or not _reads(node.left, "due_on"):
            return False
        return any(
            isinstance(x, ast.Call) and isinstance(x.func, ast.Name) and x.func.id == "today" for x in node.comparators
        )

    assert _found(compares_a_term, _RULES) == []


def test_a_last_day_is_said_with_by() -> None:
    """The last day counts: «по 05.12», «не позже 05.12»; «до» is of moments."""
    said = {name for name, text in texts().items() if re.search(r"\b[Дд]о \{(?:_?format_date|long_date)\(", text)}
    assert said == set()
    # the same of labels: a day is «по», «не позже», an hour may be «до»
    days = [
        f"{table.name}.{column.name}: {label}"
        for table in Base.metadata.tables.values()
        for column in table.columns
        if isinstance(column.type, Date) and (label := label_of(table.name, column.name)).endswith(" до")
    ]
    assert days == []


def test_extensions_are_created_in_one_place() -> None:
    names = {"SQLA", "Limiter", "CSRFProtect", "Migrate"}
    makers = {
        path
        for path, tree in sources().items()
        for node in nodes(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names
    }
    assert makers == {"app/extensions.py"}


def test_every_handler_is_guarded(app: Flask) -> None:
    """A handler without a guard would answer strangers; the public ones are named."""
    open_handlers = set()
    for view in app.appbuilder.baseviews:
        for name in dir(view):
            # those of the parts stand on the view itself
            handler = getattr(type(view), name, None) or vars(view).get(name)
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


def test_every_setting_is_described() -> None:
    assert [name for name, _, _ in describe_settings() if not re.search(rf"\b{name}\b", DOCUMENTS)] == []


# --- quotation marks ---------------------------------------------------------------------------------------------------

#: what may hold «ёлочки» of its own: names that people give
_TITLED = re.compile(r"(?:title|name|organization|organizer|territory|place|twin|typed|topic|position|level|after)s?$")
#: files of the portal's own fixed names
_FIXED_NAMES = {
    # the process that fills templates loads no dictionaries: what it names are titles of paper kinds and parts of a file
    "app/documents/templates/merged.py", "app/documents/templates/template_check.py", "app/documents/templates/template_child.py",
    "app/documents/templates/template_parts.py", "app/documents/templates/templates.py", "app/documents/templates/uploaded.py",
}  # fmt: skip


def _named(value: ast.expr) -> str:
    """Last name of what stands in braces: ``title`` of ``row.program.title[:60]``, of ``titles[0]``, of ``" ".join(title.split())``."""
    while isinstance(value, ast.Subscript):
        value = value.value
    if isinstance(value, ast.Call):
        if ast.unparse(value.func) == "label_of":  # a column's own words
            return ""
        parts = [*value.args, *([value.func.value] if isinstance(value.func, ast.Attribute) else [])]
        return next((name for part in parts if _TITLED.search(name := _named(part))), "")
    if isinstance(value, ast.Attribute):
        return value.attr
    return value.id if isinstance(value, ast.Name) else ""


def test_a_title_is_quoted_by_the_one_function() -> None:
    """«Программа «Урок «Живая математика»»»: ``russian.quoted`` and the filter of the same name put other marks inside."""
    found = [
        f"{path}:{node.lineno}"
        for path, tree in sources().items()
        if path not in _FIXED_NAMES
        for node in nodes(tree)
        if isinstance(node, ast.JoinedStr)
        for before, value, after in zip(node.values, node.values[1:], node.values[2:], strict=False)
        if isinstance(value, ast.FormattedValue) and _TITLED.search(_named(value.value))
        and isinstance(before, ast.Constant) and str(before.value).endswith("«")
        and isinstance(after, ast.Constant) and str(after.value).startswith("»")
    ]  # fmt: skip
    assert found == []
    pages = {
        f"{page.name}: {field}"
        for page in (ROOT / "app" / "templates").rglob("*.html")
        for field in re.findall(r"«\{\{ ([^}]*) \}\}»", page.read_text("utf-8"))
    }
    assert pages == {"fields.html: page.submit"}  # a button's label
    joined = [page.name for page in (ROOT / "app" / "templates").rglob("*.html") if '«" ~' in page.read_text("utf-8")]
    assert joined == []


def test_shares_are_written_by_the_one_function() -> None:
    """A share that is cut says 62 % of 62.9: ``russian.percent`` rounds, and keeps «100 %» for all."""

    def reckons(node: ast.AST) -> bool:
        if not isinstance(node, ast.JoinedStr):
            return False
        pairs = zip(node.values, node.values[1:], strict=False)
        return any(
            isinstance(value, ast.FormattedValue)
            and any(isinstance(part, ast.Div | ast.FloorDiv) for part in ast.walk(value))
            and isinstance(after, ast.Constant) and re.match(r"\s?%", str(after.value)) is not None
            for value, after in pairs
        )  # fmt: skip

    assert _found(reckons, "app/russian.py") == []


def test_titles_of_pages_are_bound() -> None:
    """«Чек №» at the end of a line and «15» on the next: the filter binds numbers and short words."""
    pages = {page.name: page.read_text("utf-8") for page in (ROOT / "app" / "templates").rglob("*.html")}
    heads = {
        f"{name}: {head}" for name, text in pages.items() for head in re.findall(r"<h1[^>]*>\{\{ ([^}]*?) \}\}", text)
    }
    assert heads and [head for head in heads if not head.endswith("|bound")] == []


def test_nobody_is_addressed_in_brackets() -> None:
    """«Подал(а)»: a sentence that fits a woman and a man needs no brackets («Кто подал: …»)."""
    pages = {page.name: page.read_text("utf-8") for page in (ROOT / "app" / "templates").rglob("*.html")}
    assert [name for name, text in {**texts(), **pages}.items() if re.search(r"[а-яё]\((?:а|ла|ась)\)", text)] == []


def test_codes_of_the_portal_are_on_no_screen(app: Flask) -> None:
    """«preschool»: the portal knows some rows by such codes; people know them by their names."""
    codes = {
        (table.name, column.name)
        for table in Base.metadata.tables.values()
        for column in table.columns
        if not personal.is_shown(column)
    }
    assert ("organization_type", "code") in codes
    shown = [
        f"{type(view).__name__}: {name}"
        for view in app.appbuilder.baseviews
        if isinstance(view, ScopedModelView)
        for name in {str(c) for c in view.list_columns} | {n for _title, names in view.sections for n in names}
        if (view.datamodel.obj.__tablename__, name) in codes
    ]
    assert shown == []


# --- texts -----------------------------------------------------------------------------------------------------------

_TEXT = {"app/text/__init__.py", "app/text/sql.py"}


def _holding(pattern: str) -> set[str]:
    found = re.compile(pattern)
    return {path for path in sources() if found.search((ROOT / path).read_text("utf-8"))}


def test_forms_of_typed_text_have_one_place() -> None:
    """Folding ё and case, composing characters, comparing without case: ``app.text`` and its words in SQL."""
    assert _holding(r"""replace\(["']ё""") - _TEXT == set()
    # generated columns and indexes name the letters in their SQL
    assert _holding(r"translate\(lower\(") - _TEXT == {
        "app/models.py",
        "app/services/courses/enrolment/catalogue_sql.py",
    }
    assert _holding(r"\bunicodedata\b") - _TEXT == set()
    assert _holding(r"\.ilike\(|\bcasefold\(") == {
        "app/services/access/passwords.py", "app/documents/frdo/frdo_columns.py", "app/demo/names.py"
    }  # fmt: skip


def test_names_are_not_sorted_as_the_database_sorts_texts() -> None:
    """Ё would stand before А; generated keys and ``sort_key`` sort as people do."""
    raw = re.compile(r"order_by\([^)]*\.(?:name|title|short_name|full_name|last_name)\b(?![^)]*sort_key)")
    found = {
        path
        for path in sources()
        for line in (ROOT / path).read_text("utf-8").splitlines()
        if raw.search(line) and "sort_key(" not in line
    }
    assert found == set()


def test_names_are_unique_by_their_key() -> None:
    """A directory that is unique by its raw text takes «учитель» beside «Учитель»."""
    tables = Base.metadata.tables.values()
    raw = [
        f"{table.name}.{column.name}"
        for table in tables
        for column in table.columns
        if column.unique and column.name in ("name", "title", "short_name") and not table.name.startswith("ab_")
    ]
    assert raw == []
    keyed = {model.__tablename__ for model in NAMED}
    assert keyed == {t.name for t in tables if {"name_key", "title_key"} & set(t.columns.keys())} - {"organization"}


def test_requests_give_out_what_is_typed_in_one_form(app: Flask) -> None:
    assert app.request_class.parameter_storage_class is TypedValues


# --- names -----------------------------------------------------------------------------------------------------------


def test_a_module_has_a_name_of_its_own() -> None:
    """An import says which module is meant; modules of the demo bear the names of what they fill."""
    names = [Path(path).stem for path in sources() if not path.startswith("app/demo/")]
    assert {name for name in names if names.count(name) > 1} == {"__init__"}


def test_services_know_no_flask() -> None:
    found = {
        path
        for path, tree in sources().items()
        if path.startswith("app/services/")
        for node in nodes(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "flask"
    }
    assert found == set()
