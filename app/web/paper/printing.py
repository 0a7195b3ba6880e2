"""What issuing needs of the running portal: the templates' files and the address of the check page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import current_app

from app.documents.paper_fields import PAPER_FIELDS, sample_context
from app.documents.print_look import WHOLE_PAGE, PrintLook, look_of
from app.documents.qr import qr_png
from app.documents.template_check import template_problems
from app.documents.templates import get_template, manifest, render_template
from app.errors import Invalid
from app.services.paper import print_templates
from app.services.paper.certificates import Printing
from app.statuses import CertificateKind


def issue_options() -> dict[str, Any]:
    """Options of issuing that come from the program and its settings, not from the user."""
    return {"printing": Printing(template_file, check_base())}


def check_base() -> str:
    """Address of the portal as strangers reach it, before the paths of its check pages."""
    address: str = current_app.config["PORTAL"].public_url
    return address.rstrip("/")


def template_file(kind: CertificateKind, organizer_id: int) -> bytes:
    """File by which a kind is printed now; raises Invalid before a number is spent on a paper that cannot be printed."""
    if kind.value not in manifest():
        raise Invalid(
            f"Документ «{kind.label}» портал пока не печатает: для него нет шаблона. Обратитесь к оператору портала."
        )
    return template_for(kind.value, organizer_id)[0]


# --- by which template, and how ---------------------------------------------------------------------------------------


def template_for(code: str, organizer_id: int | None) -> tuple[bytes, str]:
    """Return the template by which an organizer's paper is printed now and its SHA-256; raises Invalid for a paper without one."""
    found = print_templates.template_for(code, organizer_id, standard=standard_file)
    return found.data, found.sha256


def standard_file(code: str) -> bytes:
    """Return the portal's own template of a paper; raises Invalid for a paper without one."""
    return get_template(code).path.read_bytes()


def look_for(code: str, organizer_id: int | None) -> PrintLook:
    """Return how the acting user prints an organizer's paper: on the blank only who sees the organizer's print settings."""
    return look_of(print_templates.choice_of(code, organizer_id))


def inspect(code: str, data: bytes) -> Sequence[str]:
    """Return what is wrong with an uploaded template, in sentences; raises Invalid for a paper that takes none."""
    fields = PAPER_FIELDS.get(code)
    if fields is None:
        raise Invalid("Для этого документа свой шаблон загрузить нельзя. Выберите документ из списка.")
    return template_problems(data, fields, get_template(code).required)


def sample_paper(code: str, template: bytes, look: PrintLook = WHOLE_PAGE) -> bytes:
    """Return the DOCX of a paper of the sample person by a template; raises Invalid for a faulty one."""
    context = sample_context(PAPER_FIELDS[code])
    picture = qr_png(context["check_url"]) if "check_url" in context else None
    return render_template(template, context, title=get_template(code).title, picture=picture, look=look)
