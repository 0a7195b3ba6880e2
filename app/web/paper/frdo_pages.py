"""Content of the pages of ФИС ФРДО, built from the results of the check and from the batches."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from app import addresses
from app import models as m
from app.access import current_actor
from app.documents.frdo import frdo_export
from app.documents.frdo.frdo_check import ERROR, Fault
from app.documents.frdo.frdo_columns import FrdoFacts
from app.documents.frdo.frdo_export import Preflight, Sort
from app.extensions import db
from app.russian import capitalized, format_date, number
from app.services.paper.corrections import after_sending
from app.services.paper.registries import frdo_batches
from app.statuses import FrdoAction, FrdoAnswer, FrdoBatchStatus
from app.web.frame.pages import Block, Button, CardPage, Cell, Column, Link, Option, Pair, Row

#: documents of a batch on one page, faults of one sort that are shown
PAGE, SHOWN = 100, 20
BLANK_NOTE = (
    "Портал проверит файл, возьмёт из него списки допустимых значений и будет вписывать документы в его лист «Шаблон». "
    "Прежний бланк организации заменяется. Без бланка портал делает простую книгу с теми же 40 столбцами."
)
#: table of a card → how it is called, who mends it when the user may not open it
_CARDS = {
    "certificate": ("документ", ""),
    "employee": ("карточка работника", "исправляет организация, где человек работает"),
    "qualification": ("образование работника", "исправляет организация, где человек работает"),
    "program": ("программа", ""),
    "training_group": ("группа", ""),
    "organization": ("карточка организации", "исправляет территориальное управление или оператор"),
}
_LIST = "Пакеты для ФИС ФРДО"


def check_href(organizer_id: int, start: dt.date, end: dt.date) -> str:
    """Address of the check of a period."""
    return addresses.at(
        "frdo_batch", "check", "", organizer=organizer_id, since=start.isoformat(), until=end.isoformat()
    )


def _form_href(organizer_id: int, start: dt.date, end: dt.date, *, total: int) -> str:
    return addresses.at(
        "frdo_batch", "form", organizer=organizer_id, total=total, since=start.isoformat(), until=end.isoformat()
    )


# --- what the check found --------------------------------------------------------------------------------------------


def found_page(found: Preflight, organizer_id: int, start: dt.date, end: dt.date) -> CardPage:
    """Figures, then errors by their sort, warnings, documents edited after the export; without errors the button of the file."""
    buttons = [Button("Другой срок", addresses.at("frdo_batch", "check", ""))]
    if found.ready and not found.has_errors:
        buttons.append(
            Button("Сформировать файл", _form_href(organizer_id, start, end, total=found.ready), main=True, post=True)
        )
    blocks = [
        *(_sort_block(sort) for sort in found.errors),
        *(_sort_block(sort) for sort in found.warnings),
        *([_changed_block(found)] if found.changed_total else ()),
    ]
    return CardPage(
        title=f"Проверка: выданы с {format_date(start)} по {format_date(end)}",
        crumbs=[
            Link(_LIST, addresses.listing("frdo_batch")),
            Link("Проверка и выгрузка", addresses.at("frdo_batch", "check", "")),
        ],
        status=_status(found),
        buttons=buttons,
        blocks=[_summary(found), *blocks],
    )


def _status(found: Preflight) -> Cell:
    if found.has_errors:
        return Cell("Есть ошибки", tone="bad")
    if not found.ready:
        return Cell("Выгружать нечего", tone="grey")
    return Cell("Ошибок нет", tone="ok")


def _summary(found: Preflight) -> Block:
    pairs = [
        Pair("Документов за срок", Cell(number(found.total), number=True)),
        Pair("Уже в пакетах", Cell(number(found.already), number=True)),
        Pair("Войдут в файл", Cell(number(found.ready), number=True)),
        Pair("Ошибок", Cell(number(sum(sort.total for sort in found.errors)), number=True)),
        Pair("Замечаний", Cell(number(sum(sort.total for sort in found.warnings)), number=True)),
        Pair("Файл", Cell("на бланке ФИС ФРДО" if found.has_template else "простая книга с 40 столбцами")),
    ]
    note = "" if found.has_template else "Загрузите бланк ФИС ФРДО: портал возьмёт из него допустимые значения."
    return Block("Итог", pairs=pairs, note=note)


def _sort_block(sort: Sort) -> Block:
    is_error = sort.severity == ERROR
    rows = [_fault_row(facts, fault) for facts, fault in sort.shown[:SHOWN]]
    more = sort.total - len(rows)
    return Block(
        f"{'Ошибка' if is_error else 'Замечание'}: {sort.column}",
        columns=[Column(head, head) for head in ("Кому выдан", "Значение", "Где исправить")],
        rows=rows,
        note=f"{sort.sentence}{f' И ещё {number(more)}.' if more else ''}",
        tone="bad" if is_error else "wait",
    )


def _fault_row(facts: FrdoFacts, fault: Fault) -> Row:
    paper = Cell(facts.person, f"№ {facts.registration} от {format_date(facts.issued_on)}")
    return Row(
        facts.certificate_id,
        _paper_href(facts.certificate_id),
        [paper, Cell(fault.value or "пусто"), mending_card(fault)],
    )


def mending_card(fault: Fault) -> Cell:
    """The card that mends a fault; one that the user may not open is only named, with who mends it."""
    name, who = _CARDS[fault.card]
    if not current_actor().can(f"{fault.card}:show"):
        return Cell(name, who)
    return Cell(name, "", href=addresses.card(fault.card, fault.card_id))


def _paper_href(certificate_id: int) -> str:
    return addresses.card("certificate", certificate_id)


def _changed_block(found: Preflight) -> Block:
    rows = [
        Row(
            facts.certificate_id,
            _paper_href(facts.certificate_id),
            [
                Cell(facts.person, f"№ {facts.registration} от {format_date(facts.issued_on)}"),
                Cell(f"пакет {before.batch}", href=addresses.card("frdo_batch", before.batch_id)),
                Cell(before.status.label, tone=before.status.tone),
                Cell(_advice(before.status)),
            ],
        )
        for facts, before in found.changed[:SHOWN]
    ]
    more = found.changed_total - len(rows)
    heads = ("Кому выдан", "Где выгружен", "Состояние пакета", "Что дальше")
    columns = [Column(head, head) for head in heads]
    note = f"И ещё {number(more)}." if more else ""
    return Block("Изменено после выгрузки", columns=columns, rows=rows, note=note, tone="wait")


def _advice(status: FrdoBatchStatus) -> str:
    if status is FrdoBatchStatus.FORMED:
        return "отмените пакет, он ещё не отправлен, и сформируйте файл заново"
    return "войдёт в новый файл"


# --- a batch ---------------------------------------------------------------------------------------------------------


_CORRECTS = (
    "Файл содержит только изменённые документы: загрузите его в ФИС ФРДО и отметьте пакет отправленным. Пока он не отправлен, "
    "прежний пакет помечен «изменено после отправки»."
)
_ANNULS = (
    "Аннулированные документы в файл не входят: в шаблоне «ДПО» нет такого статуса. Скачайте их список и аннулируйте записи "
    "в личном кабинете ФИС ФРДО."
)


def correction_block(batch: m.FrdoBatch) -> list[Block]:
    """What a correcting batch asks of the registry; none of any other batch."""
    if batch.corrects_id is None:
        return []
    found = frdo_batches.counts_by_action(batch.id)
    pairs = [Pair(capitalized(it.label), Cell(number(found[it]), number=True)) for it in FrdoAction if found[it]]
    only = list(found) == [FrdoAction.ANNUL]
    note = " ".join(words for words, said in ((_CORRECTS, not only), (_ANNULS, found[FrdoAction.ANNUL])) if said)
    return [Block("Что передать в ФИС ФРДО", pairs=pairs, note=note, tone="wait")]


def answers_block(batch: m.FrdoBatch) -> Block:
    """How many documents the registry took."""
    found = frdo_batches.answers_of(batch.id)
    pairs = [
        Pair("Ответа нет", Cell(number(found.none), number=True)),
        Pair("Приняты", Cell(number(found.accepted), number=True)),
        Pair("Отклонены", Cell(number(found.rejected), number=True)),
    ]
    return Block("Ответ ФИС ФРДО", pairs=pairs)


def _rows(batch: m.FrdoBatch, page: int) -> list[m.FrdoRow]:
    row = m.FrdoRow
    statement = (
        select(row)
        .where(row.batch_id == batch.id, row.row_number.between((page - 1) * PAGE + 1, page * PAGE))
        .order_by(row.row_number)
    )
    return list(db.session.scalars(statement.options(joinedload(row.batch))))


def rows_block(batch: m.FrdoBatch, page: int) -> Block:
    """A page of the batch's documents with the answers, and what was edited after the export."""
    rows = _rows(batch, page)
    changed = frdo_export.changed_since(batch, rows) if rows and batch.status is not FrdoBatchStatus.CANCELLED else {}
    corrects = batch.corrects_id is not None
    cells = [
        Row(row.id, _paper_href(row.certificate_id), _row_cells(row, changed.get(row.id, ()), corrects=corrects))
        for row in rows
    ]
    heads = ("Кому выдан", "Документ", *(("Что сделать",) if corrects else ()), "Ответ", "Изменения")
    columns = [Column("n", "Строка", number=True), *(Column(h, h) for h in heads)]
    return Block("Документы", columns=columns, rows=cells, buttons=_turns(batch, page), empty="Таких строк нет.")


