"""What left the portal and changed afterwards: batches for ФИС ФРДО and registries are flagged, the organizer is told once."""

from __future__ import annotations

from typing import Any

import pytest

from app import models as m
from app import statuses as st
from app.access import acting_as
from app.services.paper import after_sending, certificates, duplicates, frdo, registries
from tests.services import makers as mk
from tests.services.test_frdo import act, form, issue, rows_of, sent
from tests.services.test_frdo import world as world  # a fixture
from tests.services.test_registries import account_of, days, letters_to

NOTICES = m.Notice


def flags(batch: Any) -> list[tuple[int, str | None, bool]]:
    """Document, why, whether a later batch told of it; of the changed rows."""
    found = rows_of(batch)
    return [(r.certificate_id, r.amended_why, r.settled_at is not None) for r in found if r.amended_at]


def amended(row: Any) -> int:
    return int(mk.fetch(type(row), row.id).amended_rows)


def test_annulment_after_sending_flags_the_batch_and_tells_its_organizer_once(world: mk.World) -> None:
    worker = account_of("organizer", organization_id=world.organizer.id)
    other = account_of("organizer", organization_id=mk.make_organization(is_organizer=True).id)
    first, second, kept = issue(world, 3)
    batch = sent(world)
    assert amended(batch) == 0
    act(world, certificates.annul, first.id, "Ошибка в часах")
    why = f"документ № {first.number} аннулирован: Ошибка в часах"
    assert flags(batch) == [(first.id, why, False)]
    subject = f"Изменено после отправки: {batch} для ФИС ФРДО"
    assert letters_to(worker) == [subject]
    body = mk.rows(m.Letter, m.Letter.user_id == worker.id)[0].body
    assert f"Причина: {why}. Пакет № 1 за" in body
    act(world, certificates.annul, second.id, "Ошибка в часах")
    assert amended(batch) == 2
    assert letters_to(worker) == [subject]
    assert letters_to(other) == []
    assert kept.id not in [document for document, *_ in flags(batch)]


def test_operators_are_told_of_what_the_registry_had_taken(world: mk.World) -> None:
    operator = account_of("operator")
    paper, other = issue(world, 2)
    batch = sent(world)
    act(world, certificates.annul, other.id, "Ошибка")
    assert mk.rows(NOTICES, NOTICES.user_id == operator.id) == []
    batch_2 = None
    paper_2 = issue(world, 1)[0]
    batch_2 = sent(world)
    act(world, frdo.accept_all, batch_2.id)
    act(world, certificates.annul, paper_2.id, "Ошибка")
    (notice,) = mk.rows(NOTICES, NOTICES.user_id == operator.id)
    assert notice.text.startswith(f"Изменено после того, как принято: {batch_2} для ФИС ФРДО")
    assert notice.href == f"/frdo_batch/show/{batch_2.id}"
    assert paper.id not in [document for document, *_ in flags(batch)]


def test_a_duplicate_flags_the_row_of_the_original(world: mk.World) -> None:
    (paper,) = issue(world, 1)
    batch = sent(world)
    made = act(world, duplicates.issue_duplicate, paper.id, st.DuplicateGround.LOST)
    why = f"документ № {paper.number} заменён на № {made.number}, основание: утрата"
    assert flags(batch) == [(paper.id, why, False)]


def test_changed_facts_of_an_enrolment_flag_every_paper_that_tells_of_it(world: mk.World) -> None:
    worker = account_of("organizer", organization_id=world.organizer.id)
    (paper,) = issue(world, 1)
    batch = sent(world)
    registry = act(world, registries.form, world.organizer.id, *days(), sheet=lambda *_: (b"x", 1))
    act(world, registries.send, registry.id)
    with acting_as(world.organizer_actor):
        after_sending.changed([paper.enrolment_id], "исправлены даты группы")
        from app.extensions import db

        db.session.commit()
    assert flags(batch) == [(paper.id, "исправлены даты группы", False)]
    (row,) = mk.rows(m.RegistryRow, m.RegistryRow.registry_id == registry.id)
    assert (row.enrolment_id, row.amended_why) == (paper.enrolment_id, "исправлены даты группы")
    assert (amended(batch), amended(registry)) == (1, 1)
    (letter,) = mk.rows(m.Letter, m.Letter.user_id == worker.id)
    assert "Пакет № 1 за" in letter.body and f"Реестр № {registry.id} за" in letter.body


@pytest.mark.parametrize("state", ["cancelled", "rejected"])
def test_what_was_never_taken_is_not_flagged(world: mk.World, state: str) -> None:
    (paper,) = issue(world, 1)
    batch = form(world)
    if state == "cancelled":
        act(world, frdo.cancel, batch.id, "Ошибка")
    else:
        act(world, frdo.send, batch.id)
        (row,) = rows_of(batch)
        act(world, frdo.record_answers, batch.id, {row.id: (st.FrdoAnswer.REJECTED, "Нет СНИЛС")})
    act(world, certificates.annul, paper.id, "Ошибка")
    assert flags(batch) == []


def test_a_registry_that_was_not_sent_is_made_anew_and_not_flagged(world: mk.World) -> None:
    (paper,) = issue(world, 1)
    registry = act(world, registries.form, world.organizer.id, *days(), sheet=lambda *_: (b"x", 1))
    act(world, certificates.annul, paper.id, "Ошибка")
    assert amended(registry) == 0
