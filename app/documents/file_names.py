"""Names of files that every operating system accepts."""

from __future__ import annotations

import re

from app.cells import clean_text

#: what Windows refuses in a name, and what opens a path
_FORBIDDEN = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f]+')
#: letters of a name without its ending: two bytes each, a name may have 255 bytes
MOST = 100


def safe_name(text: str) -> str:
    """Return the text as the name of a file without its ending: no path, no sign that a system refuses, not empty."""
    name = re.sub(r"\s+", " ", _FORBIDDEN.sub("-", clean_text(text)))
    return name[:MOST].strip(" .") or "документ"
