"""The one rule of passwords: length, kinds of characters, not a common one, not the user's data, none of the last five.

Only hashes are stored. A forgotten password is replaced, never read.
"""

from __future__ import annotations

import datetime as dt
import re
import secrets
from collections.abc import Iterable
from functools import cache

from sqlalchemy import delete, select
from werkzeug.security import check_password_hash, generate_password_hash

from app import models as m
from app.access import unscoped
from app.clock import now
from app.errors import Invalid
from app.extensions import db, option
from app.services.portal import settings
from app.text import sort_key, visible
from app.text.keyboard import other_layout

MIN_LENGTH, MAX_LENGTH = 10, 200
#: former passwords that are not taken again, the present one included
KEPT = 5
#: the rule in words, for who makes up a password
NOTE = (
    f"Не меньше {MIN_LENGTH} знаков, буквы вместе с цифрами, знаками или буквами другого регистра. "
    "Хороший пароль — три-четыре не связанных слова через пробел. Не подойдут частые слова, ваш логин, имя и фамилия, "
    f"последние {KEPT} паролей."
)
#: a common word with at most so many other characters around it is still a common password: «Пароль2026!»
TRIMMINGS = 5
#: own data shorter than that is in too many words to be forbidden
SHORTEST_OWN = 4
#: without what is easily confused on paper: 0 and o, 1 and l and i
_PRINTED = "abcdefghjkmnpqrstuvwxyz23456789"

#: words that Russian users take for passwords, beside the English list of the library; each also in the other layout
_RUSSIAN = (
    "пароль парольпароль мойпароль новыйпароль секрет привет приветик здравствуй здравствуйте любовь любимая любимый люблю "
    "люблютебя ятебялюблю солнышко солнце зайка зайчик котик котенок кошка собака малышка красотка принцесса ангел "
    "счастье радость надежда свобода мечта звезда родина россия русский москва самара тольятти сызрань волга область "
    "город деревня семья мамочка мамапапа бабушка дедушка доченька сыночек сестра подруга "
    "наташа наталья татьяна светлана людмила екатерина елена ирина марина ольга галина валентина виктория анастасия "
    "настя юлия анна мария дарья полина ксения александра александр сергей андрей дмитрий алексей максим михаил "
    "николай владимир виктор евгений артем кирилл никита роман руслан денис антон иван павел константин валерий "
    "школа учитель учительница педагог воспитатель директор завуч заведующая методист логопед математика физика химия "
    "биология история география литература информатика русскийязык образование министерство кадры портал учеба экзамен "
    "детскийсад садик лицей гимназия колледж "
    "йцукен йцукенг йцукенгш йцукенгшщз фывапр фывапролдж ячсмить ячсмитьбю йфяцыч йцукенфыва абвгдейка абвгде абвгдеж "
    "администратор админ оператор пользователь гость менеджер компьютер интернет футбол спартак зенит динамо хоккей "
    "январь февраль март апрель июнь июль август сентябрь октябрь ноябрь декабрь понедельник пятница весна осень зима лето"
)


# --- hashes --------------------------------------------------------------------------------------------------------


def hashed(password: str) -> str:
    """Return the hash of a password: of its one normal form, because «й» copied from a PDF is two characters."""
    method = option("FAB_PASSWORD_HASH_METHOD", "scrypt")
    return generate_password_hash(visible(password), method=method)


def fits(stored: str, password: str) -> bool:
    """Whether a typed password is the one of the hash."""
    return check_password_hash(stored, visible(password))


# --- the rule --------------------------------------------------------------------------------------------------------


def check_new_password(password: str, *, user_id: int | None = None, own: Iterable[str | None] = ()) -> None:
    """Raise Invalid unless the password may be taken by a user (None: of an account that is about to be made).

    ``own``: names, login and e-mail of the user who takes it; those of ``user_id`` are added.
    """
    problem = problem_of(password, own=own)
    if not problem and user_id is not None:
        with unscoped("the password's own account"):
            user = db.session.scalars(select(m.Account).where(m.Account.id == user_id)).one()
        problem = problem_of(password, own=own_data(user)) or _former(user, password)
    if problem:
        raise Invalid(problem, fields={"new": [problem]})


