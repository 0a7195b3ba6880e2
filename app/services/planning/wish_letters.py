"""What people are told of their wishes: agreed, declined, taken back with its offer (order § 3.5)."""

from __future__ import annotations

from app import addresses
from app import models as m
from app.access import unscoped
from app.services.mailing import letters
from app.services.portal import transitions


def tell_decided(row: m.PlanItem, action: str) -> None:
    """Tell the person that the wish was agreed or declined."""
    with unscoped("what a letter says of an offered program is public"):
        facts = {"программа": row.program.title, "год": str(row.campaign.year)}
    letters.tell(
        row.employee,
        transitions.letter_of(m.PlanItem, action),
        facts=facts | ({"причина": row.reason_text} if row.reason_text else {}),
        href=addresses.PLAN,
    )


def tell_withdrawn(row: m.PlanItem, reason: str, others: list[str]) -> None:
    """Tell the person that the organizer took the offer back, and what else suits."""
    with unscoped("what a letter says of an offered program is public"):
        facts = {"программа": row.program.title, "год": str(row.campaign.year), "причина": reason}
    letters.tell(row.employee, "offer_withdrawn", facts=facts | {"замены": "\n".join(others)}, href=addresses.PLAN)
