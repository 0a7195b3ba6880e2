"""The second factor: one-time codes of an application (TOTP, RFC 6238) and recovery codes for a lost telephone.

The secret is stored encrypted by a key derived from the portal's key; of recovery codes only keyed hashes are stored.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass

import pyotp
from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy import delete, func, select, update

from app import addresses, audit
from app import models as m
from app.access import get_writable, unscoped
from app.clock import now
from app.errors import Conflict, Invalid
from app.extensions import configured, db
from app.services.access import alarms, passwords
from app.services.mailing import letters
from app.unit_of_work import use_case

#: shown in the application; short, because each Russian letter takes six signs of the QR code
ISSUER = "Кадры"
#: seconds of one code, and how many codes before and after the present one are taken: clocks of telephones differ
STEP_SECONDS, DRIFT = 30, 1
RECOVERY_CODES = 10
#: roles that read or change what belongs to others without limit; the setting SECOND_FACTOR asks them for it
REQUIRED_ROLES = frozenset({"operator", "ministry", "admin"})
#: 60 bits in three groups, in an alphabet without look-alikes
#: page of the own entrance
_PAGE = addresses.ACCOUNT
_ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
_GROUPS, _GROUP_LENGTH = 3, 4

WRONG_CODE = "Код не подошёл. Проверьте, что время на телефоне верное, и введите новый код из приложения: каждый действует один раз."
_UNREADABLE = "Код проверить нельзя: ключ портала сменился. Попросите администратора отключить второй шаг входа и настройте его заново."


@dataclass(frozen=True, slots=True)
class Setup:
    """What an authenticator application needs: the secret to be typed, and the address inside the QR code."""

    secret: str
    uri: str


# --- the secret and the codes ----------------------------------------------------------------------------------------


def _key(purpose: bytes) -> bytes:
    secret: str = configured().secret_key
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose).derive(secret.encode())


def _box() -> Fernet:
    return Fernet(base64.urlsafe_b64encode(_key(b"second factor: secret")))


def _secret_of(user: m.Account) -> str:
    try:
        return _box().decrypt((user.totp_secret or "").encode()).decode()
    except InvalidToken:
        raise Conflict(_UNREADABLE) from None


def _hash(code: str) -> str:
    return hmac.new(_key(b"second factor: recovery"), _bare(code).encode(), hashlib.sha256).hexdigest()


def _bare(code: str) -> str:
    return re.sub(r"[^0-9A-Z]", "", code.upper())


def accept(user: m.Account, code: str) -> bool:
    """Whether a code of the application or a recovery code is right; it is used up. ``user`` is a locked row."""
    digits = re.sub(r"\s", "", code)
    if re.fullmatch("[0-9]{6}", digits):
        return _accept_step(user, digits)
    return len(_bare(code)) == _GROUPS * _GROUP_LENGTH and _accept_recovery(user, code)


def _accept_step(user: m.Account, digits: str) -> bool:
    """A code works once: only steps later than the last one used are tried."""
    application = pyotp.TOTP(_secret_of(user))
    present = int(now().timestamp()) // STEP_SECONDS
    for step in range(present - DRIFT, present + DRIFT + 1):
        if step > (user.totp_step or 0) and pyotp.utils.strings_equal(application.generate_otp(step), digits):
            user.totp_step = step
            db.session.flush()
            return True
    return False


def _accept_recovery(user: m.Account, code: str) -> bool:
    row = m.RecoveryCode
    statement = update(row).where(row.user_id == user.id, row.sha256 == _hash(code), row.used_at.is_(None))
    with unscoped("recovery codes of the own account"):
        used = db.session.execute(
            statement.values(used_at=now()).returning(row.id).execution_options(synchronize_session=False)
        ).one_or_none()
    if used is None:
        return False
    audit.record("ab_user.recovery_code_used", user)
    letters.tell_user(user.id, "recovery_code_used", facts={"осталось": left_codes(user.id)}, href=_PAGE)
    return True


def left_codes(user_id: int) -> int:
    """How many recovery codes an account still has."""
    row = m.RecoveryCode
    with unscoped("recovery codes of the own account"):
        return db.session.scalar(select(func.count(row.id)).where(row.user_id == user_id, row.used_at.is_(None))) or 0


def _new_codes(user: m.Account) -> list[str]:
    def group() -> str:
        return "".join(secrets.choice(_ALPHABET) for _ in range(_GROUP_LENGTH))

    codes = ["-".join(group() for _ in range(_GROUPS)) for _ in range(RECOVERY_CODES)]
    _forget_codes(user)
    db.session.add_all(m.RecoveryCode(user_id=user.id, sha256=_hash(code)) for code in codes)
    db.session.flush()
    return codes


def _forget_codes(user: m.Account) -> None:
    row = m.RecoveryCode
    with unscoped("recovery codes of the own account"):
        db.session.execute(delete(row).where(row.user_id == user.id).execution_options(synchronize_session=False))


# --- the own factor --------------------------------------------------------------------------------------------------


def is_required(roles: frozenset[str]) -> bool:
    """Whether users with these roles must have a second factor, by the setting."""
    return bool(configured().second_factor and roles & REQUIRED_ROLES)


def _own(user_id: int) -> m.Account:
    statement = select(m.Account).where(m.Account.id == user_id).with_for_update(of=m.Account)
    with unscoped("the own second factor"):
        user: m.Account = db.session.scalars(statement.execution_options(populate_existing=True)).one()
    return user


@use_case
def set_up(user_id: int) -> None:
    """Make a secret that is not in force yet; an unfinished one is replaced. Raises Conflict when the factor is on."""
    user = _own(user_id)
    if user.totp_since is not None:
        raise Conflict("Второй шаг входа уже включён. Чтобы настроить другой телефон, сначала отключите его.")
    user.totp_secret, user.totp_step = _box().encrypt(pyotp.random_base32().encode()).decode(), None


def find_setup(user_id: int) -> Setup | None:
    """Return what to show while the factor is being set up; None before ``set_up`` and after ``turn_on``."""
    with unscoped("the own second factor"):
        user = db.session.scalars(select(m.Account).where(m.Account.id == user_id)).one()
    if user.totp_secret is None or user.totp_since is not None:
        return None
    try:
        secret = _secret_of(user)
    except Conflict:
        return None
    return Setup(secret, pyotp.TOTP(secret).provisioning_uri(name=user.username, issuer_name=ISSUER))


@use_case
def turn_on(user_id: int, code: str) -> list[str]:
    """Put the factor in force by its first code; returns the recovery codes, which are shown once. Raises Invalid."""
    user = _own(user_id)
    if user.totp_since is not None:
        raise Conflict("Второй шаг входа уже включён.")
    digits = re.sub(r"\s", "", code)
    if user.totp_secret is None or not re.fullmatch("[0-9]{6}", digits) or not _accept_step(user, digits):
        raise _wrong()
    user.totp_since = now()
    codes = _new_codes(user)
    audit.record("ab_user.second_factor_on", user)
    letters.tell_user(user.id, "second_factor_on", href=_PAGE)
    return codes


@use_case
def turn_off(user_id: int, *, password: str, code: str, required: bool = False) -> None:
    """Switch the factor off by the password and a code. Raises Invalid, Conflict where the role must have it."""
    user = _own(user_id)
    if user.totp_since is None:
        raise Conflict("Второй шаг входа не включён.")
    if required:
        raise Conflict("Для вашей роли второй шаг входа обязателен. Если телефон утерян, обратитесь к администратору.")
    if not passwords.fits(user.password or "", password):
        raise Invalid("Пароль указан неверно.", fields={"password": ["Пароль указан неверно."]})
    if not accept(user, code):
        raise _wrong()
    _remove(user)
    audit.record("ab_user.second_factor_off", user)
    letters.tell_user(user.id, "second_factor_off", href=_PAGE)
    alarms.alarm_operators(user, "отключён второй шаг входа")


@use_case
def renew_codes(user_id: int, code: str) -> list[str]:
    """Replace the recovery codes, by a code; returns the new ones, which are shown once. Raises Invalid."""
    user = _own(user_id)
    if user.totp_since is None:
        raise Conflict("Второй шаг входа не включён.")
    if not accept(user, code):
        raise _wrong()
    codes = _new_codes(user)
    audit.record("ab_user.recovery_codes_renewed", user)
    letters.tell_user(user.id, "recovery_codes_renewed", href=_PAGE)
    return codes


@use_case
def reset(user_id: int) -> m.Account:
    """Switch another's factor off (the administrator's button): the person has lost the telephone and the codes."""
    user = get_writable(db.session, m.Account, user_id, "ab_user:reset_second_factor")
    if user.totp_since is None:
        raise Conflict("У этого пользователя второй шаг входа не включён.")
    _remove(user)
    user.session_epoch += 1
    audit.record("ab_user.second_factor_reset", user)
    alarms.second_factor_reset(user)
    return user


def _remove(user: m.Account) -> None:
    user.totp_secret = user.totp_since = user.totp_step = None
    _forget_codes(user)


def _wrong() -> Invalid:
    return Invalid(WRONG_CODE, fields={"code": [WRONG_CODE]})
