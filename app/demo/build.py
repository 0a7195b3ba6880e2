"""Builds the demo database: an empty one becomes an invented piece of the region in one transaction."""

from __future__ import annotations

import datetime as dt
from random import Random

from flask import current_app
from sqlalchemy import text

from app import clock
from app.demo.accounts import OPERATOR_ID, add_accounts, link_roles
from app.demo.catalog import organizations
from app.demo.course_papers import CoursePapers
from app.demo.courses import Courses
from app.demo.enrolments import Enrolments
from app.demo.frdo import add_frdo_batches
from app.demo.names import PersonGenerator
from app.demo.office import add_office
from app.demo.papers import Papers
from app.demo.places import Place, add_places, load_directories
from app.demo.print_templates import add_templates
from app.demo.records import PersonalRecords
from app.demo.rows import Rows
from app.demo.staff import Staff
from app.demo.vouchers import Ledger, set_apart
from app.errors import Conflict
from app.extensions import db
from app.first_rows import load_reference_data
from app.services.desk import figure_counts
from app.statuses import RegistryStatus
from app.unit_of_work import use_case

#: the organizers of the demo logins; the registry of the first is sent
_DEMO_ORGANIZER, _SECOND_ORGANIZER = 2, 1


@use_case
def build_demo(
    seed: int = 2026, *, today: dt.date | None = None, employees: int = 3000, check_base: str | None = None
) -> dict[str, int]:
    """Fill an empty database and return the number of rows by table; the same seed and day give the same rows.

    ``check_base`` is the portal's address for the check links of documents, that of the settings unless given. Raises
    Conflict when the database already has accounts or organizations: nothing is mixed with real data.
    """
    _refuse_used_database()
    load_reference_data()
    base = current_app.config["PORTAL"].public_url if check_base is None else check_base
    rows = make_rows(seed, today=today or clock.today(), employees=employees, check_base=base)
    rows.write()
    link_roles()
    add_frdo_batches(today or clock.today())
    figure_counts.recount()
    return rows.counts()


def _refuse_used_database() -> None:
    used = "SELECT EXISTS (SELECT 1 FROM ab_user) OR EXISTS (SELECT 1 FROM organization)"
    if db.session.execute(text(used)).scalar_one():
        raise Conflict(
            "Демонстрационные данные загружаются только в пустую базу, а в этой уже есть пользователи или организации. "
            "Укажите пустую базу и повторите команду."
        )


def make_rows(seed: int, *, today: dt.date, employees: int, check_base: str) -> Rows:
    """Make all rows of the demo; reads the directories and writes nothing."""
    rng, rows, directories = Random(seed), Rows(), load_directories()  # noqa: S311 - a repeatable stream, no secrets
    people = PersonGenerator(rng, today=today)
    places = add_places(rows, directories, organizations(rng, people))
    workers = Staff(rows, directories, rng, people, today).hire_all(places, employees)
    PersonalRecords(rows, directories, rng, today).add_all(workers)
    set_apart(workers)
    organizers = _organizers(places)
    courses = Courses(rows, directories, rng, organizers, today)
    courses.add_programs()
    groups = courses.add_groups()
    courses.add_edition()
    ledger = Ledger(rows, directories, rng, today, OPERATOR_ID)
    ledger.add_legacy(workers)
    enrolments = Enrolments(rows, rng, ledger, workers, today)
    enrolments.fill(groups)
    ledger.add_untouched(workers)
    ledger.add_applications(workers)
    ledger.finish()
    papers = Papers(rows, rng, organizers, today, check_base=check_base)
    papers.issue(groups, enrolments)
    papers.add_stock()
    papers.add_registry(organizers[_DEMO_ORGANIZER], RegistryStatus.SENT)
    papers.add_registry(organizers[_SECOND_ORGANIZER], RegistryStatus.FORMED)
    CoursePapers(rows, Random(seed), organizers, today).add_all(groups, enrolments)  # noqa: S311 - a stream of its own
    add_templates(rows, organizers, operator_id=OPERATOR_ID, today=today)
    accounts = add_accounts(rows, directories, places, workers, today)
    add_office(rows, rng, accounts, workers, courses.courses, today)
    return rows


def _organizers(places: list[Place]) -> list[Place]:
    return [place for place in places if place.row["is_organizer"]]
