"""The doors out: each makes a file that leaves the portal and writes to the journal which user took it.

Pages, tasks and commands take files from here (``tests/architecture/test_doors.py``). The builders of this folder write
no journal, because they also make samples of templates and papers inside an archive.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import select

from app import models as m
from app.access import current_actor, get_visible, get_writable
from app.clock import local, now
from app.documents.file_names import safe_name
from app.documents.papers.archive_pdf import write_archive
from app.documents.papers.attendance_sheet import build_attendance_sheet, head_of
from app.documents.papers.blank_act import render_blank_act
from app.documents.papers.bulk_papers import DOCX, PrintForm, Tell, by_template, write_papers
from app.documents.papers.certificate import CertificateFacts, render_certificate
from app.documents.papers.group_papers import GroupPaper, write_all
from app.documents.papers.organization_plan_paper import render_organization_plan
from app.documents.papers.plan_paper import PlanPaper, render_plan, write_plan_book
from app.documents.papers.training_order import render_order
from app.documents.papers.voucher_paper import insist_printed, paper_of, render_voucher
from app.documents.registries.declared import Asked
from app.documents.registries.registry_files import write_csv, write_xlsx
from app.documents.registries.registry_source import sheet_of_group
from app.documents.sheets.heat_sheet import write_heat
from app.documents.sheets.spreadsheet import SheetColumn, write_sheet
from app.documents.templates.in_force import look_for
from app.extensions import configured, db
from app.russian import capitalized, count, format_datetime, years
from app.services.courses.group import attendance
from app.services.paper.orders.group_facts import REGISTRY, GroupFacts
from app.services.paper.printing import bulk_printing, print_templates
from app.services.paper.printing.bulk_printing import PRINT, Printed
from app.services.personnel.trainings.training_archive import ARCHIVE, Archive, scans_of, words_of
from app.services.planning import plan_results
from app.services.planning.heat import Heat
from app.services.planning.organization_plan import OrganizationPlan
from app.services.portal import given_out
from app.services.portal import settings as portal_settings
from app.services.voucher import voucher_story

# --- the paper of one row --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RowPaper:
    """The paper of one row: who may take it, how its DOCX is built and its file is called (without ending).

    ``insist`` raises Conflict for a row whose paper would mislead.
    """

    code: str
    model: type[Any]
    permission: str
    build: Callable[[Any], bytes]
    name: Callable[[Any], str]
    insist: Callable[[Any], None] = lambda _row: None

    def give(self, row: Any) -> bytes:
        """Return the DOCX of a row that the actor sees."""
        self.insist(row)
        data = self.build(row)
        given_out.printed(row)
        return data

    def give_ordered(self, given: Mapping[str, Any]) -> tuple[bytes, str]:
        """Return the DOCX and the name of a row that a task names by its ``id``; raises NotFound for a hidden one."""
        row = get_visible(db.session, self.model, given["id"], self.permission)
        return self.give(row), self.name(row)


def _certificate(row: m.Certificate) -> bytes:
    """The snapshot by the template of the day of issue: a reprint years later is the same paper."""
    file = print_templates.file_of_issued(row.kind.value, row.template_version, row.organizer_id)
    look = look_for(row.kind.value, row.organizer_id)
    return render_certificate(CertificateFacts.from_snapshot(row.snapshot), template=file, look=look, status=row.status)


def _blank_act(row: m.BlankAct) -> bytes:
    return render_blank_act(row, blanks_of(row))


def blanks_of(act: m.BlankAct) -> Sequence[m.Blank]:
    """Return the blanks of an act in the order of its paper."""
    statement = select(m.Blank).where(m.Blank.act_id == act.id)
    return list(db.session.scalars(statement.order_by(m.Blank.series, m.Blank.number)))


CERTIFICATE = RowPaper(
    "certificate",
    m.Certificate,
    PRINT,
    _certificate,
    lambda row: f"{row.kind.label.capitalize()} {row.number.replace('/', '-')}",
)
BLANK_ACT = RowPaper(
    "blank_act",
    m.BlankAct,
    "blank_act:show",
    _blank_act,
    lambda row: f"Акт списания бланков {row.number}-{row.year}",
)
ORDER = RowPaper(
    "training_order",
    m.TrainingOrder,
    "training_order:show",
    lambda row: render_order(row.snapshot, organizer_id=row.organizer_id),
    lambda row: f"Приказ {row.kind.label} № {row.number.replace('/', '-')}",
)
VOUCHER = RowPaper(
    "voucher",
    m.Voucher,
    "voucher:print",
    lambda row: render_voucher(paper_of(voucher_story.tell(row), check_base=configured().public_url)),
    lambda row: f"Чек {row.number.replace('/', '-')}",
    insist_printed,
)


def plan_paper_of(row: m.PlanResult) -> PlanPaper:
    """What the paper of an approved plan, or of a change of it, says: the stored figures."""
    return PlanPaper(
        ministry=portal_settings.text("ministry_name"),
        year=row.campaign.year,
        number=row.number_text,
        approved_on=local(row.created_at).date(),
        change=(row.number, row.reason_text or "") if row.number else None,
        results=plan_results.of_snapshot(row.snapshot),
    )


PLAN = RowPaper(
    "plan_result",
    m.PlanResult,
    "plan_result:show",
    lambda row: render_plan(plan_paper_of(row)),
    lambda row: f"План на {row.campaign.year} год № {row.number_text}",
)


# --- documents of many people ----------------------------------------------------------------------------------------


def print_many(
    form: PrintForm,
    papers: Sequence[Printed],
    path: Path,
    *,
    group_id: int | None = None,
    tell: Tell = lambda _done: None,
) -> str:
    """Write the documents to ``path``; returns and raises as ``write_papers``. ``group_id``: it was a button of this group."""
    message = write_papers(form, papers, path, tell)
    _printed(papers, form.label, group_id)
    return message


def _printed(papers: Sequence[Printed], how: str, group_id: int | None) -> None:
    people = count(len(papers), "человек", "человека", "человек")
    numbers = f"{papers[0].number} – {papers[-1].number}" if len(papers) > 1 else papers[0].number
    facts = {"Напечатано": people, "Номера": numbers, "Файл": how}
    if group_id is None:
        given_out.printed_many("certificate", "Документы об обучении", facts)
    else:
        given_out.printed(get_writable(db.session, m.TrainingGroup, group_id, REGISTRY), facts)


# --- papers of a group and of a person -----------------------------------------------------------------------------------------------


def group_paper(known: GroupFacts, paper: GroupPaper) -> bytes:
    """Return one paper of a group; raises what its builder refuses."""
    data = paper.make(known)
    _printed_of_group(known, paper.title)
    return data


def group_archive(known: GroupFacts, path: Path, tell: Tell) -> tuple[list[str], list[tuple[str, str]]]:
    """Write a ZIP with all papers of a group, its registry and its listeners' documents; returns as ``write_all``."""
    files = _documents(known)
    more: list[tuple[str, Callable[[], bytes]]] = [
        (f"{safe_name(f'Реестр обученных, группа {known.number}')}.xlsx", partial(_registry, known)),
        *((name, partial(_in_one_file, found)) for name, found in files.items()),
    ]
    made, refused = write_all(known, path, more=more, tell=tell)
    for name, found in files.items():
        if name in made:
            _printed(found, "Все документы группы", known.id)
    _printed_of_group(known, f"все документы группы: {count(len(made), 'документ', 'документа', 'документов')}")
    return made, refused


