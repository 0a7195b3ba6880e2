"""The whole story of a voucher (чек): its owner, what each block paid for, what may still be done, what happened to it.

Everything is read within the scope of the acting user, in a number of statements that does not grow with the voucher. The
one step past the scope is the journal of rows that the user sees already.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import joinedload, selectinload

from app import models as m
from app import shown
from app.access import unscoped
from app.acts import action_label
from app.clock import local, today
from app.conditions import block_state, is_in_force, state_of
from app.extensions import db
from app.labels import label_of
from app.rules.document import main_document
from app.russian import NBSP, count, format_date, plural, quoted
from app.services.personnel.cards.card import EMPLOYMENT
from app.statuses import BLOCK_HOLDING, BlockStatus, VoucherStatus

#: entries of the journal that are told
MOST_EVENTS = 60
#: names under which the journal of a replacement keeps its facts
IN_PLACE_OF, REPLACED_BY = "Взамен чека", "Заменён чеком"


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """What a block is spent on: an enrolment of the portal, or a training before it (then without a group)."""

    program: str
    organizer: str
    hours: int | None
    starts_on: dt.date | None
    ends_on: dt.date | None
    state: str
    result: str = ""
    group_id: int | None = None
    group: str = ""
    enrolment_id: int | None = None
    certificate_id: int | None = None
    certificate: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockStory:
    """A block: ``hours`` in words, ``course`` when it is known and visible, ``advice`` what is or may be done with it."""

    title: str
    hours: str
    status: BlockStatus
    advice: str
    course: Course | None


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened: when (None: only the ``day`` is known), by whom, in words."""

    words: str
    at: dt.datetime | None
    day: dt.date
    who: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class VoucherStory:
    """The facts of a чек; ``former`` and ``replacement`` are its neighbours in a chain of replacements, if visible."""

    voucher: m.Voucher
    full_name: str
    snils: str
    organization: str
    position: str
    subjects: str
    blocks: Sequence[BlockStory]
    events: Sequence[Event]
    former: m.Voucher | None
    replacement: m.Voucher | None

    @property
    def state(self) -> VoucherStatus:
        """State by today's date."""
        found: VoucherStatus = state_of(self.voucher)
        return found

    @property
    def time_left(self) -> str:
        """«осталось 45 дней», «сегодня последний день»; empty once the чек has ended."""
        if not is_in_force(self.voucher):
            return "срок закончился" if self.voucher.status == VoucherStatus.ACTIVE else ""
        days = (self.voucher.valid_until - today()).days
        if days == 0:
            return "сегодня последний день"
        return (
            f"{'остался' if days % 10 == 1 and days % 100 != 11 else 'осталось'} {count(days, 'день', 'дня', 'дней')}"
        )


def tell(voucher: m.Voucher) -> VoucherStory:
    """Tell the story of a чек that the caller has loaded within the actor's scope."""
    person, place = voucher.employee, _place(voucher)
    blocks = _blocks(voucher.id)
    enrolments = _enrolments([block.id for block in blocks])
    holding = {e.block_id: e for e in enrolments if e.status in BLOCK_HOLDING}
    former, replacement, first = *_neighbours(voucher), _first_to_choose(voucher, blocks)
    return VoucherStory(
        voucher=voucher,
        full_name=person.full_name if person else "",
        snils=shown.end("snils", person.snils if person else None),
        organization=place.organization.short_name if place and place.organization else "",
        position=place.position.name if place else "",
        subjects=", ".join(subject.name for subject in place.subjects) if place else "",
        blocks=[_block(block, voucher, holding.get(block.id), first) for block in blocks],
        events=_events(voucher, blocks, enrolments),
        former=former,
        replacement=replacement,
    )


# --- rows ------------------------------------------------------------------------------------------------------------


def _place(voucher: m.Voucher) -> m.Employment | None:
    """The place of work of the application; a чек in place of another rests on the application of the first one."""
    table, first = m.Voucher, m.Voucher.__table__.alias("first")
    chain = select(table.id, table.application_id).where(table.id == voucher.id).cte("chain", recursive=True)
    chain = chain.union(select(first.c.id, first.c.application_id).where(first.c.replaced_by_id == chain.c.id))
    statement = (
        select(m.Employment)
        .join(m.VoucherApplication, m.VoucherApplication.employment_id == m.Employment.id)
        .where(m.VoucherApplication.id.in_(select(chain.c.application_id)))
        .options(*EMPLOYMENT)
        .limit(1)
    )
    found: m.Employment | None = db.session.scalars(statement).one_or_none()
    return found


