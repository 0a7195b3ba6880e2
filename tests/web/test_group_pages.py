"""Pages of a group: card, schedule, quotas, enrolment opened again, a group made after another one."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pytest

from tests.access.region import Browser, Region
from tests.statements import recorded
from tests.web.pages import error_beside, flashes, refusal, total, words

DAY = dt.timedelta(days=1)


def own_groups(region: Region, status: str, login: str = "organizer") -> list[int]:
    places = region.people[login].facts["places"]
    found = region.sql(
        "SELECT id FROM training_group WHERE status = %(s)s AND organizer_id = ANY(%(p)s) ORDER BY id",
        s=status,
        p=places,
    )
    return [pk for (pk,) in found]


def make(region: Region, **over: Any) -> int:
    """An open group of the first organizer, without people and meetings, from 15 to 26 March of the next year."""
    year = region.today.year + 1
    values = {
        "number": f"П-{region.sql('SELECT count(*) FROM training_group')[0][0]}",
        "status": "open",
        "capacity": 10,
        "minimum": 3,
        "starts_on": dt.date(year, 3, 15),
        "ends_on": dt.date(year, 3, 26),
        "enrol_from": region.today,
        "enrol_until": dt.date(year, 3, 10),
        **over,
    }
    source = (own_groups(region, "open") or own_groups(region, "completed"))[0]
    names = ", ".join(values)
    return int(
        region.sql(
            f"INSERT INTO training_group (program_id, organizer_id, place, {names})"
            f" SELECT program_id, organizer_id, 'Самара, ул. Пробная, 1', {', '.join(f'%({name})s' for name in values)}"
            " FROM training_group WHERE id = %(source)s RETURNING id",
            source=source,
            **values,
        )[0][0]
    )


def meetings(region: Region, pk: int) -> list[Any]:
    return region.sql(
        "SELECT to_char(starts_at AT TIME ZONE 'Europe/Samara', 'DD.MM.YYYY HH24:MI'),"
        " to_char(ends_at AT TIME ZONE 'Europe/Samara', 'HH24:MI'), topic, place, teacher"
        " FROM group_meeting WHERE group_id = %(pk)s ORDER BY starts_at",
        pk=pk,
    )


def row(n: int, day: str, starts: str = "09:00", ends: str = "12:00", **more: str) -> dict[str, str]:
    return {f"day-{n}": day, f"starts-{n}": starts, f"ends-{n}": ends, **{f"{k}-{n}": v for k, v in more.items()}}


def hidden(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    return found[1] if found else ""


def typed(page: str) -> list[str]:
    """Days in the rows of the editor, empty ones left out."""
    return [day for day in re.findall(r'name="day-\d+" value="([^"]*)"', page) if day]


# --- the card --------------------------------------------------------------------------------------------------------


def test_the_card_says_the_seats_in_words(region: Region, organizer: Browser) -> None:
    pk = own_groups(region, "open")[0]
    region.sql(
        "INSERT INTO enrolment (employee_id, employment_id, group_id, status) SELECT employee_id, id, %(pk)s, 'waiting'"
        " FROM employment w WHERE ended_on IS NULL AND NOT EXISTS (SELECT FROM enrolment e WHERE e.employee_id = w.employee_id)"
        " ORDER BY id LIMIT 2",
        pk=pk,
    )
    page = words(
        organizer.get(f"/training_group/show/{pk}").text + organizer.get(f"/training_group/show/{pk}?tab=about").text
    )
    taken, capacity = region.sql("SELECT taken, capacity FROM training_group WHERE id = %(pk)s", pk=pk)[0]
    waiting = region.sql("SELECT count(*) FROM enrolment WHERE group_id = %(pk)s AND status = 'waiting'", pk=pk)[0][0]
    assert f"занято {taken} из {capacity}" in page
    assert f"в листе ожидания {waiting}" in page
    assert f"Слушатели: {taken} " in page, "who only waits is no listener"
    assert f"В листе ожидания: {waiting}." in page
    of_worker = words(region.browser("worker").get(f"/training_group/show/{pk}").text)
    assert f"занято {taken} из {capacity}" in of_worker
    assert "в листе ожидания" not in of_worker.split("занято")[1][:60]


def test_only_a_group_without_people_offers_to_be_deleted(region: Region, organizer: Browser) -> None:
    (draft,), (running,) = own_groups(region, "draft")[:1], own_groups(region, "running")[:1]
    assert f"/training_group/delete/{draft}" in organizer.get(f"/training_group/show/{draft}").text
    page = organizer.get(f"/training_group/show/{running}").text
    assert f"/training_group/delete/{running}" not in page
    assert "Завершить обучение" in page


def test_the_card_takes_as_many_statements_whatever_is_in_it(region: Region, organizer: Browser) -> None:
    numbers, groups = [], sorted(own_groups(region, "open"))
    full = max(groups, key=lambda pk: region.sql("SELECT count(*) FROM enrolment WHERE group_id = %(pk)s", pk=pk)[0][0])
    region.sql(
        "INSERT INTO group_quota (group_id, territory_id, seats) SELECT %(pk)s, id, 5 FROM territory LIMIT 3", pk=full
    )
    empty = make(region)
    for pk in (empty, full):
        with recorded() as statements:
            assert organizer.get(f"/training_group/show/{pk}").status == 200
        numbers.append(len(statements))
    region.sql("DELETE FROM group_quota WHERE group_id = %(pk)s", pk=full)
    # an empty group reads nothing of listeners' cards and of the quotas' names
    assert numbers[1] <= 14, numbers
    assert numbers[1] - numbers[0] <= 4


def test_starting_with_too_few_people_asks_once_more(region: Region, organizer: Browser) -> None:
    few = make(region, status="closed")
    page = organizer.get(f"/training_group/show/{few}").text
    assert "наименьшее число слушателей — 3. Начать обучение всё равно?" in page
    enough = make(region, status="closed", minimum=0)
    assert "Начать обучение всё равно?" not in organizer.get(f"/training_group/show/{enough}").text


def test_the_list_finds_groups_that_lack_people(region: Region, organizer: Browser) -> None:
    path = "/training_group/list/?attention=below_minimum"
    before = total(organizer.get(path).text)
    soon = {
        "starts_on": region.today + 4 * DAY,
        "ends_on": region.today + 8 * DAY,
        "enrol_until": region.today + 3 * DAY,
    }
    pk = make(region, number="НЕДОБОР-1", **soon)
    page = organizer.get(path).text
    assert total(page) == before + 1
    assert "НЕДОБОР-1" in page
    assert "до минимума не хватает 3 слушателей" in words(page)
    region.sql("UPDATE training_group SET minimum = 0 WHERE id = %(pk)s", pk=pk)
    assert total(organizer.get(path).text) == before


# --- a new group -----------------------------------------------------------------------------------------------------


def test_a_new_group_without_a_number_gets_one(region: Region, organizer: Browser) -> None:
    program, code = region.sql(
        "SELECT id, code FROM program WHERE status = 'published' AND organizer_id = ANY(%(p)s) ORDER BY id LIMIT 1",
        p=region.people["organizer"].facts["places"],
    )[0]
    day = region.today + 30 * DAY
    form = {
        "program": str(program),
        "number": "",
        "starts_on": f"{day:%d.%m.%Y}",
        "ends_on": f"{day + 4 * DAY:%d.%m.%Y}",
        "enrol_from": f"{region.today:%d.%m.%Y}",
        "enrol_until": f"{day:%d.%m.%Y}",
        "place": "Самара",
        "capacity": "20",
        "minimum": "5",
    }
    answer = organizer.post("/training_group/add", form)
    assert answer.status == 302, refusal(answer.text)
    number = region.sql("SELECT number FROM training_group ORDER BY id DESC LIMIT 1")[0][0]
    assert re.fullmatch(rf"{re.escape(code)}-\d+", number)
    same = organizer.post("/training_group/add", {**form, "number": number})
    assert same.status == 422
    assert "Группа с таким номером у организатора уже есть." in refusal(same.text)


def test_moving_a_group_says_whom_it_told(region: Region, organizer: Browser) -> None:
    pk = make(region)
    day = dt.date(region.today.year + 1, 3, 15)
    region.sql(
        "INSERT INTO enrolment (employee_id, employment_id, group_id, status) SELECT employee_id, id, %(pk)s, 'waiting'"
        " FROM employment WHERE ended_on IS NULL ORDER BY id LIMIT 1",
        pk=pk,
    )
    from tests.web.pages import form_fields

    fields = {k: v[0] for k, v in form_fields(organizer.get(f"/training_group/edit/{pk}").text).items()}
    fields |= {"starts_on": f"{day + DAY:%d.%m.%Y}", "ends_on": f"{day + 12 * DAY:%d.%m.%Y}"}
    answer = organizer.post(f"/training_group/edit/{pk}", fields)
    assert answer.status == 302, refusal(answer.text)
    said = flashes(organizer.get(answer.headers["Location"]).text)
    assert "извещены записанные в группу: 1 человек" in said
    letters = region.sql("SELECT count(*) FROM notice WHERE href = %(h)s", h=f"/training_group/show/{pk}")
    assert letters == [(1,)]


# --- schedule --------------------------------------------------------------------------------------------------------


def test_a_schedule_is_typed_copied_and_saved_without_scripts(region: Region, organizer: Browser) -> None:
    pk = make(region)
    path, year = f"/training_group/schedule/{pk}", region.today.year + 1
    page = organizer.get(path)
    assert page.status == 200
    form = {
        "seen": hidden(page.text, "seen"),
        "rows": "3",
        **row(0, f"15.03.{year}", topic="Введение", teacher="Котова И. И."),
    }
    with region.nothing_changes():
        copied = organizer.post(path, {**form, "do": "copy-0"})
    assert (copied.status, typed(copied.text)) == (200, [f"15.03.{year}", f"16.03.{year}"])
    form |= row(1, f"16.03.{year}", "9", "12.30", topic="Введение", place="Ауд. 5")
    answer = organizer.post(path, {**form, "do": "save"})
    assert answer.status == 302, words(answer.text)
    assert meetings(region, pk) == [
        (f"15.03.{year} 09:00", "12:00", "Введение", None, "Котова И. И."),
        (f"16.03.{year} 09:00", "12:30", "Введение", "Ауд. 5", None),
    ]
    after = organizer.get(path).text
    assert "Расписание сохранено: 2 занятия." in flashes(after)
    ids = [hidden(after, f"id-{n}") for n in range(2)]
    cut = {"seen": hidden(after, "seen"), "rows": "2", **row(0, f"15.03.{year}"), **row(1, f"16.03.{year}")}
    cut |= {"id-0": ids[0], "id-1": ids[1], "removed-1": "1"}
    assert organizer.post(path, {**cut, "do": "save"}).status == 302
    assert [when for when, *_ in meetings(region, pk)] == [f"15.03.{year} 09:00"]
    card = words(organizer.get(f"/training_group/show/{pk}").text)
    assert "Расписание 1" in card and "Занятия 0 из 1" in card


def test_a_title_with_quotation_marks_has_other_ones_inside(region: Region, organizer: Browser) -> None:
    pk = make(region)
    old = region.sql("SELECT p.id, p.title FROM program p JOIN training_group g ON g.program_id = p.id WHERE g.id = %(pk)s", pk=pk)[0]  # fmt: skip
    region.sql("UPDATE program SET title = 'Урок «Живая математика»' WHERE id = %(id)s", id=old[0])
    try:
        page = words(organizer.get(f"/training_group/schedule/{pk}").text)
    finally:
        region.sql("UPDATE program SET title = %(title)s WHERE id = %(id)s", id=old[0], title=old[1])
    assert "«Урок „Живая математика“»," in page
    assert "»»" not in page


def test_wrong_rows_stay_on_the_page_with_their_sentences(region: Region, organizer: Browser) -> None:
    pk = make(region)
    path, year = f"/training_group/schedule/{pk}", region.today.year + 1
    form = {
        "seen": hidden(organizer.get(path).text, "seen"),
        "rows": "4",
        **row(0, f"15.03.{year}"),
        **row(1, "32.03.2027", "9ч", "12:00"),
        **row(2, f"14.03.{year}"),
        **row(3, "", "", "", topic="<b>Тема</b>"),
    }
    with region.nothing_changes():
        answer = organizer.post(path, {**form, "do": "save"})
    assert answer.status == 422
    assert "Время пишется чч:мм" in answer.text
    assert "Заполните день, начало и окончание занятия" in answer.text
    assert "&lt;b&gt;Тема&lt;/b&gt;" in answer.text
    assert typed(answer.text) == [f"15.03.{year}", "32.03.2027", f"14.03.{year}"]
    form = {"seen": form["seen"], "rows": "1", **row(0, f"14.03.{year}")}
    with region.nothing_changes():
        answer = organizer.post(path, {**form, "do": "save"})
    assert "День вне дат группы" in answer.text


def test_a_plan_by_weekdays_is_proposed_and_not_saved(region: Region, organizer: Browser) -> None:
    pk = make(region)
    path = f"/training_group/schedule/{pk}"
    form = {"rows": "0", "do": "generate", "weekday": ["0", "2"], "plan-starts": "9:00", "plan-ends": "12:00"}
    with region.nothing_changes():
        answer = organizer.post(path, form)
        nothing = organizer.post(path, {**form, "weekday": []})
        odd = organizer.post(path, {**form, "plan-ends": "x"})
    days = [dt.datetime.strptime(day, "%d.%m.%Y").date() for day in typed(answer.text)]
    assert days and {day.weekday() for day in days} <= {0, 2}
    assert (answer.status, nothing.status, odd.status) == (200, 422, 422)


def test_a_schedule_opened_before_anothers_change_is_not_saved(region: Region, organizer: Browser) -> None:
    pk = make(region)
    path, year = f"/training_group/schedule/{pk}", region.today.year + 1
    form = {"seen": hidden(organizer.get(path).text, "seen"), "rows": "1", "do": "save"}
    assert organizer.post(path, {**form, **row(0, f"15.03.{year}")}).status == 302
    with region.nothing_changes():
        answer = organizer.post(path, {**form, **row(0, f"16.03.{year}")})
    assert answer.status == 422
    assert "изменил другой пользователь" in answer.text


def test_clashes_are_shown_with_a_link_to_the_other_group(region: Region, organizer: Browser) -> None:
    first, second, year = make(region), make(region), region.today.year + 1
    for pk in (first, second):
        path = f"/training_group/schedule/{pk}"
        form = {"seen": hidden(organizer.get(path).text, "seen"), "rows": "1", "do": "save"}
        assert organizer.post(path, {**form, **row(0, f"15.03.{year}", teacher="Котова И. И.")}).status == 302
    page = organizer.get(f"/training_group/schedule/{second}").text
    assert "преподаватель Котова И. И. в это время занят" in page
    assert f'href="/training_group/show/{first}"' in page
    with recorded() as statements:
        organizer.get(f"/training_group/schedule/{second}")
    assert len(statements) <= 15


# --- quotas ----------------------------------------------------------------------------------------------------------


def test_quotas_are_declared_changed_and_removed(region: Region, organizer: Browser) -> None:
    pk = make(region)
    path = f"/training_group/quotas/{pk}"
    assert organizer.get(path).status == 200
    territory, name = region.sql("SELECT id, short_name FROM territory ORDER BY id LIMIT 1")[0]
    answer = organizer.post(path, {"territory": str(territory), "seats": "4"})
    assert answer.status == 302, refusal(answer.text)
    school, school_name = region.sql(
        "SELECT id, short_name FROM organization WHERE NOT is_organizer ORDER BY id LIMIT 1"
    )[0]
    assert organizer.post(path, {"organization": str(school), "seats": "2"}).status == 302
    card = organizer.get(f"/training_group/show/{pk}?tab=about").text
    assert name in card and school_name in card and "не больше 4" in card
    first, second = (q for (q,) in region.sql("SELECT id FROM group_quota WHERE group_id = %(pk)s ORDER BY id", pk=pk))
    answer = organizer.post(path, {f"seats-{first}": "6", f"seats-{second}": "2", "removed": [str(second)]})
    assert answer.status == 302
    assert region.sql("SELECT territory_id, seats FROM group_quota WHERE group_id = %(pk)s", pk=pk) == [(territory, 6)]


def test_wrong_quotas_are_refused_beside_their_boxes(region: Region, organizer: Browser) -> None:
    pk = make(region)
    path = f"/training_group/quotas/{pk}"
    territory = region.sql("SELECT min(id) FROM territory")[0][0]
    assert organizer.post(path, {"territory": str(territory), "seats": "4"}).status == 302
    quota = region.sql("SELECT id FROM group_quota WHERE group_id = %(pk)s", pk=pk)[0][0]
    region.sql("UPDATE group_quota SET taken = 3 WHERE id = %(q)s", q=quota)
    with region.nothing_changes():
        low = organizer.post(path, {f"seats-{quota}": "2"})
        odd = organizer.post(path, {f"seats-{quota}": "много"})
        bare = organizer.post(path, {"territory": str(territory)})
        twice = organizer.post(path, {"territory": str(territory), "seats": "1"})
    assert {answer.status for answer in (low, odd, bare, twice)} == {422}
    assert "Меньше занятых сделать нельзя" in low.text
    assert "Введите целое число." in odd.text
    assert "сколько мест могут занять" in error_beside(bare.text, "seats")
    assert "уже есть" in refusal(twice.text)


def test_organizations_for_a_quota_are_found_by_name_only(region: Region, organizer: Browser) -> None:
    name = region.sql("SELECT short_name FROM organization WHERE NOT is_organizer ORDER BY id LIMIT 1")[0][0]
    answer = organizer.get(f"/training_group/organizations?q={name.split()[-1]}")
    assert answer.status == 200
    assert name.split()[-1].strip('«»"') in answer.text
    assert region.browser("school").get("/training_group/organizations").status == 403


# --- opened again, made after another --------------------------------------------------------------------------------


def test_enrolment_is_opened_again_on_its_page(region: Region, organizer: Browser) -> None:
    pk = make(region, status="closed")
    card = organizer.get(f"/training_group/show/{pk}").text
    assert f'href="/training_group/reopen/{pk}"' in card
    path = f"/training_group/reopen/{pk}"
    with region.nothing_changes():
        late = organizer.post(path, {"enrol_until": f"01.06.{region.today.year + 1}"})
    assert "не может заканчиваться после начала занятий" in error_beside(late.text, "enrol_until")
    answer = organizer.post(path, {"enrol_until": f"12.03.{region.today.year + 1}"})
    assert answer.status == 302
    assert region.sql("SELECT status, enrol_until FROM training_group WHERE id = %(pk)s", pk=pk) == [
        ("open", dt.date(region.today.year + 1, 3, 12))
    ]
    assert f'href="/training_group/reopen/{pk}"' not in organizer.get(f"/training_group/show/{pk}").text


def test_a_group_is_made_after_another_on_its_page(region: Region, organizer: Browser) -> None:
    pk, year = make(region), region.today.year + 1
    path = f"/training_group/duplicate/{pk}"
    assert organizer.get(path).status == 200
    answer = organizer.post(path, {"starts_on": f"05.04.{year}", "number": "ПОВТОР-1"})
    assert answer.status == 302
    made = int(answer.headers["Location"].rsplit("/", 1)[1])
    assert region.sql("SELECT number, status, starts_on FROM training_group WHERE id = %(pk)s", pk=made) == [
        ("ПОВТОР-1", "draft", dt.date(year, 4, 5))
    ]
    assert "черновик" in flashes(organizer.get(answer.headers["Location"]).text)


@pytest.mark.parametrize("page", ["schedule", "quotas", "reopen", "duplicate", "edit"])
def test_the_pages_of_anothers_group_do_not_exist(region: Region, page: str) -> None:
    pk = make(region, status="closed")
    foreign = region.browser("organizer2")
    with region.nothing_changes():
        assert foreign.get(f"/training_group/{page}/{pk}").status == 404
        assert foreign.post(f"/training_group/{page}/{pk}", {"do": "save", "starts_on": "01.03.2027"}).status == 404
    assert region.browser("school").get(f"/training_group/{page}/{pk}").status == 403


def test_listeners_of_a_large_group_are_found_by_name_and_place(region: Region, organizer: Browser) -> None:
    """The search stands where there are many; each word counts, ё is е, and what was found says of how many."""
    places = region.people["organizer"].facts["places"]
    pk, many = region.sql(
        "SELECT g.id, count(*) FROM training_group g JOIN enrolment e ON e.group_id = g.id AND e.status = 'confirmed'"
        " WHERE g.status = 'running' AND g.organizer_id = ANY(%(p)s) GROUP BY g.id ORDER BY 2 DESC, 1 LIMIT 1",
        p=places,
    )[0]  # fmt: skip
    assert many > 15
    path = f"/training_group/show/{pk}"
    whole = organizer.get(path).text
    names = re.findall(r'<tr data-pk="\d+"><th scope="row"><a[^>]*>([^<]+)</a>', whole)
    assert len(names) == many
    assert 'aria-label="Поиск слушателя"' in whole
    last, first = names[0].split()[:2]
    page = organizer.get(path, q=f"{first.lower()} {last.upper()}").text
    found = re.findall(r'<tr data-pk="\d+"><th scope="row"><a[^>]*>([^<]+)</a>', page)
    assert names[0] in found
    assert all(first in name and last in name for name in found)
    assert f"Показано {len(found)} из {many}" in words(page)
    assert f'href="{path}">Показать всех' in page
    nobody = organizer.get(path, q="Ъъъ").text
    assert f"Показано 0 из {many}" in words(nobody)
