"""Pure decisions: may this be done, and if not, why and what to do. No database, no Flask, no clock.

The numbers of the rules (36 months, kinds of positions, hours) are data of ``voucher_rule`` and come in as values; the
rights behind them are 273-ФЗ ст. 47 ч. 5 п. 2, приказ № 52-од and the Порядок № 373-р.
"""

from __future__ import annotations

import calendar
import datetime as dt
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from app.russian import count, format_date, period, years
from app.statuses import (
    BlockKind,
    BlockStatus,
    CertificateKind,
    EnrolmentStatus,
    GroupStatus,
    Ownership,
    PastDocument,
    PositionKind,
    ProgramKind,
    TrainingSource,
    TrainingStatus,
)


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether something may be done; ``reason`` is a Russian sentence, empty when it may.

    ``waits``: an enrolment that is allowed into the waiting list only; then ``reason`` says why.
    """

    allowed: bool
    reason: str = ""
    waits: bool = False

    def __bool__(self) -> bool:
        """A decision is as true as its permission."""
        return self.allowed

    @property
    def rank(self) -> int:
        """Of several places of work the least is the best: a seat, else the waiting list, else a refusal."""
        return 2 if not self.allowed else int(self.waits)


ALLOWED = Decision(True)


def refuse(reason: str) -> Decision:
    """Return a refusal."""
    return Decision(False, reason)


def add_months(day: dt.date, months: int) -> dt.date:
    """Return the same day ``months`` later; the month's last day where there is no such day (ГК РФ ст. 192 ч. 3)."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return dt.date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def last_day_of(issued_on: dt.date, months: int) -> dt.date:
    """Return the last day of a term of ``months`` that begins on ``issued_on``."""
    return add_months(issued_on, months) - dt.timedelta(days=1)


