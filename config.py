"""Settings of the portal: one typed object built from environment variables.

A wrong or missing value stops the start with one plain Russian sentence (:class:`ConfigError`). Every field carries the
name of its variable and its meaning, from which :func:`describe_settings` makes the table of the documentation.
"""

from __future__ import annotations

import os
import re
import secrets
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import Field, dataclass, field, fields
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

MIN_SECRET_LENGTH = 32
DRIVER = "postgresql+psycopg2://"
TRUE_WORDS = frozenset({"1", "true", "yes", "on", "да"})
FALSE_WORDS = frozenset({"0", "false", "no", "off", "нет"})


class ConfigError(Exception):
    """A setting is wrong; the text is one Russian sentence: which variable, which value, what is allowed."""


def _env(env: str, meaning: str, parse: Callable[[str, str], Any], **more: str) -> dict[str, Any]:
    """What a field knows of its variable; ``shown`` is the default in words where its value would not tell."""
    return {"env": env, "meaning": meaning, "parse": parse, **more}


def _whole(lowest: int, highest: int) -> Callable[[str, str], int]:
    """Parser of a whole number within inclusive bounds."""

    def parse(env: str, text: str) -> int:
        if not re.fullmatch(r"[0-9]{1,9}", text) or not lowest <= int(text) <= highest:
            raise ConfigError(f"{env}: «{text}» не подходит, нужно целое число от {lowest} до {highest}.")
        return int(text)

    return parse


def _flag(env: str, text: str) -> bool:
    word = text.lower()
    if word not in TRUE_WORDS | FALSE_WORDS:
        raise ConfigError(f"{env}: «{text}» не подходит, допустимо 1 (да) или 0 (нет).")
    return word in TRUE_WORDS


def _one_of(*allowed: str) -> Callable[[str, str], str]:
    def parse(env: str, text: str) -> str:
        if text not in allowed:
            raise ConfigError(f"{env}: «{text}» не подходит, допустимо: {', '.join(allowed)}.")
        return text

    return parse


def _text(_env: str, text: str) -> str:
    return text


def _address(env: str, text: str) -> str:
    if not re.fullmatch(r"[^@\s<>]+@[^@\s<>]+", text):
        raise ConfigError(f"{env}: «{text}» не подходит, нужен адрес почты вида portal@example.ru.")
    return text


def _host(env: str, text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9.:_-]+", text):
        raise ConfigError(f"{env}: «{text}» не подходит, нужно имя или адрес компьютера, например 127.0.0.1.")
    return text


def _path(_env: str, text: str) -> Path:
    return Path(text).expanduser()


def _timezone(env: str, text: str) -> str:
    try:
        ZoneInfo(text)
    except (KeyError, ValueError, OSError):  # OSError: the name of a folder such as «Europe»
        raise ConfigError(f"{env}: «{text}» не подходит, нужен часовой пояс вида Europe/Samara.") from None
    return text


def _public_url(env: str, text: str) -> str:
    try:
        parts = urlsplit(text)
        good = parts.scheme in {"http", "https"} and bool(parts.hostname) and not parts.query and not parts.fragment
        _ = parts.port
    except ValueError:
        good = False
    if not good:
        raise ConfigError(f"{env}: «{text}» не подходит, нужен адрес портала вида https://kadry.example.ru.")
    return text.rstrip("/")


def _secret_key(env: str, text: str) -> str:
    if len(text) < MIN_SECRET_LENGTH:  # the value itself is never printed
        raise ConfigError(
            f"{env}: ключ из {len(text)} знаков слишком короткий, нужно не меньше {MIN_SECRET_LENGTH} случайных знаков."
        )
    return text


def _database_url(env: str, text: str) -> str:
    """Normalise to SQLAlchemy's psycopg2 form; other databases and malformed addresses are refused."""
    scheme, separator, rest = text.partition("://")
    if separator and scheme in {"postgres", "postgresql", "postgresql+psycopg2"} and _is_database_address(rest):
        return DRIVER + rest
    shown = re.sub(r"//[^@/]*@", "//***@", text)  # user and password stay out of messages
    raise ConfigError(
        f"{env}: «{shown}» не подходит, нужен адрес PostgreSQL вида postgresql://имя:пароль@сервер:5432/база."
    )


