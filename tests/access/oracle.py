"""Who sees whom, written a second time: plain SQL for each role and table, without the code under test.

The words are those of the design: a worker sees oneself; a responsible person the own organization, its units and their
people; a territorial body the organizations of its territory and their people; an organizer the own courses and, of the
enrolled, what the papers need; the ministry and the operator everything; the observer aggregates, the administrator
accounts. A condition is about the row ``t``; a role that is not named sees no row.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.permissions import ROLES

#: login → role
CAST: Mapping[str, str] = {
    "operator": "operator",
    "ministry": "ministry",
    "territory": "territory",
    "organizer": "organizer",
    "school": "school",
    "worker": "worker",
    "observer": "observer",
    "admin": "admin",
    "territory2": "territory",
    "organizer2": "organizer",
    "school2": "school",
    "worker2": "worker",
}
STRANGER = "stranger"

ALL, NONE = "true", "false"

#: people of the role, as a subselect of their ids; a dismissed person stays with the former school for 90 days
_WORKS = (
    "SELECT w.employee_id FROM employment w JOIN organization o ON o.id = w.organization_id"
    " WHERE coalesce(w.ended_on, DATE '9999-12-31') >= %(today)s::date - 90 AND "
)
_SCHOOL_PEOPLE = f"({_WORKS} o.id = ANY(%(places)s))"
_TERRITORY_PEOPLE = f"({_WORKS} o.territory_id = %(territory)s)"
_LEARNERS = (
    "(SELECT e.employee_id FROM enrolment e JOIN training_group g ON g.id = e.group_id"
    " JOIN program p ON p.id = g.program_id WHERE p.organizer_id = ANY(%(places)s))"
)


def _of_people(column: str, *, organizer: str = NONE) -> dict[str, str]:
    return {
        "worker": f"{column} = %(employee)s",
        "school": f"{column} IN {_SCHOOL_PEOPLE}",
        "territory": f"{column} IN {_TERRITORY_PEOPLE}",
        "organizer": organizer,
        "ministry": ALL,
        "operator": ALL,
    }


def _needed_for_papers(column: str) -> dict[str, str]:
    return _of_people(column, organizer=f"{column} IN {_LEARNERS}")


def _of_wishes() -> dict[str, str]:
    """As people's rows; of somebody who has left, only what was made from the place of work that is left."""
    made = "EXISTS (SELECT FROM employment w JOIN organization o ON o.id = w.organization_id WHERE w.employee_id = t.employee_id"
    lives = "(w.id = t.employment_id OR coalesce(w.ended_on, DATE '9999-12-31') >= %(today)s::date)"
    people = _of_people("t.employee_id")
    return {
        **people,
        "school": f"{people['school']} AND {made} AND {lives} AND o.id = ANY(%(places)s))",
        "territory": f"{people['territory']} AND {made} AND {lives} AND o.territory_id = %(territory)s)",
    }


def _employers(people: str) -> str:
    return f"EXISTS (SELECT FROM employment w WHERE w.organization_id = t.id AND w.employee_id IN {people})"


def _asked(row: str) -> str:
    """A correction of a place of work is for its organization alone."""
    return f"({row}.subject_table <> 'employment' OR ({row}.changes->'organization'->>0)::int = ANY(%(places)s))"


def _consent_of(people: str) -> str:
    return f"EXISTS (SELECT FROM consent c WHERE c.scan_id = t.id AND c.employee_id IN {people})"


def _scan_of(people: str, asked: str = ALL) -> str:
    return (
        f"{_consent_of(people)} OR EXISTS (SELECT FROM training c WHERE c.scan_id = t.id AND c.employee_id IN {people})"
        f" OR EXISTS (SELECT FROM change_request c WHERE c.scan_id = t.id AND c.employee_id IN {people} AND {asked})"
    )


def _courses(shown: str) -> dict[str, str]:
    public = dict.fromkeys(("worker", "school", "territory"), shown)
    return {**public, "organizer": "t.organizer_id = ANY(%(places)s)", "ministry": ALL, "operator": ALL}


def _own(column: str, *whole: str) -> dict[str, str]:
    return {**dict.fromkeys(ROLES, f"{column} = %(user)s"), **dict.fromkeys(whole, ALL)}


