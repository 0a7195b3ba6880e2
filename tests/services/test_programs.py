"""Programs: what hinders the publication, editions and their groups, the copy for the next year, modules, the file, letters."""

from __future__ import annotations

import datetime as dt
import stat
from collections.abc import Sequence
from typing import Any

import pytest
import time_machine
from sqlalchemy import update

from app import models as m
from app import statuses as st
from app.access import acting_as, unscoped
from app.actor import Actor
from app.clock import ZONE, now, today
from app.errors import Conflict, Forbidden, Invalid, NotFound
from app.extensions import db
from app.services.courses.enrolment import enrolments
from app.services.courses.group import groups
from app.services.courses.program import (
    program_checks,
    program_editions,
    program_files,
    program_modules,
    programs,
    programs_until,
)
from app.services.courses.program.program_modules import Module
from app.services.desk import queue, queue_decisions
from app.services.desk.queue import Asked
from app.services.personnel.employers import responsible
from app.services.portal import records, settings
from app.services.portal.files import files_root
from tests.services import makers as mk
from tests.services.scans import docx, image, pdf

P, G, E = st.ProgramStatus, st.GroupStatus, st.EnrolmentStatus


@pytest.fixture
def world(session: Any) -> mk.World:
    return mk.make_world()


def draft(world: mk.World, **over: Any) -> Any:
    return mk.make_program(world.organizer, **{"status": P.DRAFT, **over})


def submitted(world: mk.World, **over: Any) -> Any:
    return draft(world, **{"status": P.SUBMITTED, "submitted_at": now(), **over})


def staff_of(organizer: Any) -> m.Account:
    """Somebody who works for an organizer, with an address."""
    account: m.Account = mk.make_account()
    mk.save(
        m.Assignment(user_id=account.id, role="organizer", organization_id=organizer.id, valid_from=today() - mk.DAY)
    )
    return account


def letters_to(account: m.Account) -> list[str]:
    return [f"{row.subject}\n{row.body}" for row in mk.rows(m.Letter, m.Letter.user_id == account.id)]


def with_modules(program: Any, *parts: int) -> Any:
    for number, hours in enumerate(parts, start=1):
        mk.save(m.ProgramModule(program_id=program.id, title=f"Модуль {number}", hours=hours, ordering=number))
    return program


# --- what hinders the publication ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        (
            {"hours": 72, "block": st.BlockKind.VARIABLE},
            "Программа длится 72\xa0часа, а вариативный блок оплачивает 16–36",
        ),
        (
            {"hours": 36, "block": st.BlockKind.INVARIANT},
            "Программа длится 36\xa0часов, а инвариантный блок оплачивает",
        ),
        (
            {"hours": 256, "block": None, "kind": st.ProgramKind.RETRAINING},
            "Для профессиональной переподготовки укажите квалификацию",
        ),
    ],
)
def test_a_program_that_cannot_be_taught_is_not_sent(world: mk.World, values: dict[str, Any], sentence: str) -> None:
    program = draft(world, **values)
    with acting_as(world.organizer_actor), mk.nothing_changes(), pytest.raises(Conflict, match=sentence):
        programs.submit(program.id)


def test_retraining_with_a_qualification_is_sent(world: mk.World) -> None:
    kind = st.ProgramKind.RETRAINING
    program = draft(world, hours=256, block=None, kind=kind, qualification_name="Учитель математики")
    with acting_as(world.organizer_actor):
        assert programs.submit(program.id).status == P.SUBMITTED


@pytest.mark.parametrize(("parts", "total"), [((10, 4), 14), ((10, 20), 30)])
def test_hours_of_the_modules_must_be_the_programs(world: mk.World, parts: Sequence[int], total: int) -> None:
    program = with_modules(draft(world), *parts)
    with acting_as(world.organizer_actor), mk.nothing_changes(), pytest.raises(Conflict, match=f"модулей — {total}, а"):
        programs.submit(program.id)


def test_everything_that_hinders_is_said_at_once(world: mk.World) -> None:
    program = with_modules(draft(world, hours=72, block=st.BlockKind.VARIABLE), 10)
    with acting_as(world.organizer_actor):
        assert [s.split(",")[0] for s in program_checks.problems(mk.fetch(m.Program, program.id))] == [
            "Программа длится 72\xa0часа",
            "Сумма часов модулей — 10",
        ]


