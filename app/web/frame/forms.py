"""Form fields in Russian and the converter by which FAB generates forms from the models with them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from flask_appbuilder.forms import DynamicForm
from sqlalchemy import Boolean, Date, DateTime, Enum, Integer, SmallInteger, Text, inspect
from sqlalchemy.dialects.postgresql import ARRAY
from wtforms import BooleanField, Field, IntegerField, SelectField, StringField, TextAreaField, ValidationError
from wtforms.validators import InputRequired, Length, Optional

from app import shown
from app.clock import read_date, today
from app.labels import codes_of, label_of
from app.number_masks import SHAPES, next_numbers, parts_of, read_example, why_not
from app.russian import RussianDateError, format_date, quoted
from app.services.portal.records import read_value, reader_of
from app.text import cleaned, sort_key
from app.web.frame.lookups import LIMIT, named
from app.web.frame.typed import row_id

REQUIRED = "Заполните это поле."
NOT_FOUND = "По словам {} ничего не найдено. Проверьте написание или введите только начало слова."
SEVERAL = "По словам {} найдено несколько: выберите нужное в списке под полем."
TOO_MANY = "По словам {} найдено больше {}: выберите нужное в списке под полем или введите слова точнее."

#: days that are never the current one
LONG_AGO = frozenset({"birth_date", "teaching_since", "working_since", "licence_date"})

#: texts as long as titles, and related rows that are named by such: their fields are as wide as the form
TITLES = frozenset({
    "full_name", "short_name", "title", "institution", "address", "basis", "commission", "ground", "reason", "text",
    "program", "organization", "parent", "employer",
})  # fmt: skip

#: how a column is typed: mask of the input and its keyboard on a phone
MASKS = {
    "snils": {"data-mask": "snils", "inputmode": "numeric", "placeholder": "000-000-000 00"},
    "phone": {"data-mask": "phone", "inputmode": "tel", "placeholder": "+7 (900) 000-00-00"},
    "email": {"inputmode": "email"},
    "inn": {"inputmode": "numeric"},
    "kpp": {"inputmode": "numeric"},
    "ogrn": {"inputmode": "numeric"},
}


def writer_of(table: str, name: str) -> Callable[[str], str] | None:
    """Return what writes a column's stored form for people, None where it is stored as people write it."""
    return shown.writer_of(name) if reader_of(table, name) is not None else None


