"""The catalogue: what is in it, filters, order, and that SQL and the rules decide alike; whose courses may be looked for."""

from __future__ import annotations

import datetime as dt
from random import Random
from typing import Any

import pytest
from sqlalchemy import update

from app import models as m
from app import statuses as st
from app.access import acting_as
from app.actor import Actor
from app.clock import today
from app.errors import Forbidden, NotFound
from app.extensions import db
from app.rules.enrolment import has_paying_block, has_seat, is_enrolment_open, is_free_of_clashes, may_enrol
from app.rules.suitability import suits
from app.services.courses.enrolment import catalogue, course_facts, enrolments
from app.services.courses.enrolment import catalogue_sql as sql
from app.services.courses.enrolment.catalogue import Offer
from app.services.courses.enrolment.catalogue_sql import Asked, Seeker
from tests.services import makers as mk
from tests.services.makers import DAY, World

pytestmark = pytest.mark.usefixtures("session")


@pytest.fixture
def world(session: Any) -> World:
    return mk.make_world()


def offers(asked: Asked | None = None, actor: Actor | None = None) -> list[Offer]:
    """Rows for a person (or nobody), in their order."""
    with acting_as(actor or mk.SYSTEM):
        seeker = catalogue.own_seeker() if actor is not None else None
        return catalogue.page(asked or Asked(), seeker, size=1000)[0]


def titles(asked: Asked | None = None, actor: Actor | None = None) -> list[str]:
    return [offer.title for offer in offers(asked, actor)]


def course(world: World, title: str, *, group: dict[str, Any] | None = None, **program: Any) -> Any:
    return mk.make_group(mk.make_program(world.organizer, title=title, **program), **(group or {}))


# --- what is in it ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [s for s in st.GroupStatus if s != st.GroupStatus.OPEN])
def test_a_group_that_is_not_open_is_not_shown(world: World, status: st.GroupStatus) -> None:
    group = course(world, "Закрытая", group={"status": status})
    assert titles() == [world.program.title]
    with pytest.raises(NotFound):
        catalogue.open_group(group.id, None)


@pytest.mark.parametrize("status", list(st.ProgramStatus))
def test_only_what_was_published_is_shown(world: World, status: st.ProgramStatus) -> None:
    """The groups of an archived edition go on; a draft is nobody's to see, even with an open group."""
    shown = status in (st.ProgramStatus.PUBLISHED, st.ProgramStatus.ARCHIVED)
    group = course(world, "Редакция", status=status)
    assert ("Редакция" in titles()) is shown
    if not shown:
        with pytest.raises(NotFound):
            catalogue.open_group(group.id, None)


def test_programs_without_an_open_group_are_found_by_the_switch(world: World) -> None:
    mk.make_program(world.organizer, title="Без группы")
    mk.make_program(world.organizer, title="Старая", status=st.ProgramStatus.ARCHIVED)
    mk.make_program(world.organizer, title="Черновик", status=st.ProgramStatus.DRAFT)
    mk.make_group(mk.make_program(world.organizer, title="Закрыта"), status=st.GroupStatus.CLOSED)
    assert titles() == [world.program.title]
    found = offers(Asked(with_programs=True), world.worker.actor)
    # what has a group stands first
    assert [o.title for o in found] == [world.program.title, "Без группы", "Закрыта"]
    assert [o.group is None for o in found] == [False, True, True]
    assert found[1].verdict is not None and found[1].verdict.allowed


def test_pages_follow_one_another(world: World) -> None:
    for n in range(4):
        course(world, f"Курс {n}", group={"starts_on": today() + (11 + n) * DAY})
    seen = []
    for number in (1, 2, 3):
        rows, at, total = catalogue.page(Asked(), None, number=number, size=2)
        assert (at, total) == (number, 5)
        seen += [row.title for row in rows]
    assert seen == [world.program.title, "Курс 0", "Курс 1", "Курс 2", "Курс 3"]
    assert catalogue.page(Asked(), None, number=99, size=2)[1] == 3


