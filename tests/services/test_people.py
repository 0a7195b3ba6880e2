"""People and letters: the card, hiring, dismissal, confirmation, search for an import, notices."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event

from app import models as m
from app import statuses as st
from app.access import acting_as
from app.clock import today
from app.errors import Conflict, Forbidden, Invalid, NotFound
from app.extensions import db
from app.services.identity import merges
from app.services.mailing import letters
from app.services.personnel.cards import people
from app.services.portal import records
from tests.services import makers as mk

S = st.ConfirmationStatus


@pytest.fixture
def world(session: Any) -> mk.World:
    return mk.make_world()


@contextmanager
def statements() -> Iterator[list[str]]:
    """Collect the SQL statements of the block."""
    seen: list[str] = []

    def note(_c: Any, _k: Any, statement: str, *_rest: Any) -> None:
        seen.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(db.engine, "before_cursor_execute", note)


# --- the card --------------------------------------------------------------------------------------------------------


def fill(world: mk.World, number: int) -> None:
    """Give the worker ``number`` rows of everything."""
    person = world.worker.employee
    level = mk.get_or_make(m.EducationLevel, {"code": "higher"}, name="Высшее")
    kind = mk.get_or_make(m.AttestationKind, {"code": "first"}, name="Первая категория")
    for n in range(number):
        mk.make_employment(person, mk.make_organization(), kind=st.EmploymentKind.SECONDARY)
        mk.save(m.Qualification(employee_id=person.id, level_id=level.id, year=2000 + n))
        mk.save(m.Attestation(employee_id=person.id, kind_id=kind.id, valid_from=dt.date(2020 + n, 1, 1)))
        ended = dt.date(2015 + n, 6, 1)
        mk.save(m.Training(employee_id=person.id, title=f"Курс {n}", institution="СГУ", hours=72, ended_on=ended))
        mk.save(m.FormerName(employee_id=person.id, last_name=f"Прежняя-{'абв'[n]}"))
        group = mk.make_past_group(mk.make_program(mk.make_organization(is_organizer=True)))
        mk.make_enrolment(world.worker, group, status=st.EnrolmentStatus.TRAINED)


def test_card_gathers_everything_of_a_person(world: mk.World) -> None:
    fill(world, 2)
    dates = {"birth_date": today() - 400 * mk.DAY - dt.timedelta(days=365 * 40), "teaching_since": dt.date(2000, 1, 1)}
    mk.change(world.worker.employee, **dates)
    with acting_as(world.worker.actor):
        card = people.card(world.worker.employee.id)
    assert card.age in (40, 41)
    assert card.teaching_years == today().year - 2000
    assert card.working_years is None
    assert card.main is not None
    assert card.main.id == world.worker.employment.id
    assert (len(card.employments), len(card.qualifications), len(card.attestations)) == (3, 2, 2)
    assert (len(card.vouchers), len(card.vouchers[0].blocks), len(card.enrolments)) == (1, 3, 2)
    assert [line.training is None for line in card.trainings] == [True, True, False, False]
    assert card.trainings[-1].title == "Курс 0"


def test_card_takes_the_same_number_of_statements_for_one_row_and_three(world: mk.World) -> None:
    fill(world, 1)
    counts = []
    for more in (0, 2):
        if more:
            fill(world, more)
        db.session.expunge_all()
        with acting_as(world.worker.actor), statements() as seen:
            card = people.card(world.worker.employee.id)
            assert numbers_of(card) == (card.counts, card.position_years)
        counts.append(len(seen))
    assert counts[0] == counts[1] <= 16


def numbers_of(card: people.CardData) -> tuple[people.CardCounts, int | None]:
    """Read every list of a card."""
    own = [line for line in card.trainings if line.enrolment]
    counts = people.CardCounts(
        employments=len(card.employments),
        qualifications=len(card.qualifications),
        attestations=len(card.attestations),
        outside=len(card.trainings) - len(own),
        trained=len(own),
        vouchers=len(card.vouchers),
        enrolments=len(card.enrolments),
        certificates=len(card.certificates),
    )
    return counts, card.position_years


def test_numbers_beside_the_tabs_are_within_the_scope(world: mk.World) -> None:
    """An organizer counts the enrolments in the own groups only, and nothing of the person's attestation."""
    fill(world, 2)
    mk.make_enrolment(world.worker, world.group, status=st.EnrolmentStatus.CONFIRMED)
    with acting_as(world.organizer_actor):
        seen = people.CardData(mk.fetch(m.Employee, world.worker.employee.id))
        assert numbers_of(seen)[0] == seen.counts
        assert (seen.counts.enrolments, seen.counts.trained, seen.counts.attestations) == (1, 0, 0)
    with acting_as(world.responsible):
        assert people.card(world.worker.employee.id).counts.enrolments == 3


