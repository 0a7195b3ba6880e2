"""Staff data in a real browser: a correction from the person's cabinet to the card, at a desk and on a telephone."""

from __future__ import annotations

import pytest

from tests.browser.conftest import Newcomer
from tests.browser.visitor import PHONE, WIDE

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("viewport", [WIDE, PHONE], ids=["wide", "phone"])
def test_a_correction_from_the_person_to_the_card(newcomer: Newcomer, viewport: dict[str, int]) -> None:
    title = f"доцент {viewport['width']}"
    worker = newcomer("worker", viewport=viewport)
    worker.go("/change_request/propose")
    worker.fill(degree=title, comment="Аттестат доцента")
    worker.press("Отправить ответственному")
    worker.sees("Исправление отправлено ответственному", title)
    worker.is_at_ease()
    address = worker.page.url
    school = newcomer("school", viewport=viewport)
    school.page.goto(address)
    school.sees(title, "Было и станет")
    school.is_at_ease()
    school.press("Внести отмеченное")
    school.sees("Исправление внесено в карточку")
    worker.page.goto(address)
    worker.sees("Внесено в карточку")
