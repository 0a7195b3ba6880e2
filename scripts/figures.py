"""Figures of the house: how long functions and files are, how folders depend on each other, how much there is of it.

python scripts/figures.py            prints them
tests/architecture/test_house.py     keeps those that may not get worse
"""

from __future__ import annotations

import ast
import statistics
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
APP = ROOT / "app"
#: long by the customer's wish: all tables stand in one file, all states in another
LONG_BY_NATURE = {"app/models.py", "app/statuses.py"}
AREAS = ("app/services", "app/web")

Pair = tuple[str, str]


def sources() -> list[Path]:
    """Python files of the portal, without migrations."""
    return sorted(path for path in APP.rglob("*.py") if "migrations" not in path.parts)


def function_lengths() -> dict[str, int]:
    """«file:line name» → lines of the function, its decorators and docstring included."""
    found = {}
    for path in sources():
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                found[f"{_name(path)}:{node.lineno} {node.name}"] = (node.end_lineno or node.lineno) - node.lineno + 1
    return found


def file_lengths() -> dict[str, int]:
    """File → its lines."""
    return {_name(path): len(path.read_text("utf-8").splitlines()) for path in sources()}


def own_imports() -> dict[str, int]:
    """File → how many other modules of the portal it imports."""
    return {_name(path): len(set(_imported(path))) for path in sources()}


def modules_of_folders() -> dict[str, int]:
    """Folder → modules in it."""
    found: dict[str, int] = defaultdict(int)
    for path in sources():
        if path.name != "__init__.py":
            found[_name(path.parent)] += 1
    return dict(found)


def two_way_pairs(folder: str) -> dict[Pair, tuple[int, int]]:
    """Pairs of areas of ``folder`` that import each other → imports there and back."""
    counted: dict[Pair, int] = defaultdict(int)
    base, package = ROOT / folder, folder.replace("/", ".") + "."
    for path in sources():
        if base not in path.parents:
            continue
        area = path.relative_to(base).parts[0].removesuffix(".py")
        for module in _imported(path):
            other = module.removeprefix(package).split(".")[0]
            if module.startswith(package) and other != area and area != "__init__":
                counted[area, other] += 1
    return {
        (one, other): (number, counted[other, one])
        for (one, other), number in sorted(counted.items())
        if one < other and (other, one) in counted
    }


def percentile(values: Sequence[int], part: float) -> int:
    """The value below which ``part`` (0 to 1) of the values lie."""
    return sorted(values)[min(len(values) - 1, int(len(values) * part))]


def _imported(path: Path) -> Iterator[str]:
    """Modules of the portal that a file imports: a name imported from a package is a module where such a file stands."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.startswith("app."))
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "app":
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                yield inner if _is_module(inner) else str(node.module)


def _is_module(name: str) -> bool:
    path = ROOT / name.replace(".", "/")
    return path.with_suffix(".py").is_file() or (path / "__init__.py").is_file()


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def _longest(values: Mapping[str, int], number: int = 3) -> str:
    return ", ".join(f"{name} {length}" for name, length in sorted(values.items(), key=lambda it: -it[1])[:number])


def main() -> None:
    """Print the figures."""
    functions, files, imports = function_lengths(), file_lengths(), own_imports()
    lengths = list(functions.values())
    measured = [length for name, length in files.items() if name not in LONG_BY_NATURE]
    folders = modules_of_folders()
    print(f"lines of app/: {sum(files.values())} in {len(files)} files")
    print(
        f"function length median/p95/max: {statistics.median(lengths):.0f}/{percentile(lengths, 0.95)}/{max(lengths)}"
        f"  ({_longest(functions)})"
    )
    print(
        f"file length median/p95/max: {statistics.median(measured):.0f}/{percentile(measured, 0.95)}/{max(measured)}"
        f"  ({_longest({k: v for k, v in files.items() if k not in LONG_BY_NATURE})})"
    )
    print(f"own imports a file, mean: {statistics.mean(imports.values()):.2f}  ({_longest(imports)})")
    print(f"modules a folder, median/max: {statistics.median(folders.values()):.0f}/{max(folders.values())}")
    for folder in AREAS:
        pairs = two_way_pairs(folder)
        told = ", ".join(f"{one}↔{other} {there}/{back}" for (one, other), (there, back) in pairs.items())
        print(f"two-way pairs of {folder}: {len(pairs)}  {told}")


if __name__ == "__main__":
    main()