def test_a_block_that_the_rule_does_not_have(world: mk.World) -> None:
    sentence = program_checks.block_sentence(36, st.BlockKind.INVARIANT, [])
    assert sentence.startswith("Программа длится 36\xa0часов, а такого блока, как «инвариантный блок», в действующем")
    assert program_checks.block_sentence(20, st.BlockKind.VARIABLE, [(16, 18), (20, 36)]) == ""
    assert "16–18 или 20–36" in program_checks.block_sentence(40, st.BlockKind.VARIABLE, [(16, 18), (20, 36)])


def test_a_block_without_any_rule_in_force_is_refused(world: mk.World) -> None:
    rule = mk.make_rule()
    mk.change(rule, valid_to=today())
    program = draft(world, year=today().year + 1)
    try:
        with acting_as(world.organizer_actor), mk.nothing_changes(), pytest.raises(Conflict, match="нет правила"):
            programs.submit(program.id)
    finally:
        mk.change(rule, valid_to=None)


def test_the_operator_does_not_publish_what_no_longer_fits(world: mk.World) -> None:
    program = submitted(world, hours=72, block=st.BlockKind.VARIABLE)
    with acting_as(world.operator), mk.nothing_changes(), pytest.raises(Conflict, match="оплачивает 16–36"):
        programs.publish(program.id)


# --- 1 November ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("day", "year", "late"),
    [
        (dt.date(2026, 11, 1), 2027, False),
        (dt.date(2026, 11, 2), 2027, True),
        (dt.date(2026, 12, 31), 2027, True),
        (dt.date(2026, 11, 2), 2026, False),
        (dt.date(2026, 11, 2), 2028, False),
        (dt.date(2027, 3, 1), 2027, False),
    ],
)
def test_a_program_of_the_next_year_is_late_after_1_november(
    world: mk.World, monkeypatch: pytest.MonkeyPatch, day: dt.date, year: int, late: bool
) -> None:
    monkeypatch.setattr(programs_until, "today", lambda: day)
    program = draft(world, year=year)
    with acting_as(world.organizer_actor):
        assert programs.submit(program.id).late is late
    assert mk.fetch(m.Program, program.id).submitted_at is not None


def test_the_last_day_is_a_setting(world: mk.World) -> None:
    """Mark, words and hint come from one place."""
    mk.set_setting("programs_until", "15.09")
    with time_machine.travel(dt.datetime(2026, 9, 15, 23, 0, tzinfo=ZONE), tick=False):
        assert (programs_until.last_day(2027), programs_until.is_late(2027)) == (dt.date(2026, 9, 15), False)
    with time_machine.travel(dt.datetime(2026, 9, 16, 0, 0, tzinfo=ZONE), tick=False):
        assert programs_until.is_late(2027)
    assert programs_until.late_words() == "внесена после 15\xa0сентября"
    assert programs_until.hint().endswith("не позднее 15\xa0сентября.")
    days = {"programs_until": 20, "opens_on": 25, "closes_on": 31}
    mk.make_campaign(**{name: dt.date(today().year, 10, day) for name, day in days.items()})
    assert programs_until.late_words() == "внесена после 20\xa0октября"


@pytest.mark.parametrize("typed", ["29.02", "31.11", "1 ноября", "", "01.11.2026", "11"])
def test_a_last_day_that_no_year_has_is_refused(world: mk.World, typed: str) -> None:
    with acting_as(world.operator), mk.nothing_changes(), pytest.raises(Invalid):
        settings.change("programs_until", typed)


def test_the_first_sending_decides_whether_a_program_is_late(world: mk.World, monkeypatch: pytest.MonkeyPatch) -> None:
    program = draft(world, year=2027)
    for day in (dt.date(2026, 10, 30), dt.date(2026, 11, 5)):
        monkeypatch.setattr(programs_until, "today", lambda day=day: day)
        with acting_as(world.organizer_actor):
            programs.submit(program.id)
        with acting_as(world.operator):
            programs.return_(program.id, "Уточните часы")
    assert mk.fetch(m.Program, program.id).late is False


# --- editions --------------------------------------------------------------------------------------------------------


