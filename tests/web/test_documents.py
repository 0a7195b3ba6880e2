"""Pages of documents: issuing for a group, duplicate, handing over, the public check."""

from __future__ import annotations

import datetime as dt
import json
import re
from typing import Any

import pytest

from app.russian import format_date
from tests.access.region import Browser, Region
from tests.statements import recorded
from tests.web.pages import flashes, form_fields, refusal, words

MOST_STATEMENTS = 16


def own_group(region: Region, *, with_papers: bool) -> int:
    """A completed group of the demo organizer whose documents are issued, or wait."""
    issued = "EXISTS (SELECT 1 FROM certificate c JOIN enrolment e ON e.id = c.enrolment_id WHERE e.group_id = g.id)"
    found = region.sql(
        "SELECT g.id FROM training_group g JOIN enrolment n ON n.group_id = g.id AND n.status = 'trained'"
        f" WHERE g.organizer_id = ANY(%(own)s) AND g.status = 'completed' AND {'' if with_papers else 'NOT '}{issued}"
        " ORDER BY g.id LIMIT 1",
        own=own_places(region),
    )
    return int(found[0][0])


def own_places(region: Region) -> list[int]:
    return [
        pk
        for (pk,) in region.sql(
            "SELECT a.organization_id FROM assignment a JOIN ab_user u ON u.id = a.user_id WHERE u.username = 'organizer'"
            " AND a.organization_id IS NOT NULL"
        )
    ]


def certificate_of(region: Region, status: str = "issued") -> tuple[int, str, str]:
    """Id, number and code of a document of the demo organizer."""
    found = region.sql(
        "SELECT id, number, check_code FROM certificate WHERE organizer_id = ANY(%(own)s) AND status = %(status)s"
        " AND kind = 'certificate' ORDER BY id LIMIT 1",
        own=own_places(region),
        status=status,
    )
    return int(found[0][0]), str(found[0][1]), str(found[0][2])


def today(region: Region) -> str:
    return format_date(region.today)


def documents(region: Region, group: int) -> int:
    counted = region.sql(
        "SELECT count(*) FROM certificate c JOIN enrolment e ON e.id = c.enrolment_id WHERE e.group_id = %(g)s", g=group
    )
    return int(counted[0][0])


def test_the_group_leads_to_the_page_that_lists_before_it_issues(region: Region, organizer: Browser) -> None:
    group = own_group(region, with_papers=False)
    assert f"/training_group/issue/{group}" in organizer.get(f"/training_group/show/{group}").text
    with recorded() as found:
        page = organizer.get(f"/training_group/issue/{group}")
    assert page.status == 200
    assert len(found) <= MOST_STATEMENTS and not found.writes
    text = words(page.text)
    assert "Получат документы:" in text and "Кто подписывает" in text and "на складе" in text
    assert documents(region, group) == 0
    number = int(re.search(r"Выдать: (\d+)", page.text)[1])  # type: ignore[index]
    form = {"kinds": "certificate", "issued_on": today(region), "series": "", "step": "look"}
    seen = {"seen": f"certificate {region.today}"}
    changed = organizer.post(f"/training_group/issue/{group}", {**form, "step": "issue", "seen": "training_note "})
    assert changed.status == 422 and "Выбор изменился" in words(changed.text)
    assert documents(region, group) == 0
    assert organizer.post(f"/training_group/issue/{group}", form).status == 200
    assert documents(region, group) == 0
    series = re.search(r'<option value="(\w+)">на бланках', page.text)
    assert series is not None
    answer = organizer.post(f"/training_group/issue/{group}", {**form, **seen, "series": series[1], "step": "issue"})
    assert answer.status == 302
    assert documents(region, group) == number
    used = "SELECT count(*) FROM certificate c JOIN enrolment e ON e.id = c.enrolment_id WHERE e.group_id = %(g)s AND blank_id > 0"
    assert region.sql(used, g=group)[0][0] == number
    again = organizer.post(f"/training_group/issue/{group}", {**form, **seen, "step": "issue"})
    assert again.status == 302 and documents(region, group) == number
    assert "удостоверение о повышении квалификации № " in words(organizer.get(f"/training_group/issue/{group}").text)
    hand = organizer.post(f"/training_group/hand/{group}", {"handing": "person", "handed_on": today(region)})
    assert hand.status == 302
    told = flashes(organizer.get(f"/training_group/show/{group}").text)
    assert f"Отмечено вручение: {number} " in told.replace("\u00a0", " ")


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"kinds": []}, "Выберите, какие документы выдать"),
        ({"kinds": ["diploma"]}, "Выберите, какие документы выдать"),
        ({"issued_on": "31.02.2026"}, ""),
        ({"series": "чужая"}, ""),
    ],
)
def test_a_wrong_choice_issues_nothing(
    region: Region, organizer: Browser, typed: dict[str, Any], sentence: str
) -> None:
    group = own_group(region, with_papers=True)
    before = documents(region, group)
    form = {"kinds": ["certificate"], "issued_on": today(region), "series": "", "step": "issue", **typed}
    day = "" if "issued_on" in typed else region.today
    form["seen"] = f"{','.join(form['kinds'])} {day}"
    answer = organizer.post(f"/training_group/issue/{group}", form)
    assert answer.status == 422 and "Выбор изменился" not in answer.text
    assert sentence in words(answer.text)
    assert documents(region, group) == before


