"""«Настройки»: what the operator may change without a programmer, on one page (design §6: a change is never lost silently)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import flash, request
from flask_appbuilder import BaseView, expose
from flask_wtf import FlaskForm
from wtforms import HiddenField, StringField

from app import addresses
from app.access import current_actor
from app.russian import count
from app.services.portal import settings
from app.services.portal.settings import SETTINGS
from app.web.frame.answers import answer_form
from app.web.frame.forms import MaskField
from app.web.frame.guards import guarded
from app.web.frame.pages import FormPage, Section

TITLE = "Настройки"
#: title of a section → its settings; one that stands in none is shown in the last
_SECTIONS: Mapping[str, Sequence[str]] = {
    "Чеки": ("voucher_number_mask", "voucher_reminder_days"),
    "Курсы": ("offer_hours", "minimum_warning_days", "attendance_percent", "trained_target"),
    "Сроки": ("change_days", "programs_until", "one_time_days", "frdo_export_days"),
    "Названия": ("portal_name", "ministry_name", "operator_name"),
}
#: what a setting does; its bounds are added to the words
HINTS: Mapping[str, str] = {
    "voucher_number_mask": "Напишите первый номер этого года так, как он должен выглядеть: год и порядковый номер с нулями впереди "
    "портал узнает сам, остальное останется как есть. Номера выданных чеков не меняются.",
    "voucher_reminder_days": "За столько дней до конца срока владелец чека с неиспользованными блоками получает напоминание.",
    "one_time_days": "Столько дней действует одноразовый пароль, который выдали на бумаге или на экране; потом нужен новый.",
    "offer_hours": "Сколько часов место, которое освободилось, ждёт ответа первого в листе ожидания. 0 — место занимается сразу.",
    "minimum_warning_days": "За столько дней до начала занятий организатор узнаёт, что слушателей меньше, чем нужно группе.",
    "attendance_percent": "Кто посетил меньшую часть занятий, тому портал предложит не допускать к итоговой аттестации. "
    "Организация может задать своё число.",
    "trained_target": "С этой долей сравниваются схема и диаграмма обученных на главной странице. 0 — сравнивать не с чем.",
    "change_days": "За столько рабочих дней ответственный вносит исправление, которое предложил работник (п. 1.6 Порядка — 10).",
    "programs_until": "Программа следующего года, внесённая позже, отмечается (п. 3.3 Порядка — 1 ноября). День и месяц через точку.",
    "frdo_export_days": "За столько дней после выдачи документа сведения о нём передают в ФИС ФРДО.",
    "portal_name": "Как портал называется в письмах.",
    "ministry_name": "Как министерство называется на бумагах портала.",
    "operator_name": "Кто подписывает письма портала.",
}
_LIST_HINT = "Через запятую, каждое число от {} до {}."
_NUMBER_HINT = "Целое число от {} до {}."


def hint(key: str) -> str:
    """What a setting does, and what may stand in it."""
    bounds = settings.BOUNDS.get(key)
    if bounds is None:
        return HINTS[key]
    words = _LIST_HINT if "," in settings.FIRST[key] else _NUMBER_HINT
    return f"{HINTS[key]} {words.format(*bounds)}"


def _form(values: Mapping[str, str]) -> Any:
    """A field for each setting, and beside it hidden what was shown."""
    fields: dict[str, Any] = {}
    for key, title, _first in SETTINGS:
        kwargs = {"inputmode": "numeric"} if settings.FIRST[key].isdecimal() else {}
        if key in settings.MASKS:
            checked = {"data-check": f"setting/{key}"}
            fields[key] = MaskField(title, shape=key, description=hint(key), render_kw=checked)
        else:
            fields[key] = StringField(title, description=hint(key), render_kw=kwargs)
        fields[f"shown_{key}"] = HiddenField()
    data = {**values, **{f"shown_{key}": value for key, value in values.items()}}
    return type("SettingsForm", (FlaskForm,), fields)(data=data)


class SettingsView(BaseView):
    """All settings in one form."""

    route_base = "/settings"
    default_view = "index"
    class_permission_name = "setting"

    @expose("/", methods=["GET", "POST"])
    @guarded("list")
    def index(self) -> Any:
        """The settings as they stand; by POST those that were typed anew are changed, all or none."""
        current_actor().require("setting:edit")
        form = _form(settings.values())

        def change() -> str:
            changed = settings.change_many(_typed(form))
            flash(_done(len(changed)), "success" if changed else "info")
            return addresses.SETTINGS

        return answer_form(form, change, lambda: _page(form))


def _typed(form: Any) -> dict[str, tuple[str | None, str]]:
    """Settings that the form holds; one that is missing in it stays."""
    sent = [key for key in settings.FIRST if key in request.form]
    return {key: (request.form.get(f"shown_{key}"), form[key].data or "") for key in sent}


def _show_meanwhile(form: Any) -> None:
    """After a refusal the form holds what is stored now beside what was typed: a field left alone takes the new value."""
    for key, value in settings.values().items():
        shown = form[f"shown_{key}"]
        if form[key].data == shown.data:
            form[key].data = value
        shown.data = value


def _done(changed: int) -> str:
    return f"Изменено: {count(changed, 'настройка', 'настройки', 'настроек')}." if changed else "Ничего не изменено."


def _page(form: Any) -> FormPage:
    if form.is_submitted():
        _show_meanwhile(form)
    known = {key for keys in _SECTIONS.values() for key in keys}
    rest = [key for key in settings.FIRST if key not in known]
    sections = [Section(title, list(keys)) for title, keys in _SECTIONS.items()]
    return FormPage(
        TITLE,
        form,
        [*sections, *([Section("Другие", rest)] if rest else [])],
        note="Изменения действуют сразу и записываются в журнал. Прежние записи не пересчитываются.",
    )
