"""The demo region with secrets: rows of both sides whose words must never reach those who do not see the rows."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import psycopg2
from flask import Flask
from python_calamine import CalamineWorkbook

from app.access import acting_as
from app.services.desk import figure_counts
from app.web.frame.list_paging import rows_of, totals_of
from app.web.frame.list_query import ALL
from tests.access.oracle import CAST, FACTS, Person
from tests.actors import actor_of, client_as
from tests.conftest import at_the_clock

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MISSING = 2_000_000_000


@dataclass(frozen=True)
class Secret:
    """A row and the words by which a leak of it is recognised."""

    table: str
    pk: int
    words: tuple[str, ...]


@dataclass(frozen=True)
class Answer:
    """What came back: status, headers and the words (of a workbook, its cells)."""

    status: int
    text: str
    headers: Mapping[str, str]

    @property
    def bare(self) -> str:
        """The body without what differs in every answer: the request's id, the CSRF token, the notice of what was done before."""
        body = self.text.replace(self.headers.get("X-Request-Id", "-"), "")
        told = re.sub(r'<div class="flashes"[^>]*>(?:\s*<div.*?</div>)*\s*</div>', "", body, flags=re.S)
        return re.sub(r'name="csrf_token"[^>]*', "", told)

    def rows(self) -> list[list[str]]:
        """Cells of a workbook, row by row."""
        return [line.split("\t") for line in self.text.split("\n")]


@dataclass
class Browser:
    """A signed-in browser that fails as soon as a secret of somebody else is in an answer."""

    client: Any
    #: words of the hidden secrets that a text holds
    watch: Callable[[str], Sequence[str]] = lambda _text: ()
    token: str = ""
    leaks: list[str] = field(default_factory=list)

    def get(self, path: str, **query: Any) -> Answer:
        """GET a page."""
        return self._answer(path, self.client.get(path, query_string=query or None))

    def post(self, path: str, data: Mapping[str, Any] | None = None) -> Answer:
        """POST a form with the page's CSRF token."""
        if not self.token:
            page = self.client.get("/login/").get_data(as_text=True) or self.client.get("/password/").get_data(
                as_text=True
            )
            if 'name="csrf_token"' not in page:
                page = self.client.get("/password/").get_data(as_text=True)
            self.token = page.split('name="csrf_token"', 1)[1].split('value="', 1)[1].split('"', 1)[0]
        return self._answer(path, self.client.post(path, data={"csrf_token": self.token, **(data or {})}))

    def _answer(self, path: str, response: Any) -> Answer:
        body, headers = response.get_data(), dict(response.headers)
        response.close()
        text = _cells(body) if headers.get("Content-Type", "").startswith(XLSX) else body.decode(errors="replace")
        if "json" in headers.get("Content-Type", ""):
            text = json.dumps(json.loads(text), ensure_ascii=False)
        self.leaks += [f"{path}: «{words}»" for words in self.watch(text)]
        return Answer(response.status_code, text, headers)


def _cells(body: bytes) -> str:
    book = CalamineWorkbook.from_filelike(io.BytesIO(body))
    sheet = book.get_sheet_by_index(0).to_python()
    return "\n".join("\t".join(str(value) for value in row) for row in sheet)


