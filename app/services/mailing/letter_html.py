"""HTML of letters: tags that an operator may write, words turned into paragraphs, and the light frame around them.

The frame is tables with attributes and inlined styles, without scripts and outside images: mail programs keep such HTML.
The portal shows it without the styles, under the portal's security policy.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from html.parser import HTMLParser

from app.russian import quoted
from app.services.portal.ways import Step, StepState

#: tags that an operator may use, and those of them that are never closed
TAGS = frozenset({"p", "br", "b", "strong", "i", "em", "u", "ul", "ol", "li", "a", "h2", "h3", "blockquote", "hr"})
_VOID = frozenset({"br", "hr"})
#: between what a reader sees as lines
_PIECES = re.compile(r"(?<=\n)|(?<=</p>)|(?<=</li>)|(?<=<br>)|(?=<p>)|(?=<li>)")
_LINK_FIELD = re.compile(r"\{\{\s*ссылка\s*\}\}")
#: words of the link to the page where the reader chooses which letters come
CHOOSE = "Какие письма получать"
_ADDRESS = re.compile(r"https?://[^\s<>\"'{}«»]+")
#: an address within escaped words, without the sign that ends the sentence
_LINKED = re.compile(r"https?://[^\s<>]*[^\s<>.,;:!?)]")

#: what the inlined looks are, by their place in the frame; each has attributes that say the same where styles are cut
_INK, _PALE, _BLUE, _LINE, _GROUND = "#1b2733", "#55606e", "#1d5fa8", "#d5dbe3", "#f3f5f8"
_FONT = "font-family:Arial,Helvetica,sans-serif"
_STYLES = re.compile(r' style="[^"]*"')

_FRAME = """\
<!doctype html>
<html lang="ru"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><meta name="color-scheme" content="light"><title>{subject}</title></head>
<body bgcolor="{ground}" style="margin:0;padding:0;background:{ground}">
<table role="presentation" width="100%" cellpadding="12" cellspacing="0" border="0" bgcolor="{ground}"><tr><td align="center">
<table role="presentation" width="100%" cellpadding="20" cellspacing="0" border="0" bgcolor="#ffffff" style="max-width:600px;background:#ffffff;border-radius:12px">
<tr><td align="left" style="padding:20px 24px 0;{font};font-size:14px;font-weight:bold;color:{blue}"><font face="Arial, sans-serif" color="{blue}"><b>{portal}</b></font></td></tr>
<tr><td align="left" style="padding:12px 24px 24px;{font};font-size:16px;line-height:1.5;color:{ink}"><font face="Arial, sans-serif" color="{ink}">
<h1 style="margin:0 0 12px;font-size:22px;line-height:1.3;color:{ink}">{headline}</h1>
{inner}{block}{steps}{button}</font></td></tr>
<tr><td align="left" bgcolor="{ground}" style="padding:14px 24px;border-top:1px solid {line};border-radius:0 0 12px 12px;{font};font-size:13px;line-height:1.5;color:{pale}"><font face="Arial, sans-serif" size="2" color="{pale}">{closing}</font></td></tr>
</table></td></tr></table></body></html>
"""
_BUTTON = """
<table role="presentation" cellpadding="12" cellspacing="0" border="0" style="margin:18px 0 0"><tr><td bgcolor="{blue}" align="center" style="border-radius:8px;background:{blue}"><a href="{href}" style="display:inline-block;padding:0 10px;{font};font-size:16px;font-weight:bold;color:#ffffff;text-decoration:none"><font color="#ffffff"><b>{label}</b></font></a></td></tr></table>"""
_BLOCK = """
<table role="presentation" width="100%" cellpadding="8" cellspacing="0" border="0" bgcolor="{ground}" style="margin:16px 0 0;background:{ground};border-radius:8px">{rows}</table>"""
_ROW = """
<tr><td valign="top" width="120" style="padding:8px 6px 8px 14px;{font};font-size:14px;line-height:1.4;color:{pale}"><font color="{pale}">{head}</font></td><td valign="top" style="padding:8px 14px 8px 6px;{font};font-size:15px;line-height:1.4;color:{ink}">{words}</td></tr>"""
_STEPS = """
<table role="presentation" width="100%" cellpadding="4" cellspacing="0" border="0" style="margin:16px 0 0">{rows}</table>"""
_STEP = """
<tr><td valign="top" width="20" align="center" style="padding:4px 0;{font};font-size:15px;line-height:1.4;color:{tone}"><font color="{tone}">{mark}</font></td><td valign="top" style="padding:4px 0 4px 8px;{font};font-size:15px;line-height:1.4;color:{tone}"><font color="{tone}">{words}</font></td></tr>"""
_LOOK = {"ink": _INK, "pale": _PALE, "blue": _BLUE, "line": _LINE, "ground": _GROUND, "font": _FONT}


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What a letter is laid out of: plain words, and ``inner``, the HTML of its text.

    ``block``: heads and words; ``button``: label of the link ``href``, no button without it; ``choose``: address of the page
    where its reader chooses which letters come, empty where this one always comes; ``steps``: the way of an application.
    """

    headline: str
    inner: str
    portal: str
    closing: str
    block: Sequence[tuple[str, str]] = ()
    steps: Sequence[Step] = ()
    button: str = ""
    href: str = ""
    choose: str = ""


