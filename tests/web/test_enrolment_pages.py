"""Enrolling many, the waiting list, transfer and invitation as people see them: pages, rows, refusals, statements."""

from __future__ import annotations

import datetime as dt
import itertools
from typing import Any

import pytest

from app import models as m
from app import statuses as st
from app.clock import now, today
from tests.access.region import MISSING, Browser, Region
from tests.services import makers as mk
from tests.statements import recorded
from tests.web.pages import flashes, words

E = st.EnrolmentStatus
MOST_STATEMENTS = 15
#: every group has dates of its own, so that people are free
_times = itertools.count()


def make_group(region: Region, *, program: int | None = None, **over: Any) -> int:
    """An open group of the demo organizer, at a time of its own, of a program for everybody that no block pays."""
    with region.app.app_context():
        organizer = mk.fetch(m.Organization, region.people["organizer"].facts["places"][0])
        course = mk.fetch(m.Program, program) if program else mk.make_program(organizer, block=None)
        day = today() + (400 + 10 * next(_times)) * mk.DAY
        return int(mk.make_group(course, **({"starts_on": day, "ends_on": day + 5 * mk.DAY, "capacity": 2} | over)).id)


def program_of(region: Region, group: int) -> int:
    return int(region.sql("SELECT program_id FROM training_group WHERE id = %(g)s", g=group)[0][0])


def own_people(region: Region, number: int) -> list[int]:
    """People of the demo school who work today, without the worker of the cast."""
    found = region.sql(
        "SELECT DISTINCT employee_id FROM employment WHERE organization_id = %(o)s AND ended_on IS NULL"
        " AND started_on <= current_date AND employee_id <> %(me)s ORDER BY 1 LIMIT %(n)s",
        o=min(region.people["school"].facts["places"]), me=me(region), n=number,
    )  # fmt: skip
    return [pk for (pk,) in found]


def me(region: Region) -> int:
    return int(region.people["worker"].facts["employee"])


def foreign_person(region: Region) -> int:
    found = region.pick("school", "employee", "foreign")
    assert found is not None
    return found


def joined(ids: list[int]) -> str:
    return "-".join(str(pk) for pk in ids)


def rows_of(region: Region, group: int) -> list[tuple[int, str]]:
    return region.sql("SELECT employee_id, status FROM enrolment WHERE group_id = %(g)s ORDER BY id", g=group)


def put(region: Region, person: int, group: int, status: str, **over: Any) -> int:
    """An enrolment in any status, as the guards would leave it."""
    with region.app.app_context():
        place = region.sql(
            "SELECT id FROM employment WHERE employee_id = %(p)s AND ended_on IS NULL ORDER BY kind LIMIT 1", p=person
        )[0][0]
        values = {"employee_id": person, "group_id": group, "employment_id": place}
        account = _account(region, person)
        row = mk.save(m.Enrolment(status=st.EnrolmentStatus(status), created_by_id=account, **values, **over))
        if status in {s.value for s in st.SEAT_HOLDING}:
            region.sql("UPDATE training_group SET taken = taken + 1 WHERE id = %(g)s", g=group)
        return int(row.id)


def _account(region: Region, person: int) -> int | None:
    found = region.sql("SELECT id FROM ab_user WHERE employee_id = %(p)s", p=person)
    return found[0][0] if found else None


# --- many at once ----------------------------------------------------------------------------------------------------


def test_chosen_people_lead_to_the_page_that_asks_for_the_group(region: Region, school: Browser) -> None:
    ids = own_people(region, 2)
    assert "Записать на курс" in school.get("/employee/list/").text
    with region.nothing_changes():
        answer = school.post("/employee/act/", {"action": "enrol", "rowid": [str(pk) for pk in ids]})
        assert answer.headers["Location"] == f"/enrolment/many?ids={joined(ids)}"
        page = school.get(answer.headers["Location"]).text
    assert "Записать на курс: 2\xa0человека" in page
    assert "Показать, кого можно записать" in page


def test_one_action_for_one_person_is_not_this_page(region: Region, school: Browser) -> None:
    with region.nothing_changes():
        assert school.post(f"/employee/act/{own_people(region, 1)[0]}/enrol").status == 403


