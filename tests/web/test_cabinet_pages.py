"""Start pages of a worker, a school and an organizer: words, buttons, links that open what they count, own rows only."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.access.region import Region
from tests.statements import recorded
from tests.web.pages import total, words

MOST_STATEMENTS = 16
TITLE = "Курс кабинета"


def block(page: str, title: str) -> str:
    """Markup of a block of the page; empty when there is none."""
    found = re.findall(r'<section class="paper block[^"]*" aria-labelledby=.*?</section>', page, re.S)
    return next((one for one in found if title in words(re.search(r"<h2[^>]*>(.*?)</h2>", one, re.S)[1])), "")


def link(markup: str, label: str) -> str:
    """Address behind the words."""
    found = next(
        (
            href
            for href, text in re.findall(r'<a[^>]*href="([^"]+)"[^>]*>(.*?)</a>', markup, re.S)
            if words(text).startswith(label)
        ),
        "",
    )
    return html.unescape(found)


class Side:
    """Rows of one side of the region, made for these tests and taken away after them."""

    def __init__(self, region: Region, side: str) -> None:
        self.region, self.side = region, side
        self.worker = region.people[f"worker{side}"].facts
        self.program = self.one(
            "INSERT INTO program (organizer_id, code, title, year, hours, status)"
            " VALUES (%(place)s, %(code)s, %(title)s, 2026, 36, 'published') RETURNING id",
            place=region.people[f"organizer{side}"].facts["places"][0],
            code=f"КАБ{side}",
            title=f"{TITLE}{side or '1'}",
        )

    def one(self, statement: str, **values: Any) -> int:
        return int(self.region.sql(statement, **values)[0][0])

    def group(
        self, *, status: str = "open", starts: int = 5, ends: int = 9, minimum: int = 0, capacity: int = 20
    ) -> int:
        return self.one(
            "INSERT INTO training_group (program_id, organizer_id, number, starts_on, ends_on, enrol_from, enrol_until,"
            " place, capacity, minimum, status) SELECT id, organizer_id, 'К-' || (SELECT count(*) FROM training_group),"
            " %(day)s + %(starts)s, %(day)s + %(ends)s, %(day)s - 60, least(%(day)s, %(day)s + %(starts)s), 'Самара, Кабинетная, 1',"
            " %(capacity)s, %(minimum)s, %(status)s FROM program WHERE id = %(program)s RETURNING id",
            day=self.region.today, starts=starts, ends=ends, minimum=minimum, capacity=capacity, status=status,
            program=self.program,
        )  # fmt: skip

    def enrolment(self, group: int, status: str, *, employee: int | None = None) -> int:
        seat = status not in ("waiting", "rejected", "withdrawn")
        pk = self.one(
            "INSERT INTO enrolment (employee_id, employment_id, group_id, status, offer_until)"
            " SELECT employee_id, id, %(group)s, %(status)s, CASE WHEN %(status)s = 'offered' THEN now() + interval '1 day' END"
            " FROM employment WHERE employee_id = %(employee)s AND ended_on IS NULL ORDER BY id LIMIT 1 RETURNING id",
            group=group, status=status, employee=employee or self.worker["employee"],
        )  # fmt: skip
        self.region.sql(
            "UPDATE training_group SET taken = taken + %(n)s WHERE id = %(group)s", n=int(seat), group=group
        )
        return pk

    def people(self, number: int) -> list[int]:
        """Workers of the side's school."""
        place = min(self.region.people[f"school{self.side}"].facts["places"])
        found = self.region.sql(
            "SELECT DISTINCT employee_id FROM employment WHERE organization_id = %(place)s AND ended_on IS NULL"
            " ORDER BY 1 LIMIT %(number)s",
            place=place, number=number,
        )  # fmt: skip
        return [pk for (pk,) in found]


@pytest.fixture
def sides(region: Region) -> Iterator[tuple[Side, Side]]:
    before = region.sql("SELECT coalesce(max(id), 0) FROM enrolment")[0][0]
    groups = region.sql("SELECT coalesce(max(id), 0) FROM training_group")[0][0]
    told = region.sql("SELECT coalesce(max(id), 0) FROM notice")[0][0]
    yield Side(region, ""), Side(region, "2")
    region.sql("DELETE FROM enrolment WHERE id > %(n)s", n=before)
    region.sql("DELETE FROM training_group WHERE id > %(n)s", n=groups)
    region.sql("DELETE FROM notice WHERE id > %(n)s", n=told)
    region.sql("DELETE FROM program WHERE code LIKE 'КАБ%%'")


