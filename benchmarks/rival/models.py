"""The tables of the portal that the pages show, with the columns that they show."""

from __future__ import annotations

from django.db import models


class Unmanaged(models.Model):
    """A table of the portal."""

    class Meta:
        abstract = True
        managed = False


class Organization(Unmanaged):
    short_name = models.CharField("Краткое название", max_length=255)

    class Meta(Unmanaged.Meta):
        db_table = "organization"
        verbose_name, verbose_name_plural = "организация", "Организации"

    def __str__(self) -> str:
        return self.short_name


class Position(Unmanaged):
    name = models.CharField(max_length=255)

    class Meta(Unmanaged.Meta):
        db_table = "position"
        verbose_name, verbose_name_plural = "должность", "Должности"

    def __str__(self) -> str:
        return self.name


class AttestationKind(Unmanaged):
    name = models.CharField(max_length=255)

    class Meta(Unmanaged.Meta):
        db_table = "attestation_kind"
        verbose_name, verbose_name_plural = "категория", "Категории"

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
        verbose_name, verbose_name_plural = "работник", "Работники"

    def __str__(self) -> str:
        return " ".join(filter(None, (self.last_name, self.first_name, self.patronymic)))


class EmployeeCard(Employee):
    """The same people on a page for reading."""

    class Meta:
        proxy = True
        verbose_name, verbose_name_plural = "карточка работника", "Карточки работников"


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
        verbose_name, verbose_name_plural = "место работы", "Места работы"


class Attestation(Unmanaged):
    employee = models.ForeignKey(Employee, models.CASCADE, related_name="attestations")
    kind = models.ForeignKey(AttestationKind, models.PROTECT, verbose_name="Вид")
    valid_from = models.DateField("С")
    valid_until = models.DateField("По", null=True)

    class Meta(Unmanaged.Meta):
        db_table = "attestation"
        verbose_name, verbose_name_plural = "аттестация", "Аттестация"


class Voucher(Unmanaged):
    employee = models.ForeignKey(Employee, models.CASCADE, related_name="vouchers", verbose_name="Работник")
    number = models.CharField("Номер", max_length=40)
    issued_on = models.DateField("Выдан")
    valid_until = models.DateField("Действует до")
    status = models.CharField("Состояние", max_length=24, choices=[("active", "Действует"), ("used", "Использован")])

    class Meta(Unmanaged.Meta):
        db_table = "voucher"
        verbose_name, verbose_name_plural = "чек", "Чеки"


class Application(Unmanaged):
    employee = models.ForeignKey(Employee, models.CASCADE, verbose_name="Работник")
    status = models.CharField(
        "Состояние",
        max_length=24,
        choices=[
            ("submitted", "Ждёт решения"),
            ("approved", "Одобрена"),
            ("returned", "Возвращена"),
            ("rejected", "Отказано"),
        ],
    )
    reason_text = models.TextField("Причина", null=True, blank=True)
    submitted_at = models.DateTimeField("Подана", null=True)
    due_on = models.DateField("Срок решения", null=True)

    class Meta(Unmanaged.Meta):
        db_table = "voucher_application"
        verbose_name, verbose_name_plural = "заявка на чек", "Заявки на чек"

    def __str__(self) -> str:
        return f"заявка на чек № {self.pk}"


class Group(Unmanaged):
    number = models.CharField("Номер", max_length=40)
    starts_on = models.DateField("Начало занятий")
    status = models.CharField("Состояние", max_length=24)

    class Meta(Unmanaged.Meta):
        db_table = "training_group"
        verbose_name, verbose_name_plural = "группа", "Группы"

    def __str__(self) -> str:
        return self.number


class Enrolment(Unmanaged):
    employee = models.ForeignKey(Employee, models.CASCADE, verbose_name="Работник")
    group = models.ForeignKey(Group, models.PROTECT, verbose_name="Группа")
    status = models.CharField(
        "Состояние",
        max_length=24,
        choices=[
            ("applied", "Ждёт согласования"),
            ("agreed", "Ждёт подтверждения"),
            ("confirmed", "Подтверждена"),
            ("trained", "Обучен"),
        ],
    )

    class Meta(Unmanaged.Meta):
        db_table = "enrolment"
        verbose_name, verbose_name_plural = "запись на курс", "Записи на курсы"


class Registry(Unmanaged):
    organizer = models.ForeignKey(Organization, models.PROTECT, verbose_name="Организатор")
    period_from = models.DateField("С")
    period_to = models.DateField("По")
    status = models.CharField(
        "Состояние",
        max_length=24,
        choices=[("formed", "Сформирован"), ("sent", "Направлен"), ("accepted", "Принят"), ("returned", "Возвращён")],
    )

    class Meta(Unmanaged.Meta):
        db_table = "registry"
        verbose_name, verbose_name_plural = "реестр обученных", "Реестры обученных"
