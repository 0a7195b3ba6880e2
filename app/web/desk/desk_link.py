"""From the card of a row that waits for a decision to its case on the desk."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from app import addresses
from app.access import current_actor
from app.services.desk import queue
from app.services.desk.queue_sources import BY_CODE
from app.web.frame.pages import Button
from app.web.frame.parts import Part


class DeskLink(Part):
    """The button «Открыть в очереди», for those who decide."""

    def buttons(self, row: Any) -> Sequence[Button]:
        """The way to the case, while the row waits."""
        source, actor = BY_CODE[self.table], current_actor()
        if not (actor.can("queue:list") and actor.can(source.right) and queue.is_waiting(source, row.id)):
            return ()
        return [Button("Открыть в очереди", addresses.case(self.table, row.id))]
