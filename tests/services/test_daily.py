"""Work of every day: once a day, made up for after a pause or an error, at the hours of the portal's own zone."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
import time_machine

from app import jobs
from app import models as m
from app import statuses as st
from app.access import acting_as, unscoped
from app.clock import ZONE, today
from app.extensions import db
from app.services.tasks import daily
from app.unit_of_work import use_case
from tests.services import makers as mk


@pytest.fixture(autouse=True)
def _nothing_done(session: Any) -> None:
    db.session.execute(db.delete(m.DailyWork))
    db.session.commit()


def pause() -> Any:
    """A технологический перерыв that goes on."""
    hours = {"starts_at": dt.datetime(2026, 1, 1, tzinfo=ZONE), "ends_at": dt.datetime(2099, 1, 1, tzinfo=ZONE)}
    return mk.save(m.MaintenanceWindow(announcement="Обновление", status=st.MaintenanceStatus.ACTIVE, **hours))


def over() -> Any:
    """A person whose чек ended yesterday, and nobody has written it down."""
    person = mk.make_person(mk.make_organization())
    days = {"issued_on": today() - 1100 * mk.DAY, "valid_until": today() - mk.DAY}
    return mk.make_voucher(person.employee, **days)


def done() -> set[str]:
    """Parts of the work that are marked."""
    with unscoped("tests"):
        return set(db.session.scalars(db.select(m.DailyWork.name)))


def status_of(voucher: Any) -> st.VoucherStatus:
    return mk.fetch(m.Voucher, voucher.id).status


def test_nightly_work_kept_back_by_a_pause_is_done_later_the_same_day(session: Any) -> None:
    voucher, window = over(), pause()
    jobs.nightly(0)
    assert status_of(voucher) == st.VoucherStatus.ACTIVE
    assert done() == set()
    mk.change(window, status=st.MaintenanceStatus.ENDED)
    jobs.nightly(1)
    assert status_of(voucher) == st.VoucherStatus.EXPIRED
    assert done() == set(jobs.NIGHTLY)


def test_nightly_work_is_done_once_a_day_and_again_the_next(session: Any) -> None:
    jobs.nightly(0)
    voucher = over()
    jobs.nightly(1)
    assert status_of(voucher) == st.VoucherStatus.ACTIVE
    with time_machine.travel(dt.datetime.combine(today() + mk.DAY, dt.time(0, 15), tzinfo=ZONE), tick=False):
        jobs.nightly(2)
    assert status_of(voucher) == st.VoucherStatus.EXPIRED


def test_a_part_that_fails_keeps_nothing_back_and_is_tried_again(session: Any) -> None:
    calls: list[str] = []

    @use_case
    def broken() -> None:
        calls.append("broken")
        mk.make_territory()
        if len(calls) < 3:
            raise RuntimeError("сеть")

    parts = {"broken": broken, "sound": lambda: calls.append("sound")}
    with acting_as(mk.SYSTEM):
        assert daily.run(parts) == ["broken"]
        assert calls == ["broken", "sound"]
        assert daily.run(parts) == []
        assert calls == ["broken", "sound", "broken"]
        assert daily.run(parts) == []
    assert calls == ["broken", "sound", "broken"]


@pytest.mark.parametrize(("hour", "told"), [(7, False), (8, True), (17, True), (18, False), (0, False)])
def test_hours_are_those_of_the_portals_zone(session: Any, hour: int, told: bool) -> None:
    """Cron counts in UTC: eight in the morning in Samara is four there."""
    with time_machine.travel(dt.datetime(2026, 11, 26, hour, 0, tzinfo=ZONE), tick=False):
        assert jobs.is_between(8, 17) is told
