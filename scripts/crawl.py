"""What every role sees, page by page, written down so that the portal before and after a change can be compared.

``python -m scripts.crawl code FOLDER DATA OUT`` runs the code of a checkout on a copy of an instance folder at a clock that
stands still and crawls it; ``python -m scripts.crawl URL OUT`` crawls a portal that runs; ``python -m scripts.crawl compare A B``
prints how two crawls differ and exits with 1 if they do. The data are those of the demo (its logins, its password).

A page is a list of lines in reading order: texts, links with their addresses, forms with their fields and buttons. What changes
with every request (tokens, the number of a request) is left out. Nothing is posted but the sign-in. Of addresses that differ
only by numbers and values the first few are asked: see ``patterns_of``.
"""

from __future__ import annotations

import argparse
import contextlib
import difflib
import email.message
import http.cookies
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from lxml import html

ROLES = ("anonymous", "operator", "ministry", "territory", "organizer", "school", "worker", "observer", "admin")
PASSWORD = "demo-2026"  # noqa: S105 - exists only in a demo database
#: addresses asked for each pattern of a path and role; one is asked with each parameter
MOST = 3
SECONDS_OF_START = 180

_SILENT = frozenset({"script", "style", "head", "svg", "noscript"})
_IN_LINE = frozenset("a abbr b em i label mark output q s small span strong sub sup time u code kbd bdi".split())
#: attributes that hold addresses which scripts ask by GET
_ASKED_BY_SCRIPTS = ("data-url", "data-counts", "data-state")
_FILLED_BY_CHANCE = frozenset({"csrf_token", "captcha", "captcha_token", "nonce"})
_CONTROL = ("type", "name", "value", "form", "formaction", "placeholder", "checked", "selected", "disabled", "title")
#: a page that the browser saves or draws by itself
_TEXTUAL = ("text/html", "application/json", "text/plain", "text/calendar")
#: what differs between two answers that are the same to a reader
_NOISE = (
    (re.compile(r"(?<=[?&]v=)[0-9a-f]+"), "…"),
    (re.compile(r"\b([0-9a-f]{12}|[0-9a-f]{32,})\b"), "…"),
    (re.compile(r"[\w-]{16,}\.[\w-]{5,8}\.[\w-]{20,}"), "…"),
)

#: runs in the folder of the code that is crawled, so it imports the portal of that folder
_SERVE = """
import contextlib, os
import time_machine
from werkzeug.serving import make_server
from config import Settings
import run
run._catch_signals()
settings = Settings.from_environment(os.environ)
with contextlib.suppress(KeyboardInterrupt), run._database(settings) as (connected, _server):
    app, _logins = run._prepare(connected)
    from app.extensions import limiter
    server = make_server(connected.host, connected.port, app, threaded=False)
    limiter.enabled = False  # a visitor in haste
    made = os.path.getmtime(connected.instance_dir / "secret_key")
    with time_machine.travel(made + 3600, tick=False):
        server.serve_forever()
"""

Page = list[str]


def main() -> int:
    """Do what the command line says; return the exit code."""
    words = sys.argv[1:]
    if words[:1] == ["compare"]:
        return compare(Path(words[1]), Path(words[2]))
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--most",
        type=int,
        default=MOST,
        help="addresses asked for each pattern of a path and role; with each parameter one is",
    )
    parser.add_argument("--roles", nargs="*", default=ROLES, choices=ROLES, metavar="ROLE")
    if words[:1] == ["code"]:
        parser.add_argument("code")
        parser.add_argument("folder", type=Path)
        parser.add_argument("data", type=Path)
    else:
        parser.add_argument("url")
    parser.add_argument("out", type=Path)
    given = parser.parse_args(words)
    if words[:1] == ["code"]:
        with portal(given.folder, given.data) as url:
            crawl(url, given.out, given.roles, given.most)
    else:
        crawl(given.url.rstrip("/"), given.out, given.roles, given.most)
    return 0


@contextmanager
def portal(folder: Path, data: Path) -> Iterator[str]:
    """Address of the portal of a checkout's code on a copy of ``data``, while it runs; its clock stands still an hour after the data were made."""
    with tempfile.TemporaryDirectory(prefix="crawl-") as place, socket.socket() as probe:
        shutil.copytree(data, instance := Path(place) / "instance")
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        probe.close()
        url = f"http://127.0.0.1:{port}"
        settings = {"INSTANCE_DIR": str(instance), "PORT": str(port), "PUBLIC_URL": "http://portal.test", "DEMO": "1"}
        command = [str(folder.absolute() / ".venv/bin/python"), "-c", _SERVE]
        with (
            Path(place, "log").open("w+") as log,
            subprocess.Popen(
                command, cwd=folder, env={**os.environ, **settings, "PYTHONUTF8": "1"}, stdout=log, stderr=log
            ) as server,
        ):
            try:
                _wait(port, server, Path(place, "log"))
                yield url
            finally:
                server.terminate()
                server.wait(60)


