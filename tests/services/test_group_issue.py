"""Documents of a whole group: the list beforehand, all or nothing, blanks, the second click."""

from __future__ import annotations

from typing import Any

import pytest

from app import models as m
from app import statuses as st
from app.access import acting_as
from app.clock import today
from app.errors import Conflict, Invalid, NotFound
from app.services.paper.blanks import blanks
from app.services.paper.issuing import certificates, group_issue
from app.services.paper.issuing.certificates import Printing
from tests.services import makers as mk
from tests.statements import recorded

E, K = st.EnrolmentStatus, st.CertificateKind
ALL = (K.CERTIFICATE, K.TRAINING_NOTE, K.STUDY_PERIOD_NOTE)


@pytest.fixture
def world(session: Any) -> mk.World:
    return mk.make_world()


@pytest.fixture
def group(world: mk.World) -> Any:
    group = mk.make_past_group(world.program, capacity=10)
    listeners = (("Яшина", E.TRAINED), ("Ёлкина", E.TRAINED), ("Аксёнова", E.TRAINED), ("Жукова", E.FAILED))
    for name, status in (*listeners, ("Белова", E.WAITING)):
        mk.make_enrolment(mk.make_person(world.school, last_name=name), group, status=status)
    return group


def issue(world: mk.World, group: Any, **options: Any) -> group_issue.GroupIssue:
    with acting_as(world.organizer_actor):
        return group_issue.issue_for_group(group.id, **options)


def plan(world: mk.World, group: Any, **options: Any) -> group_issue.IssuePlan:
    with acting_as(world.organizer_actor):
        return group_issue.plan(group.id, **options)


def surnames(planned: Any) -> list[tuple[str, st.CertificateKind]]:
    return [(item.enrolment.employee.last_name, item.kind) for item in planned]


def add_blanks(organizer: Any, number: int, series: str = "ПК") -> None:
    for index in range(1, number + 1):
        mk.save(m.Blank(organizer_id=organizer.id, series=series, number=f"{index:06d}"))


# --- the list beforehand ---------------------------------------------------------------------------------------------


def test_the_list_says_who_gets_what_and_why_others_do_not(world: mk.World, group: Any) -> None:
    with mk.nothing_changes():
        found = plan(world, group)
        assert surnames(found.new) == [(name, K.CERTIFICATE) for name in ("Аксёнова", "Ёлкина", "Яшина")]
        assert [item.name.split("\u00a0")[0] for item in found.refused] == ["Жукова"]
        assert "Не аттестован" in found.refused[0].reason


def test_notes_are_given_on_wish_and_of_the_period_to_who_failed(world: mk.World, group: Any) -> None:
    found = plan(world, group, kinds=ALL)
    assert surnames(found.new)[:2] == [("Аксёнова", K.CERTIFICATE), ("Аксёнова", K.TRAINING_NOTE)]
    assert ("Жукова", K.STUDY_PERIOD_NOTE) in surnames(found.new)
    assert len(found.new) == 7
    assert found.refused == ()


def test_series_are_numbered_in_one_order_whoever_comes_first(world: mk.World, group: Any) -> None:
    """Two jobs lock the counters of the kinds in the same order, so that none waits for the other for ever."""
    mk.make_enrolment(mk.make_person(world.school, last_name="Абрамова"), group, status=E.FAILED)
    issue(world, group, kinds=ALL)
    made = sorted(mk.rows(m.Certificate, m.Certificate.organizer_id == world.organizer.id), key=lambda row: row.id)
    assert list(dict.fromkeys(row.kind for row in made)) == list(ALL)


def test_a_missing_fact_is_named_beforehand(world: mk.World, group: Any) -> None:
    person = mk.rows(m.Employee, m.Employee.last_name == "Яшина")[0]
    mk.change(person, sex=None, last_name="Ткач", first_name="Саша", patronymic=None)
    found = plan(world, group, kinds=ALL)
    assert "Ткач" not in [name for name, _ in surnames(found.new)]
    assert ["не указан пол" in item.reason for item in found.refused] == [True]


def test_a_date_before_the_end_gives_nobody_a_document(world: mk.World, group: Any) -> None:
    with mk.nothing_changes():
        result = issue(world, group, issued_on=group.ends_on - mk.DAY)
    assert (result.new, len(result.refused)) == (0, 4)
    assert "не может быть раньше" in result.refused[0].reason