def published_whole(world: mk.World) -> Any:
    """A published program with everything that an edition takes over."""
    program = with_modules(
        mk.make_program(world.organizer, annotation="О чём", authors="А. А. Автор", funding="Платное обучение"), 10, 8
    )
    with acting_as(world.operator):
        file = mk.save(
            m.StoredFile(
                name="п.pdf", content_type="application/pdf", size=1, sha256="0" * 64, path=f"programs/{program.id}",
                object_table="program",
            )
        )  # fmt: skip
    mk.change(
        program,
        organization_types=[mk.make_type()],
        positions=[mk.make_position("Методист")],
        subjects=[mk.make_subject()],
        document_id=file.id,
    )
    return program


def test_a_new_edition_takes_over_everything(world: mk.World) -> None:
    program = published_whole(world)
    with acting_as(world.organizer_actor):
        made = program_editions.new_edition(program.id)
        assert (made.status, made.edition, made.previous_id) == (P.DRAFT, 2, program.id)
        for name in ("organizer_id", "code", "year", "title", "hours", "block", "annotation", "authors", "funding"):
            assert getattr(made, name) == getattr(program, name), name
        assert made.document_id == program.document_id
        assert [(p.title, p.hours) for p in made.modules] == [("Модуль 1", 10), ("Модуль 2", 8)]
        assert [str(x) for x in (*made.organization_types, *made.positions, *made.subjects)] == [
            str(mk.make_type()), "Методист", "Математика",
        ]  # fmt: skip
    assert mk.fetch(m.Program, program.id).status == P.PUBLISHED
    assert [entry.object_id for entry in mk.journal("program.new_edition")] == [made.id]


def test_the_edition_that_is_begun_is_opened_again(world: mk.World) -> None:
    with acting_as(world.organizer_actor):
        first = program_editions.new_edition(world.program.id)
        assert program_editions.new_edition(world.program.id).id == first.id
    with acting_as(world.operator):
        assert program_editions.new_edition(world.program.id).id == first.id
    assert len(mk.rows(m.Program, m.Program.code == world.program.code)) == 2


@pytest.mark.parametrize("status", [P.DRAFT, P.SUBMITTED, P.RETURNED, P.ARCHIVED])
def test_only_a_published_program_gets_an_edition(world: mk.World, status: st.ProgramStatus) -> None:
    program = draft(world, status=status)
    with acting_as(world.organizer_actor), mk.nothing_changes(), pytest.raises(Conflict, match="у опубликованной"):
        program_editions.new_edition(program.id)


def test_others_begin_no_edition(world: mk.World) -> None:
    with acting_as(world.other_organizer), mk.nothing_changes(), pytest.raises(NotFound):
        program_editions.new_edition(world.program.id)
    with acting_as(world.responsible), mk.nothing_changes(), pytest.raises(Forbidden):
        program_editions.new_edition(world.program.id)
    with acting_as(world.worker.actor), mk.nothing_changes(), pytest.raises(Forbidden):
        program_editions.copy_to_next_year(world.program.id)


def next_edition_published(world: mk.World, **changes: Any) -> Any:
    with acting_as(world.organizer_actor):
        made = program_editions.new_edition(world.program.id)
        if changes:
            records.update(made, changes)
        programs.submit(made.id)
    with acting_as(world.operator):
        return programs.publish(made.id)


def test_the_former_edition_goes_into_the_archive_and_keeps_its_groups(world: mk.World) -> None:
    running = mk.make_past_group(world.program)
    empty, cancelled = mk.make_group(world.program, status=G.DRAFT), mk.make_group(world.program, status=G.CANCELLED)
    peopled = mk.make_group(world.program, status=G.DRAFT)
    mk.make_enrolment(world.worker, peopled, status=E.WITHDRAWN)
    made = next_edition_published(world, title="Новое название")
    assert [(p.edition, p.status) for p in mk.rows(m.Program, m.Program.code == made.code)] == [
        (1, P.ARCHIVED), (2, P.PUBLISHED),
    ]  # fmt: skip
    owners = {g.id: mk.fetch(m.TrainingGroup, g.id).program_id for g in (world.group, running, cancelled, peopled)}
    assert set(owners.values()) == {world.program.id}
    assert mk.fetch(m.TrainingGroup, empty.id).program_id == made.id
    assert [entry.object_id for entry in mk.journal("training_group.updated")] == [empty.id]
    assert mk.fetch(m.Program, world.program.id).title == world.program.title


