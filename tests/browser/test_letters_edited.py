"""Words that the operator has changed arrive: each letter is caused by its real action and read as the mail server took it."""

from __future__ import annotations

import re
from collections.abc import Callable
from email.message import EmailMessage
from html.parser import HTMLParser

import pytest
from playwright.sync_api import expect

from app.clock import today
from app.embedded_postgres import EmbeddedPostgres
from tests.browser.conftest import Visit
from tests.browser.post import Post
from tests.browser.visitor import Visitor
from tests.conftest import execute

pytestmark = pytest.mark.browser

OLGA = "worker@example.org"
#: a group of the organizer of the demo, open for records and for everybody, with a schedule; number and program
OPEN = (
    "SELECT g.number, p.title FROM training_group g JOIN program p ON p.id = g.program_id"
    " JOIN assignment a ON a.organization_id = g.organizer_id JOIN ab_user u ON u.id = a.user_id AND u.username = 'organizer'"
    " WHERE g.status = 'open' AND g.taken < g.capacity AND p.block = 'variable'"
    " AND EXISTS (SELECT FROM group_meeting x WHERE x.group_id = g.id)"
    " AND NOT EXISTS (SELECT FROM program_organization_type x WHERE x.program_id = p.id)"
    " AND NOT EXISTS (SELECT FROM program_position x WHERE x.program_id = p.id)"
    " AND NOT EXISTS (SELECT FROM program_subject x WHERE x.program_id = p.id)"
    " AND NOT EXISTS (SELECT FROM enrolment e JOIN ab_user w ON w.employee_id = e.employee_id WHERE e.group_id = g.id"
    " AND w.username = 'worker') ORDER BY g.id DESC LIMIT 1"
)
PLACE = "г. Самара, ул. Новая, д. 5"


def edit(operator: Visitor, title: str, change: Callable[[str], str], *, button: str) -> None:
    """Change the text and the button of a kind of letters through its form, which shows the standard words."""
    page = operator.page
    operator.go("/letter_template/list/")
    operator.search(title)
    page.locator("main tbody th a").filter(has_text=re.compile(rf"^\s*{re.escape(title)}\s*$")).click()
    page.get_by_role("link", name="Изменить").click()
    text = page.locator("[name=body]")
    text.fill(change(text.input_value()))
    page.locator("[name=button]").fill(button)
    page.get_by_role("button", name="Сохранить").click()
    expect(page.locator("main .pill").filter(has_text="Изменён")).to_be_visible()


class _Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []
        self.hrefs: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.hrefs += [value or "" for name, value in attrs if tag == "a" and name == "href"]

    def handle_data(self, data: str) -> None:
        self.found.append(data)


def html_of(letter: EmailMessage) -> tuple[str, list[str]]:
    """Words of the HTML of a letter, their blanks single, and where its links lead."""
    body = letter.get_body(("html",))
    assert body is not None
    reader = _Words()
    reader.feed(body.get_content())
    return " ".join(" ".join(reader.found).split()), reader.hrefs


def newest(post: Post, recipient: str, subject: str) -> EmailMessage:
    """The newest letter to an address whose subject begins so, once everything that waits has left."""
    post.deliver()
    found = [x for x in post.box.letters if x["To"] == recipient and str(x["Subject"]).startswith(subject)]
    assert found, [str(x["Subject"]) for x in post.box.letters if x["To"] == recipient]
    return found[-1]


def says_the_same(letter: EmailMessage, *words: str) -> None:
    """Text and HTML hold these words, and every sentence of the text stands in the HTML."""
    body = letter.get_body(("plain",))
    assert body is not None
    text = body.get_content().replace("\N{NO-BREAK SPACE}", " ")
    html, hrefs = html_of(letter)
    for part in words:
        assert part in " ".join(text.split()) and part in html
    for line in filter(None, map(str.strip, text.splitlines())):
        # a line of the block is a head and its words, the button a label and its address
        head, _colon, rest = line.partition(": ")
        parts = (
            (head,)
            if rest in hrefs
            else (head, rest)
            if head in ("Что", "Когда", "Где", "Кто действует дальше")
            else (line,)
        )
        assert all(part in html for part in parts), line


def calendar_of(letter: EmailMessage) -> tuple[list[int], str]:
    """Numbers of the changes of the events in the calendar that came along, and the whole of it with its folded lines joined."""
    (part,) = (part for part in letter.walk() if part.get_content_type() == "text/calendar")
    text = part.get_content().replace("\r\n", "\n").replace("\n ", "")
    return [int(number) for number in re.findall(r"^SEQUENCE:(\d+)$", text, re.MULTILINE)], text


