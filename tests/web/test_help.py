"""Help, first steps of a role, and the version for poor eyes."""

from __future__ import annotations

import html
import io
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from docx import Document
from flask.testing import FlaskClient
from pypdf import PdfReader

from app.documents.guide import guide
from app.documents.guide.guide_paper import build_docx
from app.documents.office.pdf import find_office
from app.permissions import ROLES
from app.services.desk.first_steps import STEPS
from app.web.access.appearance import CHOICES, chosen
from app.web.desk.help import TOPICS, topic_of
from app.web.desk.start_checklist import WORDS
from tests.access.region import Browser, Region
from tests.access.routes import VIEWS
from tests.actors import client_as
from tests.web.pages import words


def anchors() -> set[str]:
    found = set()
    for code, page in guide.pages().items():
        found |= {code} | {f"{code}#{heading.anchor}" for heading in page.headings}
    return found


# --- which section belongs to which page


def test_topics_lead_to_headings_that_exist() -> None:
    topics = [t for topic in TOPICS.values() for t in ([topic] if isinstance(topic, str) else topic.values())]
    assert set(topics) - anchors() == set()


def test_every_list_and_every_page_has_its_topic(region: Region) -> None:
    assert set(VIEWS) - set(TOPICS) == set()
    endpoints = {rule.endpoint for rule in region.app.url_map.iter_rules()}
    known = endpoints | {endpoint.partition(".")[0] for endpoint in endpoints}
    assert set(TOPICS) - known == set(), "a topic of a page that is gone"
    for endpoint in endpoints:
        for role in ROLES:
            assert topic_of(endpoint, [role]) in anchors()
    assert {topic_of(None), topic_of("NoSuchView.list")} <= anchors()


def test_anchors_of_a_page_are_unlike() -> None:
    for code, page in guide.pages().items():
        found = [heading.anchor for heading in page.headings]
        assert len(found) == len(set(found)), code
    assert set(guide.pages()) == {path.stem for path in guide.FOLDER.glob("*.md")}


@pytest.mark.parametrize(
    ("login", "path", "topic"),
    [
        ("operator", "/employment/list/", "operator#подтверждайте-места-работы--в-течение-5-рабочих-дней"),
        ("school", "/employee/add", "school#новый-работник"),
        ("worker", "/training_group/list/", "worker#запишитесь-на-курс"),
        ("admin", "/", "admin"),
        (None, "/login/", "index#вход"),
    ],
)
def test_the_link_of_a_page_opens_its_section(region: Region, login: str | None, path: str, topic: str) -> None:
    browser = region.browser(login)
    href = re.search(r'<(?:div class="aids"><a|a class="btn help-open") href="([^"]+)"', browser.get(path).text)
    assert href is not None
    code, _, anchor = topic.partition("#")
    address, _, shown = href[1].partition("#")
    assert (address, shown) == ("/help/" if code == "index" else f"/help/{code}", anchor)
    page = browser.get(address)
    assert page.status == 200
    assert f'id="{anchor}"' in page.text or not anchor


# --- pages of the guide


NAMES = {
    "JPEG",
    "PNG",
    "PNG.",
    "Enter",
    "Excel",
    "Excel.",
    "Word",
    "PDF",
    "QR-код.",
    "XLSX",
    "xlsx",
    "DOCX",
    "ZIP",
    "CSV",
    "Tab",
    "LibreOffice",
    "LibreOffice.",
    "Ctrl",
    "Google",
    "Authenticator",
}
#: who runs the portal sets these by name
SETTINGS_OF_PAGE = {"admin": {"MAIL_MODE", "MAIL_REDIRECT_TO", "off", "redirect"}}


@pytest.mark.parametrize("code", guide.ORDER)
def test_pages_are_shown_to_guests_in_russian(region: Region, code: str) -> None:
    page = region.browser(None).get("/help/" if code == "index" else f"/help/{code}")
    assert page.status == 200
    article = page.text.split("<article", 1)[1].split("</article>", 1)[0]
    latin = set(re.findall(r"[A-Za-z][\w.-]*", words(re.sub("^[^>]*>", "", article))))
    assert latin <= NAMES | SETTINGS_OF_PAGE.get(code, set())
    assert ".md" not in article


