"""The user guide of ``docs/guide``: read as Markdown, shown as HTML, searched by words, printed as DOCX.

HTML inside the Markdown is shown as text, never as markup. Headings have the anchors that GitHub gives them, so that
links work in both places.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.token import Token

from app.errors import NotFound
from app.text import sort_key
from app.text.synonyms import meanings

DOCS = Path(__file__).resolve().parents[3] / "docs"
FOLDER, SCREENS = DOCS / "guide", DOCS / "screens"
#: pages in the order of reading; the index names the roles, the rest follows it
ORDER = "index registration access worker school organizer territory ministry operator queue admin observer import chek documents security".split()

_LINK = re.compile(r"(?:\.\./)?(?:[\w-]+/)*(?P<page>[\w-]+)\.md(?:#(?P<anchor>.*))?$")
#: endings that Russian words lose before they are compared; longer ones first
_ENDINGS = re.compile(
    r"(?:иями|ями|ами|ого|его|ому|ему|ыми|ими|ется|ются|ать|ить|ять|ует|ешь|ете|ите|ов|ев|ей|ий|ый|ой|ая|яя|ое|ее|ые|ие"
    r"|ую|юю|ом|ем|ам|ям|ах|ях|их|ых|ия|ию|ии|[аяоеёуюыиьй])$"
)


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading of a page: level 1–3, its anchor and its words."""

    level: int
    anchor: str
    title: str


@dataclass(frozen=True, slots=True)
class Passage:
    """What a search found: the page and heading where it stands, and the words around, parted as (text, is found)."""

    page: str
    heading: Heading
    pieces: Sequence[tuple[str, bool]]
    in_heading: bool = False

    @property
    def title(self) -> str:
        """Title of the page."""
        return pages()[self.page].title


@dataclass(frozen=True)
class GuidePage:
    """One file of the guide."""

    code: str
    tokens: Sequence[Token]

    @functools.cached_property
    def headings(self) -> list[Heading]:
        """Headings in their order."""
        found = []
        for token, inline in zip(self.tokens, self.tokens[1:], strict=False):
            if token.type == "heading_open":
                words = plain(inline)
                found.append(Heading(int(token.tag[1]), anchor_of(words), words))
        return found

    @property
    def title(self) -> str:
        """The page's first heading."""
        return self.headings[0].title

    def sections(self) -> Iterator[tuple[Heading, str]]:
        """Each heading with the plain text under it."""
        headings, current = iter(self.headings), self.headings[0]
        text: list[str] = []
        previous = ""
        for token in self.tokens:
            if token.type == "heading_open":
                if text:
                    yield current, " ".join(text)
                current, text = next(headings), []
            elif token.type == "inline" and previous != "heading_open":
                text.append(plain(token))
            previous = token.type
        yield current, " ".join(text)


def anchor_of(words: str) -> str:
    """Anchor of a heading, as GitHub makes it."""
    return re.sub(r"\s", "-", re.sub(r"[^\w\s-]", "", words.lower()).strip())


def plain(inline: Token) -> str:
    """Words of a paragraph, a heading or a cell without its marks."""
    shown = []
    for child in readable(inline.children or []):
        if child.type in ("text", "code_inline"):
            shown.append(child.content)
        elif child.type in ("softbreak", "hardbreak"):
            shown.append(" ")
    return "".join(shown)


@functools.cache
def pages() -> dict[str, GuidePage]:
    """Pages of the guide by the names of their files, in the order of reading; read once."""
    parser = _parser()
    return {code: GuidePage(code, parser.parse((FOLDER / f"{code}.md").read_text("utf-8"))) for code in ORDER}


def page(code: str) -> GuidePage:
    """One page; raises NotFound for an unknown name."""
    found = pages().get(code)
    if found is None:
        raise NotFound("Такой страницы в справке нет. Откройте «Справку» и выберите страницу в оглавлении.")
    return found


def _parser() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False}).enable("table")


# --- HTML ------------------------------------------------------------------------------------------------------------


def to_html(code: str, *, page_url: Any, screen_url: Any, typed: str = "") -> str:
    """HTML of a page; ``page_url(code)`` and ``screen_url(name)`` give addresses, words of ``typed`` are marked."""
    renderer = _Renderer(page_url, screen_url, stems(typed))
    return renderer.page(page(code))