# --- worker ----------------------------------------------------------------------------------------------------------


def test_an_offered_seat_waits_with_its_term_and_button(region: Region, sides: tuple[Side, Side]) -> None:
    own, other = sides
    mine = own.enrolment(own.group(), "offered")
    other.enrolment(other.group(), "offered")
    browser = region.browser("worker")
    page = browser.get("/").text
    waits = block(page, "Ждёт вас")
    assert f"Освободилось место: «{TITLE}1»" in words(waits)
    assert "Место держится за вами до" in words(waits)
    assert f'action="/enrolment/act/{mine}/accept"' in waits
    assert "Занять предложенное место" in words(waits)
    assert f"{TITLE}2" not in page
    assert page.index("Ждёт вас") < page.index("Ход записи") < page.index("Чек №") < page.index("Сроки")
    assert browser.leaks == []


def test_courses_name_dates_place_and_who_acts(region: Region, sides: tuple[Side, Side]) -> None:
    own, _other = sides
    group = own.group()
    own.enrolment(group, "applied")
    region.sql(
        "INSERT INTO group_meeting (group_id, starts_at, ends_at, place)"
        " VALUES (%(g)s, '2036-05-05 10:00+04', '2036-05-05 12:00+04', 'Аудитория 77')",
        g=group,
    )
    browser = region.browser("worker")
    course = words(block(browser.get("/").text, f"{TITLE}1"))
    assert "Ближайшее занятие: 05.05.2036 10:00, Аудитория 77." in course
    assert (
        "сейчас: Организация согласует запись" in course
        and "до начала занятий" in course
        and "дальше: Документ" in course
    )
    assert "Организация согласует запись" in words(block(browser.get("/my-courses/").text, f"{TITLE}1"))
    assert f"{TITLE}1" not in region.browser("worker2").get("/my-courses/").text


def test_who_waits_in_the_list_is_not_invited_to_meetings(region: Region, sides: tuple[Side, Side]) -> None:
    own, _other = sides
    group = own.group()
    own.enrolment(group, "waiting")
    region.sql(
        "INSERT INTO group_meeting (group_id, starts_at, ends_at) VALUES (%(g)s, '2036-05-05 10:00+04', '2036-05-05 12:00+04')",
        g=group,
    )
    courses = words(block(region.browser("worker").get("/").text, f"{TITLE}1"))
    assert "Портал предложит место, когда оно освободится" in courses
    assert "05.05.2036" not in courses
    assert "Кабинетная" in courses


def test_a_suggestion_leads_to_the_enrolment_in_its_group(region: Region, sides: tuple[Side, Side]) -> None:
    own, _other = sides
    group = own.group(starts=1, ends=1)
    browser = region.browser("worker")
    suits = block(browser.get("/").text, "Подходит вам сейчас")
    assert f"{TITLE}1" in suits
    assert f'action="/enrolment/join?group={group}"' in html.unescape(suits)
    own.enrolment(group, "applied")
    assert f"{TITLE}1" not in block(browser.get("/").text, "Подходит вам сейчас")


def test_documents_are_printed_and_shared_from_their_page(region: Region) -> None:
    browser = region.browser("worker")
    documents = browser.get("/my-documents/").text
    own = region.ids("worker", "certificate", "t.status = 'issued'")
    shown = [int(pk) for pk in re.findall(r"/certificate/print/(\d+)/", documents)]
    assert sorted(shown) == own
    assert browser.get(f"/certificate/print/{shown[0]}/docx").status == 200
    code = region.sql("SELECT check_code FROM certificate WHERE id = %(pk)s", pk=shown[0])[0][0]
    assert f"/verify/{code}" in documents
    assert "Собрать для аттестации" in words(documents)
    last = block(browser.get("/").text, "Последний документ")
    assert f"/certificate/show/{shown[0]}" in last


