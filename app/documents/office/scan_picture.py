"""The first pages of a scanned PDF as one picture, for those who decide by it.

Drawn by poppler's ``pdftoppm``, kept apart as LibreOffice is (``office_sandbox``) and bounded in time, memory and size: the file
comes from a stranger. Where the program is missing, the scan is a link only.
"""

from __future__ import annotations

import io
import shutil
import subprocess
import tempfile
import threading
from functools import lru_cache
from pathlib import Path

from PIL import Image

from app.documents.office import office_sandbox
from app.errors import Unavailable

#: pages that are drawn, dots of the long side of each
PAGES, DOTS = 3, 1400
#: seconds of the processor and of the clock, bytes of memory and of a picture
_CPU, _SECONDS, _MEMORY, _OUTPUT = 10, 20, 1 << 30, 40 << 20
_FAILED = "Показать страницы этого файла не удалось. Откройте его по ссылке."
#: each takes a processor for a moment; a caller waits no longer than a page is worth
_turns = threading.BoundedSemaphore(2)


@lru_cache(maxsize=1)
def is_possible() -> bool:
    """Whether the host has the program."""
    return shutil.which("pdftoppm") is not None


def first_pages(path: Path) -> bytes:
    """Return the first pages of a PDF one below the other as a PNG; raises Unavailable when they cannot be drawn in time."""
    if not is_possible() or not _turns.acquire(timeout=_SECONDS):
        raise Unavailable(_FAILED)
    try:
        with tempfile.TemporaryDirectory(prefix="kadry-scan-", ignore_cleanup_errors=True) as name:
            folder = Path(name)
            shutil.copyfile(path, folder / "scan.pdf")
            _draw(folder)
            return _below_one_another(sorted(folder.glob("page*.png")))
    finally:
        _turns.release()


def _draw(folder: Path) -> None:
    """Run the program in ``folder``, which is all that it sees of the host's files."""
    program = str(shutil.which("pdftoppm"))
    command = [program, "-png", "-gray", "-l", str(PAGES), "-scale-to", str(DOTS), "scan.pdf", "page"]
    wrapped = office_sandbox.wrapped(command, folder, found=office_sandbox.level())
    bounds = shutil.which("prlimit")
    limits = [f"--cpu={_CPU}", f"--as={_MEMORY}", f"--fsize={_OUTPUT}", "--core=0"]
    try:
        subprocess.run([*([bounds, *limits] if bounds else []), *wrapped], cwd=folder, timeout=_SECONDS, check=False,
                       stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # fmt: skip
    except (OSError, subprocess.SubprocessError) as error:
        raise Unavailable(_FAILED) from error


def _below_one_another(files: list[Path]) -> bytes:
    if not files:
        raise Unavailable(_FAILED)
    pages: list[Image.Image] = []
    for path in files:
        with Image.open(path, formats=("PNG",)) as file:
            pages.append(file.convert("L"))
    whole = Image.new("L", (max(page.width for page in pages), sum(page.height for page in pages)), 255)
    top = 0
    for page in pages:
        whole.paste(page, (0, top))
        top += page.height
    made = io.BytesIO()
    whole.save(made, "PNG")
    return made.getvalue()
