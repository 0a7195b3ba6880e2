"""The columns of a school's staff list, in the order of the sample file, with the titles that schools write."""

from __future__ import annotations

from datetime import date

from app.exchange.columns import (
    Column,
    CountryColumn,
    DateColumn,
    DiplomaColumn,
    EmailColumn,
    FullNameColumn,
    InnColumn,
    ListColumn,
    NameColumn,
    PhoneColumn,
    SexColumn,
    SnilsColumn,
    YearsColumn,
    title_index,
)

MUNICIPALITY = Column(
    "municipality",
    "Муниципалитет",
    ("Муниципальное образование", "Муниципальный район", "Городской округ", "Район", "МО", "Территория"),
    example="муниципальный район Красноярский",
    width=34,
)
ORGANIZATION = Column(
    "organization",
    "Место работы",
    (
        "Организация", "Наименование организации", "Название организации", "Образовательная организация",
        "Наименование образовательной организации", "Наименование ОО", "ОО", "Школа", "Учреждение",
        "Образовательное учреждение", "Наименование учреждения", "Место работы получателя", "Основное место работы",
    ),
    required=True,
    hint="Полное или краткое название организации или её структурного подразделения.",
    example="ГБОУ СОШ с. Верхние Сосны",
    width=48,
    max_length=500,
)  # fmt: skip
ORGANIZATION_INN = InnColumn(
    "organization_inn", "ИНН организации",
    ("ИНН", "ИНН ОО", "ИНН учреждения", "ИНН образовательной организации", "ИНН места работы"),
    hint="Решает, когда названия организаций совпадают.", example="6300000000", width=16,
)  # fmt: skip
LAST_NAME = NameColumn(
    "last_name", "Фамилия", ("Фамилия получателя", "Фамилия работника", "Фамилия сотрудника"),
    required=True, example="Примерова", kind="фамилия",
)  # fmt: skip
FIRST_NAME = NameColumn(
    "first_name", "Имя", ("Имя получателя", "Имя работника", "Имя сотрудника"),
    required=True, example="Мария", kind="имя",
)  # fmt: skip
PATRONYMIC = NameColumn(
    "patronymic", "Отчество",
    ("Отчество получателя", "Отчество работника", "Отчество при наличии", "Отчество сотрудника"),
    hint="Если отчества нет, оставьте ячейку пустой.", example="Ивановна", kind="отчество",
)  # fmt: skip
FULL_NAME = FullNameColumn(
    "full_name", "ФИО",
    (
        "Ф.И.О.", "Фамилия Имя Отчество", "Фамилия, имя, отчество", "ФИО работника", "ФИО сотрудника", "ФИО педагога",
        "ФИО полностью", "Ф.И.О. полностью", "Ф.И.О. работника", "Ф.И.О. сотрудника", "Ф.И.О. педагога", "ФИО учителя",
        "Сотрудник", "Работник",
    ),
    required=True,
)  # fmt: skip
BIRTH_DATE = DateColumn(
    "birth_date", "Дата рождения", ("Дата рождения получателя", "Дата рожд.", "Д.р.", "ДР", "Д/р", "Рождение"),
    required=True, hint="дд.мм.гггг", example=date(1985, 3, 14), width=14, past=True,
)  # fmt: skip
SEX = SexColumn("sex", "Пол", ("Пол получателя", "Пол работника"), hint="М или Ж", example="Ж", width=8)
CITIZENSHIP = CountryColumn(
    "citizenship", "Гражданство", ("Гражданство получателя", "Гражданство работника", "Страна", "Код страны"),
    hint="Название страны или её код по ОКСМ; пусто — Россия.", example="Россия",
)  # fmt: skip
SNILS = SnilsColumn(
    "snils", "СНИЛС", ("Номер СНИЛС", "СНИЛС работника", "Страховой номер", "СНИЛС получателя", "№ СНИЛС"),
    hint="Без СНИЛС работник не сможет получить чек.", example="112-233-445 95", width=16,
)  # fmt: skip
POSITION = Column(
    "position", "Должность", ("Занимаемая должность", "Должность по штатному расписанию", "Наименование должности"),
    required=True, hint="Название из справочника должностей.", example="Учитель", width=34, max_length=300,
)  # fmt: skip
ACTIVITY = Column(
    "activity", "Вид деятельности", ("Категория работников", "Категория персонала", "Деятельность"),
    example="Педагогическая", max_length=120,
)  # fmt: skip
SUBJECTS = ListColumn(
    "subjects",
    "Предмет",
    (
        "Предметы", "Преподаваемый предмет", "Преподаваемые предметы", "Предмет преподавания", "Дисциплина",
        "Дисциплины", "Преподаваемая дисциплина", "Преподаваемые дисциплины", "Учебный предмет", "Учебные предметы",
    ),
    hint="Несколько предметов — через точку с запятой.",
    example="История; Обществознание",
    width=32,
    max_length=500,
)  # fmt: skip
EDUCATION = Column(
    "education_level", "Образование", ("Уровень образования", "Образование уровень", "Вид образования"),
    example="Высшее", width=24,
)  # fmt: skip
DIPLOMA_SERIES = Column(
    "diploma_series", "Серия диплома", ("Диплом серия", "Серия документа об образовании"),
    example="ВСА", max_length=20,
)  # fmt: skip
DIPLOMA_NUMBER = Column(
    "diploma_number", "Номер диплома", ("Диплом номер", "№ диплома", "Номер документа об образовании"),
    example="0012345", max_length=30,
)  # fmt: skip
DIPLOMA = DiplomaColumn(
    "diploma", "Серия и номер диплома",
    (
        "Серия, номер диплома", "Серия, номер", "Серия и номер", "Диплом", "Диплом: серия, номер",
        "Серия, номер документа об образовании", "Реквизиты диплома",
    ),
    max_length=60,
)  # fmt: skip
TEACHING_YEARS = YearsColumn(
    "teaching_years", "Педагогический стаж",
    ("Пед. стаж", "Педстаж", "Стаж педагогический", "Стаж педагогической работы"),
    hint="Полных лет.", example=12,
)  # fmt: skip
POSITION_YEARS = YearsColumn(
    "position_years", "Стаж в должности",
    ("Стаж работы в должности", "Стаж в занимаемой должности", "Стаж по должности"),
    hint="Полных лет.", example=8,
)  # fmt: skip
EMAIL = EmailColumn(
    "email",
    "Личный электронный адрес",
    (
        "Электронная почта", "Адрес электронной почты", "E-mail", "Email", "Эл. почта", "Эл. адрес", "Эл. почта личная",
        "Электронный адрес", "Личный e-mail", "Личная электронная почта", "Личный адрес электронной почты",
    ),
    example="primerova@example.org",
    width=28,
)  # fmt: skip
PHONE = PhoneColumn(
    "phone", "Номер телефона",
    ("Телефон", "Тел.", "Моб. телефон", "Мобильный телефон", "Контактный телефон", "Сотовый телефон", "Номер тел."),
    example="+7 (927) 000-00-00", width=20,
)  # fmt: skip

SAMPLE_COLUMNS: tuple[Column, ...] = (
    MUNICIPALITY, ORGANIZATION, LAST_NAME, FIRST_NAME, PATRONYMIC, BIRTH_DATE, SEX, SNILS, POSITION, ACTIVITY, SUBJECTS,
    EDUCATION, DIPLOMA_SERIES, DIPLOMA_NUMBER, TEACHING_YEARS, POSITION_YEARS, EMAIL, PHONE,
)  # fmt: skip
ALL_COLUMNS: tuple[Column, ...] = (*SAMPLE_COLUMNS, CITIZENSHIP, FULL_NAME, ORGANIZATION_INN, DIPLOMA)
BY_NAME = {column.name: column for column in ALL_COLUMNS}
TITLES = title_index(ALL_COLUMNS)
# Columns of ordinal numbers carry no data and need no remark.
ORDINAL_TITLES = frozenset({"", "п п", "пп", "номер", "номер п п", "n п п", "n", "н"})
