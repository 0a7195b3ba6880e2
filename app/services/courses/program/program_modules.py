"""Modules of a program: its parts with their hours, written as a whole."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from app import models as m
from app.audit import record
from app.errors import Conflict, Invalid
from app.extensions import db
from app.russian import count
from app.services.courses.program import program_editions, programs
from app.unit_of_work import use_case

#: modules of one program, and the longest title
MOST, LONGEST = 60, 255


@dataclass(frozen=True, slots=True)
class Module:
    """A module as it is typed: title and hours, both as texts."""

    title: str = ""
    hours: str = ""


def typed_modules(program: m.Program) -> list[Module]:
    """Return the modules of a program as a form shows them."""
    return [Module(row.title, str(row.hours)) for row in program.modules]


def fingerprint(program: m.Program) -> str:
    """Return a mark of the stored modules: it changes with any of them."""
    text = "\n".join(f"{row.hours} {row.title}" for row in program.modules)
    return hashlib.blake2s(text.encode(), digest_size=8).hexdigest()


@use_case
def replace_modules(program_id: int, modules: Sequence[Module], *, opened: str) -> m.Program:
    """Write the modules of a program anew, empty rows left out; ``opened``: the mark of those that the form was opened with.

    Raises Invalid for a row without a title or with wrong hours and for more hours than the program has, Conflict when the
    program may not be changed or another user changed the modules meanwhile.
    """
    program = program_editions.lock(program_id, "program:edit")
    programs.insist_changeable(program)
    if opened != fingerprint(program):
        raise Conflict(
            "Пока вы работали, модули изменил другой пользователь. Откройте их заново и повторите изменение."
        )
    rows = read_modules(modules, hours=program.hours)
    before = _words(program.modules)
    for old in program.modules:
        db.session.delete(old)
    db.session.flush()
    program.modules = [
        m.ProgramModule(title=title, hours=hours, ordering=number)
        for number, (title, hours) in enumerate(rows, start=1)
    ]
    db.session.flush()
    record("program.modules", program, {"Модули": (before, _words(program.modules))})
    return program


def _words(modules: Sequence[m.ProgramModule]) -> str:
    total = sum(row.hours for row in modules)
    return f"{count(len(modules), 'модуль', 'модуля', 'модулей')}, {total} ч" if modules else ""


def read_modules(modules: Sequence[Module], *, hours: int) -> list[tuple[str, int]]:
    """Return (title, hours) of the rows that are filled in; raises Invalid by row (``module-1``) for what is wrong."""
    wrong: dict[str, list[str]] = {}
    rows: list[tuple[str, int]] = []
    for number, module in enumerate(modules, start=1):
        title, typed = " ".join(module.title.split()), "".join(module.hours.split())
        sentence = _problem(title, typed)
        if sentence:
            wrong[f"module-{number}"] = [f"Модуль {number}: {sentence}"]
        elif title:
            rows.append((title, int(typed)))
    total = sum(part for _, part in rows)
    if len(rows) > MOST:
        wrong["modules"] = [f"Модулей не больше {MOST}."]
    elif not wrong and total > hours:
        length = count(hours, "час", "часа", "часов")
        wrong["modules"] = [f"Сумма часов модулей — {total}, а программа длится {length}. Уменьшите часы модулей."]
    if wrong:
        raise Invalid("Проверьте модули.", fields=wrong)
    return rows


def _problem(title: str, hours: str) -> str:
    if not title and not hours:
        return ""
    if not title:
        return "впишите название или очистите часы."
    if len(title) > LONGEST:
        return f"название длиннее {LONGEST} знаков, сократите его."
    if not (hours.isdecimal() and hours.isascii() and len(hours) < 6 and int(hours) > 0):
        return "часы — целое число больше нуля."
    return ""
