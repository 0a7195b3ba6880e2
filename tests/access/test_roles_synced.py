"""The table of rights, the row rules and FAB's rows say the same; every way out of the scope is on a list."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, select, text

from app import access, statuses
from app import models as m
from app.access import ScopeError, acting_as, scope, set_actor, unscoped
from app.actor import Actor, Grant
from app.extensions import db
from app.permissions import ROLES, all_permissions
from app.row_rules import READ_RULES, WRITE_RULES
from app.services.access.accounts import sync_roles

ROOT = Path(__file__).resolve().parents[2]

#: rights that are about no table
BESIDE_TABLES = {"statistics", "queue"}

_LINKS = """
SELECT r.name, v.name || ':' || replace(p.name, 'can_', '') FROM ab_permission_view_role l
JOIN ab_role r ON r.id = l.role_id JOIN ab_permission_view pv ON pv.id = l.permission_view_id
JOIN ab_permission p ON p.id = pv.permission_id JOIN ab_view_menu v ON v.id = pv.view_menu_id
"""

#: file → reasons for which it leaves the row scope; a new one is added here on purpose
LEAVES_THE_SCOPE = {
    "app/services/access/sessions.py": [
        "a session is nobody's row",
        "sessions that are over",
        "the own session",
        "the own sessions",
    ],
    "app/services/access/looking_as.py": [
        "the own session",
        "the user looked at: the journal names whose eyes were given back",
    ],
    "app/services/personnel/cards/declension.py": ["the name under which a head signs is printed in the договор"],
    "app/services/portal/backup.py": ["are the files of a restored copy whole"],
    "app/services/portal/twins.py": ["a name is unique in its municipality", "a name is unique in the whole directory"],
    "app/cli.py": ["first account of an installation"],
    "app/audit.py": ["history of a row that the actor sees"],
    "app/exchange/staff/staff_known.py": ["the people of an imported list are matched against all cards"],
    "app/exchange/engine/kept_batch.py": ["former values are kept for a term"],
    "app/exchange/engine/list_import.py": [
        "a list is taken back whole, as it was written",
        "the journal's place between what was before a list and after it",
    ],
    "app/exchange/engine/uploads.py": [
        "the file of a batch that the actor sees",
    ],
    "app/jobs.py": ["nightly work", "outgoing mail", "outgoing mail"],
    "app/services/access/accounts.py": ["command line", "own password"],
    "app/services/tasks/background.py": [
        "files past their term are removed by the portal",
        "work is begun by the portal, for its user",
        "work that failed is closed by the portal",
        "work whose job is lost is found by the portal",
    ],
    "app/services/access/alarms.py": ["does an account open everything: yes or no"],
    "app/services/access/access_requests.py": [
        "organizations for which a person may answer",
        "roles end with the place of work",
        "the names of the places of one user's requests",
        "the names of the places of one user's roles",
    ],
    "app/services/courses/program/program_editions.py": [
        "drafts of groups follow the edition that the actor publishes",
        "is a program's code taken in a year",
        "offers follow the edition that the actor publishes",
        "the editions of a program that the actor publishes",
    ],
    "app/services/planning/campaigns.py": ["campaigns follow their days", "whether a campaign is used at all"],
    "app/services/planning/leavers.py": [
        "people whose place of work has ended",
        "the wishes of a person whose place of work has ended",
    ],
    "app/services/planning/own_plan.py": [
        "the wishes of a person whom the actor plans for",
        "what the person whom the actor plans for has learnt",
    ],
    "app/services/planning/offers.py": ["what is offered for the year is public"],
    "app/services/planning/group_demand.py": ["groups are made of all wishes of the region"],
    "app/services/planning/plan_fact.py": ["figures of the plan: the organizer learns numbers only"],
    "app/services/planning/proposal_edits.py": ["the offer of a group, whatever became of it"],
    "app/services/planning/proposal_story.py": [
        "names of what a proposal breaks",
        "offers of the plan, whatever became of them",
    ],
    "app/services/planning/proposal_writing.py": ["groups are made of all wishes of the region"] * 2,
    "app/services/planning/proposals.py": ["groups are made of all wishes of the region"],
    "app/services/planning/approval_letters.py": ["whom an approved plan concerns"],
    "app/services/planning/plan_letters.py": [
        "everybody is told that the choice has begun",
        "letters by the days of planning",
        "the people of each school who have chosen nothing",
        "the people of each school who have chosen nothing",
        "the people who have chosen nothing",
        "what an organizer has not put up yet",
    ],
    "app/services/planning/planners.py": [
        "the wishes of people whom the actor plans for",
        "what people whom the actor plans for have learnt",
    ],
    "app/services/planning/wish_letters.py": [
        "what a letter says of an offered program is public",
        "what a letter says of an offered program is public",
    ],
    "app/services/planning/withdrawn_offers.py": [
        "who chose an offer that its organizer takes back: the organizer learns nobody"
    ],
    "app/services/planning/year_blocks.py": ["the blocks of people whom the actor plans for"],
    "app/services/courses/program/organizer_rules.py": ["laws for organizers are the same for everybody"],
    "app/services/courses/program/program_files.py": ["the file of a program that the actor sees"],
    "app/services/courses/program/programs.py": ["has a program groups that were opened: only whether"],
    "app/services/paper/corrections/after_sending.py": [
        "papers of one organizer that tell of each other's changes",
        "whoever changes facts marks the papers of every owner that tell of them",
    ],
    "app/services/paper/registries/frdo_batches.py": [
        "the blank of ФИС ФРДО of an organizer whose batch the actor sees"
    ],
    "app/documents/frdo/frdo_before.py": ["facts about a listener that ФИС ФРДО asks of the organizer"],
    "app/services/paper/issuing/mend_requests.py": ["whether a group's organizer has asked today"],
    "app/documents/frdo/frdo_source.py": ["facts about the owner of a document that ФИС ФРДО asks of its organizer"],
    "app/services/paper/issuing/group_progress.py": [
        "how far a group has come: only numbers, for who sees all its people"
    ],
    "app/services/portal/ways.py": [
        "what was done to a row that the actor sees, and the names of those who decide on it"
    ],
    "app/services/portal/files.py": ["files past their term are removed by the portal"],
    "app/web/access/access_view.py": ["whether the role of a request still holds"],
    "app/services/access/registrations.py": [
        "a registration is nobody's row before it is confirmed",
        "a registration is nobody's row before it is confirmed",
        "is the person known already: only the address on record",
        "letters to one address: only a number",
        "public directories of the registration",
    ],
    "app/services/access/registration_check.py": [
        "the account of a registration gets its card",
        "the card that a registration joins",
    ],
    "app/services/access/own_registration.py": [
        "the own account takes the corrected name",
        "the own registration and the public directories",
        "the own registration is deleted, the own account emptied",
    ],
    "app/services/portal/captcha.py": ["spent answers are nobody's rows"],
    "app/services/personnel/consents/consents.py": [
        "may a letter be sent: yes or no",
        "the account of who has given the consent",
        "the account of who withdrew the consent",
        "the consents of one person",
    ],
    "app/services/identity/withdrawals.py": ["the last letter to a person"],
    "app/services/personnel/consents/consent_texts.py": ["texts of consents are public"] * 2,
    "app/services/identity/own_data.py": ["a person is given a copy of the own data, wherever they stand"],
    "app/services/identity/anonymise.py": ["a person is made nameless, wherever the data stand"],
    "app/web/access/registration_forms.py": ["public directories of the registration"] * 2,
    "app/services/portal/calendar.py": ["the calendar is the same for everybody"],
    "app/services/courses/enrolment/catalogue.py": ["public catalogue: no personal data"],
    "app/services/desk/own_calendar.py": ["the feed of one's own courses, by its secret address"],
    "app/services/courses/enrolment/course_invitations.py": [
        "who planned a program: the organizer learns only a number"
    ],
    "app/services/courses/enrolment/group_transfers.py": ["the blocks of a person who is transferred"],
    "app/services/courses/enrolment/waiting_list.py": ["offers end by themselves"] * 2
    + ["the place in a waiting list: only numbers", "the waiting list moves up by itself"]
    + ["waiting lists are tended by the portal"] * 2,
    "app/services/paper/issuing/certificates.py": ["an enrolment is locked while its document is issued"],
    "app/services/paper/issuing/document_check.py": [
        "public check of a document: its printed facts without СНИЛС and birth date"
    ],
    "app/services/paper/issuing/duplicates.py": ["documents of a group that are to be replaced"],
    "app/services/paper/printing/template_files.py": ["a template is found by its content: nobody's data"],
    "app/services/courses/enrolment/enrolment_letters.py": [
        "the names of those who decide on an enrolment are told to its person"
    ],
    "app/services/courses/enrolment/enrolments.py": ["nightly check of guard 1: only a number"],
    "app/services/courses/group/frozen_groups.py": ["what followed from a group: only numbers"],
    "app/services/paper/corrections/corrections.py": [
        "the listeners of a corrected group are told",
        "the listeners of a group that is corrected",
        "the listeners of a group that is corrected",
        "the outcomes of a group that is corrected: only a number",
    ],
    "app/services/paper/corrections/outdated.py": ["documents follow the enrolments that are corrected"] * 2,
    "app/services/courses/group/group_changes.py": [
        "each listener is told which of the own courses the new dates overlap",
        "reminders of a group begin anew with its new start",
    ],
    "app/services/courses/group/group_jobs.py": ["groups whose day has come: only ids"],
    "app/services/courses/group/group_quotas.py": [
        "the names of the places of a group's quotas",
        "who of a group's people is counted in its new quota",
    ],
    "app/services/courses/group/groups.py": [
        "open groups of the same program are public",
        "the enrolments of a group that the actor may change",
    ],
    "app/services/access/invitations.py": [
        "has the person an account: only its id",
        "is an address taken by another account: yes or no",
        "which logins of one beginning are taken",
    ],
    "app/services/mailing/letter_templates.py": ["the words of letters are the same for everybody"],
    "app/services/mailing/letter_kinds.py": [
        "what a letter says of a group is public",
        "where to a person moves: the name of an organization",
        "whose program a letter tells of",
        "whose registry a letter tells of",
    ],
    "app/services/courses/enrolment/course_events.py": [
        "the person's own dates",
        "when a group meets first: for the letters to its people",
    ],
    "app/services/courses/group/schedule_letters.py": ["everybody with a place in a changed group is told"],
    "app/services/courses/enrolment/course_reminders.py": [
        "the listeners of a group are reminded by the portal",
        "which groups start tomorrow: only ids",
    ],
    "app/services/mailing/digest.py": [
        "the notices of one user become a letter",
        "was the digest sent today: yes or no",
        "whose notices wait for the digest: only ids",
    ],
    "app/services/mailing/letters.py": [
        "in whose cabinet a notice is put",
        "operators are told what waits for them",
        "where to write to a person",
        "where to write to a user",
    ],
    "app/services/access/links.py": ["links are nobody's rows"] * 3,
    "app/services/access/passwords.py": ["the hashes of former passwords"] * 2 + ["the password's own account"],
    "app/services/personnel/cards/changes.py": [
        "the row of a correction that the actor sees",
        "who answers for the person's card",
    ],
    "app/services/personnel/cards/correctable.py": ["the words of a directory's row in a correction"],
    "app/services/personnel/cards/people.py": [
        "does a number stand on another card: yes or no",
        "is the person already known: only ids",
        "people are locked in one order",
        "people are locked in one order",
    ],
    "app/services/paper/printing/print_templates.py": [
        "by which template a paper is printed is the same for everybody",
        "who uploaded a template that the actor sees: only the name",
    ],
    "app/services/desk/cases.py": ["what the acting user has decided today"],
    "app/services/portal/undo.py": ["whose decision it is", "whose decision it is: only the user's id"],
    "app/services/desk/queue_letter.py": ["who decides: only ids"],
    "app/services/access/recovery.py": ["the owner of a link", "whose access is to be recovered"],
    "app/services/portal/records.py": ["an organization may not become its own unit", "is a row in use: only numbers"],
    "app/services/personnel/employers/reminders.py": ["what is late in every organization"],
    "app/services/paper/registries/registry_people.py": ["people of a registry that the actor forms"],
    "app/services/paper/registries/registries.py": [
        "the file of a registry that the actor sees",
        "the former file of a registry that the actor may change",
    ],
    "app/services/paper/registries/registry_schedule.py": ["saved registries of all users are sent by the portal"] * 2,
    "app/services/personnel/employers/responsible.py": [
        "the name of an organization",
        "whom to tell about an organization's people",
    ],
    "app/services/voucher/voucher_numbers.py": ["is a number of a чек taken: yes or no"],
    "app/services/courses/enrolment/seats.py": ["seat and block follow the enrolment"] * 3,
    "app/services/courses/enrolment/course_facts.py": ["whether a person is busy: yes or no"],
    "app/services/voucher/voucher_blocks.py": ["blocks are locked in one order"]
    + ["seat and block follow the enrolment"] * 5,
    "app/services/portal/settings.py": ["settings are the same for everybody"],
    "app/services/access/second_factor.py": ["recovery codes of the own account"] * 3 + ["the own second factor"] * 2,
    "app/services/access/sign_in.py": ["sign-in", "sign-in", "the own sign-ins"],
    "app/services/desk/figure_counts.py": ["the region's figures"],
    "app/services/desk/statistics.py": ["the region's totals: numbers only"],
    "app/services/personnel/moves/transfer_letters.py": ["the names of both sides of a move that the actor sees"] * 2
    + ["the person who moves is told", "where a person may move: names only"],
    "app/services/personnel/moves/transfers.py": [
        "a move begun by the organization that hires",
        "a move just begun",
        "the new place of a move",
        "the place of work that is left",
        "the place of work that is left",
        "what the former organization has agreed",
        "whom another organization wants to hire",
    ],
    "app/services/portal/transitions.py": ["a status that follows from another action"],
    "app/services/voucher/voucher_check.py": ["public check of a чек: its facts without personal data"],
    "app/services/voucher/voucher_reminders.py": ["reminders of a чек follow it", "reminders of the end of every чек"],
    "app/services/voucher/voucher_replacement.py": ["the blocks of a чек follow it"],
    "app/services/voucher/voucher_story.py": ["the journal of a чек, its blocks and enrolments that the actor sees"],
    "app/services/voucher/vouchers.py": [
        "a чек that nobody has got is taken back",
        "the group that holds a block, for the refusal's sentence",
        "the owner of a чек that has ended",
        "the term of every чек ends by itself",
    ],
}


def _leavings() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for path in sorted((ROOT / "app").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) == "unscoped":
                reason = ast.literal_eval(node.args[0])
                found.setdefault(str(path.relative_to(ROOT)), []).append(reason)
    return {name: sorted(reasons) for name, reasons in found.items()}


def test_every_way_out_of_the_scope_is_listed() -> None:
    assert _leavings() == LEAVES_THE_SCOPE


def _links(session: Any) -> set[tuple[str, str]]:
    return {(role, permission) for role, permission in session.execute(text(_LINKS))}


def test_fab_rows_equal_the_table_of_rights(session: Any) -> None:
    wanted = {(code, permission) for code, role in ROLES.items() for permission in role.permissions}
    assert _links(session) == wanted
    assert sync_roles() == 0


def test_fab_rows_are_put_right_again(session: Any) -> None:
    """A right given or taken by hand in FAB's tables does not survive the next start."""
    before = _links(session)
    session.execute(
        text("DELETE FROM ab_permission_view_role WHERE role_id = (SELECT id FROM ab_role WHERE name = 'school')")
    )
    assert _links(session) != before
    assert sync_roles() > 0
    assert _links(session) == before


