"""The shape of the code: layers, templates without inline code. Who commits, who moves a status: ``test_one_place``."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from flask import Flask

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = sorted((ROOT / "app" / "templates").rglob("*.html"))


def test_left_never_imports_right() -> None:
    linter = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([linter], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda p: p.name)
def test_template_compiles_and_has_no_inline_code_or_outside_address(app: Flask, path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    app.jinja_env.get_template(str(path.relative_to(ROOT / "app" / "templates")))
    assert not re.search(r"<script(?![^>]*\bsrc=)", text)
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=", text)
    assert not re.search(r"(?:src|href)=[\"']?(?:https?:)?//", text)


def test_static_files_have_no_outside_address() -> None:
    for path in (ROOT / "app" / "static").rglob("*"):
        if path.suffix in (".css", ".js"):
            assert not re.search(
                r"url\(\s*[\"']?(?:https?:)?//|import .*https?://", path.read_text(encoding="utf-8")
            ), path
