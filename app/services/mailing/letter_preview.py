"""A template tried: shown with the facts of a person's newest row of its sort, or sent to who tries it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from app import audit
from app import models as m
from app.access import current_actor, get_writable
from app.errors import Invalid
from app.extensions import db
from app.labels import label_of
from app.services.mailing import letter_kinds, letter_templates, letters
from app.services.mailing.letter_kinds import GENERAL, KINDS, Kind
from app.services.mailing.letter_templates import Composed, Given
from app.unit_of_work import use_case

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


@use_case
def send_test(template_id: int) -> str:
    """Send the acting user a letter of examples; returns the address. Raises Invalid where the user has none."""
    row = get_writable(db.session, m.LetterTemplate, template_id, "letter_template:edit")
    account = db.session.scalars(select(m.Account).where(m.Account.id == current_actor().user_id)).one()
    if not account.email:
        raise Invalid("У вашей учётной записи нет адреса электронной почты. Попросите администратора указать его.")
    name = " ".join(filter(None, (account.first_name, account.patronymic)))
    sample = letter_templates.example(KINDS.get(row.code, KINDS[GENERAL]))
    letter = letter_templates.preview(row, Given(sample.subject, sample.text, name, sample.href, sample.values))
    letters.write(
        account.email, Composed(f"Проба: {letter.subject}"[:letter_templates.SUBJECT_LENGTH], letter.body, letter.html), row.code,
        user_id=account.id,
    )  # fmt: skip
    audit.record("letter_template.tested", row, {label_of("letter", "recipient"): ("", account.email)})
    return str(account.email)
