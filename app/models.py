"""All tables of the portal, in business order, with their keys, CHECK constraints and partial unique indexes.

The words are those of the glossary (docs/glossary.md). The classes have no behaviour beyond one-line properties: rules
are in ``rules``, status changes in ``services.portal.transitions``, row scope in ``access``. FAB's own security tables
share this metadata, so one Alembic history owns everything.
"""

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any
from uuid import uuid4

from flask_appbuilder import Model
from sqlalchemy import (
    DDL,
    BigInteger,
    CheckConstraint,
    Column,
    Computed,
    DateTime,
    Enum,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    LargeBinary,
    Numeric,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
    event,
    func,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TSVECTOR, ExcludeConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, column_property, mapped_column, relationship

from app import personal as pd
from app import statuses as st
from app.clock import now
from app.personal import kept, not_given, personal, rows_go, rows_stay, unshown, without
from app.russian import full_name, initials
from app.text.sql import code_sql, key_of

Model.metadata.naming_convention = {
    "pk": "pk_%(table_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
}

# FAB's tables are declared when this module is imported, after the naming convention above is in place.
from flask_appbuilder.security.sqla.models import User  # noqa: E402

Id = Annotated[int, mapped_column(Integer, Identity(), primary_key=True)]
BigId = Annotated[int, mapped_column(BigInteger, Identity(), primary_key=True)]
Code = Annotated[str, mapped_column(String(40))]
Short = Annotated[str, mapped_column(String(120))]
Name = Annotated[str, mapped_column(String(255))]
Long = Annotated[str, mapped_column(String(1000))]
LongText = Annotated[str, mapped_column(Text)]
Money = Annotated[Decimal, mapped_column(Numeric(12, 2))]
Moment = Annotated[dt.datetime, mapped_column(DateTime(timezone=True))]
CreatedAt = Annotated[dt.datetime, mapped_column(DateTime(timezone=True), server_default=func.now(), default=now)]
Words = Annotated[list[str], mapped_column(ARRAY(Text), server_default=text("'{}'"))]
Json = Annotated[dict[str, Any], mapped_column(JSONB, server_default=text("'{}'::jsonb"))]
#: the roles, each with its place, in which a row was made (``actor.Actor.role_marks``): it is its author's while they live
MadeIn = Annotated[
    list[str], mapped_column(ARRAY(Text), server_default=text("'{}'"), default=lambda: places_now[0](), info=kept())
]
#: the same of what somebody is told: whoever tells says in which roles
ToldIn = Annotated[list[str], mapped_column(ARRAY(Text), server_default=text("'{}'"), default=list, info=kept())]
#: who acts is known to ``access``, which puts its function here
places_now: list[Callable[[], list[str]]] = [list]
Flag = Annotated[bool, mapped_column(server_default=text("false"), default=False)]
FlagOn = Annotated[bool, mapped_column(server_default=text("true"), default=True)]


class Base(DeclarativeBase):
    """Typed declarative base on FAB's registry and metadata, so that both families of tables are one."""

    __abstract__ = True
    registry = Model.registry
    metadata = Model.metadata


def coded(enum: type[StrEnum]) -> Enum:
    """Column type of an enumeration: its code as text, guarded by a CHECK."""
    return Enum(
        enum,
        name=enum.__name__.lower(),
        native_enum=False,
        create_constraint=True,
        length=24,
        values_callable=lambda members: [m.value for m in members],
    )


def search_vector(*columns: str) -> Computed:
    """Words of the columns for the search: any case, ё = е, Cyrillic and digits alike."""
    joined = " || ' ' || ".join(f"coalesce({c}, '')" for c in columns)
    return Computed(f"to_tsvector('simple'::regconfig, translate(lower({joined}), 'ё', 'е'))", persisted=True)


def sort_key(*columns: str) -> Computed:
    """Key that sorts Ё beside Е and ignores case (a plain collation puts Ё before А)."""
    joined = " || ' ' || ".join(f"coalesce({c}, '')" for c in columns)
    return Computed(f"translate(lower({joined}), 'ё', 'е')", persisted=True)


def among(column: str, members: frozenset[Any]) -> Any:
    """SQL condition: the status is one of ``members`` (for partial indexes and counts)."""
    return text(f"{column} IN ({', '.join(repr(m.value) for m in sorted(members))})")


# === directories =====================================================================================================

territory_municipality = Table(
    "territory_municipality",
    Base.metadata,
    Column("territory_id", ForeignKey("territory.id", ondelete="CASCADE"), primary_key=True),
    Column("municipality_id", ForeignKey("municipality.id", ondelete="CASCADE"), primary_key=True, index=True),
)


def own_code() -> Any:
    """Return the column of a code by which files and rules of the portal know a row; rows that people add get one by itself."""
    return mapped_column(unique=True, default=lambda: uuid4().hex[:12], info=unshown())


class Territory(Base):
    """Territorial body of the ministry or a city's department of education."""

    __tablename__ = "territory"
    id: Mapped[Id]
    code: Mapped[Code] = own_code()
    name: Mapped[Name]
    name_key: Mapped[str] = mapped_column(Text, key_of("name"), unique=True)
    short_name: Mapped[Short]
    kind: Mapped[st.TerritoryKind] = mapped_column(coded(st.TerritoryKind))
    head_name: Mapped[Name | None]
    address: Mapped[Name | None]
    phone: Mapped[Short | None]
    email: Mapped[Short | None]
    active: Mapped[FlagOn]
    municipalities: Mapped[list["Municipality"]] = relationship(
        secondary=territory_municipality, back_populates="territories", order_by="Municipality.name_key"
    )

    def __str__(self) -> str:
        return self.short_name


class Municipality(Base):
    """City district or municipal district of the region."""

    __tablename__ = "municipality"
    id: Mapped[Id]
    name: Mapped[Name]
    name_key: Mapped[str] = mapped_column(Text, key_of("name"), unique=True)
    kind: Mapped[st.MunicipalityKind] = mapped_column(coded(st.MunicipalityKind))
    oktmo: Mapped[str | None] = mapped_column(String(11), CheckConstraint("oktmo ~ '^([0-9]{8}|[0-9]{11})$'", "oktmo"))
    #: where its centre lies, in degrees: the way to a course is counted from it
    latitude: Mapped[Decimal | None] = mapped_column(
        Numeric(6, 4), CheckConstraint("latitude BETWEEN -90 AND 90", "latitude")
    )
    longitude: Mapped[Decimal | None] = mapped_column(
        Numeric(7, 4), CheckConstraint("longitude BETWEEN -180 AND 180", "longitude")
    )
    territories: Mapped[list[Territory]] = relationship(
        secondary=territory_municipality, back_populates="municipalities", order_by="Territory.name_key"
    )

    def __str__(self) -> str:
        return self.name


class OrganizationType(Base):
    """Type of educational organization (273-ФЗ, ст. 23)."""

    __tablename__ = "organization_type"
    id: Mapped[Id]
    code: Mapped[Code] = own_code()
    name: Mapped[Name]
    name_key: Mapped[str] = mapped_column(Text, key_of("name"), unique=True)
    short_name: Mapped[Short]
    active: Mapped[FlagOn]

    def __str__(self) -> str:
        return self.short_name


class Organization(Base):
    """Educational organization or a unit of one (a school's kindergarten has its own type); some are organizers of courses."""

    __tablename__ = "organization"
    __table_args__ = (
        CheckConstraint("inn ~ '^([0-9]{10}|[0-9]{12})$'", "inn"),
        CheckConstraint("kpp ~ '^[0-9]{4}[0-9A-Z]{2}[0-9]{3}$'", "kpp"),
        CheckConstraint("ogrn ~ '^([0-9]{13}|[0-9]{15})$'", "ogrn"),
        CheckConstraint("parent_id <> id", "own_parent"),
        Index("ix_organization_inn_head", "inn", unique=True, postgresql_where=text("parent_id IS NULL")),
        # namesakes live in different municipalities or under different heads
        Index(
            "uq_organization_name",
            "municipality_id",
            func.coalesce(text("parent_id"), 0),
            "name_key",
            unique=True,
            postgresql_where=text("closed_on IS NULL"),
        ),
        Index("ix_organization_sort", "sort", "id"),
        Index("ix_organization_search", "search", postgresql_using="gin"),
    )
    id: Mapped[Id]
    full_name: Mapped[Long]
    short_name: Mapped[Name]
    type_id: Mapped[int] = mapped_column(ForeignKey("organization_type.id"), index=True)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("organization.id"), index=True)
    territory_id: Mapped[int] = mapped_column(ForeignKey("territory.id"), index=True)
    municipality_id: Mapped[int] = mapped_column(ForeignKey("municipality.id"), index=True)
    ownership: Mapped[st.Ownership] = mapped_column(coded(st.Ownership))
    inn: Mapped[str | None] = mapped_column(String(12))
    kpp: Mapped[str | None] = mapped_column(String(9))
    ogrn: Mapped[str | None] = mapped_column(String(15))
    licence_number: Mapped[Short | None]
    licence_date: Mapped[dt.date | None]
    head_name: Mapped[Name | None]
    head_position: Mapped[Name | None]
    city: Mapped[Short | None]
    address: Mapped[Name | None]
    phone: Mapped[Short | None]
    email: Mapped[Short | None]
    website: Mapped[Name | None]
    is_organizer: Mapped[Flag]
    certificate_mask: Mapped[str] = mapped_column(
        String(60), server_default="{number:04d}/{year}", default="{number:04d}/{year}"
    )
    secretary_name: Mapped[Name | None]
    #: how an organizer numbers its groups, and what share of the hours a listener must attend (empty: as in «Настройки»)
    group_mask: Mapped[str] = mapped_column(String(60), server_default="{code}-{number}", default="{code}-{number}")
    attendance_percent: Mapped[int | None] = mapped_column(
        SmallInteger, CheckConstraint("attendance_percent BETWEEN 0 AND 100", "attendance_percent")
    )
    employer_agreement: Mapped[st.EmployerAgreement] = mapped_column(
        coded(st.EmployerAgreement), server_default="required", default=st.EmployerAgreement.REQUIRED
    )
    closed_on: Mapped[dt.date | None]
    version: Mapped[int] = mapped_column(Integer, server_default=text("1"), default=1)
    updated_at: Mapped[CreatedAt] = mapped_column(onupdate=now)
    name_key: Mapped[str] = mapped_column(Text, key_of("short_name"))
    sort: Mapped[str] = mapped_column(Text, sort_key("short_name"))
    search: Mapped[Any] = mapped_column(TSVECTOR, search_vector("short_name", "full_name", "inn"), deferred=True)

    type: Mapped[OrganizationType] = relationship()
    parent: Mapped["Organization | None"] = relationship(remote_side="Organization.id", back_populates="units")
    units: Mapped[list["Organization"]] = relationship(back_populates="parent", order_by="Organization.sort")
    territory: Mapped[Territory] = relationship()
    municipality: Mapped[Municipality] = relationship()

    __mapper_args__ = {"version_id_col": version}

    def __str__(self) -> str:
        return self.short_name


class Position(Base):
    """Position of decree № 225 of 21.02.2022, with the rights that follow from it."""

    __tablename__ = "position"
    id: Mapped[Id]
    name: Mapped[Name]
    name_key: Mapped[str] = mapped_column(Text, key_of("name"), unique=True)
    kind: Mapped[st.PositionKind] = mapped_column(coded(st.PositionKind))
    voucher_eligible: Mapped[FlagOn]
    subject_required: Mapped[Flag]
    synonyms: Mapped[Words]
    active: Mapped[FlagOn]

    def __str__(self) -> str:
        return self.name


class Subject(Base):
    """School subject or a direction of work."""

    __tablename__ = "subject"
    id: Mapped[Id]
    name: Mapped[Name]
    name_key: Mapped[str] = mapped_column(Text, key_of("name"), unique=True)
    is_direction: Mapped[Flag]
    synonyms: Mapped[Words]
    active: Mapped[FlagOn]

    def __str__(self) -> str:
        return self.name


class EducationLevel(Base):
    """Level of education, mapped to one of the values of ФИС ФРДО."""

    __tablename__ = "education_level"
    id: Mapped[Id]
    code: Mapped[Code] = own_code()
    name: Mapped[Name]
    name_key: Mapped[str] = mapped_column(Text, key_of("name"), unique=True)
    frdo_value: Mapped[Name | None]
    synonyms: Mapped[Words]
    ordering: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"), default=0)

    def __str__(self) -> str:
        return self.name


class AttestationKind(Base):
    """Category or соответствие; ``term_months`` empty = indefinite (приказ № 196 of 24.03.2023)."""

    __tablename__ = "attestation_kind"
    id: Mapped[Id]
    code: Mapped[Code] = own_code()
    name: Mapped[Name]
    name_key: Mapped[str] = mapped_column(Text, key_of("name"), unique=True)
    is_category: Mapped[FlagOn]
    term_months: Mapped[int | None] = mapped_column(CheckConstraint("term_months > 0", "term"))
    since: Mapped[dt.date | None]
    until: Mapped[dt.date | None]

    def __str__(self) -> str:
        return self.name


class WorkdayCorrection(Base):
    """The operator's correction of the working-day calendar."""

    __tablename__ = "workday_correction"
    id: Mapped[Id]
    day: Mapped[dt.date] = mapped_column(unique=True)
    is_working: Mapped[Flag]
    reason: Mapped[Name]

    def __str__(self) -> str:
        return f"{self.day:%d.%m.%Y}"


class FrdoReference(Base):
    """Allowed value of a list of the ФИС ФРДО template."""

    __tablename__ = "frdo_reference"
    __table_args__ = (UniqueConstraint("list_code", "value"),)
    id: Mapped[Id]
    list_code: Mapped[Code]
    value: Mapped[Name]
    ordering: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"), default=0)
    active: Mapped[FlagOn]

    def __str__(self) -> str:
        return self.value


class RefusalReason(Base):
    """Typical reason of a refusal, by what is refused."""

    __tablename__ = "refusal_reason"
    id: Mapped[Id]
    code: Mapped[Code] = own_code()
    subject: Mapped[Code]
    text: Mapped[Long]

    def __str__(self) -> str:
        return self.text


class Setting(Base):
    """A value that the operator may change without a programmer."""

    __tablename__ = "setting"
    key: Mapped[str] = mapped_column(String(60), primary_key=True)
    title: Mapped[Name]
    value: Mapped[LongText]

    def __str__(self) -> str:
        return self.title


class VoucherRule(Base):
    """Version of the rule by which чеки are issued; versions never overlap."""

    __tablename__ = "voucher_rule"
    __table_args__ = (
        CheckConstraint("valid_to IS NULL OR valid_to >= valid_from", "dates"),
        CheckConstraint("period_months > 0 AND validity_months > 0 AND decision_days > 0", "terms"),
        ExcludeConstraint(
            (text("daterange(valid_from, valid_to, '[]')"), "&&"), name="ex_voucher_rule_overlap", using="gist"
        ),
    )
    id: Mapped[Id]
    title: Mapped[Name]
    title_key: Mapped[str] = mapped_column(Text, key_of("title"), unique=True)
    valid_from: Mapped[dt.date]
    valid_to: Mapped[dt.date | None]
    period_months: Mapped[int] = mapped_column(server_default=text("36"), default=36)
    validity_months: Mapped[int] = mapped_column(server_default=text("36"), default=36)
    decision_days: Mapped[int] = mapped_column(server_default=text("5"), default=5)
    requires_confirmed_workplace: Mapped[FlagOn]
    eligible_position_kinds: Mapped[Words]
    eligible_ownerships: Mapped[Words]
    blocks: Mapped[list["VoucherRuleBlock"]] = relationship(
        back_populates="rule", order_by="VoucherRuleBlock.ordering", cascade="all, delete-orphan"
    )

    def __str__(self) -> str:
        return self.title


class VoucherRuleBlock(Base):
    """Block of a voucher rule: which programs it pays for, by kind and hours."""

    __tablename__ = "voucher_rule_block"
    __table_args__ = (
        UniqueConstraint("rule_id", "code"),
        CheckConstraint("0 < hours_min AND hours_min <= hours_max", "hours"),
    )
    id: Mapped[Id]
    rule_id: Mapped[int] = mapped_column(ForeignKey("voucher_rule.id", ondelete="CASCADE"), index=True)
    code: Mapped[Code] = mapped_column(info=unshown())
    title: Mapped[Name]
    kind: Mapped[st.BlockKind] = mapped_column(coded(st.BlockKind))
    hours_min: Mapped[int]
    hours_max: Mapped[int]
    required: Mapped[Flag]
    ordering: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"), default=0)
    rule: Mapped[VoucherRule] = relationship(back_populates="blocks")

    def __str__(self) -> str:
        return self.title


