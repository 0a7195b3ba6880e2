"""The parts of a kind of letters: subject, text, button, the facts that its words may name, the side that acts next.

A fact is written in the words as ``{{ имя }}``. The words hold no conditions: a line that names an optional fact is left
out where the fact is empty. So a service passes values and never a sentence, and an operator can rewrite any sentence.

A list is one fact (the digest, changed meetings, other groups): the number of its parts differs from letter to letter,
and the words have no loops. A typed text, such as a reason, is a value too, and so is the sentence stored with a task
that ended.

A day until which somebody has to act is included, so it is «не позже» that day (``BY``); a state holds «по» its last day.
«До» is written before an hour only.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from app import addresses

GREETING = "{{ приветствие }}"
OPEN = "Открыть на портале"

ACCESS, VOUCHERS, COURSES, PAPERS, PERSON, OTHER = (
    "Доступ к порталу",
    "Чеки",
    "Курсы",
    "Документы и реестры",
    "Сведения о вас",
    "Прочее",
)
#: head of the line that says whose turn it is
THEN = "Кто действует дальше"
STAFF = frozenset({"school", "territory", "operator"})
ORGANIZER = frozenset({"organizer"})


class Fact(NamedTuple):
    """A value that the words may name: what it means, an example; ``optional``: it may be empty, its line goes then."""

    meaning: str
    example: str
    optional: bool = False


def optional(**facts: Fact) -> dict[str, Fact]:
    """The same facts, each of which may be empty."""
    return {name: fact._replace(optional=True) for name, fact in facts.items()}


#: known in every letter
COMMON: Mapping[str, Fact] = {
    "приветствие": Fact("обращение целиком", "Здравствуйте, Анна Ивановна!"),
    "имя": Fact("имя и отчество получателя", "Анна Ивановна"),
    "тема": Fact("стандартная тема этого письма", "тема, которую составил портал"),
    "текст": Fact("стандартный текст этого письма целиком", "текст, который составил портал"),
    "ссылка": Fact("адрес страницы портала, о которой письмо", addresses.NOTICES),
    "портал": Fact("название портала", "Кадры в образовании"),
    "дата": Fact("день отправки", "01.09.2026"),
}


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of letters with its standard words, which the operator may write anew (subject, text, button).

    ``required``: the order demands it, so nobody refuses it; ``roles``: its recipients, empty: anybody; ``what`` … ``then``:
    lines of the block «Что · Когда · Где · Кто действует дальше», left out where empty; of an application that goes on the last of
    them is the sentence of its way (``portal.ways``); ``mailed``: comes by e-mail, and not
    only as a notice; ``noticed``: stays in the cabinet too.
    """

    code: str
    group: str
    title: str
    subject: str
    text: str
    button: str = OPEN
    own: Mapping[str, Fact] = field(default_factory=dict)
    what: str = ""
    when: str = ""
    where: str = ""
    then: str = ""
    required: bool = False
    roles: frozenset[str] = frozenset()
    mailed: bool = True
    noticed: bool = True

    @property
    def body(self) -> str:
        """The text as a template holds it, with its greeting."""
        return f"{GREETING}\n\n{self.text}"

    @property
    def fields(self) -> dict[str, Fact]:
        """Everything that the words may name."""
        return {**self.own, **COMMON}

    @property
    def block(self) -> tuple[tuple[str, str], ...]:
        """Heads and words of the block of facts."""
        lines = (("Что", self.what), ("Когда", self.when), ("Где", self.where), (THEN, self.then))
        return tuple((head, words) for head, words in lines if words)


REASON = {"причина": Fact("причина решения", "Не хватает сведений об образовании")}
MAY_HAVE_REASON = optional(**REASON)
AUTHOR = {"кто": Fact("кто это сделал", "Крылова Ольга Павловна")}
GROUP = {
    "группа": Fact("номер группы", "016-26"),
    "программа": Fact("название программы", "Современный урок математики"),
    "часы": Fact("объём программы", "36 часов"),
    "занятия": Fact("дни занятий", "с 1 по 12 сентября 2026 г."),
    "место": Fact("место занятий", "Самара, ул. Учебная, 1"),
    "организатор": Fact("организатор курсов", "Центр развития образования"),
}
DOCUMENT = {
    "вид": Fact("вид документа", "Удостоверение о повышении квалификации"),
    "номер": Fact("номер документа", "0001/2026"),
    "дата_выдачи": Fact("дата выдачи", "01.09.2026"),
    "программа": Fact("название программы", "Современный урок математики"),
}
VOUCHER = {
    "номер_чека": Fact("номер чека", "63-2026-000123"),
    "действует_по": Fact("последний день чека", "31.12.2028"),
}
#: a group as sentences name it
NAMED = "{{ группа }} «{{ программа }}»"
PERSON_NAME = {"работник": Fact("фамилия, имя и отчество работника", "Иванова Анна Петровна")}
DUE = {"срок": Fact("последний день для решения", "15.09.2026")}
#: the last day to act, as the words of letters say it and ``russian.no_later`` says it on screens
BY = "не позже {{ срок }}"


def about_group(code: str, title: str, **more: Any) -> Kind:
    """A kind whose block tells of a group: what, when, where."""
    own = {**GROUP, **more.pop("own", {})}
    what = "{{ программа }}, {{ часы }}, группа {{ группа }}"
    lines = {"what": what, "when": "{{ занятия }}", "where": "{{ место }}, {{ организатор }}"}
    return Kind(code, COURSES, title, own=own, **{**lines, "button": "Открыть мою запись", **more})
