"""«Календарь занятий»: an organizer drags a lesson to another day and sees it there; on a telephone nothing scrolls sideways."""

from __future__ import annotations

import datetime as dt

import pytest
from playwright.sync_api import Locator, Page, expect

from app.clock import ZONE
from app.embedded_postgres import EmbeddedPostgres
from tests.browser.conftest import Newcomer
from tests.conftest import execute

pytestmark = pytest.mark.browser


def drag(page: Page, lesson: Locator, day: str) -> None:
    """With the mouse, in steps, without scrolling under way: the row of the week is seen whole enough."""
    lesson.scroll_into_view_if_needed()
    start, end = lesson.bounding_box(), page.locator(f'.month > [data-date="{day}"]').bounding_box()
    assert start and end
    page.mouse.move(start["x"] + 20, start["y"] + 12)
    page.mouse.down()
    # beside it in the week when it is of that week: the number of the day may be above the screen
    beside = end["y"] < start["y"] < end["y"] + end["height"]
    page.mouse.move(end["x"] + 60, (start if beside else end)["y"] + 14, steps=10)
    page.mouse.up()


def test_a_lesson_is_dragged_to_another_day(newcomer: Newcomer, server: EmbeddedPostgres, database: str) -> None:
    organizer = newcomer("organizer")
    organizer.go("/lessons/")
    page = organizer.page
    expect(page.get_by_role("heading", name="Ближайшие")).to_be_visible()
    days = [str(day.get_attribute("data-date")) for day in page.locator(".month > li[data-date]").all()]

    def stored(pk: int) -> tuple[dt.datetime, dt.date]:
        (row,) = execute(
            server, database,
            f"SELECT m.starts_at, g.ends_on FROM group_meeting m JOIN training_group g ON g.id = m.group_id WHERE m.id = {pk}",
        )  # fmt: skip
        return row[0].astimezone(ZONE), row[1]

    def later(pk: int) -> str | None:
        """Another day of the month on which the group may meet."""
        starts_at, last = stored(pk)
        return next((day for day in days if f"{starts_at:%Y-%m-%d}" < day <= last.isoformat()), None)

    shown = [str(it.get_attribute("data-moves")) for it in page.locator("li[data-moves]").all()]
    pk, target = next((pk, day) for pk in (int(it.rpartition("/")[2]) for it in shown) if (day := later(pk)))
    before, last = stored(pk)
    lesson = page.locator(f'li[data-moves$="/{pk}"]')
    drag(page, lesson, target)
    expect(page.get_by_text("перенесено:")).to_be_visible(timeout=15_000)
    after, _ = stored(pk)
    assert (after.date().isoformat(), after.time()) == (target, before.time())
    moved = page.locator(f'[data-date="{target}"] li[data-moves$="/{pk}"]')
    expect(moved).to_be_visible()
    # a slip is taken back at once, and moved again
    page.get_by_role("button", name="Отменить").click()
    expect(page.get_by_text("Решение отменено: перенос занятия")).to_be_visible()
    assert stored(pk)[0] == before
    drag(page, lesson, target)
    expect(moved).to_be_visible()
    # a day outside the group's dates is refused, and the lesson stays
    outside = next((day for day in days if dt.date.fromisoformat(day) > last), None)
    if outside is not None:
        drag(page, moved, outside)
        expect(page.get_by_text("День вне дат группы")).to_be_visible()
        assert stored(pk)[0] == after
    organizer.is_at_ease()
