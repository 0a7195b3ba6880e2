"""The matrix's table of routes: every endpoint of the portal with its kind. A new route without a line here fails the tests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Route:
    """``kind`` says what is expected of whom; ``permission`` is the right, ``table`` the table of its ``<pk>``."""

    kind: str
    permission: str = ""
    table: str = ""
    methods: tuple[str, ...] = ("GET",)
    #: condition on the rows ``t`` of the table that the route is about
    where: str = "true"


#: generated view → (its table, whether it has forms, its actions)
VIEWS: Mapping[str, tuple[str, bool, tuple[str, ...]]] = {
    "EmployeeView": ("employee", True, ("invite", "access_sheet", "confirm_actual", "apply")),
    "ChangeRequestView": ("change_request", False, ("accept", "decline", "withdraw")),
    "TransferView": ("transfer", False, ("confirm", "decline", "withdraw")),
    "EmployeeMergeView": ("employee_merge", False, ("undo",)),
    "QualityRuleView": ("quality_rule", True, ()),
    "EmploymentView": ("employment", True, ("confirm", "unconfirm")),
    "QualificationView": ("qualification", True, ()),
    "AttestationView": ("attestation", True, ()),
    "TrainingView": ("training", True, ("confirm", "reject")),
    "FormerNameView": ("former_name", True, ()),
    "VoucherApplicationView": ("voucher_application", True, ("submit", "approve", "return", "reject", "withdraw")),
    "VoucherView": ("voucher", False, ("replace", "annul")),
    "ProgramView": ("program", True, ("submit", "publish", "return", "archive")),
    "TrainingGroupView": ("training_group", True, ("open", "close", "start", "complete", "cancel", "invite")),
    "EnrolmentView": ("enrolment", True, ("accept", "agree", "confirm", "reject", "withdraw")),
    "CertificateView": ("certificate", False, ("annul",)),
    "TrainingOrderView": ("training_order", False, ()),
    "BlankView": ("blank", False, ("spoil",)),
    "BlankReceiptView": ("blank_receipt", True, ()),
    "BlankActView": ("blank_act", True, ()),
    "FrdoBatchView": ("frdo_batch", False, ("send", "cancel")),
    "RegistryView": ("registry", True, ("send", "accept", "return", "renew")),
    "OrganizationView": ("organization", True, ()),
    "TerritoryView": ("territory", True, ()),
    "MunicipalityView": ("municipality", True, ()),
    "OrganizationTypeView": ("organization_type", True, ()),
    "PositionView": ("position", True, ()),
    "SubjectView": ("subject", True, ()),
    "EducationLevelView": ("education_level", True, ()),
    "AttestationKindView": ("attestation_kind", True, ()),
    "VoucherRuleView": ("voucher_rule", True, ()),
    "VoucherRuleBlockView": ("voucher_rule_block", True, ()),
    "WorkdayCorrectionView": ("workday_correction", True, ()),
    "FrdoReferenceView": ("frdo_reference", True, ()),
    "RefusalReasonView": ("refusal_reason", True, ()),
    "OrganizerRuleView": ("organizer_rule", True, ()),
    "OrganizerExceptionView": ("organizer_exception", True, ()),
    "AccountView": ("ab_user", True, ("unlock", "reset_password", "lock", "reset_second_factor")),
    "RegistrationView": ("registration", False, ("confirm", "return", "reject")),
    "PlanCampaignView": ("plan_campaign", True, ("close", "approve")),
    "PlanOfferView": ("plan_offer", True, ("accept", "decline", "withdraw")),
    "PlanResultView": ("plan_result", False, ()),
    "PlanItemView": ("plan_item", False, ("agree", "decline", "withdraw")),
    "UnmetWishView": ("unmet_wish", False, ("answer", "withdraw")),
    "AccessRequestView": ("access_request", False, ("grant", "reject", "revoke")),
    "ConsentTextView": ("consent_text", True, ()),
    "ConsentWithdrawalView": ("consent_withdrawal", False, ("finish",)),
    "AssignmentView": ("assignment", True, ()),
    "PrintTemplateView": ("print_template", False, ()),
    "LetterView": ("letter", False, ("resend", "abort")),
    "LetterTemplateView": ("letter_template", True, ()),
    "ImportBatchView": ("import_batch", False, ()),
    "AuditEntryView": ("audit_entry", False, ()),
}

#: handler of every generated view → (kind, verb, methods)
GENERATED: Mapping[str, tuple[str, str, tuple[str, ...]]] = {
    "list": ("list", "list", ("GET",)),
    "export": ("export", "export", ("GET",)),
    "find": ("lookup", "list", ("GET",)),
    "counts": ("counts", "list", ("GET",)),
    "save_query": ("page", "list", ("POST",)),
    "forget_query": ("page", "list", ("POST",)),
    "choose_look": ("page", "list", ("POST",)),
    "show": ("card", "show", ("GET",)),
    "add": ("new", "add", ("GET", "POST")),
    "edit": ("form", "edit", ("GET", "POST")),
    "delete": ("change", "delete", ("POST",)),
    "act": ("action", "", ("POST",)),
    "act_many": ("bulk", "", ("POST",)),
}

#: generated view → rows whose form opens: those of another state say why before anything is typed
EDITABLE: Mapping[str, str] = {
    "TrainingGroupView": "t.status IN ('draft', 'open')",
    "ProgramView": "t.status IN ('draft', 'returned')",
    "TrainingView": "t.status = 'pending'",
    "PlanCampaignView": "t.status IN ('preparing', 'open')",
    "PlanOfferView": "t.status IN ('late', 'offered')"
    " AND EXISTS (SELECT FROM plan_campaign c WHERE c.id = t.campaign_id AND c.status IN ('preparing', 'open'))",
    "VoucherRuleBlockView": "NOT EXISTS (SELECT FROM voucher v WHERE v.rule_id = t.rule_id)"
    " AND NOT EXISTS (SELECT FROM voucher_application a WHERE a.rule_id = t.rule_id)",
}
_OUTCOMES = "('trained', 'failed', 'no_show', 'expelled')"
_RUNNING = "EXISTS (SELECT FROM training_group g WHERE g.id = t.group_id AND g.status = 'running')"
#: no registry that was accepted is about the group of an enrolment
_UNREPORTED = (
    "NOT EXISTS (SELECT FROM registry_row w JOIN registry r ON r.id = w.registry_id JOIN enrolment e ON e.id = w.enrolment_id"
    " WHERE e.group_id = t.group_id AND r.status = 'accepted')"
)
_TAKES_OFFERS = "t.status IN ('preparing', 'open')"
_VOUCHER_LISTS = "t.kind = 'voucher'"
_TRAINING_LISTS = "t.kind = 'training'"
_PLAN_LISTS = "t.kind = 'plan'"
_STAFF_LISTS = "t.kind = 'staff'"

#: everything else
OTHERS: Mapping[str, Route] = {
    "PlanCampaignView.fact": Route("card", "plan_campaign:fact", "plan_campaign"),
    "PlanCampaignView.groups": Route("card", "plan_campaign:groups", "plan_campaign"),
    "PlanCampaignView.proposed": Route("card", "plan_campaign:groups", "plan_campaign"),
    **{
        f"PlanCampaignView.{name}": Route("change", "plan_campaign:groups", "plan_campaign", ("POST",))
        for name in ("solve_groups", "change_group", "write_groups", "unwrite_groups")
    },
    "VoucherView.print_docx": Route(
        "card", "voucher:print", "voucher", where="t.status IN ('active', 'used', 'expired')"
    ),
    "VoucherView.print_pdf": Route(
        "file", "voucher:print", "voucher", where="t.status IN ('active', 'used', 'expired')"
    ),
    "VoucherView.import_upload": Route("new", "voucher:import", methods=("GET", "POST")),
    "VoucherView.import_sample": Route("page", "voucher:import"),
    "VoucherView.import_preview": Route("card", "voucher:import", "import_batch", where=_VOUCHER_LISTS),
    **{
        f"VoucherView.import_{name}": Route("change", "voucher:import", "import_batch", ("POST",), where=_VOUCHER_LISTS)
        for name in ("check", "apply", "cancel", "undo", "marked")
    },
    "TrainingView.import_upload": Route("new", "training:import", methods=("GET", "POST")),
    "TrainingView.import_sample": Route("page", "training:import"),
    "TrainingView.import_preview": Route("card", "training:import", "import_batch", where=_TRAINING_LISTS),
    **{
        f"TrainingView.import_{name}": Route(
            "change", "training:import", "import_batch", ("POST",), where=_TRAINING_LISTS
        )
        for name in ("check", "apply", "cancel", "undo", "marked")
    },
    "CertificateView.print_docx": Route("card", "certificate:print", "certificate"),
    "CertificateView.print_pdf": Route("file", "certificate:print", "certificate"),
    "BlankView.replace": Route("change", "blank:spoil", "blank", ("POST",)),
    "BlankView.balance": Route("page", "blank:list"),
    "BlankView.balance_file": Route("page", "blank:export"),
    "BlankActView.print_docx": Route("card", "blank_act:show", "blank_act"),
    "BlankActView.print_pdf": Route("file", "blank_act:show", "blank_act"),
    "FrdoBatchView.check": Route("page", "frdo_batch:add", methods=("GET", "POST")),
    "FrdoBatchView.form": Route("page", "frdo_batch:add", methods=("POST",)),
    "FrdoBatchView.correct": Route("change", "frdo_batch:add", "frdo_batch", ("POST",)),
    "FrdoBatchView.annulled": Route("card", "frdo_batch:export", "frdo_batch"),
    "FrdoBatchView.file": Route("card", "frdo_batch:export", "frdo_batch"),
    "FrdoBatchView.answers": Route("form_of_row", "frdo_batch:answer", "frdo_batch", ("GET", "POST")),
    "FrdoBatchView.accept_all": Route("change", "frdo_batch:answer", "frdo_batch", ("POST",)),
    "FrdoBatchView.blank": Route("page", "frdo_batch:add", methods=("GET", "POST")),
    "RegistryView.correct": Route("change", "registry:add", "registry", ("POST",)),
    "RegistryView.file": Route("kept_file", "registry:show", "registry"),
    "RegistryView.overview": Route("page", "registry:overview"),
    "RegistriesView.index": Route("page", "enrolment:export"),
    "RegistriesView.download": Route("page", "enrolment:export"),
    "RegistriesView.find": Route("lookup_registry", "enrolment:export"),
    "RegistriesView.save": Route("page", "enrolment:export", methods=("POST",)),
    "RegistriesView.forget": Route("page", "enrolment:export", methods=("POST",)),
    "TrainingGroupView.registry": Route("export_of_row", "training_group:registry", "training_group"),
    "ProgramView.file": Route("attachment", "program:show", "program"),
    "ProgramView.attach": Route("form", "program:edit", "program", ("GET", "POST")),
    "ProgramView.detach": Route("change", "program:edit", "program", ("POST",)),
    "ProgramView.modules": Route("form", "program:edit", "program", ("GET", "POST")),
    "ProgramView.new_edition": Route("change", "program:add", "program", ("POST",)),
    "PlanCampaignView.reopen": Route("form", "plan_campaign:reopen", "plan_campaign", ("GET", "POST")),
    "PlanCampaignView.quotas": Route("form", "plan_campaign:edit", "plan_campaign", ("GET", "POST")),
    "PlanOfferView.year": Route("card", "plan_offer:add", "plan_campaign", where=_TAKES_OFFERS),
    "PlanOfferView.put_up_former": Route("change", "plan_offer:add", "plan_campaign", ("POST",), where=_TAKES_OFFERS),
    "PlanOfferView.put_up_current": Route("change", "plan_offer:add", "plan_campaign", ("POST",), where=_TAKES_OFFERS),
    "OwnPlanView.index": Route("home"),
    **{
        f"OwnPlanView.{name}": Route("own_choice", methods=("POST",))
        for name in ("choose", "months", "order", "withdraw", "nothing")
    },
    "PlanItemView.import_upload": Route("new", "plan_item:import", methods=("GET", "POST")),
    "PlanItemView.import_sample": Route("page", "plan_item:import"),
    "PlanItemView.import_preview": Route("card", "plan_item:import", "import_batch", where=_PLAN_LISTS),
    **{
        f"PlanItemView.import_{name}": Route("change", "plan_item:import", "import_batch", ("POST",), where=_PLAN_LISTS)
        for name in ("check", "apply", "cancel", "undo", "marked")
    },
    "PlanPeopleView.index": Route("page", "plan_item:export"),
    **{
        f"PlanPeopleView.{name}": Route("button", "plan_item:export", methods=("POST",))
        for name in ("choose", "agree", "decline", "paper")
    },
    "ProgramView.next_year": Route("change", "program:add", "program", ("POST",)),
    "TrainingGroupView.attendance": Route("form_of_row", "enrolment:attend", "training_group", ("GET", "POST")),
    "TrainingGroupView.attendance_sheet": Route("export_of_row", "enrolment:attend", "training_group"),
    "TrainingGroupView.results": Route("form_of_row", "enrolment:result", "training_group", ("GET", "POST")),
    "TrainingGroupView.results_sheet": Route("export_of_row", "enrolment:result", "training_group"),
    "TrainingGroupView.results_upload": Route("form_of_row", "enrolment:result", "training_group", ("POST",)),
    "TrainingGroupView.enrolment_order": Route("form_of_row", "training_order:add", "training_group", ("GET", "POST")),
    "TrainingGroupView.expulsion_order": Route("form_of_row", "training_order:add", "training_group", ("GET", "POST")),
    "TrainingOrderView.print_docx": Route("card", "training_order:show", "training_order"),
    "TrainingOrderView.print_pdf": Route("file", "training_order:show", "training_order"),
    "TrainingGroupView.schedule": Route(
        "form", "training_group:edit", "training_group", ("GET", "POST"), where="t.status IN ('draft', 'open')"
    ),
    "TrainingGroupView.quotas": Route(
        "form", "training_group:edit", "training_group", ("GET", "POST"), where="t.status IN ('draft', 'open')"
    ),
    "TrainingGroupView.correct": Route(
        "form",
        "training_group:correct",
        "training_group",
        ("GET", "POST"),
        where="t.status = 'completed' AND NOT EXISTS (SELECT FROM registry_row w JOIN registry r ON r.id = w.registry_id"
        " JOIN enrolment e ON e.id = w.enrolment_id WHERE e.group_id = t.id AND r.status = 'accepted')",
    ),
    "TrainingGroupView.find_organization": Route("page", "training_group:edit"),
    "TrainingGroupView.reopen": Route("form", "training_group:reopen", "training_group", ("GET", "POST")),
    "TrainingGroupView.duplicate": Route("form", "training_group:add", "training_group", ("GET", "POST")),
    "CertificateView.duplicate": Route("form_of_row", "certificate:replace", "certificate", ("GET", "POST")),
    "CertificateView.hand": Route("form_of_row", "certificate:hand", "certificate", ("GET", "POST")),
    "TrainingGroupView.confirm_all": Route("change", "enrolment:confirm", "training_group", ("POST",)),
    "TrainingGroupView.ask_mend": Route("change", "training_group:registry", "training_group", ("POST",)),
    "TrainingGroupView.issue_all": Route("form_of_row", "training_group:registry", "training_group", ("GET", "POST")),
    "TrainingGroupView.hand_all": Route("form_of_row", "training_group:registry", "training_group", ("GET", "POST")),
    "TrainingGroupView.replace_all": Route("form_of_row", "training_group:registry", "training_group", ("GET", "POST")),
    "TrainingGroupView.papers": Route("export_of_row", "training_group:registry", "training_group"),
    "TrainingGroupView.order_papers": Route("change", "training_group:registry", "training_group", ("POST",)),
    "EnrolmentView.result": Route(
        "form", "enrolment:result", "enrolment", ("GET", "POST"), where=f"t.status = 'confirmed' AND {_RUNNING}"
    ),
    "EnrolmentView.correct": Route(
        "form", "enrolment:correct", "enrolment", ("GET", "POST"), where=f"t.status IN {_OUTCOMES} AND {_UNREPORTED}"
    ),
    "EnrolmentView.retake": Route(
        "form", "enrolment:retake", "enrolment", ("GET", "POST"), where="t.status = 'failed'"
    ),
    "EnrolmentView.transfer": Route("form", "enrolment:transfer", "enrolment", ("GET", "POST")),
    "EnrolmentView.join": Route("new", "enrolment:add", methods=("GET", "POST")),
    "EnrolmentView.many": Route("new", "enrolment:add", methods=("GET", "POST")),
    "EnrolmentView.issue": Route("change_of_row", "certificate:issue", "enrolment", ("POST",)),
    "EmployeeView.find_place": Route("lookup_place", "employee:add"),
    "EmployeeView.archive": Route("form_of_row", "employee:archive", "employee", ("GET", "POST")),
    "EmployeeView.dismiss": Route("form", "employee:edit", "employee", ("GET", "POST")),
    "EmployeeView.apply_vouchers": Route("page", "employee:apply", methods=("GET", "POST")),
    "VoucherRuleView.version": Route("form", "voucher_rule:edit", "voucher_rule", ("GET", "POST")),
    "SettingsView.index": Route("page", "setting:edit", methods=("GET", "POST")),
    "EmployeeView.confirm_page": Route("page", "employee:confirm_actual", methods=("POST",)),
    "ChangeRequestView.propose": Route("page", "change_request:add", methods=("GET", "POST")),
    "ChangeRequestView.accept": Route("change", "change_request:accept", "change_request", ("POST",)),
    "TransferView.start": Route("form_of_row", "transfer:add", "employee", ("GET", "POST")),
    "TransferView.request_person": Route("page", "transfer:hire", methods=("GET", "POST")),
    "TransferView.find_place": Route("lookup_place", "transfer:add"),
    "TransferView.release": Route("form_of_row", "transfer:release", "transfer", ("POST",)),
    "TransferView.accept": Route("form_of_row", "transfer:accept", "transfer", ("POST",)),
    "EmployeeMergeView.twins": Route("page", "employee_merge:list"),
    "EmployeeMergeView.compare": Route("page", "employee_merge:add"),
    "EmployeeMergeView.merge": Route("page", "employee_merge:add", methods=("POST",)),
    "QualityView.index": Route("page", "employee:list"),
    "DemandView.index": Route("page", "plan_offer:demand"),
    "DemandView.file": Route("page", "plan_offer:demand"),
    "ControlView.index": Route("page", "plan_item:control"),
    "ControlView.remind": Route("button", "plan_item:remind", methods=("POST",)),
    "ResultsView.index": Route("page", "plan_result:list"),
    "ResultsView.approve": Route("change", "plan_campaign:approve", "plan_campaign", ("POST",)),
    "ResultsView.change": Route("change", "plan_result:correct", "plan_campaign", ("POST",)),
    "PlanResultView.print_docx": Route("card", "plan_result:show", "plan_result"),
    "PlanResultView.print_pdf": Route("file", "plan_result:show", "plan_result"),
    "PlanResultView.book": Route("export_of_row", "plan_result:export", "plan_result"),
    "QueueView.index": Route("page", "queue:list"),
    "QueueView.take": Route("page", "queue:list", methods=("POST",)),
    "QueueView.decide": Route("page", "queue:list", methods=("POST",)),
    "UndoView.undo": Route("own_choice", methods=("POST",)),
    "EmployeeView.import_upload": Route("new", "employee:import", methods=("GET", "POST")),
    "EmployeeView.import_sample": Route("page", "employee:import"),
    "EmployeeView.import_preview": Route("card", "employee:import", "import_batch", where=_STAFF_LISTS),
    "EmployeeView.import_check": Route("change", "employee:import", "import_batch", ("POST",), where=_STAFF_LISTS),
    "EmployeeView.import_apply": Route("change", "employee:import", "import_batch", ("POST",), where=_STAFF_LISTS),
    "EmployeeView.import_columns": Route("card", "employee:import", "import_batch", where=_STAFF_LISTS),
    "EmployeeView.import_explain": Route("change", "employee:import", "import_batch", ("POST",), where=_STAFF_LISTS),
    "EmployeeView.import_cancel": Route("change", "employee:import", "import_batch", ("POST",), where=_STAFF_LISTS),
    "EmployeeView.import_undo": Route("change", "employee:import", "import_batch", ("POST",), where=_STAFF_LISTS),
    "EmployeeView.import_marked": Route("change", "employee:import", "import_batch", ("POST",), where=_STAFF_LISTS),
    "LetterTemplateView.restore": Route("change", "letter_template:edit", "letter_template", ("POST",)),
    "LetterTemplateView.test": Route("change", "letter_template:edit", "letter_template", ("POST",)),
    "PrintTemplateView.papers": Route("page", "print_template:list"),
    "PrintTemplateView.fields": Route("page", "print_template:list"),
    "PrintTemplateView.standard": Route("page", "print_template:list"),
    "PrintTemplateView.upload": Route("page", "print_template:add", methods=("GET", "POST")),
    "PrintTemplateView.settings": Route("page", "print_template:edit", methods=("GET", "POST")),
    "PrintTemplateView.sheet": Route("page", "print_template:edit"),
    "PrintTemplateView.download": Route("card", "print_template:show", "print_template"),
    "PrintTemplateView.preview": Route("card", "print_template:show", "print_template"),
    "PrintTemplateView.preview_pdf": Route("file", "print_template:show", "print_template"),
    "PrintTemplateView.activate": Route("change", "print_template:edit", "print_template", ("POST",)),
    "PrintTemplateView.restore": Route("change", "print_template:edit", "print_template", ("POST",)),
    "NoticeView.index": Route("home"),
    "NoticeView.open": Route("own_row", table="notice", methods=("POST",)),
    "NoticeView.read_all": Route("own_choice", methods=("POST",)),
    "NoticeView.letters": Route("own_choice", methods=("GET", "POST")),
    "RegistrationView.decide": Route("change_of_row", "registration:confirm", "registration", ("POST",)),
    "RegisterView.index": Route("public", methods=("GET", "POST")),
    "RegisterView.organization": Route("public", methods=("GET", "POST")),
    "RegisterView.work": Route("public", methods=("GET", "POST")),
    "RegisterView.person": Route("public", methods=("GET", "POST")),
    "RegisterView.sent": Route("public"),
    "RegisterView.find": Route("public"),
    "RegisterView.confirm": Route("public", methods=("GET", "POST")),
    "OwnRegistrationView.index": Route("own_choice", methods=("GET", "POST")),
    "OwnRegistrationView.abandon": Route("home"),
    "OwnRegistrationView.remove": Route("own_choice", methods=("POST",)),
    "CatalogueView.index": Route("home"),
    "CatalogueView.calendar": Route("home"),
    "CatalogueView.find": Route("home"),
    "PublicCatalogueView.index": Route("public"),
    "PublicCatalogueView.show": Route("public"),
    "PublicCatalogueView.calendar": Route("public"),
    "LessonsView.index": Route("lessons"),
    "LessonsView.move": Route("change_of_row", "training_group:edit", "group_meeting", ("POST",)),
    "CalendarView.index": Route("home"),
    "CalendarView.link": Route("own_choice", methods=("POST",)),
    "CalendarView.feed": Route("public"),
    "AccessView.index": Route("home"),
    "AccessView.ask": Route("own_form", methods=("GET", "POST")),
    "AccessView.pages": Route("own_row", table="stored_file"),
    "AccessView.file": Route("own_row", table="stored_file"),
    "AccessView.user": Route("card", "assignment:show", "ab_user"),
    "AccessView.start_view": Route("change", "ab_user:view_as", "ab_user", ("POST",)),
    "AccessView.end_view": Route("own_choice", methods=("POST",)),
    "EmployeeView.paper_consent": Route("form_of_row", "consent:add", "employee", ("GET", "POST")),
    "OwnCardView.index": Route("own_card"),
    "OwnCoursesView.index": Route("home"),
    "OwnApplicationsView.index": Route("home"),
    "OwnDocumentsView.index": Route("home"),
    "OwnDataView.index": Route("home"),
    "EmployeeView.give_data": Route("change_of_row", "employee:give_data", "employee", ("POST",)),
    "ConsentView.index": Route("home"),
    "ConsentView.text": Route("home"),
    "ConsentView.give": Route("own_choice", methods=("POST",)),
    "ConsentView.withdraw": Route("own_choice", methods=("POST",)),
    "ConsentView.close": Route("home"),
    "ConsentView.close_now": Route("own_choice", methods=("POST",)),
    "TaskView.index": Route("home"),
    "TaskView.state": Route("home"),
    "TaskView.cancel": Route("own_row", table="background_job", methods=("POST",)),
    "TaskView.file": Route("own_row", table="background_job"),
    "HomeView.index": Route("front"),
    "PublicFilesView.robots": Route("public"),
    "PublicFilesView.sitemap": Route("public"),
    "PublicFilesView.icon": Route("public"),
    "HomeView.health": Route("public"),
    "HomeView.verify": Route("public"),
    "HomeView.verify_voucher": Route("public"),
    "HomeView.check": Route("public"),
    "SearchView.index": Route("home"),
    "SetupView.index": Route("setup"),
    "HelpView.index": Route("public"),
    "HelpView.topic": Route("public"),
    "HelpView.screen": Route("public"),
    "HelpView.export": Route("public"),
    "HelpView.hint": Route("own_form", methods=("POST",)),
    "AppearanceView.panel": Route("public", methods=("GET", "POST")),
    "CheckView.value": Route("own_form", methods=("POST",)),
    "SignInView.login": Route("public", methods=("GET", "POST")),
    "SignInView.code": Route("public", methods=("GET", "POST")),
    "RecoveryView.ask": Route("public", methods=("GET", "POST")),
    "RecoveryView.recover": Route("public", methods=("GET", "POST")),
    "RecoveryView.accept": Route("public", methods=("GET", "POST")),
    "OwnAccountView.index": Route("own_form", methods=("GET", "POST")),
    "OwnAccountView.second_factor": Route("own_form", methods=("GET", "POST")),
    "SignInView.logout": Route("public", methods=("POST",)),
    "SignInView.password": Route("own_form", methods=("GET", "POST")),
    "static": Route("public"),
}


def table_of_routes() -> dict[str, Route]:
    """Endpoint → its line."""
    routes = dict(OTHERS)
    for view, (table, _forms, _actions) in VIEWS.items():
        for handler, (kind, verb, methods) in GENERATED.items():
            # what a page of settings is about are the user's own rows, not those of the table
            of = "" if kind in ("page", "counts") else table
            where = EDITABLE.get(view, "true") if handler == "edit" else "true"
            routes[f"{view}.{handler}"] = Route(kind, f"{table}:{verb}" if verb else "", of, methods, where)
    return routes


ROUTES = table_of_routes()
