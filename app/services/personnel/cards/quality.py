"""«Полнота данных»: rules with weights, how complete the cards of each organization are.

A rule is one condition on a card. The figures here and the list of people behind them use the same condition, so they
cannot differ (the list's filter takes it from ``conditions``). Figures of many people are stored (``portal.figures``).
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import CTE, FromClause, Select, and_, func, literal, or_, select

from app import models as m
from app.access import current_actor
from app.clock import today
from app.conditions import at_work
from app.extensions import db
from app.services.personnel.cards.coverage import is_untrained
from app.services.portal import figures
from app.statuses import ConfirmationStatus

#: «Подтвердить актуальность» is asked for twice a year
ACTUAL_DAYS = 183
UNTOUCHED_DAYS = 365

# Subselects are on plain tables: the cards are scoped, what they are asked about belongs to them.
_employment, _attestation, _kind = m.Employment.__table__, m.Attestation.__table__, m.AttestationKind.__table__
_position, _enrolment, _training = m.Position.__table__, m.Enrolment.__table__, m.Training.__table__
_qualification, _group = m.Qualification.__table__, m.TrainingGroup.__table__
_organization, _territory = m.Organization.__table__, m.Territory.__table__


def works(*conditions: Any) -> Any:
    """The person works somewhere now, at a place with ``conditions``."""
    live = select(_employment.c.id).where(
        _employment.c.employee_id == m.Employee.id, at_work(place=_employment), *conditions
    )
    return live.exists()


def works_here() -> Any:
    """The person works now in an organization of the actor's roles; anywhere, for those who see all.

    Who left for another organization is seen for a while yet, and counts there.
    """
    own = _own_places()
    return works(_employment.c.organization_id.in_(select(_organization.c.id).where(*own))) if own else works()


def _ago(days: int) -> dt.date:
    return today() - dt.timedelta(days=days)


def _no_place() -> Any:
    return ~works(_employment.c.status == ConfirmationStatus.CONFIRMED)


def _no_diploma() -> Any:
    return ~select(_qualification.c.id).where(_qualification.c.employee_id == m.Employee.id).exists()


def _category_ended() -> Any:
    """There was a category and none is in force."""
    own = (
        select(_attestation.c.id)
        .join(_kind, _kind.c.id == _attestation.c.kind_id)
        .where(_attestation.c.employee_id == m.Employee.id, _kind.c.is_category)
    )
    until = _attestation.c.valid_until
    return and_(own.where(until < today()).exists(), ~own.where(or_(until.is_(None), until >= today())).exists())


def _no_subject() -> Any:
    subject = m.employment_subject
    named = select(subject.c.subject_id).where(subject.c.employment_id == _employment.c.id)
    needed = select(_position.c.id).where(_position.c.id == _employment.c.position_id, _position.c.subject_required)
    return works(needed.exists(), ~named.exists())


def _no_training() -> Any:
    """A position that gives the right to a чек, and no course for three years (273-ФЗ, ст. 47)."""
    taught = select(_position.c.id).where(_position.c.id == _employment.c.position_id, _position.c.voucher_eligible)
    return and_(works(taught.exists()), is_untrained(m.Employee.id))


def _confirmed_on() -> Any:
    return func.coalesce(m.Employee.confirmed_actual_at, m.Employee.created_at)


def _untouched() -> Any:
    since = _ago(UNTOUCHED_DAYS)
    return and_(m.Employee.updated_at < since, _confirmed_on() < since)


#: code → (title, weight, condition on a card of somebody who works)
RULES: Mapping[str, tuple[str, int, Callable[[], Any]]] = {
    "no_snils": ("Без СНИЛС", 20, lambda: m.Employee.snils.is_(None)),
    "no_place": ("Без подтверждённого места работы", 15, _no_place),
    "no_diploma": ("Без документа об образовании", 15, _no_diploma),
    "no_birth_date": ("Без даты рождения", 10, lambda: m.Employee.birth_date.is_(None)),
    "no_subject": ("Учитель без предмета", 10, _no_subject),
    "category_ended": ("Срок категории прошёл", 10, _category_ended),
    "no_contacts": (
        "Без электронной почты и телефона",
        10,
        lambda: and_(m.Employee.email.is_(None), m.Employee.phone.is_(None)),
    ),
    "no_training": ("Три года без повышения квалификации", 5, _no_training),
    "untouched": ("Карточка год без изменений", 5, _untouched),
}


#: code of the stored figure «people who work there»; the others have the codes of the rules
CARDS = "cards"
_CODES = (CARDS, *RULES)


def conditions() -> Mapping[str, Callable[[], Any]]:
    """Code → condition on ``Employee`` of the actor's people who work and break the rule."""
    return {code: _at_work(broken) for code, (_title, _weight, broken) in RULES.items()}


