"""A ФИС ФРДО export as a whole: pre-flight of an organizer's period, forming of a batch, its file, edits after the export."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import select

from app import models as m
from app.clock import today
from app.documents.frdo import frdo_check, frdo_source
from app.documents.frdo.frdo_check import Fault
from app.documents.frdo.frdo_columns import LIST_CODES, FrdoFacts, Lists, differing, frdo_values
from app.documents.frdo.frdo_workbook import XLSX, fill_template, write_plain
from app.errors import Conflict
from app.extensions import db
from app.russian import count, format_date
from app.services.paper.registries import frdo_batches
from app.services.paper.registries.frdo_batches import Exported, rows_in_words
from app.services.portal import given_out
from app.services.tasks import background
from app.statuses import FrdoAction
from app.unit_of_work import use_case

#: up to so many documents a batch is formed while the user waits, and a file of so many rows is written
FORM_AT_ONCE, WRITE_AT_ONCE = 300, 5000
#: kinds of background work: forming of a batch, the file of one
FORM, FILE = "frdo", "frdo_file"
#: faults of one sort and changed documents that are kept to be shown
MOST_SHOWN = 100
_PORTION = 1000

#: given a document to be exported and its forty texts
Take = Callable[[FrdoFacts, list[str]], None]


@dataclass(slots=True)
class Sort:
    """Faults of one sort: how many there are, and the first of them with the people they are about."""

    severity: str
    column: str
    sentence: str
    total: int = 0
    shown: list[tuple[FrdoFacts, Fault]] = field(default_factory=list)


@dataclass(slots=True)
class Preflight:
    """What the check of a period found: how many documents it has, how many are to be exported, faults by sort.

    ``already``: documents in a batch; ``changed``: those of them that now say something else than was exported.
    """

    total: int = 0
    ready: int = 0
    already: int = 0
    changed_total: int = 0
    changed: list[tuple[FrdoFacts, Exported]] = field(default_factory=list)
    sorts: dict[tuple[str, str, str], Sort] = field(default_factory=dict)
    has_errors: bool = False
    has_template: bool = False

    @property
    def errors(self) -> list[Sort]:
        """Sorts that forbid the export, the most frequent first."""
        return self._of(frdo_check.ERROR)

    @property
    def warnings(self) -> list[Sort]:
        """Sorts that a person should look at."""
        return self._of(frdo_check.WARNING)

    def _of(self, severity: str) -> list[Sort]:
        found = [sort for sort in self.sorts.values() if sort.severity == severity]
        return sorted(found, key=lambda sort: -sort.total)

    def add(self, facts: FrdoFacts, fault: Fault) -> None:
        """Count a fault with those of its sort."""
        key = (fault.severity, fault.column, fault.sentence)
        self.has_errors = self.has_errors or fault.severity == frdo_check.ERROR
        sort = self.sorts.setdefault(key, Sort(*key))
        sort.total += 1
        if len(sort.shown) < MOST_SHOWN:
            sort.shown.append((facts, fault))

    def note(self, facts: FrdoFacts, values: list[str], found: Exported | None) -> bool:
        """Count a document that is in a batch; return whether it stays there and is not exported again."""
        if found is None:
            return False
        changed = bool(differing(found.values, values))
        if changed:
            self.changed_total += 1
            if len(self.changed) < MOST_SHOWN:
                self.changed.append((facts, found))
        waits = found.waits(changed=changed)
        self.already += waits
        return waits


def preflight(organizer_id: int, start: dt.date, end: dt.date) -> Preflight:
    """Check the documents of an organizer's period; changes nothing. Raises NotFound, Forbidden, Invalid for a wrong period."""
    frdo_batches.own_organizer(organizer_id)
    frdo_batches.check_period(start, end)
    return _preflight(organizer_id, start, end)


def _preflight(organizer_id: int, start: dt.date, end: dt.date, take: Take = lambda _facts, _values: None) -> Preflight:
    """Check a period; ``take`` is given every document to be exported, until the first error."""
    template = frdo_batches.template_of(organizer_id)
    lists = lists_of(template)
    result = Preflight(has_template=template is not None)
    check = frdo_check.Preflight(lists, year=start.year, today=today())
    for portion in frdo_source.facts_of_period(organizer_id, start, end):
        before = frdo_batches.exported([facts.certificate_id for facts in portion])
        for facts in portion:
            result.total += 1
            values = frdo_values(facts, lists)
            if result.note(facts, values, before.get(facts.certificate_id)):
                continue
            result.ready += 1
            for fault in check.check(facts, values):
                result.add(facts, fault)
            if not result.has_errors:
                take(facts, values)
    return result


def lists_of(template: m.FrdoTemplate | None) -> Lists:
    """Allowed values: those of the official blank for the columns that it has lists for, else those of the directory."""
    directory = frdo_batches.directory_lists()
    values = {number: tuple(directory.get(code, ())) for number, code in LIST_CODES.items()}
    given = template.lists["values"] if template is not None else {}
    return Lists({**values, **{int(number): tuple(allowed) for number, allowed in given.items()}})


def order_or_form(organizer_id: int, start: dt.date, end: dt.date, *, total: int) -> m.FrdoBatch | None:
    """Form a batch of few documents at once; order a long one as the user's task and return None."""
    if total <= FORM_AT_ONCE:
        return form(organizer_id, start, end)
    organizer = frdo_batches.own_organizer(organizer_id)
    frdo_batches.check_period(start, end)
    background.submit(
        FORM,
        f"Файл для ФИС ФРДО: {organizer.short_name}, выданы с {format_date(start)} по {format_date(end)}",
        {"organizer": organizer_id, "from": start.isoformat(), "to": end.isoformat()},
        total=total,
        permission=frdo_batches.RIGHT,
    )
    return None


