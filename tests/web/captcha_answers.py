"""A person's answer to the question of the registration, from its words on the page."""

from __future__ import annotations

import re

_NUMBERS = "ноль один два три четыре пять шесть семь восемь девять".split()
_PLACES = {"первое": 0, "второе": 1, "третье": 2, "последнее": 3}


def answer_to(question: str) -> str:
    """Read the question and answer it."""
    sum_ = re.search(r"Сколько будет (\w+) (плюс|минус) (\w+)", question)
    if sum_:
        a, b = _NUMBERS.index(sum_[1]), _NUMBERS.index(sum_[3])
        return str(a + b if sum_[2] == "плюс" else a - b)
    row = re.search(r"Какое слово (\w+) в ряду: ([\w, ]+)", question)
    assert row is not None, question
    return row[2].split(", ")[_PLACES[row[1]]]
