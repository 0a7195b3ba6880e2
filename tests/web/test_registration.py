"""Pages of the registration and of the consents: steps, refusals beside the fields, the same answer for everybody."""

from __future__ import annotations

import datetime as dt
import html
import re
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask, g
from flask.testing import FlaskClient

from app import addresses
from app import models as m
from app.clock import today
from app.extensions import limiter
from app.services.access import sessions
from app.services.access.accounts import find_account
from app.services.personnel.consents import consent_texts
from app.services.portal import captcha
from tests.actors import client_as
from tests.services import makers as mk
from tests.statements import recorded
from tests.web.captcha_answers import answer_to
from tests.web.pages import error_beside, form_fields, names, refusal, words

#: the step at which the position is told
WORKPLACE = addresses.at("register", "work", "")

PASSWORD = "Дождь-стучит-по-крыше"


@pytest.fixture(autouse=True)
def _quick_captcha(app: Flask) -> Iterator[None]:
    app.config["CAPTCHA_SECONDS"] = 0
    yield
    del app.config["CAPTCHA_SECONDS"]


@pytest.fixture
def school(session: Any) -> Any:
    return mk.make_organization()


@pytest.fixture
def client(app: Flask, school: Any) -> FlaskClient:
    return app.test_client()


def token_in(page: str) -> str:
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    assert found is not None
    return found[1]


def send(client: FlaskClient, path: str, **data: Any) -> Any:
    page = client.get(path).get_data(as_text=True)
    return client.post(path, data={"csrf_token": token_in(page), **data})


def texts(*purposes: str) -> list[int]:
    return [t.id for t in consent_texts.current_texts() if t.purpose in (purposes or ("processing",))]


def come_to_the_last_step(client: FlaskClient, school: Any) -> str:
    """Walk through the first steps; the page of the last one."""
    assert send(client, "/register/", consent=texts()).location == "/register/organization/"
    chosen = {"organization": school.id, "organization_text": school.short_name}
    assert send(client, "/register/organization/", **chosen).location == WORKPLACE
    page = client.get(WORKPLACE).get_data(as_text=True)
    assert f"Вы выбрали: {school.short_name}. Территориальный орган — " in html.unescape(page)
    position, subject = mk.make_position(), mk.make_subject()
    answer = send(
        client,
        WORKPLACE,
        position=position.id, position_text=position.name,
        subjects=subject.id, subjects_text="",
    )  # fmt: skip
    assert answer.location == "/register/person/"
    return str(client.get("/register/person/").get_data(as_text=True))


def filled(page: str, **over: str) -> dict[str, Any]:
    question = re.search(r'<label for="captcha">(.*?)<', page)
    assert question is not None
    values = {
        "last_name": "Миронова", "first_name": "Вера", "patronymic": "", "birth_date": "17.05.1988",
        "snils": mk.next_snils(), "phone": "89271234567", "email": "mironova@example.org", "new": PASSWORD,
        "again": PASSWORD, "captcha": answer_to(html.unescape(question[1])), "website": "",
    }  # fmt: skip
    return {"csrf_token": token_in(page), "token": form_fields(page)["token"][0], **values, **over}


def post_form(client: FlaskClient, school: Any, **over: str) -> Any:
    return client.post("/register/person/", data=filled(come_to_the_last_step(client, school), **over))


# --- the steps -------------------------------------------------------------------------------------------------------


def test_the_sign_in_page_leads_to_the_registration(client: FlaskClient) -> None:
    assert 'href="/register/">Регистрация в АИС' in client.get("/login/").get_data(as_text=True)


def test_each_purpose_has_its_own_unchecked_box(client: FlaskClient) -> None:
    page = client.get("/register/").get_data(as_text=True)
    boxes = re.findall(r'<input type="checkbox" name="consent"[^>]*>', page)
    assert len(boxes) == 3
    assert not any("checked" in box for box in boxes)


def test_the_required_box_is_asked_for_and_what_was_checked_stays(client: FlaskClient) -> None:
    answer = send(client, "/register/", consent=texts("news"))
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "личный кабинет открыть нельзя" in page
    assert re.search(rf'value="{texts("news")[0]}" checked', page)


@pytest.mark.parametrize("path", ["/register/organization/", WORKPLACE, "/register/person/"])
def test_a_step_out_of_turn_leads_back(client: FlaskClient, path: str) -> None:
    assert client.get(path).location == "/register/"


def test_the_search_shows_only_names_of_active_organizations(client: FlaskClient, school: Any) -> None:
    closed = mk.make_organization(closed_on=today())
    other = mk.make_organization()
    found = client.get("/register/find/organization", query_string={"q": school.short_name}).get_json()
    assert found["results"] == [{"id": school.id, "text": school.short_name, "detail": "Пробный район"}]
    everywhere = client.get("/register/find/organization").get_json()["results"]
    assert {row["id"] for row in everywhere} == {school.id, other.id}
    assert closed.id not in {row["id"] for row in everywhere}
    assert client.get("/register/find/employee").status_code == 404