def test_strangers_and_other_organizers_find_no_page(region: Region) -> None:
    group = own_group(region, with_papers=True)
    pk, _, _ = certificate_of(region)
    other = region.browser("organizer2")
    for path in (
        f"/training_group/issue/{group}",
        f"/training_group/hand/{group}",
        f"/training_group/replace/{group}",
        f"/certificate/duplicate/{pk}",
        f"/certificate/hand/{pk}",
    ):
        assert other.get(path).status == 404
        assert region.browser("school").get(path).status == 403
        assert region.browser(None).get(path).status == 302


def test_what_a_correction_made_outdated_is_replaced_from_the_group(region: Region, organizer: Browser) -> None:
    group = own_group(region, with_papers=True)
    path, before = f"/training_group/correct/{group}", documents(region, group)
    # registries of the demo's past groups are accepted: the operator corrects those
    operator = region.browser("operator")
    page = operator.get(path)
    fields = {**form_fields(page.text), "why": "День окончания внесён по старому плану"}
    last = dt.datetime.strptime(fields["ends_on"][0], "%d.%m.%Y").date()
    fields["ends_on"] = day = format_date(last + dt.timedelta(days=1))
    answer = operator.post(path, fields)
    assert answer.status == 302, refusal(answer.text)
    valid = "SELECT count(*) FROM certificate c JOIN enrolment e ON e.id = c.enrolment_id WHERE e.group_id = %(g)s AND c.status = 'issued'"
    number = int(region.sql(valid, g=group)[0][0])
    card = words(organizer.get(f"/training_group/show/{group}?tab=papers").text)
    assert f"Заменить документы: {number}" in card and "Заменить все" in card
    shown = words(organizer.get(f"/training_group/replace/{group}").text)
    assert f"Заменить: {number}" in shown and f"→ {day}" in shown
    made = organizer.post(f"/training_group/replace/{group}", {"issued_on": today(region), "series": ""})
    assert made.status == 302 and documents(region, group) == before + number
    card = words(organizer.get(f"/training_group/show/{group}?tab=papers").text)
    assert f"Заменено документов: {number}." in card and "Заменить все" not in card


def test_a_duplicate_is_issued_from_the_card_and_the_check_shows_both(region: Region, organizer: Browser) -> None:
    pk, number, code = certificate_of(region)
    card = organizer.get(f"/certificate/show/{pk}").text
    assert "Выдать дубликат" in card and "Отметить вручение" in card
    path = f"/certificate/duplicate/{pk}"
    empty = organizer.post(path, {"ground": "", "issued_on": today(region), "series": ""})
    assert empty.status == 422 and "Выберите основание" in empty.text
    answer = organizer.post(path, {"ground": "lost", "issued_on": today(region), "series": ""})
    assert answer.status == 302
    made = organizer.get(answer.headers["Location"]).text
    assert "Документ и его замены" in words(made) and number in made
    assert "Выдать дубликат" not in organizer.get(f"/certificate/show/{pk}").text
    new = region.sql("SELECT number, check_code FROM certificate WHERE original_id = %(pk)s", pk=pk)[0]
    stranger = region.browser(None)
    old = words(stranger.get(f"/verify/{code}").text)
    assert "Заменён" in old and f"Вместо него выдан документ № {new[0]}" in old.replace("\u00a0", " ")
    assert new[1] not in stranger.get(f"/verify/{code}").text
    assert "(дубликат)" in words(stranger.get(f"/verify/{new[1]}").text)
    assert organizer.get(f"/certificate/print/{pk}/docx").status == 200


