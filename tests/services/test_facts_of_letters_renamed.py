"""Words that an operator edited before facts came in place of phrases name the facts of today (migration 0022)."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from app.services.mailing.letter_kinds import KINDS
from app.services.mailing.letter_templates import field_problems


def migration() -> ModuleType:
    (path,) = Path("migrations/versions").glob("*_facts_of_letters.py")
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("kind", "former", "now"),
    [
        ("recovery", "Ссылка: {{часов_действует}} часа.", "Ссылка: {{ ссылка_действует }}."),
        ("invitation", "{{ дней_действует }} дней и один раз", "{{ ссылка_действует }} и один раз"),
        ("registration_known", "указал {{ что_указано }}", "указал ваш {{ что_совпало }}"),
        (
            "enrolment_moved",
            "{{ приветствие }}\nДальше — {{ дальше }}.\nКонец",
            "{{ приветствие }}\nДальше — {{ согласует }}: согласует запись.\nДальше — {{ подтвердит }}: подтвердит запись.\n"
            "Дальше — Вы: приходите на занятия, первый день — {{ первый_день }}.\nКонец",
        ),
        ("group_changed", "отозвать до {{ отозвать_до }}", "отозвать до начала занятий ({{ начало }})"),
    ],
)
def test_a_former_field_becomes_the_present_one(kind: str, former: str, now: str) -> None:
    assert migration().renamed(kind, "body", former) == now
    assert field_problems(now, KINDS[kind]) == []


def test_every_former_field_is_known_afterwards() -> None:
    module = migration()
    for kinds, pattern, _facts in module.CHANGES:
        name = pattern.split(r"\s*")[1]
        for kind in kinds:
            for part in module.WORDS:
                words = module.renamed(kind, part, f"Слово {{{{ {name} }}}}")
                assert field_problems(words, KINDS[kind]) == [], (kind, part, words)


def test_words_of_other_kinds_stay() -> None:
    assert migration().renamed("digest", "body", "{{ перечень }}") == "{{ перечень }}"
