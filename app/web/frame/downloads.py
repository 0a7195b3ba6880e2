"""Answers that are files: of bytes, or of what is written for one download and leaves nothing on the disk."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Callable
from pathlib import Path

from flask import send_file
from werkzeug.wrappers import Response

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


def download_of(data: bytes, name: str, kind: str = DOCX) -> Response:
    """A download; what a user has uploaded is never shown inside the portal's pages."""
    return send_file(io.BytesIO(data), as_attachment=True, download_name=name, mimetype=kind)


def download_written(name: str, kind: str, write: Callable[[Path], object]) -> Response:
    """A download of the file that ``write`` makes at the path it is given; what it raises comes through."""
    with tempfile.TemporaryDirectory(prefix="portal-file-") as folder:
        path = Path(folder, "file").with_suffix(Path(name).suffix)
        write(path)
        # the open file outlives its name, so nothing stays on the disk when the download breaks off
        return send_file(path.open("rb"), as_attachment=True, download_name=name, mimetype=kind)
