"""Columns, filters and small blocks shared by the views: people, places of work, groups, seats, roles, the journal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import flash, url_for
from sqlalchemy import and_, case, or_, select

from app import models as m
from app import shown
from app.access import current_actor
from app.acts import action_label, changes_in_words
from app.clock import today
from app.conditions import at_work, block_state, employed, is_held, is_in_force, is_past, main_place
from app.extensions import db
from app.labels import THINGS
from app.permissions import ROLES
from app.russian import age, count, format_date, years
from app.services.access import accounts, passwords
from app.services.portal import records
from app.statuses import FILLING, BlockStatus
from app.text import sort_key as by_people
from app.text.sql import sort_key
from app.unit_of_work import use_case
from app.web.frame.list_sql import between
from app.web.frame.listing import ListColumn, ListFilter
from app.web.frame.pages import Block, Button, Cell, Column, Row

# --- people ----------------------------------------------------------------------------------------------------------


def _person_detail(person: m.Employee) -> str:
    if person.birth_date is None:
        return "дата рождения не указана"
    return f"{format_date(person.birth_date)} · {years(age(person.birth_date, today()))}"


PERSON = ListColumn(
    "full_name",
    "Работник",
    lambda p: p.full_name,
    lambda p: Cell(p.full_name, _person_detail(p)),
    (m.Employee.sort,),
)


def _owner(row: Any) -> Cell:
    person = row.employee
    return Cell(person.full_name, shown.end("snils", person.snils, empty="без СНИЛС")) if person else Cell("—")


OWNER = ListColumn("employee", "Работник", lambda r: r.employee.full_name if r.employee else "", _owner)


def live_employment(person: m.Employee) -> m.Employment | None:
    """The person's live main place of work, else any live one."""
    return main_place(person.employments)


def place_name(employment: m.Employment) -> str:
    """Organization of a place of work; one outside the user's scope is not named."""
    return employment.organization.short_name if employment.organization else "другая организация"


def _workplace(person: m.Employee) -> Cell:
    place = live_employment(person)
    return Cell(place.position.name, place_name(place)) if place else Cell("не работает", tone="grey")


def _workplace_text(person: m.Employee) -> str:
    place = live_employment(person)
    return f"{place.position.name}, {place_name(place)}" if place else ""


WORKPLACE = ListColumn("workplace", "Должность, место работы", _workplace_text, _workplace)


def _category(person: m.Employee) -> Cell:
    live = [a for a in person.attestations if a.valid_until is None or a.valid_until >= today()]
    if not live:
        return Cell("нет")
    last = max(live, key=lambda a: a.valid_from)
    return Cell(last.kind.name, f"по {format_date(last.valid_until)}" if last.valid_until else "бессрочно")


CATEGORY = ListColumn("category", "Категория", lambda p: _category(p).text, _category)


def _voucher(person: m.Employee) -> Cell:
    live = next((v for v in person.vouchers if is_in_force(v)), None)
    return Cell("Действует", f"по {format_date(live.valid_until)}", tone="ok") if live else Cell("нет")


VOUCHER = ListColumn("voucher", "Чек", lambda p: _voucher(p).text, _voucher)

_employment = m.Employment.__table__


def _belongs(condition: Any) -> Any:
    """People of such places of work today; of those who work nowhere yet, the places that begin later.

    So that among who works now are those, and only those, who work in such a place now.
    """
    to_come = select(_employment.c.employee_id).where(employed(place=_employment), condition)
    return or_(_at_work(condition), and_(m.Employee.id.in_(to_come), ~_at_work()))


def _by_id(column: Any) -> Any:
    return lambda value, _to: _belongs(column == int(value)) if value.isdecimal() and len(value) < 10 else None


EMPLOYER = ListFilter("organization", "Организация", "lookup", _by_id(_employment.c.organization_id))
POSITION = ListFilter("position", "Должность", "lookup", _by_id(_employment.c.position_id))

# --- places of work, attestation -------------------------------------------------------------------------------------


def _employment_cell(row: Any) -> Cell:
    place = row.employment
    return Cell(place.position.name, place_name(place)) if place else Cell("—")


EMPLOYMENT = ListColumn(
    "employment",
    "Место работы",
    lambda r: f"{r.employment.position.name}, {place_name(r.employment)}" if r.employment else "",
    _employment_cell,
)
#: NULL where nobody has told the first day
_begun_on = case((m.Employment.start_known, m.Employment.started_on))
STARTED = ListColumn(
    "started_on",
    "Принят",
    lambda e: e.begun_on or "не указано",
    lambda e: Cell(format_date(e.begun_on) if e.begun_on else "не указано", number=True),
    (_begun_on,),
)
STARTED_FILTER = ListFilter("started_on", "Принят", "dates", lambda first, last: between(_begun_on, first, last))
VALID_UNTIL = ListColumn(
    "valid_until",
    "Действует по",
    lambda a: a.valid_until or "бессрочно",
    lambda a: Cell(format_date(a.valid_until) if a.valid_until else "бессрочно", number=True),
    (m.Attestation.valid_until,),
)

