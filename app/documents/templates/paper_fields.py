"""The fields of each paper, declared once: the page «Поля шаблонов», the sample person of a preview, the check of an upload."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.statuses import CertificateKind


@dataclass(frozen=True, slots=True)
class PaperField:
    """A value that a template may print: its name, what it means, an example.

    ``instead_of``: the field says the same as another, so either satisfies the manifest. ``inside``: the field is a list,
    for which a template has a loop; these are the fields of its items.
    """

    name: str
    meaning: str
    example: str | int | bool
    instead_of: str = ""
    inside: tuple[PaperField, ...] = ()


#: every paper has it; ``templates.fill_here`` gives it
ON_BLANK = PaperField("on_blank", "да, если печатается только текст на готовый бланк: для условий", example=False)

_DOCUMENT = (
    PaperField("organization", "Полное наименование организации", "государственное учреждение «Институт развития»"),
    PaperField(
        "organization_heading",
        "То же с прописной буквы, для заголовка",
        "Государственное учреждение «Институт развития»",
        instead_of="organization",
    ),
    PaperField("organization_length", "Длина наименования для условий: 0 — обычное, 1 — длинное, 2 — очень длинное", 0),
    PaperField("city", "Населённый пункт", "Самара"),
    PaperField("number", "Регистрационный номер", "0001/2026"),
    PaperField("blank", "Серия и номер бланка, пусто — обычная бумага", "63 № 0012345"),
    PaperField("issued_on", "Дата выдачи", "16\u00a0февраля\u00a02026\u00a0г."),
    PaperField("last_name", "Фамилия слушателя", "Иванова"),
    PaperField("given_names", "Имя и отчество слушателя", "Мария Петровна"),
    PaperField("name_length", "Длина имени для условий: 0, 1 или 2", 0),
    PaperField("full_name_dative", "Фамилия, имя, отчество в дательном падеже", "Ивановой Марии Петровне"),
    PaperField("passed", "«прошёл» или «прошла»", "прошла"),
    PaperField("studied", "«обучался» или «обучалась»", "обучалась"),
    PaperField("pronoun", "«он» или «она»", "она"),
    PaperField("period", "Период обучения", "с\u00a02 по\u00a014\u00a0февраля\u00a02026\u00a0г."),
    PaperField("program", "Название программы в кавычках", "«Формирующее оценивание на уроках математики»"),
    PaperField("program_length", "Длина названия программы для условий: 0, 1 или 2", 0),
    PaperField("program_kind", "Вид программы, после слов «по программе»", "повышения квалификации"),
    PaperField("hours", "Объём программы, после слов «в объёме»", "72\u00a0часов"),
    PaperField("hours_count", "Объём программы без предлога", "72\u00a0часа"),
    PaperField("qualification", "Присвоенная квалификация в кавычках, для диплома", "«Учитель информатики»"),
    PaperField("qualification_length", "Длина квалификации для условий: 0, 1 или 2", 0),
    PaperField("decided_on", "Дата решения комиссии или отчисления", "14\u00a0февраля\u00a02026\u00a0г."),
    PaperField("protocol", "Номер протокола итоговой аттестации", "7-ИА"),
    PaperField(
        "outcome", "Чем закончилось обучение, для справки о периоде обучения", "Отчислена 10\u00a0февраля 2026\u00a0г."
    ),
    PaperField("duplicate", "да, если печатается дубликат: для условий", example=False),
    PaperField("head_title", "Должность руководителя", "Ректор"),
    PaperField("head_name", "Инициалы и фамилия руководителя", "А.\u00a0Б.\u00a0Соколов"),
    PaperField("secretary", "Инициалы и фамилия секретаря, может быть пусто", "Н.\u00a0В.\u00a0Крылова"),
    PaperField("check_url", "Адрес страницы проверки документа", "https://example.ru/verify/7Qm2xK9dTb4wLr8s"),
)


def _list(name: str, meaning: str, *inside: PaperField) -> PaperField:
    """A list of the paper with the fields of its items."""
    return PaperField(name, meaning, "", inside=inside)


_N = PaperField("n", "Номер по порядку", 1)
_HEAD = (
    PaperField("head_title", "Должность руководителя", "Ректор"),
    PaperField("head_name", "Инициалы и фамилия руководителя", "А.\u00a0Б.\u00a0Соколов"),
)
_COURSE = (
    PaperField("program", "Название программы в кавычках", "«Формирующее оценивание на уроках математики»"),
    PaperField("hours", "Объём программы, после слов «в объёме»", "72\u00a0часов"),
    PaperField("period", "Период обучения", "с\u00a02 по\u00a014\u00a0февраля\u00a02026\u00a0г."),
)
_ORGANIZATION = PaperField(
    "organization",
    "Полное наименование организации с прописной буквы",
    "Государственное учреждение «Институт развития»",
)
_HEADING = PaperField(
    "organization_heading", "Полное наименование организации", "Государственное учреждение «Институт развития»"
)
_CITY = PaperField("city", "Населённый пункт", "Самара")
_GROUP = PaperField("group", "Номер группы", "МАТ-20/2026-2")
_NAME = PaperField("name", "Фамилия, имя, отчество", "Иванова Мария Петровна")
_PLACE = (
    PaperField("position", "Должность", "Учитель"),
    PaperField("workplace", "Место работы", "ГБОУ СОШ №\u00a01 г.\u00a0Самары"),
)
_TOTALS = PaperField("totals", "Строка итогов под таблицей", "Всего слушателей: 2.")

_ORDER = (
    _HEADING,
    _CITY,
    PaperField("number", "Номер приказа", "15-уч"),
    PaperField("ordered_on", "Дата приказа", "2\u00a0февраля\u00a02026\u00a0г."),
    *_COURSE,
    PaperField("program_kind", "Вид программы, после слов «по программе»", "повышения квалификации"),
    PaperField("hours_nominative", "Объём программы без предлога", "72\u00a0часа", instead_of="hours"),
    PaperField("form", "Форма обучения", "очная"),
    _GROUP,
    PaperField("basis", "Основание приказа, может быть пусто", "заявки образовательных организаций"),
    PaperField("replaces", "Взамен каких приказов издан, может быть пусто", "приказ №\u00a014-уч"),
    *_HEAD,
    _list(
        "parts",
        "Пункты приказа, в каждом — список людей",
        PaperField("number", "Номер пункта", 1),
        PaperField("ground", "Основание отчисления, для приказа об отчислении", "в связи с завершением обучения"),
        _list(
            "people",
            "Люди пункта",
            PaperField("number", "Номер по порядку", 1),
            _NAME,
            PaperField("place", "Должность, место работы", "учитель, ГБОУ СОШ №\u00a01 г.\u00a0Самары"),
            PaperField("reason", "Причина, может быть пусто", "заявление слушателя"),
        ),
    ),
    PaperField("last_number", "Номер пункта о контроле", 2),
    PaperField("replaces_number", "Номер пункта о заменённых приказах", 3),
)

_VOUCHER = (
    PaperField("ministry", "Наименование министерства", "Министерство образования Самарской области"),
    PaperField("operator", "Наименование оператора", "Региональный оператор"),
    PaperField("number", "Номер чека", "ИОЧ-0001/2026"),
    PaperField("last_name", "Фамилия владельца", "Иванова"),
    PaperField("given_names", "Имя и отчество владельца", "Мария Петровна"),
    PaperField("name_length", "Длина имени для условий: 0, 1 или 2", 0),
    PaperField("snils", "СНИЛС, может быть пусто", "112-233-445\u00a095"),
    PaperField("place", "Должность и место работы", "Учитель, ГБОУ СОШ №\u00a01 г.\u00a0Самары"),
    PaperField("rule", "Правило выдачи в кавычках", "«Учителя математики, 2026»"),
    PaperField("issued_on", "Дата выдачи", "16\u00a0февраля\u00a02026\u00a0г."),
    PaperField("valid_until", "Последний день действия", "31\u00a0декабря\u00a02028\u00a0г."),
    PaperField("in_place_of", "Взамен какого чека, может быть пусто", "ИОЧ-0007/2025"),
    PaperField("state", "Состояние чека", "действует"),
    _list(
        "blocks",
        "Блоки чека",
        PaperField("title", "Название блока", "Обязательный блок"),
        PaperField("hours", "Объём блока", "72\u00a0часа"),
        PaperField("state", "Состояние блока", "Свободен"),
        PaperField("detail", "На что потрачен", "можно выбрать программу"),
    ),
    PaperField("printed_on", "День печати", "20\u00a0февраля\u00a02026\u00a0г."),
    PaperField("check_url", "Адрес страницы проверки чека", "https://example.ru/verify/voucher/7Qm2xK9dTb4w"),
)

_BLANK_ACT = (
    _HEADING,
    _CITY,
    *_HEAD,
    PaperField("number", "Номер акта", "3"),
    PaperField("acted_on", "Дата акта", "4\u00a0марта\u00a02026\u00a0г."),
    PaperField("reason", "Причина списания", "испорчены при печати"),
    _list(
        "members",
        "Члены комиссии",
        PaperField("role", "Роль", "Председатель комиссии"),
        PaperField("post", "Должность, может быть пусто", "методист"),
        PaperField("name", "Фамилия и инициалы", "Петрова А.\u00a0И."),
        PaperField("end", "Знак после имени: «;» или «,»", ";"),
    ),
    _list(
        "rows",
        "Бланки",
        PaperField("n", "Номер по порядку", "1"),
        PaperField("kind", "Вид документа", "Удостоверение"),
        PaperField("series", "Серия", "63"),
        PaperField("number", "Номер", "0012345"),
        PaperField("reason", "Причина", "испорчен при печати"),
    ),
    PaperField("total", "Сколько бланков", "1\u00a0бланк"),
)

_GROUP_HEADING = (
    _ORGANIZATION,
    _CITY,
    _GROUP,
    *_COURSE,
    *_HEAD,
    PaperField("secretary", "Инициалы и фамилия секретаря, может быть пусто", "Н.\u00a0В.\u00a0Крылова"),
)
_RESULTS = _list(
    "rows",
    "Слушатели с итогами",
    _N,
    _NAME,
    PaperField("form", "Форма итоговой аттестации", "зачёт"),
    PaperField("mark", "Оценка, до аттестации пусто", "зачтено"),
    PaperField("decision", "Решение, до аттестации пусто", "аттестован"),
    PaperField("result_on", "Дата аттестации, до неё пусто", "14.02.2026"),
)
_JOURNAL = _list(
    "rows",
    "Выданные документы",
    _N,
    PaperField("document", "Документ", "Удостоверение о повышении квалификации"),
    PaperField("blank", "Бланк, пусто — обычная бумага", "63 № 0012345"),
    PaperField("number", "Регистрационный номер", "0001/2026"),
    PaperField("issued_on", "Дата выдачи", "16.02.2026"),
    _NAME,
    PaperField("handed", "Как вручён, если не лично", "По доверенности"),
)

_AGREEMENT = (
    PaperField("number", "Номер договора", "МАТ-20/2026-2/17"),
    _CITY,
    _ORGANIZATION,
    PaperField("licence", "Лицензия, может быть пусто", "№\u00a07000 от 01.03.2020"),
    PaperField("organizer_head", "Кто подписывает за исполнителя, в родительном падеже", "ректора Соколова А. Б."),
    PaperField("customer", "Заказчик: полное наименование", "ГБОУ СОШ №\u00a01 г.\u00a0Самары"),
    PaperField("customer_head", "Кто подписывает за заказчика, в родительном падеже", "директора Ивановой М. П."),
    _GROUP,
    *_COURSE,
    PaperField("program_kind", "Вид программы", "повышения квалификации"),
    PaperField("form", "Форма обучения", "очная"),
    PaperField("document", "Какой документ выдаётся", "удостоверение о повышении квалификации"),
    PaperField("by_vouchers", "да, если обучение оплачивают чеками: для условий", example=True),
    PaperField("funding", "Источник оплаты, может быть пусто", "средства областного бюджета"),
    PaperField("left", "Реквизиты исполнителя, несколько строк", "Адрес: г. Самара\nИНН 6300000000"),
    PaperField("right", "Реквизиты заказчика, несколько строк", "Адрес: г. Самара\nИНН 6300000001"),
    PaperField("left_title", "Должность подписывающего за исполнителя", "Ректор"),
    PaperField("left_name", "Инициалы и фамилия за исполнителя", "А.\u00a0Б.\u00a0Соколов"),
    PaperField("right_title", "Должность подписывающего за заказчика", "Директор"),
    PaperField("right_name", "Инициалы и фамилия за заказчика", "М.\u00a0П.\u00a0Иванова"),
    _list("rows", "Слушатели", _N, _NAME, *_PLACE),
    _TOTALS,
)

_MEETINGS = range(1, 9)
_ATTENDANCE = (
    _ORGANIZATION,
    _GROUP,
    *_COURSE,
    PaperField("meetings", "Какие занятия на листе, когда листов несколько", "Занятия 1–8 из 20"),
    *(PaperField(f"day_{n}", f"День {n}-го занятия листа, может быть пусто", f"{n:02}.02.2026") for n in _MEETINGS),
    *(PaperField(f"time_{n}", f"Часы {n}-го занятия листа, может быть пусто", "09:00–13:00") for n in _MEETINGS),
    _list(
        "rows",
        "Слушатели",
        _N,
        _NAME,
        *(PaperField(f"mark_{n}", f"Отметка о {n}-м занятии листа, пусто — для подписи", "+") for n in _MEETINGS),
    ),
    _TOTALS,
)

_TRAINING_LIST = (
    PaperField("full_name", "Фамилия, имя, отчество", "Иванова Мария Петровна"),
    PaperField("signed", "Инициалы и фамилия", "М.\u00a0П.\u00a0Иванова"),
    *_PLACE,
    PaperField("since", "Начало срока", "1\u00a0января\u00a02024\u00a0г."),
    PaperField("until", "Конец срока", "31\u00a0декабря\u00a02026\u00a0г."),
    _list(
        "rows",
        "Обучения",
        _N,
        PaperField("period", "Когда", "02.02.2026\u00a0– 14.02.2026"),
        PaperField("program", "Программа", "«Современный урок»"),
        PaperField("hours", "Часы", 72),
        PaperField("organizer", "Где", "Институт развития образования"),
        PaperField("document", "Документ", "удостоверение № 0001/2026"),
    ),
    PaperField("totals", "Строка итогов", "Всего: 2\u00a0обучения, 144\u00a0часа."),
    PaperField("attached", "Какие документы приложены", "Документы приложены в порядке списка."),
)

_ORGANIZATION_PLAN = (
    PaperField("organization_heading", "Полное наименование организации", "Государственное учреждение «Школа № 1»"),
    PaperField("head_title", "Должность руководителя", "Директор"),
    PaperField("head_name", "Инициалы и фамилия руководителя, может быть пусто", "М.\u00a0П.\u00a0Иванова"),
    PaperField("year", "Год плана", "2027"),
    PaperField("made_on", "День печати", "1\u00a0декабря\u00a02026\u00a0г."),
    _list(
        "rows",
        "Кто чему учится",
        _N,
        PaperField("name", "Фамилия, имя, отчество", "Иванова Мария Петровна"),
        PaperField("position", "Должность", "Учитель"),
        PaperField("program", "Программа", "«Современный урок»"),
        PaperField("hours", "Часы", 36),
        PaperField("organizer", "Организатор", "Институт развития образования"),
        PaperField("months", "Месяц обучения или удобные месяцы", "фев–мар"),
        PaperField("state", "Состояние заявки", "Согласована"),
    ),
    PaperField("totals", "Строка итогов", "Всего: 2\u00a0работника, 3\u00a0обучения. По месяцам: февраль — 3."),
)

#: code of the manifest → its fields: every paper that is printed by a template takes an uploaded one
PAPER_FIELDS: Mapping[str, tuple[PaperField, ...]] = {
    code: (*fields, ON_BLANK)
    for code, fields in {
        **{kind.value: _DOCUMENT for kind in CertificateKind},
        "order_enrolment": _ORDER,
        "order_expulsion": _ORDER,
        "voucher": _VOUCHER,
        "blank_act": _BLANK_ACT,
        "training_agreement": _AGREEMENT,
        "group_list": (*_GROUP_HEADING, _list("rows", "Слушатели", _N, _NAME, *_PLACE), _TOTALS),
        "attendance_sheet": _ATTENDANCE,
        "grade_sheet": (*_GROUP_HEADING, _RESULTS, _TOTALS),
        "final_protocol": (
            *_GROUP_HEADING,
            PaperField("protocol", "Номер протокола", "7-ИА"),
            PaperField("held_on", "Дата заседания", "14\u00a0февраля\u00a02026\u00a0г."),
            _RESULTS,
            _TOTALS,
        ),
        "issue_journal": (*_GROUP_HEADING, _JOURNAL, _TOTALS),
        "training_list": _TRAINING_LIST,
        "organization_plan": _ORGANIZATION_PLAN,
    }.items()
}


def sample_context(fields: Sequence[PaperField]) -> dict[str, Any]:
    """Return the context of the sample person; a list gets two equal items."""
    return {field.name: [sample_context(field.inside)] * 2 if field.inside else field.example for field in fields}
