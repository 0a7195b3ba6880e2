"""Corrections that a person proposes to the card; the responsible compares «было – станет» and decides (order § 2.8)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import case, select

from app import addresses
from app import models as m
from app.access import current_actor, get_visible, get_writable, unscoped
from app.audit import record
from app.clock import now, today
from app.conditions import employed, is_employed
from app.errors import Conflict, Forbidden, Invalid, NotFound
from app.extensions import db
from app.labels import label_of
from app.russian import format_date
from app.services.mailing import letters
from app.services.personnel.cards import surnames
from app.services.personnel.cards.correctable import CARD, PLACE, SUBJECTS, Subject, in_words, read, stored
from app.services.personnel.employers import responsible
from app.services.portal import calendar, files, records, transitions
from app.statuses import ChangeStatus
from app.unit_of_work import use_case

#: what a person may correct in the own card
FIELDS = SUBJECTS[CARD].fields
#: what changed must be in the portal within so many working days (order § 2.8), unless the setting says otherwise
TERM_DAYS = 10
_COMMENT_LENGTH = 1000


@dataclass(frozen=True, slots=True)
class Line:
    """One field of a correction in words; ``stale``: the card holds neither the old nor the new value any more.

    ``accepted``: what was decided about it; None while nothing is, and after a refusal of all.
    """

    field: str
    label: str
    was: str
    becomes: str
    now: str
    stale: bool = False
    accepted: bool | None = None


def term_days() -> int:
    """Working days within which a change must be in the portal."""
    value = db.session.scalar(select(m.Setting.value).where(m.Setting.key == "change_days"))
    return int(value) if value and value.isdecimal() and 0 < int(value) < 100 else TERM_DAYS


def live_of(employee_id: int) -> list[m.ChangeRequest]:
    """Return the person's corrections that wait for a decision, the oldest first: one for each record of the card at most."""
    row = m.ChangeRequest
    statement = select(row).where(row.employee_id == employee_id, row.status == ChangeStatus.PROPOSED).order_by(row.id)
    return list(db.session.scalars(statement))


def latest_of(employee_id: int, *, most: int) -> list[m.ChangeRequest]:
    """Return the person's corrections, those that wait first, then the latest."""
    row = m.ChangeRequest
    waits_first = case((row.status == ChangeStatus.PROPOSED, 0), else_=1)
    statement = select(row).where(row.employee_id == employee_id).order_by(waits_first, row.id.desc()).limit(most)
    return list(db.session.scalars(statement))


def decided_labels(row: m.ChangeRequest) -> tuple[str, str]:
    """Return the fields of a decided correction that were written, and those that were not; both empty while it waits."""
    if row.status not in (ChangeStatus.ACCEPTED, ChangeStatus.PARTLY, ChangeStatus.DECLINED):
        return "", ""
    names = _proposed(row)
    written = [name for name in names if name in (row.accepted or ())]
    return ", ".join(_labels(row, written)), ", ".join(_labels(row, [name for name in names if name not in written]))


def current_words(row: Any, name: str) -> str:
    """What a row to be corrected holds now, in the words of the comparison."""
    return in_words(SUBJECTS[row.__tablename__], name, stored(getattr(row, name, None)))


def find_live(employee_id: int, table: str = CARD, row_id: int | None = None) -> m.ChangeRequest | None:
    """Return the person's correction of one record (``row_id`` None: of the card, or of a new record) that waits, or None."""
    live = live_of(employee_id)
    return next((row for row in live if (row.subject_table, row.subject_id) == (table, row_id)), None)


def deciders(table: str, row: Any) -> list[str]:
    """Return the names of the organizations whose responsible people decide about a correction of the acting user's record."""
    ids = [row.organization_id] if table == PLACE else employers(own_card().id)
    name = m.Organization.short_name
    return list(db.session.scalars(select(name).where(m.Organization.id.in_(ids)).order_by(name)))


def deciders_of(row: m.ChangeRequest) -> list[str]:
    """Return the names of the organizations whose responsible people may decide about a correction, beside the operator."""
    asked = row.changes.get("organization")
    ids = [int(asked[0])] if asked else employers(row.employee_id)
    return [responsible.organization_name(pk) for pk in ids if responsible.of_organization(pk, but=row.employee_id)]


def subject_of(row: m.ChangeRequest) -> Subject:
    """Return what kind of row a correction is about."""
    return SUBJECTS[row.subject_table]


