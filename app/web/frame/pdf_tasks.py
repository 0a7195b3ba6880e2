"""One paper as PDF: always a task of the user, because LibreOffice may need time and a turn; often the file is ready at once.

The request orders the task and waits for its end for two seconds: then the file leaves like any download. Else the user
is led to «Мои задания», and the thread serves others. A user's tasks are done one after another, so no user fills the
converters.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from flask import flash, redirect, send_file
from werkzeug.wrappers import Response

from app import addresses
from app.documents.office.pdf import MISSING, find_office, to_pdf
from app.errors import Unavailable
from app.services.tasks import background
from app.statuses import JobStatus

KIND, PDF = "pdf", "application/pdf"
#: seconds that a request waits for its task, and between two looks at it
WAIT_SECONDS, LOOK_SECONDS = 2.0, 0.1
_ORDERED = "PDF готовится. Здесь видно, когда он готов, и отсюда скачивается файл."
#: what a paper is made of → its DOCX and the name of its file without ending; it acts as the user and refuses as pages do
Maker = Callable[[Mapping[str, Any]], tuple[bytes, str]]
#: code of a paper → how it is made; filled by the modules of the papers
MAKERS: dict[str, Maker] = {}


def as_pdf(code: str, given: Mapping[str, Any], *, title: str, permission: str) -> Response:
    """Order the PDF of a paper and return it, or lead to «Мои задания»; ``given`` goes to its maker.

    Raises Unavailable without LibreOffice, Forbidden without the permission, Conflict when too much of the user's waits.
    """
    if find_office() is None:
        raise Unavailable(MISSING)
    job_id = background.submit(KIND, f"PDF: {title}", {"paper": code, **given}, total=1, permission=permission)
    status = _end_of(job_id)
    if status is JobStatus.DONE:
        stored, path = background.open_result(job_id)
        return send_file(path, as_attachment=True, download_name=stored.name, mimetype=stored.content_type)
    if status is JobStatus.FAILED:
        raise Unavailable(background.own_job(job_id).message or MISSING)
    flash(_ORDERED)
    return redirect(addresses.TASKS)


def _end_of(job_id: int) -> JobStatus:
    """Return the status of the task, after it has ended or two seconds have passed."""
    deadline = time.monotonic() + WAIT_SECONDS
    while True:
        status = background.status_of(job_id)
        if status not in background.LIVE or time.monotonic() >= deadline:
            return status
        time.sleep(LOOK_SECONDS)


def _make(work: background.Work) -> background.Outcome:
    """Make the ordered paper with the rights and the facts of this moment."""
    given = dict(work.parameters)
    data, name = MAKERS[given.pop("paper")](given)
    work.new_file(".pdf").write_bytes(to_pdf(data, tell=work.tell))
    return background.Outcome("PDF готов.", f"{name}.pdf", PDF)


background.KINDS[KIND] = background.Kind(_make, changes_data=False)