def test_links_and_screens_of_the_guide_answer(region: Region) -> None:
    browser = region.browser(None)
    seen = set()
    for code in guide.ORDER:
        text = browser.get("/help/" if code == "index" else f"/help/{code}").text
        seen |= set(re.findall(r'(?:href|src)="(/help/[^"#]*)', text)) - {"/help/export/"}
    assert any("/screens/" in path for path in seen)
    assert {path: browser.get(path).status for path in seen if browser.get(path).status != 200} == {}


@pytest.mark.parametrize(
    "path", ["/help/nothing", "/help/settings", "/help/..%2fsettings", "/help/screens/..%2f..%2fREADME.md"]
)
def test_nothing_else_is_served(region: Region, path: str) -> None:
    assert region.browser(None).get(path).status == 404


def test_html_inside_the_guide_is_shown_not_obeyed() -> None:
    source = "# Страница\n\n<script>alert(1)</script>\n\n[x](javascript:alert(1)) **<b>** `<i>` ![<q>](../screens/card.png)\n"
    page = guide.GuidePage("index", guide._parser().parse(source))
    html = guide._Renderer(lambda c: f"/help/{c}", lambda n: f"/s/{n}", []).page(page)
    assert not re.search("<(script|b|i|q)>", html)
    assert "javascript" not in re.sub(r">[^<]*<", "><", html)


# --- search in the guide


@pytest.mark.parametrize(
    ("typed", "page", "title"),
    [
        ("увольнение", "school", "Увольнение"),
        ("Реестры обученных", "documents", "Реестр обученных"),
        ("подать заявку на чек", "worker", "Подайте заявку на чек"),
        ("QR", "documents", "Как проверить документ"),
    ],
)
def test_words_in_any_form_find_the_section(typed: str, page: str, title: str) -> None:
    assert (page, title) in [(found.page, found.heading.title) for found in guide.search(typed)[:3]]


def test_found_words_are_marked(region: Region) -> None:
    browser = region.browser(None)
    found = browser.get("/help/", q="увольнения")
    assert "<mark>" in found.text
    href = re.search(r'<h2><a href="([^"]+)">Увольнение', found.text)
    assert href is not None
    assert "<mark>Увольнение</mark>" in browser.get(href[1].replace("&amp;", "&").partition("#")[0]).text
    nothing = browser.get("/help/", q="<b>щщщ")
    assert "нет раздела" in nothing.text
    assert "<b>щщщ" not in nothing.text


# --- paper


def test_the_paper_holds_every_heading_and_numbers_begin_anew() -> None:
    paper = Document(io.BytesIO(build_docx()))
    headings = [p.text for p in paper.paragraphs if p.style.name.startswith("Heading")]
    assert headings == [h.title for page in guide.pages().values() for h in page.headings]
    assert sum(p.text.startswith("1.\u2002") for p in paper.paragraphs) > 5
    assert len(paper.tables) == sum(t.type == "table_open" for page in guide.pages().values() for t in page.tokens)


@pytest.mark.office
def test_the_guide_as_pdf(region: Region) -> None:
    browser = region.browser(None)
    if find_office() is None:
        assert "/help/export/" not in browser.get("/help/").text
        pytest.skip("LibreOffice не установлен: PDF не проверен")
    assert "/help/export/" in browser.get("/help/").text
    answer = browser.client.get("/help/export/")
    text = " ".join(page.extract_text() for page in PdfReader(io.BytesIO(answer.data)).pages)
    assert "Настраивайте портал" in text
    assert answer.headers["Content-Disposition"].startswith("attachment")


# --- first steps


