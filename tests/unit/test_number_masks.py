"""Masks of numbers in words; how numbers are written by them: tests/services/test_certificates.py."""

from __future__ import annotations

import pytest

from app.number_masks import LONGEST, SHAPES, mask_in_words, next_numbers, read_example, why_not, write_example
from app.rules.document import NUMBER_PREFIX


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


EXAMPLES = [
    ("0001/2026", "{number:04d}/{year}"),
    ("63-2026-000001", "63-{year}-{number:06d}"),
    ("1", "{number}"),
    ("20260001", "{year}{number:04d}"),
    ("00012026", "{number:04d}{year}"),
    ("УД-1 2026-001", "УД-1 {year}-{number:03d}"),
    ("ПК-12-1", "{code}-{number}"),
    ("ПК-12/2026/01", "{code}/{year}/{number:02d}"),
]


@pytest.mark.parametrize(("example", "mask"), EXAMPLES)
def test_a_mask_is_read_from_its_first_number_and_written_back(example: str, mask: str) -> None:
    assert read_example(example, 2026, ("code", "number", "year")) == mask
    assert write_example(mask, 2026) == example


def test_a_form_opened_before_new_year_comes_back_after_it() -> None:
    assert read_example("0001/2026", 2027, ("number", "year")) == "{number:04d}/{year}"


@pytest.mark.parametrize("mask", ["{number}-01", "{number:04d}-00001", "{year}-2026-{number}", "{number", "нет"])
def test_a_mask_whose_example_means_another_stays_a_mask(mask: str) -> None:
    assert read_example(write_example(mask, 2026), 2026, ("code", "number", "year")) == mask


def test_what_follows_the_example_shows_how_it_is_understood() -> None:
    assert next_numbers("{number:04d}/{year}", 2026) == "0002/2026, 0003/2026; в 2027 году 0001/2027"


@pytest.mark.parametrize(
    ("mask", "words"),
    [
        ("63-{number:06d}", "«63-000001» записан неверно: нет года 2026"),
        ("63-{year}", "«63-2026» записан неверно: нет порядкового номера"),
        ("{year}-{number.__class__}", "фигурные скобки в номере не нужны"),
        ("{code}-{year}-{number}", "фигурные скобки в номере не нужны"),
        ("х" * 40 + "{year}{number}", "номер выйдет длиннее 40\xa0знаков"),
    ],
)
def test_a_mistake_is_told_in_words_with_an_example(mask: str, words: str) -> None:
    sentence = why_not(mask, "voucher_number_mask", 2026)
    assert words in sentence
    assert sentence.endswith("Напишите первый номер 2026 года, например 63-2026-000001")


def test_the_longest_number_of_a_document_fits_with_its_prefix() -> None:
    assert SHAPES["certificate_mask"].longest + max(map(len, NUMBER_PREFIX.values())) == LONGEST


@pytest.mark.parametrize("name", SHAPES)
def test_the_example_of_each_mask_is_one(name: str) -> None:
    assert why_not(SHAPES[name].example, name, 2026) == ""