def labels_of(row: m.ChangeRequest) -> list[str]:
    """Return the names of the fields to be corrected, in the order of the card."""
    return _labels(row, row.changes)


def _proposed(row: m.ChangeRequest) -> list[str]:
    """Names of the fields to be corrected; what else the changes hold is the organization that decides."""
    return [name for name in subject_of(row).fields if name in row.changes]


def _labels(row: m.ChangeRequest, names: Collection[str]) -> list[str]:
    subject = subject_of(row)
    return [label_of(subject.table, name) for name in subject.fields if name in names]


def about(row: m.ChangeRequest) -> str:
    """«карточка», «новая запись об образовании», «место работы: учитель, школа № 5»: what is corrected, in words."""
    subject = subject_of(row)
    if subject.table == PLACE:
        place = _target(row)
        return f"{subject.title}: {place_name(place)}" if place is not None else f"{subject.title} (удалено)"
    if row.subject_id is None or subject.table == CARD:
        return subject.new
    return f"{subject.title} № {row.subject_id}"


def place_name(place: m.Employment) -> str:
    """«учитель, школа № 5»."""
    return f"{place.position}, {responsible.organization_name(place.organization_id)}"


def own_card() -> m.Employee:
    """Return the acting user's own card; raises NotFound for a user without one."""
    pk = current_actor().employee_id
    if pk is None:
        raise NotFound("У вашей учётной записи нет карточки работника, исправлять нечего.")
    return get_visible(db.session, m.Employee, pk, "employee:show")


# --- the person ------------------------------------------------------------------------------------------------------


@use_case
def propose(
    values: Mapping[str, Any],
    *,
    table: str = CARD,
    row_id: int | None = None,
    comment: str | None = None,
    scan: tuple[str, bytes] | None = None,
) -> m.ChangeRequest:
    """Propose values for the acting user's card, a place of work, or a diploma or an attestation (``row_id``; None: a new one).

    They are checked as the responsible's form would check them; ``scan``: name and bytes of the proof. Raises Invalid by field,
    also when nothing differs, and for a place of work without ``comment``; NotFound for another's row; Conflict while another
    correction waits, or for a place of work that is over.
    """
    current_actor().require("change_request:add")
    person, subject = own_card(), SUBJECTS[table]
    wrong = set(values) - set(subject.fields)
    if wrong:
        raise ValueError(f"a person does not correct: {', '.join(sorted(wrong))}")
    row = own_row(table, row_id)
    given = values if row is not None else {"employee": person, **values}
    checked = records.check(subject.model, given, row)
    pairs = {name: [stored(getattr(row, name, None)), stored(checked[name])] for name in values}
    changes = {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}
    if not changes:
        raise Invalid("Вы ничего не изменили. Исправьте нужные поля и отправьте снова.")
    if table == PLACE:
        changes |= _asked_of(row, comment)
    _refuse_second(person.id, table, row_id)
    made = m.ChangeRequest(
        employee_id=person.id,
        subject_table=table,
        subject_id=row_id,
        changes=changes,
        comment=(comment or "").strip()[:_COMMENT_LENGTH] or None,
        due_on=calendar.due_date(today(), term_days()),
        created_by_id=current_actor().user_id,
    )
    db.session.add(made)
    db.session.flush()
    if scan is not None:
        made.scan = files.keep_scan(*scan, table=m.ChangeRequest.__tablename__)
        db.session.flush()
        made.scan.object_id = made.id
    record("change_request.created", made, dict.fromkeys(labels_of(made), ("", "предложено")))
    _tell_responsible(person, made)
    return made


def own_row(table: str, row_id: int | None) -> Any:
    """The acting user's row to be corrected, None for a new one; raises NotFound for a row of another person."""
    person = own_card()
    if table == CARD:
        return person
    unknown = NotFound("Такой записи нет или она вам не видна.")
    if row_id is None:
        if not SUBJECTS[table].new:
            raise unknown
        return None
    row: Any = get_visible(db.session, SUBJECTS[table].model, row_id, f"{table}:show")
    if row.employee_id != person.id:
        raise unknown
    return row


