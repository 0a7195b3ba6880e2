"""DOCX templates: the manifest, safe rendering in a sandbox, compiled templates kept by their content.

The syntax of templates is docxtpl's (``{{ field }}``, ``{%p if … %}``). A template is compiled once: docxtpl rewrites
its XML, Jinja compiles it, the other parts of the file are carried over as they are. Values come from people, so they
are escaped; templates may one day come from people too, so they run in a sandbox over plain values and reach nothing.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import re
import tomllib
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from docxtpl import DocxTemplate
from jinja2 import StrictUndefined, Template, TemplateError
from jinja2.exceptions import SecurityError
from jinja2.sandbox import ImmutableSandboxedEnvironment
from lxml import etree

from app.errors import Invalid

TEMPLATE_FOLDER = Path(__file__).resolve().parents[2] / "print_templates"
#: The picture in a template that is replaced by the given one (the QR code).
PICTURE_NAME = "qr.png"
ALLOWED_FILTERS = ("capitalize", "default", "join", "length", "lower", "trim", "upper")
#: Parts of a DOCX that may hold template tags.
DYNAMIC_PARTS = re.compile(r"word/(document|header\d*|footer\d*|footnotes)\.xml")
#: What XML 1.0 cannot hold: control characters, lone surrogates, non-characters.
ILLEGAL_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
PLAIN_TYPES = frozenset({str, int, bool, type(None), dt.date})
#: What a faulty or hostile template can raise while it is read, compiled or filled.
FAULTS = (
    TemplateError,
    TypeError,
    ValueError,
    ArithmeticError,
    LookupError,
    AttributeError,
    etree.XMLSyntaxError,
    zipfile.BadZipFile,
)
CACHE_SIZE = 32


@dataclass(frozen=True, slots=True)
class TemplateInfo:
    """One entry of the manifest; ``required`` maps a field of the context to the words that name it in an error."""

    code: str
    title: str
    path: Path
    permission: str
    required: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class CompiledTemplate:
    """A template ready to print: parts with tags, parts without, and the part that holds the replaceable picture."""

    dynamic: tuple[tuple[str, Template], ...]
    static: tuple[tuple[str, bytes], ...]
    picture_part: str | None
    break_lines: Callable[[str], str]


_cache: dict[str, CompiledTemplate] = {}


class _Sandbox(ImmutableSandboxedEnvironment):
    """A Jinja environment without globals, with few filters and without operators that can eat the memory."""

    intercepted_binops = frozenset({"*", "**", "%"})

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        """Refuse multiplication, power and ``%`` formatting: ``'A' * 10**10`` would fill the memory."""
        raise SecurityError(f"operator {operator} is not allowed in templates")


def clean_text(text: str) -> str:
    """Return the text without the characters that XML cannot hold."""
    return ILLEGAL_XML.sub("", text)


def _finalize(value: Any) -> Any:
    """Turn a value of the context into what is printed: nothing for None, дд.мм.гггг for a date, clean text."""
    if value is None:
        return ""
    if isinstance(value, dt.date):
        return value.strftime("%d.%m.%Y")
    return clean_text(value) if isinstance(value, str) else value


def _sandbox() -> _Sandbox:
    environment = _Sandbox(autoescape=True, undefined=StrictUndefined, finalize=_finalize)
    environment.globals.clear()
    environment.filters = {name: environment.filters[name] for name in ALLOWED_FILTERS}
    return environment


_ENVIRONMENT = _sandbox()


@lru_cache(maxsize=1)
def manifest() -> Mapping[str, TemplateInfo]:
    """Return the templates of ``print_templates/manifest.toml`` by their code."""
    with (TEMPLATE_FOLDER / "manifest.toml").open("rb") as file:
        entries = tomllib.load(file)
    return {
        code: TemplateInfo(code, item["title"], TEMPLATE_FOLDER / item["file"], item["permission"], item["required"])
        for code, item in entries.items()
    }


def get_template(code: str) -> TemplateInfo:
    """Return one entry of the manifest; raises Invalid for a paper that has no template."""
    info = manifest().get(code)
    if info is None:
        raise Invalid(f"Для документа «{code}» нет шаблона печати. Обратитесь к оператору портала.")
    return info


def template_sha(code: str) -> str:
    """Return the SHA-256 of a template's file, to be kept with a snapshot: it tells which paper was printed."""
    return hashlib.sha256(get_template(code).path.read_bytes()).hexdigest()


