"""Pages of programs: list, card, editions, modules without scripts, the file and who reads it, bulk actions."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import Any

import pytest

from app.russian import day_and_month
from tests.access.region import Answer, Browser, Region
from tests.services.scans import docx, pdf
from tests.statements import recorded
from tests.web.pages import error_beside, flashes, form_fields, ids, refusal, words


def own_organizer(region: Region) -> int:
    return int(region.people["organizer"].facts["places"][0])


@pytest.fixture
def program(region: Region) -> Iterator[int]:
    """A draft of the demo organizer for the next year, which goes with everything made of it."""
    last = region.sql("SELECT coalesce(max(id), 0) FROM program")[0][0]
    yield new_program(region)
    region.sql("DELETE FROM training_group WHERE program_id > %(last)s", last=last)
    region.sql("UPDATE program SET previous_id = NULL WHERE id > %(last)s", last=last)
    region.sql("DELETE FROM program WHERE id > %(last)s", last=last)


def new_program(region: Region, code: str = "ПР-1", status: str = "draft", **over: Any) -> int:
    values = {"title": "Проверочная программа", "year": region.today.year + 1, "hours": 24, "edition": 1, **over}
    return int(
        region.sql(
            "INSERT INTO program (organizer_id, code, title, year, hours, status, edition, funding)"
            " VALUES (%(organizer)s, %(code)s, %(title)s, %(year)s, %(hours)s, %(status)s, %(edition)s, 'Старое значение')"
            " RETURNING id",
            organizer=own_organizer(region),
            code=code,
            status=status,
            **values,
        )[0][0]
    )


def set_status(region: Region, pk: int, status: str) -> None:
    region.sql("UPDATE program SET status = %(status)s WHERE id = %(pk)s", pk=pk, status=status)


def card(browser: Browser, pk: int) -> str:
    answer = browser.get(f"/program/show/{pk}")
    assert answer.status == 200
    return answer.text


def buttons(page: str) -> list[str]:
    """Words of the buttons and links of the card's head and blocks."""
    body = page.split("<main", 1)[1]
    found = re.findall(r'<(?:a|button|summary) class="btn[^"]*"[^>]*>(.*?)</', body, re.S)
    return [text for text in map(words, found) if text]


# --- a law that leaves retraining to state organizers ----------------------------------------------------------------


@pytest.fixture
def private(region: Region) -> Iterator[None]:
    """The demo organizer is private for once."""
    kept = region.sql("SELECT ownership FROM organization WHERE id = %(pk)s", pk=own_organizer(region))[0][0]
    change = "UPDATE organization SET ownership = %(value)s WHERE id = %(pk)s"
    region.sql("DELETE FROM organizer_exception")
    region.sql(change, pk=own_organizer(region), value="private")
    yield
    region.sql(change, pk=own_organizer(region), value=kept)


def retraining(region: Region, pk: int, status: str) -> None:
    region.sql(
        "UPDATE program SET kind = 'retraining', hours = 256, qualification_name = 'Учитель', status = %(status)s,"
        " year = %(year)s WHERE id = %(pk)s",
        pk=pk,
        status=status,
        year=region.today.year,
    )


LAW = "с 01.09.2025 такие программы проводят только организации"


def test_the_form_says_the_law_first_to_those_who_may_not(region: Region, organizer: Browser, private: None) -> None:
    page = words(organizer.get("/program/add").text)
    assert page.index("форма собственности — частная. Переподготовка") < page.index(LAW) < page.index("Шифр")
    assert page.count(LAW) == 1
    assert LAW not in words(region.browser("organizer2").get("/program/add").text)
    assert words(region.browser("operator").get("/program/add").text).count(LAW) == 1


def test_a_private_organizer_reads_why_and_sends_nothing(
    region: Region, organizer: Browser, program: int, private: None
) -> None:
    retraining(region, program, "draft")
    assert LAW in words(card(organizer, program)).split("Что исправить до отправки", 1)[1]
    assert LAW in words(organizer.get(f"/program/edit/{program}").text).split("Шифр", 1)[0]
    organizer.post(f"/program/act/{program}/submit")
    assert region.sql("SELECT status FROM program WHERE id = %(pk)s", pk=program) == [("draft",)]
    assert LAW in words(card(organizer, program))


