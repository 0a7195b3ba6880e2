"""Columns and filters of the lists of documents, blanks (бланки), registries and batches for ФИС ФРДО."""

from __future__ import annotations

from app import models as m
from app.services.desk import matters
from app.services.paper.blanks import blanks
from app.services.paper.corrections import after_sending
from app.services.paper.registries import frdo_batches
from app.statuses import BlankStatus, CertificateStatus, FrdoBatchStatus, RegistryStatus
from app.web.frame.attention import Matter, matter_filter, matter_tab
from app.web.frame.listing import ListColumn
from app.web.frame.pages import Cell
from app.web.frame.tabs import of_states

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

_C, _B, _R, _F = CertificateStatus, BlankStatus, RegistryStatus, FrdoBatchStatus
CERTIFICATE_TABS = (
    of_states("issued", "Действительны", m.Certificate, _C.ISSUED),
    matter_tab(CERTIFICATE_ATTENTION, "frdo_late", "Срок ФИС ФРДО прошёл", hot=True, right="frdo_batch:list"),
    matter_tab(CERTIFICATE_ATTENTION, "frdo_soon", "Передать в ФИС ФРДО", right="frdo_batch:list"),
    matter_tab(CERTIFICATE_ATTENTION, "to_replace", "Заменить", hot=True, right="certificate:replace"),
    of_states("gone", "Аннулированы и заменены", m.Certificate, _C.ANNULLED, _C.REPLACED),
)
BLANK_TABS = (
    of_states("stock", "На складе", m.Blank, _B.STOCK),
    matter_tab(BLANK_ATTENTION, "without_act", "Испорчены, нет акта", hot=True),
    of_states("used", "Использованы", m.Blank, _B.USED),
    of_states("spoiled", "Испорчены", m.Blank, _B.SPOILED),
)
REGISTRY_TABS = (
    of_states("sent", "Ждут приёма", m.Registry, _R.SENT),
    of_states("returned", "Возвращены", m.Registry, _R.RETURNED),
    of_states("formed", "Сформированы", m.Registry, _R.FORMED),
    of_states("accepted", "Приняты", m.Registry, _R.ACCEPTED),
)
FRDO_TABS = (
    of_states("formed", "Отправить", m.FrdoBatch, _F.FORMED),
    of_states("sent", "Ждут ответа", m.FrdoBatch, _F.SENT),
    of_states("answered", "Ответ получен", m.FrdoBatch, _F.ANSWERED),
    of_states("gone", "Отменены", m.FrdoBatch, _F.CANCELLED),
)