organizer_rule_organization_type = Table(
    "organizer_rule_organization_type",
    Base.metadata,
    Column("organizer_rule_id", ForeignKey("organizer_rule.id", ondelete="CASCADE"), primary_key=True),
    Column("organization_type_id", ForeignKey("organization_type.id"), primary_key=True, index=True),
)


class OrganizerRule(Base):
    """A law that lets only some organizers run programs of some kinds, from a day on; rules in force at once all apply."""

    __tablename__ = "organizer_rule"
    __table_args__ = (CheckConstraint("valid_to IS NULL OR valid_to >= valid_from", "dates"),)
    id: Mapped[Id]
    code: Mapped[Code] = own_code()
    title: Mapped[Name]
    basis: Mapped[Long]
    valid_from: Mapped[dt.date]
    valid_to: Mapped[dt.date | None]
    program_kinds: Mapped[Words]
    #: for whom the programs are that the rule is about; nothing named: for everybody
    position_kinds: Mapped[Words]
    organization_types: Mapped[list[OrganizationType]] = relationship(
        secondary=organizer_rule_organization_type, order_by=OrganizationType.name_key
    )
    #: whose organizers may
    ownerships: Mapped[Words]

    def __str__(self) -> str:
        return self.title


class OrganizerException(Base):
    """An organizer of the closed list of a rule: it may run the programs whatever its ownership, on the ground that is stored."""

    __tablename__ = "organizer_exception"
    __table_args__ = (
        UniqueConstraint("rule_id", "organization_id", "valid_from"),
        CheckConstraint("valid_to IS NULL OR valid_to >= valid_from", "dates"),
    )
    id: Mapped[Id]
    rule_id: Mapped[int] = mapped_column(ForeignKey("organizer_rule.id"))
    organization_id: Mapped[int] = mapped_column(ForeignKey("organization.id"), index=True)
    ground: Mapped[Long]
    valid_from: Mapped[dt.date]
    valid_to: Mapped[dt.date | None]
    rule: Mapped[OrganizerRule] = relationship()
    organization: Mapped[Organization] = relationship()

    def __str__(self) -> str:
        return str(self.organization)


# === people ==========================================================================================================


class Employee(Base):
    """Education worker, unique by СНИЛС (eleven digits)."""

    __tablename__ = "employee"
    __table_args__ = (
        CheckConstraint("snils ~ '^[0-9]{11}$'", "snils"),
        CheckConstraint("birth_date BETWEEN DATE '1900-01-01' AND DATE '2100-01-01'", "birth_date"),
        CheckConstraint("phone ~ '^[+]7[0-9]{10}$'", "phone"),
        CheckConstraint("citizenship ~ '^[0-9]{3}$'", "citizenship"),
        Index("ix_employee_sort", "sort", "id"),
        Index("ix_employee_search", "search", postgresql_using="gin"),
        Index("ix_employee_sort_trgm", "sort", postgresql_using="gin", postgresql_ops={"sort": "gin_trgm_ops"}),
        Index("ix_employee_sort_birth_date", "sort", "birth_date"),
        Index("ix_employee_confirmed", text("coalesce(confirmed_actual_at, created_at)")),
        {"info": rows_stay("Карточка без имени", pd.MONEY, "id", export=without("anonymized_at"))},
    )
    id: Mapped[Id]
    snils: Mapped[str | None] = mapped_column(
        String(11), unique=True, info=personal("empty", merge=True, propose=True, mask="snils")
    )
    last_name: Mapped[str] = mapped_column(String(100), info=personal("replace", merge=True, propose=True))
    first_name: Mapped[str] = mapped_column(String(100), info=personal("replace", merge=True, propose=True))
    patronymic: Mapped[str | None] = mapped_column(String(100), info=personal("empty", merge=True, propose=True))
    birth_date: Mapped[dt.date | None] = mapped_column(info=personal("empty", merge=True, propose=True))
    sex: Mapped[st.Sex | None] = mapped_column(coded(st.Sex), info=personal("empty", merge=True, propose=True))
    citizenship: Mapped[str] = mapped_column(
        String(3), server_default="643", default="643", info=personal("empty", merge=True)
    )
    email: Mapped[Short | None] = mapped_column(info=personal("empty", merge=True, propose=True))
    phone: Mapped[str | None] = mapped_column(String(12), info=personal("empty", merge=True, propose=True))
    #: declined by hand where the portal's rules of declension are wrong
    name_genitive: Mapped[Name | None] = mapped_column(info=personal("empty", merge=True))
    name_dative: Mapped[Name | None] = mapped_column(info=personal("empty", merge=True))
    name_accusative: Mapped[Name | None] = mapped_column(info=personal("empty", merge=True))
    teaching_since: Mapped[dt.date | None] = mapped_column(info=personal("empty", merge=True, propose=True))
    working_since: Mapped[dt.date | None] = mapped_column(info=personal("empty", merge=True, propose=True))
    degree: Mapped[Name | None] = mapped_column(info=personal("empty", merge=True, propose=True))
    awards: Mapped[LongText | None] = mapped_column(info=personal("empty", merge=True, propose=True))
    confirmed_actual_at: Mapped[Moment | None] = mapped_column(info=personal("empty"))
    anonymized_at: Mapped[Moment | None] = mapped_column(info=kept())
    version: Mapped[int] = mapped_column(Integer, server_default=text("1"), default=1, info=kept())
    created_at: Mapped[CreatedAt] = mapped_column(info=kept())
    updated_at: Mapped[CreatedAt] = mapped_column(onupdate=now, info=kept())
    sort: Mapped[str] = mapped_column(Text, sort_key("last_name", "first_name", "patronymic"))
    search: Mapped[Any] = mapped_column(
        TSVECTOR, search_vector("last_name", "first_name", "patronymic", "snils"), deferred=True
    )

    employments: Mapped[list["Employment"]] = relationship(
        back_populates="employee", order_by="Employment.ended_on.desc().nulls_first(), Employment.started_on.desc()"
    )
    qualifications: Mapped[list["Qualification"]] = relationship(back_populates="employee")
    attestations: Mapped[list["Attestation"]] = relationship(back_populates="employee")
    former_names: Mapped[list["FormerName"]] = relationship(back_populates="employee")
    trainings: Mapped[list["Training"]] = relationship(back_populates="employee")
    vouchers: Mapped[list["Voucher"]] = relationship(back_populates="employee")
    enrolments: Mapped[list["Enrolment"]] = relationship(back_populates="employee")

    __mapper_args__ = {"version_id_col": version}

    @property
    def full_name(self) -> str:
        """Фамилия Имя Отчество."""
        return full_name(self.last_name, self.first_name, self.patronymic)

    @property
    def short_name(self) -> str:
        """Фамилия И. О."""
        return initials(self.last_name, self.first_name, self.patronymic)

    def __str__(self) -> str:
        return self.full_name


#: words of a former surname, as the search of people compares them
FORMER_WORDS = "to_tsvector('simple'::regconfig, translate(lower(last_name), 'ё', 'е'))"


class FormerName(Base):
    """A surname the person had before; diplomas may carry it."""

    __tablename__ = "former_name"
    __table_args__ = (
        Index("ix_former_name_words", text(FORMER_WORDS), postgresql_using="gin"),
        {"info": rows_go("Прежние фамилии")},
    )
    id: Mapped[Id]
    employee_id: Mapped[int] = mapped_column(ForeignKey("employee.id"), index=True)
    last_name: Mapped[str] = mapped_column(String(100))
    until: Mapped[dt.date | None]
    reason: Mapped[Name | None]
    employee: Mapped[Employee] = relationship(back_populates="former_names")

    def __str__(self) -> str:
        return self.last_name


employment_subject = Table(
    "employment_subject",
    Base.metadata,
    Column("employment_id", ForeignKey("employment.id", ondelete="CASCADE"), primary_key=True),
    Column(
        "subject_id",
        ForeignKey("subject.id"),
        primary_key=True,
        index=True,
        info=personal("keep", why=pd.MONEY, propose=True),
    ),
)


class Employment(Base):
    """Place of work: employee × organization × position × subjects; one main at a time."""

    __tablename__ = "employment"
    __table_args__ = (
        CheckConstraint("ended_on IS NULL OR ended_on >= started_on", "dates"),
        ExcludeConstraint(
            ("employee_id", "="),
            (text("daterange(started_on, ended_on, '[]')"), "&&"),
            name="ex_employment_one_main",
            where=text("kind = 'main'"),
            using="gist",
        ),
        UniqueConstraint("id", "employee_id"),
        # who works where is asked by every list of a territory: the indexes answer it alone
        Index(
            "ix_employment_organization",
            "organization_id",
            "employee_id",
            postgresql_include=["started_on", "ended_on"],
        ),
        Index(
            "ix_employment_employee_id",
            "employee_id",
            postgresql_include=["organization_id", "started_on", "ended_on"],
        ),
        Index("ix_employment_waiting", "changed_at", "id", postgresql_where=text("status = 'unconfirmed'")),
        {"info": rows_stay("Места работы, на которые ссылаются записи и заявки", pd.MONEY)},
    )
    id: Mapped[Id]
    employee_id: Mapped[int] = mapped_column(ForeignKey("employee.id"))
    organization_id: Mapped[int] = mapped_column(ForeignKey("organization.id"))
    position_id: Mapped[int] = mapped_column(
        ForeignKey("position.id"), index=True, info=personal("keep", why=pd.MONEY, propose=True)
    )
    kind: Mapped[st.EmploymentKind] = mapped_column(
        coded(st.EmploymentKind), server_default="main", default=st.EmploymentKind.MAIN
    )
    activity: Mapped[Short | None] = mapped_column(info=personal("empty"))
    #: the first working day; where nobody has told it, the day since which the portal counts the place
    started_on: Mapped[dt.date]
    start_known: Mapped[FlagOn]
    position_since: Mapped[dt.date | None] = mapped_column(info=personal("keep", why=pd.MONEY, propose=True))
    ended_on: Mapped[dt.date | None]
    status: Mapped[st.ConfirmationStatus] = mapped_column(
        coded(st.ConfirmationStatus), server_default="unconfirmed", default=st.ConfirmationStatus.UNCONFIRMED
    )
    created_at: Mapped[CreatedAt]
    #: since when the status stands: the term of the confirmation is counted from it
    changed_at: Mapped[CreatedAt]
    employee: Mapped[Employee] = relationship(back_populates="employments")
    organization: Mapped[Organization] = relationship()
    position: Mapped[Position] = relationship()
    subjects: Mapped[list[Subject]] = relationship(secondary=employment_subject, order_by=Subject.name_key)

    @property
    def begun_on(self) -> dt.date | None:
        """The first working day, None where nobody has told it."""
        return self.started_on if self.start_known else None

    def __str__(self) -> str:
        return f"{self.position}, {self.organization}"


class Qualification(Base):
    """Diploma of education or of retraining."""

    __tablename__ = "qualification"
    __table_args__ = (
        CheckConstraint("year BETWEEN 1940 AND 2100", "year"),
        {"info": rows_go("Документы об образовании")},
    )
    id: Mapped[Id]
    employee_id: Mapped[int] = mapped_column(ForeignKey("employee.id"), index=True)
    level_id: Mapped[int] = mapped_column(ForeignKey("education_level.id"), index=True)
    institution: Mapped[Name | None]
    speciality: Mapped[Name | None]
    qualification_name: Mapped[Name | None]
    series: Mapped[str | None] = mapped_column(String(20))
    number: Mapped[str | None] = mapped_column(String(30))
    year: Mapped[int | None] = mapped_column(SmallInteger)
    last_name: Mapped[str | None] = mapped_column(String(100))
    is_pedagogical: Mapped[FlagOn]
    is_main: Mapped[FlagOn]
    employee: Mapped[Employee] = relationship(back_populates="qualifications")
    level: Mapped[EducationLevel] = relationship()

    def __str__(self) -> str:
        return f"{self.level}, {self.institution or 'учебное заведение не указано'}"


class Attestation(Base):
    """Category or соответствие of a person; ``valid_until`` empty = indefinite."""

    __tablename__ = "attestation"
    __table_args__ = (
        CheckConstraint("valid_until IS NULL OR valid_until >= valid_from", "dates"),
        Index("ix_attestation_valid_until", "valid_until"),
        {"info": rows_go("Сведения об аттестации")},
    )
    id: Mapped[Id]
    employee_id: Mapped[int] = mapped_column(ForeignKey("employee.id"), index=True)
    kind_id: Mapped[int] = mapped_column(ForeignKey("attestation_kind.id"), index=True)
    position_id: Mapped[int | None] = mapped_column(ForeignKey("position.id"))
    subject_id: Mapped[int | None] = mapped_column(ForeignKey("subject.id"))
    decision_date: Mapped[dt.date | None]
    order_number: Mapped[Short | None]
    order_date: Mapped[dt.date | None]
    valid_from: Mapped[dt.date]
    valid_until: Mapped[dt.date | None]
    employee: Mapped[Employee] = relationship(back_populates="attestations")
    kind: Mapped[AttestationKind] = relationship()
    position: Mapped[Position | None] = relationship()
    subject: Mapped[Subject | None] = relationship()

    def __str__(self) -> str:
        return str(self.kind)


class Training(Base):
    """Training outside the portal or before it (from 2010), entered by hand or by import; history, never a document issued.

    ``submitted_at``: since when it can be decided, its scan being there; ``entered_by``: who wrote its facts last.
    """

    __tablename__ = "training"
    __table_args__ = (
        CheckConstraint("hours BETWEEN 1 AND 5000", "hours"),
        CheckConstraint("ended_on >= started_on", "dates"),
        Index("ix_training_waiting", "submitted_at", "id", postgresql_where=text("status = 'pending'")),
        {"info": rows_go("Обучение вне портала")},
    )
    id: Mapped[Id]
    employee_id: Mapped[int] = mapped_column(ForeignKey("employee.id"), index=True)
    title: Mapped[Name]
    institution: Mapped[Name]
    city: Mapped[Short | None]
    hours: Mapped[int]
    started_on: Mapped[dt.date | None]
    ended_on: Mapped[dt.date]
    document_number: Mapped[Short | None]
    issued_on: Mapped[dt.date | None]
    kind: Mapped[st.ProgramKind] = mapped_column(
        coded(st.ProgramKind), server_default="advanced", default=st.ProgramKind.ADVANCED
    )
    document_kind: Mapped[st.PastDocument | None] = mapped_column(coded(st.PastDocument))
    source: Mapped[st.TrainingSource] = mapped_column(
        coded(st.TrainingSource), server_default="staff", default=st.TrainingSource.STAFF
    )
    status: Mapped[st.TrainingStatus] = mapped_column(
        coded(st.TrainingStatus), server_default="pending", default=st.TrainingStatus.PENDING
    )
    reason_text: Mapped[Long | None]
    scan_id: Mapped[int | None] = mapped_column(ForeignKey("stored_file.id"), index=True)
    entered_by_id: Mapped[int | None] = mapped_column(ForeignKey("ab_user.id"))
    created_at: Mapped[CreatedAt]
    submitted_at: Mapped[Moment | None]
    decided_at: Mapped[Moment | None]
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("ab_user.id"))
    employee: Mapped[Employee] = relationship(back_populates="trainings")
    scan: Mapped["StoredFile | None"] = relationship()

    def __str__(self) -> str:
        return self.title


# === accounts, roles, consent ========================================================================================


class Account(User):
    """User of the portal: FAB's user with what the portal adds; the columns live in ``ab_user``."""

    patronymic: Mapped[str | None] = mapped_column(String(64), info=personal("empty"))
    employee_id: Mapped[int | None] = mapped_column(ForeignKey("employee.id"), unique=True)
    locked_until: Mapped[Moment | None] = mapped_column(info=personal("empty"))
    must_change_password: Mapped[Flag] = mapped_column(info=kept())
    #: made by a school: before anything else the person is asked for the consent to the processing of the data
    must_consent: Mapped[Flag] = mapped_column(info=kept())
    #: a one-time password opens nothing after that
    one_time_until: Mapped[Moment | None] = mapped_column(info=personal("empty"))
    session_epoch: Mapped[int] = mapped_column(
        server_default=text("1"), default=1, info=personal("keep", why=pd.TECHNICAL, secret=True)
    )
    #: secret of the one-time codes (TOTP), encrypted; in force since ``totp_since``; ``totp_step``: the last one used
    totp_secret: Mapped[Name | None] = mapped_column(info=personal("empty", secret=True))
    totp_since: Mapped[Moment | None] = mapped_column(info=personal("empty"))
    totp_step: Mapped[int | None] = mapped_column(BigInteger, info=personal("empty", secret=True))
    #: secret part of the address of the own courses' calendar feed
    calendar_token: Mapped[str | None] = mapped_column(String(64), unique=True, info=personal("empty", secret=True))
    employee: Mapped[Employee | None] = relationship()
    assignments: Mapped[list["Assignment"]] = relationship(
        back_populates="user", foreign_keys="Assignment.user_id", order_by="Assignment.id"
    )

    @property
    def full_name(self) -> str:
        """Фамилия Имя Отчество."""
        return full_name(self.last_name, self.first_name, self.patronymic)

    def __str__(self) -> str:
        return self.full_name


