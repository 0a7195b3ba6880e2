from __future__ import annotations

import dataclasses
import datetime as dt
import io
import json
from pathlib import Path
from typing import Any

import pytest
from docx import Document
from pypdf import PdfReader

from app.documents.office.pdf import to_pdfs
from app.documents.papers.certificate import (
    CertificateFacts,
    certificate_context,
    hours_in_genitive,
    render_certificate,
)
from app.documents.qr import qr_png
from app.errors import Invalid
from app.russian import quoted
from app.statuses import CertificateKind, EnrolmentStatus, ProgramKind, Sex
from tests.documents.conftest import MakeFacts, media, paragraphs

DIPLOMA: dict[str, Any] = {
    "kind": CertificateKind.DIPLOMA,
    "hours": 256,
    "program_kind": ProgramKind.RETRAINING,
    "qualification": "Учитель начальных классов",
    "decided_on": dt.date(2026, 2, 14),
    "protocol": "7",
}
#: further facts that a kind prints
OF_KIND: dict[CertificateKind, dict[str, Any]] = {
    CertificateKind.DIPLOMA: DIPLOMA,
    CertificateKind.STUDY_PERIOD_NOTE: {"outcome": EnrolmentStatus.FAILED},
}


def test_the_certificate_says_every_fact_in_its_place(make_facts: MakeFacts) -> None:
    assert paragraphs(render_certificate(make_facts())) == [
        "Государственное автономное учреждение «Институт развития образования»",
        "УДОСТОВЕРЕНИЕ",
        "о повышении квалификации",
        "63 № 0012345",
        "Настоящее удостоверение свидетельствует о том, что",
        "Иванова",
        "Мария Петровна",
        "со\u00a02 по\u00a014\u00a0февраля\u00a02026\u00a0г. прошла повышение квалификации в организации",
        "государственное автономное учреждение «Институт развития образования»",
        "по дополнительной профессиональной программе",
        "«Формирующее оценивание на уроках математики»",
        "в объёме 72\u00a0часов",
        "Регистрационный номер",
        "0001/2026",
        "Город",
        "Самара",
        "Дата выдачи",
        "16\u00a0февраля\u00a02026\u00a0г.",
        "Ректор",
        "А.\u00a0Б.\u00a0Соколов",
        "Секретарь",
        "Н.\u00a0В.\u00a0Крылова",
        "М.П.",
        "Проверка документа: https://kadry.example.ru/verify/7Qm2xK9dTb4wLr8s",
    ]


def test_the_note_declines_the_name(make_facts: MakeFacts) -> None:
    lines = paragraphs(render_certificate(make_facts(kind=CertificateKind.TRAINING_NOTE)))
    assert (
        "Выдана Ивановой Марии Петровне в том, что она со\u00a02 по\u00a014\u00a0февраля\u00a02026\u00a0г. прошла "
        "обучение по дополнительной профессиональной программе повышения квалификации "
        "«Формирующее оценивание на уроках математики» в объёме 72\u00a0часов."
    ) in lines
    assert "№ 0001/2026" in lines


def test_a_man_is_spoken_of_as_a_man(make_facts: MakeFacts) -> None:
    man = make_facts(last_name="Ткач", first_name="Пётр", patronymic="Ильич", sex=Sex.MALE)
    text = "\n".join(paragraphs(render_certificate(man)))
    note = "\n".join(paragraphs(render_certificate(dataclasses.replace(man, kind=CertificateKind.TRAINING_NOTE))))
    assert "прошёл повышение" in text and "прошла" not in text
    assert "Выдана Ткачу Петру Ильичу в том, что он " in note and "прошёл обучение" in note


def test_a_corrected_dative_name_wins(make_facts: MakeFacts) -> None:
    facts = make_facts(kind=CertificateKind.TRAINING_NOTE, full_name_dative="Заяцу Ивану")
    assert any(line.startswith("Выдана Заяцу Ивану в том") for line in paragraphs(render_certificate(facts)))


@pytest.mark.parametrize(
    ("last", "first", "patronymic"),
    [
        ("д'Артаньян", "Жан-Пьер", ""),
        ("Салтыкова-Щедрина", "Анна-Мария", "Ёсиповна"),
        ("Мамедов", "Гасан", "Али оглы"),
        ("Ж" * 60, "Щ" * 60, "Ш" * 60),
    ],
)
def test_unusual_names_are_printed_whole(make_facts: MakeFacts, last: str, first: str, patronymic: str) -> None:
    facts = make_facts(last_name=last, first_name=first, patronymic=patronymic)
    lines = paragraphs(render_certificate(facts))
    assert last in lines
    assert f"{first} {patronymic}".strip() in lines


