"""Invented people of the Volga region for the demo: names with the right gender forms, birth dates, СНИЛС, contacts;
and their papers: diplomas and attestation orders.

Everything follows from the caller's ``random.Random``: the same seed gives the same people. No number or address leads to
a real person: СНИЛС are taken from a range not issued yet, telephones from a code that no operator has, e-mails from the
domain reserved for examples.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from app.statuses import Sex

WOMEN_SHARE = 0.85
#: every so many people one has a name that is hard to decline, sort or split
HARD_NAME_EVERY = 60
#: the day on which ages are reckoned, so that the demo does not depend on the day it is made
REFERENCE_DAY = date(2026, 9, 1)
YOUNGEST, USUAL, OLDEST = 21, 46, 70

# Numbers are issued in sequence and stand far below this one.
SNILS_FIRST, SNILS_LAST = 300_000_000, 999_999_999
# The mobile code 907 is not assigned to any operator.
PHONE_PREFIX = "+7907"


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


RUSSIAN_SURNAMES = _words(
    "Абрамов Авдеев Агафонов Аксёнов Александров Алексеев Андреев Антонов Артемьев Афанасьев Баранов Белов Беляев "
    "Богданов Бочкарёв Васильев Виноградов Воробьёв Воронин Гаврилов Герасимов Голубев Гончаров Горбунов Горшков "
    "Григорьев Громов Гусев Давыдов Данилов Денисов Дмитриев Евдокимов Егоров Ермаков Ершов Ефимов Жуков Зайцев "
    "Захаров Зотов Зуев Иванов Игнатьев Ильин Казаков Калашников Карпов Киселёв Князев Козлов Комаров Коновалов "
    "Королёв Котов Крылов Кудрявцев Кузнецов Кузьмин Лаврентьев Лазарев Лебедев Макаров Максимов Маслов Матвеев "
    "Медведев Мельников Миронов Михайлов Морозов Назаров Некрасов Никитин Николаев Новиков Овчинников Орлов Осипов "
    "Павлов Панов Петров Поляков Попов Прохоров Родионов Романов Рябов Савельев Самсонов Семёнов Сергеев Сидоров "
    "Скворцов Смирнов Соболев Соколов Соловьёв Сорокин Степанов Суханов Сычёв Тарасов Тимофеев Титов Тихонов "
    "Трофимов Фадеев Федотов Филатов Филиппов Фомин Фролов Харитонов Цветков Чернов Шестаков Щербаков Юдин Яковлев "
    "Заволжский Вознесенский Покровский Троицкий Береговой Луговой Степной"
)
TATAR_SURNAMES = _words(
    "Абдрахманов Ахметзянов Ахметов Багаутдинов Валеев Валиуллин Гайнутдинов Галимов Гарипов Гильманов Закиров "
    "Зиннуров Исмагилов Каримов Камалетдинов Минуллин Миннибаев Мубаракшин Мухаметшин Насыров Нигматуллин Рахимов "
    "Сабиров Садыков Сайфуллин Сафин Тимербаев Файзуллин Хабибуллин Хайруллин Хакимов Хасанов Шайхутдинов Шарипов"
)
MORDVIN_SURNAMES = _words(
    "Видяйкин Вечканов Кечайкин Кижаев Килейкин Килдюшкин Кирдяшкин Куманейкин Лукшин Пакшаев Пиксайкин Русяйкин "
    "Сурайкин Сыресин Тингаев Учеваткин Четвергов Ямашкин"
)
CHUVASH_SURNAMES = _words(
    "Айдаров Алюнов Атласкин Ендиеров Ильдеменов Кадеркин Мадуров Мукин Паймулкин Салмин Сандимиров Симулин Сорокаев "
    "Тимирясов Узюков Шемякин Юманов Юркин Яндайкин Ярускин"
)
UNCHANGED_SURNAMES = _words("Бойко Шевченко Ткаченко Седых Черных Долгих Ким Живаго")

WOMEN = _words(
    "Александра Алёна Алина Алла Анастасия Анна Антонина Валентина Валерия Вера Виктория Галина Дарья Диана Евгения "
    "Екатерина Елена Елизавета Жанна Зинаида Инна Ирина Кристина Ксения Лариса Лидия Любовь Людмила Маргарита Марина "
    "Мария Надежда Наталья Нина Оксана Ольга Полина Раиса Светлана София Тамара Татьяна Ульяна Юлия Яна"
)
MEN = _words(
    "Александр Алексей Анатолий Андрей Антон Артём Борис Вадим Валерий Василий Виктор Виталий Владимир Владислав "
    "Вячеслав Геннадий Георгий Григорий Даниил Денис Дмитрий Евгений Егор Иван Игорь Илья Кирилл Константин Леонид "
    "Максим Михаил Никита Николай Олег Павел Пётр Роман Сергей Станислав Степан Фёдор Юрий Ярослав"
)
TATAR_WOMEN = _words(
    "Айгуль Алия Альбина Альфия Венера Гульназ Гульнара Гузель Дания Диляра Динара Ильсияр Ландыш Лейсан Лилия "
    "Миляуша Насима Резеда Рамиля Рузалия Рушания Фания Фарида Эльвира"
)
TATAR_MEN = _words(
    "Азат Айдар Айрат Альберт Булат Дамир Ильдар Ильнур Ильшат Камиль Марат Марсель Наиль Радик Рамиль Ринат Рустам "
    "Тимур Фарид Шамиль"
)
FATHERS = _words(
    "Александрович Алексеевич Анатольевич Андреевич Борисович Валентинович Валерьевич Васильевич Викторович "
    "Витальевич Владимирович Вячеславович Геннадьевич Георгиевич Григорьевич Дмитриевич Евгеньевич Егорович "
    "Иванович Игоревич Ильич Константинович Кузьмич Леонидович Лукич Львович Максимович Михайлович Никитич Николаевич "
    "Олегович Павлович Петрович Романович Семёнович Сергеевич Степанович Фёдорович Фомич Юрьевич Яковлевич"
)
TATAR_FATHERS = _words(
    "Азатович Айдарович Ахметович Габдуллович Дамирович Ильдарович Ильдусович Камилевич Маратович Минзакирович "
    "Наилевич Рашидович Рамилевич Ринатович Рустамович Фаридович Хамитович Шамилевич"
)

_PATRONYMIC_OF_DAUGHTER = {
    "Ильич": "Ильинична",
    "Кузьмич": "Кузьминична",
    "Лукич": "Лукинична",
    "Никитич": "Никитична",
    "Фомич": "Фоминична",
}
_ENDINGS = {"ский": "ская", "цкий": "цкая", "ой": "ая", "ый": "ая"}
_LATIN = dict(
    zip(
        "абвгдеёжзийклмнопрстуфхцчшщыэюя",  # ъ and ь have no Latin letter
        _words("a b v g d e e zh z i y k l m n o p r s t u f kh ts ch sh sch y e yu ya"),
        strict=True,
    )
)


@dataclass(frozen=True, slots=True)
class DemoPerson:
    """An invented person; ``snils`` is 11 digits, ``phone`` is +7XXXXXXXXXX, ``patronymic`` may be None."""

    last: str
    first: str
    patronymic: str | None
    sex: Sex
    birth_date: date
    snils: str
    phone: str
    email: str

    @property
    def full_name(self) -> str:
        """Return «Фамилия Имя Отчество» without an absent part."""
        return " ".join(part for part in (self.last, self.first, self.patronymic) if part)


@dataclass(frozen=True, slots=True)
class _Name:
    last: str
    first: str
    patronymic: str | None
    sex: Sex


@dataclass(frozen=True, slots=True)
class _People:
    """Names that go together; ``share`` is the weight of the group in the region's schools."""

    share: int
    surnames: Sequence[str]
    women: Sequence[str]
    men: Sequence[str]
    fathers: Sequence[str]


