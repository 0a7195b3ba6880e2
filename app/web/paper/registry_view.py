"""«Реестры»: choose a registry, narrow it, see its first rows, download it, save it, have it sent by e-mail."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl, urlencode

from flask import flash, jsonify, redirect, render_template, request
from flask_appbuilder import BaseView, expose
from sqlalchemy import select

from app import addresses
from app.access import current_actor
from app.clock import now, today
from app.documents import doors
from app.documents.registries import find_registry, registries_of
from app.documents.registries.declared import Asked, Registry, read_asked
from app.documents.registries.reading import count_totals, read_rows
from app.errors import Invalid, NotFound
from app.extensions import db
from app.russian import count, quoted
from app.services.paper.registries import registry_schedule, saved_registries
from app.services.tasks import background
from app.statuses import Schedule
from app.text import cleaned
from app.web.frame.downloads import download_written
from app.web.frame.guards import guarded
from app.web.frame.lookups import LIMIT, detail_of, order_of
from app.web.frame.search import match
from app.web.paper import registry_page

#: rows that are written while the user waits
AT_ONCE = 5000
TYPES = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
}


def makes_registries() -> bool:
    """Whether the user may see people on courses and make a registry of them (for the menu)."""
    actor = current_actor()
    return actor.can("enrolment:list") and bool(registries_of(actor))


class RegistriesView(BaseView):
    """The page of all registries; the declaration of each says what it may show."""

    route_base = "/registries"
    default_view = "index"
    class_permission_name = "enrolment"

    @expose("/")
    @guarded("export")
    def index(self) -> Any:
        """A registry with its filters and first rows; what was typed wrongly is said, and nothing is shown."""
        typed = _typed(request.args)
        registry = _registry(typed)
        try:
            asked, refusal = _asked(registry, typed), None
        except Invalid as problem:
            asked, refusal = None, problem
        page = registry_page.build(registry, typed, asked, refusal)
        return render_template("registry.html", page=page), 422 if refusal else 200

    @expose("/download/")
    @guarded("export")
    def download(self) -> Any:
        """The registry as a file: a short one at once, a long one as a task of the user; written to the journal."""
        typed = _typed(request.args)
        asked = _asked(_registry(typed), typed)
        kind = "csv" if request.args.get("as") == "csv" else "xlsx"
        rows = count_totals(asked).rows
        if rows > AT_ONCE:
            return _order(asked, kind, rows)
        filters = registry_page.described(asked)
        return download_written(
            _file_name(asked.registry, kind),
            TYPES[kind],
            lambda path: doors.registry(path, asked, kind, read_rows(asked), filters=filters),
        )

    @expose("/find/<string:field>")
    @guarded("export")
    def find(self, field: str) -> Any:
        """Rows for a filter's combobox, as JSON, within the scope."""
        targets = {f.name: f.target for r in registries_of(current_actor()) for f in r.filters if f.target is not None}
        target = targets.get(field)
        if target is None:
            raise NotFound("Такого отбора нет.")
        rows = _found(target, request.args.get("q", "")[:100])
        results = [{"id": row.id, "text": str(row), "detail": detail_of(row)} for row in rows[:LIMIT]]
        return jsonify(results=results, more=len(rows) > LIMIT)

    @expose("/save", methods=["POST"])
    @guarded("export")
    def save(self) -> Any:
        """Keep what is asked under a name, with the days on which it is sent."""
        typed = _typed(dict(parse_qsl(request.form.get("query", "")[:2000])))
        asked = _asked(_registry(typed), typed)
        try:
            schedule = Schedule.of(request.form.get("schedule", "never"))
        except KeyError:
            raise Invalid("Такого расписания нет. Выберите его из списка.") from None
        parameters, title = asked.parameters(), request.form.get("title", "")
        saved_registries.save_registry(asked.registry.code, title, parameters, schedule=schedule)
        flash(f"Реестр сохранён. Отправка на почту: {schedule.label}.", "success")
        return redirect(f"{addresses.REGISTRIES}?{urlencode(parameters)}")

    @expose("/forget", methods=["POST"])
    @guarded("export")
    def forget(self) -> Any:
        """Delete an own saved registry, and with it its schedule."""
        typed = request.form.get("id", "")
        if not (typed.isascii() and typed.isdecimal() and len(typed) < 10):
            raise Invalid("Выберите, какой сохранённый реестр удалить.")
        saved_registries.forget_registry(int(typed))
        flash("Сохранённый реестр удалён, больше он не отправляется.", "success")
        return redirect(addresses.REGISTRIES)


# --- what is asked ---------------------------------------------------------------------------------------------------


def _typed(arguments: Any) -> dict[str, str]:
    """What the address says, each once; the ticked columns as one value."""
    found = {name: cleaned(str(value))[:200] for name, value in arguments.items()}
    ticked = arguments.getlist("column") if hasattr(arguments, "getlist") else []
    if ticked:
        found["columns"] = ",".join(ticked)[:1000]
    return {name: value for name, value in found.items() if value}


def _registry(typed: Mapping[str, str]) -> Registry:
    code = typed.get("code") or registries_of(current_actor())[0].code
    return find_registry(current_actor(), code)


def _asked(registry: Registry, typed: Mapping[str, str]) -> Asked:
    """Check what was typed; words typed without scripts stand for the one row that they fit."""
    values = dict(typed)
    for given in registry.filters:
        words = values.get(f"{given.name}_text", "")
        if given.target is not None and words and not values.get(given.name):
            rows = _found(given.target, words)
            if len(rows) != 1:
                sentence = f"Отбор «{given.label}»: по словам {quoted(words)} найдено строк: {len(rows)}. Введите слова точнее."
                raise Invalid(sentence, fields={given.name: [sentence]})
            values[given.name] = str(rows[0].id)
    return read_asked(registry, values, today=today())


def _found(target: type[Any], words: str) -> Sequence[Any]:
    statement = select(target).order_by(order_of(target)).limit(LIMIT + 1)
    return list(db.session.scalars(statement.where(match(target, words)) if words.strip() else statement))


# --- files -----------------------------------------------------------------------------------------------------------


def _file_name(registry: Registry, kind: str) -> str:
    return f"{registry.title} {now():%d.%m.%Y}.{kind}"


def _order(asked: Asked, kind: str, rows: int) -> Any:
    background.submit(
        registry_schedule.REGISTRY,
        f"{asked.registry.title} ({registry_page.described(asked)})",
        {"asked": asked.parameters(), "as": kind},
        total=rows,
        permission=asked.registry.permission,
    )
    flash(f"В реестре {count(rows, 'строка', 'строки', 'строк')}: портал готовит файл, здесь видно, сколько готово.")
    return redirect(addresses.TASKS)


def _work(work: background.Work) -> background.Outcome:
    """Write an ordered registry with the rows that its user sees now; a scheduled one is told by a letter."""
    given, kind = work.parameters["asked"], work.parameters["as"]
    registry = find_registry(current_actor(), given["code"])
    day = work.parameters.get("day")
    asked = read_asked(registry, given, today=dt.date.fromisoformat(day) if day else today())
    file, found = work.new_file(f".{kind}"), work.counted(read_rows(asked))
    rows = doors.registry(file, asked, kind, found, filters=registry_page.described(asked))
    message = f"В файле {count(rows, 'строка', 'строки', 'строк')}."
    if "scheduled" in work.parameters:
        registry_schedule.tell_ready(work.order, work.parameters["scheduled"], message)
    return background.Outcome(message, _file_name(registry, kind), TYPES[kind].partition(";")[0])


background.KINDS[registry_schedule.REGISTRY] = background.Kind(_work, changes_data=False)
