"""The rival's side of ``lists.py``: Django admin on the same tables, as a good Django developer sets it up.

Runs in an environment of its own (Django and psycopg2 only). Django's own tables live in the schema ``django``.
"""

from __future__ import annotations

import datetime as dt
import sys
from pathlib import Path
from typing import Any

import django
from django.conf import settings

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

HOST, PORT = sys.argv[1:3]

settings.configure(
    DEBUG=False,
    SECRET_KEY="benchmark-secret-key-that-is-long-enough-0123456789",
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    INSTALLED_APPS=[
        "django.contrib.admin",
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "django.contrib.sessions",
        "django.contrib.messages",
        "django.contrib.staticfiles",
    ],
    MIDDLEWARE=[
        "django.middleware.security.SecurityMiddleware",
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.common.CommonMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "django.contrib.messages.middleware.MessageMiddleware",
        "django.middleware.clickjacking.XFrameOptionsMiddleware",
    ],
    # without DEBUG Django keeps compiled templates in memory
    TEMPLATES=[
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "APP_DIRS": True,
            "OPTIONS": {
                "context_processors": [
                    "django.template.context_processors.request",
                    "django.contrib.auth.context_processors.auth",
                    "django.contrib.messages.context_processors.messages",
                ]
            },
        }
    ],
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": "portal",
            "USER": "portal",
            "HOST": HOST,
            "PORT": PORT,
            "CONN_MAX_AGE": None,
            "OPTIONS": {"options": "-c search_path=django,public"},
        }
    },
    # like the portal's: the session is in the cookie, the user is read at every request
    SESSION_ENGINE="django.contrib.sessions.backends.signed_cookies",
    DEFAULT_AUTO_FIELD="django.db.models.AutoField",
    LANGUAGE_CODE="ru",
    TIME_ZONE="Europe/Samara",
    STATIC_URL="static/",
)
django.setup()

from django.contrib import admin  # noqa: E402
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY, get_user_model  # noqa: E402
from django.contrib.sessions.backends.signed_cookies import SessionStore  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.db import connection, models  # noqa: E402
from django.db.models import Prefetch, Q  # noqa: E402
from django.urls import path  # noqa: E402

from benchmarks.wsgi_side import serve  # noqa: E402

PERSON, SEARCH = "50000", "%D0%A1%D0%B8%D0%B4%D0%BE%D1%80%D0%BE%D0%B2%D0%B0"  # Сидорова
PAGES = {
    "list": "/admin/bench/employee/",
    "last": "/admin/bench/employee/?p=4000",
    "search": f"/admin/bench/employee/?q={SEARCH}",
    "card": f"/admin/bench/employeecard/{PERSON}/change/",
    "edit": f"/admin/bench/employee/{PERSON}/change/",
}


class Unmanaged(models.Model):
    """A table of the portal."""

    class Meta:
        abstract = True
        managed = False
        app_label = "bench"


class Organization(Unmanaged):
    short_name = models.CharField(max_length=255)

    class Meta(Unmanaged.Meta):
        db_table = "organization"

    def __str__(self) -> str:
        return self.short_name


class Position(Unmanaged):
    name = models.CharField(max_length=255)

    class Meta(Unmanaged.Meta):
        db_table = "position"

    def __str__(self) -> str:
        return self.name


class AttestationKind(Unmanaged):
    name = models.CharField(max_length=255)

    class Meta(Unmanaged.Meta):
        db_table = "attestation_kind"

    def __str__(self) -> str:
        return self.name


class Employee(Unmanaged):
    last_name = models.CharField("Фамилия", max_length=100)
    first_name = models.CharField("Имя", max_length=100)
    patronymic = models.CharField("Отчество", max_length=100, null=True, blank=True)
    birth_date = models.DateField("Дата рождения", null=True)
    sex = models.CharField("Пол", max_length=24, null=True, choices=[("male", "мужской"), ("female", "женский")])
    snils = models.CharField("СНИЛС", max_length=11, null=True, blank=True, unique=True)
    citizenship = models.CharField("Гражданство", max_length=3, default="643")
    phone = models.CharField("Телефон", max_length=12, null=True, blank=True)
    email = models.CharField("Электронная почта", max_length=120, null=True, blank=True)
    teaching_since = models.DateField("Педагогический стаж с", null=True, blank=True)
    working_since = models.DateField("Общий стаж с", null=True, blank=True)
    degree = models.CharField("Учёная степень", max_length=255, null=True, blank=True)
    awards = models.TextField("Награды", null=True, blank=True)
    name_dative = models.CharField("ФИО в дательном падеже", max_length=255, null=True, blank=True)
    sort = models.TextField(editable=False)

    class Meta(Unmanaged.Meta):
        db_table = "employee"

    def __str__(self) -> str:
        return " ".join(filter(None, (self.last_name, self.first_name, self.patronymic)))


class EmployeeCard(Employee):
    """The same people on a page for reading."""

    class Meta:
        proxy = True
        app_label = "bench"