def test_page_says_the_decision_for_each_before_pressing(region: Region, school: Browser) -> None:
    ids = own_people(region, 2)
    group = make_group(region)
    put(region, ids[1], group, "agreed")
    page = words(school.get(f"/enrolment/many?ids={joined(ids)}&group={group}").text)
    assert "Можно чек не нужен" in page
    assert "уже в этой группе" in page
    assert "свободно 1 из 2" in page
    paid = make_group(region, program=_for_others(region))
    page = words(school.get(f"/enrolment/many?ids={joined(ids)}&group={paid}").text)
    assert "Нельзя Программа предназначена для" in page
    assert "Записать в эту группу никого нельзя" in page


def _for_others(region: Region) -> int:
    with region.app.app_context():
        organizer = mk.fetch(m.Organization, region.people["organizer"].facts["places"][0])
        program = mk.make_program(organizer, block=None)
        position = mk.make_position("Должность, которой ни у кого нет")
        return int(mk.change(program, positions=[position]).id)


def test_from_a_group_all_own_people_are_offered(region: Region, school: Browser) -> None:
    group = make_group(region)
    card = school.get(f"/training_group/show/{group}").text
    assert f"/enrolment/many?group={group}" in card
    page = school.get(f"/enrolment/many?group={group}").text
    assert all(f'name="rowid" value="{pk}"' in page for pk in own_people(region, 5))
    assert f'name="rowid" value="{foreign_person(region)}"' not in page


def test_as_many_as_fit_are_enrolled_and_the_rest_wait(region: Region, school: Browser) -> None:
    ids, group = own_people(region, 3), make_group(region)
    data = {"group": group, "ids": joined(ids), "rowid": ids, "mode": "fit", "wait": "1"}
    answer = school.post("/enrolment/many", data)
    assert answer.status == 200
    assert "Записано: 2. В листе ожидания: 1." in words(answer.text)
    assert sorted(status for _pk, status in rows_of(region, group)) == ["agreed", "agreed", "waiting"]
    with region.nothing_changes():  # the page sent again
        assert school.post("/enrolment/many", data).status == 200


def test_all_or_nobody_writes_nothing_and_says_why(region: Region, school: Browser) -> None:
    ids, group = own_people(region, 3), make_group(region)
    with region.nothing_changes():
        answer = school.post("/enrolment/many", {"group": group, "ids": joined(ids), "rowid": ids, "mode": "all"})
    assert answer.status == 422
    assert "Никто не записан: нужно записать 3" in words(answer.text)
    assert rows_of(region, group) == []


def test_without_the_waiting_list_the_rest_are_refused(region: Region, school: Browser) -> None:
    ids, group = own_people(region, 3), make_group(region)
    answer = school.post("/enrolment/many", {"group": group, "ids": joined(ids), "rowid": ids, "mode": "fit"})
    assert "Записано: 2. Не записано: 1." in words(answer.text)
    assert "Свободных мест нет: занято 2 из 2." in words(answer.text)
    assert len(rows_of(region, group)) == 2


@pytest.mark.parametrize("stranger", ["foreign", "missing"])
def test_strange_person_or_group_stops_everything(region: Region, school: Browser, stranger: str) -> None:
    ids, group = own_people(region, 1), make_group(region)
    odd = foreign_person(region) if stranger == "foreign" else MISSING
    draft = make_group(region, status=st.GroupStatus.DRAFT)
    with region.nothing_changes():
        assert school.get(f"/enrolment/many?ids={joined([*ids, odd])}&group={group}").status == 404
        assert school.post("/enrolment/many", {"group": group, "rowid": [*ids, odd], "mode": "fit"}).status == 404
        assert school.post("/employee/act/", {"action": "enrol", "rowid": [*ids, odd]}).status == 404
        strange_group = draft if stranger == "foreign" else MISSING
        assert school.post("/enrolment/many", {"group": strange_group, "rowid": ids, "mode": "fit"}).status == 404


def test_nobody_ticked_and_no_group(region: Region, school: Browser) -> None:
    group = make_group(region)
    with region.nothing_changes():
        answer = school.post("/enrolment/many", {"group": group, "ids": joined(own_people(region, 1)), "mode": "fit"})
        assert (answer.status, "Отметьте тех" in answer.text) == (422, True)
        assert school.post("/enrolment/many").status == 422
        assert "Выберите из списка" in school.get(f"/enrolment/many?ids=&group={MISSING % 10**9}").text