def _blocks(voucher_id: int) -> list[m.VoucherBlock]:
    statement = select(m.VoucherBlock).where(m.VoucherBlock.voucher_id == voucher_id)
    ordered = statement.order_by(m.VoucherBlock.ordering, m.VoucherBlock.id)
    return list(db.session.scalars(ordered.options(joinedload(m.VoucherBlock.training))))


def _enrolments(block_ids: Sequence[int]) -> list[m.Enrolment]:
    """All enrolments that the blocks have ever paid for, as far as they are visible."""
    if not block_ids:
        return []
    group = joinedload(m.Enrolment.group)
    statement = (
        select(m.Enrolment)
        .where(m.Enrolment.block_id.in_(block_ids))
        .options(
            group.joinedload(m.TrainingGroup.program),
            group.joinedload(m.TrainingGroup.organizer),
            selectinload(m.Enrolment.certificates),
        )
        .order_by(m.Enrolment.id)
    )
    return list(db.session.scalars(statement))


def _neighbours(voucher: m.Voucher) -> tuple[m.Voucher | None, m.Voucher | None]:
    """The чек in place of which this one was given, and the one given in its place."""
    table = m.Voucher
    statement = select(table).where(or_(table.replaced_by_id == voucher.id, table.id == voucher.replaced_by_id))
    found = list(db.session.scalars(statement))
    former = next((v for v in found if v.replaced_by_id == voucher.id), None)
    return former, next((v for v in found if v.id == voucher.replaced_by_id), None)


# --- blocks ----------------------------------------------------------------------------------------------------------


def hours_of(block: m.VoucherBlock) -> str:
    """«16–36 часов», «18 часов»."""
    most = count(block.hours_max, "час", "часа", "часов")
    return most if block.hours_min == block.hours_max else f"{block.hours_min}–{most}"


def _first_to_choose(voucher: m.Voucher, blocks: Sequence[m.VoucherBlock]) -> m.VoucherBlock | None:
    """The required block that is still free: until it is chosen the others pay for nothing (``rules.enrolment.in_order``)."""
    required = {block.code for block in voucher.rule.blocks if block.required}
    return next((block for block in blocks if block.code in required and block.status == BlockStatus.FREE), None)


def _block(
    block: m.VoucherBlock, voucher: m.Voucher, enrolment: m.Enrolment | None, first: m.VoucherBlock | None
) -> BlockStory:
    course = _course(enrolment) if enrolment else _course_before(block.training) if block.training else None
    status = block_state(block, voucher)
    advice = _ADVICE.get(status, "")
    if status == BlockStatus.FREE:
        advice = _advice_of_free(block, voucher, first)
    elif course is None and status == BlockStatus.RESERVED:
        advice = "Занят записью на курс другого организатора."
    elif course is None and status == BlockStatus.USED:
        advice = "Использован до портала, программа не указана." if voucher.imported else "Использован на другом курсе."
    return BlockStory(title=block.title, hours=hours_of(block), status=status, advice=advice, course=course)


_ADVICE: Mapping[BlockStatus, str] = {
    BlockStatus.RESERVED: "Если запись отклонят или отзовут, блок снова станет свободным.",
    BlockStatus.LAPSED: "Блок не использован до окончания чека, записаться по нему уже нельзя.",
}


def _advice_of_free(block: m.VoucherBlock, voucher: m.Voucher, first: m.VoucherBlock | None) -> str:
    if not is_in_force(voucher):
        return "Срок чека закончился: записаться по этому блоку уже нельзя."
    if first is not None and first is not block:
        return f"Сначала выберите курс по обязательному блоку {quoted(first.title)}: потом откроется и этот."
    until = format_date(voucher.valid_until)
    return (
        f"Можно записаться на программу, которую оплачивает {block.kind.label}, объёмом {_from_to(block)}; занятия должны "
        f"начаться не позже {until}."
    )


def _from_to(block: m.VoucherBlock) -> str:
    """«от 16 до 36 часов», which breaks between its words."""
    most = f"{block.hours_max}{NBSP}{plural(block.hours_max, 'часа', 'часов', 'часов')}"
    return f"от {block.hours_min} до {most}" if block.hours_min != block.hours_max else most


def _course(enrolment: m.Enrolment) -> Course | None:
    group = enrolment.group
    if group is None or group.program is None:
        return None
    issued = main_document(enrolment.certificates)
    parts = [part for part in (enrolment.final_form, enrolment.final_mark) if part]
    if enrolment.result_on:
        parts.append(format_date(enrolment.result_on))
    return Course(
        program=group.program.title,
        organizer=group.organizer.short_name if group.organizer else "",
        hours=group.program.hours,
        starts_on=group.starts_on,
        ends_on=group.ends_on,
        state=state_of(enrolment).label,
        result=", ".join(parts),
        group_id=group.id,
        group=group.number,
        enrolment_id=enrolment.id,
        certificate_id=issued.id if issued else None,
        certificate=issued.number if issued else "",
    )