#: the framework demands an e-mail of everybody; a person without one gets the first password on paper (order § 2.6)
Account.__table__.c.email.nullable = True
Account.__table__.info |= rows_stay(
    "Учётная запись", pd.ACCOUNT, "id", "employee_id", export=without("must_change_password", "must_consent")
)
#: columns that the framework declares
for _name, _mark in {
    "first_name": personal("replace"),
    "last_name": personal("replace"),
    "username": personal("replace"),
    "password": personal("empty", secret=True),
    "email": personal("empty"),
    "active": kept(),
    "last_login": personal("empty"),
    "login_count": personal("empty"),
    "fail_login_count": personal("empty"),
    "created_on": kept(),
    "changed_on": kept(),
}.items():
    Account.__table__.c[_name].info |= _mark


class Assignment(Base):
    """Role of a user on an organization or a territory, for a time, on the ground of a document (order § 2.4)."""

    __tablename__ = "assignment"
    __table_args__ = (
        CheckConstraint("valid_to IS NULL OR valid_to >= valid_from", "dates"),
        CheckConstraint(
            "CASE WHEN role IN ('school', 'organizer') THEN organization_id IS NOT NULL AND territory_id IS NULL"
            " WHEN role = 'territory' THEN territory_id IS NOT NULL AND organization_id IS NULL"
            " ELSE organization_id IS NULL AND territory_id IS NULL END",
            "place",
        ),
        Index(
            "uq_assignment_live",
            "user_id",
            "role",
            func.coalesce(text("organization_id"), 0),
            func.coalesce(text("territory_id"), 0),
            unique=True,
            postgresql_where=text("valid_to IS NULL"),
        ),
        {"info": rows_stay("Роли в портале (закончены)", pd.ACCOUNT)},
    )
    id: Mapped[Id]
    user_id: Mapped[int] = mapped_column(ForeignKey("ab_user.id"), index=True)
    role: Mapped[str] = mapped_column(
        String(20),
        CheckConstraint(
            "role IN ('worker', 'school', 'organizer', 'territory', 'ministry', 'operator', 'observer', 'admin')",
            "role",
        ),
        info=kept(),
    )
    organization_id: Mapped[int | None] = mapped_column(ForeignKey("organization.id"), index=True)
    territory_id: Mapped[int | None] = mapped_column(ForeignKey("territory.id"), index=True)
    basis: Mapped[Name | None] = mapped_column(info=personal("empty"))
    valid_from: Mapped[dt.date]
    valid_to: Mapped[dt.date | None]
    user: Mapped[Account] = relationship(back_populates="assignments", foreign_keys="Assignment.user_id")
    organization: Mapped[Organization | None] = relationship()
    territory: Mapped[Territory | None] = relationship()

    def __str__(self) -> str:
        return f"назначение № {self.id}"


class StoredFile(Base):
    """A file kept outside the web root; ``path`` is relative to the instance's files folder."""

    __tablename__ = "stored_file"
    __table_args__ = (
        CheckConstraint("size >= 0", "size"),
        Index("ix_stored_file_object", "object_table", "object_id"),
        {
            "info": rows_stay(
                "Файлы дел: они удаляются вместе с делом", pd.TECHNICAL, export=without("sha256", "path", "object_id")
            )
        },
    )
    id: Mapped[Id]
    name: Mapped[Name] = mapped_column(info=personal("mentions"))
    content_type: Mapped[Short] = mapped_column(info=kept())
    size: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str] = mapped_column(String(64), info=kept())
    path: Mapped[Name] = mapped_column(unique=True, info=kept())
    object_table: Mapped[Code] = mapped_column(info=kept())
    object_id: Mapped[int | None]
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("ab_user.id"), index=True)
    made_in: Mapped[MadeIn]
    created_at: Mapped[CreatedAt]
    expires_at: Mapped[Moment | None]


class PasswordHistory(Base):
    """Hashes of former passwords, so that the last ones are not taken again."""

    __tablename__ = "password_history"
    __table_args__ = {"info": rows_go("Прежние пароли (отпечатки)", export=not_given(pd.SIGN_IN))}
    id: Mapped[Id]
    user_id: Mapped[int] = mapped_column(ForeignKey("ab_user.id", ondelete="CASCADE"), index=True)
    password_hash: Mapped[str] = mapped_column(String(256))
    created_at: Mapped[CreatedAt]


class WebSession(Base):
    """A signed-in browser; only the hash of its secret is stored, so that a session ends here for every copy of its cookie."""

    __tablename__ = "web_session"
    __table_args__ = {"info": rows_go("Сеансы входа", export=without("sha256"))}
    id: Mapped[Id]
    user_id: Mapped[int] = mapped_column(ForeignKey("ab_user.id", ondelete="CASCADE"), index=True)
    sha256: Mapped[str] = mapped_column(String(64), unique=True)
    started_at: Mapped[CreatedAt]
    ends_at: Mapped[Moment] = mapped_column(index=True)
    #: through whose eyes this browser looks now («Смотреть как …»)
    viewed_id: Mapped[int | None] = mapped_column(ForeignKey("ab_user.id", ondelete="CASCADE"))


class SignInFailure(Base):
    """Failures of signing in with a login, whether there is such an account or not, from one address or known device."""

    __tablename__ = "sign_in_failure"
    __table_args__ = (CheckConstraint("failures >= 0 AND closings >= 0", "counts"),)
    #: SHA-256 of the login in small letters: what was typed may be a password, so it is not kept
    login: Mapped[str] = mapped_column(String(64), primary_key=True)
    source: Mapped[str] = mapped_column(String(80), primary_key=True)
    #: one after another, since the last success or closing
    failures: Mapped[int] = mapped_column(server_default=text("0"), default=0)
    #: how often the entrance has been closed: each time for longer
    closings: Mapped[int] = mapped_column(server_default=text("0"), default=0)
    closed_until: Mapped[Moment | None]
    seen_at: Mapped[CreatedAt] = mapped_column(index=True)


class RecoveryCode(Base):
    """Code that replaces the second factor once; only its hash is kept."""

    __tablename__ = "recovery_code"
    __table_args__ = {"info": rows_go("Коды восстановления", export=not_given(pd.SIGN_IN))}
    id: Mapped[Id]
    user_id: Mapped[int] = mapped_column(ForeignKey("ab_user.id", ondelete="CASCADE"), index=True)
    sha256: Mapped[str] = mapped_column(String(64))
    used_at: Mapped[Moment | None]


registration_subject = Table(
    "registration_subject",
    Base.metadata,
    Column("registration_id", ForeignKey("registration.id", ondelete="CASCADE"), primary_key=True),
    Column("subject_id", ForeignKey("subject.id"), primary_key=True, index=True),
)


class Registration(Base):
    """Self-registration that the operator checks within 5 working days (order § 2.2–2.7)."""

    __tablename__ = "registration"
    __table_args__ = (
        Index(
            "uq_registration_pending", "snils", unique=True, postgresql_where=text("status IN ('pending', 'returned')")
        ),
        Index("ix_registration_due", "status", "due_on", "id"),
        Index("ix_registration_words", "words", postgresql_using="gin"),
        {"info": rows_go("Заявки на регистрацию", export=without("password_hash", "consents"))},
    )
    id: Mapped[Id]
    last_name: Mapped[str] = mapped_column(String(100))
    first_name: Mapped[str] = mapped_column(String(100))
    patronymic: Mapped[str | None] = mapped_column(String(100))
    birth_date: Mapped[dt.date]
    snils: Mapped[str] = mapped_column(String(11), info=personal("keep", why="строка удаляется вся", mask="snils"))
    email: Mapped[Short]
    phone: Mapped[str | None] = mapped_column(String(12))
    organization_id: Mapped[int] = mapped_column(ForeignKey("organization.id"), index=True)
    position_id: Mapped[int] = mapped_column(ForeignKey("position.id"))
    #: kept until the account is made from it
    password_hash: Mapped[str | None] = mapped_column(String(256))
    #: given consents as {"text_id", "given_at", "address"}; they become rows once there is a card
    consents: Mapped[list[Any]] = mapped_column(JSONB, server_default=text("'[]'::jsonb"))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("ab_user.id"), index=True)
    employee_id: Mapped[int | None] = mapped_column(ForeignKey("employee.id"))
    email_confirmed_at: Mapped[Moment | None]
    status: Mapped[st.RegistrationStatus] = mapped_column(
        coded(st.RegistrationStatus), server_default="email", default=st.RegistrationStatus.EMAIL
    )
    due_on: Mapped[dt.date | None]
    reason_text: Mapped[Long | None]
    created_at: Mapped[CreatedAt]
    decided_at: Mapped[Moment | None]
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("ab_user.id"))
    #: for the queue; the list of registrations is searched by the beginnings of its columns, the e-mail among them
    words: Mapped[Any] = mapped_column(
        TSVECTOR, search_vector("last_name", "first_name", "patronymic", "snils"), deferred=True
    )
    organization: Mapped[Organization] = relationship()
    position: Mapped[Position] = relationship()
    subjects: Mapped[list[Subject]] = relationship(secondary=registration_subject, order_by=Subject.name_key)

    @property
    def full_name(self) -> str:
        """Фамилия Имя Отчество."""
        return full_name(self.last_name, self.first_name, self.patronymic)

    def __str__(self) -> str:
        return self.full_name


class OneTimeLink(Base):
    """Link sent by letter: only the hash of its secret is kept; it works once and until a moment."""

    __tablename__ = "one_time_link"
    __table_args__ = {"info": rows_go("Одноразовые ссылки", "user_id", export=not_given(pd.SIGN_IN))}
    id: Mapped[Id]
    purpose: Mapped[Code]
    sha256: Mapped[str] = mapped_column(String(64), unique=True)
    registration_id: Mapped[int | None] = mapped_column(ForeignKey("registration.id", ondelete="CASCADE"), index=True)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("ab_user.id", ondelete="CASCADE"), index=True)
    expires_at: Mapped[Moment]
    used_at: Mapped[Moment | None]
    created_at: Mapped[CreatedAt]


class AccessRequest(Base):
    """Request for a role on the ground of an organization's order (order § 2.4)."""

    __tablename__ = "access_request"
    __table_args__ = (
        Index(
            "uq_access_request_live",
            "user_id",
            "role",
            func.coalesce(text("organization_id"), 0),
            func.coalesce(text("territory_id"), 0),
            unique=True,
            postgresql_where=text("status = 'submitted'"),
        ),
        Index("ix_access_request_due", "status", "due_on", "id"),
        {"info": rows_stay("Заявки на доступ", pd.ACCOUNT, export=without("assignment_id"))},
    )
    id: Mapped[Id]
    user_id: Mapped[int] = mapped_column(ForeignKey("ab_user.id"), index=True)
    role: Mapped[str] = mapped_column(String(20), info=kept())
    organization_id: Mapped[int | None] = mapped_column(ForeignKey("organization.id"), index=True)
    territory_id: Mapped[int | None] = mapped_column(ForeignKey("territory.id"))
    #: the administrator who proposes the role to another; None: the person asks
    proposed_by_id: Mapped[int | None] = mapped_column(ForeignKey("ab_user.id"))
    document_id: Mapped[int | None] = mapped_column(ForeignKey("stored_file.id"))
    document_details: Mapped[Name | None] = mapped_column(info=personal("empty"))
    valid_from: Mapped[dt.date | None]
    valid_to: Mapped[dt.date | None]
    status: Mapped[st.AccessRequestStatus] = mapped_column(
        coded(st.AccessRequestStatus), server_default="submitted", default=st.AccessRequestStatus.SUBMITTED
    )
    due_on: Mapped[dt.date | None]
    reason_text: Mapped[Long | None] = mapped_column(info=personal("empty"))
    assignment_id: Mapped[int | None] = mapped_column(ForeignKey("assignment.id"))
    created_at: Mapped[CreatedAt]
    decided_at: Mapped[Moment | None]
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("ab_user.id"))
    user: Mapped[Account] = relationship(foreign_keys=[user_id])
    proposed_by: Mapped[Account | None] = relationship(foreign_keys=[proposed_by_id])
    organization: Mapped[Organization | None] = relationship()
    territory: Mapped[Territory | None] = relationship()
    document: Mapped[StoredFile | None] = relationship()

    def __str__(self) -> str:
        return f"заявка на доступ № {self.id}"


class ConsentText(Base):
    """Version of a consent's text, one purpose each (152-ФЗ, ст. 9)."""

    __tablename__ = "consent_text"
    __table_args__ = (UniqueConstraint("purpose", "number"),)
    id: Mapped[Id]
    purpose: Mapped[Code]
    number: Mapped[int]
    title: Mapped[Name]
    #: what it is about, a line each; the person agrees to the body
    summary: Mapped[str | None] = mapped_column(Text)
    body: Mapped[LongText]
    required: Mapped[Flag]
    sha256: Mapped[str] = mapped_column(String(64))
    valid_from: Mapped[dt.date]

    def __str__(self) -> str:
        return f"{self.title}, версия {self.number}"


class Consent(Base):
    """A person's consent: which text, when, how; ``withdrawn_at`` ends it."""

    __tablename__ = "consent"
    __table_args__ = (
        Index("uq_consent_live", "employee_id", "text_id", unique=True, postgresql_where=text("withdrawn_at IS NULL")),
        {"info": rows_stay("Отметки о согласиях", pd.PROOF)},
    )
    id: Mapped[Id]
    employee_id: Mapped[int] = mapped_column(ForeignKey("employee.id"), index=True)
    text_id: Mapped[int] = mapped_column(ForeignKey("consent_text.id"))
    given_at: Mapped[Moment]
    given_how: Mapped[Code] = mapped_column(info=kept(pd.PROOF))
    address: Mapped[Short | None] = mapped_column(info=kept(pd.PROOF))
    scan_id: Mapped[int | None] = mapped_column(ForeignKey("stored_file.id"))
    withdrawn_at: Mapped[Moment | None]
    employee: Mapped[Employee] = relationship()
    text: Mapped[ConsentText] = relationship()


class ConsentWithdrawal(Base):
    """Task of the operator after a required consent was withdrawn: 30 days (152-ФЗ, ст. 21); ``report``: what was kept."""

    __tablename__ = "consent_withdrawal"
    __table_args__ = (
        Index("uq_consent_withdrawal_open", "employee_id", unique=True, postgresql_where=text("status = 'open'")),
        Index("ix_consent_withdrawal_due", "status", "due_on", "id"),
        {"info": rows_stay("Отзывы согласия", pd.PROOF)},
    )
    id: Mapped[Id]
    employee_id: Mapped[int] = mapped_column(ForeignKey("employee.id"))
    person_name: Mapped[Name] = mapped_column(info=personal("replace"))
    status: Mapped[st.WithdrawalStatus] = mapped_column(
        coded(st.WithdrawalStatus), server_default="open", default=st.WithdrawalStatus.OPEN
    )
    due_on: Mapped[dt.date]
    report: Mapped[Json] = mapped_column(info=kept(pd.PROOF))
    created_at: Mapped[CreatedAt]
    decided_at: Mapped[Moment | None]
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("ab_user.id"))
    employee: Mapped[Employee] = relationship()

    def __str__(self) -> str:
        return f"отзыв согласия № {self.id}"


# === changes of staff data ===========================================================================================