def test_a_published_one_offers_no_group_and_says_why(
    region: Region, organizer: Browser, program: int, private: None
) -> None:
    retraining(region, program, "published")
    page = card(organizer, program)
    assert "Открыть новую группу" not in buttons(page)
    assert "Новая редакция" in buttons(page)
    assert LAW in words(page).split("Почему новую группу не открыть", 1)[1]
    region.sql("UPDATE organization SET ownership = 'municipal' WHERE id = %(pk)s", pk=own_organizer(region))
    page = card(organizer, program)
    assert "Открыть новую группу" in buttons(page)
    assert "Почему новую группу не открыть" not in page


def test_the_operator_keeps_the_rule_and_the_list_others_read_them(region: Region, operator: Browser) -> None:
    rule, title = region.sql("SELECT id, title FROM organizer_rule")[0]
    assert "детском саду и школе" in title
    form = operator.get(f"/organizer_rule/edit/{rule}").text
    assert "Кто может их проводить" in words(form)
    fields = {"rule": rule, "organization": own_organizer(region), "ground": "Доля области", "valid_from": "01.09.2025"}
    region.sql("DELETE FROM organizer_exception")
    assert operator.post("/organizer_exception/add", fields).status == 302
    assert region.sql("SELECT rule_id, organization_id, ground FROM organizer_exception") == [
        (rule, own_organizer(region), "Доля области")
    ]
    reader = region.browser("ministry")
    assert "Доля области" in words(reader.get("/organizer_exception/list/").text)
    for browser in (reader, region.browser("organizer")):
        assert browser.post("/organizer_exception/add", fields).status == 403
    region.sql("DELETE FROM organizer_exception")


# --- list ------------------------------------------------------------------------------------------------------------


def test_the_list_finds_late_programs_and_names_editions(region: Region, organizer: Browser, program: int) -> None:
    region.sql("UPDATE program SET late = true, edition = 2 WHERE id = %(pk)s", pk=program)
    page = organizer.get("/program/list/", late="1", year=str(region.today.year + 1), q="проверочная ПР-1").text
    assert ids(page, "program") == [program]
    assert "внесена после срока" in words(page)
    year = region.today.year + 1
    last = region.sql("SELECT programs_until FROM plan_campaign WHERE year = %(year)s", year=year)[0][0]
    late_words = words(f"внесена после {day_and_month(last)}")
    assert late_words in words(organizer.get(f"/program/show/{program}").text)
    assert "шифр ПР-1 · редакция 2" in words(page)
    assert program not in ids(organizer.get("/program/list/", late="0", q="проверочная ПР-1").text, "program")


def test_the_demo_shows_editions_and_programs_of_the_next_year(region: Region, operator: Browser) -> None:
    later, former = region.sql("SELECT id, previous_id FROM program WHERE edition = 2")[0]
    page = words(card(operator, later))
    assert "Редакция 2 эта страница" in page
    assert re.search(r"Редакция 1 \d{4} В архиве [1-9]", page)
    assert region.sql("SELECT count(*) FROM training_group WHERE program_id = %(pk)s", pk=former)[0][0] > 0
    waits = "SELECT count(*) FROM program WHERE status = 'submitted' AND submitted_at IS NOT NULL AND year = %(next)s"
    assert region.sql(waits, next=region.today.year + 1)[0][0] > 0


# --- card ------------------------------------------------------------------------------------------------------------


def test_the_card_of_a_draft_says_what_hinders_and_whom_it_is_for(
    region: Region, organizer: Browser, program: int
) -> None:
    region.sql("UPDATE program SET block = 'invariant', hours = 36 WHERE id = %(pk)s", pk=program)
    page = words(card(organizer, program))
    assert "Что исправить до отправки Программа длится 36 часов, а инвариантный блок оплачивает" in page
    assert "Для кого для всех работников образования" in page
    assert "Модули не указаны." in page
    position = region.sql("SELECT id FROM position WHERE name = 'Учитель'")[0][0]
    region.sql("INSERT INTO program_position VALUES (%(pk)s, %(position)s)", pk=program, position=position)
    assert "Для кого должности: Учитель" in words(card(organizer, program))
    assert "Что исправить" not in words(card(region.browser("operator"), program))


