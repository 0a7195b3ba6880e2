"""Blanks under real clients: each is taken once, a range is received once, a misprint costs one blank."""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import partial
from typing import Any

import pytest
from sqlalchemy import func, select

from app import models as m
from app import statuses as st
from app.clock import today
from app.extensions import db
from app.services.paper.blanks import blank_acts, blanks
from app.services.paper.issuing import certificates
from app.services.portal import transitions
from app.unit_of_work import use_case
from tests.concurrency.clients import meet, refused, run_at_once, succeeded
from tests.services import makers as mk
from tests.services.test_blanks import issued_on_blank, receive

B, K = st.BlankStatus, st.CertificateKind


@use_case
def take(organizer_id: int, quantity: int) -> list[str]:
    """An issuing service; between choosing and the commit others come."""
    taken = blanks.take_blanks(organizer_id, K.CERTIFICATE, quantity=quantity)
    time.sleep(0.02)
    return [blank.number for blank in taken]


def takers(world: mk.World, clients: int, quantity: int) -> list[Any]:
    return [(world.organizer_actor, partial(take, world.organizer.id, quantity))] * clients


def test_every_blank_is_taken_once(app: Any, session: Any) -> None:
    world = mk.make_world()
    receive(world, "001", "030")
    results = run_at_once(app, takers(world, 10, 3))
    assert refused(results) == []
    assert sorted(number for taken in results for number in taken) == [f"{n:03d}" for n in range(1, 31)]
    assert {b.status for b in mk.rows(m.Blank)} == {B.USED}


def test_when_blanks_run_out_whole_groups_are_refused(app: Any, session: Any) -> None:
    world = mk.make_world()
    receive(world, "001", "010")
    results = run_at_once(app, takers(world, 6, 4))
    taken = [number for numbers in succeeded(results) for number in numbers]
    assert len(taken) == len(set(taken)) == 4 * len(succeeded(results)) <= 8
    assert all("нужно 4" in error.message for error in refused(results))
    # what a refused group kept for a moment lies in the stock again
    assert len(mk.rows(m.Blank, m.Blank.status == B.STOCK)) == 10 - len(taken)
    assert len(mk.rows(m.Blank, m.Blank.status == B.USED)) == len(taken)


def look_only(organizer_id: int, kind: Any, *, quantity: int, series: str | None = None) -> Sequence[m.Blank]:
    """The guard switched off: the lowest numbers are read, not locked."""
    conditions = blanks._in_stock(organizer_id, kind, series)
    found = list(db.session.scalars(select(m.Blank).where(*conditions).order_by(m.Blank.number).limit(quantity)))
    meet()
    return found


def give_away(_model: Any, pk: int, _action: str, **_more: Any) -> Any:
    """The second guard switched off: the status is not asked again."""
    return db.session.get(m.Blank, pk)


def test_blanks_are_taken_twice_without_the_guard(app: Any, session: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    world = mk.make_world()
    receive(world, "001", "030")
    monkeypatch.setattr(blanks, "hold_blanks", look_only)
    # The compare-and-swap of the status is the last net: it turns a blank wanted twice into a refusal.
    results = run_at_once(app, takers(world, 6, 3))
    assert len(refused(results)) > 0
    monkeypatch.setattr(transitions, "follow", give_away)
    results = run_at_once(app, takers(world, 6, 3))
    taken = [number for numbers in succeeded(results) for number in numbers]
    assert len(taken) > len(set(taken))


def test_overlapping_ranges_are_received_once(app: Any, session: Any) -> None:
    world = mk.make_world()
    actor, options = world.organizer_actor, {"kind": K.CERTIFICATE, "series": "АБ", "received_on": today()}
    call = partial(blanks.receive, world.organizer.id, **options)
    calls = [(actor, partial(call, first=f"{n:03d}", last=f"{n + 99:03d}")) for n in (1, 51, 100, 1, 51, 100)]
    results = run_at_once(app, calls)
    assert all("уже есть" in error.message for error in refused(results))
    received = mk.rows(m.BlankReceipt)
    assert len(received) == len(succeeded(results)) == 1
    with mk.unscoped("tests"):
        per_receipt = db.session.execute(select(m.Blank.receipt_id, func.count()).group_by(m.Blank.receipt_id)).all()
    assert [tuple(row) for row in per_receipt] == [(received[0].id, 100)]


def test_a_misprint_clicked_many_times_costs_one_blank(app: Any, session: Any) -> None:
    world = mk.make_world()
    receive(world, "001", "010")
    paper = issued_on_blank(world, mk.rows(m.Blank)[0])
    call = partial(blanks.replace_spoiled, paper.id, spoiled_id=paper.blank_id, reason="Смазана печать")
    assert refused(run_at_once(app, [(world.organizer_actor, call)] * 6)) == []
    states = [b.status for b in mk.rows(m.Blank)]
    assert (states.count(B.SPOILED), states.count(B.USED)) == (1, 1)


def test_a_blank_is_written_off_or_used_but_not_both(app: Any, session: Any) -> None:
    world = mk.make_world()
    receive(world, "001", "004")
    ids = [b.id for b in mk.rows(m.Blank)]
    group = mk.make_past_group(world.program, capacity=10)
    trained = [mk.make_enrolment(mk.make_person(world.school), group, status=st.EnrolmentStatus.TRAINED) for _ in ids]
    act = (world.organizer_actor, partial(blank_acts.write_off, ids, acted_on=today(), reason="Намокли"))
    uses = [
        (world.organizer_actor, partial(certificates.issue, row.id, blank_id=pk))
        for row, pk in zip(trained, ids, strict=True)
    ]
    run_at_once(app, [act, *uses, act])
    acts = mk.rows(m.BlankAct)
    states = {b.status for b in mk.rows(m.Blank)}
    used = {paper.blank_id for paper in mk.rows(m.Certificate)}
    assert used == {b.id for b in mk.rows(m.Blank, m.Blank.status == B.USED)}
    assert [int(a.number) for a in acts] == list(range(1, len(acts) + 1))
    assert (B.STOCK in states) is False or len(acts) == 0