PEOPLES = (
    _People(68, RUSSIAN_SURNAMES, WOMEN, MEN, FATHERS),
    _People(14, TATAR_SURNAMES, TATAR_WOMEN, TATAR_MEN, TATAR_FATHERS),
    _People(7, MORDVIN_SURNAMES, WOMEN, MEN, FATHERS),
    _People(7, CHUVASH_SURNAMES, WOMEN, MEN, FATHERS),
    _People(4, UNCHANGED_SURNAMES, WOMEN, MEN, FATHERS),
)
HARD_NAMES = (
    _Name("Римская-Корсакова", "Любовь", "Львовна", Sex.FEMALE),
    _Name("Шевченко", "Илья", "Кузьмич", Sex.MALE),
    _Name("Седых", "Нинель", "Ильинична", Sex.FEMALE),
    _Name("Ким", "Светлана", None, Sex.FEMALE),
    _Name("Мамедов", "Рашид", "Ахмед оглы", Sex.MALE),
    _Name("Гасанова", "Лейла", "Вагиф кызы", Sex.FEMALE),
    _Name("Ковалёва-Петрова", "Анна-Мария", "Никитична", Sex.FEMALE),
    _Name("Соловей", "Лев", "Фомич", Sex.MALE),
    _Name("Гайдай", "Николь", "Павловна", Sex.FEMALE),
    _Name("Д'Андре", "Инна", "Лукинична", Sex.FEMALE),
    _Name("Ёлкина", "Алёна", "Семёновна", Sex.FEMALE),
    _Name("Береговой", "Никита", None, Sex.MALE),
)


