"""«Группы из заявок» of a campaign: the proposal of groups, changed by hand, solved again, written, taken back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from flask import flash, render_template, request
from flask_appbuilder import expose
from werkzeug.wrappers import Response

from app import addresses
from app import models as m
from app.access import get_visible
from app.clock import local
from app.errors import Conflict, Invalid, NotFound
from app.extensions import db
from app.labels import MONTHS
from app.rules.plan_groups import Broken
from app.russian import count, format_datetime
from app.services.planning import proposal_edits, proposal_story, proposal_writing, proposals
from app.services.planning.proposal_story import Member, Numbers, OfferLine
from app.statuses import CampaignStatus
from app.web.frame.answers import answer_act
from app.web.frame.guards import guarded
from app.web.frame.pages import Button, Link
from app.web.frame.parts import Part

TITLE = "Группы из заявок"
#: a proposal with more groups is shown organizer by organizer
WHOLE = 120
_MONTHS = [(n, MONTHS[str(n)]) for n in range(1, 13)]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposalPage:
    """The proposal of a campaign; ``why_not``: why nothing can be solved now."""

    title: str
    crumbs: Sequence[Link]
    campaign_id: int
    proposal: m.PlanProposal | None
    why_not: str
    summary: Sequence[tuple[str, str]] = ()
    state: str = ""
    numbers: Numbers | None = None
    lines: Sequence[OfferLine] = ()
    months: Sequence[tuple[int, str]] = field(default_factory=lambda: _MONTHS)
    organizers: Sequence[tuple[str, str, bool]] = ()
    broken: Sequence[str] = ()
    editable: bool = False
    actions: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposedGroupPage:
    """One group of a proposal with its people, or the people whom an offer leaves over."""

    title: str
    crumbs: Sequence[Link]
    group: m.PlanProposalGroup | None
    members: Sequence[Member]
    months: Sequence[tuple[int, str]] = ()
    places: Sequence[tuple[str, str]] = ()
    targets: Sequence[tuple[int, str]] = ()
    back: str = ""
    action: str = ""
    editable: bool = False
    broken: Sequence[str] = ()
    offer_id: int | None = None


class ProposalOfGroups(Part):
    """Pages ``groups`` and ``proposed`` of a campaign, and what their buttons do."""

    def buttons(self, row: m.PlanCampaign) -> list[Button]:
        """Once the choice is over."""
        if row.status not in (CampaignStatus.CLOSED, CampaignStatus.APPROVED) or not self.may(row, "groups"):
            return []
        return [Button(TITLE, _page(row.id))]

    @expose("/groups/<int:pk>")
    @guarded("groups")
    def groups(self, pk: int) -> Any:
        """The proposal: what it serves, who is left over and why, groups by program and month."""
        campaign = _campaign(pk)
        proposal = proposals.find(pk)
        found = proposal_edits.broken(pk) if proposal is not None else []
        page = ProposalPage(
            title=f"{TITLE}: {campaign}",
            crumbs=self.crumbs(campaign, TITLE),
            campaign_id=pk,
            proposal=proposal,
            why_not=proposals.why_not_solve(campaign),
            actions={name: addresses.at("plan_campaign", name, pk) for name in _ACTIONS},
            **(_shown(proposal, found) if proposal is not None else {}),
        )
        return render_template("plan_groups.html", page=page)

    @expose("/proposed/<int:pk>")
    @guarded("groups")
    def proposed(self, pk: int) -> Any:
        """One group with its people (``group``), or those whom an offer leaves over (``offer``)."""
        return render_template("plan_group.html", page=self._group_page(_campaign(pk)))

    def _group_page(self, campaign: m.PlanCampaign) -> ProposedGroupPage:
        proposal = proposals.find(campaign.id)
        group_id, offer_id = (_number(request.values.get(name)) for name in ("group", "offer"))
        if proposal is None or (group_id is None and offer_id is None):
            crumbs = self.crumbs(campaign, TITLE)
            return ProposedGroupPage(
                title=f"{TITLE}: {campaign}", crumbs=crumbs, group=None, members=(), back=_page(campaign.id)
            )
        row = proposal_edits.find_group(proposal, group_id) if group_id is not None else None
        if group_id is not None and row is None:
            raise NotFound("Этой группы в плане больше нет: его решили заново.")
        editable = proposal.written_at is None
        shared: dict[str, Any] = {
            "crumbs": [*self.crumbs(campaign), Link(TITLE, _page(campaign.id)), Link("Группа", current=True)],
            "back": _page(campaign.id),
            "action": addresses.at("plan_campaign", "change_group", campaign.id),
            "editable": editable,
        }
        if row is None:
            members = proposal_story.members(proposal, offer_id=offer_id)
            offer = get_visible(db.session, m.PlanOffer, offer_id or 0, "plan_offer:show")
            targets = [(one.id, _name(one)) for one in proposal_story.groups_of_offer(proposal, offer.id)]
            title = f"Не вошли в группы: {offer.program.title}"
            return ProposedGroupPage(
                title=title, group=None, members=members, targets=targets, offer_id=offer.id, **shared
            )
        wrong = [one for one in proposal_edits.broken(campaign.id) if row.id in one.groups]
        return ProposedGroupPage(
            title=row.offer.program.title,
            group=row,
            members=proposal_story.members(proposal, group_id=row.id),
            months=[(n, MONTHS[str(n)]) for n in sorted(row.offer.months)],
            places=proposal_story.places_in_words(row.offer),
            targets=[
                (one.id, _name(one)) for one in proposal_story.groups_of_offer(proposal, row.offer_id, but=row.id)
            ],
            broken=proposal_story.broken_words(wrong),
            **shared,
        )

    @expose("/solve_groups/<int:pk>", methods=["POST"])
    @guarded("groups")
    def solve_groups(self, pk: int) -> Any:
        """Order a proposal; locked groups stay."""
        _campaign(pk)

        def act() -> str:
            proposals.order(pk)
            flash("Задание принято. Когда группы будут составлены, откройте их снова из карточки плана.")
            return addresses.TASKS

        return answer_act(act, _page(pk))

    @expose("/change_group/<int:pk>", methods=["POST"])
    @guarded("groups")
    def change_group(self, pk: int) -> Any:
        """Change one group: its facts, its month by a drag, its lock; remove it; move a person."""
        _campaign(pk)
        return answer_act(lambda: _change(pk), _back(pk))

    @expose("/write_groups/<int:pk>", methods=["POST"])
    @guarded("groups")
    def write_groups(self, pk: int) -> Any:
        """Write the draft groups and include the wishes; many of them as work."""
        _campaign(pk)
        return answer_act(lambda: _write(pk), _page(pk))

    @expose("/unwrite_groups/<int:pk>", methods=["POST"])
    @guarded("groups")
    def unwrite_groups(self, pk: int) -> Any:
        """Take the written groups back."""
        _campaign(pk)
        return answer_act(lambda: _unwrite(pk), _page(pk))


_ACTIONS = ("solve_groups", "change_group", "write_groups", "unwrite_groups", "proposed")


def _page(campaign_id: int, **query: Any) -> str:
    return addresses.at("plan_campaign", "groups", campaign_id, **query)


def _campaign(pk: int) -> m.PlanCampaign:
    return get_visible(db.session, m.PlanCampaign, pk, proposals.RIGHT)


def _number(typed: str | None) -> int | None:
    return int(typed) if typed and typed.isascii() and typed.isdigit() and len(typed) < 10 else None


def _name(row: m.PlanProposalGroup) -> str:
    place = row.municipality.name if row.municipality else "дистанционно"
    return f"{MONTHS[str(row.month)]}, {place}, мест {row.size}"


def _shown(proposal: m.PlanProposal, found: Sequence[Broken]) -> dict[str, Any]:
    numbers = proposal_story.numbers(proposal)
    known = [pk for pk, _, _ in numbers.organizers]
    asked = _number(request.args.get("organizer"))
    chosen = asked if asked in known else (known[0] if numbers.groups > WHOLE else None)
    share = proposal.people * 100 // proposal.bound if proposal.bound else 100
    summary = [
        ("Людей получат курс", f"{proposal.people} из {proposal.bound}, которых вообще можно обслужить ({share} %)"),
        ("Групп", str(numbers.groups)),
        ("Заявок в группах", str(numbers.wishes)),
        ("Заявок не вошло", str(sum(many for _, many in numbers.left))),
    ]
    state = f"Составлено {format_datetime(local(proposal.solved_at))}."
    if proposal.edited_at and proposal.edited_at > proposal.solved_at:
        state += f" Изменено вручную {format_datetime(local(proposal.edited_at))}: числа людей — на день решения."
    if proposal.written_at:
        state = f"Группы записаны черновиками {format_datetime(local(proposal.written_at))}."
    rest = proposal_story.told_rest(found)
    return {
        "summary": summary,
        "state": state,
        "numbers": numbers,
        "lines": proposal_story.offer_lines(proposal, chosen, proposal_story.broken_ids(found)),
        "organizers": [(str(pk), f"{name} ({many})", pk == chosen) for pk, name, many in numbers.organizers],
        "broken": [*proposal_story.broken_words(found), *([rest] if rest else [])],
        "editable": proposal.written_at is None,
    }


# --- buttons ---------------------------------------------------------------------------------------------------------


def _back(campaign_id: int) -> str:
    """Where a refused change leads: to the page of the group when it came from there."""
    group = _number(request.form.get("group"))
    if request.form.get("from") == "group" and group is not None:
        return addresses.at("plan_campaign", "proposed", campaign_id, group=group)
    offer = _number(request.form.get("offer"))
    if request.form.get("from") == "offer" and offer is not None:
        return addresses.at("plan_campaign", "proposed", campaign_id, offer=offer)
    return _page(campaign_id, organizer=_number(request.form.get("organizer")))


def _change(campaign_id: int) -> str | Response | None:
    group_id = _number(request.form.get("group"))
    does: dict[str, Callable[[int, int | None], str | None]] = {
        "facts": _facts,
        "month": _month,
        "lock": _lock,
        "unlock": _lock,
        "remove": _remove,
        "person": _person,
    }
    act = does.get(request.form.get("do", ""))
    if act is None:
        raise Conflict("Неизвестное действие. Обновите страницу.")
    return act(campaign_id, group_id)


def _month(campaign_id: int, group_id: int | None) -> None:
    row = proposal_edits.move(campaign_id, group_id or 0, _number(request.form.get("month")) or 0)
    flash(f"Группа перенесена на {MONTHS[str(row.month)]} и закреплена: новое решение её не тронет.", "success")


def _facts(campaign_id: int, group_id: int | None) -> None:
    size = _number(request.form.get("size"))
    if size is None:
        raise Invalid("Число мест — целое число.")
    proposal_edits.change(
        campaign_id,
        group_id or 0,
        month=_number(request.form.get("month")) or 0,
        place=_number(request.form.get("place")),
        size=size,
        locked=bool(request.form.get("locked")),
    )
    flash("Группа изменена.", "success")


def _lock(campaign_id: int, group_id: int | None) -> None:
    locked = request.form.get("do") == "lock"
    proposal_edits.lock(campaign_id, group_id or 0, locked=locked)
    flash("Группа закреплена: новое решение её не тронет." if locked else "Группа откреплена.", "success")


def _remove(campaign_id: int, group_id: int | None) -> str:
    proposal_edits.remove(campaign_id, group_id or 0)
    flash("Группа убрана. Её люди не вошли в план, пока вы не решите его заново или не переведёте их сами.", "success")
    return _page(campaign_id)


def _person(campaign_id: int, _group_id: int | None) -> None:
    item, target = _number(request.form.get("item")), _number(request.form.get("to"))
    proposal_edits.move_person(campaign_id, item or 0, target)
    flash("Человек переведён." if target is not None else "Человек убран из группы.", "success")


def _write(campaign_id: int) -> str | None:
    if proposal_writing.is_long(campaign_id):
        proposal_writing.order(campaign_id, proposal_writing.WRITING)
        flash("Задание принято: групп много, портал записывает их по очереди.")
        return addresses.TASKS
    made = proposal_writing.write(campaign_id)
    words = count(made, "черновик группы", "черновика групп", "черновиков групп")
    flash(f"Записано: {words}. Организаторы проверят даты и откроют запись.", "success")
    return None


def _unwrite(campaign_id: int) -> str | None:
    if proposal_writing.is_long(campaign_id):
        proposal_writing.order(campaign_id, proposal_writing.TAKING_BACK)
        flash("Задание принято: портал убирает записанные группы.")
        return addresses.TASKS
    gone = proposal_writing.take_back(campaign_id)
    flash(f"Убрано: {count(gone, 'группа', 'группы', 'групп')}. Заявки снова согласованы.", "success")
    return None