def test_roles_of_fab_and_of_the_portal_have_the_same_names(session: Any) -> None:
    names = {name for (name,) in session.execute(text("SELECT name FROM ab_role"))}
    assert set(ROLES) <= names


def test_every_right_names_a_table_and_a_known_action() -> None:
    tables = set(m.mapped_classes())
    objects = {permission.split(":")[0] for permission in all_permissions()}
    assert objects - tables == BESIDE_TABLES
    verbs = {"list", "show", "add", "edit", "delete", "export"}
    own = {
        "survey:request",
        "plan_offer:demand",
        "plan_item:control",
        "plan_item:remind",
        "plan_result:correct",
        "employee:import",
        "training_group:registry",
        "registry:renew",
        "registry:overview",
        "certificate:print",
        "certificate:issue",
        "enrolment:result",
        "enrolment:correct",
        "enrolment:retake",
        "training_group:correct",
        "statistics:show",
        "ab_user:unlock",
        "ab_user:reset_password",
        "ab_user:reset_second_factor",
        "ab_user:invite",
        "ab_user:lock",
        "ab_user:view_as",
        "employee:apply",
        "employee:archive",
        "employee:give_data",
        "employee:invite",
        "employee:access_sheet",
        "employee:confirm_actual",
        "transfer:hire",
        "employee_merge:undo",
        "voucher:replace",
        "certificate:replace",
        "certificate:hand",
        "frdo_batch:answer",
        "training:import",
        "plan_item:import",
        "voucher:import",
        "voucher:print",
        "enrolment:transfer",
        "enrolment:attend",
        "training_group:invite",
        "plan_campaign:groups",
        "plan_campaign:fact",
    }
    unknown = []
    for permission in all_permissions() - own:
        table, verb = permission.split(":")
        if verb not in verbs and verb not in statuses.actions_of(table):
            unknown.append(permission)
    assert sorted(unknown) == []


