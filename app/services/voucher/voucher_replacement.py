"""Replacement of a voucher (чек): another number instead of the old one, the right itself stays the same (приказ № 52-од).

The rule, the day of issue and the last day stay. Nobody gains a year by a new surname, and the period until the next
voucher counts from the first one. The blocks themselves move: an enrolment points to its block, so code that reserves,
spends or frees the block goes on with the same row, and no block exists twice at any moment (guard 2).
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import update

from app import models as m
from app.access import get_writable, unscoped
from app.audit import record
from app.clock import today
from app.conditions import has_run_out
from app.errors import Conflict
from app.extensions import db
from app.russian import format_date
from app.services.mailing import letters
from app.services.personnel.cards import people
from app.services.portal import transitions
from app.services.voucher import voucher_blocks, voucher_reminders
from app.services.voucher.voucher_numbers import new_number
from app.services.voucher.voucher_story import IN_PLACE_OF, REPLACED_BY
from app.unit_of_work import use_case


@use_case
def replace(voucher_id: int, reason: str) -> m.Voucher:
    """Give a чек with a new number in place of an active one (a new surname, a wrong number) and tell the person.

    Returns the new чек; the former one becomes «Заменён» with the reason and leads to it. Raises NotFound, Forbidden, Invalid
    without a reason, Conflict when the чек is not active any more or its term is over.
    """
    former = get_writable(db.session, m.Voucher, voucher_id, "voucher:replace")
    # the order of locks: person, blocks, чек; an enrolment at the same moment waits for the person and finds the new чек
    people.lock_person(former.employee_id)
    blocks = voucher_blocks.lock_blocks(m.VoucherBlock.voucher_id == former.id)
    former = transitions.read_fresh(m.Voucher, voucher_id)
    if has_run_out(former):
        raise Conflict(
            f"Срок чека № {former.number} закончился {format_date(former.valid_until)}, заменять его незачем. "
            "Если период прежнего чека прошёл, работник может подать заявку на новый."
        )
    number = new_number(today().year)
    # only then the new one: two active чеки of a person never exist, not even inside the transaction (uq_voucher_active)
    former = transitions.move(m.Voucher, former.id, "replace", reason=reason)
    voucher = _copy(former, number)
    _move_blocks([block.id for block in blocks], voucher.id)
    former.replaced_by_id = voucher.id
    db.session.flush()
    voucher_reminders.carry_over(former.id, voucher.id)
    _write_down(former, voucher)
    _tell(former, voucher)
    return voucher


def _copy(former: m.Voucher, number: str) -> m.Voucher:
    kept: dict[str, Any] = {
        name: getattr(former, name) for name in ("employee_id", "rule_id", "issued_on", "valid_until")
    }
    voucher = m.Voucher(number=number, **kept)
    db.session.add(voucher)
    db.session.flush()
    return voucher


def _move_blocks(block_ids: list[int], voucher_id: int) -> None:
    with unscoped("the blocks of a чек follow it"):
        statement = update(m.VoucherBlock).where(m.VoucherBlock.id.in_(block_ids)).values(voucher_id=voucher_id)
        db.session.execute(statement.execution_options(synchronize_session=False))
    db.session.expire_all()


def _write_down(former: m.Voucher, voucher: m.Voucher) -> None:
    record("voucher.updated", former, {REPLACED_BY: ("", voucher.number)})
    facts = {IN_PLACE_OF: ("", former.number), "Действует по": ("", format_date(voucher.valid_until))}
    record("voucher.issued", voucher, facts)


def _tell(former: m.Voucher, voucher: m.Voucher) -> None:
    facts = {"прежний_номер": former.number, "причина": former.reason_text}
    letters.tell(voucher.employee, transitions.letter_of(m.Voucher, "replace"), about=voucher, facts=facts)
