"""«Что мне доступно», the request for access with its scan, and the operator's pages: requests, rights of a user, «Смотреть как …»."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import flash, redirect, render_template, request, send_file
from flask_appbuilder import BaseView, expose
from flask_login import current_user
from flask_wtf import FlaskForm
from flask_wtf.file import FileRequired
from werkzeug.wrappers import Response
from wtforms import SelectField, StringField
from wtforms.validators import InputRequired, Length, Optional

from app import addresses
from app import models as m
from app.access import current_actor, get_visible, unscoped
from app.clock import today
from app.documents.office import scan_picture
from app.errors import NotFound
from app.extensions import db, limiter
from app.permissions import ROLES
from app.russian import format_date, no_later, quoted
from app.services.access import access_requests, looking_as
from app.services.access.access_requests import Wish
from app.services.personnel.cards import people
from app.services.portal import files, ways
from app.services.portal.files import Scan
from app.statuses import AccessRequestStatus
from app.web.access.rights import lines_of
from app.web.frame.answers import answer_act, answer_form
from app.web.frame.attention import due_matters, matter_filter
from app.web.frame.forms import REQUIRED, RuDateField
from app.web.frame.guards import signed_in
from app.web.frame.listing import ListColumn
from app.web.frame.pages import Block, Button, CardPage, Cell, Column, FormPage, Link, Pair, Row, Section
from app.web.frame.scans import scan_field, sent_scan
from app.web.frame.scoped_view import ScopedModelView

#: a role that ends within so many days is marked
_SOON_DAYS = 30
_MINE = "Что мне доступно"


class AccessForm(FlaskForm):
    """A request for a role."""

    wish = SelectField("Какой доступ нужен", [InputRequired(REQUIRED)], validate_choice=False)
    details = StringField(
        "Распорядительный документ",
        [InputRequired(REQUIRED), Length(max=255, message="Не больше 255 знаков.")],
        description="Документ вашей организации, которым вы назначены ответственным за работу в портале.",
        render_kw={"placeholder": "Приказ № … от …"},
    )
    scan = scan_field("Скан документа", FileRequired("Выберите файл."), about="PDF, JPEG или PNG, не больше 10 МБ.")
    valid_from = RuDateField("Доступ с", [InputRequired(REQUIRED)])
    valid_to = RuDateField("Доступ по", [Optional()], description="Пусто — без срока.", offers_today=False)


class AccessView(BaseView):
    """Pages of the user's access; pages of another user's access check a separate right."""

    route_base = "/access"
    default_view = "index"

    @expose("/")
    @signed_in
    def index(self) -> Any:
        """Own roles with what each gives, and own requests."""
        page = CardPage(
            title=_MINE,
            buttons=[Button("Запросить доступ", addresses.at("access", "request"), main=True)],
            blocks=[
                *_roles_blocks(access_requests.own_roles(), empty="Ролей пока нет: запросите доступ."),
                *_own_requests(),
            ],
        )
        return render_template("card.html", page=page)

    @expose("/request", methods=["GET", "POST"])
    @limiter.limit("30 per hour", methods=["POST"])
    @signed_in
    def ask(self) -> Any:
        """Form of a request; what was typed stays when it is refused (the file is to be chosen again)."""
        wishes = access_requests.offered()
        form = AccessForm(data={"valid_from": today()} if request.method == "GET" else None)
        form.wish.choices = [("", "— выберите —"), *((w.code, w.title) for w in wishes)]
        back = addresses.ACCESS

        def submit() -> str:
            _submit(form)
            flash("Заявка отправлена оператору. Ответ придёт письмом, состояние видно здесь.", "success")
            return back

        page = FormPage(
            title="Запросить доступ",
            form=form,
            sections=[
                Section("Какой доступ", ["wish"]),
                Section("На каком основании", ["details", "scan", "valid_from", "valid_to"]),
            ],
            submit="Отправить оператору",
            cancel_href=back,
            crumbs=[Link(_MINE, back)],
            note=_note(wishes),
            files=True,
        )
        return answer_form(form, submit, lambda: page)

    @expose("/file/<int:pk>")
    @signed_in
    def file(self, pk: int) -> Response:
        """A scan, always as a download: what a user has uploaded is never shown inside the portal's pages."""
        row, path = files.open_scan(pk)
        return send_file(path, as_attachment=True, download_name=row.name, mimetype=row.content_type)

    @expose("/pages/<int:pk>")
    @signed_in
    def pages(self, pk: int) -> Response:
        """The first pages of a scanned PDF as a picture that the portal has drawn, for those who may open the file."""
        row, path = files.open_scan(pk)
        if row.content_type != "application/pdf":
            raise NotFound("У этого файла страниц нет: он сам — изображение.")
        return Response(scan_picture.first_pages(path), content_type="image/png")

    @expose("/user/<int:pk>")
    @signed_in
    def user(self, pk: int) -> Any:
        """«Что доступно пользователю …»: for users who see the cards of accounts."""
        current_actor().require("assignment:show")
        row = get_visible(db.session, m.Account, pk, "ab_user:show")
        href = addresses.card("ab_user", pk)
        requests = access_requests.requests_of(pk) if current_actor().can("access_request:show") else []
        page = CardPage(
            title=f"Что доступно пользователю: {row.full_name}",
            crumbs=[Link("Пользователи", addresses.listing("ab_user")), Link(row.full_name, href)],
            buttons=view_as_buttons(row),
            blocks=[
                *_roles_blocks(access_requests.roles_of(pk), empty="Ролей нет: пользователь ничего не видит."),
                *([_requests_block(requests, "Заявки на доступ")] if requests else ()),
            ],
        )
        return render_template("card.html", page=page)

    @expose("/view/<int:pk>", methods=["POST"])
    @signed_in
    def start_view(self, pk: int) -> Any:
        """Look at the portal with a user's eyes from now on."""
        current_actor().require(looking_as.RIGHT)

        def start() -> str:
            looking_as.start(pk, current_user)
            return addresses.HOME

        return answer_act(start, addresses.card("ab_user", pk))

    @expose("/view/end", methods=["POST"])
    @signed_in
    def end_view(self) -> Any:
        """Stop looking with another user's eyes."""
        pk = looking_as.end(current_user)
        return redirect(addresses.card("ab_user", pk) if pk else addresses.HOME)


