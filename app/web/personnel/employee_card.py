"""«Карточка работника»: person, employments, education, attestation, training, vouchers (чеки), courses, documents in tabs of one page."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from flask import request

from app import addresses, shown
from app import models as m
from app.access import current_actor
from app.audit import words
from app.clock import today
from app.conditions import is_employed, is_in_force, state_of
from app.identifiers import format_phone
from app.labels import in_words
from app.rules.decision import Decision
from app.russian import count, format_date, no_later, years
from app.services.personnel.cards.people import CardData
from app.services.voucher import voucher_eligibility
from app.statuses import APPLICATION_LIVE, ApplicationStatus, BlockStatus, TrainingStatus
from app.web.frame.listing import state_cell
from app.web.frame.pages import Block, Button, Cell, Column, Pair, Row, Tab
from app.web.personnel.archive_pages import archive_buttons
from app.web.personnel.change_view import may_propose, propose_href

#: code → title; the code is the address's parameter
TABS = (
    ("overview", "Обзор"),
    ("work", "Место работы"),
    ("education", "Образование"),
    ("attestation", "Аттестация"),
    ("training", "Обучение"),
    ("courses", "Чеки и курсы"),
    ("documents", "Документы"),
)
#: the button that opens the form of a training outside the portal
ADD_TRAINING = "Добавить пройденный курс"


def tabs(data: CardData, current: str) -> list[Tab]:
    """Tabs of the card with the number of records behind each."""
    n = data.counts
    counts = {
        "work": n.employments,
        "education": n.qualifications,
        "attestation": n.attestations,
        "training": n.trained + n.outside,
        "courses": n.vouchers + n.enrolments,
        "documents": n.certificates + n.outside,
    }
    href = addresses.card("employee", data.person.id)
    return [Tab(title, f"{href}?tab={code}", counts.get(code), code == current) for code, title in TABS]


def blocks(data: CardData, current: str) -> list[Block]:
    """Blocks of the chosen tab."""
    build: dict[str, Callable[[CardData], list[Block]]] = {
        "work": _work,
        "education": _education,
        "attestation": _attestation,
        "training": _training,
        "courses": _courses,
        "documents": _documents,
    }
    return build.get(current, _overview)(data)


def _pairs(*values: tuple[str, Any]) -> list[Pair]:
    return [Pair(label, Cell(words(value) or "—")) for label, value in values]


def _stage(number: int | None) -> str:
    return "не указан" if number is None else years(number)


def _overview(data: CardData) -> list[Block]:
    person, main = data.person, data.main
    birth = f"{format_date(person.birth_date)}, {years(data.age)}" if person.birth_date and data.age is not None else ""
    personal = _pairs(
        ("Дата рождения", birth),
        ("Пол", person.sex),
        ("Гражданство", in_words("employee", "citizenship", person.citizenship)),
        ("СНИЛС", _snils(person)),
        ("Телефон", format_phone(person.phone) if person.phone else ""),
        ("Электронная почта", person.email),
        ("Место работы", _workplace(main)),
        ("Категория", _category(data.attestations)),
        ("Педагогический стаж", _stage(data.teaching_years)),
        ("Общий стаж", _stage(data.working_years)),
        ("Стаж в должности", _stage(data.position_years)),
    )
    former = ", ".join(f"{n.last_name}{f' по {format_date(n.until)}' if n.until else ''}" for n in data.former_names)
    if former:
        personal.append(Pair("Прежние фамилии", Cell(former)))
    return [*voucher_blocks(data), Block("Основное", pairs=personal)]


def _snils(person: m.Employee) -> str:
    empty = "не указан: без него чек не выдаётся"
    return shown.on_card(current_actor(), "employee", "snils", person.snils, owner_id=person.id, empty=empty)


def _workplace(employment: m.Employment | None) -> str:
    if employment is None:
        return "нет действующего места работы"
    place = employment.organization.short_name if employment.organization else "другая организация"
    subjects = f" ({', '.join(s.name for s in employment.subjects)})" if employment.subjects else ""
    since = f"с {format_date(employment.begun_on)}" if employment.begun_on else "дата приёма не указана"
    return f"{employment.position.name}{subjects}, {place}, {since}"


def _category(attestations: Iterable[m.Attestation]) -> str:
    live = [a for a in attestations if a.valid_until is None or a.valid_until >= today()]
    return ", ".join(f"{a.kind.name}, {_until(a)}" for a in live) or "нет действующей"


def _until(attestation: m.Attestation) -> str:
    return f"по {format_date(attestation.valid_until)}" if attestation.valid_until else "бессрочно"


def voucher_blocks(data: CardData) -> list[Block]:
    """The live чек as a picture of its blocks, or why there is none and when it may be asked for."""
    live = next((v for v in data.vouchers if is_in_force(v)), None)
    if live is not None:
        parts = [voucher_part(block, data.enrolment_of_block) for block in live.blocks]
        note = f"Действует по {format_date(live.valid_until)}."
        return [Block(f"Чек № {live.number}", parts=parts, note=note)]
    waiting = next((a for a in data.applications if a.status in APPLICATION_LIVE), None)
    if waiting is not None:
        return [Block("Заявка на чек", note=_waiting_note(waiting))]
    return [Block("Чек", note=chance_of(data.person.id).reason or "Можно подать заявку на чек.")]


def chance_of(employee_id: int) -> Decision:
    """Whether an application for a чек may be made now; decided once for a page, whose button and block say the same."""
    decided: dict[int, Decision] = request.environ.setdefault("voucher_chance", {})
    if employee_id not in decided:
        decided[employee_id] = voucher_eligibility.eligibility(employee_id)
    return decided[employee_id]


def may_apply(employee_id: int) -> bool:
    """Whether the button is offered; a live чек answers by one statement."""
    return not voucher_eligibility.holds_one(employee_id) and chance_of(employee_id).allowed


def _waiting_note(row: m.VoucherApplication) -> str:
    """What the live application waits for: a decision until a day, or to be mended and sent again."""
    if row.status == ApplicationStatus.RETURNED:
        reason = (row.reason_text or "не указана").rstrip(".")
        return f"{row.status.label}. Причина: {reason}. Исправьте сведения и подайте заявку снова."
    return f"{row.status.label}. Срок решения: {format_date(row.due_on) if row.due_on else 'не назначен'}."


_PART_TONES = {BlockStatus.FREE: "grey", BlockStatus.RESERVED: "go", BlockStatus.USED: "ok", BlockStatus.LAPSED: "bad"}


def voucher_part(block: m.VoucherBlock, enrolment_of_block: Mapping[int, m.Enrolment]) -> Cell:
    """A block of a чек as a part of its picture: hours, state, the group for which it is taken."""
    hours = f"{block.hours_min}–{block.hours_max} ч" if block.hours_min != block.hours_max else f"{block.hours_max} ч"
    detail = block.status.label
    taken = block.status in (BlockStatus.RESERVED, BlockStatus.USED)
    enrolment = enrolment_of_block.get(block.id) if taken else None
    if enrolment is not None and enrolment.group is not None:
        group = enrolment.group
        detail = f"{state_of(enrolment).label}: группа {group.number}, с {format_date(group.starts_on)}"
    return Cell(f"{block.title} · {hours}", detail, tone=_PART_TONES[block.status])


def table(
    title: str,
    heads: Sequence[str],
    rows: Iterable[Row],
    *,
    empty: str,
    add: tuple[str, str, m.Employee] | None = None,
    propose: str = "",
) -> Block:
    """A block with a table; ``add``: (object, label, person) of the button that adds a record, ``propose``: that of its owner."""
    buttons = []
    if add is not None and current_actor().can(f"{add[0]}:add"):
        buttons.append(Button(add[1], addresses.form(add[0], employee=add[2].id)))
    elif add is not None and propose and may_propose(add[2], add[0]):
        buttons.append(Button(propose, propose_href(add[0])))
    return Block(title, columns=[Column(h, h) for h in heads], rows=list(rows), empty=empty, buttons=buttons)


def _href(row: Any) -> str:
    table_name = row.__tablename__
    if not current_actor().can(f"{table_name}:show"):
        return ""
    return addresses.card(table_name, row.id)


def _row(item: Any, *cells: Cell | str) -> Row:
    shown = [c if isinstance(c, Cell) else Cell(c) for c in cells]
    href = _href(item)
    first = shown[0]
    shown[0] = Cell(first.text, first.detail, href, first.tone, first.number)
    return Row(item.id, href, shown)


def _dates(first: Any, last: Any) -> str:
    return f"{format_date(first) if first else '…'} – {format_date(last) if last else 'по настоящее время'}"


def _work(data: CardData) -> list[Block]:
    rows = [
        _row(
            e,
            Cell(e.position.name, ", ".join(s.name for s in e.subjects)),
            e.organization.short_name if e.organization else "другая организация",
            e.kind.label,
            _dates(e.begun_on, e.ended_on),
            Cell(e.status.label, tone=e.status.tone),
        )
        for e in data.employments
    ]
    heads = ("Должность", "Организация", "Вид занятости", "Период", "Подтверждение")
    add = ("employment", "Добавить место работы", data.person)
    block = table("Места работы", heads, rows, empty="Места работы не указаны.", add=add)
    return [replace(block, buttons=[*block.buttons, *_corrections(data)])]


def _corrections(data: CardData) -> list[Button]:
    """For the card's owner: a button for each place of work that is not over; several are told apart by their positions."""
    live = [e for e in data.employments if is_employed(e) and may_propose(data.person, "employment", e.id)]
    return [
        Button("Исправить" if len(live) == 1 else f"Исправить: {e.position.name}", propose_href("employment", e.id))
        for e in live
    ]


