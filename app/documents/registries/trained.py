"""«Реестр обученных»: each trained person with program and document (columns of the usual order of the ministry)."""

from __future__ import annotations

from app.documents.registries import registry_parts as p
from app.documents.registries.declared import Column, Registry, in_words
from app.statuses import EnrolmentStatus

TRAINED = Registry(
    code="trained",
    title="Реестр обученных",
    about="Кто обучен и аттестован, по какой программе и какой документ получил. Период — по последнему дню занятий.",
    table=p.enrolment,
    permission="enrolment:export",
    source=p.ENROLMENTS.outerjoin(p.paper, p.PAPER)
    .outerjoin(p.blank, p.blank.c.id == p.paper.c.blank_id)
    .outerjoin(p.order, p.order.c.id == p.enrolment.c.enrolment_order_id),
    where=(p.enrolment.c.status == EnrolmentStatus.TRAINED,),
    columns=(
        p.NUMBER,
        p.NAME,
        p.SNILS,
        p.BIRTH,
        p.TERRITORY,
        p.SCHOOL,
        p.POSITION,
        Column(name="subject", title="Предмет", expression=p.subjects(), width=22),
        p.VOUCHER,
        p.BLOCK,
        p.PROGRAM,
        p.HOURS,
        p.PERIOD,
        p.GROUP,
        Column(name="assessment", title="Форма итоговой аттестации", expression=p.enrolment.c.final_form, width=18),
        Column(name="result", title="Результат", expression=p.enrolment.c.final_mark, width=12),
        Column(name="blank", title="Серия и № бланка", expression=p.blank_words(), width=16),
        Column(name="number", title="Рег. №", expression=p.paper.c.number, width=14),
        Column(name="issued_on", title="Дата выдачи", expression=p.paper.c.issued_on, kind="date", width=12),
        Column(name="basis", title="Основание (приказ)", expression=p.basis(), width=26),
        p.ORGANIZER,
        Column(name="municipality", title="Муниципалитет", expression=p.municipality.c.name, usual=False, width=24),
        Column(name="inn", title="ИНН организации", expression=p.school.c.inn, usual=False, width=14),
        Column(name="form", title="Форма обучения", expression=in_words(p.program.c.form), usual=False, width=18),
        Column(name="kind", title="Вид документа", expression=in_words(p.paper.c.kind), usual=False, width=30),
        Column(name="starts_on", title="Начало", expression=p.group.c.starts_on, kind="date", usual=False, width=12),
        Column(name="ends_on", title="Окончание", expression=p.group.c.ends_on, kind="date", usual=False, width=12),
    ),
    filters=(p.BY_ORGANIZER, p.BY_TERRITORY, p.BY_SCHOOL, p.BY_GROUP),
    period=p.group.c.ends_on,
    period_label="Занятия закончились",
    order=(p.person.c.sort, p.enrolment.c.id),
    people=p.enrolment.c.employee_id,
)