class WrittenField(StringField):
    """Text whose stored form is written for people: a СНИЛС with its dashes; what was typed stays as typed."""

    def __init__(self, *args: Any, write: Callable[[str], str] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.write = write

    def _value(self) -> str:
        if self.write is None or self.raw_data or not self.data:
            return str(self.data) if self.data is not None else ""
        return self.write(self.data)


class MaskField(WrittenField):
    """How numbers look, typed as the first number of this year («0001/2026»); ``shape`` says what the mask may hold."""

    def __init__(self, *args: Any, shape: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.shape = shape

    @property
    def preview(self) -> str:
        """What follows the example, as far as it is understood."""
        return preview_of(self._value(), self.shape)

    @property
    def parts(self) -> list[tuple[str, str]]:
        """(name, text) of what the example may be put together of."""
        return parts_of(self.shape, today().year)


def preview_of(typed: str, shape: str) -> str:
    """What follows a typed example of a mask, in words; empty for one that cannot be used."""
    year = today().year
    mask = read_example(cleaned(typed), year, SHAPES[shape].allowed)
    return "" if why_not(mask, shape, year) else f"Дальше: {next_numbers(mask, year)}."


class RuDateField(StringField):
    """Date typed as дд.мм.гггг, дд.мм.гг or in words; ``data`` is a date or None.

    A button puts in the current day unless that makes no sense; ``past``: the day lies in the past, however short its year.
    """

    data: Any

    def __init__(
        self,
        label: str = "",
        validators: list[Any] | None = None,
        *,
        offers_today: bool = True,
        check: str = "",
        past: bool = False,
        **kwargs: Any,
    ) -> None:
        self.past = past
        render_kw = {"data-mask": "date", "inputmode": "numeric", "placeholder": "дд.мм.гггг"}
        if offers_today:
            render_kw["data-today"] = format_date(today())
        if check:
            render_kw["data-check"] = check
        super().__init__(label, validators, render_kw=render_kw, **kwargs)

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return format_date(self.data) if isinstance(self.data, dt.date) else ""

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read what was typed; an impossible date is an error beside the field."""
        text = cleaned(valuelist[0]) if valuelist else ""
        self.data = None
        if text:
            try:
                self.data = read_date(text, past=self.past)
            except RussianDateError as error:
                raise ValidationError(f"{error}.") from error


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
        self.data = [line for line in map(cleaned, valuelist[0].splitlines()) if line] if valuelist else []


class CodesField(Field):
    """Several of a few codes, a box for each; ``data`` is the list of the chosen codes in the order of ``choices``.

    ``listed`` reads the choices when a form is built, for a small directory.
    """

    def __init__(
        self,
        label: str = "",
        *,
        choices: Sequence[tuple[str, str]] = (),
        listed: Callable[[], Sequence[tuple[str, str]]] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(label, **kwargs)
        self.choices, self._listed = choices, listed

    def process(self, formdata: Any, *args: Any, **kwargs: Any) -> None:
        """Read the choices, then what was chosen."""
        if self._listed is not None:
            self.choices = self._listed()
        super().process(formdata, *args, **kwargs)

    def iter_choices(self) -> Iterator[tuple[str, str, bool]]:
        """Yield code, words and whether it is chosen."""
        chosen = {str(code) for code in self.data or ()}
        return ((code, words, code in chosen) for code, words in self.choices)

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read the chosen codes; an unknown one is an error."""
        self.data = [code for code, _words in self.choices if code in valuelist]
        if set(valuelist) - set(self.data):
            raise ValidationError("Выберите из списка.")


class ListedField(SelectField):
    """One of the texts that ``listed`` returns; a text that stands there already is offered too, so that it is kept."""

    def __init__(self, label: str = "", *, listed: Callable[[], Sequence[str]], **kwargs: Any) -> None:
        super().__init__(label, [Optional()], choices=[], **kwargs)
        self._listed = listed

    def process(self, formdata: Any, *args: Any, **kwargs: Any) -> None:
        """Read the choice; the list is asked when a form is built."""
        super().process(formdata, *args, **kwargs)
        known = list(self._listed())
        former = [self.object_data] if self.object_data and self.object_data not in known else []
        self.choices = [("", "— не указано —"), *((text, text) for text in [*former, *known])]


class LookupField(Field):
    """Choice of one or several rows of a related table, searched as one types; the chosen rows are loaded within the scope.

    ``choose(ids) -> rows`` returns only rows that the user may choose, so a foreign id is an error, never a write.
    Without scripts the words typed come as ``<name>_text``: ``search(words) -> rows`` finds the row meant by them; when
    they fit several, these are the field's ``candidates``, and the one chosen comes as ``<name>_found``, valid while the
    words are those that were asked (``<name>_asked``).
    """

    candidates: Sequence[tuple[int, str]] = ()
    #: what stands in the search box; None: the form has none
    typed: str | None = None
    #: id chosen among the candidates
    answer = ""

    def __init__(
        self,
        label: str = "",
        validators: list[Any] | None = None,
        *,
        choose: Callable[[Iterable[int]], list[Any]],
        search: Callable[[str], list[Any]],
        lookup_url: Callable[[], str],
        options: Callable[[], list[tuple[int, str]]] | None = None,
        multiple: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(label, validators, **kwargs)
        self.choose, self.search, self.multiple = choose, search, multiple
        self._lookup_url, self._options = lookup_url, options

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
        """What the search box shows: the chosen row, else the words that found none."""
        return str(self.chosen[0]) if self.chosen and not self.multiple else self.typed or ""

    def _value(self) -> str:
        return self.pk

    def process(self, formdata: Any, *args: Any, **kwargs: Any) -> None:
        """Read the words beside the ids."""
        if formdata is not None:
            self.typed = formdata.get(f"{self.name}_text")
            is_same = formdata.get(f"{self.name}_asked") == self.typed
            self.answer = formdata.get(f"{self.name}_found", "") if is_same else ""
        super().process(formdata, *args, **kwargs)

    def process_formdata(self, valuelist: list[str]) -> None:
        """Load the chosen rows; an unknown or invisible one is an error."""
        rows = self._rows(valuelist)
        self._set(rows)
        if self.typed is None or (not self.multiple and rows and _plain(self.typed) == _plain(str(rows[0]))):
            return
        kept = rows if self.multiple else []
        # words that do not name the chosen row replace it, cleared words clear it
        self._set(kept)
        words = self.typed.strip()
        more = self._rows([self.answer]) if self.answer else self._found(words) if words else []
        self._set(kept + [row for row in more if row not in kept])
        self.typed = ""

    def _set(self, rows: list[Any]) -> None:
        self.data = rows if self.multiple else (rows[0] if rows else None)

    def _rows(self, ids: list[str]) -> list[Any]:
        typed = [v.strip() for v in ids if v.strip()]
        known = [pk for value in typed if (pk := row_id(value)) is not None]
        rows = self.choose(known) if known else []
        if len(known) != len(typed) or len({r.id for r in rows}) != len(set(known)):
            # what may be chosen stays: only the foreign row is missing
            self._set(rows)
            raise ValidationError("Выберите из списка.")
        return rows

    def _found(self, words: str) -> list[Any]:
        """The only row that the words mean; raises ValidationError when there is none or several."""
        rows = self.search(words)
        exact = [row for row in rows if _plain(str(row)) == _plain(words)]
        if len(exact) == 1 or len(rows) == 1:
            return exact or rows
        if not rows:
            raise ValidationError(NOT_FOUND.format(quoted(words)))
        self.candidates = [(row.id, named(row)) for row in rows[:LIMIT]]
        raise ValidationError(
            SEVERAL.format(quoted(words)) if len(rows) <= LIMIT else TOO_MANY.format(quoted(words), LIMIT)
        )


def _plain(text: str) -> str:
    return sort_key(cleaned(text))


class RequiredChoice:
    """A row must be chosen (an empty list or None is refused)."""

    field_flags = {"required": True}

    def __call__(self, _form: Any, field: Field) -> None:
        """Refuse an empty choice."""
        if not field.data and not field.errors:
            raise ValidationError("Выберите из списка.")


class AsWideAsTitles:
    """Checks nothing: the field takes the whole width of its form."""

    field_flags = {"wide": True}

    def __call__(self, _form: Any, _field: Field) -> None:
        """Accept everything."""


class FieldSource:
    """What the converter asks of a view; a form that is no view's own names its fields by such a class."""

    datamodel: Any
    lookup: Any = None
    hints: Mapping[str, str] = {}
    required_columns: Sequence[str] = ()
    #: field → members of its enumeration that the form offers, where not all of them
    offered: Mapping[str, Sequence[Any]] = {}

    def suggested(self, _field: str, _target: type[Any]) -> Any:
        """Condition on the rows that a picker lists, or None: what would be refused is not suggested.

        Who names such a row in another way (an address, a link of a card) reads the refusal in words.
        """
        return None


class PortalModelConverter:
    """FAB's step «model → form class» with the portal's fields; nothing is pre-selected, nothing lists 3,000 options."""

    def __init__(self, view: FieldSource) -> None:
        self.view = view
        self.model = view.datamodel.obj
        self.mapper = inspect(self.model)

    def create_form(self, columns: Sequence[str]) -> type[DynamicForm]:
        """Return a form class with a field for each of ``columns`` of the view's model."""
        return type("RecordForm", (DynamicForm,), self.fields(columns))

    def fields(self, columns: Sequence[str]) -> dict[str, Any]:
        """Return column → unbound field."""
        made = {name: self._field(name) for name in columns}
        for name in TITLES & made.keys():
            made[name].args[1].append(AsWideAsTitles())
        return made

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
            # no Optional() else: it would forgive words that found nothing
            [RequiredChoice()] if required or name in view.required_columns else [],
            choose=lambda ids: view.lookup.choose(name, ids),
            search=lambda words: view.lookup.rows(name, words[:100]),
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
        has_default = column.default is not None or column.server_default is not None
        required = (not column.nullable and not has_default) or name in self.view.required_columns
        validators: list[Any] = [InputRequired(REQUIRED) if required else Optional()]
        common: dict[str, Any] = {"description": hint}
        if has_default and getattr(column.default, "is_scalar", False):
            common["default"] = column.default.arg
        if codes:
            blank_choice = [] if "default" in common else [("", "— выберите —")]
            return SelectField(
                label, validators if has_default else [InputRequired(REQUIRED)], choices=blank_choice + codes, **common
            )
        if isinstance(kind, Enum):
            members: Any = self.view.offered.get(name, kind.enum_class)
            choices = [(member.value, member.label) for member in members]
            blank = [("", "— выберите —" if required else "— не указано —")]
            return SelectField(label, validators, choices=blank + choices, coerce=_coerce(kind.enum_class), **common)
        if isinstance(kind, Boolean):
            return BooleanField(label, **common)
        if isinstance(kind, ARRAY):
            return LinesField(label, **common)
        if isinstance(kind, Date) and not isinstance(kind, DateTime):
            check = f"{self.model.__tablename__}/{name}"
            validators.append(self._as_stored(name))
            return RuDateField(
                label, validators, check=check, offers_today=name not in LONG_AGO, past=name in LONG_AGO, **common
            )
        if isinstance(kind, Integer | SmallInteger):
            return RuIntegerField(label, validators, **common)
        if isinstance(kind, Text):
            return TextAreaField(label, validators, **common)
        return self._text(label, name, validators, common)

    def _text(self, label: str, name: str, validators: list[Any], common: dict[str, Any]) -> Any:
        """A line of text; a column with one stored form is masked and checked as soon as it is left."""
        table, length = self.model.__tablename__, getattr(self.mapper.columns[name].type, "length", None)
        if length:
            # masks make the typed text longer than the stored one
            limit = max(length, 25)
            validators.append(Length(max=limit, message=f"Не больше {limit} знаков."))
        attributes = dict(MASKS.get(name, {}))
        reader = reader_of(table, name)
        if reader is None:
            attributes.pop("data-mask", None)
        else:
            attributes["data-check"] = f"{table}/{name}"
            validators.append(self._as_stored(name))
        write = writer_of(table, name)
        if name in SHAPES:
            return MaskField(
                label, validators, filters=[_strip], render_kw=attributes, write=write, shape=name, **common
            )
        return WrittenField(label, validators, filters=[_strip], render_kw=attributes, write=write, **common)

    def _as_stored(self, name: str) -> Callable[[Any, Any], None]:
        """Check by the service's own rule already in the form: all mistakes of a page are told at once."""

        def check(_form: Any, field: Any) -> None:
            sentences = read_value(self.model, name, field.data)[1]
            if sentences:
                raise ValidationError(sentences[0])

        return check


def _strip(value: Any) -> Any:
    return (cleaned(value) or None) if isinstance(value, str) else value


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