# --- filters ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def samples(world: World) -> World:
    """Three courses that differ in everything that can be asked."""
    samara = mk.get_or_make(mk.m.Municipality, {"name": "городской округ Самара"}, kind=st.MunicipalityKind.CITY)
    other = mk.make_organization(is_organizer=True, short_name="Институт открытого урока")
    mk.change(world.group, status=st.GroupStatus.CANCELLED)
    course(
        world,
        "Чтение в начальной школе",
        hours=18,
        annotation="Про ёлку и азбуку",
        group={
            "place": "Тольятти, бульвар Кулибина, 1",
            "starts_on": today() + 10 * DAY,
            "ends_on": today() + 12 * DAY,
        },
    )
    course(
        world,
        "Математика",
        hours=36,
        block=st.BlockKind.VARIABLE,
        form=st.StudyForm.MIXED,
        group={
            "place": "ул. Садовая, 2",
            "municipality_id": samara.id,
            "starts_on": today() + 20 * DAY,
            "ends_on": today() + 25 * DAY,
            "capacity": 1,
            "taken": 1,
        },
    )
    third = mk.make_program(other, title="Цифровая школа", hours=72, block=None, distance=True)
    dates = {"starts_on": today() + 30 * DAY, "ends_on": today() + 40 * DAY}
    mk.make_group(third, place="Дистанционно", **dates)
    return world


READING, MATHS, DIGITAL = "Чтение в начальной школе", "Математика", "Цифровая школа"


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({}, [READING, DIGITAL, MATHS]),
        ({"words": ("цифр:*", "шк:*")}, [DIGITAL]),
        ({"words": ("елк:*",)}, [READING]),
        ({"words": ("открыт:*", "урок:*")}, [DIGITAL]),
        ({"words": ("кулибин:*",)}, [READING]),
        ({"words": ("самар:*",)}, [MATHS]),
        # in another form; «для» has no stem, and a short word is left as it is
        ({"words": ("математикой:*",)}, [MATHS]),
        ({"words": ("начальная:*", "школы:*")}, [READING]),
        ({"words": ("цифровую:*",)}, [DIGITAL]),
        ({"words": ("для:*",)}, []),
        ({"words": ("мат:*",)}, [MATHS]),
        # a word of the program and a word of the place
        ({"words": ("матем:*", "садов:*")}, [MATHS]),
        ({"words": ("матем:*", "кулибин:*")}, []),
        ({"place": ("самар:*",)}, [MATHS]),
        ({"place": ("тольят:*", "бульв:*")}, [READING]),
        ({"place": ("матем:*",)}, []),
        ({"starts_from": today() + 20 * DAY}, [DIGITAL, MATHS]),
        ({"starts_to": today() + 20 * DAY}, [READING, MATHS]),
        ({"starts_from": today() + 11 * DAY, "starts_to": today() + 29 * DAY}, [MATHS]),
        ({"form": st.StudyForm.MIXED}, [MATHS]),
        ({"distance": True}, [DIGITAL]),
        ({"distance": False}, [READING, MATHS]),
        ({"hours_from": 36}, [DIGITAL, MATHS]),
        ({"hours_to": 36}, [READING, MATHS]),
        ({"hours_from": 19, "hours_to": 71}, [MATHS]),
        ({"block": st.BlockKind.VARIABLE}, [MATHS]),
        ({"block": st.BlockKind.INVARIANT}, [READING]),
        ({"block": sql.NO_BLOCK}, [DIGITAL]),
        ({"only_free": True}, [READING, DIGITAL]),
    ],
)
def test_filters(samples: World, asked: dict[str, Any], found: list[str]) -> None:
    assert titles(Asked(**asked)) == found
    assert catalogue.page(Asked(**asked), None)[2] == len(found)


