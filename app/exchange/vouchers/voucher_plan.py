"""What a list of former vouchers (чеки) would write: each row against the people, the vouchers and the rules of the portal."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import String, select
from sqlalchemy.orm import selectinload

from app import models as m
from app.conditions import state
from app.exchange.engine.list_people import People, PersonPlan, RowPlanner, any_of, load_people
from app.exchange.engine.list_plan import SourceRow
from app.exchange.vouchers.voucher_columns import BY_NAME
from app.exchange.vouchers.voucher_list import VoucherValues
from app.extensions import db
from app.rules.decision import add_months, last_day_of
from app.russian import format_date, quoted
from app.statuses import BlockStatus, VoucherStatus
from app.text import name_key


@dataclass(slots=True, eq=False)
class VoucherPlan(PersonPlan[VoucherValues]):
    """What is done about a row: the чек to be written with its person, rule, term and states of blocks."""

    rule: m.VoucherRule | None = None
    valid_until: dt.date | None = None
    state: VoucherStatus = VoucherStatus.ACTIVE
    blocks: dict[str, BlockStatus] = field(default_factory=dict)
    #: code of a block → the training that is known already
    trainings: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Issued:
    """A чек of a person that counts: one of the portal, or of an earlier row of the file (then its ``row``)."""

    number: str
    issued_on: dt.date
    status: VoucherStatus
    row: int = 0

    @property
    def named(self) -> str:
        return f"чек № {self.number} из строки {self.row}" if self.row else f"чек № {self.number}"


@dataclass(slots=True)
class Known:
    """What the portal knows of the people and the numbers of a list."""

    people: People
    numbers: dict[str, tuple[int, dt.date, int]]
    vouchers: dict[int, list[_Issued]]
    trainings: Mapping[tuple[int, str, dt.date], int]
    rules: Sequence[m.VoucherRule]


def load_known(rows: Iterable[VoucherValues]) -> Known:
    """Read all that the rows are checked against; as many statements for 20,000 rows as for one."""
    listed = list(rows)
    people = load_people(listed)
    rules = select(m.VoucherRule).options(selectinload(m.VoucherRule.blocks)).order_by(m.VoucherRule.valid_from)
    return Known(
        people=people,
        numbers=_numbers({v.number for v in listed if v.number}),
        vouchers=_vouchers(people.ids),
        trainings=_trainings(people.ids),
        rules=list(db.session.scalars(rules)),
    )


def _numbers(numbers: Iterable[str]) -> dict[str, tuple[int, dt.date, int]]:
    voucher = m.Voucher
    columns = (voucher.number, voucher.employee_id, voucher.issued_on)
    found = db.session.execute(select(*columns).where(voucher.number == any_of(numbers, String)))
    return {row.number: (row.employee_id, row.issued_on, 0) for row in found}


def _vouchers(ids: Sequence[int]) -> dict[int, list[_Issued]]:
    voucher, found = m.Voucher, defaultdict(list)
    columns = (voucher.employee_id, voucher.number, voucher.issued_on, state(voucher).label("state"))
    # an annulled чек gave no right; one that was replaced is told by the чек in its place
    counts = voucher.status.not_in((VoucherStatus.ANNULLED, VoucherStatus.REPLACED))
    for row in db.session.execute(select(*columns).where(voucher.employee_id == any_of(ids), counts)):
        found[row.employee_id].append(_Issued(row.number, row.issued_on, row.state))
    return found


def _trainings(ids: Sequence[int]) -> dict[tuple[int, str, dt.date], int]:
    training = m.Training
    columns = (training.id, training.employee_id, training.title, training.ended_on)
    rows = db.session.execute(select(*columns).where(training.employee_id == any_of(ids)).order_by(training.id.desc()))
    return {(row.employee_id, name_key(row.title), row.ended_on): row.id for row in rows}


_ABSENT = "Работника с таким СНИЛС в портале нет: сначала заведите его карточку"


# --- the plan --------------------------------------------------------------------------------------------------------


def plan_rows(
    rows: Iterable[SourceRow[VoucherValues]], known: Known, *, letters: Mapping[str, str], today: dt.date
) -> Iterator[VoucherPlan]:
    """Plan the rows in the order of the file; what an earlier row writes counts for the later ones."""
    for source in rows:
        plan = VoucherPlan(source)
        _Planner(plan, source.values, known, letters).decide(today)
        yield plan


class _Planner(RowPlanner[VoucherPlan]):
    columns = BY_NAME

    def __init__(self, plan: VoucherPlan, values: VoucherValues, known: Known, letters: Mapping[str, str]) -> None:
        super().__init__(plan, letters)
        self._values, self._known = values, known

    def decide(self, today: dt.date) -> None:
        """Fill the plan: all that is wrong in the row at once, as far as the cells that were read tell."""
        plan, values = self._plan, self._values
        self._find_person(self._known.people, absent=_ABSENT)
        if self._is_known():
            return
        rule = plan.rule = self._find_rule()
        if rule is None:
            return
        plan.valid_until = self._last_day(rule)
        self._decide_blocks(rule, is_over=None if plan.valid_until is None else plan.valid_until < today)
        is_whole = not plan.problems and self._decide_status(today)
        if values.issued_on is not None:
            self._check_others(rule, values.issued_on, is_active=is_whole and plan.state == VoucherStatus.ACTIVE)
        if is_whole and not plan.problems:
            self._remember()

    def _is_known(self) -> bool:
        """Whether the portal has this very чек, so that nothing is to be done; a number that is another's is a problem."""
        values, plan = self._values, self._plan
        found = self._known.numbers.get(values.number or "")
        if found is None:
            return False
        employee_id, issued_on, row = found
        if row:
            self._problem("number", f"Этот номер уже стоит в строке {row}")
        elif (employee_id, issued_on) == (plan.employee_id, values.issued_on):
            plan.changes.append("такой чек в портале уже есть")
            return True
        elif plan.employee_id and values.issued_on is not None:
            self._problem(
                "number", "Чек с таким номером в портале уже есть, он выдан другому работнику или в другой день"
            )
        return False

    def _last_day(self, rule: m.VoucherRule) -> dt.date | None:
        """The last day that the row says, else that of the rule; None: a wrong cell leaves it open."""
        values = self._values
        if values.valid_until is not None or values.issued_on is None or "valid_until" in self._plan.source.wrong:
            return values.valid_until
        return last_day_of(values.issued_on, rule.validity_months)

    def _find_rule(self) -> m.VoucherRule | None:
        """The rule of the чек; None with a problem, or when a wrong cell leaves it open."""
        values, rules = self._values, self._known.rules
        day, titled = values.issued_on, None
        if values.rule:
            titled = next((r for r in rules if name_key(r.title) == name_key(values.rule)), None)
            if titled is None:
                names = "; ".join(quoted(r.title) for r in rules)
                self._problem("rule", f"Такого правила нет. Есть: {names}")
                return None
        if day is None or "rule" in self._plan.source.wrong:
            return titled
        in_force = [r for r in rules if r.valid_from <= day <= (r.valid_to or day)]
        if titled is not None:
            if titled not in in_force:
                self._problem("rule", f"В день выдачи {format_date(day)} это правило не действовало")
                return None
            return titled
        if not in_force:
            self._problem("issued_on", "Правила выдачи чеков на этот день в портале нет")
            return None
        return in_force[0]

    def _decide_blocks(self, rule: m.VoucherRule, *, is_over: bool | None) -> None:
        codes = {block.code: block for block in rule.blocks}
        for code, block in self._values.blocks.items():
            if code not in codes:
                self._problem(f"{code}_state", f"В правиле {quoted(rule.title)} такого блока нет")
                continue
            status = block.status
            if status is None:
                continue
            if status == BlockStatus.FREE and is_over:
                self._warn(f"{code}_state", "Срок чека закончился, блок будет загружен сгоревшим")
                status = BlockStatus.LAPSED
            elif status == BlockStatus.LAPSED and is_over is False:
                self._problem(f"{code}_state", "Чек ещё действует, поэтому блок не мог сгореть")
            self._plan.blocks[code] = status
            least, most = codes[code].hours_min, codes[code].hours_max
            if block.hours is not None and not least <= block.hours <= most:
                self._warn(f"{code}_hours", f"По правилу блок оплачивает программы от {least} до {most} ч")
            self._find_training(code)
        for code in codes.keys() - self._values.blocks.keys():
            self._problem(
                "rule", f"В правиле {quoted(rule.title)} есть блок {quoted(codes[code].title)}, которого нет в списке"
            )

    def _find_training(self, code: str) -> None:
        block = self._values.blocks[code]
        if block.program and block.ended_on:
            key = (self._plan.employee_id, name_key(block.program), block.ended_on)
            if key in self._known.trainings:
                self._plan.trainings[code] = self._known.trainings[key]

    def _decide_status(self, today: dt.date) -> bool:
        """Put the state of a чек of which all is known; whether it is."""
        plan = self._plan
        if plan.valid_until is None:
            return False
        if plan.blocks and all(status == BlockStatus.USED for status in plan.blocks.values()):
            plan.state = VoucherStatus.USED
        elif plan.valid_until < today:
            plan.state = VoucherStatus.EXPIRED
        return True

    def _check_others(self, rule: m.VoucherRule, issued_on: dt.date, *, is_active: bool) -> None:
        """One active чек of a person; between two of them the period of the rule by which the later one is issued."""
        for other in self._known.vouchers.get(self._plan.employee_id, ()):
            if is_active and other.status == VoucherStatus.ACTIVE:
                self._problem("number", f"У работника уже есть действующий {other.named}")
                return
            later = rule if issued_on >= other.issued_on else self._rule_of(other.issued_on)
            first, second = sorted((issued_on, other.issued_on))
            if later is not None and add_months(first, later.period_months) > second:
                self._problem(
                    "issued_on",
                    f"Между чеками проходит {later.period_months} месяцев, а {other.named} выдан "
                    f"{format_date(other.issued_on)}",
                )
                return

    def _rule_of(self, day: dt.date) -> m.VoucherRule | None:
        return next((r for r in self._known.rules if r.valid_from <= day <= (r.valid_to or day)), None)

    def _remember(self) -> None:
        """Later rows of the file see this чек."""
        plan, values = self._plan, self._values
        plan.creates = True
        assert plan.valid_until is not None and values.number is not None and values.issued_on is not None
        plan.changes.append(
            f"чек № {values.number}, действует по {format_date(plan.valid_until)}: {plan.state.label.lower()}"
        )
        self._known.numbers[values.number] = (plan.employee_id, values.issued_on, plan.source.number)
        issued = _Issued(values.number, values.issued_on, plan.state, plan.source.number)
        self._known.vouchers.setdefault(plan.employee_id, []).append(issued)
