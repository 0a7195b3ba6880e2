"""Two people form a ФИС ФРДО file at once: one number each, no document twice; without the lock both would take all."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from app import models as m
from app.access import acting_as
from app.documents.frdo import frdo_export
from app.services.paper.registries import frdo_batches
from app.statuses import FrdoAnswer, FrdoBatchStatus
from tests.concurrency.clients import refused, run_at_once, succeeded
from tests.services import makers as mk
from tests.services.test_frdo import PROGRAM, days, issue, rows_of

CLIENTS = 6


def ready(number: int) -> mk.World:
    world = mk.make_world()
    mk.change(world.program, **PROGRAM)
    issue(world, number)
    return world


def forming(world: mk.World) -> Any:
    return world.organizer_actor, partial(frdo_export.form, world.organizer.id, *days())


def test_of_files_formed_at_once_one_takes_the_documents(app: Any, session: Any) -> None:
    world = ready(8)
    results = run_at_once(app, [forming(world) for _ in range(CLIENTS)])
    assert len(succeeded(results)) == 1
    assert {str(error)[:30] for error in refused(results)} == {"Новых документов за этот период"[:30]}
    (batch,) = mk.rows(m.FrdoBatch)
    assert (batch.number, batch.rows_count, len(rows_of(batch))) == (1, 8, 8)
    # the refused ones gave their numbers back
    issue(world)
    with acting_as(world.organizer_actor):
        assert frdo_export.form(world.organizer.id, *days()).number == 2


def test_two_organizers_do_not_wait_for_each_other(app: Any, session: Any) -> None:
    worlds = [ready(3), ready(4)]
    results = run_at_once(app, [forming(world) for world in worlds])
    assert len(succeeded(results)) == 2
    assert sorted((batch.number, batch.rows_count) for batch in mk.rows(m.FrdoBatch)) == [(1, 3), (1, 4)]


def test_without_the_counters_lock_a_document_would_go_twice(
    app: Any, session: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The guard shown: each client numbers by itself, so that nobody waits."""
    world = ready(8)
    numbers = iter(range(1, 10))
    monkeypatch.setattr(frdo_batches, "take_number", lambda *_args: next(numbers))
    run_at_once(app, [forming(world) for _ in range(CLIENTS)])
    assert len(mk.rows(m.FrdoRow)) > 8


def test_answers_given_at_once_close_the_batch_once(app: Any, session: Any) -> None:
    world = ready(4)
    with acting_as(world.organizer_actor):
        batch = frdo_export.form(world.organizer.id, *days())
        frdo_batches.send(batch.id)
    calls = [
        (world.organizer_actor, partial(frdo_batches.record_answers, batch.id, {row.id: (FrdoAnswer.ACCEPTED, "")}))
        for row in rows_of(batch)
    ]
    assert len(succeeded(run_at_once(app, calls))) == 4
    assert mk.fetch(m.FrdoBatch, batch.id).status is FrdoBatchStatus.ANSWERED
    assert len(mk.journal("frdo_batch.answer")) == 1