class ChangeRequest(Base):
    """Correction that a person proposes for the person's card; ``changes``: field → [was, becomes] (order § 2.8).

    A row of a directory stands there by its id, a list of them by the list of ids. About a place of work, ``organization``
    stands there too, as it was and stays: that organization decides, and only while the place is still there.
    ``subject_table``, ``subject_id``: the card itself, a place of work, or a diploma or an attestation (without an id: a new
    one); ``accepted``: the fields that were written, None until the decision.
    """

    __tablename__ = "change_request"
    __table_args__ = (
        # one waits for each record of a card; without an id: for the card itself, or for a new record of its kind
        Index(
            "uq_change_request_live",
            "employee_id",
            "subject_table",
            "subject_id",
            unique=True,
            postgresql_nulls_not_distinct=True,
            postgresql_where=text("status = 'proposed'"),
        ),
        Index("ix_change_request_due", "status", "due_on", "id"),
        {"info": rows_go("Исправления карточки", export=without("subject_id"))},
    )
    id: Mapped[Id]
    employee_id: Mapped[int] = mapped_column(ForeignKey("employee.id"), index=True)
    subject_table: Mapped[Code] = mapped_column(server_default="employee", default="employee")
    subject_id: Mapped[int | None]
    changes: Mapped[Json]
    accepted: Mapped[list[Any] | None] = mapped_column(JSONB(none_as_null=True))
    scan_id: Mapped[int | None] = mapped_column(ForeignKey("stored_file.id"))
    comment: Mapped[Long | None]
    status: Mapped[st.ChangeStatus] = mapped_column(
        coded(st.ChangeStatus), server_default="proposed", default=st.ChangeStatus.PROPOSED
    )
    due_on: Mapped[dt.date | None]
    reason_text: Mapped[Long | None]
    created_at: Mapped[CreatedAt]
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("ab_user.id"))
    decided_at: Mapped[Moment | None]
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("ab_user.id"))
    employee: Mapped[Employee] = relationship()
    scan: Mapped[StoredFile | None] = relationship()

    def __str__(self) -> str:
        return f"исправление № {self.id}"


transfer_subject = Table(
    "transfer_subject",
    Base.metadata,
    Column("transfer_id", ForeignKey("transfer.id", ondelete="CASCADE"), primary_key=True),
    Column("subject_id", ForeignKey("subject.id"), primary_key=True, index=True),
)


class Transfer(Base):
    """Move of a person from one organization to another; history stays in the employments (order § 2.7)."""

    __tablename__ = "transfer"
    __table_args__ = (
        Index(
            "uq_transfer_live",
            "employment_id",
            unique=True,
            postgresql_where=text("status IN ('requested', 'released', 'accepted')"),
        ),
        Index("ix_transfer_due", "status", "due_on", "id"),
        ForeignKeyConstraint(["employment_id", "employee_id"], ["employment.id", "employment.employee_id"]),
        {"info": rows_stay("Переходы между организациями", pd.MONEY)},
    )
    id: Mapped[Id]
    employee_id: Mapped[int] = mapped_column(ForeignKey("employee.id"), index=True)
    #: the accepting organization does not see the card before the confirmation
    person_name: Mapped[Name] = mapped_column(info=personal("replace"))
    employment_id: Mapped[int]
    from_organization_id: Mapped[int] = mapped_column(ForeignKey("organization.id"), index=True)
    organization_id: Mapped[int] = mapped_column(ForeignKey("organization.id"), index=True)
    position_id: Mapped[int] = mapped_column(ForeignKey("position.id"))
    starts_on: Mapped[dt.date]
    released_on: Mapped[dt.date | None]
    status: Mapped[st.TransferStatus] = mapped_column(
        coded(st.TransferStatus), server_default="requested", default=st.TransferStatus.REQUESTED
    )
    due_on: Mapped[dt.date | None]
    reason_text: Mapped[Long | None] = mapped_column(info=personal("empty"))
    new_employment_id: Mapped[int | None] = mapped_column(ForeignKey("employment.id"))
    created_at: Mapped[CreatedAt]
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("ab_user.id"))
    decided_at: Mapped[Moment | None]
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("ab_user.id"))
    employee: Mapped[Employee] = relationship(foreign_keys=[employee_id])
    from_organization: Mapped[Organization] = relationship(foreign_keys=[from_organization_id])
    organization: Mapped[Organization] = relationship(foreign_keys=[organization_id])
    position: Mapped[Position] = relationship()
    #: what the accepting organization wants the person to teach
    subjects: Mapped[list[Subject]] = relationship(secondary=transfer_subject, order_by=Subject.name_key)

    def __str__(self) -> str:
        return f"перевод № {self.id}"


class EmployeeMerge(Base):
    """Two cards of one person made one: ``gone`` is the removed card's row, ``moved``: table → ids that changed owner."""

    __tablename__ = "employee_merge"
    __table_args__ = {
        "info": rows_stay("Объединения карточек (без копий)", pd.JOURNAL, export=without("gone_id", "moved"))
    }
    id: Mapped[Id]
    kept_id: Mapped[int] = mapped_column(ForeignKey("employee.id"), index=True)
    gone_id: Mapped[int] = mapped_column(index=True)
    gone: Mapped[Json] = mapped_column(info=personal("empty"))
    moved: Mapped[Json] = mapped_column(info=personal("empty"))
    created_at: Mapped[CreatedAt]
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("ab_user.id"))
    undone_at: Mapped[Moment | None]
    kept: Mapped[Employee] = relationship()

    def __str__(self) -> str:
        return f"объединение карточек № {self.id}"


class QualityRule(Base):
    """A rule of «Полнота данных»: its weight, and whether it counts."""

    __tablename__ = "quality_rule"
    __table_args__ = (CheckConstraint("weight BETWEEN 0 AND 100", "weight"),)
    id: Mapped[Id]
    code: Mapped[Code] = mapped_column(unique=True)
    title: Mapped[Name]
    weight: Mapped[int] = mapped_column(SmallInteger)
    enabled: Mapped[FlagOn]

    def __str__(self) -> str:
        return self.title


class ImportHeading(Base):
    """Heading of an organization's own staff lists → field, remembered from an upload."""

    __tablename__ = "import_heading"
    __table_args__ = (UniqueConstraint("organization_id", "heading"),)
    id: Mapped[Id]
    organization_id: Mapped[int] = mapped_column(ForeignKey("organization.id", ondelete="CASCADE"))
    heading: Mapped[Name]
    field: Mapped[Code]


# === vouchers ========================================================================================================


class VoucherApplication(Base):
    """Application for an Именной образовательный чек (order § 3.5); one live per person."""

    __tablename__ = "voucher_application"
    __table_args__ = (
        Index(
            "uq_voucher_application_live",
            "employee_id",
            unique=True,
            postgresql_where=among("status", st.APPLICATION_LIVE),
        ),
        Index("ix_voucher_application_due", "status", "due_on"),
        Index("ix_voucher_application_waiting", "due_on", "id", postgresql_where=text("status = 'submitted'")),
        ForeignKeyConstraint(["employment_id", "employee_id"], ["employment.id", "employment.employee_id"]),
        {"info": rows_stay("Заявки на чек", pd.MONEY)},
    )
    id: Mapped[Id]
    employee_id: Mapped[int] = mapped_column(ForeignKey("employee.id"), index=True)
    employment_id: Mapped[int]
    rule_id: Mapped[int] = mapped_column(ForeignKey("voucher_rule.id"))
    status: Mapped[st.ApplicationStatus] = mapped_column(
        coded(st.ApplicationStatus), server_default="draft", default=st.ApplicationStatus.DRAFT
    )
    on_behalf_note: Mapped[Long | None] = mapped_column(info=personal("empty"))
    reason_text: Mapped[Long | None] = mapped_column(info=personal("empty"))
    #: typical reason of a refusal or a return, for the statistics of refusals
    refusal_reason_id: Mapped[int | None] = mapped_column(ForeignKey("refusal_reason.id"))
    submitted_at: Mapped[Moment | None]
    due_on: Mapped[dt.date | None]
    decided_at: Mapped[Moment | None]
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("ab_user.id"))
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("ab_user.id"))
    created_at: Mapped[CreatedAt]
    employee: Mapped[Employee] = relationship(foreign_keys="VoucherApplication.employee_id")
    employment: Mapped[Employment] = relationship(foreign_keys="VoucherApplication.employment_id", overlaps="employee")
    rule: Mapped[VoucherRule] = relationship()

    def __str__(self) -> str:
        return f"заявка на чек № {self.id}"


class Voucher(Base):
    """Именной образовательный чек: right to training for a period; one active per person."""

    __tablename__ = "voucher"
    __table_args__ = (
        CheckConstraint("valid_until >= issued_on", "dates"),
        Index("uq_voucher_active", "employee_id", unique=True, postgresql_where=text("status = 'active'")),
        Index("ix_voucher_valid_until", "status", "valid_until"),
        {"info": rows_stay("Именные образовательные чеки", pd.MONEY)},
    )
    id: Mapped[Id]
    number: Mapped[str] = mapped_column(String(40), unique=True, info=kept(pd.MONEY))
    employee_id: Mapped[int] = mapped_column(ForeignKey("employee.id"), index=True)
    application_id: Mapped[int | None] = mapped_column(ForeignKey("voucher_application.id"), unique=True)
    rule_id: Mapped[int] = mapped_column(ForeignKey("voucher_rule.id"))
    issued_on: Mapped[dt.date]
    valid_until: Mapped[dt.date]
    status: Mapped[st.VoucherStatus] = mapped_column(
        coded(st.VoucherStatus), server_default="active", default=st.VoucherStatus.ACTIVE
    )
    replaced_by_id: Mapped[int | None] = mapped_column(ForeignKey("voucher.id"))
    reason_text: Mapped[Long | None] = mapped_column(info=personal("empty"))
    #: secret part of the address of the public check (QR of the paper)
    check_code: Mapped[str] = mapped_column(
        String(32), unique=True, server_default=text("replace(gen_random_uuid()::text, '-', '')"), info=kept(pd.MONEY)
    )
    #: issued before the portal and loaded from Excel (order § 1.4)
    imported: Mapped[Flag]
    employee: Mapped[Employee] = relationship(back_populates="vouchers")
    rule: Mapped[VoucherRule] = relationship()
    replaced_by: Mapped["Voucher | None"] = relationship(remote_side="Voucher.id")
    blocks: Mapped[list["VoucherBlock"]] = relationship(back_populates="voucher", order_by="VoucherBlock.ordering")

    def __str__(self) -> str:
        return f"чек № {self.number}"


class VoucherBlock(Base):
    """Block of a чек; pays for one program. Title and hours are copied from the rule, so that a чек keeps its terms."""

    __tablename__ = "voucher_block"
    __table_args__ = (UniqueConstraint("voucher_id", "code"),)
    id: Mapped[Id]
    voucher_id: Mapped[int] = mapped_column(ForeignKey("voucher.id"), index=True)
    code: Mapped[Code] = mapped_column(info=unshown())
    title: Mapped[Name]
    kind: Mapped[st.BlockKind] = mapped_column(coded(st.BlockKind))
    hours_min: Mapped[int]
    hours_max: Mapped[int]
    ordering: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"), default=0)
    status: Mapped[st.BlockStatus] = mapped_column(
        coded(st.BlockStatus), server_default="free", default=st.BlockStatus.FREE
    )
    #: what a block used before the portal paid for (order § 1.4); others are told by their enrolments
    training_id: Mapped[int | None] = mapped_column(ForeignKey("training.id", ondelete="SET NULL"), index=True)
    voucher: Mapped[Voucher] = relationship(back_populates="blocks")
    training: Mapped[Training | None] = relationship()

    def __str__(self) -> str:
        return self.title


class NumberSeries(Base):
    """Gap-free counter of numbers: per organizer and year for certificates, per year for чеки."""

    __tablename__ = "number_series"
    __table_args__ = (
        Index("uq_number_series", "kind", func.coalesce(text("organizer_id"), 0), "year", unique=True),
        CheckConstraint("last >= 0", "last"),
    )
    id: Mapped[Id]
    kind: Mapped[Code]
    organizer_id: Mapped[int | None] = mapped_column(ForeignKey("organization.id"))
    year: Mapped[int] = mapped_column(SmallInteger)
    last: Mapped[int] = mapped_column(server_default=text("0"), default=0)


# === programs, groups, enrolments ====================================================================================

program_organization_type = Table(
    "program_organization_type",
    Base.metadata,
    Column("program_id", ForeignKey("program.id", ondelete="CASCADE"), primary_key=True),
    Column("organization_type_id", ForeignKey("organization_type.id"), primary_key=True, index=True),
)
program_position = Table(
    "program_position",
    Base.metadata,
    Column("program_id", ForeignKey("program.id", ondelete="CASCADE"), primary_key=True),
    Column("position_id", ForeignKey("position.id"), primary_key=True, index=True),
)
program_subject = Table(
    "program_subject",
    Base.metadata,
    Column("program_id", ForeignKey("program.id", ondelete="CASCADE"), primary_key=True),
    Column("subject_id", ForeignKey("subject.id"), primary_key=True, index=True),
)


class Program(Base):
    """Program of an organizer; empty target lists mean «for all». ПК 16–249 h, ПП from 250 h (приказ № 266, п. 18)."""

    __tablename__ = "program"
    __table_args__ = (
        CheckConstraint(
            "CASE kind WHEN 'advanced' THEN hours BETWEEN 16 AND 249 ELSE hours >= 250 END",
            "hours",
        ),
        UniqueConstraint("id", "organizer_id"),
        UniqueConstraint("organizer_id", "code", "year", "edition"),
        CheckConstraint("edition > 0", "edition"),
        Index("ix_program_search", "search", postgresql_using="gin"),
        Index("ix_program_sort", "sort", "id"),
        Index("ix_program_submitted", "submitted_at", "id", postgresql_where=text("status = 'submitted'")),
        Index(
            "uq_program_published",
            "organizer_id",
            "code",
            "year",
            unique=True,
            postgresql_where=text("status = 'published'"),
        ),
        Index(
            "uq_program_prepared",
            "organizer_id",
            "code",
            "year",
            unique=True,
            postgresql_where=text("status IN ('draft', 'submitted', 'returned')"),
        ),
    )
    id: Mapped[Id]
    organizer_id: Mapped[int] = mapped_column(ForeignKey("organization.id"), index=True)
    code: Mapped[str] = mapped_column(String(30))
    title: Mapped[Name]
    kind: Mapped[st.ProgramKind] = mapped_column(
        coded(st.ProgramKind), server_default="advanced", default=st.ProgramKind.ADVANCED
    )
    year: Mapped[int] = mapped_column(SmallInteger)
    #: a published program never changes: what changes is its next edition, and groups keep theirs
    edition: Mapped[int] = mapped_column(SmallInteger, server_default=text("1"), default=1)
    hours: Mapped[int]
    form: Mapped[st.StudyForm] = mapped_column(
        coded(st.StudyForm), server_default="full_time", default=st.StudyForm.FULL_TIME
    )
    distance: Mapped[Flag]
    block: Mapped[st.BlockKind | None] = mapped_column(coded(st.BlockKind))
    annotation: Mapped[LongText | None]
    authors: Mapped[Name | None]
    qualification_name: Mapped[Name | None]
    area: Mapped[Name | None]
    specialities_group: Mapped[Name | None]
    funding: Mapped[Name | None]
    status: Mapped[st.ProgramStatus] = mapped_column(
        coded(st.ProgramStatus), server_default="draft", default=st.ProgramStatus.DRAFT
    )
    reason_text: Mapped[Long | None]
    submitted_at: Mapped[Moment | None]
    #: first sent to the operator after 1 November, for the next year (order § 3.3)
    late: Mapped[Flag]
    #: the edition or the last year's program from which this one was made
    previous_id: Mapped[int | None] = mapped_column(ForeignKey("program.id"), index=True)
    document_id: Mapped[int | None] = mapped_column(ForeignKey("stored_file.id"))
    sort: Mapped[str] = mapped_column(Text, sort_key("title"))
    search: Mapped[Any] = mapped_column(
        TSVECTOR, search_vector("title", "code", "annotation", "authors"), deferred=True
    )
    organizer: Mapped[Organization] = relationship()
    previous: Mapped["Program | None"] = relationship(remote_side="Program.id")
    document: Mapped[StoredFile | None] = relationship()
    organization_types: Mapped[list[OrganizationType]] = relationship(secondary=program_organization_type)
    positions: Mapped[list[Position]] = relationship(secondary=program_position, order_by=Position.name_key)
    subjects: Mapped[list[Subject]] = relationship(secondary=program_subject, order_by=Subject.name_key)
    modules: Mapped[list["ProgramModule"]] = relationship(back_populates="program", order_by="ProgramModule.ordering")

    def __str__(self) -> str:
        return self.title


class ProgramModule(Base):
    """Part of a program with its hours."""

    __tablename__ = "program_module"
    id: Mapped[Id]
    program_id: Mapped[int] = mapped_column(ForeignKey("program.id", ondelete="CASCADE"), index=True)
    title: Mapped[Name]
    hours: Mapped[int] = mapped_column(CheckConstraint("hours > 0", "hours"))
    ordering: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"), default=0)
    program: Mapped[Program] = relationship(back_populates="modules")


