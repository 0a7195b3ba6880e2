"""Printing in bulk: chosen documents of the list, all documents of a group, and the papers of a group.

A few Word files are made while the user waits; everything else is a task of the user.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import flash, redirect, render_template, request
from flask_appbuilder import expose
from werkzeug.wrappers import Response

from app import addresses
from app import models as m
from app.access import current_actor, get_writable
from app.clock import now
from app.documents import doors
from app.documents.file_names import safe_name
from app.documents.office.pdf import MISSING, find_office
from app.documents.papers.bulk_papers import FORMS, PrintForm
from app.documents.papers.group_papers import PAPERS, GroupPaper
from app.errors import Forbidden, NotFound, PortalError
from app.extensions import db
from app.labels import thing
from app.russian import capitalized, count, format_date
from app.services.paper.orders import group_facts as facts
from app.services.paper.orders.group_facts import REGISTRY, GroupFacts
from app.services.paper.printing import bulk_printing
from app.services.paper.printing.bulk_printing import PRINT
from app.services.tasks import background
from app.statuses import CertificateKind
from app.unit_of_work import refuse_during_maintenance
from app.web.frame.answers import answer_act, attempt
from app.web.frame.downloads import download_of, download_written
from app.web.frame.guards import guarded
from app.web.frame.pages import Block, Button, CardPage, Cell, Column, Link, Row
from app.web.frame.parts import Part

#: documents that are made while the user waits
AT_ONCE = 20
#: kinds of the tasks that make more
PRINTING, GROUP_PAPERS = "print", "group_papers"
_ZIP = "application/zip"
_ACTION = "print_"
_ORDERED = "Задание принято. Здесь видно, сколько готово, и отсюда скачивается файл."


# --- chosen documents ------------------------------------------------------------------------------------------------


def forms_offered() -> list[PrintForm]:
    """Forms of printing: those of LibreOffice only where it is installed."""
    return [form for form in FORMS.values() if not form.needs_office or find_office()]


def print_papers(ids: Sequence[int], form: PrintForm, title: str, *, group_id: int | None = None) -> Response:
    """Return the file of a few documents, or order the task that makes it and lead to «Мои задания»."""
    if len(ids) <= AT_ONCE and not form.needs_office:
        found = bulk_printing.chosen(ids)
        return download_written(
            _file_name(title, form),
            form.content_type,
            lambda path: doors.print_many(form, found, path, group_id=group_id),
        )
    background.submit(
        PRINTING,
        f"Печать: {title}. {form.label}",
        {"ids": list(ids), "form": form.code, "title": title, "group": group_id},
        total=len(ids),
        permission=PRINT,
    )
    flash(_ORDERED)
    return redirect(addresses.TASKS)


def _file_name(title: str, form: PrintForm) -> str:
    return f"{safe_name(title)} {now():%d.%m.%Y}{form.suffix}"


def _print(work: background.Work) -> background.Outcome:
    """Make the ordered file of the documents that the user may still print."""
    given = work.parameters
    form, found = FORMS[given["form"]], bulk_printing.chosen(given["ids"])
    file = work.new_file(form.suffix)
    message = doors.print_many(form, found, file, group_id=given["group"], tell=work.tell)
    return background.Outcome(message, _file_name(given["title"], form), form.content_type)


background.KINDS[PRINTING] = background.Kind(_print, changes_data=False)


class BulkPrinting(Part):
    """Part of the certificates' view: prints the chosen rows in the order of the list."""

    def bulk_actions(self) -> Sequence[Button]:
        """A button for each form, for those who print for others."""
        offered = forms_offered() if self._prints_many() else []
        return [Button(form.label, f"{_ACTION}{form.code}", post=True) for form in offered]

    @staticmethod
    def _prints_many() -> bool:
        # a worker's own few documents are printed from their cards
        actor = current_actor()
        return actor.can(PRINT) and actor.can("certificate:export")

    def allows(self, name: str) -> bool:
        """Printing, for those who print for others."""
        if _form_of(name) is not None and not self._prints_many():
            current_actor().require(PRINT)
            raise Forbidden("Печать нескольких документов сразу вам недоступна. Напечатайте их по одному с карточек.")
        return _form_of(name) is not None

    def order_many(self, name: str, rows: Sequence[Any]) -> Response | None:
        """Print instead of acting row by row."""
        form = _form_of(name)
        if form is None:
            return None
        title = f"Документы об обучении, {count(len(rows), 'человек', 'человека', 'человек')}"
        listing = self.view.listing
        back = listing.url(listing.read(request.form.get("query", "")))
        return answer_act(lambda: print_papers(self._in_order(rows), form, title), back)

    def _in_order(self, rows: Sequence[Any]) -> list[int]:
        """Ids of the rows as they stand in the list: the boxes come in its order, a whole query is asked for its order."""
        known = {row.id for row in rows}
        if request.form.get("all") == "1":
            listing = self.view.listing
            shown = [row.id for row in listing.iterate(listing.read(request.form.get("query", "")))]
        else:
            shown = [int(pk) for pk in request.form.getlist("rowid") if pk.isdecimal()]
        return [pk for pk in dict.fromkeys(shown) if pk in known]


