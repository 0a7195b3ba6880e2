"""Moves to another organization: the start by each side, and the page of a move where the next step is done."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Any, cast

from flask import flash, jsonify, redirect, render_template, request
from flask_appbuilder import expose
from wtforms import SelectField
from wtforms.validators import InputRequired

from app import addresses
from app import models as m
from app.access import current_actor, get_visible, get_writable
from app.errors import Forbidden, Invalid, NotFound, PortalError
from app.extensions import db, limiter
from app.services.personnel.cards import people
from app.services.personnel.moves import transfers
from app.services.personnel.moves.transfer_letters import names_of, names_of_visible
from app.statuses import TransferStatus
from app.web.frame.answers import answer_form, attach, attempt
from app.web.frame.forms import REQUIRED, PortalModelConverter, RuDateField
from app.web.frame.guards import guarded
from app.web.frame.listing import ListColumn, ListFilter
from app.web.frame.pages import Block, Button, CardPage, Cell, FormPage, Link, Pair, Section
from app.web.frame.scoped_view import ScopedModelView
from app.web.personnel.people_columns import place_name
from app.web.personnel.transfer_forms import PlaceFields, ReleaseForm, make_form, person_fields, typed_name

_STEPS = {"release": "Согласовать переход", "accept": "Принять работника"}
_SAME_ANSWER = (
    "Просьба принята. Если такой работник числится в портале, его организация получила её и ответит: переход появится в "
    "этом списке, когда она согласится. Ничего не пришло за 10 рабочих дней — проверьте СНИЛС и дату рождения."
)


# --- the list --------------------------------------------------------------------------------------------------------


def _names() -> dict[int, str]:
    """Names of the organizations of all moves that the actor sees, asked once per request."""
    kept: dict[int, str] | None = request.environ.get("portal.transfer_names")
    if kept is None:
        kept = request.environ["portal.transfer_names"] = names_of_visible()
    return kept


def _from(row: m.Transfer) -> str:
    return _names().get(row.from_organization_id, "—")


def _to(row: m.Transfer) -> str:
    return _names().get(row.organization_id, "—")


MOVED = ListColumn(
    "person_name", "Работник", lambda r: r.person_name, lambda r: Cell(r.person_name), (m.Transfer.person_name,)
)
FROM = ListColumn("from_organization", "Откуда", _from, lambda r: Cell(_from(r)))
TO = ListColumn("organization", "Куда", _to, lambda r: Cell(_to(r)))


def _own_turn() -> Any:
    """Moves in which it is the turn of the actor's organizations."""
    row, own = m.Transfer, tuple(current_actor().places("school"))
    leaves = (row.status == TransferStatus.REQUESTED) & row.from_organization_id.in_(own)
    return leaves | ((row.status == TransferStatus.RELEASED) & row.organization_id.in_(own))


ATTENTION = ListFilter(
    "attention",
    "Требует внимания",
    "choice",
    lambda value, _to: _own_turn() if value == "school" else None,
    lambda: [("school", "ждут моей организации")] if current_actor().places("school") else [],
)


