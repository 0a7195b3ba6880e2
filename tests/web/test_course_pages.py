"""Pages of a course: the journal of attendance, the table of results, the Excel sheet, orders; statements and strangers."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from contextvars import Context
from typing import Any

import pytest
from flask import Flask
from openpyxl import load_workbook

from app import models as m
from app import statuses as st
from app.access import acting_as
from app.actor import Actor
from app.clock import today
from app.russian import format_date
from app.services.access import sessions
from app.services.access.accounts import find_account
from app.services.courses.enrolment import enrolments
from app.services.courses.group import attendance
from app.services.paper.orders import training_orders
from app.services.paper.orders.training_orders import OrderFacts
from app.statuses import OrderKind
from tests.services import makers as mk
from tests.services.course_rows import Course, make_course, make_listeners, make_marks, make_meeting
from tests.statements import recorded
from tests.web.pages import error_beside, form_fields, refusal, words

E, M = st.EnrolmentStatus, st.AttendanceMark
#: one of them asks what followed from the group
MOST_STATEMENTS = 16
#: the card of a group also shows how far it has come, and what the papers of its listeners lack
CARD_STATEMENTS = 14


@pytest.fixture(autouse=True)
def _portal_looks(session: Any) -> Iterator[None]:
    with acting_as(mk.SYSTEM):
        yield


class Clerk:
    """The organizer's worker at a browser."""

    def __init__(self, app: Flask, actor: Actor, organization: Any) -> None:
        mk.save(
            m.Assignment(
                user_id=actor.user_id,
                role="organizer",
                organization_id=organization.id,
                basis="Приказ",
                valid_from=today(),
            )
        )
        account = sessions.start(find_account(mk.fetch(m.Account, actor.user_id).username), hours=12)
        self.client = app.test_client()
        with self.client.session_transaction() as session:
            session["_user_id"], session["_fresh"] = account.get_id(), True

    def open(self, path: str, **request: Any) -> Any:
        """Ask as a browser does: outside the context of the test, so that nothing loaded there is used."""
        return Context().run(self.client.open, path, **request)

    def get(self, path: str, status: int = 200) -> str:
        answer = self.open(path)
        assert answer.status_code == status, words(answer.get_data(as_text=True))[:300]
        return answer.get_data(as_text=True)

    def post(self, path: str, *, status: int = 302, form: str = "", **data: Any) -> str:
        """Send the form of a page (``form``, the path itself by default) with some fields changed."""
        fields = {name: values[-1] for name, values in form_fields(self.get(form or path)).items()}
        sent = {"csrf_token": fields["csrf_token"], **({} if form else fields), **data}
        answer = self.open(path, method="POST", data={name: value for name, value in sent.items() if value is not None})
        assert answer.status_code == status, words(answer.get_data(as_text=True))[:500]
        return answer.get_data(as_text=True)

    def flashes(self) -> list[str]:
        with self.client.session_transaction() as session:
            return [text for _category, text in session.pop("_flashes", [])]


def clerk_of(app: Flask, course: Course) -> Clerk:
    return Clerk(app, course.world.organizer_actor, course.world.organizer)


def marks() -> dict[tuple[int, int], str]:
    return {(row.meeting_id, row.enrolment_id): str(row.mark) for row in mk.rows(m.Attendance)}


# --- attendance ------------------------------------------------------------------------------------------------------


def test_marks_are_typed_saved_and_shown(app: Flask, session: Any) -> None:
    course = make_course(people=2)
    clerk, path = clerk_of(app, course), f"/training_group/attendance/{course.group.id}"
    meeting, row = course.meetings[0].id, course.rows[1].id
    clerk.post(path, **{f"m-{meeting}-{row}": "absent"})
    assert clerk.flashes() == ["Отметки сохранены: 1."]
    assert marks() == {(meeting, row): "absent"}
    assert form_fields(clerk.get(path))[f"m-{meeting}-{row}"] == ["absent"]
    assert form_fields(clerk.get(path))["shown"] == [f"{meeting}-{row}-absent"]


