"""Making a person's data nameless after the withdrawal of the consent (152-ФЗ, ст. 21, ч. 5).

The marks in the models (``app.personal``) say what happens to each column and row; this module does it: rows are deleted
or stay, columns are emptied or get the nameless name, and what identifies the person is removed from texts about others
and from the journal.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, cast

from sqlalchemy import Column, CursorResult, String, Table, Text, case, delete, func, null, or_, select, true, update
from sqlalchemy import cast as sql_cast
from sqlalchemy.dialects.postgresql import JSONB

from app import audit, personal
from app import models as m
from app.access import unscoped
from app.clock import now, today
from app.conditions import employed
from app.extensions import db
from app.personal import Rows, marked_tables, owner_keys
from app.services.courses.enrolment import seats, waiting_list
from app.services.identity import mentions
from app.services.personnel.cards.owned import Owned, by_keys, owned_rows
from app.services.planning import leavers
from app.services.portal import transitions
from app.services.voucher import voucher_blocks, vouchers
from app.statuses import (
    APPLICATION_LIVE,
    LETTER_GONE,
    SEAT_HOLDING,
    TRANSFER_LIVE,
    UNDER_WAY,
    AccessRequestStatus,
    ChangeStatus,
    EnrolmentStatus,
    GroupStatus,
    LetterStatus,
    VoucherStatus,
)

NAME = "Обезличено"
REASON = "Работник отозвал согласие на обработку персональных данных."

#: the same in short, for the warning before the withdrawal
KEPT_WORDS = (
    "выданные документы об обучении и сведения о них для ФИС ФРДО, записи на курсы и чеки без имени, отметка о том, что согласие "
    "было дано, журнал действий без имени и значений"
)


@dataclass
class Report:
    """What was kept and why, what was removed: (what, how many[, why])."""

    kept: list[tuple[str, int, str]] = field(default_factory=list)
    removed: list[tuple[str, int]] = field(default_factory=list)

    def keep(self, what: str, number: int, why: str) -> None:
        """Note what stays; nothing of it is not worth a line."""
        if number:
            self.kept.append((what, number, why))

    def remove(self, what: str, number: int) -> None:
        """Note what is gone."""
        if number:
            self.removed.append((what, number))

    def as_json(self) -> dict[str, Any]:
        """The report as it is stored with the task."""
        return {"kept": [list(line) for line in self.kept], "removed": [list(line) for line in self.removed]}


def anonymise(employee_id: int) -> Report:
    """Obey the marks for a person's rows, inside the caller's transaction; the caller has asked the right."""
    report = Report()
    with unscoped("a person is made nameless, wherever the data stand"):
        person = transitions.read_fresh(m.Employee, employee_id)
        user = db.session.scalars(select(m.Account).where(m.Account.employee_id == employee_id)).one_or_none()
        _end_rights(employee_id)
        if user is not None:
            _end_requests(user)
        _hand_over_facts(person)
        db.session.flush()
        owned = _owned(person, user)
        names = mentions.names_of(person, user, _new_name(person))
        only_numbers = mentions.has_namesake(person)
        _forget_files(owned)
        _delete_rows(report, owned)
        _empty_rows(report, person, owned)
        if user is not None:
            _close_account(user)
        db.session.expire_all()
        report.remove(
            "Упоминания в извещениях, письмах, заданиях и загруженных списках",
            mentions.take_out(names, person.id, owned),
        )
        redacted = _redact_journal(names, person, user, owned, only_numbers=only_numbers)
        report.keep("Записи журнала без имени и значений", redacted, personal.JOURNAL)
    audit.record("employee.anonymised", person, {"Записей журнала обезличено": ("", str(redacted))})
    return report


def forget_letters() -> int:
    """Delete letters to people made nameless once they have left (the nightly work); return how many."""
    gone = select(m.Account.id).join(m.Employee, m.Employee.id == m.Account.employee_id)
    gone = gone.where(m.Employee.anonymized_at.is_not(None))
    return _run(delete(m.Letter).where(m.Letter.user_id.in_(gone), m.Letter.status.in_(LETTER_GONE)))


def _run(statement: Any) -> int:
    result = db.session.execute(statement.execution_options(synchronize_session=False))
    return cast("CursorResult[Any]", result).rowcount


def _new_name(person: m.Employee) -> str:
    return f"{NAME} № {person.id}"


# --- what is under way -----------------------------------------------------------------------------------------------


def _end_rights(employee_id: int) -> None:
    """End what the person had begun: enrolments, applications, чеки, corrections, transfers, wishes for the next year."""
    for row in _rows(m.Enrolment, employee_id, UNDER_WAY):
        _end_enrolment(row)
    for application in _rows(m.VoucherApplication, employee_id, APPLICATION_LIVE):
        transitions.follow(m.VoucherApplication, application.id, "withdraw")
    for voucher in _rows(m.Voucher, employee_id, [VoucherStatus.ACTIVE]):
        vouchers.annul(voucher.id, REASON)
    for change in _rows(m.ChangeRequest, employee_id, [ChangeStatus.PROPOSED]):
        transitions.follow(m.ChangeRequest, change.id, "withdraw")
    for move in _rows(m.Transfer, employee_id, TRANSFER_LIVE):
        transitions.follow(m.Transfer, move.id, "decline", reason=REASON)
    leavers.end_wishes(employee_id)


def _rows(model: Any, employee_id: int, statuses: Iterable[Any]) -> list[Any]:
    found = select(model).where(model.employee_id == employee_id, model.status.in_(list(statuses)))
    return list(db.session.scalars(found.order_by(model.id)))


def _end_enrolment(row: m.Enrolment) -> None:
    """Free the seat and the block; a person in training is expelled."""
    group = seats.lock_group(row.group_id)
    row = transitions.read_fresh(m.Enrolment, row.id)
    had_seat, block = row.status in SEAT_HOLDING, voucher_blocks.lock_block(row.block_id)
    trained = group.status == GroupStatus.RUNNING and row.status == EnrolmentStatus.CONFIRMED
    transitions.follow(m.Enrolment, row.id, "expel" if trained else "reject", reason=REASON)
    voucher_blocks.free_block(block)
    if had_seat and not trained:
        seats.give_back_seats(group.id)
        waiting_list.move_up(group)


# --- whose rows ------------------------------------------------------------------------------------------------------


def _owned(person: m.Employee, user: m.Account | None) -> dict[str, list[int]]:
    """Ids of the person's rows; here also rows that no key but a number or an address ties to the person."""
    owned = owned_rows(person.id, user.id if user else None)
    registration, letter = m.Registration, m.Letter
    addresses = [address for address in (person.email, user.email if user else None) if address]
    loose = {"registration": registration.snils == person.snils, "letter": letter.recipient.in_(addresses)}
    for model in (registration, letter):
        found = db.session.scalars(select(model.id).where(loose[model.__tablename__]))
        owned[model.__tablename__] = sorted({*owned[model.__tablename__], *found})
    return owned


