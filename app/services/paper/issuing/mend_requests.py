"""«Попросить исправить»: an organizer asks the users responsible for listeners to mend cards before documents are issued."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select

from app import addresses
from app import models as m
from app.access import get_writable, unscoped
from app.audit import record
from app.clock import now
from app.errors import Conflict
from app.extensions import db
from app.russian import count
from app.services.mailing import letters
from app.services.mailing.letter_templates import portal_url
from app.services.personnel.employers import responsible
from app.unit_of_work import use_case

ACTION = "training_group.mend_asked"


@dataclass(frozen=True, slots=True)
class Asked:
    """A person whose card is to be mended, what is wrong, and the address of the field where the first of it is entered."""

    employee_id: int
    name: str
    sentences: Sequence[str]
    href: str


@use_case
def ask(group_id: int, wanted: Mapping[int, Sequence[Asked]]) -> int:
    """Write to the responsible of each organization what is missing in the cards of its people; return how many were told.

    ``wanted``: organization → its people. Once a day for a group: Conflict for a second time, and when nobody is responsible.
    """
    group = get_writable(db.session, m.TrainingGroup, group_id, "training_group:registry")
    db.session.execute(select(m.TrainingGroup.id).where(m.TrainingGroup.id == group_id).with_for_update())
    if _asked_today(group_id):
        raise Conflict("Сегодня по этой группе уже просили исправить карточки. Повторить можно завтра.")
    told = sum(_tell(group, organization_id, people) for organization_id, people in sorted(wanted.items()))
    if not told:
        raise Conflict("Ни у одной из организаций этих слушателей нет ответственного в портале: просить некого.")
    people = sum(len(asked) for asked in wanted.values())
    record(ACTION, group, {"Слушателей": ("", str(people))})
    return told


def _tell(group: m.TrainingGroup, organization_id: int, people: Sequence[Asked]) -> int:
    facts = {
        "организатор": group.organizer.short_name,
        "группа": group.number,
        "программа": group.program.title,
        "сколько": count(len(people), "человек", "человека", "человек"),
        "чего_не_хватает": "\n".join(f"{it.name}: {' '.join(it.sentences)} {portal_url()}{it.href}" for it in people),
    }
    href = people[0].href if len(people) == 1 else addresses.listing("employee")
    return letters.tell_users(responsible.of_organization(organization_id), "cards_to_mend", facts=facts, href=href)


def _asked_today(group_id: int) -> bool:
    entry = m.AuditEntry
    since = now().replace(hour=0, minute=0, second=0, microsecond=0)
    statement = select(entry.id).where(
        entry.object_table == "training_group", entry.object_id == group_id, entry.action == ACTION, entry.at >= since
    )
    with unscoped("whether a group's organizer has asked today"):
        return db.session.scalar(statement.limit(1)) is not None