def _wait(port: int, server: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(SECONDS_OF_START * 2):
        if server.poll() is not None:
            break
        with contextlib.suppress(ConnectionError), socket.create_connection(("127.0.0.1", port), timeout=30):
            return
        time.sleep(0.5)
    raise SystemExit(f"The portal has not started:\n{log.read_text()[-4000:]}")


def crawl(url: str, out: Path, roles: Iterable[str], most: int) -> None:
    """Write ``OUT/ROLE.json`` for each role: address → lines of the page."""
    out.mkdir(parents=True, exist_ok=True)
    for role in roles:
        began = time.monotonic()
        pages = Visitor(url, role).walk(most)
        (out / f"{role}.json").write_text(json.dumps(pages, ensure_ascii=False, indent=0), encoding="utf-8")
        print(f"{role}: {len(pages)} pages, {time.monotonic() - began:.0f} s", flush=True)


class Visitor:
    """A browser of one role without screen: it keeps cookies and follows no redirect by itself."""

    def __init__(self, url: str, role: str) -> None:
        self.url = url
        # kept without their terms: the clock of the crawled portal stands still, that of this process goes on
        self._cookies: dict[str, str] = {}
        self._opener = urllib.request.build_opener(_NoRedirect())
        if role != "anonymous":
            self._sign_in(role)

    def walk(self, most: int) -> dict[str, Page]:
        """Every page that can be reached, in the order of reading from the start page."""
        found: dict[str, Page] = {}
        asked: Counter[str] = Counter()
        waiting = deque(["/", "/login/", "/no-such-page"])
        while waiting:
            address = waiting.popleft()
            patterns = patterns_of(address)
            if address in found or all(asked[p] >= (1 if "?" in p else most) for p in patterns):
                continue
            asked.update(patterns)
            found[address], onward = self._look(address)
            waiting.extend(onward)
        return found

    def _look(self, address: str) -> tuple[Page, list[str]]:
        """The page at an address and the addresses that it names."""
        status, headers, body = self._ask(urllib.request.Request(self.url + address))  # noqa: S310
        kind = headers.get_content_type()
        lines = [f"status {status}, {kind}"]
        onward = []
        if target := headers.get("Location"):
            lines.append(f"to {clean(self._local(target) or target)}")
            onward = [self._local(target)]
        elif name := headers.get("Content-Disposition"):
            lines.append(f"file {clean(urllib.parse.unquote(name))}")
        elif kind == "text/html":
            reader = Reader(body.decode())
            lines += reader.lines
            onward = [self._local(urllib.parse.urljoin(self.url + address, to)) for to in reader.addresses]
        elif kind in _TEXTUAL:
            lines += [clean(line) for line in _spread(kind, body.decode())]
        return lines, [to for to in onward if to]

    def _sign_in(self, role: str) -> None:
        _status, _headers, page = self._ask(urllib.request.Request(f"{self.url}/login/"))  # noqa: S310
        token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page.decode())
        fields = {"csrf_token": token[1] if token else "", "login": role, "password": PASSWORD}
        data = urllib.parse.urlencode(fields).encode()
        status, _headers, _page = self._ask(urllib.request.Request(f"{self.url}/login/", data))  # noqa: S310
        if status != http.HTTPStatus.FOUND:
            raise SystemExit(f"{role} cannot sign in: {status}")

    def _ask(self, request: urllib.request.Request) -> tuple[int, email.message.Message, bytes]:
        request.add_header("Cookie", "; ".join(f"{name}={value}" for name, value in self._cookies.items()))
        try:
            with self._opener.open(request, timeout=300) as answer:
                return self._kept(answer.status, answer.headers, answer.read())
        except urllib.error.HTTPError as refusal:
            with refusal:
                return self._kept(refusal.code, refusal.headers, refusal.read())

    def _kept(
        self, status: int, headers: email.message.Message, body: bytes
    ) -> tuple[int, email.message.Message, bytes]:
        for line in headers.get_all("Set-Cookie", ()):
            for name, cookie in http.cookies.SimpleCookie(line).items():
                self._cookies[name] = cookie.value
        return status, headers, body

    def _local(self, address: str) -> str:
        """The address within the portal without the place in the page; empty when it leads elsewhere."""
        parts = urllib.parse.urlsplit(urllib.parse.urljoin(self.url, address))
        if f"{parts.scheme}://{parts.netloc}" != self.url or parts.path.startswith("/static/"):
            return ""
        return urllib.parse.quote(urllib.parse.unquote(parts.path)) + (f"?{parts.query}" if parts.query else "")


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_arguments: Any) -> None:
        """Follow nothing: the redirect is the answer."""


