"""Which rows of each table a role sees, and which of them it may change: one SQL expression for a table and a role.

``access`` puts the expressions into statements; ``docs/permissions.md`` says them in words.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import ColumnElement, Text, and_, cast, false, or_, select, true
from sqlalchemy.dialects.postgresql import ARRAY

from app import models as m
from app.actor import Actor, Grant
from app.clock import today
from app.conditions import decided_by, employed
from app.permissions import DIRECTORIES, ROLES
from app.statuses import ONCE_PUBLISHED, GroupStatus, NewsStatus, OfferStatus, ReportFormStatus, SurveyStatus

#: A dismissed person's card stays with the former school this long, so that mistakes can be mended.
FORMER_EMPLOYEE_DAYS = 90

Expression = ColumnElement[bool]
Rule = Callable[[Actor, Grant], Expression]


def _table(model: type[m.Base]) -> Any:
    return model.__table__


_employment, _organization = _table(m.Employment), _table(m.Organization)
_enrolment, _group, _program = _table(m.Enrolment), _table(m.TrainingGroup), _table(m.Program)
_block, _voucher = _table(m.VoucherBlock), _table(m.Voucher)
_training = _table(m.Training)


def everything(_actor: Actor, _grant: Grant) -> Expression:
    """All rows: a role that sees them needs no expression, and callers compare with this rule."""
    return true()


def _organizations(grant: Grant) -> Any:
    """Ids of the grant's organizations, as a list or a subselect."""
    if grant.role == "territory":
        return select(_organization.c.id).where(_organization.c.territory_id.in_(grant.territory_ids))
    return grant.organization_ids


def _employed(grant: Grant) -> Any:
    """Subselect of the employees who work, or lately worked, in the grant's organizations."""
    lately = today() - dt.timedelta(days=FORMER_EMPLOYEE_DAYS)
    return select(_employment.c.employee_id).where(
        _employment.c.organization_id.in_(_organizations(grant)),
        employed(lately, _employment),
    )


def _planned(table: Any) -> Mapping[str, Rule]:
    """Scope of what people want for the next year: an organization that a person has left keeps only what it was made from."""
    people = _people(table.c.employee_id)

    def followed(role: str) -> Rule:
        return lambda actor, grant: and_(people[role](actor, grant), _from_here(table, grant))

    return {**people, "school": followed("school"), "territory": followed("territory")}


def _from_here(table: Any, grant: Grant) -> Expression:
    """Made from a place of work in the grant's organizations, or by a person who works in one of them now."""
    here = _employment.c.organization_id.in_(_organizations(grant))
    return or_(
        table.c.employment_id.in_(select(_employment.c.id).where(here)),
        table.c.employee_id.in_(select(_employment.c.employee_id).where(here, employed(None, _employment))),
    )


def _own_groups(grant: Grant) -> Any:
    return select(_group.c.id).where(_group.c.organizer_id.in_(grant.organization_ids))


def _listeners(grant: Grant) -> Any:
    """Subselect of the people enrolled in the organizer's groups."""
    return select(_enrolment.c.employee_id).where(_enrolment.c.group_id.in_(_own_groups(grant)))


def _people(column: Any, *, listeners: bool = False) -> Mapping[str, Rule]:
    """Scope by person: self, own organization's, own territory's people; ``listeners``: the organizer's too."""
    rules: dict[str, Rule] = {
        "worker": lambda actor, _g: column == actor.employee_id if actor.employee_id else false(),
        "school": lambda _a, grant: column.in_(_employed(grant)),
        "territory": lambda _a, grant: column.in_(_employed(grant)),
        "ministry": everything,
        "operator": everything,
    }
    if listeners:
        rules["organizer"] = lambda _a, grant: column.in_(_listeners(grant))
    return rules


