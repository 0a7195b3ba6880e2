"""«Мои согласия», their withdrawal, and the operator's lists of texts and withdrawals (152-ФЗ, ст. 9, 21)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from flask import flash, redirect, render_template, request
from flask_appbuilder import BaseView, expose
from flask_login import current_user
from markupsafe import escape

from app import addresses
from app import models as m
from app.access import current_actor
from app.clock import local, today
from app.russian import format_date, format_datetime, no_later
from app.services.access import own_registration
from app.services.identity.anonymise import KEPT_WORDS
from app.services.personnel.consents import consent_texts, consents
from app.web.access.entrance import leave
from app.web.frame.answers import answer_act
from app.web.frame.guards import signed_in
from app.web.frame.listing import ListColumn
from app.web.frame.pages import Block, Button, CardPage, Cell, Column, Link, Pair, Row
from app.web.frame.scoped_view import ScopedModelView
from app.web.frame.typed import row_id


def has_consents() -> bool:
    """Whether the acting user has a card, and so consents: only then the page is in the menu."""
    return current_actor().employee_id is not None


class ConsentView(BaseView):
    """Own consents only; nobody reads or changes another's here."""

    route_base = "/consents"
    default_view = "index"

    @expose("/")
    @signed_in
    def index(self) -> Any:
        """What was given, when, by which text; withdraw and give."""
        if not has_consents():
            if own_registration.find_open() is not None:
                return redirect(addresses.at("register", "mine", "abandon", ""))
            return _nothing("Мои согласия")
        page = CardPage(
            "Мои согласия",
            blocks=[_standing_block(standing) for standing in consents.own()],
            note="Каждое согласие можно прочитать, дать и отозвать отдельно. Отказ от опросов и новостей ни на что не влияет.",
        )
        return render_template("message.html", page=page)

    @expose("/text/")
    @signed_in
    def text(self) -> Any:
        """A version of a text, word for word; without a number the first one in force."""
        number = _version()
        texts = consent_texts.current_texts() if number is None else [consent_texts.find_text(number)]
        if not texts:
            return _nothing("Тексты согласий")
        text = texts[0]
        page = CardPage(
            text.title,
            crumbs=[Link("Мои согласия", addresses.CONSENTS)],
            note=f"{_ASKED if current_user.must_consent else ''}Версия {text.number}, действует с {format_date(text.valid_from)}.",
            buttons=[*_give_buttons(text), *(_refuse_buttons() if current_user.must_consent else [])],
        )
        return render_template("consent_text.html", page=page, text=text)

    @expose("/give/", methods=["POST"])
    @signed_in
    def give(self) -> Any:
        """Give the user's consent by the text in force; a user who had to give it first goes on to the start page."""
        asked = bool(current_user.must_consent)
        answer = _done(lambda: consents.give(_version() or 0), "Согласие дано.")
        return redirect(addresses.HOME) if asked else answer

    @expose("/withdraw/", methods=["POST"])
    @signed_in
    def withdraw(self) -> Any:
        """Withdraw an optional consent at once."""
        return _done(lambda: consents.withdraw(request.args.get("purpose", "")), "Согласие отозвано.")

    @expose("/close/", methods=["GET"])
    @signed_in
    def close(self) -> Any:
        """The warning before the required consent is withdrawn, or before who gave none has the processing ended."""
        if not has_consents():
            return _nothing("Отзыв согласия")
        given = _has_given()
        page = CardPage(
            "Отзыв согласия на обработку персональных данных" if given else "Прекращение обработки персональных данных",
            note="Без этого согласия портал не может вести ваши данные, поэтому после отзыва:"
            if given
            else "Согласия на обработку вы не давали. Если вы не хотите, чтобы портал вёл ваши данные:",
            blocks=[Block("Что произойдёт", events=[Cell(text) for text in _consequences()])],
            buttons=[
                Button("Оставить согласие" if given else "Вернуться", addresses.CONSENTS),
                Button(
                    "Отозвать и закрыть кабинет" if given else "Прекратить обработку и закрыть кабинет",
                    addresses.at("consents", "close-now", ""),
                    post=True,
                    danger=True,
                    confirm="Личный кабинет закроется сразу, войти в него будет нельзя. Продолжить?",
                ),
            ],
        )
        return render_template("message.html", page=page)

    @expose("/close-now/", methods=["POST"])
    @signed_in
    def close_now(self) -> Any:
        """Withdraw the required consent: the cabinet is closed, this session too."""
        if not has_consents():
            return redirect(addresses.CONSENTS)

        def close() -> str:
            ended = "Согласие отозвано" if _has_given() else "Обработка данных прекращается"
            task = consents.close_cabinet()
            leave()
            flash(
                f"{ended}, личный кабинет закрыт. Оператор обезличит ваши данные {no_later(task.due_on)}. Выданные "
                "документы об обучении остаются действительными.",
                "success",
            )
            return addresses.SIGN_IN

        return answer_act(close, addresses.CONSENTS)


def _has_given() -> bool:
    """Whether the required consent is in force."""
    return any(standing.live is not None for standing in consents.own() if standing.text.required)


def _version() -> int | None:
    return row_id(request.args.get("version", ""))


def _nothing(title: str) -> Any:
    note = "Согласия даёт работник образования, а к вашей учётной записи карточка работника не привязана."
    return render_template("message.html", page=CardPage(title, note=note))


def _consequences() -> list[str]:
    return [
        "личный кабинет закроется сразу, на всех устройствах;",
        "записи на курсы, которые ещё не окончены, будут отменены, действующий чек — аннулирован;",
        f"в течение {consents.WITHDRAWAL_DAYS} дней оператор обезличит вашу карточку;",
        f"по закону сохранятся: {KEPT_WORDS};",
        "выданные документы об обучении останутся действительными, их подлинность по-прежнему можно проверить по коду.",
    ]


