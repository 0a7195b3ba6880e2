"""Invented organizations, organizers of courses and programs for the demo: two territories in depth.

Municipalities, types, positions and subjects are named exactly as in ``app.reference``; villages and organizations are
invented. Everything follows from the caller's ``random.Random``. ИНН, КПП and ОГРН have right check digits, but their tax
office 6399 does not exist, so that no number belongs to a real organization.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from random import Random

from app.demo.names import PHONE_PREFIX, DemoPerson, PersonGenerator
from app.statuses import BlockKind, Ownership, StudyForm

TAX_OFFICE = "6399"
HEAD_AGES = (34, 66)
_INN_WEIGHTS = (2, 4, 10, 3, 5, 9, 4, 6, 8)


@dataclass(frozen=True, slots=True)
class DemoUnit:
    """A unit inside an organization, with a type of its own; legal identifiers are those of the parent."""

    full_name: str
    short_name: str
    type_code: str


@dataclass(frozen=True, slots=True)
class DemoOrganization:
    """An organization; ``municipality`` is the name and ``territory`` the code in the reference tables."""

    full_name: str
    short_name: str
    type_code: str
    territory: str
    municipality: str
    ownership: Ownership
    inn: str
    kpp: str
    ogrn: str
    licence_number: str
    licence_date: date
    city: str
    address: str
    phone: str
    email: str
    head: DemoPerson
    head_position: str
    secretary: DemoPerson | None = None
    is_organizer: bool = False
    units: tuple[DemoUnit, ...] = ()


@dataclass(frozen=True, slots=True)
class DemoProgram:
    """A program; ``organizer`` is an index in ``ORGANIZER_CODES``, empty targets mean «for all»."""

    code: str
    title: str
    hours: int
    block: BlockKind
    form: StudyForm
    distance: bool
    organizer: int
    annotation: str
    types: tuple[str, ...]
    positions: tuple[str, ...]
    subjects: tuple[str, ...]


# --- identifiers -----------------------------------------------------------------------------------------------------


def make_inn(number: int) -> str:
    """Return the ten-digit ИНН of region 63 with the ``number`` (below 100 000) and the right check digit."""
    digits = f"{TAX_OFFICE}{number:05d}"
    total = sum(int(digit) * weight for digit, weight in zip(digits, _INN_WEIGHTS, strict=True))
    return f"{digits}{total % 11 % 10}"


def make_kpp() -> str:
    """Return the КПП of an organization registered where it stands (reason 01)."""
    return f"{TAX_OFFICE}01001"


def make_ogrn(number: int, *, year: int) -> str:
    """Return the thirteen-digit ОГРН of region 63 entered in ``year``, with the right check digit."""
    digits = f"1{year % 100:02d}{TAX_OFFICE}{number:05d}"
    return f"{digits}{int(digits) % 11 % 10}"


# --- organizations ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Area:
    """A municipality; ``address`` is what stands between the region and the place."""

    municipality: str
    territory: str
    postcode: int
    address: str = ""

    @property
    def genitive(self) -> str:
        name = self.municipality.replace("муниципальный район", "муниципального района")
        return name.replace("городской округ", "городского округа")


@dataclass(frozen=True, slots=True)
class _Form:
    """A legal form: how full and short names begin, the type, the owner and the head's position."""

    full: str
    short: str
    type_code: str
    ownership: Ownership = Ownership.REGIONAL
    head_position: str = "Директор"