def test_everybody_without_a_mark_is_present_by_one_button(app: Flask, session: Any) -> None:
    course = make_course(people=3)
    make_marks(course.meetings[0], course.rows[:1], M.EXCUSED)
    clerk, (first, second) = clerk_of(app, course), course.meetings
    page = f"/training_group/attendance/{course.group.id}?meeting={first.id}"
    assert "Остальные были" in clerk.get(page)
    clerk.post(page, all=str(first.id))
    assert [marks()[first.id, row.id] for row in course.rows] == ["excused", "present", "present"]
    assert not [place for place in marks() if place[0] == second.id]


def test_what_two_users_changed_is_shown_and_nothing_is_lost(app: Flask, session: Any) -> None:
    course = make_course(people=2)
    clerk, path = clerk_of(app, course), f"/training_group/attendance/{course.group.id}"
    meeting, (first, second) = course.meetings[0].id, [row.id for row in course.rows]
    opened = {name: values[0] for name, values in form_fields(clerk.get(path)).items()}
    make_marks(course.meetings[0], course.rows[:1], M.ABSENT)
    typed = {**opened, f"m-{meeting}-{first}": "present", f"m-{meeting}-{second}": "present"}
    answer = clerk.open(path, method="POST", data=typed)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "другой пользователь поставил другие отметки" in page
    assert marks() == {(meeting, first): "absent"}
    again = {name: values[0] for name, values in form_fields(page).items()}
    assert again[f"m-{meeting}-{first}"] == "present"
    assert clerk.open(path, method="POST", data=again).status_code == 302
    assert marks() == {(meeting, first): "present", (meeting, second): "present"}


def test_foreign_places_and_unknown_marks_write_nothing(app: Flask, session: Any) -> None:
    course = make_course(people=1)
    other = mk.make_past_group(course.world.program)
    foreign = make_listeners(course.world, other, 1)[0]
    clerk, path, meeting = clerk_of(app, course), f"/training_group/attendance/{course.group.id}", course.meetings[0].id
    with mk.nothing_changes():
        clerk.post(path, status=404, **{f"m-{meeting}-{foreign.id}": "present"})
        page = clerk.post(path, status=422, **{f"m-{meeting}-{course.rows[0].id}": "late"})
        clerk.get(f"{path}?meeting=999999", status=404)
    assert "Такой отметки нет" in page


def test_a_long_schedule_is_turned_over_and_opens_at_today(app: Flask, session: Any) -> None:
    course = make_course(people=1, meetings=0)
    meetings = [make_meeting(course.group, days=9 - n, hours=1) for n in range(18)]
    clerk, path = clerk_of(app, course), f"/training_group/attendance/{course.group.id}"
    shown = [name for name in form_fields(clerk.get(path)) if name.startswith("m-")]
    assert shown == [f"m-{meeting.id}-{course.rows[0].id}" for meeting in meetings[8:10]]
    assert len([n for n in form_fields(clerk.get(f"{path}?part=0")) if n.startswith("m-")]) == 8
    assert "Занятия 17–18" in clerk.get(f"{path}?part=99")


def test_a_completed_group_is_only_read(app: Flask, session: Any) -> None:
    course = make_course(people=1, status=st.GroupStatus.COMPLETED)
    make_marks(course.meetings[0], course.rows, M.EXCUSED)
    page = clerk_of(app, course).get(f"/training_group/attendance/{course.group.id}")
    assert "<select" not in page
    assert "отсутствовал по уважительной причине" in page and "Группа завершена" in page


def test_the_sheet_is_given_out_and_journaled(app: Flask, session: Any) -> None:
    course = make_course(people=1)
    answer = clerk_of(app, course).open(f"/training_group/attendance/{course.group.id}/sheet")
    assert answer.get_data().startswith(b"PK")
    assert [entry.object_id for entry in mk.journal("training_group.printed")] == [course.group.id]


