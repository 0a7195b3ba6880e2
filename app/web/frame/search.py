"""Search by words: any case, ё = е, any order, beginnings of words; numbers by their beginning. Always served by an index."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, false, func, or_, select, true, union

from app import models as m
from app.services.personnel.cards.former_surnames import former_surnames_found, people_found
from app.text import cleaned, sort_key, words
from app.text.sql import holds_words
from app.text.sql import sort_key as folded

#: tables without their own vector: which related rows' words find them, by foreign key
RELATED: Mapping[str, tuple[tuple[str, type[Any]], ...]] = {
    "employment": (("employee_id", m.Employee),),
    "qualification": (("employee_id", m.Employee),),
    "attestation": (("employee_id", m.Employee),),
    "training": (("employee_id", m.Employee),),
    "former_name": (("employee_id", m.Employee),),
    "voucher_application": (("employee_id", m.Employee),),
    "voucher": (("employee_id", m.Employee),),
    "training_group": (("program_id", m.Program),),
    "enrolment": (("employee_id", m.Employee),),
    "certificate": (("employee_id", m.Employee),),
    "registry": (("organizer_id", m.Organization),),
    "training_order": (("organizer_id", m.Organization),),
    "plan_offer": (("program_id", m.Program),),
    "plan_item": (("employee_id", m.Employee),),
    "unmet_wish": (("employee_id", m.Employee),),
}
#: … and the beginning of which related row's number, by foreign key
RELATED_NUMBERS: Mapping[str, tuple[str, type[Any]]] = {"enrolment": ("group_id", m.TrainingGroup)}
#: columns whose beginning is searched as it is typed
BEGINNINGS: Mapping[str, tuple[str, ...]] = {
    "voucher": ("number",),
    "training_group": ("number",),
    "certificate": ("number",),
    "training_order": ("number",),
    "ab_user": ("username", "last_name", "email"),
    "audit_entry": ("user_name", "object_label"),
    "letter": ("recipient", "subject"),
    "import_batch": ("file_name",),
    "registration": ("last_name", "snils", "email"),
    "consent_withdrawal": ("person_name",),
    "registry": (),
    "blank": ("number",),
    "blank_receipt": ("series", "document"),
    "blank_act": ("number",),
}
HINTS: Mapping[str, str] = {
    "employee": "Фамилия, имя, СНИЛС",
    "organization": "Наименование или ИНН",
    "training_group": "Номер группы или слова из названия программы",
    "enrolment": "Фамилия или номер группы",
    "voucher": "Номер чека или фамилия",
    "registration": "Фамилия, СНИЛС без пробелов, почта",
    "certificate": "Номер документа или фамилия",
    "training_order": "Номер приказа или организация",
    "program": "Слова из названия или шифр",
    "plan_offer": "Слова из названия или шифр",
    "plan_item": "Фамилия, имя, СНИЛС",
    "unmet_wish": "Фамилия, имя, СНИЛС",
    "blank": "Номер бланка с нулями впереди",
    "blank_receipt": "Серия или накладная",
    "blank_act": "Номер акта",
}


def query_words(typed: str) -> str:
    """Return the ``tsquery`` text of what was typed: every word by its beginning, СНИЛС and ИНН as digits.

    Empty when there are no words in it: then nothing is found, unless nothing at all was typed.
    """
    digits = re.sub(r"[\s\-()+]", "", typed)
    return " & ".join(map(_beginning, words(digits if digits.isdecimal() else typed)[:10]))


def _beginning(word: str) -> str:
    """Term of a word; in «СЗ-30» PostgreSQL sees the number −30, in «СЗ 30» the number 30."""
    bare = word.removeprefix("-")
    return f"({bare}:* | '{word}':*)" if word != bare and bare.isdecimal() else f"{bare}:*"


def match(model: type[Any], typed: str) -> ColumnElement[bool]:
    """Condition that ``model``'s rows match what was typed; nothing typed matches all, signs alone match nothing."""
    found = query_words(typed)
    if not found:
        return false() if cleaned(typed) else true()
    table = model.__tablename__
    if model is m.Employee:
        return people_found(m.Employee, found)
    if hasattr(model, "search"):
        return model.search.op("@@")(func.to_tsquery("simple", found))  # type: ignore[no-any-return]
    related = [(key, _ids(target, found)) for key, target in RELATED.get(table, ())]
    start = cleaned(typed).lstrip("№ ")
    if table in RELATED_NUMBERS:
        key, target = RELATED_NUMBERS[table]
        number = target.__table__.c.number
        return _any_of(model, [*related, (key, select(target.__table__.c.id).where(_begins(number, start)))])
    conditions = [getattr(model, key).in_(ids) for key, ids in related]
    if table in BEGINNINGS:
        conditions += [_begins(getattr(model, c), start) for c in BEGINNINGS[table]]
    else:
        # a directory of at most a few hundred rows: every word anywhere in the names
        conditions.append(holds_words([getattr(model, c) for c in _names(model)], typed))
    return or_(*conditions)


def _ids(target: type[Any], found: str) -> Select[Any]:
    """Ids of the rows whose own words match, past the scope: the rows that point to them have theirs."""
    table = target.__table__
    if target is m.Employee:
        return select(table.c.id).where(people_found(table.c, found))
    return select(table.c.id).where(table.c.search.op("@@")(func.to_tsquery("simple", found)))


def marks(model: type[Any], rows: Sequence[Any], typed: str) -> dict[int, str]:
    """Return row → why a search found it, where its own words do not tell: a former surname."""
    if model is m.Employee:
        people = {row.id: row for row in rows}
    elif any(target is m.Employee for _key, target in RELATED.get(model.__tablename__, ())):
        people = {row.id: row.employee for row in rows if row.employee is not None}
    else:
        return {}
    found = former_surnames_found(set(people.values()), typed)
    return {pk: f"прежняя фамилия: {found[person.id]}" for pk, person in people.items() if person.id in found}


def _begins(column: Any, start: str) -> ColumnElement[bool]:
    return folded(column).startswith(sort_key(start), autoescape=True)  # type: ignore[no-any-return]


def _any_of(model: type[Any], related: Sequence[tuple[str, Select[Any]]]) -> ColumnElement[bool]:
    """Rows that one of the related sets finds, each by the index of its key: «or» would read the whole table."""
    row = model.__table__.alias("found")
    found = union(*(select(row.c.id).where(row.c[key].in_(ids)) for key, ids in related))
    return model.id.in_(found)  # type: ignore[no-any-return]


def _names(model: type[Any]) -> tuple[str, ...]:
    """Naming columns of a small directory, searched anywhere in the text."""
    return tuple(c for c in ("name", "title", "short_name", "value", "text", "reason", "code") if hasattr(model, c))
