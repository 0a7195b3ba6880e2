"""Settings: defaults, every refusal as one Russian sentence, the secret key, the table of the documentation."""

from __future__ import annotations

import re
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from config import ConfigError, Settings, describe_settings


def build(tmp_path: Path, **env: str) -> Settings:
    return Settings.from_environment({"INSTANCE_DIR": str(tmp_path / "instance"), **env})


def test_defaults_need_no_variable_but_a_writable_folder(tmp_path: Path) -> None:
    settings = build(tmp_path)
    assert settings.database_url is None
    assert settings.instance_dir == tmp_path / "instance"
    assert (settings.host, settings.port, settings.public_url) == ("127.0.0.1", 8080, "http://127.0.0.1:8080")
    assert settings.timezone == "Europe/Samara"
    assert (settings.mail_enabled, settings.cookie_secure, settings.demo) == (False, False, False)


def test_empty_variable_counts_as_absent(tmp_path: Path) -> None:
    settings = build(tmp_path, PORT="", DATABASE_URL=" ", DEMO="")
    assert (settings.port, settings.database_url, settings.demo) == (8080, None, False)


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg2"])
def test_database_url_is_normalised(tmp_path: Path, scheme: str) -> None:
    settings = build(tmp_path, DATABASE_URL=f"{scheme}://user:p%40ss@db:5433/kadry?sslmode=require")
    assert settings.database_url == "postgresql+psycopg2://user:p%40ss@db:5433/kadry?sslmode=require"


@pytest.mark.parametrize(
    ("env", "value"),
    [
        ("PORT", "восемь"),
        ("PORT", "0"),
        ("PORT", "65536"),
        ("PORT", "8080."),
        ("PORT", "٨٠٨٠"),
        ("HOST", "а б"),
        ("PAGE_SIZE", "-1"),
        ("DEMO", "может быть"),
        ("TIMEZONE", "Europe/Самара"),
        ("TIMEZONE", "../etc/passwd"),
        ("PUBLIC_URL", "kadry.example.ru"),
        ("PUBLIC_URL", "https://kadry.example.ru:порт"),
        ("SMTP_TLS", "maybe"),
        ("SMTP_FROM", "portal"),
        ("ENVIRONMENT", "staging"),
        ("LOG_LEVEL", "loud"),
        ("DATABASE_URL", "sqlite:///kadry.db"),
        ("DATABASE_URL", "postgresql://db:порт/kadry"),
        ("DATABASE_URL", "postgresql://db"),
    ],
)
def test_wrong_value_is_refused_in_one_sentence(tmp_path: Path, env: str, value: str) -> None:
    with pytest.raises(ConfigError) as refusal:
        build(tmp_path, **{env: value})
    sentence = str(refusal.value)
    assert sentence.startswith(f"{env}: «{value}» не подходит, ")
    assert re.search(r"нужн|нужен|допустимо", sentence)
    assert sentence.endswith(".")
    assert "\n" not in sentence
    assert not (tmp_path / "instance").exists()  # nothing is created for settings that do not hold


def test_refusals_do_not_print_secrets(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as short_key:
        build(tmp_path, SECRET_KEY="qwerty-key")
    assert "qwerty-key" not in str(short_key.value)
    with pytest.raises(ConfigError) as database:
        build(tmp_path, DATABASE_URL="mysql://user:qwerty@db/kadry")
    assert "mysql://***@db/kadry" in str(database.value)
    assert "qwerty" not in repr(build(tmp_path, DATABASE_URL="postgres://u:qwerty@db/k", SMTP_PASSWORD="qwerty"))


def test_instance_dir_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "instance").write_text("")
    with pytest.raises(ConfigError, match=r"^INSTANCE_DIR: «.*» не подходит, нужна папка"):
        build(tmp_path)


def test_secret_key_is_made_once_and_readable_by_its_owner_only(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(lambda _: build(tmp_path).secret_key, range(8)))
    assert len(keys) == 1
    assert len(keys.pop()) == 64
    folder = tmp_path / "instance"
    assert [path.name for path in folder.iterdir()] == ["secret_key"]
    assert stat.S_IMODE((folder / "secret_key").stat().st_mode) == 0o600


def test_given_secret_key_leaves_no_file(tmp_path: Path) -> None:
    assert build(tmp_path, SECRET_KEY="k" * 32).secret_key == "k" * 32
    assert list((tmp_path / "instance").iterdir()) == []


def test_truncated_secret_key_file_is_refused(tmp_path: Path) -> None:
    build(tmp_path)
    (tmp_path / "instance" / "secret_key").write_text("")
    with pytest.raises(ConfigError, match="secret_key"):
        build(tmp_path)


def test_cookie_is_secure_when_the_public_address_is(tmp_path: Path) -> None:
    assert build(tmp_path, PUBLIC_URL="https://kadry.example.ru/").cookie_secure
    assert build(tmp_path, PUBLIC_URL="https://kadry.example.ru/").public_url == "https://kadry.example.ru"
    assert not build(tmp_path, PUBLIC_URL="https://kadry.example.ru", COOKIE_SECURE="0").cookie_secure


@pytest.mark.parametrize(
    ("host", "address"), [("0.0.0.0", "http://127.0.0.1:81"), ("::1", "http://[::1]:81"), ("box", "http://box:81")]
)
def test_public_address_follows_host_and_port(tmp_path: Path, host: str, address: str) -> None:
    assert build(tmp_path, HOST=host, PORT="81").public_url == address


def test_mail_is_enabled_by_a_server(tmp_path: Path) -> None:
    settings = build(tmp_path, SMTP_HOST="mail.example.ru", SMTP_PORT="465", SMTP_TLS="ssl")
    assert settings.mail_enabled
    assert (settings.smtp_port, settings.smtp_tls) == (465, "ssl")


def test_every_setting_is_described_once_in_russian() -> None:
    rows = describe_settings()
    assert len({env for env, _, _ in rows}) == len(rows) == len(Settings.__dataclass_fields__)
    assert all(re.fullmatch(r"[A-Z_]+", env) and re.search("[а-я]", meaning) for env, _, meaning in rows)
    assert ("PORT", "8080", "порт веб-сервера") in rows
