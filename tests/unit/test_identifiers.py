"""Identifiers: published vectors, cells as Excel holds them, and sentences that say what is wrong."""

import re
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import identifiers
from app.identifiers import IdentifierError
from app.text import name_key

NBSP = "\u00a0"
Parser = Callable[[object], str]


def assert_refused(parse: Parser, value: object, sentence: str) -> None:
    """The message is exactly this: it is read by a person."""
    with pytest.raises(IdentifierError) as caught:
        parse(value)
    assert str(caught.value) == sentence


def is_accepted(parse: Parser, value: object) -> bool:
    try:
        parse(value)
    except IdentifierError:
        return False
    return True


def snils_of(number: int) -> str:
    """Make a valid СНИЛС of a nine-digit number, by the definition: positions weigh 9 … 1."""
    digits = f"{number:09}"
    total = sum(int(digits[i]) * (9 - i) for i in range(9))
    return f"{digits}{0 if total % 101 == 100 else total % 101:02}"


# --- СНИЛС ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("112-233-445 95", "11223344595"),
        ("087-654-303 00", "08765430300"),
        ("206-130-059 00", "20613005900"),
        ("100-356-259 00", "10035625900"),
        ("544-544-369 00", "54454436900"),
        ("142-006-408 99", "14200640899"),
        ("11223344595", "11223344595"),
        (f"\u200b112–233–445{NBSP}95 ", "11223344595"),
        ("112 233 445 95", "11223344595"),
        (11223344595, "11223344595"),
        (11223344595.0, "11223344595"),
        (8765430300, "08765430300"),
        (8765430300.0, "08765430300"),
        ("001-001-998 11", "00100199811"),  # the last one without a control number
        ("001-001-999 65", "00100199965"),  # the first one with it: 7 + 4 + 27 + 18 + 9
    ],
)
def test_parse_snils_reads_every_spelling(value: object, expected: str) -> None:
    assert identifiers.parse_snils(value) == expected


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        ("123-456-789 01", "Контрольное число СНИЛС не сходится: проверьте цифры"),
        ("112-233-445 96", "Контрольное число СНИЛС не сходится: проверьте цифры"),
        ("001-001-999 64", "Контрольное число СНИЛС не сходится: проверьте цифры"),
        ("112-233-445", "СНИЛС: нужно 11 цифр, а здесь 9"),
        ("8765430300", "СНИЛС: нужно 11 цифр, а здесь 10"),  # a text keeps its zeros
        (5, "СНИЛС: нужно 11 цифр, а здесь 1"),
        (0, "СНИЛС: нужно 11 цифр, а здесь 1"),
        ("112-233-445 951", "СНИЛС: нужно 11 цифр, а здесь 12"),
        ("000-000-000 00", "СНИЛС не может состоять из одних нулей"),
        ("112-2ЗЗ-44S 95", "СНИЛС состоит только из цифр, а здесь есть «З», «S»"),
        ("١١٢٢٣٣٤٤٥٩٥", "СНИЛС состоит только из цифр, а здесь есть «١», «٢», «٣»"),
        (11223344595.5, "СНИЛС состоит только из цифр, а здесь есть «.»"),
        (float("nan"), "СНИЛС состоит только из цифр, а здесь есть «n», «a»"),
        (float("inf"), "СНИЛС состоит только из цифр, а здесь есть «i», «n», «f»"),
        ("", "СНИЛС: не заполнено"),
        (None, "СНИЛС: не заполнено"),
        (f" {NBSP}\u200b", "СНИЛС: не заполнено"),
        ("=A1", "В ячейке формула (значение начинается со знака «=»): впишите само значение"),
    ],
)
def test_parse_snils_says_what_is_wrong(value: object, sentence: str) -> None:
    assert_refused(identifiers.parse_snils, value, sentence)


def test_snils_is_written_and_masked() -> None:
    assert identifiers.format_snils("11223344595") == "112-233-445 95"
    assert identifiers.mask_snils("11223344595") == "***-***-445 95"


valid_snils = st.integers(1_001_999, 999_999_999).map(snils_of)


@given(valid_snils)
def test_parse_snils_undoes_format_and_excel(snils: str) -> None:
    assert identifiers.parse_snils(identifiers.format_snils(snils)) == snils
    assert identifiers.parse_snils(int(snils)) == snils
    assert identifiers.parse_snils(float(snils)) == snils


