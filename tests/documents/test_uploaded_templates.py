"""Uploaded templates in their child process: hostile ones end in a sentence, what is filled is judged, the code is filled anywhere."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import replace

import pytest
from docx import Document

from app.documents.qr import qr_png
from app.documents.templates import uploaded
from app.documents.templates.merged import merged
from app.documents.templates.paper_fields import PAPER_FIELDS, sample_context
from app.documents.templates.template_check import template_problems
from app.documents.templates.template_parts import FORBIDDEN_COMMANDS
from app.documents.templates.templates import get_template, render_template
from app.errors import Invalid
from tests.documents.test_template_check import FIELDS, docx, with_parts, with_related

CERTIFICATE = PAPER_FIELDS["certificate"]
CODE = qr_png("https://example.org/verify/1")
W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'


def check(data: bytes) -> list[str]:
    return uploaded.check(data, FIELDS, {})


def parts_of(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def zipped(parts: Mapping[str, bytes]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return made.getvalue()


def with_text(xml: str) -> bytes:
    """A template whose text begins with this XML of Word."""
    return with_parts(
        docx("{{ number }}"), {"word/document.xml": lambda x: x.replace(b"<w:p>", xml.encode() + b"<w:p>", 1)}
    )


def field(*pieces: str) -> str:
    runs = "".join(f'<w:r><w:instrText xml:space="preserve">{piece}</w:instrText></w:r>' for piece in pieces)
    begin, end = (f'<w:r><w:fldChar w:fldCharType="{kind}"/></w:r>' for kind in ("begin", "end"))
    return f"<w:p>{begin}{runs}{end}</w:p>"


# --- bounds ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "data",
    [
        docx("{% " * 60_000),
        docx("{{ " * 60_000),
        docx("{{ number" + "|join(number)" * 8 + " }}"),
        docx("{{ " + "not " * 3_000 + "number }}"),
        docx("{{ " + "not " * 200 + "number }}"),
        docx("{% if number %}" * 130 + "x" + "{% endif %}" * 130),
        docx("{% for x in range(10**9) %}x{% endfor %}"),
        docx("{% for a in people %}" + "{% for b in a.name %}" * 9 + "x" + "{% endfor %}" * 10),
        docx("{{ " + "(" * 5_000 + "1" + ")" * 5_000 + " }}"),
        docx("{#" * 30_000),
    ],
    ids=range(10),
)  # fmt: skip
def test_a_hostile_template_is_answered_in_words(data: bytes) -> None:
    found = check(data)
    assert found
    assert all(re.search("[а-яё]", sentence) for sentence in found)
    with pytest.raises(Invalid, match="не напечатан"):
        render_template(data, sample_context(FIELDS))


def test_what_needs_too_much_time_or_memory_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploaded, "ENTRY", "tests_no_such_module:main")
    (found,) = check(docx("{{ number }}"))
    assert found.startswith("Проверка остановлена: шаблон требует слишком много времени или памяти")
    with pytest.raises(Invalid, match="требует слишком много времени"):
        render_template(docx("{{ number }}"), sample_context(FIELDS))


# --- Word's own fields -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("word", sorted(FORBIDDEN_COMMANDS))
@pytest.mark.parametrize(
    "split",
    [
        lambda word: [f" {word} c:\\x "],
        lambda word: [word[:2], word[2:] + " c:\\x"],
        lambda word: [word[:2] + "{# #}" + word[2:] + " c:\\x"],
        lambda word: ["{% if number %}" + word + "{% endif %} c:\\x"],
        lambda word: ["{{ '" + word[:2] + "' ~ '" + word[2:] + "' }} c:\\x"],
    ],
    ids=["whole", "runs", "comment", "condition", "expression"],
)
def test_a_forbidden_field_is_refused_before_and_after_filling(word: str, split: Callable[[str], list[str]]) -> None:
    data = with_text(field(*split(word)))
    assert any("поле Word" in sentence for sentence in template_problems(data, FIELDS, {}))


def test_a_field_that_only_filling_makes_is_refused_in_the_filled_paper() -> None:
    """The values of people decide: here the city turns a harmless field into a link to a file."""
    data = with_text(field(' HYPERLINK "{{ city }}" '))
    good = sample_context(FIELDS) | {"city": "https://example.ru/"}
    assert render_template(data, good).startswith(b"PK")
    for address in ("file:///etc/passwd", "\\\\server\\share", "c:\\secret.docx"):
        with pytest.raises(Invalid, match="ведёт не на страницу в интернете"):
            render_template(data, good | {"city": address})
        with pytest.raises(Invalid, match="ведёт не на страницу в интернете"):
            merged(data, [(good, None), (good | {"city": address}, None)])


def test_fields_within_fields_make_no_word() -> None:
    begin, end = (f'<w:r><w:fldChar w:fldCharType="{kind}"/></w:r>' for kind in ("begin", "end"))
    inner = f"{begin}<w:r><w:instrText>QUOTE AUTO</w:instrText></w:r>{end}"
    for outer in ("", "DDE", "PAGE"):
        data = with_text(f"<w:p>{begin}<w:r><w:instrText>{outer}</w:instrText></w:r>{inner}{end}</w:p>")
        assert any("портал не печатает" in sentence for sentence in template_problems(data, FIELDS, {})), outer


# --- parts, relations, pictures --------------------------------------------------------------------------------------

SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"/></svg>'


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (with_related(docx("x"), "word/media/a.svg", SVG, kind="image/svg+xml", relation="image"), "рисунки SVG"),
        (with_related(docx("x"), "word/media/a.png", SVG, kind="image/png", relation="image"), "это не PNG"),
        (with_related(docx("x"), "word/x.bin", b"x", kind="application/vnd.openxmlformats-officedocument.oleObject", relation="oleObject"), "вложенные файлы других программ"),
        (with_related(docx("x"), "word/v.bin", b"x", kind="application/vnd.ms-office.vbaProject", relation="vbaProject"), "макросы"),
        (with_related(docx("x"), "afChunk/a.html", b"<p/>", kind="text/html", relation="aFChunk"), "другого формата"),
        (with_related(docx("x"), "word/a.xml", b"<x/>", kind="application/x-unheard-of", relation="styles"), "в обычных документах не бывает"),
        (with_related(docx("x"), "word/h.xml", b"<x/>", kind="application/xml", relation="header"), "ведёт на часть другого вида"),
        (with_related(docx("x"), "word/d.xml", b"<x/>", kind="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml", relation="header"), "несколько текстов"),
        (with_text('<w:p><w:r><w:pict><v:shape xmlns:v="urn:schemas-microsoft-com:vml"><v:imagedata/></v:shape></w:pict></w:r></w:p>'), "рисунок старого вида (VML)"),
        (with_text("<w:p><w:r><w:object/></w:r></w:p>"), "файл другой программы"),
        (with_text("<w:altChunk/>"), "вставленный файл другого формата"),
        (with_text('<w:p><w:r><w:t w:x="file:///etc/passwd">x</w:t></w:r></w:p>'), "ведёт за пределы файла"),
        (with_parts(docx("x"), {"word/document.xml": lambda x: x.replace(b"<w:document", b'<!DOCTYPE a [<!ENTITY b "c">]><w:document', 1)}), "определения DTD"),
    ],
    ids=range(13),
)  # fmt: skip
def test_what_a_paper_does_not_need_is_refused_by_name(data: bytes, words: str) -> None:
    found = check(data)
    assert any(words in sentence for sentence in found), found
    with pytest.raises(Invalid, match="опасен или испорчен"):
        render_template(data, sample_context(FIELDS))


# --- the main part and the QR code -----------------------------------------------------------------------------------


def own(changes: Callable[[dict[str, bytes]], dict[str, bytes]]) -> bytes:
    """The portal's own certificate, changed."""
    return zipped(changes(parts_of(get_template("certificate").path.read_bytes())))