def test_foreign_card_is_not_found(world: mk.World) -> None:
    with acting_as(world.other_responsible), pytest.raises(NotFound):
        people.card(world.worker.employee.id)


def test_card_of_the_dismissed_has_no_main_place(world: mk.World) -> None:
    mk.change(world.worker.employment, ended_on=today() - mk.DAY)
    with acting_as(world.worker.actor):
        card = people.card(world.worker.employee.id)
    assert (card.main, card.position_years) == (None, None)


def test_block_leads_to_its_latest_enrolment(world: mk.World) -> None:
    block = mk.blocks_of(world.voucher)[0]
    old = mk.make_enrolment(world.worker, world.group, status=st.EnrolmentStatus.WITHDRAWN, block=block)
    new = mk.make_enrolment(world.worker, world.group, status=st.EnrolmentStatus.APPLIED, block=block)
    with acting_as(world.worker.actor):
        found = people.card(world.worker.employee.id).enrolment_of_block
    assert found[block.id].id == new.id != old.id


# --- hiring ----------------------------------------------------------------------------------------------------------


def hire(world: mk.World, **over: Any) -> Any:
    person = {
        "snils": "112-233-445 95",
        "last_name": "Сергеева",
        "first_name": "Вера",
        "patronymic": "Львовна",
        "birth_date": dt.date(1990, 2, 3),
    }
    place = {
        "organization_id": world.school.id,
        "position_id": mk.make_position().id,
        "started_on": dt.date(2024, 9, 1),
    }
    return people.hire({**person, **over.pop("person", {})}, **{**place, **over})


def test_school_hires_a_new_person(world: mk.World) -> None:
    with acting_as(world.responsible):
        row = hire(world)
    assert (row.organization_id, row.status, row.kind) == (world.school.id, S.UNCONFIRMED, st.EmploymentKind.MAIN)
    assert mk.fetch(m.Employee, row.employee_id).snils == "11223344595"
    assert [len(mk.journal(f"{t}.created")) for t in ("employee", "employment")] == [1, 1]


def test_card_of_another_school_is_not_given_away_by_its_snils(world: mk.World) -> None:
    known = world.other_worker.employee
    mk.make_position()
    with (
        acting_as(world.responsible),
        mk.nothing_changes(),
        pytest.raises(Conflict, match="Карточку с этими данными завести нельзя"),
    ):
        hire(world, person={"snils": known.snils}, kind=st.EmploymentKind.SECONDARY)


@pytest.mark.parametrize(
    ("stored", "typed"), [(None, "112-233-445 95"), ("08765430300", None), (None, None)],
    ids=["no number stored", "no number typed", "no number at all"],
)  # fmt: skip
def test_a_namesake_elsewhere_is_as_if_nobody_were_there(
    world: mk.World, stored: str | None, typed: str | None
) -> None:
    """The school gets its card and learns nothing; the operator finds the two cards side by side."""
    same = {"last_name": "Сергеева", "first_name": "Вера", "patronymic": "Львовна", "birth_date": dt.date(1990, 2, 3)}
    known = mk.change(world.other_worker.employee, snils=stored, **same)
    with acting_as(world.responsible):
        row = hire(world, person={"snils": typed})
    assert row.employee_id != known.id
    assert [e.organization_id for e in mk.rows(m.Employment, m.Employment.employee_id == known.id)] == [
        world.other_worker.employment.organization_id
    ]
    with acting_as(world.operator):
        pairs = [{pair.first.id, pair.second.id} for pair in merges.list_twins()]
    assert {known.id, row.employee_id} in pairs


