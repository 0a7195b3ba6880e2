"""The code of the portal as trees: read once a process, when the first test asks."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@cache
def texts() -> Mapping[str, str]:
    """Path from the root → text, of every module in ``app/``."""
    return {str(p.relative_to(ROOT)): p.read_text("utf-8") for p in sorted((ROOT / "app").rglob("*.py"))}


@cache
def sources() -> Mapping[str, ast.Module]:
    """Path from the root → tree, of every module in ``app/``."""
    return {path: ast.parse(text) for path, text in texts().items()}


def nodes(tree: ast.AST) -> Iterable[ast.AST]:
    """All nodes of a tree, as ``ast.walk`` gives them; those of a whole module are kept."""
    return _nodes_of(tree) if isinstance(tree, ast.Module) else ast.walk(tree)


@cache
def _nodes_of(tree: ast.Module) -> tuple[ast.AST, ...]:
    return tuple(ast.walk(tree))
