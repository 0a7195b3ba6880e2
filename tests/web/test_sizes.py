"""What a visit costs on the wire: at most 150 KB the first time, 25 KB for a page after that (bytes, not time)."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.access.region import Region

PACKED = {"Accept-Encoding": "br, gzip"}
FIRST, NEXT = 150 * 1024, 25 * 1024
PAGES = (
    "/", "/employee/list/", "/employee/list/?size=100", "/organization/list/", "/voucher/list/", "/enrolment/list/",
    "/audit_entry/list/", "/employee/add", "/training_group/add",
)  # fmt: skip


def wire(client: Any, path: str) -> tuple[int, str]:
    """Bytes of an answer as it is sent, and its text."""
    response = client.get(path, headers=PACKED)
    size = len(response.get_data())
    response.close()
    return size, client.get(path).get_data(as_text=True)


@pytest.mark.parametrize("path", PAGES)
def test_a_page_and_what_it_needs_are_light(region: Region, path: str) -> None:
    client = region.browser("operator").client
    size, text = wire(client, path)
    assert size <= NEXT
    parts = set(re.findall(r'(?:href|src)="(/static/[^"#]+)', text))
    assert parts
    fonts = set(re.findall(r"/static/[^\"')]+\.woff2", text))
    total = size + sum(len(client.get(part, headers=PACKED).get_data()) for part in parts | fonts)
    assert total <= FIRST


def test_pages_are_packed_and_files_that_are_packed_already_are_not(region: Region) -> None:
    client = region.browser("operator").client
    assert client.get("/employee/list/", headers=PACKED).headers["Content-Encoding"] == "br"
    assert "Content-Encoding" not in client.get("/employee/list/").headers
    with client.get("/position/export/", headers=PACKED) as file:
        assert file.status_code == 200
        assert "Content-Encoding" not in file.headers


def test_at_most_two_parts_stop_a_page_from_being_drawn(region: Region) -> None:
    text = region.browser("operator").get("/employee/list/").text
    head = text.split("</head>", 1)[0]
    styles = re.findall(r'<link rel="stylesheet"', head)
    scripts = [tag for tag in re.findall(r"<script[^>]*>", head) if "module" not in tag and "defer" not in tag]
    assert len(styles) + len(scripts) <= 2