def test_people_still_enrol_in_the_open_group_of_the_former_edition(world: mk.World) -> None:
    made = next_edition_published(world)
    with acting_as(world.worker.actor):
        row = enrolments.enrol(world.worker.employee.id, world.group.id, block_id="auto")
    assert row.status == E.APPLIED
    assert mk.fetch(m.TrainingGroup, world.group.id).program_id == world.program.id != made.id


def test_a_group_of_another_program_stays(world: mk.World) -> None:
    other = mk.make_group(mk.make_program(world.organizer), status=G.DRAFT)
    next_edition_published(world)
    assert mk.fetch(m.TrainingGroup, other.id).program_id == other.program_id


def test_a_draft_group_of_the_former_edition_opens_by_the_new_one(world: mk.World) -> None:
    group = mk.make_group(world.program, status=G.DRAFT)
    made = next_edition_published(world)
    with acting_as(world.organizer_actor):
        assert groups.open(group.id).program_id == made.id


def test_an_edition_keeps_code_year_and_organizer(world: mk.World) -> None:
    with acting_as(world.organizer_actor):
        made = program_editions.new_edition(world.program.id)
    for name, value in (("code", "Другой"), ("year", today().year + 1)):
        with acting_as(world.organizer_actor), mk.nothing_changes(), pytest.raises(Invalid) as caught:
            records.update(mk.fetch(m.Program, made.id), {name: value})
        assert list(caught.value.fields) == [name]
    with acting_as(world.organizer_actor):
        records.update(mk.fetch(m.Program, made.id), {"title": "Можно", "hours": 17})
    assert mk.fetch(m.Program, made.id).hours == 17


def test_a_returned_edition_leaves_the_former_published(world: mk.World) -> None:
    with acting_as(world.organizer_actor):
        made = program_editions.new_edition(world.program.id)
        programs.submit(made.id)
    with acting_as(world.operator):
        programs.return_(made.id, "Нет")
    assert [p.status for p in mk.rows(m.Program, m.Program.code == made.code)] == [P.PUBLISHED, P.RETURNED]


def test_an_edition_is_as_late_as_the_first(world: mk.World, monkeypatch: pytest.MonkeyPatch) -> None:
    mk.change(world.program, year=2027)
    monkeypatch.setattr(programs_until, "today", lambda: dt.date(2026, 11, 20))
    assert next_edition_published(world).late is False


def test_the_family_and_its_groups_are_those_that_one_sees(world: mk.World) -> None:
    mk.make_group(world.program, status=G.DRAFT)
    with acting_as(world.organizer_actor):
        made = program_editions.new_edition(world.program.id)
        copy = program_editions.copy_to_next_year(world.program.id)
        found = program_editions.family(mk.fetch(m.Program, world.program.id))
        assert [p.id for p in found] == [copy.id, made.id, world.program.id]
        assert program_editions.group_counts(found) == {world.program.id: 2}
    with acting_as(world.worker.actor):
        program = db.session.get(m.Program, world.program.id)
        assert program is not None
        found = program_editions.family(program)
        assert [p.id for p in found] == [world.program.id]
        assert program_editions.group_counts(found) == {world.program.id: 1}


# --- the next year ---------------------------------------------------------------------------------------------------


def test_a_copy_for_the_next_year_begins_anew(world: mk.World) -> None:
    program = published_whole(world)
    with acting_as(world.organizer_actor):
        made = program_editions.copy_to_next_year(program.id)
        assert (made.year, made.edition, made.status) == (program.year + 1, 1, P.DRAFT)
        assert (made.late, made.submitted_at, made.previous_id) == (False, None, program.id)
        assert [p.hours for p in made.modules] == [10, 8]
        assert [p.name for p in made.positions] == ["Методист"]
    assert mk.fetch(m.Program, program.id).status == P.PUBLISHED
    assert len(mk.journal("program.copied")) == 1


def test_a_code_is_taken_once_a_year(world: mk.World) -> None:
    with acting_as(world.organizer_actor):
        program_editions.copy_to_next_year(world.program.id)
    sentence = f"шифром {world.program.code} на {world.program.year + 1} год уже есть"
    with acting_as(world.organizer_actor), mk.nothing_changes(), pytest.raises(Conflict, match=sentence):
        program_editions.copy_to_next_year(world.program.id)


