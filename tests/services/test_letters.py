"""Letters made of templates: the operator's words, the standard ones, what is refused on saving, notices, refusals."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask import Flask

from app import models as m
from app.access import acting_as
from app.errors import Forbidden, Invalid, NotFound
from app.extensions import db
from app.first_rows import load_reference_data
from app.services.desk import letter_preview
from app.services.mailing import letter_html, letter_kinds, letter_templates, letter_trial, letters, notices
from app.services.mailing.letter_kinds import KINDS
from app.services.portal import records
from app.statuses import AccessRequestStatus, EnrolmentStatus
from app.unit_of_work import use_case
from tests.services import makers as mk

pytestmark = pytest.mark.usefixtures("session")


@pytest.fixture
def operator(session: Any) -> Any:
    return mk.make_actor("operator")


@pytest.fixture
def world(session: Any) -> mk.World:
    return mk.make_world()


def template(code: str) -> m.LetterTemplate:
    found: m.LetterTemplate = mk.rows(m.LetterTemplate, m.LetterTemplate.code == code)[0]
    return found


def edit(actor: Any, code: str, **values: Any) -> None:
    with acting_as(actor):
        records.update(template(code), values)


@use_case
def tell(person: Any, kind: str = "sign_in_opened", **more: Any) -> None:
    """One letter of a kind; facts that are not given are the examples."""
    examples = {name: fact.example for name, fact in KINDS[kind].own.items()}
    letters.tell(person, kind, **{"facts": examples, **more})


def last() -> m.Letter:
    letter: m.Letter = mk.rows(m.Letter)[-1]
    return letter


# --- words -----------------------------------------------------------------------------------------------------------


def test_each_kind_has_its_row_and_its_standard_words_can_be_used(app: Flask) -> None:
    assert {t.code for t in mk.rows(m.LetterTemplate)} == set(KINDS)
    assert load_reference_data() == 0
    for kind in KINDS.values():
        assert letter_templates.problems_of(kind, letter_templates.standard(kind)) == {}, kind.code
        made = letter_templates.compose(kind.code, letter_templates.example(kind))
        assert "{{" not in made.subject + made.body + made.html


def test_the_operators_words_go_out_with_the_facts_of_the_row(operator: Any, world: Any) -> None:
    edit(
        operator,
        "group_closed",
        subject="Группа {{ группа }}",
        body="{{ приветствие }}\nКурс «{{программа}}» изменён.\n{{ текст }}",
        button="К группе {{ группа }}",
    )
    with acting_as(operator):
        tell(world.worker.employee, "group_closed", about=world.group, facts={})
    letter = last()
    number, program = world.group.number, world.group.program.title
    assert letter.subject == f"Группа {number}"
    assert letter.body.startswith(
        f"Здравствуйте, Анна Ивановна!\nКурс «{program}» изменён.\nГруппа {number} «{program}»"
    )
    assert "отвечать на него не нужно." in letter.body
    assert (letter.template, letter.object_table) == ("group_closed", "training_group")
    page = f"/training_group/show/{world.group.id}"
    assert f"К группе {number}: http://127.0.0.1:8080{page}" in letter.body
    notice = mk.rows(m.Notice)[-1]
    assert notice.href == page
    # the notice says what the letter says, without its greeting
    assert notice.text.startswith(f"Курс «{program}» изменён.\nГруппа {number}")


def test_values_are_plain_words_in_text_and_safe_in_html(operator: Any, session: Any) -> None:
    """A name that looks like a tag or like a field stays what it is."""
    person = mk.make_employee(first_name="<b>{{ тема }}</b>")
    edit(operator, "data_erased", html="<p>{{ приветствие }}</p><p>{{ текст }}</p>")
    with acting_as(operator):
        tell(person, "data_erased")
    letter = last()
    assert letter.html is not None
    assert "Здравствуйте, <b>{{ тема }}</b> Ивановна!" in letter.body
    assert "&lt;b&gt;{{ тема }}&lt;/b&gt;" in letter.html
    assert "<b>{{" not in letter.html


def test_quotation_marks_are_not_nested_and_a_sentence_has_one_full_stop(operator: Any, world: Any) -> None:
    """The standard words, the operator's text and HTML, the subject and the notice: all of one writer."""
    mk.change(world.program, title="Урок «Живая математика»")
    with acting_as(operator):
        tell(world.worker.employee, "group_closed", about=world.group, facts={})
        assert "«Урок „Живая математика“»" in last().body
        assert "»»" not in last().body + (last().html or "")
        assert "«Урок „Живая математика“»" in mk.rows(m.Notice)[-1].text
    edit(operator, "group_closed", subject="«{{программа}}»", html="<p>Курс <b>«{{ программа }}»</b></p>")
    with acting_as(operator):
        tell(world.worker.employee, "group_closed", about=world.group, facts={})
        assert last().subject == "«Урок „Живая математика“»"
        assert "<b>«Урок „Живая математика“»</b>" in (last().html or "")
        facts = {"кто": "Крылова О. П.", "доступ": "Оператор", "пользователь": "Петров Л. И."}
        use_case(letters.post)("a@example.org", "role_approved", facts=facts)
    assert "Крылова О. П. подтверждает роль «Оператор»: Петров Л. И.\n" in last().body
    assert ".." not in last().body + (last().html or "").replace("…", "")


