"""Pages of programs: the list, the card with its editions, modules and file, the next edition and the copy for next year."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from flask import flash, redirect, render_template, request, send_file
from flask_appbuilder import expose
from flask_wtf import FlaskForm
from flask_wtf.file import FileField, FileRequired
from werkzeug.wrappers import Response

from app import addresses
from app import models as m
from app.access import current_actor, get_visible, get_writable
from app.clock import today
from app.errors import PortalError
from app.extensions import db
from app.labels import label_of
from app.permissions import ROLES
from app.russian import quoted
from app.services.courses.program import (
    organizer_rules,
    program_checks,
    program_editions,
    program_files,
    program_modules,
    programs,
)
from app.services.courses.program.program_modules import Module
from app.services.portal import files
from app.statuses import ONCE_PUBLISHED, ProgramStatus
from app.web.courses.program_parts import ModulesPage, read_rows, shown_rows
from app.web.frame.answers import answer_act, answer_form, attempt
from app.web.frame.forms import ListedField
from app.web.frame.guards import guarded
from app.web.frame.listing import ListColumn
from app.web.frame.pages import Block, Button, Cell, Column, Difference, FormPage, Pair, Row
from app.web.frame.scoped_view import ScopedModelView
from app.web.personnel.own_choices import own_organizer, own_organizers

YEAR = ListColumn(
    "year",
    "Год",
    lambda p: p.year,
    lambda p: Cell(str(p.year), "внесена после срока" if p.late else "", number=True),
    (m.Program.year,),
    number=True,
)


class FileForm(FlaskForm):
    """The file of a program."""

    document = FileField(
        "Файл программы",
        [FileRequired("Выберите файл.")],
        description="PDF или DOCX, не больше 10 МБ.",
        render_kw={"accept": ".pdf,.docx"},
    )


class ProgramPages(ScopedModelView):
    """Pages of the programs' view."""

    def _init_forms(self) -> None:
        """The fields of ФИС ФРДО choose from its lists."""
        super()._init_forms()
        for name, code in program_checks.FRDO_LISTS.items():
            field: Any = ListedField(label_of(self.table, name), listed=_lister(code))
            setattr(self.add_form, name, field)

    def choosable(self, field: str, target: type[Any]) -> Any:
        """An organizer's worker enters programs of the own organization."""
        return own_organizers() if field == "organizer" and target is m.Organization else None

    def prefill(self) -> dict[str, Any]:
        """The own organization is the organizer."""
        return {**own_organizer(self), **super().prefill()}

    def may(self, row: m.Program, verb: str) -> bool:
        """Asked of the database once for all rights that the same roles hold; what the state forbids has no button."""
        # the parts of a program, too, have no button in a state in which it is kept
        if verb == "edit" and programs.why_not_change(row):
            return False
        if verb == "delete" and row.status not in programs.PREPARED:
            return False
        asked: dict[Any, bool] = request.environ.setdefault("portal.program_rights", {})
        holders = frozenset(r for r in current_actor().roles if f"program:{verb}" in ROLES[r].permissions)
        if (row.id, holders) not in asked:
            asked[row.id, holders] = super().may(row, verb)
        return asked[row.id, holders]

    def _page(self, form: Any, title: str, problems: list[str], found: Sequence[Difference], row: Any) -> FormPage:
        """The form says first what a law forbids this organizer."""
        page = super()._page(form, title, problems, found, row)
        if row is None:
            said = organizer_rules.warnings(sorted(current_actor().places("organizer")))
        else:
            said = organizer_rules.why_not(row, on=organizer_rules.day_of(row))
        return replace(page, note=" ".join(said))

    # --- the card

    def extra_buttons(self, row: m.Program) -> Sequence[Button]:
        """A group of a published program; the next edition; the copy for the next year."""
        buttons = [*super().extra_buttons(row)]
        if not self.may(row, "add"):
            return buttons
        if row.status == ProgramStatus.PUBLISHED:
            if not organizer_rules.why_not(row, on=today()):
                buttons.append(Button("Открыть новую группу", addresses.form("training_group", program=row.id)))
            buttons.append(self._edition_button(row))
        if row.status in ONCE_PUBLISHED and self._may_copy(row):
            href = addresses.at("program", "next_year", row.id)
            buttons.append(Button(f"Скопировать на {row.year + 1} год", href, post=True))
        return buttons

    def instead_of_edit(self, row: m.Program) -> Sequence[Button]:
        """The next edition, or the copy for the next year."""
        return self.extra_buttons(row)

    def _edition_button(self, row: m.Program) -> Button:
        in_work = next((p for p in _family(row) if p.edition > row.edition and _is_same(p, row)), None)
        if in_work is not None:
            return Button("Открыть новую редакцию", addresses.card("program", in_work.id))
        return Button("Новая редакция", addresses.at("program", "edition", row.id), post=True)

    @staticmethod
    def _may_copy(row: m.Program) -> bool:
        taken = any(p.code == row.code and p.year == row.year + 1 for p in _family(row))
        return not taken and row.year + 1 >= today().year

    def blocks(self, row: m.Program) -> Sequence[Block]:
        """What hinders the publication, the program, whom it is for, what it consists of, its file, its editions."""
        main = self.pairs_block(row, "Программа", ("organizer", "code", "kind", "hours", "form", "distance", "block"))
        year = Pair("Год", Cell(str(row.year), programs.when_entered(row)))
        edition = Pair("Редакция", Cell(str(row.edition)))
        about = self.pairs_block(row, "Содержание", ("annotation", "authors"))
        whom = Pair("Для кого", Cell(programs.for_whom(row)))
        frdo = ("qualification_name", "area", "specialities_group", "funding")
        return [
            *self._hindrances(row),
            Block(main.title, pairs=[*main.pairs[:3], year, edition, *main.pairs[3:]]),
            Block(about.title, pairs=[whom, *about.pairs]),
            self._modules_block(row),
            self._file_block(row),
            self.pairs_block(row, "Для ФИС ФРДО", frdo),
            _editions_block(row),
        ]

    def _hindrances(self, row: m.Program) -> list[Block]:
        """What must be mended before the program can be sent, or why no group is opened by it, for those who do that."""
        if row.status == ProgramStatus.PUBLISHED and self.may(row, "add"):
            forbidden = organizer_rules.why_not(row, on=today())
            told = [Cell(s, tone="wait") for s in forbidden]
            return [Block("Почему новую группу не открыть", events=told, tone="wait")] if told else []
        if row.status not in programs.PREPARED or not self.may(row, "submit"):
            return []
        found = program_checks.problems(row)
        return (
            [Block("Что исправить до отправки", events=[Cell(s, tone="wait") for s in found], tone="wait")]
            if found
            else []
        )

    def _modules_block(self, row: m.Program) -> Block:
        rows = [Row(p.id, "", [Cell(p.title), Cell(str(p.hours), number=True)]) for p in row.modules]
        buttons = []
        if self.may(row, "edit"):
            buttons.append(Button("Изменить модули", addresses.at("program", "modules", row.id)))
        total = sum(p.hours for p in row.modules)
        return Block(
            "Модули",
            columns=[Column("title", "Модуль"), Column("hours", "Часы", number=True)],
            rows=rows,
            buttons=buttons,
            empty="Модули не указаны.",
            note=f"Всего {total} ч из {row.hours} ч программы." if rows else "",
        )

    def _file_block(self, row: m.Program) -> Block:
        file = program_files.file_of(row)
        pairs = []
        if file is not None:
            cell = Cell(file.name, _size(file.size), href=addresses.at("program", "file", row.id))
            pairs.append(Pair("Файл", cell))
        buttons = []
        if row.status in programs.PREPARED and self.may(row, "edit"):
            label = "Приложить файл" if file is None else "Заменить файл"
            buttons.append(Button(label, addresses.at("program", "attach", row.id)))
            if file is not None:
                ask = f"Убрать файл {quoted(file.name)}?"
                href = addresses.at("program", "detach", row.id)
                buttons.append(Button("Убрать файл", href, post=True, danger=True, confirm=ask))
        return Block("Файл программы", pairs=pairs, buttons=buttons, empty="Файл не приложен.")

    # --- editions

    @expose("/edition/<int:pk>", methods=["POST"])
    @guarded("add")
    def new_edition(self, pk: int) -> Any:
        """Begin the next edition of a published program, or open the one that is begun."""
        return self._made(pk, program_editions.new_edition, "Новая редакция готова к изменению: черновик.")

    @expose("/next_year/<int:pk>", methods=["POST"])
    @guarded("add")
    def next_year(self, pk: int) -> Any:
        """Copy a program for the next year."""
        return self._made(pk, program_editions.copy_to_next_year, "Программа скопирована: черновик на следующий год.")

    def _made(self, pk: int, service: Callable[[int], m.Program], done: str) -> Response:
        row = get_writable(db.session, m.Program, pk, "program:add")

        def act() -> str:
            made = service(pk)
            flash(done, "success")
            return self.href_of(made)

        return answer_act(act, self.href_of(row))

    # --- the file

    @expose("/file/<int:pk>")
    @guarded("show")
    def file(self, pk: int) -> Response:
        """The file of a program, for everybody who sees the program; always as a download."""
        program = get_visible(db.session, m.Program, pk, "program:show")
        row, path = program_files.open_file(program)
        return send_file(path, as_attachment=True, download_name=row.name, mimetype=row.content_type)

    @expose("/attach/<int:pk>", methods=["GET", "POST"])
    @guarded("edit")
    def attach(self, pk: int) -> Any:
        """Form of the file."""
        row = get_writable(db.session, m.Program, pk, "program:edit")
        form, title, note = FileForm(), f"Файл программы: {row.title}", "Файл увидят все, кто видит программу."

        def save() -> str:
            upload = form.document.data
            program_files.attach(pk, upload.filename or "программа", upload.stream.read(files.MOST_BYTES + 1))
            flash("Файл приложен.", "success")
            return self.href_of(row)

        return answer_form(
            form, save, lambda: self.card_form(row, form, title=title, submit="Приложить файл", note=note)
        )

    @expose("/detach/<int:pk>", methods=["POST"])
    @guarded("edit")
    def detach(self, pk: int) -> Any:
        """Take the file off."""
        row = get_writable(db.session, m.Program, pk, "program:edit")

        def act() -> None:
            program_files.detach(pk)
            flash("Файл убран.", "success")

        return answer_act(act, self.href_of(row))

    # --- modules

    @expose("/modules/<int:pk>", methods=["GET", "POST"])
    @guarded("edit")
    def modules(self, pk: int) -> Any:
        """The modules as a table; rows are added and taken away by buttons that save nothing yet."""
        row = get_writable(db.session, m.Program, pk, "program:edit")
        rows, problems = program_modules.typed_modules(row), []
        opened = program_modules.fingerprint(row)
        title, hours = row.title, row.hours
        if request.method == "POST":
            rows, opened = read_rows(request.form), request.form.get("opened", "")
            if not {"more", "drop"} & request.form.keys():
                problems = _replace(pk, rows, opened)
                if not problems:
                    flash("Модули сохранены.", "success")
                    return redirect(addresses.card("program", pk))
        page = ModulesPage(
            title=f"Модули: {title}",
            rows=shown_rows(rows, request.form),
            hours=hours,
            opened=opened,
            problems=problems,
            cancel_href=addresses.card("program", pk),
            crumbs=self.crumbs(row),
        )
        return render_template("program_modules.html", page=page), 422 if problems else 200


