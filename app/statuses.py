"""Enumerations with Russian labels, and the one table of status transitions (order § 2–4; states of the design).

Every status names the user who acts next and has a tone for its pill. ``services.portal.transitions.move`` is the only
code that changes a status, and it obeys the edges declared here. Buttons, permissions, words of the journal and kinds of
letters come from the edge.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Self, cast


class LabelledEnum(StrEnum):
    """A stored code with the words shown for it; ``tone`` is one of ok, go, wait, bad, grey."""

    label: str
    tone: str

    def __new__(cls, value: str, label: str, tone: str = "grey") -> Self:
        """Build a member from (code, label, tone)."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.label = label
        member.tone = tone
        return member

    @classmethod
    def of(cls, code: str) -> Self:
        """Return the member of a stored code; raises KeyError for an unknown one."""
        return cast(Self, cls._value2member_map_[code])


# --- plain classifications -------------------------------------------------------------------------------------------


class BulkMode(LabelledEnum):
    """What becomes of a list of people of which not everybody can be enrolled; the user chooses."""

    ALL = "all", "Всех или никого"
    FIT = "fit", "Сколько поместится"


class TerritoryKind(LabelledEnum):
    MINISTRY_BODY = "ministry_body", "территориальное управление министерства"
    CITY_DEPARTMENT = "city_department", "департамент городского округа"


class MunicipalityKind(LabelledEnum):
    CITY = "city", "городской округ"
    DISTRICT = "district", "муниципальный район"


class Ownership(LabelledEnum):
    REGIONAL = "regional", "государственная (область)"
    MUNICIPAL = "municipal", "муниципальная"
    FEDERAL = "federal", "федеральная"
    PRIVATE = "private", "частная"


class PositionKind(LabelledEnum):
    FACULTY = "faculty", "профессорско-преподавательский состав"
    TEACHING = "teaching", "педагогическая"
    HEAD = "head", "руководитель"
    DEPUTY = "deputy", "заместитель, руководитель подразделения"
    OTHER = "other", "иная"


class Sex(LabelledEnum):
    MALE = "male", "мужской"
    FEMALE = "female", "женский"


class EmploymentKind(LabelledEnum):
    MAIN = "main", "основное место работы"
    SECONDARY = "secondary", "совместительство"


class ProgramKind(LabelledEnum):
    ADVANCED = "advanced", "повышение квалификации"
    RETRAINING = "retraining", "профессиональная переподготовка"


class StudyForm(LabelledEnum):
    FULL_TIME = "full_time", "очная"
    MIXED = "mixed", "очно-заочная"
    CORRESPONDENCE = "correspondence", "заочная"


class BlockKind(LabelledEnum):
    """Which block of a чек pays for the program: the invariant one or one of the variable ones."""

    INVARIANT = "invariant", "инвариантный блок"
    VARIABLE = "variable", "вариативный блок"


class CertificateKind(LabelledEnum):
    CERTIFICATE = "certificate", "удостоверение о повышении квалификации"
    DIPLOMA = "diploma", "диплом о профессиональной переподготовке"
    TRAINING_NOTE = "training_note", "справка о прохождении обучения"
    STUDY_PERIOD_NOTE = "study_period_note", "справка о периоде обучения"


class QuestionKind(LabelledEnum):
    ONE = "one", "один ответ"
    MANY = "many", "несколько ответов"
    SCALE = "scale", "шкала"
    TEXT = "text", "свободный ответ"
    NUMBER = "number", "число"


class NewsKind(LabelledEnum):
    NEWS = "news", "новость"
    LAW = "law", "нормативный документ"
    COURSES = "courses", "курсы региона"
    OTHER_REGIONS = "other_regions", "курсы других регионов"
    MANUAL = "manual", "инструкция"


class PastDocument(LabelledEnum):
    """Document of a training outside the portal; свидетельства were issued until 273-ФЗ came into force."""

    CERTIFICATE = "certificate", "удостоверение о повышении квалификации"
    EVIDENCE = "evidence", "свидетельство о повышении квалификации (до сентября 2013 года)"
    DIPLOMA = "diploma", "диплом о профессиональной переподготовке"
    OTHER = "other", "справка, сертификат"


class TrainingSource(LabelledEnum):
    """The side that entered a training outside the portal; the same side may not confirm it."""

    WORKER = "worker", "внесено вручную работником"
    STAFF = "staff", "внесено вручную ответственным или оператором"
    LIST = "list", "внесено вручную, списком из Excel"
    # a used block of a former чек: the чек itself has been accounted for, so its course needs no scan
    VOUCHER = "voucher", "внесено вручную, из списка чеков прошлых лет"


class DuplicateGround(LabelledEnum):
    """Why a document was issued anew in place of another (columns of ФИС ФРДО: утрата, обмен, уничтожение)."""

    LOST = "lost", "утрата"
    DAMAGED = "damaged", "порча"
    EXCHANGED = "exchanged", "обмен (смена фамилии, ошибка)"


class Handing(LabelledEnum):
    """How a document came to its owner (журнал учёта выдачи)."""

    PERSON = "person", "лично"
    PROXY = "proxy", "по доверенности"
    POST = "post", "по почте"


class PrintMode(LabelledEnum):
    PAGE = "page", "страница целиком"
    BLANK = "blank", "только текст, на бланк"


class FrdoAnswer(LabelledEnum):
    """Answer of ФИС ФРДО to one row."""

    NONE = "none", "ответа нет", "wait"
    ACCEPTED = "accepted", "принята", "ok"
    REJECTED = "rejected", "отклонена", "bad"


class FrdoAction(LabelledEnum):
    """What the registry is to do with a document of a batch; only a correcting batch has others than ``add``."""

    ADD = "add", "внести"
    CHANGE = "change", "исправить сведения"
    ANNUL = "annul", "аннулировать", "bad"


