"""Create, change and delete rows of the generated views: checked values, row scope after the write, journal."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any, TypeVar, cast

from sqlalchemy import Column, Table, func, inspect, select

from app import models as m
from app import shown
from app.access import current_actor, get_writable, unscoped, write_scope
from app.audit import changes_of, record
from app.clock import today
from app.countries import country_code
from app.errors import Conflict, Forbidden, Invalid
from app.extensions import db
from app.identifiers import (
    IdentifierError,
    parse_email,
    parse_inn,
    parse_kpp,
    parse_ogrn,
    parse_oktmo,
    parse_patronymic,
    parse_person_name,
    parse_phone,
)
from app.labels import THINGS, label_of
from app.number_masks import SHAPES, read_example, why_not
from app.russian import age, quoted
from app.text import cleaned, cleaned_lines
from app.unit_of_work import use_case

Row = TypeVar("Row", bound=m.Base)
Values = Mapping[str, Any]
Fields = dict[str, list[str]]
#: takes the acting check's values (to be changed in place), the row (None while created) and the errors found so far
Check = Callable[[dict[str, Any], Any, Fields], None]
#: takes the flushed row and the names of its changed attributes
Hook = Callable[[Any, frozenset[str]], None]
#: takes the row to be deleted; raises Conflict for one that must stay
Guard = Callable[[Any], None]
#: takes a stored row; says why its form may not change it now, empty when it may
Keep = Callable[[Any], str]

#: changed by their own actions, by the database or by nobody; a form that sends them is wrong
PROTECTED = frozenset(
    {
        "id",
        "status",
        "version",
        "taken",
        "created_at",
        "updated_at",
        "changed_at",
        "sort",
        "search",
        "name_key",
        "title_key",
    }
)

_CHECKS: dict[type[m.Base], list[Check]] = {}
_HOOKS: dict[type[m.Base], list[Hook]] = {}
_GUARDS: dict[type[m.Base], list[Guard]] = {}
_AFTER_DELETE: dict[type[m.Base], list[Guard]] = {}
_KEPT: dict[type[m.Base], list[Keep]] = {}
_OLDEST, _YOUNGEST = 100, 16
_FIRST_DAY, _LAST_DAY = dt.date(1900, 1, 1), dt.date(2100, 12, 31)


def checks(model: type[m.Base]) -> Callable[[Check], Check]:
    """Register the rule of a module about values of ``model``, run by ``check``."""

    def register(function: Check) -> Check:
        _CHECKS.setdefault(model, []).append(function)
        return function

    return register


def after_save(model: type[m.Base]) -> Callable[[Hook], Hook]:
    """Register what follows from a created or changed row of ``model``, in the same transaction."""

    def register(function: Hook) -> Hook:
        _HOOKS.setdefault(model, []).append(function)
        return function

    return register


def before_delete(model: type[m.Base]) -> Callable[[Guard], Guard]:
    """Register what keeps a row of ``model`` from being deleted, beside what uses it."""

    def register(function: Guard) -> Guard:
        _GUARDS.setdefault(model, []).append(function)
        return function

    return register


def after_delete(model: type[m.Base]) -> Callable[[Guard], Guard]:
    """Register what follows from the deletion of a row of ``model``, in the same transaction; the row is gone already."""

    def register(function: Guard) -> Guard:
        _AFTER_DELETE.setdefault(model, []).append(function)
        return function

    return register


def kept(model: type[m.Base]) -> Callable[[Keep], Keep]:
    """Register a check that freezes a row of ``model``: the page refuses before anything is typed, ``update`` refuses any caller."""

    def register(function: Keep) -> Keep:
        _KEPT.setdefault(model, []).append(function)
        return function

    return register


def why_kept(row: m.Base) -> str:
    """Say why a stored row may not be changed by its form now and what to do instead; empty when it may."""
    return next((sentence for keep in _KEPT.get(type(row), ()) if (sentence := keep(row))), "")


@use_case
def create(model: type[Row], values: Values) -> Row:
    """Insert a row of ``model``; raises Invalid by field, Forbidden without the right or outside the actor's rows."""
    current_actor().require(f"{model.__tablename__}:add")
    _check_references(model, values, None)
    row = insert_row(model, values)
    stay_inside(row, "add")
    return row


