"""People of the sample staff list who already work in the school of the demo accounts.

The preview of that list's import shows them as «без изменений» or «обновить», all others as «создать». The rows repeat
``static/examples/staff-list.xlsx``; each difference from that file is noted beside its row.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from app.demo.names import DemoPerson
from app.demo.places import HOME_SCHOOL
from app.statuses import Sex

ROLE = "sample"
KINDERGARTEN = "СП «Детский сад „Росинка“» ГБОУ СОШ с. Верхние Сосны"


@dataclass(frozen=True, slots=True)
class ListedPerson:
    """A row of the list as the portal keeps it, service in full years; ``changed``: the list says otherwise."""

    name: str
    sex: Sex
    birth_date: dt.date
    snils: str
    position: str
    subjects: tuple[str, ...]
    level: str
    series: str | None
    number: str
    teaching_years: int
    position_years: int
    email: str | None
    phone: str | None
    place: str = HOME_SCHOOL
    changed: bool = False

    def person(self) -> DemoPerson:
        """Return the person; contacts that the list does not give are empty texts."""
        last, first, patronymic = self.name.split()
        return DemoPerson(
            last, first, patronymic, self.sex, self.birth_date, self.snils, self.phone or "", self.email or ""
        )


def years_before(day: dt.date, count: int) -> dt.date:
    """Return the same day ``count`` years earlier; 29 February becomes 28 February of a common year."""
    try:
        return day.replace(year=day.year - count)
    except ValueError:
        return day.replace(year=day.year - count, day=28)


_F = Sex.FEMALE
PEOPLE = (
    ListedPerson(
        "Попова Татьяна Михайловна", _F, dt.date(1982, 3, 25), "72749131616", "Учитель",
        ("Иностранный язык (английский)",), "specialist", None, "6263809", 2, 2, "user87905@example.org",
        "+79278653855",
    ),
    ListedPerson(
        "Павлова Анна Владимировна", _F, dt.date(1971, 7, 13), "49231129678", "Учитель", ("Математика",),
        "vocational", None, "5661367", 10, 4, None, "+79275671130",
    ),
    ListedPerson(
        "Александрова Татьяна Сергеевна", _F, dt.date(1987, 8, 16), "81495624528", "Учитель", ("Физика",),
        "specialist", "ФВ", "9029943", 6, 5, "user36897@example.org", None,
    ),
    ListedPerson(
        "Соколова Лилия Владимировна", _F, dt.date(1997, 7, 3), "19434607791", "Учитель", ("Начальные классы",),
        "specialist", "ФВ", "5752901", 7, 5, "user18794@example.org", "+79279229386",
    ),
    ListedPerson(
        "Тарасова Анна Александровна", _F, dt.date(1985, 3, 6), "36318178183", "Учитель", ("История", "Обществознание"),
        "specialist", "ЭВ", "1577920", 19, 9, "user33980@example.org", "+79277402632",
    ),
    ListedPerson(
        "Хабибуллина Людмила Львовна", _F, dt.date(1969, 1, 9), "36002835237", "Воспитатель", (),
        "specialist", None, "8029864", 35, 4, "user56371@example.org", "+79279669808", KINDERGARTEN,
    ),
    # The list: Учитель of English.
    ListedPerson(
        "Зайцева Анна Викторовна", _F, dt.date(1972, 12, 24), "26626461994", "Педагог-организатор", (),
        "specialist", "106324", "7616393", 32, 3, "user31188@example.org", "+79279398754", changed=True,
    ),
    # The list: Педагог дополнительного образования.
    ListedPerson(
        "Баранова Альбина Владимировна", _F, dt.date(1989, 9, 19), "89735003343", "Педагог-библиотекарь", (),
        "specialist", "ВСА", "1522786", 1, 1, "user57278@example.org", None, changed=True,
    ),
    # The list: the surname Сорокина, after a marriage.
    ListedPerson(
        "Кузьмина Елена Александровна", _F, dt.date(1990, 5, 15), "52035402225", "Учитель", ("Труд (технология)",),
        "specialist", None, "5144951", 14, 0, None, "+79276157279", changed=True,
    ),
    # The list: another telephone.
    ListedPerson(
        "Живаго Юлия Ивановна", _F, dt.date(1961, 4, 4), "22944422874", "Воспитатель", (),
        "vocational", None, "1032016", 21, 15, None, "+79270000000", KINDERGARTEN, changed=True,
    ),
)  # fmt: skip