def _hand_over_facts(person: m.Employee) -> None:
    """A document takes with it the facts that ФИС ФРДО asks of its owner."""
    papers = list(db.session.scalars(select(m.Certificate).where(m.Certificate.employee_id == person.id)))
    owner = _owner(person) if papers else {}
    for paper in papers:
        paper.snapshot = {**paper.snapshot, "owner": owner}


def _owner(person: m.Employee) -> dict[str, str]:
    """Facts about the owner of a document for ФИС ФРДО, as texts; unknown ones are empty."""
    diploma = m.Qualification
    best = db.session.scalars(
        select(diploma).where(diploma.employee_id == person.id).order_by(diploma.is_main.desc(), diploma.id.desc())
    ).first()
    facts = {
        "snils": person.snils,
        "birth_date": person.birth_date.isoformat() if person.birth_date else None,
        "sex": person.sex.value if person.sex else None,
        "citizenship": person.citizenship,
        "education_level": best.level.frdo_value if best else None,
        "diploma_last_name": best.last_name or person.last_name if best else None,
        "diploma_series": best.series if best else None,
        "diploma_number": best.number if best else None,
    }
    return {name: value or "" for name, value in facts.items()}


# --- what goes and what stays ----------------------------------------------------------------------------------------


def _forget_files(owned: Owned) -> None:
    """Scans of the person's trainings, proofs and orders and the results of own tasks go with the next night."""
    file = m.StoredFile
    scans = select(m.Training.scan_id).where(m.Training.id.in_(owned["training"]))
    proofs = select(m.ChangeRequest.scan_id).where(m.ChangeRequest.id.in_(owned["change_request"]))
    orders = select(m.AccessRequest.document_id).where(m.AccessRequest.id.in_(owned["access_request"]))
    results = select(m.BackgroundJob.file_id).where(m.BackgroundJob.id.in_(owned["background_job"]))
    _run(
        update(file)
        .where(or_(*(file.id.in_(ids) for ids in (scans, proofs, orders, results))))
        .values(expires_at=now())
    )


def _delete_rows(report: Report, owned: Owned) -> None:
    """Delete the rows that go, parts before what they belong to; places of work that nothing rests on go too."""
    for table, mark in reversed(list(marked_tables(m.Base.metadata))):
        if mark.rows != Rows.DELETE:
            continue
        own = by_keys(owner_keys(table), owned)
        if "id" in table.columns:
            own = table.c.id.in_(owned[table.name])
        if table.name == m.Letter.__tablename__:
            own = own & (table.c.status != LetterStatus.QUEUED)
        report.remove(mark.title, _run(delete(table).where(own)))
    report.remove("Места работы", _delete_unused_places(owned["employment"]))


def _delete_unused_places(ids: list[int]) -> int:
    place = cast(Table, m.Employment.__table__)
    used = [
        ~select(true()).where(key == place.c.id).exists()
        for table in m.Base.metadata.sorted_tables
        for key in _keys_to(table, place)
    ]
    return _run(delete(place).where(place.c.id.in_(ids), *used))


