"""Columns and filters of the lists of people, of their places of work and of organizations."""

from __future__ import annotations

from typing import Any

from flask import request
from sqlalchemy import and_, case, not_, or_, select, union

from app import addresses, shown
from app import models as m
from app.clock import today
from app.conditions import at_work, employed, is_in_force, main_place, waits
from app.countries import COUNTRIES, RUSSIA
from app.labels import in_words
from app.russian import age, format_date, years
from app.services.desk import figure_people
from app.services.personnel.cards import quality
from app.services.personnel.trainings import past_trainings
from app.statuses import AccessRequestStatus, ChangeStatus, RegistrationStatus, TransferStatus, WithdrawalStatus
from app.text import cleaned
from app.web.frame.attention import Matter, matter_filter, matter_tab
from app.web.frame.list_sql import between
from app.web.frame.listing import ListColumn, ListFilter
from app.web.frame.pages import Block, Cell, Column, Row
from app.web.frame.tabs import EVERYTHING, of_states, to_decide

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


#: of few people it is not Russia: who prepares papers for the registry chooses the column
CITIZENSHIP = ListColumn(
    "citizenship",
    "Гражданство",
    lambda p: in_words("employee", "citizenship", p.citizenship),
    lambda p: Cell(in_words("employee", "citizenship", p.citizenship)),
    usual=False,
)
_FOREIGN = "other"


def _of_country(value: str, _to: Any) -> Any:
    is_russian = m.Employee.citizenship == RUSSIA
    return {RUSSIA: is_russian, _FOREIGN: not_(is_russian)}.get(value)


CITIZENSHIP_FILTER = ListFilter(
    "citizenship",
    "Гражданство",
    "choice",
    _of_country,
    lambda: [(RUSSIA, COUNTRIES[RUSSIA]), (_FOREIGN, "другая страна")],
)


def _category(person: m.Employee) -> Cell:
    live = [a for a in person.attestations if a.valid_until is None or a.valid_until >= today()]
    if not live:
        return Cell("")
    last = max(live, key=lambda a: a.valid_from)
    return Cell(last.kind.name, f"по {format_date(last.valid_until)}" if last.valid_until else "бессрочно")


CATEGORY = ListColumn("category", "Категория", lambda p: _category(p).text or "нет", _category)


def _voucher(person: m.Employee) -> Cell:
    live = next((v for v in person.vouchers if is_in_force(v)), None)
    return Cell("Действует", f"по {format_date(live.valid_until)}", tone="ok") if live else Cell("")


VOUCHER = ListColumn("voucher", "Чек", lambda p: _voucher(p).text or "нет", _voucher)

_employment = m.Employment.__table__


def _belongs(condition: Any) -> Any:
    """People of such places of work today; of those who work nowhere yet, the places that begin later.

    So that among who works now are those, and only those, who work in such a place now.
    """
    to_come = select(_employment.c.employee_id).where(employed(place=_employment), condition)
    return or_(working_where(condition), and_(m.Employee.id.in_(to_come), ~working_where()))


def _by_id(column: Any) -> Any:
    return lambda value, _to: _belongs(column == int(value)) if value.isdecimal() and len(value) < 10 else None


def _pairs(column: Any) -> Any:
    """What ``_belongs`` finds people by, turned round: the values that each of these people belongs to."""

    def pairs(ids: Any) -> Any:
        rows = select(_employment.c.employee_id.label("id"), column.label("key")).where(
            _employment.c.employee_id.in_(ids)
        )
        other = _employment.alias()
        works = (
            select(other.c.id).where(other.c.employee_id == _employment.c.employee_id, at_work(place=other)).exists()
        )
        return union(rows.where(at_work(place=_employment)), rows.where(employed(place=_employment), ~works))

    return pairs


def _place_filter(name: str, label: str, column: Any) -> ListFilter:
    return ListFilter(name, label, "lookup", _by_id(column), pairs=_pairs(column))


EMPLOYER = _place_filter("organization", "Организация", _employment.c.organization_id)
POSITION = _place_filter("position", "Должность", _employment.c.position_id)


def working_where(*conditions: Any) -> Any:
    """Condition: people who work today in places of work of these conditions."""
    return m.Employee.id.in_(select(_employment.c.employee_id).where(at_work(place=_employment), *conditions))


def _figure(code: str, _to: Any) -> Any:
    figure = figure_people.find_figure(code)
    return figure_people.people(figure) if figure else None


def _chosen_figure() -> list[tuple[str, str]]:
    """The figure from which the list was opened: nobody chooses one here, and it can be put off."""
    code = cleaned(request.args.get(FIGURE_NAME, ""))[:100]
    figure = figure_people.find_figure(code)
    return [(code, figure_people.in_words(figure))] if figure else []


