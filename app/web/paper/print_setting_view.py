"""An organizer's settings of printing: whole pages or text on a blank (бланк), moved by millimetres; the trial sheet for adjusting."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from typing import Any

from flask import flash, request
from flask_appbuilder import expose
from flask_wtf import FlaskForm
from wtforms import SelectField, StringField, ValidationError
from wtforms.validators import InputRequired

from app import addresses
from app.documents.docx.print_look import look_of
from app.documents.docx.trial_sheet import trial_sheet
from app.documents.office.pdf import find_office
from app.documents.templates.in_force import template_for
from app.documents.templates.paper_fields import PAPER_FIELDS
from app.documents.templates.templates import get_template
from app.errors import NotFound
from app.services.paper.printing import print_templates
from app.services.paper.printing.print_templates import PrintChoice
from app.statuses import PrintMode
from app.web.frame.answers import answer_form
from app.web.frame.downloads import download_of
from app.web.frame.forms import REQUIRED
from app.web.frame.guards import guarded
from app.web.frame.pages import FormPage, Link, Section
from app.web.frame.parts import Part
from app.web.frame.pdf_tasks import MAKERS, as_pdf
from app.web.paper import printing

#: a form with links below it
WITH_LINKS = "import_upload.html"
_SHEET, _SHEET_NAME = "trial_sheet", "Пробный лист"
PAPERS, SETTINGS = "Документы и их шаблоны", "Как печатать"


class OffsetField(StringField):
    """Millimetres with a sign: «1,5», «-2», «−2»; empty is 0."""

    data: Any

    def _value(self) -> str:
        return f"{self.data:.1f}".replace(".", ",") if isinstance(self.data, Decimal) else (self.data or "")

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read the number; what is none stays as typed beside its error."""
        typed = "".join(valuelist[0].split()) if valuelist else ""
        self.data = typed
        try:
            self.data = Decimal(typed.replace("−", "-").replace(",", ".")[:20] or "0")
        except InvalidOperation:
            raise ValidationError("Введите число миллиметров, например 1,5 или -2.") from None


class SettingForm(FlaskForm):
    """How an organizer prints a paper."""

    mode = SelectField("Что печатать", [InputRequired(REQUIRED)], choices=[(i.value, i.label) for i in PrintMode])
    offset_x = OffsetField("Сдвинуть вправо, мм", description="Влево — со знаком минус. Действует при печати на бланк.")
    offset_y = OffsetField("Сдвинуть вниз, мм", description="Вверх — со знаком минус. Действует при печати на бланк.")


class PrintSettings(Part):
    """Part of the templates' view: how an organizer prints."""

    @expose("/settings", methods=["GET", "POST"])
    @guarded("edit")
    def settings(self) -> Any:
        """How an organizer prints a paper; organizer and paper stand in the address."""
        code, (organizer_id, name) = asked_code(), asked_organizer()
        choice = print_templates.choice_of(code, organizer_id)
        shown = {"mode": choice.mode.value, "offset_x": choice.offset_x, "offset_y": choice.offset_y}
        form = SettingForm(data=shown)
        here: dict[str, Any] = {"code": code, "place": organizer_id}

        def save() -> str:
            mode = PrintMode._value2member_map_[form.mode.data]
            chosen = PrintChoice(mode, form.offset_x.data, form.offset_y.data)  # type: ignore[arg-type]
            print_templates.choose(code, organizer_id, chosen, title=title_of(code))
            flash("Настройки печати сохранены.", "success")
            return addresses.at("print_template", "settings", **here)

        page = FormPage(
            title=f"{SETTINGS}: {title_of(code)}",
            form=form,
            sections=[Section(name, ["mode", "offset_x", "offset_y"])],
            cancel_href=addresses.at("print_template", "papers"),
            crumbs=[*self.crumbs(), Link(PAPERS, addresses.at("print_template", "papers"))],
            note="На бланк печатается только текст: линии и слова, которые на нём уже есть, пропускаются. Напечатайте пробный "
            "лист, измерьте, где стоит крест, и введите смещение. Дальше края листа текст не сдвигается.",
        )
        links = [Link("Скачать пробный лист для Word", addresses.at("print_template", "sheet", **here))]
        if find_office():
            pdf = addresses.at("print_template", "sheet", format="pdf", **here)
            links.insert(0, Link("Открыть пробный лист в PDF", pdf))
        return answer_form(form, save, lambda: page, template=WITH_LINKS, links=links)

    @expose("/sheet")
    @guarded("edit")
    def sheet(self) -> Any:
        """The trial sheet of a paper with the organizer's offsets, whatever the mode."""
        code, (organizer_id, _name) = asked_code(), asked_organizer()
        if request.args.get("format") == "pdf":
            given = {"code": code, "place": organizer_id}
            return as_pdf(_SHEET, given, title=_SHEET_NAME, permission=print_templates.EDIT)
        return download_of(_sheet(code, organizer_id), f"{_SHEET_NAME}.docx")


def _sheet(code: str, organizer_id: int) -> bytes:
    choice = replace(print_templates.choice_of(code, organizer_id), mode=PrintMode.BLANK)
    template, _sha = template_for(code, organizer_id)
    return trial_sheet(template, look_of(choice))


def _made(given: Mapping[str, Any]) -> tuple[bytes, str]:
    if given["place"] not in dict(print_templates.organizers()):
        raise NotFound("Такой организации нет или она вам не видна.")
    return _sheet(given["code"], given["place"]), _SHEET_NAME


MAKERS[_SHEET] = _made


def title_of(code: str) -> str:
    """Title of a paper, also of one that is printed no more."""
    return get_template(code).title if code in PAPER_FIELDS else "Документ больше не печатается"


def asked_code() -> str:
    """The paper of the address, the first one without any; raises NotFound for another."""
    code = request.args.get("code") or next(iter(PAPER_FIELDS))
    if code not in PAPER_FIELDS:
        raise NotFound("Такого документа нет.")
    return code


def asked_organizer() -> tuple[int, str]:
    """The organizer of the address, else the first of the user's; raises NotFound for an organizer of others."""
    own = {str(pk): (pk, name) for pk, name in print_templates.organizers()}
    asked = request.args.get("place") or next(iter(own), "")
    if asked not in own:
        raise NotFound("Такой организации нет или она вам не видна.")
    if asked_code() not in printing.papers_for(own[asked][0]):
        raise NotFound("Этот документ организаторы не печатают.")
    return own[asked]
