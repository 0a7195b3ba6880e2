"""Write the pages of ``docs/`` that are generated from code: rights of the roles, settings.

``python -m scripts.build_docs``; a test compares the committed pages with the code.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from app.permissions import ROLES, VERBS, Role
from app.web.access.rights import lines_of, tables, title_of, verbs_of
from config import describe_settings

DOCS = Path(__file__).resolve().parent.parent / "docs"

PERMISSIONS_HEAD = """\
# Права ролей

Страница создана программой из `app/permissions.py`, `app/access.py` и `app/statuses.py`; обновить её:
`python -m scripts.build_docs`. Право говорит, *что* можно делать, строки — *с какими записями*. Чужая запись отвечает
«не найдено», своя без права — «нет доступа», каким бы путём к ней ни пришли. У человека с двумя ролями складываются и права,
и строки, но право одной роли не действует на строки другой.
"""
SETTINGS_HEAD = """\
# Настройки

Страница создана программой из `config.py`; обновить её: `python -m scripts.build_docs`. Настройки читаются из переменных
окружения при запуске; пустая переменная значит «не задана». Неверное значение останавливает запуск одним понятным
предложением. Какие из них нужны на рабочем сервере — в [running.md](running.md).
"""


def permissions_page() -> str:
    """The page of rights: who may work with what, then each role in words."""
    parts = [PERMISSIONS_HEAD, "## Обзор\n", _overview()]
    for role in ROLES.values():
        parts += [f"## {role.title} (`{role.code}`)\n", _table(("Раздел", "Права", "Строки"), _role_lines(role))]
    return "\n".join(parts)


def _overview() -> str:
    note = "П — просмотр, И — создание, изменение или удаление, Д — действия (решения, печать, загрузка).\n\n"
    lines = [[title_of(table), *(_letters(role, table) for role in ROLES.values())] for table in tables()]
    return note + _table(("Раздел", *(f"`{code}`" for code in ROLES)), lines)


def _letters(role: Role, table: str) -> str:
    verbs = set(verbs_of(role, table))
    kinds = (
        ("П", verbs & {"list", "show", "export"}),
        ("И", verbs & {"add", "edit", "delete"}),
        ("Д", verbs - {*VERBS}),
    )
    return "".join(letter for letter, held in kinds if held) or "·"


def _role_lines(role: Role) -> list[list[str]]:
    return [[f"{line.title} (`{line.table}`)", line.rights, line.rows] for line in lines_of(role)]


def settings_page() -> str:
    """The page of settings."""
    rows = [[f"`{name}`", default or "пусто", meaning] for name, default, meaning in describe_settings()]
    return SETTINGS_HEAD + "\n" + _table(("Переменная", "По умолчанию", "Что это"), rows)


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |\n" for line in lines)


def pages() -> dict[Path, str]:
    """Every generated page with its text."""
    return {DOCS / "permissions.md": permissions_page(), DOCS / "settings.md": settings_page()}


def main() -> None:
    """Write the pages."""
    for path, text in pages().items():
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