def _printed_of_group(known: GroupFacts, papers: str) -> None:
    group = get_writable(db.session, m.TrainingGroup, known.id, REGISTRY)
    given_out.printed(group, {"Документы": papers, "Слушателей": str(len(known.listeners))})


def _documents(known: GroupFacts) -> dict[str, list[Printed]]:
    """Return name of a file of Word → the listeners' documents in it; nothing for a user who may not print them.

    Documents of one kind that were issued by different templates stand in files of their own.
    """
    found: dict[str, list[Printed]] = {}
    if current_actor().can(PRINT):
        for papers_of_one in by_template(bulk_printing.chosen(bulk_printing.ids_of_group(known.id))):
            kind, number = capitalized(papers_of_one[0].kind.label), 1
            while (name := _name_of(kind, number, known)) in found:
                number += 1
            found[name] = papers_of_one
    return found


def _name_of(kind: str, number: int, known: GroupFacts) -> str:
    which = f", шаблон {number}" if number > 1 else ""
    return f"{safe_name(f'{kind}{which}, группа {known.number}')}.docx"


def _in_one_file(found: Sequence[Printed]) -> bytes:
    with tempfile.TemporaryDirectory(prefix="portal-print-") as folder:
        path = Path(folder) / "papers.docx"
        write_papers(DOCX, found, path)
        return path.read_bytes()


