"""Numbers of чеки and documents under real clients: no gap, no repeat, one click one number."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from sqlalchemy import text

from app import models as m
from app import statuses as st
from app.access import acting_as
from app.clock import today
from app.errors import Conflict
from app.extensions import db
from app.services.paper.issuing import certificates, duplicates, group_issue
from app.services.portal import numbers
from app.services.voucher import vouchers
from tests.concurrency.clients import meet, refused, run_at_once, succeeded, without_index
from tests.services import makers as mk

E = st.EnrolmentStatus
CLIENTS = 12


def trained_people(world: mk.World, number: int) -> list[Any]:
    group = mk.make_past_group(world.program, capacity=number + 1)
    people = world.more_people(number, voucher=False)
    return [mk.make_enrolment(person, group, status=E.TRAINED) for person in people]


def issue_call(world: mk.World, enrolment: Any) -> Any:
    return world.organizer_actor, partial(certificates.issue, enrolment.id)


# --- guard 4: numbers without gaps or repeats ------------------------------------------------------------------------


def test_numbers_of_documents_have_no_gap_though_some_are_refused(app: Any, session: Any) -> None:
    world = mk.make_world()
    rows = trained_people(world, CLIENTS)
    nameless = [row.employee_id for row in rows[::4]]
    for employee_id in nameless:
        # No sex in the card and none to guess: the document is refused after the number could have been taken.
        person = mk.fetch(m.Employee, employee_id)
        mk.change(person, sex=None, last_name="Ткач", first_name="Саша", patronymic=None)
    results = run_at_once(app, [issue_call(world, row) for row in rows])
    assert len(refused(results)) == len(nameless)
    issued = mk.rows(m.Certificate)
    assert sorted(row.sequence for row in issued) == list(range(1, CLIENTS - len(nameless) + 1))
    assert len({row.number for row in issued}) == len(issued)


def test_a_rolled_back_document_gives_its_number_back(app: Any, session: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    world = mk.make_world()
    rows = trained_people(world, 8)
    odd = {row.id for row in rows[::2]}
    real = certificates.issue_prepared

    def fail_after_the_number(row: Any, *args: Any, **kwargs: Any) -> Any:
        made = real(row, *args, **kwargs)
        if row.id in odd:
            raise Conflict("Сбой после того, как номер взят.")
        return made

    monkeypatch.setattr(certificates, "issue_prepared", fail_after_the_number)
    results = run_at_once(app, [issue_call(world, row) for row in rows])
    assert len(refused(results)) == 4
    assert sorted(row.sequence for row in mk.rows(m.Certificate)) == [1, 2, 3, 4]


def largest_and_one(kind: str, year: int, *, organizer_id: int | None = None) -> int:
    """The guard switched off: the largest number so far and one."""
    largest = db.session.execute(
        text("SELECT coalesce(max(sequence), 0) FROM certificate WHERE organizer_id = :id AND year = :year"),
        {"id": organizer_id, "year": year},
    ).scalar_one()
    meet()
    return int(largest) + 1


def test_numbers_repeat_without_the_guard(app: Any, session: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    world = mk.make_world()
    rows = trained_people(world, 6)
    monkeypatch.setattr(numbers, "next_number", largest_and_one)
    # The unique constraints are the last net: they turn repeats into refusals, and people go without a document.
    results = run_at_once(app, [issue_call(world, row) for row in rows])
    assert len(refused(results)) > 0


def test_numbers_of_vouchers_have_no_gap(app: Any, session: Any) -> None:
    mk.make_rule()
    school, operator = mk.make_organization(), mk.make_actor("operator")
    applications = []
    for person in [mk.make_person(school) for _ in range(CLIENTS)]:
        with acting_as(person.actor):
            applications.append(vouchers.apply(person.employee.id))
    results = run_at_once(app, [(operator, partial(vouchers.approve, row.id)) for row in applications])
    written = sorted(row.number for row in succeeded(results))
    assert written == [f"63-{today().year}-{n:06d}" for n in range(1, CLIENTS + 1)]


# --- guard 5: the same click twice -----------------------------------------------------------------------------------


def test_double_click_issues_one_document_and_one_letter(app: Any, session: Any) -> None:
    world = mk.make_world()
    (row,) = trained_people(world, 1)
    results = run_at_once(app, [issue_call(world, row)] * 8)
    assert refused(results) == []
    assert len({result.id for result in results}) == 1
    assert (len(mk.rows(m.Certificate)), len(mk.rows(m.Letter))) == (1, 1)


def no_lock(_enrolment_id: int) -> None:
    """The guard switched off: the enrolment is not locked."""
    meet()


def test_double_click_issues_two_documents_without_the_guard(
    app: Any, session: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = mk.make_world()
    (row,) = trained_people(world, 1)
    monkeypatch.setattr(certificates, "_lock", no_lock)
    with without_index("uq_certificate_live"):
        run_at_once(app, [issue_call(world, row)] * 6)
        assert len(mk.rows(m.Certificate)) > 1


def test_whole_group_issued_by_two_at_once_gives_each_one_document(app: Any, session: Any) -> None:
    world = mk.make_world()
    rows = trained_people(world, 5)
    call = (world.organizer_actor, partial(group_issue.issue_for_group, rows[0].group_id))
    results = run_at_once(app, [call] * 3)
    assert [len(result.issued) for result in results] == [5, 5, 5]
    assert sorted(row.sequence for row in mk.rows(m.Certificate)) == [1, 2, 3, 4, 5]


def test_double_click_on_approve_gives_one_voucher_and_one_letter(app: Any, session: Any) -> None:
    mk.make_rule()
    person, operator = mk.make_person(mk.make_organization()), mk.make_actor("operator")
    with acting_as(person.actor):
        application = vouchers.apply(person.employee.id)
    results = run_at_once(app, [(operator, partial(vouchers.approve, application.id))] * 8)
    assert refused(results) == []
    assert len({voucher.id for voucher in results}) == 1
    letters = mk.rows(m.Letter, m.Letter.template == "application_approved")
    assert (len(mk.rows(m.Voucher)), len(letters)) == (1, 1)


def test_double_click_on_apply_gives_one_application(app: Any, session: Any) -> None:
    mk.make_rule()
    person = mk.make_person(mk.make_organization())
    results = run_at_once(app, [(person.actor, partial(vouchers.apply, person.employee.id))] * 8)
    assert len({row.id for row in succeeded(results)}) == 1
    assert refused(results) == []
    assert len(mk.rows(m.VoucherApplication)) == 1


def test_a_blank_is_used_once(app: Any, session: Any) -> None:
    world = mk.make_world()
    rows = trained_people(world, 6)
    blank = mk.save(m.Blank(organizer_id=world.organizer.id, series="ПК", number="000001"))
    calls = [(world.organizer_actor, partial(certificates.issue, row.id, blank_id=blank.id)) for row in rows]
    results = run_at_once(app, calls)
    assert (len(succeeded(results)), len(refused(results))) == (1, 5)
    assert [row.blank_id for row in mk.rows(m.Certificate)] == [blank.id]


def test_two_groups_of_an_organizer_at_once_number_without_gaps_and_share_no_blank(app: Any, session: Any) -> None:
    world = mk.make_world()
    groups = [trained_people(world, 4)[0].group_id for _ in range(3)]
    for number in range(12):
        mk.save(m.Blank(organizer_id=world.organizer.id, series="ПК", number=f"{number:06d}"))
    kinds = [st.CertificateKind.TRAINING_NOTE, st.CertificateKind.CERTIFICATE]
    issue_group = partial(group_issue.issue_for_group, kinds=kinds, series="ПК")
    results = run_at_once(app, [(world.organizer_actor, partial(issue_group, pk)) for pk in groups])
    assert refused(results) == []
    for kind in kinds:
        made = mk.rows(m.Certificate, m.Certificate.kind == kind)
        assert sorted(row.sequence for row in made) == list(range(1, 13))
    assert len({row.blank_id for row in mk.rows(m.Certificate) if row.blank_id}) == 12


def test_duplicates_asked_at_once_give_one(app: Any, session: Any) -> None:
    world = mk.make_world()
    (row,) = trained_people(world, 1)
    with acting_as(world.organizer_actor):
        original = certificates.issue(row.id)
    call = partial(duplicates.issue_duplicate, original.id, st.DuplicateGround.LOST)
    results = run_at_once(app, [(world.organizer_actor, call)] * 6)
    assert refused(results) == []
    assert len({made.id for made in results}) == 1
    statuses = [made.status for made in mk.rows(m.Certificate)]
    assert statuses == [st.CertificateStatus.REPLACED, st.CertificateStatus.ISSUED]
