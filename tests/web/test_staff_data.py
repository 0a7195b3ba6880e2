"""Pages of staff data: corrections, moves, dismissal, duplicates, completeness, topicality: rows, letters, refusals."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from typing import Any

import pytest

from app.web.personnel import quality_view
from tests.access.region import Browser, Region
from tests.statements import recorded
from tests.web.pages import error_beside, flashes, form_fields, names, refusal, total, words


@pytest.fixture
def worker(region: Region) -> Iterator[Browser]:
    """The demo worker without corrections and moves of the set-up."""
    me = own(region)
    for table in ("change_request", "transfer"):
        region.sql(f"DELETE FROM {table} WHERE employee_id = {me}")
    region.sql("DELETE FROM former_name WHERE employee_id = %(me)s", me=me)
    yield region.browser("worker")


def own(region: Region) -> int:
    return int(region.people["worker"].facts["employee"])


def place_of(region: Region) -> tuple[int, int]:
    """The worker's live place of work and its organization."""
    return region.sql(
        "SELECT id, organization_id FROM employment WHERE employee_id = %(me)s AND ended_on IS NULL ORDER BY kind LIMIT 1",
        me=own(region),
    )[0]


def other_school(region: Region) -> int:
    return min(region.people["school2"].facts["places"])


def letters(region: Region, recipient: str = "%") -> int:
    return int(region.sql("SELECT count(*) FROM letter WHERE recipient LIKE %(r)s", r=recipient)[0][0])


def propose(worker: Browser, **values: str) -> Any:
    fields = {name: given[0] for name, given in form_fields(worker.get("/change_request/propose").text).items()}
    return worker.post("/change_request/propose", {**fields, **values})


# --- corrections -----------------------------------------------------------------------------------------------------


def test_a_correction_goes_from_the_person_to_the_card(region: Region, worker: Browser, school: Browser) -> None:
    was, before = region.sql("SELECT last_name FROM employee WHERE id = %(me)s", me=own(region))[0][0], letters(region)
    answer = propose(worker, last_name="Соколова", degree="доцент", comment="Свидетельство о браке")
    assert answer.status == 302, refusal(answer.text)
    path = answer.headers["Location"]
    assert letters(region) > before
    page = school.get(path).text
    assert "Соколова" in page and was in page and "Внести отмеченное" in page
    accept = path.replace("show", "accept")
    decision = {"field": ["last_name"], "surname_reason": "Приказ № 7", "surname_until": "01.11.2026"}
    with region.nothing_changes():
        refused = school.post(accept, decision)
    assert refused.status == 422 and "почему не вносится: учёная степень" in refused.text
    assert school.post(accept, {**decision, "reason": "Нет аттестата доцента"}).status == 302
    seen = worker.get(path).text
    assert "Внесено частично" in seen and "Нет аттестата доцента" in seen
    assert re.findall(r'data-label="Решение"><span class="pill t-\w+">([^<]+)', seen) == ["внесено", "не внесено"]
    assert region.sql("SELECT last_name, degree FROM employee WHERE id = %(me)s", me=own(region)) == [
        ("Соколова", None)
    ]
    kept = region.sql("SELECT last_name, reason FROM former_name WHERE employee_id = %(me)s", me=own(region))
    assert kept == [(was, "Приказ № 7")]
    region.sql(
        "UPDATE employee SET last_name = %(was)s, version = version + 1 WHERE id = %(me)s", was=was, me=own(region)
    )


def test_a_wrong_value_stays_in_the_form_with_its_sentence(region: Region, worker: Browser) -> None:
    with region.nothing_changes():
        answer = propose(worker, phone="12", degree="доцент")
    assert answer.status == 422
    assert error_beside(answer.text, "phone")
    assert form_fields(answer.text)["degree"] == ["доцент"]


