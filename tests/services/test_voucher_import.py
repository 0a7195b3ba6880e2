"""Import of чеки issued before the portal: every wrong cell is named, the preview writes nothing, the application once."""

from __future__ import annotations

import datetime as dt
import io
from functools import partial
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
from app.exchange.staff.staff_import import STAFF
from app.exchange.staff.staff_sample import build_staff_sample
from app.exchange.vouchers.voucher_columns import COLUMNS
from app.exchange.vouchers.voucher_import import VOUCHERS
from app.identifiers import format_snils
from app.jobs import run_worker
from app.services.courses.enrolment import enrolments
from app.services.voucher import vouchers
from tests.concurrency.clients import refused, run_at_once, succeeded
from tests.services import makers as mk
from tests.statements import recorded

OLD, NEW = dt.date(2012, 4, 10), dt.date(2019, 3, 14)


@pytest.fixture
def person(session: Any) -> Any:
    return mk.make_employee(last_name="Примерова", first_name="Мария", patronymic="Ивановна")


@pytest.fixture
def operator(session: Any) -> Actor:
    return mk.make_actor("operator")


def line(person: Any, **over: Any) -> dict[str, Any]:
    """Cells of a чек of 2019: two blocks used, the third lapsed."""
    cells = {
        "number": "63-2019-000123",
        "snils": format_snils(person.snils),
        "full_name": f"{person.last_name} {person.first_name} {person.patronymic}",
        "issued_on": NEW,
        "inv_state": "использован",
        "inv_program": "Государственная политика",
        "inv_hours": 18,
        "inv_ended_on": dt.date(2019, 10, 4),
        "inv_place": "Институт развития образования",
        "var1_state": "использован",
        "var2_state": "сгорел",
    }
    return cells | over


def fresh(person: Any, **over: Any) -> dict[str, Any]:
    """Cells of a чек that still pays: nothing is used."""
    states = {f"{code}_state": "свободен" for code in ("inv", "var1", "var2")}
    empty = dict.fromkeys(("inv_program", "inv_hours", "inv_ended_on", "inv_place"))
    new = {"number": "63-2025-000009", "issued_on": today() - 100 * mk.DAY}
    return line(person, **{**new, **states, **empty, **over})


def book(*lines: dict[str, Any]) -> bytes:
    return build_sample(lines, columns=COLUMNS)


def upload(operator: Actor, *lines: dict[str, Any]) -> m.ImportBatch:
    with acting_as(operator):
        return VOUCHERS.upload("чеки.xlsx", book(*lines))


def apply(operator: Actor, batch: m.ImportBatch, *, skip_errors: bool = False) -> Any:
    with acting_as(operator):
        return VOUCHERS.apply(batch.id, skip_errors=skip_errors)


def rows_of(batch: m.ImportBatch) -> list[PreviewRow]:
    return kept_rows.rows_of(batch)


def problem(operator: Actor, *lines: dict[str, Any]) -> list[str]:
    """Problems of the last line."""
    return list(rows_of(upload(operator, *lines))[-1].problems)


# --- what is written -------------------------------------------------------------------------------------------------


def test_preview_writes_nothing_but_itself(person: Any, operator: Actor) -> None:
    batch = upload(operator, line(person))
    (row,) = rows_of(batch)
    assert (row.action, row.label, row.problems) == ("create", "Примерова Мария Ивановна", [])
    assert row.changes == ["чек № 63-2019-000123, действует по 13.03.2022: истёк"]
    assert mk.rows(m.Voucher) == []
    assert batch.kind == "voucher"


def test_expired_voucher_comes_with_its_blocks_and_trainings(person: Any, operator: Actor) -> None:
    counts = apply(operator, upload(operator, line(person)))
    assert (counts.created, counts.unchanged, counts.skipped) == (1, 0, 0)
    (voucher,) = mk.rows(m.Voucher)
    assert (voucher.number, voucher.employee_id, voucher.imported) == ("63-2019-000123", person.id, True)
    assert (voucher.issued_on, voucher.valid_until) == (NEW, dt.date(2022, 3, 13))
    assert voucher.status == st.VoucherStatus.EXPIRED
    assert "90 часов" in voucher.rule.title
    first, second, third = mk.blocks_of(voucher)
    assert [b.status for b in (first, second, third)] == [
        st.BlockStatus.USED,
        st.BlockStatus.USED,
        st.BlockStatus.LAPSED,
    ]
    (training,) = mk.rows(m.Training)
    assert first.training_id == training.id
    assert second.training_id is None
    facts = (training.title, training.hours, training.ended_on, training.institution)
    assert facts == ("Государственная политика", 18, dt.date(2019, 10, 4), "Институт развития образования")
    assert (training.source, training.status) == (st.TrainingSource.VOUCHER, st.TrainingStatus.CONFIRMED)
    assert mk.rows(m.Letter) == []
    assert len(mk.journal("voucher.imported")) == 1


