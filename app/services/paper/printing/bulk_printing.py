"""Documents that are printed together: those that the user may print, in the order of the request."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import contains_eager

from app import models as m
from app.access import current_actor, get_writable, write_scope
from app.errors import Conflict, NotFound
from app.extensions import db
from app.russian import full_name
from app.services.paper.printing import print_templates
from app.services.paper.printing.print_templates import WHOLE_PAGE, PrintChoice
from app.statuses import CertificateKind, CertificateStatus

#: one order prints at most so many
MOST = 5000
PRINT = "certificate:print"
_MISSING = (
    "Одного из документов нет или он вам не виден. Ничего не напечатано. Обновите список и выберите документы снова."
)


@dataclass(frozen=True, slots=True)
class Printed:
    """A document to be printed: its row's id, what it is, its number and the snapshot of its facts.

    ``template`` is the file to fill, None for the portal's own; ``choice`` how its organizer lays it on the sheet.
    """

    id: int
    kind: CertificateKind
    number: str
    snapshot: Mapping[str, Any]
    template: bytes | None = None
    choice: PrintChoice = WHOLE_PAGE

    @property
    def name(self) -> str:
        """«Иванова Мария Петровна» as on the document, not as in the card of today."""
        last, first, patronymic = (str(self.snapshot.get(n) or "") for n in ("last_name", "first_name", "patronymic"))
        return full_name(last, first, patronymic or None)


def chosen(ids: Sequence[int]) -> list[Printed]:
    """Return the documents of these ids in their order.

    Raises Forbidden without the right, NotFound for a hidden one, Conflict for one that is not in force: it is printed alone,
    with the words across its pages.
    """
    current_actor().require(PRINT)
    table = m.Certificate
    # a few templates and organizers, whatever the number of documents
    file_of, choice_of = cache(print_templates.file_of_issued), cache(print_templates.choice_of)
    facts = (table.id, table.kind, table.number, table.snapshot, table.status)
    statement = select(*facts, table.template_version, table.organizer_id).where(table.id.in_(ids))
    found = {}
    for pk, kind, number, snapshot, status, version, organizer_id in db.session.execute(_printable(statement)).all():
        if status != CertificateStatus.ISSUED:
            raise Conflict(
                f"Документ № {number} не действует ({status.label.lower()}): его печатают из его карточки, с надписью поперёк "
                "листа. Снимите с него выбор и повторите."
            )
        file, choice = file_of(kind.value, version, organizer_id), choice_of(kind.value, organizer_id)
        found[pk] = Printed(pk, kind, number, snapshot, file, choice)
    if len(found) != len(set(ids)):
        raise NotFound(_MISSING)
    return [found[pk] for pk in dict.fromkeys(ids)]


def _printable(statement: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
    expression = write_scope(current_actor(), m.Certificate.__tablename__, PRINT)
    return statement if expression is None else statement.where(expression)


def ids_of_group(group_id: int, kind: CertificateKind | None = None) -> list[int]:
    """Return the ids of a group's documents in force by the people's names; raises NotFound for a hidden group."""
    get_writable(db.session, m.TrainingGroup, group_id, "training_group:registry")
    in_force = m.Certificate.status == CertificateStatus.ISSUED
    statement = (
        select(m.Certificate.id)
        .join(m.Enrolment, m.Enrolment.id == m.Certificate.enrolment_id)
        .join(m.Employee, m.Employee.id == m.Certificate.employee_id)
        .where(m.Enrolment.group_id == group_id, in_force)
        .order_by(m.Employee.sort, m.Certificate.id)
        .limit(MOST)
    )
    if kind is not None:
        statement = statement.where(m.Certificate.kind == kind)
    return list(db.session.scalars(_printable(statement)))


def issued_in(group_id: int) -> list[m.Certificate]:
    """Return a group's documents in force by the people's names, for a group that the caller has loaded; one statement."""
    paper = m.Certificate
    statement = (
        select(paper)
        .join(m.Enrolment, m.Enrolment.id == paper.enrolment_id)
        .join(paper.employee)
        .where(m.Enrolment.group_id == group_id, paper.status == CertificateStatus.ISSUED)
        .order_by(m.Employee.sort, paper.id)
        .options(contains_eager(paper.employee))
        .limit(MOST)
    )
    return list(db.session.scalars(statement))


def kinds_of_group(group_id: int) -> dict[CertificateKind, int]:
    """Return kind → number of a group's documents in force that the user may print."""
    statement = (
        select(m.Certificate.kind, func.count())
        .join(m.Enrolment, m.Enrolment.id == m.Certificate.enrolment_id)
        .where(m.Enrolment.group_id == group_id, m.Certificate.status == CertificateStatus.ISSUED)
        .group_by(m.Certificate.kind)
    )
    found = {row[0]: row[1] for row in db.session.execute(_printable(statement))}
    return {kind: found[kind] for kind in CertificateKind if kind in found}
