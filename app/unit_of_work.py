"""One business action = one transaction: ``@use_case`` commits at the end or rolls everything back."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

import psycopg2
from sqlalchemy import text
from sqlalchemy.exc import (
    DataError,
    IntegrityError,
    InterfaceError,
    OperationalError,
    PendingRollbackError,
    SQLAlchemyError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm.exc import StaleDataError

from app.access import find_actor
from app.clock import local, now
from app.errors import Conflict, Forbidden, Invalid, PortalError, Unavailable
from app.extensions import db

P = ParamSpec("P")
R = TypeVar("R")

_DEPTH = "use_case_depth"

#: constraint → what the user reads when the database refuses (the last net; services refuse earlier and say more)
CONSTRAINT_SENTENCES = {
    # nobody learns by it that somebody exists elsewhere
    "uq_employee_snils": "Этот СНИЛС записать сюда нельзя: проверьте номер. Если он верен, найдите карточку поиском по СНИЛС "
    "или обратитесь к оператору.",
    "ex_employment_one_main": "У работника уже есть основное место работы в этот период. Закройте прежнее датой увольнения "
    "или укажите совместительство.",
    "ix_organization_inn_head": "Организация с таким ИНН уже есть. Если это её подразделение, укажите головную организацию.",
    "ex_voucher_rule_overlap": "Срок действия правила пересекается с другим правилом. Сначала закройте прежнее датой окончания.",
    "uq_organizer_exception_rule_id_organization_id_valid_from": "Эта организация уже внесена в перечень с этого дня.",
    "uq_registration_pending": "Регистрация с таким СНИЛС уже подана и ждёт решения оператора.",
    "uq_access_request_live": "Такая заявка на доступ уже ждёт решения оператора.",
    "uq_change_request_live": "Исправление этих сведений уже ждёт решения ответственного.",
    "uq_transfer_live": "Переход с этого места работы уже оформляется.",
    "uq_voucher_application_live": "У работника уже есть заявка на чек, которая не рассмотрена.",
    "uq_voucher_active": "У работника уже есть действующий чек.",
    "uq_plan_campaign_year": "План на этот год уже есть.",
    "ex_plan_campaign_days": "Дни выбора пересекаются с другим планом. Измените их.",
    "ck_plan_campaign_before_year": "Выбор курсов заканчивают до начала планируемого года.",
    "uq_plan_quota_campaign_id_territory_id": "Квота для этой территории уже есть.",
    "uq_plan_offer_campaign_id_organizer_id_code": "Эту программу на этот год вы уже предложили.",
    "ck_plan_offer_seats": "Мест за год не меньше, чем в группе, а в группе — не меньше наименьшего числа слушателей.",
    "ck_plan_offer_months": "Отметьте месяцы, в которые вы готовы учить.",
    "uq_plan_item_live": "Эта программа уже выбрана.",
    "ex_plan_item_priority": "На этом месте уже стоит другая программа. Обновите страницу.",
    "uq_unmet_wish_live": "Пожелание к этому плану уже есть.",
    "uq_enrolment_person": "Работник уже записан в эту группу.",
    "uq_enrolment_block": "Этот блок чека уже занят другой записью.",
    "ck_training_group_seats": "Свободных мест в группе нет.",
    "ck_training_group_capacity": "Мест не может быть меньше одного и меньше необходимого минимума.",
    "ck_training_group_dates": "Дата окончания раньше даты начала.",
    "ck_training_group_enrolment": "Запись должна закончиться не раньше, чем начнётся, и не позже начала занятий.",
    "uq_training_group_organizer_id_number": "Группа с таким номером у организатора уже есть.",
    "uq_program_organizer_id_code_year_edition": "Программа с таким шифром на этот год у организатора уже есть.",
    "uq_program_published": "Опубликованная редакция этой программы уже есть. Обновите страницу.",
    "uq_program_prepared": "Новую редакцию этой программы уже готовят. Обновите страницу и откройте её.",
    "ck_group_quota_seats": "Мест по квоте не может быть меньше уже занятых и меньше одного.",
    "uq_group_quota_place": "Квота для этой территории или организации уже есть.",
    "uq_training_order_organizer_id_year_number": "Приказ с таким номером в этом году у организатора уже есть.",
    "ck_program_hours": "Повышение квалификации — от 16 до 249 часов, переподготовка — от 250 часов.",
    "uq_blank_organizer_id_series_number": "Бланк с такой серией и номером у организатора уже есть.",
    "uq_blank_act_organizer_id_year_number": "Акт с таким номером в этом году у организатора уже есть.",
    "uq_saved_registry_user_id_code_title": "Реестр с таким названием у вас уже сохранён.",
    "uq_certificate_live": "Документ по этой записи уже выдан.",
    "uq_ab_user_username": "Такой логин уже занят.",
    "uq_ab_user_email": "Такой адрес электронной почты уже занят.",
    "uq_ab_user_employee_id": "У этого работника уже есть учётная запись.",
    "uq_assignment_live": "Такая роль у пользователя уже есть.",
    "ck_assignment_place": "Роль ответственного и организатора действует в организации, роль территориального управления — "
    "на его территории: выберите место. Для остальных ролей место не указывают.",
}

TWIN_NAME = "Такая запись уже есть: её название отличается только регистром, «ё», пробелами или похожими буквами."

_CHECK_WORDS = {
    "dates": "Дата окончания раньше даты начала.",
    "hours": "Часы указаны неверно.",
    "terms": "Сроки должны быть больше нуля.",
}


def sentence_for(error: IntegrityError) -> str:
    """Return the Russian sentence for a refused constraint; never the database's own text."""
    diag = getattr(error.orig, "diag", None)
    name = getattr(diag, "constraint_name", None) or ""
    known = CONSTRAINT_SENTENCES.get(name)
    if known:
        return known
    if name.endswith(("_name_key", "_title_key", "uq_organization_name")):
        return TWIN_NAME
    if name.startswith("fk_"):
        return "Запись используется в других данных, поэтому её нельзя удалить."
    if name.startswith(("uq_", "ix_")):
        return "Такая запись уже есть. Измените название, номер или дату."
    for suffix, words in _CHECK_WORDS.items():
        if name.endswith(f"_{suffix}"):
            return words
    return "Данные противоречат друг другу. Проверьте значения и попробуйте ещё раз."


