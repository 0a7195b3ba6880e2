"""Pages of ФИС ФРДО: batches, «Проверка и выгрузка», the registry's answers, the official blank."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from flask import flash, redirect, render_template, request
from flask_appbuilder import expose
from flask_wtf import FlaskForm
from flask_wtf.file import FileField, FileRequired
from wtforms import SelectField
from wtforms.validators import InputRequired

from app import addresses
from app import models as m
from app.access import current_actor
from app.clock import today
from app.documents.frdo import frdo_correction, frdo_export
from app.documents.frdo.frdo_columns import TITLES
from app.documents.frdo.frdo_workbook import XLSX
from app.errors import Invalid, NotFound, PortalError
from app.exchange.frdo_template import read_blank
from app.exchange.guard import MAX_UPLOAD_BYTES
from app.russian import count
from app.services.paper.registries import frdo_batches
from app.statuses import FrdoAction, FrdoAnswer, FrdoBatchStatus
from app.web.frame.answers import answer_act, answer_form, attempt
from app.web.frame.downloads import download_written
from app.web.frame.forms import REQUIRED, RuDateField
from app.web.frame.guards import guarded
from app.web.frame.pages import Block, Button, FormPage, Section
from app.web.frame.scoped_view import ScopedModelView
from app.web.paper import amendments, frdo_pages

#: batches that the registry has
_LEFT = (FrdoBatchStatus.SENT, FrdoBatchStatus.ANSWERED)
CHECK, BLANK = "Проверка и выгрузка", "Бланк ФИС ФРДО"


class PeriodForm(FlaskForm):
    """The organizer and the days whose documents are checked."""

    organizer = SelectField("Организация", [InputRequired(REQUIRED)], coerce=int)
    since = RuDateField("С", [InputRequired(REQUIRED)])
    until = RuDateField("По", [InputRequired(REQUIRED)], description="Дни одного календарного года.")


class BlankForm(FlaskForm):
    """The official blank workbook."""

    organizer = SelectField("Организация", [InputRequired(REQUIRED)], coerce=int)
    file = FileField(
        "Пустой шаблон «ДПО»",
        [FileRequired("Выберите файл.")],
        description="Книга Excel (.xlsx) из личного кабинета ФИС ФРДО: лист «Шаблон» с 40 столбцами, без строк.",
        render_kw={"accept": ".xlsx"},
    )


class FrdoPages(ScopedModelView):
    """The batches' view; forming needs ``frdo_batch:add``, the file ``frdo_batch:export``."""

    empty = "Пакетов для ФИС ФРДО ещё нет."

    def list_buttons(self) -> Sequence[Button]:
        """The way to a new batch, and the blank."""
        if not current_actor().can(frdo_batches.RIGHT):
            return []
        return [
            Button(BLANK, addresses.at("frdo_batch", "blank", "")),
            Button(CHECK, addresses.at("frdo_batch", "check", ""), main=True),
        ]

    def blocks(self, row: m.FrdoBatch) -> Sequence[Block]:
        """What the batch is, then its documents by pages."""
        fields = ("organizer", "period_from", "period_to", "rows_count", "created_at")
        main = self.pairs_block(row, "Пакет", (*fields[:1], "corrects", *fields[1:]) if row.corrects_id else fields)
        return [
            *amendments.batch_block(row),
            *frdo_pages.correction_block(row),
            main,
            frdo_pages.answers_block(row),
            frdo_pages.rows_block(row, _page_number()),
        ]

    def extra_buttons(self, row: m.FrdoBatch) -> Sequence[Button]:
        """The file and the answers."""
        buttons = []
        if row.amended_rows and row.status in _LEFT and self.may(row, "add"):
            ask = "Сформировать пакет только из изменённых документов? Этот пакет останется как был."
            href = addresses.at("frdo_batch", "correct", row.id)
            buttons.append(Button("Сформировать исправляющий пакет", href, main=True, post=True, confirm=ask))
        if self.may(row, "export"):
            buttons += _file_buttons(row)
        if row.status in _LEFT and self.may(row, "answer"):
            href = addresses.at("frdo_batch", "answers", row.id)
            main = row.status is FrdoBatchStatus.SENT and not row.amended_rows
            buttons.append(Button("Записать ответ ФИС ФРДО", href, main=main))
        if row.status is FrdoBatchStatus.SENT and self.may(row, "answer"):
            ask = "Записать, что ФИС ФРДО приняла все документы пакета, на которые ответа ещё нет?"
            buttons.append(Button("Все приняты", addresses.at("frdo_batch", "accept", row.id), post=True, confirm=ask))
        return buttons

    # --- forming ---

    @expose("/check/", methods=["GET", "POST"])
    @guarded("add")
    def check(self) -> Any:
        """The period's form; by its address, what the check of the period found."""
        if request.method == "GET" and request.args:
            asked = _asked()
            return render_template("card.html", page=frdo_pages.found_page(frdo_export.preflight(*asked), *asked))
        form = PeriodForm(data=_this_year() if request.method == "GET" else None)
        form.organizer.choices = _choices()

        def save() -> str:
            frdo_batches.check_period(form.since.data, form.until.data)
            return frdo_pages.check_href(form.organizer.data, form.since.data, form.until.data)

        page = FormPage(
            title=CHECK,
            form=form,
            sections=[Section("Документы, выданные", ["organizer", "since", "until"])],
            submit="Проверить",
            cancel_href=addresses.listing("frdo_batch"),
            crumbs=self.crumbs(here=CHECK),
            note="Портал проверит все действующие удостоверения и дипломы этого срока. Проверка ничего не меняет.",
        )
        return answer_form(form, save, lambda: page)

    @expose("/form", methods=["POST"])
    @guarded("add")
    def form(self) -> Any:
        """Form the batch: of few documents at once, of many as the user's task."""
        asked, total = _asked(), request.args.get("total", "")
        frdo_batches.check_period(*asked[1:])

        def form() -> str:
            batch = frdo_export.order_or_form(*asked, total=int(total) if total.isdecimal() and len(total) < 8 else 0)
            if batch is None:
                flash("Документов много, портал формирует файл как задание: здесь видно, сколько готово.", "info")
                return addresses.TASKS
            flash(f"Сформирован {batch}: {frdo_batches.rows_in_words(batch.rows_count)}. Скачайте файл.", "success")
            return addresses.card("frdo_batch", batch.id)

        return answer_act(form, frdo_pages.check_href(*asked))

    @expose("/correct/<int:pk>", methods=["POST"])
    @guarded("add")
    def correct(self, pk: int) -> Any:
        """Form the batch of what changed after this one was sent."""

        def correct() -> str:
            batch = frdo_correction.form_correction(pk)
            words = f"Сформирован исправляющий {batch}: {frdo_batches.rows_in_words(batch.rows_count)}."
            flash(f"{words} Передайте его в ФИС ФРДО и отметьте отправленным.", "success")
            return addresses.card("frdo_batch", batch.id)

        return answer_act(correct, addresses.card("frdo_batch", pk))

    @expose("/annulled/<int:pk>")
    @guarded("export")
    def annulled(self, pk: int) -> Any:
        """The documents that the registry is to annul; of a batch that has none there is no list."""
        batch = self.visible(pk, "export")
        if not frdo_batches.counts_by_action(batch.id)[FrdoAction.ANNUL]:
            raise NotFound("В этом пакете нет документов, которые нужно аннулировать.")
        return _sent_file(batch, f"Аннулировать, {batch}.xlsx", annulled=True)

    @expose("/file/<int:pk>")
    @guarded("export")
    def file(self, pk: int) -> Any:
        """The file of a batch, written from its kept rows; of a long one as the user's task."""
        batch = self.visible(pk, "export")
        if batch.rows_count > frdo_export.WRITE_AT_ONCE:
            frdo_export.order_file(batch)
            flash("Файл большой, портал готовит его как задание: скачать его можно будет здесь.", "info")
            return redirect(addresses.TASKS)
        return _sent_file(batch, frdo_export.file_name(batch))

    # --- answers ---

    @expose("/answers/<int:pk>", methods=["GET", "POST"])
    @guarded("answer")
    def answers(self, pk: int) -> Any:
        """The table of documents with the registry's answer to each."""
        batch = self.visible(pk, "answer")
        problems: list[str] = []
        typed = _answers() if request.method == "POST" else {}
        if request.method == "POST":
            done = attempt(lambda: frdo_batches.record_answers(pk, typed))
            if not isinstance(done, PortalError):
                flash("Ответ ФИС ФРДО записан.", "success")
                return redirect(addresses.card("frdo_batch", pk))
            problems = [done.message]
        page = frdo_pages.answers_page(batch, _page_number(), problems, typed)
        return render_template("frdo_answers.html", page=page), 422 if problems else 200

    @expose("/accept/<int:pk>", methods=["POST"])
    @guarded("answer")
    def accept_all(self, pk: int) -> Any:
        """«Все приняты»."""

        def accept() -> None:
            words = count(frdo_batches.accept_all(pk).rows_count, "документ", "документа", "документов")
            flash(f"Записано: ФИС ФРДО приняла пакет, в нём {words}.", "success")

        return answer_act(accept, addresses.card("frdo_batch", pk))

    # --- the blank ---

    @expose("/blank/", methods=["GET", "POST"])
    @guarded("add")
    def blank(self) -> Any:
        """Upload of the official blank; what is wrong with it is said beside the field."""
        form = BlankForm()
        form.organizer.choices = _choices()

        def save() -> str:
            words = count(_keep_blank(form), "список", "списка", "списков")
            flash(f"Бланк сохранён, в нём {words} допустимых значений. Файлы теперь формируются на нём.", "success")
            return addresses.listing("frdo_batch")

        page = FormPage(
            title=BLANK,
            form=form,
            sections=[Section("", ["organizer", "file"])],
            submit="Загрузить бланк",
            cancel_href=addresses.listing("frdo_batch"),
            crumbs=self.crumbs(here=BLANK),
            note=frdo_pages.BLANK_NOTE,
            files=True,
        )
        return answer_form(form, save, lambda: page)