def test_the_beginning_of_a_number_finds_the_group(world: World) -> None:
    course(world, "Чтение", group={"number": "МЦ-Ё/7_12"})
    course(world, "Письмо", group={"number": "МЦ-Ё/7212"})

    def found(number: str) -> list[str]:
        return titles(Asked(words=("нет:*",), number=number))

    assert found("мц-ё/7") == ["Письмо", "Чтение"]
    assert found("МЦ-Ё/7_") == ["Чтение"]
    assert found("7_12") == found("%") == found("") == []


def test_filters_by_directories(samples: World) -> None:
    municipalities, organizers = catalogue.choices()
    assert [name for _, name in municipalities] == ["городской округ Самара"]
    assert titles(Asked(municipality_id=municipalities[0][0])) == [MATHS]
    by_name = {name: pk for pk, name in organizers}
    assert titles(Asked(organizer_id=by_name["Институт открытого урока"])) == [DIGITAL]
    assert titles(Asked(organizer_id=samples.organizer.id)) == [READING, MATHS]


def test_only_suitable_is_what_may_be_chosen(samples: World) -> None:
    """A variable block pays once the required one is chosen; a full group is suitable too, for it has a waiting list."""
    assert titles(Asked(only_suitable=True), samples.worker.actor) == [READING, DIGITAL]
    db.session.execute(update(m.VoucherRuleBlock).values(required=False))
    db.session.commit()
    assert titles(Asked(only_suitable=True), samples.worker.actor) == [READING, DIGITAL, MATHS]
    mk.change(samples.voucher, status=st.VoucherStatus.ANNULLED)
    assert titles(Asked(only_suitable=True), samples.worker.actor) == [DIGITAL]
    # of nobody it asks nothing
    assert len(titles(Asked(only_suitable=True))) == 3


# --- order and sentences ---------------------------------------------------------------------------------------------


def test_the_most_suitable_stand_first(world: World) -> None:
    """Meant for the person, then paid, then without a clash, then seats, then the open window; then by the start."""
    mk.change(world.group, status=st.GroupStatus.CANCELLED)
    soon, later = {"starts_on": today() + 10 * DAY}, {"starts_on": today() + 12 * DAY}
    busy = course(world, "Уже записана", group={"starts_on": today() + 30 * DAY, "ends_on": today() + 33 * DAY})
    mk.make_enrolment(world.worker, busy, status=st.EnrolmentStatus.APPLIED)
    director = mk.make_position("Директор", kind=st.PositionKind.HEAD)
    course(world, "Не для учителя", positions=[director], group=soon)
    course(world, "Не оплатит чек", hours=200, group=soon)
    course(world, "Пересекается", group={"starts_on": today() + 32 * DAY, "ends_on": today() + 34 * DAY})
    course(world, "Мест нет", group={**soon, "capacity": 1, "taken": 1})
    course(world, "Запись не началась", group={**soon, "enrol_from": today() + DAY})
    course(world, "Подходит позже", group=later)
    course(world, "Подходит", group=soon, subjects=[], positions=[mk.make_position("Учитель")])
    assert titles(actor=world.worker.actor) == [
        "Подходит",
        "Подходит позже",
        "Запись не началась",
        "Мест нет",
        "Уже записана",
        "Пересекается",
        "Не оплатит чек",
        "Не для учителя",
    ]
    # for nobody only seats and the window count
    assert titles()[-1] == "Мест нет"


def sentence(world: World, actor: Actor | None = None) -> str:
    """Why the last made course suits the worker or not."""
    found = max(offers(actor=actor or world.worker.actor), key=lambda o: o.group.id if o.group else 0)
    assert found.verdict is not None
    return found.verdict.reason