def test_the_menu_leads_to_the_own_card_and_from_it_to_a_diploma(
    region: Region, worker: Browser, school: Browser
) -> None:
    assert 'href="/my-card/"' in worker.get("/").text
    assert worker.get("/my-card/").headers["Location"] == f"/employee/show/{own(region)}"
    card = worker.get(f"/employee/show/{own(region)}?tab=education").text
    assert "/change_request/propose?table=qualification" in card
    form = worker.get("/change_request/propose?table=qualification").text
    level = region.sql("SELECT id FROM education_level ORDER BY id LIMIT 1")[0][0]
    fields = {name: given[0] for name, given in form_fields(form).items() if name != "scan"}
    sent = {**fields, "level": str(level), "institution": "Институт пробы", "number": "777"}
    answer = worker.post("/change_request/propose?table=qualification", sent)
    assert answer.status == 302, refusal(answer.text)
    path = answer.headers["Location"]
    page = school.get(path).text
    assert "Институт пробы" in page and "новая запись об образовании" in page
    assert school.post(path.replace("show", "accept"), {"field": ["level", "institution", "number"]}).status == 302
    found = region.sql("SELECT id, number FROM qualification WHERE institution = 'Институт пробы'")
    assert [number for _, number in found] == ["777"]
    record = worker.get(f"/qualification/show/{found[0][0]}").text
    assert f"/change_request/propose?table=qualification&amp;record={found[0][0]}" in record
    assert worker.get(f"/change_request/propose?table=qualification&record={found[0][0]}").status == 200
    assert worker.get("/change_request/propose?table=employment").status == 404
    assert worker.get("/change_request/propose?table=attestation").status == 200
    region.sql(f"DELETE FROM qualification WHERE id = {found[0][0]}")


def test_while_a_correction_waits_its_form_says_so_and_others_are_open(region: Region, worker: Browser) -> None:
    path = propose(worker, degree="доцент").headers["Location"]
    page = worker.get("/change_request/propose").text
    assert "Исправление уже на рассмотрении" in page and f'href="{path}"' in page and 'name="last_name"' not in page
    place, _home = place_of(region)
    other = worker.get(f"/change_request/propose?table=employment&record={place}").text
    assert 'name="position"' in other and "ГБОУ СОШ с. Верхние Сосны) сверит сведения с документом" in words(other)
    assert worker.post(f"/change_request/act/{path.rpartition('/')[2]}/withdraw").status == 302
    assert 'name="last_name"' in worker.get("/change_request/propose").text


def test_another_school_finds_no_correction(region: Region, worker: Browser) -> None:
    path = propose(worker, degree="доцент").headers["Location"]
    stranger = region.browser("school2")
    with region.nothing_changes():
        assert stranger.get(path).status == 404
        assert stranger.post(path.replace("show", "accept"), {"field": ["degree"]}).status == 404
        pk = path.rpartition("/")[2]
        assert stranger.post(f"/change_request/act/{pk}/decline", {"reason": "x"}).status == 404
    assert worker.post(f"/change_request/act/{pk}/withdraw").status == 302


