"""Pages of the rules by which vouchers (чеки) are issued: what was done by each rule, its blocks, its new version."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, cast

from flask import flash, request
from flask_appbuilder import expose
from flask_appbuilder.forms import DynamicForm
from flask_appbuilder.models.sqla.interface import SQLAInterface
from flask_wtf import FlaskForm
from wtforms import StringField
from wtforms.validators import InputRequired, Length, Optional

from app import addresses
from app import models as m
from app.access import current_actor, get_writable
from app.extensions import db
from app.russian import format_date
from app.services.voucher import voucher_rules
from app.services.voucher.voucher_rules import STAYS_OPEN, Usage
from app.web.frame.answers import answer_form
from app.web.frame.forms import REQUIRED, FieldSource, PortalModelConverter, RuDateField, form_values
from app.web.frame.guards import guarded
from app.web.frame.pages import Block, Button, Cell, Column, FormPage, Pair, Row
from app.web.frame.parts import Part
from app.web.frame.scoped_view import ScopedModelView

_OPEN = ("title", "valid_to")
_FIRST_BLOCK = ("title", "kind", "hours_min", "hours_max")
_NOTE = (
    "По этому правилу уже подавали заявки или выдавали чеки, поэтому изменить можно только название и дату окончания. "
    "Для остального нажмите «Новая версия» в карточке правила."
)
_VERSION_NOTE = (
    "Портал повторит правило вместе с блоками, а прежнее закроет днём раньше. Потом исправьте в новой версии условия и блоки. "
    "Заявки и чеки по прежнему правилу останутся при своих условиях."
)


class VersionForm(FlaskForm):
    """From which day a new version is in force, and how it is called."""

    valid_from = RuDateField("С какого дня действует", [InputRequired(REQUIRED)], offers_today=False)
    title = StringField(
        "Название",
        [Optional(), Length(max=255)],
        description="Пусто — портал назовёт сам: прежнее название и день, с которого версия действует.",
    )


class _BlockFields(FieldSource):
    """The fields of the first block."""

    hints = {"hours_min": "Самая короткая программа, которую оплатит блок: от 16 часов."}
    datamodel = SQLAInterface(m.VoucherRuleBlock)


def usage_of(rule_id: int) -> Usage:
    """What has been done by a rule, asked once per request."""
    known: dict[int, Usage] = request.environ.setdefault("portal.rule_usage", {})
    if rule_id not in known:
        known[rule_id] = voucher_rules.usage(rule_id)
    return known[rule_id]


class RuleVersions(Part):
    """The next version of a rule: how one that has been applied is changed."""

    def buttons(self, row: m.VoucherRule) -> Sequence[Button]:
        """A change is a new version."""
        if not (current_actor().can("voucher_rule:add") and self.may(row, "edit")):
            return ()
        return [Button("Новая версия", addresses.at("voucher_rule", "version", row.id), main=True)]

    @expose("/version/<int:pk>", methods=["GET", "POST"])
    @guarded("edit")
    def version(self, pk: int) -> Any:
        """Ask from which day the new version is in force; the former one ends on the day before."""
        row, form = get_writable(db.session, m.VoucherRule, pk, "voucher_rule:edit"), VersionForm()

        def create() -> str:
            title = (form.title.data or "").strip() or None
            made = voucher_rules.new_version(pk, cast(dt.date, form.valid_from.data), title=title)
            flash(_made(made), "success")
            return addresses.card("voucher_rule", made.id)

        def page() -> FormPage:
            title = f"Новая версия: {row.title}"
            return self.view.card_form(row, form, title=title, submit="Создать версию", note=_VERSION_NOTE)

        return answer_form(form, create, page)


class VoucherRulePages(ScopedModelView):
    """The card and the forms of rules."""

    parts = (RuleVersions,)

    def _init_forms(self) -> None:
        """A new rule comes with its first block; one that has been applied keeps all but its title and its end."""
        super()._init_forms()
        rule = PortalModelConverter(self).fields(self.form_columns)
        block = PortalModelConverter(_BlockFields()).fields(_FIRST_BLOCK)
        self.frozen_form = type("FrozenRule", (DynamicForm,), {name: rule[name] for name in _OPEN})
        self.add_form = type("NewRule", (DynamicForm,), rule | {f"block_{name}": f for name, f in block.items()})
        self.add_sections = (*self.sections, ("Первый блок", [f"block_{name}" for name in _FIRST_BLOCK]))

    def create_from(self, form: Any) -> Any:
        """Create the rule together with its first block."""
        block = form_values(_Unprefixed(form), _FIRST_BLOCK, m.VoucherRuleBlock)
        return voucher_rules.create(self.values(form), block)

    def blocks(self, row: m.VoucherRule) -> Sequence[Block]:
        """The rule, what has been done by it, its blocks."""
        done, blocks = usage_of(row.id), _rule_blocks(row)
        pairs = [Pair("Выдано чеков", Cell(str(done.vouchers), number=True))]
        pairs.append(Pair("Подано заявок", Cell(str(done.applications), number=True)))
        if done.last_on is not None:
            pairs.append(Pair("Применялось последний раз", Cell(format_date(done.last_on), number=True)))
        note = _NOTE if done.frozen and self.may(row, "edit") else ""
        return [
            *super().blocks(row),
            replace(blocks, buttons=() if done.frozen else blocks.buttons),
            Block("Применение", pairs=pairs, note=note),
        ]

    def may(self, row: Any, verb: str) -> bool:
        """A rule that has been applied cannot be deleted."""
        return super().may(row, verb) and not (verb == "delete" and usage_of(row.id).frozen)

    # --- the form of a rule that has been applied

    def _is_short(self, row: Any) -> bool:
        """Whether the form offers the title and the end only; not for one opened before the rule was applied first."""
        sent = STAYS_OPEN | {"csrf_token", "version", "opened", "then"}
        return row is not None and usage_of(row.id).frozen and not set(request.form) - sent

    def form_of(self, row: Any) -> Any:
        """Class of the form that changes a row."""
        return self.frozen_form if self._is_short(row) else self.edit_form

    def form_sections(self, row: Any) -> Sequence[tuple[str, Sequence[str]]]:
        """Sections of the form of ``row``, None for a new record."""
        return [("Правило", _OPEN)] if self._is_short(row) else super().form_sections(row)

    def _page(self, form: Any, title: str, problems: list[str], found: Any, row: Any) -> FormPage:
        page = super()._page(form, title, problems, found, row)
        return replace(page, note=_NOTE) if self._is_short(row) else page


def _rule_blocks(rule: m.VoucherRule) -> Block:
    """Blocks of a voucher rule, with the button that adds one."""
    rows = [
        Row(
            b.id,
            addresses.card("voucher_rule_block", b.id),
            [
                Cell(b.title, href=addresses.card("voucher_rule_block", b.id)),
                Cell(b.kind.label),
                Cell(f"{b.hours_min}–{b.hours_max}", number=True),
            ],
        )
        for b in rule.blocks
    ]
    heads = [Column(h, h) for h in ("Блок", "Вид", "Часы")]
    buttons = []
    if current_actor().can("voucher_rule_block:add"):
        buttons.append(Button("Добавить блок", addresses.form("voucher_rule_block", rule=rule.id)))
    return Block("Блоки", columns=heads, rows=rows, empty="Блоков нет.", buttons=buttons)


def _made(made: m.VoucherRule) -> str:
    return (
        f"Новая версия действует с {format_date(made.valid_from)}. Исправьте её условия и блоки до этого дня: после первой "
        "заявки они закроются."
    )


class _Unprefixed:
    """The first block's fields of a form, by their own names."""

    def __init__(self, form: Any) -> None:
        self.form = form

    def __getitem__(self, name: str) -> Any:
        return self.form[f"block_{name}"]


class VoucherRuleBlockPages(ScopedModelView):
    """Pages of the blocks' view: blocks of a rule that has been applied stay as they are."""

    def may(self, row: Any, verb: str) -> bool:
        """Whether the user may do ``verb`` on this visible row."""
        return super().may(row, verb) and not (verb in ("edit", "delete") and usage_of(row.rule_id).frozen)

    def home_of(self, row: m.VoucherRuleBlock) -> str:
        """The rule."""
        return addresses.card("voucher_rule", row.rule_id)
