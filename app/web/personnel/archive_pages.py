"""«Собрать для аттестации»: all trainings of a person for 3 or 5 years as one PDF, ordered from the card or the cabinet."""

from __future__ import annotations

from typing import Any

from flask import flash
from flask_appbuilder import expose
from flask_wtf import FlaskForm
from wtforms import RadioField
from wtforms.validators import InputRequired

from app import addresses
from app import models as m
from app.access import current_actor, get_writable
from app.documents import doors
from app.documents.file_names import safe_name
from app.documents.office.pdf import MISSING, find_office
from app.errors import Unavailable
from app.extensions import db
from app.russian import format_date, years
from app.services.personnel.trainings import training_archive
from app.services.personnel.trainings.training_archive import ARCHIVE, PERIODS
from app.services.tasks import background
from app.unit_of_work import refuse_during_maintenance
from app.web.frame.answers import answer_form
from app.web.frame.guards import guarded
from app.web.frame.pages import Button, FormPage, Section
from app.web.frame.parts import Part

#: kind of the task, and the words of its button
KIND, LABEL = "training_archive", "Собрать для аттестации"
_NOTE = (
    "Получится один файл PDF: на первой странице список обучения, за ним документы в порядке списка. Файл появится в «Моих "
    "заданиях». Обучение вне портала войдёт в список, когда его подтвердят, с приложенным к нему сканом."
)


class ArchiveForm(FlaskForm):
    """For how many years."""

    period = RadioField("За какой срок", [InputRequired("Выберите срок.")], coerce=int)


def archive_buttons(employee_id: int) -> list[Button]:
    """The button for users who may make the archive of a person whom they see."""
    allowed = current_actor().can(ARCHIVE)
    return [Button(LABEL, addresses.at("employee", "archive", employee_id))] if allowed else []


class Archive(Part):
    """The trainings of one person, bound together."""

    @expose("/archive/<int:pk>", methods=["GET", "POST"])
    @guarded("archive")
    def archive(self, pk: int) -> Any:
        """Choose the period and order the file."""
        person = get_writable(db.session, m.Employee, pk, ARCHIVE)
        form = ArchiveForm(data={"period": PERIODS[-1]})
        form.period.choices = [(number, _offer(pk, number)) for number in PERIODS]

        def order() -> str:
            refuse_during_maintenance()
            _order(person, form.period.data)
            flash("Задание принято. Здесь видно, сколько готово, и отсюда скачивается файл.")
            return addresses.TASKS

        def page() -> FormPage:
            return FormPage(
                title=f"Обучение для аттестации: {person.full_name}",
                form=form,
                sections=[Section("", ["period"])],
                submit=LABEL,
                cancel_href=addresses.card("employee", pk, tab="documents"),
                crumbs=self.crumbs(person),
                note=_NOTE,
                # an order without LibreOffice is refused with the same words
                problems=[] if find_office() or form.is_submitted() else [MISSING],
            )

        return answer_form(form, order, page)


def _offer(employee_id: int, number: int) -> str:
    """«5 лет, с 27.11.2021: 3 обучения, 2 документа»."""
    archive = training_archive.archive_of(employee_id, number)
    return f"{years(number)}, с {format_date(archive.since)}: {training_archive.words_of(archive)}"


def _order(person: m.Employee, number: int) -> None:
    """Order the file; raises Invalid when there is nothing to bind, Unavailable without LibreOffice."""
    if not find_office():
        raise Unavailable(MISSING)
    archive = training_archive.archive_of(person.id, number)
    training_archive.insist_something(archive)
    background.submit(
        KIND,
        f"Обучение для аттестации, {years(number)}: {person.full_name}",
        {"employee": person.id, "years": number},
        total=len(archive.certificate_ids) + 1,
        permission=ARCHIVE,
    )


def _make(work: background.Work) -> background.Outcome:
    """Make the file of what the person has now and the user may still see."""
    number = work.parameters["years"]
    archive = training_archive.archive_of(work.parameters["employee"], number)
    training_archive.insist_something(archive)
    message = doors.training_archive(archive, number, work.new_file(".pdf"), work.tell)
    return background.Outcome(message, f"{safe_name(f'Обучение, {archive.full_name}')}.pdf", "application/pdf")


background.KINDS[KIND] = background.Kind(_make, changes_data=False)