def test_the_sheet_is_offered_before_the_first_day_and_hidden_from_another_organizer(app: Flask, session: Any) -> None:
    """It is signed on the day itself, so it is printed before: from the group whose list is complete."""
    course = make_course(people=1, status=st.GroupStatus.CLOSED)
    path = f"/training_group/attendance/{course.group.id}/sheet"
    assert path in clerk_of(app, course).get(f"/training_group/show/{course.group.id}")
    stranger = clerk_of(app, make_course(people=1))
    assert stranger.open(path).status_code == 404
    assert mk.journal("training_group.printed") == []


# --- results ---------------------------------------------------------------------------------------------------------


def results_path(course: Course) -> str:
    return f"/training_group/results/{course.group.id}"


def test_results_of_the_group_are_entered_from_the_table(app: Flask, session: Any) -> None:
    course = make_course(people=2)
    clerk, (first, second) = clerk_of(app, course), [row.id for row in course.rows]
    typed = {
        f"outcome-{first}": "trained", f"mark-{first}": "отлично",
        f"outcome-{second}": "failed", f"reason-{second}": "Не явилась", "final_form": "экзамен",
    }  # fmt: skip
    clerk.post(results_path(course), **typed)
    assert clerk.flashes() == ["Итоги внесены: у 2\u00a0слушателей."]
    stored = [mk.fetch(m.Enrolment, pk) for pk in (first, second)]
    assert [(row.status, row.final_mark, row.final_form) for row in stored] == [
        (E.TRAINED, "отлично", "экзамен"),
        (E.FAILED, None, "экзамен"),
    ]
    assert "Слушателей без итога в группе нет" in clerk.get(results_path(course))


def test_a_wrong_row_is_named_and_what_was_typed_stays(app: Flask, session: Any) -> None:
    course = make_course(people=2)
    clerk, (first, second) = clerk_of(app, course), [row.id for row in course.rows]
    typed = {f"outcome-{first}": "trained", f"mark-{first}": "5", f"outcome-{second}": "expelled"}
    with mk.nothing_changes():
        page = clerk.post(results_path(course), status=422, **typed)
    assert "укажите причину" in error_beside(page, f"reason-{second}")
    assert course.rows[1].employee.short_name.replace("\u00a0", " ") in words(
        page.split('id="errors"')[1].split("<form")[0]
    )
    assert form_fields(page)[f"mark-{first}"] == ["5"]


def test_a_wrong_date_is_told_once_beside_its_field(app: Flask, session: Any) -> None:
    course = make_course(people=2)
    typed, clerk = {f"outcome-{row.id}": "trained" for row in course.rows}, clerk_of(app, course)
    with mk.nothing_changes():
        page = clerk.post(results_path(course), status=422, result_on=format_date(today() + mk.DAY), **typed)
    assert "не раньше начала занятий" in error_beside(page, "result_on")
    assert page.split('id="errors"')[1].split("<form")[0].count("не раньше начала занятий") == 1


def test_proposals_fill_empty_rows_only_and_write_nothing(app: Flask, session: Any) -> None:
    course = make_course(people=3)
    first, second, third = course.rows
    for meeting in course.meetings:
        make_marks(meeting, [first, third])
        make_marks(meeting, [second], M.ABSENT)
    clerk = clerk_of(app, course)
    assert set(form_fields(clerk.get(results_path(course)))[f"outcome-{first.id}"]) == {""}
    with mk.nothing_changes():
        page = clerk.post(results_path(course), status=200, do="propose", **{f"outcome-{third.id}": "expelled"})
    found = form_fields(page)
    assert [found[f"outcome-{row.id}"] for row in course.rows] == [["trained"], ["no_show"], ["expelled"]]
    assert "Посещено 10,6 из 10,6 академического часа (100\N{NO-BREAK SPACE}%)" in page