@pytest.mark.parametrize("login", ["organizer", "territory", "ministry", "operator", "observer", "admin"])
def test_others_do_not_enrol(region: Region, login: str) -> None:
    browser, group = region.browser(login), make_group(region)
    with region.nothing_changes():
        assert browser.get(f"/enrolment/many?group={group}").status == 403
        assert browser.post("/enrolment/many", {"group": group, "rowid": own_people(region, 1)}).status == 403
        assert browser.post("/employee/act/", {"action": "enrol", "rowid": own_people(region, 1)}).status == 403


def test_page_takes_as_many_statements_for_thirty_people(region: Region, school: Browser) -> None:
    group, numbers = make_group(region), []
    for number in (1, 1, 3, 30):
        path = f"/enrolment/many?ids={joined(own_people(region, number))}&group={group}"
        with recorded() as statements:
            assert school.get(path).status == 200
        numbers.append(len(statements))
        assert statements.writes == []
    assert len(set(numbers[1:])) == 1, numbers
    assert numbers[1] <= MOST_STATEMENTS, numbers


def test_the_form_of_one_takes_few_statements(region: Region) -> None:
    group = make_group(region)
    region.sql(
        "INSERT INTO group_quota (group_id, territory_id, seats) SELECT %(g)s, min(id), 3 FROM territory", g=group
    )
    for login in ("worker", "school"):
        browser = region.browser(login)
        browser.get(f"/enrolment/add?group={group}")
        with recorded() as statements:
            page = browser.get(f"/enrolment/add?group={group}").text
        assert "Записать" in page
        assert len(statements) <= MOST_STATEMENTS, (login, len(statements))


# --- oneself, in one click -------------------------------------------------------------------------------------------


def test_one_click_enrols_and_says_where_to_take_it_back(region: Region, worker: Browser) -> None:
    group = make_group(region)
    worker.get("/catalogue/")
    answer = worker.post(f"/enrolment/join?group={group}")
    pk = region.sql("SELECT id FROM enrolment WHERE group_id = %(g)s", g=group)[0][0]
    assert answer.headers["Location"] == f"/enrolment/show/{pk}"
    page = worker.get(answer.headers["Location"]).text
    assert "Вы записаны" in flashes(page) and "Нажмите «Отозвать запись»" in flashes(page)
    assert f'action="/enrolment/act/{pk}/withdraw"' in page
    assert "Сейчас: " in flashes(page) and "согласует запись" in words(page)
    # pressed twice: the same enrolment; the page of the letter leads to it too
    assert worker.post(f"/enrolment/join?group={group}").headers["Location"] == f"/enrolment/show/{pk}"
    assert worker.get(f"/enrolment/join?group={group}").headers["Location"] == f"/enrolment/show/{pk}"
    assert rows_of(region, group) == [(me(region), "applied")]
    assert region.browser("worker2").get(f"/enrolment/show/{pk}").status == 404


def test_a_group_that_filled_up_meanwhile_is_said_in_words_and_nothing_is_done(region: Region, worker: Browser) -> None:
    group = make_group(region, capacity=1)
    (person,) = own_people(region, 1)
    put(region, person, group, "confirmed")
    with region.nothing_changes():
        answer = worker.post(f"/enrolment/join?group={group}")
    assert answer.status == 422
    assert "мест нет" in words(answer.text) and "Встать в лист ожидания" in words(answer.text)
    assert 'name="wait"' in answer.text and 'value="1"' in answer.text
    answer = worker.post(f"/enrolment/join?group={group}", {"wait": "1"})
    assert "Вы в листе ожидания" in flashes(worker.get(answer.headers["Location"]).text)
    assert rows_of(region, group) == [(person, "confirmed"), (me(region), "waiting")]


