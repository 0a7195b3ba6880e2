"""«Шаблоны печати»: versions of the papers' templates, their upload with its check, preview, fields, printing on blanks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from flask import flash, render_template, request
from flask_appbuilder import expose
from flask_wtf import FlaskForm
from flask_wtf.file import FileField, FileRequired
from werkzeug.wrappers import Response
from wtforms import SelectField, TextAreaField
from wtforms.validators import InputRequired, Length

from app import addresses
from app import models as m
from app.access import current_actor, get_visible, get_writable
from app.documents.docx.print_look import look_of
from app.documents.office.pdf import find_office
from app.documents.templates import template_parts
from app.documents.templates.in_force import standard_file
from app.documents.templates.paper_fields import PAPER_FIELDS, PaperField
from app.documents.templates.templates import get_template
from app.errors import NotFound
from app.extensions import db
from app.russian import count
from app.services.paper.printing import print_templates, template_files
from app.services.paper.printing.print_templates import REGION
from app.statuses import PrintMode
from app.web.frame.answers import answer_act, answer_form
from app.web.frame.downloads import download_of
from app.web.frame.forms import REQUIRED
from app.web.frame.guards import guarded
from app.web.frame.listing import ListColumn, ListFilter
from app.web.frame.pages import Block, Button, CardPage, Cell, Column, FormPage, Link, Pair, Row, Section, Tab
from app.web.frame.pdf_tasks import MAKERS, as_pdf
from app.web.frame.scoped_view import ScopedModelView
from app.web.paper import printing
from app.web.paper.print_setting_view import (
    PAPERS,
    SETTINGS,
    WITH_LINKS,
    PrintSettings,
    asked_code,
    title_of,
)

_SAMPLE, _SHOW = "print_template", "print_template:show"
_FIELDS = "Поля шаблонов"
_HOW_TO: tuple[tuple[str, str], ...] = (
    ("{{ number }}", "на этом месте печатается значение поля, оформленное как само поле"),
    ("{% if blank %}бланк {{ blank }}{% endif %}", "условие внутри строки: печатается, только если поле заполнено"),
    ("{%p if secretary %} … {%p endif %}", "условие для целых абзацев: каждая команда — отдельный абзац, он исчезает"),
    ("{%p if not on_blank %} … {%p endif %}", "слова и линии, которые на готовом бланке уже есть"),
    ("{%tr for строка in rows %} … {%tr endfor %}", "строки таблицы по списку: каждая команда — в отдельной строке"),
    ("{{ program | upper }}", "значение прописными буквами"),
    ("{{ program | lower }}", "значение строчными буквами"),
    ("{{ program | default('нет') }}", "слово вместо пустого значения"),
    ("рисунок с именем qr.png", "вместо него печатается QR-код: проще всего взять его из стандартного шаблона"),
)


def _place(row: m.PrintTemplate) -> str:
    return row.organizer.short_name if row.organizer else REGION


def _state(row: m.PrintTemplate) -> Cell:
    return Cell("Действует", tone="ok") if row.active else Cell("Не действует", tone="grey")


PAPER = ListColumn(
    "code",
    "Документ",
    lambda row: title_of(row.code),
    lambda row: Cell(title_of(row.code), row.file_name),
    (m.PrintTemplate.code,),
)
PLACE = ListColumn("organizer", "Для кого", _place, lambda row: Cell(_place(row)))
IN_FORCE = ListColumn("active", "Состояние", lambda row: _state(row).text, _state, (m.PrintTemplate.active,))
PAPER_FILTER = ListFilter(
    "code",
    "Документ",
    "choice",
    lambda value, _to: m.PrintTemplate.code == value,
    lambda: [(code, title_of(code)) for code in PAPER_FIELDS],
    m.PrintTemplate.code,
)


class UploadForm(FlaskForm):
    """A new version of a template."""

    code = SelectField("Документ", [InputRequired(REQUIRED)])
    place = SelectField("Для кого", [InputRequired(REQUIRED)])
    file = FileField(
        "Файл шаблона",
        [FileRequired("Выберите файл.")],
        description="Документ Word (.docx), не больше 5 МБ. Начать проще всего со стандартного шаблона.",
        render_kw={"accept": ".docx"},
    )
    note = TextAreaField(
        "Что изменено",
        [Length(max=1000, message="Не больше 1000 знаков.")],
        render_kw={"rows": 3},
        description="Чтобы потом отличить версии: «новый логотип», «другой шрифт».",
    )


class PrintTemplatePages(ScopedModelView):
    """The list of versions, and everything around it; a version is never edited, the next one is uploaded."""

    parts = (PrintSettings,)
    empty = "Своих шаблонов пока нет: все документы печатаются по стандартным."

    def list_buttons(self) -> Sequence[Button]:
        """The papers with their fields, and the upload."""
        buttons = [Button(PAPERS, addresses.at("print_template", "papers"))]
        if current_actor().can(print_templates.ADD):
            buttons.append(Button(self.words.add, addresses.at("print_template", "upload"), main=True))
        return buttons

    # --- a version -----------------------------------------------------------------------------------------------

    def card_title(self, row: m.PrintTemplate) -> str:
        """The paper and the version."""
        return f"{title_of(row.code)}: версия {row.version}"

    def card_page(self, row: m.PrintTemplate) -> CardPage:
        """The card says whether the version is in force."""
        return replace(super().card_page(row), status=_state(row))

    def blocks(self, row: m.PrintTemplate) -> Sequence[Block]:
        """The upload: its user, file, time and organizer."""
        own = [
            Pair("Документ", Cell(title_of(row.code), href=addresses.at("print_template", "fields", code=row.code))),
            Pair("Для кого", Cell(_place(row))),
            Pair("Кто загрузил", Cell(print_templates.author_of(row))),
        ]
        block = self.pairs_block(row, "Версия", ["version", "file_name", "created_at", "note"])
        return [replace(block, pairs=[*own, *block.pairs])]

    def extra_buttons(self, row: m.PrintTemplate) -> Sequence[Button]:
        """Download, the sample person's paper, putting in and out of force."""

        def href(name: str) -> str:
            return addresses.at("print_template", name, row.id)

        buttons = [Button("Скачать шаблон", href("download")), Button("Пример для Word", href("preview"))]
        if find_office():
            pdf = addresses.at("print_template", "preview", row.id, "pdf")
            buttons += [Button("Пример в PDF", pdf), Button("Пример на бланк", f"{pdf}?on=blank")]
        if not self.may(row, "edit"):
            return buttons
        if row.active:
            ask = "Вернуть стандартный шаблон? Эта версия останется в списке, её можно будет ввести снова."
            return [*buttons, Button("Вернуть стандартный", href("restore"), post=True, confirm=ask)]
        ask = "Ввести эту версию в действие? По ней будут печататься новые документы; выданные раньше не изменятся."
        return [*buttons, Button("Ввести в действие", href("activate"), main=True, post=True, confirm=ask)]

    @expose("/download/<int:pk>")
    @guarded("show")
    def download(self, pk: int) -> Any:
        """The file as it was uploaded."""
        row = self.visible(pk)
        return download_of(_data(row), row.file_name)

    @expose("/preview/<int:pk>")
    @guarded("show")
    def preview(self, pk: int) -> Any:
        """The sample person's paper as DOCX."""
        row = self.visible(pk)
        return download_of(_sample(row, on_blank=_asks_blank()), f"{_sample_name(row)}.docx")

    @expose("/preview/<int:pk>/pdf")
    @guarded("show")
    def preview_pdf(self, pk: int) -> Any:
        """The sample person's paper as PDF."""
        row = self.visible(pk)
        given = {"id": row.id, "on_blank": _asks_blank()}
        return as_pdf(_SAMPLE, given, title=_sample_name(row), permission=_SHOW)

    @expose("/activate/<int:pk>", methods=["POST"])
    @guarded("edit")
    def activate(self, pk: int) -> Response:
        """Put a version in force."""
        return self._done(pk, print_templates.activate, "Версия введена в действие: по ней печатаются новые документы.")

    @expose("/restore/<int:pk>", methods=["POST"])
    @guarded("edit")
    def restore(self, pk: int) -> Response:
        """Leave no version in force."""
        return self._done(pk, print_templates.restore, "Возвращён стандартный шаблон.")

    def _done(self, pk: int, work: Callable[[int], Any], words: str) -> Response:
        get_writable(db.session, m.PrintTemplate, pk, print_templates.EDIT)

        def act() -> None:
            work(pk)
            flash(words, "success")

        return answer_act(act, addresses.card("print_template", pk))

    # --- upload --------------------------------------------------------------------------------------------------

    @expose("/upload", methods=["GET", "POST"])
    @guarded("add")
    def upload(self) -> Any:
        """Form of a new version; everything that is wrong with the file stands beside it."""
        form = UploadForm(data={"code": asked_code()} if request.method == "GET" else None)
        offered = printing.papers_for(None if print_templates.may_set_region() else 0)
        form.code.choices = [(code, title_of(code)) for code in offered]
        places = [(str(pk), name) for pk, name in print_templates.organizers()]
        form.place.choices = [("0", REGION), *places] if print_templates.may_set_region() else places

        def save() -> str:
            row = _uploaded(form)
            flash("Шаблон принят. Посмотрите пример и введите версию в действие.", "success")
            return addresses.card("print_template", row.id)

        def page() -> FormPage:
            return FormPage(
                title=self.words.add,
                form=form,
                sections=[Section("", ["code", "place", "file", "note"])],
                submit="Проверить и загрузить",
                cancel_href=addresses.listing("print_template"),
                crumbs=self.crumbs(),
                note="Портал проверит файл: опасное, неизвестные и пропущенные поля он назовёт. Загруженная версия не действует, "
                "пока вы её не введёте.",
                files=True,
                problems=_listed(form.file),
            )

        links = [Link(_FIELDS, addresses.at("print_template", "fields"))] + [
            Link(f"Скачать стандартный шаблон: {title_of(code)}", addresses.at("print_template", "standard", code=code))
            for code in offered
        ]
        return answer_form(form, save, page, template=WITH_LINKS, links=links)

    # --- papers and fields ---------------------------------------------------------------------------------------

    @expose("/papers")
    @guarded("list")
    def papers(self) -> Any:
        """Each paper: by what it is printed now, its fields, its standard file, how it is printed."""
        in_force = print_templates.in_force()
        own: list[tuple[int | None, str]] = list(print_templates.organizers())
        places = [(None, REGION), *own] if print_templates.may_set_region() else own
        heads = [Column(h, h) for h in ("Документ", "Печатается по шаблону", "Поля", "Стандартный файл", "Настройки")]
        blocks = [
            Block(
                name,
                columns=heads,
                rows=[_paper_row(n, code, pk, in_force) for n, code in enumerate(printing.papers_for(pk))],
            )
            for pk, name in places
        ]
        page = CardPage(title=PAPERS, crumbs=self.crumbs(), buttons=self.list_buttons()[1:], blocks=blocks)
        return render_template("card.html", page=page)

    @expose("/fields")
    @guarded("list")
    def fields(self) -> Any:
        """«Поля шаблонов»: what may be written in the template of a paper."""
        code = asked_code()
        tabs = [
            Tab(title_of(c), addresses.at("print_template", "fields", code=c), len(PAPER_FIELDS[c]), c == code)
            for c in PAPER_FIELDS
        ]
        required = get_template(code).required
        heads = [Column(h, h) for h in ("Поле", "Что подставится", "Пример", "Обязательное")]
        rows = [_field_row(n, item, required) for n, item in enumerate(_flat(PAPER_FIELDS[code]))]
        how = [Row(n, "", [Cell(text), Cell(meaning)]) for n, (text, meaning) in enumerate(_HOW_TO)]
        page = CardPage(
            title=_FIELDS,
            crumbs=[*self.crumbs(), Link(PAPERS, addresses.at("print_template", "papers"))],
            buttons=[Button("Скачать стандартный шаблон", addresses.at("print_template", "standard", code=code))],
            tabs=tabs,
            blocks=[
                Block(f"Поля: {title_of(code)}", columns=heads, rows=rows),
                Block("Как писать в шаблоне", columns=[Column("t", "В шаблоне"), Column("m", "Что это")], rows=how),
            ],
        )
        return render_template("card.html", page=page)

    @expose("/standard")
    @guarded("list")
    def standard(self) -> Any:
        """The portal's own file of a paper, to begin with."""
        code = asked_code()
        return download_of(standard_file(code), f"{title_of(code)}. Стандартный шаблон.docx")


