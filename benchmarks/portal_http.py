"""The portal's side of ``pages.py``."""

from __future__ import annotations

import sys

from benchmarks.http_side import serve
from benchmarks.workbench import make_app, session_cookie

if __name__ == "__main__":
    app = make_app(sys.argv[1])
    serve(app, session_cookie(app))