def _is_database_address(rest: str) -> bool:
    from sqlalchemy.engine import make_url  # costs a third of a second, needed only with an own database
    from sqlalchemy.exc import ArgumentError

    try:
        url = make_url(DRIVER + rest)
    except (ArgumentError, ValueError):
        return False
    return bool(url.database)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """All settings; construct it directly in tests, with :meth:`from_environment` everywhere else."""

    secret_key: str = field(
        repr=False,
        metadata=_env(
            "SECRET_KEY",
            "ключ подписи сеансов; одинаковый у всех веб-серверов одной установки",
            _secret_key,
            shown="создаётся один раз в INSTANCE_DIR/secret_key",
        ),
    )
    database_url: str | None = field(
        default=None,
        repr=False,
        metadata=_env(
            "DATABASE_URL",
            "адрес PostgreSQL не ниже 15",
            _database_url,
            shown="встроенная база в INSTANCE_DIR/postgres",
        ),
    )
    instance_dir: Path = field(
        default=Path("instance"), metadata=_env("INSTANCE_DIR", "папка данных: база, ключ, журналы", _path)
    )
    host: str = field(default="127.0.0.1", metadata=_env("HOST", "адрес, на котором отвечает веб-сервер", _host))
    port: int = field(default=8080, metadata=_env("PORT", "порт веб-сервера", _whole(1, 65535)))
    public_url: str = field(
        default="http://127.0.0.1:8080",
        metadata=_env("PUBLIC_URL", "адрес портала в письмах и QR-кодах", _public_url, shown="http://HOST:PORT"),
    )
    timezone: str = field(default="Europe/Samara", metadata=_env("TIMEZONE", "часовой пояс сроков и дат", _timezone))
    smtp_host: str = field(
        default="", metadata=_env("SMTP_HOST", "почтовый сервер; пусто: письма только копятся в журнале", _host)
    )
    smtp_port: int = field(default=25, metadata=_env("SMTP_PORT", "порт почтового сервера", _whole(1, 65535)))
    smtp_user: str = field(default="", metadata=_env("SMTP_USER", "имя на почтовом сервере", _text))
    smtp_password: str = field(
        default="", repr=False, metadata=_env("SMTP_PASSWORD", "пароль на почтовом сервере", _text)
    )
    smtp_from_address: str = field(
        default="portal@localhost", metadata=_env("SMTP_FROM", "адрес отправителя писем", _address)
    )
    smtp_tls: str = field(
        default="none",
        metadata=_env("SMTP_TLS", "шифрование почты: none, starttls, ssl", _one_of("none", "starttls", "ssl")),
    )
    mail_mode: str = field(
        default="send",
        metadata=_env(
            "MAIL_MODE",
            "что делать с письмами: send (отправлять), redirect (все на адрес MAIL_REDIRECT_TO), off (не отправлять)",
            _one_of("send", "redirect", "off"),
        ),
    )
    mail_redirect_to: str = field(
        default="",
        metadata=_env(
            "MAIL_REDIRECT_TO", "куда идут все письма испытательной установки при MAIL_MODE=redirect", _address
        ),
    )
    session_idle_minutes: int = field(
        default=30,
        metadata=_env("SESSION_IDLE_MINUTES", "через сколько минут бездействия нужен новый вход", _whole(1, 1440)),
    )
    session_hours: int = field(
        default=12,
        metadata=_env(
            "SESSION_HOURS", "через сколько часов после входа нужен новый, даже если работать", _whole(1, 168)
        ),
    )
    login_attempts: int = field(
        default=5, metadata=_env("LOGIN_ATTEMPTS", "сколько неверных паролей подряд допускается", _whole(1, 100))
    )
    login_lock_minutes: int = field(
        default=15, metadata=_env("LOGIN_LOCK_MINUTES", "на сколько минут закрывается вход после них", _whole(1, 1440))
    )
    second_factor: bool = field(
        default=False,
        metadata=_env(
            "SECOND_FACTOR",
            "второй шаг входа (код из приложения) обязателен оператору, министерству, администратору",
            _flag,
        ),
    )
    rate_limit_storage: str = field(
        default="memory://",
        metadata=_env("RATE_LIMIT_STORAGE", "где считаются запросы; общий счёт многих серверов: redis://…", _text),
    )
    cookie_secure: bool = field(
        default=False,
        metadata=_env("COOKIE_SECURE", "cookie только по HTTPS", _flag, shown="1, если PUBLIC_URL на https"),
    )
    trusted_proxies: int = field(
        default=0, metadata=_env("TRUSTED_PROXIES", "сколько обратных прокси стоит перед порталом", _whole(0, 10))
    )
    undo_seconds: int = field(
        default=10,
        metadata=_env(
            "UNDO_SECONDS",
            "сколько секунд после решения предлагается «Отменить»; 0: не предлагается, письма уходят сразу",
            _whole(0, 120),
        ),
    )
    page_size: int = field(default=25, metadata=_env("PAGE_SIZE", "строк на странице списка", _whole(5, 200)))
    max_upload_mb: int = field(
        default=10, metadata=_env("MAX_UPLOAD_MB", "наибольший размер загружаемого файла, МБ", _whole(1, 500))
    )
    demo: bool = field(default=False, metadata=_env("DEMO", "наполнить пустую базу данными для показа", _flag))
    web_threads: int = field(default=8, metadata=_env("WEB_THREADS", "потоков в процессе веб-сервера", _whole(1, 128)))
    web_workers: int = field(default=1, metadata=_env("WEB_WORKERS", "процессов веб-сервера", _whole(1, 64)))
    log_level: str = field(
        default="INFO",
        metadata=_env(
            "LOG_LEVEL",
            "подробность журнала: DEBUG, INFO, WARNING, ERROR",
            _one_of("DEBUG", "INFO", "WARNING", "ERROR"),
        ),
    )
    environment: str = field(
        default="production", metadata=_env("ENVIRONMENT", "production или test", _one_of("production", "test"))
    )

    @property
    def mail_enabled(self) -> bool:
        """Whether letters leave the portal; otherwise they only wait in the journal."""
        return bool(self.smtp_host) and self.mail_mode != "off"

    @property
    def database_dir(self) -> Path:
        """Folder of the embedded database, used when ``database_url`` is None."""
        return self.instance_dir / "postgres"

    @classmethod
    def from_environment(cls, env: Mapping[str, str]) -> Settings:
        """Read all settings; the instance folder and, once, its ``secret_key`` (mode 0600) are created.

        An empty variable counts as absent. Raises ConfigError.
        """
        values = {item.name: value for item in fields(cls) if (value := _read(item, env)) is not None}
        instance = _prepare_folder(values.get("instance_dir", Path("instance")))
        values["instance_dir"] = instance
        if "secret_key" not in values:
            values["secret_key"] = _stored_secret(instance)
        values.setdefault("public_url", _local_url(values.get("host", "127.0.0.1"), values.get("port", 8080)))
        values.setdefault("cookie_secure", values["public_url"].startswith("https://"))
        if values.get("mail_mode") == "redirect" and "mail_redirect_to" not in values:
            raise ConfigError(
                "MAIL_MODE: «redirect» требует адреса: задайте MAIL_REDIRECT_TO, например test@example.ru."
            )
        return cls(**values)


