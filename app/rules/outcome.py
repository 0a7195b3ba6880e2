"""The outcome of a course that the attendance proposes, and the outcomes that it contradicts."""

from __future__ import annotations

from dataclasses import dataclass

from app import russian
from app.russian import NBSP
from app.statuses import EnrolmentStatus

#: minutes of an academic hour: hours of programs, schedules and the journal are academic
ACADEMIC_HOUR = 45


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
    wanted = f"нужно не меньше {percent}{NBSP}%."
    visited = f"Посещено {_hours_of(attended, planned)} ({russian.percent(attended, planned, least=percent)})"
    if attended == 0:
        if unmarked:
            return Proposal(
                None, f"Ни одного посещения, не отмечено ещё {_hours(unmarked)} ак. ч. Отметьте посещаемость."
            )
        return Proposal(EnrolmentStatus.NO_SHOW, "Не посещено ни одного занятия.")
    if attended * 100 >= percent * planned:
        return Proposal(EnrolmentStatus.TRAINED, f"{visited}, {wanted}")
    if (attended + unmarked) * 100 >= percent * planned:
        return Proposal(None, f"{visited}, не отмечено ещё {_hours(unmarked)} ак. ч. Отметьте посещаемость.")
    return Proposal(EnrolmentStatus.FAILED, f"{visited}, {wanted}")


def contradiction(outcome: EnrolmentStatus, facts: Attended, percent: int) -> str:
    """Say why an outcome and the attendance cannot both be right; empty when they can, or when marks are missing.

    Not attested or expelled may be anybody, however often that person came; trained is only who came often enough, and who
    never began was at no meeting.
    """
    if outcome == EnrolmentStatus.NO_SHOW and facts.attended:
        return f"Посещено {_hours_of(facts.attended, facts.planned)}, а не приступил тот, кого не было ни на одном занятии."
    proposal = propose_outcome(facts, percent)
    if outcome == EnrolmentStatus.TRAINED and proposal.outcome not in (None, outcome):
        return proposal.reason
    return ""


def _hours(minutes: int) -> str:
    """Write minutes as academic hours with one decimal at most: «10», «5,5»."""
    tenths = minutes * 10 // ACADEMIC_HOUR
    return f"{tenths // 10},{tenths % 10}" if tenths % 10 else str(tenths // 10)


def _hours_of(part: int, whole: int) -> str:
    """Write «10 из 16 академических часов», «5 из 21 академического часа»: the words agree with the whole."""
    text = _hours(whole)
    one = "," in text or (int(text) % 10 == 1 and int(text) % 100 != 11)
    return f"{_hours(part)} из {text} {'академического часа' if one else 'академических часов'}"
