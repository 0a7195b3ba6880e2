"""A template shown with the real facts of a person: the newest row that such a letter would be about."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from app import models as m
from app.extensions import db
from app.services.mailing import letter_kinds, letter_templates
from app.services.mailing.letter_kinds import Kind
from app.services.mailing.letter_templates import Given

#: kind of letters → what it is about
_ROWS: Mapping[str, Any] = {
    "application_approved": m.Voucher,
    "voucher_annulled": m.Voucher,
    "application_returned": m.VoucherApplication,
    "application_rejected": m.VoucherApplication,
    "certificate_issued": m.Certificate,
    "certificate_annulled": m.Certificate,
    "enrolment_changed": m.Enrolment,
    "enrolment_rejected": m.Enrolment,
    "group_changed": m.Enrolment,
}


def given_of(kind: Kind, person: m.Employee) -> Given:
    """What a letter of this kind would say to ``person``; where the person has nothing of the sort, an example."""
    sample = letter_templates.example(kind)
    row = _newest(kind, person)
    facts = letter_kinds.facts_of(row)
    if isinstance(row, m.Enrolment) and row.group is not None:
        facts |= letter_kinds.group_facts(row.group)
    name = " ".join(filter(None, (person.first_name, person.patronymic)))
    href = letter_kinds.href_of(row) or sample.href
    return Given(sample.subject, sample.text, name, href, {**sample.values, **facts})


def _newest(kind: Kind, person: m.Employee) -> Any:
    model = _ROWS.get(kind.code)
    if model is None:
        return None
    statement = select(model).where(model.employee_id == person.id).order_by(model.id.desc()).limit(1)
    return db.session.scalars(statement).one_or_none()
