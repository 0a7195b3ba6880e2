"""After an import of former чеки: taking it back while nothing has happened since; the file with its errors as comments."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import and_, delete, or_, select, text

from app import models as m
from app.access import current_actor, unscoped
from app.audit import record, write
from app.clock import now
from app.errors import Conflict
from app.exchange import staff_batch, staff_marks, uploads
from app.exchange.staff_batch import total_of
from app.exchange.voucher_import import APPLY_LOCK, KIND, PERMISSION, load
from app.extensions import db
from app.russian import count
from app.services import background
from app.statuses import ImportStatus
from app.unit_of_work import use_case

UNDO, MARK = "voucher_undo", "voucher_marks"
_NAMED = 3
#: entries of the journal that change nothing of a чек
_HARMLESS = ("voucher.printed", "voucher.reminded", "voucher.imported")


@use_case
def undo(batch_id: int) -> int:
    """Take an applied list back while nothing has happened to its чеки since; return how many чеки were removed.

    Raises NotFound, Forbidden; Conflict with the first чеки that have changed, or when the list is not applied.
    """
    current_actor().require(PERMISSION)
    batch = staff_batch.lock_applied(batch_id, kind=KIND)
    db.session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": APPLY_LOCK})
    ids, trainings = batch.written["voucher"], batch.written["training"]
    with unscoped("a list of чеки is taken back whole, as it was written"):
        vouchers = _lock_vouchers(ids)
        _refuse_touched(vouchers, ids, trainings, since=batch.written["entry"])
        for voucher in vouchers:
            write("voucher.deleted", "voucher", voucher.id, str(voucher))
        for model, condition in (
            (m.VoucherBlock, m.VoucherBlock.voucher_id.in_(ids)),
            (m.Voucher, m.Voucher.id.in_(ids)),
            (m.Training, m.Training.id.in_(trainings)),
        ):
            db.session.execute(delete(model).where(condition).execution_options(synchronize_session=False))
    db.session.expire_all()
    batch.status, batch.undone_at, batch.written = ImportStatus.UNDONE, now(), {}
    record("import_batch.undone", batch, {"Удалено чеков": ("", str(len(ids)))})
    db.session.flush()
    return len(ids)


def _lock_vouchers(ids: Sequence[int]) -> list[m.Voucher]:
    """Lock the blocks, then the чеки, in the order of all who change them."""
    blocks = select(m.VoucherBlock.id).where(m.VoucherBlock.voucher_id.in_(ids)).order_by(m.VoucherBlock.id)
    db.session.execute(blocks.with_for_update())
    statement = select(m.Voucher).where(m.Voucher.id.in_(ids)).order_by(m.Voucher.id).with_for_update()
    return list(db.session.scalars(statement.execution_options(populate_existing=True)))


def _refuse_touched(vouchers: Sequence[m.Voucher], ids: Sequence[int], trainings: Sequence[int], *, since: int) -> None:
    """Whatever happened to a чек, its blocks or its trainings has left an entry in the journal."""
    entry, block = m.AuditEntry, m.VoucherBlock
    blocks = select(block.id).where(block.voucher_id.in_(ids))
    about = (
        and_(entry.object_table == "voucher", entry.object_id.in_(ids), entry.action.not_in(_HARMLESS)),
        and_(entry.object_table == "voucher_block", entry.object_id.in_(blocks)),
        and_(entry.object_table == "training", entry.object_id.in_(trainings)),
    )
    statement = select(entry.object_label).where(entry.id > since, or_(*about)).order_by(entry.id).limit(_NAMED)
    named = list(db.session.scalars(statement))
    if named or len(vouchers) != len(ids):
        raise Conflict(
            f"Загрузку уже нельзя отменить: после неё изменилось то, что она записала ({'; '.join(named) or 'чек удалён'}). "
            "Исправьте эти чеки по одному."
        )


@use_case
def order_undo(batch_id: int) -> int:
    """Order the undoing of a long list as the user's task and return its id; raises what ``undo`` raises at once."""
    batch = staff_batch.lock_applied(batch_id, kind=KIND)
    title = f"Отмена загрузки: {batch.file_name}"
    return background.submit(UNDO, title, {"batch": batch.id}, total=max(total_of(batch), 1), permission=PERMISSION)


def _undo_ordered(work: background.Work) -> background.Outcome:
    return background.Outcome(f"Загрузка отменена: удалено {removed_words(undo(work.parameters['batch']))}.")


def removed_words(number: int) -> str:
    """«12 чеков»."""
    return count(number, "чек", "чека", "чеков")


background.KINDS[UNDO] = background.Kind(_undo_ordered, changes_data=True)


# --- the file with comments ------------------------------------------------------------------------------------------


def marked_file(batch_id: int) -> tuple[str, bytes]:
    """Name and bytes of the file with its errors as comments; raises NotFound, Forbidden, Conflict."""
    return staff_marks.marked(load(batch_id))


def order_marked(batch_id: int) -> int:
    """Order the file of a long list as the user's task and return its id; raises NotFound, Forbidden, Conflict."""
    batch = load(batch_id)
    uploads.read(batch)
    title = f"Файл с пометками: {batch.file_name}"
    return background.submit(MARK, title, {"batch": batch.id}, total=total_of(batch), permission=PERMISSION)


def _mark_ordered(work: background.Work) -> background.Outcome:
    name, data = marked_file(work.parameters["batch"])
    work.new_file(".xlsx").write_bytes(data)
    return background.Outcome("Файл готов: в ячейках с ошибками и замечаниями — примечания.", name, uploads.XLSX)


background.KINDS[MARK] = background.Kind(_mark_ordered, changes_data=False)