class TransferPages(ScopedModelView):
    """The list of moves, the forms that begin one, the page where each side takes its step."""

    def _init_forms(self) -> None:
        """Forms are generated from the columns of a move."""
        super()._init_forms()
        self.everywhere, self.own = PlaceFields(everywhere=True), PlaceFields(everywhere=False)
        away = PortalModelConverter(self.everywhere).fields(("organization", "position", "starts_on"))
        here = PortalModelConverter(self.own).fields(("organization", "position", "subjects", "starts_on"))
        place = SelectField("С какого места работы", [InputRequired(REQUIRED)], choices=[])
        self.start_form = make_form("StartForm", {"place": place, **away})
        last = RuDateField("Последний рабочий день", [InputRequired(REQUIRED)])
        self.let_form = make_form("LetForm", {"place": place, "released_on": last, **away})
        self.request_form = make_form("RequestForm", {**person_fields(), **here})
        self.accept_form = make_form("AcceptForm", {k: v for k, v in here.items() if k != "organization"})

    def list_buttons(self) -> Sequence[Button]:
        """The organization that hires begins here."""
        if not current_actor().can("transfer:hire"):
            return []
        return [Button("Принять работника", addresses.at("transfer", "request"), main=True)]

    # --- beginning

    @expose("/start/<int:pk>", methods=["GET", "POST"])
    @guarded("add")
    def start(self, pk: int) -> Any:
        """Begin a move of the person with the card ``pk``: the user, or a person of the user's organizations."""
        person = get_visible(db.session, m.Employee, pk, "transfer:add")
        is_own = person.id == current_actor().employee_id
        places = people.own_live_employments(pk)
        if not places and not is_own and not current_actor().places("school"):
            raise Forbidden("Переход оформляет сам работник или организация, в которой он работает.")
        kind = self.start_form if is_own else self.let_form
        form = kind(request.form if request.method == "POST" else None)
        form["place"].choices = [(str(e.id), f"{e.position}, {place_name(e)}") for e in places]
        problems = [] if places else ["Действующих мест работы нет, переходить не с чего."]

        def start() -> str:
            row = transfers.start(
                int(form["place"].data),
                organization_id=form["organization"].data.id,
                position_id=form["position"].data.id,
                starts_on=form["starts_on"].data,
                released_on=None if is_own else form["released_on"].data,
            )
            flash("Переход оформлен: следующая сторона получила извещение.", "success")
            return addresses.card("transfer", row.id)

        return answer_form(form, start, lambda: _start_page(form, person, problems, is_own=is_own))

    @expose("/request", methods=["GET", "POST"])
    @guarded("hire")
    @limiter.limit("30 per hour", methods=["POST"])
    def request_person(self) -> Any:
        """Ask for a person by СНИЛС and birth date; the answer says nothing of whether there is one."""
        if not current_actor().places("school"):
            raise Forbidden("Принимает работника ответственный организации. Свой переход начните в своей карточке.")
        form = self.request_form(request.form if request.method == "POST" else None)

        def ask() -> str:
            name = typed_name(form)
            transfers.request(
                transfers.Sought(form["snils"].data or "", cast(dt.date, form["birth_date"].data), name),
                organization_id=form["organization"].data.id,
                position_id=form["position"].data.id,
                starts_on=form["starts_on"].data,
                subjects=form["subjects"].data or (),
            )
            flash(_SAME_ANSWER, "success")
            return addresses.listing("transfer")

        return answer_form(form, ask, lambda: self._request_page(form))

    def _request_page(self, form: Any) -> FormPage:
        return FormPage(
            "Принять работника из другой организации",
            form,
            [
                Section("Кого принимаете", [*person_fields()]),
                Section("Куда", ["organization", "position", "subjects", "starts_on"]),
            ],
            submit="Отправить просьбу",
            cancel_href=addresses.listing("transfer"),
            crumbs=self.crumbs(),
            note="Просьбу получит организация, где человек работает сейчас. Его карточку вы увидите после подтверждения оператором.",
        )

    @expose("/place/find/<string:field>")
    @guarded("add")
    def find_place(self, field: str) -> Any:
        """Choices of the forms of a move."""
        if field not in ("organization", "position", "subjects"):
            raise NotFound("Такого поля нет.")
        source = self.own if request.args.get("own") else self.everywhere
        return jsonify(source.lookup.find(field, request.args.get("q", "")[:100]))

    # --- the page of a move

    @expose("/show/<int:pk>")
    @guarded("show")
    def show(self, pk: int) -> Any:
        """A move with the form of the step that the user may take now."""
        return self._page_of(self.visible(pk))

    def _page_of(self, row: m.Transfer, form: Any = None) -> str:
        step = next((name for name in _STEPS if transfers.may(row, name)), "")
        if step and (form is None or request.endpoint != f"TransferView.{step}"):
            form = self._step_form(step, row)
        names = ["released_on"] if step == "release" else ["position", "subjects", "starts_on"]
        return render_template(
            "transfer.html",
            page=self.card_page(row),
            form=form if step else None,
            names=names,
            step=_STEPS.get(step, ""),
            step_href=addresses.at("transfer", step, row.id) if step else "",
        )

    def _step_form(self, step: str, row: m.Transfer) -> Any:
        if step == "release":
            return ReleaseForm(formdata=None, data={"released_on": transfers.offered_last_day(row)})
        data = {"position": row.position, "subjects": list(row.subjects), "starts_on": row.starts_on}
        return self.accept_form(formdata=None, data=data)

    def card_page(self, row: m.Transfer) -> CardPage:
        """The person, the two organizations, and the side whose turn it is."""
        names = names_of([row])
        own_card = row.employee if current_actor().can("employee:show") else None
        href = addresses.card("employee", own_card.id) if own_card is not None else ""
        new = row.status in (TransferStatus.ACCEPTED, TransferStatus.CONFIRMED)
        pairs = [
            Pair("Работник", Cell(row.person_name, href=href)),
            Pair("Откуда", Cell(names.get(row.from_organization_id, "—"))),
            Pair("Последний рабочий день", self._value_cell(row, "released_on")),
            Pair("Куда", Cell(names.get(row.organization_id, "—"))),
            Pair("Должность" if new else "Предлагаемая должность", self._value_cell(row, "position")),
            Pair("Предметы", self._value_cell(row, "subjects")),
            Pair("Приём с", self._value_cell(row, "starts_on")),
            Pair("Срок решения", self._value_cell(row, "due_on")),
        ]
        return CardPage(
            title=f"Переход: {row.person_name}",
            crumbs=self.crumbs(),
            status=Cell(row.status.label, tone=row.status.tone),
            buttons=self.card_buttons(row),
            blocks=[*self.way_blocks(row), Block("Переход", pairs=pairs)],
            aside=[self.history_block(row)],
            note=row.reason_text or "",
        )

    def may(self, row: Any, verb: str) -> bool:
        """Each step is offered to the side whose turn it is."""
        if verb in ("confirm", "decline", "withdraw"):
            return transfers.may(row, verb)
        return super().may(row, verb)

    @expose("/release/<int:pk>", methods=["POST"])
    @guarded("release")
    def release(self, pk: int) -> Any:
        """Let the person go."""
        row = get_writable(db.session, m.Transfer, pk, "transfer:release")
        form = ReleaseForm(request.form)
        return self._take(row, form, lambda: transfers.release(pk, released_on=cast(dt.date, form.released_on.data)))

    @expose("/accept/<int:pk>", methods=["POST"])
    @guarded("accept")
    def accept(self, pk: int) -> Any:
        """Take the person."""
        row = get_writable(db.session, m.Transfer, pk, "transfer:accept")
        form = self.accept_form(request.form)
        return self._take(
            row,
            form,
            lambda: transfers.accept(
                pk,
                position_id=form["position"].data.id,
                starts_on=form["starts_on"].data,
                subjects=form["subjects"].data or (),
            ),
        )

    def _take(self, row: m.Transfer, form: Any, step: Callable[[], m.Transfer]) -> Any:
        """Take a step; what is wrong with the form stands beside its fields."""
        if not form.validate():
            return self._page_of(row, form), 422
        done = attempt(step)
        if isinstance(done, Invalid):
            attach(form, done)
            return self._page_of(row, form), 422
        if isinstance(done, PortalError):
            flash(done.message, "danger")
        else:
            flash("Готово: следующая сторона получила извещение.", "success")
        return redirect(addresses.card("transfer", row.id))


def _start_page(form: Any, person: m.Employee, problems: list[str], *, is_own: bool) -> FormPage:
    href = addresses.card("employee", person.id)
    names = ["place", *([] if is_own else ["released_on"]), "organization", "position", "starts_on"]
    note = (
        "Сначала переход согласует ваша организация, потом примет новая, потом подтвердит оператор. Чек и записи на курсы "
        "перейдут вместе с вами."
        if is_own
        else "Дальше работника примет новая организация и подтвердит оператор. До этого место работы не меняется."
    )
    return FormPage(
        title="Перейти в другую организацию" if is_own else f"Переход: {person.full_name}",
        form=form,
        sections=[Section("", names)],
        submit="Отправить",
        cancel_href=href,
        crumbs=[Link(person.full_name, href)],
        note=note,
        problems=problems,
    )
