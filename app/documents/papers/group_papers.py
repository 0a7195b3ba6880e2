"""Papers of a group: one table of makers, used by the page, the single downloads and the ZIP of all papers."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.documents.file_names import safe_name
from app.documents.papers.attendance_sheet import SHEET, SheetHead, build_attendance_sheet
from app.documents.papers.blank_act import blank_act_context
from app.documents.papers.bulk_papers import DOCX_TYPE, Tell
from app.documents.papers.certificate import hours_in_genitive
from app.documents.papers.training_agreement import AGREEMENT, agreement_contexts
from app.documents.papers.training_order import TEMPLATE, order_context, template_version
from app.documents.templates.in_force import print_one_after_another, print_paper
from app.errors import PortalError
from app.russian import capitalized, format_date, long_date, period, plural, quoted, unbroken
from app.services.paper.orders.group_facts import GivenDocument, GroupFacts, Listener
from app.statuses import CertificateStatus, EnrolmentStatus, Handing, OrderKind

NOT_MADE = "Чего нет в архиве.txt"
_DECISIONS = {
    EnrolmentStatus.TRAINED: "аттестован",
    EnrolmentStatus.FAILED: "не аттестован",
    EnrolmentStatus.NO_SHOW: "не явился",
}
_NOBODY = "В группе нет зачисленных слушателей. Подтвердите записи на курс."
_NO_PROTOCOL = "Не внесены итоги с номером протокола. Внесите итоги обучения слушателей."
_NO_MEETINGS = "Нет расписания занятий. Внесите его в карточке группы."
_NO_ORDER = {
    OrderKind.ENROLMENT: "Приказ ещё не издан. Нажмите в группе «Приказ о зачислении».",
    OrderKind.EXPULSION: "Приказ ещё не издан. Нажмите в группе «Приказ об отчислении».",
}
_NO_EMPLOYERS = "У слушателей группы не указано место работы: договор не с кем заключить."
_NO_DOCUMENTS = "Документы об обучении ещё не выданы. Нажмите в группе «Выдать документы»."


@dataclass(frozen=True, slots=True)
class GroupPaper:
    """A paper of a group; several договоры, orders, протоколы or acts are one file, each on a page of its own.

    ``why_not`` returns the reason why it cannot be made yet, empty when it can; ``make`` the file.
    """

    code: str
    title: str
    why_not: Callable[[GroupFacts], str]
    make: Callable[[GroupFacts], bytes]
    suffix: str = ".docx"
    content_type: str = DOCX_TYPE

    def file_name(self, facts: GroupFacts) -> str:
        """Return «Список группы Г-1.docx»."""
        return safe_name(f"{self.title}, группа {facts.number}") + self.suffix


# --- contexts --------------------------------------------------------------------------------------------------------


def heading_context(facts: GroupFacts) -> dict[str, Any]:
    """Return what stands above and below the table of every paper of a group."""
    return {
        "organization": capitalized(facts.organization),
        "city": facts.city,
        "group": unbroken(facts.number),
        "program": quoted(facts.program),
        "hours": hours_in_genitive(facts.hours),
        "period": period(facts.starts_on, facts.ends_on),
        "head_title": facts.head_title,
        "head_name": facts.head_name,
        "secretary": facts.secretary,
    }


def list_context(facts: GroupFacts) -> dict[str, Any]:
    """Return the context of «Список группы»: who studies, where they work."""
    rows = [
        {"n": n, "name": person.full_name, "position": person.position, "workplace": person.workplace}
        for n, person in enumerate(facts.studying, 1)
    ]
    return {**heading_context(facts), "rows": rows, "totals": f"Всего слушателей: {len(rows)}."}


def sheet_context(facts: GroupFacts) -> dict[str, Any]:
    """Return the context of «Ведомость»: marks are empty before the examination, to be written by hand."""
    people = facts.studying
    return {**heading_context(facts), "rows": _results(people), "totals": _totals(people)}


def protocol_contexts(facts: GroupFacts) -> list[dict[str, Any]]:
    """Return a context for each протокол of the group, by the day and the number of the commission's meeting."""
    found: dict[str, list[Listener]] = {}
    for person in facts.studying:
        if person.protocol and person.status in _DECISIONS:
            found.setdefault(person.protocol, []).append(person)

    def of(number: str, people: Sequence[Listener]) -> dict[str, Any]:
        days = [person.result_on for person in people if person.result_on]
        held = {"protocol": number, "held_on": long_date(max(days)) if days else "«___» ____________ 20___ г."}
        return {**heading_context(facts), **held, "rows": _results(people), "totals": _totals(people)}

    order = sorted(found, key=lambda number: (max(str(p.result_on or "") for p in found[number]), number))
    return [of(number, found[number]) for number in order]


