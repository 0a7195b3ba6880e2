"""Pages of a group's documents: «Выдать документы» (who gets which, before anything happens) and «Отметить вручение»."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import flash, redirect, render_template, request
from flask_appbuilder import expose
from flask_wtf import FlaskForm
from wtforms import SelectField
from wtforms.validators import InputRequired

from app import addresses
from app import models as m
from app.access import current_actor, get_visible, get_writable
from app.clock import today
from app.documents.frdo import frdo_before
from app.documents.templates.in_force import issue_options
from app.errors import Invalid
from app.extensions import db
from app.russian import count
from app.services.paper.blanks import blanks
from app.services.paper.issuing import duplicates, group_issue, handing, mend_requests
from app.services.paper.issuing.group_issue import IssuePlan
from app.services.paper.printing.certificate_snapshot import as_signed
from app.statuses import BEGUN, CertificateKind, GroupStatus, Handing
from app.web.courses import mending
from app.web.frame.answers import answer_act, answer_form, attach, attempt
from app.web.frame.forms import CodesField, RuDateField
from app.web.frame.guards import guarded
from app.web.frame.pages import Block, Button, Cell, Column, FormPage, Pair, Row, Section
from app.web.frame.parts import Part
from app.web.paper.frdo_pages import mending_card

CHANGED_CHOICE = "Выбор изменился, поэтому пока ничего не выдано. Посмотрите список ниже и нажмите «Выдать» ещё раз."
PLAIN_PAPER = ("", "на обычной бумаге")


class IssueForm(FlaskForm):
    """Which documents, of which day, on what."""

    kinds = CodesField("Какие документы выдать", choices=[(kind.value, kind.label) for kind in CertificateKind])
    issued_on = RuDateField("Дата выдачи", [InputRequired("Укажите дату выдачи.")])
    series = SelectField("На чём печатать удостоверение или диплом", validate_choice=True)


class ReplaceForm(FlaskForm):
    """Of which day and on what the new documents are."""

    issued_on = RuDateField("Дата выдачи", [InputRequired("Укажите дату выдачи.")])
    series = SelectField("На чём печатать удостоверения или дипломы", validate_choice=True)


class GroupHandingForm(FlaskForm):
    """How the documents of a group were handed over."""

    handing = SelectField("Как вручены", choices=[(h.value, h.label) for h in Handing if h != Handing.PROXY])
    handed_on = RuDateField("Дата вручения", [InputRequired("Укажите дату вручения.")])


def series_choices(organizer_id: int, kind: CertificateKind) -> list[tuple[str, str]]:
    """Plain paper, and every series of blanks with how many are in stock."""
    stock = blanks.stock_by_series(organizer_id, kind)
    words = [(s, f"на бланках серии {s}: {count(n, 'бланк', 'бланка', 'бланков')} на складе") for s, n in stock]
    return [PLAIN_PAPER, *words]


class GroupIssuing(Part):
    """Part of the groups' view: issue the documents of a group, replace what was corrected since, mark the handing over."""

    def buttons(self, row: m.TrainingGroup) -> Sequence[Button]:
        """Buttons to the pages, for who issues documents of a group that is running or completed."""
        if row.status not in BEGUN or not self.may(row, "registry") or not current_actor().can("certificate:issue"):
            return []
        is_over = row.status == GroupStatus.COMPLETED
        return [
            Button("Выдать документы", addresses.at("training_group", "issue", row.id), main=is_over),
            Button("Отметить вручение", addresses.at("training_group", "hand", row.id)),
        ]

    @expose("/mend/<int:pk>", methods=["POST"])
    @guarded("registry")
    def ask_mend(self, pk: int) -> Any:
        """Ask those who answer for the listeners to mend their cards."""
        group = _group(pk, "certificate:issue")
        wanted = mending.asked_of(frdo_before.lacks_of(group))
        back = (
            addresses.card("training_group", pk)
            if request.args.get("back")
            else addresses.at("training_group", "issue", pk)
        )
        return answer_act(
            lambda: flash(f"Отправлено писем ответственным: {mend_requests.ask(pk, wanted)}.", "success"), back
        )

    @expose("/issue/<int:pk>", methods=["GET", "POST"])
    @guarded("registry")
    def issue_all(self, pk: int) -> Any:
        """Choose the documents and see the list; the second button issues all of it or nothing."""
        group = _group(pk, "certificate:issue")
        form = _issue_form(group)
        problems: list[str] = []
        back = addresses.card("training_group", pk)
        asked = request.form.get("step") == "issue"
        if asked and request.form.get("seen") != _choice(form):
            problems = [CHANGED_CHOICE]
        elif asked and form.validate_on_submit():
            chosen = {**_chosen(form), "series": form.series.data or "", **issue_options()}
            done = attempt(lambda: _tell(group_issue.issue_for_group(pk, **chosen)))
            if done is None:
                return redirect(back)
            problems = attach(form, done)
        plan, faults = _plan(pk, form)
        page = FormPage("Выдать документы", form, _SECTIONS, problems=[*problems, *faults])
        shown = {"blocks": _blocks(group, plan), "number": len(plan.new), "seen": _choice(form)}
        answer = render_template("issue.html", page=page, group=group, back=back, **shown)
        return answer, 422 if page.problems or form.errors else 200

    @expose("/replace/<int:pk>", methods=["GET", "POST"])
    @guarded("registry")
    def replace_all(self, pk: int) -> Any:
        """Issue new documents in place of all that print what was corrected since."""
        group = _group(pk, "certificate:replace")
        form = ReplaceForm(data={"issued_on": today(), "series": ""})
        form.series.choices = series_choices(group.organizer_id, group_issue.kinds_for(group)[0])
        back = addresses.card("training_group", pk)

        def save() -> str:
            options = {"issued_on": form.issued_on.data, "series": form.series.data or "", **issue_options()}
            made = duplicates.replace_outdated(pk, **options)
            flash(f"Заменено документов: {len(made)}.", "success" if made else "info")
            return back

        def page() -> FormPage:
            papers = duplicates.outdated_of(group)
            return FormPage(
                f"Заменить документы: {group}",
                form,
                [Section("Новые документы", ["issued_on", "series"])],
                submit=f"Заменить: {len(papers)}",
                cancel_href=back,
                note="Каждый получит документ с исправленными сведениями, своим номером и словом «ДУБЛИКАТ»; прежние станут "
                "заменёнными, слушатели узнают из писем. Заменяется весь список или ничего.",
                blocks=[_replaced(papers)],
            )

        return answer_form(form, save, page)

    @expose("/hand/<int:pk>", methods=["GET", "POST"])
    @guarded("registry")
    def hand_all(self, pk: int) -> Any:
        """Mark that the documents of the group which still lie with the organizer were handed over."""
        group = _group(pk, "certificate:hand")
        form = GroupHandingForm(data={"handed_on": today()})
        back = addresses.card("training_group", pk)

        def save() -> str:
            number = handing.hand_over_group(pk, Handing.of(form.handing.data or ""), handed_on=form.handed_on.data)
            flash(f"Отмечено вручение: {count(number, 'документ', 'документа', 'документов')}.", "success")
            return back

        def page() -> FormPage:
            waiting = count(len(handing.waiting_in(pk)), "документ", "документа", "документов")
            return FormPage(
                f"Отметить вручение: {group}",
                form,
                [Section("", ["handing", "handed_on"])],
                submit="Отметить вручение всех",
                cancel_href=back,
                note=f"Не вручено: {waiting}. По доверенности отметьте в карточке документа: у каждого своё доверенное лицо.",
            )

        return answer_form(form, save, page)