def test_the_cookie_keeps_no_personal_data(client: FlaskClient, school: Any) -> None:
    post_form(client, school, snils="123")
    with client.session_transaction() as session:
        assert set(session["registration"]) == {"texts", "organization", "position", "subjects"}


def test_whoever_is_signed_in_needs_no_registration(demo_app: Flask) -> None:
    assert client_as(demo_app, "worker").get("/register/").location == "/"


# --- the last step ---------------------------------------------------------------------------------------------------


def test_a_right_form_is_taken(client: FlaskClient, school: Any) -> None:
    assert post_form(client, school).location == "/register/sent/"
    (row,) = mk.rows(m.Registration)
    assert (row.last_name, row.organization_id) == ("Миронова", school.id)
    assert client.get("/register/person/").location == "/register/"


def test_all_mistakes_are_named_at_once_and_the_password_is_not_shown(client: FlaskClient, school: Any) -> None:
    answer = post_form(
        client, school, birth_date="01.05.2019", snils="123-456-789 01", again="другой", captcha="не знаю"
    )
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    for field in ("birth_date", "snils", "again", "captcha"):
        assert error_beside(page, field), field
    assert "возраст" in error_beside(page, "birth_date")
    assert 'value="Миронова"' in page and 'value="01.05.2019"' in page
    assert PASSWORD not in page
    assert "Контрольное число" in refusal(page)
    assert mk.rows(m.Registration) == mk.rows(m.Letter) == []


def test_the_answer_is_kept_while_something_else_is_mended(client: FlaskClient, school: Any) -> None:
    page = post_form(client, school, snils="123").get_data(as_text=True)
    fields = form_fields(page)
    answer = client.post("/register/person/", data=filled(page, captcha=fields["captcha"][0]))
    assert answer.location == "/register/sent/"


def test_a_program_that_fills_in_everything_is_refused(client: FlaskClient, school: Any) -> None:
    answer = post_form(client, school, website="http://example.org")
    assert answer.status_code == 422
    assert mk.rows(m.Registration) == []


def test_a_hasty_form_is_refused(app: Flask, client: FlaskClient, school: Any) -> None:
    app.config["CAPTCHA_SECONDS"] = 60
    page = post_form(client, school).get_data(as_text=True)
    assert "слишком быстро" in error_beside(page, "captcha")
    assert mk.rows(m.Registration) == []


def test_a_known_person_and_a_newcomer_see_the_same(app: Flask, school: Any) -> None:
    known = mk.make_person(school)
    pages = []
    for values in ({}, {"snils": known.employee.snils, "email": "second@example.org"}):
        g.pop("csrf_token", None)  # the context of the test outlives the browser of the first
        client = app.test_client()
        answer = post_form(client, school, **values)
        assert (answer.status_code, answer.location) == (302, "/register/sent/")
        pages.append(words(client.get("/register/sent/").get_data(as_text=True)))
    assert pages[0] == pages[1]
    assert len(mk.rows(m.Registration)) == 1


def newcomer(app: Flask) -> FlaskClient:
    """Another browser; the context of the test outlives that of the first."""
    g.pop("csrf_token", None)
    return app.test_client()


def worked(token: str) -> str:
    """What the script of the page finds."""
    return next(str(n) for n in range(10_000_000) if captcha.has_worked(token, str(n)))


def test_without_the_browsers_work_one_address_is_heard_less_often(app: Flask, school: Any) -> None:
    app.config["NO_WORK_RATE"] = "1 per hour"
    try:
        answers = [post_form(newcomer(app), school, email=f"n{n}@example.org").status_code for n in range(2)]
        assert answers == [302, 422]
        client = newcomer(app)
        values = filled(come_to_the_last_step(client, school), email="n3@example.org")
        with mk.nothing_changes():
            refused = client.post("/register/person/", data={**values, "work": "12"})
        assert "без проверки браузером" in error_beside(refused.get_data(as_text=True), "captcha")
        client = newcomer(app)
        values = filled(come_to_the_last_step(client, school), email="n4@example.org")
        assert client.post("/register/person/", data={**values, "work": worked(values["token"])}).status_code == 302
    finally:
        app.config["NO_WORK_RATE"] = "10000 per minute"
        limiter.reset()


def test_too_many_forms_are_refused(app: Flask, client: FlaskClient) -> None:
    app.config["REGISTER_RATE"] = "2 per minute"
    try:
        codes = [send(client, "/register/").status_code for _ in range(4)]
    finally:
        del app.config["REGISTER_RATE"]
    assert codes[-1] == 429


# --- the link --------------------------------------------------------------------------------------------------------


def link() -> str:
    found = re.search(r"/register/confirm/[\w-]{40,}", mk.rows(m.Letter)[-1].body)
    assert found is not None
    return found[0]


def test_opening_the_link_changes_nothing_the_button_does_and_only_once(client: FlaskClient, school: Any) -> None:
    post_form(client, school)
    path = link()
    with mk.nothing_changes():
        page = client.get(path).get_data(as_text=True)
    assert "mironova@example.org" in page
    assert client.post(path, data={"csrf_token": token_in(page)}).location == "/login/"
    assert mk.rows(m.Registration)[0].status == "pending"
    with mk.nothing_changes():
        assert client.post(path, data={"csrf_token": token_in(page)}).status_code == 404
        again = client.get(path)
    assert again.status_code == 404
    assert "Ссылка не действует" in again.get_data(as_text=True)