class Employment(Unmanaged):
    employee = models.ForeignKey(Employee, models.CASCADE, related_name="employments")
    organization = models.ForeignKey(Organization, models.PROTECT, verbose_name="Организация")
    position = models.ForeignKey(Position, models.PROTECT, verbose_name="Должность")
    kind = models.CharField("Вид занятости", max_length=24, choices=[("main", "основное"), ("secondary", "совместительство")])
    started_on = models.DateField("С")
    ended_on = models.DateField("По", null=True)
    status = models.CharField("Состояние", max_length=24, choices=[("confirmed", "Подтверждено"), ("unconfirmed", "Ждёт")])

    class Meta(Unmanaged.Meta):
        db_table = "employment"


class Attestation(Unmanaged):
    employee = models.ForeignKey(Employee, models.CASCADE, related_name="attestations")
    kind = models.ForeignKey(AttestationKind, models.PROTECT, verbose_name="Вид")
    valid_from = models.DateField("С")
    valid_until = models.DateField("По", null=True)

    class Meta(Unmanaged.Meta):
        db_table = "attestation"


class Voucher(Unmanaged):
    employee = models.ForeignKey(Employee, models.CASCADE, related_name="vouchers")
    number = models.CharField("Номер", max_length=40)
    issued_on = models.DateField("Выдан")
    valid_until = models.DateField("Действует до")
    status = models.CharField("Состояние", max_length=24, choices=[("active", "Действует"), ("used", "Использован")])

    class Meta(Unmanaged.Meta):
        db_table = "voucher"


def dotted(day: dt.date) -> str:
    """Write a date as дд.мм.гггг."""
    return f"{day:%d.%m.%Y}"


FIELDSETS = [
    ("Человек", {"fields": ["last_name", "first_name", "patronymic", "birth_date", "sex", "snils", "citizenship"]}),
    ("Связь", {"fields": ["phone", "email"]}),
    ("Стаж и заслуги", {"fields": ["teaching_since", "working_since", "degree", "awards", "name_dative"]}),
]


@admin.register(Employee)
class EmployeeAdmin(admin.ModelAdmin):
    """The list with the portal's columns, and the form with its fields."""

    list_display = ("person", "birth", "workplace", "masked_snils", "category", "voucher")
    list_filter = ("sex", "birth_date")
    search_fields = ("last_name", "first_name", "patronymic", "snils")
    ordering = ("sort", "id")
    list_per_page = 25
    actions = None  # the portal's list of people has none either
    fieldsets = FIELDSETS

    def get_queryset(self, request: Any) -> Any:
        """Only what is live now comes with the people: one statement a relation."""
        day = dt.date.today()
        places = Employment.objects.filter(Q(ended_on=None) | Q(ended_on__gte=day)).select_related("position", "organization")
        kinds = Attestation.objects.filter(Q(valid_until=None) | Q(valid_until__gte=day)).select_related("kind")
        vouchers = Voucher.objects.filter(status="active")
        people = super().get_queryset(request)
        if request.resolver_match.url_name != "bench_employee_changelist":
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
        today, born = dt.date.today(), row.birth_date
        age = today.year - born.year - ((today.month, today.day) < (born.month, born.day))
        return f"{dotted(born)} · {age} лет"

    @admin.display(description="Должность, место работы")
    def workplace(self, row: Any) -> str:
        return f"{row.places[0].position.name}, {row.places[0].organization.short_name}" if row.places else "не работает"

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


class EmploymentInline(ReadOnly, admin.TabularInline):
    model = Employment
    fields = ("position", "organization", "kind", "started_on", "ended_on", "status")

    def get_queryset(self, request: Any) -> Any:
        return super().get_queryset(request).select_related("position", "organization")


class AttestationInline(ReadOnly, admin.TabularInline):
    model = Attestation
    fields = ("kind", "valid_from", "valid_until")

    def get_queryset(self, request: Any) -> Any:
        return super().get_queryset(request).select_related("kind")


class VoucherInline(ReadOnly, admin.TabularInline):
    model = Voucher
    fields = ("number", "issued_on", "valid_until", "status")


@admin.register(EmployeeCard)
class CardAdmin(ReadOnly, admin.ModelAdmin):
    """The person with places of work, attestations and чеки, for reading."""

    fieldsets = FIELDSETS
    inlines = (EmploymentInline, AttestationInline, VoucherInline)


urlpatterns = [path("admin/", admin.site.urls)]


def cookie() -> str:
    """The cookie of a browser signed in as a superuser."""
    users = get_user_model().objects
    user = users.filter(username="operator").first() or users.create_superuser("operator", "", "benchmark")
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    return f"{settings.SESSION_COOKIE_NAME}={session.session_key}"


def main() -> None:
    """Serve the rival's pages."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE SCHEMA IF NOT EXISTS django")
    call_command("migrate", verbosity=0)
    seen = 0

    def count(execute: Any, *arguments: Any) -> Any:
        nonlocal seen
        seen += 1
        return execute(*arguments)

    with connection.execute_wrapper(count):
        serve(get_wsgi_application(), PAGES, cookie(), lambda: seen)


if __name__ == "__main__":
    # the admin finds the models and addresses by the module's name
    sys.modules.setdefault("django_side", sys.modules[__name__])
    main()
