"""Public check of a document: by the unguessable code all printed facts, by number and date (guessable) initials only."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, literal_column, select
from sqlalchemy.orm import aliased

from app import models as m
from app.access import unscoped
from app.clock import local
from app.errors import NotFound
from app.extensions import db
from app.russian import capitalized, format_date, full_name, initials, period
from app.statuses import CertificateKind, CertificateStatus, ProgramKind
from app.text import check_code
from app.text import code as paper_code
from app.text.sql import code_sql

#: the number as people copy it, as in the index ``ix_certificate_number_code``
_NUMBER: Any = literal_column(code_sql("certificate.number"))
#: documents of several organizers and kinds may share a number and a day
_SAME_NUMBER = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckFacts:
    """What anybody may learn of a document: no СНИЛС, no birth date; ``name`` is whole only by the code."""

    kind: CertificateKind
    number: str
    issued_on: dt.date
    name: str
    program: str
    hours: int
    period: str
    organizer: str
    city: str
    blank: str = ""
    qualification: str = ""
    protocol: str = ""
    head: str = ""
    duplicate: bool = False
    status: CertificateStatus
    annulled_on: dt.date | None = None
    replaced_by: str = ""
    #: facts that it prints were corrected after it was issued; which ones is between its owner and the organization
    to_replace: bool = False

    @property
    def title(self) -> str:
        """Kind of the document with a capital, for the page's head."""
        return capitalized(self.kind.label) + (" (дубликат)" if self.duplicate else "")

    @property
    def detail(self) -> str:
        """When it was annulled, what replaced it, or that another one is due; empty for a document that needs nothing."""
        if self.status == CertificateStatus.ANNULLED and self.annulled_on:
            return f"Аннулирован {format_date(self.annulled_on)}: этот документ ничего не подтверждает."
        if self.status == CertificateStatus.REPLACED and self.replaced_by:
            return f"Вместо него выдан документ №\u00a0{self.replaced_by}."
        if self.to_replace:
            return (
                "Подлежит замене: после выдачи организация исправила сведения об обучении, которые в нём напечатаны. "
                "Новый документ выдаст она же."
            )
        return ""

    @property
    def tone(self) -> str:
        """The colour of its state: a valid document that is to be replaced is no plain «yes»."""
        return "wait" if self.to_replace else self.status.tone

    @property
    def pairs(self) -> tuple[tuple[str, str], ...]:
        """Label and value of every public fact, in the order of the page; what was not printed is left out."""
        found = (
            ("Номер", self.number),
            ("Бланк", self.blank),
            ("Дата выдачи", format_date(self.issued_on)),
            ("Город", self.city),
            ("Кому выдан", self.name),
            ("Обучение", self.period),
            ("Программа", self.program),
            ("Часы", str(self.hours)),
            ("Квалификация", self.qualification),
            ("Решение комиссии", self.protocol),
            ("Организация", self.organizer),
            ("Подписал", self.head),
        )
        return tuple((label, value) for label, value in found if value)

    @property
    def for_machines(self) -> dict[str, str | int | bool | None]:
        """The same facts under stable keys, dates as ISO 8601."""
        return {
            "status": self.status.value,
            "kind": self.kind.value,
            "number": self.number,
            "blank": self.blank,
            "issued_on": self.issued_on.isoformat(),
            "city": self.city,
            "name": self.name,
            "period": self.period,
            "program": self.program,
            "hours": self.hours,
            "qualification": self.qualification,
            "protocol": self.protocol,
            "organization": self.organizer,
            "signed_by": self.head,
            "duplicate": self.duplicate,
            "annulled_on": self.annulled_on.isoformat() if self.annulled_on else None,
            "replaced_by": self.replaced_by or None,
            "to_replace": self.to_replace,
        }


def facts_for_check(code: str) -> CheckFacts:
    """Return the printed facts of the document with this code; raises NotFound."""
    asked = check_code(code)
    found = _find(func.lower(m.Certificate.check_code) == asked) if asked else ()
    if not found:
        raise NotFound("Документа с таким кодом проверки нет. Сверьте код с напечатанным на документе.")
    row, replaced_by, annulled_at = found[0]
    snapshot: Mapping[str, Any] = row.snapshot
    known = {key: str(snapshot.get(key) or "") for key in ("blank", "head_name", "head_title")}
    return CheckFacts(
        **_common(row, replaced_by, annulled_at),
        name=full_name(*_names(snapshot)),
        blank=known["blank"],
        **_decision(row.kind, snapshot),
        head=f"{known['head_name']}, {known['head_title'].lower()}" if known["head_name"] else "",
    )


def find_by_number(number: str, issued_on: dt.date) -> Sequence[CheckFacts]:
    """Return the documents of a number and day, with initials only, because numbers can be guessed; raises NotFound."""
    asked = paper_code(number)
    found = _find(asked == _NUMBER, m.Certificate.issued_on == issued_on) if asked else ()
    if not found:
        raise NotFound(
            "Документа с таким номером и датой выдачи в портале нет. Сверьте регистрационный номер и дату с напечатанными: "
            "номер вводится целиком, вместе с дробью и годом."
        )
    return [CheckFacts(**_common(row, by, at), name=initials(*_names(row.snapshot))) for row, by, at in found]


def _find(*conditions: Any) -> Sequence[Any]:
    """(document, number that replaced it, moment of the annulment), read past every scope: the check is for strangers."""
    later = aliased(m.Certificate)
    replaced_by = (
        select(later.number)
        .where(later.original_id == m.Certificate.id)
        .order_by(later.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    entry = m.AuditEntry
    annulled_at = (
        select(func.max(entry.at))
        .where(
            entry.object_table == "certificate",
            entry.object_id == m.Certificate.id,
            entry.action == "certificate.annul",
        )
        .scalar_subquery()
    )
    statement = select(m.Certificate, replaced_by, annulled_at).where(*conditions).order_by(m.Certificate.id)
    with unscoped("public check of a document: its printed facts without СНИЛС and birth date"):
        return list(db.session.execute(statement.limit(_SAME_NUMBER)))


def _names(facts: Mapping[str, Any]) -> tuple[str, str, str | None]:
    return str(facts["last_name"]), str(facts["first_name"]), str(facts["patronymic"]) or None


def _common(row: m.Certificate, replaced_by: str | None, annulled_at: dt.datetime | None) -> dict[str, Any]:
    facts: Mapping[str, Any] = row.snapshot
    days = (dt.date.fromisoformat(str(facts[key])) for key in ("starts_on", "ends_on"))
    return {
        "kind": row.kind,
        "number": row.number,
        "issued_on": row.issued_on,
        "program": str(facts["program"]),
        "hours": int(facts["hours"]),
        "period": period(*days),
        "organizer": str(facts["organization"]),
        "city": str(facts["city"]),
        "duplicate": bool(facts.get("duplicate")),
        "status": row.status,
        "annulled_on": local(annulled_at).date() if annulled_at else None,
        "replaced_by": replaced_by or "",
        "to_replace": row.status == CertificateStatus.ISSUED and bool(row.outdated),
    }


def _decision(kind: CertificateKind, facts: Mapping[str, Any]) -> dict[str, Any]:
    """What only a диплом prints: the qualification and the commission's decision."""
    if kind != CertificateKind.DIPLOMA or facts.get("program_kind") != ProgramKind.RETRAINING.value:
        return {}
    decided_on = dt.date.fromisoformat(str(facts["decided_on"]))
    return {
        "qualification": str(facts["qualification"]),
        "protocol": f"протокол № {facts['protocol']} от {format_date(decided_on)}",
    }