def _holds_not(sign: str, role: str) -> str:
    held = f"SELECT FROM assignment a WHERE a.user_id = t.id AND a.role {sign} '{role}'"
    return f"NOT EXISTS ({held} AND coalesce(a.valid_to, DATE '9999-12-31') >= %(today)s::date)"


#: table → role → condition
SEES: Mapping[str, Mapping[str, str]] = {
    "employee": _needed_for_papers("t.id"),
    "employment": _needed_for_papers("t.employee_id"),
    "qualification": _needed_for_papers("t.employee_id"),
    "former_name": _needed_for_papers("t.employee_id"),
    "attestation": _of_people("t.employee_id"),
    "training": _of_people("t.employee_id"),
    "voucher_application": _of_people("t.employee_id"),
    "voucher": _of_people(
        "t.employee_id",
        organizer="EXISTS (SELECT FROM voucher_block b JOIN enrolment e ON e.block_id = b.id"
        " JOIN training_group g ON g.id = e.group_id WHERE b.voucher_id = t.id AND g.organizer_id = ANY(%(places)s))",
    ),
    "enrolment": _of_people(
        "t.employee_id",
        organizer="EXISTS (SELECT FROM training_group g WHERE g.id = t.group_id AND g.organizer_id = ANY(%(places)s))",
    ),
    "print_template": {"organizer": "t.organizer_id IS NULL OR t.organizer_id = ANY(%(places)s)", "operator": ALL},
    **{
        table: {"organizer": "t.organizer_id = ANY(%(places)s)", "operator": ALL}
        for table in ("blank", "blank_receipt", "blank_act")
    },
    **{
        table: {"organizer": "t.organizer_id = ANY(%(places)s)", "ministry": ALL, "operator": ALL}
        for table in ("registry", "frdo_batch")
    },
    "registry_row": {
        "organizer": "EXISTS (SELECT FROM registry r WHERE r.id = t.registry_id AND r.organizer_id = ANY(%(places)s))",
        "ministry": ALL,
        "operator": ALL,
    },
    "plan_campaign": dict.fromkeys(ROLES, ALL),
    "plan_quota": {"territory": "t.territory_id = %(territory)s", "ministry": ALL, "operator": ALL},
    "plan_result": {"ministry": ALL, "operator": ALL},
    "plan_offer": _courses("t.status = 'offered'"),
    "plan_item": _of_wishes(),
    "unmet_wish": _of_wishes(),
    "saved_registry": _own("t.user_id"),
    "training_order": {"organizer": "t.organizer_id = ANY(%(places)s)", "ministry": ALL, "operator": ALL},
    "certificate": _of_people("t.employee_id", organizer="t.organizer_id = ANY(%(places)s)"),
    "change_request": {
        **_of_people("t.employee_id"),
        "school": f"t.employee_id IN {_SCHOOL_PEOPLE} AND {_asked('t')}",
        "territory": f"t.employee_id IN {_TERRITORY_PEOPLE} AND (t.subject_table <> 'employment' OR EXISTS (SELECT FROM organization o"
        " WHERE o.id = (t.changes->'organization'->>0)::int AND o.territory_id = %(territory)s))",
    },
    # who hires sees a move from the release on
    "transfer": {
        "worker": "t.employee_id = %(employee)s",
        "school": "t.from_organization_id = ANY(%(places)s)"
        " OR t.organization_id = ANY(%(places)s) AND t.released_on IS NOT NULL",
        "territory": "EXISTS (SELECT FROM organization o WHERE o.territory_id = %(territory)s"
        " AND o.id IN (t.from_organization_id, t.organization_id))",
        "ministry": ALL,
        "operator": ALL,
    },
    "employee_merge": {"operator": ALL},
    "quality_rule": dict.fromkeys(ROLES, ALL),
    "program": _courses("t.status IN ('published', 'archived')"),
    "training_group": _courses("t.status <> 'draft'"),
    "group_meeting": {
        role: rows if rows == ALL else f"t.group_id IN (SELECT t.id FROM training_group t WHERE {rows})"
        for role, rows in _courses("t.status <> 'draft'").items()
    },
    # organizers are named everywhere; an employer is named to those who see one of its people
    "organization": {
        "worker": f"t.is_organizer OR {_employers('(SELECT %(employee)s)')}",
        "school": f"t.is_organizer OR t.id = ANY(%(places)s) OR {_employers(_SCHOOL_PEOPLE)}",
        "territory": f"t.is_organizer OR t.territory_id = %(territory)s OR {_employers(_TERRITORY_PEOPLE)}",
        "organizer": f"t.is_organizer OR t.id = ANY(%(places)s) OR {_employers(_LEARNERS)}",
        **dict.fromkeys(("ministry", "operator", "admin"), ALL),
    },
    # the school sees the accounts of its people, to invite them
    "ab_user": {**_own("t.id", "operator", "admin"), "school": f"t.id = %(user)s OR t.employee_id IN {_SCHOOL_PEOPLE}"},
    "assignment": _own("t.user_id", "operator", "admin"),
    "registration": _own("t.user_id", "operator"),
    "access_request": _own("t.user_id", "operator"),
    # own files, and the scans of the consents and of the trainings of the people whom one answers for
    "stored_file": {
        **_own("t.owner_id", "operator"),
        "worker": f"t.owner_id = %(user)s OR {_scan_of('(SELECT %(employee)s)')}",
        "school": f"t.owner_id = %(user)s OR {_scan_of(_SCHOOL_PEOPLE, _asked('c'))}",
    },
    "consent_withdrawal": {"worker": "t.employee_id = %(employee)s", "operator": ALL},
    "letter": _own("t.user_id", "operator", "admin"),
    "import_batch": _own("t.user_id", "operator"),
    "background_job": _own("t.user_id"),
    "notice": dict.fromkeys(ROLES, "(t.user_id = %(user)s OR t.employee_id = %(employee)s)"),
    "audit_entry": {"operator": ALL},
    **{
        table: dict.fromkeys(ROLES, ALL)
        for table in [
            "territory",
            "municipality",
            "organization_type",
            "position",
            "subject",
            "education_level",
            "attestation_kind",
            "letter_template",
            "consent_text",
            "voucher_rule",
            "voucher_rule_block",
            "workday_correction",
            "frdo_reference",
            "refusal_reason",
            "organizer_rule",
            "organizer_exception",
        ]
    },
}