@use_case
def update(row: Row, values: Values, *, version: int | None = None, verb: str = "edit") -> Row:
    """Change a row; ``version`` is the one that the form was opened with.

    ``verb``: the right by which it is changed. Only ``edit`` is refused for a row that is kept: an action that corrects what
    has consequences asks a right of its own. Raises Invalid by field, NotFound and Forbidden by ``table:verb``, Conflict when
    the row is kept or somebody changed it meanwhile.
    """
    row = get_writable(db.session, type(row), cast(Any, row).id, f"{row.__tablename__}:{verb}")
    sentence = why_kept(row) if verb == "edit" else ""
    if sentence:
        raise Conflict(sentence)
    if version is not None and cast(Any, row).version != version:
        raise Conflict(
            "Пока вы работали, эту запись изменил другой пользователь. Откройте её заново и повторите изменение."
        )
    _check_references(type(row), values, row)
    _save(row, check(type(row), values, row), "updated" if verb == "edit" else f"{verb}ed")
    stay_inside(row, verb)
    return row


@use_case
def delete(row: m.Base) -> None:
    """Delete a row that nothing uses; raises Conflict with the names of what uses it."""
    row = get_writable(db.session, type(row), cast(Any, row).id, f"{row.__tablename__}:delete")
    users = used_by(row)
    if users:
        raise Conflict(_in_use(row, users))
    for guard in _GUARDS.get(type(row), ()):
        guard(row)
    record(f"{row.__tablename__}.deleted", row)
    db.session.delete(row)
    db.session.flush()
    for hook in _AFTER_DELETE.get(type(row), ()):
        hook(row)


def insert_row(model: type[Row], values: Values) -> Row:
    """Insert a checked and journalled row for a service that asks the right itself."""
    row = model()
    _save(row, check(model, values, None), "created")
    return row


def stay_inside(row: m.Base, verb: str) -> None:
    """Raise Forbidden when the flushed row lies outside the actor's rows for ``verb``, as WITH CHECK does."""
    table, model = row.__tablename__, cast(Any, type(row))
    expression = write_scope(current_actor(), table, f"{table}:{verb}")
    if expression is None:
        return
    inside = select(func.count()).select_from(model).where(model.id == cast(Any, row).id, expression)
    if not db.session.scalar(inside):
        raise Forbidden(
            "Так запись вышла бы за пределы вашей организации или территории. Проверьте, к чему она относится."
        )


def _save(row: Any, values: Values, verb: str) -> None:
    for name, value in values.items():
        setattr(row, name, value)
    db.session.add(row)
    changes, touched = changes_of(row), _touched(row)
    db.session.flush()
    if changes or verb == "created":
        record(f"{row.__tablename__}.{verb}", row, changes)
    for hook in _HOOKS.get(type(row), ()):
        hook(row, touched)


def _touched(row: Any) -> frozenset[str]:
    return frozenset(a.key for a in inspect(row).attrs if a.history.has_changes())


# --- values ----------------------------------------------------------------------------------------------------------


def check(model: type[m.Base], values: Values, row: Any | None) -> dict[str, Any]:
    """Return the values as they are stored; ``row`` is the row being changed, None for a new one.

    Raises Invalid with the sentences of every wrong field, so that a form shows all of them at once.
    """
    found = {name: _as_typed(model, name, value) for name, value in values.items()}
    _refuse_protected(model, found)
    errors: Fields = {}
    for name in found:
        _check_field(model, name, found, errors)
    _check_period(model.__tablename__, found, row, errors)
    for rule in _CHECKS.get(model, ()):
        rule(found, row, errors)
    _check_required(model, found, row, errors)
    if errors:
        raise Invalid("Проверьте поля, отмеченные ниже.", fields=errors)
    return found


#: texts of at least so many characters are written in several lines
_LINES_FROM = 1_000


def _as_typed(model: type[m.Base], name: str, value: Any) -> Any:
    """Every text in the one form in which it is stored (``app.text``), None for an empty one."""
    if isinstance(value, list):
        return [cleaned(item) if isinstance(item, str) else item for item in value]
    # members of enumerations are texts too, but must stay members: the journal names them by their labels
    if not isinstance(value, str) or isinstance(value, Enum):
        return value
    column = cast(Table, model.__table__).columns.get(name)
    longest = getattr(column.type, "length", None) if column is not None else 0
    return (cleaned_lines(value) if longest is None or longest >= _LINES_FROM else cleaned(value)) or None


def _refuse_protected(model: type[m.Base], values: Values) -> None:
    known = {a.key for a in cast(Any, inspect(model)).attrs}
    wrong = [name for name in values if name in PROTECTED or name not in known]
    if wrong:
        raise ValueError(f"{model.__tablename__}: these attributes are not set by forms: {', '.join(sorted(wrong))}")


def _citizenship(value: object) -> str:
    """Country code of ОКСМ, three digits, by the code or by the name."""
    code = country_code(cleaned(str(value)))
    if code is None:
        raise IdentifierError("Такой страны нет. Впишите название, например «Россия», или три цифры кода по ОКСМ: 643")
    return code


