"""Public check of a voucher (чек) by the code of its QR: is it real, does it still pay. No full name, СНИЛС or birth date."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from app import models as m
from app.access import unscoped
from app.conditions import block_state, state_of
from app.errors import NotFound
from app.extensions import db
from app.russian import initials
from app.statuses import BlockStatus, VoucherStatus
from app.text import check_code


@dataclass(frozen=True, slots=True, kw_only=True)
class VoucherCheck:
    """What anybody may learn of a чек; ``replaced_by`` is the number of the чек in its place."""

    number: str
    initials: str
    rule: str
    valid_until: dt.date
    status: VoucherStatus
    blocks: tuple[tuple[str, BlockStatus], ...]
    replaced_by: str = ""

    @property
    def state(self) -> str:
        """«действует», «использован», «истёк», «аннулирован», «заменён (63-2026-000123)»."""
        words = self.status.label.lower()
        return f"{words} ({self.replaced_by})" if self.replaced_by else words


def facts_for_check(code: str) -> VoucherCheck:
    """Return the public facts of the чек with this code, its state by today's date; raises NotFound."""
    asked = check_code(code)
    with unscoped("public check of a чек: its facts without personal data"):
        statement = (
            select(m.Voucher)
            .where(m.Voucher.check_code == asked)
            .options(
                joinedload(m.Voucher.employee),
                joinedload(m.Voucher.rule),
                joinedload(m.Voucher.replaced_by),
                selectinload(m.Voucher.blocks),
            )
        )
        row = db.session.scalars(statement).one_or_none() if asked else None
        if row is None:
            raise NotFound("Чека с таким кодом проверки нет. Сверьте код с напечатанным на чеке.")
        person = row.employee
        return VoucherCheck(
            number=row.number,
            initials=initials(person.last_name, person.first_name, person.patronymic),
            rule=row.rule.title,
            valid_until=row.valid_until,
            status=state_of(row),
            blocks=tuple((block.title, block_state(block, row)) for block in row.blocks),
            replaced_by=row.replaced_by.number if row.replaced_by else "",
        )