def _keys_to(table: Table, target: Table) -> list[Column[Any]]:
    return [
        key.parent
        for constraint in table.foreign_key_constraints
        for key in constraint.elements
        if key.column is target.c.id and constraint.ondelete != "CASCADE"
    ]


def _empty_rows(report: Report, person: m.Employee, owned: Owned) -> None:
    """Empty or rename the marked columns of the rows that stay; end what is open by dates."""
    for table, mark in marked_tables(m.Base.metadata):
        ids = owned.get(table.name, ())
        if mark.rows != Rows.KEEP or not ids or table.name == m.AuditEntry.__tablename__:
            continue
        values = {column.name: _new_value(column, person, owned) for column in table.columns if _changes(column)}
        if table.name == m.Employee.__tablename__:
            values |= {"anonymized_at": now(), "version": table.c.version + 1}
        if values:
            _run(update(table).where(table.c.id.in_(ids)).values(values))
        left = db.session.scalar(select(func.count()).select_from(table).where(table.c.id.in_(ids))) or 0
        report.keep(mark.title, left, mark.why)
    place, held = m.Employment, m.Assignment
    mine = place.id.in_(owned["employment"]), employed()
    _run(update(place).where(*mine).values(ended_on=func.greatest(place.started_on, today()), position_since=None))
    live = or_(held.valid_to.is_(None), held.valid_to > today())
    ends = func.greatest(held.valid_from, today())
    _run(update(held).where(held.id.in_(owned["assignment"]), live).values(valid_to=ends))


def _changes(column: Column[Any]) -> bool:
    mark = personal.mark_of(column)
    return mark is not None and mark.anonymise in ("empty", "replace")


def _new_value(column: Column[Any], person: m.Employee, owned: Owned) -> Any:
    mark = personal.mark_of(column)
    if mark is not None and mark.anonymise == "replace":
        # the login must stay one of a kind
        login = "-".join(["removed", *(str(pk) for pk in owned["ab_user"])])
        named = {"last_name": NAME, "first_name": f"№ {person.id}", "username": login}
        return named.get(column.name, _new_name(person))
    if isinstance(column.type, JSONB):
        return {}
    if not column.nullable:
        return cast(Any, column.default).arg
    # the portal's own sentence of why it ended stays
    return case((column == REASON, column), else_=null()) if isinstance(column.type, String) else None


def _close_account(user: m.Account) -> None:
    account = m.Account
    _run(update(account).where(account.id == user.id).values(active=False, session_epoch=account.session_epoch + 1))


def _end_requests(user: m.Account) -> None:
    """Refuse the requests for access that wait."""
    r = m.AccessRequest
    waiting = r.user_id == user.id, r.status == AccessRequestStatus.SUBMITTED
    for pk in db.session.scalars(select(r.id).where(*waiting).order_by(r.id)):
        transitions.follow(r, pk, "reject", reason=REASON)


# --- the journal -----------------------------------------------------------------------------------------------------


def _redact_journal(
    names: mentions.Names, person: m.Employee, user: m.Account | None, owned: Owned, *, only_numbers: bool
) -> int:
    """Actions stay in the journal, the person and the values go. With a namesake, a name alone does not identify an entry."""
    pattern = names.certain if only_numbers else names.pattern
    tables = dict(marked_tables(m.Base.metadata))
    gone = [table.name for table, mark in tables.items() if mark.rows == Rows.DELETE]
    whole = {name: set(owned.get(name, ())) for name in [*gone, "employee", "ab_user"]}
    whole["employee"] |= set(
        db.session.scalars(select(m.EmployeeMerge.gone_id).where(m.EmployeeMerge.kept_id == person.id))
    )
    entry = m.AuditEntry
    # rows deleted long ago are known by the name of their owner in the entry
    deleted = select(entry.object_table, entry.object_id).where(
        entry.object_table.in_(gone),
        entry.object_id.is_not(None),
        sql_cast(entry.changes, Text).regexp_match(pattern, flags="i"),
    )
    for table, pk in db.session.execute(deleted.distinct()).tuples():
        whole[table].add(pk or 0)
    partly = {
        table.name: owned[table.name]
        for table, mark in tables.items()
        if mark.rows == Rows.KEEP and table.name in owned
    }
    partly = {name: ids for name, ids in partly.items() if name not in whole and name != entry.__tablename__}
    hidden = {name: _hidden(m.Base.metadata.tables[name]) for name in partly}
    return audit.redact(audit.Redaction(_new_name(person), pattern, user.id if user else None, whole, partly, hidden))


def _hidden(table: Table) -> list[str]:
    """Columns whose values leave the journal: those that are emptied or searched, and whose the row is."""
    found = [column.name for column in table.columns if (mark := personal.mark_of(column)) and mark.anonymise != "keep"]
    return [*found, "employee", "user"]