AREAS = {
    "кр": _Area("муниципальный район Красноярский", "severo_zapadnoe", 446370, "Красноярский район, "),
    "кш": _Area("муниципальный район Кошкинский", "severo_zapadnoe", 446800, "Кошкинский район, "),
    "ел": _Area("муниципальный район Елховский", "severo_zapadnoe", 446870, "Елховский район, "),
    "нк": _Area("городской округ Новокуйбышевск", "povolzhskoe", 446200),
    "вж": _Area("муниципальный район Волжский", "povolzhskoe", 443500, "Волжский район, "),
    "см": _Area("городской округ Самара", "samarskoe", 443000),
}
_REGION = "Самарской области"
_SCHOOL = f"государственное бюджетное общеобразовательное учреждение {_REGION}"
_VOCATIONAL = f"профессиональное образовательное учреждение {_REGION}"
_FURTHER = f"учреждение дополнительного профессионального образования {_REGION}"
_LEISURE = "бюджетное учреждение дополнительного образования"
_NURSERY = "муниципальное бюджетное дошкольное образовательное учреждение"
FORMS = {
    "СОШ": _Form(f"{_SCHOOL} средняя общеобразовательная школа", "ГБОУ СОШ", "general"),
    "ООШ": _Form(f"{_SCHOOL} основная общеобразовательная школа", "ГБОУ ООШ", "general"),
    "лицей": _Form(f"{_SCHOOL} лицей", "ГБОУ лицей", "general"),
    "гимназия": _Form(f"{_SCHOOL} гимназия", "ГБОУ гимназия", "general"),
    "интернат": _Form(f"{_SCHOOL} школа-интернат", "ГБОУ школа-интернат", "general"),
    "сад": _Form(_NURSERY, "МБДОУ", "preschool", Ownership.MUNICIPAL, "Заведующий"),
    "ДО": _Form(f"государственное {_LEISURE} {_REGION}", "ГБУ ДО", "supplementary"),
    "МДО": _Form(f"муниципальное {_LEISURE}", "МБУ ДО", "supplementary", Ownership.MUNICIPAL),
    "колледж": _Form(f"государственное автономное {_VOCATIONAL}", "ГАПОУ", "vocational"),
    "техникум": _Form(f"государственное бюджетное {_VOCATIONAL}", "ГБПОУ", "vocational"),
    "частная": _Form("частное общеобразовательное учреждение", "ЧОУ", "general", Ownership.PRIVATE),
    "ДПО": _Form(f"государственное бюджетное {_FURTHER}", "ГБУ ДПО", "further"),
    "ИДПО": _Form(f"государственное автономное {_FURTHER}", "ГАУ ДПО", "further", head_position="Ректор"),
}
# area; form; title («» = named by its place); place; units: «Д» a kindergarten, «Ц» a centre of children's arts
_ROWS = """
кр;СОШ;;с. Верхние Сосны;Д Росинка
кр;СОШ;;с. Ольховый Ключ;Д Теремок|Ц Радуга
кр;СОШ;;с. Светлый Яр;Д Солнышко
кр;СОШ;;с. Калинов Дол;Д Колокольчик
кр;СОШ;;с. Берёзовая Грива;Д Берёзка
кр;СОШ;;п. Кондурчинский Плёс;Д Кораблик
кр;лицей;;п. Медовый;Д Пчёлка|Ц Импульс
кр;ООШ;;с. Старая Пасека;
кр;ООШ;;с. Лебяжий Брод;Д Лебедёнок
кр;ООШ;;с. Новый Починок;
кр;интернат;;с. Тёплый Стан;
кр;техникум;«Сосновский аграрный техникум»;с. Верхние Сосны;
кр;МДО;«Детская школа искусств „Лира“»;с. Светлый Яр;
кш;СОШ;;с. Липовая Роща;Д Улыбка|Ц Гармония
кш;СОШ;;с. Тихие Ключи;Д Ручеёк
кш;СОШ;;с. Малые Вязы;Д Ромашка
кш;СОШ;;с. Полевая Слобода;Д Колосок
кш;СОШ;;с. Степное Озеро;Д Журавлик
кш;ООШ;;с. Рябиновый Овраг;
кш;ООШ;;с. Дальние Выселки;
кш;ДО;«Дом детского творчества „Родник“»;с. Липовая Роща;
кш;техникум;«Липовский сельскохозяйственный техникум»;с. Липовая Роща;
ел;СОШ;;с. Высокие Ели;Д Ёлочка|Ц Созвездие
ел;СОШ;;с. Дубовый Лог;Д Дубок
ел;СОШ;;с. Никольские Хутора;Д Аленький цветочек
ел;ООШ;;с. Сухая Ложбина;
ел;ООШ;;с. Заречный Умёт;
ел;МДО;«Детская школа искусств с. Высокие Ели»;с. Высокие Ели;
нк;СОШ;№ 31;г. Новокуйбышевска;Д Василёк
нк;СОШ;№ 32;г. Новокуйбышевска;Д Буратино|Ц Вымпел
нк;СОШ;№ 33;г. Новокуйбышевска;Д Жар-птица
нк;СОШ;№ 34;г. Новокуйбышевска;Д Чайка
нк;СОШ;№ 35 «Образовательный центр»;г. Новокуйбышевска;Д Светлячок|Ц Меридиан
нк;СОШ;№ 36;г. Новокуйбышевска;Д Подснежник
нк;ООШ;№ 37;г. Новокуйбышевска;
нк;ООШ;№ 38;г. Новокуйбышевска;Д Родничок
нк;гимназия;№ 41;г. Новокуйбышевска;Ц Эрудит
нк;лицей;№ 42;г. Новокуйбышевска;
нк;интернат;№ 43;г. Новокуйбышевска;
нк;сад;«Детский сад № 71 „Рябинка“»;г. Новокуйбышевска;
нк;сад;«Детский сад № 72 „Золотой ключик“»;г. Новокуйбышевска;
нк;ДО;«Центр технического творчества „Орбита“»;г. Новокуйбышевска;
нк;МДО;«Детская музыкальная школа „Камертон“»;г. Новокуйбышевска;
нк;колледж;«Приволжский технологический колледж»;г. Новокуйбышевска;
нк;колледж;«Колледж педагогики и сервиса»;г. Новокуйбышевска;
нк;частная;«Школа „Перспектива“»;г. Новокуйбышевска;
вж;СОШ;«Образовательный центр „Затон“»;с. Песчаный Затон;Д Морячок|Ц Парус
вж;СОШ;;с. Новая Пристань;Д Якорёк
вж;СОШ;;с. Чистые Пруды;Д Кувшинка
вж;СОШ;;с. Рубежные Поляны;Д Полянка
вж;СОШ;;п. Яблоневый;Д Яблонька
вж;СОШ;;с. Осиновый Мыс;Д Лучик
вж;СОШ;;п. Садовая Горка;Д Вишенка
вж;ООШ;;с. Каменные Ворота;
вж;ООШ;;с. Ключевая Гора;Д Капелька
вж;ООШ;;п. Тополиный;
вж;лицей;«Лицей искусств»;п. Яблоневый;
вж;сад;«Детский сад „Сказка“»;п. Садовая Горка;
вж;ДО;«Центр внешкольной работы „Эврика“»;с. Новая Пристань;
вж;МДО;«Спортивная школа „Старт“»;с. Чистые Пруды;
""".strip()
ORGANIZER_CODES = ("ИПМ", "ПЦК", "СЗ")
_ORGANIZER_ROWS = """
см;ИДПО;«Институт педагогического мастерства»;г. Самары;
нк;ДПО;«Поволжский центр развития кадров»;г. Новокуйбышевска;
кр;ДПО;«Северо-Западный ресурсный центр»;п. Медовый;
""".strip()
_CITY = {"г. Самары": "г. Самара", "г. Новокуйбышевска": "г. Новокуйбышевск"}
_STREETS = ("Школьная", "Садовая", "Молодёжная", "Центральная", "Полевая", "Мира", "Рабочая", "Набережная", "Лесная")


