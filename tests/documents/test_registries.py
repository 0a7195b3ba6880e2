"""Declared registries: what is asked, whose rows come, what the files hold."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from app import models as m
from app import statuses as st
from app.access import acting_as
from app.clock import today
from app.documents.registries import ALL, find_registry, registries_of
from app.documents.registries.declared import read_asked, span_days
from app.documents.registries.reading import columns_of, count_totals, read_rows
from app.documents.registries.registry_files import write_csv, write_xlsx
from app.documents.registries.registry_source import registry_of_group, registry_of_people
from app.errors import Forbidden, Invalid, NotFound
from app.services.paper.registries import registries
from tests.services import makers as mk

DAY = dt.timedelta(days=1)
TODAY = dt.date(2026, 8, 15)


@pytest.fixture(autouse=True)
def _portal_looks() -> Iterator[None]:
    with acting_as(mk.SYSTEM):
        yield


@pytest.fixture
def world(session: Any) -> Any:
    """A trained listener of each organizer; the first has a name that begins like a formula."""
    made = mk.make_world()
    mk.change(made.worker.employee, last_name="=Иванова", first_name="Анна", patronymic="")
    mk.make_enrolment(
        made.worker,
        mk.make_past_group(made.program),
        status=st.EnrolmentStatus.TRAINED,
        final_mark="зачтено",
        protocol_number="7",
    )
    program = mk.make_program(mk.make_organization(is_organizer=True), title="Чужая программа")
    mk.make_voucher(made.other_worker.employee)
    mk.make_enrolment(made.other_worker, mk.make_past_group(program), status=st.EnrolmentStatus.TRAINED)
    return made


def asked(code: str = "trained", **typed: Any) -> Any:
    return read_asked(ALL[code], {name: str(value) for name, value in typed.items()}, today=today())


def found(question: Any) -> list[dict[str, Any]]:
    names = [column.name for column in columns_of(question)]
    return [dict(zip(names, values, strict=True)) for values in read_rows(question)]


# --- what is asked ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("span", "first", "last"),
    [
        ("month", dt.date(2026, 7, 1), dt.date(2026, 7, 31)),
        ("this_month", dt.date(2026, 8, 1), TODAY),
        ("quarter", dt.date(2026, 4, 1), dt.date(2026, 6, 30)),
        ("year", dt.date(2026, 1, 1), TODAY),
        ("last_year", dt.date(2025, 1, 1), dt.date(2025, 12, 31)),
    ],
)
def test_a_named_period_is_counted_from_the_day(span: str, first: dt.date, last: dt.date) -> None:
    assert span_days(span, TODAY) == (first, last)


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ({"period_from": "02.02.2026", "period_to": "01.02.2026"}, "period"),
        ({"period_from": "31.02.2026"}, "period"),
        ({"span": "century"}, "span"),
        ({"organizer": "1 OR 1=1"}, "organizer"),
        ({"organizer": "99999999999"}, "organizer"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_field(typed: dict[str, str], name: str) -> None:
    with pytest.raises(Invalid) as refusal:
        read_asked(ALL["trained"], typed, today=TODAY)
    assert list(refusal.value.fields or {}) == [name]


def test_an_unknown_state_is_refused() -> None:
    with pytest.raises(Invalid, match="Состояние"):
        read_asked(ALL["vouchers"], {"status": "eaten"}, today=TODAY)


def test_parameters_ask_the_same_again() -> None:
    typed = {"period_from": "01.02.2026", "organizer": "5", "columns": "snils,full_name,nothing", "x": "y"}
    first = read_asked(ALL["trained"], typed, today=TODAY)
    again = read_asked(ALL["trained"], first.parameters(), today=TODAY)
    assert first == again
    assert [c.name for c in columns_of(first)] == ["full_name", "snils"]


def test_an_unknown_code_is_missing_and_a_stranger_is_refused(session: Any) -> None:
    with pytest.raises(NotFound):
        find_registry(mk.make_actor("ministry"), "everything")
    with pytest.raises(Forbidden):
        find_registry(mk.make_actor("observer"), "trained")
    assert registries_of(mk.make_actor("observer")) == []
    assert {r.code for r in registries_of(mk.make_actor("ministry"))} == set(ALL)
    assert "vouchers" not in {r.code for r in registries_of(mk.make_actor("organizer"))}


# --- rows ------------------------------------------------------------------------------------------------------------


def test_the_trained_with_every_fact(world: Any) -> None:
    with acting_as(mk.make_actor("organizer", world.organizer)):
        (row,) = found(asked())
    person = world.worker.employee
    assert (row["row"], row["full_name"], row["hours"]) == (1, "=Иванова Анна", world.program.hours)
    assert row["snils"].replace("-", "").replace(" ", "") == mk.fetch(m.Employee, person.id).snils
    assert (row["result"], row["basis"]) == ("зачтено", "Протокол № 7")
    assert row["organization"] == world.school.short_name


@pytest.mark.parametrize("code", list(ALL))
def test_rows_of_others_never_come(world: Any, code: str) -> None:
    """Each side sees its own; the ministry sees both, an organizer's filter by another finds nothing."""
    question = asked(code)
    with acting_as(mk.make_actor("ministry")):
        everything = count_totals(question).rows
        assert everything == len(list(read_rows(question)))
    for actor in (
        mk.make_actor("organizer", world.organizer),
        mk.make_actor("school", world.school),
        mk.make_actor("territory", territory=mk.make_territory()),
    ):
        with acting_as(actor):
            own = list(read_rows(question))
            assert count_totals(question).rows == len(own)
            assert not any("Чужая программа" in row for row in own)
            assert code == "issued" or len(own) < everything