def test_voucher_that_still_pays_can_be_used_at_once(operator: Actor) -> None:
    world = mk.make_world()
    free = mk.make_person(world.school)
    apply(operator, upload(operator, fresh(free.employee)))
    with acting_as(free.actor):
        row = enrolments.enrol(free.employee.id, world.group.id)
    (voucher,) = mk.rows(m.Voucher, m.Voucher.employee_id == free.employee.id)
    assert (voucher.status, row.block_id) == (st.VoucherStatus.ACTIVE, mk.blocks_of(voucher)[0].id)


def test_rule_is_that_of_the_day_of_issue(person: Any, operator: Actor) -> None:
    given = line(person, issued_on=OLD, inv_hours=72, inv_ended_on=dt.date(2013, 2, 1))
    apply(operator, upload(operator, given))
    (voucher,) = mk.rows(m.Voucher)
    assert "144" in voucher.rule.title
    assert mk.blocks_of(voucher)[0].hours_max == 72


def test_voucher_with_all_blocks_used_is_used(person: Any, operator: Actor) -> None:
    apply(operator, upload(operator, line(person, var2_state="использован")))
    assert mk.rows(m.Voucher)[0].status == st.VoucherStatus.USED


def test_free_block_of_an_ended_voucher_lapses_with_a_warning(person: Any, operator: Actor) -> None:
    batch = upload(operator, line(person, var2_state="свободен"))
    (row,) = rows_of(batch)
    assert [warning.partition(", ")[2] for warning in row.warnings] == [
        "Вариативный блок 2: состояние: Срок чека закончился, блок будет загружен сгоревшим"
    ]
    apply(operator, batch)
    assert mk.blocks_of(mk.rows(m.Voucher)[0])[2].status == st.BlockStatus.LAPSED


def test_known_training_is_not_written_twice(person: Any, operator: Actor) -> None:
    day = dt.date(2019, 10, 4)
    values = {"title": "Государственная политика", "institution": "ИРО", "hours": 18, "ended_on": day}
    known = mk.save(m.Training(employee_id=person.id, **values))
    apply(operator, upload(operator, line(person)))
    assert [t.id for t in mk.rows(m.Training)] == [known.id]
    assert mk.blocks_of(mk.rows(m.Voucher)[0])[0].training_id == known.id


def test_former_surname_is_the_same_person(person: Any, operator: Actor) -> None:
    mk.save(m.FormerName(employee_id=person.id, last_name="Девичьева"))
    assert problem(operator, line(person, full_name="Девичьева Мария Ивановна")) == []


def test_portal_does_not_give_a_loaded_number_again(operator: Actor) -> None:
    school = mk.make_organization()
    mk.make_rule()
    first, second = mk.make_person(school), mk.make_person(school)
    year = today().year
    number = f"63-{year}-000007"
    apply(operator, upload(operator, fresh(first.employee, number=number, issued_on=dt.date(year, 1, 1))))
    with acting_as(second.actor):
        application = vouchers.apply(second.employee.id)
    with acting_as(operator):
        assert vouchers.approve(application.id).number == f"63-{year}-000008"


# --- what is refused -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("over", "said"),
    [
        ({"snils": "112-233-445 96"}, "B2, СНИЛС: "),
        ({"snils": "112-233-445 95"}, "B2, СНИЛС: Работника с таким СНИЛС в портале нет"),
        ({"full_name": "Чужая Мария Ивановна"}, "C2, ФИО: По этому СНИЛС в портале записан другой человек"),
        ({"number": None}, "A2, Номер чека: Ячейка не заполнена"),
        ({"number": "6" * 41}, "A2, Номер чека: Не больше 40 знаков"),
        ({"number": "=1+1"}, "A2, Номер чека: В ячейке формула"),
        ({"issued_on": dt.date(2009, 12, 31)}, "D2, Дата выдачи: Загружаются чеки, выданные с 01.01.2010"),
        ({"issued_on": "вчера"}, "D2, Дата выдачи: Дата пишется дд.мм.гггг"),
        ({"valid_until": dt.date(2019, 3, 13)}, "E2, Действует по: Последний день действия раньше даты выдачи"),
        ({"rule": "Чек на 500 часов"}, "F2, Правило: Такого правила нет"),
        ({"inv_state": "занят"}, "G2, Инвариантный блок: состояние: Состояние блока — "),
        ({"inv_hours": "много"}, "I2, Инвариантный блок: часы: Часы пишутся целым числом"),
        ({"inv_hours": None}, "I2, Инвариантный блок: часы: Программа, часы и дата окончания указываются вместе"),
        ({"inv_ended_on": dt.date(2019, 3, 1)}, "J2, Инвариантный блок: дата окончания: Обучение закончилось раньше"),
        ({"inv_state": "сгорел"}, "H2, Инвариантный блок: программа: Обучение указано, а блок не использован"),
    ],
)
def test_wrong_cell_is_named(person: Any, operator: Actor, over: dict[str, Any], said: str) -> None:
    (sentence,) = problem(operator, line(person, **over))
    assert sentence.startswith(said)


