"""Forms of the self-registration, one for each step; rows of the public directories are searched as on other pages."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask_wtf import FlaskForm
from sqlalchemy import select
from sqlalchemy.orm import joinedload
from wtforms import HiddenField, PasswordField, StringField
from wtforms.validators import InputRequired, Length

from app import addresses, shown
from app import models as m
from app.access import unscoped
from app.extensions import db
from app.services.portal.captcha import WORK_BITS
from app.web.frame.forms import MASKS, REQUIRED, LookupField, RequiredChoice, RuDateField, WrittenField
from app.web.frame.lookups import LIMIT, detail_of, order_of
from app.web.frame.search import match

#: field → its directory; the same names stand in the address of the search
DIRECTORIES: dict[str, type[Any]] = {"organization": m.Organization, "position": m.Position, "subjects": m.Subject}


def rows(name: str, typed: str = "", *, ids: Iterable[int] | None = None) -> list[Any]:
    """First rows of a public directory that match the words (one more than are shown), or those of ``ids``.

    Only what anybody may know: active rows, of an organization its name and municipality.
    """
    model = DIRECTORIES[name]
    statement = select(model).order_by(order_of(model), model.id)
    if model is m.Organization:
        statement = statement.where(m.Organization.closed_on.is_(None)).options(joinedload(m.Organization.municipality))
    else:
        statement = statement.where(model.active)
    if ids is not None:
        statement = statement.where(model.id.in_(list(ids)))
    elif typed.strip():
        statement = statement.where(match(model, typed[:100]))
    with unscoped("public directories of the registration"):
        return list(db.session.scalars(statement.limit(LIMIT + 1)))


def find(name: str, typed: str) -> dict[str, Any]:
    """What the search box of a step shows."""
    found = rows(name, typed)
    shown = [{"id": r.id, "text": str(r), "detail": detail_of(r)} for r in found[:LIMIT]]
    return {"results": shown, "more": len(found) > LIMIT}


def where(organization_id: int) -> str:
    """Say which organization was chosen, and which territorial body it belongs to; empty when it is gone."""
    t, place = m.Territory, m.Organization
    with unscoped("public directories of the registration"):
        statement = select(place.short_name, t.name).join(t, t.id == place.territory_id)
        found = db.session.execute(statement.where(place.id == organization_id)).one_or_none()
    return f"Вы выбрали: {found[0]}. Территориальный орган — {found[1]}." if found else ""


def _lookup(name: str, label: str, *, hint: str = "", multiple: bool = False) -> Any:
    return LookupField(
        label,
        [] if multiple else [RequiredChoice()],
        choose=lambda ids: rows(name, ids=ids),
        search=lambda words: rows(name, words),
        lookup_url=lambda: addresses.at("register", "find", name),
        multiple=multiple,
        description=hint,
    )


def _stripped(value: Any) -> Any:
    return value.strip() if isinstance(value, str) else value


def _text(label: str, *, required: bool = True, longest: int = 100, hint: str = "", **attributes: Any) -> Any:
    validators: list[Any] = [InputRequired(REQUIRED)] if required else []
    validators.append(Length(max=longest, message=f"Не больше {longest} знаков."))
    return StringField(label, validators, filters=[_stripped], description=hint, render_kw=attributes)


def _written(label: str, name: str, **attributes: Any) -> Any:
    render_kw = {**MASKS[name], **attributes}
    return WrittenField(
        label, [InputRequired(REQUIRED)], filters=[_stripped], render_kw=render_kw, write=shown.writer_of(name)
    )


class OrganizationFields(FlaskForm):
    """Where the person works."""

    organization = _lookup(
        "organization", "Организация", hint="Введите номер или слово из названия, например «5» или «Сосны»."
    )


class PositionFields(FlaskForm):
    """Position, subjects."""

    position = _lookup("position", "Должность", hint="Как в трудовом договоре.")
    subjects = _lookup("subjects", "Предметы", hint="Если вы ведёте предмет или направление.", multiple=True)


class PersonFields(FlaskForm):
    """The person who registers."""

    last_name = _text("Фамилия", autocomplete="family-name")
    first_name = _text("Имя", autocomplete="given-name")
    patronymic = _text("Отчество", required=False, hint="Если есть.", autocomplete="additional-name")
    birth_date = RuDateField("Дата рождения", [InputRequired(REQUIRED)], offers_today=False, past=True)
    snils = _written("СНИЛС", "snils")
    phone = _written("Телефон", "phone", autocomplete="tel")


class PersonForm(PersonFields):
    """The last step: the person, the entrance, the question."""

    email = _text(
        "Электронная почта",
        longest=120,
        # 149-ФЗ ст. 8 ч. 10 (406-ФЗ) allows any address as a login; 59-ФЗ (547-ФЗ) answers only to the Russian zone
        hint="На неё придёт письмо со ссылкой; она же станет логином. Подойдёт любой адрес, но ответ на официальное обращение "
        "закон велит слать только на адрес в российской зоне (.ru, .рф, .su).",
        autocomplete="email",
        inputmode="email",
    )
    new = PasswordField(
        "Пароль",
        [InputRequired("Придумайте пароль."), Length(max=200)],
        description="Не меньше 10 знаков; хороший пароль — три-четыре не связанных слова.",
        render_kw={"autocomplete": "new-password"},
    )
    again = PasswordField(
        "Пароль ещё раз", [InputRequired("Повторите пароль.")], render_kw={"autocomplete": "new-password"}
    )
    captcha = StringField(
        "Вопрос",
        [InputRequired("Ответьте на вопрос.")],
        description="Так портал отличает людей от программ. Ответ — словом или числом.",
        render_kw={"autocomplete": "off"},
    )
    token = HiddenField()
    #: filled in by the browser's script: see ``captcha.has_worked``
    work = HiddenField(render_kw={"data-work": str(WORK_BITS)})


class OwnForm(PersonFields, OrganizationFields, PositionFields):
    """Correction of the own registration; the address stays the confirmed one."""
