"""HTML of letters: what an operator may write, the words turned into paragraphs, and the plain light frame around them.

The frame is laid out by attributes, without styles, scripts and outside images: webmail keeps it, and the portal shows it
under its own security policy.
"""

from __future__ import annotations

import re
from html import escape
from html.parser import HTMLParser

#: tags that an operator may use, and those of them that are never closed
TAGS = frozenset({"p", "br", "b", "strong", "i", "em", "u", "ul", "ol", "li", "a", "h2", "h3", "blockquote", "hr"})
_VOID = frozenset({"br", "hr"})
_LINK_FIELD = re.compile(r"\{\{\s*ссылка\s*\}\}")
_ADDRESS = re.compile(r"https?://[^\s<>\"'{}«»]+")
#: an address within escaped words, without the sign that ends the sentence
_LINKED = re.compile(r"https?://[^\s<>]*[^\s<>.,;:!?)]")

_FRAME = """\
<!doctype html>
<html lang="ru"><head><meta charset="utf-8"><title>{subject}</title></head>
<body bgcolor="#f3f5f8"><table role="presentation" width="100%" cellpadding="12" bgcolor="#f3f5f8"><tr><td align="center">
<table role="presentation" width="100%" cellpadding="20" bgcolor="#ffffff"><tr><td align="left">
<font face="Arial, sans-serif" color="#1b2733"><b>{portal}</b>
{inner}{button}
<hr color="#d5dbe3"><font size="2" color="#55606e">{closing}</font></font>
</td></tr></table></td></tr></table></body></html>
"""
_BUTTON = """
<table role="presentation" cellpadding="10" bgcolor="#1d5fa8"><tr><td><a href="{href}"><font color="#ffffff">Открыть на портале</font></a></td></tr></table>"""


def frame(subject: str, inner: str, *, portal: str, closing: str, href: str = "") -> str:
    """Put the letter's inner HTML into the frame; ``href`` becomes a button unless the letter links to it already."""
    button = _BUTTON.format(href=escape(href)) if href and escape(href) not in inner else ""
    return _FRAME.format(
        subject=escape(subject), portal=escape(portal), inner=inner, button=button, closing=escape(closing)
    )


def from_text(text: str, portal_url: str) -> str:
    """Turn plain words into paragraphs; the portal's own addresses become links."""
    paragraphs = [escape(part.strip()) for part in re.split(r"\n\s*\n", text.replace("\r\n", "\n")) if part.strip()]
    linked = [_LINKED.sub(lambda found: _link(found[0], portal_url), part) for part in paragraphs]
    return "\n".join(f"<p>{part}</p>".replace("\n", "<br>\n") for part in linked)


def _link(address: str, portal_url: str) -> str:
    portal = escape(portal_url)
    is_own = address == portal or address.startswith(f"{portal}/")
    return f'<a href="{address}">{address}</a>' if is_own else address


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
            self.found.append(f"Атрибут «{name}» тега <{tag}> в письмах не допускается: оставьте только адрес ссылки.")
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
            self.found.append(f"Тег </{tag}> закрыт, но не открыт.")

    def handle_comment(self, data: str) -> None:
        self.found.append("Комментарии <!-- --> в письмах не допускаются.")

    def handle_decl(self, decl: str) -> None:
        self.found.append("Пишите только содержание письма: заголовок документа портал добавит сам.")

    def unknown_decl(self, data: str) -> None:
        self.handle_decl(data)

    def handle_pi(self, data: str) -> None:
        self.handle_decl(data)
