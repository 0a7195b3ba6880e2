"""Barriers that axe finds on a page: what WCAG 2.1 asks on the levels A and AA."""

from __future__ import annotations

from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

#: the frame of a letter's preview runs no scripts, not even those of axe
_PLAIN: dict[str, Any] = {"resultTypes": ["violations"], "iframes": False}
_WCAG = {**_PLAIN, "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]}
#: contrast takes six times as long as all other rules: a text is measured where its like is met first
_SHAPES = {**_WCAG, "rules": {"color-contrast": {"enabled": False}}}
_CONTRAST = {**_PLAIN, "runOnly": {"type": "rule", "values": ["color-contrast"]}}
#: the frame of a page and the rows of its tables are alike
_ALIKE = {"exclude": [["#menu"], ["header.top"], ["tbody tr:nth-child(n+6)"]]}
#: elements whose text looks unlike all that were met: by their names, classes and states and those of what they stand in
_UNLIKE = """(known) => {
    const states = ["type", "role", "aria-current", "aria-selected", "aria-invalid", "aria-expanded", "aria-sort", "data-done", "data-open"];
    const look = (e) => e.localName + "." + [...e.classList].sort().join(".") + states.map((n) => e.getAttribute(n) ?? "").join("|");
    const met = new Set(known), elements = [];
    for (const element of document.querySelectorAll("body *")) {
        const typed = element.matches("input, select, textarea") || [...element.childNodes].some((n) => n.nodeType === 3 && n.data.trim());
        if (!typed || !element.checkVisibility()) continue;
        const above = [element.parentElement, element.parentElement?.parentElement].map((e) => (e ? look(e) : ""));
        const sign = [look(element), element.disabled ?? "", ...above].join(" < ");
        if (!met.has(sign)) { met.add(sign); elements.push(element); }
    }
    window.unlike = elements;
    return [...met].slice(known.length);
}"""


def barriers(page: Page) -> list[str]:
    """Everything that axe has against a page, with the elements."""
    return _told(Axe().run(page, options=_WCAG).response)


def barriers_unlike(page: Page, met: set[str]) -> list[str]:
    """The same without the frame and the further rows of tables, and of the contrast of texts that look unlike ``met``."""
    found = _told(Axe().run(page, context=_ALIKE, options=_SHAPES).response)
    return found + _contrast(page, met)


def contrast_unlike(page: Page, met: set[str]) -> list[str]:
    """Texts of too little contrast among those that look unlike ``met``; these are added to it."""
    page.evaluate(Axe().axe_script)
    return _contrast(page, met)


def _contrast(page: Page, met: set[str]) -> list[str]:
    unlike = page.evaluate(_UNLIKE, sorted(met))
    met.update(unlike)
    if not unlike:
        return []
    return _told(page.evaluate("(options) => axe.run({include: window.unlike}, options)", _CONTRAST))


def _told(response: dict[str, Any]) -> list[str]:
    return [
        f"axe {found['impact']} {found['id']}: {found['nodes'][0]['html'][:160]}" for found in response["violations"]
    ]
