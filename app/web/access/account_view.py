"""Accounts and their roles: the lists, the card of an account with its roles and sign-ins, one-time passwords."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import flash
from sqlalchemy import func

from app import addresses
from app import models as m
from app.access import current_actor
from app.clock import local
from app.conditions import is_held, is_past
from app.permissions import ROLES
from app.russian import format_date, format_datetime
from app.services.access import accounts, alarms, failures, roles, second_factor
from app.text.sql import sort_key
from app.web.access.access_view import view_as_buttons
from app.web.frame.attention import Matter, matter_filter, matter_tab
from app.web.frame.listing import ListColumn, ListFilter
from app.web.frame.pages import Block, Button, Cell, Column, Pair, Row
from app.web.frame.scoped_view import ScopedModelView
from app.web.frame.tabs import EVERYTHING, Tab


def _account_roles(row: m.Account) -> str:
    held = [ROLES[a.role].title for a in row.assignments if is_held(a)]
    later = [a for a in row.assignments if not is_held(a) and not is_past(a.valid_to)]
    to_come = [f"{ROLES[a.role].title} с {format_date(a.valid_from)}" for a in later]
    return ", ".join(dict.fromkeys([*(held or ["без роли"]), *to_come]))


ACCOUNT = ListColumn(
    "last_name",
    "Пользователь",
    lambda u: u.full_name,
    lambda u: Cell(u.full_name, u.email),
    (sort_key(m.Account.last_name),),
)
ACCOUNT_ROLES = ListColumn("roles_text", "Роли", _account_roles, lambda u: Cell(_account_roles(u)))
ASSIGNED_ROLE = ListColumn(
    "role", "Роль", lambda a: ROLES[a.role].title, lambda a: Cell(ROLES[a.role].title), (m.Assignment.role,)
)
ROLE = ListFilter(
    "role",
    "Роль",
    "choice",
    lambda v, _t: m.Assignment.role == v,
    lambda: [(code, r.title) for code, r in ROLES.items()],
)


def _roles_block(row: m.Account) -> Block:
    """Roles of an account with their places and terms."""
    rows = []
    for a in row.assignments:
        href = addresses.card("assignment", a.id)
        place = str(a.organization or a.territory or "вся область")
        term = f"с {format_date(a.valid_from)}" + (f" по {format_date(a.valid_to)}" if a.valid_to else "")
        rows.append(
            Row(a.id, href, [Cell(ROLES[a.role].title, href=href), Cell(place), Cell(term), Cell(a.basis or "—")])
        )
    heads = [Column(h, h) for h in ("Роль", "Где", "Срок", "Основание")]
    return Block("Роли", columns=heads, rows=rows, empty="Ролей нет: пользователь ничего не видит.")


ACCOUNT_ATTENTION = matter_filter(Matter("locked", "вход закрыт", lambda: accounts.is_closed_now(m.Account)))
ACCOUNT_TABS = (
    EVERYTHING,
    matter_tab(ACCOUNT_ATTENTION, "locked", "Вход закрыт", hot=True),
    Tab("new", "Ещё не входили", lambda: func.coalesce(m.Account.login_count, 0) == 0),
    Tab("off", "Отключены", lambda: m.Account.active.is_(False)),
)


# --- buttons ---------------------------------------------------------------------------------------------------------


def _button(row: m.Account, name: str, label: str, ask: str = "", *, danger: bool = False) -> Button:
    return Button(label, addresses.act("ab_user", row.id, name), post=True, danger=danger, confirm=ask)


def lock_button(row: m.Account) -> Button:
    """The button that closes the entrance."""
    ask = f"Закрыть вход: {row}? Все сеансы завершатся, человек получит письмо."
    return _button(row, "lock", "Закрыть вход", ask, danger=True)


def unlock_button(row: m.Account) -> Button:
    """The button that opens the entrance."""
    return _button(row, "unlock", "Открыть вход")


def entrance(user: m.Account) -> Cell:
    """Whether an account may sign in now, in words."""
    if accounts.is_closed(user):
        return Cell("Вход закрыт", "пока его не откроют", tone="bad")
    if (until := failures.closed_until(user.username)) is not None:
        return Cell("Вход закрыт с одного из адресов", f"до {format_datetime(local(until))}", tone="bad")
    if not user.active:
        return Cell("Учётная запись отключена", tone="bad")
    if not user.login_count:
        return Cell("Входов ещё не было", tone="wait")
    last = f"последний вход {user.last_login:%d.%m.%Y %H:%M}" if user.last_login else ""
    return Cell("Пользуется порталом", last, tone="ok")


# --- pages -----------------------------------------------------------------------------------------------------------


def _reset_password(user_id: int) -> None:
    """Give a one-time password and show it once."""
    _show(accounts.reset_password(user_id))


def _show(password: str) -> None:
    flash(f"Одноразовый пароль: {password}. Передайте его пользователю: больше он не покажется.", "info")


class AccountPages(ScopedModelView):
    """The card and the forms of accounts."""

    services = {
        "unlock": accounts.unlock,
        "reset_password": _reset_password,
        "lock": accounts.lock,
        "reset_second_factor": second_factor.reset,
    }

    def href_of(self, row: Any) -> str:
        """The responsible person has no card of accounts: back to the person's."""
        if current_actor().can("ab_user:show"):
            return super().href_of(row)
        return addresses.card("employee", row.employee_id)

    def create(self, values: dict[str, Any]) -> Any:
        """A new account starts with a one-time password, shown once."""
        row, password = accounts.create_account(values)
        _show(password)
        return row

    def update(self, row: m.Account, values: dict[str, Any]) -> Any:
        """A changed login or address is told at the former address too."""
        return alarms.update_account(row, values)

    def blocks(self, row: m.Account) -> Sequence[Block]:
        """The account, then its roles."""
        fields = ("last_name", "first_name", "patronymic", "username", "email", "active", "last_login", "totp_since")
        block = self.pairs_block(row, "Учётная запись", fields)
        return [Block(block.title, pairs=[*block.pairs, Pair("Состояние", entrance(row))]), _roles_block(row)]

    def extra_buttons(self, row: m.Account) -> Sequence[Button]:
        """Roles are given here; a locked account is opened, a lost telephone is replaced."""
        actor, is_closed, buttons = current_actor(), accounts.is_closed(row), list[Button]()
        if row.totp_since is not None and self.may(row, "reset_second_factor"):
            label = "Отключить второй шаг входа"
            ask = f"{label}: {row}? Делайте это, только если человек лично подтвердил утерю телефона."
            buttons.append(_button(row, "reset_second_factor", label, ask, danger=True))
        if not is_closed and row.id != actor.user_id and self.may(row, "lock"):
            buttons.append(lock_button(row))
        if actor.can("assignment:add"):
            buttons.append(Button("Назначить роль", addresses.form("assignment", user=row.id)))
        if (is_closed or failures.closed_until(row.username) is not None) and self.may(row, "unlock"):
            buttons.append(unlock_button(row))
        if actor.can("assignment:show"):
            buttons.append(Button("Что доступно", addresses.at("access", "user", row.id)))
        buttons += view_as_buttons(row)
        if self.may(row, "reset_password"):
            ask = f"Выдать новый пароль: {row}? Прежний перестанет действовать."
            buttons.append(_button(row, "reset_password", "Выдать новый пароль", ask))
        return buttons


class AssignmentPages(ScopedModelView):
    """The forms of roles: one that opens everything is proposed, and a second person confirms it."""

    def create(self, values: dict[str, Any]) -> Any:
        """Give the role, or propose it."""
        return roles.give(values)

    def update(self, row: Any, values: dict[str, Any]) -> Any:
        """A role that opens everything only ends earlier."""
        return roles.change(row, values)

    def after_save(self, row: Any) -> str:
        """A proposal is the operator's to see."""
        return super().after_save(row) if isinstance(row, m.Assignment) else addresses.listing("assignment")

    def href_of(self, row: Any) -> str:
        """A proposal has no page of the administrator."""
        return super().href_of(row) if isinstance(row, m.Assignment) else ""

    def added_words(self, row: Any) -> str:
        """What happens next with a proposal."""
        if isinstance(row, m.Assignment):
            return super().added_words(row)
        return "Предложено. Роль начнёт действовать, когда её подтвердит оператор: он получил письмо."