def test_own_person_gets_a_second_place_and_keeps_the_card(world: mk.World) -> None:
    known = world.worker.employee
    name = known.last_name
    with acting_as(world.responsible):
        row = hire(world, person={"snils": known.snils}, kind=st.EmploymentKind.SECONDARY)
    assert row.employee_id == known.id
    assert mk.fetch(m.Employee, known.id).last_name == name != "Сергеева"
    assert mk.journal("employee.created") == []


def test_second_main_place_at_once_is_refused(world: mk.World) -> None:
    known = world.worker.employee
    with acting_as(world.responsible), mk.nothing_changes(), pytest.raises(Conflict, match="основное место работы"):
        hire(world, person={"snils": known.snils})


def test_school_may_not_hire_for_another(world: mk.World) -> None:
    other = world.other_worker.employment.organization_id
    mk.make_position()
    with acting_as(world.responsible), mk.nothing_changes(), pytest.raises(Forbidden):
        hire(world, organization_id=other)


def test_hiring_with_a_wrong_snils_names_the_field(world: mk.World) -> None:
    mk.make_position()
    with acting_as(world.responsible), mk.nothing_changes(), pytest.raises(Invalid) as caught:
        hire(world, person={"snils": "1"})
    assert list(caught.value.fields) == ["snils"]


def test_worker_may_not_hire(world: mk.World) -> None:
    mk.make_position()
    with acting_as(world.worker.actor), mk.nothing_changes(), pytest.raises(Forbidden):
        hire(world)


# --- dismissal and confirmation --------------------------------------------------------------------------------------


def test_dismissal_ends_the_place(world: mk.World) -> None:
    with acting_as(world.responsible):
        assert people.dismiss(world.worker.employment.id, on=today()).ended_on == today()
        with mk.nothing_changes(), pytest.raises(Conflict, match="уже закрыто"):
            people.dismiss(world.worker.employment.id, on=today())


def test_a_day_that_nobody_has_told_refuses_no_dismissal(world: mk.World) -> None:
    """Of a place that a list brought in without its first day only the day of the import is known."""
    unknown = {"started_on": today(), "start_known": False}
    place = mk.make_person(world.school, employment=unknown).employment
    day = today() - 40 * mk.DAY
    with acting_as(world.responsible):
        ended = people.dismiss(place.id, on=day)
    assert (ended.ended_on, ended.begun_on, ended.started_on) == (day, None, day)
    assert "Принят" not in mk.journal("employment.updated")[-1].changes


def test_dismissal_before_the_hiring_is_refused(world: mk.World) -> None:
    with acting_as(world.responsible), mk.nothing_changes(), pytest.raises(Invalid) as caught:
        people.dismiss(world.worker.employment.id, on=dt.date(2015, 8, 31))
    assert list(caught.value.fields) == ["ended_on"]


def test_operator_confirms_and_takes_it_back(world: mk.World) -> None:
    place = mk.change(world.worker.employment, status=S.UNCONFIRMED)
    with acting_as(world.operator):
        assert people.confirm_workplace(place.id).status == S.CONFIRMED
        with mk.nothing_changes(), pytest.raises(Invalid):
            people.unconfirm(place.id, "")
        assert people.unconfirm(place.id, "Приказ не представлен").status == S.UNCONFIRMED


def test_changed_position_needs_a_new_confirmation(world: mk.World) -> None:
    methodist = mk.make_position("Методист")
    with acting_as(world.responsible):
        row = records.update(world.worker.employment, {"position_id": methodist.id})
    assert row.status == S.UNCONFIRMED
    assert mk.journal("employment.unconfirm")[0].changes["Причина"][1] == "Изменены сведения о месте работы."


@pytest.mark.parametrize("values", [{"activity": "Кружок"}, {"ended_on": dt.date(2030, 1, 1)}])
def test_other_changes_keep_the_confirmation(world: mk.World, values: dict[str, Any]) -> None:
    with acting_as(world.responsible):
        assert records.update(world.worker.employment, values).status == S.CONFIRMED


