"""Making a person's data nameless after the withdrawal of the consent (152-ФЗ, ст. 21, ч. 5).

What the law orders to keep is kept without the card: issued documents with their own facts, чеки and enrolments (the
region pays for them), the proof that a consent had been given, the journal. Everything else is emptied or deleted.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, cast

from sqlalchemy import CursorResult, delete, func, or_, select, update

from app import audit
from app import models as m
from app.access import unscoped
from app.clock import now, today
from app.conditions import employed
from app.extensions import db
from app.services.enrolment import seats, waiting_list
from app.services.portal import transitions
from app.services.voucher import vouchers
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

#: what stays → why
_PAPERS = "273-ФЗ, ст. 60, 98: выданный документ действителен, сведения о нём хранятся и передаются в ФИС ФРДО"
_MONEY = "402-ФЗ, ст. 29 и п. 3.1 Порядка: отчётность об обучении за счёт бюджета; имени в записях нет"
_PROOF = "152-ФЗ, ст. 9, ч. 3: оператор доказывает, что согласие было получено"
_JOURNAL = "152-ФЗ, ст. 19: учёт действий с персональными данными; записи журнала не меняются"
_ACCOUNT = "на неё ссылается журнал; имени, почты и пароля в ней нет, войти по ней нельзя"


#: the same in short, for the warning before the withdrawal
KEPT_WORDS = (
    "выданные документы об обучении и сведения о них для ФИС ФРДО, записи на курсы и чеки без имени, отметка о том, что согласие "
    "было дано, журнал действий"
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
    """Empty a person's card and what hangs on it, inside the caller's transaction; the caller has asked the right."""
    report = Report()
    with unscoped("a person is made nameless, wherever the data stand"):
        person = transitions.read_fresh(m.Employee, employee_id)
        user = db.session.scalars(select(m.Account).where(m.Account.employee_id == employee_id)).one_or_none()
        _end_rights(employee_id)
        _keep(report, person)
        _empty_work(report, employee_id)
        _delete_records(report, employee_id)
        _delete_traces(report, person, user)
        _empty_card(report, person)
        if user is not None:
            _end_requests(report, user)
            _empty_account(report, user)
        db.session.flush()
    audit.record("employee.anonymised", person)
    return report


def forget_letters() -> int:
    """Delete letters to people made nameless once they have left (the nightly work); return how many."""
    gone = select(m.Account.id).join(m.Employee, m.Employee.id == m.Account.employee_id)
    gone = gone.where(m.Employee.anonymized_at.is_not(None))
    statement = delete(m.Letter).where(m.Letter.user_id.in_(gone), m.Letter.status.in_(LETTER_GONE))
    return _run(statement)


def _run(statement: Any) -> int:
    result = db.session.execute(statement.execution_options(synchronize_session=False))
    return cast("CursorResult[Any]", result).rowcount


def _delete(model: Any, *conditions: Any) -> int:
    return _run(delete(model).where(*conditions))


def _count(model: Any, *conditions: Any) -> int:
    return db.session.scalar(select(func.count()).select_from(model).where(*conditions)) or 0


# --- what is under way -----------------------------------------------------------------------------------------------


def _end_rights(employee_id: int) -> None:
    """End what the person had begun: enrolments, applications, чеки, corrections, transfers."""
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


def _rows(model: Any, employee_id: int, statuses: Iterable[Any]) -> list[Any]:
    found = select(model).where(model.employee_id == employee_id, model.status.in_(list(statuses)))
    return list(db.session.scalars(found.order_by(model.id)))


def _end_enrolment(row: m.Enrolment) -> None:
    """Free the seat and the block; who is being trained is expelled."""
    group = seats.lock_group(row.group_id)
    row = transitions.read_fresh(m.Enrolment, row.id)
    had_seat, block = row.status in SEAT_HOLDING, seats.lock_block(row.block_id)
    trained = group.status == GroupStatus.RUNNING and row.status == EnrolmentStatus.CONFIRMED
    transitions.follow(m.Enrolment, row.id, "expel" if trained else "reject", reason=REASON)
    seats.free_block(block)
    if had_seat and not trained:
        seats.give_back_seats(group.id)
        waiting_list.move_up(group)


# --- what stays ------------------------------------------------------------------------------------------------------


def _keep(report: Report, person: m.Employee) -> None:
    """Count what stays; a document takes with it the facts that ФИС ФРДО asks of its owner."""
    papers = list(db.session.scalars(select(m.Certificate).where(m.Certificate.employee_id == person.id)))
    owner = _owner(person) if papers else {}
    for paper in papers:
        paper.snapshot = {**paper.snapshot, "owner": owner}
    report.keep("Выданные документы об обучении с их данными", len(papers), _PAPERS)
    report.keep("Записи на курсы", _count(m.Enrolment, m.Enrolment.employee_id == person.id), _MONEY)
    report.keep("Именные образовательные чеки", _count(m.Voucher, m.Voucher.employee_id == person.id), _MONEY)
    applications = _count(m.VoucherApplication, m.VoucherApplication.employee_id == person.id)
    report.keep("Заявки на чек", applications, _MONEY)
    report.keep("Отметки о согласиях", _count(m.Consent, m.Consent.employee_id == person.id), _PROOF)
    entry = m.AuditEntry
    about = (entry.object_table == "employee", entry.object_id == person.id)
    report.keep("Записи журнала о карточке", _count(entry, *about), _JOURNAL)
    note = m.VoucherApplication
    _run(update(note).where(note.employee_id == person.id).values(on_behalf_note=None))


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


# --- what goes -------------------------------------------------------------------------------------------------------


def _empty_work(report: Report, employee_id: int) -> None:
    """Places of work stay only under enrolments and applications, ended today; they hold no name."""
    place = m.Employment
    mine = place.employee_id == employee_id
    used = [
        select(table.employment_id).where(table.employee_id == employee_id)
        for table in (m.Enrolment, m.VoucherApplication, m.Transfer)
    ]
    moved = select(m.Transfer.new_employment_id).where(
        m.Transfer.employee_id == employee_id, m.Transfer.new_employment_id.is_not(None)
    )
    unused = [place.id.not_in(ids) for ids in (*used, moved)]
    report.remove("Места работы", _delete(place, mine, *unused))
    ends = func.greatest(place.started_on, today())
    _run(update(place).where(mine, employed()).values(ended_on=ends, activity=None, position_since=None))
    report.keep("Места работы, на которые ссылаются записи и заявки", _count(place, mine), _MONEY)


def _delete_records(report: Report, employee_id: int) -> None:
    file, scans = m.StoredFile, select(m.Training.scan_id).where(m.Training.employee_id == employee_id)
    report.remove("Сканы документов об обучении", _run(update(file).where(file.id.in_(scans)).values(expires_at=now())))
    for what, model in (
        ("Документы об образовании", m.Qualification),
        ("Сведения об аттестации", m.Attestation),
        ("Обучение вне портала", m.Training),
        ("Прежние фамилии", m.FormerName),
        ("Исправления карточки", m.ChangeRequest),
    ):
        report.remove(what, _delete(model, cast(Any, model).employee_id == employee_id))


def _delete_traces(report: Report, person: m.Employee, user: m.Account | None) -> None:
    """Registrations, notices, letters that have left, copies of merged cards, names in transfers."""
    user_id = user.id if user else 0
    notice, letter, form = m.Notice, m.Letter, m.Registration
    forms = or_(form.employee_id == person.id, form.user_id == user_id)
    report.remove("Заявки на регистрацию", _delete(form, forms))
    report.remove("Извещения", _delete(notice, or_(notice.employee_id == person.id, notice.user_id == user_id)))
    addresses = [address for address in (person.email, user.email if user else None) if address]
    to = or_(letter.user_id == user_id, letter.recipient.in_(addresses))
    report.remove("Отправленные письма", _delete(letter, to, letter.status != LetterStatus.QUEUED))
    _run(update(m.Transfer).where(m.Transfer.employee_id == person.id).values(person_name=_new_name(person)))
    merged = m.EmployeeMerge
    report.remove(
        "Копии объединённых карточек", _run(update(merged).where(merged.kept_id == person.id).values(gone={}))
    )


def _new_name(person: m.Employee) -> str:
    return f"{NAME} № {person.id}"


def _empty_card(report: Report, person: m.Employee) -> None:
    person.last_name, person.first_name, person.patronymic = NAME, f"№ {person.id}", None
    for name in (
        "snils birth_date sex email phone name_genitive name_dative name_accusative teaching_since working_since degree awards confirmed_actual_at"
    ).split():
        setattr(person, name, None)
    person.citizenship = "643"
    person.anonymized_at = now()
    report.remove("Имя, СНИЛС, дата рождения, почта, телефон и другие сведения карточки", 1)


def _end_requests(report: Report, user: m.Account) -> None:
    """Refuse the requests for access that wait; the scans of the orders go with the next night."""
    r, file = m.AccessRequest, m.StoredFile
    for pk in db.session.scalars(
        select(r.id).where(r.user_id == user.id, r.status == AccessRequestStatus.SUBMITTED).order_by(r.id)
    ):
        transitions.follow(r, pk, "reject", reason=REASON)
    owned = file.owner_id == user.id, file.object_table == r.__tablename__
    gone = _run(update(file).where(*owned).values(expires_at=now()))
    report.remove("Сканы распорядительных документов", gone)


def _empty_account(report: Report, user: m.Account) -> None:
    user.username, user.email = f"removed-{user.id}", None
    user.last_name, user.first_name, user.patronymic = NAME, f"№ {user.employee_id}", None
    user.password, user.active, user.totp_secret, user.totp_since = None, False, None, None
    user.session_epoch += 1
    for model in (m.PasswordHistory, m.RecoveryCode, m.OneTimeLink, m.LetterRefusal):
        _delete(model, cast(Any, model).user_id == user.id)
    held = m.Assignment
    ends = func.greatest(held.valid_from, today())
    live = or_(held.valid_to.is_(None), held.valid_to > today())
    report.remove("Роли в портале", _run(update(held).where(held.user_id == user.id, live).values(valid_to=ends)))
    report.keep("Учётная запись", 1, _ACCOUNT)
