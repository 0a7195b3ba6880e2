"""Two operators decide the same row at once; the same request is sent twice: one of them counts."""

from __future__ import annotations

from functools import partial
from typing import Any

from app import models as m
from app import statuses as st
from app.access import acting_as
from app.clock import today
from app.services import access_requests
from app.services.access_requests import Scan
from tests.concurrency.clients import refused, run_at_once, succeeded
from tests.services import makers as mk
from tests.services.scans import pdf


def submit(world: mk.World) -> m.AccessRequest:
    return access_requests.submit(
        f"school:{world.school.id}", Scan("Приказ.pdf", pdf()), details="Приказ № 1", valid_from=today()
    )


def test_one_of_many_operators_decides(app: Any, session: Any) -> None:
    world = mk.make_world()
    with acting_as(world.worker.actor):
        row = submit(world)
    operators = [mk.make_actor("operator") for _ in range(6)]
    calls = [
        (actor, partial(access_requests.grant, row.id) if n % 2 else partial(access_requests.reject, row.id, "Нет"))
        for n, actor in enumerate(operators)
    ]
    results = run_at_once(app, calls)
    assert len(succeeded(results)) == 1
    assert all("изменил" in refusal.message or "сейчас невозможно" in refusal.message for refusal in refused(results))
    status = mk.fetch(m.AccessRequest, row.id).status
    roles = mk.rows(m.Assignment, m.Assignment.user_id == world.worker.actor.user_id)
    letters = mk.rows(m.Letter, m.Letter.user_id == world.worker.actor.user_id)
    assert len(letters) == 1
    assert len(roles) == (1 if status == st.AccessRequestStatus.GRANTED else 0)


def test_one_of_many_equal_requests_waits(app: Any, session: Any) -> None:
    world = mk.make_world()
    results = run_at_once(app, [(world.worker.actor, partial(submit, world))] * 5)
    assert len(succeeded(results)) == 1
    assert {refusal.message.split(".")[0] for refusal in refused(results)} <= {
        "Такая заявка уже ждёт решения оператора",
        "Такая заявка на доступ уже ждёт решения оператора",
    }
    assert len(mk.rows(m.AccessRequest)) == 1
