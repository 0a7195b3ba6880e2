"""Set-up and checks of these tests read rows as the portal itself; each action under test names its own actor."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from app.access import acting_as
from tests.services.makers import SYSTEM


@pytest.fixture(autouse=True)
def _portal_looks() -> Iterator[None]:
    with acting_as(SYSTEM):
        yield
