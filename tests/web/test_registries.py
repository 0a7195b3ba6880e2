"""«Реестры» through the pages: the screen, both files, long ones as tasks, saving, the schedule, the way to the ministry."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from app.access import acting_as
from app.documents.registries import ALL
from app.jobs import run_worker
from app.services.paper.registries import registry_schedule
from app.services.portal.who_acts import SYSTEM
from app.web.paper import registry_view
from tests.access.region import Region
from tests.statements import recorded
from tests.web.pages import flashes, form_fields, refusal, words


@pytest.fixture(autouse=True)
def _leave_nothing(region: Region) -> Iterator[None]:
    """The region is shared: what these tests write is taken away."""
    (last,) = region.sql("SELECT max(id) FROM registry")[0]
    yield
    region.sql("DELETE FROM saved_registry")
    region.sql("DELETE FROM background_job WHERE kind = 'registry'")
    region.sql(f"DELETE FROM registry WHERE id > {last}")


def organizer_of(region: Region, login: str) -> int:
    return int(min(region.people[login].facts["places"]))


def trained_of(region: Region, login: str) -> int:
    statement = (
        "SELECT count(*) FROM enrolment e JOIN training_group g ON g.id = e.group_id"
        " WHERE e.status = 'trained' AND g.organizer_id = %(place)s"
    )
    return int(region.sql(statement, place=organizer_of(region, login))[0][0])


@pytest.mark.parametrize("login", ["organizer", "school", "territory", "ministry", "operator"])
@pytest.mark.parametrize("code", list(ALL))
def test_every_registry_opens_for_every_role(region: Region, login: str, code: str) -> None:
    with recorded() as statements:
        answer = region.browser(login).get("/registries/", code=code)
    if (login, code) == ("organizer", "vouchers"):
        assert answer.status == 403
        return
    assert answer.status == 200
    assert f"<h1>{ALL[code].title}</h1>" in answer.text
    assert len(statements) <= 15


def test_the_screen_and_the_file_tell_the_same_number(region: Region) -> None:
    browser, number = region.browser("organizer"), trained_of(region, "organizer")
    page = browser.get("/registries/", code="trained").text
    assert re.sub(r"\D", "", re.search(r'<h2 id="rows">Строк: ([\d\s\xa0]+);', page)[1]) == str(number)  # type: ignore[index]
    assert page.count("<tr>") - 1 == min(number, 50)
    # on the screen only the end of a СНИЛС is seen, in the file the whole
    assert "***-***-" in page
    rows = browser.get("/registries/download/", code="trained").rows()
    assert len(rows) - next(n for n, row in enumerate(rows) if row[0] == "№ п/п") - 1 == number
    text = browser.get("/registries/download/", code="trained", **{"as": "csv"}).text
    assert len(text.strip().splitlines()) == number + 1
    (entry,) = region.sql(
        "SELECT user_name, object_label, changes->'Строк'->>1 FROM audit_entry WHERE action = 'enrolment.exported'"
        " ORDER BY id DESC LIMIT 1"
    )
    assert entry[1:] == ("Реестр обученных", str(number))


@pytest.mark.parametrize(
    ("query", "status", "sentence"),
    [
        ({"code": "nothing"}, 404, "Такого реестра нет"),
        ({"period_from": "02.02.2026", "period_to": "01.02.2026"}, 422, "Начало периода позже его конца"),
        ({"period_from": "когда-то"}, 422, ""),
        ({"group": "abc"}, 422, "выберите строку из списка"),
        ({"organization_text": "нет такой школы"}, 422, "найдено строк: 0"),
    ],
)
def test_bad_input_is_said_in_a_sentence(region: Region, query: dict[str, str], status: int, sentence: str) -> None:
    answer = region.browser("ministry").get("/registries/", **query)
    assert answer.status == status
    assert sentence in words(answer.text)
    assert region.browser("ministry").get("/registries/download/", **query).status == status


def test_a_group_that_is_not_seen_is_missing(region: Region) -> None:
    foreign = region.pick("organizer", "training_group", "foreign")
    for path in ("/registries/", "/registries/download/"):
        assert region.browser("organizer").get(path, group=foreign).status == 404


def test_a_long_registry_is_a_task_with_the_same_rows(region: Region, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = region.browser("organizer")
    now = browser.get("/registries/download/", code="trained", **{"as": "csv"}).text
    monkeypatch.setattr(registry_view, "AT_ONCE", 1)
    answer = browser.get("/registries/download/", code="trained", **{"as": "csv"})
    assert (answer.status, answer.headers["Location"]) == (302, "/tasks/")
    with region.app.app_context():
        run_worker(region.app, once=True)
    (pk,) = region.sql("SELECT max(id) FROM background_job WHERE kind = 'registry'")[0]
    assert browser.get(f"/tasks/{pk}/file").text == now
    assert region.browser("organizer2").get(f"/tasks/{pk}/file").status == 404


def test_saved_opened_scheduled_sent_once_and_deleted(region: Region) -> None:
    browser, other = region.browser("ministry"), region.browser("territory")
    form = {"query": "code=trained&span=year", "title": "Обученные года", "schedule": "monthly"}
    browser.post("/registries/save", form)
    page = browser.get("/registries/").text
    assert "Обученные года" in page and "первого числа месяца" in page
    assert "Обученные года" not in other.get("/registries/").text
    (pk,) = region.sql("SELECT id FROM saved_registry")[0]
    assert other.post("/registries/forget", {"id": pk}).status == 404
    region.sql("UPDATE saved_registry SET next_on = current_date - 1")
    with region.app.app_context(), acting_as(SYSTEM):
        permissions = {code: item.permission for code, item in ALL.items()}
        assert [registry_schedule.send_due(permissions), registry_schedule.send_due(permissions)] == [1, 0]
        run_worker(region.app, once=True)
    user = region.people["ministry"].facts["user"]
    letters = region.sql("SELECT subject, body FROM letter WHERE user_id = %(u)s ORDER BY id DESC LIMIT 1", u=user)
    assert letters[0][0] == "Реестр «Обученные года»"
    assert "Мои задания" in letters[0][1]
    assert "Скачать" in browser.get("/tasks/").text
    assert browser.post("/registries/forget", {"id": pk}).status == 302
    assert region.sql("SELECT count(*) FROM saved_registry") == [(0,)]


@pytest.mark.parametrize(
    "form",
    [
        {"query": "code=trained", "title": ""},
        {"query": "code=trained", "title": "Мой", "schedule": "hourly"},
        {"query": "code=trained&period_from=99", "title": "Мой"},
    ],
)
def test_what_cannot_be_saved_is_refused(region: Region, form: dict[str, str]) -> None:
    with region.nothing_changes():
        assert region.browser("ministry").post("/registries/save", form).status == 422


def test_from_the_organizer_to_the_ministry(region: Region) -> None:
    organizer, ministry = region.browser("organizer"), region.browser("ministry")
    fields = {name: values[-1] for name, values in form_fields(organizer.get("/registry/add").text).items()}
    assert fields["organizer"] == str(organizer_of(region, "organizer"))
    refused = organizer.post("/registry/add", {**fields, "period_from": "01.03.2026", "period_to": "01.02.2026"})
    assert refused.status == 422 and "позже его конца" in refused.text
    first, last = region.sql(
        "SELECT min(g.ends_on), max(g.ends_on) FROM training_group g JOIN enrolment e ON e.group_id = g.id"
        " WHERE e.status = 'trained' AND g.organizer_id = %(place)s",
        place=organizer_of(region, "organizer"),
    )[0]
    days = {"period_from": f"{first:%d.%m.%Y}", "period_to": f"{last:%d.%m.%Y}"}
    formed = organizer.post("/registry/add", {**fields, **days})
    assert formed.status == 302, refusal(formed.text)
    card = formed.headers["Location"]
    pk = card.rpartition("/")[2]
    rows = organizer.get(f"/registry/file/{pk}").rows()
    # whom the registry of the demo reports already is left out and named
    told = region.sql(
        "SELECT count(*) FROM registry_row w JOIN registry r ON r.id = w.registry_id WHERE r.status = 'sent'"
        " AND r.organizer_id = %(place)s",
        place=organizer_of(region, "organizer"),
    )[0][0]
    assert told
    assert any(f"записей в реестре: {trained_of(region, 'organizer') - told}" in row[0] for row in rows)
    assert any(str(row[0]).startswith("Не включены, уже переданы в реестрах № ") for row in rows)
    assert "Уже переданы в других реестрах" in organizer.get(card).text
    assert region.browser("organizer2").get(card).status == 404
    assert region.browser("organizer2").get(f"/registry/file/{pk}").status == 404
    organizer.post(f"/registry/act/{pk}/send")
    assert "Направлен в министерство" in ministry.get(card).text
    assert ministry.get(f"/registry/file/{pk}").status == 200
    ministry.post(f"/registry/act/{pk}/return", {"reason": "Нет номеров бланков"})
    assert "Нет номеров бланков" in organizer.get(card).text
    organizer.post(f"/registry/act/{pk}/renew")
    assert "Готово" in flashes(organizer.get(card).text)
    organizer.post(f"/registry/act/{pk}/send")
    ministry.post(f"/registry/act/{pk}/accept")
    assert region.sql("SELECT status FROM registry WHERE id = %(pk)s", pk=int(pk)) == [("accepted",)]


def test_who_has_sent_is_for_the_ministry(region: Region) -> None:
    page = region.browser("ministry").get("/registry/overview/", **{"from": "01.01.2020", "to": "31.12.2030"})
    assert page.status == 200 and "Направлен в министерство" in page.text
    wrong = region.browser("ministry").get("/registry/overview/", **{"from": "02.02.2026", "to": "01.02.2026"})
    assert wrong.status == 422 and "позже его конца" in wrong.text
    assert region.browser("ministry").get("/registry/overview/", **{"from": "когда-то"}).status == 422
    assert region.browser("organizer").get("/registry/overview/").status == 403


def test_the_comboboxes_find_only_what_is_seen(region: Region) -> None:
    own = region.sql(
        "SELECT id FROM training_group WHERE organizer_id = %(place)s", place=organizer_of(region, "organizer")
    )
    found: Any = re.findall(r'"id": (\d+)', region.browser("organizer").get("/registries/find/group").text)
    assert found and {int(pk) for pk in found} <= {pk for (pk,) in own}
    assert region.browser("organizer").get("/registries/find/secret").status == 404
