"""A copy of the demo region of this folder's own, with secrets in it; nothing of it is left behind."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.access.region import Region
from tests.conftest import build, clone, execute, make_settings


@pytest.fixture(scope="module")
def region(server: Any, demo_template: str, shared_folder: Path, worker_name: str) -> Iterator[Region]:
    """The demo region with secrets on both sides; a test may change it."""
    from app.extensions import db

    name = f"access_{worker_name}"
    url = clone(server, demo_template, name, shared_folder)
    app = build(make_settings(url, shared_folder / f"instance_{name}", demo=True))
    found = Region(app, url)
    yield found
    found.close()
    with app.app_context():
        db.engine.dispose()
    execute(server, "postgres", f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