@pytest.mark.parametrize(
    ("status", "by_organizer", "by_operator"),
    [
        (
            "draft",
            {"Отправить на публикацию", "Изменить", "Удалить", "Изменить модули", "Приложить файл"},
            {"Изменить", "Удалить", "Изменить модули", "Приложить файл"},
        ),
        ("submitted", set(), {"Опубликовать", "Вернуть на доработку", "Изменить", "Изменить модули"}),
        (
            "published",
            {"Убрать в архив", "Открыть новую группу", "Новая редакция", "Скопировать"},
            {"Убрать в архив", "Открыть новую группу", "Новая редакция", "Скопировать", "Изменить", "Изменить модули"},
        ),
        ("archived", {"Скопировать"}, {"Скопировать"}),
    ],
)
def test_buttons_follow_the_state(
    region: Region, organizer: Browser, operator: Browser, program: int,
    status: str, by_organizer: set[str], by_operator: set[str],
) -> None:  # fmt: skip
    set_status(region, program, status)
    for browser, expected in ((organizer, by_organizer), (operator, by_operator)):
        found = {re.sub(r" на \d{4} год$", "", text) for text in buttons(card(browser, program))}
        assert found - {"Отмена", ""} == expected
    if status in ("published", "archived"):
        assert buttons(card(region.browser("worker"), program)) == []


def test_the_card_costs_the_same_however_much_it_shows(region: Region, organizer: Browser, program: int) -> None:
    def cost() -> int:
        card(organizer, program)
        with recorded() as found:
            card(organizer, program)
        return len(found)

    small = cost()
    for number in range(3):
        region.sql(
            "INSERT INTO program_module (program_id, title, hours, ordering) VALUES (%(pk)s, 'М', 8, %(n)s)",
            pk=program,
            n=number,
        )
        new_program(region, "ПР-1", "archived", edition=number + 2)
    assert cost() == small <= 15
    set_status(region, program, "published")
    assert cost() <= 15


# --- editions --------------------------------------------------------------------------------------------------------


def test_an_edition_is_begun_once_from_the_card(region: Region, organizer: Browser, program: int) -> None:
    set_status(region, program, "published")
    first = organizer.post(f"/program/edition/{program}")
    made = int(first.headers["Location"].rsplit("/", 1)[1])
    assert organizer.post(f"/program/edition/{program}").headers["Location"] == first.headers["Location"]
    page = card(organizer, made)
    assert "Новая редакция готова к изменению" in flashes(page)
    assert "Изменить" in buttons(page)
    assert "Открыть новую редакцию" in buttons(card(organizer, program))
    found = region.sql("SELECT status, edition FROM program WHERE code = 'ПР-1' ORDER BY edition")
    assert found == [("published", 1), ("draft", 2)]
    assert region.browser("worker").get(f"/program/show/{made}").status == 404


def test_a_second_copy_for_the_next_year_is_refused_with_a_sentence(
    region: Region, organizer: Browser, program: int
) -> None:
    set_status(region, program, "published")
    assert "черновик на следующий год" in flashes(
        organizer.get(organizer.post(f"/program/next_year/{program}").headers["Location"]).text
    )
    with region.nothing_changes():
        answer = organizer.post(f"/program/next_year/{program}")
    assert answer.headers["Location"] == f"/program/show/{program}"
    assert "Программа с шифром ПР-1 на" in flashes(card(organizer, program))
    assert not any(text.startswith("Скопировать") for text in buttons(card(organizer, program)))


@pytest.mark.parametrize("path", ["edition", "next_year"])
def test_others_make_nothing_of_a_program(region: Region, program: int, path: str) -> None:
    with region.nothing_changes():
        for login, status in (("organizer2", 404), ("school", 403), ("worker", 403), ("ministry", 403)):
            assert region.browser(login).post(f"/program/{path}/{program}").status == status


def test_a_foreign_program_in_a_bulk_action_stops_all_of_it(region: Region, organizer: Browser, program: int) -> None:
    foreign = region.pick("organizer", "program", "foreign")
    with region.nothing_changes():
        answer = organizer.post("/program/act/", {"action": "submit", "rowid": [str(program), str(foreign)]})
    assert answer.status == 404


# --- form ------------------------------------------------------------------------------------------------------------