def test_a_card_says_why_it_suits(world: World) -> None:
    assert sentence(world) == f"Подходит: программа для всех; оплачивает {paying(world)}."
    course(world, "Без чека", block=None, hours=100)
    assert sentence(world) == "Подходит: программа для всех; чек не нужен."
    teacher, maths = mk.make_position(), mk.make_subject()
    with acting_as(mk.SYSTEM):
        employment = mk.fetch(mk.m.Employment, world.worker.employment.id)
    mk.change(employment, subjects=[maths])
    course(world, "Для учителя", positions=[teacher])
    assert "ваша должность; оплачивает" in sentence(world)
    course(world, "Для математика", positions=[teacher], subjects=[maths])
    assert "ваша должность и предмет; оплачивает" in sentence(world)
    course(world, "Для школы", organization_types=[mk.make_type()], positions=[teacher], subjects=[maths])
    assert "ваш тип организации, должность и предмет; оплачивает" in sentence(world)


def paying(world: World) -> str:
    title: str = mk.blocks_of(world.voucher)[0].title
    return title[:1].lower() + title[1:]


def test_a_card_says_why_it_does_not_suit(world: World) -> None:
    director = mk.make_position("Директор", kind=st.PositionKind.HEAD)
    group = course(world, "Для директора", positions=[director])
    course_, place = course_facts.course_of(group), course_facts.workplace_of(world.worker.employment)
    said = sentence(world)
    assert said == suits(course_.targets, place).reason
    assert "«Директор», а у работника — «Учитель»" in said
    course(world, "Длинный", hours=200)
    assert "Программа длится 200" in sentence(world)
    course(world, "Потом", group={"enrol_from": today() + DAY})
    assert "начнётся" in sentence(world)


def test_who_works_nowhere_is_told_so(world: World) -> None:
    mk.change(world.worker.employment, ended_on=today() - DAY)
    assert "Нет места работы" in sentence(world)
    assert titles(Asked(only_suitable=True), world.worker.actor) == []


def test_an_own_course_shows_its_enrolment(world: World) -> None:
    row = mk.make_enrolment(world.worker, world.group, status=st.EnrolmentStatus.WAITING)
    found = offers(actor=world.worker.actor)[0].enrolled
    assert found is not None and (found.id, found.status) == (row.id, st.EnrolmentStatus.WAITING)
    assert offers(actor=world.other_worker.actor)[0].enrolled is None
    mk.change(row, status=st.EnrolmentStatus.WITHDRAWN)
    assert offers(actor=world.worker.actor)[0].enrolled is None


# --- SQL and rules decide alike --------------------------------------------------------------------------------------


def mixed_people(world: World, rng: Random) -> list[mk.Person]:
    """People of two types of organizations, several positions and subjects, with чеки in every state, one with two jobs."""
    nursery = mk.make_organization(type_=mk.make_type("preschool", "Детский сад"))
    positions = [mk.make_position(), mk.make_position("Воспитатель")]
    subjects = [mk.make_subject(), mk.make_subject("Физика")]
    people = []
    for n in range(8):
        place = {"subjects": rng.sample(subjects, rng.randint(0, 2))}
        person = mk.make_person(rng.choice([world.school, nursery]), position=rng.choice(positions), employment=place)
        if n % 4:
            until = today() + rng.choice([5, 400]) * DAY
            voucher = mk.make_voucher(person.employee, issued_on=today() - 30 * DAY, valid_until=until)
            for block in mk.blocks_of(voucher):
                mk.change(block, status=rng.choice([st.BlockStatus.FREE, st.BlockStatus.FREE, st.BlockStatus.USED]))
            if n == 5:
                mk.change(voucher, status=st.VoucherStatus.EXPIRED)
        people.append(person)
    second = {"kind": st.EmploymentKind.SECONDARY, "subjects": subjects}
    mk.make_employment(people[0].employee, nursery, position=positions[1], **second)
    mk.change(people[7].employment, ended_on=today() - DAY)
    return people