def organizations(rng: Random, people: PersonGenerator) -> tuple[DemoOrganization, ...]:
    """Return sixty organizations of two territories, the first is «ГБОУ СОШ с. Верхние Сосны», and three organizers.

    The organizers stand at the end in the order of ``ORGANIZER_CODES``; their heads and secretaries sign certificates.
    """
    rows, organizer_rows = _ROWS.splitlines(), _ORGANIZER_ROWS.splitlines()
    numbers = iter(rng.sample(range(10**5), len(rows) + len(organizer_rows)))
    return (
        *(_organization(row, next(numbers), rng, people) for row in rows),
        *(_organizer(row, next(numbers), rng, people) for row in organizer_rows),
    )


def _organizer(row: str, number: int, rng: Random, people: PersonGenerator) -> DemoOrganization:
    secretary = people.person(ages=HEAD_AGES)
    return replace(_organization(row, number, rng, people), is_organizer=True, secretary=secretary)


def _organization(row: str, number: int, rng: Random, people: PersonGenerator) -> DemoOrganization:
    area_key, form_key, title, place, units = row.split(";")
    area, form = AREAS[area_key], FORMS[form_key]
    own = _own_name(title, place)
    short, city = f"{form.short} {own}", _CITY.get(place, place)
    since = date(2011, 12, 1) + timedelta(days=rng.randrange(3000))
    return DemoOrganization(
        full_name=_full_name(f"{form.full} {own}", place, area),
        short_name=short,
        type_code=form.type_code,
        territory=area.territory,
        municipality=area.municipality,
        ownership=form.ownership,
        inn=make_inn(number),
        kpp=make_kpp(),
        ogrn=make_ogrn(number, year=since.year),
        licence_number=f"Л035-01213-63/{rng.randrange(10**8):08d}",
        licence_date=since + timedelta(days=rng.randrange(90, 400)),
        city=city,
        address=_address(area, city, rng),
        phone=f"{PHONE_PREFIX}{rng.randrange(10**7):07d}",
        email=f"org{number:05d}@example.org",
        head=people.person(ages=HEAD_AGES),
        head_position=form.head_position,
        units=tuple(_units(units, short, place, area)),
    )


