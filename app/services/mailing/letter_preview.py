"""A template tried: shown with the facts of a person's newest row of its sort, or sent to who tries it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import select

from app import audit
from app import models as m
from app.access import current_actor, get_writable
from app.errors import Invalid
from app.extensions import db
from app.labels import label_of
from app.services.mailing import letter_kinds, letter_templates, letters
from app.services.mailing.letter_kinds import KINDS, Kind
from app.services.mailing.letter_templates import Given
from app.unit_of_work import use_case

#: beginning of a kind's code → the row whose facts a letter of it tells; the more exact first
_ROWS: tuple[tuple[str, Any], ...] = (
    ("application_approved", m.Voucher),
    ("application_", m.VoucherApplication),
    ("voucher_", m.Voucher),
    ("certificate_", m.Certificate),
    ("enrolment_", m.Enrolment),
    ("offer_", m.Enrolment),
    ("result_", m.Enrolment),
    ("group_", m.Enrolment),
    ("schedule_", m.Enrolment),
    ("course_", m.Enrolment),
)


def given_of(kind: Kind, person: m.Employee) -> Given:
    """What a letter of this kind would say to ``person``; where the person has nothing of the sort, an example."""
    sample = letter_templates.example(kind)
    row = _newest(kind, person)
    facts: Mapping[str, str] = letter_kinds.facts_of(row)
    if isinstance(row, m.Enrolment) and row.group is not None:
        facts = {**facts, **letter_kinds.group_facts(row.group)}
    if "работник" in kind.own:
        facts = {**facts, "работник": person.full_name}
    name = " ".join(filter(None, (person.first_name, person.patronymic)))
    href = letter_kinds.href_of(row) or sample.href
    return replace(sample, name=name, href=href, facts={**sample.facts, **facts})


def _newest(kind: Kind, person: m.Employee) -> Any:
    model = next((model for beginning, model in _ROWS if kind.code.startswith(beginning)), None)
    if model is None:
        return None
    statement = select(model).where(model.employee_id == person.id).order_by(model.id.desc()).limit(1)
    return db.session.scalars(statement).one_or_none()


@use_case
def send_test(template_id: int) -> str:
    """Send the acting user a letter of examples; returns the address. Raises Invalid where the user has none."""
    row = get_writable(db.session, m.LetterTemplate, template_id, "letter_template:edit")
    account = db.session.scalars(select(m.Account).where(m.Account.id == current_actor().user_id)).one()
    if not account.email:
        raise Invalid("У вашей учётной записи нет адреса электронной почты. Попросите администратора указать его.")
    name = " ".join(filter(None, (account.first_name, account.patronymic)))
    sample = letter_templates.example(KINDS[row.code])
    letter = letter_templates.preview(row, replace(sample, name=name))
    subject = f"Проба: {letter.subject}"[: letter_templates.SUBJECT_LENGTH]
    letters.write(account.email, replace(letter, subject=subject), row.code, user_id=account.id)
    audit.record("letter_template.tested", row, {label_of("letter", "recipient"): ("", account.email)})
    return str(account.email)
