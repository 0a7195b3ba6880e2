"""How a course looks: the card in the catalogue, the page of a group."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from app import addresses, shown
from app import models as m
from app.access import current_actor
from app.clock import local, today
from app.rules.enrolment import Room
from app.rules.suitability import Targets
from app.russian import count, format_date, period
from app.services.courses.enrolment.catalogue import Details, Group, Offer
from app.services.courses.enrolment.catalogue_sql import Seeker
from app.text import sort_key
from app.web.courses.own_enrolment import join_button
from app.web.frame.pages import Block, Button, Cell, Column, Pair, Row

#: words of a municipality's name that say only of which kind it is
_KINDS = frozenset({"городской", "округ", "муниципальный", "район"})
#: roles that see no program of another organizer inside the portal
_NO_PROGRAMS = frozenset({"organizer", "observer", "admin"})
_DIALLED = frozenset("+0123456789")
_WHOLE_NUMBER = re.compile(r"\+7[0-9]{10}")


@dataclass(frozen=True, slots=True)
class OfferCard:
    """A course of the catalogue as it is drawn; ``reason``: why it suits or not, or the person's enrolment."""

    title: str
    href: str
    seats: Cell
    facts: Sequence[str]
    reason: Cell | None = None
    buttons: Sequence[Button] = ()


def card(offer: Offer, seeker: Seeker | None) -> OfferCard:
    """Return the card of an offer for a person, or for nobody."""
    return OfferCard(
        title=offer.title,
        href=_href(offer, seeker),
        seats=seats(offer.group),
        facts=list(_facts(offer)),
        reason=reason(offer, seeker),
        buttons=buttons(offer, seeker),
    )


def _href(offer: Offer, seeker: Seeker | None) -> str:
    if offer.group is not None:
        return group_href(offer.group.id, seeker)
    return addresses.card("program", offer.program_id) if current_actor().roles - _NO_PROGRAMS else ""


def group_href(group_id: int, seeker: Seeker | None) -> str:
    """Where a group's page is; it stays with the person for whom a course is looked for."""
    other: dict[str, Any] = {"employee": seeker.employee_id} if seeker is not None and seeker.name else {}
    return addresses.at("courses", group_id, **other)


def seats(group: Group | None) -> Cell:
    """The seats of a group in words."""
    if group is None:
        return Cell("нет открытой группы", tone="grey")
    if group.room.free > 0:
        return Cell(seats_left(group.room), tone="ok")
    return Cell(f"мест {'по квоте ' if group.room.limit else ''}нет, можно встать в лист ожидания", tone="wait")


def seats_left(room: Room) -> str:
    """«свободно 3 из 5», or what the quota leaves of them."""
    limit = room.limit
    return f"по квоте свободно {room.free} из {limit.seats}" if limit else f"свободно {room.free} из {room.capacity}"


def _facts(offer: Offer) -> Iterator[str]:
    group = offer.group
    yield offer.organizer
    if group is not None:
        yield f"группа {group.number}"
        yield period(group.starts_on, group.ends_on)
        yield _place(group)
    yield f"{count(offer.hours, 'час', 'часа', 'часов')}, {form(offer)}"
    yield paid_by(offer)
    if group is not None:
        yield window(group)


def _place(group: Group) -> str:
    """The place, with the municipality unless its name is there already."""
    town, place = group.municipality, group.place.lower()
    is_named = any(word.lower() in place for word in town.split() if word.lower() not in _KINDS)
    return group.place if not town or is_named else f"{group.place} ({town})"


def form(offer: Offer) -> str:
    """Form of study: «очная, дистанционно»."""
    return f"{offer.form.label}{', дистанционно' if offer.distance else ''}"


def paid_by(offer: Offer) -> str:
    """What pays for the program."""
    return "чек не нужен" if offer.block is None else f"оплачивает {offer.block.label} чека"


def window(group: Group) -> str:
    """When people may enrol."""
    if today() < group.enrol_from:
        return f"запись с {format_date(group.enrol_from)} по {format_date(group.enrol_until)}"
    if today() > group.enrol_until:
        return f"запись закончилась {format_date(group.enrol_until)}"
    return f"запись по {format_date(group.enrol_until)}"


def reason(offer: Offer, seeker: Seeker | None) -> Cell | None:
    """Why the course suits or not, in the words of the rules; of an own course the state of the enrolment."""
    if offer.enrolled is not None:
        who = "Работник записан" if seeker is not None and seeker.name else "Вы записаны"
        status = offer.enrolled.status
        return Cell(f"{who}: {status.label}", href=addresses.card("enrolment", offer.enrolled.id), tone=status.tone)
    if offer.verdict is None:
        return None
    if not offer.verdict.allowed:
        return Cell(offer.verdict.reason, tone="wait")
    fits = "Программа подходит. Открытой группы сейчас нет: загляните позже или сообщите организатору."
    return Cell(offer.verdict.reason or fits, tone="wait" if offer.verdict.waits else "ok")