def _organization_rules() -> Mapping[str, Rule]:
    t = _organization

    def employers(people: Any) -> Any:
        return select(_employment.c.organization_id).where(_employment.c.employee_id.in_(people))

    return {
        "worker": lambda a, _g: or_(
            t.c.is_organizer,
            t.c.id.in_(select(_employment.c.organization_id).where(_employment.c.employee_id == a.employee_id)),
        ),
        "school": lambda _a, g: or_(
            t.c.id.in_(g.organization_ids), t.c.is_organizer, t.c.id.in_(employers(_employed(g)))
        ),
        "organizer": lambda _a, g: or_(
            t.c.id.in_(g.organization_ids), t.c.is_organizer, t.c.id.in_(employers(_listeners(g)))
        ),
        "territory": lambda _a, g: or_(
            t.c.territory_id.in_(g.territory_ids), t.c.is_organizer, t.c.id.in_(employers(_employed(g)))
        ),
        "ministry": everything,
        "operator": everything,
        "admin": everything,
    }


def _published_or_own(published: Expression, organizer: Any) -> Mapping[str, Rule]:
    seen: Rule = lambda _a, _g: published  # noqa: E731
    return {
        "worker": seen,
        "school": seen,
        "territory": seen,
        "organizer": lambda _a, grant: organizer.in_(grant.organization_ids),
        "ministry": everything,
        "operator": everything,
    }


def _through(column: Any, parent: type[m.Base], rules: Mapping[str, Rule]) -> Mapping[str, Rule]:
    """Scope of a child table: its parent's expression."""

    def child(rule: Rule) -> Rule:
        return lambda a, g: column.in_(select(_table(parent).c.id).where(rule(a, g)))

    return {role: rule if rule is everything else child(rule) for role, rule in rules.items()}


def _own(column: Any, *whole: str) -> Mapping[str, Rule]:
    """Rows of the user's own account; the roles in ``whole`` see all."""
    own: Rule = lambda actor, _g: column == actor.user_id  # noqa: E731
    return {role: everything if role in whole else own for role in ROLES}


def _while_held(table: Any, actor: Actor) -> Expression:
    """Rows made in roles, each with its place, that the actor still holds: a user who has moved leaves these rows behind."""
    held: Expression = table.c.made_in.contained_by(cast(sorted(actor.role_marks()), ARRAY(Text)))
    return held


def _own_made(model: type[m.Base], *whole: str) -> Mapping[str, Rule]:
    """Rows that the user made in a role, while that role lives; the roles in ``whole`` see all."""
    table = _table(model)
    own: Rule = lambda actor, _g: and_(table.c.user_id == actor.user_id, _while_held(table, actor))  # noqa: E731
    return {role: everything if role in whole else own for role in ROLES}


def _shown(expression: Expression, *whole: str) -> Mapping[str, Rule]:
    """Rows that satisfy ``expression`` for everybody; the roles in ``whole`` see all."""
    return {role: everything if role in whole else (lambda _a, _g: expression) for role in ROLES}


_ALL: Mapping[str, Rule] = dict.fromkeys(ROLES, everything)


def _only(*roles: str) -> Mapping[str, Rule]:
    return dict.fromkeys(roles, everything)


def _organizer_own(column: Any, *whole: str) -> Mapping[str, Rule]:
    return {"organizer": lambda _a, grant: column.in_(grant.organization_ids), **_only(*whole)}


_offer = _table(m.PlanOffer)
_PROGRAM = _published_or_own(_program.c.status.in_(ONCE_PUBLISHED), _program.c.organizer_id)
_GROUP = _published_or_own(_group.c.status != GroupStatus.DRAFT, _group.c.organizer_id)
_ENROLMENT: Mapping[str, Rule] = {
    **_people(_enrolment.c.employee_id),
    "organizer": lambda _a, grant: _enrolment.c.group_id.in_(_own_groups(grant)),
}
_VOUCHER: Mapping[str, Rule] = {
    **_people(_voucher.c.employee_id),
    "organizer": lambda _a, grant: _voucher.c.id.in_(
        select(_block.c.voucher_id)
        .join(_enrolment, _enrolment.c.block_id == _block.c.id)
        .where(_enrolment.c.group_id.in_(_own_groups(grant)))
    ),
}
_CERTIFICATE: Mapping[str, Rule] = {
    **_people(_table(m.Certificate).c.employee_id),
    "organizer": lambda _a, grant: _table(m.Certificate).c.organizer_id.in_(grant.organization_ids),
}
_FRDO_BATCH: Mapping[str, Rule] = _organizer_own(_table(m.FrdoBatch).c.organizer_id, "operator", "ministry")
_REGISTRY: Mapping[str, Rule] = _organizer_own(_table(m.Registry).c.organizer_id, "operator", "ministry")
_MOVE = _table(m.Transfer)