def _results(people: Sequence[Listener]) -> list[dict[str, Any]]:
    return [
        {
            "n": n,
            "name": person.full_name,
            "form": person.final_form,
            "mark": person.final_mark,
            "decision": _DECISIONS.get(person.status, ""),
            "result_on": format_date(person.result_on) if person.result_on else "",
        }
        for n, person in enumerate(people, 1)
    ]


def _totals(people: Sequence[Listener]) -> str:
    """«Всего слушателей: 25. Аттестовано: 24, не аттестовано: 1.»; without results only how many there are."""
    number = {status: sum(person.status == status for person in people) for status in _DECISIONS}
    words = f"Всего слушателей: {len(people)}."
    if not any(number.values()):
        return words
    parts = [
        f"аттестовано: {number[EnrolmentStatus.TRAINED]}",
        f"не аттестовано: {number[EnrolmentStatus.FAILED]}",
        f"не {plural(number[EnrolmentStatus.NO_SHOW], 'явился', 'явились', 'явились')}: {number[EnrolmentStatus.NO_SHOW]}",
    ]
    return f"{words} Из них {', '.join(parts)}."


def journal_context(facts: GroupFacts) -> dict[str, Any]:
    """Return the context of «Журнал учёта выдачи»: the columns of письмо Минобрнауки от 21.02.2014 № АК-316/06."""
    given = [(person, paper) for person in facts.listeners for paper in person.documents]
    given.sort(key=lambda pair: (pair[1].kind, pair[1].issued_on, pair[1].number))
    rows = [
        {
            "n": n,
            "document": _kind_words(paper),
            "blank": paper.blank,
            "number": paper.number,
            "issued_on": format_date(paper.issued_on),
            "name": person.full_name,
            "handed": _handed_words(paper),
        }
        for n, (person, paper) in enumerate(given, 1)
    ]
    return {**heading_context(facts), "rows": rows, "totals": f"Всего документов: {len(rows)}."}


def _kind_words(paper: GivenDocument) -> str:
    words = capitalized(paper.kind)
    return words if paper.status == CertificateStatus.ISSUED else f"{words} ({paper.status.label.lower()})"


def _handed_words(paper: GivenDocument) -> str:
    """The person who took it by proxy, or how it was sent; empty when the owner takes it in person."""
    if paper.handing in (None, Handing.PERSON):
        return ""
    return ", ".join(filter(None, (paper.handing.label, paper.handed_to)))


# --- the table -------------------------------------------------------------------------------------------------------


def _has_listeners(facts: GroupFacts) -> str:
    return "" if facts.studying else _NOBODY


def _has_protocol(facts: GroupFacts) -> str:
    return "" if protocol_contexts(facts) else _NO_PROTOCOL


def _has_employers(facts: GroupFacts) -> str:
    return _has_listeners(facts) or ("" if agreement_contexts(facts) else _NO_EMPLOYERS)


def _has_documents(facts: GroupFacts) -> str:
    return "" if any(person.documents for person in facts.listeners) else _NO_DOCUMENTS


def _has_meetings(facts: GroupFacts) -> str:
    return _has_listeners(facts) or ("" if facts.journal.meetings else _NO_MEETINGS)


def _has_order(kind: OrderKind) -> Callable[[GroupFacts], str]:
    return lambda facts: "" if _orders(facts, kind) else _NO_ORDER[kind]


def _has_act(facts: GroupFacts) -> str:
    if facts.acts:
        return ""
    if not facts.unlisted:
        return "В группе нет испорченных бланков."
    return (
        f"Испорченные бланки ещё не списаны: {', '.join(facts.unlisted)}. Отметьте их в списке бланков и составьте акт."
    )


