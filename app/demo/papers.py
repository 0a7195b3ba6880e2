"""Documents of the demo: numbered without gaps in the order of their days, with snapshots, blanks (бланки) and a registry (реестр)."""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from app import models as m
from app.demo.courses import WORKER_TRAINED, Group
from app.demo.enrolments import Enrolments
from app.demo.names import DemoPerson
from app.demo.places import Place
from app.demo.rows import Row, Rows, moment
from app.demo.staff import Worker
from app.documents.papers.certificate import CertificateFacts
from app.documents.templates.templates import template_sha
from app.rules.decision import add_months
from app.russian import initials_first
from app.services.paper.issuing.certificates import format_number
from app.statuses import (
    BlankStatus,
    CertificateKind,
    CertificateStatus,
    DuplicateGround,
    EnrolmentStatus,
    GroupStatus,
    Handing,
    RegistryStatus,
)
from app.text import sort_key

_DAY = dt.timedelta(days=1)
#: papers are handed over so long after their day
_HANDED_AFTER = 7 * _DAY
_MASK = "{number:04d}/{year}"
#: so many of the latest groups of each organizer still wait for their documents
_WITHOUT_PAPERS = 1
_ANNULLED, _DUPLICATES, _NOTES = 6, 4, 14
_LOST = "Утрачен владельцем, выдан дубликат."
_ERRORS = ("Ошибка в фамилии слушателя.", "Неверно указан объём программы.")
_SPOILED = "Испорчен при печати."
_BLANK_STOCK, _BLANKS_SPOILED, _BLANKS_IN_ACT, _BLANKS_IN_PACKET = 60, 5, 3, 200
#: the organizer that prints on numbered blanks: the one of the demo login
_WITH_BLANKS = 2
_KINDS = {True: CertificateKind.CERTIFICATE, False: CertificateKind.TRAINING_NOTE}


@dataclass(eq=False, slots=True)
class Paper:
    """A document to be issued; ``original`` is the one that it replaces."""

    worker: Worker
    enrolment: Row
    group: Group
    kind: CertificateKind
    issued_on: dt.date
    original: Paper | None = None
    row: Row | None = None