def _course_before(training: m.Training) -> Course:
    return Course(
        program=training.title,
        organizer=training.institution,
        hours=training.hours,
        starts_on=training.started_on,
        ends_on=training.ended_on,
        state="Обучение до портала",
        certificate=training.document_number or "",
    )


# --- the journal in words --------------------------------------------------------------------------------------------

_VOUCHER_WORDS: Mapping[str, str] = {
    "voucher.issued": "Чек выдан",
    "voucher.imported": "Чек, выданный до портала, загружен из Excel",
    "voucher.replace": "Чек заменён другим",
    "voucher.annul": "Чек аннулирован",
    "voucher.use": "Чек использован полностью",
    "voucher.expire": "Срок чека закончился",
    "voucher.printed": "Чек напечатан",
    "voucher.reminded": "Отправлено напоминание об окончании срока",
}
_BLOCK_WORDS: Mapping[str, str] = {
    "voucher_block.reserve": "зарезервирован",
    "voucher_block.release": "снова свободен",
    "voucher_block.spend": "использован",
    "voucher_block.lapse": "сгорел",
}
_ENROLMENT_WORDS: Mapping[str, str] = {
    "enrolment.created": "подана",
    "enrolment.agree": "согласована организацией",
    "enrolment.confirm": "подтверждена организатором",
    "enrolment.reject": "отклонена",
    "enrolment.withdraw": "отозвана",
    "enrolment.offer": "место предложено",
    "enrolment.accept": "предложенное место занято",
    "enrolment.promote": "переведена из листа ожидания",
    "enrolment.let_pass": "предложенное место не занято в срок",
    "enrolment.record_trained": "обучен, аттестован",
    "enrolment.record_failed": "не аттестован",
    "enrolment.record_no_show": "не приступил",
    "enrolment.expel": "отчислен",
}


def _events(voucher: m.Voucher, blocks: Sequence[m.VoucherBlock], enrolments: Sequence[m.Enrolment]) -> list[Event]:
    """The journal of the чек, of its blocks and of their enrolments, the latest first; it always ends with the issue."""
    entries = _entries(voucher.id, [b.id for b in blocks], [e.id for e in enrolments])
    titles = {block.id: block.title for block in blocks}
    numbers = {e.id: e.group.number for e in enrolments if e.group is not None}
    events = [_event(entry, titles, numbers) for entry in entries]
    if not any(entry.action == "voucher.issued" for entry in entries):
        words = "Чек выдан до портала" if voucher.imported else "Чек выдан"
        events.append(Event(words, None, voucher.issued_on))
    return events


def _entries(voucher_id: int, block_ids: Sequence[int], enrolment_ids: Sequence[int]) -> list[m.AuditEntry]:
    entry = m.AuditEntry
    about = (("voucher", [voucher_id]), ("voucher_block", block_ids), ("enrolment", enrolment_ids))
    named = [and_(entry.object_table == table, entry.object_id.in_(ids)) for table, ids in about if ids]
    statement = select(entry).where(or_(*named)).order_by(entry.id.desc()).limit(MOST_EVENTS)
    with unscoped("the journal of a чек, its blocks and enrolments that the actor sees"):
        return list(db.session.scalars(statement))


def _event(entry: m.AuditEntry, titles: Mapping[int, str], numbers: Mapping[int, str]) -> Event:
    of = entry.object_id or 0
    if entry.action in _BLOCK_WORDS:
        words = f"{titles.get(of, 'Блок чека')} {_BLOCK_WORDS[entry.action]}"
    elif entry.action in _ENROLMENT_WORDS:
        words = f"Запись в группу {numbers[of]}: " if of in numbers else "Запись на курс: "
        words += _ENROLMENT_WORDS[entry.action]
    else:
        words = _VOUCHER_WORDS.get(entry.action) or action_label(entry.action)
    return Event(words, local(entry.at), local(entry.at).date(), entry.user_name, _detail(entry))


def _detail(entry: m.AuditEntry) -> str:
    """What the journal adds to the words of an event: the reason, the чек replaced."""
    told = (label_of(entry.object_table, "reason_text"), IN_PLACE_OF, REPLACED_BY)
    found: Iterable[tuple[str, str]] = ((name, entry.changes[name][1]) for name in told if name in entry.changes)
    return "; ".join(f"{name[:1].lower()}{name[1:]}: {value}" for name, value in found if value)