def _file_buttons(row: m.FrdoBatch) -> list[Button]:
    """The file of what is written into the registry, the list of what is annulled there."""
    found = frdo_batches.counts_by_action(row.id)
    buttons = []
    if found.total() > found[FrdoAction.ANNUL]:
        buttons.append(Button("Скачать файл", addresses.at("frdo_batch", "file", row.id)))
    if found[FrdoAction.ANNUL]:
        buttons.append(Button("Скачать список на аннулирование", addresses.at("frdo_batch", "annulled", row.id)))
    return buttons


def _sent_file(batch: m.FrdoBatch, name: str, *, annulled: bool = False) -> Any:
    return download_written(name, XLSX, lambda path: frdo_export.give_file(path, batch, annulled=annulled))


def _keep_blank(form: BlankForm) -> int:
    """Check the uploaded blank and keep it; return how many lists it has."""
    data = form.file.data.stream.read(MAX_UPLOAD_BYTES + 1)
    found = read_blank(data, titles=TITLES)
    lists = {"part": found.part, "values": {str(number): list(values) for number, values in found.lists.items()}}
    name = form.file.data.filename or "шаблон.xlsx"
    frdo_batches.keep_template(form.organizer.data, file_name=name, data=data, lists=lists)
    return len(found.lists)


# --- what is asked ---------------------------------------------------------------------------------------------------