class Schedule(LabelledEnum):
    """How often a saved registry is sent."""

    NEVER = "never", "не отправлять"
    DAILY = "daily", "каждый рабочий день"
    WEEKLY = "weekly", "по понедельникам"
    MONTHLY = "monthly", "первого числа месяца"


class OrderKind(LabelledEnum):
    """Приказ of an organizer about the listeners of a group."""

    ENROLMENT = "enrolment", "о зачислении"
    EXPULSION = "expulsion", "об отчислении"


class AttendanceMark(LabelledEnum):
    """Mark of the attendance journal; ``excused``: absent for a good reason, which does not count as attended."""

    PRESENT = "present", "присутствовал", "ok"
    ABSENT = "absent", "отсутствовал", "bad"
    EXCUSED = "excused", "отсутствовал по уважительной причине", "wait"


class EmployerAgreement(LabelledEnum):
    """How an organization agrees its people's enrolments (order § 3.5)."""

    REQUIRED = "required", "согласует ответственный"
    AUTOMATIC = "automatic", "согласуется автоматически"


# --- statuses --------------------------------------------------------------------------------------------------------


class ConfirmationStatus(LabelledEnum):
    """Whether the operator has confirmed a place of work (order § 2.7)."""

    UNCONFIRMED = "unconfirmed", "Ждёт подтверждения оператора", "wait"
    CONFIRMED = "confirmed", "Подтверждено", "ok"


class TrainingStatus(LabelledEnum):
    """A training outside the portal counts for coverage once its scan has been looked at."""

    PENDING = "pending", "Ждёт подтверждения", "wait"
    CONFIRMED = "confirmed", "Подтверждено", "ok"
    REJECTED = "rejected", "Отклонено", "bad"


class RegistrationStatus(LabelledEnum):
    """Self-registration (order § 2.2–2.7); nothing reaches the operator before the e-mail is confirmed."""

    EMAIL = "email", "Ждёт подтверждения почты", "grey"
    PENDING = "pending", "На проверке у оператора", "wait"
    CONFIRMED = "confirmed", "Подтверждена", "ok"
    RETURNED = "returned", "Возвращена: нужно исправить", "bad"
    REJECTED = "rejected", "Отклонена", "bad"


class ChangeStatus(LabelledEnum):
    """Correction of a card that the person proposes and the responsible confirms (order § 2.8)."""

    PROPOSED = "proposed", "Ждёт подтверждения", "wait"
    ACCEPTED = "accepted", "Внесено в карточку", "ok"
    PARTLY = "partly", "Внесено частично", "wait"
    DECLINED = "declined", "Отклонено", "bad"
    WITHDRAWN = "withdrawn", "Отозвано", "grey"


class TransferStatus(LabelledEnum):
    """Move of a person to another organization: release, acceptance, confirmation (order § 2.7)."""

    REQUESTED = "requested", "Ждёт согласия прежней организации", "wait"
    RELEASED = "released", "Ждёт приёма новой организацией", "wait"
    ACCEPTED = "accepted", "Ждёт подтверждения оператора", "wait"
    CONFIRMED = "confirmed", "Переведён", "ok"
    DECLINED = "declined", "Отклонён", "bad"
    WITHDRAWN = "withdrawn", "Отозван", "grey"


class WithdrawalStatus(LabelledEnum):
    """Withdrawn consent: the operator has 30 days (152-ФЗ, ст. 21)."""

    OPEN = "open", "Ждёт обработки", "wait"
    DONE = "done", "Данные обезличены", "ok"


class AccessRequestStatus(LabelledEnum):
    SUBMITTED = "submitted", "Ждёт решения оператора", "wait"
    GRANTED = "granted", "Доступ предоставлен", "ok"
    REJECTED = "rejected", "Отказано", "bad"
    REVOKED = "revoked", "Доступ отозван", "grey"


class ApplicationStatus(LabelledEnum):
    """Application for a чек (order § 2.7, 4)."""

    DRAFT = "draft", "Черновик", "grey"
    SUBMITTED = "submitted", "Ждёт решения оператора", "wait"
    RETURNED = "returned", "Возвращена: нужно исправить", "bad"
    APPROVED = "approved", "Одобрена", "ok"
    REJECTED = "rejected", "Отказано", "bad"
    WITHDRAWN = "withdrawn", "Отозвана заявителем", "grey"


class VoucherStatus(LabelledEnum):
    ACTIVE = "active", "Действует", "ok"
    USED = "used", "Использован", "grey"
    EXPIRED = "expired", "Истёк", "grey"
    ANNULLED = "annulled", "Аннулирован", "bad"
    REPLACED = "replaced", "Заменён", "grey"


class BlockStatus(LabelledEnum):
    FREE = "free", "Свободен", "ok"
    RESERVED = "reserved", "Зарезервирован", "go"
    USED = "used", "Использован", "grey"
    LAPSED = "lapsed", "Сгорел", "bad"


class ProgramStatus(LabelledEnum):
    DRAFT = "draft", "Черновик", "grey"
    SUBMITTED = "submitted", "Ждёт публикации оператором", "wait"
    RETURNED = "returned", "Возвращена: нужно исправить", "bad"
    PUBLISHED = "published", "Опубликована", "ok"
    ARCHIVED = "archived", "В архиве", "grey"


class GroupStatus(LabelledEnum):
    DRAFT = "draft", "Черновик", "grey"
    OPEN = "open", "Идёт запись", "ok"
    CLOSED = "closed", "Запись закрыта", "wait"
    RUNNING = "running", "Идёт обучение", "go"
    COMPLETED = "completed", "Завершена", "grey"
    CANCELLED = "cancelled", "Отменена", "bad"


