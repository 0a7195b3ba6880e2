"""After a withdrawal of the consent: the person becomes nameless, a report of what stays is stored (152-ФЗ, ст. 21)."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select

from app import models as m
from app.access import current_actor, unscoped
from app.clock import now
from app.extensions import db
from app.services.identity import anonymise
from app.services.mailing import letters
from app.services.portal import captcha, transitions
from app.unit_of_work import use_case


@transitions.performs(m.ConsentWithdrawal, "finish")
@use_case
def finish(withdrawal_id: int) -> m.ConsentWithdrawal:
    """Make the person nameless and keep the report of what stayed and why (the operator, within 30 days).

    Raises NotFound, Forbidden by ``consent_withdrawal:finish``, Conflict when it is done already.
    """
    decided: dict[str, Any] = {"decided_at": now(), "decided_by_id": current_actor().user_id}
    row = transitions.move(m.ConsentWithdrawal, withdrawal_id, "finish", **decided)
    # the address is forgotten meanwhile, and what ends with the person is told before the last letter
    address = _address_of(row.employee_id)
    report = anonymise.anonymise(row.employee_id)
    _farewell(*address)
    row.report, row.person_name = report.as_json(), f"{anonymise.NAME} № {row.employee_id}"
    db.session.flush()
    return row


def _address_of(employee_id: int) -> tuple[str | None, int | None]:
    """Address of a person's last letter, and the account."""
    address = func.coalesce(m.Account.email, m.Employee.email)
    statement = (
        select(address, m.Account.id).select_from(m.Employee).outerjoin(m.Account).where(m.Employee.id == employee_id)
    )
    with unscoped("the last letter to a person"):
        to, user_id = db.session.execute(statement).one()
    return to, user_id


def _farewell(to: str | None, user_id: int | None) -> None:
    """The last letter; it leaves no notice and is deleted once sent."""
    if to:
        letters.post(to, transitions.letter_of(m.ConsentWithdrawal, "finish"), user_id=user_id)


@use_case
def forget_nightly() -> int:
    """Delete spent answers of the registration's question, and letters to people made nameless; return how many letters."""
    captcha.forget_old()
    return anonymise.forget_letters()
