"""Barriers that axe finds on a page: what WCAG 2.1 asks on the levels A and AA."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

#: where the server of a portal under test gives axe: the browser keeps the file and what it made of it, while a script that
#: is sent to each page anew is carried and compiled anew
_ADDRESS = "/axe-of-the-tests.js"
_SCRIPT = Axe().axe_script.encode()
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


def with_axe(app: Callable[..., Iterable[bytes]]) -> Callable[..., Iterable[bytes]]:
    """The application, and axe beside it."""

    def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if environ["PATH_INFO"] != _ADDRESS:
            return app(environ, start_response)
        headers = [("Content-Type", "text/javascript; charset=utf-8"), ("Content-Length", str(len(_SCRIPT)))]
        start_response("200 OK", [*headers, ("Cache-Control", "max-age=31536000, immutable")])
        return [_SCRIPT]

    return answer


def barriers(page: Page) -> list[str]:
    """Everything that axe has against a page, with the elements."""
    return _found(page, "document", _WCAG)


def barriers_unlike(page: Page, met: set[str]) -> list[str]:
    """The same without the frame and the further rows of tables, and of the contrast of texts that look unlike ``met``."""
    return _found(page, json.dumps(_ALIKE), _SHAPES) + contrast_unlike(page, met)


def contrast_unlike(page: Page, met: set[str]) -> list[str]:
    """Texts of too little contrast among those that look unlike ``met``; these are added to it."""
    unlike = page.evaluate(_UNLIKE, sorted(met))
    met.update(unlike)
    return _found(page, "{include: window.unlike}", _CONTRAST) if unlike else []


def _found(page: Page, context: str, options: dict[str, Any]) -> list[str]:
    """What axe has against a part of a page; only that comes back, not what axe finds right."""
    if not page.evaluate("() => 'axe' in window"):
        page.add_script_tag(url=_ADDRESS)
    found = page.evaluate(f"(options) => axe.run({context}, options).then((told) => told.violations)", options)
    return [f"axe {one['impact']} {one['id']}: {one['nodes'][0]['html'][:160]}" for one in found]
