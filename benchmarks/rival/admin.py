"""The list of people with the portal's columns, the form with its fields, and a page for reading."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.contrib import admin
from django.db.models import Prefetch, Q
from django.shortcuts import redirect
from django.utils.timezone import localdate

from benchmarks.rival.models import (
    Application,
    Attestation,
    Employee,
    EmployeeCard,
    Employment,
    Enrolment,
    Organization,
    Registry,
    Voucher,
)
from benchmarks.rival.settings import THEMED

if THEMED:
    from unfold.admin import ModelAdmin, TabularInline
    from unfold.decorators import action
else:
    from django.contrib.admin import ModelAdmin, TabularInline, action


#: in the dress of unfold every filter says how many rows each of its choices finds, as the portal's do
FACETS = admin.ShowFacets.ALWAYS if THEMED else admin.ShowFacets.ALLOW


def dotted(day: dt.date) -> str:
    """Write a date as дд.мм.гггг."""
    return f"{day:%d.%m.%Y}"


FIELDSETS = [
    ("Человек", {"fields": ["last_name", "first_name", "patronymic", "birth_date", "sex", "snils", "citizenship"]}),
    ("Связь", {"fields": ["phone", "email"]}),
    ("Стаж и заслуги", {"fields": ["teaching_since", "working_since", "degree", "awards", "name_dative"]}),
]


@admin.register(Employee)
class EmployeeAdmin(ModelAdmin):
    """The list with the portal's columns, and the form with its fields."""

    list_display = ("person", "birth", "workplace", "masked_snils", "category", "voucher")
    list_filter = ("sex", "birth_date")
    show_facets = FACETS
    search_fields = ("last_name", "first_name", "patronymic", "snils")
    ordering = ("sort", "id")
    list_per_page = 25
    actions = None  # the portal's list of people has none either
    fieldsets = FIELDSETS

    def get_queryset(self, request: Any) -> Any:
        """Only what is live now comes with the people: one statement a relation."""
        day = localdate()
        places = Employment.objects.filter(Q(ended_on=None) | Q(ended_on__gte=day)).select_related(
            "position", "organization"
        )
        kinds = Attestation.objects.filter(Q(valid_until=None) | Q(valid_until__gte=day)).select_related("kind")
        vouchers = Voucher.objects.filter(status="active")
        people = super().get_queryset(request)
        if request.resolver_match.url_name != "rival_employee_changelist":
            return people
        return people.prefetch_related(
            Prefetch("employments", places.order_by("kind"), to_attr="places"),
            Prefetch("attestations", kinds.order_by("valid_from"), to_attr="categories"),
            Prefetch("vouchers", vouchers, to_attr="live_vouchers"),
        )

    @admin.display(description="Работник", ordering="sort")
    def person(self, row: Employee) -> str:
        return str(row)

    @admin.display(description="Дата рождения", ordering="birth_date")
    def birth(self, row: Employee) -> str:
        today, born = localdate(), row.birth_date
        age = today.year - born.year - ((today.month, today.day) < (born.month, born.day))
        return f"{dotted(born)} · {age} лет"

    @admin.display(description="Должность, место работы")
    def workplace(self, row: Any) -> str:
        return (
            f"{row.places[0].position.name}, {row.places[0].organization.short_name}" if row.places else "не работает"
        )

    @admin.display(description="СНИЛС", ordering="snils")
    def masked_snils(self, row: Employee) -> str:
        return f"***-***-{row.snils[6:9]} {row.snils[9:]}" if row.snils else ""

    @admin.display(description="Категория")
    def category(self, row: Any) -> str:
        last = row.categories[-1] if row.categories else None
        return f"{last.kind.name}, до {dotted(last.valid_until)}" if last else "нет"

    @admin.display(description="Чек")
    def voucher(self, row: Any) -> str:
        return f"Действует до {dotted(row.live_vouchers[0].valid_until)}" if row.live_vouchers else "нет"


class ReadOnly:
    """Nothing may be changed: Django shows values instead of fields."""

    extra = 0

    def has_add_permission(self, *_arguments: Any) -> bool:
        return False

    has_change_permission = has_delete_permission = has_add_permission


class EmploymentInline(ReadOnly, TabularInline):
    model = Employment
    fields = ("position", "organization", "kind", "started_on", "ended_on", "status")

    def get_queryset(self, request: Any) -> Any:
        return super().get_queryset(request).select_related("position", "organization")


class AttestationInline(ReadOnly, TabularInline):
    model = Attestation
    fields = ("kind", "valid_from", "valid_until")

    def get_queryset(self, request: Any) -> Any:
        return super().get_queryset(request).select_related("kind")


class VoucherInline(ReadOnly, TabularInline):
    model = Voucher
    fields = ("number", "issued_on", "valid_until", "status")


@admin.register(EmployeeCard)
class CardAdmin(ReadOnly, ModelAdmin):
    """The person with places of work, attestations and чеки, for reading."""

    fieldsets = FIELDSETS
    inlines = (EmploymentInline, AttestationInline, VoucherInline)


@admin.register(Organization)
class OrganizationAdmin(ModelAdmin):
    """The list of organizations."""

    list_display = ("short_name",)
    search_fields = ("short_name",)
    list_per_page = 25


@admin.register(Voucher)
class VoucherAdmin(ModelAdmin):
    """The list of чеки."""

    list_display = ("number", "employee", "issued_on", "valid_until", "status")
    list_select_related = ("employee",)
    list_filter = ("status",)
    show_facets = FACETS
    search_fields = ("number", "employee__last_name")
    list_per_page = 25


class Deciding(ModelAdmin):
    """A list of what waits: its usual decision on many rows and on the open one; nothing of the portal's rules is checked."""

    list_filter = ("status",)
    show_facets = FACETS
    list_per_page = 25
    actions = ("decide_many",)
    actions_detail = ("decide_one",)
    decided = ""

    @action(description="Принять решение")
    def decide_many(self, _request: Any, rows: Any) -> None:
        rows.update(status=self.decided)

    @action(description="Принять решение")
    def decide_one(self, _request: Any, object_id: int) -> Any:
        self.model.objects.filter(pk=object_id).update(status=self.decided)
        return redirect(f"admin:rival_{self.model._meta.model_name}_changelist")


@admin.register(Application)
class ApplicationAdmin(Deciding):
    """Applications, the first term first."""

    list_display = ("employee", "status", "submitted_at", "due_on")
    list_select_related = ("employee",)
    search_fields = ("employee__last_name",)
    ordering = ("due_on", "id")
    readonly_fields = ("employee", "submitted_at", "due_on")
    decided = "approved"


@admin.register(Enrolment)
class EnrolmentAdmin(Deciding):
    """Enrolments; the state is chosen in the row."""

    list_display = ("employee", "group", "status")
    list_editable = ("status",)
    list_select_related = ("employee", "group")
    search_fields = ("employee__last_name", "group__number")
    ordering = ("-id",)
    readonly_fields = ("employee", "group")
    decided = "confirmed"


@admin.register(Registry)
class RegistryAdmin(Deciding):
    """Registries of trained people."""

    list_display = ("organizer", "period_from", "period_to", "status")
    list_select_related = ("organizer",)
    ordering = ("-id",)
    readonly_fields = ("organizer", "period_from", "period_to")
    decided = "accepted"
