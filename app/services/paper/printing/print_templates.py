"""Templates of papers that organizers and the operator upload: versions, the one in force, and how an organizer prints.

A paper is printed by the organizer's template in force, else by the region's, else by the portal's file. Versions are
never changed or deleted: «вернуть стандартный» only leaves none in force. The caller's ``inspect``
(``documents.templates.template_check``) judges the content of a template, because services know no documents.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from sqlalchemy import or_, select, update
from sqlalchemy.dialects.postgresql import insert

from app import audit
from app import models as m
from app.access import current_actor, get_writable, unscoped
from app.errors import Invalid, NotFound
from app.extensions import db
from app.services.paper.printing import template_files
from app.statuses import PrintMode
from app.unit_of_work import use_case

ADD, EDIT = "print_template:add", "print_template:edit"
#: the scope of a template that is not one organizer's, in forms
REGION = "Весь регион"
MOST_NOTE, MOST_OFFSET = 1000, Decimal(50)
#: code and file → sentences about what is wrong; raises Invalid for a paper that takes no templates
Inspect = Callable[[str, bytes], Sequence[str]]


# --- whose ------------------------------------------------------------------------------------------------------------


def organizers() -> list[tuple[int, str]]:
    """Return (id, short name) of the organizers for whom the actor may upload and set: the actor's, all for the operator."""
    statement = select(m.Organization.id, m.Organization.short_name).where(m.Organization.is_organizer)
    if "operator" not in current_actor().roles:
        own = current_actor().places("organizer")
        statement = statement.where(m.Organization.id.in_(own))
    return [(pk, name) for pk, name in db.session.execute(statement.order_by(m.Organization.sort))]


def may_set_region() -> bool:
    """Whether the actor uploads templates for the whole region."""
    return "operator" in current_actor().roles


def _insist_own(organizer_id: int | None) -> None:
    """Raise NotFound for a place that is not the actor's."""
    allowed = may_set_region() if organizer_id is None else organizer_id in dict(organizers())
    if not allowed:
        raise NotFound("Такой организации нет или она вам не видна.")


# --- versions ---------------------------------------------------------------------------------------------------------


@use_case
def upload(
    code: str, data: bytes, *, name: str, organizer_id: int | None, inspect: Inspect, note: str = ""
) -> m.PrintTemplate:
    """Keep a file as the next version of a paper's template (permission ``print_template:add``); it is not in force yet.

    ``organizer_id`` is None for the whole region, which only the operator may set. Raises NotFound for another organizer,
    Invalid with the sentences of ``inspect``, and for a file equal to the last version.
    """
    current_actor().require(ADD)
    _insist_own(organizer_id)
    problems = inspect(code, data)
    if problems:
        raise Invalid("Шаблон не принят.", fields={"file": list(problems)})
    last = _last_version(code, organizer_id)
    sha = template_files.keep(data)
    if last is not None and last.sha256 == sha:
        sentence = f"Файл не отличается от версии {last.version}: новая версия не нужна."
        raise Invalid(sentence, fields={"file": [sentence]})
    row = m.PrintTemplate(
        code=code,
        organizer_id=organizer_id,
        version=(last.version if last else 0) + 1,
        file_name=_file_name(name),
        sha256=sha,
        active=False,
        note=note.strip()[:MOST_NOTE] or None,
        created_by_id=current_actor().user_id,
    )
    db.session.add(row)
    db.session.flush()
    audit.record("print_template.uploaded", row, {"Отпечаток файла": ("", sha)})
    return row


def _file_name(name: str) -> str:
    plain = Path(name.replace("\\", "/").replace("\x00", "")).name
    return f"{(Path(plain).stem or 'шаблон')[:200]}.docx"


def _of(code: str, organizer_id: int | None) -> tuple[Any, ...]:
    row = m.PrintTemplate
    own = row.organizer_id.is_(None) if organizer_id is None else row.organizer_id == organizer_id
    return row.code == code, own


def _last_version(code: str, organizer_id: int | None) -> m.PrintTemplate | None:
    statement = select(m.PrintTemplate).where(*_of(code, organizer_id))
    found: m.PrintTemplate | None = db.session.scalars(
        statement.order_by(m.PrintTemplate.version.desc()).limit(1).with_for_update()
    ).one_or_none()
    return found


@use_case
def activate(template_id: int) -> m.PrintTemplate:
    """Put a version in force instead of the one that is (permission ``print_template:edit``); a second click does nothing."""
    row = get_writable(db.session, m.PrintTemplate, template_id, EDIT)
    if row.active:
        return row
    before = _withdraw(row)
    db.session.execute(update(m.PrintTemplate).where(m.PrintTemplate.id == row.id).values(active=True))
    db.session.refresh(row)
    changes = {"Версия в действии": (str(before) if before else "стандартный шаблон", str(row.version))}
    audit.record("print_template.activated", row, changes)
    return row


@use_case
def restore(template_id: int) -> m.PrintTemplate:
    """Leave no version of this paper and place in force (permission ``print_template:edit``): the standard prints again."""
    row = get_writable(db.session, m.PrintTemplate, template_id, EDIT)
    before = _withdraw(row)
    db.session.refresh(row)
    if before:
        audit.record("print_template.restored", row, {"Версия в действии": (str(before), "стандартный шаблон")})
    return row


