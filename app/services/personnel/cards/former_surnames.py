"""People found by a former surname: the condition of every search of people, and the words beside the name."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import ARRAY, ColumnElement, Integer, any_, func, literal_column, or_, select

from app import models as m
from app.extensions import db
from app.text import sort_key, words

_former = m.FormerName.__table__
_card = m.Employee.__table__.alias("card")
#: as in the index ``ix_former_name_words``
_words: Any = literal_column(m.FORMER_WORDS.replace("last_name", "former_name.last_name"))


def people_found(person: Any, query: str) -> ColumnElement[bool]:
    """Condition that a person's words match the text of a ``tsquery``, a former surname standing for the present one.

    ``person`` has the columns ``id`` and ``search`` of ``employee``. Each way is served by an index: those with a former
    surname that fits are few and are found first.
    """
    whole = func.to_tsquery("simple", query)
    # a former surname fits one of the words; together with the rest of the card it must fit all of them
    formerly = (
        select(_former.c.employee_id)
        .join(_card, _card.c.id == _former.c.employee_id)
        .where(_words.op("@@")(func.to_tsquery("simple", query.replace(" & ", " | "))))
        .where(_card.c.search.op("||")(_words).op("@@")(whole))
    )
    ids: Any = func.array(formerly.scalar_subquery(), type_=ARRAY(Integer))
    return or_(person.search.op("@@")(whole), person.id == any_(ids))


def former_surnames_found(people: Iterable[Any], typed: str) -> dict[int, str]:
    """Return person → the former surname by which a search found the person, of those whose present one does not fit.

    ``people`` have ``id`` and ``last_name``; one statement.
    """
    asked = tuple(word.lstrip("-") for word in words(typed))
    other = [p.id for p in people if not sort_key(p.last_name).startswith(asked)] if asked else []
    if not other:
        return {}
    row = m.FormerName
    statement = select(row.employee_id, row.last_name).where(row.employee_id.in_(other)).order_by(row.id)
    named = [(pk, name) for pk, name in db.session.execute(statement) if _fits(name, asked)]
    return dict(named)


def _fits(name: str, asked: tuple[str, ...]) -> bool:
    return any(word.startswith(asked) for word in words(name.replace("-", " ")))
