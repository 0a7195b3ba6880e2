"""Pages of employees in the portal beside Django admin: same database, same columns, medians and their ratio.

``python -m benchmarks.lists [--rounds 7] [--portal-only]``
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any

from app.embedded_postgres import SOCKET_PORT
from benchmarks.workbench import FOLDER, server

ROOT = Path(__file__).resolve().parent.parent
PAGES = {
    "list": "list, first page of 25",
    "last": "list, last page",
    "search": "search by surname",
    "card": "staff card",
    "edit": "edit form",
}
RIVAL = ("django>=5.2,<5.3", "psycopg2-binary", "django-unfold", "whitenoise", "waitress")
CALLS = 3


class Side:
    """A process that serves one of the applications."""

    def __init__(self, command: list[str]) -> None:
        self.process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self._read()

    def ask(self, page: str, times: int, **more: Any) -> dict[str, Any]:
        """Have a page called ``times`` times."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps({"page": page, "times": times, **more}) + "\n")
        self.process.stdin.flush()
        return self._read()

    def close(self) -> None:
        """Let the process end."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(timeout=30)

    def _read(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit("A side of the comparison has ended; its message is above.")
        answer: dict[str, Any] = json.loads(line)
        return answer


def rival_python() -> Path:
    """Python of the rival's own environment, made at the first run."""
    folder = FOLDER / "django"
    python = folder / "bin" / "python"
    mark, wanted = folder / "installed", "\n".join(RIVAL)
    if not mark.exists() or mark.read_text() != wanted:
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", *RIVAL], check=True)
        mark.write_text(wanted)
    return python


def compare(sides: dict[str, Side], rounds: int) -> dict[str, dict[str, Any]]:
    """Interleaved rounds; page → side → median milliseconds, bytes, SQL statements."""
    for side in sides.values():
        for page in PAGES:
            side.ask(page, 3)
    times: dict[tuple[str, str], list[float]] = {}
    last: dict[tuple[str, str], dict[str, Any]] = {}
    for _ in range(rounds):
        for page in PAGES:
            for name, side in sides.items():
                last[page, name] = side.ask(page, CALLS)
                times.setdefault((page, name), []).extend(last[page, name]["ms"])
    return {
        page: {name: {**last[page, name], "ms": statistics.median(times[page, name])} for name in sides}
        for page in PAGES
    }


def table(results: dict[str, dict[str, Any]]) -> str:
    """The figures as a Markdown table."""
    names = list(next(iter(results.values())))
    lines = [
        "| page | " + " | ".join(f"{n}, ms | SQL | KB" for n in names) + " | ratio |",
        "|-" * (2 + 3 * len(names)) + "|",
    ]
    for page, sides in results.items():
        cells = [f"{s['ms']:.1f} | {s['sql']} | {s['bytes'] / 1024:.0f}" for s in sides.values()]
        ratio = f"{sides[names[0]]['ms'] / sides[names[1]]['ms']:.2f}" if len(names) > 1 else "—"
        lines.append(f"| {PAGES[page]} | {' | '.join(cells)} | **{ratio}** |")
    return "\n".join(lines)


def main() -> None:
    """Build what is missing, compare, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--portal-only", action="store_true")
    options = parser.parse_args()
    with server() as running:
        url = running.url()
        subprocess.run([sys.executable, "-m", "benchmarks.region", url], cwd=ROOT, check=True)
        sides = {"portal": Side([sys.executable, "-m", "benchmarks.portal_side", url])}
        if not options.portal_only:
            os.environ |= {"RIVAL_HOST": str(running.socket_dir), "RIVAL_PORT": str(SOCKET_PORT)}
            sides["Django admin"] = Side([str(rival_python()), "-m", "benchmarks.rival.side"])
        try:
            print(table(compare(sides, options.rounds)))
        finally:
            for side in sides.values():
                side.close()


if __name__ == "__main__":
    os.environ.setdefault("PYTHONWARNINGS", "ignore")
    main()
