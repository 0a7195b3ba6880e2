"""Roles that the administrator gives; roles that open everything need two people.

The operator sees and changes everybody's data, the administrator gives roles: a user with both could do anything unseen.
So either role, proposed by an administrator, waits until an operator confirms it: one who neither proposed it nor gets
it. All operators get letters about the proposal and its end. In an installation without such an operator the role is
given at once, and the journal says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app import addresses
from app import models as m
from app.access import current_actor
from app.audit import record
from app.clock import today
from app.errors import Conflict, Invalid
from app.extensions import db
from app.permissions import ROLES
from app.services.mailing import letters
from app.services.mailing.audience import Audience
from app.services.personnel.employers import responsible
from app.services.portal import calendar, records
from app.unit_of_work import use_case

#: two people give these
POWERFUL = frozenset({"operator", "admin"})
#: working days for the confirmation, as for a request (order § 2.7)
TERM_DAYS = 5
_ONLY_SHORTER = (
    "Роль «{role}» дают двое, поэтому здесь её можно только закончить раньше. Чтобы дать её другому или на больший срок, "
    "назначьте роль заново: её подтвердит оператор."
)


@use_case
def give(values: Mapping[str, Any]) -> m.Assignment | m.AccessRequest:
    """Give a role, or propose one of ``POWERFUL``: then the proposal is returned, and the role begins with its confirmation.

    Raises Invalid by field, Forbidden, Conflict when the same proposal waits.
    """
    current_actor().require("assignment:add")
    user = values.get("user")
    if values.get("role") not in POWERFUL or user is None or not _second_people(user.id):
        row = records.create(m.Assignment, values)
        if row.role in POWERFUL:
            facts = {"доступ": ROLES[row.role].title, "пользователь": row.user.full_name}
            tell_operators("role_given", facts, row.user_id)
        return row
    checked = records.check(m.Assignment, values, None)
    return _propose(checked, user)


def _second_people(user_id: int) -> list[int]:
    """Operators who neither propose nor get the role."""
    return [pk for pk in responsible.of_role("operator") if pk not in (user_id, current_actor().user_id)]


def _propose(values: Mapping[str, Any], user: m.Account) -> m.AccessRequest:
    if values.get("organization") is not None or values.get("territory") is not None:
        raise Invalid("Эта роль действует во всей области: место не указывается.")
    row = m.AccessRequest(
        user_id=user.id,
        role=values["role"],
        proposed_by_id=current_actor().user_id,
        document_details=values.get("basis"),
        valid_from=values["valid_from"],
        valid_to=values.get("valid_to"),
        due_on=calendar.due_date(today(), TERM_DAYS),
    )
    db.session.add(row)
    db.session.flush()
    record("access_request.created", row, {"Роль": ("", ROLES[row.role].title), "Кому": ("", user.full_name)})
    facts = {"кто": current_actor().name, "доступ": ROLES[row.role].title, "пользователь": user.full_name}
    tell_operators("role_proposed", facts, None, href=addresses.card("access_request", row.id))
    return row


@use_case
def change(row: m.Assignment, values: Mapping[str, Any]) -> m.Assignment:
    """Change a role; one of ``POWERFUL`` only ends earlier. Raises Invalid, NotFound, Forbidden, Conflict."""
    if POWERFUL & {row.role, values.get("role", row.role)} and not _is_shorter(row, values):
        role = values.get("role", row.role)
        sentence = _ONLY_SHORTER.format(role=ROLES[role if role in POWERFUL else row.role].title)
        raise Invalid(sentence, fields={"role": [sentence]})
    return records.update(row, values)


def _is_shorter(row: m.Assignment, values: Mapping[str, Any]) -> bool:
    user = values.get("user", row.user)
    since, until = values.get("valid_from", row.valid_from), values.get("valid_to", row.valid_to)
    same = values.get("role", row.role) == row.role and user is not None and user.id == row.user_id
    later = until is None if row.valid_to is not None else False
    if until is not None and row.valid_to is not None:
        later = until > row.valid_to
    return same and not later and since is not None and since >= row.valid_from


def refuse_one_person(row: m.AccessRequest) -> None:
    """Raise Conflict when the deciding user has requested the role, or has proposed it."""
    actor = current_actor().user_id
    if row.user_id == actor:
        raise Conflict("Решение по собственной заявке принимает другой оператор.")
    if row.proposed_by_id is not None and row.proposed_by_id == actor:
        raise Conflict("Роль, которую вы предложили, подтверждает другой оператор.")


def tell_operators(
    kind: str, facts: letters.Facts, but: int | None, *, href: str = addresses.ACCESS, and_to: int | None = None
) -> None:
    """A notice and a letter to every operator, ``but`` one who is notified otherwise, ``and_to`` the administrator who proposed."""
    told = responsible.of_role("operator").without([but])
    letters.tell_users(told, kind, facts=facts, href=href)
    if and_to is not None and and_to not in (but, *told):
        letters.tell_users(Audience((and_to,), "admin:"), kind, facts=facts, href=href)