def test_foreign_rows_and_unknown_outcomes_are_not_found(app: Flask, session: Any) -> None:
    course = make_course(people=1)
    foreign = make_listeners(course.world, mk.make_past_group(course.world.program), 1)[0]
    clerk = clerk_of(app, course)
    with mk.nothing_changes():
        clerk.post(results_path(course), status=404, **{f"outcome-{foreign.id}": "trained"})
        clerk.post(results_path(course), status=404, **{f"outcome-{course.rows[0].id}": "rejected"})


def upload(clerk: Clerk, course: Course, cells: dict[str, Any], status: int) -> str:
    data = clerk.open(f"{results_path(course)}/sheet").get_data()
    book = load_workbook(io.BytesIO(data))
    for address, value in cells.items():
        book.worksheets[0][address] = value
    stream = io.BytesIO()
    book.save(stream)
    stream.seek(0)
    with mk.nothing_changes():
        return clerk.post(
            f"{results_path(course)}/upload", status=status, form=results_path(course), file=(stream, "итоги.xlsx")
        )


def test_a_filled_sheet_is_shown_in_the_table_and_saved_from_it(app: Flask, session: Any) -> None:
    course = make_course(people=1)
    clerk, pk = clerk_of(app, course), course.rows[0].id
    cells = {"C3": today(), "C4": "зачёт", "C5": "7", "C8": "Обучен аттестован", "D8": "зачтено"}
    page = upload(clerk, course, cells, 200)
    assert "Пока ничего не записано" in page
    fields = {name: values[-1] for name, values in form_fields(page).items() if name != "file"}
    assert clerk.open(results_path(course), method="POST", data=fields).status_code == 302
    row = mk.fetch(m.Enrolment, pk)
    assert (row.status, row.final_mark, row.final_form, row.protocol_number, row.result_on) == (
        E.TRAINED, "зачтено", "зачёт", "7", today(),
    )  # fmt: skip


def test_wrong_cells_and_wrong_files_are_named(app: Flask, session: Any) -> None:
    course = make_course(people=1)
    clerk = clerk_of(app, course)
    assert "Ячейка C8, «Итог обучения»: Такого итога нет" in upload(clerk, course, {"C8": "Сдал"}, 422)
    assert "ведомость другой группы" in upload(clerk, course, {"C2": 1}, 422)
    page = clerk.post(f"{results_path(course)}/upload", status=422, form=results_path(course))
    assert "Выберите файл" in page


# --- orders ----------------------------------------------------------------------------------------------------------


def test_an_order_is_issued_shown_and_printed(app: Flask, session: Any) -> None:
    course = make_course(people=2)
    clerk, path = clerk_of(app, course), f"/training_group/enrolment_order/{course.group.id}"
    page = clerk.get(path)
    people = form_fields(page)["people"]
    assert people == [str(row.id) for row in course.rows]
    token = form_fields(page)["csrf_token"][0]
    data = {"csrf_token": token, "number": "5-к", "ordered_on": format_date(today()), "people": people}
    answer = clerk.open(path, method="POST", data=data)
    order = mk.rows(m.TrainingOrder)[0]
    assert answer.headers["Location"] == f"/training_order/show/{order.id}"
    card = clerk.get(answer.headers["Location"])
    assert "Андрееву Анну Ивановну" in card and "Приказ № 5-к о зачислении" in card
    assert clerk.open(f"/training_order/print/{order.id}/docx").get_data().startswith(b"PK")
    assert [entry.object_id for entry in mk.journal("training_order.printed")] == [order.id]
    again = clerk.get(path)
    assert "people" not in form_fields(again) and "(приказ № 5-к" in again