_SECTIONS = [Section("Что и когда", ["kinds", "issued_on", "series"])]


def _group(pk: int, right: str) -> m.TrainingGroup:
    """The group for who changes it and has the right on documents."""
    get_writable(db.session, m.TrainingGroup, pk, "training_group:registry")
    return get_visible(db.session, m.TrainingGroup, pk, right)


def _issue_form(group: m.TrainingGroup) -> IssueForm:
    possible = group_issue.kinds_for(group)
    form = IssueForm(data={"kinds": [possible[0].value], "issued_on": today(), "series": ""})
    form.kinds.choices = [(kind.value, kind.label) for kind in possible]
    form.series.choices = series_choices(group.organizer_id, possible[0])
    return form


def _chosen(form: IssueForm) -> dict[str, Any]:
    return {"kinds": [CertificateKind.of(code) for code in form.kinds.data or ()], "issued_on": form.issued_on.data}


def _choice(form: IssueForm) -> str:
    """The choice on which the list depends: it is issued only as it was shown."""
    return f"{','.join(form.kinds.data or ())} {form.issued_on.data or ''}"


def _plan(pk: int, form: IssueForm) -> tuple[IssuePlan, list[str]]:
    """The list for what is chosen; a choice that is no choice leaves it empty and says why beside the field."""
    if form.is_submitted() and not form.validate():
        return IssuePlan((), ()), []
    try:
        return group_issue.plan(pk, **_chosen(form)), []
    except Invalid as refusal:
        return IssuePlan((), ()), attach(form, refusal)


