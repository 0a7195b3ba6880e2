"""ZIP files from parts that are packed once: a paper's fixed parts are copied as they are, only its texts are packed anew.

``zipfile`` packs every part of every file; for three thousand papers of one template that is most of the work.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable
from dataclasses import dataclass

_DEFLATED, _STORED = 8, 0
_VERSION, _UTF8 = 20, 0x800
#: 1 January 2025, 00:00: equal facts give equal bytes
_STAMP = struct.pack("<HH", 0, (2025 - 1980) << 9 | 1 << 5 | 1)
_LOCAL, _CENTRAL, _END = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"
#: more parts or bytes need ZIP64, which these files never do
MOST_PARTS, MOST_BYTES = 65_000, 2**32 - 1


@dataclass(frozen=True, slots=True)
class PackedPart:
    """A part of a ZIP file, ready to be written: its name, check sum, packed bytes and size before packing."""

    name: str
    crc: int
    data: bytes
    size: int
    method: int = _DEFLATED


def packed(name: str, data: bytes, *, level: int = 6) -> PackedPart:
    """Return a part packed by deflate."""
    deflate = zlib.compressobj(level, zlib.DEFLATED, -zlib.MAX_WBITS)
    return PackedPart(name, zlib.crc32(data), deflate.compress(data) + deflate.flush(), len(data))


def stored(name: str, data: bytes) -> PackedPart:
    """Return a part that is kept as it is: a picture is packed already."""
    return PackedPart(name, zlib.crc32(data), data, len(data), _STORED)


class PartWriter:
    """A part that is packed piece by piece, so that its whole text is never in memory."""

    def __init__(self, name: str, *, level: int = 6) -> None:
        self.name, self._crc, self._size = name, 0, 0
        self._deflate = zlib.compressobj(level, zlib.DEFLATED, -zlib.MAX_WBITS)
        self._pieces: list[bytes] = []

    def write(self, data: bytes) -> None:
        """Add a piece."""
        self._crc, self._size = zlib.crc32(data, self._crc), self._size + len(data)
        self._pieces.append(self._deflate.compress(data))

    def finish(self) -> PackedPart:
        """Return the part; nothing may be written afterwards."""
        self._pieces.append(self._deflate.flush())
        return PackedPart(self.name, self._crc, b"".join(self._pieces), self._size)


def zip_of(parts: Iterable[PackedPart]) -> bytes:
    """Return the ZIP file of the parts, in their order; raises ValueError for more than the plain format holds."""
    body: list[bytes] = []
    directory: list[bytes] = []
    offset = 0
    for part in parts:
        name = part.name.encode("utf-8")
        common = struct.pack("<HHH", _VERSION, _UTF8, part.method) + _STAMP
        common += struct.pack("<IIIHH", part.crc, len(part.data), part.size, len(name), 0)
        body += [_LOCAL + common + name, part.data]
        directory.append(
            _CENTRAL + struct.pack("<H", _VERSION) + common + struct.pack("<HHHII", 0, 0, 0, 0, offset) + name
        )
        offset += len(_LOCAL) + len(common) + len(name) + len(part.data)
    if len(directory) > MOST_PARTS or offset > MOST_BYTES:
        raise ValueError("too much for a ZIP file without ZIP64")
    listing = b"".join(directory)
    end = struct.pack("<HHHHIIH", 0, 0, len(directory), len(directory), len(listing), offset, 0)
    return b"".join([*body, listing, _END, end])
