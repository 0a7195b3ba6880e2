"""The check whether an uploaded DOCX is a template that the portal may fill: nothing is executed, a refusal is a Russian sentence.

Layers: the file itself (``template_parts``), then the expressions, of which only a short list is allowed, then a trial
filling with the sample person, which shows what only filling can (a condition that is closed in another cell). The
sandbox of ``docx_template`` is the last layer.
"""

from __future__ import annotations

import difflib
import html
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from jinja2 import Environment, TemplateSyntaxError, nodes
from lxml import etree

from app.documents.docx.docx_template import ALLOWED_FILTERS, patched, picture_relations, sandbox
from app.documents.docx.package import Package
from app.documents.docx.print_look import PrintLook
from app.documents.templates.paper_fields import PaperField, sample_context
from app.documents.templates.template_parts import file_problems, filled_problems, read_package
from app.documents.templates.templates import fill_here
from app.errors import Invalid

MOST_PROBLEMS = 30
#: conditions, loops and parts of an expression within each other
MOST_NESTED = 30
_SNIPPET = 40
#: a paper with this field has the QR code of the same address
_CHECKED_AT = "check_url"
#: kinds of parts in which a field would stay unfilled
_UNFILLED = ("endnotes", "comments")
#: what a template may hold; everything else is refused
_ALLOWED = (
    nodes.Template, nodes.Output, nodes.TemplateData, nodes.Name, nodes.Getattr, nodes.If, nodes.For, nodes.Const,
    nodes.Compare, nodes.Operand, nodes.And, nodes.Or, nodes.Not, nodes.Filter, nodes.CondExpr, nodes.Concat, nodes.Test,
    nodes.Keyword,
)  # fmt: skip
_IN_WORDS: Mapping[type[nodes.Node], str] = {
    nodes.Call: "вызов функции",
    nodes.CallBlock: "вызов функции",
    nodes.Macro: "макрос Jinja",
    nodes.Import: "подключение других файлов",
    nodes.FromImport: "подключение других файлов",
    nodes.Include: "подключение других файлов",
    nodes.Extends: "подключение других файлов",
    nodes.Block: "блок Jinja",
    nodes.Mul: "умножение",
    nodes.Pow: "возведение в степень",
    nodes.Mod: "знак %",
    nodes.Assign: "присваивание (set)",
    nodes.AssignBlock: "присваивание (set)",
    nodes.Getitem: "обращение по номеру в квадратных скобках",
}
_TESTS = ("defined", "even", "none", "odd")
_OF_LOOP = ("first", "index", "index0", "last", "length", "revindex")
#: stands in a scope for the list of the innermost loop
_INNERMOST = ""
_ONLY = "Можно писать поля {{ имя }}, условия {% if %} и циклы по спискам {% for %}."


@dataclass
class _Found:
    """What one part says: problems with their places, and the fields it prints."""

    problems: list[str] = field(default_factory=list)
    names: set[str] = field(default_factory=set)
    #: a part could not be read, so what is missing is not known
    unread: bool = False


def template_problems(data: bytes, fields: Sequence[PaperField], required: Mapping[str, str]) -> list[str]:
    """Return what is wrong with a template of a paper, in sentences; an empty list: it can be used.

    ``fields`` are all that the paper gives, ``required`` maps those that must be printed to their words.
    """
    try:
        package = read_package(data)
    except Invalid as refusal:
        return [refusal.message]
    problems = file_problems(package)
    if problems:  # broken or hostile: its texts are not looked at
        return problems[:MOST_PROBLEMS]
    found = _texts(package, fields)
    missing = [] if found.unread else [*_missing(found.names, fields, required), *_missing_picture(package, fields)]
    problems = list(dict.fromkeys([*found.problems, *missing]))
    if not problems:
        problems = _trial(data, package, fields)
    return problems[:MOST_PROBLEMS]


# --- the expressions -------------------------------------------------------------------------------------------------


def _texts(package: Package, fields: Sequence[PaperField]) -> _Found:
    found, environment, filled = _Found(), sandbox(), package.filled
    for name, part in package.parts.items():
        place, kind = package.place_of(name), package.kind_of(name)
        if name in filled:
            text = patched(part.decode("utf-8", errors="replace"))
            _Reader(place, _in_lines(text), fields, found).read(environment)
        elif kind == "core-properties":
            _Reader(place, " ".join(etree.fromstring(part).itertext()), fields, found).read(environment)
        elif kind in _UNFILLED and re.search(rb"\{[{%]", re.sub(rb"<[^>]*>", b"", part)):
            found.problems.append(f"{place.capitalize()}: поля здесь не заполняются. Перенесите их в текст.")
    return found


