"""Commands of the portal: ``flask portal …``. Each prints plain Russian sentences and exits with 0, or with 2 after a refusal."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
from flask import Flask, current_app
from flask.cli import AppGroup, with_appcontext
from sqlalchemy import inspect, text

from app.clock import read_date
from app.errors import PortalError
from app.extensions import db
from app.russian import RussianDateError

portal = AppGroup("portal", help="Команды портала «Кадры в образовании».")

DEMO_PASSWORD = "demo-2026"  # noqa: S105 - the published password of the demo database
DEMO_LOGINS: tuple[tuple[str, str], ...] = (
    ("operator", "Оператор АИС"),
    ("ministry", "Работник министерства"),
    ("territory", "Работник территориального управления"),
    ("organizer", "Работник организации-организатора"),
    ("school", "Ответственный работник школы"),
    ("worker", "Работник образования, учитель"),
    ("observer", "Наблюдатель"),
    ("admin", "Администратор"),
    ("territory2", "Второе территориальное управление"),
    ("organizer2", "Второй организатор"),
    ("school2", "Ответственный второй школы"),
    ("worker2", "Работник второй школы"),
)

DEMO_MARK = "demo_database"

#: two starts at once migrate one after the other
_MIGRATION_LOCK = 373_2016

Command = Callable[..., Any]


def _refusals(command: Command) -> Command:
    """Print a refusal as its sentence and exit with 2."""

    @functools.wraps(command)
    def run(*args: Any, **kwargs: Any) -> Any:
        try:
            return command(*args, **kwargs)
        except PortalError as refusal:
            click.echo(refusal.message, err=True)
            sys.exit(2)
        except RussianDateError as error:
            click.echo(f"{error}.", err=True)
            sys.exit(2)

    return run


def initialise(app: Flask) -> int:
    """Migrate the database, load reference data, sync roles; quick when nothing is to be done.

    Returns the number of inserted reference rows. Raises Conflict when the database is newer than this program.
    """
    from app import first_rows
    from app.services.access import accounts

    with app.app_context():
        with db.engine.connect() as connection:
            connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": _MIGRATION_LOCK})
            try:
                _upgrade()
            finally:
                connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": _MIGRATION_LOCK})
        inserted = first_rows.load_reference_data()
        accounts.sync_roles()
        db.session.commit()
        return inserted


def _upgrade() -> None:
    from alembic.runtime.migration import MigrationContext
    from alembic.script import ScriptDirectory
    from flask_migrate import upgrade

    from app.errors import Conflict

    scripts = ScriptDirectory(str(Path(current_app.root_path).parent / "migrations"))
    with db.engine.connect() as connection:
        current = MigrationContext.configure(connection).get_current_heads()
    head = scripts.get_current_head()
    if current == (head,):
        return
    known = {revision.revision for revision in scripts.walk_revisions()}
    if any(revision not in known for revision in current):
        raise Conflict(
            "База данных создана более новой версией портала, чем эта программа. Обновите программу или укажите другую базу."
        )
    upgrade(directory=str(scripts.dir))


def load_demo(app: Flask) -> dict[str, int]:
    """Fill an empty database with the demo region; returns the number of rows by kind."""
    from app.demo.build import build_demo

    with app.app_context():
        counts = build_demo()
        db.session.execute(
            text("INSERT INTO setting (key, title, value) VALUES (:key, 'Учебная база', '1')"), {"key": DEMO_MARK}
        )
        db.session.commit()
        return counts


def is_demo() -> bool:
    """Whether the database was filled by ``load_demo``; the sign-in page then offers the demo accounts."""
    found = db.session.execute(text("SELECT EXISTS (SELECT 1 FROM setting WHERE key = :key)"), {"key": DEMO_MARK})
    return bool(found.scalar_one())


def has_users(app: Flask) -> bool:
    """Whether the database already holds an account."""
    with app.app_context():
        return bool(db.session.execute(text("SELECT EXISTS (SELECT 1 FROM ab_user)")).scalar_one())


@portal.command("init")
@with_appcontext
@_refusals
def init_command() -> None:
    """Подготовить базу: таблицы, справочники, роли."""
    inserted = initialise(current_app._get_current_object())  # type: ignore[attr-defined]
    click.echo(f"База готова. Добавлено строк справочников: {inserted}.")


@portal.command("demo")
@with_appcontext
@_refusals
def demo_command() -> None:
    """Наполнить пустую базу данными для показа."""
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    initialise(app)
    counts = load_demo(app)
    click.echo("Загружено: " + ", ".join(f"{name} — {number}" for name, number in counts.items()))


@portal.command("sync-roles")
@with_appcontext
@_refusals
def sync_roles_command() -> None:
    """Привести роли к таблице прав в программе."""
    from app.services.access import accounts

    changed = accounts.sync_roles()
    db.session.commit()
    click.echo(f"Изменено связей ролей и прав: {changed}.")


@portal.command("check")
@with_appcontext
@_refusals
def check_command() -> None:
    """Проверить базу, очередь заданий и программы печати."""
    from app.documents.office import office_sandbox
    from app.documents.office.pdf import find_office
    from app.jobs import health

    state = health()
    click.echo(f"База данных: {state['database']}. Обработчик заданий: {state['worker']}.")
    click.echo(
        f"LibreOffice найден, PDF печатается. Как он отделён: {office_sandbox.level()}."
        if find_office()
        else "LibreOffice не найден: документы только в DOCX."
    )
    if state["database"] != "ok" or not inspect(db.engine).has_table("ab_user"):
        click.echo("База не подготовлена: выполните «flask portal init».", err=True)
        sys.exit(2)


@portal.command("worker")
@click.option("--once", is_flag=True, help="Выполнить накопленные задания и закончить.")
@with_appcontext
def worker_command(once: bool) -> None:
    """Выполнять задания: письма, ночные работы."""
    from app.jobs import run_worker

    run_worker(current_app._get_current_object(), once=once)  # type: ignore[attr-defined]


@portal.command("import-employees")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--login", required=True, help="От имени какого пользователя загружать.")
@click.option("--apply", "apply_it", is_flag=True, help="Применить (иначе только предпросмотр).")
@click.option("--skip-errors", is_flag=True, help="Применить верные строки, строки с ошибками пропустить.")
@with_appcontext
@_refusals
def import_employees_command(file: Path, login: str, apply_it: bool, skip_errors: bool) -> None:
    """Загрузить список работников из Excel."""
    from app.access import acting_as
    from app.exchange.engine.kept_rows import describe
    from app.exchange.staff.staff_import import STAFF
    from app.services.access.accounts import find_account

    with acting_as(find_account(login).actor):
        batch = STAFF.preview(file.name, file.read_bytes())
        for line in describe(batch):
            click.echo(line)
        if apply_it:
            applied = STAFF.apply(batch.id, skip_errors=skip_errors)
            click.echo(f"Применено: {STAFF.words_of(applied)}.")


@portal.command("export-frdo")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--organizer", type=int, required=True, help="Номер карточки организации-организатора.")
@click.option("--from", "since", required=True, help="Первый день выдачи, дд.мм.гггг.")
@click.option("--to", "until", required=True, help="Последний день выдачи, дд.мм.гггг.")
@with_appcontext
@_refusals
def export_frdo_command(file: Path, organizer: int, since: str, until: str) -> None:
    """Проверить документы и сформировать файл для ФИС ФРДО."""
    from app.access import acting_as
    from app.actor import Actor, Grant
    from app.documents.frdo import frdo_export

    days = read_date(since), read_date(until)
    with acting_as(Actor(user_id=None, name="Портал", grants=(Grant("organizer", (organizer,)),))):
        found = frdo_export.preflight(organizer, *days)
        for line in frdo_export.describe(found):
            click.echo(line)
        batch = frdo_export.form(organizer, *days)
        number = frdo_export.give_file(file, batch)
    click.echo(f"Сформирован {batch}. В файле строк: {number}.")


@portal.command("create-admin")
@click.argument("login")
@click.option("--last-name", required=True, help="Фамилия.")
@click.option("--first-name", required=True, help="Имя.")
@click.option("--email", required=True, help="Адрес электронной почты.")
@with_appcontext
@_refusals
def create_admin_command(login: str, last_name: str, first_name: str, email: str) -> None:
    """Создать администратора (первый вход в новой базе)."""
    from app.access import acting_as, unscoped
    from app.services.access import accounts
    from app.services.portal import who_acts

    with acting_as(who_acts.SYSTEM), unscoped("first account of an installation"):
        password = accounts.create_admin(login, last_name=last_name, first_name=first_name, email=email)
    click.echo(f"Администратор «{login}» создан. Одноразовый пароль: {password}")


@portal.command("backup")
@click.argument("directory", type=click.Path(file_okay=False, path_type=Path))
@with_appcontext
@_refusals
def backup_command(directory: Path) -> None:
    """Сохранить копию базы и файлов в папку."""
    from app.services.portal import backup

    click.echo(f"Копия базы и файлов сохранена: {backup.dump(directory)}")
    click.echo(
        "Ключа портала (SECRET_KEY) в ней нет: храните его отдельно. Что теряется без него, сказано в README.txt копии."
    )


@portal.command("restore")
@click.argument("directory", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.confirmation_option(prompt="Все данные базы и файлы будут заменены данными копии. Продолжить?")
@with_appcontext
@_refusals
def restore_command(directory: Path) -> None:
    """Проверить копию и восстановить из неё базу и файлы."""
    from app.services.portal import backup

    found = backup.restore(directory)
    click.echo(f"База и файлы восстановлены из копии {found.copy}. Файлов: {found.files}.")
    if found.missing:
        click.echo(f"Файлов, которые названы в базе и которых нет или которые отличаются: {found.missing}.", err=True)
    if not found.same_key:
        click.echo(
            "Ключ портала другой, чем при копировании: второй шаг входа придётся настроить заново (README.txt копии).",
            err=True,
        )