def _education(data: CardData) -> list[Block]:
    rows = [
        _row(
            q,
            Cell(q.level.name, q.institution or ""),
            Cell(q.speciality or "—", q.qualification_name or ""),
            " ".join(filter(None, (q.series, q.number))) or "—",
            str(q.year or "—"),
        )
        for q in data.qualifications
    ]
    heads = ("Уровень, учебное заведение", "Специальность", "Диплом", "Год")
    names = [_row(n, n.last_name, format_date(n.until) if n.until else "—", n.reason or "—") for n in data.former_names]
    return [
        table(
            "Образование",
            heads,
            rows,
            empty="Образование не указано.",
            add=("qualification", "Добавить образование", data.person),
            propose="Сообщить об образовании",
        ),
        table(
            "Прежние фамилии",
            ("Фамилия", "По какую дату", "Причина"),
            names,
            empty="Фамилия не менялась.",
            add=("former_name", "Добавить прежнюю фамилию", data.person),
        ),
    ]


def _attestation(data: CardData) -> list[Block]:
    rows = [
        _row(
            a,
            a.kind.name,
            a.position.name if a.position else "—",
            _dates(a.valid_from, None) if a.valid_until is None else _dates(a.valid_from, a.valid_until),
            f"№ {a.order_number}" if a.order_number else "—",
        )
        for a in data.attestations
    ]
    heads = ("Вид", "Должность", "Действует", "Распоряжение")
    return [
        table(
            "Аттестация",
            heads,
            rows,
            empty="Сведений об аттестации нет.",
            add=("attestation", "Добавить аттестацию", data.person),
            propose="Сообщить об аттестации",
        )
    ]


