"""Import of trainings outside the portal: every wrong cell is named, own people only, applied once, taken back untouched."""

from __future__ import annotations

import datetime as dt
import io
from typing import Any

import pytest
from flask import Flask
from openpyxl import load_workbook

from app import models as m
from app import statuses as st
from app.access import acting_as
from app.actor import Actor
from app.clock import today
from app.errors import Conflict, Forbidden, Invalid, NotFound
from app.exchange.engine import kept_batch, kept_rows
from app.exchange.engine.kept_rows import PreviewRow
from app.exchange.sample import build_sample
from app.exchange.trainings.training_columns import COLUMNS
from app.exchange.trainings.training_import import TRAININGS
from app.identifiers import format_snils
from app.jobs import run_worker
from app.services.personnel.trainings import past_trainings
from app.services.portal.files import Scan
from tests.services import makers as mk
from tests.services.scans import pdf
from tests.statements import recorded

S, From = st.TrainingStatus, st.TrainingSource
ENDED = dt.date(2019, 10, 18)


@pytest.fixture
def world(session: Any) -> mk.World:
    return mk.make_world()


def line(person: Any, **over: Any) -> dict[str, Any]:
    name = " ".join(filter(None, (person.last_name, person.first_name, person.patronymic)))
    cells = {
        "snils": format_snils(person.snils),
        "full_name": name,
        "title": "Современный урок",
        "kind": "ПК",
        "institution": "Институт развития образования",
        "hours": "72 ч.",
        "started_on": "7 октября 2019",
        "ended_on": ENDED,
        "document_kind": "Удостоверение о ПК",
        "document_number": "63-000451",
        "issued_on": ENDED,
    }
    return cells | over


def upload(actor: Actor, *lines: dict[str, Any]) -> m.ImportBatch:
    with acting_as(actor):
        return TRAININGS.upload("обучение.xlsx", build_sample(lines, columns=COLUMNS))


def apply(actor: Actor, batch: m.ImportBatch, *, skip_errors: bool = False) -> Any:
    with acting_as(actor):
        return TRAININGS.apply(batch.id, skip_errors=skip_errors)


def last(actor: Actor, *lines: dict[str, Any]) -> PreviewRow:
    return kept_rows.rows_of(upload(actor, *lines))[-1]


# --- what is written -------------------------------------------------------------------------------------------------


def test_preview_writes_nothing_but_itself(world: mk.World) -> None:
    row = last(world.responsible, line(world.worker.employee))
    assert (row.action, row.problems) == ("create", [])
    assert row.changes == ["«Современный урок», 72 ч, закончено 18.10.2019: будет ждать скана и подтверждения"]
    assert mk.rows(m.Training) == []


def test_a_list_becomes_history_that_waits_for_scans(world: mk.World) -> None:
    counts = apply(world.responsible, upload(world.responsible, line(world.worker.employee)))
    assert (counts.created, counts.unchanged, counts.skipped) == (1, 0, 0)
    (row,) = mk.rows(m.Training)
    assert (row.employee_id, row.title, row.hours, row.started_on) == (
        world.worker.employee.id,
        "Современный урок",
        72,
        dt.date(2019, 10, 7),
    )
    assert (row.kind, row.document_kind) == (st.ProgramKind.ADVANCED, st.PastDocument.CERTIFICATE)
    assert (row.document_number, row.issued_on, row.institution) == (
        "63-000451",
        ENDED,
        "Институт развития образования",
    )
    assert (row.source, row.status, row.scan_id, row.submitted_at) == (From.LIST, S.PENDING, None, None)
    assert row.entered_by_id == world.responsible.user_id
    assert len(mk.journal("training.imported")) == 1
    assert (mk.rows(m.Letter), mk.rows(m.Certificate)) == ([], [])


def test_a_row_gets_its_scan_and_the_operator_confirms(world: mk.World) -> None:
    apply(world.responsible, upload(world.responsible, line(world.worker.employee)))
    (row,) = mk.rows(m.Training)
    with acting_as(world.operator), pytest.raises(Conflict, match="Скана документа нет"):
        past_trainings.confirm(row.id)
    with acting_as(world.responsible):
        past_trainings.change(row, {}, Scan("скан.pdf", pdf()))
    with acting_as(world.operator):
        assert past_trainings.confirm(row.id).status == S.CONFIRMED


def test_the_document_follows_from_the_kind_where_it_is_not_told(world: mk.World) -> None:
    diploma = {"kind": "Профессиональная переподготовка", "hours": 256, "document_kind": ""}
    apply(world.responsible, upload(world.responsible, line(world.worker.employee, **diploma)))
    (row,) = mk.rows(m.Training)
    assert (row.kind, row.document_kind) == (st.ProgramKind.RETRAINING, st.PastDocument.DIPLOMA)


