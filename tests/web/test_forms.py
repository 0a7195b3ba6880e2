"""Generated forms: what was typed stays, errors stand beside their fields, nobody's change is lost, a double click does it once."""

from __future__ import annotations

import re
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from app.permissions import all_permissions
from tests.access.region import Browser, Region
from tests.access.routes import VIEWS
from tests.web.pages import error_beside, flashes, form_fields, refusal, words

#: views whose records may be changed by the operator or the administrator
#: (applications and enrolments change only by their actions, texts of consents by a further version)
#: the blocks of a rule that has been applied are frozen; their forms are tested with the rules
EDITED = [
    view
    for view, (table, forms, _actions) in VIEWS.items()
    if forms
    and f"{table}:edit" in all_permissions()
    and view not in ("VoucherApplicationView", "EnrolmentView", "VoucherRuleBlockView")
]


def wrong_person(region: Region, **over: str) -> dict[str, Any]:
    """The form of a new person of the first school, with what is wrong in it."""
    home = region.people["school"].facts["places"][0]
    position = region.sql("SELECT id FROM position WHERE name = 'Учитель'")[0][0]
    values = {
        "last_name": "Проверкина", "first_name": "Анна", "patronymic": "Петровна", "birth_date": "05.06.1985", "sex": "female",
        "snils": "112-233-445 95", "citizenship": "643", "phone": "", "email": "", "degree": "кандидат наук",
        "organization": home, "position": position, "kind": "main", "started_on": "01.09.2020",
    }  # fmt: skip
    return values | over


WRONG = (
    ("snils", "112-233-445 96", "контрольн"),
    ("snils", "123", "СНИЛС"),
    ("birth_date", "31.02.1985", "31.02.1985"),
    ("birth_date", "на днях", "дд.мм.гггг"),
    ("birth_date", "05.06.2024", "возраст"),
    ("phone", "12", "телефон"),
    ("email", "не почта", "очт"),
    ("last_name", "Ivanova", "фамили"),
    ("last_name", "", "Заполните"),
    ("sex", "", "Заполните"),
    ("started_on", "", "Заполните"),
    ("position", "", "Выберите"),
)


@pytest.mark.parametrize(("field", "typed", "about"), WRONG)
def test_an_error_stands_beside_its_field_and_what_was_typed_stays(
    region: Region, field: str, typed: str, about: str
) -> None:
    browser = region.browser("school")
    with region.nothing_changes():
        answer = browser.post("/employee/add", wrong_person(region, **{field: typed}))
    assert answer.status == 422
    sentence = error_beside(answer.text, field)
    assert about.lower() in sentence.lower(), refusal(answer.text)
    assert re.search("[а-яё]{4}", sentence)
    assert not re.search(r"[A-Za-z]{3}", sentence.replace("Ivanova", ""))
    sent = form_fields(answer.text)
    for name, value in wrong_person(region, **{field: typed}).items():
        assert sent[name] == [str(value)], name


def test_citizenship_is_a_country_and_its_code_is_stored(region: Region) -> None:
    """The form offers names, Russia first; the card says the name; what the registry needs is kept."""
    browser = region.browser("school")
    page = browser.get("/employee/add").text
    box = re.search(r'<select id="citizenship".*?</select>', page, re.S)
    assert box is not None
    offered = re.findall(r'<option value="(\d+)"( selected)?>([^<]+)', box[0])
    assert offered[0] == ("643", " selected", "Россия")
    assert ("112", "", "Беларусь") in offered
    answer = browser.post("/employee/add", wrong_person(region, last_name="Белорусова", snils="", citizenship="112"))
    assert answer.status == 302
    assert region.sql("SELECT citizenship FROM employee WHERE last_name = 'Белорусова'") == [("112",)]
    assert "Гражданство Беларусь" in words(browser.get(answer.headers["Location"]).text)
    with region.nothing_changes():
        refused = browser.post("/employee/add", wrong_person(region, last_name="Белорусова", citizenship="999"))
    assert refused.status == 422
    assert error_beside(refused.text, "citizenship")


ORGANIZATION = (
    ("inn", "6311999999", "ИНН"),
    ("inn", "12", "ИНН"),
    ("kpp", "1", "КПП"),
    ("ogrn", "1026300000001", "ОГРН"),
    ("full_name", "", "Заполните"),
)


@pytest.mark.parametrize(("field", "typed", "about"), ORGANIZATION)
def test_the_requisites_of_an_organization_are_checked(
    region: Region, operator: Browser, field: str, typed: str, about: str
) -> None:
    fields = form_fields(operator.get("/organization/edit/1").text)
    with region.nothing_changes():
        answer = operator.post("/organization/edit/1", {**fields, field: typed})
    assert answer.status == 422
    assert about in error_beside(answer.text, field)
    assert form_fields(answer.text)[field] == [typed]