def feminine_surname(surname: str) -> str:
    """Return the woman's form of a man's surname; surnames such as Шевченко, Седых, Ким stay as they are."""
    for ending, replacement in _ENDINGS.items():
        if surname.endswith(ending):
            return surname.removesuffix(ending) + replacement
    return surname + "а" if surname.endswith(("ов", "ев", "ёв", "ин", "ын")) else surname


def feminine_patronymic(patronymic: str) -> str:
    """Return the daughter's form of a son's patronymic (Ильич → Ильинична, Иванович → Ивановна)."""
    special = _PATRONYMIC_OF_DAUGHTER.get(patronymic)
    return special or patronymic.removesuffix("ич") + "на"


def snils_with_check_number(number: int) -> str:
    """Return the 11 digits of the СНИЛС whose first nine digits are ``number``."""
    digits = f"{number:09d}"
    total = sum(int(digit) * weight for digit, weight in zip(digits, range(9, 0, -1), strict=True))
    return f"{digits}{total % 101 % 100:02d}"


def latin(text: str) -> str:
    """Return ``text`` in lower-case Latin letters, all else dropped: the left part of an e-mail."""
    return "".join(_LATIN.get(letter, "") for letter in text.casefold())


class PersonGenerator:
    """A stream of people without two equal СНИЛС, telephones or e-mails; endless for the purposes of a demo."""

    def __init__(self, rng: Random, *, today: date = REFERENCE_DAY) -> None:
        self._rng = rng
        self._today = today
        self._made = 0
        self._snils: set[str] = set()
        self._phones: set[str] = set()

    def person(self, *, sex: Sex | None = None, ages: tuple[int, int] = (YOUNGEST, OLDEST)) -> DemoPerson:
        """Return the next person; ``ages`` are full years on the reference day, both ends included."""
        self._made += 1
        name = self._hard_name() if sex is None and self._made % HARD_NAME_EVERY == 0 else self._usual_name(sex)
        return DemoPerson(
            last=name.last,
            first=name.first,
            patronymic=name.patronymic,
            sex=name.sex,
            birth_date=self._birth_date(*ages),
            snils=self._new_snils(),
            phone=self._new_phone(),
            email=f"{latin(name.last)}.{latin(name.first)}.{self._made}@example.org",
        )

    def _hard_name(self) -> _Name:
        return HARD_NAMES[(self._made // HARD_NAME_EVERY - 1) % len(HARD_NAMES)]

    def _usual_name(self, sex: Sex | None) -> _Name:
        rng = self._rng
        sex = sex or (Sex.FEMALE if rng.random() < WOMEN_SHARE else Sex.MALE)
        people = rng.choices(PEOPLES, [group.share for group in PEOPLES])[0]
        last, father = rng.choice(people.surnames), rng.choice(people.fathers)
        if sex is Sex.MALE:
            return _Name(last, rng.choice(people.men), father, sex)
        return _Name(feminine_surname(last), rng.choice(people.women), feminine_patronymic(father), sex)

    def _birth_date(self, youngest: int, oldest: int) -> date:
        usual = min(max(USUAL, youngest), oldest)
        age = min(int(self._rng.triangular(youngest, oldest + 1, usual)), oldest)
        # Born on the reference day of the year that makes exactly this age, or up to 364 days earlier; on a leap day
        # the year of birth may have no such day.
        today = self._today - timedelta(days=1) if (self._today.month, self._today.day) == (2, 29) else self._today
        return today.replace(year=today.year - age) - timedelta(days=self._rng.randrange(365))

    def _new_snils(self) -> str:
        while (number := snils_with_check_number(self._rng.randint(SNILS_FIRST, SNILS_LAST))) in self._snils:
            continue
        self._snils.add(number)
        return number

    def _new_phone(self) -> str:
        while (phone := f"{PHONE_PREFIX}{self._rng.randrange(10**7):07d}") in self._phones:
            continue
        self._phones.add(phone)
        return phone


# --- diplomas and orders ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class DemoQualification:
    """A diploma; ``level`` is the code of the education level."""

    level: str
    institution: str
    speciality: str
    qualification: str
    series: str
    number: str
    year: int
    is_pedagogical: bool


@dataclass(frozen=True, slots=True)
class DemoOrder:
    """The paper by which an attestation takes effect."""

    number: str
    day: date


UNIVERSITIES = (
    "Самарский государственный социально-педагогический университет",
    "Самарский национальный исследовательский университет имени академика С. П. Королёва",
    "Тольяттинский государственный университет",
    "Самарский государственный институт культуры",
    "Ульяновский государственный педагогический университет имени И. Н. Ульянова",
)
COLLEGES = (
    "Самарский социально-педагогический колледж",
    "Губернский колледж г. Сызрани",
    "Колледж педагогики и сервиса",
)
#: speciality, qualification, whether it is a pedagogical one
HIGHER_SPECIALITIES = (
    ("Педагогическое образование", "Учитель", True),
    ("Русский язык и литература", "Учитель русского языка и литературы", True),
    ("Математика", "Учитель математики и информатики", True),
    ("Педагогика и методика начального образования", "Учитель начальных классов", True),
    ("Дошкольная педагогика и психология", "Преподаватель дошкольной педагогики и психологии", True),
    ("Иностранный язык", "Учитель английского языка", True),
    ("История", "Учитель истории и обществознания", True),
    ("Физическая культура", "Педагог по физической культуре и спорту", True),
    ("Логопедия", "Учитель-логопед", True),
    ("Психология", "Психолог. Преподаватель психологии", True),
    ("Физика", "Физик", False),
    ("Экономика и управление на предприятии", "Экономист-менеджер", False),
)
VOCATIONAL_SPECIALITIES = (
    ("Дошкольное образование", "Воспитатель детей дошкольного возраста", True),
    ("Преподавание в начальных классах", "Учитель начальных классов", True),
    ("Физическая культура", "Учитель физической культуры", True),
    ("Музыкальное образование", "Учитель музыки, музыкальный руководитель", True),
    ("Педагогика дополнительного образования", "Педагог дополнительного образования", True),
)
# Degrees of two steps are given in the region from about this year on, and the blanks of one federal series from 2014.
_BACHELORS_SINCE, _NEW_SERIES_SINCE = 2011, 2014


def qualification(rng: Random, *, birth_year: int, latest_year: int, vocational: bool = False) -> DemoQualification:
    """Return the main diploma of somebody born in ``birth_year``, received not later than ``latest_year``.

    ``vocational`` asks for secondary vocational education; those too young for a university get it as well.
    """
    vocational = vocational or birth_year + 22 > latest_year
    year = min(birth_year + (rng.randint(19, 22) if vocational else rng.randint(22, 27)), latest_year)
    speciality, title, pedagogical = rng.choice(VOCATIONAL_SPECIALITIES if vocational else HIGHER_SPECIALITIES)
    level = "vocational" if vocational else _level(rng, year)
    old_series = ("СБ", "АК") if vocational else ("ЭВ", "ФВ", "ВСА", "ВСГ")
    new_series = "116304" if vocational else "106324"
    return DemoQualification(
        level=level,
        institution=rng.choice(COLLEGES if vocational else UNIVERSITIES),
        speciality=speciality,
        qualification=title,
        series=new_series if year >= _NEW_SERIES_SINCE else rng.choice(old_series),
        number=f"{rng.randrange(10**6, 10**7)}",
        year=year,
        is_pedagogical=pedagogical,
    )


def _level(rng: Random, year: int) -> str:
    return "specialist" if year < _BACHELORS_SINCE else rng.choices(("bachelor", "specialist", "master"), (6, 2, 2))[0]


def attestation_order(rng: Random, decision: date, *, by_employer: bool = False) -> DemoOrder:
    """Return the paper that follows a commission's decision within ten days.

    Categories take a распоряжение of the ministry («№ 412-р»), соответствие an order of the employer («№ 45-од»).
    """
    number = f"{rng.randint(3, 160)}-од" if by_employer else f"{rng.randint(20, 1400)}-р"
    return DemoOrder(number, decision + timedelta(days=rng.randint(1, 10)))