def buttons(offer: Offer, seeker: Seeker | None) -> list[Button]:
    """Enrolling, where the rules allow it."""
    if seeker is None or offer.group is None or offer.enrolled is not None:
        return []
    if offer.verdict is None or not offer.verdict.allowed:
        return []
    if not seeker.name:
        return [join_button(offer.group.id, waits=offer.verdict.waits)]
    href = addresses.form("enrolment", group=offer.group.id, employee=seeker.employee_id)
    return [Button(f"Записать: {seeker.name}", href, main=True)]


# --- the page of a group ---------------------------------------------------------------------------------------------


def group_blocks(offer: Offer, details: Details) -> tuple[list[Block], list[Block]]:
    """Return the blocks of a group's page: when and where, the program, the schedule; beside them for whom."""
    assert offer.group is not None
    main = [_when(offer.group), _program(offer, details), *_modules(details), _schedule(offer, details)]
    return main, [_for_whom(details), _contacts(offer, details)]


def _program(offer: Offer, details: Details) -> Block:
    pairs = [
        Pair("Организатор", Cell(offer.organizer)),
        Pair("Объём", Cell(count(offer.hours, "час", "часа", "часов"))),
        Pair("Форма обучения", Cell(form(offer))),
        Pair("Оплата", Cell(paid_by(offer))),
    ]
    if details.authors:
        pairs.append(Pair("Авторы", Cell(details.authors)))
    return Block("О программе", pairs=pairs, note=details.annotation)


def _modules(details: Details) -> list[Block]:
    if not details.modules:
        return []
    rows = [
        Row(n, "", [Cell(title), Cell(str(hours), number=True)]) for n, (title, hours) in enumerate(details.modules)
    ]
    return [
        Block("Из чего состоит", columns=[Column("title", "Модуль"), Column("hours", "Часов", number=True)], rows=rows)
    ]


def _schedule(offer: Offer, details: Details) -> Block:
    columns = [Column(name, label) for name, label in (("when", "Когда"), ("topic", "Тема"), ("place", "Место"))]
    rows = [_meeting(meeting, offer.group) for meeting in details.meetings]
    empty = details.schedule or "Расписание появится позже: его сообщит организатор."
    return Block("Расписание", columns=columns, rows=rows, empty=empty, note=details.schedule if rows else "")


def _meeting(meeting: m.GroupMeeting, group: Group | None) -> Row:
    begins, ends = local(meeting.starts_at), local(meeting.ends_at)
    when = Cell(format_date(begins.date()), f"{begins:%H:%M}–{ends:%H:%M}")
    place = meeting.place or (group.place if group is not None else "")
    return Row(meeting.id, "", [when, Cell(meeting.topic or "занятие"), Cell(place)])


def _contacts(offer: Offer, details: Details) -> Block:
    known = details.contacts
    site = known.website if known.website.lower().startswith(("http://", "https://")) else ""
    # a number with words beside it («доб. 12») is called by its figures
    figures = "".join(sign for sign in known.phone.partition("доб")[0] if sign in _DIALLED)
    cells = (
        ("Телефон", Cell(_spaced(known.phone), href=f"tel:{figures}" if figures else "")),
        ("Почта", Cell(known.email, href=f"mailto:{known.email}" if "@" in known.email else "")),
        ("Сайт", Cell(known.website, href=site)),
        ("Адрес", Cell(known.address)),
    )
    pairs = [Pair("Организатор", Cell(offer.organizer)), *(Pair(label, cell) for label, cell in cells if cell.text)]
    return Block("Вопросы по курсу", pairs=pairs)


def _spaced(phone: str) -> str:
    """A number as people write it; a directory holds any words beside it, and these stay."""
    write = shown.writer_of("phone")
    return write(phone) if write and _WHOLE_NUMBER.fullmatch(phone) else phone


def words(offer: Offer, details: Details) -> str:
    """What a link to the group says of it: hours, form, dates, place, then what the program is about."""
    assert offer.group is not None
    when = f"{count(offer.hours, 'час', 'часа', 'часов')}, {form(offer)}, {period(offer.group.starts_on, offer.group.ends_on)}"
    return f"{when}, {_place(offer.group)}. {offer.organizer}. {details.annotation}".strip()


def _when(group: Group) -> Block:
    pairs = [
        Pair("Группа", Cell(group.number)),
        Pair("Занятия", Cell(period(group.starts_on, group.ends_on))),
        Pair("Место", Cell(_place(group))),
        Pair("Запись", Cell(window(group).removeprefix("запись "))),
        Pair("Места", seats(group)),
    ]
    return Block("Когда и где", pairs=pairs)


def _for_whom(details: Details) -> Block:
    targets = details.targets
    lists = (
        ("Типы организаций", targets.organization_types),
        ("Должности", targets.positions),
        ("Предметы", targets.subjects),
    )
    pairs = [Pair(label, Cell(", ".join(sorted(names, key=sort_key)))) for label, names in lists if names]
    if details.audience:
        pairs.insert(0, Pair("Целевая группа", Cell(details.audience)))
    return Block("Для кого", pairs=pairs, note="Программа для всех." if targets == Targets() else "")