def test_operators_change_keeps_the_confirmation(world: mk.World) -> None:
    methodist = mk.make_position("Методист")
    with acting_as(world.operator):
        assert records.update(world.worker.employment, {"position_id": methodist.id}).status == S.CONFIRMED


# --- search for an import --------------------------------------------------------------------------------------------

BORN = dt.date(1975, 3, 4)


@pytest.fixture
def known(session: Any) -> Any:
    name = {"last_name": "Алёшина", "first_name": "Пётр", "patronymic": "Ильич"}
    return mk.make_employee(**name, birth_date=BORN)


def find(snils: str | None, *names: str | None, born: dt.date | None = BORN) -> list[int]:
    last, first, patronymic = names or ("Алёшина", "Пётр", "Ильич")
    return people.find_matching(snils, str(last), str(first), patronymic, born)


def test_person_is_found_by_snils_whatever_the_name(known: Any) -> None:
    assert find(known.snils, "Другая", "Фамилия", None, born=None) == [known.id]


def test_person_is_found_by_name_and_birth_date_in_any_spelling(known: Any) -> None:
    assert find(None) == [known.id]
    assert find(None, "АЛЕШИНА", "петр", "Ильич") == [known.id]


def test_person_without_a_patronymic_is_found(session: Any) -> None:
    person = mk.make_employee(last_name="Ли", first_name="Ван", patronymic=None, birth_date=BORN)
    assert find(None, "Ли", "Ван", None) == [person.id]


def test_another_snils_is_another_person(known: Any) -> None:
    assert find("11223344595") == []


def test_card_without_a_snils_is_found_by_the_name(known: Any) -> None:
    mk.change(known, snils=None)
    assert find("11223344595") == [known.id]


@pytest.mark.parametrize("born", [None, dt.date(1975, 3, 5)])
def test_name_alone_is_not_enough(known: Any, born: dt.date | None) -> None:
    assert find(None, born=born) == []


def test_namesakes_are_all_found(known: Any) -> None:
    twin = mk.make_employee(last_name="Алёшина", first_name="Пётр", patronymic="Ильич", birth_date=BORN)
    assert find(None) == [known.id, twin.id]


# --- letters ---------------------------------------------------------------------------------------------------------


def test_notice_and_letter_for_who_has_an_address(world: mk.World) -> None:
    letters.tell(world.worker.employee, "group_closed", href="/x", about=world.group)
    db.session.commit()
    letter, notice = mk.rows(m.Letter)[0], mk.rows(m.Notice)[0]
    assert (letter.recipient, letter.user_id) == (world.worker.employee.email, world.worker.actor.user_id)
    assert (letter.status, letter.object_table, letter.object_id) == ("queued", "training_group", world.group.id)
    assert letter.body.startswith(f"Здравствуйте, Анна Ивановна!\n\n{notice.text}\n\n")
    assert "Запись закрыта, состав группы набран." in notice.text
    assert (notice.employee_id, notice.href) == (world.worker.employee.id, "/x")


def test_account_address_serves_when_the_card_has_none(world: mk.World) -> None:
    mk.change(world.worker.employee, email=None)
    letters.tell(mk.fetch(m.Employee, world.worker.employee.id), "sign_in_opened")
    db.session.commit()
    account = mk.fetch(m.Account, world.worker.actor.user_id)
    assert [letter.recipient for letter in mk.rows(m.Letter)] == [account.email]


def test_without_any_address_only_the_notice_is_left(session: Any) -> None:
    person = mk.make_employee(email=None)
    letters.tell(person, "sign_in_opened")
    db.session.commit()
    assert (len(mk.rows(m.Letter)), len(mk.rows(m.Notice))) == (0, 1)


def test_job_is_told_inside_the_transaction_and_a_rollback_takes_the_letter_back(session: Any) -> None:
    told: list[int] = []
    letters.on_queued.append(told.append)
    try:
        letter_id = letters.post("a@example.org", "data_erased")
        assert told == [letter_id]
        db.session.rollback()
    finally:
        letters.on_queued.remove(told.append)
    assert mk.rows(m.Letter) == []