def _in_lines(source: str) -> str:
    """Put each paragraph and each command that stands for a paragraph on a line of its own, for the place of an error."""
    return re.sub(r"(?=<w:p[ >])|(?<=</w:p>)(?=\{%)|(?<=%\})(?=\{%)", "\n", source.replace("\n", " "))


class _Reader:
    """Reads the expressions of one part."""

    def __init__(self, place: str, source: str, fields: Sequence[PaperField], found: _Found) -> None:
        self.place, self.source, self.found = place, source, found
        self.fields = {item.name: item for item in fields}

    def read(self, environment: Environment) -> None:
        """Parse the part and note its problems and names."""
        try:
            self._walk(environment.parse(self.source), {}, depth=0)
        except TemplateSyntaxError as error:
            self.found.unread = True
            self._note(error.lineno, _syntax(error))
        except RecursionError:
            self.found.unread = True
            self._note(None, f"выражение вложено слишком глубоко. {_ONLY}")

    def _note(self, line: int | None, sentence: str) -> None:
        self.found.problems.append(f"{self._where(line)}: {sentence}")

    def _where(self, line: int | None) -> str:
        lines = self.source.split("\n")
        text = re.sub("<[^>]*>", "", lines[line - 1]) if line and line <= len(lines) else ""
        text = " ".join(html.unescape(text).split())
        short = text if len(text) <= _SNIPPET else f"{text[:_SNIPPET].rstrip()}…"
        return f"{self.place.capitalize()}, абзац „{short}“" if short else self.place.capitalize()

    def _walk(self, node: nodes.Node, scope: Mapping[str, PaperField | None], *, depth: int) -> None:
        """Judge a node and what is in it; ``scope`` holds the variables of loops with the lists they walk."""
        if depth > MOST_NESTED:
            self._note(node.lineno, f"вложено слишком глубоко: больше {MOST_NESTED} раз. {_ONLY}")
            return
        if isinstance(node, nodes.For):
            self._loop(node, scope, depth)
            return
        if isinstance(node, nodes.Getattr):
            self._attribute(node, scope)
            return
        if isinstance(node, nodes.Name):
            self._name(node, scope)
        elif isinstance(node, nodes.Filter) and node.name not in ALLOWED_FILTERS:
            self._note(node.lineno, f"обработка «|{node.name}» неизвестна. Можно: {', '.join(ALLOWED_FILTERS)}.")
        elif isinstance(node, nodes.Test) and node.name not in _TESTS:
            self._note(node.lineno, f"проверки «is {node.name[:30]}» нет. Можно: {', '.join(_TESTS)}.")
        elif not isinstance(node, _ALLOWED):
            what = _IN_WORDS.get(type(node), "такое выражение")
            self._note(node.lineno, f"в шаблонах не допускается {what}. {_ONLY}")
            return
        for child in node.iter_child_nodes():
            self._walk(child, scope, depth=depth + 1)

    def _loop(self, node: nodes.For, scope: Mapping[str, PaperField | None], depth: int) -> None:
        """A loop walks a list of the paper; within it, only a list of its own items: the paper's size bounds the work."""
        listed = self._list_of(node.iter, scope)
        if node.recursive or (_INNERMOST in scope and listed is None):
            self._note(
                node.lineno,
                "цикл внутри цикла допускается только по списку внутри строки: {% for a in строка.список %}.",
            )
        elif listed is None or not isinstance(node.target, nodes.Name):
            lists = [item.name for item in self.fields.values() if item.inside]
            advice = f"Списки этого документа: {', '.join(lists)}." if lists else "У этого документа списков нет."
            self._note(node.lineno, f"цикл возможен только по списку: {{% for строка in список %}}. {advice}")
        else:
            if isinstance(node.iter, nodes.Name):
                self.found.names.add(node.iter.name)
            inner = {**scope, node.target.name: listed, "loop": None, _INNERMOST: listed}
            for child in (*node.body, *node.else_, *([node.test] if node.test else ())):
                self._walk(child, inner, depth=depth + 1)

    def _list_of(self, walked: nodes.Node, scope: Mapping[str, PaperField | None]) -> PaperField | None:
        """The list that a loop walks: of the paper, or of the item of the loop around it."""
        found = None
        if _INNERMOST not in scope and isinstance(walked, nodes.Name):
            found = self.fields.get(walked.name)
        elif isinstance(walked, nodes.Getattr) and isinstance(walked.node, nodes.Name):
            owner = scope.get(walked.node.name)
            if owner is not None and owner is scope[_INNERMOST]:
                found = next((item for item in owner.inside if item.name == walked.attr), None)
        return found if found is not None and found.inside else None

    def _attribute(self, node: nodes.Getattr, scope: Mapping[str, PaperField | None]) -> None:
        owner = node.node.name if isinstance(node.node, nodes.Name) else ""
        if node.attr.startswith("_"):
            self._note(node.lineno, f"обращение к «{node.attr[:40]}» запрещено. {_ONLY}")
        elif owner not in scope:
            name = f"{owner}.{node.attr}" if owner else node.attr
            self._note(node.lineno, f"«{name[:60]}» — такого поля нет: точка допускается только внутри цикла.")
        else:
            listed = scope[owner]
            known = [item.name for item in listed.inside] if listed else list(_OF_LOOP)
            if node.attr not in known:
                self._note(node.lineno, _unknown(f"{owner}.{node.attr}", [f"{owner}.{name}" for name in known]))

    def _name(self, node: nodes.Name, scope: Mapping[str, PaperField | None]) -> None:
        if node.name in scope:
            return
        if node.name in self.fields:
            self.found.names.add(node.name)
        else:
            self._note(node.lineno, _unknown(node.name, list(self.fields)))


