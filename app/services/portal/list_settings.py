"""A user's settings of lists: columns and page size of each, and «Мои отборы». The user's rows only, so no right is checked.

A view is named by the table of its list; the caller knows which columns and filters the view has.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import bindparam, delete, func, select, update
from sqlalchemy.dialects.postgresql import aggregate_order_by, insert

from app import models as m
from app.access import current_actor
from app.errors import Conflict, Invalid, NotFound
from app.extensions import db
from app.text.sql import sort_key
from app.unit_of_work import use_case

#: saved filters of one list; more are no longer found by their names
SAVED_LIMIT = 30
TITLE_LENGTH = 60
QUERY_LENGTH = 1000


@dataclass(frozen=True, slots=True)
class SavedQuery:
    """A list's search, filters and order under a name; ``query`` is the normalised text of GET parameters."""

    id: int
    title: str
    query: str


@dataclass(frozen=True, slots=True)
class ListSettings:
    """What a user chose for one list; no columns and no size: as declared. ``roomy`` is for all lists."""

    columns: Sequence[str] = ()
    page_size: int | None = None
    saved: Sequence[SavedQuery] = ()
    roomy: bool = False


_saved, _preference = m.SavedFilter.__table__, m.ListPreference.__table__
_mine = (_preference.c.user_id == bindparam("user_id"), _preference.c.view == bindparam("view"))
#: one statement for all that a list asks; built once, because every list asks it
_SETTINGS = select(
    select(_preference.c.columns).where(*_mine).scalar_subquery(),
    select(_preference.c.page_size).where(*_mine).scalar_subquery(),
    select(
        func.json_agg(
            aggregate_order_by(
                func.json_build_array(_saved.c.id, _saved.c.title, _saved.c.query), sort_key(_saved.c.title)
            )
        )
    )
    .where(_saved.c.user_id == bindparam("user_id"), _saved.c.view == bindparam("view"))
    .scalar_subquery(),
    select(func.bool_or(_preference.c.roomy)).where(_preference.c.user_id == bindparam("user_id")).scalar_subquery(),
)


def settings_of(view: str) -> ListSettings:
    """What the acting user chose for the list ``view``, by one statement."""
    values = {"user_id": current_actor().user_id, "view": view}
    columns, page_size, saved, roomy = db.session.execute(_SETTINGS, values).one()
    return ListSettings(tuple(columns or ()), page_size, tuple(SavedQuery(*row) for row in saved or ()), bool(roomy))


@use_case
def save_query(view: str, title: str, query: str) -> None:
    """Keep ``query`` under ``title``; the same title again replaces what it held.

    Raises Invalid for a title or query that cannot be kept, Conflict when the list has its full number of saved filters.
    """
    title = " ".join(title.split())
    if not 0 < len(title) <= TITLE_LENGTH:
        raise Invalid(f"Назовите отбор: от 1 до {TITLE_LENGTH} знаков.")
    if not query:
        raise Invalid("Сохранять нечего: в списке ничего не отобрано. Сначала найдите или отберите нужное.")
    if len(query) > QUERY_LENGTH:
        raise Invalid("Отбор слишком длинный, чтобы его сохранить. Сократите слова в строке поиска.")
    owner = current_actor().user_id
    # the account's row orders two clicks of one user, so that the limit holds
    db.session.execute(select(m.Account.__table__.c.id).where(m.Account.__table__.c.id == owner).with_for_update())
    others = select(func.count()).where(_saved.c.user_id == owner, _saved.c.view == view, _saved.c.title != title)
    if db.session.execute(others).scalar_one() >= SAVED_LIMIT:
        raise Conflict(f"У списка уже {SAVED_LIMIT} сохранённых отборов. Удалите ненужный и сохраните снова.")
    statement = insert(m.SavedFilter).values(user_id=owner, view=view, title=title, query=query)
    db.session.execute(
        statement.on_conflict_do_update(index_elements=["user_id", "view", "title"], set_={"query": query})
    )


@use_case
def forget_query(view: str, pk: int) -> str:
    """Delete an own saved filter of the list; returns its title. Raises NotFound for another's or a missing one."""
    statement = (
        delete(m.SavedFilter)
        .where(m.SavedFilter.id == pk, m.SavedFilter.view == view, m.SavedFilter.user_id == current_actor().user_id)
        .returning(m.SavedFilter.title)
    )
    title: str | None = db.session.execute(statement).scalar_one_or_none() if 0 < pk < 2**31 else None
    if title is None:
        raise NotFound("Такого отбора нет: возможно, вы его уже удалили.")
    return title


@use_case
def choose_columns(view: str, columns: Sequence[str]) -> None:
    """Remember the columns of a list; none: as declared."""
    _prefer(view, columns=list(columns))


@use_case
def choose_page_size(view: str, size: int) -> None:
    """Remember how many rows a page of the list has."""
    _prefer(view, page_size=size)


@use_case
def choose_density(view: str, *, roomy: bool) -> None:
    """Remember for all lists of the user whether rows are two lines high; asked on the list ``view``."""
    owner = _preference.c.user_id == current_actor().user_id
    db.session.execute(update(m.ListPreference).where(owner).values(roomy=False))
    _prefer(view, roomy=roomy)


def _prefer(view: str, **chosen: object) -> None:
    statement = insert(m.ListPreference).values(user_id=current_actor().user_id, view=view, **chosen)
    db.session.execute(statement.on_conflict_do_update(index_elements=["user_id", "view"], set_=chosen))
