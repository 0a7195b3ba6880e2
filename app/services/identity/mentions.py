"""A person's name, addresses and numbers, found in texts about others and removed: notices, letters, lists, tasks.

Columns marked «mentions» (``app.personal``) are searched; the journal is cleaned otherwise (``audit.redact``).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, get_args

from sqlalchemy import Column, Table, Text, cast, func, or_, select, text, update

from app import models as m
from app.extensions import db
from app.personal import mark_of
from app.russian import NBSP, NameCase, Sex, decline_name, full_name, guess_sex, initials, initials_first
from app.statuses import ImportStatus

#: rows of a list are found by whom they are about, so that a namesake keeps the own ones
_BY_ROW = frozenset({("import_batch", "rows"), ("import_batch", "written")})
#: a login shorter than this may be a word of the language
_LOGIN_LENGTH = 5
_LETTERS = "А-Яа-яЁёA-Za-z0-9"
#: what a list's row says once its person withdrew the consent
GONE = "Работник отозвал согласие, сведения строки удалены"


@dataclass(frozen=True, slots=True)
class Names:
    """What identifies the person in a text, as patterns that both PostgreSQL and Python read, and what is written instead."""

    #: names, addresses and numbers
    pattern: str
    #: addresses and numbers alone: they are nobody else's
    certain: str
    snils: str
    replacement: str

    def clean(self, text: str) -> str:
        """Return the text without the person's words."""
        return re.sub(self.pattern, self.replacement, text, flags=re.IGNORECASE)


def names_of(person: m.Employee, user: m.Account | None, replacement: str) -> Names:
    """Collect what the person is called anywhere: present, former and merged names in every case, contacts, numbers."""
    written: set[str] = set()
    for last, first, patronymic in _full_names(person, user):
        written |= set(_spellings(last, first, patronymic, person))
    written |= {name for name in (person.name_genitive, person.name_dative, person.name_accusative) if name}
    certain = set(_numbers(person, user))
    patterns = [_flexible(word) for word in _longest_first(certain)] + [_spaced(number) for number in _digits(person)]
    names = [_flexible(word) for word in _longest_first(written)]
    return Names(_pattern(patterns + names), _pattern(patterns), person.snils or "", replacement)


def _full_names(person: m.Employee, user: m.Account | None) -> Iterator[tuple[str, str, str | None]]:
    yield person.last_name, person.first_name, person.patronymic
    if user is not None:
        yield user.last_name, user.first_name, user.patronymic
    former, merge = m.FormerName, m.EmployeeMerge
    for last in db.session.scalars(select(former.last_name).where(former.employee_id == person.id)):
        yield last, person.first_name, person.patronymic
    for gone in db.session.scalars(select(merge.gone).where(merge.kept_id == person.id)):
        if gone.get("last_name") and gone.get("first_name"):
            yield gone["last_name"], gone["first_name"], gone.get("patronymic")


def _spellings(last: str, first: str, patronymic: str | None, person: m.Employee) -> Iterator[str]:
    known: Any = person.sex.value if person.sex else None
    sex: Sex | None = known or guess_sex(last, first, patronymic)
    for case in get_args(NameCase):
        surname = decline_name(last, "", case=case, sex=sex)
        yield decline_name(last, first, patronymic, case=case, sex=sex)
        yield decline_name(last, first, case=case, sex=sex)
        yield f"{decline_name('', first, patronymic, case=case, sex=sex)} {surname}"
        yield initials(surname, first, patronymic)
        yield initials(surname, first)
        yield initials_first(surname, first, patronymic)
    yield full_name(first, last)


def _numbers(person: m.Employee, user: m.Account | None) -> Iterator[str]:
    yield from (address for address in (person.email, user.email if user else None) if address)
    if user is not None and len(user.username) >= _LOGIN_LENGTH:
        yield user.username


def _digits(person: m.Employee) -> Iterator[str]:
    """СНИЛС and the ten digits of the phone, however they are written."""
    if person.snils:
        yield person.snils
    if person.phone:
        yield person.phone[-10:]


def _longest_first(words: Iterable[str]) -> list[str]:
    return sorted(words, key=lambda word: (-len(word), word))


def _pattern(patterns: list[str]) -> str:
    """One pattern of whole words; of nothing, one that fits nothing."""
    return f"(?<![{_LETTERS}])(?:{'|'.join(patterns)})(?![{_LETTERS}])" if patterns else "(?!)"


def _spaced(digits: str) -> str:
    code = r"(?:\+?[78][\s()-]*)?" if len(digits) == 10 else ""
    return code + rf"[\s{NBSP}()-]*".join(_escape(sign) for sign in digits)


def _flexible(word: str) -> str:
    """Any blank between the words, none after a full stop; ё = е."""
    parts = (re.sub("[её]", "[её]", _escape(part), flags=re.IGNORECASE) for part in re.split(rf"[\s{NBSP}]+", word))
    return rf"[\s{NBSP}]*".join(parts) if "." in word else rf"[\s{NBSP}]+".join(parts)


