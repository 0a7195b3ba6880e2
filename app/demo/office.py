"""The rest of the demo: a survey, report forms, news, a support request, an announced maintenance window."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from random import Random
from typing import Any

from app import models as m
from app.demo.courses import Course
from app.demo.plan import add_plan
from app.demo.rows import Row, Rows, moment
from app.demo.staff import Worker
from app.statuses import (
    NewsKind,
    NewsStatus,
    QuestionKind,
    ReportFormStatus,
    SupportStatus,
    SurveyStatus,
)

_DAY = dt.timedelta(days=1)
_ANSWERS = 24
#: far enough ahead, so that no working day of the demo meets it
_MAINTENANCE_IN = 60

_NEWS = (
    (NewsKind.NEWS, "Открыта запись на курсы повышения квалификации", "Организаторы открыли группы на ближайшие "
     "месяцы. Выберите программу в личном кабинете: подходящие вашей должности и предмету показаны первыми.", True),
    (NewsKind.COURSES, "План курсов региона", "Перечень программ трёх организаторов опубликован в разделе «Программы». "
     "Обучение по Именному образовательному чеку для работника бесплатно.", False),
    (NewsKind.LAW, "Порядок работы с АИС «Кадры в образовании»", "Порядок утверждён распоряжением от 11.05.2016 "
     "№ 373-р. Изменения в данных вносятся не позднее 10 рабочих дней.", False),
    (NewsKind.MANUAL, "Как подать заявку на чек", "Проверьте место работы в карточке, нажмите «Подать заявку на чек» и "
     "дождитесь решения: Оператор АИС рассматривает её за 5 рабочих дней.", False),
    (NewsKind.OTHER_REGIONS, "Курсы других регионов", "Сведения о программах организаций других регионов появятся "
     "здесь после проверки Оператором АИС.", False),
)  # fmt: skip
_QUESTIONS: tuple[tuple[QuestionKind, str, dict[str, Any]], ...] = (
    (QuestionKind.SCALE, "Насколько вы довольны пройденным курсом?", {"from": 1, "to": 5}),
    (QuestionKind.ONE, "Пригодится ли вам изученное в работе?", {"choices": ["да", "частично", "нет"]}),
    (QuestionKind.TEXT, "Чему ещё вы хотели бы научиться?", {}),
)
_WISHES = ("Работе с детьми с ОВЗ", "Цифровым инструментам", "Подготовке к олимпиадам", "Проектной деятельности")


def add_office(
    rows: Rows,
    rng: Random,
    accounts: dict[str, Row],
    workers: Sequence[Worker],
    courses: Sequence[Course],
    today: dt.date,
) -> None:
    """Add everything that is neither people nor courses."""
    add_plan(rows, rng, workers, courses, today)
    _add_survey(rows, rng, workers, accounts, today)
    _add_report_forms(rows, accounts, today)
    _add_news(rows, today)
    _add_support(rows, accounts, today)
    _add_maintenance(rows, today)


# --- survey, report forms --------------------------------------------------------------------------------------------


def _add_survey(rows: Rows, rng: Random, workers: Sequence[Worker], accounts: dict[str, Row], today: dt.date) -> None:
    survey = _survey(rows, "Удовлетворённость курсами повышения квалификации", SurveyStatus.PUBLISHED, accounts, today)
    _survey(rows, "Профессиональные дефициты педагогов", SurveyStatus.REQUESTED, accounts, today)
    questions = [
        rows.add(
            m.SurveyQuestion,
            survey_id=survey["id"],
            ordering=ordering,
            kind=kind,
            text=text,
            options=options,
            required=kind != QuestionKind.TEXT,
        )
        for ordering, (kind, text, options) in enumerate(_QUESTIONS, start=1)
    ]
    # Not the persons of the accounts: they are to answer by themselves.
    for worker in rng.sample([w for w in workers if w.works and not w.role], _ANSWERS):
        _answer(rows, rng, survey, questions, worker, today)


def _survey(rows: Rows, title: str, status: SurveyStatus, accounts: dict[str, Row], today: dt.date) -> Row:
    runs = status == SurveyStatus.PUBLISHED
    return rows.add(
        m.Survey,
        title=title,
        purpose="Мониторинг по запросу министерства.",
        audience={},
        anonymous=False,
        group_id=None,
        opens_on=today - 10 * _DAY if runs else None,
        closes_on=today + 30 * _DAY if runs else None,
        requested_by_id=accounts["ministry"]["id"],
        status=status,
        created_at=moment(today - 15 * _DAY),
    )


def _answer(rows: Rows, rng: Random, survey: Row, questions: Sequence[Row], worker: Worker, today: dt.date) -> None:
    response = rows.add(
        m.SurveyResponse,
        survey_id=survey["id"],
        employee_id=worker.id,
        token=f"{rng.getrandbits(128):032x}",
        submitted_at=moment(today - rng.randint(0, 9) * _DAY, 9),
    )
    values = (rng.randint(3, 5), rng.choice(("да", "да", "частично", "нет")), rng.choice(_WISHES))
    for question, value in zip(questions, values, strict=True):
        rows.add(m.SurveyAnswer, response_id=response["id"], question_id=question["id"], value={"value": value})


def _add_report_forms(rows: Rows, accounts: dict[str, Row], today: dt.date) -> None:
    forms = (
        ("coverage", "Охват повышением квалификации за три года", ReportFormStatus.APPROVED),
        ("hours", "Человеко-часы обучения по организаторам", ReportFormStatus.SUBMITTED),
    )
    for code, title, status in forms:
        approved = status == ReportFormStatus.APPROVED
        rows.add(
            m.ReportForm,
            code=code,
            title=title,
            definition={},
            status=status,
            reason_text=None,
            approved_by_id=accounts["ministry"]["id"] if approved else None,
            approved_at=moment(today - 40 * _DAY) if approved else None,
        )


# --- news, support, maintenance --------------------------------------------------------------------------------------


def _add_news(rows: Rows, today: dt.date) -> None:
    for number, (kind, title, body, pinned) in enumerate(_NEWS, start=1):
        day = moment(today - 6 * number * _DAY, 9)
        rows.add(
            m.NewsItem,
            kind=kind,
            title=title,
            body=body,
            pinned=pinned,
            public=True,
            published_at=day,
            status=NewsStatus.PUBLISHED,
            created_at=day,
        )


def _add_support(rows: Rows, accounts: dict[str, Row], today: dt.date) -> None:
    asked, answered = moment(today - 4 * _DAY, 10, 15), moment(today - 3 * _DAY, 11, 40)
    threads = (
        ("school", "Как исправить дату приёма работника", SupportStatus.ANSWERED, (
            ("school", "В карточке работника неверная дата приёма. Кто может её исправить?", asked),
            ("operator", "Исправьте дату в карточке: после этого мы подтвердим место работы заново.", answered),
        )),
        ("worker2", "Не вижу нужной программы", SupportStatus.OPEN, (
            ("worker2", "Будет ли в этом году курс по подготовке к итоговому сочинению?", answered),
        )),
    )  # fmt: skip
    for author, topic, status, messages in threads:
        request = rows.add(
            m.SupportRequest,
            author_id=accounts[author]["id"],
            topic=topic,
            category="question",
            status=status,
            due_on=today + 2 * _DAY,
            created_at=messages[0][2],
        )
        for who, body, at in messages:
            rows.add(
                m.SupportMessage, request_id=request["id"], author_id=accounts[who]["id"], body=body, created_at=at
            )


def _add_maintenance(rows: Rows, today: dt.date) -> None:
    day = today + _MAINTENANCE_IN * _DAY
    day += (6 - day.weekday()) * _DAY
    rows.add(
        m.MaintenanceWindow,
        starts_at=moment(day, 2),
        ends_at=moment(day, 4),
        announcement="Плановое обновление портала: в это время данные можно смотреть, но нельзя изменять.",
        announced_at=moment(today - _DAY),
    )
