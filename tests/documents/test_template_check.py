"""The check of an uploaded template: everything hostile or mistaken is refused, in a Russian sentence that says where."""

from __future__ import annotations

import io
import re
import time
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import replace

import pytest
from docx import Document

from app.documents.papers.certificate import certificate_context
from app.documents.templates import template_check, template_parts
from app.documents.templates.paper_fields import ON_BLANK, PAPER_FIELDS, PaperField, sample_context
from app.documents.templates.template_check import template_problems
from app.documents.templates.templates import get_template, manifest, render_template
from app.statuses import CertificateKind
from tests.documents.conftest import MakeFacts, paragraphs

PEOPLE = PaperField(
    "people", "Слушатели", "", inside=(PaperField("name", "Имя", "Иванова"), PaperField("hours", "Часы", 72))
)
FIELDS = (
    PaperField("number", "Номер", "1/2026"),
    PaperField("city", "Город", "Самара"),
    PaperField("city_heading", "Город прописными", "САМАРА", instead_of="city"),
    PEOPLE,
    ON_BLANK,
)  # fmt: skip
IMAGE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/image"
LINK = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/hyperlink"
REMOTE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/attachedTemplate"


def docx(*lines: str, fill: Callable[[object], None] = lambda _document: None) -> bytes:
    document = Document()
    for line in lines:
        document.add_paragraph(line)
    fill(document)
    made = io.BytesIO()
    document.save(made)
    return made.getvalue()