def test_a_subject_is_one_line(operator: Any, session: Any) -> None:
    with acting_as(operator):
        facts = {"задание": "Тема\r\nBcc: x@example.org", "итог": "Готово"}
        use_case(letters.post)("a@example.org", "task_finished", facts=facts)
    assert [letter.subject for letter in mk.rows(m.Letter)] == ["Тема Bcc: x@example.org"]


def test_a_line_whose_optional_fact_is_empty_is_left_out(operator: Any, session: Any) -> None:
    person = mk.make_employee()
    examples = {name: fact.example for name, fact in KINDS["result_failed"].own.items()}
    with acting_as(operator):
        tell(person, "result_failed", facts={**examples, "причина": None, "блок": ""})
        tell(person, "result_failed", facts={**examples, "причина": "Не сдал"})
    without, full = mk.rows(m.Letter)
    assert "Причина" not in without.body
    assert "Блок чека" not in without.body + (without.html or "")
    assert "\n\n\n" not in without.body
    assert "Причина: Не сдал\n\nБлок чека снова свободен: вариативный блок." in full.body


def test_a_letter_without_a_fact_or_with_a_foreign_one_is_a_mistake_of_the_code(operator: Any, session: Any) -> None:
    person = mk.make_employee()
    with mk.nothing_changes(), acting_as(operator):
        with pytest.raises(LookupError, match="missing \\['номер_чека'"):
            tell(person, "voucher_annulled", facts={"причина": "Ошибка"})
        with pytest.raises(LookupError, match="unknown \\['пароль'"):
            tell(person, "sign_in_opened", facts={"пароль": "x"})
        with pytest.raises(KeyError):
            letters.tell(person, "no_such_kind")


@pytest.mark.parametrize(
    "href", ["https://evil.example/x", "//evil.example", "/\\evil.example", "http://127.0.0.1:8080.evil.example/"]
)
def test_letters_link_to_the_portal_only(app: Flask, operator: Any, session: Any, href: str) -> None:
    with acting_as(operator):
        tell(mk.make_employee(), href=href)
    assert "evil" not in last().body + (last().html or "")


def test_a_template_that_fails_later_does_not_stop_the_action_and_the_operator_is_told(
    operator: Any, session: Any
) -> None:
    mk.save(m.Assignment(user_id=operator.user_id, role="operator", basis="Приказ", valid_from=mk.today()))
    mk.change(template("sign_in_opened"), body="{{ прежнее_поле }}")
    with acting_as(operator):
        tell(mk.make_employee())
        tell(mk.make_employee())
    assert [letter.body.split("\n\n")[1] for letter in mk.rows(m.Letter)] == ["Вход в портал для вас снова открыт."] * 2
    told = mk.rows(m.Notice, m.Notice.user_id == operator.user_id)
    assert ["«Вход в портал открыт»" in n.text for n in told] == [True]