def _registry(known: GroupFacts) -> bytes:
    return sheet_of_group(get_writable(db.session, m.TrainingGroup, known.id, REGISTRY))[0]


def attendance_sheet(group: m.TrainingGroup) -> bytes:
    """Return «Лист посещаемости» of a group for Word, with the marks that are set and room for signatures."""
    data = build_attendance_sheet(head_of(group), attendance.journal_of(group.id))
    given_out.printed(group)
    return data


def trained_of_group(group: m.TrainingGroup) -> bytes:
    """Return «Реестр обученных» of a group as an Excel file (order § 3.3)."""
    data, number = sheet_of_group(group)
    given_out.exported(group, {"Обучено": str(number)})
    return data


def training_archive(archive: Archive, number: int, path: Path, tell: Tell = lambda _done: None) -> str:
    """Write the PDF of a person's trainings of ``number`` years; returns and raises as ``write_archive``."""
    papers = bulk_printing.chosen(archive.certificate_ids)
    message = write_archive(archive, papers, scans_of(archive), path, tell)
    person = get_writable(db.session, m.Employee, archive.employee_id, ARCHIVE)
    given_out.printed(person, {"Обучение для аттестации": f"{years(number)}: {words_of(archive)}"})
    return message


def organization_plan(plan: OrganizationPlan) -> bytes:
    """Return «План обучения организации» for Word; raises Invalid when a printed fact is missing."""
    data = render_organization_plan(plan)
    given_out.printed(plan.organization, {"План обучения": f"{plan.year} год, строк: {len(plan.lines)}"})
    return data


# --- tables ----------------------------------------------------------------------------------------------------------


def table(
    path: Path,
    *,
    of: tuple[str, str],
    title: str,
    columns: Sequence[SheetColumn],
    rows: Iterable[Sequence[Any]],
    filters: str,
    notes: Sequence[str] = (),
) -> int:
    """Write rows as a sheet of Excel and return their number; ``of`` is the table and its words in the journal."""
    number = write_sheet(path, title=title, columns=columns, rows=rows, notes=notes or _stamp(filters))
    given_out.exported_many(*of, number, filters)
    return number


def plan_demand(path: Path, heat: Heat, *, heads: Sequence[str], year: int, unmet: int, filters: str) -> int:
    """Write the heat map of a plan as a workbook and return the number of its rows."""
    title, notes = f"Спрос и места: план на {year} год", _stamp(filters)
    number = write_heat(path, heat, title=title, heads=heads, notes=notes, unmet=unmet)
    given_out.exported_many("plan_item", "Спрос и места", number, filters)
    return number


def plan_book(path: Path, row: m.PlanResult) -> int:
    """Write an approved plan as a workbook and return the number of its lines."""
    number = write_plan_book(path, plan_paper_of(row))
    given_out.exported(row, {"Строк": str(number)})
    return number


def registry(path: Path, asked: Asked, kind: str, rows: Iterable[Sequence[Any]], *, filters: str) -> int:
    """Write a declared registry as ``kind``, csv or xlsx, and return the number of its rows."""
    number = write_csv(path, asked, rows) if kind == "csv" else write_xlsx(path, asked, rows, notes=_stamp(filters))
    given_out.exported_many(asked.registry.table.name, asked.registry.title, number, filters)
    return number


def _stamp(filters: str) -> list[str]:
    return [f"Выгрузил: {current_actor().name}", f"Когда: {format_datetime(now())}", f"Отборы: {filters}"]
