"""Jobs in the demo: positions and subjects that fit the type of the organization, and how many people it employs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from app.demo.places import HOME_SCHOOL, Place
from app.statuses import Sex

_COUNSELLOR = "Советник директора по воспитанию и взаимодействию с детскими общественными объединениями"
_SAFETY = "Преподаватель-организатор основ безопасности и защиты Родины"
TEACHER, LECTURER, TUTOR_OF_CLUBS = "Учитель", "Преподаватель", "Педагог дополнительного образования"
DEPUTY = "Заместитель директора"

#: type of organization → position and its share
POSITIONS: dict[str, tuple[tuple[str, int], ...]] = {
    "general": (
        (TEACHER, 72), (DEPUTY, 5), ("Педагог-психолог", 3), ("Социальный педагог", 3), ("Учитель-логопед", 2),
        ("Учитель-дефектолог", 1), ("Педагог-библиотекарь", 3), ("Педагог-организатор", 2), (_COUNSELLOR, 2),
        (_SAFETY, 2), (TUTOR_OF_CLUBS, 4), ("Тьютор", 1),
    ),
    "preschool": (
        ("Воспитатель", 66), ("Старший воспитатель", 4), ("Музыкальный руководитель", 8),
        ("Инструктор по физической культуре", 6), ("Учитель-логопед", 7), ("Педагог-психолог", 4), ("Методист", 3),
        ("Учитель-дефектолог", 2),
    ),
    "supplementary": (
        (TUTOR_OF_CLUBS, 62), ("Методист", 8), ("Концертмейстер", 7), ("Педагог-организатор", 8),
        ("Тренер-преподаватель", 10), (DEPUTY, 5),
    ),
    "vocational": (
        (LECTURER, 55), ("Мастер производственного обучения", 22), (DEPUTY, 4), ("Методист", 5),
        ("Педагог-психолог", 2), ("Социальный педагог", 3), ("Руководитель физического воспитания", 2),
        ("Старший мастер", 4), ("Педагог-организатор", 3),
    ),
    "further": (
        ("Методист", 45), ("Старший методист", 25), ("Заместитель руководителя", 10), ("Старший преподаватель", 20),
    ),
}  # fmt: skip
_SCHOOL_SUBJECTS = (
    ("Начальные классы", 24), ("Русский язык|Литература", 12), ("Математика", 7), ("Математика|Алгебра|Геометрия", 4),
    ("Математика|Вероятность и статистика", 2), ("Иностранный язык (английский)", 9),
    ("Иностранный язык (немецкий)", 2),
    ("История|Обществознание", 6), ("Физическая культура", 6), ("Биология", 2), ("Химия|Биология", 3),
    ("География", 3), ("География|История Самарского края", 1), ("Физика", 3), ("Физика|Информатика", 1),
    ("Информатика", 3), ("Труд (технология)", 4), ("Изобразительное искусство", 2), ("Музыка", 2),
    ("Основы безопасности и защиты Родины", 2),
)  # fmt: skip
_CLUB = "Дополнительное образование: {} направленность"
#: position → sets of subjects and their shares
SUBJECTS: dict[str, tuple[tuple[str, int], ...]] = {
    TEACHER: _SCHOOL_SUBJECTS,
    LECTURER: (
        ("Дисциплины профессионального цикла", 60), ("Математика", 8), ("Русский язык|Литература", 8),
        ("История|Обществознание", 6), ("Иностранный язык (английский)", 6), ("Физическая культура", 5),
        ("Информатика", 5), ("Право", 2),
    ),
    TUTOR_OF_CLUBS: (
        (_CLUB.format("художественная"), 40), (_CLUB.format("техническая"), 16),
        (_CLUB.format("физкультурно-спортивная"), 16), (_CLUB.format("туристско-краеведческая"), 8),
        (_CLUB.format("естественнонаучная"), 8), (_CLUB.format("социально-гуманитарная"), 12),
    ),
}  # fmt: skip
#: share of men where they are not rare
_MEN = {
    _SAFETY: 0.8, "Мастер производственного обучения": 0.5, "Старший мастер": 0.8, "Тренер-преподаватель": 0.6,
    "Руководитель физического воспитания": 0.7, "Физическая культура": 0.5, "Труд (технология)": 0.4,
    "Основы безопасности и защиты Родины": 0.7, "Информатика": 0.3,
}  # fmt: skip
#: usual number of people by type; a unit is smaller than an organization of the same type
_SIZES = {"general": 52, "preschool": 32, "supplementary": 28, "vocational": 58, "further": 14}
_UNIT_SHARE = 0.55
_SMALL_SCHOOL, _SMALL_SCHOOL_SHARE = "ООШ", 0.5
#: people of the school of the demo accounts and of its kindergarten
HOME_SIZES = (42, 16)
_FEWEST = 2


@dataclass(frozen=True, slots=True)
class Job:
    """A position with the names of its subjects."""

    position: str
    subjects: tuple[str, ...] = ()


def pick_job(rng: Random, type_code: str) -> Job:
    """Return a position, with its subjects, that an organization of this type has."""
    position = _pick(rng, POSITIONS[type_code])
    choices = SUBJECTS.get(position)
    return Job(position, tuple(_pick(rng, choices).split("|")) if choices else ())


def _pick(rng: Random, choices: Sequence[tuple[str, int]]) -> str:
    return rng.choices([name for name, _ in choices], [share for _, share in choices])[0]


def sex_of(rng: Random, job: Job) -> Sex | None:
    """Return the sex where the job decides it more than chance; None leaves it to chance."""
    share = max(_MEN.get(name, 0.0) for name in (job.position, *job.subjects))
    if not share:
        return None
    return Sex.MALE if rng.random() < share else Sex.FEMALE


def staff_sizes(rng: Random, places: Sequence[Place], total: int) -> list[int]:
    """Return the number of people by place; together ``total``, unless every place has its two already."""
    home = [place for place in places if HOME_SCHOOL in place.name]
    fixed = dict(zip((place.id for place in home), HOME_SIZES, strict=True))
    weights = [0.0 if place.id in fixed else _weight(place) * rng.uniform(0.7, 1.3) for place in places]
    scale = (total - sum(fixed.values())) / sum(weights)
    sizes = [fixed.get(p.id, max(_FEWEST, int(w * scale))) for p, w in zip(places, weights, strict=True)]
    # What rounding took away goes to the biggest places first.
    order = sorted((i for i, place in enumerate(places) if place.id not in fixed), key=lambda i: -weights[i])
    for step in range(max(total - sum(sizes), 0)):
        sizes[order[step % len(order)]] += 1
    return sizes


def _weight(place: Place) -> float:
    size = _SIZES[place.type_code] * (_UNIT_SHARE if place.is_unit else 1.0)
    return size * (_SMALL_SCHOOL_SHARE if _SMALL_SCHOOL in place.name and not place.is_unit else 1.0)
