"""Russian words for tables and columns: one place for screens, forms, exports and the journal. Words of acts are in ``acts``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.clock import today
from app.countries import COUNTRIES
from app.number_masks import mask_in_words
from app.permissions import ROLES
from app.statuses import Ownership, PositionKind, ProgramKind


@dataclass(frozen=True, slots=True)
class Thing:
    """Words for a table: «Работники», «работник», «работника» (genitive), and the head of the form that adds one."""

    plural: str
    single: str
    genitive: str
    add: str


THINGS: Mapping[str, Thing] = {
    "territory": Thing(
        "Территориальные органы", "территориальный орган", "территориального органа", "Добавить территориальный орган"
    ),
    "municipality": Thing("Муниципалитеты", "муниципалитет", "муниципалитета", "Добавить муниципалитет"),
    "organization_type": Thing("Типы организаций", "тип организации", "типа организации", "Добавить тип организации"),
    "organization": Thing("Организации", "организация", "организации", "Добавить организацию"),
    "position": Thing("Должности", "должность", "должности", "Добавить должность"),
    "subject": Thing("Предметы", "предмет", "предмета", "Добавить предмет"),
    "education_level": Thing(
        "Уровни образования", "уровень образования", "уровня образования", "Добавить уровень образования"
    ),
    "attestation_kind": Thing("Виды аттестации", "вид аттестации", "вида аттестации", "Добавить вид аттестации"),
    "workday_correction": Thing(
        "Поправки рабочих дней", "поправка рабочего дня", "поправки рабочего дня", "Добавить поправку"
    ),
    "frdo_reference": Thing(
        "Значения для ФИС ФРДО", "значение для ФИС ФРДО", "значения для ФИС ФРДО", "Добавить значение"
    ),
    "refusal_reason": Thing("Причины отказа", "причина отказа", "причины отказа", "Добавить причину"),
    "voucher_rule": Thing("Правила выдачи чеков", "правило выдачи чеков", "правила выдачи чеков", "Добавить правило"),
    "voucher_rule_block": Thing("Блоки правил", "блок правила", "блока правила", "Добавить блок"),
    "organizer_rule": Thing(
        "Правила для организаторов", "правило для организаторов", "правила для организаторов", "Добавить правило"
    ),
    "organizer_exception": Thing(
        "Организаторы из перечня", "организатор из перечня", "организатора из перечня", "Добавить организатора"
    ),
    "employee": Thing("Работники", "работник", "работника", "Добавить работника"),
    "plan_campaign": Thing("Планы", "план", "плана", "Начать план на год"),
    "plan_quota": Thing("Квоты территорий", "квота территории", "квоты территории", "Добавить квоту"),
    "plan_result": Thing("Утверждённые планы", "утверждённый план", "утверждённого плана", "Утвердить изменение плана"),
    "plan_offer": Thing("Программы на год", "программа на год", "программы на год", "Предложить программу на год"),
    "plan_item": Thing("Заявки в план", "заявка в план", "заявки в план", "Выбрать программу"),
    "plan_proposal": Thing("Группы плана", "группы плана", "групп плана", ""),
    "unmet_wish": Thing("Чего нет в плане", "пожелание", "пожелания", "Написать, чего не хватает"),
    "former_name": Thing("Прежние фамилии", "прежняя фамилия", "прежней фамилии", "Добавить прежнюю фамилию"),
    "employment": Thing("Места работы", "место работы", "места работы", "Добавить место работы"),
    "qualification": Thing(
        "Образование", "документ об образовании", "документа об образовании", "Добавить образование"
    ),
    "attestation": Thing("Аттестация", "аттестация", "аттестации", "Добавить аттестацию"),
    "training": Thing(
        "Обучение вне портала", "обучение вне портала", "обучения вне портала", "Добавить пройденный курс"
    ),
    "ab_user": Thing("Пользователи", "пользователь", "пользователя", "Добавить пользователя"),
    "assignment": Thing("Роли пользователей", "роль пользователя", "роли пользователя", "Назначить роль"),
    "access_request": Thing("Заявки на доступ", "заявка на доступ", "заявки на доступ", ""),
    "stored_file": Thing("Файлы", "файл", "файла", ""),
    "registration": Thing("Регистрации", "регистрация", "регистрации", ""),
    "consent": Thing("Согласия", "согласие", "согласия", "Внести согласие"),
    "consent_text": Thing("Тексты согласий", "текст согласия", "текста согласия", "Добавить версию текста"),
    "consent_withdrawal": Thing("Отзывы согласий", "отзыв согласия", "отзыва согласия", ""),
    "voucher_application": Thing("Заявки на чек", "заявка на чек", "заявки на чек", "Подать заявку на чек"),
    "voucher": Thing("Чеки", "чек", "чека", "Выдать чек"),
    "voucher_block": Thing("Блоки чеков", "блок чека", "блока чека", "Добавить блок"),
    "program": Thing("Программы", "программа", "программы", "Добавить программу"),
    "training_group": Thing("Группы", "группа", "группы", "Добавить группу"),
    "group_meeting": Thing("Занятия групп", "занятие группы", "занятия группы", "Добавить занятие"),
    "group_quota": Thing("Квоты групп", "квота группы", "квоты группы", "Добавить квоту"),
    "attendance": Thing("Посещаемость", "отметка о посещении", "отметки о посещении", ""),
    "training_order": Thing("Приказы", "приказ", "приказа", "Издать приказ"),
    "setting": Thing("Настройки", "настройка", "настройки", ""),
    "enrolment": Thing("Записи на курсы", "запись на курс", "записи на курс", "Записать на курс"),
    "blank": Thing("Бланки", "бланк", "бланка", "Принять бланки"),
    "blank_receipt": Thing("Поступления бланков", "поступление бланков", "поступления бланков", "Принять бланки"),
    "blank_act": Thing("Акты списания бланков", "акт списания бланков", "акта списания бланков", "Составить акт"),
    "print_template": Thing("Шаблоны печати", "шаблон печати", "шаблона печати", "Загрузить шаблон"),
    "print_setting": Thing("Настройки печати", "настройка печати", "настройки печати", ""),
    "frdo_batch": Thing("Пакеты для ФИС ФРДО", "пакет для ФИС ФРДО", "пакета для ФИС ФРДО", "Сформировать пакет"),
    "saved_registry": Thing("Мои реестры", "реестр", "реестра", ""),
    "certificate": Thing("Документы об обучении", "документ об обучении", "документа об обучении", "Выдать документ"),
    "registry": Thing("Реестры обученных", "реестр обученных", "реестра обученных", "Сформировать реестр"),
    "audit_entry": Thing("Журнал", "запись журнала", "записи журнала", ""),
    "letter": Thing("Письма", "письмо", "письма", ""),
    "change_request": Thing("Исправления", "исправление карточки", "исправления карточки", ""),
    "transfer": Thing("Переходы", "переход в другую организацию", "перехода в другую организацию", ""),
    "employee_merge": Thing("Объединения карточек", "объединение карточек", "объединения карточек", ""),
    "quality_rule": Thing("Правила полноты данных", "правило полноты данных", "правила полноты данных", ""),
    "letter_template": Thing("Шаблоны писем", "шаблон письма", "шаблона письма", ""),
    "import_batch": Thing("Загрузки из Excel", "загрузка из Excel", "загрузки из Excel", ""),
    "background_job": Thing("Задания", "задание", "задания", ""),
}

#: columns that mean the same wherever they stand
COMMON: Mapping[str, str] = {
    "id": "Номер",
    "code": "Код",
    "name": "Наименование",
    "short_name": "Краткое наименование",
    "full_name": "Полное наименование",
    "title": "Название",
    "kind": "Вид",
    "status": "Состояние",
    "active": "Используется",
    "ordering": "Порядок",
    "synonyms": "Синонимы",
    "email": "Электронная почта",
    "phone": "Телефон",
    "address": "Адрес",
    "employee": "Работник",
    "employee_id": "Работник",
    "organization": "Организация",
    "organization_id": "Организация",
    "territory": "Территориальный орган",
    "territory_id": "Территориальный орган",
    "municipality": "Муниципалитет",
    "municipality_id": "Муниципалитет",
    "position": "Должность",
    "position_id": "Должность",
    "subject": "Предмет",
    "subject_id": "Предмет",
    "subjects": "Предметы",
    "organizer": "Организатор",
    "organizer_id": "Организатор",
    "program": "Программа",
    "program_id": "Программа",
    "group": "Группа",
    "group_id": "Группа",
    "employment": "Место работы",
    "employment_id": "Место работы",
    "last_name": "Фамилия",
    "first_name": "Имя",
    "patronymic": "Отчество",
    "birth_date": "Дата рождения",
    "sex": "Пол",
    "snils": "СНИЛС",
    "hours": "Часы",
    "number": "Номер",
    "year": "Год",
    "issued_on": "Дата выдачи",
    "valid_from": "Действует с",
    "valid_to": "Действует по",
    "valid_until": "Действует по",
    "reason_text": "Причина",
    "due_on": "Срок решения",
    "submitted_at": "Подана",
    "decided_at": "Рассмотрена",
    "created_at": "Создано",
    "rule": "Правило",
    "rule_id": "Правило",
    "block": "Блок чека",
    "block_id": "Блок чека",
    "started_on": "Начало",
    "ended_on": "Окончание",
    "ownership": "Форма собственности",
    "type": "Тип организации",
    "type_id": "Тип организации",
    "basis": "Основание",
    "reason": "Причина",
    "value": "Значение",
    "user": "Пользователь",
    "user_id": "Пользователь",
}

COLUMNS: Mapping[str, Mapping[str, str]] = {
    "territory": {"head_name": "Руководитель", "municipalities": "Муниципалитеты"},
    "municipality": {
        "oktmo": "ОКТМО",
        "territories": "Территориальные органы",
        "latitude": "Широта центра, градусы",
        "longitude": "Долгота центра, градусы",
    },
    "organization": {
        "parent": "Головная организация",
        "parent_id": "Головная организация",
        "units": "Структурные подразделения",
        "inn": "ИНН",
        "kpp": "КПП",
        "ogrn": "ОГРН",
        "licence_number": "Номер лицензии",
        "licence_date": "Дата лицензии",
        "head_name": "Руководитель",
        "head_position": "Должность руководителя",
        "city": "Населённый пункт",
        "website": "Сайт",
        "is_organizer": "Проводит курсы",
        "certificate_mask": "Вид номера документа",
        "secretary_name": "Секретарь",
        "group_mask": "Вид номера группы",
        "attendance_percent": "Посещаемость для допуска к аттестации, %",
        "employer_agreement": "Согласование записи на курсы",
        "closed_on": "Закрыта",
        "phone": "Телефон",
    },
    "position": {"voucher_eligible": "Право на чек", "subject_required": "Нужен предмет"},
    "subject": {"is_direction": "Направление работы"},
    "education_level": {"frdo_value": "Значение для ФИС ФРДО"},
    "attestation_kind": {
        "is_category": "Квалификационная категория",
        "term_months": "Срок действия, месяцев",
        "since": "Применяется с",
        "until": "Применяется по",
    },
    "workday_correction": {"day": "День", "is_working": "Рабочий"},
    "frdo_reference": {"list_code": "Список"},
    "refusal_reason": {"subject": "Для чего", "text": "Текст причины"},
    "voucher_rule": {
        "period_months": "Чек выдаётся раз в, месяцев",
        "validity_months": "Срок действия чека, месяцев",
        "decision_days": "Срок решения, рабочих дней",
        "requires_confirmed_workplace": "Нужно подтверждённое место работы",
        "eligible_position_kinds": "Виды должностей",
        "eligible_ownerships": "Формы собственности",
        "blocks": "Блоки",
    },
    "organizer_rule": {
        "program_kinds": "Виды программ",
        "position_kinds": "Виды должностей",
        "organization_types": "Типы организаций",
        "ownerships": "Формы собственности",
    },
    "organizer_exception": {"ground": "Почему в перечне"},
    "voucher_rule_block": {"hours_min": "Часов от", "hours_max": "Часов до", "required": "Обязательный"},
    "employee": {
        "citizenship": "Гражданство",
        "name_genitive": "ФИО в родительном падеже",
        "name_dative": "ФИО в дательном падеже",
        "name_accusative": "ФИО в винительном падеже",
        "teaching_since": "Педагогический стаж с",
        "working_since": "Общий стаж с",
        "degree": "Учёная степень, звание",
        "awards": "Награды",
        "full_name": "Работник",
        "age": "Возраст",
        "confirmed_actual_at": "Актуальность подтверждена",
        "updated_at": "Изменено",
        "workplace": "Место работы",
        "category": "Категория",
        "last_training": "Последнее обучение",
        "voucher": "Чек",
    },
    "former_name": {"until": "По какую дату"},
    "employment": {
        "kind": "Вид занятости",
        "activity": "Вид деятельности",
        "started_on": "Принят",
        "start_known": "Дата приёма известна",
        "ended_on": "Уволен",
        "position_since": "В должности с",
        "status": "Подтверждение",
        "changed_at": "Состояние с",
    },
    "qualification": {
        "level": "Уровень образования",
        "level_id": "Уровень образования",
        "institution": "Учебное заведение",
        "speciality": "Специальность, направление",
        "qualification_name": "Квалификация",
        "series": "Серия диплома",
        "number": "Номер диплома",
        "year": "Год окончания",
        "last_name": "Фамилия в дипломе",
        "is_pedagogical": "Педагогическое",
        "is_main": "Основное",
    },
    "attestation": {
        "kind_id": "Вид аттестации",
        "kind": "Вид аттестации",
        "decision_date": "Дата решения",
        "order_number": "Номер распоряжения",
        "order_date": "Дата распоряжения",
        "valid_until": "Действует по (пусто — бессрочно)",
    },
    "training": {
        "title": "Программа",
        "institution": "Где обучался",
        "city": "Город",
        "kind": "Вид обучения",
        "document_kind": "Документ",
        "document_number": "Номер документа",
        "source": "Откуда сведения",
        "submitted_at": "Отправлено на подтверждение",
        "decided_at": "Решение принято",
        "scan": "Скан документа",
        "created_at": "Внесено",
    },
    "ab_user": {
        "username": "Логин",
        "active": "Может входить",
        "last_login": "Последний вход",
        "roles_text": "Роли",
        "locked_until": "Вход закрыт до",
        "login_count": "Входов",
        "fail_login_count": "Неудачных входов",
        "created_on": "Создана",
        "changed_on": "Изменена",
        "one_time_until": "Одноразовый пароль действует до",
        "totp_since": "Второй шаг входа",
    },
    "assignment": {"role": "Роль"},
    "access_request": {
        "role": "Роль",
        "document_details": "Распорядительный документ",
        "document": "Скан документа",
        "proposed_by": "Кто предлагает",
    },
    "voucher_application": {
        "on_behalf_note": "Согласие работника и руководителя (если подаёт ответственный)",
        "refusal_reason": "Типовая причина",
    },
    "voucher": {
        "application": "Заявка на чек",
        "blocks": "Блоки",
        "check_code": "Код проверки",
        "replaced_by": "Заменён чеком",
        "imported": "Выдан до портала",
    },
    "voucher_block": {
        "voucher": "Чек",
        "voucher_id": "Чек",
        "hours_min": "Часов от",
        "hours_max": "Часов до",
        "title": "Блок",
        "training": "Обучение до портала",
        "training_id": "Обучение до портала",
    },
    "program": {
        "code": "Шифр",
        "kind": "Вид программы",
        "form": "Форма обучения",
        "distance": "Дистанционно",
        "block": "Блок чека",
        "annotation": "Аннотация",
        "authors": "Авторы",
        "qualification_name": "Квалификация",
        "area": "Область профессиональной деятельности",
        "specialities_group": "Укрупнённая группа специальностей",
        "funding": "Источник финансирования",
        "organization_types": "Для типов организаций",
        "positions": "Для должностей",
        "subjects": "Для предметов",
        "edition": "Редакция",
        "submitted_at": "Отправлена на публикацию",
        "late": "Внесена после срока",
        "previous": "Прежняя редакция",
        "document": "Файл программы",
        "modules": "Модули",
    },
    "group_meeting": {
        "starts_at": "Начало",
        "ends_at": "Окончание",
        "topic": "Тема",
        "place": "Место",
        "teacher": "Преподаватель",
    },
    "group_quota": {"seats": "Мест не больше", "taken": "Занято"},
    "attendance": {"mark": "Отметка", "meeting": "Занятие"},
    "training_order": {"ordered_on": "Дата приказа", "basis": "Основание", "number": "Номер приказа"},
    "training_group": {
        "number": "Номер группы",
        "starts_on": "Начало занятий",
        "ends_on": "Окончание занятий",
        "enrol_from": "Запись с",
        "enrol_until": "Запись по",
        "place": "Место занятий",
        "municipality": "Где проходят занятия",
        "municipality_id": "Где проходят занятия",
        "schedule": "Расписание",
        "audience": "Целевая группа слушателей",
        "curator": "Куратор",
        "capacity": "Мест",
        "minimum": "Наименьшее число слушателей",
        "taken": "Занято",
        "dates": "Даты",
    },
    "enrolment": {
        "result_on": "Дата итоговой аттестации",
        "final_form": "Форма итоговой аттестации",
        "final_mark": "Результат",
        "protocol_number": "Номер протокола",
        "queued_at": "В листе ожидания с",
        "offer_until": "Место держится до",
        "transferred_from": "Переведён из группы",
        "enrolment_order": "Приказ о зачислении",
        "expulsion_order": "Приказ об отчислении",
        "offers": "Предложений места",
        "changed_at": "Состояние с",
        "workplace": "Место работы",
        "organization": "Организация",
    },
    "certificate": {
        "kind": "Вид документа",
        "check_code": "Код проверки",
        "enrolment": "Запись на курс",
        "blank": "Бланк",
        "original": "Взамен документа",
        "ground": "Основание замены",
        "handing": "Как выдан",
        "handed_on": "Дата вручения",
        "handed_to": "Кому вручён",
        "outdated": "Нужно заменить",
    },
    "registry": {
        "period_from": "Период с",
        "period_to": "Период по",
        "rows_count": "Обучено",
        "corrects": "Исправляет",
        "created_at": "Сформирован",
        "sent_at": "Направлен",
        "decided_at": "Решение принято",
        "file": "Файл",
    },
    "blank": {
        "kind": "Вид документа",
        "series": "Серия",
        "receipt": "Поступление",
        "act": "Акт списания",
        "number": "Номер бланка",
        "changed_at": "Состояние с",
    },
    "blank_receipt": {
        "kind": "Вид документа",
        "series": "Серия",
        "first": "Первый номер",
        "last": "Последний номер",
        "quantity": "Количество",
        "received_on": "Получены",
        "document": "Накладная",
    },
    "blank_act": {
        "acted_on": "Дата акта",
        "commission": "Комиссия",
        "number": "Номер акта",
        "reason": "Причина списания",
    },
    "print_template": {
        "code": "Документ",
        "file_name": "Файл",
        "active": "Действует",
        "note": "Что изменено",
        "version": "Версия",
        "created_at": "Загружен",
    },
    "frdo_batch": {
        "number": "Номер пакета",
        "period_from": "Выданы с",
        "period_to": "Выданы по",
        "rows_count": "Документов",
        "corrects": "Исправляет",
        "created_at": "Сформирован",
    },
    "registration": {
        "full_name": "Кто регистрируется",
        "email_confirmed_at": "Почта подтверждена",
        "created_at": "Заполнена",
        "decided_by_id": "Кто решил",
    },
    "consent_text": {
        "purpose": "Цель",
        "number": "Версия",
        "summary": "Коротко",
        "body": "Текст",
        "required": "Обязательное",
        "sha256": "Отпечаток текста",
        "valid_from": "Действует с",
    },
    "consent_withdrawal": {
        "person_name": "Кто отозвал",
        "due_on": "Обезличить не позже",
        "created_at": "Отозвано",
        "decided_at": "Обезличено",
        "report": "Отчёт",
    },
    "audit_entry": {
        "at": "Когда",
        "user_name": "Кто",
        "role": "Роль",
        "action": "Что сделано",
        "object_label": "Над чем",
        "changes": "Было → стало",
    },
    "letter": {
        "recipient": "Кому",
        "subject": "Тема",
        "body": "Текст",
        "attempts": "Попыток",
        "last_error": "Ошибка",
        "sent_at": "Отправлено",
        "next_attempt_at": "Следующая попытка",
        "template": "Вид письма",
    },
    "change_request": {
        "comment": "Пояснение",
        "changes": "Что исправить",
        "due_on": "Внести не позже",
        "accepted": "Внесено",
        "subject_table": "Раздел карточки",
        "subject_id": "Запись",
        "scan": "Подтверждающий документ",
    },
    "transfer": {
        "person_name": "Работник",
        "new_employment": "Новое место работы",
        "from_organization": "Откуда",
        "organization": "Куда",
        "released_on": "Последний рабочий день",
        "starts_on": "Приём с",
    },
    "employee_merge": {"gone": "Присоединённая карточка", "kept": "Оставленная карточка", "undone_at": "Отменено"},
    "quality_rule": {"title": "Правило", "weight": "Вес", "enabled": "Учитывается"},
    "letter_template": {
        "title": "Письмо",
        "subject": "Тема",
        "body": "Текст",
        "html": "Текст в HTML",
        "button": "Надпись на кнопке",
        "required": "Обязательное письмо",
    },
    "import_batch": {"kind": "Что загружено", "file_name": "Файл", "summary": "Итог", "applied_at": "Применён"},
    "consent": {
        "text": "Текст согласия",
        "given_at": "Дано",
        "given_how": "Как дано",
        "scan": "Скан согласия",
        "withdrawn_at": "Отозвано",
    },
    "frdo_row": {
        "batch": "Пакет для ФИС ФРДО",
        "row_number": "Номер строки",
        "values": "Переданные сведения",
        "action": "Что сделать в ФИС ФРДО",
        "answer": "Ответ ФИС ФРДО",
        "answer_text": "Текст ответа",
        "amended_at": "Изменено после передачи",
        "amended_why": "Почему изменено",
        "settled_at": "Передано исправление",
    },
    "registry_row": {
        "registry": "Реестр обученных",
        "amended_at": "Изменено после отправки",
        "amended_why": "Почему изменено",
        "settled_at": "Отправлено исправление",
    },
    "letter_refusal": {"template": "Вид письма"},
    "notice": {"text": "Текст", "created_at": "Когда", "read_at": "Прочитано"},
    "plan_campaign": {
        "year": "На какой год",
        "programs_until": "Программы вносят по",
        "opens_on": "Выбирают с",
        "closes_on": "Выбирают по",
        "wishes_most": "Программ на человека, не больше",
        "needs_agreement": "Выбор согласует организация",
    },
    "plan_quota": {"campaign": "План", "territory": "Территория", "people": "Обучить не больше, человек"},
    "plan_result": {"campaign": "План", "number": "Номер", "created_at": "Утверждён", "approved_by": "Кто утвердил"},
    "plan_offer": {
        "campaign": "План",
        "code": "Шифр",
        "seats": "Мест за год",
        "minimum": "В группе не меньше, человек",
        "capacity": "В группе не больше, человек",
        "months": "Месяцы",
        "municipality_ids": "Где можете учить",
        "late": "Предложена после срока",
        "note": "Примечание",
    },
    "plan_item": {
        "campaign": "План",
        "offer": "Программа на год",
        "block": "Блок чека",
        "months": "Подходящие месяцы",
        "month": "Месяц обучения",
        "priority": "Очередь желания",
        "agreed_by": "Согласовал",
    },
    "plan_proposal": {
        "campaign": "План",
        "people": "Людей получат курс",
        "bound": "Больше не обслужить никак",
        "solved_at": "Составлено",
        "edited_at": "Изменено вручную",
        "written_at": "Группы записаны",
        "written_by": "Записал",
    },
    "plan_proposal_group": {
        "offer": "Программа на год",
        "month": "Месяц",
        "size": "Мест",
        "locked": "Закреплена",
        "group": "Группа",
    },
    "plan_proposal_item": {"item": "Заявка в план", "reason": "Почему не вошла"},
    "unmet_wish": {"campaign": "План", "words": "Чему хочет научиться", "answer": "Ответ"},
    "saved_filter": {"view": "Список"},
    "stored_file": {
        "name": "Файл",
        "content_type": "Формат",
        "size": "Размер, байт",
        "object_table": "К чему приложен",
        "expires_at": "Хранится до",
    },
    "support_request": {"topic": "Тема", "category": "Раздел"},
    "support_message": {"body": "Сообщение"},
    "survey_answer": {"question": "Вопрос", "value": "Ответ"},
    "survey_response": {"survey": "Опрос"},
    "web_session": {"started_at": "Вход", "ends_at": "Действует до"},
    "background_job": {"message": "Итог", "done": "Сделано", "finished_at": "Окончено"},
}


#: number of a month → its name, as forms and papers say it
MONTHS: Mapping[str, str] = {
    str(n): name
    for n, name in enumerate(
        (
            "январь",
            "февраль",
            "март",
            "апрель",
            "май",
            "июнь",
            "июль",
            "август",
            "сентябрь",
            "октябрь",
            "ноябрь",
            "декабрь",
        ),
        start=1,
    )
}
#: ... as a cell says them
SHORT_MONTHS = ("янв", "фев", "мар", "апр", "май", "июн", "июл", "авг", "сен", "окт", "ноя", "дек")
#: text columns (and lists of texts) that hold codes: table → column → code → words
CODES: Mapping[str, Mapping[str, Mapping[str, str]]] = {
    "employee": {"citizenship": COUNTRIES},
    "assignment": {"role": {code: role.title for code, role in ROLES.items()}},
    "access_request": {"role": {code: role.title for code, role in ROLES.items()}},
    "voucher_rule": {
        "eligible_position_kinds": {kind.value: kind.label for kind in PositionKind},
        "eligible_ownerships": {kind.value: kind.label for kind in Ownership},
    },
    "organizer_rule": {
        "program_kinds": {kind.value: kind.label for kind in ProgramKind},
        "position_kinds": {kind.value: kind.label for kind in PositionKind},
        "ownerships": {kind.value: kind.label for kind in Ownership},
    },
    "plan_offer": {"months": MONTHS},
    "plan_item": {"months": MONTHS},
    "consent_text": {
        "purpose": {
            "processing": "Обработка персональных данных",
            "surveys": "Участие в опросах",
            "news": "Новости и приглашения",
        }
    },
    "refusal_reason": {
        "subject": {
            "voucher": "Заявка на чек",
            "enrolment": "Запись на курс",
            "registration": "Регистрация",
            "access": "Доступ в группу пользователей",
        }
    },
    "import_batch": {
        "kind": {
            "staff": "Список работников",
            "voucher": "Чеки прошлых лет",
            "training": "Обучение прошлых лет",
            "plan": "Заявки в план",
        }
    },
    "frdo_reference": {
        "list_code": {
            "document_kind": "Вид документа",
            "document_status": "Статус документа",
            "program_kind": "Вид программы",
            "study_form": "Форма обучения",
            "education_form_place": "Форма получения образования",
            "education_level": "Уровень образования",
            "areas": "Область профессиональной деятельности",
            "ugs": "Укрупнённая группа специальностей",
            "funding": "Источник финансирования",
            "citizenship": "Гражданство",
            "sex": "Пол",
            "yes_no": "Да или нет",
        }
    },
}


#: columns that hold the mask of a number
NUMBER_MASKS: Mapping[str, Sequence[str]] = {"organization": ("certificate_mask", "group_mask")}


def codes_of(table: str, column: str) -> Mapping[str, str]:
    """Return code → words of a column that holds codes, else nothing."""
    return CODES.get(table, {}).get(column, {})


def in_words(table: str, column: str, value: Any) -> Any:
    """Return a stored code (or a list of codes) or the mask of a number in words; every other value as it is."""
    if value and column in NUMBER_MASKS.get(table, ()):
        return mask_in_words(value, today().year)
    codes = codes_of(table, column)
    if isinstance(value, list | tuple):
        return [in_words(table, column, item) for item in value] if codes else value
    key = str(value) if isinstance(value, int) else value
    return codes.get(key, value) if isinstance(key, str) else value


def in_month(month: int) -> str:
    """«в октябре»: a month by its number."""
    return f"в {MONTHS[str(month)].rstrip('ьй')}е"


def months_words(months: Iterable[int]) -> str:
    """«янв–мар, сен»: months by their numbers, neighbours as a run; «любой» for none."""
    runs: list[list[int]] = []
    for month in sorted(months):
        if runs and runs[-1][-1] == month - 1:
            runs[-1].append(month)
        else:
            runs.append([month])
    named = [[SHORT_MONTHS[month - 1] for month in (run[0], run[-1])] for run in runs]
    return ", ".join(first if first == last else f"{first}–{last}" for first, last in named) or "любой"


def label_of(table: str, column: str) -> str:
    """Return the Russian label of a column (a dotted one by its last part)."""
    key = column.rsplit(".", 1)[-1]
    return COLUMNS.get(table, {}).get(column) or COLUMNS.get(table, {}).get(key) or COMMON.get(key) or key


def thing(table: str) -> Thing:
    """Return the words for a table."""
    return THINGS[table]