class Region:
    """The application, its database and the people who act in it."""

    def __init__(self, app: Flask, url: str) -> None:
        self.app = app
        self.connection = psycopg2.connect(url.replace("postgresql+psycopg2", "postgresql"))
        self.connection.autocommit = True
        with app.app_context():
            from app.clock import today

            self.today = today()
        self.people = {login: self._person(login, role) for login, role in CAST.items()}
        self.secrets = [*hide(self, 1, "school", "organizer"), *hide(self, 2, "school2", "organizer2")]
        # the secrets add units to the schools
        self.people = {login: self._person(login, role) for login, role in CAST.items()}
        self._actors = {login: actor_of(app, login) for login in CAST}

    def close(self) -> None:
        """Leave the database."""
        self.connection.close()

    def sql(self, statement: str, **parameters: Any) -> list[Any]:
        """Rows of a plain statement; nothing of the application takes part."""
        with self.connection.cursor() as cursor:
            cursor.execute(at_the_clock(statement), parameters or None)
            return cursor.fetchall() if cursor.description else []

    def recount(self) -> None:
        """Count the stored figures, as the job does every few minutes."""
        with self.app.app_context():
            figure_counts.recount()

    def _person(self, login: str, role: str) -> Person:
        user, employee, territory, places = self.sql(FACTS, login=login)[0]
        facts = {"user": user, "employee": employee, "territory": territory, "places": places, "today": self.today}
        return Person(login, role, facts)

    def browser(self, login: str | None) -> Browser:
        """A browser of one of the cast (None: a stranger) that watches for secrets."""
        return Browser(client_as(self.app, login), partial(self.leaked, login))

    def hidden_from(self, login: str | None) -> list[str]:
        """Words of the secrets whose rows the person does not see."""
        return [words for secret in self.secrets if not self._sees(login, secret) for words in secret.words]

    def leaked(self, login: str | None, text: str) -> list[str]:
        """Those of them that a text holds; the database is asked about what is found only."""
        found = [(secret, words) for secret in self.secrets for words in secret.words if words in text]
        return [words for secret, words in found if not self._sees(login, secret)]

    def _sees(self, login: str | None, secret: Secret) -> bool:
        return login is not None and bool(self.ids(login, secret.table, f"t.id = {secret.pk}"))

    def ids(self, login: str, table: str, condition: str = "true") -> list[int]:
        """Ids of the rows of ``table`` that the person sees, by the oracle."""
        person = self.people[login]
        statement = f'SELECT t.id FROM "{table}" t WHERE ({person.sees(table)}) AND ({condition}) ORDER BY t.id'
        return [pk for (pk,) in self.sql(statement, **person.facts)]

    def found(self, login: str, view: Any, **asked: Any) -> set[int]:
        """Ids on the page of a list that a question leads to: as the list finds them, without the page around."""
        with self.asking(login, **asked):
            query = view.listing.read()
            total = totals_of(view.listing, query)[query.tab or ALL]
            return {row.id for row in rows_of(view.listing, query, total)} if total.number else set()

    @contextmanager
    def asking(self, login: str, **asked: Any) -> Iterator[None]:
        """Act as a person within a request with this question."""
        with self.app.test_request_context(query_string=asked), acting_as(self._actors[login]):
            yield

    def pick(self, login: str, table: str, which: str, where: str = "true") -> int | None:
        """A row for the matrix: own, fixed (seen, not changed), foreign or missing; secrets first. None: there is none."""
        person = self.people[login]
        sees, changes = person.sees(table), person.changes(table)
        conditions = {
            "own": f"({sees}) AND ({changes})",
            "fixed": f"({sees}) AND NOT coalesce(({changes}), false)",
            "foreign": f"NOT coalesce(({sees}), false)",
        }
        if which == "missing":
            return MISSING
        secret = [s.pk for s in self.secrets if s.table == table] or [0]
        statement = f'SELECT t.id FROM "{table}" t WHERE ({conditions[which]}) AND ({where}) ORDER BY t.id = ANY(%(secret)s) DESC, t.id LIMIT 1'
        found = self.sql(statement, **{**person.facts, "secret": secret})
        return found[0][0] if found else None

    def state(self) -> dict[str, Any]:
        """Table → (rows, checksum) of everything committed, but for the sessions of the test's own browsers."""
        from tests.services.makers import database_state

        with self.app.app_context():
            return {table: found for table, found in database_state().items() if table != "web_session"}

    @contextmanager
    def nothing_changes(self) -> Iterator[None]:
        """Assert that the block leaves every table as it was."""
        before = self.state()
        yield
        after = self.state()
        assert [t for t in after if after[t] != before[t]] == []

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """A технологический перерыв: what is allowed gets as far as the transaction and is refused there."""
        self.sql(
            "INSERT INTO maintenance_window (starts_at, ends_at, announcement, status)"
            " VALUES (now() - interval '1 hour', now() + interval '1 hour', 'проба', 'active')"
        )
        try:
            yield
        finally:
            self.sql("DELETE FROM maintenance_window WHERE announcement = 'проба'")


