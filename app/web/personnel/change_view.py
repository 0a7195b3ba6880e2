"""Corrections of a card: the person's form, the responsible's comparison «было – станет», the decision."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any, cast

from flask import abort, flash, g, redirect, render_template, request
from flask_appbuilder import expose
from flask_appbuilder.forms import DynamicForm
from flask_appbuilder.models.sqla.interface import SQLAInterface
from flask_wtf import FlaskForm
from werkzeug.datastructures import CombinedMultiDict
from wtforms import BooleanField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, Optional

from app import addresses
from app import models as m
from app.access import current_actor, get_writable
from app.conditions import is_employed, late
from app.errors import PortalError
from app.extensions import db
from app.services.personnel.cards import changes
from app.services.personnel.cards.correctable import CARD, PLACE, SUBJECTS
from app.services.personnel.cards.surnames import Surname
from app.statuses import ChangeStatus
from app.web.frame.answers import answer_form, attempt
from app.web.frame.forms import REQUIRED, FieldSource, PortalModelConverter, RuDateField, form_values
from app.web.frame.guards import guarded
from app.web.frame.listing import ListColumn, ListFilter
from app.web.frame.lookups import Lookup
from app.web.frame.pages import Block, Button, CardPage, Cell, FormPage, Link, Pair, Section
from app.web.frame.scans import scan_field, sent_scan
from app.web.frame.scoped_view import ScopedModelView
from app.web.frame.typed import row_id

#: parts of the card, each of which is corrected by itself
CARD_PARTS = (
    ("Обо мне", ("last_name", "first_name", "patronymic", "birth_date", "sex", "snils")),
    ("Связь", ("phone", "email")),
    ("Стаж и заслуги", ("teaching_since", "working_since", "degree", "awards")),
)


class SurnameForm(FlaskForm):
    """What is asked when a surname changes: its fields stand in the form of the card and beside a correction."""

    surname_until = RuDateField("Прежняя фамилия — по какую дату", [Optional()])
    surname_reason = StringField(
        "Основание смены фамилии", [Optional(), Length(max=255)], render_kw={"placeholder": "Приказ № … от …"}
    )
    surname_misprint = BooleanField("Это исправление опечатки: прежнюю фамилию не хранить")


SURNAME_FIELDS = ("surname_until", "surname_reason", "surname_misprint")


def surname_fields() -> dict[str, Any]:
    """Name → unbound field, to be put into another form."""
    return {name: getattr(SurnameForm, name) for name in SURNAME_FIELDS}


def surname_of(form: Any) -> Surname:
    """What a form says of the change of surname."""
    return Surname(
        until=cast("dt.date | None", form["surname_until"].data),
        reason=form["surname_reason"].data or None,
        misprint=bool(form["surname_misprint"].data),
    )


def _fields(row: m.ChangeRequest) -> str:
    return ", ".join(changes.labels_of(row))


CHANGED_FIELDS = ListColumn("changes", "Что исправить", _fields, lambda row: Cell(_fields(row)))


OVERDUE = ListFilter(
    "attention",
    "Требует внимания",
    "choice",
    lambda value, _to: late(m.ChangeRequest) if value == "overdue" else None,
    lambda: [("overdue", "срок внесения прошёл")],
)


class _CardFields(FieldSource):
    """The fields of the own card."""

    hints = {"snils": "Одиннадцать цифр с карточки СНИЛС."}
    required_columns = ("birth_date", "sex")
    datamodel = SQLAInterface(m.Employee)


class _WholeLists(Lookup):
    """Directories that a person chooses from are shown whole."""

    def is_small(self, name: str) -> bool:
        """True for every directory."""
        return True


class _RecordFields(FieldSource):
    """The fields of a place of work, a diploma or an attestation."""

    def __init__(self, table: str) -> None:
        model = SUBJECTS[table].model
        self.datamodel = SQLAInterface(model)
        self.lookup = _WholeLists(self, model, {})

    def choosable(self, _name: str, _target: type[Any]) -> None:
        """Every row of the directory."""


class ChangePages(ScopedModelView):
    """The list of corrections, the person's form, the comparison with its decision."""

    def _init_forms(self) -> None:
        """The person's forms are generated from the columns of the card and of the records that are corrected."""
        super()._init_forms()
        self.propose_forms = {}
        for table, subject in SUBJECTS.items():
            source = _CardFields() if table == CARD else _RecordFields(table)
            fields = PortalModelConverter(source).fields(subject.fields)
            asked = InputRequired(REQUIRED) if table == PLACE else Optional()
            proof = "приказ о переводе" if table == PLACE else "свидетельство о браке"
            hint = f"Документ, его номер и дата: например, {proof}. Ответственный сверит."
            comment = TextAreaField("Пояснение", [asked, Length(max=1000)], description=hint)
            scan = scan_field("Скан документа", about="PDF, JPEG или PNG до 10 МБ.")
            self.propose_forms[table] = type(
                "ProposeForm", (DynamicForm,), {**fields, "comment": comment, "scan": scan}
            )

    @expose("/propose", methods=["GET", "POST"])
    @guarded("add")
    def propose(self) -> Any:
        """Propose corrections of the own card or of a record of it (?table=, ?record= unless it is a new one)."""
        table, record = request.args.get("table", CARD), request.args.get("record", "")
        record_id = row_id(record)
        if table not in SUBJECTS or (record and record_id is None):
            abort(404)
        row, subject, is_sent = changes.own_row(table, record_id), SUBJECTS[table], request.method == "POST"
        parts = _chosen_parts(table)
        waiting = None if is_sent else changes.find_live(changes.own_card().id, table, record_id)
        if waiting is not None:
            return render_template("message.html", page=_waiting_page(waiting))
        posted: Any = CombinedMultiDict([request.files, request.form]) if is_sent else None
        form = self.propose_forms[table](posted, obj=row)
        fields = [name for _title, names in parts for name in names] if table == CARD else subject.fields
        for name in set(subject.fields) - set(fields):
            del form[name]
        if row is not None:
            _say_what_was(form, row, fields)

        def propose() -> str:
            with db.session.no_autoflush:
                values, comment = form_values(form, fields, subject.model), form["comment"].data or None
                made = changes.propose(values, table=table, row_id=record_id, comment=comment, scan=sent_scan())
            flash("Исправление отправлено ответственному. О решении придёт извещение.", "success")
            return addresses.card("change_request", made.id)

        return answer_form(form, propose, lambda: _propose_page(form, table, row, parts))

    def card_page(self, row: m.ChangeRequest) -> CardPage:
        """The person and the term; the comparison itself is laid out by the template."""
        person = row.employee
        href = addresses.card("employee", person.id) if person and current_actor().can("employee:show") else ""
        pairs = [
            Pair("Работник", Cell(person.full_name if person else "—", href=href)),
            Pair("Что исправить", Cell(changes.about(row))),
            Pair("Пояснение", self._value_cell(row, "comment")),
            *(
                [Pair("Подтверждающий документ", Cell(row.scan.name, href=addresses.at("access", "file", row.scan.id)))]
                if row.scan
                else []
            ),
            Pair("Внести не позже", self._value_cell(row, "due_on")),
        ]
        return CardPage(
            title=f"Исправление карточки № {row.id}",
            crumbs=self.crumbs(),
            status=Cell(row.status.label, tone=row.status.tone),
            buttons=self.card_buttons(row),
            blocks=[*self.way_blocks(row), Block("Исправление", pairs=pairs)],
            aside=[self.history_block(row)],
            note=_reason(row),
        )

    def action_buttons(self, row: m.ChangeRequest) -> Sequence[Button]:
        """«Внести» stands below the comparison; one's own is withdrawn, another's is declined."""
        own = row.employee_id == current_actor().employee_id
        hidden = {"accept", "decline" if own else "withdraw"}
        return [b for b in super().action_buttons(row) if b.href.rpartition("/")[2] not in hidden]

    @expose("/show/<int:pk>")
    @guarded("show")
    def show(self, pk: int) -> Any:
        """A correction beside the card."""
        return self._comparison(self.visible(pk))

    def _comparison(self, row: m.ChangeRequest, form: Any = None) -> str:
        lines = changes.lines(row)
        own = row.employee_id == current_actor().employee_id
        waits = row.status == ChangeStatus.PROPOSED
        decides = waits and not own and self.may(row, "accept")
        if form is None and decides and any(line.field == "last_name" for line in lines):
            form = SurnameForm(formdata=None, data={"surname_reason": row.comment})
        return render_template(
            "change.html",
            page=self.card_page(row),
            lines=lines,
            waits=waits,
            accept_href=addresses.at("change_request", "accept", row.id) if decides else "",
            form=form,
            surname_names=SURNAME_FIELDS,
            decided=any(line.accepted is not None for line in lines),
            reason=request.form.get("reason", ""),
        )

    @expose("/accept/<int:pk>", methods=["POST"])
    @guarded("accept")
    def accept(self, pk: int) -> Any:
        """Write the chosen fields to the card."""
        row = get_writable(db.session, m.ChangeRequest, pk, "change_request:accept")
        form = SurnameForm(request.form)
        if not form.validate():
            return self._comparison(row, form), 422
        fields, reason = request.form.getlist("field"), request.form.get("reason", "")[:1000]
        decided = attempt(lambda: changes.accept(pk, fields=fields, surname=surname_of(form), reason=reason))
        if isinstance(decided, PortalError):
            flash(decided.message, "danger")
            return self._comparison(self.visible(pk), form), 422
        partly = decided.status == ChangeStatus.PARTLY
        done = "Отмеченное внесено в карточку, остальное — нет." if partly else "Исправление внесено в карточку."
        flash(f"{done} Работник получит извещение.", "success")
        return redirect(addresses.card("change_request", pk))