class EnrolmentStatus(LabelledEnum):
    WAITING = "waiting", "Лист ожидания", "wait"
    OFFERED = "offered", "Место предложено: подтвердите", "go"
    APPLIED = "applied", "Ждёт согласования организации", "wait"
    AGREED = "agreed", "Ждёт подтверждения организатора", "wait"
    CONFIRMED = "confirmed", "Подтверждена", "go"
    TRAINED = "trained", "Обучен, аттестован", "ok"
    FAILED = "failed", "Не аттестован", "bad"
    NO_SHOW = "no_show", "Не приступил", "bad"
    EXPELLED = "expelled", "Отчислен", "bad"
    REJECTED = "rejected", "Отклонена", "bad"
    WITHDRAWN = "withdrawn", "Отозвана", "grey"


class CertificateStatus(LabelledEnum):
    ISSUED = "issued", "Действителен", "ok"
    ANNULLED = "annulled", "Аннулирован", "bad"
    REPLACED = "replaced", "Заменён", "grey"


class BlankStatus(LabelledEnum):
    STOCK = "stock", "На складе", "ok"
    USED = "used", "Использован", "grey"
    SPOILED = "spoiled", "Испорчен", "bad"


class RegistryStatus(LabelledEnum):
    FORMED = "formed", "Сформирован", "grey"
    SENT = "sent", "Направлен в министерство", "wait"
    ACCEPTED = "accepted", "Принят", "ok"
    RETURNED = "returned", "Возвращён", "bad"


class FrdoBatchStatus(LabelledEnum):
    FORMED = "formed", "Сформирован", "grey"
    SENT = "sent", "Отправлен, ждёт ответа", "wait"
    ANSWERED = "answered", "Ответ получен", "ok"
    CANCELLED = "cancelled", "Отменён", "grey"


class CampaignStatus(LabelledEnum):
    """Yearly planning; it opens and closes by its days, and is approved with a snapshot that never changes."""

    PREPARING = "preparing", "Готовится", "wait"
    OPEN = "open", "Идёт выбор курсов", "go"
    CLOSED = "closed", "Выбор окончен", "grey"
    APPROVED = "approved", "План утверждён", "ok"


class OfferStatus(LabelledEnum):
    """A program put up for the year; one put up late waits for the operator."""

    LATE = "late", "Ждёт согласия оператора", "wait"
    OFFERED = "offered", "Предложена на год", "ok"
    DECLINED = "declined", "Не принята: предложена поздно", "bad"
    WITHDRAWN = "withdrawn", "Снята организатором", "grey"


class PlanItemStatus(LabelledEnum):
    """A person's wish: the organization agrees, the operator includes it in the plan."""

    PROPOSED = "proposed", "Ждёт согласования организации", "wait"
    AGREED = "agreed", "Согласована", "go"
    INCLUDED = "included", "Включена в план", "ok"
    DECLINED = "declined", "Отклонена", "bad"
    WITHDRAWN = "withdrawn", "Отозвана", "grey"


class UnmetStatus(LabelledEnum):
    WAITING = "waiting", "Ждёт ответа оператора", "wait"
    ANSWERED = "answered", "Есть ответ", "ok"
    WITHDRAWN = "withdrawn", "Отозвано", "grey"


class SurveyStatus(LabelledEnum):
    REQUESTED = "requested", "Запрошен министерством", "wait"
    DRAFT = "draft", "Готовится", "grey"
    PUBLISHED = "published", "Идёт опрос", "ok"
    CLOSED = "closed", "Завершён", "grey"


class ReportFormStatus(LabelledEnum):
    DRAFT = "draft", "Разрабатывается", "grey"
    SUBMITTED = "submitted", "Ждёт утверждения министерством", "wait"
    APPROVED = "approved", "Утверждена", "ok"
    RETIRED = "retired", "Не применяется", "grey"


class NewsStatus(LabelledEnum):
    DRAFT = "draft", "Черновик", "grey"
    PUBLISHED = "published", "Опубликовано", "ok"
    ARCHIVED = "archived", "В архиве", "grey"


class SupportStatus(LabelledEnum):
    OPEN = "open", "Ждёт ответа", "wait"
    ANSWERED = "answered", "Есть ответ", "go"
    CLOSED = "closed", "Закрыто", "grey"


class MaintenanceStatus(LabelledEnum):
    ANNOUNCED = "announced", "Объявлен", "wait"
    ACTIVE = "active", "Идёт", "bad"
    ENDED = "ended", "Окончен", "grey"


class LetterStatus(LabelledEnum):
    QUEUED = "queued", "В очереди", "wait"
    SENT = "sent", "Отправлено", "ok"
    FAILED = "failed", "Не отправлено", "bad"
    ABORTED = "aborted", "Отменено", "grey"


class ImportStatus(LabelledEnum):
    PREVIEWED = "previewed", "Ждёт применения", "wait"
    APPLIED = "applied", "Применён", "ok"
    CANCELLED = "cancelled", "Отменён", "grey"
    UNDONE = "undone", "Отменён после применения", "grey"


class JobStatus(LabelledEnum):
    QUEUED = "queued", "В очереди", "wait"
    RUNNING = "running", "Выполняется", "go"
    DONE = "done", "Готово", "ok"
    FAILED = "failed", "Ошибка", "bad"
    CANCELLED = "cancelled", "Отменено", "grey"


# Sets of statuses that mean something together; nobody else writes one of them out.

