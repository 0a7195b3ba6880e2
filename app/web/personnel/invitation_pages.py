"""Accounts of a school's people, on their list and cards: invite, print a password, lock and unlock the login."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from flask import current_app, flash, send_file
from sqlalchemy import func, select
from werkzeug.wrappers import Response

from app import addresses
from app import models as m
from app.access import current_actor, write_scope
from app.clock import now
from app.documents.papers.access_sheet import CONTENT_TYPE, build_access_sheet
from app.errors import NotFound
from app.extensions import db
from app.russian import count
from app.services.access import accounts, failures, invitations
from app.services.access.invitations import Access
from app.services.tasks import background
from app.unit_of_work import refuse_during_maintenance
from app.web.access.account_view import entrance, lock_button, unlock_button
from app.web.frame.answers import answer_act, attempt_each
from app.web.frame.listing import ListFilter
from app.web.frame.pages import Block, Button, Cell, Pair
from app.web.frame.parts import Part

#: more invitations than that are sent as background work
AT_ONCE = 50
INVITE = "invite"
_GONE = "Один из выбранных людей у вас больше не работает."
#: action → (button, done, question before it is done)
_WORDS = {
    "invite": ("Пригласить в портал", "Приглашение отправлено", "Отправить приглашения на почту выбранным людям?"),
    "access_sheet": (
        "Листы с паролями",
        "Лист с паролем",
        "Выдать одноразовые пароли для печати? Прежние одноразовые пароли выбранных людей перестанут действовать.",
    ),
}

# --- the filter of the list ------------------------------------------------------------------------------------------

_account = m.Account.__table__
_HAS = select(_account.c.id).where(_account.c.employee_id == m.Employee.id)
_STATES: Mapping[str, tuple[str, Callable[[], Any]]] = {
    "none": ("нет", lambda: ~_HAS.exists()),
    "waiting": ("есть, ещё не входили", lambda: _HAS.where(func.coalesce(_account.c.login_count, 0) == 0).exists()),
    "used": ("есть, входят", lambda: _HAS.where(_account.c.login_count > 0).exists()),
    "locked": ("вход закрыт", lambda: _HAS.where(accounts.is_closed_now(_account)).exists()),
}
ACCOUNT = ListFilter(
    "account",
    "Учётная запись",
    "choice",
    lambda value, _to: _STATES[value][1]() if value in _STATES else None,
    lambda: [(code, words) for code, (words, _) in _STATES.items()] if current_actor().can("employee:invite") else [],
)


# --- actions ---------------------------------------------------------------------------------------------------------


def print_access(employee_id: int) -> Response:
    """The sheet of one person, as a file: the password is in it and nowhere else."""
    return _file([invitations.give_access(employee_id)])


def _file(people: Sequence[Access]) -> Response:
    content = io.BytesIO(build_access_sheet(people, current_app.config["PORTAL"].public_url))
    name = f"Доступ в портал {now():%d.%m.%Y}.docx"
    return send_file(content, mimetype=CONTENT_TYPE, as_attachment=True, download_name=name)


class Invitations(Part):
    """Accounts of the chosen people."""

    def bulk_actions(self) -> Sequence[Button]:
        """Inviting many people, printing their passwords."""
        offered = [Button(label, name, post=True, confirm=ask) for name, (label, _, ask) in _WORDS.items()]
        return [button for button in offered if current_actor().can(f"{self.table}:{button.href}")]

    def done_words(self, name: str) -> str:
        """What was done, where no state tells it."""
        return _WORDS[name][1] if name in _WORDS else ""

    def order_many(self, name: str, rows: Sequence[Any]) -> Response | None:
        """Passwords take their time to make, and the sheet is one file: it is ordered; so are many letters."""
        if name not in _WORDS or (name == "invite" and len(rows) <= AT_ONCE):
            return None
        paper, words = name == "access_sheet", count(len(rows), "человек", "человека", "человек")

        def order() -> str:
            refuse_during_maintenance()
            background.submit(
                INVITE,
                f"{'Листы с паролями' if paper else 'Приглашения в портал'}: {words}",
                {"ids": [row.id for row in rows], "paper": paper},
                total=len(rows),
                permission=f"{self.table}:{name}",
            )
            flash("Задание принято. Здесь видно, сколько готово" + (", и отсюда скачивается файл." if paper else "."))
            return addresses.TASKS

        return answer_act(order, addresses.listing("employee"))


def _invite_many(work: background.Work) -> background.Outcome:
    """Invite, or make a sheet for, each of the chosen people; a person who is refused is named with the reason."""
    paper, people = bool(work.parameters["paper"]), list[Access]()

    def give(employee_id: int) -> None:
        if paper:
            people.append(invitations.give_access(employee_id))
        else:
            invitations.invite(employee_id)

    answers = attempt_each(work.counted(work.parameters["ids"]), give)
    refusals = [_GONE if isinstance(refusal, NotFound) else refusal.message for refusal in answers if refusal]
    made = "Листов с паролями" if paper else "Приглашений отправлено"
    message = f"{made}: {len(answers) - len(refusals)}." + (
        f" Отказано: {len(refusals)}. {' '.join(refusals[:5])}" if refusals else ""
    )
    if not people:
        return background.Outcome(message)
    work.new_file(".docx").write_bytes(build_access_sheet(people, current_app.config["PORTAL"].public_url))
    return background.Outcome(message, f"Доступ в портал {now():%d.%m.%Y}.docx", CONTENT_TYPE)


background.KINDS[INVITE] = background.Kind(_invite_many, changes_data=True)


# --- the card --------------------------------------------------------------------------------------------------------


def account_blocks(person: m.Employee) -> list[Block]:
    """«Учётная запись» of a person for those who may invite; roles of another are not shown to the school."""
    actor = current_actor()
    if not actor.can("employee:invite"):
        return []
    user = db.session.scalars(select(m.Account).where(m.Account.employee_id == person.id)).one_or_none()
    if user is None:
        note = (
            "" if person.email else "Электронной почты в карточке нет: приглашение отправить некуда, распечатайте лист."
        )
        return [Block("Учётная запись", empty="Нет.", note=note, buttons=_invitations(person, new=True))]
    pairs = [Pair("Логин", Cell(user.username)), Pair("Состояние", entrance(user))]
    if user.email:
        pairs.append(Pair("Почта для входа", Cell(user.email)))
    return [Block("Учётная запись", pairs=pairs, buttons=_buttons(person, user))]


def _buttons(person: m.Employee, user: m.Account) -> list[Button]:
    expression = write_scope(current_actor(), "ab_user", "ab_user:lock")
    if expression is not None:
        own = select(func.count()).select_from(m.Account).where(m.Account.id == user.id, expression)
        if not db.session.scalar(own):
            return []
    if not user.active:
        return []
    if accounts.is_closed(user) or failures.closed_until(user.username) is not None:
        return [unlock_button(user)]
    again = _invitations(person, new=False) if not (user.login_count and user.email) else []
    if user.login_count:
        again = [b for b in again if not b.href.endswith("invite")]
    return [*again, lock_button(user)]


def _invitations(person: m.Employee, *, new: bool) -> list[Button]:
    sheet = Button(
        "Лист с паролем" if new else "Новый лист с паролем",
        addresses.act("employee", person.id, "access_sheet"),
        post=True,
        confirm=f"Выдать одноразовый пароль для печати: {person}? Файл с паролем скачается один раз.",
    )
    letter = Button(
        "Пригласить в портал" if new else "Пригласить снова",
        addresses.act("employee", person.id, "invite"),
        post=True,
    )
    return [letter, sheet] if person.email else [sheet]