@pytest.mark.parametrize(
    ("over", "said"),
    [
        ({"inv_hours": "много", "full_name": "Чужая Мария Ивановна"}, ["C2, ФИО", "I2, Инвариантный блок: часы"]),
        ({"inv_hours": "много", "snils": "112-233-445 95"}, ["B2, СНИЛС", "I2, Инвариантный блок: часы"]),
        ({"number": None, "rule": "Чек на 500 часов"}, ["A2, Номер чека", "F2, Правило"]),
        ({"issued_on": "вчера", "rule": "Чек на 500 часов", "snils": "112-233-445 95"},
         ["B2, СНИЛС", "D2, Дата выдачи", "F2, Правило"]),
        ({"full_name": "Чужая Мария Ивановна", "rule": "Чек на 500 часов"}, ["C2, ФИО", "F2, Правило"]),
        ({"valid_until": "скоро", "issued_on": dt.date(2009, 1, 1), "full_name": "Чужая Мария Ивановна"},
         ["C2, ФИО", "D2, Дата выдачи", "E2, Действует по"]),
    ],
)  # fmt: skip
def test_all_that_is_wrong_in_a_row_is_told_at_once(
    person: Any, operator: Actor, over: dict[str, Any], said: list[str]
) -> None:
    """A wrong cell hid what does not agree with the card: it came up after the first was mended."""
    found = sorted(problem(operator, line(person, **over)))
    assert len(found) == len(said) and all(map(str.startswith, found, said)), found


def test_a_wrong_cell_hides_neither_the_number_nor_the_period_of_another_voucher(person: Any, operator: Actor) -> None:
    mk.make_voucher(mk.make_employee(), number="63-2019-000123", issued_on=NEW)
    mk.make_voucher(person, number="63-2018-000001", issued_on=NEW - 300 * mk.DAY, status=st.VoucherStatus.USED)
    found = sorted(problem(operator, line(person, var1_state="занят")))
    assert [sentence.split(",")[0] for sentence in found] == ["A2", "D2", "L2"]


def test_what_a_row_with_errors_was_told_stays_after_the_application(person: Any, operator: Actor) -> None:
    wrong = line(person, inv_hours="много", full_name="Чужая Мария Ивановна")
    batch = upload(operator, fresh(mk.make_employee(), number="7"), wrong)
    before = rows_of(batch)[1].problems
    apply(operator, batch, skip_errors=True)
    assert len(before) == 2 and rows_of(batch)[1].problems == before


def test_day_of_issue_in_the_future_is_refused(person: Any, operator: Actor) -> None:
    (sentence,) = problem(operator, fresh(person, issued_on=today() + mk.DAY))
    assert sentence == "D2, Дата выдачи: Дата выдачи в будущем"


def test_rule_that_was_not_in_force_that_day_is_refused(person: Any, operator: Actor) -> None:
    title = next(rule.title for rule in mk.rows(m.VoucherRule) if "144" in rule.title)
    (sentence,) = problem(operator, line(person, rule=title))
    assert "14.03.2019 это правило не действовало" in sentence


def test_block_of_a_voucher_that_still_pays_cannot_have_lapsed(person: Any, operator: Actor) -> None:
    (sentence,) = problem(operator, fresh(person, var2_state="сгорел"))
    assert "Чек ещё действует" in sentence


def test_number_twice_in_the_file_is_an_error_of_the_second(person: Any, operator: Actor) -> None:
    other = mk.make_employee()
    (sentence,) = problem(operator, line(person), line(other))
    assert sentence == "A3, Номер чека: Этот номер уже стоит в строке 2"


