"""The helpers of these tests: the world put back is the world that was built, and a change is noticed whatever it is."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text

from app import models as m
from app.extensions import db
from tests.services import makers as mk

pytestmark = pytest.mark.usefixtures("session")


def facts(world: mk.World) -> dict[str, Any]:
    rows = {"school": world.school, "group": world.group, "voucher": world.voucher, "employee": world.worker.employee}
    return {name: {c.key: getattr(row, c.key) for c in row.__mapper__.columns} for name, row in rows.items()}


def test_the_world_put_back_is_the_one_that_was_built() -> None:
    """Whichever test of a run built it: here the second is put back for certain."""
    found = []
    for _ in range(2):
        world = mk.make_world()
        assert mk.fetch(m.Employee, world.worker.employee.id) is world.worker.employee
        assert [b.status for b in mk.blocks_of(world.voucher)] == ["free"] * 3
        found.append(facts(world))
        with db.engine.begin() as connection:
            # as the cleaner of these tests does it
            tables = list(connection.scalars(text("SELECT DISTINCT name FROM pristine.touched")))
            assert {"organization", "employee", "voucher_block", "training_group", "ab_user"} <= set(tables)
        db.session.expunge_all()
        break_off()
    assert found[0] == found[1]


def break_off() -> None:
    """Delete what the world holds and what was noted, as between two tests."""
    from tests.conftest import _CLEAN

    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql(_CLEAN.replace("%", "%%"))


def test_a_second_world_of_one_test_shares_no_row_with_the_first() -> None:
    first, second = mk.make_world(), mk.make_world()
    assert first.school.id != second.school.id
    assert len(mk.rows(m.TrainingGroup)) == 2


def test_facts_of_the_group_are_those_asked_for() -> None:
    world = mk.make_world(capacity=7, minimum=3)
    assert (world.group.capacity, mk.fetch(m.TrainingGroup, world.group.id).minimum) == (7, 3)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE employee SET awards = 'x'",
        "DELETE FROM voucher_block",
        "INSERT INTO former_name (employee_id, last_name) SELECT id, 'x' FROM employee",
        "UPDATE setting SET value = value || '1'",
        "UPDATE ab_role SET name = name || '!'",
    ],
)
def test_a_change_is_noticed(statement: str) -> None:
    mk.make_world()
    with pytest.raises(AssertionError), mk.nothing_changes():
        db.session.execute(text(statement))
        db.session.commit()
    # rights are no rows that the cleaner puts back
    db.session.execute(text("UPDATE ab_role SET name = rtrim(name, '!')"))
    db.session.commit()


def test_what_was_rolled_back_or_written_as_it_was_is_no_change() -> None:
    mk.make_world()
    with mk.nothing_changes():
        db.session.execute(text("UPDATE employee SET awards = 'x'"))
        db.session.rollback()
    with mk.nothing_changes():
        db.session.execute(text("UPDATE employee SET awards = awards"))
        db.session.commit()
