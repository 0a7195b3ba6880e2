"""The demo's people, organizations and programs: valid numbers, right Russian, the same for the same seed."""

from __future__ import annotations

from collections import Counter
from datetime import date
from random import Random

import pytest

from app import reference
from app.demo import catalog, names
from app.demo.names import DemoPerson, PersonGenerator
from app.statuses import BlockKind, Ownership, Sex

SEED = 2026
MANY = 3000


def checksum_of_snils(digits: str) -> int:
    total = sum(int(digit) * (9 - index) for index, digit in enumerate(digits[:9]))
    rest = total % 101
    return 0 if rest == 100 else rest


def people(count: int, seed: int = SEED) -> list[DemoPerson]:
    generator = PersonGenerator(Random(seed))
    return [generator.person() for _ in range(count)]


def organizations(seed: int = SEED) -> tuple[catalog.DemoOrganization, ...]:
    rng = Random(seed)
    return catalog.organizations(rng, PersonGenerator(rng))


def column(table: str, name: str) -> set[str]:
    return {row[name] for row in reference.read(table)}


# --- people ----------------------------------------------------------------------------------------------------------


def test_same_seed_gives_same_people_and_another_seed_others() -> None:
    assert people(50) == people(50)
    assert people(50) != people(50, SEED + 1)


def test_numbers_and_addresses_are_unique_and_well_formed() -> None:
    made = people(MANY)
    for values in ([p.snils for p in made], [p.phone for p in made], [p.email for p in made]):
        assert len(set(values)) == MANY
    for person in made:
        assert len(person.snils) == 11
        assert int(person.snils[:9]) >= names.SNILS_FIRST
        assert int(person.snils[9:]) == checksum_of_snils(person.snils)
        assert person.phone.startswith("+7907")
        assert len(person.phone) == 12
        assert person.email.isascii()
        assert person.email.endswith("@example.org")
        assert ".." not in person.email


@pytest.mark.parametrize(
    ("number", "snils"),
    [(112233445, "11223344595"), (87654303, "08765430300"), (206130059, "20613005900"), (100356259, "10035625900"),
     (544544369, "54454436900"), (142006408, "14200640899")],
)  # fmt: skip
def test_snils_check_number(number: int, snils: str) -> None:
    assert names.snils_with_check_number(number) == snils


def test_five_of_six_are_women() -> None:
    share = sum(person.sex is Sex.FEMALE for person in people(MANY)) / MANY
    assert 0.82 < share < 0.88


def test_ages_are_those_of_working_people() -> None:
    for person in people(MANY):
        born, today = person.birth_date, names.REFERENCE_DAY
        age = today.year - born.year - ((today.month, today.day) < (born.month, born.day))
        assert names.YOUNGEST <= age <= names.OLDEST


def test_asked_sex_and_ages_are_kept() -> None:
    generator = PersonGenerator(Random(SEED), today=date(2026, 9, 1))
    for _ in range(200):
        person = generator.person(sex=Sex.MALE, ages=(30, 31))
        assert person.sex is Sex.MALE
        assert date(1994, 9, 2) <= person.birth_date <= date(1996, 9, 1)


def test_birth_date_on_leap_day_does_not_fail() -> None:
    generator = PersonGenerator(Random(SEED), today=date(2028, 2, 29))
    for _ in range(100):
        assert date(1997, 3, 1) <= generator.person(ages=(21, 30)).birth_date <= date(2007, 2, 28)


def test_patronymic_agrees_with_sex() -> None:
    for person in people(MANY):
        if person.patronymic is not None:
            endings = ("на", "кызы") if person.sex is Sex.FEMALE else ("ич", "оглы")
            assert person.patronymic.endswith(endings), person.full_name


def test_surname_agrees_with_sex() -> None:
    mens, womens = ("ов", "ев", "ёв", "ин", "ский", "ой", "ный"), ("ова", "ева", "ёва", "ина", "ская", "ная")
    for person in people(MANY):
        assert not person.last.endswith(mens if person.sex is Sex.FEMALE else womens), person.full_name


