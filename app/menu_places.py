"""Where each view stands in the menu, on «Настройка» and in the bar of a phone; registers all of them with FAB."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask import current_app
from flask_appbuilder import AppBuilder

from app.access import current_actor
from app.views import (
    AccessRequestView,
    AccountView,
    AssignmentView,
    AttestationKindView,
    AttestationView,
    AuditEntryView,
    BlankActView,
    BlankReceiptView,
    BlankView,
    CertificateView,
    ChangeRequestView,
    ConsentTextView,
    ConsentWithdrawalView,
    EducationLevelView,
    EmployeeMergeView,
    EmployeeView,
    EmploymentView,
    EnrolmentView,
    FormerNameView,
    FrdoBatchView,
    FrdoReferenceView,
    ImportBatchView,
    LetterTemplateView,
    LetterView,
    MunicipalityView,
    OrganizationTypeView,
    OrganizationView,
    OrganizerExceptionView,
    OrganizerRuleView,
    PlanCampaignView,
    PlanItemView,
    PlanOfferView,
    PlanResultView,
    PositionView,
    PrintTemplateView,
    ProgramView,
    QualificationView,
    QualityRuleView,
    RefusalReasonView,
    RegistrationView,
    RegistryView,
    SubjectView,
    TerritoryView,
    TrainingGroupView,
    TrainingOrderView,
    TrainingView,
    TransferView,
    UnmetWishView,
    VoucherApplicationView,
    VoucherRuleBlockView,
    VoucherRuleView,
    VoucherView,
    WorkdayCorrectionView,
)
from app.web.access.access_view import AccessView
from app.web.access.appearance import AppearanceView
from app.web.access.registration import RegisterView
from app.web.access.registration_own import OwnRegistrationView
from app.web.courses.calendar_view import TITLE as MY_CALENDAR
from app.web.courses.calendar_view import CalendarView, has_courses
from app.web.courses.catalogue_view import TITLE as CATALOGUE
from app.web.courses.catalogue_view import CatalogueView, PublicCatalogueView
from app.web.courses.lessons_view import TITLE as LESSONS
from app.web.courses.lessons_view import LessonsView, has_lessons
from app.web.desk.global_search import SearchView
from app.web.desk.help import HelpView
from app.web.desk.notice_view import NoticeView
from app.web.desk.own_pages import APPLICATIONS as MY_APPLICATIONS
from app.web.desk.own_pages import COURSES as MY_COURSES
from app.web.desk.own_pages import DOCUMENTS as MY_DOCUMENTS
from app.web.desk.own_pages import OwnApplicationsView, OwnCoursesView, OwnDocumentsView, has_cabinet
from app.web.desk.public_files import PublicFilesView
from app.web.desk.queue_view import TITLE as QUEUE
from app.web.desk.queue_view import QueueView, decides
from app.web.desk.settings_view import TITLE as SETTINGS
from app.web.desk.settings_view import SettingsView
from app.web.desk.setup_view import SetupView
from app.web.desk.task_view import TaskView, orders_work
from app.web.desk.undo_view import UndoView
from app.web.frame.checks import CheckView
from app.web.frame.menu import KEY, Arrangement, Place, has_setup
from app.web.frame.menu import SETUP as SETUP_TITLE
from app.web.frame.scoped_view import ScopedModelView
from app.web.paper.registry_page import TITLE as REGISTRIES
from app.web.paper.registry_view import RegistriesView, makes_registries
from app.web.personnel.consent_view import ConsentView, has_consents
from app.web.personnel.own_card_view import OwnCardView, has_card
from app.web.personnel.own_data_pages import OwnDataView
from app.web.personnel.quality_view import TITLE as QUALITY
from app.web.personnel.quality_view import QualityView
from app.web.planning.control_view import TITLE as CONTROL
from app.web.planning.control_view import ControlView, has_control
from app.web.planning.demand_page import TITLE as DEMAND
from app.web.planning.demand_view import DemandView, has_demand
from app.web.planning.own_plan_page import TITLE as MY_PLAN
from app.web.planning.own_plan_page import OwnPlanView, has_plan
from app.web.planning.plan_people_page import PlanPeopleView, sees_people
from app.web.planning.plan_people_rows import TITLE as PLAN_TABLE
from app.web.planning.results_view import TITLE as RESULTS
from app.web.planning.results_view import ResultsView, has_results

PEOPLE, COURSES, PLAN, PAPERS, OFFICE, OWN = "Люди", "Курсы", "План", "Документы", "Управление", "Моё"
#: menu: section → views, in the order shown
MENU: tuple[tuple[str, tuple[type[ScopedModelView], ...]], ...] = (
    (
        PEOPLE,
        (
            EmployeeView,
            EmploymentView,
            QualificationView,
            AttestationView,
            TrainingView,
            ChangeRequestView,
            TransferView,
        ),
    ),
    ("Чеки", (VoucherApplicationView, VoucherView)),
    (COURSES, (ProgramView, TrainingGroupView, EnrolmentView)),
    (PLAN, (PlanCampaignView, PlanOfferView, PlanItemView, UnmetWishView, PlanResultView)),
    (
        PAPERS,
        (
            CertificateView,
            TrainingOrderView,
            BlankView,
            BlankReceiptView,
            BlankActView,
            FrdoBatchView,
            RegistryView,
        ),
    ),
    (
        OFFICE,
        (
            RegistrationView,
            AccessRequestView,
            ConsentWithdrawalView,
            AccountView,
            AssignmentView,
            ImportBatchView,
            EmployeeMergeView,
            LetterView,
            AuditEntryView,
        ),
    ),
)
#: «Настройка»: section → views, each with what it is for, in the order shown
SETUP: tuple[tuple[str, tuple[tuple[type[ScopedModelView] | type[SettingsView], str], ...]], ...] = (
    (
        "Справочники: организации и территории",
        (
            (
                OrganizationView,
                "Школы, детские сады и организаторы курсов: кто работает в портале и как их называют бумаги.",
            ),
            (TerritoryView, "Кто отвечает за организации округа и на какие муниципалитеты он поделён."),
            (MunicipalityView, "Города и районы области и территориальные органы, к которым они относятся."),
            (OrganizationTypeView, "Виды организаций: от них зависит, для кого программа и кто может её проводить."),
        ),
    ),
    (
        "Справочники: должности и знания",
        (
            (PositionView, "Кем работают люди, кому положен чек и как должности называют в списках школ."),
            (SubjectView, "Что преподают и чему учат: для карточек работников и программ."),
            (EducationLevelView, "Уровни образования и слова, которыми их называет ФИС ФРДО."),
            (AttestationKindView, "Категории и соответствие должности: на какой срок они даются."),
            (QualityRuleView, "Что считается пробелом в карточке и сколько он весит в полноте данных."),
        ),
    ),
    (
        "Чеки и решения",
        (
            (VoucherRuleView, "Кому, как часто и на какой срок выдаётся чек."),
            (VoucherRuleBlockView, "Из каких блоков состоит чек и сколько в каждом часов."),
            (RefusalReasonView, "Готовые слова отказов и возвратов, которые выбирают при решении."),
            (
                WorkdayCorrectionView,
                "Дни, которые стали рабочими или выходными вопреки календарю: от них зависят все сроки.",
            ),
        ),
    ),
    (
        "Курсы и бумаги",
        (
            (OrganizerRuleView, "Какие программы по закону могут проводить не все."),
            (OrganizerExceptionView, "Кому закон разрешил то, чего не могут остальные."),
            (PrintTemplateView, "Как выглядят приказы, удостоверения и другие бумаги."),
            (FrdoReferenceView, "Слова, которые ФИС ФРДО принимает в своих файлах."),
        ),
    ),
    (
        "Портал",
        (
            (SettingsView, "Номера чеков, сроки напоминаний, названия портала и министерства."),
            (LetterTemplateView, "Что портал пишет людям и от каких писем можно отказаться."),
            (ConsentTextView, "Тексты согласий на обработку персональных данных, по версиям."),
        ),
    ),
)


_PEOPLE = Place("EmployeeView", "Люди", "people")
_VOUCHERS = Place("VoucherApplicationView", "Заявки", "voucher")
_COURSES = Place("CatalogueView", "Курсы", "cap")
_PAPERS = Place("CertificateView", "Документы", "doc")
_NOTICES = Place("NoticeView", "Извещения", "bell")
#: views of what stands on the own card
_OF_CARD = (
    "EmployeeView", "EmploymentView", "QualificationView", "AttestationView", "FormerNameView", "ChangeRequestView", "TransferView",
)  # fmt: skip
#: the bar at the bottom of a phone: role → what stands between «Главная» and «Ещё»; the first role of the user decides
PLACES: Mapping[str, tuple[Place, ...]] = {
    "operator": (Place("QueueView", "Решения", "decide"), _PEOPLE, _VOUCHERS),
    "ministry": (_PEOPLE, _VOUCHERS, _COURSES),
    "territory": (_PEOPLE, _VOUCHERS, _COURSES),
    "organizer": (Place("TrainingGroupView", "Группы", "cap"), Place("EnrolmentView", "Записи", "decide"), _PAPERS),
    "school": (_PEOPLE, _VOUCHERS, _COURSES),
    "admin": (Place("AccountView", "Люди", "people"), Place("LetterView", "Письма", "letter"), _NOTICES),
    "worker": (
        Place(
            "OwnCoursesView",
            "Курсы",
            "cap",
            ("EnrolmentView", "CatalogueView", "PublicCatalogueView", "VoucherView", "OwnPlanView"),
        ),
        Place("OwnDocumentsView", "Документы", "doc", ("CertificateView", "TrainingView")),
        Place("OwnCardView", "Карточка", "card", _OF_CARD),
    ),
    "": (_COURSES, _NOTICES, Place("AccessView", "Доступ", "key")),
}


def arrangement() -> Arrangement:
    """What of the registered views stands elsewhere than in the menu, and how the roles call a section."""
    setup = {section: {kind.__name__: sentence for kind, sentence in lines} for section, lines in SETUP}
    return Arrangement(OWN, setup, {PEOPLE: _people_title}, PLACES, short="worker")


def _people_title() -> str:
    """A worker has no list of people: what stands there is the worker's own."""
    return PEOPLE if current_actor().can("employee:list") else "Мои сведения"


