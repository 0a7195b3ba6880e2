"""Parts of the pages of accounts and of their roles: columns, filters, the roles of one account, one-time passwords."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import flash, url_for

from app import models as m
from app.conditions import is_held, is_past
from app.permissions import ROLES
from app.russian import format_date
from app.services.access import accounts
from app.text.sql import sort_key
from app.web.frame.attention import Matter, matter_filter
from app.web.frame.listing import ListColumn, ListFilter
from app.web.frame.pages import Block, Cell, Column, Row


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


def roles_block(row: m.Account) -> Block:
    """Roles of an account with their places and terms."""
    rows = []
    for a in row.assignments:
        href = url_for("AssignmentView.show", pk=a.id)
        place = str(a.organization or a.territory or "вся область")
        term = f"с {format_date(a.valid_from)}" + (f" по {format_date(a.valid_to)}" if a.valid_to else "")
        rows.append(
            Row(a.id, href, [Cell(ROLES[a.role].title, href=href), Cell(place), Cell(term), Cell(a.basis or "—")])
        )
    heads = [Column(h, h) for h in ("Роль", "Где", "Срок", "Основание")]
    return Block("Роли", columns=heads, rows=rows, empty="Ролей нет: пользователь ничего не видит.")


ACCOUNT_ATTENTION = matter_filter(Matter("locked", "вход закрыт", lambda: accounts.is_closed_now(m.Account)))


# --- one-time passwords ----------------------------------------------------------------------------------------------


def create_account(values: Mapping[str, Any]) -> m.Account:
    """Create an account and show its one-time password once."""
    row, password = accounts.create_account(values)
    _show(password)
    return row


def reset_password(user_id: int) -> None:
    """Give a one-time password and show it once."""
    _show(accounts.reset_password(user_id))


def _show(password: str) -> None:
    flash(f"Одноразовый пароль: {password}. Передайте его пользователю: больше он не покажется.", "info")
