"""What can be done from the command line? `queue-service --help` tells; exit codes are part of the contract."""

# The server waits on sockets cooperatively: the standard library is patched before anything imports it.
import sys

if sys.argv[1:2] in (["run"], ["demo"]):
    from gevent import monkey

    monkey.patch_all()

import json
import logging
from collections.abc import Callable
from contextlib import contextmanager
from datetime import datetime
from functools import wraps
from pathlib import Path
from typing import Any, NoReturn

import click
from sqlalchemy.exc import OperationalError

from queue_service import __version__
from queue_service.actions import staff
from queue_service.actions.office_file import BadOfficeFile
from queue_service.actions.setup import diff_office, export_office, import_office
from queue_service.rules.errors import Refused
from queue_service.settings import BadSettings, Settings, load_settings
from queue_service.storage import ledger
from queue_service.storage.database import Database
from queue_service.storage.lookup import branch_codes
from queue_service.storage.schema import SchemaMismatch, migrate, require_current_schema

FAILED_CHECK, USAGE, BAD_INPUT, NO_SERVICE, CONFIGURATION = 1, 2, 65, 69, 78

database_option = click.option("--database", help="Database URL; default: a SQLite file in the data folder.")


def stop(text: str, code: int) -> NoReturn:
    click.echo(text, err=True)
    sys.exit(code)


def told_plainly(command: Callable[..., Any]) -> Callable[..., Any]:
    """Refusals and faults of the installation end in one plain sentence and their exit code, not in a traceback."""

    @wraps(command)
    def run(*args: Any, **options: Any) -> Any:
        try:
            return command(*args, **options)
        except BadOfficeFile as error:
            stop(str(error), BAD_INPUT)
        except Refused as error:
            told = ", ".join(f"{name} {value}" for name, value in error.params.items())
            stop(f"refused: {error.code.replace('_', ' ')}{f' ({told})' if told else ''}", BAD_INPUT)
        except (BadSettings, SchemaMismatch, ValueError) as error:
            stop(str(error), CONFIGURATION)
        except OperationalError as error:
            stop(f"the database cannot be reached: {error.orig}", NO_SERVICE)

    return run


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="queue-service")
def main() -> None:
    """A counter queue and appointment system.

    \b
    queue-service demo                    a ready office in your browser
    queue-service init                    an empty database
    queue-service config import FILE      a whole office from one YAML file
    queue-service run                     serve it
    """
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")


@main.command()
@click.option("--host", help="Address to listen on; default 127.0.0.1.")
@click.option("--port", type=int, help="Port to listen on; default 8000.")
@click.option("--public-url", help="Address that visitors' phones reach, for QR codes.")
@click.option("--clock", help="For simulated days: START@SPEED, as in 2020-01-13T07:55:00+01:00@600.")
@database_option
@told_plainly
def run(**options: Any) -> None:
    """Serve the offices in the database until stopped."""
    from queue_service.app import serve

    settings = load_settings(**options)
    serve(settings, lambda _: click.echo(f"Serving at {settings.base_url}", err=True))


@main.command()
@database_option
@told_plainly
def init(**options: Any) -> None:
    """Create the database, or leave a ready one as it is."""
    settings = load_settings(**options)
    with _database(settings, check=False) as database:
        migrate(database)
    click.echo(f"The database is ready: {settings.database_url}", err=True)


@main.command(name="migrate")
@database_option
@told_plainly
def migrate_command(**options: Any) -> None:
    """Bring the database to this program's schema."""
    with _database(load_settings(**options), check=False) as database:
        migrate(database)
    click.echo("The database is at the newest schema.", err=True)


@main.group()
def config() -> None:
    """A whole office as one readable YAML file."""


@config.command(name="import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@database_option
@told_plainly
def config_import(file: Path, **options: Any) -> None:
    """Create or change an office from FILE: all of it, or nothing with every error named by its line."""
    with _database(load_settings(**options)) as database:
        branch = import_office(database, file.read_text("utf-8"), str(file))
    click.echo(f"Imported branch {branch}.", err=True)


@config.command(name="export")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path), required=False)
@click.option("--branch", help="Code of the branch; may be left out while there is only one.")
@database_option
@told_plainly
def config_export(file: Path | None, branch: str | None, **options: Any) -> None:
    """Write an office as YAML to FILE, or to standard output."""
    with _database(load_settings(**options)) as database:
        text = export_office(database, branch or _only_branch(database))
    if file is None:
        click.echo(text, nl=False)
    else:
        file.write_text(text, "utf-8")