class TrainingGroup(Base):
    """A program's run. ``taken`` equals the number of seat-holding enrolments; never above ``capacity``."""

    __tablename__ = "training_group"
    __table_args__ = (
        CheckConstraint("0 <= taken AND taken <= capacity", "seats"),
        CheckConstraint("0 < capacity AND 0 <= minimum AND minimum <= capacity", "capacity"),
        CheckConstraint("starts_on <= ends_on", "dates"),
        CheckConstraint("enrol_from <= enrol_until AND enrol_until <= starts_on", "enrolment"),
        ForeignKeyConstraint(["program_id", "organizer_id"], ["program.id", "program.organizer_id"]),
        UniqueConstraint("organizer_id", "number"),
        Index("ix_training_group_status", "status", "starts_on"),
        Index("ix_training_group_catalogue", "starts_on", "id", postgresql_where=text("status = 'open'")),
        Index("ix_training_group_number", "number", "id"),
        # the words of a place, as the catalogue searches them
        Index(
            "ix_training_group_place",
            text("to_tsvector('simple'::regconfig, translate(lower(place), 'ё', 'е'))"),
            postgresql_using="gin",
            postgresql_where=text("status = 'open'"),
        ),
    )
    id: Mapped[Id]
    program_id: Mapped[int] = mapped_column(index=True)
    organizer_id: Mapped[int] = mapped_column(ForeignKey("organization.id"))
    number: Mapped[str] = mapped_column(String(30))
    starts_on: Mapped[dt.date]
    ends_on: Mapped[dt.date]
    enrol_from: Mapped[dt.date]
    enrol_until: Mapped[dt.date]
    place: Mapped[Name]
    #: for the catalogue's filter by place
    municipality_id: Mapped[int | None] = mapped_column(ForeignKey("municipality.id"))
    schedule: Mapped[LongText | None]
    audience: Mapped[Name | None]
    curator: Mapped[Name | None]
    capacity: Mapped[int]
    minimum: Mapped[int] = mapped_column(server_default=text("0"), default=0)
    taken: Mapped[int] = mapped_column(server_default=text("0"), default=0)
    status: Mapped[st.GroupStatus] = mapped_column(
        coded(st.GroupStatus), server_default="draft", default=st.GroupStatus.DRAFT
    )
    reason_text: Mapped[Long | None]
    created_at: Mapped[CreatedAt]
    #: since when its dates and place are these; calendars tell a newer version of an event by it
    changed_at: Mapped[CreatedAt]
    program: Mapped[Program] = relationship(
        foreign_keys="TrainingGroup.program_id", primaryjoin="TrainingGroup.program_id == Program.id"
    )
    organizer: Mapped[Organization] = relationship(foreign_keys="TrainingGroup.organizer_id")
    municipality: Mapped[Municipality | None] = relationship()
    meetings: Mapped[list["GroupMeeting"]] = relationship(back_populates="group", order_by="GroupMeeting.starts_at")
    quotas: Mapped[list["GroupQuota"]] = relationship(back_populates="group", order_by="GroupQuota.id")
    enrolments: Mapped[list["Enrolment"]] = relationship(back_populates="group")

    def __str__(self) -> str:
        return f"группа {self.number}"


class GroupMeeting(Base):
    """One meeting of a group's schedule."""

    __tablename__ = "group_meeting"
    __table_args__ = (
        CheckConstraint("ends_at > starts_at", "times"),
        Index("ix_group_meeting_times", "starts_at", "ends_at"),
    )
    id: Mapped[Id]
    group_id: Mapped[int] = mapped_column(ForeignKey("training_group.id", ondelete="CASCADE"), index=True)
    starts_at: Mapped[Moment]
    ends_at: Mapped[Moment]
    topic: Mapped[Name | None]
    place: Mapped[Name | None]
    teacher: Mapped[Name | None]
    #: since when its time and place are these; calendars tell a newer version of an event by it
    changed_at: Mapped[CreatedAt]
    group: Mapped[TrainingGroup] = relationship(back_populates="meetings")


class GroupQuota(Base):
    """The most seats that the people of one territory or organization may take in a group; without a row no limit."""

    __tablename__ = "group_quota"
    __table_args__ = (
        CheckConstraint("num_nonnulls(territory_id, organization_id) = 1", "place"),
        CheckConstraint("0 <= taken AND taken <= seats AND seats > 0", "seats"),
        Index(
            "uq_group_quota_place",
            "group_id",
            func.coalesce(text("territory_id"), 0),
            func.coalesce(text("organization_id"), 0),
            unique=True,
        ),
    )
    id: Mapped[Id]
    group_id: Mapped[int] = mapped_column(ForeignKey("training_group.id", ondelete="CASCADE"))
    territory_id: Mapped[int | None] = mapped_column(ForeignKey("territory.id"), index=True)
    organization_id: Mapped[int | None] = mapped_column(ForeignKey("organization.id"), index=True)
    seats: Mapped[int] = mapped_column(SmallInteger)
    taken: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"), default=0)
    group: Mapped[TrainingGroup] = relationship(back_populates="quotas")
    territory: Mapped[Territory | None] = relationship()
    organization: Mapped[Organization | None] = relationship()

    def __str__(self) -> str:
        return f"квота: {self.territory or self.organization}"


class TrainingOrder(Base):
    """Приказ of an organizer about a group: who is enrolled or expelled; ``snapshot`` holds every printed fact."""

    __tablename__ = "training_order"
    __table_args__ = (UniqueConstraint("organizer_id", "year", "number"),)
    id: Mapped[Id]
    group_id: Mapped[int] = mapped_column(ForeignKey("training_group.id"), index=True)
    organizer_id: Mapped[int] = mapped_column(ForeignKey("organization.id"))
    kind: Mapped[st.OrderKind] = mapped_column(coded(st.OrderKind))
    number: Mapped[str] = mapped_column(String(40))
    year: Mapped[int] = mapped_column(SmallInteger)
    ordered_on: Mapped[dt.date]
    basis: Mapped[Long | None]
    snapshot: Mapped[Json] = mapped_column(info=kept(pd.PAPERS))
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("ab_user.id"))
    created_at: Mapped[CreatedAt]
    group: Mapped[TrainingGroup] = relationship()
    organizer: Mapped[Organization] = relationship()

    def __str__(self) -> str:
        return f"приказ № {self.number}"


class Enrolment(Base):
    """A person in a group; may be paid by a block of a чек. One live per person and group, one live per block."""

    __tablename__ = "enrolment"
    __table_args__ = (
        Index(
            "uq_enrolment_person",
            "employee_id",
            "group_id",
            unique=True,
            postgresql_where=text("status NOT IN ('rejected', 'withdrawn')"),
        ),
        Index("uq_enrolment_block", "block_id", unique=True, postgresql_where=among("status", st.BLOCK_HOLDING)),
        Index("ix_enrolment_group_status", "group_id", "status"),
        # the tabs of the list, the newest first
        Index("ix_enrolment_status", "status", "id"),
        Index("ix_enrolment_offered", "offer_until", postgresql_where=text("status = 'offered'")),
        CheckConstraint("(status = 'offered') = (offer_until IS NOT NULL)", "offer"),
        ForeignKeyConstraint(["employment_id", "employee_id"], ["employment.id", "employment.employee_id"]),
        {"info": rows_stay("Записи на курсы", pd.MONEY, export=without("quota_id"))},
    )
    id: Mapped[Id]
    employee_id: Mapped[int] = mapped_column(ForeignKey("employee.id"), index=True)
    group_id: Mapped[int] = mapped_column(ForeignKey("training_group.id"))
    employment_id: Mapped[int]
    block_id: Mapped[int | None] = mapped_column(ForeignKey("voucher_block.id"), index=True)
    status: Mapped[st.EnrolmentStatus] = mapped_column(
        coded(st.EnrolmentStatus), server_default="applied", default=st.EnrolmentStatus.APPLIED
    )
    reason_text: Mapped[Long | None] = mapped_column(info=personal("empty"))
    #: place in the waiting list: since when the person waits; until when an offered seat is kept; how many offers passed by
    queued_at: Mapped[CreatedAt]
    offer_until: Mapped[Moment | None]
    offers: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"), default=0)
    quota_id: Mapped[int | None] = mapped_column(ForeignKey("group_quota.id"))
    #: the enrolment in another group of the program from which the person was transferred
    transferred_from_id: Mapped[int | None] = mapped_column(ForeignKey("enrolment.id"))
    enrolment_order_id: Mapped[int | None] = mapped_column(ForeignKey("training_order.id"))
    expulsion_order_id: Mapped[int | None] = mapped_column(ForeignKey("training_order.id"))
    result_on: Mapped[dt.date | None]
    final_form: Mapped[Short | None] = mapped_column(info=kept(pd.MONEY))
    final_mark: Mapped[Short | None] = mapped_column(info=kept(pd.MONEY))
    protocol_number: Mapped[Short | None] = mapped_column(info=kept(pd.MONEY))
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("ab_user.id"))
    created_at: Mapped[CreatedAt]
    changed_at: Mapped[CreatedAt]
    employee: Mapped[Employee] = relationship(back_populates="enrolments", foreign_keys="Enrolment.employee_id")
    group: Mapped[TrainingGroup] = relationship(back_populates="enrolments")
    employment: Mapped[Employment] = relationship(
        foreign_keys="Enrolment.employment_id", overlaps="employee,enrolments"
    )
    block: Mapped[VoucherBlock | None] = relationship()
    quota: Mapped[GroupQuota | None] = relationship()
    enrolment_order: Mapped[TrainingOrder | None] = relationship(foreign_keys="Enrolment.enrolment_order_id")
    expulsion_order: Mapped[TrainingOrder | None] = relationship(foreign_keys="Enrolment.expulsion_order_id")
    certificates: Mapped[list["Certificate"]] = relationship(back_populates="enrolment")
    attendance: Mapped[list["Attendance"]] = relationship(back_populates="enrolment")

    def __str__(self) -> str:
        return f"запись № {self.id}"


class Attendance(Base):
    """Whether a listener was at a meeting; no row: not marked yet."""

    __tablename__ = "attendance"
    __table_args__ = (UniqueConstraint("meeting_id", "enrolment_id"),)
    id: Mapped[BigId]
    meeting_id: Mapped[int] = mapped_column(ForeignKey("group_meeting.id", ondelete="CASCADE"))
    enrolment_id: Mapped[int] = mapped_column(ForeignKey("enrolment.id"), index=True)
    mark: Mapped[st.AttendanceMark] = mapped_column(coded(st.AttendanceMark))
    enrolment: Mapped[Enrolment] = relationship(back_populates="attendance")
    meeting: Mapped[GroupMeeting] = relationship()


# === documents =======================================================================================================


class BlankReceipt(Base):
    """A range of blanks received: series, first and last number as printed («000101» – «000200»)."""

    __tablename__ = "blank_receipt"
    __table_args__ = (
        CheckConstraint("quantity BETWEEN 1 AND 10000", "quantity"),
        CheckConstraint("first ~ '^[0-9]+$' AND last ~ '^[0-9]+$' AND length(first) = length(last)", "numbers"),
    )
    id: Mapped[Id]
    organizer_id: Mapped[int] = mapped_column(ForeignKey("organization.id"), index=True)
    kind: Mapped[st.CertificateKind] = mapped_column(coded(st.CertificateKind))
    series: Mapped[str] = mapped_column(String(20))
    first: Mapped[str] = mapped_column(String(30))
    last: Mapped[str] = mapped_column(String(30))
    quantity: Mapped[int]
    received_on: Mapped[dt.date]
    document: Mapped[Name | None]
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("ab_user.id"))
    created_at: Mapped[CreatedAt]
    organizer: Mapped[Organization] = relationship()

    def __str__(self) -> str:
        return f"{self.series} {self.first}–{self.last}"


class BlankAct(Base):
    """Акт of an organizer by which spoiled blanks are written off."""

    __tablename__ = "blank_act"
    __table_args__ = (UniqueConstraint("organizer_id", "year", "number"),)
    id: Mapped[Id]
    organizer_id: Mapped[int] = mapped_column(ForeignKey("organization.id"))
    number: Mapped[str] = mapped_column(String(40))
    year: Mapped[int] = mapped_column(SmallInteger)
    acted_on: Mapped[dt.date]
    reason: Mapped[Long]
    commission: Mapped[Long | None]
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("ab_user.id"))
    created_at: Mapped[CreatedAt]
    organizer: Mapped[Organization] = relationship()

    def __str__(self) -> str:
        return f"акт № {self.number}"


class Blank(Base):
    """Numbered strict-accounting form of an organizer; used once."""

    __tablename__ = "blank"
    __table_args__ = (
        UniqueConstraint("organizer_id", "series", "number"),
        Index("ix_blank_stock", "organizer_id", "kind", "series", "number", postgresql_where=text("status = 'stock'")),
        # searched by its beginning among the blanks of all organizers
        Index("ix_blank_number", "number", postgresql_ops={"number": "varchar_pattern_ops"}),
    )
    id: Mapped[Id]
    organizer_id: Mapped[int] = mapped_column(ForeignKey("organization.id"))
    kind: Mapped[st.CertificateKind] = mapped_column(
        coded(st.CertificateKind), server_default="certificate", default=st.CertificateKind.CERTIFICATE
    )
    series: Mapped[str] = mapped_column(String(20))
    number: Mapped[str] = mapped_column(String(30))
    receipt_id: Mapped[int | None] = mapped_column(ForeignKey("blank_receipt.id"), index=True)
    act_id: Mapped[int | None] = mapped_column(ForeignKey("blank_act.id"), index=True)
    status: Mapped[st.BlankStatus] = mapped_column(
        coded(st.BlankStatus), server_default="stock", default=st.BlankStatus.STOCK
    )
    reason_text: Mapped[Long | None]
    #: the listener whose document was misprinted on it and then got another blank: its group writes the blank off
    spoiled_for_id: Mapped[int | None] = mapped_column(ForeignKey("enrolment.id"), index=True)
    #: when it came to its status: the balance of a period counts by it
    changed_at: Mapped[CreatedAt]
    organizer: Mapped[Organization] = relationship()
    receipt: Mapped["BlankReceipt | None"] = relationship()
    act: Mapped["BlankAct | None"] = relationship()
    certificate: Mapped["Certificate | None"] = relationship(back_populates="blank")

    def __str__(self) -> str:
        return f"{self.series} {self.number}"


class Certificate(Base):
    """Issued document with its number, check code and a snapshot of every printed fact."""

    __tablename__ = "certificate"
    __table_args__ = (
        UniqueConstraint("organizer_id", "kind", "year", "sequence"),
        UniqueConstraint("organizer_id", "kind", "year", "number"),
        Index("uq_certificate_live", "enrolment_id", "kind", unique=True, postgresql_where=text("status = 'issued'")),
        Index("ix_certificate_number", "number", "id"),
        Index("ix_certificate_gone", "id", postgresql_where=text("status <> 'issued'")),
        # a number as people copy it from the paper
        Index("ix_certificate_number_code", text(code_sql("number")), "issued_on"),
        Index("uq_certificate_check_code_small", func.lower(text("check_code")), unique=True),
        Index("ix_certificate_outdated", "organizer_id", postgresql_where=text("outdated IS NOT NULL")),
        CheckConstraint("sequence > 0", "sequence"),
        {
            "info": rows_stay(
                "Выданные документы об обучении с их данными",
                pd.PAPERS,
                # who signed and who came for the paper are other people
                export=without("snapshot", "handed_to", "template_code", "template_version", "sequence"),
            )
        },
    )
    id: Mapped[Id]
    enrolment_id: Mapped[int] = mapped_column(ForeignKey("enrolment.id"), index=True)
    employee_id: Mapped[int] = mapped_column(ForeignKey("employee.id"), index=True)
    organizer_id: Mapped[int] = mapped_column(ForeignKey("organization.id"))
    kind: Mapped[st.CertificateKind] = mapped_column(coded(st.CertificateKind))
    year: Mapped[int] = mapped_column(SmallInteger)
    sequence: Mapped[int]
    number: Mapped[str] = mapped_column(String(40), info=kept(pd.PAPERS))
    issued_on: Mapped[dt.date]
    blank_id: Mapped[int | None] = mapped_column(ForeignKey("blank.id"), unique=True)
    #: the document in whose place this one was issued, and why (the eight «(оригинала)» columns of ФИС ФРДО)
    original_id: Mapped[int | None] = mapped_column(ForeignKey("certificate.id"), index=True)
    ground: Mapped[st.DuplicateGround | None] = mapped_column(coded(st.DuplicateGround))
    #: how it was handed over: the journal of issuance
    handing: Mapped[st.Handing | None] = mapped_column(coded(st.Handing))
    handed_on: Mapped[dt.date | None]
    handed_to: Mapped[Name | None] = mapped_column(info=kept(pd.PAPERS))
    template_code: Mapped[Code] = mapped_column(info=kept(pd.PAPERS))
    template_version: Mapped[str] = mapped_column(String(64), info=kept(pd.PAPERS))
    snapshot: Mapped[Json] = mapped_column(info=kept(pd.PAPERS))
    check_code: Mapped[str] = mapped_column(String(32), unique=True, info=kept(pd.PAPERS))
    status: Mapped[st.CertificateStatus] = mapped_column(
        coded(st.CertificateStatus), server_default="issued", default=st.CertificateStatus.ISSUED
    )
    reason_text: Mapped[Long | None] = mapped_column(info=kept(pd.PAPERS))
    #: facts printed here that were corrected after issuing, in words: a live document with them is to be replaced
    outdated: Mapped[Long | None] = mapped_column(info=personal("mentions"))
    created_at: Mapped[CreatedAt]
    enrolment: Mapped[Enrolment] = relationship(back_populates="certificates")
    employee: Mapped[Employee] = relationship()
    organizer: Mapped[Organization] = relationship()
    blank: Mapped[Blank | None] = relationship(back_populates="certificate")
    original: Mapped["Certificate | None"] = relationship(remote_side="Certificate.id")

    def __str__(self) -> str:
        return f"{self.kind.label} № {self.number}"


