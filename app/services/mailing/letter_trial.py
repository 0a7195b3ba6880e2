"""The trial of a letter template: a letter with example facts, sent to the user who tries it."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import select

from app import audit
from app import models as m
from app.access import current_actor, get_writable
from app.errors import Invalid
from app.extensions import db
from app.labels import label_of
from app.services.mailing import letter_templates, letters
from app.services.mailing.letter_kinds import KINDS
from app.unit_of_work import use_case


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