# --- pieces ----------------------------------------------------------------------------------------------------------


def _uploaded(form: UploadForm) -> m.PrintTemplate:
    upload = form.file.data
    place = int(form.place.data or 0)
    return print_templates.upload(
        form.code.data or "",
        upload.stream.read(template_parts.MOST_BYTES + 1),
        name=upload.filename or "",
        organizer_id=place or None,
        inspect=partial(printing.inspect, organizer_id=place or None),
        note=form.note.data or "",
    )


def _listed(file: FileField) -> list[str]:
    """Take many sentences about the file to the top of the page, one a line; a single one stays beside it."""
    if len(file.errors) < 2:
        return []
    sentences = list(file.errors)
    file.errors = [f"Шаблон не принят: {count(len(sentences), 'замечание', 'замечания', 'замечаний')}, все — вверху."]
    return sentences


def _data(row: m.PrintTemplate) -> bytes:
    data = template_files.read(row.sha256)
    if data is None:
        raise NotFound("Файла этой версии нет. Сообщите оператору портала.")
    return data


def _sample(row: m.PrintTemplate, *, on_blank: bool) -> bytes:
    if row.code not in PAPER_FIELDS:
        raise NotFound("Такой документ больше не печатается.")
    if on_blank:
        choice = print_templates.choice_of(row.code, row.organizer_id)
        return printing.sample_paper(row.code, _data(row), look_of(replace(choice, mode=PrintMode.BLANK)))
    return printing.sample_paper(row.code, _data(row))