#: listeners who have no outcome yet, from the application to the last day of the group
WITHOUT_OUTCOME = frozenset({EnrolmentStatus.APPLIED, EnrolmentStatus.AGREED, EnrolmentStatus.CONFIRMED})
#: ... with those to whom a seat is offered: they hold a seat, their days are busy
LISTENING = WITHOUT_OUTCOME | {EnrolmentStatus.OFFERED}
#: ... with those who wait for one: what is under way, so that it moves, is told and ends together
UNDER_WAY = LISTENING | {EnrolmentStatus.WAITING}
#: those who wait for a seat, or were offered one and have not answered
BEFORE_SEAT = frozenset({EnrolmentStatus.WAITING, EnrolmentStatus.OFFERED})
#: outcomes of those who came to the final assessment, so that they have its form, mark and protocol
ASSESSED = frozenset({EnrolmentStatus.TRAINED, EnrolmentStatus.FAILED})
#: who began and did not finish; needs a reason, gives a справка (273-ФЗ ст. 60 ч. 12)
UNSUCCESSFUL = frozenset({EnrolmentStatus.FAILED, EnrolmentStatus.EXPELLED})
#: in the order of the choices on the screen
OUTCOMES = (EnrolmentStatus.TRAINED, EnrolmentStatus.FAILED, EnrolmentStatus.NO_SHOW, EnrolmentStatus.EXPELLED)
#: an enrolment in one of these occupies a seat of its group (guard 1 of the design)
SEAT_HOLDING = LISTENING | frozenset(OUTCOMES)
#: ... and in one of these holds or has spent its voucher block (guard 2)
BLOCK_HOLDING = LISTENING | {EnrolmentStatus.TRAINED}
ENROLMENT_ENDED = frozenset({EnrolmentStatus.REJECTED, EnrolmentStatus.WITHDRAWN})
APPLICATION_LIVE = frozenset({ApplicationStatus.DRAFT, ApplicationStatus.SUBMITTED, ApplicationStatus.RETURNED})
TRANSFER_LIVE = frozenset({TransferStatus.REQUESTED, TransferStatus.RELEASED, TransferStatus.ACCEPTED})
#: what nobody offers, said in words that count as demand
UNMET_LIVE = frozenset({UnmetStatus.WAITING, UnmetStatus.ANSWERED})
#: wishes that nobody has put into the plan yet: their author changes them, a new employer agrees them anew, a dismissal ends them
PLAN_LIVE = frozenset({PlanItemStatus.PROPOSED, PlanItemStatus.AGREED})
#: ... with those in the plan: demand, one of a kind for each person and offer
PLAN_HELD = PLAN_LIVE | {PlanItemStatus.INCLUDED}
#: groups whose classes have not begun: they fill up, people move into them
FILLING = frozenset({GroupStatus.OPEN, GroupStatus.CLOSED})
#: groups that take place: announced, and neither over nor cancelled
TAKING_PLACE = FILLING | {GroupStatus.RUNNING}
#: groups that have begun: attendance, results and documents
BEGUN = frozenset({GroupStatus.RUNNING, GroupStatus.COMPLETED})
#: groups whose list is complete: orders are made of it
FORMED = BEGUN | {GroupStatus.CLOSED}
#: editions that anybody has seen: they are not edited any more
ONCE_PUBLISHED = frozenset({ProgramStatus.PUBLISHED, ProgramStatus.ARCHIVED})
#: letters that will not be sent any more by themselves
LETTER_GONE = frozenset({LetterStatus.SENT, LetterStatus.ABORTED})
#: documents of a finished course; справки are not
FINAL_DOCUMENTS = frozenset({CertificateKind.CERTIFICATE, CertificateKind.DIPLOMA})


#: what the text of a decision is called, and what is said where it lacks
REASON, REASON_LACKS = "Причина", "Укажите причину: её увидит тот, кого касается решение."


@dataclass(frozen=True, slots=True)
class Edge:
    """One allowed change of a status with everything that follows from it: nobody writes one of these words again.

    ``action``: the permission's verb and the name of the service's action. ``button``: its label; without one the edge is
    ``automatic``, taken by other actions or by jobs. ``done``: the same in the journal and in the answer to many rows at once.
    ``by``: the roles that hold the permission. ``reason``: a text is required, ``ask``: what it is called. ``letter``: the kind that tells whom it concerns
    (``mailing.kinds``); where it depends on more than the edge, or nobody is told, there is none. ``undo``: the decision may be
    taken back for a short time (``services.portal.undo``) along the edge of ``UNDO``: it leaves no number, document, right or seat
    behind that somebody else could have used meanwhile, or what it left is untouched and is taken back with it.

    Who acts next are those whose edges leave the ``target``.
    """

    source: LabelledEnum
    target: LabelledEnum
    action: str
    button: str
    done: str
    by: frozenset[str] = frozenset()
    reason: bool = False
    ask: str = REASON
    confirm: str = ""
    letter: str = ""
    undo: bool = False

    @property
    def automatic(self) -> bool:
        """Whether nobody presses a button for it."""
        return not self.button

    @property
    def lacking(self) -> str:
        """What is said where the required text lacks."""
        if self.ask == REASON:
            return REASON_LACKS
        return f"Заполните поле «{self.ask}»: его увидит тот, кого касается решение."


def _edges(
    target: LabelledEnum, action: str, button: str, *sources: LabelledEnum, done: str, by: str = "", **more: Any
) -> list[Edge]:
    return [Edge(source, target, action, button, done, frozenset(by.split()), **more) for source in sources]


_A, _V, _B, _P, _G, _E = ApplicationStatus, VoucherStatus, BlockStatus, ProgramStatus, GroupStatus, EnrolmentStatus
_R, _Q, _C, _K = RegistrationStatus, AccessRequestStatus, CertificateStatus, BlankStatus