def with_parts(data: bytes, changes: Mapping[str, bytes | Callable[[bytes], bytes]]) -> bytes:
    """The same file with parts added or rewritten."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            change = changes.get(name)
            target.writestr(name, change(source.read(name)) if callable(change) else change or source.read(name))
        for name in changes.keys() - set(source.namelist()):
            change = changes[name]
            assert isinstance(change, bytes)
            target.writestr(name, change)
    return made.getvalue()


def with_related(data: bytes, name: str, content: bytes, *, kind: str, relation: str) -> bytes:
    """The same file with a part of a type, to which a relation of the text leads."""
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    led = f'<Relationship Id="rIdNew" Type="{office}/{relation}" Target="/{name}"/></Relationships>'.encode()
    typed = f'<Override PartName="/{name}" ContentType="{kind}"/></Types>'.encode()
    return with_parts(
        data,
        {
            name: content,
            "word/_rels/document.xml.rels": lambda part: part.replace(b"</Relationships>", led),
            "[Content_Types].xml": lambda part: part.replace(b"</Types>", typed),
        },
    )


def problems(data: bytes, required: Mapping[str, str] | None = None) -> list[str]:
    return template_problems(data, FIELDS, required or {})


def problem(*lines: str) -> str:
    (found,) = problems(docx(*lines))
    return found


# --- good ones -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", PAPER_FIELDS)
def test_the_portals_own_templates_pass(code: str) -> None:
    info = get_template(code)
    assert template_problems(info.path.read_bytes(), PAPER_FIELDS[code], info.required) == []


def test_conditions_loops_filters_and_links_pass() -> None:
    lines = (
        "№ {{ number | upper }} {% if city and not on_blank %}г. {{ city }}{% endif %}",
        "{%p for person in people %}",
        "{{ loop.index }}. {{ person.name | default('—') }}: {{ person.hours }}",
        "{%p endfor %}",
    )
    link = f'<Relationship Id="rIdL" Type="{LINK}" Target="https://example.ru/" TargetMode="External"/></Relationships>'
    data = with_parts(
        docx(*lines), {"word/_rels/document.xml.rels": lambda part: part.replace(b"</Relationships>", link.encode())}
    )
    assert problems(data) == []
    assert paragraphs(render_template(data, sample_context(FIELDS)))[1:] == ["1. Иванова: 72", "2. Иванова: 72"]


def test_the_check_takes_milliseconds() -> None:
    info, best = get_template("certificate"), 1.0
    for _ in range(5):
        start = time.perf_counter()
        template_problems(info.path.read_bytes(), PAPER_FIELDS["certificate"], info.required)
        best = min(best, time.perf_counter() - start)
    assert best < 0.25


# --- hostile expressions ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{{ ''.__class__ }}", "обращение к «__class__» запрещено"),
        ("{{ number.__init__.__globals__ }}", "обращение к «__globals__» запрещено"),
        ("{% for i in range(999999999) %}x{% endfor %}", "цикл возможен только по списку"),
        ("{% for i in 'aaaa' %}x{% endfor %}", "цикл возможен только по списку"),
        ("{% for a in people %}{% for b in people %}x{% endfor %}{% endfor %}", "цикл внутри цикла"),
        ("{% for a in people recursive %}{{ a.name }}{% endfor %}", "цикл внутри цикла"),
        ("{{ 'A' * 10000000000 }}", "не допускается умножение"),
        ("{{ 10 ** 1000000000 }}", "не допускается возведение в степень"),
        ("{{ '%999999999d' % 1 }}", "не допускается знак %"),
        ("{% set number = number ~ number %}", "не допускается присваивание"),
        ("{{ lipsum() }}", "не допускается вызов функции"),
        ("{{ number.upper() }}", "не допускается вызов функции"),
        ("{{ number['upper'] }}", "в квадратных скобках"),
        ("{% include 'secret' %}", "подключение других файлов"),
        ("{% import 'secret' as s %}", "подключение других файлов"),
        ("{% extends 'secret' %}", "подключение других файлов"),
        ("{% macro m() %}x{% endmacro %}", "не допускается макрос Jinja"),
        ("{% autoescape false %}{{ number }}{% endautoescape %}", "не допускается такое выражение"),
        ("{{ number | safe }}", "обработка «|safe» неизвестна. Можно: capitalize"),
        ("{{ number | attr('__class__') }}", "обработка «|attr» неизвестна"),
        ("{{ number is callable }}", "проверки «is callable» нет"),
        ("{{ " + "(" * 3000 + "1" + ")" * 3000 + " }}", "вложено слишком глубоко"),
    ],
)
def test_a_hostile_expression_is_refused_in_words(text: str, words: str) -> None:
    found = problems(docx(text))
    assert any(words in sentence for sentence in found), found
    assert all(sentence.startswith("Текст") and re.search("[а-яё]", sentence) for sentence in found)


# --- mistakes --------------------------------------------------------------------------------------------------------


def test_an_unknown_field_is_named_with_its_paragraph_and_the_nearest_one() -> None:
    assert problem("Первый абзац", "Номер: {{ numbr }} от сегодня") == (
        "Текст, абзац „Номер: {{ numbr }} от сегодня“: поля «numbr» у этого документа нет. Возможно, нужно «number»."
    )
    assert "Все поля — на странице «Поля шаблонов»" in problem("{{ фамилия }}")
    assert problem("{% for p in people %}{{ p.nam }}{% endfor %}").endswith("Возможно, нужно «p.name».")
    assert "точка допускается только внутри цикла" in problem("{{ number.first }}")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{{ number", "выражение записано неверно"),
        ("{{ number }", "выражение записано неверно"),
        ("{% if number %}x", "не закрыты: добавьте {% endif %}"),
        ("{% endif %}", "стоит без начала"),
        ("{% если number %}", "команды «если» нет"),
    ],
)
def test_a_mistake_of_writing_is_said_with_its_place(text: str, words: str) -> None:
    found = problem("Первый абзац", text)
    assert words in found and found.startswith("Текст, абзац „{")


def test_places_outside_the_text_are_named() -> None:
    def fill(document: object) -> None:
        section = document.sections[0]  # type: ignore[attr-defined]
        section.header.paragraphs[0].text = "{{ wrong_a }}"
        section.footer.paragraphs[0].text = "{{ wrong_b }}"
        document.core_properties.title = "{{ ''.__class__ }}"  # type: ignore[attr-defined]

    found = "\n".join(problems(docx("{{ number }}", fill=fill)))
    assert "Верхний колонтитул, абзац „{{ wrong_a }}“: поля «wrong_a»" in found
    assert "Нижний колонтитул, абзац „{{ wrong_b }}“: поля «wrong_b»" in found
    assert "Свойства файла" in found and "«__class__» запрещено" in found


def test_a_field_split_over_runs_is_found() -> None:
    def fill(document: object) -> None:
        line = document.add_paragraph()  # type: ignore[attr-defined]
        for piece in ("{", "{ wr", "ong }", "}"):
            line.add_run(piece).bold = True

    assert problems(docx(fill=fill))[0].startswith("Текст, абзац „{{ wrong }}“: поля «wrong»")


def test_missing_required_fields_are_named_and_a_twin_is_enough() -> None:
    required = {"number": "регистрационный номер", "city": "город"}
    assert problems(docx("пусто"), required) == [
        "Нет обязательного поля {{ number }} — регистрационный номер. Добавьте его в шаблон.",
        "Нет обязательного поля {{ city }} — город. Добавьте его в шаблон.",
    ]
    assert problems(docx("{{ number }} {{ city_heading }}"), required) == []
    # while a part cannot be read, nobody knows what is missing
    assert len(problems(docx("{{ number"), required)) == 1


def test_a_field_where_nothing_is_filled_is_refused() -> None:
    notes = b'<w:endnotes xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:t>{{ number }}</w:t></w:endnotes>'
    kind = "application/vnd.openxmlformats-officedocument.wordprocessingml.endnotes+xml"
    data = with_related(docx("x"), "word/endnotes.xml", notes, kind=kind, relation="endnotes")
    (found,) = problems(data)
    assert found == "Концевые сноски: поля здесь не заполняются. Перенесите их в текст."


def test_what_only_filling_shows_is_found() -> None:
    def fill(document: object) -> None:
        document.add_table(1, 1).rows[0].cells[0].text = "{% if city == '' %}x"  # type: ignore[attr-defined]
        document.add_paragraph("{% endif %}")  # type: ignore[attr-defined]

    (found,) = problems(docx("{{ number }}", fill=fill))
    assert found.startswith("Пробное заполнение не удалось")


def test_the_list_of_problems_has_an_end() -> None:
    assert len(problems(docx(*(f"{{{{ wrong{n} }}}}" for n in range(99))))) == template_check.MOST_PROBLEMS


# --- the file itself -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "Файл пуст"),
        (b"hello", "не документ Word"),
        (b"PK\x03\x04 broken", "повреждён"),
        (docx("x")[:-40], "повреждён"),
        (b"PK" + b"x" * template_parts.MOST_BYTES, "больше 5 МБ"),
    ],
)
def test_what_is_no_docx_is_refused(data: bytes, words: str) -> None:
    (found,) = problems(data)
    assert words in found


def test_another_kind_of_zip_is_refused() -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("xl/workbook.xml", "<x/>")
    assert "не документ Word" in problems(made.getvalue())[0]


@pytest.mark.parametrize("name", ["word/media/big.bin", "word/document.xml"])
def test_a_bomb_is_refused_before_it_is_inflated(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = with_parts(docx("x"), {name: b"\0" * (30 << 20)})
    assert len(bomb) < 200_000
    monkeypatch.setattr(zipfile.ZipFile, "read", lambda *_: pytest.fail("a part was inflated"))
    assert "слишком большим" in problems(bomb)[0]


def test_too_many_parts_are_refused() -> None:
    many = {f"word/media/{n}.png": b"x" for n in range(template_parts.MOST_PARTS + 1)}
    assert "слишком большим" in problems(with_parts(docx("x"), many))[0]


def test_a_damaged_part_is_refused() -> None:
    data = docx("x" * 500)
    at = data.index(b"word/document.xml") + 200
    assert problems(data[:at] + bytes(b ^ 255 for b in data[at : at + 40]) + data[at + 40 :])


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"word/document.xml": lambda x: x.replace(b"</w:p>", b"", 1)}, "Текст: разметка нарушена"),
        (
            {"word/document.xml": lambda x: x.replace(b"<w:document", b'<!DOCTYPE w [<!ENTITY a "b">]><w:document', 1)},
            "Текст: есть определения DTD",
        ),
        (
            {"word/document.xml": lambda x: x.decode().replace("UTF-8", "UTF-16", 1).encode("utf-16")},
            "Текст: кодировка не UTF-8",
        ),
        ({"word/vbaProject.bin": b"x"}, "В файле есть макросы"),
        ({"word/embeddings/oleObject1.bin": b"x"}, "вложенные файлы других программ"),
        ({"word/activeX/activeX1.xml": b"<x/>"}, "элементы управления ActiveX"),
        (
            {"[Content_Types].xml": lambda x: x.replace(b"wordprocessingml.document.main", b"template.macroEnabledTemplate.main")},
            "с макросами или шаблон Word",
        ),
    ],
    ids=["broken xml", "entities", "utf-16", "macros", "embedded", "activex", "docm"],
)  # fmt: skip
def test_a_dangerous_file_is_refused(changes: Mapping[str, bytes | Callable[[bytes], bytes]], words: str) -> None:
    found = problems(with_parts(docx("{{ number }}"), changes))
    assert any(words in sentence for sentence in found), found


@pytest.mark.parametrize(
    ("kind", "target", "words"),
    [
        (IMAGE, "http://198.51.100.7/pixel.png", "Текст: есть рисунок, который хранится вне файла"),
        (IMAGE, "file:///etc/passwd", "Текст: есть рисунок, который хранится вне файла"),
        (REMOTE, "http://198.51.100.7/a.dotm", "Текст: есть шаблон Word, который хранится вне файла"),
        (LINK, "file://server/share/x.exe", "ведёт не на страницу в интернете"),
    ],
)
def test_a_link_outside_is_refused(kind: str, target: str, words: str) -> None:
    relation = f"<Relationship TargetMode='External' Id='rIdX' Type='{kind}' Target='{target}'/></Relationships>"
    data = with_parts(
        docx("x"), {"word/_rels/document.xml.rels": lambda x: x.replace(b"</Relationships>", relation.encode())}
    )
    (found,) = problems(data)
    assert words in found


@pytest.mark.parametrize(
    "pieces",
    [
        ['INCLUDETEXT "c:\\\\secret.docx"'],
        ["INCLU", 'DEPICTURE "http://198.51.100.7/x.png"'],
        ["DDEAUTO cmd"],
        [" link Excel"],
    ],
)
def test_a_field_of_word_that_reads_files_is_refused(pieces: list[str]) -> None:
    runs = "".join(f'<w:r><w:instrText xml:space="preserve">{piece}</w:instrText></w:r>' for piece in pieces)
    field = f'<w:p><w:r><w:fldChar w:fldCharType="begin"/></w:r>{runs}<w:r><w:fldChar w:fldCharType="end"/></w:r></w:p>'
    data = with_parts(docx("x"), {"word/document.xml": lambda x: x.replace(b"<w:p>", f"{field}<w:p>".encode(), 1)})
    (found,) = problems(data)
    assert found.startswith("Текст: поле Word «") and "подключает другие файлы" in found


def test_harmless_fields_of_word_pass() -> None:
    field = '<w:p><w:fldSimple w:instr=" PAGE "/><w:fldSimple w:instr=\' HYPERLINK "https://example.ru/link" \'/></w:p>'
    data = with_parts(docx("x"), {"word/document.xml": lambda x: x.replace(b"<w:p>", f"{field}<w:p>".encode(), 1)})
    assert problems(data) == []


# --- the declaration of the fields -----------------------------------------------------------------------------------


def test_every_paper_declares_its_fields() -> None:
    """A paper without declared fields takes no uploaded template; the documents of a listener all take one."""
    assert {kind.value for kind in CertificateKind if kind.value in manifest()} <= set(PAPER_FIELDS) <= set(manifest())


@pytest.mark.parametrize("kind", [CertificateKind.CERTIFICATE, CertificateKind.TRAINING_NOTE])
def test_the_declared_fields_are_those_that_printing_gives(make_facts: MakeFacts, kind: CertificateKind) -> None:
    given = certificate_context(make_facts(kind=kind))
    declared = {item.name: item for item in PAPER_FIELDS[kind.value]}
    assert set(declared) == {*given, ON_BLANK.name}
    assert {name: type(value) for name, value in given.items()} == {n: type(declared[n].example) for n in given}


@pytest.mark.parametrize("code", PAPER_FIELDS)
def test_every_field_has_words_and_required_ones_are_declared(code: str) -> None:
    names = [item.name for item in PAPER_FIELDS[code]]
    assert len(names) == len(set(names))
    assert set(get_template(code).required) <= set(names)
    assert all(re.search("[а-яё]", item.meaning) for item in PAPER_FIELDS[code])
    assert all(item.instead_of in {"", *names} for item in PAPER_FIELDS[code])


def test_a_list_is_shown_by_two_samples() -> None:
    assert sample_context((replace(PEOPLE, name="rows"),)) == {"rows": [{"name": "Иванова", "hours": 72}] * 2}
