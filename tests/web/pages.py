"""What a browser reads of a page: the rows of a list, the fields of a form, the messages."""

from __future__ import annotations

import html
import re
from html.parser import HTMLParser
from typing import Any

from tests.access.region import Region


def words(markup: str) -> str:
    """Text of a piece of a page."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", markup)).split())


def heads(page: str) -> list[str]:
    """Titles of a list's columns."""
    row = page.split("<thead>", 1)[1].split("</thead>", 1)[0]
    titles = [
        words(re.sub(r'<span class="arrow".*?</span>', "", cell))
        for cell in re.findall(r"<th scope=\"col\".*?</th>", row, re.S)
    ]
    return [re.sub(r"\s*[↕↑↓]$", "", title) for title in titles if title]


def names(page: str) -> list[str]:
    """First words of each row, without the grey line below them."""
    body = page.split("<tbody>", 1)[1].split("</tbody>", 1)[0] if "<tbody>" in page else ""
    return [
        words(re.sub(r"<small>.*?</small>", "", cell))
        for cell in re.findall(r'<th scope="row"[^>]*>(.*?)</th>', body, re.S)
    ]


def ids(page: str, table: str) -> list[int]:
    """Ids of the rows, in their order."""
    body = page.split("<tbody>", 1)[1].split("</tbody>", 1)[0] if "<tbody>" in page else ""
    return [int(pk) for pk in re.findall(rf'<th scope="row"[^>]*><a href="/{table}/(?:show|import)/(\d+)"', body)]


def total(page: str) -> int:
    """The number beside the list's title; an empty list shows none."""
    found = re.search(r'<h1>[^<]*<span class="n">([\d\s\xa0]+)</span>', page)
    return int(re.sub(r"\D", "", found[1])) if found else 0


def flashes(page: str) -> str:
    """Messages above the page's content."""
    return words(page.split('class="flashes"', 1)[1].split(">", 1)[1].split('<div class="head"', 1)[0])


def refusal(page: str) -> str:
    """What the summary above a form says."""
    return words(page.split('id="errors"', 1)[1].split(">", 1)[1].split("<form", 1)[0]) if 'id="errors"' in page else ""


def error_beside(page: str, field: str) -> str:
    """Sentence of the field's error, or an empty string."""
    found = re.search(rf'id="{field}-error">(.*?)</p>', page, re.S)
    return words(found[1]) if found else ""


class _Form(HTMLParser):
    """Fields of the page's main form, as a browser would send them."""

    def __init__(self) -> None:
        super().__init__()
        self.fields: list[tuple[str, str]] = []
        self.inside = False
        self.select = ""
        self.area: str | None = None
        self.chosen: str | None = None
        self.first: str | None = None
        self.text = ""

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given: dict[str, Any] = dict(attributes)
        if tag == "form":
            self.inside = "data-guard" in given
        if not self.inside:
            return
        name, value = given.get("name"), given.get("value") or ""
        if tag == "input" and name and given.get("type") not in ("submit", "file"):
            if given.get("type") not in ("checkbox", "radio") or "checked" in given:
                self.fields.append((name, value))
        elif tag == "select":
            self.select, self.chosen, self.first = name or "", None, None
        elif tag == "option":
            self.first = value if self.first is None else self.first
            self.chosen = value if "selected" in given else self.chosen
        elif tag == "textarea":
            self.area, self.text = name, ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.inside = False
        elif tag == "select" and self.inside:
            self.fields.append((self.select, self.first or "" if self.chosen is None else self.chosen))
        elif tag == "textarea" and self.area is not None:
            self.fields.append((self.area, self.text.removeprefix("\r\n").removeprefix("\n")))
            self.area = None

    def handle_data(self, data: str) -> None:
        if self.area is not None:
            self.text += data


def form_fields(page: str) -> dict[str, list[str]]:
    """Name → values that a browser sends when the form is submitted as it is."""
    parser = _Form()
    parser.feed(page)
    found: dict[str, list[str]] = {}
    for name, value in parser.fields:
        found.setdefault(name, []).append(value)
    return found


def person_of(region: Region, number: int = 0) -> int:
    """A person whose card the responsible person of the first school may change."""
    return region.ids("school", "employee", "t.snils NOT LIKE '9000%%'")[number]


def some_of_each_kind(links: dict[str, int]) -> dict[str, int]:
    """Of links that differ only in their numbers the first three and the last two: a table has hundreds of them."""
    kinds: dict[str, list[str]] = {}
    for href in links:
        kinds.setdefault(re.sub(r"\d+", "N", href), []).append(href)
    chosen = {href for hrefs in kinds.values() for href in (*hrefs[:3], *hrefs[-2:])}
    return {href: number for href, number in links.items() if href in chosen}
