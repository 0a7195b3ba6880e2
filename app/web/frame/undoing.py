"""What a page says of a decision that may be undone: the words of its edge, and for a short time the button «Отменить»."""

from __future__ import annotations

from flask import flash

from app.services.portal import undo


def tell_done(batch: str, words: str) -> None:
    """Say what was done by one press; with the button while it may be undone. Without scripts it stays until the next page."""
    if undo.find_batch(batch) is None:
        flash(words, "success")
        return
    told = {"words": words, "batch": batch, "seconds": undo.shown_seconds(), "last": undo.accepted_seconds()}
    flash(told, "undo")  # type: ignore[arg-type]  # the session keeps any JSON
