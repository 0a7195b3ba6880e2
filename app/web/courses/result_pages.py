"""«Итоги обучения»: the outcomes of a whole group in one table, typed or taken from an Excel sheet."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from flask import flash, jsonify, redirect, render_template, request
from flask_appbuilder import expose
from werkzeug.datastructures import FileStorage

from app import addresses
from app import models as m
from app.access import current_actor, get_visible, get_writable
from app.clock import today
from app.errors import Invalid, NotFound, PortalError
from app.exchange.columns import CellError
from app.exchange.engine.uploads import XLSX
from app.exchange.results_sheet import ReadSheet, give_results_sheet, read_results_sheet
from app.extensions import db
from app.russian import count, quoted
from app.services.courses.group import results
from app.services.courses.group.results import FINAL_FORMS, Assessment, Expected, Outcome
from app.statuses import OUTCOMES, UNSUCCESSFUL, EnrolmentStatus, GroupStatus
from app.web.courses import group_desk
from app.web.courses.result_forms import AssessmentForm
from app.web.frame.answers import attach, attempt
from app.web.frame.downloads import download_of
from app.web.frame.guards import signed_in
from app.web.frame.listing import state_cell
from app.web.frame.pages import Button, Link
from app.web.frame.parts import Part

PERMISSION = "enrolment:result"
PROPOSE = "propose"
#: what a proposal says of admission to the final assessment
_PROPOSED = {
    EnrolmentStatus.TRAINED: "Допущен",
    EnrolmentStatus.FAILED: "Не допущен",
    EnrolmentStatus.NO_SHOW: "Не приступил",
}
_ROW = re.compile(r"(outcome|mark|reason)-(\d{1,9})")
_NOT_RUNNING = "Итоги вносят, когда обучение идёт. Состояние этой группы — «{}»."


@dataclass(frozen=True, slots=True)
class ResultRow:
    """A listener without an outcome: what is proposed and why, what is typed, and what is wrong, by control."""

    pk: int
    name: str
    href: str
    proposed: str
    tone: str
    why: str
    outcome: str
    mark: str
    reason: str
    errors: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ResultsPage:
    """The page of results; ``sheet_errors``: wrong cells of an uploaded sheet, ``sheet_notices``: what to look at in it."""

    title: str
    crumbs: Sequence[Link]
    buttons: Sequence[Button]
    form: Any
    rows: Sequence[ResultRow]
    options: Sequence[tuple[str, str]]
    final_forms: Sequence[str]
    note: str
    save_href: str
    upload_href: str
    sheet_href: str
    problems: Sequence[tuple[str, str]] = ()
    sheet_errors: Sequence[str] = ()
    sheet_notices: Sequence[str] = ()
    from_sheet: bool = False


@dataclass(frozen=True, slots=True)
class Draft:
    """What the table shows: outcomes by enrolment, refusals by field, and words above it."""

    rows: Mapping[int, Outcome] = field(default_factory=dict)
    errors: Mapping[str, Sequence[str]] = field(default_factory=dict)
    problems: Sequence[str] = ()
    sheet: ReadSheet | None = None


class GroupResults(Part):
    """Pages ``results``, ``results_sheet`` and ``results_upload`` of a group."""

    def buttons(self, row: m.TrainingGroup) -> list[Button]:
        """The results, while the group is running."""
        if row.status != GroupStatus.RUNNING or not current_actor().can(PERMISSION):
            return []
        return [Button("Итоги обучения", addresses.at("training_group", "results", row.id))]

    @expose("/results/<int:pk>", methods=["GET", "POST"])
    @signed_in
    def results(self, pk: int) -> Any:
        """Show the table and save all its filled rows, or none of them; «Подставить предложенное» only fills the table."""
        group = _group(pk)
        if request.method == "GET":
            return self._results(group, AssessmentForm(data={"result_on": min(today(), group.ends_on)}), Draft(), 200)
        form, rows = AssessmentForm(), _typed_rows()
        if request.accept_mimetypes.best == "application/json":
            return self._saved_alone(group, form, rows)
        if request.form.get("do") == PROPOSE:
            return self._results(group, form, Draft(_with_proposals(rows, results.expected_of(group))), 200)
        draft = _save(group, form, rows) if form.validate() else Draft(rows)
        if draft is None:
            return redirect(addresses.card("training_group", pk))
        return self._results(group, form, draft, 422)

    @expose("/results/<int:pk>/sheet")
    @signed_in
    def results_sheet(self, pk: int) -> Any:
        """The group's sheet to be filled in Excel."""
        group = _group(pk)
        name = f"Ведомость итогов, группа {group.number.replace('/', '-')}.xlsx"
        return download_of(give_results_sheet(group, results.expected_of(group)), name, XLSX)

    @expose("/results/<int:pk>/upload", methods=["POST"])
    @signed_in
    def results_upload(self, pk: int) -> Any:
        """Show what a filled sheet says in the table, with every wrong cell; nothing is written."""
        group = _group(pk)
        file = request.files.get("file")
        sheet = attempt(lambda: _read(file, group))
        if isinstance(sheet, PortalError):
            form = AssessmentForm(formdata=None, data={"result_on": min(today(), group.ends_on)})
            return self._results(group, form, Draft(problems=[sheet.message]), 422)
        common = sheet.common
        data = {
            "result_on": common.result_on,
            "final_form": common.final_form,
            "protocol_number": common.protocol_number,
        }
        form = AssessmentForm(formdata=None, data=data)
        return self._results(group, form, Draft(sheet.rows, sheet=sheet), 422 if sheet.errors else 200)

    def _saved_alone(self, group: m.TrainingGroup, form: Any, rows: Mapping[int, Outcome]) -> Any:
        """Save the row that the table of the group's page sent by itself; say what it is now, or why it stays as it was."""
        draft = _save_rows(group, form, rows) if form.validate() else Draft(rows)
        if isinstance(draft, int):
            pk = next(iter(rows))
            state = state_cell(get_visible(db.session, m.Enrolment, pk, "enrolment:show"))
            way = group_desk.way_alone(self.view, _group(group.id))
            return jsonify({"saved": {"text": state.text, "tone": state.tone}, "way": way})
        faults = [f"{item.label.text}: {' '.join(map(str, item.errors))}" for item in form if item.errors]
        told = [text for texts in draft.errors.values() for text in texts]
        return jsonify({"problem": " ".join(dict.fromkeys(told or faults or draft.problems))})

    def _results(self, group: m.TrainingGroup, form: Any, draft: Draft, status: int) -> Any:
        expected = results.expected_of(group)
        back = addresses.card("training_group", group.id)
        rows = [_row(item, draft) for item in expected]
        errors = [(f"#{name}", text) for name, texts in draft.errors.items() for text in texts]
        sheet = draft.sheet or ReadSheet()
        page = ResultsPage(
            title=f"Итоги обучения: группа {group.number}",
            crumbs=self.crumbs(group, "Итоги обучения"),
            buttons=[Button("К группе", back)],
            form=form,
            rows=rows,
            options=[("", "— не вносить —"), *((s.value, s.label) for s in OUTCOMES)],
            final_forms=FINAL_FORMS,
            note="" if group.status == GroupStatus.RUNNING else _NOT_RUNNING.format(group.status.label),
            save_href=addresses.at("training_group", "results", group.id),
            upload_href=addresses.at("training_group", "results", group.id, "upload"),
            sheet_href=addresses.at("training_group", "results", group.id, "sheet"),
            problems=[*(("", text) for text in draft.problems), *errors],
            sheet_errors=_in_words(sheet.errors),
            sheet_notices=[*sheet.notices, *_in_words(sheet.doubts)],
            from_sheet=draft.sheet is not None,
        )
        return render_template("results.html", page=page), status