def test_an_organization_with_signs_of_xml_is_printed_exactly(make_facts: MakeFacts) -> None:
    lines = paragraphs(render_certificate(make_facts(organization='ООО "Рога & <копыта>"')))
    assert lines.count('ООО "Рога & <копыта>"') == 2


def test_no_blank_leaves_no_line(make_facts: MakeFacts) -> None:
    with_blank = paragraphs(render_certificate(make_facts()))
    without = paragraphs(render_certificate(make_facts(blank="")))
    assert [line for line in with_blank if line not in without] == ["63 № 0012345"]


@pytest.mark.parametrize("kind", CertificateKind)
def test_no_tag_is_left_and_the_code_is_in_its_place(make_facts: MakeFacts, kind: CertificateKind) -> None:
    facts = make_facts(**{"kind": kind, **OF_KIND.get(kind, {})})
    docx = render_certificate(facts)
    text = "\n".join(paragraphs(docx))
    assert "{{" not in text and "{%" not in text and "None" not in text
    assert media(docx) == qr_png(facts.check_url)


def test_the_code_depends_on_the_address() -> None:
    assert qr_png("https://a.example/1").startswith(b"\x89PNG")
    assert qr_png("https://a.example/1") != qr_png("https://a.example/2")


def test_a_long_title_takes_a_smaller_size_and_stays_whole(make_facts: MakeFacts) -> None:
    steps = [certificate_context(make_facts(program="п" * n))["program_length"] for n in (95, 96, 175, 176, 255)]
    assert steps == [0, 1, 1, 2, 2]
    assert "«" + "п" * 255 + "»" in paragraphs(render_certificate(make_facts(program="п" * 255)))


@pytest.mark.parametrize("field", ["city", "number", "head_name", "program"])
def test_a_missing_fact_stops_the_printing(make_facts: MakeFacts, field: str) -> None:
    with pytest.raises(Invalid, match="не заполнено"):
        render_certificate(make_facts(**{field: ""}))


def test_without_a_secretary_the_line_stays_to_be_filled_by_hand(make_facts: MakeFacts) -> None:
    lines = paragraphs(render_certificate(make_facts(secretary="")))
    assert lines[lines.index("Секретарь") + 1] == "М.П."


def test_hours_must_be_positive(make_facts: MakeFacts) -> None:
    with pytest.raises(Invalid, match="объём программы"):
        render_certificate(make_facts(hours=0))


def test_dates_that_contradict_stop_the_printing(make_facts: MakeFacts) -> None:
    with pytest.raises(Invalid, match="раньше, чем началось"):
        render_certificate(make_facts(ends_on=dt.date(2026, 2, 1)))


def test_a_snapshot_prints_the_same_paper_years_later(make_facts: MakeFacts) -> None:
    for kind in CertificateKind:
        facts = make_facts(**{"kind": kind, **OF_KIND.get(kind, {})})
        restored = CertificateFacts.from_snapshot(json.loads(json.dumps(facts.to_snapshot())))
        assert render_certificate(restored) == render_certificate(facts)
        assert restored.to_snapshot() == facts.to_snapshot()
        assert (restored.kind, restored.sex, restored.issued_on) == (facts.kind, facts.sex, facts.issued_on)


def test_the_snapshot_keeps_the_name_as_it_was_declined(make_facts: MakeFacts) -> None:
    assert make_facts().to_snapshot()["full_name_dative"] == "Ивановой Марии Петровне"


@pytest.mark.parametrize("damage", [{"version": 3}, {"kind": "poster"}, {"issued_on": "вчера"}, {"number": None}])
def test_a_damaged_snapshot_is_refused_in_words(make_facts: MakeFacts, damage: dict[str, object]) -> None:
    values = {key: value for key, value in {**make_facts().to_snapshot(), **damage}.items() if value is not None}
    with pytest.raises(Invalid, match="Снимок документа"):
        CertificateFacts.from_snapshot(values)


@pytest.mark.parametrize(
    ("title", "shown"),
    [
        ("Основы", "«Основы»"),
        ("«Основы»", "«Основы»"),
        ("Игра «Зарница» в школе", "«Игра „Зарница“ в школе»"),
        ("«Зарница» и «Орлёнок»", "«„Зарница“ и „Орлёнок“»"),
    ],
)
def test_quotes_of_a_title(title: str, shown: str) -> None:
    assert quoted(title) == shown


@pytest.mark.parametrize(("hours", "shown"), [(21, "21\u00a0часа"), (11, "11\u00a0часов"), (0, "")])
def test_hours_follow_the_preposition(hours: int, shown: str) -> None:
    assert hours_in_genitive(hours) == shown


