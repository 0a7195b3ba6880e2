"""Alembic's environment: one history that owns the portal's tables and FAB's; Procrastinate's live in their own revision."""

from __future__ import annotations

from typing import Any

from alembic import context
from flask import current_app

from app.models import Base

config = context.config


def include_object(item: Any, name: str | None, kind: str, reflected: bool, _compare_to: Any) -> bool:
    """Leave Procrastinate's tables to Procrastinate, and FAB's sequences to FAB's models."""
    return not (kind in ("table", "index") and reflected and (name or "").startswith("procrastinate_"))


def run() -> None:
    """Migrate through the application's engine, one transaction per call."""
    engine = current_app.extensions["migrate"].db.engine
    with engine.connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            include_object=include_object,
            compare_type=True,
            compare_server_default=False,
            transaction_per_migration=False,
        )
        with context.begin_transaction():
            context.run_migrations()


run()
