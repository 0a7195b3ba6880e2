"""Small real scans and documents for tests: PDF, JPEG, PNG, DOCX."""

from __future__ import annotations

import io
import zipfile

from docx import Document
from PIL import Image
from pypdf import PdfWriter


def pdf(*, password: str = "") -> bytes:
    writer = PdfWriter()
    writer.add_blank_page(width=200, height=200)
    if password:
        writer.encrypt(password, algorithm="RC4-128")
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def image(kind: str, size: tuple[int, int] = (60, 80)) -> bytes:
    out = io.BytesIO()
    Image.effect_noise(size, 50).save(out, kind)
    return out.getvalue()


def docx(text: str = "Программа", *, parts: dict[str, bytes] | None = None) -> bytes:
    """A real document of Word; ``parts`` are put into its archive or replace parts of it."""
    document, out = Document(), io.BytesIO()
    document.add_paragraph(text)
    document.save(out)
    if not parts:
        return out.getvalue()
    changed = io.BytesIO()
    with zipfile.ZipFile(out) as old, zipfile.ZipFile(changed, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            if name not in parts:
                new.writestr(name, old.read(name))
        for name, data in parts.items():
            new.writestr(name, data)
    return changed.getvalue()
