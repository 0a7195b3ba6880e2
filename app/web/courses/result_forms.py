"""The form of what is common to the outcomes of a group."""

from __future__ import annotations

from flask_wtf import FlaskForm
from wtforms import StringField
from wtforms.validators import InputRequired, Length, Optional

from app.services.courses.group.results import TEXT_LENGTH
from app.web.frame.forms import RuDateField

_LONG = Length(max=TEXT_LENGTH, message=f"Не больше {TEXT_LENGTH} знаков.")


class AssessmentForm(FlaskForm):
    """What is common to all: day, form and protocol of the final assessment (order § 3.3)."""

    result_on = RuDateField("Дата итоговой аттестации", [InputRequired("Укажите дату.")])
    final_form = StringField(
        "Форма итоговой аттестации",
        [Optional(), _LONG],
        description="Выберите из подсказки или впишите свою.",
        render_kw={"list": "final-forms", "autocomplete": "off"},
    )
    protocol_number = StringField("Номер протокола", [Optional(), _LONG], render_kw={"autocomplete": "off"})
