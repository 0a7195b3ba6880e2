"""The quota of a group that counts for the people of an organization, in SQL: for an enrolment, for the catalogue's statement.

It is read for every organization and any acting user, so this is Core SQL outside the row scope: it returns numbers and
public names only.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import lru_cache
from typing import Any

from sqlalchemy import CTE, BindParameter, Select, bindparam, literal, select

from app import models as m


def _table(model: type[m.Base]) -> Any:
    return model.__table__


ORGANIZATION, QUOTA, TERRITORY = _table(m.Organization), _table(m.GroupQuota), _table(m.Territory)
_ABOVE = ORGANIZATION.alias("above")
#: what stands further from the organization than any chain of parents: its territory
_FARTHEST = 1_000_000


#: ids, or the parameter for which they are given when the statement is executed
Ids = Collection[int] | BindParameter[Any]


def counting(organization_ids: Ids, *, group_ids: Ids | None = None) -> Select[Any]:
    """Return the statement of ``place`` (an organization), ``group_id``, ``quota_id``, ``seats``, ``taken``; one row of each pair.

    The most specific quota counts alone: the organization's own, else the nearest above it, else its territory's.
    ``group_ids`` leaves the quotas of other groups out.
    """
    places = _places(organization_ids)
    own = select(places.c.place, places.c.depth, QUOTA).join(QUOTA, QUOTA.c.organization_id == places.c.id)
    at = select(ORGANIZATION.c.id, literal(_FARTHEST), QUOTA).join(
        QUOTA, QUOTA.c.territory_id == ORGANIZATION.c.territory_id
    )
    at = at.where(ORGANIZATION.c.id.in_(organization_ids))
    if group_ids is not None:
        own, at = (part.where(QUOTA.c.group_id.in_(group_ids)) for part in (own, at))
    found = own.union_all(at).subquery()
    return (
        select(found.c.place, found.c.group_id, found.c.id.label("quota_id"), found.c.seats, found.c.taken)
        .distinct(found.c.group_id, found.c.place)
        .order_by(found.c.group_id, found.c.place, found.c.depth)
    )


@lru_cache(maxsize=1)
def named() -> Select[Any]:
    """Return the same with the name of the quota's ``territory`` or ``organization``, the other is null.

    The ids are its parameters ``groups`` and ``places``: building it costs more than asking it, and each enrolment asks.
    """
    found = counting(bindparam("places", expanding=True), group_ids=bindparam("groups", expanding=True)).subquery()
    names = (TERRITORY.c.short_name.label("territory"), ORGANIZATION.c.short_name.label("organization"))
    source = found.join(QUOTA, QUOTA.c.id == found.c.quota_id)
    source = source.outerjoin(TERRITORY, TERRITORY.c.id == QUOTA.c.territory_id)
    source = source.outerjoin(ORGANIZATION, ORGANIZATION.c.id == QUOTA.c.organization_id)
    return select(found, *names).select_from(source)


def _places(organization_ids: Ids) -> CTE:
    """Each organization (``place``) with itself and all above it (``id``), and how far above they are."""
    own = select(
        ORGANIZATION.c.id.label("place"), ORGANIZATION.c.id, ORGANIZATION.c.parent_id, literal(0).label("depth")
    )
    chain = own.where(ORGANIZATION.c.id.in_(organization_ids)).cte("places", recursive=True)
    up = select(chain.c.place, _ABOVE.c.id, _ABOVE.c.parent_id, chain.c.depth + 1)
    return chain.union_all(up.where(_ABOVE.c.id == chain.c.parent_id))