def test_the_same_code_of_another_organizer_hinders_nobody(world: mk.World) -> None:
    other = mk.rows(m.Organization, m.Organization.id == world.other_organizer.grants[0].organization_ids[0])[0]
    mk.make_program(other, code=world.program.code, year=world.program.year + 1)
    with acting_as(world.organizer_actor):
        assert program_editions.copy_to_next_year(world.program.id).year == world.program.year + 1


def test_an_archived_program_is_copied_a_draft_and_a_past_one_are_not(world: mk.World) -> None:
    archived, old = draft(world, status=P.ARCHIVED), draft(world, status=P.ARCHIVED, year=today().year - 2)
    prepared = draft(world)
    with acting_as(world.organizer_actor):
        assert program_editions.copy_to_next_year(archived.id).code == archived.code
    for row, sentence in ((old, "год уже прошёл"), (prepared, "опубликованную программу или программу из архива")):
        with acting_as(world.organizer_actor), mk.nothing_changes(), pytest.raises(Conflict, match=sentence):
            program_editions.copy_to_next_year(row.id)


# --- who changes what ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "by_organizer", "by_operator"),
    [
        (P.DRAFT, "", ""),
        (P.RETURNED, "", ""),
        (P.SUBMITTED, "ждёт решения оператора", ""),
        (P.PUBLISHED, "начните новую редакцию", ""),
        (P.ARCHIVED, "в архиве", "в архиве"),
    ],
)
def test_who_changes_a_program_without_groups(
    world: mk.World, status: st.ProgramStatus, by_organizer: str, by_operator: str
) -> None:
    program = draft(world, status=status)
    mk.make_group(program, status=G.DRAFT)
    for actor, sentence in ((world.organizer_actor, by_organizer), (world.operator, by_operator)):
        _changes(actor, program.id, sentence)


def _changes(actor: Actor, pk: int, sentence: str) -> None:
    values = {"title": f"Исправлено: {actor.name}"}
    with acting_as(actor):
        row = mk.fetch(m.Program, pk)
        if not sentence:
            records.update(row, values)
            return
        with mk.nothing_changes(), pytest.raises(Conflict, match=sentence):
            records.update(row, values)


@pytest.mark.parametrize("status", [G.OPEN, G.CLOSED, G.RUNNING, G.COMPLETED, G.CANCELLED])
def test_the_operator_leaves_a_program_with_groups_as_it_is(world: mk.World, status: st.GroupStatus) -> None:
    program = mk.make_program(world.organizer)
    mk.make_group(program, status=status)
    _changes(world.operator, program.id, "начните новую редакцию")


def test_only_drafts_are_deleted(world: mk.World) -> None:
    published, prepared = mk.make_program(world.organizer), draft(world)
    with (
        acting_as(world.organizer_actor),
        mk.nothing_changes(),
        pytest.raises(Conflict, match="Удаляют только черновики"),
    ):
        records.delete(published)
    with acting_as(world.organizer_actor):
        records.delete(prepared)
    assert mk.fetch(m.Program, prepared.id) is None


def test_values_of_frdo_come_from_its_lists(world: mk.World) -> None:
    program = draft(world, funding="Бюджет посёлка")
    with acting_as(world.organizer_actor):
        assert "Региональный бюджет" in program_checks.listed("funding")
        records.update(program, {"funding": "Бюджет посёлка", "title": "Старое значение остаётся"})
        records.update(mk.fetch(m.Program, program.id), {"area": "Образование и наука"})
    with acting_as(world.organizer_actor), mk.nothing_changes(), pytest.raises(Invalid) as caught:
        records.update(mk.fetch(m.Program, program.id), {"area": "Выдумка", "specialities_group": "Выдумка"})
    assert sorted(caught.value.fields) == ["area", "specialities_group"]


def test_a_year_of_another_century_is_refused(world: mk.World) -> None:
    with acting_as(world.organizer_actor), mk.nothing_changes(), pytest.raises(Invalid) as caught:
        records.create(m.Program, {"code": "Г-1", "title": "Год", "year": 20266, "hours": 36})
    assert list(caught.value.fields) == ["year"]


def test_whom_a_program_is_for_in_words(world: mk.World) -> None:
    with unscoped("tests"):
        program = db.session.get(m.Program, world.program.id)
        assert program is not None
        assert programs.for_whom(program) == "для всех работников образования"
        program.positions = [mk.make_position("Методист"), mk.make_position("Учитель")]
        program.subjects = [mk.make_subject()]
        assert programs.for_whom(program) == "должности: Методист, Учитель; предметы: Математика"
        db.session.rollback()