@pytest.mark.parametrize("kinds", [(), (K.DIPLOMA,)])
def test_a_choice_that_the_program_does_not_know_is_refused(world: mk.World, group: Any, kinds: Any) -> None:
    with mk.nothing_changes(), pytest.raises(Invalid, match="Выберите, какие документы"):
        issue(world, group, kinds=kinds)


def test_the_list_takes_as_many_statements_for_one_as_for_many(world: mk.World, group: Any) -> None:
    alone = mk.make_past_group(world.program)
    mk.make_enrolment(world.worker, alone, status=E.TRAINED)
    with recorded() as few:
        plan(world, alone, kinds=ALL)
    with recorded() as many:
        plan(world, group, kinds=ALL)
    assert len(few) == len(many) <= 6


# --- issuing ---------------------------------------------------------------------------------------------------------


def test_a_group_is_issued_in_the_order_of_names_and_once(world: mk.World, group: Any) -> None:
    result = issue(world, group)
    issued = [(row.sequence, row.snapshot["last_name"]) for row in result.issued]
    assert issued == [(1, "Аксёнова"), (2, "Ёлкина"), (3, "Яшина")]
    assert (result.new, len(mk.rows(m.Letter))) == (3, 3)
    with mk.nothing_changes():
        again = issue(world, group)
    assert ([row.id for row in again.issued], again.new) == ([row.id for row in result.issued], 0)


def test_who_was_trained_later_gets_the_next_number(world: mk.World, group: Any) -> None:
    issue(world, group)
    late = mk.make_enrolment(world.worker, group, status=E.TRAINED)
    result = issue(world, group)
    assert [row.sequence for row in result.issued] == [1, 2, 3, 4]
    assert mk.rows(m.Certificate, m.Certificate.enrolment_id == late.id)[0].sequence == 4


def test_blanks_are_used_in_their_order_for_the_main_document_only(world: mk.World, group: Any) -> None:
    add_blanks(world.organizer, 5)
    with acting_as(world.organizer_actor):
        assert blanks.stock_by_series(world.organizer.id, K.CERTIFICATE) == [("ПК", 5)]
    result = issue(world, group, kinds=ALL, series="ПК")
    printed = [(row.kind, row.snapshot["blank"]) for row in result.issued]
    assert printed[:3] == [(K.CERTIFICATE, f"ПК 00000{n}") for n in (1, 2, 3)]
    assert {blank for _, blank in printed[3:]} == {""}
    assert len(mk.rows(m.Blank, m.Blank.status == st.BlankStatus.STOCK)) == 2


def test_too_few_blanks_issue_nothing_at_all(world: mk.World, group: Any) -> None:
    add_blanks(world.organizer, 2)
    with mk.nothing_changes(), pytest.raises(Conflict, match=r"осталось 2, нужно 3: не хватает 1[.] Ничего не выдано"):
        issue(world, group, series="ПК")


def test_blanks_of_another_organizer_are_not_taken(world: mk.World, group: Any) -> None:
    add_blanks(mk.make_organization(is_organizer=True), 5)
    with mk.nothing_changes(), pytest.raises(Conflict, match="осталось 0"):
        issue(world, group, series="ПК")


def test_a_failure_in_the_middle_leaves_nothing_half_issued(
    world: mk.World, group: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    genuine, calls = certificates.issue_prepared, []

    def break_at_the_second(*args: Any, **facts: Any) -> Any:
        calls.append(1)
        if len(calls) == 2:
            raise Invalid("Шаблон не читается.")
        return genuine(*args, **facts)

    monkeypatch.setattr(certificates, "issue_prepared", break_at_the_second)
    with mk.nothing_changes(), pytest.raises(Invalid, match="Шаблон не читается"):
        issue(world, group)


def test_a_template_is_asked_once_for_a_kind(world: mk.World, group: Any) -> None:
    asked: list[tuple[st.CertificateKind, int]] = []

    def template_of(kind: st.CertificateKind, organizer_id: int) -> bytes:
        asked.append((kind, organizer_id))
        return kind.value.encode()

    issue(world, group, kinds=ALL, printing=Printing(template_of))
    assert asked == [(kind, world.organizer.id) for kind in ALL]


def test_others_neither_see_the_list_nor_issue(world: mk.World, group: Any) -> None:
    with acting_as(world.other_organizer), mk.nothing_changes():
        with pytest.raises(NotFound):
            group_issue.plan(group.id)
        with pytest.raises(NotFound):
            group_issue.issue_for_group(group.id)


def test_the_day_of_issue_is_today_unless_given(world: mk.World, group: Any) -> None:
    assert {row.issued_on for row in issue(world, group).issued} == {today()}