def renamed(parts: dict[str, bytes]) -> dict[str, bytes]:
    return {
        name.replace("document.xml", "document2.xml"): data.replace(b"word/document.xml", b"word/document2.xml")
        for name, data in parts.items()
    }


def problems_of_certificate(data: bytes) -> list[str]:
    return template_problems(data, CERTIFICATE, get_template("certificate").required)


def test_the_text_is_found_by_relations() -> None:
    data = own(renamed)
    assert problems_of_certificate(data) == []
    context = sample_context(CERTIFICATE)
    made = parts_of(render_template(data, context, picture=CODE))
    assert "Иванова" in made["word/document2.xml"].decode()
    assert made["word/media/image1.png"] == CODE
    together = merged(data, [(context, CODE)] * 2)
    assert len(Document(io.BytesIO(together)).sections) == 2


DRAWING = re.compile(rb"<w:drawing>.*?</w:drawing>", re.DOTALL)
R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def in_footer(parts: dict[str, bytes]) -> dict[str, bytes]:
    """The picture stands in the footer; its media file has another name."""
    document = parts["word/document.xml"]
    drawing = DRAWING.search(document)
    assert drawing
    opening = re.search(rb"<w:document[^>]*>", document)
    assert opening
    spaces = opening[0].removeprefix(b"<w:document").removesuffix(b">")
    shown = re.sub(rb'r:embed="[^"]+"', b'r:embed="rId1"', drawing[0])
    footer = b"<w:ftr" + spaces + b"><w:p><w:r>" + shown + b"</w:r></w:p></w:ftr>"
    document = DRAWING.sub(b"", document)
    document = re.sub(rb"(<w:sectPr[^>]*>)", rb'\1<w:footerReference w:type="default" r:id="rId900"/>', document)
    kind = b"application/vnd.openxmlformats-officedocument.wordprocessingml.footer+xml"
    relation = f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="{R}/image" Target="media/moved.png"/></Relationships>'
    media = parts.pop("word/media/image1.png")
    return {
        **parts,
        "word/document.xml": document,
        "word/footer1.xml": footer,
        "word/media/moved.png": media,
        "word/_rels/footer1.xml.rels": relation.encode(),
        "[Content_Types].xml": parts["[Content_Types].xml"].replace(
            b"</Types>", b'<Override PartName="/word/footer1.xml" ContentType="' + kind + b'"/></Types>'
        ),
        "word/_rels/document.xml.rels": re.sub(
            rb"<Relationship [^>]*image1[^>]*/>", b"", parts["word/_rels/document.xml.rels"]
        ).replace(
            b"</Relationships>", f'<Relationship Id="rId900" Type="{R}/footer" Target="footer1.xml"/></Relationships>'.encode()
        ),
    }  # fmt: skip