@config.command(name="diff")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@database_option
@told_plainly
def config_diff(file: Path, **options: Any) -> None:
    """Show what importing FILE would change; exit code 1 when there is a difference."""
    with _database(load_settings(**options)) as database:
        difference = diff_office(database, file.read_text("utf-8"))
    click.echo(difference, nl=False)
    sys.exit(FAILED_CHECK if difference else 0)


@main.group()
def user() -> None:
    """Accounts of staff."""


@user.command(name="add")
@click.argument("name")
@click.option("--role", required=True, help="operator, reception, hall, admin or reviewer.")
@click.option("--branch", "branches", multiple=True, help="Code of a branch; may be repeated. Default: all.")
@click.option("--full-name", help="Shown to colleagues; default: NAME.")
@click.option("--no-password", is_flag=True, help="For scripts that use tokens only.")
@database_option
@told_plainly
def user_add(
    name: str, role: str, branches: tuple[str, ...], full_name: str | None, no_password: bool, **options: Any
) -> None:
    """Add an account NAME; the password is read from standard input.

    \b
    Example:  echo 'a long password' | queue-service user add anna --role operator --branch centre
    """
    password = None if no_password else _password()
    with _database(load_settings(**options)) as database:
        bound = branches or tuple(database.read(branch_codes))
        database.write(
            lambda connection: staff.add_staff(connection, name, role, bound, password=password, name=full_name)
        )
    click.echo(f"Added {role} {name}.", err=True)


@main.group()
def token() -> None:
    """API tokens for scripts."""


@token.command(name="create")
@click.argument("name")
@click.option("--role", help="Creates the account NAME (without a password) when there is none.")
@click.option("--branch", "branches", multiple=True, help="Code of a branch for the new account. Default: all.")
@database_option
@told_plainly
def token_create(name: str, role: str | None, branches: tuple[str, ...], **options: Any) -> None:
    """Print a token that acts as the account NAME. It is shown this once."""
    with _database(load_settings(**options)) as database:

        def create(connection: Any) -> str:
            if role and not staff.has_staff(connection, name):
                staff.add_staff(connection, name, role, branches or branch_codes(connection), password=None)
            return staff.create_token(connection, name, database.clock.now())

        click.echo(database.write(create))


@main.group(name="ledger")
def ledger_group() -> None:
    """The log of everything that happened."""


@ledger_group.command()
@click.option("--branch", help="Code of a branch; default: all.")
@database_option
@told_plainly
def verify(branch: str | None, **options: Any) -> None:
    """Recompute the hash chain; names the first bad entry and ends with exit code 1 when there is one."""
    is_sound = True
    with _database(load_settings(**options)) as database:
        for code in [branch] if branch else database.read(branch_codes):
            damage, count = ledger.verify_branch(database, code)
            is_sound = is_sound and damage is None
            click.echo(
                f"{code}: {count} entries, " + ("sound" if damage is None else f"entry {damage.seq} {damage.what}")
            )
    sys.exit(0 if is_sound else FAILED_CHECK)


@ledger_group.command()
@click.option("--branch", required=True, help="Code of a branch.")
@click.option("--day", type=click.DateTime(["%Y-%m-%d"]), help="A service day; default: today.")
@click.option("--check", "published", metavar="SEQ:HASH", help="Compare with what was published instead of printing.")
@database_option
@told_plainly
def root(branch: str, day: datetime | None, published: str | None, **options: Any) -> None:
    """Print the last entry of a day as SEQ:HASH. Once it is published, nobody can rewrite what came before it."""
    with _database(load_settings(**options)) as database:
        if published is None:
            service_day = day.date() if day else database.setup(branch).service_day(database.clock.now())
            seq, entry_hash = ledger.root(database, branch, service_day)
            click.echo(f"{seq}:{entry_hash}")
            return
        number, _, entry_hash = published.partition(":")
        if not number.isdecimal():
            raise click.UsageError("--check takes SEQ:HASH as it was printed")
        is_kept = ledger.has_root(database, branch, int(number), entry_hash)
    click.echo(f"{branch}: entry {number} " + ("is as published" if is_kept else "is not what was published"))
    sys.exit(0 if is_kept else FAILED_CHECK)