# --- чеки ------------------------------------------------------------------------------------------------------------

BLOCK_TONES = {BlockStatus.FREE: "grey", BlockStatus.RESERVED: "go", BlockStatus.USED: "ok", BlockStatus.LAPSED: "bad"}


def _blocks_text(voucher: m.Voucher) -> str:
    free = sum(block_state(b, voucher) == BlockStatus.FREE for b in voucher.blocks)
    return f"свободно {free} из {len(voucher.blocks)}"


BLOCKS = ListColumn("blocks", "Блоки", _blocks_text, lambda v: Cell(_blocks_text(v)))


def rule_blocks(rule: m.VoucherRule) -> Block:
    """Blocks of a voucher rule, with the button that adds one."""
    rows = [
        Row(
            b.id,
            url_for("VoucherRuleBlockView.show", pk=b.id),
            [
                Cell(b.title, href=url_for("VoucherRuleBlockView.show", pk=b.id)),
                Cell(b.kind.label),
                Cell(f"{b.hours_min}–{b.hours_max}", number=True),
            ],
        )
        for b in rule.blocks
    ]
    heads = [Column(h, h) for h in ("Блок", "Вид", "Часы")]
    buttons = []
    if current_actor().can("voucher_rule_block:add"):
        buttons.append(Button("Добавить блок", url_for("VoucherRuleBlockView.add", rule=rule.id)))
    return Block("Блоки", columns=heads, rows=rows, empty="Блоков нет.", buttons=buttons)


# --- programs, groups, certificates ----------------------------------------------------------------------------------


def _program(row: m.Program) -> Cell:
    edition = f" · редакция {row.edition}" if row.edition > 1 else ""
    return Cell(row.title, f"шифр {row.code}{edition}")


PROGRAM = ListColumn("title", "Программа", lambda p: p.title, _program, (m.Program.sort,))
GROUP = ListColumn(
    "number",
    "Группа",
    lambda g: f"{g.number}, {g.program.title if g.program else ''}",
    lambda g: Cell(f"№ {g.number}", g.program.title if g.program else ""),
    (m.TrainingGroup.number,),
)
GROUP_DATES = ListColumn(
    "starts_on",
    "Занятия",
    lambda g: f"{format_date(g.starts_on)} – {format_date(g.ends_on)}",
    lambda g: Cell(f"{format_date(g.starts_on)} – {format_date(g.ends_on)}", f"запись по {format_date(g.enrol_until)}"),
    (m.TrainingGroup.starts_on,),
)


def _fill(group: m.TrainingGroup) -> str:
    """What the seats of a group lack: people up to the minimum before the training, else free ones."""
    lacks = group.minimum - group.taken
    if lacks > 0 and group.status in FILLING:
        return f"до минимума не хватает {count(lacks, 'слушателя', 'слушателей', 'слушателей')}"
    return "мест нет" if group.taken >= group.capacity else f"свободно {group.capacity - group.taken}"


SEATS = ListColumn(
    "taken",
    "Места",
    lambda g: f"{g.taken} из {g.capacity}",
    lambda g: Cell(f"{g.taken} из {g.capacity}", _fill(g)),
    (m.TrainingGroup.taken,),
)


def _enrolment_group(row: m.Enrolment) -> Cell:
    group = row.group
    return Cell(group.program.title, f"группа {group.number}, с {format_date(group.starts_on)}") if group else Cell("—")


ENROLMENT_GROUP = ListColumn(
    "group", "Курс", lambda e: f"{e.group.program.title}, группа {e.group.number}" if e.group else "", _enrolment_group
)
CERTIFICATE_PROGRAM = ListColumn(
    "program",
    "Программа",
    lambda c: str(c.snapshot.get("program", "")),
    lambda c: Cell(str(c.snapshot.get("program", "")), f"{c.snapshot.get('hours', '')} ч"),
)

# --- organizations ---------------------------------------------------------------------------------------------------


def _organization(row: m.Organization) -> Cell:
    return Cell(row.short_name, f"подразделение: {row.parent.short_name}" if row.parent else "")


ORGANIZATION = ListColumn("short_name", "Организация", lambda o: o.short_name, _organization, (m.Organization.sort,))


def units_block(row: m.Organization) -> Block:
    """Structural units of an organization."""
    rows = []
    for unit in row.units:
        href = url_for("OrganizationView.show", pk=unit.id)
        rows.append(Row(unit.id, href, [Cell(unit.short_name, href=href), Cell(str(unit.type))]))
    heads = [Column("unit", "Подразделение"), Column("type", "Тип")]
    return Block("Структурные подразделения", columns=heads, rows=rows, empty="Подразделений нет.")