def hide(region: Region, side: int, school: str, organizer: str) -> list[Secret]:
    """Give rows of one side unmistakable words; returns them as secrets."""
    home = region.people[school].facts
    person = region.sql(
        "SELECT e.id FROM employee e JOIN employment w ON w.employee_id = e.id"
        " WHERE w.organization_id = %(home)s AND w.ended_on IS NULL"
        " AND NOT EXISTS (SELECT FROM employment x WHERE x.employee_id = e.id AND x.organization_id <> %(home)s)"
        " AND NOT EXISTS (SELECT FROM voucher_application x WHERE x.employee_id = e.id)"
        " AND NOT EXISTS (SELECT FROM enrolment x WHERE x.employee_id = e.id)"
        " AND NOT EXISTS (SELECT FROM ab_user u WHERE u.employee_id = e.id) ORDER BY e.id LIMIT 1",
        home=min(home["places"]),
    )[0][0]
    own = {
        "person": person,
        "user": home["user"],
        "home": min(home["places"]),
        "courses": region.people[organizer].facts["places"][0],
    }
    surname, snils = {1: ("Сокровеннова", "90000000120"), 2: ("Утаённовская", "90000000221")}[side]
    masked = f"{snils[6:9]} {snils[9:]}"

    def mark(table: str, column: str, words: str, where: str, *more: str) -> Secret:
        found = region.sql(
            f'UPDATE "{table}" SET {column} = %(words)s WHERE id = (SELECT min(id) FROM "{table}" WHERE {where}) RETURNING id',
            words=words,
            **own,
        )
        assert found, f"no {table} to hide on side {side}"
        return Secret(table, found[0][0], (words, *more))

    _insert_what_lacks(region, side, own)
    return [
        mark("employee", "snils", snils, f"id = {person}", f"{snils[:3]}-{snils[3:6]}-{masked}"),
        mark("employee", "last_name", surname, f"id = {person}"),
        mark("training", "title", f"Тайный курс {side}", f"employee_id = {person}"),
        mark("former_name", "last_name", f"Прежнетайнова{'аб'[side - 1]}", f"employee_id = {person}"),
        mark("qualification", "institution", f"Тайный институт {side}", f"employee_id = {person}"),
        mark("attestation", "order_number", f"ТАЙНЫЙ-ПРИКАЗ-{side}", f"employee_id = {person}"),
        mark("voucher", "number", f"63-ТАЙНА-{side}", f"employee_id = {person}"),
        mark("voucher_application", "on_behalf_note", f"Тайная заявка {side}", f"employee_id = {person}"),
        mark("certificate", "number", f"ТАЙНЫЙ-ДОКУМЕНТ-{side}", f"employee_id = {person}"),
        mark("enrolment", "protocol_number", f"ТАЙНЫЙ-ПРОТОКОЛ-{side}", f"employee_id = {person}"),
        mark(
            "organization",
            "short_name",
            f"Потаённый сад {side}",
            "parent_id = %(home)s AND full_name = 'Тайное подразделение'",
        ),
        mark("program", "title", f"Тайная программа {side}", "organizer_id = %(courses)s AND status = 'draft'"),
        mark("training_group", "number", f"ТАЙНАЯ-ГРУППА-{side}", "organizer_id = %(courses)s AND status = 'draft'"),
        mark("letter", "subject", f"Тайное письмо {side}", "user_id = %(user)s"),
        mark("notice", "text", f"Тайное извещение {side}", "user_id = %(user)s"),
        mark("import_batch", "file_name", f"тайный-список-{side}.xlsx", "user_id = %(user)s"),
        mark("background_job", "title", f"Тайное задание {side}", "user_id = %(user)s"),
        mark("ab_user", "email", f"tayna{side}@example.test", "id = %(user)s"),
        mark("assignment", "basis", f"ТАЙНОЕ-ОСНОВАНИЕ-{side}", "user_id = %(user)s"),
        mark("registration", "last_name", f"Тайнорегистрова{'аб'[side - 1]}", "user_id = %(user)s"),
        mark("access_request", "document_details", f"ТАЙНЫЙ-ДОСТУП-{side}", "user_id = %(user)s"),
        mark("stored_file", "name", f"тайный-скан-{side}.pdf", "owner_id = %(user)s"),
        mark("consent_withdrawal", "person_name", f"Тайный Отзыв {side}", f"employee_id = {person}"),
        mark("change_request", "comment", f"Тайное исправление {side}", f"employee_id = {person}"),
        mark("transfer", "person_name", f"Тайный Переход {side}", f"employee_id = {person}"),
        _journal(region, side),
    ]


