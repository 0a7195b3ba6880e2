"""The QR code with the address at which anybody checks a document."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence

import segno

#: Side of a module and the quiet border, in points and in modules.
SCALE, BORDER = 8, 2
#: Any mask is legal to read; the search for the prettiest one would take most of the time.
MASK = 2


def qr_png(address: str) -> bytes:
    """Return a black-and-white PNG; level M survives the folds and stamps of a paper (15 % of the code)."""
    code = segno.make_qr(address, error="m", boost_error=False, mask=MASK)
    return _png([bytes(row) for row in code.matrix])


def _png(rows: Sequence[bytes]) -> bytes:
    """Return the rows of modules (1 is dark) as a PNG of one bit a point; segno's own writer takes five times as long."""
    side = (len(rows) + 2 * BORDER) * SCALE
    width = (side + 7) // 8
    light = (1 << SCALE) - 1
    border = (1 << BORDER * SCALE) - 1
    blank = b"\x00" + b"\xff" * width
    lines = [blank] * (BORDER * SCALE)
    for row in rows:
        bits = border
        for dark in row:
            bits = bits << SCALE | (0 if dark else light)
        bits = (bits << BORDER * SCALE | border) << (width * 8 - side)
        lines += [b"\x00" + bits.to_bytes(width, "big")] * SCALE
    lines += [blank] * (BORDER * SCALE)
    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    parts = ((b"IHDR", header), (b"IDAT", zlib.compress(b"".join(lines), 6)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in parts)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
