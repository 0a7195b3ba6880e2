"""Papers of a group: what stands in them, which cannot be made and why, and the ZIP of everything."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from docx import Document

from app import models as m
from app.documents.office.pdf import to_pdf
from app.documents.papers import group_papers
from app.documents.papers.group_papers import PAPERS, protocol_contexts, write_all
from app.errors import Invalid
from app.services.courses.group.attendance import Journal
from app.services.paper.orders.group_facts import (
    GivenDocument,
    GivenOrder,
    GroupFacts,
    Listener,
    Party,
    Terms,
    WrittenOff,
)
from app.statuses import AttendanceMark, CertificateKind, CertificateStatus, EnrolmentStatus, Handing, OrderKind
from tests.documents.conftest import paragraphs

pytestmark = pytest.mark.usefixtures("portal")

S = EnrolmentStatus
ORGANIZATION = 'ООО "Рога & <копыта>"'


def document(n: int, **changes: Any) -> GivenDocument:
    values = {
        "kind": "удостоверение о повышении квалификации",
        "blank": f"63 № {n:06d}",
        "number": f"{n:04d}/2026",
        "issued_on": dt.date(2026, 3, 2),
        "status": CertificateStatus.ISSUED,
        "handing": None,
        "handed_to": "",
    }
    return GivenDocument(**(values | changes))


def party(n: int = 7, **changes: Any) -> Party:
    values = {
        "id": n,
        "full_name": f"государственное бюджетное общеобразовательное учреждение «Школа № {n}»",
        "short_name": f"ГБОУ СОШ № {n}",
        "city": "Самара",
        "address": f"443000, Самара, улица Садовая, дом {n}",
        "inn": f"63150000{n:02d}",
        "kpp": "631501001",
        "ogrn": "",
        "phone": "",
        "email": "school@example.ru",
        "licence": "",
        "head_title": "Директор",
        "head_name": "Зайцева Мария Петровна",
    }
    return Party(**(values | changes))


def terms(**changes: Any) -> Terms:
    organizer = party(
        1, full_name=ORGANIZATION, head_title="Исполняющий обязанности ректора", head_name="Соколов Андрей Борисович"
    )
    values = {
        "organizer": replace(organizer, licence="№ 6789 от 01.02.2016"),
        "program_kind": "повышения квалификации",
        "form": "очная",
        "document": "удостоверение о повышении квалификации",
        "funding": "",
        "by_vouchers": True,
    }
    return Terms(**(values | changes))


def listener(name: str, status: S = S.TRAINED, *documents: GivenDocument, **changes: Any) -> Listener:
    values = {
        "position": "учитель",
        "workplace": "ГБОУ СОШ № 7",
        "result_on": dt.date(2026, 2, 27),
        "final_form": "зачёт",
        "final_mark": "зачтено",
        "protocol": "14",
        "employer": party(),
    }
    return Listener(full_name=name, status=status, documents=documents, **(values | changes))


def group(*listeners: Listener, **changes: Any) -> GroupFacts:
    values = {
        "id": 1,
        "organizer_id": 1,
        "number": "Г-12/2026",
        "program": "Урок «математики» сегодня",
        "hours": 36,
        "starts_on": dt.date(2026, 2, 2),
        "ends_on": dt.date(2026, 2, 27),
        "organization": ORGANIZATION,
        "city": "Самара",
        "head_title": "Ректор",
        "head_name": "А. Б. Соколов",
        "secretary": "Н. В. Крылова",
        "terms": terms(),
    }
    return GroupFacts(listeners=listeners, **(values | changes))


def order(kind: OrderKind, number: str, *names: str, ground: str = "") -> GivenOrder:
    people = [{"name": name, "place": "учитель, ГБОУ СОШ № 7", "reason": ""} for name in names]
    snapshot = {
        "version": 1,
        "kind": kind.value,
        "number": number,
        "ordered_on": "2026-02-02",
        "organization": ORGANIZATION,
        "city": "Самара",
        "program": "Урок «математики» сегодня",
        "program_kind": "повышения квалификации",
        "hours": 36,
        "form": "очная",
        "group": "Г-12/2026",
        "starts_on": "2026-02-02",
        "ends_on": "2026-02-27",
        "basis": "",
        "replaces": [],
        "head_title": "Ректор",
        "head_name": "А. Б. Соколов",
        "parts": [{"ground": ground, "people": people}],
    }
    return GivenOrder(kind, snapshot)


def journal() -> Journal:
    """One listener who was at the only meeting."""
    person = m.Employee(last_name="Абрамова", first_name="Анна", patronymic="Сергеевна")
    starts = dt.datetime(2026, 2, 2, 5, tzinfo=dt.UTC)
    meeting = m.GroupMeeting(id=1, starts_at=starts, ends_at=starts + dt.timedelta(hours=4))
    return Journal([m.Enrolment(id=1, employee=person)], [meeting], {(1, 1): AttendanceMark.PRESENT})


def act(number: str, *blanks: str) -> WrittenOff:
    organizer = m.Organization(full_name=ORGANIZATION, city="Самара", head_name="Соколов Андрей Борисович")
    row = m.BlankAct(number=number, acted_on=dt.date(2026, 3, 4), reason="Испорчены при печати", organizer=organizer)
    kind = CertificateKind.CERTIFICATE
    return WrittenOff(row, [m.Blank(kind=kind, series="63", number=blank) for blank in blanks])


@pytest.fixture
def whole() -> GroupFacts:
    return whole_facts()


def whole_facts() -> GroupFacts:
    return group(
        listener("Абрамова Анна Сергеевна", S.TRAINED, document(1)),
        listener("Борисов Пётр Ильич", S.FAILED, final_mark="не зачтено"),
        listener("Ёлкина Ольга Викторовна", S.TRAINED, document(2, handing=Handing.PROXY, handed_to="Ли О. П.")),
        listener("Мамедов Гасан Али оглы", S.TRAINED, document(3, status=CertificateStatus.ANNULLED), protocol="15"),
        listener("Орлов Иван Петрович", S.EXPELLED, protocol="", result_on=None, final_form="", final_mark=""),
        orders=(
            order(OrderKind.ENROLMENT, "5", "Абрамову Анну Сергеевну"),
            order(OrderKind.ENROLMENT, "6", "Ёлкину Ольгу Викторовну"),
            order(OrderKind.EXPULSION, "9", "Абрамову Анну Сергеевну", ground="в связи с завершением обучения"),
        ),
        journal=journal(),
        acts=(act("3", "000101", "000102"), act("4", "000107")),
    )


def made(facts: GroupFacts, code: str) -> bytes:
    (paper,) = (paper for paper in PAPERS if paper.code == code)
    assert paper.why_not(facts) == ""
    return paper.make(facts)


def cells(data: bytes, number: int = 0) -> list[list[str]]:
    """Rows of a table of the paper."""
    return [[cell.text for cell in row.cells] for row in Document(io.BytesIO(data)).tables[number].rows]


def test_each_employer_gets_an_agreement_with_its_own_people() -> None:
    unit = listener("Ёлкина Ольга Викторовна", employer=party(9, head_title="Заведующий", head_name="Ли Олег Ильич"))
    left = listener("Орлов Иван Петрович", S.EXPELLED, employer=party(11))
    facts = group(listener("Абрамова Анна Сергеевна"), unit, left)
    data = made(facts, "training_agreement")
    text = [line.replace("\u00a0", " ") for line in paragraphs(data)]
    assert [line for line in text if line.startswith("ДОГОВОР")] == [
        "ДОГОВОР № Г\u201112/2026/7",
        "ДОГОВОР № Г\u201112/2026/9",
    ]
    whole = " ".join(text)
    for words in (
        f"{ORGANIZATION} (лицензия на образовательную деятельность № 6789 от 01.02.2016), далее — Исполнитель, "
        "в лице исполняющего обязанности ректора Соколова Андрея Борисовича, действующего на основании Устава",
        "в лице директора Зайцевой Марии Петровны, действующей на основании Устава",
        "в лице заведующего Ли Олега Ильича, действующего на основании Устава",
        "программе повышения квалификации «Урок „математики“ сегодня» в объёме 36 часов. Форма обучения — очная",
        "и государственное бюджетное общеобразовательное учреждение «Школа № 7», далее — Заказчик",
        "1.2. Срок обучения: со 2 по 27 февраля 2026 г. 1.3.",
        "Обучение оплачивают именные образовательные чеки слушателей.",
    ):
        assert words in whole, words
    lists = [
        rows
        for table in Document(io.BytesIO(data)).tables
        if len(rows := [[c.text for c in r.cells] for r in table.rows]) > 1
    ]
    assert [[row[1] for row in rows[1:]] for rows in lists] == [
        ["Абрамова Анна Сергеевна"],
        ["Ёлкина Ольга Викторовна"],
    ]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (
            {"by_vouchers": False, "funding": "средства учредителя"},
            "Источник финансирования обучения — средства учредителя.",
        ),
        ({"by_vouchers": False}, "порядок её оплаты стороны определяют дополнительным соглашением"),
    ],
)
def test_an_agreement_says_who_pays(changes: dict[str, Any], words: str) -> None:
    text = " ".join(paragraphs(made(group(listener("Абрамова Анна"), terms=terms(**changes)), "training_agreement")))
    assert words in text
    assert "именные образовательные чеки" not in text


def test_an_unknown_head_is_put_in_by_hand_and_nobody_is_sent_by_nobody() -> None:
    facts = group(listener("Абрамова Анна", employer=party(head_name="")))
    assert "Заказчик, в лице ____________________, действующего" in " ".join(
        paragraphs(made(facts, "training_agreement"))
    )
    (paper,) = (paper for paper in PAPERS if paper.code == "training_agreement")
    assert "не указано место работы" in paper.why_not(group(listener("Абрамова Анна", employer=None)))


def test_the_list_has_those_who_study_by_name_and_prints_signs_as_they_are(whole: GroupFacts) -> None:
    data = made(whole, "group_list")
    assert cells(data)[1] == ["1", "Абрамова Анна Сергеевна", "учитель", "ГБОУ СОШ № 7"]
    assert [row[1] for row in cells(data)[1:]] == [person.full_name for person in whole.listeners[:4]]
    text = " ".join(paragraphs(data)).replace("\u00a0", " ")
    for words in (
        ORGANIZATION,
        "№ Г\u201112/2026",
        "«Урок „математики“ сегодня», в объёме 36 часов",
        "Всего слушателей: 4.",
    ):
        assert words in text


def test_the_sheet_has_marks_and_totals(whole: GroupFacts) -> None:
    data = made(whole, "grade_sheet")
    assert cells(data)[2] == ["2", "Борисов Пётр Ильич", "зачёт", "не зачтено", "27.02.2026", ""]
    assert "Всего слушателей: 4. Из них аттестовано: 3, не аттестовано: 1, не явились: 0." in paragraphs(data)


def test_before_the_examination_the_sheet_waits_for_marks_by_hand() -> None:
    empty = {"result_on": None, "final_form": "", "final_mark": "", "protocol": ""}
    facts = group(listener("Абрамова Анна", S.CONFIRMED, **empty))
    data = made(facts, "grade_sheet")
    assert cells(data)[1] == ["1", "Абрамова Анна", "", "", "", ""]
    assert "Всего слушателей: 1." in paragraphs(data)
    refusals = {paper.code: paper.why_not(facts) for paper in PAPERS}
    assert "Внесите итоги" in refusals["final_protocol"]
    assert "ещё не выданы" in refusals["issue_journal"]


def test_each_protocol_has_its_people_and_its_own_section(whole: GroupFacts) -> None:
    data = made(whole, "final_protocol")
    assert len(Document(io.BytesIO(data)).sections) == 2
    text = paragraphs(data)
    assert [line for line in text if line.startswith("ПРОТОКОЛ")] == ["ПРОТОКОЛ № 14", "ПРОТОКОЛ № 15"]
    first = cells(data, 0)
    assert [row[1:] for row in first[1:]] == [
        ["Абрамова Анна Сергеевна", "зачёт", "зачтено", "аттестован"],
        ["Борисов Пётр Ильич", "зачёт", "не зачтено", "не аттестован"],
        ["Ёлкина Ольга Викторовна", "зачёт", "зачтено", "аттестован"],
    ]
    assert "Самара, 27 февраля 2026 г." in [line.replace("\u00a0", " ") for line in text]


def test_each_order_begins_a_page_of_its_own(whole: GroupFacts) -> None:
    data = made(whole, "order_enrolment")
    assert len(Document(io.BytesIO(data)).sections) == 2
    text = " ".join(paragraphs(data)).replace("\u00a0", " ")
    assert text.index("№ 5") < text.index("Абрамову Анну Сергеевну") < text.index("№ 6") < text.index("Ёлкину Ольгу")
    assert "№ 9" not in text
    left = " ".join(paragraphs(made(whole, "order_expulsion"))).replace("\u00a0", " ")
    assert "№ 9" in left and "в связи с завершением обучения" in left and "Ёлкину" not in left


def test_the_sheet_of_attendance_has_the_marks(whole: GroupFacts) -> None:
    data = made(whole, "attendance_sheet")
    assert cells(data)[1][:3] == ["1", "Абрамова Анна Сергеевна", "+"]
    assert "Учебная группа № Г\u201112/2026" in paragraphs(data)


def test_the_acts_have_their_blanks(whole: GroupFacts) -> None:
    data = made(whole, "blank_act")
    assert [line for line in paragraphs(data) if line.startswith("АКТ")] == ["АКТ № 3", "АКТ № 4"]
    assert [line for line in paragraphs(data) if line.isdecimal() and len(line) == 6] == ["000101", "000102", "000107"]


def test_spoiled_blanks_without_an_act_are_named() -> None:
    facts = group(listener("Абрамова Анна"), unlisted=("63 000101", "63 000102"))
    (paper,) = (paper for paper in PAPERS if paper.code == "blank_act")
    assert paper.why_not(facts).startswith("Испорченные бланки ещё не списаны: 63 000101, 63 000102. Отметьте их")


def test_protocols_follow_their_days() -> None:
    late = listener("Абрамова Анна", protocol="2", result_on=dt.date(2026, 2, 27))
    early = listener("Борисова Анна", protocol="10", result_on=dt.date(2026, 2, 20))
    assert [context["protocol"] for context in protocol_contexts(group(late, early))] == ["10", "2"]


def test_the_journal_has_the_columns_of_the_letter_and_every_document(whole: GroupFacts) -> None:
    rows = cells(made(whole, "issue_journal"))
    assert rows[0] == [
        "№ п/п",
        "Наименование документа",
        "Серия и номер бланка",
        "Порядковый регистрационный номер",
        "Дата выдачи",
        "Фамилия, имя, отчество получателя",
        "Доверенное лицо или почтовое отправление",
        "Подпись получателя",
        "Подпись выдавшего",
    ]
    kind = "Удостоверение о повышении квалификации"
    assert rows[1][1:7] == [kind, "63 № 000001", "0001/2026", "02.03.2026", "Абрамова Анна Сергеевна", ""]
    assert rows[2][6] == "по доверенности, Ли О. П."
    assert rows[3][1] == f"{kind} (аннулирован)"
    assert len(rows) == 4


def test_the_zip_has_every_paper_and_names_the_rest_with_the_reason(tmp_path: Path) -> None:
    facts = group(listener("Абрамова Анна", S.TRAINED, protocol=""))

    def refuse() -> bytes:
        raise Invalid("Реестр не собран: заполните ИНН.")

    names, refused = write_all(
        facts, tmp_path / "all.zip", more=[("Реестр.xlsx", refuse), ("Документы.docx", lambda: b"x")]
    )
    assert names == [
        "Договор с местом работы слушателей, группа Г-12-2026.docx",
        "Список группы, группа Г-12-2026.docx",
        "Ведомость итоговой аттестации, группа Г-12-2026.docx",
        "Документы.docx",
    ]
    with zipfile.ZipFile(tmp_path / "all.zip") as archive:
        assert archive.namelist() == [*names, "Чего нет в архиве.txt"]
        text = archive.read("Чего нет в архиве.txt").decode("utf-8-sig")
        assert cells(archive.read(names[1]))[1][1] == "Абрамова Анна"
    assert "Протокол итоговой аттестации: Не внесены итоги" in text
    assert "Реестр.xlsx: Реестр не собран: заполните ИНН." in text
    for words in (
        "Приказ о зачислении: Приказ ещё не издан.",
        "Приказ об отчислении: Приказ ещё не издан.",
        "Лист посещаемости: Нет расписания занятий.",
        "Журнал учёта выдачи документов: Документы об обучении ещё не выданы.",
        "Акт списания бланков: В группе нет испорченных бланков.",
    ):
        assert words in text
    assert len(refused) == len(PAPERS) - 3 + 1


def test_a_complete_zip_has_no_list_of_missing_papers(whole: GroupFacts, tmp_path: Path) -> None:
    steps: list[int] = []
    names, refused = write_all(whole, tmp_path / "all.zip", tell=steps.append)
    assert (refused, steps) == ([], list(range(1, len(PAPERS) + 1)))
    assert [name.partition(",")[0] for name in names] == [
        "Договор с местом работы слушателей",
        "Приказ о зачислении",
        "Список группы",
        "Лист посещаемости",
        "Ведомость итоговой аттестации",
        "Протокол итоговой аттестации",
        "Приказ об отчислении",
        "Журнал учёта выдачи документов",
        "Акт списания бланков",
    ]
    with zipfile.ZipFile(tmp_path / "all.zip") as archive:
        assert archive.namelist() == names


def test_a_group_without_listeners_gets_nothing(tmp_path: Path) -> None:
    names, refused = write_all(group(), tmp_path / "all.zip")
    assert names == []
    assert [title for title, _why in refused] == [paper.title for paper in PAPERS]


def test_a_missing_fact_of_the_organization_is_named(whole: GroupFacts) -> None:
    nowhere = group(*whole.listeners, city="")
    with pytest.raises(Invalid, match="не заполнено — город организации"):
        next(p for p in PAPERS if p.code == "final_protocol").make(nowhere)


@pytest.mark.office
@pytest.mark.usefixtures("office")
def test_the_head_of_the_table_is_on_every_page_and_signatures_stay_together() -> None:
    from pypdf import PdfReader

    people = [listener(f"Слушатель{'абвгдежзик'[n % 10]} Анна Сергеевна") for n in range(40)]
    pages = [page.extract_text() for page in PdfReader(io.BytesIO(to_pdf(made(group(*people), "grade_sheet")))).pages]
    assert len(pages) == 2
    assert all("Фамилия, имя, отчество" in text for text in pages)
    last = " ".join(pages[-1].split())
    assert "Всего слушателей: 40." in last
    assert "А. Б. Соколов" in last
    assert "страница 2" in last


def test_the_table_of_papers_has_one_entry_for_each_code() -> None:
    codes = [paper.code for paper in group_papers.PAPERS]
    assert len(codes) == len(set(codes))
