"""Uploaded templates are checked and filled in a limited child process (``app.limited``), never in the portal's.

When the child runs out of time or memory or dies, the answer is a Russian sentence, and no other user waits. Parent and
child exchange frames in files: a letter for the kind, the length, the bytes.
"""

from __future__ import annotations

import datetime as dt
import json
import struct
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from decimal import Decimal
from typing import IO, TYPE_CHECKING, Any

from app import limited
from app.documents.docx.print_look import PrintLook
from app.errors import Invalid, Unavailable
from app.limited import Limits

if TYPE_CHECKING:
    from app.documents.templates.paper_fields import PaperField

#: kinds of frames: what is to be done, a template or a paper, a refusal in words, the end
JOB, DATA, REFUSED, END = b"J", b"D", b"R", b"E"
ENTRY = "app.documents.templates.template_child:main"
#: a check reads, compiles and fills three times; real templates need a tenth of it
CHECK = Limits(cpu_seconds=1.5, memory_bytes=1 << 29, output_bytes=1 << 20, wall_seconds=15)
#: seconds of the processor and bytes of output for a file, and for each paper in it
_FIRST_SECONDS, _SECONDS, _FIRST_BYTES, _BYTES = 3, 0.1, 32 << 20, 2 << 20
_MEMORY, _MOST_OUTPUT = 1 << 30, 1 << 30
#: seconds that a caller waits for its turn
PATIENCE = 10

_TOO_MUCH = "требует слишком много времени или памяти. Уберите лишние условия, команды и оформление"
_BUSY = "Сейчас проверяются и печатаются другие шаблоны. Повторите через минуту: ничего не изменено."
_HEAD = struct.Struct(">cQ")
Papers = Iterable[tuple[Mapping[str, Any], bytes | None]]
Tell = Callable[[int], None]


# --- frames ----------------------------------------------------------------------------------------------------------


def write_frame(stream: IO[bytes], kind: bytes, data: bytes = b"") -> None:
    """Write one frame."""
    stream.write(_HEAD.pack(kind, len(data)))
    stream.write(data)


def read_frames(stream: IO[bytes]) -> Iterator[tuple[bytes, bytes]]:
    """Yield (kind, bytes) until the stream ends; raises ChildDied when it ends within a frame."""
    while head := stream.read(_HEAD.size):
        if len(head) < _HEAD.size:
            raise limited.ChildDied
        kind, length = _HEAD.unpack(head)
        data = stream.read(length)
        if len(data) < length:
            raise limited.ChildDied
        yield kind, data


def to_json(value: Any) -> bytes:
    """Return plain values as JSON; a date or a number of millimetres keeps its kind."""
    return json.dumps(value, default=_tagged).encode("ascii")


def from_json(data: bytes) -> Any:
    """Return what ``to_json`` was given."""
    return json.loads(data, object_hook=_untagged)


def _tagged(value: Any) -> dict[str, str]:
    if isinstance(value, dt.date):
        return {"\x00date": value.isoformat()}
    if isinstance(value, Decimal):
        return {"\x00decimal": str(value)}
    raise TypeError(f"{type(value).__name__} is no plain value")


def _untagged(value: dict[str, Any]) -> Any:
    if "\x00date" in value:
        return dt.date.fromisoformat(value["\x00date"])
    return Decimal(value["\x00decimal"]) if "\x00decimal" in value else value


# --- what is asked of the child --------------------------------------------------------------------------------------


def check(data: bytes, fields: Sequence[PaperField], required: Mapping[str, str]) -> list[str]:
    """Return what is wrong with an uploaded template, as ``template_check.template_problems`` does, within two seconds of work."""
    job = {"task": "check", "fields": [asdict(item) for item in fields], "required": dict(required)}
    with tempfile.TemporaryFile() as given:
        write_frame(given, JOB, to_json(job))
        write_frame(given, DATA, data)
        try:
            with _answer(given, CHECK) as frames:
                return list(from_json(next(frames)))
        except limited.ChildDied:
            return [f"Проверка остановлена: шаблон {_TOO_MUCH} и загрузите снова."]


def render_each(template: bytes, papers: Papers, *, title: str, look: PrintLook) -> Iterator[bytes]:
    """Yield the DOCX of each paper; raises Invalid for a faulty or dangerous template, Unavailable when too many are at work."""
    with _filled("each", template, papers, title, look, lambda _done: None) as frames:
        yield from frames


def merged(template: bytes, papers: Papers, *, title: str, look: PrintLook, tell: Tell) -> bytes:
    """Return one DOCX of all papers; raises as ``render_each`` does, ValueError for no papers."""
    with _filled("merged", template, papers, title, look, tell) as frames:
        return next(frames)


@contextmanager
def _filled(
    task: str, template: bytes, papers: Papers, title: str, look: PrintLook, tell: Tell
) -> Iterator[Iterator[bytes]]:
    number = 0
    with tempfile.TemporaryFile() as given:
        write_frame(given, JOB, to_json({"task": task, "title": title, "look": asdict(look)}))
        write_frame(given, DATA, template)
        for context, picture in papers:
            write_frame(given, DATA, to_json(context))
            write_frame(given, DATA, picture or b"")
            number += 1
        if not number:
            raise ValueError("nobody to print")
        limits = Limits(
            cpu_seconds=_FIRST_SECONDS + _SECONDS * number,
            memory_bytes=_MEMORY,
            output_bytes=min(_MOST_OUTPUT, _FIRST_BYTES + _BYTES * number),
            wall_seconds=4 * (_FIRST_SECONDS + _SECONDS * number) + 10,
        )
        try:
            with _answer(given, limits, tell=lambda done: tell(min(done, number))) as frames:
                tell(number)
                yield frames
        except limited.ChildDied as error:
            raise Invalid(
                f"Документ не напечатан: шаблон «{title}» {_TOO_MUCH}. Ничего не изменено; сообщите об этом оператору портала."
            ) from error


@contextmanager
def _answer(given: IO[bytes], limits: Limits, *, tell: Tell = lambda _done: None) -> Iterator[Iterator[bytes]]:
    """Run the child and give the data that it wrote; raises Invalid with its refusal, Unavailable, ChildDied."""
    try:
        with limited.answer_of(ENTRY, given, limits, patience=PATIENCE, tell=tell) as stream:
            yield _data_of(stream)
    except limited.TooBusy as error:
        raise Unavailable(_BUSY) from error


def _data_of(stream: IO[bytes]) -> Iterator[bytes]:
    for kind, data in read_frames(stream):
        if kind == REFUSED:
            raise Invalid(data.decode("utf-8"))
        if kind == END:
            return
        yield data
    raise limited.ChildDied
