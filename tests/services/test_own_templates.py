"""Every paper can be replaced: an own template of each kind is uploaded, put in force, printed, and its mark is found."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from app import models as m
from app.access import acting_as
from app.clock import today
from app.documents.papers.blank_act import render_blank_act
from app.documents.papers.group_papers import PAPERS
from app.documents.papers.training_order import TEMPLATE, render_order
from app.documents.templates import in_force
from app.documents.templates.paper_fields import PAPER_FIELDS, sample_context
from app.documents.templates.templates import get_template, manifest
from app.errors import Invalid
from app.services.paper.printing import print_templates, template_files
from app.statuses import OrderKind
from app.web.paper import printing
from tests.documents.test_group_papers import whole_facts
from tests.services import makers as mk

MARK = "Отпечатано по своему шаблону"


def marked(code: str) -> bytes:
    """The standard template of a paper with a line of one's own before its text."""
    made = io.BytesIO()
    with zipfile.ZipFile(get_template(code).path) as source, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            part = source.read(name)
            if name == "word/document.xml":
                line = f"<w:body><w:p><w:r><w:t>{MARK}</w:t></w:r></w:p>".encode()
                part = part.replace(b"<w:body>", line, 1)
            target.writestr(name, part)
    return made.getvalue()


def text_of(docx: bytes) -> str:
    with zipfile.ZipFile(io.BytesIO(docx)) as archive:
        return archive.read("word/document.xml").decode()


def put_in_force(actor: Any, code: str, organizer_id: int | None) -> m.PrintTemplate:
    with acting_as(actor):
        row = print_templates.upload(
            code,
            marked(code),
            name="Свой.docx",
            organizer_id=organizer_id,
            inspect=partial(printing.inspect, organizer_id=organizer_id),
        )
        return print_templates.activate(row.id)


@pytest.fixture
def world(session: Any) -> Iterator[mk.World]:
    yield mk.make_world()


def test_every_paper_of_the_manifest_takes_an_own_template() -> None:
    assert set(PAPER_FIELDS) == set(manifest())


@pytest.mark.parametrize("code", sorted(PAPER_FIELDS))
def test_an_own_template_is_accepted_put_in_force_and_printed(world: mk.World, code: str) -> None:
    regional = get_template(code).regional
    actor = mk.make_actor("operator") if regional else world.organizer_actor
    organizer_id = None if regional else world.organizer.id
    context = sample_context(PAPER_FIELDS[code])
    with acting_as(actor):
        assert MARK not in text_of(in_force.print_paper(code, context, organizer_id=organizer_id))
    put_in_force(actor, code, organizer_id)
    with acting_as(actor):
        assert MARK in text_of(in_force.print_paper(code, context, organizer_id=organizer_id))
        assert MARK in text_of(printing.sample_paper(code, marked(code)))


def test_a_paper_that_no_organizer_prints_is_replaced_by_the_operator_alone(world: mk.World) -> None:
    for code in ("voucher", "training_list"):
        with mk.nothing_changes(), pytest.raises(Invalid, match="для всего региона"):
            put_in_force(world.organizer_actor, code, world.organizer.id)
        assert code not in printing.papers_for(world.organizer.id)
        assert code in printing.papers_for(None)


def test_an_act_is_printed_by_the_own_template(world: mk.World) -> None:
    act = m.BlankAct(
        number="1", acted_on=today(), reason="Испорчены", organizer=world.organizer, organizer_id=world.organizer.id
    )
    put_in_force(world.organizer_actor, "blank_act", world.organizer.id)
    with acting_as(world.organizer_actor):
        assert MARK in text_of(render_blank_act(act, []))


@pytest.mark.parametrize("code", [paper.code for paper in PAPERS if paper.code in PAPER_FIELDS])
def test_the_papers_of_a_group_are_printed_by_the_own_template(world: mk.World, code: str) -> None:
    facts = replace(whole_facts(), organizer_id=world.organizer.id)
    (paper,) = (paper for paper in PAPERS if paper.code == code)
    with acting_as(world.organizer_actor):
        assert MARK not in text_of(paper.make(facts))
    put_in_force(world.organizer_actor, code, world.organizer.id)
    with acting_as(world.organizer_actor):
        assert MARK in text_of(paper.make(facts))
    # another organizer's papers stay as they were
    with acting_as(mk.make_actor("operator")):
        assert MARK not in text_of(paper.make(replace(facts, organizer_id=mk.make_organization(is_organizer=True).id)))


@pytest.mark.parametrize("kind", OrderKind)
def test_an_order_keeps_the_template_of_its_day(world: mk.World, kind: OrderKind) -> None:
    (snapshot, *_rest) = (order.snapshot for order in whole_facts().orders if order.kind == kind)
    code, organizer_id = TEMPLATE[kind], world.organizer.id
    standard = template_files.keep(in_force.standard_file(code))
    mk.db.session.commit()
    own = put_in_force(world.organizer_actor, code, organizer_id)
    with acting_as(world.organizer_actor):
        assert MARK not in text_of(render_order({**snapshot, "template_version": standard}, organizer_id=organizer_id))
        assert MARK in text_of(render_order({**snapshot, "template_version": own.sha256}, organizer_id=organizer_id))
