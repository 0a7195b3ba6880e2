"""The tables of the portal that the pages show, with the columns that they show."""

from __future__ import annotations

from django.db import models


class Unmanaged(models.Model):
    """A table of the portal."""

    class Meta:
        abstract = True
        managed = False


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


class Employment(Unmanaged):
    employee = models.ForeignKey(Employee, models.CASCADE, related_name="employments")
    organization = models.ForeignKey(Organization, models.PROTECT, verbose_name="Организация")
    position = models.ForeignKey(Position, models.PROTECT, verbose_name="Должность")
    kind = models.CharField(
        "Вид занятости", max_length=24, choices=[("main", "основное"), ("secondary", "совместительство")]
    )
    started_on = models.DateField("С")
    ended_on = models.DateField("По", null=True)
    status = models.CharField(
        "Состояние", max_length=24, choices=[("confirmed", "Подтверждено"), ("unconfirmed", "Ждёт")]
    )

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