# --- the check on saving ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "source", "sentence"),
    [
        ("body", "{{ имяя }}", "Поля «имяя» у этого письма нет. Возможно, нужно «имя»."),
        ("subject", "{{ пароль }}", "Поля «пароль» у этого письма нет."),
        ("body", "{{ имя", "Строка 1: поле записано неверно."),
        ("body", "раз\n{{ имя }", "Строка 2: поле записано неверно."),
        ("body", "{{ имя.__class__ }}", "условия, циклы и вычисления не допускаются"),
        ("body", "{{ имя|upper }}", "не допускаются"),
        ("body", "{{ ''.join(['а']) }}", "не допускаются"),
        ("body", "{% for i in range(999999999) %}а{% endfor %}", "не допускаются"),
        ("body", "{% include 'base.html' %}", "не допускаются"),
        ("body", "{{ 9**9**9 }}", "не допускаются"),
        ("body", "Смотрите https://evil.example/x", "ведёт не на портал"),
        ("html", "<script>alert(1)</script>", "Тег <script> в письмах не допускается"),
        ("html", "<img src='https://evil.example/p.png'>", "Тег <img> в письмах не допускается"),
        ("html", "<p onclick='x()'>а</p>", "Атрибут «onclick»"),
        ("html", "<p style='color:red'>а</p>", "Атрибут «style»"),
        ("html", "<a href='javascript:alert(1)'>а</a>", "ведёт не на портал"),
        ("html", "<a href='http://127.0.0.1:8080.evil.example/'>а</a>", "ведёт не на портал"),
        ("html", "<a href='{{ имя }}'>а</a>", "ведёт не на портал"),
        ("button", "{{ пароль }}", "Поля «пароль» у этого письма нет."),
        ("button", "https://evil.example/", "ведёт не на портал"),
        ("html", "<p>а", "Тег <p> не закрыт."),
        ("html", "<b><i>а</b></i>", "закрыт раньше"),
        ("html", "а</p>", "закрыт, но не открыт"),
        ("html", "<!-- а -->", "Комментарии"),
        ("html", "<!doctype html><p>а</p>", "заголовок документа"),
    ],
)
def test_what_a_letter_may_not_contain_is_refused_by_name(
    operator: Any, field: str, source: str, sentence: str
) -> None:
    with mk.nothing_changes(), pytest.raises(Invalid) as refusal:
        edit(operator, "sign_in_opened", **{field: source})
    assert sentence in " ".join(refusal.value.fields[field])
    assert set(refusal.value.fields) == {field}


def test_good_words_are_saved_with_their_journal_and_the_standard_ones_come_back(operator: Any) -> None:
    html = '<h2>{{ тема }}</h2><p>Да,<br>{{ имя }}</p><p><a href="{{ ссылка }}">Открыть</a></p>'
    edit(operator, "recovery", subject="Новая тема", body="Слова {{ имя }}", html=html)
    saved = template("recovery")
    assert (saved.subject, saved.body, saved.html) == ("Новая тема", "Слова {{ имя }}", html)
    assert len(mk.journal("letter_template.updated")) == 1
    with acting_as(operator):
        letter_templates.restore(saved.id)
    again = template("recovery")
    assert (again.subject, again.body, again.html, again.button) == (None, None, None, None)
    assert len(mk.journal("letter_template.updated")) == 2


@pytest.mark.parametrize("role", ["admin", "ministry", "worker"])
def test_only_the_operator_changes_words(session: Any, role: str) -> None:
    actor = mk.make_actor(role)
    row = template("sign_in_opened")
    with mk.nothing_changes(), acting_as(actor):
        with pytest.raises((Forbidden, NotFound)):
            records.update(row, {"subject": "Чужое"})
        with pytest.raises((Forbidden, NotFound)):
            letter_templates.restore(row.id)
        with pytest.raises((Forbidden, NotFound)):
            letter_trial.send_test(row.id)


def test_a_test_letter_goes_to_the_operator_only(operator: Any) -> None:
    with acting_as(operator):
        address = letter_trial.send_test(template("application_approved").id)
    letter = last()
    assert (letter.recipient, letter.user_id) == (address, operator.user_id)
    assert letter.subject == "Проба: Выдан Именной образовательный чек № 63-2026-000123"
    assert "Здравствуйте, Ольга!" in letter.body
    assert mk.rows(m.Notice) == []


def test_a_test_letter_without_an_address_is_refused(operator: Any) -> None:
    mk.change(mk.fetch(m.Account, operator.user_id), email="")
    with mk.nothing_changes(), acting_as(operator), pytest.raises(Invalid):
        letter_trial.send_test(template("sign_in_opened").id)


def test_words_equal_to_the_standard_ones_are_not_kept(operator: Any) -> None:
    """So a better standard text of a later version reaches every letter that nobody has edited, and no edited one."""
    kind = KINDS["voucher_annulled"]
    edit(operator, kind.code, subject=kind.subject, body=kind.body.replace("\n", "\r\n"), button="Мой чек", html="")
    row = template(kind.code)
    assert (row.subject, row.body, row.html, row.button) == (None, None, None, "Мой чек")
    edit(operator, kind.code, button="")
    assert letter_templates.is_edited(template(kind.code)) is False


