"""Form fields in Russian and the converter by which FAB generates forms from the models with them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from flask_appbuilder.forms import DynamicForm
from sqlalchemy import Boolean, Date, DateTime, Enum, Integer, SmallInteger, Text, inspect
from sqlalchemy.dialects.postgresql import ARRAY
from wtforms import BooleanField, Field, IntegerField, SelectField, StringField, TextAreaField, ValidationError
from wtforms.validators import InputRequired, Length, Optional

from app.labels import codes_of, label_of
from app.russian import RussianDateError, format_date, parse_date

REQUIRED = "Заполните это поле."

#: how a column is typed: mask of the input and its keyboard on a phone
MASKS = {
    "snils": {"data-mask": "snils", "inputmode": "numeric", "placeholder": "000-000-000 00"},
    "phone": {"data-mask": "phone", "inputmode": "tel", "placeholder": "+7 (900) 000-00-00"},
    "email": {"inputmode": "email", "autocomplete": "off"},
    "inn": {"inputmode": "numeric"},
    "kpp": {"inputmode": "numeric"},
    "ogrn": {"inputmode": "numeric"},
}


class RuDateField(StringField):
    """Date typed as дд.мм.гггг; ``data`` is a date or None."""

    data: Any

    def __init__(self, label: str = "", validators: list[Any] | None = None, **kwargs: Any) -> None:
        super().__init__(
            label,
            validators,
            render_kw={"data-mask": "date", "inputmode": "numeric", "placeholder": "дд.мм.гггг"},
            **kwargs,
        )

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return format_date(self.data) if isinstance(self.data, dt.date) else ""

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read what was typed; an impossible date is an error beside the field."""
        text = valuelist[0].strip() if valuelist else ""
        self.data = None
        if text:
            try:
                self.data = parse_date(text)
            except RussianDateError as error:
                raise ValidationError(f"{error}") from error


class RuIntegerField(IntegerField):
    """Whole number with a Russian sentence for anything else."""

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read the number; blanks between digits are allowed."""
        text = "".join(valuelist[0].split()) if valuelist else ""
        self.data = None
        if text:
            if not text.isdecimal() or len(text) > 9:
                raise ValidationError("Введите целое число.")
            self.data = int(text)


class LinesField(TextAreaField):
    """A list of texts, one a line."""

    data: Any

    def _value(self) -> str:
        return "\n".join(self.data or ())

    def process_formdata(self, valuelist: list[str]) -> None:
        """Split into lines, dropping empty ones."""
        self.data = [line.strip() for line in valuelist[0].splitlines() if line.strip()] if valuelist else []


class CodesField(Field):
    """Several of a few codes, a box for each; ``data`` is the list of the chosen codes in the order of ``choices``."""

    def __init__(self, label: str = "", *, choices: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(label, **kwargs)
        self.choices = choices

    def iter_choices(self) -> Iterator[tuple[str, str, bool]]:
        """Yield code, words and whether it is chosen."""
        return ((code, words, code in (self.data or ())) for code, words in self.choices)

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read the chosen codes; an unknown one is an error."""
        self.data = [code for code, _words in self.choices if code in valuelist]
        if set(valuelist) - set(self.data):
            raise ValidationError("Выберите значения из списка.")


