"""Serve one side of ``pages.py`` over HTTP by waitress; the first line printed is JSON with the address and the cookie."""

from __future__ import annotations

import json
import os
import sys
from typing import Any

import waitress


def serve(application: Any, cookie: str) -> None:
    """Serve until the measuring process closes stdin."""
    server = waitress.create_server(application, host="127.0.0.1", port=0, threads=8)
    out = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    sys.stdout = sys.stderr
    name, _, value = cookie.partition("=")
    print(
        json.dumps({"url": f"http://127.0.0.1:{server.effective_port}", "name": name, "value": value}),
        file=out,
        flush=True,
    )
    server.run()
