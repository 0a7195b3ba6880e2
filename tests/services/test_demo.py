"""The demo database: what it holds, that it repeats, that it keeps every guard."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from openpyxl import load_workbook
from sqlalchemy import select, text
from werkzeug.security import check_password_hash

from app import clock
from app import models as m
from app.access import acting_as, unscoped
from app.demo import sample
from app.demo.accounts import LOGINS, PASSWORD
from app.demo.build import build_demo
from app.demo.staff import APPLICANT, CAST
from app.documents.papers.certificate import CertificateFacts, render_certificate
from app.embedded_postgres import EmbeddedPostgres
from app.errors import Conflict
from app.exchange.engine import kept_rows
from app.exchange.staff.staff_import import STAFF
from app.extensions import db
from app.identifiers import parse_email, parse_inn, parse_kpp, parse_ogrn, parse_phone, parse_snils
from app.rules.enrolment import may_enrol
from app.services.courses.enrolment import course_facts, enrolments
from app.services.voucher import voucher_blocks, voucher_eligibility
from tests.actors import actor_of
from tests.conftest import at_the_clock, build, clone, make_settings

DAY = dt.date(2026, 9, 15)
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def demo(demo_app: Flask) -> Iterator[Any]:
    """The session of the demo database; nothing is changed by the tests."""
    with demo_app.app_context():
        yield db.session
        db.session.rollback()
        db.session.remove()


def scalar(statement: str, **values: Any) -> Any:
    return db.session.execute(text(at_the_clock(statement)), values).scalar_one()


def rows(statement: str, **values: Any) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in db.session.execute(text(at_the_clock(statement)), values)]


# --- size and variety ------------------------------------------------------------------------------------------------


def test_sizes_are_those_of_the_issue(demo: Any) -> None:
    heads = scalar("SELECT count(*) FROM organization WHERE parent_id IS NULL AND NOT is_organizer")
    units = scalar("SELECT count(*) FROM organization WHERE parent_id IS NOT NULL")
    organizers = scalar("SELECT count(*) FROM organization WHERE is_organizer")
    people = scalar("SELECT count(*) FROM employee")
    programs = scalar("SELECT count(*) FROM program WHERE status <> 'archived'")
    groups = scalar("SELECT count(*) FROM training_group")
    assert (heads, organizers, people, groups) == (60, 3, 3000, 80)
    assert units >= 30
    assert 38 <= programs <= 45


def test_two_territories_in_depth(demo: Any) -> None:
    found = rows(
        "SELECT t.code FROM organization o JOIN territory t ON t.id = o.territory_id WHERE NOT o.is_organizer"
        " GROUP BY 1 HAVING count(*) > 30 ORDER BY 1"
    )
    assert found == [("povolzhskoe",), ("severo_zapadnoe",)]


@pytest.mark.parametrize(
    "model",
    [m.VoucherApplication, m.Voucher, m.VoucherBlock, m.Program, m.TrainingGroup, m.Enrolment, m.Blank, m.PlanItem,
     m.Certificate, m.Employment, m.Training],
    ids=lambda model: model.__tablename__,
)  # fmt: skip
def test_every_state_occurs(demo: Any, model: Any) -> None:
    column = model.__table__.c.status
    found = set(demo.execute(select(column).distinct()).scalars())
    assert found == set(column.type.enum_class)


def test_identifiers_are_right(demo: Any) -> None:
    for snils, phone, email in rows("SELECT snils, phone, email FROM employee"):
        assert snils is None or parse_snils(snils) == snils
        assert phone is None or parse_phone(phone) == phone
        assert email is None or (parse_email(email) == email and email.endswith("@example.org"))
    for inn, kpp, ogrn in rows("SELECT inn, kpp, ogrn FROM organization"):
        assert (parse_inn(inn), parse_kpp(kpp)) == (inn, kpp)
        assert ogrn is None or parse_ogrn(ogrn) == ogrn


def test_ages_and_days_of_a_working_life_agree(demo: Any) -> None:
    ages = rows(
        "SELECT min(age(current_date, birth_date)) >= '21 years', max(age(current_date, birth_date)) < '73 years' FROM employee"
    )
    wrong = scalar(
        "SELECT count(*) FROM employment w JOIN employee e ON e.id = w.employee_id"
        " WHERE NOT (e.working_since <= coalesce(e.teaching_since, w.started_on)"
        " AND coalesce(e.teaching_since, w.started_on) <= w.started_on AND w.started_on <= w.position_since"
        " AND w.position_since <= :today AND age(e.working_since, e.birth_date) >= '18 years'"
        " AND coalesce(w.ended_on, :today) <= :today)",
        today=clock.today(),
    )
    assert (ages, wrong) == ([(True, True)], 0)


def test_everybody_has_one_main_place_a_diploma_and_mostly_a_confirmation(demo: Any) -> None:
    main = scalar(
        "SELECT count(*) FROM (SELECT employee_id FROM employment WHERE kind = 'main' AND ended_on IS NULL"
        " GROUP BY 1 HAVING count(*) = 1) one"
    )
    diplomas = rows("SELECT min(n), max(n) FROM (SELECT count(*) n FROM qualification GROUP BY employee_id) q")
    with_diploma = scalar("SELECT count(DISTINCT employee_id) FROM qualification")
    confirmed = scalar("SELECT avg((status = 'confirmed')::int) FROM employment")
    assert 2880 <= main <= 3000
    assert (diplomas, with_diploma) == ([(1, 2)], 3000)
    assert 0.9 < confirmed < 1


def test_subjects_fit_positions(demo: Any) -> None:
    without = scalar(
        "SELECT count(*) FROM employment w JOIN position p ON p.id = w.position_id WHERE p.subject_required"
        " AND NOT EXISTS (SELECT 1 FROM employment_subject s WHERE s.employment_id = w.id)"
    )
    kindergartens = rows(
        "SELECT DISTINCT p.name FROM employment w JOIN position p ON p.id = w.position_id JOIN organization o"
        " ON o.id = w.organization_id JOIN organization_type t ON t.id = o.type_id"
        " WHERE t.code = 'preschool' AND p.name IN ('Учитель', 'Преподаватель', 'Директор')"
    )
    assert (without, kindergartens) == (0, [])


def test_categories_given_before_september_2023_have_an_end_and_later_ones_none(demo: Any) -> None:
    wrong = scalar(
        "SELECT count(*) FROM attestation a JOIN attestation_kind k ON k.id = a.kind_id WHERE k.is_category"
        " AND (a.valid_until IS NULL) <> (a.decision_date >= DATE '2023-09-01')"
    )
    ended, endless = rows("SELECT count(valid_until), count(*) - count(valid_until) FROM attestation")[0]
    assert wrong == 0
    assert ended > 100 < endless


# --- guards ----------------------------------------------------------------------------------------------------------


def test_taken_is_the_number_of_seats_held(demo: Any, demo_app: Flask) -> None:
    with acting_as(actor_of(demo_app, "operator")):
        assert enrolments.recount() == 0


def test_waiting_lists_stand_only_before_full_groups(demo: Any) -> None:
    found = rows(
        "SELECT DISTINCT g.status, g.taken = g.capacity, e.block_id IS NULL FROM enrolment e"
        " JOIN training_group g ON g.id = e.group_id WHERE e.status = 'waiting' ORDER BY 1"
    )
    assert found == [("closed", True, True), ("open", True, True)]


def test_groups_states_agree_with_their_days(demo: Any) -> None:
    wrong = rows(
        "SELECT number, status FROM training_group WHERE NOT CASE status"
        " WHEN 'draft' THEN enrol_from > :today"
        " WHEN 'open' THEN :today BETWEEN enrol_from AND enrol_until AND starts_on > enrol_until"
        " WHEN 'closed' THEN enrol_until < :today AND starts_on >= :today"
        " WHEN 'running' THEN :today BETWEEN starts_on AND ends_on"
        " WHEN 'completed' THEN ends_on < :today ELSE true END",
        today=clock.today(),
    )
    assert wrong == []


def test_enrolments_agree_with_their_groups(demo: Any) -> None:
    found: dict[str, set[str]] = {}
    for group, enrolment in rows(
        "SELECT DISTINCT g.status, e.status FROM enrolment e JOIN training_group g ON g.id = e.group_id"
    ):
        found.setdefault(group, set()).add(enrolment)
    ended = {"rejected", "withdrawn"}
    assert "draft" not in found
    assert found["cancelled"] <= ended
    assert found["completed"] == {"trained", "failed", "no_show", "expelled"} | ended
    assert found["running"] <= {"confirmed"} | ended
    assert found["closed"] <= {"confirmed", "agreed", "offered", "waiting"} | ended
    assert found["open"] == {"confirmed", "agreed", "applied", "offered", "waiting"} | ended


def test_blocks_agree_with_enrolments(demo: Any) -> None:
    wrong = rows(
        "SELECT b.id, b.status, h.status FROM voucher_block b LEFT JOIN enrolment h ON h.block_id = b.id"
        " AND h.status IN ('offered', 'applied', 'agreed', 'confirmed', 'trained') WHERE CASE"
        " WHEN h.status = 'trained' THEN b.status <> 'used' WHEN h.status IS NOT NULL THEN b.status <> 'reserved'"
        " ELSE b.status NOT IN ('free', 'lapsed') END"
    )
    misfits = scalar(
        "SELECT count(*) FROM enrolment e JOIN voucher_block b ON b.id = e.block_id"
        " JOIN voucher v ON v.id = b.voucher_id JOIN training_group g ON g.id = e.group_id"
        " JOIN program p ON p.id = g.program_id WHERE v.employee_id <> e.employee_id OR b.kind <> p.block"
        " OR p.hours NOT BETWEEN b.hours_min AND b.hours_max"
        " OR g.ends_on > v.valid_until OR e.created_at::date < v.issued_on"
    )
    assert (wrong, misfits) == ([], 0)


def test_vouchers_states_follow_from_blocks_and_terms(demo: Any) -> None:
    wrong = rows(
        "SELECT v.number, v.status FROM voucher v JOIN (SELECT voucher_id, bool_and(status = 'used') AS used,"
        " bool_or(status = 'free') AS free FROM voucher_block GROUP BY 1) b ON b.voucher_id = v.id"
        " WHERE NOT CASE v.status WHEN 'active' THEN v.valid_until >= :today AND NOT used WHEN 'used' THEN used"
        " WHEN 'expired' THEN v.valid_until < :today AND NOT free"
        " ELSE NOT free END",
        today=clock.today(),
    )
    # a replaced чек has handed its blocks over to the one in its place
    misled = scalar(
        "SELECT count(*) FROM voucher v WHERE v.status = 'replaced' AND (v.replaced_by_id IS NULL OR EXISTS"
        " (SELECT FROM voucher_block b WHERE b.voucher_id = v.id))"
    )
    assert (wrong, misled) == ([], 0)
    assert scalar("SELECT count(*) FROM voucher WHERE status = 'replaced'") > 0


def test_next_voucher_comes_after_the_period_or_in_place_of_another(demo: Any) -> None:
    early = scalar(
        "SELECT count(*) FROM voucher a JOIN voucher b ON b.employee_id = a.employee_id AND b.id <> a.id"
        " AND b.issued_on >= a.issued_on AND b.issued_on < a.issued_on + INTERVAL '36 months'"
        " WHERE a.status <> 'annulled' AND b.status <> 'annulled' AND a.replaced_by_id IS DISTINCT FROM b.id"
        " AND b.replaced_by_id IS DISTINCT FROM a.id"
    )
    assert early == 0


def test_numbers_of_vouchers_have_no_gaps(demo: Any) -> None:
    found = rows("SELECT extract(year FROM issued_on)::int, number FROM voucher ORDER BY 1, number")
    by_year: dict[int, list[str]] = {}
    for year, number in found:
        by_year.setdefault(year, []).append(number)
    assert by_year == {
        year: [f"63-{year}-{number:06d}" for number in range(1, len(numbers) + 1)] for year, numbers in by_year.items()
    }
    series = dict(rows("SELECT year, last FROM number_series WHERE kind = 'voucher'"))
    assert series == {year: len(numbers) for year, numbers in by_year.items()}


def test_numbers_of_certificates_have_no_gaps_and_follow_the_days(demo: Any) -> None:
    series = rows(
        "SELECT organizer_id, 'certificate.' || kind, year, count(*), max(sequence), min(sequence) FROM certificate"
        " GROUP BY 1, 2, 3 ORDER BY 1, 2, 3"
    )
    assert all(number == last and first == 1 for _, _, _, number, last, first in series)
    kept = rows(
        "SELECT organizer_id, kind, year, last FROM number_series WHERE kind LIKE 'certificate.%' ORDER BY 1, 2, 3"
    )
    assert kept == [(organizer, kind, year, last) for organizer, kind, year, _, last, _ in series]
    disorder = scalar(
        "SELECT count(*) FROM certificate a JOIN certificate b ON b.organizer_id = a.organizer_id AND b.kind = a.kind"
        " AND b.year = a.year AND b.sequence > a.sequence AND b.issued_on < a.issued_on"
    )
    assert disorder == 0


def test_certificates_belong_to_trained_people_and_follow_the_training(demo: Any) -> None:
    wrong = scalar(
        "SELECT count(*) FROM certificate c JOIN enrolment e ON e.id = c.enrolment_id JOIN training_group g"
        " ON g.id = e.group_id WHERE e.status <> 'trained' OR g.status <> 'completed' OR c.issued_on < g.ends_on"
        " OR c.issued_on > :today OR c.year <> extract(year FROM c.issued_on) OR c.employee_id <> e.employee_id"
        " OR c.organizer_id <> g.organizer_id OR c.number <> to_char(c.sequence, 'FM0000') || '/' || c.year",
        today=clock.today(),
    )
    blanks = scalar(
        "SELECT count(*) FROM blank b FULL JOIN certificate c ON c.blank_id = b.id"
        " WHERE (c.blank_id IS NOT NULL) <> (b.status = 'used')"
    )
    duplicates = scalar("SELECT count(*) FROM certificate c JOIN certificate o ON o.id = c.original_id")
    assert (wrong, blanks) == (0, 0)
    spoiled = scalar(
        "SELECT count(*) FROM blank b JOIN enrolment e ON e.id = b.spoiled_for_id JOIN training_group g ON g.id = e.group_id"
        " WHERE b.status = 'spoiled' AND g.organizer_id = b.organizer_id AND b.act_id IS NOT NULL"
    )
    assert spoiled > 0
    assert duplicates == scalar("SELECT count(*) FROM certificate WHERE status = 'replaced'") > 0


def test_snapshot_prints(demo: Any) -> None:
    snapshot, number, code = rows(
        "SELECT snapshot, number, check_code FROM certificate WHERE kind = 'certificate' ORDER BY id LIMIT 1"
    )[0]
    facts = CertificateFacts.from_snapshot(snapshot)
    assert facts.to_snapshot() == snapshot
    assert (facts.number, facts.check_url.rsplit("/", 1)[-1]) == (number, code)
    assert render_certificate(facts).startswith(b"PK")


def test_registry_counts_its_certificates(demo: Any) -> None:
    registry = rows(
        "SELECT r.rows_count, (SELECT count(*) FROM certificate c WHERE c.organizer_id = r.organizer_id"
        " AND c.kind = 'certificate' AND c.status = 'issued' AND c.issued_on BETWEEN r.period_from AND r.period_to)"
        " FROM registry r"
    )
    assert len(registry) == 2
    assert all(told == counted for told, counted in registry)


def test_applications_wait_in_time_and_overdue(demo: Any) -> None:
    in_time, overdue = rows(
        "SELECT count(*) FILTER (WHERE due_on >= :today), count(*) FILTER (WHERE due_on < :today)"
        " FROM voucher_application WHERE status = 'submitted'",
        today=clock.today(),
    )[0]
    without = scalar(
        "SELECT count(*) FROM voucher_application a WHERE (status = 'approved')"
        " <> EXISTS (SELECT 1 FROM voucher v WHERE v.application_id = a.id)"
    )
    assert in_time > overdue > 0
    assert without == 0


def test_nothing_is_paused_and_no_letter_waits(demo: Any) -> None:
    window = rows("SELECT status, starts_at > now() + INTERVAL '30 days' FROM maintenance_window")
    assert (window, scalar("SELECT count(*) FROM letter")) == ([("announced", True)], 0)


# --- the cast --------------------------------------------------------------------------------------------------------


def test_every_login_opens_with_the_published_password(demo: Any) -> None:
    accounts = rows("SELECT username, password, email, active FROM ab_user ORDER BY id")
    assert [name for name, *_ in accounts] == [it.login for it in LOGINS]
    assert all(active and email == f"{name}@example.org" for name, _, email, active in accounts)
    assert check_password_hash(accounts[0][1], PASSWORD)
    assert {password for _, password, _, _ in accounts} == {accounts[0][1]}


def test_roles_of_the_logins(demo: Any, demo_app: Flask) -> None:
    assert {it.login: actor_of(demo_app, it.login).roles for it in LOGINS} == {
        it.login: frozenset({it.role}) for it in LOGINS
    }
    linked = rows(
        "SELECT u.username, r.name FROM ab_user_role l JOIN ab_user u ON u.id = l.user_id"
        " JOIN ab_role r ON r.id = l.role_id ORDER BY u.id"
    )
    assert linked == [(it.login, it.role) for it in LOGINS]
    assert scalar("SELECT count(*) FROM assignment WHERE basis LIKE 'Приказ №%'") == len(LOGINS)


def test_school_sees_its_unit(demo: Any, demo_app: Flask) -> None:
    (grant,) = actor_of(demo_app, "school").grants
    names = rows(
        "SELECT short_name FROM organization WHERE id = ANY(:ids) ORDER BY id", ids=list(grant.organization_ids)
    )
    assert names == [(sample.HOME_SCHOOL,), (sample.KINDERGARTEN,)]


SHARED_TABLES = (m.Employee, m.Employment, m.Voucher, m.VoucherApplication, m.Enrolment, m.Certificate)
NO_APPLICATIONS = {"organizer": {m.VoucherApplication}}


@pytest.mark.parametrize("login", ["territory", "organizer", "school", "worker"])
def test_second_of_a_pair_shares_no_rows_with_the_first(demo: Any, demo_app: Flask, login: str) -> None:
    for model in SHARED_TABLES:
        seen = []
        for name in (login, f"{login}2"):
            with acting_as(actor_of(demo_app, name)):
                seen.append(set(demo.scalars(select(model.id))))
        assert not seen[0] & seen[1], model
        if model not in NO_APPLICATIONS.get(login, set()):
            assert seen[0] and seen[1], model


def test_worker_may_enrol_with_a_free_block(demo: Any, demo_app: Flask) -> None:
    actor, organizer = actor_of(demo_app, "worker"), actor_of(demo_app, "organizer")
    with unscoped("test: the groups of the demo organizer"):
        groups = list(
            demo.scalars(
                select(m.TrainingGroup).where(
                    m.TrainingGroup.status == "open",
                    m.TrainingGroup.organizer_id == organizer.grants[0].organization_ids[0],
                    m.TrainingGroup.taken < m.TrainingGroup.capacity,
                )
            )
        )
        place = demo.scalars(select(m.Employment).where(m.Employment.employee_id == actor.employee_id)).one()
        workplace, blocks = course_facts.workplace_of(place), voucher_blocks.blocks_of(actor.employee_id)
        allowed = [
            group
            for group in groups
            if may_enrol(
                course_facts.course_of(group),
                workplace,
                on=clock.today(),
                room=course_facts.room_of(group, place.organization_id),
                blocks=blocks,
                busy=course_facts.busy_of(actor.employee_id),
            )
        ]
        assert (place.position.name, [s.name for s in place.subjects]) == ("Учитель", ["Математика"])
        assert any("Математика" in [s.name for s in group.program.subjects] for group in allowed)
        assert sorted(block.status.value for block in blocks) == ["free", "free", "used"]
    assert len(rows("SELECT 1 FROM certificate WHERE employee_id = :id", id=actor.employee_id)) == 1


def test_applicant_of_the_school_may_apply(demo: Any, demo_app: Flask) -> None:
    member = next(it for it in CAST if it.role == APPLICANT)
    found = scalar(
        "SELECT id FROM employee WHERE last_name || ' ' || first_name || ' ' || patronymic = :name", name=member.name
    )
    with acting_as(actor_of(demo_app, "school")):
        assert voucher_eligibility.eligibility(found).allowed
    assert scalar("SELECT count(*) FROM voucher WHERE employee_id = :id", id=found) == 0


def test_school_and_organizer_have_something_to_decide(demo: Any, demo_app: Flask) -> None:
    for login, status in (("school", "applied"), ("organizer", "agreed"), ("organizer", "confirmed")):
        with acting_as(actor_of(demo_app, login)):
            waiting = demo.scalars(select(m.Enrolment.id).where(m.Enrolment.status == status)).all()
        assert waiting, (login, status)


def test_listed_people_repeat_the_sample_staff_list() -> None:
    sheet = load_workbook(ROOT / "app/static/examples/staff-list.xlsx").active
    assert sheet is not None
    table = list(sheet.iter_rows(min_row=4, values_only=True))
    by_snils = {"".join(filter(str.isdigit, str(row[7]))): row for row in table if row[7]}
    different = [it.name for it in sample.PEOPLE if _as_listed(it) != _as_read(by_snils[it.snils])]
    assert different == [it.name for it in sample.PEOPLE if it.changed]
    assert (len(sample.PEOPLE), len(different)) == (10, 4)


def _as_listed(it: sample.ListedPerson) -> tuple[Any, ...]:
    level = {"specialist": "Высшее", "vocational": "Среднее профессиональное"}[it.level]
    sex = {"female": "Ж", "male": "М"}[it.sex.value]
    return (
        it.place, it.name, it.birth_date, sex, it.position, "; ".join(it.subjects), level, it.series, it.number,
        it.teaching_years, it.position_years, it.email, it.phone,
    )  # fmt: skip


def _as_read(row: tuple[Any, ...]) -> tuple[Any, ...]:
    phone = parse_phone(row[17]) if row[17] else None
    return (
        row[1], " ".join(row[2:5]), row[5].date(), row[6], row[8], row[10] or "", row[11], row[12], row[13],
        row[14], row[15], row[16], phone,
    )  # fmt: skip


# --- the build -------------------------------------------------------------------------------------------------------

_TABLES = (
    "organization", "employee", "employment", "employment_subject", "qualification", "attestation", "training",
    "voucher_application", "voucher", "voucher_block", "program", "training_group", "enrolment", "certificate", "blank",
    "blank_receipt", "blank_act",
    "number_series", "plan_item", "survey_answer", "assignment",
)  # fmt: skip


def checksums() -> dict[str, str]:
    """Table → checksum of its rows; what the database stamps itself is left out."""
    lines = "SELECT (to_jsonb(t) - 'updated_at' - '{}')::text AS line FROM {} t"
    statement = f"SELECT md5(string_agg(line, '|' ORDER BY line)) FROM ({lines}) l"
    stamped = {"training_group": "changed_at"}
    return {table: scalar(statement.format(stamped.get(table, ""), table)) for table in _TABLES}


@pytest.fixture
def empty_apps(server: EmbeddedPostgres, template: str, shared_folder: Path, worker_name: str) -> Iterator[list[Flask]]:
    """Two applications on empty databases of their own."""
    folder = shared_folder / f"instance_build_{worker_name}"
    urls = [clone(server, template, f"build_{worker_name}_{number}", shared_folder) for number in (1, 2)]
    apps = [build(make_settings(url, folder)) for url in urls]
    yield apps
    for app in apps:
        with app.app_context():
            db.engine.dispose()


def test_same_seed_and_day_give_the_same_rows(empty_apps: list[Flask]) -> None:
    results = []
    for app in empty_apps:
        with app.app_context():
            counts = build_demo(7, today=DAY, employees=600, check_base="http://demo.example.org")
            results.append((counts, checksums()))
            db.session.rollback()
    assert results[0] == results[1]
    assert results[0][0]["employee"] == 600


@pytest.mark.parametrize("day", [dt.date(2027, 1, 3), dt.date(2028, 2, 29)], ids=str)
def test_any_day_of_the_year_will_do(empty_apps: list[Flask], day: dt.date) -> None:
    with empty_apps[0].app_context():
        build_demo(today=day, employees=800)
        late = scalar(
            "SELECT count(*) FROM training_group WHERE (status = 'completed' AND ends_on >= :day)"
            " OR (status = 'running' AND :day NOT BETWEEN starts_on AND ends_on)"
            " OR (status = 'open' AND :day NOT BETWEEN enrol_from AND enrol_until)",
            day=day,
        )
        future = scalar("SELECT count(*) FROM certificate WHERE issued_on > :day", day=day)
        assert (late, future) == (0, 0)


def test_new_rows_get_ids_after_the_written_ones(empty_apps: list[Flask]) -> None:
    with empty_apps[0].app_context():
        build_demo(today=DAY, employees=400)
        wrong = [
            table.name
            for table in m.Base.metadata.sorted_tables
            if "id" in table.columns and scalar(f"SELECT count(*) FROM {table.name}") and not _may_insert(table)
        ]
        assert wrong == []


def test_preview_of_the_sample_list_shows_every_outcome(empty_apps: list[Flask]) -> None:
    app = empty_apps[0]
    with app.app_context():
        build_demo(today=clock.today(), employees=400)
    with app.app_context(), acting_as(actor_of(app, "school")):
        data = (ROOT / "app/static/examples/staff-list.xlsx").read_bytes()
        rows_seen = kept_rows.rows_of(STAFF.preview("staff-list.xlsx", data))
    by_action: dict[str, list[str]] = {}
    for row in rows_seen:
        by_action.setdefault(row.action, []).append(row.label)
    unchanged = sorted(it.name for it in sample.PEOPLE if not it.changed)
    assert sorted(by_action["unchanged"]) == unchanged
    assert len(by_action["update"]) == sum(it.changed for it in sample.PEOPLE)
    assert len(by_action["create"]) > len(by_action["error"]) > 0


def _may_insert(table: Any) -> bool:
    default = table.c.id.default
    counter = default.name if default is not None else scalar(f"SELECT pg_get_serial_sequence('{table.name}', 'id')")
    if counter is None:
        return True
    return int(scalar(f"SELECT nextval('{counter}')")) > int(scalar(f"SELECT max(id) FROM {table.name}"))


def test_used_database_is_refused_and_left_as_it_is(demo: Any) -> None:
    before = (scalar("SELECT count(*) FROM employee"), scalar("SELECT count(*) FROM voucher"))
    with pytest.raises(Conflict, match="пустую базу"):
        build_demo()
    assert (scalar("SELECT count(*) FROM employee"), scalar("SELECT count(*) FROM voucher")) == before