def test_forty_past_courses_stand_in_one_table(region: Region, sides: tuple[Side, Side]) -> None:
    own, _other = sides
    for _ in range(40):
        own.enrolment(own.group(status="completed", starts=-40, ends=-38), "withdrawn")
    browser = region.browser("worker")
    with recorded() as statements:
        page = browser.get("/my-courses/").text
    past = block(page, "Прошедшие")
    assert past.count("<tr>") > 40 and f"{TITLE}1" in past
    assert len(statements) <= MOST_STATEMENTS


def test_the_own_card_is_one_page_with_a_correction_for_each_block(region: Region) -> None:
    browser = region.browser("worker")
    region.sql(
        "UPDATE change_request SET status = 'withdrawn' WHERE employee_id = %(e)s AND status = 'proposed'",
        e=region.people["worker"].facts["employee"],
    )
    card = browser.get(browser.get("/my-card/").headers["Location"]).text
    titles = [words(title) for title in re.findall(r"<h2[^>]*>(.*?)</h2>", card, re.S)]
    assert titles[0] == "Сроки" and "Обучение раз в 3 года" in words(block(card, "Сроки"))
    assert 'class="tabs"' not in card
    href = link(block(card, "Связь"), "Исправить")
    form = browser.get(href).text
    assert 'name="phone"' in form and 'name="last_name"' not in form and 'name="comment"' in form
    phone = region.sql("SELECT phone FROM employee WHERE id = %(e)s", e=region.people["worker"].facts["employee"])[0][0]
    assert "Было: " in words(form) and phone[-2:] in words(form)
    # only this block is sent: the surname typed beside it is not
    answer = browser.post(href, {"phone": "+7 900 000-77-66", "email": "worker@example.org", "last_name": "Чужая"})
    pk = int(answer.headers["Location"].rpartition("/")[2])
    try:
        assert list(region.sql("SELECT changes FROM change_request WHERE id = %(pk)s", pk=pk)[0][0]) == ["phone"]
        card = browser.get(browser.get("/my-card/").headers["Location"]).text
        waiting = words(block(card, "Исправление ждёт решения"))
        assert "Телефон" in waiting and "сверяет исправление с документом" in waiting
        region.sql(
            "UPDATE change_request SET status = 'declined', reason_text = 'Номер не ваш', decided_at = now(), accepted = '[]'"
            " WHERE id = %(pk)s",
            pk=pk,
        )
        card = browser.get(browser.get("/my-card/").headers["Location"]).text
        declined = words(block(card, "Исправление: отклонено"))
        assert "Не внесено: телефон." in declined and "Причина: Номер не ваш" in declined
        assert region.browser("worker2").get(f"/change_request/show/{pk}").status == 404
    finally:
        region.sql("DELETE FROM change_request WHERE id = %(pk)s", pk=pk)


def test_a_worker_has_five_places_and_no_lists(region: Region) -> None:
    page = region.browser("worker").get("/").text
    menu = page[page.index('<nav class="side"') : page.index("</nav>")]
    labels = [words(label) for label in re.findall(r"<li><a[^>]*>(.*?)</a>", menu, re.S)]
    assert labels[:4] == ["Главная", "Курсы", "Документы", "Карточка"]
    assert "/list/" not in menu
    bar = page[page.index('<nav class="five"') :]
    places = [words(label) for label in re.findall(r"<li><a[^>]*>(.*?)</a>", bar, re.S)]
    assert places == ["Главная", "Курсы", "Документы", "Карточка", "Ещё"]


def test_a_worker_without_a_card_reads_whom_to_ask(region: Region) -> None:
    """Signed in, no card yet: each of the places answers, says why it is empty, and offers nothing that would be refused."""
    user, card = region.people["worker2"].facts["user"], region.people["worker2"].facts["employee"]
    region.sql("UPDATE ab_user SET employee_id = NULL WHERE id = %(u)s", u=user)
    try:
        browser = region.browser("worker2")
        for path in ("/", "/my-courses/", "/my-documents/", "/my-applications/", "/my-card/"):
            answer = browser.get(path)
            assert answer.status == 200, path
            page = words(answer.text.split('id="main"', 1)[1])
            assert ("попросите его связать её" in page) == (path != "/my-card/"), path
            assert path != "/my-card/" or "карточка работника не привязана" in page
            for refused in ("С чего начать", "Подать заявку", "Ничего не ждёт", "Добавить"):
                assert refused not in page, (path, refused)
        assert browser.get("/catalogue/").status == 200
    finally:
        region.sql("UPDATE ab_user SET employee_id = %(e)s WHERE id = %(u)s", e=card, u=user)


