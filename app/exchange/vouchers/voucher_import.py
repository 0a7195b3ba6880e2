"""Import of vouchers (чеки) issued since 2010 (order § 1.4). No letters are sent: nothing new happened to the people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import and_, delete, or_, select

from app import models as m
from app.access import current_actor
from app.audit import record, write
from app.clock import today
from app.exchange.engine.list_import import ListImport
from app.exchange.engine.list_kind import Told
from app.exchange.engine.list_people import refuse_touched
from app.exchange.engine.list_plan import SourceRow, UndoneCounts
from app.exchange.engine.list_sheet import ReadList
from app.exchange.reader import Sheet
from app.exchange.sample import build_sample
from app.exchange.vouchers.voucher_columns import BLOCKS, COLUMNS, STATE_WORDS
from app.exchange.vouchers.voucher_list import VoucherValues, parse_voucher_list
from app.exchange.vouchers.voucher_plan import VoucherPlan, load_known, plan_rows
from app.extensions import db
from app.russian import format_date
from app.services.voucher.voucher_numbers import pass_over
from app.services.voucher.vouchers import end_run_out
from app.statuses import TrainingSource, TrainingStatus, VoucherStatus

#: entries of the journal that change nothing of a чек
_HARMLESS = ("voucher.printed", "voucher.reminded", "voucher.imported")


class VoucherImport(ListImport[VoucherValues, VoucherPlan, None]):
    """Lists of чеки with their blocks and the courses that these paid for."""

    kind = "voucher"
    permission = "voucher:import"
    # two lists may hold чеки of the same people
    lock = 373_0210
    columns = COLUMNS
    values = VoucherValues
    named = "Список чеков"
    noun = ("чек", "чека", "чеков")

    def sample(self) -> bytes:
        """The empty form of the list with an invented example; raises Forbidden."""
        current_actor().require(self.permission)
        titles = db.session.scalars(select(m.VoucherRule.title).order_by(m.VoucherRule.valid_from))
        choices: dict[str, Sequence[str]] = {f"{code}_state": STATE_WORDS for code in BLOCKS}
        return build_sample(columns=COLUMNS, choices={**choices, "rule": list(titles)})

    def read(self, sheets: Sequence[Sheet], ground: None, told: Told) -> ReadList[VoucherValues]:
        """Read the чеки out of a workbook; raises `FileRejected`."""
        return parse_voucher_list(sheets, today=today(), told=told)

    def plan(
        self, rows: Sequence[SourceRow[VoucherValues]], ground: None, letters: Mapping[str, str], *, locks: bool
    ) -> Iterator[VoucherPlan]:
        """Plan the rows in their order against the people and what is known of them."""
        known = load_known([row.values for row in rows])
        return plan_rows(rows, known, letters=letters, today=today())

    def store(self, plans: Sequence[VoucherPlan], written: dict[str, Any]) -> None:
        """Insert the чеки of some rows with their blocks and trainings."""
        vouchers = [_voucher(plan) for plan in plans]
        known = {pk for plan in plans for pk in plan.trainings.values()}
        end_run_out([plan.employee_id for plan in plans if plan.state == VoucherStatus.ACTIVE])
        db.session.add_all(vouchers)
        db.session.flush()
        ids, made = written.setdefault("voucher", []), written.setdefault("training", [])
        for plan, voucher in zip(plans, vouchers, strict=True):
            record("voucher.imported", voucher, {"Действует по": ("", format_date(voucher.valid_until))})
            plan.objects.append(("voucher", voucher.id))
            ids.append(voucher.id)
            trainings = [block.training_id for block in voucher.blocks if block.training_id is not None]
            made += [pk for pk in trainings if pk not in known]
        pass_over(voucher.number for voucher in vouchers)

    def take_back(self, batch: m.ImportBatch, told: Told) -> UndoneCounts:
        """Remove the чеки of a list with their blocks and the trainings that came with them."""
        ids, trainings = batch.written.get("voucher", []), batch.written.get("training", [])
        vouchers = _lock_vouchers(ids)
        entry, block = m.AuditEntry, m.VoucherBlock
        blocks = select(block.id).where(block.voucher_id.in_(ids))
        # whatever happened to a чек, its blocks or its trainings has left an entry in the journal
        about = or_(
            and_(entry.object_table == "voucher", entry.object_id.in_(ids), entry.action.not_in(_HARMLESS)),
            and_(entry.object_table == "voucher_block", entry.object_id.in_(blocks)),
            and_(entry.object_table == "training", entry.object_id.in_(trainings)),
        )
        refuse_touched(batch, len(vouchers) == len(ids), about)
        for voucher in vouchers:
            write("voucher.deleted", "voucher", voucher.id, str(voucher))
        for model, condition in (
            (m.VoucherBlock, m.VoucherBlock.voucher_id.in_(ids)),
            (m.Voucher, m.Voucher.id.in_(ids)),
            (m.Training, m.Training.id.in_(trainings)),
        ):
            db.session.execute(delete(model).where(condition).execution_options(synchronize_session=False))
        return UndoneCounts(len(ids))


def _voucher(plan: VoucherPlan) -> m.Voucher:
    values, rule = plan.source.values, plan.rule
    assert rule is not None and plan.valid_until is not None
    return m.Voucher(
        number=values.number,
        employee_id=plan.employee_id,
        rule_id=rule.id,
        issued_on=values.issued_on,
        valid_until=plan.valid_until,
        status=plan.state,
        imported=True,
        blocks=[_block(block, plan, values) for block in rule.blocks],
    )


def _block(block: m.VoucherRuleBlock, plan: VoucherPlan, values: VoucherValues) -> m.VoucherBlock:
    copied = {name: getattr(block, name) for name in ("code", "title", "kind", "hours_min", "hours_max", "ordering")}
    row = m.VoucherBlock(**copied, status=plan.blocks[block.code])
    said = values.blocks[block.code]
    if block.code in plan.trainings:
        row.training_id = plan.trainings[block.code]
    elif said.program and said.hours and said.ended_on:
        row.training = m.Training(
            employee_id=plan.employee_id,
            title=said.program,
            institution=said.place or "не указано",
            hours=said.hours,
            ended_on=said.ended_on,
            source=TrainingSource.VOUCHER,
            status=TrainingStatus.CONFIRMED,
        )
    return row


def _lock_vouchers(ids: Sequence[int]) -> list[m.Voucher]:
    """Lock the blocks, then the чеки, in the order of all who change them."""
    blocks = select(m.VoucherBlock.id).where(m.VoucherBlock.voucher_id.in_(ids)).order_by(m.VoucherBlock.id)
    db.session.execute(blocks.with_for_update())
    statement = select(m.Voucher).where(m.Voucher.id.in_(ids)).order_by(m.Voucher.id).with_for_update()
    return list(db.session.scalars(statement.execution_options(populate_existing=True)))


VOUCHERS = VoucherImport()
VOUCHERS.register()
