"""«Выгрузка моих данных»: a copy of the portal's data about a person, for the person (152-ФЗ, ст. 14, ч. 7).

The marks in the models (``app.personal.exported``) say what is exported; this module reads the rows and puts them into
words. Of tables whose rows are bound to roles, the person gets only rows made in the role of a worker: the others are the
work of a responsible person, with the data of others. Of the journal the person gets what was done to the person's rows,
not what the person did to the rows of others.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, cast

from sqlalchemy import Column, Table, and_, inspect, or_, select

from app import audit, personal, shown
from app import models as m
from app.access import current_actor, get_visible, unscoped
from app.acts import action_label, changes_in_words
from app.errors import Forbidden, Invalid
from app.extensions import db
from app.labels import THINGS, in_words, label_of
from app.personal import exported, marked_tables, owner_keys
from app.services.mailing import letter_kinds
from app.services.personnel.cards import changes
from app.services.personnel.cards.owned import Owned, by_keys, owned_rows
from app.services.personnel.consents import consents
from app.unit_of_work import technical_write

#: the operator's right to give the file to a person who asked in writing
GIVE = "employee:give_data"
#: rows bound to that are the person's own, to another role its work
_AS_WORKER = "worker:"
#: sheets that the words for lists would name wrongly
_TITLES = {"employee": "Карточка", "ab_user": "Учётная запись", "assignment": "Роли"}
#: tables some of whose keys lead to rows about others: by which keys a row is given
_KEYS: Mapping[str, Sequence[str]] = {"support_message": ("request_id",)}

CellKind = Literal["text", "int", "date", "datetime"]


@dataclass(frozen=True, slots=True)
class Field:
    """A column of a sheet: the mapped attribute, its Russian heading, how its values are written."""

    name: str
    title: str
    kind: CellKind = "text"


@dataclass(frozen=True, slots=True)
class Sheet:
    """Records of one kind: the table, the sheet's name, its columns, a row per record."""

    table: str
    title: str
    fields: Sequence[Field]
    rows: Sequence[Sequence[Any]]


@dataclass(frozen=True, slots=True)
class OwnData:
    """Everything about one person; ``name`` is whose."""

    name: str
    sheets: Sequence[Sheet]

    @property
    def records(self) -> int:
        """Number of rows on all sheets."""
        return sum(len(sheet.rows) for sheet in self.sheets)


# --- who gets it -----------------------------------------------------------------------------------------------------


@technical_write
def take_own() -> OwnData:
    """Return the acting user's own data and journal it. Raises Forbidden when nobody is signed in or another looks on."""
    actor = current_actor()
    if actor.user_id is None or actor.viewer_id is not None:
        raise Forbidden("Выгрузить сведения может только сам человек, войдя в портал под своим логином.")
    found = _collect(actor.employee_id, actor.user_id)
    _journal(actor.employee_id, actor.user_id, found, {})
    return found


@technical_write
def give(employee_id: int, *, request: str) -> OwnData:
    """Return a person's data for the operator to hand over; ``request``: the details of the written request.

    Raises NotFound, Forbidden, Invalid without the details (152-ФЗ, ст. 14, ч. 3: the request is identified).
    """
    person = get_visible(db.session, m.Employee, employee_id, GIVE)
    if not request.strip():
        sentence = "Напишите реквизиты письменного запроса: дату и номер."
        raise Invalid(sentence, fields={"request": [sentence]})
    user_id = db.session.scalar(select(m.Account.id).where(m.Account.employee_id == person.id))
    found = _collect(person.id, user_id)
    _journal(person.id, user_id, found, {"Письменный запрос": ("", request.strip())})
    return found


def _journal(employee_id: int | None, user_id: int | None, given: OwnData, extra: audit.Changes) -> None:
    table, pk = ("employee", employee_id) if employee_id else ("ab_user", user_id)
    audit.write(f"{table}.data_given", table, pk, given.name, {**extra, "Записей": ("", str(given.records))})


# --- what is given ---------------------------------------------------------------------------------------------------


