"""The digest: one letter a day for what came without a letter of its own; neither lost nor doubled."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from app import jobs
from app import models as m
from app.access import acting_as
from app.clock import now, today
from app.extensions import db
from app.services.mailing import digest, letters, notices
from app.services.mailing.audience import Audience
from app.services.personnel.employers import responsible
from app.unit_of_work import use_case
from tests.concurrency.clients import run_at_once
from tests.services import makers as mk
from tests.waiting import in_the_morning

AGREE = "/enrolment/list/?attention=agree"
CONFIRM = "/enrolment/list/?status=agreed"


@use_case
def note(*user_ids: int, text: str = "Анна просит записать её на курс.", href: str = AGREE, fail: bool = False) -> None:
    letters.note(
        Audience(user_ids, "observer:"),
        "to_agree",
        facts={"кто": text, "группа": "1", "программа": "Чтение"},
        href=href,
    )
    if fail:
        raise RuntimeError("the action failed after the note")


def noted(text: str = "Анна просит записать её на курс.") -> str:
    """The notice that ``note`` leaves."""
    return f"Согласуйте запись на курс: {text}, группа 1 «Чтение»."


def _observer(account: Any) -> Any:
    """What is noted is bound to a role, so whoever is noted has one."""
    mk.save(m.Assignment(user_id=account.id, role="observer", valid_from=today() - mk.DAY))
    return account


@pytest.fixture
def olga(session: Any) -> Any:
    return _observer(mk.make_account())


@pytest.fixture
def person(session: Any) -> Any:
    """An account of a person with a card: the notice is the card's."""
    return _observer(mk.make_account(mk.make_employee()))


def digests() -> list[m.Letter]:
    return mk.rows(m.Letter, m.Letter.template == "digest")


def flags() -> list[bool]:
    return [notice.in_digest for notice in mk.rows(m.Notice)]


@pytest.fixture
def yesterday() -> Iterator[Any]:
    """What moves the digests that were sent to the day before."""

    def move() -> None:
        for letter in digests():
            mk.change(letter, created_at=letter.created_at - mk.DAY)

    yield move


# --- the note --------------------------------------------------------------------------------------------------------


def test_a_note_is_a_notice_and_no_letter(olga: Any, person: Any) -> None:
    note(olga.id, person.id, olga.id)
    found = mk.rows(m.Notice)
    assert [(n.user_id, n.employee_id) for n in found] == [(olga.id, None), (None, person.employee_id)]
    assert [(n.text, n.href, n.in_digest) for n in found] == [(noted(), AGREE, True)] * 2
    assert mk.rows(m.Letter) == []


def test_an_action_that_fails_leaves_no_note(olga: Any) -> None:
    with mk.nothing_changes(), pytest.raises(RuntimeError):
        note(olga.id, fail=True)


def test_a_note_is_seen_in_the_own_cabinet_only(olga: Any, person: Any) -> None:
    note(olga.id)
    for account, texts in ((olga, [noted()]), (person, [])):
        actor = mk.Actor(account.id, "x", account.employee_id, (mk.Grant("observer"),))
        with acting_as(actor):
            assert [n.text for n in notices.newest()] == texts


# --- the letter ------------------------------------------------------------------------------------------------------


def test_one_letter_groups_the_notices_by_page_with_counts(olga: Any) -> None:
    for n in range(7):
        note(olga.id, text=f"Запись {n} ждёт согласования.")
    note(olga.id, text="Запись в группу Г-1 ждёт подтверждения.", href=CONFIRM)
    note(olga.id, text="Группа Г-1 не набрана.", href="/training_group/show/5")
    note(olga.id, text="О разном.", href="/notices/")
    assert digest.send() == 1
    (letter,) = digests()
    assert (letter.recipient, letter.user_id) == (olga.email, olga.id)
    assert letter.subject.startswith("Сводка за ")
    assert letter.subject.endswith(": 10 извещений")
    parts = letter.body.split("\n\n")
    assert [p.splitlines()[0] for p in parts[1:-2]] == [
        "Группы: 1",
        "Записи, которые ждут подтверждения: 1",
        "Записи, которые ждут согласования: 7",
        "Прочее: 1",
    ]
    agreed = parts[3].splitlines()
    assert agreed[1:6] == [f"— {noted(f'Запись {n} ждёт согласования.')}" for n in range(5)]
    assert agreed[6] == "— и ещё 2\N{NO-BREAK SPACE}извещения"
    assert agreed[7].startswith("http")
    assert agreed[7].endswith(AGREE)
    assert "Здравствуйте, Ольга!" in letter.body
    assert letter.html
    assert "/notices/" in letter.html
    assert not any(flags())
    assert len(mk.rows(m.Notice)) == 10, "the digest leaves no notice of its own"


def test_notices_that_lead_to_one_page_make_the_letter_lead_there(olga: Any) -> None:
    note(olga.id)
    digest.send()
    assert AGREE in (digests()[0].html or "")


def test_letters_are_per_user(olga: Any, person: Any) -> None:
    note(olga.id, text="Только Ольге.")
    note(person.id, text="Только работнику.")
    assert digest.send() == 2
    told = {letter.user_id: letter.body for letter in digests()}
    assert "Только Ольге." in told[olga.id]
    assert "Только работнику." not in told[olga.id]
    assert "Только работнику." in told[person.id]


