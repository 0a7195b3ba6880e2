"""What forms do for people: the next record, words instead of a choice, an expired sign-in, answers at once."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

import pytest

from app.clock import today
from app.permissions import all_permissions
from tests.access.region import Browser, Region
from tests.access.routes import VIEWS
from tests.services.scans import pdf
from tests.statements import recorded
from tests.web.pages import error_beside, flashes, form_fields, person_of, refusal, words

FORMS = [(view, table) for view, (table, forms, _actions) in VIEWS.items() if forms]


# --- «Сохранить и добавить ещё» --------------------------------------------------------------------------------------


def training(person: int, title: str) -> dict[str, Any]:
    values = {"employee": str(person), "title": title, "institution": "Институт развития", "hours": "36", "ended_on": "05.03.2024"}  # fmt: skip
    paper = {"kind": "advanced", "document_kind": "certificate", "document_number": "1"}
    return {**values, **paper, "scan": (io.BytesIO(pdf()), "скан.pdf")}


def test_save_and_add_opens_an_empty_form_for_the_same_person(region: Region, school: Browser) -> None:
    person = person_of(region)
    path = f"/training/add?employee={person}"
    assert "Сохранить и добавить ещё" in school.get(path).text
    title = "Курс <b>первый</b> & «второй»"
    answer = school.post(path, {**training(person, title), "then": "add"})
    assert (answer.status, answer.headers["Location"]) == (302, path)
    pk = region.sql("SELECT id FROM training WHERE title = %(title)s", title=title)[0][0]
    page = school.get(answer.headers["Location"])
    assert f'<a href="/training/show/{pk}">Курс &lt;b&gt;первый&lt;/b&gt; &amp; «второй»' in page.text
    assert title in flashes(page.text)
    fields = form_fields(page.text)
    assert fields["employee"] == [str(person)]
    assert {fields[name][0] for name in ("title", "institution", "hours", "ended_on")} == {""}


def test_an_ordinary_save_still_leads_to_the_card(region: Region, school: Browser) -> None:
    person = person_of(region)
    answer = school.post(f"/training/add?employee={person}", training(person, "Обычный курс"))
    assert answer.headers["Location"] == f"/employee/show/{person}?tab=training"
    assert "Сохранить и добавить ещё" not in school.get(f"/employee/edit/{person}").text


def test_the_next_form_starts_with_what_is_usually_the_same(region: Region, operator: Browser) -> None:
    values = {"list_code": "funding", "value": "Новый источник", "ordering": "90", "active": "y"}
    code = region.sql("SELECT list_code FROM frdo_reference LIMIT 1")[0][0]
    answer = operator.post("/frdo_reference/add", {**values, "list_code": code, "then": "add"})
    assert answer.status == 302, refusal(answer.text)
    fields = form_fields(operator.get(answer.headers["Location"]).text)
    assert (fields["list_code"], fields["value"]) == ([code], [""])


def test_a_refused_save_and_add_says_why_and_keeps_the_words(region: Region, school: Browser) -> None:
    person = person_of(region)
    with region.nothing_changes():
        answer = school.post(
            f"/training/add?employee={person}", {**training(person, "Курс"), "hours": "x", "then": "add"}
        )
    assert answer.status == 422
    assert form_fields(answer.text)["title"] == ["Курс"]


@pytest.mark.parametrize("value", ["x", "-1", "99999999999", "0", "' OR 1=1"])
def test_nonsense_in_the_address_of_a_new_form_is_passed_over(operator: Browser, value: str) -> None:
    for path in (f"/program/add?organizer={value}&kind={value}&year={value}&form={value}", f"/training/add?employee={value}"):  # fmt: skip
        page = operator.get(path)
        assert page.status == 200
        assert refusal(page.text) == ""


def test_a_foreign_row_in_the_address_is_not_carried_over(region: Region, school: Browser) -> None:
    foreign = region.pick("school", "employee", "foreign")
    assert form_fields(school.get(f"/training/add?employee={foreign}").text)["employee"] == [""]
    foreign = region.people["school2"].facts["places"][0]
    page = school.get(f"/employee/add?organization={foreign}")
    assert form_fields(page.text)["organization"] == [""]


# --- words instead of a choice (no scripts) --------------------------------------------------------------------------


def place(person: int, home: int, **over: str) -> dict[str, str]:
    values = {"employee": str(person), "organization": str(home), "position": "", "kind": "part_time", "started_on": "01.09.2022"}  # fmt: skip
    return values | over


@pytest.fixture
def home(region: Region) -> int:
    return min(region.people["school"].facts["places"])


def test_words_that_fit_one_row_choose_it(region: Region, school: Browser, home: int) -> None:
    """A browser without scripts: the words are searched when the form comes."""
    person = person_of(region)
    subject = region.sql("SELECT name FROM subject WHERE active ORDER BY length(name) DESC LIMIT 1")[0][0]
    values = place(person, home, position_text="воспит", subjects_text=subject, kind=inner(region))
    one = region.sql("SELECT id, name FROM position WHERE name ILIKE '%%воспит%%' AND active")
    if len(one) > 1:
        values["position_text"] = "Воспитатель"
    answer = school.post("/employment/add", values)
    assert answer.status == 302, refusal(answer.text)
    found = region.sql(
        "SELECT p.name, s.name FROM employment e JOIN position p ON p.id = e.position_id"
        " JOIN employment_subject x ON x.employment_id = e.id JOIN subject s ON s.id = x.subject_id ORDER BY e.id DESC LIMIT 1"
    )
    assert found == [("Воспитатель", subject)]


def inner(region: Region) -> str:
    """A kind of work beside the main one, as the database names it."""
    return str(region.sql("SELECT DISTINCT kind FROM employment WHERE kind <> 'main' LIMIT 1")[0][0])


def test_words_that_fit_several_rows_offer_them(region: Region, school: Browser, home: int) -> None:
    person = person_of(region)
    values = place(person, home, position_text="преподаватель", kind=inner(region))
    many = region.sql("SELECT id, name FROM position WHERE name ILIKE '%%преподаватель%%' ORDER BY name")
    assert len(many) > 1
    values["position_text"] = "препод"
    with region.nothing_changes():
        answer = school.post("/employment/add", values)
    assert answer.status == 422
    assert "По словам «препод» найдено несколько" in error_beside(answer.text, "position")
    offered = re.findall(
        r'<option value="(\d+)">', answer.text.split('name="position_found"', 1)[1].split("</select>", 1)[0]
    )
    assert {int(pk) for pk in offered} == {pk for pk, name in many if "препод" in name.lower()}
    fields = form_fields(answer.text)
    assert (fields["position_text"], fields["position_found"]) == (["препод"], [""])

    again = school.post("/employment/add", {**fields, "position_found": offered[1]})
    assert again.status == 302, refusal(again.text)
    assert region.sql("SELECT position_id FROM employment ORDER BY id DESC LIMIT 1") == [(int(offered[1]),)]


def test_an_answer_to_other_words_does_not_count(region: Region, school: Browser, home: int) -> None:
    """The offer was for «препод»; the user has typed something else meanwhile."""
    values = place(person_of(region), home, position_text="космонавт", position_asked="препод", position_found="1")
    with region.nothing_changes():
        answer = school.post("/employment/add", values)
    assert "По словам «космонавт» ничего не найдено" in error_beside(answer.text, "position")
    assert form_fields(answer.text)["position_text"] == ["космонавт"]


def test_masks_of_numbers_are_told_by_an_example(region: Region, operator: Browser) -> None:
    """Form and card show the first number and no program text; the example typed is stored as a mask."""
    pk = region.sql("SELECT id FROM organization WHERE is_organizer ORDER BY id LIMIT 1")[0][0]
    region.sql(
        "UPDATE organization SET certificate_mask = '{number:04d}/{year}', group_mask = '{code}-{number}' WHERE id = %(pk)s",
        pk=pk,
    )
    card = words(operator.get(f"/organization/show/{pk}").text).replace("\xa0", " ")
    assert f"0001/{today().year} (порядковый номер из 4 цифр, год)" in card
    assert "ПК-12-1 (шифр программы, порядковый номер)" in card
    assert "{" not in card
    form = operator.get(f"/organization/edit/{pk}").text
    assert "{" not in words(form)
    fields, year = form_fields(form), today().year
    assert (fields["certificate_mask"], fields["group_mask"]) == ([f"0001/{year}"], ["ПК-12-1"])
    assert f"Дальше: 0002/{year}, 0003/{year}; в {year + 1} году 0001/{year + 1}." in words(form)
    typed = {**fields, "certificate_mask": f"УД-{year}-001", "group_mask": "ПК-12/01"}
    assert operator.post(f"/organization/edit/{pk}", typed).status == 302
    stored = region.sql("SELECT certificate_mask, group_mask FROM organization WHERE id = %(pk)s", pk=pk)
    assert stored == [("УД-{year}-{number:03d}", "{code}/{number:02d}")]
    with region.nothing_changes():
        refused = operator.post(f"/organization/edit/{pk}", {**typed, "certificate_mask": f"УД-{year}"})
    assert "нет порядкового номера" in error_beside(refused.text, "certificate_mask")
    assert "{" not in error_beside(refused.text, "certificate_mask")


@pytest.mark.parametrize(
    ("typed", "error", "value", "preview"),
    [
        ("63-{y}-000001", "", "63-{y}-000001", "Дальше: 63-{y}-000002, 63-{y}-000003; в {next} году 63-{next}-000001."),
        ("63-000001", "нет года {y}", "63-000001", ""),
        ("{y}", "нет порядкового номера", "{y}", ""),
        ("", "", "", ""),
    ],
)
def test_an_example_of_a_mask_is_told_while_it_is_typed(
    operator: Browser, typed: str, error: str, value: str, preview: str
) -> None:
    years = {"y": today().year, "next": today().year + 1}
    answer = operator.post("/check/", {"field": "setting/voucher_number_mask", "value": typed.format(**years)})
    told = json.loads(answer.text)
    assert error.format(**years) in told["error"]
    assert bool(told["error"]) == bool(error)
    assert (told["value"], told["preview"]) == (value.format(**years), preview.format(**years))


def test_words_that_find_nothing_are_refused_also_where_nothing_is_required(region: Region, operator: Browser) -> None:
    pk = region.sql("SELECT id FROM organization WHERE parent_id IS NULL LIMIT 1")[0][0]
    fields = form_fields(operator.get(f"/organization/edit/{pk}").text)
    with region.nothing_changes():
        answer = operator.post(f"/organization/edit/{pk}", {**fields, "parent_text": "Нет такой школы"})
    assert answer.status == 422
    assert "ничего не найдено" in error_beside(answer.text, "parent")
    assert form_fields(answer.text)["parent_text"] == ["Нет такой школы"]


def test_changed_words_replace_the_choice_and_cleared_words_clear_it(region: Region, operator: Browser) -> None:
    """Without scripts the hidden id stays as it was: the words on the screen are what the user means."""
    pk, parent, inn = region.sql(
        "SELECT id, parent_id, inn FROM organization WHERE parent_id IS NOT NULL ORDER BY id LIMIT 1"
    )[0]
    region.sql(
        "UPDATE organization SET inn = NULL WHERE id = %(pk)s", pk=pk
    )  # a head organization's own must be unique
    other, name = region.sql(
        "SELECT id, short_name FROM organization o WHERE parent_id IS NULL AND id <> %(parent)s"
        " AND (SELECT count(*) FROM organization x WHERE x.short_name = o.short_name) = 1 ORDER BY id LIMIT 1",
        parent=parent,
    )[0]
    path, stored = f"/organization/edit/{pk}", "SELECT parent_id FROM organization WHERE id = %(pk)s"
    fields = form_fields(operator.get(path).text)
    answer = operator.post(path, {**fields, "parent_text": name})
    assert answer.status == 302, refusal(answer.text)
    assert region.sql(stored, pk=pk) == [(other,)]
    fields = form_fields(operator.get(path).text)
    answer = operator.post(path, {**fields, "parent_text": ""})
    assert answer.status == 302, refusal(answer.text)
    assert region.sql(stored, pk=pk) == [(None,)]
    region.sql(
        "UPDATE organization SET parent_id = %(parent)s, inn = %(inn)s WHERE id = %(pk)s", parent=parent, inn=inn, pk=pk
    )


def test_words_never_find_what_the_user_may_not_choose(region: Region, school: Browser) -> None:
    foreign = region.people["school2"].facts["places"][0]
    name = region.sql("SELECT short_name FROM organization WHERE id = %(pk)s", pk=foreign)[0][0]
    values = place(person_of(region), 0, organization="", organization_text=name, position="1")
    with region.nothing_changes():
        answer = school.post("/employment/add", values)
    assert "ничего не найдено" in error_beside(answer.text, "organization")
    assert school.leaks == []


# --- an expired sign-in ----------------------------------------------------------------------------------------------


def next_of(answer: Any) -> str:
    found = re.fullmatch(r"/login/(?:\?next=(.*))?", answer.headers["Location"])
    assert found is not None, answer.headers["Location"]
    return unquote(found[1] or "")


@pytest.mark.parametrize("path", ["/employee/edit/1", "/training/add?employee=5", "/password/", "/employee/add"])
def test_a_form_sent_after_the_sign_in_expired_leads_back_to_itself(region: Region, path: str) -> None:
    """The session is gone with its token: no dead end, and nothing is written."""
    client = region.browser(None).client
    with region.nothing_changes():
        answer = client.post(path, data={"csrf_token": "of an old session", "last_name": "Иванова"})
    assert answer.status_code == 302
    assert next_of(answer) == path
    page = client.get(answer.headers["Location"]).get_data(as_text=True)
    assert "Вход истёк" in flashes_of_guest(page)


def flashes_of_guest(page: str) -> str:
    return words(page.split('class="flashes"', 1)[1].split("<section", 1)[0])


def test_an_action_leads_back_to_the_page_it_was_pressed_on(region: Region) -> None:
    client = region.browser(None).client
    path, page = "/voucher_application/act/1/approve", "/voucher_application/show/1?tab=x"
    answer = client.post(path, headers={"Referer": f"http://localhost{page}"})
    assert next_of(answer) == page
    for foreign in ("https://evil.test/employee/list/", "http://localhost:8080/x", "nonsense", ""):
        assert next_of(client.post(path, headers={"Referer": foreign})) == ""


def test_a_signed_in_user_with_a_wrong_token_is_told_so(region: Region, school: Browser) -> None:
    with region.nothing_changes():
        answer = school.client.post("/employee/add", data={"csrf_token": "x"})
    assert answer.status_code == 400


# --- answers at once -------------------------------------------------------------------------------------------------

CHECKED = (
    ("employee/snils", "112-233-445 96"), ("employee/snils", "123"), ("employee/phone", "12"), ("employee/email", "не почта"),
    ("employee/birth_date", "31.02.1985"), ("employee/birth_date", "05.06.2024"), ("employee/birth_date", "12/31/1985"),
    ("employee/last_name", "Ivanova"),
)  # fmt: skip


@pytest.mark.parametrize(("field", "typed"), CHECKED)
def test_the_answer_is_the_sentence_of_the_form(
    region: Region, school: Browser, home: int, field: str, typed: str
) -> None:
    """One rule, one sentence: what is said when a field is left is what saving would say."""
    position = region.sql("SELECT id FROM position WHERE name = 'Учитель'")[0][0]
    values = {
        "last_name": "Проверкина", "first_name": "Анна", "birth_date": "05.06.1985", "sex": "female", "citizenship": "643",
        "organization": str(home), "position": str(position), "kind": "main", "started_on": "01.09.2020",
    }  # fmt: skip
    name = field.partition("/")[2]
    with region.nothing_changes():
        refused = school.post("/employee/add", {**values, name: typed})
    answer = school.post("/check/", {"field": field, "value": typed})
    sentence = re.search(r'"error": "(.*?)", "value"', answer.text)
    assert sentence is not None, answer.text
    assert sentence[1] == error_beside(refused.text, name) != ""


RIGHT = (
    ("employee/snils", "11223344595", "112-233-445 95"),
    ("employee/snils", " 112 233 445 95 ", "112-233-445 95"),
    ("employee/phone", "8 846 123 45 67", "+7 (846) 123-45-67"),
    ("employee/phone", "8461234567", "+7 (846) 123-45-67"),
    ("employee/birth_date", "5.6.1985", "05.06.1985"),
    ("employee/birth_date", "1985-06-05", "05.06.1985"),
    ("employee/last_name", "иванова", "Иванова"),
    ("organization/phone", "8 846 123, доб. 5", "8 846 123, доб. 5"),
    ("employee/snils", "  ", ""),
)


@pytest.mark.parametrize(("field", "typed", "written"), RIGHT)
def test_a_right_value_is_written_as_it_will_be_kept(school: Browser, field: str, typed: str, written: str) -> None:
    answer = school.post("/check/", {"field": field, "value": typed})
    assert answer.status == 200
    assert f'"error": "", "value": "{written}"' in answer.text


def test_a_check_asks_the_database_nothing_but_who_asks(region: Region, school: Browser) -> None:
    school.post("/check/", {"field": "employee/snils", "value": "1"})
    with region.nothing_changes(), recorded() as statements:
        school.post("/check/", {"field": "employee/snils", "value": "112-233-445 95"})
    assert len([s for s in statements if "FROM employee" in s]) == 0
    assert len([s for s in statements if "WITH RECURSIVE live" in s]) == 1


@pytest.mark.parametrize("field", ["", "employee", "employee/password", "nothing/snils", "employee/__class__", "ab_user/"])  # fmt: skip
def test_only_fields_of_forms_are_checked(school: Browser, field: str) -> None:
    assert school.post("/check/", {"field": field, "value": "1"}).status == 422


@pytest.fixture
def limited(region: Region) -> Iterator[Browser]:
    from app.extensions import limiter

    limiter.reset()
    yield region.browser("ministry")
    limiter.reset()


def test_checks_are_limited(limited: Browser, school: Browser) -> None:
    asked = [limited.post("/check/", {"field": "employee/snils", "value": "1"}).status for _ in range(125)]
    assert (asked[0], asked[119], asked[124]) == (200, 200, 429)
    assert school.post("/check/", {"field": "employee/snils", "value": "1"}).status == 200, (
        "another user is not limited"
    )


# --- rough edges of FAB ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("typed", ["12/31/2020", "2020-31-12", "12.31.2020", "2020/12/31", "Dec 31, 2020"])
def test_a_date_is_never_read_month_first(region: Region, school: Browser, typed: str) -> None:
    pk = person_of(region)
    fields = form_fields(school.get(f"/employee/edit/{pk}").text)
    with region.nothing_changes():
        answer = school.post(f"/employee/edit/{pk}", {**fields, "teaching_since": typed})
    assert answer.status == 422
    assert re.search("[а-яё]", error_beside(answer.text, "teaching_since"))
    assert form_fields(answer.text)["teaching_since"] == [typed]


def login_for(table: str) -> str:
    logins = {"ab_user": "admin", "assignment": "admin", "enrolment": "school", "voucher_application": "school"}
    logins |= dict.fromkeys(("blank_receipt", "blank_act", "registry", "plan_offer"), "organizer")
    return logins.get(table, "operator")


@pytest.mark.parametrize(("view", "table"), [(v, t) for v, t in FORMS if f"{t}:add" in all_permissions()])
def test_a_new_form_chooses_nothing_and_marks_what_is_needed(region: Region, view: str, table: str) -> None:
    """No first school; every control has its words; a required one is said to be so to the eye and to the ear."""
    page = region.browser(login_for(table)).get(f"/{table}/add")
    assert page.status == 200
    form = page.text.split("data-guard", 1)[1].split("</form>", 1)[0]
    fields = form_fields(page.text)
    for name, choices in re.findall(r'<select[^>]* name="([^"]+)"[^>]*>(.*?)</select>', form, re.S):
        chosen = re.findall(r'<option value="([^"]*)" selected', choices)
        defaults = {
            "status",
            "kind",
            "form",
            "ownership",
            "employer_agreement",
            "block",
            "funding",
            "citizenship",
            "campaign",
        }
        assert chosen in ([], [""]) or name in defaults, (name, chosen)
    for pk in re.findall(r'<input type="hidden" name="(?!csrf_token|version|opened)([^"]+)" value="\d', form):
        # who works for one organizer enters its papers only
        assert (pk, login_for(table)) == ("organizer", "organizer"), f"chosen beforehand: {pk}"
    named = set(re.findall(r'<label for="([^"]+)"', form))
    for control in re.findall(r"<(?:input|select|textarea)[^>]*>", form):
        kind = re.search(r'type="(\w+)"', control)
        if kind and kind[1] in ("hidden", "checkbox", "radio", "submit"):
            continue
        pk = re.search(r' id="([^"]+)"', control)
        assert pk and pk[1] in named, control
    for pk in re.findall(r'<label for="([^"]+)">[^<]*<i class="req"', form):
        control = re.search(rf'<(?:input|select|textarea)[^>]* id="{pk}"[^>]*>', form)
        assert control and ("required" in control[0]), pk
    assert fields


@pytest.mark.parametrize(("view", "table"), FORMS)
def test_form_pages_ask_little(region: Region, view: str, table: str) -> None:
    login = login_for(table)
    browser = region.browser(login)
    pk = region.pick(login, table, "own")
    for path in (f"/{table}/add", f"/{table}/edit/{pk}"):
        browser.get(path)
        with recorded() as statements:
            answer = browser.get(path)
        assert answer.status in (200, 403, 409)
        assert statements.writes == []
        # for those who decide, the menu counts what waits
        assert len(statements) <= 14 + (login == "operator"), (path, len(statements))


def test_an_editor_sees_numbers_as_people_write_them(region: Region, school: Browser) -> None:
    pk = region.ids("school", "employee", "t.snils ~ '^[0-9]{11}$'")[0]
    region.sql("UPDATE employee SET phone = '+78461234567' WHERE id = %(pk)s", pk=pk)
    fields = form_fields(school.get(f"/employee/edit/{pk}").text)
    assert re.fullmatch(r"\d{3}-\d{3}-\d{3} \d\d", fields["snils"][0])
    assert fields["phone"] == ["+7 (846) 123-45-67"]