def _form_of(action: str) -> PrintForm | None:
    return FORMS.get(action.removeprefix(_ACTION)) if action.startswith(_ACTION) else None


# --- papers of a group -----------------------------------------------------------------------------------------------


class GroupPrinting(Part):
    """Part of the groups' view: «Документы группы», one by one or all of them."""

    tab = "papers"

    def blocks(self, row: m.TrainingGroup) -> Sequence[Block]:
        """The documents of the listeners, for those who make them."""
        return [_issued(row)] if self.may(row, "registry") else []

    def buttons(self, row: m.TrainingGroup) -> Sequence[Button]:
        """«Документы группы» for those who make them."""
        if not self.may(row, "registry"):
            return []
        return [
            Button("Документы группы", addresses.at("training_group", "papers", row.id)),
            Button("Все документы группы", addresses.at("training_group", "papers", row.id, "order"), post=True),
        ]

    @expose("/papers/<int:pk>")
    @guarded("registry")
    def papers(self, pk: int) -> Any:
        """The papers of a group with their downloads; with ``paper`` in the address, that file."""
        known = facts.facts_of_group(pk)
        code = request.args.get("paper", "")
        if not code:
            return render_template("card.html", page=_page(known))
        paper = next((paper for paper in PAPERS if paper.code == code), None)
        if paper is None:
            raise NotFound("Такого документа у группы нет.")
        return _download(known, paper)

    @expose("/papers/<int:pk>/order", methods=["POST"])
    @guarded("registry")
    def order_papers(self, pk: int) -> Any:
        """Print the documents of one kind in one form; without them in the address, order everything as one ZIP."""
        group = get_writable(db.session, m.TrainingGroup, pk, REGISTRY)
        kind = CertificateKind._value2member_map_.get(request.args.get("kind", ""))
        form = FORMS.get(request.args.get("form", ""))

        def order() -> Response | None:
            # what is printed from changes during a технологический перерыв by nobody, and neither do the orders
            refuse_during_maintenance()
            if not isinstance(kind, CertificateKind) or form is None:
                return _order_all(group)
            ids = bulk_printing.ids_of_group(pk, kind)
            if ids:
                return print_papers(ids, form, f"{capitalized(kind.label)}, группа {group.number}", group_id=pk)
            flash("Печатать нечего: действующих документов этого вида в группе нет.", "warning")
            return None

        return answer_act(order, addresses.at("training_group", "papers", pk))


def _issued(group: m.TrainingGroup) -> Block:
    rows = []
    for paper in bulk_printing.issued_in(group.id):
        handed = f"вручён {format_date(paper.handed_on)}" if paper.handed_on else "не вручён"
        cells = [Cell(paper.employee.full_name), Cell(f"№ {paper.number}", paper.kind.label), Cell(handed)]
        cells.append(Cell(format_date(paper.issued_on)))
        rows.append(Row(paper.id, addresses.card("certificate", paper.id), cells))
    return Block(
        f"Документы слушателей: {len(rows)}" if rows else "Документы слушателей",
        columns=[Column(head, head) for head in ("Слушатель", "Документ", "Вручение", "Дата выдачи")],
        rows=rows,
        buttons=[Button("Документы группы", addresses.at("training_group", "papers", group.id))],
        empty="Документы слушателям ещё не выданы.",
    )


