"""A region in numbers: 100,000 employees with places of work, attestations, courses and чеки, by Core bulk inserts."""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Iterator
from itertools import islice
from random import Random
from typing import Any

from flask import Flask
from sqlalchemy import Connection, Table, func, insert, select, text
from werkzeug.security import generate_password_hash

from app import models as m
from app.clock import today
from app.demo.names import PersonGenerator
from app.extensions import db
from benchmarks.workbench import LOGIN

EMPLOYEES, ORGANIZATIONS = 100_000, 3_000
BATCH = 5_000

Row = dict[str, Any]


def build(app: Flask) -> None:
    """Migrate and fill the database unless that was done before."""
    from app.cli import initialise
    from app.services.desk import figure_counts

    initialise(app)
    with app.app_context():
        if db.session.scalar(select(func.count()).select_from(_table(m.Employee))) == EMPLOYEES:
            return
        print("Building the region, about two minutes…", file=sys.stderr)
        Region(db.session.connection(), Random(373)).fill()
        db.session.commit()
        # the start page shows stored figures, which a job counts
        figure_counts.recount()
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE"))


def _table(model: Any) -> Table:
    return model.__table__  # type: ignore[no-any-return]


class Region:
    """Writes the rows; ids follow the order of making, so that rows may point to each other without being read back."""

    def __init__(self, connection: Connection, rng: Random) -> None:
        self.connection, self.rng, self.today = connection, rng, today()
        self.positions = self._ids(m.Position)
        self.kinds = self._ids(m.AttestationKind)
        self.levels = self._ids(m.EducationLevel)
        self.rule = self._ids(m.VoucherRule)[-1]

    def fill(self) -> None:
        """Write everything; parents first."""
        self.write(m.Organization, self.organizations())
        self.write(m.Employee, self.employees())
        self.write(m.Employment, self.employments())
        self.write(m.Attestation, self.attestations())
        self.write(m.Qualification, self.qualifications())
        self.write(m.Training, self.trainings())
        self.write(m.Voucher, self.vouchers())
        self.write(m.VoucherBlock, self.blocks())
        self.operator()

    def write(self, model: Any, rows: Iterator[Row]) -> None:
        """Insert rows in batches and move the counter of ids past them."""
        table, last = _table(model), 0
        while batch := [{"id": last + n, **row} for n, row in enumerate(islice(rows, BATCH), start=1)]:
            self.connection.execute(insert(table), batch)
            last += len(batch)
        self.connection.execute(select(func.setval(func.pg_get_serial_sequence(table.name, "id"), last)))

    def operator(self) -> None:
        """The account that looks at the pages."""
        names = {
            "username": LOGIN,
            "first_name": "Оператор",
            "last_name": "Проверочный",
            "email": "operator@example.org",
        }
        password = {"password": generate_password_hash("benchmark"), "must_change_password": False}
        account = insert(_table(m.Account)).values(**names, **password, active=True).returning(_table(m.Account).c.id)
        user_id = self.connection.scalar(account)
        role = {"user_id": user_id, "role": "operator", "valid_from": self.today}
        self.connection.execute(insert(_table(m.Assignment)).values(role))

    def organizations(self) -> Iterator[Row]:
        """Schools spread over the region."""
        types, municipalities = self._ids(m.OrganizationType), self._ids(m.Municipality)
        territories = self._ids(m.Territory)
        for n in range(1, ORGANIZATIONS + 1):
            yield {
                "full_name": f"государственное бюджетное общеобразовательное учреждение средняя школа № {n}",
                "short_name": f"ГБОУ СОШ № {n}",
                "type_id": types[n % len(types)],
                "territory_id": territories[n % len(territories)],
                "municipality_id": municipalities[n % len(municipalities)],
                "ownership": "regional",
            }

    def employees(self) -> Iterator[Row]:
        """People with all that a card holds."""
        people = PersonGenerator(self.rng, today=self.today)
        for _ in range(EMPLOYEES):
            p = people.person()
            yield {
                "snils": p.snils,
                "last_name": p.last,
                "first_name": p.first,
                "patronymic": p.patronymic,
                "birth_date": p.birth_date,
                "sex": p.sex,
                "phone": p.phone,
                "email": p.email,
                "teaching_since": p.birth_date.replace(year=p.birth_date.year + 20, day=1),
                "working_since": p.birth_date.replace(year=p.birth_date.year + 19, day=1),
            }

    def employments(self) -> Iterator[Row]:
        """A live main place each; every third has worked elsewhere before, every tenth works somewhere else too."""
        for person in self._people():
            since = self._day(1, 3000)
            yield self._place(person, "main", since, None)
            if person % 3 == 0:
                yield self._place(person, "main", since - dt.timedelta(days=900), since - dt.timedelta(days=1))
            if person % 10 == 0:
                yield self._place(person, "secondary", since, None)

    def _place(self, person: int, kind: str, since: dt.date, until: dt.date | None) -> Row:
        return {
            "employee_id": person,
            "organization_id": self.rng.randint(1, ORGANIZATIONS),
            "position_id": self.rng.choice(self.positions),
            "kind": kind,
            "started_on": since,
            "ended_on": until,
            "status": "confirmed",
        }

    def attestations(self) -> Iterator[Row]:
        """Two people of three, every sixth with a lapsed one too."""
        for person in self._people():
            if person % 3:
                since = self._day(1, 1500)
                yield self._attestation(person, since, since + dt.timedelta(days=1826))
            if person % 6 == 1:
                since = self._day(2500, 4000)
                yield self._attestation(person, since, since + dt.timedelta(days=1826))

    def _attestation(self, person: int, since: dt.date, until: dt.date) -> Row:
        return {
            "employee_id": person,
            "kind_id": self.rng.choice(self.kinds),
            "valid_from": since,
            "valid_until": until,
        }

    def qualifications(self) -> Iterator[Row]:
        """A diploma each."""
        for person in self._people():
            level, year = self.rng.choice(self.levels), self.rng.randint(1980, 2024)
            yield {"employee_id": person, "level_id": level, "institution": "Педагогический институт", "year": year}

    def trainings(self) -> Iterator[Row]:
        """A course each, two for every second."""
        for person in self._people():
            for _ in range(1 + person % 2):
                day = self._day(1, 3000)
                yield {
                    "employee_id": person,
                    "title": "Современный урок",
                    "institution": "Институт развития образования",
                    "hours": 72,
                    "started_on": day - dt.timedelta(days=10),
                    "ended_on": day,
                }

    def vouchers(self) -> Iterator[Row]:
        """A live чек for every fifth, a used one before it for every tenth."""
        for n, person in enumerate((p for p in self._people() if p % 5 == 0), start=1):
            issued = self._day(1, 1000)
            dates = {"issued_on": issued, "valid_until": issued + dt.timedelta(days=1095)}
            yield {"number": f"63-{n:06d}", "employee_id": person, "rule_id": self.rule, "status": "active", **dates}

    def blocks(self) -> Iterator[Row]:
        """Three blocks for each чек."""
        for voucher in range(1, EMPLOYEES // 5 + 1):
            for n, (code, title) in enumerate(
                (("inv", "Инвариантный блок"), ("var1", "Вариативный блок 1"), ("var2", "Вариативный блок 2"))
            ):
                kind = "variable" if n else "invariant"
                hours = {"hours_min": 16, "hours_max": 36 if n else 18}
                yield {"voucher_id": voucher, "code": code, "title": title, "kind": kind, "ordering": n, **hours}

    @staticmethod
    def _people() -> range:
        return range(1, EMPLOYEES + 1)

    def _day(self, nearest: int, farthest: int) -> dt.date:
        return self.today - dt.timedelta(days=self.rng.randint(nearest, farthest))

    def _ids(self, model: Any) -> list[int]:
        return list(self.connection.scalars(select(_table(model).c.id).order_by(_table(model).c.id)))


if __name__ == "__main__":
    from benchmarks.workbench import make_app

    build(make_app(sys.argv[1]))
