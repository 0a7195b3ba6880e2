from __future__ import annotations

import datetime as dt
import io
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from docx import Document
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from pypdf import PdfReader

from app.documents.office import office_pool, office_sandbox, pdf
from app.documents.office.office_sandbox import Level
from app.documents.office.pdf import find_office, to_pdf
from app.documents.papers.certificate import render_certificate
from app.documents.qr import qr_png
from app.errors import Unavailable
from app.statuses import CertificateKind
from tests.documents.conftest import MakeFacts
from tests.waiting import PATIENCE, until

LONG_TITLE = ("Проектирование индивидуальных образовательных маршрутов обучающихся с особыми потребностями " * 3)[:255]


def text_of(data: bytes) -> tuple[int, str]:
    pages = PdfReader(io.BytesIO(data)).pages
    return len(pages), " ".join(" ".join(page.extract_text() for page in pages).split())


@pytest.mark.office
@pytest.mark.usefixtures("office")
@pytest.mark.parametrize("kind", [CertificateKind.CERTIFICATE, CertificateKind.TRAINING_NOTE])
def test_the_pdf_has_one_page_and_the_words(make_facts: MakeFacts, kind: CertificateKind) -> None:
    count, text = text_of(to_pdf(render_certificate(make_facts(kind=kind))))
    assert count == 1
    for words in ("0001/2026", "Формирующее оценивание", "72 часов", "А. Б. Соколов", "kadry.example.ru/verify/"):
        assert words in text


@pytest.mark.office
@pytest.mark.usefixtures("office")
def test_the_longest_facts_stay_on_one_page_uncut(make_facts: MakeFacts) -> None:
    facts = make_facts(
        program=LONG_TITLE,
        organization="государственное бюджетное учреждение дополнительного профессионального образования " * 3,
        last_name="Щ" * 60,
        first_name="Ш" * 30,
        patronymic="Ж" * 30,
        head_title="Исполняющий обязанности директора организации",
        head_name="М. Щ. Ивановская-Преображенская",
        starts_on=dt.date(2025, 12, 20),
    )
    count, text = text_of(to_pdf(render_certificate(facts)))
    assert count == 1
    assert LONG_TITLE.strip() in text
    assert text.count("Щ") >= 60


@pytest.mark.office
@pytest.mark.usefixtures("office")
def test_the_pdf_is_for_archives_with_fonts_inside(make_facts: MakeFacts) -> None:
    data = to_pdf(render_certificate(make_facts()))
    assert b"pdfaid:part>2<" in data
    fonts = PdfReader(io.BytesIO(data)).pages[0]["/Resources"]["/Font"].values()
    assert fonts and all("/FontFile2" in font.get_object()["/FontDescriptor"].get_object() for font in fonts)


@pytest.mark.office
@pytest.mark.usefixtures("office")
def test_a_linked_picture_is_not_fetched() -> None:
    asked: list[str] = []

    class Listener(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_error(404)

        do_OPTIONS = do_HEAD = do_GET

        def log_message(self, *args: object) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Listener)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        assert to_pdf(document_with_link(f"http://127.0.0.1:{server.server_port}/secret.png")).startswith(b"%PDF")
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    assert asked == []


def document_with_link(address: str) -> bytes:
    """Return a DOCX whose picture is linked to an address instead of being inside."""
    document = Document()
    document.add_picture(io.BytesIO(qr_png("x")))
    blip = next(document.element.iter("{http://schemas.openxmlformats.org/drawingml/2006/main}blip"))
    relations = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/image"
    del blip.attrib[relations + "embed"]
    blip.set(relations + "link", document.part.relate_to(address, kind, is_external=True))
    made = io.BytesIO()
    document.save(made)
    return made.getvalue()


@pytest.mark.office
@pytest.mark.usefixtures("office")
def test_nothing_stays_behind(make_facts: MakeFacts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf.tempfile, "tempdir", str(tmp_path))
    to_pdf(render_certificate(make_facts()))
    # the locks of the converters stay, they are the host's
    assert [path.name for path in tmp_path.iterdir() if path != office_pool._folder()] == []


