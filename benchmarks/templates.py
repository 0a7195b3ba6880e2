"""Hostile and good templates at a running portal: ``python -m benchmarks.templates http://127.0.0.1:8000 --pid PID``.

A demo portal is needed (an operator signs in, nothing hostile is accepted; the good ones are checked too). Measured: seconds of
each answer, growth of the memory of the web process (its pid is given), and how long other people's requests take meanwhile,
beside the same requests of a quiet portal.
"""

from __future__ import annotations

import argparse
import http.cookiejar
import re
import statistics
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.hostile import CODE, good, hostile

LOGIN, PASSWORD = "operator", "demo-2026"
OTHERS = ("/employee/list/", "/voucher/list/", "/training_group/list/", "/")


def main() -> int:
    """Measure and print; 1 when something hostile was accepted or something good refused."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url")
    parser.add_argument("--pid", type=int, help="the web process, whose memory is watched")
    parser.add_argument("--at-once", type=int, default=4, help="uploads at a time")
    given = parser.parse_args()
    other = signed_in(given.url)
    quiet = [seconds for _ in range(100) for seconds in visit(other)]
    before, meanwhile, stop = memory(given.pid), list[float](), threading.Event()
    visits = threading.Thread(target=keep_visiting, args=(other, meanwhile, stop))
    visits.start()
    try:
        bad = upload_all(given.url, [(name, CODE, data) for name, data in hostile()], given.at_once)
        fine = upload_all(given.url, good(), given.at_once)
    finally:
        stop.set()
        visits.join()
    accepted = [name for name, seconds, words in bad if not words]
    refused = [f"{name}: {words}" for name, _seconds, words in fine if words]
    report("hostile", [seconds for _name, seconds, _words in bad])
    report("good", [seconds for _name, seconds, _words in fine])
    print(f"peak memory of the web process: {before:.0f} → {memory(given.pid):.0f} MB")
    print(
        f"other requests, p95: quiet {p95(quiet):.3f} s, meanwhile {p95(meanwhile):.3f} s ({len(meanwhile)} requests)"
    )
    print(f"hostile accepted: {accepted or 'none'}; good refused: {refused or 'none'}")
    return bool(accepted or refused)


def report(what: str, seconds: Sequence[float]) -> None:
    """Print how long the answers took."""
    print(
        f"{what}: {len(seconds)}, median {statistics.median(seconds):.2f} s, p95 {p95(seconds):.2f}, max {max(seconds):.2f}"
    )


def p95(seconds: Sequence[float]) -> float:
    """Return the 95th percentile."""
    return sorted(seconds)[int(len(seconds) * 0.95)] if seconds else 0.0


def memory(pid: int | None) -> float:
    """Return the peak memory of a process in megabytes; 0 without one."""
    if pid is None:
        return 0.0
    found = re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())
    return int(found[1]) / 1024 if found else 0.0


class Visitor:
    """A browser without screen: keeps cookies, follows no redirect."""

    def __init__(self, url: str) -> None:
        self.url = url
        cookies = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        self._opener = urllib.request.build_opener(cookies, _NoRedirect())

    def get(self, path: str) -> tuple[int, str]:
        """Return the status and the page."""
        return self._ask(urllib.request.Request(self.url + path))

    def post(self, path: str, fields: Mapping[str, str], file: bytes | None = None) -> tuple[int, str]:
        """Send a form, with a file when one is given."""
        if file is None:
            return self._ask(urllib.request.Request(self.url + path, urllib.parse.urlencode(fields).encode()))
        border = "----portal-benchmark"
        parts = [f'--{border}\r\nContent-Disposition: form-data; name="{k}"\r\n\r\n{v}\r\n' for k, v in fields.items()]
        parts.append(f'--{border}\r\nContent-Disposition: form-data; name="file"; filename="a.docx"\r\n\r\n')
        body = "".join(parts).encode() + file + f"\r\n--{border}--\r\n".encode()
        kind = {"Content-Type": f"multipart/form-data; boundary={border}"}
        return self._ask(urllib.request.Request(self.url + path, body, kind))

    def _ask(self, request: urllib.request.Request) -> tuple[int, str]:
        try:
            with self._opener.open(request, timeout=120) as answer:
                return answer.status, answer.read().decode("utf-8", errors="replace")
        except urllib.error.HTTPError as refusal:
            return refusal.code, refusal.read().decode("utf-8", errors="replace")


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_arguments: Any) -> None:
        """Follow nothing: the redirect is the answer."""


def signed_in(url: str) -> Visitor:
    """Return a visitor who is the operator."""
    visitor = Visitor(url)
    _status, page = visitor.get("/login/")
    visitor.post("/login/", {"csrf_token": token(page), "login": LOGIN, "password": PASSWORD})
    return visitor


def token(page: str) -> str:
    """Return the page's token against forged requests."""
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    return found[1] if found else ""


def visit(visitor: Visitor) -> list[float]:
    """Ask for the pages of other people; return the seconds of each. Raises RuntimeError for a page that does not come."""
    found = []
    for path in OTHERS:
        began = time.perf_counter()
        status, _page = visitor.get(path)
        if status != 200:
            raise RuntimeError(f"{path} answered {status}")
        found.append(time.perf_counter() - began)
    return found


def keep_visiting(visitor: Visitor, found: list[float], stop: threading.Event) -> None:
    """Visit until told to stop."""
    while not stop.is_set():
        found += visit(visitor)


def upload_all(url: str, files: Sequence[tuple[str, str, bytes]], at_once: int) -> list[tuple[str, float, str]]:
    """Upload the files, several at a time; return (name, seconds, words of the refusal or empty) of each."""
    waiting, found, lock = list(files), list[tuple[str, float, str]](), threading.Lock()

    def work() -> None:
        visitor = signed_in(url)
        form = token(visitor.get("/print_template/upload")[1])
        while True:
            with lock:
                if not waiting:
                    return
                name, code, data = waiting.pop(0)
            seconds, words = upload(visitor, form, code, data)
            with lock:
                found.append((name, seconds, words))

    workers = [threading.Thread(target=work) for _ in range(at_once)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return found


def upload(visitor: Visitor, form: str, code: str, data: bytes) -> tuple[float, str]:
    """Upload one file for the whole region; return the seconds and the words of the refusal."""
    began = time.perf_counter()
    status, page = visitor.post("/print_template/upload", {"csrf_token": form, "code": code, "place": "0"}, data)
    seconds = time.perf_counter() - began
    if status == 302:
        return seconds, ""
    plain = " ".join(re.sub(r"<[^>]+>", " ", page).split())
    found = re.search(r"Шаблон не принят.{0,200}", plain)
    return seconds, f"{status} {found[0] if found else plain[-200:]}"


if __name__ == "__main__":
    sys.exit(main())
