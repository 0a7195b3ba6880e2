"""One side of a comparison: serves the pages of a WSGI application to the measuring process, line by line.

Standard library only: it runs in the portal's environment and in the rival's alike. A request is a JSON line
``{"page": name, "times": n}``; the answer holds the milliseconds of each call, the page's bytes and SQL statements.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Mapping
from io import BytesIO
from typing import Any
from wsgiref.util import setup_testing_defaults

Application = Callable[..., Any]

#: the last page of 25, a surname («Сидорова») and a person with two live places of work, a category and a чек
LAST, SEARCH, PERSON = 4000, "%D0%A1%D0%B8%D0%B4%D0%BE%D1%80%D0%BE%D0%B2%D0%B0", 50_000


def environ(path: str, cookie: str) -> dict[str, Any]:
    """Environment of a GET as a web server would make it."""
    path, _, query = path.partition("?")
    variables: dict[str, Any] = {
        "PATH_INFO": path.encode().decode("latin-1"),
        "QUERY_STRING": query,
        "REMOTE_ADDR": "127.0.0.1",
    }
    variables |= {"REQUEST_METHOD": "GET", "HTTP_COOKIE": cookie, "HTTP_HOST": "localhost", "wsgi.input": BytesIO()}
    setup_testing_defaults(variables)
    return variables


def call(application: Application, path: str, cookie: str) -> tuple[str, bytes]:
    """Call the application once, read the whole answer; return status and body."""
    statuses: list[str] = []

    def start(status: str, _headers: Any, _error: Any = None) -> Callable[[bytes], None]:
        statuses.append(status)
        return lambda _data: None

    answer = application(environ(path, cookie), start)
    try:
        body = b"".join(answer)
    finally:
        if hasattr(answer, "close"):
            answer.close()
    return statuses[-1], body


def measure(application: Application, path: str, cookie: str, times: int) -> tuple[list[float], bytes]:
    """Milliseconds of each of ``times`` calls, and the last body; a page that is not 200 stops the run."""
    found = []
    for _ in range(times):
        start = time.perf_counter()
        status, body = call(application, path, cookie)
        found.append((time.perf_counter() - start) * 1000)
        if not status.startswith("200"):
            raise SystemExit(f"{path}: {status}")
    return found, body


def serve(application: Application, pages: Mapping[str, str], cookie: str, statements: Callable[[], int]) -> None:
    """Answer requests from stdin until it ends; ``statements`` is the number of SQL statements so far."""
    out = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    sys.stdout = sys.stderr  # nothing but answers goes to the measuring process
    print("{}", file=out, flush=True)
    for line in sys.stdin:
        asked = json.loads(line)
        before = statements()
        found, body = measure(application, pages[asked["page"]], cookie, asked["times"])
        answer = {"ms": found, "bytes": len(body), "sql": (statements() - before) // asked["times"]}
        if asked.get("body"):
            answer["body"] = body.decode()
        print(json.dumps(answer), file=out, flush=True)