def _reason(row: m.ChangeRequest) -> str:
    if not row.reason_text:
        return ""
    return f"Внесено не всё. Почему: {row.reason_text}" if row.status == ChangeStatus.PARTLY else row.reason_text


#: title of the form for an existing and for a new record
_TITLES = {
    CARD: ("Предложить исправление", "Предложить исправление"),
    PLACE: ("Исправить место работы", ""),
    "qualification": ("Исправить сведения об образовании", "Сообщить об образовании"),
    "attestation": ("Исправить сведения об аттестации", "Сообщить об аттестации"),
}
_PROOF = ("Чем подтверждается", ("comment", "scan"))


def _waiting_page(row: m.ChangeRequest) -> CardPage:
    """Instead of a form whose words would be refused."""
    card = addresses.card("employee", row.employee_id)
    return CardPage(
        title="Исправление уже на рассмотрении",
        crumbs=[Link("Моя карточка", card)],
        note=f"Ждёт решения: {_fields(row).lower()}. Дождитесь его или отзовите исправление, чтобы отправить другое.",
        buttons=[
            Button("Открыть исправление", addresses.card("change_request", row.id), main=True),
            Button("К карточке", card),
        ],
    )


def _chosen_parts(table: str) -> Sequence[tuple[str, Sequence[str]]]:
    """Of the card the part that the address names (``?part=``), else all of them."""
    number = row_id(request.args.get("part", "")) if table == CARD else None
    return CARD_PARTS if number is None or number >= len(CARD_PARTS) else CARD_PARTS[number : number + 1]


