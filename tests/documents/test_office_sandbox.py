"""Each way of keeping LibreOffice apart, as the superuser and as an ordinary one, as far as this machine has them."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from docx import Document
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from pypdf import PdfReader

from app.documents.office import office_sandbox, pdf
from app.documents.office.office_sandbox import Level

pytestmark = pytest.mark.office

SECRET = "Тайна этого сервера"
MISSING = {
    Level.BUBBLEWRAP: "нет программы bwrap: sudo apt-get install bubblewrap",
    Level.NAMESPACES: "система не даёт этому пользователю пространств имён Linux",
}
_SECONDS = 180


@dataclass(frozen=True)
class Apart:
    """A level and who runs it; ``folder`` is the own one, ``beside`` lies where the converter must not look."""

    level: Level
    who: dict[str, Any]
    folder: Path
    beside: Path

    def run(self, command: list[str], **more: Any) -> subprocess.CompletedProcess[str]:
        """Run a command at the level as this user."""
        wrapped = office_sandbox.wrapped(command, self.folder, found=self.level, **more)
        environment = {"PATH": os.environ["PATH"], "HOME": str(self.folder), "SAL_USE_VCLPLUGIN": "svp"}
        return subprocess.run(
            wrapped, capture_output=True, text=True, timeout=_SECONDS, check=False, cwd=self.folder, env=environment, **self.who
        )  # fmt: skip


@pytest.fixture(params=["superuser", "ordinary"])
def who(request: pytest.FixtureRequest) -> dict[str, Any]:
    """Arguments of a process that make it somebody's."""
    is_root = os.getuid() == 0
    if request.param == "superuser":
        if not is_root:
            pytest.skip("тесты идут от обычного пользователя: от суперпользователя не проверить")
        return {}
    return {"user": "nobody", "group": "nogroup", "extra_groups": []} if is_root else {}


@pytest.fixture(params=[Level.BUBBLEWRAP, Level.NAMESPACES], ids=lambda level: level.name.lower())
def apart(request: pytest.FixtureRequest, who: dict[str, Any]) -> Iterator[Apart]:
    """A level that works here, with folders that its user may enter."""
    with (
        tempfile.TemporaryDirectory(prefix="kadry-apart-") as own,
        tempfile.TemporaryDirectory(prefix="kadry-") as other,
    ):
        found = Apart(request.param, who, Path(own), Path(other))
        if who:
            shutil.chown(own, who["user"], who["group"])
        found.beside.chmod(0o755)
        (found.beside / "secret.txt").write_text(SECRET)
        (found.beside / "secret.txt").chmod(0o644)
        if (
            not office_sandbox.wrapped(["/bin/true"], found.folder, found=found.level)
            or found.run(["/bin/true"]).returncode
        ):
            pytest.skip(MISSING[found.level])
        yield found


def test_nothing_of_the_server_is_there(apart: Apart) -> None:
    secret = apart.beside / "secret.txt"
    script = (
        f"cat {secret} /etc/passwd /etc/shadow /proc/1/root{secret} /proc/1/root/etc/passwd; ls /root /home; "
        "cat /proc/net/dev; touch /usr/kadry /etc/kadry; echo end > done"
    )
    done = apart.run(["/bin/sh", "-c", script])
    assert done.returncode == 0, done.stderr
    assert SECRET not in done.stdout and "root:" not in done.stdout and "eth" not in done.stdout
    assert (apart.folder / "done").read_text() == "end\n"
    assert not Path("/usr/kadry").exists() and not Path("/etc/kadry").exists()


@pytest.mark.usefixtures("office")
def test_a_pdf_is_made_and_a_named_file_gives_nothing(apart: Apart) -> None:
    """«file:///etc/passwd» in a document of a stranger stays a name."""
    source, out = apart.folder / "in" / "paper.docx", apart.folder / "out"
    for folder in (source.parent, out):
        folder.mkdir()
    source.write_bytes(document_that_names("/etc/passwd", str(apart.beside / "secret.txt")))
    program = pdf.find_office()
    assert program is not None
    profile = pdf._fresh_profile(apart.folder)
    if apart.who:
        subprocess.run(["chown", "-R", f"{apart.who['user']}:{apart.who['group']}", str(apart.folder)], check=True)
    command = pdf._command(program, profile, [source], out)
    for _start in range(2):  # the first start in a fresh profile may ask to be started again
        done = apart.run(command, readable=[program.resolve().parent.parent])
        if done.returncode != pdf.START_AGAIN:
            break
    made = out / "paper.pdf"
    assert made.is_file(), done.stderr
    text = " ".join(page.extract_text() for page in PdfReader(io.BytesIO(made.read_bytes())).pages)
    assert "Начало" in text and "root:" not in text and SECRET not in text


def document_that_names(*paths: str) -> bytes:
    """A DOCX with a field that takes in each file."""
    document = Document()
    document.add_paragraph("Начало")
    for path in paths:
        field = OxmlElement("w:fldSimple")
        field.set(qn("w:instr"), f'INCLUDETEXT "file://{path}"')
        document.add_paragraph()._p.append(field)
    made = io.BytesIO()
    document.save(made)
    return made.getvalue()


def test_each_level_says_what_it_keeps_apart() -> None:
    """The start of the worker and «flask portal check» write these words."""
    assert [level.split(":")[0] for level in Level] == [
        "bubblewrap",
        "пространства имён Linux",
        "только собственный профиль",
    ]
    assert all("без сети" in level for level in (Level.BUBBLEWRAP, Level.NAMESPACES))
    assert "не отделены" in Level.PROFILE
