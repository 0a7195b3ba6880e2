"""The one normal form of what is typed: stored, compared, searched, copied from a paper."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import text

NBSP, SHY, ZWSP = "\u00a0", "\u00ad", "\u200b"


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        (f"  Андрей {NBSP} Ильич\t", "Андрей Ильич"),
        (unicodedata.normalize("NFD", "Ёлкин Андрей"), "Ёлкин Андрей"),
        (f"учи{SHY}тель{ZWSP}", "учитель"),
        ("а\x00б\x07в\u202eг\ufeff", "абвг"),
        ("\ud800лишнее", "лишнее"),
        ("", ""),
    ],
)
def test_a_line_is_stored_as_it_is_seen(typed: str, stored: str) -> None:
    assert text.cleaned(typed) == stored


def test_longer_texts_keep_their_lines() -> None:
    assert text.cleaned_lines(" Первая  строка \r\n\r\n  вторая\x00 \n\n") == "Первая  строка\n\n  вторая"


def test_blanks_of_a_password_stay() -> None:
    assert text.visible(f"  три  {unicodedata.normalize('NFD', 'слой')} ") == "  три  слой "


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Учитель", "учитель"),
        ("Учитель", "Учитeль"),  # a Latin e
        ("Педагог дополнительного  образования", f"педагог{NBSP}дополнительного образования"),
        ("Актёр", "Актер"),
        ("Тьютор — психолог", "тьютор-психолог"),
        ("ГБОУ СОШ «Школа»", 'ГБОУ COШ "Школа" '),
        (unicodedata.normalize("NFD", "Музей"), "Музей"),
    ],
)
def test_spellings_of_one_name_have_one_key(one: str, other: str) -> None:
    assert text.name_key(one) == text.name_key(other)


@pytest.mark.parametrize(("one", "other"), [("Учитель", "Учителя"), ("СОШ № 1", "СОШ № 11"), ("Мир", "Мор")])
def test_names_that_differ_have_different_keys(one: str, other: str) -> None:
    assert text.name_key(one) != text.name_key(other)


def test_the_alphabet_has_ё_beside_е() -> None:
    names = ["Жилищное дело", "Ёлочное дело", "единоборства", "Арбуз"]
    assert sorted(names, key=text.sort_key) == ["Арбуз", "единоборства", "Ёлочное дело", "Жилищное дело"]


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        (unicodedata.normalize("NFD", "Андрей"), ["андрей"]),
        ("Жигулёвск, Самара", ["жигулевск", "самара"]),
        ("СЗ-30", ["сз", "-30"]),
        ("😀", []),
        ("% — '", []),
        (f"{SHY}{ZWSP}", []),
    ],
)
def test_words_of_a_search(typed: str, found: list[str]) -> None:
    assert text.words(typed) == found


@pytest.mark.parametrize(
    "typed",
    ["№ ПК-2026/0001", "пк-2026/0001.", " ПК – 2026 / 0001", "No. ПК-2026/0001", "ПK-2026/0001", "«ПК-2026/0001»"],
)
def test_a_number_is_read_as_it_is_copied_from_the_paper(typed: str) -> None:
    assert text.code(typed) == text.code("ПК-2026/0001")


def test_numbers_that_begin_with_n_keep_it() -> None:
    assert (text.code("N-15"), text.code("N 15")) == ("n-15", "15")


@pytest.mark.parametrize(
    "typed",
    ["AB12CD", "ab12cd.", " аб12cd"[:1] + "ab 12 cd", "№ ab12cd", "АВ12СD", "https://kadry.example/verify/AB12CD/"],
)
def test_a_check_code_is_read_as_it_is_typed(typed: str) -> None:
    assert text.check_code(typed) == "ab12cd"


@pytest.mark.parametrize("typed", ["", "-", " — ", "нет", "НЕТ", "не имеет", "Отсутствует", "без отчества", "б/о", "…"])
def test_what_says_nothing(typed: str) -> None:
    assert text.says_nothing(typed)


@pytest.mark.parametrize("typed", ["Нетович", "Нет Иванова", "0", "И"])
def test_what_says_something(typed: str) -> None:
    assert not text.says_nothing(typed)


@given(st.text(max_size=40))
def test_each_form_is_a_fixed_point(typed: str) -> None:
    for form in (text.visible, text.cleaned, text.cleaned_lines, text.sort_key):
        once = form(text.visible(typed)) if form is text.sort_key else form(typed)
        assert form(once) == once