def _own_name(title: str, place: str) -> str:
    """Schools are told apart by their place, others by their title: «с. …», «№ 31 г. …», «„Лира“»."""
    if title.startswith("№"):
        return f"{title} {place}"
    return title if title else place


def _full_name(name: str, place: str, area: _Area) -> str:
    # A place that the name does not hold yet is left to the address: full names name the municipality only.
    return f"{name} {area.genitive} Самарской области" if place in name else name


def _address(area: _Area, city: str, rng: Random) -> str:
    postcode, street, house = area.postcode + rng.randrange(1, 30), rng.choice(_STREETS), rng.randint(1, 90)
    return f"{postcode}, Самарская область, {area.address}{city}, ул. {street}, д. {house}"


def _units(cell: str, short: str, place: str, area: _Area) -> Iterator[DemoUnit]:
    for unit in filter(None, cell.split("|")):
        kind, _, name = unit.partition(" ")
        title = f"«Детский сад „{name}“»" if kind == "Д" else f"«Центр детского творчества „{name}“»"
        yield DemoUnit(
            full_name=_full_name(f"структурное подразделение {title} {short}", place, area),
            short_name=f"СП {title} {short}",
            type_code="preschool" if kind == "Д" else "supplementary",
        )


# --- programs --------------------------------------------------------------------------------------------------------

