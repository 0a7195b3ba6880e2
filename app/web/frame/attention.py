"""The filter «Требует внимания» of the lists: what somebody has to do, said by a code that keeps its meaning from day to day.

The tiles of the start pages open the lists by these codes, so a figure and its list are counted by one condition.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy import and_

from app import models as m
from app.access import current_actor
from app.conditions import DUE, waits
from app.services.access.accounts import is_closed_now
from app.services.desk import matters
from app.services.desk.matters import EXPIRING_DAYS, STARTING_DAYS
from app.services.paper import after_sending, blanks, frdo
from app.services.personnel import past_trainings, quality
from app.statuses import ApplicationStatus
from app.web.frame.listing import ListFilter

NAME = "attention"


@dataclass(frozen=True)
class Matter:
    """One choice of the filter: its code in the address, its words, its rows."""

    code: str
    label: str
    condition: Callable[[], Any]
    #: permission without which the choice is not offered
    right: str = ""


def matter_filter(*matters: Matter) -> ListFilter:
    """Return the list's filter «Требует внимания» with these choices."""
    known = {matter.code: matter for matter in matters}
    return ListFilter(
        NAME,
        "Требует внимания",
        "choice",
        lambda value, _to: known[value].condition() if value in known else None,
        lambda: [(it.code, it.label) for it in matters if not it.right or current_actor().can(it.right)],
    )


def due_matters(model: type[m.Base]) -> list[Matter]:
    """Choices by the term in which a row is decided."""
    return [Matter(code, words, partial(condition, model)) for code, (words, condition) in DUE.items()]


# --- people and places of work ---------------------------------------------------------------------------------------


_BROKEN = quality.conditions()

EMPLOYEE = matter_filter(
    *(
        Matter(code, title.lower().replace("снилс", "СНИЛС"), _BROKEN[code])
        for code, (title, _w, _b) in quality.RULES.items()
    ),
    Matter("no_email", "без электронной почты", lambda: and_(m.Employee.email.is_(None), quality.works())),
    Matter("not_actual", "подтвердить актуальность", quality.not_confirmed),
    Matter("works", "работают сейчас", quality.works),
)
EMPLOYMENT = matter_filter(
    Matter(
        "unconfirmed",
        "нужно подтвердить",
        lambda: waits(m.Employment),
    ),
)

TRAINING = matter_filter(
    Matter(
        "school",
        "сверить со сканом: внесли работники",
        lambda: past_trainings.waits_for_school(m.Training.__table__),
        "training:confirm",
    ),
    Matter(
        "operator",
        "сверить со сканом: внесли ответственные",
        lambda: past_trainings.waits_for_operator(m.Training.__table__),
        "queue:list",
    ),
    Matter("no_scan", "нет скана документа", lambda: past_trainings.lacks_scan(m.Training.__table__)),
)

# --- чеки ------------------------------------------------------------------------------------------------------------


APPLICATION = matter_filter(
    *due_matters(m.VoucherApplication),
    Matter(
        "unfinished",
        "исправить и подать",
        lambda: m.VoucherApplication.status.in_([ApplicationStatus.DRAFT, ApplicationStatus.RETURNED]),
    ),
)
VOUCHER = matter_filter(
    Matter("expiring", f"истекают за {EXPIRING_DAYS} дней", matters.expiring),
    Matter("unspent", f"истекают за {EXPIRING_DAYS} дней, есть свободные блоки", matters.unspent),
)

# --- courses ---------------------------------------------------------------------------------------------------------

GROUP = matter_filter(
    Matter("soon", f"начало в ближайшие {STARTING_DAYS} дней", matters.starts_soon),
    Matter(
        "below_minimum",
        f"начало в ближайшие {STARTING_DAYS} дней, не набран минимум",
        matters.below_minimum,
        "training_group:edit",
    ),
    Matter("no_results", "обучение окончено, нет результатов", matters.without_results),
)
ENROLMENT = matter_filter(
    Matter("agree", "согласовать от своей организации", matters.to_agree, "enrolment:agree"),
    Matter("on_course", "учатся сейчас", matters.on_course),
    Matter("no_document", "обучены, документ не выдан", matters.without_document),
)

CERTIFICATE = matter_filter(
    Matter("to_replace", "заменить: сведения исправлены", matters.to_replace),
    Matter("frdo_late", "не переданы в ФИС ФРДО, срок прошёл", frdo.past_term),
    Matter("frdo_soon", f"передать в ФИС ФРДО за {frdo.SOON_DAYS} дней", frdo.near_term),
)

BLANK = matter_filter(
    Matter("of_annulled", "документ аннулирован, бланк не списан", blanks.of_annulled),
    Matter("without_act", "испорчен, нет акта", blanks.without_act),
)
FRDO_BATCH = matter_filter(Matter("amended", after_sending.FLAG, lambda: after_sending.amended(m.FrdoBatch)))
REGISTRY = matter_filter(Matter("amended", after_sending.FLAG, lambda: after_sending.amended(m.Registry)))

# --- accounts --------------------------------------------------------------------------------------------------------

ACCOUNT = matter_filter(Matter("locked", "вход закрыт", lambda: is_closed_now(m.Account)))