def _unknown(name: str, known: Sequence[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1)
    advice = f"Возможно, нужно «{near[0]}»." if near else "Все поля — на странице «Поля шаблонов»."
    return f"поля «{name[:60]}» у этого документа нет. {advice}"


def _syntax(error: TemplateSyntaxError) -> str:
    """What is wrong with the writing of an expression, in words."""
    message = error.message or ""
    if "Unexpected end of template" in message:
        return "условие или цикл не закрыты: добавьте {% endif %} или {% endfor %}."
    if "unknown tag" in message:
        tag = (re.search(r"'([^']*)'", message) or ["", ""])[1]
        if tag in ("endif", "endfor", "else", "elif"):
            return f"команда {{% {tag} %}} стоит без начала {{% if %}} или {{% for %}}."
        return f"команды «{tag[:30]}» нет. {_ONLY}"
    return "выражение записано неверно: проверьте скобки {{ имя }} и {% if имя %} … {% endif %}."


def _missing(names: set[str], fields: Sequence[PaperField], required: Mapping[str, str]) -> Iterator[str]:
    """Sentences about required fields that the template does not print."""
    printed = names | {item.instead_of for item in fields if item.name in names}
    for name, words in required.items():
        if name not in printed:
            yield f"Нет обязательного поля {{{{ {name} }}}} — {words}. Добавьте его в шаблон."


def _missing_picture(package: Package, fields: Sequence[PaperField]) -> Iterator[str]:
    """A sentence when a paper that is checked by its QR code has no place for it, or has it where nothing is filled."""
    if not any(item.name == _CHECKED_AT for item in fields):
        return
    if not any(picture_relations(package, name) for name in package.filled):
        yield (
            "Нет места для QR-кода: рисунка с именем qr.png. Скопируйте его из стандартного шаблона в текст или колонтитул, "
            "или вставьте любой рисунок и напишите «qr.png» в его замещающем тексте."
        )


# --- the trial -------------------------------------------------------------------------------------------------------


def _trial(data: bytes, package: Package, fields: Sequence[PaperField]) -> list[str]:
    """Fill the template with the sample person in both modes, and with what may be empty left empty; judge what came out."""
    full = sample_context(fields)
    bare: dict[str, Any] = {name: "" if isinstance(value, str) else value for name, value in full.items()}
    places = {name: package.place_of(name) for name in package.filled}
    found: list[str] = []
    for context, look in ((full, PrintLook()), (full, PrintLook(on_blank=True)), (bare, PrintLook())):
        try:
            _paper, filled = fill_here(data, context, title="шаблон", look=look)
        except Invalid:
            return [
                "Пробное заполнение не удалось: условие или цикл, наверное, начаты в одном абзаце или ячейке, а закрыты в "
                "другом. Поставьте {%p if … %} и {%p endif %} отдельными абзацами одной ячейки."
            ]
        found += filled_problems(filled, places)
    return list(dict.fromkeys(found))
