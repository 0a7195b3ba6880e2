"""What can be done with a person or an organization from the search: offered by right, on the rows that the right reaches."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from app import addresses
from app import models as m
from app.access import reaches_all, write_scope
from app.actor import Actor
from app.extensions import db
from app.labels import thing
from app.text import sort_key
from app.web.desk.answers_found import Act

LIST = "employee:list"
#: endings of the cases of names, after at least three letters
_ENDING = re.compile(r"(?<=\w{3})(?:ой|ою|ей|ого|ому|ым|ом|ем|[аяуюеыи])$")


@dataclass(frozen=True, slots=True)
class PersonAct:
    """An act on an answer, the right that it takes, where it leads, and the words with which a question may begin."""

    text: str
    permission: str
    href: Callable[[int], str]
    words: Sequence[str] = ()


ACTS: Sequence[PersonAct] = (
    PersonAct(
        thing("enrolment").add,
        "enrolment:add",
        lambda pk: addresses.form("enrolment", employee=pk),
        ("записать на курс", "записать", "зачислить"),
    ),
    PersonAct(
        "Изменить",
        "employee:edit",
        lambda pk: addresses.at("employee", "edit", pk),
        ("изменить", "исправить"),
    ),
    PersonAct(
        thing("voucher_application").add,
        "voucher_application:add",
        lambda pk: addresses.form("voucher_application", employee=pk),
        ("подать заявку на чек", "заявка на чек"),
    ),
    PersonAct(
        thing("training").add,
        "training:add",
        lambda pk: addresses.form("training", employee=pk),
        ("добавить пройденный курс", "добавить курс", "добавить обучение"),
    ),
)
#: acts on the answers of each kind
OF_KIND: Mapping[type[m.Base], Sequence[PersonAct]] = {
    m.Employee: ACTS,
    m.Organization: (
        PersonAct("Работники", LIST, lambda pk: addresses.listing("employee", organization=pk)),
        PersonAct("Изменить", "organization:edit", lambda pk: addresses.at("organization", "edit", pk)),
    ),
}


def acts_on(actor: Actor, model: type[m.Base], rows: Collection[int]) -> Mapping[int, Sequence[Act]]:
    """Row → what the actor may do; a statement is needed only where one role sees rows which another may change."""
    found: dict[int, list[Act]] = {pk: [] for pk in rows}
    for act in OF_KIND.get(model, ()) if rows else ():
        for pk in _reached(actor, model, rows, act.permission):
            found[pk].append(Act(act.text, act.href(pk)))
    return found


def _reached(actor: Actor, model: Any, rows: Collection[int], permission: str) -> Collection[int]:
    if not actor.can(permission):
        return ()
    table = model.__tablename__
    # a list is narrowed by itself
    if permission == LIST or reaches_all(actor, table, f"{table}:list", permission):
        return rows
    statement = select(model.id).where(model.id.in_(rows))
    expression = write_scope(actor, table, permission)
    return list(db.session.scalars(statement if expression is None else statement.where(expression)))


def act_asked(actor: Actor, typed: str) -> tuple[PersonAct, str] | None:
    """The act with which a question begins, and the beginnings of its person's names: «записать Иванову» → «иванов»."""
    folded = sort_key(typed)
    for act in ACTS:
        start = next((words for words in act.words if folded.startswith(f"{sort_key(words)} ")), "")
        if start and actor.can(act.permission) and actor.can(LIST):
            names = [_without_ending(word) for word in folded[len(start) :].split()]
            return (act, " ".join(names)) if any(len(name) > 2 for name in names) else None
    return None


def _without_ending(word: str) -> str:
    """A name is sought by its beginning: «Иванову Анну» and «Ивановой Анне» are «Иванова Анна»."""
    return _ENDING.sub("", word)