def _at_work(broken: Callable[[], Any]) -> Callable[[], Any]:
    return lambda: and_(broken(), works_here())


def not_confirmed() -> Any:
    """The card of somebody who works, not looked through for half a year."""
    return and_(_confirmed_on() < _ago(ACTUAL_DAYS), works_here())


# --- figures ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Fault:
    """How many people break one rule."""

    code: str
    title: str
    weight: int
    number: int


@dataclass(frozen=True, slots=True)
class Completeness:
    """An organization or a territory: people, and how complete their cards are, in percent."""

    pk: int
    name: str
    people: int
    percent: float
    faults: Sequence[Fault]
    territory_id: int = 0
    territory: str = ""


def enabled_rules() -> list[m.QualityRule]:
    """Rules that count, the heaviest first; a row without a condition in the code does not count."""
    statement = (
        select(m.QualityRule).where(m.QualityRule.enabled).order_by(m.QualityRule.weight.desc(), m.QualityRule.id)
    )
    return [rule for rule in db.session.scalars(statement) if rule.code in RULES]


def by_organization(*, territory_id: int | None = None, organization_id: int | None = None) -> list[Completeness]:
    """Completeness of the actor's organizations, the worst first.

    One organization, and the organizations of who has schools only, are counted now: they have few people. The others are read
    from the stored figures. A person who works in several organizations counts in each of them, and once in every sum of theirs.
    """
    limits = _limits(territory_id, organization_id)
    if organization_id is None and not are_counted_now():
        return _worst_first(_stored(figures.ORGANIZATION, *limits))
    found = [
        Completeness(pk, name, people, _percent(people, faults), faults, body_id, body)
        for (pk, name, body_id, body), people, faults in _counted_now(
            (_organization.c.id, _organization.c.short_name, _territory.c.id, _territory.c.short_name), limits
        )
    ]
    return _worst_first(found)


def by_territory() -> list[Completeness]:
    """Completeness of the actor's territories, the worst first; a person who works in two organizations of one counts once."""
    return _worst_first(_stored(figures.TERRITORY, *_own_territories()))


def total(*, territory_id: int | None = None) -> Completeness:
    """All people of the actor's organizations, or of those of one territory; everybody counts once.

    Of several territories of one actor it is the sum: a person who works in two of them counts in both.
    """
    if are_counted_now():
        ((_keys, people, faults),) = _counted_now((), _limits(territory_id))
        return Completeness(0, "", people, _percent(people, faults), faults)
    if territory_id is None and _sees_whole():
        numbers = Counter(figures.whole(_CODES))
    else:
        chosen = () if territory_id is None else (_territory.c.id == territory_id,)
        numbers = Counter()
        for place in figures.by_place(figures.TERRITORY, _CODES, *_own_territories(), *chosen):
            numbers.update(place.numbers)
    return _completeness(0, "", numbers, enabled_rules())


def people_stored() -> int:
    """People who work in the actor's organizations, as stored; for those whose figures are not counted now."""
    if _sees_whole():
        return figures.whole([CARDS]).get(CARDS, 0)
    return sum(it.numbers[CARDS] for it in figures.by_place(figures.TERRITORY, [CARDS], *_own_territories()))


def _stored(level: str, *conditions: Any) -> list[Completeness]:
    rules = enabled_rules()
    return [
        _completeness(it.pk, it.name, it.numbers, rules, it.territory_id, it.territory)
        for it in figures.by_place(level, _CODES, *conditions)
    ]


def _completeness(
    pk: int,
    name: str,
    numbers: Mapping[str, int],
    rules: Sequence[m.QualityRule],
    territory_id: int = 0,
    territory: str = "",
) -> Completeness:
    people, faults = numbers.get(CARDS, 0), _faults(rules, [numbers.get(rule.code, 0) for rule in rules])
    return Completeness(pk, name, people, _percent(people, faults), faults, territory_id, territory)


