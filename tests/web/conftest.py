"""The demo region of the tests of access serves the tests of pages too, with a browser of each role that most of them need."""

from __future__ import annotations

import pytest

from tests.access.conftest import region
from tests.access.region import Browser, Region

__all__ = ["region"]


@pytest.fixture
def operator(region: Region) -> Browser:
    return region.browser("operator")


@pytest.fixture
def school(region: Region) -> Browser:
    return region.browser("school")


@pytest.fixture
def organizer(region: Region) -> Browser:
    return region.browser("organizer")


@pytest.fixture
def worker(region: Region) -> Browser:
    return region.browser("worker")
