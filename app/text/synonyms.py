"""Words of the field that mean the same for a search: what people call a thing beside what the portal calls it."""

from __future__ import annotations

from app.text import sort_key

#: each line: beginnings of words, the portal's own among them; a beginning stands in one line only
_LINES = (
    "работник сотрудник педагог учител воспитател персонал кадр",
    "организац школ сад учрежден гимнази лицей",
    "документ удостоверен сертификат корочк диплом свидетельств",
    "справк помощ инструкц руководств подсказк",
    "заявк заявлен",
    "чек ваучер иоч",
    "курс программ обучен переподготов кпк дпп",
    "групп поток",
    "запис запиш зачисл",
    "excel эксель xls",
    "выгру экспорт скача",
    "загру импорт",
    "фис фрдо",
    "реестр отчет",
    "журнал аудит протоколирован",
    "приказ распоряжен",
    "бланк корешк",
    "увол прекращ",
    "переход перевод",
    "исправлен ошибк опечатк",
    "дубл двойник объединен",
    "календар расписан",
    "извещен уведомлен сообщен",
    "письм рассылк",
    "парол безопасност",
    "доступ права рол полномоч",
    "пользовател учетн аккаунт логин",
    "карточк профил кабинет анкет",
    "тем светл оформлен",
    "слабовид шрифт крупн контраст",
    "выйт выход",
    "справочник классификатор",
    "настройк параметр",
    "аттестац категор",
    "задан фонов",
)
_MEANINGS = tuple(tuple(sort_key(line).split()) for line in _LINES)
#: shorter beginnings of words say nothing of the meaning
SHORTEST = 3


def meanings(word: str) -> tuple[str, ...]:
    """Beginnings of the words that mean what ``word`` means, or will mean when it is typed to its end; itself first."""
    if len(word) < SHORTEST:
        return (word,)
    folded = sort_key(word)
    alike = [line for line in _MEANINGS if any(start.startswith(folded) or folded.startswith(start) for start in line)]
    return tuple(dict.fromkeys([folded, *(start for line in alike for start in line)]))