def test_an_unread_notice_is_news_and_does_not_wait(region: Region, sides: tuple[Side, Side]) -> None:
    own, other = sides
    for side in (own, other):
        region.sql(
            "INSERT INTO notice (employee_id, text, href) VALUES (%(e)s, %(t)s, '/training_group/list/')",
            e=side.worker["employee"], t=f"Группа перенесена, сторона{side.side or '1'}.",
        )  # fmt: skip
    browser = region.browser("worker")
    assert "Группа перенесена" not in browser.get("/").text
    page = browser.get("/notices/").text
    assert "Группа перенесена, сторона1." in page
    assert "сторона2" not in page


def test_a_returned_application_and_a_refused_correction_wait(region: Region) -> None:
    """A person without a чек; the page has no «Подходит вам сейчас» then, and tells the reasons."""
    employee = region.people["worker"].facts["employee"]
    region.sql("UPDATE voucher SET status = 'annulled' WHERE employee_id = %(e)s AND status = 'active'", e=employee)
    region.sql(
        "UPDATE change_request SET status = 'declined', reason_text = 'Нет приказа', decided_at = now() WHERE employee_id = %(e)s",
        e=employee,
    )
    pk = region.sql(
        "INSERT INTO voucher_application (employee_id, employment_id, rule_id, status, reason_text) SELECT w.employee_id, w.id,"
        " (SELECT max(id) FROM voucher_rule), 'returned', 'Не та должность' FROM employment w WHERE w.employee_id = %(e)s LIMIT 1"
        " RETURNING id",
        e=employee,
    )[0][0]  # fmt: skip
    try:
        browser = region.browser("worker")
        with recorded() as statements:
            page = browser.get("/").text
        waits = block(page, "Ждёт вас")
        assert f"Заявка на чек № {pk}: возвращена: нужно исправить Причина: Не та должность" in words(waits)
        assert "Ваше исправление карточки отклонено Причина: Нет приказа" in words(waits)
        assert browser.get(link(waits, "Открыть заявку")).status == 200
        assert browser.get(link(waits, "Посмотреть")).status == 200
        assert "Подходит вам сейчас" not in page
        assert len(statements) <= MOST_STATEMENTS
        own = browser.get("/my-applications/").text
        mine = [
            row for (row,) in region.sql("SELECT id FROM voucher_application WHERE employee_id = %(e)s", e=employee)
        ]
        assert re.findall(r"Заявка № (\d+)", words(own.split('id="main"', 1)[1])) == [
            str(n) for n in sorted(mine, reverse=True)
        ]
        told = words(block(own, f"Заявка № {pk}"))
        assert "Причина: Не та должность" in told
        assert "Сейчас ваш ход: исправьте заявку и подайте её снова" in told
        assert "Новая заявка" not in own
        others = region.sql("SELECT id FROM voucher_application WHERE employee_id <> %(e)s", e=employee)
        assert not [row for (row,) in others if f'/voucher_application/show/{row}"' in own]
    finally:
        region.sql("DELETE FROM voucher_application WHERE id = %(pk)s", pk=pk)
        region.sql(
            "UPDATE voucher SET status = 'active' WHERE id = (SELECT max(id) FROM voucher WHERE employee_id = %(e)s)",
            e=employee,
        )


def test_without_voucher_and_application_the_page_stays_bounded(region: Region) -> None:
    employee = region.people["worker"].facts["employee"]
    region.sql("UPDATE voucher SET status = 'annulled' WHERE employee_id = %(e)s AND status = 'active'", e=employee)
    try:
        browser = region.browser("worker")
        browser.get("/")
        with recorded() as statements:
            page = browser.get("/").text
        assert len(statements) <= MOST_STATEMENTS, "\n\n".join(statements)
        assert words(block(page, "Чек"))
    finally:
        region.sql(
            "UPDATE voucher SET status = 'active' WHERE id = (SELECT max(id) FROM voucher WHERE employee_id = %(e)s)",
            e=employee,
        )