def test_every_action_with_a_button_is_held_by_some_role(demo_app: Any) -> None:
    """A button that nobody may press is a mistake of the table."""
    orphans = []
    for view in demo_app.appbuilder.baseviews:
        for name in getattr(view, "services", {}):
            if f"{view.table}:{name}" not in all_permissions():
                orphans.append(f"{view.table}:{name}")
    assert orphans == []


def test_every_table_has_a_row_rule_for_known_roles() -> None:
    assert set(READ_RULES) == set(m.mapped_classes())
    for rules in (*READ_RULES.values(), *WRITE_RULES.values()):
        assert set(rules) <= set(ROLES)
    assert set(WRITE_RULES) <= set(READ_RULES)


@pytest.mark.parametrize("role", ROLES)
def test_every_rule_of_every_role_is_sql_that_runs(session: Any, role: str) -> None:
    actor = Actor(user_id=1, name="Проба", employee_id=1, grants=(Grant(role, (1,), (1,)),))
    for table, model in m.mapped_classes().items():
        expression = scope(actor, table)
        statement = select(model.__table__.c[0]).limit(1)
        session.execute(statement if expression is None else statement.where(expression)).all()


def test_nobody_acting_and_unknown_tables_raise(session: Any) -> None:
    token = set_actor(None)
    try:
        with pytest.raises(ScopeError):
            session.scalars(select(m.Employee)).all()
    finally:
        token.var.reset(token)
    with pytest.raises(ScopeError):
        scope(Actor(user_id=1, name="Проба", grants=(Grant("operator"),)), "no_such_table")