#: table name → edges; the order of edges is the order of buttons
# fmt: off
TRANSITIONS: Mapping[str, tuple[Edge, ...]] = {
    "employment": (
        *_edges(ConfirmationStatus.CONFIRMED, "confirm", "Подтвердить место работы",
            ConfirmationStatus.UNCONFIRMED,
            done="Подтверждено", by="operator", letter="workplace_confirmed", undo=True),
        *_edges(ConfirmationStatus.UNCONFIRMED, "unconfirm", "Снять подтверждение", ConfirmationStatus.CONFIRMED,
            done="Снято подтверждение", by="operator", reason=True, letter="workplace_refused", undo=True),
    ),
    "training": (
        *_edges(TrainingStatus.CONFIRMED, "confirm", "Подтвердить", TrainingStatus.PENDING,
            done="Подтверждено", by="school operator", letter="training_confirmed", undo=True),
        # a confirmation that turned out wrong is taken back by the operator in the same way
        *_edges(TrainingStatus.REJECTED, "reject", "Отклонить", TrainingStatus.PENDING, TrainingStatus.CONFIRMED,
            done="Отклонено", by="school operator", reason=True, letter="training_rejected", undo=True),
        # follows from the correction of what was rejected
        *_edges(TrainingStatus.PENDING, "resubmit", "", TrainingStatus.REJECTED, done="Подано снова"),
    ),
    "registration": (
        *_edges(_R.PENDING, "arrive", "", _R.EMAIL, done="Почта подтверждена, подано", letter="registration_received"),
        *_edges(_R.CONFIRMED, "confirm", "Подтвердить", _R.PENDING,
            done="Подтверждено", by="operator", letter="registration_confirmed",
            confirm="Появится или дополнится карточка работника, место работы будет подтверждено, согласия записаны. Отменить это нельзя."),
        *_edges(_R.RETURNED, "return", "Вернуть на доработку", _R.PENDING,
            done="Возвращено на доработку", by="operator", reason=True, letter="registration_returned", undo=True),
        *_edges(_R.REJECTED, "reject", "Отклонить", _R.PENDING,
            done="Отклонено", by="operator", reason=True, letter="registration_rejected", undo=True),
        # the person's own row: no right of its own
        *_edges(_R.PENDING, "resubmit", "", _R.RETURNED, done="Подано снова", letter="registration_resent"),
    ),
    "change_request": (
        *_edges(ChangeStatus.ACCEPTED, "accept", "Внести в карточку", ChangeStatus.PROPOSED,
            done="Внесено в карточку", by="school operator", letter="change_accepted",
            confirm="Новые сведения встанут в карточку вместо прежних. Вернуть прежние можно только правкой карточки."),
        *_edges(ChangeStatus.PARTLY, "accept_partly", "", ChangeStatus.PROPOSED,
            done="Внесено частично", reason=True, letter="change_partly"),
        *_edges(ChangeStatus.DECLINED, "decline", "Отклонить", ChangeStatus.PROPOSED,
            done="Отклонено", by="school operator", reason=True, letter="change_declined", undo=True),
        *_edges(ChangeStatus.WITHDRAWN, "withdraw", "Отозвать", ChangeStatus.PROPOSED,
            done="Отозвано", by="worker", confirm="Отозвать исправление?"),
    ),
    "transfer": (
        *_edges(TransferStatus.RELEASED, "release", "Согласовать переход", TransferStatus.REQUESTED,
            done="Согласовано", by="school operator", letter="transfer_released"),
        *_edges(TransferStatus.ACCEPTED, "accept", "Принять работника", TransferStatus.RELEASED,
            done="Принято", by="school", letter="transfer_accepted"),
        *_edges(TransferStatus.CONFIRMED, "confirm", "Подтвердить переход", TransferStatus.ACCEPTED,
            done="Подтверждено", by="operator", letter="transfer_confirmed",
            confirm="Прежнее место работы закроется, новое начнётся, роли прежней организации прекратятся. Отменить это нельзя."),
        *_edges(TransferStatus.DECLINED, "decline", "Отклонить", TransferStatus.REQUESTED,
            TransferStatus.RELEASED, TransferStatus.ACCEPTED,
            done="Отклонено", by="school operator", reason=True, letter="transfer_declined", undo=True),
        *_edges(TransferStatus.WITHDRAWN, "withdraw", "Отозвать", TransferStatus.REQUESTED,
            TransferStatus.RELEASED,
            done="Отозвано", by="worker school", confirm="Отозвать переход?",
            letter="transfer_withdrawn"),
    ),
    "consent_withdrawal": (
        *_edges(WithdrawalStatus.DONE, "finish", "Обезличить данные", WithdrawalStatus.OPEN,
            done="Обезличено", by="operator",
            confirm="Обезличить данные человека? Вернуть их будет нельзя.", letter="data_erased"),
    ),
    "access_request": (
        *_edges(_Q.GRANTED, "grant", "Предоставить доступ", _Q.SUBMITTED,
            done="Доступ предоставлен", by="operator", letter="access_granted",
            confirm="Доступ к данным откроется сразу. Отменить это нельзя, доступ можно только отозвать с причиной."),
        *_edges(_Q.REJECTED, "reject", "Отказать", _Q.SUBMITTED,
            done="Отказано", by="operator", reason=True, letter="access_rejected", undo=True),
        *_edges(_Q.REVOKED, "revoke", "Отозвать доступ", _Q.GRANTED,
            done="Доступ отозван", by="operator", reason=True, letter="access_revoked"),
    ),
    "voucher_application": (
        *_edges(_A.SUBMITTED, "submit", "Подать заявку", _A.DRAFT, _A.RETURNED,
            done="Подано", by="worker school", letter="application_received"),
        *_edges(_A.APPROVED, "approve", "Одобрить", _A.SUBMITTED,
            done="Одобрено", by="operator", letter="application_approved", undo=True),
        *_edges(_A.RETURNED, "return", "Вернуть на доработку", _A.SUBMITTED,
            done="Возвращено на доработку", by="operator", reason=True, letter="application_returned", undo=True),
        *_edges(_A.REJECTED, "reject", "Отказать", _A.SUBMITTED,
            done="Отказано", by="operator", reason=True, letter="application_rejected", undo=True),
        *_edges(_A.WITHDRAWN, "withdraw", "Отозвать заявку", _A.DRAFT, _A.SUBMITTED, _A.RETURNED,
            done="Отозвано", by="worker school", confirm="Отозвать заявку на чек?"),
    ),
    "voucher": (
        *_edges(_V.REPLACED, "replace", "Заменить", _V.ACTIVE,
            done="Заменено", by="operator", reason=True, letter="voucher_replaced"),
        *_edges(_V.ANNULLED, "annul", "Аннулировать", _V.ACTIVE,
            done="Аннулировано", by="operator", reason=True, letter="voucher_annulled"),
        *_edges(_V.USED, "use", "", _V.ACTIVE, done="Использовано"),
        *_edges(_V.EXPIRED, "expire", "", _V.ACTIVE, done="Истёк срок", letter="voucher_expired"),
        # a result was corrected: a block of a used чек has not been spent after all
        *_edges(_V.ACTIVE, "resume", "", _V.USED, done="Снова действует: итог обучения исправлен"),
    ),
    "voucher_block": (
        *_edges(_B.RESERVED, "reserve", "", _B.FREE, done="Зарезервировано"),
        *_edges(_B.FREE, "release", "", _B.RESERVED, done="Освобождено"),
        *_edges(_B.USED, "spend", "", _B.RESERVED, done="Использовано"),
        *_edges(_B.LAPSED, "lapse", "", _B.FREE, _B.RESERVED, done="Сгорело"),
        # a result was corrected: a spent block is free again; a block pays after all for a course begun in the чек's term
        *_edges(_B.FREE, "give_back", "", _B.USED, done="Возвращено: итог обучения исправлен"),
        *_edges(_B.USED, "spend_late", "", _B.FREE, _B.LAPSED, done="Использовано: итог обучения исправлен"),
    ),
    "program": (
        *_edges(_P.SUBMITTED, "submit", "Отправить на публикацию", _P.DRAFT, _P.RETURNED,
            done="Отправлено на публикацию", by="organizer", letter="program_submitted"),
        *_edges(_P.PUBLISHED, "publish", "Опубликовать", _P.SUBMITTED,
            done="Опубликовано", by="operator", letter="program_published",
            confirm="Программа появится в каталоге, прежняя редакция уйдёт в архив. Отменить это нельзя."),
        *_edges(_P.RETURNED, "return", "Вернуть на доработку", _P.SUBMITTED,
            done="Возвращено на доработку", by="operator", reason=True, letter="program_returned", undo=True),
        *_edges(_P.ARCHIVED, "archive", "Убрать в архив", _P.PUBLISHED,
            done="Убрано в архив", by="organizer operator", confirm="Убрать программу в архив?",
            letter="program_archived"),
    ),
    "training_group": (
        *_edges(_G.OPEN, "open", "Открыть запись", _G.DRAFT, done="Открыта запись", by="organizer"),
        *_edges(_G.CLOSED, "close", "Закрыть запись", _G.OPEN,
            done="Закрыта запись", by="organizer", letter="group_closed"),
        *_edges(_G.OPEN, "reopen", "Возобновить запись", _G.CLOSED, done="Возобновлена запись", by="organizer"),
        *_edges(_G.RUNNING, "start", "Начать обучение", _G.CLOSED,
            done="Начато", by="organizer", letter="group_running"),
        *_edges(_G.COMPLETED, "complete", "Завершить обучение", _G.RUNNING,
            done="Завершено", by="organizer", letter="group_completed"),
        *_edges(_G.CANCELLED, "cancel", "Отменить группу", _G.DRAFT, _G.OPEN, _G.CLOSED, _G.RUNNING,
            done="Отменено", by="organizer", reason=True),
    ),
    "enrolment": (
        # a seat that has become free is offered for a time, or given at once where the operator set no time
        *_edges(_E.OFFERED, "offer", "", _E.WAITING, done="Предложено место", letter="enrolment_offered"),
        *_edges(_E.APPLIED, "promote", "", _E.WAITING,
            done="Переведено из листа ожидания", letter="enrolment_promoted"),
        *_edges(_E.WAITING, "let_pass", "", _E.OFFERED,
            done="Предложенное место не занято в срок", letter="offer_missed"),
        *_edges(_E.APPLIED, "accept", "Занять предложенное место", _E.OFFERED,
            done="Занято предложенное место", by="worker school"),
        *_edges(_E.AGREED, "agree", "Согласовать", _E.APPLIED,
            done="Согласовано", by="school", letter="enrolment_agreed", undo=True),
        *_edges(_E.CONFIRMED, "confirm", "Подтвердить запись", _E.AGREED,
            done="Подтверждено", by="organizer", letter="enrolment_confirmed", undo=True),
        *_edges(_E.TRAINED, "record_trained", "Обучен, аттестован", _E.CONFIRMED,
            done="Обучен, аттестован", by="organizer"),
        *_edges(_E.FAILED, "record_failed", "Не аттестован", _E.CONFIRMED,
            done="Не аттестован", by="organizer", reason=True, letter="result_failed"),
        *_edges(_E.NO_SHOW, "record_no_show", "Не приступил", _E.CONFIRMED,
            done="Не приступил", by="organizer", confirm="Отметить: не приступил?",
            letter="result_no_show"),
        *_edges(_E.EXPELLED, "expel", "Отчислить", _E.CONFIRMED,
            done="Отчислен", by="organizer", reason=True, letter="result_expelled"),
        # an outcome entered by mistake is another one, with the reason in the journal; a retake is a new fact
        *_edges(_E.TRAINED, "correct_trained", "", _E.FAILED, _E.NO_SHOW, _E.EXPELLED,
            done="Итог исправлен: обучен, аттестован"),
        *_edges(_E.FAILED, "correct_failed", "", _E.TRAINED, _E.NO_SHOW, _E.EXPELLED,
            done="Итог исправлен: не аттестован", reason=True),
        *_edges(_E.NO_SHOW, "correct_no_show", "", _E.TRAINED, _E.FAILED, _E.EXPELLED,
            done="Итог исправлен: не приступил"),
        *_edges(_E.EXPELLED, "correct_expelled", "", _E.TRAINED, _E.FAILED, _E.NO_SHOW,
            done="Итог исправлен: отчислен", reason=True),
        *_edges(_E.TRAINED, "retake", "", _E.FAILED,
            done="Пройдена повторная аттестация", by="organizer", letter="result_retaken"),
        *_edges(_E.REJECTED, "reject", "Отклонить", _E.WAITING, _E.OFFERED, _E.APPLIED, _E.AGREED, _E.CONFIRMED,
            done="Отклонено", by="school organizer", reason=True, letter="enrolment_rejected"),
        *_edges(_E.WITHDRAWN, "withdraw", "Отозвать запись", _E.WAITING, _E.OFFERED, _E.APPLIED, _E.AGREED,
            _E.CONFIRMED,
            done="Отозвано", by="worker school",
            confirm="Отозвать запись на курс? Место и блок чека освободятся.",
            letter="enrolment_withdrawn"),
    ),
    "certificate": (
        *_edges(_C.ANNULLED, "annul", "Аннулировать", _C.ISSUED,
            done="Аннулировано", by="organizer operator", reason=True, letter="certificate_annulled"),
        *_edges(_C.REPLACED, "supersede", "", _C.ISSUED,
            done="Заменено другим документом", letter="certificate_duplicated"),
    ),
    "blank": (
        *_edges(_K.USED, "use", "", _K.STOCK, done="Использовано"),
        *_edges(_K.SPOILED, "spoil", "Списать как испорченный", _K.STOCK, _K.USED,
            done="Списано", by="organizer", reason=True, confirm="Бланк списывается навсегда: отменить это нельзя."),
    ),
    "registry": (
        *_edges(RegistryStatus.SENT, "send", "Направить", RegistryStatus.FORMED, RegistryStatus.RETURNED,
            done="Направлено", by="organizer", letter="registry_sent",
            confirm="Реестр уйдёт в министерство: вернуть его сможет только министерство."),
        *_edges(RegistryStatus.ACCEPTED, "accept", "Принять", RegistryStatus.SENT,
            done="Принято", by="ministry", letter="registry_accepted"),
        *_edges(RegistryStatus.RETURNED, "return", "Вернуть", RegistryStatus.SENT,
            done="Возвращено", by="ministry", reason=True, letter="registry_returned"),
    ),
    "frdo_batch": (
        *_edges(FrdoBatchStatus.SENT, "send", "Отметить отправленным", FrdoBatchStatus.FORMED,
            done="Отмечено отправленным", by="organizer",
            confirm="Пакет считается отправленным в ФИС ФРДО, его документы больше не войдут в другой. Отменить это нельзя."),
        *_edges(FrdoBatchStatus.ANSWERED, "answer", "", FrdoBatchStatus.SENT, done="Дан ответ", by="organizer"),
        *_edges(FrdoBatchStatus.CANCELLED, "cancel", "Отменить пакет", FrdoBatchStatus.FORMED,
            done="Отменено", by="organizer", reason=True),
    ),
    "plan_campaign": (
        *_edges(CampaignStatus.OPEN, "open", "", CampaignStatus.PREPARING, done="Начат выбор курсов"),
        *_edges(CampaignStatus.CLOSED, "close", "Закончить выбор раньше", CampaignStatus.OPEN,
            done="Выбор курсов окончен", by="operator",
            confirm="Новых заявок в план не будет, пока вы не продлите выбор с причиной."),
        *_edges(CampaignStatus.OPEN, "reopen", "Продлить выбор", CampaignStatus.CLOSED,
            done="Выбор курсов продлён", by="operator", reason=True),
        *_edges(CampaignStatus.APPROVED, "approve", "Утвердить план", CampaignStatus.CLOSED,
            done="План утверждён", by="ministry",
            confirm="Результаты получат номер и больше не изменятся: исправляют их отдельными пронумерованными изменениями."),
    ),
    "plan_offer": (
        *_edges(OfferStatus.OFFERED, "accept", "Принять в план", OfferStatus.LATE,
            done="Принято в план", by="operator", letter="offer_accepted"),
        *_edges(OfferStatus.DECLINED, "decline", "Не принимать", OfferStatus.LATE,
            done="Не принято", by="operator", reason=True, letter="offer_declined", undo=True),
        *_edges(OfferStatus.WITHDRAWN, "withdraw", "Снять предложение", OfferStatus.LATE, OfferStatus.OFFERED,
            done="Снято", by="organizer", reason=True,
            confirm="Все, кто выбрал эту программу, получат письмо с заменами. Вернуть их заявки нельзя."),
    ),
    "plan_item": (
        *_edges(PlanItemStatus.AGREED, "agree", "Согласовать", PlanItemStatus.PROPOSED,
            done="Согласовано", by="school", letter="wish_agreed", undo=True),
        *_edges(PlanItemStatus.INCLUDED, "include", "", PlanItemStatus.AGREED, done="Включено в план"),
        # the person works elsewhere now: the new organization agrees anew
        *_edges(PlanItemStatus.PROPOSED, "ask_anew", "", PlanItemStatus.AGREED,
            done="Перешло с работником: согласует новая организация"),
        # a proposal of groups that was taken back
        *_edges(PlanItemStatus.AGREED, "leave_out", "", PlanItemStatus.INCLUDED, done="Исключено из плана"),
        *_edges(PlanItemStatus.DECLINED, "decline", "Отклонить", PlanItemStatus.PROPOSED, PlanItemStatus.AGREED,
            done="Отклонено", by="school operator", reason=True, letter="wish_declined", undo=True),
        *_edges(PlanItemStatus.WITHDRAWN, "withdraw", "Отозвать", PlanItemStatus.PROPOSED, PlanItemStatus.AGREED,
            done="Отозвано", by="worker school", confirm="Отозвать заявку в план?"),
    ),
    "unmet_wish": (
        *_edges(UnmetStatus.ANSWERED, "answer", "Ответить", UnmetStatus.WAITING,
            done="Дан ответ", by="operator", reason=True, ask="Ответ", letter="unmet_answered"),
        *_edges(UnmetStatus.WITHDRAWN, "withdraw", "Отозвать", UnmetStatus.WAITING,
            done="Отозвано", by="worker school"),
    ),
    "survey": (
        *_edges(SurveyStatus.DRAFT, "accept", "Взять в работу", SurveyStatus.REQUESTED, done="Взято в работу"),
        *_edges(SurveyStatus.PUBLISHED, "publish", "Опубликовать", SurveyStatus.DRAFT, done="Опубликовано"),
        *_edges(SurveyStatus.CLOSED, "close", "Завершить", SurveyStatus.PUBLISHED, done="Завершено"),
    ),
    "report_form": (
        *_edges(ReportFormStatus.SUBMITTED, "submit", "Отправить на утверждение", ReportFormStatus.DRAFT,
            done="Отправлено на утверждение"),
        *_edges(ReportFormStatus.APPROVED, "approve", "Утвердить", ReportFormStatus.SUBMITTED,
            done="Утверждено", by="ministry"),
        *_edges(ReportFormStatus.DRAFT, "return", "Вернуть", ReportFormStatus.SUBMITTED,
            done="Возвращено", by="ministry", reason=True),
        *_edges(ReportFormStatus.RETIRED, "retire", "Отменить форму", ReportFormStatus.APPROVED, done="Отменено"),
    ),
    "news_item": (
        *_edges(NewsStatus.PUBLISHED, "publish", "Опубликовать", NewsStatus.DRAFT, done="Опубликовано"),
        *_edges(NewsStatus.ARCHIVED, "archive", "Убрать в архив", NewsStatus.PUBLISHED, done="Убрано в архив"),
    ),
    "support_request": (
        *_edges(SupportStatus.ANSWERED, "answer", "Ответить", SupportStatus.OPEN, done="Дан ответ"),
        *_edges(SupportStatus.OPEN, "reopen", "Уточнить", SupportStatus.ANSWERED, done="Уточнено"),
        *_edges(SupportStatus.CLOSED, "close", "Закрыть", SupportStatus.OPEN, SupportStatus.ANSWERED, done="Закрыто"),
    ),
    "maintenance_window": (
        *_edges(MaintenanceStatus.ACTIVE, "start", "Начать перерыв", MaintenanceStatus.ANNOUNCED, done="Начато"),
        *_edges(MaintenanceStatus.ENDED, "end", "Окончить перерыв", MaintenanceStatus.ANNOUNCED,
            MaintenanceStatus.ACTIVE,
            done="Окончено"),
    ),
    "letter": (
        *_edges(LetterStatus.SENT, "send", "", LetterStatus.QUEUED, LetterStatus.FAILED, done="Отправлено"),
        *_edges(LetterStatus.FAILED, "fail", "", LetterStatus.QUEUED, done="Не отправлено", letter="letters_failed"),
        *_edges(LetterStatus.QUEUED, "resend", "Отправить снова", LetterStatus.FAILED, LetterStatus.ABORTED,
            done="Отправлено снова", by="operator admin"),
        *_edges(LetterStatus.ABORTED, "abort", "Не отправлять", LetterStatus.QUEUED, LetterStatus.FAILED,
            done="Отправка отменена", by="operator admin"),
    ),
    "background_job": (
        *_edges(JobStatus.RUNNING, "run", "", JobStatus.QUEUED, done="Начато"),
        *_edges(JobStatus.DONE, "finish", "", JobStatus.RUNNING, done="Выполнено", letter="task_finished"),
        *_edges(JobStatus.FAILED, "break", "", JobStatus.QUEUED, JobStatus.RUNNING,
            done="Не выполнено", letter="task_failed"),
        # whoever ordered the work stops it: no right of its own, the row is the user's
        *_edges(JobStatus.CANCELLED, "stop", "", JobStatus.QUEUED, JobStatus.RUNNING, done="Отменено"),
    ),
}
# fmt: on


