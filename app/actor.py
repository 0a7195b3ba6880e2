"""The acting user with the roles in force now, each with its place."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from app.errors import Forbidden
from app.permissions import ROLES, permissions_of


@dataclass(frozen=True)
class Grant:
    """A role of the acting user with its place: organizations (units included) or territories."""

    role: str
    organization_ids: tuple[int, ...] = ()
    territory_ids: tuple[int, ...] = ()


@dataclass(frozen=True)
class Actor:
    """The acting user: with roles, from an address, within a request."""

    user_id: int | None
    name: str
    employee_id: int | None = None
    grants: tuple[Grant, ...] = ()
    address: str | None = None
    request_id: str | None = None
    #: the places of the roles, in words
    place: str = ""
    #: user who looks at the portal with this actor's eyes; then nothing may be changed
    viewer_id: int | None = None

    @cached_property
    def roles(self) -> frozenset[str]:
        """Codes of the roles held now."""
        return frozenset(g.role for g in self.grants)

    @cached_property
    def permissions(self) -> frozenset[str]:
        """Union of the roles' permissions."""
        return permissions_of(self.roles)

    @cached_property
    def role_titles(self) -> str:
        """Roles in words, for the journal and the page's head."""
        return ", ".join(ROLES[code].title for code in ROLES if code in self.roles) or "без роли"

    def role_marks(self, permission: str | None = None) -> frozenset[str]:
        """The roles held now, each with its place: ``school:12``, ``territory:3``, ``operator:``.

        ``permission``: only those that hold it; a row made by that right is bound to them (``models.MadeIn``).
        """
        return frozenset(
            f"{grant.role}:{place}"
            for grant in self.grants
            if permission is None or permission in ROLES[grant.role].permissions
            for place in (*grant.organization_ids, *grant.territory_ids) or ("",)
        )

    def can(self, permission: str) -> bool:
        """Whether one of the roles holds ``permission``."""
        return permission in self.permissions

    def places(self, role: str) -> frozenset[int]:
        """Organizations, units included, for which ``role`` is held."""
        return frozenset(pk for grant in self.grants if grant.role == role for pk in grant.organization_ids)

    def territories(self, role: str = "territory") -> frozenset[int]:
        """Territories for which ``role`` is held."""
        return frozenset(pk for grant in self.grants if grant.role == role for pk in grant.territory_ids)

    def require(self, permission: str) -> None:
        """Raise Forbidden unless ``permission`` is held."""
        if permission not in self.permissions:
            raise Forbidden("У вас нет права на это действие. Если оно нужно для работы, запросите доступ у оператора.")
