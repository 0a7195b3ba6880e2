"""Import of wishes for the next year (order § 3.4): what a school has gathered in Excel, by the rules and the minute of the page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import and_, select

from app import models as m
from app.access import current_actor
from app.clock import now
from app.errors import Conflict
from app.exchange.engine.list_import import ListImport
from app.exchange.engine.list_kind import Told
from app.exchange.engine.list_people import refuse_touched
from app.exchange.engine.list_plan import SourceRow, UndoneCounts
from app.exchange.engine.list_sheet import ReadList
from app.exchange.plan.plan_columns import COLUMNS
from app.exchange.plan.plan_list import WishValues, parse_plan_list
from app.exchange.plan.plan_of_rows import WishPlan, load_known, plan_rows
from app.exchange.reader import Sheet
from app.exchange.sample import build_sample
from app.extensions import db
from app.services.planning import campaigns, wishes
from app.services.portal import transitions
from app.statuses import PLAN_LIVE

#: what the journal says of the import itself
_OWN_ENTRIES = ("plan_item.created", "plan_item.agree")


class PlanImport(ListImport[WishValues, WishPlan, None]):
    """Lists of wishes of own people."""

    kind = "plan"
    permission = "plan_item:import"
    lock = 373_0212
    columns = COLUMNS
    values = WishValues
    named = "Список заявок в план"
    noun = ("заявка", "заявки", "заявок")

    def sample(self) -> bytes:
        """The empty form of the list with an invented example; raises Forbidden."""
        current_actor().require(self.permission)
        return build_sample(columns=COLUMNS)

    def read(self, sheets: Sequence[Sheet], ground: None, told: Told) -> ReadList[WishValues]:
        """Read the wishes out of a workbook; raises `FileRejected`."""
        return parse_plan_list(sheets, told=told)

    def plan(
        self, rows: Sequence[SourceRow[WishValues]], ground: None, letters: Mapping[str, str], *, locks: bool
    ) -> Iterator[WishPlan]:
        """Plan the rows in their order; raises Conflict when no wishes are taken at this minute."""
        campaign = _campaign()
        if locks:
            campaigns.lock_for_wish(campaign.id)
        return plan_rows(rows, load_known(campaign, [row.values for row in rows]), letters)

    def store(self, plans: Sequence[WishPlan], written: dict[str, Any]) -> None:
        """Choose for the people of some rows, one after the other, as the page does."""
        for plan in plans:
            values = plan.source.values
            row = wishes.propose(plan.employee_id, plan.offer_id, months=values.months or (), priority=values.priority)
            plan.objects.append(("plan_item", row.id))
            written.setdefault("plan_item", []).append(row.id)

    def take_back(self, batch: m.ImportBatch, told: Told) -> UndoneCounts:
        """Withdraw the wishes of a list that nobody has touched, while people choose."""
        ids, entry = batch.written.get("plan_item", []), m.AuditEntry
        campaigns.lock_for_wish(_campaign().id)
        live = list(
            db.session.scalars(
                select(m.PlanItem.id)
                .where(m.PlanItem.id.in_(ids), m.PlanItem.status.in_(PLAN_LIVE))
                .order_by(m.PlanItem.employee_id, m.PlanItem.id)
            )
        )
        about = and_(entry.object_table == "plan_item", entry.object_id.in_(ids), entry.action.not_in(_OWN_ENTRIES))
        refuse_touched(batch, len(live) == len(ids), about)
        for pk in live:
            transitions.follow(m.PlanItem, pk, "withdraw", decided_at=now(), decided_by_id=current_actor().user_id)
        return UndoneCounts(len(live))


def _campaign() -> m.PlanCampaign:
    found = campaigns.current()
    if found is None:
        raise Conflict("План на следующий год ещё не начат: загружать заявки пока некуда.")
    return found


PLANS = PlanImport()
PLANS.register()
