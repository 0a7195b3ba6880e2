"""The чек on paper: every fact in its place, the QR leads to its check, what is unknown leaves no gap."""

from __future__ import annotations

import datetime as dt
import io
from typing import Any

import pytest
from pypdf import PdfReader

from app.documents.office.pdf import to_pdf
from app.documents.papers.voucher_paper import BlockLine, VoucherPaper, may_print, render_voucher
from app.documents.qr import qr_png
from app.errors import Invalid
from app.statuses import VoucherStatus
from tests.documents.conftest import media, paragraphs

pytestmark = pytest.mark.usefixtures("portal")

URL = "https://kadry.example.ru/verify/voucher/0123456789abcdef0123456789abcdef"
COURSE = "«Современный урок», ИРО, 02.02.2026 – 14.02.2026, документ №\xa00001/2026"


def make_paper(**over: Any) -> VoucherPaper:
    values: dict[str, Any] = {
        "number": "63-2026-000151",
        "ministry": "министерство образования Самарской области",
        "operator": "ГБУ ДПО СО «Региональный центр развития трудовых ресурсов»",
        "last_name": "Иванова",
        "given_names": "Мария Петровна",
        "snils": "***-***-445 95",
        "place": "Учитель, ГБОУ СОШ с. Верхние Сосны",
        "rule": "Чек на 90 часов",
        "issued_on": dt.date(2026, 2, 3),
        "valid_until": dt.date(2029, 2, 2),
        "in_place_of": "",
        "state": "Действует",
        "blocks": [
            BlockLine(title="Инвариантный блок", hours="16–18\xa0часов", state="Использован", detail=COURSE),
            BlockLine(title="Вариативный блок 1", hours="16–36\xa0часов", state="Свободен", detail=""),
        ],
        "printed_on": dt.date(2026, 11, 27),
        "check_url": URL,
    }
    return VoucherPaper(**{**values, **over})


def test_paper_says_every_fact_in_its_place() -> None:
    lines = paragraphs(render_voucher(make_paper()))
    assert lines[:8] == [
        "Министерство образования Самарской области",
        "ИМЕННОЙ ОБРАЗОВАТЕЛЬНЫЙ ЧЕК",
        "на повышение квалификации работника образования",
        "№ 63-2026-000151",
        "выдан",
        "Иванова",
        "Мария Петровна",
        "Учитель, ГБОУ СОШ с. Верхние Сосны",
    ]
    assert "СНИЛС ***-***-445\xa095" in lines
    assert "Действует с 3\xa0февраля\xa02026\xa0г. по 2\xa0февраля\xa02029\xa0г." in lines
    assert "Правило: «Чек на 90 часов»" in lines
    at = lines.index("Инвариантный блок")
    assert lines[at : at + 7] == [
        "Инвариантный блок", "16–18\xa0часов", "Использован", COURSE,
        "Вариативный блок 1", "16–36\xa0часов", "Свободен",
    ]  # fmt: skip
    assert "Напечатан 27\xa0ноября\xa02026\xa0г., состояние чека — действует." in lines
    assert f"Проверка чека: {URL}" in lines


def test_what_is_unknown_leaves_no_empty_line() -> None:
    text = "\n".join(paragraphs(render_voucher(make_paper(place="", snils="", in_place_of=""))))
    assert "СНИЛС" not in text
    assert "взамен" not in text
    assert "{" not in text


def test_replacement_names_the_former_number() -> None:
    assert "Выдан взамен чека № 63-2026-000100" in paragraphs(render_voucher(make_paper(in_place_of="63-2026-000100")))


def test_code_leads_to_the_check() -> None:
    assert media(render_voucher(make_paper())) == qr_png(URL)


@pytest.mark.parametrize(("field", "words"), [("number", "номер чека"), ("check_url", "адрес проверки чека")])
def test_missing_fact_is_named(field: str, words: str) -> None:
    with pytest.raises(Invalid, match=words):
        render_voucher(make_paper(**{field: ""}))


@pytest.mark.parametrize("status", list(VoucherStatus))
def test_paper_of_a_voucher_without_rights_is_not_given(status: VoucherStatus) -> None:
    assert may_print(status) == (status not in (VoucherStatus.ANNULLED, VoucherStatus.REPLACED))


@pytest.mark.usefixtures("office")
def test_longest_words_keep_to_one_page() -> None:
    """A page more would be a second sheet: the longest names and programs still end on the first."""
    detail = (
        f"«{'Реализация обновлённых стандартов ' * 4}», {'Институт ' * 4}, 02.02.2026 – 14.02.2026, документ № 1/2026"
    )
    blocks = [BlockLine(title=f"Вариативный блок {n}", hours="16–36\xa0часов", state="Зарезервирован", detail=detail)
              for n in range(3)]  # fmt: skip
    paper = make_paper(
        last_name="Салтыкова-Щедринская",
        given_names="Анна-Мария Константиновна",
        in_place_of="63-2026-000100",
        blocks=blocks,
    )
    assert len(PdfReader(io.BytesIO(to_pdf(render_voucher(paper)))).pages) == 1
