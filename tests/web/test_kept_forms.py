"""A form that cannot be saved in the state of its record does not open: every edit form, every state that the region has."""

from __future__ import annotations

from typing import Any

import pytest

from app.permissions import ROLES
from tests.access.region import Region
from tests.web.pages import form_fields, words

#: sub-pages of records that are forms too: address → table
PARTS = {
    "/training_group/schedule/{}": "training_group",
    "/training_group/quotas/{}": "training_group",
    "/training_group/correct/{}": "training_group",
    "/enrolment/result/{}": "enrolment",
    "/enrolment/correct/{}": "enrolment",
    "/enrolment/retake/{}": "enrolment",
}
_RIGHTS = {"/enrolment/result/{}": "result", "/enrolment/retake/{}": "retake"}
_FORM = 'id="record"'


def _editors(permission: str) -> list[str]:
    """Demo logins whose role holds the right; each role's login is its name."""
    return sorted(code for code, role in ROLES.items() if permission in role.permissions)


def _tables(region: Region) -> list[str]:
    """Tables whose records have a form and a state."""
    views = [view for view in region.app.appbuilder.baseviews if getattr(view, "sections", ())]
    tables = {view.table for view in views if hasattr(view.datamodel.obj, "status")}
    return sorted(table for table in tables if _editors(f"{table}:edit"))


def _rows(region: Region, login: str, table: str) -> list[tuple[str, int]]:
    """One own row in each state that there is."""
    found = []
    for (status,) in region.sql(f"SELECT DISTINCT status FROM {table} ORDER BY 1"):
        pk = region.pick(login, table, "own", f"t.status = '{status}'")
        if pk is not None:
            found.append((status, pk))
    return found


def _is_honest(browser: Any, path: str) -> str:
    """Why a page is wrong: neither a form that takes back what it shows, nor a refusal in words without a form."""
    answer = browser.get(path)
    main = answer.text.partition("<main")[2]
    if answer.status == 409:
        return "" if _FORM not in main and len(words(main)) > 40 else f"{path}: a form that is refused"
    if answer.status == 302:  # to the form that is meant
        return ""
    if answer.status != 200:
        return f"{path}: {answer.status}"
    fields = {name: values for name, values in form_fields(answer.text).items() if name != "csrf_token"}
    sent = browser.post(path, fields)
    # a row of the tests that lacks a field is a matter of its fields, not of its state
    lacks = sent.status == 422 and "Заполните это поле" in words(sent.text)
    return (
        "" if sent.status == 302 or lacks else f"{path}: {sent.status} {words(sent.text.partition('<main')[2])[:300]}"
    )


def test_every_edit_form_opens_only_where_it_can_be_saved(region: Region) -> None:
    seen, wrong = set(), []
    for table in _tables(region):
        for login in _editors(f"{table}:edit"):
            for status, pk in _rows(region, login, table):
                seen.add((table, status))
                wrong.append(_is_honest(region.browser(login), f"/{table}/edit/{pk}"))
    assert "\n".join(filter(None, wrong)) == ""
    assert {table for table, _status in seen} >= {"program", "training_group", "training", "employment"}
    assert {("training_group", "completed"), ("program", "published"), ("training", "confirmed")} <= seen


@pytest.mark.parametrize("address", PARTS)
def test_a_part_of_a_record_opens_only_where_it_can_be_changed(region: Region, address: str) -> None:
    table, wrong, seen = PARTS[address], [], set()
    verb = "edit" if "schedule" in address or "quotas" in address else _RIGHTS.get(address, "correct")
    for login in _editors(f"{table}:{verb}"):
        for status, pk in _rows(region, login, table):
            answer = region.browser(login).get(address.format(pk))
            main = answer.text.partition("<main")[2]
            seen.add(status)
            if answer.status == 409:
                wrong += [] if _FORM not in main else [f"{address.format(pk)}: {status}"]
            else:
                wrong += [] if answer.status in (200, 302) else [f"{address.format(pk)}: {answer.status}"]
    assert wrong == []
    assert len(seen) > 2


def test_a_published_program_says_what_to_do_before_one_types(region: Region) -> None:
    pk = region.pick("organizer", "program", "own", "t.status = 'published'")
    answer = region.browser("organizer").get(f"/program/edit/{pk}")
    assert answer.status == 409
    assert "больше не меняется: по ней учатся и записываются" in words(answer.text)
    assert "Новая редакция" in answer.text or "Открыть новую редакцию" in answer.text


def test_a_completed_group_leads_to_its_correction(region: Region) -> None:
    pk = region.pick("organizer", "training_group", "own", "t.status = 'completed'")
    answer = region.browser("organizer").get(f"/training_group/edit/{pk}")
    assert answer.status == 409
    assert "Поэтому её сведения больше не меняются" in words(answer.text)
    assert f'href="/training_group/correct/{pk}"' in answer.text
    card = region.browser("organizer").get(f"/training_group/show/{pk}").text
    assert f"/training_group/edit/{pk}" not in card
    assert f"/training_group/correct/{pk}" in card
