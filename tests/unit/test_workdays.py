"""Working days: terms checked against the production calendars, corrections, years not decided yet."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.workdays import Calendar, is_published

SAMARA = ZoneInfo("Europe/Samara")
CALENDAR = Calendar()


def day(text: str) -> date:
    return date.fromisoformat(text)


@pytest.mark.parametrize(
    ("start", "in_five", "in_ten"),
    [
        ("2016-05-11", "2016-05-18", "2016-05-25"),
        ("2024-04-25", "2024-05-06", "2024-05-15"),  # Saturday 27.04 works
        ("2024-12-25", "2025-01-10", "2025-01-17"),  # Saturday 28.12 works
        ("2025-04-30", "2025-05-13", "2025-05-20"),
        ("2025-10-29", "2025-11-06", "2025-11-13"),  # Saturday 01.11 works
        ("2025-12-29", "2026-01-15", "2026-01-22"),
        ("2026-04-30", "2026-05-08", "2026-05-18"),
        ("2026-12-28", "2027-01-13", "2027-01-20"),
        ("2027-02-17", "2027-02-25", "2027-03-04"),  # Saturday 20.02 works, 22–23.02 do not
    ],
)
def test_add_working_days_follows_the_calendar(start: str, in_five: str, in_ten: str) -> None:
    assert CALENDAR.add_working_days(day(start), 5) == day(in_five)
    assert CALENDAR.add_working_days(day(start), 10) == day(in_ten)


@pytest.mark.parametrize(
    ("text", "works"),
    [
        ("2026-06-11", True),  # Thursday
        ("2026-06-12", False),  # holiday
        ("2026-06-13", False),  # Saturday
        ("2024-04-27", True),  # working Saturday
        ("2024-04-29", False),  # Monday off in exchange for it
        ("2025-12-31", False),  # moved from 5 January
        ("2026-01-09", False),  # moved from 3 January
        ("2026-01-12", True),
        ("2027-02-20", True),
    ],
)
def test_is_workday(text: str, works: bool) -> None:
    assert CALENDAR.is_workday(day(text)) is works


def test_term_starts_the_next_day_even_on_a_day_off() -> None:
    assert CALENDAR.add_working_days(day("2026-06-10"), 1) == day("2026-06-11")  # Wednesday → Thursday
    assert CALENDAR.add_working_days(day("2026-06-13"), 1) == day("2026-06-15")  # Saturday → Monday


@pytest.mark.parametrize("count", [0, -1])
def test_add_working_days_refuses_an_empty_term(count: int) -> None:
    with pytest.raises(ValueError, match="at least one"):
        CALENDAR.add_working_days(day("2026-06-10"), count)


def test_is_workday_refuses_a_moment() -> None:
    with pytest.raises(TypeError, match="time zone"):
        CALENDAR.is_workday(datetime(2026, 6, 10, 12, tzinfo=UTC))


def test_corrections_win_over_the_calendar_both_ways() -> None:
    corrected = Calendar({day("2026-06-11"): False, day("2026-06-13"): True})
    assert not corrected.is_workday(day("2026-06-11"))
    assert corrected.is_workday(day("2026-06-13"))
    assert corrected.is_workday(day("2026-06-10"))
    assert corrected.add_working_days(day("2026-06-10"), 1) == day("2026-06-13")
    assert CALENDAR.add_working_days(day("2026-06-10"), 1) == day("2026-06-11")


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        ("2024-04-25", "2024-05-06", 5),
        ("2024-04-25", "2024-04-25", 0),
        ("2026-06-11", "2026-06-14", 0),  # a holiday and a weekend
        ("2026-06-15", "2026-06-12", -1),  # Monday is overdue after Friday's holiday
        ("2026-06-19", "2026-06-15", -4),
    ],
)
def test_working_days_between(start: str, end: str, expected: int) -> None:
    assert CALENDAR.working_days_between(day(start), day(end)) == expected


def test_deadline_is_the_last_second_of_the_day_in_the_time_zone() -> None:
    deadline = CALENDAR.deadline(day("2016-05-11"), 5, tz=SAMARA)
    assert deadline.isoformat() == "2016-05-18T23:59:59+04:00"
    assert deadline.astimezone(UTC) == datetime(2016, 5, 18, 19, 59, 59, tzinfo=UTC)


@pytest.mark.parametrize(("year", "expected"), [(2016, True), (2024, True), (2026, True), (2080, False), (2150, False)])
def test_is_published_tells_decided_years(year: int, expected: bool) -> None:
    assert is_published(year) is expected


@pytest.mark.parametrize(
    ("text", "works"),
    [
        ("2150-01-08", False),  # Thursday, New Year holidays
        ("2150-01-09", True),
        ("2150-02-23", False),  # Monday
        ("2150-03-08", False),  # Sunday …
        ("2150-03-09", False),  # … moves to Monday
        ("2150-05-09", False),  # Saturday …
        ("2150-05-11", False),  # … moves to Monday
        ("2150-05-12", True),
        ("2080-01-09", True),  # January holidays that meet a weekend do not move by themselves
        ("2080-06-12", False),
    ],
)
def test_undecided_years_follow_the_statute(text: str, works: bool) -> None:
    assert CALENDAR.is_workday(day(text)) is works


dates = st.dates(date(2005, 1, 1), date(2035, 12, 31))
counts = st.integers(1, 60)


@given(dates, counts)
def test_working_days_between_undoes_add_working_days(start: date, count: int) -> None:
    end = CALENDAR.add_working_days(start, count)
    assert CALENDAR.is_workday(end)
    assert CALENDAR.working_days_between(start, end) == count
    assert CALENDAR.working_days_between(end, start) == -count


@given(dates, counts)
def test_a_longer_term_ends_later(start: date, count: int) -> None:
    end = CALENDAR.add_working_days(start, count)
    assert start < end < CALENDAR.add_working_days(start, count + 1)


@given(dates, counts, st.integers(0, 90))
def test_a_day_made_off_never_ends_a_term(start: date, count: int, distance: int) -> None:
    closed = start + timedelta(days=distance)
    end = Calendar({closed: False}).add_working_days(start, count)
    assert end != closed
    assert end >= CALENDAR.add_working_days(start, count)