def test_a_taken_number_and_a_foreign_listener_are_refused_in_the_form(app: Flask, session: Any) -> None:
    course = make_course(people=1)
    foreign = make_listeners(course.world, mk.make_past_group(course.world.program), 1)[0]
    clerk, path = clerk_of(app, course), f"/training_group/enrolment_order/{course.group.id}"
    clerk.post(path, number="5")
    with mk.nothing_changes():
        page = clerk.post(path, status=422, number="5", people=str(course.rows[0].id))
        assert "уже есть" in error_beside(page, "number")
        page = clerk.post(path, status=422, number="6", people=str(foreign.id))
        assert "Выберите из списка" in refusal(page)
        page = clerk.post(path, status=422, number="6", ordered_on=format_date(today() + mk.DAY), people=None)
    assert refusal(page)


def main_buttons(page: str) -> list[str]:
    """What the filled buttons of a page say."""
    seen = re.sub(r'<form class="panel".*?</form>', "", page, flags=re.S)
    return [words(it) for it in re.findall(r'<(?:a|button|summary) class="btn main"[^>]*>(.*?)</', seen, re.S)]


def test_the_card_says_what_is_left_and_leads_there(app: Flask, session: Any) -> None:
    course = make_course(people=2)
    clerk = clerk_of(app, course)
    page = clerk.get(f"/training_group/show/{course.group.id}")
    text = words(page).replace("\u00a0", " ")
    for stage in ("Зачисление 0 из 2, нет приказа: 2", "Занятия 2 из 2, нет отметок: 4", "Итоги 0 из 2"):
        assert stage in text
    assert main_buttons(page) == ["Приказ о зачислении: 2"], "one filled button, the next step"
    assert f'href="{results_path(course)}"' in page
    with acting_as(course.world.organizer_actor):
        attendance.save(course.group.id, {(course.meetings[0].id, course.rows[0].id): M.PRESENT}, shown={})
    assert "нет отметок: 3" in words(clerk.get(f"/training_group/show/{course.group.id}"))
    with acting_as(course.world.organizer_actor):
        enrolments.record_result(course.rows[0].id, E.TRAINED)
    page = clerk.get(f"/training_group/show/{course.group.id}")
    assert f'href="/training_group/issue/{course.group.id}"' in page
    # who has an outcome needs no more marks
    assert "нет отметок: 2" in words(page)


def test_an_order_whose_people_left_says_so_on_both_cards_with_the_next_step(app: Flask, session: Any) -> None:
    course = make_course(people=2)
    clerk, card = clerk_of(app, course), f"/training_group/show/{course.group.id}?tab=papers"
    with acting_as(course.world.organizer_actor):
        facts = OrderFacts(number="5", ordered_on=today(), enrolment_ids=[row.id for row in course.rows])
        order = training_orders.issue(course.group.id, OrderKind.ENROLMENT, facts)
    assert training_orders.FLAG not in clerk.get(card)
    with acting_as(course.world.organizer_actor):
        enrolments.reject(course.rows[0].id, "Не представил документы")
    name = mk.fetch(m.Employee, course.rows[0].employee_id)
    step = f"/training_group/expulsion_order/{course.group.id}"
    text = words(clerk.get(card)).replace("\u00a0", " ")
    assert f"{training_orders.FLAG} выбыли: {name.short_name} — отклонена".replace("\u00a0", " ") in text
    page = clerk.get(f"/training_order/show/{order.id}")
    assert "Изменено после издания: 1" in words(page) and name.full_name in words(page)
    assert f'href="{step}"' in page and "Не представил документы" not in page
    clerk.post(step, number="6")
    page = clerk.get(f"/training_order/show/{order.id}")
    assert "Все, кто выбыл, названы в приказах об отчислении" in words(page) and f'href="{step}"' not in page
    assert training_orders.FLAG not in clerk.get(card)