def test_number_of_another_voucher_is_refused(person: Any, operator: Actor) -> None:
    other = mk.make_employee()
    mk.make_voucher(other, number="63-2019-000123", issued_on=NEW)
    (sentence,) = problem(operator, line(person))
    assert sentence.startswith("A2, Номер чека: Чек с таким номером в портале уже есть")


def test_second_active_voucher_is_refused(person: Any, operator: Actor) -> None:
    live = mk.make_voucher(person, issued_on=today() - 10 * mk.DAY)
    (sentence,) = problem(operator, fresh(person))
    assert sentence == f"A2, Номер чека: У работника уже есть действующий чек № {live.number}"
    (sentence,) = problem(operator, *[fresh(mk.make_employee(), number="1")], *_two_active())
    assert sentence.endswith("действующий чек № 2 из строки 3")


def _two_active() -> list[dict[str, Any]]:
    twice = mk.make_employee()
    return [fresh(twice, number="2"), fresh(twice, number="3")]


def test_period_between_vouchers_is_kept(person: Any, operator: Actor) -> None:
    early = line(person, number="63-2018-000001", issued_on=dt.date(2018, 5, 1), inv_ended_on=dt.date(2018, 9, 1))
    (sentence,) = problem(operator, line(person), early)
    assert sentence.startswith("D3, Дата выдачи: Между чеками проходит 36 месяцев, а чек № 63-2019-000123 из строки 2")
    right = line(person, number="63-2016-000001", issued_on=dt.date(2016, 3, 14), inv_ended_on=dt.date(2018, 9, 1))
    assert problem(operator, line(person), right) == []


def test_annulled_voucher_does_not_hinder(person: Any, operator: Actor) -> None:
    mk.make_voucher(person, status=st.VoucherStatus.ANNULLED)
    assert problem(operator, fresh(person)) == []


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"not a workbook", "Excel"),
        (build_sample([], columns=COLUMNS), "нет ни одной строки с чеком"),
        (build_staff_sample(), "не нашлось строки заголовков"),
        (build_sample(columns=COLUMNS[1:]), "нет обязательного столбца: «Номер чека»"),
    ],
)
def test_file_without_a_list_is_refused(operator: Actor, data: bytes, said: str) -> None:
    with acting_as(operator), mk.nothing_changes(), pytest.raises(Invalid, match=said):
        VOUCHERS.upload("чеки.xlsx", data)


# --- applying, once --------------------------------------------------------------------------------------------------


def test_errors_stop_the_application_unless_skipped(person: Any, operator: Actor) -> None:
    batch = upload(operator, line(person), line(mk.make_employee(), full_name="Чужая Анна Ивановна", number="2"))
    with mk.nothing_changes(), pytest.raises(Conflict, match="строка 3"):
        apply(operator, batch)
    counts = apply(operator, batch, skip_errors=True)
    assert (counts.created, counts.skipped, len(mk.rows(m.Voucher))) == (1, 1, 1)


def test_second_application_does_nothing(person: Any, operator: Actor) -> None:
    batch = upload(operator, line(person))
    apply(operator, batch)
    with mk.nothing_changes(), pytest.raises(Conflict, match="уже применён"):
        apply(operator, batch)


def test_same_file_again_changes_nothing(person: Any, operator: Actor) -> None:
    apply(operator, upload(operator, line(person)))
    again = upload(operator, line(person))
    assert [row.action for row in rows_of(again)] == ["unchanged"]
    assert apply(operator, again).unchanged == 1
    assert len(mk.rows(m.Voucher)) == 1


def test_what_came_between_preview_and_application_counts(person: Any, operator: Actor) -> None:
    batch = upload(operator, fresh(person))
    mk.make_voucher(person, issued_on=today())
    with mk.nothing_changes(), pytest.raises(Conflict, match="нет ни одной верной строки"):
        apply(operator, batch)


def test_two_operators_apply_once(app: Flask, person: Any, operator: Actor) -> None:
    batch = upload(operator, line(person))
    other = mk.make_actor("operator")
    calls = [(actor, partial(VOUCHERS.apply, batch.id, skip_errors=False)) for actor in (operator, other) * 2]
    results = run_at_once(app, calls)
    assert (len(succeeded(results)), len(refused(results)), len(mk.rows(m.Voucher))) == (1, 3, 1)


def test_values_of_the_file_are_not_kept_after_the_application(person: Any, operator: Actor) -> None:
    batch = upload(operator, line(person))
    apply(operator, batch)
    kept = mk.fetch(m.ImportBatch, batch.id).rows
    assert person.snils not in str(kept)


