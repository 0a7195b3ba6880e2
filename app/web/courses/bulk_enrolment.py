"""«Записать на курс» for many people at once, from the list of employees and from a group's card; the rule's answer comes first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import flash, redirect, render_template, request
from flask_appbuilder import expose
from sqlalchemy import select
from werkzeug.wrappers import Response

from app import addresses
from app import models as m
from app.access import current_actor, get_visible, get_writable
from app.errors import Invalid, NotFound, PortalError
from app.extensions import db
from app.russian import count, format_date, period
from app.services.courses.enrolment import course_invitations, enrolment_check, enrolments
from app.services.courses.enrolment.enrolment_check import Line
from app.services.courses.enrolment.enrolments import EnrolResult
from app.statuses import BulkMode, EnrolmentStatus, GroupStatus
from app.web.courses import mending
from app.web.frame.answers import attempt, attempt_each
from app.web.frame.guards import guarded, signed_in
from app.web.frame.pages import Button, Cell, Column, Link, Row
from app.web.frame.parts import Part

ACTION = "enrol"
LABEL = "Записать на курс"
#: so many people are enrolled at once at most
MOST = 200
_HEADS = tuple(Column(head, head) for head in ("Работник", "Место работы", "Можно ли записать"))
_RESULT_HEADS = tuple(Column(head, head) for head in ("Работник", "Что получилось"))


@dataclass(frozen=True, slots=True)
class Person:
    """A line of the page: its cells, and whether its box may be and is ticked."""

    row: Row
    may: bool
    ticked: bool


@dataclass(frozen=True, slots=True)
class EnrolPage:
    """The page of enrolling many: the group, its people with the decision for each, or what became of them."""

    title: str
    crumbs: Sequence[Link]
    ids: str
    buttons: Sequence[Button] = ()
    group: m.TrainingGroup | None = None
    facts: str = ""
    quotas: Sequence[str] = ()
    people: Sequence[Person] = ()
    problem: str = ""
    mode: BulkMode = BulkMode.FIT
    wait: bool = True
    modes: Sequence[BulkMode] = tuple(BulkMode)
    columns: Sequence[Column] = _HEADS
    results: Sequence[Row] = ()
    result_columns: Sequence[Column] = _RESULT_HEADS
    summary: str = ""
    note: str = ""


# --- where it starts -------------------------------------------------------------------------------------------------


class EnrolMany(Part):
    """«Записать на курс» in the list of employees sends the chosen people to the page below."""

    def bulk_actions(self) -> list[Button]:
        """One button, for those who enrol others."""
        return [Button(LABEL, ACTION, post=True)] if current_actor().can("enrolment:add") else []

    def allows(self, name: str) -> bool:
        """The right to enrol."""
        if name == ACTION:
            current_actor().require("enrolment:add")
        return name == ACTION

    def order_many(self, name: str, rows: Sequence[Any]) -> Response | None:
        """Nothing is done yet: the page asks for the group first."""
        if name != ACTION:
            return None
        if len(rows) > MOST:
            people = count(MOST, "человека", "человек", "человек")
            flash(f"За один раз можно записать не больше {people}. Отметьте меньше людей.", "warning")
            return redirect(addresses.listing(self.table))
        return redirect(addresses.at("enrolment", "many", ids="-".join(str(row.id) for row in rows)))


class GroupFilling(Part):
    """Buttons of a group's card that fill it: enrol oneself or several people, invite those who planned the program."""

    def buttons(self, row: m.TrainingGroup) -> list[Button]:
        """While enrolment is open."""
        actor, found = current_actor(), list[Button]()
        if row.status != GroupStatus.OPEN:
            return found
        if actor.can("enrolment:add"):
            found.append(Button(LABEL, addresses.form("enrolment", group=row.id), main=True))
        if actor.can("enrolment:add") and "school" in actor.roles:
            found.append(Button("Записать работников", addresses.at("enrolment", "many", group=row.id)))
        if self.may(row, "invite"):
            confirm = "Пригласить тех, кто выбрал эту программу в плане и ещё не записан? Каждый получит одно извещение об этой группе, а согласные на новости — и письмо."
            href = addresses.act("training_group", row.id, "invite")
            found.append(Button("Пригласить из плана", href, post=True, confirm=confirm))
        return found


