"""Outgoing mail and its templates: the list with its states, a letter as it was sent, words that the operator edits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from flask import flash, render_template, request
from flask_appbuilder import expose
from sqlalchemy import select
from werkzeug.wrappers import Response

from app import addresses
from app import models as m
from app.access import get_writable
from app.clock import local
from app.extensions import db
from app.labels import THINGS
from app.russian import format_datetime
from app.services.desk import letter_preview
from app.services.mailing import letter_html, letter_kinds, letter_templates, letter_trial, mail
from app.services.mailing.letter_kinds import KINDS, Kind
from app.services.mailing.letter_templates import without_secrets
from app.statuses import LetterStatus
from app.text import sort_key
from app.web.frame.answers import answer_act
from app.web.frame.guards import guarded
from app.web.frame.listing import ListColumn, ListFilter
from app.web.frame.pages import Block, Button, Cell, Column, FormPage, Pair, Row
from app.web.frame.scoped_view import ScopedModelView
from app.web.frame.search import match
from app.web.frame.tabs import of_states
from app.web.frame.typed import row_id

_MAY_BE_EMPTY = "может быть пустым"
_LINES = "Стоят под текстом каждого такого письма; строка без значения не печатается."
#: people offered for a preview
_OFFERED = 10


# --- letters ---------------------------------------------------------------------------------------------------------


def _title_of(code: str | None) -> str:
    return letter_kinds.title_of(code) or "Без шаблона"


def _state(letter: m.Letter) -> Cell:
    """The state; below it why the letter has not left, and when it is tried again."""
    detail = letter.last_error or ""
    if letter.status is LetterStatus.QUEUED and letter.next_attempt_at:
        detail = f"{detail} Следующая попытка {format_datetime(local(letter.next_attempt_at))}.".strip()
    return Cell(letter.status.label, detail, tone=letter.status.tone)


LETTER_STATE = ListColumn("status", "Состояние", lambda row: row.status.label, _state, (m.Letter.status,))
LETTER_KIND = ListColumn(
    "template", "Вид письма", lambda row: _title_of(row.template), lambda row: Cell(_title_of(row.template))
)
KIND_FILTER = ListFilter(
    "template",
    "Вид письма",
    "choice",
    lambda value, _to: m.Letter.template == value,
    lambda: sorted(((kind.code, kind.title) for kind in KINDS.values()), key=lambda pair: sort_key(pair[1])),
    m.Letter.template,
)  # fmt: skip
ADDRESS_FILTER = ListFilter(
    "recipient", "Адрес", "text", lambda value, _to: m.Letter.recipient == value.strip().lower()[:255]
)

LETTER_TABS = (
    of_states("failed", "Не отправлены", m.Letter, LetterStatus.FAILED, hot=True),
    of_states("queued", "В очереди", m.Letter, LetterStatus.QUEUED),
    of_states("sent", "Отправлены", m.Letter, LetterStatus.SENT),
    of_states("aborted", "Отменены", m.Letter, LetterStatus.ABORTED),
)


class LetterPages(ScopedModelView):
    """The list says when nothing is sent; a letter opens as it was sent, without the secrets of its links."""

    @expose("/list/")
    @guarded("list")
    def list(self) -> Any:
        """Outgoing mail."""
        return render_template("letter_list.html", page=self.list_page(), mode_note=mail.mode_note())

    @expose("/show/<int:pk>")
    @guarded("show")
    def show(self, pk: int) -> Any:
        """One letter: where it went and when, its text, its HTML in a frame that can do nothing."""
        letter = self.visible(pk)
        return render_template(
            "letter.html",
            page=self.card_page(letter),
            text=without_secrets(letter.body),
            html=letter_html.without_styles(without_secrets(letter.html or "")),
            mode_note=mail.mode_note() if letter.status is LetterStatus.QUEUED else "",
        )

    def blocks(self, row: m.Letter) -> Sequence[Block]:
        """Where the letter goes; the words follow below."""
        fields = ["recipient", "subject", "attempts", "created_at", "sent_at"]
        fields[3:3] = [name for name in ("last_error", "next_attempt_at") if getattr(row, name)]
        block = self.pairs_block(row, "Отправка", fields)
        return [replace(block, pairs=[*block.pairs, Pair("Вид письма", Cell(_title_of(row.template)))])]


# --- templates -------------------------------------------------------------------------------------------------------


def _kind(template: m.LetterTemplate) -> Kind:
    return KINDS[template.code]


def _words(template: m.LetterTemplate) -> letter_templates.Words:
    return letter_templates.words_of(_kind(template), template)


def _template_state(template: m.LetterTemplate) -> Cell:
    """Whether the words are the standard ones, changed, or no longer fit the fields."""
    if not letter_templates.is_edited(template):
        return Cell("Стандартный текст")
    if letter_templates.problems_of(_kind(template), _words(template)):
        return Cell("Ошибка: используется стандартный текст", tone="bad")
    return Cell("Изменён", tone="go")


def _refusal(template: m.LetterTemplate) -> Cell:
    required = letter_templates.is_required(_kind(template).code, template)
    return Cell("Приходит всегда" if required else "Можно отказаться")


TEMPLATE_TITLE = ListColumn(
    "title", "Письмо", lambda row: row.title, lambda row: Cell(row.title, _kind(row).group), (m.LetterTemplate.title,)
)
TEMPLATE_SUBJECT = ListColumn("subject", "Тема", lambda row: _words(row).subject, lambda row: Cell(_words(row).subject))
TEMPLATE_STATE = ListColumn("state", "Текст", lambda row: _template_state(row).text, _template_state)
TEMPLATE_REFUSAL = ListColumn("refusal", "Отказ", lambda row: _refusal(row).text, _refusal)


class LetterTemplatePages(ScopedModelView):
    """Words of each kind of letters: edit with the list of fields, preview, standard words, a test letter to oneself."""

    def _init_forms(self) -> None:
        super()._init_forms()
        for name, rows in (("body", 12), ("html", 6)):
            getattr(self.edit_form, name).kwargs["render_kw"] = {"rows": rows}

    @expose("/show/<int:pk>")
    @guarded("show")
    def show(self, pk: int) -> Any:
        """The template and the letter made of it: of the newest row of its sort, of all or of the chosen person."""
        template = self.visible(pk)
        kind, typed = _kind(template), request.args.get("q", "").strip()[:100]
        person = _person(request.args.get("person", ""))
        tried = letter_preview.tried(kind, person)
        letter = letter_templates.preview(template, tried.given)
        return render_template(
            "letter_template.html",
            page=self.card_page(template),
            letter=letter,
            html=letter_html.without_styles(letter.html),
            person=person,
            about=_about(tried),
            made_up=", ".join(f"{{{{ {name} }}}}" for name in tried.made_up) if tried.row is not None else "",
            typed=typed,
            people=_people(typed) if typed and person is None else (),
            action=addresses.card("letter_template", pk),
        )

    def blocks(self, row: m.LetterTemplate) -> Sequence[Block]:
        """The words as they are stored, and what may be named in them."""
        kind, words = _kind(row), _words(row)
        heads = [Column(name, label) for name, label in (("f", "Поле"), ("m", "Что подставится"), ("e", "Пример"))]
        rows = [
            Row(
                n,
                "",
                [
                    Cell(f"{{{{ {name} }}}}"),
                    Cell(fact.meaning, _MAY_BE_EMPTY if fact.optional else ""),
                    Cell(fact.example),
                ],
            )
            for n, (name, fact) in enumerate(kind.fields.items())
        ]
        pairs = [
            Pair("Тема", Cell(words.subject)),
            Pair("Надпись на кнопке", Cell(words.button)),
            Pair("Отказ от писем", _refusal(row)),
            Pair("Состояние", _template_state(row)),
        ]
        lines = [Pair(head, Cell(line)) for head, line in kind.block]
        block = [Block("Строки под текстом", pairs=lines, note=_LINES)] if lines else []
        html = [Block("Текст в HTML", note=words.html)] if words.html else []
        fields = Block("Поля этого письма", columns=heads, rows=rows)
        return [Block("Шаблон", pairs=pairs), Block("Текст шаблона", note=words.body), *block, *html, fields]

    def extra_buttons(self, row: m.LetterTemplate) -> Sequence[Button]:
        """The standard words again, a test letter."""
        if not self.may(row, "edit"):
            return []
        restore, test = (addresses.at("letter_template", name, row.id) for name in ("restore", "test"))
        found = [Button("Отправить пробное письмо себе", test, post=True)]
        if _template_state(row).text != "Стандартный текст":
            ask = "Вернуть стандартный текст? Ваши слова в этом шаблоне будут потеряны."
            found.append(Button("Вернуть стандартный текст", restore, post=True, confirm=ask))
        return found

    def _page(self, form: Any, title: str, problems: list[str], found: Any, row: Any) -> FormPage:
        """The form names the fields that may be used in it."""
        if request.method == "GET":  # what was not edited is shown as it stands in the letter
            for name in ("subject", "body", "button"):
                form[name].data = getattr(_words(row), name)
        page = super()._page(form, title, problems, found, row)
        fields = "\n".join(
            f"{{{{ {name} }}}} — {fact.meaning}{f' ({_MAY_BE_EMPTY})' if fact.optional else ''}"
            for name, fact in _kind(row).fields.items()
        )
        return replace(page, note=f"В теме, тексте и на кнопке можно использовать поля:\n{fields}")

    @expose("/restore/<int:pk>", methods=["POST"])
    @guarded("edit")
    def restore(self, pk: int) -> Response:
        """Put the standard words back."""
        return self._done(pk, lambda: _restored(pk))

    @expose("/test/<int:pk>", methods=["POST"])
    @guarded("edit")
    def test(self, pk: int) -> Response:
        """Send a letter of examples to the acting user."""
        return self._done(pk, lambda: _sent_words(letter_trial.send_test(pk)))

    def _done(self, pk: int, work: Callable[[], str]) -> Response:
        """Do ``work`` on a template, which returns what to say; a refusal is said instead."""
        get_writable(db.session, m.LetterTemplate, pk, "letter_template:edit")
        return answer_act(lambda: flash(work(), "success"), addresses.card("letter_template", pk))


def _restored(pk: int) -> str:
    letter_templates.restore(pk)
    return "Возвращён стандартный текст письма."


def _sent_words(address: str) -> str:
    return f"Пробное письмо на адрес {address} поставлено в очередь. {mail.mode_note()}".strip()


def _about(tried: letter_preview.Tried) -> str:
    """What the letter of the preview tells of: the row with its person; empty for examples only."""
    if tried.row is None:
        return ""
    whose = f", {tried.person.full_name}" if tried.person not in (None, tried.row) else ""
    name, thing = str(tried.row), THINGS[tried.row.__tablename__].single
    return (name if thing.partition(" ")[0] in name.lower() else f"{thing} {name}") + whose


def _person(typed: str) -> m.Employee | None:
    pk = row_id(typed)
    return db.session.scalars(select(m.Employee).where(m.Employee.id == pk)).one_or_none() if pk else None


def _people(typed: str) -> list[m.Employee]:
    statement = select(m.Employee).where(match(m.Employee, typed)).order_by(m.Employee.sort).limit(_OFFERED)
    return list(db.session.scalars(statement))
