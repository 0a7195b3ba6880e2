"""One definition of a figure: the number of workers and of the trained is the same wherever it is told; nothing hidden follows."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from app import models as m
from app import statuses as st
from app.access import acting_as
from app.clock import today
from app.extensions import db
from app.russian import format_date, percent
from app.services.desk import figure_counts, statistics
from app.services.desk.statistics import FEWEST_SHOWN, suppressed
from app.services.personnel.cards import quality
from app.web.personnel.people_columns import EMPLOYEE_ATTENTION
from tests.services import makers as mk


@pytest.fixture
def observer(session: Any) -> Any:
    return mk.make_actor("observer")


def _random_region(seed: int) -> None:
    """Organizations of two territories; people with one, two or no places, past, present, ending and to come."""
    random = Random(seed)
    territories = [mk.make_territory(), mk.make_territory()]
    schools = [mk.make_organization(territory_id=random.choice(territories).id) for _ in range(5)]
    for _ in range(40):
        person = mk.make_employee(birth_date=None if random.random() < 0.3 else today())
        main, other = random.sample(schools, 2)
        days = {"started_on": today() - random.choice([-7, 0, 400]) * mk.DAY}
        ends = random.choice([None, None, days["started_on"] + 10 * mk.DAY])
        if random.random() < 0.85:
            mk.make_employment(person, main, **days, ended_on=ends)
        if random.random() < 0.4:
            mk.make_employment(person, other, kind=st.EmploymentKind.SECONDARY)
        if random.random() < 0.5:
            mk.make_voucher(person)


def _told(observer: Any) -> dict[str, int]:
    """«Работников» in every place that tells it, by who may."""
    operator = mk.make_actor("operator")
    figure_counts.recount()
    with acting_as(operator):
        condition = EMPLOYEE_ATTENTION.condition("works", "")
        found = {
            "tile and list": db.session.scalar(db.select(db.func.count()).select_from(m.Employee).where(condition)),
            "by territory": sum(row.people or 0 for row in statistics.Stored().staff_by_territory()),
            "by organization": sum(row.people or 0 for row in statistics.Stored().staff_by_organization()),
            "quality": quality.total().people,
        }
    with acting_as(observer):
        found["totals"] = {label: n for label, n, _ in statistics.totals()}["Работников"]
    return found


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_number_of_workers_is_one_wherever_it_is_told(observer: Any, seed: int) -> None:
    _random_region(seed)
    told = _told(observer)
    assert len(set(told.values())) == 1, told
    assert told["quality"] > FEWEST_SHOWN


@pytest.mark.parametrize("seed", [4, 5])
def test_the_trained_are_the_same_in_the_totals_and_by_place(observer: Any, seed: int) -> None:
    """Of those who work: who has left is in neither."""
    _random_region(seed)
    random = Random(seed)
    for person in mk.rows(m.Employee):
        if random.random() < 0.5:
            done = {"title": "Курс", "institution": "ИРО", "hours": 36, "kind": st.ProgramKind.ADVANCED}
            document = {
                "document_kind": st.PastDocument.CERTIFICATE,
                "document_number": "1",
                "ended_on": today() - mk.DAY,
            }
            values = {**done, **document, "status": st.TrainingStatus.CONFIRMED, "source": st.TrainingSource.STAFF}
            mk.save(m.Training(employee_id=person.id, **values))
    figure_counts.recount()
    with acting_as(mk.make_actor("operator")):
        by_place = sum(row.trained or 0 for row in statistics.Stored().staff_by_organization())
    with acting_as(observer):
        assert {label: n for label, n, _ in statistics.totals()}["Обучено за три года"] == by_place
    assert by_place > FEWEST_SHOWN


def test_who_works_in_two_schools_counts_in_each_and_once_in_their_sum(session: Any) -> None:
    territory = mk.make_territory()
    one, two = (mk.make_organization(territory_id=territory.id) for _ in range(2))
    person = mk.make_person(one)
    mk.make_employment(person.employee, two, kind=st.EmploymentKind.SECONDARY)
    figure_counts.recount()
    with acting_as(mk.make_actor("operator")):
        schools = {item.pk: item.people for item in quality.by_organization(territory_id=territory.id)}
        bodies = {item.pk: item.people for item in quality.by_territory()}
        assert quality.total(territory_id=territory.id).people == 1
    assert schools == {one.id: 1, two.id: 1}
    assert bodies[territory.id] == 1


# --- what is hidden stays hidden -------------------------------------------------------------------------------------


def test_a_single_hidden_number_does_not_follow_from_the_total() -> None:
    """«12 всего, 8 и «менее 5»» told that the hidden one is four."""
    assert suppressed([(8,), (4,)]) == [[None], [None]]
    assert suppressed([(20,), (8,), (4,), (0,)]) == [[20], [None], [None], [0]]


def test_hidden_numbers_that_are_few_together_take_another_one_along() -> None:
    assert suppressed([(20,), (9,), (1,), (2,)]) == [[20], [None], [None], [None]]


def test_a_share_whose_rest_is_few_is_hidden() -> None:
    """Of twelve ten were trained: two were not."""
    assert suppressed([(12, 10), (30, 15), (40, 20)]) == [[12, None], [30, None], [40, 20]]


def test_all_and_none_are_told() -> None:
    assert suppressed([(12, 12), (30, 0)]) == [[12, 12], [30, 0]]


@pytest.mark.parametrize("seed", range(20))
def test_no_hidden_number_follows_from_totals_and_shares(seed: int) -> None:
    random = Random(seed)
    people = [random.choice([0, 1, 3, 7, 20, 60]) for _ in range(random.randint(2, 9))]
    rows = [(n, random.randint(0, n), random.randint(0, n)) for n in people]
    told = suppressed(rows)
    for place in range(3):
        hidden = [row[place] for row, shown in zip(rows, told, strict=True) if shown[place] is None]
        shown = [shown[place] for shown in told if shown[place]]
        assert all(n is None or n == 0 or n >= FEWEST_SHOWN for n in shown)
        # the total less what is shown is the sum of at least two hidden numbers, or everything is hidden
        assert not hidden or not shown or (len(hidden) > 1 and sum(hidden) >= FEWEST_SHOWN)
    for row, shown in zip(rows, told, strict=True):
        for some in (1, 2):
            # where the people are hidden, that none of them has something tells nothing of their number
            is_told = shown[some] is not None and shown[0] is not None
            assert not is_told or not 0 < row[0] - row[some] < FEWEST_SHOWN


@pytest.mark.parametrize(
    ("some", "whole", "words"),
    [(0, 7, "0 %"), (7, 7, "100 %"), (1, 3, "33 %"), (2, 3, "67 %"), (1, 8, "13 %"), (1, 200, "1 %"),
     (1, 1000, "1 %"), (999, 1000, "99 %"), (5, 0, "—")],
)  # fmt: skip
def test_percents_are_rounded_and_say_all_and_none_of_all_and_none_only(some: int, whole: int, words: str) -> None:
    assert percent(some, whole) == words.replace(" ", "\N{NO-BREAK SPACE}")


def test_a_share_below_what_is_wanted_does_not_become_it() -> None:
    """Who attended 749 of 1000 hours has not attended 75 %; a share that is not near is whole as ever."""
    told = [percent(some, 1000, least=75).replace("\N{NO-BREAK SPACE}", " ") for some in (744, 745, 749, 750, 620)]
    assert told == ["74 %", "74,5 %", "74,9 %", "75 %", "62 %"]


# --- history ---------------------------------------------------------------------------------------------------------


def _points(level: str, place: int, code: str, *points: tuple[int, int]) -> None:
    for days_ago, value in points:
        day = today() - days_ago * mk.DAY
        mk.save(m.FigureDay(level=level, place=place, code=code, day=day, number=value))


def test_a_day_keeps_one_point_of_each_figure(session: Any) -> None:
    _random_region(6)
    figure_counts.recount()
    figure_counts.note_day()
    kept = {(p.level, p.place, p.code): p.number for p in mk.rows(m.FigureDay)}
    stored = {(f.level, f.place, f.code): f.number for f in mk.rows(m.Figure)}
    assert kept == {
        key: stored[key] for key in stored if key[0] in "rt" and key[2] in ("workers", "voucher", "trained", "in_force")
    }
    assert kept["r", 0, "workers"] > FEWEST_SHOWN
    person = mk.make_person(mk.rows(m.Organization)[0])
    figure_counts.recount()
    with mk.nothing_changes():
        figure_counts.note_day()
    assert {point.day for point in mk.rows(m.FigureDay)} == {today()}
    assert person.employee.id


@pytest.mark.parametrize(
    ("points", "told"),
    [
        ((), ""),
        (((0, 40),), ""),
        (((29, 40), (0, 99)), ""),
        (((30, 40), (0, 99)), "+60 с {30}"),
        (((800, 1), (365, 220), (30, 5)), "−120 за год"),
        (((365, 100), (0, 100)), "без изменений за год"),
        (((40, 97), (0, 99)), ""),
        (((40, 2), (0, 99)), ""),
    ],
)
def test_a_total_says_how_far_it_has_come(observer: Any, points: Any, told: str) -> None:
    """Since the first point of the last year, when two points lie a month apart; never a small change or a small number before."""
    mk.save(m.Figure(level="r", place=0, code="workers", number=100))
    _points("r", 0, "workers", *points)
    with acting_as(observer):
        found = {label: grown for label, _number, grown in statistics.totals()}
    words = told.replace("{30}", format_date(today() - 30 * mk.DAY))
    assert found["Работников"].replace("\N{NO-BREAK SPACE}", " ") == words
    assert found["Организаций"] == ""


def test_a_territory_reads_the_changes_of_its_own_places(session: Any) -> None:
    own, other = mk.make_territory(), mk.make_territory()
    for place in (own.id, other.id):
        mk.save(m.Figure(level="t", place=place, code="trained", number=12))
        _points("t", place, "trained", (365, 2), (1, 10))
    with acting_as(mk.make_actor("territory", territory=own)):
        assert statistics.Stored().grown_by_territory() == {own.id: "+10\N{NO-BREAK SPACE}за год"}
    with acting_as(mk.make_actor("ministry")):
        assert set(statistics.Stored().grown_by_territory()) == {own.id, other.id}
    with acting_as(mk.make_actor("observer")):
        assert statistics.Stored().grown_by_territory() == {}