def test_a_second_application_adds_the_scope_once(session: Any) -> None:
    """The session factory outlives an application; twice the expressions would be a slow page, not a safer one."""
    seen: list[str] = []
    bind = session.get_bind()
    access.install(db.session)
    access.install(db.session)
    listener = lambda *given, **_more: seen.append(given[2])  # noqa: E731
    event.listen(bind, "before_cursor_execute", listener)
    try:
        with acting_as(Actor(user_id=1, name="x", employee_id=1, grants=(Grant("worker"),))):
            session.scalars(select(m.Employee)).all()
    finally:
        event.remove(bind, "before_cursor_execute", listener)
    (sql,) = [words for words in seen if "FROM employee" in words]
    assert sql.count("employee.id = ") == 1


def test_no_role_means_no_row(session: Any, people: tuple[int, int]) -> None:
    """A user without a role, and a role without a place, see no person."""
    for grants in (
        (),
        (Grant("school"),),
        (Grant("territory"),),
        (Grant("organizer"),),
        (Grant("worker"),),
        (Grant("observer"),),
    ):
        with acting_as(Actor(user_id=None, name="Проба", grants=grants)):
            assert session.scalars(select(m.Employee.id)).all() == [], grants


def test_the_scope_is_in_every_kind_of_statement(session: Any, people: tuple[int, int]) -> None:
    """Columns, aliases, joins, counts, updates and deletes of the ORM: not only whole rows."""
    from sqlalchemy import delete, func, update
    from sqlalchemy.orm import aliased

    mine, foreign = people
    actor = Actor(user_id=None, name="Проба", employee_id=mine, grants=(Grant("worker"),))
    other = aliased(m.Employee)
    with acting_as(actor):
        assert session.scalars(select(m.Employee.id)).all() == [mine]
        assert session.scalar(select(func.count()).select_from(m.Employee)) == 1
        assert session.scalars(select(other.last_name)).all() == ["Своя"]
        assert session.scalars(select(m.Employment).join(m.Employment.employee)).all() == []
        assert session.get(m.Employee, foreign) is None
        assert session.execute(update(m.Employee).values(degree="x")).rowcount == 1
        assert session.execute(delete(m.Employee).where(m.Employee.id == foreign)).rowcount == 0
    session.rollback()
    with unscoped("proof that there is a row to miss"):
        assert session.get(m.Employee, foreign) is not None


