"""«Журнал выдачи документов»: numbers, blanks, receivers and how each document was handed over (п. 3.3 Порядка)."""

from __future__ import annotations

from sqlalchemy import Date, func

from app import models as m
from app.documents.registries import registry_parts as p
from app.documents.registries.declared import Column, Filter, Registry, in_words, table_of
from app.statuses import CertificateKind, CertificateStatus

_certificate = table_of(m.Certificate)
_original = table_of(m.Certificate).alias("original")
_printed = _certificate.c.snapshot


def _names() -> tuple[object, ...]:
    parts = (func.nullif(_printed[name].astext, "") for name in ("last_name", "first_name", "patronymic"))
    return tuple(parts)


ISSUED = Registry(
    code="issued",
    title="Журнал выдачи документов",
    about="Документы по порядку номеров: бланк, кому и как выдан, состояние. Период — по дате выдачи.",
    table=_certificate,
    permission="certificate:export",
    source=_certificate.join(p.enrolment, p.enrolment.c.id == _certificate.c.enrolment_id)
    .join(p.group, p.group.c.id == p.enrolment.c.group_id)
    .join(p.program, p.program.c.id == p.group.c.program_id)
    .join(p.organizer, p.organizer.c.id == _certificate.c.organizer_id)
    .join(p.place, p.place.c.id == p.enrolment.c.employment_id)
    .join(p.school, p.school.c.id == p.place.c.organization_id)
    .join(p.territory, p.territory.c.id == p.school.c.territory_id)
    .outerjoin(p.blank, p.blank.c.id == _certificate.c.blank_id)
    .outerjoin(_original, _original.c.id == _certificate.c.original_id),
    columns=(
        p.NUMBER,
        Column(name="number", title="Рег. №", expression=_certificate.c.number, width=14),
        Column(name="kind", title="Вид документа", expression=in_words(_certificate.c.kind), width=30),
        Column(name="blank", title="Серия и № бланка", expression=p.blank_words(), width=16),
        Column(name="issued_on", title="Дата выдачи", expression=_certificate.c.issued_on, kind="date", width=12),
        # as printed: a name changed later does not change the journal
        Column(name="full_name", title="Фамилия, имя, отчество", expression=func.concat_ws(" ", *_names()), width=32),
        p.SCHOOL,
        p.PROGRAM,
        p.HOURS,
        p.GROUP,
        Column(name="protocol", title="№ протокола", expression=p.enrolment.c.protocol_number, width=12),
        Column(name="handing", title="Как выдан", expression=in_words(_certificate.c.handing), width=18),
        Column(
            name="handed_on",
            title="Дата вручения",
            expression=_certificate.c.handed_on.cast(Date),
            kind="date",
            width=12,
        ),
        Column(name="handed_to", title="Кому вручён", expression=_certificate.c.handed_to, width=28),
        Column(name="status", title="Состояние", expression=in_words(_certificate.c.status), width=16),
        Column(name="original", title="Взамен документа", expression=_original.c.number, width=16),
        Column(name="ground", title="Основание замены", expression=in_words(_certificate.c.ground), width=24),
        p.TERRITORY,
        p.ORGANIZER,
    ),
    filters=(
        Filter(name="status", label="Состояние", expression=_certificate.c.status, states=CertificateStatus),
        Filter(name="kind", label="Вид документа", expression=_certificate.c.kind, states=CertificateKind),
        Filter(name="organizer", label="Организатор", expression=_certificate.c.organizer_id, target=m.Organization),
        p.BY_TERRITORY,
        p.BY_SCHOOL,
        p.BY_GROUP,
    ),
    period=_certificate.c.issued_on,
    period_label="Дата выдачи",
    order=(_certificate.c.issued_on, _certificate.c.year, _certificate.c.sequence, _certificate.c.id),
    people=_certificate.c.employee_id,
)