def _group(pk: int) -> m.TrainingGroup:
    """A group whose results the user enters; 403 without the right, whatever the row."""
    current_actor().require(PERMISSION)
    return get_writable(db.session, m.TrainingGroup, pk, PERMISSION)


def _read(file: FileStorage | None, group: m.TrainingGroup) -> ReadSheet:
    if file is None or not file.filename:
        raise Invalid("Выберите файл заполненной ведомости.")
    return read_results_sheet(file.read(), group, results.expected_of(group))


def _typed_rows() -> dict[int, Outcome]:
    """Rows of the posted table; an outcome that does not exist stays wrong until the service says so."""
    found: dict[int, dict[str, str]] = {}
    for name, value in request.form.items():
        match = _ROW.fullmatch(name)
        if match:
            found.setdefault(int(match[2]), {})[match[1]] = value.strip()
    return {pk: _outcome(values) for pk, values in found.items()}


def _outcome(values: Mapping[str, str]) -> Outcome:
    code = values.get("outcome", "")
    if code and code not in {status.value for status in OUTCOMES}:
        raise NotFound("Такого итога нет. Откройте страницу итогов группы заново.")
    outcome = EnrolmentStatus.of(code) if code else None
    return Outcome(outcome=outcome, mark=values.get("mark") or None, reason=values.get("reason") or None)


