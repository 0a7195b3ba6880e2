"""A stranger finds a course, shares it, and checks a document; the consents are read without scripts."""

from __future__ import annotations

import re

from playwright.sync_api import Browser, expect

from tests.browser.conftest import Newcomer
from tests.browser.visitor import PHONE, WIDE


def test_a_stranger_finds_a_course_and_shares_it(newcomer: Newcomer) -> None:
    stranger = newcomer(viewport=PHONE)
    stranger.go("/")
    stranger.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    expect(stranger.heading).to_have_text("Курсы для педагогов региона")
    title = stranger.page.locator(".next-courses a").first.inner_text()
    stranger.page.get_by_role("searchbox").fill(title.split()[0])
    stranger.page.get_by_role("button", name="Найти").click()
    stranger.page.get_by_role("link", name=title, exact=True).first.click()
    expect(stranger.heading).to_have_text(title)
    stranger.sees("Вопросы по курсу", "Войдите, чтобы записаться")
    shared = stranger.page.get_by_role("link", name="Поделиться")
    address = shared.get_attribute("href")
    # a telephone has a sheet of its own; a browser without one copies the address
    stranger.page.evaluate("navigator.canShare = undefined")
    shared.click()
    expect(stranger.page.locator("#shared")).to_have_text("Ссылка скопирована.")
    assert stranger.page.evaluate("navigator.clipboard.readText()") == address
    with stranger.page.expect_download() as file:
        stranger.page.get_by_role("link", name="В календарь").click()
    assert re.fullmatch(r"course-\d+\.ics", file.value.suggested_filename)


def test_a_wrong_number_on_the_front_page_is_answered_in_words(newcomer: Newcomer) -> None:
    stranger = newcomer()
    stranger.go("/")
    stranger.fill(number="9/1999")
    with stranger.expecting(422):
        stranger.press("Проверить")
    expect(stranger.heading).to_have_text("Проверка документа")
    expect(stranger.page.locator("[name=number]")).to_have_value("9/1999")
    expect(stranger.page.locator("#issued_on-error")).to_be_visible()


def test_without_scripts_the_whole_consent_opens_and_the_link_leads_to_the_course(
    portal: str, chromium: Browser
) -> None:
    context = chromium.new_context(viewport=WIDE, java_script_enabled=False, locale="ru-RU")  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(f"{portal}/register/")
    whole = page.locator(".consent-text").first
    expect(whole).to_be_hidden()
    page.get_by_text("Показать весь текст").first.click()
    expect(whole).to_be_visible()
    page.goto(f"{portal}/")
    page.locator(".next-courses a").first.click()
    href = page.get_by_role("link", name="Поделиться").get_attribute("href")
    assert href is not None and href.endswith(page.url.rpartition("/courses/")[2])
    context.close()
