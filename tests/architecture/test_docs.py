"""The documents keep step with the code: generated pages, settings, commands, links, labels named in the guide."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

from app.cli import DEMO_LOGINS, DEMO_PASSWORD, portal
from app.exchange.staff.staff_columns import ALL_COLUMNS
from app.permissions import READ, ROLES
from app.row_rules import READ_RULES, WRITE_RULES, everything
from app.web.access.rights import CHANGES, OTHER_ACTIONS, ROWS, is_whole
from config import describe_settings
from scripts.build_docs import pages

ROOT = Path(__file__).parents[2]
GUIDE = ROOT / "docs" / "guide"
SCREENS = ROOT / "docs" / "screens"
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
LINK = re.compile(r"\]\(([^)#\s]+)[^)]*\)")
LABEL = re.compile(r"\*\*(.+?)\*\*", re.DOTALL)


def read(path: Path) -> str:
    return path.read_text("utf-8")


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", pages(), ids=relative)
def test_generated_page_is_up_to_date(path: Path) -> None:
    assert read(path) == pages()[path], "run: python -m scripts.build_docs"


def test_words_of_scopes_and_actions_are_all_in_use() -> None:
    """What the code decides needs no words, and words for what the code no longer narrows would be a lie."""
    needless = [(role, table) for role, words in ROWS.items() for table in words if is_whole(role, table)]
    unknown = [(role, table) for role, words in ROWS.items() for table in words if role not in READ_RULES[table]]
    assert needless + unknown == []
    held = {permission for role in ROLES.values() for permission in role.permissions}
    assert set(OTHER_ACTIONS) - held == set()


def test_narrowed_changes_have_words() -> None:
    narrowed = {
        (role, table)
        for table, rules in WRITE_RULES.items()
        for role, rule in rules.items()
        if rule is not everything
        if any(
            name.startswith(f"{table}:") for name in ROLES[role].permissions - {f"{table}:{v}" for v in READ.split()}
        )
    }
    assert narrowed == {(role, table) for role, words in CHANGES.items() for table in words}


def test_every_command_is_described() -> None:
    text = read(ROOT / "docs" / "running.md")
    described = set(re.findall(r"(?:`|kadry |app\.wsgi )portal ([a-z]+(?:-[a-z]+)*)", text))
    assert set(portal.commands) - described == set()
    assert {name for name in described if name not in portal.commands} == set()


def test_running_names_only_settings_that_exist() -> None:
    known = {name for name, _, _ in describe_settings()}
    assigned = set(re.findall(r"^([A-Z][A-Z_]+)=", read(ROOT / "docs" / "running.md"), re.MULTILINE))
    assert assigned, "the example of the settings file is gone"
    assert assigned - known == set()


def test_readme_names_demo_logins_roles_and_commands() -> None:
    text = read(ROOT / "README.md")
    assert [login for login, _ in DEMO_LOGINS if f"`{login}`" not in text] == []
    assert DEMO_PASSWORD in text
    assert [role.title for role in ROLES.values() if role.title not in text] == []
    assert "make run" in text
    assert "make test" in text


@pytest.mark.parametrize("document", DOCUMENTS, ids=relative)
def test_links_lead_somewhere(document: Path) -> None:
    targets = [target for target in LINK.findall(read(document)) if "://" not in target]
    assert [target for target in targets if not (document.parent / target).exists()] == []


def test_every_role_has_a_page_named_in_the_index() -> None:
    index = read(GUIDE / "index.md")
    assert [code for code in ROLES if not (GUIDE / f"{code}.md").exists() or f"({code}.md)" not in index] == []
    reached = {target for page in GUIDE.glob("*.md") for target in LINK.findall(read(page))}
    assert {page.name for page in GUIDE.glob("*.md")} - reached - {"index.md"} == set()


@cache
def said_by_the_portal() -> str:
    """All words that screens can show: templates, scripts, Python strings; adjacent literals joined."""
    files = [
        *(ROOT / "app").rglob("*.py"),
        *(ROOT / "app" / "templates").rglob("*.html"),
        *(ROOT / "app" / "static").rglob("*.js"),
    ]
    return re.sub(r'"\s*\n\s*f?"', "", "\n".join(read(path) for path in files))


@pytest.mark.parametrize("page", sorted(GUIDE.glob("*.md")), ids=relative)
def test_labels_in_the_guide_are_on_the_screen(page: Path) -> None:
    labels = {" ".join(label.split()) for label in LABEL.findall(read(page))}
    assert [label for label in labels if not is_said(label)] == []


def is_said(label: str) -> bool:
    """Whether screens show a label as whole words."""
    said = said_by_the_portal()
    return any(
        not re.search(r"\w", said[at.start() - 1] + said[at.end()]) for at in re.finditer(re.escape(label), said)
    )


@pytest.mark.parametrize("page", sorted(GUIDE.glob("*.md")), ids=relative)
def test_refusals_quoted_in_the_guide_are_the_portals(page: Path) -> None:
    """A quotation in the first column of «Портал пишет» is a piece of a sentence of the code; «…» stands for values."""
    portal_says, wrong = said_by_the_portal(), []
    for table in re.findall(r"^\| Портал пишет .*\n\|.*\n((?:\|.*\n)+)", read(page), re.MULTILINE):
        for row in table.splitlines():
            for quoted in re.findall(r"«(.+?)»(?=,|$)", row.split("|")[1].strip()):
                pieces = [piece.strip(" .") for piece in quoted.split("…")]
                wrong += [piece for piece in pieces if piece and piece not in portal_says]
    assert wrong == []


def test_guide_names_every_column_of_the_staff_list() -> None:
    labels = set(LABEL.findall(read(GUIDE / "import.md")))
    assert {column.title for column in ALL_COLUMNS} - labels == set()


@pytest.mark.parametrize("page", sorted(GUIDE.glob("*.md")), ids=relative)
def test_guide_is_typeset_in_russian(page: Path) -> None:
    text = read(page)
    assert '"' not in text
    assert re.search(r"\S - ", text) is None


def test_screens_are_used_and_small() -> None:
    used = {
        Path(target).name
        for document in DOCUMENTS
        for target in LINK.findall(read(document))
        if Path(target).suffix in (".png", ".jpg")
    }
    found = {path.name: path.stat().st_size for path in SCREENS.rglob("*.??g")}
    assert set(found) == used
    assert {name: size for name, size in found.items() if size > 200_000} == {}
