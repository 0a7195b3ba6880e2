"""Uploaded templates: versions, the one in force, whose it is; print settings; what a refusal leaves behind."""

from __future__ import annotations

import hashlib
import io
from decimal import Decimal
from typing import Any

import pytest
from docx import Document

from app import models as m
from app.access import acting_as
from app.documents.docx.print_look import WHOLE_PAGE
from app.documents.qr import qr_png
from app.documents.templates import in_force
from app.errors import Forbidden, Invalid, NotFound
from app.services.paper.printing import print_templates, template_files
from app.services.paper.printing.print_templates import PrintChoice
from app.statuses import PrintMode
from app.web.paper import printing
from tests.services import makers as mk

CODE = "certificate"
FIELDS = (
    "organization city number issued_on last_name given_names period program hours head_name check_url blank".split()
)


def template(mark: str = "", *, without: str = "") -> bytes:
    document = Document()
    document.add_paragraph(f"Свой шаблон {mark}")
    for name in FIELDS:
        if name != without:
            document.add_paragraph(f"{{{{ {name} }}}}")
    document.add_picture(io.BytesIO(qr_png("x")))._inline.docPr.set("descr", "qr.png")
    made = io.BytesIO()
    document.save(made)
    return made.getvalue()


@pytest.fixture
def world(session: Any) -> mk.World:
    return mk.make_world()


@pytest.fixture
def operator(session: Any) -> Any:
    return mk.make_actor("operator")


@pytest.fixture
def other(session: Any) -> Any:
    return mk.make_organization(is_organizer=True)


def upload(actor: Any, data: bytes, organizer: Any = None, **over: Any) -> Any:
    options = {"name": "шаблон.docx", "organizer_id": organizer.id if organizer else None, "inspect": printing.inspect}
    with acting_as(actor):
        return print_templates.upload(CODE, data, **{**options, **over})


def activate(actor: Any, row: Any) -> Any:
    with acting_as(actor):
        return print_templates.activate(row.id)


def printed_by(organizer: Any) -> str:
    """SHA-256 of the template by which an organizer's paper is printed."""
    return in_force.template_for(CODE, organizer.id)[1]


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


# --- upload ----------------------------------------------------------------------------------------------------------


def test_an_upload_is_kept_whole_and_is_not_in_force(world: mk.World) -> None:
    data = template("один")
    row = upload(
        world.organizer_actor, data, world.organizer, name="C:\\бланки\\Наш бланк.docx", note=" Новый логотип "
    )
    assert (row.version, row.active, row.file_name, row.note) == (1, False, "Наш бланк.docx", "Новый логотип")
    assert (row.code, row.organizer_id, row.created_by_id) == (CODE, world.organizer.id, world.organizer_actor.user_id)
    assert template_files.read(row.sha256) == data
    assert printed_by(world.organizer) == sha(in_force.standard_file(CODE))
    (entry,) = mk.journal("print_template.uploaded")
    assert entry.object_id == row.id and entry.changes["Отпечаток файла"] == ["", sha(data)]


def test_versions_are_counted_for_each_place(world: mk.World, operator: Any, other: Any) -> None:
    data = template()
    first, second = (upload(world.organizer_actor, file, world.organizer) for file in (data, template("два")))
    region, theirs = upload(operator, data), upload(mk.make_actor("organizer", other), data, other)
    assert [row.version for row in (first, second, region, theirs)] == [1, 2, 1, 1]
    # one content is kept once
    assert len({row.sha256 for row in (first, region, theirs)}) == 1
    with mk.unscoped("tests"):
        assert mk.db.session.query(m.TemplateFile).filter_by(sha256=first.sha256).count() == 1


def test_a_faulty_template_is_refused_and_leaves_nothing(world: mk.World) -> None:
    for data in (template("{{ ''.__class__ }}"), template("{{ wrong }}"), template(without="number"), b"x", b""):
        with mk.nothing_changes(), pytest.raises(Invalid) as refused:
            upload(world.organizer_actor, data, world.organizer)
        assert refused.value.fields["file"]


def test_the_same_file_again_is_no_new_version(world: mk.World) -> None:
    data = template()
    upload(world.organizer_actor, data, world.organizer)
    with mk.nothing_changes(), pytest.raises(Invalid, match="не отличается от версии 1"):
        upload(world.organizer_actor, data, world.organizer)


def test_a_paper_that_takes_no_templates_is_refused(world: mk.World) -> None:
    with mk.nothing_changes(), acting_as(world.organizer_actor), pytest.raises(Invalid, match="загрузить нельзя"):
        print_templates.upload(
            "passport", template(), name="x", organizer_id=world.organizer.id, inspect=printing.inspect
        )


def test_nobody_uploads_for_others(world: mk.World, other: Any) -> None:
    for organizer in (other, None):
        with mk.nothing_changes(), pytest.raises(NotFound):
            upload(world.organizer_actor, template(), organizer)
    for actor in (world.responsible, world.worker.actor, mk.make_actor("ministry")):
        with mk.nothing_changes(), pytest.raises(Forbidden):
            upload(actor, template(), world.organizer)


# --- in force --------------------------------------------------------------------------------------------------------


