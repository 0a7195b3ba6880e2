"""What leaves the portal is journalled by who makes the file: read from the syntax tree, so that a new door cannot forget it."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tests.architecture.sources import nodes, sources


def web() -> dict[str, ast.Module]:
    return {p: tree for p, tree in sources().items() if p.startswith("app/web/") or p == "app/views.py"}


#: modules whose functions write the journal of what leaves
JOURNALS = {"given_out"}
#: builders that callers outside may use without a door: what they make holds nobody's data, or is journalled by its service
HARMLESS = {
    "standard_file": "the portal's own template, empty",
    "render_template": "a paper of the sample person",
    "trial_sheet": "a cross on an empty sheet",
    "qr_png": "the address of a check page",
    "to_pdf": "a paper that a door has made becomes PDF",
    "template_for": "a template, empty",
    "build_docx": "the user guide",
    "first_pages": "a picture of a scan beside its case; the scan itself is opened without an entry too",
    "sheet_of_registry": "kept; journalled when somebody takes it (registries.take_file)",
    "build_access_sheet": "one-time passwords: giving an access is journalled by invitations",
    "write_own_data": "journalled by own_data before it is written",
}


def _is_builder(function: ast.FunctionDef) -> bool:
    """Whether a function makes a file: it returns bytes, or writes to ``path``."""
    returned = ast.unparse(function.returns) if function.returns else ""
    written = [arg.arg for arg in function.args.args if arg.annotation and ast.unparse(arg.annotation) == "Path"]
    return returned.startswith(("bytes", "tuple[bytes")) or "path" in written


def _journals(function: ast.FunctionDef, helpers: set[str]) -> bool:
    called = [node.func for node in ast.walk(function) if isinstance(node, ast.Call)]
    own = {func.id for func in called if isinstance(func, ast.Name)}
    others = {func.value.id for func in called if isinstance(func, ast.Attribute) and isinstance(func.value, ast.Name)}
    return bool(own & helpers or others & JOURNALS)


def _functions(tree: ast.Module) -> list[ast.FunctionDef]:
    return [node for node in tree.body if isinstance(node, ast.FunctionDef)]


def _silent_builders() -> set[str]:
    """Names of functions of documents and exchange that make a file and write no journal."""
    found = set()
    for path, tree in sources().items():
        if path.startswith(("app/documents/", "app/exchange/")):
            functions = _functions(tree)
            helpers = {function.name for function in functions if _journals(function, set())}
            found |= {f.name for f in functions if _is_builder(f) and not _journals(f, helpers)}
    return {name for name in found if not name.startswith("_")}


def _names(tree: ast.Module) -> Iterator[str]:
    """Names that a module takes from documents and exchange, imported or by their module."""
    modules = set()
    for node in nodes(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(("app.documents", "app.exchange")):
            modules |= {alias.asname or alias.name for alias in node.names}
            yield from (alias.name for alias in node.names)
    for node in nodes(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in modules:
            yield node.attr


def test_pages_write_no_journal() -> None:
    """Pages read the journal; they write no entry and open no transaction of their own."""
    for path, tree in web().items():
        for node in nodes(tree):
            if isinstance(node, ast.ImportFrom) and node.module == "app.unit_of_work":
                assert not {alias.name for alias in node.names} & {"technical_write", "use_case"}, path
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "audit":
                assert node.attr in ("words", "history"), f"{path}:{node.lineno}"


def test_files_leave_through_doors() -> None:
    """Neither a page nor a command calls a builder that writes no journal, but for those named with their reason."""
    silent, callers = _silent_builders(), {**web(), "app/cli.py": sources()["app/cli.py"]}
    used = {path: sorted(set(_names(tree)) & silent) for path, tree in callers.items()}
    assert {path: rest for path, names in used.items() if (rest := set(names) - set(HARMLESS))} == {}
    # a builder in a function's own words is seen at all, and no exception outlives its builder
    assert {"write_sheet", "render_certificate", "render_order", "build_results_sheet", "write_papers"} <= silent
    assert set(HARMLESS) <= silent & {name for names in used.values() for name in names}