def _escape(part: str) -> str:
    # PostgreSQL takes a backslash before a sign as Python does; before a letter it would mean something
    return re.sub(r"([^\w])", r"\\\1", part)


def has_namesake(person: m.Employee) -> bool:
    """Whether another card bears the same name: then a name alone does not identify the person."""
    e = m.Employee
    return db.session.scalar(select(e.id).where(e.sort == person.sort, e.id != person.id).limit(1)) is not None


# --- taking out ------------------------------------------------------------------------------------------------------


def take_out(names: Names, employee_id: int, owned: Mapping[str, list[int]]) -> int:
    """Take the person out of texts and lists; return how many rows were changed. ``owned``: table → ids of the person's rows."""
    changed = 0
    for table in m.Base.metadata.sorted_tables:
        columns = [c for c in table.columns if _is_searched(table, c)]
        if columns:
            changed += _clean(table, columns, names)
    return changed + _clean_lists(names, employee_id, owned)


def _is_searched(table: Table, column: Column[Any]) -> bool:
    mark = mark_of(column)
    is_text = mark is not None and mark.anonymise == "mentions" and table.name != m.AuditEntry.__tablename__
    return is_text and (table.name, column.name) not in _BY_ROW


def _clean(table: Table, columns: list[Column[Any]], names: Names) -> int:
    found = or_(*(cast(column, Text).regexp_match(names.pattern, flags="i") for column in columns))
    rows = db.session.execute(select(table.c.id, *columns).where(found)).all()
    for pk, *values in rows:
        cleaned = {
            column.name: _cleaned(value, column, names) for column, value in zip(columns, values, strict=True) if value
        }
        db.session.execute(update(table).where(table.c.id == pk).values(cleaned))
    return len(rows)


def _cleaned(value: Any, column: Column[Any], names: Names) -> Any:
    if isinstance(value, str):
        longest = getattr(column.type, "length", None)
        return names.clean(value)[:longest]
    return json.loads(names.clean(json.dumps(value, ensure_ascii=False)))


#: rows of kept lists without the person; a row that names an own card of another is that one's
_ROWS = """
UPDATE import_batch SET rows = (
  SELECT jsonb_agg(CASE WHEN {about} THEN e.row || jsonb_build_object('label', CAST(:label AS text), 'values', NULL,
      'changes', '[]'::jsonb, 'problems', kind.problems, 'warnings', kind.warnings)
      || CASE WHEN e.row ? 'source' THEN jsonb_build_object('source',
        jsonb_build_object('problems', kind.problems, 'warnings', kind.warnings)) ELSE '{{}}'::jsonb END
    ELSE e.row END ORDER BY e.place)
  FROM jsonb_array_elements(rows) WITH ORDINALITY AS e(row, place),
    LATERAL (SELECT CASE status WHEN :previewed THEN :gone ELSE '[]'::jsonb END AS problems,
      CASE status WHEN :previewed THEN '[]'::jsonb ELSE :gone END AS warnings) AS kind)
WHERE EXISTS (SELECT FROM jsonb_array_elements(rows) AS e(row) WHERE {about})
"""
_ABOUT = """
(e.row->'objects' @> CAST(:object AS jsonb) OR e.row::text ~* :certain
  OR e.row::text ~* :pattern AND NOT coalesce(e.row->'objects' @@ '$[*][0] == "employee"', false)
    AND coalesce(e.row->'values'->>'snils', :snils) = :snils)
"""


def _clean_lists(names: Names, employee_id: int, owned: Mapping[str, list[int]]) -> int:
    values = {
        "label": names.replacement,
        "gone": json.dumps([GONE], ensure_ascii=False),
        "previewed": ImportStatus.PREVIEWED.value,
        "object": json.dumps([["employee", employee_id]]),
        "certain": names.certain,
        "pattern": names.pattern,
        "snils": names.snils,
    }
    statement = text(_ROWS.format(about=_ABOUT).replace(":gone", "CAST(:gone AS jsonb)"))
    changed: Any = db.session.execute(statement, values)
    _forget_former_values(owned)
    return int(changed.rowcount)


def _forget_former_values(owned: Mapping[str, list[int]]) -> None:
    """Forget the former values that a list changed in the person's rows: it cannot be undone any more anyway."""
    batch = m.ImportBatch
    with_values = select(batch.id, batch.written).where(batch.written["changed"].is_not(None))
    with_values = with_values.where(func.jsonb_typeof(batch.written["changed"]) == "object")
    for pk, written in db.session.execute(with_values.order_by(batch.id)).tuples():
        left = {
            table: [entry for entry in entries if entry["id"] not in owned.get(table, ())]
            for table, entries in written["changed"].items()
        }
        if left != written["changed"]:
            db.session.execute(update(batch).where(batch.id == pk).values(written={**written, "changed": left}))