def steps_of(client: FlaskClient) -> dict[str, bool]:
    """Step → whether it is ticked; empty when the checklist is not shown."""
    page = client.get("/").get_data(as_text=True)
    if "hint-first" not in page:
        return {}
    shown = page.split('class="paper block hint-first"', 1)[1].split("</section>", 1)[0]
    return {text: "done" in look for look, text in re.findall(r"<li([^>]*)>.*?<b>([^<]+)</b>", shown, re.S)}


@pytest.fixture
def fresh(region: Region) -> Iterator[Browser]:
    """The responsible of a school in which nothing has been done yet."""
    facts = region.people["school"].facts
    ((home,),) = region.sql(
        "INSERT INTO organization (full_name, short_name, type_id, ownership, territory_id, municipality_id)"
        " SELECT 'Новая школа', 'Новая школа', type_id, ownership, territory_id, municipality_id"
        " FROM organization WHERE id = %(home)s RETURNING id",
        home=min(facts["places"]),
    )
    region.sql(
        "UPDATE assignment SET organization_id = %(home)s WHERE user_id = %(user)s AND role = 'school'",
        home=home, user=facts["user"],
    )  # fmt: skip
    yield region.browser("school")
    region.sql(
        "UPDATE assignment SET organization_id = %(old)s WHERE user_id = %(user)s AND role = 'school'",
        old=min(facts["places"]), user=facts["user"],
    )  # fmt: skip
    region.sql("DELETE FROM employment WHERE organization_id = %(home)s", home=home)
    region.sql("DELETE FROM employee WHERE last_name = 'Новая'")
    region.sql("DELETE FROM organization WHERE id = %(home)s", home=home)


def test_the_words_of_each_step_are_there() -> None:
    assert {role: list(steps) for role, steps in STEPS.items()} == {role: list(words) for role, words in WORDS.items()}


@pytest.mark.parametrize("login", list(STEPS))
def test_a_role_that_has_done_its_first_steps_sees_no_checklist(region: Region, login: str) -> None:
    """In the region of the tests everything has been done once; only what the data lack is asked."""
    client = client_as(region.app, login)
    steps = steps_of(client)
    assert not steps or not all(steps.values())
    assert "hint-first" not in client.get("/help/").get_data(as_text=True)


def test_steps_tick_themselves(region: Region, fresh: Browser) -> None:
    """A new school has done nothing; its first person ticks the first step, and others' people do not."""
    before = steps_of(fresh.client)
    assert list(before.values()) == [False] * 4
    assert list(before) == [WORDS["school"][code].text for code in STEPS["school"]]
    page = fresh.get("/").text
    assert "сделано 0 из 4" in page
    links = re.findall(r'href="([^"]+)"', page.split("hint-first", 1)[1].split("</section>", 1)[0])
    for href in links:
        assert fresh.client.get(html.unescape(href)).status_code == 200, href
    region.sql(
        "WITH person AS (INSERT INTO employee (last_name, first_name) VALUES ('Новая', 'Анна') RETURNING id)"
        " INSERT INTO employment (employee_id, organization_id, position_id, kind, started_on, status)"
        " SELECT p.id, a.organization_id, (SELECT min(id) FROM position), 'main', current_date - 1, 'unconfirmed'"
        " FROM person p, assignment a WHERE a.user_id = %(user)s AND a.role = 'school'",
        user=region.people["school"].facts["user"],
    )
    assert list(steps_of(fresh.client).values()) == [True, False, False, False]
    assert "сделано 1 из 4" in fresh.get("/").text
    region.sql("UPDATE employee SET confirmed_actual_at = now() WHERE last_name = 'Новая'")
    assert list(steps_of(fresh.client).values()) == [True, True, False, False]


def test_a_checklist_is_hidden_for_oneself_and_shown_again(region: Region, fresh: Browser) -> None:
    assert fresh.post("/help/hints/", {"hide": "school"}).status == 302
    assert fresh.post("/help/hints/", {"hide": "school"}).status == 302
    assert steps_of(fresh.client) == {}
    assert "Показать подсказки снова" in fresh.get("/help/").text
    assert fresh.post("/help/hints/", {"show": "1"}).status == 302
    assert steps_of(fresh.client) != {}
    assert region.sql("SELECT count(*) FROM dismissed_hint") == [(0,)]


