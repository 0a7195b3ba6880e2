"""The operator's pages of registrations: the comparison with the card that the school has entered, and the choice."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import flash, request
from flask_appbuilder import expose

from app import addresses, shown
from app import models as m
from app.access import current_actor, get_writable
from app.errors import Conflict, PortalError
from app.extensions import db
from app.services.access import registration_check, registrations
from app.statuses import RegistrationStatus
from app.web.frame.answers import answer_act, attempt
from app.web.frame.attention import due_matters, matter_filter
from app.web.frame.guards import signed_in
from app.web.frame.listing import ListColumn
from app.web.frame.pages import Block, Button, Cell, Column, Pair, Row
from app.web.frame.scoped_view import ScopedModelView

APPLICANT = ListColumn(
    "full_name",
    "Кто регистрируется",
    lambda r: r.full_name,
    lambda r: Cell(r.full_name, f"{r.birth_date:%d.%m.%Y} · {shown.end('snils', r.snils)}"),
    (m.Registration.last_name, m.Registration.first_name),
)
DUE = matter_filter(*due_matters(m.Registration))


class RegistrationPages(ScopedModelView):
    """Pages of the registrations' view."""

    empty = "Заявок на регистрацию нет."

    def base_conditions(self) -> Sequence[Any]:
        """Nothing reaches the operator before the e-mail is confirmed (order § 2.2)."""
        return (m.Registration.status != RegistrationStatus.EMAIL,)

    def blocks(self, row: m.Registration) -> Sequence[Block]:
        """What was typed, then the card that it would join."""
        fields = ("last_name", "first_name", "patronymic", "birth_date", "email", "phone")
        block = self.pairs_block(row, "Кто регистрируется", fields)
        pairs = [*block.pairs, Pair("СНИЛС", Cell(shown.on_card(current_actor(), "registration", "snils", row.snils)))]
        work = self.pairs_block(row, "Место работы", ("organization", "position", "subjects"))
        term = self.pairs_block(row, "Решение", ("status", "created_at", "email_confirmed_at", "due_on", "decided_at"))
        found = [self._match_block(row)] if row.status == RegistrationStatus.PENDING else []
        return [Block(block.title, pairs=pairs), work, *found, term]

    def _match_block(self, row: m.Registration) -> Block:
        match = attempt(lambda: registration_check.find_match(row))
        if isinstance(match, PortalError):
            return Block("Карточка работника", note=match.message, tone="bad")
        if match is None:
            return Block("Карточка работника", empty="Такой карточки ещё нет: она будет заведена.")
        href = addresses.card("employee", match.employee.id)
        if match.login:
            note = "У этого работника уже есть учётная запись. Верните или отклоните заявку: доступ он восстановит сам."
            return Block(
                "Карточка работника", [_card(match, href), Pair("Логин", Cell(match.login))], note=note, tone="bad"
            )
        if not match.needs_word:
            note = "Имя, дата рождения и место работы совпадают: регистрация присоединится к карточке."
            return Block("Карточка работника", [_card(match, href)], note=note)
        return self._choice(row, match, href)

    def _choice(self, row: m.Registration, match: registration_check.Match, href: str) -> Block:
        rows = [
            Row(n, "", [Cell(label), Cell(before), Cell(after)])
            for n, (label, before, after) in enumerate(match.differences)
        ]
        heads = [Column(str(n), label) for n, label in enumerate(("Что", "В карточке", "В заявке"))]
        buttons = []
        if self.may(row, "confirm"):
            same = addresses.at("registration", "decide", row.id, choice="same")
            buttons = [Button("Это один человек: подтвердить", same, post=True)]
            if match.by_name:
                other = addresses.at("registration", "decide", row.id, choice="other")
                buttons.append(Button("Разные люди: завести карточку", other, post=True))
        how = "по ФИО и дате рождения (СНИЛС в карточке нет)" if match.by_name else "по СНИЛС"
        note = f"Карточка найдена {how}: {match.employee.full_name}. Решите, один ли это человек. Сведения карточки не изменятся."
        return Block("Карточка уже есть", [_card(match, href)], heads, rows, buttons=buttons, note=note, tone="wait")

    @expose("/decide/<int:pk>", methods=["POST"])
    @signed_in
    def decide(self, pk: int) -> Any:
        """Confirm with the operator's word on whether the card is of the same person."""
        get_writable(db.session, m.Registration, pk, "registration:confirm")
        words = {"same": True, "other": False}

        def decide() -> None:
            if request.args.get("choice") not in words:
                raise Conflict("Решите, один ли это человек: нажмите одну из двух кнопок.")
            registrations.confirm(pk, join=words[request.args["choice"]])
            flash("Регистрация подтверждена.", "success")

        return answer_act(decide, addresses.card("registration", pk))


def _card(match: registration_check.Match, href: str) -> Pair:
    return Pair("Карточка", Cell(match.employee.full_name, href=href))
