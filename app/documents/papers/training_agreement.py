"""The agreement (договор) of an organizer with each employer of a group's listeners, with their list (order § 1.2, 273-ФЗ ст. 54)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from app.documents.papers.certificate import hours_in_genitive
from app.russian import as_signed, capitalized, decline_name, decline_post, guess_sex, period, quoted, unbroken
from app.services.paper.orders.group_facts import GroupFacts, Listener, Party, Terms
from app.text import sort_key

#: code of the template in the manifest
AGREEMENT = "training_agreement"
_UNKNOWN_HEAD = "____________________, действующего на основании ____________________"


def agreement_contexts(facts: GroupFacts) -> list[dict[str, Any]]:
    """Return a context for each legal entity whose workers study in the group, by its name.

    The number is the group's with the entity's own in the portal: it stays the same when the list of employers grows.
    """
    terms = facts.terms
    if terms is None:
        return []
    parties = {person.employer.id: person.employer for person in facts.studying if person.employer}
    order = sorted(parties.values(), key=lambda party: (sort_key(party.short_name), party.id))
    return [_agreement(facts, terms, party) for party in order]


def _agreement(facts: GroupFacts, terms: Terms, customer: Party) -> dict[str, Any]:
    sent = [person for person in facts.studying if person.employer and person.employer.id == customer.id]
    return {
        "number": unbroken(f"{facts.number}/{customer.id}"),
        "city": facts.city,
        "organization": capitalized(terms.organizer.full_name),
        "licence": terms.organizer.licence,
        "organizer_head": represented_by(terms.organizer),
        "customer": customer.full_name,
        "customer_head": represented_by(customer),
        "group": unbroken(facts.number),
        "program": quoted(facts.program),
        "program_kind": terms.program_kind,
        "hours": hours_in_genitive(facts.hours),
        "form": terms.form,
        "period": period(facts.starts_on, facts.ends_on),
        "document": terms.document,
        "by_vouchers": terms.by_vouchers,
        "funding": terms.funding,
        "left": _details(terms.organizer),
        "right": _details(customer),
        "left_title": terms.organizer.head_title,
        "left_name": as_signed(terms.organizer.head_name),
        "right_title": customer.head_title,
        "right_name": as_signed(customer.head_name),
        "rows": _rows(sent),
        "totals": f"Всего слушателей: {len(sent)}.",
    }


def represented_by(party: Party) -> str:
    """Return who signs, in the genitive: «директора Ивановой Марии Петровны, действующей на основании Устава»; a line to fill in
    by hand when the head is not known."""
    last, first, patronymic = (*party.head_name.split(maxsplit=2), "", "", "")[:3]
    if not first:
        return _UNKNOWN_HEAD
    post = decline_post(party.head_title, case="genitive")
    name = party.head_genitive or decline_name(last, first, patronymic or None, case="genitive", sex=None)
    acting = "действующей" if guess_sex(last, first, patronymic or None) == "female" else "действующего"
    return f"{post[:1].lower() + post[1:]} {name}, {acting} на основании Устава"


def _rows(people: Sequence[Listener]) -> list[dict[str, Any]]:
    return [
        {"n": n, "name": person.full_name, "position": person.position, "workplace": person.workplace}
        for n, person in enumerate(people, 1)
    ]


def _details(party: Party) -> str:
    """Return the реквизиты as lines; what is not known is left out."""
    lines = (
        (capitalized(party.full_name), party.full_name),
        (f"Адрес: {party.address}", party.address),
        (f"ИНН {party.inn}", party.inn),
        (f"КПП {party.kpp}", party.kpp),
        (f"ОГРН {party.ogrn}", party.ogrn),
        (f"Телефон: {party.phone}", party.phone),
        (f"Эл. почта: {party.email}", party.email),
    )
    return "\n".join(line for line, known in lines if known)