def _submit(form: AccessForm) -> None:
    scan = sent_scan()
    assert scan is not None, "the form requires it"
    access_requests.submit(
        form.wish.data or "",
        Scan(*scan),
        details=form.details.data or "",
        valid_from=form.valid_from.data,
        valid_to=form.valid_to.data,
    )


def _note(wishes: Sequence[Wish]) -> str:
    note = "Заявку проверит оператор в течение 5 рабочих дней (п. 2.4, 2.7 Порядка). Скан увидите только вы и оператор."
    if any(w.role == "school" for w in wishes):
        return note
    return f"{note} Роль своей организации запрашивает тот, кто в ней работает: проверьте место работы в карточке."


def view_as_buttons(row: m.Account) -> list[Button]:
    """«Смотреть как …», where the actor may."""
    actor = current_actor()
    if not actor.can(looking_as.RIGHT) or row.id == actor.user_id or any(a.role == "admin" for a in row.assignments):
        return []
    ask = f"Открыть портал глазами пользователя: {row}? Изменить ничего нельзя, просмотр записывается в журнал."
    return [Button("Смотреть как этот пользователь", addresses.at("access", "view", row.id), post=True, confirm=ask)]


# --- blocks ----------------------------------------------------------------------------------------------------------


def _roles_blocks(roles: Sequence[m.Assignment], *, empty: str) -> list[Block]:
    """The table of roles, then for each of them what it gives."""
    rows = [Row(a.id, "", [Cell(ROLES[a.role].title), Cell(_place(a)), _term(a), Cell(a.basis or "—")]) for a in roles]
    heads = [Column(h, h) for h in ("Роль", "Где", "Срок", "Основание")]
    blocks = [Block("Роли", columns=heads, rows=rows, empty=empty)]
    heads = [Column(h, h) for h in ("Раздел", "Что можно", "Какие записи")]
    for code in dict.fromkeys(a.role for a in roles):
        lines = lines_of(ROLES[code])
        given = [Row(n, "", [Cell(line.title), Cell(line.rights), Cell(line.rows)]) for n, line in enumerate(lines)]
        blocks.append(Block(f"Что даёт роль {quoted(ROLES[code].title)}", columns=heads, rows=given))
    return blocks


def _place(row: m.Assignment | m.AccessRequest) -> str:
    return str(row.organization or row.territory or "вся область")


def _term(role: m.Assignment) -> Cell:
    since = f"с {format_date(role.valid_from)}"
    if role.valid_to is None:
        return Cell(since, "без срока")
    left = (role.valid_to - today()).days
    until = f"по {format_date(role.valid_to)}"
    return Cell(f"{since} {until}", "скоро закончится: подайте новую заявку" if left <= _SOON_DAYS else "")