def _asked_of(place: m.Employment, comment: str | None) -> dict[str, Any]:
    """The organization that decides about a place of work, as the changes keep it; refuses what is over or has no words why."""
    if not is_employed(place):
        raise Conflict(f"{_over(place)} Исправить можно только действующее место работы.")
    if not (comment or "").strip():
        sentence = "Напишите, почему: например, номер и дату приказа."
        raise Invalid(sentence, fields={"comment": [sentence]})
    asked = str(place.organization_id)
    return {"organization": [asked, asked]}


def _over(place: m.Employment) -> str:
    return f"Это место работы закрыто{f' {format_date(place.ended_on)}' if place.ended_on else ''}."


def _refuse_second(employee_id: int, table: str, row_id: int | None) -> None:
    """Two clicks of one moment wait here, so that the second one reads a sentence and not a broken constraint."""
    person: Any = m.Employee.__table__
    db.session.execute(select(person.c.id).where(person.c.id == employee_id).with_for_update(key_share=True))
    if find_live(employee_id, table, row_id) is not None:
        raise Conflict("Ваше прежнее исправление этих сведений ещё не рассмотрено. Дождитесь решения или отзовите его.")


def _tell_responsible(person: m.Employee, row: m.ChangeRequest) -> None:
    labels = ", ".join(labels_of(row)).lower()
    due = format_date(row.due_on) if row.due_on else ""
    record = "" if row.subject_table == CARD else about(row)
    facts = {"работник": person.full_name, "запись": record, "поля": labels, "срок": due}
    asked = row.changes.get("organization")
    for organization_id in [int(asked[0])] if asked else employers(person.id):
        told = responsible.of_organization(organization_id, but=person.id)
        letters.tell_users(told, "change_proposed", facts=facts, href=addresses.card("change_request", row.id))


def employers(employee_id: int) -> list[int]:
    """Ids of the organizations where a person works now."""
    place = m.Employment
    with unscoped("who answers for the person's card"):
        statement = select(place.organization_id).where(place.employee_id == employee_id, employed())
        return list(db.session.scalars(statement.distinct().order_by(place.organization_id)))


@transitions.performs(m.ChangeRequest, "withdraw")
@use_case
def withdraw(pk: int) -> m.ChangeRequest:
    """Withdraw the acting user's correction."""
    row = get_writable(db.session, m.ChangeRequest, pk, "change_request:withdraw")
    if row.employee_id != current_actor().employee_id:
        raise Forbidden("Отозвать исправление может только тот, кто его предложил.")
    return transitions.move(m.ChangeRequest, pk, "withdraw", **_decided())


# --- the responsible -------------------------------------------------------------------------------------------------


@transitions.performs(m.ChangeRequest, "accept")
@use_case
def accept(
    pk: int,
    *,
    fields: Collection[str] | None = None,
    surname: surnames.Surname | None = None,
    reason: str | None = None,
) -> m.ChangeRequest:
    """Write a correction: all of it, or only the chosen ``fields``, then with the ``reason`` why not the rest.

    The person is told which. Raises Invalid without that reason, Conflict, with nothing written, when a chosen field has
    changed since the proposal or the place of work is over or moved. A place of work needs a new confirmation exactly when an
    edit by the responsible needs one.
    """
    row = get_writable(db.session, m.ChangeRequest, pk, "change_request:accept")
    person = get_writable(db.session, m.Employee, row.employee_id, "employee:edit")
    if row.employee_id == current_actor().employee_id and not current_actor().can("employment:confirm"):
        raise Forbidden("Своё исправление вносит другой ответственный или оператор.")
    chosen = [name for name in _proposed(row) if fields is None or name in fields]
    left = [name for name in _proposed(row) if name not in chosen]
    if not chosen:
        raise Invalid("Отметьте хотя бы одно поле или отклоните исправление с причиной.")
    if left and not (reason or "").strip():
        raise Invalid(f"Напишите, почему не вносится: {', '.join(_labels(row, left)).lower()}. Работник прочитает это.")
    _insist_place(row)
    action = "accept_partly" if left else "accept"
    moved = transitions.follow(m.ChangeRequest, pk, action, reason=reason if left else None, **_decided())
    stale = [line.label for line in lines(moved, waits=True) if line.field in chosen and line.stale]
    if stale:
        raise Conflict(
            f"Пока исправление ждало, карточку изменили: {', '.join(stale)}. Ничего не записано. Посмотрите столбец «Сейчас в карточке», "
            "снимите отметку с этих полей или отклоните исправление."
        )
    moved.accepted = chosen
    db.session.flush()
    given = surname or surnames.Surname(reason=row.comment)
    with surnames.changing(given.until, given.reason, misprint=given.misprint):
        _write(moved, person, chosen)
    if left:
        parts = {"Внесено": chosen, "Не внесено": left}
        record(
            "change_request.written",
            moved,
            {word: ("", ", ".join(_labels(moved, names))) for word, names in parts.items()},
        )
    _tell_decision(person, moved, chosen)
    return moved


