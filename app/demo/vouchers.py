"""Vouchers (чеки) of the demo with their blocks and applications: every state, consistent with the enrolments."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections import Counter
from collections.abc import Iterable
from random import Random

from app import models as m
from app.demo.places import Directories, some_day, working_day
from app.demo.rows import Row, Rows, moment
from app.demo.staff import APPLICANT, Worker
from app.rules.decision import add_months, last_day_of
from app.russian import format_date
from app.statuses import ApplicationStatus, BlockKind, BlockStatus, VoucherStatus

_DAY = dt.timedelta(days=1)
#: чеки given before the portal worked came without an application (the portal's order is of 2016)
_PORTAL_SINCE = dt.date(2017, 1, 1)
_FIRST_VOUCHERS = dt.date(2011, 2, 1)
_LEGACY, _UNTOUCHED, _ANNULLED, _REPLACED = 0.06, 0.09, 12, 8
_ANNULMENTS = ("Увольнение из образовательной организации.", "Чек выдан по ошибке: работник подал две заявки.")
_REPLACEMENTS = ("Смена фамилии", "Ошибка в номере чека")
_RETURNED = "Уточните дату приёма на работу: она расходится с приказом."
_NUMBER = "63-{year}-{number:06d}"
#: applications that did not become чеки; within the term and past it for those that wait
_APPLICATIONS = {
    ApplicationStatus.DRAFT: 12, ApplicationStatus.RETURNED: 9, ApplicationStatus.REJECTED: 18,
    ApplicationStatus.WITHDRAWN: 8,
}  # fmt: skip
_WAITING, _OVERDUE = 32, 6


class Ledger:
    """Issues чеки and remembers them by person; numbers come last, in the order of the days of issue."""

    def __init__(self, rows: Rows, directories: Directories, rng: Random, today: dt.date, operator_id: int) -> None:
        self._rows = rows
        self._rules = directories.rules
        self._refusals = directories.refusals
        self._calendar = directories.calendar
        self._rng = rng
        self._today = today
        self._operator_id = operator_id
        self._blocks: dict[int, list[Row]] = {}

    # --- issuing ---

    def may_issue(self, worker: Worker, on: dt.date) -> bool:
        """Whether a чек may be given on a day: entitled, hired by then, the period since the last one is over."""
        last = [row["issued_on"] for row in worker.vouchers if row["status"] != VoucherStatus.ANNULLED]
        waited = all(add_months(day, self._rule(on)["period_months"]) <= on for day in last)
        started_on, ended_on = worker.employment["started_on"], worker.employment["ended_on"]
        employed = started_on < on and (ended_on is None or on < ended_on)
        return worker.may_apply and worker.is_entitled and employed and waited

    def issue(self, worker: Worker, on: dt.date) -> Row:
        """Issue a чек on a working day, with the approved application that it follows from."""
        rule = self._rule(on)
        application = self._add_approved(worker, rule, on) if on >= _PORTAL_SINCE else None
        row = self._add_voucher(worker, rule, on, application["id"] if application else None)
        self._add_blocks(row, rule)
        return row

    def _add_voucher(
        self, worker: Worker, rule: Row, on: dt.date, application_id: int | None, *, until: dt.date | None = None
    ) -> Row:
        row = self._rows.add(
            m.Voucher,
            number="",
            employee_id=worker.id,
            application_id=application_id,
            rule_id=rule["id"],
            issued_on=on,
            valid_until=until or last_day_of(on, rule["validity_months"]),
            status=VoucherStatus.ACTIVE,
            replaced_by_id=None,
            reason_text=None,
            check_code=hashlib.sha256(f"voucher {len(self._rows.all(m.Voucher))}".encode()).hexdigest()[:32],
        )
        worker.vouchers.append(row)
        return row

    def _add_blocks(self, voucher: Row, rule: Row) -> None:
        columns = ("code", "title", "kind", "hours_min", "hours_max", "ordering")
        self._blocks[voucher["id"]] = [
            self._rows.add(
                m.VoucherBlock, voucher_id=voucher["id"], status=BlockStatus.FREE, **{c: block[c] for c in columns}
            )
            for block in rule["blocks"]
        ]

    def _rule(self, on: dt.date) -> Row:
        return next(r for r in self._rules if r["valid_from"] <= on and (r["valid_to"] is None or on <= r["valid_to"]))

    def _add_approved(self, worker: Worker, rule: Row, decided_on: dt.date) -> Row:
        submitted = working_day(decided_on - self._rng.randint(1, 6) * _DAY, self._calendar)
        return self._add_application(
            worker, ApplicationStatus.APPROVED, rule=rule, submitted_on=submitted, decided_on=decided_on
        )

    def _add_application(
        self,
        worker: Worker,
        status: ApplicationStatus,
        *,
        rule: Row,
        submitted_on: dt.date | None,
        decided_on: dt.date | None = None,
        reason: str | None = None,
    ) -> Row:
        due_on = self._calendar.add_working_days(submitted_on, rule["decision_days"]) if submitted_on else None
        created_on = submitted_on or self._today - self._rng.randint(1, 20) * _DAY
        return self._rows.add(
            m.VoucherApplication,
            employee_id=worker.id,
            employment_id=worker.employment["id"],
            rule_id=rule["id"],
            status=status,
            on_behalf_note=None,
            reason_text=reason,
            submitted_at=moment(submitted_on, 11) if submitted_on else None,
            due_on=due_on,
            decided_at=moment(decided_on, 16) if decided_on else None,
            created_by_id=None,
            decided_by_id=self._operator_id if decided_on else None,
            created_at=moment(created_on),
        )

    # --- what pays ---

    def find_block(self, worker: Worker, kind: BlockKind, *, hours: int, on: dt.date, ends_on: dt.date) -> Row | None:
        """Return a free block that pays for a course chosen ``on`` a day, None when there is none."""
        for voucher in worker.vouchers:
            if (
                voucher["issued_on"] <= on
                and ends_on <= voucher["valid_until"]
                and voucher["status"] == VoucherStatus.ACTIVE
            ):
                for block in self._blocks[voucher["id"]]:
                    fits = block["kind"] == kind and block["hours_min"] <= hours <= block["hours_max"]
                    if fits and block["status"] == BlockStatus.FREE:
                        return block
        return None

    def block_or_new(self, worker: Worker, kind: BlockKind, *, hours: int, on: dt.date, ends_on: dt.date) -> Row | None:
        """Return a block that pays, of a чек issued some time before if need be; None when nothing can pay."""
        found = self.find_block(worker, kind, hours=hours, on=on, ends_on=ends_on)
        if found is not None:
            return found
        issued_on = working_day(on - self._rng.randint(4, 240) * _DAY, self._calendar)
        if not self.may_issue(worker, issued_on):
            return None
        self.issue(worker, issued_on)
        return self.find_block(worker, kind, hours=hours, on=on, ends_on=ends_on)

    # --- чеки without courses ---

    def add_legacy(self, workers: Iterable[Worker]) -> None:
        """Issue чеки of the years before, whose term is over."""
        latest = add_months(self._today, -38)
        for worker in workers:
            first = max(_FIRST_VOUCHERS, worker.employment["started_on"] + 30 * _DAY)
            if self._rng.random() < _LEGACY and first < latest:
                day = working_day(some_day(self._rng, first, latest), self._calendar)
                if self.may_issue(worker, day):
                    self.issue(worker, day)

    def add_untouched(self, workers: list[Worker]) -> None:
        """Issue чеки of which no block is chosen yet; some of them are then annulled or replaced."""
        issued = []
        for worker in workers:
            day = working_day(self._today - self._rng.randint(2, 700) * _DAY, self._calendar)
            if self._rng.random() < _UNTOUCHED and not worker.role and self.may_issue(worker, day):
                issued.append((worker, self.issue(worker, day)))
        # The чеки of those who have left are annulled before others.
        issued.sort(key=lambda it: it[0].works)
        for worker, voucher in issued[:_ANNULLED]:
            self._annul(voucher, _ANNULMENTS[0] if not worker.works else _ANNULMENTS[1])
        for worker, voucher in [it for it in issued[_ANNULLED:] if it[0].works][:_REPLACED]:
            self._replace(worker, voucher)

    def _annul(self, voucher: Row, reason: str) -> None:
        voucher |= {"status": VoucherStatus.ANNULLED, "reason_text": reason}
        self._lapse(voucher)

    def _replace(self, worker: Worker, voucher: Row) -> None:
        """Put a new чек with the same days in place of one; its blocks go over to the new one."""
        day = working_day(some_day(self._rng, voucher["issued_on"] + 5 * _DAY, self._today), self._calendar)
        rule = self._rule(voucher["issued_on"])
        new = self._add_voucher(worker, rule, voucher["issued_on"], None, until=voucher["valid_until"])
        reason = f"{self._rng.choice(_REPLACEMENTS)}, заявление от {format_date(max(day, voucher['issued_on']))}"
        voucher |= {"status": VoucherStatus.REPLACED, "replaced_by_id": new["id"], "reason_text": reason}
        self._blocks[new["id"]] = self._blocks.pop(voucher["id"])
        for block in self._blocks[new["id"]]:
            block["voucher_id"] = new["id"]

    def _lapse(self, voucher: Row) -> None:
        for block in self._blocks[voucher["id"]]:
            if block["status"] == BlockStatus.FREE:
                block["status"] = BlockStatus.LAPSED

    # --- applications that did not become чеки ---

    def add_applications(self, workers: list[Worker]) -> None:
        """Add applications that wait, in time and overdue, and those that were returned, refused, withdrawn."""
        rule = self._rule(self._today)
        free = [w for w in workers if w.works and not w.role and self.may_issue(w, self._today)]
        self._rng.shuffle(free)
        waiting = [self._back(self._rng.randint(7, 11)) for _ in range(_OVERDUE)]
        waiting += [self._back(self._rng.randint(0, 4)) for _ in range(_WAITING)]
        for worker, day in zip(free, waiting, strict=False):
            self._add_application(worker, ApplicationStatus.SUBMITTED, rule=rule, submitted_on=day)
        statuses = [status for status, number in _APPLICATIONS.items() for _ in range(number)]
        for worker, status in zip(free[len(waiting) :], statuses, strict=False):
            self._add_other(worker, status, rule)

    def _add_other(self, worker: Worker, status: ApplicationStatus, rule: Row) -> None:
        if status == ApplicationStatus.DRAFT:
            self._add_application(worker, status, rule=rule, submitted_on=None)
            return
        submitted = self._back(self._rng.randint(8, 120))
        decided = None if status == ApplicationStatus.WITHDRAWN else self._calendar.add_working_days(submitted, 3)
        reasons = {ApplicationStatus.RETURNED: _RETURNED, ApplicationStatus.REJECTED: self._rng.choice(self._refusals)}
        self._add_application(
            worker, status, rule=rule, submitted_on=submitted, decided_on=decided, reason=reasons.get(status)
        )

    def _back(self, working_days: int) -> dt.date:
        """Return the working day so many working days ago; 0 = today or the last one before it."""
        day = working_day(self._today, self._calendar)
        for _ in range(working_days):
            day = working_day(day - _DAY, self._calendar)
        return day

    # --- the end ---

    def finish(self) -> None:
        """Set the states that follow from blocks and terms, then number the чеки by their days of issue."""
        for voucher in self._rows.all(m.Voucher):
            if voucher["status"] == VoucherStatus.ACTIVE:
                self._settle(voucher)
        self._number()

    def _settle(self, voucher: Row) -> None:
        if all(block["status"] == BlockStatus.USED for block in self._blocks[voucher["id"]]):
            voucher["status"] = VoucherStatus.USED
        elif voucher["valid_until"] < self._today:
            voucher["status"] = VoucherStatus.EXPIRED
            self._lapse(voucher)

    def _number(self) -> None:
        numbers: Counter[int] = Counter()
        for voucher in sorted(self._rows.all(m.Voucher), key=lambda row: (row["issued_on"], row["id"])):
            year = voucher["issued_on"].year
            numbers[year] += 1
            voucher["number"] = _NUMBER.format(year=year, number=numbers[year])
        for year, last in sorted(numbers.items()):
            self._rows.add(m.NumberSeries, kind="voucher", organizer_id=None, year=year, last=last)
        # A чек that points to the one in its place is written after it.
        self._rows.all(m.Voucher).sort(key=lambda row: (row["replaced_by_id"] is not None, row["id"]))


def set_apart(workers: Iterable[Worker]) -> None:
    """Keep the demo's applicant without a чек, so that the application can be made by hand."""
    for worker in workers:
        if worker.role == APPLICANT:
            worker.may_apply = False