class TemplateFile(Base):
    """Every DOCX by which a paper was issued or that was uploaded, by its content: a reprint years later finds it."""

    __tablename__ = "template_file"
    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    data: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    created_at: Mapped[CreatedAt]


class PrintTemplate(Base):
    """Version of a paper's template: an organizer's own, or the region's where ``organizer_id`` is empty."""

    __tablename__ = "print_template"
    __table_args__ = (
        Index("uq_print_template_version", "code", func.coalesce(text("organizer_id"), 0), "version", unique=True),
        Index(
            "uq_print_template_active",
            "code",
            func.coalesce(text("organizer_id"), 0),
            unique=True,
            postgresql_where=text("active"),
        ),
    )
    id: Mapped[Id]
    code: Mapped[Code]
    organizer_id: Mapped[int | None] = mapped_column(ForeignKey("organization.id"), index=True)
    version: Mapped[int] = mapped_column(SmallInteger)
    file_name: Mapped[Name]
    sha256: Mapped[str] = mapped_column(ForeignKey("template_file.sha256"))
    active: Mapped[Flag]
    note: Mapped[Long | None]
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("ab_user.id"))
    created_at: Mapped[CreatedAt]
    organizer: Mapped[Organization | None] = relationship()

    def __str__(self) -> str:
        return f"{self.file_name}, версия {self.version}"


class PrintSetting(Base):
    """How an organizer prints a kind of paper: whole page or text on a blank, moved by millimetres."""

    __tablename__ = "print_setting"
    __table_args__ = (CheckConstraint("abs(offset_x) <= 50 AND abs(offset_y) <= 50", "offsets"),)
    organizer_id: Mapped[int] = mapped_column(ForeignKey("organization.id"), primary_key=True)
    code: Mapped[Code] = mapped_column(primary_key=True)
    mode: Mapped[st.PrintMode] = mapped_column(coded(st.PrintMode), server_default="page", default=st.PrintMode.PAGE)
    offset_x: Mapped[Decimal] = mapped_column(Numeric(4, 1), server_default=text("0"))
    offset_y: Mapped[Decimal] = mapped_column(Numeric(4, 1), server_default=text("0"))


#: rows of what left the portal that no longer say what the portal knows
OPEN_AMENDMENT = "amended_at IS NOT NULL AND settled_at IS NULL"


class FrdoTemplate(Base):
    """The official blank workbook of ФИС ФРДО that an organizer uploaded, with the lists read from it."""

    __tablename__ = "frdo_template"
    organizer_id: Mapped[int] = mapped_column(ForeignKey("organization.id"), primary_key=True)
    file_name: Mapped[Name]
    data: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    sha256: Mapped[str] = mapped_column(String(64))
    lists: Mapped[Json]
    uploaded_by_id: Mapped[int | None] = mapped_column(ForeignKey("ab_user.id"))
    uploaded_at: Mapped[CreatedAt]


class FrdoBatch(Base):
    """A file made for ФИС ФРДО: number within the organizer's year, who, when, and what the registry answered."""

    __tablename__ = "frdo_batch"
    __table_args__ = (UniqueConstraint("organizer_id", "year", "number"),)
    id: Mapped[Id]
    organizer_id: Mapped[int] = mapped_column(ForeignKey("organization.id"))
    year: Mapped[int] = mapped_column(SmallInteger)
    number: Mapped[int]
    period_from: Mapped[dt.date]
    period_to: Mapped[dt.date]
    rows_count: Mapped[int]
    #: the batch whose changed documents this one tells of
    corrects_id: Mapped[int | None] = mapped_column(ForeignKey("frdo_batch.id"), index=True)
    status: Mapped[st.FrdoBatchStatus] = mapped_column(
        coded(st.FrdoBatchStatus), server_default="formed", default=st.FrdoBatchStatus.FORMED
    )
    reason_text: Mapped[Long | None]
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("ab_user.id"))
    created_at: Mapped[CreatedAt]
    changed_at: Mapped[CreatedAt]
    organizer: Mapped[Organization] = relationship()
    corrects: Mapped["FrdoBatch | None"] = relationship(remote_side="FrdoBatch.id")
    rows: Mapped[list["FrdoRow"]] = relationship(back_populates="batch", order_by="FrdoRow.row_number")
    if TYPE_CHECKING:
        amended_rows: Mapped[int]

    def __str__(self) -> str:
        return f"пакет № {self.number} за {self.year} год"


class FrdoRow(Base):
    """A document in a batch, with the forty values as they were exported and the registry's answer to the row."""

    __tablename__ = "frdo_row"
    __table_args__ = (
        UniqueConstraint("batch_id", "row_number"),
        UniqueConstraint("batch_id", "certificate_id"),
        Index("ix_frdo_row_amended", "batch_id", postgresql_where=text(OPEN_AMENDMENT)),
        {"info": rows_stay("Сведения, переданные в ФИС ФРДО", pd.PAPERS, "certificate_id")},
    )
    id: Mapped[BigId]
    batch_id: Mapped[int] = mapped_column(ForeignKey("frdo_batch.id", ondelete="CASCADE"))
    certificate_id: Mapped[int] = mapped_column(ForeignKey("certificate.id"), index=True)
    row_number: Mapped[int]
    values: Mapped[list[Any]] = mapped_column(JSONB, info=kept(pd.PAPERS))
    action: Mapped[st.FrdoAction] = mapped_column(coded(st.FrdoAction), server_default="add", default=st.FrdoAction.ADD)
    answer: Mapped[st.FrdoAnswer] = mapped_column(
        coded(st.FrdoAnswer), server_default="none", default=st.FrdoAnswer.NONE
    )
    answer_text: Mapped[Long | None] = mapped_column(info=kept(pd.PAPERS))
    #: the document changed after the row was written: when, why, and since when a later sent batch tells of it
    amended_at: Mapped[Moment | None]
    amended_why: Mapped[Long | None] = mapped_column(info=kept(pd.PAPERS))
    settled_at: Mapped[Moment | None]
    batch: Mapped[FrdoBatch] = relationship(back_populates="rows")
    certificate: Mapped[Certificate] = relationship()


class RegistryRow(Base):
    """An enrolment that a registry reports; what became of it after the registry left (as in ``FrdoRow``)."""

    __tablename__ = "registry_row"
    __table_args__ = (
        UniqueConstraint("registry_id", "enrolment_id"),
        Index("ix_registry_row_amended", "registry_id", postgresql_where=text(OPEN_AMENDMENT)),
        {"info": rows_stay("Строки реестров обученных", pd.MONEY, "enrolment_id")},
    )
    id: Mapped[BigId]
    registry_id: Mapped[int] = mapped_column(ForeignKey("registry.id", ondelete="CASCADE"))
    enrolment_id: Mapped[int] = mapped_column(ForeignKey("enrolment.id"), index=True)
    amended_at: Mapped[Moment | None]
    amended_why: Mapped[Long | None] = mapped_column(info=personal("mentions"))
    settled_at: Mapped[Moment | None]
    enrolment: Mapped[Enrolment] = relationship()


class SavedRegistry(Base):
    """A registry's columns and filters under the user's own name; sent by e-mail on its days when a schedule is set."""

    __tablename__ = "saved_registry"
    __table_args__ = (
        UniqueConstraint("user_id", "code", "title"),
        Index("ix_saved_registry_next", "next_on", postgresql_where=text("next_on IS NOT NULL")),
        {"info": rows_go("Сохранённые реестры", export=not_given(pd.WORK))},
    )
    id: Mapped[Id]
    user_id: Mapped[int] = mapped_column(ForeignKey("ab_user.id", ondelete="CASCADE"))
    made_in: Mapped[MadeIn]
    code: Mapped[Code]
    title: Mapped[Name]
    parameters: Mapped[Json]
    schedule: Mapped[st.Schedule] = mapped_column(coded(st.Schedule), server_default="never", default=st.Schedule.NEVER)
    next_on: Mapped[dt.date | None]
    created_at: Mapped[CreatedAt]

    def __str__(self) -> str:
        return self.title


class Registry(Base):
    """Реестр обученных of an organizer for a period, with its way to the ministry."""

    __tablename__ = "registry"
    __table_args__ = (CheckConstraint("period_to >= period_from", "dates"), CheckConstraint("rows_count >= 0", "rows"))
    id: Mapped[Id]
    organizer_id: Mapped[int] = mapped_column(ForeignKey("organization.id"), index=True)
    period_from: Mapped[dt.date]
    period_to: Mapped[dt.date]
    rows_count: Mapped[int]
    #: the registry whose changed people this one tells of
    corrects_id: Mapped[int | None] = mapped_column(ForeignKey("registry.id"), index=True)
    file_id: Mapped[int | None] = mapped_column(ForeignKey("stored_file.id"))
    status: Mapped[st.RegistryStatus] = mapped_column(
        coded(st.RegistryStatus), server_default="formed", default=st.RegistryStatus.FORMED
    )
    reason_text: Mapped[Long | None]
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("ab_user.id"))
    sent_at: Mapped[Moment | None]
    decided_at: Mapped[Moment | None]
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("ab_user.id"))
    created_at: Mapped[CreatedAt]
    organizer: Mapped[Organization] = relationship()
    corrects: Mapped["Registry | None"] = relationship(remote_side="Registry.id")
    file: Mapped[StoredFile | None] = relationship()
    if TYPE_CHECKING:
        amended_rows: Mapped[int]

    def __str__(self) -> str:
        return f"реестр № {self.id}"


def _count_amended(row: type[Base], parent: str, pk: Any) -> Any:
    rows = row.__table__
    still_open = (rows.c.amended_at.is_not(None), rows.c.settled_at.is_(None))
    counted = select(func.count()).select_from(rows).where(rows.c[parent] == pk, *still_open)
    return column_property(counted.correlate_except(rows).scalar_subquery())


# rows that changed after they were written and that no later paper tells of; the rows' tables come after their parents'
FrdoBatch.amended_rows = _count_amended(FrdoRow, "batch_id", FrdoBatch.id)
Registry.amended_rows = _count_amended(RegistryRow, "registry_id", Registry.id)


# === planning, surveys, reports, news, support, maintenance ==========================================================


class PlanCampaign(Base):
    """Yearly planning (order § 3.3–3.5): until when organizers offer courses of a year, and when people choose among them.

    Days are local and whole: wishes are taken from the first minute of ``opens_on`` to the last one of ``closes_on``.
    """

    __tablename__ = "plan_campaign"
    __table_args__ = (
        CheckConstraint("programs_until <= opens_on AND opens_on <= closes_on", "dates"),
        CheckConstraint("closes_on < make_date(year::int, 1, 1)", "before_year"),
        CheckConstraint("year BETWEEN 2000 AND 2100", "year"),
        CheckConstraint("wishes_most BETWEEN 1 AND 3", "wishes_most"),
        ExcludeConstraint(
            (text("daterange(opens_on, closes_on, '[]')"), "&&"), name="ex_plan_campaign_days", using="gist"
        ),
    )
    id: Mapped[Id]
    year: Mapped[int] = mapped_column(SmallInteger, unique=True)
    programs_until: Mapped[dt.date]
    opens_on: Mapped[dt.date]
    closes_on: Mapped[dt.date]
    #: how many programs a person may choose for the year
    wishes_most: Mapped[int] = mapped_column(SmallInteger, server_default=text("3"), default=3)
    #: whether a person's wish waits for the organization; where it does not, it is agreed by itself
    needs_agreement: Mapped[FlagOn]
    status: Mapped[st.CampaignStatus] = mapped_column(
        coded(st.CampaignStatus), server_default="preparing", default=st.CampaignStatus.PREPARING
    )
    reason_text: Mapped[Long | None]
    created_at: Mapped[CreatedAt]
    quotas: Mapped[list["PlanQuota"]] = relationship(back_populates="campaign", order_by="PlanQuota.id")

    def __str__(self) -> str:
        return f"план на {self.year} год"


class PlanQuota(Base):
    """The most people of a territory who are trained in the planned year; without a quota no limit."""

    __tablename__ = "plan_quota"
    __table_args__ = (UniqueConstraint("campaign_id", "territory_id"), CheckConstraint("people >= 0", "people"))
    id: Mapped[Id]
    campaign_id: Mapped[int] = mapped_column(ForeignKey("plan_campaign.id", ondelete="CASCADE"))
    territory_id: Mapped[int] = mapped_column(ForeignKey("territory.id"), index=True)
    people: Mapped[int]
    campaign: Mapped[PlanCampaign] = relationship(back_populates="quotas")
    territory: Mapped[Territory] = relationship()


class PlanOffer(Base):
    """What an organizer puts up for a year: a program by its code, seats, months and places; new editions do not change it."""

    __tablename__ = "plan_offer"
    __table_args__ = (
        UniqueConstraint("campaign_id", "organizer_id", "code"),
        UniqueConstraint("id", "campaign_id"),
        ForeignKeyConstraint(["program_id", "organizer_id"], ["program.id", "program.organizer_id"]),
        CheckConstraint("0 < minimum AND minimum <= capacity AND capacity <= seats", "seats"),
        CheckConstraint(
            "cardinality(months) > 0 AND months <@ ARRAY[1,2,3,4,5,6,7,8,9,10,11,12]::smallint[]", "months"
        ),
        Index("ix_plan_offer_program_id", "program_id"),
        Index("ix_plan_offer_waiting", "created_at", "id", postgresql_where=text("status = 'late'")),
    )
    id: Mapped[Id]
    campaign_id: Mapped[int] = mapped_column(ForeignKey("plan_campaign.id"))
    organizer_id: Mapped[int] = mapped_column(ForeignKey("organization.id"), index=True)
    code: Mapped[str] = mapped_column(String(30))
    #: the edition in force; it moves on when the next one is published
    program_id: Mapped[int]
    #: of all groups of the year together
    seats: Mapped[int]
    #: of one group: fewer people than ``minimum`` are not taught, more than ``capacity`` do not fit
    minimum: Mapped[int]
    capacity: Mapped[int]
    months: Mapped[list[int]] = mapped_column(ARRAY(SmallInteger))
    #: where the organizer can teach; none: where it is itself, or at a distance
    municipality_ids: Mapped[list[int]] = mapped_column(ARRAY(Integer), server_default=text("'{}'"), default=list)
    note: Mapped[Long | None]
    #: put up after the last day for programs: it needs the operator's consent
    late: Mapped[Flag]
    status: Mapped[st.OfferStatus] = mapped_column(
        coded(st.OfferStatus), server_default="offered", default=st.OfferStatus.OFFERED
    )
    reason_text: Mapped[Long | None]
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("ab_user.id"))
    created_at: Mapped[CreatedAt]
    campaign: Mapped[PlanCampaign] = relationship()
    organizer: Mapped[Organization] = relationship(foreign_keys="PlanOffer.organizer_id")
    program: Mapped[Program] = relationship(
        foreign_keys="PlanOffer.program_id", primaryjoin="PlanOffer.program_id == Program.id"
    )

    def __str__(self) -> str:
        return f"предложение {self.code}"