def own_organizations() -> Any:
    """Condition: organizations on which the responsible person may enter people; None for those who see all."""
    actor = current_actor()
    ids = actor.places("school")
    return m.Organization.id.in_(ids) if ids and "operator" not in actor.roles else None


def working() -> Any:
    """Condition: people who work today, for the responsible person in the own organizations."""
    actor = current_actor()
    mine = m.Employee.id == actor.employee_id
    if "operator" in actor.roles:
        return _at_work()
    return or_(_at_work(_employment.c.organization_id.in_(actor.places("school"))), and_(mine, _at_work()))


def _at_work(*conditions: Any) -> Any:
    return m.Employee.id.in_(select(_employment.c.employee_id).where(at_work(place=_employment), *conditions))


def own_organizers() -> Any:
    """Condition: organizers whose programs the user may enter."""
    actor = current_actor()
    if "operator" in actor.roles:
        return m.Organization.is_organizer
    return m.Organization.id.in_(actor.places("organizer"))


def own_organizer(view: Any) -> dict[str, Any]:
    """The only organizer whose programs the user enters, for a new form."""
    ids = current_actor().places("organizer")
    rows = view.lookup.choose("organizer", ids) if len(ids) == 1 else []
    return {"organizer": rows[0]} if rows else {}


def self_as_employee(view: Any) -> dict[str, Any]:
    """The acting worker, for a form about oneself."""
    own = current_actor().employee_id
    rows = view.lookup.choose("employee", [own]) if own and "worker" in current_actor().roles else []
    return {"employee": rows[0]} if rows else {}


# --- accounts and roles ----------------------------------------------------------------------------------------------


def _account_roles(row: m.Account) -> str:
    held = [ROLES[a.role].title for a in row.assignments if is_held(a)]
    later = [a for a in row.assignments if not is_held(a) and not is_past(a.valid_to)]
    to_come = [f"{ROLES[a.role].title} с {format_date(a.valid_from)}" for a in later]
    return ", ".join(dict.fromkeys([*(held or ["без роли"]), *to_come]))


ACCOUNT = ListColumn(
    "last_name",
    "Пользователь",
    lambda u: u.full_name,
    lambda u: Cell(u.full_name, u.email),
    (sort_key(m.Account.last_name),),
)
ACCOUNT_ROLES = ListColumn("roles_text", "Роли", _account_roles, lambda u: Cell(_account_roles(u)))
ASSIGNED_ROLE = ListColumn(
    "role", "Роль", lambda a: ROLES[a.role].title, lambda a: Cell(ROLES[a.role].title), (m.Assignment.role,)
)
ROLE = ListFilter(
    "role",
    "Роль",
    "choice",
    lambda v, _t: m.Assignment.role == v,
    lambda: [(code, r.title) for code, r in ROLES.items()],
)


def roles_block(row: m.Account) -> Block:
    """Roles of an account with their places and terms."""
    rows = []
    for a in row.assignments:
        href = url_for("AssignmentView.show", pk=a.id)
        place = str(a.organization or a.territory or "вся область")
        term = f"с {format_date(a.valid_from)}" + (f" по {format_date(a.valid_to)}" if a.valid_to else "")
        rows.append(
            Row(a.id, href, [Cell(ROLES[a.role].title, href=href), Cell(place), Cell(term), Cell(a.basis or "—")])
        )
    heads = [Column(h, h) for h in ("Роль", "Где", "Срок", "Основание")]
    return Block("Роли", columns=heads, rows=rows, empty="Ролей нет: пользователь ничего не видит.")


@use_case
def create_account(values: Mapping[str, Any]) -> m.Account:
    """Create an account with a one-time password, shown once to the administrator."""
    row = records.create(m.Account, dict(values))
    password = passwords.give_one_time(row)
    db.session.flush()
    flash(f"Одноразовый пароль: {password}. Передайте его пользователю: больше он не покажется.", "info")
    return row


def reset_password(user_id: int) -> None:
    """Give a one-time password and show it once."""
    password = accounts.reset_password(user_id)
    flash(f"Одноразовый пароль: {password}. Передайте его пользователю: больше он не покажется.", "info")


# --- journal ---------------------------------------------------------------------------------------------------------


def _changes_text(entry: m.AuditEntry) -> str:
    return changes_in_words(entry.action, entry.changes)


AUDIT_ACTION = ListColumn(
    "action", "Что сделано", lambda e: action_label(e.action), lambda e: Cell(action_label(e.action))
)
AUDIT_CHANGES = ListColumn("changes", "Было → стало", _changes_text, lambda e: Cell(_changes_text(e)))
AUDIT_OBJECT = ListFilter(
    "object_table",
    "Над чем",
    "choice",
    lambda v, _t: m.AuditEntry.object_table == v,
    lambda: sorted(((code, t.plural) for code, t in THINGS.items()), key=lambda pair: by_people(pair[1])),
)
