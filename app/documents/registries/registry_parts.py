"""What several registries share: the tables joined to an enrolment, the number of the row, common filters."""

from __future__ import annotations

from typing import Any

from sqlalchemy import String, and_, case, cast, func, literal, select
from sqlalchemy.dialects.postgresql import aggregate_order_by

from app import models as m
from app.documents.registries.declared import Column, Filter, person_name, table_of, written_day, written_snils
from app.statuses import CertificateKind, CertificateStatus, ProgramKind

enrolment = table_of(m.Enrolment)
person = table_of(m.Employee).alias("person")
place = table_of(m.Employment).alias("place")
school = table_of(m.Organization).alias("school")
territory = table_of(m.Territory).alias("territory_of")
municipality = table_of(m.Municipality).alias("municipality_of")
position = table_of(m.Position).alias("position_of")
group = table_of(m.TrainingGroup).alias("study_group")
program = table_of(m.Program).alias("program_of")
organizer = table_of(m.Organization).alias("organizer_of")
block = table_of(m.VoucherBlock).alias("block_of")
voucher = table_of(m.Voucher).alias("voucher_of")
paper = table_of(m.Certificate).alias("paper")
blank = table_of(m.Blank).alias("blank_of")
order = table_of(m.TrainingOrder).alias("order_of")

NUMBER = Column(name="row", title="№ п/п", kind="int", width=6)
NAME = Column(name="full_name", title="Фамилия, имя, отчество", expression=person_name(person), width=32)
SNILS = Column(name="snils", title="СНИЛС", expression=written_snils(person.c.snils), width=16, personal=True)
BIRTH = Column(name="birth_date", title="Дата рождения", expression=person.c.birth_date, kind="date", width=12)
TERRITORY = Column(name="territory", title="Территория", expression=territory.c.short_name, width=24)
SCHOOL = Column(name="organization", title="Организация", expression=school.c.short_name, width=30)
POSITION = Column(name="position", title="Должность", expression=position.c.name, width=20)
ORGANIZER = Column(name="organizer", title="Организатор", expression=organizer.c.short_name, width=26, usual=False)
PROGRAM = Column(name="program", title="Программа", expression=program.c.title, width=44)
HOURS = Column(name="hours", title="Часы", expression=program.c.hours, kind="int", width=7, total=True)
PERIOD = Column(
    name="period",
    title="Период обучения",
    expression=written_day(group.c.starts_on).concat(" – ").concat(written_day(group.c.ends_on)),
    width=24,
)
GROUP = Column(name="group", title="Группа", expression=group.c.number, width=12)
VOUCHER = Column(name="voucher_number", title="№ чека", expression=voucher.c.number, width=16)
BLOCK = Column(name="voucher_block", title="Блок", expression=block.c.title, width=22)

BY_ORGANIZER = Filter(name="organizer", label="Организатор", expression=group.c.organizer_id, target=m.Organization)
BY_TERRITORY = Filter(name="territory", label="Территория", expression=school.c.territory_id, target=m.Territory)
BY_SCHOOL = Filter(name="organization", label="Организация", expression=school.c.id, target=m.Organization)
BY_GROUP = Filter(name="group", label="Группа", expression=group.c.id, target=m.TrainingGroup)

#: an enrolment with its person, place of work, group and чек
ENROLMENTS = (
    enrolment.join(person, person.c.id == enrolment.c.employee_id)
    .join(group, group.c.id == enrolment.c.group_id)
    .join(program, program.c.id == group.c.program_id)
    .join(organizer, organizer.c.id == group.c.organizer_id)
    .join(place, place.c.id == enrolment.c.employment_id)
    .join(position, position.c.id == place.c.position_id)
    .join(school, school.c.id == place.c.organization_id)
    .join(territory, territory.c.id == school.c.territory_id)
    .join(municipality, municipality.c.id == school.c.municipality_id)
    .outerjoin(block, block.c.id == enrolment.c.block_id)
    .outerjoin(voucher, voucher.c.id == block.c.voucher_id)
)

#: the удостоверение or диплом in force; at most one is (``uq_certificate_live``)
PAPER = and_(
    paper.c.enrolment_id == enrolment.c.id,
    paper.c.status == CertificateStatus.ISSUED,
    paper.c.kind
    == case(
        (program.c.kind == ProgramKind.ADVANCED, literal(CertificateKind.CERTIFICATE, paper.c.kind.type)),
        else_=literal(CertificateKind.DIPLOMA, paper.c.kind.type),
    ),
)


def subjects() -> Any:
    """Subjects of the place of work, by name."""
    taught, subject = m.employment_subject.alias("taught"), table_of(m.Subject).alias("subject_of")
    names = func.string_agg(subject.c.name, aggregate_order_by(literal(", "), subject.c.name_key))
    return (
        select(names)
        .select_from(taught.join(subject, subject.c.id == taught.c.subject_id))
        .where(taught.c.employment_id == place.c.id)
        .correlate(place)
        .scalar_subquery()
    )


def blank_words() -> Any:
    """Series and number of the blank."""
    return func.nullif(func.concat_ws(" ", blank.c.series, blank.c.number), "")


def basis() -> Any:
    """The order of enrolment, else the протокол of the аттестация."""
    by_order = (
        literal("Приказ № ", String).concat(order.c.number).concat(" от ").concat(written_day(order.c.ordered_on))
    )
    protocol = enrolment.c.protocol_number
    by_protocol = literal("Протокол № ", String).concat(cast(protocol, String))
    return case((order.c.id.is_not(None), by_order), (func.coalesce(protocol, "") != "", by_protocol), else_=None)
