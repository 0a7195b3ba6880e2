"""Russian words: plurals, dates, names in cases, quotation marks. NBSP is written «~» in the tables."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import babel.dates
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import russian
from app.russian import NameCase, RussianDateError, Sex

SAMARA = ZoneInfo("Europe/Samara")


def shown(text: str) -> str:
    """Make non-breaking spaces visible."""
    assert "~" not in text
    return text.replace("\u00a0", "~")


# --- numbers -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("n", "expected"),
    [
        (0, "0~часов"),
        (1, "1~час"),
        (2, "2~часа"),
        (4, "4~часа"),
        (5, "5~часов"),
        (11, "11~часов"),
        (12, "12~часов"),
        (14, "14~часов"),
        (21, "21~час"),
        (72, "72~часа"),
        (101, "101~час"),
        (108, "108~часов"),
        (111, "111~часов"),
        (144, "144~часа"),
        (250, "250~часов"),
        (1013, "1~013~часов"),
        (1234561, "1~234~561~час"),
        (-2, "-2~часа"),
    ],
)
def test_count_agrees_with_its_noun(n: int, expected: str) -> None:
    assert shown(russian.count(n, "час", "часа", "часов")) == expected


@given(st.integers(0, 10**9))
def test_plural_depends_on_the_last_two_digits_only(n: int) -> None:
    assert russian.plural(n, "1", "2", "5") == russian.plural(n % 100, "1", "2", "5")


@pytest.mark.parametrize(("n", "expected"), [(1, "1~год"), (3, "3~года"), (17, "17~лет"), (41, "41~год")])
def test_years(n: int, expected: str) -> None:
    assert shown(russian.years(n)) == expected


# --- writing dates -------------------------------------------------------------------------------------------------


def test_dates_are_written() -> None:
    assert russian.format_date(date(2025, 2, 3)) == "03.02.2025"
    assert shown(russian.long_date(date(2016, 5, 11))) == "11~мая~2016~г."


def test_a_last_day_to_act_is_included() -> None:
    assert russian.no_later(date(2026, 12, 5)) == "не позже 05.12.2026"


def test_format_datetime_shows_local_time() -> None:
    moment = datetime(2025, 2, 3, 21, 5, 59, tzinfo=UTC)
    assert russian.format_datetime(moment, SAMARA) == "04.02.2025 01:05"
    assert russian.format_datetime(moment) == "03.02.2025 21:05"


def test_format_datetime_refuses_a_naive_moment() -> None:
    with pytest.raises(ValueError, match="time zone"):
        russian.format_datetime(datetime(2025, 2, 3, 21, 5))


@pytest.mark.parametrize("month", range(1, 13))
def test_long_date_names_each_month_in_the_genitive(month: int) -> None:
    day = date(2025, month, 1)
    assert shown(russian.long_date(day)) == babel.dates.format_date(day, "d~MMMM~y~'г'.", locale="ru")


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        (date(2025, 2, 3), date(2025, 2, 14), "с~3 по~14~февраля~2025~г."),
        (date(2025, 2, 2), date(2025, 2, 14), "со~2 по~14~февраля~2025~г."),
        (date(2025, 2, 2), date(2025, 3, 2), "со~2~февраля по~2~марта~2025~г."),
        (date(2025, 1, 22), date(2025, 2, 3), "с~22~января по~3~февраля~2025~г."),
        (date(2025, 1, 28), date(2025, 2, 3), "с~28~января по~3~февраля~2025~г."),
        (date(2025, 12, 28), date(2026, 1, 3), "с~28~декабря~2025~г. по~3~января~2026~г."),
        (date(2025, 2, 3), date(2026, 2, 3), "с~3~февраля~2025~г. по~3~февраля~2026~г."),
        (date(2025, 2, 3), date(2025, 2, 3), "3~февраля~2025~г."),
    ],
)
def test_period_names_equal_parts_once(first: date, last: date, expected: str) -> None:
    assert shown(russian.period(first, last)) == expected


def test_period_refuses_to_run_backwards() -> None:
    with pytest.raises(ValueError, match="before"):
        russian.period(date(2025, 2, 14), date(2025, 2, 3))


# --- reading dates -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("03.02.2025", date(2025, 2, 3)),
        ("3.2.2025", date(2025, 2, 3)),
        (" 03.02.2025\u00a0г.", date(2025, 2, 3)),
        ("03.02.2025 г", date(2025, 2, 3)),
        ("03.02.2025 0:00:00", date(2025, 2, 3)),
        ("\u200b2025-02-03", date(2025, 2, 3)),
        ("2025-02-03 00:00:00", date(2025, 2, 3)),
        ("2025-02-03T00:00:00.000", date(2025, 2, 3)),
        ("29.02.2024", date(2024, 2, 29)),
        (datetime(1959, 2, 27), date(1959, 2, 27)),
        (date(1959, 2, 27), date(1959, 2, 27)),
        (21608, date(1959, 2, 27)),  # Excel serial numbers
        (45691.75, date(2025, 2, 3)),
    ],
)
def test_parse_date_reads(value: object, expected: date) -> None:
    parsed = russian.parse_date(value)
    assert parsed == expected
    assert type(parsed) is date


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        ("31.02.1980", "Даты 31.02.1980 не существует"),
        ("1980-02-31", "Даты 31.02.1980 не существует"),
        ("29.2.2025", "Даты 29.02.2025 не существует"),
        ("00.13.0000", "Даты 00.13.0000 не существует"),
        ("03.02.25", "Дата пишется дд.мм.гггг, например 03.02.1980, а здесь «03.02.25»"),
        ("03_02_2025", "Дата пишется дд.мм.гггг, например 03.02.1980, а здесь «03_02_2025»"),
        ("1980", "Дата пишется дд.мм.гггг, например 03.02.1980, а здесь «1980»"),
        (1980, "Дата пишется дд.мм.гггг, например 03.02.1980, а здесь «1980»"),
        (float("nan"), "Дата пишется дд.мм.гггг, например 03.02.1980, а здесь «nan»"),
        (True, "Дата пишется дд.мм.гггг, например 03.02.1980, а здесь «True»"),
        ("٠٣.٠٢.٢٠٢٥", "Дата пишется дд.мм.гггг, например 03.02.1980, а здесь «٠٣.٠٢.٢٠٢٥»"),
        ("x" * 99, f"Дата пишется дд.мм.гггг, например 03.02.1980, а здесь «{'x' * 30}…»"),
        ("01.01.1899", "Год 1899 вне допустимых: от 1900 до 2100"),
        (datetime(2101, 1, 1), "Год 2101 вне допустимых: от 1900 до 2100"),
        ("", "Дата не указана: впишите её в виде дд.мм.гггг"),
        (" \u200b", "Дата не указана: впишите её в виде дд.мм.гггг"),
        (None, "Дата не указана: впишите её в виде дд.мм.гггг"),
    ],
)
def test_parse_date_says_what_is_wrong(value: object, sentence: str) -> None:
    with pytest.raises(RussianDateError) as caught:
        russian.parse_date(value)
    assert str(caught.value) == sentence


accepted_dates = st.dates(date(1900, 1, 1), date(2100, 12, 31))


@given(accepted_dates)
def test_parse_date_undoes_each_way_of_writing(day: date) -> None:
    assert russian.parse_date(russian.format_date(day)) == day
    assert russian.parse_date(day.isoformat()) == day


@given(st.dates(date(1927, 5, 18), date(2100, 12, 31)))
def test_parse_date_reads_every_excel_serial(day: date) -> None:
    assert russian.parse_date((day - date(1899, 12, 30)).days) == day


# --- ages ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("birth", "on", "expected"),
    [
        (date(1980, 6, 15), date(2026, 6, 14), 45),
        (date(1980, 6, 15), date(2026, 6, 15), 46),
        (date(2000, 2, 29), date(2025, 2, 28), 24),
        (date(2000, 2, 29), date(2025, 3, 1), 25),
        (date(2026, 6, 15), date(2026, 6, 15), 0),
    ],
)
def test_age_counts_full_years(birth: date, on: date, expected: int) -> None:
    assert russian.age(birth, on) == expected
    assert russian.seniority(birth, on) == expected


def test_age_before_birth_is_an_error_but_seniority_before_work_is_none() -> None:
    start, before = date(2026, 6, 15), date(2025, 6, 15)
    with pytest.raises(ValueError, match="before the birth"):
        russian.age(start, before)
    assert russian.seniority(start, before) == 0


@given(accepted_dates, st.integers(0, 100))
def test_age_grows_by_one_on_the_birthday(birth: date, full: int) -> None:
    if (birth.month, birth.day) == (2, 29):
        birth -= timedelta(days=1)
    birthday = birth.replace(year=birth.year + full + 1)
    assert russian.age(birth, birthday) == full + 1
    assert russian.age(birth, birthday - timedelta(days=1)) == full


# --- names ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "surname_first", "initials_first"),
    [
        (("Иванова", "Мария", "Петровна"), "Иванова~М.~П.", "М.~П.~Иванова"),
        (("Лебедева", "Марина", None), "Лебедева~М.", "М.~Лебедева"),
        (("Лебедева", "Марина", ""), "Лебедева~М.", "М.~Лебедева"),
        (("Петрова", "Анна-Мария", "Ильинична"), "Петрова~А.-М.~И.", "А.-М.~И.~Петрова"),
        (("Алиев", "Ахмед", "Гасан оглы"), "Алиев~А.~Г.", "А.~Г.~Алиев"),
        (("Алиев", "Ахмед", "Гасан-оглы"), "Алиев~А.~Г.", "А.~Г.~Алиев"),
    ],
)
def test_initials(name: tuple[str, str, str | None], surname_first: str, initials_first: str) -> None:
    assert shown(russian.initials(*name)) == surname_first
    assert shown(russian.initials_first(*name)) == initials_first


def test_full_name_leaves_out_what_is_absent() -> None:
    assert russian.full_name("Иванова", "Мария", "Петровна") == "Иванова Мария Петровна"
    assert russian.full_name("Лебедева", "Марина", None) == "Лебедева Марина"
    assert russian.full_name("Лебедева", "Марина", "") == "Лебедева Марина"


@pytest.mark.parametrize(
    ("last", "first", "patronymic", "expected"),
    [
        ("Иванова", "Мария", "Петровна", "female"),
        ("Шевченко", "Илья", None, "male"),
        ("Ким", "Ольга", None, "female"),
        ("Гасанов", "Ахмед", "Гасан оглы", "male"),
        ("Алиева", "Гюльнара", "Ахмед кызы", "female"),
        ("Черных", "Саша", "Ивановна", "female"),
        ("Ткач", "Саша", None, None),
        ("Ли", "Вэй", "", None),
        (None, None, None, None),
    ],
)
def test_guess_sex(last: str | None, first: str | None, patronymic: str | None, expected: Sex | None) -> None:
    assert russian.guess_sex(last, first, patronymic) == expected


@pytest.mark.parametrize(
    ("name", "sex", "genitive", "dative", "accusative"),
    [
        (
            "Иванова Мария Петровна",
            "female",
            "Ивановой Марии Петровны",
            "Ивановой Марии Петровне",
            "Иванову Марию Петровну",
        ),
        ("Иванов Пётр Ильич", "male", "Иванова Петра Ильича", "Иванову Петру Ильичу", "Иванова Петра Ильича"),
        ("Шевченко Илья Львович", "male", "Шевченко Ильи Львовича", "Шевченко Илье Львовичу", "Шевченко Илью Львовича"),
        ("Ким Ольга Сергеевна", "female", "Ким Ольги Сергеевны", "Ким Ольге Сергеевне", "Ким Ольгу Сергеевну"),
        ("Ким Олег Сергеевич", "male", "Кима Олега Сергеевича", "Киму Олегу Сергеевичу", "Кима Олега Сергеевича"),
        ("Седых Лев Павлович", "male", "Седых Льва Павловича", "Седых Льву Павловичу", "Седых Льва Павловича"),
        ("Ткач Анна Юрьевна", "female", "Ткач Анны Юрьевны", "Ткач Анне Юрьевне", "Ткач Анну Юрьевну"),
        (
            "Живаго Любовь Ивановна",
            "female",
            "Живаго Любови Ивановны",
            "Живаго Любови Ивановне",
            "Живаго Любовь Ивановну",
        ),
        ("Золя Анна Ивановна", "female", "Золя Анны Ивановны", "Золя Анне Ивановне", "Золя Анну Ивановну"),
        (
            "Салтыков-Щедрин Иван Ильич",
            "male",
            "Салтыкова-Щедрина Ивана Ильича",
            "Салтыкову-Щедрину Ивану Ильичу",
            "Салтыкова-Щедрина Ивана Ильича",
        ),
        (
            "Ковалёва-Петрова Анна-Мария Львовна",
            "female",
            "Ковалёвой-Петровой Анны-Марии Львовны",
            "Ковалёвой-Петровой Анне-Марии Львовне",
            "Ковалёву-Петрову Анну-Марию Львовну",
        ),
    ],
)
def test_decline_name(name: str, sex: Sex, genitive: str, dative: str, accusative: str) -> None:
    last, first, patronymic = name.split()
    forms: dict[NameCase, str] = {"nominative": name, "genitive": genitive, "dative": dative, "accusative": accusative}
    for case, expected in forms.items():
        assert russian.decline_name(last, first, patronymic, case=case, sex=sex) == expected


def test_decline_name_of_two_words_and_a_former_surname() -> None:
    assert russian.decline_name("Алиев", "Ахмед", "Гасан оглы", case="dative", sex="male") == "Алиеву Ахмеду Гасан оглы"
    assert (
        russian.decline_name("Иванова (Петрова)", "Мария", case="dative", sex="female") == "Ивановой (Петровой) Марии"
    )


def test_decline_name_guesses_the_sex_or_leaves_the_name_alone() -> None:
    assert russian.decline_name("Ким", "Ольга", None, case="dative", sex=None) == "Ким Ольге"
    assert russian.decline_name("Ткач", "Саша", None, case="dative", sex=None) == "Ткач Саша"
    assert russian.decline_name("Ткач", "Саша", None, case="dative", sex="male") == "Ткачу Саше"


# --- quotation marks -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("Урок", "«Урок»"),
        ("Урок «Живая математика»", "«Урок „Живая математика“»"),
        ("«Урок»", "«Урок»"),
        ("Урок „Живая математика“", "«Урок „Живая математика“»"),
        ("СП «Детский сад „Росинка“» ГБОУ СОШ", "«СП „Детский сад «Росинка»“ ГБОУ СОШ»"),
        ("«А» и «Б»", "«„А“ и „Б“»"),
        ("  ", ""),
    ],
)
def test_quoted(title: str, expected: str) -> None:
    assert russian.quoted(title) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Выдал Петров\xa0Л.\xa0И..", "Выдал Петров\xa0Л.\xa0И."),
        ("Петров Л. И.. Далее", "Петров Л. И. Далее"),
        ("до 31.12.2026 г..\nСтрока", "до 31.12.2026 г.\nСтрока"),
        ("Подождите... или?.. или!.. ../путь", "Подождите... или?.. или!.. ../путь"),
        ("Одна точка.", "Одна точка."),
    ],
)
def test_stopped(text: str, expected: str) -> None:
    assert russian.stopped(text) == expected


# --- posts and first letters ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("post", "genitive"),
    [
        ("директор", "директора"),
        ("Ректор", "Ректора"),
        ("заведующая детским садом", "заведующей детским садом"),
        ("исполняющий обязанности директора", "исполняющего обязанности директора"),
        ("старший воспитатель", "старшего воспитателя"),
        ("учитель-логопед", "учителя-логопеда"),
        ("заместитель директора по УВР", "заместителя директора по УВР"),
        ("директор МБУ «Центр»", "директора МБУ «Центр»"),
        # in its case already
        ("и. о. директора", "и. о. директора"),
        ("Врио ректора", "Врио ректора"),
        ("", ""),
    ],
)
def test_a_post_is_declined_up_to_its_first_noun(post: str, genitive: str) -> None:
    assert russian.decline_post(post, case="genitive") == genitive
    assert russian.decline_post(post, case="nominative") == post


@pytest.mark.parametrize(("text", "expected"), [("школа № 7 Самары", "Школа № 7 Самары"), ("ГБУ", "ГБУ"), ("", "")])
def test_only_the_first_letter_becomes_capital(text: str, expected: str) -> None:
    assert russian.capitalized(text) == expected


# --- dates as people type them ---------------------------------------------------------------------------------------

TODAY = date(2026, 11, 25)


@pytest.mark.parametrize(
    "typed",
    [
        "12.03.1980",
        "12/03/1980",
        "12-03-1980",
        "12.3.80",
        "12 марта 1980",
        "12 марта 1980 г.",
        "12 мар 80",
        "12.март.1980",
        "1980-03-12",
    ],
)
def test_a_day_is_read_in_every_usual_form(typed: str) -> None:
    assert russian.parse_date(typed, today=TODAY) == date(1980, 3, 12)


@pytest.mark.parametrize(
    ("typed", "past", "day"),
    [
        ("01.09.26", False, date(2026, 9, 1)),
        ("01.09.27", False, date(2027, 9, 1)),
        ("01.09.27", True, date(1927, 9, 1)),
        ("01.09.46", False, date(2046, 9, 1)),
        ("01.09.47", False, date(1947, 9, 1)),
        ("01.09.26", True, date(2026, 9, 1)),
        ("1 сентября 85", True, date(1985, 9, 1)),
    ],
)
def test_two_figures_of_a_year_have_the_right_century(typed: str, past: bool, day: date) -> None:
    assert russian.parse_date(typed, today=TODAY, past=past) == day


def test_two_figures_of_a_year_need_a_day_to_count_from() -> None:
    with pytest.raises(RussianDateError, match=r"Дата пишется дд\.мм\.гггг"):
        russian.parse_date("01.09.26")


@pytest.mark.parametrize("typed", ["12 мартобря 1980", "31.02.80", "12.03", "март 1980", "12.13.80"])
def test_what_is_no_day_is_refused(typed: str) -> None:
    with pytest.raises(RussianDateError):
        russian.parse_date(typed, today=TODAY)


@pytest.mark.parametrize(
    ("last", "sex", "case", "declined"),
    [
        ("Строй", "male", "dative", "Строю Марку Ильичу"),
        ("Строй", "male", "accusative", "Строя Марка Ильича"),
        ("Бой-Жилинский", "male", "genitive", "Боя-Жилинского Марка Ильича"),
        ("Цой", "male", "dative", "Цою Марку Ильичу"),
        ("Толстой", "male", "dative", "Толстому Марку Ильичу"),
        ("Злой", "male", "dative", "Злому Марку Ильичу"),
        ("фон Берг", "male", "dative", "фон Бергу Марку Ильичу"),
    ],
)
def test_surnames_in_oj_and_small_words_of_surnames(last: str, sex: Sex, case: NameCase, declined: str) -> None:
    assert russian.decline_name(last, "Марк", "Ильич", case=case, sex=sex) == declined


def test_a_woman_keeps_a_surname_that_is_a_noun() -> None:
    assert russian.decline_name("Строй", "Анна", "Ильинична", case="dative", sex="female") == "Строй Анне Ильиничне"