def _of_both_sides(_actor: Actor, grant: Grant) -> Expression:
    """A transfer concerns the organization that is left and the one that is entered."""
    places = _organizations(grant)
    return or_(_MOVE.c.from_organization_id.in_(places), _MOVE.c.organization_id.in_(places))


def _of_the_school(_actor: Actor, grant: Grant) -> Expression:
    """The hiring school sees the move only after the release: before it, the school may not learn that the person exists."""
    places = grant.organization_ids
    hires = and_(_MOVE.c.organization_id.in_(places), _MOVE.c.released_on.is_not(None))
    return or_(_MOVE.c.from_organization_id.in_(places), hires)


_TRANSFER: Mapping[str, Rule] = {
    "worker": lambda actor, _g: _MOVE.c.employee_id == actor.employee_id if actor.employee_id else false(),
    "school": _of_the_school,
    "territory": _of_both_sides,
    **_only("ministry", "operator"),
}
_SURVEY = _shown(_table(m.Survey).c.status.in_([SurveyStatus.PUBLISHED, SurveyStatus.CLOSED]), "ministry", "operator")
_RESPONSE: Mapping[str, Rule] = {
    "worker": lambda actor, _g: _table(m.SurveyResponse).c.employee_id == actor.employee_id,
    **_only("operator"),
}
_consent, _file, _change = _table(m.Consent), _table(m.StoredFile), _table(m.ChangeRequest)


def _asked(_actor: Actor, grant: Grant) -> Expression:
    """Corrections by people of the user's organizations; about a place of work only when it is in these organizations."""
    places = _organizations(grant)
    return and_(_change.c.employee_id.in_(_employed(grant)), decided_by(places, _change))


_CHANGE: Mapping[str, Rule] = {**_people(_change.c.employee_id), "school": _asked, "territory": _asked}


def _own_file(actor: Actor, _grant: Grant) -> Expression:
    return and_(_file.c.owner_id == actor.user_id, _while_held(_file, actor))


def _own_or_scans(people: Callable[[Any, Actor, Grant], Expression], changes: Rule) -> Rule:
    """Own files, the scans of the consents and the trainings of some people, and those of the corrections that are seen."""

    def rule(actor: Actor, grant: Grant) -> Expression:
        seen = [(t, people(t.c.employee_id, actor, grant)) for t in (_consent, _training)]
        scans = [
            _file.c.id.in_(select(t.c.scan_id).where(condition, t.c.scan_id.is_not(None)))
            for t, condition in [*seen, (_change, changes(actor, grant))]
        ]
        return or_(_own_file(actor, grant), *scans)

    return rule


_STORED_FILE: Mapping[str, Rule] = {
    **dict.fromkeys(ROLES, _own_file),
    **_only("operator"),
    "worker": _own_or_scans(lambda column, actor, _g: column == actor.employee_id, _CHANGE["worker"]),
    "school": _own_or_scans(lambda column, _a, grant: column.in_(_employed(grant)), _CHANGE["school"]),
}
_SUPPORT = _own(_table(m.SupportRequest).c.author_id, "operator")


def _own_notice(actor: Actor, _grant: Grant) -> Expression:
    """Notices of the user, and of the user's card where there is one; those told in a role while it lives."""
    notice = _table(m.Notice)
    own: Expression = notice.c.user_id == actor.user_id
    own = own if actor.employee_id is None else or_(own, notice.c.employee_id == actor.employee_id)
    return and_(own, _while_held(notice, actor))