class Papers:
    """Issues the documents of the completed groups."""

    def __init__(
        self, rows: Rows, rng: Random, organizers: Sequence[Place], today: dt.date, *, check_base: str = ""
    ) -> None:
        self._rows = rows
        self._rng = rng
        self._organizers = {place.id: place for place in organizers}
        self._today = today
        self._check_base = check_base
        self._blanks = [0] * len(organizers)
        #: organizer → enrolments whose documents stand on blanks, in the order of printing
        self._printed: dict[int, list[int]] = defaultdict(list)
        self._versions = {kind: template_sha(kind.value) for kind in _KINDS.values()}

    def issue(self, groups: Sequence[Group], enrolments: Enrolments) -> None:
        """Issue удостоверения to all trained but those of the latest groups; some are annulled or replaced."""
        papers = [paper for group in self._with_papers(groups) for paper in self._of_group(group, enrolments)]
        ordinary = [paper for paper in papers if not paper.worker.role]
        chosen = self._rng.sample(ordinary, min(_ANNULLED + _DUPLICATES + _NOTES, len(ordinary)))
        lost, noted = chosen[:_DUPLICATES], chosen[_DUPLICATES : _DUPLICATES + _NOTES]
        papers += [self._later(paper, CertificateKind.CERTIFICATE, original=paper) for paper in lost]
        papers += [self._later(paper, CertificateKind.TRAINING_NOTE) for paper in noted]
        self._number(papers)
        for paper in chosen[_DUPLICATES + _NOTES :]:
            assert paper.row is not None
            paper.row |= {"status": CertificateStatus.ANNULLED, "reason_text": self._rng.choice(_ERRORS)}

    def _with_papers(self, groups: Sequence[Group]) -> list[Group]:
        completed = [group for group in groups if group.status == GroupStatus.COMPLETED]
        waiting: list[Group] = []
        for organizer in range(len(self._organizers)):
            own = [g for g in completed if g.course.organizer == organizer and g.purpose != WORKER_TRAINED]
            waiting += sorted(own, key=lambda g: g.dates[1])[-_WITHOUT_PAPERS:]
        return [group for group in completed if group not in waiting]

    def _of_group(self, group: Group, enrolments: Enrolments) -> list[Paper]:
        issued_on = min(group.dates[1] + self._rng.randint(0, 4) * _DAY, self._today)
        trained = [
            (w, row) for w, row in enrolments.of_group[group.row["id"]] if row["status"] == EnrolmentStatus.TRAINED
        ]
        return [
            Paper(w, row, group, CertificateKind.CERTIFICATE, issued_on) for w, row in sorted(trained, key=_by_name)
        ]

    def _later(self, paper: Paper, kind: CertificateKind, *, original: Paper | None = None) -> Paper:
        day = min(paper.issued_on + self._rng.randint(5, 60) * _DAY, self._today)
        return Paper(paper.worker, paper.enrolment, paper.group, kind, day, original)

    # --- numbers ---

    def _number(self, papers: list[Paper]) -> None:
        """Give numbers in the order of days, per organizer, kind and year; remember the last ones."""
        numbers: Counter[tuple[int, CertificateKind, int]] = Counter()
        # A stable sort: papers of one day keep the order of groups and names, a duplicate follows its original.
        for paper in sorted(papers, key=lambda it: it.issued_on):
            series = (paper.group.row["organizer_id"], paper.kind, paper.issued_on.year)
            numbers[series] += 1
            self._add(paper, numbers[series])
        for (organizer_id, kind, year), last in sorted(numbers.items()):
            self._rows.add(
                m.NumberSeries, kind=f"certificate.{kind.value}", organizer_id=organizer_id, year=year, last=last
            )

    def _add(self, paper: Paper, sequence: int) -> None:
        year, organizer = paper.issued_on.year, self._organizers[paper.group.row["organizer_id"]]
        number, code = format_number(_MASK, sequence, year), f"{self._rng.getrandbits(96):024x}"
        blank = self._use_blank(organizer, paper.issued_on) if paper.kind == CertificateKind.CERTIFICATE else None
        if blank:
            self._printed[organizer.id].append(paper.enrolment["id"])
        facts = self._facts(paper, organizer, number=number, code=code, blank=blank)
        paper.row = self._rows.add(
            m.Certificate,
            enrolment_id=paper.enrolment["id"],
            employee_id=paper.worker.id,
            organizer_id=organizer.id,
            kind=paper.kind,
            year=year,
            sequence=sequence,
            number=number,
            issued_on=paper.issued_on,
            blank_id=blank["id"] if blank else None,
            original_id=self._replace(paper.original),
            ground=DuplicateGround.LOST if paper.original else None,
            handing=Handing.PERSON if paper.issued_on + _HANDED_AFTER <= self._today else None,
            handed_on=paper.issued_on + _HANDED_AFTER if paper.issued_on + _HANDED_AFTER <= self._today else None,
            template_code=paper.kind.value,
            template_version=self._versions[paper.kind],
            snapshot=facts.to_snapshot(),
            check_code=code,
            status=CertificateStatus.ISSUED,
            reason_text=None,
            created_at=moment(paper.issued_on, 16),
        )

    def _replace(self, original: Paper | None) -> int | None:
        """Mark the lost original and return its id."""
        if original is None or original.row is None:
            return None
        original.row |= {"status": CertificateStatus.REPLACED, "reason_text": _LOST}
        return int(original.row["id"])

    def _facts(self, paper: Paper, organizer: Place, *, number: str, code: str, blank: Row | None) -> CertificateFacts:
        card, program, home = paper.worker.card, paper.group.course.row, organizer.row
        starts_on, ends_on = paper.group.dates
        return CertificateFacts(
            kind=paper.kind,
            number=number,
            issued_on=paper.issued_on,
            last_name=card["last_name"],
            first_name=card["first_name"],
            patronymic=card["patronymic"] or "",
            sex=card["sex"],
            organization=home["full_name"],
            city=home["city"],
            program=program["title"],
            hours=program["hours"],
            starts_on=starts_on,
            ends_on=ends_on,
            head_name=_as_signed(organizer.person),
            head_title=home["head_position"],
            secretary=_as_signed(organizer.secretary),
            check_url=f"{self._check_base.rstrip('/')}/verify/{code}",
            blank=f"{blank['series']} {blank['number']}" if blank else "",
            decided_on=paper.group.dates[1],
            duplicate=paper.original is not None,
        )

    # --- blanks ---

    def _use_blank(self, organizer: Place, day: dt.date) -> Row | None:
        if organizer is not list(self._organizers.values())[_WITH_BLANKS]:
            return None
        return self._add_blank(organizer, BlankStatus.USED, day)

    def _add_blank(self, organizer: Place, status: BlankStatus, day: dt.date) -> Row:
        index = list(self._organizers).index(organizer.id)
        self._blanks[index] += 1
        return self._rows.add(
            m.Blank,
            organizer_id=organizer.id,
            kind=CertificateKind.CERTIFICATE,
            series=f"63{index + 1:02d}",
            number=f"{self._blanks[index]:06d}",
            receipt_id=None,
            act_id=None,
            spoiled_for_id=None,
            status=status,
            reason_text=_SPOILED if status == BlankStatus.SPOILED else None,
            changed_at=moment(day, 16),
        )

    def add_stock(self) -> None:
        """Add the blanks that lie in the stock and those that were spoiled, the receipts and an act."""
        for organizer in self._organizers.values():
            for number in range(_BLANKS_SPOILED + _BLANK_STOCK):
                status = BlankStatus.SPOILED if number < _BLANKS_SPOILED else BlankStatus.STOCK
                blank = self._add_blank(organizer, status, self._today - 4 * _DAY)
                # misprinted for the people of the latest group
                if status == BlankStatus.SPOILED and (printed := self._printed[organizer.id]):
                    blank["spoiled_for_id"] = printed[-1 - number % len(printed)]
            own = [row for row in self._rows.all(m.Blank) if row["organizer_id"] == organizer.id]
            self._receive(organizer, own)
            self._write_off(organizer, [row for row in own if row["status"] == BlankStatus.SPOILED][:_BLANKS_IN_ACT])

    def _receive(self, organizer: Place, own: Sequence[Row]) -> None:
        """Receipts of a packet each, some days before the first blank of the packet left the stock."""
        for start in range(0, len(own), _BLANKS_IN_PACKET):
            packet = own[start : start + _BLANKS_IN_PACKET]
            day = min(row["changed_at"].date() for row in packet) - 10 * _DAY
            receipt = self._rows.add(
                m.BlankReceipt,
                organizer_id=organizer.id,
                kind=CertificateKind.CERTIFICATE,
                series=packet[0]["series"],
                first=packet[0]["number"],
                last=packet[-1]["number"],
                quantity=len(packet),
                received_on=day,
                document=f"Накладная № {start // _BLANKS_IN_PACKET + 1} от {day:%d.%m.%Y}",
                created_at=moment(day, 11),
            )
            for row in packet:
                row["receipt_id"] = receipt["id"]

    def _write_off(self, organizer: Place, spoiled: Sequence[Row]) -> None:
        """The first act of the year; the rest of the spoiled blanks still waits for one."""
        day = self._today - 3 * _DAY
        secretary = f"секретарь, {_as_signed(organizer.secretary)}" if organizer.secretary else None
        act = self._rows.add(
            m.BlankAct,
            organizer_id=organizer.id,
            number="1",
            year=day.year,
            acted_on=day,
            reason=_SPOILED,
            commission=secretary,
            created_at=moment(day, 12),
        )
        for row in spoiled:
            row["act_id"] = act["id"]
        self._rows.add(m.NumberSeries, kind="blank_act", organizer_id=organizer.id, year=day.year, last=1)

    # --- the registry ---

    def add_registry(self, organizer: Place, status: RegistryStatus) -> None:
        """Add the registry of the last half-year's trained."""
        until = self._today.replace(day=1) - _DAY
        since = add_months(until.replace(day=1), -5)
        counted = [
            row
            for row in self._rows.all(m.Certificate)
            if row["organizer_id"] == organizer.id
            and row["kind"] == CertificateKind.CERTIFICATE
            and row["status"] == CertificateStatus.ISSUED
            and since <= row["issued_on"] <= until
        ]
        registry = self._rows.add(
            m.Registry,
            organizer_id=organizer.id,
            period_from=since,
            period_to=until,
            rows_count=len(counted),
            file_id=None,
            status=status,
            reason_text=None,
            created_at=moment(min(until + 3 * _DAY, self._today)),
            sent_at=moment(min(until + 3 * _DAY, self._today)) if status is RegistryStatus.SENT else None,
        )
        for row in counted:
            self._rows.add(m.RegistryRow, registry_id=registry["id"], enrolment_id=row["enrolment_id"])


def _as_signed(person: DemoPerson | None) -> str:
    return initials_first(person.last, person.first, person.patronymic) if person else ""


def _by_name(it: tuple[Worker, Row]) -> tuple[str, int]:
    card = it[0].card
    name = f"{card['last_name']} {card['first_name']} {card['patronymic'] or ''}"
    return sort_key(name), card["id"]
