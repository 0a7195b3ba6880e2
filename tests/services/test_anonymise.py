"""Made nameless: a marker word in every column of a person, found by reflection, is nowhere left but where the law keeps it."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import (
    Boolean,
    Column,
    Date,
    DateTime,
    Enum,
    Integer,
    Table,
    Text,
    cast,
    func,
    insert,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.exc import DBAPIError, IntegrityError

from app import audit, personal
from app import models as m
from app import statuses as st
from app.access import acting_as, unscoped
from app.clock import now, today
from app.errors import Conflict
from app.extensions import db
from app.personal import Rows, holds_words, mark_of, marked_tables, owner_keys
from app.services.identity import anonymise, mentions, merges, withdrawals
from app.services.personnel.consents import consents
from app.services.portal import records
from tests.services import makers as mk
from tests.services.test_consents import rich_world

WORD = "Меткинова"
FULL = f"{WORD} Ярослава Осиповна"
#: columns whose form the database checks take a marker of that form
CHECKED = {"snils": "11223344595", "phone": "+79270000003", "citizenship": "398", "role": "worker"}

_numbers = itertools.count(1)


@pytest.fixture
def world(session: Any) -> mk.World:
    found = rich_world()
    mk.change(found.worker.employee, last_name=WORD, first_name="Ярослава", patronymic="Осиповна", sex=st.Sex.FEMALE)
    return found


def make_nameless(world: mk.World) -> m.Employee:
    with acting_as(world.worker.actor):
        task = consents.close_cabinet()
    db.session.execute(update(m.Letter).values(status=st.LetterStatus.SENT))
    db.session.commit()
    with acting_as(world.operator):
        withdrawals.finish(task.id)
    db.session.execute(update(m.Letter).values(status=st.LetterStatus.SENT))
    with acting_as(world.operator):
        withdrawals.forget_nightly()
    return mk.fetch(m.Employee, world.worker.employee.id)  # type: ignore[no-any-return]


# --- by reflection ---------------------------------------------------------------------------------------------------


def owners(world: mk.World) -> dict[str, int]:
    return {"employee": world.worker.employee.id, "ab_user": world.worker.actor.user_id or 0}


def others(world: mk.World) -> dict[str, int]:
    return {"employee": world.other_worker.employee.id, "ab_user": world.operator.user_id or 0}


def owner_of(key: Column[Any], of: dict[str, int]) -> Any:
    names = [reference.column.table.name for reference in key.foreign_keys if reference.column.name == "id"]
    name = names[0] if names else key.table.name  # type: ignore[attr-defined]
    return of.get(name) or db.session.scalar(select(func.max(m.Base.metadata.tables[name].c.id)))


def words_for(column: Column[Any], word: str) -> Any:
    if isinstance(column.type, JSONB):
        name = f"{column.table.name}.{column.name}"  # type: ignore[attr-defined]
        if name == "import_batch.rows":
            return [{"number": 1, "label": word, "action": "create", "changes": [word], "values": {"last_name": word}}]
        return {"Поле": ["", word]}
    if isinstance(column.type, ARRAY):
        return [word]
    return CHECKED.get(column.name, word)[: getattr(column.type, "length", None)]


def value_for(column: Column[Any]) -> Any:
    """A value that a required column takes, whatever it means."""
    if column.foreign_keys:
        # of two keys, one of a pair, either will do: the column that it points to is asked, whatever its name
        target = next(iter(column.foreign_keys)).column
        found = select(func.min(target))
        if db.session.scalar(found) is None:
            make_row(target.table, {})
        return db.session.scalar(found)
    if isinstance(column.type, Enum):
        return next(iter(column.type.enum_class or ()))
    if isinstance(column.type, DateTime):
        return now()
    if isinstance(column.type, Date):
        return today()
    if isinstance(column.type, Boolean):
        return False
    if column.name == "year":
        return today().year + 1
    if isinstance(column.type, ARRAY):
        return [1]
    if isinstance(column.type, Integer) or (not holds_words(column) and not column.primary_key):
        return 20
    return words_for(column, f"слово {next(_numbers)}")


def make_row(table: Table, of: dict[str, int]) -> None:
    """Insert a row of the person with every required column filled."""
    keys = owner_keys(table)
    first = keys[:1] if table.name == "notice" else keys
    values = {key.name: owner_of(key, of) for key in first}
    for column in table.columns:
        needed = not column.nullable and column.server_default is None and column.identity is None
        if column.name not in values and needed and column.computed is None:
            values[column.name] = value_for(column)
    db.session.execute(insert(table).values(values))


def fill(table: Table, of: dict[str, int], *, only_mentions: bool) -> None:
    """Write the marker into every column with words of the person's rows (of another's: into those that may name somebody)."""
    values = {}
    for column in filter(holds_words, table.columns):
        mark = mark_of(column)
        is_mention = mark is not None and mark.anonymise == "mentions"
        if (mark is None or mark.anonymise != "keep") and (is_mention or not only_mentions):
            values[column.name] = words_for(column, FULL if is_mention else WORD)
    if values:
        own = or_(*(key == owner_of(key, of) for key in owner_keys(table)))
        db.session.execute(update(table).where(own).values(values))


def fill_everything(world: mk.World) -> None:
    # its program and organizer belong together: minima of two tables would not
    mk.make_offer(world.program)
    mine, of_others = owners(world), others(world)
    for table, mark in marked_tables(m.Base.metadata):
        journal = table.name == "audit_entry"
        searched = [c for c in table.columns if (found := mark_of(c)) and found.anonymise == "mentions"]
        for of in (mine, of_others) if searched else (mine,):
            own = or_(*(key == owner_of(key, of) for key in owner_keys(table)))
            if journal:
                entry = {"at": now(), "action": "employee.updated", "object_table": "program", "role": "Работник"}
                about = {"object_label": FULL, "changes": {"Кто": ["", FULL]}}
                name = {"user_name": WORD, "address": WORD} if of is mine else {"user_name": "Оператор"}
                db.session.execute(insert(table).values(user_id=of["ab_user"], **entry, **about, **name))
            elif not db.session.scalar(select(func.count()).select_from(table).where(own)):
                try:
                    with db.session.begin_nested():
                        make_row(table, of)
                except IntegrityError:
                    # of one enrolment there is one document: the other person's need not be made up
                    assert of is of_others
            if not journal and (of is mine or mark.rows in Rows):
                fill(table, of, only_mentions=of is of_others)
    former = {"changed": {"employee": [{"id": mine["employee"], "before": {"last_name": WORD}}]}}
    db.session.execute(update(m.ImportBatch).values(written=former))
    db.session.execute(update(m.ChangeRequest).values(status=st.ChangeStatus.ACCEPTED))
    db.session.commit()


def places_of(word: str) -> Iterator[str]:
    """Columns of the whole database that hold the word."""
    for table in m.Base.metadata.sorted_tables:
        for column in table.columns:
            found = select(func.count()).select_from(table).where(cast(column, Text).ilike(f"%{word}%"))
            if not isinstance(column.type, Date | DateTime | Boolean) and db.session.scalar(found):
                yield f"{table.name}.{column.name}"


def test_the_marker_is_nowhere_left_but_where_the_mark_keeps_it(world: mk.World) -> None:
    fill_everything(world)
    filled = set(places_of(WORD))
    expected = {
        f"{table.name}.{column.name}"
        for table, _ in marked_tables(m.Base.metadata)
        for column in table.columns
        if holds_words(column)
        and ((mark := mark_of(column)) is None or mark.anonymise != "keep")
        and column.name not in CHECKED
    }
    assert expected <= filled, f"not filled: {sorted(expected - filled)}"
    card = make_nameless(world)
    left = {*places_of(WORD), *places_of(CHECKED["snils"]), *places_of("9270000003")}
    kept = {
        f"{table.name}.{column.name}"
        for table in m.Base.metadata.sorted_tables
        for column in table.columns
        if (mark := mark_of(column)) is not None and mark.anonymise == "keep"
    }
    assert left <= kept, sorted(left - kept)
    assert left == {"certificate.snapshot"}
    assert (card.citizenship, card.full_name) == ("643", f"Обезличено № {card.id}")
    account = mk.fetch(m.Account, world.worker.actor.user_id or 0)
    assert (account.calendar_token, account.totp_step, account.totp_secret, account.active) == (None, None, None, False)


# --- the journal -----------------------------------------------------------------------------------------------------


def test_the_history_of_a_nameless_card_says_that_and_when_but_not_what(world: mk.World) -> None:
    with acting_as(world.operator):
        records.update(
            mk.fetch(m.Employee, world.worker.employee.id),
            {"birth_date": dt.date(1981, 7, 13), "phone": "+79270000002", "email": "metkinova@example.org"},
        )
        row = records.create(m.Attestation, {
            "employee": mk.fetch(m.Employee, world.worker.employee.id), "valid_from": today(),
            "kind": mk.get_or_make(m.AttestationKind, {"code": "first"}, name="Первая"),
        })  # fmt: skip
        records.delete(row)
    card = make_nameless(world)
    with unscoped("tests"):
        entries = audit.history("employee", card.id)
    shown = " ".join(f"{e.object_label} {e.changes}" for e in entries)
    for word in (WORD, "Ярослава", "13.07.1981", "9270000002", "metkinova"):
        assert word not in shown
    change = next(e for e in entries if e.action == "employee.updated")
    assert set(change.changes) == {"Дата рождения", "Телефон", "Электронная почта"}
    assert all(values == ["обезличено", "обезличено"] for values in change.changes.values())
    assert change.redacted_at is not None and change.user_name == world.operator.name
    (deleted,) = mk.journal("attestation.deleted")
    assert WORD not in str(deleted.changes) + deleted.object_label
    (said,) = mk.journal("employee.anonymised")
    assert int(said.changes["Записей журнала обезличено"][1]) >= len(entries) - 1
    assert said.redacted_at is None


def test_what_is_no_persons_stays_in_the_journal(world: mk.World) -> None:
    make_nameless(world)
    annulled = mk.rows(m.AuditEntry, m.AuditEntry.object_table == "voucher")[-1]
    assert annulled.changes["Состояние"] == ["Действует", "Аннулирован"]


@pytest.mark.parametrize(
    "change",
    [
        "user_name = 'Другой'",
        "object_label = 'другое'",
        "changes = '{}'",
        """changes = '{"Поле": ["обезличено", "иное"]}'""",
        "address = '10.0.0.1'",
        "at = at + interval '1 day', user_name = 'Обезличено № 1'",
        "action = 'voucher.annulled'",
    ],
)
def test_a_redaction_can_change_nothing_else(session: Any, change: str) -> None:
    with acting_as(mk.SYSTEM):
        audit.write("employee.updated", "employee", 1, "карточка", {"Поле": ("было", "стало")})
    session.commit()
    session.execute(text("SELECT set_config('portal.redaction', 'on', true)"))
    with pytest.raises(DBAPIError, match="append-only"):
        session.execute(text(f"UPDATE audit_entry SET redacted_at = now(), {change}"))
    session.rollback()
    with pytest.raises(DBAPIError, match="append-only"):
        session.execute(text("UPDATE audit_entry SET redacted_at = now(), user_name = 'Обезличено № 1'"))
    session.rollback()


# --- others' texts ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "left"),
    [
        ("Меткиновой Ярославе Осиповне выдан чек", "{name} выдан чек"),
        ("Работник Меткинова Я. О. записан", "Работник {name} записан"),
        ("подпись: Я.О. Меткинова.", "подпись: {name}."),
        ("почта metk@example.org, тел. +7 927 000-00-03", "почта {name}, тел. {name}"),
        ("Меткиноваа Ярослава Осиповна", "Меткиноваа Ярослава Осиповна"),
    ],
)
def test_the_name_goes_from_others_notices_in_every_form(world: mk.World, said: str, left: str) -> None:
    mk.change(world.worker.employee, email="metk@example.org", phone="+79270000003")
    notice = mk.save(m.Notice(user_id=world.operator.user_id, text=said))
    card = make_nameless(world)
    assert mk.fetch(m.Notice, notice.id).text == left.format(name=card.full_name)


def test_a_row_of_a_list_loses_its_person_and_others_keep_theirs(world: mk.World) -> None:
    rows = [
        {"number": 1, "label": FULL, "action": "create", "changes": ["Телефон"], "problems": [], "warnings": [],
         "source": {"problems": [], "warnings": []}, "values": {"last_name": WORD, "snils": world.worker.employee.snils}},
        {"number": 2, "label": "Иванов Иван", "action": "create", "changes": ["Почта"], "problems": [], "warnings": []},
        {"number": 3, "label": FULL, "action": "update", "changes": ["Имя"], "problems": [], "warnings": [],
         "values": {"last_name": WORD, "snils": "11223344595"}},
    ]  # fmt: skip
    batch = mk.save(m.ImportBatch(user_id=world.operator.user_id, file_name="a.xlsx", sha256="0" * 64, rows=rows))
    card = make_nameless(world)
    first, second, namesake = mk.fetch(m.ImportBatch, batch.id).rows
    assert (first["label"], first["values"], first["changes"]) == (card.full_name, None, [])
    assert first["problems"] == first["source"]["problems"] == [mentions.GONE]
    assert second == rows[1] and namesake == rows[2]


def test_a_namesake_keeps_the_own_history(world: mk.World) -> None:
    other = mk.change(world.other_worker.employee, last_name=WORD, first_name="Ярослава", patronymic="Осиповна")
    with acting_as(world.operator):
        audit.record("employee.updated", other, {"Фамилия": ("Иванова", WORD)})
    db.session.commit()
    make_nameless(world)
    entry = mk.rows(m.AuditEntry, m.AuditEntry.object_id == other.id, m.AuditEntry.object_table == "employee")[-1]
    assert (entry.object_label, entry.changes) == (FULL, {"Фамилия": ["Иванова", WORD]})


def test_a_merge_of_a_nameless_card_is_not_undone(world: mk.World) -> None:
    make_nameless(world)
    (merge,) = mk.rows(m.EmployeeMerge)
    assert (merge.gone, merge.moved) == ({}, {})
    with acting_as(world.operator), mk.nothing_changes(), pytest.raises(Conflict, match="обезличена"):
        merges.undo(merge.id)


def test_the_words_of_the_report_come_from_the_marks(world: mk.World) -> None:
    make_nameless(world)
    (task,) = mk.rows(m.ConsentWithdrawal)
    titles = {mark.title: mark.why for _, mark in marked_tables(m.Base.metadata)}
    assert {what: why for what, _, why in task.report["kept"] if what in titles}.items() <= titles.items()
    assert ["Записи журнала без имени и значений", personal.JOURNAL] in [
        [what, why] for what, _, why in task.report["kept"]
    ]
    assert anonymise.NAME in task.person_name
