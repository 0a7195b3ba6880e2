"""Help: the user guide inside the portal, the section for each page; first steps are hidden and shown again here."""

from __future__ import annotations

import functools
import io
from collections.abc import Mapping, Sequence
from typing import Any

from flask import Flask, flash, redirect, render_template, request, send_file
from flask_appbuilder import BaseView, expose
from markupsafe import Markup

from app import addresses
from app.access import find_actor
from app.actor import Actor
from app.documents.guide import guide
from app.documents.guide.guide_paper import build_docx
from app.documents.office.pdf import find_office, to_pdf
from app.errors import Invalid, NotFound
from app.extensions import limiter
from app.permissions import ROLES
from app.services.desk import seen_hints
from app.services.desk.first_steps import STEPS
from app.text import cleaned
from app.web.frame.guards import signed_in
from app.web.frame.pages import CardPage, Link

#: view or endpoint → page#anchor of the guide; where roles read different pages, by role ("" for the others).
#: The whole mapping is here, and a test keeps it complete and its anchors true.
TOPICS: Mapping[str, str | Mapping[str, str]] = {
    "HomeView": {"": "index", **{code: code for code in ROLES}},
    "HomeView.verify": "documents#как-проверить-документ",
    "SignInView": "index#вход",
    "OwnAccountView": "security#ваши-входы-и-сеансы",
    "RecoveryView": "security#забыли-пароль",
    "SearchView": "index#поиск-по-всему-порталу",
    "HelpView": "index#справка-и-подсказки",
    "AppearanceView": "index#версия-для-слабовидящих",
    "EmployeeView": {
        "": "school#ведите-карточки-работников",
        "territory": "territory#следите-за-данными-школ",
        "ministry": "ministry#получите-сведения",
        "worker": "worker#проверьте-свои-сведения",
    },
    "EmployeeView.add": "school#новый-работник",
    "EmployeeView.edit": "school#изменения",
    "EmployeeView.import_upload": "import#по-шагам",
    "EmployeeView.import_preview": "import#частые-ошибки",
    "EmployeeView.import_columns": "import#свои-названия-столбцов",
    "EmployeeView.import_apply": "import#по-шагам",
    "EmploymentView": {
        "": "school#подтверждение",
        "operator": "operator#подтверждайте-места-работы--в-течение-5-рабочих-дней",
        "territory": "territory#следите-за-данными-школ",
        "worker": "worker#проверьте-свои-сведения",
    },
    "QualificationView": {"": "school#изменения", "worker": "worker#проверьте-свои-сведения"},
    "AttestationView": {"": "school#изменения", "worker": "worker#проверьте-свои-сведения"},
    "TrainingView": {
        "": "school#обучение-вне-портала",
        "worker": "worker#добавьте-пройденный-курс",
        "operator": "operator#подтверждайте-обучение-вне-портала",
    },
    **dict.fromkeys(
        ("TrainingView.import_upload", "TrainingView.import_preview"), "school#обучение-прошлых-лет-из-excel"
    ),
    "FormerNameView": "school#изменения",
    "EmployeeView.dismiss": "school#увольнение",
    "EmployeeView.archive": {
        "": "school#соберите-обучение-для-аттестации",
        "worker": "worker#соберите-обучение-для-аттестации",
    },
    "ChangeRequestView": {"": "school#исправления-работников", "worker": "worker#проверьте-свои-сведения"},
    "TransferView": {
        "": "school#переход-в-другую-организацию",
        "worker": "worker#проверьте-свои-сведения",
        "operator": "operator#подтверждайте-переходы--в-течение-5-рабочих-дней",
    },
    "EmployeeMergeView": "operator#объединяйте-дубли-карточек",
    "QueueView": "queue#как-устроена-очередь",
    "QualityRuleView": "operator#объединяйте-дубли-карточек",
    "QualityView": {
        "": "school#полнота-и-актуальность",
        "operator": "operator#объединяйте-дубли-карточек",
        "territory": "territory#следите-за-данными-школ",
    },
    **{
        key: {
            "": "ministry#посмотрите-и-утвердите-план-года",
            "operator": "operator#ведите-план-на-следующий-год",
            "territory": "territory#следите-за-планом-года",
        }
        for key in ("PlanCampaignView", "PlanResultView", "ResultsView")
    },
    "PlanOfferView": {
        "": "organizer#предложите-программы-на-год",
        "worker": "worker#выберите-курсы-на-следующий-год",
        "school": "school#планируйте-обучение",
        "operator": "operator#ведите-план-на-следующий-год",
        "territory": "territory#следите-за-планом-года",
        "ministry": "ministry#посмотрите-и-утвердите-план-года",
    },
    **{
        key: {
            "": "school#планируйте-обучение",
            "worker": "worker#выберите-курсы-на-следующий-год",
            "operator": "operator#ведите-план-на-следующий-год",
            "territory": "territory#следите-за-планом-года",
            "ministry": "ministry#посмотрите-и-утвердите-план-года",
        }
        for key in ("PlanItemView", "UnmetWishView")
    },
    "OwnPlanView": "worker#выберите-курсы-на-следующий-год",
    "PlanPeopleView": {"": "school#планируйте-обучение", "territory": "territory#следите-за-планом-года"},
    "DemandView": {
        "": "ministry#посмотрите-и-утвердите-план-года",
        "organizer": "organizer#посмотрите-спрос-на-ваши-программы",
        "operator": "operator#ведите-план-на-следующий-год",
        "territory": "territory#следите-за-планом-года",
    },
    "VoucherApplicationView": {
        "": "chek#как-получить",
        "worker": "worker#подайте-заявку-на-чек",
        "school": "school#подайте-заявку-на-чек-за-работника",
        "operator": "operator#одобряйте-заявки-на-чеки--в-течение-5-рабочих-дней",
    },
    "VoucherView": "chek#из-чего-состоит",
    "VoucherView.show": "chek#страница-чека",
    **dict.fromkeys(("VoucherView.import_upload", "VoucherView.import_preview"), "chek#загрузка-прежних-чеков"),
    "ProgramView": {
        "": "ministry#получите-сведения",
        "worker": "worker#запишитесь-на-курс",
        "school": "school#запишите-работника-на-курс",
        "organizer": "organizer#внесите-программу",
        "operator": "operator#публикуйте-программы",
    },
    "TrainingGroupView": {
        "": "organizer#откройте-группу",
        "worker": "worker#запишитесь-на-курс",
        "school": "school#запишите-работника-на-курс",
    },
    "CatalogueView": {"": "worker#выберите-курс", "school": "school#подберите-курс-работнику"},
    "PublicCatalogueView": {"": "worker#выберите-курс", "school": "school#подберите-курс-работнику"},
    "CalendarView": "worker#мой-календарь",
    "LessonsView": {"": "organizer#смотрите-занятия-всех-групп", "school": "school#посмотрите-кто-когда-учится"},
    "EnrolmentView": {
        "": "organizer#подтвердите-записи",
        "worker": "worker#запишитесь-на-курс",
        "school": "school#согласуйте-записи-работников",
    },
    "EnrolmentView.result": "organizer#проведите-обучение",
    "CertificateView": "documents#как-напечатать",
    "TrainingOrderView": "organizer#издайте-приказы",
    "BlankView": "documents#бланки",
    "BlankReceiptView": "documents#как-принять-бланки",
    "BlankActView": "documents#как-составить-акт-списания",
    "RegistryView": {
        "": "organizer#направьте-реестр-обученных-в-министерство",
        "ministry": "documents#реестры-и-журналы",
    },
    "FrdoBatchView": "documents#передайте-сведения-в-фис-фрдо",
    "PrintTemplateView": "documents#шаблоны-печати",
    "PrintTemplateView.settings": "documents#печать-на-бланк",
    "OrganizationView": {"": "territory#ведите-организации", "ministry": "ministry#получите-сведения"},
    **dict.fromkeys(
        (
            "TerritoryView",
            "MunicipalityView",
            "OrganizationTypeView",
            "PositionView",
            "SubjectView",
            "EducationLevelView",
            "AttestationKindView",
            "VoucherRuleView",
            "VoucherRuleBlockView",
            "WorkdayCorrectionView",
            "FrdoReferenceView",
            "RefusalReasonView",
            "OrganizerRuleView",
            "OrganizerExceptionView",
        ),
        "operator#настраивайте-портал",
    ),
    "RegisterView": "registration#зарегистрируйтесь",
    "RegisterView.confirm": "registration#подтвердите-почту",
    "OwnRegistrationView": "registration#если-заявку-вернули",
    "ConsentView": "registration#мои-согласия",
    "AccessView": "access#что-мне-доступно",
    "AccessView.ask": "access#запросите-доступ",
    "AccessView.user": "access#что-доступно-пользователю",
    "AccessRequestView": "access#рассмотрите-заявку",
    "EmployeeView.paper_consent": "registration#согласие-на-бумаге",
    "SetupView": "operator#настраивайте-портал",
    "RegistrationView": "operator#проверяйте-регистрации--в-течение-5-рабочих-дней",
    "ConsentTextView": "operator#ведите-тексты-согласий",
    "ConsentWithdrawalView": "operator#обезличивайте-по-отзыву-согласия--в-течение-30-дней",
    "AccountView": "admin#заведите-пользователя",
    "AssignmentView": "admin#назначьте-роль",
    "LetterView": {"": "operator#письма-и-журнал", "admin": "admin#письма"},
    "LetterTemplateView": "operator#шаблоны-писем",
    "NoticeView": "index#извещения-и-письма",
    "ImportBatchView": "import#по-шагам",
    "AuditEntryView": "operator#письма-и-журнал",
}
#: pages that belong to every list
LISTS, FAILURES = "index#списки", "index#если-портал-отказал"