def test_the_diploma_says_what_was_decided(make_facts: MakeFacts) -> None:
    lines = paragraphs(render_certificate(make_facts(**DIPLOMA)))
    start = lines.index("ДИПЛОМ")
    assert lines[start + 1] == "о профессиональной переподготовке"
    told = lines.index("Настоящий диплом свидетельствует о том, что")
    assert lines[told + 1 : told + 10] == [
        "Иванова",
        "Мария Петровна",
        "со 2 по 14 февраля 2026 г. прошла профессиональную переподготовку в организации",
        "государственное автономное учреждение «Институт развития образования»",
        "по дополнительной профессиональной программе",
        "«Формирующее оценивание на уроках математики»",
        "в объёме 256 часов",
        "Решением аттестационной комиссии от 14 февраля 2026 г. (протокол № 7) присвоена квалификация",
        "«Учитель начальных классов»",
    ]
    assert [line for line in lines if line in ("Председатель комиссии", "Ректор", "Секретарь")] == [
        "Председатель комиссии",
        "Ректор",
        "Секретарь",
    ]


@pytest.mark.parametrize("fact", ["qualification", "protocol", "decided_on"])
def test_a_diploma_without_its_decision_is_not_printed(make_facts: MakeFacts, fact: str) -> None:
    with pytest.raises(Invalid, match="не заполнено"):
        render_certificate(make_facts(**{**DIPLOMA, fact: None if fact == "decided_on" else ""}))


@pytest.mark.parametrize(
    ("sex", "outcome", "decided_on", "words"),
    [
        (Sex.FEMALE, EnrolmentStatus.FAILED, None, "Итоговую аттестацию не прошла."),
        (Sex.MALE, EnrolmentStatus.FAILED, dt.date(2026, 2, 14), "Итоговую аттестацию не прошёл."),
        (Sex.FEMALE, EnrolmentStatus.EXPELLED, dt.date(2026, 2, 10), "Отчислена 10 февраля 2026 г."),
        (Sex.MALE, EnrolmentStatus.EXPELLED, None, "Отчислен."),
    ],
)
def test_the_note_on_the_period_says_how_it_ended(
    make_facts: MakeFacts, sex: Sex, outcome: EnrolmentStatus, decided_on: dt.date | None, words: str
) -> None:
    kind = CertificateKind.STUDY_PERIOD_NOTE
    facts = make_facts(kind=kind, sex=sex, outcome=outcome, decided_on=decided_on)
    (text,) = [line for line in paragraphs(render_certificate(facts)) if line.startswith("Выдана")]
    assert text.endswith(f"(объём программы — 72 часа). {words}")
    assert ("обучалась" in text) == (sex == Sex.FEMALE)


@pytest.mark.parametrize("kind", CertificateKind)
def test_only_a_duplicate_says_so(make_facts: MakeFacts, kind: CertificateKind) -> None:
    facts = make_facts(kind=kind, **{k: v for k, v in OF_KIND.get(kind, {}).items() if k != "kind"})
    original = paragraphs(render_certificate(facts))
    duplicate = paragraphs(render_certificate(dataclasses.replace(facts, duplicate=True)))
    assert [line for line in duplicate if line not in original] == ["ДУБЛИКАТ"]


def test_a_snapshot_of_the_first_version_is_still_printed(make_facts: MakeFacts) -> None:
    new = ("program_kind", "qualification", "decided_on", "protocol", "outcome", "duplicate")
    old = {key: value for key, value in make_facts().to_snapshot().items() if key not in new} | {"version": 1}
    assert render_certificate(CertificateFacts.from_snapshot(old)) == render_certificate(make_facts())


def test_a_paper_is_filled_into_the_template_it_was_issued_with(make_facts: MakeFacts) -> None:
    document = Document()
    document.add_paragraph("Прежний бланк: {{ number }}")
    file = io.BytesIO()
    document.save(file)
    assert paragraphs(render_certificate(make_facts(), template=file.getvalue())) == ["Прежний бланк: 0001/2026"]


def test_the_longest_texts_of_all_papers_keep_one_page(make_facts: MakeFacts, office: None, tmp_path: Path) -> None:
    longest = {
        "last_name": "Салтыкова-Щедрина-" + "Ж" * 42,
        "first_name": "Щ" * 60,
        "patronymic": "Гасан Мамед Али оглы",
        "program": ("Современный урок математики " * 10)[:255],
        "organization": ("государственное учреждение дополнительного образования " * 5)[:250],
        "qualification": ("Учитель начальных классов " * 10)[:255],
        "duplicate": True,
    }
    sources = []
    for kind in CertificateKind:
        facts = make_facts(**{**OF_KIND.get(kind, {}), "kind": kind, **longest})
        sources.append(tmp_path / f"{kind.value}.docx")
        sources[-1].write_bytes(render_certificate(facts))
    made = to_pdfs(sources, tmp_path / "pdf")
    assert [len(PdfReader(path).pages) for path in made] == [1] * len(CertificateKind)