def _own_requests() -> list[Block]:
    """The user's requests; of those that wait also the way."""
    rows = access_requests.own_requests()
    waiting = [row for row in rows if row.status == AccessRequestStatus.SUBMITTED]
    told = ways.ways_of(waiting, own=True)
    found = [Block(f"{told[row.id].title}: {access_requests.title_of(row)}", way=told[row.id]) for row in waiting]
    return [*found, _requests_block(rows, "Мои заявки на доступ")]


def _requests_block(requests: Sequence[m.AccessRequest], title: str) -> Block:
    rows = []
    for r in requests:
        due = f"решение {no_later(r.due_on)}" if r.status == AccessRequestStatus.SUBMITTED and r.due_on else ""
        place = _place(r) if r.organization_id or r.territory_id else ""
        rows.append(
            Row(
                r.id,
                "",
                [
                    Cell(ROLES[r.role].title, place),
                    _document(r),
                    Cell(
                        r.status.label,
                        due or (f"Причина: {r.reason_text}" if r.reason_text else ""),
                        tone=r.status.tone,
                    ),
                ],
            )
        )
    heads = [Column(h, h) for h in ("Доступ", "Документ", "Состояние")]
    return Block(title, columns=heads, rows=rows, empty="Заявок не было.")


def _document(row: m.AccessRequest) -> Cell:
    href = addresses.at("access", "file", row.document_id) if row.document_id else ""
    return Cell(row.document_details or "скан", href=href)


# --- the operator's list of requests ---------------------------------------------------------------------------------

WHO = ListColumn("user", "Кто просит", lambda r: r.user.full_name, lambda r: Cell(r.user.full_name, r.user.email or ""))
ROLE = ListColumn(
    "role", "Роль", lambda r: ROLES[r.role].title, lambda r: Cell(ROLES[r.role].title), (m.AccessRequest.role,)
)
PLACE = ListColumn("place", "Где", _place, lambda r: Cell(_place(r)))
DUE = matter_filter(*due_matters(m.AccessRequest))


class AccessRequestPages(ScopedModelView):
    """The operator's list and card of requests for access."""

    empty = "Заявок на доступ нет."

    def may(self, row: Any, verb: str) -> bool:
        """A role that has ended needs no revoking; the user's request is decided by another user."""
        if verb in self.services and current_actor().user_id in (row.user_id, row.proposed_by_id):
            return False
        if verb == "revoke" and not _role_is_live(row):
            return False
        return super().may(row, verb)

    def card_title(self, row: m.AccessRequest) -> str:
        """The user who makes the request."""
        return f"Заявка на доступ: {row.user.full_name}"

    def blocks(self, row: m.AccessRequest) -> Sequence[Block]:
        """The user, the requested role, the document; where the person works and which access the user has already."""
        user = row.user
        proposed = row.proposed_by
        what = [
            *([Pair("Кто предлагает", Cell(proposed.full_name))] if proposed is not None else ()),
            Pair(
                "Кому" if proposed is not None else "Кто просит",
                Cell(user.full_name, user.email or "", href=addresses.card("ab_user", user.id)),
            ),
            Pair("Роль", Cell(ROLES[row.role].title)),
            Pair("Где", Cell(_place(row))),
            *self.pairs_block(row, "", ("valid_from", "valid_to")).pairs,
            Pair("Документ", _document(row)),
        ]
        term = self.pairs_block(row, "Решение", ("status", "created_at", "due_on", "decided_at"))
        return [
            Block("Что запрошено", pairs=what),
            _works_block(user),
            *_roles_blocks(access_requests.roles_of(user.id), empty="Других ролей нет.")[:1],
            term,
        ]


def _role_is_live(row: m.AccessRequest) -> bool:
    if row.assignment_id is None:
        return True
    with unscoped("whether the role of a request still holds"):
        role = db.session.get(m.Assignment, row.assignment_id)
    return role is not None and access_requests.is_live(role)


def _works_block(user: m.Account) -> Block:
    places = people.live_employments(user.employee_id, on=today()) if user.employee_id is not None else []
    rows = [
        Row(e.id, addresses.card("employment", e.id), [
            Cell(str(e.organization)), Cell(str(e.position)), Cell(e.status.label, tone=e.status.tone),
        ])
        for e in places
    ]  # fmt: skip
    heads = [Column(h, h) for h in ("Организация", "Должность", "Состояние")]
    return Block("Где работает", columns=heads, rows=rows, empty="Действующих мест работы в портале нет.")