#: table → role → expression; a role that is not named sees no row
READ_RULES: Mapping[str, Mapping[str, Rule]] = {
    **dict.fromkeys(
        [
            *DIRECTORIES,
            "setting",
            "consent_text",
            "quality_rule",
            "letter_template",
            "plan_campaign",
            "maintenance_window",
        ],
        _ALL,
    ),
    "organization": _organization_rules(),
    "employee": _people(_table(m.Employee).c.id, listeners=True),
    "former_name": _people(_table(m.FormerName).c.employee_id, listeners=True),
    "employment": _people(_employment.c.employee_id, listeners=True),
    "qualification": _people(_table(m.Qualification).c.employee_id, listeners=True),
    "attestation": _people(_table(m.Attestation).c.employee_id),
    "training": _people(_training.c.employee_id),
    # secrets: read only by the services of sign-in and registration
    "password_history": {},
    "recovery_code": {},
    "one_time_link": {},
    "web_session": {},
    "sign_in_failure": {},
    # what the nightly jobs have told already
    "reminder_sent": {},
    "consent_withdrawal": {
        "worker": lambda actor, _g: _table(m.ConsentWithdrawal).c.employee_id == actor.employee_id,
        **_only("operator"),
    },
    "change_request": _CHANGE,
    "transfer": _TRANSFER,
    "employee_merge": _only("operator"),
    "import_heading": {
        "school": lambda _a, grant: _table(m.ImportHeading).c.organization_id.in_(grant.organization_ids),
        **_only("operator"),
    },
    "letter_refusal": _own(_table(m.LetterRefusal).c.user_id),
    "taken_case": _only("operator"),
    "taken_decision": _own(_table(m.TakenDecision).c.user_id),
    "consent": _people(_table(m.Consent).c.employee_id),
    "ab_user": {
        **_own(_table(m.Account).c.id, "operator", "admin"),
        "school": lambda actor, grant: or_(
            _table(m.Account).c.id == actor.user_id, _table(m.Account).c.employee_id.in_(_employed(grant))
        ),
    },
    "assignment": _own(_table(m.Assignment).c.user_id, "operator", "admin"),
    "registration": _own(_table(m.Registration).c.user_id, "operator"),
    "access_request": _own(_table(m.AccessRequest).c.user_id, "operator"),
    "stored_file": _STORED_FILE,
    "voucher_application": _people(_table(m.VoucherApplication).c.employee_id),
    "voucher": _VOUCHER,
    "voucher_block": _through(_block.c.voucher_id, m.Voucher, _VOUCHER),
    "number_series": _organizer_own(_table(m.NumberSeries).c.organizer_id, "operator"),
    "program": _PROGRAM,
    "program_module": _through(_table(m.ProgramModule).c.program_id, m.Program, _PROGRAM),
    "training_group": _GROUP,
    "group_quota": _through(_table(m.GroupQuota).c.group_id, m.TrainingGroup, _GROUP),
    "group_meeting": _through(_table(m.GroupMeeting).c.group_id, m.TrainingGroup, _GROUP),
    "enrolment": _ENROLMENT,
    "attendance": _through(_table(m.Attendance).c.enrolment_id, m.Enrolment, _ENROLMENT),
    "training_order": _organizer_own(_table(m.TrainingOrder).c.organizer_id, "operator", "ministry"),
    "blank": _organizer_own(_table(m.Blank).c.organizer_id, "operator"),
    "certificate": _CERTIFICATE,
    "blank_receipt": _organizer_own(_table(m.BlankReceipt).c.organizer_id, "operator"),
    "blank_act": _organizer_own(_table(m.BlankAct).c.organizer_id, "operator"),
    # the bytes of templates are read by the services of printing
    "template_file": {},
    "print_template": {
        "organizer": lambda _a, grant: or_(
            _table(m.PrintTemplate).c.organizer_id.is_(None),
            _table(m.PrintTemplate).c.organizer_id.in_(grant.organization_ids),
        ),
        **_only("operator"),
    },
    "print_setting": _organizer_own(_table(m.PrintSetting).c.organizer_id, "operator"),
    "frdo_template": _organizer_own(_table(m.FrdoTemplate).c.organizer_id, "operator"),
    "frdo_batch": _FRDO_BATCH,
    "frdo_row": _through(_table(m.FrdoRow).c.batch_id, m.FrdoBatch, _FRDO_BATCH),
    "saved_registry": _own_made(m.SavedRegistry),
    "registry": _REGISTRY,
    "registry_row": _through(_table(m.RegistryRow).c.registry_id, m.Registry, _REGISTRY),
    "plan_quota": {
        "territory": lambda _a, grant: _table(m.PlanQuota).c.territory_id.in_(grant.territory_ids),
        **_only("ministry", "operator"),
    },
    "plan_result": _only("ministry", "operator"),
    "plan_offer": _published_or_own(_offer.c.status == OfferStatus.OFFERED, _offer.c.organizer_id),
    # an organizer learns numbers only, from services
    "plan_item": _planned(_table(m.PlanItem)),
    **dict.fromkeys(["plan_proposal", "plan_proposal_group", "plan_proposal_item"], _only("ministry", "operator")),
    "unmet_wish": _planned(_table(m.UnmetWish)),
    "survey": _SURVEY,
    "survey_question": _through(_table(m.SurveyQuestion).c.survey_id, m.Survey, _SURVEY),
    "survey_response": _RESPONSE,
    "survey_answer": _through(_table(m.SurveyAnswer).c.response_id, m.SurveyResponse, _RESPONSE),
    "report_form": _shown(_table(m.ReportForm).c.status == ReportFormStatus.APPROVED, "ministry", "operator"),
    "news_item": _shown(_table(m.NewsItem).c.status == NewsStatus.PUBLISHED, "operator"),
    "support_request": _SUPPORT,
    "support_message": _through(_table(m.SupportMessage).c.request_id, m.SupportRequest, _SUPPORT),
    "audit_entry": _only("operator"),
    "letter": _own_made(m.Letter, "operator", "admin"),
    "notice": dict.fromkeys(ROLES, _own_notice),
    "import_batch": _own_made(m.ImportBatch, "operator"),
    "background_job": _own_made(m.BackgroundJob),
    "saved_filter": _own_made(m.SavedFilter),
    "list_preference": _own(_table(m.ListPreference).c.user_id),
    "dismissed_hint": _own(_table(m.DismissedHint).c.user_id),
    "worker_heartbeat": _only("operator", "admin"),
    "daily_work": _only("operator", "admin"),
    "figure": _only(),
    "figure_day": _only(),
    "figure_count": _only(),
}