def _row_cells(row: m.FrdoRow, changed: Sequence[str], *, corrects: bool) -> list[Cell]:
    said = Cell(row.answer.label, row.answer_text or "", tone=row.answer.tone)
    asked = [Cell(row.action.label, tone=row.action.tone)] if corrects else []
    line = "" if row.action is FrdoAction.ANNUL else number(row.row_number + 1)
    return [
        Cell(line),
        Cell(_person(row)),
        Cell(f"№ {row.values[8]}", row.values[7]),
        *asked,
        said,
        _mark(row, changed),
    ]


def _mark(row: m.FrdoRow, changed: Sequence[str]) -> Cell:
    """What became of the document after the row was written: said to the registry, or still to be said."""
    if row.amended_at is not None and row.settled_at is None:
        return Cell(after_sending.FLAG, row.amended_why or "", tone="bad")
    if row.amended_at is not None:
        return Cell("исправлено следующим пакетом", row.amended_why or "", tone="grey")
    return Cell("изменено после выгрузки", "; ".join(changed), tone="wait") if changed else Cell("—")


def _person(row: m.FrdoRow) -> str:
    return " ".join(row.values[21:24])


def _turns(batch: m.FrdoBatch, page: int, page_name: str = "show") -> list[Button]:
    turns = []
    if page > 1:
        turns.append(Button("Предыдущие", addresses.at("frdo_batch", page_name, batch.id, page=page - 1)))
    if page * PAGE < batch.rows_count:
        turns.append(Button("Следующие", addresses.at("frdo_batch", page_name, batch.id, page=page + 1)))
    return turns


