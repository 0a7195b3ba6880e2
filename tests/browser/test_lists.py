"""Lists in the browser: counts beside options, own filters, columns, page size, all rows of a query, rows that open."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Locator, expect
from pypdf import PdfReader

from tests.browser.barriers import barriers
from tests.browser.conftest import Newcomer
from tests.browser.visitor import PHONE, Visitor

pytestmark = pytest.mark.browser

#: where the head of the table stands under the bar of the page
HEAD = "() => document.querySelector('thead th').getBoundingClientRect().top"
BAR = "() => document.querySelector('.top').getBoundingClientRect().bottom"


def chip(visitor: Visitor, label: str) -> Locator:
    """The drop-down of the bar with this label."""
    return visitor.page.locator(".bar summary").filter(has_text=label)


def shows(visitor: Visitor, labels: list[str]) -> None:
    """Exactly these columns stand in the table, as soon as the page that was asked for is there."""
    expect(visitor.page.locator("thead th")).to_have_text([re.compile(rf"^\s*{re.escape(label)}") for label in labels])


def heads(visitor: Visitor) -> list[str]:
    return [re.sub(r"\s*[↕↑↓]$", "", text) for text in visitor.page.locator("thead th").all_inner_texts()]


def found(visitor: Visitor) -> int:
    return int(re.sub(r"\D", "", visitor.page.locator("h1 .n").inner_text()))


def test_options_show_how_many_rows_they_open(newcomer: Newcomer) -> None:
    visitor = newcomer("operator")
    visitor.go("/voucher/list/?tab=all")
    everything = found(visitor)
    chip(visitor, "Состояние").click()
    options = visitor.page.locator("details[open] .options a")
    expect(options.first.locator(".num")).to_be_visible()
    numbers = [int(re.sub(r"\D", "", text)) for text in options.locator(".num").all_inner_texts()]
    assert sum(numbers) == everything
    assert len(numbers) == options.count()
    assert options.locator("xpath=self::*[contains(@class, 'none')]").count() == numbers.count(0)
    chosen = max(range(len(numbers)), key=numbers.__getitem__)
    options.nth(chosen).click()
    expect(visitor.page.locator(".chipbox.on")).to_have_count(1)
    assert found(visitor) == numbers[chosen]


def test_a_filter_is_saved_opened_and_deleted(newcomer: Newcomer) -> None:
    visitor = newcomer("operator")
    visitor.go("/employee/list/?sex=male")
    number = found(visitor)
    chip(visitor, "Мои отборы").click()
    title = visitor.page.get_by_label("Сохранить этот отбор")
    expect(title).to_be_focused()
    title.fill("Мужчины")
    title.press("Enter")
    visitor.sees("Отбор «Мужчины» сохранён", "Мой отбор: Мужчины")

    visitor.menu("Работники")
    expect(visitor.page.locator(".chipbox.on")).to_have_count(0)
    chip(visitor, "Мои отборы").click()
    visitor.page.get_by_role("link", name="Мужчины", exact=True).click()
    visitor.sees("Мой отбор: Мужчины", "Пол: мужской")
    assert found(visitor) == number

    chip(visitor, "Мой отбор").click()
    visitor.page.get_by_role("button", name="Удалить отбор «Мужчины»").click()
    visitor.sees("Отбор «Мужчины» удалён", "Пол: мужской")
    expect(chip(visitor, "Мои отборы")).to_be_visible()


def test_columns_and_page_size_stay_as_chosen(newcomer: Newcomer) -> None:
    visitor = newcomer("ministry")
    visitor.go("/employee/list/")
    declared = heads(visitor)
    chip(visitor, "Столбцы").click()
    expect(visitor.page.get_by_role("checkbox", name=declared[0])).to_be_disabled()
    for label in declared[1:3]:
        visitor.page.get_by_role("checkbox", name=label, exact=True).uncheck()
    offered = visitor.page.locator("details[open]").get_by_role("checkbox").count()
    visitor.press("Показать")
    visitor.sees(f"Столбцы: {len(declared) - 2} из {offered}")
    shows(visitor, [declared[0], *declared[3:]])

    visitor.page.get_by_role("button", name="50 на странице").click()
    expect(visitor.page.locator("tbody tr")).to_have_count(50)
    visitor.menu("Главная")
    visitor.menu("Работники")
    expect(visitor.page.locator("tbody tr")).to_have_count(50)
    shows(visitor, [declared[0], *declared[3:]])
    chip(visitor, "Столбцы").click()
    visitor.press("Как было")
    shows(visitor, declared)


def test_all_rows_of_a_query_are_chosen_and_confirmed(newcomer: Newcomer) -> None:
    """The bar comes with the first ticked row, the offer of all with the last; unticking one takes the offer back."""
    visitor = newcomer("operator")
    visitor.go("/employment/list/?status=confirmed&kind=secondary")
    number, bar = found(visitor), visitor.page.locator(".bulk")
    assert 25 < number <= 500
    expect(bar).to_be_hidden()
    visitor.page.locator("tbody [name=rowid]").first.check()
    expect(bar).to_contain_text("Выбрано: 1")
    every = bar.get_by_role("button", name="по отбору")
    expect(every).to_be_hidden()
    visitor.page.get_by_role("checkbox", name="Выбрать все на странице").check()
    every.click()
    expect(bar).to_contain_text(re.compile(rf"Выбрано по отбору: {number}"))
    visitor.page.locator("tbody [name=rowid]").last.uncheck()
    expect(bar).to_contain_text("Выбрано: 24")
    visitor.page.locator("tbody [name=rowid]").last.check()
    expect(bar).to_contain_text("Выбрано: 25")
    every.click()
    bar.locator("summary").filter(has_text="Снять подтверждение").click()
    visitor.page.locator("dialog textarea").fill("Приказы ещё не получены")
    visitor.page.locator("dialog .btn.main").click()
    expect(visitor.main).to_contain_text(re.compile(rf"Снято подтверждение: {number}"))
    visitor.sees("По этому отбору ничего не найдено")
    assert "kind=secondary" in visitor.page.url


def test_a_row_opens_by_a_click_anywhere_in_it(newcomer: Newcomer) -> None:
    visitor = newcomer("operator")
    visitor.go("/employee/list/")
    cell = visitor.page.locator("tbody tr").nth(2).locator("td").nth(1)
    name = visitor.page.locator("tbody tr").nth(2).locator("th a").inner_text()
    # words that are being selected are not a wish to open
    cell.dblclick()
    visitor.go("/employee/list/")
    for open_in_tab in (lambda: cell.click(modifiers=["Control"]), lambda: cell.click(button="middle")):
        with visitor.page.context.expect_page() as opened:
            open_in_tab()
        expect(opened.value.locator("h1")).to_have_text(name)
        opened.value.close()
        expect(visitor.heading).to_contain_text("Работники")
    cell.click()
    expect(visitor.heading).to_have_text(name)


def test_the_head_of_the_table_stays_in_sight(newcomer: Newcomer) -> None:
    visitor = newcomer("operator")
    visitor.go("/employee/list/?size=100")
    visitor.page.mouse.move(700, 600)
    visitor.page.mouse.wheel(0, 2000)
    # a promise, because the waiting of the driver evaluates text, which the security policy refuses
    visitor.page.evaluate(
        "() => new Promise((done) => { const look = () => (scrollY > 1500 ? done(true) : requestAnimationFrame(look)); look(); })"
    )
    assert abs(visitor.page.evaluate(HEAD) - visitor.page.evaluate(BAR)) < 10


def test_own_filters_and_columns_work_on_a_phone(newcomer: Newcomer) -> None:
    visitor = newcomer("school", viewport=PHONE)
    visitor.go("/employee/list/?sex=female")
    visitor.page.get_by_role("button", name=re.compile(r"^Отборы \(1\)")).click()
    chip(visitor, "Мои отборы").click()
    visitor.page.get_by_label("Сохранить этот отбор").fill("Женщины")
    visitor.press("Сохранить")
    visitor.sees("Мой отбор: Женщины")
    visitor.page.get_by_role("button", name=re.compile(r"^Отборы \(1\)")).click()
    chip(visitor, "Столбцы").click()
    visitor.page.get_by_role("checkbox", name="СНИЛС").uncheck()
    visitor.press("Показать")
    expect(visitor.page.locator("td[data-label=СНИЛС]")).to_have_count(0)
    assert visitor.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0


#: the main lists of three roles
DENSE = {
    "operator": ("/employee/list/", "/voucher/list/?tab=all", "/enrolment/list/?tab=all"),
    "school": ("/employee/list/", "/employment/list/?tab=all"),
    "organizer": ("/training_group/list/?tab=all", "/enrolment/list/?tab=all"),
    "ministry": ("/certificate/list/?tab=all", "/voucher/list/?tab=all"),
}
#: rows that are whole on the screen, and the height of the highest
WHOLE = "() => [...document.querySelectorAll('tbody tr')].filter((row) => row.getBoundingClientRect().bottom <= innerHeight).length"
WHOLE_ON_A_PHONE = WHOLE.replace("innerHeight", "document.querySelector('.five').getBoundingClientRect().top")
HIGHEST = "() => Math.max(...[...document.querySelectorAll('tbody tr')].map((row) => row.offsetHeight))"


@pytest.mark.parametrize("login", DENSE)
def test_fourteen_rows_stand_on_a_screen(newcomer: Newcomer, login: str) -> None:
    """At 1280 × 900, each of one line; «Свободно» gives them back their second one, without a script too.

    On a phone five at the least, each of two lines; a tap anywhere opens a row, one beside its box chooses it.
    """
    visitor = newcomer(login, viewport={"width": 1280, "height": 900})
    for path in DENSE[login]:
        visitor.go(path)
        assert visitor.page.evaluate(WHOLE) >= min(14, visitor.page.locator("tbody tr").count()), path
        assert visitor.page.evaluate(HIGHEST) <= 36, path
    visitor.page.get_by_role("button", name="Свободно").click()
    expect(visitor.page.locator(".list.dense")).to_have_count(0)
    visitor.page.get_by_role("button", name="Плотно").click()
    expect(visitor.page.locator(".list.dense")).to_have_count(1)
    visitor.page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    for path in DENSE[login]:
        visitor.go(path)
        row = visitor.page.locator("tbody tr").first
        assert visitor.page.evaluate(WHOLE_ON_A_PHONE) >= 5, path
        assert row.locator("td.fact").count() in (1, 2), path
        assert barriers(visitor.page) == [], path
        if row.locator("[name=rowid]").count():
            row.locator(".sel").click(position={"x": 4, "y": 4})
            expect(row.locator("[name=rowid]")).to_be_checked()
    href = row.locator("th a").get_attribute("href")
    row.click()
    visitor.page.wait_for_url(f"**{href}")


def test_what_fits_no_chosen_row_is_not_offered_and_paper_has_no_controls(newcomer: Newcomer, tmp_path: Path) -> None:
    visitor = newcomer("operator")
    visitor.go("/employment/list/?tab=all&order=status")
    bar, rows = visitor.page.locator(".bulk"), visitor.page.locator("tbody tr")
    offered = set(bar.locator("[data-act]").evaluate_all("(all) => all.map((act) => act.dataset.act)"))
    for row in (rows.first, rows.last):
        row.locator("[name=rowid]").check()
        able = set((row.locator("[name=rowid]").get_attribute("data-acts") or "").split())
        for act in offered:
            expect(bar.locator(f"[data-act={act}]")).to_be_visible(visible=act in able)
        row.locator("[name=rowid]").uncheck()
    # the calendar of a filter by dates writes into the field that stands beside it
    visitor.go("/employee/list/")
    chip(visitor, "Дата рождения").click()
    expect(visitor.page.get_by_role("button", name="Календарь: Дата рождения, с даты")).to_be_visible()
    sheet = tmp_path / "list.pdf"
    visitor.page.pdf(path=sheet, prefer_css_page_size=True)
    pages = PdfReader(sheet).pages
    assert len(pages) > 1
    for page in pages:
        assert page.mediabox.width > page.mediabox.height, "sheets lie across"
        text = page.extract_text()
        assert "СНИЛС" in text, "heads stand on every sheet"
        assert not re.search("Найти|Столбцы|Требует внимания|Плотно|Выгрузить", text)