@given(valid_snils, st.integers(0, 8), st.integers(1, 9))
def test_parse_snils_notices_a_mistyped_digit_unless_the_control_agrees(snils: str, place: int, shift: int) -> None:
    digits = list(snils)
    digits[place] = str((int(digits[place]) + shift) % 10)
    typed = "".join(digits)
    if snils_of(int(typed[:9])) == typed or int(typed[:9]) <= 1_001_998:
        assert identifiers.parse_snils(typed) == typed
    else:
        assert_refused(identifiers.parse_snils, typed, "Контрольное число СНИЛС не сходится: проверьте цифры")


# --- ИНН, ОГРН, КПП, ОКТМО -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("parse", "value", "expected"),
    [
        (identifiers.parse_inn, "7707083893", "7707083893"),
        (identifiers.parse_inn, "500100732259", "500100732259"),
        (identifiers.parse_inn, "77 0708 3893", "7707083893"),
        (identifiers.parse_inn, 7707083893.0, "7707083893"),
        (identifiers.parse_inn, 500100732259, "500100732259"),
        (identifiers.parse_ogrn, "1027700132195", "1027700132195"),
        (identifiers.parse_ogrn, 1027700132195.0, "1027700132195"),
        (identifiers.parse_ogrn, "304500116000157", "304500116000157"),
        (identifiers.parse_kpp, "773601001", "773601001"),
        (identifiers.parse_kpp, "7736AB001", "7736AB001"),
        (identifiers.parse_kpp, "7736ав001", "7736AB001"),  # Cyrillic а, в
        (identifiers.parse_kpp, 27301001, "027301001"),
        (identifiers.parse_oktmo, "36701000", "36701000"),
        (identifiers.parse_oktmo, "36 628 416 101", "36628416101"),
        (identifiers.parse_oktmo, 3701000.0, "03701000"),
        (identifiers.parse_oktmo, 3628416101, "03628416101"),
    ],
)
def test_organization_numbers_are_read(parse: Parser, value: object, expected: str) -> None:
    assert parse(value) == expected


def test_parse_inn_restores_one_zero_of_a_number() -> None:
    ten = next(f"010500000{last}" for last in range(10) if is_accepted(identifiers.parse_inn, f"010500000{last}"))
    assert identifiers.parse_inn(int(ten)) == ten
    assert not is_accepted(identifiers.parse_inn, ten[1:])


@given(st.integers(10**12, 10**13 - 1))
def test_parse_ogrn_takes_ogrnip_whose_remainder_is_above_nine(number: int) -> None:
    """The remainder by 13 may be 10–12: its last digit is the control."""
    number = number * 10 + 3
    control = number % 13 % 10
    assert identifiers.parse_ogrn(f"{number:014}{control}") == f"{number:014}{control}"
    assert not is_accepted(identifiers.parse_ogrn, f"{number:014}{(control + 1) % 10}")


@pytest.mark.parametrize("valid", ["7707083893", "500100732259"])
def test_parse_inn_notices_each_changed_control_digit(valid: str) -> None:
    controls = [9] if len(valid) == 10 else [10, 11]
    for place in controls:
        changed = valid[:place] + str((int(valid[place]) + 1) % 10) + valid[place + 1 :]
        assert_refused(identifiers.parse_inn, changed, "Контрольное число ИНН не сходится: проверьте цифры")


@pytest.mark.parametrize(
    ("parse", "value", "sentence"),
    [
        (identifiers.parse_inn, "77070838930", "ИНН: нужно 10 или 12 цифр, а здесь 11"),
        (identifiers.parse_inn, "0000000000", "ИНН не может состоять из одних нулей"),
        (identifiers.parse_inn, "77О7083893", "ИНН состоит только из цифр, а здесь есть «О»"),
        (identifiers.parse_inn, None, "ИНН: не заполнено"),
        (identifiers.parse_ogrn, "1027700132196", "Контрольное число ОГРН не сходится: проверьте цифры"),
        (identifiers.parse_ogrn, "304500116000158", "Контрольное число ОГРНИП не сходится: проверьте цифры"),
        (identifiers.parse_ogrn, "102770013219", "ОГРН: нужно 13 или 15 цифр, а здесь 12"),
        (identifiers.parse_kpp, "77360100", "КПП: нужно 9 знаков, а здесь 8"),
        (
            identifiers.parse_kpp,
            "A73601001",
            "КПП состоит из цифр, только пятый и шестой знаки могут быть латинскими буквами",
        ),
        (
            identifiers.parse_kpp,
            "7736Ж1001",
            "КПП состоит из цифр, только пятый и шестой знаки могут быть латинскими буквами",
        ),
        (identifiers.parse_kpp, "000000000", "КПП не может состоять из одних нулей"),
        (identifiers.parse_kpp, " ", "КПП: не заполнено"),
        (identifiers.parse_oktmo, "367010001", "ОКТМО: нужно 8 или 11 цифр, а здесь 9"),
        (identifiers.parse_oktmo, "00000000", "ОКТМО не может состоять из одних нулей"),
    ],
)
def test_organization_numbers_say_what_is_wrong(parse: Parser, value: object, sentence: str) -> None:
    assert_refused(parse, value, sentence)