class _Renderer:
    """Writes tokens as HTML by the few kinds of Markdown that the guide uses; all text is escaped."""

    _PLAIN = {
        "bullet_list": "ul",
        "ordered_list": "ol",
        "list_item": "li",
        "tbody": "tbody",
        "thead": "thead",
        "tr": "tr",
        "strong": "strong",
        "em": "em",
        "blockquote": "blockquote",
    }

    def __init__(self, page_url: Any, screen_url: Any, found: Sequence[str]) -> None:
        self.page_url, self.screen_url, self.found = page_url, screen_url, found
        self.heads: list[str] = []
        self.column = 0

    def page(self, shown: GuidePage) -> str:
        """The whole page but its first heading, which the portal shows as the page's title."""
        headings, html, tokens = iter(shown.headings), [], list(shown.tokens)
        for index, token in enumerate(tokens):
            if token.type == "heading_open":
                heading = next(headings)
                if heading.level > 1:
                    html.append(f'<{token.tag} id="{escape(heading.anchor)}" tabindex="-1">')
            elif token.type == "heading_close":
                html.append("" if token.tag == "h1" else f"</{token.tag}>")
            elif token.type == "inline":
                before = tokens[index - 1]
                if before.type == "th_open":
                    self.heads.append(plain(token))
                html.append("" if before.tag == "h1" else self.inline(token))
            else:
                html.append(self.block(token))
        return "".join(html)

    def block(self, token: Token) -> str:
        """Opening or closing tag of a block."""
        kind, _, end = token.type.rpartition("_")
        if kind == "paragraph":
            return "" if token.hidden else ("<p>" if end == "open" else "</p>")
        if kind == "table":
            self.heads = self.heads if end == "close" else []
            return '<div class="tbl"><table>' if end == "open" else "</table></div>"
        if kind in ("th", "td"):
            return self.cell(kind) if end == "open" else f"</{token.tag}>"
        if kind == "tr":
            self.column = 0
        if token.type in ("fence", "code_block"):
            return f"<pre>{escape(token.content)}</pre>"
        tag = self._PLAIN.get(kind)
        return "" if tag is None else (f"<{tag}>" if end == "open" else f"</{tag}>")

    def cell(self, kind: str) -> str:
        """Opening tag of a cell; a narrow screen shows the column's words beside it."""
        if kind == "th":
            return '<th scope="col">'
        label = self.heads[self.column] if self.column < len(self.heads) else ""
        self.column += 1
        return f'<td data-label="{escape(label)}">' if self.column > 1 and label else "<td>"

    def inline(self, token: Token) -> str:
        """HTML of a paragraph's, a heading's or a cell's content."""
        html, ends = [], []
        for child in readable(token.children or []):
            if child.type == "link_open":
                start, end = self.link(str(child.attrGet("href") or ""))
                html.append(start)
                ends.append(end)
            elif child.type == "link_close":
                html.append(ends.pop())
            elif child.type == "image":
                html.append(self.picture(child))
            elif child.type == "text":
                html.append(self.marked(child.content))
            elif child.type == "code_inline":
                html.append(f"<code>{escape(child.content)}</code>")
            elif child.type in ("softbreak", "hardbreak"):
                html.append(" ")
            else:
                html.append(self.block(child))
        return "".join(html)

    def link(self, href: str) -> tuple[str, str]:
        """Start and end of a link; what is not in the guide stays plain words."""
        if href.startswith(("https://", "http://")):
            return f'<a href="{escape(href)}" rel="noreferrer">', "</a>"
        target = _LINK.match(href)
        if target is None or target["page"] not in pages() or href.startswith(".."):
            return "", ""
        anchor = f"#{target['anchor']}" if target["anchor"] else ""
        return f'<a href="{escape(self.page_url(target["page"]) + anchor)}">', "</a>"

    def picture(self, token: Token) -> str:
        """A screen, folded: it is loaded only when somebody opens it."""
        name, words = Path(str(token.attrGet("src"))).name, escape(token.content)
        return (
            f'<details class="shot"><summary>Показать снимок экрана: {words}</summary>'
            f'<img src="{escape(self.screen_url(name))}" alt="Снимок экрана: {words}" loading="lazy"></details>'
        )

    def marked(self, text: str) -> str:
        """Escaped text with the found words marked."""
        return "".join(f"<mark>{escape(t)}</mark>" if hit else escape(t) for t, hit in mark(text, self.found))


