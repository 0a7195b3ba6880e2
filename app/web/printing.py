"""What issuing needs of the running portal: the templates' files and the address of the check page."""

from __future__ import annotations

from typing import Any

from flask import current_app

from app.documents.templates import manifest
from app.errors import Invalid
from app.services.certificates import Printing
from app.statuses import CertificateKind


def issue_options() -> dict[str, Any]:
    """Options of issuing that come from the program and its settings, not from the user."""
    base = current_app.config["PORTAL"].public_url.rstrip("/")
    return {"printing": Printing(template_file, base)}


def template_file(kind: CertificateKind, _organizer_id: int) -> bytes:
    """File by which a kind is printed now; raises Invalid before a number is spent on a paper that cannot be printed."""
    info = manifest().get(kind.value)
    if info is None:
        raise Invalid(
            f"Документ «{kind.label}» портал пока не печатает: для него нет шаблона. Обратитесь к оператору портала."
        )
    return info.path.read_bytes()