def _collect(employee_id: int | None, user_id: int | None) -> OwnData:
    with unscoped("a person is given a copy of the own data, wherever they stand"):
        owned = owned_rows(employee_id, user_id)
        classes = m.mapped_classes()
        sheets = [
            _sheet(classes[table.name], table, owned)
            for table, mark in marked_tables(m.Base.metadata)
            if not mark.export.refused
        ]
        owner = db.session.get(m.Employee, employee_id) if employee_id else db.session.get(m.Account, user_id)
        name = str(owner)
    first = {"employee": 0, "ab_user": 1}
    ordered = sorted(sheets, key=lambda sheet: (first.get(sheet.table, 2), sheet.title))
    return OwnData(name, [sheet for sheet in ordered if sheet.rows])


def title_of(table: str) -> str:
    """Name of the sheet with a table's records."""
    if table in _TITLES:
        return _TITLES[table]
    mark = personal.table_mark(m.Base.metadata.tables[table])
    return THINGS[table].plural if table in THINGS or mark is None else mark.title


def fields_of(model: Any) -> list[Field]:
    """Columns of a table's sheet: the exported ones, and the lists that hang on the row by a table of links."""
    mapper = inspect(model)
    table = cast(Table, mapper.local_table)
    own = [_field(mapper, column) for column in exported(table)]
    # roles and groups of the framework's users are written by «assignment» alone
    links = [r for r in mapper.relationships if r.secondary is not None]
    lists = [r.key for r in links if not r.secondary.name.startswith("ab_")]
    return [*own, *(Field(key, label_of(table.name, key)) for key in lists)]


def _field(mapper: Any, column: Column[Any]) -> Field:
    key = mapper.get_property_by_column(column).key
    table = column.table.name
    label = label_of(table, column.name)
    if label == column.name:
        # a key and the relation that it holds bear one name
        label = label_of(table, column.name.removesuffix("_id"))
    return Field(key, label, "text" if column.foreign_keys else _kind(column))


def _kind(column: Column[Any]) -> CellKind:
    try:
        python = column.type.python_type
    except NotImplementedError:
        return "text"
    kinds: dict[Any, CellKind] = {int: "int", dt.date: "date", dt.datetime: "datetime"}
    return kinds.get(python, "text")


def _sheet(model: Any, table: Table, owned: Owned) -> Sheet:
    fields = fields_of(model)
    condition = _about_person(owned) if table.name == m.AuditEntry.__tablename__ else _own(table, owned)
    rows = list(db.session.scalars(select(model).where(condition).order_by(*table.primary_key.columns)))
    named = _names(model, fields, rows)
    told = [[_value(row, table.name, field.name, named, owned) for field in fields] for row in rows]
    return Sheet(table.name, title_of(table.name), fields, told)


def _own(table: Table, owned: Owned) -> Any:
    keys = [table.columns[name] for name in _KEYS.get(table.name, ())] or owner_keys(table)
    condition = by_keys(keys, owned)
    return and_(condition, table.c.made_in.contained_by([_AS_WORKER])) if "made_in" in table.columns else condition


def _about_person(owned: Owned) -> Any:
    """Entries about the rows that the person is given."""
    entry = m.AuditEntry
    given = {table.name for table, _ in marked_tables(m.Base.metadata) if exported(table)} - {entry.__tablename__}
    about = (and_(entry.object_table == name, entry.object_id.in_(owned[name])) for name in given & owned.keys())
    return or_(*about)


# --- in words --------------------------------------------------------------------------------------------------------

#: (attribute, key) → words of the row that a key leads to
Named = Mapping[tuple[str, Any], str]


def _names(model: Any, fields: Iterable[Field], rows: Sequence[Any]) -> Named:
    """Words of everything that the rows point to, read by one statement a column."""
    found: dict[tuple[str, Any], str] = {}
    mapper, classes = inspect(model), m.mapped_classes()
    for field in fields:
        column = mapper.columns.get(field.name)
        target = next((key.column.table.name for key in column.foreign_keys), None) if column is not None else None
        ids = {getattr(row, field.name) for row in rows} - {None} if target else set()
        if target and ids:
            pointed: Any = classes[target]
            for row in db.session.scalars(select(pointed).where(pointed.id.in_(ids))):
                found[field.name, row.id] = _called(row)
    return found


def _called(row: Any) -> str:
    """Words of what a key leads to; a file by its name, a group with what is taught in it."""
    if isinstance(row, m.StoredFile):
        return row.name
    return f"{row}, {row.program}" if isinstance(row, m.TrainingGroup) else str(row)


