"""What left the portal and no longer says what the portal knows."""

from __future__ import annotations

from collections.abc import Collection


def changed(enrolment_ids: Collection[int], why: str) -> None:
    """The facts about these enrolments were changed after papers about them left."""
