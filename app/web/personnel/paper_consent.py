"""Consents that a person signed on paper: the responsible enters them with their scan (152-ФЗ, ст. 9)."""

from __future__ import annotations

from typing import Any

from flask import flash
from flask_appbuilder import expose
from flask_wtf import FlaskForm
from flask_wtf.file import FileRequired

from app import addresses
from app import models as m
from app.access import current_actor, get_writable
from app.errors import Forbidden
from app.extensions import db
from app.services.personnel.consents import consent_texts, consents
from app.web.frame.answers import answer_form
from app.web.frame.forms import CodesField
from app.web.frame.guards import signed_in
from app.web.frame.pages import Button, FormPage, Link, Section
from app.web.frame.parts import Part
from app.web.frame.scans import scan_field, sent_scan


class PaperConsentForm(FlaskForm):
    """Which consents are on the paper, and the paper; the boxes of the texts in force are put before it."""

    purposes: CodesField
    scan = scan_field(
        "Скан подписанного согласия",
        FileRequired("Выберите файл."),
        about="PDF, JPEG или PNG, не больше 10 МБ. Скан увидят только вы, работник и оператор.",
    )


class PaperConsents(Part):
    """Consents on paper, of the person of a card."""

    def buttons(self, person: m.Employee) -> list[Button]:
        """For users who may enter consents of other people."""
        actor = current_actor()
        if not actor.can("consent:add") or actor.employee_id == person.id:
            return []
        return [Button("Внести согласие на бумаге", addresses.at("employee", "paper_consent", person.id))]

    @expose("/paper_consent/<int:pk>", methods=["GET", "POST"])
    @signed_in
    def paper_consent(self, pk: int) -> Any:
        """Form of the consents signed on paper."""
        current_actor().require("consent:add")
        person = get_writable(db.session, m.Employee, pk, "consent:add")
        if person.id == current_actor().employee_id:
            raise Forbidden(consents.OWN_CONSENT)
        choices = [(text.purpose, text.title) for text in consent_texts.current_texts()]
        kind = type("BoxesForm", (PaperConsentForm,), {"purposes": CodesField("Что подписано", choices=choices)})
        form: Any = kind()
        href = addresses.card("employee", pk)

        def record() -> str:
            name, data = sent_scan() or ("", b"")
            consents.record_paper(pk, form.purposes.data or (), name=name, data=data)
            flash("Согласие внесено. Работник получил извещение.", "success")
            return href

        def page() -> FormPage:
            return FormPage(
                title=f"Согласие на бумаге: {person.full_name}",
                form=form,
                sections=[Section("", ["purposes", "scan"])],
                submit="Внести согласие",
                cancel_href=href,
                crumbs=[Link(person.full_name, href)],
                note="Вносите только то, что работник подписал сам. Портал запомнит, кто внёс согласие, когда и с каким сканом.",
                files=True,
            )

        return answer_form(form, record, page)