def _say_what_was(form: Any, row: Any, fields: Sequence[str]) -> None:
    """Beside each field stands what is stored: the form shows «было» while it is typed over."""
    for name in fields:
        was = f"Было: {changes.current_words(row, name)}."
        form[name].description = f"{was} {form[name].description}" if form[name].description else was


def _propose_page(form: Any, table: str, row: Any, parts: Sequence[tuple[str, Sequence[str]]]) -> FormPage:
    href, is_new = addresses.card("employee", current_actor().employee_id), row is None
    heading = changes.place_name(row) if table == PLACE else ""
    sections = [*parts, _PROOF] if table == CARD else [(heading, SUBJECTS[table].fields), _PROOF]
    return FormPage(
        title=_TITLES[table][is_new],
        form=form,
        sections=[Section(title, fields) for title, fields in sections],
        submit="Отправить ответственному",
        cancel_href=href,
        crumbs=[Link("Моя карточка", href)],
        note=_who_decides(table, row),
        files=True,
    )


def _who_decides(table: str, row: Any) -> str:
    """Which organization compares the proposal with the papers; of several employers any may."""
    who = " или ".join(changes.deciders(table, row))
    decides = f"Ответственный ({who}) сверит сведения с документом и внесёт их в карточку."
    return decides if row is None else f"Исправьте то, что изменилось. {decides}"


def may_propose(person: m.Employee, table: str | None = None, row_id: int | None = None) -> bool:
    """Whether the acting user looks at the user's card; with ``table``: and no correction of this record waits."""
    actor = current_actor()
    if actor.employee_id != person.id or not actor.can("change_request:add"):
        return False
    return table is None or (table, row_id) not in _waiting(person)


def _waiting(person: m.Employee) -> set[tuple[str, int | None]]:
    """The records whose correction waits, asked of the database once a page."""
    asked: dict[int, set[tuple[str, int | None]]] = g.setdefault("waiting_corrections", {})
    if person.id not in asked:
        asked[person.id] = {(row.subject_table, row.subject_id) for row in changes.live_of(person.id)}
    return asked[person.id]


def may_correct(row: Any) -> bool:
    """Whether the acting user may propose another text of this record of the own card; a place of work that is over stays."""
    is_kept = isinstance(row, m.Employment) and not is_employed(row)
    return row.__tablename__ in SUBJECTS and not is_kept and may_propose(row.employee, row.__tablename__, row.id)


def propose_href(table: str, record: int | None = None, *, part: int | None = None) -> str:
    """Address of the form for a new or an existing record of the own card, or for a part of the card itself."""
    return addresses.at("change_request", "propose", table=table, record=record, part=part)


def waiting_block(person: m.Employee) -> list[Block]:
    """On a card: the corrections that wait."""
    actor = current_actor()
    if not actor.can("change_request:show"):
        return []
    label = "Открыть" if person.id == actor.employee_id else "Рассмотреть"
    return [
        Block(
            "Исправление карточки",
            note=f"Ждёт решения: {_fields(live).lower()}.",
            buttons=[Button(label, addresses.card("change_request", live.id))],
        )
        for live in changes.live_of(person.id)
    ]