def test_the_code_is_filled_in_the_footer() -> None:
    data = own(in_footer)
    assert problems_of_certificate(data) == []
    context = sample_context(CERTIFICATE)
    assert parts_of(render_template(data, context, picture=CODE))["word/media/moved.png"] == CODE


def test_each_person_has_the_own_code_in_the_own_footer() -> None:
    codes = [qr_png(f"https://example.org/verify/{n}") for n in range(3)]
    context = sample_context(CERTIFICATE)
    made = Document(io.BytesIO(merged(own(in_footer), [(context, code) for code in codes])))
    shown = []
    for section in made.sections:
        footer = section.footer.part
        (pk,) = re.findall(rb'r:embed="([^"]+)"', footer.blob)
        shown.append(footer.related_parts[pk.decode()].blob)
    assert shown == codes


def without_name(parts: dict[str, bytes]) -> dict[str, bytes]:
    """The picture is called «Рисунок 1», as programs call it that save the file anew."""
    return {
        **parts,
        "word/document.xml": re.sub(rb'(name|descr)="[^"]*(qr|QR)[^"]*"', rb'\1="image"', parts["word/document.xml"]),
    }


def test_the_code_is_known_by_its_empty_picture_too() -> None:
    data = own(without_name)
    assert problems_of_certificate(data) == []
    made = parts_of(render_template(data, sample_context(CERTIFICATE), picture=CODE))
    assert made["word/media/image1.png"] == CODE


def without_picture(parts: dict[str, bytes]) -> dict[str, bytes]:
    return {**parts, "word/document.xml": DRAWING.sub(b"", parts["word/document.xml"])}


def test_a_missing_code_is_refused_by_name() -> None:
    (found,) = problems_of_certificate(own(without_picture))
    assert found.startswith("Нет места для QR-кода: рисунка с именем qr.png.")


# --- loops within loops ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "good"),
    [
        ("{% for p in parts %}{{ p.ground }}{% for h in p.people %}{{ h.name }} {{ p.number }}{% endfor %}{% endfor %}", True),
        ("{% for p in parts %}{% for h in parts %}x{% endfor %}{% endfor %}", False),
        ("{% for p in parts %}{% for h in p.people %}{% for k in p.people %}x{% endfor %}{% endfor %}{% endfor %}", False),
        ("{% for p in parts %}{% for h in p.ground %}x{% endfor %}{% endfor %}", False),
    ],
)  # fmt: skip
def test_a_loop_within_a_loop_walks_a_list_of_its_own_item(text: str, *, good: bool) -> None:
    fields = PAPER_FIELDS["order_enrolment"]
    assert (template_problems(docx(text), fields, {}) == []) is good


def test_a_template_that_works_too_long_is_stopped_by_the_processors_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """The child is given no time at all: a good template is stopped as a bad one would be."""
    monkeypatch.setattr(uploaded, "CHECK", replace(uploaded.CHECK, cpu_seconds=0.001, wall_seconds=300))
    (found,) = check(docx("{{ number }}"))
    assert found.startswith("Проверка остановлена")


def test_a_template_that_writes_too_much_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploaded, "_FIRST_BYTES", 100)
    monkeypatch.setattr(uploaded, "_BYTES", 100)
    with pytest.raises(Invalid, match="требует слишком много времени или памяти"):
        render_template(docx("{{ number }}"), sample_context(FIELDS))
