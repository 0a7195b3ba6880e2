"""What forms do for people: the next record, words instead of a choice, two editors, an expired sign-in, answers at once."""

from __future__ import annotations

import io
import re
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import unquote

import pytest

from app.clock import today
from app.permissions import all_permissions
from tests.access.region import Browser, Region
from tests.access.routes import VIEWS
from tests.services.scans import pdf
from tests.statements import recorded
from tests.web.pages import error_beside, flashes, form_fields, refusal, words

FORMS = [(view, table) for view, (table, forms, _actions) in VIEWS.items() if forms]


@pytest.fixture
def operator(region: Region) -> Browser:
    return region.browser("operator")


@pytest.fixture
def school(region: Region) -> Browser:
    return region.browser("school")


def person_of(region: Region, number: int = 0) -> int:
    """A person whose card the responsible person of the first school may change."""
    return region.ids("school", "employee", "t.snils NOT LIKE '9000%%'")[number]


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
    """The form holds the mask and says what its parts mean; the card shows the first number and no program text."""
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
    assert form_fields(form)["certificate_mask"] == ["{number:04d}/{year}"]
    assert "{code} — шифр программы" in words(form)


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


# --- two editors -----------------------------------------------------------------------------------------------------


def differences(page: str) -> dict[str, tuple[str, str, str]]:
    """Field → what was there at opening, the other one's value (by whom), whose value is marked: of each choice."""
    found = {}
    for name, box in re.findall(r'<fieldset class="choice" id="choice-(\w+)"(.*?)<div class="mine">', page, re.S):
        before = re.search(r"Было при открытии:(.*?)</p>", box, re.S)
        theirs = re.search(r"Значение другого:(.*?)</label>", box, re.S)
        assert before is not None and theirs is not None and words(box.split("<legend>", 1)[1].split("</legend>")[0])
        marked = re.findall(r'value="(\w+)" checked', box)
        found[name] = (words(before[1]), words(theirs[1]), ",".join(marked))
    return found


def stored(region: Region, pk: int, *columns: str) -> tuple[Any, ...]:
    return tuple(region.sql(f"SELECT {', '.join(columns)} FROM employee WHERE id = %(pk)s", pk=pk)[0])


@pytest.mark.parametrize("order", [("school", "operator"), ("operator", "school")])
def test_the_second_editor_sees_the_difference(region: Region, order: tuple[str, str]) -> None:
    """Both changed the degree; only the first one the awards. Nothing is lost, whoever comes first."""
    first, second = (region.browser(login) for login in order)
    pk = person_of(region, 1)
    region.sql("UPDATE employee SET degree = 'была степень', awards = NULL, email = NULL WHERE id = %(pk)s", pk=pk)
    path = f"/employee/edit/{pk}"
    forms = [form_fields(browser.get(path).text) for browser in (first, second)]
    assert first.post(path, {**forms[0], "degree": "кандидат наук", "awards": "Грамота"}).status == 302
    with region.nothing_changes():
        refused = second.post(path, {**forms[1], "degree": "доцент", "email": "new@example.ru"})
    assert refused.status == 422
    assert "Пока вы работали с формой, запись изменил другой пользователь" in refusal(refused.text)
    rows = differences(refused.text)
    name = region.sql("SELECT last_name || ' ' || first_name FROM ab_user WHERE username = %(u)s", u=order[0])[0][0]
    assert sorted(rows) == ["awards", "degree"]
    degree, awards = rows["degree"], rows["awards"]
    assert "кандидат наук" in degree[1] and name in degree[1]
    assert "Грамота" in awards[1] and name in awards[1]
    # what only the other one changed is taken, what both changed is asked
    assert (degree[0], degree[2]) == ("была степень", "")
    assert (awards[0], awards[2]) == ("пусто", "theirs")

    assert "Сохранить выбранное" in refused.text
    assert f'href="{path}" data-forget>Взять то, что в базе' in refused.text
    again = form_fields(refused.text)
    assert (again["degree"], again["awards"], again["email"]) == (["доцент"], [""], ["new@example.ru"])
    with region.nothing_changes():
        asked = second.post(path, again)
    assert asked.status == 422
    assert ": Выберите, чьё значение сохранить." in refusal(asked.text).split("Награды")[0]
    assert second.post(path, {**form_fields(asked.text), "choice-degree": "mine"}).status == 302
    assert stored(region, pk, "degree", "awards", "email") == ("доцент", "Грамота", "new@example.ru")


