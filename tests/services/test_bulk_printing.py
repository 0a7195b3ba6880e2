"""Which documents of a group or a list are printed together, for whom, and what the journal says."""

from __future__ import annotations

from typing import Any

import pytest

from app import models as m
from app import statuses as st
from app.access import acting_as
from app.clock import today
from app.documents.bulk_papers import ZIP, write_papers
from app.errors import Forbidden, NotFound
from app.services import bulk_printing, certificates, group_papers
from app.services.certificates import Printing
from tests.services import makers as mk
from tests.statements import recorded

E, K = st.EnrolmentStatus, st.CertificateKind


@pytest.fixture
def world(session: Any) -> mk.World:
    return mk.make_world()


@pytest.fixture
def group(world: mk.World) -> Any:
    return mk.make_past_group(world.program, capacity=20)


def trained(world: mk.World, group: Any, last_name: str, **over: Any) -> Any:
    values = {"final_form": "зачёт", "final_mark": "зачтено", "protocol_number": "7", "result_on": today()}
    return mk.make_enrolment(
        mk.make_person(world.school, last_name=last_name), group, status=E.TRAINED, **(values | over)
    )


def issue(world: mk.World, enrolment: Any) -> Any:
    with acting_as(world.organizer_actor):
        return certificates.issue(enrolment.id, printing=Printing(check_base="https://kadry.example.org"))


@pytest.fixture
def papers(world: mk.World, group: Any) -> list[Any]:
    """Documents issued in an order that is not that of names."""
    return [issue(world, trained(world, group, name)) for name in ("Щукина", "Абрамова", "Ёлкина")]


def test_the_order_is_the_one_given_and_doubles_are_printed_once(world: mk.World, papers: list[Any]) -> None:
    ids = [papers[n].id for n in (2, 0, 1, 0)]
    with acting_as(world.organizer_actor):
        found = bulk_printing.chosen(ids)
    assert [paper.id for paper in found] == ids[:3]
    assert [paper.name.split()[0] for paper in found] == ["Ёлкина", "Щукина", "Абрамова"]


def test_a_group_is_printed_by_names_without_what_was_annulled(world: mk.World, group: Any, papers: list[Any]) -> None:
    with acting_as(world.organizer_actor):
        assert bulk_printing.ids_of_group(group.id) == [papers[n].id for n in (1, 2, 0)]
        certificates.annul(papers[1].id, reason="ошибка")
        assert bulk_printing.ids_of_group(group.id, K.CERTIFICATE) == [papers[n].id for n in (2, 0)]
        assert bulk_printing.ids_of_group(group.id, K.TRAINING_NOTE) == []
        assert bulk_printing.kinds_of_group(group.id) == {K.CERTIFICATE: 2}


def test_the_name_is_that_of_the_document(world: mk.World, papers: list[Any]) -> None:
    mk.change(mk.fetch(m.Employee, papers[0].employee_id), last_name="Новая")
    with acting_as(world.organizer_actor):
        assert bulk_printing.chosen([papers[0].id])[0].name.startswith("Щукина")


def test_others_print_nothing(world: mk.World, group: Any, papers: list[Any]) -> None:
    ids = [paper.id for paper in papers]
    observer = mk.make_actor("observer")
    with mk.nothing_changes():
        for stranger in (world.other_organizer, world.other_responsible, world.other_worker.actor):
            with acting_as(stranger), pytest.raises(NotFound):
                bulk_printing.chosen(ids)
        with acting_as(world.other_organizer), pytest.raises(NotFound):
            bulk_printing.ids_of_group(group.id)
        with acting_as(world.other_organizer), pytest.raises(NotFound):
            group_papers.facts_of_group(group.id)
        with acting_as(observer), pytest.raises(Forbidden):
            bulk_printing.chosen(ids)


def test_one_hidden_document_stops_the_whole_order(world: mk.World, papers: list[Any]) -> None:
    other = mk.make_organization(is_organizer=True)
    group = mk.make_past_group(mk.make_program(other))
    enrolment = mk.make_enrolment(world.worker, group, status=E.TRAINED)
    with acting_as(mk.make_actor("organizer", other)):
        foreign = certificates.issue(enrolment.id)
    with acting_as(world.organizer_actor), pytest.raises(NotFound, match="Ничего не напечатано"):
        bulk_printing.chosen([papers[0].id, foreign.id])


def test_a_school_prints_its_own_people_but_not_the_group(world: mk.World, group: Any, papers: list[Any]) -> None:
    with acting_as(world.responsible):
        assert len(bulk_printing.chosen([paper.id for paper in papers])) == 3
        with pytest.raises(Forbidden):
            bulk_printing.ids_of_group(group.id)
        with pytest.raises(Forbidden):
            group_papers.facts_of_group(group.id)


def test_the_journal_tells_how_many_and_which(world: mk.World, group: Any, papers: list[Any], tmp_path: Any) -> None:
    with acting_as(world.organizer_actor):
        found = bulk_printing.chosen([paper.id for paper in papers])
        write_papers(ZIP, found, tmp_path / "all.zip")
        bulk_printing.journal(found, ZIP.label)
        bulk_printing.journal(found[:1], ZIP.label, group_id=group.id)
    (listed,) = mk.journal("certificate.printed")
    (grouped,) = mk.journal("training_group.printed")
    year = today().year
    assert listed.changes["Напечатано"] == ["", "3\u00a0человека"]
    assert listed.changes["Номера"] == ["", f"0001/{year} – 0003/{year}"]
    assert (grouped.object_id, grouped.changes["Номера"]) == (group.id, ["", f"0001/{year}"])


def test_facts_of_a_group_are_read_by_the_same_statements_for_any_number(world: mk.World, group: Any) -> None:
    numbers = []
    for names in (["Абрамова"], ["Борисова", "Волкова"]):
        for name in names:
            issue(world, trained(world, group, name))
        with acting_as(world.organizer_actor), recorded() as statements:
            facts = group_papers.facts_of_group(group.id)
        numbers.append(len(statements))
        mk.db.session.rollback()
    assert len(facts.listeners) == 3
    assert numbers[0] == numbers[1]
    assert numbers[0] <= 10


def test_facts_have_the_taken_only_with_their_outcome(world: mk.World, group: Any) -> None:
    issue(world, trained(world, group, "Абрамова"))
    for name, status in (("Борисова", E.EXPELLED), ("Волкова", E.WITHDRAWN), ("Громова", E.WAITING)):
        mk.make_enrolment(mk.make_person(world.school, last_name=name), group, status=status)
    with acting_as(world.organizer_actor):
        facts = group_papers.facts_of_group(group.id)
    assert [person.full_name.split()[0] for person in facts.listeners] == ["Абрамова", "Борисова"]
    assert [person.full_name.split()[0] for person in facts.studying] == ["Абрамова"]
    first = facts.listeners[0]
    assert (first.protocol, first.final_mark, first.workplace) == ("7", "зачтено", world.school.short_name)
    assert [paper.number for paper in first.documents] == [f"0001/{today().year}"]
    assert facts.head_name.replace("\u00a0", " ") == "М. П. Иванова"