def test_a_place_of_work_is_corrected_from_the_own_card(region: Region, worker: Browser, school: Browser) -> None:
    place, _home = place_of(region)
    path = f"/change_request/propose?table=employment&record={place}"
    assert path.replace("&", "&amp;") in worker.get(f"/employee/show/{own(region)}?tab=work").text
    assert path.replace("&", "&amp;") in worker.get(f"/employment/show/{place}").text
    was = region.sql("SELECT position_id, position_since, status FROM employment WHERE id = %(pk)s", pk=place)[0]
    taught = region.sql("SELECT subject_id FROM employment_subject WHERE employment_id = %(pk)s", pk=place)
    position = region.sql("SELECT id, name FROM position WHERE id <> %(was)s ORDER BY id LIMIT 1", was=was[0])[0]
    subject = region.sql(
        "SELECT id, name FROM subject s WHERE NOT EXISTS (SELECT FROM employment_subject e WHERE e.subject_id = s.id"
        " AND e.employment_id = %(pk)s) ORDER BY id LIMIT 1",
        pk=place,
    )[0]
    fields = {name: given for name, given in form_fields(worker.get(path).text).items() if name != "scan"}
    sent = {**fields, "position": str(position[0]), "subjects": [str(subject[0])]}
    with region.nothing_changes():
        refused = worker.post(path, sent)
    assert refused.status == 422 and error_beside(refused.text, "comment")
    answer = worker.post(path, {**sent, "comment": "Приказ № 12"})
    assert answer.status == 302, refusal(answer.text)
    shown = answer.headers["Location"]
    page = school.get(shown).text
    assert position[1] in page and subject[1] in page and "Приказ № 12" in page and "место работы: " in page
    stranger = region.browser("school2")
    accept = shown.replace("show", "accept")
    with region.nothing_changes():
        assert stranger.get(shown).status == 404
        assert stranger.post(accept, {"field": ["position"]}).status == 404
        assert region.browser("worker2").get(shown).status == 404
    assert school.post(accept, {"field": ["position", "subjects"]}).status == 302
    assert region.sql("SELECT position_id, status FROM employment WHERE id = %(pk)s", pk=place) == [
        (position[0], "unconfirmed")
    ]
    now = region.sql("SELECT subject_id FROM employment_subject WHERE employment_id = %(pk)s", pk=place)
    assert now == [(subject[0],)]
    region.sql(
        "UPDATE employment SET position_id = %(position)s, position_since = %(since)s, status = %(status)s WHERE id = %(pk)s",
        position=was[0],
        since=was[1],
        status=was[2],
        pk=place,
    )
    region.sql("DELETE FROM employment_subject WHERE employment_id = %(pk)s", pk=place)
    for (pk,) in taught:
        region.sql("INSERT INTO employment_subject VALUES (%(place)s, %(pk)s)", place=place, pk=pk)


def test_anothers_place_of_work_and_a_new_one_are_not_proposed(region: Region, worker: Browser) -> None:
    path = f"/change_request/propose?table=employment&record={place_of(region)[0]}"
    foreign = region.browser("worker2")
    with region.nothing_changes():
        assert foreign.get(path).status == 404
        assert foreign.post(path, {"comment": "x"}).status == 404
        assert worker.get("/change_request/propose?table=employment").status == 404


# --- moves -----------------------------------------------------------------------------------------------------------


def test_a_move_goes_through_its_stages_in_the_pages(
    region: Region, worker: Browser, school: Browser, operator: Browser
) -> None:
    place, home = place_of(region)
    target, position = (
        other_school(region),
        region.sql("SELECT id FROM position WHERE name = 'учитель' OR true LIMIT 1")[0][0],
    )
    values = {"place": str(place), "organization": str(target), "position": str(position), "starts_on": "01.02.2027"}
    answer = worker.post(f"/transfer/start/{own(region)}", values)
    assert answer.status == 302, refusal(answer.text)
    path = answer.headers["Location"]
    pk, hires = path.rpartition("/")[2], region.browser("school2")
    assert hires.get(path).status == 404
    assert "Согласовать переход" in school.get(path).text
    assert school.post(f"/transfer/release/{pk}", {"released_on": "31.01.2027"}).status == 302
    page = hires.get(path).text
    assert "Принять работника" in page
    wrong = hires.post(f"/transfer/accept/{pk}", {"position": str(position), "starts_on": "31.01.2027"})
    assert (wrong.status, bool(error_beside(wrong.text, "starts_on"))) == (422, True)
    assert hires.post(f"/transfer/accept/{pk}", {"position": str(position), "starts_on": "01.02.2027"}).status == 302
    assert hires.get(f"/employee/show/{own(region)}").status == 404
    assert operator.post(f"/transfer/act/{pk}/confirm").status == 302
    assert hires.get(f"/employee/show/{own(region)}").status == 200
    rows = region.sql(
        "SELECT organization_id, status, ended_on IS NULL FROM employment WHERE employee_id = %(me)s", me=own(region)
    )
    assert (target, "confirmed", True) in rows
    assert (home, "confirmed", False) in [(a, "confirmed", c) for a, _b, c in rows]
    region.sql(
        "DELETE FROM transfer WHERE id = %(pk)s; UPDATE employment SET ended_on = NULL WHERE id = %(place)s AND false",
        pk=pk,
        place=place,
    )