# --- letters ---------------------------------------------------------------------------------------------------------


def test_the_organizers_staff_is_told_what_the_operator_decided(world: mk.World) -> None:
    staff, others = [staff_of(world.organizer) for _ in range(2)], staff_of(mk.make_organization(is_organizer=True))
    program = submitted(world)
    with acting_as(world.operator):
        programs.return_(program.id, "Не указаны авторы")
    for account in staff:
        (letter,) = letters_to(account)
        assert letter.startswith(f"Программа возвращена на доработку: «{program.title}»")
        assert "Причина: Не указаны авторы" in letter
    with acting_as(world.organizer_actor):
        programs.submit(program.id)
    with acting_as(world.operator):
        programs.publish(program.id)
        programs.archive(program.id)
    assert [text.split(":")[0] for text in letters_to(staff[0])[1:]] == [
        "Программа опубликована", "Программа убрана в архив",
    ]  # fmt: skip
    assert {row.template for row in mk.rows(m.Letter)} == {"program_published", "program_returned", "program_archived"}
    assert letters_to(others) == []


def test_whoever_archives_the_own_program_is_not_told(world: mk.World) -> None:
    account = staff_of(world.organizer)
    with acting_as(world.organizer_actor):
        programs.archive(world.program.id)
    assert letters_to(account) == []


def test_who_left_the_organizer_is_told_nothing(world: mk.World) -> None:
    account = staff_of(world.organizer)
    role = mk.rows(m.Assignment, m.Assignment.user_id == account.id)[0]
    assert list(responsible.of_organizer(world.organizer.id).user_ids) == [account.id]
    mk.change(role, valid_from=today() - 2 * mk.DAY, valid_to=today() - mk.DAY)
    assert list(responsible.of_organizer(world.organizer.id).user_ids) == []


def test_operators_learn_of_a_program_that_waits(world: mk.World) -> None:
    operator = mk.make_account()
    mk.save(m.Assignment(user_id=operator.id, role="operator", valid_from=today()))
    program = draft(world)
    with acting_as(world.organizer_actor):
        programs.submit(program.id)
    (notice,) = mk.rows(m.Notice, m.Notice.user_id == operator.id)
    assert notice.text.startswith(f"Программа ждёт публикации: «{program.title}»")
    assert notice.href == f"/queue/?case=program-{program.id}"


# --- the operator's queue --------------------------------------------------------------------------------------------


def test_a_submitted_program_waits_in_the_queue(world: mk.World) -> None:
    program = submitted(world, late=True, edition=1, year=2027)
    mk.make_program(world.organizer, status=P.SUBMITTED)  # sent before the portal kept the moment
    draft(world)
    with acting_as(world.operator):
        rows, _ = queue.page(Asked(kind="program"), size=10)
    assert [row.pk for row in rows] == [program.id]
    assert (rows[0].who, rows[0].place) == (program.title, world.organizer.short_name)
    assert rows[0].what == "на 2027 год · 18 ч · внесена после срока"
    assert rows[0].due >= today() + 5 * mk.DAY
    with acting_as(world.operator):
        assert [r.pk for r in queue.page(Asked(kind="program", words="программа"), size=10)[0]] == [program.id]
        assert queue.page(Asked(kind="program", words="нетслова"), size=10)[0] == []
        territory = Asked(kind="program", territory=world.organizer.territory_id)
        assert [r.pk for r in queue.page(territory, size=10)[0]] == [program.id]
        assert queue.page(Asked(kind="program", territory=world.school.territory_id), size=10)[0] == []
    with acting_as(world.organizer_actor):
        assert queue.page(Asked(kind="program"), size=10)[0] == []


def test_programs_are_published_and_returned_from_the_queue(world: mk.World) -> None:
    good, bad, back = submitted(world), submitted(world, hours=72), submitted(world)
    picks = [("program", row.id) for row in (good, bad)]
    with acting_as(world.operator):
        done = queue_decisions.decide(queue_decisions.CONFIRM, picks)
        assert [outcome.sentence[:24] for outcome in done] == ["", "Программа длится 72\xa0часа"]
        queue_decisions.decide(queue_decisions.GIVE_BACK, [("program", back.id)], reason="Мало")
    found = [mk.fetch(m.Program, row.id).status for row in (good, bad, back)]
    assert found == [P.PUBLISHED, P.SUBMITTED, P.RETURNED]