class PlanItem(Base):
    """A person's wish for the planned year: an offered program, the months that suit, how much it is wanted."""

    __tablename__ = "plan_item"
    __table_args__ = (
        Index(
            "uq_plan_item_live",
            "campaign_id",
            "employee_id",
            "offer_id",
            unique=True,
            postgresql_where=among("status", st.PLAN_HELD),
        ),
        # two wishes change places in one UPDATE: what holds is looked at when it ends
        ExcludeConstraint(
            ("campaign_id", "="),
            ("employee_id", "="),
            ("priority", "="),
            name="ex_plan_item_priority",
            where=among("status", st.PLAN_HELD),
            using="gist",
            deferrable=True,
            initially="IMMEDIATE",
        ),
        Index("ix_plan_item_offer_id", "offer_id", "status"),
        Index("ix_plan_item_employment_id", "employment_id"),
        ForeignKeyConstraint(["employment_id", "employee_id"], ["employment.id", "employment.employee_id"]),
        ForeignKeyConstraint(["offer_id", "campaign_id"], ["plan_offer.id", "plan_offer.campaign_id"]),
        CheckConstraint("month BETWEEN 1 AND 12", "month"),
        CheckConstraint("months <@ ARRAY[1,2,3,4,5,6,7,8,9,10,11,12]::smallint[]", "months"),
        CheckConstraint("priority BETWEEN 1 AND 3", "priority"),
        {"info": rows_stay("Заявки в план", pd.MONEY)},
    )
    id: Mapped[Id]
    campaign_id: Mapped[int] = mapped_column(ForeignKey("plan_campaign.id"))
    employee_id: Mapped[int] = mapped_column(ForeignKey("employee.id"), index=True)
    employment_id: Mapped[int]
    offer_id: Mapped[int]
    #: the edition that was chosen
    program_id: Mapped[int] = mapped_column(ForeignKey("program.id"), index=True)
    #: which block of the чек will pay
    block: Mapped[st.BlockKind | None] = mapped_column(coded(st.BlockKind))
    #: months that suit the person; none: any
    months: Mapped[list[int]] = mapped_column(ARRAY(SmallInteger), server_default=text("'{}'"), default=list)
    #: the month in which the person is to be trained, once the wish is in a group
    month: Mapped[int | None] = mapped_column(SmallInteger)
    #: 1: the person wants this most
    priority: Mapped[int] = mapped_column(SmallInteger, server_default=text("1"), default=1)
    status: Mapped[st.PlanItemStatus] = mapped_column(
        coded(st.PlanItemStatus), server_default="proposed", default=st.PlanItemStatus.PROPOSED
    )
    reason_text: Mapped[Long | None] = mapped_column(info=personal("empty"))
    group_id: Mapped[int | None] = mapped_column(ForeignKey("training_group.id"), index=True)
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("ab_user.id"))
    #: who agreed in the name of the organization; nobody: it agrees by itself
    agreed_by_id: Mapped[int | None] = mapped_column(ForeignKey("ab_user.id"))
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("ab_user.id"))
    decided_at: Mapped[Moment | None]
    created_at: Mapped[CreatedAt]
    campaign: Mapped[PlanCampaign] = relationship(foreign_keys="PlanItem.campaign_id")
    employee: Mapped[Employee] = relationship(foreign_keys="PlanItem.employee_id")
    employment: Mapped[Employment] = relationship(foreign_keys="PlanItem.employment_id", overlaps="employee")
    offer: Mapped[PlanOffer] = relationship(foreign_keys="PlanItem.offer_id", overlaps="campaign")
    program: Mapped[Program] = relationship()
    group: Mapped[TrainingGroup | None] = relationship()

    def __str__(self) -> str:
        return f"заявка в план № {self.id}"


class UnmetWish(Base):
    """«Мне ничего не подходит»: what a person wants to learn and nobody offers, in words; it counts as demand."""

    __tablename__ = "unmet_wish"
    __table_args__ = (
        Index(
            "uq_unmet_wish_live",
            "campaign_id",
            "employee_id",
            unique=True,
            postgresql_where=text("status <> 'withdrawn'"),
        ),
        Index("ix_unmet_wish_waiting", "created_at", "id", postgresql_where=text("status = 'waiting'")),
        ForeignKeyConstraint(["employment_id", "employee_id"], ["employment.id", "employment.employee_id"]),
        {"info": rows_stay("Чему хотят учиться и чего нет в плане", pd.WORK)},
    )
    id: Mapped[Id]
    campaign_id: Mapped[int] = mapped_column(ForeignKey("plan_campaign.id"))
    employee_id: Mapped[int] = mapped_column(ForeignKey("employee.id"), index=True)
    employment_id: Mapped[int] = mapped_column(index=True)
    words: Mapped[Long] = mapped_column(server_default=text("''"), default="", info=personal("empty"))
    answer: Mapped[Long | None] = mapped_column(info=personal("empty"))
    status: Mapped[st.UnmetStatus] = mapped_column(
        coded(st.UnmetStatus), server_default="waiting", default=st.UnmetStatus.WAITING
    )
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("ab_user.id"))
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("ab_user.id"))
    decided_at: Mapped[Moment | None]
    created_at: Mapped[CreatedAt]
    campaign: Mapped[PlanCampaign] = relationship()
    employee: Mapped[Employee] = relationship(foreign_keys="UnmetWish.employee_id")
    employment: Mapped[Employment] = relationship(foreign_keys="UnmetWish.employment_id", overlaps="employee")

    def __str__(self) -> str:
        return f"пожелание № {self.id}"


class PlanProposal(Base):
    """Groups proposed out of the wishes of a closed campaign: edited by hand, then written; one for each campaign."""

    __tablename__ = "plan_proposal"
    __table_args__ = (
        CheckConstraint("people BETWEEN 0 AND bound", "people"),
        CheckConstraint("(written_at IS NULL) = (written_by_id IS NULL)", "written"),
    )
    id: Mapped[Id]
    campaign_id: Mapped[int] = mapped_column(ForeignKey("plan_campaign.id"), unique=True)
    #: people who get at least one course, and the most that any proposal could serve, as the solver proved
    people: Mapped[int]
    bound: Mapped[int]
    solved_at: Mapped[Moment]
    #: the last change by hand; a solution that was begun before it is not taken
    edited_at: Mapped[Moment | None]
    written_at: Mapped[Moment | None]
    written_by_id: Mapped[int | None] = mapped_column(ForeignKey("ab_user.id"))
    campaign: Mapped[PlanCampaign] = relationship()
    written_by: Mapped[Account | None] = relationship()

    def __str__(self) -> str:
        return f"группы плана № {self.id}"


class PlanProposalGroup(Base):
    """A group of a proposal: offer, month, place (none: at a distance), seats; a locked one stays when solved again."""

    __tablename__ = "plan_proposal_group"
    __table_args__ = (
        UniqueConstraint("id", "proposal_id"),
        CheckConstraint("month BETWEEN 1 AND 12", "month"),
        CheckConstraint("size > 0", "size"),
        Index("ix_plan_proposal_group_proposal_id", "proposal_id", "offer_id", "month"),
    )
    id: Mapped[Id]
    proposal_id: Mapped[int] = mapped_column(ForeignKey("plan_proposal.id", ondelete="CASCADE"))
    offer_id: Mapped[int] = mapped_column(ForeignKey("plan_offer.id"), index=True)
    month: Mapped[int] = mapped_column(SmallInteger)
    municipality_id: Mapped[int | None] = mapped_column(ForeignKey("municipality.id"))
    size: Mapped[int] = mapped_column(SmallInteger)
    locked: Mapped[Flag]
    #: the draft that was written of it
    group_id: Mapped[int | None] = mapped_column(ForeignKey("training_group.id"), unique=True)
    proposal: Mapped[PlanProposal] = relationship()
    offer: Mapped[PlanOffer] = relationship()
    municipality: Mapped[Municipality | None] = relationship()
    group: Mapped[TrainingGroup | None] = relationship()


class PlanProposalItem(Base):
    """Where a proposal puts a wish: into a group, or left over with the code of the reason."""

    __tablename__ = "plan_proposal_item"
    __table_args__ = (
        UniqueConstraint("proposal_id", "item_id"),
        ForeignKeyConstraint(
            ["proposal_group_id", "proposal_id"], ["plan_proposal_group.id", "plan_proposal_group.proposal_id"]
        ),
        CheckConstraint("(proposal_group_id IS NULL) = (reason IS NOT NULL)", "place"),
        Index("ix_plan_proposal_item_proposal_group_id", "proposal_group_id"),
    )
    id: Mapped[Id]
    proposal_id: Mapped[int] = mapped_column(ForeignKey("plan_proposal.id", ondelete="CASCADE"))
    item_id: Mapped[int] = mapped_column(ForeignKey("plan_item.id"), index=True)
    proposal_group_id: Mapped[int | None]
    #: code of ``rules.plan_groups.LEFT``
    reason: Mapped[str | None] = mapped_column(String(20))
    item: Mapped[PlanItem] = relationship()


class PlanResult(Base):
    """What the ministry approved of a plan (number 0), and each numbered change of it afterwards; triggers forbid UPDATE and DELETE."""

    __tablename__ = "plan_result"
    __table_args__ = (
        UniqueConstraint("campaign_id", "number"),
        CheckConstraint("number >= 0", "number"),
        CheckConstraint("(number = 0) = (reason_text IS NULL)", "reason"),
    )
    id: Mapped[Id]
    campaign_id: Mapped[int] = mapped_column(ForeignKey("plan_campaign.id"))
    #: 0: the plan; 1, 2 …: its changes
    number: Mapped[int] = mapped_column(SmallInteger)
    reason_text: Mapped[Long | None]
    #: the figures as they were shown then (``planning.plan_results``); no person is named
    snapshot: Mapped[Json]
    approved_by_id: Mapped[int | None] = mapped_column(ForeignKey("ab_user.id"))
    created_at: Mapped[CreatedAt]
    campaign: Mapped[PlanCampaign] = relationship()
    approved_by: Mapped["Account | None"] = relationship()

    @property
    def number_text(self) -> str:
        """«ПП-2027», of a change «ПП-2027-1»."""
        return f"ПП-{self.campaign.year}" + (f"-{self.number}" if self.number else "")

    def __str__(self) -> str:
        return f"изменение плана № {self.number}" if self.number else "утверждённый план"


event.listen(
    PlanResult.__table__,
    "after_create",
    DDL(  # type: ignore[no-untyped-call]
        """
CREATE FUNCTION plan_result_never_changes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'plan_result never changes'; END $$;
CREATE TRIGGER plan_result_never_changes BEFORE UPDATE OR DELETE OR TRUNCATE ON plan_result
FOR EACH STATEMENT EXECUTE FUNCTION plan_result_never_changes();
"""
    ),
)


class Survey(Base):
    """Monitoring, poll or feedback form: questions, audience, answers (order § 3.1, 4)."""

    __tablename__ = "survey"
    __table_args__ = (CheckConstraint("closes_on IS NULL OR closes_on >= opens_on", "dates"),)
    id: Mapped[Id]
    title: Mapped[Name]
    purpose: Mapped[LongText | None]
    audience: Mapped[Json]
    anonymous: Mapped[Flag]
    group_id: Mapped[int | None] = mapped_column(ForeignKey("training_group.id"), index=True)
    opens_on: Mapped[dt.date | None]
    closes_on: Mapped[dt.date | None]
    requested_by_id: Mapped[int | None] = mapped_column(ForeignKey("ab_user.id"))
    status: Mapped[st.SurveyStatus] = mapped_column(
        coded(st.SurveyStatus), server_default="draft", default=st.SurveyStatus.DRAFT
    )
    created_at: Mapped[CreatedAt]

    def __str__(self) -> str:
        return self.title


class SurveyQuestion(Base):
    """Question of a survey; ``options`` holds the choices or the scale's ends."""

    __tablename__ = "survey_question"
    __table_args__ = (UniqueConstraint("survey_id", "ordering"),)
    id: Mapped[Id]
    survey_id: Mapped[int] = mapped_column(ForeignKey("survey.id", ondelete="CASCADE"))
    ordering: Mapped[int] = mapped_column(SmallInteger)
    kind: Mapped[st.QuestionKind] = mapped_column(coded(st.QuestionKind))
    text: Mapped[Long]
    options: Mapped[Json]
    required: Mapped[Flag]

    def __str__(self) -> str:
        return self.text


class SurveyResponse(Base):
    """One filled survey; ``employee_id`` is empty in an anonymous one, ``token`` prevents a second filling."""

    __tablename__ = "survey_response"
    __table_args__ = (
        UniqueConstraint("survey_id", "token"),
        {"info": rows_go("Ответы на опросы", export=without("token"))},
    )
    id: Mapped[Id]
    survey_id: Mapped[int] = mapped_column(ForeignKey("survey.id"))
    employee_id: Mapped[int | None] = mapped_column(ForeignKey("employee.id"), index=True)
    token: Mapped[str] = mapped_column(String(64))
    submitted_at: Mapped[CreatedAt]


class SurveyAnswer(Base):
    """Answer to one question."""

    __tablename__ = "survey_answer"
    __table_args__ = (
        UniqueConstraint("response_id", "question_id"),
        {"info": rows_go("Ответы на вопросы", "response_id")},
    )
    id: Mapped[Id]
    response_id: Mapped[int] = mapped_column(ForeignKey("survey_response.id", ondelete="CASCADE"))
    question_id: Mapped[int] = mapped_column(ForeignKey("survey_question.id"), index=True)
    value: Mapped[Json]


class ReportForm(Base):
    """Statistical report form: developed by the operator, approved by the ministry (order § 3.1, 4)."""

    __tablename__ = "report_form"
    id: Mapped[Id]
    code: Mapped[Code] = mapped_column(unique=True)
    title: Mapped[Name]
    definition: Mapped[Json]
    status: Mapped[st.ReportFormStatus] = mapped_column(
        coded(st.ReportFormStatus), server_default="draft", default=st.ReportFormStatus.DRAFT
    )
    reason_text: Mapped[Long | None]
    approved_by_id: Mapped[int | None] = mapped_column(ForeignKey("ab_user.id"))
    approved_at: Mapped[Moment | None]


class NewsItem(Base):
    """News, legal act, manual («Новости», «Документация»)."""

    __tablename__ = "news_item"
    __table_args__ = (Index("ix_news_item_published", "status", "published_at"),)
    id: Mapped[Id]
    kind: Mapped[st.NewsKind] = mapped_column(coded(st.NewsKind), server_default="news", default=st.NewsKind.NEWS)
    title: Mapped[Name]
    body: Mapped[LongText]
    pinned: Mapped[Flag]
    public: Mapped[FlagOn]
    published_at: Mapped[Moment | None]
    status: Mapped[st.NewsStatus] = mapped_column(
        coded(st.NewsStatus), server_default="draft", default=st.NewsStatus.DRAFT
    )
    created_at: Mapped[CreatedAt]


class SupportRequest(Base):
    """Question or proposal to the operator (order § 1.7, 4)."""

    __tablename__ = "support_request"
    __table_args__ = {"info": rows_go("Обращения в поддержку")}
    id: Mapped[Id]
    author_id: Mapped[int] = mapped_column(ForeignKey("ab_user.id"), index=True)
    topic: Mapped[Name]
    category: Mapped[Code]
    status: Mapped[st.SupportStatus] = mapped_column(
        coded(st.SupportStatus), server_default="open", default=st.SupportStatus.OPEN
    )
    due_on: Mapped[dt.date | None]
    created_at: Mapped[CreatedAt]


class SupportMessage(Base):
    """Message of a support request."""

    __tablename__ = "support_message"
    __table_args__ = {"info": rows_go("Сообщения в поддержку", "author_id", "request_id")}
    id: Mapped[Id]
    request_id: Mapped[int] = mapped_column(ForeignKey("support_request.id", ondelete="CASCADE"), index=True)
    author_id: Mapped[int] = mapped_column(ForeignKey("ab_user.id"))
    body: Mapped[LongText] = mapped_column(info=personal("mentions"))
    created_at: Mapped[CreatedAt]


