"""Masks of numbers in words; how numbers are written by them: tests/services/test_certificates.py."""

from __future__ import annotations

import pytest

from app.number_masks import mask_in_words


@pytest.mark.parametrize(
    ("mask", "words"),
    [
        ("{number:04d}/{year}", "0001/2026 (порядковый номер из 4\xa0цифр, год)"),
        ("{code}-{number}", "ПК-12-1 (шифр программы, порядковый номер)"),
        ("63-{year}-{number:06d}", "63-2026-000001 (год, порядковый номер из 6\xa0цифр)"),
        ("{number:3d}", "001 (порядковый номер из 3\xa0цифр)"),
        ("без полей", "без полей"),
        ("{number.__class__}", "{number.__class__}"),
        ("{number", "{number"),
    ],
)
def test_a_mask_is_said_by_an_example_and_its_parts(mask: str, words: str) -> None:
    assert mask_in_words(mask, 2026) == words
