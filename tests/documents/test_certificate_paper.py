from __future__ import annotations

import dataclasses
import datetime as dt
import json

import pytest

from app.documents.certificate import (
    CertificateFacts,
    certificate_context,
    hours_in_genitive,
    quoted,
    render_certificate,
)
from app.documents.qr import qr_png
from app.errors import Invalid
from app.statuses import CertificateKind, Sex
from tests.documents.conftest import MakeFacts, media, paragraphs


def test_the_certificate_says_every_fact_in_its_place(make_facts: MakeFacts) -> None:
    assert paragraphs(render_certificate(make_facts())) == [
        "Государственное автономное учреждение «Институт развития образования»",
        "УДОСТОВЕРЕНИЕ",
        "о повышении квалификации",
        "63 № 0012345",
        "Настоящее удостоверение свидетельствует о том, что",
        "Иванова",
        "Мария Петровна",
        "с\u00a02 по\u00a014\u00a0февраля\u00a02026\u00a0г. прошла повышение квалификации в организации",
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
        "Выдана Ивановой Марии Петровне в том, что она с\u00a02 по\u00a014\u00a0февраля\u00a02026\u00a0г. прошла "
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


@pytest.mark.parametrize("kind", [CertificateKind.CERTIFICATE, CertificateKind.TRAINING_NOTE])
def test_no_tag_is_left_and_the_code_is_in_its_place(make_facts: MakeFacts, kind: CertificateKind) -> None:
    facts = make_facts(kind=kind)
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
    for kind in (CertificateKind.CERTIFICATE, CertificateKind.TRAINING_NOTE):
        facts = make_facts(kind=kind)
        restored = CertificateFacts.from_snapshot(json.loads(json.dumps(facts.to_snapshot())))
        assert render_certificate(restored) == render_certificate(facts)
        assert restored.to_snapshot() == facts.to_snapshot()
        assert (restored.kind, restored.sex, restored.issued_on) == (facts.kind, facts.sex, facts.issued_on)


def test_the_snapshot_keeps_the_name_as_it_was_declined(make_facts: MakeFacts) -> None:
    assert make_facts().to_snapshot()["full_name_dative"] == "Ивановой Марии Петровне"


@pytest.mark.parametrize("damage", [{"version": 2}, {"kind": "poster"}, {"issued_on": "вчера"}, {"number": None}])
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