class MaintenanceWindow(Base):
    """Технологический перерыв: announced, data frozen (order § 1.10–1.12); windows never overlap."""

    __tablename__ = "maintenance_window"
    __table_args__ = (
        CheckConstraint("ends_at > starts_at", "times"),
        ExcludeConstraint(
            (text("tstzrange(starts_at, ends_at)"), "&&"),
            name="ex_maintenance_window_overlap",
            where=text("status <> 'ended'"),
            using="gist",
        ),
    )
    id: Mapped[Id]
    starts_at: Mapped[Moment]
    ends_at: Mapped[Moment]
    announcement: Mapped[Long]
    status: Mapped[st.MaintenanceStatus] = mapped_column(
        coded(st.MaintenanceStatus), server_default="announced", default=st.MaintenanceStatus.ANNOUNCED
    )
    announced_at: Mapped[CreatedAt]


# === common ==========================================================================================================


class AuditEntry(Base):
    """Journal: append-only (triggers forbid UPDATE and DELETE), written in the transaction of the change."""

    __tablename__ = "audit_entry"
    __table_args__ = (
        Index("ix_audit_entry_object", "object_table", "object_id", "id"),
        Index("ix_audit_entry_at", "at"),
        {
            "info": rows_stay(
                "Записи журнала",
                pd.JOURNAL,
                # who did it and what else it was about are other people
                export=without("user_name", "object_table", "object_id", "object_label", "request_id", "redacted_at"),
            )
        },
    )
    id: Mapped[BigId]
    at: Mapped[CreatedAt]
    user_id: Mapped[int | None] = mapped_column(ForeignKey("ab_user.id"), index=True)
    user_name: Mapped[Name] = mapped_column(info=personal("replace"))
    role: Mapped[Short] = mapped_column(info=kept(pd.JOURNAL))
    action: Mapped[Short] = mapped_column(info=kept(pd.JOURNAL))
    object_table: Mapped[Code] = mapped_column(info=kept(pd.JOURNAL))
    object_id: Mapped[int | None]
    object_label: Mapped[Name] = mapped_column(info=personal("mentions"))
    changes: Mapped[Json] = mapped_column(info=personal("mentions"))
    request_id: Mapped[str | None] = mapped_column(String(40), info=kept(pd.JOURNAL))
    address: Mapped[Short | None] = mapped_column(info=personal("empty"))
    #: when its names and values were taken out because the person withdrew the consent
    redacted_at: Mapped[Moment | None]

    def __str__(self) -> str:
        return self.action


#: what is written in place of a value that was taken out of the journal
REDACTED = "обезличено"
#: nothing of the journal is deleted or rewritten; the one change let through takes names and values out, and says when
event.listen(
    AuditEntry.__table__,
    "after_create",
    DDL(  # type: ignore[no-untyped-call]
        """
CREATE FUNCTION audit_entry_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_LEVEL = 'ROW' AND current_setting('portal.redaction', true) = 'on' AND NEW.redacted_at IS NOT NULL
    AND (NEW.id, NEW.at, NEW.user_id, NEW.role, NEW.action, NEW.object_table, NEW.object_id, NEW.request_id)
      IS NOT DISTINCT FROM
      (OLD.id, OLD.at, OLD.user_id, OLD.role, OLD.action, OLD.object_table, OLD.object_id, OLD.request_id)
    AND (NEW.user_name = OLD.user_name OR starts_with(NEW.user_name, 'Обезличено'))
    AND (NEW.object_label = OLD.object_label OR starts_with(NEW.object_label, 'Обезличено'))
    AND (NEW.address IS NULL OR NEW.address = OLD.address)
    AND NOT EXISTS (
      SELECT FROM jsonb_each(OLD.changes) o FULL JOIN jsonb_each(NEW.changes) n ON o.key = n.key
      WHERE o.key IS NULL OR n.key IS NULL
        OR n.value IS DISTINCT FROM o.value AND n.value <> '["обезличено", "обезличено"]'::jsonb)
  THEN RETURN NEW; END IF;
  RAISE EXCEPTION 'audit_entry is append-only';
END $$;
CREATE TRIGGER audit_entry_append_only BEFORE DELETE OR TRUNCATE ON audit_entry
FOR EACH STATEMENT EXECUTE FUNCTION audit_entry_append_only();
CREATE TRIGGER audit_entry_redaction BEFORE UPDATE ON audit_entry
FOR EACH ROW EXECUTE FUNCTION audit_entry_append_only();
"""
    ),
)


class Letter(Base):
    """Outgoing letter: a row with a state that the operator sees and may resend; leaves only after the commit."""

    __tablename__ = "letter"
    __table_args__ = (
        Index("ix_letter_status", "status", "id"),
        Index("ix_letter_waiting", "recipient", "id", postgresql_where=text("status = 'queued'")),
        CheckConstraint("attempts >= 0", "attempts"),
        {
            "info": rows_go(
                "Письма",
                # the same words once more, and how the post went
                export=without(
                    "html", "calendar", "object_table", "object_id", "attempts", "last_error", "next_attempt_at"
                ),
            )
        },
    )
    id: Mapped[BigId]
    recipient: Mapped[Name]
    user_id: Mapped[int | None] = mapped_column(ForeignKey("ab_user.id"), index=True)
    #: the roles in which the user is told, not those of who tells; none: told to the person
    made_in: Mapped[ToldIn]
    subject: Mapped[Name] = mapped_column(info=personal("mentions"))
    body: Mapped[LongText] = mapped_column(info=personal("mentions"))
    object_table: Mapped[Code | None]
    object_id: Mapped[int | None]
    status: Mapped[st.LetterStatus] = mapped_column(
        coded(st.LetterStatus), server_default="queued", default=st.LetterStatus.QUEUED
    )
    attempts: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"), default=0)
    last_error: Mapped[Name | None] = mapped_column(info=personal("mentions"))
    #: after an attempt that failed: not before this moment
    next_attempt_at: Mapped[Moment | None]
    #: code of its kind, its HTML form, the iCalendar file that goes along
    template: Mapped[Code | None]
    html: Mapped[LongText | None] = mapped_column(info=personal("mentions"))
    calendar: Mapped[LongText | None] = mapped_column(info=personal("mentions"))
    created_at: Mapped[CreatedAt]
    sent_at: Mapped[Moment | None]

    def __str__(self) -> str:
        return self.subject


class LetterTemplate(Base):
    """The operator's words of a kind of letters; NULL: the standard ones of the present version of the portal.

    ``required``: the order demands it, so it cannot be refused.
    """

    __tablename__ = "letter_template"
    id: Mapped[Id]
    code: Mapped[Code] = mapped_column(unique=True)
    title: Mapped[Name]
    subject: Mapped[Name | None]
    body: Mapped[LongText | None]
    html: Mapped[LongText | None]
    button: Mapped[Short | None]
    required: Mapped[Flag]
    updated_at: Mapped[CreatedAt] = mapped_column(onupdate=now)

    def __str__(self) -> str:
        return self.title


class LetterRefusal(Base):
    """A kind of letters that a user does not want by e-mail; the notice in the cabinet stays."""

    __tablename__ = "letter_refusal"
    __table_args__ = {"info": rows_go("Отказы от видов писем")}
    user_id: Mapped[int] = mapped_column(ForeignKey("ab_user.id", ondelete="CASCADE"), primary_key=True)
    template: Mapped[Code] = mapped_column(primary_key=True)


class Notice(Base):
    """Notice in the cabinet of a person, or of a user who is no employee."""

    __tablename__ = "notice"
    __table_args__ = (
        Index("ix_notice_unread", "employee_id", postgresql_where=text("read_at IS NULL")),
        Index("ix_notice_digest", "user_id", "employee_id", postgresql_where=text("in_digest")),
        CheckConstraint("num_nonnulls(employee_id, user_id) = 1", "owner"),
        {"info": rows_go("Извещения", export=without("href", "in_digest"))},
    )
    id: Mapped[BigId]
    employee_id: Mapped[int | None] = mapped_column(ForeignKey("employee.id"), index=True)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("ab_user.id", ondelete="CASCADE"), index=True)
    #: the roles in which the user is told, not those of who tells; none: told to the person
    made_in: Mapped[ToldIn]
    text: Mapped[Long] = mapped_column(info=personal("mentions"))
    href: Mapped[Name | None]
    created_at: Mapped[CreatedAt]
    read_at: Mapped[Moment | None]
    #: waits for the next digest letter of its user
    in_digest: Mapped[Flag]


class TakenDecision(Base):
    """A decision that its user may undo for a short time, with what has to be put back and taken back then."""

    __tablename__ = "taken_decision"
    __table_args__ = {"info": rows_go("Решения, которые можно было отменить", "user_id", export=not_given(pd.WORK))}
    id: Mapped[BigId]
    #: one press of a button, on one row or on many
    batch: Mapped[Code] = mapped_column(index=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("ab_user.id", ondelete="CASCADE"), index=True)
    object_table: Mapped[Code]
    object_id: Mapped[int]
    action: Mapped[Code]
    label: Mapped[Name] = mapped_column(info=personal("mentions"))
    #: values that the decision changed, as they were; the whole row right after it, as a fingerprint
    before: Mapped[Json] = mapped_column(info=personal("mentions"))
    mark: Mapped[str] = mapped_column(String(32), info=kept())
    letter_ids: Mapped[list[int]] = mapped_column(ARRAY(BigInteger), server_default=text("'{}'"))
    notice_ids: Mapped[list[int]] = mapped_column(ARRAY(BigInteger), server_default=text("'{}'"))
    taken_at: Mapped[Moment]
    undone_at: Mapped[Moment | None]

    def __str__(self) -> str:
        return self.label


class TakenCase(Base):
    """A row that waits for a decision and that a user has taken to decide; one user at a time."""

    __tablename__ = "taken_case"
    __table_args__ = {"info": rows_go("Дела, взятые в работу", "user_id", export=not_given(pd.WORK))}
    object_table: Mapped[Code] = mapped_column(primary_key=True)
    object_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    user_id: Mapped[int] = mapped_column(ForeignKey("ab_user.id", ondelete="CASCADE"), index=True)
    taken_at: Mapped[Moment]


class ReminderSent(Base):
    """A reminder that was given once and is not given again: «чек истекает через 30 дней», «занятия завтра»."""

    __tablename__ = "reminder_sent"
    kind: Mapped[Code] = mapped_column(primary_key=True)
    object_table: Mapped[Code] = mapped_column(primary_key=True)
    object_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    sent_at: Mapped[CreatedAt]


class ImportBatch(Base):
    """An uploaded list with its preview; nothing of it is written before it is applied. ``kind``: staff, voucher, training or plan."""

    __tablename__ = "import_batch"
    __table_args__ = {"info": rows_stay("Загрузки списков", pd.TECHNICAL, export=not_given(pd.WORK))}
    id: Mapped[Id]
    kind: Mapped[Code] = mapped_column(server_default="staff", default="staff", info=kept())
    user_id: Mapped[int | None] = mapped_column(ForeignKey("ab_user.id"), index=True)
    made_in: Mapped[MadeIn]
    file_name: Mapped[Name] = mapped_column(info=personal("mentions"))
    sha256: Mapped[str] = mapped_column(String(64), info=kept())
    #: tens of megabytes for a region's list: read only when asked for
    rows: Mapped[list[Any]] = mapped_column(JSONB, deferred=True, info=personal("mentions"))
    summary: Mapped[Json] = mapped_column(info=personal("mentions"))
    status: Mapped[st.ImportStatus] = mapped_column(
        coded(st.ImportStatus), server_default="previewed", default=st.ImportStatus.PREVIEWED
    )
    #: what the application wrote: table → ids of new rows, and former values of changed ones (to undo it)
    written: Mapped[dict[str, Any]] = mapped_column(
        JSONB, server_default=text("'{}'::jsonb"), deferred=True, info=personal("mentions")
    )
    created_at: Mapped[CreatedAt]
    applied_at: Mapped[Moment | None]
    undone_at: Mapped[Moment | None]

    def __str__(self) -> str:
        return self.file_name


class BackgroundJob(Base):
    """Long work of a user («Мои задания»): progress and the result's file."""

    __tablename__ = "background_job"
    __table_args__ = (
        CheckConstraint("0 <= done AND done <= total", "progress"),
        {"info": rows_go("Задания и их результаты", export=without("kind", "parameters", "done", "total", "file_id"))},
    )
    id: Mapped[Id]
    user_id: Mapped[int] = mapped_column(ForeignKey("ab_user.id"), index=True)
    made_in: Mapped[MadeIn]
    kind: Mapped[Code]
    title: Mapped[Name] = mapped_column(info=personal("mentions"))
    parameters: Mapped[Json] = mapped_column(info=personal("mentions"))
    status: Mapped[st.JobStatus] = mapped_column(
        coded(st.JobStatus), server_default="queued", default=st.JobStatus.QUEUED
    )
    done: Mapped[int] = mapped_column(server_default=text("0"), default=0)
    total: Mapped[int] = mapped_column(server_default=text("0"), default=0)
    message: Mapped[Long | None] = mapped_column(info=personal("mentions"))
    file_id: Mapped[int | None] = mapped_column(ForeignKey("stored_file.id"))
    created_at: Mapped[CreatedAt]
    finished_at: Mapped[Moment | None]

    def __str__(self) -> str:
        return self.title


class SavedFilter(Base):
    """A list's search, filters and order under the user's own name («Мои отборы»)."""

    __tablename__ = "saved_filter"
    __table_args__ = (
        UniqueConstraint("user_id", "view", "title"),
        {"info": rows_go("Сохранённые отборы", export=without("query"))},
    )
    id: Mapped[Id]
    user_id: Mapped[int] = mapped_column(ForeignKey("ab_user.id", ondelete="CASCADE"))
    made_in: Mapped[MadeIn]
    #: table of the list
    view: Mapped[Code]
    title: Mapped[Name] = mapped_column(info=personal("mentions"))
    #: GET parameters without the page
    query: Mapped[Long] = mapped_column(info=personal("mentions"))
    created_at: Mapped[CreatedAt]

    def __str__(self) -> str:
        return self.title


class ListPreference(Base):
    """Columns and page size that a user chose for a list; empty: as declared. ``roomy`` in any of them is for all lists."""

    __tablename__ = "list_preference"
    __table_args__ = {"info": rows_go("Настройки списков", export=not_given(pd.TECHNICAL))}
    user_id: Mapped[int] = mapped_column(ForeignKey("ab_user.id", ondelete="CASCADE"), primary_key=True)
    view: Mapped[Code] = mapped_column(primary_key=True)
    columns: Mapped[Words]
    page_size: Mapped[int | None] = mapped_column(SmallInteger)
    roomy: Mapped[bool] = mapped_column(server_default=text("false"))


class DismissedHint(Base):
    """A first-visit hint that a user has switched off."""

    __tablename__ = "dismissed_hint"
    __table_args__ = {"info": rows_go("Закрытые подсказки", export=not_given(pd.TECHNICAL))}
    user_id: Mapped[int] = mapped_column(ForeignKey("ab_user.id", ondelete="CASCADE"), primary_key=True)
    code: Mapped[Code] = mapped_column(primary_key=True)


class WorkerHeartbeat(Base):
    """Last sign of life of each job worker, for /health."""

    __tablename__ = "worker_heartbeat"
    name: Mapped[str] = mapped_column(String(80), primary_key=True)
    seen_at: Mapped[Moment]


class DailyWork(Base):
    """On which day each part of the nightly work was last done, so that what was missed is made up for."""

    __tablename__ = "daily_work"
    name: Mapped[str] = mapped_column(String(80), primary_key=True)
    done_on: Mapped[dt.date]


class Figure(Base):
    """A number of people or papers of the region (level ``r``, place 0), a territory (``t``) or an organization (``o``)."""

    __tablename__ = "figure"
    level: Mapped[str] = mapped_column(String(1), primary_key=True)
    place: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    code: Mapped[str] = mapped_column(String(40), primary_key=True)
    number: Mapped[int]


class FigureDay(Base):
    """A figure as it was on a day; the first point is of the first day on which the portal kept one."""

    __tablename__ = "figure_day"
    level: Mapped[str] = mapped_column(String(1), primary_key=True)
    place: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    code: Mapped[str] = mapped_column(String(40), primary_key=True)
    day: Mapped[dt.date] = mapped_column(primary_key=True)
    number: Mapped[int]


class FigureCount(Base):
    """When the figures were counted last, and how many seconds that took; one row."""

    __tablename__ = "figure_count"
    __table_args__ = (CheckConstraint("id = 1", "one"),)
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    counted_at: Mapped[Moment]
    seconds: Mapped[float]


def mapped_classes() -> dict[str, type[Base]]:
    """All classes of the portal by table name (FAB's own tables excluded, ``Account`` under ``ab_user``)."""
    found = {m.class_.__tablename__: m.class_ for m in Base.registry.mappers if issubclass(m.class_, Base)}
    return {**found, "ab_user": Account}