def test_hiding_refuses_what_it_must(region: Region, fresh: Browser) -> None:
    assert "hints" not in region.browser(None).get("/help/").text
    with region.nothing_changes():
        assert fresh.get("/help/hints/").status == 405
        assert fresh.post("/help/hints/", {"hide": "nothing"}).status == 422
        assert fresh.client.post("/help/hints/", data={"hide": "school"}).status_code == 400  # no CSRF token
        assert region.browser(None).post("/help/hints/", {"hide": "school"}).status == 302
    assert steps_of(fresh.client) != {}


# --- version for poor eyes


@pytest.mark.parametrize("path", ["/login/", "/verify/nothing", "/no-such-page", "/help/"])
def test_the_link_stands_on_every_page_of_a_guest(region: Region, path: str) -> None:
    assert '<a href="/appearance/">' in region.browser(None).get(path).text


@pytest.mark.parametrize("login", [None, "worker"])
def test_a_look_is_kept_a_year_and_returns_to_the_page(region: Region, login: str | None) -> None:
    browser = region.browser(login)
    panel = browser.client.get("/appearance/", headers={"Referer": "http://localhost/help/chek?mark=срок"}).get_data(
        as_text=True
    )
    assert 'name="back" value="/help/chek?mark=' in panel
    answer = browser.post("/appearance/", {"size": "200", "colours": "blue", "font": "serif", "back": "/help/chek"})
    assert (answer.status, answer.headers["Location"]) == (302, "/help/chek")
    cookie = browser.client.get_cookie("appearance")
    assert cookie is not None
    assert (cookie.max_age, cookie.same_site, cookie.http_only) == (365 * 24 * 3600, "Lax", True)
    opening = browser.get("/help/").text.split("<head>")[0]
    assert '<html lang="ru" data-size="200" data-colours="blue" data-font="serif">' in opening
    assert 'value="200" checked' in browser.get("/appearance/").text
    assert browser.post("/appearance/", {"usual": "1", "size": "200"}).status == 302
    assert '<html lang="ru">' in browser.get("/help/").text


def test_what_is_not_offered_is_not_kept(region: Region) -> None:
    browser = region.browser(None)
    browser.post("/appearance/", {"size": '"><script>', "theme": "dark", "nothing": "1"})
    assert '<html lang="ru" data-theme="dark">' in browser.get("/login/").text
    browser.client.set_cookie("appearance", "size=%22%3E%3Cscript%3E&colours=black&&&=%00")
    page = browser.get("/login/").text
    assert '<html lang="ru" data-colours="black">' in page
    assert 'content="dark"' in page
    assert chosen({"appearance": "x" * 10_000}) == {}


@pytest.mark.parametrize(
    "back",
    ["https://example.org/", "//example.org/", "/\\example.org", "javascript:alert(1)", "", "/appearance/"],
)
def test_no_way_back_leads_outside(region: Region, back: str) -> None:
    assert region.browser(None).post("/appearance/", {"back": back}).headers["Location"] == "/"


def test_the_panel_needs_its_mark(region: Region) -> None:
    answer = region.browser(None).client.post("/appearance/", data={"size": "200"})
    assert answer.status_code == 400
    assert "appearance" not in str(answer.headers.getlist("Set-Cookie"))


def test_every_answer_of_the_panel_is_known_to_the_stylesheet() -> None:
    css = (Path(__file__).parents[2] / "app" / "static" / "css" / "portal.css").read_text("utf-8")
    wanted = [(c.name, value) for c in CHOICES for value in c.options if value != c.usual]
    assert [w for w in wanted if not re.search(rf'data-{w[0]}="?{w[1]}"?\]', css)] == []