def test_of_two_places_of_work_the_person_chooses(region: Region, worker: Browser) -> None:
    group = make_group(region)
    other = region.sql(
        "INSERT INTO employment (employee_id, organization_id, position_id, kind, started_on, status)"
        " SELECT e.employee_id, (SELECT min(o.id) FROM organization o WHERE o.id <> e.organization_id AND o.type_id ="
        " (SELECT type_id FROM organization WHERE id = e.organization_id)), e.position_id, 'secondary', e.started_on, 'confirmed'"
        " FROM employment e WHERE e.employee_id = %(me)s AND e.ended_on IS NULL ORDER BY e.id LIMIT 1 RETURNING id",
        me=me(region),
    )[0][0]  # fmt: skip
    try:
        with region.nothing_changes():
            asked = worker.post(f"/enrolment/join?group={group}")
        assert asked.status == 422
        assert "С какого места работы" in words(asked.text) and "Выберите место работы" in words(asked.text)
        with region.nothing_changes():
            assert worker.post(f"/enrolment/join?group={group}", {"place": MISSING}).status == 422
        worker.post(f"/enrolment/join?group={group}", {"place": other})
        found = region.sql("SELECT employment_id, status FROM enrolment WHERE group_id = %(g)s", g=group)
        assert found == [(other, "applied")]
    finally:
        region.sql("DELETE FROM enrolment WHERE employment_id = %(pk)s", pk=other)
        region.sql("UPDATE training_group SET taken = 0 WHERE id = %(g)s", g=group)
        region.sql("DELETE FROM employment WHERE id = %(pk)s", pk=other)


@pytest.mark.parametrize(
    ("query", "expected"), [("", "Выберите курс в каталоге"), ("?group=x", "Выберите курс в каталоге")]
)
def test_an_enrolment_in_no_group_says_what_to_do(region: Region, worker: Browser, query: str, expected: str) -> None:
    assert expected in words(worker.get(f"/enrolment/join{query}").text)
    assert worker.get("/enrolment/join?group=999999999").status == 404
    with region.nothing_changes():
        assert worker.post(f"/enrolment/join{query}").status == 422
        assert worker.post("/enrolment/join?group=999999999").status == 404


def test_what_the_rule_refuses_has_no_button(region: Region, worker: Browser) -> None:
    group = make_group(region, capacity=1)
    region.sql(
        "UPDATE training_group SET enrol_until = current_date - 3, enrol_from = current_date - 9 WHERE id = %(g)s",
        g=group,
    )
    page = worker.get(f"/enrolment/join?group={group}").text
    assert "Запись" in words(page) and ">Записаться<" not in page and "Выбрать другой курс" in words(page)
    with region.nothing_changes():
        assert worker.post(f"/enrolment/join?group={group}").status == 422


# --- the waiting list ------------------------------------------------------------------------------------------------


def test_card_tells_the_person_the_school_and_the_organizer_why_it_waits(region: Region) -> None:
    group = make_group(region, capacity=1)
    first, second = own_people(region, 2)
    put(region, first, group, "confirmed")
    put(region, second, group, "waiting", queued_at=now() - dt.timedelta(hours=1))
    row = put(region, me(region), group, "waiting")
    for login in ("worker", "school", "organizer", "operator"):
        browser = region.browser(login)
        browser.get(f"/enrolment/show/{row}")
        with recorded() as statements:
            page = browser.get(f"/enrolment/show/{row}").text
        assert "2-е место из 2" in page
        assert "Свободных мест нет: занято 1 из 1." in page
        assert len(statements) <= MOST_STATEMENTS, (login, len(statements))
    (name,) = region.sql("SELECT last_name FROM employee WHERE id = %(p)s", p=second)[0]
    block = region.browser("worker").get(f"/enrolment/show/{row}").text
    assert name not in words(block.split("Почему запись ещё в очереди")[1].split("</section>")[0])
    assert region.browser("worker2").get(f"/enrolment/show/{row}").status == 404


def test_offered_seat_is_taken_by_a_button(region: Region, worker: Browser) -> None:
    group = make_group(region)
    row = put(region, me(region), group, "offered", offer_until=now() + dt.timedelta(hours=5))
    page = worker.get(f"/enrolment/show/{row}").text
    assert "Занять предложенное место" in page
    assert "Место держится до" in page
    answer = worker.post(f"/enrolment/act/{row}/accept")
    assert "Готово" in flashes(worker.get(answer.headers["Location"]).text)
    assert rows_of(region, group) == [(me(region), "applied")]
    with region.nothing_changes():
        assert region.browser("worker2").post(f"/enrolment/act/{row}/accept").status == 404
        assert region.browser("organizer").post(f"/enrolment/act/{row}/accept").status == 403


