"""An Excel list of 100,000 rows × 15 columns: seconds and growth of memory, beside openpyxl in its write-only mode.

``python -m benchmarks.export [--rows 100000]``; each side runs in a process of its own, after a small warm-up list.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
COLUMNS = (
    ("Работник", "text"), ("Дата рождения", "date"), ("СНИЛС", "text"), ("Пол", "text"), ("Телефон", "text"),
    ("Почта", "text"), ("Должность", "text"), ("Организация", "text"), ("Территория", "text"), ("Категория", "text"),
    ("Действует до", "date"), ("Чек", "text"), ("Часы", "int"), ("Стаж", "int"), ("Запись обновлена", "datetime"),
)  # fmt: skip
DAY = dt.date(2026, 9, 1)
MOMENT = dt.datetime(2026, 9, 1, 12, 30)


def rows(number: int) -> Iterator[list[Any]]:
    """The rows, made one at a time, every text its own."""
    for n in range(number):
        born, until = DAY - dt.timedelta(days=8000 + n % 15000), DAY + dt.timedelta(days=n % 1800)
        person = f"Проверочная Анна Петровна {n}"
        contacts = f"+7907{n:07d}", f"person.{n}@example.org"
        place = f"Учитель {n % 60}", f"ГБОУ СОШ № {n % 3000}", f"Управление {n % 15}"
        yield [
            person,
            born,
            f"***-***-{n % 1000:03d} 00",
            "женский",
            *contacts,
            *place,
            "Первая",
            until,
            f"63-{n:06d}",
            72,
            n % 50,
            MOMENT,
        ]


def portal(path: Path, number: int) -> None:
    """The portal's writer of lists."""
    from app.documents.sheets.spreadsheet import SheetColumn, write_sheet

    columns = [SheetColumn(title, kind) for title, kind in COLUMNS]  # type: ignore[arg-type]
    write_sheet(path, title="Работники", columns=columns, rows=rows(number), notes=["Выгрузил: проверка"])


def openpyxl(path: Path, number: int) -> None:
    """What most would write: openpyxl that keeps no cells."""
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    sheet = book.create_sheet("Работники")
    sheet.append([title for title, _ in COLUMNS])
    for row in rows(number):
        sheet.append(row)
    book.save(path)


def employees(path: Path, _number: int) -> None:
    """The whole way: «Выгрузить в Excel» of the region's employees over HTTP, read from the database."""
    from benchmarks.workbench import make_app, session_cookie
    from benchmarks.wsgi_side import call

    app = _APPS.setdefault("app", make_app(sys.argv[-1]))
    query = "" if _number > WARM else "?q=%D0%A1%D0%B8%D0%B4%D0%BE%D1%80%D0%BE%D0%B2%D0%B0"
    status, body = call(app, f"/employee/export/{query}", session_cookie(app))
    if not status.startswith("200"):
        raise SystemExit(status)
    path.write_bytes(body)


WARM = 1000
_APPS: dict[str, Any] = {}
SIDES: dict[str, Callable[[Path, int], None]] = {"portal": portal, "openpyxl": openpyxl, "employees": employees}


def resident() -> float:
    """Resident memory of this process, in megabytes."""
    status = Path("/proc/self/statm")
    if status.exists():
        return int(status.read_text().split()[1]) * resource.getpagesize() / 1e6
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3


@contextmanager
def watched() -> Iterator[dict[str, float]]:
    """Seconds of the block and the highest growth of resident memory in it, in megabytes, looked at 50 times a second."""
    found = {"growth": 0.0}
    before, start, over = resident(), time.perf_counter(), threading.Event()

    def look() -> None:
        while not over.wait(0.02):
            found["growth"] = max(found["growth"], resident() - before)

    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        yield found
    finally:
        over.set()
        watcher.join()
        found["seconds"] = time.perf_counter() - start


def run_side(name: str, number: int) -> None:
    """Measure one side in this process and print its figures."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "list.xlsx"
        SIDES[name](path, WARM)
        with watched() as found:
            SIDES[name](path, number)
        print(json.dumps({**found, "megabytes": path.stat().st_size / 1e6}))


def measured(name: str, number: int, *more: str) -> dict[str, float]:
    """Figures of one side, measured in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.export", "--side", name, "--rows", str(number), *more]
    answer = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True).stdout
    figures: dict[str, float] = json.loads(answer.splitlines()[-1])
    return figures


def main() -> None:
    """Compare both writers; then the whole export of the region's employees."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--side", choices=list(SIDES))
    options, _rest = parser.parse_known_args()
    if options.side:
        run_side(options.side, options.rows)
        return
    from benchmarks.workbench import server

    print("| what | seconds | memory grows by, MB | file, MB |\n|-|-|-|-|")
    for name, words in (("portal", "portal's writer, 15 columns"), ("openpyxl", "openpyxl write-only, 15 columns")):
        _print(words, measured(name, options.rows))
    with server() as running:
        subprocess.run([sys.executable, "-m", "benchmarks.region", running.url()], cwd=ROOT, check=True)
        _print("«Выгрузить в Excel» of all employees over HTTP", measured("employees", options.rows, running.url()))


def _print(words: str, figures: dict[str, float]) -> None:
    print(f"| {words} | {figures['seconds']:.1f} | {figures['growth']:.0f} | {figures['megabytes']:.1f} |", flush=True)


if __name__ == "__main__":
    main()