def test_statements_of_the_check_do_not_grow_with_the_list(operator: Actor) -> None:
    people = [mk.make_employee() for _ in range(12)]
    lines = [line(p, number=f"63-2019-{n:06d}") for n, p in enumerate(people, 1)]
    counts = []
    for listed in (lines[:2], lines):
        with recorded() as found:
            upload(operator, *listed)
        counts.append(len(found))
    assert counts[0] == counts[1]


def test_only_the_operator_imports(person: Any, operator: Actor) -> None:
    school = mk.make_actor("school", mk.make_organization())
    with acting_as(school), mk.nothing_changes(), pytest.raises(Forbidden):
        VOUCHERS.upload("чеки.xlsx", book(line(person)))
    batch = upload(operator, line(person))
    for act in (partial(VOUCHERS.apply, batch.id, skip_errors=False), partial(VOUCHERS.undo, batch.id)):
        with acting_as(school), mk.nothing_changes(), pytest.raises(Forbidden):
            act()
    assert mk.rows(m.Voucher) == []


def test_a_list_of_one_kind_is_unknown_to_the_other(person: Any, operator: Actor) -> None:
    batch = upload(operator, line(person))
    with acting_as(operator), mk.nothing_changes():
        for act in (partial(STAFF.apply, batch.id, skip_errors=True), partial(STAFF.cancel, batch.id)):
            with pytest.raises(NotFound):
                act()


# --- undo, comments, long lists --------------------------------------------------------------------------------------


def test_undo_removes_what_the_list_wrote(person: Any, operator: Actor) -> None:
    batch = upload(operator, line(person))
    apply(operator, batch)
    with acting_as(operator):
        assert VOUCHERS.undo(batch.id).deleted == 1
    assert (mk.rows(m.Voucher), mk.rows(m.VoucherBlock), mk.rows(m.Training)) == ([], [], [])
    with acting_as(operator), mk.nothing_changes(), pytest.raises(Conflict, match="уже отменена"):
        VOUCHERS.undo(batch.id)


def test_undo_is_refused_after_an_enrolment(operator: Actor) -> None:
    world = mk.make_world()
    free = mk.make_person(world.school)
    batch = upload(operator, fresh(free.employee))
    apply(operator, batch)
    with acting_as(free.actor):
        enrolments.enrol(free.employee.id, world.group.id)
    with acting_as(operator), mk.nothing_changes(), pytest.raises(Conflict, match="уже нельзя отменить"):
        VOUCHERS.undo(batch.id)


def test_file_comes_back_with_comments(person: Any, operator: Actor) -> None:
    batch = upload(operator, line(person, full_name="Чужая Мария Ивановна"))
    with acting_as(operator):
        name, data = VOUCHERS.marked_file(batch.id)
    assert name == "чеки — с пометками.xlsx"
    comment = load_workbook(io.BytesIO(data)).worksheets[0]["C2"].comment
    assert comment is not None
    assert "записан другой человек" in comment.text


def test_long_list_is_checked_and_applied_as_tasks(
    app: Flask, operator: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(VOUCHERS, "checked_at_once", 2)
    # a task acts with the roles that the database holds
    mk.save(m.Assignment(user_id=operator.user_id, role="operator", basis="Приказ", valid_from=today()))
    people = [mk.make_employee() for _ in range(5)]
    batch = upload(operator, *[line(p, number=f"63-2019-{n:06d}") for n, p in enumerate(people, 1)])
    assert kept_batch.state_of(batch) == "waiting"
    run_worker(app, once=True)
    batch = mk.fetch(m.ImportBatch, batch.id)
    assert (kept_batch.state_of(batch), kept_batch.total_of(batch)) == ("", 5)
    with acting_as(operator):
        VOUCHERS.order(batch.id, skip_errors=False)
    run_worker(app, once=True)
    assert len(mk.rows(m.Voucher)) == 5
    (check, work) = mk.rows(m.BackgroundJob)
    assert (check.status, work.status) == (st.JobStatus.DONE, st.JobStatus.DONE)
    assert work.message == "Список чеков применён: загружено — 5, уже были — 0, пропущено с ошибками — 0."
    with acting_as(operator):
        VOUCHERS.order_undo(batch.id)
    run_worker(app, once=True)
    assert mk.rows(m.Voucher) == []


def test_sample_is_what_the_import_reads(operator: Actor) -> None:
    with acting_as(operator):
        sample = VOUCHERS.sample()
    mk.make_employee(snils="11223344595", last_name="Примерова", first_name="Мария", patronymic="Ивановна")
    with acting_as(operator):
        batch = VOUCHERS.upload("образец.xlsx", sample)
    assert [(row.action, row.problems) for row in rows_of(batch)] == [("create", [])]
