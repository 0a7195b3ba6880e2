"""Pages as plain values: the contract between views (which fill them) and templates (which only lay them out)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from app.services.portal.ways import Way


@dataclass(frozen=True, slots=True)
class Link:
    """A crumb, a page number or a plain link."""

    label: str
    href: str = ""
    current: bool = False


@dataclass(frozen=True, slots=True)
class Option:
    """One choice of a filter, of the columns, of a directory or of «Мои отборы» (there with the address that it opens)."""

    value: str
    label: str
    chosen: bool = False
    href: str = ""
    #: how many rows it finds, in words; ``none``: no row
    number: str = ""
    none: bool = False


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
    #: Typical reasons, one of which may be chosen instead of typing or beside it.
    reasons: Sequence[Option] = ()
    #: What else is done with the same POST while its box is ticked; empty: nothing is offered.
    also: str = ""
    also_ticked: bool = False


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
    #: share of the table, in percent, where rows are of one line
    width: int = 0
    #: where its values stand in a row of two lines on a phone: "state" beside the name, "fact" below it; of the names:
    #: "full" with what stands beside them; empty: left out
    fold: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One record of a list: its primary key, where its name leads, and its cells in the order of the columns."""

    pk: int
    href: str
    cells: Sequence[Cell]
    #: names of the actions on many rows that this one can take
    acts: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Filter:
    """A filter of a list: ``kind`` is choice (one of options), lookup (searched at ``lookup_url``), dates, numbers or text.

    The GET parameter is ``name`` (for dates and numbers: ``name``_from and ``name``_to, dates written дд.мм.гггг). Dates have ready
    periods as options; ``values`` are the most frequent of a lookup.
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
    values: Sequence[Option] = ()

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
    #: numbers of the first and the last row of the page; 0: the page is behind the numbered ones
    first: int
    last: int
    page_size: int
    #: where all rows are counted; not empty: there are more than ``total``
    exact_href: str = ""
    crumbs: Sequence[Link] = ()
    buttons: Sequence[Button] = ()
    actions: Sequence[Button] = ()
    action_url: str = ""
    export_href: str = ""
    reset_href: str = ""
    empty: str = "Ничего не найдено."
    #: what to do about an empty list
    advice: str = ""
    #: GET parameters to keep when the search form is sent (sorting, page size).
    keep: Sequence[tuple[str, str]] = ()
    #: search, filters and order as one text, posted to keep it, to come back, or to act on all its rows
    query: str = ""
    #: «Мои отборы», and where one is saved and deleted (POST)
    saved: Sequence[Option] = ()
    save_url: str = ""
    forget_url: str = ""
    #: columns that may be shown, sizes of a page, and where they are chosen (POST); ``changed``: not the declared columns
    choices: Sequence[Option] = ()
    sizes: Sequence[Option] = ()
    look_url: str = ""
    changed: bool = False
    #: how many rows an action may touch at once
    most: int = 0
    #: where the numbers in the filters are asked; empty: the page says them
    counts_url: str = ""
    #: ready tabs, the chosen one among them
    tabs: Sequence[Tab] = ()
    #: columns left out because all shown rows say the same there, in words
    same: str = ""
    #: rows are two lines high, as the user wants all lists
    roomy: bool = False


@dataclass(frozen=True, slots=True)
class Pair:
    """A labelled value of a card."""

    label: str
    cell: Cell


@dataclass(frozen=True, slots=True)
class Todo:
    """Something that waits for the user: what it is, until when or why, and the button that settles it."""

    text: str
    detail: str = ""
    href: str = ""
    tone: str = "wait"
    button: Button | None = None


@dataclass(frozen=True, slots=True)
class Block:
    """A titled part of a card: labelled pairs, or a table, or events of the journal, or the parts of a чек,
    or what waits for the user, or the way of an application; any may be empty.
    """

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
    todo: Sequence[Todo] = ()
    way: Way | None = None
    #: a line below the title
    lead: str = ""


@dataclass(frozen=True, slots=True)
class Tab:
    """A tab of a card or of a list; tabs are links, so each has its own address. ``more``: not all are counted."""

    label: str
    href: str
    count: int | None = None
    current: bool = False
    more: bool = False
    hot: bool = False


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


#: whose value of a field that two users changed is saved
MINE, THEIRS, WAS = "mine", "theirs", "was"


@dataclass(frozen=True, slots=True)
class Difference:
    """A field that another user changed: before, and as it is stored now (by whom and when); its control holds what was typed.

    ``merged``: only the other user changed it; ``mark``: fingerprints of both values, sent back with the choice; ``choice``: whose
    value is marked, empty for none; ``is_settled``: the user chose so; ``problem``: why an answer did not count;
    ``can_return``: what was there before can be stored again.
    """

    field: str
    label: str
    stored: str
    before: str
    by: str = ""
    merged: bool = False
    mark: str = ""
    choice: str = ""
    is_settled: bool = False
    problem: str = ""
    can_return: bool = False


@dataclass(frozen=True, slots=True)
class FormPage:
    """A form (a WTForms form object) with its sections; errors are shown beside the field and summed at the top."""

    title: str
    form: Any
    sections: Sequence[Section]
    #: words of the button; empty: what would be refused anyway cannot be sent, ``instead`` leads to what can be done
    submit: str = "Сохранить"
    instead: Button | None = None
    cancel_href: str = ""
    crumbs: Sequence[Link] = ()
    note: str = ""
    #: multipart/form-data
    files: bool = False
    #: hidden version of the record and fingerprints of its fields as they were shown, against lost updates
    version: str = ""
    opened: str = ""
    problems: Sequence[str] = field(default=())
    #: what another user changed meanwhile (fields that stand in no section then), and where the form opens with it
    differences: Sequence[Difference] = ()
    reload_href: str = ""
    #: second button of a new record's form: saves and opens an empty form
    more: str = ""
    #: a new record: the first empty field takes the focus
    is_new: bool = False
    #: why the record is changed with a reason only; a field of its own asks for it
    kept: str = ""
    #: what is to be read before anything is typed
    blocks: Sequence[Block] = ()


@dataclass(frozen=True, slots=True)
class MenuItem:
    """An entry of a menu; ``count`` of what waits is shown red when ``hot``, ``more``: not all are counted.

    ``inside``: the page is one behind the entry; ``icon``: of a place in the bar of a phone.
    """

    label: str
    href: str
    current: bool = False
    count: int | None = None
    hot: bool = False
    more: bool = False
    inside: bool = False
    icon: str = ""


@dataclass(frozen=True, slots=True)
class MenuSection:
    """A titled group of menu entries."""

    title: str
    items: Sequence[MenuItem]


@dataclass(frozen=True, slots=True)
class Step:
    """A first step of a role: what it asks and why, where it is done; ``next``: the first that is not done."""

    text: str
    why: str
    button: str
    href: str
    done: bool = False
    next: bool = False


@dataclass(frozen=True, slots=True)
class Checklist:
    """First steps of a role, by which it is hidden (``code``)."""

    code: str
    title: str
    steps: Sequence[Step]


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar of a chart: ``part`` of the full length is filled, ``whole`` of it is the pale bar behind; both from 0 to 1.

    ``href`` is the list of what the figure counts; ``before`` (0 to 1) is the same figure a year earlier, drawn pale.
    """

    label: str
    text: str
    part: float
    whole: float = 0.0
    href: str = ""
    before: float = 0.0