def translate_database_error(error: Exception) -> PortalError | None:
    """Turn an error of the database driver into an error with a Russian sentence, or None when it is not one."""
    if isinstance(error, IntegrityError):
        return Conflict(sentence_for(error))
    if isinstance(error, StaleDataError):
        return Conflict(
            "Пока вы работали, эту запись изменил другой пользователь. Откройте её заново и повторите изменение."
        )
    if isinstance(error, DataError):
        return Invalid("Одно из значений слишком большое или записано не в том виде. Проверьте числа и даты.")
    if is_away(error):
        return Unavailable("База данных сейчас недоступна, портал восстановит работу сам. Повторите через минуту.")
    return None


#: what the driver and its pool raise while the server is away, restarts or has cut the connection
_AWAY = (
    OperationalError,
    InterfaceError,
    PendingRollbackError,
    PoolTimeout,
    psycopg2.OperationalError,
    psycopg2.InterfaceError,
)


def is_away(error: BaseException | None) -> bool:
    """Whether an error, or what it came of, says that the database does not answer."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        if isinstance(error, _AWAY):
            return True
        seen.add(id(error))
        error = error.__cause__ or error.__context__
    return False


def use_case(function: Callable[P, R]) -> Callable[P, R]:
    """Run ``function`` as one transaction of the session; a use case called by another joins it.

    Raises Unavailable during a технологический перерыв (order § 1.12), Conflict and Invalid for what the database refuses.
    """

    return _transaction(function, check=refuse_during_maintenance)


def technical_write(function: Callable[P, R]) -> Callable[P, R]:
    """Run ``function`` as one transaction that is allowed during a технологический перерыв.

    For what leaves the data of the order as they are: signing in, the journal of an export, the state of a letter.
    """
    return _transaction(function, check=lambda: None)


def _transaction(function: Callable[P, R], *, check: Callable[[], None]) -> Callable[P, R]:
    @functools.wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        info: dict[str, Any] = db.session().info
        if info.get(_DEPTH, 0):
            return function(*args, **kwargs)
        _refuse_looking()
        info[_DEPTH] = 1
        try:
            check()
            result = function(*args, **kwargs)
            db.session.commit()
            return result
        except Exception as error:
            roll_back()
            translated = translate_database_error(error)
            if translated is not None:
                raise translated from error
            raise
        finally:
            info[_DEPTH] = 0

    return run


def roll_back() -> None:
    """End the transaction; one whose connection is gone has ended already."""
    try:
        db.session.rollback()
    except SQLAlchemyError:
        db.session.invalidate()


def _refuse_looking() -> None:
    """Raise Forbidden for a user who looks at the portal with another's eyes: such a user may change nothing."""
    actor = find_actor()
    if actor is not None and actor.viewer_id is not None:
        raise Forbidden(
            f"Вы смотрите портал глазами другого пользователя ({actor.name}): можно только читать. Закончите просмотр "
            "кнопкой вверху страницы."
        )


def refuse_during_maintenance() -> None:
    """Raise Unavailable while a maintenance window is on: during it no user changes anything (guard 7)."""
    ends_at = db.session.execute(
        text(
            "SELECT ends_at FROM maintenance_window"
            " WHERE status = 'active' OR (status = 'announced' AND :now >= starts_at AND :now < ends_at) LIMIT 1"
        ),
        {"now": now()},
    ).scalar_one_or_none()
    if ends_at is not None:
        raise Unavailable(
            f"Идёт технологический перерыв до {local(ends_at):%d.%m.%Y %H:%M}. Данные можно смотреть, изменять пока нельзя."
        )