# --- modules ---------------------------------------------------------------------------------------------------------


def replace(program: Any, *modules: tuple[str, str]) -> Any:
    opened = program_modules.fingerprint(mk.fetch(m.Program, program.id))
    return program_modules.replace_modules(program.id, [Module(*typed) for typed in modules], opened=opened)


def stored_modules(program: Any) -> list[tuple[str, int]]:
    found = mk.rows(m.ProgramModule, m.ProgramModule.program_id == program.id)
    return [(row.title, row.hours) for row in sorted(found, key=lambda row: row.ordering)]


def test_modules_are_written_in_their_order_without_empty_rows(world: mk.World) -> None:
    program = with_modules(draft(world), 5, 6)
    with acting_as(world.organizer_actor):
        replace(program, ("  Теория   основ ", "8"), ("", ""), ("Практика", " 1 0 "))
    assert stored_modules(program) == [("Теория основ", 8), ("Практика", 10)]
    (entry,) = mk.journal("program.modules")
    assert entry.changes == {"Модули": ["2\xa0модуля, 11 ч", "2\xa0модуля, 18 ч"]}
    with acting_as(world.organizer_actor):
        replace(program)
    assert stored_modules(program) == []


@pytest.mark.parametrize(
    ("modules", "sentence"),
    [
        ([("Теория", "восемь")], "Модуль 1: часы — целое число больше нуля."),
        ([("Теория", "0")], "Модуль 1: часы — целое число"),
        ([("Теория", "-3")], "Модуль 1: часы — целое число"),
        ([("Теория", "")], "Модуль 1: часы — целое число"),
        ([("Теория", "²")], "Модуль 1: часы — целое число"),
        ([("", ""), ("", "8")], "Модуль 2: впишите название"),
        ([("Т" * 256, "8")], "Модуль 1: название длиннее 255"),
        ([("Теория", "10"), ("Практика", "9")], "Сумма часов модулей — 19, а программа длится 18\xa0часов"),
        ([(f"Модуль {n}", "1") for n in range(61)], "Модулей не больше 60."),
    ],
)
def test_wrong_modules_are_refused_by_row(world: mk.World, modules: list[tuple[str, str]], sentence: str) -> None:
    program = with_modules(draft(world), 5)
    with acting_as(world.organizer_actor), mk.nothing_changes(), pytest.raises(Invalid) as caught:
        replace(program, *modules)
    assert sentence in " ".join(text for found in caught.value.fields.values() for text in found)


def test_modules_changed_meanwhile_are_not_overwritten(world: mk.World) -> None:
    program = draft(world)
    opened = program_modules.fingerprint(mk.fetch(m.Program, program.id))
    with acting_as(world.organizer_actor):
        replace(program, ("Теория", "8"))
        with mk.nothing_changes(), pytest.raises(Conflict, match="модули изменил другой пользователь"):
            program_modules.replace_modules(program.id, [Module("Практика", "4")], opened=opened)


def test_modules_of_a_published_program_and_of_others_stay(world: mk.World) -> None:
    with acting_as(world.organizer_actor), mk.nothing_changes(), pytest.raises(Conflict, match="новую редакцию"):
        replace(world.program, ("Теория", "8"))
    program = draft(world)
    with acting_as(world.other_organizer), mk.nothing_changes(), pytest.raises(NotFound):
        program_modules.replace_modules(program.id, [], opened="")
    with acting_as(world.responsible), mk.nothing_changes(), pytest.raises(Forbidden):
        program_modules.replace_modules(world.program.id, [], opened="")