@pytest.mark.parametrize("typed", ["много", "--5", "1.5", "²", "9999999999", "-5"])
def test_a_number_that_is_none_gets_a_russian_sentence(region: Region, operator: Browser, typed: str) -> None:
    group = region.sql("SELECT id FROM training_group WHERE status = 'open' LIMIT 1")[0][0]
    fields = form_fields(operator.get(f"/training_group/edit/{group}").text)
    with region.nothing_changes():
        answer = operator.post(f"/training_group/edit/{group}", {**fields, "capacity": typed})
    assert answer.status == 422
    shown = refusal(answer.text)
    assert not re.search(r"[A-Za-z]{3}", shown), shown
    assert form_fields(answer.text)["capacity"] == [typed]


# --- a form sent back as it came changes nothing ---------------------------------------------------------------------


@pytest.mark.parametrize("view", EDITED)
def test_a_form_saved_untouched_loses_nothing(region: Region, view: str) -> None:
    """Every field of the form shows what is stored: saving it unchanged leaves the row and its links as they were."""
    table = VIEWS[view][0]
    login = {"ab_user": "admin", "assignment": "admin", "plan_offer": "organizer"}.get(table, "operator")
    browser = region.browser(login)
    for pk in richest(region, table):
        before = stored(region, table, pk)
        page = browser.get(f"/{table}/edit/{pk}")
        assert page.status == 200
        answer = browser.post(f"/{table}/edit/{pk}", form_fields(page.text))
        assert answer.status == 302, refusal(answer.text)
        assert stored(region, table, pk) == before


RICHEST = {
    "program": "t.status IN ('draft', 'returned')",
    "employment": "EXISTS (SELECT FROM employment_subject s WHERE s.employment_id = t.id)",
    "municipality": "EXISTS (SELECT FROM territory_municipality x WHERE x.municipality_id = t.id)",
    "attestation": "t.position_id IS NOT NULL",
    "organization": "t.parent_id IS NOT NULL",
    "position": "cardinality(t.synonyms) > 1",
    "training": "t.source <> 'worker' AND t.status <> 'confirmed'",
    "training_group": "t.status = 'open'",
    "ab_user": "t.username = 'school2'",
    "plan_campaign": "t.status IN ('preparing', 'open')",
    "plan_offer": "t.status = 'offered' AND t.campaign_id IN (SELECT id FROM plan_campaign WHERE status IN ('preparing', 'open'))"
    " AND t.organizer_id IN (SELECT a.organization_id FROM assignment a JOIN ab_user u ON u.id = a.user_id WHERE u.username = 'organizer')",
}
LINKS = {
    "program": ("program_position", "program_subject", "program_organization_type"),
    "employment": ("employment_subject",),
    "municipality": ("territory_municipality",),
    "territory": ("territory_municipality",),
}


def richest(region: Region, table: str) -> list[int]:
    """Two rows whose fields are filled."""
    condition = RICHEST.get(table, "true")
    return [pk for (pk,) in region.sql(f'SELECT id FROM "{table}" t WHERE {condition} ORDER BY id LIMIT 2')]


def stored(region: Region, table: str, pk: int) -> tuple[Any, ...]:
    """Columns and links of a row, without the marks of a change."""
    row = region.sql(
        f"SELECT to_jsonb(t) - 'version' - 'updated_at' - 'changed_on' - 'changed_by_fk' FROM \"{table}\" t WHERE id = %(pk)s",
        pk=pk,
    )
    links = [
        region.sql(f"SELECT * FROM {link} WHERE {table}_id = %(pk)s ORDER BY 1, 2", pk=pk)
        for link in LINKS.get(table, ())
    ]
    return row, links


# --- two people in one form ------------------------------------------------------------------------------------------


def test_a_change_made_meanwhile_is_not_overwritten(region: Region, operator: Browser) -> None:
    """The second save is refused, keeps what was typed, and works once the user has seen it (H17)."""
    pk = region.sql("SELECT id FROM organization WHERE parent_id IS NULL ORDER BY id DESC LIMIT 1")[0][0]
    first = form_fields(operator.get(f"/organization/edit/{pk}").text)
    second = form_fields(operator.get(f"/organization/edit/{pk}").text)
    assert operator.post(f"/organization/edit/{pk}", {**first, "head_name": "Первая Анна Ивановна"}).status == 302
    refused = operator.post(f"/organization/edit/{pk}", {**second, "head_name": "Вторая Вера Ивановна"})
    assert refused.status == 422
    assert "изменил другой пользователь" in refused.text
    again = form_fields(refused.text)
    assert again["head_name"] == ["Вторая Вера Ивановна"]
    assert region.sql("SELECT head_name FROM organization WHERE id = %(pk)s", pk=pk)[0][0] == "Первая Анна Ивановна"
    assert operator.post(f"/organization/edit/{pk}", again).status == 422, "nothing is chosen yet"
    assert operator.post(f"/organization/edit/{pk}", {**again, "choice-head_name": "mine"}).status == 302
    assert region.sql("SELECT head_name FROM organization WHERE id = %(pk)s", pk=pk)[0][0] == "Вторая Вера Ивановна"