_HEADS = ("Директор", "Заведующий", "Заместитель директора", "Руководитель структурного подразделения")
_COUNSELLOR = "Советник директора по воспитанию и взаимодействию с детскими общественными объединениями"
_SAFETY = "Преподаватель-организатор основ безопасности и защиты Родины"
#: audience → who it is (genitive, for the annotation), types of organization, positions
AUDIENCES: dict[str, tuple[str, tuple[str, ...], tuple[str, ...]]] = {
    "все": ("педагогических работников и руководителей", (), ()),
    "учителя": ("учителей школ, лицеев и гимназий", ("general",), ("Учитель",)),
    "сад": ("воспитателей детских садов", ("preschool",), ("Воспитатель", "Старший воспитатель")),
    "музыка": ("музыкальных руководителей", ("preschool",), ("Музыкальный руководитель", "Концертмейстер")),
    "спорт": ("инструкторов по физической культуре", ("preschool",), ("Инструктор по физической культуре",)),
    "логопеды": ("учителей-логопедов и дефектологов", (), ("Учитель-логопед", "Учитель-дефектолог", "Логопед")),
    "психологи": ("педагогов-психологов и социальных педагогов", (), ("Педагог-психолог", "Социальный педагог")),
    "библиотека": ("педагогов-библиотекарей", ("general", "vocational"), ("Педагог-библиотекарь",)),
    "ОБЗР": ("преподавателей-организаторов и учителей", ("general", "vocational"), ("Учитель", _SAFETY)),
    "советники": ("советников и организаторов", ("general", "vocational"), (_COUNSELLOR, "Педагог-организатор")),
    "кружки": ("педагогов дополнительного образования", (), ("Педагог дополнительного образования",)),
    "тьюторы": ("тьюторов и дефектологов", ("general", "preschool"), ("Тьютор", "Учитель-дефектолог")),
    "СПО": ("преподавателей и мастеров", ("vocational",), ("Преподаватель", "Мастер производственного обучения")),
    "методисты": ("методистов и старших воспитателей", (), ("Методист", "Старший методист", "Старший воспитатель")),
    "рук": ("руководителей и их заместителей", (), _HEADS),
}
_BLOCKS = {"И": BlockKind.INVARIANT, "В": BlockKind.VARIABLE}
_STUDY_FORMS = {"о": StudyForm.FULL_TIME, "оз": StudyForm.MIXED, "з": StudyForm.CORRESPONDENCE}
_FINALS = ("защита методической разработки", "защита проекта", "итоговое тестирование", "собеседование по портфолио")
# organizer; block; hours; form («+» = with distance technologies); audience; subjects; title
_PROGRAM_ROWS = """
0;И;18;о;все;;Обеспечение реализации национального проекта в сфере образования на региональном уровне
1;И;18;оз+;все;;Государственная политика в образовании: приоритеты и задачи региона
2;И;18;о;все;;Основные направления региональной образовательной политики
0;И;18;оз;рук;;Управление образовательной организацией: правовые основы и качество
1;И;16;з+;сад;;Федеральная образовательная программа дошкольного образования в работе детского сада
2;И;16;о;СПО;;Обновление содержания среднего профессионального образования
0;В;36;о;учителя;Русский язык|Литература;Подготовка обучающихся к итоговому сочинению и ЕГЭ по русскому языку
1;В;36;оз;учителя;Русский язык;Развитие функциональной (читательской) грамотности на уроках русского языка
0;В;36;о;учителя;Математика|Алгебра|Геометрия;Решение задач повышенной сложности в курсе математики
2;В;36;оз+;учителя;Математика|Вероятность и статистика;Теория вероятностей и статистика в основной школе
0;В;36;о;учителя;Физика|Химия|Биология;Естественнонаучный эксперимент на оборудовании «Точки роста»
1;В;36;о;учителя;История|Обществознание;Преподавание истории и обществознания по единым учебникам
0;В;36;оз;учителя;Иностранный язык (английский)|Иностранный язык (немецкий);Коммуникативный урок иностранного языка
1;В;36;о;учителя;Информатика;Программирование на языке Питон в школьном курсе информатики
2;В;24;о;учителя;Начальные классы;Формирующее оценивание в начальной школе
0;В;36;о;учителя;Начальные классы;Проектная деятельность младших школьников
1;В;36;о;учителя;География|История Самарского края;Краеведческий материал на уроке и в походе
2;В;36;о;учителя;Труд (технология);Труд (технология): робототехника и трёхмерное моделирование
1;В;24;о;учителя;Физическая культура;Подготовка школьников к выполнению нормативов ГТО
0;В;36;оз;учителя;Изобразительное искусство|Музыка;Искусство в школе: от восприятия к творчеству
2;В;24;о;ОБЗР;Основы безопасности и защиты Родины;Практические занятия по основам безопасности и защиты Родины
0;В;36;о;сад;;Речевое развитие дошкольников средствами игры и театра
1;В;36;о;сад;;Познавательное развитие дошкольников: опыты, наблюдения, проекты
2;В;24;оз;сад;;Партнёрство детского сада и семьи
1;В;24;о;музыка;;Музыкальное развитие дошкольников в совместной деятельности
2;В;24;о;спорт;;Здоровьесберегающие технологии в физическом развитии дошкольников
0;В;36;оз+;логопеды;;Логопедическая работа с детьми с тяжёлыми нарушениями речи
1;В;36;о;психологи;;Психолого-педагогическая помощь подросткам в трудной жизненной ситуации
0;В;24;з+;психологи;;Школьная служба примирения: восстановительный подход
2;В;24;о;библиотека;;Школьный информационно-библиотечный центр: новые формы работы
0;В;36;о;советники;;Воспитательная среда школы: детские общественные объединения
1;В;36;о;кружки;;Разноуровневые программы дополнительного образования
2;В;24;оз;кружки;;Одарённые дети в дополнительном образовании
0;В;36;о;тьюторы;;Сопровождение детей с расстройствами аутистического спектра
1;В;36;о;СПО;;Демонстрационный экзамен: подготовка и оценка
2;В;36;оз;СПО;;Наставничество на производственной практике
0;В;36;о;методисты;;Методическая служба: проектирование развития педагога
1;В;36;оз;рук;;Внутренняя система оценки качества образования
0;В;36;з+;все;;Цифровые инструменты педагога
2;В;24;о;все;;Оказание первой помощи в образовательной организации
1;В;16;з+;все;;Профилактика профессионального выгорания педагога
""".strip()


def programs() -> tuple[DemoProgram, ...]:
    """Return some forty programs of the three organizers: a block of a чек pays for each of them."""
    return tuple(_program(number, row) for number, row in enumerate(_PROGRAM_ROWS.splitlines(), 1))


def _program(number: int, row: str) -> DemoProgram:
    organizer, block, hours, form, audience, subjects, title = row.split(";")
    whom, types, positions = AUDIENCES[audience]
    return DemoProgram(
        code=f"{ORGANIZER_CODES[int(organizer)]}-{number:02d}",
        title=title,
        hours=int(hours),
        block=_BLOCKS[block],
        form=_STUDY_FORMS[form.removesuffix("+")],
        distance=form.endswith("+"),
        organizer=int(organizer),
        annotation=f"Программа для {whom}. Не менее половины времени — практические занятия. "
        f"Итоговая аттестация: {_FINALS[number % len(_FINALS)]}.",
        types=types,
        positions=positions,
        subjects=tuple(filter(None, subjects.split("|"))),
    )
