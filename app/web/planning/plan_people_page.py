"""«План школы»: people × wishes of the user's organizations; choose for one or many, agree, decline; for others read-only."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import flash, render_template, request
from flask_appbuilder import BaseView, expose
from werkzeug.wrappers import Response

from app import addresses
from app import models as m
from app.access import find_actor
from app.acts import act_label
from app.documents import doors
from app.documents.papers.organization_plan_paper import PLAN
from app.errors import Invalid
from app.russian import count
from app.services.planning import organization_plan, school_plan, wishes
from app.services.planning.organization_plan import OrganizationPlan
from app.services.portal import undo
from app.web.frame.action_pages import not_done
from app.web.frame.answers import answer_act, attempt_each
from app.web.frame.downloads import download_of
from app.web.frame.guards import guarded
from app.web.frame.pages import CardPage, Link
from app.web.frame.pdf_tasks import MAKERS, as_pdf
from app.web.frame.typed import row_id
from app.web.frame.undoing import tell_done
from app.web.planning.own_plan_page import typed_months
from app.web.planning.plan_people_rows import TITLE, asked_of_address, find_page, found_organizations, page_of

#: people for whom a program is chosen at once
MOST = 300
_NO_PLAN = "План на следующий год ещё не начат."


def sees_people() -> bool:
    """Whether the user sees the wishes of others as a table (for the menu)."""
    actor = find_actor()
    return actor is not None and actor.can("plan_item:export")


class PlanPeopleView(BaseView):
    """The table of the user's organizations; who sees all of them names one first."""

    route_base = "/plan_people"
    default_view = "index"
    class_permission_name = "plan_item"

    @expose("/")
    @guarded("export")
    def index(self) -> Any:
        """People with their wishes."""
        asked = asked_of_address()
        organizations = school_plan.own_organizations(asked)
        if school_plan.is_wide() and not organizations:
            return render_template(
                "plan_find.html", page=find_page(), typed=request.args.get("school", ""), found=found_organizations()
            )
        plan = school_plan.of_organizations(organizations, asked)
        if plan is None:
            return render_template("card.html", page=CardPage(TITLE, crumbs=[Link(TITLE, current=True)], note=_NO_PLAN))
        return render_template("plan_people.html", page=page_of(plan, asked))

    @expose("/choose", methods=["POST"])
    @guarded("export")
    def choose(self) -> Response:
        """Choose one program for the ticked people; one who is refused hinders none of the others."""

        def act() -> None:
            ids = _ticked()
            offer = row_id(request.form.get("offer", ""))
            if offer is None:
                raise Invalid("Выберите программу, потом нажмите «Выбрать отмеченным».")
            results = wishes.propose_many(ids, offer, months=typed_months())
            done = [one for one in results if one.item is not None]
            if done:
                flash(f"Выбрано: {count(len(done), 'работнику', 'работникам', 'работникам')}.", "success")
            refused = {one.employee_id: one.refusal for one in results if one.refusal}
            if refused:
                named = school_plan.names_of(list(refused))
                flash(not_done("Выбрано", [(named[pk], why) for pk, why in refused.items()]), "danger")

        return answer_act(act, _back())

    @expose("/agree", methods=["POST"])
    @guarded("export")
    def agree(self) -> Response:
        """Agree all wishes of the ticked people that wait for the user; undone as any decision."""

        def act() -> None:
            waiting = school_plan.waiting_of(_ticked())
            batch = undo.new_batch()
            answers = attempt_each(
                waiting,
                lambda pk: undo.take(m.PlanItem, pk, "agree", lambda: wishes.agree(pk), batch=batch, label=waiting[pk]),
            )
            refused = [(name, why.message) for name, why in zip(waiting.values(), answers, strict=True) if why]
            words = act_label("plan_item", "agree")
            if len(refused) < len(waiting):
                tell_done(batch, f"{words}: {len(waiting) - len(refused)}.")
            if refused:
                flash(not_done(words, refused), "danger")

        return answer_act(act, _back())

    @expose("/paper", methods=["POST"])
    @guarded("export")
    def paper(self) -> Response:
        """«План обучения организации» for Word, or as PDF by a task of the user."""

        def act() -> Response:
            given = {"organization": _paper_of()}
            if request.args.get("as") == "pdf":
                plan = organization_plan.of_organization(given["organization"])
                return as_pdf(PLAN, given, title=_paper_name(plan), permission=organization_plan.RIGHT)
            data, name = _paper(given)
            return download_of(data, f"{name}.docx")

        return answer_act(act, _back())

    @expose("/decline", methods=["POST"])
    @guarded("export")
    def decline(self) -> Response:
        """Decline one wish with a reason."""

        def act() -> None:
            pk, reason = row_id(request.args.get("item", "")), request.form.get("reason", "")
            if pk is None:
                raise Invalid("Нажмите «Отклонить» у заявки в таблице.")
            batch = undo.new_batch()
            undo.take(
                m.PlanItem, pk, "decline", lambda: wishes.decline(pk, reason), batch=batch, label=f"заявка № {pk}"
            )
            tell_done(batch, f"{act_label('plan_item', 'decline')}.")

        return answer_act(act, _back())


def _paper_of() -> int:
    found = row_id(request.args.get("of", ""))
    if found is None:
        raise Invalid("Выберите организацию, план которой печатаете.")
    return found


def _paper_name(plan: OrganizationPlan) -> str:
    return f"План обучения на {plan.year} год, {plan.organization.short_name}"


def _paper(given: Mapping[str, Any]) -> tuple[bytes, str]:
    """The DOCX and its name; for the task that makes the PDF too."""
    plan = organization_plan.of_organization(given["organization"])
    return doors.organization_plan(plan), _paper_name(plan)


MAKERS[PLAN] = _paper


def _ticked() -> list[int]:
    found = [number for value in request.form.getlist("rowid") if (number := row_id(value)) is not None]
    if not found:
        raise Invalid("Сначала отметьте работников.")
    if len(found) > MOST:
        raise Invalid(f"За один раз можно отметить не больше {count(MOST, 'работника', 'работников', 'работников')}.")
    return found


def _back() -> str:
    """The same table: what narrows it comes with the form."""
    return f"{addresses.PLAN_PEOPLE}?{query}" if (query := request.args.get("query", "")) else addresses.PLAN_PEOPLE
