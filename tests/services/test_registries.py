"""A registry on its way to the ministry, own saved registries and their schedule."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from app import models as m
from app import statuses as st
from app.access import acting_as
from app.clock import today
from app.documents.registries import ALL
from app.errors import Conflict, Forbidden, Invalid, NotFound
from app.extensions import db
from app.services.paper.corrections import after_sending
from app.services.paper.registries import registries, registry_people, registry_schedule, saved_registries
from app.services.paper.registries.saved_registries import next_day
from app.services.tasks import background
from app.statuses import RegistryStatus, Schedule
from tests.services import makers as mk

DAY = dt.timedelta(days=1)
PERMISSIONS = {code: item.permission for code, item in ALL.items()}


def sheet(registry: m.Registry) -> bytes:
    return f"{registry.organizer_id} {registry.period_from} {registry.period_to}".encode()


def train(organizer: Any, number: int = 1, *, ended: int = 5) -> list[m.Enrolment]:
    """People who were trained at the organizer so many days ago."""
    last = today() - ended * DAY
    days = {"starts_on": last - 5 * DAY, "ends_on": last, "enrol_from": last - 20 * DAY, "enrol_until": last - 6 * DAY}
    group = mk.make_past_group(mk.make_program(organizer), capacity=number, **days)
    school = mk.make_organization()
    people = [mk.make_person(school) for _ in range(number)]
    return [mk.make_enrolment(person, group, status=st.EnrolmentStatus.TRAINED) for person in people]


def days() -> tuple[dt.date, dt.date]:
    return today() - 30 * DAY, today() - DAY


def account_of(role: str, **place: int) -> m.Account:
    account = mk.make_account()
    mk.save(m.Assignment(user_id=account.id, role=role, basis="приказ", valid_from=today() - DAY, **place))
    return account


def letters_to(account: m.Account) -> list[str]:
    return [row.subject for row in mk.rows(m.Letter, m.Letter.user_id == account.id)]


@pytest.fixture
def organizer(session: Any) -> Any:
    return mk.make_organization(is_organizer=True)


@pytest.fixture
def formed(organizer: Any) -> m.Registry:
    train(organizer, 3)
    with acting_as(mk.make_actor("organizer", organizer)):
        return registries.form(organizer.id, *days(), sheet=sheet)


# --- to the ministry -------------------------------------------------------------------------------------------------


def test_a_formed_registry_keeps_its_file(organizer: Any, formed: m.Registry) -> None:
    with acting_as(mk.make_actor("organizer", organizer)):
        row, file, path = registries.take_file(formed.id)
    assert (row.status, row.rows_count) == (RegistryStatus.FORMED, 3)
    assert path.read_bytes().startswith(f"{organizer.id} ".encode())
    assert file.name.endswith(".xlsx")


def test_another_organizer_neither_forms_nor_sees_it(organizer: Any, formed: m.Registry) -> None:
    other = mk.make_organization(is_organizer=True)
    with acting_as(mk.make_actor("organizer", other)), mk.nothing_changes():
        with pytest.raises(Forbidden):
            registries.form(organizer.id, *days(), sheet=sheet)
        for action in (registries.take_file, registries.send, lambda pk: registries.renew(pk, sheet=sheet)):
            with pytest.raises(NotFound):
                action(formed.id)


@pytest.mark.parametrize(
    ("since", "until", "words"),
    [
        (1, 30, "позже его конца"),
        (5, -1, "ещё не закончился"),
        (60, 50, "никто не обучен"),
        (30, 1, "более короткие периоды"),
    ],
)
def test_an_impossible_registry_is_refused(
    organizer: Any, since: int, until: int, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    train(organizer, 3)
    monkeypatch.setattr(registries, "MOST_ROWS", 2)
    first, last = today() - since * DAY, today() - until * DAY
    with (
        acting_as(mk.make_actor("organizer", organizer)),
        mk.nothing_changes(),
        pytest.raises((Invalid, Conflict), match=words),
    ):
        registries.form(organizer.id, first, last, sheet=sheet)


def test_a_period_has_one_registry(organizer: Any, formed: m.Registry) -> None:
    with (
        acting_as(mk.make_actor("organizer", organizer)),
        mk.nothing_changes(),
        pytest.raises(Conflict, match="уже есть реестр"),
    ):
        registries.form(organizer.id, *days(), sheet=sheet)


def test_sent_returned_made_anew_and_accepted(organizer: Any, formed: m.Registry) -> None:
    ministry, worker = account_of("ministry"), account_of("organizer", organization_id=organizer.id)
    other = account_of("organizer", organization_id=mk.make_organization(is_organizer=True).id)
    sender, decider = mk.make_actor("organizer", organizer), mk.make_actor("ministry")
    with acting_as(sender):
        registries.send(formed.id)
        with mk.nothing_changes(), pytest.raises(Conflict, match="уже направлен"):
            registries.renew(formed.id, sheet=sheet)
        with mk.nothing_changes(), pytest.raises(Forbidden):
            registries.accept(formed.id)
    assert letters_to(ministry) == ["Направлен реестр обученных"]
    with acting_as(decider):
        with pytest.raises(Invalid):
            registries.return_(formed.id, " ")
        registries.return_(formed.id, "Нет номеров бланков")
    with acting_as(sender):
        train(organizer, 2)
        registries.renew(formed.id, sheet=lambda _row: b"anew")
        registries.send(formed.id)
    with acting_as(decider):
        registries.accept(formed.id)
        row, _file, path = registries.take_file(formed.id)
    assert (row.status, row.rows_count, path.read_bytes()) == (RegistryStatus.ACCEPTED, 5, b"anew")
    assert row.decided_at is not None
    assert letters_to(worker) == ["Реестр обученных возвращён", "Реестр обученных принят"]
    assert letters_to(other) == []
    body = mk.rows(m.Letter, m.Letter.user_id == worker.id)[0].body
    assert "Нет номеров бланков" in body


def test_without_a_file_nothing_is_sent(organizer: Any) -> None:
    row = mk.save(m.Registry(organizer_id=organizer.id, period_from=today(), period_to=today(), rows_count=1))
    with (
        acting_as(mk.make_actor("organizer", organizer)),
        mk.nothing_changes(),
        pytest.raises(Conflict, match="нет файла"),
    ):
        registries.send(row.id)


def test_the_overview_tells_who_has_not_sent(session: Any) -> None:
    world = mk.make_world()
    group, resting = mk.make_past_group(world.program), mk.make_organization(is_organizer=True)
    mk.make_enrolment(world.worker, group, status=st.EnrolmentStatus.TRAINED)
    with acting_as(mk.make_actor("ministry")):
        before = {item.organizer_id: item for item in registries.overview(*days())}
    silent, idle = before[world.organizer.id], before[resting.id]
    assert (silent.trained, silent.reported, silent.status) == (1, 0, None)
    assert (idle.trained, idle.reported, idle.status) == (0, 0, None)
    with acting_as(mk.make_actor("organizer", world.organizer)):
        row = registries.form(world.organizer.id, *days(), sheet=sheet)
        registries.send(row.id)
        with pytest.raises(Forbidden):
            registries.overview(*days())
    with acting_as(mk.make_actor("ministry")):
        after = {item.organizer_id: item for item in registries.overview(*days())}
        with pytest.raises(Invalid):
            registries.overview(today(), today() - DAY)
    assert (after[world.organizer.id].reported, after[world.organizer.id].status) == (1, RegistryStatus.SENT)


# --- a training is reported once, what changed is reported by a corrected one ------------------------------------------


def people_of(row: m.Registry) -> set[int]:
    return {it.enrolment_id for it in mk.rows(m.RegistryRow, m.RegistryRow.registry_id == row.id)}


def of_period(organizer: Any, since: int, until: int) -> m.Registry:
    return registries.form(organizer.id, today() - since * DAY, today() - until * DAY, sheet=sheet)


def test_the_second_registry_leaves_out_and_names_those_already_reported(organizer: Any) -> None:
    first, second = train(organizer, 2, ended=20), train(organizer, 1, ended=5)
    with acting_as(mk.make_actor("organizer", organizer)):
        registries.send(of_period(organizer, 30, 10).id)
        row = of_period(organizer, 25, 1)
        told = registry_people.left_out(row)
    assert people_of(row) == {second[0].id}
    assert (row.rows_count, told.total, told.registries) == (1, 2, (row.id - 1,))
    assert {it.enrolment_id for it in told.shown} == {it.id for it in first}


def test_nobody_is_left_for_the_second_registry(organizer: Any) -> None:
    train(organizer, 2, ended=20)
    with acting_as(mk.make_actor("organizer", organizer)):
        first = of_period(organizer, 30, 10)
        registries.send(first.id)
        with mk.nothing_changes(), pytest.raises(Conflict, match=f"уже переданы в других реестрах .№ {first.id}"):
            of_period(organizer, 25, 1)


def test_a_registry_formed_before_another_was_sent_is_made_anew(organizer: Any) -> None:
    shared, (own,) = train(organizer, 2, ended=20), train(organizer, 1, ended=5)
    with acting_as(mk.make_actor("organizer", organizer)):
        first, second = of_period(organizer, 30, 10), of_period(organizer, 25, 1)
        assert people_of(second) == {*(it.id for it in shared), own.id}
        registries.send(first.id)
        with mk.nothing_changes(), pytest.raises(Conflict, match="Уже переданы в других реестрах"):
            registries.send(second.id)
        registries.renew(second.id, sheet=sheet)
        registries.send(second.id)
    assert people_of(second) == {own.id}


def test_a_returned_registry_is_free_for_another_and_may_not_be_sent_as_it_was(organizer: Any) -> None:
    train(organizer, 1, ended=20)
    with acting_as(mk.make_actor("organizer", organizer)):
        first = of_period(organizer, 30, 10)
        registries.send(first.id)
    with acting_as(mk.make_actor("ministry")):
        registries.return_(first.id, "Ошибка")
    with acting_as(mk.make_actor("organizer", organizer)):
        registries.send(of_period(organizer, 25, 1).id)
        with mk.nothing_changes(), pytest.raises(Conflict, match="Уже переданы"):
            registries.send(first.id)


def test_a_corrected_registry_holds_those_who_changed_and_ends_the_flag(organizer: Any) -> None:
    changed, failed, kept = train(organizer, 3, ended=20)
    actor = mk.make_actor("organizer", organizer)
    with acting_as(actor):
        row = of_period(organizer, 30, 10)
        with mk.nothing_changes(), pytest.raises(Conflict, match="сформируйте заново"):
            registries.correct(row.id, sheet=sheet)
        registries.send(row.id)
        with mk.nothing_changes(), pytest.raises(Conflict, match="исправлять нечего"):
            registries.correct(row.id, sheet=sheet)
    mk.change(failed, status=st.EnrolmentStatus.FAILED)
    with acting_as(actor):
        after_sending.changed([changed.id, failed.id], "исправлен результат")
        db.session.commit()
        made = registries.correct(row.id, sheet=sheet)
        assert (made.corrects_id, made.rows_count, people_of(made)) == (row.id, 1, {changed.id, failed.id})
        assert [it.enrolment_id for it in registry_people.struck(made).shown] == [failed.id]
        with mk.nothing_changes(), pytest.raises(Conflict, match=f"уже есть: № {made.id}"):
            registries.correct(row.id, sheet=sheet)
        assert mk.fetch(m.Registry, row.id).amended_rows == 2
        registries.send(made.id)
    assert mk.fetch(m.Registry, row.id).amended_rows == 0
    assert kept.id not in people_of(made)
    other = mk.make_organization(is_organizer=True)
    with acting_as(mk.make_actor("organizer", other)), mk.nothing_changes(), pytest.raises(NotFound):
        registries.correct(row.id, sheet=sheet)


# --- own registries and their days -----------------------------------------------------------------------------------


def actor_with_account(role: str) -> tuple[m.Account, Any]:
    from app.services.portal.who_acts import load_account

    account = account_of(role)
    found = load_account(account.id)
    assert found is not None
    return account, found.actor


def save_due(actor: Any, code: str = "trained", title: str = "Обученные") -> m.SavedRegistry:
    with acting_as(actor):
        saved_registries.save_registry(code, title, {"code": code, "span": "month"}, schedule=Schedule.DAILY)
    row = mk.rows(m.SavedRegistry, m.SavedRegistry.title == title)[-1]
    assert row.next_on is not None and row.next_on > today()
    changed: m.SavedRegistry = mk.change(row, next_on=today())
    return changed


def test_the_days_of_a_schedule() -> None:
    friday = dt.date(2026, 8, 28)
    assert next_day(Schedule.WEEKLY, friday) == dt.date(2026, 8, 31)
    assert next_day(Schedule.WEEKLY, dt.date(2026, 8, 31)) == dt.date(2026, 9, 7)
    assert next_day(Schedule.MONTHLY, dt.date(2026, 12, 31)) == dt.date(2027, 1, 1)
    assert next_day(Schedule.NEVER, friday) is None


def test_a_working_day_follows_a_friday(session: Any) -> None:
    assert next_day(Schedule.DAILY, dt.date(2026, 8, 28)) == dt.date(2026, 8, 31)


def test_a_saved_registry_is_its_owners_and_is_replaced_by_its_name(session: Any) -> None:
    (_a, actor), (_b, other) = actor_with_account("ministry"), actor_with_account("ministry")
    with acting_as(actor):
        saved_registries.save_registry("trained", " Мой  реестр ", {"span": "month"}, schedule=Schedule.NEVER)
        saved_registries.save_registry("trained", "Мой реестр", {"span": "year"}, schedule=Schedule.WEEKLY)
        (row,) = saved_registries.own_registries()
        assert (row.title, row.parameters, row.schedule) == ("Мой реестр", {"span": "year"}, Schedule.WEEKLY)
        with pytest.raises(Invalid):
            saved_registries.save_registry("trained", "  ", {}, schedule=Schedule.NEVER)
    with acting_as(other):
        assert saved_registries.own_registries() == []
        with mk.nothing_changes(), pytest.raises(NotFound):
            saved_registries.forget_registry(row.id)
    with acting_as(actor):
        saved_registries.forget_registry(row.id)
        assert saved_registries.own_registries() == []


def test_a_due_registry_is_ordered_once_for_its_owner(session: Any) -> None:
    account, actor = actor_with_account("ministry")
    row = save_due(actor)
    assert registry_schedule.send_due(PERMISSIONS) == 1
    with mk.nothing_changes():
        assert registry_schedule.send_due(PERMISSIONS) == 0
    (job,) = mk.rows(m.BackgroundJob)
    assert (job.user_id, job.kind) == (account.id, registry_schedule.REGISTRY)
    assert job.parameters["given"]["asked"] == {"code": "trained", "span": "month"}
    assert mk.fetch(m.SavedRegistry, row.id).next_on > today()


def test_two_runs_at_once_order_one(session: Any) -> None:
    _account, actor = actor_with_account("ministry")
    save_due(actor)
    (due,) = registry_schedule._due()
    assert registry_schedule._send(due, PERMISSIONS["trained"]) is True
    with mk.nothing_changes():
        assert registry_schedule._send(due, PERMISSIONS["trained"]) is False


def test_without_the_right_the_schedule_ends_and_the_owner_is_told(session: Any) -> None:
    account, actor = actor_with_account("ministry")
    row = save_due(actor)
    mk.change(mk.rows(m.Assignment, m.Assignment.user_id == account.id)[0], valid_to=today() - DAY)
    assert registry_schedule.send_due(PERMISSIONS) == 0
    after = mk.fetch(m.SavedRegistry, row.id)
    assert (after.schedule, after.next_on) == (Schedule.NEVER, None)
    assert letters_to(account) == ["Отправка реестра остановлена"]
    assert mk.rows(m.BackgroundJob) == []


def test_one_that_cannot_be_ordered_does_not_stop_the_others(session: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    _first, busy = actor_with_account("ministry")
    second, actor = actor_with_account("ministry")
    with acting_as(busy):
        for n in range(background.MOST_WAITING):
            background.submit("export", f"Работа {n}", {"n": n}, total=1, permission="enrolment:export")
    row = save_due(busy, title="Занятый")
    save_due(actor, title="Свободный")
    assert registry_schedule.send_due(PERMISSIONS) == 1
    assert mk.fetch(m.SavedRegistry, row.id).next_on == today()
    ordered = mk.rows(m.BackgroundJob, m.BackgroundJob.kind == registry_schedule.REGISTRY)
    assert [job.user_id for job in ordered] == [second.id]
