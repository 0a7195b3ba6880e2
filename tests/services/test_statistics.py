"""Figures of the region: sums equal a hand count, each territory has its own, the observer gets no small cells."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import pytest
import time_machine
from sqlalchemy import text

from app import jobs
from app import models as m
from app import statuses as st
from app.access import acting_as
from app.actor import Actor
from app.clock import now, today
from app.errors import Forbidden
from app.extensions import db
from app.russian import format_date
from app.services.desk import figure_counts, statistics
from app.services.portal import figures
from tests.services.makers import (
    DAY,
    Person,
    change,
    make_actor,
    make_employee,
    make_employment,
    make_enrolment,
    make_group,
    make_organization,
    make_past_group,
    make_person,
    make_program,
    make_voucher,
    save,
)
from tests.statements import recorded

YEAR = today().year
TRAINED = st.EnrolmentStatus.TRAINED


@dataclass(frozen=True)
class Two:
    """Two territories: the first with two schools of 3 and 1 people, the second with one of 6."""

    first: Any
    second: Any
    schools: tuple[Any, Any, Any]
    people: tuple[list[Person], list[Person], list[Person]]
    organizer: Any

    def actor(self, role: str, school: int = 0) -> Actor:
        """Somebody of this role; a territory's worker is of the school's territory."""
        place = (self.first, self.first, self.second)[school] if role == "territory" else None
        return make_actor(role, territory=place)


def territory_of(organization: Any) -> Any:
    @dataclass(frozen=True)
    class Place:
        id: int

    return Place(organization.territory_id)


@pytest.fixture
def two(session: Any) -> Two:
    a = make_organization()
    b = make_organization(territory_id=a.territory_id)
    c = make_organization()
    organizer = make_organization(is_organizer=True)
    people = tuple([make_person(school) for _ in range(number)] for school, number in ((a, 3), (b, 1), (c, 6)))
    return Two(territory_of(a), territory_of(c), (a, b, c), people, organizer)


def by_key(figures: Any) -> dict[int, tuple[int | None, ...]]:
    """Key → the numbers after the name."""
    return {f.key: tuple(getattr(f, n) for n in f.__dataclass_fields__ if n not in ("key", "name")) for f in figures}


def train(person: Person, organizer: Any, *, on: dt.date, status: Any = TRAINED) -> None:
    group = make_past_group(make_program(organizer), capacity=30)
    make_enrolment(person, group, status=status, result_on=on)


# --- чеки ------------------------------------------------------------------------------------------------------------


def test_vouchers_are_counted_in_the_month_of_issue(two: Two) -> None:
    first, _, second = two.people
    make_voucher(first[0].employee, issued_on=dt.date(YEAR, 1, 31))
    make_voucher(first[1].employee, issued_on=dt.date(YEAR, 1, 1), status=st.VoucherStatus.ANNULLED)
    make_voucher(second[0].employee, issued_on=dt.date(YEAR, 12, 31))
    make_voucher(second[1].employee, issued_on=dt.date(YEAR, 2, 1))
    make_voucher(second[2].employee, issued_on=dt.date(YEAR - 1, 12, 31))
    make_voucher(second[3].employee, issued_on=dt.date(YEAR + 1, 1, 1))
    figure_counts.recount()
    expected = {
        "ministry": [2, 1, *[0] * 9, 1],
        "operator": [2, 1, *[0] * 9, 1],
    }
    for role, numbers in expected.items():
        with acting_as(two.actor(role)):
            assert statistics.Stored().vouchers_by_month(YEAR) == numbers
            assert statistics.Stored().vouchers_by_month(YEAR - 1) == [*[0] * 11, 1]
    with acting_as(two.actor("territory", 0)):
        assert statistics.Stored().vouchers_by_month(YEAR) == [2, *[0] * 11]
    with acting_as(two.actor("territory", 2)):
        assert statistics.Stored().vouchers_by_month(YEAR) == [0, 1, *[0] * 9, 1]
    with acting_as(make_actor("organizer", two.organizer)):
        assert statistics.Stored().vouchers_by_month(YEAR) == [0] * 12


# --- people ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def counted(two: Two) -> Two:
    """Staff with and without чеки and training; what must not be counted stands beside."""
    (a1, a2, a3), (b1,), c = two.people
    make_voucher(a1.employee)
    make_voucher(a2.employee, status=st.VoucherStatus.EXPIRED)
    make_voucher(c[0].employee)
    train(a1, two.organizer, on=today())
    train(a1, two.organizer, on=today() - DAY)  # twice: one person
    train(a2, two.organizer, on=today(), status=st.EnrolmentStatus.FAILED)
    train(b1, two.organizer, on=dt.date(YEAR - 3, 1, 1))  # at least as long ago as three years but a day
    for person in c[:5]:
        train(person, two.organizer, on=today())
    course = {"title": "Курс", "institution": "Институт", "hours": 16, "ended_on": today() - DAY}
    save(m.Training(employee_id=a3.employee.id, status=st.TrainingStatus.CONFIRMED, **course))
    # dismissed, and working here besides the main place: neither is of the staff
    make_employment(make_employee(), two.schools[0], ended_on=today() - DAY)
    make_employment(b1.employee, two.schools[0], kind=st.EmploymentKind.SECONDARY)
    figure_counts.recount()
    return two


def test_staff_is_counted_once_by_the_main_place(counted: Two) -> None:
    a, b, c = (school.id for school in counted.schools)
    first, second = counted.first.id, counted.second.id
    long_ago = 1 if today() <= dt.date(YEAR, 1, 1) else 0
    with acting_as(counted.actor("ministry")):
        assert by_key(statistics.Stored().staff_by_organization()) == {
            a: (3, 1, 2),
            b: (1, 0, long_ago),
            c: (6, 1, 5),
        }
        assert by_key(statistics.Stored().staff_by_territory()) == {first: (4, 1, 2 + long_ago), second: (6, 1, 5)}


def test_each_territory_counts_its_own_people_only(counted: Two) -> None:
    a, b, c = (school.id for school in counted.schools)
    with acting_as(counted.actor("territory", 0)):
        assert by_key(statistics.Stored().staff_by_organization()).keys() == {a, b}
        assert by_key(statistics.Stored().staff_by_territory()).keys() == {counted.first.id}
        assert by_key(statistics.Stored().trained_by_territory(YEAR)) == {counted.first.id: (1,)}
        assert by_key(statistics.Stored().trained_by_organization(YEAR)) == {a: (1,)}
    with acting_as(counted.actor("territory", 2)):
        assert by_key(statistics.Stored().staff_by_organization()) == {c: (6, 1, 5)}
        assert by_key(statistics.Stored().trained_by_territory(YEAR)) == {counted.second.id: (5,)}


def test_a_person_shared_by_two_territories_is_counted_where_it_works(two: Two) -> None:
    """A main place there and a secondary one here: both territories see the person, one counts it."""
    shared = two.people[2][0]
    make_employment(shared.employee, two.schools[0], kind=st.EmploymentKind.SECONDARY)
    train(shared, two.organizer, on=today())
    figure_counts.recount()
    with acting_as(two.actor("territory", 0)):
        assert by_key(statistics.Stored().staff_by_territory()) == {two.first.id: (4, 0, 0)}
        assert statistics.Stored().trained_by_territory(YEAR) == []
    with acting_as(two.actor("territory", 2)):
        assert by_key(statistics.Stored().staff_by_territory()) == {two.second.id: (6, 0, 1)}
        assert by_key(statistics.Stored().trained_by_territory(YEAR)) == {two.second.id: (1,)}


def test_training_of_another_year_is_not_of_this_year(counted: Two) -> None:
    train(counted.people[1][0], counted.organizer, on=dt.date(YEAR - 1, 12, 31))
    figure_counts.recount()
    with acting_as(counted.actor("operator")):
        assert by_key(statistics.Stored().trained_by_territory(YEAR - 1)) == {counted.first.id: (1,)}
        assert by_key(statistics.Stored().trained_by_territory(YEAR)) == {
            counted.first.id: (1,),
            counted.second.id: (5,),
        }


@pytest.mark.parametrize("role", ["school", "organizer", "worker"])
def test_who_has_no_territory_learns_of_nobodys_people(counted: Two, role: str) -> None:
    with acting_as(make_actor(role, counted.schools[1])):
        assert statistics.Stored().staff_by_organization() == statistics.Stored().staff_by_territory() == []
        assert statistics.Stored().trained_by_territory(YEAR) == []


def test_figures_that_are_gone_or_changed_are_written_alone(counted: Two) -> None:
    """A second count writes only what differs, and takes away what is zero by now."""

    def stored() -> dict[tuple[str, int, str], tuple[int, str]]:
        rows = db.session.execute(text("SELECT level, place, code, number, xmin::text FROM figure"))
        return {(level, place, code): (number, written) for level, place, code, number, written in rows}

    before = stored()
    (only,) = counted.people[1]
    change(only.employment, ended_on=today() - DAY)
    figure_counts.recount()
    after, gone = stored(), ("o", counted.schools[1].id, "workers")
    assert before[gone][0] == 1
    assert gone not in after
    # the second place of work becomes the main one
    other = "o", counted.schools[0].id, "workers"
    assert after[other][0] == before[other][0] + 1
    same = [key for key in after if key in before and after[key][0] == before[key][0]]
    assert len(same) > 10
    assert [key for key in same if after[key][1] != before[key][1]] == []


def test_a_count_is_due_when_the_last_one_has_paid_for_itself(session: Any) -> None:
    assert figures.is_due()
    assert figures.as_of().startswith("Показатели ещё не посчитаны")
    figure_counts.recount()
    assert figures.as_of().startswith(f"Показатели на {format_date(today())}")
    db.session.execute(text("UPDATE figure_count SET seconds = 10"))
    db.session.commit()
    assert not figures.is_due()
    with time_machine.travel(now() + dt.timedelta(seconds=501), tick=False):
        assert figures.is_due()


def test_the_job_counts_when_a_count_is_due(two: Two) -> None:
    def workers() -> int:
        db.session.rollback()
        return figures.whole(["workers"])["workers"]

    jobs.count_figures(0)
    assert workers() == 10
    make_person(two.schools[0])
    db.session.execute(text("UPDATE figure_count SET seconds = 10"))
    db.session.commit()
    jobs.count_figures(0)
    assert workers() == 10
    with time_machine.travel(now() + dt.timedelta(seconds=501), tick=False):
        jobs.count_figures(0)
    assert workers() == 11


# --- seats -----------------------------------------------------------------------------------------------------------


def test_seats_of_live_groups_by_organizer(two: Two) -> None:
    other = make_organization(is_organizer=True)
    program, second = make_program(two.organizer), make_program(other)
    make_group(program, capacity=20, taken=7)
    make_group(program, capacity=10, taken=10, status=st.GroupStatus.CLOSED)
    make_past_group(program, capacity=5, taken=1)
    make_group(program, capacity=100, status=st.GroupStatus.DRAFT)
    make_group(program, capacity=100, taken=3, status=st.GroupStatus.CANCELLED)
    make_group(program, capacity=100, taken=3, status=st.GroupStatus.COMPLETED)
    make_group(second, capacity=4, taken=2)
    everybody = {two.organizer.id: (18, 35), other.id: (2, 4)}
    for role, found in (("ministry", everybody), ("territory", everybody), ("observer", everybody)):
        with acting_as(two.actor(role)):
            assert by_key(statistics.seats_by_organizer()) == found
    with acting_as(make_actor("organizer", other)):
        assert by_key(statistics.seats_by_organizer()) == {other.id: (2, 4)}


# --- the observer ----------------------------------------------------------------------------------------------------


def test_the_observer_gets_the_region_without_small_cells(counted: Two) -> None:
    a, b, c = (school.id for school in counted.schools)
    with acting_as(counted.actor("observer")):
        assert by_key(statistics.Stored().staff_by_organization()) == {
            a: (None, None, None),
            b: (None, 0, 0 if today() > dt.date(YEAR, 1, 1) else None),
            # with it the total would say that only four people are hidden
            c: (None, None, None),
        }
        assert by_key(statistics.Stored().trained_by_territory(YEAR)) == {
            counted.first.id: (None,),
            counted.second.id: (5,),
        }
        assert statistics.Stored().vouchers_by_month(YEAR)[today().month - 1] is None
        totals = {label: n for label, n, _ in statistics.totals()}
    # who has left is neither a worker nor one of the trained
    assert totals["Работников"] == 10
    assert totals["Действующих чеков"] is None
    assert totals["Обучено за три года"] == 7 + (today() <= dt.date(YEAR, 1, 1))
    assert totals["Организаций"] == 4


def test_an_observer_who_is_a_schools_worker_too_gets_no_small_cells(counted: Two) -> None:
    school = make_actor("school", counted.schools[0])
    both = Actor(school.user_id, school.name, grants=(*school.grants, *counted.actor("observer").grants))
    with acting_as(both):
        assert by_key(statistics.Stored().staff_by_organization())[counted.schools[1].id][0] is None
        assert {label: n for label, n, _ in statistics.totals()}["Действующих чеков"] is None


@pytest.mark.parametrize("role", ["school", "organizer", "territory", "worker", "admin", "ministry", "operator"])
def test_totals_are_for_the_observer(two: Two, role: str) -> None:
    with acting_as(make_actor(role, two.schools[0])), pytest.raises(Forbidden, match="недоступны"):
        statistics.totals()


# --- the portal itself -----------------------------------------------------------------------------------------------


def test_state_of_the_portal(session: Any) -> None:
    with acting_as(make_actor("admin")):
        silent = statistics.portal_state()
        assert silent.seen_at is None
        assert not statistics.is_alive(silent, within=30)
    save(m.WorkerHeartbeat(name="w1", seen_at=dt.datetime.now(dt.UTC) - dt.timedelta(seconds=20)))
    save(m.WorkerHeartbeat(name="w2", seen_at=dt.datetime.now(dt.UTC) - dt.timedelta(hours=3)))
    with acting_as(make_actor("admin")):
        state = statistics.portal_state()
        assert statistics.is_alive(state, within=30)
        assert not statistics.is_alive(state, within=10)
    with acting_as(make_actor("school", make_organization())):
        assert statistics.portal_state().seen_at is None


def test_every_figure_is_one_statement(counted: Two) -> None:
    told = (
        lambda: statistics.Stored().vouchers_by_month(YEAR),
        lambda: statistics.Stored().staff_by_territory(),
        lambda: statistics.Stored().trained_by_organization(YEAR),
        statistics.seats_by_organizer,
    )
    for role in ("ministry", "territory", "observer"):
        with acting_as(counted.actor(role)):
            for figure in told:
                with recorded() as statements:
                    figure()
                assert len(statements) == 1, statements