# --- school ----------------------------------------------------------------------------------------------------------


def test_the_schools_numbers_open_the_lists_that_count_them(region: Region, sides: tuple[Side, Side]) -> None:
    own, other = sides
    for side in sides:
        group, running = side.group(), side.group(status="running", starts=-2, ends=2)
        first, second, third = side.people(3)
        side.enrolment(group, "applied", employee=first)
        side.enrolment(group, "offered", employee=second)
        side.enrolment(running, "confirmed", employee=third)
        region.sql(
            "UPDATE voucher SET valid_until = %(day)s + 30 WHERE status = 'active' AND issued_on <= %(day)s"
            " AND employee_id = ANY(%(ids)s)",
            day=region.today, ids=[first, second, third],
        )  # fmt: skip
    assert own.program != other.program
    for login in ("school", "school2"):
        browser = region.browser(login)
        near = block(browser.get("/").text, "Ближайшее по школе")
        for label in ("Согласовать", "Место предложено", "Учится сейчас"):
            shown = re.search(rf">{label}: (\d+)<", near)
            assert shown, (login, label)
            assert int(shown[1]) == total(browser.get(link(near, f"{label}:")).text), (login, label)
        expiring = re.search(r">Чек истекает: (\d+)<", near)
        if expiring:
            assert int(expiring[1]) == total(browser.get(link(near, "Чек истекает:")).text)
        assert f"{TITLE}{'1' if login == 'school' else '2'}" in near
        assert f"{TITLE}{'2' if login == 'school' else '1'}" not in near
        assert browser.leaks == []


# --- organizer -------------------------------------------------------------------------------------------------------


def test_the_organizers_groups_and_what_they_need(region: Region, sides: tuple[Side, Side]) -> None:
    own, other = sides
    few = own.group(minimum=10, starts=2, ends=4)
    first, second, third = own.people(3)
    own.enrolment(few, "agreed", employee=first)
    own.enrolment(few, "waiting", employee=second)
    late = own.group(status="running", starts=-9, ends=-2)
    own.enrolment(late, "confirmed", employee=third)
    other.group(minimum=10, starts=2, ends=4)
    browser = region.browser("organizer")
    page = browser.get("/").text
    mine = block(page, "Мои группы")
    rows = {
        int(pk): row
        for row in re.findall(r"<tr>.*?</tr>", mine, re.S)
        for pk in re.findall(r'scope="row"><a href="/training_group/show/(\d+)"', row)
    }
    assert next(iter(rows)) == late, "what is late stands first"
    assert "Нет итогов: 1" in words(rows[late])
    assert "Недобор: 1 из 10" in words(rows[few])
    assert "1 из 20" in words(rows[few])
    for query, number in ((f"group={few}&status=waiting", 1), (f"group={few}&status=agreed", 1)):
        assert f"/enrolment/list/?{query}" in html.unescape(rows[few])
        assert total(browser.get(f"/enrolment/list/?{query}").text) == number
    assert f"/enrolment/list/?group={late}&status=confirmed" in html.unescape(rows[late])
    line = re.search(
        r'(?s)<b>Доберите слушателей в (\d+)\D.*?href="(/training_group/list/\?attention=below_minimum)"', page
    )
    assert line
    assert int(line[1]) == total(browser.get(line[2]).text)
    assert f"{TITLE}2" not in page
    assert browser.leaks == []


@pytest.mark.parametrize("login", ["worker", "school", "organizer"])
def test_as_many_statements_for_one_and_three_rows(region: Region, sides: tuple[Side, Side], login: str) -> None:
    own, _other = sides
    browser, counts = region.browser(login), []
    employees = {"worker": [None] * 3}.get(login) or own.people(3)
    for employee in employees:
        own.enrolment(own.group(), "offered" if login == "worker" else "applied", employee=employee)
        browser.get("/")
        with recorded() as statements:
            browser.get("/")
        counts.append(len(statements))
    assert len(set(counts)) == 1, counts
    assert counts[0] <= MOST_STATEMENTS
