"""Facts of one invented document and small readers of the produced files."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from docx import Document
from docx.oxml.ns import qn

from app.documents.papers.certificate import CertificateFacts
from app.statuses import CertificateKind, Sex

MakeFacts = Callable[..., CertificateFacts]

FACTS: dict[str, Any] = {
    "kind": CertificateKind.CERTIFICATE,
    "number": "0001/2026",
    "issued_on": dt.date(2026, 2, 16),
    "last_name": "Иванова",
    "first_name": "Мария",
    "patronymic": "Петровна",
    "sex": Sex.FEMALE,
    "organization": "государственное автономное учреждение «Институт развития образования»",
    "city": "Самара",
    "program": "Формирующее оценивание на уроках математики",
    "hours": 72,
    "starts_on": dt.date(2026, 2, 2),
    "ends_on": dt.date(2026, 2, 14),
    "head_title": "Ректор",
    "head_name": "А.\u00a0Б.\u00a0Соколов",
    "secretary": "Н.\u00a0В.\u00a0Крылова",
    "check_url": "https://kadry.example.ru/verify/7Qm2xK9dTb4wLr8s",
    "blank": "63 № 0012345",
}


@pytest.fixture
def make_facts() -> MakeFacts:
    """Return a maker of facts: any field can be given, the others are believable."""
    return lambda **changes: CertificateFacts(**{**FACTS, **changes})


def paragraphs(docx: bytes) -> list[str]:
    """Return the text of every non-empty paragraph, those in nested tables too, in their order."""
    body = Document(io.BytesIO(docx)).element.body
    texts = ("".join(part.text or "" for part in line.iter(qn("w:t"))) for line in body.iter(qn("w:p")))
    return [text for text in texts if text]


def media(docx: bytes) -> bytes:
    """Return the only picture of a DOCX."""
    with zipfile.ZipFile(io.BytesIO(docx)) as archive:
        (name,) = (name for name in archive.namelist() if name.startswith("word/media/"))
        return archive.read(name)


@pytest.fixture
def office() -> Iterator[None]:
    """Skip, in words, where LibreOffice is missing."""
    from app.documents.office.pdf import find_office

    if find_office() is None:
        pytest.skip("LibreOffice не установлен: PDF не проверен")
    yield


@pytest.fixture
def portal(session: Any) -> Iterator[None]:
    """The portal acts on an empty database: papers are printed by its own templates."""
    from app.access import acting_as, unscoped
    from app.services.portal.who_acts import SYSTEM

    with acting_as(SYSTEM), unscoped("tests"):
        yield
