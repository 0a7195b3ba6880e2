"""A copy of the demo region of the module's own, with secrets in it; nothing of it is left behind."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask

from tests.access.region import Region


@pytest.fixture(scope="module")
def region(renewed_region: Flask) -> Iterator[Region]:
    """The demo region with secrets on both sides; a test may change it."""
    found = Region(renewed_region, renewed_region.config["SQLALCHEMY_DATABASE_URI"])
    yield found
    found.close()