def test_asking_for_a_person_answers_alike_whether_there_is_one(region: Region, school: Browser) -> None:
    home = min(region.people["school"].facts["places"])
    position = region.sql("SELECT min(id) FROM position")[0][0]
    known = region.sql(
        "SELECT e.snils, to_char(e.birth_date, 'DD.MM.YYYY') FROM employee e JOIN employment w ON w.employee_id = e.id"
        " WHERE w.organization_id = %(o)s AND w.ended_on IS NULL AND e.snils NOT LIKE '9000%%' AND e.birth_date IS NOT NULL"
        " AND NOT EXISTS (SELECT FROM transfer t WHERE t.employee_id = e.id) LIMIT 1",
        o=other_school(region),
    )[0]
    values = {
        "last_name": "Иванова",
        "first_name": "Анна",
        "organization": str(home),
        "position": str(position),
        "starts_on": "01.03.2027",
    }
    answers = []
    for snils, born in (known, ("112-233-445 95", "01.01.1980")):
        before = region.sql("SELECT count(*) FROM transfer")[0][0]
        answer = school.post("/transfer/request", {**values, "snils": snils, "birth_date": born})
        assert answer.status == 302, refusal(answer.text)
        answers.append((answer.headers["Location"], flashes(school.get("/transfer/list/").text)))
        assert region.sql("SELECT count(*) FROM transfer")[0][0] - before == (1 if snils == known[0] else 0)
    assert answers[0] == answers[1]
    assert "Иванова" not in names(school.get("/transfer/list/").text)
    region.sql("DELETE FROM transfer WHERE person_name = 'Иванова Анна'")


# --- dismissal -------------------------------------------------------------------------------------------------------


def test_dismissal_needs_a_place_a_day_and_a_ground(region: Region, school: Browser) -> None:
    person, place = region.sql(
        "SELECT w.employee_id, w.id FROM employment w WHERE w.organization_id = %(o)s AND w.ended_on IS NULL"
        " AND w.started_on < current_date - 26 AND w.employee_id NOT IN (SELECT employee_id FROM ab_user WHERE employee_id IS NOT NULL) ORDER BY w.id DESC LIMIT 1",
        o=min(region.people["school"].facts["places"]),
    )[0]
    last = region.today - dt.timedelta(days=26)
    given = {"places": [str(place)], "ended_on": f"{last:%d.%m.%Y}", "reason": ""}
    with region.nothing_changes():
        answer = school.post(f"/employee/dismiss/{person}", given)
        assert (answer.status, bool(error_beside(answer.text, "reason"))) == (422, True)
        assert region.browser("school2").post(f"/employee/dismiss/{person}", {}).status == 404
    answer = school.post(f"/employee/dismiss/{person}", {**given, "reason": "Приказ № 3"})
    assert answer.status == 302, refusal(answer.text)
    assert region.sql("SELECT ended_on FROM employment WHERE id = %(p)s", p=place) == [(last,)]
    region.sql("UPDATE employment SET ended_on = NULL WHERE id = %(p)s", p=place)


# --- duplicates ------------------------------------------------------------------------------------------------------


def test_two_cards_are_compared_merged_and_parted_again(region: Region, operator: Browser) -> None:
    first = region.ids("operator", "employee", "t.snils IS NOT NULL")[5]
    second = region.sql(
        "INSERT INTO employee (last_name, first_name, patronymic, birth_date, degree) SELECT last_name, first_name, patronymic,"
        " birth_date, 'доцент' FROM employee WHERE id = %(pk)s RETURNING id",
        pk=first,
    )[0][0]
    assert f"kept={first}&amp;gone={second}" in operator.get("/employee_merge/twins/").text
    page = operator.get(f"/employee_merge/compare/?kept={first}&gone={second}")
    assert "Объединить карточки" in page.text
    answer = operator.post(f"/employee_merge/merge/?kept={first}&gone={second}")
    assert answer.status == 302
    assert region.sql("SELECT degree FROM employee WHERE id = %(pk)s", pk=first) == [("доцент",)]
    assert region.sql("SELECT 1 FROM employee WHERE id = %(pk)s", pk=second) == []
    pk = answer.headers["Location"].rpartition("/")[2]
    assert "Отменить объединение" in operator.get(answer.headers["Location"]).text
    assert operator.post(f"/employee_merge/act/{pk}/undo").status == 302
    assert region.sql("SELECT degree FROM employee WHERE id = %(pk)s", pk=second) == [("доцент",)]
    region.sql("DELETE FROM employee_merge; DELETE FROM employee WHERE id = %(pk)s", pk=second)


