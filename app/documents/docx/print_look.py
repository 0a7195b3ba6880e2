"""How a paper is laid on the sheet: the whole page, or only the text for a ready blank (бланк); moved by millimetres."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from app.statuses import PrintMode

if TYPE_CHECKING:  # the child process that fills templates loads no database
    from app.services.paper.printing.print_templates import PrintChoice

#: a printer pulls the sheet in by so much at the very most, in millimetres
MOST_MM = 50
#: twentieths of a point in a millimetre
_TWIPS = Decimal(1440) / Decimal("25.4")
_MARGINS = re.compile(rb"<w:pgMar\b[^>]*>")
_BORDERS = re.compile(rb"<w:(tcBorders|tblBorders|pBdr|pgBorders)\b(?:[^>]*/>|.*?</w:\1>)", re.DOTALL)
#: side of the page → the sign with which it follows the movement to the right or down
_ACROSS, _DOWN = {b"left": 1, b"right": -1}, {b"top": 1, b"bottom": -1, b"header": 1, b"footer": -1}


@dataclass(frozen=True, slots=True)
class PrintLook:
    """``on_blank``: only the text, because the blank has its own lines and titles; ``dx`` to the right and ``dy`` down, in mm."""

    on_blank: bool = False
    dx: Decimal = Decimal(0)
    dy: Decimal = Decimal(0)


WHOLE_PAGE = PrintLook()


def look_of(choice: PrintChoice) -> PrintLook:
    """Return the lay-out of a choice; offsets belong to the blank, a whole page stays where it is."""
    if choice.mode is not PrintMode.BLANK:
        return WHOLE_PAGE
    return PrintLook(on_blank=True, dx=choice.offset_x, dy=choice.offset_y)


def laid_out(xml: bytes, look: PrintLook) -> bytes:
    """Return a filled part (document, header or footer) as ``look`` wants it."""
    bare = _BORDERS.sub(b"", xml) if look.on_blank else xml
    return shifted(bare, look.dx, look.dy)


def shifted(xml: bytes, dx_mm: Decimal, dy_mm: Decimal) -> bytes:
    """Return the XML of a document with its text moved to the right and down, both in millimetres, within ±50.

    The margins move, so the text keeps its width and height. A margin ends at the edge of the sheet: beyond that the text
    gets less room. Raises ValueError for more than 50 mm.
    """
    if abs(dx_mm) > MOST_MM or abs(dy_mm) > MOST_MM:
        raise ValueError(f"a paper is moved by at most {MOST_MM} mm")
    if not dx_mm and not dy_mm:
        return xml
    moves = {side: sign * dx_mm for side, sign in _ACROSS.items()} | {
        side: sign * dy_mm for side, sign in _DOWN.items()
    }
    return _MARGINS.sub(lambda found: _moved(found[0], moves), xml)


def _moved(margins: bytes, moves: dict[bytes, Decimal]) -> bytes:
    for side, millimetres in moves.items():
        twips = round(millimetres * _TWIPS)
        margins = re.sub(
            rb'(\bw:%s=")(-?\d+)"' % side,
            lambda found, by=twips: b'%s%d"' % (found[1], max(0, int(found[2]) + by)),  # type: ignore[misc]
            margins,
        )
    return margins