def _mask(name: str) -> Callable[[object], str]:
    """Reader of a mask of numbers, typed as the first number of this year."""

    def read(value: object) -> str:
        year = today().year
        mask = read_example(cleaned(str(value)), year, SHAPES[name].allowed)
        if sentence := why_not(mask, name, year):
            raise IdentifierError(sentence)
        return mask

    return read


#: column → reader, wherever the column stands
_READERS: Mapping[str, Callable[[object], str | None]] = {
    "citizenship": _citizenship,
    "certificate_mask": _mask("certificate_mask"),
    "group_mask": _mask("group_mask"),
    "inn": parse_inn,
    "kpp": parse_kpp,
    "ogrn": parse_ogrn,
    "oktmo": parse_oktmo,
    "email": parse_email,
    "last_name": lambda value: parse_person_name(value, kind="фамилия"),
    "first_name": lambda value: parse_person_name(value, kind="имя"),
    "patronymic": parse_patronymic,
}
#: an organization's phone may name an extension or two numbers, a person's is one number that can be dialled
_ONE_PHONE = frozenset({"employee", "registration"})


def reader_of(table: str, name: str) -> Callable[[object], str | None] | None:
    """Return what reads a column's text into its stored form, None for plain texts; it raises IdentifierError."""
    if name == "phone" and table in _ONE_PHONE:
        return parse_phone
    masked = shown.masked_columns().get((table, name))
    return masked.read if masked is not None else _READERS.get(name)


def _check_field(model: type[m.Base], name: str, values: dict[str, Any], errors: Fields) -> None:
    value = values[name]
    if value is None:
        return
    reader = reader_of(model.__tablename__, name)
    if reader is not None:
        try:
            values[name] = value = reader(value)
        except IdentifierError as error:
            errors.setdefault(name, []).append(f"{error}.")
            return
    sentence = _date_error(name, value) if isinstance(value, dt.date) else _length_error(model, name, value)
    if sentence:
        errors.setdefault(name, []).append(sentence)


def read_value(model: type[m.Base], name: str, value: Any) -> tuple[Any, list[str]]:
    """Return a column's value as it would be stored and what is wrong with it; asks nothing of the database."""
    values: dict[str, Any] = {name: _as_typed(model, name, value)}
    errors: Fields = {}
    _check_field(model, name, values, errors)
    return values[name], errors.get(name, [])


def _date_error(name: str, value: dt.date) -> str | None:
    day = value.date() if isinstance(value, dt.datetime) else value
    if name == "birth_date":
        on = today()
        if day > on or not _YOUNGEST <= age(day, on) <= _OLDEST:
            return f"Проверьте дату рождения: возраст работника бывает от {_YOUNGEST} до {_OLDEST} лет."
    if not _FIRST_DAY <= day <= _LAST_DAY:
        return f"Проверьте год: он должен быть от {_FIRST_DAY.year} до {_LAST_DAY.year}."
    return None


def _length_error(model: type[m.Base], name: str, value: Any) -> str | None:
    column = cast(Table, model.__table__).columns.get(name)
    longest = getattr(column.type, "length", None) if column is not None else None
    if isinstance(value, str) and longest and len(value) > longest:
        return f"Не больше {longest} знаков, а здесь {len(value)}."
    return None


def _check_required(model: type[m.Base], values: Values, row: Any | None, errors: Fields) -> None:
    for name in _required(model):
        relation = name.removesuffix("_id")
        given = [values[key] for key in (name, relation) if key in values]
        missing = all(value is None for value in given) if given else row is None
        if missing and name not in errors and relation not in errors:
            shown = relation if relation in values else name
            errors[shown] = [f"Заполните поле «{label_of(model.__tablename__, shown)}»."]


def _required(model: type[m.Base]) -> list[str]:
    """Names of the columns that must be given: not null, without a default of their own."""
    columns = cast(Table, model.__table__).columns
    return [c.name for c in columns if not c.nullable and not (c.primary_key or _has_default(c))]


def _has_default(column: Column[Any]) -> bool:
    return column.default is not None or column.server_default is not None or column.computed is not None


#: table → columns of the first and the last day of a period
_PERIODS: Mapping[str, tuple[str, str]] = {
    "employment": ("started_on", "ended_on"),
    "attestation": ("valid_from", "valid_until"),
    "attestation_kind": ("since", "until"),
    "assignment": ("valid_from", "valid_to"),
}
#: (table, column) → property that is None while the stored day stands for an unknown one
_TOLD: Mapping[tuple[str, str], str] = {("employment", "started_on"): "begun_on"}