def register(builder: AppBuilder) -> None:
    """Register every view with FAB, in menu order."""

    def add(view: Any, label: str, section: str = "", shown: Callable[[], bool] | None = None) -> None:
        builder.add_view(view, type(view).__name__, label=label, category=section, menu_cond=shown)

    for section, views in MENU:
        if section == COURSES:
            add(CatalogueView(), CATALOGUE, section)
        if section == PLAN:
            add(DemandView(), DEMAND, section, has_demand)
            add(ControlView(), CONTROL, section, has_control)
            add(ResultsView(), RESULTS, section, has_results)
        for kind in views:
            view = kind()
            add(view, view.words.plural, section, _may_list(view))
    for section, lines in SETUP:
        for kind_, _ in lines:
            line = kind_()
            add(line, SETTINGS if isinstance(line, SettingsView) else line.words.plural, section, _may_list(line))
    builder.add_view_no_menu(FormerNameView())
    add(quality := QualityView(), QUALITY, PEOPLE, _may_list(quality))
    add(PlanPeopleView(), PLAN_TABLE, PLAN, sees_people)
    add(RegistriesView(), REGISTRIES, PAPERS, makes_registries)
    add(QueueView(), QUEUE, shown=decides)
    add(OwnCoursesView(), MY_COURSES, shown=has_cabinet)
    add(OwnPlanView(), MY_PLAN, shown=has_plan)
    add(OwnApplicationsView(), MY_APPLICATIONS, OWN, has_cabinet)
    add(OwnDocumentsView(), MY_DOCUMENTS, shown=has_cabinet)
    add(OwnCardView(), "Моя карточка", OWN, has_card)
    add(NoticeView(), "Извещения")
    add(CalendarView(), MY_CALENDAR, shown=has_courses)
    add(LessonsView(), LESSONS, COURSES, has_lessons)
    add(AccessView(), "Что мне доступно", OWN)
    add(ConsentView(), "Мои согласия", OWN, has_consents)
    add(TaskView(), "Мои задания", shown=orders_work)
    add(SetupView(), SETUP_TITLE, shown=has_setup)
    current_app.extensions[KEY] = arrangement()
    for beside in (
        OwnDataView, SearchView, HelpView, AppearanceView, CheckView, RegisterView, OwnRegistrationView, PublicCatalogueView,
        PublicFilesView, UndoView,
    ):  # fmt: skip
        builder.add_view_no_menu(beside())


def _may_list(view: Any) -> Callable[[], bool]:
    """Condition of a menu entry: the user may list the rows of the view's table."""
    return lambda: current_actor().can(f"{view.class_permission_name}:list")
