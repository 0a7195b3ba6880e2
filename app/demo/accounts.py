"""Accounts of the demo with their roles: the logins that the start page names."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select

from app import models as m
from app.demo.places import HOME_SCHOOL, NORTH_WEST, VOLGA, Directories, Place
from app.demo.rows import Row, Rows
from app.demo.staff import SECOND_SCHOOL, Worker
from app.extensions import db
from app.services.access import passwords

PASSWORD = "demo-2026"  # noqa: S105 - the demo's password is public on purpose
_SINCE = dt.timedelta(days=400)


@dataclass(frozen=True, slots=True)
class Login:
    """A demo login: role, name, and the place of the role; an empty name is that of the person behind it."""

    login: str
    role: str
    name: str = ""
    organization: str | int = ""
    territory: str = ""


#: an organizer is named by its index among the organizers
LOGINS = (
    Login("operator", "operator", "Соколова Елена Дмитриевна"),
    Login("ministry", "ministry", "Волков Сергей Павлович"),
    Login("territory", "territory", "Тихонова Галина Александровна", territory=NORTH_WEST),
    Login("organizer", "organizer", "Белова Ирина Сергеевна", organization=2),
    Login("school", "school", organization=HOME_SCHOOL),
    Login("worker", "worker"),
    Login("observer", "observer", "Зотов Павел Андреевич"),
    Login("admin", "admin", "Комаров Денис Олегович"),
    Login("territory2", "territory", "Носова Марина Петровна", territory=VOLGA),
    Login("organizer2", "organizer", "Гордеева Нина Павловна", organization=1),
    Login("school2", "school", organization=SECOND_SCHOOL),
    Login("worker2", "worker"),
)
#: ids are given in the order of LOGINS, and the others' rows name the operator before the accounts are made
OPERATOR_ID = 1


def add_accounts(
    rows: Rows, directories: Directories, places: Sequence[Place], workers: Sequence[Worker], today: dt.date
) -> dict[str, Row]:
    """Add the accounts and their assignments; return the accounts by login."""
    people = {worker.role: worker for worker in workers if worker.role}
    organizations: dict[str | int, int] = {place.name: place.id for place in places}
    organizers = [place for place in places if place.row["is_organizer"]]
    organizations |= {number: place.id for number, place in enumerate(organizers)}
    password = passwords.hashed(PASSWORD)
    accounts = {}
    for number, it in enumerate(LOGINS, start=1):
        accounts[it.login] = row = _add_account(rows, it, people.get(it.login), password, today)
        rows.add(
            m.Assignment,
            user_id=row["id"],
            role=it.role,
            organization_id=organizations[it.organization] if it.organization != "" else None,
            territory_id=directories.territories[it.territory] if it.territory else None,
            basis=f"Приказ № {10 + number}-од от {today - _SINCE:%d.%m.%Y}",
            valid_from=today - _SINCE,
            valid_to=None,
        )
    return accounts


def _add_account(rows: Rows, it: Login, worker: Worker | None, password: str, today: dt.date) -> Row:
    card = worker.card if worker else dict(zip(("last_name", "first_name", "patronymic"), it.name.split(), strict=True))
    created = dt.datetime.combine(today - _SINCE, dt.time(9))
    return rows.add(
        m.Account,
        username=it.login,
        first_name=card["first_name"],
        last_name=card["last_name"],
        patronymic=card["patronymic"],
        password=password,
        active=True,
        email=f"{it.login}@example.org",
        employee_id=worker.id if worker else None,
        must_change_password=False,
        session_epoch=1,
        login_count=0,
        fail_login_count=0,
        created_on=created,
        changed_on=created,
        created_by_fk=None,
        changed_by_fk=None,
    )


def link_roles() -> None:
    """Give the written accounts FAB's roles of the same codes, where the sync has made them."""
    tables = m.Base.metadata.tables
    users, roles, links = tables["ab_user"], tables["ab_role"], tables["ab_user_role"]
    role_ids = {row.name: row.id for row in db.session.execute(select(roles.c.id, roles.c.name))}
    user_ids = {row.username: row.id for row in db.session.execute(select(users.c.id, users.c.username))}
    pairs = [
        {"user_id": user_ids[it.login], "role_id": role_ids[it.role]}
        for it in LOGINS
        if it.role in role_ids and it.login in user_ids
    ]
    if pairs:
        db.session.execute(links.insert(), pairs)
