"""Editions: a published program never changes, a new edition replaces it; and the copy for the next year (order § 3.3).

Editions of one program share organizer, code and year. At most one is published and at most one is prepared: rows are
locked before they are checked, partial unique indexes are the last net.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, or_, select, update

from app import models as m
from app.access import get_writable, unscoped
from app.audit import record, write
from app.clock import today
from app.errors import Conflict
from app.extensions import db
from app.russian import quoted
from app.services.portal import transitions
from app.statuses import ONCE_PUBLISHED, GroupStatus, ProgramStatus
from app.unit_of_work import use_case

#: states of an edition that is being prepared
_IN_WORK = (ProgramStatus.DRAFT, ProgramStatus.SUBMITTED, ProgramStatus.RETURNED)
#: what a copy does not take over
_OWN = frozenset(
    {"id", "year", "edition", "status", "reason_text", "submitted_at", "late", "previous_id", "sort", "search"}
)
#: editions shown on a card
MOST = 30


def lock(program_id: int, permission: str) -> m.Program:
    """Return a program as it is, kept from others until the end of the transaction; raises NotFound, Forbidden.

    Groups may still be opened for it: their keys are not hindered.
    """
    get_writable(db.session, m.Program, program_id, permission)
    statement = select(m.Program.id).where(m.Program.id == program_id)
    db.session.execute(statement.with_for_update(key_share=True))
    return get_writable(db.session, m.Program, program_id, permission)


@use_case
def new_edition(program_id: int) -> m.Program:
    """Return the draft of a published program's next edition: its copy, or the one that is prepared already.

    Raises Conflict when the program is not published.
    """
    program = lock(program_id, "program:add")
    if program.status != ProgramStatus.PUBLISHED:
        raise Conflict(
            f"Новую редакцию начинают у опубликованной программы, а состояние этой — «{program.status.label}». "
            "Обновите страницу и посмотрите список её редакций."
        )
    found = prepared(program)
    if found is not None:
        return found
    last = select(func.max(m.Program.edition)).where(*_same(program))
    row = _copy(program, year=program.year, edition=(db.session.scalar(last) or 0) + 1, late=program.late)
    record("program.new_edition", row, {"Редакция": (str(program.edition), str(row.edition))})
    return row


@use_case
def copy_to_next_year(program_id: int) -> m.Program:
    """Return a draft for the next year with everything that the program has; raises Conflict when there is one already."""
    program = lock(program_id, "program:add")
    year = program.year + 1
    if program.status not in ONCE_PUBLISHED:
        raise Conflict("На следующий год копируют опубликованную программу или программу из архива.")
    if year < today().year:
        raise Conflict(
            f"{year} год уже прошёл. Скопируйте на следующий год более новую программу или внесите её заново."
        )
    same = m.Program.organizer_id == program.organizer_id, m.Program.code == program.code, m.Program.year == year
    with unscoped("is a program's code taken in a year"):
        taken = db.session.scalars(select(m.Program).where(*same).order_by(m.Program.edition.desc()).limit(1)).first()
    if taken is not None:
        raise Conflict(
            f"Программа с шифром {program.code} на {year} год уже есть: {quoted(taken.title)}, её состояние — "
            f"«{taken.status.label}». Откройте её или смените шифр."
        )
    row = _copy(program, year=year, edition=1)
    record("program.copied", row, {"Год": (str(program.year), str(year))})
    return row


def _copy(program: m.Program, *, year: int, edition: int, late: bool = False) -> m.Program:
    """Insert a draft with the values, targets, modules and file of a program."""
    columns = [c.key for c in m.Program.__mapper__.column_attrs if c.key not in _OWN]
    row = m.Program(
        **{name: getattr(program, name) for name in columns},
        year=year,
        edition=edition,
        late=late,
        previous_id=program.id,
        organization_types=list(program.organization_types),
        positions=list(program.positions),
        subjects=list(program.subjects),
        modules=[m.ProgramModule(title=p.title, hours=p.hours, ordering=p.ordering) for p in program.modules],
    )
    db.session.add(row)
    db.session.flush()
    return row


def prepared(program: m.Program) -> m.Program | None:
    """Return the edition that is being prepared for a program, None where there is none."""
    statement = select(m.Program).where(*_same(program), m.Program.status.in_(_IN_WORK))
    found: m.Program | None = db.session.scalars(statement).one_or_none()
    return found


def _same(program: m.Program) -> tuple[Any, ...]:
    """Conditions: editions of the same program."""
    return (
        m.Program.organizer_id == program.organizer_id,
        m.Program.code == program.code,
        m.Program.year == program.year,
    )


# --- publication -----------------------------------------------------------------------------------------------------


def make_way(program_id: int) -> None:
    """Put the published edition of the program that is about to be published into the archive; for its transaction.

    The rows are locked by ascending id; raises what ``transitions.move`` raises when the program cannot be published.
    """
    program = get_writable(db.session, m.Program, program_id, "program:publish")
    with unscoped("the editions of a program that the actor publishes"):
        rows = select(m.Program.id).where(*_same(program)).order_by(m.Program.id).with_for_update(key_share=True)
        db.session.execute(rows)
        program = transitions.read_fresh(m.Program, program_id)
        former = select(m.Program.id).where(*_same(program), m.Program.status == ProgramStatus.PUBLISHED)
        former_id = db.session.scalar(former.where(m.Program.id != program_id))
    if former_id is not None and program.status == ProgramStatus.SUBMITTED:
        transitions.follow(m.Program, former_id, "archive")


def hand_over_groups(program: m.Program) -> int:
    """Give the drafts of groups of the former edition to the published one; those that people are in, or that were opened
    once, keep the edition they had. Return how many moved.
    """
    if program.edition == 1:
        return 0
    group, enrolment = m.TrainingGroup, m.Enrolment
    former = select(m.Program.id).where(*_same(program), m.Program.status == ProgramStatus.ARCHIVED)
    empty = ~select(enrolment.id).where(enrolment.group_id == group.id).exists()
    statement = (
        update(group)
        .where(group.program_id.in_(former), group.status == GroupStatus.DRAFT, empty)
        .values(program_id=program.id)
        .returning(group.id, group.number)
        .execution_options(synchronize_session=False)
    )
    with unscoped("drafts of groups follow the edition that the actor publishes"):
        moved = db.session.execute(statement).all()
    for pk, number in moved:
        changes = {"Редакция программы": ("прежняя", f"редакция {program.edition}")}
        write("training_group.updated", "training_group", pk, f"группа {number}", changes)
    return len(moved)


def hand_over_offers(program: m.Program) -> None:
    """Let what is offered for the year follow the published edition: people keep what they chose, groups are made of the new one."""
    offer = m.PlanOffer
    former = select(m.Program.id).where(*_same(program), m.Program.id != program.id)
    statement = update(offer).where(offer.program_id.in_(former)).values(program_id=program.id)
    with unscoped("offers follow the edition that the actor publishes"):
        db.session.execute(statement.execution_options(synchronize_session=False))


# --- the card --------------------------------------------------------------------------------------------------------


def family(program: m.Program) -> Sequence[m.Program]:
    """Return the editions of a program in all years, and what it was made from or became, that the actor sees; newest first."""
    program_ = m.Program
    same = (program_.organizer_id == program.organizer_id) & (program_.code == program.code)
    kin = or_(same, program_.id == program.previous_id, program_.previous_id == program.id)
    order = program_.year.desc(), program_.edition.desc(), program_.id.desc()
    return list(db.session.scalars(select(program_).where(kin).order_by(*order).limit(MOST)))


def group_counts(programs: Sequence[m.Program]) -> dict[int, int]:
    """Return program id → number of its groups that the actor sees; none: absent."""
    group = m.TrainingGroup
    statement = select(group.program_id, func.count()).where(group.program_id.in_([p.id for p in programs]))
    return dict(db.session.execute(statement.group_by(group.program_id)).tuples().all())