@use_case
def form(
    organizer_id: int, start: dt.date, end: dt.date, *, tell: Callable[[int], None] = lambda _done: None
) -> m.FrdoBatch:
    """Form a batch of the organizer's documents that are in none; raises Conflict when there are errors or nothing is left.

    The number comes first: it keeps a second batch of the year waiting until this one's rows are to be seen.
    """
    frdo_batches.own_organizer(organizer_id)
    frdo_batches.check_period(start, end)
    batch = frdo_batches.NewBatch(organizer_id, (start, end), number=frdo_batches.take_number(organizer_id, start.year))

    def take(facts: FrdoFacts, values: list[str]) -> None:
        tell(batch.add(facts.certificate_id, values))

    found = _preflight(organizer_id, start, end, take)
    if found.has_errors:
        raise Conflict(_refusal(found))
    if not found.ready:
        raise Conflict("Новых документов за этот период нет: все уже в пакетах. Выберите другие дни.")
    return batch.finish()


def _refusal(found: Preflight) -> str:
    errors = found.errors
    number = sum(sort.total for sort in errors)
    told = " ".join(f"{sort.column}: {sort.sentence}" for sort in errors[:3])
    return (
        f"Файл не сформирован: проверка нашла {count(number, 'ошибку', 'ошибки', 'ошибок')}. {told} "
        "Откройте «Проверка и выгрузка», исправьте карточки и повторите."
    )


def describe(found: Preflight) -> list[str]:
    """What the check found, as lines of plain text."""
    lines = [f"Документов за срок: {found.total}. Войдут в файл: {found.ready}. Уже в пакетах: {found.already}."]
    for words, sorts in (("Ошибка", found.errors), ("Замечание", found.warnings)):
        lines += [f"{words} ({sort.total}). {sort.column}: {sort.sentence}" for sort in sorts]
    return lines


# --- the file --------------------------------------------------------------------------------------------------------


def file_name(batch: m.FrdoBatch) -> str:
    """Name of the file of a batch."""
    return f"ФИС ФРДО, пакет {batch.number} за {batch.year} год.xlsx"


def write_file(path: Path, batch: m.FrdoBatch) -> int:
    """Write the file of a batch from its kept rows: into the organizer's official blank, or plain; return the rows written.

    Documents to be annulled are not in it: the blank «ДПО» has no such status (``write_annulled``).
    """
    template = frdo_batches.template_of(batch.organizer_id)
    rows = _rows(batch)
    if template is None:
        return write_plain(path, rows)
    return fill_template(path, template.data, template.lists["part"], rows)


def write_annulled(path: Path, batch: m.FrdoBatch) -> int:
    """Write the documents of a batch that the registry is to annul, with the forty texts by which it knows them."""
    return write_plain(path, _rows(batch, annulled=True))


def _rows(batch: m.FrdoBatch, *, annulled: bool = False) -> Iterator[list[str]]:
    row = m.FrdoRow
    which = row.action == FrdoAction.ANNUL if annulled else row.action != FrdoAction.ANNUL
    statement = select(row.values).where(row.batch_id == batch.id, which).order_by(row.row_number)
    yield from db.session.scalars(statement.execution_options(yield_per=_PORTION))


def give_file(path: Path, batch: m.FrdoBatch, *, annulled: bool = False) -> int:
    """Write the file of a batch, or its list to be annulled, for who takes it: their personal data are in it."""
    number = write_annulled(path, batch) if annulled else write_file(path, batch)
    given_out.exported(batch, {"Документов": str(batch.rows_count)})
    return number


def order_file(batch: m.FrdoBatch) -> None:
    """Order the file of a long batch as the user's task."""
    parameters = {"batch": batch.id}
    background.submit(FILE, file_name(batch), parameters, total=batch.rows_count, permission="frdo_batch:export")


def _form_in_background(work: background.Work) -> background.Outcome:
    asked = work.parameters
    days = dt.date.fromisoformat(asked["from"]), dt.date.fromisoformat(asked["to"])
    batch = form(asked["organizer"], *days, tell=work.tell)
    return _outcome(work, batch)


def _file_in_background(work: background.Work) -> background.Outcome:
    return _outcome(work, frdo_batches.visible_batch(work.parameters["batch"], "frdo_batch:export"))


def _outcome(work: background.Work, batch: m.FrdoBatch) -> background.Outcome:
    number = give_file(work.new_file(".xlsx"), batch)
    return background.Outcome(f"Пакет № {batch.number}: {rows_in_words(number)}.", file_name(batch), XLSX)


background.KINDS[FORM] = background.Kind(_form_in_background, changes_data=True)
background.KINDS[FILE] = background.Kind(_file_in_background, changes_data=False)


# --- edits after the export ------------------------------------------------------------------------------------------


def changed_since(batch: m.FrdoBatch, rows: Collection[m.FrdoRow]) -> dict[int, list[str]]:
    """Id of a row → titles of the columns in which its document now says something else than was exported."""
    facts = frdo_source.facts_of([row.certificate_id for row in rows])
    lists = lists_of(frdo_batches.template_of(batch.organizer_id))
    found = {}
    for row in rows:
        columns = differing(row.values, frdo_values(facts[row.certificate_id], lists))
        if columns:
            found[row.id] = [column.title for column in columns]
    return found
