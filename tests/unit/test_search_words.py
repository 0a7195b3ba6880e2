"""Words that mean the same, and the other keyboard layout."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.text import sort_key, synonyms
from app.text.keyboard import is_latin, other_layout


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        (";ehyfk", "журнал"),
        ("bdfyjdf", "иванова"),
        ("`krby", "ёлкин"),
        ('"kkf <jhbcjdf', "Элла Борисова"),
        ("учсуд", "excel"),
        ("63-2026", "63-2026"),
    ],
)
def test_the_same_keys_in_the_other_layout(typed: str, meant: str) -> None:
    assert other_layout(typed) == meant


@given(st.text("абвгдеёжзийклмнопрстуфхцчшщъыьэюяАЯЁЖ 0123456789"))
def test_there_and_back_is_the_same(typed: str) -> None:
    assert other_layout(other_layout(typed)) == typed


def test_only_latin_letters_are_latin() -> None:
    assert [is_latin(text) for text in (";ehyfk", "63-2026", "СОШ abc", "", "журнал")] == [
        True,
        False,
        False,
        False,
        False,
    ]


def test_a_word_of_the_table_has_one_meaning() -> None:
    starts = [start for line in synonyms._MEANINGS for start in line]
    assert all(start == sort_key(start) and len(start) >= synonyms.SHORTEST for start in starts)
    within = [(a, b) for a in starts for b in starts if a != b and b.startswith(a)]
    assert within == []
    assert len(starts) == len(set(starts))


def test_meanings_of_whole_words_and_of_their_beginnings() -> None:
    for typed in ("удостоверение", "корочки", "сертиф", "УДОСТ"):
        assert "документ" in synonyms.meanings(typed), typed
    assert synonyms.meanings("иванова") == ("иванова",)
    assert synonyms.meanings("ра") == ("ра",)