def _orders(facts: GroupFacts, kind: OrderKind) -> list[Mapping[str, Any]]:
    return [order.snapshot for order in facts.orders if order.kind == kind]


def _order_papers(kind: OrderKind) -> Callable[[GroupFacts], bytes]:
    """Orders of a kind together, by the template kept with the last of them."""

    def make(facts: GroupFacts) -> bytes:
        snapshots = _orders(facts, kind)
        return print_one_after_another(
            TEMPLATE[kind],
            [order_context(snapshot) for snapshot in snapshots],
            organizer_id=facts.organizer_id,
            version=template_version(snapshots[-1]),
        )

    return make


def _one(code: str, context: Callable[[GroupFacts], dict[str, Any]]) -> Callable[[GroupFacts], bytes]:
    return lambda facts: print_paper(code, context(facts), organizer_id=facts.organizer_id)


def _several(code: str, contexts: Callable[[GroupFacts], list[dict[str, Any]]]) -> Callable[[GroupFacts], bytes]:
    return lambda facts: print_one_after_another(code, contexts(facts), organizer_id=facts.organizer_id)


def _attendance(facts: GroupFacts) -> bytes:
    head = SheetHead(
        organizer_id=facts.organizer_id,
        organization=facts.organization,
        number=facts.number,
        program=facts.program,
        hours=facts.hours,
        starts_on=facts.starts_on,
        ends_on=facts.ends_on,
    )
    return build_attendance_sheet(head, facts.journal)


def _act_contexts(facts: GroupFacts) -> list[dict[str, Any]]:
    return [blank_act_context(item.act, item.blanks) for item in facts.acts]


#: the papers of a group in the order of its life; a new paper is one entry here
PAPERS: tuple[GroupPaper, ...] = (
    GroupPaper(
        AGREEMENT, "Договор с местом работы слушателей", _has_employers, _several(AGREEMENT, agreement_contexts)
    ),
    GroupPaper(
        "order_enrolment", "Приказ о зачислении", _has_order(OrderKind.ENROLMENT), _order_papers(OrderKind.ENROLMENT)
    ),
    GroupPaper("group_list", "Список группы", _has_listeners, _one("group_list", list_context)),
    GroupPaper(SHEET, "Лист посещаемости", _has_meetings, _attendance),
    GroupPaper(
        "grade_sheet",
        "Ведомость итоговой аттестации",
        _has_listeners,
        _one("grade_sheet", sheet_context),
    ),
    GroupPaper(
        "final_protocol", "Протокол итоговой аттестации", _has_protocol, _several("final_protocol", protocol_contexts)
    ),
    GroupPaper(
        "order_expulsion", "Приказ об отчислении", _has_order(OrderKind.EXPULSION), _order_papers(OrderKind.EXPULSION)
    ),
    GroupPaper(
        "issue_journal",
        "Журнал учёта выдачи документов",
        _has_documents,
        _one("issue_journal", journal_context),
    ),
    GroupPaper("blank_act", "Акт списания бланков", _has_act, _several("blank_act", _act_contexts)),
)


def write_all(
    facts: GroupFacts,
    path: Path,
    *,
    more: Sequence[tuple[str, Callable[[], bytes]]] = (),
    tell: Tell = lambda _done: None,
) -> tuple[list[str], list[tuple[str, str]]]:
    """Write a ZIP with every paper of the group that can be made; return the names in it and (title, why not) of the rest.

    ``more``: further files as (name, maker). One paper that is refused does not hinder the others: the text file in the
    archive names it with the reason.
    """
    made: list[str] = []
    refused = [(paper.title, why) for paper in PAPERS if (why := paper.why_not(facts))]
    makers = [(p.file_name(facts), lambda p=p: p.make(facts)) for p in PAPERS if not p.why_not(facts)]
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, (name, make) in enumerate([*makers, *more], 1):
            try:
                content = make()
            except PortalError as refusal:
                refused.append((name, refusal.message))
            else:
                archive.writestr(name, content)
                made.append(name)
            tell(number)
        if refused:
            # Notepad of old systems needs the mark to read Russian letters
            text = "\r\n".join(f"{title}: {why}" for title, why in refused)
            archive.writestr(NOT_MADE, f"В архив не вошли:\r\n\r\n{text}\r\n".encode("utf-8-sig"))
    return made, refused
