"""Registries (реестры): each is one declaration of columns, filters and rows; a new one is a module and its name in ``ALL``."""

from __future__ import annotations

from collections.abc import Mapping

from app.actor import Actor
from app.documents.registries.declared import Registry
from app.documents.registries.issued import ISSUED
from app.documents.registries.issued_vouchers import VOUCHERS
from app.documents.registries.listeners import LISTENERS
from app.documents.registries.trained import TRAINED
from app.errors import NotFound

ALL: Mapping[str, Registry] = {item.code: item for item in (TRAINED, VOUCHERS, ISSUED, LISTENERS)}


def registries_of(actor: Actor) -> list[Registry]:
    """Return the registries that the actor may make."""
    return [item for item in ALL.values() if actor.can(item.permission)]


def find_registry(actor: Actor, code: str) -> Registry:
    """Return a registry by its code; raises NotFound for an unknown one, Forbidden without its right."""
    found = ALL.get(code)
    if found is None:
        raise NotFound("Такого реестра нет. Выберите реестр из списка на странице «Реестры».")
    actor.require(found.permission)
    return found