def _done(action: Callable[[], Any], words: str) -> Any:
    def act() -> None:
        action()
        flash(words, "success")

    return answer_act(act, addresses.CONSENTS)


def _give_buttons(text: m.ConsentText) -> list[Button]:
    standing = next((s for s in consents.own() if s.text.id == text.id), None) if has_consents() else None
    if standing is None or (standing.live is not None and not standing.is_older):
        return []
    return [Button("Даю это согласие", addresses.at("consents", "give", "", version=text.id), post=True, main=True)]


#: what stands above the text at the first entrance into an account that a school made
_ASKED = (
    "Учётную запись для вас завела организация. Прежде чем начать, прочитайте текст и решите, даёте ли вы согласие: без него "
    "портал не может вести ваши данные. "
)


def _refuse_buttons() -> list[Button]:
    return [Button("Не даю: закрыть кабинет…", addresses.at("consents", "close", ""))]


def _standing_block(standing: consents.Standing) -> Block:
    text, live = standing.text, standing.live
    state = Cell("Дано", consents.words_of(live), tone="ok") if live else Cell("Не дано", tone="grey")
    read = Cell(
        f"Версия {text.number}, с {format_date(text.valid_from)}",
        href=addresses.at("consents", "text", "", version=text.id),
    )
    pairs = [Pair("Состояние", state), Pair("Действующий текст", read)]
    if standing.is_older:
        assert live is not None
        former = addresses.at("consents", "text", "", version=live.text_id)
        pairs.append(Pair("Ваше согласие дано по тексту", Cell(f"Версия {live.text.number}", href=former)))
    past = [
        f"{consents.words_of(row)}, закончилось {format_datetime(local(row.withdrawn_at))}"
        for row in standing.history
        if row.withdrawn_at is not None
    ]
    if past:
        pairs.append(Pair("Раньше", Cell("; ".join(past[:3]))))
    note = "" if text.required else "По желанию: отказ и отзыв ни на что другое не влияют."
    return Block(text.title, pairs=pairs, buttons=_buttons(standing), note=note)


def _buttons(standing: consents.Standing) -> list[Button]:
    text, found = standing.text, []
    if standing.live is None or standing.is_older:
        words = "Прочитать новую версию и дать" if standing.is_older else "Прочитать и дать"
        found.append(Button(words, addresses.at("consents", "text", "", version=text.id)))
    if text.required:
        words = (
            "Отозвать и закрыть кабинет…" if standing.live is not None else "Прекратить обработку и закрыть кабинет…"
        )
        found.append(Button(words, addresses.at("consents", "close", ""), danger=True))
    elif standing.live is not None:
        found.append(Button("Отозвать", addresses.at("consents", "withdraw", "", purpose=text.purpose), post=True))
    return found


# --- the operator's lists --------------------------------------------------------------------------------------------


class ConsentTextPages(ScopedModelView):
    """Texts of consents: versions are added, never changed."""

    empty = "Текстов согласий нет."

    def create(self, values: dict[str, Any]) -> Any:
        """A new version of a purpose's text."""
        return consent_texts.add_version(values)

    def prefill(self) -> dict[str, Any]:
        """In force from today until said otherwise."""
        return {"valid_from": today(), **super().prefill()}

    def card_sections(self) -> Sequence[tuple[str, Sequence[str]]]:
        """The version with its fingerprint."""
        return [
            ("Текст согласия", ("purpose", "number", "title", "required", "valid_from", "summary", "body", "sha256"))
        ]


PERSON_NAME = ListColumn(
    "person_name",
    "Кто отозвал",
    lambda r: r.person_name,
    lambda r: Cell(r.person_name),
    (m.ConsentWithdrawal.person_name,),
)


class ConsentWithdrawalPages(ScopedModelView):
    """Tasks of the operator after a withdrawal: 30 days to make the person nameless."""

    empty = "Согласий никто не отзывал."

    def card_title(self, row: m.ConsentWithdrawal) -> str:
        """The person who withdrew the consent."""
        return f"Отзыв согласия: {escape(row.person_name)}"

    def blocks(self, row: m.ConsentWithdrawal) -> Sequence[Block]:
        """The task, then what was kept and why."""
        block = self.pairs_block(row, "Отзыв", ("person_name", "status", "created_at", "due_on", "decided_at"))
        card = Pair("Карточка", Cell("Открыть карточку", href=addresses.card("employee", row.employee_id)))
        return [Block(block.title, pairs=[*block.pairs, card]), *report_blocks(row)]


def report_blocks(row: m.ConsentWithdrawal) -> list[Block]:
    """The stored report as tables; before it is there, what will happen."""
    if not row.report:
        note = f"По закону сохранятся: {KEPT_WORDS}. Остальное будет стёрто без возможности вернуть."
        return [Block("Что будет сделано", empty="Карточка будет обезличена.", note=note)]
    kept = [
        Row(n, "", [Cell(what), Cell(str(number), number=True), Cell(why)])
        for n, (what, number, why) in enumerate(row.report.get("kept", ()))
    ]
    gone = [
        Row(n, "", [Cell(what), Cell(str(number), number=True)])
        for n, (what, number) in enumerate(row.report.get("removed", ()))
    ]
    number = Column("number", "Сколько", number=True)
    return [
        Block("Что сохранено и почему", columns=[Column("what", "Что"), number, Column("why", "Основание")], rows=kept),
        Block("Что удалено", columns=[Column("what", "Что"), number], rows=gone, empty="Удалять было нечего."),
    ]
