"""What a page shows, as plain values: the contract between views (which fill it) and templates (which only lay it out)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Link:
    """A crumb, a page number or a plain link."""

    label: str
    href: str = ""
    current: bool = False


@dataclass(frozen=True, slots=True)
class Button:
    """A button of the page's head: a link, or a POST when ``post`` is set; ``main`` is the page's one filled button."""

    label: str
    href: str
    main: bool = False
    post: bool = False
    danger: bool = False
    confirm: str = ""
    #: Label of the text the user must type before the POST (refusal reason); empty: no text is asked.
    ask: str = ""


@dataclass(frozen=True, slots=True)
class Cell:
    """One value of a row: ``text`` above, ``detail`` below in grey; ``tone`` (ok/go/wait/bad/grey) makes the text a pill."""

    text: str
    detail: str = ""
    href: str = ""
    tone: str = ""
    number: bool = False


@dataclass(frozen=True, slots=True)
class Column:
    """A column's head; ``sort_href`` is empty when the list cannot be sorted by it."""

    name: str
    label: str
    sort_href: str = ""
    sorted: str = ""  # "", "asc", "desc"
    number: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """One record of a list: its primary key, where its name leads, and its cells in the order of the columns."""

    pk: int
    href: str
    cells: Sequence[Cell]


@dataclass(frozen=True, slots=True)
class Option:
    """One choice of a filter."""

    value: str
    label: str
    chosen: bool = False


@dataclass(frozen=True, slots=True)
class Filter:
    """A filter of a list: ``kind`` is choice (one of options), lookup (searched at ``lookup_url``), dates or text.

    The GET parameter is ``name`` (for dates: ``name``_from and ``name``_to, written дд.мм.гггг).
    """

    name: str
    label: str
    kind: str
    options: Sequence[Option] = ()
    value: str = ""
    value_label: str = ""
    value_to: str = ""
    lookup_url: str = ""
    error: str = ""

    @property
    def active(self) -> bool:
        """Whether the filter narrows the list now."""
        return bool(self.value or self.value_to)


@dataclass(frozen=True, slots=True)
class ListPage:
    """A list with its search, filters, rows and paging. ``action_url`` takes the POST of ``actions`` with ``rowid`` values."""

    title: str
    total: int
    columns: Sequence[Column]
    rows: Sequence[Row]
    search: str
    search_hint: str
    filters: Sequence[Filter]
    page: int
    pages: Sequence[Link]
    first: int
    last: int
    page_size: int
    crumbs: Sequence[Link] = ()
    buttons: Sequence[Button] = ()
    actions: Sequence[Button] = ()
    action_url: str = ""
    export_href: str = ""
    reset_href: str = ""
    empty: str = "Ничего не найдено."
    #: GET parameters to keep when the search form is sent (sorting, page size).
    keep: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True, slots=True)
class Pair:
    """A labelled value of a card."""

    label: str
    cell: Cell


@dataclass(frozen=True, slots=True)
class Block:
    """A titled part of a card: labelled pairs, or a table, or events of the journal, or the parts of a чек; any may be empty."""

    title: str
    pairs: Sequence[Pair] = ()
    columns: Sequence[Column] = ()
    rows: Sequence[Row] = ()
    events: Sequence[Cell] = ()
    parts: Sequence[Cell] = ()
    buttons: Sequence[Button] = ()
    empty: str = ""
    note: str = ""
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Tab:
    """A tab of a card; tabs are links, so each has its own address."""

    label: str
    href: str
    count: int | None = None
    current: bool = False


@dataclass(frozen=True, slots=True)
class CardPage:
    """The page of one record: head, tabs, blocks (``aside`` stands in the narrow right column)."""

    title: str
    crumbs: Sequence[Link] = ()
    status: Cell | None = None
    buttons: Sequence[Button] = ()
    tabs: Sequence[Tab] = ()
    blocks: Sequence[Block] = ()
    aside: Sequence[Block] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """A titled group of form fields, by field name."""

    title: str
    fields: Sequence[str]


@dataclass(frozen=True, slots=True)
class FormPage:
    """A form (a WTForms form object) with its sections; errors are shown beside the field and summed at the top."""

    title: str
    form: Any
    sections: Sequence[Section]
    submit: str = "Сохранить"
    cancel_href: str = ""
    crumbs: Sequence[Link] = ()
    note: str = ""
    #: multipart/form-data
    files: bool = False
    #: hidden version of the record, against lost updates
    version: str = ""
    problems: Sequence[str] = field(default=())


@dataclass(frozen=True, slots=True)
class MenuItem:
    """An entry of the side menu; ``count`` of what waits is shown red when ``hot``."""

    label: str
    href: str
    current: bool = False
    count: int | None = None
    hot: bool = False


@dataclass(frozen=True, slots=True)
class MenuSection:
    """A titled group of menu entries."""

    title: str
    items: Sequence[MenuItem]


@dataclass(frozen=True, slots=True)
class Tile:
    """A figure on the start page that opens the list it counts."""

    number: int
    text: str
    href: str
    due: str = ""


@dataclass(frozen=True, slots=True)
class StartPage:
    """The start page of a role: what waits for the user, then blocks."""

    title: str
    tiles: Sequence[Tile] = ()
    blocks: Sequence[Block] = ()
    note: str = ""