def test_an_outcome_that_the_journal_contradicts_stands_on_the_card_until_one_is_corrected(
    app: Flask, session: Any
) -> None:
    course = make_course(people=2)
    for meeting in course.meetings:
        make_marks(meeting, course.rows[:1])
        make_marks(meeting, course.rows[1:], M.ABSENT)
    with acting_as(course.world.organizer_actor):
        for row in course.rows:
            enrolments.record_result(row.id, E.TRAINED)
    clerk, card = clerk_of(app, course), f"/training_group/show/{course.group.id}"
    page = clerk.get(card)
    assert "Итог расходится с посещаемостью: 1" in words(page) and "Не посещено ни одного занятия." in page
    journal = f"/training_group/attendance/{course.group.id}?correct=1"
    assert f'href="{journal}"' in page
    cells = {f"m-{meeting.id}-{course.rows[1].id}": "present" for meeting in course.meetings}
    refused = clerk.post(journal, status=422, **cells)
    assert "больше не меняются" in words(refused)
    clerk.post(journal, why="Отметили не того", **cells)
    assert "расходится с посещаемостью" not in clerk.get(card)


# --- strangers and statements ----------------------------------------------------------------------------------------

PAGES = (
    "attendance/{}",
    "attendance/{}/sheet",
    "results/{}",
    "results/{}/sheet",
    "enrolment_order/{}",
    "expulsion_order/{}",
)


def test_another_organizer_finds_nothing(app: Flask, session: Any) -> None:
    course = make_course(people=1)
    other = mk.make_organization(is_organizer=True)
    stranger = Clerk(app, mk.make_actor("organizer", other), other)
    with mk.nothing_changes():
        for page in PAGES:
            stranger.get(f"/training_group/{page.format(course.group.id)}", status=404)


@pytest.mark.parametrize("page", ["attendance/{}", "results/{}", "enrolment_order/{}", "expulsion_order/{}", "show/{}"])
def test_pages_take_as_many_statements_for_one_listener_as_for_many(app: Flask, session: Any, page: str) -> None:
    course = make_course(people=1, meetings=2, capacity=30)
    clerk = clerk_of(app, course)
    found = []
    for more in (0, 2, 22):
        rows = make_listeners(course.world, course.group, more)
        for meeting in course.meetings:
            make_marks(meeting, rows)
        with recorded() as statements:
            clerk.get(f"/training_group/{page.format(course.group.id)}")
        found.append(len(statements))
    most = CARD_STATEMENTS if page.startswith("show") else MOST_STATEMENTS
    assert found[0] == found[1] == found[2] <= most


def test_the_list_of_orders_takes_as_many_statements_for_one_as_for_three(app: Flask, session: Any) -> None:
    course = make_course(people=1)
    clerk, found = clerk_of(app, course), []
    path = f"/training_group/enrolment_order/{course.group.id}"
    for number in ("1", "2", "3"):
        clerk.post(path, number=number, people=str(course.rows[0].id))
        with recorded() as statements:
            page = clerk.get("/training_order/list/")
        found.append(len(statements))
    assert found[0] == found[2] <= MOST_STATEMENTS
    assert "№ " + course.group.number in page


# --- the page of the group as a working table ------------------------------------------------------------------------


def token_of(page: str) -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert found
    return found[1]


def alone(clerk: Clerk, page: str, path: str, **fields: str) -> dict[str, Any]:
    """What a script of the page sends for one row or square, and the answer."""
    sent = {"csrf_token": token_of(clerk.get(page)), **fields}
    answer = clerk.open(path, method="POST", data=sent, headers={"Accept": "application/json"})
    assert answer.status_code == 200, answer.get_data(as_text=True)[:300]
    return dict(answer.get_json())