def install(app: Flask) -> None:
    """Give the templates what the head of a page links to."""

    @app.context_processor
    def _beside() -> dict[str, Any]:
        return {
            "help_href": help_href(),
            "search_href": addresses.SEARCH,
        }


def topic_of(endpoint: str | None, roles: Sequence[str] = ()) -> str:
    """Section of the guide for an endpoint, for a user with these roles: «page#anchor»."""
    if endpoint is None:
        return FAILURES
    found = TOPICS.get(endpoint) or TOPICS.get(endpoint.partition(".")[0], LISTS)
    if isinstance(found, str):
        return found
    return next((found[role] for role in roles if role in found), found[""])


def help_href() -> str:
    """Address of the help for the page being shown."""
    actor = find_actor()
    page, _, anchor = topic_of(request.endpoint, _roles_of(actor)).partition("#")
    return _page_url(page) + (f"#{anchor}" if anchor else "")


def _page_url(code: str) -> str:
    return addresses.HELP if code == "index" else addresses.at("help", code)


def passage_href(passage: guide.Passage, typed: str) -> str:
    """Address of a section of the guide where the typed words are marked."""
    return f"{addresses.with_query(_page_url(passage.page), mark=typed)}#{passage.heading.anchor}"


def _roles_of(actor: Actor | None) -> list[str]:
    return [code for code in ROLES if actor is not None and code in actor.roles]


