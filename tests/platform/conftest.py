"""What tests of the machine share: a server and an application of a module's own, which its tests may stop."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask

from app.embedded_postgres import EmbeddedPostgres
from tests.conftest import build, make_settings


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedPostgres]:
    """A server that no other module uses."""
    with EmbeddedPostgres(tmp_path_factory.mktemp("own") / "postgres", durable=False) as running:
        yield running


@pytest.fixture(scope="module")
def app(server: EmbeddedPostgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """The application on it, migrated and without people."""
    from app.cli import initialise
    from app.extensions import db

    application = build(make_settings(server.url(), tmp_path_factory.mktemp("instance")))
    initialise(application)
    yield application
    with application.app_context():
        db.engine.dispose()
