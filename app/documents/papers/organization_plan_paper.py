"""«План обучения организации» for the signature of its head: its facts as plain values for the template."""

from __future__ import annotations

from typing import Any

from app.documents.templates.in_force import print_paper
from app.labels import MONTHS, months_words
from app.russian import as_signed, capitalized, count, long_date, quoted
from app.services.planning.organization_plan import OrganizationPlan, Planned, month_of

#: code of the template in the manifest
PLAN = "organization_plan"


def render_organization_plan(plan: OrganizationPlan) -> bytes:
    """Return the DOCX of a plan; raises Invalid when a printed fact is missing."""
    return print_paper(PLAN, plan_context(plan), organizer_id=None)


def plan_context(plan: OrganizationPlan) -> dict[str, Any]:
    """Return the values of the template: the organization, its head, a row for each program of each person, the totals."""
    organization = plan.organization
    people = len({one.row.employee_id for one in plan.lines})
    courses = count(len(plan.lines), "обучение", "обучения", "обучений")
    return {
        "organization_heading": capitalized(organization.full_name),
        "head_title": organization.head_position or "Руководитель",
        "head_name": as_signed(organization.head_name),
        "year": str(plan.year),
        "made_on": long_date(plan.made_on),
        "rows": [_row(place, one) for place, one in enumerate(plan.lines, start=1)],
        "totals": f"Всего: {count(people, 'работник', 'работника', 'работников')}, {courses}. {_by_month(plan)}.",
    }


def _row(place: int, one: Planned) -> dict[str, Any]:
    row, offer = one.row, one.offer
    when = MONTHS[str(row.month)] if row.month else months_words(row.months or offer.months)
    return {
        "n": place,
        "name": row.employee.full_name,
        "position": row.employment.position.name,
        "program": quoted(offer.title),
        "hours": offer.hours,
        "organizer": offer.organizer,
        "months": when,
        "state": row.status.label,
    }


def _by_month(plan: OrganizationPlan) -> str:
    """«По месяцам: февраль — 3, месяц ещё не определён — 2»: a wish with several possible months has none yet."""
    found = [month_of(one) for one in plan.lines]
    parts = [f"{MONTHS[str(month)]} — {found.count(month)}" for month in range(1, 13) if month in found]
    if None in found:
        parts.append(f"месяц ещё не определён — {found.count(None)}")
    return f"По месяцам: {', '.join(parts)}"
