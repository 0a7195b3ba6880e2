"""The query of a list's address: search, chosen filters, order, page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from app.text import cleaned

PAGE_SIZES = (25, 50, 100)
#: code of the tab that shows everything
ALL = "all"


@dataclass
class ListQuery:
    """What the address asks of a list; everything unknown or impossible falls back to the default."""

    search: str = ""
    #: code of the ready tab; empty: none is asked
    tab: str = ""
    chosen: dict[str, str] = field(default_factory=dict)
    order: str = ""
    descending: bool = False
    page: int = 1
    #: id of the row behind which the page begins, for pages behind the numbered ones
    behind: int = 0
    #: whether all rows are to be counted, however many they are
    exact: bool = False
    page_size: int = PAGE_SIZES[0]
    #: size of a page when the address names none: what the user has chosen for this list
    usual_size: int = PAGE_SIZES[0]
    errors: dict[str, str] = field(default_factory=dict)

    @classmethod
    def read(
        cls, args: Mapping[str, str], names: Sequence[str], sortable: Sequence[str], *, usual_size: int = PAGE_SIZES[0]
    ) -> ListQuery:
        """Read the query from GET parameters."""
        page, size, behind = args.get("page", "1"), args.get("size", ""), args.get("behind", "")
        order = args.get("order", "")
        wanted = {f"{n}{suffix}" for n in names for suffix in ("", "_from", "_to")}
        given = [(k, cleaned(v)[:100]) for k, v in args.items()]
        return cls(
            search=cleaned(args.get("q", ""))[:200],
            tab=cleaned(args.get("tab", ""))[:40],
            chosen={k: v for k, v in given if k in wanted and v},
            order=order.lstrip("-") if order.lstrip("-") in sortable else "",
            descending=order.startswith("-"),
            page=int(page) if page.isdecimal() and 0 < len(page) < 8 and int(page) > 0 else 1,
            behind=int(behind) if behind.isdecimal() and len(behind) < 10 else 0,
            exact=args.get("exact") == "yes",
            page_size=int(size) if size.isdecimal() and len(size) < 5 and int(size) in PAGE_SIZES else usual_size,
            usual_size=usual_size,
        )

    @property
    def narrows(self) -> bool:
        """Whether something is searched or filtered."""
        return bool(self.search or self.chosen)

    def parameters(self, **changes: Any) -> dict[str, Any]:
        """GET parameters of this query with ``changes`` (None removes one)."""
        order = f"-{self.order}" if self.descending and self.order else self.order
        values: dict[str, Any] = {"q": self.search, **self.chosen, "order": order, "tab": self.tab}
        if self.page_size != self.usual_size:
            values["size"] = self.page_size
        if self.exact:
            values["exact"] = "yes"
        values.update(changes)
        if values["tab"] == ALL and any(value for name, value in values.items() if name == "q" or name in self.chosen):
            values["tab"] = ""  # what is searched or filtered is looked for everywhere, unless a tab is named
        return {k: v for k, v in values.items() if v not in (None, "", 1) or k in self.chosen}

    def text(self) -> str:
        """Search, filters and order as one text that is the same for the same question: to keep it or to come back."""
        return urlencode(sorted(self.parameters(size=None, exact=None).items()))