def test_offer_past_its_term_is_refused_in_words(region: Region, worker: Browser) -> None:
    group = make_group(region)
    row = put(region, me(region), group, "offered", offer_until=now() - dt.timedelta(minutes=1))
    with region.nothing_changes():
        answer = worker.post(f"/enrolment/act/{row}/accept")
    assert "этот срок прошёл" in flashes(worker.get(answer.headers["Location"]).text)


def test_enrolling_in_a_full_group_says_the_place_in_the_list(region: Region, school: Browser) -> None:
    group = make_group(region, capacity=1)
    first, second = own_people(region, 2)
    put(region, first, group, "confirmed")
    answer = school.post("/enrolment/add", {"employee": second, "group": group})
    assert "внесена в лист ожидания: 1-е место из 1" in flashes(school.get(answer.headers["Location"]).text)


def test_the_form_says_before_it_is_sent_what_becomes_of_it(region: Region, school: Browser, worker: Browser) -> None:
    group = make_group(region, capacity=1)
    (title,) = region.sql("SELECT title FROM program WHERE id = %(p)s", p=program_of(region, group))[0]
    path = f"/enrolment/add?group={group}"
    page = worker.get(path).text
    assert "Сохранить" not in words(page)
    for expected in (title, "Свободно 1 из 1.", "Чек не нужен.", "Записаться"):
        assert expected in words(page)
    (person,) = own_people(region, 1)
    put(region, person, group, "confirmed")
    assert "Свободных мест нет: занято 1 из 1. Можно встать в лист ожидания." in words(worker.get(path).text)
    assert "Запись в эту группу уже есть" in words(school.get(f"{path}&employee={person}").text)
    stranger = school.get(f"{path}&employee={foreign_person(region)}").text
    assert "Чек не нужен" not in words(stranger), "nothing is said of another school's person"


def test_a_refusal_is_told_before_the_form_is_sent(region: Region, worker: Browser) -> None:
    with region.app.app_context():
        organizer = mk.fetch(m.Organization, region.people["organizer"].facts["places"][0])
        program = mk.make_program(organizer, hours=200, block=st.BlockKind.VARIABLE).id
    group = make_group(region, program=program)
    page = words(worker.get(f"/enrolment/add?group={group}").text)
    assert "Сейчас записать нельзя. Программа длится 200 часов" in page


def test_the_card_names_the_course_and_no_result_before_there_is_one(region: Region, worker: Browser) -> None:
    group = make_group(region)
    row = put(region, me(region), group, "applied")
    (title,) = region.sql("SELECT title FROM program WHERE id = %(p)s", p=program_of(region, group))[0]
    for login in ("worker", "school", "organizer", "operator", "ministry"):
        page = region.browser(login).get(f"/enrolment/show/{row}").text
        assert title in words(page), login
        assert f'href="/training_group/show/{group}"' in page
        assert "Итог обучения" not in words(page)
    region.sql("UPDATE enrolment SET status = 'no_show', result_on = current_date WHERE id = %(r)s", r=row)
    assert "Итог обучения" in words(worker.get(f"/enrolment/show/{row}").text)


def test_enrolments_are_found_by_the_number_of_the_group(region: Region, organizer: Browser) -> None:
    group, other = make_group(region), make_group(region)
    (number,) = region.sql("SELECT number FROM training_group WHERE id = %(g)s", g=group)[0]
    row, another = put(region, me(region), group, "applied"), put(region, me(region), other, "applied")
    page = organizer.get(f"/enrolment/list/?q={number}").text
    assert f"/enrolment/show/{row}" in page
    assert f"/enrolment/show/{another}" not in page
    assert f"/enrolment/show/{row}" not in region.browser("organizer2").get(f"/enrolment/list/?q={number}").text


def test_bulk_confirmation_names_who_is_refused_and_why(region: Region, organizer: Browser) -> None:
    group = make_group(region)
    first, second = own_people(region, 2)
    agreed, applied = put(region, first, group, "agreed"), put(region, second, group, "applied")
    answer = organizer.post("/enrolment/act/", {"action": "confirm", "rowid": [agreed, applied]})
    said = flashes(organizer.get(answer.headers["Location"]).text)
    (name,) = region.sql("SELECT last_name FROM employee WHERE id = %(p)s", p=second)[0]
    assert "Подтверждено: 1." in said
    assert name in said and "Ждёт согласования организации" in said
    assert rows_of(region, group) == [(first, "confirmed"), (second, "applied")]