def test_handing_over_by_proxy_needs_the_name(region: Region, organizer: Browser) -> None:
    pk, _, _ = certificate_of(region)
    path = f"/certificate/hand/{pk}"
    assert organizer.get(path).status == 200
    form = {"handing": "proxy", "handed_on": today(region), "handed_to": ""}
    refused = organizer.post(path, form)
    assert refused.status == 422 and "по доверенности" in words(refused.text)
    assert organizer.post(path, {**form, "handed_to": "Петров Пётр"}).status == 302
    assert "по доверенности" in words(organizer.get(f"/certificate/show/{pk}").text)


def test_the_check_by_number_shows_initials_and_is_reached_from_the_sign_in_page(region: Region) -> None:
    pk, number, code = certificate_of(region)
    facts, issued_on = region.sql("SELECT snapshot, issued_on FROM certificate WHERE id = %(pk)s", pk=pk)[0]
    stranger = region.browser(None)
    assert 'href="/verify/"' in stranger.get("/login/").text
    assert stranger.get("/verify/").status == 200
    day = format_date(issued_on)
    found = stranger.get("/verify/", number=number, issued_on=day)
    text = words(found.text).replace("\u00a0", " ")
    assert found.status == 200
    assert f"{facts['last_name']} {facts['first_name'][0]}." in text
    assert facts["first_name"] not in text and code not in found.text
    assert stranger.get("/verify/", number="9/1999", issued_on=day).status == 404
    assert stranger.get("/verify/", number=number, issued_on="когда-то").status == 422
    whole = words(stranger.get(f"/verify/{code}").text)
    assert f"{facts['last_name']} {facts['first_name']}" in whole


def test_machines_get_json(region: Region) -> None:
    pk, number, code = certificate_of(region)
    stranger = region.browser(None)
    answer = stranger.client.get(f"/verify/{code}", headers={"Accept": "application/json"})
    told = json.loads(answer.get_data())
    assert (answer.status_code, told["number"], told["status"]) == (200, number, "issued")
    assert not {"snils", "birth_date"} & set(told)
    (day,) = region.sql("SELECT issued_on FROM certificate WHERE id = %(pk)s", pk=pk)[0]
    query = {"number": number, "issued_on": format_date(day)}
    listed = stranger.client.get("/verify/", query_string=query, headers={"Accept": "application/json"})
    assert number in {item["number"] for item in json.loads(listed.get_data())["documents"]}
    unknown = stranger.client.get("/verify/unknown", headers={"Accept": "application/json"})
    assert unknown.status_code == 404


def test_the_question_of_an_annulment_offers_to_write_the_blank_off(region: Region, organizer: Browser) -> None:
    """Ticked while the document lies with the organizer; of one that was handed over the blank has to come back first."""
    found = region.sql(
        "SELECT c.id, b.id, b.series || ' ' || b.number FROM certificate c JOIN blank b ON b.id = c.blank_id"
        " WHERE c.organizer_id = ANY(%(own)s) AND c.status = 'issued' ORDER BY c.id DESC LIMIT 2",
        own=own_places(region),
    )
    (paper, blank, name), (other, other_blank, _) = found
    region.sql(
        "UPDATE certificate SET handed_on = CASE WHEN id = %(other)s THEN issued_on END, handing = CASE WHEN id = %(other)s"
        " THEN 'person' END, handed_to = NULL WHERE id IN (%(paper)s, %(other)s)",
        paper=paper, other=other,
    )  # fmt: skip
    page = organizer.get(f"/certificate/show/{paper}").text
    assert re.search(r'name="also" value="1" checked> Списать бланк', page) and name in page
    handed = organizer.get(f"/certificate/show/{other}").text
    assert re.search(r'name="also" value="1"> Бланк .* вернули: списать как испорченный', handed)
    assert 'name="also"' not in region.browser("operator").get(f"/certificate/show/{paper}").text
    assert organizer.post(f"/certificate/act/{paper}/annul", {"reason": "Ошибка", "also": "1"}).status == 302
    assert organizer.post(f"/certificate/act/{other}/annul", {"reason": "Ошибка"}).status == 302
    states = "SELECT status FROM blank WHERE id = %(pk)s"
    assert [region.sql(states, pk=pk)[0][0] for pk in (blank, other_blank)] == ["spoiled", "used"]