# --- phone and e-mail ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "value",
    [
        "+7 (927) 123-45-67",
        "8 (927) 123-45-67",
        "8-927-123-45-67",
        f"8{NBSP}927{NBSP}123–45–67",
        "89271234567",
        "79271234567",
        "9271234567",
        "927.123.45.67",
        89271234567,
        89271234567.0,
        9271234567,
    ],
)
def test_parse_phone_reads_every_spelling(value: object) -> None:
    assert identifiers.parse_phone(value) == "+79271234567"


def test_parse_phone_does_not_take_the_city_code_846_for_a_prefix() -> None:
    assert identifiers.parse_phone("846 123-45-67") == "+78461234567"
    assert identifiers.parse_phone("8 (84663) 2-15-47") == "+78466321547"


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        (
            "+7 (927) 123-45-67 доб. 2",
            "Добавочный номер хранить нельзя: оставьте только сам номер, например +7 (846) 123-45-67",
        ),
        (
            "8 846 123-45-67 вн.12",
            "Добавочный номер хранить нельзя: оставьте только сам номер, например +7 (846) 123-45-67",
        ),
        ("89271234567, 89271234568", "Укажите один номер телефона"),
        ("8 846 123-45-67/68", "Укажите один номер телефона"),
        ("123-45-67", "В номере телефона нужно 10 цифр после +7 или 8, например +7 (846) 123-45-67"),
        ("892712345678", "В номере телефона нужно 10 цифр после +7 или 8, например +7 (846) 123-45-67"),
        (
            "+375 29 123-45-67",
            "После «+» нужны цифра 7 и ещё 10 цифр российского номера, например +7 (846) 123-45-67",
        ),
        ("+8 927 123-45-67", "После «+» нужны цифра 7 и ещё 10 цифр российского номера, например +7 (846) 123-45-67"),
        ("8 027 123-45-67", "Код города или оператора не может начинаться с цифры 0: проверьте номер"),
        ("тел. 89271234567", "В номере телефона лишние знаки «т», «е», «л»: оставьте только цифры"),
        ("", "Номер телефона: не заполнено"),
        ("=89271234567", "В ячейке формула (значение начинается со знака «=»): впишите само значение"),
    ],
)
def test_parse_phone_says_what_is_wrong(value: object, sentence: str) -> None:
    assert_refused(identifiers.parse_phone, value, sentence)


@given(st.integers(3_000_000_000, 9_999_999_999))
def test_parse_phone_undoes_format(national: int) -> None:
    phone = f"+7{national}"
    assert identifiers.parse_phone(identifiers.format_phone(phone)) == phone


def test_phone_is_written_for_people() -> None:
    assert identifiers.format_phone("+79271234567") == "+7 (927) 123-45-67"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("user41544@example.org", "user41544@example.org"),
        (" Ivanova.M@Shkola-5.Example.RU\u200b", "ivanova.m@shkola-5.example.ru"),
        ("o'nil+kadry@xn--80aswg.xn--p1ai", "o'nil+kadry@xn--80aswg.xn--p1ai"),
    ],
)
def test_parse_email_reads_addresses(value: object, expected: str) -> None:
    assert identifiers.parse_email(value) == expected


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        ("", "Адрес электронной почты: не заполнено"),
        ("user@exаmple.org", "В адресе электронной почты нелатинские знаки «а»"),
        ("a@example.org; b@example.org", "Укажите один адрес электронной почты"),
        ("user @example.org", "В адресе электронной почты не должно быть пробелов"),
        ("user", "«user» не похоже на адрес электронной почты вида имя@example.ru"),
        ("user@example", "«user@example» не похоже на адрес электронной почты вида имя@example.ru"),
        (".user@example.org", "«.user@example.org» не похоже на адрес электронной почты вида имя@example.ru"),
        ("us..er@example.org", "«us..er@example.org» не похоже на адрес электронной почты вида имя@example.ru"),
        ("user@-example.org", "«user@-example.org» не похоже на адрес электронной почты вида имя@example.ru"),
        ("user@example.org.", "«user@example.org.» не похоже на адрес электронной почты вида имя@example.ru"),
        (89271234567, "«89271234567» не похоже на адрес электронной почты вида имя@example.ru"),
        (
            "a" * 65 + "@example.org",
            f"«{'a' * 60}» не похоже на адрес электронной почты вида имя@example.ru",
        ),
    ],
)
def test_parse_email_says_what_is_wrong(value: object, sentence: str) -> None:
    assert_refused(identifiers.parse_email, value, sentence)