# --- wrong cells -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cells", "sentence"),
    [
        ({"snils": "112-233-445 96"}, "A2, СНИЛС: "),
        ({"snils": "112-233-445 95"}, "A2, СНИЛС: Работника с таким СНИЛС среди ваших нет"),
        ({"full_name": "Другая Анна Петровна"}, "B2, ФИО: По этому СНИЛС в портале записан другой человек"),
        ({"title": ""}, "C2, Программа: Ячейка не заполнена"),
        ({"kind": "семинар"}, "D2, Вид обучения: Здесь бывает: «повышение квалификации», «профессиональная переподготовка»"),
        ({"institution": ""}, "E2, Где обучался: Ячейка не заполнена"),
        ({"hours": "много"}, "G2, Часы: Часы пишутся целым числом"),
        ({"hours": 8}, "G2, Часы: Для вида «повышение квалификации» часов бывает от 16 до 5000"),
        ({"started_on": dt.date(2019, 10, 19)}, "H2, Дата начала: Обучение началось позже, чем закончилось"),
        ({"started_on": "", "ended_on": dt.date(2009, 12, 31)}, "I2, Дата окончания: Вносится обучение, законченное с 01.01.2010"),
        ({"ended_on": today() + mk.DAY, "issued_on": ""}, "I2, Дата окончания: Дата окончания в будущем"),
        ({"document_kind": "грамота"}, "J2, Документ: Здесь бывает: «удостоверение"),
        ({"document_kind": "диплом"}, "J2, Документ: Диплом выдают за переподготовку"),
        ({"document_number": ""}, "K2, Номер документа: Ячейка не заполнена"),
        ({"issued_on": dt.date(2019, 10, 17)}, "L2, Дата выдачи: Документ выдан раньше"),
        ({"issued_on": today() + mk.DAY}, "L2, Дата выдачи: Дата выдачи документа в будущем"),
    ],
)  # fmt: skip
def test_every_wrong_cell_is_named(world: mk.World, cells: dict[str, Any], sentence: str) -> None:
    row = last(world.responsible, line(world.worker.employee, **cells))
    assert row.action == "error"
    assert [p[: len(sentence)] for p in row.problems] == [sentence]


def test_all_that_is_wrong_in_a_row_is_told_at_once(world: mk.World) -> None:
    """A wrong cell hid that the row is of another person, and that the file tells of the training twice."""
    person = world.worker.employee
    row = last(world.responsible, line(person, hours="много", full_name="Чужая Анна Ивановна"))
    assert sorted(sentence.split(",")[0] for sentence in row.problems) == ["B2", "G2"]
    row = last(world.responsible, line(person), line(person, kind="курсы"))
    assert sorted(sentence.split(",")[0] for sentence in row.problems) == ["C3", "D3"]
    assert any("уже стоит в строке 2" in sentence for sentence in row.problems)
    row = last(world.responsible, line(world.other_worker.employee, ended_on="давно"))
    assert len(row.problems) == 2 and row.changes == []


def test_a_person_of_another_school_is_as_unknown_as_nobody(world: mk.World) -> None:
    row = last(world.responsible, line(world.other_worker.employee))
    assert row.problems == [
        "A2, СНИЛС: Работника с таким СНИЛС среди ваших нет: проверьте номер или сначала заведите его карточку"
    ]
    assert last(world.operator, line(world.other_worker.employee)).action == "create"


def test_a_former_surname_is_the_same_person(world: mk.World) -> None:
    person = world.worker.employee
    mk.save(m.FormerName(employee_id=person.id, last_name="Прежняя", until=dt.date(2020, 1, 1)))
    name = f"Прежняя {person.first_name} {person.patronymic or ''}"
    assert last(world.responsible, line(person, full_name=name)).action == "create"


def test_doubles_within_the_file_and_with_the_portal(world: mk.World) -> None:
    person = world.worker.employee
    twice = last(world.responsible, line(person), line(person, title="современный  «урок»", document_number="9"))
    assert twice.problems == ["C3, Программа: Это обучение уже стоит в строке 2"]
    same_paper = last(world.responsible, line(person), line(person, title="Другой курс"))
    assert (same_paper.action, same_paper.warnings) == (
        "create",
        ["K3, Номер документа: Такой же номер документа у работника стоит в строке 2"],
    )
    apply(world.responsible, upload(world.responsible, line(person)))
    again = last(world.responsible, line(person))
    assert (again.action, again.changes) == ("unchanged", ["это обучение уже записано в карточке"])


def test_rows_with_errors_are_left_out_on_request_only(world: mk.World) -> None:
    batch = upload(world.responsible, line(world.worker.employee), line(world.worker.employee, hours="x"))
    with mk.nothing_changes(), pytest.raises(Conflict, match="строка 3"):
        apply(world.responsible, batch)
    assert apply(world.responsible, batch, skip_errors=True).skipped == 1
    with mk.nothing_changes(), pytest.raises(Conflict, match="уже применён"):
        apply(world.responsible, batch, skip_errors=True)


