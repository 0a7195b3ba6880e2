"""Countries: the code that the registry takes, by whatever people write."""

from __future__ import annotations

import pytest

from app.countries import COUNTRIES, RUSSIA, country_code


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("Россия", "643"),
        ("рф", "643"),
        ("Российская Федерация", "643"),
        ("643", "643"),
        ("36", "036"),
        ("Республика Казахстан", "398"),
        ("Киргизская Республика", "417"),
        ("Кыргызстан", "417"),
        ("Республика Беларусь", "112"),
        ("Белоруссия", "112"),
        ("Доминиканская Республика", "214"),
        ("Абхазия", "895"),
        ("Кот-д'Ивуар", "384"),
    ],
)
def test_a_country_is_read_by_its_name_and_by_its_code(typed: str, code: str) -> None:
    assert country_code(typed) == code


@pytest.mark.parametrize("typed", ["", "Марс", "999", "0643", "РФ и Беларусь", "²³"])
def test_what_is_no_country_is_none(typed: str) -> None:
    assert country_code(typed) is None


def test_russia_stands_first_and_the_rest_by_the_alphabet() -> None:
    names = list(COUNTRIES.values())
    assert names[0] == COUNTRIES[RUSSIA] == "Россия"
    assert names[1:] == sorted(names[1:])
    assert all(len(code) == 3 and code.isdecimal() for code in COUNTRIES)
    assert all(country_code(name) == code for code, name in COUNTRIES.items())