def conflicting(
    region: Region, number: int, first: Browser, second: Browser, **typed: tuple[str, str]
) -> tuple[int, Any]:
    """Both opened the same card and saved different values; returns the card and the refusal that the second one reads."""
    pk = person_of(region, number)
    path = f"/employee/edit/{pk}"
    forms = [form_fields(browser.get(path).text) for browser in (first, second)]
    assert first.post(path, {**forms[0], **{name: value for name, (value, _) in typed.items()}}).status == 302
    return pk, second.post(path, {**forms[1], **{name: value for name, (_, value) in typed.items()}})


def test_each_field_is_chosen_by_itself(region: Region, operator: Browser, school: Browser) -> None:
    pk, refused = conflicting(
        region, 8, operator, school, degree=("их степень", "моя степень"), awards=("их награда", "моя награда")
    )
    chosen = {**form_fields(refused.text), "choice-degree": "theirs", "choice-awards": "mine"}
    assert school.post(f"/employee/edit/{pk}", chosen).status == 302
    assert stored(region, pk, "degree", "awards") == ("их степень", "моя награда")


def test_the_old_value_can_be_kept_against_a_change_of_the_other(
    region: Region, operator: Browser, school: Browser
) -> None:
    """«Моё значение» of a field that I did not touch is what stood there when I opened the form."""
    region.sql("UPDATE employee SET awards = 'старая' WHERE id = %(pk)s", pk=person_of(region, 9))
    pk, refused = conflicting(region, 9, operator, school, awards=("новая", "старая"))
    assert differences(refused.text)["awards"][::2] == ("старая", "theirs")
    assert school.post(f"/employee/edit/{pk}", {**form_fields(refused.text), "choice-awards": "mine"}).status == 302
    assert stored(region, pk, "awards") == ("старая",)


def test_an_own_value_typed_on_beside_the_other_choice_is_not_lost(
    region: Region, operator: Browser, school: Browser
) -> None:
    region.sql("UPDATE employee SET awards = 'старая' WHERE id = %(pk)s", pk=person_of(region, 10))
    pk, refused = conflicting(region, 10, operator, school, awards=("новая", "старая"))
    with region.nothing_changes():
        again = school.post(f"/employee/edit/{pk}", {**form_fields(refused.text), "awards": "дописано"})
    assert again.status == 422
    assert "Вы изменили своё значение" in refusal(again.text)
    assert differences(again.text)["awards"][::2] == ("старая", "")
    assert form_fields(again.text)["awards"] == ["дописано"]


def test_snils_and_phone_show_what_was_there(region: Region, operator: Browser, school: Browser) -> None:
    """The СНИЛС as the journal hides it, the phone as it is written; both values of now whole, or they would look alike."""
    pk = person_of(region, 11)
    was, theirs, mine = "11223344595", "11223344797", "11223344999"
    region.sql("UPDATE employee SET snils = %(s)s, phone = '+78460000001' WHERE id = %(pk)s", s=was, pk=pk)
    _, refused = conflicting(
        region, 11, operator, school, snils=(theirs, mine), phone=("+7 846 000-00-02", "+7 846 000-00-03")
    )
    rows = differences(refused.text)
    assert rows["snils"][0] == "***-***-445 95"
    assert rows["snils"][1].startswith("112-233-447 97")
    assert rows["phone"][0] == "+7 (846) 000-00-01"
    assert rows["phone"][1].startswith("+7 (846) 000-00-02")


def test_what_the_journal_does_not_know_is_said(region: Region, operator: Browser, school: Browser) -> None:
    """Without an entry the old value is told where it is certain: empty, or one that the journal has of an earlier change."""
    pk = person_of(region, 12)
    path = f"/employee/edit/{pk}"
    region.sql("UPDATE employee SET awards = NULL, degree = 'никем не записана' WHERE id = %(pk)s", pk=pk)
    assert operator.post(path, {**form_fields(operator.get(path).text), "email": "was@example.ru"}).status == 302
    mine = form_fields(school.get(path).text)
    region.sql("UPDATE employee SET awards = 'их', degree = 'их', email = 'their@example.ru', version = version + 1 WHERE id = %(pk)s", pk=pk)  # fmt: skip
    refused = school.post(path, {**mine, "awards": "моя", "degree": "моя", "email": "mine@example.ru"})
    assert {name: row[0] for name, row in differences(refused.text).items()} == {
        "awards": "пусто",
        "degree": "неизвестно: журнал об этом изменении не говорит",
        "email": "was@example.ru",
    }


def test_what_is_in_the_base_can_be_taken(region: Region, operator: Browser, school: Browser) -> None:
    pk = person_of(region, 2)
    path = f"/employee/edit/{pk}"
    mine = form_fields(school.get(path).text)
    assert operator.post(path, {**form_fields(operator.get(path).text), "degree": "профессор"}).status == 302
    assert school.post(path, {**mine, "degree": "доцент"}).status == 422
    fresh = form_fields(school.get(path).text)
    assert fresh["degree"] == ["профессор"]
    assert school.post(path, fresh).status == 302
    assert stored(region, pk, "degree") == ("профессор",)