def _page(known: GroupFacts) -> CardPage:
    href = addresses.at("training_group", "papers", known.id, "order")
    return CardPage(
        f"Документы группы {known.number}",
        crumbs=[
            Link(thing("training_group").plural, addresses.listing("training_group")),
            Link(f"Группа {known.number}", addresses.card("training_group", known.id)),
        ],
        buttons=[Button("Все документы группы", href, main=True, post=True)],
        blocks=[_papers_block(known), *_kind_blocks(known)],
    )


def _papers_block(known: GroupFacts) -> Block:
    def row(number: int, paper: GroupPaper) -> Row:
        why = paper.why_not(known)
        href = "" if why else addresses.at("training_group", "papers", known.id, paper=paper.code)
        state = Cell("Ещё нельзя", why, tone="wait") if why else Cell("Можно скачать", tone="ok")
        return Row(number, href, [Cell(paper.title, href=href), state])

    heads = [Column("paper", "Документ"), Column("state", "Готовность")]
    return Block(
        "Документы группы",
        columns=heads,
        rows=[row(number, paper) for number, paper in enumerate(PAPERS, 1)],
        note="«Все документы группы» — один архив ZIP: эти документы, реестр обученных и документы слушателей. О том, чего "
        "в нём нет, говорит текстовый файл внутри. Архив появится в «Моих заданиях».",
    )


def _kind_blocks(known: GroupFacts) -> list[Block]:
    """A block for each kind of the listeners' documents with a button for each form."""
    if not current_actor().can(PRINT):
        return []
    note = "" if find_office() else MISSING
    found = [
        Block(
            f"{capitalized(kind.label)}: {number}",
            buttons=[
                Button(
                    form.label,
                    addresses.at("training_group", "papers", known.id, "order", kind=kind.value, form=form.code),
                    post=True,
                )
                for form in forms_offered()
            ],
            note=note,
            empty="Действующие документы группы в порядке фамилий.",
        )
        for kind, number in bulk_printing.kinds_of_group(known.id).items()
    ]
    return found or [Block("Документы слушателей", empty="Документы слушателям ещё не выданы.")]


def _download(known: GroupFacts, paper: GroupPaper) -> Any:
    """One paper; one that cannot be made leads back to the page with the reason."""
    made = attempt(lambda: paper.why_not(known) or doors.group_paper(known, paper))
    if isinstance(made, bytes):
        return download_of(made, paper.file_name(known), paper.content_type)
    flash(f"{paper.title}: {made.message if isinstance(made, PortalError) else made}", "warning")
    return redirect(addresses.at("training_group", "papers", known.id))


# --- everything of a group -------------------------------------------------------------------------------------------


def _order_all(group: m.TrainingGroup) -> Response:
    background.submit(
        GROUP_PAPERS,
        f"Все документы группы {group.number}",
        {"group": group.id},
        # the papers, the registry, and at most a file for each kind of the listeners' documents
        total=len(PAPERS) + 1 + len(CertificateKind),
        permission=REGISTRY,
    )
    flash(_ORDERED)
    return redirect(addresses.TASKS)


def _make_all(work: background.Work) -> background.Outcome:
    known = facts.facts_of_group(work.parameters["group"])
    made, refused = doors.group_archive(known, work.new_file(".zip"), work.tell)
    words = f"В архиве {count(len(made), 'документ', 'документа', 'документов')}."
    if refused:
        words += f" Не вошли: {'; '.join(f'{title} ({why})' for title, why in refused)}"
    return background.Outcome(words, f"{safe_name(f'Документы группы {known.number}')}.zip", _ZIP)


background.KINDS[GROUP_PAPERS] = background.Kind(_make_all, changes_data=False)
