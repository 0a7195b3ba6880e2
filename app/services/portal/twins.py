"""One name, one row: a directory refuses a second spelling of a name in it, because lists from Excel could not choose.

Names are compared by ``app.text.name_key``; the generated columns ``name_key`` and ``title_key`` are unique by it, and
these rules show the refusal at the field and name the existing row. Another name of the same thing («синонимы») also
belongs to one row only.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select

from app import models as m
from app.access import unscoped
from app.extensions import db
from app.russian import quoted
from app.services.portal.records import Check, Fields, checks
from app.text import name_key

#: directories whose names are matched, by the column of the name; each has a few hundred rows at most
NAMED: dict[type[Any], str] = {
    m.Territory: "name",
    m.Municipality: "name",
    m.OrganizationType: "name",
    m.Position: "name",
    m.Subject: "name",
    m.EducationLevel: "name",
    m.AttestationKind: "name",
    m.VoucherRule: "title",
}


def _check_of(model: type[Any], column: str) -> Check:
    def check(values: dict[str, Any], row: Any, errors: Fields) -> None:
        synonyms = values.get("synonyms") or ()
        if not (values.get(column) or synonyms):
            return
        names, words = _others(model, column, row)
        if twin := names.get(name_key(values.get(column) or "")) or words.get(name_key(values.get(column) or "")):
            errors.setdefault(column, []).append(
                f"Такая запись уже есть: {quoted(twin)}. Второй раз её заводить не нужно."
            )
        taken = {word: found for word in synonyms if (found := (names | words).get(name_key(word)))}
        if taken:
            named = "; ".join(f"{quoted(word)} — это {quoted(found)}" for word, found in taken.items())
            errors.setdefault("synonyms", []).append(f"Так уже называются другие записи: {named}.")

    return check


def _others(model: type[Any], column: str, row: Any) -> tuple[dict[str, str], dict[str, str]]:
    """Key → name of the other rows, by their names and by their other names."""
    columns = [getattr(model, column), *([model.synonyms] if hasattr(model, "synonyms") else [])]
    statement = select(*columns)
    if row is not None:
        statement = statement.where(model.id != row.id)
    with unscoped("a name is unique in the whole directory"):
        found = db.session.execute(statement).all()
    names = {name_key(name): name for name, *_ in found}
    return names, {name_key(word): name for name, *rest in found for words in rest for word in words or ()}


for _model, _column in NAMED.items():
    checks(_model)(_check_of(_model, _column))


@checks(m.Organization)
def _check_organization(values: dict[str, Any], row: Any, errors: Fields) -> None:
    """Open organizations of one municipality and head have different short names."""
    given = [_given(values, row, name) for name in ("short_name", "municipality", "parent", "closed_on")]
    short_name, municipality_id, parent_id, closed_on = given
    if not short_name or closed_on is not None:
        return
    table = m.Organization
    same = select(table.short_name).where(
        table.name_key == name_key(short_name),
        table.municipality_id == municipality_id,
        func.coalesce(table.parent_id, 0) == (parent_id or 0),
        table.closed_on.is_(None),
        table.id != (row.id if row is not None else 0),
    )
    with unscoped("a name is unique in its municipality"):
        twin = db.session.scalar(same.limit(1))
    if twin:
        sentence = f"В этом муниципалитете уже есть организация {quoted(twin)}. Найдите её в справочнике и исправьте, если нужно."
        errors.setdefault("short_name", []).append(sentence)


def _given(values: dict[str, Any], row: Any, name: str) -> Any:
    """What a row will hold: the value given, else the stored one; of a relation its key."""
    key = f"{name}_id"
    if values.get(name) is not None:
        return getattr(values[name], "id", values[name])
    for known in (key, name):
        if known in values:
            return values[known]
    return getattr(row, key, None) if hasattr(m.Organization, key) else getattr(row, name, None)