def test_different_fields_are_saved_together_after_a_look(region: Region, operator: Browser, school: Browser) -> None:
    pk = person_of(region, 3)
    path = f"/employee/edit/{pk}"
    mine, theirs = form_fields(school.get(path).text), form_fields(operator.get(path).text)
    assert operator.post(path, {**theirs, "awards": "Медаль"}).status == 302
    refused = school.post(path, {**mine, "degree": "доцент"})
    assert differences(refused.text)["awards"][2] == "theirs"
    assert school.post(path, form_fields(refused.text)).status == 302
    assert stored(region, pk, "awards", "degree") == ("Медаль", "доцент")


def test_the_same_change_of_both_is_no_conflict(region: Region, operator: Browser, school: Browser) -> None:
    pk = person_of(region, 4)
    path = f"/employee/edit/{pk}"
    mine, theirs = form_fields(school.get(path).text), form_fields(operator.get(path).text)
    assert operator.post(path, {**theirs, "phone": "8 (846) 123-45-67"}).status == 302
    assert school.post(path, {**mine, "phone": "+7 846 1234567"}).status == 302
    assert stored(region, pk, "phone") == ("+78461234567",)


def test_a_mistake_in_between_does_not_hide_the_conflict(region: Region, operator: Browser, school: Browser) -> None:
    """The refused form still speaks of the moment when it was opened."""
    pk = person_of(region, 5)
    path = f"/employee/edit/{pk}"
    mine, theirs = form_fields(school.get(path).text), form_fields(operator.get(path).text)
    assert operator.post(path, {**theirs, "degree": "профессор"}).status == 302
    wrong = school.post(path, {**mine, "degree": "доцент", "birth_date": "31.02.1985"})
    assert differences(wrong.text) == {}
    assert "31.02.1985" in error_beside(wrong.text, "birth_date")
    mended = school.post(path, {**form_fields(wrong.text), "birth_date": mine["birth_date"]})
    assert list(differences(mended.text)) == ["degree"]
    assert form_fields(mended.text)["degree"] == ["доцент"]
    assert stored(region, pk, "degree") == ("профессор",)


def test_a_third_change_is_shown_again(region: Region, operator: Browser, school: Browser) -> None:
    """What was chosen holds for the value that was shown, not for one that came after it; a choice about another field stays."""
    pk = person_of(region, 6)
    path = f"/employee/edit/{pk}"
    region.sql("UPDATE employee SET degree = 'была', awards = NULL WHERE id = %(pk)s", pk=pk)
    mine = form_fields(school.get(path).text)
    first = {**form_fields(operator.get(path).text), "degree": "первая", "awards": "их"}
    assert operator.post(path, first).status == 302
    refused = school.post(path, {**mine, "degree": "моя", "awards": "мои"})
    assert operator.post(path, {**form_fields(operator.get(path).text), "degree": "вторая"}).status == 302
    chosen = {"choice-degree": "mine", "choice-awards": "mine"}
    with region.nothing_changes():
        again = school.post(path, {**form_fields(refused.text), **chosen})
    assert again.status == 422
    assert "Значение изменили ещё раз" in refusal(again.text)
    rows = differences(again.text)
    assert (rows["degree"][0], rows["degree"][1][:6], rows["degree"][2]) == ("была", "вторая", "")
    assert rows["awards"][2] == "mine"
    assert school.post(path, {**form_fields(again.text), "choice-degree": "theirs"}).status == 302
    assert stored(region, pk, "degree", "awards") == ("вторая", "мои")


def test_a_table_without_versions_is_guarded_too(region: Region, operator: Browser) -> None:
    """Links to several rows are compared as well."""
    pk = region.sql("SELECT employment_id FROM employment_subject GROUP BY 1 HAVING count(*) = 1 ORDER BY 1 LIMIT 1")[
        0
    ][0]
    path, admin = f"/employment/edit/{pk}", region.browser("operator")
    mine, theirs = form_fields(operator.get(path).text), form_fields(admin.get(path).text)
    assert "version" not in mine
    subject = region.sql("SELECT id FROM subject WHERE active AND id <> %(own)s ORDER BY id LIMIT 1", own=int(mine["subjects"][0]))[0][0]  # fmt: skip
    assert admin.post(path, {**theirs, "subjects": [*theirs["subjects"], str(subject)]}).status == 302
    with region.nothing_changes():
        refused = operator.post(path, {**mine, "activity": "Кружок"})
    assert refused.status == 422
    ((name, row),) = differences(refused.text).items()
    assert (name, row[2]) == ("subjects", "theirs")
    assert "вы в другом окне" in row[1]
    again = form_fields(refused.text)
    assert again["subjects"] == mine["subjects"]
    assert operator.post(path, again).status == 302
    saved = region.sql("SELECT subject_id FROM employment_subject WHERE employment_id = %(pk)s", pk=pk)
    assert {row[0] for row in saved} == {int(mine["subjects"][0]), subject}