class Reader:
    """A page as ``lines`` in reading order, and the ``addresses`` that it names for GET."""

    def __init__(self, text: str) -> None:
        self.lines: Page = []
        self.addresses: list[str] = []
        self._line: list[str] = []
        root = html.document_fromstring(text)
        self.lines.append(f"title {clean(root.findtext('.//title') or '')}")
        self._read(root.find("body"))
        self._end_line()
        self.addresses += [address for form in root.iter("form") if (address := _address_of_get(form))]

    def _read(self, node: Any) -> None:
        if not isinstance(node.tag, str) or node.tag in _SILENT:
            return
        own_line = node.tag not in _IN_LINE
        if own_line:
            self._end_line()
        self._open(node)
        self._line.append(node.text or "")
        for child in node:
            self._read(child)
            self._line.append(child.tail or "")
        if node.tag == "a" and node.get("href") is not None:
            self._line.append(f" → {node.get('href')} ")
            self.addresses.append(node.get("href"))
        if own_line:
            self._end_line()

    def _open(self, node: Any) -> None:
        """Write what a control says by its attributes."""
        for name in _ASKED_BY_SCRIPTS:
            if address := node.get(name):
                self._line.append(f"[{name} {address}]")
                self.addresses.append(address + ("&q=" if "?" in address else "?q=") * (name == "data-url"))
        if node.tag == "form":
            self._line.append(f"[form {node.get('method') or 'get'} {node.get('action') or ''}]")
        elif node.tag in {"input", "select", "textarea", "button", "option"}:
            told = [f'{name}="{node.get(name)}"' for name in _kept(node) if node.get(name) is not None]
            self._line.append(f"[{' '.join([node.tag, *told])}]")

    def _end_line(self) -> None:
        if line := clean(" ".join("".join(self._line).split())):
            self.lines.append(line)
        self._line = []


def _kept(control: Any) -> tuple[str, ...]:
    """The attributes of a control that tell what it does and holds."""
    return ("type", "name") if control.get("name") in _FILLED_BY_CHANCE else _CONTROL


def _address_of_get(form: Any) -> str:
    """Where a form leads that is sent as it stands; empty for one that posts."""
    if (form.get("method") or "get").lower() != "get":
        return ""
    filled = [(name, value) for name, value in form.form_values() if value]
    return (form.get("action") or "").partition("?")[0] + "?" + urllib.parse.urlencode(filled)


def _spread(kind: str, text: str) -> list[str]:
    if kind == "application/json":
        return json.dumps(json.loads(text), ensure_ascii=False, indent=1).splitlines()
    return text.splitlines()


def clean(text: str) -> str:
    """Return a text without what differs from answer to answer."""
    for pattern, words in _NOISE:
        text = pattern.sub(words, text)
    return text.strip()


def patterns_of(address: str) -> list[str]:
    """Return what an address has in common with those of its like: its path without numbers, alone or with each parameter.

    One that combines known parameters is of no new kind: filters of a list would make thousands of them. Files of lists and
    figures of filters are those of the list, whatever is asked of it.
    """
    path, _, query = address.partition("?")
    path = re.sub(r"[0-9]+", "N", path)
    names = sorted({name for name, value in urllib.parse.parse_qsl(query) if value})
    if re.search(r"/(export|counts)/", path):
        return [path]
    return [f"{path}?{name}" for name in names] or [path]


def compare(before: Path, after: Path) -> int:
    """Print how two crawls differ; return 1 if they do."""
    same = True
    for name in sorted({file.name for folder in (before, after) for file in folder.glob("*.json")}):
        for line in _differences(_pages(before / name), _pages(after / name)):
            print(f"{name.removesuffix('.json')} {line}")
            same = False
    print("No differences." if same else "There are differences.")
    return 0 if same else 1


def _pages(file: Path) -> Mapping[str, Page]:
    return json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}


def _differences(before: Mapping[str, Page], after: Mapping[str, Page]) -> Iterator[str]:
    for address in before:
        if address not in after:
            yield f"{address}: only before"
        elif before[address] != after[address]:
            changed = difflib.unified_diff(before[address], after[address], "before", "after", lineterm="", n=1)
            yield "\n    ".join([f"{address}:", *changed])
    for address in after:
        if address not in before:
            yield f"{address}: only after"


if __name__ == "__main__":
    sys.exit(main())