def test_nothing_flagged_sends_nothing(olga: Any) -> None:
    with acting_as(mk.SYSTEM):
        letters.tell_user(olga.id, "sign_in_opened")
        db.session.commit()
    with mk.nothing_changes():
        assert digest.send() == 0


def test_at_most_one_letter_a_day_the_rest_waits_for_tomorrow(olga: Any, yesterday: Any) -> None:
    note(olga.id, text="Первое.")
    assert (digest.send(), digest.send()) == (1, 0)
    note(olga.id, text="Второе.")
    with mk.nothing_changes():
        assert digest.send() == 0
    assert flags() == [False, True]
    yesterday()
    assert digest.send() == 1
    last = digests()[-1]
    assert "Второе." in last.body
    assert "Первое." not in last.body
    assert flags() == [False, False]


def test_what_was_read_on_the_portal_is_not_sent(olga: Any) -> None:
    for text in ("Прочитанное.", "Новое."):
        note(olga.id, text=text)
    mk.change(mk.rows(m.Notice)[0], read_at=now())
    assert digest.send() == 1
    assert "Прочитанное." not in digests()[0].body
    assert "Новое." in digests()[0].body
    assert flags() == [False, False]


def test_all_read_means_no_letter(olga: Any) -> None:
    note(olga.id)
    mk.change(mk.rows(m.Notice)[0], read_at=now())
    assert digest.send() == 0
    assert (digests(), flags()) == ([], [False])


@pytest.mark.parametrize("why", ["refused", "no address", "closed"])
def test_who_gets_no_digests_has_the_notices_only(olga: Any, why: str) -> None:
    if why == "refused":
        mk.save(m.LetterRefusal(user_id=olga.id, template="digest"))
    else:
        mk.change(olga, **({"email": None} if why == "no address" else {"active": False}))
    note(olga.id)
    assert digest.send() == 0
    assert (mk.rows(m.Letter), flags()) == ([], [False])
    assert mk.rows(m.Notice)[0].read_at is None


# --- killed, at once, in a break -------------------------------------------------------------------------------------


def test_a_killed_worker_neither_loses_nor_doubles(olga: Any, person: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """It dies between the second letter and the commit: the first user has the letter, the second one all flags."""
    note(olga.id, text="Первой.")
    note(person.id, text="Второму.")
    written: list[int] = []

    def die(letter_id: int) -> None:
        written.append(letter_id)
        if len(written) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(letters, "on_queued", [die])
    with pytest.raises(KeyboardInterrupt):
        digest.send()
    db.session.rollback()
    assert [letter.user_id for letter in digests()] == [olga.id]
    assert flags() == [False, True]
    monkeypatch.setattr(letters, "on_queued", [])
    assert digest.send() == 1
    assert [letter.user_id for letter in digests()] == [olga.id, person.id]
    assert flags() == [False, False]


def test_an_exception_between_flags_and_letter_keeps_both(olga: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    note(olga.id)

    def fail(*_given: Any, **_more: Any) -> bool:
        raise RuntimeError("between the flags and the letter")

    with monkeypatch.context() as patch:
        patch.setattr(letters, "write", fail)
        with mk.nothing_changes(), pytest.raises(RuntimeError):
            digest.send()
    assert digest.send() == 1


def test_workers_at_once_send_one_letter(app: Any, olga: Any) -> None:
    for _ in range(3):
        note(olga.id)
    sent = run_at_once(app, [(mk.SYSTEM, digest.send) for _ in range(4)])
    assert sorted(sent) == [0, 0, 0, 1]
    assert len(digests()) == 1


def test_the_job_of_every_hour_sends_once(olga: Any) -> None:
    with in_the_morning():
        note(olga.id)
        for hour in range(3):
            jobs.digests(hour)
    assert len(digests()) == 1


# --- what was told in a role -----------------------------------------------------------------------------------------


def test_a_digest_tells_nothing_of_a_role_that_is_over(olga: Any) -> None:
    """The responsible of one school became that of another: the former school's people are not told, by letter either."""
    former, present = mk.make_organization(), mk.make_organization()
    role = mk.save(m.Assignment(user_id=olga.id, role="school", organization_id=former.id, valid_from=today() - mk.DAY))
    as_responsible = responsible.of_organization(former.id)
    assert (list(as_responsible), as_responsible.mark) == ([olga.id], f"school:{former.id}")
    facts = {"кто": "Прежняя Анна", "группа": "1", "программа": "Чтение"}
    use_case(letters.note)(as_responsible, "to_agree", facts=facts, href=AGREE)
    mk.change(role, organization_id=present.id)
    assert digest.send() == 0
    assert (digests(), flags()) == ([], [False])
    use_case(letters.note)(responsible.of_organization(present.id), "to_agree", facts=facts, href=AGREE)
    assert digest.send() == 1
    (letter,) = digests()
    assert letter.made_in == [f"school:{present.id}"]


def test_a_unit_tells_who_answers_for_the_head_too(olga: Any) -> None:
    head = mk.make_organization()
    unit = mk.make_organization(parent=head)
    mk.save(m.Assignment(user_id=olga.id, role="school", organization_id=head.id, valid_from=today() - mk.DAY))
    facts = {"кто": "Анна", "группа": "1", "программа": "Чтение"}
    use_case(letters.note)(responsible.of_organization(unit.id), "to_agree", facts=facts, href=AGREE)
    assert [notice.made_in for notice in mk.rows(m.Notice)] == [[f"school:{unit.id}"]]
    assert digest.send() == 1