#: where a role changes fewer rows than it sees
CHANGES: Mapping[str, Mapping[str, str]] = {
    "organization": {"territory": "t.territory_id = %(territory)s"},
    "employment": {"school": "t.organization_id = ANY(%(places)s)"},
    "training": {"worker": "t.employee_id = %(employee)s AND t.source = 'worker'"},
    # the region's templates are the operator's
    "print_template": {"organizer": "t.organizer_id = ANY(%(places)s)"},
    # a school touches workers only, nobody their own entrance, the operator no administrator
    "ab_user": {
        "school": f"t.id <> %(user)s AND t.employee_id IN {_SCHOOL_PEOPLE} AND {_holds_not('<>', 'worker')}",
        "operator": _holds_not("=", "admin"),
    },
}


@dataclass(frozen=True)
class Person:
    """One of the cast with the places of the role."""

    login: str
    role: str
    facts: Mapping[str, Any]

    @property
    def is_second(self) -> bool:
        """Whether another of the cast has the same role, on the other side."""
        return self.login.endswith("2")

    def may(self, permission: str) -> bool:
        """Whether the role holds a right; the table of rights itself is checked in ``test_roles_synced``."""
        return permission in ROLES[self.role].permissions

    def sees(self, table: str) -> str:
        """Condition of the visible rows."""
        return SEES[table].get(self.role, NONE)

    def changes(self, table: str) -> str:
        """Condition of the rows that the person's rights to change apply to."""
        return CHANGES.get(table, {}).get(self.role, ALL)


FACTS = """
WITH RECURSIVE places AS (
  SELECT a.organization_id AS id FROM assignment a JOIN ab_user u ON u.id = a.user_id WHERE u.username = %(login)s
  UNION SELECT o.id FROM organization o JOIN places ON o.parent_id = places.id
)
SELECT u.id, coalesce(u.employee_id, -1), a.territory_id, (SELECT coalesce(array_agg(id), '{}') FROM places WHERE id IS NOT NULL)
FROM ab_user u JOIN assignment a ON a.user_id = u.id WHERE u.username = %(login)s
"""