def describe_settings() -> list[tuple[str, str, str]]:
    """Variable, default in words, meaning: the rows of the documentation's table, in the order of the fields."""
    return [(item.metadata["env"], _shown_default(item), item.metadata["meaning"]) for item in fields(Settings)]


def _read(item: Field[Any], env: Mapping[str, str]) -> Any:
    name = item.metadata["env"]
    text = env.get(name, "").strip()
    return item.metadata["parse"](name, text) if text else None


def _shown_default(item: Field[Any]) -> str:
    if "shown" in item.metadata:
        return str(item.metadata["shown"])
    return str(int(item.default)) if isinstance(item.default, bool) else str(item.default)


def _local_url(host: str, port: int) -> str:
    name = "127.0.0.1" if host in {"0.0.0.0", "::"} else host  # noqa: S104 - compared, not bound
    return f"http://[{name}]:{port}" if ":" in name else f"http://{name}:{port}"


def _prepare_folder(path: Path) -> Path:
    try:
        path.mkdir(parents=True, exist_ok=True)
        folder = path.resolve()
    except OSError:
        folder = None
    if folder is None or not os.access(folder, os.W_OK | os.X_OK):
        raise ConfigError(f"INSTANCE_DIR: «{path}» не подходит, нужна папка, в которую можно записывать.")
    return folder


def _stored_secret(folder: Path) -> str:
    """Read the key, or create it whole at once: two starting processes end with the same key."""
    target = folder / "secret_key"
    try:
        if not target.exists():
            _create_secret(target)
        text = target.read_text("ascii").strip()
    except (OSError, ValueError):
        raise ConfigError(f"SECRET_KEY не задан, а файл «{target}» не читается: проверьте его владельца.") from None
    return _secret_key(f"SECRET_KEY из файла «{target}»", text)


def _create_secret(target: Path) -> None:
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=".secret_key-")  # mkstemp gives mode 0600
    temporary = Path(name)
    try:
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_hex(32))
        try:
            target.hardlink_to(temporary)
        except FileExistsError:
            return  # another process was first: its key holds
    finally:
        temporary.unlink()