def test_without_libreoffice_the_user_is_sent_to_docx(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(pdf, "USUAL_PLACES", ())
    if find_office() is not None:
        pytest.skip("LibreOffice лежит в /opt, спрятать его нельзя")
    with pytest.raises(Unavailable, match="Для PDF нужен LibreOffice"):
        to_pdf(b"")


def stand_in(folder: Path, body: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put a program with this body where LibreOffice is looked for."""
    program = folder / "soffice.bin"
    program.write_text(f"#!{sys.executable}\nimport os, subprocess, sys, time\n{body}\n")
    program.chmod(0o755)
    monkeypatch.setattr(pdf, "USUAL_PLACES", (str(program),))
    monkeypatch.setattr(pdf.shutil, "which", lambda name: None)
    # this program needs the interpreter of the tests, which no sandbox shows
    monkeypatch.setattr(office_sandbox, "level", lambda: Level.PROFILE)


@pytest.mark.skipif(sys.platform == "win32", reason="нужен запуск сценариев по первой строке")
def test_a_hung_program_is_killed_with_its_children(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    note = tmp_path / "child"
    body = (
        f"child = subprocess.Popen(['sleep', '600'])\nopen({str(note)!r}, 'w').write(str(child.pid))\ntime.sleep(600)"
    )
    stand_in(tmp_path, body, monkeypatch)
    began = time.monotonic()
    for seconds in (2, PATIENCE):  # a slow machine has not started the program after two
        with pytest.raises(Unavailable, match="не успел"):
            to_pdf(b"x", timeout=seconds)
        if note.exists() and note.read_text():
            break
    assert time.monotonic() - began < 3 * PATIENCE
    until(lambda: has_ended(int(note.read_text())))


def has_ended(pid: int) -> bool:
    """Tell whether a process has ended; a zombie has."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().split()[2] == "Z"
    except (ProcessLookupError, FileNotFoundError):
        return True


@pytest.mark.skipif(sys.platform == "win32", reason="нужен запуск сценариев по первой строке")
@pytest.mark.parametrize(
    "body", ["sys.exit(0)", "sys.exit(1)", "os.mkdir('out'); open('out/document.pdf', 'w').write('x')"]
)
def test_success_without_a_pdf_is_a_failure(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, body: str) -> None:
    stand_in(tmp_path, body, monkeypatch)
    with pytest.raises(Unavailable, match="не смог подготовить PDF"):
        to_pdf(b"x", timeout=PATIENCE)


@pytest.mark.office
@pytest.mark.usefixtures("office")
def test_many_files_are_made_by_one_start_in_their_order(
    make_facts: MakeFacts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    starts, told = [], []
    genuine = pdf._Run
    monkeypatch.setattr(pdf, "_Run", lambda *a: starts.append(1) or genuine(*a))
    sources = []
    for n in range(4):
        sources.append(tmp_path / f"{n}.docx")
        sources[-1].write_bytes(render_certificate(make_facts(number=f"{n:04d}/2026")))
    made = pdf.to_pdfs(sources, tmp_path / "out", tell=told.append)
    assert [text_of(path.read_bytes())[1].count(f"{n:04d}/2026") for n, path in enumerate(made)] == [1, 1, 1, 1]
    # a fresh profile may ask to be started once more
    assert len(starts) <= 2
    assert told[-1] == 4
    assert told == sorted(told)


@pytest.mark.office
@pytest.mark.usefixtures("office")
def test_a_killed_libreoffice_is_started_again_for_what_is_missing(make_facts: MakeFacts, tmp_path: Path) -> None:
    """Real LibreOffice, really killed as soon as the first file is there."""
    sources = []
    for n in range(3):
        sources.append(tmp_path / f"{n}.docx")
        sources[-1].write_bytes(render_certificate(make_facts(number=f"{n:04d}/2026")))
    killed: list[int] = []

    class Killing(pdf._Run):
        def wait(self, timeout: float, tell: object) -> bool:
            if killed:
                return super().wait(timeout, lambda _done: None)
            end = time.monotonic() + PATIENCE
            while self._done() < 1 and self.process.poll() is None and time.monotonic() < end:
                time.sleep(0.02)
            killed.append(self.process.pid)
            pdf._kill(self.process)
            return False

    original, pdf._Run = pdf._Run, Killing  # type: ignore[misc]
    try:
        made = pdf.to_pdfs(sources, tmp_path / "out")
    finally:
        pdf._Run = original  # type: ignore[misc]
    assert killed
    assert [text_of(path.read_bytes())[0] for path in made] == [1, 1, 1]


@pytest.mark.skipif(sys.platform == "win32", reason="нужен запуск сценариев по первой строке")
def test_a_cancelled_batch_ends_its_program(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    note = tmp_path / "pid"
    stand_in(tmp_path, f"open({str(note)!r}, 'w').write(str(os.getpid()))\ntime.sleep(60)", monkeypatch)

    class Cancelled(Exception):
        pass

    def stop(_done: int) -> None:
        if note.exists() and note.read_text():
            raise Cancelled

    with pytest.raises(Cancelled):
        pdf.to_pdfs([tmp_path / "a.docx"], tmp_path / "out", tell=stop)
    until(lambda: has_ended(int(note.read_text())))


def test_two_files_of_one_name_are_a_mistake(tmp_path: Path) -> None:
    if find_office() is None:
        pytest.skip("нет LibreOffice")
    with pytest.raises(ValueError, match="one name"):
        pdf.to_pdfs([tmp_path / "a.docx", tmp_path / "b" / "a.docx"], tmp_path / "out")


SECRET = "Тайна этого сервера"


@pytest.mark.office
@pytest.mark.usefixtures("office")
def test_the_converter_sees_nothing_of_the_server(tmp_path: Path) -> None:
    """A file that a document names is not there for it, nor are the files and the network of the portal."""
    found = office_sandbox.level()
    if found is Level.PROFILE:
        pytest.skip("на этой системе нет ни bubblewrap, ни пространств имён")
    secret, folder = tmp_path / "secret.txt", tmp_path / "own"
    secret.write_text(SECRET)
    folder.mkdir()
    script = f"cat {secret} /etc/passwd /proc/1/root{secret}; ls /root /home /etc; cat /proc/net/dev; echo end > done"
    done = subprocess.run(
        office_sandbox.wrapped(["/bin/sh", "-c", script], folder, found=found),
        capture_output=True,
        text=True,
        check=True,
    )
    assert SECRET not in done.stdout and "root:" not in done.stdout and "eth" not in done.stdout
    assert (folder / "done").read_text() == "end\n"


@pytest.mark.office
@pytest.mark.usefixtures("office")
def test_a_named_file_gives_nothing_of_itself_to_the_pdf(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text(SECRET)
    document = Document()
    document.add_paragraph("Начало")
    line = document.add_paragraph()._p
    for kind, words in (("begin", ""), ("", f'INCLUDETEXT "{secret.as_uri()}"'), ("end", "")):
        run = OxmlElement("w:r")
        part = OxmlElement("w:fldChar" if kind else "w:instrText")
        if kind:
            part.set(qn("w:fldCharType"), kind)
        part.text = words or None
        run.append(part)
        line.append(run)
    made = io.BytesIO()
    document.save(made)
    _count, text = text_of(to_pdf(made.getvalue()))
    assert "Начало" in text and SECRET not in text
    picture = tmp_path / "secret.png"
    picture.write_bytes(qr_png(SECRET))
    images = PdfReader(io.BytesIO(to_pdf(document_with_link(picture.as_uri())))).pages[0].images
    assert len(images) == 0


def test_the_host_has_so_many_converters(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(office_pool.tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(office_pool, "CONVERTERS", 1)
    told: list[int] = []
    with (
        office_pool.turn(0),
        pytest.raises(Unavailable, match="заняты"),
        office_pool.turn(0.5, lambda: told.append(1)),
    ):
        pytest.fail("two at a time")
    assert told
    with office_pool.turn(0):  # given back
        pass
