"""What a program must have before it is published: an organizer that may run it, hours that a block pays for, whole modules,
a qualification (order § 1.3)."""

from __future__ import annotations

from sqlalchemy import select

from app import models as m
from app.errors import Conflict
from app.extensions import db
from app.russian import count
from app.services.courses.program import organizer_rules
from app.services.voucher import voucher_eligibility
from app.statuses import BlockKind, ProgramKind

#: field of a program → list of ФИС ФРДО that its values come from
FRDO_LISTS = {"area": "areas", "specialities_group": "ugs", "funding": "funding"}


def insist_ready(program: m.Program) -> None:
    """Raise Conflict with every sentence of ``problems``."""
    found = problems(program)
    if found:
        raise Conflict(" ".join(found))


def problems(program: m.Program) -> list[str]:
    """Return what hinders the publication, in sentences for the organizer."""
    found = [_block_problem(program), _modules_problem(program), _qualification_problem(program)]
    forbidden = organizer_rules.why_not(program, on=organizer_rules.day_of(program))
    return [*forbidden, *(sentence for sentence in found if sentence)]


def _block_problem(program: m.Program) -> str:
    """The hours fit a block of the rule that is in force in the program's year, today at the earliest."""
    if program.block is None:
        return ""
    rule = voucher_eligibility.find_rule(organizer_rules.day_of(program))
    if rule is None:
        return (
            f"На {program.year} год нет правила выдачи чеков, поэтому блок выбрать нельзя. Обратитесь к Оператору АИС."
        )
    ranges = sorted({(b.hours_min, b.hours_max) for b in rule.blocks if b.kind == program.block})
    return block_sentence(program.hours, program.block, ranges)


def block_sentence(hours: int, block: BlockKind, ranges: list[tuple[int, int]]) -> str:
    """Return why blocks that pay for ``ranges`` of hours (from, to) do not pay for a program, empty when one does."""
    if any(least <= hours <= most for least, most in ranges):
        return ""
    length = f"Программа длится {count(hours, 'час', 'часа', 'часов')}"
    if not ranges:
        return f"{length}, а такого блока, как «{block.label}», в действующем правиле нет. Выберите другой блок."
    paid = " или ".join(f"{least}–{most}" for least, most in ranges)
    return f"{length}, а {block.label} оплачивает {paid}. Измените часы или выберите другой блок."


def _modules_problem(program: m.Program) -> str:
    total = sum(module.hours for module in program.modules)
    if not program.modules or total == program.hours:
        return ""
    return (
        f"Сумма часов модулей — {total}, а программа длится {count(program.hours, 'час', 'часа', 'часов')}. "
        "Исправьте часы модулей или программы."
    )


def _qualification_problem(program: m.Program) -> str:
    if program.kind != ProgramKind.RETRAINING or program.qualification_name:
        return ""
    return "Для профессиональной переподготовки укажите квалификацию: её пишут в дипломе."


def listed(code: str) -> list[str]:
    """Return the values of a list of ФИС ФРДО that are in use, in their order."""
    ref = m.FrdoReference
    statement = select(ref.value).where(ref.list_code == code, ref.active).order_by(ref.ordering, ref.id)
    return list(db.session.scalars(statement))