def test_an_outcome_saves_itself_and_two_users_of_one_row_are_told(app: Flask, session: Any) -> None:
    course = make_course(people=3)
    clerk, card, (first, second, third) = clerk_of(app, course), f"/training_group/show/{course.group.id}", course.rows
    path, day = results_path(course), {"result_on": format_date(today())}
    saved = alone(clerk, card, path, **day, **{f"outcome-{first.id}": "trained", f"reason-{first.id}": ""})
    assert saved["saved"] == {"text": "Обучен, аттестован", "tone": "ok"} and "1 из 3" in words(saved["way"])
    assert mk.fetch(m.Enrolment, first.id).status == E.TRAINED
    wrong = (
        ({f"outcome-{first.id}": "no_show"}, "уже внесён итог"),
        ({f"outcome-{second.id}": "failed", f"reason-{second.id}": " "}, "укажите причину"),
        ({f"outcome-{second.id}": "trained", "result_on": "вчера?"}, "Дата"),
        ({f"outcome-{second.id}": ""}, "Ни у кого не выбран итог"),
    )
    for fields, sentence in wrong:
        with mk.nothing_changes():
            answer = alone(clerk, card, path, **{**day, **fields})
        assert sentence in answer["problem"] and "saved" not in answer
    # without scripts the button saves all the rows of the same form
    page = clerk.get(card)
    assert "Сохранить итоги" in page and f'name="outcome-{first.id}"' not in page
    both = {f"outcome-{second.id}": "trained", f"outcome-{third.id}": "expelled", f"reason-{third.id}": "Не посещал"}
    clerk.open(path, method="POST", data={"csrf_token": token_of(page), **day, **both})
    assert [mk.fetch(m.Enrolment, row.id).status for row in (second, third)] == [E.TRAINED, E.EXPELLED]
    other = make_course(people=1)
    stranger, own = clerk_of(app, other), f"/training_group/attendance/{other.group.id}"
    data = {"csrf_token": token_of(stranger.get(own)), f"outcome-{third.id}": "trained"}
    asked: dict[str, Any] = {"method": "POST", "data": data, "headers": {"Accept": "application/json"}}
    with mk.nothing_changes():
        for name in ("results", "attendance", "confirm_all", "mend"):
            assert stranger.open(f"/training_group/{name}/{course.group.id}", **asked).status_code == 404


def test_a_mark_saves_itself_and_a_conflict_shows_what_stands_there(app: Flask, session: Any) -> None:
    course = make_course(people=2)
    clerk, path = clerk_of(app, course), f"/training_group/attendance/{course.group.id}"
    (first, second), meeting = [row.id for row in course.rows], course.meetings[0].id
    name = f"m-{meeting}-{first}"
    answer = alone(clerk, path, path, **{name: "absent", "shown": ""})
    assert answer == {"marks": {name: "absent"}, "shares": {str(first): "0\N{NO-BREAK SPACE}%"}, "problem": ""}
    with mk.nothing_changes():
        answer = alone(clerk, path, path, **{name: "present", "shown": f"{meeting}-{first}-excused"})
    assert answer["marks"] == {name: "absent"} and "другой пользователь поставил другие отметки" in answer["problem"]
    day = {name: "absent", f"m-{meeting}-{second}": "", "shown": f"{meeting}-{first}-absent", "all": str(meeting)}
    assert alone(clerk, path, path, **day)["marks"] == {name: "absent", f"m-{meeting}-{second}": "present"}
    assert marks() == {(meeting, first): "absent", (meeting, second): "present"}


def test_the_way_of_groups_in_every_state(app: Flask, session: Any) -> None:
    """Cancelled, without people, without schedule, of another organizer; what is no tab is not found."""
    course = make_course(people=0, meetings=0)
    clerk, card = clerk_of(app, course), f"/training_group/show/{course.group.id}"
    page = clerk.get(card)
    assert main_buttons(page) == ["Завершить обучение"] and "На курс ещё никто не записан." in page
    mk.change(course.group, status=st.GroupStatus.CANCELLED)
    page = clerk.get(card)
    assert main_buttons(page) == [] and "Группа отменена, делать с ней больше нечего." in page
    for tab in ("people", "schedule", "papers", "about", "history"):
        clerk.get(f"{card}?tab={tab}")
    clerk.get(f"{card}?tab=nothing", status=404)
    stranger = clerk_of(app, make_course(people=1))
    stranger.get(card, status=404)