class GroupConfirming(Part):
    """«Подтвердить записи» of a group: all that the schools have agreed."""

    @expose("/confirm_all/<int:pk>", methods=["POST"])
    @signed_in
    def confirm_all(self, pk: int) -> Any:
        """Confirm them one by one; one that is refused keeps none of the others."""
        current_actor().require("enrolment:confirm")
        group = get_writable(db.session, m.TrainingGroup, pk, "enrolment:confirm")
        agreed = enrolments.agreed_in(group.id)
        names = {row.id: row.employee.short_name for row in agreed}
        answers = attempt_each(list(names), enrolments.confirm)
        refused = [(names[pk], why.message) for pk, why in zip(names, answers, strict=True) if why]
        done = len(names) - len(refused)
        if done or not refused:
            words = f"Подтверждено: {count(done, 'запись', 'записи', 'записей')}."
            flash(
                words if done else "Подтверждать нечего: решения по всем записям уже приняты.",
                "success" if done else "info",
            )
        for name, why in refused[:10]:
            flash(f"{name}: {why}", "danger")
        lacking = len({lack.enrolment_id for lack in mending.lacks_of(group)} & names.keys())
        if done and lacking:
            people = count(lacking, "человека", "человек", "человек")
            flash(f"У {people} из них в карточке не хватает сведений для документа: попросите исправить.", "warning")
        return redirect(addresses.card("training_group", pk))


def invite_planned(group_id: int) -> Response:
    """Invite the people of the plan; the organizer is told only how many."""
    number = course_invitations.invite(group_id)
    if number:
        flash(f"Приглашено: {number}.", "success")
    else:
        flash("Приглашать некого: все, кто выбрал программу в плане, уже записаны, обучены или приглашены.", "info")
    return redirect(addresses.card("training_group", group_id))


# --- the page --------------------------------------------------------------------------------------------------------


class BulkEnrolment(Part):
    """Page ``many`` of the enrolments: several people into one group."""

    @expose("/many", methods=["GET", "POST"])
    @guarded("add")
    def many(self) -> Any:
        """Show the people with the rule's decision for each, then enrol those that are ticked."""
        if request.method == "POST":
            return self._enrol_ticked()
        ids = _read_ids(request.args.get("ids", "").split("-"))
        form = self.view.add_form(request.args, meta={"csrf": False})
        if "group" in request.args:
            form.group.validate(form)
        return _render(self._many_page(ids, form.group.data), form)

    def _many_page(self, ids: Sequence[int], group: m.TrainingGroup | None, **more: Any) -> EnrolPage:
        chosen = bool(ids)
        if group is not None and not ids:
            ids = enrolment_check.working_people(most=MOST + 1)
        note = ""
        if len(ids) > MOST:
            ids = ids[:MOST]
            note = f"Показаны не все: людей больше {MOST}. Остальных отметьте в списке «Работники» и нажмите «{LABEL}»."
        lines = enrolment_check.preview(ids, group) if group is not None else []
        if group is not None and chosen and len(lines) < len(ids):
            raise NotFound("Одного из отмеченных людей нет или он вам не виден. Ничего не выполнено.")
        return EnrolPage(
            title=f"{LABEL}: {count(len(ids), 'человек', 'человека', 'человек')}" if chosen else LABEL,
            crumbs=self.crumbs(),
            buttons=_buttons(ids if chosen else (), group),
            ids="-".join(str(pk) for pk in ids) if chosen else "",
            group=group,
            facts=_facts(group) if group is not None else "",
            quotas=_quotas(lines),
            people=[_person(line, ticked=chosen and line.verdict.place is not None) for line in lines],
            note=note,
            **more,
        )

    def _enrol_ticked(self) -> Any:
        ids, shown = _read_ids(request.form.getlist("rowid")), _read_ids(request.form.get("ids", "").split("-"))
        typed = request.form.get("group", "")
        if not typed:
            raise Invalid("Выберите группу, затем отметьте тех, кого нужно записать.")
        group = get_visible(db.session, m.TrainingGroup, _number(typed), "training_group:show")
        mode = BulkMode.ALL if request.form.get("mode") == BulkMode.ALL else BulkMode.FIT
        options: dict[str, Any] = {"mode": mode, "wait": request.form.get("wait") == "1"}
        if len(enrolment_check.writable_people(ids)) < len(ids):
            raise NotFound("Одного из отмеченных людей нет или он вам не виден. Ничего не выполнено.")
        results = attempt(lambda: _enrol(ids, group.id, options))
        if isinstance(results, PortalError):
            page = self._many_page(shown or ids, group, problem=results.message, **options)
            return _render(page, self.view.add_form(meta={"csrf": False})), 422
        # the seats have been taken by UPDATE: what is said beside the result is what is left
        db.session.refresh(group)
        page = EnrolPage(
            title=f"{LABEL}: что получилось",
            crumbs=self.crumbs(),
            buttons=_buttons((), group),
            ids="",
            group=group,
            facts=_facts(group),
            results=_result_rows(results),
            summary=_summary(results),
        )
        return _render(page, None)


