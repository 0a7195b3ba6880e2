"""What speaks for and against a decision, line by line, each with its source: read before the buttons are pressed.

The conditions are those that the deciding service checks again (``rules``, ``registration_check``, ``past_trainings`` …); there
they get words and links. Nothing is decided here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from app.services.desk import verdicts_people, verdicts_work
from app.services.desk.verdict import Verdict


def verdict_of(row: Any) -> Verdict:
    """Return what speaks for and against a row of the queue."""
    return _BY_TABLE[row.__tablename__](row)


_BY_TABLE: Mapping[str, Callable[[Any], Verdict]] = {
    "voucher_application": verdicts_people.of_application,
    "registration": verdicts_people.of_registration,
    "access_request": verdicts_people.of_access,
    "employment": verdicts_work.of_employment,
    "transfer": verdicts_work.of_transfer,
    "program": verdicts_work.of_program,
    "training": verdicts_work.of_training,
    "change_request": verdicts_work.of_correction,
    "consent_withdrawal": verdicts_work.of_withdrawal,
}