def _tell(result: group_issue.GroupIssue) -> None:
    flash(f"Выдано документов: {result.new}.", "success" if result.new else "info")
    if result.refused:
        people = count(len(result.refused), "слушатель", "слушателя", "слушателей")
        flash(f"Без документа: {people}. Причины — на странице «Выдать документы».", "info")


def _blocks(group: m.TrainingGroup, plan: IssuePlan) -> list[Block]:
    return [*_lacks(group), _signatories(group.organizer), _gets(plan), *_refused(plan)]


def _lacks(group: m.TrainingGroup) -> list[Block]:
    """Listeners whose document ФИС ФРДО would refuse, why, and the card that mends it."""
    found = frdo_before.lacks_of(group)
    rows = [
        Row(
            lack.enrolment_id,
            addresses.card("enrolment", lack.enrolment_id),
            [Cell(lack.name), Cell(fault.sentence, fault.column), mending_card(fault)],
        )
        for lack in found
        for fault in lack.faults
    ]
    if not rows:
        return []
    buttons = []
    if any(mending.of_card(lack) for lack in found):
        buttons.append(mending.ask_button(group))
    note = "Документ можно выдать и так, но ФИС ФРДО его не примет, пока карточки не исправлены."
    columns = [Column(head, head) for head in ("Слушатель", "Чего не хватает", "Где исправить")]
    title = f"Не хватает сведений для ФИС ФРДО: {len(found)}"
    return [Block(title, columns=columns, rows=rows, buttons=buttons, note=note, tone="wait")]


def _signatories(organizer: m.Organization) -> Block:
    head = ", ".join(filter(None, (as_signed(organizer.head_name), organizer.head_position or "Руководитель")))
    pairs = [
        Pair("Подписывает", Cell(head if organizer.head_name else "")),
        Pair("Секретарь", Cell(as_signed(organizer.secretary_name) or "строка для подписи от руки")),
        Pair("Город", Cell(organizer.city or "")),
    ]
    return Block("Кто подписывает", pairs=pairs)


def _gets(plan: IssuePlan) -> Block:
    rows = [
        Row(
            item.enrolment.id,
            addresses.card("enrolment", item.enrolment.id),
            [
                Cell(item.enrolment.employee.full_name),
                Cell(item.kind.label),
                Cell(f"№ {item.issued.number}", href=addresses.card("certificate", item.issued.id))
                if item.issued
                else Cell("к выдаче"),
            ],
        )
        for item in plan.planned
    ]
    heads = [Column(name, name) for name in ("Слушатель", "Документ", "Состояние")]
    title = f"Получат документы: {len(plan.new)}"
    return Block(title, columns=heads, rows=rows, empty="По этому выбору документы никому не положены.")


def _replaced(papers: Sequence[m.Certificate]) -> Block:
    rows = [
        Row(
            paper.id,
            addresses.card("certificate", paper.id),
            [Cell(paper.employee.full_name), Cell(f"№ {paper.number}", paper.kind.label), Cell(paper.outdated or "")],
        )
        for paper in papers
    ]
    heads = [Column(name, name) for name in ("Слушатель", "Прежний документ", "Что исправлено")]
    return Block("Будут заменены", columns=heads, rows=rows, empty="Заменять нечего: все документы напечатаны верно.")


def _refused(plan: IssuePlan) -> list[Block]:
    if not plan.refused:
        return []
    rows = [
        Row(
            item.enrolment.id,
            addresses.card("enrolment", item.enrolment.id),
            [Cell(item.enrolment.employee.full_name), Cell(item.reason)],
        )
        for item in plan.refused
    ]
    heads = [Column(name, name) for name in ("Слушатель", "Почему не получит")]
    return [Block(f"Не получат: {len(rows)}", columns=heads, rows=rows, tone="wait")]
