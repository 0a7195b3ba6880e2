"""What search engines and messengers are told of a public page: its address, a sentence about it, the portal's picture.

The address is the configured one, whatever host the request came by, and without what was searched: one page is found once.
"""

from __future__ import annotations

from dataclasses import dataclass

from flask import url_for

from app.extensions import configured

#: search engines and messengers show so much of a description
_LONGEST = 200


@dataclass(frozen=True, slots=True)
class Preview:
    """The head of a public page for programs; ``href`` and ``picture`` are whole addresses."""

    title: str
    description: str
    href: str
    picture: str


def preview(title: str, description: str, path: str) -> Preview:
    """Return the preview of the page at ``path``."""
    words = " ".join(description.split())
    if len(words) > _LONGEST:
        words = words[:_LONGEST].rpartition(" ")[0].rstrip(",.;:—– ") + "…"
    picture = url_for("static", filename="icons/preview.png")
    return Preview(title, words, whole_address(path), whole_address(picture))


def whole_address(path: str) -> str:
    """Return the address of a page for those who are elsewhere: by the configured name of the portal."""
    return f"{configured().public_url}{path}"
