"""Generated views, declared in menu order: columns, filters, forms, actions → one service call each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask_appbuilder.models.sqla.interface import SQLAInterface as Table

from app import addresses
from app import models as m
from app.services.access import invitations
from app.services.courses.program import organizer_rules, programs_until
from app.services.personnel.cards import people
from app.statuses import EmploymentKind
from app.text.sql import sort_key
from app.web.access.access_view import DUE as ACCESS_DUE
from app.web.access.access_view import PLACE as ASKED_PLACE
from app.web.access.access_view import ROLE as ASKED_ROLE
from app.web.access.access_view import WHO as ASKS
from app.web.access.access_view import AccessRequestPages
from app.web.access.account_view import (
    ACCOUNT,
    ACCOUNT_ATTENTION,
    ACCOUNT_ROLES,
    ACCOUNT_TABS,
    ASSIGNED_ROLE,
    ROLE,
    AccountPages,
    AssignmentPages,
)
from app.web.access.registration_view import APPLICANT, DUE, RegistrationPages
from app.web.courses.attendance_pages import GroupAttendance
from app.web.courses.bulk_enrolment import EnrolMany, GroupConfirming, GroupFilling, invite_planned
from app.web.courses.course_columns import (
    ENROLMENT_ATTENTION,
    ENROLMENT_GROUP,
    ENROLMENT_TABS,
    GROUP,
    GROUP_ATTENTION,
    GROUP_DATES,
    GROUP_TABS,
    PROGRAM,
    PROGRAM_TABS,
    SEATS,
)
from app.web.courses.enrolment_view import EnrolmentPages
from app.web.courses.group_blocks import GroupListeners
from app.web.courses.group_correction import GroupCorrection
from app.web.courses.group_view import GroupCopying, GroupPages, GroupReopening, TrainedOfGroup
from app.web.courses.order_pages import GroupOrders
from app.web.courses.order_view import ORDER_GROUP, OrderPages
from app.web.courses.program_view import YEAR as PROGRAM_YEAR
from app.web.courses.program_view import ProgramPages
from app.web.courses.quota_pages import GroupQuotas
from app.web.courses.result_pages import GroupResults
from app.web.courses.schedule_pages import GroupSchedule
from app.web.desk.desk_link import DeskLink
from app.web.desk.journal_columns import AUDIT_ACTION, AUDIT_CHANGES, AUDIT_OBJECT
from app.web.desk.letter_view import (
    ADDRESS_FILTER,
    KIND_FILTER,
    LETTER_KIND,
    LETTER_STATE,
    LETTER_TABS,
    TEMPLATE_REFUSAL,
    TEMPLATE_STATE,
    TEMPLATE_SUBJECT,
    TEMPLATE_TITLE,
    LetterPages,
    LetterTemplatePages,
)
from app.web.frame.late_hints import told_by
from app.web.frame.pages import Block
from app.web.frame.scoped_view import ScopedModelView
from app.web.paper.amendments import AMENDED
from app.web.paper.blank_act_view import ACT_NUMBER, ActPages
from app.web.paper.blank_view import BLANK, DOCUMENT, RANGE, BlankPages, ReceiptPages
from app.web.paper.certificate_view import CertificatePages
from app.web.paper.frdo_view import FrdoPages
from app.web.paper.issue_pages import GroupIssuing
from app.web.paper.paper_columns import (
    BLANK_ATTENTION,
    BLANK_TABS,
    CERTIFICATE_ATTENTION,
    CERTIFICATE_PROGRAM,
    CERTIFICATE_TABS,
    FRDO_BATCH_ATTENTION,
    FRDO_TABS,
    REGISTRY_ATTENTION,
    REGISTRY_TABS,
)
from app.web.paper.print_template_view import IN_FORCE, PAPER, PAPER_FILTER, PLACE, PrintTemplatePages
from app.web.paper.printing_pages import GroupPrinting
from app.web.paper.registry_row_view import RegistryPages
from app.web.paper.registry_row_view import renew as renew_registry
from app.web.personnel import invitation_pages
from app.web.personnel.archive_pages import Archive
from app.web.personnel.change_view import CHANGED_FIELDS, OVERDUE, ChangePages
from app.web.personnel.consent_view import (
    PERSON_NAME,
    ConsentTextPages,
    ConsentWithdrawalPages,
)
from app.web.personnel.employee_actions import Proceedings, Topicality
from app.web.personnel.employee_view import EmployeePages
from app.web.personnel.employment_view import EmploymentPages
from app.web.personnel.merge_view import GONE, KEPT, MergePages
from app.web.personnel.own_choices import own_organizations
from app.web.personnel.own_data_pages import GivenData
from app.web.personnel.paper_consent import PaperConsents
from app.web.personnel.people_columns import (
    ACCESS_TABS,
    CATEGORY,
    CHANGE_TABS,
    CITIZENSHIP,
    CITIZENSHIP_FILTER,
    EMPLOYEE_ATTENTION,
    EMPLOYEE_TABS,
    EMPLOYER,
    EMPLOYMENT,
    EMPLOYMENT_ATTENTION,
    EMPLOYMENT_TABS,
    FIGURE,
    ORGANIZATION,
    OWNER,
    PERSON,
    POSITION,
    REGISTRATION_TABS,
    STARTED,
    STARTED_FILTER,
    TRAINING_ATTENTION,
    TRAINING_TABS,
    TRANSFER_TABS,
    VALID_UNTIL,
    VOUCHER,
    WITHDRAWAL_TABS,
    WORKPLACE,
    units_block,
)
from app.web.personnel.person_records import OfPerson
from app.web.personnel.staff_import_view import StaffImportPages
from app.web.personnel.training_view import TrainingPages
from app.web.personnel.transfer_view import ATTENTION as TURN
from app.web.personnel.transfer_view import FROM, MOVED, TO, TransferPages
from app.web.planning.campaign_view import CampaignPages, CampaignQuotas, CampaignReopening
from app.web.planning.offer_place_page import OfferYear
from app.web.planning.offer_view import MONTHS, OFFERED, OfferPages
from app.web.planning.plan_fact_page import FactLink, PlanAndFact
from app.web.planning.proposal_pages import ProposalOfGroups
from app.web.planning.results_view import NUMBER as PLAN_NUMBER
from app.web.planning.results_view import ResultPages
from app.web.planning.wish_view import UnmetPages, WishPages
from app.web.voucher.voucher_application_view import DUE as APPLICATION_DUE
from app.web.voucher.voucher_application_view import VoucherApplicationPages
from app.web.voucher.voucher_apply import VoucherApply, open_for
from app.web.voucher.voucher_list_columns import (
    APPLICATION_ATTENTION,
    APPLICATION_TABS,
    BLOCKS,
    VOUCHER_ATTENTION,
    VOUCHER_TABS,
)
from app.web.voucher.voucher_rule_view import VoucherRuleBlockPages, VoucherRulePages
from app.web.voucher.voucher_view import VoucherPages
from app.web.voucher.voucher_view import replace as replace_voucher

# --- Работники -------------------------------------------------------------------------------------------------------


class EmployeeView(EmployeePages):
    datamodel = Table(m.Employee)
    tabs = EMPLOYEE_TABS
    list_columns = [PERSON, WORKPLACE, "snils", CATEGORY, VOUCHER, CITIZENSHIP]
    load = ("employments.position", "employments.organization", "attestations.kind", "vouchers")
    filters = (
        EMPLOYEE_ATTENTION,
        FIGURE,
        EMPLOYER,
        POSITION,
        invitation_pages.ACCOUNT,
        "sex",
        "birth_date",
        CITIZENSHIP_FILTER,
    )
    base_order_by = (m.Employee.sort,)
    services = {
        "invite": invitations.invite,
        "access_sheet": invitation_pages.print_access,
        "confirm_actual": people.confirm_actual,
        "apply": open_for,
    }
    parts = (
        StaffImportPages,
        VoucherApply,
        invitation_pages.Invitations,
        EnrolMany,
        Topicality,
        Proceedings,
        PaperConsents,
        Archive,
        GivenData,
    )
    sections = (
        ("Человек", ("last_name", "first_name", "patronymic", "birth_date", "sex", "snils", "citizenship")),
        ("Связь", ("phone", "email")),
        ("Стаж и заслуги", ("teaching_since", "working_since", "degree", "awards")),
        ("Имя в документах", ("name_genitive", "name_dative", "name_accusative")),
    )
    hints = {
        "snils": "Без СНИЛС работник не сможет получить чек.",
        "teaching_since": "Дата, с которой считается педагогический стаж: стаж вычисляется сам.",
        "name_genitive": "Для договоров: «в лице Ивановой Марии Петровны». Пусто — портал просклоняет сам.",
        "name_dative": "Для справок: «выдана Ивановой Марии Петровне». Пусто — портал просклоняет сам.",
        "name_accusative": "Для приказов: «зачислить Иванову Марию Петровну». Пусто — портал просклоняет сам.",
    }
    keep = ("organization",)
    required_columns = ("birth_date", "sex")
    empty = "Работников пока нет. Добавьте первого или загрузите список из Excel."


class EmploymentView(EmploymentPages):
    datamodel = Table(m.Employment)
    parts = (*EmploymentPages.parts, DeskLink)
    tabs = EMPLOYMENT_TABS
    list_columns = [OWNER, "position", "organization", "kind", STARTED, "ended_on", "status"]
    load = ("employee", "position", "organization", "subjects")
    filters = (EMPLOYMENT_ATTENTION, "status", "organization", "position", "kind", STARTED_FILTER)
    base_order_by = (m.Employment.id.desc(),)
    sections = (
        ("Место работы", ("employee", "organization", "position", "subjects", "kind", "activity")),
        ("Даты", ("started_on", "position_since", "ended_on")),
    )
    limited = {"employee": "employee:edit", "organization": "employment:add"}

    def choosable(self, field: str, target: type[Any]) -> Any:
        """The responsible person chooses among the own organization and its units."""
        return own_organizations() if field == "organization" and target is m.Organization else None

    def prefill(self) -> dict[str, Any]:
        """A new place of work is the main one until said otherwise."""
        return {"kind": EmploymentKind.MAIN.value, **super().prefill()}


class QualificationView(ScopedModelView):
    datamodel = Table(m.Qualification)
    parts = (OfPerson,)
    limited = {"employee": "employee:edit"}
    list_columns = [OWNER, "level", "institution", "speciality", "year"]
    load = ("employee", "level")
    filters = ("level", "is_pedagogical")
    base_order_by = (m.Qualification.id.desc(),)
    sections = (
        ("", ("employee", "level", "institution", "speciality", "qualification_name", "year")),
        ("Документ", ("series", "number", "last_name", "is_pedagogical", "is_main")),
    )


class AttestationView(ScopedModelView):
    datamodel = Table(m.Attestation)
    parts = (OfPerson,)
    limited = {"employee": "employee:edit"}
    list_columns = [OWNER, "kind", "position", "valid_from", VALID_UNTIL]
    load = ("employee", "kind", "position")
    filters = ("kind", "valid_until")
    base_order_by = (m.Attestation.id.desc(),)
    sections = (
        ("", ("employee", "kind", "position", "subject", "valid_from", "valid_until")),
        ("Решение", ("decision_date", "order_number", "order_date")),
    )


class TrainingView(TrainingPages):
    datamodel = Table(m.Training)
    parts = (*TrainingPages.parts, DeskLink)
    tabs = TRAINING_TABS
    list_columns = [OWNER, "title", "institution", "hours", "ended_on", "source", "status"]
    load = ("employee",)
    filters = (TRAINING_ATTENTION, "status", "source", "kind", "ended_on")
    base_order_by = (m.Training.ended_on.desc(),)
    sections = (
        ("Обучение", ("employee", "title", "kind", "institution", "city", "hours", "started_on", "ended_on")),
        ("Документ", ("document_kind", "document_number", "issued_on")),
    )
    required_columns = ("kind", "document_kind", "document_number")
    hints = {
        "title": "Как в документе, полностью.",
        "institution": "Организация, которая выдала документ.",
        "ended_on": "Вносится обучение, законченное с 2010 года.",
        "document_number": "Номер или регистрационный номер; если есть серия, перед номером.",
    }


class FormerNameView(ScopedModelView):
    datamodel = Table(m.FormerName)
    parts = (OfPerson,)
    limited = {"employee": "employee:edit"}
    list_columns = [OWNER, "last_name", "until", "reason"]
    load = ("employee",)
    sections = (("", ("employee", "last_name", "until", "reason")),)


class ChangeRequestView(ChangePages):
    datamodel = Table(m.ChangeRequest)
    tabs = CHANGE_TABS
    list_columns = [OWNER, CHANGED_FIELDS, "status", "due_on", "created_at"]
    load = ("employee",)
    filters = (OVERDUE, "status", "due_on")
    base_order_by = (m.ChangeRequest.id.desc(),)


class TransferView(TransferPages):
    datamodel = Table(m.Transfer)
    parts = (*TransferPages.parts, DeskLink)
    tabs = TRANSFER_TABS
    list_columns = [MOVED, FROM, TO, "status", "starts_on", "due_on"]
    filters = (TURN, "status", "due_on", "starts_on")
    base_order_by = (m.Transfer.id.desc(),)


class EmployeeMergeView(MergePages):
    datamodel = Table(m.EmployeeMerge)
    list_columns = [GONE, KEPT, "created_at", "undone_at"]
    load = ("kept",)
    filters = ("created_at",)
    base_order_by = (m.EmployeeMerge.id.desc(),)


class QualityRuleView(ScopedModelView):
    datamodel = Table(m.QualityRule)
    list_columns = ["title", "weight", "enabled"]
    filters = ("enabled",)
    base_order_by = (m.QualityRule.weight.desc(), m.QualityRule.id)
    sections = (("", ("title", "weight", "enabled")),)
    hints = {"weight": "От 0 до 100: доля правила в полноте данных — его вес среди весов всех учитываемых правил."}


# --- Чеки ------------------------------------------------------------------------------------------------------------


class VoucherApplicationView(VoucherApplicationPages):
    datamodel = Table(m.VoucherApplication)
    parts = (*VoucherApplicationPages.parts, DeskLink)
    tabs = APPLICATION_TABS
    list_columns = [OWNER, EMPLOYMENT, "status", "submitted_at", APPLICATION_DUE]
    load = ("employee", "employment.position", "employment.organization")
    filters = (APPLICATION_ATTENTION, "status", "due_on")
    base_order_by = (m.VoucherApplication.id.desc(),)
    sections = (("", ("employee", "on_behalf_note")),)
    limited = {"employee": "voucher_application:add"}
    hints = {
        "on_behalf_note": "Заполняется, если заявку подаёт ответственный: с кем и когда согласовано (п. 3.4 Порядка)."
    }


class VoucherView(VoucherPages):
    datamodel = Table(m.Voucher)
    tabs = VOUCHER_TABS
    list_columns = ["number", OWNER, "issued_on", "valid_until", "status", BLOCKS]
    load = ("employee", "blocks")
    filters = (VOUCHER_ATTENTION, "status", "issued_on", "valid_until")
    base_order_by = (m.Voucher.id.desc(),)
    services = {"replace": replace_voucher}


# --- Курсы -----------------------------------------------------------------------------------------------------------


class ProgramView(ProgramPages):
    datamodel = Table(m.Program)
    parts = (*ProgramPages.parts, DeskLink)
    tabs = PROGRAM_TABS
    list_columns = [PROGRAM, "organizer", "hours", "form", "block", PROGRAM_YEAR, "status"]
    load = ("organizer",)
    filters = ("year", "status", "late", "block", "form", "organizer")
    base_order_by = (m.Program.sort,)
    sections = (
        ("Программа", ("organizer", "code", "title", "kind", "year", "hours", "form", "distance", "block")),
        ("Для кого (пусто — для всех)", ("organization_types", "positions", "subjects")),
        ("Содержание", ("annotation", "authors")),
        ("Для ФИС ФРДО", ("qualification_name", "area", "specialities_group", "funding")),
    )
    keep = ("organizer", "kind", "year", "form")
    limited = {"organizer": "program:add"}
    hints = {
        "hours": "Повышение квалификации — от 16 до 249 часов, переподготовка — от 250.",
        "kind": told_by(organizer_rules.hint),
        "year": told_by(programs_until.hint),
        "qualification_name": "Для профессиональной переподготовки: её пишут в дипломе.",
    }


class TrainingGroupView(GroupPages):
    datamodel = Table(m.TrainingGroup)
    parts = (
        GroupAttendance,
        GroupResults,
        GroupFilling,
        GroupConfirming,
        GroupReopening,
        GroupIssuing,
        TrainedOfGroup,
        GroupCorrection,
        GroupCopying,
        GroupPrinting,
        GroupQuotas,
        GroupSchedule,
        GroupListeners,
        GroupOrders,
    )
    tabs = GROUP_TABS
    list_columns = [GROUP, "organizer", GROUP_DATES, "place", SEATS, "status"]
    load = ("program", "organizer")
    filters = (GROUP_ATTENTION, "status", "starts_on", "organizer", "program")
    base_order_by = (m.TrainingGroup.starts_on.desc(),)
    sections = (
        ("Группа", ("program", "number", "audience", "curator")),
        ("Занятия", ("starts_on", "ends_on", "municipality", "place", "schedule")),
        ("Запись", ("enrol_from", "enrol_until", "capacity", "minimum")),
    )
    keep = ("program",)
    hints = {
        "number": "Можно не заполнять: портал присвоит следующий номер по виду, заданному в карточке организатора.",
        "enrol_until": "Последний день записи. В день начала занятий портал запись закрывает.",
        "minimum": "Если людей меньше, портал предупредит вас до начала занятий.",
        "schedule": "Коротко, словами. Занятия по дням составляются после сохранения, на странице «Расписание».",
    }
    limited = {"program": "training_group:add"}
    services = {"invite": invite_planned}


class EnrolmentView(EnrolmentPages):
    datamodel = Table(m.Enrolment)
    tabs = ENROLMENT_TABS
    list_columns = [OWNER, EMPLOYMENT, ENROLMENT_GROUP, "block", "status"]
    load = ("employee", "employment.position", "employment.organization", "group.program", "block")
    filters = (ENROLMENT_ATTENTION, "status", "group")
    base_order_by = (m.Enrolment.id.desc(),)
    sections = (("", ("employee", "group")),)
    limited = {"employee": "enrolment:add"}


# --- Документы -------------------------------------------------------------------------------------------------------


class CertificateView(CertificatePages):
    datamodel = Table(m.Certificate)
    tabs = CERTIFICATE_TABS
    list_columns = ["number", "kind", OWNER, CERTIFICATE_PROGRAM, "organizer", "issued_on", "status"]
    load = ("employee", "organizer", "enrolment.group.program")
    filters = (CERTIFICATE_ATTENTION, "status", "kind", "issued_on", "organizer")
    base_order_by = (m.Certificate.id.desc(),)


class TrainingOrderView(OrderPages):
    datamodel = Table(m.TrainingOrder)
    list_columns = ["number", "kind", "ordered_on", ORDER_GROUP, "organizer"]
    load = ("organizer",)
    filters = ("kind", "ordered_on", "organizer")
    base_order_by = (m.TrainingOrder.id.desc(),)
    empty = "Приказов пока нет. Приказ о зачислении или об отчислении издают в карточке группы."


class BlankView(BlankPages):
    datamodel = Table(m.Blank)
    tabs = BLANK_TABS
    list_columns = [BLANK, "status", DOCUMENT, "receipt", "act", "organizer"]
    load = ("certificate", "receipt", "act", "organizer")
    filters = (BLANK_ATTENTION, "kind", "series", "status", "organizer", "changed_at")
    base_order_by = (m.Blank.organizer_id, m.Blank.series, m.Blank.number)


class BlankReceiptView(ReceiptPages):
    datamodel = Table(m.BlankReceipt)
    list_columns = [RANGE, "quantity", "received_on", "document", "organizer"]
    load = ("organizer",)
    filters = ("kind", "series", "received_on", "organizer")
    base_order_by = (m.BlankReceipt.id.desc(),)
    sections = (
        ("Бланки", ("organizer", "kind", "series", "first", "last")),
        ("Откуда", ("received_on", "document")),
    )
    hints = {
        "series": "Буквы или цифры перед номером, например ПК.",
        "first": "С нулями впереди, как напечатано: 000101.",
        "document": "Номер и дата накладной типографии.",
    }


class BlankActView(ActPages):
    datamodel = Table(m.BlankAct)
    list_columns = [ACT_NUMBER, "acted_on", "reason", "organizer"]
    load = ("organizer",)
    filters = ("acted_on", "organizer")
    base_order_by = (m.BlankAct.id.desc(),)
    sections = (("Акт", ("acted_on", "reason", "commission")),)
    hints = {
        "reason": "Печатается в акте. У бланков, уже списанных с причиной, остаётся своя.",
        "commission": "По одному в строке, первый — председатель: методист, Петрова А. И.",
    }


class FrdoBatchView(FrdoPages):
    datamodel = Table(m.FrdoBatch)
    tabs = FRDO_TABS
    list_columns = [
        "number",
        "year",
        "organizer",
        "period_from",
        "period_to",
        "rows_count",
        "status",
        AMENDED,
        "created_at",
    ]
    load = ("organizer",)
    filters = (FRDO_BATCH_ATTENTION, "status", "organizer", "created_at")
    base_order_by = (m.FrdoBatch.id.desc(),)


class RegistryView(RegistryPages):
    datamodel = Table(m.Registry)
    tabs = REGISTRY_TABS
    list_columns = ["organizer", "period_from", "period_to", "rows_count", "status", AMENDED, "sent_at"]
    load = ("organizer",)
    filters = (REGISTRY_ATTENTION, "status", "organizer", "period_to", "sent_at")
    base_order_by = (m.Registry.id.desc(),)
    sections = (("Реестр обученных за период", ("organizer", "period_from", "period_to")),)
    limited = {"organizer": "registry:add"}
    hints = {"period_to": "В реестр войдут те, чьи занятия закончились в этот период."}
    services = {"renew": renew_registry}
    empty = "Реестров пока нет. Организатор формирует их за период и направляет в министерство."


# --- Справочники -----------------------------------------------------------------------------------------------------


class OrganizationView(ScopedModelView):
    datamodel = Table(m.Organization)
    list_columns = [ORGANIZATION, "type", "municipality", "territory", "inn", "head_name"]
    load = ("type", "municipality", "territory", "parent")
    filters = ("territory", "municipality", "type", "ownership", "is_organizer", "parent")
    base_order_by = (m.Organization.sort,)
    sections = (
        ("Организация", ("full_name", "short_name", "type", "parent", "territory", "municipality", "ownership")),
        ("Реквизиты", ("inn", "kpp", "ogrn", "licence_number", "licence_date")),
        ("Руководитель и связь", ("head_name", "head_position", "city", "address", "phone", "email", "website")),
        (
            "Курсы",
            ("employer_agreement", "is_organizer", "certificate_mask", "group_mask", "secretary_name", "closed_on"),
        ),
    )
    keep = ("type", "territory", "municipality", "ownership")
    hints = {
        "parent": "Для структурного подразделения, например детского сада при школе.",
        "certificate_mask": "Напишите первый номер этого года так, как он должен выглядеть: порядковый номер с нулями впереди и год "
        "портал узнает сам, остальное останется как есть.",
        "group_mask": "Напишите номер первой группы этого года. Вместо ПК-12 портал поставит шифр программы, вместо 1 или 001 — "
        "порядковый номер, вместо года — год.",
    }

    def blocks(self, row: m.Organization) -> Sequence[Block]:
        """Sections of the form, then the units."""
        return [*super().blocks(row), units_block(row)]


class TerritoryView(ScopedModelView):
    datamodel = Table(m.Territory)
    list_columns = ["short_name", "kind", "municipalities", "head_name", "phone", "email"]
    load = ("municipalities",)
    filters = ("kind", "active")
    base_order_by = (m.Territory.name_key,)
    sections = (
        ("", ("name", "short_name", "kind", "municipalities", "active")),
        ("Руководитель и связь", ("head_name", "address", "phone", "email")),
    )


class MunicipalityView(ScopedModelView):
    datamodel = Table(m.Municipality)
    list_columns = ["name", "kind", "territories", "oktmo"]
    load = ("territories",)
    filters = ("kind",)
    base_order_by = (m.Municipality.name_key,)
    sections = (("", ("name", "kind", "oktmo", "territories", "latitude", "longitude")),)


class OrganizationTypeView(ScopedModelView):
    datamodel = Table(m.OrganizationType)
    list_columns = ["short_name", "name", "active"]
    filters = ("active",)
    base_order_by = (m.OrganizationType.name_key,)
    sections = (("", ("name", "short_name", "active")),)


class PositionView(ScopedModelView):
    datamodel = Table(m.Position)
    list_columns = ["name", "kind", "voucher_eligible", "subject_required", "active"]
    filters = ("kind", "voucher_eligible", "active")
    base_order_by = (m.Position.name_key,)
    sections = (("", ("name", "kind", "voucher_eligible", "subject_required", "synonyms", "active")),)
    keep = ("kind",)
    hints = {"synonyms": "По одному в строке: так должность называют в списках школ."}


class SubjectView(ScopedModelView):
    datamodel = Table(m.Subject)
    list_columns = ["name", "is_direction", "synonyms", "active"]
    filters = ("is_direction", "active")
    base_order_by = (m.Subject.name_key,)
    sections = (("", ("name", "is_direction", "synonyms", "active")),)
    hints = {"synonyms": "По одному в строке."}


class EducationLevelView(ScopedModelView):
    datamodel = Table(m.EducationLevel)
    list_columns = ["name", "frdo_value", "ordering"]
    base_order_by = (m.EducationLevel.ordering,)
    sections = (("", ("name", "frdo_value", "synonyms", "ordering")),)


class AttestationKindView(ScopedModelView):
    datamodel = Table(m.AttestationKind)
    list_columns = ["name", "is_category", "term_months", "since", "until"]
    filters = ("is_category",)
    base_order_by = (m.AttestationKind.name_key,)
    sections = (("", ("name", "is_category", "term_months", "since", "until")),)
    hints = {"term_months": "Пусто — бессрочно."}


class VoucherRuleView(VoucherRulePages):
    datamodel = Table(m.VoucherRule)
    list_columns = ["title", "valid_from", "valid_to", "period_months", "validity_months", "blocks"]
    load = ("blocks",)
    base_order_by = (m.VoucherRule.valid_from.desc(),)
    sections = (
        ("Правило", ("title", "valid_from", "valid_to", "period_months", "validity_months", "decision_days")),
        ("Кому выдаётся", ("requires_confirmed_workplace", "eligible_position_kinds", "eligible_ownerships")),
    )
    hints = {
        "valid_to": "Пусто — действует, пока не начнётся новая версия.",
        "period_months": "Через столько месяцев после выдачи чека можно подать заявку на новый.",
        "validity_months": "Столько месяцев можно записываться на курсы по чеку.",
    }


class VoucherRuleBlockView(VoucherRuleBlockPages):
    datamodel = Table(m.VoucherRuleBlock)
    list_columns = ["title", "rule", "kind", "hours_min", "hours_max", "required"]
    load = ("rule",)
    filters = ("rule", "kind")
    base_order_by = (m.VoucherRuleBlock.rule_id, m.VoucherRuleBlock.ordering)
    keep = ("rule",)
    sections = (("", ("rule", "title", "kind", "hours_min", "hours_max", "required", "ordering")),)


class WorkdayCorrectionView(ScopedModelView):
    datamodel = Table(m.WorkdayCorrection)
    list_columns = ["day", "is_working", "reason"]
    filters = ("is_working", "day")
    base_order_by = (m.WorkdayCorrection.day.desc(),)
    sections = (("", ("day", "is_working", "reason")),)


class FrdoReferenceView(ScopedModelView):
    datamodel = Table(m.FrdoReference)
    list_columns = ["value", "list_code", "ordering", "active"]
    filters = ("list_code", "active")
    base_order_by = (m.FrdoReference.list_code, m.FrdoReference.ordering)
    keep = ("list_code",)
    sections = (("", ("list_code", "value", "ordering", "active")),)


class RefusalReasonView(ScopedModelView):
    datamodel = Table(m.RefusalReason)
    list_columns = ["text", "subject"]
    filters = ("subject",)
    base_order_by = (m.RefusalReason.subject, m.RefusalReason.id)
    keep = ("subject",)
    sections = (("", ("subject", "text")),)


class OrganizerRuleView(ScopedModelView):
    datamodel = Table(m.OrganizerRule)
    list_columns = ["title", "program_kinds", "ownerships", "valid_from", "valid_to"]
    base_order_by = (m.OrganizerRule.valid_from.desc(), m.OrganizerRule.id)
    sections = (
        ("Правило", ("title", "basis", "valid_from", "valid_to")),
        ("О каких программах", ("program_kinds", "position_kinds", "organization_types")),
        ("Кто может их проводить", ("ownerships",)),
    )
    hints = {
        "title": "Организатор прочтёт его в форме программы и в отказе: «Переподготовка для работы в школе».",
        "basis": "Закон, который это установил.",
        "valid_to": "Пусто — действует, пока не отменят.",
        "position_kinds": "Пусто — правило о любых. Программа, в которой должности не названы, — для всех, в том числе для этих.",
        "organization_types": "Пусто — правило о любых. Программа, в которой типы не названы, — для всех, в том числе для этих.",
        "ownerships": "Остальных, кому закон это разрешил, внесите в справочник «Организаторы из перечня».",
    }


class OrganizerExceptionView(ScopedModelView):
    datamodel = Table(m.OrganizerException)
    list_columns = ["organization", "rule", "ground", "valid_from", "valid_to"]
    load = ("organization", "rule")
    filters = ("rule",)
    base_order_by = (m.OrganizerException.id.desc(),)
    keep = ("rule", "valid_from")
    sections = (("", ("rule", "organization", "ground", "valid_from", "valid_to")),)
    hints = {
        "organization": "Подразделения организации из перечня входят в него вместе с ней.",
        "ground": "По какой строке перечня: кто учредил организацию, в чьём капитале доля, на какой территории она работает.",
        "valid_to": "Пусто — действует, пока не отменят.",
    }


# --- План ------------------------------------------------------------------------------------------------------------


class PlanCampaignView(CampaignPages):
    parts = (CampaignReopening, CampaignQuotas, ProposalOfGroups, PlanAndFact)
    datamodel = Table(m.PlanCampaign)
    list_columns = ["year", "programs_until", "opens_on", "closes_on", "status"]
    base_order_by = (m.PlanCampaign.year.desc(),)
    sections = (
        ("Сроки", ("year", "programs_until", "opens_on", "closes_on")),
        ("Правила", ("wishes_most", "needs_agreement")),
    )
    hints = {
        "programs_until": "Порядок, п. 3.3. Предложенное позже ждёт вашего согласия.",
        "opens_on": "Порядок, п. 3.4 и 3.5. С первой минуты этого дня.",
        "closes_on": "По последнюю минуту этого дня.",
        "needs_agreement": "Без отметки выбор работника согласован сразу.",
    }


class PlanOfferView(OfferPages):
    parts = (OfferYear, DeskLink, FactLink)
    datamodel = Table(m.PlanOffer)
    list_columns = ["program", "organizer", MONTHS, "seats", OFFERED]
    load = ("program", "organizer", "campaign")
    filters = ("campaign", "status", "organizer", "late")
    base_order_by = (m.PlanOffer.id.desc(),)
    sections = (
        ("Программа", ("campaign", "program")),
        ("Места", ("seats", "minimum", "capacity")),
        ("Когда и где", ("months", "municipality_ids", "note")),
    )
    hints = {
        "program": "Своя программа этого года. Новая редакция заменит её в плане сама.",
        "seats": "Во всех группах года вместе.",
        "minimum": "Меньше людей в группе учить не будете.",
        "months": "Когда вы готовы учить. Люди выберут из этих месяцев.",
        "municipality_ids": "Ничего не отмечено — у себя или дистанционно.",
        "note": "Что важно знать тем, кто выбирает.",
    }
    keep = ("campaign",)


class PlanItemView(WishPages):
    datamodel = Table(m.PlanItem)
    list_columns = [OWNER, "program", "months", "priority", "status"]
    load = ("employee", "program", "employment.organization")
    filters = ("campaign", "status", "program")
    base_order_by = (m.PlanItem.id.desc(),)


class PlanResultView(ResultPages):
    datamodel = Table(m.PlanResult)
    list_columns = [PLAN_NUMBER, "campaign", "created_at", "approved_by"]
    load = ("campaign", "approved_by")
    filters = ("campaign",)
    base_order_by = (m.PlanResult.id.desc(),)


class UnmetWishView(UnmetPages):
    parts = (DeskLink,)
    datamodel = Table(m.UnmetWish)
    list_columns = [OWNER, "words", "status", "created_at"]
    load = ("employee",)
    filters = ("campaign", "status")
    base_order_by = (m.UnmetWish.id.desc(),)


# --- Управление ------------------------------------------------------------------------------------------------------


class RegistrationView(RegistrationPages):
    datamodel = Table(m.Registration)
    parts = (*RegistrationPages.parts, DeskLink)
    tabs = REGISTRATION_TABS
    list_columns = [APPLICANT, "organization", "position", "status", "due_on", "created_at"]
    load = ("organization", "position")
    filters = (DUE, "status", "organization", "due_on")
    base_order_by = (m.Registration.due_on, m.Registration.id)


class AccessRequestView(AccessRequestPages):
    datamodel = Table(m.AccessRequest)
    parts = (*AccessRequestPages.parts, DeskLink)
    tabs = ACCESS_TABS
    list_columns = [ASKS, ASKED_ROLE, ASKED_PLACE, "status", "due_on", "created_at"]
    load = ("user", "organization", "territory")
    filters = (ACCESS_DUE, "status", "organization", "territory", "due_on")
    base_order_by = (m.AccessRequest.id.desc(),)


class ConsentTextView(ConsentTextPages):
    datamodel = Table(m.ConsentText)
    list_columns = ["title", "purpose", "number", "required", "valid_from"]
    filters = ("purpose",)
    base_order_by = (m.ConsentText.purpose, m.ConsentText.number.desc())
    sections = (("Новая версия текста", ("purpose", "title", "summary", "body", "valid_from")),)
    hints = {
        "summary": "До пяти строк: кому, зачем, какие данные, кто их увидит, до какого срока. Стоят над текстом при регистрации.",
        "body": "Абзацы разделяйте пустой строкой. Записанную версию изменить нельзя: исправление — это следующая версия.",
        "valid_from": "Сегодня или позже. Данные раньше согласия остаются в силе.",
    }


class ConsentWithdrawalView(ConsentWithdrawalPages):
    datamodel = Table(m.ConsentWithdrawal)
    tabs = WITHDRAWAL_TABS
    list_columns = [PERSON_NAME, "status", "due_on", "created_at", "decided_at"]
    filters = ("status", "due_on")
    base_order_by = (m.ConsentWithdrawal.due_on, m.ConsentWithdrawal.id)


class AccountView(AccountPages):
    datamodel = Table(m.Account)
    tabs = ACCOUNT_TABS
    list_columns = [ACCOUNT, "username", ACCOUNT_ROLES, "active", "last_login"]
    load = ("assignments.organization", "assignments.territory")
    filters = (ACCOUNT_ATTENTION, "active")
    base_order_by = (sort_key(m.Account.last_name), sort_key(m.Account.first_name))
    sections = (("", ("last_name", "first_name", "patronymic", "username", "email", "employee", "active")),)


class AssignmentView(AssignmentPages):
    datamodel = Table(m.Assignment)
    list_columns = [ASSIGNED_ROLE, "user", "organization", "territory", "basis", "valid_from", "valid_to"]
    load = ("user", "organization", "territory")
    filters = (ROLE, "organization", "territory")
    base_order_by = (m.Assignment.id.desc(),)
    sections = (("", ("user", "role", "organization", "territory", "basis", "valid_from", "valid_to")),)
    hints = {"role": "Роль оператора или администратора начнёт действовать, когда её подтвердит оператор, не вы."}


class LetterView(LetterPages):
    datamodel = Table(m.Letter)
    tabs = LETTER_TABS
    list_columns = ["subject", "recipient", LETTER_STATE, LETTER_KIND, "attempts", "created_at", "sent_at"]
    filters = ("status", KIND_FILTER, ADDRESS_FILTER, "created_at", "sent_at")
    base_order_by = (m.Letter.id.desc(),)


class LetterTemplateView(LetterTemplatePages):
    datamodel = Table(m.LetterTemplate)
    list_columns = [TEMPLATE_TITLE, TEMPLATE_SUBJECT, TEMPLATE_STATE, TEMPLATE_REFUSAL]
    base_order_by = (m.LetterTemplate.id,)
    sections = (("Слова письма", ("subject", "body", "button", "html")), ("Отказ от писем", ("required",)))
    hints = {
        "body": "Строка, в которой поле из отмеченных «может быть пустым» осталось без значения, в письмо не попадёт.",
        "html": "Необязательно: пусто — вид письма портал составит из текста. Ссылки — только на портал.",
        "required": "От обязательных писем отказаться нельзя. Требуемые Порядком приходят всегда и без этой отметки.",
    }


class PrintTemplateView(PrintTemplatePages):
    datamodel = Table(m.PrintTemplate)
    list_columns = [PAPER, "version", PLACE, IN_FORCE, "note", "created_at"]
    load = ("organizer",)
    filters = (PAPER_FILTER, "active")
    base_order_by = (m.PrintTemplate.code, m.PrintTemplate.organizer_id, m.PrintTemplate.version.desc())


class ImportBatchView(ScopedModelView):
    datamodel = Table(m.ImportBatch)
    list_columns = ["file_name", "kind", "status", "created_at", "applied_at"]
    filters = ("status",)
    base_order_by = (m.ImportBatch.id.desc(),)

    def href_of(self, row: Any) -> str:
        """A batch opens as its preview."""
        own_pages = {"voucher": "voucher", "training": "training", "plan": "plan_item"}
        table = own_pages.get(row.kind, "employee")
        return addresses.at(table, "import", row.id)


class AuditEntryView(ScopedModelView):
    datamodel = Table(m.AuditEntry)
    list_columns = ["at", "user_name", "role", AUDIT_ACTION, "object_label", AUDIT_CHANGES]
    filters = (AUDIT_OBJECT, "at")
    base_order_by = (m.AuditEntry.id.desc(),)
    has_card = False