def test_the_frame_holds_no_script_and_nothing_from_outside() -> None:
    parts = letter_html.Parts(
        headline="Тема <1>", inner="<p>а</p>", portal="П", closing="К", button="Открыть <2>",
        href="http://127.0.0.1:8080/x?a=1&b=2", block=[("Что", "<3>\nда")],
    )  # fmt: skip
    page = letter_html.frame(parts)
    assert re.search(r"<(style|script|img|link|iframe)|src=|url\(", page) is None
    assert page.count("<h1") == page.count("<a ") == 1
    assert "<title>Тема &lt;1&gt;</title>" in page
    assert "Открыть &lt;2&gt;" in page
    assert "&lt;3&gt;<br>\nда" in page
    assert 'href="http://127.0.0.1:8080/x?a=1&amp;b=2"' in page
    assert "style=" not in letter_html.without_styles(page)


def test_the_portals_addresses_in_the_text_become_links_and_others_do_not() -> None:
    text = "См. http://p.example/a/b?c=1. И https://evil.example/x, и http://p.example.evil/.\n\nДа"
    found = letter_html.from_text(text, "http://p.example")
    assert re.findall(r'href="([^"]*)"', found) == ["http://p.example/a/b?c=1"]


# --- notices and refusals --------------------------------------------------------------------------------------------


def test_who_is_no_employee_gets_notices_too(operator: Any) -> None:
    with acting_as(operator):
        assert operator.user_id is not None
        use_case(letters.tell_user)(operator.user_id, "sign_in_opened", href="/tasks/")
        words = "Вход в портал для вас снова открыт."
        assert [(n.text, n.href) for n in notices.newest()] == [(words, "/tasks/")]
        assert notices.count(unread=True) == 1
    with acting_as(mk.make_actor("operator")):
        assert (list(notices.newest()), notices.count()) == ([], 0)


def test_a_refused_kind_comes_as_a_notice_only(operator: Any, world: Any) -> None:
    worker = world.worker
    with acting_as(worker.actor):
        offered = notices.choices()
        wanted = {c.kind.code for c in offered} - {"certificate_issued", "enrolment_agreed"}
        notices.choose(wanted)
        refused = [c.kind.code for c in notices.choices() if not c.wanted]
    # an enrolment's letters are required by the order: their refusal is passed over
    assert refused == ["certificate_issued"]
    with acting_as(operator):
        tell(worker.employee, "certificate_issued")
        assert (len(mk.rows(m.Letter)), len(mk.rows(m.Notice))) == (0, 1)
        tell(worker.employee, "enrolment_agreed")
        assert (len(mk.rows(m.Letter)), len(mk.rows(m.Notice))) == (1, 2)
    with acting_as(worker.actor):
        notices.choose([c.kind.code for c in offered])
    with acting_as(operator):
        tell(worker.employee, "certificate_issued")
    assert len(mk.rows(m.Letter)) == 2


def test_a_kind_that_the_operator_made_required_cannot_be_refused(operator: Any, world: Any) -> None:
    with acting_as(world.worker.actor):
        notices.choose([])
    edit(operator, "certificate_issued", required=True)
    with acting_as(operator):
        tell(world.worker.employee, "certificate_issued")
    assert len(mk.rows(m.Letter)) == 1


def test_a_choice_is_the_users_own(world: Any, operator: Any) -> None:
    with acting_as(world.worker.actor):
        notices.choose([])
    other = mk.make_employee()
    mk.make_account(other)
    with acting_as(operator):
        tell(other, "certificate_issued")
    assert len(mk.rows(m.Letter)) == 1


def test_kinds_of_the_staff_are_not_offered_to_a_worker(world: Any, operator: Any) -> None:
    with acting_as(world.worker.actor):
        assert "queue_summary" not in {c.kind.code for c in notices.choices()}
    with acting_as(operator):
        assert "queue_summary" in {c.kind.code for c in notices.choices()}


