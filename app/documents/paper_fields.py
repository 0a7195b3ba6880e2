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


#: every paper has it; ``documents.templates.fill_template`` gives it
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

#: code of the manifest → its fields; a paper that is not here takes no uploaded templates
PAPER_FIELDS: Mapping[str, tuple[PaperField, ...]] = {kind.value: (*_DOCUMENT, ON_BLANK) for kind in CertificateKind}


def sample_context(fields: Sequence[PaperField]) -> dict[str, Any]:
    """Return the context of the sample person; a list gets two equal items."""
    return {field.name: [sample_context(field.inside)] * 2 if field.inside else field.example for field in fields}