def test_the_organizers_template_goes_before_the_regions_and_that_before_the_standard(
    world: mk.World, operator: Any, other: Any
) -> None:
    standard, region, own = sha(in_force.standard_file(CODE)), template("регион"), template("свой")
    assert (printed_by(world.organizer), printed_by(other)) == (standard, standard)
    activate(operator, upload(operator, region))
    assert (printed_by(world.organizer), printed_by(other)) == (sha(region), sha(region))
    row = activate(world.organizer_actor, upload(world.organizer_actor, own, world.organizer))
    assert (printed_by(world.organizer), printed_by(other)) == (sha(own), sha(region))
    assert in_force.template_for("training_note", world.organizer.id)[1] == sha(in_force.standard_file("training_note"))
    with acting_as(world.organizer_actor):
        print_templates.restore(row.id)
    assert printed_by(world.organizer) == sha(region)


def test_whoever_prints_prints_by_the_same_template(world: mk.World) -> None:
    own = template("свой")
    activate(world.organizer_actor, upload(world.organizer_actor, own, world.organizer))
    for actor in (world.responsible, world.worker.actor, mk.make_actor("operator")):
        with acting_as(actor):
            assert in_force.template_for(CODE, world.organizer.id) == (own, sha(own))


def test_one_version_is_in_force_and_a_second_click_does_nothing(world: mk.World) -> None:
    first, second = (upload(world.organizer_actor, template(str(n)), world.organizer) for n in (1, 2))
    activate(world.organizer_actor, first)
    activate(world.organizer_actor, second)
    assert [(row.version, row.active) for row in mk.rows(m.PrintTemplate)] == [(1, False), (2, True)]
    entries = mk.journal("print_template.activated")
    assert [entry.changes["Версия в действии"] for entry in entries] == [["стандартный шаблон", "1"], ["1", "2"]]
    with mk.nothing_changes():
        activate(world.organizer_actor, second)


def test_the_standard_comes_back_and_the_versions_stay(world: mk.World) -> None:
    row = activate(world.organizer_actor, upload(world.organizer_actor, template(), world.organizer))
    with acting_as(world.organizer_actor):
        print_templates.restore(row.id)
    assert [(r.version, r.active) for r in mk.rows(m.PrintTemplate)] == [(1, False)]
    (entry,) = mk.journal("print_template.restored")
    assert entry.changes["Версия в действии"] == ["1", "стандартный шаблон"]
    with mk.nothing_changes(), acting_as(world.organizer_actor):
        print_templates.restore(row.id)


def test_others_neither_see_nor_touch_a_template(world: mk.World, operator: Any, other: Any) -> None:
    own, region = upload(world.organizer_actor, template(), world.organizer), upload(operator, template())
    stranger = mk.make_actor("organizer", other)
    for work in (print_templates.activate, print_templates.restore):
        with mk.nothing_changes(), acting_as(stranger), pytest.raises(NotFound):
            work(own.id)
        with mk.nothing_changes(), acting_as(stranger), pytest.raises(Forbidden):
            work(region.id)
    assert activate(operator, own).active


# --- settings --------------------------------------------------------------------------------------------------------


def choose(actor: Any, organizer: Any, x: str = "1.5", y: str = "-2", mode: PrintMode = PrintMode.BLANK) -> None:
    with acting_as(actor):
        print_templates.choose(CODE, organizer.id, PrintChoice(mode, Decimal(x), Decimal(y)), title="Удостоверение")


def test_an_organizer_prints_on_its_blank_and_others_whole_pages(world: mk.World) -> None:
    choose(world.organizer_actor, world.organizer)
    with acting_as(world.organizer_actor):
        look = in_force.look_for(CODE, world.organizer.id)
        assert (look.on_blank, look.dx, look.dy) == (True, Decimal("1.5"), Decimal(-2))
        assert not in_force.look_for("training_note", world.organizer.id).on_blank
    with acting_as(world.responsible):
        assert not in_force.look_for(CODE, world.organizer.id).on_blank
    (entry,) = mk.journal("print_setting.updated")
    assert entry.object_label == f"{world.organizer.short_name}: Удостоверение"
    assert entry.changes == {
        "Режим": ["страница целиком", "только текст, на бланк"],
        "Вправо, мм": ["0,0", "1,5"],
        "Вниз, мм": ["0,0", "-2,0"],
    }
    choose(world.organizer_actor, world.organizer, mode=PrintMode.PAGE)
    with acting_as(world.organizer_actor):
        # the offsets are kept for the next time, a whole page is not moved
        assert in_force.look_for(CODE, world.organizer.id) == WHOLE_PAGE
        assert print_templates.choice_of(CODE, world.organizer.id).offset_x == Decimal("1.5")
    with mk.nothing_changes():
        choose(world.organizer_actor, world.organizer, mode=PrintMode.PAGE)


@pytest.mark.parametrize(("x", "y", "field"), [("50.1", "0", "offset_x"), ("0", "-60", "offset_y"), ("0.15", "0", "offset_x"),
                                               ("NaN", "0", "offset_x"), ("0", "Infinity", "offset_y")])  # fmt: skip
def test_a_wrong_offset_is_refused(world: mk.World, x: str, y: str, field: str) -> None:
    with mk.nothing_changes(), pytest.raises(Invalid) as refused:
        choose(world.organizer_actor, world.organizer, x, y)
    assert list(refused.value.fields) == [field]


def test_nobody_sets_the_printing_of_others(world: mk.World, other: Any, operator: Any) -> None:
    with mk.nothing_changes(), pytest.raises(NotFound):
        choose(world.organizer_actor, other)
    with mk.nothing_changes(), pytest.raises(Forbidden):
        choose(world.responsible, world.organizer)
    school = world.school
    with mk.nothing_changes(), pytest.raises(NotFound):
        choose(operator, school)
    choose(operator, other)
    with acting_as(mk.make_actor("organizer", other)):
        assert in_force.look_for(CODE, other.id).on_blank