def _replace(pk: int, rows: Sequence[Module], opened: str) -> list[str]:
    """Write the modules; returns what is wrong with them."""
    done = attempt(lambda: program_modules.replace_modules(pk, rows, opened=opened))
    if not isinstance(done, PortalError):
        return []
    found: dict[str, list[str]] = getattr(done, "fields", None) or {}
    return [sentence for sentences in found.values() for sentence in sentences] or [done.message]


def _lister(code: str) -> Callable[[], list[str]]:
    return lambda: program_checks.listed(code)


def _is_same(one: m.Program, other: m.Program) -> bool:
    return (one.organizer_id, one.code, one.year) == (other.organizer_id, other.code, other.year)


def _size(size: int) -> str:
    kilobytes = max(1, round(size / 1024))
    return f"{kilobytes / 1024:.1f} МБ".replace(".", ",") if kilobytes >= 1024 else f"{kilobytes} КБ"


def _family(row: m.Program) -> Sequence[m.Program]:
    """Editions of a program, asked once a page."""
    asked: dict[int, Sequence[m.Program]] = request.environ.setdefault("portal.program_family", {})
    if row.id not in asked:
        asked[row.id] = program_editions.family(row)
    return asked[row.id]


def _editions_block(row: m.Program) -> Block:
    """All editions with their state and the number of their groups, the newest first."""
    found = _family(row)
    groups = program_editions.group_counts(found)
    rows = []
    for p in found:
        href = "" if p.id == row.id else addresses.card("program", p.id)
        number = groups.get(p.id, 0)
        list_href = addresses.listing("training_group", program=p.id) if number else ""
        cells = [
            Cell(f"Редакция {p.edition}", "эта страница" if p.id == row.id else "", href=href),
            Cell(str(p.year), "внесена после срока" if p.late else "", number=True),
            Cell(p.status.label, tone=p.status.tone),
            Cell(str(number), href=list_href, number=True),
        ]
        rows.append(Row(p.id, href, cells))
    heads = [Column("edition", "Редакция"), Column("year", "Год", number=True), Column("status", "Состояние")]
    return Block("Редакции", columns=[*heads, Column("groups", "Группы", number=True)], rows=rows)
