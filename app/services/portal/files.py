"""Files of users outside the web root: checked by content, written before their row, read by users who see the row.

A scan is a PDF or a picture (``keep_scan``); a document that is written by a program is a PDF or DOCX
(``recognise_document``).

A file whose transaction fails stays without a row; the nightly job removes it, and files past their term.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import os
import secrets
import time
import zipfile
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from PIL import Image
from pypdf import PdfReader
from sqlalchemy import select, update

from app import models as m
from app.access import current_actor, unscoped
from app.clock import now
from app.errors import Invalid, NotFound
from app.extensions import configured, db

#: largest scan, in bytes
MOST_BYTES = 10 << 20
#: largest image, in pixels: A3 at 600 dpi is 70 million
MOST_PIXELS = 80_000_000
#: a scan of a request that came to nothing, or whose role has been revoked, is kept so long
KEEP_AFTER_REFUSAL = dt.timedelta(days=365)
#: a file that belongs to no row is removed after that
STRAY_AFTER = dt.timedelta(days=1)

_FOLDER = "scans"
#: tables whose scans are served
_SCANNED = tuple(model.__tablename__ for model in (m.AccessRequest, m.Consent, m.Training, m.ChangeRequest))
_TYPES = {"PDF": ("application/pdf", ".pdf"), "JPEG": ("image/jpeg", ".jpg"), "PNG": ("image/png", ".png")}
_WRONG = "Это не скан: нужен файл PDF, JPEG или PNG. Отсканируйте или сфотографируйте документ и выберите файл снова."
_BROKEN = "Файл повреждён и не открывается. Отсканируйте документ снова."
_LOCKED = "Файл закрыт паролем. Сохраните PDF без пароля и выберите его снова."
_NO_DOCUMENT = "Это не документ: нужен файл PDF или DOCX. Сохраните текст в одном из этих видов и выберите файл снова."
_OLD_WORD = "Это файл Word старого вида или под паролем. Сохраните его как DOCX без пароля и выберите снова."
_BROKEN_DOCUMENT = "Файл повреждён и не открывается. Сохраните документ заново и выберите файл снова."
_MACROS = "В файле есть макросы. Сохраните документ без макросов, в виде DOCX или PDF."
#: a DOCX holds fewer parts, and its text unpacked is smaller: more is a trap for who opens it
_MOST_PARTS, _MOST_UNPACKED = 2000, 100 << 20
_WORD_TEXT = b"wordprocessingml.document.main+xml"
_GONE = "Такого файла нет, срок его хранения прошёл или он вам не виден."


@dataclass(frozen=True, slots=True)
class Scan:
    """An uploaded file: its name and its bytes."""

    name: str
    data: bytes


def files_root() -> Path:
    """Return the folder that paths of stored files are relative to."""
    return Path(configured().instance_dir) / "files"


# --- what a file is --------------------------------------------------------------------------------------------------


def recognise(data: bytes) -> str:
    """Return PDF, JPEG or PNG by the content, whatever the name says; raises Invalid for anything else and for a broken file."""
    if data.startswith(b"%PDF-"):
        _check_pdf(data)
        return "PDF"
    if data.startswith(b"\xff\xd8\xff"):
        return _check_image(data, "JPEG")
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return _check_image(data, "PNG")
    raise _refusal(_WRONG)


def _check_pdf(data: bytes, broken: str = _BROKEN) -> None:
    try:
        reader = PdfReader(io.BytesIO(data))
        closed = reader.is_encrypted
        empty = not closed and len(reader.pages) == 0
    except Exception as error:  # a broken file makes the parser raise anything
        raise _refusal(broken) from error
    if closed:
        raise _refusal(_LOCKED)
    if empty:
        raise _refusal(broken)


def _check_image(data: bytes, kind: str) -> str:
    try:
        image = Image.open(io.BytesIO(data), formats=(kind,))
        too_large = image.width * image.height > MOST_PIXELS
        if not too_large and kind == "JPEG":
            image.draft("L", (100, 100))  # a small copy is enough to know that the file is whole
            image.load()
        elif not too_large:
            image.verify()
    except Exception as error:  # a broken file makes the decoder raise anything
        raise _refusal(_BROKEN) from error
    if too_large:
        raise _refusal("В изображении слишком много точек. Сохраните скан с разрешением 300 точек на дюйм.")
    return kind


def recognise_document(data: bytes) -> str:
    """Return PDF or DOCX by the content, whatever the name says; raises Invalid for anything else and for a broken file."""
    if data.startswith(b"%PDF-"):
        _check_pdf(data, _BROKEN_DOCUMENT)
        return "PDF"
    if data.startswith(b"PK\x03\x04"):
        _check_docx(data)
        return "DOCX"
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        raise _refusal(_OLD_WORD)
    raise _refusal(_NO_DOCUMENT)


def _check_docx(data: bytes) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as book:
            parts = book.infolist()
            names = {part.filename for part in parts}
            fits = len(parts) <= _MOST_PARTS and sum(part.file_size for part in parts) <= _MOST_UNPACKED
            whole = fits and _opens(book, names)
    except Exception as error:  # a broken archive makes the reader raise anything
        raise _refusal(_BROKEN_DOCUMENT) from error
    if any(name.endswith("vbaProject.bin") for name in names):
        raise _refusal(_MACROS)
    if not whole:
        raise _refusal(_NO_DOCUMENT if fits else _BROKEN_DOCUMENT)


def _opens(book: zipfile.ZipFile, names: set[str]) -> bool:
    """Whether an archive holds the text of a document, read to its end so that its sum is checked."""
    if not {"[Content_Types].xml", "word/document.xml"} <= names:
        return False
    return _WORD_TEXT in book.read("[Content_Types].xml") and bool(book.read("word/document.xml"))


def _refusal(sentence: str) -> Invalid:
    return Invalid(sentence, fields={"scan": [sentence]})


# --- keeping ---------------------------------------------------------------------------------------------------------


def keep_scan(name: str, data: bytes, *, table: str, made_in: Collection[str] | None = None) -> m.StoredFile:
    """Store the scan of a document for a row of ``table``; ``made_in`` as ``keep`` takes it. Raises Invalid for what is no scan, is broken, or is too large."""
    if len(data) > MOST_BYTES:
        raise _refusal("Файл больше 10 МБ. Отсканируйте документ с разрешением 150–300 точек на дюйм.")
    content_type, suffix = _TYPES[recognise(data)]
    plain = Path(name.replace("\\", "/")).name
    shown = f"{Path(plain).stem or 'скан'}"[:200] + suffix
    return keep(
        data, folder=_FOLDER, suffix=suffix, name=shown, content_type=content_type, table=table, made_in=made_in
    )


def keep(
    data: bytes,
    *,
    folder: str,
    suffix: str,
    name: str,
    content_type: str,
    table: str,
    object_id: int | None = None,
    owner_id: int | None = None,
    expires_at: dt.datetime | None = None,
    made_in: Collection[str] | None = None,
) -> m.StoredFile:
    """Write a file under a random name and its row; inside the transaction of what the file belongs to.

    It is its owner's while the roles of ``made_in`` live (``Actor.role_marks``): by default all that are held now, none for
    what belongs to the person and not to a role.
    """
    row = m.StoredFile(
        name=name,
        content_type=content_type,
        size=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
        path=_write(data, folder, suffix).relative_to(files_root()).as_posix(),
        object_table=table,
        object_id=object_id,
        owner_id=owner_id if owner_id is not None else current_actor().user_id,
        expires_at=expires_at,
        made_in=sorted(current_actor().role_marks() if made_in is None else made_in),
    )
    db.session.add(row)
    db.session.flush()
    return row


def _write(data: bytes, folder: str, suffix: str) -> Path:
    root = files_root() / folder
    root.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = root / f"{secrets.token_hex(16)}{suffix}"
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    return path


def let_expire(file_id: int | None, *, at: dt.datetime | None) -> None:
    """Set until when a file is kept; None: as long as its row."""
    if file_id is not None:
        db.session.execute(update(m.StoredFile).where(m.StoredFile.id == file_id).values(expires_at=at))


# --- reading and sweeping --------------------------------------------------------------------------------------------


def open_scan(pk: int) -> tuple[m.StoredFile, Path]:
    """Return a scan that the actor sees, and where it lies; raises NotFound."""
    file = m.StoredFile
    statement = select(file).where(file.id == pk, file.object_table.in_(_SCANNED))
    row = db.session.scalars(statement).one_or_none() if 0 < pk < 2**31 else None
    path = files_root() / row.path if row is not None else None
    if row is None or path is None or _is_past(row.expires_at) or not path.is_file():
        raise NotFound(_GONE)
    return row, path


def _is_past(until: dt.datetime | None) -> bool:
    return until is not None and until <= now()


def remove_old(folder: str = _FOLDER) -> int:
    """Remove the files of a folder past their term, and those that belong to no row; return how many."""
    files = {f"{folder}/{path.name}": path for path in (files_root() / folder).glob("*")}
    row = m.StoredFile
    with unscoped("files past their term are removed by the portal"):
        named = dict(db.session.execute(select(row.path, row.expires_at).where(row.path.in_(files))).tuples().all())
    # a file without a row may belong to a transaction that has not ended
    fresh = time.time() - STRAY_AFTER.total_seconds()
    old = [
        path
        for name, path in files.items()
        if (_is_past(named[name]) if name in named else path.stat().st_mtime < fresh)
    ]
    for path in old:
        path.unlink(missing_ok=True)
    return len(old)
