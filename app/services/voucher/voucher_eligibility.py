"""Whether an application for a voucher (чек) may be made now, and why not: for one person, or for many by a few statements.

The decision itself is ``rules.voucher.may_apply_for_voucher``; here its facts are read (приказ № 52-од, п. 1.1–1.2; order
§ 2.7, 3.5).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import or_, select

from app import models as m
from app.access import current_actor, get_visible, write_scope
from app.clock import today
from app.conditions import in_force, is_past
from app.errors import Invalid, NotFound
from app.extensions import db
from app.rules.decision import Decision, refuse
from app.rules.voucher import Applicant, VoucherTerms, conditions_for_voucher, may_apply_for_voucher
from app.services.personnel.cards.people import choose_employment, live_employments_of
from app.statuses import APPLICATION_LIVE, ConfirmationStatus, VoucherStatus

NO_RULE = "Правило выдачи чеков на сегодня не задано. Обратитесь к Оператору АИС."
_NO_PLACE = "Нет места работы, от которого можно подать заявку. Добавьте место работы в карточку."


@dataclass(frozen=True, slots=True)
class Facts:
    """What the rule asks of a person beside the place of work."""

    live_application: bool = False
    active_voucher: str | None = None
    active_until: dt.date | None = None
    last_issued_on: dt.date | None = None


@dataclass(frozen=True, slots=True)
class Chance:
    """Whether one of many people may have an application, from which place of work, and if not, why."""

    employee_id: int
    name: str
    place: str
    decision: Decision


def eligibility(employee_id: int) -> Decision:
    """Say whether an application for a чек may be made now, and if not, why. Raises NotFound, Forbidden."""
    get_visible(db.session, m.Employee, employee_id, "voucher_application:list")
    rule = find_rule(today())
    if rule is None:
        return refuse(NO_RULE)
    try:
        places = choose_employment(employee_id, None, on=today())
    except Invalid as error:
        return refuse(error.message)
    return best_place(places, rule, facts_of([employee_id])[employee_id])[1]


def holds_one(employee_id: int) -> bool:
    """Whether a person has a чек in force, and so may not apply."""
    live = select(m.Voucher.id).where(m.Voucher.employee_id == employee_id, in_force())
    return db.session.scalar(live.limit(1)) is not None


def chances(employee_ids: Iterable[int]) -> list[Chance]:
    """Say of each person whether an application may be made, by name; as many statements for a hundred as for one.

    Raises NotFound when one of them is not the actor's to apply for.
    """
    people = applicants(employee_ids)
    places = live_employments_of([person.id for person in people], on=today())
    facts, rule = facts_of([person.id for person in people]), find_rule(today())
    return [_chance(person, places.get(person.id, ()), rule, facts[person.id]) for person in people]


def applicants(employee_ids: Iterable[int]) -> list[m.Employee]:
    """Return the people for whom the actor may apply, by name; raises Forbidden, NotFound when one of them is not."""
    actor, wanted = current_actor(), set(employee_ids)
    actor.require("voucher_application:add")
    statement = select(m.Employee).where(m.Employee.id.in_(wanted)).order_by(m.Employee.sort, m.Employee.id)
    own = write_scope(actor, "employee", "voucher_application:add")
    found = list(db.session.scalars(statement if own is None else statement.where(own)))
    if len(found) != len(wanted):
        raise NotFound("Одного из выбранных людей нет или он вам не виден. Ничего не выполнено.")
    return found


def _chance(person: m.Employee, places: Sequence[m.Employment], rule: m.VoucherRule | None, facts: Facts) -> Chance:
    if not places:
        return Chance(person.id, person.full_name, "", refuse(_NO_PLACE))
    place, decision = (places[0], refuse(NO_RULE)) if rule is None else best_place(places, rule, facts)
    words = f"{place.position.name}, {place.organization.short_name}"
    return Chance(person.id, person.full_name, words, decision)


def find_rule(on: dt.date) -> m.VoucherRule | None:
    """Return the version of the rule in force on a day."""
    statement = select(m.VoucherRule).where(
        m.VoucherRule.valid_from <= on, or_(m.VoucherRule.valid_to.is_(None), m.VoucherRule.valid_to >= on)
    )
    rule: m.VoucherRule | None = db.session.scalars(statement).one_or_none()
    return rule


def best_place(places: Sequence[m.Employment], rule: m.VoucherRule, facts: Facts) -> tuple[m.Employment, Decision]:
    """Return the first place of work that gives the right, with the decision; else the first one with its refusal."""
    results = [(place, may_apply_for_voucher(_applicant(place, facts), _terms(rule), on=today())) for place in places]
    return next((result for result in results if result[1].allowed), results[0])


def conditions_of(row: m.VoucherApplication) -> dict[str, Decision]:
    """Return what the application's own version of the rule says today, condition by condition."""
    facts = facts_of([row.employee_id], deciding=row.id)[row.employee_id]
    return conditions_for_voucher(_applicant(row.employment, facts), _terms(row.rule), on=today())


def _terms(rule: m.VoucherRule) -> VoucherTerms:
    return VoucherTerms(
        period_months=rule.period_months,
        requires_confirmed_workplace=rule.requires_confirmed_workplace,
        position_kinds=rule.eligible_position_kinds,
        ownerships=rule.eligible_ownerships,
    )


def facts_of(employee_ids: Sequence[int], *, deciding: int | None = None) -> Mapping[int, Facts]:
    """Read the facts of some people by two statements; ``deciding``: the application decided, which hinders not itself."""
    found = dict.fromkeys(employee_ids, Facts())
    voucher, application = m.Voucher, m.VoucherApplication
    columns = (voucher.employee_id, voucher.number, voucher.status, voucher.issued_on, voucher.valid_until)
    issued = select(*columns).where(voucher.employee_id.in_(employee_ids), voucher.status != VoucherStatus.ANNULLED)
    for pk, number, status, issued_on, until in db.session.execute(issued):
        known = replace(found[pk], last_issued_on=max(issued_on, found[pk].last_issued_on or issued_on))
        is_active = status == VoucherStatus.ACTIVE and not is_past(until)
        found[pk] = replace(known, active_voucher=number, active_until=until) if is_active else known
    live = select(application.employee_id).where(
        application.employee_id.in_(employee_ids),
        application.status.in_(APPLICATION_LIVE),
        application.id != (deciding or 0),
    )
    return found | {pk: replace(found[pk], live_application=True) for pk in db.session.scalars(live)}


def _applicant(place: m.Employment, facts: Facts) -> Applicant:
    return Applicant(
        snils=place.employee.snils,
        position=place.position.name,
        position_kind=place.position.kind,
        position_eligible=place.position.voucher_eligible,
        organization=place.organization.short_name,
        ownership=place.organization.ownership,
        workplace_confirmed=place.status == ConfirmationStatus.CONFIRMED,
        live_application=facts.live_application,
        active_voucher=facts.active_voucher,
        active_until=facts.active_until,
        last_issued_on=facts.last_issued_on,
    )