def mixed_groups(world: World, rng: Random) -> list[Any]:
    types = [mk.make_type(), mk.make_type("preschool", "Детский сад")]
    positions = [mk.make_position(), mk.make_position("Воспитатель")]
    subjects = [mk.make_subject(), mk.make_subject("Физика")]
    groups = []
    for n in range(24):
        some = lambda rows: rng.sample(rows, rng.choice([0, 0, 1]))  # noqa: E731
        program = mk.make_program(
            world.organizer,
            hours=rng.choice([16, 18, 20, 36, 72]),
            block=rng.choice([*st.BlockKind, None]),
            organization_types=some(types),
            positions=some(positions),
            subjects=some(subjects),
        )
        starts = today() + rng.randint(3, 30) * DAY
        window = {
            "enrol_from": today() + rng.choice([-5, 0, 1]) * DAY,
            "enrol_until": today() + rng.choice([1, 2]) * DAY,
        }
        if n % 8 == 0:
            window = {"enrol_from": today() - 5 * DAY, "enrol_until": today() - DAY}
        ends = starts + rng.randint(0, 6) * DAY
        groups.append(
            mk.make_group(program, starts_on=starts, ends_on=ends, capacity=3, taken=rng.randint(0, 3), **window)
        )
    return groups


def divide_by_quotas(world: World, groups: list[Any], rng: Random) -> None:
    """Quotas of every kind, full and not: of the school, of the one above it, of the nurseries, of the territory."""
    above = mk.make_organization()
    mk.change(world.school, parent_id=above.id)
    nurseries = mk.rows(mk.m.Organization, mk.m.Organization.type_id == mk.make_type("preschool", "Детский сад").id)
    places = [{"organization": row} for row in (world.school, above, *nurseries)]
    for group in groups[::2]:
        for place in (*rng.sample(places, 2), {"territory": world.school.territory}):
            mk.change(mk.make_quota(group, seats=2, **place), taken=rng.randint(0, 2))


def decided_by_sql(seeker: Seeker) -> dict[int, tuple[Any, ...]]:
    """Group → meant, paid, clear, window, allowed, seats, free, as the statement decides."""
    rows = db.session.execute(sql.offers(Asked(), seeker, today(), limit=1000))
    return {
        row.group_id: (row.meant, row.paid, row.clear, row.window, row.allowed, row.seats, row.free) for row in rows
    }


def decided_by_rules(seeker: Seeker, group: Any) -> tuple[Any, ...]:
    """The same by ``rules``: the place of work that suits best decides."""
    course_, on = course_facts.course_of(group), today()
    meant = [place for place in seeker.places if suits(course_.targets, place).allowed]
    rooms = {place: course_facts.room_of(group, place.organization_id) for place in seeker.places}
    may = [
        may_enrol(course_, place, on=on, room=room, blocks=seeker.blocks, busy=seeker.busy).allowed
        for place, room in rooms.items()
    ]
    own = [rooms[place] for place in meant or seeker.places]
    return (
        bool(meant),
        has_paying_block(course_, seeker.blocks).allowed,
        is_free_of_clashes(course_, seeker.busy).allowed,
        is_enrolment_open(course_, on=on).allowed,
        any(may),
        any(has_seat(room).allowed for room in own) if own else group.taken < group.capacity,
        max((room.free for room in own), default=group.capacity - group.taken),
    )


@pytest.mark.parametrize("seed", [1, 2])
def test_sql_and_rules_decide_alike(world: World, seed: int) -> None:
    rng = Random(seed)  # the same mix each time
    people, groups = mixed_people(world, rng), [world.group, *mixed_groups(world, rng)]
    divide_by_quotas(world, groups, rng)
    for person in people[1:4]:
        mk.make_enrolment(
            person, rng.choice([g for g in groups if g.taken < g.capacity]), status=st.EnrolmentStatus.APPLIED
        )
    seen: set[tuple[bool, ...]] = set()
    limited = 0
    for person in people:
        with acting_as(person.actor):
            seeker = catalogue.own_seeker()
            assert seeker is not None
            by_sql, page = decided_by_sql(seeker), catalogue.page(Asked(), seeker, size=1000)[0]
        by_rules = {group.id: decided_by_rules(seeker, group) for group in groups}
        assert by_sql == by_rules
        # ... and what the card says is the same decision with the same seats
        shown = {o.group.id: (o.verdict.allowed, o.group.room.free) for o in page if o.group and o.verdict is not None}
        assert shown == {pk: (flags[4], flags[6]) for pk, flags in by_rules.items()}
        assert all(
            o.verdict.waits == (o.group.room.free == 0) for o in page if o.group and o.verdict and o.verdict.allowed
        )
        limited += sum(o.group is not None and o.group.room.limit is not None for o in page)
        seen |= {flags[:6] for flags in by_rules.values()}
    # the mix holds enough to disagree about
    assert len(seen) >= 12 and limited >= 20