def counts(training: m.Training) -> bool:
    """Whether a training outside the portal counts: it was confirmed."""
    return training.status == TrainingStatus.CONFIRMED


def _told(training: m.Training) -> Cell:
    """The state of a course that was only entered, and always the words that it was only entered."""
    return Cell(training.status.label.lower(), training.source.label, tone=training.status.tone)


def _training(data: CardData) -> list[Block]:
    rows = []
    for line in data.trainings:
        told = _told(line.training) if line.training else Cell("подтверждено", "обучение в портале", tone="ok")
        cells = (
            Cell(line.title, line.institution),
            Cell(f"{line.hours} ч", number=True),
            _dates(line.started_on, line.ended_on),
            line.document_number or "—",
            told,
        )
        rows.append(_row(line.enrolment or line.training, *cells))
    heads = ("Программа, организация", "Часы", "Период", "Документ", "Сведения")
    total = sum(line.hours for line in data.trainings if line.training is None or counts(line.training))
    note = f"Подтверждено {count(total, 'час', 'часа', 'часов')}." if total else ""
    block = table(
        "История обучения",
        heads,
        rows,
        empty="Обучения ещё не было.",
        add=("training", ADD_TRAINING, data.person),
    )
    return [
        Block(block.title, columns=block.columns, rows=block.rows, empty=block.empty, buttons=block.buttons, note=note)
    ]