def _with_proposals(rows: Mapping[int, Outcome], expected: Sequence[Expected]) -> dict[int, Outcome]:
    """Fill the rows that have no outcome yet; what is typed stays."""
    filled = dict(rows)
    for item in expected:
        row = filled.get(item.enrolment.id, Outcome(outcome=None))
        proposed = item.proposal.outcome
        if row.outcome is None and proposed is not None:
            reason = row.reason or (item.proposal.reason if proposed in UNSUCCESSFUL else None)
            filled[item.enrolment.id] = Outcome(outcome=proposed, mark=row.mark, reason=reason)
    return filled


def _save(group: m.TrainingGroup, form: Any, rows: Mapping[int, Outcome]) -> Draft | None:
    """Save the table and say it; None when it is saved."""
    number = _save_rows(group, form, rows)
    if isinstance(number, Draft):
        return number
    people = count(number, "слушателя", "слушателей", "слушателей")
    flash(f"Итоги внесены: у {people}." if number else "Эти итоги уже были внесены.", "success")
    return None


def _save_rows(group: m.TrainingGroup, form: Any, rows: Mapping[int, Outcome]) -> Draft | int:
    """Save the rows; return how many were entered, or the table with what is wrong in it."""
    common = Assessment(
        result_on=cast(Any, form.result_on.data),
        final_form=form.final_form.data or None,
        protocol_number=form.protocol_number.data or None,
    )
    number = attempt(lambda: results.record_many(group.id, rows, common))
    if isinstance(number, PortalError):
        fields = dict(number.fields) if isinstance(number, Invalid) else {}
        shared = {name: texts for name, texts in fields.items() if name in form}
        attach(form, Invalid(number.message, fields=shared))
        return Draft(rows, errors=fields, problems=[number.message])
    return number


def _in_words(cells: Sequence[CellError]) -> list[str]:
    return [f"Ячейка {cell.address}, {quoted(cell.title)}: {cell.message}." for cell in cells]


def _row(item: Expected, draft: Draft) -> ResultRow:
    row, proposal = item.enrolment, item.proposal
    typed = draft.rows.get(row.id, Outcome(outcome=None))
    wrong = {name: draft.errors.get(f"{name}-{row.id}", ()) for name in ("outcome", "mark", "reason")}
    return ResultRow(
        pk=row.id,
        name=row.employee.full_name,
        href=addresses.card("enrolment", row.id),
        proposed=_PROPOSED[proposal.outcome] if proposal.outcome else "Нет предложения",
        tone=proposal.outcome.tone if proposal.outcome else "grey",
        why=proposal.reason,
        outcome=typed.outcome.value if typed.outcome else "",
        mark=typed.mark or "",
        reason=typed.reason or "",
        errors={name: " ".join(texts) for name, texts in wrong.items() if texts},
    )