def test_the_order_agrees_with_the_sentences(world: World) -> None:
    rng = Random(5)
    people = mixed_people(world, rng)
    mixed_groups(world, rng)
    for person in people[:4]:
        found = offers(actor=person.actor)
        meant = [o.verdict is not None and "предназначена для" not in o.verdict.reason for o in found]
        suitable = [o.verdict is not None and o.verdict.allowed and bool(o.group and o.group.room.free) for o in found]
        assert suitable == sorted(suitable, reverse=True)
        windows = [o.group is not None and o.group.enrol_from <= today() <= o.group.enrol_until for o in found]
        known = [m for m, is_open in zip(meant, windows, strict=True) if is_open]
        assert known == sorted(known, reverse=True)


def test_of_two_jobs_the_fitting_one_speaks(world: World) -> None:
    """A second job for which the program is meant decides, and its refusal is the one that is told."""
    nursery = mk.make_organization(type_=mk.make_type("preschool", "Детский сад"))
    tutor = mk.make_position("Воспитатель")
    mk.make_employment(world.worker.employee, nursery, position=tutor, kind=st.EmploymentKind.SECONDARY)
    course(world, "Для воспитателя", positions=[tutor])
    assert sentence(world).startswith("Подходит: ваша должность;")
    course(world, "Длинный для воспитателя", positions=[tutor], hours=200)
    assert sentence(world).startswith("Программа длится 200")


def test_a_full_quota_leads_to_the_waiting_list_and_says_whose_it_is(world: World) -> None:
    mk.change(world.group, capacity=10)
    quota = mk.make_quota(world.group, territory=world.school.territory, seats=2)

    def shown() -> Any:
        (offer,) = offers(actor=world.worker.actor)
        assert offer.group is not None and offer.verdict is not None
        return offer.group.room, offer.verdict, titles(Asked(only_free=True), world.worker.actor)

    room, verdict, free = shown()
    assert (room.free, room.limit.seats, verdict.waits, len(free)) == (2, 2, False, 1)
    mk.change(quota, taken=2)
    room, verdict, free = shown()
    assert (room.free, verdict.allowed, verdict.waits, free) == (0, True, True, [])
    name = world.school.territory.short_name
    assert f"Места по квоте территории «{name}» заняты: 2 из 2. Можно встать в лист ожидания." in verdict.reason
    # nobody else's seats are limited by it, and a stranger sees the group's
    assert titles(Asked(only_free=True)) == [world.program.title]
    (public,) = offers()
    assert public.group is not None and public.group.room.free == 10


def test_of_two_jobs_the_one_with_a_seat_enrols(world: World) -> None:
    """The quota of the first job is full: the card counts the other's seats, and the enrolment is made from there."""
    other = mk.make_organization()
    second = mk.make_employment(world.worker.employee, other, kind=st.EmploymentKind.SECONDARY)
    mk.change(mk.make_quota(world.group, organization=world.school, seats=1), taken=1)
    (offer,) = offers(actor=world.worker.actor)
    assert offer.group is not None and offer.verdict is not None
    assert (offer.group.room.free, offer.verdict.waits) == (2, False)
    with acting_as(world.worker.actor):
        row = enrolments.enrol(world.worker.employee.id, world.group.id)
    assert (row.employment_id, row.status) == (second.id, st.EnrolmentStatus.APPLIED)