def test_an_altered_link_is_not_found(client: FlaskClient, school: Any) -> None:
    post_form(client, school)
    assert client.get(link()[:-3] + "xyz").status_code == 404


# --- the operator's list ---------------------------------------------------------------------------------------------


def make_registration(school: Any, **over: Any) -> Any:
    values = {
        "last_name": "Миронова", "first_name": "Вера", "birth_date": dt.date(1988, 5, 17), "snils": mk.next_snils(),
        "email": f"{mk.next_snils()}@example.org", "organization_id": school.id, "position_id": mk.make_position().id,
        "status": "pending", "due_on": today(),
    }  # fmt: skip
    return mk.save(m.Registration(**(values | over)))


def sign_in(app: Flask, actor: Any) -> FlaskClient:
    client = app.test_client()
    account = mk.fetch(m.Account, actor.user_id)
    for grant in actor.grants:
        mk.save(m.Assignment(user_id=account.id, role=grant.role, valid_from=today()))
    signed_in = sessions.start(find_account(account.username), hours=12)
    with client.session_transaction() as session:
        session["_user_id"] = signed_in.get_id()
        session["_fresh"] = True
    return client


def test_the_list_reads_as_much_for_three_rows_as_for_one(app: Flask, school: Any) -> None:
    operator = sign_in(app, mk.make_actor("operator"))
    make_registration(school, status="email")
    numbers = []
    for rows in (1, 2):
        for _ in range(rows):
            make_registration(school)
        operator.get("/registration/list/")
        with recorded() as statements:
            page = operator.get("/registration/list/").get_data(as_text=True)
        numbers.append(len(statements))
        assert names(page) == ["Миронова Вера"] * (1 if rows == 1 else 3)
    assert numbers[0] == numbers[1]


def test_the_operator_sees_the_difference_and_chooses(app: Flask, school: Any) -> None:
    operator = sign_in(app, mk.make_actor("operator"))
    card = mk.make_employee(last_name="Соснина", first_name="Вера", patronymic=None, birth_date=dt.date(1988, 5, 17))
    user = mk.make_account()
    row = make_registration(school, snils=card.snils, user_id=user.id)
    page = operator.get(f"/registration/show/{row.id}").get_data(as_text=True)
    assert "Карточка уже есть" in page and "Соснина" in page
    token = token_in(page)
    operator.post(f"/registration/act/{row.id}/confirm", data={"csrf_token": token})
    assert mk.fetch(m.Registration, row.id).status == "pending"
    operator.post(f"/registration/decide/{row.id}", data={"csrf_token": token})
    assert mk.fetch(m.Registration, row.id).status == "pending"
    operator.post(f"/registration/decide/{row.id}?choice=same", data={"csrf_token": token})
    assert mk.fetch(m.Registration, row.id).employee_id == card.id


# --- consents --------------------------------------------------------------------------------------------------------


def test_own_consents_are_given_read_and_withdrawn(app: Flask, school: Any) -> None:
    person = mk.make_person(school)
    client, (news,) = sign_in(app, person.actor), texts("news")
    page = client.get("/consents/").get_data(as_text=True)
    assert page.count("Не дано") == 3
    token = token_in(client.get(f"/consents/text/?version={news}").get_data(as_text=True))
    client.post(f"/consents/give/?version={news}", data={"csrf_token": token})
    assert "дано" in client.get("/consents/").get_data(as_text=True)
    assert [c.withdrawn_at for c in mk.rows(m.Consent)] == [None]
    client.post("/consents/withdraw/?purpose=news", data={"csrf_token": token})
    assert [c.withdrawn_at is None for c in mk.rows(m.Consent)] == [False]


def test_closing_the_cabinet_asks_first_and_ends_the_session(app: Flask, school: Any) -> None:
    person = mk.make_person(school)
    client = sign_in(app, person.actor)
    with mk.nothing_changes():
        page = client.get("/consents/close/").get_data(as_text=True)
    assert "личный кабинет закроется сразу" in page
    assert client.post("/consents/close-now/", data={"csrf_token": token_in(page)}).location == "/login/"
    assert client.get("/consents/").status_code == 302
    assert len(mk.rows(m.ConsentWithdrawal)) == 1


def test_a_new_version_of_a_text_is_added_and_the_old_one_has_no_form(app: Flask, school: Any) -> None:
    operator = sign_in(app, mk.make_actor("operator"))
    page = operator.get("/consent_text/add").get_data(as_text=True)
    body = "Я даю согласие на обработку моих персональных данных. " * 6
    data = {"csrf_token": token_in(page), "purpose": "news", "title": "Новости", "body": body}
    data["valid_from"] = f"{today():%d.%m.%Y}"
    assert operator.post("/consent_text/add", data=data).status_code == 302
    assert texts("news") == [mk.rows(m.ConsentText)[-1].id]
    assert operator.get(f"/consent_text/edit/{texts('news')[0]}").status_code == 403