def test_filters_narrow_by_period_group_and_organizer(world: Any) -> None:
    with acting_as(mk.make_actor("ministry")):
        assert [r["organizer"] for r in found(asked(organizer=world.organizer.id, columns="organizer,hours"))] == [
            world.organizer.short_name
        ]
        last_day = today() - DAY
        assert count_totals(asked(period_from=f"{last_day:%d.%m.%Y}", period_to=f"{last_day:%d.%m.%Y}")).rows == 2
        assert count_totals(asked(period_to=f"{last_day - DAY:%d.%m.%Y}")).rows == 0
        assert count_totals(asked(territory=world.school.territory_id)).rows == 1


def test_the_totals_count_a_person_once(world: Any) -> None:
    mk.make_enrolment(world.worker, mk.make_past_group(world.program), status=st.EnrolmentStatus.TRAINED)
    with acting_as(mk.make_actor("organizer", world.organizer)):
        totals = count_totals(asked())
    assert (totals.rows, totals.people, totals.sums) == (2, 1, {"hours": 2 * world.program.hours})


def test_a_person_with_two_documents_stands_once(world: Any) -> None:
    (enrolment,) = mk.rows(m.Enrolment, m.Enrolment.employee_id == world.worker.employee.id)
    for n, kind in enumerate((st.CertificateKind.CERTIFICATE, st.CertificateKind.TRAINING_NOTE), 1):
        mk.save(
            m.Certificate(
                enrolment_id=enrolment.id,
                employee_id=enrolment.employee_id,
                organizer_id=world.organizer.id,
                kind=kind,
                year=2026,
                sequence=n,
                number=f"000{n}/2026",
                issued_on=today(),
                template_code="certificate",
                template_version="1",
                snapshot={"last_name": "Прежняя", "first_name": "Анна", "patronymic": None},
                check_code=f"code-{n}",
            )
        )
    with acting_as(mk.make_actor("organizer", world.organizer)):
        assert [row["number"] for row in found(asked())] == ["0001/2026"]
        journal = found(asked("issued"))
    assert [row["number"] for row in journal] == ["0001/2026", "0002/2026"]
    assert {row["full_name"] for row in journal} == {"Прежняя Анна"}


def test_a_voucher_stands_with_its_blocks_and_present_place(world: Any) -> None:
    with acting_as(mk.make_actor("school", world.school)):
        row = found(asked("vouchers"))[0]
    blocks = mk.blocks_of(mk.rows(m.Voucher, m.Voucher.number == row["number"])[0])
    assert (row["blocks"], row["organization"]) == (len(blocks), world.school.short_name)
    assert row["free"] + row["used"] + row["reserved"] == len(blocks)


# --- files -----------------------------------------------------------------------------------------------------------


def test_the_sheet_keeps_types_and_never_a_formula(world: Any, tmp_path: Path) -> None:
    path = tmp_path / "r.xlsx"
    with acting_as(mk.make_actor("organizer", world.organizer)):
        assert write_xlsx(path, asked(), read_rows(asked()), notes=["Выгрузил: проверка"]) == 1
    cells = {cell.value: cell for row in load_workbook(path).active.iter_rows() for cell in row if cell.value}
    assert cells["=Иванова Анна"].data_type == "s"
    assert cells[world.program.hours].data_type == "n"
    (snils,) = [cell for value, cell in cells.items() if str(value).count("-") == 2 and len(str(value)) == 14]
    assert snils.data_type == "s"
    assert "Строк: 1" in cells and f"Итого, Часы: {world.program.hours}" in cells


def test_the_text_opens_in_excel_and_holds_no_formula(world: Any, tmp_path: Path) -> None:
    path = tmp_path / "r.csv"
    question = asked(columns="row,full_name,birth_date,hours")
    with acting_as(mk.make_actor("organizer", world.organizer)):
        assert write_csv(path, question, read_rows(question)) == 1
    born = mk.fetch(m.Employee, world.worker.employee.id).birth_date
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    head, line = path.read_text("utf-8-sig").splitlines()
    assert head == "№ п/п;Фамилия, имя, отчество;Дата рождения;Часы"
    assert line == f"1;'=Иванова Анна;{born:%d.%m.%Y};{world.program.hours}"


def test_the_printed_registry_has_the_declared_rows(world: Any) -> None:
    group = mk.rows(m.TrainingGroup, m.TrainingGroup.organizer_id == world.organizer.id)[-1]
    with acting_as(mk.make_actor("organizer", world.organizer)):
        of_group, header = registry_of_group(mk.fetch(m.TrainingGroup, group.id))
        formed = registries.form(world.organizer.id, today() - 30 * DAY, today(), sheet=lambda _row: b"x")
        of_people, _ = registry_of_people(formed)
    assert of_group == of_people
    assert (of_group[0].full_name, of_group[0].voucher_number) == ("=Иванова Анна", "")
    assert header.organization == world.organizer.full_name