def test_a_row_deleted_meanwhile_answers_404(region: Region, operator: Browser) -> None:
    pk = region.sql("INSERT INTO subject (name) VALUES ('Недолгий предмет') RETURNING id")[0][0]
    fields = form_fields(operator.get(f"/subject/edit/{pk}").text)
    region.sql("DELETE FROM subject WHERE id = %(pk)s", pk=pk)
    assert operator.post(f"/subject/edit/{pk}", fields).status == 404
    assert operator.post(f"/subject/delete/{pk}").status == 404


# --- deletion --------------------------------------------------------------------------------------------------------

USED = (
    ("position", "SELECT position_id FROM employment LIMIT 1", "места работы"),
    ("organization", "SELECT organization_id FROM employment LIMIT 1", "места работы"),
    ("education_level", "SELECT level_id FROM qualification LIMIT 1", "образовани"),
    ("territory", "SELECT territory_id FROM organization LIMIT 1", "организаци"),
    ("municipality", "SELECT municipality_id FROM organization LIMIT 1", "организаци"),
    ("program", "SELECT program_id FROM training_group LIMIT 1", "групп"),
    ("training_group", "SELECT group_id FROM enrolment LIMIT 1", "запис"),
    ("employee", "SELECT employee_id FROM voucher LIMIT 1", "чек"),
    ("voucher_rule", "SELECT rule_id FROM voucher LIMIT 1", "чек"),
    ("attestation_kind", "SELECT kind_id FROM attestation LIMIT 1", "аттестаци"),
)


@pytest.mark.parametrize(("table", "used", "users"), USED)
def test_deleting_a_used_row_names_what_uses_it(
    region: Region, operator: Browser, table: str, used: str, users: str
) -> None:
    pk = region.sql(used)[0][0]
    with region.nothing_changes():
        answer = operator.post(f"/{table}/delete/{pk}")
        assert answer.status == 302
        sentence = flashes(operator.get(answer.headers["Location"]).text)
    assert users in sentence.lower()
    assert not re.search("[A-Za-z]{3}", sentence)


def test_an_unused_row_is_deleted_with_an_entry_in_the_journal(region: Region, operator: Browser) -> None:
    pk = region.sql("INSERT INTO subject (name) VALUES ('Лишний предмет') RETURNING id")[0][0]
    answer = operator.post(f"/subject/delete/{pk}")
    assert "Лишний предмет" in flashes(operator.get(answer.headers["Location"]).text)
    assert region.sql("SELECT count(*) FROM subject WHERE id = %(pk)s", pk=pk)[0][0] == 0
    assert region.sql("SELECT action, object_id FROM audit_entry ORDER BY id DESC LIMIT 1") == [("subject.deleted", pk)]


# --- double submit ---------------------------------------------------------------------------------------------------


def at_once(region: Region, login: str, path: str, data: dict[str, Any], clicks: int = 4) -> list[int]:
    """Statuses of the same form sent several times at the same moment."""
    start = threading.Barrier(clicks)

    def click(_number: int) -> int:
        browser = region.browser(login)
        browser.post("/password/")
        start.wait()
        return browser.post(path, data).status

    with ThreadPoolExecutor(clicks) as pool:
        return sorted(pool.map(click, range(clicks)))


def test_a_double_click_creates_one_record(region: Region) -> None:
    """The rest are refused with a sentence of the form, not with an error page."""
    assert at_once(region, "operator", "/subject/add", {"name": "Двойной предмет", "active": "y"}) == [
        302,
        422,
        422,
        422,
    ]
    assert region.sql("SELECT count(*) FROM subject WHERE name = 'Двойной предмет'") == [(1,)]


def test_a_double_click_hires_one_person(region: Region) -> None:
    values = wrong_person(region, snils="112-233-445 95")
    assert at_once(region, "school", "/employee/add", values) == [302, 422, 422, 422]
    assert region.sql("SELECT count(*) FROM employee WHERE snils = '11223344595'") == [(1,)]
    again = region.browser("school").post("/employee/add", values)
    assert "уже есть" in refusal(again.text)


def test_a_double_click_decides_an_application_once(region: Region) -> None:
    """One чек, one journal entry; the slower click is told that the state has changed."""
    pk, person = region.sql(
        "SELECT a.id, a.employee_id FROM voucher_application a WHERE a.status = 'submitted' AND NOT EXISTS"
        " (SELECT FROM voucher v WHERE v.employee_id = a.employee_id AND v.status = 'active') ORDER BY id LIMIT 1"
    )[0]
    assert at_once(region, "operator", f"/voucher_application/act/{pk}/approve", {}) == [302, 302, 302, 302]
    assert region.sql("SELECT count(*) FROM voucher WHERE application_id = %(pk)s", pk=pk) == [(1,)]
    action = "SELECT count(*) FROM audit_entry WHERE action = 'voucher_application.approve' AND object_id = %(pk)s"
    assert region.sql(action, pk=pk) == [(1,)]
    assert region.sql("SELECT count(*) FROM voucher WHERE employee_id = %(p)s AND status = 'active'", p=person) == [
        (1,)
    ]
