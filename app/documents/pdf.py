"""PDF of a DOCX by LibreOffice, kept away from the network, from macros and from other people's files."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from xml.sax.saxutils import quoteattr

from app.errors import Unavailable

#: Where the program itself lies. Its launcher ``soffice`` is passed by: it drops arguments beyond about 255 silently.
USUAL_PLACES = (
    "/usr/lib/libreoffice/program/soffice.bin",
    "/usr/lib64/libreoffice/program/soffice.bin",
    "/usr/local/lib/libreoffice/program/soffice.bin",
    "/snap/libreoffice/current/lib/libreoffice/program/soffice.bin",
    "/Applications/LibreOffice.app/Contents/MacOS/soffice",
    "C:/Program Files/LibreOffice/program/soffice.bin",
)
#: PDF/A-2b with lossless pictures: fonts are inside, QR codes stay sharp, archives accept it.
FILTER = (
    'pdf:writer_pdf_Export:{"SelectPdfVersion":{"type":"long","value":"2"},'
    '"UseLosslessCompression":{"type":"boolean","value":"true"}}'
)
#: Exit code of the first start in a fresh profile: the launcher would start the program once more, so we do.
RESTART_WANTED = 81
#: (path, property, value): no links to files or addresses, no macros, no updating of links.
HARDENING = (
    ("/org.openoffice.Office.Common/Security/Scripting", "BlockUntrustedRefererLinks", "true"),
    ("/org.openoffice.Office.Common/Security/Scripting", "DisableMacrosExecution", "true"),
    ("/org.openoffice.Office.Common/Security/Scripting", "DisableActiveContent", "true"),
    ("/org.openoffice.Office.Writer/Content/Update", "Link", "2"),
)
MISSING = (
    "Для PDF нужен LibreOffice, а на сервере портала его нет. Скачайте DOCX: он содержит то же самое. "
    "Чтобы появился PDF, попросите администратора установить LibreOffice."
)
TOO_LONG = "LibreOffice не успел подготовить PDF в срок и был остановлен. Скачайте DOCX или повторите позже."
FAILED = "LibreOffice не смог подготовить PDF из этого документа. Скачайте DOCX и сообщите оператору портала."


def find_office() -> Path | None:
    """Return the LibreOffice program, or None when it is not installed."""
    on_path = shutil.which("soffice") or shutil.which("libreoffice")
    beside = [Path(on_path).resolve().with_name("soffice.bin")] if on_path else []
    versions = sorted(Path("/opt").glob("libreoffice*/program/soffice.bin"), reverse=True)
    candidates = [*beside, *map(Path, USUAL_PLACES), *versions]
    return next((path for path in candidates if path.is_file()), None)


def to_pdf(docx: bytes, *, timeout: float = 60) -> bytes:
    """Return the PDF/A of a DOCX.

    Each call has a profile and a folder of its own, so calls do not disturb each other and nothing stays behind.
    Raises Unavailable when LibreOffice is missing, needs more than ``timeout`` seconds or makes no PDF.
    """
    office = find_office()
    if office is None:
        raise Unavailable(MISSING)
    with tempfile.TemporaryDirectory(prefix="kadry-pdf-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        source, made = folder / "document.docx", folder / "out" / "document.pdf"
        source.write_bytes(docx)
        _write_profile(folder / "profile")
        command, deadline = _command(office, folder / "profile", source, made.parent), time.monotonic() + timeout
        if _run(command, folder, deadline) == RESTART_WANTED:
            _run(command, folder, deadline)
        # The exit code is 0 even after a failure: only the output tells.
        outputs = list(made.parent.glob("*.pdf")) if made.parent.is_dir() else []
        if outputs != [made] or not made.read_bytes().startswith(b"%PDF-"):
            raise Unavailable(FAILED)
        return made.read_bytes()


def _command(office: Path, profile: Path, source: Path, out: Path) -> list[str]:
    return [
        str(office),
        f"-env:UserInstallation={profile.as_uri()}",
        "--headless",
        "--norestore",
        "--nolockcheck",
        "--nodefault",
        "--convert-to",
        FILTER,
        "--outdir",
        str(out),
        str(source),
    ]


def _write_profile(profile: Path) -> None:
    """Write the settings of a fresh profile."""
    items = "".join(
        f'<item oor:path={quoteattr(path)}><prop oor:name={quoteattr(name)} oor:op="fuse">'
        f"<value>{value}</value></prop></item>"
        for path, name, value in HARDENING
    )
    (profile / "user").mkdir(parents=True)
    (profile / "user" / "registrymodifications.xcu").write_text(
        '<?xml version="1.0" encoding="UTF-8"?>\n<oor:items xmlns:oor="http://openoffice.org/2001/registry" '
        'xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
        f"{items}</oor:items>\n",
        encoding="utf-8",
    )


def _run(command: list[str], folder: Path, deadline: float) -> int:
    """Run LibreOffice in a process group of its own until the deadline (monotonic seconds); return its exit code."""
    kept = ("PATH", "SYSTEMROOT", "TEMP", "TMP", "LD_LIBRARY_PATH", "FONTCONFIG_FILE", "FONTCONFIG_PATH")
    environment = {name: os.environ[name] for name in kept if name in os.environ}
    environment |= {"HOME": str(folder), "LANG": "C.UTF-8", "SAL_USE_VCLPLUGIN": "svp"}
    process = subprocess.Popen(
        command,
        env=environment,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        return process.wait(max(0.0, deadline - time.monotonic()))
    except subprocess.TimeoutExpired as error:
        raise Unavailable(TOO_LONG) from error
    finally:
        _kill(process)


def _kill(process: subprocess.Popen[bytes]) -> None:
    """End the process and its children, if any are left."""
    if process.poll() is not None:
        return
    if sys.platform == "win32":
        process.kill()
    else:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
