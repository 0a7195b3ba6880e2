"""Roles and what each may do: the one table of rights (order § 2–4; roles of the design).

A permission is ``object:action``: the object is a table's name; the action is a verb of a generated view (list, show,
add, edit, delete, export), another one named here, or a change of a status, whose edge (``statuses``) names its roles.
FAB's roles and permissions are synced from here; ``access`` decides on which *rows* a right applies.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from app.statuses import permissions_by_edges

VERBS: Mapping[str, str] = {
    "list": "просмотр списка",
    "show": "просмотр карточки",
    "add": "создание",
    "edit": "изменение",
    "delete": "удаление",
    "export": "выгрузка в Excel",
}


@dataclass(frozen=True, slots=True)
class Role:
    """A group of users: its code, its name on screen and its permissions."""

    code: str
    title: str
    permissions: frozenset[str]


def _grant(verbs: str, *objects: str) -> set[str]:
    return {f"{name}:{verb}" for name in objects for verb in verbs.split()}


READ = "list show export"
EDIT = READ + " add edit delete"

DIRECTORIES = (
    "territory",
    "municipality",
    "organization_type",
    "position",
    "subject",
    "education_level",
    "attestation_kind",
    "voucher_rule",
    "voucher_rule_block",
    "workday_correction",
    "frdo_reference",
    "refusal_reason",
    "organizer_rule",
    "organizer_exception",
)
PERSON_DATA = ("employment", "qualification", "attestation", "training", "former_name")
RIGHTS = ("voucher_application", "voucher", "voucher_block")
COURSES = ("program", "training_group", "enrolment", "certificate")

#: planning of the next year: what is offered, chosen, not found
PLANNING = ("plan_offer", "plan_item", "unmet_wish")

#: numbers of wishes: of the user's people, or of the own offers
_DEMAND = {"plan_offer:demand"}
#: who of the user's people has chosen, and who has not
_PLAN_CONTROL = {"plan_item:control"}
_WISH = {"plan_item:add", "unmet_wish:add"}
_APPLY = {"voucher_application:add"}
_ENROL = {"enrolment:add", "enrolment:transfer"}
_PRINT = {"certificate:print"}
_PRINT_VOUCHER = {"voucher:print"}
#: all trainings of a person as one file for an attestation
_ARCHIVE = {"employee:archive"}
#: for many people at once
_APPLY_MANY = {"employee:apply"}
_CONSENTS = {"consent:add"}
#: corrections of the own card and moves to another organization, by the side
_OWN_DATA = _grant("list show add", "change_request", "transfer")
_STAFF_DATA = _grant("list show", "change_request", "transfer") | {"employee:confirm_actual"}
_INVITE = {"employee:invite", "employee:access_sheet", "ab_user:invite", "ab_user:lock", "ab_user:unlock"}

_ROLES = (
    Role(
        "worker",
        "Работник образования",
        frozenset(
            _grant("show", "employee")
            | _grant("list show", *RIGHTS, *COURSES)
            | _grant("list show", "attestation", "qualification", "training", "employment")
            | _grant("add edit delete", "training")
            | _grant("list show", *PLANNING)
            | _WISH
            | _OWN_DATA
            | _APPLY
            | _ENROL
            | _PRINT
            | _PRINT_VOUCHER
            | _ARCHIVE
        ),
    ),
    Role(
        "school",
        "Ответственный работник образовательной организации",
        frozenset(
            _grant(READ, "organization", *RIGHTS, *COURSES, "employee", *PERSON_DATA)
            | _grant("add edit", "employee")
            | _grant("add edit delete", *PERSON_DATA)
            | _grant("list show", "import_batch")
            | {"employee:import", "training:import", "plan_item:import"}
            | _grant(READ, *PLANNING)
            | _DEMAND
            | _PLAN_CONTROL
            | _WISH
            | _STAFF_DATA
            | {"transfer:add", "transfer:hire"}
            | _INVITE
            | _CONSENTS
            | _APPLY
            | _APPLY_MANY
            | _ENROL
            | _PRINT
            | _PRINT_VOUCHER
            | _ARCHIVE
        ),
    ),
    Role(
        "organizer",
        "Работник организации-организатора курсов",
        frozenset(
            _grant(READ, *COURSES, "training_order", "blank", "registry")
            | _grant("show", "organization")
            | _grant("add", "training_order")
            | _grant("add edit delete", "program", "training_group")
            | _grant(READ + " add edit", "plan_offer")
            # numbers only, of its own groups
            | {"plan_campaign:fact"}
            | _DEMAND
            | {"training_group:registry", "training_group:invite"}
            # what has consequences is corrected with a reason: until its registry is accepted, then by the operator
            | {"training_group:correct", "enrolment:correct"}
            | {"enrolment:result", "enrolment:transfer", "enrolment:attend"}
            | {"certificate:issue", "certificate:replace", "certificate:hand"}
            | _grant("list show add", "blank_receipt", "blank_act", "print_template")
            | {"registry:add", "registry:renew", "print_template:edit", "frdo_batch:add"}
            | _grant(READ, "frdo_batch")
            | _PRINT
        ),
    ),
    Role(
        "territory",
        "Работник территориального управления",
        frozenset(
            _grant(READ, "organization", "employee", *PERSON_DATA, *RIGHTS, *COURSES, "territory", "municipality")
            | _grant("add edit", "organization")
            | _grant("list show", "change_request", "transfer")
            | _grant(READ, *PLANNING, "plan_campaign")
            | {"plan_campaign:fact"}
            | _DEMAND
            | _PLAN_CONTROL
        ),
    ),
    Role(
        "ministry",
        "Работник министерства",
        frozenset(
            _grant(
                READ,
                "organization",
                "employee",
                *PERSON_DATA,
                *RIGHTS,
                *COURSES,
                *DIRECTORIES,
                "training_order",
                "registry",
                *PLANNING,
                "plan_campaign",
            )
            | _grant("list show", "frdo_batch")
            | {"plan_campaign:fact"}
            | {"registry:overview", "survey:request", "plan_result:correct"}
            | _grant(READ, "plan_result")
            | _DEMAND
            | _PLAN_CONTROL
        ),
    ),
    Role(
        "operator",
        "Оператор АИС",
        frozenset(
            _grant(EDIT, "organization", "employee", *PERSON_DATA, *DIRECTORIES, "program", "training_group")
            | _grant(
                READ,
                *RIGHTS,
                *COURSES,
                "training_order",
                "registry",
                "audit_entry",
                "letter",
                "ab_user",
                "assignment",
                "import_batch",
            )
            | _grant(EDIT, "plan_campaign")
            | {"plan_campaign:groups", "plan_campaign:fact"}
            | _grant(READ, *PLANNING, "plan_result")
            | _DEMAND
            | _PLAN_CONTROL
            | {"plan_item:remind"}
            | _grant("list show edit", "letter_template")
            | _grant("list edit", "setting")
            | {"voucher:import", "training:import", "registry:overview"}
            | _PRINT_VOUCHER
            | {"employee:import"}
            | _STAFF_DATA
            | {"employee:give_data", "employee_merge:add", "employee_merge:undo"}
            | _grant("list show", "employee_merge")
            | _grant("list show edit", "quality_rule")
            | {"queue:list", "ab_user:view_as"}
            | _grant(READ, "access_request")
            | _grant(READ, "registration", "consent_text", "consent_withdrawal")
            | {"consent_text:add"}
            | _CONSENTS
            | _INVITE
            | {"certificate:replace", "training_group:correct", "enrolment:correct"}
            # marks of attendance with a reason only, where something was decided by them
            | {"enrolment:attend"}
            | _grant("list show", "blank", "blank_receipt", "blank_act", "frdo_batch")
            | _grant("list show add edit", "print_template")
            | _PRINT
        ),
    ),
    Role("observer", "Наблюдатель", frozenset({"statistics:show"})),
    Role(
        "admin",
        "Администратор",
        frozenset(
            _grant("list show", "ab_user", "assignment", "letter")
            | _grant("add edit", "ab_user", "assignment")
            | {f"ab_user:{a}" for a in ("lock", "unlock", "reset_password", "reset_second_factor")}
        ),
    ),
)

ROLES: Mapping[str, Role] = {
    role.code: replace(role, permissions=role.permissions | permissions_by_edges(role.code)) for role in _ROLES
}


def permissions_of(roles: Iterable[str]) -> frozenset[str]:
    """Return the union of the roles' permissions."""
    return frozenset().union(*(ROLES[code].permissions for code in roles))


def all_permissions() -> frozenset[str]:
    """Return every permission that some role holds."""
    return permissions_of(ROLES)


def roles_with(permission: str) -> frozenset[str]:
    """Return the codes of the roles that hold ``permission``."""
    return frozenset(code for code, role in ROLES.items() if permission in role.permissions)