# --- names of people -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("Иванова", "Иванова"),
        (f"{NBSP}Ильдар  ", "Ильдар"),
        ("Соло\u00adвьё\u200bва", "Соловьёва"),
        ("Андреи\u0306", "Андрей"),  # й of two code points, as copied from a PDF
        ("Алёна", "Алёна"),  # ё stays
        ("Cеменова", "Семенова"),  # Latin C
        ("Пeтpoвa", "Петрова"),  # Latin e, p, o, a
        ("CEMЁHOBA", "Семёнова"),  # all but Ё Latin
        ("Сëмина", "Сёмина"),  # Latin ë
        ("ИВАНОВА", "Иванова"),
        ("иванова", "Иванова"),
        ("САЛТЫКОВ-ЩЕДРИН", "Салтыков-Щедрин"),
        ("салтыков – щедрин", "Салтыков-Щедрин"),
        ("Иванова-ПЕТРОВА", "Иванова-Петрова"),
        ("МакДональд", "МакДональд"),
        ("О’НИЛ", "О'Нил"),
        ("д'артаньян", "Д'Артаньян"),
        ("Гасан оглы", "Гасан оглы"),
        ("ГАСАН ОГЛЫ", "Гасан оглы"),
        ("гасан-кызы", "Гасан-кызы"),
        ("Гасан Оглы", "Гасан Оглы"),
        ("ОГЛЫ", "Оглы"),
        ("ашраф-ЗАДЕ", "Ашраф-заде"),
        ("фон Берг", "фон Берг"),
        ("ван ли", "Ван Ли"),
        ("Иванова (ПЕТРОВА)", "Иванова (Петрова)"),
        ("М.", "М."),
        ("Ю", "Ю"),
    ],
)
def test_parse_person_name_tidies(value: object, expected: str) -> None:
    assert identifiers.parse_person_name(value, kind="фамилия") == expected


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        (
            '=HYPERLINK("http://example.org","Иванова")',
            "В ячейке формула (значение начинается со знака «=»): впишите само значение",
        ),
        ("\u200b =Иванова", "В ячейке формула (значение начинается со знака «=»): впишите само значение"),
        ("Ivanova", "Фамилия: латинские буквы «I», «v», «a», нужны русские"),
        ("Oxa", "Фамилия: латинские буквы «O», «x», «a», нужны русские"),  # nothing tells that they are look-alikes
        ("Иваnова", "Фамилия: латинские буквы «n», нужны русские"),
        ("Иванова1", "Фамилия: недопустимые знаки «1», нужны русские буквы"),
        ("Иванова_Петрова", "Фамилия: недопустимые знаки «_», нужны русские буквы"),
        (25.0, "Фамилия: недопустимые знаки «2», «5», нужны русские буквы"),
        ("-Иванова", "Фамилия: дефис может стоять только один и только между частями"),
        ("Иванова -", "Фамилия: дефис может стоять только один и только между частями"),
        ("Иванова--Петрова", "Фамилия: дефис может стоять только один и только между частями"),
        ("Иванова - – Петрова", "Фамилия: дефис может стоять только один и только между частями"),
        ("(Петрова)", "Фамилия: значение должно начинаться с буквы"),
        ("...", "Фамилия: значение должно начинаться с буквы"),
        ("", "Фамилия: не заполнено"),
        (None, "Фамилия: не заполнено"),
        ("А" * 101, "Фамилия: не больше 100 знаков, а здесь 101"),
    ],
)
def test_parse_person_name_says_what_is_wrong(value: object, sentence: str) -> None:
    assert_refused(lambda given: identifiers.parse_person_name(given, kind="фамилия"), value, sentence)