@pytest.fixture
def people(session: Any) -> tuple[int, int]:
    """Ids of two people."""
    from tests.services.makers import make_employee

    return make_employee(last_name="Своя").id, make_employee(last_name="Чужая").id


# --- sensitive rights, written by hand -------------------------------------------------------------------------------


def test_sensitive_rights_are_held_by_those_and_only_those() -> None:
    """Who decides about чеки, gives roles, deletes people or reads the journal is not changed by accident."""
    expected = {
        "voucher_application:approve": {"operator"},
        "voucher_application:reject": {"operator"},
        "voucher:annul": {"operator"},
        "program:publish": {"operator"},
        "employment:confirm": {"operator"},
        "employee:delete": {"operator"},
        "employee:import": {"operator", "school"},
        "employee:add": {"operator", "school"},
        "employee:apply": {"school"},
        "employee:archive": {"school", "worker"},
        "employee:give_data": {"operator"},
        "setting:list": {"operator"},
        "setting:edit": {"operator"},
        "employee:edit": {"operator", "school"},
        "employee:list": {"operator", "ministry", "territory", "school"},
        "employee:export": {"operator", "ministry", "territory", "school"},
        "enrolment:agree": {"school"},
        "enrolment:confirm": {"organizer"},
        "enrolment:result": {"organizer"},
        "certificate:issue": {"organizer"},
        "assignment:add": {"admin"},
        "assignment:edit": {"admin"},
        "ab_user:add": {"admin"},
        "ab_user:edit": {"admin"},
        "ab_user:reset_password": {"admin"},
        "ab_user:reset_second_factor": {"admin"},
        "ab_user:invite": {"school", "operator"},
        "ab_user:lock": {"school", "operator", "admin"},
        "ab_user:unlock": {"school", "operator", "admin"},
        "employee:invite": {"school", "operator"},
        "employee:access_sheet": {"school", "operator"},
        "employee:confirm_actual": {"school", "operator"},
        "change_request:add": {"worker"},
        "change_request:accept": {"school", "operator"},
        "transfer:hire": {"school"},
        "transfer:accept": {"school"},
        "transfer:confirm": {"operator"},
        "employee_merge:add": {"operator"},
        "employee_merge:undo": {"operator"},
        "quality_rule:edit": {"operator"},
        "audit_entry:list": {"operator"},
        "organization:edit": {"operator", "territory"},
        "statistics:show": {"observer"},
    }
    found = {
        permission: {code for code, role in ROLES.items() if permission in role.permissions} for permission in expected
    }
    assert found == expected


def test_readers_change_nothing() -> None:
    """The observer sees aggregates; the ministry and the worker change no record of another."""
    changing = {"add", "edit", "delete"}
    assert ROLES["observer"].permissions == {"statistics:show"}
    assert {p for p in ROLES["ministry"].permissions if p.split(":")[1] in changing} == set()
    assert {p for p in ROLES["worker"].permissions if p.split(":")[1] in changing} == {
        "voucher_application:add",
        "enrolment:add",
        "plan_item:add",
        "unmet_wish:add",
        "change_request:add",
        "transfer:add",
        # own courses that nobody has confirmed yet
        "training:add",
        "training:edit",
        "training:delete",
    }
    business = {"employee", "voucher", "voucher_application", "enrolment", "certificate", "program", "training_group"}
    assert {p for p in ROLES["admin"].permissions if p.split(":")[0] in business} == set()
