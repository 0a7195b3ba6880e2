"""The log: JSON lines with the request's id, without personal data; checked in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]


def lines(code: str, *, as_json: bool = True) -> list[str]:
    start = (
        "import logging, structlog\nfrom app.logs import bind_request, clear, configure_logging\n"
        f"configure_logging(json={as_json}, level='INFO')\n"
    )
    result = subprocess.run([sys.executable, "-c", start + code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert result.stdout == ""
    return result.stderr.splitlines()


def event(line: str) -> dict[str, Any]:
    parsed: dict[str, Any] = json.loads(line)
    return parsed


def test_request_id_is_on_every_line_until_cleared() -> None:
    code = (
        "bind_request('abc', 7)\nlogging.getLogger('portal').info('request', extra={'status': 200})\n"
        "structlog.get_logger('portal').warning('refused', reason='заполнено')\n"
        "clear()\nlogging.getLogger('portal').info('after')\n"
    )
    first, second, third = map(event, lines(code))
    assert (first["event"], first["request_id"], first["user_id"], first["status"]) == ("request", "abc", 7, 200)
    assert (second["request_id"], second["reason"], second["level"]) == ("abc", "заполнено", "warning")
    assert "request_id" not in third


def test_personal_data_are_dropped_from_both_kinds_of_loggers() -> None:
    code = (
        "logging.getLogger('portal').info('request', extra={'query_string': 'q=Вымышленная', 'endpoint': 'list'})\n"
        "structlog.get_logger('portal').info('request', form={'snils': '112-233-445 95'}, endpoint='list')\n"
    )
    for line in lines(code):
        assert event(line)["endpoint"] == "list"
        assert "Вымышленная" not in line
        assert "112-233-445" not in line


def test_traceback_stays_in_one_json_line() -> None:
    code = "try:\n    1 / 0\nexcept ZeroDivisionError:\n    logging.getLogger('portal').exception('unexpected error')\n"
    [line] = lines(code)
    assert "ZeroDivisionError" in event(line)["exception"]


def test_person_gets_readable_lines() -> None:
    [line] = lines("logging.getLogger('portal').warning('slow')\n", as_json=False)
    assert "slow" in line
    assert not line.startswith("{")