def test_parse_person_name_names_the_field_and_how_to_leave_out_a_patronymic() -> None:
    assert_refused(
        lambda given: identifiers.parse_person_name(given, kind="имя"),
        "Anna",
        "Имя: латинские буквы «A», «n», «a», нужны русские",
    )
    for absent in ("нет", "Нет", "Отсутствует", "не имеет", "—"):
        assert_refused(
            lambda given: identifiers.parse_person_name(given, kind="отчество"),
            absent,
            "Отчество: если его нет, оставьте поле пустым",
        )
    assert_refused(
        lambda given: identifiers.parse_person_name(given, kind="отчество"),
        "Иван--ович",
        "Отчество: дефис может стоять только один и только между частями: если его нет, оставьте поле пустым",
    )


@pytest.mark.parametrize("absent", ["нет", "Не имеет", "—", "-", "", "без отчества", "отсутствует"])
def test_parse_patronymic_takes_absence_for_none(absent: str) -> None:
    assert identifiers.parse_patronymic(absent) is None
    assert identifiers.parse_patronymic("иванович") == "Иванович"


@given(st.text("АБЁЯабёяCoe .'-()\u00a0\u200b–", max_size=12))
def test_parse_person_name_result_is_stable_and_fit_for_the_registry(typed: str) -> None:
    try:
        name = identifiers.parse_person_name(typed, kind="имя")
    except IdentifierError:
        return
    assert identifiers.parse_person_name(name, kind="имя") == name
    assert re.fullmatch(r"[А-ЯЁа-яё .'\-()]+", name)
    assert name == name.strip(" -")
    assert "  " not in name
    assert "--" not in name


# --- comparing -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Алёна", "АЛЕНА"),
        (
            "СП «Детский сад „Росинка“» ГБОУ СОШ с. Верхние Сосны",
            'СП "Детский сад "Росинка"" ГБОУ  CОШ с.Верхние Сосны',
        ),
        ("Педагог-психолог", "педагог – психолог "),
        ("МБОУ «Школа № 5»", f"МБОУ Школа{NBSP}№5"),
        ("Иностранный язык (английский)", "иностранный язык(английский)"),
        ("О'Нил", "О’Нил"),
        ("HOME", "home"),
        ("Андрей", "Андреи\u0306"),
    ],
)
def test_name_key_makes_spellings_equal(one: str, other: str) -> None:
    assert name_key(one) == identifiers.name_key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Школа № 5", "Школа № 15"),
        ("Иванов", "Иванова"),
        ("Детский сад", "Детсад"),
        ("Мои", "Мой"),
    ],
)
def test_name_key_keeps_different_names_apart(one: str, other: str) -> None:
    assert name_key(one) != identifiers.name_key(other)


@given(st.text("АБЁйё abcеCO\"«»„“'.,-–№()\u00a0", max_size=20))
def test_name_key_of_a_key_is_the_key(text: str) -> None:
    key = name_key(text)
    assert name_key(key) == key


POSITIONS = [
    "Учитель",
    "Учитель-дефектолог",
    "Учитель-логопед (логопед)",
    "Педагог-психолог",
    "Воспитатель",
    "Старший воспитатель",
    "Директор",
]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("учитель математики", "Учитель"),
        ("Учитель дефектолог", "Учитель-дефектолог"),
        ("педогог-психолог", "Педагог-психолог"),
        ("Учитель-логопед", "Учитель-логопед (логопед)"),
        ("воспитатель", "Воспитатель"),
        ("Вocпитатель", "Воспитатель"),
    ],
)
def test_suggest_puts_the_nearest_first(text: str, expected: str) -> None:
    assert identifiers.suggest(text, POSITIONS)[0] == expected


def test_suggest_is_silent_when_nothing_is_alike() -> None:
    assert identifiers.suggest("водолаз", POSITIONS) == []
    assert identifiers.suggest("", POSITIONS) == []
    assert identifiers.suggest("учитель", ["", "«»"]) == []


def test_suggest_returns_each_choice_once_and_no_more_than_asked() -> None:
    assert identifiers.suggest("воспитатель", POSITIONS * 2, limit=1) == ["Воспитатель"]
    assert identifiers.suggest("воспитатель", POSITIONS * 2) == ["Воспитатель", "Старший воспитатель"]