_account, _assignment = _table(m.Account), _table(m.Assignment)


def _holds(*conditions: Expression) -> Expression:
    """The account holds, now or from a later day, a role with ``conditions``."""
    live = or_(_assignment.c.valid_to.is_(None), _assignment.c.valid_to >= today())
    return select(_assignment.c.id).where(_assignment.c.user_id == _account.c.id, live, *conditions).exists()


def _plain_account(actor: Actor, grant: Grant) -> Expression:
    """Another's account of an own person who is nothing but a worker."""
    return and_(
        _account.c.id != actor.user_id,
        _account.c.employee_id.in_(_employed(grant)),
        ~_holds(_assignment.c.role != "worker"),
    )


#: where the rows that a role may change are fewer than those it sees
WRITE_RULES: Mapping[str, Mapping[str, Rule]] = {
    # The school and the organizer change no organization: theirs is where they hire and what runs their programs.
    "organization": {
        "territory": lambda _a, grant: _organization.c.territory_id.in_(grant.territory_ids),
        "school": lambda _a, grant: _organization.c.id.in_(grant.organization_ids),
        "organizer": lambda _a, grant: _organization.c.id.in_(grant.organization_ids),
        "operator": everything,
    },
    "employment": {
        "school": lambda _a, grant: _employment.c.organization_id.in_(grant.organization_ids),
        "operator": everything,
    },
    "ab_user": {
        "school": _plain_account,
        "operator": lambda _a, _g: ~_holds(_assignment.c.role == "admin"),
        "admin": everything,
    },
    # who may change which of them is said by ``services.personnel.trainings.past_trainings``
    "training": {
        "worker": lambda actor, _g: and_(_training.c.employee_id == actor.employee_id, _training.c.source == "worker"),
        "school": lambda _a, grant: _training.c.employee_id.in_(_employed(grant)),
        "operator": everything,
    },
    "program": _organizer_own(_program.c.organizer_id, "operator"),
    "training_group": _organizer_own(_group.c.organizer_id, "operator"),
    "plan_offer": _organizer_own(_offer.c.organizer_id, "operator"),
    # the region's templates are the operator's
    "print_template": _organizer_own(_table(m.PrintTemplate).c.organizer_id, "operator"),
}
