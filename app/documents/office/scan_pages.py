"""A scanned document as pages of a PDF: a PDF as it is, a picture on a sheet of A4."""

from __future__ import annotations

import io
from pathlib import Path

from PIL import Image, ImageOps
from pypdf import PdfReader

#: dots per inch of a picture's sheet; its short and long side and its margin in dots
_DPI = 150
_SHORT, _LONG, _MARGIN = 1240, 1754, 60


def scan_as_pdf(path: Path) -> PdfReader:
    """Return the pages of a scan that ``services.portal.files`` has taken (PDF, JPEG or PNG)."""
    with path.open("rb") as file:
        is_pdf = file.read(5) == b"%PDF-"
    return PdfReader(path if is_pdf else io.BytesIO(_sheet(path)))


def _sheet(path: Path) -> bytes:
    """Lay a picture on a sheet that lies as the picture does, upright as the camera held it."""
    with Image.open(path) as file:
        picture = ImageOps.exif_transpose(file).convert("RGB")
    size = (_LONG, _SHORT) if picture.width > picture.height else (_SHORT, _LONG)
    picture = ImageOps.contain(picture, (size[0] - 2 * _MARGIN, size[1] - 2 * _MARGIN))
    sheet = Image.new("RGB", size, "white")
    sheet.paste(picture, ((size[0] - picture.width) // 2, (size[1] - picture.height) // 2))
    made = io.BytesIO()
    sheet.save(made, "PDF", resolution=_DPI)
    return made.getvalue()
