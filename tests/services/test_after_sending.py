"""What left the portal and changed afterwards: batches for ФИС ФРДО and registries are flagged, the organizer is told once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from python_calamine import CalamineWorkbook

from app import models as m
from app import statuses as st
from app.access import acting_as
from app.documents.frdo import frdo_correction, frdo_export
from app.errors import Conflict, NotFound
from app.extensions import db
from app.services.paper.corrections import after_sending
from app.services.paper.issuing import certificates, duplicates
from app.services.paper.registries import frdo_batches, registries
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
    assert f"Причина: {why}." in body
    assert f"«Сформировать исправляющий пакет»: {batch} для ФИС ФРДО: 1\N{NO-BREAK SPACE}запись." in body
    assert "исправленный реестр" not in body and "Отмените" not in body
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
    paper_2 = issue(world, 1)[0]
    batch_2 = sent(world)
    act(world, frdo_batches.accept_all, batch_2.id)
    act(world, certificates.annul, paper_2.id, "Ошибка")
    (notice,) = mk.rows(NOTICES, NOTICES.user_id == operator.id)
    assert notice.text.startswith(
        f"Изменены сведения, которые уже приняты: {batch_2} для ФИС ФРДО, 1\N{NO-BREAK SPACE}запись."
    )
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
    registry = act(world, registries.form, world.organizer.id, *days(), sheet=lambda _row: b"x")
    act(world, registries.send, registry.id)
    with acting_as(world.organizer_actor):
        after_sending.changed([paper.enrolment_id], "исправлены даты группы")
        db.session.commit()
    assert flags(batch) == [(paper.id, "исправлены даты группы", False)]
    (row,) = mk.rows(m.RegistryRow, m.RegistryRow.registry_id == registry.id)
    assert (row.enrolment_id, row.amended_why) == (paper.enrolment_id, "исправлены даты группы")
    assert (amended(batch), amended(registry)) == (1, 1)
    (letter,) = mk.rows(m.Letter, m.Letter.user_id == worker.id)
    assert "исправляющий пакет»: пакет № 1 за" in letter.body
    assert f"исправленный реестр»: реестр № {registry.id} (" in letter.body


# --- the correcting batch --------------------------------------------------------------------------------------------


def correct(world: mk.World, batch: Any) -> Any:
    return act(world, frdo_correction.form_correction, batch.id)


def contents(batch: Any) -> list[tuple[int, st.FrdoAction]]:
    return [(row.certificate_id, row.action) for row in rows_of(batch)]


def test_the_correcting_batch_holds_only_what_changed_and_ends_the_flag_when_sent(
    world: mk.World, tmp_path: Path
) -> None:
    annulled, replaced, kept = issue(world, 3)
    batch = sent(world)
    act(world, certificates.annul, annulled.id, "Ошибка")
    made = act(world, duplicates.issue_duplicate, replaced.id, st.DuplicateGround.EXCHANGED)
    found = correct(world, batch)
    assert contents(found) == [(made.id, st.FrdoAction.ADD), (annulled.id, st.FrdoAction.ANNUL)]
    assert (found.corrects_id, found.rows_count, found.number) == (batch.id, 2, batch.number + 1)
    with acting_as(world.organizer_actor):
        assert frdo_export.write_file(tmp_path / "file.xlsx", found) == 1
        assert frdo_export.write_annulled(tmp_path / "annulled.xlsx", found) == 1
    rows = [
        CalamineWorkbook.from_path(tmp_path / f"{n}.xlsx").get_sheet_by_index(0).to_python()
        for n in ("file", "annulled")
    ]
    assert [(row[1][1], row[1][8]) for row in rows] == [("Дубликат", made.number), ("Оригинал", annulled.number)]
    assert amended(batch) == 2
    act(world, frdo_batches.send, found.id)
    assert (amended(batch), amended(found)) == (0, 0)
    assert [settled for *_, settled in flags(batch)] == [True, True]
    assert kept.id not in dict(contents(found))


def test_a_document_with_other_facts_is_sent_again_under_its_own_number(world: mk.World) -> None:
    (paper,) = issue(world, 1)
    batch = sent(world)
    snapshot = {**paper.snapshot, "hours": 40}
    mk.change(paper, snapshot=snapshot)
    with acting_as(world.organizer_actor):
        after_sending.changed([paper.enrolment_id], "исправлены часы")
        db.session.commit()
    found = correct(world, batch)
    (row,) = rows_of(found)
    assert (row.certificate_id, row.action, row.values[8], row.values[20]) == (
        paper.id, st.FrdoAction.CHANGE, paper.number, "40",
    )  # fmt: skip


def test_a_document_that_is_to_be_replaced_first_is_not_sent_with_its_old_facts(world: mk.World) -> None:
    (paper,) = issue(world, 1)
    batch = sent(world)
    with acting_as(world.organizer_actor):
        after_sending.changed([paper.enrolment_id], "исправлены даты")
        db.session.commit()
    mk.change(paper, outdated="исправлены даты")
    with mk.nothing_changes(), pytest.raises(Conflict, match="выдайте документ взамен"):
        correct(world, batch)


def test_a_change_after_the_correcting_batch_was_formed_is_not_ended_by_it(world: mk.World) -> None:
    first, second = issue(world, 2)
    batch = sent(world)
    act(world, certificates.annul, first.id, "Ошибка")
    found = correct(world, batch)
    act(world, certificates.annul, second.id, "Ошибка")
    act(world, frdo_batches.send, found.id)
    assert [(pk, settled) for pk, _why, settled in flags(batch)] == [(first.id, True), (second.id, False)]
    again = correct(world, batch)
    assert contents(again) == [(second.id, st.FrdoAction.ANNUL)]


def test_an_ordinary_batch_that_holds_the_duplicate_ends_the_flag_too(world: mk.World) -> None:
    (paper,) = issue(world, 1)
    batch = sent(world)
    act(world, duplicates.issue_duplicate, paper.id, st.DuplicateGround.LOST)
    sent(world)
    assert amended(batch) == 0


def test_a_cancelled_correcting_batch_leaves_the_flag_and_may_be_formed_again(world: mk.World) -> None:
    (paper,) = issue(world, 1)
    batch = sent(world)
    act(world, certificates.annul, paper.id, "Ошибка")
    found = correct(world, batch)
    with mk.nothing_changes(), pytest.raises(Conflict, match="уже в другом пакете"):
        correct(world, batch)
    act(world, frdo_batches.cancel, found.id, "Ошибка")
    assert (amended(batch), amended(found)) == (1, 0)
    assert contents(correct(world, batch)) == [(paper.id, st.FrdoAction.ANNUL)]


def test_what_may_not_be_corrected(world: mk.World) -> None:
    issue(world, 1)
    batch = form(world)
    with mk.nothing_changes(), pytest.raises(Conflict, match="Этот отмените"):
        correct(world, batch)
    act(world, frdo_batches.send, batch.id)
    with mk.nothing_changes(), pytest.raises(Conflict, match="исправлять нечего"):
        correct(world, batch)
    other = mk.make_actor("organizer", mk.make_organization(is_organizer=True))
    with acting_as(other), mk.nothing_changes(), pytest.raises(NotFound):
        frdo_correction.form_correction(batch.id)


def test_a_duplicate_that_the_registry_would_refuse_is_named_with_its_person(world: mk.World) -> None:
    (paper,) = issue(world, 1)
    batch = sent(world)
    act(world, duplicates.issue_duplicate, paper.id, st.DuplicateGround.LOST)
    mk.change(mk.fetch(m.Employee, paper.employee_id), birth_date=None)
    with mk.nothing_changes(), pytest.raises(Conflict, match="Не указана дата рождения"):
        correct(world, batch)


# --- what is not flagged ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", ["cancelled", "rejected"])
def test_what_was_never_taken_is_not_flagged(world: mk.World, state: str) -> None:
    (paper,) = issue(world, 1)
    batch = form(world)
    if state == "cancelled":
        act(world, frdo_batches.cancel, batch.id, "Ошибка")
    else:
        act(world, frdo_batches.send, batch.id)
        (row,) = rows_of(batch)
        act(world, frdo_batches.record_answers, batch.id, {row.id: (st.FrdoAnswer.REJECTED, "Нет СНИЛС")})
    act(world, certificates.annul, paper.id, "Ошибка")
    assert flags(batch) == []


def test_a_registry_that_was_not_sent_is_made_anew_and_not_flagged(world: mk.World) -> None:
    (paper,) = issue(world, 1)
    registry = act(world, registries.form, world.organizer.id, *days(), sheet=lambda _row: b"x")
    act(world, certificates.annul, paper.id, "Ошибка")
    assert amended(registry) == 0