# --- for whom --------------------------------------------------------------------------------------------------------


def test_the_responsible_looks_with_the_eyes_of_the_own_people(world: World) -> None:
    with acting_as(world.responsible):
        seeker = catalogue.seeker_of(world.worker.employee.id)
        assert seeker.name == world.worker.employee.full_name
        found = catalogue.page(Asked(), seeker)[0][0].verdict
    assert found is not None and found.reason == f"Подходит: программа для всех; оплачивает {paying(world)}."
    course(world, "Для учителя", positions=[mk.make_position()])
    with acting_as(world.responsible):
        named = catalogue.page(Asked(words=("учител:*",)), seeker)[0][0].verdict
    assert named is not None and "Подходит: должность работника;" in named.reason


def test_a_foreign_person_is_nobodys_to_look_for(world: World) -> None:
    stranger = world.other_worker.employee.id
    for actor in (world.responsible, world.worker.actor, world.organizer_actor):
        with acting_as(actor), pytest.raises(NotFound):
            catalogue.seeker_of(stranger)
    with acting_as(world.operator), pytest.raises(Forbidden):
        catalogue.seeker_of(stranger)


def test_people_to_choose_from_are_the_own_ones(world: World) -> None:
    def found(actor: Actor) -> set[int]:
        with acting_as(actor):
            return {row.id for row in catalogue.people(mk.m.Employee.id > 0, limit=50)}

    assert found(world.responsible) == {world.worker.employee.id}
    assert found(world.other_responsible) == {world.other_worker.employee.id}
    assert found(world.worker.actor) == {world.worker.employee.id}
    assert found(world.organizer_actor) == found(world.operator) == set()


def test_who_may_not_enrol_looks_for_nobody(world: World) -> None:
    for actor in (world.operator, world.organizer_actor):
        with acting_as(actor):
            assert catalogue.own_seeker() is None


# --- the calendar and the page of a group ----------------------------------------------------------------------------


def test_a_day_names_the_most_suitable_and_counts_the_others(world: World) -> None:
    first = world.group.starts_on
    director = mk.make_position("Директор", kind=st.PositionKind.HEAD)
    for n in range(4):
        course(world, f"Не для учителя {n}", positions=[director], group={"starts_on": first})
    course(world, "В другой день", group={"starts_on": first + DAY})
    with acting_as(world.worker.actor):
        found = catalogue.starts(Asked(), catalogue.own_seeker(), first, first)
    assert list(found) == [first]
    shown, total = found[first]
    assert total == 5
    assert len(shown) == catalogue.OF_DAY
    assert [(s.title, s.allowed) for s in shown[:2]] == [(world.program.title, True), ("Не для учителя 0", False)]


def test_the_page_of_a_group_tells_the_program_and_its_schedule(world: World) -> None:
    at = dt.datetime(2026, 12, 1, 5, tzinfo=dt.UTC)
    mk.save(mk.m.ProgramModule(program_id=world.program.id, title="Практикум", hours=18))
    mk.save(
        mk.m.GroupMeeting(group_id=world.group.id, starts_at=at, ends_at=at + dt.timedelta(hours=2), topic="Начало")
    )
    with acting_as(world.other_organizer):
        offer, found = catalogue.open_group(world.group.id, None), catalogue.details(world.group.id)
    assert offer.group is not None and offer.group.number == world.group.number
    assert found.modules == [("Практикум", 18)]
    assert [meeting.topic for meeting in found.meetings] == ["Начало"]


@pytest.mark.parametrize("pk", [0, -1, 2**31, 2**40, 999_999_999])
def test_a_missing_group_is_not_found(world: World, pk: int) -> None:
    with pytest.raises(NotFound):
        catalogue.open_group(pk, None)