# --- completeness ----------------------------------------------------------------------------------------------------


def test_every_figure_opens_a_list_of_as_many_people(region: Region, school: Browser) -> None:
    page = school.get("/quality/").text
    organizations = re.findall(r'<a href="(/quality/\?organization=\d+)"', page)
    checked = 0
    for path in organizations or ["/quality/"]:
        rules = school.get(path).text
        pattern = r'<a href="(/employee/list/\?attention=\w+&amp;organization=\d+)">[^<]*</a>.*?class="num"[^>]*>([\d\s\xa0]+)<'
        for href, number in re.findall(pattern, rules, re.S):
            assert total(school.get(href.replace("&amp;", "&")).text) == int(re.sub(r"\D", "", number)), href
            checked += 1
    assert checked > 3


def test_the_figures_of_a_foreign_organization_are_not_found(region: Region, school: Browser) -> None:
    assert school.get(f"/quality/?organization={other_school(region)}").status == 404
    assert region.browser("organizer").get("/quality/").status == 403


def test_of_many_organizations_the_worst_are_shown_and_all_when_asked(
    region: Region, monkeypatch: pytest.MonkeyPatch
) -> None:
    territory = region.browser("territory")
    everyone = re.findall(r'href="/quality/\?organization=(\d+)"', territory.get("/quality/").text)
    monkeypatch.setattr(quality_view, "AT_ONCE", 2)
    page = territory.get("/quality/").text
    assert re.findall(r'href="/quality/\?organization=(\d+)"', page) == everyone[:2]
    assert f"Показаны 2 наименее заполненных из {len(everyone)}." in page
    whole = territory.get("/quality/?all=yes").text
    assert re.findall(r'href="/quality/\?organization=(\d+)"', whole) == everyone
    assert 'href="/quality/?all=yes"' in page
    assert 'href="/quality/?all=yes"' not in whole


def test_the_page_costs_the_same_for_a_school_and_the_region(
    region: Region, operator: Browser, school: Browser
) -> None:
    counts = []
    for browser in (school, operator):
        browser.get("/quality/")
        with recorded() as seen:
            assert browser.get("/quality/").status == 200
        counts.append(len(seen))
    # for who decides, the menu counts what waits
    assert abs(counts[0] - counts[1]) <= 3


def test_the_operator_changes_a_weight(region: Region, operator: Browser) -> None:
    pk = region.sql("SELECT id FROM quality_rule WHERE code = 'no_snils'")[0][0]
    fields = {name: given[0] for name, given in form_fields(operator.get(f"/quality_rule/edit/{pk}").text).items()}
    assert operator.post(f"/quality_rule/edit/{pk}", {**fields, "weight": "101"}).status == 422
    assert operator.post(f"/quality_rule/edit/{pk}", {**fields, "weight": "30"}).status == 302
    assert region.sql("SELECT weight FROM quality_rule WHERE id = %(pk)s", pk=pk) == [(30,)]


def test_a_page_of_cards_is_confirmed_by_one_button(region: Region, school: Browser) -> None:
    region.sql("UPDATE employee SET created_at = now() - interval '1 year', confirmed_actual_at = NULL")
    before = total(school.get("/employee/list/?attention=not_actual").text)
    page = school.get("/employee/list/?attention=not_actual").text
    href = re.search(r'action="(/employee/actual/\?ids=[\d-]+)"', page)
    assert href is not None
    number = href[1].count("-") + 1
    assert school.post(href[1]).status == 302
    assert total(school.get("/employee/list/?attention=not_actual").text) == before - number
    stranger = region.browser("school2")
    with region.nothing_changes():
        assert stranger.post(href[1]).status == 404