@pytest.mark.parametrize(
    ("man", "woman"),
    [("Соловьёв", "Соловьёва"), ("Хабибуллин", "Хабибуллина"), ("Троицкий", "Троицкая"), ("Степной", "Степная"),
     ("Шевченко", "Шевченко"), ("Седых", "Седых"), ("Ким", "Ким")],
)  # fmt: skip
def test_feminine_surname(man: str, woman: str) -> None:
    assert names.feminine_surname(man) == woman


@pytest.mark.parametrize(
    ("son", "daughter"),
    [("Иванович", "Ивановна"), ("Сергеевич", "Сергеевна"), ("Ильич", "Ильинична"), ("Лукич", "Лукинична"),
     ("Никитич", "Никитична"), ("Рашидович", "Рашидовна"), ("Юрьевич", "Юрьевна")],
)  # fmt: skip
def test_feminine_patronymic(son: str, daughter: str) -> None:
    assert names.feminine_patronymic(son) == daughter


def test_names_are_varied() -> None:
    surnames = [name for group in names.PEOPLES for name in group.surnames]
    assert len(surnames) == len(set(surnames)) >= 120
    assert len(set(names.WOMEN)) == len(names.WOMEN) >= 40
    assert len(set(names.MEN)) == len(names.MEN) >= 40
    made = people(MANY)
    assert max(Counter(person.last for person in made).values()) < MANY / 20
    assert len({person.full_name for person in made}) > MANY * 0.95


def test_hard_names_appear() -> None:
    made = {person.full_name for person in people(names.HARD_NAME_EVERY * len(names.HARD_NAMES))}
    assert {"Римская-Корсакова Любовь Львовна", "Мамедов Рашид Ахмед оглы", "Ким Светлана"} <= made


# --- diplomas and orders ---------------------------------------------------------------------------------------------


def test_diplomas_are_possible() -> None:
    rng = Random(SEED)
    levels = column("education_levels", "code")
    for birth_year in range(1956, 2006):
        for vocational in (False, True):
            diploma = names.qualification(rng, birth_year=birth_year, latest_year=2026, vocational=vocational)
            assert diploma.level in levels
            assert birth_year + 19 <= diploma.year <= 2026
            assert (diploma.level == "vocational") == (diploma.institution in names.COLLEGES)
            assert diploma.level not in ("bachelor", "master") or diploma.year >= 2011
            assert vocational <= (diploma.level == "vocational")
            assert len(diploma.number) == 7


def test_orders_follow_the_decision() -> None:
    rng, decision = Random(SEED), date(2024, 12, 28)
    by_ministry = [names.attestation_order(rng, decision) for _ in range(50)]
    by_employer = [names.attestation_order(rng, decision, by_employer=True) for _ in range(50)]
    assert all(order.number.endswith("-р") for order in by_ministry)
    assert all(order.number.endswith("-од") for order in by_employer)
    assert all(1 <= (order.day - decision).days <= 10 for order in by_ministry + by_employer)


# --- organizations ---------------------------------------------------------------------------------------------------


def test_same_seed_gives_same_organizations_and_another_seed_others() -> None:
    assert organizations() == organizations()
    assert organizations() != organizations(SEED + 1)


def test_first_organization_is_the_school_of_the_sample_list() -> None:
    school = organizations()[0]
    assert school.short_name == "ГБОУ СОШ с. Верхние Сосны"
    assert school.municipality == "муниципальный район Красноярский"
    assert school.territory == "severo_zapadnoe"
    assert [unit.short_name for unit in school.units] == ["СП «Детский сад „Росинка“» ГБОУ СОШ с. Верхние Сосны"]
    assert [unit.type_code for unit in school.units] == ["preschool"]


