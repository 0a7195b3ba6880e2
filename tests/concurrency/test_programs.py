"""Two begin an edition, two publish it, an edition is published while a group opens: one program, one answer."""

from __future__ import annotations

from functools import partial
from typing import Any

from app import models as m
from app import statuses as st
from app.access import acting_as
from app.errors import PortalError
from app.services.courses.group import groups
from app.services.courses.program import program_editions, programs
from tests.concurrency.clients import refused, run_at_once, succeeded
from tests.services import makers as mk

P, G = st.ProgramStatus, st.GroupStatus


def editions(world: mk.World) -> list[tuple[int, st.ProgramStatus]]:
    return [(p.edition, p.status) for p in mk.rows(m.Program, m.Program.code == world.program.code)]


def test_two_of_the_staff_begin_one_edition(app: Any, session: Any) -> None:
    world = mk.make_world()
    staff = [mk.make_actor("organizer", world.organizer) for _ in range(6)]
    results = run_at_once(app, [(actor, partial(program_editions.new_edition, world.program.id)) for actor in staff])
    assert not refused(results)
    assert editions(world) == [(1, P.PUBLISHED), (2, P.DRAFT)]
    assert len(mk.journal("program.new_edition")) == 1


def test_a_program_is_copied_for_the_next_year_once(app: Any, session: Any) -> None:
    world = mk.make_world()
    call = partial(program_editions.copy_to_next_year, world.program.id)
    results = run_at_once(app, [(world.organizer_actor, call)] * 5)
    assert len(succeeded(results)) == 1
    assert all("уже есть" in refusal.message for refusal in refused(results))


def submitted_edition(world: mk.World) -> int:
    with acting_as(world.organizer_actor):
        made = program_editions.new_edition(world.program.id)
        return programs.submit(made.id).id


def test_two_operators_publish_an_edition_once(app: Any, session: Any) -> None:
    world = mk.make_world()
    pk = submitted_edition(world)
    account = mk.make_account()
    values = {"role": "organizer", "organization_id": world.organizer.id, "valid_from": mk.today()}
    mk.save(m.Assignment(user_id=account.id, **values))
    operators = [mk.make_actor("operator") for _ in range(6)]
    results = run_at_once(app, [(actor, partial(programs.publish, pk)) for actor in operators])
    assert len(succeeded(results)) == 1
    assert all("изменил" in r.message or "сейчас невозможно" in r.message for r in refused(results))
    assert editions(world) == [(1, P.ARCHIVED), (2, P.PUBLISHED)]
    assert len(mk.rows(m.Letter, m.Letter.user_id == account.id)) == 1


def test_publishing_and_returning_at_once_is_one_decision(app: Any, session: Any) -> None:
    for _ in range(5):
        world = mk.make_world()
        pk = submitted_edition(world)
        calls = [partial(programs.publish, pk), partial(programs.return_, pk, "Нет")]
        results = run_at_once(app, [(mk.make_actor("operator"), call) for call in calls])
        assert len(succeeded(results)) == 1
        assert editions(world) in ([(1, P.ARCHIVED), (2, P.PUBLISHED)], [(1, P.PUBLISHED), (2, P.RETURNED)])


def test_a_group_opens_while_the_next_edition_is_published(app: Any, session: Any) -> None:
    """Whoever is first: the group is open by one edition, and no client dies of a deadlock."""
    for _ in range(8):
        world = mk.make_world()
        group = mk.make_group(world.program, status=G.DRAFT)
        pk = submitted_edition(world)
        calls = [
            (world.operator, partial(programs.publish, pk)),
            (world.organizer_actor, partial(groups.open, group.id)),
        ]
        results = run_at_once(app, calls)
        assert not isinstance(results[0], PortalError)
        row = mk.fetch(m.TrainingGroup, group.id)
        assert row.program_id in (world.program.id, pk)
        if isinstance(results[1], PortalError):
            assert row.status == G.DRAFT
        assert editions(world) == [(1, P.ARCHIVED), (2, P.PUBLISHED)]