# --- transfer and invitation -----------------------------------------------------------------------------------------


def test_transfer_by_its_page(region: Region, worker: Browser) -> None:
    old = make_group(region)
    new = make_group(region, program=program_of(region, old), number="Новая-1")
    full = make_group(region, program=program_of(region, old), number="Полная-1", capacity=1)
    put(region, own_people(region, 1)[0], full, "confirmed")
    row = put(region, me(region), old, "agreed")
    assert f"/enrolment/transfer/{row}" in worker.get(f"/enrolment/show/{row}").text
    page = words(worker.get(f"/enrolment/transfer/{row}").text)
    assert "Новая-1" in page and "Полная-1" not in page
    assert "Без свободных мест: 1 группа" in page
    with region.nothing_changes():
        assert worker.post(f"/enrolment/transfer/{row}", {"group": full}).status == 422
        assert worker.post(f"/enrolment/transfer/{row}", {"group": make_group_elsewhere(region)}).status == 422
    answer = worker.post(f"/enrolment/transfer/{row}", {"group": new})
    assert "запись переведена в группу Новая-1" in flashes(worker.get(answer.headers["Location"]).text)
    assert rows_of(region, old) == [(me(region), "withdrawn")]
    assert rows_of(region, new) == [(me(region), "applied")]
    with region.nothing_changes():
        assert region.browser("worker2").get(f"/enrolment/transfer/{row}").status == 404


def test_transfer_without_another_group_says_why_instead_of_an_empty_form(region: Region, worker: Browser) -> None:
    old = make_group(region)
    row = put(region, me(region), old, "agreed")
    answer = worker.get(f"/enrolment/transfer/{row}")
    assert answer.status == 409 and f'href="/enrolment/show/{row}"' in answer.text
    assert "нет другой группы, которая ещё не начала занятия" in words(answer.text)
    make_group(region, program=program_of(region, old), number="Полная-2", capacity=1)
    (full,) = region.sql("SELECT id FROM training_group WHERE number = 'Полная-2'")[0]
    put(region, own_people(region, 1)[0], full, "confirmed")
    answer = worker.get(f"/enrolment/transfer/{row}")
    assert answer.status == 409 and "нет мест (1 группа)" in words(answer.text)


def make_group_elsewhere(region: Region) -> int:
    """The id of a group of another program, made before anything is compared."""
    return int(region.sql("SELECT min(id) FROM training_group WHERE status = 'open'")[0][0])


def test_transfer_page_takes_few_statements(region: Region, worker: Browser) -> None:
    old = make_group(region)
    row, numbers = put(region, me(region), old, "agreed"), []
    for _ in range(3):
        make_group(region, program=program_of(region, old))
        with recorded() as statements:
            assert worker.get(f"/enrolment/transfer/{row}").status == 200
        numbers.append(len(statements))
    assert numbers[1] == numbers[2] <= MOST_STATEMENTS, numbers


def test_invitation_says_only_a_number(region: Region, organizer: Browser) -> None:
    group = make_group(region)
    with region.app.app_context():
        program = mk.fetch(m.Program, program_of(region, group))
        for pk in own_people(region, 2):
            employment = mk.rows(m.Employment, m.Employment.employee_id == pk)[0]
            person = mk.Person(mk.fetch(m.Employee, pk), employment, mk.SYSTEM)
            mk.make_plan_item(person, program, status=st.PlanItemStatus.AGREED)
    assert "Пригласить из плана" in organizer.get(f"/training_group/show/{group}").text
    answer = organizer.post(f"/training_group/act/{group}/invite")
    assert "Приглашено: 2." in flashes(organizer.get(answer.headers["Location"]).text)
    answer = organizer.post(f"/training_group/act/{group}/invite")
    assert "Приглашать некого" in flashes(organizer.get(answer.headers["Location"]).text)
    with region.nothing_changes():
        assert region.browser("organizer2").post(f"/training_group/act/{group}/invite").status == 404
        assert region.browser("school").post(f"/training_group/act/{group}/invite").status == 403
    assert "Пригласить из плана" not in region.browser("school").get(f"/training_group/show/{group}").text
