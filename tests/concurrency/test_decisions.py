"""Two operators decide the same row at once; the same request is sent twice: one of them counts."""

from __future__ import annotations

from functools import partial
from typing import Any

from app import models as m
from app import statuses as st
from app.access import acting_as
from app.clock import today
from app.extensions import db
from app.services.access import access_requests
from app.services.portal import records, settings, transitions
from app.services.portal.files import Scan
from app.services.voucher import voucher_rules, vouchers
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


# --- чеки ------------------------------------------------------------------------------------------------------------


def waiting_application(world: mk.World) -> tuple[mk.Person, m.VoucherApplication]:
    """A further person of the school who has applied."""
    person = mk.make_person(world.school)
    with acting_as(person.actor):
        return person, vouchers.apply(person.employee.id)


def test_approved_and_withdrawn_at_once_ends_in_one_of_both(app: Any, session: Any) -> None:
    """A чек exists if and only if the application is approved; whoever was late reads why."""
    world, seen = mk.make_world(), set()
    for _ in range(12):
        person, row = waiting_application(world)
        calls = [
            (world.operator, partial(vouchers.approve, row.id)),
            (person.actor, partial(vouchers.withdraw, row.id)),
        ]
        results = run_at_once(app, calls)
        status = mk.fetch(m.VoucherApplication, row.id).status
        issued = mk.rows(m.Voucher, m.Voucher.application_id == row.id)
        told = (m.Letter.recipient == person.employee.email, m.Letter.template == "application_approved")
        letters = mk.rows(m.Letter, *told)
        assert len(succeeded(results)) == 1
        assert "изменил" in refused(results)[0].message or "сейчас невозможно" in refused(results)[0].message
        expected = 1 if status == st.ApplicationStatus.APPROVED else 0
        assert (len(issued), len(letters)) == (expected, expected)
        seen.add(status)
    numbers = sorted(row.number[-6:] for row in mk.rows(m.Voucher, m.Voucher.application_id.is_not(None)))
    assert numbers == [f"{n:06d}" for n in range(1, len(numbers) + 1)]
    assert seen <= {st.ApplicationStatus.APPROVED, st.ApplicationStatus.WITHDRAWN}


def test_without_the_compare_and_swap_both_would_win(app: Any, session: Any, monkeypatch: Any) -> None:
    """The guard is what the test above proves: a plain write lets a withdrawn application keep its чек."""

    def write_blindly(row: Any, edge: Any, values: dict[str, Any]) -> None:
        model = type(row)
        statement = db.update(model).where(model.id == row.id).values(status=edge.target, **values)
        db.session.execute(statement.execution_options(synchronize_session=False))
        db.session.refresh(row)

    monkeypatch.setattr(transitions, "_swap", write_blindly)
    world, both = mk.make_world(), 0
    for _ in range(12):
        person, row = waiting_application(world)
        calls = [
            (world.operator, partial(vouchers.approve, row.id)),
            (person.actor, partial(vouchers.withdraw, row.id)),
        ]
        both += len(succeeded(run_at_once(app, calls))) == 2
    assert both > 0


def test_rule_is_not_changed_under_applications_that_are_being_written(app: Any, session: Any) -> None:
    """The change came before the first application, or it is refused and the rule stays; all people have applied."""
    rule = mk.make_rule()
    school, operator = mk.make_organization(), mk.make_actor("operator")
    people = [mk.make_person(school) for _ in range(5)]
    calls = [(person.actor, partial(vouchers.apply, person.employee.id)) for person in people]
    changes = partial(records.update, rule, {"period_months": 24})
    results = run_at_once(app, [*calls[:2], (operator, changes), *calls[2:]])
    assert len(mk.rows(m.VoucherApplication)) == 5
    changed = mk.journal("voucher_rule.updated")
    is_changed = mk.fetch(m.VoucherRule, rule.id).period_months == 24
    assert is_changed is bool(changed) is not bool(refused(results))


def test_two_versions_from_one_rule_at_once_leave_one(app: Any, session: Any) -> None:
    rule, operators = mk.make_rule(), [mk.make_actor("operator") for _ in range(4)]
    starts = today() + 30 * mk.DAY
    results = run_at_once(app, [(who, partial(voucher_rules.new_version, rule.id, starts)) for who in operators])
    assert len(succeeded(results)) == 1
    assert len(mk.rows(m.VoucherRule, m.VoucherRule.valid_from == starts)) == 1
    assert mk.fetch(m.VoucherRule, rule.id).valid_to == starts - mk.DAY


def test_two_operators_change_one_setting_and_none_is_lost(app: Any, session: Any) -> None:
    operators = [mk.make_actor("operator") for _ in range(6)]
    typed = [{"offer_hours": ("48", str(n + 1))} for n in range(6)]
    results = run_at_once(
        app, [(who, partial(settings.change_many, what)) for who, what in zip(operators, typed, strict=True)]
    )
    assert len(succeeded(results)) == 1
    kept = str(results.index(succeeded(results)[0]) + 1)
    assert settings.text("offer_hours") == kept
    assert all(f"«{kept}»" in refusal.message for refusal in refused(results))
    assert len(mk.journal("setting.updated")) == 1
