"""Papers printed by the template in force: the organizer's, else the region's, else the portal's.

The one way to print any paper from facts; a listener's document and an order use the template of the day of issue
instead.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from app.documents.docx.print_look import WHOLE_PAGE, PrintLook, look_of
from app.documents.templates.merged import merged
from app.documents.templates.templates import get_template, insist_filled, manifest, render_docx
from app.errors import Invalid
from app.extensions import configured
from app.services.paper.issuing.certificates import Printing
from app.services.paper.printing import print_templates
from app.statuses import CertificateKind


def standard_file(code: str) -> bytes:
    """Return the portal's own template of a paper; raises Invalid for a paper without one."""
    return get_template(code).path.read_bytes()


def template_for(code: str, organizer_id: int | None) -> tuple[bytes, str]:
    """Return the template by which a paper is printed now and its SHA-256; raises Invalid for a paper without one.

    ``organizer_id`` is None for a paper that no organizer prints.
    """
    found = print_templates.template_for(code, organizer_id, standard=standard_file)
    return found.data, found.sha256


def look_for(code: str, organizer_id: int | None) -> PrintLook:
    """Return how the acting user prints an organizer's paper: on the blank only a user who sees the organizer's print settings."""
    return look_of(print_templates.choice_of(code, organizer_id)) if organizer_id is not None else WHOLE_PAGE


def print_paper(
    code: str, context: Mapping[str, Any], *, organizer_id: int | None, picture: bytes | None = None
) -> bytes:
    """Return the DOCX of a paper by the template in force; raises as ``render_docx`` does."""
    template, look = template_for(code, organizer_id)[0], look_for(code, organizer_id)
    return render_docx(code, context, picture=picture, template=template, look=look)


def print_kept(code: str, context: Mapping[str, Any], *, version: str, organizer_id: int) -> bytes:
    """Return the DOCX of an issued paper by the template kept with it (``version``: its SHA-256); raises as ``render_docx`` does."""
    file = print_templates.file_of_issued(code, version, organizer_id)
    return render_docx(code, context, template=file, look=look_for(code, organizer_id))


def print_one_after_another(
    code: str, contexts: Sequence[Mapping[str, Any]], *, organizer_id: int, version: str = ""
) -> bytes:
    """Return several papers of one kind as one file, each beginning a page; ``version``: by the template kept with them."""
    info = get_template(code)
    for context in contexts:
        insist_filled(info, context)
    kept = print_templates.file_of_issued(code, version, organizer_id) if version else None
    template, look = kept or template_for(code, organizer_id)[0], look_for(code, organizer_id)
    return merged(template, ((context, None) for context in contexts), title=info.title, look=look)


def issue_options() -> dict[str, Any]:
    """Options of issuing that come from the program and its settings, not from the user."""
    return {"printing": Printing(_template_file, configured().public_url)}


def _template_file(kind: CertificateKind, organizer_id: int) -> bytes:
    """File by which a kind is printed now; raises Invalid before a number is spent on a paper that cannot be printed."""
    if kind.value not in manifest():
        raise Invalid(
            f"Документ «{kind.label}» портал пока не печатает: для него нет шаблона. Обратитесь к оператору портала."
        )
    return template_for(kind.value, organizer_id)[0]
