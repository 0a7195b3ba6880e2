"""Compile ``translations/*/LC_MESSAGES/*.po`` into the ``.mo`` files that the portal reads; run after editing a ``.po``.

``python -m scripts.compile_translations``
"""

from __future__ import annotations

import io
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

TRANSLATIONS = Path(__file__).resolve().parent.parent / "translations"


def read_catalogue(path: Path) -> Catalog:
    """Return the messages of a ``.po`` file."""
    with path.open("rb") as file:
        return read_po(file, locale=path.parent.parent.name)


def compile_catalogue(path: Path) -> bytes:
    """Return the ``.mo`` file of a ``.po`` file; unfinished (fuzzy) messages are left out."""
    target = io.BytesIO()
    write_mo(target, read_catalogue(path))
    return target.getvalue()


def main() -> None:
    """Compile every catalogue."""
    for path in sorted(TRANSLATIONS.glob("*/LC_MESSAGES/*.po")):
        path.with_suffix(".mo").write_bytes(compile_catalogue(path))


if __name__ == "__main__":
    main()