# --- the table of answers --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class AnswerRow:
    """A document in the table of answers; ``text`` is why it was rejected."""

    pk: int
    line: str
    who: str
    paper: str
    options: Sequence[Option]
    text: str


@dataclass(frozen=True, slots=True)
class AnswersPage:
    """The table of answers of a batch; ``turns`` lead to its other pages."""

    title: str
    rows: Sequence[AnswerRow]
    back_href: str
    turns: Sequence[Button]
    problems: Sequence[str]
    crumbs: Sequence[Link]


def answers_page(
    batch: m.FrdoBatch, page: int, problems: Sequence[str], typed: dict[int, tuple[FrdoAnswer, str]] | None = None
) -> AnswersPage:
    """The table, with what was typed before a refusal."""
    given = typed or {}
    return AnswersPage(
        title=f"Ответ ФИС ФРДО: {batch}",
        rows=[_answer_row(row, *given.get(row.id, (row.answer, row.answer_text or ""))) for row in _rows(batch, page)],
        back_href=addresses.card("frdo_batch", batch.id),
        turns=_turns(batch, page, "answers"),
        problems=problems,
        crumbs=[
            Link(_LIST, addresses.listing("frdo_batch")),
            Link(str(batch), addresses.card("frdo_batch", batch.id)),
        ],
    )


def _answer_row(row: m.FrdoRow, answer: FrdoAnswer, text: str) -> AnswerRow:
    options = [Option(choice.value, choice.label, choice is answer) for choice in FrdoAnswer]
    return AnswerRow(row.id, number(row.row_number + 1), _person(row), f"№ {row.values[8]}", options, text)
