"""Two editors of one record: nothing is lost, nothing is overwritten unseen, each field is chosen by itself."""

from __future__ import annotations

import re
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.access.region import Browser, Region
from tests.web.pages import error_beside, form_fields, person_of, refusal, words


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
    assert f'href="{path}" data-forget>Взять сохранённое' in refused.text
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


def test_what_was_there_can_be_stored_again(region: Region, operator: Browser, school: Browser) -> None:
    """«Как было» of fields that both changed: a text, a day, a choice and a number that the journal hides."""
    pk = person_of(region, 13)
    was = ("старая степень", "11223344595", "1980-03-12", "female")
    region.sql(
        "UPDATE employee SET degree = %(d)s, snils = %(s)s, birth_date = %(b)s, sex = %(x)s, awards = NULL WHERE id = %(pk)s",
        d=was[0], s=was[1], b=was[2], x=was[3], pk=pk,
    )  # fmt: skip
    _, refused = conflicting(
        region, 13, operator, school, degree=("их", "моя"), snils=("11223344797", "11223344999"), awards=("их", "моя"),
        birth_date=("13.03.1980", "14.03.1980"),
    )  # fmt: skip
    assert refused.text.count('value="was"') == 4
    chosen = dict.fromkeys(("choice-degree", "choice-snils", "choice-awards", "choice-birth_date"), "was")
    path = f"/employee/edit/{pk}"
    with region.nothing_changes():
        edited = school.post(path, {**form_fields(refused.text), **chosen, "degree": "дописано"})
    assert "Вы изменили своё значение" in refusal(edited.text)
    assert school.post(path, {**form_fields(refused.text), **chosen}).status == 302
    now = stored(region, pk, "degree", "snils", "birth_date::text", "sex")
    region.sql("UPDATE employee SET snils = NULL WHERE id = %(pk)s", pk=pk)
    assert now == was
    assert stored(region, pk, "awards") == (None,)


def test_a_long_text_of_before_is_told_and_not_offered(region: Region, operator: Browser, school: Browser) -> None:
    """A form carries short values; an answer that was never offered is refused and changes nothing."""
    region.sql("UPDATE employee SET awards = %(a)s WHERE id = %(pk)s", a="слово " * 50, pk=person_of(region, 14))
    pk, refused = conflicting(region, 14, operator, school, awards=("их награда", "моя награда"))
    assert differences(refused.text)["awards"][0].startswith("слово")
    assert 'value="was"' not in refused.text
    with region.nothing_changes():
        answer = school.post(f"/employee/edit/{pk}", {**form_fields(refused.text), "choice-awards": "was"})
    assert answer.status == 422
    assert "сохранить уже нельзя" in refusal(answer.text)


def test_a_stamp_that_somebody_spoiled_offers_nothing(region: Region, operator: Browser, school: Browser) -> None:
    pk = person_of(region, 15)
    path = f"/employee/edit/{pk}"
    mine = form_fields(school.get(path).text)
    spoiled = re.sub(r"(degree:\w+)\.[\w=-]*", r"\1.яяя", mine["opened"][0])
    assert spoiled != mine["opened"][0]
    assert operator.post(path, {**form_fields(operator.get(path).text), "degree": "их"}).status == 302
    with region.nothing_changes():
        refused = school.post(path, {**mine, "opened": spoiled, "degree": "моя"})
    assert (refused.status, list(differences(refused.text))) == (422, ["degree"])
    assert 'value="was"' not in refused.text


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