def test_a_recovery_comes_in_the_words_of_the_operator(post: Post, visit: Visit) -> None:
    edit(
        visit("operator"),
        "Восстановление доступа",
        lambda words: f"{words}\n\nПомощь: 8 (846) 200-00-00.",
        button="Новый пароль",
    )
    guest = visit()
    guest.go("/login/")
    guest.page.get_by_role("link", name="Забыли пароль?").click()
    guest.fill(who="worker")
    guest.press("Отправить ссылку")
    expect(guest.page.locator(".flashes")).to_contain_text("ссылк")
    letter = newest(post, OLGA, "Восстановление доступа")
    says_the_same(letter, "Она действует 2 часа и только один раз.", "Помощь: 8 (846) 200-00-00.", "Новый пароль")
    (link,) = {href for href in html_of(letter)[1] if "/recovery/" in href}
    guest.go(link.partition("/recovery/")[1] + link.partition("/recovery/")[2])
    expect(guest.page.locator("[name=new]")).to_be_visible()


def test_a_withdrawn_consent_is_told_with_the_standard_words_inside_own_ones(post: Post, visit: Visit) -> None:
    edit(
        visit("operator"),
        "Согласие отозвано",
        lambda _words: "{{ приветствие }}\n\n{{ текст }}\n\nМы приняли это {{ дата }}.",
        button="К согласиям",
    )
    olga = visit("worker")
    olga.go("/consents/")
    olga.button("Прочитать и дать").last.click()
    olga.press("Даю это согласие")
    olga.go("/consents/")
    olga.press("Отозвать")
    olga.sees("Согласие отозвано")
    letter = newest(post, OLGA, "Согласие отозвано")
    says_the_same(
        letter,
        "Здравствуйте, Ольга Сергеевна!",
        "Согласие отозвано: «Новости и приглашения».",
        f"Мы приняли это {today():%d.%m.%Y}.",
        "К согласиям",
    )


def test_a_moved_group_replaces_its_meetings_in_the_calendar(
    post: Post, visit: Visit, server: EmbeddedPostgres, database: str
) -> None:
    """Own words with the facts; the calendar of the second letter outranks that of the first and names the new place."""
    ((group, course),) = execute(server, database, OPEN)
    operator, olga, school, organizer = (visit(login) for login in ("operator", "worker", "school", "organizer"))
    edit(
        operator, "Запись на курс подтверждена", lambda words: f"{words}\n\nЖдём вас на занятиях.", button="Моя запись"
    )
    edit(
        operator,
        "Изменились даты или место занятий группы",
        lambda _words: (
            "{{ приветствие }}\n\nГруппа {{ группа }} переезжает.\nБыло место: {{ прежнее_место }}. Стало: {{ место }}.\n"
            "Были дни: {{ прежние_занятия }}. Стали: {{ занятия }}."
        ),
        button="Посмотреть группу",
    )
    olga.go("/")
    olga.press("Выбрать курс")
    offer = olga.page.locator("article.offer").filter(has_text=f"группа {group}").filter(has_text=course)
    offer.get_by_role("button", name="Записаться").click()
    olga.sees("Вы записаны")
    school.go("/enrolment/list/?status=applied")
    school.search(group)
    school.open_row("Кузнецова Ольга")
    school.press("Согласовать")
    school.sees("Готово")
    organizer.go("/enrolment/list/?status=agreed")
    organizer.search(group)
    organizer.open_row("Кузнецова Ольга")
    organizer.press("Подтвердить запись")
    organizer.sees("Подтверждена")
    first = newest(post, OLGA, f"Вы записаны в группу {group}")
    says_the_same(first, "Ждём вас на занятиях.", "Моя запись", course)
    organizer.go("/training_group/list/")
    organizer.search(group)
    organizer.open_row(course)
    # editions of a calendar are numbered by seconds: the change must not come within that of the enrolment
    organizer.page.wait_for_timeout(1100)
    organizer.press("Изменить")
    organizer.fill(place=PLACE)
    organizer.press("Сохранить")
    organizer.sees(PLACE)
    second = newest(post, OLGA, f"Группа {group}, изменено: место занятий")
    says_the_same(second, f"Группа {group} переезжает.", f"Стало: {PLACE}.", "Посмотреть группу")
    # the days are as they were: the line that names the former ones is left out of both
    assert "Были дни" not in post.newest(OLGA) and "Были дни" not in html_of(second)[0]
    before, former = calendar_of(first)
    after, present = calendar_of(second)
    assert len(after) == len(before) == former.count("BEGIN:VEVENT") and min(after) > max(before)
    assert re.findall("^UID:.*$", former, re.MULTILINE) == re.findall("^UID:.*$", present, re.MULTILINE)
    assert "Новая" in present and "Новая" not in former and "Медовый" not in present