def _this_year() -> dict[str, dt.date]:
    day = today()
    return {"since": day.replace(month=1, day=1), "until": day}


def _choices() -> list[tuple[int, str]]:
    return [(organizer.id, organizer.short_name) for organizer in frdo_batches.organizers()]


def _asked() -> tuple[int, dt.date, dt.date]:
    """Organizer and days of the address; raises Invalid for what cannot be read."""
    organizer = request.args.get("organizer", "")
    try:
        days = [dt.date.fromisoformat(request.args.get(name, "")[:10]) for name in ("since", "until")]
    except ValueError:
        days = []
    if len(days) < 2 or not (organizer.isascii() and organizer.isdecimal() and len(organizer) < 10):
        raise Invalid("Организация и срок в адресе записаны не так, как их пишет портал. Выберите их снова.")
    return int(organizer), days[0], days[1]


def _page_number() -> int:
    typed = request.args.get("page", "1")
    return int(typed) if typed.isascii() and typed.isdecimal() and 0 < len(typed) < 6 and int(typed) else 1


def _answers() -> dict[int, tuple[FrdoAnswer, str]]:
    """Chosen answers of the posted table: fields ``answer-<row>`` and ``text-<row>``."""
    found = {}
    for name, value in request.form.items():
        pk = name.removeprefix("answer-")
        if name == pk or not value:
            continue
        if value not in {answer.value for answer in FrdoAnswer} or not (
            pk.isascii() and pk.isdecimal() and len(pk) < 18
        ):
            raise Invalid("Ответ записан не так, как его пишет портал. Обновите страницу и повторите.")
        found[int(pk)] = FrdoAnswer.of(value), request.form.get(f"text-{pk}", "")
    return found
