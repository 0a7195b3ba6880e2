from __future__ import annotations

import datetime as dt
import io
import zipfile
from pathlib import Path

import pytest
from docx import Document
from markupsafe import Markup

from app.documents.docx import docx_template
from app.documents.templates.templates import get_template, manifest, render_docx, render_template, template_sha
from app.errors import Invalid
from print_templates.build import build
from tests.documents.conftest import paragraphs

GROUP_PAPERS = ("group_list", "attendance_sheet", "grade_sheet", "final_protocol", "issue_journal")


def template_of(*lines: str) -> bytes:
    document = Document()
    for line in lines:
        document.add_paragraph(line)
    made = io.BytesIO()
    document.save(made)
    return made.getvalue()


def printed(line: str, **context: object) -> list[str]:
    return paragraphs(render_template(template_of(line), context))


@pytest.mark.parametrize(
    "expression",
    [
        "{{ ''.__class__ }}",
        "{{ ''.__class__.__mro__[1].__subclasses__() }}",
        "{{ name.__init__.__globals__ }}",
        "{{ '{0.__class__}'.format(name) }}",
        "{{ lipsum.__globals__['os'].popen('id').read() }}",
        "{{ cycler.__init__.__globals__.os }}",
        "{{ 'A' * 10000000000 }}",
        "{{ 10 ** 1000000000 }}",
        "{{ '%999999999d' % 1 }}",
        "{% for i in range(99) %}x{% endfor %}",
        "{{ names.append('x') }}",
        "{{ name | attr('__class__') }}",
        "{{ name | center(999999999) }}",
        "{{ unknown_field }}",
        "{{ name",
        "{% if name %}",
        "{%p if name %}",
    ],
)
def test_a_hostile_or_faulty_template_is_refused(expression: str) -> None:
    names = ["Мария"]
    with pytest.raises(Invalid) as refused:
        render_template(template_of(expression), {"name": "Мария", "names": names}, title="Проба")
    assert "Шаблон «Проба» содержит ошибку" in refused.value.message
    assert names == ["Мария"]


def test_the_same_expressions_are_fine_without_the_attack() -> None:
    assert printed("{{ name | upper }} {% if name %}есть{% endif %}", name="Мария") == ["МАРИЯ есть"]


@pytest.mark.parametrize(
    "text",
    [
        'ООО "Рога & <копыта>"',
        "</w:t></w:r></w:p><w:p><w:r><w:t>чужой абзац",
        "{{ 7 + 7 }}",
        "д'Артаньян-Ёлкина",
        "Гасан оглы",
    ],
)
def test_values_are_printed_exactly(text: str) -> None:
    assert printed("[{{ value }}]", value=text) == [f"[{text}]"]


def test_unprintable_characters_and_none_leave_no_trace() -> None:
    assert printed("[{{ a }}|{{ b }}]", a="Ива\x0bнов\ud800\uffff", b=None) == ["[Иванов|]"]


def test_a_date_is_printed_in_figures() -> None:
    assert printed("{{ day }}", day=dt.date(2026, 2, 3)) == ["03.02.2026"]


def test_a_tag_split_over_runs_as_word_does_is_filled() -> None:
    document = Document()
    line = document.add_paragraph()
    for piece in ("{", "{ na", "me }", "}"):
        line.add_run(piece).bold = True
    made = io.BytesIO()
    document.save(made)
    assert paragraphs(render_template(made.getvalue(), {"name": "Мария"})) == ["Мария"]


def test_lines_of_a_text_become_line_breaks() -> None:
    filled = render_template(template_of("{{ text }}"), {"text": "один\nдва"})
    assert Document(io.BytesIO(filled)).paragraphs[0].text == "один\nдва"


def test_header_and_footer_are_filled() -> None:
    document = Document()
    document.add_paragraph("тело")
    document.sections[0].footer.paragraphs[0].text = "№ {{ number }}"
    made = io.BytesIO()
    document.save(made)
    filled = Document(io.BytesIO(render_template(made.getvalue(), {"number": "7/2026"})))
    assert filled.sections[0].footer.paragraphs[0].text == "№ 7/2026"


class Row:
    name = "секрет"


@pytest.mark.parametrize(
    "value",
    [Row(), 1.5, b"x", ("a",), {"a"}, Markup("<b>"), dt.datetime(2026, 1, 1), [Row()], {"inner": Row()}, {1: "x"}],
    ids=[
        "row",
        "float",
        "bytes",
        "tuple",
        "set",
        "markup",
        "datetime",
        "list of rows",
        "dict of rows",
        "number as key",
    ],
)
def test_a_context_of_objects_is_refused(value: object) -> None:
    with pytest.raises(TypeError, match="printing context"):
        render_template(template_of("нет полей"), {"value": value})


@pytest.mark.parametrize("data", [b"", b"not a zip", template_of("x")[:-30]])
def test_a_file_that_is_no_document_is_refused(data: bytes) -> None:
    with pytest.raises(Invalid):
        render_template(data, {})


def test_a_zip_without_a_document_is_refused() -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("readme.txt", "x")
    with pytest.raises(Invalid):
        render_template(made.getvalue(), {})


def test_missing_required_fields_are_named_in_words() -> None:
    context = dict.fromkeys(get_template("certificate").required, "x") | {"city": "", "number": None}
    with pytest.raises(Invalid) as refused:
        render_docx("certificate", context)
    assert "не заполнено — город, регистрационный номер." in refused.value.message


def test_a_paper_without_a_template_is_refused() -> None:
    with pytest.raises(Invalid, match="нет шаблона печати"):
        render_docx("poster", {})


def test_an_edited_template_is_compiled_anew_and_an_unchanged_one_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    compiled: list[bytes] = []
    genuine = docx_template._compile
    monkeypatch.setattr(docx_template, "_compile", lambda data: compiled.append(data) or genuine(data))
    first, second = template_of("один {{ a }}"), template_of("два {{ a }}")
    texts = [
        docx_template.compiled(data).fill({"a": "!"})["word/document.xml"] for data in (first, first, second, first)
    ]
    assert ["один !".encode() in text for text in texts] == [True, True, False, True]
    assert compiled == [first, second]


def test_every_template_of_the_manifest_exists_and_is_lean() -> None:
    assert {"certificate", "training_note", "order_enrolment", "order_expulsion", "voucher"} <= set(manifest())
    for code, info in manifest().items():
        assert info.path.stat().st_size < 20_000
        assert len(template_sha(code)) == 64
        with zipfile.ZipFile(info.path) as archive:
            assert not [name for name in archive.namelist() if "theme" in name or "customXml" in name]


def test_the_templates_are_what_the_builder_builds(tmp_path: Path) -> None:
    build(tmp_path)
    for info in manifest().values():
        with zipfile.ZipFile(info.path) as kept, zipfile.ZipFile(tmp_path / info.path.name) as built:
            assert {name: kept.read(name) for name in kept.namelist()} == {
                name: built.read(name) for name in built.namelist()
            }
