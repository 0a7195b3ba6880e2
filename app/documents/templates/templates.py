"""DOCX templates: the manifest of the papers, their required fields, printing with errors in words."""

from __future__ import annotations

import datetime as dt
import hashlib
import tomllib
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import TemplateError
from lxml import etree

from app.documents.docx.docx_template import DocxPaper, compiled
from app.documents.docx.print_look import WHOLE_PAGE, PrintLook, laid_out
from app.documents.templates import uploaded
from app.errors import Invalid

__all__ = ["FAULTS", "TemplateInfo", "get_template", "insist_filled", "manifest", "render_docx"]

TEMPLATE_FOLDER = Path(__file__).resolve().parents[3] / "print_templates"
PLAIN_TYPES = frozenset({str, int, bool, type(None), dt.date})
#: What a faulty or hostile template can raise while it is read, compiled or filled.
FAULTS = (
    TemplateError,
    TypeError,
    ValueError,
    ArithmeticError,
    LookupError,
    AttributeError,
    RecursionError,
    SyntaxError,
    etree.XMLSyntaxError,
    zipfile.BadZipFile,
)


@dataclass(frozen=True, slots=True)
class TemplateInfo:
    """One entry of the manifest; ``required`` maps a field of the context to the words that name it in an error.

    ``regional``: no organizer prints the paper, so its template is replaced only for the whole region.
    """

    code: str
    title: str
    path: Path
    permission: str
    required: Mapping[str, str]
    regional: bool = False


@lru_cache(maxsize=1)
def manifest() -> Mapping[str, TemplateInfo]:
    """Return the templates of ``print_templates/manifest.toml`` by their code."""
    with (TEMPLATE_FOLDER / "manifest.toml").open("rb") as file:
        entries = tomllib.load(file)
    return {code: _info(code, item) for code, item in entries.items()}


def _info(code: str, item: Mapping[str, Any]) -> TemplateInfo:
    path, regional = TEMPLATE_FOLDER / item["file"], bool(item.get("regional"))
    return TemplateInfo(code, item["title"], path, item["permission"], item["required"], regional)


def get_template(code: str) -> TemplateInfo:
    """Return one entry of the manifest; raises Invalid for a paper that has no template."""
    info = manifest().get(code)
    if info is None:
        raise Invalid(f"Для документа «{code}» нет шаблона печати. Обратитесь к оператору портала.")
    return info


def template_sha(code: str) -> str:
    """Return the SHA-256 of a template's file, to be kept with a snapshot: it tells which paper was printed."""
    return hashlib.sha256(get_template(code).path.read_bytes()).hexdigest()


def insist_filled(info: TemplateInfo, context: Mapping[str, Any]) -> None:
    """Raise Invalid when a required field of a paper is empty, naming it in words."""
    missing = [label for name, label in info.required.items() if context.get(name) in (None, "")]
    if missing:
        raise Invalid(
            f"Документ «{info.title}» не напечатан: не заполнено — {', '.join(missing)}. "
            "Заполните эти сведения и повторите печать."
        )


def render_docx(
    code: str,
    context: Mapping[str, Any],
    *,
    picture: bytes | None = None,
    template: bytes | None = None,
    look: PrintLook = WHOLE_PAGE,
) -> bytes:
    """Return the DOCX of the paper ``code`` filled from plain values; ``picture`` is the PNG of the QR code.

    ``template`` is the file to fill, by default the portal's own; ``look`` how it is laid on the sheet. Raises Invalid when a required field is empty or the
    template is faulty, TypeError when a value is not plain.
    """
    info = get_template(code)
    insist_filled(info, context)
    file = template if template is not None else info.path.read_bytes()
    return render_template(file, context, title=info.title, picture=picture, look=look)


def render_template(
    template: bytes,
    context: Mapping[str, Any],
    *,
    title: str = "шаблон",
    picture: bytes | None = None,
    look: PrintLook = WHOLE_PAGE,
) -> bytes:
    """Return the DOCX of a template given as bytes; ``title`` names it in errors.

    Raises Invalid for a template that is no DOCX, has a wrong or forbidden expression or names an unknown field;
    TypeError when the context holds anything but str, int, bool, None, date, list and dict.
    """
    return next(render_each(template, [(context, picture)], title=title, look=look))


def render_each(
    template: bytes,
    papers: Iterable[tuple[Mapping[str, Any], bytes | None]],
    *,
    title: str = "шаблон",
    look: PrintLook = WHOLE_PAGE,
) -> Iterator[bytes]:
    """Yield the DOCX of each (context, picture) of one template; raises as ``render_template`` does.

    The portal's own files are filled here, all others in one bounded child process.
    """
    if not is_own(template):
        yield from uploaded.render_each(template, _plain(papers), title=title, look=look)
        return
    for context, picture in _plain(papers):
        paper, filled = fill_here(template, context, title=title, look=look)
        yield paper.pack(filled, picture)


def _plain(
    papers: Iterable[tuple[Mapping[str, Any], bytes | None]],
) -> Iterator[tuple[Mapping[str, Any], bytes | None]]:
    for context, picture in papers:
        refuse_objects(context)
        yield context, picture


def is_own(template: bytes) -> bool:
    """Whether a template is one of those that come with the portal: it is trusted as the portal's code is."""
    return hashlib.sha256(template).hexdigest() in _own_files()


@lru_cache(maxsize=1)
def _own_files() -> frozenset[str]:
    return frozenset(hashlib.sha256(info.path.read_bytes()).hexdigest() for info in manifest().values())


def fill_here(
    template: bytes, context: Mapping[str, Any], *, title: str, look: PrintLook = WHOLE_PAGE
) -> tuple[DocxPaper, dict[str, bytes]]:
    """Return the compiled template and its filled parts, laid out as ``look`` says; raises Invalid for a faulty template.

    Only for the portal's own templates, and inside the child process that fills the others. A template learns by the field ``on_blank`` that a ready blank already has its lines and titles.
    """
    try:
        paper = compiled(template)
        filled = paper.fill({**context, "on_blank": look.on_blank})
        return paper, {name: laid_out(xml, look) for name, xml in filled.items()}
    except FAULTS as error:
        raise Invalid(
            f"Шаблон «{title}» содержит ошибку, документ не напечатан. Ничего не изменено; "
            "сообщите об этом оператору портала: шаблон нужно исправить."
        ) from error


def refuse_objects(value: Any) -> None:
    """Raise TypeError unless the value is plain all the way down: a template must not reach objects' methods."""
    if type(value) is dict:
        for key, item in value.items():
            if type(key) is not str:
                raise TypeError(f"a key of a printing context must be str, not {type(key).__name__}")
            refuse_objects(item)
    elif type(value) is list:
        for item in value:
            refuse_objects(item)
    elif type(value) not in PLAIN_TYPES:  # exact types: a subclass of str could switch the escaping off
        raise TypeError(f"a printing context holds plain values only, not {type(value).__name__}")
