"""The reference files: complete, unique, unambiguous, and consistent with the codes of the portal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import date
from enum import StrEnum

import pytest

from app import reference
from app.statuses import BlockKind, MunicipalityKind, Ownership, PositionKind, TerritoryKind

#: постановление Правительства РФ от 21.02.2022 № 225
DECREE_225 = {
    PositionKind.FACULTY: """ассистент; декан факультета; начальник факультета; директор института; начальник института;
        доцент; заведующий кафедрой; начальник кафедры; заместитель начальника кафедры; старший преподаватель;
        профессор""",
    PositionKind.TEACHING: """воспитатель; инструктор-методист; инструктор по труду; инструктор по физической культуре;
        концертмейстер; логопед; мастер производственного обучения; методист; музыкальный руководитель;
        педагог дополнительного образования; педагог-библиотекарь; педагог-организатор; педагог-психолог; преподаватель;
        преподаватель-организатор основ безопасности и защиты Родины; руководитель физического воспитания;
        советник директора по воспитанию и взаимодействию с детскими общественными объединениями; социальный педагог;
        старший вожатый; старший воспитатель; старший инструктор-методист; старший методист;
        старший педагог дополнительного образования; старший тренер-преподаватель; тренер-преподаватель; тьютор;
        учитель; учитель-дефектолог; учитель-логопед""",
    PositionKind.HEAD: "ректор; директор; заведующий; начальник; президент",
    PositionKind.DEPUTY: """заместитель руководителя (директора, заведующего, начальника); заместитель директора;
        руководитель (директор, заведующий, начальник, управляющий) структурного подразделения;
        заместитель руководителя структурного подразделения; первый проректор; проректор""",
    PositionKind.OTHER: """помощник ректора; помощник проректора; советник при ректорате; старший мастер;
        руководитель (заведующий) учебной (производственной) практики; учёный секретарь совета; учёный секретарь""",
}


def normal(text: str) -> str:
    """Words as a search compares them: any case, ё = е, single spaces."""
    return " ".join(text.casefold().replace("ё", "е").split())


def resolver(table: str) -> Callable[[str], str]:
    """Find the name of a row by its name or one of its synonyms."""
    names = {normal(row["name"]): row["name"] for row in reference.read(table)}
    for row in reference.read(table):
        names |= {normal(synonym): row["name"] for synonym in reference.split(row["synonyms"])}
    return lambda text: names[normal(text)]


def codes(enumeration: type[StrEnum]) -> set[str]:
    return {member.value for member in enumeration}


# --- all files -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("table", reference.TABLES)
def test_every_table_is_clean_text(table: str) -> None:
    for row in reference.read(table):
        assert set(row) == set(reference.columns(table))
        for value in row.values():
            assert value == value.strip()
            assert "  " not in value
            assert "\u00a0" not in value


def test_unknown_table_is_refused() -> None:
    with pytest.raises(KeyError):
        reference.read("../statuses")


@pytest.mark.parametrize("table", [name for name in reference.TABLES if "name" in reference.columns(name)])
def test_names_are_unique(table: str) -> None:
    names = Counter(normal(row["name"]) for row in reference.read(table))
    assert [name for name, count in names.items() if count > 1] == []


@pytest.mark.parametrize("table", [name for name in reference.TABLES if "code" in reference.columns(name)])
def test_codes_are_unique_and_short(table: str) -> None:
    rows = reference.read(table)
    keys = [(row.get("rule_code", ""), row["code"]) for row in rows]
    assert len(keys) == len(set(keys))
    assert all(row["code"].isascii() and 0 < len(row["code"]) <= 40 for row in rows)


@pytest.mark.parametrize("table", ["positions", "subjects", "education_levels"])
def test_synonyms_are_unambiguous(table: str) -> None:
    words: Counter[str] = Counter()
    for row in reference.read(table):
        words.update(normal(word) for word in (row["name"], *reference.split(row["synonyms"])))
    assert [word for word, count in words.items() if count > 1] == []


# --- territories -----------------------------------------------------------------------------------------------------


def test_territories_are_thirteen_bodies_and_two_departments() -> None:
    kinds = Counter(row["kind"] for row in reference.read("territories"))
    assert kinds == {TerritoryKind.MINISTRY_BODY: 13, TerritoryKind.CITY_DEPARTMENT: 2}


def test_municipalities_are_ten_cities_and_twenty_seven_districts() -> None:
    kinds = Counter(row["kind"] for row in reference.read("municipalities"))
    assert kinds == {MunicipalityKind.CITY: 10, MunicipalityKind.DISTRICT: 27}


def test_each_municipality_has_one_ministry_body_and_each_territory_a_municipality() -> None:
    kinds = {row["code"]: row["kind"] for row in reference.read("territories")}
    used: set[str] = set()
    for row in reference.read("municipalities"):
        covering = reference.split(row["territories"])
        used.update(covering)
        assert [kinds[code] for code in covering].count(TerritoryKind.MINISTRY_BODY) == 1, row["name"]
    assert used == set(kinds)


def test_departments_cover_their_cities_only() -> None:
    covered = {
        code: row["name"]
        for row in reference.read("municipalities")
        for code in reference.split(row["territories"])
        if code.startswith("department")
    }
    assert covered == {
        "department_samara": "городской округ Самара",
        "department_tolyatti": "городской округ Тольятти",
    }


def test_oktmo_is_empty_or_of_the_region() -> None:
    for row in reference.read("municipalities"):
        assert row["oktmo"] == "" or (row["oktmo"].startswith("36") and len(row["oktmo"]) == 8)


# --- positions, subjects, levels -------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", list(PositionKind))
def test_every_position_of_the_decree_is_present(kind: PositionKind) -> None:
    kinds = {row["name"]: row["kind"] for row in reference.read("positions")}
    find = resolver("positions")
    for name in DECREE_225[kind].split(";"):
        assert kinds[find(name)] == kind, name


def test_positions_begin_with_a_capital_letter_and_have_a_known_kind() -> None:
    for row in reference.read("positions"):
        assert row["name"][0].isupper()
        assert row["kind"] in codes(PositionKind)


def test_right_to_a_voucher_follows_the_kinds_of_the_rule() -> None:
    eligible = set(reference.split(reference.read("voucher_rules")[-1]["eligible_position_kinds"]))
    for row in reference.read("positions"):
        assert (row["voucher_eligible"] == "1") == (row["kind"] in eligible), row["name"]


def test_subject_is_required_of_teachers_only() -> None:
    required = {row["name"] for row in reference.read("positions") if row["subject_required"] == "1"}
    assert required == {
        "Учитель",
        "Преподаватель",
        "Педагог дополнительного образования",
        "Старший педагог дополнительного образования",
    }


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("учитель-логопед", "Учитель-логопед"),
        ("Зам. директора по УВР", "Заместитель директора"),
        ("Педагог ДО", "Педагог дополнительного образования"),
        ("Преподаватель-организатор ОБЖ", "Преподаватель-организатор основ безопасности и защиты Родины"),
        ("Директор школы", "Директор"),
        ("Заведующий детским садом", "Заведующий"),
        ("социальный  педагог", "Социальный педагог"),
        ("Ученый секретарь", "Учёный секретарь"),
        ("Заведующий структурным подразделением", "Руководитель структурного подразделения"),
    ],
)
def test_position_as_lists_write_it_is_found(written: str, name: str) -> None:
    assert resolver("positions")(written) == name


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("английский язык", "Иностранный язык (английский)"),
        ("русский язык", "Русский язык"),
        ("технология", "Труд (технология)"),
        ("ОБЖ", "Основы безопасности и защиты Родины"),
        ("физкультура", "Физическая культура"),
        ("ИЗО", "Изобразительное искусство"),
        ("ОРКСЭ", "Основы религиозных культур и светской этики"),
    ],
)
def test_subject_as_lists_write_it_is_found(written: str, name: str) -> None:
    assert resolver("subjects")(written) == name


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("Высшее", "higher"),
        ("Специалитет", "specialist"),
        ("среднее профессиональное", "vocational"),
        ("СПО", "vocational"),
        ("бакалавриат", "bachelor"),
    ],
)
def test_education_as_lists_write_it_is_found(written: str, code: str) -> None:
    by_name = {row["name"]: row["code"] for row in reference.read("education_levels")}
    assert by_name[resolver("education_levels")(written)] == code


def test_subjects_hold_six_directions_of_supplementary_education() -> None:
    directions = [row["name"] for row in reference.read("subjects") if row["is_direction"] == "1"]
    assert sum(name.startswith("Дополнительное образование: ") for name in directions) == 6


# --- federal lists ---------------------------------------------------------------------------------------------------


def test_frdo_values_are_unique_and_numbered_from_one() -> None:
    lists: dict[str, list[tuple[int, str]]] = {}
    for row in reference.read("frdo_references"):
        lists.setdefault(row["list_code"], []).append((int(row["ordering"]), row["value"]))
    for code, rows in lists.items():
        assert [ordering for ordering, _ in rows] == list(range(1, len(rows) + 1)), code
        assert len({value for _, value in rows}) == len(rows), code
    assert lists["sex"] == [(1, "Муж"), (2, "Жен")]
    assert lists["citizenship"] == [(1, "643")]
    assert {"funding", "areas", "ugs", "education_form_place"} <= set(lists)
    assert {"document_kind", "document_status", "study_form"} <= set(lists)


def test_education_levels_map_to_frdo_values() -> None:
    allowed = {row["value"] for row in reference.read("frdo_references") if row["list_code"] == "education_level"}
    # ДПО admits nobody with secondary general education alone, so that level has no value.
    assert {row["frdo_value"] for row in reference.read("education_levels")} == allowed | {""}


# --- attestation, чек, refusals --------------------------------------------------------------------------------------


def test_categories_given_since_september_2023_are_indefinite_and_older_last_five_years() -> None:
    rows = {row["code"]: row for row in reference.read("attestation_kinds")}
    for code in ("first", "highest", "methodist", "mentor"):
        assert (rows[code]["term_months"], rows[code]["since"], rows[code]["until"]) == ("", "2023-09-01", "")
    for code in ("first_until_2023", "highest_until_2023"):
        assert (rows[code]["term_months"], rows[code]["until"]) == ("60", "2023-08-31")
    assert (rows["compliance"]["term_months"], rows["compliance"]["is_category"]) == ("60", "0")


def test_voucher_rules_follow_one_another_without_gap() -> None:
    old, new = reference.read("voucher_rules")
    assert (old["valid_from"], old["valid_to"]) == ("2010-01-01", "2015-12-31")
    assert (date.fromisoformat(new["valid_from"]) - date.fromisoformat(old["valid_to"])).days == 1
    assert new["valid_to"] == ""
    for rule in (old, new):
        assert (rule["period_months"], rule["validity_months"], rule["decision_days"]) == ("36", "36", "5")
        assert set(reference.split(rule["eligible_position_kinds"])) <= codes(PositionKind)
        assert set(reference.split(rule["eligible_ownerships"])) <= codes(Ownership)


@pytest.mark.parametrize(("rule", "total"), [("hours_144", 144), ("hours_90", 90)])
def test_voucher_blocks_add_up_to_the_hours_of_their_rule(rule: str, total: int) -> None:
    blocks = [row for row in reference.read("voucher_rule_blocks") if row["rule_code"] == rule]
    assert [row["code"] for row in blocks] == ["inv", "var1", "var2"]
    assert [row["kind"] for row in blocks] == [BlockKind.INVARIANT, BlockKind.VARIABLE, BlockKind.VARIABLE]
    assert sum(int(row["hours_max"]) for row in blocks) == total
    assert all(16 <= int(row["hours_min"]) <= int(row["hours_max"]) for row in blocks)


def test_every_rule_of_the_blocks_exists() -> None:
    rules = {row["code"] for row in reference.read("voucher_rules")}
    assert {row["rule_code"] for row in reference.read("voucher_rule_blocks")} == rules


def test_refusals_are_sentences_for_each_subject() -> None:
    rows = reference.read("refusal_reasons")
    assert {row["subject"] for row in rows} == {"voucher", "enrolment", "registration", "access"}
    assert all(row["text"].endswith(".") and row["text"][0].isupper() for row in rows)


def test_workday_corrections_are_left_to_the_operator() -> None:
    assert reference.columns("workday_corrections") == ("day", "is_working", "reason")
    assert reference.read("workday_corrections") == []