class LookupField(Field):
    """Choice of one or several rows of a related table, searched as one types; the chosen rows are loaded within the scope.

    ``choose(ids) -> rows`` returns only rows that the user may choose, so a foreign id is an error, never a write.
    """

    def __init__(
        self,
        label: str = "",
        validators: list[Any] | None = None,
        *,
        choose: Callable[[Iterable[int]], list[Any]],
        lookup_url: Callable[[], str],
        options: Callable[[], list[tuple[int, str]]] | None = None,
        multiple: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(label, validators, **kwargs)
        self.choose, self._lookup_url, self._options, self.multiple = choose, lookup_url, options, multiple

    @property
    def lookup_url(self) -> str:
        """Where the field's rows are searched."""
        return self._lookup_url()

    @property
    def options(self) -> list[tuple[int, str]]:
        """All choices of a small directory, else an empty list."""
        return self._options() if self._options else []

    @property
    def chosen(self) -> list[Any]:
        """Rows chosen now."""
        if self.multiple:
            return list(self.data or ())
        return [self.data] if self.data is not None else []

    @property
    def pk(self) -> str:
        """Primary key of the chosen row, as text."""
        return str(self.chosen[0].id) if self.chosen else ""

    @property
    def text(self) -> str:
        """Label of the chosen row."""
        return str(self.chosen[0]) if self.chosen else ""

    def _value(self) -> str:
        return self.pk

    def process_formdata(self, valuelist: list[str]) -> None:
        """Load the chosen rows; an unknown or invisible one is an error."""
        typed = [v.strip() for v in valuelist if v.strip()]
        ids = [int(v) for v in typed if v.isdecimal() and len(v) < 10]
        rows = self.choose(ids) if ids else []
        self.data = rows if self.multiple else (rows[0] if rows else None)
        if len(ids) != len(typed) or len({r.id for r in rows}) != len(set(ids)):
            raise ValidationError("Выберите значение из списка.")


class RequiredChoice:
    """A row must be chosen (an empty list or None is refused)."""

    field_flags = {"required": True}

    def __call__(self, _form: Any, field: Field) -> None:
        """Refuse an empty choice."""
        if not field.data and not field.errors:
            raise ValidationError("Выберите значение.")


class PortalModelConverter:
    """FAB's step «model → form class» with the portal's fields; nothing is pre-selected, nothing lists 3,000 options."""

    def __init__(self, view: Any) -> None:
        self.view = view
        self.model = view.datamodel.obj
        self.mapper = inspect(self.model)

    def create_form(self, columns: Sequence[str]) -> type[DynamicForm]:
        """Return a form class with a field for each of ``columns`` of the view's model."""
        return type("RecordForm", (DynamicForm,), self.fields(columns))

    def fields(self, columns: Sequence[str]) -> dict[str, Any]:
        """Return column → unbound field."""
        return {name: self._field(name) for name in columns}

    def _field(self, name: str) -> Any:
        label = label_of(self.model.__tablename__, name)
        hint = self.view.hints.get(name, "")
        if name in self.mapper.relationships:
            return self._relation(name, label, hint)
        return self._column(name, label, hint)

    def _relation(self, name: str, label: str, hint: str) -> Any:
        relation = self.mapper.relationships[name]
        many = bool(relation.uselist)
        required = not many and not any(c.nullable for c in relation.local_columns)
        view = self.view
        return LookupField(
            label,
            [RequiredChoice() if required or name in view.required_columns else Optional()],
            choose=lambda ids: view.lookup.choose(name, ids),
            lookup_url=lambda: view.lookup.url(name),
            options=(lambda: view.lookup.options(name)) if view.lookup.is_small(name) else None,
            multiple=many,
            description=hint,
        )

    def _column(self, name: str, label: str, hint: str) -> Any:
        column = self.mapper.columns[name]
        kind = column.type
        codes = list(codes_of(self.model.__tablename__, name).items())
        if codes and isinstance(kind, ARRAY):
            return CodesField(label, choices=codes, description=hint)
        if codes:
            blank_choice = [("", "— выберите —")]
            return SelectField(label, [InputRequired(REQUIRED)], choices=blank_choice + codes, description=hint)
        has_default = column.default is not None or column.server_default is not None
        required = (not column.nullable and not has_default) or name in self.view.required_columns
        validators: list[Any] = [InputRequired(REQUIRED) if required else Optional()]
        common: dict[str, Any] = {"description": hint}
        if has_default and getattr(column.default, "is_scalar", False):
            common["default"] = column.default.arg
        if isinstance(kind, Enum):
            choices = [(m.value, m.label) for m in kind.enum_class]  # type: ignore[union-attr]
            blank = [("", "— выберите —" if required else "— не указано —")]
            return SelectField(label, validators, choices=blank + choices, coerce=_coerce(kind.enum_class), **common)
        if isinstance(kind, Boolean):
            return BooleanField(label, **common)
        if isinstance(kind, ARRAY):
            return LinesField(label, **common)
        if isinstance(kind, Date) and not isinstance(kind, DateTime):
            return RuDateField(label, validators, **common)
        if isinstance(kind, Integer | SmallInteger):
            return RuIntegerField(label, validators, **common)
        if isinstance(kind, Text):
            return TextAreaField(label, validators, **common)
        length = getattr(kind, "length", None)
        if length:
            # masks make the typed text longer than the stored one
            limit = max(length, 25)
            validators.append(Length(max=limit, message=f"Не больше {limit} знаков."))
        return StringField(label, validators, filters=[_strip], render_kw=MASKS.get(name), **common)


def _strip(value: Any) -> Any:
    return (value.strip() or None) if isinstance(value, str) else value


def _coerce(enum: Any) -> Callable[[Any], Any]:
    def coerce(value: Any) -> Any:
        if value in ("", None):
            return ""
        return value.value if isinstance(value, enum) else str(value)

    return coerce


def form_values(form: Any, columns: Iterable[str], model: Any) -> dict[str, Any]:
    """Return column → value of a validated form, enumerations as their members, empty texts as None."""
    mapper = inspect(model)
    values: dict[str, Any] = {}
    for name in columns:
        data = form[name].data
        if name in mapper.columns and isinstance(mapper.columns[name].type, Enum):
            enum: Any = mapper.columns[name].type.enum_class
            data = enum(data) if data else None
        values[name] = None if data == "" else data
    return values