@ledger_group.command()
@click.option("--branch", help="Code of a branch; default: all.")
@click.option("--exceptions/--no-exceptions", default=True, help="List calls out of turn and moves taken back.")
@database_option
@told_plainly
def replay(branch: str | None, exceptions: bool, **options: Any) -> None:
    """Play every call again by the rule: it reproduces each one, names the exception, or ends with exit code 1."""
    is_sound = True
    with _database(load_settings(**options)) as database:
        for code in [branch] if branch else database.read(branch_codes):
            hall = ledger.replay_branch(database, code)
            is_sound = is_sound and not hall.deviations
            click.echo(
                f"{code}: {hall.calls} calls, {len(hall.exceptions)} named exceptions, "
                f"{len(hall.deviations)} that the rule cannot explain"
            )
            for noted in hall.exceptions if exceptions else ():
                click.echo(f"  {noted.seq}: {noted.what}")
            for noted in hall.deviations:
                click.echo(f"  {noted.seq}: UNEXPLAINED {noted.what}")
    sys.exit(0 if is_sound else FAILED_CHECK)


@main.command()
@told_plainly
def openapi() -> None:
    """Print the OpenAPI document of the HTTP API."""
    from queue_service.app import openapi_document

    click.echo(json.dumps(openapi_document(), ensure_ascii=False, indent=1))


@main.command()
@click.option(
    "--day", required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path), help="NAME-tickets.csv"
)
@click.option("--speed", type=float, default=600, show_default=True, help="Times faster than real time.")
@click.option("--port", type=int, default=8010, show_default=True, help="Where to watch it meanwhile.")
@database_option
@told_plainly
def simulate(day: Path, speed: float, port: int, database: str | None) -> None:
    """Replay a real day of a real office through the public interface, and check every call."""
    from queue_service.simulator.day import simulate as simulate_day

    sys.exit(simulate_day(day, speed, database, port, sys.stdout))


@main.command()
@click.option("--timing", is_flag=True, help="Tell at the end, on standard error, how long each refresh took.")
@told_plainly
def estimate(timing: bool) -> None:
    """Answer for waiting times line by line (JSON, standard input and output), as visitors are answered."""
    from queue_service.simulator.estimate_lines import BadLine, answer_lines

    try:
        took = answer_lines(sys.stdin, sys.stdout)
    except BadLine as error:
        stop(str(error), BAD_INPUT)
    if timing and took:
        parts = []
        for seconds, name in zip(zip(*took, strict=True), ("", "of the processor: "), strict=True):
            ordered = sorted(seconds)
            middle, late = (ordered[int(len(ordered) * share)] * 1000 for share in (0.5, 0.95))
            parts.append(f"{name}median {middle:.1f} ms, P95 {late:.1f} ms")
        click.echo(f"{len(took)} refreshes, {'; '.join(parts)}", err=True)


@main.command()
@click.option("--host", help="Address to listen on; default 127.0.0.1.")
@click.option("--port", type=int, help="Port to listen on; default 8000.")
@click.option("--visitors/--no-visitors", default=True, help="Simulated visitors at windows 3 and up.")
@database_option
@told_plainly
def demo(visitors: bool, **options: Any) -> None:
    """Serve a ready office to try everything in: pages, accounts, simulated visitors."""
    from queue_service.simulator.demo import serve_demo

    serve_demo(load_settings(**options), visitors)


@contextmanager
def _database(settings: Settings, *, check: bool = True) -> Any:
    from queue_service.app import open_database

    database = open_database(settings)
    try:
        if check:
            require_current_schema(database)
        yield database
    finally:
        database.close()


def _only_branch(database: Database) -> str:
    codes = database.read(branch_codes)
    if len(codes) != 1:
        stop(f"name one with --branch: {', '.join(codes) or 'there is none yet'}", USAGE)
    return codes[0]


def _password() -> str:
    if sys.stdin.isatty():
        return str(click.prompt("Password", hide_input=True, confirmation_prompt=True))
    return sys.stdin.readline().rstrip("\r\n")


if __name__ == "__main__":
    main()
