"""Every transition table is walked at random: what it allows happens and is written down, everything else changes nothing."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as s

from app import models as m
from app import statuses as st
from app.access import acting_as
from app.clock import now, today
from app.errors import Conflict, Invalid
from app.services.portal import transitions
from app.unit_of_work import use_case
from tests.services import makers as mk

DAY = dt.timedelta(days=1)
#: rows of several examples lie beside each other
_numbers = itertools.count(1)


@use_case
def take(model: Any, pk: int, action: str, reason: str | None, extra: Mapping[str, Any]) -> Any:
    """One action of the table, past the rights: they are tested with the routes."""
    return transitions.follow(model, pk, action, reason=reason, **extra)


def _account() -> int:
    return int(mk.make_account().id)


def _application() -> Any:
    person = mk.make_person(mk.make_organization())
    return m.VoucherApplication(
        employee_id=person.employee.id, employment_id=person.employment.id, rule_id=mk.make_rule().id
    )


def _transfer() -> Any:
    person = mk.make_person(mk.make_organization())
    return m.Transfer(
        employee_id=person.employee.id,
        person_name="Петрова Анна",
        employment_id=person.employment.id,
        from_organization_id=person.employment.organization_id,
        organization_id=mk.make_organization().id,
        position_id=person.employment.position_id,
        starts_on=today(),
    )


def _registration() -> Any:
    return m.Registration(
        last_name="Петрова",
        first_name="Анна",
        birth_date=dt.date(1980, 5, 17),
        snils=mk.next_snils(),
        email="anna@example.org",
        organization_id=mk.make_organization().id,
        position_id=mk.make_position().id,
    )


def _enrolment() -> Any:
    organizer = mk.make_organization(is_organizer=True)
    person, group = mk.make_person(mk.make_organization()), mk.make_group(mk.make_program(organizer))
    places = {"employee_id": person.employee.id, "employment_id": person.employment.id}
    return m.Enrolment(group_id=group.id, status=st.EnrolmentStatus.WAITING, **places)


def _certificate() -> Any:
    enrolment = mk.save(_enrolment())
    group = mk.fetch(m.TrainingGroup, enrolment.group_id)
    return m.Certificate(
        enrolment_id=enrolment.id,
        employee_id=enrolment.employee_id,
        organizer_id=group.organizer_id,
        kind=st.CertificateKind.CERTIFICATE,
        year=2026,
        sequence=1,
        number="0001/2026",
        issued_on=today(),
        template_code="certificate",
        template_version="1",
        snapshot={},
        check_code=f"check{next(_numbers)}",
    )


def _program() -> Any:
    return mk.make_program(mk.make_organization(is_organizer=True))


def _campaign() -> Any:
    year = today().year + 1
    while mk.rows(m.PlanCampaign, m.PlanCampaign.year == year):
        year += 1
    day = dt.date(year - 1, 6, 1)
    return m.PlanCampaign(year=year, programs_until=day, opens_on=day, closes_on=day)


def _offer() -> Any:
    program = _program()
    return m.PlanOffer(
        campaign_id=mk.make_campaign().id,
        organizer_id=program.organizer_id,
        code=program.code,
        program_id=program.id,
        seats=50,
        minimum=15,
        capacity=25,
        months=[1],
    )


def _plan_item() -> Any:
    person, program = mk.make_person(mk.make_organization()), _program()
    offer = mk.make_offer(program)
    return m.PlanItem(
        campaign_id=offer.campaign_id,
        offer_id=offer.id,
        employee_id=person.employee.id,
        employment_id=person.employment.id,
        program_id=program.id,
    )


def _unmet() -> Any:
    person = mk.make_person(mk.make_organization())
    return m.UnmetWish(
        campaign_id=mk.make_campaign().id,
        employee_id=person.employee.id,
        employment_id=person.employment.id,
        words="Робототехника",
    )


def _block() -> Any:
    voucher = mk.make_voucher(mk.make_employee())
    return m.VoucherBlock(
        voucher_id=voucher.id, code="more", title="Блок", kind=st.BlockKind.VARIABLE, hours_min=16, hours_max=36
    )


def _voucher() -> Any:
    return m.Voucher(
        number=f"63-{next(_numbers)}",
        employee_id=mk.make_employee().id,
        rule_id=mk.make_rule().id,
        issued_on=today(),
        valid_until=today(),
    )


def _organizer() -> int:
    return int(mk.make_organization(is_organizer=True).id)


def _frdo_batch() -> Any:
    number = next(_numbers)
    return m.FrdoBatch(
        organizer_id=_organizer(), year=2026, number=number, period_from=today(), period_to=today(), rows_count=0
    )


#: table → a new row of it, not saved yet
ROWS: Mapping[str, Callable[[], Any]] = {
    "employment": lambda: m.Employment(
        employee_id=mk.make_employee().id,
        organization_id=mk.make_organization().id,
        position_id=mk.make_position().id,
        started_on=today(),
    ),
    "training": lambda: m.Training(
        employee_id=mk.make_employee().id, title="Курс", institution="Институт", hours=36, ended_on=today()
    ),
    "registration": _registration,
    "change_request": lambda: m.ChangeRequest(employee_id=mk.make_employee().id, changes={}),
    "transfer": _transfer,
    "consent_withdrawal": lambda: m.ConsentWithdrawal(
        employee_id=mk.make_employee().id, person_name="Петрова", due_on=today(), report={}
    ),
    "access_request": lambda: m.AccessRequest(user_id=_account(), role="ministry"),
    "voucher_application": _application,
    "voucher": _voucher,
    "voucher_block": _block,
    "program": lambda: m.Program(organizer_id=_organizer(), code="П", title="Программа", year=2026, hours=36),
    "training_group": lambda: mk.make_group(mk.make_program(mk.make_organization(is_organizer=True)), status="draft"),
    "enrolment": _enrolment,
    "certificate": _certificate,
    "blank": lambda: m.Blank(organizer_id=_organizer(), series="АБ", number="1"),
    "registry": lambda: m.Registry(organizer_id=_organizer(), period_from=today(), period_to=today(), rows_count=0),
    "frdo_batch": _frdo_batch,
    "plan_campaign": _campaign,
    "plan_offer": _offer,
    "plan_item": _plan_item,
    "unmet_wish": _unmet,
    "survey": lambda: m.Survey(title="Опрос", status=st.SurveyStatus.REQUESTED, audience={}),
    "report_form": lambda: m.ReportForm(code=f"form{next(_numbers)}", title="Форма", definition={}),
    "news_item": lambda: m.NewsItem(title="Новость", body="Текст"),
    "support_request": lambda: m.SupportRequest(author_id=_account(), topic="Вопрос", category="other"),
    "maintenance_window": lambda: m.MaintenanceWindow(
        starts_at=now() + 30 * DAY, ends_at=now() + 31 * DAY, announcement="Перерыв"
    ),
    "letter": lambda: m.Letter(recipient="a@example.org", subject="Письмо", body="Текст"),
    "background_job": lambda: m.BackgroundJob(user_id=_account(), kind="export", title="Задание", parameters={}),
}
#: what an action writes beside the status
EXTRA: Mapping[tuple[str, str], Callable[[], dict[str, Any]]] = {
    ("enrolment", "offer"): lambda: {"offer_until": now() + DAY},
}
#: while it is on, nothing changes, the walk included
STOPS_THE_PORTAL = {"maintenance_window"}

_SETTINGS = settings(
    max_examples=8, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def test_every_table_is_walked() -> None:
    assert set(ROWS) == set(st.TRANSITIONS)


@pytest.mark.parametrize("table", sorted(set(st.TRANSITIONS) - STOPS_THE_PORTAL))
@_SETTINGS
@given(data=s.data())
def test_walk(app: Flask, session: Any, table: str, data: s.DataObject) -> None:
    """Random actions from the first status: the table alone says which succeed, and the journal says what happened."""
    with acting_as(mk.SYSTEM):
        row = mk.save(ROWS[table]())
        model, pk, status = type(row), row.id, row.status
        actions = sorted({edge.action for edge in st.TRANSITIONS[table]})
        for _ in range(data.draw(s.integers(3, 8), label="steps")):
            action = data.draw(s.sampled_from([*actions, "fly"]), label="action")
            reason = data.draw(s.sampled_from([None, "  ", "Потому что"]), label="reason")
            edge = st.find_edge(table, status, action)
            extra = EXTRA.get((table, action), dict)()
            if edge is None or (edge.reason and not (reason or "").strip()):
                with pytest.raises((Conflict, Invalid)), mk.nothing_changes():
                    take(model, pk, action, reason, extra)
            else:
                entries = len(mk.journal(f"{table}.{action}"))
                take(model, pk, action, reason, extra)
                status = edge.target
                assert len(mk.journal(f"{table}.{action}")) == entries + 1
            assert mk.fetch(model, pk).status == status


def test_maintenance_window_walks_with_the_portal_still() -> None:
    """Its table has no way back: the portal is not started again by going backwards."""
    edges = st.TRANSITIONS["maintenance_window"]
    order = ["announced", "active", "ended"]
    assert all(order.index(e.source) < order.index(e.target) for e in edges)
