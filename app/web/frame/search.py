"""Search by words: any case, ё = е, any order, beginnings of words; numbers by their beginning. Always served by an index."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, func, or_, select, true, union

from app import models as m

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
    "blank": "Номер бланка с нулями впереди",
    "blank_receipt": "Серия или накладная",
    "blank_act": "Номер акта",
}


def query_words(typed: str) -> str:
    """Return the ``tsquery`` text of what was typed: every word by its beginning, СНИЛС and ИНН as digits."""
    digits = re.sub(r"[\s\-()+]", "", typed)
    text = digits if digits.isdecimal() else typed
    words = re.findall(r"-?\w+", text.lower().replace("ё", "е"))
    return " & ".join(map(_beginning, words[:10]))


def _beginning(word: str) -> str:
    """Term of a word; in «СЗ-30» PostgreSQL sees the number −30, in «СЗ 30» the number 30."""
    bare = word.removeprefix("-")
    return f"({bare}:* | '{word}':*)" if word != bare and bare.isdecimal() else f"{bare}:*"


def match(model: type[Any], typed: str) -> ColumnElement[bool]:
    """Condition that ``model``'s rows match what was typed; nothing typed matches all."""
    words = query_words(typed)
    if not words:
        return true()
    table = model.__tablename__
    if hasattr(model, "search"):
        return model.search.op("@@")(func.to_tsquery("simple", words))  # type: ignore[no-any-return]
    related = [
        (key, select(target.__table__.c.id).where(target.__table__.c.search.op("@@")(func.to_tsquery("simple", words))))
        for key, target in RELATED.get(table, ())
    ]
    start = typed.strip().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    if table in RELATED_NUMBERS:
        key, target = RELATED_NUMBERS[table]
        number = target.__table__.c.number
        return _any_of(model, [*related, (key, select(target.__table__.c.id).where(number.ilike(f"{start}%")))])
    conditions = [getattr(model, key).in_(ids) for key, ids in related]
    if table in BEGINNINGS:
        conditions += [getattr(model, c).ilike(f"{start}%") for c in BEGINNINGS[table]]
    else:
        # a directory of at most a few hundred rows: any part of the name
        conditions += [getattr(model, c).ilike(f"%{start}%") for c in _names(model)]
    return or_(*conditions)


def _any_of(model: type[Any], related: Sequence[tuple[str, Select[Any]]]) -> ColumnElement[bool]:
    """Rows that one of the related sets finds, each by the index of its key: «or» would read the whole table."""
    row = model.__table__.alias("found")
    found = union(*(select(row.c.id).where(row.c[key].in_(ids)) for key, ids in related))
    return model.id.in_(found)  # type: ignore[no-any-return]


def _names(model: type[Any]) -> tuple[str, ...]:
    """Naming columns of a small directory, searched anywhere in the text."""
    return tuple(c for c in ("name", "title", "short_name", "value", "text", "reason", "code") if hasattr(model, c))
