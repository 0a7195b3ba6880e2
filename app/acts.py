"""Words of acts: what was done to what, for the journal, the history of a card and the answers to buttons.

An act that changes a status is named by its edge (``statuses``); any other act is named here, by the code that the
service records.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from app.labels import THINGS
from app.statuses import edge_of

_WORDS: Mapping[str, str] = {
    "created": "Создано",
    "updated": "Изменено",
    "deleted": "Удалено",
    "exported": "Выгружено в Excel",
    "imported": "Загружено из Excel",
    "tested": "Отправлено пробное письмо",
    "undone": "Отменено",
    "blank_kept": "Загружен бланк ФИС ФРДО",
    "confirm_actual": "Подтверждена актуальность",
    "dismissed": "Увольнение",
    "transferred": "Переведено на новое место",
    "merged": "Присоединена другая карточка",
    "merge_undone": "Объединение отменено",
    "data_given": "Выданы сведения о человеке",
    "printed": "Напечатано",
    "renewed": "Сформировано заново",
    "issued": "Выдано",
    "signed_in": "Вход в портал",
    "sign_in_failed": "Неудачный вход",
    "locked": "Вход закрыт после неудачных попыток",
    "viewed": "Просмотр карточки",
    "viewed_as": "Просмотр портала глазами пользователя",
    "view_ended": "Просмотр портала глазами пользователя окончен",
    "calendar_link": "Создана ссылка на календарь",
    "ended": "Прекращено",
    "unlocked": "Вход открыт",
    "password_reset": "Выдан одноразовый пароль",
    "password_changed": "Сменён пароль",
    "password_set": "Задан первый пароль",
    "recovery_asked": "Запрошено восстановление доступа",
    "invited": "Отправлено приглашение",
    "given": "Дано",
    "withdrawn": "Отозвано",
    "anonymised": "Обезличено",
    "closed": "Вход закрыт",
    "opened": "Вход снова открыт",
    "second_factor_on": "Включён второй шаг входа",
    "second_factor_off": "Отключён второй шаг входа",
    "second_factor_reset": "Второй шаг входа отключён администратором",
    "recovery_code_used": "Использован запасной код",
    "recovery_codes_renewed": "Получены новые запасные коды",
    "transferred_in": "Переведено из другой группы",
    "attended": "Отмечена посещаемость",
    "ordered": "Назван в приказе",
    "scheduled": "Составлено расписание",
    "duplicated": "Создано по образцу",
    "solved": "Разложено на группы",
    "groups_written": "Записаны группы плана",
    "groups_unwritten": "Убраны записанные группы плана",
    "new_edition": "Начата новая редакция",
    "copied": "Скопировано на следующий год",
    "attached": "Приложен файл",
    "detached": "Убран файл",
    "modules": "Изменены модули",
    "new_version": "Создана новая версия",
    "reminded": "Отправлено напоминание",
    "corrected": "Исправлено с причиной",
    "outdated": "Нужно заменить: сведения исправлены",
    "received": "Приняты бланки",
    "written_off": "Списаны бланки",
    "handed": "Отмечено вручение",
    "uploaded": "Загружен шаблон",
    "activated": "Шаблон введён в действие",
    "restored": "Возвращён стандартный шаблон",
    "formed": "Сформировано",
    "answered": "Внесён ответ",
    "blank_replaced": "Напечатано на другом бланке",
    "written": "Что внесено",
    "taken_back": "Не выдано: решение отменено",
}
#: what only one table's journal says
_WORDS_OF: Mapping[str, str] = {
    "training_group.mend_asked": "Ответственных попросили исправить карточки",
    "import_batch.cancel": "Отменено",
}


def action_label(action: str) -> str:
    """Return the journal's action in words: «Создано: работник», «Одобрено: заявка на чек»."""
    table, _, verb = action.partition(".")
    single = THINGS[table].single if table in THINGS else ""
    words = act_label(table, verb)
    return f"{words}: {single}" if single else words


def act_label(table: str, verb: str) -> str:
    """Return what an action has done in the words of its button: «Подтвердить» → «Подтверждено»."""
    edge = edge_of(table, verb)
    return edge.done if edge is not None else _WORDS_OF.get(f"{table}.{verb}") or _WORDS.get(verb, verb)


def changes_in_words(action: str, changes: Mapping[str, Sequence[str]]) -> str:
    """Return the values of a journal entry: «Телефон: пусто → +7 927 000-00-00; Адрес: …».

    Where nothing was before (a row made, a browser that signed in), the value alone: there is no change to tell.
    """
    edited = action.rsplit(".", 1)[-1] == "updated"
    told = []
    for label, (before, after) in changes.items():
        alone = not before and not edited
        told.append(f"{label}: {after or 'пусто'}" if alone else f"{label}: {before or 'пусто'} → {after or 'пусто'}")
    return "; ".join(told)
