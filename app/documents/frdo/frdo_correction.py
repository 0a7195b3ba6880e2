"""The correcting batch: only those documents of a sent batch that changed afterwards, with the facts as they are now.

A document with other facts is sent again under its old registration number. A replaced document is reported by the row of
the duplicate, which names the original. An annulled one has no row in the workbook «ДПО», so it is listed for the
registry's own page.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlalchemy import select

from app import models as m
from app.access import get_writable
from app.clock import today
from app.documents.frdo import frdo_check, frdo_source
from app.documents.frdo.frdo_columns import frdo_values
from app.documents.frdo.frdo_export import lists_of
from app.errors import Conflict
from app.extensions import db
from app.services.paper.corrections import after_sending
from app.services.paper.issuing import duplicates
from app.services.paper.registries import frdo_batches
from app.statuses import CertificateStatus, FrdoAction, FrdoBatchStatus
from app.unit_of_work import use_case


@dataclass(slots=True)
class _Found:
    """Documents to be sent (with what is to be done), to be annulled, and why others wait."""

    sent: dict[int, FrdoAction] = field(default_factory=dict)
    annulled: list[m.FrdoRow] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)


@use_case
def form_correction(batch_id: int) -> m.FrdoBatch:
    """Form the batch that tells ФИС ФРДО of what changed in a sent one.

    Raises NotFound and Forbidden for another's batch, Conflict when it was not sent, when nothing has changed that is not in
    another batch already, or when a document has errors.
    """
    source = get_writable(db.session, m.FrdoBatch, batch_id, frdo_batches.RIGHT)
    if source.status not in (FrdoBatchStatus.SENT, FrdoBatchStatus.ANSWERED):
        raise Conflict("Исправляющий пакет делают к отправленному. Этот отмените и сформируйте файл заново.")
    # the number first: its counter stays locked, so the second of two clicks sees the first's rows
    number = frdo_batches.take_number(source.organizer_id, source.year)
    found = _find(source)
    if not found.sent and not found.annulled:
        raise Conflict(" ".join(found.waiting) or "В этом пакете ничего не изменено: исправлять нечего.")
    batch = frdo_batches.NewBatch(
        source.organizer_id, (source.period_from, source.period_to), number=number, corrects=source.id
    )
    for certificate_id, values in _checked(source, list(found.sent)).items():
        batch.add(certificate_id, values, found.sent[certificate_id])
    for row in found.annulled:
        batch.add(row.certificate_id, row.values, FrdoAction.ANNUL)
    return batch.finish()


def _find(source: m.FrdoBatch) -> _Found:
    row, found = m.FrdoRow, _Found()
    statement = select(row).where(row.batch_id == source.id, after_sending.open_rows(row)).order_by(row.row_number)
    for changed in db.session.scalars(statement):
        paper = duplicates.chain_of(changed.certificate)[-1]
        annulled = paper.status is CertificateStatus.ANNULLED
        target = changed.certificate_id if annulled else paper.id
        waits = _waits(source, target, paper, annulled=annulled)
        if waits:
            found.waiting.append(waits)
        elif annulled:
            found.annulled.append(changed)
        else:
            same = paper.id == changed.certificate_id
            found.sent[paper.id] = FrdoAction.CHANGE if same else FrdoAction.ADD
    return found


def _waits(source: m.FrdoBatch, certificate_id: int, paper: m.Certificate, *, annulled: bool) -> str:
    """Why a document is not taken: a batch that holds it is to be sent, it is to be replaced first, its file is another year's."""
    row, batch = m.FrdoRow, m.FrdoBatch
    formed = (
        select(batch)
        .join(row, row.batch_id == batch.id)
        .where(row.certificate_id == certificate_id, batch.status == FrdoBatchStatus.FORMED)
    )
    other = db.session.scalars(formed.limit(1)).first()
    if other is not None:
        return f"Документ № {paper.number} уже в другом пакете ({other}): отправьте его."
    if not annulled and paper.outdated:
        return (
            f"Сведения документа № {paper.number} исправлены, а сам он ещё не заменён: выдайте документ взамен, и исправляющий "
            "пакет возьмёт его."
        )
    if not annulled and paper.issued_on.year != source.year:
        return (
            f"Документ № {paper.number} выдан в {paper.issued_on.year} году: сформируйте файл за этот год на странице "
            "«Проверка и выгрузка»."
        )
    return ""


def _checked(source: m.FrdoBatch, certificate_ids: list[int]) -> dict[int, list[str]]:
    """The forty texts of documents, in their order; raises Conflict for the errors of the pre-flight."""
    if not certificate_ids:
        return {}
    lists = lists_of(frdo_batches.template_of(source.organizer_id))
    check = frdo_check.Preflight(lists, year=source.year, today=today())
    facts = frdo_source.facts_of(certificate_ids)
    values = {pk: frdo_values(facts[pk], lists) for pk in certificate_ids}
    errors = [
        f"{facts[pk].person}: {fault.column}. {fault.sentence}"
        for pk in certificate_ids
        for fault in check.check(facts[pk], values[pk])
        if fault.severity == frdo_check.ERROR
    ]
    if errors:
        more = f" И ещё ошибок: {len(errors) - 3}." if len(errors) > 3 else ""
        raise Conflict(
            f"Пакет не сформирован: {' '.join(errors[:3])}{more} Исправьте карточки и повторите: без этого ФИС ФРДО документы "
            "не примет."
        )
    return values
