"""The rules decide by plain values; every refusal says why and what to do."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from app.rules.decision import ALLOWED, Decision, add_months, last_day_of, months_in_words
from app.rules.document import Outcome, may_issue_certificate
from app.rules.enrolment import (
    BlockFacts,
    BusyPeriod,
    Course,
    Quota,
    Room,
    has_seat,
    in_order,
    lacking_seats,
    may_enrol,
)
from app.rules.outcome import Attended, propose_outcome
from app.rules.suitability import Targets, Workplace, suits
from app.rules.voucher import Applicant, VoucherTerms, may_apply_for_voucher
from app.statuses import (
    BlockKind,
    BlockStatus,
    CertificateKind,
    EnrolmentStatus,
    GroupStatus,
    Ownership,
    PositionKind,
    ProgramKind,
)

DAY = dt.date(2026, 3, 10)


def plain(decision: Decision) -> str:
    return decision.reason.replace("\u00a0", " ")


# --- terms in months -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        (dt.date(2024, 3, 14), 36, dt.date(2027, 3, 14)),
        (dt.date(2024, 2, 29), 36, dt.date(2027, 2, 28)),
        (dt.date(2024, 2, 29), 48, dt.date(2028, 2, 29)),
        (dt.date(2025, 12, 31), 2, dt.date(2026, 2, 28)),
        (dt.date(2025, 11, 30), 1, dt.date(2025, 12, 30)),
        (dt.date(2025, 12, 1), 12, dt.date(2026, 12, 1)),
    ],
)
def test_add_months_keeps_the_day_or_takes_the_months_last(day: dt.date, months: int, expected: dt.date) -> None:
    assert add_months(day, months) == expected


def test_last_day_of_a_term_is_the_day_before_the_same_date() -> None:
    assert last_day_of(dt.date(2026, 3, 14), 36) == dt.date(2029, 3, 13)


@pytest.mark.parametrize(
    ("months", "words"), [(36, "3 года"), (12, "1 год"), (60, "5 лет"), (18, "18 месяцев"), (1, "1 месяц")]
)
def test_term_in_words(months: int, words: str) -> None:
    assert months_in_words(months).replace("\u00a0", " ") == words


# --- application for a чек -------------------------------------------------------------------------------------------

TERMS = VoucherTerms(
    period_months=36,
    requires_confirmed_workplace=True,
    position_kinds=["teaching", "head"],
    ownerships=["regional", "municipal"],
)
TEACHER = Applicant(
    snils="11223344595",
    position="Учитель",
    position_kind=PositionKind.TEACHING,
    position_eligible=True,
    organization="Школа № 1",
    ownership=Ownership.REGIONAL,
    workplace_confirmed=True,
)


def test_teacher_of_a_regional_school_may_apply() -> None:
    assert may_apply_for_voucher(TEACHER, TERMS, on=DAY) == ALLOWED


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"snils": None}, "нет СНИЛС"),
        ({"snils": ""}, "нет СНИЛС"),
        ({"position_kind": PositionKind.OTHER}, "«Учитель» к ним не относится"),
        ({"position_eligible": False}, "«Учитель» к ним не относится"),
        ({"ownership": Ownership.PRIVATE}, "«Школа № 1» — частная"),
        ({"ownership": Ownership.FEDERAL}, "«Школа № 1» — федеральная"),
        ({"workplace_confirmed": False}, "«Учитель, Школа № 1» ещё не подтверждено"),
        ({"live_application": True}, "Заявка на чек уже подана"),
        (
            {"active_voucher": "63-2025-000007", "active_until": dt.date(2040, 3, 13)},
            "Уже есть действующий чек № 63-2025-000007. Новый можно получить с 14.03.2040",
        ),
        (  # the period since the last one ends after its term
            {"active_voucher": "7", "active_until": DAY, "last_issued_on": dt.date(2040, 1, 31)},
            "Новый можно получить с 31.01.2043",
        ),
    ],
)
def test_application_is_refused_with_the_reason(change: dict[str, object], words: str) -> None:
    decision = may_apply_for_voucher(replace(TEACHER, **change), TERMS, on=DAY)  # type: ignore[arg-type]
    assert not decision.allowed
    assert words in plain(decision)


def test_workplace_need_not_be_confirmed_when_the_rule_does_not_ask() -> None:
    terms = replace(TERMS, requires_confirmed_workplace=False)
    assert may_apply_for_voucher(replace(TEACHER, workplace_confirmed=False), terms, on=DAY)


def test_new_voucher_before_the_period_ends_names_the_first_day() -> None:
    early = replace(TEACHER, last_issued_on=dt.date(2024, 3, 14))
    decision = may_apply_for_voucher(early, TERMS, on=dt.date(2027, 3, 13))
    assert plain(decision) == "Новый чек можно получить с 14.03.2027: предыдущий выдан 14.03.2024, период 3 года."
    assert not decision.allowed


def test_new_voucher_is_allowed_from_the_named_day_on() -> None:
    early = replace(TEACHER, last_issued_on=dt.date(2024, 3, 14))
    assert may_apply_for_voucher(early, TERMS, on=dt.date(2027, 3, 14)) == ALLOWED


# --- whom a program suits --------------------------------------------------------------------------------------------

MATHS = Workplace(
    organization_type="Общеобразовательная", position="Учитель", subjects=frozenset({"Математика", "Физика"})
)


def targets(*, types: set[str] | None = None, positions: set[str] | None = None, subjects: set[str] | None = None):  # type: ignore[no-untyped-def]
    return Targets(
        organization_types=frozenset(types or ()),
        positions=frozenset(positions or ()),
        subjects=frozenset(subjects or ()),
    )


@pytest.mark.parametrize(
    "wanted",
    [
        targets(),
        targets(types={"Общеобразовательная", "Дошкольная"}),
        targets(positions={"Учитель"}),
        targets(subjects={"Физика", "Химия"}),
        targets(types={"Общеобразовательная"}, positions={"Учитель"}, subjects={"Математика"}),
    ],
)
def test_program_suits(wanted: Targets) -> None:
    assert suits(wanted, MATHS) == ALLOWED


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        (
            targets(types={"Дошкольная"}),
            "для работников организаций типа: «Дошкольная», а у работника — «Общеобразовательная»",
        ),
        (targets(positions={"Методист", "Воспитатель"}), "для должностей: «Воспитатель», «Методист»"),
        (targets(subjects={"Химия"}), "для тех, кто ведёт предметы: «Химия», а у работника — «Математика», «Физика»"),
    ],
)
def test_program_does_not_suit_and_says_why(wanted: Targets, words: str) -> None:
    decision = suits(wanted, MATHS)
    assert not decision.allowed
    assert words in plain(decision)


def test_program_for_a_subject_refuses_who_has_none() -> None:
    decision = suits(targets(subjects={"Химия"}), replace(MATHS, subjects=frozenset()))
    assert "не указано ничего подходящего" in plain(decision)


def test_long_list_of_targets_is_cut() -> None:
    wanted = targets(positions={f"Должность {n}" for n in range(8)})
    assert "и ещё 3" in plain(suits(wanted, MATHS))


# --- enrolment -------------------------------------------------------------------------------------------------------

COURSE = Course(
    number="12",
    title="Цифровая школа",
    status=GroupStatus.OPEN,
    enrol_from=dt.date(2026, 3, 1),
    enrol_until=dt.date(2026, 3, 20),
    starts_on=dt.date(2026, 4, 6),
    ends_on=dt.date(2026, 4, 17),
    hours=36,
    block=BlockKind.VARIABLE,
)
BLOCK = BlockFacts(
    id=1,
    title="Вариативный блок 1",
    kind=BlockKind.VARIABLE,
    hours_min=16,
    hours_max=36,
    status=BlockStatus.FREE,
    voucher_active=True,
    valid_until=dt.date(2028, 1, 1),
)


def of_voucher(**statuses: BlockStatus) -> list[BlockFacts]:
    """The blocks of a чек of 90 hours, the invariant one required."""
    kinds = {"inv": BlockKind.INVARIANT, "var1": BlockKind.VARIABLE, "var2": BlockKind.VARIABLE}
    return [
        replace(BLOCK, id=n, title=code, kind=kind, required=code == "inv", status=statuses.get(code, BlockStatus.FREE))
        for n, (code, kind) in enumerate(kinds.items(), 1)
    ]


@pytest.mark.parametrize(
    ("statuses", "after"),
    [
        ({}, ["", "inv", "inv"]),
        ({"var1": BlockStatus.USED}, ["", "inv", "inv"]),
        ({"inv": BlockStatus.RESERVED}, ["", "", ""]),
        ({"inv": BlockStatus.USED, "var1": BlockStatus.USED}, ["", "", ""]),
    ],
)
def test_a_required_block_is_chosen_first(statuses: dict[str, BlockStatus], after: list[str]) -> None:
    assert [block.after for block in in_order(of_voucher(**statuses))] == after


def test_a_voucher_without_a_required_block_is_spent_in_any_order() -> None:
    assert [b.after for b in in_order(replace(block, required=False) for block in of_voucher())] == ["", "", ""]


ROOM = Room(capacity=25, taken=20)
QUOTA = Quota(id=1, whose="организации «Школа № 1»", seats=3, taken=2)


def enrol(course: Course = COURSE, *, on: dt.date = DAY, room=ROOM, blocks=(BLOCK,), busy=()) -> Decision:  # type: ignore[no-untyped-def]
    return may_enrol(course, MATHS, on=on, room=room, blocks=blocks, busy=busy)


@pytest.mark.parametrize(
    ("room", "free", "words"),
    [
        (ROOM, 5, ""),
        (replace(ROOM, quota=QUOTA), 1, ""),
        (replace(ROOM, taken=25), 0, "Свободных мест нет: занято 25 из 25."),
        (replace(ROOM, quota=replace(QUOTA, taken=3)), 0, "Места по квоте организации «Школа № 1» заняты: 3 из 3."),
        (replace(ROOM, taken=25, quota=QUOTA), 0, "Свободных мест нет: занято 25 из 25."),
    ],
)
def test_without_a_seat_the_enrolment_waits_and_says_why(room: Room, free: int, words: str) -> None:
    assert (room.free, has_seat(room).reason) == (free, words)
    decision = enrol(room=room)
    assert (decision.allowed, decision.waits) == (True, bool(words))
    assert decision.reason == (f"{words} Можно встать в лист ожидания." if words else "")


def test_a_refusal_is_told_before_the_seats() -> None:
    full = replace(ROOM, taken=25)
    assert enrol(room=full, blocks=()) == enrol(blocks=())


def test_the_quota_limits_only_where_it_leaves_fewer_seats_than_the_group() -> None:
    assert replace(ROOM, quota=QUOTA).limit == QUOTA
    assert replace(ROOM, taken=24, quota=QUOTA).limit is None
    both = replace(ROOM, taken=25, quota=replace(QUOTA, taken=3))
    assert len(lacking_seats(both)) == 2


@pytest.mark.parametrize("on", [dt.date(2026, 3, 1), DAY, dt.date(2026, 3, 20)])
def test_enrolment_is_allowed_on_every_day_of_its_dates(on: dt.date) -> None:
    assert enrol(on=on) == ALLOWED


@pytest.mark.parametrize(
    ("on", "words"),
    [(dt.date(2026, 2, 28), "начнётся 01.03.2026"), (dt.date(2026, 3, 21), "закончилась 20.03.2026")],
)
def test_enrolment_outside_its_dates_is_refused(on: dt.date, words: str) -> None:
    decision = enrol(on=on)
    assert not decision.allowed
    assert words in plain(decision)


@pytest.mark.parametrize("status", [s for s in GroupStatus if s != GroupStatus.OPEN])
def test_enrolment_into_a_group_that_is_not_open_is_refused(status: GroupStatus) -> None:
    decision = enrol(replace(COURSE, status=status))
    assert not decision.allowed
    assert f"«{status.label}»" in plain(decision)


def test_program_that_does_not_suit_refuses_the_enrolment() -> None:
    decision = enrol(replace(COURSE, targets=targets(positions={"Методист"})))
    assert decision == suits(targets(positions={"Методист"}), MATHS)


def test_course_without_a_block_needs_none() -> None:
    assert enrol(replace(COURSE, block=None), blocks=()) == ALLOWED


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"voucher_active": False}, "действующего чека нет"),
        ({"kind": BlockKind.INVARIANT}, "в чеке такого блока нет"),
        ({"after": "Инвариантный блок"}, "обязательный блок «Инвариантный блок» ещё свободен"),
        ({"status": BlockStatus.RESERVED}, "свободных блоков этого вида не осталось"),
        ({"status": BlockStatus.USED}, "свободных блоков этого вида не осталось"),
        ({"hours_max": 35}, "длится 36 часов, а свободный блок чека оплачивает 16–35"),
        ({"hours_min": 37, "hours_max": 72}, "оплачивает 37–72"),
        ({"valid_until": dt.date(2026, 4, 5)}, "Чек действует по 05.04.2026, а занятия начнутся позже — 06.04.2026"),
    ],
)
def test_block_that_does_not_pay_refuses_the_enrolment(change: dict[str, object], words: str) -> None:
    decision = enrol(blocks=[replace(BLOCK, **change)])  # type: ignore[arg-type]
    assert not decision.allowed
    assert words in plain(decision)


def test_person_without_a_voucher_is_told_to_apply() -> None:
    assert "Сначала подайте заявку на чек" in plain(enrol(blocks=()))


@pytest.mark.parametrize("valid_until", [COURSE.starts_on, COURSE.ends_on])
def test_voucher_that_covers_the_first_day_pays(valid_until: dt.date) -> None:
    assert enrol(blocks=[replace(BLOCK, valid_until=valid_until)]) == ALLOWED


@pytest.mark.parametrize("hours", [16, 36])
def test_hours_at_the_blocks_bounds_are_paid(hours: int) -> None:
    assert enrol(replace(COURSE, hours=hours)) == ALLOWED


def busy(first: dt.date, last: dt.date) -> BusyPeriod:
    return BusyPeriod(group="7", title="Другая программа", starts_on=first, ends_on=last)


@pytest.mark.parametrize(
    ("first", "last"),
    [
        (dt.date(2026, 4, 17), dt.date(2026, 4, 30)),
        (dt.date(2026, 3, 30), dt.date(2026, 4, 6)),
        (dt.date(2026, 4, 8), dt.date(2026, 4, 9)),
        (dt.date(2026, 1, 1), dt.date(2026, 12, 31)),
    ],
)
def test_overlap_with_another_group_is_refused_by_its_name(first: dt.date, last: dt.date) -> None:
    decision = enrol(busy=[busy(first, last)])
    assert not decision.allowed
    assert "с группой 7 «Другая программа»" in plain(decision)


@pytest.mark.parametrize(
    ("first", "last"), [(dt.date(2026, 4, 18), dt.date(2026, 4, 30)), (dt.date(2026, 3, 1), dt.date(2026, 4, 5))]
)
def test_neighbouring_dates_do_not_overlap(first: dt.date, last: dt.date) -> None:
    assert enrol(busy=[busy(first, last)]) == ALLOWED


# --- documents -------------------------------------------------------------------------------------------------------

TRAINED = Outcome(status=EnrolmentStatus.TRAINED, program_kind=ProgramKind.ADVANCED, ends_on=dt.date(2026, 3, 9))


def certify(outcome: Outcome, kind: CertificateKind, issued_on: dt.date = DAY) -> Decision:
    return may_issue_certificate(outcome, kind, issued_on=issued_on, on=DAY)


@pytest.mark.parametrize(
    ("outcome", "kind"),
    [
        (TRAINED, CertificateKind.CERTIFICATE),
        (TRAINED, CertificateKind.TRAINING_NOTE),
        (replace(TRAINED, program_kind=ProgramKind.RETRAINING), CertificateKind.DIPLOMA),
        (replace(TRAINED, status=EnrolmentStatus.FAILED), CertificateKind.STUDY_PERIOD_NOTE),
        (replace(TRAINED, status=EnrolmentStatus.EXPELLED), CertificateKind.STUDY_PERIOD_NOTE),
    ],
)
def test_document_fits_the_outcome(outcome: Outcome, kind: CertificateKind) -> None:
    assert certify(outcome, kind) == ALLOWED


@pytest.mark.parametrize("status", [s for s in EnrolmentStatus if s != EnrolmentStatus.TRAINED])
def test_document_on_qualification_needs_a_trained_listener(status: EnrolmentStatus) -> None:
    decision = certify(replace(TRAINED, status=status), CertificateKind.CERTIFICATE)
    assert not decision.allowed
    assert f"«{status.label}»" in plain(decision)


@pytest.mark.parametrize(
    ("program", "kind"),
    [
        (ProgramKind.ADVANCED, CertificateKind.DIPLOMA),
        (ProgramKind.RETRAINING, CertificateKind.CERTIFICATE),
        (ProgramKind.ADVANCED, CertificateKind.STUDY_PERIOD_NOTE),
    ],
)
def test_document_of_another_kind_is_refused(program: ProgramKind, kind: CertificateKind) -> None:
    assert not certify(replace(TRAINED, program_kind=program), kind).allowed


@pytest.mark.parametrize(
    ("issued_on", "words"),
    [(dt.date(2026, 3, 8), "заканчиваются 09.03.2026"), (dt.date(2026, 3, 11), "сегодня 10.03.2026")],
)
def test_date_of_issue_lies_between_the_courses_end_and_today(issued_on: dt.date, words: str) -> None:
    decision = certify(TRAINED, CertificateKind.CERTIFICATE, issued_on)
    assert not decision.allowed
    assert words in plain(decision)


@pytest.mark.parametrize("issued_on", [TRAINED.ends_on, DAY])
def test_date_of_issue_may_be_either_bound(issued_on: dt.date) -> None:
    assert certify(TRAINED, CertificateKind.CERTIFICATE, issued_on) == ALLOWED


# --- outcome by attendance -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("facts", "outcome", "reason"),
    [
        ((0, 0, 0), None, "В группе нет расписания, поэтому портал ничего не предлагает."),
        ((0, 720, 0), EnrolmentStatus.NO_SHOW, "Не посещено ни одного занятия."),
        ((0, 720, 360), None, "Ни одного посещения, не отмечено ещё 8 ак. ч. Отметьте посещаемость."),
        ((450, 720, 0), EnrolmentStatus.FAILED, "Посещено 10 из 16 академических часов (63 %), нужно не меньше 75 %."),
        ((540, 720, 0), EnrolmentStatus.TRAINED, "Посещено 12 из 16 академических часов (75 %), нужно не меньше 75 %."),
        (
            (539, 720, 0),
            EnrolmentStatus.FAILED,
            "Посещено 11,9 из 16 академических часов (74,9 %), нужно не меньше 75 %.",
        ),
        (
            (450, 720, 90),
            None,
            "Посещено 10 из 16 академических часов (63 %), не отмечено ещё 2 ак. ч. Отметьте посещаемость.",
        ),
        ((450, 720, 89), EnrolmentStatus.FAILED, "Посещено 10 из 16 академических часов (63 %), нужно не меньше 75 %."),
        (
            (540, 720, 180),
            EnrolmentStatus.TRAINED,
            "Посещено 12 из 16 академических часов (75 %), нужно не меньше 75 %.",
        ),
        (
            (248, 248, 0),
            EnrolmentStatus.TRAINED,
            "Посещено 5,5 из 5,5 академического часа (100 %), нужно не меньше 75 %.",
        ),
        ((45, 945, 0), EnrolmentStatus.FAILED, "Посещено 1 из 21 академического часа (5 %), нужно не меньше 75 %."),
    ],
)
def test_attendance_proposes_an_outcome_and_says_why(
    facts: tuple[int, int, int], outcome: EnrolmentStatus | None, reason: str
) -> None:
    attended, planned, unmarked = facts
    found = propose_outcome(Attended(attended=attended, planned=planned, unmarked=unmarked), 75)
    assert (found.outcome, found.reason) == (outcome, reason.replace(" %", "\N{NO-BREAK SPACE}%"))


def test_an_organizer_that_demands_nothing_still_needs_one_visit() -> None:
    assert propose_outcome(Attended(attended=60, planned=960), 0).outcome == EnrolmentStatus.TRAINED
    assert propose_outcome(Attended(attended=0, planned=960), 0).outcome == EnrolmentStatus.NO_SHOW
