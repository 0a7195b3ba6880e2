"""Common parts of the pages of a correction: what was issued or sent, and what is to be done after it."""

from __future__ import annotations

from collections.abc import Sequence

from app.russian import count
from app.services.paper.corrections.corrections import Left
from app.services.paper.corrections.outdated import Followed
from app.web.frame.pages import Block, Cell, Column, Row

#: a page lists so many of them, the rest is a number
_SHOWN = 30


def left_block(left: Sequence[Left]) -> Block:
    """«Что уже издано, выдано и отправлено», read before saving."""
    rows = [
        Row(n, item.href, [Cell(item.title, item.detail, item.href), Cell(item.then)])
        for n, item in enumerate(left[:_SHOWN])
    ]
    heads = [Column("what", "Что"), Column("then", "Что с этим станет")]
    more = len(left) - _SHOWN
    note = f"И ещё {count(more, 'запись', 'записи', 'записей')}." if more > 0 else ""
    title = "Что уже издано, выдано и отправлено"
    return Block(title, columns=heads, rows=rows, empty="Пока ничего: исправление увидят только в портале.", note=note)


def followed_words(documents: Followed) -> list[str]:
    """What became of the documents, after saving."""
    found = []
    if documents.annulled:
        found.append(f"Аннулировано документов: {len(documents.annulled)}.")
    if documents.to_replace:
        found.append(
            f"Нужно заменить документов: {len(documents.to_replace)}. Их список — в карточке группы, «Заменить документы»."
        )
    return found
