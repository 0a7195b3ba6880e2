"""PDF of a DOCX by LibreOffice, without access to the network, to macros and to other people's files.

``office_pool`` limits how many converters run on the host, ``office_sandbox`` what they see.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from xml.sax.saxutils import quoteattr

from app.documents.office import office_pool, office_sandbox
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
#: Files of one start, starts in a row without a new file, pause between two looks at what is done.
MOST_FILES, MOST_FAILURES, POLL_SECONDS = 40, 3, 0.25
#: seconds that work waits for a free converter: it is a task of a user, which may be cancelled meanwhile
PATIENCE = 3600
#: bounds of one start: seconds of the processor, bytes of a file
MOST_CPU, MOST_OUTPUT = 900, 1 << 30
#: Exit code by which the first start in a fresh profile asks to be started again.
START_AGAIN = 81
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


def to_pdf(
    docx: bytes, *, timeout: float = 60, patience: float = PATIENCE, tell: Callable[[int], None] = lambda _done: None
) -> bytes:
    """Return the PDF/A of a DOCX; raises Unavailable as ``to_pdfs`` does."""
    with tempfile.TemporaryDirectory(prefix="kadry-pdf-", ignore_cleanup_errors=True) as name:
        source = Path(name) / "document.docx"
        source.write_bytes(docx)
        return to_pdfs([source], Path(name) / "out", timeout=timeout, patience=patience, tell=tell)[0].read_bytes()


def to_pdfs(
    sources: Sequence[Path],
    out: Path,
    *,
    timeout: float = 60,
    patience: float = PATIENCE,
    tell: Callable[[int], None] = lambda _done: None,
) -> list[Path]:
    """Convert DOCX files to PDF/A in the folder ``out`` and return their paths in order; LibreOffice is started once.

    ``timeout``: seconds without a new file after which it is ended; it is started again for what is missing, as it is when
    something else has ended it, until three times nothing new came. ``tell`` gets the number of finished files and may
    raise to stop; ``patience``: seconds that it waits for a free converter. Each call has a profile of its own, so calls do not disturb each other. Raises Unavailable when LibreOffice
    is missing, too slow or makes no PDF; ValueError for two sources of one name.
    """
    office = find_office()
    if office is None:
        raise Unavailable(MISSING)
    targets = {source: out / f"{source.stem}.pdf" for source in sources}
    if len(set(targets.values())) != len(sources):
        raise ValueError("two sources of one name")
    with tempfile.TemporaryDirectory(prefix="kadry-office-", ignore_cleanup_errors=True) as name:
        out.mkdir(parents=True, exist_ok=True)
        profile = _fresh_profile(Path(name))
        failures, is_fresh = 0, True
        while missing := [source for source, target in targets.items() if not _is_pdf(target)]:
            command = _kept_apart(_command(office, profile, missing[:MOST_FILES], out), Path(name), missing, out)
            done = len(sources) - len(missing)
            # a turn is one start: who prints thousands lets others in between
            with office_pool.turn(patience, lambda done=done: tell(done)):  # type: ignore[misc]
                run = _Run(command, Path(name), list(targets.values()))
                was_slow = run.wait(timeout, tell)
            if is_fresh and run.process.returncode == START_AGAIN:
                is_fresh = False
                continue
            # the exit code is 0 even after a failure: only the output tells
            still = [source for source in missing if not _is_pdf(targets[source])]
            failures = 0 if len(still) < len(missing) else failures + 1
            if run.was_killed:  # a profile half-written would end each next start
                profile, is_fresh = _fresh_profile(Path(name)), True
            if failures >= MOST_FAILURES or (was_slow and len(sources) == 1):
                raise Unavailable(TOO_LONG if was_slow else FAILED)
    tell(len(sources))
    return list(targets.values())


def _is_pdf(path: Path) -> bool:
    """Whether a file is a whole PDF: its end is written last."""
    if not path.is_file():
        return False
    with path.open("rb") as file:
        if file.read(5) != b"%PDF-":
            return False
        file.seek(max(0, path.stat().st_size - 1024))
        return b"%%EOF" in file.read()


def _command(office: Path, profile: Path, sources: Sequence[Path], out: Path) -> list[str]:
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
        *map(str, sources),
    ]


def _kept_apart(command: list[str], folder: Path, sources: Sequence[Path], out: Path) -> list[str]:
    """Return the command in its sandbox and with its bounds."""
    program = Path(command[0]).resolve()
    fonts = [Path(os.environ[name]) for name in ("FONTCONFIG_FILE", "FONTCONFIG_PATH") if os.environ.get(name)]
    wrapped = office_sandbox.wrapped(
        command,
        folder,
        found=office_sandbox.level(),
        readable=[program.parent.parent, *fonts, *dict.fromkeys(source.resolve().parent for source in sources)],
        writable=[out.resolve()],
    )
    bounds = shutil.which("prlimit")
    limits = [bounds, f"--cpu={MOST_CPU}", f"--fsize={MOST_OUTPUT}", "--core=0"] if bounds else []
    return [*limits, *wrapped]


def _fresh_profile(folder: Path) -> Path:
    """Make a new profile with the settings in the folder and return its path."""
    profile = Path(tempfile.mkdtemp(prefix="profile-", dir=folder))
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
    return profile


class _Run:
    """One start of LibreOffice in a process group of its own."""

    def __init__(self, command: list[str], folder: Path, targets: Sequence[Path]) -> None:
        self.targets = targets
        kept = ("PATH", "SYSTEMROOT", "TEMP", "TMP", "LD_LIBRARY_PATH", "FONTCONFIG_FILE", "FONTCONFIG_PATH")
        environment = {name: os.environ[name] for name in kept if name in os.environ}
        environment |= {"HOME": str(folder), "LANG": "C.UTF-8", "SAL_USE_VCLPLUGIN": "svp"}
        self.process = subprocess.Popen(
            command,
            env=environment,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    @property
    def was_killed(self) -> bool:
        """Whether a signal has ended it, ours or somebody else's."""
        return (self.process.returncode or 0) < 0

    def wait(self, timeout: float, tell: Callable[[int], None]) -> bool:
        """Wait until it ends, or makes nothing new for ``timeout`` seconds; return whether it had to be ended."""
        done, deadline = self._done(), time.monotonic() + timeout
        try:
            while time.monotonic() < deadline:
                try:
                    self.process.wait(POLL_SECONDS)
                    return False
                except subprocess.TimeoutExpired:
                    now_done = self._done()
                    if now_done > done:
                        done, deadline = now_done, time.monotonic() + timeout
                    tell(done)
            return True
        finally:
            _kill(self.process)

    def _done(self) -> int:
        return sum(target.is_file() for target in self.targets)


def _kill(process: subprocess.Popen[bytes]) -> None:
    """End the process and its children, if any are left."""
    if process.poll() is not None:
        return
    if sys.platform == "win32":
        process.kill()
    else:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