def _write(row: m.ChangeRequest, person: m.Employee, chosen: Sequence[str]) -> None:
    subject = subject_of(row)
    values = {name: read(subject, name, row.changes[name][1]) for name in chosen}
    gone = [name for name in chosen if stored(values[name]) != row.changes[name][1]]
    if gone:
        raise Conflict(f"Этого больше нет в справочнике: {', '.join(_labels(row, gone))}. Снимите отметку с поля.")
    target = _target(row)
    if target is not None:
        records.update(target, values)
        return
    if row.subject_id is not None:
        raise Conflict("Запись, которую просят исправить, уже удалена. Отклоните исправление с причиной.")
    missing = [name for name in subject.required if name not in chosen]
    if missing:
        labels = ", ".join(f"«{label_of(subject.table, name)}»" for name in missing)
        raise Invalid(f"Без полей {labels} новую запись не создать: отметьте их или отклоните исправление.")
    records.create(subject.model, {"employee": person, **values})


def _insist_place(row: m.ChangeRequest) -> None:
    """Raise Conflict for a place of work that is over, or in another organization than the one that was asked."""
    place = _target(row) if row.subject_table == PLACE else None
    if place is None:
        return
    rest = "Отклоните исправление с причиной."
    if not is_employed(place):
        raise Conflict(f"{_over(place)} {rest}")
    if stored(place.organization_id) != row.changes["organization"][0]:
        raise Conflict(f"Это место работы теперь в другой организации. {rest}")


def _target(row: m.ChangeRequest) -> Any:
    """The row that is corrected, as the actor sees it; None for a new one or for one that is gone."""
    subject = subject_of(row)
    if subject.table == CARD:
        return row.employee
    if row.subject_id is None:
        return None
    with unscoped("the row of a correction that the actor sees"):
        found = db.session.get(subject.model, row.subject_id)
    return found if found is not None and found.employee_id == row.employee_id else None


@transitions.performs(m.ChangeRequest, "decline")
@use_case
def decline(pk: int, reason: str) -> m.ChangeRequest:
    """Refuse a correction with a reason that the person reads."""
    row = transitions.move(m.ChangeRequest, pk, "decline", reason=reason, **_decided())
    letters.tell(
        row.employee,
        transitions.letter_of(m.ChangeRequest, "decline"),
        about=row,
        href=addresses.card("change_request", row.id),
    )
    return row


def _decided() -> dict[str, Any]:
    return {"decided_at": now(), "decided_by_id": current_actor().user_id}


def _tell_decision(person: m.Employee, row: m.ChangeRequest, chosen: Sequence[str]) -> None:
    left = [name for name in _proposed(row) if name not in chosen]
    facts = {"внесено": ", ".join(_labels(row, chosen)).lower(), "кто": current_actor().name}
    kind = transitions.letter_of(m.ChangeRequest, "accept_partly" if left else "accept")
    if left:
        facts |= {"не_внесено": ", ".join(_labels(row, left)).lower(), "причина": row.reason_text or ""}
    letters.tell(person, kind, about=row, facts=facts, href=addresses.card("change_request", row.id))


# --- was, becomes ----------------------------------------------------------------------------------------------------


def lines(row: m.ChangeRequest, *, waits: bool | None = None) -> list[Line]:
    """Fields of a correction in words, beside what the card holds now."""
    subject, target = subject_of(row), _target(row)
    still = row.status == ChangeStatus.PROPOSED if waits is None else waits
    found = []
    for name in _proposed(row):
        was, becomes = row.changes[name]
        current = stored(getattr(target, name, None))
        found.append(
            Line(
                name,
                label_of(subject.table, name),
                in_words(subject, name, was),
                in_words(subject, name, becomes),
                in_words(subject, name, current),
                stale=still and current != was,
                accepted=None if row.accepted is None else name in row.accepted,
            )
        )
    return found