def test_there_are_sixty_organizations_in_two_territories_and_three_organizers() -> None:
    made = organizations()
    usual = [organization for organization in made if not organization.is_organizer]
    assert len(usual) == 60
    assert {organization.territory for organization in usual} == {"severo_zapadnoe", "povolzhskoe"}
    assert sum(len(organization.units) for organization in usual) > 30
    assert made[60:] == tuple(organization for organization in made if organization.is_organizer)
    assert len(made[60:]) == len(catalog.ORGANIZER_CODES)
    for organizer in made[60:]:
        assert organizer.type_code == "further"
        assert organizer.secretary is not None
        assert organizer.secretary != organizer.head


def test_organizations_use_the_directories() -> None:
    territories = {row["name"]: reference.split(row["territories"]) for row in reference.read("municipalities")}
    types, positions = column("organization_types", "code"), column("positions", "name")
    for organization in organizations():
        assert organization.territory in territories[organization.municipality]
        assert organization.head_position in positions
        assert {organization.type_code, *(unit.type_code for unit in organization.units)} <= types
    used = {organization.type_code for organization in organizations()}
    assert used == {"preschool", "general", "vocational", "supplementary", "further"}
    assert {row.ownership for row in organizations()} == {Ownership.REGIONAL, Ownership.MUNICIPAL, Ownership.PRIVATE}


def test_organizations_have_unique_names_and_numbers() -> None:
    made = organizations()
    short = [organization.short_name for organization in made] + [u.short_name for o in made for u in o.units]
    full = [organization.full_name for organization in made] + [u.full_name for o in made for u in o.units]
    for values in (short, full, [o.inn for o in made], [o.ogrn for o in made], [o.email for o in made]):
        assert len(values) == len(set(values))
    assert all(len(name) <= 255 for name in short)
    assert all("  " not in name for name in short + full)


def test_organizations_have_right_check_digits() -> None:
    for organization in organizations():
        inn, ogrn = organization.inn, organization.ogrn
        weighted = sum(int(d) * w for d, w in zip(inn, (2, 4, 10, 3, 5, 9, 4, 6, 8), strict=False))
        assert (len(inn), inn[:2], int(inn[9])) == (10, "63", weighted % 11 % 10)
        assert (len(ogrn), ogrn[3:5], int(ogrn[12])) == (13, "63", int(ogrn[:12]) % 11 % 10)
        assert organization.kpp == "639901001"
        assert 2000 + int(ogrn[1:3]) <= organization.licence_date.year


# --- programs --------------------------------------------------------------------------------------------------------


def test_programs_name_only_what_the_directories_hold() -> None:
    types, positions, subjects = (
        column("organization_types", "code"),
        column("positions", "name"),
        column("subjects", "name"),
    )
    for program in catalog.programs():
        assert set(program.types) <= types
        assert set(program.positions) <= positions
        assert set(program.subjects) <= subjects
        assert program.organizer in range(len(catalog.ORGANIZER_CODES))


def test_programs_are_about_forty_with_unique_codes_and_titles() -> None:
    made = catalog.programs()
    assert 38 <= len(made) <= 45
    assert len({program.code for program in made}) == len({program.title for program in made}) == len(made)
    assert {program.organizer for program in made} == {0, 1, 2}
    assert all(program.annotation.endswith(".") for program in made)


def test_hours_of_a_program_fit_the_blocks_that_pay_for_it() -> None:
    blocks = [row for row in reference.read("voucher_rule_blocks") if row["rule_code"] == "hours_90"]
    for program in catalog.programs():
        fitting = [row for row in blocks if row["kind"] == program.block]
        assert fitting
        assert all(int(row["hours_min"]) <= program.hours <= int(row["hours_max"]) for row in fitting), program.title


@pytest.mark.parametrize("block", list(BlockKind))
def test_everybody_with_the_right_to_a_voucher_finds_a_program(block: BlockKind) -> None:
    offered = [program for program in catalog.programs() if program.block is block and not program.types]
    for row in reference.read("positions"):
        if row["voucher_eligible"] == "1":
            assert [p for p in offered if not p.positions or row["name"] in p.positions], row["name"]