def test_links_of_both_show_the_links_of_before(region: Region, operator: Browser) -> None:
    """The journal has only what came and what went; the page shows the whole list that was there."""
    pk, own = region.sql(
        "SELECT employment_id, min(subject_id) FROM employment_subject GROUP BY 1 HAVING count(*) = 1 ORDER BY 1 DESC LIMIT 1"
    )[0]
    path, names = f"/employment/edit/{pk}", region.sql("SELECT id, name FROM subject WHERE active AND id <> %(own)s ORDER BY id LIMIT 2", own=own)  # fmt: skip
    was = region.sql("SELECT name FROM subject WHERE id = %(own)s", own=own)[0][0]
    mine, theirs = (form_fields(operator.get(path).text) for _ in range(2))
    assert operator.post(path, {**theirs, "subjects": [str(names[0][0])]}).status == 302
    refused = operator.post(path, {**mine, "subjects": [str(own), str(names[1][0])]})
    row = differences(refused.text)["subjects"]
    assert (row[0], row[1].startswith(names[0][1]), row[2]) == (was, True, "")
    assert operator.post(path, {**form_fields(refused.text), "choice-subjects": "mine"}).status == 302


RACES = (
    ("employee", "degree", "SELECT id FROM employee WHERE snils NOT LIKE '9000%%' ORDER BY id DESC LIMIT 1"),
    ("qualification", "speciality", "SELECT id FROM qualification ORDER BY id LIMIT 1"),
)


@pytest.mark.parametrize(("table", "column", "which"), RACES)
def test_of_saves_at_the_same_moment_one_wins(region: Region, table: str, column: str, which: str) -> None:
    """With a version column and without one: the rest see the winner's value beside their own."""
    pk = region.sql(which)[0][0]
    path, clicks = f"/{table}/edit/{pk}", 4
    start = threading.Barrier(clicks)

    def save(number: int) -> tuple[int, str, str]:
        browser, mine = region.browser("operator"), f"значение {number}"
        fields = form_fields(browser.get(path).text)
        browser.post("/password/")
        start.wait()
        answer = browser.post(path, {**fields, column: mine})
        return answer.status, mine, answer.text

    with ThreadPoolExecutor(clicks) as pool:
        saved = list(pool.map(save, range(clicks)))
    assert sorted(status for status, *_ in saved) == [302, 422, 422, 422]
    winner = next(mine for status, mine, _ in saved if status == 302)
    assert region.sql(f"SELECT {column} FROM {table} WHERE id = %(pk)s", pk=pk) == [(winner,)]
    for status, mine, text in saved:
        if status == 422:
            ((name, row),) = differences(text).items()
            assert (name, winner in row[1], row[2]) == (column, True, "")
            assert form_fields(text)[column] == [mine]


@pytest.mark.parametrize("opened", ["", "x", "999999999999999999 a:b", "1 :", "12 12 12", "1 degree:00000000"])
def test_a_form_with_a_spoilt_mark_is_refused_not_trusted(region: Region, school: Browser, opened: str) -> None:
    pk = person_of(region, 7)
    path = f"/employee/edit/{pk}"
    mine = form_fields(school.get(path).text)
    region.sql("UPDATE employee SET degree = 'другая', version = version + 1 WHERE id = %(pk)s", pk=pk)
    with region.nothing_changes():
        refused = school.post(path, {**mine, "opened": opened, "degree": "моя"})
    assert refused.status == 422
    assert differences(refused.text)["degree"][::2] == ("неизвестно: журнал об этом изменении не говорит", "")
    assert form_fields(refused.text)["degree"] == ["моя"]


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
    logins |= dict.fromkeys(("blank_receipt", "blank_act", "registry"), "organizer")
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
        defaults = {"status", "kind", "form", "ownership", "employer_agreement", "block", "funding", "citizenship"}
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
        assert len(statements) <= 14, (path, len(statements))


def test_an_editor_sees_numbers_as_people_write_them(region: Region, school: Browser) -> None:
    pk = region.ids("school", "employee", "t.snils ~ '^[0-9]{11}$'")[0]
    region.sql("UPDATE employee SET phone = '+78461234567' WHERE id = %(pk)s", pk=pk)
    fields = form_fields(school.get(f"/employee/edit/{pk}").text)
    assert re.fullmatch(r"\d{3}-\d{3}-\d{3} \d\d", fields["snils"][0])
    assert fields["phone"] == ["+7 (846) 123-45-67"]
