"""The first content of the directories: rows of ``app.reference`` that are not in the database yet.

Rows are recognised by their natural keys (code, name, title); existing rows stay as the operator left them. Core
statements only: there is no acting user, and the caller commits.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import String, Table, cast, literal, select, union_all
from sqlalchemy.dialects.postgresql import insert

from app import models as m
from app.extensions import db
from app.reference import read, split
from app.services.mailing.letter_kinds import KINDS
from app.services.personnel.cards.quality import RULES
from app.services.personnel.consents.consent_texts import text_hash
from app.services.portal import settings

Row = dict[str, Any]


def _text(cell: str) -> str | None:
    return cell or None


def _flag(cell: str) -> bool:
    return cell == "1"


def _number(cell: str) -> int | None:
    return int(cell) if cell else None


def _day(cell: str) -> dt.date | None:
    return dt.date.fromisoformat(cell) if cell else None


def _exact(cell: str) -> Decimal | None:
    return Decimal(cell) if cell else None


def _words(cell: str) -> list[str]:
    return list(split(cell))


#: how a cell is read, by the type of its column; texts and codes of enumerations are read as they stand
_READERS: Mapping[type, Callable[[str], Any]] = {
    bool: _flag,
    int: _number,
    dt.date: _day,
    Decimal: _exact,
    list: _words,
}


@dataclass(frozen=True, slots=True)
class Directory:
    """A table filled from the CSV ``name``: natural key; cells that are no columns; whether rows carry their order."""

    name: str
    model: type[m.Base]
    key: tuple[str, ...]
    apart: frozenset[str] = frozenset()
    ordered: bool = False

    @property
    def table(self) -> Table:
        """The table behind the model."""
        table = self.model.__table__
        assert isinstance(table, Table)
        return table

    def natural_key(self, row: Mapping[str, Any]) -> str:
        """Return the natural key of a row of the CSV or of the table."""
        return "|".join(str(row[column]) for column in self.key)

    def values(self, row: Mapping[str, str], ordering: int) -> Row:
        """Return the columns of one row of the CSV."""
        columns = self.table.columns
        cells = {name: cell for name, cell in row.items() if name not in self.apart}
        values = {name: _READERS.get(columns[name].type.python_type, _text)(cell) for name, cell in cells.items()}
        return values | ({"ordering": ordering} if self.ordered else {})


TERRITORIES = Directory("territories", m.Territory, ("code",))
MUNICIPALITIES = Directory("municipalities", m.Municipality, ("name",), apart=frozenset({"territories"}))
VOUCHER_RULES = Directory("voucher_rules", m.VoucherRule, ("title",), apart=frozenset({"code"}))
CONSENT_TEXTS = Directory("consent_texts", m.ConsentText, ("purpose", "number"), apart=frozenset({"body", "summary"}))
ORGANIZER_RULES = Directory("organizer_rules", m.OrganizerRule, ("code",), apart=frozenset({"organization_types"}))
RULE_BLOCKS = Directory("voucher_rule_blocks", m.VoucherRuleBlock, ("code",), apart=frozenset({"rule_code"}))
#: those that are inserted before what points to them
DIRECTORIES = (
    TERRITORIES,
    MUNICIPALITIES,
    Directory("organization_types", m.OrganizationType, ("code",)),
    Directory("positions", m.Position, ("name",)),
    Directory("subjects", m.Subject, ("name",)),
    Directory("education_levels", m.EducationLevel, ("code",), ordered=True),
    Directory("attestation_kinds", m.AttestationKind, ("code",)),
    Directory("frdo_references", m.FrdoReference, ("list_code", "value")),
    Directory("refusal_reasons", m.RefusalReason, ("code",)),
    Directory("workday_corrections", m.WorkdayCorrection, ("day",)),
    VOUCHER_RULES,
    CONSENT_TEXTS,
    ORGANIZER_RULES,
)


def load_reference_data() -> int:
    """Insert the rows that are missing and return their number; one statement when nothing is missing."""
    present = _present_keys()
    inserted = sum(_fill(directory, present[directory.name]) for directory in DIRECTORIES)
    missing = [{"key": k, "title": t, "value": v} for k, t, v in settings.SETTINGS if k not in present["settings"]]
    inserted += len(_insert(_table(m.LetterTemplate), _missing_letters(present["letter_templates"])))
    inserted += len(_insert(_table(m.QualityRule), _missing_rules(present["quality_rules"])))
    return inserted + len(_insert(_table(m.Setting), missing))


def _missing_rules(present: set[str]) -> list[Row]:
    """Rules of «Полнота данных» that the database does not hold, with their first weights."""
    return [{"code": c, "title": t, "weight": w} for c, (t, w, _broken) in RULES.items() if c not in present]


def _missing_letters(present: set[str]) -> list[Row]:
    """Templates of the kinds of letters that the database does not hold; their words are the standard ones of the code."""
    return [{"code": k.code, "title": k.title, "required": k.required} for k in KINDS.values() if k.code not in present]


def _table(model: type[m.Base]) -> Table:
    table = model.__table__
    assert isinstance(table, Table)
    return table


def _present_keys() -> dict[str, set[str]]:
    """Natural keys that the database holds, by directory; one statement."""
    selects = [_select_keys(d.name, *(d.table.columns[c] for c in d.key)) for d in DIRECTORIES]
    selects.append(_select_keys("settings", _table(m.Setting).columns.key))
    selects.append(_select_keys("letter_templates", _table(m.LetterTemplate).columns.code))
    selects.append(_select_keys("quality_rules", _table(m.QualityRule).columns.code))
    names = (*(d.name for d in DIRECTORIES), "settings", "letter_templates", "quality_rules")
    found: dict[str, set[str]] = {name: set() for name in names}
    for name, key in db.session.execute(union_all(*selects)):
        found[name].add(key)
    return found


def _select_keys(name: str, first: Any, *others: Any) -> Any:
    key: Any = cast(first, String)
    for column in others:
        key = key + "|" + cast(column, String)
    return select(literal(name), key)


def _fill(directory: Directory, present: set[str]) -> int:
    rows = list(enumerate(read(directory.name), start=1))
    missing = [(number, row) for number, row in rows if directory.natural_key(row) not in present]
    inserted = _insert(directory.table, [_values(directory, row, number) for number, row in missing])
    csv_rows = {directory.natural_key(row): row for _, row in missing}
    pairs = [(csv_rows[directory.natural_key(row)], row) for row in inserted]
    if directory is MUNICIPALITIES:
        return len(inserted) + _link_territories(pairs)
    if directory is VOUCHER_RULES:
        return len(inserted) + _insert_blocks(pairs)
    if directory is ORGANIZER_RULES:
        return len(inserted) + _link_types(pairs)
    return len(inserted)


def _values(directory: Directory, row: dict[str, str], number: int) -> Row:
    values = directory.values(row, number)
    if directory is CONSENT_TEXTS:
        body = "\n\n".join(split(row["body"]))
        values |= {"body": body, "summary": "\n".join(split(row["summary"])), "sha256": text_hash(body)}
    return values


def _insert(table: Table, rows: list[Row]) -> list[Row]:
    """Insert rows, pass over those that a constraint refuses, return the inserted ones with their ids.

    Refused are rows that another starting process has just put in, and a voucher rule beside the one that the operator
    renamed: their days overlap.
    """
    if not rows:
        return []
    statement = insert(table).values(rows).on_conflict_do_nothing().returning(*table.columns)
    return [dict(row._mapping) for row in db.session.execute(statement)]


def _link_territories(pairs: list[tuple[dict[str, str], Row]]) -> int:
    """Put new municipalities under their territorial bodies."""
    if not pairs:
        return 0
    territory = _table(m.Territory)
    ids = {row.code: row.id for row in db.session.execute(select(territory.c.code, territory.c.id))}
    links = [
        {"territory_id": ids[code], "municipality_id": row["id"]}
        for source, row in pairs
        for code in split(source["territories"])
        if code in ids
    ]
    return len(_insert(m.territory_municipality, links))


def _link_types(pairs: list[tuple[dict[str, str], Row]]) -> int:
    """Say of new rules for organizers with which types of organizations their programs have to do."""
    if not pairs:
        return 0
    types = _table(m.OrganizationType)
    ids = {row.code: row.id for row in db.session.execute(select(types.c.code, types.c.id))}
    links = [
        {"organizer_rule_id": row["id"], "organization_type_id": ids[code]}
        for source, row in pairs
        for code in split(source["organization_types"])
        if code in ids
    ]
    return len(_insert(m.organizer_rule_organization_type, links))


def _insert_blocks(pairs: list[tuple[dict[str, str], Row]]) -> int:
    """Insert the blocks of new voucher rules."""
    ids = {source["code"]: row["id"] for source, row in pairs}
    blocks = [
        {**RULE_BLOCKS.values(block, 0), "rule_id": ids[block["rule_code"]]}
        for block in read(RULE_BLOCKS.name)
        if block["rule_code"] in ids
    ]
    return len(_insert(RULE_BLOCKS.table, blocks))