def _courses(data: CardData) -> list[Block]:
    issued = [_row(v, f"Чек № {v.number}", _dates(v.issued_on, v.valid_until), state_cell(v)) for v in data.vouchers]
    asked = [
        _row(
            a,
            f"Заявка № {a.id}",
            f"решение {no_later(a.due_on)}" if a.due_on else "—",
            Cell(a.status.label, tone=a.status.tone),
        )
        for a in data.applications
    ]
    enrolled = [
        _row(
            e,
            Cell(e.group.program.title if e.group else "—", f"группа {e.group.number}" if e.group else ""),
            _dates(e.group.starts_on, e.group.ends_on) if e.group else "—",
            e.block.title if e.block else "без чека",
            state_cell(e),
        )
        for e in data.enrolments
    ]
    return [
        *voucher_blocks(data),
        table("Чеки", ("Чек", "Срок", "Состояние"), issued, empty="Чеков ещё не было."),
        table("Заявки на чек", ("Заявка", "Срок", "Состояние"), asked, empty="Заявок не было."),
        table(
            "Записи на курсы",
            ("Программа", "Занятия", "Блок чека", "Состояние"),
            enrolled,
            empty="Записей на курсы не было.",
            add=("enrolment", "Записать на курс", data.person),
        ),
    ]


def _documents(data: CardData) -> list[Block]:
    rows = [
        _row(
            c,
            Cell(f"№ {c.number}", c.kind.label),
            format_date(c.issued_on),
            c.organizer.short_name if c.organizer else "—",
            Cell(c.status.label, tone=c.status.tone),
        )
        for c in data.certificates
    ]
    heads = ("Документ", "Дата выдачи", "Организатор", "Состояние")
    own = table("Документы об обучении", heads, rows, empty="Документы ещё не выдавались.")
    return [replace(own, buttons=archive_buttons(data.person.id)), _foreign_documents(data)]


def _foreign_documents(data: CardData) -> Block:
    """Documents of courses outside the portal, with their scans; the portal issued none of them."""
    rows = []
    for t in data.outside:
        named = t.document_kind.label if t.document_kind else t.title
        scan = Cell("Скачать скан", href=addresses.at("access", "file", t.scan_id)) if t.scan else Cell("—")
        issued = format_date(t.issued_on) if t.issued_on else "—"
        number = f"№ {t.document_number}" if t.document_number else "без номера"
        rows.append(_row(t, Cell(number, named), issued, Cell(t.institution, t.title), scan, _told(t)))
    heads = ("Документ", "Дата выдачи", "Кем выдан", "Скан", "Состояние")
    empty = "Документов, полученных вне портала, нет."
    return table("Документы других организаций", heads, rows, empty=empty, add=("training", ADD_TRAINING, data.person))