# --- pages -----------------------------------------------------------------------------------------------------------


class HelpView(BaseView):
    """The guide, open to guests too."""

    route_base = "/help"
    default_view = "index"

    @expose("/")
    @limiter.limit("120 per minute")
    def index(self) -> Any:
        """First page of the guide, or what was found in all of it."""
        typed = _typed("q")
        if not typed:
            return self._show("index")
        page = CardPage("Поиск по справке", crumbs=[Link("Справка", addresses.HELP), Link("Поиск")])
        return render_template(
            "help.html", page=page, found=guide.search(typed), passage_href=passage_href, **_around("", typed)
        )

    @expose("/<string:page>")
    @limiter.limit("120 per minute")
    def topic(self, page: str) -> Any:
        """One page of the guide."""
        return self._show(page)

    @staticmethod
    def _show(code: str) -> Any:
        shown = guide.page(code)
        html = guide.to_html(code, page_url=_page_url, screen_url=_screen_url, typed=_typed("mark"))
        page = CardPage(shown.title, crumbs=[Link("Справка", addresses.HELP), Link(shown.title)])
        text = Markup(html)  # noqa: S704 - written from our own files by a renderer that escapes every word
        return render_template("help.html", page=page, text=text, **_around(code, ""))

    @expose("/screens/<string:name>")
    def screen(self, name: str) -> Any:
        """A screen shown in the guide."""
        path = guide.SCREENS / name
        if path.suffix != ".png" or path.parent != guide.SCREENS or not path.is_file():
            raise NotFound("Такого снимка экрана нет.")
        return send_file(path, mimetype="image/png")

    @expose("/export/")
    @limiter.limit("20 per minute")
    def export(self) -> Any:
        """The whole guide as PDF."""
        name = "Руководство пользователя.pdf"
        return send_file(io.BytesIO(_pdf()), mimetype="application/pdf", as_attachment=True, download_name=name)

    @expose("/hints/", methods=["POST"])
    @signed_in
    def hint(self) -> Any:
        """Hide the first steps of a role («hide»), or show those of all roles again («show»)."""
        code = request.form.get("hide", "")
        if code in STEPS:
            seen_hints.dismiss(code)
            return redirect(addresses.HOME)
        if not request.form.get("show"):
            raise Invalid("Такой подсказки нет. Откройте страницу «Главная» заново.")
        seen_hints.restore()
        flash("Подсказки снова показаны на странице «Главная».", "success")
        return redirect(addresses.HOME)


def _typed(name: str) -> str:
    return cleaned(request.args.get(name, ""))[:100]


def _around(code: str, typed: str) -> dict[str, Any]:
    """What stands around the text: table of contents, search, PDF."""
    contents = [
        (Link(p.title, _page_url(p.code), p.code == code), [h for h in p.headings if h.level == 2])
        for p in guide.pages().values()
    ]
    return {"contents": contents, "typed": typed, "pdf_href": addresses.at("help", "export", "") if _office() else ""}


def _screen_url(name: str) -> str:
    return addresses.at("help", "screens", name)


@functools.cache
def _office() -> bool:
    return find_office() is not None


#: seconds that the guide waits for a free converter
_PATIENCE = 5


@functools.cache
def _pdf() -> bytes:
    """Made once: the guide changes only with the program. The thread waits a little, for the one conversion there ever is."""
    return to_pdf(build_docx(), patience=_PATIENCE)
