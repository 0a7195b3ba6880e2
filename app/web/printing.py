"""What printing needs of the running portal: the template's fingerprint and the address of the check page."""

from __future__ import annotations

from typing import Any

from flask import current_app

from app.documents.templates import manifest, template_sha
from app.errors import Invalid
from app.statuses import CertificateKind


def issue_options() -> dict[str, Any]:
    """Options of ``certificates.issue`` that come from the program and its settings, not from the user."""
    return {"template_of": _template_of, "check_base": check_base()}


def check_base() -> str:
    """Address of the portal as strangers reach it, before the paths of its check pages."""
    address: str = current_app.config["PORTAL"].public_url
    return address.rstrip("/")


def _template_of(kind: CertificateKind) -> str:
    """Fingerprint of a kind's template; raises Invalid before a number is spent on a paper that cannot be printed."""
    if kind.value not in manifest():
        raise Invalid(
            f"Документ «{kind.label}» портал пока не печатает: для него нет шаблона. Обратитесь к оператору портала."
        )
    return template_sha(kind.value)