FIGURE_NAME = "figure"
FIGURE = ListFilter(FIGURE_NAME, "Показатель", "choice", _figure, _chosen_figure)


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


# --- organizations ---------------------------------------------------------------------------------------------------


def _organization(row: m.Organization) -> Cell:
    return Cell(row.short_name, f"подразделение: {row.parent.short_name}" if row.parent else "")


ORGANIZATION = ListColumn("short_name", "Организация", lambda o: o.short_name, _organization, (m.Organization.sort,))


def units_block(row: m.Organization) -> Block:
    """Structural units of an organization."""
    rows = []
    for unit in row.units:
        href = addresses.card("organization", unit.id)
        rows.append(Row(unit.id, href, [Cell(unit.short_name, href=href), Cell(str(unit.type))]))
    heads = [Column("unit", "Подразделение"), Column("type", "Тип")]
    return Block("Структурные подразделения", columns=heads, rows=rows, empty="Подразделений нет.")


# --- «Требует внимания» ----------------------------------------------------------------------------------------------


_BROKEN = quality.conditions()

EMPLOYEE_ATTENTION = matter_filter(
    *(
        Matter(code, title.lower().replace("снилс", "СНИЛС"), _BROKEN[code])
        for code, (title, _w, _b) in quality.RULES.items()
    ),
    Matter("no_email", "без электронной почты", lambda: and_(m.Employee.email.is_(None), quality.works_here())),
    Matter("not_actual", "подтвердить актуальность", quality.not_confirmed),
    Matter("works", "работают сейчас", quality.works_here),
)
EMPLOYMENT_ATTENTION = matter_filter(
    Matter(
        "unconfirmed",
        "нужно подтвердить",
        lambda: waits(m.Employment),
    ),
)

TRAINING_ATTENTION = matter_filter(
    Matter(
        "school",
        "сверить со сканом: внесли работники",
        lambda: past_trainings.waits_for_school(m.Training.__table__),
        "training:confirm",
    ),
    Matter(
        "operator",
        "сверить со сканом: внесли ответственные",
        lambda: past_trainings.waits_for_operator(m.Training.__table__),
        "queue:list",
    ),
    Matter("no_scan", "нет скана документа", lambda: past_trainings.lacks_scan(m.Training.__table__)),
)

EMPLOYEE_TABS = (
    EVERYTHING,
    matter_tab(EMPLOYEE_ATTENTION, "works", "Работают"),
    matter_tab(EMPLOYEE_ATTENTION, "not_actual", "Подтвердить актуальность", right="employee:confirm_actual"),
)
EMPLOYMENT_TABS = (matter_tab(EMPLOYMENT_ATTENTION, "unconfirmed", "Нужно подтвердить"),)
TRAINING_TABS = (
    matter_tab(TRAINING_ATTENTION, "school", "Сверить: внесли работники", right="training:confirm"),
    matter_tab(TRAINING_ATTENTION, "operator", "Сверить: внесли ответственные", right="queue:list"),
)
CHANGE_TABS = (
    *to_decide(m.ChangeRequest),
    of_states("accepted", "Внесены", m.ChangeRequest, ChangeStatus.ACCEPTED, ChangeStatus.PARTLY),
    of_states("gone", "Отклонены и отозваны", m.ChangeRequest, ChangeStatus.DECLINED, ChangeStatus.WITHDRAWN),
)
TRANSFER_TABS = (
    *to_decide(m.Transfer),
    of_states("confirmed", "Переведены", m.Transfer, TransferStatus.CONFIRMED),
    of_states("gone", "Отклонены и отозваны", m.Transfer, TransferStatus.DECLINED, TransferStatus.WITHDRAWN),
)
REGISTRATION_TABS = (
    *to_decide(m.Registration, "Ждут проверки"),
    of_states("returned", "Возвращены", m.Registration, RegistrationStatus.RETURNED),
    of_states("confirmed", "Подтверждены", m.Registration, RegistrationStatus.CONFIRMED),
    of_states("gone", "Отклонены", m.Registration, RegistrationStatus.REJECTED),
)
ACCESS_TABS = (
    *to_decide(m.AccessRequest),
    of_states("granted", "Доступ предоставлен", m.AccessRequest, AccessRequestStatus.GRANTED),
    of_states(
        "gone", "Отказано и отозвано", m.AccessRequest, AccessRequestStatus.REJECTED, AccessRequestStatus.REVOKED
    ),
)
WITHDRAWAL_TABS = (
    *to_decide(m.ConsentWithdrawal, "Ждут обработки"),
    of_states("done", "Обработаны", m.ConsentWithdrawal, WithdrawalStatus.DONE),
)
