"""The scan in a form: its field, and the uploaded file."""

from __future__ import annotations

from typing import Any

from flask import request
from flask_wtf.file import FileField

from app.services.portal import files

_NAME = "scan"


def scan_field(label: str, *validators: Any, about: str) -> FileField:
    """The form's field ``scan``; ``about`` says what may be chosen and who will see it."""
    return FileField(label, [*validators], description=about, render_kw={"accept": ".pdf,.jpg,.jpeg,.png"})


def sent_scan() -> tuple[str, bytes] | None:
    """Name and content of the file in the field ``scan``, of one that is too large only so much; None: no file was chosen."""
    upload = request.files.get(_NAME)
    if upload is None or not upload.filename:
        return None
    return upload.filename, upload.stream.read(files.MOST_BYTES + 1)
