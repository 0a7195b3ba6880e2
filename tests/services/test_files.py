"""Scans: what is one, where it lies, who reads it, when it goes."""

from __future__ import annotations

import datetime as dt
import os
import stat
import time
from typing import Any

import pytest

from app import models as m
from app.access import acting_as
from app.clock import now
from app.errors import Invalid, NotFound
from app.extensions import db
from app.services.portal import files
from app.services.portal.files import files_root
from app.unit_of_work import use_case
from tests.services import makers as mk
from tests.services.scans import image, pdf
from tests.waiting import written_now

TABLE = "access_request"


@use_case
def keep(name: str, data: bytes, *, fail: bool = False) -> m.StoredFile:
    row = files.keep_scan(name, data, table=TABLE)
    if fail:
        raise Invalid("передумали")
    return row


def on_disk() -> list[str]:
    return sorted(p.name for p in (files_root() / "scans").glob("*"))


@pytest.fixture
def world(session: Any) -> mk.World:
    for path in (files_root() / "scans").glob("*"):
        path.unlink()
    return mk.make_world()


@pytest.mark.parametrize(("kind", "data"), [("PDF", pdf()), ("JPEG", image("JPEG")), ("PNG", image("PNG"))])
def test_the_content_says_what_a_file_is(kind: str, data: bytes) -> None:
    assert files.recognise(data) == kind


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "Это не скан"),
        (b"<!doctype html><script>alert(1)</script>", "Это не скан"),
        (b"<html>%PDF-1.7" + pdf(), "Это не скан"),
        (b"GIF89a" + b"0" * 100, "Это не скан"),
        (b"PK\x03\x04" + b"0" * 100, "Это не скан"),
        (b"%PDF-1.7 <script>alert(1)</script>", "Файл повреждён"),
        (pdf(password="secret"), "Файл закрыт паролем"),
        (image("JPEG", (600, 600))[:5000], "Файл повреждён"),
        (image("PNG", (600, 600))[:5000], "Файл повреждён"),
        (b"\xff\xd8\xff" + b"0" * 100, "Файл повреждён"),
    ],
)
def test_what_is_no_whole_scan_is_refused(data: bytes, sentence: str) -> None:
    with pytest.raises(Invalid, match=sentence) as refusal:
        files.recognise(data)
    assert "scan" in refusal.value.fields


def test_an_image_of_too_many_points_is_not_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MOST_PIXELS", 1000)
    with pytest.raises(Invalid, match="слишком много точек"):
        files.recognise(image("PNG", (60, 80)))


def test_a_scan_is_written_whole_under_a_random_name_for_the_portal_only(world: mk.World) -> None:
    data = pdf()
    with acting_as(world.worker.actor):
        row = keep("..\\..\\Приказ № 5.exe", data)
        path = files_root() / row.path
        assert (row.name, row.content_type, row.size) == ("Приказ № 5.pdf", "application/pdf", len(data))
        assert path.read_bytes() == data
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert "Приказ" not in row.path
        assert files.open_scan(row.id)[1] == path


def test_a_large_file_is_refused_before_it_is_written(world: mk.World) -> None:
    with acting_as(world.worker.actor), mk.nothing_changes(), pytest.raises(Invalid, match="больше 10 МБ"):
        keep("a.pdf", b"%PDF-" + b"0" * files.MOST_BYTES)
    assert on_disk() == []


def test_only_who_is_concerned_opens_a_scan(world: mk.World) -> None:
    with acting_as(world.worker.actor):
        row = keep("a.pdf", pdf())
    with acting_as(world.operator):
        assert files.open_scan(row.id)[0].id == row.id
    for actor in (world.responsible, world.other_worker.actor, world.organizer_actor, world.other_responsible):
        with acting_as(actor), pytest.raises(NotFound):
            files.open_scan(row.id)


def test_other_files_of_a_user_are_no_scans(world: mk.World) -> None:
    with acting_as(world.worker.actor):
        row = keep("a.pdf", pdf())
        mk.change(row, object_table="background_job")
        with pytest.raises(NotFound):
            files.open_scan(row.id)


def test_the_sweep_removes_what_is_past_its_term_and_what_belongs_to_nothing(world: mk.World) -> None:
    with acting_as(world.worker.actor):
        kept, past = keep("a.pdf", pdf()), keep("b.pdf", pdf())
        with pytest.raises(Invalid):
            keep("c.pdf", pdf(), fail=True)
    names = {row.path.split("/")[1] for row in (kept, past)}
    (stray,) = set(on_disk()) - names
    written_now(files_root() / "scans")
    mk.change(past, expires_at=now() - dt.timedelta(minutes=1))
    assert files.remove_old() == 1  # the stray file may belong to a transaction that has not ended
    old = time.time() - 2 * 86400
    os.utime(files_root() / "scans" / stray, (old, old))
    assert files.remove_old() == 1
    assert on_disk() == [kept.path.split("/")[1]]
    with acting_as(world.worker.actor), pytest.raises(NotFound):
        files.open_scan(past.id)
    db.session.rollback()
