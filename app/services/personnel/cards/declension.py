"""Names of people in the cases of papers: as declined by hand on the card, else by the portal's rules."""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast

from sqlalchemy import select

from app import models as m
from app.access import unscoped
from app.conditions import employed
from app.extensions import db
from app.russian import NameCase, Sex, decline_name
from app.text import name_key


def declined(person: m.Employee, case: NameCase) -> str:
    """Return the full name of a person in a case: «Ивановой Марии Петровне»."""
    by_hand = {"genitive": person.name_genitive, "dative": person.name_dative, "accusative": person.name_accusative}
    sex = cast("Sex | None", person.sex.value if person.sex else None)
    return by_hand.get(case) or decline_name(person.last_name, person.first_name, person.patronymic, case=case, sex=sex)


def heads_in_genitive(organizations: Iterable[m.Organization]) -> dict[int, str]:
    """Return organization → its head's name in the genitive, of the heads whose own card says it; one statement.

    The head is the one who works there under the name that the organization gives.
    """
    named = {row.id: name_key(row.head_name) for row in organizations if row.head_name}
    place, person = m.Employment, m.Employee
    statement = (
        select(place.organization_id, person.last_name, person.first_name, person.patronymic, person.name_genitive)
        .join(person, person.id == place.employee_id)
        .where(place.organization_id.in_(named), person.name_genitive.is_not(None), employed())
    )
    with unscoped("the name under which a head signs is printed in the договор"):
        found = db.session.execute(statement).all()
    return {
        pk: str(genitive)
        for pk, last, first, patronymic, genitive in found
        if name_key(" ".join(filter(None, (last, first, patronymic)))) == named[pk]
    }
