"""What printing needs of the running portal: the template's fingerprint and the address of the check page."""

from __future__ import annotations

from typing import Any

from flask import current_app

from app.documents.templates import template_sha


def issue_options() -> dict[str, Any]:
    """Options of ``certificates.issue`` that come from the program and its settings, not from the user."""
    base = current_app.config["PORTAL"].public_url.rstrip("/")
    return {"template_version": template_sha("certificate"), "check_base": base}
