"""Uploaded templates of the demo: each organizer has one for the certificate (удостоверение), the region one for the note (справка)."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Sequence
from decimal import Decimal

from app import models as m
from app.demo.places import Place
from app.demo.rows import Rows, moment
from app.documents.templates.templates import get_template
from app.statuses import CertificateKind, PrintMode

_DAYS_AGO = 40


def add_templates(rows: Rows, organizers: Sequence[Place], *, operator_id: int, today: dt.date) -> None:
    """Add copies of the portal's own templates, none in force: the documents of the demo are printed by the standard ones."""
    places: list[tuple[CertificateKind, int | None]] = [(CertificateKind.TRAINING_NOTE, None)]
    places += [(CertificateKind.CERTIFICATE, organizer.id) for organizer in organizers]
    day = moment(today - dt.timedelta(days=_DAYS_AGO))
    files = {kind: get_template(kind.value).path.read_bytes() for kind, _place in places}
    for data in files.values():
        rows.link(m.TemplateFile, sha256=hashlib.sha256(data).hexdigest(), data=data, created_at=day)
    for kind, organizer_id in places:
        rows.add(
            m.PrintTemplate,
            code=kind.value,
            organizer_id=organizer_id,
            version=1,
            file_name="Образец шаблона.docx",
            sha256=hashlib.sha256(files[kind]).hexdigest(),
            active=False,
            note="Копия стандартного шаблона: образец для своих изменений.",
            created_by_id=operator_id,
            created_at=day,
        )
    rows.link(
        m.PrintSetting,
        organizer_id=organizers[0].id,
        code=CertificateKind.CERTIFICATE.value,
        mode=PrintMode.BLANK,
        offset_x=Decimal("1.5"),
        offset_y=Decimal("-2.0"),
    )