def _value(row: Any, table: str, name: str, named: Named, owned: Owned) -> Any:
    """What a cell holds: a date or a number as it is, everything else in words."""
    teller = _TELLERS.get((table, name))
    if teller is not None:
        return teller(row, owned)
    value = getattr(row, name)
    if (name, value) in named if not isinstance(value, list | dict) else False:
        return named[name, value]
    writer = shown.writer_of(name)
    if isinstance(value, str) and value and writer is not None:
        return writer(value)
    if isinstance(value, dict | list):
        return _flat(table, value)
    if isinstance(value, dt.date) or (isinstance(value, int) and not isinstance(value, bool)):
        return value
    return audit.words(in_words(table, name, value))


def _flat(table: str, value: Any) -> str:
    """A list or an object of JSON as «название: значение; …»."""
    if isinstance(value, dict):
        parts = [f"{label_of(table, key)}: {words}" for key, item in value.items() if (words := _flat(table, item))]
        return "; ".join(parts)
    if isinstance(value, list | tuple):
        return "; ".join(filter(None, (_flat(table, item) for item in value)))
    return audit.words(value)


def _changed(entry: m.AuditEntry, owned: Owned) -> str:
    """Former and new values of what the person is given; whatever else an entry tells may be about somebody else."""
    if entry.user_id is not None and entry.user_id in owned["ab_user"]:
        return changes_in_words(entry.action, entry.changes)
    known = _labels(entry.object_table)
    return changes_in_words(entry.action, {label: pair for label, pair in entry.changes.items() if label in known})


def _labels(table: str) -> Collection[str]:
    return {field.title for field in fields_of(m.mapped_classes()[table])}


def _address(entry: m.AuditEntry, owned: Owned) -> str:
    """The address of the own deed only."""
    return (entry.address or "") if entry.user_id in owned["ab_user"] else ""


def _correction(row: m.ChangeRequest, _owned: Owned) -> str:
    return "; ".join(f"{line.label}: {line.was or 'пусто'} → {line.becomes or 'пусто'}" for line in changes.lines(row))


def _accepted(row: m.ChangeRequest, _owned: Owned) -> str:
    return ", ".join(label_of(row.subject_table, name) for name in row.accepted or ())


def _report(row: m.ConsentWithdrawal, _owned: Owned) -> str:
    kept, removed = (row.report.get(part, ()) for part in ("kept", "removed"))
    parts = [f"осталось: {what} ({number})" for what, number, *_ in kept]
    return "; ".join([*parts, *(f"удалено: {what} ({number})" for what, number, *_ in removed)])


def _joined_card(row: m.EmployeeMerge, _owned: Owned) -> str:
    """Values of the card that was joined, of those columns that are given of a card."""
    given = {column.name for column in exported(cast(Table, m.Employee.__table__))}
    return _flat("employee", {name: in_words("employee", name, v) for name, v in row.gone.items() if name in given})


def _table_of(name: str) -> Callable[[Any, Owned], str]:
    def tell(row: Any, _owned: Owned) -> str:
        code = getattr(row, name)
        return THINGS[code].plural if code in THINGS else str(code)

    return tell


def _kind_of_letter(row: Any, _owned: Owned) -> str:
    return letter_kinds.title_of(row.template)


#: (table, column) → its words, where the value alone does not tell
_TELLERS: Mapping[tuple[str, str], Callable[[Any, Owned], Any]] = {
    ("audit_entry", "action"): lambda entry, _owned: action_label(entry.action),
    ("audit_entry", "changes"): _changed,
    ("audit_entry", "address"): _address,
    ("change_request", "changes"): _correction,
    ("change_request", "accepted"): _accepted,
    ("change_request", "subject_table"): _table_of("subject_table"),
    ("consent", "given_how"): lambda row, _owned: consents.WAYS.get(row.given_how, row.given_how),
    ("consent_withdrawal", "report"): _report,
    ("employee_merge", "gone"): _joined_card,
    ("letter", "template"): _kind_of_letter,
    ("letter_refusal", "template"): _kind_of_letter,
    ("saved_filter", "view"): _table_of("view"),
    ("stored_file", "object_table"): _table_of("object_table"),
}