def test_the_form_offers_the_lists_of_frdo_and_keeps_an_old_value(
    region: Region, organizer: Browser, program: int
) -> None:
    page = organizer.get(f"/program/edit/{program}").text
    offered = re.findall(r"<option[^>]*>(.*?)</option>", page.split('name="funding"', 1)[1].split("</select>", 1)[0])
    assert offered[:3] == ["— не указано —", "Старое значение", "Региональный бюджет"]
    fields = form_fields(page)
    assert fields["funding"] == ["Старое значение"]
    answer = organizer.post(f"/program/edit/{program}", {**fields, "area": "Образование и наука"})
    assert answer.status == 302
    assert region.sql("SELECT funding, area FROM program WHERE id = %(pk)s", pk=program) == [
        ("Старое значение", "Образование и наука")
    ]
    refused = organizer.post(f"/program/edit/{program}", {**fields, "funding": "Выдумка"})
    assert refused.status == 422
    assert error_beside(refused.text, "funding")


def test_hours_outside_the_kind_are_said_beside_the_field(region: Region, organizer: Browser, program: int) -> None:
    fields = form_fields(organizer.get(f"/program/edit/{program}").text)
    with region.nothing_changes():
        answer = organizer.post(f"/program/edit/{program}", {**fields, "hours": "250"})
    assert error_beside(answer.text, "hours").startswith("Часов бывает от 16 до 249")


def test_a_program_with_groups_is_not_changed_by_an_old_form(region: Region, operator: Browser, program: int) -> None:
    set_status(region, program, "published")
    fields = form_fields(operator.get(f"/program/edit/{program}").text)
    region.sql(
        "INSERT INTO training_group (program_id, organizer_id, number, starts_on, ends_on, enrol_from, enrol_until, place,"
        " capacity, status) SELECT id, organizer_id, 'ПР-1-1', current_date, current_date, current_date, current_date,"
        " 'Самара', 5, 'open' FROM program WHERE id = %(pk)s",
        pk=program,
    )
    with region.nothing_changes():
        answer = operator.post(f"/program/edit/{program}", {**fields, "title": "Другая"})
    assert answer.status == 422
    assert "начните новую редакцию" in refusal(answer.text)
    assert "Изменить" not in buttons(card(operator, program))


# --- modules ---------------------------------------------------------------------------------------------------------


def test_modules_are_written_without_scripts(region: Region, organizer: Browser, program: int) -> None:
    path = f"/program/modules/{program}"
    fields = form_fields(organizer.get(path).text)
    assert fields["title"] == ["", "", ""]
    fields = {**fields, "title": ["Теория", "Лишний", "Практика"], "hours": ["8", "1", "12"]}
    with region.nothing_changes():
        dropped = organizer.post(path, {**fields, "drop": "2"})
    assert dropped.status == 200
    after = form_fields(dropped.text)
    assert after["title"][:3] == ["Теория", "Практика", ""]
    assert "20 из 24 — осталось распределить 4 ч" in words(dropped.text)
    with region.nothing_changes():
        more = organizer.post(path, {**after, "more": "1"})
    assert len(form_fields(more.text)["title"]) == 8
    assert organizer.post(path, after).headers["Location"] == f"/program/show/{program}"
    page = words(card(organizer, program))
    assert "Теория 8 Практика 12 Всего 20 ч из 24 ч программы." in page
    stale = organizer.post(path, {**fields, "title": ["Чужое"], "hours": ["1"]})
    assert stale.status == 422
    assert "модули изменил другой пользователь" in words(stale.text)


def test_wrong_hours_of_a_module_are_named_and_stay_as_typed(region: Region, organizer: Browser, program: int) -> None:
    path = f"/program/modules/{program}"
    fields = {**form_fields(organizer.get(path).text), "title": ["Теория", ""], "hours": ["восемь", "5"]}
    with region.nothing_changes():
        answer = organizer.post(path, fields)
    assert answer.status == 422
    assert "Модуль 1: часы — целое число больше нуля. Модуль 2: впишите название" in words(answer.text)
    assert form_fields(answer.text)["hours"][:2] == ["восемь", "5"]


def test_enter_in_a_field_takes_no_module_away(organizer: Browser, program: int) -> None:
    """Enter presses the first button of a form."""
    page = organizer.get(f"/program/modules/{program}").text.split("data-guard", 1)[1]
    assert re.findall(r'<button[^>]*name="(\w+)"', page)[0] == "more"


@pytest.mark.parametrize("path", ["modules", "attach", "detach"])
def test_others_do_not_change_the_parts_of_a_program(region: Region, program: int, path: str) -> None:
    with region.nothing_changes():
        for login, status in (("organizer2", 404), ("school", 403), ("worker", 403)):
            assert region.browser(login).post(f"/program/{path}/{program}").status == status


