"""What can be done with a person from the search: offered by right, on the people whom the right reaches."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

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
    """An act, the right that it takes, its form, and the words with which a question may begin."""

    text: str
    permission: str
    href: Callable[[int], str]
    words: Sequence[str]


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
        thing("training").add,
        "training:add",
        lambda pk: addresses.form("training", employee=pk),
        ("добавить пройденный курс", "добавить курс", "добавить обучение"),
    ),
)


def acts_on(actor: Actor, people: Collection[int]) -> Mapping[int, Sequence[Act]]:
    """Person → what the actor may do; a statement is needed only where one role sees people whom another may change."""
    found: dict[int, list[Act]] = {pk: [] for pk in people}
    for act in ACTS if people else ():
        for pk in _reached(actor, people, act.permission):
            found[pk].append(Act(act.text, act.href(pk)))
    return found


def _reached(actor: Actor, people: Collection[int], permission: str) -> Collection[int]:
    if not actor.can(permission):
        return ()
    if reaches_all(actor, m.Employee.__tablename__, LIST, permission):
        return people
    statement = select(m.Employee.id).where(m.Employee.id.in_(people))
    expression = write_scope(actor, m.Employee.__tablename__, permission)
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
