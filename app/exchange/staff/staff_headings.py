"""What the headings of a school's lists mean: answered once by the user, remembered for the organization."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert

from app import models as m
from app.access import current_actor
from app.errors import Invalid
from app.exchange.columns import LEFT_ASIDE, header_key
from app.exchange.staff.staff_columns import ALL_COLUMNS, BY_NAME, TITLES
from app.exchange.staff.staff_known import Reach
from app.extensions import db
from app.russian import quoted

#: fields that a heading may mean, with their titles
FIELDS: tuple[tuple[str, str], ...] = tuple((column.name, column.title) for column in ALL_COLUMNS)


def home_of(reach: Reach) -> int | None:
    """The organization whose headings are remembered: the acting user's head one; None for the whole region."""
    if not reach.organization_ids:
        return None
    table = m.Organization
    ids = sorted(reach.organization_ids)
    heads = select(table.id).where(table.id.in_(ids), table.parent_id.is_(None)).order_by(table.id).limit(1)
    return db.session.scalar(heads) or ids[0]


def known(reach: Reach) -> dict[str, str]:
    """Key of a heading → field or «-». For the whole region: what the user said of the list before."""
    home = home_of(reach)
    if home is not None:
        table = m.ImportHeading
        statement = select(table.heading, table.field).where(table.organization_id == home)
        found = dict(db.session.execute(statement).tuples().all())
    else:
        batch = m.ImportBatch
        earlier = select(batch.summary["mapping"]).where(
            batch.user_id == current_actor().user_id, batch.summary.has_key("mapping")
        )
        found = dict(db.session.scalar(earlier.order_by(batch.id.desc()).limit(1)) or {})
    return {key: field for key, field in found.items() if field == LEFT_ASIDE or field in BY_NAME}


def check(chosen: Mapping[str, str]) -> dict[str, str]:
    """Title → field as key → field; raises Invalid for an unknown field and for a field chosen twice."""
    found = {header_key(title): field or LEFT_ASIDE for title, field in chosen.items()}
    taken: dict[str, str] = {}
    for title, field in chosen.items():
        if field in ("", LEFT_ASIDE):
            continue
        if field not in BY_NAME:
            raise Invalid("Такого поля нет. Обновите страницу и выберите поля снова.")
        if field in taken and header_key(title) != header_key(taken[field]):
            raise Invalid(
                f"Поле {quoted(BY_NAME[field].title)} выбрано для двух столбцов: {quoted(taken[field])} и {quoted(title)}. "
                "Оставьте его у одного из них."
            )
        taken[field] = title
    return found


def remember(reach: Reach, chosen: Mapping[str, str]) -> None:
    """Keep what the organization's headings mean; what is recognised anyway needs no memory."""
    home = home_of(reach)
    if home is None:
        return
    table = m.ImportHeading
    usual = [key for key, field in chosen.items() if TITLES.get(key) == field]
    db.session.execute(delete(table).where(table.organization_id == home, table.heading.in_(usual)))
    values = [
        {"organization_id": home, "heading": key[:255], "field": field}
        for key, field in chosen.items()
        if key and TITLES.get(key) != field
    ]
    if values:
        statement = insert(table)
        unique = [table.organization_id, table.heading]
        db.session.execute(
            statement.on_conflict_do_update(index_elements=unique, set_={"field": statement.excluded.field}), values
        )