def frame(parts: Parts) -> str:
    """Lay a letter out: one headline, its text, the block of facts, one button."""
    rows = "".join(_ROW.format(head=escape(head), words=in_lines(words), **_LOOK) for head, words in parts.block)
    choose = f'<br>\n<a href="{escape(parts.choose)}"><font color="{_PALE}">{CHOOSE}</font></a>' if parts.choose else ""
    return _FRAME.format(
        subject=escape(parts.headline),
        headline=escape(parts.headline),
        portal=escape(parts.portal),
        inner=parts.inner,
        block=_BLOCK.format(rows=rows, **_LOOK) if rows else "",
        steps=_STEPS.format(rows="".join(_step(step) for step in parts.steps)) if parts.steps else "",
        button=_BUTTON.format(href=escape(parts.href), label=escape(parts.button), **_LOOK) if parts.href else "",
        closing=escape(parts.closing) + choose,
        **_LOOK,
    )


def _step(step: Step) -> str:
    tone = _PALE if step.state == StepState.LATER else _INK
    words = escape(step.line)
    return _STEP.format(
        mark=step.mark, words=f"<b>{words}</b>" if step.state == StepState.NOW else words, tone=tone, font=_FONT
    )


def without_styles(page: str) -> str:
    """The same page laid out by its attributes alone: the portal's own pages allow no inlined styles."""
    return _STYLES.sub("", page)


def in_lines(words: str) -> str:
    """Plain words safe in HTML, with their line breaks."""
    return escape(words).replace("\n", "<br>\n")


def from_text(text: str, portal_url: str) -> str:
    """Turn plain words into paragraphs; the portal's own addresses become links."""
    paragraphs = [escape(part.strip()) for part in re.split(r"\n\s*\n", text.replace("\r\n", "\n")) if part.strip()]
    linked = [_LINKED.sub(lambda found: _link(found[0], portal_url), part) for part in paragraphs]
    return "\n".join(f"<p>{part}</p>".replace("\n", "<br>\n") for part in linked)


def _link(address: str, portal_url: str) -> str:
    portal = escape(portal_url)
    is_own = address == portal or address.startswith(f"{portal}/")
    return f'<a href="{address}">{address}</a>' if is_own else address


def pieces(source: str) -> list[str]:
    """HTML in the pieces that a reader sees as lines: paragraphs, points, what a line break ends."""
    return [piece for piece in _PIECES.split(source) if piece]


def is_torn(piece: str) -> bool:
    """Whether a piece opens or closes a tag whose other end lies in another piece."""
    reader = _Reader("")
    reader.feed(piece)
    reader.close()
    return reader.is_torn or bool(reader.open)


def foreign_links(source: str, portal_url: str) -> list[str]:
    """Addresses in the words that do not lead to the portal."""
    return [a for a in _ADDRESS.findall(source) if a != portal_url and not a.startswith(f"{portal_url}/")]


def problems(source: str, portal_url: str) -> list[str]:
    """Sentences about what a letter may not contain: foreign tags and attributes, open tags, fields inside tags."""
    reader = _Reader(portal_url)
    reader.feed(source)
    reader.close()
    reader.found += [f"Тег <{tag}> не закрыт." for tag in reader.open]
    return list(dict.fromkeys(reader.found))


class _Reader(HTMLParser):
    """Collects what is wrong, tag by tag."""

    def __init__(self, portal_url: str) -> None:
        super().__init__(convert_charrefs=True)
        self.portal_url = portal_url
        self.found: list[str] = []
        self.open: list[str] = []
        self.is_torn = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in TAGS:
            self.found.append(f"Тег <{tag}> в письмах не допускается. Можно: {', '.join(sorted(TAGS))}.")
            return
        for name, value in attrs:
            self._check_attribute(tag, name, value or "")
        if tag not in _VOID:
            self.open.append(tag)

    def _check_attribute(self, tag: str, name: str, value: str) -> None:
        if (tag, name) != ("a", "href"):
            self.found.append(
                f"Атрибут {quoted(name)} тега <{tag}> в письмах не допускается: оставьте только адрес ссылки."
            )
        elif not self._is_own(value):
            self.found.append(f"Ссылка «{value}» ведёт не на портал. Можно {{{{ ссылка }}}} или {self.portal_url}/…")

    def _is_own(self, value: str) -> bool:
        return bool(_LINK_FIELD.fullmatch(value)) or (
            "{" not in value and (value == self.portal_url or value.startswith(f"{self.portal_url}/"))
        )

    def handle_endtag(self, tag: str) -> None:
        if tag in self.open and self.open[-1] == tag:
            self.open.pop()
        elif tag in self.open:
            self.found.append(f"Тег </{tag}> закрыт раньше, чем <{self.open[-1]}>.")
            self.open.reverse()
            self.open.remove(tag)
            self.open.reverse()
        elif tag in TAGS:
            self.is_torn = True
            self.found.append(f"Тег </{tag}> закрыт, но не открыт.")

    def handle_comment(self, data: str) -> None:
        self.found.append("Комментарии <!-- --> в письмах не допускаются.")

    def handle_decl(self, decl: str) -> None:
        self.found.append("Пишите только содержание письма: заголовок документа портал добавит сам.")

    def unknown_decl(self, data: str) -> None:
        self.handle_decl(data)

    def handle_pi(self, data: str) -> None:
        self.handle_decl(data)