def _asks_blank() -> bool:
    return request.args.get("on") == "blank"


def _sample_name(row: m.PrintTemplate) -> str:
    return f"Пример. {title_of(row.code)}"


def _made(given: Mapping[str, Any]) -> tuple[bytes, str]:
    row = get_visible(db.session, m.PrintTemplate, given["id"], _SHOW)
    return _sample(row, on_blank=given["on_blank"]), _sample_name(row)


MAKERS[_SAMPLE] = _made


def _paper_row(
    number: int, code: str, organizer_id: int | None, in_force: dict[tuple[str, int | None], m.PrintTemplate]
) -> Row:
    found = in_force.get((code, organizer_id)) or in_force.get((code, None))
    if found is None:
        by = Cell("Стандартный")
    else:
        whose = "Свой" if found.organizer_id else "Общий для региона"
        by = Cell(f"{whose}, версия {found.version}", href=addresses.card("print_template", found.id))
    look = Cell("—")
    if organizer_id is not None and current_actor().can(print_templates.EDIT):
        href = addresses.at("print_template", "settings", code=code, place=organizer_id)
        look = Cell(SETTINGS, href=href)
    return Row(
        number,
        "",
        [
            Cell(title_of(code)),
            by,
            Cell("Поля и примеры", href=addresses.at("print_template", "fields", code=code)),
            Cell("Скачать", href=addresses.at("print_template", "standard", code=code)),
            look,
        ],
    )


#: names of the variables of a loop and of a loop within it, on the page of the fields
_OF_LOOPS = ("строка", "вложенная")


def _flat(fields: Sequence[PaperField], depth: int = 0) -> list[PaperField]:
    """The fields, those of a list's items behind it, named as in its loop."""
    found: list[PaperField] = []
    for item in fields:
        found.append(replace(item, name=f"{_OF_LOOPS[depth - 1]}.{item.name}") if depth else item)
        found += _flat(item.inside, depth + 1)
    return found


def _field_row(number: int, item: PaperField, required: Any) -> Row:
    loop = _OF_LOOPS["." in item.name]
    text = f"{{% for {loop} in {item.name} %}}" if item.inside else f"{{{{ {item.name} }}}}"
    example = ("да" if item.example else "нет") if isinstance(item.example, bool) else str(item.example)
    stands = item.name in required or item.instead_of in required
    words = "да" if item.name in required else f"вместо {{{{ {item.instead_of} }}}}" if stands else "—"
    return Row(number, "", [Cell(text), Cell(item.meaning), Cell("список" if item.inside else example), Cell(words)])