def counted() -> list[Select[Any]]:
    """People who work today, and how many of them break each rule, as stored figures: statements (level, place, code, number)."""
    # each card is looked at once; the numbers of the places are sums over it
    flags = (
        select(m.Employee.id.label("person"), *(broken().label(code) for code, (_t, _w, broken) in RULES.items()))
        .where(works())
        .cte("flags")
        .prefix_with("MATERIALIZED")
    )
    held = (
        select(_employment.c.employee_id.label("person"), _organization.c.id, _organization.c.territory_id)
        .join(_organization, _organization.c.id == _employment.c.organization_id)
        .where(at_work(place=_employment))
        .distinct()
        .cte("held")
    )
    bodies = select(held.c.person, held.c.territory_id).distinct().subquery("bodies")
    return [
        _sums(figures.REGION, literal(0), flags, flags),
        _sums(figures.TERRITORY, bodies.c.territory_id, flags, flags.join(bodies, bodies.c.person == flags.c.person)),
        _sums(figures.ORGANIZATION, held.c.id, flags, flags.join(held, held.c.person == flags.c.person)),
    ]


def _sums(level: str, place: Any, flags: CTE, people: FromClause) -> Select[Any]:
    faults = (func.count().filter(flags.c[code]).label(code) for code in RULES)
    found = select(literal(level).label("level"), place.label("place"), func.count().label(CARDS), *faults)
    grouped = found.select_from(people)
    grouped = grouped if level == figures.REGION else grouped.group_by(place)
    return figures.by_rows(grouped.subquery(f"sums_{level}"), _CODES)


def _limits(territory_id: int | None = None, organization_id: int | None = None) -> list[Any]:
    found = _own_places()
    if territory_id is not None:
        found.append(_territory.c.id == territory_id)
    if organization_id is not None:
        found.append(_organization.c.id == organization_id)
    return found


def _counted_now(keys: Sequence[Any], limits: Sequence[Any]) -> list[tuple[tuple[Any, ...], int, list[Fault]]]:
    """People who work today, once under each value of ``keys``, and how many of them break each rule."""
    rules, known = enabled_rules(), conditions()
    named = [key.label(f"key_{n}") for n, key in enumerate(keys)]
    held = (
        select(_employment.c.employee_id.label("person"), *named)
        .join(_organization, _organization.c.id == _employment.c.organization_id)
        .join(_territory, _territory.c.id == _organization.c.territory_id)
        .where(at_work(place=_employment), *limits)
        .distinct()
        .subquery("held")
    )
    under = [held.c[key.name] for key in named]
    statement = (
        select(*under, func.count(), *(func.count().filter(known[rule.code]()) for rule in rules))
        .select_from(m.Employee)
        .join(held, held.c.person == m.Employee.id)
        .group_by(*under)
    )
    rows = [tuple(row) for row in db.session.execute(statement)]
    return [(row[: len(keys)], row[len(keys)], _faults(rules, row[len(keys) + 1 :])) for row in rows]


def _worst_first(found: Sequence[Completeness]) -> list[Completeness]:
    return sorted(found, key=lambda item: (item.percent, item.name, item.pk))


def _faults(rules: Sequence[m.QualityRule], numbers: Sequence[int]) -> list[Fault]:
    return [Fault(r.code, r.title, r.weight, number) for r, number in zip(rules, numbers, strict=True)]


def _percent(people: int, faults: Sequence[Fault]) -> float:
    """100: nobody breaks a rule; each rule takes away its share of the weights for each person."""
    weights = sum(fault.weight for fault in faults)
    if not people or not weights:
        return 100.0
    lost = sum(fault.weight * fault.number for fault in faults)
    return 100 * (1 - lost / (people * weights))


def _sees_whole() -> bool:
    return bool(current_actor().roles & {"ministry", "operator"})


def are_counted_now() -> bool:
    """Whether the figures of many organizations are counted for the actor at once: who has schools only has few people."""
    return not _sees_whole() and not current_actor().territories()


def _own_territories() -> list[Any]:
    """Condition: territories of the actor's roles; those who see all count all."""
    return [] if _sees_whole() else [_territory.c.id.in_(current_actor().territories())]


def _own_places() -> list[Any]:
    """Condition: organizations of the actor's roles; those who see all count all."""
    if _sees_whole():
        return []
    actor = current_actor()
    schools, territories = actor.places("school"), actor.territories()
    return [or_(_organization.c.id.in_(schools), _organization.c.territory_id.in_(territories))]