def test_a_file_without_the_list_is_refused_with_a_sentence(world: mk.World) -> None:
    with (
        acting_as(world.responsible),
        mk.nothing_changes(),
        pytest.raises(Invalid, match="«СНИЛС», «ФИО», «Программа»"),
    ):
        TRAININGS.upload("пусто.xlsx", build_sample([], columns=COLUMNS[5:6]))
    with (
        acting_as(world.responsible),
        mk.nothing_changes(),
        pytest.raises(Invalid, match="ни одной строки с обучением"),
    ):
        TRAININGS.upload("пусто.xlsx", build_sample([], columns=COLUMNS))


# --- whose ------------------------------------------------------------------------------------------------------------


def test_only_who_may_loads_and_sees_a_list(world: mk.World) -> None:
    batch = upload(world.responsible, line(world.worker.employee))
    for actor in (world.worker.actor, world.organizer_actor, mk.make_actor("ministry"), mk.make_actor("territory")):
        with mk.nothing_changes(), pytest.raises(Forbidden):
            upload(actor, line(world.worker.employee))
        with pytest.raises((NotFound, Forbidden)):
            apply(actor, batch)
    for act in (TRAININGS.load, TRAININGS.cancel, TRAININGS.undo):
        with acting_as(world.other_responsible), mk.nothing_changes(), pytest.raises(NotFound):
            act(batch.id)
    with acting_as(world.operator):
        assert TRAININGS.load(batch.id).id == batch.id


# --- undo -------------------------------------------------------------------------------------------------------------


def test_an_untouched_list_is_taken_back(world: mk.World) -> None:
    batch = upload(world.responsible, line(world.worker.employee))
    apply(world.responsible, batch)
    with acting_as(world.responsible):
        assert TRAININGS.undo(batch.id).deleted == 1
    assert mk.rows(m.Training) == []
    assert mk.fetch(m.ImportBatch, batch.id).status == st.ImportStatus.UNDONE
    with acting_as(world.responsible), pytest.raises(Conflict, match="уже отменена"):
        TRAININGS.undo(batch.id)


def test_a_list_whose_row_has_a_scan_stays(world: mk.World) -> None:
    batch = upload(world.responsible, line(world.worker.employee))
    apply(world.responsible, batch)
    (row,) = mk.rows(m.Training)
    with acting_as(world.responsible):
        past_trainings.change(row, {"hours": 36}, Scan("скан.pdf", pdf()))
    with acting_as(world.responsible), mk.nothing_changes(), pytest.raises(Conflict, match="уже нельзя отменить"):
        TRAININGS.undo(batch.id)


# --- long lists, the sample -------------------------------------------------------------------------------------------


def test_a_long_list_goes_by_tasks(app: Flask, world: mk.World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(TRAININGS, "checked_at_once", 1)
    # a task acts with the roles that the database holds
    role = {"user_id": world.responsible.user_id, "role": "school", "organization_id": world.school.id}
    mk.save(m.Assignment(**role, valid_from=today()))
    lines = [line(world.worker.employee, title=f"Курс {n}", document_number=str(n)) for n in range(4)]
    batch = upload(world.responsible, *lines)
    assert kept_batch.state_of(batch) == "waiting"
    run_worker(app, once=True)
    assert kept_batch.total_of(mk.fetch(m.ImportBatch, batch.id)) == 4
    with acting_as(world.responsible):
        TRAININGS.order(batch.id, skip_errors=False)
    run_worker(app, once=True)
    assert len(mk.rows(m.Training)) == 4
    with acting_as(world.responsible):
        TRAININGS.order_undo(batch.id)
    run_worker(app, once=True)
    assert mk.rows(m.Training) == []
    assert [job.status for job in mk.rows(m.BackgroundJob)] == [st.JobStatus.DONE] * 3


def test_the_number_of_statements_does_not_grow(world: mk.World) -> None:
    people = world.more_people(6, voucher=False)
    numbers = []
    for some in (people[:1], people[1:]):
        lines = [line(person.employee) for person in some]
        with recorded() as statements:
            upload(world.responsible, *lines)
        numbers.append(len(statements))
    assert numbers[0] == numbers[1]


def test_the_sample_is_what_the_import_reads(world: mk.World) -> None:
    mk.make_employee(last_name="Примерова", first_name="Мария", patronymic="Ивановна", snils="11223344595")
    with acting_as(world.operator):
        data = TRAININGS.sample()
        batch = TRAININGS.upload("образец.xlsx", data)
    assert [row.action for row in kept_rows.rows_of(batch)] == ["create"]
    sheet = load_workbook(io.BytesIO(data)).worksheets[0]
    assert [cell.value for cell in sheet[1]][:4] == ["СНИЛС", "ФИО", "Программа", "Вид обучения"]
    with acting_as(world.worker.actor), pytest.raises(Forbidden):
        TRAININGS.sample()


def test_the_file_comes_back_with_its_errors_as_comments(world: mk.World) -> None:
    batch = upload(world.responsible, line(world.worker.employee, hours="много"))
    with acting_as(world.responsible):
        name, data = TRAININGS.marked_file(batch.id)
    assert name == "обучение — с пометками.xlsx"
    assert "целым числом" in load_workbook(io.BytesIO(data)).worksheets[0]["G2"].comment.text
