"""Reference rows: put in once, never over the operator's edits."""

from __future__ import annotations

from typing import Any

from sqlalchemy import event, select, text, update

from app import models as m
from app.extensions import db
from app.first_rows import DIRECTORIES, load_reference_data
from app.reference import read, split
from app.services.portal.settings import SETTINGS


def count(table: str) -> int:
    return int(db.session.execute(text(f'SELECT count(*) FROM "{table}"')).scalar_one())


def empty_directories() -> None:
    names = ", ".join(f'"{directory.table.name}"' for directory in DIRECTORIES)
    db.session.execute(text(f"TRUNCATE {names}, setting, territory_municipality, voucher_rule_block CASCADE"))


def test_loading_fills_every_directory(session: Any) -> None:
    empty_directories()
    inserted = load_reference_data()
    by_table = {directory.table.name: count(directory.table.name) for directory in DIRECTORIES}
    assert by_table == {directory.table.name: len(read(directory.name)) for directory in DIRECTORIES}
    links = sum(len(split(row["territories"])) for row in read("municipalities"))
    assert count("territory_municipality") == links
    assert count("voucher_rule_block") == len(read("voucher_rule_blocks"))
    assert count("setting") == len(SETTINGS)
    types = count("organizer_rule_organization_type")
    assert inserted == sum(by_table.values()) + links + types + len(read("voucher_rule_blocks")) + len(SETTINGS)
    session.rollback()


def test_every_municipality_has_a_ministry_body(session: Any) -> None:
    orphans = text(
        "SELECT m.name FROM municipality m WHERE NOT EXISTS (SELECT 1 FROM territory_municipality l"
        " JOIN territory t ON t.id = l.territory_id WHERE l.municipality_id = m.id AND t.kind = 'ministry_body')"
    )
    assert (count("municipality"), session.scalars(orphans).all()) == (37, [])


def test_values_are_read_by_the_type_of_their_column(session: Any) -> None:
    position = m.Position.__table__
    teacher = session.execute(select(position).where(position.c.name == "Учитель")).one()
    assert (teacher.kind.value, teacher.voucher_eligible, teacher.subject_required) == ("teaching", True, True)
    assert "Учитель-предметник" in teacher.synonyms
    kind = m.AttestationKind.__table__
    terms = dict(session.execute(select(kind.c.code, kind.c.term_months)).all())
    assert (terms["first"], terms["first_until_2023"]) == (None, 60)


def test_loading_again_inserts_nothing_with_one_statement(session: Any) -> None:
    load_reference_data()
    session.commit()
    statements: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        statements.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        assert load_reference_data() == 0
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
    assert len(statements) == 1


def test_operators_edit_survives(session: Any) -> None:
    territory, setting = m.Territory.__table__, m.Setting.__table__
    session.execute(update(territory).where(territory.c.code == "yuzhnoe").values(phone="(84673) 1-23-45"))
    session.execute(update(setting).where(setting.c.key == "ministry_name").values(value="министерство"))
    session.commit()
    assert load_reference_data() == 0
    phone = session.execute(select(territory.c.phone).where(territory.c.code == "yuzhnoe")).scalar_one()
    value = session.execute(select(setting.c.value).where(setting.c.key == "ministry_name")).scalar_one()
    assert (phone, value) == ("(84673) 1-23-45", "министерство")


def test_renamed_voucher_rule_is_not_doubled(session: Any) -> None:
    session.execute(text("UPDATE voucher_rule SET title = 'Правило с 2016 года' WHERE valid_to IS NULL"))
    rules, blocks = count("voucher_rule"), count("voucher_rule_block")
    assert load_reference_data() == 0
    assert (count("voucher_rule"), count("voucher_rule_block")) == (rules, blocks)
    session.rollback()


def test_only_the_missing_row_is_inserted(session: Any) -> None:
    session.execute(text("DELETE FROM subject WHERE name = 'Черчение'"))
    before = count("subject")
    assert load_reference_data() == 1
    assert count("subject") == before + 1
    session.rollback()