def readable(children: Sequence[Token]) -> Iterator[Token]:
    """Tokens of a line where a link that shows a file's name shows the title of that page instead."""
    target = None
    for child in children:
        if child.type == "link_open":
            target = _LINK.match(str(child.attrGet("href") or ""))
        elif child.type == "link_close":
            target = None
        elif child.type == "text" and target is not None and child.content == f"{target['page']}.md":
            yield Token("text", "", 0, content=_title_of(child.content))
            continue
        yield child


@functools.cache
def _title_of(name: str) -> str:
    path = next((p for p in (FOLDER / name, DOCS / name) if p.is_file()), None)
    first = path.read_text("utf-8").lstrip().splitlines()[0] if path else ""
    return f"«{first.removeprefix('# ')}»" if first.startswith("# ") else name


# --- search ----------------------------------------------------------------------------------------------------------


def stems(typed: str) -> list[str]:
    """Words of a question without their endings and without prepositions: «заявку на чек» → «заявк», «чек»; at most eight."""
    found = list(map(_stem, re.findall(r"\w+", sort_key(typed))))
    return ([stem for stem in found if len(stem) > 2] or [stem for stem in found if len(stem) > 1])[:8]


def _stem(word: str) -> str:
    for _ in range(2):
        shorter = _ENDINGS.sub("", word)
        if len(shorter) < 3:
            break
        word = shorter
    return word


def mark(text: str, found: Sequence[str]) -> list[tuple[str, bool]]:
    """Parts of a text: (words, whether they are a word that begins with one of the stems)."""
    if not found:
        return [(text, False)]
    parts, end = [], 0
    for word in re.finditer(r"\w+", text):
        if sort_key(word[0]).startswith(tuple(found)):
            parts += [(text[end : word.start()], False), (word[0], True)]
            end = word.end()
    return [part for part in [*parts, (text[end:], False)] if part[0]]


def search(typed: str, *, most: int = 20) -> list[Passage]:
    """Sections that hold every word of the question, those with the words in their heading first; else words that mean the same."""
    wanted = [(stem,) for stem in stems(typed)]
    return _found(wanted, most) or _found([meanings(stem) for (stem,) in wanted], most)


def _found(wanted: Sequence[tuple[str, ...]], most: int) -> list[Passage]:
    if not wanted:
        return []
    ranked: list[tuple[int, int, str, Heading, str]] = []
    for code, heading, text, head, every in _indexed():
        if all(_hits(every, starts) for starts in wanted):
            hits = sum(_hits(head, starts) for starts in wanted)
            ranked.append((-hits, len(ranked), code, heading, text))
    marked = [start for starts in wanted for start in starts]
    best = sorted(ranked, key=lambda item: item[:2])[:most]
    return [Passage(code, heading, _around(text, marked), in_heading=hits < 0) for hits, _, code, heading, text in best]


@functools.cache
def _indexed() -> list[tuple[str, Heading, str, frozenset[str], frozenset[str]]]:
    """Page, heading, text, words of the heading and all words of each section; read once, a search only compares."""
    return [
        (code, heading, text, _words(heading.title), _words(f"{shown.title} {heading.title} {text}"))
        for code, shown in pages().items()
        for heading, text in shown.sections()
    ]


def _words(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"\w+", sort_key(text)))


def _hits(words: frozenset[str], starts: tuple[str, ...]) -> bool:
    return any(word.startswith(starts) for word in words)


def _around(text: str, wanted: Sequence[str], *, width: int = 220) -> list[tuple[str, bool]]:
    """The piece of a text around its first found word, by whole words."""
    first = next((m.start() for m in re.finditer(r"\w+", text) if sort_key(m[0]).startswith(tuple(wanted))), 0)
    start = text.rfind(" ", 0, max(0, first - width // 3)) + 1 if first > width // 3 else 0
    piece = text[start : start + width]
    if start + width < len(text):
        piece = piece.rpartition(" ")[0] + "…"
    return mark(("…" if start else "") + piece, wanted)