# --- file ------------------------------------------------------------------------------------------------------------


def attach(browser: Browser, pk: int, data: bytes, name: str = "Программа.docx") -> Answer:
    return browser.post(f"/program/attach/{pk}", {"document": (io.BytesIO(data), name)})


def test_the_file_is_read_by_those_who_see_the_program(region: Region, organizer: Browser, program: int) -> None:
    data = docx("О чём программа")
    assert attach(organizer, program, data).status == 302
    page = card(organizer, program)
    assert "Программа.docx" in words(page)
    assert {"Заменить файл", "Убрать файл"} <= set(buttons(page))
    own = organizer.client.get(f"/program/file/{program}")
    assert own.get_data() == data
    own.close()
    others = [region.browser(login) for login in ("organizer2", "worker", "school", "territory2")]
    assert [other.get(f"/program/file/{program}").status for other in others] == [404] * 4
    set_status(region, program, "published")
    for other in others[1:]:
        answer = other.get(f"/program/file/{program}")
        assert (answer.status, answer.headers["Content-Disposition"][:10]) == (200, "attachment")
        assert f"/program/file/{program}" in card(other, program)
    assert others[0].get(f"/program/file/{program}").status == 404
    file = region.sql("SELECT document_id FROM program WHERE id = %(pk)s", pk=program)[0][0]
    for browser in (organizer, region.browser("operator"), *others):
        assert browser.get(f"/access/file/{file}").status == 404
    assert not {"Заменить файл", "Убрать файл", "Приложить файл"} & set(buttons(card(organizer, program)))


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"<script>alert(1)</script>", "нужен файл PDF или DOCX"),
        (pdf(password="x"), "закрыт паролем"),
    ],
)
def test_a_file_that_is_not_what_it_says_is_refused_beside_the_field(
    region: Region, organizer: Browser, program: int, data: bytes, sentence: str
) -> None:
    with region.nothing_changes():
        answer = attach(organizer, program, data, "Программа.pdf")
    assert answer.status == 422
    assert sentence in error_beside(answer.text, "document")


def test_a_file_above_the_portals_limit_is_refused(region: Region, organizer: Browser, program: int) -> None:
    body = b"%PDF-" + b"0" * region.app.config["MAX_CONTENT_LENGTH"]
    with region.nothing_changes():
        kind = "multipart/form-data; boundary=x"
        answer = organizer.client.post(f"/program/attach/{program}", data=body, content_type=kind)
    assert answer.status_code == 413
    assert "не больше 10 МБ" in answer.get_data(as_text=True)


def test_no_file_chosen_and_a_file_taken_off(region: Region, organizer: Browser, program: int) -> None:
    empty = organizer.post(f"/program/attach/{program}")
    assert (empty.status, error_beside(empty.text, "document")) == (422, "Выберите файл.")
    attach(organizer, program, pdf(), "Первая.pdf")
    organizer.post(f"/program/detach/{program}")
    page = card(organizer, program)
    assert "Файл убран." in flashes(page)
    assert "Файл не приложен." in words(page)
    assert organizer.get(f"/program/file/{program}").status == 404


def test_a_copy_shares_the_file_until_it_gets_its_own(region: Region, organizer: Browser, program: int) -> None:
    attach(organizer, program, pdf(), "Первая.pdf")
    set_status(region, program, "published")
    made = int(organizer.post(f"/program/edition/{program}").headers["Location"].rsplit("/", 1)[1])
    attach(organizer, made, docx(), "Вторая.docx")
    assert "Первая.pdf" in words(card(organizer, program))
    assert "Вторая.docx" in words(card(organizer, made))


# --- queue -----------------------------------------------------------------------------------------------------------


def test_the_operator_publishes_from_the_queue(region: Region, operator: Browser, program: int) -> None:
    region.sql("UPDATE program SET status = 'submitted', submitted_at = now() WHERE id = %(pk)s", pk=program)
    page = words(operator.get("/queue/", kind="program", q="проверочная").text)
    assert f"Проверочная программа на {region.today.year + 1} год · 24 ч" in page
    operator.post("/queue/decide", {"one": f"program-{program}", "sure": "1"})
    assert region.sql("SELECT status FROM program WHERE id = %(pk)s", pk=program) == [("published",)]