# --- the file --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "data", "shown"),
    [
        ("Программа.PDF", pdf(), "Программа.pdf"),
        ("C:\\docs\\план.doc", docx(), "план.docx"),
        ("../../etc/passwd", pdf(), "passwd.pdf"),
        ("", pdf(), "программа.pdf"),
    ],
)
def test_a_file_is_kept_by_its_content_under_a_random_name(world: mk.World, name: str, data: bytes, shown: str) -> None:
    program = draft(world)
    with acting_as(world.organizer_actor):
        row = program_files.attach(program.id, name, data)
        found, path = program_files.open_file(mk.fetch(m.Program, program.id))
    assert (found.id, found.name, path.read_bytes()) == (row.id, shown, data)
    assert path.parent == files_root() / "programs"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.stem not in name


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "нужен файл PDF или DOCX"),
        (b"<html><script>alert(1)</script>", "нужен файл PDF или DOCX"),
        (image("PNG"), "нужен файл PDF или DOCX"),
        (b"%PDF-1.7 <script>", "Файл повреждён"),
        (pdf(password="secret"), "под паролем|закрыт паролем"),
        (b"PK\x03\x04" + b"0" * 100, "Файл повреждён"),
        (docx()[:4000], "Файл повреждён"),
        (docx(parts={"[Content_Types].xml": b"<Types/>"}), "нужен файл PDF или DOCX"),
        (docx(parts={"word/vbaProject.bin": b"x"}), "есть макросы"),
        (docx(parts={"word/media/image1.bin": b"\0" * (101 << 20)}), "Файл повреждён"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"0" * 100, "старого вида или под паролем"),
        (pdf() + b"0" * (10 << 20), "больше 10 МБ"),
    ],
)
def test_what_is_no_document_is_refused(world: mk.World, data: bytes, sentence: str) -> None:
    program = draft(world)
    with acting_as(world.organizer_actor), mk.nothing_changes(), pytest.raises(Invalid, match=sentence) as caught:
        program_files.attach(program.id, "программа.pdf", data)
    assert list(caught.value.fields) == ["document"]


def test_a_file_is_replaced_and_taken_off_while_the_program_is_prepared(world: mk.World) -> None:
    program = draft(world, status=P.RETURNED)
    with acting_as(world.organizer_actor):
        program_files.attach(program.id, "раз.pdf", pdf())
        program_files.attach(program.id, "два.docx", docx())
        program_files.detach(program.id)
        program_files.detach(program.id)
        with pytest.raises(NotFound):
            program_files.open_file(mk.fetch(m.Program, program.id))
    changes = [entry.changes["Файл программы"] for entry in mk.journal("program.attached")]
    assert changes == [["", "раз.pdf"], ["раз.pdf", "два.docx"]]
    assert [entry.changes["Файл программы"] for entry in mk.journal("program.detached")] == [["два.docx", ""]]


@pytest.mark.parametrize("status", [P.SUBMITTED, P.PUBLISHED, P.ARCHIVED])
def test_the_file_of_a_program_in_use_stays(world: mk.World, status: st.ProgramStatus) -> None:
    program = draft(world, status=status)
    for actor in (world.organizer_actor, world.operator):
        with acting_as(actor), mk.nothing_changes(), pytest.raises(Conflict, match="пока программа готовится"):
            program_files.attach(program.id, "п.pdf", pdf())
        with acting_as(actor), mk.nothing_changes(), pytest.raises(Conflict, match="пока программа готовится"):
            program_files.detach(program.id)


def test_others_attach_nothing(world: mk.World) -> None:
    program = draft(world)
    with acting_as(world.other_organizer), mk.nothing_changes(), pytest.raises(NotFound):
        program_files.attach(program.id, "п.pdf", pdf())
    with acting_as(world.other_organizer), mk.nothing_changes(), pytest.raises(NotFound):
        program_files.detach(program.id)


def test_files_that_no_program_names_go_at_night(world: mk.World) -> None:
    program, shared = draft(world), mk.make_program(world.organizer)
    with acting_as(world.organizer_actor):
        old = program_files.attach(program.id, "раз.pdf", pdf())
        kept = program_files.attach(program.id, "два.pdf", pdf())
    mk.change(shared, document_id=kept.id)
    with acting_as(world.organizer_actor):
        program_files.detach(program.id)
    paths = [files_root() / mk.fetch(m.StoredFile, row.id).path for row in (old, kept)]
    with acting_as(mk.SYSTEM):
        program_files.remove_unused()
    assert [path.exists() for path in paths] == [True, True]  # of today: its transaction may still go on
    with unscoped("tests"):
        db.session.execute(update(m.StoredFile).values(created_at=now() - 2 * mk.DAY))
        db.session.commit()
    with acting_as(mk.SYSTEM):
        program_files.remove_unused()
    assert [path.exists() for path in paths] == [False, True]
