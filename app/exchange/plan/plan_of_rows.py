"""What a list of wishes would write: each row against the people, the offers and what they have chosen, by the same rules."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from sqlalchemy import select

from app import models as m
from app.clock import today
from app.exchange.engine.list_people import People, PersonPlan, RowPlanner, any_of, load_people
from app.exchange.engine.list_plan import SourceRow
from app.exchange.plan.plan_columns import BY_NAME
from app.exchange.plan.plan_list import WishValues
from app.extensions import db
from app.labels import months_words
from app.rules.planning import Planner, Term, may_wish, suits_any
from app.russian import quoted
from app.services.planning import campaigns, offers, planners
from app.services.planning.offers import Offered
from app.text import name_key, sort_key

_ABSENT = "Работника с такими данными среди ваших нет: проверьте их или сначала заведите карточку"


@dataclass(slots=True, eq=False)
class WishPlan(PersonPlan[WishValues]):
    """What is done about a row: the offer that is chosen."""

    offer_id: int = 0


@dataclass(slots=True)
class Known:
    """What the portal knows of the people of a list; ``planners`` take up what earlier rows of the file choose."""

    term: Term
    people: People
    named: Mapping[tuple[str, str], Sequence[int]]
    offered: Mapping[str, Sequence[Offered]]
    planners: dict[int, Planner]
    priorities: dict[int, set[int]]
    rows: dict[tuple[int, int], int] = field(default_factory=dict)


def load_known(campaign: m.PlanCampaign, listed: Sequence[WishValues]) -> Known:
    """Read all that the rows are checked against; as many statements for 20,000 rows as for one."""
    people, named = load_people(listed), _by_name(listed)
    ids = sorted({*people.ids, *(pk for found in named.values() for pk in found)})
    items = planners.held_items(campaign.id, ids)
    found, _places = planners.planners_of(campaign, ids, items)
    offered: dict[str, list[Offered]] = {}
    for offer in offers.offered(campaign.id):
        offered.setdefault(name_key(offer.wanted.code), []).append(offer)
    taken = {pk: {row.priority for row in rows} for pk, rows in items.items()}
    return Known(campaigns.term_of(campaign), people, named, offered, found, taken)


def _by_name(listed: Iterable[WishValues]) -> dict[tuple[str, str], list[int]]:
    """(name, day of birth) → cards, for the rows without СНИЛС."""
    keys = {_key(values) for values in listed if values.snils is None and values.name and values.birth_date}
    person = m.Employee
    statement = select(person.id, person.sort, person.birth_date).where(
        person.sort == any_of(sorted({name for name, _day in keys}), person.sort.type), person.anonymized_at.is_(None)
    )
    found: dict[tuple[str, str], list[int]] = {}
    for pk, name, day in db.session.execute(statement) if keys else ():
        found.setdefault((name, str(day)), []).append(pk)
    return found


def _key(values: WishValues) -> tuple[str, str]:
    # as the table's key joins them: a missing patronymic leaves its blank away
    name = " ".join(part for part in values.name or () if part)
    return sort_key(name), str(values.birth_date)


def plan_rows(rows: Iterable[SourceRow[WishValues]], known: Known, letters: Mapping[str, str]) -> Iterator[WishPlan]:
    """Plan the rows in the order of the file; what an earlier row chooses counts for the later ones."""
    for source in rows:
        plan = WishPlan(source)
        _Planner(plan, letters).decide(source.values, known)
        yield plan


class _Planner(RowPlanner[WishPlan]):
    columns = BY_NAME

    def decide(self, values: WishValues, known: Known) -> None:
        """Fill the plan; a row with a wrong cell is checked as far as the others tell, and not written."""
        plan = self._plan
        if not self._person(values, known) or values.code is None or plan.problems:
            return
        planner = known.planners[plan.employee_id]
        offer = self._offer(values, known, planner)
        if offer is None:
            return
        key = (plan.employee_id, offer.id)
        if key in known.rows:
            self._problem("code", f"Эта программа уже выбрана в строке {known.rows[key]}")
            return
        if any(chosen.offer_id == offer.id for chosen in planner.chosen):
            plan.changes.append(f"{quoted(offer.title)} уже выбрана")
            return
        months = values.months or ()
        decision = may_wish(offer.wanted, planner, known.term, months=months, on=today())
        if not decision.allowed:
            self._problem("code", decision.reason.rstrip("."))
            return
        taken = known.priorities.setdefault(plan.employee_id, set())
        if values.priority in taken:
            self._warn("priority", "Это место уже занято: программа встанет на первое свободное")
        asked = values.priority
        taken.add(asked if asked is not None and asked not in taken else min({1, 2, 3} - taken))
        known.planners[plan.employee_id] = replace(planner, chosen=[*planner.chosen, offer.wanted])
        known.rows[key] = plan.source.number
        plan.creates, plan.offer_id = True, offer.id
        plan.changes.append(f"{quoted(offer.title)}, удобно: {months_words(months)}")

    def _person(self, values: WishValues, known: Known) -> bool:
        if values.snils is not None:
            if not self._find_person(known.people, absent=_ABSENT):
                return False
        else:
            if values.name is None or values.birth_date is None:
                return False
            found = known.named.get(_key(values), ())
            if len(found) != 1:
                self._problem("full_name", "Таких работников несколько: укажите СНИЛС" if found else _ABSENT)
                return False
            self._plan.employee_id = found[0]
        if not known.planners[self._plan.employee_id].places:
            self._problem("full_name", "Этот человек сейчас не работает в вашей организации")
            return False
        return True

    def _offer(self, values: WishValues, known: Known, planner: Planner) -> Offered | None:
        found = known.offered.get(name_key(values.code or ""), ())
        if not found:
            self._problem("code", "Программы с таким шифром на этот год не предложили")
            return None
        if values.organizer:
            named = ", ".join(offer.organizer for offer in found)
            found = [offer for offer in found if name_key(values.organizer) in name_key(offer.organizer)]
            if not found:
                self._problem("organizer", f"Программу с таким шифром предлагает не этот организатор, а {named}")
                return None
        fitting = [offer for offer in found if suits_any(offer.wanted, planner).allowed] or found
        if len(fitting) > 1:
            named = ", ".join(offer.organizer for offer in fitting)
            self._problem("code", f"Программ с таким шифром несколько ({named}): заполните столбец «Организатор»")
            return None
        return fitting[0]