def problem_of(password: str, *, own: Iterable[str | None] = ()) -> str:
    """Why a password is refused, in one sentence, or an empty string; the history is asked elsewhere."""
    if len(password) > MAX_LENGTH:
        return f"Пароль длиннее {MAX_LENGTH} знаков. Возьмите покороче."
    kinds = sum(
        any(test(c) for c in password) for test in (str.isdigit, str.isupper, str.islower, lambda c: not c.isalnum())
    )
    if len(password) < MIN_LENGTH or kinds < 2:
        return f"Пароль: не меньше {MIN_LENGTH} знаков, буквы вместе с цифрами, знаками или буквами другого регистра."
    if is_common(password):
        return (
            "Такой пароль легко подобрать: он из частых слов или подряд идущих клавиш. Возьмите три-четыре "
            "не связанных слова."
        )
    if _holds_own(password, own):
        return "Пароль не должен содержать ваш логин, имя, фамилию или адрес почты. Придумайте другой."
    return ""


def is_common(password: str) -> bool:
    """Whether a password is on the list of common ones, in either layout, bare or with a few digits and signs around."""
    typed = password.casefold()
    if len(set(typed)) < MIN_LENGTH // 2:
        return True
    core = re.sub(r"^[\W\d_]+|[\W\d_]+$", "", typed)
    known = _common()
    words = {typed, other_layout(typed)}
    if len(core) >= SHORTEST_OWN and len(typed) - len(core) <= TRIMMINGS:
        words |= {core, other_layout(core)}
    return not known.isdisjoint(words)


@cache
def _common() -> frozenset[str]:
    from zxcvbn.frequency_lists import FREQUENCY_LISTS  # thirteen megabytes, needed only where a password is taken

    russian = _RUSSIAN.split()
    return frozenset(FREQUENCY_LISTS["passwords"]) | {w for word in russian for w in (word, word.replace("е", "ё"))}


def own_data(user: m.Account) -> list[str | None]:
    """Names, login and address of a user, for the rule."""
    return [user.username, user.last_name, user.first_name, user.patronymic, user.email]


def _holds_own(password: str, own: Iterable[str | None]) -> bool:
    typed = sort_key(password)
    layouts = (typed, other_layout(typed))
    for value in own:
        word = sort_key(value or "").partition("@")[0]
        if len(word) >= SHORTEST_OWN and any(word in text for text in layouts):
            return True
    return False


def _former(user: m.Account, password: str) -> str:
    """Whether this was one of the last passwords: the present one, or one of the history."""
    hashes = [user.password] if user.password else []
    hashes += [h for h in _history(user.id) if h not in hashes]
    if any(fits(stored, password) for stored in hashes[:KEPT]):
        return f"Этот пароль вы уже использовали. Последние {KEPT} паролей повторять нельзя."
    return ""


def _history(user_id: int) -> list[str]:
    row = m.PasswordHistory
    statement = select(row.password_hash).where(row.user_id == user_id).order_by(row.id.desc()).limit(KEPT)
    with unscoped("the hashes of former passwords"):
        return list(db.session.scalars(statement))


# --- changing it -----------------------------------------------------------------------------------------------------


def set_password(user: m.Account, password: str) -> None:
    """Give an account a checked password: its other sessions end, the hash joins the history. The caller journals it."""
    present = user.password
    user.password, user.must_change_password, user.one_time_until = hashed(password), False, None
    user.session_epoch = (user.session_epoch or 0) + 1
    row = m.PasswordHistory
    with unscoped("the hashes of former passwords"):
        if present and present not in _history(user.id):
            db.session.add(row(user_id=user.id, password_hash=present))
            db.session.flush()
        db.session.add(row(user_id=user.id, password_hash=user.password))
        db.session.flush()
        kept = select(row.id).where(row.user_id == user.id).order_by(row.id.desc()).limit(KEPT)
        db.session.execute(
            delete(row).where(row.user_id == user.id, row.id.not_in(kept)).execution_options(synchronize_session=False)
        )


def give_one_time(user: m.Account) -> str:
    """Give an account a password that must be changed at the first sign-in; its sessions end. Returned, stored nowhere."""
    password = "-".join("".join(secrets.choice(_PRINTED) for _ in range(5)) for _ in range(2))
    user.password, user.must_change_password = hashed(password), True
    user.one_time_until = now() + dt.timedelta(days=settings.number("one_time_days"))
    user.session_epoch = (user.session_epoch or 0) + 1
    return password


#: said only to who knows the password
PAST = "Одноразовый пароль больше не действует: его срок прошёл. Попросите новый у ответственного в своей организации."


def is_past(user: m.Account) -> bool:
    """Whether an account still has the one-time password that it got, and its term is over."""
    return user.must_change_password and user.one_time_until is not None and user.one_time_until <= now()


def refuse_different(first: str, second: str) -> None:
    """Raise Invalid when a password and its repetition differ."""
    if first != second:
        sentence = "Пароли не совпадают: введите одно и то же дважды."
        raise Invalid(sentence, fields={"again": [sentence]})