_BY_ACTION: Mapping[tuple[str, str], Edge] = {
    (table, edge.action): edge for table, edges in TRANSITIONS.items() for edge in reversed(edges)
}

#: table → the edges back, on which a decision is undone; nobody presses a button of the table for them
UNDO: Mapping[str, tuple[Edge, ...]] = {
    table: tuple(
        Edge(edge.target, edge.source, f"undo_{edge.action}", "", f"Отменено решение «{edge.done}»")
        for edge in edges
        if edge.undo
    )
    for table, edges in TRANSITIONS.items()
}
_BY_UNDO: Mapping[tuple[str, str], Edge] = {
    (table, edge.action): edge for table, edges in UNDO.items() for edge in reversed(edges)
}


def edge_of(table: str, action: str) -> Edge | None:
    """Return the first edge of an action: what all edges of it have in common; None for what changes no status."""
    return _BY_ACTION.get((table, action)) or _BY_UNDO.get((table, action))


def find_undo(table: str, source: str, target: str, action: str) -> Edge | None:
    """Return the edge on which ``action`` is undone: from where it led, ``source``, back to where it began; None: it is final."""
    found = (
        e for e in UNDO.get(table, ()) if e.action == f"undo_{action}" and (e.source, e.target) == (source, target)
    )
    return next(found, None)


def permissions_by_edges(role: str) -> set[str]:
    """Return the permissions ``table:action`` of the changes that a role may make."""
    return {f"{table}:{action}" for (table, action), edge in _BY_ACTION.items() if role in edge.by}


def find_edge(table: str, source: str, action: str) -> Edge | None:
    """Return the edge that ``action`` takes from ``source`` for rows of ``table``, or None."""
    return next((e for e in TRANSITIONS[table] if e.source == source and e.action == action), None)


def actions_of(table: str) -> dict[str, Edge]:
    """Return the first edge of each non-automatic action of ``table``, in the order of buttons."""
    edges: dict[str, Edge] = {}
    for edge in TRANSITIONS.get(table, ()):
        if not edge.automatic:
            edges.setdefault(edge.action, edge)
    return edges