def render_docx(code: str, context: Mapping[str, Any], *, picture: bytes | None = None) -> bytes:
    """Return the DOCX of the template ``code`` filled from plain values; ``picture`` is the PNG of the QR code.

    Raises Invalid when a required field is empty or the template is faulty, TypeError when a value is not plain.
    """
    info = get_template(code)
    missing = [label for name, label in info.required.items() if context.get(name) in (None, "")]
    if missing:
        raise Invalid(
            f"Документ «{info.title}» не напечатан: не заполнено — {', '.join(missing)}. "
            "Заполните эти сведения и повторите печать."
        )
    return render_template(info.path.read_bytes(), context, title=info.title, picture=picture)


def render_template(
    template: bytes, context: Mapping[str, Any], *, title: str = "шаблон", picture: bytes | None = None
) -> bytes:
    """Return the DOCX of a template given as bytes; ``title`` names it in errors.

    Raises Invalid for a template that is no DOCX, has a wrong or forbidden expression or names an unknown field;
    TypeError when the context holds anything but str, int, bool, None, date, list and dict.
    """
    refuse_objects(context)
    try:
        compiled = _compiled(template)
        filled = [(name, _fill(compiled, part, context)) for name, part in compiled.dynamic]
    except FAULTS as error:
        raise Invalid(
            f"Шаблон «{title}» содержит ошибку, документ не напечатан. Ничего не изменено; "
            "сообщите об этом оператору портала: шаблон нужно исправить."
        ) from error
    return _pack(compiled, filled, picture)


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


def _compiled(template: bytes) -> CompiledTemplate:
    """Return the compiled template from the cache; its key is the content, so an edited file is compiled anew."""
    sha = hashlib.sha256(template).hexdigest()
    found = _cache.get(sha)
    if found is None:
        if len(_cache) >= CACHE_SIZE:
            _cache.pop(next(iter(_cache)), None)
        found = _cache[sha] = _compile(template)
    return found


def _compile(template: bytes) -> CompiledTemplate:
    with zipfile.ZipFile(io.BytesIO(template)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    if "word/document.xml" not in parts:
        raise ValueError("not a Word document")
    rewriter = DocxTemplate(io.BytesIO(template))
    dynamic = {
        name: _ENVIRONMENT.from_string(rewriter.patch_xml(data.decode("utf-8")))
        for name, data in parts.items()
        if DYNAMIC_PARTS.fullmatch(name)
    }
    static = tuple((name, data) for name, data in parts.items() if name not in dynamic)
    return CompiledTemplate(tuple(dynamic.items()), static, _picture_part(parts), rewriter.resolve_listing)


def _picture_part(parts: Mapping[str, bytes]) -> str | None:
    """Return the name of the media file behind the picture called ``qr.png``, None when there is none."""
    named = rf'<pic:cNvPr [^>]*name="{re.escape(PICTURE_NAME)}".*?r:embed="([^"]+)"'
    found = re.search(named, parts["word/document.xml"].decode("utf-8"), re.DOTALL)
    if found is None:
        return None
    relations = parts["word/_rels/document.xml.rels"].decode("utf-8")
    relation = re.search(rf'<Relationship [^>]*Id="{re.escape(found[1])}"[^>]*>', relations)
    target = re.search(r'Target="([^"]+)"', relation[0]) if relation else None
    return f"word/{target[1]}" if target else None


def _fill(compiled: CompiledTemplate, part: Template, context: Mapping[str, Any]) -> bytes:
    """Render one part and prove that it is XML; lines of a text become line breaks of Word."""
    declaration, mark, body = part.render(context).partition("?>")
    if not mark:
        declaration, body = "", declaration
    if any(sign in body.strip() for sign in "\n\t"):
        body = compiled.break_lines(body)
    data = (declaration + mark + body).encode("utf-8")
    etree.fromstring(data, etree.XMLParser(resolve_entities=False, no_network=True))
    return data


def _pack(compiled: CompiledTemplate, filled: list[tuple[str, bytes]], picture: bytes | None) -> bytes:
    """Write the file; timestamps are fixed, so equal facts give equal bytes."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in (*compiled.static, *filled):
            replaced = picture if picture is not None and name == compiled.picture_part else data
            archive.writestr(zipfile.ZipInfo(name), replaced, zipfile.ZIP_DEFLATED)
    return packed.getvalue()
