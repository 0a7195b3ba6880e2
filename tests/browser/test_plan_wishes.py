"""The choice of the next year in a browser: a worker on a phone, the responsible at a table, and the worker again."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import expect
from sqlalchemy import delete, update

from app import models as m
from app.access import acting_as
from app.clock import today
from app.extensions import db
from app.services.portal.who_acts import SYSTEM
from app.statuses import EmployerAgreement, OfferStatus, ProgramStatus
from tests.browser.conftest import Newcomer
from tests.browser.visitor import PHONE
from tests.services import makers as mk

pytestmark = pytest.mark.browser

FIRST, SECOND, SHARED = "Проба плана: математика", "Проба плана: проекты", "Проба плана: общая"
WANTED, REASON = "Хочу научиться дронам", "В этом году учится другой учитель"


@pytest.fixture
def year(renewed_region: Flask) -> Any:
    """An open campaign with three programs for everybody, and nothing chosen in it."""
    with renewed_region.app_context(), acting_as(SYSTEM):
        organizer = db.session.query(m.Organization).filter_by(is_organizer=True).order_by(m.Organization.id).first()
        found = today().year + 1
        campaign = db.session.query(m.PlanCampaign).filter_by(year=found).one_or_none()
        days = {"programs_until": today() - mk.DAY, "opens_on": today() - mk.DAY, "closes_on": today() + 12 * mk.DAY}
        if campaign is None:
            campaign = m.PlanCampaign(year=found, **days)
            db.session.add(campaign)
        for name, value in days.items():
            setattr(campaign, name, value)
        campaign.needs_agreement = True
        db.session.flush()
        for model in (m.PlanItem, m.UnmetWish):
            db.session.execute(delete(model).where(model.campaign_id == campaign.id))
        db.session.execute(update(m.Organization).values(employer_agreement=EmployerAgreement.REQUIRED))
        for n, title in enumerate((FIRST, SECOND, SHARED), 1):
            program = m.Program(
                organizer_id=organizer.id,
                code=f"ПРОБА-{n}",
                title=title,
                year=found,
                hours=18,
                status=ProgramStatus.PUBLISHED,
            )
            db.session.add(program)
            db.session.flush()
            db.session.add(
                m.PlanOffer(
                    campaign_id=campaign.id,
                    organizer_id=organizer.id,
                    program_id=program.id,
                    code=program.code,
                    seats=50,
                    minimum=15,
                    capacity=25,
                    months=[2, 3, 10],
                    status=OfferStatus.OFFERED,
                )
            )
        db.session.commit()
        return found


def test_a_worker_chooses_and_the_school_agrees(newcomer: Newcomer, renewed_region: Flask, year: int) -> None:
    worker = newcomer("worker", viewport=PHONE)
    page = worker.page
    expect(page.locator("main")).to_contain_text(f"Выберите курсы на {year} год — осталось 12 дней")
    worker.press("Выбрать на год")
    expect(worker.heading).to_have_text(f"План обучения на {year} год")
    for title in (FIRST, SECOND):
        page.get_by_role("searchbox", name="Название, организатор или шифр").fill(title)
        worker.press("Найти")
        page.get_by_role("button", name=f"Выбрать: {title}").first.click()
        expect(page.locator(".flashes")).to_contain_text("Выбрано.")
    titles = page.locator(".plan-wishes h3")
    expect(titles).to_have_text([FIRST, SECOND])
    page.get_by_role("button", name=f"Выше: {SECOND}").click()
    expect(titles).to_have_text([SECOND, FIRST])
    first = page.locator(".plan-wish").first
    first.get_by_label("февраль").check(force=True)
    first.get_by_role("button", name="Сохранить месяцы").click()
    expect(page.locator(".flashes")).to_contain_text("Месяцы сохранены.")
    expect(page.locator(".plan-wish").first.get_by_label("февраль")).to_be_checked()
    page.get_by_label("Чему вы хотите научиться").fill(WANTED)
    worker.press("Отправить")
    expect(page.get_by_label("Чему вы хотите научиться")).to_have_value(WANTED)
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0

    school = newcomer("school")
    table = school.page
    school.go("/plan_people/?state=silent")
    rows = table.locator(".plan-people tbody tr")
    silent = rows.count()
    assert silent >= 2
    names = [rows.nth(n).locator("th a").inner_text() for n in range(2)]
    for n in range(2):
        rows.nth(n).locator("[name=rowid]").check()
    table.locator(".plan-bulk summary").click()
    table.get_by_label("Программа", exact=True).select_option(
        label=next(text for text in table.locator("#plan-offer option").all_inner_texts() if text.startswith(SHARED))
    )
    school.press("Выбрать отмеченным")
    expect(table.locator(".flashes")).to_contain_text("Выбрано: 2 работникам.")
    school.go("/plan_people/")
    for name in names:
        expect(table.locator(".plan-people tbody tr").filter(has_text=name)).to_contain_text(SHARED)
    school.go("/plan_people/?state=waiting")
    mine = table.locator(".plan-people tbody tr").filter(has_text=FIRST)
    expect(mine).to_contain_text(f"Ничего не подходит: {WANTED}")
    line = mine.locator(".plan-lines li").filter(has_text=FIRST)
    line.locator("summary").click()
    line.or_(table.locator("dialog")).locator("textarea").filter(visible=True).fill(REASON)
    table.locator("dialog .btn, .panel .btn").filter(has_text="Отклонить", visible=True).last.click()
    expect(table.locator(".flashes")).to_contain_text("Отклонено")
    table.locator(".plan-people tbody tr").filter(has_text=SECOND).locator("[name=rowid]").check()
    school.press("Согласовать заявки")
    expect(table.locator(".flashes")).to_contain_text("Согласовано: 1")

    worker.go("/plan/")
    expect(page.locator(".plan-wish").first).to_contain_text("Согласована")
    ended = page.locator("section").filter(has=page.get_by_role("heading", name="Отклонено и отозвано"))
    expect(ended).to_contain_text(FIRST)
    expect(ended).to_contain_text(REASON)