def _check_period(table: str, values: Values, row: Any | None, errors: Fields) -> None:
    """A period does not end before it begins: the sentence stands beside its field, the constraint behind it.

    A day that nobody has told (``_TOLD``) refuses nothing.
    """
    names = _PERIODS.get(table)
    if names is None or not set(names) & set(values):
        return
    first, last = (values.get(name, getattr(row, _TOLD.get((table, name), name), None)) for name in names)
    if first is not None and last is not None and last < first:
        field = names[1] if names[1] in values else names[0]
        errors.setdefault(field, []).append("Дата окончания раньше даты начала.")


@checks(m.Organization)
def _check_parent(values: dict[str, Any], row: Any, errors: Fields) -> None:
    """A unit may not stand above itself, however many levels between."""
    parent_id = _id_of(values, "parent")
    if row is None or parent_id is None:
        return
    with unscoped("an organization may not become its own unit"):
        above = _ancestors(parent_id)
    if row.id in above:
        errors.setdefault("parent", []).append("Организация не может подчиняться самой себе или своему подразделению.")


def _ancestors(organization_id: int) -> set[int]:
    table = cast(Table, m.Organization.__table__)
    chain = select(table.c.id, table.c.parent_id).where(table.c.id == organization_id).cte("chain", recursive=True)
    # UNION, not UNION ALL: a cycle that is already in the data ends the walk instead of running for ever.
    chain = chain.union(select(table.c.id, table.c.parent_id).where(table.c.id == chain.c.parent_id))
    return set(db.session.scalars(select(chain.c.id)))


def _check_references(model: type[m.Base], values: Values, row: Any | None) -> None:
    """Refuse references to rows that the actor does not see: a form can name any id, its choices are only an offer."""
    errors: Fields = {}
    for relation in inspect(model).relationships:
        wanted = _referred(values, relation.key) - _referred(
            {relation.key: getattr(row, relation.key, None)}, relation.key
        )
        if wanted:
            target = cast(Any, relation.mapper.class_)
            seen = db.session.scalars(select(target.id).where(target.id.in_(wanted)))
            if wanted - set(seen):
                errors[relation.key] = ["Такой записи нет или она вам не видна. Выберите из списка."]
    if errors:
        raise Invalid("Проверьте поля, отмеченные ниже.", fields=errors)


def _referred(values: Values, relation: str) -> set[int]:
    """Ids to which the values of a relation point: one row, several, or a key."""
    value = values.get(relation)
    if isinstance(value, list | tuple):
        return {item.id for item in value}
    key = _id_of(values, relation)
    return set() if key is None else {key}


def _id_of(values: Values, relation: str) -> int | None:
    """Id of a many-to-one value, given as a row or as a key."""
    if values.get(relation) is not None:
        return int(values[relation].id)
    key = values.get(f"{relation}_id")
    return None if key is None else int(key)


# --- use ------------------------------------------------------------------------------------------------------------


def used_by(row: m.Base) -> dict[str, int]:
    """Return Russian plural name → number of rows of every table whose foreign keys point to ``row``.

    Parts that are deleted with the row (``ON DELETE CASCADE``) do not count. Only numbers leave the scope here.
    """
    target = cast(Table, row.__table__)
    found: dict[str, int] = {}
    with unscoped("is a row in use: only numbers"):
        for table in m.Base.metadata.sorted_tables:
            for column in _pointing(table, target):
                statement = select(func.count()).select_from(table).where(column == cast(Any, row).id)
                number = db.session.scalar(statement) or 0
                if number:
                    words = _plural(table, target)
                    found[words] = found.get(words, 0) + number
    return found


def _pointing(table: Table, target: Table) -> list[Column[Any]]:
    columns = []
    for constraint in table.foreign_key_constraints:
        for key in constraint.elements:
            if key.column.table is target and key.column.primary_key and constraint.ondelete != "CASCADE":
                columns.append(key.parent)
    return columns


def _plural(table: Table, target: Table) -> str:
    """Words for the rows of a table; an association is named by its other side («программы»)."""
    if table.name in THINGS:
        return _lower(THINGS[table.name].plural)
    others = [k.column.table.name for k in table.foreign_keys if k.column.table is not target]
    return next((_lower(THINGS[name].plural) for name in others if name in THINGS), "другие записи портала")


def _lower(words: str) -> str:
    """First letter small, unless the word is an abbreviation."""
    return words if words[1:2].isupper() else words[:1].lower() + words[1:]


def _in_use(row: m.Base, users: Mapping[str, int]) -> str:
    table = row.__tablename__
    single = THINGS[table].single if table in THINGS else "запись"
    where = ", ".join(f"{words} ({number})" for words, number in users.items())
    return f"Нельзя удалить: {single} {quoted(str(row))} используется. Где: {where}. Сначала измените или удалите эти записи."