def _withdraw(row: m.PrintTemplate) -> int | None:
    """Take the version in force of the same paper and place out of force; return its number.

    All versions are locked first, so that of two users at once the second sees what the first has done.
    """
    same = _of(row.code, row.organizer_id)
    db.session.execute(select(m.PrintTemplate.id).where(*same).order_by(m.PrintTemplate.id).with_for_update())
    statement = update(m.PrintTemplate).where(*same, m.PrintTemplate.active).values(active=False)
    found: int | None = db.session.scalar(statement.returning(m.PrintTemplate.version))
    return found


@dataclass(frozen=True, slots=True)
class InForce:
    """By which template a paper is printed: its bytes and their SHA-256; ``version`` is None for the portal's own file."""

    data: bytes
    sha256: str
    version: m.PrintTemplate | None = None


def template_for(code: str, organizer_id: int | None, *, standard: Callable[[str], bytes]) -> InForce:
    """Return the template in force: the organizer's, else the region's, else the portal's own, read by ``standard``."""
    row = m.PrintTemplate
    places = or_(row.organizer_id.is_(None), row.organizer_id == organizer_id)
    statement = select(row).where(row.code == code, row.active, places)
    with unscoped("by which template a paper is printed is the same for everybody"):
        found = db.session.scalars(statement.order_by(row.organizer_id.nulls_last()).limit(1)).one_or_none()
    data = template_files.read(found.sha256) if found is not None else None
    if found is None or data is None:
        data = standard(code)
        return InForce(data, hashlib.sha256(data).hexdigest())
    return InForce(data, found.sha256, found)


def file_of_issued(code: str, version: str, organizer_id: int) -> bytes | None:
    """Return the file by which an issued document is printed, the one choice of the single and of the bulk printing.

    It is the file kept with the document (``version``: its SHA-256), so that a reprint years later looks the same; for a
    document issued before files were kept, the uploaded template in force. None means the portal's own.
    """
    kept = template_files.read(version) if version else None
    return kept if kept is not None else template_for(code, organizer_id, standard=lambda _code: b"").data or None


def in_force() -> dict[tuple[str, int | None], m.PrintTemplate]:
    """Return (code, organizer) → version in force, of the rows that the actor sees."""
    rows = db.session.scalars(select(m.PrintTemplate).where(m.PrintTemplate.active))
    return {(row.code, row.organizer_id): row for row in rows}


def author_of(row: m.PrintTemplate) -> str:
    """Return the name of who uploaded a version that the actor sees."""
    with unscoped("who uploaded a template that the actor sees: only the name"):
        account = db.session.scalars(select(m.Account).where(m.Account.id == row.created_by_id)).one_or_none()
    return account.full_name if account else ""


# --- how an organizer prints -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PrintChoice:
    """How an organizer prints a paper: ``offset_x`` to the right and ``offset_y`` down, in millimetres."""

    mode: PrintMode = PrintMode.PAGE
    offset_x: Decimal = Decimal(0)
    offset_y: Decimal = Decimal(0)


#: how an organizer prints that has chosen nothing
WHOLE_PAGE = PrintChoice()


def choice_of(code: str, organizer_id: int | None) -> PrintChoice:
    """Return how the organizer prints a paper; a user who does not see its settings prints whole pages."""
    row = m.PrintSetting
    found = db.session.scalars(select(row).where(row.organizer_id == organizer_id, row.code == code)).one_or_none()
    return PrintChoice(found.mode, found.offset_x, found.offset_y) if found is not None else WHOLE_PAGE


@use_case
def choose(code: str, organizer_id: int, choice: PrintChoice, *, title: str) -> None:
    """Keep how an organizer prints a paper (permission ``print_template:edit``); ``title`` names the paper in the journal.

    Raises NotFound for another organizer, Invalid for an offset beyond 50 mm or finer than a tenth.
    """
    current_actor().require(EDIT)
    _insist_own(organizer_id)
    wrong = {
        name: ["Смещение — от −50 до 50 мм, не точнее десятой доли миллиметра."]
        for name in ("offset_x", "offset_y")
        if not _is_offset(getattr(choice, name))
    }
    if wrong:
        raise Invalid("Проверьте смещение.", fields=wrong)
    before = choice_of(code, organizer_id)
    if before == choice:
        return
    values = {"mode": choice.mode, "offset_x": choice.offset_x, "offset_y": choice.offset_y}
    statement = insert(m.PrintSetting).values(organizer_id=organizer_id, code=code, **values)
    db.session.execute(statement.on_conflict_do_update(index_elements=["organizer_id", "code"], set_=values))
    name = dict(organizers())[organizer_id]
    changes = {
        label: (old, new)
        for label, old, new in zip(_LABELS, _in_words(before), _in_words(choice), strict=True)
        if old != new
    }
    audit.write("print_setting.updated", "print_setting", organizer_id, f"{name}: {title}", changes)


_LABELS = ("Режим", "Вправо, мм", "Вниз, мм")


def _in_words(choice: PrintChoice) -> tuple[str, ...]:
    return choice.mode.label, *(f"{value:.1f}".replace(".", ",") for value in (choice.offset_x, choice.offset_y))


def _is_offset(value: Decimal) -> bool:
    return value.is_finite() and abs(value) <= MOST_OFFSET and value == round(value, 1)
