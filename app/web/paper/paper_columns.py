"""Columns and filters of the lists of documents, blanks (бланки), registries and batches for ФИС ФРДО."""

from __future__ import annotations

from app import models as m
from app.services.desk import matters
from app.services.paper.blanks import blanks
from app.services.paper.corrections import after_sending
from app.services.paper.registries import frdo_batches
from app.web.frame.attention import Matter, matter_filter
from app.web.frame.listing import ListColumn
from app.web.frame.pages import Cell

CERTIFICATE_PROGRAM = ListColumn(
    "program",
    "Программа",
    lambda c: str(c.snapshot.get("program", "")),
    lambda c: Cell(str(c.snapshot.get("program", "")), f"{c.snapshot.get('hours', '')} ч"),
)


CERTIFICATE_ATTENTION = matter_filter(
    Matter("to_replace", "заменить: сведения исправлены", matters.to_replace),
    Matter("frdo_late", "не переданы в ФИС ФРДО, срок прошёл", frdo_batches.past_term),
    Matter("frdo_soon", f"передать в ФИС ФРДО за {frdo_batches.SOON_DAYS} дней", frdo_batches.near_term),
)

BLANK_ATTENTION = matter_filter(
    Matter("of_annulled", "документ аннулирован, бланк не списан", blanks.of_annulled),
    Matter("without_act", "испорчен, нет акта", blanks.without_act),
)
FRDO_BATCH_ATTENTION = matter_filter(Matter("amended", after_sending.FLAG, lambda: after_sending.amended(m.FrdoBatch)))
REGISTRY_ATTENTION = matter_filter(Matter("amended", after_sending.FLAG, lambda: after_sending.amended(m.Registry)))
