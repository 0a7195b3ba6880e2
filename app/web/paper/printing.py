"""Uploaded templates: which papers may be replaced, what is wrong with a file, the paper of a sample person."""

from __future__ import annotations

from collections.abc import Sequence

from app.documents.docx.print_look import WHOLE_PAGE, PrintLook
from app.documents.qr import qr_png
from app.documents.templates import uploaded
from app.documents.templates.paper_fields import PAPER_FIELDS, sample_context
from app.documents.templates.templates import get_template, render_template
from app.errors import Invalid
from app.russian import quoted


def papers_for(organizer_id: int | None) -> list[str]:
    """Return the codes of the papers whose template may be replaced: by an organizer, or (None) for the whole region."""
    return [code for code in PAPER_FIELDS if organizer_id is None or not get_template(code).regional]


def inspect(code: str, data: bytes, *, organizer_id: int | None = None) -> Sequence[str]:
    """Return what is wrong with an uploaded template, in sentences; raises Invalid for a paper that takes none there."""
    fields = PAPER_FIELDS.get(code)
    if fields is None:
        raise Invalid("Для этого документа свой шаблон загрузить нельзя. Выберите документ из списка.")
    if code not in papers_for(organizer_id):
        title = get_template(code).title
        raise Invalid(f"{quoted(title)} печатают не организаторы: шаблон меняет оператор портала для всего региона.")
    return uploaded.check(data, fields, get_template(code).required)


def sample_paper(code: str, template: bytes, look: PrintLook = WHOLE_PAGE) -> bytes:
    """Return the DOCX of a paper of the sample person by a template; raises Invalid for a faulty one."""
    context = sample_context(PAPER_FIELDS[code])
    picture = qr_png(context["check_url"]) if "check_url" in context else None
    return render_template(template, context, title=get_template(code).title, picture=picture, look=look)