@dataclass(frozen=True, slots=True)
class Chart:
    """A picture of numbers with the table behind it; ``kind`` is bars (one below another) or columns (side by side).

    ``summary`` says in words what the picture shows, for those who do not see it.
    """

    title: str
    summary: str
    kind: str
    bars: Sequence[Bar]
    columns: Sequence[Column] = ()
    rows: Sequence[Row] = ()
    note: str = ""
    empty: str = "Данных пока нет."


@dataclass(frozen=True, slots=True)
class MapTile:
    """A tile of the schematic map: its cell, the name in lines, the figure, the words below it, its tint (0: none, else 1–5).

    ``spoken`` is the whole of it in words; ``href`` is the list of the people whom ``detail`` counts.
    """

    column: int
    row: int
    lines: Sequence[str]
    figure: str
    detail: str
    tint: int
    spoken: str
    href: str = ""
    #: «+120 за год» of what ``figure`` is the share of
    change: str = ""


@dataclass(frozen=True, slots=True)
class RegionMap:
    """The schematic map of territories with the table behind it; ``scale`` names the five tints."""

    title: str
    summary: str
    width: int
    height: int
    tiles: Sequence[MapTile]
    scale: Sequence[str]
    note: str
    columns: Sequence[Column]
    rows: Sequence[Row]
    #: the order of the rows in words
    order: str = ""


@dataclass(frozen=True, slots=True)
class StartPage:
    """The start page of a role: what waits for the user, figures at a glance, then the map, charts, then blocks."""

    title: str
    #: the most urgent lines, and those that unfold below them
    today: Sequence[Todo] = ()
    later: Sequence[Todo] = ()
    checklist: Checklist | None = None
    glance: Sequence[Link] = ()
    figures: Sequence[Block] = ()
    map: RegionMap | None = None
    charts: Sequence[Chart] = ()
    #: the moment of the charts' figures
    as_of: str = ""
    blocks: Sequence[Block] = ()
    #: blocks of the narrow column
    aside: Sequence[Block] = ()
    note: str = ""
