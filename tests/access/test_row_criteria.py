"""The one option of all row expressions: who shares its key in the cache, whose values are executed."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import delete, select, update
from sqlalchemy.orm import aliased

from app import models as m
from app.access import acting_as, criteria_of
from app.actor import Actor, Grant
from app.extensions import db
from app.row_criteria import RowCriteria
from tests.services import makers as mk


def actor(role: str, *organizations: int) -> Actor:
    return Actor(1, "", grants=(Grant(role, organizations),))


def key_of(who: Actor) -> Any:
    return select(m.Employee).options(criteria_of(who))._generate_cache_key()


def test_people_of_one_role_share_the_key_but_not_the_values() -> None:
    first, second, more = (key_of(actor("school", *places)) for places in ((1,), (2,), (3, 4)))
    assert first.key == second.key == more.key
    values = [[value.value for value in key.bindparams] for key in (first, second)]
    assert values[0] != values[1]
    assert len(values[0]) == len(values[1])


def test_other_roles_have_other_keys() -> None:
    roles = ("school", "organizer", "worker", "territory", "observer", "operator")
    keys = {key_of(actor(role, 1)).key for role in roles}
    assert len(keys) == len(roles)


def test_an_expression_that_cannot_be_cached_makes_the_statement_uncached() -> None:
    class Uncached:
        def _gen_cache_key(self, anon_map: Any, _bindparams: Any) -> None:
            from sqlalchemy.sql.cache_key import NO_CACHE

            anon_map[NO_CACHE] = True

    assert select(m.Employee).options(RowCriteria([Uncached()]))._generate_cache_key() is None


@pytest.fixture
def world(session: Any) -> mk.World:
    return mk.make_world()


def test_each_executes_a_shared_statement_with_the_own_values(world: mk.World) -> None:
    """One after the other, so that the second takes what was compiled for the first; then the first again."""
    stranger = world.other_responsible
    other = aliased(m.Employee)
    statements = (
        select(m.Employee.id),
        select(other.id).order_by(other.id),
        select(m.Employment.employee_id).join(m.Employment.employee),
    )
    own, theirs = {world.worker.employee.id}, {world.other_worker.employee.id}
    for statement in statements:
        for who, seen, hidden in (
            (world.responsible, own, theirs),
            (stranger, theirs, own),
            (world.responsible, own, theirs),
        ):
            with acting_as(who):
                found = set(db.session.scalars(statement))
            assert seen <= found
            assert not hidden & found


def test_a_write_in_bulk_touches_only_the_own_rows(world: mk.World) -> None:
    for who, word in ((world.responsible, "свой"), (world.other_responsible, "чужой")):
        with acting_as(who):
            db.session.execute(update(m.Employee).values(awards=word))
            db.session.execute(delete(m.Employment).where(m.Employment.id == 0))
    db.session.commit()
    found = {row.id: row.awards for row in mk.rows(m.Employee)}
    assert (found[world.worker.employee.id], found[world.other_worker.employee.id]) == ("свой", "чужой")