def test_notices_are_read_by_their_owner_only(world: Any, operator: Any) -> None:
    with acting_as(operator):
        tell(world.worker.employee)
        tell(world.worker.employee)
    first, second = mk.rows(m.Notice)
    stranger = mk.make_actor("worker", employee=mk.make_employee())
    with mk.nothing_changes(), acting_as(stranger):
        with pytest.raises(NotFound):
            notices.mark_read(first.id)
        notices.mark_all_read()
    with acting_as(world.worker.actor):
        notices.mark_read(first.id)
        at = mk.fetch(m.Notice, first.id).read_at
        notices.mark_read(first.id)
        assert (notices.count(unread=True), mk.fetch(m.Notice, first.id).read_at) == (1, at)
        notices.mark_all_read()
        assert notices.count(unread=True) == 0
    assert mk.fetch(m.Notice, second.id).read_at is not None


def test_a_notice_belongs_to_one(session: Any, operator: Any) -> None:
    from sqlalchemy.exc import IntegrityError

    with pytest.raises(IntegrityError):
        mk.save(m.Notice(text="Ничьё"))
    db.session.rollback()
    with pytest.raises(IntegrityError):
        mk.save(m.Notice(text="Двоих", user_id=operator.user_id, employee_id=mk.make_employee().id))
    db.session.rollback()


def test_html_leaves_out_what_the_text_leaves_out(operator: Any, world: Any) -> None:
    """A paragraph or point that names an empty fact goes; where its tags are not its own, it stays and nothing breaks."""
    html = (
        "<p>{{ приветствие }}</p><p>Запись отклонена: {{ причина }}</p>\n"
        "<ul><li>Номер {{ группа }}</li><li>Свободен {{ блок }}</li></ul><p>Другие: {{ другие_группы }}</p>"
    )
    edit(operator, "enrolment_rejected", html=html)
    facts = {**letter_kinds.group_facts(world.group), "причина": "Мест нет"}
    tell(world.worker.employee, "enrolment_rejected", facts=facts)
    made = last().html or ""
    assert "Запись отклонена: Мест нет" in made and f"<li>Номер {world.group.number}</li>" in made
    assert "Свободен" not in made and "Другие:" not in made and "</ul>" in made
    tell(world.worker.employee, "enrolment_rejected", facts={**facts, "блок": "вариативный блок"})
    assert "<li>Свободен вариативный блок</li>" in (last().html or "")


def test_a_torn_piece_of_html_stays(operator: Any, world: Any) -> None:
    edit(operator, "enrolment_rejected", html="<b>Свободен {{ блок }}<br>{{ причина }}</b>")
    facts = {**letter_kinds.group_facts(world.group), "причина": "Мест нет"}
    tell(world.worker.employee, "enrolment_rejected", facts=facts)
    assert "<b>Свободен <br>Мест нет</b>" in (last().html or "")


def test_a_preview_shows_the_row_of_the_newest_letter(operator: Any, world: Any) -> None:
    """Not the newest row at all: the one that a letter of this kind told of; without a letter, the newest."""
    told = mk.make_enrolment(world.worker, world.group, status=EnrolmentStatus.REJECTED, reason_text="Не та категория")
    (other,) = world.more_people(1)
    newest = mk.make_enrolment(other, world.group, status=EnrolmentStatus.APPLIED)
    kind = KINDS["enrolment_rejected"]
    with acting_as(operator):
        assert letter_preview.tried(kind).row == newest
        tell(
            told.employee,
            kind.code,
            about=told,
            facts={**letter_kinds.group_facts(world.group), "причина": "Не та категория"},
        )
        tried = letter_preview.tried(kind)
    assert tried.row == told and tried.person == told.employee
    assert tried.given.facts["причина"] == "Не та категория"
    assert tried.given.facts["группа"] == world.group.number
    assert tried.made_up == ("блок", "другие_группы")


def test_a_preview_of_access_names_the_request_and_who_asked(operator: Any, session: Any) -> None:
    asks = mk.make_actor("worker")
    user = mk.fetch(m.Account, asks.user_id)
    row = m.AccessRequest(
        user_id=user.id, role="observer", reason_text="Нет приказа", status=AccessRequestStatus.REJECTED
    )
    session.add(row)
    session.commit()
    with acting_as(operator):
        tried = letter_preview.tried(KINDS["access_rejected"])
        nothing = letter_preview.tried(KINDS["password_changed"])
    assert (tried.row, tried.person, tried.made_up) == (row, user, ())
    assert tried.given.facts == {"доступ": "Наблюдатель", "причина": "Нет приказа"}
    assert (nothing.row, nothing.made_up) == (None, ("когда",))
