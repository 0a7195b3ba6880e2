"""The child process that checks an uploaded template or fills one; the filled file is checked before it leaves.

``app.documents.templates.uploaded`` is the parent's side; ``app.limited`` limits this process.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from typing import Any

from app.documents.docx.print_look import PrintLook
from app.documents.templates.merged import MergedDocx
from app.documents.templates.paper_fields import PaperField
from app.documents.templates.template_check import template_problems
from app.documents.templates.template_parts import file_problems, filled_problems, read_package
from app.documents.templates.templates import fill_here
from app.documents.templates.uploaded import DATA, END, REFUSED, from_json, read_frames, to_json, write_frame
from app.errors import Invalid


def main() -> None:
    """Entry point of the child: read what is asked, write the answer."""
    answer = sys.stdout.buffer
    frames = (data for _kind, data in read_frames(sys.stdin.buffer))
    job, template = from_json(next(frames)), next(frames)
    work = {"check": _check, "each": _each, "merged": _merged}[job["task"]]
    try:
        for data in work(job, template, frames):
            write_frame(answer, DATA, data)
    except Invalid as refusal:
        write_frame(answer, REFUSED, refusal.message.encode("utf-8"))
    else:
        write_frame(answer, END)
    answer.flush()


def _check(job: Mapping[str, Any], template: bytes, _frames: Iterator[bytes]) -> Iterator[bytes]:
    yield to_json(template_problems(template, [_field(item) for item in job["fields"]], job["required"]))


def _field(values: Mapping[str, Any]) -> PaperField:
    return PaperField(**{**values, "inside": tuple(_field(item) for item in values["inside"])})


def _each(job: Mapping[str, Any], template: bytes, frames: Iterator[bytes]) -> Iterator[bytes]:
    judge, title, look = _Judge(template, job["title"]), job["title"], PrintLook(**job["look"])
    for context, picture in _papers(frames):
        paper, filled = fill_here(template, context, title=title, look=look)
        judge(filled)
        yield paper.pack(filled, picture)
        _step()


def _merged(job: Mapping[str, Any], template: bytes, frames: Iterator[bytes]) -> Iterator[bytes]:
    judge = _Judge(template, job["title"])
    made = MergedDocx(template, title=job["title"], look=PrintLook(**job["look"]), judge=judge)
    for context, picture in _papers(frames):
        made.add(context, picture)
        _step()
    yield made.finish()


def _papers(frames: Iterator[bytes]) -> Iterator[tuple[dict[str, Any], bytes | None]]:
    for context in frames:
        yield from_json(context), next(frames) or None


def _step() -> None:
    """Tell the parent that one more paper is done."""
    sys.stderr.write(".")
    sys.stderr.flush()


class _Judge:
    """Refuses a template that is dangerous as it is, and papers that became so when they were filled."""

    def __init__(self, template: bytes, title: str) -> None:
        self.title, package = title, read_package(template)
        self.places = {name: package.place_of(name) for name in package.filled}
        self._refuse(file_problems(package))

    def __call__(self, filled: Mapping[str, bytes]) -> None:
        self._refuse(filled_problems(filled, self.places))

    def _refuse(self, problems: list[str]) -> None:
        if problems:
            raise Invalid(f"Документ не напечатан: шаблон «{self.title}» опасен или испорчен. {problems[0]}")
