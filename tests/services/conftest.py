"""Set-up and checks of these tests read rows as the portal itself; each action under test names its own actor."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask import Flask

from app.access import acting_as
from tests.mailbox import Mailbox, mail_server
from tests.services.makers import SYSTEM


@pytest.fixture(autouse=True)
def _portal_looks() -> Iterator[None]:
    with acting_as(SYSTEM):
        yield


@pytest.fixture
def mailbox(app: Flask) -> Iterator[Mailbox]:
    """A running SMTP server that the application is set to use."""
    old = app.config["PORTAL"]
    with mail_server() as box:
        app.config["PORTAL"] = replace(old, **box.settings)
        yield box
    app.config["PORTAL"] = old
