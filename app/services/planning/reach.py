"""Whose wishes of the plan a user counts: people of the user's places, or numbers of an organizer's own offers.

Wishes are counted where the person is sent from (the place of work of the wish), so that the numbers of the organizations of a
territory add up to its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import or_

from app import models as m
from app.access import current_actor
from app.actor import Actor
from app.errors import Forbidden, NotFound

_organization, _offer = m.Organization.__table__, m.PlanOffer.__table__
_WHOLE = frozenset({"ministry", "operator"})
_NO_PLACE = "Такой территории или организации нет или она вам не видна."


@dataclass(frozen=True, slots=True)
class Reach:
    """What a user counts; ``offers``: the organizers whose offers it is, then no people and no places are told."""

    is_whole: bool
    territories: frozenset[int] = frozenset()
    schools: frozenset[int] = frozenset()
    organizers: frozenset[int] | None = None

    @property
    def hides(self) -> bool:
        """Whether figures under five are hidden: the user sees no people."""
        return self.organizers is not None

    def of_places(self) -> list[Any]:
        """Condition on the organization of a wish."""
        if self.is_whole or self.organizers is not None:
            return []
        return [or_(_organization.c.territory_id.in_(self.territories), _organization.c.id.in_(self.schools))]

    def of_offers(self) -> list[Any]:
        """Condition on the offer of a wish."""
        return [] if self.organizers is None else [_offer.c.organizer_id.in_(self.organizers)]

    def insist_territory(self, pk: int) -> None:
        """Raise NotFound for a territory out of sight."""
        if self.organizers is not None or not (self.is_whole or pk in self.territories):
            raise NotFound(_NO_PLACE)

    def insist_people(self) -> None:
        """Raise NotFound where people and places are asked of somebody who gets numbers of offers only."""
        if self.organizers is not None:
            raise NotFound(_NO_PLACE)


def counts_people(actor: Actor) -> bool:
    """Whether the user sees the wishes of people other than oneself."""
    return bool(actor.roles & _WHOLE) or bool(actor.territories()) or bool(actor.places("school"))


def counts_offers(actor: Actor) -> bool:
    """Whether the user has offers whose demand is told in numbers."""
    return bool(actor.places("organizer"))


def reach_of(*, own_offers: bool = False) -> Reach:
    """Return what the acting user counts; ``own_offers``: as an organizer, where the user is one beside another role.

    Raises Forbidden for those who count nothing: a worker, an observer, an administrator.
    """
    actor = current_actor()
    if counts_offers(actor) and (own_offers or not counts_people(actor)):
        return Reach(False, organizers=actor.places("organizer"))
    if not counts_people(actor):
        raise Forbidden("Сводка заявок в план вам недоступна.")
    return Reach(bool(actor.roles & _WHOLE), actor.territories(), actor.places("school"))