def months_in_words(months: int) -> str:
    """Write a term: «3 года», «18 месяцев»."""
    return count(months, "месяц", "месяца", "месяцев") if months % 12 else years(months // 12)


# --- application for a чек -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class VoucherTerms:
    """What a version of the voucher rule demands."""

    period_months: int
    requires_confirmed_workplace: bool
    position_kinds: Collection[str]
    ownerships: Collection[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Applicant:
    """What is known of a person and of the place of work that the application rests on."""

    snils: str | None
    position: str
    position_kind: PositionKind
    position_eligible: bool
    organization: str
    ownership: Ownership
    workplace_confirmed: bool
    live_application: bool = False
    active_voucher: str | None = None
    active_until: dt.date | None = None
    last_issued_on: dt.date | None = None


def may_apply_for_voucher(applicant: Applicant, terms: VoucherTerms, *, on: dt.date) -> Decision:
    """Decide on an application for a чек made ``on`` a day (приказ № 52-од, п. 1.1–1.2; Порядок, п. 2.7, 3.5)."""
    return _first_refusal(
        _has_right_by_work(applicant, terms),
        _has_data(applicant, terms),
        _has_no_other(applicant, terms),
        _period_is_over(applicant.last_issued_on, terms.period_months, on),
    )


def _first_refusal(*decisions: Decision) -> Decision:
    return next((d for d in decisions if not d.allowed), ALLOWED)


def _has_right_by_work(applicant: Applicant, terms: VoucherTerms) -> Decision:
    if not applicant.position_eligible or applicant.position_kind not in terms.position_kinds:
        return refuse(
            f"Чек положен педагогическим работникам и руководителям, а должность «{applicant.position}» "
            "к ним не относится. Если должность в карточке указана неверно, исправьте её."
        )
    if applicant.ownership not in terms.ownerships:
        return refuse(
            f"Чек положен работникам государственных организаций области и муниципальных организаций, а организация "
            f"«{applicant.organization}» — {applicant.ownership.label}. "
            "Если место работы указано неверно, исправьте его."
        )
    return ALLOWED


def _has_data(applicant: Applicant, terms: VoucherTerms) -> Decision:
    if not applicant.snils:
        return refuse("В карточке нет СНИЛС, без него чек не выдаётся. Впишите СНИЛС в карточку работника.")
    if terms.requires_confirmed_workplace and not applicant.workplace_confirmed:
        return refuse(
            f"Место работы «{applicant.position}, {applicant.organization}» ещё не подтверждено. Чек выдаётся, когда "
            "Оператор АИС подтвердит его в карточке работника."
        )
    return ALLOWED


def _has_no_other(applicant: Applicant, terms: VoucherTerms) -> Decision:
    if applicant.live_application:
        return refuse("Заявка на чек уже подана и ещё не рассмотрена. Дождитесь решения или отзовите её.")
    if applicant.active_voucher:
        return refuse(
            f"Уже есть действующий чек № {applicant.active_voucher}. "
            f"Новый можно получить с {format_date(_next_day(applicant, terms))}, когда закончится срок действующего."
        )
    return ALLOWED


def _next_day(applicant: Applicant, terms: VoucherTerms) -> dt.date:
    """The first day after the term of the active чек on which the period since the last one is over too."""
    assert applicant.active_until is not None
    after = applicant.active_until + dt.timedelta(days=1)
    issued_on = applicant.last_issued_on
    return max(after, add_months(issued_on, terms.period_months)) if issued_on else after


def _period_is_over(last_issued_on: dt.date | None, period_months: int, on: dt.date) -> Decision:
    if last_issued_on is None or on >= add_months(last_issued_on, period_months):
        return ALLOWED
    return refuse(
        f"Новый чек можно получить с {format_date(add_months(last_issued_on, period_months))}: "
        f"предыдущий выдан {format_date(last_issued_on)}, период {months_in_words(period_months)}."
    )


# --- whom a program suits --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Targets:
    """Whom a program is for, by names of the directories; an empty set means «for all»."""

    organization_types: frozenset[str] = frozenset()
    positions: frozenset[str] = frozenset()
    subjects: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Workplace:
    """A place of work, by names of the directories; the organization tells which quota of a group counts (0: none)."""

    organization_type: str
    position: str
    subjects: frozenset[str] = frozenset()
    organization_id: int = 0


def suits(targets: Targets, workplace: Workplace) -> Decision:
    """Decide whether a program is meant for this type of organization × position × subject (Порядок, п. 1.3, 3.5)."""
    return _first_refusal(
        _within("организаций типа", targets.organization_types, {workplace.organization_type}),
        _within("должностей", targets.positions, {workplace.position}),
        _within("предметов", targets.subjects, workplace.subjects),
    )


def _within(what: str, wanted: frozenset[str], own: Collection[str]) -> Decision:
    if not wanted or wanted & set(own):
        return ALLOWED
    has = f"а у работника — {_listed(own)}" if own else "а у работника не указано ничего подходящего"
    return refuse(f"Программа рассчитана на слушателей из {what}: {_listed(wanted)}, {has}. Выберите другую программу.")


def _listed(names: Iterable[str], limit: int = 5) -> str:
    ordered = sorted(names, key=lambda name: name.lower().replace("ё", "е"))
    rest = len(ordered) - limit
    shown = ", ".join(f"«{name}»" for name in ordered[:limit])
    return f"{shown} и ещё {rest}" if rest > 0 else shown


# --- enrolment -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """A group with what matters of its program; ``block`` is the kind of block that pays, None = none needed."""

    number: str
    title: str
    status: GroupStatus
    enrol_from: dt.date
    enrol_until: dt.date
    starts_on: dt.date
    ends_on: dt.date
    hours: int
    block: BlockKind | None
    targets: Targets = Targets()


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockFacts:
    """A block of a person's чек; ``valid_until`` is the чек's, ``voucher_active`` its state."""

    id: int
    title: str
    kind: BlockKind
    hours_min: int
    hours_max: int
    status: BlockStatus
    voucher_active: bool
    valid_until: dt.date


@dataclass(frozen=True, slots=True, kw_only=True)
class BusyPeriod:
    """Dates of a group in which the person is already enrolled."""

    group: str
    title: str
    starts_on: dt.date
    ends_on: dt.date


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """The one quota of a group that counts for the people of a workplace; ``whose``: «организации «Школа № 1»»."""

    id: int
    whose: str
    seats: int
    taken: int

    @property
    def free(self) -> int:
        """Seats that its people may still take, if the group has them."""
        return self.seats - self.taken


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """The seats of a group for the people of one workplace; without a quota all of them."""

    capacity: int
    taken: int
    quota: Quota | None = None

    @property
    def free(self) -> int:
        """The seats that are left for these people: the group's, and no more than their quota leaves."""
        free = self.capacity - self.taken
        return free if self.quota is None else min(free, self.quota.free)

    @property
    def limit(self) -> Quota | None:
        """The quota, where it leaves fewer seats than the group has."""
        return self.quota if self.quota is not None and self.quota.free < self.capacity - self.taken else None


def may_enrol(
    course: Course,
    workplace: Workplace,
    *,
    on: dt.date,
    room: Room,
    blocks: Collection[BlockFacts],
    busy: Collection[BusyPeriod],
) -> Decision:
    """Decide on an enrolment made ``on`` a day; without a seat for this workplace it ``waits``.

    ``blocks`` are those among which one may pay: the chosen one, or all of the person's.
    """
    decision = _first_refusal(
        is_enrolment_open(course, on=on),
        suits(course.targets, workplace),
        has_paying_block(course, blocks),
        is_free_of_clashes(course, busy),
    )
    seat = has_seat(room)
    if not decision.allowed or seat.allowed:
        return decision
    return Decision(True, f"{seat.reason} Можно встать в лист ожидания.", waits=True)


def has_seat(room: Room) -> Decision:
    """Decide whether the group has a seat for the people of this workplace."""
    lacks = lacking_seats(room)
    return refuse(lacks[0]) if lacks else ALLOWED


def lacking_seats(room: Room) -> list[str]:
    """Say what takes the seats away: the group is full, the quota is full, both; empty when there is a seat."""
    found = []
    if room.taken >= room.capacity:
        found.append(f"Свободных мест нет: занято {room.taken} из {room.capacity}.")
    if room.quota is not None and room.quota.free <= 0:
        found.append(f"Места по квоте {room.quota.whose} заняты: {room.quota.taken} из {room.quota.seats}.")
    return found


def is_enrolment_open(course: Course, *, on: dt.date) -> Decision:
    """Decide whether people may enrol on this day."""
    if course.status != GroupStatus.OPEN:
        return refuse(
            f"В группу {course.number} записаться нельзя: её состояние — «{course.status.label}». "
            "Выберите другую группу."
        )
    if on < course.enrol_from:
        return refuse(f"Запись в группу {course.number} начнётся {format_date(course.enrol_from)}.")
    if on > course.enrol_until:
        return refuse(
            f"Запись в группу {course.number} закончилась {format_date(course.enrol_until)}. Выберите другую группу."
        )
    return ALLOWED


def pays_for(block: BlockFacts, course: Course) -> bool:
    """Whether a block may pay: free, of an active чек that covers the start, of the right kind and hours."""
    return (
        block.status == BlockStatus.FREE
        and block.voucher_active
        and block.kind == course.block
        and block.hours_min <= course.hours <= block.hours_max
        and course.starts_on <= block.valid_until
    )


def has_paying_block(course: Course, blocks: Collection[BlockFacts]) -> Decision:
    """Decide whether one of the blocks pays for the course; a course without a kind of block needs none."""
    if course.block is None or any(pays_for(block, course) for block in blocks):
        return ALLOWED
    return refuse(_why_no_block_pays(course, [b for b in blocks if b.voucher_active]))


def _why_no_block_pays(course: Course, active: Collection[BlockFacts]) -> str:
    assert course.block is not None
    needed = f"Программу оплачивает {course.block.label} чека"
    right = [block for block in active if block.kind == course.block]
    free = [block for block in right if block.status == BlockStatus.FREE]
    if not active:
        return f"{needed}, а действующего чека нет. Сначала подайте заявку на чек."
    if not right:
        return f"{needed}, а в чеке такого блока нет. Выберите другую программу."
    if not free:
        return f"{needed}, а свободных блоков этого вида не осталось. Выберите другую программу."
    fitting = [block for block in free if block.hours_min <= course.hours <= block.hours_max]
    if not fitting:
        ranges = ", ".join(f"{b.hours_min}–{b.hours_max}" for b in free)
        hours = count(course.hours, "час", "часа", "часов")
        return f"Программа длится {hours}, а свободный блок чека оплачивает {ranges}. Выберите другую программу."
    until = format_date(max(block.valid_until for block in fitting))
    starts = format_date(course.starts_on)
    return f"Чек действует по {until}, а занятия начнутся позже — {starts}. Выберите другую группу."


def why_suits(course: Course, workplace: Workplace, blocks: Collection[BlockFacts], *, own: bool) -> str:
    """Say why a course may be taken, in the order in which ``may_enrol`` asks; ``own``: told to the person.

    Only for a course that ``suits`` the workplace and that has a paying block.
    """
    targets = course.targets
    asked = [
        (bool(targets.organization_types), "ваш тип организации", "тип организации"),
        (bool(targets.positions), "ваша должность", "должность"),
        (bool(targets.subjects), "ваш предмет", "предмет"),
    ]
    named = [words for narrows, *words in asked if narrows]
    if not named:
        whom = "программа для всех"
    else:
        parts = [first if own and n == 0 else plain for n, (first, plain) in enumerate(named)]
        whom = " и ".join(filter(None, (", ".join(parts[:-1]), parts[-1]))) + ("" if own else " работника")
    paying = next((block for block in blocks if pays_for(block, course)), None)
    paid = f"оплачивает {_uncapitalized(paying.title)}" if paying is not None else "чек не нужен"
    return f"Подходит: {whom}; {paid}."


def _uncapitalized(title: str) -> str:
    """Start a title with a small letter, unless it starts with an abbreviation: «ИКТ-блок»."""
    return title if title[1:2].isupper() else title[:1].lower() + title[1:]


def is_free_of_clashes(course: Course, busy: Collection[BusyPeriod]) -> Decision:
    """Decide whether the course's dates overlap those of another group of the person."""
    for other in busy:
        if course.starts_on <= other.ends_on and other.starts_on <= course.ends_on:
            return refuse(
                f"Даты пересекаются с группой {other.group} «{other.title}», в которую работник уже записан "
                f"({period(other.starts_on, other.ends_on)}). Выберите другую группу или отзовите прежнюю запись."
            )
    return ALLOWED


# --- outcome of a course ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Attended:
    """A listener's attendance in minutes of the schedule: ``attended`` of ``planned``, ``unmarked`` may still become either."""

    attended: int
    planned: int
    unmarked: int = 0


@dataclass(frozen=True, slots=True)
class Proposal:
    """What the attendance proposes for a listener, and why; without an outcome the reason says what is missing."""

    outcome: EnrolmentStatus | None
    reason: str


def propose_outcome(facts: Attended, percent: int) -> Proposal:
    """Propose an outcome by the share of hours attended (order § 3.3: the organizer keeps the journal); a person decides.

    ``percent`` is the least share, 0–100. An excused absence is no attendance. A proposal is made as soon as the marks that
    are still missing cannot change it.
    """
    attended, planned, unmarked = facts.attended, facts.planned, facts.unmarked
    if planned == 0:
        return Proposal(None, "В группе нет расписания, поэтому портал ничего не предлагает.")
    visited = f"Посещено {_hours_of(attended, planned)} ({attended * 100 // planned} %)"
    if attended == 0:
        if unmarked:
            return Proposal(None, f"Ни одного посещения, не отмечено ещё {_hours(unmarked)} ч. Отметьте посещаемость.")
        return Proposal(EnrolmentStatus.NO_SHOW, "Не посещено ни одного занятия.")
    if attended * 100 >= percent * planned:
        return Proposal(EnrolmentStatus.TRAINED, f"{visited}, нужно не меньше {percent} %.")
    if (attended + unmarked) * 100 >= percent * planned:
        return Proposal(None, f"{visited}, не отмечено ещё {_hours(unmarked)} ч. Отметьте посещаемость.")
    return Proposal(EnrolmentStatus.FAILED, f"{visited}, нужно не меньше {percent} %.")


def _hours(minutes: int) -> str:
    """Write minutes as hours with one decimal at most: «10», «5,5»."""
    tenths = minutes * 10 // 60
    return f"{tenths // 10},{tenths % 10}" if tenths % 10 else str(tenths // 10)


def _hours_of(part: int, whole: int) -> str:
    """Write «10 из 16 часов», «5 из 21 часа», «3 из 5,5 часа»: the word agrees with the whole."""
    text = _hours(whole)
    one = "," in text or (int(text) % 10 == 1 and int(text) % 100 != 11)
    return f"{_hours(part)} из {text} {'часа' if one else 'часов'}"


# --- documents -------------------------------------------------------------------------------------------------------

#: document on qualification that a kind of program ends with (273-ФЗ ст. 60 ч. 10)
DOCUMENT_OF: dict[ProgramKind, CertificateKind] = {
    ProgramKind.ADVANCED: CertificateKind.CERTIFICATE,
    ProgramKind.RETRAINING: CertificateKind.DIPLOMA,
}
_UNSUCCESSFUL = frozenset({EnrolmentStatus.FAILED, EnrolmentStatus.EXPELLED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """A listener's end of a course."""

    status: EnrolmentStatus
    program_kind: ProgramKind
    ends_on: dt.date


def may_issue_certificate(outcome: Outcome, kind: CertificateKind, *, issued_on: dt.date, on: dt.date) -> Decision:
    """Decide on a document dated ``issued_on``; ``on`` is the day of the decision (273-ФЗ ст. 60 ч. 3, 10, 12)."""
    return _first_refusal(_kind_fits(outcome, kind), _date_fits(outcome, issued_on, on))


def _kind_fits(outcome: Outcome, kind: CertificateKind) -> Decision:
    if kind == CertificateKind.STUDY_PERIOD_NOTE:
        if outcome.status in _UNSUCCESSFUL:
            return ALLOWED
        return refuse(
            "Справка о периоде обучения выдаётся тем, кто не прошёл итоговую аттестацию или отчислен. "
            f"Состояние этой записи — «{outcome.status.label}»."
        )
    if outcome.status != EnrolmentStatus.TRAINED:
        return refuse(
            "Документ выдаётся тем, кто обучен и прошёл итоговую аттестацию, а состояние этой записи — "
            f"«{outcome.status.label}». Сначала внесите результат обучения."
        )
    if kind not in (DOCUMENT_OF[outcome.program_kind], CertificateKind.TRAINING_NOTE):
        right = DOCUMENT_OF[outcome.program_kind].label
        return refuse(f"Программа «{outcome.program_kind.label}» заканчивается другим документом: {right}.")
    return ALLOWED


def _date_fits(outcome: Outcome, issued_on: dt.date, on: dt.date) -> Decision:
    if issued_on < outcome.ends_on:
        return refuse(
            f"Дата выдачи не может быть раньше окончания занятий: они заканчиваются {format_date(outcome.ends_on)}."
        )
    if issued_on > on:
        return refuse(f"Дата выдачи не может быть позже сегодняшней: сегодня {format_date(on)}.")
    return ALLOWED


# --- trainings outside the portal ------------------------------------------------------------------------------------

#: чеки and trainings of the region are accounted for since then (order § 1.4)
FIRST_YEAR = 2010
#: least hours (приказ № 499 of 01.07.2013, п. 12)
LEAST_HOURS = {ProgramKind.ADVANCED: 16, ProgramKind.RETRAINING: 250}
MOST_HOURS = 5000


@dataclass(frozen=True, slots=True)
class PastTraining:
    """What is told of a training outside the portal; None: not told."""

    kind: ProgramKind
    hours: int
    started_on: dt.date | None
    ended_on: dt.date
    document_kind: PastDocument | None
    issued_on: dt.date | None


def faults_of_training(told: PastTraining, *, on: dt.date) -> dict[str, str]:
    """Return field → what is wrong with it, without a full stop: of the form and of the list from Excel alike."""
    found: dict[str, str] = {}
    least = LEAST_HOURS[told.kind]
    if not least <= told.hours <= MOST_HOURS:
        found["hours"] = f"Для вида «{told.kind.label}» часов бывает от {least} до {MOST_HOURS}"
    if told.ended_on.year < FIRST_YEAR:
        found["ended_on"] = f"Вносится обучение, законченное с 01.01.{FIRST_YEAR}"
    elif told.ended_on > on:
        found["ended_on"] = "Дата окончания в будущем: вносится обучение, которое уже закончено"
    if told.started_on is not None and told.started_on > told.ended_on:
        found["started_on"] = "Обучение началось позже, чем закончилось: проверьте обе даты"
    if told.issued_on is not None and told.issued_on > on:
        found["issued_on"] = "Дата выдачи документа в будущем"
    elif told.issued_on is not None and told.issued_on < told.ended_on:
        found["issued_on"] = "Документ выдан раньше, чем закончилось обучение"
    diploma = told.document_kind == PastDocument.DIPLOMA
    if (
        told.document_kind is not None
        and diploma != (told.kind == ProgramKind.RETRAINING)
        and (told.document_kind != PastDocument.OTHER)
    ):
        found["document_kind"] = "Диплом выдают за переподготовку, удостоверение и свидетельство — за курсы"
    return found


@dataclass(frozen=True, slots=True)
class Confirmer:
    """Who decides on a training outside the portal: ``enters``: wrote its facts; ``owns``: was trained."""

    enters: bool
    owns: bool
    is_operator: bool


def may_decide_training(source: TrainingSource, who: Confirmer) -> Decision:
    """The responsible decides on what the worker entered, the operator on all the rest; nobody on the own."""
    if who.enters:
        return refuse("Это обучение внесли или исправили вы: решение по нему принимает другой человек.")
    if who.owns:
        return refuse("Это ваше обучение: решение по нему принимает другой человек.")
    if source != TrainingSource.WORKER and not who.is_operator:
        return refuse("Это обучение внёс ответственный: решение по нему принимает оператор.")
    return ALLOWED


def may_confirm_training(source: TrainingSource, who: Confirmer, *, has_scan: bool) -> Decision:
    """As ``may_decide_training``, and the document has been looked at."""
    decided = may_decide_training(source, who)
    if decided and not has_scan:
        return refuse("Скана документа нет, сверить не с чем. Приложите скан или отклоните обучение с причиной.")
    return decided


def may_change_training(source: TrainingSource, status: TrainingStatus, who: Confirmer) -> Decision:
    """Facts are changed until they are confirmed; those of the worker only by the worker."""
    if status == TrainingStatus.CONFIRMED:
        return refuse("Подтверждённое обучение не меняют. Если в нём ошибка, попросите оператора снять подтверждение.")
    if source == TrainingSource.WORKER and not who.owns:
        return refuse("Это обучение внёс работник. Подтвердите его или отклоните с причиной: исправит он сам.")
    return ALLOWED
