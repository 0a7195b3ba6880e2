"""The forty columns and the pre-flight, rule by rule: pure, no database."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from app.documents.frdo.frdo_check import ERROR, WARNING, Fault, Preflight
from app.documents.frdo.frdo_columns import COLUMNS, TITLES, FrdoFacts, Lists, clean, clean_name, differing, frdo_values
from app.statuses import CertificateKind, DuplicateGround, Sex, StudyForm
from tests.documents.frdo_facts import GOOD, ORIGINAL, TODAY, duplicate, facts, lists


def row(f: FrdoFacts, allowed: Lists | None = None) -> dict[str, str]:
    """Letter of the column → its text."""
    return {c.letter: v for c, v in zip(COLUMNS, frdo_values(f, allowed or lists()), strict=True)}


def check(f: FrdoFacts, *, allowed: Lists | None = None, values: list[str] | None = None) -> list[Fault]:
    allowed = allowed or lists()
    preflight = Preflight(allowed, year=2026, today=TODAY)
    return preflight.check(f, values or frdo_values(f, allowed))


def errors(f: FrdoFacts, **options: Any) -> list[tuple[str, str, int]]:
    """(title of the column, card, its id) of the errors."""
    return [(it.column, it.card, it.card_id) for it in check(f, **options) if it.severity == ERROR]


# --- the columns -----------------------------------------------------------------------------------------------------


def test_there_are_forty_columns_in_order_with_different_titles() -> None:
    assert [column.number for column in COLUMNS] == list(range(1, 41))
    assert len(set(TITLES)) == 40
    assert [column.letter for column in COLUMNS][-15:] == "Z AA AB AC AD AE AF AG AH AI AJ AK AL AM AN".split()
    assert TITLES[9].endswith("(повышение квалификации/ профессиональная переподготовка)")
    assert TITLES[34] == "Регистрационный N (оригинала)"


def test_a_document_becomes_the_texts_of_its_row() -> None:
    found = row(GOOD)
    assert [found[letter] for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"] == [
        "Удостоверение о повышении квалификации", "Оригинал", "Нет", "Нет", "Нет", "6301", "000123", "02.03.2026", "0007/2026",
        "Повышение квалификации", "Современный урок математики", "Образование", "Образование и педагогические науки",
        "Математика", "Высшее образование", "Иванова", "ВСГ", "1234567", "2026", "2026", "36", "Петрова", "Анна", "Ивановна",
        "17.05.1980", "Жен",
    ]  # fmt: skip
    assert [found[letter] for letter in ("AA", "AB", "AC", "AD", "AE")] == [
        "112-233-445 95", "Очная", "Региональный бюджет", "в образовательной организации", "643",
    ]  # fmt: skip
    assert {found[f"A{letter}"] for letter in "FGHIJKLMN"} == {""}


def test_a_duplicate_carries_the_eight_columns_of_its_original() -> None:
    found = row(duplicate())
    assert [found[letter] for letter in "BCDE"] == ["Дубликат", "Да", "Нет", "Нет"]
    assert [found[f"A{letter}"] for letter in "FGHIJKLMN"] == [
        "Удостоверение о повышении квалификации", "6301", "000100", "0001/2026", "24.02.2026", "Сидорова", "Анна", "Ивановна", "",
    ]  # fmt: skip
    assert [row(duplicate(ground=DuplicateGround.EXCHANGED))[c] for c in "CDE"] == ["Нет", "Да", "Нет"]
    assert [row(duplicate(ground=DuplicateGround.DAMAGED))[c] for c in "CDE"] == ["Нет", "Нет", "Да"]


def test_a_diploma_says_retraining_and_its_own_qualification() -> None:
    found = row(facts(kind=CertificateKind.DIPLOMA, hours=256, program_qualification="Учитель информатики"))
    assert (found["A"], found["J"]) == ("Диплом о профессиональной переподготовке", "Профессиональная переподготовка")
    assert (found["N"], found["U"]) == ("Учитель информатики", "256")


def test_what_a_document_has_not_is_written_as_the_registry_wants_it() -> None:
    found = row(facts(series="", patronymic="", diploma_series="", diploma_speciality="", sex=None, birth_date=None))
    assert [found[c] for c in "FXQNZY"] == ["Нет", "Нет", "Нет", "нет", "", ""]


def test_the_lists_decide_how_a_value_is_written() -> None:
    allowed = Lists(
        {
            26: ("Мужской", "Женский"),
            28: ("очная", "заочная"),
            29: ("Бюджет субъекта РФ",),
            30: ("В образовательной организации",),
        }
    )
    found = row(facts(form=StudyForm.CORRESPONDENCE), allowed)
    assert [found[c] for c in ("Z", "AB", "AC", "AD")] == [
        "Женский", "заочная", "Бюджет субъекта РФ", "В образовательной организации",
    ]  # fmt: skip


def test_the_programs_source_of_money_goes_before_the_cheque() -> None:
    assert row(facts(funding="Платное обучение"))["AC"] == "Платное обучение"
    assert row(facts(by_voucher=False))["AC"] == ""


@pytest.mark.parametrize(
    ("typed", "cleaned"),
    [
        ("Урок – это «диалог»", 'Урок - это "диалог"'),
        ("  два\u00a0слова \t и\u200b\u00ad третье\n", "два слова и третье"),
        ("№ 15 — “а” ’б’…", "N 15 - \"а\" 'б'..."),
        ("и\u0306", "й"),
    ],
)
def test_texts_are_cleaned(typed: str, cleaned: str) -> None:
    assert clean(typed) == cleaned


@pytest.mark.parametrize(
    ("typed", "cleaned"),
    [("Пeтpoвa", "Петрова"), ("CEPOBA", "СЕРОВА"), ("Smith", "Smith"), ("О’Нил –Петров", "О'Нил -Петров")],
)
def test_latin_look_alikes_of_a_name_become_cyrillic(typed: str, cleaned: str) -> None:
    assert clean_name(typed) == cleaned


def test_another_spelling_of_a_list_is_no_edit() -> None:
    old, new = frdo_values(GOOD, lists()), frdo_values(GOOD, Lists({26: ("Женский",)}))
    assert [c for c in differing(old, new) if c.number == 26] == []
    assert [c.letter for c in differing(old, frdo_values(facts(last_name="Новая", sex=Sex.MALE), lists()))] == [
        "V",
        "Z",
    ]


# --- the pre-flight --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "good", [GOOD, duplicate(), facts(kind=CertificateKind.DIPLOMA, hours=250, program_qualification="Учитель")]
)
def test_a_right_document_has_no_fault(good: FrdoFacts) -> None:
    assert check(good) == []


#: what is wrong → column, card that mends it, id of the card
WRONG: list[tuple[dict[str, Any], str, str, int]] = [
    ({"birth_date": None}, "Y", "employee", 2),
    ({"birth_date": dt.date(2010, 1, 1)}, "Y", "employee", 2),
    ({"sex": None}, "Z", "employee", 2),
    ({"snils": ""}, "AA", "employee", 2),
    ({"snils": "11223344596"}, "AA", "employee", 2),
    ({"citizenship": "РФ"}, "AE", "employee", 2),
    ({"area": ""}, "L", "program", 4),
    ({"area": "образование и Наука о Земле"}, "L", "program", 4),
    ({"specialities_group": ""}, "M", "program", 4),
    ({"by_voucher": False}, "AC", "program", 4),
    ({"hours": 15}, "U", "program", 4),
    ({"hours": 250}, "U", "program", 4),
    ({"program": "Урок 😀"}, "K", "program", 4),
    ({"program": "У" * 256}, "K", "program", 4),
    ({"education_level": ""}, "O", "qualification", 3),
    ({"diploma_number": ""}, "R", "qualification", 3),
    ({"diploma_series": "А_1"}, "Q", "qualification", 3),
    ({"series": "1" * 21}, "F", "certificate", 1),
    ({"number": "12\\3"}, "G", "certificate", 1),
    ({"registration": "7_2026"}, "I", "certificate", 1),
    ({"last_name": "Smith"}, "V", "certificate", 1),
    ({"last_name": "Петрова -Водкина"}, "V", "certificate", 1),
    ({"last_name": "П" * 51}, "V", "certificate", 1),
    ({"first_name": ""}, "W", "certificate", 1),
    ({"issued_on": dt.date(2026, 2, 19)}, "H", "certificate", 1),
    ({"issued_on": dt.date(2026, 6, 2)}, "H", "certificate", 1),
    ({"issued_on": dt.date(2025, 12, 31), "starts_on": dt.date(2025, 2, 2), "ends_on": dt.date(2025, 2, 9)}, "H", "certificate", 1),
    ({"starts_on": dt.date(2026, 2, 21)}, "T", "training_group", 5),
    ({"starts_on": dt.date(1977, 2, 21), "licence_date": dt.date(1970, 1, 1)}, "S", "training_group", 5),
    ({"licence_date": dt.date(2026, 2, 3)}, "S", "organization", 6),
]  # fmt: skip


@pytest.mark.parametrize(("over", "letter", "card", "pk"), WRONG, ids=lambda it: str(it)[:40])
def test_each_rule_names_its_column_and_the_card(over: dict[str, Any], letter: str, card: str, pk: int) -> None:
    title = next(c.title for c in COLUMNS if c.letter == letter)
    assert errors(facts(**over)) == [(title, card, pk)]


def test_the_bounds_of_the_rules_are_allowed() -> None:
    day = dt.date(2026, 2, 20)
    good = [
        {"hours": 16}, {"hours": 249}, {"issued_on": day}, {"issued_on": TODAY}, {"starts_on": day},
        {"licence_date": GOOD.starts_on}, {"birth_date": dt.date(2008, 2, 20)}, {"last_name": "П" * 50}, {"series": "1" * 20},
        {"last_name": "Алиева-Гусейнова (Мамедова)", "patronymic": "Гасан кызы"},
    ]  # fmt: skip
    assert [over for over in good if check(facts(**over))] == []


def test_before_2021_the_later_columns_may_be_empty() -> None:
    old = {"issued_on": dt.date(2020, 3, 2), "starts_on": dt.date(2020, 2, 2), "ends_on": dt.date(2020, 2, 20)}
    preflight = Preflight(lists(), year=2020, today=TODAY)
    f = facts(**old, snils="", by_voucher=False)
    assert preflight.check(f, frdo_values(f, lists())) == []


def test_a_foreigner_needs_no_snils() -> None:
    assert errors(facts(snils="", citizenship="398")) == []


def test_without_a_diploma_the_card_of_the_person_mends_it() -> None:
    found = errors(facts(qualification_id=None, education_level="", diploma_last_name="", diploma_number=""))
    assert {(card, pk) for _, card, pk in found} == {("employee", 2)}
    assert len(found) == 3


@pytest.mark.parametrize(
    ("over", "letter", "card"),
    [
        ({"sex": Sex.MALE}, "Z", "employee"),
        ({"licence_date": None}, "S", "organization"),
        ({"patronymic": "Гасан оглы"}, "Z", "employee"),
    ],
)
def test_doubts_are_warnings(over: dict[str, Any], letter: str, card: str) -> None:
    found = check(facts(**over))
    title = next(c.title for c in COLUMNS if c.letter == letter)
    assert [(it.severity, it.column, it.card) for it in found] == [(WARNING, title, card)]


def test_a_duplicate_needs_its_reason_and_all_eight_columns() -> None:
    assert [column for column, _, _ in errors(duplicate(ground=None))] == ["Подтверждение утраты"]
    values = frdo_values(duplicate(), lists())
    for index in range(31, 39):
        broken = [*values[:index], "", *values[index + 1 :]]
        assert [column for column, _, _ in errors(duplicate(), values=broken)] == [TITLES[index]]
    later = replace(ORIGINAL, issued_on=dt.date(2026, 3, 3))
    assert [column for column, _, _ in errors(duplicate(original=later))] == ["Дата выдачи (оригинала)"]


def test_an_original_has_none_of_the_eight_columns_and_the_last_is_always_empty() -> None:
    values = frdo_values(GOOD, lists())
    for index in range(31, 40):
        broken = [*values[:index], "x", *values[index + 1 :]]
        assert [column for column, _, _ in errors(GOOD, values=broken)] == [TITLES[index]]


def test_numbers_and_people_are_looked_for_twice_in_a_file() -> None:
    preflight = Preflight(lists(), year=2026, today=TODAY)

    def add(**over: Any) -> list[tuple[str, str]]:
        f = facts(**over)
        return [(it.severity, it.column) for it in preflight.check(f, frdo_values(f, lists()))]

    assert add() == []
    assert add(employee_id=9) == [(ERROR, "Регистрационный номер")]
    assert add(certificate_id=8, registration="0008/2026") == [
        (WARNING, "Наименование дополнительной профессиональной программы")
    ]
    diploma = {"kind": CertificateKind.DIPLOMA, "hours": 300, "program_qualification": "Учитель", "program": "Другая"}
    assert add(**diploma) == []


def test_sentences_are_russian_and_the_same_for_every_row() -> None:
    said = {it.sentence for over, *_ in WRONG for it in check(facts(**over))}
    assert [sentence for sentence in said if not re.fullmatch(r"[А-ЯЁа-яё0-9 ,.:;—«»-]+", sentence)] == []
    assert all(sentence.endswith(".") for sentence in said)


def test_the_columns_are_those_of_the_facts_page() -> None:
    """The titles are typed once; a slip in one of them would refuse the whole file."""
    text = Path(__file__).with_name("frdo_titles.txt").read_text("utf-8")
    assert text.splitlines() == list(TITLES)