def _enrol(ids: Sequence[int], group_id: int, options: dict[str, Any]) -> Sequence[EnrolResult]:
    if not ids:
        raise Invalid("Отметьте тех, кого нужно записать.")
    return enrolments.enrol_many(ids, group_id, **options)


def _render(page: EnrolPage, form: Any) -> str:
    return render_template("bulk_enrolment.html", page=page, form=form)


def _buttons(ids: Sequence[int], group: m.TrainingGroup | None) -> list[Button]:
    if group is None:
        return []
    found = [Button("Открыть группу", addresses.card("training_group", group.id))]
    if ids:
        href = addresses.at("enrolment", "many", ids="-".join(str(pk) for pk in ids))
        found.append(Button("Выбрать другую группу", href))
    return found


def _number(typed: str) -> int:
    return int(typed) if typed.isdecimal() and len(typed) < 10 else 0


def _read_ids(typed: Sequence[str]) -> list[int]:
    found = list(dict.fromkeys(_number(text) for text in typed if text))
    if len(found) > MOST:
        raise Invalid(f"За один раз можно записать не больше {count(MOST, 'человека', 'человек', 'человек')}.")
    if 0 in found:
        raise NotFound("Одного из отмеченных людей нет или он вам не виден. Ничего не выполнено.")
    return found


def _facts(group: m.TrainingGroup) -> str:
    free = group.capacity - group.taken
    left = f"свободно {free} из {group.capacity}" if free > 0 else f"свободных мест нет ({group.capacity} занято)"
    return f"{period(group.starts_on, group.ends_on)}, {group.place}. Запись по {format_date(group.enrol_until)}. Места: {left}."


def _quotas(lines: Sequence[Line]) -> list[str]:
    return [f"По квоте {q.whose} свободно {q.free} из {q.seats}." for q in enrolment_check.quotas_left(lines)]


def _person(line: Line, *, ticked: bool) -> Person:
    verdict = line.verdict
    place = verdict.place
    if verdict.existing is not None:
        state = Cell(verdict.existing.status.label, "уже в этой группе", tone=verdict.existing.status.tone)
    elif place is not None and verdict.decision.waits:
        state = Cell("Лист ожидания", verdict.decision.reason, tone="wait")
    elif place is not None:
        block = verdict.block
        paid = f"{block.title}, чек по {format_date(block.valid_until)}" if block is not None else "чек не нужен"
        state = Cell("Можно", paid, tone="ok")
    else:
        state = Cell("Нельзя", verdict.decision.reason, tone="bad")
    works_at = place or verdict.works_at
    where = Cell(works_at.position.name, works_at.organization.short_name) if works_at is not None else Cell("—")
    href = addresses.card("employee", verdict.employee_id)
    return Person(Row(verdict.employee_id, href, [Cell(line.name), where, state]), place is not None, ticked)


def _result_rows(results: Sequence[EnrolResult]) -> list[Row]:
    people = db.session.scalars(select(m.Employee).where(m.Employee.id.in_([r.employee_id for r in results])))
    names = {person.id: person.full_name for person in people}
    rows = []
    for result in results:
        made = result.enrolment
        href = addresses.card("enrolment", made.id) if made is not None else ""
        cell = (
            Cell(made.status.label, tone=made.status.tone) if made else Cell("Не записан", result.refusal, tone="bad")
        )
        rows.append(Row(result.employee_id, href, [Cell(names.get(result.employee_id, "—")), cell]))
    return rows


def _summary(results: Sequence[EnrolResult]) -> str:
    waiting = sum(r.enrolment is not None and r.enrolment.status == EnrolmentStatus.WAITING for r in results)
    refused = sum(r.enrolment is None for r in results)
    parts = [f"Записано: {len(results) - waiting - refused}."]
    if waiting:
        parts.append(f"В листе ожидания: {waiting}.")
    if refused:
        parts.append(f"Не записано: {refused}.")
    return " ".join(parts)