def _journal(region: Region, side: int) -> Secret:
    words = f"Тайная запись журнала {side}"
    pk = region.sql(
        "INSERT INTO audit_entry (user_name, role, action, object_table, object_label) VALUES"
        " ('Портал', 'Оператор АИС', 'voucher.annul', 'voucher', %(words)s) RETURNING id",
        words=words,
    )[0][0]
    return Secret("audit_entry", pk, (words,))


def _insert_what_lacks(region: Region, side: int, own: Mapping[str, Any]) -> None:
    """Rows that the demo region has not for every side."""
    statements: Sequence[str] = (
        "INSERT INTO training (employee_id, title, institution, hours, ended_on) VALUES (%(person)s, 'x', 'Институт', 36, '2020-05-05')",
        "INSERT INTO training (employee_id, title, institution, hours, ended_on, source)"
        " SELECT employee_id, 'Курс', 'Институт', 36, '2021-05-05', 'worker' FROM ab_user WHERE employee_id IS NOT NULL",
        "INSERT INTO former_name (employee_id, last_name) VALUES (%(person)s, 'Прежнева')",
        "INSERT INTO former_name (employee_id, last_name) SELECT employee_id, 'Прежнева' FROM ab_user WHERE employee_id IS NOT NULL",
        "INSERT INTO qualification (employee_id, level_id, institution) SELECT %(person)s, min(id), 'x' FROM education_level",
        "INSERT INTO attestation (employee_id, kind_id, valid_from) SELECT %(person)s, min(id), '2022-02-02' FROM attestation_kind",
        "INSERT INTO organization (full_name, short_name, type_id, parent_id, territory_id, municipality_id, ownership)"
        " SELECT 'Тайное подразделение', 'x', type_id, id, territory_id, municipality_id, ownership FROM organization WHERE id = %(home)s",
        "INSERT INTO program (organizer_id, code, title, year, hours) VALUES (%(courses)s, 'ТАЙНА', 'x', 2026, 36)",
        "INSERT INTO training_group (program_id, organizer_id, number, starts_on, ends_on, enrol_from, enrol_until, place, capacity)"
        " SELECT min(id), organizer_id, 'x', '2027-03-01', '2027-03-05', '2027-01-01', '2027-02-01', 'Самара', 5"
        " FROM program WHERE organizer_id = %(courses)s AND status = 'published' GROUP BY organizer_id",
        "INSERT INTO voucher_application (employee_id, employment_id, rule_id, status)"
        " SELECT w.employee_id, w.id, r.id, 'approved' FROM employment w, voucher_rule r WHERE w.employee_id = %(person)s LIMIT 1",
        "INSERT INTO voucher (number, employee_id, application_id, rule_id, issued_on, valid_until)"
        " SELECT 'x', employee_id, id, rule_id, current_date, current_date + 900 FROM voucher_application WHERE employee_id = %(person)s",
        "INSERT INTO enrolment (employee_id, employment_id, group_id, status, result_on)"
        " SELECT w.employee_id, w.id, g.id, 'trained', g.ends_on FROM employment w, training_group g WHERE w.employee_id = %(person)s"
        " AND g.status = 'completed' AND g.organizer_id = %(courses)s LIMIT 1",
        "INSERT INTO certificate (enrolment_id, employee_id, organizer_id, kind, year, sequence, number, issued_on, template_code,"
        " template_version, snapshot, check_code) SELECT e.id, e.employee_id, c.organizer_id, c.kind, c.year, 99000, 'x', c.issued_on,"
        " c.template_code, c.template_version, c.snapshot, 'secret' || e.id FROM enrolment e, certificate c"
        " WHERE e.employee_id = %(person)s AND c.organizer_id = %(courses)s AND c.status = 'issued' LIMIT 1",
        "INSERT INTO letter (recipient, user_id, subject, body) VALUES ('a@example.test', %(user)s, 'x', 'Текст')",
        "INSERT INTO notice (user_id, text) VALUES (%(user)s, 'x')",
        "INSERT INTO registration (last_name, first_name, birth_date, snils, email, organization_id, position_id, user_id, status)"
        " SELECT 'x', 'Анна', '1980-01-01', (77000000000 + %(user)s)::text, 'r@example.test', %(home)s, min(id), %(user)s, 'pending'"
        " FROM position",
        "INSERT INTO stored_file (name, content_type, size, sha256, path, object_table, owner_id)"
        " VALUES ('x', 'application/pdf', 1, repeat('0', 64), 'scans/' || %(user)s, 'access_request', %(user)s)",
        "INSERT INTO access_request (user_id, role, document_details, due_on) VALUES (%(user)s, 'ministry', 'x', current_date + 9)",
        "INSERT INTO consent_withdrawal (employee_id, person_name, due_on) VALUES (%(person)s, 'x', current_date + 9)",
        "INSERT INTO import_batch (user_id, file_name, sha256, rows) VALUES (%(user)s, 'x', repeat('0', 64), '[]')",
        "INSERT INTO import_batch (kind, user_id, file_name, sha256, rows)"
        " SELECT 'voucher', id, 'чеки.xlsx', repeat('0', 64), '[]' FROM ab_user WHERE username = 'operator'",
        "INSERT INTO import_batch (kind, user_id, file_name, sha256, rows)"
        " VALUES ('training', %(user)s, 'обучение.xlsx', repeat('0', 64), '[]')",
        "INSERT INTO import_batch (kind, user_id, file_name, sha256, rows)"
        " VALUES ('plan', %(user)s, 'план.xlsx', repeat('0', 64), '[]')",
        "INSERT INTO background_job (user_id, kind, title, status, parameters)"
        """ VALUES (%(user)s, 'export', 'x', 'done', '{"permission": "employee:export"}')""",
        'INSERT INTO change_request (employee_id, changes) VALUES (%(person)s, \'{"degree": [null, "доцент"]}\')',
        'INSERT INTO change_request (employee_id, changes) SELECT employee_id, \'{"degree": [null, "доцент"]}\''
        " FROM ab_user WHERE employee_id IS NOT NULL ON CONFLICT DO NOTHING",
        "INSERT INTO transfer (employee_id, employment_id, person_name, from_organization_id, organization_id, position_id, starts_on)"
        " SELECT w.employee_id, w.id, 'x', w.organization_id, %(courses)s, w.position_id, current_date + 9 FROM employment w"
        " WHERE w.ended_on IS NULL AND (w.employee_id = %(person)s"
        " OR w.employee_id IN (SELECT employee_id FROM ab_user)) ON CONFLICT DO NOTHING",
        "INSERT INTO workday_correction (day, is_working, reason) VALUES ('2027-01-11', false, 'Перенос') ON CONFLICT DO NOTHING",
        "INSERT INTO organizer_exception (rule_id, organization_id, ground, valid_from)"
        " SELECT r.id, %(courses)s, 'Доля области', '2025-09-01' FROM organizer_rule r ON CONFLICT DO NOTHING",
    )
    for statement in statements:
        region.sql(statement, **own)
