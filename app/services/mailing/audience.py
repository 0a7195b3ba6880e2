"""Recipients of a letter or notice that is for a role: the accounts, and the role with its place in which they get it."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Audience:
    """Accounts that hold a role for a place today; ``mark`` is that role as ``Actor.role_marks`` writes it.

    Their letters and notices are bound to it (``models.MadeIn``): a user who has moved to another place leaves them behind.
    """

    user_ids: tuple[int, ...]
    mark: str

    def __iter__(self) -> Iterator[int]:
        return iter(self.user_ids)

    def __len__(self) -> int:
        return len(self.user_ids)

    def without(self, user_ids: Collection[int | None]) -> Audience:
        """The same without some accounts, which are told otherwise or were told already."""
        return replace(self, user_ids=tuple(pk for pk in self.user_ids if pk not in user_ids))
