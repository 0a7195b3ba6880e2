"""The QR code with the address at which anybody checks a document."""

from __future__ import annotations

import io

import segno


def qr_png(address: str) -> bytes:
    """Return a black-and-white PNG; level M survives the folds and stamps of a paper (15 % of the code)."""
    picture = io.BytesIO()
    segno.make_qr(address, error="m", boost_error=False).save(picture, kind="png", scale=8, border=2)
    return picture.getvalue()
